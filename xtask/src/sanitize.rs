//! The heap's and the machine's tests under AddressSanitizer and valgrind.

use std::path::Path;
use std::process::Command;

/// Runs both; each needs what a plain test does not, so they are no part of the test command.
pub fn run(root: &Path) -> Result<(), String> {
    address_sanitizer(root)?;
    valgrind(root)
}

/// AddressSanitizer is a flag of the nightly compiler; the stable one takes it when told so.
fn address_sanitizer(root: &Path) -> Result<(), String> {
    let target = "x86_64-unknown-linux-gnu";
    step(
        Command::new("cargo")
            .current_dir(root)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("ASAN_OPTIONS", "detect_leaks=0")
            .env("PROPTEST_CASES", "32")
            .env("CARGO_TARGET_DIR", root.join("target/sanitize"))
            .args(["test", "--target", target, "-p", "pscheme-heap", "-p", "pscheme-vm"])
            .args(["--lib", "--test", "graphs", "--test", "hand_assembled"]),
        "AddressSanitizer",
    )
}

/// valgrind runs the ordinary test programs; they are built first so that it does not run cargo.
fn valgrind(root: &Path) -> Result<(), String> {
    let runner = "valgrind --error-exitcode=9 --quiet --undef-value-errors=yes";
    step(
        Command::new("cargo")
            .current_dir(root)
            .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner)
            .env("PROPTEST_CASES", "4")
            .args(["test", "-p", "pscheme-heap", "-p", "pscheme-vm"])
            .args(["--lib", "--test", "graphs", "--test", "hand_assembled"])
            .args(["--", "--test-threads=1", "--skip", "store", "--skip", "deep"]),
        "valgrind",
    )
}

fn step(command: &mut Command, name: &str) -> Result<(), String> {
    println!("== {name}");
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} found something: {status}")) }
}
