//! What the tests of the command share.

#![allow(dead_code, reason = "each suite uses a part of this")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Runs the command in `folder` to its end.
pub fn pscheme(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// Waits for an event, and fails when it does not come.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the command prints, which succeeds.
pub fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = pscheme(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", shown(&output.stderr));
    shown(&output.stdout)
}

/// The words of the error with which the command ends, and its status.
pub fn fails(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = pscheme(folder, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeds");
    (shown(&output.stderr), output.status.code())
}

/// The kept commits, newest first.
pub fn commits(folder: &Path, image: &str) -> Vec<Value> {
    let text = succeeds(folder, &["log", image, "--all", "--json"]);
    let log: Value = serde_json::from_str(&text).unwrap();
    log["commits"].as_array().unwrap().clone()
}

/// What is in a directory: names, and bytes of what must not change by being looked at.
pub fn content(image: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(image)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}
