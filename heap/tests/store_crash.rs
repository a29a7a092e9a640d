//! Power cuts: from a recorded run every state is made that a crash at that point could leave, and
//! opened. An acknowledged commit must be there, whole; with `synchronous=NORMAL` planted, the same
//! check must find losses, or it would prove nothing.

#[path = "support/crash_vfs.rs"]
mod crash_vfs;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crash_vfs::{Counted, Disk, Fault, Mark, Operation, Unsynced, mark, plant};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::head::HeadContent;
use pscheme_heap::store::lock::{Activity, LockEntry};
use pscheme_heap::store::{
    ImageDirectory, Phase, PhaseHook, SqliteStore, Store, StoreError, StoreOptions, Synchronous,
    TransactionId,
};
use support::{Model, Random, apply, compare, newest, options, temporary, wave};

/// What one recorded run did: the record, and the model after each commit.
struct Run {
    record: Vec<Operation>,
    models: BTreeMap<u64, Model>,
    lock: Vec<u8>,
}

/// Whether the disk of a run is full now and then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    /// Before each commit that has work for it, and after some writes of it.
    RunsOut,
}

/// Runs several sessions of commits and pruning, with and without closing.
fn record_run(synchronous: Synchronous, room: Room) -> Run {
    let (_guard, path) = temporary();
    ImageDirectory::at(&path).create(&options()).unwrap().close().unwrap();
    crash_vfs::take_record();
    let head = path.join("head");
    mark(Mark::Head(std::fs::read(&head).unwrap()));
    mark(Mark::HeadSynced);

    let head_of_hook = head.clone();
    let hook = PhaseHook(Arc::new(move |phase| {
        if phase == Phase::HeadWritten {
            mark(Mark::Head(std::fs::read(&head_of_hook).unwrap()));
        }
    }));
    let options = StoreOptions {
        synchronous,
        vfs: Some(crash_vfs::NAME.to_string()),
        phase_hook: Some(hook),
        ..options()
    };
    let mut random = Random(3);
    let mut model = Model::new();
    let mut models = BTreeMap::from([(0, model.clone())]);
    for session in 0..4 {
        let mut store = ImageDirectory::at(&path).open(&options).unwrap();
        let opened = store.begin().unwrap();
        models.insert(opened.0, model.clone());
        // `begin` syncs `head`, and `idle`, which would do it each second, is not called.
        mark(Mark::Head(std::fs::read(&head).unwrap()));
        mark(Mark::HeadSynced);
        mark(Mark::Acknowledged(opened.0));
        for _ in 0..8 {
            let mut pages = BTreeMap::new();
            for _ in 0..1 + random.below(6) {
                let seed = (random.below(4) > 0).then(|| random.below(1_000));
                pages.insert(random.below(12) as u32, seed);
            }
            let pages: Vec<_> = pages.into_iter().collect();
            let number = store.newest_root().unwrap().map_or(0, |(number, _)| number.0) + 1;
            apply(&mut model, &pages);
            models.insert(number, model.clone());
            if room == Room::RunsOut {
                let code = rusqlite::ffi::SQLITE_FULL;
                let after = random.below(24);
                plant(Some(Fault { after, code, lasts: true, of: Counted::Writes }));
            }
            let wave = wave(&pages, number);
            let receipt = once_there_is_room(&mut store, |store| store.commit(&wave));
            assert_eq!(receipt.transaction, TransactionId(number));
            mark(Mark::Acknowledged(number));
            once_there_is_room(&mut store, |store| store.prune_step(8));
        }
        plant(None);
        if session % 2 == 1 {
            store.close().unwrap();
        }
    }
    Run {
        record: crash_vfs::take_record(),
        models,
        lock: std::fs::read(path.join("lock")).unwrap(),
    }
}

/// What a call returns that may have to wait for room on the disk.
fn once_there_is_room<T>(
    store: &mut SqliteStore,
    mut call: impl FnMut(&mut SqliteStore) -> Result<T, StoreError>,
) -> T {
    loop {
        match call(store) {
            Ok(value) => return value,
            Err(error) => {
                assert!(error.is_out_of_space(), "{error}");
                // Not as long as the disk is full, if anything is to be written for it.
                let _ = store.make_room();
                plant(None);
                store.make_room().unwrap();
            }
        }
    }
}

/// What opening a state showed.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Sound,
    /// The state is whole but older than a commit that was acknowledged.
    SilentlyOlder,
    /// Opening reported lost commits.
    ReportedLoss,
    Refused(String),
}

fn open_state(path: &Path, models: &BTreeMap<u64, Model>, acknowledged: u64) -> Outcome {
    let mut store = match ImageDirectory::at(path).open(&options()) {
        Ok(store) => store,
        Err(error) if error.code() == ErrorCode::CommitsLost => return Outcome::ReportedLoss,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let found = newest(&store).map_or(0, |(number, _)| number.0);
    let Some(model) = models.get(&found) else {
        return Outcome::Refused(format!("commit {found} was never made"));
    };
    if let Err(error) = compare(&mut store, model) {
        return Outcome::Refused(error.to_string());
    }
    if found < acknowledged { Outcome::SilentlyOlder } else { Outcome::Sound }
}

/// Opens states from all along a record and counts the outcomes.
fn replay(run: &Run, step: usize, scrambled_per_point: usize) -> Vec<(Outcome, String)> {
    let (_guard, path) = temporary();
    let mut random = Random(17);
    let mut disk = Disk::default();
    let (mut head, mut head_synced, mut acknowledged) = (Vec::new(), Vec::new(), 0);
    let mut outcomes = Vec::new();
    for (index, operation) in run.record.iter().enumerate() {
        disk.follow(operation);
        match operation {
            Operation::Mark(Mark::Head(bytes)) => head = bytes.clone(),
            Operation::Mark(Mark::HeadSynced) => head_synced = head.clone(),
            Operation::Mark(Mark::Acknowledged(number)) => acknowledged = *number,
            _ => {}
        }
        let is_mark = matches!(operation, Operation::Mark(_));
        if !is_mark && index % step != 0 {
            continue;
        }
        let mut modes = vec![Unsynced::Dropped];
        if disk.has_unsynced() {
            modes.push(Unsynced::Kept);
            modes.extend(std::iter::repeat_n(Unsynced::Scrambled, scrambled_per_point));
        }
        for (round, mode) in modes.into_iter().enumerate() {
            // `head` too may come back as it was at its last sync.
            let head = if (index + round) % 2 == 0 { &head } else { &head_synced };
            let mut files = disk.after_crash(mode, &mut random);
            if !files.contains_key("heap.db") {
                continue;
            }
            files.remove("heap.db-shm");
            files.insert("head".into(), head.clone());
            files.insert("lock".into(), run.lock.clone());
            support::restore(&path, &files);
            let place = format!("operation {index}, {mode:?}, acknowledged {acknowledged}");
            outcomes.push((open_state(&path, &run.models, acknowledged), place));
        }
    }
    outcomes
}

/// The record and the planted fault are one for the process, so the tests take turns.
fn take_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    crash_vfs::register();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    plant(None);
    crash_vfs::take_record();
    turn
}

#[test]
fn acknowledged_commits_survive_every_power_cut_and_the_check_would_notice() {
    let _turn = take_turn();
    let run = record_run(Synchronous::Full, Room::Enough);
    let syncs = run.record.iter().filter(|op| matches!(op, Operation::Sync { .. })).count();
    assert!(syncs > 32, "each commit syncs the log: {syncs}");
    let outcomes = replay(&run, 3, 2);
    assert!(outcomes.len() > 1_000, "{} states", outcomes.len());
    for (outcome, place) in &outcomes {
        assert_eq!(*outcome, Outcome::Sound, "{place}");
    }

    // The planted fault: commits that return before they are on the disk.
    let run = record_run(Synchronous::Normal, Room::Enough);
    let outcomes = replay(&run, 3, 2);
    let count = |wanted: &Outcome| outcomes.iter().filter(|(found, _)| found == wanted).count();
    let (reported, silent) = (count(&Outcome::ReportedLoss), count(&Outcome::SilentlyOlder));
    assert!(reported > 50, "opening reports the loss where 'head' reached the disk: {reported}");
    assert!(silent > 50, "and this test where it did not: {silent}");
    let refused = outcomes.len() - reported - silent - count(&Outcome::Sound);
    assert!(refused <= outcomes.len() / 10, "few states are refused for another reason: {refused}");
}

/// Nothing that was acknowledged hangs on what a full disk interrupted, and commits after it are as durable as
/// those before.
#[test]
fn a_full_disk_is_waited_out() {
    let _turn = take_turn();
    let run = record_run(Synchronous::Full, Room::RunsOut);
    let commits = run.models.len();
    let outcomes = replay(&run, 3, 2);
    assert!(outcomes.len() > 1_000, "{} states of {commits} commits", outcomes.len());
    for (outcome, place) in &outcomes {
        assert_eq!(*outcome, Outcome::Sound, "{place}");
    }
}

#[test]
fn the_limit_of_an_image_is_a_full_disk() {
    let (_guard, path) = temporary();
    ImageDirectory::at(&path).create(&options()).unwrap().close().unwrap();
    let limited = StoreOptions { image_bytes_max: 400 << 10, ..options() };
    let mut store = ImageDirectory::at(&path).open(&limited).unwrap();
    let pages = |pages: std::ops::Range<u32>, seed: Option<u64>| -> Vec<(u32, Option<u64>)> {
        pages.map(|page| (page, seed.map(|seed| seed + u64::from(page)))).collect()
    };
    let small = wave(&pages(0..4, Some(1)), 1);
    store.commit(&small).unwrap();
    let large = wave(&pages(4..60, Some(2)), 2);
    for _ in 0..2 {
        let error = store.commit(&large).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NoSpace, "{error}");
        assert!(!path.join("ballast").exists(), "its room was tried");
        let entry = std::fs::read(path.join("lock")).unwrap();
        let activity = LockEntry::decode(&entry).unwrap().activity;
        assert_eq!(activity, Activity::OutOfSpace, "who looks can see it");
        // There is room on the disk: what is held in reserve can be had.
        store.make_room().unwrap();
        assert!(path.join("ballast").exists());
    }
    // What fits is committed.
    let receipt = store.commit(&wave(&pages(0..5, Some(7)), 2)).unwrap();
    assert_eq!((receipt.transaction, receipt.took_reserve), (TransactionId(2), false));
    store.close().unwrap();
    let mut store = ImageDirectory::at(&path).open(&options()).unwrap();
    let mut model = Model::new();
    apply(&mut model, &pages(0..5, Some(7)));
    compare(&mut store, &model).unwrap();
    store.commit(&wave(&pages(4..60, Some(2)), 3)).unwrap();
    apply(&mut model, &pages(4..60, Some(2)));
    drop(store);
    compare(&mut ImageDirectory::at(&path).open(&options()).unwrap(), &model).unwrap();
}

/// The opening commit too gets the room that is held in reserve.
#[test]
fn an_image_is_opened_on_a_full_disk() {
    let _turn = take_turn();
    let (_guard, path) = temporary();
    let mut store = ImageDirectory::at(&path).create(&options()).unwrap();
    store.commit(&wave(&[(1, Some(2))], 1)).unwrap();
    store.close().unwrap();
    let full = |lasts| {
        let code = rusqlite::ffi::SQLITE_FULL;
        plant(Some(Fault { after: 0, code, lasts, of: Counted::Writes }));
    };
    full(false);
    let mut store = ImageDirectory::at(&path).open(&faulty_options()).unwrap();
    assert_eq!(store.begin().unwrap(), TransactionId(2));
    assert!(plant(None).is_none(), "the fault struck");
    drop(store);

    full(true);
    let before = support::files(&path);
    let mut store = ImageDirectory::at(&path).open(&faulty_options()).unwrap();
    assert_eq!(store.begin().unwrap_err().code(), ErrorCode::NoSpace);
    plant(None);
    drop(store);
    let (found, _) = newest(&ImageDirectory::at(&path).open(&options()).unwrap()).unwrap();
    assert_eq!(found, TransactionId(2));
    assert_eq!(before["heap.db"], support::files(&path)["heap.db"]);
}

fn faulty_options() -> StoreOptions {
    StoreOptions { vfs: Some(crash_vfs::NAME.to_string()), ..options() }
}

/// Sessions of commits and pruning that stop at the first error; the last acknowledged commit.
fn work_until_failure(path: &Path, models: &mut BTreeMap<u64, Model>) -> (u64, Option<StoreError>) {
    let mut acknowledged = 0;
    let mut model = Model::new();
    let mut work = || -> Result<(), StoreError> {
        for session in 0..2u64 {
            let mut store = ImageDirectory::at(path).open(&faulty_options())?;
            let number = newest(&store).map_or(0, |(number, _)| number.0);
            if number > 0 {
                models.insert(number + 1, model.clone());
            }
            store.begin()?;
            for mark in 0..3 {
                let number = store.newest_root()?.map_or(0, |(number, _)| number.0) + 1;
                let pages = [(mark, Some(number)), (9, (number % 2 == 0).then_some(session))];
                apply(&mut model, &pages);
                models.insert(number, model.clone());
                acknowledged = store.commit(&wave(&pages, number))?.transaction.0;
                store.prune_step(4)?;
            }
            store.close()?;
        }
        Ok(())
    };
    let error = work().err();
    (acknowledged, error)
}

#[test]
fn a_failure_of_any_write_or_sync_loses_nothing_acknowledged() {
    let _turn = take_turn();
    let (_guard, path) = temporary();
    ImageDirectory::at(&path).create(&options()).unwrap().close().unwrap();
    let new_image = support::files(&path);
    let counting = Fault { after: u64::MAX, code: 0, lasts: true, of: Counted::All };
    plant(Some(counting));
    let (_, error) = work_until_failure(&path, &mut BTreeMap::new());
    assert!(error.is_none());
    let operation_count = u64::MAX - plant(None).expect("it never struck").after;
    assert!(operation_count > 100, "{operation_count}");

    let (mut surfaced, mut run_count, mut waited_out) = (0, 0, 0);
    for (code, lasts) in [
        (rusqlite::ffi::SQLITE_IOERR_WRITE, false),
        (rusqlite::ffi::SQLITE_IOERR_FSYNC, true),
        (rusqlite::ffi::SQLITE_FULL, false),
        (rusqlite::ffi::SQLITE_FULL, true),
    ] {
        for after in 0..operation_count {
            support::restore(&path, &new_image);
            let mut models = BTreeMap::from([(0, Model::new())]);
            plant(Some(Fault { after, code, lasts, of: Counted::All }));
            let (acknowledged, error) = work_until_failure(&path, &mut models);
            plant(None);
            crash_vfs::take_record();
            // A disk that is full once is no failure, but for the opening commit of an image without reserve.
            if code == rusqlite::ffi::SQLITE_FULL && !lasts {
                waited_out += u64::from(error.is_none());
            } else {
                run_count += 1;
                surfaced += usize::from(error.is_some());
            }
            let place = format!("code {code}, lasts {lasts}, operation {after}: {error:?}");
            assert_eq!(open_state(&path, &models, acknowledged), Outcome::Sound, "{place}");
        }
    }
    assert!(surfaced * 10 > run_count * 9, "{surfaced} of {run_count} failures were reported");
    assert!(waited_out * 2 > operation_count, "{waited_out} of {operation_count} did no harm");
}

#[test]
fn a_failure_during_creation_is_reported_or_harmless() {
    let _turn = take_turn();
    for lasts in [false, true] {
        for after in 0.. {
            let (_guard, path) = temporary();
            let directory = ImageDirectory::at(&path);
            let code = rusqlite::ffi::SQLITE_IOERR_WRITE;
            plant(Some(Fault { after, code, lasts, of: Counted::All }));
            let created = directory.create(&faulty_options()).map(drop);
            let has_struck = plant(None).is_none_or(|fault| fault.after == 0);
            let place = format!("operation {after}, lasts {lasts}: {created:?}");
            if directory.exists() {
                let opened = directory.open(&options()).map(drop);
                assert!(opened.is_ok(), "{place}: {opened:?}");
            }
            if !has_struck {
                break;
            }
        }
    }
}

#[test]
fn a_failed_sync_is_final_and_noted_in_head() {
    let _turn = take_turn();
    let (_guard, path) = temporary();
    ImageDirectory::at(&path).create(&options()).unwrap().close().unwrap();
    let mut store = ImageDirectory::at(&path).open(&faulty_options()).unwrap();
    store.commit(&wave(&[(1, Some(2))], 1)).unwrap();
    store.commit(&wave(&[(1, Some(4))], 2)).unwrap();
    let code = rusqlite::ffi::SQLITE_IOERR_FSYNC;
    plant(Some(Fault { after: 0, code, lasts: false, of: Counted::Syncs }));
    let error = store.commit(&wave(&[(1, Some(6))], 3)).unwrap_err();
    assert!(plant(None).is_none(), "the fault struck");
    assert_eq!(error.code(), ErrorCode::StoreFailed);
    let slot = HeadContent::read(&path.join("head")).unwrap().newest;
    assert_eq!((slot.transaction, slot.fsync_failed), (TransactionId(2), true));

    // Nothing is tried again, and nothing more is written: no commit, no checkpoint at closing.
    crash_vfs::take_record();
    assert!(matches!(store.commit(&wave(&[], 4)), Err(StoreError::Poisoned)));
    assert!(matches!(store.prune_step(9), Err(StoreError::Poisoned)));
    assert!(matches!(store.idle(), Err(StoreError::Poisoned)));
    store.close().unwrap();
    drop(store);
    let later = crash_vfs::take_record();
    assert!(later.is_empty(), "{} operations after the failure", later.len());

    let mut store = ImageDirectory::at(&path).open(&options()).unwrap();
    let (found, mark) = newest(&store).unwrap();
    assert!(found >= TransactionId(2) && mark >= 2);
    store.begin().unwrap();
    assert!(!HeadContent::read(&path.join("head")).unwrap().newest.fsync_failed);
}
