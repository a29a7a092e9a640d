//! The past of an image: what is kept is seen as it was, what is not goes, and nothing else goes with it.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::{
    CommitCause, CommitClock, CommitName, ImageDirectory, Retention, SqliteStore, Store,
    StoreError, StoreOptions, TransactionId,
};
use support::{Model, Random, apply, compare, newest, temporary, wave};

type Pages = Vec<(u32, Option<u64>)>;

const SECOND_US: i64 = 1_000_000;
const EVERYTHING: Retention =
    Retention { everything_seconds: u64::MAX / SECOND_US as u64, bytes_max: u64::MAX };

/// Options with a clock that the test moves.
fn options(retention: Retention) -> (StoreOptions, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(1_000_000 * SECOND_US));
    let clock = time.clone();
    let clock = CommitClock(Arc::new(move || clock.load(Ordering::Relaxed)));
    (StoreOptions { retention, ..StoreOptions::new(clock) }, time)
}

fn at(options: &StoreOptions, name: CommitName) -> StoreOptions {
    StoreOptions { commit: Some(name), ..options.clone() }
}

fn prune(store: &mut SqliteStore) {
    // `idle` syncs `head`, and with it moves the horizon.
    std::thread::sleep(std::time::Duration::from_millis(1));
    while store.prune_step(50).unwrap() > 0 {}
}

/// Closing syncs `head`, so that after it all but the newest commits belong to the past.
fn reopen(store: SqliteStore, path: &Path, options: &StoreOptions) -> SqliteStore {
    let mut store = store;
    store.close().unwrap();
    drop(store);
    let mut store = ImageDirectory::at(path).open(options).unwrap();
    store.begin().unwrap();
    prune(&mut store);
    store
}

/// Compares the state of a kept commit with the model.
fn compare_past(path: &Path, options: &StoreOptions, number: u64, model: &Model, mark: u64) {
    let looking = at(options, CommitName::Number(number));
    let mut past = ImageDirectory::at(path).open_read_only(&looking).unwrap();
    assert_eq!(newest(&past), Some((TransactionId(number), mark)));
    compare(&mut past, model).unwrap();
}

/// What each kept commit holds: model and mark, by number.
type States = BTreeMap<u64, (Model, u64)>;

/// An image with sixty commits of random changes, opened again every twenty.
fn image_with_a_past(
    path: &Path,
    options: &StoreOptions,
    time: &AtomicI64,
    random: &mut Random,
) -> (SqliteStore, States) {
    let mut store = ImageDirectory::at(path).create(options).unwrap();
    let mut model = Model::new();
    let mut states = States::new();
    for mark in 1..=60 {
        let mut pages = BTreeMap::new();
        for _ in 0..4 {
            let page = [1, 2, 3, 4, 5, 1_500, 1_501, 9_000][random.below(8) as usize];
            pages.insert(page, (random.below(4) > 0).then(|| random.below(1_000)));
        }
        let pages: Pages = pages.into_iter().collect();
        let receipt = store.commit(&wave(&pages, mark)).unwrap();
        apply(&mut model, &pages);
        states.insert(receipt.transaction.0, (model.clone(), mark));
        time.fetch_add(SECOND_US, Ordering::Relaxed);
        if mark % 20 == 0 {
            store = reopen(store, path, options);
            let opening = kept(&store).pop().unwrap();
            states.insert(opening, (model.clone(), mark));
        }
    }
    (store, states)
}

fn kept(store: &SqliteStore) -> Vec<u64> {
    store.kept_commits().unwrap().iter().map(|commit| commit.transaction.0).collect()
}

#[test]
fn every_kept_commit_is_seen_as_it_was() {
    let (_guard, path) = temporary();
    let (options, time) = options(EVERYTHING);
    let (store, states) = image_with_a_past(&path, &options, &time, &mut Random(7));
    assert!(states.len() > 60);
    assert_eq!(kept(&store), states.keys().copied().collect::<Vec<_>>(), "all are kept");
    for (number, (model, mark)) in &states {
        compare_past(&path, &options, *number, model, *mark);
    }
}

#[test]
fn giving_a_commit_up_takes_nothing_from_the_others() {
    let (_guard, path) = temporary();
    let (options, time) = options(EVERYTHING);
    let mut random = Random(8);
    let (mut store, mut states) = image_with_a_past(&path, &options, &time, &mut random);
    let model = states.values().next_back().unwrap().0.clone();
    // In any order, until few are left.
    loop {
        let keeps: Vec<u64> = states.keys().copied().filter(|_| random.below(3) > 0).collect();
        for (index, number) in keeps.iter().enumerate() {
            store.set_tag(&format!("tag{index}"), &CommitName::Number(*number)).unwrap();
        }
        store.set_retention(Retention::NOTHING).unwrap();
        store = reopen(store, &path, &options);
        store.set_retention(EVERYTHING).unwrap();
        let left = kept(&store);
        assert!(keeps.iter().all(|number| left.contains(number)), "tags keep their commits");
        states.insert(*left.last().unwrap(), (model.clone(), 60));
        states.retain(|number, _| left.contains(number));
        for (number, (model, mark)) in &states {
            compare_past(&path, &options, *number, model, *mark);
        }
        for index in 0..keeps.len() {
            store.remove_tag(&format!("tag{index}")).unwrap();
        }
        if keeps.len() <= 2 {
            break;
        }
    }
    store.set_retention(Retention::NOTHING).unwrap();
    let mut store = reopen(reopen(store, &path, &options), &path, &options);
    assert!(kept(&store).len() <= 3, "what `head` could name after a crash is left");
    compare(&mut store, &model).unwrap();
    let rows = |table: &str| -> i64 {
        let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows("old_root"), 0);
    assert_eq!(rows("page_version"), model.len() as i64, "tombstones went too");
    assert_eq!(rows("blob"), model.len() as i64);
}

#[test]
fn what_is_too_old_or_too_much_goes() {
    let (_guard, path) = temporary();
    let (options, time) = options(Retention { everything_seconds: 100, bytes_max: u64::MAX });
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    for mark in 1..=300 {
        store.commit(&wave(&[(1, Some(mark * 2 + 1))], mark)).unwrap();
        time.fetch_add(SECOND_US, Ordering::Relaxed);
    }
    store = reopen(store, &path, &options);
    let kept = store.kept_commits().unwrap();
    assert!((100..105).contains(&kept.len()), "{} commits of 100 seconds are kept", kept.len());
    // A day later one of ten minutes is left of them, and the commits that `head` could name.
    time.fetch_add(80_000 * SECOND_US, Ordering::Relaxed);
    store = reopen(store, &path, &options);
    let kept = store.kept_commits().unwrap();
    assert!((2..=5).contains(&kept.len()), "{kept:?}");

    let most = 40 * 16_384;
    store.set_retention(Retention { bytes_max: most, ..EVERYTHING }).unwrap();
    for mark in 1..=300 {
        store.commit(&wave(&[(1, Some(mark * 2 + 1))], mark)).unwrap();
        time.fetch_add(SECOND_US, Ordering::Relaxed);
    }
    store = reopen(store, &path, &options);
    let kept = store.kept_commits().unwrap();
    let bytes: u64 = kept.iter().map(|commit| commit.body_bytes).sum();
    assert!(bytes < most + 6 * 16_384, "{bytes} bytes are kept");
    assert!(kept.len() > 30, "{} are kept, the newest of all", kept.len());
    let gap = kept.windows(2).any(|pair| pair[1].transaction != pair[0].transaction.next());
    assert!(!gap, "the oldest went first");
}

#[test]
fn an_image_is_set_back_to_a_commit_and_forward_again() {
    let (_guard, path) = temporary();
    let (options, _) = options(EVERYTHING);
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    let mut states = Vec::new();
    let mut model = Model::new();
    let waves: [&[(u32, Option<u64>)]; 4] = [
        &[(1, Some(1)), (2, Some(2)), (3, Some(3))],
        &[(2, None), (3, Some(4)), (5_000, Some(5))],
        &[(2, Some(6)), (1, None)],
        &[(5_000, None), (7, Some(8))],
    ];
    for (index, pages) in waves.iter().enumerate() {
        store.commit(&wave(pages, index as u64 + 1)).unwrap();
        apply(&mut model, pages);
        states.push(model.clone());
    }
    for (number, mark) in [(2, 2), (4, 4), (1, 1), (3, 3)] {
        let receipt = store.rewind(&CommitName::Number(number)).unwrap();
        assert_eq!(newest(&store), Some((receipt.transaction, mark)));
        compare(&mut store, &states[number as usize - 1]).unwrap();
        store = reopen(store, &path, &options);
        compare(&mut store, &states[number as usize - 1]).unwrap();
    }
    for (index, model) in states.iter().enumerate() {
        compare_past(&path, &options, index as u64 + 1, model, index as u64 + 1);
    }
    let error = store.rewind(&CommitName::Number(99)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoSuchCommit, "{error}");
    store.commit(&wave(&[], 9)).unwrap();
}

#[test]
fn a_fork_begins_with_a_commit_and_goes_its_own_way() {
    let (_guard, path) = temporary();
    let (options, _) = options(EVERYTHING);
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    let mut first = Model::new();
    store.commit(&wave(&[(1, Some(1)), (2, Some(2))], 1)).unwrap();
    apply(&mut first, &[(1, Some(1)), (2, Some(2))]);
    store.set_tag("first", &CommitName::Back(0)).unwrap();
    store.commit(&wave(&[(1, None), (2, Some(3))], 2)).unwrap();

    // While the original runs.
    let target = ImageDirectory::at(path.with_file_name("fork.image"));
    let looking = at(&options, CommitName::Tag("first".into()));
    let receipt = ImageDirectory::at(&path).fork(&target, &looking, |_| Ok(())).unwrap();
    assert_eq!((receipt.transaction, receipt.page_count), (TransactionId(1), 2));
    let mut fork = target.open(&options).unwrap();
    assert_ne!(fork.image(), store.image());
    assert_eq!(newest(&fork).map(|(_, mark)| mark), Some(1));
    compare(&mut fork, &first).unwrap();
    fork.commit(&wave(&[(9, Some(9))], 3)).unwrap();
    store.commit(&wave(&[(8, Some(8))], 4)).unwrap();
    fork.close().unwrap();

    let again = ImageDirectory::at(&path).fork(&target, &options, |_| Ok(())).unwrap_err();
    assert_eq!(again.code(), ErrorCode::ImageExists);
    let other = ImageDirectory::at(path.with_file_name("other.image"));
    let missing = at(&options, CommitName::Tag("second".into()));
    let error = ImageDirectory::at(&path).fork(&other, &missing, |_| Ok(())).unwrap_err();
    assert!(matches!(error, StoreError::NoSuchCommit { .. }), "{error}");
    assert!(error.to_string().contains("the tags are first"), "{error}");
    assert!(!other.exists());
}

#[test]
fn a_commit_of_the_past_is_only_looked_at() {
    let (_guard, path) = temporary();
    let (options, _) = options(EVERYTHING);
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    store.commit(&wave(&[(1, Some(1))], 1)).unwrap();
    store.close().unwrap();
    let opened = ImageDirectory::at(&path).open(&at(&options, CommitName::Back(0)));
    assert_eq!(opened.err().unwrap().code(), ErrorCode::ImageReadOnly);
}

/// Damage in the past is seen by whoever looks at that commit, and by nobody else.
#[test]
fn damage_of_the_past_is_noticed_there() {
    let (_guard, path) = temporary();
    let (options, _) = options(EVERYTHING);
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    for mark in 1..=3 {
        store.commit(&wave(&[(1, Some(mark)), (2, Some(mark + 10))], mark)).unwrap();
    }
    let store = reopen(store, &path, &options);
    let mut store = reopen(store, &path, &options);
    store.close().unwrap();
    drop(store);
    let sound = support::files(&path);
    for damage in [
        "UPDATE page_version SET page_type = page_type + 1 WHERE birth = 2 AND page = 1",
        "UPDATE blob SET data = zeroblob(length(data)) WHERE id = (SELECT blob FROM page_version WHERE birth = 2 AND page = 2)",
        "DELETE FROM page_version WHERE birth = 2 AND page = 1",
        "UPDATE region SET digest = zeroblob(32) WHERE birth = 2",
        "DELETE FROM region WHERE birth = 2",
        "UPDATE old_root SET time = time + 1 WHERE txn = 2",
        "UPDATE old_root SET roots = x'00' WHERE txn = 2",
        "UPDATE old_root SET regions = zeroblob(32) WHERE txn = 2",
    ] {
        support::restore(&path, &sound);
        let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
        assert_eq!(database.execute(damage, []).unwrap(), 1, "{damage}");
        database.close().unwrap();
        let read = |name| {
            let image = ImageDirectory::at(&path);
            image
                .open_read_only(&at(&options, name))
                .and_then(|mut store| support::load(&mut store))
        };
        let error = read(CommitName::Number(2)).expect_err(damage);
        assert_eq!(error.code(), ErrorCode::ImageDamaged, "{damage}: {error}");
        read(CommitName::Number(1)).expect(damage);
        read(CommitName::Number(3)).expect(damage);
        ImageDirectory::at(&path).open(&options).expect(damage);
    }
}

/// An image of schema version 1 is looked at as it is, and gets the tables of version 2 when it is run.
#[test]
fn an_image_of_the_first_schema_is_taken_over() {
    let (_guard, path) = temporary();
    let (options, _) = options(EVERYTHING);
    // Each gap makes a checkpoint, which syncs `head`, so that roots leave their table.
    let options = StoreOptions { log_bytes_before_checkpoint: 1, ..options };
    let mut store = ImageDirectory::at(&path).create(&options).unwrap();
    store.commit(&wave(&[(1, Some(1))], 1)).unwrap();
    store.close().unwrap();
    drop(store);
    let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
    database
        .execute_batch(
            "DROP TABLE old_root; DROP TABLE setting; DROP TABLE tag; \
             ALTER TABLE root DROP COLUMN seal; PRAGMA user_version=1",
        )
        .unwrap();
    database.close().unwrap();
    let before = support::files(&path);
    let looking = ImageDirectory::at(&path).open_read_only(&options).unwrap();
    assert_eq!(looking.kept_commits().unwrap().len(), 1);
    drop(looking);
    assert!(support::files(&path) == before, "looking changes nothing");
    let mut store = ImageDirectory::at(&path).open(&options).unwrap();
    store.begin().unwrap();
    assert_eq!(store.retention(), Retention::default());
    store.set_tag("kept", &CommitName::Back(0)).unwrap();
    for mark in 2..=9 {
        store.commit(&wave(&[(1, Some(mark))], mark)).unwrap();
        store.idle().unwrap();
    }
    prune(&mut store);
    let opening = &store.kept_commits().unwrap()[1];
    assert_eq!(opening.cause, CommitCause::Opening, "it is read from the new table");
    let store = reopen(store, &path, &options);
    assert_eq!(store.kept_commits().unwrap()[1].tags, ["kept"]);
}

/// What was written with version 2 of the schema, on 2026-11-29 before there was a version 3: commits 1 to 7 and a
/// tag, closed in order.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/schema-2");

#[test]
fn an_image_of_the_second_schema_is_taken_over() {
    let (_guard, path) = temporary();
    std::fs::create_dir(&path).unwrap();
    for name in ["heap.db", "head", "lock"] {
        std::fs::copy(Path::new(GOLDEN).join(name), path.join(name)).unwrap();
    }
    let before = support::files(&path);
    let options = StoreOptions::new(CommitClock::fixed(1_764_000_001_000_000));
    let image = ImageDirectory::at(&path);
    let looking = |name| image.open_read_only(&at(&options, name)).unwrap();
    assert_eq!(looking(CommitName::Back(0)).kept_commits().unwrap().len(), 7);
    let mut model = Model::new();
    apply(&mut model, &[(1, Some(1)), (2, Some(20))]);
    compare_past(&path, &options, 1, &model, 1);
    assert!(support::files(&path) == before, "looking changes nothing");
    let mut store = image.open(&options).unwrap();
    assert_eq!(newest(&store), Some((TransactionId(7), 7)));
    store.commit(&wave(&[(2, Some(21))], 9)).unwrap();
    let store = reopen(store, &path, &options);
    let kept = store.kept_commits().unwrap();
    assert_eq!((kept.len(), &kept[0].tags), (10, &vec!["first".to_string()]));
    compare_past(&path, &options, 1, &model, 1);
    apply(&mut model, &[(1, Some(6)), (2, Some(21))]);
    compare_past(&path, &options, 9, &model, 9);
}
