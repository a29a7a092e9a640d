//! The limits of heap and stack stop processes and keep them whole: a run that meets a limit again
//! and again, each time reopened with a little more, ends as one without a limit. Others are
//! conditions.

mod support;

use pscheme::heap::store::MemoryImage;
use pscheme::heap::word::Word;
use pscheme::{Limits, Outcome, Session, SessionOptions};
use support::{Console, Random, TestHost};

const MIB: u64 = 1 << 20;

/// Every way of asking for room: pairs, frames, rest lists, vectors and strings, tables, bignums and boxed
/// flonums, continuations, multiple values, ports. Each holds more at once than the first limit and the two
/// largest steps together give, whatever commits and other processes free meanwhile.
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
         (define kept (many 100000))
         (display (length kept)) (display (apply + (map car kept)))
         (display (apply + (map (lambda (l) (apply + l)) kept)))",
    ),
    (
        "values",
        "(define (keep n) (let loop ((i 0) (kept '()))
           (if (< i n)
               (loop (+ i 1) (cons (call-with-values (lambda () (values i 1 2)) vector) kept))
               kept)))
         (define kept (keep 250000))
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
        "compositions",
        "(define (part n)
           (call-with-prompt 'part
             (lambda ()
               (let loop ((n n))
                 (if (= n 0) (abort-to-prompt 'part) (+ 1 (call/cc (lambda (k) (loop (- n 1))))))))
             (lambda (k) k)))
         (define kept (map part '(20000 30000 40000)))
         (display (map (lambda (k) (k 0)) kept))
         (display ((part 50000) ((car kept) 0)))",
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
         (define all '())
         (do ((i 0 (+ i 1))) ((= i 8))
           (spawn (lambda () (let ((kept (build 250000)))
                    (yield) (yield)
                    (set! all (cons kept all))
                    (if (= (length all) 8) (display (apply + (map length all))))))))",
    ),
];

fn shown(console: &Console) -> String {
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

/// A limit that is raised each time it was met.
struct Raised {
    name: &'static str,
    /// The code of the condition.
    code: &'static str,
    first: u64,
    /// What is added at least and at most.
    step: std::ops::Range<u64>,
}

const HEAP: Raised =
    Raised { name: "heap", code: "E0109", first: 6 * MIB, step: MIB / 2..5 * MIB / 2 };
const STACK: Raised = Raised { name: "stack", code: "E0123", first: MIB, step: MIB..3 * MIB };

fn options(console: &Console, limits: &[(&str, u64)]) -> SessionOptions {
    let mut options = SessionOptions::new(TestHost::new(console));
    for &(name, value) in limits {
        assert!(options.limits.set(name, value), "{name}");
    }
    options
}

/// Runs a program that must end without an error; what it shows.
fn run(text: &str, limits: &[(&str, u64)]) -> String {
    let console = Console::default();
    let mut session = Session::transient(options(&console, limits)).unwrap();
    session.start_program("limits.scm", text).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0), "{}", shown(&console));
    shown(&console)
}

/// Runs in an image, raising the limit each time it is met; returns the output and how often.
fn in_steps(name: &str, text: &str, raised: &Raised, random: &mut Random) -> (String, usize) {
    let (console, image) = (Console::default(), MemoryImage::new());
    let (mut limit, mut stops) = (raised.first, 0);
    loop {
        let store = Box::new(image.open().unwrap());
        let mut session = Session::open(store, options(&console, &[(raised.name, limit)])).unwrap();
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
                assert!(report.starts_with(&format!("error[{}]", raised.code)), "{name}: {report}");
                session.close().unwrap();
                limit += raised.step.start + random.below(raised.step.end - raised.step.start);
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
        let expected = run(text, &[]);
        let (found, stops) = in_steps(name, text, &HEAP, &mut random);
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
    assert_eq!(run(text, &[("heap", 32 * MIB)]), "1200000");
}

/// There is not even room for its process: nothing was started, and the error says which limit it was.
#[test]
fn a_program_without_room_for_its_process_is_not_started() {
    let console = Console::default();
    let image = MemoryImage::new();
    let open = |bytes| {
        let store = Box::new(image.open().unwrap());
        Session::open(store, options(&console, &[("heap", bytes)])).unwrap()
    };
    let mut session = open(MIB / 8);
    let error = session.start_program("limits.scm", "(display 1)").unwrap_err().to_string();
    assert!(
        error.starts_with("error[E0109]: the program was not started: the heap uses "),
        "{error}"
    );
    assert!(error.ends_with(" of 131072 bytes"), "{error}");
    session.close().unwrap();
    let mut session = open(16 * MIB);
    assert_eq!(session.script_is("(display 1)"), None);
    session.start_program("limits.scm", "(display 1)").unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "1");
}

#[test]
fn in_an_atomic_section_the_limit_is_a_failure() {
    let text = "
        (define (build n) (let loop ((i 0) (l '())) (if (< i n) (loop (+ i 1) (cons i l)) l)))
        (spawn (lambda () (atomically (lambda () (length (build 3000000))))))
        (yield)
        (display \"goes on\")";
    assert_eq!(run(text, &[("heap", 16 * MIB)]), "goes on");
}

/// Frames on the stack, captured ones, frames of a procedure of the library, and copies of
/// continuations.
const RECURSIONS: &[&str] = &[
    "(define (count n) (if (= n 0) 0 (+ 1 (count (- n 1))))) (display (count 1000000))",
    "(define (deep n) (if (= n 0) 0 (+ 1 (call/cc (lambda (k) (deep (- n 1)))))))
     (display (deep 300000))",
    "(define (nest n) (if (= n 0) '() (map (lambda (x) (nest (- n 1))) '(1))))
     (define (depth l) (let loop ((l l) (n 0)) (if (pair? l) (loop (car l) (+ n 1)) n)))
     (display (depth (nest 200000)))",
    "(define part
       (call-with-prompt 'part (lambda () (let ((more (abort-to-prompt 'part))) (+ 1 (more)))) (lambda (k) k)))
     (define (deep n) (if (= n 0) 0 (part (lambda () (deep (- n 1))))))
     (display (deep 300000))",
    "(define (nest n) (if (= n 0) (abort-to-prompt 'part) (+ 1 (nest (- n 1)))))
     (define part (call-with-prompt 'part (lambda () (nest 1000)) (lambda (k) k)))
     (define (deep n) (if (= n 0) 0 (+ 1 (call-in-continuation part (lambda () (deep (- n 1)))))))
     (display (deep 500))",
];

#[test]
fn a_composable_continuation_keeps_nothing_alive_beyond_its_prompt() {
    // Each is captured in front of a frame that has the one before.
    let text = "
        (define (next before n)
          (let ((k (call-with-prompt 'part
                     (lambda () (dynamic-wind list (lambda () (+ 1 (abort-to-prompt 'part))) list))
                     (lambda (k) k))))
            (if (procedure? before) (if (= n 0) (k 1) (next k (- n 1))))))
        (display (next car 100000))";
    assert_eq!(run(text, &[("heap", 16 * MIB)]), "2");
}

#[test]
fn a_recursion_that_meets_the_stack_limit_goes_on_with_a_higher_one() {
    let mut random = Random(11);
    for text in RECURSIONS {
        let expected = run(text, &[]);
        let (found, stops) = in_steps("recursion", text, &STACK, &mut random);
        assert_eq!(found, expected, "{text}");
        assert!(stops >= 3, "met the limit {stops} times only: {text}");
    }
}

#[test]
fn an_endless_recursion_meets_the_default_stack_limit_before_that_of_the_heap() {
    let defaults = Limits::default();
    assert!(defaults.stack_bytes * 4 <= defaults.heap_bytes);
    let console = Console::default();
    let mut session = Session::transient(options(&console, &[("stack", 16 * MIB)])).unwrap();
    let text = "(spawn (lambda () (display \"other\")))
                (define (forever n) (+ 1 (forever n))) (forever 0)";
    session.start_program("forever.scm", text).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::AtLimit);
    assert_eq!(shown(&console), "other", "the others run on");
}

#[test]
fn other_limits_are_conditions_that_a_program_can_handle() {
    let caught = |text: &str, shown: &str, limits| {
        run(&format!("(display (guard (e (#t ({shown} e))) {text}))"), limits)
    };
    let symbols = "(let loop ((i 0))
        (string->symbol (string-append \"made-\" (number->string i))) (loop (+ i 1)))";
    let message = caught(symbols, "error-object-message", &[("symbols", 5_000)]);
    assert_eq!(message, "string->symbol: the heap has 5000 symbols, which is the most");
    let known = "(string->symbol \"car\")";
    assert_eq!(run(&format!("(display {known})"), &[("symbols", 1)]), "car");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.txt");
    std::fs::write(&path, vec![b'x'; 2_000]).unwrap();
    let read = format!("(read-line (open-input-file \"{}\"))", path.display());
    assert_eq!(caught(&read, "file-error?", &[("file", 1_999)]), "#t");
    let shown = run(&format!("(display (string-length {read}))"), &[("file", 2_000)]);
    assert_eq!(shown, "2000");
    let load = format!("(load \"{}\")", path.display());
    assert_eq!(caught(&load, "file-error?", &[("file", 1_999)]), "#t");
}

#[test]
fn a_section_that_does_too_much_work_ends_its_process() {
    let text =
        "(spawn (lambda () (atomically (lambda () (let loop () (loop)))))) (yield) (display 1)";
    assert_eq!(run(text, &[("atomic-section", 10_000)]), "1");
}

#[test]
fn who_meets_the_heaps_limit_while_reading_loses_nothing() {
    for reading in ["(read-line port)", "(read-string 16000 port)"] {
        let text = format!(
            "(define port (open-input-string (make-string 16000 #\\a)))
             (define (loop) (if (not go) (begin (yield) (loop))))
             (define go #f)
             (display \"ready \") (loop)
             (display (string-length {reading}))"
        );
        let console = Console::default();
        let mut session = Session::transient(options(&console, &[])).unwrap();
        session.start_program("reading.scm", &text).unwrap();
        while console.lock().unwrap().is_empty() {
            assert_eq!(session.run_one_slice().unwrap(), None);
        }
        let place = session.vm.heap.protect(Word::TRUE);
        session.vm.define("go", place);
        session.vm.heap.unprotect(place);
        let vm = &mut session.vm;
        vm.heap.collect_major(&mut vm.machine);
        vm.heap.limit_bytes = vm.heap.bytes_in_use();
        assert_eq!(session.run().unwrap(), Outcome::AtLimit, "{reading}");
        session.vm.heap.limit_bytes = u64::MAX;
        session.vm.wake_from_limit();
        assert_eq!(session.run().unwrap(), Outcome::Ended(0), "{reading}");
        assert_eq!(shown(&console), "ready 16000", "{reading}");
    }
}
