//! Where the heap of a session comes from: the boot image, or an image, which is trusted only as far as its
//! seal or a walk over everything in it goes.

use std::sync::OnceLock;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::root_table::ROOT_ROWS;
use pscheme_heap::snapshot::PAGE_FORMAT_VERSION;
use pscheme_heap::store::seal::{KEY_BYTES, SealKey};
use pscheme_heap::store::{Store, StoreError};
use pscheme_vm::inline::INLINE_ROWS;
use pscheme_vm::op::op_rows;
use pscheme_vm::verify_code::verify_code;
use pscheme_vm::verify_processes::verify_processes;

use crate::session::{SessionError, primitive_set};

/// The standard library as a heap, made when this crate is built.
const BOOT_IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/boot.image"));

/// The key with which this build seals images for the owner of a secret, and trusts them. Another build walks
/// them once, and then seals them for itself: what one build found right another may not know.
pub fn seal_key(secret: &[u8; KEY_BYTES]) -> SealKey {
    static BUILD: OnceLock<String> = OnceLock::new();
    SealKey::new(secret, BUILD.get_or_init(describe_build).as_bytes())
}

/// Everything that a walk over a heap relies on: the tables of what a heap can hold, the library that is in it, and
/// the version.
fn describe_build() -> String {
    let mut text = format!("{} {}\n", env!("CARGO_PKG_VERSION"), PAGE_FORMAT_VERSION);
    let mut add = |row: String| {
        text.push_str(&row);
        text.push('\n');
    };
    Kind::ALL.iter().for_each(|kind| add(format!("{:?}", kind.row())));
    ROOT_ROWS.iter().for_each(|(index, name, _)| add(format!("{index} {name}")));
    op_rows().for_each(|row| add(format!("{row:?}")));
    INLINE_ROWS.iter().for_each(|row| add(format!("{row:?}")));
    for row in primitive_set().rows() {
        add(format!("{} {} {:?}", row.code, row.name, (row.minimum, row.maximum)));
    }
    text + &blake3::hash(BOOT_IMAGE).to_hex()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_describes_itself_by_its_tables_and_nothing_that_changes_from_run_to_run() {
        let build = describe_build();
        for row in ["Closure", "trap", "%host-call", "RunQueueHead"] {
            assert!(build.contains(row), "{row} is in it");
        }
        assert!(!build.contains("0x"), "an address is in it");
    }
}
