//! Large inputs: what takes a million elements takes work in proportion to them, and a datum of any
//! length is read and written. The work is counted, not timed: it is the same on every machine.
//!
//! `PSCHEME_DATUM_MB` is the length of that datum; `cargo xtask soak datum` takes 100 MB.

mod support;

use pscheme::Outcome;
use support::{Console, session_for};

/// Elements of the largest inputs.
const ELEMENTS: usize = 1_000_000;
/// Megabytes of the datum unless given.
const DATUM_MB: usize = 4;
/// What twice the input may cost at most, in hundredths: n log n, and what does not depend on n.
const DOUBLING_MAX: u64 = 230;

/// A name, an expression over `n` that shows something of a result, and what it shows if that is right.
type Program = (&'static str, &'static str, fn(usize) -> String);

const PROGRAMS: &[Program] = &[
    ("append", "(length (append (iota n) (iota n) '(1)))", |n| (2 * n + 1).to_string()),
    ("list->string", "(string-length (list->string (make-list n #\\λ)))", |n| n.to_string()),
    ("string->list", "(length (string->list (make-string n #\\a)))", |n| n.to_string()),
    ("apply", "(apply + (make-list n 2))", |n| (2 * n).to_string()),
    ("apply to rest", "(length (apply list (iota n)))", |n| n.to_string()),
    ("map", "(apply + (map (lambda (a b) (- a b)) (iota n) (iota n)))", |_| "0".to_string()),
    ("vector-map", "(vector-length (vector-map - (make-vector n 1)))", |n| n.to_string()),
    ("reverse", "(car (reverse (iota n)))", |n| (n - 1).to_string()),
    ("equal?", "(equal? (nest n '()) (nest n '()))", |_| "#t".to_string()),
    ("equal? on vectors", "(equal? (make-vector n \"a\") (make-vector n \"a\"))", |_| {
        "#t".to_string()
    }),
    ("deep recursion", "(let sum ((i n)) (if (= i 0) 0 (+ 1 (sum (- i 1)))))", |n| n.to_string()),
    ("sort", "(car (sort (map (lambda (i) (modulo (* i 7919) n)) (iota n)) <))", |_| {
        "0".to_string()
    }),
    ("string ports", "(string-length (written (nest n '())))", |n| (2 * n + 2).to_string()),
    ("read", "(length (read (open-input-string (written (iota n)))))", |n| n.to_string()),
    (
        "hash table",
        "(let ((t (make-equal-hash-table))) (do ((i 0 (+ i 1))) ((= i n)) (hash-table-set! t i i)) (hash-table-count t))",
        |n| n.to_string(),
    ),
    ("list-copy", "(length (list-copy (iota n)))", |n| n.to_string()),
    ("assoc at the end", "(cdr (assoc (- n 1) (map (lambda (i) (cons i i)) (iota n))))", |n| {
        (n - 1).to_string()
    }),
];

const TOOLS: &str = "
    (define (nest n made) (if (= n 0) made (nest (- n 1) (list made))))
    (define (written datum) (call-with-output-string (lambda (port) (write datum port))))";

/// What a program prints, and the units of work it took.
fn run(name: &str, text: &str) -> (String, u64) {
    let console = Console::default();
    let mut session = session_for(name, text, &console);
    session.vm.heap.limit_bytes = 4 << 30;
    assert_eq!(session.run().unwrap(), Outcome::Ended(0), "{name}");
    let shown = String::from_utf8(console.lock().unwrap().clone()).unwrap();
    (shown, session.vm.machine.safepoints)
}

#[test]
fn a_million_elements_take_work_in_proportion() {
    for (name, expression, expected) in PROGRAMS {
        let work = [ELEMENTS / 2, ELEMENTS].map(|n| {
            let text = format!("{TOOLS} (define n {n}) (display {expression})");
            let (shown, work) = run(name, &text);
            assert_eq!(shown, expected(n), "{name} of {n}");
            work
        });
        assert!(work[1] * 100 <= work[0] * DOUBLING_MAX, "{name}: {work:?} units of work");
    }
}

#[test]
fn a_long_datum_is_read_and_written() {
    let megabytes = std::env::var("PSCHEME_DATUM_MB")
        .map_or(DATUM_MB, |text| text.parse().expect("PSCHEME_DATUM_MB is a number of megabytes"));
    let item = "(item 12345 \"some text\" #\\a 1.5 #(nested sym) 2/3)";
    let items = megabytes * 1_000_000 / (item.len() + 1);
    let text = format!(
        "(define item (quote {item}))
         (define text
           (call-with-output-string
             (lambda (port)
               (write-string \"(\" port)
               (do ((i 0 (+ i 1))) ((= i {items})) (write item port) (newline port))
               (write-string \")\" port))))
         (define datum (read (open-input-string text)))
         (define again (call-with-output-string (lambda (port) (write datum port))))
         (write (list (length datum) (equal? (car datum) item) (string-length again)
                      (equal? (read (open-input-string again)) datum)))"
    );
    let (shown, work) = run("datum", &text);
    let length = items * (item.len() + 1) + 1;
    assert_eq!(shown, format!("({items} #t {length} #t)"));
    println!("{megabytes} MB: {work} units of work, {} a byte", work / length as u64);
}
