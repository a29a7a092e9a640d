//! Processes: records in the heap, the run queue, and what one slice does.
//!
//! A parked process is its record and sealed segments, nothing else. The queue is a list through the
//! records, so scheduling survives in the heap and its order is a function of work alone.

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::engine::Engine;
use crate::fault::Interrupt;
use crate::limit_stop::LimitMet;
use crate::machine::{Park, SLICE_WORK, Stop, TopFrame, Vm};
use crate::monitor::End;

macro_rules! process_states {
    ($( $(#[doc = $doc:literal])+ $code:literal $state:ident = $name:literal; )*) => {
        /// What a process is doing. Codes reach the disk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i64)]
        pub enum ProcessState { $( $(#[doc = $doc])+ $state = $code, )* }

        impl ProcessState {
            /// All states, in the order of their codes.
            pub const ALL: &'static [ProcessState] = &[ $( ProcessState::$state, )* ];

            pub fn from_code(code: i64) -> Option<ProcessState> {
                match code { $( $code => Some(ProcessState::$state), )* _ => None }
            }

            /// What programs and people call it.
            pub fn name(self) -> &'static str {
                match self { $( ProcessState::$state => $name, )* }
            }
        }
    };
}

process_states! {
    /// About to make the call in `value`: a procedure of no arguments, or as multiple values a
    /// procedure and its arguments.
    0 New = "new";
    /// In the run queue or running.
    1 Ready = "ready";
    /// Waits until the commit whose number is in `due` is durable.
    2 WaitingForCommit = "waiting-for-commit";
    /// Ended with `value`.
    3 Finished = "finished";
    /// Ended by the error in `value`; its stack is kept.
    4 Failed = "failed";
    /// Stopped by the limit of the heap, or of its stack if `due` is `#t`; with multiple values in
    /// `value` they are a call to be made.
    5 AtLimit = "at-limit";
    /// Waits for a message, and if `due` is a number for that time too.
    6 WaitingForMessage = "waiting-for-message";
    /// Waits for the time in `due`.
    7 Sleeping = "sleeping";
    /// As new, but not before the commit whose number is in `due` is durable.
    8 NewAfterCommit = "new-after-commit";
    /// Waits for input from the console; with multiple values in `value` they are a call to be made.
    9 WaitingForInput = "waiting-for-input";
}

impl ProcessState {
    /// Whether nothing happens to the process any more by itself.
    pub fn has_ended(self) -> bool {
        matches!(self, ProcessState::Finished | ProcessState::Failed)
    }
}

/// What one step of the scheduler came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A slice has ended, or a process gave up its turn.
    Slice,
    /// The process now waits for a commit.
    WaitsForCommit(Word),
    /// The process now waits for a message, a time or input.
    Waits(Word),
    /// The process has ended.
    Finished(Word),
    /// The process has failed; its `value` is the condition.
    Failed(Word),
    /// The limit of the heap or of its stack has stopped the process; it is kept whole.
    AtLimit(Word),
    /// The program asked to end with this status.
    Exit(i64),
    /// No process can run.
    Idle,
}

/// What [`Vm::step_by`] came to.
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    pub event: Event,
    /// The last instruction, if it was carried out whole.
    pub last: Option<u64>,
    /// The slice is not over: it goes on with `machine.fuel` units.
    pub keeps_turn: bool,
}

impl Vm {
    /// A new process at the end of the run queue, to run `thunk`.
    ///
    /// # Errors
    /// The heap's limit.
    pub fn spawn(&mut self, thunk: Word, name: Word) -> Result<Word, Interrupt> {
        let process = self.new_process(thunk, name)?;
        self.enqueue(process);
        Ok(process)
    }

    /// A new process that is to run `thunk` and is in no queue yet.
    ///
    /// # Errors
    /// The heap's limit.
    pub(crate) fn new_process(&mut self, thunk: Word, name: Word) -> Result<Word, Interrupt> {
        let places = [thunk, name].map(|word| self.heap.protect(word));
        let room = self.reserve_fixed();
        let [thunk, name] = places.map(|place| self.heap.protected(place));
        self.heap.unprotect(places[0]);
        room?;
        let process = self.heap.fixed_object(Kind::Process, 0, body::Process::FIELDS);
        let id = self.heap.root(Root::NextProcess);
        let id = if id.is_fixnum() { id.as_fixnum() } else { 1 };
        self.heap.set_root(Root::NextProcess, Word::fixnum(id + 1));
        let fields = [
            (body::Process::STATE, Word::fixnum(ProcessState::New as i64)),
            (body::Process::ID, Word::fixnum(id)),
            (body::Process::CONTINUATION, Word::NULL),
            (body::Process::DYNAMIC, Word::NULL),
            (body::Process::NEXT, Word::FALSE),
            (body::Process::VALUE, thunk),
            (body::Process::WORK, Word::fixnum(0)),
            (body::Process::NAME, name),
            (body::Process::FIRST_MESSAGE, Word::FALSE),
            (body::Process::LAST_MESSAGE, Word::FALSE),
            (body::Process::SEEN_MESSAGE, Word::FALSE),
            (body::Process::MESSAGE_COUNT, Word::fixnum(0)),
            (body::Process::DUE, Word::FALSE),
            (body::Process::SEQUENCE, Word::fixnum(0)),
            (body::Process::MONITORS, Word::FALSE),
            (body::Process::MONITOR_COUNT, Word::fixnum(0)),
        ];
        for (index, value) in fields {
            self.heap.set_field(process, index, value);
        }
        self.add_to_processes(id, process);
        Ok(process)
    }

    /// The state of a process.
    pub fn process_state(&self, process: Word) -> ProcessState {
        let code = self.heap.field(process, body::Process::STATE).as_fixnum();
        ProcessState::from_code(code).expect("verified records have known states")
    }

    pub(crate) fn set_process_state(&mut self, process: Word, state: ProcessState) {
        self.heap.set_field(process, body::Process::STATE, Word::fixnum(state as i64));
    }

    /// Whether a process waits for its turn.
    pub fn has_runnable(&self) -> bool {
        self.heap.root(Root::RunQueueHead).is_object()
    }

    /// Appends a process to the run queue.
    pub fn enqueue(&mut self, process: Word) {
        self.heap.set_field(process, body::Process::NEXT, Word::FALSE);
        let tail = self.heap.root(Root::RunQueueTail);
        if tail.is_object() {
            self.heap.set_field(tail, body::Process::NEXT, process);
        } else {
            self.heap.set_root(Root::RunQueueHead, process);
        }
        self.heap.set_root(Root::RunQueueTail, process);
    }

    /// Puts a process before all others: a commit must not change whose turn it is.
    fn enqueue_first(&mut self, process: Word) {
        let head = self.heap.root(Root::RunQueueHead);
        self.heap.set_field(process, body::Process::NEXT, head);
        self.heap.set_root(Root::RunQueueHead, process);
        if !head.is_object() {
            self.heap.set_root(Root::RunQueueTail, process);
        }
    }

    fn dequeue(&mut self) -> Option<Word> {
        let head = self.heap.root(Root::RunQueueHead);
        if !head.is_object() {
            return None;
        }
        let next = self.heap.field(head, body::Process::NEXT);
        self.heap.set_root(Root::RunQueueHead, next);
        if !next.is_object() {
            self.heap.set_root(Root::RunQueueTail, Word::FALSE);
        }
        self.heap.set_field(head, body::Process::NEXT, Word::FALSE);
        Some(head)
    }

    /// Runs the process whose turn it is for one slice.
    pub fn advance(&mut self, engine: Engine) -> Event {
        self.advance_by(engine, SLICE_WORK)
    }

    /// Makes sure a process is loaded; otherwise says why none can run.
    fn load_next(&mut self) -> Option<Event> {
        if self.machine.process.is_object() {
            return None;
        }
        let Some(process) = self.dequeue() else { return Some(Event::Idle) };
        let loaded = self.load(process);
        loaded.err().map(|interrupt| self.end_slice(interrupt_stop(interrupt)))
    }

    /// Runs the process whose turn it is for `count` instructions and at most `fuel` units of work,
    /// so that a test can stop at any boundary.
    pub fn step_by(&mut self, count: u64, fuel: i64) -> Stepped {
        if let Some(event) = self.load_next() {
            return Stepped { event, last: None, keeps_turn: false };
        }
        let mut stop = self.step(count - 1, fuel);
        let mut last = None;
        if stop.is_none() {
            last = Some(self.heap.space.read(self.offset_of(self.machine.pc)));
            stop = self.step(1, self.machine.fuel);
        }
        self.count_work(fuel - self.machine.fuel);
        match stop {
            Some(stop) => {
                let last = last.filter(|_| matches!(stop, Stop::Park(_)));
                Stepped { event: self.end_slice(stop), last, keeps_turn: false }
            }
            None => Stepped { event: Event::Slice, last, keeps_turn: true },
        }
    }

    /// Runs part of a slice: as [`Vm::advance_by`], but when the fuel is used up the process keeps
    /// its turn, because the slice is not over. `true` in the second part then.
    pub fn advance_part(&mut self, engine: Engine, fuel: i64) -> (Event, bool) {
        if let Some(event) = self.load_next() {
            return (event, false);
        }
        let stop = self.run(engine, fuel);
        self.count_work(fuel - self.machine.fuel);
        if matches!(stop, Stop::Slice) {
            return (Event::Slice, true);
        }
        (self.end_slice(stop), false)
    }

    /// Runs the process whose turn it is for `fuel` units of work.
    pub fn advance_by(&mut self, engine: Engine, fuel: i64) -> Event {
        if let Some(event) = self.load_next() {
            return event;
        }
        let stop = self.run(engine, fuel);
        let used = fuel - self.machine.fuel;
        self.count_work(used);
        self.end_slice(stop)
    }

    fn count_work(&mut self, units: i64) {
        let total = self.heap.root(Root::Work);
        let total = if total.is_fixnum() { total.as_fixnum() } else { 0 };
        self.heap.set_root(Root::Work, Word::fixnum(total + units));
        let process = self.machine.process;
        if process.is_object() {
            let done = self.heap.field(process, body::Process::WORK).as_fixnum();
            self.heap.set_field(process, body::Process::WORK, Word::fixnum(done + units));
        }
    }

    /// Lets go of the running process in the way `stop` asks for. Those whose time has come go
    /// before it: the clock is read here, where the work done says when, and nowhere else while
    /// somebody runs.
    pub fn end_slice(&mut self, stop: Stop) -> Event {
        let process = self.machine.process;
        let id = self.heap.field(process, body::Process::ID).as_fixnum();
        self.fire_timers();
        let event = self.let_go(process, stop);
        self.note_slice(id, event);
        event
    }

    fn let_go(&mut self, process: Word, stop: Stop) -> Event {
        match stop {
            Stop::Slice => {
                if self.has_runnable() {
                    return self.park_with(
                        ProcessState::Ready,
                        |vm| vm.enqueue(process),
                        Event::Slice,
                    );
                }
                Event::Slice
            }
            Stop::Park(Park::Yield) => {
                self.park_with(ProcessState::Ready, |vm| vm.enqueue(process), Event::Slice)
            }
            Stop::Park(Park::Commit) => {
                let event = Event::WaitsForCommit(process);
                self.park_with(ProcessState::WaitingForCommit, |vm| vm.add_waiter(process), event)
            }
            Stop::Park(Park::Message) => {
                self.set_timer(process);
                self.park(ProcessState::WaitingForMessage);
                Event::Waits(process)
            }
            Stop::Park(Park::Time) => {
                self.set_timer(process);
                self.park(ProcessState::Sleeping);
                Event::Waits(process)
            }
            Stop::AwaitInput => {
                self.wait_for_input();
                Event::Waits(process)
            }
            Stop::Finished => {
                let value = self.register(0);
                self.finish(value)
            }
            Stop::Error(fault)
                if let Some(limit) = LimitMet::of(fault.code)
                    && !self.machine.sections.contains_key(&process.offset()) =>
            {
                self.stop_at_limit(limit)
            }
            Stop::Error(fault) => self.raise(fault),
            Stop::Exit(status) => {
                self.heap.set_root(Root::ExitStatus, Word::fixnum(status));
                Event::Exit(status)
            }
        }
    }

    /// Ends the running process with a value, wherever it stands.
    pub fn finish(&mut self, value: Word) -> Event {
        let process = self.machine.process;
        self.heap.set_field(process, body::Process::VALUE, value);
        self.heap.set_field(process, body::Process::CONTINUATION, Word::NULL);
        // What it was when the process was parked last, in a commit perhaps.
        self.heap.set_field(process, body::Process::DYNAMIC, Word::NULL);
        self.set_process_state(process, ProcessState::Finished);
        self.unload();
        self.note_end(process, End::Finished);
        let id = self.heap.field(process, body::Process::ID).as_fixnum();
        self.remove_from_processes(id);
        Event::Finished(process)
    }

    fn park_with(
        &mut self,
        state: ProcessState,
        queue: impl FnOnce(&mut Vm),
        event: Event,
    ) -> Event {
        self.park(state);
        queue(self);
        event
    }

    /// Makes `process` the running one.
    fn load(&mut self, process: Word) -> Result<(), Interrupt> {
        assert_eq!(self.machine.top, TopFrame::Empty, "one process runs at a time");
        self.machine.process = process;
        self.machine.dynamic = self.heap.field(process, body::Process::DYNAMIC);
        self.machine.continuation = self.heap.field(process, body::Process::CONTINUATION);
        self.machine.underflow_burst = 1;
        let state = self.process_state(process);
        self.set_process_state(process, ProcessState::Ready);
        match state {
            ProcessState::New => {
                let thunk = self.heap.field(process, body::Process::VALUE);
                self.heap.set_field(process, body::Process::VALUE, Word::FALSE);
                self.start_call(thunk)
            }
            ProcessState::Ready => {
                let value = self.heap.field(process, body::Process::VALUE);
                self.resume_continuation(value);
                Ok(())
            }
            other => unreachable!("a process in state {other:?} is not in the run queue"),
        }
    }

    /// Seals the running process into its record.
    pub(crate) fn park(&mut self, state: ProcessState) {
        let process = self.machine.process;
        self.seal_all();
        let (continuation, dynamic) = (self.machine.continuation, self.machine.dynamic);
        self.heap.set_field(process, body::Process::CONTINUATION, continuation);
        self.heap.set_field(process, body::Process::DYNAMIC, dynamic);
        self.set_process_state(process, state);
        self.unload();
    }

    pub(crate) fn unload(&mut self) {
        self.machine.process = Word::FALSE;
        self.machine.continuation = Word::NULL;
        self.machine.dynamic = Word::NULL;
        self.machine.top = TopFrame::Empty;
        self.machine.base = self.machine.bottom;
    }

    /// Puts everything that runs into the heap, so that it can be committed: the running process
    /// goes to the front of the queue.
    pub fn park_for_commit(&mut self) {
        self.store_digest();
        let process = self.machine.process;
        if process.is_object() {
            self.park(ProcessState::Ready);
            self.enqueue_first(process);
        }
    }
}

pub(crate) fn interrupt_stop(interrupt: Interrupt) -> Stop {
    match interrupt {
        Interrupt::Error(fault) => Stop::Error(fault),
        Interrupt::Park(park, _) => Stop::Park(park),
        Interrupt::AwaitInput => Stop::AwaitInput,
        Interrupt::Exit(status) => Stop::Exit(status),
    }
}
