//! The tables of the past: `old_root`, `tag` and `setting`, and what is done with them.
//!
//! A root moves from `root` to `old_root` when `head` can no longer name it. There its envelope is
//! compressed: most of it is words that no machine uses yet.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{CheckedDatabase, Concurrency, SqliteStore, State, commit};
use crate::store::findings::Findings;
use crate::store::history::{CommitName, KeptCommit, KeptRoots, Retention};
use crate::store::identity::{BranchId, Digest, TransactionId};
use crate::store::root::{ENVELOPE_BYTES, RootRow, unseal};
use crate::store::{
    CommitReceipt, PageNumber, RootRecord, Store, StoreError, StoreOptions, Wave, WavePage,
};

/// Names in the table `setting`.
const EVERYTHING_SECONDS: &str = "history-seconds";
const BYTES_MAX: &str = "history-bytes";

/// What the tables say of the past.
pub(crate) struct Past {
    pub roots: KeptRoots,
    pub retention: Retention,
}

/// The columns of a root in a version of the schema, as [`root_of`] reads them.
pub(super) fn root_columns(schema_version: u32) -> &'static str {
    match schema_version {
        ..3 => "txn, branch, time, fence, next_blob, roots, regions, previous, hash, NULL",
        _ => "txn, branch, time, fence, next_blob, roots, regions, previous, hash, seal",
    }
}

/// A row of the table `root`.
pub(super) fn root_of(row: &Row<'_>) -> rusqlite::Result<RootRow> {
    Ok(RootRow {
        transaction: row.get(0)?,
        branch: BranchId(row.get(1)?),
        time_us: row.get(2)?,
        fence: row.get(3)?,
        next_blob: row.get(4)?,
        envelope: row.get(5)?,
        regions: Digest(row.get(6)?),
        previous: Digest(row.get(7)?),
        hash: Digest(row.get(8)?),
        seal: row.get::<_, Option<[u8; 32]>>(9)?.map(Digest),
    })
}

/// Copies a root to the table of old ones.
pub(super) fn keep_root(writer: &Connection, root: TransactionId) -> Result<(), StoreError> {
    let keep = || -> rusqlite::Result<usize> {
        let envelope: Vec<u8> = writer
            .prepare_cached("SELECT roots FROM root WHERE txn = ?1")?
            .query_row([root], |row| row.get(0))?;
        writer
            .prepare_cached(
                "INSERT INTO old_root(txn, branch, time, fence, next_blob, roots, regions, previous, hash, seal) \
                 SELECT txn, branch, time, fence, next_blob, ?2, regions, previous, hash, seal \
                 FROM root WHERE txn = ?1",
            )?
            .execute(params![root, lz4_flex::block::compress(&envelope)])
    };
    keep().map(|_| ()).map_err(StoreError::sqlite("cannot keep a root of the past"))
}

/// Gives a commit its names, inside its transaction.
pub(super) fn write_tags(
    writer: &Connection,
    tags: &[String],
    commit: TransactionId,
) -> Result<(), StoreError> {
    let write = |tag: &String| -> rusqlite::Result<usize> {
        writer.prepare_cached(WRITE_TAG)?.execute(params![tag, commit])
    };
    tags.iter()
        .try_for_each(|tag| write(tag).map(|_| ()))
        .map_err(StoreError::sqlite("cannot write the tags"))
}

const WRITE_TAG: &str = "INSERT OR REPLACE INTO tag(name, txn) VALUES(?1, ?2)";

/// The rows that a new image's settings have.
pub(super) fn write_retention(writer: &Connection, rule: &Retention) -> rusqlite::Result<()> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let rows = [
        (EVERYTHING_SECONDS, number(rule.everything_seconds)),
        (BYTES_MAX, number(rule.bytes_max)),
    ];
    for (name, value) in rows {
        writer.execute(
            "INSERT OR REPLACE INTO setting(name, value) VALUES(?1, ?2)",
            params![name, value],
        )?;
    }
    Ok(())
}

/// Reads the tables. `recent` are the roots of the table `root`. A database of schema version 1 has no past.
pub(super) fn read(
    reader: &Connection,
    schema_version: u32,
    recent: &[RootRow],
) -> Result<Past, StoreError> {
    let newest = recent.iter().map(|row| (row.transaction, row.time_us));
    if schema_version < 2 {
        let roots = KeptRoots::new(std::iter::empty(), newest, BTreeMap::new());
        return Ok(Past { roots, retention: Retention::default() });
    }
    let failed = || StoreError::sqlite("cannot read the tables of the past");
    let old = || -> rusqlite::Result<Vec<(TransactionId, i64)>> {
        let mut select = reader.prepare("SELECT txn, time FROM old_root ORDER BY txn")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let old = old().map_err(failed())?;
    let first_recent = recent.first().map(|row| row.transaction);
    let last_old = old.last().map(|(transaction, _)| *transaction);
    if last_old.is_some() && last_old >= first_recent {
        return Err(StoreError::damaged("an old root is not older than the others"));
    }
    let tags = || -> rusqlite::Result<BTreeMap<String, TransactionId>> {
        let mut select = reader.prepare("SELECT name, txn FROM tag")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let roots = KeptRoots::new(old.into_iter(), newest, tags().map_err(failed())?);
    if let Some((name, transaction)) = roots.tags().iter().find(|(_, at)| !roots.contains(**at)) {
        let what = format!("tag '{name}' names commit {transaction}, which is not kept");
        return Err(StoreError::damaged(what));
    }
    Ok(Past { roots, retention: read_retention(reader)? })
}

fn read_retention(reader: &Connection) -> Result<Retention, StoreError> {
    let setting = |name: &str| -> Result<u64, StoreError> {
        let value: Option<i64> = reader
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(StoreError::sqlite("cannot read the settings"))?;
        value
            .and_then(|value| u64::try_from(value).ok())
            .ok_or_else(|| StoreError::damaged(format!("the setting '{name}' is missing or wrong")))
    };
    Ok(Retention {
        everything_seconds: setting(EVERYTHING_SECONDS)?,
        bytes_max: setting(BYTES_MAX)?,
    })
}

/// The root of a kept commit, from whichever table holds it.
pub(super) fn find_root(
    reader: &Connection,
    schema_version: u32,
    recent: &[RootRow],
    transaction: TransactionId,
) -> Result<RootRow, StoreError> {
    if let Some(row) = recent.iter().find(|row| row.transaction == transaction) {
        return Ok(row.clone());
    }
    let mut row = reader
        .query_row(
            &format!("SELECT {} FROM old_root WHERE txn = ?1", root_columns(schema_version)),
            [transaction],
            root_of,
        )
        .map_err(StoreError::sqlite("cannot read a root of the past"))?;
    row.envelope = lz4_flex::block::decompress(&row.envelope, ENVELOPE_BYTES).map_err(|_| {
        StoreError::damaged(format!("root {transaction} of the past cannot be expanded"))
    })?;
    Ok(row)
}

impl SqliteStore {
    /// The rule by which the image keeps its past.
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Changes the rule; what it does not keep goes with the next pruning.
    ///
    /// # Errors
    /// If the image is not run by this store, or it cannot be written.
    pub fn set_retention(&mut self, rule: Retention) -> Result<(), StoreError> {
        self.change_past(|writer| write_retention(writer, &rule))?;
        self.retention = rule;
        self.thinned_us = None;
        Ok(())
    }

    /// Gives the newest commit, or another that is kept, a name under which it stays until the tag is removed;
    /// the commit is returned. A tag that is there is moved.
    ///
    /// # Errors
    /// [`StoreError::NoSuchCommit`], and as [`SqliteStore::set_retention`].
    pub fn set_tag(&mut self, tag: &str, commit: &CommitName) -> Result<TransactionId, StoreError> {
        self.begin()?;
        let transaction = find(&self.roots, commit)?;
        self.change_past(|writer| {
            writer.execute(WRITE_TAG, params![tag, transaction]).map(|_| ())
        })?;
        self.roots.set_tag(tag, Some(transaction));
        Ok(transaction)
    }

    /// Removes a tag.
    ///
    /// # Errors
    /// As [`SqliteStore::set_tag`].
    pub fn remove_tag(&mut self, tag: &str) -> Result<(), StoreError> {
        self.begin()?;
        find(&self.roots, &CommitName::Tag(tag.to_string()))?;
        self.change_past(|writer| {
            writer.execute("DELETE FROM tag WHERE name = ?1", [tag]).map(|_| ())
        })?;
        self.roots.set_tag(tag, None);
        Ok(())
    }

    /// Changes one of the tables durably.
    fn change_past(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        self.begin()?;
        let write = || {
            let running = self.running()?;
            commit::begin_fenced(&running.writer, running.fence)?;
            change(&running.writer)
                .map_err(StoreError::sqlite("cannot change the tables of the past"))?;
            commit::end_transaction(&running.writer, "cannot change the tables of the past")?;
            running.measure_log().map(|_| ())
        };
        let result = write();
        self.poison_on_failure(result)
    }

    /// Every kept commit, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        let reader = match &self.state {
            State::Running(running) => &running.writer,
            _ => self.reader.as_ref().ok_or(StoreError::Poisoned)?,
        };
        let read = || -> rusqlite::Result<BTreeMap<TransactionId, (u64, u64)>> {
            let mut select = reader.prepare(
                "SELECT birth, count(blob), sum(length) FROM page_version GROUP BY birth",
            )?;
            let counts = |row: &Row<'_>| -> rusqlite::Result<(u64, u64)> {
                Ok((row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64))
            };
            select.query_map([], |row| Ok((row.get(0)?, counts(row)?)))?.collect()
        };
        let written = read().map_err(StoreError::sqlite("cannot read the page map"))?;
        let records = self.read_records(reader)?;
        let mut tags: BTreeMap<TransactionId, Vec<String>> = BTreeMap::new();
        for (name, transaction) in self.roots.tags() {
            tags.entry(*transaction).or_default().push(name.clone());
        }
        let commit = |(transaction, time_us)| {
            let (page_count, body_bytes) = written.get(&transaction).copied().unwrap_or_default();
            let tags = tags.remove(&transaction).unwrap_or_default();
            let record = records.get(&transaction);
            let cause = record.map(RootRecord::cause).unwrap_or_default();
            let rewound_to = record.and_then(RootRecord::rewound_to);
            KeptCommit { transaction, time_us, cause, rewound_to, page_count, body_bytes, tags }
        };
        Ok(self.roots.iter().map(commit).collect())
    }

    /// The root of each kept commit, as far as it can be read.
    fn read_records(
        &self,
        reader: &Connection,
    ) -> Result<BTreeMap<TransactionId, RootRecord>, StoreError> {
        let read = |table: &str| -> rusqlite::Result<Vec<(TransactionId, Vec<u8>)>> {
            let mut select = reader.prepare(&format!("SELECT txn, roots FROM {table}"))?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let failed = || StoreError::sqlite("cannot read the roots");
        let recent = read("root").map_err(failed())?;
        let old = match self.schema_version {
            1 => Vec::new(),
            _ => read("old_root").map_err(failed())?,
        };
        let old = old.into_iter().filter_map(|(transaction, compressed)| {
            let envelope = lz4_flex::block::decompress(&compressed, ENVELOPE_BYTES).ok()?;
            Some((transaction, envelope))
        });
        let record = |(transaction, envelope): (TransactionId, Vec<u8>)| {
            Some((transaction, unseal(&envelope, self.image, transaction).ok()?))
        };
        Ok(recent.into_iter().chain(old).filter_map(record).collect())
    }

    /// Makes a new commit with the state of a kept one: its pages, its roots. What was committed since stays in
    /// the history.
    ///
    /// # Errors
    /// [`StoreError::NoSuchCommit`], damage of the old pages, and as [`Store::commit`].
    pub fn rewind(&mut self, commit: &CommitName) -> Result<CommitReceipt, StoreError> {
        self.begin()?;
        let transaction = find(&self.roots, commit)?;
        let options = StoreOptions {
            commit: Some(CommitName::Number(transaction.0)),
            ..self.options.clone()
        };
        let mut past = SqliteStore::looking_beside(&self.database, &options)?;
        let (_, roots) = past.newest_root()?.expect("a kept commit has a root");
        let mut wave = Wave { roots, ..Wave::default() };
        wave.roots.set_rewound_to(transaction);
        let map = &self.map;
        past.load_pages_if(
            |page, version| map.get(page).is_none_or(|newest| newest.birth != version.birth),
            &mut |page, attributes, body| {
                wave.push(page, attributes, body);
                Ok(())
            },
        )?;
        // What was committed then may have been put there by somebody without the key.
        self.vouched &= past.is_sealed();
        let gone = |page: &PageNumber| past.map.get(*page).is_none();
        let gone: Vec<PageNumber> = map.pages().map(|(page, _)| page).filter(gone).collect();
        wave.pages.extend(gone.into_iter().map(WavePage::freed));
        self.commit(&wave)
    }

    /// Opens the database of a running store a second time, to read.
    fn looking_beside(database: &Path, options: &StoreOptions) -> Result<SqliteStore, StoreError> {
        let checked =
            CheckedDatabase::open(database, options, None, Concurrency::Shared, Findings::Refuse)?;
        Ok(SqliteStore::new(database.to_path_buf(), options.clone(), checked, None))
    }
}

/// The kept commit of a name.
pub(super) fn find(roots: &KeptRoots, name: &CommitName) -> Result<TransactionId, StoreError> {
    roots.find(name).map_err(|reason| StoreError::NoSuchCommit { name: name.to_string(), reason })
}
