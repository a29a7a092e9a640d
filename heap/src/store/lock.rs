//! The file `lock`: who owns the image.
//!
//! Ownership is an exclusive `flock` on the file, which the system gives up when the owner dies. The
//! content only tells others who it is. Where `flock` fails silently (some network file systems) or
//! the file was deleted under its owner, the fencing number in the database still keeps an earlier
//! owner from committing.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::StoreError;
use super::identity::{FencingNumber, ImageId};
use super::limits::{LOCK_ATTEMPT_COUNT, LOCK_ATTEMPT_PAUSE_MS};

/// Size of the file.
pub const LOCK_FILE_BYTES: usize = 96;

const MAGIC: [u8; 8] = *b"PSLOCK\x00\x01";
const COVERED_BYTES: usize = LOCK_FILE_BYTES - 32;

/// What the owner of an image does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Activity {
    /// It runs the image.
    #[default]
    Running = 0,
    /// It waits for room on the disk.
    OutOfSpace = 1,
}

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockEntry {
    /// The process that took the lock last, 0 if it gave it up itself.
    pub pid: u32,
    /// The image the file belongs to.
    pub image: ImageId,
    /// The fencing number of that owner.
    pub fence: FencingNumber,
    /// What it does.
    pub activity: Activity,
}

impl LockEntry {
    /// The file's bytes: magic 8, version 4, pid 4, image 16, fencing number 8, activity 1, zero 23, BLAKE3 of
    /// all before 32; numbers little-endian.
    pub fn encode(&self) -> [u8; LOCK_FILE_BYTES] {
        let mut bytes = [0; LOCK_FILE_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.pid.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.image.0);
        bytes[32..40].copy_from_slice(&self.fence.0.to_le_bytes());
        bytes[40] = self.activity as u8;
        let checksum = blake3::hash(&bytes[..COVERED_BYTES]);
        bytes[COVERED_BYTES..].copy_from_slice(checksum.as_bytes());
        bytes
    }

    /// The reverse of `encode`; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<LockEntry> {
        let bytes: &[u8; LOCK_FILE_BYTES] = bytes.try_into().ok()?;
        let checksum = blake3::hash(&bytes[..COVERED_BYTES]);
        if bytes[0..8] != MAGIC || bytes[COVERED_BYTES..] != *checksum.as_bytes() {
            return None;
        }
        Some(LockEntry {
            pid: u32::from_le_bytes(bytes[12..16].try_into().expect("4 bytes")),
            image: ImageId(bytes[16..32].try_into().expect("16 bytes")),
            fence: FencingNumber(u64::from_le_bytes(bytes[32..40].try_into().expect("8 bytes"))),
            activity: match bytes[40] {
                1 => Activity::OutOfSpace,
                // What a later version may say is no reason not to see the owner.
                _ => Activity::Running,
            },
        })
    }
}

/// Ownership of an image, as long as the value lives.
pub(crate) struct ImageLock {
    file: File,
    path: PathBuf,
}

impl ImageLock {
    /// Creates the file of a new image, which nobody owns yet.
    pub fn create(path: &Path, image: ImageId, fence: FencingNumber) -> Result<(), StoreError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(StoreError::io("cannot create", path))?;
        let entry = LockEntry { pid: 0, image, fence, activity: Activity::Running };
        file.write_all_at(&entry.encode(), 0)
            .and_then(|()| file.sync_all())
            .map_err(StoreError::io("cannot write", path))
    }

    /// Takes the lock, or says who has it. The file's content stays as it is until
    /// [`ImageLock::announce`].
    pub fn acquire(directory: &Path, path: &Path) -> Result<ImageLock, StoreError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(StoreError::io("cannot open", path))?;
        let lock = ImageLock { file, path: path.to_path_buf() };
        for attempt in 0..LOCK_ATTEMPT_COUNT {
            if attempt > 0 {
                std::thread::sleep(Duration::from_millis(LOCK_ATTEMPT_PAUSE_MS));
            }
            let attempt = {
                let _nobody_reads = beside_sqlite();
                lock.file.try_lock()
            };
            match attempt {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::io("cannot lock", path)(error));
                }
            }
        }
        Err(StoreError::Held {
            directory: directory.to_path_buf(),
            pid: lock.entry().map(|entry| entry.pid).filter(|pid| *pid != 0),
        })
    }

    /// What the file says; `None` if it is unreadable, which is no reason not to own the image.
    pub fn entry(&self) -> Option<LockEntry> {
        let mut bytes = [0; LOCK_FILE_BYTES];
        self.file.read_exact_at(&mut bytes, 0).ok()?;
        LockEntry::decode(&bytes)
    }

    /// Writes who the owner is.
    pub fn announce(&self, image: ImageId, fence: FencingNumber) -> Result<(), StoreError> {
        self.note(image, fence, Activity::Running)
    }

    /// Writes what the owner does.
    pub fn note(
        &self,
        image: ImageId,
        fence: FencingNumber,
        activity: Activity,
    ) -> Result<(), StoreError> {
        self.write(LockEntry { pid: std::process::id(), image, fence, activity })
    }

    /// Writes that there is no owner. The lock itself is given up when the value is dropped.
    pub fn retire(&self, image: ImageId, fence: FencingNumber) -> Result<(), StoreError> {
        self.write(LockEntry { pid: 0, image, fence, activity: Activity::Running })
    }

    fn write(&self, entry: LockEntry) -> Result<(), StoreError> {
        let bytes = entry.encode();
        assert_eq!(LockEntry::decode(&bytes), Some(entry), "a lock entry reads back");
        self.file.write_all_at(&bytes, 0).map_err(StoreError::io("cannot write", &self.path))
    }
}

/// True if a live process owns the image. Used by readers, which take no lock.
pub(crate) fn is_held(path: &Path) -> Result<bool, StoreError> {
    let file = File::open(path).map_err(StoreError::io("cannot open", path))?;
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(StoreError::io("cannot lock", path)(error)),
    }
}

/// Held while `heap.db` is read without SQLite in a process that need not own the image.
///
/// A process that closes a file loses all its POSIX locks on it, and SQLite locks the database by those: if
/// another thread ran the image, its locks would be gone (<https://sqlite.org/howtocorrupt.html>, section 2.2).
/// Because ownership is taken with this mutex held too, no such reading lies within it.
static BESIDE_SQLITE: Mutex<()> = Mutex::new(());

fn beside_sqlite() -> MutexGuard<'static, ()> {
    BESIDE_SQLITE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `read`, which opens and closes `heap.db` itself, unless somebody owns the image: then `None`.
pub(crate) fn unless_held<T>(
    path: &Path,
    read: impl FnOnce() -> T,
) -> Result<Option<T>, StoreError> {
    let _nobody_begins = beside_sqlite();
    Ok(if is_held(path)? { None } else { Some(read()) })
}

/// What the file says, for those who take no lock.
pub(crate) fn read_entry(path: &Path) -> Option<LockEntry> {
    let mut bytes = [0; LOCK_FILE_BYTES];
    File::open(path).ok()?.read_exact_at(&mut bytes, 0).ok()?;
    LockEntry::decode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_bytes_of_its_first_release() {
        let entry = LockEntry {
            pid: 0x0102_0304,
            image: ImageId(*b"0123456789abcdef"),
            fence: FencingNumber(0x0506),
            activity: Activity::Running,
        };
        let mut expected = Vec::new();
        expected.extend_from_slice(b"PSLOCK\x00\x01");
        expected.extend_from_slice(&[1, 0, 0, 0, 4, 3, 2, 1]);
        expected.extend_from_slice(b"0123456789abcdef");
        expected.extend_from_slice(&[6, 5, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[0; 24]);
        let checksum = blake3::hash(&expected);
        expected.extend_from_slice(checksum.as_bytes());
        assert_eq!(entry.encode().as_slice(), expected);
        assert_eq!(LockEntry::decode(&expected), Some(entry));
        let waiting = LockEntry { activity: Activity::OutOfSpace, ..entry };
        assert_eq!(waiting.encode()[40], 1);
        assert_eq!(LockEntry::decode(&waiting.encode()), Some(waiting));
        expected[35] ^= 1;
        assert_eq!(LockEntry::decode(&expected), None);
    }

    #[test]
    fn a_second_owner_is_told_who_the_first_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let image = ImageId([1; 16]);
        ImageLock::create(&path, image, FencingNumber(1)).unwrap();
        let first = ImageLock::acquire(directory.path(), &path).unwrap();
        first.announce(image, FencingNumber(2)).unwrap();
        assert!(is_held(&path).unwrap());
        let error = ImageLock::acquire(directory.path(), &path).err().expect("it is held");
        assert!(
            matches!(error, StoreError::Held { pid: Some(pid), .. } if pid == std::process::id())
        );
        drop(first);
        assert!(!is_held(&path).unwrap());
        let second = ImageLock::acquire(directory.path(), &path).unwrap();
        assert_eq!(second.entry().unwrap().fence, FencingNumber(2));
    }
}
