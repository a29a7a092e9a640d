//! Where the heap of a session comes from: the boot image, or an image, which is trusted only as far as its
//! seal or a walk over everything in it goes.

use pscheme_heap::heap::Heap;
use pscheme_heap::store::{Store, StoreError};
use pscheme_vm::verify_code::verify_code;
use pscheme_vm::verify_processes::verify_processes;

use crate::session::{SessionError, primitive_set};

/// The standard library as a heap, made when this crate is built.
const BOOT_IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/boot.image"));

/// Reads the heap of an image that has one, and makes sure that it can be run.
pub(crate) fn read_heap(store: &mut dyn Store) -> Result<Heap, SessionError> {
    if !store.is_sealed() {
        let mut heap = Heap::restore(store)?;
        check_heap(&heap)?;
        heap.sweep_after_opening();
        return Ok(heap);
    }
    if let Some(heap) = Heap::restore_on_demand(store)? {
        return Ok(heap);
    }
    let mut heap = Heap::restore(store)?;
    heap.sweep_starts();
    Ok(heap)
}

/// Walks a heap that was read, trusting nothing.
///
/// # Errors
/// Everything that was found wrong.
pub fn check_heap(heap: &Heap) -> Result<(), SessionError> {
    let primitives = primitive_set();
    let mut problems = heap.verify(&mut |heap, code| verify_code(heap, code, &primitives));
    if problems.is_empty() {
        problems = verify_processes(heap);
    }
    if problems.is_empty() { Ok(()) } else { Err(SessionError::Damaged { problems }) }
}

/// A heap with the whole standard library, none of it committed.
pub(crate) fn fresh_heap() -> Result<Heap, SessionError> {
    Heap::from_boot_image(BOOT_IMAGE).map_err(|error| match error {
        StoreError::Io { source, .. } => SessionError::Memory(source),
        other => SessionError::Library(other.to_string()),
    })
}
