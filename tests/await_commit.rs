//! `await-commit` tells the truth: power is cut at every operation of a recorded run of a whole
//! session, and what the program had heard to be durable must be there when the image is opened
//! again. With commits planted that return before they are on the disk the same check must fail.

#[path = "../heap/tests/support/crash_vfs.rs"]
#[allow(dead_code, reason = "the store's own suite uses more of it")]
mod crash_vfs;
mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use crash_vfs::{Disk, Mark, Operation, Unsynced, mark};
use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::limits::HEAD_SYNC_INTERVAL_MS;
use pscheme::heap::store::{
    CommitClock, CommitReceipt, ImageDirectory, KeptCommit, MemoryImage, MemoryStore, PageSink,
    Phase, PhaseHook, RootRecord, Store, StoreError, StoreOptions, Synchronous, TransactionId,
    Wave,
};
use pscheme::session::SessionPhase;
use pscheme::vm::host::Host;
use pscheme::{Outcome, Session, SessionError, SessionOptions};
use support::{Console, Random, TestHost};

/// Counts, waits for the commit, says so. The sum at the end needs every step's change.
const PROGRAM: &str = "
    (define counter 0)
    (define history '())
    (define table (make-vector 600 0))
    (define (count last)
      (if (< counter last)
          (let ((next (+ counter 1)))
            (set! history (cons next history))
            (vector-set! table (remainder (* next 97) 600) next)
            (set! counter next)
            (await-commit)
            (display next)
            (newline)
            (count last))))
    (await-commit)
    (display counter)
    (newline)
    (count 24)
    (display (apply + counter history))
    (newline)
    (display (apply + (vector->list table)))
    (newline)";
const LAST: i64 = 24;

fn options(synchronous: Synchronous) -> StoreOptions {
    StoreOptions { synchronous, ..StoreOptions::new(CommitClock::fixed(1)) }
}

fn full_output() -> String {
    let sum = LAST * (LAST + 1) / 2;
    let lines = (0..=LAST).chain([sum + LAST, sum]);
    lines.map(|number| format!("{number}\n")).collect()
}

/// A host that marks each whole line as heard from a program whose commit is acknowledged.
struct MarkingHost {
    inner: Box<TestHost>,
    line: Vec<u8>,
}

impl Host for MarkingHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.inner.console_write(bytes);
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let number = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
            mark(Mark::Acknowledged(number.parse().unwrap()));
        }
    }
    fn clock_us(&mut self) -> i64 {
        self.inner.clock_us()
    }
    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.inner.wait_until_us(deadline_us, stop);
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.inner.monotonic_ns()
    }
    fn random(&mut self) -> u64 {
        self.inner.random()
    }
}

/// A recorded run, and the file the record does not hold.
struct Run {
    record: Vec<Operation>,
    lock: Vec<u8>,
    /// Whether `head` may come back from a crash as it was synced at opening.
    head_may_be_that_of_opening: bool,
}

/// Runs the program to its end on the recording VFS.
fn record_run(synchronous: Synchronous) -> Run {
    let (_guard, path) = scratch();
    ImageDirectory::at(&path).create(&options(Synchronous::Full)).unwrap().close().unwrap();
    let head = path.join("head");
    crash_vfs::take_record();
    mark(Mark::Head(std::fs::read(&head).unwrap()));
    let hook = PhaseHook(Arc::new(move |phase| {
        if phase == Phase::HeadWritten {
            mark(Mark::Head(std::fs::read(&head).unwrap()));
        }
    }));
    let store_options = StoreOptions {
        vfs: Some(crash_vfs::NAME.to_string()),
        phase_hook: Some(hook),
        ..options(synchronous)
    };
    let console = Console::default();
    let host = MarkingHost { inner: TestHost::new(&console), line: Vec::new() };
    let store = ImageDirectory::at(&path).open(&store_options).unwrap();
    let begin = Instant::now();
    let mut session = Session::open(Box::new(store), SessionOptions::new(Box::new(host))).unwrap();
    mark(Mark::HeadSynced);
    session.start_program("count.scm", PROGRAM).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(text_of(&console), full_output());
    let lock = std::fs::read(path.join("lock")).unwrap();
    // Later it was synced again, and pruning may rely on that. A lie may rely on nothing.
    let synced_once = begin.elapsed().as_millis() < u128::from(HEAD_SYNC_INTERVAL_MS);
    let head_may_be_that_of_opening = synced_once || synchronous == Synchronous::Normal;
    Run { record: crash_vfs::take_record(), lock, head_may_be_that_of_opening }
}

fn text_of(console: &Console) -> String {
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

fn scratch() -> (tempfile::TempDir, std::path::PathBuf) {
    let memory = Path::new("/dev/shm");
    let folder =
        if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let image = folder.path().join("count.image");
    (folder, image)
}

/// What the image of a state holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// The counter, unless the program is not in the image, and what it showed from there to its end.
    Whole {
        counter: Option<u64>,
        shown: String,
    },
    /// Opening said that acknowledged commits are lost.
    ReportedLoss,
    Refused(String),
}

/// Opens a state as a restarted machine would, and lets the program go on to its end.
fn reopen(path: &Path) -> State {
    let opened = ImageDirectory::at(path).open(&options(Synchronous::Full));
    let store = match opened {
        Ok(store) => store,
        Err(error) if error.code() == ErrorCode::CommitsLost => return State::ReportedLoss,
        Err(error) => return State::Refused(error.to_string()),
    };
    let console = Console::default();
    match resume(store, &console) {
        Ok(counter) => State::Whole { counter, shown: text_of(&console) },
        Err(error) => State::Refused(error.to_string()),
    }
}

fn resume(
    store: pscheme::heap::store::SqliteStore,
    console: &Console,
) -> Result<Option<u64>, SessionError> {
    let mut session = Session::open(Box::new(store), SessionOptions::new(TestHost::new(console)))?;
    let counter = session.vm.global("counter").map(|word| word.as_fixnum() as u64);
    if session.exit_status().is_none() {
        assert_eq!(session.run()?, Outcome::Ended(0));
    }
    Ok(counter)
}

/// What power cuts along a record lead to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    cuts: usize,
    distinct_states: usize,
    losses_reported: usize,
    losses_silent: usize,
    refused: Vec<String>,
}

/// Follows the disk, `head` and what the program knows along a record.
struct Replay<'run> {
    run: &'run Run,
    path: &'run Path,
    random: Random,
    disk: Disk,
    /// `head` as it was written last, before that, and when it was certainly synced.
    heads: [Vec<u8>; 3],
    /// The newest number whose commit the program was told of; `None` before it was started.
    acknowledged: Option<u64>,
    states: HashMap<blake3::Hash, State>,
    findings: Findings,
}

impl Replay<'_> {
    fn follow(&mut self, operation: &Operation) {
        self.disk.follow(operation);
        match operation {
            Operation::Mark(Mark::Head(bytes)) => {
                let before = std::mem::replace(&mut self.heads[0], bytes.clone());
                self.heads[1] = if before.is_empty() { bytes.clone() } else { before };
            }
            Operation::Mark(Mark::HeadSynced) => self.heads[2] = self.heads[0].clone(),
            // The sums at the end are no counts.
            Operation::Mark(Mark::Acknowledged(number)) if *number <= LAST as u64 => {
                self.acknowledged = Some(*number);
            }
            _ => {}
        }
    }

    /// Cuts the power here, once.
    fn cut(&mut self, mode: Unsynced, head: usize, place: &str) {
        let mut files = self.disk.after_crash(mode, &mut self.random);
        if !files.contains_key("heap.db") {
            return;
        }
        files.remove("heap.db-shm");
        files.insert("head".into(), self.heads[head].clone());
        files.insert("lock".into(), self.run.lock.clone());
        let mut key = blake3::Hasher::new();
        for (name, content) in &files {
            key.update(name.as_bytes()).update(&content.len().to_le_bytes()).update(content);
        }
        let path = self.path;
        let state = self.states.entry(key.finalize()).or_insert_with(|| {
            restore(path, &files);
            reopen(path)
        });
        self.findings.cuts += 1;
        match state {
            State::ReportedLoss => self.findings.losses_reported += 1,
            State::Whole { counter, .. } if *counter < self.acknowledged => {
                self.findings.losses_silent += 1;
            }
            State::Whole { counter: Some(counter), shown } if !is_rest(*counter, shown) => {
                self.findings.refused.push(format!("{place}: from {counter} it showed {shown:?}"));
            }
            State::Whole { .. } => {}
            State::Refused(error) => self.findings.refused.push(format!("{place}: {error}")),
        }
    }
}

/// Whether this is what the program shows from a count on: what follows it, and the count itself if
/// its wait had not ended.
fn is_rest(counter: u64, shown: &str) -> bool {
    let full = full_output();
    let rest: String = full.split_inclusive('\n').skip(counter as usize + 1).collect();
    let has_ended = shown.is_empty() && counter == LAST as u64;
    has_ended || shown == rest || shown == format!("{counter}\n{rest}")
}

fn restore(path: &Path, files: &BTreeMap<String, Vec<u8>>) {
    let _ = std::fs::remove_dir_all(path);
    std::fs::create_dir(path).unwrap();
    for (name, content) in files {
        std::fs::write(path.join(name), content).unwrap();
    }
}

/// Cuts the power before and after every operation with all unsynced writes lost, and at every
/// `step`th with some of them lost, torn or reordered.
fn replay(run: &Run, step: usize) -> Findings {
    let (_guard, path) = scratch();
    let mut replay = Replay {
        run,
        path: &path,
        random: Random(29),
        disk: Disk::default(),
        heads: Default::default(),
        acknowledged: None,
        states: HashMap::new(),
        findings: Findings::default(),
    };
    for (index, operation) in run.record.iter().enumerate() {
        replay.follow(operation);
        let place = |mode: Unsynced| format!("operation {index}, {mode:?}");
        let heads =
            if run.head_may_be_that_of_opening && !replay.heads[2].is_empty() { 3 } else { 2 };
        for head in 0..heads {
            replay.cut(Unsynced::Dropped, head, &place(Unsynced::Dropped));
        }
        if index % step == 0 && replay.disk.has_unsynced() {
            replay.cut(Unsynced::Kept, index / step % 2, &place(Unsynced::Kept));
            replay.cut(Unsynced::Scrambled, index / step % 2, &place(Unsynced::Scrambled));
        }
    }
    replay.findings.distinct_states = replay.states.len();
    replay.findings
}

#[test]
fn what_await_commit_said_is_there_after_every_power_cut_and_a_lie_is_caught() {
    crash_vfs::register();
    let run = record_run(Synchronous::Full);
    let found = replay(&run, 41);
    assert!(found.cuts > 1_000 && found.distinct_states > 100, "{found:?}");
    assert_eq!(found.refused, Vec::<String>::new());
    assert_eq!((found.losses_reported, found.losses_silent), (0, 0));

    // The planted lie: commits that return before they are on the disk.
    let run = record_run(Synchronous::Normal);
    let found = replay(&run, 997);
    assert!(
        found.losses_reported > 100,
        "where `head` reached the disk, opening says so: {found:?}"
    );
    assert!(found.losses_silent > 100, "where it did not, this test finds it: {found:?}");
}

/// A store that says on a channel when it has nothing left to do after a commit.
struct Announcing {
    inner: MemoryStore,
    done: Sender<()>,
}

impl Store for Announcing {
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
        self.inner.commit(wave)
    }
    fn prune_step(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        self.inner.prune_step(rows_max)
    }
    fn idle(&mut self) -> Result<(), StoreError> {
        // Called in the gap after a commit, when the commit has been reported already.
        let _ = self.done.send(());
        self.inner.idle()
    }
    fn make_room(&mut self) -> Result<(), StoreError> {
        self.inner.make_room()
    }
    fn close(&mut self) -> Result<(), StoreError> {
        self.inner.close()
    }
}

/// A commit that is durable before its waiter's session looks again must not look like a program
/// in which nobody can run any more.
#[test]
fn a_commit_that_is_done_at_once_does_not_end_the_program() {
    let (done, is_done) = channel();
    let store = Announcing { inner: MemoryImage::new().open().unwrap(), done };
    let console = Console::default();
    let mut options = SessionOptions::new(TestHost::new(&console));
    let mut before = SessionPhase::Opening;
    let shown = console.clone();
    options.on_phase = Some(Box::new(move |phase| {
        // The wave was handed over just now: let the writer finish it before the machine goes on. The
        // commit of the program's end is not handed over: who waits for it makes it.
        let has_ended = text_of(&shown) == full_output();
        if before == SessionPhase::Copying && !has_ended {
            is_done.recv().unwrap();
        }
        before = phase;
    }));
    let mut session = Session::open(Box::new(store), options).unwrap();
    session.start_program("count.scm", PROGRAM).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(text_of(&console), full_output());
}
