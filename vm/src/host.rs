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

/// What is decided between two slices by how much time has gone by or how far others are. A recording holds
/// these, so that everything happens again after the same work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Decision {
    /// Whether the session stops.
    Stop = 0,
    /// Whether an event of the writer is taken in: a durable commit wakes who waits for it.
    WriterEvent = 1,
    /// Whether the console is looked at for those who wait for input.
    ConsoleLook = 2,
    /// Whether the writer is waited for, because too much has changed since the last commit.
    WriterWait = 3,
    /// Whether a commit is made now.
    Commit = 4,
    /// Whether a commit on its way is waited for, and none made, for those who wait for one.
    CommitOnItsWay = 5,
    /// Whether what there is to commit is committed before nobody can run for a while.
    CommitBeforeWait = 6,
    /// Whether one more commit makes acknowledgements durable.
    CommitOnceMore = 7,
}

impl Decision {
    /// All decisions, in the order of their codes.
    pub const ALL: [Decision; 8] = [
        Decision::Stop,
        Decision::WriterEvent,
        Decision::ConsoleLook,
        Decision::WriterWait,
        Decision::Commit,
        Decision::CommitOnItsWay,
        Decision::CommitBeforeWait,
        Decision::CommitOnceMore,
    ];
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

    /// The system's answer to a question that no other method asks. A host that replays a recording answers
    /// from it, and the question is not asked.
    fn ask_system(&mut self, question: &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> {
        question()
    }

    /// A decision of the session, which has `found` one by the time and by how far others are. A host that
    /// replays a recording gives the one that was made then.
    fn decide(&mut self, _decision: Decision, found: bool) -> bool {
        found
    }

    /// Whether requests to files are performed. In a replay they have been.
    fn performs_effects(&self) -> bool {
        true
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
