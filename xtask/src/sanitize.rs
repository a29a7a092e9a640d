//! The heap's and the machine's tests under AddressSanitizer and valgrind.
//!
//! AddressSanitizer sees the `match` engine, because instrumented code has no tail calls; valgrind
//! runs the ordinary test programs with the engine they have.

use std::path::Path;
use std::process::{Command, Stdio};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Tests valgrind leaves out because they would take it many minutes: the store's, whose unsafe
/// code is one call, and the two of a million frames.
const VALGRIND_SKIPS: [&str; 2] = ["store", "deep"];

/// Runs both; each needs what a plain test does not, so they are no part of the test command.
pub fn run(root: &Path) -> Result<(), String> {
    address_sanitizer(root)?;
    install_valgrind()?;
    valgrind(root)
}

/// The tests both run.
fn tests(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["test", "-p", "pscheme-heap", "-p", "pscheme-vm"]).args([
        "--lib",
        "--test",
        "graphs",
        "--test",
        "hand_assembled",
    ]);
    command
}

/// AddressSanitizer is a flag of the nightly compiler; the stable one takes it when told so.
///
/// Globals are not watched for double definitions: two static arrays of one name in SQLite's one C
/// file count as such where its compiler and this runtime are not of one make.
fn address_sanitizer(root: &Path) -> Result<(), String> {
    step(
        tests(root)
            // A target of its own keeps the flags away from build scripts.
            .args(["--target", TARGET])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("ASAN_OPTIONS", "detect_leaks=0:detect_odr_violation=0")
            .env("CARGO_TARGET_DIR", root.join("target/sanitize")),
        "AddressSanitizer",
    )
}

/// valgrind runs the ordinary test programs; cargo starts each through it.
fn valgrind(root: &Path) -> Result<(), String> {
    let mut command = tests(root);
    command
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", "valgrind --error-exitcode=9 --quiet")
        .env("PROPTEST_CASES", "4")
        .args(["--", "--test-threads=1"]);
    for skipped in VALGRIND_SKIPS {
        command.args(["--skip", skipped]);
    }
    step(&mut command, "valgrind")
}

/// Installs valgrind by the system's packages where it is missing and this user may.
fn install_valgrind() -> Result<(), String> {
    if runs("valgrind", &["--version"]) {
        return Ok(());
    }
    let root_user =
        Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root_user || !runs("apt-get", &["--version"]) {
        return Err(
            "valgrind is missing; install it (it needs the system's package manager)".into()
        );
    }
    step(Command::new("apt-get").arg("update"), "apt-get update")?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "valgrind"]);
    step(&mut install, "apt-get install valgrind")
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn step(command: &mut Command, name: &str) -> Result<(), String> {
    println!("== {name}");
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed: {status}")) }
}
