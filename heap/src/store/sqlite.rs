//! The database `heap.db`: one SQLite file that holds every page version, map, region and root.
//!
//! - `schema`: tables, pragmas, opening of connections. The format is decided there.
//! - `load`: what is checked at opening, and reading the pages.
//! - `on_demand`: reading single pages while the image runs.
//! - `commit`: the opening commit and the commit of a wave.
//! - `past`: tags, the rule of retention, the roots of old commits, going back to them.
//! - `prune`: what happens between waves: pruning, checkpoints, giving space back.
//! - `shortage`: a disk without room.
//!
//! Two connections, both used by one thread: one that cannot write, for checking and loading, and the
//! writer's, which exists from the opening commit on and also checkpoints and prunes. Pruning on the
//! writer's connection instead of a third one keeps its page cache valid.
//!
//! Invariants: memory (`map`, `newest`, `next_blob`) equals the database after every successful
//! commit; after a failed one the store is poisoned and memory is not used again, or, if there was no room, it
//! is read from the database again. Nothing is checkpointed, not even at closing, after a failure.

mod commit;
mod load;
mod on_demand;
mod past;
mod prune;
mod schema;
mod shortage;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use self::commit::PreparedPage;
use self::on_demand::PageConnection;
use super::ballast::Ballast;
use super::findings::Findings;
use super::head::{HeadContent, HeadFile};
use super::history::{KeptCommit, KeptRoots, Retention};
use super::identity::{BranchId, Digest, FencingNumber, ImageId, PageNumber, TransactionId};
use super::lock::ImageLock;
use super::page_map::PageMap;
use super::root::{RootRecord, RootRow};
use super::wave::{CommitReceipt, Wave};
use super::{
    PageLocation, PageReader, PageSink, PagesOnDemand, Phase, Store, StoreError, StoreOptions,
    UnfinishedTransaction,
};

pub(crate) use load::CheckedDatabase;
pub(crate) use prune::empty_log_of;
pub use schema::{APPLICATION_ID, SCHEMA_VERSION};
pub(crate) use schema::{Concurrency, check_identity, create_database};

/// The file names and what was read from `head`, for an image that is opened to be run.
pub(crate) struct Ownership {
    pub lock: ImageLock,
    pub head_path: PathBuf,
    pub head: HeadContent,
    pub ballast: Ballast,
}

/// An image in an SQLite database. Opened and created through `ImageDirectory`.
pub struct SqliteStore {
    database: PathBuf,
    options: StoreOptions,
    reader: Option<Connection>,
    /// The connection of those who read pages on demand.
    page_connection: Arc<Mutex<PageConnection>>,
    state: State,
    image: ImageId,
    branch: BranchId,
    map: PageMap,
    newest: Option<RootRow>,
    /// The fencing number that was found at opening.
    stored_fence: FencingNumber,
    next_blob: i64,
    prunable: prune::PruneQueue,
    roots: KeptRoots,
    retention: Retention,
    /// Bytes of the largest wave of late: it counts for less with each commit after it.
    wave_bytes: u64,
    /// When the kept commits were thinned out last.
    thinned_us: Option<i64>,
    schema_version: u32,
    /// Bodies of the current part of a wave, compressed, one after the other.
    encoded: Vec<u8>,
    /// What was written ahead of the next commit: bodies that have their place, and pages that are freed.
    ahead: Vec<PreparedPage>,
    findings: Findings,
    /// The ballast was given up since the last commit.
    took_reserve: bool,
    /// What the opening found in the log that was not written to its end.
    unfinished: Option<UnfinishedTransaction>,
    /// Commits get a seal: the state was walked, or has one itself.
    vouched: bool,
}

/// How far the store has got in its life.
enum State {
    /// Opened for reading only.
    ReadOnly,
    /// Checked, owned, nothing written yet. The stored fencing number is that of the last owner.
    Checked { ownership: Box<Ownership>, stored_fence: FencingNumber },
    /// The opening commit is durable.
    Running(Box<Running>),
    /// There was no room on the disk: memory is to be read again.
    Short(Box<Running>),
    /// A failure, or `close`, ended writing.
    Ended,
}

/// What a store has once it may write.
struct Running {
    // The order of the fields is the order in which they are dropped: the lock goes last.
    writer: Connection,
    head: HeadFile,
    lock: ImageLock,
    ballast: Ballast,
    fence: FencingNumber,
    /// Pages in the write-ahead log after the last transaction.
    log_page_count: u64,
    /// True after a checkpoint of the whole log: the next transaction starts the log anew.
    log_restarts: bool,
}

impl SqliteStore {
    pub(crate) fn new(
        database: PathBuf,
        options: StoreOptions,
        checked: CheckedDatabase,
        ownership: Option<Ownership>,
    ) -> SqliteStore {
        let state = match ownership {
            Some(ownership) => State::Checked {
                ownership: Box::new(ownership),
                stored_fence: checked.stored_fence,
            },
            None => State::ReadOnly,
        };
        let is_sealed = |row: &RootRow| row.is_sealed(options.key.as_ref(), checked.image);
        let vouched = checked.newest.as_ref().is_some_and(is_sealed);
        SqliteStore {
            database,
            options,
            reader: Some(checked.reader),
            page_connection: Arc::new(Mutex::new(PageConnection::ToOpen)),
            state,
            image: checked.image,
            branch: checked.branch,
            map: checked.map,
            next_blob: checked.newest.as_ref().map_or(1, |row| row.next_blob),
            newest: checked.newest,
            stored_fence: checked.stored_fence,
            prunable: checked.prunable,
            roots: checked.past.roots,
            retention: checked.past.retention,
            wave_bytes: 0,
            thinned_us: None,
            schema_version: checked.schema_version,
            encoded: Vec::new(),
            ahead: Vec::new(),
            findings: checked.findings,
            took_reserve: false,
            unfinished: checked.unfinished,
            vouched,
        }
    }

    /// What was found to be wrong, if the store was opened to show as much as can be shown.
    pub fn take_findings(&mut self) -> Vec<StoreError> {
        self.findings.take()
    }

    /// Number and hash of the newest commit, and the newest owner's fencing number.
    pub(crate) fn newest_commit(&self) -> (TransactionId, Digest, FencingNumber) {
        let (transaction, hash) = self
            .newest
            .as_ref()
            .map_or((TransactionId::NONE, Digest::ZERO), |row| (row.transaction, row.hash));
        (transaction, hash, self.stored_fence)
    }

    /// Copies the database as of the read transaction of this store.
    pub(crate) fn copy_database(&self, target: &Path) -> Result<(), StoreError> {
        let reader = self.reader.as_ref().ok_or(StoreError::Poisoned)?;
        schema::copy_database(reader, target, &self.options)
    }

    /// The image's name.
    pub fn image(&self) -> ImageId {
        self.image
    }

    /// The path of `heap.db`.
    pub fn database_path(&self) -> &Path {
        &self.database
    }

    /// Superseded versions and digests: those that can be pruned now, and those that can be once the commits that
    /// see them are not kept any more.
    pub fn superseded_count(&self) -> usize {
        self.prunable.len()
    }

    fn last_transaction(&self) -> TransactionId {
        self.newest.as_ref().map_or(TransactionId::NONE, |row| row.transaction)
    }

    fn reach(&self, phase: Phase) {
        if let Some(hook) = &self.options.phase_hook {
            (hook.0)(phase);
        }
    }

    fn running(&mut self) -> Result<&mut Running, StoreError> {
        match &mut self.state {
            State::Running(running) => Ok(running),
            State::ReadOnly => Err(StoreError::ReadOnly),
            State::Checked { .. } | State::Short(_) | State::Ended => Err(StoreError::Poisoned),
        }
    }

    /// Ends writing for good if `result` is a failure. After a failed write or sync nothing more
    /// goes to the disk but the flag in `head` that says so; the writer's connection is dropped
    /// without the checkpoint SQLite makes at closing.
    fn poison_on_failure<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let failed = std::mem::replace(&mut self.state, State::Ended);
        match failed {
            State::Running(mut running) | State::Short(mut running) if error.is_input_output() => {
                running.head.mark_fsync_failed();
            }
            State::ReadOnly => self.state = State::ReadOnly,
            State::Running(_) | State::Short(_) | State::Checked { .. } | State::Ended => {}
        }
        Err(match error.is_out_of_space() {
            true => StoreError::NoRoom(Box::new(error)),
            false => error,
        })
    }
}

impl Store for SqliteStore {
    fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        SqliteStore::kept_commits(self)
    }

    fn newest_root(&self) -> Result<Option<(TransactionId, RootRecord)>, StoreError> {
        self.newest.as_ref().map(|row| Ok((row.transaction, row.verify(self.image)?))).transpose()
    }

    fn load(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError> {
        self.load_pages(sink)
    }

    fn load_on_demand(&mut self) -> Result<Option<PagesOnDemand>, StoreError> {
        self.pages_on_demand()
    }

    fn page_reader(&mut self) -> Option<Box<dyn PageReader>> {
        Some(self.reader_of_pages())
    }

    fn locate(&self, pages: &[PageNumber]) -> Vec<Option<PageLocation>> {
        self.locate_pages(pages)
    }

    fn is_sealed(&self) -> bool {
        let is_sealed = |row: &RootRow| row.is_sealed(self.options.key.as_ref(), self.image);
        self.newest.as_ref().is_some_and(is_sealed)
    }

    fn unfinished(&self) -> Option<UnfinishedTransaction> {
        self.unfinished
    }

    fn vouch(&mut self) {
        self.vouched = true;
    }

    fn begin(&mut self) -> Result<TransactionId, StoreError> {
        match &self.state {
            State::Running(_) => Ok(self.last_transaction()),
            State::Short(_) => self.take_up_again().map(|()| self.last_transaction()),
            State::ReadOnly => Err(StoreError::ReadOnly),
            State::Ended => Err(StoreError::Poisoned),
            State::Checked { .. } => {
                let result = self.commit_opening();
                self.poison_on_failure(result)
            }
        }
    }

    fn write_ahead(&mut self, part: &Wave) -> Result<(), StoreError> {
        self.with_reserve(|store| store.write_part_ahead(part))
    }

    fn commit(&mut self, wave: &Wave) -> Result<CommitReceipt, StoreError> {
        let written = self.with_reserve(|store| store.write_wave(wave))?;
        let receipt = self.finish_wave(wave, written);
        let receipt = self.poison_on_failure(receipt)?;
        let took_reserve = std::mem::take(&mut self.took_reserve);
        Ok(CommitReceipt { took_reserve, ..receipt })
    }

    fn prune_step(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        self.begin()?;
        let result = self.prune_rows(rows_max);
        self.pause_or_poison(result)
    }

    fn idle(&mut self) -> Result<(), StoreError> {
        self.begin()?;
        let synced = self.sync_head_if_due();
        self.poison_on_failure(synced)?;
        let result = self.work_in_gap();
        self.pause_or_poison(result)
    }

    fn make_room(&mut self) -> Result<(), StoreError> {
        let result = self.make_room_in_files();
        self.pause_or_poison(result)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        // The reader goes first: the connection that closes last removes the write-ahead log.
        self.reader = None;
        self.set_page_connection(PageConnection::Closed);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Running(running) => prune::close_running(*running, self.image),
            State::ReadOnly | State::Checked { .. } | State::Short(_) | State::Ended => Ok(()),
        }
    }
}
