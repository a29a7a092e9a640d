//! Long campaigns: the suites that CI runs in short, with more of everything.

use std::path::Path;
use std::process::Command;

/// Seconds of busy mutation under which an image's files must stay bounded.
const BUSY_SECONDS: u32 = 600;

/// Seconds of each fuzzing campaign unless given.
pub const FUZZ_SECONDS_DEFAULT: u32 = 300;
/// Kills of the kill suite's programs unless given.
pub const KILLS_DEFAULT: u32 = 10_000;
/// Different disks that the crash suite opens unless given.
pub const CRASH_STATES_DEFAULT: u32 = 1_000_000;
/// Histories of the simulation unless given.
pub const HISTORIES_DEFAULT: u32 = 20_000;
/// Kills of each program of `scm-examples`.
const EXAMPLE_KILLS: u32 = 40;

/// Runs the kill suite with `kills` kills; what it prints is the summary to keep.
pub fn kills(root: &Path, kills: u32) -> Result<(), String> {
    suite(root, "pscheme-cli", "kill", ("PSCHEME_KILLS", kills))
}

/// Runs the programs of the bound on an image's files for ten minutes.
pub fn files(root: &Path) -> Result<(), String> {
    suite(root, "pscheme", "bounded_file", ("PSCHEME_SOAK_SECONDS", BUSY_SECONDS))
}

/// Kills the programs of `scm-examples` more often than CI does.
pub fn examples(root: &Path) -> Result<(), String> {
    suite(root, "pscheme-cli", "examples", ("PSCHEME_EXAMPLE_KILLS", EXAMPLE_KILLS))
}

/// Cuts the power until so many different disks were opened, and lets every call fail in every way.
pub fn crash(root: &Path, states: u32) -> Result<(), String> {
    suite(root, "pscheme", "crash", ("PSCHEME_CRASH_STATES", states))
}

/// Lives through so many random histories.
pub fn simulation(root: &Path, histories: u32) -> Result<(), String> {
    suite(root, "pscheme", "simulation", ("PSCHEME_HISTORIES", histories))
}

/// Runs each fuzzing campaign for so many seconds, optimised but with assertions and checks of overflow
/// on; what they print is the summary to keep.
pub fn fuzz(root: &Path, seconds: u32) -> Result<(), String> {
    let mut command = command(root, "pscheme", "fuzz", ("PSCHEME_FUZZ_SECONDS", seconds));
    for setting in ["DEBUG_ASSERTIONS", "OVERFLOW_CHECKS"] {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), "true");
    }
    finish(command, "fuzz")
}

/// Suspends each case of `tests/spec` at each unit of work.
pub fn spec(root: &Path) -> Result<(), String> {
    suite(root, "pscheme", "spec", ("PSCHEME_SPEC_EVERYWHERE", 1))
}

/// Reads and writes a datum of 100 MB.
pub fn datum(root: &Path) -> Result<(), String> {
    suite(root, "pscheme", "large", ("PSCHEME_DATUM_MB", 100))
}

fn suite(root: &Path, package: &str, name: &str, setting: (&str, u32)) -> Result<(), String> {
    finish(command(root, package, name, setting), name)
}

fn command(root: &Path, package: &str, name: &str, setting: (&str, u32)) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).env(setting.0, setting.1.to_string()).args([
        "test",
        "--release",
        "-p",
        package,
        "--test",
        name,
        "--",
        "--nocapture",
    ]);
    command
}

fn finish(mut command: Command, name: &str) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the campaign '{name}' failed: {status}")) }
}
