//! The opening commit and the commit of a wave.
//!
//! One transaction holds bodies, map rows, region digests and root, and checks first that this is
//! still the owner. A wave too large for one transaction writes bodies ahead of it; if it never
//! completes, those have numbers from the newest root's `next_blob` on and are deleted at opening.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;

use rusqlite::{Connection, params};

use super::prune::Superseded;
use super::{Ownership, Running, SqliteStore, State, past, schema};
use crate::store::head::HeadFile;
use crate::store::history::CommitCause;
use crate::store::identity::{Digest, FencingNumber, PageNumber, TransactionId};
use crate::store::image::LOG;
use crate::store::limits::{
    COMPRESSION_SAVING_DIVISOR, COUNTED_NUMBER_MAX, PAGE_SIZE_BYTES, TRANSACTION_BODY_BYTES_MAX,
};
use crate::store::page_map::{BlobId, PageVersion, RegionNumber, assert_well_formed, page_hash};
use crate::store::root::{self, ROOT_ROW_BYTES, RootRecord, RootRow};
use crate::store::wave::{CommitReceipt, PageAttributes, Wave, WavePage};
use crate::store::{Phase, StoreError, Synchronous};

/// Bytes of the values in a map row: branch, page, birth, blob, offset, length, hash, attributes.
const MAP_ROW_BYTES: u64 = 16 + 4 + 8 + 8 + 1 + 4 + 32 + 1 + 2 + 4;
/// Bytes of the values in a region row: branch, region, birth, digest.
const REGION_ROW_BYTES: u64 = 16 + 4 + 8 + 32;

/// A changed page, hashed and compressed.
#[derive(Clone)]
pub(super) struct PreparedPage {
    page: PageNumber,
    hash: Digest,
    attributes: PageAttributes,
    /// Number and bytes (in `SqliteStore::encoded`) of the body; `None` for a tombstone.
    body: Option<(BlobId, Range<usize>)>,
}

/// A wave whose transaction is durable.
pub(super) struct WrittenWave {
    row: RootRow,
    prepared: Vec<PreparedPage>,
    region_count: u64,
}

impl PreparedPage {
    fn version(&self, birth: TransactionId) -> Option<PageVersion> {
        let (blob, bytes) = self.body.as_ref()?;
        Some(PageVersion {
            birth,
            hash: self.hash,
            attributes: self.attributes,
            blob: *blob,
            length: bytes.len() as u32,
        })
    }
}

impl SqliteStore {
    /// Takes ownership durably, on top of what the database was found to hold.
    pub(super) fn commit_opening(&mut self) -> Result<TransactionId, StoreError> {
        let State::Checked { ownership, stored_fence } =
            std::mem::replace(&mut self.state, State::Ended)
        else {
            unreachable!("the opening commit is the first thing a checked store does");
        };
        // The checking connection may have been told that nobody writes; a later load opens another.
        self.reader = None;
        self.set_page_connection(super::on_demand::PageConnection::ToOpen);
        let writer = schema::open_writer(&self.database, &self.options)?;
        let announced = ownership.lock.entry().map_or(0, |entry| entry.fence.0);
        // A hostile lock file must not exhaust the numbers.
        let announced = if announced < COUNTED_NUMBER_MAX - 1 { announced } else { 0 };
        let last = announced.max(stored_fence.0);
        let fence = FencingNumber(last + 1);

        let Ownership { lock, head_path, head, ballast } = *ownership;
        let mut head = HeadFile::open(&head_path, &head)?;
        let mut written = self
            .sync_found_log()
            .and_then(|()| self.write_opening(&writer, &mut head, stored_fence, fence));
        // An error of SQLite's: one of `head` comes when the transaction is durable.
        if let Err(error @ StoreError::Sqlite { .. }) = &written
            && error.is_out_of_space()
            && ballast.give_up()
        {
            take_back(&writer)?;
            written = self.write_opening(&writer, &mut head, stored_fence, fence);
        }
        if written.as_ref().is_err_and(StoreError::is_input_output) {
            head.mark_fsync_failed();
        }
        written?;
        lock.announce(self.image, fence)?;
        let log_page_count = super::prune::log_page_count(&writer)?;
        // An image that fits as it is may be run without a reserve.
        match ballast.make() {
            Err(error) if !error.is_out_of_space() => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let running =
            Running { writer, head, lock, ballast, fence, log_page_count, log_restarts: false };
        self.state = State::Running(Box::new(running));
        Ok(self.last_transaction())
    }

    /// Makes durable what the log was found to hold: a process that was killed before its sync may have
    /// left a commit there that only the system's cache has. Were the opening commit written behind it first, a power
    /// cut could keep this one and lose that one, which looks like the loss of an acknowledged commit
    /// (`crate::store::wal`).
    fn sync_found_log(&self) -> Result<(), StoreError> {
        let path = self.database.with_file_name(LOG);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(StoreError::io("cannot open", &path)(error)),
        };
        let length = file.metadata().map_err(StoreError::io("cannot look at", &path))?.len();
        if length == 0 {
            return Ok(());
        }
        file.sync_data().map_err(StoreError::io("cannot sync", &path))
    }

    /// The transaction of the opening commit, and `head` after it.
    fn write_opening(
        &mut self,
        writer: &Connection,
        head: &mut HeadFile,
        stored_fence: FencingNumber,
        fence: FencingNumber,
    ) -> Result<(), StoreError> {
        let failed = || StoreError::sqlite("cannot make the opening commit");
        let record = self.newest.as_ref().map(|row| row.verify(self.image)).transpose()?;
        begin_fenced(writer, stored_fence)?;
        let write = || -> rusqlite::Result<()> {
            schema::upgrade(writer, self.schema_version)?;
            writer.execute("UPDATE image SET fence = ?1 WHERE id = 1", [fence])?;
            writer.execute("DELETE FROM blob WHERE id >= ?1", [self.next_blob])?;
            Ok(())
        };
        write().map_err(failed())?;
        let row = record.map(|mut record| {
            record.set_cause(CommitCause::Opening);
            self.next_root(&record, fence)
        });
        if let Some(row) = &row {
            insert_root(writer, row)?;
        }
        writer.execute_batch("COMMIT").map_err(failed())?;
        self.schema_version = schema::SCHEMA_VERSION;
        if let Some(row) = row {
            self.reach(Phase::Committed);
            head.write(row.transaction, row.hash)?;
            self.adopt_root(row);
        }
        head.sync()
    }

    /// Writes a wave up to the end of its transaction.
    pub(super) fn write_wave(&mut self, wave: &Wave) -> Result<WrittenWave, StoreError> {
        assert_well_formed(wave);
        let birth = self.last_transaction().next();
        let parts = self.parts_of(wave);
        let (last_part, earlier_parts) = parts.split_last().expect("there is a last part");
        let (mut prepared, superseded) = self.ahead_but_for(wave);
        for part in earlier_parts {
            let from = prepared.len();
            self.prepare(wave, part, birth, &mut prepared);
            self.commit_bodies_ahead(&prepared[from..])?;
        }
        let from = prepared.len();
        self.prepare(wave, last_part, birth, &mut prepared);
        self.reach(Phase::BeforeBegin);

        let fence = self.running()?.fence;
        begin_fenced(&self.running()?.writer, fence)?;
        self.delete_bodies(&superseded)?;
        self.insert_bodies(&prepared[from..])?;
        self.reach(Phase::BlobsWritten);
        self.insert_versions(&prepared, birth)?;
        let digests = self.map.redigest(prepared.iter().map(|page| page.page));
        self.insert_regions(&digests, birth)?;
        let row = self.next_root(&wave.roots, fence);
        assert_eq!(row.transaction, birth, "commits are numbered without gaps");
        insert_root(&self.running()?.writer, &row)?;
        past::write_tags(&self.running()?.writer, &wave.tags, birth)?;
        self.reach(Phase::BeforeCommit);
        end_transaction(&self.running()?.writer, "cannot commit")?;
        self.reach(Phase::Committed);
        Ok(WrittenWave { row, prepared, region_count: digests.len() as u64 })
    }

    /// Lets `head` and memory know of a wave that is durable.
    pub(super) fn finish_wave(
        &mut self,
        wave: &Wave,
        written: WrittenWave,
    ) -> Result<CommitReceipt, StoreError> {
        let WrittenWave { row, prepared, region_count } = written;
        self.ahead.clear();
        let birth = row.transaction;
        let root_hash = row.hash;
        let seal_bytes = row.seal.map_or(0, |seal| seal.0.len() as u64);
        self.running()?.head.write(birth, root_hash)?;
        self.adopt_root(row);
        wave.tags.iter().for_each(|tag| self.roots.set_tag(tag, Some(birth)));
        self.reach(Phase::HeadWritten);
        let log_bytes = self.running()?.measure_log()?;
        self.running()?.head.count_log_bytes(log_bytes);
        let body_bytes = body_bytes(&prepared);
        self.wave_bytes = body_bytes.max(self.wave_bytes - self.wave_bytes / 8);
        let tombstone_count = prepared.iter().filter(|page| page.body.is_none()).count() as u32;
        Ok(CommitReceipt {
            transaction: birth,
            root_hash,
            page_count: prepared.len() as u32 - tombstone_count,
            tombstone_count,
            body_bytes,
            map_row_bytes: prepared.len() as u64 * MAP_ROW_BYTES,
            region_row_bytes: region_count * REGION_ROW_BYTES,
            root_bytes: ROOT_ROW_BYTES + seal_bytes,
            log_bytes,
            took_reserve: false,
        })
    }

    /// Cuts a wave into parts whose bodies fit one transaction. Freed pages the store never had are
    /// left out: there is nothing to hide.
    fn parts_of(&self, wave: &Wave) -> Vec<Vec<WavePage>> {
        let mut parts = vec![Vec::new()];
        let mut bytes = 0;
        for page in &wave.pages {
            if page.body.is_none() && self.map.get(page.page).is_none() {
                continue;
            }
            if bytes >= TRANSACTION_BODY_BYTES_MAX {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += if page.body.is_some() { PAGE_SIZE_BYTES } else { 0 };
            parts.last_mut().expect("never empty").push(*page);
        }
        parts
    }

    /// Hashes and compresses, before any transaction is open.
    fn prepare(
        &mut self,
        wave: &Wave,
        part: &[WavePage],
        birth: TransactionId,
        prepared: &mut Vec<PreparedPage>,
    ) {
        self.encoded.clear();
        for changed in part {
            let body = wave.body(changed);
            let attributes =
                if body.is_some() { changed.attributes } else { PageAttributes::default() };
            let hash = page_hash(self.branch, changed.page, birth, attributes, body);
            let body = body.map(|body| {
                let blob = BlobId(self.next_blob);
                self.next_blob += 1;
                (blob, append_encoded(body, &mut self.encoded))
            });
            prepared.push(PreparedPage { page: changed.page, hash, attributes, body });
        }
    }

    /// Writes a part of the next commit ahead of it. What later parts have too is forgotten.
    pub(super) fn write_part_ahead(&mut self, part: &Wave) -> Result<(), StoreError> {
        assert_well_formed(part);
        let birth = self.last_transaction().next();
        let (mut ahead, superseded) = self.ahead_but_for(part);
        for pages in self.parts_of(part) {
            let mut prepared = Vec::with_capacity(pages.len());
            self.prepare(part, &pages, birth, &mut prepared);
            self.commit_bodies_ahead(&prepared)?;
            ahead.append(&mut prepared);
        }
        // Until here an error leaves the parts before this one as they were.
        if !superseded.is_empty() {
            let (fence, synchronous) = (self.running()?.fence, self.options.synchronous);
            super::prune::begin_unsynced(&self.running()?.writer, fence)?;
            self.delete_bodies(&superseded)?;
            super::prune::commit_unsynced(&self.running()?.writer, synchronous)?;
        }
        self.ahead = ahead;
        Ok(())
    }

    /// What was written ahead, without the pages of this wave, and the bodies of those.
    fn ahead_but_for(&self, wave: &Wave) -> (Vec<PreparedPage>, Vec<BlobId>) {
        if self.ahead.is_empty() {
            return (Vec::with_capacity(wave.pages.len()), Vec::new());
        }
        let pages: BTreeSet<PageNumber> = wave.pages.iter().map(|page| page.page).collect();
        let (superseded, kept): (Vec<PreparedPage>, Vec<PreparedPage>) =
            self.ahead.iter().cloned().partition(|page| pages.contains(&page.page));
        let bodies = superseded.iter().filter_map(|page| page.body.as_ref()).map(|body| body.0);
        (kept, bodies.collect())
    }

    /// The number behind the bodies that were written ahead, if there are any.
    pub(super) fn after_ahead(&self) -> Option<i64> {
        let bodies = self.ahead.iter().filter_map(|page| page.body.as_ref());
        bodies.map(|(blob, _)| blob.0 + 1).max()
    }

    fn delete_bodies(&mut self, bodies: &[BlobId]) -> Result<(), StoreError> {
        let writer = &self.running()?.writer;
        let delete = || -> rusqlite::Result<()> {
            let mut statement = writer.prepare_cached("DELETE FROM blob WHERE id = ?1")?;
            bodies.iter().try_for_each(|blob| statement.execute([blob.0]).map(drop))
        };
        delete().map_err(StoreError::sqlite("cannot remove what a commit wrote ahead"))
    }

    /// Writes bodies in a transaction of their own. It needs no sync: that of the transaction that
    /// names them covers the log up to there.
    fn commit_bodies_ahead(&mut self, prepared: &[PreparedPage]) -> Result<(), StoreError> {
        let fence = self.running()?.fence;
        schema::set_synchronous(&self.running()?.writer, Synchronous::Normal)?;
        begin_fenced(&self.running()?.writer, fence)?;
        self.insert_bodies(prepared)?;
        let synchronous = self.options.synchronous;
        let running = self.running()?;
        end_transaction(&running.writer, "cannot write the bodies of a large commit")?;
        schema::set_synchronous(&running.writer, synchronous)?;
        running.measure_log()?;
        self.checkpoint_if_long()
    }

    fn insert_bodies(&mut self, prepared: &[PreparedPage]) -> Result<(), StoreError> {
        let encoded = std::mem::take(&mut self.encoded);
        let writer = &self.running()?.writer;
        let write = || -> rusqlite::Result<()> {
            let mut statement =
                writer.prepare_cached("INSERT INTO blob(id, data) VALUES(?1, ?2)")?;
            for (blob, bytes) in prepared.iter().filter_map(|page| page.body.as_ref()) {
                statement.execute(params![blob.0, &encoded[bytes.clone()]])?;
            }
            Ok(())
        };
        write().map_err(StoreError::sqlite("cannot write the pages"))?;
        self.encoded = encoded;
        Ok(())
    }

    /// Writes the map rows and brings the map in memory up to date with them.
    fn insert_versions(
        &mut self,
        prepared: &[PreparedPage],
        birth: TransactionId,
    ) -> Result<(), StoreError> {
        let branch = self.branch;
        let writer = &self.running()?.writer;
        let write = || -> rusqlite::Result<()> {
            let mut statement = writer.prepare_cached(
                "INSERT INTO page_version(branch, page, birth, blob, offset, length, hash, \
                 page_type, free, run_owner) VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for page in prepared {
                let (blob, length) = match &page.body {
                    Some((blob, bytes)) => (Some(blob.0), bytes.len() as i64),
                    None => (None, 0),
                };
                statement.execute(params![
                    branch.0,
                    page.page.0,
                    birth,
                    blob,
                    length,
                    page.hash.0,
                    page.attributes.page_type,
                    page.attributes.free_granules,
                    page.attributes.run_owner,
                ])?;
            }
            Ok(())
        };
        write().map_err(StoreError::sqlite("cannot write the page map"))?;
        for page in prepared {
            let version = page.version(birth);
            match self.map.replace(page.page, version) {
                Some(old) => {
                    self.prunable.push(birth, Superseded::version(page.page, old.birth, Some(old)))
                }
                None => self.prunable.end_tombstone(page.page, birth),
            }
            if version.is_none() {
                self.prunable.push_tombstone(page.page, birth);
            }
        }
        Ok(())
    }

    fn insert_regions(
        &mut self,
        digests: &[(RegionNumber, Digest)],
        birth: TransactionId,
    ) -> Result<(), StoreError> {
        let branch = self.branch;
        let writer = &self.running()?.writer;
        let write = || -> rusqlite::Result<Vec<(RegionNumber, TransactionId)>> {
            let mut superseded = Vec::with_capacity(digests.len());
            let mut find = writer.prepare_cached(
                "SELECT max(birth) FROM region WHERE branch = ?1 AND region = ?2",
            )?;
            let mut insert = writer.prepare_cached(
                "INSERT INTO region(branch, region, birth, digest) VALUES(?1, ?2, ?3, ?4)",
            )?;
            for (region, digest) in digests {
                let old: Option<TransactionId> =
                    find.query_row(params![branch.0, region.0], |row| row.get(0))?;
                superseded.extend(old.map(|old| (*region, old)));
                insert.execute(params![branch.0, region.0, birth, digest.0])?;
            }
            Ok(superseded)
        };
        let superseded = write().map_err(StoreError::sqlite("cannot write the region digests"))?;
        for (region, old) in superseded {
            self.prunable.push(birth, Superseded::Region { region, birth: old });
        }
        Ok(())
    }

    /// The root that follows the newest one, over the map as it is in memory.
    fn next_root(&self, record: &RootRecord, fence: FencingNumber) -> RootRow {
        let transaction = self.last_transaction().next();
        let mut row = RootRow {
            transaction,
            branch: self.branch,
            time_us: (self.options.clock.0)(),
            fence,
            next_blob: self.next_blob,
            envelope: root::seal(record, self.image, transaction),
            regions: self.map.digest_of_regions(),
            previous: self.newest.as_ref().map_or(Digest::ZERO, |row| row.hash),
            hash: Digest::ZERO,
            seal: None,
        };
        row.hash = row.compute_hash();
        if self.vouched
            && let Some(key) = &self.options.key
        {
            row.seal = Some(key.seal(self.image, row.hash));
        }
        row
    }

    /// Makes a durable root the newest one.
    fn adopt_root(&mut self, row: RootRow) {
        self.roots.push(row.transaction, row.time_us);
        self.newest = Some(row);
    }
}

/// Opens a transaction and makes sure that no later owner has taken the image over.
pub(super) fn begin_fenced(writer: &Connection, fence: FencingNumber) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot begin a transaction");
    let read = || -> rusqlite::Result<FencingNumber> {
        writer.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        writer
            .prepare_cached("SELECT fence FROM image WHERE id = 1")?
            .query_row([], |row| row.get(0))
    };
    let found = read().map_err(failed())?;
    if found == fence {
        return Ok(());
    }
    writer.execute_batch("ROLLBACK").map_err(failed())?;
    Err(StoreError::Fenced { ours: fence.0, found: found.0 })
}

/// Takes the open transaction back, if SQLite has not done it.
pub(super) fn take_back(writer: &Connection) -> Result<(), StoreError> {
    if writer.is_autocommit() {
        return Ok(());
    }
    writer.execute_batch("ROLLBACK").map_err(StoreError::sqlite("cannot take a transaction back"))
}

/// Commits the open transaction; `failed` says what was not done if it cannot be.
pub(super) fn end_transaction(writer: &Connection, failed: &'static str) -> Result<(), StoreError> {
    let commit = || writer.prepare_cached("COMMIT")?.execute([]);
    commit().map(|_| ()).map_err(StoreError::sqlite(failed))
}

fn insert_root(writer: &Connection, row: &RootRow) -> Result<(), StoreError> {
    let write = || -> rusqlite::Result<usize> {
        writer
            .prepare_cached(
                "INSERT INTO root(txn, branch, time, fence, next_blob, roots, regions, previous, \
                 hash, seal) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                row.transaction,
                row.branch.0,
                row.time_us,
                row.fence,
                row.next_blob,
                row.envelope,
                row.regions.0,
                row.previous.0,
                row.hash.0,
                row.seal.map(|seal| seal.0),
            ])
    };
    write().map(|_| ()).map_err(StoreError::sqlite("cannot write the root"))
}

/// Appends a body, compressed if that saves enough, and returns where it stands. A body that was not
/// compressed is told by its length.
fn append_encoded(body: &[u8], encoded: &mut Vec<u8>) -> Range<usize> {
    let start = encoded.len();
    encoded.resize(start + lz4_flex::block::get_maximum_output_size(body.len()), 0);
    let length = lz4_flex::block::compress_into(body, &mut encoded[start..])
        .expect("the buffer has the size the compressor asks for");
    encoded.truncate(start + length);
    if length > body.len() - body.len() / COMPRESSION_SAVING_DIVISOR {
        encoded.truncate(start);
        encoded.extend_from_slice(body);
    }
    start..encoded.len()
}

fn body_bytes(prepared: &[PreparedPage]) -> u64 {
    prepared.iter().filter_map(|page| page.body.as_ref()).map(|(_, bytes)| bytes.len() as u64).sum()
}
