//! The file `head`: the number and root hash of the newest commit that was acknowledged as durable.
//!
//! It is written in place after each durable commit, into the older of two slots, and synced at most
//! once a second, at checkpoints and at closing. Since it is written after the commit it never names
//! a commit that is not durable; since the database can be ahead of it, but never behind, a database
//! that is behind has lost commits.
//!
//! Invariant used by pruning: whatever a power cut leaves of the two slots, it is not older than
//! [`HeadFile::horizon`], the older slot as it was at the last sync.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::StoreError;
use super::identity::{Digest, ImageId, TransactionId};
use super::limits::{COUNTED_NUMBER_MAX, HEAD_SYNC_INTERVAL_MS, HEAD_SYNC_LOG_BYTES};

/// Each slot has a 4 KiB block of the file to itself, so that a torn write cannot hurt both.
pub const SLOT_STRIDE_BYTES: u64 = 4_096;
/// Size of the file.
pub const HEAD_FILE_BYTES: u64 = 2 * SLOT_STRIDE_BYTES;
/// Size of a slot.
pub const SLOT_BYTES: usize = 128;
/// The newest layout of a slot this build knows.
pub const HEAD_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"PSHEAD\x00\x01";
const COVERED_BYTES: usize = SLOT_BYTES - 32;
const FLAG_FSYNC_FAILED: u32 = 1;
// A slot must lie in one sector: then a torn write leaves the old slot or the new one.
const _: () = assert!(SLOT_BYTES <= 512);

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadSlot {
    /// The image the file belongs to.
    pub image: ImageId,
    /// The newest commit acknowledged as durable.
    pub transaction: TransactionId,
    /// Counts the writes of this file; the slot with the higher number is the newer one.
    pub sequence: u64,
    /// The hash of the commit's root, zero before the first.
    pub root_hash: Digest,
    /// A write or sync failed after that commit: the next opening must not trust cached data.
    pub fsync_failed: bool,
}

/// A slot as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotContent {
    /// The checksum fits.
    Valid(HeadSlot),
    /// The checksum fits, and the layout is of this newer version.
    Newer(u32),
    /// Anything else.
    Bad,
}

impl HeadSlot {
    /// The slot's bytes: magic 8, version 4, flags 4, image 16, transaction 8, sequence 8, root hash
    /// 32, zero 16, BLAKE3 of all before 32; numbers little-endian.
    pub fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&HEAD_VERSION.to_le_bytes());
        let flags = if self.fsync_failed { FLAG_FSYNC_FAILED } else { 0 };
        bytes[12..16].copy_from_slice(&flags.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.image.0);
        bytes[32..40].copy_from_slice(&self.transaction.0.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[48..80].copy_from_slice(&self.root_hash.0);
        let checksum = blake3::hash(&bytes[..COVERED_BYTES]);
        bytes[COVERED_BYTES..].copy_from_slice(checksum.as_bytes());
        bytes
    }

    /// The reverse of `encode`, for bytes of any origin.
    pub fn decode(bytes: &[u8; SLOT_BYTES]) -> SlotContent {
        let checksum = blake3::hash(&bytes[..COVERED_BYTES]);
        if bytes[0..8] != MAGIC || bytes[COVERED_BYTES..] != *checksum.as_bytes() {
            return SlotContent::Bad;
        }
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        if u32_at(8) > HEAD_VERSION {
            return SlotContent::Newer(u32_at(8));
        }
        if u64_at(32) >= COUNTED_NUMBER_MAX || u64_at(40) >= COUNTED_NUMBER_MAX {
            return SlotContent::Bad;
        }
        SlotContent::Valid(HeadSlot {
            image: ImageId(bytes[16..32].try_into().expect("16 bytes")),
            transaction: TransactionId(u64_at(32)),
            sequence: u64_at(40),
            root_hash: Digest(bytes[48..80].try_into().expect("32 bytes")),
            fsync_failed: u32_at(12) & FLAG_FSYNC_FAILED != 0,
        })
    }
}

/// Both slots of a `head` file that has at least one valid one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadContent {
    /// The newer valid slot.
    pub newest: HeadSlot,
    /// Which of the two it is.
    pub newest_index: u64,
    /// The other slot, if it is valid.
    pub other: Option<HeadSlot>,
}

impl HeadContent {
    /// Reads the file without changing it.
    pub fn read(path: &Path) -> Result<HeadContent, StoreError> {
        let file = File::open(path).map_err(StoreError::io("cannot open", path))?;
        let mut slots = [SlotContent::Bad; 2];
        for (index, slot) in slots.iter_mut().enumerate() {
            let mut bytes = [0; SLOT_BYTES];
            match file.read_exact_at(&mut bytes, index as u64 * SLOT_STRIDE_BYTES) {
                Ok(()) => *slot = HeadSlot::decode(&bytes),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
                Err(error) => return Err(StoreError::io("cannot read", path)(error)),
            }
        }
        HeadContent::choose(slots)
    }

    fn choose(slots: [SlotContent; 2]) -> Result<HeadContent, StoreError> {
        for slot in slots {
            if let SlotContent::Newer(found) = slot {
                return Err(StoreError::Newer {
                    what: "the file 'head'",
                    found,
                    known: HEAD_VERSION,
                });
            }
        }
        let content = |newest, newest_index, other| HeadContent { newest, newest_index, other };
        match slots {
            [SlotContent::Valid(first), SlotContent::Valid(second)] => {
                if first.image != second.image {
                    return Err(StoreError::damaged("the slots of 'head' name different images"));
                }
                if first.sequence > second.sequence {
                    Ok(content(first, 0, Some(second)))
                } else {
                    Ok(content(second, 1, Some(first)))
                }
            }
            [SlotContent::Valid(first), _] => Ok(content(first, 0, None)),
            [_, SlotContent::Valid(second)] => Ok(content(second, 1, None)),
            _ => Err(StoreError::damaged(
                "both slots of 'head' are bad, so it is not known which commits were acknowledged",
            )),
        }
    }
}

/// The file as its owner writes it.
pub(crate) struct HeadFile {
    file: File,
    path: PathBuf,
    newest: HeadSlot,
    newest_index: u64,
    /// The transaction of the slot that is overwritten next.
    older_transaction: TransactionId,
    horizon: TransactionId,
    last_sync: Instant,
    is_synced: bool,
    /// Bytes that commits wrote to the log since the last sync.
    unsynced_log_bytes: u64,
}

impl HeadFile {
    /// Creates the file of a new image, with both slots saying that nothing was committed.
    pub fn create(path: &Path, image: ImageId) -> Result<(), StoreError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(StoreError::io("cannot create", path))?;
        let slot = |sequence| HeadSlot {
            image,
            transaction: TransactionId::NONE,
            sequence,
            root_hash: Digest::ZERO,
            fsync_failed: false,
        };
        file.set_len(HEAD_FILE_BYTES)
            .and_then(|()| file.write_all_at(&slot(1).encode(), 0))
            .and_then(|()| file.write_all_at(&slot(2).encode(), SLOT_STRIDE_BYTES))
            .and_then(|()| file.sync_all())
            .map_err(StoreError::io("cannot write", path))
    }

    /// Opens the file for writing, with what was read from it.
    pub fn open(path: &Path, content: &HeadContent) -> Result<HeadFile, StoreError> {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(StoreError::io("cannot open", path))?;
        let older = content.other.map_or(content.newest.transaction, |slot| slot.transaction);
        Ok(HeadFile {
            file,
            path: path.to_path_buf(),
            newest: content.newest,
            newest_index: content.newest_index,
            older_transaction: older,
            horizon: older.min(content.newest.transaction),
            last_sync: Instant::now(),
            is_synced: false,
            unsynced_log_bytes: 0,
        })
    }

    /// Names a durable commit. Not synced by this.
    pub fn write(
        &mut self,
        transaction: TransactionId,
        root_hash: Digest,
    ) -> Result<(), StoreError> {
        assert!(transaction >= self.newest.transaction, "head never goes back");
        self.write_slot(HeadSlot { transaction, root_hash, fsync_failed: false, ..self.newest })
    }

    /// Sets the flag that a write or sync failed. Best effort: the disk may be gone.
    pub fn mark_fsync_failed(&mut self) {
        let slot = HeadSlot { fsync_failed: true, ..self.newest };
        // The failure that led here is already being reported; one more cannot add to it.
        let _ = self.write_slot(slot).and_then(|()| self.sync());
    }

    fn write_slot(&mut self, slot: HeadSlot) -> Result<(), StoreError> {
        let slot = HeadSlot { sequence: self.newest.sequence + 1, ..slot };
        let bytes = slot.encode();
        assert_eq!(HeadSlot::decode(&bytes), SlotContent::Valid(slot), "a slot reads back");
        let index = 1 - self.newest_index;
        self.file
            .write_all_at(&bytes, index * SLOT_STRIDE_BYTES)
            .map_err(StoreError::io("cannot write", &self.path))?;
        self.older_transaction = self.newest.transaction;
        self.newest = slot;
        self.newest_index = index;
        self.is_synced = false;
        Ok(())
    }

    /// Makes what was written durable.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if self.is_synced {
            return Ok(());
        }
        self.file.sync_data().map_err(StoreError::io("cannot sync", &self.path))?;
        self.is_synced = true;
        self.unsynced_log_bytes = 0;
        self.last_sync = Instant::now();
        self.horizon = self.older_transaction;
        Ok(())
    }

    /// Notes how much the commit that was named last wrote to the log.
    pub fn count_log_bytes(&mut self, bytes: u64) {
        self.unsynced_log_bytes += bytes;
    }

    /// Syncs if the last sync is a second ago, or much was written since. Then the other slot gets the same
    /// commit too, so that what it superseded need not wait for the next one. A sync lies between: of
    /// two slots that were not synced a crash can tear both.
    pub fn sync_if_due(&mut self) -> Result<(), StoreError> {
        if self.unsynced_log_bytes >= HEAD_SYNC_LOG_BYTES {
            self.sync()?;
            self.write_slot(self.newest)?;
            return self.sync();
        }
        if self.last_sync.elapsed() < Duration::from_millis(HEAD_SYNC_INTERVAL_MS) {
            return Ok(());
        }
        self.sync()
    }

    /// What the file says now.
    pub fn newest(&self) -> HeadSlot {
        self.newest
    }

    /// The oldest commit a crash can make this file name again.
    pub fn horizon(&self) -> TransactionId {
        self.horizon
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(transaction: u64, sequence: u64) -> HeadSlot {
        HeadSlot {
            image: ImageId(*b"0123456789abcdef"),
            transaction: TransactionId(transaction),
            sequence,
            root_hash: Digest([7; 32]),
            fsync_failed: true,
        }
    }

    #[test]
    fn a_slot_has_the_bytes_of_its_first_release() {
        let bytes = slot(0x0102, 0x0304).encode();
        let mut expected = Vec::new();
        expected.extend_from_slice(b"PSHEAD\x00\x01");
        expected.extend_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
        expected.extend_from_slice(b"0123456789abcdef");
        expected.extend_from_slice(&[0x02, 0x01, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[0x04, 0x03, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[7; 32]);
        expected.extend_from_slice(&[0; 16]);
        let checksum = blake3::hash(&expected);
        expected.extend_from_slice(checksum.as_bytes());
        assert_eq!(bytes.as_slice(), expected);
    }

    #[test]
    fn every_flipped_byte_makes_a_slot_bad() {
        let bytes = slot(1, 2).encode();
        for index in 0..SLOT_BYTES {
            let mut flipped = bytes;
            flipped[index] ^= 1;
            assert_eq!(HeadSlot::decode(&flipped), SlotContent::Bad, "byte {index}");
        }
    }

    #[test]
    fn the_slot_written_last_counts_and_one_bad_slot_is_survived() {
        let valid = |transaction, sequence| SlotContent::Valid(slot(transaction, sequence));
        let newest = |slots| HeadContent::choose(slots).unwrap().newest.transaction.0;
        assert_eq!(newest([valid(5, 9), valid(6, 8)]), 5);
        assert_eq!(newest([valid(5, 8), valid(6, 9)]), 6);
        assert_eq!(newest([SlotContent::Bad, valid(6, 9)]), 6);
        assert_eq!(newest([valid(5, 8), SlotContent::Bad]), 5);
        assert!(HeadContent::choose([SlotContent::Bad, SlotContent::Bad]).is_err());
        let error = HeadContent::choose([valid(5, 8), SlotContent::Newer(2)]).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, .. }));
    }

    #[test]
    fn head_is_synced_when_much_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("head");
        HeadFile::create(&path, ImageId([1; 16])).unwrap();
        let mut head = HeadFile::open(&path, &HeadContent::read(&path).unwrap()).unwrap();
        for transaction in 1..=8 {
            head.write(TransactionId(transaction), Digest([2; 32])).unwrap();
            head.count_log_bytes(HEAD_SYNC_LOG_BYTES / 4);
            head.sync_if_due().unwrap();
            let expected = [0, 0, 0, 4, 4, 4, 4, 8][transaction as usize - 1];
            assert_eq!(head.horizon(), TransactionId(expected), "after commit {transaction}");
        }
    }

    #[test]
    fn the_horizon_is_the_older_slot_at_the_last_sync() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("head");
        HeadFile::create(&path, ImageId([1; 16])).unwrap();
        let mut head = HeadFile::open(&path, &HeadContent::read(&path).unwrap()).unwrap();
        for transaction in 1..=5 {
            head.write(TransactionId(transaction), Digest([2; 32])).unwrap();
            assert_eq!(head.horizon(), TransactionId(0), "nothing was synced");
        }
        head.sync().unwrap();
        assert_eq!(head.horizon(), TransactionId(4));
        head.mark_fsync_failed();
        let content = HeadContent::read(&path).unwrap();
        assert_eq!(content.newest.transaction, TransactionId(5));
        assert!(content.newest.fsync_failed);
        assert!(!content.other.unwrap().fsync_failed);
    }
}
