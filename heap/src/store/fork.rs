//! Forks: an image of its own that begins with the state of a commit of another one.

use super::history::CommitCause;
use super::image::ImageDirectory;
use super::sqlite::SqliteStore;
use super::wave::Wave;
use super::{Store, StoreError, StoreOptions, TransactionId};

/// What a fork begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkReceipt {
    /// The commit of the original image.
    pub transaction: TransactionId,
    /// Pages with a body that were copied.
    pub page_count: u64,
}

impl ImageDirectory {
    /// Makes a new image at `target` with the state of this one at the commit that `options` name, the newest
    /// unless they name one. The image may be running. All pages are read into memory on the way. `adjust` can
    /// change the new image before it gets its name.
    ///
    /// # Errors
    /// What is wrong with the image; [`StoreError::NoSuchCommit`]; [`StoreError::Exists`] if the place is
    /// taken. Nothing is left behind then but what an interrupted creation leaves.
    pub fn fork(
        &self,
        target: &ImageDirectory,
        options: &StoreOptions,
        adjust: impl FnOnce(&mut SqliteStore) -> Result<(), StoreError>,
    ) -> Result<ForkReceipt, StoreError> {
        if target.exists() {
            return Err(StoreError::Exists { path: target.path().to_path_buf() });
        }
        let read = self.look(options, true, |store| {
            let (transaction, roots) = store.newest_root()?.ok_or_else(|| {
                StoreError::NoSuchCommit { name: "-0".into(), reason: "there is none yet".into() }
            })?;
            let mut wave = Wave { roots, ..Wave::default() };
            wave.roots.set_cause(CommitCause::Fork);
            store.load(&mut |page, attributes, body| {
                wave.push(page, attributes, body);
                Ok(())
            })?;
            Ok((transaction, wave, store.is_sealed()))
        })?;
        let (transaction, wave, is_sealed) = read.value;
        let options = StoreOptions { commit: None, ..options.clone() };
        target.create_by(|temporary| {
            let fill = || {
                temporary.build(&options)?;
                let mut store = temporary.open(&options)?;
                if is_sealed {
                    store.vouch();
                }
                store.commit(&wave)?;
                adjust(&mut store)?;
                store.close()
            };
            let result = fill();
            if result.is_err() {
                temporary.remove_interrupted_creation()?;
            }
            result
        })?;
        Ok(ForkReceipt { transaction, page_count: wave.pages.len() as u64 })
    }
}
