//! Going on with an image that is refused because commits are missing, or because `head` cannot say whether any are.
//!
//! The newest commit that is there, whole and consistent, becomes what `head` names; what was acknowledged after it
//! is lost for good, so its owner has to say that this is accepted. The log is emptied, because what
//! it holds behind its valid part tells of lost commits too. Until the very end the image is refused as before.

use super::findings::Findings;
use super::head::{HeadContent, HeadFile};
use super::image::{DATABASE, HEAD, ImageDirectory, LOCK, LOG};
use super::lock::ImageLock;
use super::sqlite::{CheckedDatabase, Concurrency, SqliteStore, empty_log_of};
use super::uncached::drop_cached_pages;
use super::wal::LogScan;
use super::{Digest, ImageId, Store, StoreError, StoreOptions, TransactionId};

/// Under which the new `head` is made.
const NEW_HEAD: &str = "head.repaired";

/// What is, or was, the matter with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The newest commit that is known to have been acknowledged; `None` if nothing says so any more.
    pub acknowledged: Option<TransactionId>,
    /// The newest commit that is there.
    pub found: TransactionId,
}

impl ImageDirectory {
    /// Finds out whether commits that were acknowledged are missing, and, if that is accepted, makes the image one that
    /// opens with the newest commit it has. `None` if nothing is missing: then nothing is changed.
    ///
    /// # Errors
    /// Anything else that is wrong with the image; then nothing is changed either.
    pub fn repair_head(
        &self,
        options: &StoreOptions,
        accept_loss: bool,
    ) -> Result<Option<Loss>, StoreError> {
        self.check_parts()?;
        let _lock = ImageLock::acquire(self.path(), &self.part(LOCK))?;
        let (acknowledged, log) = match self.judge(options)? {
            Judgement::Sound => return Ok(None),
            Judgement::Lost(acknowledged, log) => (acknowledged, log),
        };
        let path = self.part(DATABASE);
        let concurrency = concurrency_with(&log);
        let checked = CheckedDatabase::open(&path, options, None, concurrency, Findings::Refuse)?;
        let mut store = SqliteStore::new(path.clone(), options.clone(), checked, None);
        store.load(&mut |_, _, _| Ok(()))?;
        let ((found, hash, _), image) = (store.newest_commit(), store.image());
        drop(store);
        if accept_loss {
            if !log.is_empty {
                empty_log_of(&path, options)?;
            }
            self.replace_head(image, found, hash)?;
        }
        Ok(Some(Loss { acknowledged, found }))
    }

    /// Whether the image is refused for what is missing.
    fn judge(&self, options: &StoreOptions) -> Result<Judgement, StoreError> {
        let head = match HeadContent::read(&self.part(HEAD)) {
            Err(StoreError::Damaged(_)) => {
                return Ok(Judgement::Lost(None, self.check_files_beside_head()?));
            }
            head => head?,
        };
        if head.newest.fsync_failed {
            drop_cached_pages(&self.part(DATABASE))?;
            drop_cached_pages(&self.part(LOG))?;
        }
        let log = LogScan::read(&self.part(LOG), head.newest.image)?;
        let judge = || {
            self.check_files()?;
            let concurrency = concurrency_with(&log);
            self.check_database(options, &head, &log, concurrency, Findings::Refuse).map(|_| ())
        };
        match judge() {
            Ok(()) => Ok(Judgement::Sound),
            Err(StoreError::CommitsLost { acknowledged, .. }) => {
                Ok(Judgement::Lost(Some(acknowledged), log))
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a `head` that names this commit in the place of the one that is there, whole or not at all.
    fn replace_head(
        &self,
        image: ImageId,
        newest: TransactionId,
        hash: Digest,
    ) -> Result<(), StoreError> {
        let (new, head) = (self.part(NEW_HEAD), self.part(HEAD));
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("cannot remove", &new)(error));
            }
            _ => {}
        }
        HeadFile::create(&new, image)?;
        let mut file = HeadFile::open(&new, &HeadContent::read(&new)?)?;
        file.write(newest, hash)?;
        file.sync()?;
        std::fs::rename(&new, &head).map_err(StoreError::io("cannot replace", &head))?;
        self.sync_directory()
    }
}

/// How to read the database of an image that is held by us and not written.
fn concurrency_with(log: &LogScan) -> Concurrency {
    if log.is_empty { Concurrency::Alone } else { Concurrency::Shared }
}

enum Judgement {
    Sound,
    /// With the newest commit that is known to have been acknowledged, and the log.
    Lost(Option<TransactionId>, LogScan),
}
