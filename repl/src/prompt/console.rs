//! The terminal as programs use it: what they and the prompt write, while a line is edited or not, and
//! what they read.
//!
//! While an entry is evaluated, no line is edited: the terminal is as it was found, so it edits and shows
//! lines itself, and a program gets them from the standard input. While a line is edited, programs that
//! read find nothing yet.
//!
//! While the user edits a line, whole lines go through the editor's printer, which puts them above the
//! line being typed. That printer can wait for the editor, so a thread of its own calls it; nobody who
//! holds the lock here ever waits for the editor.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use pscheme::host::StandardHost;
use pscheme::vm::host::{ConsoleInput, Host};
use rustyline::ExternalPrinter;

/// Bytes that wait for the editor's printer at most; then whoever writes waits.
const WAITING_BYTES_MAX: usize = 256 * 1024;

/// Time between two looks at the terminal while somebody waits for what is typed and nobody can run.
pub const CONSOLE_LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The terminal, shared by all who write to it or read from it.
#[derive(Clone, Default)]
pub struct Console {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Bytes came, room came, or the editing ended.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    editing: bool,
    /// The last byte that was written was no end of a line.
    in_line: bool,
    /// What waits for the printer; its last line may not be whole.
    waiting: Vec<u8>,
    /// The line that is not whole is to be shown as it is.
    urgent: bool,
}

impl State {
    /// Takes what the printer can show: whole lines.
    fn take_lines(&mut self) -> Vec<u8> {
        let end = match self.urgent {
            true => self.waiting.len(),
            false => self.waiting.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1),
        };
        self.urgent = false;
        self.waiting.drain(..end).collect()
    }

    fn write_through(&mut self, bytes: &[u8]) {
        let mut output = io::stdout().lock();
        // A terminal that went away is no concern of the image: it goes on.
        let _ = output.write_all(bytes).and_then(|()| output.flush());
        if let Some(last) = bytes.last() {
            self.in_line = *last != b'\n';
        }
    }
}

impl Console {
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the thread that gives lines to the editor's printer.
    pub fn serve_printer(&self, mut printer: impl ExternalPrinter + Send + 'static) {
        let console = self.clone();
        thread::spawn(move || {
            loop {
                let mut state = console.state();
                let lines = loop {
                    let lines = if state.editing { state.take_lines() } else { Vec::new() };
                    if !lines.is_empty() {
                        break lines;
                    }
                    let waited = console.shared.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                };
                drop(state);
                console.shared.changed.notify_all();
                if printer.print(String::from_utf8_lossy(&lines).into_owned()).is_err() {
                    return;
                }
            }
        });
    }

    /// Writes bytes: at once, or above the line that is being edited.
    pub fn write(&self, bytes: &[u8]) {
        let mut state = self.state();
        while state.editing && state.waiting.len() > WAITING_BYTES_MAX {
            let waited = self.shared.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.editing {
            state.waiting.extend_from_slice(bytes);
            drop(state);
            self.shared.changed.notify_all();
        } else {
            state.write_through(bytes);
        }
    }

    /// Writes text that begins a line.
    pub fn write_line_start(&self, text: &str) {
        let mut state = self.state();
        let last = state.waiting.last().copied();
        let in_line =
            if state.editing { last.is_some_and(|byte| byte != b'\n') } else { state.in_line };
        if in_line && !state.editing {
            state.write_through(b"\n");
        } else if in_line {
            state.waiting.push(b'\n');
        }
        drop(state);
        self.write(text.as_bytes());
    }

    /// The terminal itself has shown something in this line: the keys of an interrupt.
    pub fn note_echo(&self) {
        self.state().in_line = true;
    }

    /// Takes a line that was typed for a program.
    fn read(&self, standard: &mut StandardHost, buffer: &mut [u8]) -> ConsoleInput {
        // Held until the end, so that no editing begins between the look and the reading.
        let mut state = self.state();
        if state.editing {
            return ConsoleInput::NotYet;
        }
        let input = standard.console_read(buffer);
        if let ConsoleInput::Bytes(count) = input
            && buffer[..count].ends_with(b"\n")
        {
            // The terminal has shown it.
            state.in_line = false;
        }
        input
    }

    fn is_ready(&self, standard: &mut StandardHost) -> bool {
        !self.state().editing && standard.console_is_ready()
    }

    /// Shows what was written of a line that is not whole, because no more of it has come.
    pub fn flush(&self) {
        let mut state = self.state();
        if state.editing && !state.waiting.is_empty() {
            state.urgent = true;
            self.shared.changed.notify_all();
        }
    }

    /// From now on a line is edited, which begins at the left.
    pub fn begin_editing(&self) {
        let mut state = self.state();
        if state.in_line {
            state.write_through(b"\n");
        }
        state.editing = true;
    }

    /// The line is entered: what still waited is written now.
    pub fn end_editing(&self) {
        let mut state = self.state();
        state.editing = false;
        let waiting = std::mem::take(&mut state.waiting);
        state.write_through(&waiting);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// What is written after this, by whoever started the command, begins a line.
    pub fn leave(&self) {
        let was_editing = self.state().editing;
        self.end_editing();
        let mut state = self.state();
        if was_editing || state.in_line {
            // The terminal may still be as the editor needs it.
            state.write_through(b"\r\n");
        }
    }
}

/// The standard host with a console that knows whether a line is being edited.
pub struct PromptHost {
    pub console: Console,
    pub standard: StandardHost,
}

impl Host for PromptHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.console.write(bytes);
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        self.console.read(&mut self.standard, buffer)
    }

    fn console_is_ready(&mut self) -> bool {
        self.console.is_ready(&mut self.standard)
    }

    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        // Nobody says when the editing ends, so it comes back soon.
        let look_us = self.clock_us() + CONSOLE_LOOK_INTERVAL.as_micros() as i64;
        let until_us = deadline_us.map_or(look_us, |deadline_us| deadline_us.min(look_us));
        let is_editing = self.console.state().editing;
        match is_editing {
            true => self.standard.wait_until_us(until_us, stop),
            false => self.standard.wait_for_console(Some(until_us), stop),
        }
    }

    fn clock_us(&mut self) -> i64 {
        self.standard.clock_us()
    }

    fn monotonic_ns(&mut self) -> u64 {
        self.standard.monotonic_ns()
    }

    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.standard.wait_until_us(deadline_us, stop);
    }

    fn random(&mut self) -> u64 {
        self.standard.random()
    }

    fn read_file(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        self.standard.read_file(path)
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.standard.library_folders()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_taken_and_the_rest_when_it_is_urgent() {
        let mut state = State { waiting: b"one\ntwo\nthr".to_vec(), ..State::default() };
        assert_eq!(state.take_lines(), b"one\ntwo\n");
        assert_eq!(state.take_lines(), b"");
        state.urgent = true;
        assert_eq!(state.take_lines(), b"thr");
    }
}
