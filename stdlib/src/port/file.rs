//! What a port knows of its file, so that a file that was replaced or changed from outside is left
//! alone.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;

use crate::room::bytevector_bytes;

/// Bytes at the end of what was acknowledged that are hashed.
pub const TAIL_BYTES_MAX: u64 = 4096;
/// Bytes of an encoded record.
const ENCODED_BYTES: usize = 4 * 8 + 32;
/// Bytes of heap a record takes.
pub(super) const FILE_RECORD_BYTES: u64 = bytevector_bytes(ENCODED_BYTES);

/// A file as this program left it: kept in its port as a bytevector, little-endian in the order of
/// the fields. All zero until the file has been created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileRecord {
    pub device: u64,
    pub inode: u64,
    /// Nanoseconds from 1970 to the file's birth; 0 where the file system does not keep it.
    pub birth_ns: u64,
    /// Bytes from the start that have been written and synced.
    pub acknowledged: u64,
    /// BLAKE3 of the last [`TAIL_BYTES_MAX`] of those.
    pub tail_hash: [u8; 32],
}

impl FileRecord {
    pub(super) fn encode(&self) -> [u8; ENCODED_BYTES] {
        let mut bytes = [0; ENCODED_BYTES];
        let numbers = [self.device, self.inode, self.birth_ns, self.acknowledged];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes[32..].copy_from_slice(&self.tail_hash);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<FileRecord> {
        let bytes: &[u8; ENCODED_BYTES] = bytes.try_into().ok()?;
        let number = |index: usize| {
            u64::from_le_bytes(bytes[index * 8..index * 8 + 8].try_into().expect("eight bytes"))
        };
        Some(FileRecord {
            device: number(0),
            inode: number(1),
            birth_ns: number(2),
            acknowledged: number(3),
            tail_hash: bytes[32..].try_into().expect("32 bytes"),
        })
    }

    /// What tells a file from another of the same name; all else is zero.
    pub fn identity(metadata: &Metadata) -> FileRecord {
        let birth = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        FileRecord {
            device: metadata.dev(),
            inode: metadata.ino(),
            birth_ns: birth.map_or(0, |since| since.as_nanos() as u64),
            ..FileRecord::default()
        }
    }

    /// Whether two records are of one file.
    pub fn is_same_file(&self, other: &FileRecord) -> bool {
        (self.device, self.inode, self.birth_ns) == (other.device, other.inode, other.birth_ns)
    }

    /// The record in a file port; `None` if the port has none.
    pub fn of_port(vm: &Vm, port: Word) -> Option<FileRecord> {
        let record = vm.heap.field(port, body::Port::FILE);
        let is_bytes = vm.heap.kind_of(record) == Some(Kind::Bytevector);
        is_bytes.then(|| FileRecord::decode(vm.heap.bytes(record))).flatten()
    }

    /// Puts the record in place of the one in a file port.
    ///
    /// # Panics
    /// If the port has none.
    pub fn store(&self, vm: &mut Vm, port: Word) {
        let record = vm.heap.field(port, body::Port::FILE);
        vm.heap.bytes_mut(record).copy_from_slice(&self.encode());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_encode_and_decode() {
        let record = FileRecord {
            device: 1,
            inode: 2 << 40,
            birth_ns: 3,
            acknowledged: u64::MAX,
            tail_hash: std::array::from_fn(|index| index as u8),
        };
        assert_eq!(FileRecord::decode(&record.encode()), Some(record));
        assert_eq!(FileRecord::decode(&[0; 63]), None);
    }
}
