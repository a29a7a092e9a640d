//! Room for objects of any size: small ones in the nursery, large ones as runs within the heap's
//! limit.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Header, Kind};
use pscheme_heap::limits::{LARGE_OBJECT_BYTES, PAGE_BYTES};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;

use crate::argument::fault;
use crate::limits::YOUNG_BYTES_MAX;

/// Bytes of an object with this many body words.
pub fn object_bytes(body_words: usize) -> u64 {
    Header::new(Kind::Vector, 0, body_words).size_bytes()
}

/// Bytes of a bytevector of `length` bytes.
pub fn bytevector_bytes(length: usize) -> u64 {
    object_bytes(1 + length.div_ceil(8))
}

/// Makes room for one object of `bytes` bytes and `beside` bytes of small objects. References read
/// before are stale afterwards.
///
/// Runs do not come out of the nursery, so filling it does not notice them: this is where garbage
/// among them is collected, and where they meet the heap's limit.
///
/// # Errors
/// The heap's limit.
pub fn reserve_object(vm: &mut Vm, bytes: u64, beside: u64) -> Result<(), Interrupt> {
    if bytes <= LARGE_OBJECT_BYTES {
        return vm.reserve(bytes + beside);
    }
    vm.charge(bytes / PAGE_BYTES);
    if vm.heap.young_bytes() + bytes > YOUNG_BYTES_MAX && vm.heap.young_bytes() > 0 {
        vm.heap.collect_young(&mut vm.machine);
    }
    if bytes > vm.heap.limit_bytes.saturating_sub(vm.heap.bytes_in_use()) {
        vm.heap.collect_major(&mut vm.machine);
    }
    if bytes > vm.heap.limit_bytes.saturating_sub(vm.heap.bytes_in_use()) {
        let message = format!(
            "an object of {bytes} bytes does not fit: the heap uses {} of {} bytes",
            vm.heap.bytes_in_use(),
            vm.heap.limit_bytes
        );
        return Err(fault(ErrorCode::HeapLimit, message));
    }
    vm.reserve(beside)
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
    reserve_object(vm, object_bytes(body_words), beside)?;
    Ok(vm.heap.object(kind, 0, body_words))
}
