//! Repairing an image that is refused because commits are missing: nothing is changed until the loss is accepted, then the
//! newest commit that is there is gone on with, and the image is like any other.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::head::HeadContent;
use pscheme_heap::store::{ImageDirectory, Loss, Store, StoreError, TransactionId};
use support::{Model, apply, compare, create, newest, open, options, temporary, wave};

const LAST: u64 = 6;

/// A closed image with commits 1 to 6, each with its number as its mark.
fn image(path: &Path) {
    let mut store = create(path);
    for mark in 1..=LAST {
        store.commit(&wave(&[(1, Some(mark)), (2, Some(7))], mark)).unwrap();
    }
    store.close().unwrap();
}

fn repair(path: &Path, accept_loss: bool) -> Result<Option<Loss>, StoreError> {
    ImageDirectory::at(path).repair_head(&options(), accept_loss)
}

/// The files but for what SQLite scribbles in.
fn lasting(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = support::files(path);
    files.remove("heap.db-shm");
    files
}

/// The image is refused, also by a repair that accepts nothing, which says what is lost; then it is accepted.
fn assert_repaired(path: &Path, expected: Loss) {
    let before = lasting(path);
    assert!(open(path).is_err(), "it is refused");
    assert_eq!(repair(path, false).unwrap(), Some(expected));
    assert!(lasting(path) == before, "nothing is changed before the loss is accepted");
    assert!(open(path).is_err(), "it is still refused");

    assert_eq!(repair(path, true).unwrap(), Some(expected));
    let names: Vec<String> = support::files(path).into_keys().collect();
    assert_eq!(names, ["ballast", "head", "heap.db", "lock"], "nothing is left over");
    let number = expected.found.0;
    let mut model = Model::new();
    apply(&mut model, &[(1, Some(number)), (2, Some(7))]);
    let mut store = open(path).unwrap();
    assert_eq!(newest(&store), Some((expected.found, number)));
    compare(&mut store, &model).unwrap();
    store.commit(&wave(&[(3, Some(1))], 99)).unwrap();
    store.close().unwrap();
    drop(store);
    assert_eq!(newest(&open(path).unwrap()), Some((TransactionId(number + 2), 99)));
    assert_eq!(repair(path, true).unwrap(), None, "there is nothing to repair any more");
}

#[test]
fn nothing_is_repaired_where_nothing_is_lost() {
    let (_guard, path) = temporary();
    image(&path);
    let before = support::files(&path);
    for accept_loss in [false, true] {
        assert_eq!(repair(&path, accept_loss).unwrap(), None);
    }
    assert!(support::files(&path) == before);
}

#[test]
fn a_head_that_names_a_missing_commit_is_set_to_the_newest() {
    let (_guard, path) = temporary();
    image(&path);
    let old = support::files(&path);
    let mut store = open(&path).unwrap();
    for mark in 8..12 {
        store.commit(&wave(&[(1, Some(mark))], mark)).unwrap();
    }
    store.close().unwrap();
    drop(store);
    // The database of before, as from a backup of one file.
    fs::write(path.join("heap.db"), &old["heap.db"]).unwrap();
    let acknowledged = Some(TransactionId(LAST + 5));
    assert_repaired(&path, Loss { acknowledged, found: TransactionId(LAST) });
}

#[test]
fn a_head_that_says_nothing_is_made_anew() {
    for content in [vec![0; 8_192], Vec::new()] {
        let (_guard, path) = temporary();
        image(&path);
        fs::write(path.join("head"), &content).unwrap();
        // What an interrupted repair left.
        fs::write(path.join("head.repaired"), "part of one").unwrap();
        let before = HeadContent::read(&path.join("head")).unwrap_err();
        assert_eq!(before.code(), ErrorCode::ImageDamaged);
        assert_repaired(&path, Loss { acknowledged: None, found: TransactionId(LAST) });
    }
}

#[test]
fn a_log_that_tells_of_lost_commits_is_emptied() {
    let (_guard, path) = temporary();
    create(&path).close().unwrap();
    let mut store = open(&path).unwrap();
    for mark in 1..=10 {
        store.commit(&wave(&[(1, Some(mark)), (2, Some(7))], mark)).unwrap();
    }
    let mut files = support::files(&path);
    drop(store);
    let log = files.get_mut("heap.db-wal").unwrap();
    let middle = log.len() / 2;
    log[middle] ^= 1;
    support::restore(&path, &files);
    let found = match support::refusal(&path) {
        StoreError::CommitsLost { acknowledged: TransactionId(10), found } => found,
        error => panic!("{error}"),
    };
    assert_repaired(&path, Loss { acknowledged: Some(TransactionId(10)), found });
}

type Damage = fn(&Path);

#[test]
fn what_else_is_wrong_is_left_as_it_is() {
    let (_guard, path) = temporary();
    image(&path);
    let sound = support::files(&path);
    let damages: [(&str, Damage); 3] = [
        ("a page", |path| {
            let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
            let zeros = "UPDATE blob SET data = zeroblob(length(data))";
            assert!(database.execute(zeros, []).unwrap() > 0);
        }),
        ("a root", |path| {
            let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
            assert!(database.execute("UPDATE root SET time = time + 1", []).unwrap() > 0);
        }),
        ("less than a page beside a log", |path| {
            fs::write(path.join("heap.db"), "SQLite").unwrap();
            fs::write(path.join("heap.db-wal"), vec![1; 5_000]).unwrap();
        }),
    ];
    for (what, damage) in damages {
        for is_head_bad in [false, true] {
            support::restore(&path, &sound);
            damage(&path);
            if is_head_bad {
                fs::write(path.join("head"), "").unwrap();
            }
            let before = lasting(&path);
            match repair(&path, true) {
                // Bodies are looked at only if something is missing.
                Ok(None) => assert!(what == "a page" && !is_head_bad, "{what}"),
                Ok(Some(loss)) => panic!("{what}: {loss:?}"),
                Err(error) => assert_ne!(error.code(), ErrorCode::CommitsLost, "{what}: {error}"),
            }
            assert!(lasting(&path) == before, "{what}");
        }
    }
}

#[test]
fn an_image_that_somebody_runs_is_not_repaired() {
    let (_guard, path) = temporary();
    image(&path);
    let mut store = open(&path).unwrap();
    store.begin().unwrap();
    assert_eq!(repair(&path, true).unwrap_err().code(), ErrorCode::ImageHeld);
    store.close().unwrap();
}
