//! The program that is crashed, run as the command runs a script in its image: created or opened, gone on
//! with where it was. Several processes, messages, sleep, file output with redo, deletion of a file,
//! commits that are waited for, and, by the options of the store, checkpoints and pruning.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::seal::KEY_BYTES;
use pscheme::heap::store::{
    CommitClock, ImageDirectory, Phase, PhaseHook, Retention, Store, StoreError, StoreOptions,
    Synchronous,
};
use pscheme::inspect::Inspection;
use pscheme::session::WAVE_COPY_BYTES_MAX;
use pscheme::vm::host::Host;
use pscheme::{Outcome, Session, SessionError, SessionOptions, seal_key};
use tempfile::TempDir;

use super::recorder::{Mark, Operation, Tape};
use super::states::Ground;
use crate::support::{Console, TestHost};

/// The name of the image's directory.
pub const IMAGE: &str = "program.image";
/// Units of work of a slice: a commit may be cut after each.
const SLICE_WORK: i64 = 400;
/// The log is checkpointed every few commits.
const LOG_BYTES_BEFORE_CHECKPOINT: u64 = 192 << 10;
/// What is held in reserve for a full disk: little, because each disk has it.
const BALLAST_BYTES: u64 = 16 << 10;
/// Slices a session takes at most; the program takes some sixty.
const SLICE_COUNT_MAX: u64 = 100_000;
/// Slices of the sessions before the last, in plans that close and open the image.
const SESSIONS: &[u64] = &[22, 14];

/// A program to crash. `FOLDER` stands for the directory of the output. What goes into each file depends on
/// no order in which processes run.
pub struct Program {
    pub text: &'static str,
    /// Steps of the main process, each with a commit it waits for.
    pub step_count: u64,
    /// Output files at the end.
    pub output_count: usize,
    /// What its image keeps of its past.
    pub retention: Retention,
}

/// Several processes that write files.
pub const BUSY: Program = Program {
    text: BUSY_TEXT,
    step_count: 12,
    output_count: 4,
    // Commits are kept, and given up again.
    retention: Retention { everything_seconds: 3_600, bytes_max: 64 << 10 },
};
/// A heap that grows, so that one wave takes several transactions, and shrinks, so that the database does.
/// It keeps no past, so that a step prunes a hundred rows at least, and some thousands become superfluous.
pub const LARGE: Program =
    Program { text: LARGE_TEXT, step_count: 60, output_count: 1, retention: Retention::NOTHING };

const BUSY_TEXT: &str = r#"
(define main (self))
(define (file name) (string-append "FOLDER/" name))
(define step 0)
(define sum 0)
(define table (make-vector 700 0))
(define seed 12345)
(define (next-random)
  (set! seed (remainder (+ (* seed 1103515245) 12345) 2147483648))
  seed)
(define (change-table)
  (let loop ((i 0))
    (if (< i 60)
        (begin
          (vector-set! table (remainder (next-random) 700) (* step (next-random)))
          (loop (+ i 1))))))
(define (worker name rounds)
  (lambda ()
    (define out (open-output-file (file name)))
    (let loop ((i 1))
      (if (<= i rounds)
          (begin
            (write (list name i (* i i i)) out)
            (newline out)
            (if (= 0 (remainder i 3)) (flush-output-port out))
            (! main i)
            (yield)
            (if (= i 5) (sleep 2))
            (loop (+ i 1)))))
    (close-port out)
    (! main 0)))
(define (write-scratch)
  (define out (open-output-file (file "scratch.txt")))
  (write step out)
  (close-port out))
(define log (open-output-file (file "log.txt")))
(define (next-step)
  (set! step (+ step 1))
  (change-table)
  (await-commit)
  (display step)
  (newline)
  (write (list 'step step) log)
  (newline log)
  (if (even? step) (flush-output-port log))
  (case (remainder step 5)
    ((1) (write-scratch))
    ((3) (delete-file (file "scratch.txt")))))
(spawn (worker "left.txt" 10))
(spawn (worker "right.txt" 12))
(let loop ((count 1))
  (if (<= count 24)
      (begin
        (set! sum (+ sum (recv (i i))))
        (if (even? count) (next-step))
        (loop (+ count 1)))))
(write (list sum (apply + (vector->list table))) log)
(close-port log)
"#;

const LARGE_TEXT: &str = r#"
(define step 0)
(define zeros #f)
(define noise #f)
(define log (open-output-file "FOLDER/log.txt"))
(define block (make-bytevector 16384 0))
(define (next-step)
  (set! step (+ step 1))
  (await-commit)
  (display step)
  (newline)
  (write (list 'step step) log)
  (newline log)
  (flush-output-port log))
(let loop ((i 0) (seed 12345))
  (if (< i 16384)
      (begin
        (bytevector-u8-set! block i (remainder (quotient seed 1024) 256))
        (loop (+ i 1) (remainder (+ (* seed 1103515245) 12345) 2147483648)))))
(next-step)
(set! zeros (make-bytevector 17500000 0))
(set! noise (make-bytevector 6553600 0))
(let loop ((i 0))
  (if (< i 400)
      (begin
        (bytevector-copy! noise (* i 16384) block)
        (loop (+ i 1)))))
(next-step)
(set! zeros #f)
(set! noise #f)
(let loop ((i 3))
  (if (<= i 60)
      (begin
        (next-step)
        (loop (+ i 1)))))
(close-port log)
"#;

/// Wraps the store of a session, to plant a fault.
pub type WrapStore = fn(Box<dyn Store>) -> Box<dyn Store>;

/// How a run of the program differs from an ordinary one.
#[derive(Clone, Copy)]
pub struct Plan {
    pub synchronous: Synchronous,
    pub wrap: WrapStore,
    /// After how many slices each session is closed, but for the last, which goes to the end.
    pub sessions: &'static [u64],
    /// There is a key: commits are sealed, and a sealed image is not walked, but read on demand.
    pub is_sealed: bool,
    /// What is committed and can be read on demand is given back at the end of each slice.
    pub gives_back: bool,
    /// The least time between two commits that nobody waits for.
    pub wave_interval: Duration,
    /// How long a session waits for room on a full disk.
    pub space_wait: Duration,
    /// Collect at every allocation.
    pub zeal: bool,
    /// Bytes that are copied for a commit at once.
    pub wave_copy_bytes_max: usize,
}

impl Plan {
    /// One session that goes to the program's end.
    pub const PLAIN: Plan = Plan {
        synchronous: Synchronous::Full,
        wrap: |store| store,
        sessions: &[],
        is_sealed: false,
        gives_back: true,
        wave_interval: Duration::ZERO,
        space_wait: Duration::ZERO,
        zeal: false,
        wave_copy_bytes_max: WAVE_COPY_BYTES_MAX,
    };
    /// The same with a key.
    pub const SEALED: Plan = Plan { is_sealed: true, ..Plan::PLAIN };
    /// Three sessions with a key, each closed in order.
    pub const CLOSING: Plan = Plan { sessions: SESSIONS, ..Plan::SEALED };
}

/// A directory for the program, with the image and the output in it, and its tape.
pub struct Workload {
    pub ground: Ground,
    pub tape: &'static Tape,
    pub program: &'static Program,
    text: String,
    _folder: TempDir,
}

/// What an image held when it was opened again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The newest commit; 0 if there was none, or no image.
    pub commit: u64,
    /// The newest step; `None` if the program was not in it.
    pub step: Option<u64>,
}

/// What was acknowledged to the outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    pub commit: u64,
    pub step: Option<u64>,
    /// What the store was doing.
    pub phase: Option<Phase>,
}

impl Known {
    pub fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::Mark(Mark::Durable(commit)) => self.commit = *commit,
            Operation::Mark(Mark::Heard(step)) => self.step = self.step.max(Some(*step)),
            Operation::Mark(Mark::Phase(phase)) => self.phase = Some(*phase),
            Operation::Mark(Mark::Closed) => self.phase = None,
            _ => {}
        }
    }
}

/// Why a run ended early.
#[derive(Debug)]
pub enum Failure {
    Session(SessionError),
    /// A panic, on whatever thread.
    Panic,
    /// It ended otherwise than the program ends.
    Other(String),
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Failure {
        Failure::Session(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Session(error.into())
    }
}

impl Failure {
    /// Whether opening said that acknowledged commits are gone.
    pub fn reports_loss(&self) -> bool {
        let error = match self {
            Failure::Session(SessionError::Store(error)) => error,
            Failure::Session(SessionError::Writer(error)) => error,
            _ => return false,
        };
        error.code() == ErrorCode::CommitsLost
    }

    pub fn message(&self) -> String {
        match self {
            Failure::Session(error) => error.to_string(),
            Failure::Panic => "a panic".into(),
            Failure::Other(what) => what.clone(),
        }
    }
}

/// A host that marks each whole line as a step the outside has heard of.
struct MarkingHost {
    inner: Box<TestHost>,
    tape: &'static Tape,
    line: String,
}

impl Host for MarkingHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.inner.console_write(bytes);
        self.line.push_str(std::str::from_utf8(bytes).expect("the program writes ASCII"));
        while let Some((line, rest)) = self.line.split_once('\n') {
            if let Ok(step) = line.parse() {
                self.tape.mark(Mark::Heard(step));
            }
            self.line = rest.to_string();
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

impl Workload {
    /// A place for the program with nothing in it, in memory if there is a file system in memory.
    pub fn new(program: &'static Program) -> Workload {
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.unwrap();
        let base = folder.path().canonicalize().unwrap();
        let ground = Ground { top: base.join("top"), parked: base.join("parked") };
        std::fs::create_dir(&ground.top).unwrap();
        std::fs::create_dir(&ground.parked).unwrap();
        let tape = Tape::over(ground.top.clone(), ground.parked.clone());
        let text = program.text.replace("FOLDER", ground.top.to_str().unwrap());
        Workload { ground, tape, program, text, _folder: folder }
    }

    /// Takes another program.
    #[allow(dead_code, reason = "only the simulation has more than one")]
    pub fn load(&mut self, program: &'static Program) {
        self.program = program;
        self.text = program.text.replace("FOLDER", self.ground.top.to_str().unwrap());
    }

    /// Runs the program undisturbed, and gives what its output files hold then.
    pub fn run_undisturbed(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.run(&Plan::PLAIN).expect("the undisturbed run ends");
        let output = self.output();
        assert_eq!(output.len(), self.program.output_count);
        assert!(output.values().all(|content| !content.is_empty()));
        output
    }

    /// What the output files hold.
    pub fn output(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = self.ground.contents();
        found.retain(|path, _| !path.starts_with(IMAGE));
        found
    }

    fn store_options(&self, plan: &Plan, hook: PhaseHook) -> StoreOptions {
        StoreOptions {
            synchronous: plan.synchronous,
            key: plan.is_sealed.then(|| seal_key(&[1; KEY_BYTES])),
            bytes_on_demand: 0,
            phase_hook: Some(hook),
            log_bytes_before_checkpoint: LOG_BYTES_BEFORE_CHECKPOINT,
            retention: self.program.retention,
            ballast_bytes: BALLAST_BYTES,
            ..StoreOptions::new(CommitClock::fixed(1))
        }
    }

    /// Opens or creates the image and the session in it, with the program started if it was not.
    fn open(&self, plan: &Plan) -> Result<(Session, Seen), Failure> {
        let next = Arc::new(AtomicU64::new(1));
        let (tape, counter) = (self.tape, next.clone());
        let hook = PhaseHook(Arc::new(move |phase| {
            tape.mark(Mark::Phase(phase));
            if phase == Phase::Committed {
                tape.mark(Mark::Durable(counter.fetch_add(1, Ordering::Relaxed)));
            }
        }));
        let directory = ImageDirectory::at(self.ground.top.join(IMAGE));
        let options = self.store_options(plan, hook);
        let store = if directory.exists() {
            directory.open(&options)?
        } else {
            directory.create(&options)?
        };
        let commit = store.newest_root()?.map_or(0, |(commit, _)| commit.0);
        next.store(commit + 1, Ordering::Relaxed);
        self.tape.mark(Mark::Opened(commit));
        let console = Console::default();
        let host = MarkingHost { inner: TestHost::new(&console), tape, line: String::new() };
        let mut options = SessionOptions::new(Box::new(host));
        options.slice_work = SLICE_WORK;
        options.wave_interval = plan.wave_interval;
        options.space_wait = plan.space_wait;
        options.zeal = plan.zeal;
        if plan.is_sealed && plan.gives_back {
            options.resident_bytes_max = 0;
        }
        options.wave_copy_bytes_max = plan.wave_copy_bytes_max;
        let mut session = Session::open((plan.wrap)(Box::new(store)), options)?;
        let step =
            session.with_machine(|vm| vm.global("step").map(|word| word.as_fixnum() as u64))?;
        if session.script_is(&self.text).is_none() {
            session
                .start_program("program.scm", &self.text)
                .map_err(|error| Failure::Other(error.to_string()))?;
        }
        Ok((session, Seen { commit, step }))
    }

    /// Runs one session for so many slices or, with `None`, to the program's end, and closes it.
    fn run_session(&self, plan: &Plan, slices: Option<u64>) -> Result<Seen, Failure> {
        let (mut session, seen) = self.open(plan)?;
        self.advance(&mut session, slices)?;
        session.close()?;
        self.tape.mark(Mark::Closed);
        Ok(seen)
    }

    fn advance(&self, session: &mut Session, slices: Option<u64>) -> Result<(), Failure> {
        if session.exit_status().is_some() {
            return Ok(());
        }
        for _ in 0..slices.unwrap_or(SLICE_COUNT_MAX) {
            match session.run_one_slice()? {
                None => {}
                Some(Outcome::Ended(0)) => return Ok(()),
                Some(outcome) => return Err(Failure::Other(format!("it ended so: {outcome:?}"))),
            }
        }
        match slices {
            Some(_) => Ok(session.commit_and_wait()?),
            None => Err(Failure::Other("it does not end".into())),
        }
    }

    /// Runs all sessions of a plan; what the first found.
    pub fn run(&self, plan: &Plan) -> Result<Seen, Failure> {
        let run = || {
            let mut first = None;
            for slices in plan.sessions.iter().copied().map(Some).chain([None]) {
                let seen = self.run_session(plan, slices)?;
                first.get_or_insert(seen);
            }
            Ok(first.expect("there is a session"))
        };
        without_panic(run)
    }

    /// What `check` says of the image, if there is one.
    pub fn inspect(&self) -> Result<(), Failure> {
        let path = self.ground.top.join(IMAGE);
        if !path.exists() {
            return Ok(());
        }
        let options = StoreOptions::new(CommitClock::fixed(1));
        let inspection = without_panic(|| Ok(Inspection::open(&path, &options)?))?;
        match inspection.summary.findings.as_slice() {
            [] => Ok(()),
            findings => Err(Failure::Other(format!("check finds {findings:?}"))),
        }
    }

    /// Runs one session for so many slices and closes it.
    pub fn begin(&self, slices: u64) -> Result<Seen, Failure> {
        self.run_slices(&Plan::PLAIN, slices)
    }

    /// The same in another way.
    pub fn run_slices(&self, plan: &Plan, slices: u64) -> Result<Seen, Failure> {
        without_panic(|| self.run_session(plan, Some(slices)))
    }
}

fn without_panic<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Failure::Panic))
}

/// The difference between two sets of files, shortly; `None` if there is none.
pub fn difference(
    found: &BTreeMap<PathBuf, Vec<u8>>,
    expected: &BTreeMap<PathBuf, Vec<u8>>,
) -> Option<String> {
    let mut text = String::new();
    for path in found.keys().chain(expected.keys()) {
        let (found, expected) = (found.get(path), expected.get(path));
        if found == expected || text.contains(&format!("{}:", path.display())) {
            continue;
        }
        let length = |content: Option<&Vec<u8>>| content.map_or(-1, |bytes| bytes.len() as i64);
        let pairs = found.iter().copied().flatten().zip(expected.iter().copied().flatten());
        let same = pairs.take_while(|(one, other)| one == other).count();
        let (found, expected) = (length(found), length(expected));
        let path = path.display();
        let _ = write!(text, "{path}: {found} bytes, not {expected}, alike up to {same}; ");
    }
    (!text.is_empty()).then_some(text)
}
