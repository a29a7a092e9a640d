//! Speed of the machine on small programs: a loop, calls, allocation, floats, continuations,
//! messages between processes.
//!
//! Each is one Scheme program, timed on every engine of the build; `cargo bench -p pscheme --bench machine`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use pscheme::host::StandardHost;
use pscheme::vm::engine::Engine;
use pscheme::{Session, SessionOptions};

const PROGRAMS: &[(&str, &str)] = &[
    ("loop 1e6", "(let loop ((i 0)) (if (< i 1000000) (loop (+ i 1))))"),
    ("fib 24", "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 24)"),
    ("cons 1e6", "(let loop ((i 0) (x '())) (if (< i 1000000) (loop (+ i 1) (cons i '()))))"),
    ("float 5e5", "(let loop ((i 0) (x 0.0)) (if (< i 500000) (loop (+ i 1) (+ (* x 0.5) 1.25))))"),
    (
        "call/cc 1e5",
        "(let loop ((i 0)) (if (< i 100000) (loop (+ 1 (call/cc (lambda (k) (k i)))))))",
    ),
    (
        "prompt and abort 1e5",
        "(let loop ((i 0))
           (if (< i 100000)
               (loop (+ 1 (call-with-prompt 'p (lambda () (abort-to-prompt 'p i)) (lambda (k i) i))))))",
    ),
    (
        "prompt, abort and resumption 1e5",
        "(let loop ((i 0))
           (if (< i 100000)
               (loop (call-with-prompt 'p (lambda () (+ 1 (abort-to-prompt 'p i))) (lambda (k i) (k i))))))",
    ),
    (
        "guard and raise 1e5",
        "(let loop ((i 0)) (if (< i 100000) (loop (+ 1 (guard (e (#t e)) (raise i))))))",
    ),
    // What a message and a process cost is said in calls of a closure: this many times the first.
    (
        "closure call 1e6",
        "(define f #f) (set! f (lambda (x) x)) (let loop ((i 0)) (if (< i 1000000) (begin (f i) (loop (+ i 1)))))",
    ),
    (
        "round trip 1e5",
        "(define main (self))
         (define echo (spawn (lambda () (let loop () (recv (`(ping ,from) (! from 'pong) (loop)))))))
         (let loop ((i 0))
           (if (< i 100000) (begin (! echo (list 'ping main)) (recv ('pong #t)) (loop (+ i 1)))))",
    ),
    (
        "spawn 1e5",
        "(define (nothing) #t)
         (let loop ((i 0)) (if (< i 100000) (begin (spawn nothing) (loop (+ i 1)))))",
    ),
];

fn session(engine: Engine, text: &str) -> Session {
    let mut options = SessionOptions::new(Box::new(StandardHost::default()));
    options.engine = engine;
    let mut session = Session::transient(options).expect("a session");
    session.start_program("bench.scm", text).expect("a program without errors");
    session
}

fn programs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("machine");
    group.sample_size(10);
    for &(name, text) in PROGRAMS {
        for &engine in Engine::all() {
            group.bench_function(format!("{name}/{engine:?}"), |bencher| {
                bencher.iter_batched(
                    || session(engine, text),
                    |mut session| session.run().expect("runs"),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, programs);
criterion_main!(benches);
