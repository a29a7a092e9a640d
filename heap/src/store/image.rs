//! The image directory: `heap.db`, `head`, `lock`.
//!
//! Creation builds everything under a temporary name beside the place and renames it, so that an
//! image is there whole or not at all; what an interrupted creation left is removed by the next one.
//!
//! Opening goes from the outside in, and changes nothing until all of it has passed: the three files,
//! the lock, whose database it is, `head`, the write-ahead log as SQLite will not tell it, then, through
//! a connection that cannot write, roots, regions and page map. The pages follow in `load`, and only
//! `begin` writes. A refused image is left as it was, except that SQLite may have built its
//! `heap.db-shm`, which is scratch.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::ballast::Ballast;
use super::findings::Findings;
use super::head::{HeadContent, HeadFile};
use super::identity::{BranchId, FencingNumber, ImageId, TransactionId};
use super::lock::ImageLock;
use super::sqlite::{self, CheckedDatabase, Concurrency, Ownership, SqliteStore};
use super::uncached::drop_cached_pages;
use super::wal::{DATABASE_PAGE_BYTES, DatabaseHeader, LogScan};
use super::{StoreError, StoreOptions};

pub(super) const DATABASE: &str = "heap.db";
pub(super) const LOG: &str = "heap.db-wal";
pub(super) const SHARED_MEMORY: &str = "heap.db-shm";
const ROLLBACK_JOURNAL: &str = "heap.db-journal";
pub(super) const HEAD: &str = "head";
pub(super) const LOCK: &str = "lock";
const BALLAST: &str = "ballast";
/// What an image consists of, and the order in which missing parts are named.
const PARTS: [&str; 3] = [DATABASE, HEAD, LOCK];

/// A directory that is, or is to become, an image.
#[derive(Clone, Debug)]
pub struct ImageDirectory {
    path: PathBuf,
}

impl ImageDirectory {
    /// Names a directory. Nothing is looked at yet.
    pub fn at(path: impl Into<PathBuf>) -> ImageDirectory {
        ImageDirectory { path: path.into() }
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True if there is anything at the path, image or not.
    pub fn exists(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// Creates an image nothing was committed to, and opens it. The place must be free.
    pub fn create(&self, options: &StoreOptions) -> Result<SqliteStore, StoreError> {
        self.create_by(|temporary| temporary.build(options))?;
        self.open(options)
    }

    /// Creates an image by making all its files under a temporary name.
    pub(super) fn create_by(
        &self,
        build: impl FnOnce(&ImageDirectory) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let resolved = self.path.components().as_path();
        let (Some(parent), Some(name)) = (resolved.parent(), resolved.file_name()) else {
            return Err(StoreError::Exists { path: self.path.clone() });
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        // The lock on the parent keeps two creators from building under the same temporary name.
        let parent_handle =
            File::open(parent).map_err(StoreError::io("cannot open the directory", parent))?;
        parent_handle.lock().map_err(StoreError::io("cannot lock the directory", parent))?;
        if self.exists() {
            return Err(StoreError::Exists { path: self.path.clone() });
        }
        let mut temporary_name = std::ffi::OsString::from(".");
        temporary_name.push(name);
        temporary_name.push(".pscheme-creating");
        let temporary = ImageDirectory::at(parent.join(temporary_name));
        temporary.remove_interrupted_creation()?;
        build(&temporary)?;
        // Renaming to a name that is taken fails, unless it is an empty directory made just now.
        fs::rename(&temporary.path, resolved)
            .map_err(StoreError::io("cannot create", &self.path))?;
        parent_handle.sync_all().map_err(StoreError::io("cannot sync the directory", parent))?;
        Ok(())
    }

    /// Opens an image to run it. See [`super::Store`] for what must follow.
    pub fn open(&self, options: &StoreOptions) -> Result<SqliteStore, StoreError> {
        if options.commit.is_some() {
            return Err(StoreError::ReadOnly);
        }
        self.check_parts()?;
        self.check_writable()?;
        let lock = ImageLock::acquire(&self.path, &self.part(LOCK))?;
        let (head, log) = self.check_files()?;
        if head.newest.fsync_failed {
            drop_cached_pages(&self.part(DATABASE))?;
            drop_cached_pages(&self.part(LOG))?;
        }
        let concurrency = if log.is_empty { Concurrency::Alone } else { Concurrency::Shared };
        let checked = self.check_database(options, &head, &log, concurrency, Findings::Refuse)?;
        let ballast = Ballast::new(self.part(BALLAST), options.ballast_bytes);
        let ownership = Ownership { lock, head_path: self.part(HEAD), head, ballast };
        Ok(SqliteStore::new(self.part(DATABASE), options.clone(), checked, Some(ownership)))
    }

    pub(super) fn part(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn foreign(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Foreign { path: self.path.clone(), reason: reason.into() }
    }

    /// Checks that the parts are there and are files, without opening any.
    pub(super) fn check_parts(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(self.foreign("it is not a directory")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(self.foreign("it does not exist"));
            }
            Err(error) => return Err(StoreError::io("cannot look at", &self.path)(error)),
        }
        let mut missing = Vec::new();
        for name in PARTS {
            match fs::symlink_metadata(self.part(name)) {
                Ok(metadata) if metadata.is_file() => {}
                Ok(_) => return Err(self.foreign(format!("'{name}' is not a file"))),
                Err(error) if error.kind() == ErrorKind::NotFound => missing.push(name),
                Err(error) => {
                    return Err(StoreError::io("cannot look at", &self.part(name))(error));
                }
            }
        }
        for name in [LOG, SHARED_MEMORY] {
            if fs::symlink_metadata(self.part(name)).is_ok_and(|metadata| !metadata.is_file()) {
                return Err(self.foreign(format!("'{name}' is not a file")));
            }
        }
        match missing.as_slice() {
            [] => Ok(()),
            all if all.len() == PARTS.len() => {
                Err(self.foreign("it holds none of an image's files"))
            }
            [first, ..] => {
                Err(StoreError::Incomplete { directory: self.path.clone(), missing: first })
            }
        }
    }

    /// SQLite's own words for this would say less.
    fn check_writable(&self) -> Result<(), StoreError> {
        let doing = "only looking at it (ps, show, eval) is possible: nothing can be written in";
        access(&self.path, AccessFlags::W_OK)
            .map_err(|error| StoreError::io(doing, &self.path)(error.into()))
    }

    /// Judges the files without SQLite: whose they are, and what `head` and the log say.
    pub(super) fn check_files(&self) -> Result<(HeadContent, LogScan), StoreError> {
        let database = self.check_first_page()?;
        let head = match HeadContent::read(&self.part(HEAD)) {
            Err(_) if database.header.is_none() => return Err(self.no_database()),
            head => head?,
        };
        let log = self.check_log(&database, head.newest.image)?;
        if let Some(found) = log.newest_valid {
            self.check_nothing_lost(&head, &log, found)?;
        }
        Ok((head, log))
    }

    /// As [`ImageDirectory::check_files`], if `head` says nothing.
    pub(super) fn check_files_beside_head(&self) -> Result<LogScan, StoreError> {
        let database = self.check_first_page()?;
        self.check_log(&database, ImageId([0; 16]))
    }

    fn no_database(&self) -> StoreError {
        self.foreign("'heap.db' is not an SQLite database")
    }

    fn check_first_page(&self) -> Result<FirstPage, StoreError> {
        let path = self.part(DATABASE);
        let mut page_start = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(DATABASE_PAGE_BYTES as u64).read_to_end(&mut page_start))
            .map_err(StoreError::io("cannot read", &path))?;
        let header = DatabaseHeader::read(&page_start);
        if let Some(header) = header {
            sqlite::check_identity(&self.path, header.application_id, header.user_version)?;
        }
        if fs::symlink_metadata(self.part(ROLLBACK_JOURNAL)).is_ok() {
            return Err(StoreError::damaged(
                "there is a rollback journal, which no pscheme writes",
            ));
        }
        Ok(FirstPage { header, is_whole: page_start.len() >= DATABASE_PAGE_BYTES })
    }

    fn check_log(&self, database: &FirstPage, image: ImageId) -> Result<LogScan, StoreError> {
        let log = LogScan::read(&self.part(LOG), image)?;
        // SQLite takes the log beside less than a page for a leftover and deletes it.
        if !database.is_whole && !log.is_empty {
            return Err(StoreError::damaged("'heap.db' is less than a page, but there is a log"));
        }
        // A power cut in a checkpoint may tear the first page of the database; then the log has it.
        let newest_header = log.header.or(database.header).ok_or_else(|| self.no_database())?;
        sqlite::check_identity(
            &self.path,
            newest_header.application_id,
            newest_header.user_version,
        )?;
        Ok(log)
    }

    fn check_nothing_lost(
        &self,
        head: &HeadContent,
        log: &LogScan,
        found: TransactionId,
    ) -> Result<(), StoreError> {
        match log.lost_commit(found) {
            None => Ok(()),
            Some(lost) => {
                let acknowledged = lost.max(head.newest.transaction);
                Err(StoreError::CommitsLost { acknowledged, found })
            }
        }
    }

    pub(super) fn check_database(
        &self,
        options: &StoreOptions,
        head: &HeadContent,
        log: &LogScan,
        concurrency: Concurrency,
        findings: Findings,
    ) -> Result<CheckedDatabase, StoreError> {
        let path = self.part(DATABASE);
        match CheckedDatabase::open(&path, options, Some(&head.newest), concurrency, findings) {
            Ok(mut checked) => {
                let newest = checked.newest.as_ref();
                let found = newest.map_or(TransactionId::NONE, |row| row.transaction);
                let nothing_lost = self.check_nothing_lost(head, log, found);
                checked.findings.check(nothing_lost)?;
                checked.unfinished = log.unfinished();
                Ok(checked)
            }
            Err(StoreError::CommitsLost { acknowledged, found }) => {
                let acknowledged = log.lost_commit(found).unwrap_or(acknowledged).max(acknowledged);
                Err(StoreError::CommitsLost { acknowledged, found })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes all files of an image nothing was committed to, durable but for the directory's name.
    pub(super) fn build(&self, options: &StoreOptions) -> Result<(), StoreError> {
        let database = self.make_directory()?;
        let image = ImageId(random_bits()?);
        let fence = FencingNumber(1);
        sqlite::create_database(&database, options, image, BranchId(random_bits()?), fence)?;
        HeadFile::create(&self.part(HEAD), image)?;
        ImageLock::create(&self.part(LOCK), image, fence)?;
        self.sync_directory()
    }

    /// Makes the directory with an empty file for the database, for their owner alone; SQLite gives
    /// its other files the rights of that one.
    pub(super) fn make_directory(&self) -> Result<PathBuf, StoreError> {
        let failed = StoreError::io("cannot create", &self.path);
        DirBuilder::new().mode(0o700).create(&self.path).map_err(failed)?;
        let database = self.part(DATABASE);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&database)
            .map_err(StoreError::io("cannot create", &database))?;
        Ok(database)
    }

    /// Makes the database and the names of the directory durable.
    pub(super) fn sync_directory(&self) -> Result<(), StoreError> {
        for path in [self.part(DATABASE), self.path.clone()] {
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(StoreError::io("cannot sync", &path))?;
        }
        Ok(())
    }

    /// Removes what an interrupted creation left at this temporary name, if it is nothing else.
    pub(super) fn remove_interrupted_creation(&self) -> Result<(), StoreError> {
        let failed = || StoreError::io("cannot remove the interrupted creation", &self.path);
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed()(error)),
        };
        for entry in entries {
            let name = entry.map_err(failed())?.file_name();
            let ours = [DATABASE, LOG, SHARED_MEMORY, ROLLBACK_JOURNAL, HEAD, LOCK];
            if !ours.iter().any(|part| name == *part) {
                return Err(StoreError::Exists { path: self.path.join(name) });
            }
            fs::remove_file(self.path.join(name)).map_err(failed())?;
        }
        fs::remove_dir(&self.path).map_err(failed())
    }
}

/// The first page of the database, as far as it can be read without SQLite.
struct FirstPage {
    header: Option<DatabaseHeader>,
    is_whole: bool,
}

/// Random bits for names that must differ between all images of the world.
pub(super) fn random_bits() -> Result<[u8; 16], StoreError> {
    let path = Path::new("/dev/urandom");
    let mut bits = [0; 16];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut bits))
        .map_err(StoreError::io("cannot read", path))?;
    Ok(bits)
}
