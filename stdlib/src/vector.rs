//! Vectors. What copies or fills does so in pieces of bounded size, driven by the prelude.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, name_text, trusted_count, trusted_place};
use crate::limits::CHUNK_ELEMENTS_MAX;
use crate::list::{is_kind, of_kind};
use crate::room::allocate;
use crate::string::no_room;

/// Elements of a vector at most.
const VECTOR_LENGTH_MAX: usize = 1 << 32;

primitives! { VECTOR_PRIMITIVES:
    /// `(vector? value)`: is it a vector?
    350 "vector?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::Vector)),
        fast |heap, a| Some(of_kind(heap, a, Kind::Vector));
    /// `(vector value …)`: a new vector of the values.
    351 "vector" (0..) constant => vector;
    /// `(%make-vector length fill)`: a new vector, its first 16,384 elements filled.
    352 "%make-vector" (2) listed("zeroed runs: a page entry and its cards for every 16 KiB") => make_vector;
    /// `(vector-length vector)`: the number of elements of a vector.
    353 "vector-length" (1) constant => length,
        fast frequent_length;
    /// `(vector-ref vector index)`: the element at an index of a vector.
    354 "vector-ref" (2) constant => reference;
    /// `(vector-set! vector index value)`: assigns the element at an index of a vector.
    355 "vector-set!" (3) constant => set;
    /// `(%vector-copy-chunk! to at from start end)`: copies a bounded range; ranges of one vector may
    /// overlap.
    356 "%vector-copy-chunk!" (5) chunk => copy_chunk;
    /// `(%vector-fill-chunk! vector value start end)`: fills a bounded range.
    357 "%vector-fill-chunk!" (4) chunk => fill_chunk;
    /// `(%subvector vector start end name)`: a new vector of the elements, or `#f` if there are too many
    /// for one step. `name` is for messages.
    358 "%subvector" (4) chunk => subvector;
    /// `(%vector-check name vector position)`: the length of a vector, or the fault of a wrong type.
    359 "%vector-check" (3) constant => check;
    /// `(%range-check start end length name place)`: whether indices bound a range; a fault if not.
    /// The place is that of the start among the arguments of `name`.
    360 "%range-check" (4..=5) constant => range_check;
    /// `(%count-check count name place)`: the count, or a fault if it is no fixnum of at least 0.
    361 "%count-check" (2..=3) constant => count_check;
    /// `(%index-check index name place)`: the index, or a fault if it is no fixnum of at least 0.
    735 "%index-check" (3) constant => index_check;
}

fn vector(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let count = arguments.count();
    let vector = allocate(vm, Kind::Vector, count, 0)?;
    for index in 0..count {
        vm.heap.set_field(vector, index, arguments.get(index));
    }
    Ok(vector)
}

fn make_vector(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let length = Call::new(vm, "make-vector", arguments).count(0, VECTOR_LENGTH_MAX)?;
    let vector = allocate(vm, Kind::Vector, length, 0)?;
    fill(vm, vector, arguments.get(1), 0, length.min(CHUNK_ELEMENTS_MAX));
    Ok(vector)
}

fn fill(vm: &mut Vm, vector: Word, value: Word, start: usize, end: usize) {
    let at = vector.offset() + 8 + start as u64 * 8;
    vm.heap.touch_range(at, (end - start) as u64 * 8);
    vm.heap.space.words_mut(at, end - start).fill(value.0);
}

fn length(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let vector = Call::new(vm, "vector-length", arguments).vector(0)?;
    Ok(Word::fixnum(vm.heap.header(vector).body_words() as i64))
}

fn frequent_length(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let vector = arguments.get(0);
    let is_vector = heap.kind_of(vector) == Some(Kind::Vector);
    is_vector.then(|| Word::fixnum(heap.header(vector).body_words() as i64))
}

fn reference(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "vector-ref", arguments);
    let vector = call.vector(0)?;
    let index = call.index(1, vm.heap.header(vector).body_words())?;
    Ok(vm.heap.field(vector, index))
}

fn set(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "vector-set!", arguments);
    let vector = call.changeable(0, Kind::Vector, "a vector")?;
    let index = call.index(1, vm.heap.header(vector).body_words())?;
    vm.heap.set_field(vector, index, arguments.get(2));
    Ok(Word::UNSPECIFIED)
}

fn copy_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "vector-copy!", arguments);
    let to = call.changeable(0, Kind::Vector, "a vector")?;
    let from = call.vector(2)?;
    let (start, end) = call.range(3, vm.heap.header(from).body_words())?;
    let length = vm.heap.header(to).body_words();
    let at = call.end(1, 0, length)?;
    let count = end - start;
    if count > CHUNK_ELEMENTS_MAX || at + count > length {
        return Err(no_room("vector-copy!", count));
    }
    copy_words(vm, from, start, to, at, count);
    Ok(Word::UNSPECIFIED)
}

fn copy_words(vm: &mut Vm, from: Word, start: usize, to: Word, at: usize, count: usize) {
    let words = vm.heap.space.words(from.offset() + 8 + start as u64 * 8, count).to_vec();
    let target = to.offset() + 8 + at as u64 * 8;
    vm.heap.touch_range(target, count as u64 * 8);
    vm.heap.space.words_mut(target, count).copy_from_slice(&words);
}

fn fill_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "vector-fill!", arguments);
    let vector = call.changeable(0, Kind::Vector, "a vector")?;
    let (start, end) = call.range(2, vm.heap.header(vector).body_words())?;
    fill(vm, vector, arguments.get(1), start, end.min(start + CHUNK_ELEMENTS_MAX));
    Ok(Word::UNSPECIFIED)
}

fn subvector(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = name_text(&vm.heap, arguments.get(3));
    let call = Call::new(vm, &name, arguments);
    let vector = call.vector(0)?;
    let (start, end) = call.range(1, vm.heap.header(vector).body_words())?;
    if end - start > CHUNK_ELEMENTS_MAX {
        return Ok(Word::FALSE);
    }
    let copy = allocate(vm, Kind::Vector, end - start, 0)?;
    copy_words(vm, arguments.get(0), start, copy, 0, end - start);
    Ok(copy)
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let vector = arguments.get(1);
    if vm.heap.kind_of(vector) == Some(Kind::Vector) {
        return Ok(Word::fixnum(vm.heap.header(vector).body_words() as i64));
    }
    let name = name_text(&vm.heap, arguments.get(0));
    let position = trusted_count(arguments.get(2));
    Err(crate::argument::wrong_type(&vm.heap, &name, position, "a vector", vector))
}

fn range_check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = name_text(&vm.heap, arguments.get(3));
    let call = Call::new(vm, &name, arguments).behind(trusted_place(arguments.optional(4)));
    let length = trusted_count(arguments.get(2));
    call.range(0, length)?;
    Ok(Word::TRUE)
}

fn count_check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = name_text(&vm.heap, arguments.get(1));
    let call = Call::new(vm, &name, arguments).behind(trusted_place(arguments.optional(2)));
    call.count(0, VECTOR_LENGTH_MAX)?;
    Ok(arguments.get(0))
}

fn index_check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let index = arguments.get(0);
    if index.is_fixnum() && index.as_fixnum() >= 0 {
        return Ok(index);
    }
    let name = name_text(&vm.heap, arguments.get(1));
    let place = trusted_place(arguments.optional(2));
    Err(Call::new(vm, &name, arguments).behind(place).wrong_type(0, "an index"))
}
