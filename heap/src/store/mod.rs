//! The store: keeps the pages of a heap durably, one commit after the other.
//!
//! Pages are opaque bodies of 16 KiB here; what they mean is the heap's affair. A commit takes a
//! [`Wave`] (the pages that changed and the root record of one instant) and is all or nothing: after
//! `commit` returned, a crash of the process or the machine leaves that state or a later one.
//!
//! Every page version is hashed with its place and birth, every 1,024 pages have a digest, the root
//! covers the digests and the root before it, and the file `head` beside the database names the
//! newest root, so that damage and lost commits are noticed at opening.
//!
//! Read next: [`image`] (the directory, opening and its checks), [`sqlite`] (the database),
//! [`head`], [`wal`] (what a damaged log tells), [`writer`] (the background thread), [`memory`] (the
//! store of tests). The format is written down in `docs/format.md`.

mod backup;
mod ballast;
mod error;
mod findings;
mod fork;
pub mod head;
pub mod history;
mod identity;
pub mod image;
pub mod limits;
pub mod lock;
pub mod look;
pub mod memory;
mod page_map;
mod repair;
mod root;
pub mod seal;
pub mod sqlite;
mod uncached;
pub mod wal;
mod wave;
pub mod writer;

use std::fmt;
use std::sync::Arc;

pub use backup::BackupReceipt;
pub use error::{StoreError, is_about_space};
pub use fork::ForkReceipt;
pub use history::{CommitCause, CommitName, KeptCommit, Retention};
pub use identity::{BranchId, Digest, FencingNumber, ImageId, PageNumber, TransactionId};
pub use image::ImageDirectory;
pub use limits::{PAGE_SIZE_BYTES, ROOT_COUNTER_COUNT, ROOT_WORD_COUNT_MAX};
pub use look::{Holder, Look};
pub use memory::{MemoryImage, MemoryStore};
use page_map::PageVersion;
pub use repair::Loss;
pub use root::RootRecord;
pub use seal::SealKey;
pub use sqlite::SqliteStore;
pub use wal::UnfinishedTransaction;
pub use wave::{CommitReceipt, PageAttributes, Wave, WavePage};
pub use writer::{Writer, WriterEvent};

/// Receives the pages of an image while it is loaded: number, attributes, body.
pub type PageSink<'a> = dyn FnMut(PageNumber, PageAttributes, &[u8]) -> Result<(), StoreError> + 'a;

/// Where the version of a page is that the newest commit has, and what it must hash to. It stays there until a later
/// commit has another version of the page, or none.
#[derive(Clone, Copy, Debug)]
pub struct PageLocation(pub(crate) PageVersion);

impl PageLocation {
    /// What the page's row says of it.
    pub fn attributes(&self) -> PageAttributes {
        self.0.attributes
    }
}

/// Reads single pages of an image that is run, on a thread of its own.
pub trait PageReader: Send {
    /// Reads the body of a page and checks it against its hash. The location must still be that of the newest
    /// version.
    ///
    /// # Errors
    /// Damage, or what the disk says.
    fn read(
        &mut self,
        page: PageNumber,
        location: &PageLocation,
        body: &mut [u8],
    ) -> Result<(), StoreError>;
}

/// The pages of an image, their bodies still to be read.
pub struct PagesOnDemand {
    /// Every page that is not freed, in ascending order.
    pub pages: Vec<(PageNumber, PageLocation)>,
    /// Reads them.
    pub reader: Box<dyn PageReader>,
}

/// A place where the pages of one image are kept.
///
/// The order of calls is: `load` (which changes nothing, so that a damaged image is left as it is), `vouch` if
/// what was loaded is right, then `begin`, then any number of `commit`, `prune_step` and `idle`, then `close`. After a failed
/// commit everything but `newest_root` and `close` fails with [`StoreError::Poisoned`]; unless there was no room for it on the
/// disk ([`StoreError::is_out_of_space`]): then nothing was written, and all can be called again.
pub trait Store: Send {
    /// The newest commit's number and roots; `None` before the first commit.
    fn newest_root(&self) -> Result<Option<(TransactionId, RootRecord)>, StoreError>;

    /// Reads every page that is not freed, in ascending order, checks it against its hash and
    /// passes it to `sink`; an error of the sink ends the loading.
    fn load(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError>;

    /// As `load`, but the bodies are read when they are asked for. `None` if there are so few that `load` is quicker,
    /// or the store cannot do it.
    fn load_on_demand(&mut self) -> Result<Option<PagesOnDemand>, StoreError> {
        Ok(None)
    }

    /// A reader of pages that [`Store::locate`] found. `None` if the store cannot have one.
    fn page_reader(&mut self) -> Option<Box<dyn PageReader>> {
        None
    }

    /// Where the newest commit has each of these pages; `None` for what it does not have, and everywhere in a
    /// store that has no reader.
    fn locate(&self, pages: &[PageNumber]) -> Vec<Option<PageLocation>> {
        vec![None; pages.len()]
    }

    /// Whether the newest commit has a seal of the key that was given: then its state needs no walk.
    fn is_sealed(&self) -> bool;

    /// What was being written when writing ended the last time, and is dropped. `None` if nothing was.
    fn unfinished(&self) -> Option<UnfinishedTransaction> {
        None
    }

    /// Says that the state that was read, if any, was walked whole and found right: commits get a seal from here
    /// on, if there is a key.
    fn vouch(&mut self);

    /// Every commit whose state can still be read, oldest first: at least the newest.
    fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError>;

    /// Takes ownership durably: the opening commit, after which all that was found is known to be on
    /// disk and no earlier owner can commit. Must precede every effect on the outside. Returns the
    /// number of the newest commit; calling it again does nothing. `commit` calls it if needed.
    fn begin(&mut self) -> Result<TransactionId, StoreError>;

    /// Writes the bodies of a part of the next commit, one that is too large to be copied at once. Nothing of it is
    /// seen before that commit, which names the pages of all parts; a page that comes again in a later
    /// part, or in the wave of the commit, is as it was there.
    ///
    /// # Panics
    /// As [`Store::commit`].
    fn write_ahead(&mut self, part: &Wave) -> Result<(), StoreError>;

    /// Makes the wave durable, with what was written ahead of it. The commit's number is that of the one before plus one.
    ///
    /// # Panics
    /// If the wave names a page twice, or a body outside its arena.
    fn commit(&mut self, wave: &Wave) -> Result<CommitReceipt, StoreError>;

    /// Deletes at most `rows_max` rows that no kept root sees and returns how many it deleted.
    fn prune_step(&mut self, rows_max: usize) -> Result<usize, StoreError>;

    /// Does the work that belongs into the gap after a wave: checkpoint, giving free space back,
    /// syncing `head`. Cheap if there is nothing to do.
    fn idle(&mut self) -> Result<(), StoreError>;

    /// Called when a commit or what belongs into a gap found no room on the disk, and until it succeeds: makes the
    /// room that can be made, and gets back what is held in reserve.
    ///
    /// # Errors
    /// There is still no room, or any other failure.
    fn make_room(&mut self) -> Result<(), StoreError>;

    /// Syncs what is still to be synced and gives up ownership. The store is of no use afterwards.
    fn close(&mut self) -> Result<(), StoreError>;
}

/// Where in its work a store is; crash tests count in which phase their kill landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Pages are hashed and compressed, no transaction is open.
    BeforeBegin,
    /// The bodies are written, map, regions and root are not.
    BlobsWritten,
    /// Everything is written, nothing is committed.
    BeforeCommit,
    /// The commit is durable, `head` does not name it yet.
    Committed,
    /// `head` names the commit.
    HeadWritten,
    /// A checkpoint is about to run.
    Checkpointing,
    /// A pruning transaction is open.
    Pruning,
}

/// Called at each [`Phase`], on the thread that runs the store.
#[derive(Clone)]
pub struct PhaseHook(pub Arc<dyn Fn(Phase) + Send + Sync>);

impl fmt::Debug for PhaseHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhaseHook")
    }
}

/// Gives the time that is written into a root, in microseconds since 1970. The store asks no clock
/// of its own: what reaches the disk comes from the host.
#[derive(Clone)]
pub struct CommitClock(pub Arc<dyn Fn() -> i64 + Send + Sync>);

impl CommitClock {
    /// A clock that stands, for tests.
    pub fn fixed(time_us: i64) -> CommitClock {
        CommitClock(Arc::new(move || time_us))
    }

    /// The system's clock.
    pub fn system() -> CommitClock {
        CommitClock(Arc::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
        }))
    }
}

impl fmt::Debug for CommitClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommitClock")
    }
}

/// How far a commit goes before it returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// The commit is on the disk. The only mode that keeps the promises.
    #[default]
    Full,
    /// The commit is with the operating system. Only to plant a fault in tests that must notice it.
    Normal,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How far a commit goes before it returns.
    pub synchronous: Synchronous,
    /// The SQLite VFS to use instead of the default one.
    pub vfs: Option<String>,
    /// The time written into roots.
    pub clock: CommitClock,
    /// Called at each phase of the work.
    pub phase_hook: Option<PhaseHook>,
    /// The write-ahead log is checkpointed between waves when it is longer than this
    /// (bytes). Less than the default makes checkpoints frequent, for tests of crashes.
    pub log_bytes_before_checkpoint: u64,
    /// What a new image keeps of its past. One that is there says so itself.
    pub retention: Retention,
    /// The key of the user or host. Without one no commit is sealed, and none is trusted for its seal.
    pub key: Option<SealKey>,
    /// An image with so many bytes of pages or more is not read whole when it is opened to be run
    /// (see [`Store::load_on_demand`]).
    pub bytes_on_demand: u64,
    /// Bytes that `heap.db` may have. At this limit it is as on a full disk.
    pub image_bytes_max: u64,
    /// Bytes of the file that is held back for a full disk; 0 for none.
    pub ballast_bytes: u64,
    /// The commit that a look shows, the newest unless it is given. An image cannot be run at a commit of the
    /// past.
    pub commit: Option<CommitName>,
}

impl StoreOptions {
    /// Full durability, the default VFS, no hook.
    pub fn new(clock: CommitClock) -> StoreOptions {
        StoreOptions {
            synchronous: Synchronous::Full,
            vfs: None,
            clock,
            phase_hook: None,
            log_bytes_before_checkpoint: limits::WAL_BYTES_BEFORE_CHECKPOINT,
            retention: Retention::default(),
            key: None,
            bytes_on_demand: limits::BYTES_ON_DEMAND,
            image_bytes_max: limits::IMAGE_BYTES_MAX_DEFAULT,
            ballast_bytes: limits::BALLAST_BYTES,
            commit: None,
        }
    }
}
