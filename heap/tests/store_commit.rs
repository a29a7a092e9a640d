//! What was committed is there after opening again; both stores behave alike; the receipt's figures
//! are those of the database; pruning keeps the file bounded.

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use pscheme_heap::store::{
    ImageDirectory, MemoryImage, PAGE_SIZE_BYTES, PageNumber, Retention, Store, StoreError,
    StoreOptions, TransactionId,
};
use rusqlite::Connection;
use support::{Model, Random, apply, compare, create, newest, open, options, temporary, wave};

type Pages = Vec<(u32, Option<u64>)>;

/// Waves over few pages in three regions, so that pages are rewritten, freed and born again.
fn waves() -> impl Strategy<Value = Vec<(Pages, bool)>> {
    let page = prop_oneof![0..20u32, 1_020..1_030u32, 5_000..5_003u32];
    let content = prop_oneof![3 => (0..1_000u64).prop_map(Some), 1 => Just(None)];
    let pages = proptest::collection::btree_map(page, content, 0..12)
        .prop_map(|pages: BTreeMap<_, _>| pages.into_iter().collect());
    proptest::collection::vec((pages, any::<bool>()), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_image_equals_its_model_after_any_waves(waves in waves()) {
        let (_guard, path) = temporary();
        let memory = MemoryImage::new();
        let mut model = Model::new();
        let mut store = create(&path);
        let mut twin = memory.open().unwrap();
        for (mark, (pages, reopen)) in waves.iter().enumerate() {
            let wave = wave(pages, mark as u64);
            let receipt = store.commit(&wave).unwrap();
            let twin_receipt = twin.commit(&wave).unwrap();
            apply(&mut model, pages);
            prop_assert_eq!(receipt.page_count, twin_receipt.page_count);
            prop_assert_eq!(receipt.tombstone_count, twin_receipt.tombstone_count);
            prop_assert_eq!(receipt.transaction, twin_receipt.transaction);
            if *reopen {
                // Dropped without being closed, as by a crash.
                drop(store);
                store = open(&path).unwrap();
                twin = memory.open().unwrap();
            } else {
                store.prune_step(usize::MAX).unwrap();
            }
            prop_assert_eq!(newest(&store), newest(&twin));
            prop_assert_eq!(newest(&store).unwrap().1, mark as u64);
            compare(&mut store, &model).unwrap();
            compare(&mut twin, &model).unwrap();
        }
        store.begin().unwrap();
        store.close().unwrap();
        prop_assert!(!path.join("heap.db-wal").exists(), "closing leaves no log");
        let mut store = open(&path).unwrap();
        compare(&mut store, &model).unwrap();
    }
}

#[test]
fn a_new_image_is_private_and_empty() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    assert_eq!(store.newest_root().unwrap(), None);
    assert_eq!(store.begin().unwrap(), TransactionId::NONE);
    let mode = |name: &str| path.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in ["heap.db", "heap.db-wal", "heap.db-shm", "head", "lock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(store);
    assert_eq!(open(&path).unwrap().newest_root().unwrap(), None);
}

#[test]
fn opening_makes_a_commit_of_its_own() {
    let (_guard, path) = temporary();
    create(&path).commit(&wave(&[(1, Some(2))], 7)).unwrap();
    let mut store = open(&path).unwrap();
    assert_eq!(newest(&store), Some((TransactionId(1), 7)), "before it, what was found");
    assert_eq!(store.begin().unwrap(), TransactionId(2));
    assert_eq!(store.begin().unwrap(), TransactionId(2), "once");
    assert_eq!(newest(&store), Some((TransactionId(2), 7)));
}

#[test]
fn the_pragmas_are_those_of_the_format() {
    let (_guard, path) = temporary();
    create(&path).close().unwrap();
    let database = Connection::open(path.join("heap.db")).unwrap();
    let pragma = |name: &str| -> i64 {
        database.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(pragma("page_size"), 4_096);
    assert_eq!(pragma("auto_vacuum"), 2);
    assert_eq!(pragma("user_version"), 3);
    assert_eq!(pragma("application_id"), 0x5053_434d);
    let mode: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_wave_of_several_transactions_is_one_commit() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let pages: Pages = (0..2_500).map(|page| (page, Some(u64::from(page)))).collect();
    let receipt = store.commit(&wave(&pages, 1)).unwrap();
    assert_eq!(receipt.page_count, 2_500);
    drop(store);
    let mut model = Model::new();
    apply(&mut model, &pages);
    let mut store = open(&path).unwrap();
    compare(&mut store, &model).unwrap();
}

#[test]
fn bodies_of_a_commit_that_never_completed_are_deleted_at_opening() {
    let (_guard, path) = temporary();
    create(&path).commit(&wave(&[(1, Some(2)), (2, Some(3))], 7)).unwrap();
    let count = |database: &Connection| -> i64 {
        database.query_row("SELECT count(*) FROM blob", [], |row| row.get(0)).unwrap()
    };
    {
        let database = Connection::open(path.join("heap.db")).unwrap();
        database.execute("INSERT INTO blob(id, data) VALUES(3, x'00'), (4, x'01')", []).unwrap();
        assert_eq!(count(&database), 4);
    }
    let mut store = open(&path).unwrap();
    store.begin().unwrap();
    let receipt = store.commit(&wave(&[(3, Some(4))], 8)).unwrap();
    assert_eq!(receipt.page_count, 1);
    store.close().unwrap();
    assert_eq!(count(&Connection::open(path.join("heap.db")).unwrap()), 3);
}

#[test]
fn the_receipt_tells_what_was_written() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    store.commit(&wave(&[(1, Some(2)), (2, Some(3)), (2_000, Some(4))], 0)).unwrap();
    let log_length = || path.join("heap.db-wal").metadata().unwrap().len();
    let before = log_length();
    // Page 1 compresses, page 2 does not; 77 was never there.
    let pages = [(1, Some(6)), (2, Some(5)), (2_000, None), (77, None)];
    let receipt = store.commit(&wave(&pages, 1)).unwrap();
    assert_eq!((receipt.page_count, receipt.tombstone_count), (2, 1));
    assert_eq!(receipt.log_bytes, log_length() - before, "the log grew by as much");

    let database = Connection::open(path.join("heap.db")).unwrap();
    let sum = |text: &str| -> u64 {
        database.query_row(text, [], |row| row.get::<_, i64>(0)).unwrap() as u64
    };
    assert_eq!(
        receipt.body_bytes,
        sum("SELECT sum(length(data)) FROM blob JOIN page_version ON blob = id WHERE birth = 2")
    );
    assert!(receipt.body_bytes > PAGE_SIZE_BYTES as u64, "one body is stored as it is");
    assert!(receipt.body_bytes < PAGE_SIZE_BYTES as u64 * 3 / 2, "the other is compressed");
    assert_eq!(sum("SELECT count(*) FROM page_version WHERE birth = 2"), 3);
    assert_eq!(receipt.map_row_bytes % 3, 0);
    assert_eq!(sum("SELECT count(*) FROM region WHERE birth = 2"), 2);
    assert_eq!(receipt.region_row_bytes % 2, 0);
    assert_eq!(
        receipt.root_bytes,
        32 + sum("SELECT length(branch) + length(roots) + length(regions) + length(previous) \
                  + length(hash) FROM root WHERE txn = 2")
    );
    assert!(receipt.row_bytes() < receipt.log_bytes);
}

#[test]
fn a_small_commit_writes_little() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let pages: Pages = (0..3_000).map(|page| (page, Some(u64::from(page) * 2))).collect();
    store.commit(&wave(&pages, 0)).unwrap();
    let receipt = store.commit(&wave(&[(1_500, Some(1))], 1)).unwrap();
    // One incompressible page of 16 KiB: its five database pages, and for map, region, root and
    // SQLite's own bookkeeping at most as much again plus some.
    assert!(receipt.log_bytes <= 14 * 4_120, "{} bytes", receipt.log_bytes);
}

#[test]
fn pruning_keeps_the_file_bounded() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let mut random = Random(11);
    let mut model = Model::new();
    let mut length_after_first_half = 0;
    for round in 0..400 {
        let mut pages = BTreeMap::from([(random.below(100) as u32, None)]);
        pages.extend((0..10).map(|_| (random.below(100) as u32, Some(random.next()))));
        let pages: Pages = pages.into_iter().collect();
        store.commit(&wave(&pages, round)).unwrap();
        apply(&mut model, &pages);
        if round % 20 == 19 {
            // Closing syncs `head`, so that pruning may go on up to here.
            store.close().unwrap();
            store = open(&path).unwrap();
            store.begin().unwrap();
            while store.prune_step(200).unwrap() > 0 {}
            store.idle().unwrap();
        }
        if round == 199 {
            store.close().unwrap();
            length_after_first_half = path.join("heap.db").metadata().unwrap().len();
            store = open(&path).unwrap();
        }
    }
    compare(&mut store, &model).unwrap();
    store.close().unwrap();
    let length = path.join("heap.db").metadata().unwrap().len();
    assert!(
        length * 10 <= length_after_first_half * 11,
        "grew from {length_after_first_half} to {length} bytes though nothing more is live"
    );
    let database = Connection::open(path.join("heap.db")).unwrap();
    let count = |table: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert!(count("page_version") <= 100 + 20, "{}", count("page_version"));
    assert!(count("root") <= 4, "{}", count("root"));
    assert!(count("region") <= 4, "{}", count("region"));
    assert_eq!(
        count("blob"),
        count("page_version WHERE blob IS NOT NULL"),
        "no body is left without a row"
    );
}

#[test]
fn pruned_state_is_found_again_after_a_crash() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let mut model = Model::new();
    for round in 0..30u64 {
        let pages = [(3, Some(round)), (4, (round % 3 != 0).then_some(round)), (5_000, Some(1))];
        store.commit(&wave(&pages, round)).unwrap();
        apply(&mut model, &pages);
    }
    drop(store);
    let mut store = open(&path).unwrap();
    assert!(store.superseded_count() > 60, "the queue is built from the tables");
    store.begin().unwrap();
    let mut pruned = 0;
    while store.prune_step(7).unwrap() > 0 {
        pruned += 1;
        if pruned == 5 {
            drop(store);
            store = open(&path).unwrap();
            store.begin().unwrap();
        }
    }
    assert!(pruned > 10);
    compare(&mut store, &model).unwrap();
    drop(store);
    compare(&mut open(&path).unwrap(), &model).unwrap();
}

#[test]
fn free_space_is_given_back() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let pages: Pages = (0..1_000).map(|page| (page, Some(u64::from(page) * 2 + 1))).collect();
    store.commit(&wave(&pages, 0)).unwrap();
    let gone: Pages = (0..1_000).map(|page| (page, None)).collect();
    store.commit(&wave(&gone, 1)).unwrap();
    store.close().unwrap();
    let full = path.join("heap.db").metadata().unwrap().len();
    let mut store = open(&path).unwrap();
    store.begin().unwrap();
    while store.prune_step(500).unwrap() > 0 {
        store.idle().unwrap();
    }
    for _ in 0..8 {
        store.idle().unwrap();
    }
    store.close().unwrap();
    let shrunk = path.join("heap.db").metadata().unwrap().len();
    assert!(shrunk < full / 2, "{full} bytes shrank to {shrunk}");
}

#[test]
fn the_log_is_checkpointed_and_used_again() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let mut longest = 0;
    for round in 0..40u64 {
        let pages: Pages =
            (0..100).map(|page| (page, Some(round * 200 + page as u64 * 2 + 1))).collect();
        store.commit(&wave(&pages, round)).unwrap();
        store.idle().unwrap();
        longest = longest.max(path.join("heap.db-wal").metadata().unwrap().len());
    }
    assert!(longest < 24 << 20, "the log grew to {longest} bytes, 64 MiB were written");
}

#[test]
fn a_log_that_large_waves_made_longer_is_cut_back() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    let length = || path.join("heap.db-wal").metadata().unwrap().len();
    // Just below what brings on a checkpoint, and then as much as one transaction may hold.
    let incompressible = |count: u32| -> Pages {
        (0..count).map(|page| (page, Some(u64::from(page) * 2 + 1))).collect()
    };
    store.commit(&wave(&incompressible(900), 1)).unwrap();
    store.commit(&wave(&incompressible(1_000), 2)).unwrap();
    assert!(length() > 28 << 20, "{} bytes", length());
    store.idle().unwrap();
    store.commit(&wave(&incompressible(1), 3)).unwrap();
    assert!(length() <= 16 << 20, "{} bytes", length());
}

#[test]
fn a_store_opened_for_reading_sees_one_state_and_writes_nothing() {
    let (_guard, path) = temporary();
    let mut owner = create(&path);
    owner.commit(&wave(&[(1, Some(2))], 7)).unwrap();
    let mut model = Model::new();
    apply(&mut model, &[(1, Some(2))]);
    let mut reader = ImageDirectory::at(&path).open_read_only(&options()).unwrap();
    owner.commit(&wave(&[(1, Some(3))], 8)).unwrap();
    assert_eq!(newest(&reader), Some((TransactionId(1), 7)));
    compare(&mut reader, &model).unwrap();
    assert!(matches!(reader.begin(), Err(StoreError::ReadOnly)));
    assert!(matches!(reader.commit(&wave(&[], 9)), Err(StoreError::ReadOnly)));
    compare(&mut reader, &model).unwrap();
    drop((owner, reader));
    let before = support::files(&path);
    let reader = ImageDirectory::at(&path).open_read_only(&options()).unwrap();
    assert_eq!(newest(&reader), Some((TransactionId(2), 8)));
    drop(reader);
    assert!(support::files(&path) == before);
}

#[test]
fn the_sink_can_end_the_loading() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    store.commit(&wave(&[(1, Some(2)), (2, Some(3))], 7)).unwrap();
    let mut seen = Vec::new();
    let error = store
        .load(&mut |page, _, _| {
            seen.push(page);
            Err(StoreError::PageRefused { page, reason: "of an unknown type".into() })
        })
        .unwrap_err();
    assert_eq!(seen, [PageNumber(1)]);
    assert_eq!(error.to_string(), "page 1 was refused: of an unknown type");
}

/// Bodies in the database.
fn bodies(path: &std::path::Path) -> u32 {
    let database = Connection::open(path.join("heap.db")).unwrap();
    database.query_row("SELECT count(*) FROM blob", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_commit_in_parts_is_one_commit() {
    let (_guard, path) = temporary();
    let without_past = StoreOptions { retention: Retention::NOTHING, ..options() };
    let mut store = ImageDirectory::at(&path).create(&without_past).unwrap();
    let part = |pages: std::ops::Range<u32>, seed: u64| -> Vec<(u32, Option<u64>)> {
        // Some are freed, of those some that no commit has seen.
        pages.map(|page| (page, (page % 7 != 3).then_some(seed + u64::from(page)))).collect()
    };
    let first = part(0..20, 1);
    let mut model = Model::new();
    apply(&mut model, &first);
    store.commit(&wave(&first, 1)).unwrap();

    // Until the commit nothing of it is seen, and an opening removes it.
    let parts = [part(10..60, 100), part(50..90, 200), part(10..12, 300)];
    let mut next = model.clone();
    for (index, part) in parts.iter().enumerate() {
        store.write_ahead(&wave(part, 9)).unwrap();
        apply(&mut next, part);
        let mut look = ImageDirectory::at(&path).open_read_only(&options()).unwrap();
        compare(&mut look, &model).unwrap_or_else(|error| panic!("part {index}: {error}"));
    }
    drop(store);
    let mut store = open(&path).unwrap();
    compare(&mut store, &model).unwrap();
    store.begin().unwrap();
    assert_eq!(bodies(&path), model.len() as u32, "what was written ahead is gone");

    let last = part(80..95, 400);
    apply(&mut next, &last);
    for part in &parts {
        store.write_ahead(&wave(part, 9)).unwrap();
    }
    let receipt = store.commit(&wave(&last, 2)).unwrap();
    assert_eq!(receipt.transaction, TransactionId(3), "one commit after that of the opening");
    store.close().unwrap();
    // Once `head` names later commits for sure, what was superseded goes.
    let mut store = open(&path).unwrap();
    for number in 4..6 {
        store.commit(&wave(&[], number)).unwrap();
        store.close().unwrap();
        store = open(&path).unwrap();
        store.begin().unwrap();
    }
    while store.prune_step(100).unwrap() > 0 {}
    store.close().unwrap();
    compare(&mut open(&path).unwrap(), &next).unwrap();
    assert_eq!(bodies(&path), next.len() as u32, "each page once, and nothing is left over");
}
