//! The file `ballast`: room on the disk that an image holds back for the moment when there is none.
//!
//! When a commit finds the disk full, the ballast is given up and the commit made with its room, so that nothing
//! that was reached has to wait in memory alone. Then nothing runs until the ballast can be made again.
//! Its content has no meaning, and its absence no consequence but that.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::fcntl::posix_fallocate;

use super::StoreError;

/// The file of an image that is run.
pub(crate) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// The file at this path, of so many bytes; none if that is 0.
    pub fn new(path: PathBuf, bytes: u64) -> Ballast {
        Ballast { path, bytes }
    }

    /// Makes the file, or what is missing of it.
    ///
    /// # Errors
    /// What the system says; if there is no room, the file is not there.
    pub fn make(&self) -> Result<(), StoreError> {
        if self.bytes == 0 {
            return Ok(());
        }
        let made = self.allocate();
        if made.is_err() {
            // The first error says more than one of this.
            let _ = fs::remove_file(&self.path);
        }
        made.map_err(StoreError::io("cannot make", &self.path))
    }

    fn allocate(&self) -> io::Result<()> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)?;
        if file.metadata()?.len() > self.bytes {
            file.set_len(self.bytes)?;
        }
        // Blocks are reserved, not written.
        let bytes = i64::try_from(self.bytes).expect("the size of a file");
        posix_fallocate(&file, 0, bytes).map_err(io::Error::from)
    }

    /// Gives the room back to the disk. Whether there was any to give.
    pub fn give_up(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const BYTES: u64 = 256 << 10;

    #[test]
    fn its_blocks_are_there_and_can_be_given_up_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ballast");
        let ballast = Ballast::new(path.clone(), BYTES);
        assert!(!ballast.give_up());
        ballast.make().unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.len(), BYTES);
        assert!(metadata.blocks() * 512 >= BYTES, "the blocks are reserved");
        assert!(ballast.give_up());
        assert!(!path.exists() && !ballast.give_up());
    }

    #[test]
    fn what_is_left_of_an_earlier_one_is_completed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ballast");
        for left in [0, 10, BYTES + 1] {
            fs::write(&path, vec![1; left as usize]).unwrap();
            Ballast::new(path.clone(), BYTES).make().unwrap();
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(metadata.len(), BYTES);
            assert!(metadata.blocks() * 512 >= BYTES);
        }
    }

    #[test]
    fn without_a_size_there_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ballast");
        let ballast = Ballast::new(path.clone(), 0);
        ballast.make().unwrap();
        assert!(!path.exists() && !ballast.give_up());
    }
}
