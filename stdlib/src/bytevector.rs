//! Bytevectors, and strings as UTF-8.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault, index_below, name_text, trusted_count};
use crate::limits::CHUNK_ELEMENTS_MAX;
use crate::list::is_kind;
use crate::room::bytevector_bytes;
use crate::string::no_room;
use crate::text::{StringView, new_string};

/// Bytes of a bytevector at most.
const BYTEVECTOR_LENGTH_MAX: usize = 1 << 34;

primitives! { BYTEVECTOR_PRIMITIVES:
    /// `(bytevector? value)`: is it a bytevector?
    400 "bytevector?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::Bytevector));
    /// `(bytevector byte …)`: a new bytevector of the bytes.
    401 "bytevector" (0..) constant => bytevector;
    /// `(%make-bytevector length byte)`: a new bytevector, its first 16,384 bytes filled.
    402 "%make-bytevector" (2) listed("zeroed runs: a page entry and its cards for every 16 KiB") => make_bytevector;
    /// `(bytevector-length bytevector)`: the number of bytes of a bytevector.
    403 "bytevector-length" (1) constant => length,
        fast frequent_length;
    /// `(bytevector-u8-ref bytevector index)`: the byte at an index of a bytevector.
    404 "bytevector-u8-ref" (2) constant => reference,
        fast frequent_reference;
    /// `(bytevector-u8-set! bytevector index byte)`: stores a byte at an index of a bytevector.
    405 "bytevector-u8-set!" (3) constant => set;
    /// `(%bytevector-copy-chunk! to at from start end)`: copies a bounded range; ranges of one
    /// bytevector may overlap.
    406 "%bytevector-copy-chunk!" (5) chunk => copy_chunk;
    /// `(%bytevector-fill-chunk! bytevector byte start end)`: fills a bounded range.
    407 "%bytevector-fill-chunk!" (4) chunk => fill_chunk;
    /// `(%bytevector=? a b)`: whether two bytevectors have the same bytes.
    408 "%bytevector=?" (2) size => equal;
    /// `(%utf8->string bytevector start end)`: the text of a bounded range of bytes.
    409 "%utf8->string" (3) chunk => utf8_to_string;
    /// `(%utf8-boundary bytevector start end)`: the greatest index up to `end` at which no character is
    /// cut, at most 16,384 bytes behind `start`.
    410 "%utf8-boundary" (3) chunk => boundary;
    /// `(%string->utf8 string start end)`: the bytes of a bounded range of characters.
    411 "%string->utf8" (3) chunk => string_to_utf8;
    /// `(%bytevector-check name bytevector position)`: the length of a bytevector, or the fault of a
    /// wrong type.
    412 "%bytevector-check" (3) constant => check;
}

fn byte(call: Call<'_>, position: usize) -> Result<u8, Interrupt> {
    let word = call.arguments.get(position);
    let value = word.is_fixnum().then(|| u8::try_from(word.as_fixnum()).ok()).flatten();
    value.ok_or_else(|| call.wrong_type(position, "a byte (0 to 255)"))
}

fn new_zeroed(vm: &mut Vm, length: usize) -> Outcome {
    vm.reserve_object(bytevector_bytes(length), 0)?;
    Ok(vm.heap.bytevector_zeroed(length))
}

/// A new bytevector of these bytes; nothing read before is valid afterwards.
pub(crate) fn new_bytevector(vm: &mut Vm, bytes: &[u8]) -> Outcome {
    vm.reserve_object(bytevector_bytes(bytes.len()), 0)?;
    Ok(vm.heap.bytevector(bytes))
}

/// Changes a range of a bytevector's bytes; only the cards of the range are touched.
pub(crate) fn write_bytes(vm: &mut Vm, bytevector: Word, at: usize, bytes: &[u8]) {
    debug_assert!(at + bytes.len() <= vm.heap.raw(bytevector, body::Bytevector::LENGTH) as usize);
    let offset = bytevector.offset() + body::Bytevector::TAIL_BYTES + at as u64;
    vm.heap.touch_range(offset, bytes.len() as u64);
    vm.heap.space.bytes_mut(offset, bytes.len()).copy_from_slice(bytes);
}

fn bytevector(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector", arguments);
    let mut bytes = Vec::with_capacity(arguments.count());
    for index in 0..arguments.count() {
        bytes.push(byte(call, index)?);
    }
    new_bytevector(vm, &bytes)
}

fn make_bytevector(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "make-bytevector", arguments);
    let length = call.count(0, BYTEVECTOR_LENGTH_MAX)?;
    let fill = byte(call, 1)?;
    let bytevector = new_zeroed(vm, length)?;
    if fill != 0 {
        let bytes = vec![fill; length.min(CHUNK_ELEMENTS_MAX)];
        write_bytes(vm, bytevector, 0, &bytes);
    }
    Ok(bytevector)
}

fn length(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let bytevector = Call::new(vm, "bytevector-length", arguments).bytevector(0)?;
    Ok(Word::fixnum(vm.heap.raw(bytevector, body::Bytevector::LENGTH) as i64))
}

fn frequent_length(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let bytevector = arguments.get(0);
    let is_bytevector = heap.kind_of(bytevector) == Some(Kind::Bytevector);
    is_bytevector.then(|| Word::fixnum(heap.bytes(bytevector).len() as i64))
}

fn frequent_reference(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let bytevector = arguments.get(0);
    if heap.kind_of(bytevector) != Some(Kind::Bytevector) {
        return None;
    }
    let bytes = heap.bytes(bytevector);
    Some(Word::fixnum(i64::from(bytes[index_below(arguments.get(1), bytes.len())?])))
}

fn reference(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector-u8-ref", arguments);
    let bytes = vm.heap.bytes(call.bytevector(0)?);
    Ok(Word::fixnum(i64::from(bytes[call.index(1, bytes.len())?])))
}

fn set(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector-u8-set!", arguments);
    let bytevector = call.changeable(0, Kind::Bytevector, "a bytevector")?;
    let index = call.index(1, vm.heap.raw(bytevector, body::Bytevector::LENGTH) as usize)?;
    let value = byte(call, 2)?;
    write_bytes(vm, bytevector, index, &[value]);
    Ok(Word::UNSPECIFIED)
}

fn copy_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector-copy!", arguments);
    let to = call.changeable(0, Kind::Bytevector, "a bytevector")?;
    let from = vm.heap.bytes(call.bytevector(2)?);
    let (start, end) = call.range(3, from.len())?;
    let length = vm.heap.raw(to, body::Bytevector::LENGTH) as usize;
    let at = call.end(1, 0, length)?;
    if end - start > CHUNK_ELEMENTS_MAX || at + (end - start) > length {
        return Err(no_room("bytevector-copy!", end - start));
    }
    let bytes = from[start..end].to_vec();
    write_bytes(vm, to, at, &bytes);
    Ok(Word::UNSPECIFIED)
}

fn fill_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector-fill!", arguments);
    let bytevector = call.changeable(0, Kind::Bytevector, "a bytevector")?;
    let fill = byte(call, 1)?;
    let (start, end) = call.range(2, vm.heap.raw(bytevector, body::Bytevector::LENGTH) as usize)?;
    let bytes = vec![fill; (end - start).min(CHUNK_ELEMENTS_MAX)];
    write_bytes(vm, bytevector, start, &bytes);
    Ok(Word::UNSPECIFIED)
}

fn equal(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "bytevector=?", arguments);
    let same = vm.heap.bytes(call.bytevector(0)?) == vm.heap.bytes(call.bytevector(1)?);
    Ok(Word::boolean(same))
}

fn utf8_to_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "utf8->string", arguments);
    let bytes = vm.heap.bytes(call.bytevector(0)?);
    let (start, end) = call.range(1, bytes.len())?;
    if end - start > CHUNK_ELEMENTS_MAX {
        return Err(no_room("utf8->string", end - start));
    }
    match std::str::from_utf8(&bytes[start..end]) {
        Ok(text) => {
            let text = text.to_string();
            new_string(vm, &text)
        }
        Err(error) => {
            let at = start + error.valid_up_to();
            let message = format!("utf8->string expects UTF-8, found other bytes at index {at}");
            Err(fault(ErrorCode::OutOfRange, message))
        }
    }
}

fn boundary(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "utf8->string", arguments);
    let bytes = vm.heap.bytes(call.bytevector(0)?);
    let (start, end) = call.range(1, bytes.len())?;
    if end - start <= CHUNK_ELEMENTS_MAX {
        return Ok(arguments.get(2));
    }
    // A character has at most four bytes; other text is found wrong by whoever decodes it.
    let mut at = start + CHUNK_ELEMENTS_MAX;
    for _ in 0..3 {
        if bytes[at] & 0xc0 == 0x80 {
            at -= 1;
        }
    }
    Ok(Word::fixnum(at as i64))
}

fn string_to_utf8(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string->utf8", arguments);
    let view = StringView::of(&vm.heap, call.string(0)?);
    let (start, end) = call.range(1, view.length)?;
    let end = end.min(start + CHUNK_ELEMENTS_MAX);
    let text: String = view.characters(start, end).collect();
    new_bytevector(vm, text.as_bytes())
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let bytevector = arguments.get(1);
    if vm.heap.kind_of(bytevector) == Some(Kind::Bytevector) {
        return Ok(Word::fixnum(vm.heap.raw(bytevector, body::Bytevector::LENGTH) as i64));
    }
    let name = name_text(&vm.heap, arguments.get(0));
    let position = trusted_count(arguments.get(2));
    Err(crate::argument::wrong_type(&vm.heap, &name, position, "a bytevector", bytevector))
}
