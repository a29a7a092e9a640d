//! Makes the next reads of a file come from the disk.
//!
//! After a failed sync the system may keep pages in its cache, marked clean, that never reached the
//! disk. An opening that follows such a failure must judge what is on the disk.
#![allow(unsafe_code, reason = "posix_fadvise has no safe wrapper in std")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use super::StoreError;

/// Drops a file's clean pages from the system's cache; a file that does not exist has none.
pub(crate) fn drop_cached_pages(path: &Path) -> Result<(), StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io("cannot open", path)(error)),
    };
    // SAFETY: the descriptor is open for the duration of the call, and the call touches no memory
    // of this process.
    let code = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    if code == 0 {
        return Ok(());
    }
    Err(StoreError::io("cannot drop cached pages of", path)(std::io::Error::from_raw_os_error(
        code,
    )))
}
