//! The tests that `docs/guarantees.md` names exist.

use std::collections::HashMap;
use std::path::Path;

const FILE: &str = "docs/guarantees.md";

/// Lists promises without a test, and tests that are not there.
pub fn check(root: &Path, findings: &mut Vec<String>) -> Result<(), String> {
    let text =
        std::fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    let mut sources: HashMap<String, String> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let Some((promise, tests)) = promise_of(line) else { continue };
        let mut place = |what: String| findings.push(format!("{FILE}:{}: {what}", number + 1));
        let named = names(tests);
        if named.is_empty() {
            place(format!("no test for: {promise}"));
        }
        for (file, name) in named {
            let source = sources
                .entry(file.to_string())
                .or_insert_with(|| std::fs::read_to_string(root.join(file)).unwrap_or_default());
            if !is_test(source, name) {
                place(format!("{file} has no test {name}"));
            }
        }
    }
    Ok(())
}

/// The two columns of a row that is no heading.
fn promise_of(line: &str) -> Option<(&str, &str)> {
    let (promise, tests) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
    (promise != "promise").then_some((promise, tests))
}

/// Pairs of file and test: `file` `name`, …
fn names(tests: &str) -> Vec<(&str, &str)> {
    let quoted: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
    quoted.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Whether a source has a test of this name, which is run.
fn is_test(source: &str, name: &str) -> bool {
    let Some(at) = source.find(&format!("fn {name}()")) else { return false };
    let before = source[..at].trim_end();
    before.ends_with("#[test]")
}

#[cfg(test)]
mod tests {
    use super::{is_test, names, promise_of};

    #[test]
    fn rows_name_tests_that_are_run() {
        let row = "| It holds. | `tests/a.rs` `it_holds`, `tests/b.rs` `it_also_holds` |";
        let (promise, tests) = promise_of(row).unwrap();
        assert_eq!(promise, "It holds.");
        assert_eq!(names(tests), [("tests/a.rs", "it_holds"), ("tests/b.rs", "it_also_holds")]);
        assert!(promise_of("| promise | tests |").is_none() && promise_of("|---|---|").is_none());
        let source =
            "#[test]\nfn it_holds() {}\n#[test]\n#[ignore]\nfn ignored() {}\nfn helper() {}\n";
        assert!(is_test(source, "it_holds"));
        assert!(!is_test(source, "ignored") && !is_test(source, "helper"));
        assert!(!is_test(source, "it_hold"));
    }
}
