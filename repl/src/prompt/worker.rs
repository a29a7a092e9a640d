//! The thread that owns the session: it evaluates entries, runs the other processes of the image while
//! the user types, and carries out comma commands. It learns what to do from a channel, and everything
//! it has to show goes to the console.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use pscheme::heap::root_table::Root;
use pscheme::heap::store::limits::SHORTAGE_INTERVAL_MS;
use pscheme::heap::store::{CommitCause, CommitName, ImageDirectory};
use pscheme::history::{CommitRow, commit_before_last_entry};
use pscheme::inspect::Layout;
use pscheme::names::KnownNames;
use pscheme::prompt::{Ending, Prompt, Resumed, Turn};
use pscheme::{Pause, Session, SessionError};

use super::commands::CommandRow;
use super::console::{CONSOLE_LOOK_INTERVAL, Console};
use super::editor::SharedNames;
use crate::history::{NOTHING_BEFORE, go_back_to};
use crate::output;
use crate::run::{Failure, pause_notice, report};
use crate::status;

/// What the worker is asked for.
pub enum Request {
    /// Evaluate an entry.
    Evaluate(String),
    /// Carry out a comma command: its row, its argument, and the entry as it was typed.
    Command(&'static CommandRow, String, String),
    /// Interrupt the evaluation.
    Interrupt,
    /// Commit and leave with this status.
    Leave(u8),
}

/// What the worker tells who reads the terminal.
pub enum Report {
    /// The image is open.
    Opened(Opening),
    /// The entry or the command is done: another one can be taken.
    Done,
}

/// What is told of an image that was opened.
pub struct Opening {
    /// An entry is being evaluated: a report follows when it is done.
    pub is_evaluating: bool,
    /// Entries, oldest first.
    pub history: Vec<String>,
}

/// What a command leaves to do.
pub enum After {
    /// Nothing: the next entry can be taken.
    Done,
    /// An evaluation was begun.
    Evaluating,
    /// The image is to go back to before the newest entry.
    Undo,
    /// The prompt is to be left.
    Leave,
}

/// What the worker's loop has to do itself, because the session ends.
enum End {
    /// The prompt is left with this status.
    Leave(u8),
    /// The session begins again with an older state.
    Undo,
}

/// The session's side of the prompt.
pub struct Worker {
    pub prompt: Prompt,
    pub console: Console,
    requests: Receiver<Request>,
    reports: Sender<Report>,
    names: SharedNames,
    /// When the evaluation that is timed began, and the work done until then.
    timing: Option<(Instant, i64)>,
    opener: Opener,
    /// The newest commit when the session was opened.
    opened_at: u64,
    /// The disk is full, and that was said.
    is_paused: bool,
}

/// How a session in an image is opened.
type OpenImage = Box<dyn Fn(&ImageDirectory) -> Result<Session, Failure> + Send>;

/// The image of a prompt, and how a session in it is opened.
pub struct Opener {
    pub image: ImageDirectory,
    pub open: OpenImage,
}

impl Worker {
    /// Takes over a session that is open, greets before anything runs, and reports.
    pub fn new(
        session: Session,
        console: Console,
        names: SharedNames,
        channels: (Receiver<Request>, Sender<Report>),
        opener: Opener,
        greeting: impl FnOnce(&Resumed) -> String,
    ) -> Worker {
        let prompt = Prompt::new(session);
        let resumed = prompt.resumed();
        console.write_line_start(&greeting(&resumed));
        let opening = Opening { is_evaluating: resumed.entry.is_some(), history: prompt.history() };
        let (requests, reports) = channels;
        let opened_at = resumed.commit;
        let worker = Worker {
            prompt,
            console,
            requests,
            reports,
            names,
            timing: None,
            opener,
            opened_at,
            is_paused: false,
        };
        worker.publish_names();
        // If the reader of the terminal is gone, so is its channel of requests, which ends the run.
        let _ = worker.reports.send(Report::Opened(opening));
        worker
    }

    /// Runs until the prompt is left; the status of the command.
    ///
    /// # Errors
    /// The image's store or an effect failed.
    pub fn run(mut self) -> Result<u8, Failure> {
        loop {
            while let Ok(request) = self.requests.try_recv() {
                match self.follow(request)? {
                    ControlFlow::Continue(worker) => self = worker,
                    ControlFlow::Break(status) => return Ok(status),
                }
            }
            let turn = match self.prompt.turn() {
                Err(error) if error.is_out_of_space() => {
                    Turn::Idle { due_us: self.pause(&error), awaits_input: false }
                }
                turn => {
                    self.end_pause();
                    turn?
                }
            };
            match turn {
                Turn::Worked | Turn::Written => {}
                Turn::Value { number } => {
                    let quiet =
                        if self.layout().colours { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
                    self.console.write_line_start(&format!("{}${number} ={} ", quiet.0, quiet.1));
                }
                Turn::Done(ending) => self.end_entry(ending),
                Turn::Idle { due_us, awaits_input } => {
                    self.console.flush();
                    // While no entry is evaluated, what is typed belongs to the editor.
                    let looks = awaits_input && self.prompt.is_evaluating();
                    let request = match self.wait(due_us, looks) {
                        Ok(request) => request,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return self.close(0),
                    };
                    match self.follow(request)? {
                        ControlFlow::Continue(worker) => self = worker,
                        ControlFlow::Break(status) => return Ok(status),
                    }
                }
                // The low eight bits, as the system has it for every program.
                Turn::Exit { status } => return self.close(status as u8),
            }
        }
    }

    /// Does what is asked for; the status if the prompt is left.
    fn follow(mut self, request: Request) -> Result<ControlFlow<u8, Worker>, Failure> {
        // Nothing runs that could be interrupted.
        let request = match request {
            Request::Interrupt if self.is_paused => Request::Leave(status::ERROR),
            request => request,
        };
        Ok(match self.obey(request)? {
            None => ControlFlow::Continue(self),
            Some(End::Undo) => ControlFlow::Continue(self.undo()?),
            Some(End::Leave(status)) => ControlFlow::Break(self.close(status)?),
        })
    }

    /// There is no room on the disk: says so once. When it is to be tried again, by the host's clock.
    fn pause(&mut self, error: &SessionError) -> Option<i64> {
        if !std::mem::replace(&mut self.is_paused, true) {
            let notice = pause_notice(&Pause::Begins(error));
            self.console.write_line_start(&format!("{notice}  Ctrl-C leaves the prompt\n"));
        }
        let now_us = self.prompt.session.vm.machine.host.clock_us();
        Some(now_us + (SHORTAGE_INTERVAL_MS * 1_000) as i64)
    }

    fn end_pause(&mut self) {
        if std::mem::take(&mut self.is_paused) {
            self.console.write_line_start(&pause_notice(&Pause::Ends));
        }
    }

    /// Waits for a request, or until a time has come, or it is time to look at the console again.
    fn wait(&mut self, due_us: Option<i64>, looks: bool) -> Result<Request, RecvTimeoutError> {
        let now_us = self.prompt.session.vm.machine.host.clock_us();
        let until_due = due_us.map(|due_us| {
            let left_us = due_us.saturating_sub(now_us);
            Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
        });
        let until_look = looks.then_some(CONSOLE_LOOK_INTERVAL);
        match until_due.into_iter().chain(until_look).min() {
            Some(time) => self.requests.recv_timeout(time),
            None => self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Does what is asked for, but for what ends the session.
    fn obey(&mut self, request: Request) -> Result<Option<End>, SessionError> {
        match request {
            Request::Evaluate(text) => {
                self.prompt.add_to_history(&text);
                self.prompt.begin(&text);
            }
            Request::Command(row, argument, entry) => {
                self.prompt.add_to_history(&entry);
                match (row.run)(self, &argument)? {
                    After::Done => self.done(),
                    After::Evaluating => {}
                    After::Undo => return Ok(Some(End::Undo)),
                    After::Leave => return Ok(Some(End::Leave(0))),
                }
            }
            Request::Interrupt => {
                if self.prompt.is_evaluating() {
                    self.console.note_echo();
                }
                self.prompt.interrupt();
            }
            Request::Leave(status) => return Ok(Some(End::Leave(status))),
        }
        Ok(None)
    }

    fn end_entry(&mut self, ending: Ending) {
        match ending {
            Ending::Whole => {}
            Ending::Failed(report) => self.console.write_line_start(&report),
            Ending::Interrupted(Some(commit)) => {
                self.console.write_line_start(&format!("interrupted after commit {commit}\n"));
            }
            Ending::Interrupted(None) => self.console.write_line_start("interrupted\n"),
        }
        if let Some((start, work)) = self.timing.take() {
            let (time, work) = (start.elapsed(), self.work() - work);
            self.console.write_line_start(&format!(
                "{:.3} s, {} units of work\n",
                time.as_secs_f64(),
                pscheme::inspect::grouped(work)
            ));
        }
        self.done();
    }

    fn done(&self) {
        self.publish_names();
        let _ = self.reports.send(Report::Done);
    }

    fn publish_names(&self) {
        self.names.set(KnownNames::of(&self.prompt.session.vm));
    }

    /// Begins to evaluate an entry whose time is told when it is done.
    pub fn time(&mut self, text: &str) {
        self.timing = Some((Instant::now(), self.work()));
        self.prompt.begin(text);
    }

    /// Units of work of all processes so far.
    fn work(&self) -> i64 {
        let work = self.prompt.session.vm.heap.root(Root::Work);
        if work.is_fixnum() { work.as_fixnum() } else { 0 }
    }

    /// How text is laid out for the terminal.
    pub fn layout(&self) -> Layout {
        output::layout()
    }

    /// Closes the image, sets it back to before the newest entry, and goes on in it.
    fn undo(mut self) -> Result<Worker, Failure> {
        let Some(before) = self.commit_before_last_entry()? else {
            self.console.write(format!("{NOTHING_BEFORE}\n").as_bytes());
            self.done();
            return Ok(self);
        };
        let history = self.prompt.history();
        self.prompt.session.commit_and_wait()?;
        self.prompt.session.close()?;
        let told = go_back_to(&self.opener.image, CommitName::Number(before));
        let session = (self.opener.open)(&self.opener.image)?;
        self.opened_at = session.durable().map_or(0, |commit| commit.0);
        self.prompt = Prompt::new(session);
        match told {
            Ok(line) => {
                self.console.write(line.as_bytes());
                for entry in undone(&history, &self.prompt.history()) {
                    self.console.write(format!("undone: {entry}\n").as_bytes());
                }
            }
            // The image is as it was.
            Err(failure) => {
                report(failure);
            }
        }
        match self.prompt.resumed().entry {
            // It has not ended in that state; the report follows when it has.
            Some(entry) => {
                self.console.write(format!("going on with {}\n", first_line(&entry)).as_bytes())
            }
            None => self.done(),
        }
        Ok(self)
    }

    /// The commit before the newest entry of this session, or before what was done last before it: that the
    /// session was opened is nothing that anybody wants to undo.
    fn commit_before_last_entry(&self) -> Result<Option<u64>, SessionError> {
        let kept = self.prompt.session.kept_commits()?;
        let mut rows: Vec<CommitRow> = kept.iter().map(CommitRow::from).collect();
        let opened_at = self.opened_at;
        if !rows.iter().any(|row| row.commit > opened_at && row.cause == CommitCause::Entry) {
            rows.retain(|row| row.commit < opened_at);
        }
        Ok(commit_before_last_entry(&rows))
    }

    /// Commits, closes the image, and gives the status.
    fn close(mut self, status: u8) -> Result<u8, Failure> {
        self.prompt.session.commit_and_wait()?;
        self.prompt.session.close()?;
        Ok(status)
    }
}

/// The first lines of the entries that a history has beyond an older one; commands undo nothing.
fn undone<'a>(history: &'a [String], older: &'a [String]) -> impl Iterator<Item = &'a str> {
    // Of a history that is full as many have left it at its beginning, and nothing is said of them.
    let entries = history.iter().skip(older.len());
    let entries = entries.filter(|entry| !entry.trim_start().starts_with(','));
    entries.map(|entry| first_line(entry))
}

/// What people recognise an entry by.
pub fn first_line(entry: &str) -> &str {
    entry.trim().lines().next().unwrap_or_default()
}

/// The image of the user: `pscheme/home.image` where the system keeps data of users
/// (XDG Base Directory Specification 0.8).
pub fn home_image() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || variable("HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| home().map(|home| home.join(".local/share")))?;
    Some(data.join("pscheme/home.image"))
}
