//! Long campaigns: the suites that CI runs in short, with more of everything.

use std::path::Path;
use std::process::Command;

/// Runs the kill suite with `kills` kills; what it prints is the summary to keep.
pub fn run(root: &Path, kills: u32) -> Result<(), String> {
    let status = Command::new("cargo")
        .current_dir(root)
        .env("PSCHEME_KILLS", kills.to_string())
        .args(["test", "--release", "-p", "pscheme-cli", "--test", "kill", "--", "--nocapture"])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the kill campaign failed: {status}")) }
}
