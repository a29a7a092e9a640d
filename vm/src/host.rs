//! What reaches a program from outside, and what it shows at once: the one trait every input comes
//! through.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What the console gives a program that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleInput {
    /// So many bytes, at least one, are in the buffer. The host does not have them any more.
    Bytes(usize),
    /// Nothing yet: the process that reads waits, and others run.
    NotYet,
    /// The input has ended: the program gets one end-of-file object, and asks again if it reads on.
    End,
}

/// The host of a machine. Every call is made at a counted point.
pub trait Host: Send {
    /// Shows bytes on the console. They may be shown again after a crash.
    fn console_write(&mut self, bytes: &[u8]);

    /// Takes what the console has for programs to read, as UTF-8, into a buffer of at least one byte.
    /// Never waits. What it gives is in the heap from then on, and so in the next commit.
    ///
    /// A host without input keeps these three as they are: programs find its end. One that ever
    /// answers [`ConsoleInput::NotYet`] provides all three.
    fn console_read(&mut self, _buffer: &mut [u8]) -> ConsoleInput {
        ConsoleInput::End
    }

    /// Whether [`Host::console_read`] would answer anything but [`ConsoleInput::NotYet`]. Never waits.
    fn console_is_ready(&mut self) -> bool {
        true
    }

    /// Waits until [`Host::console_is_ready`], or the wall clock shows `deadline_us`, microseconds since
    /// 1970, or `stop` is set. It may come back before: it is then called again. Nothing can run
    /// meanwhile.
    fn wait_for_console(&mut self, _deadline_us: Option<i64>, _stop: &AtomicBool) {}

    /// Microseconds since 1970 by the wall clock.
    fn clock_us(&mut self) -> i64;
    /// Nanoseconds of a clock that never goes back.
    fn monotonic_ns(&mut self) -> u64;
    /// Waits until the wall clock shows `deadline_us`, microseconds since 1970, or `stop` is set. It
    /// may come back before: it is then called again. Nothing can run meanwhile.
    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool);
    /// Random bits.
    fn random(&mut self) -> u64;

    /// The size of a file.
    ///
    /// # Errors
    /// As the system reports them.
    fn file_bytes(&mut self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    /// The content of a file: one that a program reads, a library, or what is included or loaded.
    ///
    /// # Errors
    /// As the system reports them.
    fn read_file(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    /// The program's name and its arguments, as whoever started it gave them.
    fn command_line(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// A variable of the environment that the host lets programs see.
    fn environment_variable(&mut self, _name: &str) -> Option<String> {
        None
    }

    /// All such variables, with their values.
    fn environment_variables(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The folders in which libraries are looked for, the first first.
    fn library_folders(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A host for tests: collects the console's bytes, and its wall clock moves only when somebody waits
/// for it.
#[derive(Default)]
pub struct SilentHost {
    now_us: i64,
    /// What was written so far.
    pub console: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
}

impl Host for SilentHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.console.lock().expect("no test panics while it writes").extend_from_slice(bytes);
    }
    fn clock_us(&mut self) -> i64 {
        self.now_us
    }
    fn wait_until_us(&mut self, deadline_us: i64, _: &AtomicBool) {
        self.now_us = self.now_us.max(deadline_us);
    }
    fn monotonic_ns(&mut self) -> u64 {
        0
    }
    fn random(&mut self) -> u64 {
        4
    }
}
