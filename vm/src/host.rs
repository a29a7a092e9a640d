//! What reaches a program from outside, and what it shows at once: the one trait every input comes
//! through.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The host of a machine. Every call is made at a counted point.
pub trait Host: Send {
    /// Shows bytes on the console. They may be shown again after a crash.
    fn console_write(&mut self, bytes: &[u8]);
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
