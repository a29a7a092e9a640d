//! What an inspector shows of a machine: variables where they are at every instruction, values within
//! their bounds, and of heaps that are damaged whatever is whole.

mod support;

use pscheme::heap::heap::Heap;
use pscheme::heap::kind::{Kind, body};
use pscheme::heap::root_table::Root;
use pscheme::heap::store::{MemoryImage, Store, Wave};
use pscheme::heap::word::Word;
use pscheme::inspect::{
    FrameLimits, Layout, StackFrame, StackView, View, find_process, globals, processes, stack,
};
use pscheme::session::{check_heap, primitive_set};
use pscheme::show::{ShowLimits, show};
use pscheme::vm::code_info;
use pscheme::vm::engine::Engine;
use pscheme::vm::machine::{SLICE_WORK, Vm};
use pscheme::vm::process::Event;
use support::{Console, Random, session_for};

/// Every variable's name says what it holds whenever it is there: `n` a number, `s` a string, `l` a
/// list, `b` a number in a box, `p` a procedure. Registers are used again for something else whenever
/// a scope has ended, and loops fill their variables out of order.
const NAMED: &str = "
(define (number n-a) (+ n-a 0))
(define (text s-a) (string-append s-a \"!\"))
(define (scopes n-x)
  (let ((s-y (text \"a\")) (l-z (list n-x)))
    (let ((n-inner (number n-x)))
      (text s-y)
      (number n-inner))
    (let ((s-other (text s-y)) (l-other (cons 1 l-z)))
      (text s-other)
      (let ((n-x (number 1)) (s-inner (text s-other)))
        (text s-inner)
        (number n-x))
      (number (length l-other)))
    (if (null? l-z) (text s-y) (number n-x))))
(define (loops n-times)
  (let loop ((n-i 0) (s-text \"\") (l-list '()))
    (if (< n-i n-times)
        (loop (+ n-i 1) (if (= n-i 1) (text s-text) s-text) (cons (number n-i) l-list))
        (let again ((l-rest l-list) (n-sum 0))
          (if (null? l-rest)
              (begin (text s-text) n-sum)
              (again (cdr l-rest) (+ n-sum (number (car l-rest)))))))))
(define (exchange n-times)
  (let loop ((n-a 1) (s-b \"x\") (n-c 2) (n-i 0))
    (cond ((= n-i n-times) (text s-b) (number n-a))
          ((even? n-i) (loop n-c (text s-b) n-a (+ n-i (number 1))))
          (else (loop (number n-c) s-b (number n-a) (+ n-i 1))))))
(define (ahead n-times)
  (let loop ((n-i 0) (n-j 1))
    (if (< n-i n-times) (loop (+ n-i 1) (number (* n-j 2))) n-j)))
(define (boxes n-x)
  (let ((b-count 0) (s-text (text \"s\")))
    (define (p-add n-by) (set! b-count (+ b-count (number n-by))) b-count)
    (for-each (lambda (n-each) (p-add n-each) (text s-text)) (list n-x 2 3))
    (and (text s-text) (or (not (text s-text)) (number b-count)))))
(define (mutual n-x)
  (letrec ((p-even (lambda (n-e) (if (= n-e 0) (text \"e\") (begin (number n-e) (p-odd (- n-e 1))))))
           (p-odd (lambda (n-o) (if (= n-o 0) (text \"o\") (begin (number n-o) (p-even (- n-o 1)))))))
    (list (p-even n-x) (p-odd n-x))))
(define (rest n-a . l-more) (number n-a) (apply + n-a l-more))
(define s-result
  (call-with-current-continuation
    (lambda (p-k) (number 1) (text \"k\"))))
(scopes 3) (loops 4) (ahead 3) (exchange 5) (boxes 1) (mutual 4) (rest 1 2 3)
(map (lambda (n-m) (number n-m)) '(1 2 3))
";

fn fits(name: &str, value: &str) -> bool {
    match name.as_bytes()[0] {
        b'n' | b'b' => value.parse::<i64>().is_ok(),
        b's' => value.starts_with('"'),
        b'l' => value.starts_with('('),
        b'p' => value.starts_with("#<procedure") || value == "#<continuation>",
        _ => false,
    }
}

/// The text of the expression a frame stands at.
fn expression(frame: &StackFrame) -> &str {
    let place = frame.place.as_ref().expect("frames of a program have a place");
    &place.text[place.column - 1..place.column - 1 + place.length]
}

fn stack_of_main(vm: &Vm) -> StackView {
    let limits = FrameLimits { newest: 1_000, oldest: 0 };
    stack(View::of(vm), vm.heap.root(Root::MainProcess), limits)
}

#[test]
fn at_every_instruction_variables_hold_what_they_are() {
    let console = Console::default();
    let mut session = session_for("named.scm", NAMED, &console);
    let vm = &mut session.vm;
    let mut shown = std::collections::BTreeMap::new();
    let (mut instructions, mut ahead) = (0, 0);
    loop {
        let event = vm.step_by(1, SLICE_WORK).event;
        if matches!(event, Event::Finished(_)) {
            break;
        }
        assert_eq!(event, Event::Slice, "after {instructions} instructions");
        vm.park_for_commit();
        instructions += 1;
        let stack = stack_of_main(vm);
        assert_eq!(stack.broken, None);
        for frame in stack.newest.iter().filter(|frame| !frame.library) {
            if expression(frame) == "(number (* n-j 2))" {
                // The register of n-i holds the value of the next round already.
                assert!(frame.locals.iter().all(|local| local.name != "n-i"));
                ahead += 1;
            }
            for local in &frame.locals {
                assert!(
                    fits(&local.name, &local.value),
                    "after {instructions} instructions: {} = {} in\n{}",
                    local.name,
                    local.value,
                    Layout::default().stack(&stack)
                );
                *shown.entry(local.name.clone()).or_insert(0) += 1;
            }
        }
    }
    // All but those that nothing reads once they are there.
    for name in [
        "n-x", "s-y", "l-z", "n-inner", "s-other", "l-other", "s-inner", "n-i", "s-text", "l-list",
        "l-rest", "n-sum", "n-a", "s-b", "n-c", "b-count", "n-each", "n-e", "n-o", "l-more", "n-m",
        "n-by", "p-add", "p-even",
    ] {
        assert!(shown.contains_key(name), "{name} was never shown, but {shown:?}");
    }
    assert!(ahead > 0, "the loop with a value ahead of its time was seen");
    assert!(instructions > 500);
}

/// The text of a global variable's value.
fn shown_global(text: &str, name: &str, limits: ShowLimits) -> String {
    let console = Console::default();
    let mut session = session_for("show.scm", text, &console);
    while session.vm.advance(Engine::fastest()) == Event::Slice {}
    let value = session.vm.global(name).unwrap();
    show(&session.vm.heap, &primitive_set(), value, limits)
}

#[test]
fn values_are_shown_within_their_bounds() {
    let whole = |text: &str| shown_global(text, "x", ShowLimits::WHOLE);
    let line = |text: &str| shown_global(text, "x", ShowLimits::LINE);
    for (text, expected) in [
        ("(define x '(1 \"a\\nb\" #\\space sym 2.5 . #t))", "(1 \"a\\nb\" #\\space sym 2.5 . #t)"),
        ("(define x (vector 'a '() #u8(1 2)))", "#(a () #u8(1 2))"),
        (
            "(define-record-type thing (make-thing a b) thing? (a a) (b b)) (define x (make-thing 1 '(2)))",
            "#<thing a: 1 b: (2)>",
        ),
        ("(define (x first . others) first)", "#<procedure (x first . others)>"),
        ("(define x car)", "#<procedure (car pair)>"),
        ("(define x (expt 2 100))", "1267650600228229401496703205376"),
        ("(define x (expt 2 10000))", "#<integer of 10048 bits>"),
        ("(define x '(1/2 -1+2/3i 1.5-0.0i 1e100+i))", "(1/2 -1+2/3i 1.5-0.0i 1e100+1.0i)"),
        ("(define x (/ 1 (expt 2 10000)))", "#<number of 10048 bits>"),
        (
            "(define x (make-hash-table)) (hash-table-set! x 'k \"v\") (hash-table-set! x 'gone 1) \
          (hash-table-delete! x 'gone)",
            "#<hash-table of 1: k → \"v\">",
        ),
        ("(define x (open-input-string \"abc\"))", "#<textual input port>"),
        (
            "(define x (guard (e (#t e)) (error \"no such thing:\" 5 'apples)))",
            "#<condition E0108 \"no such thing:\" 5 apples>",
        ),
        ("(define x (list 1 2)) (set-cdr! (cdr x) x)", "(1 2 . #<circle>)"),
        ("(define x (vector 1 2)) (vector-set! x 0 x)", "#(#<circle> 2)"),
    ] {
        assert_eq!(whole(text), expected, "{text}");
    }
    let many = line("(define x (make-vector 100000 7))");
    assert!(many.starts_with("#(7 7") && many.ends_with(" …)") && many.len() < 120, "{many}");
    let many =
        line("(define x (let loop ((i 0) (l '())) (if (= i 100000) l (loop (+ i 1) (cons i l)))))");
    assert!(many.starts_with("(99999 99998") && many.chars().count() <= 100, "{many}");
    let deep =
        whole("(define x (let loop ((i 0) (l '())) (if (= i 1000000) l (loop (+ i 1) (list l)))))");
    assert_eq!(deep, format!("{}…{}", "(".repeat(12), ")".repeat(12)));
    let long = line("(define x (make-string 100000 #\\a))");
    assert!(long.chars().count() <= 100 && long.ends_with('…'), "{long}");
}

const PROGRAM: &str = "
(define-record-type point (make-point x y) point? (x point-x) (y))
(define place (make-point 1 (list 2 \"three\" 4.5)))
(define table (make-hash-table))
(hash-table-set! table 'key (vector 1 2))
(define (deep n) (if (= n 0) (begin (let loop () (yield) (loop)) 0) (+ 1 (deep (- n 1)))))
(spawn (lambda () (vector-ref (vector 1) 5)))
(deep 20)";

/// The program's heap after `damage`, through a store whose hashes are right.
fn damaged(vm_ran: &mut Vm, damage: impl FnOnce(&mut Heap)) -> Heap {
    vm_ran.heap.persistent = true;
    vm_ran.park_for_commit();
    vm_ran.heap.collect_young(&mut vm_ran.machine);
    damage(&mut vm_ran.heap);
    let image = MemoryImage::new();
    let mut store = image.open().unwrap();
    let mut wave = Wave::default();
    vm_ran.heap.list_changes(&mut wave);
    store.commit(&wave).unwrap();
    drop(store);
    Heap::restore(&mut image.open().unwrap()).expect("the hashes are right")
}

fn program() -> pscheme::Session {
    let console = Console::default();
    let mut session = session_for("program.scm", PROGRAM, &console);
    for _ in 0..6 {
        session.vm.advance(Engine::fastest());
    }
    session
}

fn code_of(heap: &Heap, name: &str) -> Word {
    let (_, cell) = heap.peek_globals().into_iter().find(|(known, _)| known == name).unwrap();
    heap.field(heap.field(cell, body::Cell::CONTENT), body::Closure::CODE)
}

#[test]
fn what_code_knows_of_its_source_is_checked() {
    let found = |damage: fn(&mut Heap, Word)| {
        let mut session = program();
        let heap = damaged(&mut session.vm, |heap| {
            let info = heap.field(code_of(heap, "deep"), body::Code::INFO);
            damage(heap, info);
        });
        let found = check_heap(&heap).err().map(|error| error.to_string()).unwrap_or_default();
        // And it is looked at all the same.
        let primitives = primitive_set();
        let view = View { heap: &heap, primitives: &primitives };
        assert_eq!(processes(view).len(), 2);
        assert_eq!(globals(view, "deep").len(), 1);
        found
    };
    assert_eq!(found(|_, _| ()), "");
    let problem = found(|heap, info| heap.set_field(info, code_info::SOURCE, Word::fixnum(1)));
    assert!(problem.contains("code of deep: its source is no pair"), "{problem}");
    let problem = found(|heap, info| heap.set_field(info, code_info::SPANS, Word::NULL));
    assert!(problem.contains("code of deep: its spans are no table"), "{problem}");
    let problem = found(|heap, info| {
        let variables = heap.field(info, code_info::VARIABLES);
        heap.bytes_mut(variables)[0] = 0xff;
    });
    assert!(problem.contains("code of deep: its variables are no table"), "{problem}");
    let problem = found(|heap, info| {
        let variables = heap.field(info, code_info::VARIABLES);
        heap.bytes_mut(variables)[0] = 100;
    });
    assert!(problem.contains("code of deep: its variable n is nowhere in it"), "{problem}");
    let problem = found(|heap, _| {
        let code = code_of(heap, "deep");
        heap.set_field(code, body::Code::NAME, Word::object(1 << 50));
    });
    assert!(problem.contains("Code.name refers to a place where no object starts"), "{problem}");
}

#[test]
fn no_words_make_the_inspector_panic() {
    let seed = 7;
    let mut random = Random(seed);
    let mut sound = 0;
    for round in 0..60 {
        let mut session = program();
        let heap = damaged(&mut session.vm, |heap| {
            let records = heap.process_records();
            let mut targets: Vec<Word> = records.clone();
            for record in records {
                let k = heap.field(record, body::Process::CONTINUATION);
                if heap.kind_of(k) == Some(Kind::Continuation) {
                    targets.extend([k, heap.field(k, body::Continuation::SEGMENT)]);
                }
            }
            targets.extend([code_of(heap, "deep")]);
            targets.push(heap.field(code_of(heap, "deep"), body::Code::INFO));
            for name in ["place", "table"] {
                let cells = heap.peek_globals();
                let (_, cell) = cells.into_iter().find(|(known, _)| known == name).unwrap();
                targets.extend([cell, heap.field(cell, body::Cell::CONTENT)]);
            }
            for _ in 0..1 + round % 4 {
                let target = targets[random.below(targets.len() as u64) as usize];
                let word = random.below(heap.header(target).body_words() as u64) as usize;
                let value = match random.below(4) {
                    0 => random.next(),
                    1 => random.below(1 << 36),
                    2 => targets[random.below(targets.len() as u64) as usize].0,
                    _ => heap.raw(target, word) ^ 1 << random.below(64),
                };
                heap.store(target.offset() + 8 + word as u64 * 8, Word(value));
            }
        });
        if check_heap(&heap).is_ok() {
            sound += 1;
        }
        let primitives = primitive_set();
        let view = View { heap: &heap, primitives: &primitives };
        let layout = Layout { width: Some(80), colours: true };
        layout.processes(&processes(view));
        for row in processes(view) {
            // Its number may be what was damaged.
            if let Some(record) = find_process(view, row.process) {
                layout.stack(&stack(view, record, FrameLimits::default()));
            }
        }
        for name in ["place", "table", "deep", "map"] {
            globals(view, name).iter().for_each(|global| drop(layout.global(global)));
        }
        heap.census_of_starts();
    }
    assert!(sound < 50, "damage is mostly found (seed {seed})");
}
