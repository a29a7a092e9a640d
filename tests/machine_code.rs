//! Machine code where something changes under it: while it is made, when it is all forgotten, when the bytecode it was
//! made of is gone and other bytecode has its place, at limits of the heap, the stack and the fuel.
//!
//! What programs do on it is shown by every suite that goes through all engines (`spec.rs`, `suspend.rs`,
//! `fuzz/bytecode.rs`, `replay.rs`): there code is translated before it runs for the first time.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use std::time::{Duration, Instant};

use pscheme::vm::engine::{Eagerness, Engine};
use pscheme::vm::native::MachineCode;
use support::{Console, Suspended, session_for};

const HOT: Engine = Engine::Native(Eagerness::Hot);
const AT_ONCE: Engine = Engine::Native(Eagerness::AtOnce);

/// Whether this build has machine code: one without optimisation has none.
fn is_built() -> bool {
    Engine::all().contains(&AT_ONCE)
}

/// Runs a program to its end; what it shows, and what machine code there was at last. `between` is called between two
/// slices.
fn run(
    text: &str,
    engine: Engine,
    mut between: impl FnMut(&mut Suspended),
) -> (String, MachineCode) {
    let console = Console::default();
    let name = "machine-code.scm";
    let mut machine = Suspended::new(session_for(name, text, &console), &console);
    loop {
        between(&mut machine);
        let event = machine.vm.advance(engine);
        if machine.is_over(event, name) {
            break;
        }
    }
    let code = machine.vm.machine_code();
    machine.finish(name);
    let shown = String::from_utf8(console.lock().unwrap().clone()).unwrap();
    (shown, code)
}

#[test]
fn what_is_hot_is_translated_while_it_runs() {
    if !is_built() {
        return;
    }
    let console = Console::default();
    let text = "
        (define (step i) (if (even? i) (+ i 1) (- i 1)))
        (let loop ((i 0) (sum 0)) (loop (+ i 1) (+ sum (step i))))";
    let mut machine = Suspended::new(session_for("hot.scm", text, &console), &console);
    let begin = Instant::now();
    // The thread that translates may have to wait for a processor.
    while machine.vm.machine_code().translations == 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing was translated");
        machine.vm.advance(HOT);
    }
    // What runs a few times only is not.
    let (shown, code) = run("(display (map (lambda (x) (* x x)) '(1 2 3)))", HOT, |_| {});
    assert_eq!((shown.as_str(), code.translations), ("(1 4 9)", 0));
    let text = "
        (define (step i) (if (even? i) (+ i 1) (- i 1)))
        (let loop ((i 0) (sum 0))
          (if (< i 3000000) (loop (+ i 1) (+ sum (step i))) (display sum)))";
    assert_eq!(run(text, HOT, |_| {}).0, "4499998500000");
}

#[test]
fn what_is_defined_again_serves_later_calls() {
    let text = "
        (define (f x) (+ x 1))
        (define (sum-of n) (let loop ((i 0) (sum 0)) (if (< i n) (loop (+ i 1) (+ sum (f i))) sum)))
        (display (sum-of 100000))
        (newline)
        (set! f (lambda (x) (- x 1)))
        (display (sum-of 100000))
        (newline)
        (set! f (lambda (x . rest) (length (cons x rest))))
        (display (sum-of 100000))
        (newline)
        (set! f car)
        (display (call/cc (lambda (k) (with-exception-handler (lambda (e) (k 'wrong)) (lambda () (sum-of 1))))))";
    for engine in [HOT, AT_ONCE, Engine::Match] {
        let (shown, _) = run(text, engine, |_| {});
        assert_eq!(shown, "5000050000\n4999850000\n100000\nwrong", "{engine:?}");
    }
}

#[test]
fn code_that_takes_the_place_of_other_code_is_itself() {
    // Each round makes procedures that are garbage in the next, so that their places are used again.
    let text = "
        (define (make n)
          (eval `(lambda (x) (let loop ((i 0) (x x)) (if (< i 3) (loop (+ i 1) (+ x ,n)) (list ,n x))))
                (interaction-environment)))
        (let loop ((n 0))
          (if (< n 400)
              (let ((found ((make n) 1000)))
                (if (not (equal? found (list n (+ 1000 (* 3 n)))))
                    (begin (write (list n found)) (newline)))
                (loop (+ n 1)))))
        (display \"done\")";
    for engine in [HOT, AT_ONCE, Engine::Match] {
        let mut slices = 0;
        let (shown, _) = run(text, engine, |machine| {
            slices += 1;
            if slices % 8 == 0 {
                machine.vm.park_for_commit();
                machine.vm.heap.collect_major(&mut machine.vm.machine);
            }
        });
        assert_eq!(shown, "done", "{engine:?}");
    }
}

#[test]
fn machine_code_is_forgotten_when_its_memory_is_used_up() {
    let text = "
        (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
        (define (texts n) (if (= n 0) '() (cons (number->string n) (texts (- n 1)))))
        (display (fib 18))
        (display (sort (map string-length (texts 300)) <))
        (display (assoc \"17\" (map (lambda (text) (cons text (string->number text))) (texts 30))))
        (display (fib 18))";
    let (expected, _) = run(text, Engine::Match, |_| {});
    for engine in [HOT, AT_ONCE] {
        // Room for a few procedures at once.
        let bytes_max = 12 << 10;
        let (shown, code) = run(text, engine, |machine| machine.vm.limit_machine_code(bytes_max));
        assert_eq!(shown, expected, "{engine:?}");
        assert!(code.bytes <= bytes_max, "{code:?}");
    }
}

#[test]
fn deep_recursion_and_continuations_cross_machine_code() {
    let text = "
        (define (count n) (if (= n 0) 0 (+ 1 (count (- n 1)))))
        (display (count 300000))
        (newline)
        (define (generate n)
          (define return #f)
          (define resume #f)
          (define (next)
            (call/cc (lambda (k)
              (set! return k)
              (if resume (resume #f) (begin (let loop ((i 0))
                 (if (< i n) (begin (call/cc (lambda (r) (set! resume r) (return i))) (loop (+ i 1)))))
                 (return 'end))))))
          next)
        (define next (generate 2000))
        (let loop ((value (next)) (sum 0))
          (if (eq? value 'end) (display sum) (loop (next) (+ sum value))))
        (newline)
        (define k2 #f)
        (define times 0)
        (define (deep n) (if (= n 0) (call/cc (lambda (k) (set! k2 k) 1)) (+ 1 (deep (- n 1)))))
        (display (deep 5000))
        (newline)
        (set! times (+ times 1))
        (if (< times 3) (k2 times))";
    for engine in [HOT, AT_ONCE, Engine::Match] {
        let (shown, _) = run(text, engine, |_| {});
        assert_eq!(shown, "300000\n1999000\n5001\n5001\n5002\n", "{engine:?}");
    }
}

#[test]
fn calls_pass_any_number_of_arguments() {
    let text = "
        (define (rest a . more) (list a more))
        (define (all . more) more)
        (define (two a b) (list a b))
        (define part (lambda bounds (apply string-copy \"abcdef\" bounds)))
        (define (tail-rest n . more) (if (= n 0) more (tail-rest (- n 1) n more)))
        (define (try thunk) (call/cc (lambda (k) (with-exception-handler (lambda (e) (k 'wrong)) thunk))))
        (define (round n)
          (list (rest n) (rest 1 n) (rest 1 2 3 n) (all) (all n) (all 1 2 3 4 5 6 7 8 9 n)
                (string-copy \"abc\") (string-copy \"abc\" 1) (string-copy \"abc\" 1 2) (tail-rest 3) (map + '(1 2) (list n n))
                (apply two (list 1 n)) (apply rest '(1)) (apply rest (list 1 2 n)) (apply all '())
                (part) (part 2) (part 2 4) (apply all (iota 20))
                (try (lambda () (rest))) (try (lambda () (string-copy n 1 2 3))) (try (lambda () (two n)))
                (try (lambda () (apply two '(1)))) (try (lambda () (apply two '(1 2 3))))
                (try (lambda () (apply two 1)))))
        (define (make-garbage n) (if (> n 0) (begin (all n n n n n n n n) (make-garbage (- n 1)))))
        (let loop ((n 0))
          (if (< n 20) (begin (make-garbage 3000) (write (round n)) (newline) (loop (+ n 1)))))";
    let outputs =
        [HOT, AT_ONCE, Engine::Tail, Engine::Match].map(|engine| run(text, engine, |_| {}).0);
    assert!(
        outputs[0].contains("(1 (2 3 19)) () (19) (1 2 3 4 5 6 7 8 9 19) \"abc\" \"bc\" \"b\" "),
        "{}",
        outputs[0]
    );
    assert!(outputs[0].ends_with(" wrong wrong wrong wrong wrong wrong)\n"), "{}", outputs[0]);
    assert!(outputs.iter().all(|output| *output == outputs[0]), "{outputs:?}");
}

#[test]
fn integers_overflow_into_large_ones_in_machine_code() {
    let text = "
        (define (power base n) (let loop ((n n) (x 1)) (if (= n 0) x (loop (- n 1) (* x base)))))
        (define (down n) (let loop ((i 0) (x -1152921504606846970)) (if (= i n) x (loop (+ i 1) (- x 1)))))
        (define (up n) (let loop ((i 0) (x 1152921504606846970)) (if (= i n) x (loop (+ i 1) (+ x 1)))))
        (display (list (power 3 60) (power -7 31) (down 20) (up 20) (* 1152921504606846975 -1)
                       (- -1152921504606846976) (quotient -1152921504606846976 -1)
                       (modulo -7 2) (remainder -7 2) (modulo 7 -2)))
        (newline)
        (define (sum-of n) (let loop ((i 0) (x 0.5)) (if (= i n) x (loop (+ i 1) (* x 1.5)))))
        (display (list (sum-of 3) (sum-of 2000) (- (sum-of 2000) (sum-of 2000)) (< 1 1.5) (= 2 2.0)))";
    let outputs =
        [HOT, AT_ONCE, Engine::Tail, Engine::Match].map(|engine| run(text, engine, |_| {}).0);
    assert!(outputs[0].starts_with("(42391158275216203514294433201 "), "{}", outputs[0]);
    assert!(outputs.iter().all(|output| *output == outputs[0]), "{outputs:?}");
}

#[test]
fn slices_end_and_commits_fall_in_loops_of_machine_code() {
    if !is_built() {
        return;
    }
    let text = "
        (define (fill table n)
          (let loop ((i 0))
            (if (< i n) (begin (vector-set! table (modulo i 100) i) (loop (+ i 1))) table)))
        (spawn (lambda () (fill (make-vector 100 0) 30000)))
        (display (apply + (vector->list (fill (make-vector 100 0) 30000))))";
    let mut slices = 0;
    let (shown, code) = run(text, AT_ONCE, |machine| {
        slices += 1;
        // Machine code is made anew by the machine that is read back.
        if slices % 3 == 0 {
            machine.suspend("slices");
        }
    });
    assert_eq!(shown, "2994950");
    assert!(slices > 10 && code.translations > 0, "{slices} slices, {code:?}");
}
