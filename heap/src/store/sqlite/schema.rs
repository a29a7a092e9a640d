//! The schema of `heap.db` and how its connections are opened. This is the format: a change here
//! needs a new [`SCHEMA_VERSION`] and a golden image of the old one.

use std::borrow::Cow;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, params};

use crate::store::history::Retention;
use crate::store::identity::{BranchId, FencingNumber, ImageId, TransactionId};
use crate::store::limits::{
    BACKUP_BUSY_PAUSE_MS, BACKUP_PAGES_PER_STEP, BUSY_TIMEOUT_MS, COUNTED_NUMBER_MAX,
    WAL_BYTES_BEFORE_CHECKPOINT, WRITER_CACHE_KIB,
};
use crate::store::wal::DATABASE_PAGE_BYTES;
use crate::store::{StoreError, StoreOptions, Synchronous};

/// `application_id` of the database: "PSCM".
pub const APPLICATION_ID: u32 = 0x5053_434d;
/// `user_version` of the database: the version of this schema.
pub const SCHEMA_VERSION: u32 = 3;
/// The oldest version that is opened; the opening commit brings it to [`SCHEMA_VERSION`].
pub const SCHEMA_VERSION_OLDEST: u32 = 1;

/// Every object of the schema: type, name, the text it is created with. An image with any other
/// object, such as a trigger, is not opened.
pub(crate) const SCHEMA: &[(&str, &str, &str)] = &[
    (
        "table",
        "blob",
        "CREATE TABLE blob(\
            id INTEGER PRIMARY KEY, \
            data BLOB NOT NULL) STRICT",
    ),
    (
        "table",
        "branch",
        "CREATE TABLE branch(\
            id BLOB NOT NULL PRIMARY KEY, \
            parent BLOB, \
            fork_txn INTEGER) STRICT, WITHOUT ROWID",
    ),
    (
        "table",
        "image",
        "CREATE TABLE image(\
            id INTEGER PRIMARY KEY CHECK (id = 1), \
            image BLOB NOT NULL, \
            branch BLOB NOT NULL, \
            fence INTEGER NOT NULL) STRICT",
    ),
    (
        "table",
        "old_root",
        "CREATE TABLE old_root(\
            txn INTEGER PRIMARY KEY, \
            branch BLOB NOT NULL, \
            time INTEGER NOT NULL, \
            fence INTEGER NOT NULL, \
            next_blob INTEGER NOT NULL, \
            roots BLOB NOT NULL, \
            regions BLOB NOT NULL, \
            previous BLOB NOT NULL, \
            hash BLOB NOT NULL, seal BLOB) STRICT",
    ),
    (
        "table",
        "page_version",
        "CREATE TABLE page_version(\
            branch BLOB NOT NULL, \
            page INTEGER NOT NULL, \
            birth INTEGER NOT NULL, \
            blob INTEGER, \
            offset INTEGER NOT NULL, \
            length INTEGER NOT NULL, \
            hash BLOB NOT NULL, \
            page_type INTEGER NOT NULL, \
            free INTEGER NOT NULL, \
            run_owner INTEGER NOT NULL, \
            PRIMARY KEY (branch, page, birth)) STRICT, WITHOUT ROWID",
    ),
    (
        "table",
        "region",
        "CREATE TABLE region(\
            branch BLOB NOT NULL, \
            region INTEGER NOT NULL, \
            birth INTEGER NOT NULL, \
            digest BLOB NOT NULL, \
            PRIMARY KEY (branch, region, birth)) STRICT, WITHOUT ROWID",
    ),
    (
        "table",
        "root",
        "CREATE TABLE root(\
            txn INTEGER PRIMARY KEY, \
            branch BLOB NOT NULL, \
            time INTEGER NOT NULL, \
            fence INTEGER NOT NULL, \
            next_blob INTEGER NOT NULL, \
            roots BLOB NOT NULL, \
            regions BLOB NOT NULL, \
            previous BLOB NOT NULL, \
            hash BLOB NOT NULL, seal BLOB) STRICT",
    ),
    (
        "table",
        "setting",
        "CREATE TABLE setting(\
            name TEXT NOT NULL PRIMARY KEY, \
            value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
    (
        "table",
        "tag",
        "CREATE TABLE tag(\
            name TEXT NOT NULL PRIMARY KEY, \
            txn INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
];

/// The tables that version 2 brought.
const SINCE_VERSION_2: [&str; 3] = ["old_root", "setting", "tag"];

/// The column that version 3 brought to `root` and `old_root`, as SQLite writes one that is added.
const SEAL: &str = ", seal BLOB";

/// The objects of a version of the schema.
fn schema_of(
    version: u32,
) -> impl Iterator<Item = (&'static str, &'static str, Cow<'static, str>)> {
    let is_known =
        move |(_, name, _): &&(&str, &str, &str)| version >= 2 || !SINCE_VERSION_2.contains(name);
    SCHEMA.iter().filter(is_known).map(move |(kind, name, text)| match version {
        ..3 => (*kind, *name, text.replace(SEAL, "").into()),
        _ => (*kind, *name, Cow::Borrowed(*text)),
    })
}

/// Brings a database of an earlier version to this one, inside the opening commit.
pub(super) fn upgrade(writer: &Connection, version: u32) -> rusqlite::Result<()> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    if version < 2 {
        for (_, _, text) in SCHEMA.iter().filter(|(_, name, _)| SINCE_VERSION_2.contains(name)) {
            writer.execute_batch(text)?;
        }
        super::past::write_retention(writer, &Retention::default())?;
    } else {
        writer.execute_batch("ALTER TABLE old_root ADD COLUMN seal BLOB")?;
    }
    writer.execute_batch("ALTER TABLE root ADD COLUMN seal BLOB")?;
    writer.execute_batch(&format!("PRAGMA user_version={SCHEMA_VERSION}"))
}

/// Creates the database of a new image. The file must exist and be empty, so that it has the rights
/// its creator gave it; SQLite gives its other files the same.
pub(crate) fn create_database(
    path: &Path,
    options: &StoreOptions,
    image: ImageId,
    branch: BranchId,
    fence: FencingNumber,
) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot create the database");
    let connection = open_with_flags(&resolve(path), options, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Page size and vacuum mode are fixed by the first write, so they precede the journal mode.
    connection
        .execute_batch(&format!(
            "PRAGMA page_size={DATABASE_PAGE_BYTES}; PRAGMA auto_vacuum=INCREMENTAL; \
             PRAGMA encoding='UTF-8';"
        ))
        .map_err(failed())?;
    configure_writer(&connection)?;
    set_synchronous(&connection, Synchronous::Full)?;
    let create = || -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for (_, _, text) in SCHEMA {
            connection.execute_batch(text)?;
        }
        connection.execute(
            "INSERT INTO branch(id, parent, fork_txn) VALUES(?1, NULL, NULL)",
            [&branch.0],
        )?;
        connection.execute(
            "INSERT INTO image(id, image, branch, fence) VALUES(1, ?1, ?2, ?3)",
            params![image.0, branch.0, fence],
        )?;
        super::past::write_retention(&connection, &options.retention)?;
        connection.execute_batch(&format!(
            "PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}; COMMIT"
        ))
    };
    create().map_err(failed())?;
    // Closing the only connection could do the same, and keep silent about errors: an image without its
    // schema would get its name.
    super::prune::empty_log(&connection)?;
    remove_log_on_close(&connection)?;
    connection.close().map_err(|(_, error)| failed()(error))
}

/// Whether others can change the database while a reader has it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concurrency {
    /// There is no log and we hold the image: SQLite needs no other file, and makes none.
    Alone,
    /// There is a log, or there may be a writer.
    Shared,
    /// There is a log and nobody writes: SQLite keeps its index of the log to itself instead of
    /// building it in `heap.db-shm`, which must be there.
    Abandoned,
}

/// Opens a connection that cannot write.
pub(super) fn open_reader(
    path: &Path,
    options: &StoreOptions,
    concurrency: Concurrency,
) -> Result<Connection, StoreError> {
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = match concurrency {
        Concurrency::Shared => open_with_flags(&resolve(path), options, access)?,
        Concurrency::Alone => open_by_uri(path, "immutable=1", options, access)?,
        Concurrency::Abandoned => open_by_uri(path, "readonly_shm=1", options, access)?,
    };
    connection
        .execute_batch("PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;")
        .map_err(StoreError::sqlite("cannot open the database"))?;
    Ok(connection)
}

fn open_by_uri(
    path: &Path,
    query: &str,
    options: &StoreOptions,
    access: OpenFlags,
) -> Result<Connection, StoreError> {
    let uri = uri_of(&resolve(path), query);
    open_with_flags(uri.as_ref(), options, access | OpenFlags::SQLITE_OPEN_URI)
}

/// The URI of a file, with parameters for SQLite.
fn uri_of(path: &Path, query: &str) -> std::ffi::OsString {
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            _ => uri.push(*byte),
        }
    }
    uri.push(b'?');
    uri.extend_from_slice(query.as_bytes());
    std::ffi::OsString::from_vec(uri)
}

/// Opens the connection that commits, checkpoints and prunes.
pub(super) fn open_writer(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let connection = open_with_flags(&resolve(path), options, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure_writer(&connection)?;
    limit_size(&connection, options.image_bytes_max)?;
    set_synchronous(&connection, options.synchronous)?;
    Ok(connection)
}

/// Resolves links in the directory's path: with NOFOLLOW SQLite would refuse them anywhere, but only
/// `heap.db` itself is ours to judge.
fn resolve(path: &Path) -> PathBuf {
    let directory = path.parent().and_then(|directory| directory.canonicalize().ok());
    match (directory, path.file_name()) {
        (Some(directory), Some(name)) => directory.join(name),
        _ => path.to_path_buf(),
    }
}

/// Opens a connection that leaves the log alone when it is closed, from its first instant on. A store that is
/// dropped without being closed has failed or is abandoned: it writes no more. And SQLite itself may not
/// decide about the log after a failure: when it cannot open `heap.db-shm` to write, it falls back to reading, takes
/// the locks it cannot get for those of other readers, calls its checkpoint complete and deletes the log
/// with all commits in it (SQLite 3.54.1, `sqlite3WalClose`).
fn open_with_flags(
    path: &Path,
    options: &StoreOptions,
    access: OpenFlags,
) -> Result<Connection, StoreError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
        None => Connection::open_with_flags(path, flags),
    }
    .map_err(StoreError::sqlite("cannot open the database"))?;
    let harden = || -> rusqlite::Result<()> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        // Plans do not depend on bound values. Without this a SQLite built with STAT4 prepares each
        // statement with a condition anew for each use: a tenth of a small commit.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
    };
    harden().map_err(StoreError::sqlite("cannot set up the connection"))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Copies a whole database into an empty file of another image, as of the read transaction that is
/// open on `source`. Because that transaction stays open, what others write meanwhile does not make
/// the copy begin anew.
pub(super) fn copy_database(
    source: &Connection,
    target: &Path,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot copy the database");
    let access = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let mut target = open_with_flags(&resolve(target), options, access)?;
    // A copy that is interrupted is thrown away, so its journal need not survive; it is synced at the end.
    target
        .query_row("PRAGMA journal_mode=MEMORY", [], |_| Ok(()))
        .and_then(|()| target.execute_batch("PRAGMA synchronous=OFF"))
        .map_err(failed())?;
    let copy = Backup::new(source, &mut target).map_err(failed())?;
    loop {
        match copy.step(BACKUP_PAGES_PER_STEP).map_err(failed())? {
            StepResult::Done => break,
            StepResult::More => {}
            _ => std::thread::sleep(Duration::from_millis(BACKUP_BUSY_PAUSE_MS)),
        }
    }
    drop(copy);
    target.close().map_err(|(_, error)| failed()(error))
}

/// Changes the journal mode and returns the one that holds. The statement runs to its end: the change is
/// committed only after the row with the answer, and an error of that would go unnoticed.
fn change_journal_mode(connection: &Connection, mode: &str) -> rusqlite::Result<String> {
    let mut statement = connection.prepare(&format!("PRAGMA journal_mode={mode}"))?;
    let mut rows = statement.query([])?;
    let answer = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.get(0)?;
    while rows.next()?.is_some() {}
    Ok(answer)
}

/// At this size a write that makes the database grow fails as on a full disk.
fn limit_size(connection: &Connection, bytes: u64) -> Result<(), StoreError> {
    let pages = (bytes / DATABASE_PAGE_BYTES as u64).clamp(1, u64::from(u32::MAX - 1));
    connection
        .query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(()))
        .map_err(StoreError::sqlite("cannot limit the size of the database"))
}

fn configure_writer(connection: &Connection) -> Result<(), StoreError> {
    let failed = || StoreError::sqlite("cannot set up the connection");
    let mode = change_journal_mode(connection, "WAL").map_err(failed())?;
    if mode != "wal" {
        return Err(StoreError::damaged(format!("the database is in journal mode '{mode}'")));
    }
    connection
        .execute_batch(&format!(
            "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; \
             PRAGMA cell_size_check=ON; PRAGMA cache_size=-{WRITER_CACHE_KIB};"
        ))
        .map_err(failed())?;
    // A log that a large wave made longer is cut back when it is started anew. The pragma answers.
    connection
        .query_row(&format!("PRAGMA journal_size_limit={WAL_BYTES_BEFORE_CHECKPOINT}"), [], |_| {
            Ok(())
        })
        .map_err(failed())
}

/// Sets how far the next transactions go before they return. Must be called outside of one.
pub(super) fn set_synchronous(
    connection: &Connection,
    synchronous: Synchronous,
) -> Result<(), StoreError> {
    assert!(connection.is_autocommit(), "inside a transaction the pragma does nothing");
    let value = match synchronous {
        Synchronous::Full => 2,
        Synchronous::Normal => 1,
    };
    let failed = || StoreError::sqlite("cannot set the synchronous mode");
    connection.execute_batch(&format!("PRAGMA synchronous={value}")).map_err(failed())?;
    let found: i64 =
        connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(failed())?;
    assert_eq!(found, value, "SQLite took the synchronous mode over");
    Ok(())
}

/// Lets closing the last connection remove the write-ahead log, which must be empty.
pub(super) fn remove_log_on_close(connection: &Connection) -> Result<(), StoreError> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map(drop)
        .map_err(StoreError::sqlite("cannot set up the connection"))
}

/// Checks identity, version and the whole text of the schema; the version.
pub(super) fn check_schema(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let failed = || StoreError::sqlite("cannot read the schema");
    let pragma = |text| -> Result<i64, StoreError> {
        connection.query_row(text, [], |row| row.get(0)).map_err(failed())
    };
    let application_id = pragma("PRAGMA application_id")? as u32;
    let user_version = pragma("PRAGMA user_version")? as u32;
    check_identity(path, application_id, user_version)?;

    let read = || -> rusqlite::Result<Vec<(String, String, String)>> {
        connection
            .prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    };
    let found = read().map_err(failed())?;
    let ours: Vec<_> = schema_of(user_version).collect();
    let is_ours = found.len() == ours.len()
        && found.iter().zip(ours).all(|((kind, name, text), ours)| {
            (kind.as_str(), name.as_str(), text.as_str()) == (ours.0, ours.1, &*ours.2)
        });
    if is_ours {
        return Ok(user_version);
    }
    Err(StoreError::damaged("the database does not have the schema of its version"))
}

/// Checks the two numbers that say whose database this is.
pub(crate) fn check_identity(
    path: &Path,
    application_id: u32,
    user_version: u32,
) -> Result<(), StoreError> {
    if application_id != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_path_buf(),
            reason: format!("its database has application id {application_id:#010x}"),
        });
    }
    if user_version > SCHEMA_VERSION {
        return Err(StoreError::Newer {
            what: "the database",
            found: user_version,
            known: SCHEMA_VERSION,
        });
    }
    if user_version >= SCHEMA_VERSION_OLDEST {
        return Ok(());
    }
    Err(StoreError::damaged(format!("the database has schema version {user_version}")))
}

/// SQLite's integers are signed; what is counted stays far below their end.
macro_rules! stored_as_integer {
    ($name:ident) => {
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = value.as_i64()?;
                match u64::try_from(number) {
                    Ok(number) if number < COUNTED_NUMBER_MAX => Ok($name(number)),
                    _ => Err(FromSqlError::OutOfRange(number)),
                }
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                i64::try_from(self.0)
                    .map(ToSqlOutput::from)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
            }
        }
    };
}

stored_as_integer!(TransactionId);
stored_as_integer!(FencingNumber);
