//! What is checked when a database is opened, and reading the pages.
//!
//! Everything here goes through the connection that cannot write: an image that is refused is left as
//! it was found.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::past::{self, Past};
use super::prune::{PruneQueue, Superseded};
use super::schema::{self, Concurrency};
use super::{SqliteStore, State};
use crate::store::findings::Findings;
use crate::store::head::HeadSlot;
use crate::store::identity::{BranchId, Digest, FencingNumber, ImageId, PageNumber, TransactionId};
use crate::store::limits::{
    COUNTED_NUMBER_MAX, PAGE_COUNT_MAX, PAGE_SIZE_BYTES, REGION_PAGE_COUNT,
};
use crate::store::page_map::{BlobId, PageMap, PageVersion, RegionNumber, page_hash};
use crate::store::root::RootRow;
use crate::store::wave::PageAttributes;
use crate::store::{PageSink, StoreError, StoreOptions, UnfinishedTransaction};

/// A database whose roots, regions and page map were found to agree. A read transaction is open on
/// `reader`, so that what was checked is what will be loaded.
pub(crate) struct CheckedDatabase {
    pub reader: Connection,
    pub image: ImageId,
    pub branch: BranchId,
    pub stored_fence: FencingNumber,
    pub map: PageMap,
    pub newest: Option<RootRow>,
    pub prunable: PruneQueue,
    pub past: Past,
    pub schema_version: u32,
    pub findings: Findings,
    /// What the log holds behind its last whole transaction, if it was looked at.
    pub unfinished: Option<UnfinishedTransaction>,
}

impl CheckedDatabase {
    /// Opens and checks a database without changing it. `head` is what the file of that name says;
    /// `None` when a live owner may be writing it.
    pub fn open(
        path: &Path,
        options: &StoreOptions,
        head: Option<&HeadSlot>,
        concurrency: Concurrency,
        mut findings: Findings,
    ) -> Result<CheckedDatabase, StoreError> {
        let reader = schema::open_reader(path, options, concurrency)?;
        let failed = || StoreError::sqlite("cannot read the database");
        reader.execute_batch("BEGIN").map_err(failed())?;
        let schema_version = schema::check_schema(&reader, path)?;
        let (image, branch, stored_fence) = read_image(&reader)?;
        let rows = read_roots(&reader, schema_version).map_err(failed())?;
        if let Some(head) = head {
            findings.check(compare_with_head(head, image, &rows))?;
        }
        let past = past::read(&reader, schema_version, &rows)?;
        let shown =
            options.commit.as_ref().map(|name| past::find(&past.roots, name)).transpose()?;
        let shown =
            shown.map(|at| past::find_root(&reader, schema_version, &rows, at)).transpose()?;
        let newest = check_roots(rows, image, branch, stored_fence, &mut findings)?;
        let newest = match shown {
            Some(row) => check_roots(vec![row], image, branch, stored_fence, &mut findings)?,
            None => newest,
        };
        let mut prunable = PruneQueue::default();
        let births_max = match (&options.commit, &newest) {
            (Some(_), Some(newest)) => newest.transaction.0 as i64,
            _ => i64::MAX,
        };
        let shown = Shown { branch, newest: newest.as_ref(), births_max };
        let map = read_map(&reader, shown, &mut prunable, &mut findings)?;
        prunable.release_all(&past.roots);
        Ok(CheckedDatabase {
            reader,
            image,
            branch,
            stored_fence,
            map,
            newest,
            prunable,
            past,
            schema_version,
            findings,
            unfinished: None,
        })
    }
}

fn read_image(reader: &Connection) -> Result<(ImageId, BranchId, FencingNumber), StoreError> {
    let failed = || StoreError::sqlite("cannot read the table 'image'");
    let (image, branch, fence) = reader
        .query_row("SELECT image, branch, fence FROM image WHERE id = 1", [], |row| {
            Ok((ImageId(row.get(0)?), BranchId(row.get(1)?), row.get(2)?))
        })
        .map_err(failed())?;
    let other_branches: i64 = reader
        .query_row(
            "SELECT count(*) FROM branch WHERE id <> ?1 OR parent IS NOT NULL",
            [branch.0],
            |row| row.get(0),
        )
        .map_err(failed())?;
    let is_known: Option<i64> = reader
        .query_row("SELECT 1 FROM branch WHERE id = ?1", [branch.0], |row| row.get(0))
        .optional()
        .map_err(failed())?;
    if other_branches != 0 || is_known.is_none() {
        return Err(StoreError::damaged("the table 'branch' does not hold exactly the one branch"));
    }
    Ok((image, branch, fence))
}

/// All roots that `head` could name, oldest first. There are few: the others are in `old_root`.
fn read_roots(reader: &Connection, schema_version: u32) -> rusqlite::Result<Vec<RootRow>> {
    let columns = past::root_columns(schema_version);
    reader
        .prepare(&format!("SELECT {columns} FROM root ORDER BY txn"))?
        .query_map([], past::root_of)?
        .collect()
}

/// The root numbered in `head` must be there with its hash; a newer one may be there.
fn compare_with_head(head: &HeadSlot, image: ImageId, rows: &[RootRow]) -> Result<(), StoreError> {
    if head.image != image {
        return Err(StoreError::damaged(format!(
            "'head' belongs to image {}, the database to image {image}",
            head.image
        )));
    }
    let found = rows.last().map_or(TransactionId::NONE, |row| row.transaction);
    if found < head.transaction {
        return Err(StoreError::CommitsLost { acknowledged: head.transaction, found });
    }
    if head.transaction == TransactionId::NONE {
        return Ok(());
    }
    match rows.iter().find(|row| row.transaction == head.transaction) {
        Some(row) if row.hash == head.root_hash => Ok(()),
        Some(_) => Err(StoreError::damaged(format!(
            "root {} is not the one 'head' names",
            head.transaction
        ))),
        None => Err(StoreError::damaged(format!(
            "root {}, which 'head' names, is missing though root {found} exists",
            head.transaction
        ))),
    }
}

/// Checks every root against its hash and the one before, and returns the newest.
fn check_roots(
    rows: Vec<RootRow>,
    image: ImageId,
    branch: BranchId,
    stored_fence: FencingNumber,
    findings: &mut Findings,
) -> Result<Option<RootRow>, StoreError> {
    let mut newest: Option<RootRow> = None;
    for row in rows {
        if let Err(error) = row.verify(image) {
            findings.note(error)?;
            continue;
        }
        let transaction = row.transaction;
        let mut damaged =
            |what| findings.note(StoreError::damaged(format!("root {transaction}: {what}")));
        let blob_number_is_possible = (1..COUNTED_NUMBER_MAX as i64).contains(&row.next_blob);
        if row.branch != branch || row.fence > stored_fence || !blob_number_is_possible {
            damaged("its branch, fencing number or blob number cannot be")?;
            continue;
        }
        if let Some(before) = newest
            && (row.transaction != before.transaction.next() || row.previous != before.hash)
        {
            damaged("it does not follow the root before it")?;
        }
        newest = Some(row);
    }
    Ok(newest)
}

/// The state that is read.
#[derive(Clone, Copy)]
struct Shown<'a> {
    branch: BranchId,
    newest: Option<&'a RootRow>,
    /// Rows of later commits are passed over, if a commit of the past is shown.
    births_max: i64,
}

/// A row of `page_version` as it stands there, checked for ranges.
struct VersionRow {
    page: PageNumber,
    birth: TransactionId,
    /// `None` for a tombstone.
    version: Option<PageVersion>,
}

/// Reads the page map, compares each region with its digest and all regions with the root.
fn read_map(
    reader: &Connection,
    shown: Shown<'_>,
    prunable: &mut PruneQueue,
    findings: &mut Findings,
) -> Result<PageMap, StoreError> {
    let mut map = PageMap::new();
    let mut last: Option<VersionRow> = None;
    read_versions(reader, shown, findings, |row| {
        if let Some(last) = last.take_if(|last| last.page == row.page) {
            prunable.push(row.birth, Superseded::version(last.page, last.birth, last.version));
        } else if let Some(last) = last.take() {
            note_newest(&last, prunable);
        }
        map.replace(row.page, row.version);
        last = Some(row);
    })?;
    if let Some(last) = last {
        note_newest(&last, prunable);
    }
    read_regions(reader, shown, &mut map, prunable, findings)?;
    findings.check(map.verify_all_regions_seen())?;
    match shown.newest {
        Some(newest) if newest.regions == map.digest_of_regions() => {}
        None if map.pages().next().is_none() => {}
        _ => findings
            .note(StoreError::damaged("the newest root does not cover the page map found"))?,
    }
    Ok(map)
}

/// Enters the newest version of a page, if it is a tombstone.
fn note_newest(row: &VersionRow, prunable: &mut PruneQueue) {
    if row.version.is_none() {
        prunable.push_tombstone(row.page, row.birth);
    }
}

fn read_versions(
    reader: &Connection,
    shown: Shown<'_>,
    findings: &mut Findings,
    mut each: impl FnMut(VersionRow),
) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot read the page map");
    let mut statement = reader
        .prepare(
            "SELECT page, birth, blob, offset, length, hash, page_type, free, run_owner \
             FROM page_version WHERE branch = ?1 AND birth <= ?2 ORDER BY page, birth",
        )
        .map_err(failed())?;
    let mut rows = statement.query(params![shown.branch.0, shown.births_max]).map_err(failed())?;
    loop {
        match rows.next() {
            Ok(None) => return Ok(()),
            Ok(Some(row)) => match read_version(row, shown) {
                Ok(version) => each(version),
                Err(error) => findings.note(error)?,
            },
            // What SQLite cannot read ends the table.
            Err(error) => return findings.note(failed()(error)),
        }
    }
}

fn read_version(row: &Row<'_>, shown: Shown<'_>) -> Result<VersionRow, StoreError> {
    let (last_transaction, next_blob) =
        shown.newest.map_or((0, 1), |newest| (newest.transaction.0, newest.next_blob));
    let read = || -> rusqlite::Result<_> {
        let attributes = PageAttributes {
            page_type: row.get(6)?,
            free_granules: row.get(7)?,
            run_owner: row.get(8)?,
        };
        let numbers: (u32, TransactionId, Option<i64>, i64, u32) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok((numbers, Digest(row.get(5)?), attributes))
    };
    let ((page, birth, blob, offset, length), hash, attributes) =
        read().map_err(StoreError::sqlite("cannot read the page map"))?;
    let page = PageNumber(page);
    let damaged =
        |reason: &str| StoreError::PageDamaged { page, birth, reason: reason.to_string() };
    if page.0 >= PAGE_COUNT_MAX || birth.0 == 0 || birth.0 > last_transaction || offset != 0 {
        return Err(damaged("has a row no commit wrote"));
    }
    let Some(blob) = blob else {
        let expected = page_hash(shown.branch, page, birth, attributes, None);
        if length != 0 || hash != expected {
            return Err(damaged("has a tombstone without its hash"));
        }
        return Ok(VersionRow { page, birth, version: None });
    };
    if blob < 1 || blob >= next_blob || length == 0 || length as usize > PAGE_SIZE_BYTES {
        return Err(damaged("names a body that cannot be"));
    }
    let version = PageVersion { birth, hash, attributes, blob: BlobId(blob), length };
    Ok(VersionRow { page, birth, version: Some(version) })
}

fn read_regions(
    reader: &Connection,
    shown: Shown<'_>,
    map: &mut PageMap,
    prunable: &mut PruneQueue,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let read = || -> rusqlite::Result<Vec<(u32, TransactionId, [u8; 32])>> {
        reader
            .prepare(
                "SELECT region, birth, digest FROM region WHERE branch = ?1 AND birth <= ?2 \
                 ORDER BY region, birth",
            )?
            .query_map(params![shown.branch.0, shown.births_max], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect()
    };
    let rows = read().map_err(StoreError::sqlite("cannot read the region digests"))?;
    let last_transaction = shown.newest.map_or(TransactionId::NONE, |newest| newest.transaction);
    for (index, (region, birth, digest)) in rows.iter().enumerate() {
        if u64::from(*region) >= u64::from(PAGE_COUNT_MAX) / REGION_PAGE_COUNT as u64
            || *birth > last_transaction
        {
            let what = format!("region {region} has a row no commit wrote");
            findings.note(StoreError::damaged(what))?;
            continue;
        }
        let region = RegionNumber(*region);
        match rows.get(index + 1) {
            Some((next, next_birth, _)) if *next == region.0 => {
                prunable.push(*next_birth, Superseded::Region { region, birth: *birth })
            }
            _ => findings.check(map.verify_region(region, Digest(*digest)))?,
        }
    }
    Ok(())
}

impl SqliteStore {
    pub(super) fn load_pages(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError> {
        self.load_pages_if(|_, _| true, sink)
    }

    /// As `load`, of the pages that are wanted.
    pub(super) fn load_pages_if(
        &mut self,
        is_wanted: impl Fn(PageNumber, &PageVersion) -> bool,
        sink: &mut PageSink<'_>,
    ) -> Result<(), StoreError> {
        if matches!(self.state, State::Ended) {
            return Err(StoreError::Poisoned);
        }
        if self.reader.is_none() {
            let reader = schema::open_reader(&self.database, &self.options, Concurrency::Shared)?;
            self.reader = Some(reader);
        }
        let reader = self.reader.as_ref().expect("opened above");
        let mut select =
            reader.prepare(SELECT_BODY).map_err(StoreError::sqlite("cannot read the pages"))?;
        let mut body = vec![0; PAGE_SIZE_BYTES];
        for (page, version) in self.map.pages().filter(|(page, version)| is_wanted(*page, version))
        {
            let result = read_page(&mut select, self.branch, page, version, &mut body)
                .and_then(|()| sink(page, version.attributes, &body));
            self.findings.check(result)?;
        }
        Ok(())
    }
}

fn damaged_page(page: PageNumber, version: &PageVersion, reason: &str) -> StoreError {
    StoreError::PageDamaged { page, birth: version.birth, reason: reason.to_string() }
}

/// The statement for [`read_page`].
pub(super) const SELECT_BODY: &str = "SELECT data FROM blob WHERE id = ?1";

/// Reads one page into `body`, and checks it against its hash.
pub(super) fn read_page(
    select: &mut Statement<'_>,
    branch: BranchId,
    page: PageNumber,
    version: &PageVersion,
    body: &mut [u8],
) -> Result<(), StoreError> {
    read_body(select, page, version, body)?;
    let found = page_hash(branch, page, version.birth, version.attributes, Some(body));
    if found == version.hash {
        return Ok(());
    }
    Err(damaged_page(page, version, "does not have its hash"))
}

/// Reads one body into `body`, whatever its form; that it is the right one only its hash tells.
fn read_body(
    select: &mut Statement<'_>,
    page: PageNumber,
    version: &PageVersion,
    body: &mut [u8],
) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot read a page");
    let mut rows = select.query([version.blob.0]).map_err(failed())?;
    let row =
        rows.next().map_err(failed())?.ok_or_else(|| damaged_page(page, version, "has no body"))?;
    let data = row
        .get_ref(0)
        .map_err(failed())?
        .as_blob()
        .map_err(|_| damaged_page(page, version, "has a body that is no blob"))?;
    if data.len() != version.length as usize {
        return Err(damaged_page(page, version, "has a body of another length"));
    }
    if data.len() == PAGE_SIZE_BYTES {
        body.copy_from_slice(data);
        return Ok(());
    }
    match lz4_flex::block::decompress_into(data, body) {
        Ok(PAGE_SIZE_BYTES) => Ok(()),
        Ok(_) | Err(_) => Err(damaged_page(page, version, "cannot be expanded")),
    }
}
