//! Running scripts: plain, or in an image that survives.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::root_table::Root;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, PhaseHook, StoreError, StoreOptions};
use pscheme::heap::word::Word;
use pscheme::host::StandardHost;
use pscheme::report::describe_failure;
use pscheme::vm::limit_stop::LimitMet;
use pscheme::vm::machine::Vm;
use pscheme::{Outcome, Pause, ProgramError, Session, SessionError, SessionOptions, check_text};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::arguments::Running;
use crate::key::user_key;
use crate::library_path::folders;
use crate::status;

/// What `pscheme run` was asked for.
pub struct RunOptions {
    pub file: PathBuf,
    pub image: Option<PathBuf>,
    pub restart: bool,
    pub continue_old: bool,
    pub running: Running,
}

/// Runs a program without an image.
pub fn run_file(file: &Path, running: &Running) -> u8 {
    finish(run_file_inner(file, running))
}

/// Runs a text without an image and shows the value of its last expression.
pub fn run_expression(text: &str, running: &Running) -> u8 {
    let folders = folders(None, &running.library_folders);
    finish(
        checked("-e".into(), text.to_string(), &folders)
            .and_then(|(name, text)| run_text(&name, &text, running, true, folders)),
    )
}

/// Runs a script in its image, or goes on with it.
pub fn run_script(options: &RunOptions) -> u8 {
    finish(run_script_inner(options))
}

/// Goes on with an image, whose script need not be there.
pub fn resume(image: &Path, running: &Running) -> u8 {
    finish(resume_inner(image, running))
}

/// Why a command ended without a status of the program's own.
pub enum Failure {
    Session(SessionError),
    /// The program has errors: their text.
    Program(String),
    Message(ErrorCode, String),
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

/// The status of a command; a failure is shown.
pub fn finish(result: Result<u8, Failure>) -> u8 {
    match result {
        Ok(status) => status,
        Err(failure) => report(failure),
    }
}

/// Shows a failure and gives the status that belongs to it.
pub fn report(failure: Failure) -> u8 {
    match failure {
        Failure::Session(error) => report_session(&error),
        Failure::Program(shown) => {
            eprint!("{shown}");
            status::ERROR
        }
        Failure::Message(code, message) => {
            eprintln!("error[{code}]: {message}");
            status::USAGE
        }
    }
}

fn report_session(error: &SessionError) -> u8 {
    let store = match error {
        SessionError::Store(error) => Some(error),
        SessionError::Writer(error) => Some(error.as_ref()),
        _ => None,
    };
    let code = match (store, error) {
        _ if error.is_out_of_space() => ErrorCode::NoSpace,
        (Some(error), _) => error.code(),
        (None, SessionError::Damaged { .. }) => ErrorCode::ImageDamaged,
        (None, SessionError::Effect(error)) if error.is_foreign_change() => ErrorCode::FileChanged,
        (None, SessionError::Effect(_)) => ErrorCode::FileError,
        _ => ErrorCode::StoreFailed,
    };
    eprintln!("error[{code}]: {error}");
    if let Some(StoreError::Held { directory, .. }) = store {
        let image = directory.display();
        eprintln!(
            "  help: pscheme ps {image} shows what it does; stack, show, heap and check look further\n  \
             help: pscheme backup {image} COPY makes a copy that can be run in its place"
        );
    }
    if let SessionError::Damaged { problems } = error {
        problems.iter().for_each(|problem| eprintln!("  {problem}"));
    }
    match code {
        ErrorCode::ImageDamaged | ErrorCode::CommitsLost | ErrorCode::ImageIncomplete => {
            status::DAMAGED
        }
        ErrorCode::ImageNewer => status::NEWER,
        ErrorCode::ImageHeld => status::HELD,
        ErrorCode::ImageForeign => status::USAGE,
        _ => status::ERROR,
    }
}

fn program_failure(error: ProgramError) -> Failure {
    match error {
        ProgramError::Compile(failure) => Failure::Program(failure.render()),
        ProgramError::Session(error) => Failure::Session(error),
        other @ ProgramError::NotStarted { .. } => Failure::Program(format!("{other}\n")),
        other => Failure::Program(format!("pscheme: {other}\n")),
    }
}

fn read_script(file: &Path, folders: &[PathBuf]) -> Result<(String, String), Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::Message(ErrorCode::ScriptUnreadable, format!("cannot read {name}: {error}"))
    })?;
    checked(name, text, folders)
}

/// The name and the text, if that compiles.
fn checked(name: String, text: String, folders: &[PathBuf]) -> Result<(String, String), Failure> {
    match check_text(&name, &text, folders.to_vec()) {
        Ok(()) => Ok((name, text)),
        Err(failure) => Err(Failure::Program(failure.render())),
    }
}

/// Names a file to which one byte is appended at every change of phase, so that a test that kills
/// this process can tell where it struck.
const PHASE_FILE: &str = "PSCHEME_PHASE_FILE";

fn phase_file() -> Option<File> {
    let path = std::env::var_os(PHASE_FILE)?;
    OpenOptions::new().append(true).create(true).open(path).ok()
}

/// The store's options of an image that is run.
pub fn store_options_of(running: &Running) -> StoreOptions {
    StoreOptions { image_bytes_max: running.limits().image_bytes, ..store_options() }
}

/// The store's options, with the user's key, and its phases reported if somebody asked for them.
pub fn store_options() -> StoreOptions {
    let mut options = StoreOptions { key: user_key(), ..StoreOptions::new(CommitClock::system()) };
    if let Some(file) = phase_file() {
        options.phase_hook = Some(PhaseHook(Arc::new(move |phase| {
            // A phase that cannot be reported is no reason to stop a program.
            let _ = (&file).write_all(&[b'a' + phase as u8]);
        })));
    }
    options
}

/// Lets a session wait for room on a full disk as long as nobody stops it, and say that it does.
pub fn wait_for_space(options: &mut SessionOptions) {
    options.space_wait = Duration::MAX;
    options.on_pause = Box::new(|pause| eprint!("{}", pause_notice(pause)));
}

/// What is said of a wait for room on a full disk.
pub fn pause_notice(pause: &Pause<'_>) -> String {
    match pause {
        Pause::Begins(error) => format!(
            "pscheme: {}: {error}\n  nothing runs until there is room; nothing is lost\n",
            ErrorCode::NoSpace
        ),
        Pause::Ends => "pscheme: there is room on the disk again\n".into(),
    }
}

/// A flag that is set once a signal asks the command to stop.
pub fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|error| {
            Failure::Message(ErrorCode::StoreFailed, format!("cannot watch for signals: {error}"))
        })?;
    }
    Ok(stop)
}

fn session_options(
    name: &str,
    running: &Running,
    library_folders: Vec<PathBuf>,
) -> Result<SessionOptions, Failure> {
    let mut host = StandardHost::default();
    host.library_folders = library_folders;
    host.command_line = std::iter::once(name)
        .chain(running.arguments.iter().map(String::as_str))
        .map(str::to_string)
        .collect();
    let mut options = SessionOptions::new(Box::new(host));
    if let Some(mut file) = phase_file() {
        options.on_phase = Some(Box::new(move |phase| {
            let _ = file.write_all(&[b'A' + phase as u8]);
        }));
    }
    options.stop_requested = stop_on_signals()?;
    running.apply(&mut options);
    wait_for_space(&mut options);
    options.ends_with_main = running.main_only;
    options.on_failure = Box::new(|vm, process| eprint!("{}", describe_failure(vm, process)));
    Ok(options)
}

fn run_file_inner(file: &Path, running: &Running) -> Result<u8, Failure> {
    let folders = folders(Some(file), &running.library_folders);
    if ImageDirectory::find(file).is_some() {
        let shown = file.display();
        let message = format!("{shown} is an image; pscheme resume {shown} goes on with it");
        return Err(Failure::Message(ErrorCode::Usage, message));
    }
    let (name, text) = if file == Path::new("-") {
        let text = std::io::read_to_string(std::io::stdin()).map_err(|error| {
            let message = format!("cannot read the standard input: {error}");
            Failure::Message(ErrorCode::ScriptUnreadable, message)
        })?;
        checked("standard input".into(), text, &folders)?
    } else {
        read_script(file, &folders)?
    };
    run_text(&name, &text, running, false, folders)
}

fn run_text(
    name: &str,
    text: &str,
    running: &Running,
    shows: bool,
    folders: Vec<PathBuf>,
) -> Result<u8, Failure> {
    let mut session = Session::transient(session_options(name, running, folders)?)?;
    session.start_program(name, text).map_err(program_failure)?;
    let mut outcome = session.run()?;
    if shows && outcome == Outcome::Ended(0) {
        outcome = session.show_result()?;
    }
    Ok(match outcome {
        Outcome::Ended(status) => exit_status(status),
        Outcome::Stopped => status::INTERRUPTED,
        Outcome::Waiting => {
            eprintln!("pscheme: {NOBODY_SENDS}");
            status::ERROR
        }
        Outcome::AtLimit => status::ERROR,
    })
}

/// Why a program whose main process has not ended cannot go on.
pub const NOBODY_SENDS: &str =
    "every process waits for a message, the main one too, and nobody is left to send one";

/// The low eight bits, as the system has it for every program.
pub fn exit_status(status: i64) -> u8 {
    status as u8
}

/// The image of a script unless one is named: its own name with `.image` behind.
pub fn default_image(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".image");
    PathBuf::from(name)
}

fn run_script_inner(options: &RunOptions) -> Result<u8, Failure> {
    if let Some(image) = ImageDirectory::find(&options.file) {
        return run_image(&image, options);
    }
    let folders = folders(Some(&options.file), &options.running.library_folders);
    let (name, text) = read_script(&options.file, &folders)?;
    let path = options.image.clone().unwrap_or_else(|| default_image(&options.file));
    let directory = ImageDirectory::at(&path);
    let store_options = store_options_of(&options.running);
    if options.restart && directory.exists() {
        remove_image(&directory, &store_options)?;
    }
    let store = if directory.exists() {
        directory.open(&store_options)?
    } else {
        directory.create(&store_options)?
    };
    let mut session =
        Session::open(Box::new(store), session_options(&name, &options.running, folders)?)?;
    let shown = path.display();
    if session.exit_status().is_none() {
        match session.script_is(&text) {
            None => {
                eprintln!("pscheme: image {shown}");
                session.start_program(&name, &text).map_err(program_failure)?;
                return run_to_end(session);
            }
            Some(false) if !options.continue_old => {
                session.close()?;
                return Err(Failure::Message(
                    ErrorCode::ScriptChanged,
                    format!(
                        "{name} has changed since {shown} was made; --restart begins anew with the \
                         new text, --continue goes on with the old"
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    go_on(session, &path, "--restart begins anew")
}

/// `pscheme run` of an image: what needs a script's text cannot be had.
fn run_image(image: &ImageDirectory, options: &RunOptions) -> Result<u8, Failure> {
    if options.restart || options.image.is_some() {
        let shown = options.file.display();
        let message = format!("{shown} is an image; --restart and --image need the script's file");
        return Err(Failure::Message(ErrorCode::Usage, message));
    }
    resume_inner(image.path(), &options.running)
}

fn resume_inner(path: &Path, running: &Running) -> Result<u8, Failure> {
    let directory = ImageDirectory::find(path).unwrap_or_else(|| ImageDirectory::at(path));
    let store = directory.open(&store_options_of(running))?;
    let library_folders = folders(None, &running.library_folders);
    let session = Session::open(
        Box::new(store),
        session_options(&path.display().to_string(), running, library_folders)?,
    )?;
    if !session.vm.heap.root(Root::MainProcess).is_object() && session.exit_status().is_none() {
        session.close()?;
        let message = format!("no program was ever started in {}", path.display());
        return Err(Failure::Message(ErrorCode::Usage, message));
    }
    go_on(session, directory.path(), "pscheme run --restart with its script begins anew")
}

/// Goes on with the program of an image, unless it has ended.
fn go_on(session: Session, path: &Path, otherwise: &str) -> Result<u8, Failure> {
    let shown = path.display();
    if let Some(status) = session.exit_status() {
        eprintln!("pscheme: the program in {shown} has ended with status {status}; {otherwise}");
        session.close()?;
        return Ok(exit_status(status));
    }
    let durable = session.durable().map_or(0, |transaction| transaction.0);
    if let Some(unfinished) = session.unfinished_at_opening() {
        eprintln!("pscheme: {unfinished}");
    }
    eprintln!("pscheme: going on in {shown} after commit {durable}");
    run_to_end(session)
}

/// Runs a session until it ends, closes it, and says how it stopped.
fn run_to_end(mut session: Session) -> Result<u8, Failure> {
    let outcome = session.run()?;
    let durable = session.durable().map_or(0, |transaction| transaction.0);
    let higher = higher_limit(&session.vm);
    session.close()?;
    Ok(match outcome {
        Outcome::Ended(status) => exit_status(status),
        Outcome::Stopped => {
            eprintln!("pscheme: stopped after commit {durable}; the same command goes on");
            status::INTERRUPTED
        }
        Outcome::Waiting => {
            eprintln!("pscheme: stopped after commit {durable}: {NOBODY_SENDS}");
            status::ERROR
        }
        Outcome::AtLimit => {
            eprintln!(
                "pscheme: stopped at a limit after commit {durable}; \
                 the same command with a higher {higher} goes on"
            );
            status::ERROR
        }
    })
}

/// The option that lets the processes go on which a limit stopped.
fn higher_limit(vm: &Vm) -> &'static str {
    let is_of_stack = |&process: &Word| vm.limit_met(process) == LimitMet::Stack;
    if vm.processes_at_limit().iter().any(is_of_stack) { "--limit stack" } else { "--heap-limit" }
}

/// Removes an image that nobody runs. What is no image is left alone.
fn remove_image(directory: &ImageDirectory, options: &StoreOptions) -> Result<(), Failure> {
    let store = directory.open(options)?;
    drop(store);
    std::fs::remove_dir_all(directory.path()).map_err(|error| {
        let path = directory.path().display();
        Failure::Message(ErrorCode::StoreFailed, format!("cannot remove {path}: {error}"))
    })
}
