//! `check` finds pages whose hash is right but whose content no pscheme writes.

mod support;

use pscheme::heap::heap::Heap;
use pscheme::heap::kind::{Kind, body};
use pscheme::heap::root_table::Root;
use pscheme::heap::store::{MemoryImage, Store, Wave};
use pscheme::heap::word::Word;
use pscheme::session::check_heap;
use pscheme::vm::engine::Engine;
use pscheme::vm::process::Event;
use support::{Console, session_for};

const PROGRAM: &str = "
    (define data (list 1 2 3))
    (define items (vector 'a \"text\" 2.5))
    (define-record-type point (make-point x y) point? (x point-x) (y))
    (define place (make-point 1 2))
    (define (deep n) (if (= n 0) (begin (let loop () (yield) (loop)) 0) (+ 1 (deep (- n 1)))))
    (deep 20)";

/// The address of something to be damaged, found in a heap by the name of a global variable.
fn global(heap: &Heap, name: &str) -> Word {
    let cells = heap.global_cells();
    let cell = cells
        .into_iter()
        .find(|&cell| heap.symbol_name(heap.field(cell, body::Cell::NAME)) == name)
        .unwrap_or_else(|| panic!("no variable {name}"));
    heap.field(cell, body::Cell::CONTENT)
}

/// Commits the program's state after `damage` has changed a word behind the barrier's back, reads it
/// back, and gives what the check says.
fn problems_after(damage: impl FnOnce(&mut Heap)) -> Option<String> {
    let console = Console::default();
    let mut session = session_for("check.scm", PROGRAM, &console);
    for _ in 0..5 {
        assert_eq!(session.vm.advance(Engine::fastest()), Event::Slice);
    }
    let vm = &mut session.vm;
    vm.heap.persistent = true;
    vm.park_for_commit();
    vm.heap.collect_young(&mut vm.machine);
    damage(&mut vm.heap);
    let image = MemoryImage::new();
    let mut store = image.open().unwrap();
    let mut wave = Wave::default();
    vm.heap.list_changes(&mut wave);
    store.commit(&wave).unwrap();
    drop(store);
    let heap = Heap::restore(&mut image.open().unwrap()).expect("the hashes are right");
    check_heap(&heap).err().map(|error| error.to_string())
}

/// Writes a word and sees to it that its page is committed.
fn put(heap: &mut Heap, offset: u64, value: u64) {
    heap.store(offset, Word(value));
}

fn assert_found(what: &str, expected: &str, damage: impl FnOnce(&mut Heap)) {
    let found = problems_after(damage).unwrap_or_else(|| panic!("{what} was not found"));
    assert!(found.contains(expected), "{what}: {found}");
}

/// The continuation of the only process.
fn continuation(heap: &Heap) -> Word {
    heap.field(heap.root(Root::MainProcess), 2)
}

#[test]
fn an_untouched_heap_has_no_problem() {
    assert_eq!(problems_after(|_| ()), None);
}

#[test]
fn wrong_words_are_found() {
    assert_found("an invalid immediate", "no valid word", |heap| {
        let pair = global(heap, "data").offset();
        put(heap, pair, 0x3f << 3 | 5);
    });
    assert_found("a reference into an object", "no object starts", |heap| {
        let vector = global(heap, "items").offset();
        let pair = global(heap, "data").offset();
        put(heap, pair, (vector + 16) | 4);
    });
    assert_found("a reference with the wrong tag", "holds no", |heap| {
        let vector = global(heap, "items").offset();
        let pair = global(heap, "data").offset();
        put(heap, pair, vector | 1);
    });
    assert_found("a reference beyond the heap", "no object starts", |heap| {
        let pair = global(heap, "data").offset();
        put(heap, pair, 1 << 40 | 1);
    });
}

#[test]
fn wrong_sizes_and_kinds_are_found() {
    assert_found("a vector beyond its page", "crosses its page", |heap| {
        let vector = global(heap, "items");
        let header = heap.header(vector).0 & 0xffff_ffff | 5000 << 32;
        put(heap, vector.offset(), header);
    });
    assert_found("an unknown kind", "unknown kind", |heap| {
        let vector = global(heap, "items").offset();
        put(heap, vector, 200 | 3 << 32);
    });
    assert_found("a root of another kind", "UnderflowCode may not hold", |heap| {
        heap.set_root(Root::UnderflowCode, heap.root(Root::Symbols));
    });
    assert_found("other code in place of the machine's", "below every stack", |heap| {
        let code = heap.field(global(heap, "deep"), body::Closure::CODE);
        heap.set_root(Root::UnderflowCode, code);
    });
    assert_found("an entry of the process tree that is no reference", "wrong entries", |heap| {
        let node = heap.root(Root::Processes);
        let is_used = |slot: &usize| heap.field(node, *slot) != Word::FALSE;
        let fields = body::ProcessNode::FIELDS;
        let slot = (fields..heap.header(node).body_words()).find(is_used).expect("a process");
        put(heap, node.offset() + 8 + slot as u64 * 8, Word::character('x').0);
    });
    assert_found("a closure of other arity", "does not fit its code", |heap| {
        let closure = global(heap, "deep");
        let header = heap.header(closure).0 & !0xff00 | 3 << 8;
        put(heap, closure.offset(), header);
    });
    assert_found("a record of fewer fields than its type", "does not fit its type", |heap| {
        let record = global(heap, "place");
        let header = heap.header(record).0 & 0xffff_ffff | 2 << 32;
        put(heap, record.offset(), header);
    });
    assert_found("a record whose type is none", "may not", |heap| {
        let (record, vector) = (global(heap, "place"), global(heap, "items"));
        put(heap, record.offset() + 8, vector.0);
    });
    assert_found("a record type without names", "may not", |heap| {
        let record_type = global(heap, "point");
        put(heap, record_type.offset() + 16, Word::FALSE.0);
    });
    assert_found("a process whose state is no number", "may not", |heap| {
        let process = heap.root(Root::MainProcess).offset();
        put(heap, process + 8, Word::TRUE.0);
    });
}

/// The storage of the string in `items`.
fn storage(heap: &Heap) -> (Word, Word) {
    let string = heap.field(global(heap, "items"), 1);
    (string, heap.field(string, body::String::STORAGE))
}

#[test]
fn what_is_wrong_already_is_not_followed() {
    assert_found("a bytevector without a length", "too short for its kind", |heap| {
        let storage = storage(heap).1;
        let header = heap.header(storage).0 & 0xffff_ffff;
        put(heap, storage.offset(), header);
    });
    let beyond = 1 << 40 | 4;
    assert_found("a string stored beyond the heap", "no object starts", |heap| {
        let string = storage(heap).0.offset();
        put(heap, string + 8 + 8 * body::String::STORAGE as u64, beyond);
    });
    assert_found("a closure of code beyond the heap", "no object starts", |heap| {
        let closure = global(heap, "deep").offset();
        put(heap, closure + 8 + 8 * body::Closure::CODE as u64, beyond);
    });
    assert_found("a record of a type beyond the heap", "no object starts", |heap| {
        let record = global(heap, "place").offset();
        put(heap, record + 8 + 8 * body::Record::TYPE as u64, beyond);
    });
    for field in [body::Continuation::SEGMENT, body::Continuation::CODE] {
        assert_found("a continuation of something beyond the heap", "no object starts", |heap| {
            let k = continuation(heap).offset();
            put(heap, k + 8 + 8 * field as u64, beyond);
        });
    }
}

#[test]
fn wrong_instructions_and_links_are_found() {
    let code = |heap: &Heap| heap.field(global(heap, "deep"), 0).offset();
    assert_found("an unknown opcode", "no opcode", move |heap| {
        let at = code(heap) + body::Code::TAIL_BYTES;
        put(heap, at, 0xee);
    });
    assert_found("a jump out of the code", "outside the code", move |heap| {
        let at = code(heap) + body::Code::TAIL_BYTES;
        put(heap, at, 0x30 | 5000 << 32);
    });
    assert_found("a primitive that does not exist", "no primitive", move |heap| {
        let at = code(heap) + body::Code::TAIL_BYTES;
        put(heap, at, 0x46 | 2 << 16 | 60_000 << 32);
    });
    assert_found("a link to nowhere", "return point", |heap| {
        let mut k = continuation(heap);
        while heap.field(k, body::Continuation::CODE).is_object() {
            k = heap.field(k, body::Continuation::NEXT);
        }
        let link = heap.raw(k, body::Continuation::LINK);
        heap.set_raw(k, body::Continuation::LINK, link + (8 << 16));
    });
    assert_found("a continuation beyond its segment", "beyond its segment", |heap| {
        let k = continuation(heap);
        assert_eq!(heap.kind_of(k), Some(Kind::Continuation));
        heap.set_raw(k, body::Continuation::OFFSET, 100_000);
    });
}
