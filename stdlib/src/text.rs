//! Strings as primitives see them: a view for reading, changes of single characters, and new ones.
//!
//! A string's storage has one byte per character until a character above U+00FF is stored into it;
//! then the storage is replaced by one of four bytes per character.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;

use crate::argument::Outcome;
use crate::room::bytevector_bytes;

/// Characters from here on need four bytes.
pub const WIDE_FROM: u32 = 0x100;

/// Read access to a string. Stale after anything that may collect.
#[derive(Clone, Copy)]
pub struct StringView<'heap> {
    bytes: &'heap [u8],
    pub wide: bool,
    pub length: usize,
}

impl<'heap> StringView<'heap> {
    pub fn of(heap: &'heap Heap, string: Word) -> StringView<'heap> {
        StringView {
            bytes: heap.bytes(heap.field(string, body::String::STORAGE)),
            wide: heap.header(string).aux() != 0,
            length: heap.string_length(string),
        }
    }

    /// The character at an index below the length.
    #[inline]
    pub fn get(self, index: usize) -> char {
        assert!(index < self.length);
        if !self.wide {
            return self.bytes[index] as char;
        }
        let code = self.bytes[index * 4..index * 4 + 4].try_into().expect("4 bytes");
        char::from_u32(u32::from_le_bytes(code)).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The characters of a range.
    pub fn characters(self, start: usize, end: usize) -> impl Iterator<Item = char> + 'heap {
        (start..end).map(move |index| self.get(index))
    }

    /// The whole as Rust text.
    pub fn text(self) -> String {
        self.characters(0, self.length).collect()
    }

    /// The bytes of all characters, if each has one.
    pub fn narrow_bytes(self) -> Option<&'heap [u8]> {
        (!self.wide).then(|| &self.bytes[..self.length])
    }
}

/// A new string of this text; nothing read before is valid afterwards.
pub fn new_string(vm: &mut Vm, text: &str) -> Outcome {
    let length = text.chars().count();
    let wide = text.chars().any(|character| character as u32 >= WIDE_FROM);
    let bytes = bytevector_bytes(if wide { length * 4 } else { length });
    vm.reserve_object(bytes, 32)?;
    Ok(vm.heap.string(text))
}

/// A new string of `length` times `fill`, filled up to `filled` characters; the rest holds U+0000.
pub fn new_filled(vm: &mut Vm, length: usize, fill: char, filled: usize) -> Outcome {
    let wide = fill as u32 >= WIDE_FROM;
    let bytes = if wide { length * 4 } else { length };
    vm.reserve_object(bytevector_bytes(bytes), 32)?;
    let storage = vm.heap.bytevector_zeroed(bytes);
    let string = vm.heap.object(Kind::String, u8::from(wide), body::String::FIELDS);
    vm.heap.set_field(string, body::String::STORAGE, storage);
    vm.heap.set_raw(string, body::String::LENGTH, length as u64);
    if fill != '\0' {
        fill_range(&mut vm.heap, string, fill, 0, length.min(filled));
    }
    Ok(string)
}

/// Makes room for the wider storage of a string, if `wide` asks for it and it has none.
///
/// # Errors
/// The heap's limit.
pub fn reserve_widening(vm: &mut Vm, string: Word, wide: bool) -> Result<(), Interrupt> {
    if wide && vm.heap.header(string).aux() == 0 {
        let length = vm.heap.string_length(string);
        vm.reserve_object(bytevector_bytes(length * 4), 0)?;
    }
    Ok(())
}

/// Gives a string storage of four bytes per character, in room made for it.
///
/// Takes time in proportion to the string: about a millisecond for a million characters.
pub fn widen(heap: &mut Heap, string: Word) {
    let header = heap.header(string);
    if header.aux() != 0 {
        return;
    }
    let length = heap.string_length(string);
    let wide = heap.bytevector_zeroed(length * 4);
    let narrow = heap.bytes(heap.field(string, body::String::STORAGE)).to_vec();
    let places = heap.space.bytes_mut(wide.offset() + body::Bytevector::TAIL_BYTES, length * 4);
    for (place, byte) in places.chunks_exact_mut(4).zip(narrow) {
        place[0] = byte;
    }
    heap.set_field(string, body::String::STORAGE, wide);
    let header = Header::new(Kind::String, 1, body::String::FIELDS).with_flags(header.flags());
    heap.store(string.offset(), Word(header.0));
}

/// Stores a character into a string whose storage is wide enough.
pub fn store_character(heap: &mut Heap, string: Word, index: usize, character: char) {
    fill_range(heap, string, character, index, index + 1);
}

/// Stores a character at every index of a range of a string whose storage is wide enough.
pub fn fill_range(heap: &mut Heap, string: Word, character: char, start: usize, end: usize) {
    let wide = heap.header(string).aux() != 0;
    let storage = heap.field(string, body::String::STORAGE).offset() + body::Bytevector::TAIL_BYTES;
    if !wide {
        let byte = u8::try_from(character as u32).expect("the storage was widened before");
        let count = end - start;
        heap.touch_range(storage + start as u64, count as u64);
        heap.space.bytes_mut(storage + start as u64, count).fill(byte);
        return;
    }
    let code = (character as u32).to_le_bytes();
    let (at, count) = (storage + start as u64 * 4, (end - start) * 4);
    heap.touch_range(at, count as u64);
    for place in heap.space.bytes_mut(at, count).chunks_exact_mut(4) {
        place.copy_from_slice(&code);
    }
}
