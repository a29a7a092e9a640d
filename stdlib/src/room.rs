//! Sizes of objects, and objects of any size: small ones in the nursery, large ones as runs.

use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;

/// Bytes of an object with this many body words.
pub const fn object_bytes(body_words: usize) -> u64 {
    Header::new(Kind::Vector, 0, body_words).size_bytes()
}

/// Bytes of a bytevector of `length` bytes.
pub const fn bytevector_bytes(length: usize) -> u64 {
    object_bytes(body::Bytevector::FIELDS + length.div_ceil(8))
}

/// A new vector-like object of `kind` whose body is zeroed, with room for `beside` bytes after it.
///
/// # Errors
/// The heap's limit.
pub fn allocate(
    vm: &mut Vm,
    kind: Kind,
    body_words: usize,
    beside: u64,
) -> Result<Word, Interrupt> {
    vm.reserve_object(object_bytes(body_words), beside)?;
    Ok(vm.heap.object(kind, 0, body_words))
}
