//! Seals: an image is trusted for the seal of its newest root only if somebody who vouched for the state made it
//! with the same key, whatever else is done with the image.

mod support;

use std::path::Path;

use pscheme_heap::store::seal::KEY_BYTES;
use pscheme_heap::store::{
    CommitClock, CommitName, ImageDirectory, SealKey, SqliteStore, Store, StoreOptions,
};
use support::{temporary, wave};

fn options(key: Option<u8>) -> StoreOptions {
    let key = key.map(|byte| SealKey::new(&[byte; KEY_BYTES], b"test"));
    StoreOptions { key, ..StoreOptions::new(CommitClock::fixed(0)) }
}

fn open(path: &Path, key: Option<u8>) -> SqliteStore {
    ImageDirectory::at(path).open(&options(key)).unwrap()
}

/// Opens, does something, closes, and says whether the image is sealed for the key 1 then.
fn sealed_after(path: &Path, key: Option<u8>, work: impl FnOnce(&mut SqliteStore)) -> bool {
    let mut store = open(path, key);
    work(&mut store);
    store.close().unwrap();
    drop(store);
    is_sealed(path)
}

fn is_sealed(path: &Path) -> bool {
    let looking = ImageDirectory::at(path).open_read_only(&options(Some(1))).unwrap();
    assert_eq!(looking.is_sealed(), open(path, Some(1)).is_sealed());
    looking.is_sealed()
}

fn commit(store: &mut SqliteStore, mark: u64) {
    store.commit(&wave(&[(1, Some(mark))], mark)).unwrap();
}

/// An image with the key 1, one commit that is sealed, and its directory.
fn sealed_image() -> (tempfile::TempDir, std::path::PathBuf) {
    let (guard, path) = temporary();
    let mut store = ImageDirectory::at(&path).create(&options(Some(1))).unwrap();
    store.vouch();
    commit(&mut store, 1);
    store.close().unwrap();
    drop(store);
    assert!(is_sealed(&path));
    (guard, path)
}

#[test]
fn a_seal_goes_on_from_opening_to_opening() {
    let (_guard, path) = sealed_image();
    for _ in 0..2 {
        assert!(sealed_after(&path, Some(1), |store| {
            assert!(store.is_sealed());
            store.begin().unwrap();
            assert!(store.is_sealed(), "the opening commit has a seal too");
        }));
    }
    assert!(sealed_after(&path, Some(1), |store| commit(store, 2)));
}

#[test]
fn what_nobody_vouched_for_is_not_sealed() {
    let (_guard, path) = temporary();
    let mut store = ImageDirectory::at(&path).create(&options(Some(1))).unwrap();
    commit(&mut store, 1);
    store.close().unwrap();
    drop(store);
    assert!(!is_sealed(&path));
    assert!(!sealed_after(&path, Some(1), |store| commit(store, 2)));
    assert!(sealed_after(&path, Some(1), |store| {
        store.vouch();
        store.begin().unwrap();
    }));
}

#[test]
fn another_key_or_none_breaks_the_seal() {
    for other in [None, Some(2)] {
        let (_guard, path) = sealed_image();
        assert!(!open(&path, other).is_sealed());
        assert!(!sealed_after(&path, other, |store| commit(store, 2)));
        // Who walks the image can seal it again.
        assert!(sealed_after(&path, Some(1), |store| {
            store.vouch();
            store.begin().unwrap();
        }));
    }
}

#[test]
fn a_seal_of_another_commit_does_not_fit() {
    let (_guard, path) = sealed_image();
    assert!(!sealed_after(&path, None, |store| commit(store, 2)));
    let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
    let copied = "UPDATE root SET seal = \
                  (SELECT seal FROM (SELECT txn, seal FROM root UNION SELECT txn, seal FROM old_root) \
                   WHERE seal IS NOT NULL ORDER BY txn DESC LIMIT 1)";
    assert!(database.execute(copied, []).unwrap() > 0);
    let other: Option<Vec<u8>> = database
        .query_row("SELECT seal FROM root ORDER BY txn DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(other.map(|seal| seal.len()), Some(32), "there was a seal to copy");
    database.close().unwrap();
    assert!(!is_sealed(&path));
}

#[test]
fn going_back_is_sealed_if_the_old_commit_was() {
    let (_guard, path) = sealed_image();
    let back = |store: &mut SqliteStore, number| {
        store.rewind(&CommitName::Number(number)).unwrap();
    };
    // Commits 2 and 3 are of somebody without the key; 4 is the opening of who walks.
    assert!(!sealed_after(&path, None, |store| commit(store, 3)));
    assert!(sealed_after(&path, Some(1), |store| {
        store.vouch();
        commit(store, 5);
    }));
    assert!(sealed_after(&path, Some(1), |store| back(store, 1)));
    assert!(!sealed_after(&path, Some(1), |store| {
        assert!(store.is_sealed());
        back(store, 3);
        commit(store, 9);
    }));
}

#[test]
fn a_fork_is_sealed_if_what_it_begins_with_is() {
    let (_guard, path) = sealed_image();
    assert!(!sealed_after(&path, None, |store| commit(store, 3)));
    for (number, expected) in [(1, true), (3, false)] {
        let copy = path.with_extension(number.to_string());
        let options = StoreOptions { commit: Some(CommitName::Number(number)), ..options(Some(1)) };
        let fork = ImageDirectory::at(&copy);
        ImageDirectory::at(&path).fork(&fork, &options, |_| Ok(())).unwrap();
        assert_eq!(is_sealed(&copy), expected, "commit {number}");
    }
}

#[test]
fn a_backup_is_as_sealed_as_the_image() {
    let (_guard, path) = sealed_image();
    let copy = path.with_extension("copy");
    ImageDirectory::at(&path).back_up(&ImageDirectory::at(&copy), &options(None)).unwrap();
    assert!(is_sealed(&copy));
}
