//! What happens between waves: pruning, checkpoints, giving space back, closing.
//!
//! Kept are the newest version of each page and every version some root sees that `head` could name
//! after a crash; all else is deleted in small transactions without a sync of their own. If a crash
//! takes such a transaction back, its rows are found again at opening.

use std::collections::VecDeque;

use rusqlite::{Connection, params};

use super::{Running, SqliteStore, schema};
use crate::store::identity::{FencingNumber, ImageId, PageNumber, TransactionId};
use crate::store::limits::{FREE_DATABASE_PAGE_COUNT_KEPT, VACUUM_PAGE_COUNT_PER_STEP};
use crate::store::page_map::{BlobId, PageVersion, RegionNumber};
use crate::store::wal::LOG_BYTES_PER_PAGE;
use crate::store::{BranchId, Phase, StoreError, Synchronous};

/// A row that newer ones have superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prunable {
    Version { page: PageNumber, birth: TransactionId, blob: Option<BlobId> },
    Region { region: RegionNumber, birth: TransactionId },
    Root { transaction: TransactionId },
}

impl Prunable {
    pub fn version(
        page: PageNumber,
        birth: TransactionId,
        version: Option<PageVersion>,
    ) -> Prunable {
        Prunable::Version { page, birth, blob: version.map(|version| version.blob) }
    }

    fn row_count(&self) -> usize {
        match self {
            Prunable::Version { blob: Some(_), .. } => 2,
            Prunable::Version { .. } | Prunable::Region { .. } | Prunable::Root { .. } => 1,
        }
    }
}

/// Superseded rows in the order of the commits that superseded them.
///
/// A tombstone is entered behind the version it supersedes, by the same commit: it may go once no
/// kept root is older than it, and then the version it hides is gone already.
#[derive(Default)]
pub(crate) struct PruneQueue(VecDeque<(TransactionId, Prunable)>);

impl PruneQueue {
    pub fn push(&mut self, superseded_at: TransactionId, row: Prunable) {
        self.0.push_back((superseded_at, row));
    }

    /// Restores the order after filling the queue from the tables. Stable: a tombstone stays behind
    /// what it hides.
    pub fn sort(&mut self) {
        self.0.make_contiguous().sort_by_key(|(superseded_at, _)| *superseded_at);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many entries, from the front, are superseded at `horizon` and make at most `rows_max` rows.
    fn step(&self, horizon: TransactionId, rows_max: usize) -> usize {
        let mut row_count = 0;
        self.0
            .iter()
            .take_while(|(superseded_at, row)| {
                row_count += row.row_count();
                *superseded_at <= horizon && row_count <= rows_max
            })
            .count()
    }
}

impl SqliteStore {
    pub(super) fn prune_rows(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        let (branch, synchronous) = (self.branch, self.options.synchronous);
        let horizon = self.running()?.head.horizon();
        let count = self.prunable.step(horizon, rows_max);
        if count == 0 {
            return Ok(0);
        }
        let fence = self.running()?.fence;
        begin_unsynced(&self.running()?.writer, fence)?;
        self.reach(Phase::Pruning);
        let mut row_count = 0;
        for (_, row) in self.prunable.0.iter().take(count) {
            let super::State::Running(running) = &self.state else { unreachable!("checked above") };
            delete(&running.writer, branch, row)?;
            row_count += row.row_count();
        }
        self.prunable.0.drain(..count);
        let running = self.running()?;
        commit_unsynced(&running.writer, synchronous)?;
        running.measure_log()?;
        Ok(row_count)
    }

    pub(super) fn work_in_gap(&mut self) -> Result<(), StoreError> {
        self.running()?.head.sync_if_due()?;
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
        let count = |pragma: &str| -> Result<u32, StoreError> {
            let mut statement = running.writer.prepare_cached(pragma).map_err(failed())?;
            statement.query_row([], |row| row.get(0)).map_err(failed())
        };
        let free = count("PRAGMA freelist_count")?;
        let kept = FREE_DATABASE_PAGE_COUNT_KEPT.max(count("PRAGMA page_count")? / 4);
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

fn begin_unsynced(writer: &Connection, fence: FencingNumber) -> Result<(), StoreError> {
    schema::set_synchronous(writer, Synchronous::Normal)?;
    super::commit::begin_fenced(writer, fence)
}

fn commit_unsynced(writer: &Connection, then: Synchronous) -> Result<(), StoreError> {
    super::commit::end_transaction(writer, "cannot commit between waves")?;
    schema::set_synchronous(writer, then)
}

fn delete(writer: &Connection, branch: BranchId, row: &Prunable) -> Result<(), StoreError> {
    let execute = |text: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        let run = || writer.prepare_cached(text)?.execute(values);
        match run().map_err(StoreError::sqlite("cannot prune"))? {
            1 => Ok(()),
            _ => Err(StoreError::damaged(format!("a superseded row is not there: {row:?}"))),
        }
    };
    match *row {
        Prunable::Version { page, birth, blob } => {
            execute(
                "DELETE FROM page_version WHERE branch = ?1 AND page = ?2 AND birth = ?3",
                params![branch.0, page.0, birth],
            )?;
            blob.map_or(Ok(()), |blob| execute("DELETE FROM blob WHERE id = ?1", params![blob.0]))
        }
        Prunable::Region { region, birth } => execute(
            "DELETE FROM region WHERE branch = ?1 AND region = ?2 AND birth = ?3",
            params![branch.0, region.0, birth],
        ),
        Prunable::Root { transaction } => {
            execute("DELETE FROM root WHERE txn = ?1", params![transaction])
        }
    }
}

/// Closes the database of a store nothing failed in: syncs, empties the log, gives up the lock.
pub(super) fn close_running(mut running: Running, image: ImageId) -> Result<(), StoreError> {
    running.head.sync()?;
    // Explicitly, because an error of the checkpoint SQLite makes at closing would not be reported.
    // A reader elsewhere may keep it from completing; then the log stays and is read at opening.
    checkpoint(&running.writer, "TRUNCATE")?;
    schema::checkpoint_on_close(&running.writer, true)?;
    running
        .writer
        .close()
        .map_err(|(_, error)| StoreError::sqlite("cannot close the database")(error))?;
    running.lock.retire(image, running.fence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_takes_what_the_horizon_and_its_size_allow() {
        let mut queue = PruneQueue::default();
        let root = |number| Prunable::Root { transaction: TransactionId(number) };
        let version = Prunable::Version {
            page: PageNumber(1),
            birth: TransactionId(1),
            blob: Some(BlobId(1)),
        };
        queue.push(TransactionId(4), root(3));
        queue.push(TransactionId(2), version);
        queue.push(TransactionId(3), root(2));
        queue.sort();
        assert_eq!(queue.step(TransactionId(1), 10), 0);
        assert_eq!(queue.step(TransactionId(3), 10), 2);
        assert_eq!(queue.step(TransactionId(9), 10), 3);
        assert_eq!(queue.step(TransactionId(9), 2), 1, "a version is two rows");
        assert_eq!(queue.step(TransactionId(9), 1), 0);
    }
}
