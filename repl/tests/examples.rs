//! The programs of `scm-examples` under SIGKILL: the real binary, killed again and again while they run,
//! ends with the exact files and the status of a run nobody disturbed. What its runs show on the
//! console is all of the expected text: some of it may be shown again after a crash, none is lost.
//!
//! `PSCHEME_EXAMPLE_KILLS` sets how often each program is killed at most (3 unless given), and
//! `PSCHEME_SEED` at which moments.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Kills of one program at most, unless given.
const KILLS_DEFAULT: u64 = 3;
/// The phase a session is in once it runs slices: its byte in the file of phases (see `kill.rs`).
const RUNNING: u8 = b'B';
/// How often a program is begun anew because it came to its end before it was killed often enough.
const ROUNDS_MAX: u32 = 5;
/// Time one run of a program may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Programs that wait for hours: their clock is the test host's, in `tests/examples.rs` and
/// `tests/suspend.rs`.
const WAIT_FOR_HOURS: &[&str] = &["approval"];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound.max(1)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's folder").into()
}

/// The names of the programs, without `.scm`.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("scm-examples")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let programs = paths.filter(|path| path.extension().is_some_and(|kind| kind == "scm"));
    let mut names: Vec<String> =
        programs.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What is written down for a program: the console's text, and its files by name.
fn expected(stem: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let (mut console, mut files) = (None, Vec::new());
    for entry in std::fs::read_dir(root().join("tests/expected")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let Some(part) = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')) else {
            continue;
        };
        match part {
            "txt" => console = Some(std::fs::read_to_string(entry.path()).unwrap()),
            _ => files.push((part.to_string(), std::fs::read(entry.path()).unwrap())),
        }
    }
    (console.unwrap_or_else(|| panic!("{stem} has no expected text")), files)
}

fn start(folder: &Path, phases: &Path) -> Child {
    let _ = std::fs::remove_file(phases);
    Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["run", "program.scm"])
        .current_dir(folder)
        .env("PSCHEME_PHASE_FILE", phases)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(folder.join("console")).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the child runs slices, and for a time from then on; `false` if it has ended before.
fn wait_while_running(child: &mut Child, phases: &Path, pause: Duration) -> bool {
    let begin = Instant::now();
    let mut running_since = None;
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if running_since.is_none() && std::fs::read(phases).is_ok_and(|all| all.contains(&RUNNING))
        {
            running_since = Some(Instant::now());
        }
        if running_since.is_some_and(|since| since.elapsed() >= pause) {
            return true;
        }
        assert!(begin.elapsed() < PATIENCE, "the program does not come to its end");
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// The console's text so far: each run must show a piece of what is expected that begins at or before
/// where the runs before it came to.
struct Covered {
    expected: String,
    end: usize,
}

impl Covered {
    fn add(&mut self, shown: &[u8], label: &str) {
        // A kill may cut a character of several bytes in two.
        let bytes = self.expected.as_bytes();
        let begin = (0..=self.end).rev().find(|&begin| bytes[begin..].starts_with(shown));
        let Some(begin) = begin else {
            let shown = String::from_utf8_lossy(shown);
            let (covered, end) = (&self.expected, self.end);
            panic!("{label}: shown\n{shown}\nwhere {end} bytes were covered of\n{covered}")
        };
        self.end = self.end.max(begin + shown.len());
    }
}

/// How long an undisturbed run takes from when it runs slices.
fn undisturbed(stem: &str, text: &str) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.scm"), text).unwrap();
    let phases = folder.path().join("phases");
    let mut child = start(folder.path(), &phases);
    assert!(wait_while_running(&mut child, &phases, Duration::ZERO), "{stem} is seen running");
    let begin = Instant::now();
    let output = child.wait_with_output().unwrap();
    check_end(stem, folder.path(), &output);
    begin.elapsed()
}

fn check_end(label: &str, folder: &Path, output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{label}: {}: {said}", output.status);
    let stem = label.split(',').next().expect("a name");
    for (name, content) in expected(stem).1 {
        let written = std::fs::read(folder.join(&name)).unwrap_or_default();
        assert!(written == content, "{label}: {name} is not as in a run nobody disturbed");
    }
}

/// Runs a program to its end with kills in between; returns how many there were.
fn torment(text: &str, length: Duration, kills: u64, random: &mut Random, label: &str) -> u64 {
    let stem = label.split(',').next().expect("a name");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.scm"), text).unwrap();
    let phases = folder.path().join("phases");
    let mut covered = Covered { expected: expected(stem).0, end: 0 };
    let mut done = 0;
    loop {
        let mut child = start(folder.path(), &phases);
        // Spread over what is left to do, so that the program gets on from kill to kill.
        let share = length.as_micros() as u64 / kills.max(1);
        let pause = Duration::from_micros(random.below(share));
        let is_last = done == kills;
        let is_struck = !is_last && wait_while_running(&mut child, &phases, pause);
        if is_struck {
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let shown = std::fs::read(folder.path().join("console")).unwrap();
        covered.add(&shown, label);
        if is_struck && !output.status.success() {
            done += 1;
            continue;
        }
        check_end(label, folder.path(), &output);
        let lost = &covered.expected.as_bytes()[covered.end..];
        assert!(lost.is_empty(), "{label}: never shown: {}", String::from_utf8_lossy(lost));
        return done;
    }
}

#[test]
fn examples_survive_kill_9() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let kills = number("PSCHEME_EXAMPLE_KILLS").unwrap_or(KILLS_DEFAULT);
    let seed = number("PSCHEME_SEED").unwrap_or_else(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        since.as_nanos() as u64 % 1_000_000_000
    });
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let (mut random, mut total) = (Random(seed), 0);
    for stem in names().iter().filter(|stem| !WAIT_FOR_HOURS.contains(&stem.as_str())) {
        let path = root().join("scm-examples").join(stem).with_extension("scm");
        let text = std::fs::read_to_string(path).unwrap();
        let begin = Instant::now();
        let label = format!("{stem}, seed {seed}");
        let length = undisturbed(stem, &text);
        let mut done = 0;
        for _ in 0..ROUNDS_MAX {
            if done < kills {
                done += torment(&text, length, kills - done, &mut random, &label);
            }
        }
        println!("{stem}: {done} kills, {:.1} s", begin.elapsed().as_secs_f64());
        total += done;
    }
    assert!(total > 0 || kills == 0, "the programs end before they can be killed");
}
