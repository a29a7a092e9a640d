//! Damage to a live write-ahead log: every flipped bit and every truncation is harmless, or opening
//! says which commits are lost. SQLite alone would silently go on from an earlier commit.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::{Store, StoreError, TransactionId};
use rusqlite::Connection;
use support::{Model, Random, apply, compare, create, newest, open, restore, temporary, wave};

type Files = BTreeMap<String, Vec<u8>>;

const COMMIT_COUNT: u64 = 40;
const FLIP_COUNT: usize = 1_000;
const TRUNCATION_COUNT: usize = 100;

/// The files of an image with a live log of several commits, and what it holds.
fn live_image(path: &Path, checkpointed: bool) -> (Files, Model) {
    let mut random = Random(5);
    let mut model = Model::new();
    let mut store = create(path);
    for mark in 0..COMMIT_COUNT {
        let pages = [
            (random.below(30) as u32, Some(random.next())),
            (30 + random.below(30) as u32, Some(random.next() & !1)),
            (60, mark.is_multiple_of(3).then_some(mark)),
        ];
        store.commit(&wave(&pages, mark)).unwrap();
        apply(&mut model, &pages);
    }
    if checkpointed {
        let other = Connection::open(path.join("heap.db")).unwrap();
        let copied: (i64, i64, i64) = other
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!((copied.0, copied.1), (0, copied.2), "the whole log was copied");
    }
    let files = support::files(path);
    assert!(files["heap.db-wal"].len() > 500_000);
    drop(store);
    (files, model)
}

#[derive(Debug, Default)]
struct Outcomes {
    harmless: usize,
    lost: usize,
    damaged: usize,
}

fn check(path: &Path, files: &Files, model: &Model, place: &str, outcomes: &mut Outcomes) {
    restore(path, files);
    let result = open(path).and_then(|mut store| {
        compare(&mut store, model)?;
        assert_eq!(newest(&store).unwrap().0, TransactionId(COMMIT_COUNT), "{place}");
        Ok(())
    });
    match result {
        Ok(()) => outcomes.harmless += 1,
        Err(StoreError::CommitsLost { acknowledged, found }) => {
            assert_eq!(acknowledged, TransactionId(COMMIT_COUNT), "{place}");
            assert!(found < acknowledged, "{place}");
            outcomes.lost += 1;
        }
        Err(error) if error.code() == ErrorCode::ImageDamaged => outcomes.damaged += 1,
        Err(error) => panic!("{place}: {error}"),
    }
    assert!(support::files(path) == *files, "{place}: opening changed nothing");
}

fn damage_log(checkpointed: bool) -> Outcomes {
    let (_guard, path) = temporary();
    let (files, model) = live_image(&path, checkpointed);
    let mut outcomes = Outcomes::default();
    check(&path, &files, &model, "the sound image", &mut outcomes);
    assert_eq!(outcomes.harmless, 1);
    let length = files["heap.db-wal"].len() as u64;
    let mut random = Random(23);
    let mut damaged = files.clone();
    for _ in 0..FLIP_COUNT {
        let (at, bit) = (random.below(length) as usize, random.below(8));
        damaged.get_mut("heap.db-wal").unwrap()[at] ^= 1 << bit;
        check(&path, &damaged, &model, &format!("bit {bit} of byte {at}"), &mut outcomes);
        damaged.get_mut("heap.db-wal").unwrap()[at] ^= 1 << bit;
    }
    for _ in 0..TRUNCATION_COUNT {
        let at = random.below(length) as usize;
        damaged.get_mut("heap.db-wal").unwrap().truncate(at);
        check(&path, &damaged, &model, &format!("cut at byte {at}"), &mut outcomes);
        damaged.insert("heap.db-wal".into(), files["heap.db-wal"].clone());
    }
    outcomes
}

#[test]
fn damage_to_a_live_log_is_noticed_with_both_numbers() {
    let outcomes = damage_log(false);
    assert_eq!(outcomes.damaged, 0, "{outcomes:?}");
    assert!(outcomes.lost >= FLIP_COUNT, "{outcomes:?}");
}

#[test]
fn damage_to_a_log_that_is_already_checkpointed_never_mixes_two_states() {
    let outcomes = damage_log(true);
    assert!(outcomes.harmless > 0, "a log cut to nothing leaves the whole database: {outcomes:?}");
    assert!(outcomes.lost > FLIP_COUNT / 2, "{outcomes:?}");
}

/// Bytes of a page in the log.
const FRAME_BYTES: usize = 24 + 4_096;

/// The files of an image with ten commits in its log and a `head` from before them, and the log's length after
/// each commit.
fn image_with_an_old_head(path: &Path) -> (Files, Vec<usize>) {
    create(path).close().unwrap();
    let old_head = support::files(path)["head"].clone();
    let mut store = open(path).unwrap();
    let mut lengths = Vec::new();
    for mark in 0..10 {
        store.commit(&wave(&[(1, Some(mark * 2 + 1))], mark)).unwrap();
        lengths.push(support::files(path)["heap.db-wal"].len());
    }
    let mut files = support::files(path);
    drop(store);
    files.insert("head".into(), old_head);
    (files, lengths)
}

#[test]
fn what_is_dropped_of_an_unfinished_commit_is_told() {
    let (_guard, path) = temporary();
    let (mut files, lengths) = image_with_an_old_head(&path);
    let log = files["heap.db-wal"].clone();
    let (before, whole) = (lengths[8], lengths[9]);
    for length in (before..=whole).step_by(FRAME_BYTES) {
        files.insert("heap.db-wal".into(), log[..length].to_vec());
        restore(&path, &files);
        let store = open(&path).unwrap();
        let unfinished = store.unfinished();
        if length == before || length == whole {
            assert_eq!(unfinished, None, "the log is whole");
            continue;
        }
        assert_eq!(newest(&store).unwrap().0, TransactionId(9));
        let unfinished = unfinished.expect("a part of the tenth commit");
        assert_eq!(unfinished.page_count as usize * FRAME_BYTES, length - before);
        assert!(unfinished.commit.is_none_or(|commit| commit == TransactionId(10)));
        let told = unfinished.to_string();
        assert!(told.contains(&format!(": {} page", unfinished.page_count)), "{told}");
    }
    // All of it is there, but the last page was not written whole: its root says which commit it was.
    let mut torn = log[..whole].to_vec();
    torn[whole - 1] ^= 1;
    files.insert("heap.db-wal".into(), torn);
    restore(&path, &files);
    let unfinished = open(&path).unwrap().unfinished().expect("a torn commit");
    assert_eq!(unfinished.page_count as usize * FRAME_BYTES, whole - before);
    assert_eq!(unfinished.commit, Some(TransactionId(10)));
}

#[test]
fn the_log_tells_of_lost_commits_even_when_head_is_old() {
    let (_guard, path) = temporary();
    let (mut files, _) = image_with_an_old_head(&path);
    restore(&path, &files);
    assert_eq!(
        newest(&open(&path).unwrap()).unwrap().0,
        TransactionId(10),
        "a sound log is enough"
    );

    let log = files.get_mut("heap.db-wal").unwrap();
    let middle = log.len() / 2;
    log[middle] ^= 1;
    restore(&path, &files);
    match support::refusal(&path) {
        StoreError::CommitsLost { acknowledged, found } => {
            assert_eq!(acknowledged, TransactionId(9), "the tenth may not have been acknowledged");
            assert!(found < TransactionId(8));
        }
        error => panic!("{error}"),
    }
}
