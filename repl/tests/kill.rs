//! kill -9: the real binary on durable scripts, killed again and again, ends with the same output as
//! a run nobody disturbed.
//!
//! The command writes a byte to a named pipe at every change of phase. The suite chooses a phase by chance,
//! waits for its byte, and for a moment by chance, kills, and counts the phase of the last byte.
//! `PSCHEME_KILLS` sets the number of kills (100 unless given).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// Phases and their bytes in the file, see `SessionPhase` and the store's `Phase`.
const PHASES: &[(u8, &str)] = &[
    (b'A', "opening"),
    (b'B', "running"),
    (b'C', "sealing"),
    (b'D', "collecting"),
    (b'E', "copying"),
    (b'F', "output"),
    (b'a', "before the transaction"),
    (b'b', "bodies written"),
    (b'c', "before COMMIT"),
    (b'd', "committed"),
    (b'e', "head written"),
    (b'f', "checkpointing"),
    (b'g', "pruning"),
];
/// The phase a session begins with.
const OPENING: u8 = b'A';
/// Time a wait for a phase may take before any phase will do: checkpoints are rare.
const PHASE_PATIENCE: Duration = Duration::from_millis(600);
/// From so many kills on, each phase must have been struck.
const KILLS_FOR_ALL_PHASES: u64 = 1_000;
/// Time the script runs at most before a phase is waited for.
const PAUSE_US_MAX: u64 = 60_000;
/// Time between a phase's byte and the kill, at most: some phases are short.
const DELAY_US_MAX: u64 = 400;
/// Time a script may take in all.
const PATIENCE: Duration = Duration::from_secs(300);

const SCRIPTS: [(&str, &str); 5] = [
    ("deep", include_str!("kill/deep.scm")),
    ("allocate", include_str!("kill/allocate.scm")),
    ("generators", include_str!("kill/generators.scm")),
    ("processes", include_str!("kill/processes.scm")),
    ("table", include_str!("kill/table.scm")),
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

fn start(folder: &Path, phases: Option<&Path>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pscheme"));
    command.args(["run", "script.scm"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(path) = phases {
        command.env("PSCHEME_PHASE_FILE", path);
    }
    command.spawn().unwrap()
}

/// Runs to the end; panics with what the command said if it fails.
fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
}

/// The reading end of the pipe that phases are written to.
struct Phases {
    path: PathBuf,
    pipe: File,
    /// The last byte of the process that writes now.
    last: u8,
}

impl Phases {
    fn at(path: PathBuf) -> Phases {
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let mut options = File::options();
        // There is no writer yet, and there must not be a wait for one.
        options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
        let pipe = options.open(&path).unwrap();
        Phases { path, pipe, last: OPENING }
    }

    /// Reads what there is; true if `wanted` is in it.
    fn read(&mut self, wanted: u8) -> bool {
        let (mut is_there, mut bytes) = (false, [0; 4096]);
        // No bytes: nobody has opened the pipe yet, or its writer has ended.
        while let Ok(count @ 1..) = self.pipe.read(&mut bytes) {
            is_there |= bytes[..count].contains(&wanted);
            self.last = bytes[count - 1];
        }
        is_there
    }

    /// Waits for new bytes for a millisecond at most.
    fn wait(&self) {
        let mut waiting = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        poll(&mut waiting, PollTimeout::from(1_u8)).unwrap();
    }
}

/// Waits until the child enters the wanted phase after the pause, or for a while; `false` if it has ended.
fn wait_for_phase(child: &mut Child, phases: &mut Phases, wanted: u8, pause: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < pause + PHASE_PATIENCE {
        phases.wait();
        let is_late_enough = begin.elapsed() >= pause;
        if phases.read(wanted) && is_late_enough {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
    }
    true
}

fn check(folder: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["check", "script.scm.image"])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "check: {said}");
}

/// What a script writes when nobody disturbs it.
fn undisturbed(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.scm"), text).unwrap();
    finish(start(folder.path(), None));
    std::fs::read_to_string(folder.path().join("script.out")).unwrap()
}

/// The suite's chance, and the kills so far by the phase they struck.
struct Torment {
    random: Random,
    struck: BTreeMap<u8, u64>,
}

impl Torment {
    /// Starts the script, and kills it in a phase of chance; `false` if it came to its end before.
    fn strike(&mut self, folder: &Path, phases: &mut Phases) -> bool {
        phases.last = OPENING;
        let mut child = start(folder, Some(&phases.path));
        let wanted = PHASES[self.random.below(PHASES.len() as u64) as usize].0;
        let pause_us = if wanted == OPENING { 0 } else { self.random.below(PAUSE_US_MAX) };
        if !wait_for_phase(&mut child, phases, wanted, Duration::from_micros(pause_us)) {
            finish(child);
            return false;
        }
        let (struck, delay_us) = (Instant::now(), self.random.below(DELAY_US_MAX));
        while struck.elapsed() < Duration::from_micros(delay_us) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        phases.read(wanted);
        *self.struck.entry(phases.last).or_default() += 1;
        true
    }

    /// Kills a script up to `kills` times; returns how often it was killed.
    fn run(&mut self, name: &str, text: &str, expected: &str, kills: u64) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut phases = Phases::at(folder.path().join("phases"));
        std::fs::write(folder.path().join("script.scm"), text).unwrap();
        let (mut done, begin) = (0, Instant::now());
        while done < kills && self.strike(folder.path(), &mut phases) {
            assert!(begin.elapsed() < PATIENCE, "{name} makes no progress under kills");
            done += 1;
            if done % 10 == 0 {
                check(folder.path());
            }
        }
        finish(start(folder.path(), None));
        let written = std::fs::read_to_string(folder.path().join("script.out")).unwrap();
        assert_eq!(written, expected, "{name} after {done} kills");
        check(folder.path());
        done
    }
}

#[test]
fn scripts_survive_kill_9() {
    let kills: u64 = std::env::var("PSCHEME_KILLS").map_or(100, |text| text.parse().unwrap());
    let seed =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
            as u64;
    println!("seed {seed}");
    let mut torment = Torment { random: Random(seed), struck: BTreeMap::new() };
    let expected = SCRIPTS.map(|(_, text)| undisturbed(text));
    let (mut done, mut rounds_without_kill) = (0, 0);
    while done < kills {
        let before = done;
        for ((name, text), expected) in SCRIPTS.into_iter().zip(&expected) {
            let share = (kills - done).min(kills.div_ceil(SCRIPTS.len() as u64));
            done += torment.run(name, text, expected, share);
        }
        rounds_without_kill = if done > before { 0 } else { rounds_without_kill + 1 };
        assert!(rounds_without_kill < 20, "the scripts end before they can be killed");
    }
    println!("{done} kills, output and state as in undisturbed runs; by phase:");
    for (byte, name) in PHASES {
        let struck = torment.struck.get(byte).copied().unwrap_or(0);
        println!("  {name:<24} {struck}");
        assert!(struck > 0 || kills < KILLS_FOR_ALL_PHASES, "no kill struck while {name}");
    }
}
