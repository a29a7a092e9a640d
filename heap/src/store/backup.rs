//! Backups: a whole image as of one commit, taken while another process may be running it.
//!
//! SQLite's online backup copies the database inside one read transaction, so what the owner commits
//! meanwhile neither shows in the copy nor makes it begin anew. `head` and `lock` are written for the
//! copy. It is built under a temporary name like a new image, read back page by page, and only then
//! gets its name; it never takes the place of anything.

use super::head::{HeadContent, HeadFile};
use super::image::{HEAD, ImageDirectory, LOCK};
use super::lock::ImageLock;
use super::sqlite::SqliteStore;
use super::{Store, StoreError, StoreOptions, TransactionId};

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupReceipt {
    /// The newest commit in it.
    pub transaction: TransactionId,
    /// Pages with a body that were read back and had their hash.
    pub page_count: u64,
}

impl ImageDirectory {
    /// Copies the image to `target`, which must not exist. The copy is the same image: it may be run
    /// in place of this one, not beside it.
    ///
    /// # Errors
    /// What is wrong with the image; [`StoreError::Exists`] if the place is taken. Nothing is left
    /// behind then but what an interrupted creation leaves.
    pub fn back_up(
        &self,
        target: &ImageDirectory,
        options: &StoreOptions,
    ) -> Result<BackupReceipt, StoreError> {
        if target.exists() {
            return Err(StoreError::Exists { path: target.path().to_path_buf() });
        }
        let mut receipt = None;
        let copied = self.look(options, true, |store| {
            // A copy that was read back is whole, even if somebody has taken the image up since.
            if let Some(receipt) = receipt {
                return Ok(receipt);
            }
            target.create_by(|temporary| {
                let result = temporary.fill_from(store, options);
                if result.is_err() {
                    temporary.remove_interrupted_creation()?;
                }
                receipt = Some(result?);
                Ok(())
            })?;
            Ok(receipt.expect("a copy that was made has a receipt"))
        })?;
        Ok(copied.value)
    }

    fn fill_from(
        &self,
        store: &SqliteStore,
        options: &StoreOptions,
    ) -> Result<BackupReceipt, StoreError> {
        let database = self.make_directory()?;
        store.copy_database(&database)?;
        let (transaction, hash, fence) = store.newest_commit();
        let head = self.part(HEAD);
        HeadFile::create(&head, store.image())?;
        let mut file = HeadFile::open(&head, &HeadContent::read(&head)?)?;
        file.write(transaction, hash)?;
        file.sync()?;
        ImageLock::create(&self.part(LOCK), store.image(), fence)?;
        self.sync_directory()?;
        let mut copy = self.open_read_only(options)?;
        let mut page_count = 0;
        copy.load(&mut |_, _, _| {
            page_count += 1;
            Ok(())
        })?;
        Ok(BackupReceipt { transaction, page_count })
    }
}
