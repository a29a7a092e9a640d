//! What opening refuses, with which code, and that it leaves the files as they were: damage planted
//! by SQL, every case of `head`, images held, newer, foreign and incomplete.

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::head::{HeadContent, HeadSlot, SLOT_STRIDE_BYTES};
use pscheme_heap::store::sqlite::SCHEMA_VERSION;
use pscheme_heap::store::{Digest, ImageDirectory, ImageId, Store, StoreError, TransactionId};
use rusqlite::Connection;
use support::{create, load, newest, open, options, refusal, temporary, wave};

/// A closed image with three commits.
fn image(path: &Path) {
    let mut store = create(path);
    for mark in 1..=3 {
        let pages = [(1, Some(mark)), (2, Some(mark * 2)), (2_000, Some(mark * 3)), (3, Some(1))];
        store.commit(&wave(&pages, mark)).unwrap();
    }
    store.commit(&wave(&[(3, None)], 4)).unwrap();
    store.close().unwrap();
}

/// Opens and loads; the error, having checked that the files are as before.
fn refused(path: &Path) -> StoreError {
    let before = support::files(path);
    let result = open(path).and_then(|mut store| load(&mut store));
    let error = result.expect_err("the image is refused");
    // Not `assert_eq`: it would print all the bytes.
    assert!(support::files(path) == before, "{error}: the image was left as it was");
    error
}

fn sql(path: &Path, text: &str) {
    let database = Connection::open(path.join("heap.db")).unwrap();
    database.execute_batch(text).unwrap();
    database.close().unwrap();
}

#[test]
fn whatever_is_changed_by_sql_is_noticed() {
    let changes = [
        "UPDATE blob SET data = zeroblob(16384) WHERE id = (SELECT blob FROM page_version \
            WHERE page = 2 AND birth = 3)",
        "UPDATE blob SET data = CAST(substr(data, 1, length(data) - 1) || x'7f' AS BLOB) WHERE id = \
            (SELECT blob FROM page_version WHERE page = 1 AND birth = 3)",
        "DELETE FROM blob WHERE id = (SELECT blob FROM page_version WHERE page = 1 AND birth = 3)",
        "UPDATE page_version SET blob = 1 WHERE page = 2000 AND birth = 3",
        "UPDATE page_version SET hash = zeroblob(32) WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET free = free + 1 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET page_type = page_type + 1 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET run_owner = 5 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET page = 7 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET page = 4294967295 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET birth = 4 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET birth = 9 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET offset = 1 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET length = length - 1 WHERE page = 1 AND birth = 3",
        "UPDATE page_version SET branch = zeroblob(16) WHERE page = 1 AND birth = 3",
        "DELETE FROM page_version WHERE page = 1 AND birth = 3",
        "DELETE FROM page_version WHERE page = 3 AND birth = 4",
        "UPDATE page_version SET hash = zeroblob(32) WHERE page = 3 AND birth = 4",
        "DELETE FROM page_version",
        "UPDATE region SET digest = zeroblob(32) WHERE region = 1",
        "DELETE FROM region WHERE region = 1",
        "DELETE FROM region WHERE region = 0 AND birth = 4",
        "UPDATE region SET region = 4000000 WHERE region = 1",
        "UPDATE root SET roots = zeroblob(length(roots)) WHERE txn = 4",
        "UPDATE root SET roots = (SELECT roots FROM root WHERE txn = 3) WHERE txn = 4",
        "UPDATE root SET time = time + 1 WHERE txn = 4",
        "UPDATE root SET next_blob = next_blob + 1 WHERE txn = 4",
        "UPDATE root SET previous = zeroblob(32) WHERE txn = 4",
        "UPDATE root SET hash = zeroblob(32) WHERE txn = 4",
        "UPDATE root SET txn = 5 WHERE txn = 4",
        "DELETE FROM root WHERE txn = 2",
        "UPDATE image SET image = zeroblob(16)",
        "UPDATE image SET image = x'00'",
        "UPDATE image SET branch = zeroblob(16)",
        "UPDATE image SET fence = 0",
        "UPDATE image SET fence = -1",
        "UPDATE image SET fence = 9223372036854775807",
        "DELETE FROM image",
        "DELETE FROM branch",
        "INSERT INTO branch(id) VALUES(x'00')",
        "CREATE TABLE more(x)",
        "CREATE TRIGGER t AFTER INSERT ON root BEGIN DELETE FROM root; END",
        "CREATE VIEW v AS SELECT 1",
    ];
    let (_guard, path) = temporary();
    image(&path);
    let sound = support::files(&path);
    open(&path).and_then(|mut store| load(&mut store)).unwrap();
    for change in changes {
        support::restore(&path, &sound);
        sql(&path, change);
        let error = refused(&path);
        assert_eq!(error.code(), ErrorCode::ImageDamaged, "{change}: {error}");
    }
}

#[test]
fn a_missing_newest_root_is_a_lost_commit() {
    let (_guard, path) = temporary();
    image(&path);
    sql(&path, "DELETE FROM root WHERE txn = 4");
    let error = refused(&path);
    assert_eq!(
        error.to_string(),
        "commit 4 was acknowledged as durable, but the newest commit found is 3; the image was left \
         as it is"
    );
    assert_eq!(error.code(), ErrorCode::CommitsLost);
}

#[test]
fn random_damage_to_the_database_is_noticed_or_hurts_nothing() {
    let (_guard, path) = temporary();
    image(&path);
    let sound = support::files(&path);
    let mut random = support::Random(31);
    let mut noticed = 0;
    for _ in 0..500 {
        let mut files = sound.clone();
        let database = files.get_mut("heap.db").unwrap();
        let at = random.below(database.len() as u64) as usize;
        database[at] ^= 1 << random.below(8);
        support::restore(&path, &files);
        let mut pages = Vec::new();
        let result = open(&path).and_then(|mut store| {
            store.load(&mut |page, attributes, body| {
                pages.push((page.0, attributes, blake(body)));
                Ok(())
            })?;
            Ok(newest(&store))
        });
        match result {
            Ok(root) => {
                assert_eq!(root, Some((TransactionId(4), 4)), "byte {at}");
                let seeds = [(1, 3), (2, 6), (2_000, 9)];
                let expected: Vec<_> = seeds
                    .map(|(page, seed)| {
                        (page, support::attributes(seed), blake(&support::body(seed)))
                    })
                    .into();
                assert_eq!(pages, expected, "byte {at}");
            }
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > 100, "{noticed} of 500");
}

fn blake(body: &[u8]) -> [u8; 32] {
    *blake3::hash(body).as_bytes()
}

#[test]
fn a_database_of_less_than_a_page_does_not_cost_its_log() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    store.commit(&wave(&[(1, Some(1))], 1)).unwrap();
    let files = support::files(&path);
    drop(store);
    assert!(files["heap.db-wal"].len() > 4096, "the commit is in the log alone");
    for length in [0, 1, 99, 100, 511, 4095] {
        let mut files = files.clone();
        files.get_mut("heap.db").unwrap().truncate(length);
        support::restore(&path, &files);
        assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged, "{length} bytes");
    }
}

#[test]
fn head_is_compared_with_the_newest_root() {
    let (_guard, path) = temporary();
    image(&path);
    let head_path = path.join("head");
    let sound = fs::read(&head_path).unwrap();
    let newest_slot = HeadContent::read(&head_path).unwrap().newest;
    assert_eq!(newest_slot.transaction, TransactionId(4));
    let write = |slot: HeadSlot| {
        let mut bytes = sound.clone();
        bytes[..128].copy_from_slice(&slot.encode());
        bytes[SLOT_STRIDE_BYTES as usize..][..128].fill(0);
        fs::write(&head_path, bytes).unwrap();
    };
    let found = || newest(&open(&path).unwrap()).unwrap().0;

    // A root newer than the one in `head` is what a crash leaves.
    let database = Connection::open(path.join("heap.db")).unwrap();
    let hash_of = |number: i64| -> Digest {
        Digest(
            database
                .query_row("SELECT hash FROM root WHERE txn = ?1", [number], |row| row.get(0))
                .unwrap(),
        )
    };
    write(HeadSlot { transaction: TransactionId(3), root_hash: hash_of(3), ..newest_slot });
    assert_eq!(found(), TransactionId(4));
    write(HeadSlot { fsync_failed: true, ..newest_slot });
    assert_eq!(found(), TransactionId(4), "after a failed sync the image is read uncached");

    write(HeadSlot { transaction: TransactionId(3), ..newest_slot });
    assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged, "another root with that number");
    write(HeadSlot { transaction: TransactionId(9), ..newest_slot });
    assert!(matches!(
        refused(&path),
        StoreError::CommitsLost { acknowledged: TransactionId(9), found: TransactionId(4) }
    ));
    write(HeadSlot { image: ImageId([1; 16]), ..newest_slot });
    assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged, "another image");

    fs::write(&head_path, vec![0; 8_192]).unwrap();
    assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged, "both slots bad");
    fs::write(&head_path, b"").unwrap();
    assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged, "an empty file");
    drop(database);

    // One bad slot: the other one counts, it is one write older.
    for slot in 0..2 {
        fs::write(&head_path, &sound).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&head_path).unwrap();
        file.write_all_at(&[0xff], slot * SLOT_STRIDE_BYTES + 50).unwrap();
        assert_eq!(found(), TransactionId(4), "slot {slot} bad");
    }
}

#[test]
fn a_newer_head_is_refused() {
    let (_guard, path) = temporary();
    image(&path);
    let head = path.join("head");
    let mut bytes = fs::read(&head).unwrap();
    bytes[8] = 2;
    let checksum = blake3::hash(&bytes[..96]);
    bytes[96..128].copy_from_slice(checksum.as_bytes());
    fs::write(&head, bytes).unwrap();
    let error = refused(&path);
    assert_eq!(error.code(), ErrorCode::ImageNewer, "{error}");
}

#[test]
fn a_newer_schema_is_refused_in_the_database_and_in_the_log() {
    let (_guard, path) = temporary();
    image(&path);
    let sound = support::files(&path);
    sql(&path, &format!("PRAGMA user_version={}", SCHEMA_VERSION + 1));
    let error = refused(&path);
    let (next, now) = (SCHEMA_VERSION + 1, SCHEMA_VERSION);
    assert!(
        matches!(error, StoreError::Newer { found, known, .. } if (found, known) == (next, now)),
        "{error}"
    );
    assert_eq!(error.code(), ErrorCode::ImageNewer);

    support::restore(&path, &sound);
    let database = Connection::open(path.join("heap.db")).unwrap();
    database.execute_batch(&format!("PRAGMA user_version={}", SCHEMA_VERSION + 2)).unwrap();
    let with_log = support::files(&path);
    assert!(with_log.contains_key("heap.db-wal"));
    drop(database);
    support::restore(&path, &with_log);
    let error = refused(&path);
    assert!(matches!(error, StoreError::Newer { found, .. } if found == next + 1), "{error}");
}

#[test]
fn what_is_no_image_is_foreign() {
    let (_guard, path) = temporary();
    let code = |path: &Path| refusal(path).code();
    assert_eq!(code(&path), ErrorCode::ImageForeign, "nothing there");
    fs::write(&path, "a file").unwrap();
    assert_eq!(code(&path), ErrorCode::ImageForeign, "a file");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("notes.txt"), "x").unwrap();
    assert_eq!(refused(&path).code(), ErrorCode::ImageForeign, "another directory");
    fs::remove_dir_all(&path).unwrap();

    image(&path);
    let sound = support::files(&path);
    sql(&path, "PRAGMA application_id=77");
    assert_eq!(refused(&path).code(), ErrorCode::ImageForeign, "another program's database");
    for content in [&b""[..], b"SQLite format 4\0", &[0; 8_192]] {
        support::restore(&path, &sound);
        fs::write(path.join("heap.db"), content).unwrap();
        assert_eq!(refused(&path).code(), ErrorCode::ImageForeign, "no database");
    }
    support::restore(&path, &sound);
    fs::rename(path.join("heap.db"), path.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", path.join("heap.db")).unwrap();
    assert_eq!(refused(&path).code(), ErrorCode::ImageForeign, "a link");
}

#[test]
fn a_missing_part_is_named() {
    let (_guard, path) = temporary();
    image(&path);
    let sound = support::files(&path);
    for part in ["heap.db", "head", "lock"] {
        support::restore(&path, &sound);
        fs::remove_file(path.join(part)).unwrap();
        match refused(&path) {
            StoreError::Incomplete { missing, .. } => assert_eq!(missing, part),
            error => panic!("{error}"),
        }
    }
}

#[test]
fn a_rollback_journal_is_not_played_back() {
    let (_guard, path) = temporary();
    image(&path);
    fs::write(path.join("heap.db-journal"), [1; 1_024]).unwrap();
    assert_eq!(refused(&path).code(), ErrorCode::ImageDamaged);
}

#[test]
fn a_torn_first_page_is_taken_from_the_log() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    store.commit(&wave(&[(1, Some(2))], 7)).unwrap();
    // Any change to the header puts the first page into the log.
    let other = Connection::open(path.join("heap.db")).unwrap();
    other
        .execute_batch(&format!("PRAGMA user_version=0; PRAGMA user_version={SCHEMA_VERSION}"))
        .unwrap();
    let mut files = support::files(&path);
    drop((other, store));
    files.get_mut("heap.db").unwrap()[..512].fill(0xAA);
    support::restore(&path, &files);
    let mut store = open(&path).unwrap();
    load(&mut store).unwrap();
    assert_eq!(newest(&store), Some((TransactionId(1), 7)));
}

#[test]
fn creation_leaves_alone_what_is_there_and_cleans_up_what_it_left_itself() {
    let (_guard, path) = temporary();
    image(&path);
    let before = support::files(&path);
    let create_again = || ImageDirectory::at(&path).create(&options()).err().unwrap();
    assert_eq!(create_again().code(), ErrorCode::ImageExists);
    assert!(support::files(&path) == before);

    // What a crash in the middle of a creation leaves.
    let other = path.with_file_name("other");
    let temporary_name = path.with_file_name(".other.pscheme-creating");
    fs::create_dir(&temporary_name).unwrap();
    fs::write(temporary_name.join("heap.db"), b"half").unwrap();
    fs::write(temporary_name.join("heap.db-wal"), b"half").unwrap();
    assert_eq!(refusal(&other).code(), ErrorCode::ImageForeign, "there is no image yet");
    create(&other).commit(&wave(&[(1, Some(2))], 7)).unwrap();
    assert!(!temporary_name.exists());
    assert_eq!(newest(&open(&other).unwrap()), Some((TransactionId(1), 7)));

    // Somebody's own files under that name are not removed.
    let third = path.with_file_name("third");
    let taken = path.with_file_name(".third.pscheme-creating");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("thesis.txt"), b"precious").unwrap();
    let error = ImageDirectory::at(&third).create(&options()).err().unwrap();
    assert_eq!(error.code(), ErrorCode::ImageExists);
    assert!(taken.join("thesis.txt").exists());
}

const HOLDER_PATH: &str = "PSCHEME_TEST_HOLD_IMAGE";

/// Not a test of its own: the child of the next one, which runs this binary a second time.
#[test]
fn hold_an_image_until_told_to_end() {
    let Some(path) = std::env::var_os(HOLDER_PATH) else { return };
    let mut store = open(Path::new(&path)).unwrap();
    store.begin().unwrap();
    println!("\nholding");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn an_image_held_by_another_process_is_refused_with_its_number() {
    use std::io::{BufRead, BufReader};
    let (_guard, path) = temporary();
    image(&path);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hold_an_image_until_told_to_end", "--nocapture"])
        .env(HOLDER_PATH, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == "holding"), "the child has the image");

    let error = refused(&path);
    assert_eq!(error.code(), ErrorCode::ImageHeld);
    let expected = format!("is held by process {}", child.id());
    assert!(error.to_string().contains(&expected), "{error}");
    let mut reader = ImageDirectory::at(&path).open_read_only(&options()).unwrap();
    load(&mut reader).unwrap();
    drop(reader);

    child.kill().unwrap();
    child.wait().unwrap();
    let mut store = open(&path).unwrap();
    assert_eq!(store.begin().unwrap(), TransactionId(6), "the child made the fifth");
}

#[test]
fn an_owner_whose_lock_file_was_deleted_is_fenced_off() {
    let (_guard, path) = temporary();
    image(&path);
    let mut first = open(&path).unwrap();
    first.begin().unwrap();
    assert_eq!(refusal(&path).code(), ErrorCode::ImageHeld, "also in one process");
    let lock = fs::read(path.join("lock")).unwrap();
    fs::remove_file(path.join("lock")).unwrap();
    fs::write(path.join("lock"), lock).unwrap();
    let mut second = open(&path).unwrap();
    second.begin().unwrap();
    second.commit(&wave(&[(1, Some(8))], 8)).unwrap();
    let error = first.commit(&wave(&[(1, Some(9))], 9)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OwnershipLost, "{error}");
    assert!(matches!(first.commit(&wave(&[], 9)), Err(StoreError::Poisoned)));
    second.commit(&wave(&[(1, Some(10))], 10)).unwrap();
    drop((first, second));
    assert_eq!(newest(&open(&path).unwrap()).unwrap().1, 10);
}
