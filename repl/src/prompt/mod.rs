//! The prompt: an image and a terminal.
//!
//! Three threads: this one reads the terminal, `worker.rs` owns the session, and one waits for signals.
//! `pscheme::prompt` in the library is what survives a crash; nothing here does. `editor.rs` and
//! `scheme.rs` are the editor's view of Scheme, `commands.rs` the comma commands, `console.rs` the
//! terminal as programs write to it and read from it, `piped.rs` the prompt without a terminal, `apart.rs` a single
//! entry apart from its image.

mod apart;
mod commands;
mod console;
mod editor;
mod piped;
mod piped_input;
mod scheme;
mod worker;

use std::io::{IsTerminal, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::host::StandardHost;
use pscheme::prompt::{Resumed, is_evaluation};
use pscheme::report::describe_failure;
use pscheme::vm::process::ProcessState;
use pscheme::{Session, SessionOptions};
use rustyline::error::ReadlineError;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::arguments::Running;
use crate::library_path::folders;
use crate::output;
use crate::run::{Failure, finish, store_options_of};
use commands::{find_command, split_command};
use console::{Console, PromptHost};
use editor::{PROMPT, SchemeEditor, SharedNames, editor};
use worker::{Opener, Report, Request, Worker, first_line, home_image};

/// `pscheme repl`: a prompt in an image, the user's own unless one is named.
pub fn open(image: Option<&Path>, running: &Running) -> u8 {
    let image = match image.map(Path::to_path_buf).or_else(home_image) {
        Some(image) => image,
        None => {
            let message = "neither XDG_DATA_HOME nor HOME says where your data is; name an image";
            return crate::run::report(Failure::Message(ErrorCode::Usage, message.into()));
        }
    };
    if has_terminal() {
        finish(Terminal::open(&image, running).and_then(Terminal::run))
    } else {
        finish(piped::evaluate(Some(&image), running))
    }
}

/// `pscheme` alone: the prompt of the user's own image on a terminal; otherwise what comes in on the
/// standard input is evaluated, without an image.
pub fn open_without_arguments(running: &Running) -> u8 {
    match has_terminal() {
        true => open(None, running),
        false => finish(piped::evaluate(None, running)),
    }
}

/// `pscheme eval`: evaluates a text in a state of an image without changing that.
pub fn evaluate_apart(image: &Path, text: &str, running: &Running) -> u8 {
    finish(apart::evaluate(image, text, running))
}

fn has_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Opens an image, made new if there is none. Whether it is new, its folder and its store.
fn open_image(
    path: &Path,
    running: &Running,
) -> Result<(bool, PathBuf, Box<dyn pscheme::heap::store::Store>), Failure> {
    let directory = ImageDirectory::find(path).unwrap_or_else(|| ImageDirectory::at(path));
    let options = store_options_of(running);
    if directory.exists() {
        let store = directory.open(&options)?;
        return Ok((false, directory.path().to_path_buf(), Box::new(store)));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            let message = format!("cannot make the folder {}: {error}", parent.display());
            Failure::Message(ErrorCode::StoreFailed, message)
        })?;
    }
    let store = directory.create(&options)?;
    Ok((true, directory.path().to_path_buf(), Box::new(store)))
}

/// How the session is opened anew when the image was set back.
fn opener(image: &Path, console: &Console, running: &Running) -> Opener {
    let (console, running) = (console.clone(), running.clone());
    let open = move |image: &ImageDirectory| -> Result<Session, Failure> {
        let store = image.open(&store_options_of(&running))?;
        Ok(Session::open(Box::new(store), session_options(&console, &running))?)
    };
    Opener { image: ImageDirectory::at(image), open: Box::new(open) }
}

/// The thread that reads the terminal.
struct Terminal {
    console: Console,
    names: SharedNames,
    requests: Sender<Request>,
    reports: Receiver<Report>,
    worker: Option<thread::JoinHandle<()>>,
}

impl Terminal {
    /// Opens the image in this thread, so that an error is told before anything else is shown, and
    /// gives it to the worker.
    fn open(path: &Path, running: &Running) -> Result<Terminal, Failure> {
        let (is_new, image, store) = open_image(path, running)?;
        let (console, names) = (Console::default(), SharedNames::default());
        let session = Session::open(store, session_options(&console, running))?;
        let opener = opener(&image, &console, running);
        let (requests, for_worker) = channel();
        let (for_terminal, reports) = channel();
        watch_signals(requests.clone())?;
        // As it is before any editing: the worker may end the command while a line is edited.
        let as_found = tcgetattr(stdin()).ok();
        let (its_console, its_names) = (console.clone(), names.clone());
        let worker = thread::spawn(move || {
            let channels = (for_worker, for_terminal);
            let greeting = |resumed: &Resumed| greeting(&image, is_new, resumed);
            let worker =
                Worker::new(session, its_console.clone(), its_names, channels, opener, greeting);
            let status = finish_quietly(worker.run(), &its_console, as_found.as_ref());
            std::process::exit(status.into());
        });
        Ok(Terminal { console, names, requests, reports, worker: Some(worker) })
    }

    fn run(mut self) -> Result<u8, Failure> {
        let Some(Report::Opened(opening)) = self.next_report() else {
            return Ok(self.wait_for_exit());
        };
        let colours = output::layout().colours;
        let terminal = |error: ReadlineError| {
            Failure::Message(ErrorCode::Usage, format!("cannot use the terminal: {error}"))
        };
        let mut editor = editor(self.names.clone(), colours, &opening.history).map_err(terminal)?;
        self.console.serve_printer(editor.create_external_printer().map_err(terminal)?);
        if opening.is_evaluating && self.next_report().is_none() {
            return Ok(self.wait_for_exit());
        }
        loop {
            self.console.begin_editing();
            let line = editor.readline(PROMPT);
            self.console.end_editing();
            let request = match line {
                Ok(entry) => match self.request_of(&mut editor, entry) {
                    Some(request) => request,
                    None => continue,
                },
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => Request::Leave(0),
                Err(error) => return Err(terminal(error)),
            };
            if self.requests.send(request).is_err() || self.next_report().is_none() {
                return Ok(self.wait_for_exit());
            }
        }
    }

    /// What an entry asks the worker for; nothing if it is empty or wrong, which is told.
    fn request_of(&self, editor: &mut SchemeEditor, entry: String) -> Option<Request> {
        if entry.trim().is_empty() {
            return None;
        }
        // The editor's memory is full of entries at most: the image keeps them.
        let _ = editor.add_history_entry(entry.trim_end());
        let Some((name, argument)) = split_command(&entry) else {
            return Some(Request::Evaluate(entry));
        };
        match find_command(name, argument) {
            Ok(row) => Some(Request::Command(row, argument.to_string(), entry.clone())),
            Err(message) => {
                self.console.write(message.as_bytes());
                None
            }
        }
    }

    /// The worker's next report; nothing once it ends the command.
    fn next_report(&mut self) -> Option<Report> {
        self.reports.recv().ok()
    }

    /// The worker has let go of its channels: it is about to end the command.
    fn wait_for_exit(&mut self) -> u8 {
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
        crate::status::ERROR
    }
}

/// One line about the image, and one about the entry that goes on.
fn greeting(image: &Path, is_new: bool, resumed: &Resumed) -> String {
    let shown = tilde(image);
    let mut line = format!("pscheme {}, ", env!("CARGO_PKG_VERSION"));
    if is_new {
        line.push_str(&format!("new image {shown}; ,help lists the commands"));
    } else {
        line.push_str(&format!("image {shown}"));
        match resumed.processes {
            0 => {}
            1 => line.push_str(", 1 process goes on"),
            count => line.push_str(&format!(", {count} processes go on")),
        }
        line.push_str(&format!(" after commit {}", resumed.commit));
        if resumed.failed > 0 {
            line.push_str(&format!(", {} stopped; ,ps lists them", resumed.failed));
        }
    }
    if let Some(unfinished) = &resumed.unfinished {
        line.push_str(&format!("\n{unfinished}"));
    }
    if let Some(entry) = &resumed.entry {
        let first = first_line(entry);
        let more = if entry.trim().contains('\n') { " …" } else { "" };
        line.push_str(&format!("\ngoing on with {first}{more}"));
    }
    line + "\n"
}

/// A path as users write it: with `~` for their own folder.
fn tilde(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    match home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// Ends the worker's side: the terminal is as it was found, and what went wrong is told.
fn finish_quietly(
    result: Result<u8, Failure>,
    console: &Console,
    as_found: Option<&Termios>,
) -> u8 {
    console.leave();
    if let Some(as_found) = as_found {
        // A terminal that is gone needs no setting back.
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, as_found);
    }
    finish(result)
}

fn session_options(console: &Console, running: &Running) -> SessionOptions {
    let folders = folders(None, &running.library_folders);
    let standard = StandardHost::with_library_folders(folders);
    let host = PromptHost { console: console.clone(), standard };
    let mut options = SessionOptions::new(Box::new(host));
    running.apply(&mut options);
    options.stop_requested = Arc::new(AtomicBool::new(false));
    let console = console.clone();
    options.on_failure = Box::new(move |vm, process| {
        // What an entry fails with is told when it is over.
        if !is_evaluation(vm, process) {
            let number = vm.heap.field(process, pscheme::heap::kind::body::Process::ID).as_fixnum();
            let what = match vm.process_state(process) {
                ProcessState::AtLimit => "was stopped",
                _ => "has failed",
            };
            let report = describe_failure(vm, process);
            console.write_line_start(&format!("process {number} {what}\n{report}"));
        }
    });
    options
}

/// Statuses of a command that a signal ended are this and the signal's number.
const SIGNAL_STATUS: u8 = 128;

/// Starts the thread that waits for signals: an interrupt is for the evaluation, the others end the
/// prompt, after a commit.
fn watch_signals(requests: Sender<Request>) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| {
        Failure::Message(ErrorCode::StoreFailed, format!("cannot watch for signals: {error}"))
    })?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let request = match signal {
                SIGINT => Request::Interrupt,
                other => Request::Leave(SIGNAL_STATUS + other as u8),
            };
            if requests.send(request).is_err() {
                return;
            }
        }
    });
    Ok(())
}
