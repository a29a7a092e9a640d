//! The heap's limit stops processes and keeps them whole: a run that meets the limit again and
//! again, each time reopened with a little more, ends as one without a limit.

mod support;

use pscheme::heap::store::MemoryImage;
use pscheme::{Outcome, Session, SessionOptions};
use support::{Console, Random, TestHost};

const MIB: u64 = 1 << 20;

/// Every way of asking for room, each keeping some tens of MiB: pairs, frames, rest lists, vectors
/// and strings, tables, bignums and boxed flonums, continuations, multiple values, ports.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "pairs",
        "(define (build n) (let loop ((i 0) (kept '())) (if (< i n) (loop (+ i 1) (cons i kept)) kept)))
         (display (apply + (map length (map build '(400000 300000 200000)))))",
    ),
    (
        "frames",
        "(define (count n) (if (= n 0) 0 (+ 1 (count (- n 1)))))
         (display (count 500000)) (display (count 700000))",
    ),
    (
        "calls",
        "(define (pack first . rest) (cons first rest))
         (define (optional . all) all)
         (define (many n) (let loop ((i 0) (kept '()))
           (if (< i n) (loop (+ i 1) (cons (pack i i (+ i 1)) (cons (apply optional i '(1 2 3)) kept))) kept)))
         (define kept (many 60000))
         (display (length kept)) (display (apply + (map car kept)))
         (display (apply + (map (lambda (l) (apply + l)) kept)))",
    ),
    (
        "values",
        "(define (keep n) (let loop ((i 0) (kept '()))
           (if (< i n)
               (loop (+ i 1) (cons (call-with-values (lambda () (values i 1 2)) vector) kept))
               kept)))
         (define kept (keep 150000))
         (display (apply + (map (lambda (v) (vector-ref v 0)) kept)))",
    ),
    (
        "vectors and strings",
        "(define vectors (map (lambda (n) (make-vector n n)) '(100000 200000 300000 400000)))
         (define (double s n) (if (= n 0) s (double (string-append s s) (- n 1))))
         (display (map vector-length vectors))
         (display (string-length (double \"abcdefgh\" 21)))
         (display (vector-length (vector-map (lambda (x) (* x 2)) (car (reverse vectors)))))
         (display (length (string->list (double \"abcd\" 16))))",
    ),
    (
        "tables",
        "(define table (make-equal-hash-table))
         (do ((i 0 (+ i 1))) ((= i 150000)) (hash-table-set! table (list i) (number->string i)))
         (display (hash-table-count table)) (display (hash-table-ref/default table '(77777) #f))",
    ),
    (
        "numbers",
        "(define (powers n) (let loop ((i 0) (x 1) (kept '()))
           (if (< i n) (loop (+ i 1) (+ 1 (* x 3) (- x x)) (cons x kept)) kept)))
         (define kept (powers 9000))
         (display (modulo (apply + kept) 1000003))
         (define (tiny n) (let loop ((i 0) (kept '()))
           (if (< i n) (loop (+ i 1) (cons (* 1e-300 (+ i 1)) kept)) kept)))
         (display (length (tiny 900000)))",
    ),
    (
        "continuations",
        "(define kept '())
         (define (deep n) (if (= n 0) (call/cc (lambda (k) (set! kept (cons k kept)) 1)) (+ 1 (deep (- n 1)))))
         (do ((i 0 (+ i 1)) (sum 0 (+ sum (deep 200)))) ((= i 6000) (display sum)))
         (display (length kept))",
    ),
    (
        "ports",
        "(define text (open-output-string))
         (define (fill n) (if (> n 0) (begin (write n text) (write-string \"some words between\" text) (fill (- n 1)))))
         (fill 500000) (display (string-length (get-output-string text)))",
    ),
    (
        "processes",
        "(define (build n) (let loop ((i 0) (kept '())) (if (< i n) (loop (+ i 1) (cons i kept)) kept)))
         (define done 0)
         (do ((i 0 (+ i 1))) ((= i 8))
           (spawn (lambda () (let ((kept (build 250000)))
                    (yield) (yield)
                    (set! done (+ done (length kept)))
                    (if (= done 2000000) (display done))))))",
    ),
];

fn shown(console: &Console) -> String {
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

fn options(console: &Console, limit: Option<u64>) -> SessionOptions {
    let mut options = SessionOptions::new(TestHost::new(console));
    options.heap_limit_bytes = limit;
    options
}

fn unlimited(name: &str, text: &str) -> String {
    let console = Console::default();
    let mut session = Session::transient(options(&console, None)).unwrap();
    session.start_program(name, text).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0), "{name}: {}", shown(&console));
    shown(&console)
}

/// Runs in an image, raising the limit each time it is met; returns the output and how often.
fn in_steps(name: &str, text: &str, random: &mut Random) -> (String, usize) {
    let (console, image) = (Console::default(), MemoryImage::new());
    let (mut limit, mut stops) = (6 * MIB, 0);
    loop {
        let store = Box::new(image.open().unwrap());
        let mut session = Session::open(store, options(&console, Some(limit))).unwrap();
        if session.script_is(text).is_none() {
            session.start_program(name, text).unwrap();
        }
        match session.run().unwrap() {
            Outcome::Ended(status) => {
                assert_eq!(status, 0, "{name}: {}", shown(&console));
                session.close().unwrap();
                return (shown(&console), stops);
            }
            Outcome::AtLimit => {
                stops += 1;
                let stopped = session.vm.processes_at_limit();
                assert!(!stopped.is_empty(), "{name}");
                let report = pscheme::report::describe_failure(&session.vm, stopped[0]);
                assert!(report.starts_with("error[E0109]"), "{name}: {report}");
                session.close().unwrap();
                limit += MIB / 2 + random.below(3 * MIB);
                assert!(limit < 1024 * MIB, "{name} does not end");
            }
            Outcome::Stopped | Outcome::Waiting => unreachable!("nobody asked to stop or waits"),
        }
    }
}

#[test]
fn a_run_that_meets_the_limit_again_and_again_ends_as_one_without() {
    let seed = 7;
    let mut random = Random(seed);
    for &(name, text) in PROGRAMS {
        let expected = unlimited(name, text);
        let (found, stops) = in_steps(name, text, &mut random);
        assert_eq!(found, expected, "{name} with seed {seed}");
        assert!(stops >= 3, "{name} met the limit {stops} times only");
        println!("{name}: {stops} stops");
    }
}

#[test]
fn a_process_goes_on_when_another_frees_memory() {
    let text = "
        (define kept (make-vector 1500000 0))
        (define built #f)
        (spawn (lambda () (set! built (length (let loop ((i 0) (l '())) (if (< i 1200000) (loop (+ i 1) (cons i l)) l))))))
        (do ((i 0 (+ i 1))) ((= i 3000000)) #t)
        (set! kept #f)
        (let wait ()
          (if (not built) (begin (make-vector 100000 0) (yield) (wait))))
        (display built)";
    let console = Console::default();
    let mut session = Session::transient(options(&console, Some(32 * MIB))).unwrap();
    session.start_program("freed", text).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "1200000");
}

#[test]
fn in_an_atomic_section_the_limit_is_a_failure() {
    let text = "
        (define (build n) (let loop ((i 0) (l '())) (if (< i n) (loop (+ i 1) (cons i l)) l)))
        (spawn (lambda () (atomically (lambda () (length (build 3000000))))))
        (yield)
        (display \"goes on\")";
    let console = Console::default();
    let mut session = Session::transient(options(&console, Some(16 * MIB))).unwrap();
    session.start_program("section", text).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "goes on");
}
