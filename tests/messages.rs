//! Every procedure names itself in its errors, and says which argument is wrong: the calls in the
//! examples of the documentation, with each argument in turn replaced by an object that no procedure
//! of the library knows.

mod support;

use std::collections::BTreeSet;

use pscheme::help::{Ending, Entry, Example, entries};
use pscheme::vm::fault::place;
use pscheme::{Error, Image, OpenOptions};
use support::{Console, TestHost, in_scratch_folder};

/// Gives what a program says, if it fails, with an argument of the first call of a procedure
/// replaced. A list: the message, `#f` if it does not fail, or nothing if there is no such call.
const DRIVER: &str = r#"
(define-record-type gadget (make-gadget) gadget?)
(define the-gadget (make-gadget))

(define (forms-of text)
  (let ((port (open-input-string text)))
    (let next ((forms '()))
      (let ((form (read port)))
        (if (eof-object? form) (reverse forms) (next (cons form forms)))))))

(define (replaced-at list position)
  (if (zero? position)
      (cons 'the-gadget (cdr list))
      (cons (car list) (replaced-at (cdr list) (- position 1)))))

; The form with the replacement, or #f if there is nothing to replace in it.
(define (replaced form name position)
  (cond ((not (pair? form)) #f)
        ((memq (car form) '(quote quasiquote syntax define-syntax let-syntax)) #f)
        ((and (eq? (car form) name) (list? form))
         (and (< position (length (cdr form)))
              (cons name (replaced-at (cdr form) position))))
        (else
         (let next ((before '()) (rest form))
           (cond ((not (pair? rest)) #f)
                 ((replaced (car rest) name position)
                  => (lambda (part) (append (reverse before) (cons part (cdr rest)))))
                 (else (next (cons (car rest) before) (cdr rest))))))))

(define (text-of object)
  (call-with-output-string (lambda (port) (write object port))))

(define (message-of form)
  (call/cc
    (lambda (leave)
      (with-exception-handler
        (lambda (raised)
          (let ((message (if (error-object? raised) (error-object-message raised) raised)))
            (leave (list (if (string? message) message (text-of message))))))
        (lambda () (eval form (interaction-environment)) '(#f))))))

(define (message text name position)
  (let ((form (replaced (cons 'let (cons '() (forms-of text))) name position)))
    (if form (message-of form) '())))
"#;

/// Calls that rightly say something else.
struct Exception {
    name: &'static str,
    /// The places of the arguments.
    places: &'static [&'static str],
    /// How the message begins.
    start: &'static str,
}

const fn row(
    name: &'static str,
    places: &'static [&'static str],
    start: &'static str,
) -> Exception {
    Exception { name, places, start }
}

/// The object is handed to a procedure of the example, which says what it thinks of it.
const GIVEN_TO_A_PROCEDURE: &[Exception] = &[
    row("make-parameter", &["first"], "abs expects a real number as its first"),
    row("make-parameter", &["first"], "no integer:"),
    row("member", &["first"], "= expects a number as its first"),
    row("assoc", &["first"], "= expects a number as its first"),
    row("delete", &["first"], "< expects a real number as its first"),
    row("apply", &["second", "third"], "max expects a real number as its "),
    row("values", &["first", "second"], "- expects a number as its "),
    row("raise-continuable", &["first"], "* expects a number as its first"),
    row("fold", &["second"], "+ expects a number as its second"),
    row("fold-left", &["second"], "- expects a number as its first"),
    row("hash-table-fold", &["third"], "+ expects a number as its second"),
    row("hash-table-update!/default", &["fourth"], "+ expects a number as its first"),
    row("call-in-continuation", &["third", "fourth"], "+ expects a number as its "),
    row("return-to", &["second"], "+ expects a number as its second"),
    row("vector-binary-search", &["second"], "- expects a number as its second"),
];

/// Any object will do there, and the example fails for want of the one it had.
const MISSED_BY_THE_EXAMPLE: &[Exception] = &[
    row("list-copy", &["first"], "set-car! expects a pair as its first"),
    row("eval", &["first"], "the variable seven has no value"),
    row("hash-table", &["third"], "hash-table-ref found no entry for the key \"b\""),
    row("hash-table-ref", &["second"], "hash-table-ref found no entry for the key #<gadget>"),
    row(
        "hash-table-update!",
        &["second"],
        "hash-table-update! found no entry for the key #<gadget>",
    ),
    row("hash-table-update!/default", &["second"], "hash-table-ref found no entry for the key a"),
    row("hash-table-intern!", &["second"], "hash-table-ref found no entry for the key a"),
    row("!", &["second"], "process "),
    row("call-with-prompt", &["first"], "no prompt is in force with the tag ask"),
    row("abort-to-prompt", &["first"], "no prompt is in force with the tag #<gadget>"),
    row("abort-current-continuation", &["first"], "no prompt is in force with the tag #<gadget>"),
];

/// It raises the object, or an object that a guard of the example lets through.
const RAISED: &[Exception] = &[
    row("raise", &["first"], "#<gadget>"),
    row("error", &["first"], "#<gadget>"),
    row("error", &["second", "third"], "no route to"),
    row("assert", &["second", "third"], "an assertion failed"),
    row("read-error?", &["first"], "read: the text ends inside a list"),
    row("file-error?", &["first"], "open-input-file cannot read "),
    row("continuation-violation?", &["first"], "no prompt is in force with the tag nowhere"),
];

/// The procedure or the place goes by another name.
const CALLED_OTHERWISE: &[Exception] = &[
    row("call/cc", &["first"], "call-with-current-continuation expects a procedure as its first"),
    row(
        "apply",
        &["second", "fourth"],
        "apply expects a list as its last argument, found #<gadget>",
    ),
];

fn exceptions() -> impl Iterator<Item = &'static Exception> {
    [GIVEN_TO_A_PROCEDURE, MISSED_BY_THE_EXAMPLE, RAISED, CALLED_OTHERWISE].into_iter().flatten()
}

/// Fewer calls than this would mean that they are not found.
const CALLS_MIN: usize = 1100;
/// The same for calls that fail and say so in the procedure's name.
const NAMED_MIN: usize = 700;

fn image() -> Image {
    let host = TestHost::new(&Console::default());
    let mut image = OpenOptions::new().host(host).in_memory().unwrap();
    image.eval(DRIVER).unwrap();
    image
}

enum Outcome {
    NoCall,
    Accepted,
    Message(String),
}

fn outcome(image: &mut Image, name: &str, program: &str, position: usize) -> Outcome {
    let call = format!("(message {program:?} '|{name}| {position})");
    let found: Result<Vec<Option<String>>, Error> = image.eval_to(&call);
    match found.map(|found| found.into_iter().next()) {
        Ok(None) => Outcome::NoCall,
        Ok(Some(None)) => Outcome::Accepted,
        Ok(Some(Some(message))) => Outcome::Message(message),
        Err(error) => {
            // What the call has left behind is of no use.
            *image = self::image();
            match error {
                Error::Exited(_) => Outcome::Accepted,
                other => Outcome::Message(other.to_string()),
            }
        }
    }
}

fn is_procedure(image: &mut Image, name: &str) -> bool {
    let question =
        format!("(guard (_ (#t #f)) (procedure? (eval '|{name}| (interaction-environment))))");
    image.eval_to(&question).unwrap()
}

#[derive(Default)]
struct Findings {
    calls: usize,
    named: usize,
    problems: String,
    /// Rows of exceptions that something came under, and its places.
    used: BTreeSet<(usize, String)>,
}

impl Findings {
    /// Looks at what the call of `name` in an example says with argument `position` replaced.
    fn note(&mut self, name: &str, example: &Example, position: usize, message: &str) {
        let place = place(position);
        let ending = format!(" as its {place} argument, found #<gadget>");
        if message.starts_with(&format!("{name} expects ")) && message.contains(&ending) {
            self.named += 1;
            return;
        }
        // Where another argument is wrong anyway, that is what is said.
        if matches!(&example.ending, Ending::Failure { message: own, .. } if own == message) {
            return;
        }
        let covering = exceptions().position(|row| {
            row.name == name && row.places.contains(&&*place) && message.starts_with(row.start)
        });
        match covering {
            Some(row) => {
                self.used.insert((row, place));
            }
            None => {
                let program = example.program.replace('\n', " ");
                self.problems.push_str(&format!("{name}, {place}: {program}\n  {message}\n"));
            }
        }
    }

    fn look_at(&mut self, image: &mut Image, entry: &Entry, example: &Example) {
        for position in 0.. {
            match outcome(image, entry.name, &example.program, position) {
                Outcome::NoCall => break,
                Outcome::Accepted => {}
                Outcome::Message(message) => self.note(entry.name, example, position, &message),
            }
            self.calls += 1;
        }
    }
}

#[test]
fn procedures_name_themselves_and_the_argument() {
    let mut findings = Findings::default();
    in_scratch_folder(|| {
        let mut image = image();
        for entry in entries() {
            if is_procedure(&mut image, entry.name) {
                for example in &entry.examples {
                    findings.look_at(&mut image, entry, example);
                }
            }
        }
    });
    println!("{} calls, {} of them failed by name", findings.calls, findings.named);
    assert!(findings.problems.is_empty(), "{}", findings.problems);
    assert!(findings.calls >= CALLS_MIN && findings.named >= NAMED_MIN);
    for (row, exception) in exceptions().enumerate() {
        for place in exception.places {
            let used = findings.used.contains(&(row, place.to_string()));
            assert!(used, "no call of {} needs the exception of {place}", exception.name);
        }
    }
}

/// Calls with arguments that the examples have none of, and how what they say begins.
const OTHER_CALLS: &[(&str, &str)] = &[
    ("(floor/ 7 0)", "floor/ by zero"),
    ("(truncate/ 7 0.0)", "truncate/ by zero"),
    (
        "(floor->exact +inf.0)",
        "floor->exact expects a finite real number as its first argument, found +inf.0",
    ),
    (
        "(make-initialized-list -1 list)",
        "make-initialized-list expects a count from 0 to 4294967296 as its first argument, found -1",
    ),
    ("(list-tabulate 2.5 list)", "list-tabulate expects a count as its first argument, found 2.5"),
    ("(append '(1) 2 '(3))", "append expects a list as its second argument, found 2"),
    ("(append! (list 1) 2 '(3))", "append! expects a list as its second argument, found 2"),
    (
        "(concatenate '((1) 2 (3)))",
        "concatenate expects a list of lists as its first argument, found ((1) 2 (3))",
    ),
    (
        "(append-map car '((1) (2)))",
        "append-map expects a procedure that returns lists as its first argument, found #<procedure",
    ),
    (
        "(string-join '(\"a\" b))",
        "string-join expects a list of strings as its first argument, found (\"a\" b)",
    ),
    ("(map + '(1) 5)", "map expects a list as its third argument, found 5"),
    ("(map + 5 '(1))", "map expects a list as its second argument, found 5"),
    ("(map + '(1 2) '(1 . 2))", "map expects a list as its third argument, found (1 . 2)"),
    ("(map + '(1) '(1) 'a)", "map expects a list as its fourth argument, found a"),
    ("(for-each + '(1) '() 'a)", "for-each expects a list as its fourth argument, found a"),
    ("(append-map list '(1) 5)", "append-map expects a list as its third argument, found 5"),
    ("(filter-map list '(1) 5)", "filter-map expects a list as its third argument, found 5"),
    ("(fold list 0 '(1) 5)", "fold expects a list as its fourth argument, found 5"),
    ("(fold-left list 0 5 '(1))", "fold-left expects a list as its third argument, found 5"),
    ("(fold-right list 0 '(1) 5)", "fold-right expects a list as its fourth argument, found 5"),
    ("(any = '(1) 5)", "any expects a list as its third argument, found 5"),
    ("(every = '(1) 5)", "every expects a list as its third argument, found 5"),
    ("(any even? '(1 . 3))", "any expects a list as its second argument, found (1 . 3)"),
    ("(every odd? 5)", "every expects a list as its second argument, found 5"),
    ("(reduce + 0 '(1 . 2))", "reduce expects a list as its third argument, found 2"),
    ("(list-sort '(2 1) 5)", "list-sort expects a procedure as its first argument, found (2 1)"),
    ("(sort < 5)", "sort expects a list or vector as its second argument, found 5"),
    ("(string-head \"abc\" 4)", "string-head expects an index up to 3, found 4"),
    ("(string-tail \"abc\" 'a)", "string-tail expects an index as its second argument, found a"),
    (
        "(string-pad-left \"7\" -1)",
        "string-pad-left expects a count from 0 to 4294967296 as its second argument, found -1",
    ),
    (
        "(string-copy! (make-string 3) 'a \"b\")",
        "string-copy! expects an index as its second argument, found a",
    ),
    (
        "(vector-copy! (make-vector 3) 0 #(1) 'a)",
        "vector-copy! expects an index as its fourth argument, found a",
    ),
    ("(string->utf8 \"abc\" 0 'a)", "string->utf8 expects an index as its third argument, found a"),
    (
        "(string-for-each list \"a\" 5)",
        "string-for-each expects a string as its third argument, found 5",
    ),
    ("(vector-map list #(1) 5)", "vector-map expects a vector as its third argument, found 5"),
    (
        "(hash-table-update! (make-equal-hash-table) 'a list)",
        "hash-table-update! found no entry for the key a",
    ),
    (
        "(hash-table-ref (make-equal-hash-table) 'a #f 5)",
        "hash-table-ref expects a procedure as its fourth argument, found 5",
    ),
    (
        "(hash-table-set! (make-string-hash-table) 'a 1)",
        "hash-table-set! expects a string as its second argument, found a",
    ),
    (
        "(alist->hash-table '(1))",
        "alist->hash-table expects a list of pairs as its first argument, found 1",
    ),
    (
        "(alist->hash-table '() <)",
        "alist->hash-table expects eq?, eqv?, equal? or string=? as its second argument, found #<procedure>",
    ),
    (
        "(hash-table-for-each list 5)",
        "hash-table-for-each expects a hash table as its second argument, found 5",
    ),
    ("(call-with-output-file \"no/such/folder\" write)", "call-with-output-file cannot write"),
    ("(call-with-input-file \"no-such-file\" read)", "call-with-input-file cannot read"),
    (
        "(open-binary-input-file 5)",
        "open-binary-input-file expects a string as its first argument, found 5",
    ),
    (
        "(let ((port (open-input-string \"\"))) (close-port port) (read-char port))",
        "read-char: the port is closed",
    ),
    (
        "(let ((port (open-output-string))) (close-port port) (write 1 port))",
        "write: the port is closed",
    ),
    (
        "(write-string \"a\" (open-output-string) 'a)",
        "write-string expects an index as its third argument, found a",
    ),
    ("(newline 5)", "newline expects a textual output port as its first argument, found 5"),
    (
        "(flush-output 5)",
        "flush-output expects a textual output port as its first argument, found 5",
    ),
    (
        "(get-output-bytevector 5)",
        "get-output-bytevector expects a bytevector output port as its first argument, found 5",
    ),
    ("(apply 5 '(1))", "apply expects a procedure as its first argument, found 5"),
    ("(apply + 1 2 '(3 . 4))", "apply expects a list as its last argument, found (3 . 4)"),
    (
        "(dynamic-wind list 5 list)",
        "dynamic-wind expects a procedure as its second argument, found 5",
    ),
    ("(spawn-monitor 5)", "spawn-monitor expects a procedure as its first argument, found 5"),
    (
        "(environment '(scheme base) 5)",
        "environment expects a library's name or an import set as its second argument, found 5",
    ),
];

#[test]
fn other_calls_name_themselves_too() {
    let mut image = image();
    for (call, expected) in OTHER_CALLS {
        let found: String = image.eval_to(&format!("(car (message-of '{call}))")).unwrap();
        assert!(found.starts_with(expected), "{call}: {found}");
    }
}
