//! The writer's thread: order, bounds, failure, and that closing loses nothing.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::head::HeadContent;
use pscheme_heap::store::writer::SubmitRefused;
use pscheme_heap::store::{
    CommitReceipt, ImageDirectory, KeptCommit, MemoryImage, PageSink, Phase, PhaseHook, RootRecord,
    Store, StoreError, StoreOptions, TransactionId, Wave, Writer, WriterEvent,
};
use support::{Model, apply, compare, newest, open, options, temporary, wave};

/// A store whose commits wait for a word of the test and fail when it says so.
struct Gated {
    inner: Box<dyn Store>,
    gate: Receiver<Result<(), &'static str>>,
    /// What is held in reserve for a full disk can be had.
    has_reserve: Arc<AtomicBool>,
}

fn no_room() -> StoreError {
    let source = std::io::ErrorKind::StorageFull.into();
    StoreError::Io { during: "writing", path: "disk".into(), source }
}

fn gated() -> (Gated, Sender<Result<(), &'static str>>, MemoryImage) {
    let image = MemoryImage::new();
    let (sender, gate) = channel();
    let inner = Box::new(image.open().unwrap());
    (Gated { inner, gate, has_reserve: Arc::default() }, sender, image)
}

impl Store for Gated {
    fn newest_root(&self) -> Result<Option<(TransactionId, RootRecord)>, StoreError> {
        self.inner.newest_root()
    }

    fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        self.inner.kept_commits()
    }
    fn load(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError> {
        self.inner.load(sink)
    }
    fn is_sealed(&self) -> bool {
        self.inner.is_sealed()
    }
    fn vouch(&mut self) {
        self.inner.vouch();
    }
    fn begin(&mut self) -> Result<TransactionId, StoreError> {
        self.inner.begin()
    }
    fn write_ahead(&mut self, part: &Wave) -> Result<(), StoreError> {
        self.inner.write_ahead(part)
    }
    fn commit(&mut self, wave: &Wave) -> Result<CommitReceipt, StoreError> {
        match self.gate.recv().expect("the test holds the gate") {
            Ok(()) => self.inner.commit(wave),
            Err("panic") => panic!("planted"),
            Err("full") => Err(no_room()),
            Err("the last room") => self
                .inner
                .commit(wave)
                .map(|receipt| CommitReceipt { took_reserve: true, ..receipt }),
            Err(what) => Err(StoreError::Io {
                during: what,
                path: "disk".into(),
                source: std::io::Error::from_raw_os_error(5),
            }),
        }
    }
    fn prune_step(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        self.inner.prune_step(rows_max)
    }
    fn idle(&mut self) -> Result<(), StoreError> {
        self.inner.idle()
    }
    fn make_room(&mut self) -> Result<(), StoreError> {
        match self.has_reserve.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(no_room()),
        }
    }
    fn close(&mut self) -> Result<(), StoreError> {
        self.inner.close()
    }
}

fn next_event(writer: &Writer, notified: &Receiver<()>) -> WriterEvent {
    loop {
        if let Some(event) = writer.poll() {
            return event;
        }
        notified.recv().expect("the writer lives");
    }
}

fn start(store: impl Store + 'static) -> (Writer, Receiver<()>) {
    let (sender, notified) = channel();
    let notify = Box::new(move || {
        // The test may have ended by now.
        let _ = sender.send(());
    });
    (Writer::start(Box::new(store), Some(notify)).unwrap(), notified)
}

#[test]
fn waves_are_bounded_numbered_and_given_back() {
    let (store, gate, image) = gated();
    let (writer, notified) = start(store);
    assert_eq!(writer.submit(wave(&[(1, Some(2))], 1)).unwrap(), TransactionId(1));
    assert_eq!(writer.submit(wave(&[(2, Some(3))], 2)).unwrap(), TransactionId(2));
    assert_eq!(writer.in_flight(), 2);
    let refused = match writer.submit(wave(&[(3, Some(4))], 3)) {
        Err(SubmitRefused::Busy(wave)) => wave,
        other => panic!("{other:?}"),
    };
    assert_eq!(writer.durable(), TransactionId(0));
    gate.send(Ok(())).unwrap();
    writer.wait_for(TransactionId(1)).unwrap();
    match next_event(&writer, &notified) {
        WriterEvent::Committed { receipt, wave, .. } => {
            assert_eq!((receipt.transaction, receipt.page_count), (TransactionId(1), 1));
            assert!(wave.pages.is_empty() && wave.arena.capacity() > 0, "memory to use again");
        }
        event => panic!("{event:?}"),
    }
    assert!(writer.last_commit_duration().is_some());
    assert_eq!(writer.submit(refused).unwrap(), TransactionId(3));
    gate.send(Ok(())).unwrap();
    gate.send(Ok(())).unwrap();
    writer.close().unwrap();
    let store = image.open().unwrap();
    assert_eq!(newest(&store), Some((TransactionId(3), 3)), "closing wrote what was submitted");
}

#[test]
fn the_list_of_commits_comes_before_the_commit_that_asked_for_it() {
    let (_guard, path) = temporary();
    let (writer, notified) = start(ImageDirectory::at(&path).create(&options()).unwrap());
    let first = writer.submit(wave(&[(1, Some(2))], 1)).unwrap();
    assert!(matches!(next_event(&writer, &notified), WriterEvent::Committed { .. }));
    let asking = Wave { wants_log: true, ..wave(&[(1, Some(3))], 2) };
    let second = writer.submit(asking).unwrap();
    let listed = match next_event(&writer, &notified) {
        WriterEvent::Log(kept) => kept,
        event => panic!("{event:?}"),
    };
    match next_event(&writer, &notified) {
        WriterEvent::Committed { receipt, wave, .. } => {
            assert_eq!(receipt.transaction, second);
            assert!(!wave.wants_log, "nobody asks with the next one");
        }
        event => panic!("{event:?}"),
    }
    let numbers: Vec<TransactionId> = listed.iter().map(|kept| kept.transaction).collect();
    assert_eq!(numbers, [first, second]);
    assert_eq!(writer.kept_commits().unwrap(), listed);
}

#[test]
fn a_failure_is_reported_once_with_all_that_was_not_written() {
    let (store, gate, image) = gated();
    let (writer, notified) = start(store);
    writer.submit(wave(&[(1, Some(2))], 1)).unwrap();
    let second = writer.submit(wave(&[(2, Some(3))], 2)).unwrap();
    gate.send(Err("cannot sync")).unwrap();
    match next_event(&writer, &notified) {
        WriterEvent::Failed { error, waves } => {
            assert_eq!(error.code(), ErrorCode::StoreFailed);
            let marks: Vec<u64> = waves.iter().map(|wave| wave.roots.words[0]).collect();
            assert_eq!(marks, [1, 2], "as they were submitted");
        }
        event => panic!("{event:?}"),
    }
    assert!(writer.wait_for(second).is_err());
    match writer.submit(wave(&[], 3)) {
        Err(SubmitRefused::Ended(wave, _)) => assert_eq!(wave.roots.words, [3]),
        other => panic!("{other:?}"),
    }
    assert!(writer.poll().is_none());
    assert!(writer.close().is_err());
    assert_eq!(image.open().unwrap().newest_root().unwrap(), None);
}

#[test]
fn waves_stay_while_the_disk_is_full() {
    let (store, gate, image) = gated();
    let has_reserve = Arc::clone(&store.has_reserve);
    let (writer, _notified) = start(store);
    let [first, second] = [1, 2].map(|number| wave(&[(1, Some(number))], number));
    writer.submit(first).unwrap();
    gate.send(Err("full")).unwrap();
    let error = writer.wait_for(TransactionId(1)).unwrap_err();
    assert!(error.is_out_of_space() && writer.shortage().is_some());
    writer.submit(second).unwrap();
    assert_eq!((writer.in_flight(), writer.durable()), (2, TransactionId(0)));
    assert!(writer.wait_for(TransactionId(2)).unwrap_err().is_out_of_space(), "at once");

    // The next attempt meets the same, then one wave gets in with the last room there is, and then both are in.
    gate.send(Err("full")).unwrap();
    assert!(writer.make_room().unwrap_err().is_out_of_space());
    assert_eq!(writer.in_flight(), 2);
    gate.send(Ok(())).unwrap();
    gate.send(Err("the last room")).unwrap();
    assert!(writer.make_room().unwrap_err().is_out_of_space(), "nothing is held in reserve");
    assert_eq!((writer.in_flight(), writer.durable()), (0, TransactionId(2)));
    has_reserve.store(true, Ordering::Relaxed);
    writer.make_room().unwrap();
    assert!(writer.shortage().is_none());
    gate.send(Ok(())).unwrap();
    writer.submit(wave(&[(1, Some(3))], 3)).unwrap();
    writer.wait_for(TransactionId(3)).unwrap();
    writer.close().unwrap();
    assert_eq!(newest(&image.open().unwrap()), Some((TransactionId(3), 3)));
}

#[test]
fn closing_on_a_full_disk_reports_what_was_not_written() {
    let (store, gate, image) = gated();
    let (writer, _notified) = start(store);
    writer.submit(wave(&[(1, Some(1))], 1)).unwrap();
    gate.send(Err("full")).unwrap();
    writer.wait_for(TransactionId(1)).unwrap_err();
    gate.send(Err("full")).unwrap();
    assert!(writer.close().unwrap_err().is_out_of_space());
    assert_eq!(newest(&image.open().unwrap()), None);
}

#[test]
fn a_panic_of_the_thread_leaves_nobody_waiting() {
    let (store, gate, _image) = gated();
    let (writer, _notified) = start(store);
    let number = writer.submit(wave(&[(1, Some(2))], 1)).unwrap();
    gate.send(Err("panic")).unwrap();
    let error = writer.wait_for(number).unwrap_err();
    assert!(matches!(*error, StoreError::WriterStopped));
}

#[test]
fn phases_come_in_order_and_the_image_is_there_afterwards() {
    let (_guard, path) = temporary();
    let phases = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&phases);
    let hook = PhaseHook(Arc::new(move |phase| seen.lock().unwrap().push(phase)));
    let options = StoreOptions { phase_hook: Some(hook), ..options() };
    let store = ImageDirectory::at(&path).create(&options).unwrap();
    let (writer, _notified) = start(store);
    let mut model = Model::new();
    let mut number = TransactionId::NONE;
    for mark in 0..20 {
        let pages = [(mark as u32 % 5, Some(mark)), (7, Some(mark + 1))];
        apply(&mut model, &pages);
        number = writer.submit(wave(&pages, mark)).unwrap();
        writer.wait_for(number).unwrap();
    }
    assert_eq!(number, TransactionId(20));
    drop(writer);
    let expected = [
        Phase::BeforeBegin,
        Phase::BlobsWritten,
        Phase::BeforeCommit,
        Phase::Committed,
        Phase::HeadWritten,
    ];
    assert_eq!(phases.lock().unwrap()[..5], expected);
    let mut store = open(&path).unwrap();
    compare(&mut store, &model).unwrap();
    assert_eq!(newest(&store), Some((number, 19)));
}

/// Planted by limiting the size of files this process may write would hit other tests; a database
/// that another connection keeps locked fails a commit just as well.
#[test]
fn a_failed_commit_ends_the_store_and_loses_nothing_acknowledged() {
    let (_guard, path) = temporary();
    let store = ImageDirectory::at(&path).create(&options()).unwrap();
    let (writer, notified) = start(store);
    let first = writer.submit(wave(&[(1, Some(2))], 1)).unwrap();
    writer.wait_for(first).unwrap();
    assert!(matches!(next_event(&writer, &notified), WriterEvent::Committed { .. }));
    let other = rusqlite::Connection::open(path.join("heap.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let second = writer.submit(wave(&[(1, Some(3))], 2)).unwrap();
    let error = writer.wait_for(second).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreFailed, "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    drop((writer, other));
    assert!(!HeadContent::read(&path.join("head")).unwrap().newest.fsync_failed, "no sync failed");
    let mut store = open(&path).unwrap();
    assert_eq!(newest(&store), Some((first, 1)));
    store.commit(&wave(&[(1, Some(3))], 2)).unwrap();
}

#[test]
fn pruning_runs_between_waves() {
    let pruned = Arc::new(AtomicUsize::new(0));
    let (_guard, path) = temporary();
    let mut first = ImageDirectory::at(&path).create(&options()).unwrap();
    for mark in 0..20 {
        first.commit(&wave(&[(1, Some(mark))], mark)).unwrap();
    }
    first.close().unwrap();
    let counter = Arc::clone(&pruned);
    let hook = PhaseHook(Arc::new(move |phase| {
        counter.fetch_add(usize::from(phase == Phase::Pruning), Ordering::Relaxed);
    }));
    let options = StoreOptions { phase_hook: Some(hook), ..options() };
    let store = ImageDirectory::at(&path).open(&options).unwrap();
    let (writer, _notified) = start(store);
    let number = writer.submit(wave(&[(1, Some(3))], 30)).unwrap();
    writer.wait_for(number).unwrap();
    writer.close().unwrap();
    assert!(pruned.load(Ordering::Relaxed) > 0);
    let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
    let rows: i64 =
        database.query_row("SELECT count(*) FROM page_version", [], |row| row.get(0)).unwrap();
    assert!(rows <= 4, "{rows} versions of one page");
}
