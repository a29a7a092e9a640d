//! Every program of `scm-examples` shows exactly what `tests/expected/NAME.txt` holds and writes exactly
//! the files `tests/expected/NAME.FILE`; so does every program of `tests/language` that has such a text.
//! `PSCHEME_BLESS=1` writes them anew. `tests/suspend.rs` runs the same programs suspended, and
//! `repl/tests/examples.rs` killed.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pscheme::Outcome;
use support::{Console, in_scratch_folder, programs, session_for};

/// Programs the project promises to have.
const PROGRAMS_MIN: usize = 10;
/// Lines of such a program.
const LINES_MIN: usize = 60;

/// What a program came to: files by name, and the console's text under `txt`.
type Outputs = BTreeMap<String, Vec<u8>>;

fn expected_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected")
}

fn run(name: &str, text: &str) -> Outputs {
    in_scratch_folder(|| {
        let console = Console::default();
        let mut session = session_for(name, text, &console);
        let outcome = session.run().unwrap();
        let shown = std::mem::take(&mut *console.lock().unwrap());
        let text = String::from_utf8_lossy(&shown);
        assert_eq!(outcome, Outcome::Ended(0), "{name}: {text}");
        let mut result = Outputs::new();
        for entry in std::fs::read_dir(".").unwrap() {
            let entry = entry.unwrap();
            let file = entry.file_name().into_string().unwrap();
            result.insert(file, std::fs::read(entry.path()).unwrap());
        }
        assert!(result.insert("txt".into(), shown).is_none(), "{name} writes a file named txt");
        result
    })
}

/// What is written down for a program, by the same names.
fn expected(stem: &str) -> Outputs {
    let mut found = Outputs::new();
    for entry in std::fs::read_dir(expected_folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if let Some(part) = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')) {
            found.insert(part.to_string(), std::fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn check(name: &str, text: &str) {
    let stem = name.strip_suffix(".scm").expect("a program's name");
    let result = run(name, text);
    if std::env::var_os("PSCHEME_BLESS").is_some() {
        for part in expected(stem).keys() {
            std::fs::remove_file(expected_folder().join(format!("{stem}.{part}"))).unwrap();
        }
        for (part, content) in &result {
            std::fs::write(expected_folder().join(format!("{stem}.{part}")), content).unwrap();
        }
    }
    let expected = expected(stem);
    assert!(expected.keys().eq(result.keys()), "{name} writes {:?}", result.keys());
    for (part, content) in &result {
        let shown = || String::from_utf8_lossy(content).into_owned();
        assert!(expected[part] == *content, "{name}, {part} is now:\n{}", shown());
    }
}

#[test]
fn examples_show_and_write_exactly_what_is_written_down() {
    let programs = programs("scm-examples");
    assert!(programs.len() >= PROGRAMS_MIN);
    for (name, text) in programs {
        assert!(text.lines().count() >= LINES_MIN, "{name} is of real use");
        check(&name, &text);
    }
}

#[test]
fn programs_of_the_language_show_exactly_what_is_written_down() {
    let programs = programs("tests/language");
    let written_down = |name: &str| expected_folder().join(name).with_extension("txt").exists();
    let mut checked = 0;
    for (name, text) in programs.iter().filter(|(name, _)| written_down(name)) {
        check(name, text);
        checked += 1;
    }
    assert!(checked > 0, "messages.scm is one of them");
}
