//! What happens between waves: pruning, checkpoints, giving space back, closing.
//!
//! Kept are the newest version of each page and every version that a kept commit sees: those that
//! `head` could name after a crash, and those that the rule of retention and the tags keep. All else is
//! deleted in small transactions without a sync of their own. If a crash takes such a transaction
//! back, its rows are found again at opening.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use std::path::Path;

use rusqlite::{Connection, params};

use super::{Running, SqliteStore, past, schema};
use crate::store::history::KeptRoots;
use crate::store::identity::{FencingNumber, ImageId, PageNumber, TransactionId};
use crate::store::limits::{
    FREE_DATABASE_PAGE_COUNT_KEPT, THINNING_INTERVAL_US, VACUUM_PAGE_COUNT_PER_STEP,
};
use crate::store::page_map::{BlobId, PageVersion, RegionNumber};
use crate::store::wal::LOG_BYTES_PER_PAGE;
use crate::store::{BranchId, Phase, StoreError, StoreOptions, Synchronous};

/// About what a row of the page map or of the regions takes beside the body, in bytes.
const ROW_BYTES: u64 = 128;
/// About what the root of a commit of the past takes.
const OLD_ROOT_BYTES: u64 = 640;

/// A row that a newer one has superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Superseded {
    /// With number and length of its body; a tombstone has none.
    Version {
        page: PageNumber,
        birth: TransactionId,
        body: Option<(BlobId, u32)>,
    },
    Region {
        region: RegionNumber,
        birth: TransactionId,
    },
}

impl Superseded {
    pub fn version(
        page: PageNumber,
        birth: TransactionId,
        version: Option<PageVersion>,
    ) -> Superseded {
        let body = version.map(|version| (version.blob, version.length));
        Superseded::Version { page, birth, body }
    }

    fn birth(&self) -> TransactionId {
        match self {
            Superseded::Version { birth, .. } | Superseded::Region { birth, .. } => *birth,
        }
    }

    fn row_count(&self) -> usize {
        match self {
            Superseded::Version { body: Some(_), .. } => 2,
            Superseded::Version { .. } | Superseded::Region { .. } => 1,
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Superseded::Version { body: Some((_, length)), .. } => ROW_BYTES + u64::from(*length),
            Superseded::Version { .. } | Superseded::Region { .. } => ROW_BYTES,
        }
    }
}

/// Superseded rows: those that a kept commit sees, and those that are to be deleted.
///
/// A tombstone that nothing superseded belongs to the newest state, but is needed only as long as there is
/// an older version to hide: until no kept commit is older than it.
#[derive(Default)]
pub(crate) struct PruneQueue {
    /// By the commit that superseded them.
    waiting: BTreeMap<TransactionId, Vec<Superseded>>,
    waiting_bytes: u64,
    tombstones: BTreeMap<PageNumber, TransactionId>,
    tombstones_by_birth: BTreeSet<(TransactionId, PageNumber)>,
    /// In the order in which they are deleted: a tombstone after what it hides.
    ready: VecDeque<Superseded>,
}

impl PruneQueue {
    /// Enters a row that the commit `death` superseded.
    pub fn push(&mut self, death: TransactionId, row: Superseded) {
        self.waiting_bytes += row.bytes();
        self.waiting.entry(death).or_default().push(row);
    }

    /// Enters the tombstone of a page that was freed.
    pub fn push_tombstone(&mut self, page: PageNumber, birth: TransactionId) {
        self.tombstones.insert(page, birth);
        self.tombstones_by_birth.insert((birth, page));
    }

    /// Notes that a commit wrote a page that had no version; its tombstone, if there still is one, is now
    /// superseded like any row.
    pub fn end_tombstone(&mut self, page: PageNumber, death: TransactionId) {
        if let Some(birth) = self.tombstones.remove(&page) {
            self.tombstones_by_birth.remove(&(birth, page));
            self.push(death, Superseded::version(page, birth, None));
        }
    }

    /// Rows that can be deleted now, and those that can be once commits are not kept any more.
    pub fn len(&self) -> usize {
        self.waiting.values().map(Vec::len).sum::<usize>()
            + self.tombstones.len()
            + self.ready.len()
    }

    /// Looks at the rows that commits behind `after` up to `through` superseded, because a commit between was
    /// given up.
    fn release(&mut self, roots: &KeptRoots, after: TransactionId, through: TransactionId) {
        let PruneQueue { waiting, waiting_bytes, ready, .. } = self;
        let mut emptied = Vec::new();
        for (death, rows) in waiting.range_mut(after.next()..=through) {
            rows.retain(|row| {
                let is_seen = roots.see(row.birth(), *death);
                if !is_seen {
                    *waiting_bytes -= row.bytes();
                    ready.push_back(*row);
                }
                is_seen
            });
            if rows.is_empty() {
                emptied.push(*death);
            }
        }
        emptied.iter().for_each(|death| {
            waiting.remove(death);
        });
        let first = roots.first();
        while let Some((birth, page)) = self.tombstones_by_birth.first().copied()
            && first.is_none_or(|first| first >= birth)
        {
            self.tombstones_by_birth.pop_first();
            self.tombstones.remove(&page);
            self.ready.push_back(Superseded::version(page, birth, None));
        }
    }

    /// Looks at every row: after filling the queue from the tables.
    pub fn release_all(&mut self, roots: &KeptRoots) {
        if let Some((last, _)) = self.waiting.last_key_value() {
            self.release(roots, TransactionId::NONE, *last);
        }
        // For the tombstones, if nothing waits.
        self.release(roots, TransactionId::NONE, TransactionId::NONE.next());
    }

    /// Takes what is to be deleted, at most so many rows.
    fn take(&mut self, rows_max: usize, row_count: &mut usize) -> Vec<Superseded> {
        let mut taken = Vec::new();
        while let Some(row) = self.ready.front()
            && *row_count + row.row_count() <= rows_max
        {
            *row_count += row.row_count();
            taken.extend(self.ready.pop_front());
        }
        taken
    }
}

/// What one transaction of pruning does, in this order.
#[derive(Default)]
struct Step {
    /// Roots that go from the table `root` to `old_root`.
    moved: Vec<TransactionId>,
    /// Roots that go from `root` for good.
    given_up: Vec<TransactionId>,
    /// Roots that go from `old_root`.
    forgotten: Vec<TransactionId>,
    rows: Vec<Superseded>,
    row_count: usize,
}

impl SqliteStore {
    pub(super) fn prune_rows(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        let step = self.plan_step(rows_max)?;
        if step.row_count == 0 {
            return Ok(0);
        }
        let (branch, synchronous) = (self.branch, self.options.synchronous);
        let fence = self.running()?.fence;
        begin_unsynced(&self.running()?.writer, fence)?;
        self.reach(Phase::Pruning);
        let running = self.running()?;
        let writer = &running.writer;
        // Commits are given up before what only they see goes.
        step.moved.iter().try_for_each(|root| past::keep_root(writer, *root))?;
        for root in step.moved.iter().chain(&step.given_up) {
            delete_root(writer, "DELETE FROM root WHERE txn = ?1", *root)?;
        }
        for root in &step.forgotten {
            delete_root(writer, "DELETE FROM old_root WHERE txn = ?1", *root)?;
        }
        step.rows.iter().try_for_each(|row| delete(writer, branch, row))?;
        commit_unsynced(writer, synchronous)?;
        running.measure_log()?;
        Ok(step.row_count)
    }

    /// Decides what goes next. Memory is ahead of the database until the step is committed; if that fails,
    /// it is not used any more.
    fn plan_step(&mut self, rows_max: usize) -> Result<Step, StoreError> {
        let mut step = Step::default();
        let horizon = self.running()?.head.horizon();
        let keeps_history = self.retention.keeps_history();
        while let Some(root) = self.roots.leaving(horizon) {
            let is_kept = keeps_history || self.roots.is_tagged(root);
            let cost = 1 + usize::from(is_kept);
            if step.row_count + cost > rows_max {
                break;
            }
            step.row_count += cost;
            self.roots.left(root);
            if is_kept {
                step.moved.push(root);
            } else {
                self.give_up(root);
                step.given_up.push(root);
            }
        }
        self.forget_by_age(rows_max, &mut step);
        self.forget_by_size(rows_max, &mut step);
        step.rows = self.prunable.take(rows_max, &mut step.row_count);
        Ok(step)
    }

    fn give_up(&mut self, root: TransactionId) {
        let next = self.roots.remove(root);
        self.prunable.release(&self.roots, root, next);
    }

    /// Thins out what became too old since the last pass.
    fn forget_by_age(&mut self, rows_max: usize, step: &mut Step) {
        let now_us = (self.options.clock.0)();
        let is_due = self
            .thinned_us
            .is_none_or(|last_us| now_us < last_us || now_us - last_us >= THINNING_INTERVAL_US);
        if !is_due {
            return;
        }
        for root in self.roots.thinned(&self.retention, now_us) {
            if step.row_count >= rows_max {
                return;
            }
            step.row_count += 1;
            self.give_up(root);
            step.forgotten.push(root);
        }
        self.thinned_us = Some(now_us);
    }

    /// Gives the oldest commits up, as many as are too many.
    fn forget_by_size(&mut self, rows_max: usize, step: &mut Step) {
        while step.row_count < rows_max
            && self.history_bytes() > self.history_bytes_max()
            && let Some(root) = self.roots.oldest_removable()
        {
            step.row_count += 1;
            // What goes to `old_root` in this very step is taken back out of it.
            self.give_up(root);
            step.forgotten.push(root);
        }
    }

    /// What the past may have now. Each page of a large wave is in the files twice until what it supersedes is
    /// pruned, and in the log; the past gives that room, so that the files stay within their bound.
    fn history_bytes_max(&self) -> u64 {
        self.retention.bytes_max.saturating_sub(2 * self.wave_bytes)
    }

    /// About how many bytes only commits of the past need.
    fn history_bytes(&self) -> u64 {
        self.prunable.waiting_bytes + self.roots.old_count() as u64 * OLD_ROOT_BYTES
    }

    pub(super) fn sync_head_if_due(&mut self) -> Result<(), StoreError> {
        self.running()?.head.sync_if_due()
    }

    pub(super) fn work_in_gap(&mut self) -> Result<(), StoreError> {
        self.give_space_back()?;
        self.checkpoint_if_long()
    }

    /// Copies the log's pages into the database if there are many, without waiting for readers.
    pub(super) fn checkpoint_if_long(&mut self) -> Result<(), StoreError> {
        let most = self.options.log_bytes_before_checkpoint;
        let running = self.running()?;
        // Right after a checkpoint the log is still long, until the next commit starts it anew.
        let is_done = running.log_restarts;
        if is_done || running.log_page_count * LOG_BYTES_PER_PAGE < most {
            return Ok(());
        }
        self.reach(Phase::Checkpointing);
        let running = self.running()?;
        running.head.sync()?;
        let (_, log, checkpointed) = checkpoint(&running.writer, "PASSIVE")?;
        running.log_page_count = log;
        running.log_restarts = checkpointed == log;
        Ok(())
    }

    /// Shrinks the file by a step if more than a quarter of it is free.
    fn give_space_back(&mut self) -> Result<(), StoreError> {
        let synchronous = self.options.synchronous;
        let running = self.running()?;
        let failed = || StoreError::sqlite("cannot give space back");
        let free = count(&running.writer, "PRAGMA freelist_count")?;
        let all = count(&running.writer, "PRAGMA page_count")?;
        let kept = FREE_DATABASE_PAGE_COUNT_KEPT.max(all / 4);
        if free <= kept {
            return Ok(());
        }
        let step = (free - FREE_DATABASE_PAGE_COUNT_KEPT).min(VACUUM_PAGE_COUNT_PER_STEP);
        begin_unsynced(&running.writer, running.fence)?;
        let vacuum = || -> rusqlite::Result<()> {
            let mut statement =
                running.writer.prepare(&format!("PRAGMA incremental_vacuum({step})"))?;
            let mut rows = statement.query([])?;
            // Each step frees one page: the statement must run to its end.
            while rows.next()?.is_some() {}
            Ok(())
        };
        vacuum().map_err(failed())?;
        commit_unsynced(&running.writer, synchronous)?;
        running.measure_log()?;
        Ok(())
    }
}

impl Running {
    /// Bytes the last transaction added to the log.
    pub(super) fn measure_log(&mut self) -> Result<u64, StoreError> {
        let now = log_page_count(&self.writer)?;
        let has_restarted = self.log_restarts || now < self.log_page_count;
        let added = if has_restarted { now } else { now - self.log_page_count };
        self.log_page_count = now;
        self.log_restarts = false;
        Ok(added * LOG_BYTES_PER_PAGE)
    }
}

/// Pages in the log. Asking for a checkpoint that does nothing is how SQLite tells.
pub(super) fn log_page_count(writer: &Connection) -> Result<u64, StoreError> {
    checkpoint(writer, "NOOP").map(|(_, log, _)| log)
}

/// Runs a checkpoint and returns whether it was kept from completing, the pages in the log, and how
/// many of them are in the database.
fn checkpoint(writer: &Connection, mode: &str) -> Result<(bool, u64, u64), StoreError> {
    let failed = || StoreError::sqlite("cannot checkpoint");
    let mut statement =
        writer.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})")).map_err(failed())?;
    let (busy, log, checkpointed): (i64, i64, i64) = statement
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(failed())?;
    assert!(log >= 0 && checkpointed >= 0, "the database is in WAL mode");
    Ok((busy != 0, log as u64, checkpointed as u64))
}

/// Copies the whole log into the database, syncs that, and cuts the log to nothing.
pub(super) fn empty_log(writer: &Connection) -> Result<(), StoreError> {
    let (was_kept, ..) = checkpoint(writer, "TRUNCATE")?;
    if was_kept {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        let busy = rusqlite::Error::SqliteFailure(busy, None);
        return Err(StoreError::sqlite("cannot checkpoint")(busy));
    }
    Ok(())
}

/// As [`empty_log`], of a database that nobody has open; the log goes.
pub(crate) fn empty_log_of(database: &Path, options: &StoreOptions) -> Result<(), StoreError> {
    let writer = schema::open_writer(database, options)?;
    empty_log(&writer)?;
    schema::remove_log_on_close(&writer)?;
    writer.close().map_err(|(_, error)| StoreError::sqlite("cannot close the database")(error))
}

/// What one of SQLite's counters says.
fn count(writer: &Connection, pragma: &str) -> Result<u32, StoreError> {
    let failed = || StoreError::sqlite("cannot measure the database");
    let mut statement = writer.prepare_cached(pragma).map_err(failed())?;
    statement.query_row([], |row| row.get(0)).map_err(failed())
}

pub(super) fn begin_unsynced(writer: &Connection, fence: FencingNumber) -> Result<(), StoreError> {
    schema::set_synchronous(writer, Synchronous::Normal)?;
    super::commit::begin_fenced(writer, fence)
}

pub(super) fn commit_unsynced(writer: &Connection, then: Synchronous) -> Result<(), StoreError> {
    super::commit::end_transaction(writer, "cannot commit between waves")?;
    schema::set_synchronous(writer, then)
}

fn delete(writer: &Connection, branch: BranchId, row: &Superseded) -> Result<(), StoreError> {
    match *row {
        Superseded::Version { page, birth, body } => {
            delete_one(
                writer,
                "DELETE FROM page_version WHERE branch = ?1 AND page = ?2 AND birth = ?3",
                params![branch.0, page.0, birth],
            )?;
            body.map_or(Ok(()), |(blob, _)| {
                delete_one(writer, "DELETE FROM blob WHERE id = ?1", params![blob.0])
            })
        }
        Superseded::Region { region, birth } => delete_one(
            writer,
            "DELETE FROM region WHERE branch = ?1 AND region = ?2 AND birth = ?3",
            params![branch.0, region.0, birth],
        ),
    }
}

fn delete_root(writer: &Connection, text: &str, root: TransactionId) -> Result<(), StoreError> {
    delete_one(writer, text, params![root])
}

fn delete_one(
    writer: &Connection,
    text: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<(), StoreError> {
    let run = || writer.prepare_cached(text)?.execute(values);
    match run().map_err(StoreError::sqlite("cannot prune"))? {
        1 => Ok(()),
        _ => Err(StoreError::damaged(format!("a superseded row is not there: {text}"))),
    }
}

/// Closes the database of a store nothing failed in: syncs, empties the log, gives up the lock.
pub(super) fn close_running(mut running: Running, image: ImageId) -> Result<(), StoreError> {
    running.head.sync()?;
    // Explicitly, because an error of the checkpoint SQLite makes at closing would not be reported.
    // A reader elsewhere may keep it from completing; then the log stays and is read at opening.
    match checkpoint(&running.writer, "TRUNCATE") {
        Ok((false, 0, _)) => schema::remove_log_on_close(&running.writer)?,
        Ok(_) => {}
        // On a full disk it stays too.
        Err(error) if error.is_out_of_space() => {}
        Err(error) => return Err(error),
    }
    running
        .writer
        .close()
        .map_err(|(_, error)| StoreError::sqlite("cannot close the database")(error))?;
    running.lock.retire(image, running.fence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(page: u32, birth: u64) -> Superseded {
        let body = Some((BlobId(birth as i64), 100));
        Superseded::Version { page: PageNumber(page), birth: TransactionId(birth), body }
    }

    fn roots(numbers: &[u64]) -> KeptRoots {
        let recent = numbers.iter().map(|number| (TransactionId(*number), 0));
        KeptRoots::new(std::iter::empty(), recent, BTreeMap::new())
    }

    fn take(queue: &mut PruneQueue, rows_max: usize) -> Vec<u64> {
        let mut row_count = 0;
        let taken = queue.take(rows_max, &mut row_count);
        assert!(row_count <= rows_max);
        taken.iter().map(|row| row.birth().0).collect()
    }

    #[test]
    fn a_row_goes_when_the_last_commit_that_sees_it_does() {
        let mut queue = PruneQueue::default();
        let mut kept = roots(&[1, 2, 3, 4, 5, 6]);
        queue.push(TransactionId(3), version(1, 1));
        queue.push(TransactionId(5), version(1, 3));
        queue.push(TransactionId(6), version(2, 2));
        queue.release_all(&kept);
        assert!(take(&mut queue, 99).is_empty(), "each is seen");
        let mut give_up = |queue: &mut PruneQueue, number| {
            let next = kept.remove(TransactionId(number));
            queue.release(&kept, TransactionId(number), next);
        };
        // In any order.
        give_up(&mut queue, 4);
        give_up(&mut queue, 1);
        assert!(take(&mut queue, 99).is_empty());
        give_up(&mut queue, 3);
        assert_eq!(take(&mut queue, 99), [3]);
        give_up(&mut queue, 2);
        assert!(take(&mut queue, 1).is_empty(), "a version is two rows");
        assert_eq!(take(&mut queue, 2), [1]);
        give_up(&mut queue, 5);
        assert_eq!(take(&mut queue, 99), [2]);
        assert_eq!((queue.len(), queue.waiting_bytes), (0, 0));
    }

    #[test]
    fn a_tombstone_goes_after_all_that_it_hides() {
        let mut queue = PruneQueue::default();
        let mut kept = roots(&[2, 3, 4]);
        queue.push(TransactionId(3), version(1, 1));
        queue.push_tombstone(PageNumber(1), TransactionId(3));
        queue.release_all(&kept);
        assert!(take(&mut queue, 99).is_empty());
        let next = kept.remove(TransactionId(2));
        queue.release(&kept, TransactionId(2), next);
        assert_eq!(take(&mut queue, 99), [1, 3]);
    }

    #[test]
    fn a_tombstone_of_a_page_that_is_used_again_is_a_row_like_others() {
        let mut queue = PruneQueue::default();
        let mut kept = roots(&[2, 3, 4, 5]);
        queue.push(TransactionId(3), version(1, 1));
        queue.push_tombstone(PageNumber(1), TransactionId(3));
        queue.end_tombstone(PageNumber(1), TransactionId(5));
        queue.end_tombstone(PageNumber(1), TransactionId(6));
        for number in [3, 4] {
            let next = kept.remove(TransactionId(number));
            queue.release(&kept, TransactionId(number), next);
        }
        assert_eq!(take(&mut queue, 99), [3], "commit 2 still sees the version");
        let next = kept.remove(TransactionId(2));
        queue.release(&kept, TransactionId(2), next);
        assert_eq!(take(&mut queue, 99), [1]);
    }
}
