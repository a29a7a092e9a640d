//! An image in a host's hands: evaluate, spawn, send, run, commit.
//!
//! An [`Image`] owns its [`Session`] and can go to another thread; a host may have any number of them.
//! Nothing runs but inside its calls.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::Word;
use pscheme_stdlib::note_value;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::handle::Handle;
use pscheme_vm::host::Decision;
use pscheme_vm::machine::Vm;
use pscheme_vm::process::ProcessState;
use pscheme_vm::process_tree::Known;
use pscheme_vm::trace::TraceRecord;

use crate::convert::{FromScheme, ToScheme, Value};
use crate::error::Error;
use crate::inspect::{ProcessView, View, processes};
use crate::open_options::OpenOptions;
use crate::report::{condition, describe_failure};
use crate::session::{Advance, Session, SessionError, SessionOptions};

/// A Scheme world that lives in a database, or in memory alone.
///
/// ```
/// use pscheme::Image;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("counter");
/// let mut image = Image::open(&path)?;
/// image.eval("(define count 0) (define (next) (set! count (+ count 1)) count)")?;
/// assert_eq!(image.eval_to::<i64>("(next)")?, 1);
/// image.commit()?;
/// drop(image);
///
/// let mut image = Image::open(&path)?;
/// assert_eq!(image.eval_to::<i64>("(next)")?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Image {
    session: Session,
    stop: Arc<AtomicBool>,
    read_only: bool,
}

/// How long [`Image::run`] goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Units of work, one for a procedure call or a round of a loop, at least; `None` for as many as
    /// there are.
    pub work: Option<u64>,
    /// Wait for timers that are due later, as `sleep` sets them, and for input from the host's console.
    pub wait: bool,
}

impl Budget {
    /// Until nothing can run at this moment.
    pub const UNTIL_IDLE: Budget = Budget { work: None, wait: false };
    /// Until nothing will ever run by itself again.
    pub const TO_THE_END: Budget = Budget { work: None, wait: true };

    /// So many units of work at most, without waiting.
    pub const fn of_work(units: u64) -> Budget {
        Budget { work: Some(units), wait: false }
    }
}

/// Why [`Image::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing can run before this time, or at all until the host does something. What was reached is
    /// durable.
    Idle { until: Option<SystemTime> },
    /// The work is used up.
    Budget,
    /// A process called `exit` with this status. It has ended; the others go on when the image is
    /// run again.
    Exited(i64),
    /// [`Stopper::stop`] was called; what was reached is durable.
    Requested,
}

/// Makes an image's calls come back soon, from another thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// Asks the image to stop; it does at the end of its slice, some tens of microseconds. The request is
    /// used up by the call that comes back for it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Image {
    /// Opens the image in a directory, which is made if there is none: [`OpenOptions::open`].
    ///
    /// # Errors
    /// As [`OpenOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Image, Error> {
        OpenOptions::new().open(path)
    }

    /// An image that lives in memory alone: [`OpenOptions::in_memory`].
    ///
    /// # Errors
    /// If the heap cannot be set up.
    pub fn in_memory() -> Result<Image, Error> {
        OpenOptions::new().in_memory()
    }

    pub(crate) fn start(
        open: impl FnOnce(SessionOptions) -> Result<Session, SessionError>,
        options: SessionOptions,
    ) -> Result<Image, Error> {
        let stop = options.stop_requested.clone();
        Ok(Image { session: open(options)?, stop, read_only: false })
    }

    pub(crate) fn to_look_at(heap: Heap, options: SessionOptions) -> Image {
        let stop = options.stop_requested.clone();
        Image { session: Session::over(heap, options), stop, read_only: true }
    }

    fn check_writable(&self) -> Result<(), Error> {
        if self.read_only { Err(Error::ReadOnly) } else { Ok(()) }
    }

    /// What asks this image to stop.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// The session below, for what this type does not offer.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    fn note_text(&mut self, text: &str) {
        self.session.vm.machine.host.note_hashed(TraceRecord::HostText, &[text.as_bytes()]);
    }

    fn hold(&self, word: Word) -> Handle {
        self.session.vm.machine.handles.hold(word)
    }

    /// Evaluates the forms of a text at the top level, one after the other, and gives the value of the
    /// last. The image's other processes run along.
    ///
    /// # Errors
    /// Errors of the text, of the evaluation, of the image. Forms before the error have been evaluated.
    pub fn eval(&mut self, text: &str) -> Result<Value, Error> {
        self.check_writable()?;
        self.note_text(text);
        let mut value = Value(self.hold(Word::UNSPECIFIED));
        let mut position = 0;
        while let Some((process, end)) = self.session.start_form("eval", text, position)? {
            let process = self.hold(process);
            value = self.finish(&process)?;
            position = end;
        }
        Ok(value)
    }

    /// As [`Image::eval`], with the value as a Rust type.
    ///
    /// # Errors
    /// As [`Image::eval`]; a value of another type.
    pub fn eval_to<T: FromScheme>(&mut self, text: &str) -> Result<T, Error> {
        let value = self.eval(text)?;
        self.get(&value)
    }

    /// A value as a Rust type.
    ///
    /// # Errors
    /// A value of another type, or of another image.
    pub fn get<T: FromScheme>(&self, value: &Value) -> Result<T, Error> {
        let vm = &self.session.vm;
        let word = vm.machine.handles.word(&value.0).ok_or_else(|| {
            let found = "a value of another image".to_string();
            crate::ConversionError { expected: "a value of this image".into(), found }
        })?;
        let converted = T::from_word(vm, word);
        // A page that was read for it may not have been readable.
        match vm.heap.demand_failure() {
            Some(failure) => Err(SessionError::from(failure).into()),
            None => Ok(converted?),
        }
    }

    /// A Rust value as a Scheme value.
    ///
    /// # Errors
    /// The heap's limit, or a value without a counterpart.
    pub fn value(&mut self, value: impl ToScheme) -> Result<Value, Error> {
        self.check_writable()?;
        let word = value.to_word(&mut self.session.vm).map_err(|interrupt| raised(0, interrupt))?;
        Ok(Value(self.hold(word)))
    }

    /// The value of a global variable of the top level. `None` also if a page of the image that is needed for it
    /// cannot be read; the next call that runs anything says so.
    pub fn global(&self, name: &str) -> Option<Value> {
        let heap = &self.session.vm.heap;
        let find = || {
            let cell = heap.symbol_named(name).and_then(|symbol| heap.find_global(symbol))?;
            Some(heap.field(cell, body::Cell::CONTENT))
        };
        let found = catch_unwind(AssertUnwindSafe(find));
        match (heap.is_whole(), found) {
            (true, Ok(value)) => {
                value.filter(|&value| value != Word::UNBOUND).map(|value| Value(self.hold(value)))
            }
            (false, _) => None,
            (true, Err(panic)) => resume_unwind(panic),
        }
    }

    /// Gives a global variable of the top level a value.
    ///
    /// # Errors
    /// As [`Image::value`].
    pub fn set_global(&mut self, name: &str, value: impl ToScheme) -> Result<(), Error> {
        let value = self.value(value)?;
        let vm = &mut self.session.vm;
        let symbol = vm.heap.intern(name, &mut vm.machine);
        vm.heap.shadow_library_cell(symbol, &mut vm.machine);
        let word = vm.machine.handles.word(&value.0).expect("just made");
        note_value(vm, TraceRecord::HostDefinition, name.as_bytes(), word);
        let place = vm.heap.protect(word);
        vm.define(name, place);
        vm.heap.unprotect(place);
        Ok(())
    }

    /// Calls a procedure with values and waits for its result. The image's other processes run along.
    ///
    /// # Errors
    /// As [`Image::eval`].
    pub fn call(&mut self, procedure: &Value, arguments: &[Value]) -> Result<Value, Error> {
        self.check_writable()?;
        let vm = &mut self.session.vm;
        let count = arguments.len() + 1;
        let bytes = Header::new(Kind::MultipleValues, 0, count).nursery_bytes();
        vm.reserve(bytes).map_err(|interrupt| raised(0, interrupt))?;
        let mut words = Vec::with_capacity(count);
        for value in std::iter::once(procedure).chain(arguments) {
            words.push(value.to_word(vm).map_err(|interrupt| raised(0, interrupt))?);
        }
        words.iter().for_each(|&word| note_value(vm, TraceRecord::HostCall, &[], word));
        let call = vm.heap.object(Kind::MultipleValues, 0, count);
        words.iter().enumerate().for_each(|(index, word)| vm.heap.initialise(call, index, word.0));
        let process = vm.spawn(call, Word::FALSE).map_err(|interrupt| raised(0, interrupt))?;
        let process = self.hold(process);
        self.finish(&process)
    }

    /// Makes a process that runs a program, which may begin with imports; it runs when the image does.
    /// Its number.
    ///
    /// # Errors
    /// What is wrong with the text; nothing was changed then.
    pub fn spawn(&mut self, text: &str) -> Result<i64, Error> {
        self.check_writable()?;
        self.note_text(text);
        self.session.with_machine(|vm| {
            let thunk = pscheme_stdlib::compile_and_install(vm, "spawn", text)
                .map_err(crate::ProgramError::from)?;
            let process = vm.spawn(thunk, Word::FALSE).map_err(|interrupt| raised(0, interrupt))?;
            Ok(vm.heap.field(process, body::Process::ID).as_fixnum())
        })?
    }

    /// Puts a message into the mailbox of a process. It is durable with the next commit.
    ///
    /// # Errors
    /// No such process; a full mailbox; a value without a counterpart.
    pub fn send(&mut self, process: i64, message: impl ToScheme) -> Result<(), Error> {
        self.check_writable()?;
        let message = self.value(message)?;
        let vm = &mut self.session.vm;
        let Known::Process(record) = vm.process_by_number(process) else {
            return Err(Error::NoProcess(process));
        };
        vm.reserve(body::Message::BYTES).map_err(|interrupt| raised(process, interrupt))?;
        let word = vm.machine.handles.word(&message.0).expect("just made");
        note_value(vm, TraceRecord::HostMessage, &process.to_le_bytes(), word);
        vm.deliver(record, word).map_err(|interrupt| raised(process, interrupt))
    }

    /// Runs the image's processes.
    ///
    /// # Errors
    /// The image's store or an effect failed; what was committed before stays. Processes that fail are
    /// kept and are no errors of this: see [`Image::processes`].
    pub fn run(&mut self, budget: Budget) -> Result<Stop, Error> {
        self.check_writable()?;
        let begin = self.session.work();
        loop {
            let is_to_stop = self.stop.swap(false, Ordering::Relaxed);
            if self.session.decide(Decision::Stop, is_to_stop) {
                self.session.commit_and_wait()?;
                return Ok(Stop::Requested);
            }
            if budget.work.is_some_and(|work| self.session.work() - begin >= work) {
                return Ok(Stop::Budget);
            }
            match self.session.advance()? {
                Advance::Worked => {}
                Advance::Exit { status, .. } => return Ok(Stop::Exited(status)),
                Advance::Idle { due_us, awaits_input } => {
                    if !budget.wait || !self.wait(due_us, awaits_input) {
                        return Ok(Stop::Idle { until: due_us.map(time_of) });
                    }
                }
            }
        }
    }

    /// Waits for what an idle image waits for; `false` if that is nothing.
    fn wait(&mut self, due_us: Option<i64>, awaits_input: bool) -> bool {
        let host = &mut self.session.vm.machine.host;
        match due_us {
            _ if awaits_input => host.wait_for_console(due_us, &self.stop),
            Some(due_us) => host.wait_until_us(due_us, &self.stop),
            None => return false,
        }
        true
    }

    /// Runs until a process has ended; its value.
    fn finish(&mut self, process: &Handle) -> Result<Value, Error> {
        loop {
            let vm = &self.session.vm;
            let record = vm.machine.handles.word(process).expect("a handle of this machine");
            let number = vm.heap.field(record, body::Process::ID).as_fixnum();
            match vm.process_state(record) {
                ProcessState::Finished => {
                    return Ok(Value(self.hold(vm.heap.field(record, body::Process::VALUE))));
                }
                ProcessState::Failed => return Err(failure(vm, record, number)),
                ProcessState::AtLimit => {
                    let (code, message) = condition(vm, record);
                    return Err(Error::AtLimit { process: number, code, message });
                }
                _ => {}
            }
            let is_to_stop = self.stop.swap(false, Ordering::Relaxed);
            if self.session.decide(Decision::Stop, is_to_stop) {
                self.session.commit_and_wait()?;
                return Err(Error::Stopped { process: number });
            }
            match self.session.advance()? {
                Advance::Worked => {}
                Advance::Exit { status, .. } => return Err(Error::Exited(status)),
                Advance::Idle { due_us, awaits_input } => {
                    if !self.wait(due_us, awaits_input) {
                        return Err(Error::Waiting { process: number });
                    }
                }
            }
        }
    }

    /// Makes the present state durable and waits for that; the number of the commit, `None` without an
    /// image on the disk.
    ///
    /// # Errors
    /// The image's store or an effect failed.
    pub fn commit(&mut self) -> Result<Option<u64>, Error> {
        self.check_writable()?;
        self.session.commit_and_wait()?;
        Ok(self.session.durable().map(|transaction| transaction.0))
    }

    /// The processes that have not finished, those that failed included.
    pub fn processes(&mut self) -> Vec<ProcessView> {
        if !self.read_only {
            self.session.vm.park_for_commit();
        }
        processes(View::of(&self.session.vm))
    }

    /// Why a process has failed, with its backtrace; `None` if it has not.
    pub fn failure(&self, process: i64) -> Option<Error> {
        let vm = &self.session.vm;
        let Known::Process(record) = vm.process_by_number(process) else { return None };
        let has_failed = vm.process_state(record) == ProcessState::Failed;
        has_failed.then(|| failure(vm, record, process))
    }

    /// Lets go of a process that has failed or that the heap's limit stopped.
    ///
    /// # Errors
    /// Any other process.
    pub fn discard(&mut self, process: i64) -> Result<(), Error> {
        self.check_writable()?;
        match self.session.vm.process_by_number(process) {
            Known::Process(record) if self.session.vm.discard(record) => Ok(()),
            _ => Err(Error::NoProcess(process)),
        }
    }

    /// Commits and closes the image. Dropping it closes it too, without a last commit.
    ///
    /// # Errors
    /// As [`Image::commit`].
    pub fn close(mut self) -> Result<(), Error> {
        if !self.read_only {
            self.session.commit_and_wait()?;
        }
        Ok(self.session.close()?)
    }
}

fn time_of(microseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(microseconds.max(0) as u64)
}

/// The error of a process that has failed.
fn failure(vm: &Vm, record: Word, process: i64) -> Error {
    let (code, message) = condition(vm, record);
    Error::Raised { process, code, message, report: describe_failure(vm, record) }
}

/// The error of something that was done for the host and not by a process.
fn raised(process: i64, interrupt: Interrupt) -> Error {
    let (code, message) = match interrupt {
        Interrupt::Error(fault) => (fault.code, fault.message),
        Interrupt::Park(..) | Interrupt::AwaitInput | Interrupt::Exit(_) => {
            (ErrorCode::HostFailed, "it waits".into())
        }
    };
    let report = format!("error[{code}]: {message}");
    Error::Raised { process, code, message, report }
}
