//! The canonical graph hash: what enters it, and what does not. That collections, commits and reopening do not is
//! tested with random graphs in `graphs.rs`.

use pscheme_heap::collect::NoRoots;
use pscheme_heap::frame::{Link, LiveMask, ReturnPoint};
use pscheme_heap::graph_hash::{GraphHash, ROOTS_LEFT_OUT};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{FieldClass, Kind, Tail, body};
use pscheme_heap::limits::{HEAP_RESERVED_BYTES_MIN, TIMER_ENTRY_WORDS, TIMER_NODE_ENTRIES};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

/// A root that holds any value.
const ANY_ROOT: usize = 63;

fn heap() -> Heap {
    Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap()
}

/// Kinds that do not enter whole, each with a test of its own below.
const SPECIAL: [Kind; 8] = [
    Kind::String,
    Kind::Bytevector,
    Kind::Continuation,
    Kind::Segment,
    Kind::Process,
    Kind::HashTable,
    Kind::Port,
    Kind::TimerNode,
];

/// An object of this kind whose words are numbers, with two words of tail if the kind has one.
fn object_of_numbers(heap: &mut Heap, kind: Kind) -> Word {
    let tail = if kind.row().tail == Tail::None { 0 } else { 2 };
    let words = kind.row().fields.len() + tail;
    let is_fixed = matches!(
        kind,
        Kind::Code | Kind::Cell | Kind::ProcessNode | Kind::Process | Kind::TimerNode
    );
    let object = match is_fixed {
        true => heap.fixed_object(kind, 0, words),
        false => heap.object(kind, 0, words),
    };
    for index in 0..words {
        heap.set_raw(object, index, (100 + index as u64) << 3);
    }
    if kind == Kind::Code {
        heap.set_raw(object, body::Code::COUNTS, 1 | 1 << 32);
    }
    object
}

#[test]
fn each_word_of_each_object_enters() {
    let mut heap = heap();
    let mut tried = 0;
    for &kind in Kind::ALL.iter().filter(|kind| !SPECIAL.contains(kind)) {
        let object = object_of_numbers(&mut heap, kind);
        let before = heap.graph_hash_of(object);
        for index in 0..heap.header(object).body_words() {
            let bits = heap.raw(object, index);
            // A raw word may hold anything: such a change is the smallest there is.
            let is_raw = kind.row().fields.get(index).is_some_and(|f| f.class == FieldClass::Raw);
            let changed = if is_raw { bits ^ 1 << 20 } else { bits ^ 8 };
            if kind == Kind::Code && index == body::Code::COUNTS {
                continue;
            }
            heap.set_raw(object, index, changed);
            assert_ne!(heap.graph_hash_of(object), before, "{kind:?}, word {index}");
            heap.set_raw(object, index, bits);
            assert_eq!(heap.graph_hash_of(object), before, "{kind:?}, word {index}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried} words of all kinds");
}

#[test]
fn processes_enter_with_all_but_the_number_of_a_commit() {
    let mut heap = heap();
    let process = object_of_numbers(&mut heap, Kind::Process);
    for list in [Word::FALSE, process] {
        heap.set_root(Root::CommitWaiters, list);
        heap.set_field(process, body::Process::NEXT, Word::FALSE);
        heap.set_root(Root::MainProcess, process);
        let before = heap.graph_hash();
        for (index, field) in Kind::Process.row().fields.iter().enumerate() {
            let value = heap.field(process, index);
            heap.set_field(process, index, Word::fixnum(7));
            let is_left_out = index == body::Process::DUE && list.is_object();
            assert_eq!(heap.graph_hash() == before, is_left_out, "{}", field.name);
            heap.set_field(process, index, value);
        }
        assert_eq!(heap.graph_hash(), before);
    }
}

#[test]
fn ports_enter_with_all_but_what_is_known_of_the_file() {
    let mut heap = heap();
    heap.ensure_room(4096, &mut NoRoots);
    let port = object_of_numbers(&mut heap, Kind::Port);
    let records = [b"one file", b"another!"].map(|bytes| heap.bytevector(bytes));
    heap.set_field(port, body::Port::FILE, records[0]);
    let before = heap.graph_hash_of(port);
    for (index, field) in Kind::Port.row().fields.iter().enumerate() {
        let value = heap.field(port, index);
        let is_left_out = index == body::Port::FILE;
        heap.set_field(port, index, if is_left_out { records[1] } else { Word::fixnum(7) });
        assert_eq!(heap.graph_hash_of(port) == before, is_left_out, "{}", field.name);
        heap.set_field(port, index, value);
    }
    heap.set_field(port, body::Port::FILE, Word::FALSE);
    assert_ne!(heap.graph_hash_of(port), before, "a port without a file is another");
}

#[test]
fn timers_enter_as_far_as_their_node_counts() {
    let mut heap = heap();
    let words = body::TimerNode::FIELDS + TIMER_NODE_ENTRIES * TIMER_ENTRY_WORDS;
    let node = heap.fixed_object(Kind::TimerNode, 0, words);
    heap.set_field(node, body::TimerNode::COUNT, Word::fixnum(2));
    let before = heap.graph_hash_of(node);
    for index in 0..words {
        let value = heap.field(node, index);
        heap.set_field(node, index, Word::fixnum(1));
        let counts = index < body::TimerNode::FIELDS + 2 * TIMER_ENTRY_WORDS;
        assert_eq!(heap.graph_hash_of(node) != before, counts, "word {index}");
        heap.set_field(node, index, value);
    }
}

#[test]
fn each_root_enters_but_those_of_commits() {
    let mut heap = heap();
    let before = heap.graph_hash();
    let mut left_out = Vec::new();
    for index in 0..heap.roots.len() {
        heap.roots[index] = Word::fixnum(1);
        if heap.graph_hash() == before {
            left_out.push(index);
        }
        heap.roots[index] = Word::FALSE;
    }
    let mut expected = ROOTS_LEFT_OUT.map(|root| root as usize);
    expected.sort_unstable();
    assert_eq!(left_out, expected);
}

fn list(heap: &mut Heap, numbers: impl Iterator<Item = i64>) -> Word {
    heap.roots[ANY_ROOT] = Word::NULL;
    for number in numbers {
        heap.ensure_room(16, &mut NoRoots);
        heap.roots[ANY_ROOT] = heap.pair(Word::fixnum(number), heap.roots[ANY_ROOT]);
    }
    heap.roots[ANY_ROOT]
}

#[test]
fn a_list_of_a_million_takes_no_host_stack() {
    let mut heap = heap();
    list(&mut heap, 0..1_000_000);
    let before = heap.graph_hash();
    heap.collect_major(&mut NoRoots);
    assert_eq!(heap.graph_hash(), before);
    let mut last = heap.roots[ANY_ROOT];
    while heap.cdr(last).is_pair() {
        last = heap.cdr(last);
    }
    heap.set_car(last, Word::fixnum(1));
    assert_ne!(heap.graph_hash(), before);
}

#[test]
fn cycles_and_sharing_enter_and_addresses_do_not() {
    let mut heap = heap();
    heap.ensure_room(4096, &mut NoRoots);
    let ring = |heap: &mut Heap, length: usize| -> GraphHash {
        let first = heap.pair(Word::TRUE, Word::NULL);
        let mut last = first;
        for _ in 1..length {
            let next = heap.pair(Word::TRUE, Word::NULL);
            heap.set_cdr(last, next);
            last = next;
        }
        heap.set_cdr(last, first);
        heap.graph_hash_of(first)
    };
    let (one, two, again) = (ring(&mut heap, 1), ring(&mut heap, 2), ring(&mut heap, 2));
    assert_ne!(one, two, "they look the same to whoever follows them, but `eq?` tells them apart");
    assert_eq!(two, again);
    let (a, b) = (heap.pair(Word::TRUE, Word::NULL), heap.pair(Word::TRUE, Word::NULL));
    let (shared, copied) = (heap.pair(a, a), heap.pair(a, b));
    let other_way = heap.pair(b, a);
    assert_ne!(heap.graph_hash_of(shared), heap.graph_hash_of(copied));
    assert_eq!(heap.graph_hash_of(copied), heap.graph_hash_of(other_way));
}

#[test]
fn strings_enter_as_text_and_bytevectors_without_their_room() {
    let mut heap = heap();
    heap.ensure_room(4096, &mut NoRoots);
    let narrow = heap.string("ab");
    let other = heap.string("ac");
    let storage = heap.bytevector(&[b'a', 0, 0, 0, b'b', 0, 0, 0, 9, 9, 9, 9]);
    let wide = heap.object(Kind::String, 1, body::String::FIELDS);
    heap.set_field(wide, body::String::STORAGE, storage);
    heap.set_raw(wide, body::String::LENGTH, 2);
    assert_eq!(heap.graph_hash_of(narrow), heap.graph_hash_of(wide));
    assert_ne!(heap.graph_hash_of(narrow), heap.graph_hash_of(other));
    let (short, long) = (heap.bytevector(b"abc"), heap.bytevector(b"abcdefgh and more"));
    assert_ne!(heap.graph_hash_of(short), heap.graph_hash_of(long));
    heap.set_raw(long, body::Bytevector::LENGTH, 3);
    assert_eq!(heap.graph_hash_of(short), heap.graph_hash_of(long));
    heap.bytes_mut(long)[2] = b'd';
    assert_ne!(heap.graph_hash_of(short), heap.graph_hash_of(long));
}

#[test]
fn hash_tables_enter_as_their_entries() {
    let mut heap = heap();
    heap.ensure_room(8192, &mut NoRoots);
    let table = |heap: &mut Heap, room: usize, index: &[u8], epoch: i64| {
        let entries = heap.object(Kind::Vector, 0, room * 2);
        let index = heap.bytevector(index);
        let table = heap.object(Kind::HashTable, 0, body::HashTable::FIELDS);
        heap.set_field(table, body::HashTable::ENTRIES, entries);
        heap.set_field(table, body::HashTable::INDEX, index);
        heap.set_field(table, body::HashTable::COUNT, Word::fixnum(1));
        heap.set_field(table, body::HashTable::USED, Word::fixnum(2));
        heap.set_field(table, body::HashTable::EPOCH, Word::fixnum(epoch));
        heap.set_field(entries, 0, Word::DEAD);
        heap.set_field(entries, 2, Word::fixnum(5));
        (table, entries)
    };
    let (a, _) = table(&mut heap, 8, b"one index", 1);
    let (b, entries) = table(&mut heap, 16, b"another", 2);
    assert_eq!(heap.graph_hash_of(a), heap.graph_hash_of(b));
    heap.set_field(entries, 3, Word::TRUE);
    assert_ne!(heap.graph_hash_of(a), heap.graph_hash_of(b));
}

/// A code object with a return point for frames of three words behind each of two calls, and the links there.
fn code_with_return_points(heap: &mut Heap) -> [Link; 2] {
    let code = heap.fixed_object(Kind::Code, 0, body::Code::FIELDS + 4);
    heap.set_raw(code, body::Code::COUNTS, 4);
    [1, 3].map(|index| {
        let distance = 1 + body::Code::FIELDS + index;
        let point = ReturnPoint { shift: 3, distance, live: LiveMask::Short(0) };
        heap.set_raw(code, body::Code::FIELDS + index - 1, point.encode());
        Link::new(code.offset() + distance as u64 * 8, 3)
    })
}

/// A continuation of these frames, from the bottom: a value, and where it goes on.
fn continuation(heap: &mut Heap, next: Word, frames: &[(i64, Link)]) -> Word {
    let segment = heap.object(Kind::Segment, 0, frames.len() * 3);
    for (index, (value, _)) in frames.iter().enumerate() {
        let below = if index == 0 { Link::new(0x800, 0) } else { frames[index - 1].1 };
        heap.set_field(segment, index * 3, Word::fixnum(*value));
        heap.set_raw(segment, index * 3 + 1, below.0);
        heap.set_field(segment, index * 3 + 2, Word::DEAD);
    }
    let k = heap.object(Kind::Continuation, 0, body::Continuation::FIELDS);
    let (_, link) = frames[frames.len() - 1];
    for (index, word) in [
        (body::Continuation::SEGMENT, segment.0),
        (body::Continuation::NEXT, next.0),
        (body::Continuation::DYNAMIC, Word::NULL.0),
        (body::Continuation::CODE, Word::FALSE.0),
        (body::Continuation::OFFSET, frames.len() as u64 * 3),
        (body::Continuation::LINK, link.0),
    ] {
        heap.set_raw(k, index, word);
    }
    k
}

#[test]
fn frames_enter_by_value_however_they_are_cut_into_segments() {
    let mut heap = heap();
    heap.ensure_room(16_384, &mut NoRoots);
    let [here, there] = code_with_return_points(&mut heap);
    let frames = [(1, here), (2, there), (3, here), (4, there)];
    let whole = continuation(&mut heap, Word::NULL, &frames);
    let hash = heap.graph_hash_of(whole);
    for cut in 1..4 {
        let below = continuation(&mut heap, Word::NULL, &frames[..cut]);
        let above = continuation(&mut heap, below, &frames[cut..]);
        assert_eq!(heap.graph_hash_of(above), hash, "cut at {cut}");
        assert_ne!(heap.graph_hash_of(below), hash);
        // Together with another that shares its frames, or has copies of them.
        let shared = heap.pair(above, below);
        let copied = heap.pair(whole, below);
        assert_eq!(heap.graph_hash_of(shared), heap.graph_hash_of(copied), "cut at {cut}");
    }
    for changed in [[(1, here), (2, there), (3, here), (5, there)], [(1, there); 4]] {
        let other = continuation(&mut heap, Word::NULL, &changed);
        assert_ne!(heap.graph_hash_of(other), hash);
    }
}

#[test]
fn a_chain_that_comes_back_to_itself_has_a_hash() {
    let mut heap = heap();
    heap.ensure_room(16_384, &mut NoRoots);
    let [here, there] = code_with_return_points(&mut heap);
    let below = continuation(&mut heap, Word::NULL, &[(1, here)]);
    let above = continuation(&mut heap, below, &[(2, there)]);
    let straight = heap.graph_hash_of(above);
    heap.set_field(below, body::Continuation::NEXT, above);
    assert_ne!(heap.graph_hash_of(above), straight);
}
