//! From program text to a process that will run it.

use std::path::PathBuf;

use pscheme_compiler::surroundings::NoImage;
use pscheme_compiler::{Compilation, CompileFailure};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_stdlib::LoadError;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::process::ProcessState;

use crate::session::{Outcome, Session, SessionError};

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The text has errors; nothing was changed.
    #[error("{}", .0.render())]
    Compile(CompileFailure),
    /// The compiler made code the machine refuses: a fault of pscheme.
    #[error("the compiler made code the machine refuses: {0}")]
    Refused(String),
    /// There is no room for the process that would run it, within the heap's limit; it was not started.
    #[error("error[{code}]: the program was not started: {message}")]
    NotStarted { code: ErrorCode, message: String },
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl ProgramError {
    /// The error of making the process.
    fn not_started(interrupt: Interrupt) -> ProgramError {
        let Interrupt::Error(fault) = interrupt else {
            unreachable!("a process is made without waiting");
        };
        ProgramError::NotStarted { code: fault.code, message: fault.message }
    }
}

/// Checks that `text` compiles, without running anything. Libraries are looked for in
/// `library_folders`.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn check_text(
    name: &str,
    text: &str,
    library_folders: Vec<PathBuf>,
) -> Result<(), CompileFailure> {
    let surroundings = NoImage { library_folders, ..NoImage::default() };
    let primitives = crate::session::primitive_set();
    let mut compilation = Compilation::of_program(name, text, &surroundings)?;
    // What needs the machine is found when the program runs.
    compilation.advance(primitives.as_ref(), &surroundings).map(|_| ())
}

impl Session {
    /// Compiles `text` and makes it the session's main process, at the end of the run queue.
    ///
    /// # Errors
    /// The errors of the text, with their places.
    pub fn start_program(&mut self, name: &str, text: &str) -> Result<(), ProgramError> {
        self.with_machine(|vm| {
            let process = start(vm, name, text)?;
            vm.heap.set_root(Root::MainProcess, process);
            let hash = *blake3::hash(text.as_bytes()).as_bytes();
            vm.heap.ensure_room(64, &mut vm.machine);
            let hash = vm.heap.bytevector(&hash);
            vm.heap.set_root(Root::ScriptHash, hash);
            let room = pscheme_heap::heap::Heap::string_room(name.chars().count());
            vm.heap.ensure_room(room, &mut vm.machine);
            let name = vm.heap.string(name);
            vm.heap.set_root(Root::ScriptName, name);
            Ok(())
        })?
    }

    /// Compiles the form that begins at byte `position` of a text as one of the top level, and makes a
    /// process that will evaluate it, at the end of the run queue. The process and the position
    /// behind the form; `None` at the end of the text.
    ///
    /// # Errors
    /// What is wrong with the form; nothing was changed then.
    ///
    /// # Panics
    /// If the position is not on a character boundary.
    pub fn start_form(
        &mut self,
        name: &str,
        text: &str,
        position: usize,
    ) -> Result<Option<(Word, usize)>, ProgramError> {
        self.with_machine(|vm| {
            let form = pscheme_stdlib::compile_form_at(vm, name, text, position)?;
            let Some((thunk, end)) = form else { return Ok(None) };
            let process = vm.spawn(thunk, Word::FALSE).map_err(ProgramError::not_started)?;
            Ok(Some((process, end)))
        })?
    }

    /// Writes the value that the program's main process has ended with to the console, unless it has
    /// none.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn show_result(&mut self) -> Result<Outcome, SessionError> {
        let main = self.vm.heap.root(Root::MainProcess);
        if !main.is_object() || self.vm.process_state(main) != ProcessState::Finished {
            return Ok(Outcome::Ended(0));
        }
        let value = self.vm.heap.field(main, body::Process::VALUE);
        self.start_showing(value)?;
        self.run()
    }

    /// A process that will write a value to the console, unless it is the unspecified one, at the end
    /// of the run queue.
    ///
    /// # Errors
    /// The heap's limit.
    pub(crate) fn start_showing(&mut self, value: Word) -> Result<Word, SessionError> {
        let vm = &mut self.vm;
        let value = vm.heap.protect(value);
        let procedure = vm.global("%show-result");
        let procedure = vm.heap.protect(procedure.unwrap_or(Word::FALSE));
        vm.heap.ensure_room(Header::new(Kind::MultipleValues, 0, 2).size_bytes(), &mut vm.machine);
        let call = vm.heap.object(Kind::MultipleValues, 0, 2);
        vm.heap.initialise(call, 0, vm.heap.protected(procedure).0);
        vm.heap.initialise(call, 1, vm.heap.protected(value).0);
        vm.heap.unprotect(value);
        vm.spawn(call, Word::FALSE).map_err(|interrupt| {
            let error = ProgramError::not_started(interrupt);
            SessionError::Library(format!("showing a value: {error}"))
        })
    }

    /// Whether the image's script had this text when it was started; `None` if none was.
    pub fn script_is(&self, text: &str) -> Option<bool> {
        let hash = self.vm.heap.root(Root::ScriptHash);
        hash.is_object()
            .then(|| self.vm.heap.bytes(hash) == blake3::hash(text.as_bytes()).as_bytes())
    }

    /// The status with which the image's program has ended, if it has.
    pub fn exit_status(&self) -> Option<i64> {
        let status = self.vm.heap.root(Root::ExitStatus);
        status.is_fixnum().then(|| status.as_fixnum())
    }
}

fn start(vm: &mut Vm, name: &str, text: &str) -> Result<Word, ProgramError> {
    let thunk = pscheme_stdlib::compile_and_install(vm, name, text)?;
    vm.spawn(thunk, Word::FALSE).map_err(ProgramError::not_started)
}

impl From<LoadError> for ProgramError {
    fn from(error: LoadError) -> ProgramError {
        match error {
            LoadError::Compile(failure) => ProgramError::Compile(failure),
            LoadError::Refused(what) => ProgramError::Refused(what),
        }
    }
}
