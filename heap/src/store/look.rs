//! Looking at an image without changing anything, also while another process runs it.
//!
//! One read transaction sees one commit: the whole image is read in it, so nothing has to be pinned
//! (`docs/decisions/0012-looking-is-one-read.md`). How SQLite is asked depends on what is there:
//!
//! | image | how |
//! |---|---|
//! | held by a process | as any other reader: the owner has made `heap.db-shm` |
//! | closed, or no commit in the log | as a file that does not change; SQLite makes no files and takes no locks |
//! | killed: commits in the log, nobody runs it | with an index of the log of our own; `heap.db-shm` stays as it is |
//! | killed, and `heap.db-shm` is gone | a copy in the directory for temporary files |
//!
//! In all but the first nobody keeps an owner from coming. So ownership is looked at before and
//! afterwards, and what was read meanwhile is thrown away and read again.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::findings::Findings;
use super::identity::{FencingNumber, ImageId};
use super::image::{DATABASE, HEAD, ImageDirectory, LOCK, LOG, SHARED_MEMORY, random_bits};
use super::limits::LOOK_ATTEMPT_COUNT;
use super::lock::{self, Activity};
use super::sqlite::{APPLICATION_ID, CheckedDatabase, Concurrency, SqliteStore};
use super::wal::{DatabaseHeader, LogScan};
use super::{StoreError, StoreOptions};

/// The process that runs an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number, if its entry in `lock` could be read.
    pub pid: Option<u32>,
    /// What it does.
    pub activity: Activity,
}

/// What a look at an image gave.
#[derive(Debug)]
pub struct Look<T> {
    pub value: T,
    /// Who runs the image.
    pub holder: Option<Holder>,
    /// What was found to be wrong and could be passed over.
    pub findings: Vec<StoreError>,
}

/// Ownership as it was at one moment.
#[derive(Clone, Copy, PartialEq)]
struct Owner {
    is_held: bool,
    fence: Option<FencingNumber>,
}

impl ImageDirectory {
    /// The image that a path names: a directory with a pscheme database in it or with all parts of an
    /// image, or such a database itself. `None` for anything else; nothing is changed or created.
    pub fn find(path: &Path) -> Option<ImageDirectory> {
        if path.is_dir() {
            let image = ImageDirectory::at(path);
            let has_all = [DATABASE, HEAD, LOCK].iter().all(|name| image.part(name).is_file());
            return (has_all || image.has_database()).then_some(image);
        }
        if path.file_name().is_none_or(|name| name != DATABASE) {
            return None;
        }
        let image = ImageDirectory::at(match path.parent()? {
            parent if parent.as_os_str().is_empty() => Path::new("."),
            parent => parent,
        });
        image.has_database().then_some(image)
    }

    /// Whether `heap.db` is a database with pscheme's application id. One that somebody runs is.
    fn has_database(&self) -> bool {
        use std::io::Read;
        let read = || {
            let mut start = Vec::new();
            let file = fs::File::open(self.part(DATABASE));
            let read = file.and_then(|file| file.take(100).read_to_end(&mut start));
            let header = read.ok().and_then(|_| DatabaseHeader::read(&start));
            header.is_some_and(|found| found.application_id == APPLICATION_ID)
        };
        let lock = self.part(LOCK);
        if !lock.is_file() {
            return read();
        }
        matches!(lock::unless_held(&lock, read), Ok(None | Some(true)))
    }

    /// Who runs the image now.
    ///
    /// # Errors
    /// If the file `lock` cannot be read.
    pub fn holder(&self) -> Result<Option<Holder>, StoreError> {
        let path = self.part(LOCK);
        if !lock::is_held(&path)? {
            return Ok(None);
        }
        let entry = lock::read_entry(&path).filter(|entry| entry.pid != 0);
        Ok(Some(Holder {
            pid: entry.map(|entry| entry.pid),
            activity: entry.map_or(Activity::Running, |entry| entry.activity),
        }))
    }

    /// Opens an image to look at it, also while another process runs it. The store sees the state of
    /// this instant for as long as it lives, and keeps the owner's log from being re-used: short is
    /// good. It takes no lock. An image must not be opened to be run in a process that still looks at
    /// it this way: looking at `heap.db` a second time drops the first one's POSIX locks.
    ///
    /// # Errors
    /// What is wrong with the image.
    pub fn open_read_only(&self, options: &StoreOptions) -> Result<SqliteStore, StoreError> {
        self.open_looking(options, Findings::Refuse)
    }

    /// Calls `look` with the image as of its newest commit. Damage that can be passed over is listed
    /// instead of refused, unless `strict`. `look` is called again if somebody began to run the image
    /// meanwhile.
    ///
    /// # Errors
    /// What `look` returns, and what is wrong with the image.
    pub fn look<T>(
        &self,
        options: &StoreOptions,
        strict: bool,
        mut look: impl FnMut(&mut SqliteStore) -> Result<T, StoreError>,
    ) -> Result<Look<T>, StoreError> {
        self.check_parts()?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let before = self.owner()?;
            let aside = self.set_aside(before)?;
            let image = aside.as_ref().map_or(self, |aside| &aside.0);
            let findings = if strict { Findings::Refuse } else { Findings::Collect(Vec::new()) };
            let result = image.open_looking(options, findings).and_then(|mut store| {
                let value = look(&mut store)?;
                Ok((value, store.take_findings()))
            });
            let undisturbed = before.is_held || self.owner()? == before;
            if undisturbed || attempt == LOOK_ATTEMPT_COUNT {
                let (value, findings) = result?;
                return Ok(Look { value, holder: self.holder()?, findings });
            }
        }
    }

    fn owner(&self) -> Result<Owner, StoreError> {
        let path = self.part(LOCK);
        let fence = lock::read_entry(&path).map(|entry| entry.fence);
        Ok(Owner { is_held: lock::is_held(&path)?, fence })
    }

    fn open_looking(
        &self,
        options: &StoreOptions,
        mut findings: Findings,
    ) -> Result<SqliteStore, StoreError> {
        self.check_parts()?;
        let path = self.part(DATABASE);
        let checked = match lock::unless_held(&self.part(LOCK), || self.check_files())? {
            // The owner made the checks, and is writing both files.
            None => CheckedDatabase::open(&path, options, None, Concurrency::Shared, findings)?,
            Some(Ok((head, log))) => {
                let concurrency = concurrency_without_owner(&log);
                self.check_database(options, &head, &log, concurrency, findings)?
            }
            Some(Err(error)) => {
                findings.note(error)?;
                let concurrency = self.concurrency_without_head();
                CheckedDatabase::open(&path, options, None, concurrency, findings)?
            }
        };
        Ok(SqliteStore::new(path, options.clone(), checked, None))
    }

    /// As [`concurrency_without_owner`], whatever image the log belongs to. What cannot be read holds nothing.
    fn concurrency_without_head(&self) -> Concurrency {
        let log = LogScan::read(&self.part(LOG), ImageId([0; 16]));
        concurrency_without_owner(&log.unwrap_or_default())
    }

    /// A copy of an image that was killed and whose index of the log is gone: SQLite would have to
    /// make that file here.
    fn set_aside(&self, owner: Owner) -> Result<Option<Aside>, StoreError> {
        let needs_index = matches!(self.concurrency_without_head(), Concurrency::Abandoned);
        if owner.is_held || !needs_index || self.part(SHARED_MEMORY).exists() {
            return Ok(None);
        }
        let bits = u128::from_le_bytes(random_bits()?);
        let path = std::env::temp_dir().join(format!("pscheme-look-{bits:032x}"));
        let failed = StoreError::io("cannot create", &path);
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        let aside = Aside(ImageDirectory::at(path));
        let copy = || {
            [DATABASE, LOG, HEAD, LOCK].iter().try_for_each(|name| {
                let from = self.part(name);
                let copied = fs::copy(&from, aside.0.part(name));
                copied.map(|_| ()).map_err(StoreError::io("cannot copy", &from))
            })
        };
        let Some(copied) = lock::unless_held(&self.part(LOCK), copy)? else { return Ok(None) };
        copied?;
        // An empty index is one that has to be built; SQLite builds it in memory.
        let index = aside.0.part(SHARED_MEMORY);
        fs::File::create(&index).map_err(StoreError::io("cannot create", &index))?;
        Ok(Some(aside))
    }
}

/// How to read a database that nobody runs. With an index of its own SQLite does not read a log that holds
/// no commit: of one that is just its header it says `locking protocol` after ten seconds of trying.
fn concurrency_without_owner(log: &LogScan) -> Concurrency {
    match log.valid_frame_count {
        0 => Concurrency::Alone,
        _ => Concurrency::Abandoned,
    }
}

/// A copy that goes when it is no longer looked at.
struct Aside(ImageDirectory);

impl Drop for Aside {
    fn drop(&mut self) {
        // What cannot be removed from the directory for temporary files is the system's to clear.
        let _ = fs::remove_dir_all(self.0.path());
    }
}
