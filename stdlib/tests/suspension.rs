//! Programs of the library survive being committed, dropped and read back in the middle of whatever
//! they are doing.

mod support;

use std::sync::Arc;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::store::{MemoryImage, Store, Wave};
use pscheme_heap::word::Word;
use pscheme_stdlib::{compile_and_install, primitive_rows};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;
use pscheme_vm::verify_code::verify_code;
use support::Machine;

/// Commits, drops everything, and reads the image back.
fn reopen(mut vm: Vm, image: &MemoryImage, store: &mut Option<Box<dyn Store>>, check: bool) -> Vm {
    vm.park_for_commit();
    vm.heap.collect_young(&mut vm.machine);
    let mut wave = Wave::default();
    vm.heap.list_changes(&mut wave);
    store.as_mut().unwrap().commit(&wave).unwrap();
    *store = None;
    drop(vm);
    let mut fresh = image.open().unwrap();
    let mut heap = Heap::restore(&mut fresh).unwrap();
    let primitives = Arc::new(PrimitiveSet::new(primitive_rows()));
    if check {
        let problems = heap.verify(&mut |heap, code| verify_code(heap, code, &primitives));
        assert!(problems.is_empty(), "{problems:?}");
    }
    heap.sweep_after_opening();
    fresh.begin().unwrap();
    *store = Some(Box::new(fresh));
    let mut vm = Vm::new(heap, primitives, Box::new(SilentHost::default()));
    vm.heap.persistent = true;
    vm
}

/// The number a program ends with, after `most` suspensions `every` so many units of work.
fn run_suspended(text: &str, every: i64, most: usize) -> (i64, usize) {
    let image = MemoryImage::new();
    let mut fresh = image.open().unwrap();
    fresh.begin().unwrap();
    let mut store: Option<Box<dyn Store>> = Some(Box::new(fresh));
    let mut vm = Machine::new(Engine::fastest()).vm;
    vm.heap.persistent = true;
    let thunk = compile_and_install(&mut vm, "test.scm", text).unwrap();
    vm.spawn(thunk, Word::FALSE).unwrap();
    let mut suspensions = 0;
    loop {
        let fuel = if suspensions < most { every } else { 1_000_000 };
        match vm.advance_by(Engine::fastest(), fuel) {
            Event::Slice if suspensions < most => {
                suspensions += 1;
                vm = reopen(vm, &image, &mut store, suspensions % 16 == 1);
            }
            Event::Slice => {}
            Event::Finished(process) => {
                let value = vm.heap.field(process, body::Process::VALUE);
                return (value.as_fixnum(), suspensions);
            }
            Event::Failed(process) => {
                let object = vm.heap.field(process, body::Process::VALUE);
                panic!("{}", pscheme_stdlib::raised_text(&vm, object).1);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn check(text: &str, every: i64, most: usize, expected: i64) {
    let (value, suspensions) = run_suspended(text, every, most);
    assert_eq!(value, expected);
    assert!(suspensions > most / 4, "only {suspensions} suspensions");
}

#[test]
fn tables_of_keys_that_move_find_them_after_reopening() {
    let program = "
        (define table (make-eq-hash-table))
        (define keys '())
        (define (all-found?)
          (every (lambda (key) (eqv? (hash-table-ref/default table key #f) (car key))) keys))
        (let loop ((i 0) (good 0))
          (if (= i 60)
              good
              (let ((key (list i)))
                (set! keys (cons key keys))
                (hash-table-set! table key i)
                (loop (+ i 1) (if (all-found?) (+ good 1) good)))))";
    check(program, 41, 150, 60);
}

#[test]
fn sorting_mapping_and_printing_survive() {
    let program = "
        (define (shuffled n)
          (map (lambda (i) (modulo (* i 7919) n)) (iota n)))
        (define sorted (sort (shuffled 400) <))
        (define text (call-with-output-string (lambda (port) (write (list sorted \"λ\" #(1 2)) port))))
        (define table (make-hash-table))
        (for-each (lambda (n) (hash-table-update!/default table (list (modulo n 7) \"k\") 1+ 0)) sorted)
        (+ (if (equal? sorted (iota 400)) 1000 0)
           (string-length (list->string (string->list text)))
           (apply + (hash-table-values table))
           (vector-length (vector-map square (list->vector sorted))))";
    let length = 1504 + 8 + 5 - 1 + 3;
    let (value, suspensions) = run_suspended(program, 97, 120);
    let (straight, _) = run_suspended(program, 1_000_000, 0);
    assert_eq!(value, straight);
    assert!(suspensions > 60 && value > length, "{suspensions} {value}");
}

#[test]
fn numbers_of_every_kind_survive() {
    let program = "
        (define table (make-equal-hash-table))
        (define (keep! i)
          (hash-table-set! table (/ i (+ i 1)) i)
          (hash-table-set! table (make-rectangular (/ 1 i) i) i)
          (hash-table-set! table (make-rectangular (* i 1e100) 0.5) i))
        (define (found i)
          (+ (hash-table-ref/default table (/ i (+ i 1)) 0)
             (hash-table-ref/default table (+ (/ i) (* i +i)) 0)
             (hash-table-ref/default table (+ (* i 1e100) +0.5i) 0)))
        (let loop ((i 1) (sum 0) (z 1/2+i) (x 1/3))
          (keep! i)
          (if (< i 40)
              (loop (+ i 1) (+ sum (/ i)) (* z 1+i) (* x 1e-5))
              (+ (apply + (map found (iota 40 1)))
                 (modulo (numerator sum) 1000003)
                 (modulo (denominator sum) 1000003)
                 (exact (round (* 1e200 x)))
                 (* 2 (real-part z))
                 (string-length (number->string (* z sum))))))";
    let (value, suspensions) = run_suspended(program, 3, 120);
    let (straight, _) = run_suspended(program, 1_000_000, 0);
    assert_eq!(value, straight);
    assert!(suspensions > 60, "{suspensions}");
}

#[test]
fn winders_and_continuations_survive() {
    let program = "
        (define k* #f)
        (define entered 0)
        (define (work)
          (dynamic-wind
            (lambda () (set! entered (+ entered 1)))
            (lambda ()
              (let ((n (call/cc (lambda (k) (set! k* k) 0))))
                (let spin ((i 0)) (if (< i 50) (spin (+ i 1)) n))))
            (lambda () (set! entered (+ entered 100)))))
        (let ((n (work)))
          (if (< n 20) (k* (+ n 1)) (+ (* n 100000) entered)))";
    check(program, 13, 80, 20 * 100_000 + 21 * 101);
}
