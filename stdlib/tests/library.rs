//! Properties of the library as a whole: documentation, depth, the heap's limit, output, files.

mod support;

use std::collections::HashSet;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_stdlib::{boot_image, flush_open_ports, primitive_rows};
use pscheme_vm::engine::Engine;
use pscheme_vm::machine::Vm;
use support::{Ending, Machine};

fn value(text: &str) -> Ending {
    Ending::Value(text.to_string())
}

#[test]
fn every_primitive_is_documented_and_in_its_block() {
    let mut names = HashSet::new();
    let mut codes = HashSet::new();
    for row in primitive_rows() {
        let doc = row.doc.trim();
        assert!(doc.starts_with("`(") && doc.ends_with(['.', '?']), "{}: {doc}", row.name);
        let shown = doc.trim_start_matches("`(");
        assert!(shown.starts_with(row.name), "{}: {doc}", row.name);
        assert!(names.insert(row.name) && codes.insert(row.code), "{}", row.name);
        assert!((1..800).contains(&row.code), "{}", row.name);
    }
}

#[test]
fn the_boot_image_is_the_same_every_time() {
    assert!(boot_image().unwrap() == boot_image().unwrap());
}

/// Procedures of R7RS (scheme base), (scheme char), (scheme cxr), (scheme inexact), (scheme file),
/// (scheme lazy), (scheme read), (scheme write), (scheme process-context) and (scheme time) that this
/// version has.
const R7RS_PROCEDURES: &str = "
    * + - / < <= = > >= abs append apply assoc assq assv binary-port? boolean=? boolean? bytevector
    bytevector-append bytevector-copy bytevector-copy! bytevector-length bytevector-u8-ref
    bytevector-u8-set! bytevector? caar cadr call-with-current-continuation call-with-port
    call-with-values call/cc car cdar cddr cdr ceiling char->integer char-ready? char<=? char<?
    char=? char>=? char>? char? close-input-port close-output-port close-port complex? cons
    current-error-port current-input-port current-output-port denominator dynamic-wind eof-object
    eof-object? eq? equal? eqv? error error-object-irritants error-object-message error-object? even?
    exact exact-integer-sqrt exact-integer? exact? expt features file-error? floor floor-quotient
    floor-remainder floor/ flush-output-port for-each gcd get-output-bytevector get-output-string
    inexact inexact? input-port-open? input-port? integer->char integer? lcm length list list->string
    list->vector list-copy list-ref list-set! list-tail list? make-bytevector make-list
    make-parameter make-string make-vector map max member memq memv min modulo negative? newline not
    null? number->string number? numerator odd? open-input-bytevector open-input-string
    open-output-bytevector open-output-string output-port-open? output-port? pair? peek-char peek-u8
    positive? procedure? quotient raise raise-continuable rational? rationalize read-bytevector
    read-bytevector! read-char read-error? read-line read-string read-u8 real? remainder reverse
    round set-car! set-cdr! square string string->list string->number string->symbol string->utf8
    string->vector string-append string-copy string-copy! string-fill! string-for-each string-length
    string-map string-ref string-set! string<=? string<? string=? string>=? string>? string?
    substring symbol->string symbol=? symbol? textual-port? truncate truncate-quotient
    truncate-remainder truncate/ u8-ready? utf8->string values vector vector->list vector->string
    vector-append vector-copy vector-copy! vector-fill! vector-for-each vector-length vector-map
    vector-ref vector-set! vector? with-exception-handler write-bytevector write-char write-string
    write-u8 zero?
    char-alphabetic? char-ci<=? char-ci<? char-ci=? char-ci>=? char-ci>? char-downcase char-foldcase
    char-lower-case? char-numeric? char-upcase char-upper-case? char-whitespace? digit-value
    string-ci<=? string-ci<? string-ci=? string-ci>=? string-ci>? string-downcase string-foldcase
    string-upcase
    caaar caadr cadar caddr cdaar cdadr cddar cdddr caaaar caaadr caadar caaddr cadaar cadadr caddar
    cadddr cdaaar cdaadr cdadar cdaddr cddaar cddadr cdddar cddddr
    acos asin atan cos exp finite? infinite? log nan? sin sqrt tan
    call-with-input-file call-with-output-file delete-file file-exists? open-binary-input-file
    open-binary-output-file open-input-file open-output-file with-input-from-file with-output-to-file
    display write write-shared write-simple
    read
    emergency-exit exit force make-promise promise?
    current-jiffy current-second jiffies-per-second";

#[test]
fn the_procedures_of_r7rs_are_there() {
    let mut machine = Machine::new(Engine::fastest());
    for name in R7RS_PROCEDURES.split_whitespace() {
        assert_eq!(machine.run(&format!("(procedure? {name})")), value("#t"), "{name}");
    }
}

#[test]
fn lists_of_a_million_are_worked_on() {
    for &engine in Engine::all() {
        let mut machine = Machine::new(engine);
        let program = "
            (define long (iota 1000000))
            (define nested (let loop ((i 0) (r '())) (if (= i 1000000) r (loop (+ i 1) (list r)))))
            (define nested-too
              (let loop ((i 0) (r '())) (if (= i 1000000) r (loop (+ i 1) (list r)))))
            (define deep (let loop ((i 0) (r '())) (if (= i 300000) r (loop (+ i 1) (vector r)))))
            (list
              (length (append long long))
              (apply + (map 1+ long))
              (equal? nested nested-too)
              (equal? long (list-copy long))
              (string-length (call-with-output-string (lambda (p) (write nested p))))
              (string-length (call-with-output-string (lambda (p) (write deep p))))
              (string-length (call-with-output-string (lambda (p) (write long p))))
              (vector-length (list->vector long))
              (length (sort (reverse long) <))
              (equal-hash nested-too)
              (length (vector->list (make-vector 1000000 1))))";
        let Ending::Value(found) = machine.run(program) else { panic!("{engine:?}") };
        let hash = "(2000000 500000500000 #t #t 2000002 900002 6888891 1000000 1000000 ";
        assert!(found.starts_with(hash) && found.ends_with(" 1000000)"), "{found}");
    }
}

#[test]
fn large_garbage_is_collected() {
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.limit_bytes = 512 << 20;
    let program = "
        (define (make n) (make-vector 100000 n))
        (do ((i 0 (+ i 1))) ((= i 3000) (vector-ref (make i) 99999)) (make i))";
    assert_eq!(machine.run(program), value("3000"));
    let text =
        "(do ((i 0 (+ i 1)) (s \"\" (make-string 3000000 #\\a))) ((= i 300) (string-length s)))";
    assert_eq!(machine.run(text), value("3000000"));
}

#[test]
fn iterative_promises_take_no_space() {
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.limit_bytes = 24 << 20;
    let program = "
        (define (loop n) (if (= n 0) (delay 'done) (delay-force (loop (- n 1)))))
        (force (loop 1000000))";
    assert_eq!(machine.run(program), value("done"));
    let program = "
        (define (count n) (delay-force (if (= n 0) (make-promise 'end) (count (- n 1)))))
        (define kept (count 1000000))
        (list (force kept) (force kept))";
    assert_eq!(machine.run(program), value("(end end)"));
    // Promises that wait for each other do take space, more than the limit.
    let program = "
        (define (nest n) (if (= n 0) (delay 'done) (delay (force (nest (- n 1))))))
        (force (nest 1000000))";
    assert_eq!(machine.run(program), Ending::AtLimit);
}

#[test]
fn what_does_not_fit_the_heap_stops_the_process() {
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.limit_bytes = 64 << 20;
    for text in [
        "(make-vector 100000000 0)",
        "(make-string 100000000 #\\a)",
        "(make-bytevector 100000000 0)",
        "(let loop ((l '())) (loop (cons (make-vector 100000 0) l)))",
    ] {
        assert_eq!(machine.run(text), Ending::AtLimit, "{text}");
    }
}

#[test]
fn the_console_gets_what_is_displayed() {
    let mut machine = Machine::new(Engine::fastest());
    machine.run(
        "(display \"λ \") (write \"a\\n\") (newline) (write-char #\\x) (write-string \"yz\" (current-output-port))
         (display '(1 #(2 \"b\")) (current-error-port)) (write-line 'done)",
    );
    assert_eq!(machine.shown(), "λ \"a\\n\"\nxyz(1 #(2 b))done\n");
    machine.run("(display (make-string 40000 #\\a))");
    assert_eq!(machine.shown().len(), 40000);
}

#[test]
fn a_handler_of_all_exceptions_that_takes_no_argument_ends_the_process() {
    let mut machine = Machine::new(Engine::fastest());
    let text = "(%set-exception-handler! (lambda () 1)) (guard (e (#t e)) (raise 'lost))";
    let ending = machine.run(text);
    assert!(matches!(ending, Ending::Failed { .. }), "{ending:?}");
}

#[test]
fn exit_runs_winders_and_gives_the_status() {
    let mut machine = Machine::new(Engine::fastest());
    assert_eq!(machine.run("(exit)"), Ending::Exit(0));
    assert_eq!(machine.run("(exit #t)"), Ending::Exit(0));
    assert_eq!(machine.run("(exit #f)"), Ending::Exit(1));
    assert_eq!(
        machine.run("(dynamic-wind void (lambda () (exit 7)) (lambda () (display \"out\")))"),
        Ending::Exit(7)
    );
    assert_eq!(machine.shown(), "out");
    assert_eq!(
        machine
            .run("(dynamic-wind void (lambda () (emergency-exit 3)) (lambda () (display \"no\")))"),
        Ending::Exit(3)
    );
    assert_eq!(machine.shown(), "");
}

#[test]
fn a_program_may_use_the_library_s_names_for_itself() {
    let mut machine = Machine::new(Engine::fastest());
    let program = "
        (define (reverse x) 'mine)
        (define (append . x) 'mine)
        (define (length x) 'mine)
        (define (vector-copy! . x) 'mine)
        (define (car x) 'mine)
        (list (reverse 1) (map 1+ '(1 2)) (sort (vector 2 1) <) (vector-append #(1) #(2)) (car '(5)))";
    assert_eq!(machine.run(program), value("(mine (2 3) #(1 2) #(1 2) mine)"));
}

/// Effects as the session sees them: operation, path, position, bytes.
fn effects(vm: &Vm) -> Vec<(i64, String, i64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut effect = vm.heap.root(Root::EffectsHead);
    while effect.is_object() {
        let field = |index| vm.heap.field(effect, index);
        let payload = field(4);
        let bytes =
            if payload == Word::FALSE { Vec::new() } else { vm.heap.bytes(payload).to_vec() };
        let path = vm.heap.string_text(vm.heap.field(field(2), 1));
        found.push((field(1).as_fixnum(), path, field(3).as_fixnum(), bytes));
        effect = field(5);
    }
    found
}

#[test]
fn file_output_becomes_effects_at_absolute_offsets() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.txt");
    let name = path.to_str().unwrap();
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.set_zeal(true);
    let program = format!(
        "(define p (open-output-file {name:?}))
         (write-string (make-string 5000 #\\a) p)
         (flush-output-port p)
         (write 'tail p)
         (close-port p)
         (close-port p)"
    );
    assert_eq!(machine.run(&program), value("#<unspecified>"));
    assert!(!path.exists(), "nothing is written before the commit");
    assert!(machine.vm.machine.effects_pending);
    let found = effects(&machine.vm);
    let shape: Vec<_> = found.iter().map(|e| (e.0, e.2, e.3.len())).collect();
    assert_eq!(shape, [(0, 0, 0), (1, 0, 4096), (1, 4096, 904), (1, 5000, 4), (2, 5004, 0)]);
    assert!(found.iter().all(|effect| effect.1 == name));
    assert_eq!(found[3].3, b"tail");
    assert_eq!(machine.vm.heap.root(Root::OpenPorts), Word::NULL);
}

#[test]
fn open_files_are_flushed_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.txt");
    let mut machine = Machine::new(Engine::fastest());
    let program = format!(
        "(with-output-to-file {path:?} (lambda () (display \"in the file\")))
         (define q (open-output-file {path:?}))
         (write-char #\\λ q)"
    );
    machine.run(&program);
    machine.vm.heap.set_zeal(true);
    flush_open_ports(&mut machine.vm).unwrap();
    let written: Vec<_> =
        effects(&machine.vm).into_iter().filter(|e| e.0 == 1).map(|e| e.3).collect();
    assert_eq!(written, [b"in the file".to_vec(), "λ".as_bytes().to_vec()]);
    flush_open_ports(&mut machine.vm).unwrap();
    assert_eq!(effects(&machine.vm).len(), 5, "what was flushed is not flushed again");
}

#[test]
fn files_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.txt");
    std::fs::write(&path, "first λ\nsecond\n\n(last").unwrap();
    let mut machine = Machine::new(Engine::fastest());
    let program = format!(
        "(list (file-exists? {path:?})
               (call-with-input-file {path:?} read-line)
               (with-input-from-file {path:?}
                 (lambda ()
                   (let loop ((lines '()))
                     (let ((line (read-line)))
                       (if (eof-object? line) (reverse lines) (loop (cons line lines)))))))
               (let* ((p (open-binary-input-file {path:?})) (b (read-bytevector 3 p)))
                 (close-port p)
                 b))"
    );
    let expected = "(#t \"first λ\" (\"first λ\" \"second\" \"\" \"(last\") #u8(102 105 114))";
    assert_eq!(machine.run(&program), value(expected));
    std::fs::write(&path, [b'a', 0xff]).unwrap();
    let program =
        format!("(call-with-input-file {path:?} (lambda (p) (read-char p) (read-char p)))");
    assert_eq!(
        machine.run(&program),
        Ending::Failed {
            code: ErrorCode::FileError,
            message: "the input is not UTF-8 at byte 1".into()
        }
    );
    std::fs::write(&path, "(a b").unwrap();
    assert_eq!(
        machine.run(&format!("(call-with-input-file {path:?} read)")),
        Ending::Failed {
            code: ErrorCode::ReadError,
            message: format!("read of {}: the text ends inside a list", path.display())
        }
    );
}

#[test]
fn what_a_macro_or_library_defines_is_of_one_program() {
    let mut machine = Machine::new(Engine::fastest());
    let keep = "(define-syntax keep
        (syntax-rules () ((_ get v) (begin (define kept v) (define (get) kept)))))";
    machine.run(&format!("{keep} (keep get-a 1)"));
    machine.run(&format!("{keep} (keep get-b 2)"));
    assert_eq!(machine.run("(list (get-a) (get-b))"), value("(1 2)"));
    let library = |number: i32| {
        format!(
            "(define-library (l) (export get) (import (scheme base))
               (begin (define kept {number}) (define (get) kept)))
             (import (scheme base) (l)) (define get-{number} get)"
        )
    };
    machine.run(&library(3));
    machine.run(&library(4));
    assert_eq!(machine.run("(list (get-3) (get-4))"), value("(3 4)"));
}
