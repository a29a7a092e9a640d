//! What can go wrong in the store. Variants are named after what happened; `code` gives the
//! number users see.

use std::io;
use std::path::{Path, PathBuf};

use super::identity::{PageNumber, TransactionId};
use crate::error_code::ErrorCode;

/// An error of the store. Unless a variant says otherwise, nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process owns the image.
    #[error("{} is held by {}; stop that process first", directory.display(), holder(*pid))]
    Held {
        /// The image.
        directory: PathBuf,
        /// The owner, if its entry in `lock` could be read.
        pid: Option<u32>,
    },
    /// The image was made by a newer pscheme.
    #[error(
        "{what} has format version {found}, this pscheme knows versions up to {known}; open the image with the version that made it"
    )]
    Newer {
        /// The part that is newer.
        what: &'static str,
        /// Its version.
        found: u32,
        /// The newest version this build can open.
        known: u32,
    },
    /// The directory is no image, or one of its files belongs to something else.
    #[error("{} is not a pscheme image: {reason}", path.display())]
    Foreign {
        /// What was looked at.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// A part of the image is missing.
    #[error("{} is incomplete: the file '{missing}' is not there; restore it from a backup", directory.display())]
    Incomplete {
        /// The image.
        directory: PathBuf,
        /// The missing file.
        missing: &'static str,
    },
    /// There is something at the place where an image was to be created.
    #[error("{} exists already; open it, or choose another name", path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// A checksum does not fit, or a row holds what no pscheme writes.
    #[error("the image is damaged: {0}")]
    Damaged(String),
    /// The content of one page does not have the hash it was committed with.
    #[error("the image is damaged: page {page} (version of commit {birth}) {reason}")]
    PageDamaged {
        /// The page.
        page: PageNumber,
        /// The commit that wrote this version.
        birth: TransactionId,
        /// What was found.
        reason: String,
    },
    /// Commits that were acknowledged as durable are gone.
    #[error(
        "commit {acknowledged} was acknowledged as durable, but the newest commit found is {found}; the image was left as it is"
    )]
    CommitsLost {
        /// The newest commit known to have been acknowledged.
        acknowledged: TransactionId,
        /// The newest commit the database holds.
        found: TransactionId,
    },
    /// Another owner has taken the image over since this one opened it.
    #[error(
        "another owner has opened the image: this one has fencing number {ours}, the image has {found}"
    )]
    Fenced {
        /// The number of this owner.
        ours: u64,
        /// The number found in the image.
        found: u64,
    },
    /// An earlier failure closed this store for writing. Nothing is ever written after a failed
    /// sync, because what the disk then holds is unknown.
    #[error("an earlier failure closed the store for writing; open the image again")]
    Poisoned,
    /// What was held in reserve for a full disk is used up.
    #[error(
        "there was no room left on the disk; what was reached is committed with the last of it"
    )]
    ReserveTaken,
    /// There was no room for what cannot be tried again: nothing is written any more.
    #[error("{0}; open the image again when there is room")]
    NoRoom(Box<StoreError>),
    /// The image was opened for reading only.
    #[error("the image was opened for reading only")]
    ReadOnly,
    /// The image does not keep a commit of this name.
    #[error("there is no commit '{name}': {reason}")]
    NoSuchCommit {
        /// As it was named.
        name: String,
        /// Why.
        reason: String,
    },
    /// The receiver of loaded pages refused one.
    #[error("page {page} was refused: {reason}")]
    PageRefused {
        /// The page.
        page: PageNumber,
        /// Why.
        reason: String,
    },
    /// The thread that writes ended without saying why; its panic was printed.
    #[error("the writer thread has stopped")]
    WriterStopped,
    /// SQLite reported an error.
    #[error("{during}: {}", described(source))]
    Sqlite {
        /// What was being done.
        during: &'static str,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The operating system reported an error.
    #[error("{during} {}: {source}", path.display())]
    Io {
        /// What was being done.
        during: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// SQLite's words. It says that a database is malformed also when the system reports a failure of the
/// device while reading it.
fn described(source: &rusqlite::Error) -> String {
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
            format!("{source}, or the disk fails to read it")
        }
        _ => source.to_string(),
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_string(), |pid| format!("process {pid}"))
}

impl StoreError {
    /// The stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            StoreError::Held { .. } => ErrorCode::ImageHeld,
            StoreError::Newer { .. } => ErrorCode::ImageNewer,
            StoreError::Foreign { .. } => ErrorCode::ImageForeign,
            StoreError::Incomplete { .. } => ErrorCode::ImageIncomplete,
            StoreError::Exists { .. } => ErrorCode::ImageExists,
            StoreError::NoSuchCommit { .. } => ErrorCode::NoSuchCommit,
            StoreError::Damaged(_)
            | StoreError::PageDamaged { .. }
            | StoreError::PageRefused { .. } => ErrorCode::ImageDamaged,
            StoreError::CommitsLost { .. } => ErrorCode::CommitsLost,
            StoreError::Fenced { .. } => ErrorCode::OwnershipLost,
            StoreError::ReadOnly => ErrorCode::ImageReadOnly,
            StoreError::Sqlite { source, .. } if is_corruption(source) => ErrorCode::ImageDamaged,
            StoreError::NoRoom(_) => ErrorCode::NoSpace,
            error if error.is_out_of_space() => ErrorCode::NoSpace,
            StoreError::ReserveTaken
            | StoreError::Poisoned
            | StoreError::WriterStopped
            | StoreError::Sqlite { .. }
            | StoreError::Io { .. } => ErrorCode::StoreFailed,
        }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
        StoreError::Damaged(what.into())
    }

    pub(crate) fn io(during: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_path_buf();
        move |source| StoreError::Io { during, path, source }
    }

    pub(crate) fn sqlite(during: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
        move |source| StoreError::Sqlite { during, source }
    }

    /// True if the disk, a quota or the limit of the image leaves no room for what was to be written. Of a
    /// [`Store`](super::Store) that returned it, nothing is lost, and it can be called again.
    pub fn is_out_of_space(&self) -> bool {
        match self {
            StoreError::ReserveTaken => true,
            StoreError::Io { source, .. } => is_about_space(source),
            StoreError::Sqlite { source, .. } => matches!(
                source.sqlite_error(),
                // The second: the index of the log, which is scratch, could not grow.
                Some(error) if error.code == rusqlite::ErrorCode::DiskFull
                    || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
            ),
            _ => false,
        }
    }

    /// True if a write or a sync failed in the operating system: what the disk holds is unknown.
    pub(crate) fn is_input_output(&self) -> bool {
        match self {
            StoreError::Io { .. } => true,
            StoreError::Sqlite { source, .. } => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
            }
            _ => false,
        }
    }
}

/// Whether the system says that there is no room.
pub fn is_about_space(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// True for errors that say the file's content is wrong rather than that reading it failed. A
/// value of another type than the column's counts: the schema alone cannot prevent it.
fn is_corruption(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    ) || matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows
    )
}
