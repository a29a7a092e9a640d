//! The standard input of a prompt without a terminal: entries and what programs read take its lines in
//! turn, as they do on a terminal.
//!
//! What a reading leaves of its line stays with the console's port, which is in the image.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pscheme::host::StandardHost;
use pscheme::vm::host::{ConsoleInput, Host};

/// Bytes that the standard input is asked for at once.
const READ_BYTES_MAX: usize = 64 * 1024;

/// Lines of the standard input that nobody has taken yet, shared by who reads entries and the host.
#[derive(Clone, Default)]
pub struct PipedInput {
    shared: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Where in them begins what was not taken.
    start: usize,
    /// Lines that were taken, whole or in part.
    lines: usize,
}

impl Waiting {
    /// The end of the line that comes next, if it is there; looks behind the first `seen` bytes.
    fn line_end(&self, seen: usize) -> Option<usize> {
        let newline = self.bytes[self.start + seen..].iter().position(|&byte| byte == b'\n')?;
        Some(seen + newline + 1)
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let end = self.start + count;
        let taken = self.bytes[self.start..end].to_vec();
        self.lines += usize::from(taken.ends_with(b"\n"));
        self.start = end;
        taken
    }

    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Gets what the standard input has.
    fn fill(&mut self, standard: &mut StandardHost) -> ConsoleInput {
        self.bytes.drain(..self.start);
        self.start = 0;
        let before = self.bytes.len();
        self.bytes.resize(before + READ_BYTES_MAX, 0);
        let input = standard.console_read(&mut self.bytes[before..]);
        let count = if let ConsoleInput::Bytes(count) = input { count } else { 0 };
        self.bytes.truncate(before + count);
        input
    }
}

impl PipedInput {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that were taken so far.
    pub fn lines(&self) -> usize {
        self.waiting().lines
    }

    /// Waits for a line and takes it: with its newline, without one at the end of the input, or empty
    /// behind that. `None` if it was asked to stop.
    pub fn next_line(&self, standard: &mut StandardHost, stop: &AtomicBool) -> Option<Vec<u8>> {
        let mut seen = 0;
        loop {
            let mut waiting = self.waiting();
            if let Some(end) = waiting.line_end(seen) {
                return Some(waiting.take(end));
            }
            seen = waiting.bytes.len() - waiting.start;
            match waiting.fill(standard) {
                ConsoleInput::Bytes(_) => {}
                ConsoleInput::End => return Some(waiting.take(seen)),
                ConsoleInput::NotYet => {
                    drop(waiting);
                    standard.wait_for_console(None, stop);
                    if stop.load(Ordering::Relaxed) {
                        return None;
                    }
                }
            }
        }
    }

    /// Gives a program one line at most, so that those behind it can be entries.
    fn read(&self, standard: &mut StandardHost, buffer: &mut [u8]) -> ConsoleInput {
        let mut waiting = self.waiting();
        if waiting.is_empty() {
            match waiting.fill(standard) {
                ConsoleInput::Bytes(_) => {}
                other => return other,
            }
        }
        let left = waiting.bytes.len() - waiting.start;
        let count = waiting.line_end(0).unwrap_or(left).min(buffer.len());
        buffer[..count].copy_from_slice(&waiting.take(count));
        ConsoleInput::Bytes(count)
    }
}

/// The standard host with an input that it shares with the prompt.
pub struct PipedHost {
    pub input: PipedInput,
    pub standard: StandardHost,
}

impl Host for PipedHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.standard.console_write(bytes);
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        self.input.read(&mut self.standard, buffer)
    }

    fn console_is_ready(&mut self) -> bool {
        !self.input.waiting().is_empty() || self.standard.console_is_ready()
    }

    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        if self.input.waiting().is_empty() {
            self.standard.wait_for_console(deadline_us, stop);
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

    fn read_file(&mut self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.standard.read_file(path)
    }

    fn command_line(&mut self) -> Vec<String> {
        self.standard.command_line()
    }

    fn environment_variable(&mut self, name: &str) -> Option<String> {
        self.standard.environment_variable(name)
    }

    fn environment_variables(&mut self) -> Vec<(String, String)> {
        self.standard.environment_variables()
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.standard.library_folders()
    }
}
