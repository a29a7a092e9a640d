//! The host of a program that runs on this computer: its console, clocks and randomness.

use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pscheme_vm::host::{ConsoleInput, Host};

/// How often who waits for a time looks whether it was asked to stop.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Standard input and output, the system's clocks, and random bits from the operating system's hasher seeds.
pub struct StandardHost {
    started: Instant,
    random: u64,
    /// The folders in which libraries are looked for, the first first.
    pub library_folders: Vec<PathBuf>,
    /// The program's name and its arguments.
    pub command_line: Vec<String>,
}

impl Default for StandardHost {
    fn default() -> StandardHost {
        use std::hash::{BuildHasher, Hasher};
        let seed = std::collections::hash_map::RandomState::new().build_hasher().finish();
        StandardHost {
            started: Instant::now(),
            random: seed | 1,
            library_folders: Vec::new(),
            command_line: Vec::new(),
        }
    }
}

impl StandardHost {
    /// A host that looks for libraries in these folders.
    pub fn with_library_folders(library_folders: Vec<PathBuf>) -> StandardHost {
        StandardHost { library_folders, ..StandardHost::default() }
    }
}

impl Host for StandardHost {
    fn console_write(&mut self, bytes: &[u8]) {
        let mut output = std::io::stdout().lock();
        // A closed standard output is no concern of the program's state: it goes on.
        let _ = output.write_all(bytes).and_then(|()| output.flush());
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        if !self.console_is_ready() {
            return ConsoleInput::NotYet;
        }
        // The standard library's own buffer would hold back what it has read ahead.
        match nix::unistd::read(std::io::stdin(), buffer) {
            Ok(0) => ConsoleInput::End,
            Ok(count) => ConsoleInput::Bytes(count),
            Err(Errno::EAGAIN | Errno::EINTR) => ConsoleInput::NotYet,
            // It is closed, or a terminal that has gone away: nothing will come any more.
            Err(_) => ConsoleInput::End,
        }
    }

    fn console_is_ready(&mut self) -> bool {
        console_is_ready_within(PollTimeout::ZERO)
    }

    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let left_us = deadline_us.map_or(i64::MAX, |due| due.saturating_sub(self.clock_us()));
            if left_us <= 0 {
                return;
            }
            // Rounded up, so that the last part of a millisecond is not waited for by looking again.
            let left = Duration::from_micros(left_us.unsigned_abs().saturating_add(999));
            let wait = PollTimeout::try_from(left.min(STOP_POLL_INTERVAL));
            if console_is_ready_within(wait.expect("the interval is within the range")) {
                return;
            }
        }
    }

    fn clock_us(&mut self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let left = u64::try_from(deadline_us.saturating_sub(self.clock_us())).unwrap_or(0);
            if left == 0 {
                return;
            }
            std::thread::sleep(Duration::from_micros(left).min(STOP_POLL_INTERVAL));
        }
    }

    fn monotonic_ns(&mut self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn command_line(&mut self) -> Vec<String> {
        self.command_line.clone()
    }

    fn environment_variable(&mut self, name: &str) -> Option<String> {
        // The system takes no such names.
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        is_name.then(|| std::env::var_os(name)).flatten().map(|value| shown(&value))
    }

    fn environment_variables(&mut self) -> Vec<(String, String)> {
        std::env::vars_os().map(|(name, value)| (shown(&name), shown(&value))).collect()
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.library_folders.clone()
    }

    /// SplitMix64 (Steele, Lea and Flood 2014), seeded by the system.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

/// Whether a reading of the standard input would not wait, now or within a time. A signal ends the wait.
fn console_is_ready_within(time: PollTimeout) -> bool {
    let input = std::io::stdin();
    let mut polled = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    // Anything that is reported means that a reading would not wait, also that it would fail.
    matches!(poll(&mut polled, time), Ok(count) if count > 0)
}

/// Text of the system's; what is no Unicode in it is replaced.
fn shown(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}
