//! The host's stack: whatever a program does, and however deep its data are, a small stack suffices.

mod support;

use std::thread;

use pscheme::vm::engine::Engine;
use support::{Console, Suspended, session_for};

/// Bytes of stack a session gets in these tests; an ordinary main thread has 8 MiB.
const STACK_BYTES: usize = 512 * 1024;

/// Runs a program on every engine with a small stack; gives what it prints.
fn run_on_small_stack(name: &'static str, text: &'static str) -> String {
    let mut outputs = Vec::new();
    for &engine in Engine::all() {
        let runner = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            let console = Console::default();
            let mut machine = Suspended::new(session_for(name, text, &console), &console);
            loop {
                let event = machine.vm.advance(engine);
                if machine.is_over(event, name) {
                    break;
                }
            }
            let shown = console.lock().unwrap().clone();
            String::from_utf8(shown).unwrap()
        });
        outputs.push(runner.unwrap().join().expect("the stack suffices"));
    }
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]), "{outputs:?}");
    outputs.pop().unwrap()
}

#[test]
fn no_instruction_grows_the_stack() {
    // Every handler many times: one whose dispatch is a real call would overflow.
    let text = "
        (define global 0)
        (define (any . rest) rest)
        (define (count-to n)
          (let ((box 0) (vector (make-vector 2 0)) (pair (cons 1 2)))
            (define (bump!) (set! box (+ box 1)) box)
            (let loop ((i 0) (f 1.5) (big 1152921504606846975))
              (if (< i n)
                  (begin
                    (bump!)
                    (set! global (+ global 1))
                    (vector-set! vector 0 i)
                    (set-car! pair (vector-ref vector 0))
                    (set-cdr! pair (cons i (cdr pair)))
                    (set-cdr! pair '())
                    (let ((less (< i 5)) (same (= i 5)) (most (<= i 5)) (sum (+ i 1 f))
                          (prod (* i 2 f)) (rest (remainder i 7)) (quot (quotient i 7))
                          (mod (modulo i 7)) (eq (eq? i 5)) (not (not i)) (null (null? pair))
                          (p (pair? pair)) (k (call/cc (lambda (k) (if (> i 5) (k i) i))))
                          (l (apply any i '(1 2))) (closure (lambda (x) (+ x i f)))
                          (huge (+ big i)))
                      (if (or less same most) (closure 1) (any sum prod rest quot mod eq not null p k l huge)))
                    (loop (+ i 1) (* f 1.0) big))
                  (list box global)))))
        (write (count-to 60000))";
    assert_eq!(run_on_small_stack("instructions", text), "(60000 60000)");
}

#[test]
fn data_and_calls_a_million_deep_need_no_stack() {
    let text = "
        (define (nest n) (let loop ((i 0) (made '())) (if (= i n) made (loop (+ i 1) (cons made '())))))
        (define deep (nest 1000000))
        (define (depth x) (if (null? x) 0 (+ 1 (depth (car x)))))
        (write (depth deep)) (newline)
        (write (equal? deep (nest 1000000))) (newline)
        (define out (open-output-string))
        (write deep out)
        (write (string-length (get-output-string out)))";
    assert_eq!(run_on_small_stack("deep", text), "1000000\n#t\n2000002");
}

#[test]
fn a_heap_with_deep_data_is_collected_committed_and_checked_without_stack() {
    let text = "
        (define (nest n) (let loop ((i 0) (made '())) (if (= i n) made (loop (+ i 1) (cons made '())))))
        (define deep (nest 1000000))
        (await-commit)
        (define (depth x) (if (null? x) 0 (+ 1 (depth (car x)))))
        (write (depth deep))";
    assert_eq!(run_on_small_stack("committed", text), "1000000");
}

#[test]
fn source_a_million_deep_is_read_and_compiled_without_stack() {
    let runner = thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        let depth = 1_000_000;
        let text = format!("(define x '{}{})", "(".repeat(depth), ")".repeat(depth));
        pscheme::check_text("deep.scm", &text, vec![]).unwrap();
        let sum = format!("{}1{}", "(let ((x ".repeat(1000), ")) x)".repeat(1000));
        pscheme::check_text("nested.scm", &sum, vec![]).unwrap();
    });
    runner.unwrap().join().expect("the stack suffices");
}
