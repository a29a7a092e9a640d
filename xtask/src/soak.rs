//! Long campaigns: the suites that CI runs in short, with more of everything.

use std::path::Path;
use std::process::Command;

/// Seconds of busy mutation under which an image's files must stay bounded.
const BUSY_SECONDS: u32 = 600;

/// Runs the kill suite with `kills` kills; what it prints is the summary to keep.
pub fn kills(root: &Path, kills: u32) -> Result<(), String> {
    suite(root, "pscheme-cli", "kill", ("PSCHEME_KILLS", kills))
}

/// Runs the programs of the bound on an image's files for ten minutes.
pub fn files(root: &Path) -> Result<(), String> {
    suite(root, "pscheme", "bounded_file", ("PSCHEME_SOAK_SECONDS", BUSY_SECONDS))
}

fn suite(root: &Path, package: &str, name: &str, setting: (&str, u32)) -> Result<(), String> {
    let status = Command::new("cargo")
        .current_dir(root)
        .env(setting.0, setting.1.to_string())
        .args(["test", "--release", "-p", package, "--test", name, "--", "--nocapture"])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the campaign '{name}' failed: {status}")) }
}
