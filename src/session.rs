//! A session: a machine, and the image it lives in if it has one.
//!
//! Owns the loop that runs slices, decides when a wave is cut, wakes who waited for it and lets
//! effects leave. A wave is cut between slices, outside every atomic section: the running process is
//! sealed, the young are collected, the changed pages copied, and the machine goes on while the
//! writer's thread commits them. Nothing waits for the disk but who asked to.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pscheme_heap::graph_hash::GraphHash;
use pscheme_heap::heap::Heap;
use pscheme_heap::root_table::Root;
use pscheme_heap::store::writer::{SubmitRefused, Writer};
use pscheme_heap::store::{
    CommitCause, CommitReceipt, Digest, KeptCommit, Store, StoreError, TransactionId,
    UnfinishedTransaction, Wave,
};
use pscheme_heap::verify::Problem;
use pscheme_heap::word::Word;
use pscheme_vm::engine::Engine;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::host::{Decision, Host};
use pscheme_vm::host_function::HostFunctions;
use pscheme_vm::limits::Limits;
use pscheme_vm::machine::{SLICE_WORK, Stop, Vm};
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::{Event, ProcessState};

use crate::effects::{EffectError, EffectRunner, newest_effect};
use crate::host_function;
pub use crate::opening::check_heap;
use crate::opening::{fresh_heap, read_heap};
pub use crate::residence::resident_bytes_default;
use crate::shortage::PauseReport;

/// Time between two wave starts unless somebody waits.
pub const WAVE_INTERVAL_DEFAULT: Duration = Duration::from_millis(20);
/// Bytes of young pages that bring on a wave before its time.
pub const WAVE_DIRTY_BYTES_MAX: u64 = 16 << 20;
/// Bytes of changed pages that are copied for a commit at once.
pub const WAVE_COPY_BYTES_MAX: usize = 64 << 20;

/// How a session runs.
pub struct SessionOptions {
    pub host: Box<dyn Host>,
    pub engine: Engine,
    /// Time between two wave starts.
    pub wave_interval: Duration,
    /// Units of work of a slice.
    pub slice_work: i64,
    /// Collect at every allocation.
    pub zeal: bool,
    /// Procedures that the host provides.
    pub host_functions: HostFunctions,
    /// What programs may take.
    pub limits: Limits,
    /// Whether the run ends when the main process does, though others could go on.
    pub ends_with_main: bool,
    /// Set from outside (a signal handler) to make the session commit and stop.
    pub stop_requested: Arc<AtomicBool>,
    /// Told of every process that fails or that a limit stops, when it does.
    pub on_failure: FailureReport,
    /// Told of every change of phase.
    pub on_phase: Option<PhaseWatch>,
    /// Bytes of changed pages that are copied for a commit at once. Of a larger commit parts are written ahead,
    /// while nothing runs.
    pub wave_copy_bytes_max: usize,
    /// Bytes of the heap that may be in memory. What is beyond that and in no change since it was committed is given
    /// back at the end of a slice, and read when it is touched; what changed stays. A session without an image has all.
    pub resident_bytes_max: u64,
    /// How long the session waits for room on a full disk before its calls fail. Those can be made again: they
    /// go on where they were.
    pub space_wait: Duration,
    /// Told when such a wait begins and ends.
    pub on_pause: PauseReport,
}

/// What a session is doing; told to whoever watches, so that tests of crashes know where one struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionPhase {
    Opening,
    Running,
    Sealing,
    Collecting,
    Copying,
    Output,
}

/// Told of every change of phase.
pub type PhaseWatch = Box<dyn FnMut(SessionPhase) + Send>;

/// Receives a machine and the record of a process that has failed in it.
pub type FailureReport = Box<dyn FnMut(&Vm, Word) + Send>;

impl SessionOptions {
    pub fn new(host: Box<dyn Host>) -> SessionOptions {
        SessionOptions {
            host,
            engine: Engine::fastest(),
            wave_interval: WAVE_INTERVAL_DEFAULT,
            slice_work: SLICE_WORK,
            zeal: false,
            host_functions: HostFunctions::new(),
            limits: Limits::default(),
            ends_with_main: false,
            stop_requested: Arc::default(),
            on_failure: Box::new(|_, _| ()),
            on_phase: None,
            wave_copy_bytes_max: WAVE_COPY_BYTES_MAX,
            resident_bytes_max: resident_bytes_default(),
            space_wait: Duration::ZERO,
            on_pause: Box::new(|_| ()),
        }
    }
}

/// What can go wrong in a session, beside the program's own errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer's thread has failed; the image is as of its last durable commit.
    #[error(transparent)]
    Writer(#[from] Arc<StoreError>),
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// The image's pages have the right hashes but hold what no pscheme writes.
    #[error("the image is damaged: {} and {} more", problems[0], problems.len() - 1)]
    Damaged { problems: Vec<Problem> },
    /// The image was opened before by a host that provided more than this one does.
    #[error("the image needs what this host does not provide: {}", .0.join("; "))]
    MissingHostFunctions(Vec<String>),
    /// What the host provides cannot be bound: a name is taken.
    #[error("the host's functions cannot be bound: {0}")]
    HostFunctions(String),
    /// The operating system did not give the addresses of a heap.
    #[error("reserving addresses for the heap: {0}")]
    Memory(std::io::Error),
    /// The standard library does not load: a fault of pscheme.
    #[error("the standard library does not load: {0}")]
    Library(String),
}

impl SessionError {
    /// Whether there was no room on a disk. Nothing is lost, and the call can be made again.
    pub fn is_out_of_space(&self) -> bool {
        match self {
            SessionError::Store(error) => error.is_out_of_space(),
            SessionError::Writer(error) => error.is_out_of_space(),
            SessionError::Effect(error) => error.is_out_of_space(),
            _ => false,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every process has ended, or the program called `exit`; the status for the shell.
    Ended(i64),
    /// The host asked to stop; the state is committed.
    Stopped,
    /// Every process waits for a message, the main one too, and nobody is left to send one. The state
    /// is committed; who sends one from outside can go on.
    Waiting,
    /// No process can go on within the heap's limit; they are kept whole, and the state is
    /// committed. A session with a higher limit goes on.
    AtLimit,
}

/// What one slice came to, for those who decide themselves what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// Something was done, and there may be more.
    Worked,
    /// Nothing can run before this time, microseconds since 1970, or at all until somebody does
    /// something, or there is input from the console if `awaits_input`. What was reached is durable.
    Idle { due_us: Option<i64>, awaits_input: bool },
    /// A process called `exit`; it has ended.
    Exit { process: Word, status: i64 },
}

/// A wave the writer has, and what may leave once it is durable.
pub(crate) struct PendingWave {
    pub(crate) transaction: TransactionId,
    pub(crate) effects: Option<i64>,
}

/// The image a session lives in.
pub(crate) struct Persistence {
    writer: Writer,
    /// Waves to be filled again.
    pub(crate) spare: Vec<Wave>,
    /// A part of the next commit that is still to be written ahead of it.
    pub(crate) unwritten: Option<Wave>,
    pub(crate) pending: VecDeque<PendingWave>,
    /// Number of the last wave handed over.
    last: TransactionId,
    last_start: Instant,
    /// Number of the last commit whose event was taken in.
    pub(crate) received: TransactionId,
}

/// Time between two looks at the console while somebody waits for input and others run.
const CONSOLE_LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// How a wave is given to the writer: `submit` or `queue`.
type HandOver = fn(&Writer, Wave) -> Result<TransactionId, SubmitRefused>;

/// Counts of a session, kept outside the image.
#[derive(Clone, Debug, Default)]
pub struct SessionCounts {
    pub commits: u64,
    /// Pages with a body in all commits, and in the one with the most.
    pub pages: u64,
    pub pages_max: u64,
    pub body_bytes: u64,
    pub row_bytes: u64,
    pub log_bytes: u64,
    /// Time from taking up a wave to durability, summed.
    pub commit_time: Duration,
    /// Time the machine stood still for cutting waves, summed, and the longest.
    pub pause_time: Duration,
    pub pause_max: Duration,
    pub last_receipt: Option<CommitReceipt>,
}

/// A machine and its image.
pub struct Session {
    pub vm: Vm,
    engine: Engine,
    pub(crate) wave_interval: Duration,
    slice_work: i64,
    pub(crate) persistence: Option<Persistence>,
    effects: EffectRunner,
    /// What the next commit says of why it is made, instead of what brings it on.
    next_cause: Option<CommitCause>,
    /// When the console was last looked at for those who wait for input.
    pub(crate) last_console_look: Instant,
    ends_with_main: bool,
    pub(crate) stop_requested: Arc<AtomicBool>,
    on_failure: FailureReport,
    on_phase: Option<PhaseWatch>,
    pub(crate) wave_copy_bytes_max: usize,
    pub(crate) space_wait: Duration,
    pub(crate) on_pause: PauseReport,
    /// What the opening dropped.
    unfinished: Option<UnfinishedTransaction>,
    pub counts: SessionCounts,
}

/// The primitives of this version.
pub fn primitive_set() -> Arc<PrimitiveSet> {
    Arc::new(PrimitiveSet::new(pscheme_stdlib::primitive_rows()))
}

impl Session {
    /// A session without an image: nothing survives it.
    ///
    /// # Errors
    /// If the heap or the standard library cannot be set up.
    pub fn transient(options: SessionOptions) -> Result<Session, SessionError> {
        let functions = options.host_functions.clone();
        let mut session = Session::assemble(fresh_heap()?, options);
        host_function::bind(&mut session.vm, &functions).map_err(SessionError::HostFunctions)?;
        Ok(session)
    }

    /// A session in the image of `store`: goes on where its last commit left it, or begins if
    /// nothing was ever committed. The opening commit is durable when this returns.
    ///
    /// An image is walked whole before anything in it runs, unless its newest commit has a seal of the store's key.
    ///
    /// # Errors
    /// What the store finds, or what the walk over the whole heap finds.
    pub fn open(
        mut store: Box<dyn Store>,
        mut options: SessionOptions,
    ) -> Result<Session, SessionError> {
        if let Some(watch) = &mut options.on_phase {
            watch(SessionPhase::Opening);
        }
        let functions = options.host_functions.clone();
        let resident_bytes_max = options.resident_bytes_max;
        let mut session = if store.newest_root()?.is_some() {
            Session::assemble(read_heap(store.as_mut())?, options)
        } else {
            Session::assemble(fresh_heap()?, options)
        };
        store.vouch();
        session.unfinished = store.unfinished();
        let missing = host_function::missing(&session.vm, &functions);
        if !missing.is_empty() {
            return Err(SessionError::MissingHostFunctions(missing));
        }
        session.vm.heap.persistent = true;
        session.vm.heap.bound_residence(resident_bytes_max, store.page_reader());
        let writer = Writer::start(store, None)?;
        let last = writer.durable();
        session.persistence = Some(Persistence {
            writer,
            spare: Vec::new(),
            unwritten: None,
            pending: VecDeque::new(),
            last,
            last_start: Instant::now(),
            received: last,
        });
        session.guarded(|session| session.take_up(last, &functions))?;
        Ok(session)
    }

    /// Lets those go on who waited for what an opening gives, and does again what the last commit requested.
    fn take_up(
        &mut self,
        last: TransactionId,
        functions: &HostFunctions,
    ) -> Result<(), SessionError> {
        self.vm.wake_waiters(last.0 as i64);
        self.vm.wake_from_limit();
        self.vm.wake_input_waiters();
        host_function::bind(&mut self.vm, functions).map_err(SessionError::HostFunctions)?;
        // It may not have been done.
        self.effects = EffectRunner::after_restart(&self.vm);
        match newest_effect(&self.vm) {
            Some(newest) => self.perform_effects(newest),
            None => Ok(()),
        }
    }

    /// As [`whole`], for what a session does beside running its machine.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, SessionError>,
    ) -> Result<T, SessionError> {
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        if let Ok(Err(error @ (SessionError::Store(_) | SessionError::Writer(_)))) = result {
            return Err(error);
        }
        match (self.vm.heap.demand_failure(), result) {
            (Some(failure), _) => Err(failure.into()),
            (None, Ok(result)) => result,
            (None, Err(panic)) => resume_unwind(panic),
        }
    }

    /// A session over a heap that was read; nothing of it is committed.
    pub(crate) fn over(heap: Heap, options: SessionOptions) -> Session {
        Session::assemble(heap, options)
    }

    /// Does something with the machine that runs nothing. A page of the image that cannot be read is an error then,
    /// and not a panic. What stands in its place is zero, which nothing that walks over objects gets along with.
    ///
    /// # Errors
    /// Such a page, now or before.
    pub fn with_machine<T>(&mut self, work: impl FnOnce(&mut Vm) -> T) -> Result<T, SessionError> {
        whole(&mut self.vm, work)
    }

    /// Units of work done by all processes since the image was made.
    pub fn work(&self) -> u64 {
        let work = self.vm.heap.root(Root::Work);
        if work.is_fixnum() { work.as_fixnum() as u64 } else { 0 }
    }

    /// The digest of everything that reached the image's programs, left them and decided who runs, since the image
    /// was made.
    pub fn trace_digest(&self) -> Digest {
        self.vm.trace_digest()
    }

    /// The canonical hash of the image's state: the same for equal states, wherever their objects lie and whenever
    /// commits and collections happened. Takes time in proportion to what is live.
    ///
    /// # Errors
    /// A page of the image that cannot be read.
    pub fn graph_hash(&mut self) -> Result<GraphHash, SessionError> {
        self.with_machine(|vm| {
            vm.park_for_commit();
            vm.heap.graph_hash()
        })
    }

    fn assemble(heap: Heap, options: SessionOptions) -> Session {
        let mut vm = Vm::new(heap, primitive_set(), options.host);
        vm.heap.set_zeal(options.zeal);
        vm.heap.limit_bytes = options.limits.heap_bytes;
        vm.machine.limits = options.limits;
        Session {
            vm,
            engine: options.engine,
            wave_interval: options.wave_interval,
            slice_work: options.slice_work,
            persistence: None,
            effects: EffectRunner::default(),
            next_cause: None,
            last_console_look: Instant::now(),
            ends_with_main: options.ends_with_main,
            stop_requested: options.stop_requested,
            on_failure: options.on_failure,
            on_phase: options.on_phase,
            wave_copy_bytes_max: options.wave_copy_bytes_max,
            space_wait: options.space_wait,
            on_pause: options.on_pause,
            unfinished: None,
            counts: SessionCounts::default(),
        }
    }

    pub(crate) fn enter_phase(&mut self, phase: SessionPhase) {
        if let Some(watch) = &mut self.on_phase {
            watch(phase);
        }
    }

    /// The number of the newest durable commit, if there is an image.
    pub fn durable(&self) -> Option<TransactionId> {
        self.persistence.as_ref().map(|p| p.writer.durable())
    }

    /// Every commit that the image keeps, oldest first; none without an image.
    ///
    /// # Errors
    /// If the image cannot be read.
    pub fn kept_commits(&self) -> Result<Vec<KeptCommit>, SessionError> {
        match &self.persistence {
            Some(persistence) => Ok(persistence.writer.kept_commits()?),
            None => Ok(Vec::new()),
        }
    }

    /// Runs until every process has ended, the program exits, or the host asks to stop. What was
    /// reached is committed before this returns.
    ///
    /// # Errors
    /// The image's store or an effect failed; what was committed before stays.
    pub fn run(&mut self) -> Result<Outcome, SessionError> {
        self.enter_phase(SessionPhase::Running);
        loop {
            let is_to_stop = self.stop_requested.load(Ordering::Relaxed);
            if self.decide(Decision::Stop, is_to_stop) {
                self.commit_and_wait()?;
                return Ok(Outcome::Stopped);
            }
            if let Some(outcome) = self.run_one_slice()? {
                return Ok(outcome);
            }
        }
    }

    /// Runs one slice and does what is due after it; the outcome if it was the last.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run_one_slice(&mut self) -> Result<Option<Outcome>, SessionError> {
        self.guarded(Session::run_slice_and_what_follows)
    }

    fn run_slice_and_what_follows(&mut self) -> Result<Option<Outcome>, SessionError> {
        let event = self.slice()?;
        match event {
            Event::Exit(status) => return self.end(status).map(Some),
            Event::Idle => {
                if let Some(outcome) = self.when_idle()? {
                    return Ok(Some(outcome));
                }
            }
            _ => {}
        }
        if let Event::Finished(process) | Event::Failed(process) = event
            && self.ends_with_main
            && process == self.vm.heap.root(Root::MainProcess)
        {
            let status = self.ending_status();
            return self.end(status).map(Some);
        }
        self.after_slice()?;
        Ok(None)
    }

    /// Runs one slice and does what is due after it, without ever waiting for a time.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn advance(&mut self) -> Result<Advance, SessionError> {
        self.guarded(Session::advance_without_waiting)
    }

    fn advance_without_waiting(&mut self) -> Result<Advance, SessionError> {
        match self.slice()? {
            Event::Exit(status) => {
                let process = self.vm.machine.process;
                self.vm.machine.sections.remove(&process.offset());
                self.vm.finish(Word::FALSE);
                return Ok(Advance::Exit { process, status });
            }
            Event::Idle => return self.rest(),
            _ => {}
        }
        self.after_slice()?;
        Ok(Advance::Worked)
    }

    /// Runs the process whose turn it is, and tells who watches of one that failed or met the limit.
    fn slice(&mut self) -> Result<Event, SessionError> {
        // Before the slice: what a commit wakes must have its turn before "nobody can run" is believed.
        self.receive_events()?;
        let (engine, work) = (self.engine, self.slice_work);
        let event = whole(&mut self.vm, |vm| vm.advance_by(engine, work))?;
        self.bound_sections();
        match event {
            Event::Failed(process) => self.note_failure(process),
            Event::AtLimit(process) => (self.on_failure)(&self.vm, process),
            _ => {}
        }
        Ok(event)
    }

    fn after_slice(&mut self) -> Result<(), SessionError> {
        self.relieve_memory();
        if self.vm.has_room_again() {
            self.vm.wake_from_limit();
        }
        if self.vm.has_input_waiters() {
            let is_time = self.last_console_look.elapsed() >= CONSOLE_LOOK_INTERVAL;
            if self.decide(Decision::ConsoleLook, is_time) {
                self.wake_for_input();
            }
        }
        self.commit_if_due()
    }

    /// Notes that an entry of the prompt begins: the next commit says so.
    pub(crate) fn note_entry(&mut self) {
        self.next_cause = Some(CommitCause::Entry);
    }

    /// Raises a condition in a process, as [`Vm::interrupt`] does; whether that could be done now.
    pub fn interrupt(&mut self, process: Word, fault: Fault) -> bool {
        match self.vm.interrupt(process, fault) {
            Some(Event::Failed(process)) => {
                self.note_failure(process);
                true
            }
            event => event.is_some(),
        }
    }

    /// A decision by time or by how far the writer is; the host may know better, because it replays a recording.
    pub(crate) fn decide(&mut self, decision: Decision, found: bool) -> bool {
        self.vm.machine.host.decide(decision, found)
    }

    /// Whether the writer has a wave.
    fn is_commit_on_its_way(&self) -> bool {
        self.persistence.as_ref().is_some_and(|p| p.writer.in_flight() > 0)
    }

    /// Whether a commit would hold anything new, or one is on its way.
    pub(crate) fn has_work_for_commit(&self) -> bool {
        let in_flight = self.is_commit_on_its_way();
        let has_changes = self.persistence.is_some() && self.vm.heap.has_changes();
        in_flight || has_changes || newest_effect(&self.vm).is_some()
    }

    /// What the process that runs the script is doing.
    pub(crate) fn main_state(&self) -> Option<ProcessState> {
        let main = self.vm.heap.root(Root::MainProcess);
        main.is_object().then(|| self.vm.process_state(main))
    }

    pub(crate) fn ending_status(&self) -> i64 {
        i64::from(self.main_state() == Some(ProcessState::Failed))
    }

    fn note_failure(&mut self, process: Word) {
        self.vm.machine.sections.remove(&process.offset());
        (self.on_failure)(&self.vm, process);
    }

    /// Writes what ports still hold, notes the status, and commits the end of the program.
    pub(crate) fn end(&mut self, status: i64) -> Result<Outcome, SessionError> {
        // Room was made for every buffer when its port was opened; at the heap's limit the bytes
        // stay in the image with their ports.
        let _flushed: Result<(), Interrupt> = pscheme_stdlib::flush_open_ports(&mut self.vm);
        self.vm.heap.set_root(Root::ExitStatus, Word::fixnum(status));
        self.commit_and_wait()?;
        Ok(Outcome::Ended(status))
    }

    /// Ends the running process if its atomic section has done too much work.
    fn bound_sections(&mut self) {
        let process = self.vm.machine.process;
        if !process.is_object() {
            return;
        }
        let Some(section) = self.vm.machine.sections.get(&process.offset()) else { return };
        let work = self.vm.heap.root(Root::Work).as_fixnum() - section.started;
        let limit = self.vm.machine.limits.atomic_work;
        if work > limit as i64 {
            let message = format!("an atomic section may do {limit} units of work");
            let fault = Fault::new(pscheme_heap::error_code::ErrorCode::AtomicTooLong, message);
            let event = self.vm.end_slice(Stop::Error(Box::new(fault)));
            if let Event::Failed(process) = event {
                self.note_failure(process);
            }
        }
    }

    /// Nobody can run until a commit is durable: make it and wait for it.
    pub(crate) fn serve_waiters(&mut self) -> Result<(), SessionError> {
        let in_flight = self.is_commit_on_its_way();
        if !self.decide(Decision::CommitOnItsWay, in_flight) || self.vm.has_new_waiters() {
            self.cut_wave(Writer::queue, CommitCause::Awaited)?;
        }
        self.wait_for_last()
    }

    fn wait_for_last(&mut self) -> Result<(), SessionError> {
        self.wait_for_durability()?;
        self.receive_events()
    }

    /// The writer, and the number of the last wave it was given.
    pub(crate) fn writer(&self) -> Option<(&Writer, TransactionId)> {
        self.persistence.as_ref().map(|persistence| (&persistence.writer, persistence.last))
    }

    pub(crate) fn perform_effects_once(&mut self, last: i64) -> Result<(), SessionError> {
        self.effects.perform(&mut self.vm, last)?;
        Ok(())
    }

    fn commit_if_due(&mut self) -> Result<(), SessionError> {
        if self.persistence.is_none() {
            return Ok(());
        }
        let in_flight = self.is_commit_on_its_way();
        let is_much = in_flight && self.vm.heap.young_bytes() >= 2 * WAVE_DIRTY_BYTES_MAX;
        if self.decide(Decision::WriterWait, is_much) {
            return self.wait_for_last();
        }
        let cause = if in_flight { None } else { self.cause_of_commit() };
        if !self.decide(Decision::Commit, cause.is_some()) {
            return Ok(());
        }
        if in_flight {
            // In a replay the writer may not be as far as it was.
            self.wait_for_durability()?;
        }
        self.cut_wave(Writer::submit, cause.unwrap_or(CommitCause::Interval))
    }

    /// Why a commit is due now, if one is.
    fn cause_of_commit(&self) -> Option<CommitCause> {
        let persistence = self.persistence.as_ref()?;
        if self.vm.has_new_waiters() {
            return Some(CommitCause::Awaited);
        }
        if self.vm.heap.young_bytes() >= WAVE_DIRTY_BYTES_MAX {
            return Some(CommitCause::Volume);
        }
        let pause = persistence.writer.last_commit_duration().unwrap_or_default();
        let interval = self.wave_interval.max(pause.saturating_mul(2));
        (persistence.last_start.elapsed() >= interval).then_some(CommitCause::Interval)
    }

    /// Hands the state of this instant to the writer, unless an atomic section is open: then the
    /// commit is noted and happens when the section ends. Who waits for it next queues it and writes it
    /// himself.
    fn cut_wave(&mut self, hand_over: HandOver, cause: CommitCause) -> Result<(), SessionError> {
        if !self.vm.machine.sections.is_empty() {
            self.vm.machine.commit_pending = true;
            return Ok(());
        }
        self.vm.machine.commit_pending = false;
        if self.persistence.is_none() {
            return Ok(());
        }
        let start = Instant::now();
        self.enter_phase(SessionPhase::Sealing);
        self.vm.park_for_commit();
        self.enter_phase(SessionPhase::Collecting);
        let transaction = self.persistence.as_ref().map_or(TransactionId::NONE, |p| p.last).next();
        self.vm.number_waiters(transaction.0 as i64);
        whole(&mut self.vm, |vm| vm.heap.collect_young(&mut vm.machine))?;
        self.enter_phase(SessionPhase::Copying);
        let mut wave = self.list_wave()?;
        let Some(persistence) = &mut self.persistence else { return Ok(()) };
        wave.roots.set_cause(self.next_cause.take().unwrap_or(cause));
        wave.tags.append(&mut self.vm.machine.tags);
        wave.wants_log = std::mem::take(&mut self.vm.machine.wants_log);
        let effects = newest_effect(&self.vm);
        persistence.pending.push_back(PendingWave { transaction, effects });
        match hand_over(&persistence.writer, wave) {
            Ok(number) => assert_eq!(number, transaction, "waves are numbered in order"),
            Err(SubmitRefused::Busy(_)) => unreachable!("a wave is cut only when there is room"),
            Err(SubmitRefused::Ended(_, error)) => return Err(error.into()),
        }
        persistence.last = transaction;
        persistence.last_start = start;
        let pause = start.elapsed();
        self.counts.pause_time += pause;
        self.counts.pause_max = self.counts.pause_max.max(pause);
        self.enter_phase(SessionPhase::Running);
        Ok(())
    }

    /// What was being written to the image when it was left, and was dropped when this session opened it: nothing
    /// that was acknowledged. `None` if nothing was.
    pub fn unfinished_at_opening(&self) -> Option<UnfinishedTransaction> {
        self.unfinished
    }

    /// Commits the present state and waits until it is durable, its effects performed and their
    /// acknowledgement durable too. Without an image, performs the effects.
    ///
    /// # Errors
    /// The store or an effect failed.
    pub fn commit_and_wait(&mut self) -> Result<(), SessionError> {
        self.guarded(Session::commit_all)
    }

    fn commit_all(&mut self) -> Result<(), SessionError> {
        loop {
            while !self.vm.machine.sections.is_empty() {
                // A section is bounded; let it end.
                let event = self.vm.advance_by(self.engine, self.slice_work);
                self.bound_sections();
                match event {
                    Event::Failed(process) => self.note_failure(process),
                    Event::AtLimit(process) => (self.on_failure)(&self.vm, process),
                    Event::Exit(_) | Event::Idle => self.vm.machine.sections.clear(),
                    _ => {}
                }
            }
            self.wait_for_last()?;
            self.cut_wave(Writer::queue, CommitCause::Asked)?;
            self.wait_for_last()?;
            if newest_effect(&self.vm).is_none() {
                break;
            }
        }
        // The queue is empty; one more commit makes the acknowledgements durable.
        let has_changes = self.persistence.is_some() && self.vm.heap.has_changes();
        if self.decide(Decision::CommitOnceMore, has_changes) {
            self.cut_wave(Writer::queue, CommitCause::Asked)?;
            self.wait_for_last()?;
        }
        Ok(())
    }

    /// Ends the session: closes the image in order.
    ///
    /// # Errors
    /// If the writer had failed.
    pub fn close(mut self) -> Result<(), SessionError> {
        match self.persistence.take() {
            Some(persistence) => Ok(persistence.writer.close()?),
            None => Ok(()),
        }
    }
}

/// Does something with the heap, and fails if a page that is read on demand could not be read, now or before: what
/// stands in its place is zero, with which the collector may not get along.
pub(crate) fn whole<T>(vm: &mut Vm, work: impl FnOnce(&mut Vm) -> T) -> Result<T, SessionError> {
    let result = catch_unwind(AssertUnwindSafe(|| work(vm)));
    match (vm.heap.demand_failure(), result) {
        (Some(failure), _) => Err(failure.into()),
        (None, Ok(value)) => Ok(value),
        (None, Err(panic)) => resume_unwind(panic),
    }
}
