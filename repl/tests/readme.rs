//! The README's commands do what it says: each `console` block is run line by line, and what it shows is
//! compared with what comes out. A line `…` stands for any lines.

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");
/// Fewer blocks or commands than this would mean that the README is read wrongly.
const COMMANDS_MIN: usize = 8;

/// A command and the lines the README shows for it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

fn shown() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for block in README.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").expect("a block ends");
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => all.push(Shown { command: command.into(), lines: Vec::new() }),
                None => all.last_mut().expect("a command comes first").lines.push(line.into()),
            }
        }
    }
    all
}

/// Whether the lines are those that are expected, `…` being any.
fn fits(expected: &[String], found: &[&str]) -> bool {
    match (expected.split_first(), found.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((first, rest)), _) if first == "…" => {
            (0..=found.len()).any(|skipped| fits(rest, &found[skipped..]))
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((line, others))) => first == line && fits(rest, others),
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn the_commands_of_the_readme_show_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    copy_folder(&checkout.join("scm-examples"), &folder.path().join("scm-examples"));
    let programs = Path::new(env!("CARGO_BIN_EXE_pscheme")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let all = shown();
    assert!(all.len() >= COMMANDS_MIN, "{} commands", all.len());
    for Shown { command, lines } in all {
        let output = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}\n{text}");
        let found: Vec<&str> = text.lines().collect();
        assert!(fits(&lines, &found), "{command}\nexpected\n{}\nfound\n{text}", lines.join("\n"));
    }
}

#[test]
fn the_demonstration_and_the_examples_of_the_readme_exist() {
    assert!(README.contains("cargo run --release -- demo"));
    let output = Command::new(env!("CARGO_BIN_EXE_pscheme")).arg("demo").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for entry in std::fs::read_dir(checkout.join("scm-examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".scm") || README.contains(&name), "the README names {name}");
    }
    let links = README.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    for (link, _) in links {
        assert!(checkout.join(link).exists(), "{link} exists");
    }
}
