//! Cases from text files: programs and how they end.
//!
//! A case is Scheme text up to a line that holds `;=> text` (what `write` makes of the value) or
//! `;!> E0104 message` (how it fails). Blank lines and comments stand between cases.

use pscheme_heap::error_code::ErrorCode;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The value as `write` shows it.
    Value(String),
    /// The heap's limit stopped it.
    AtLimit,
    Failed {
        code: ErrorCode,
        message: String,
    },
    Exit(i64),
    /// It was not compiled, for these reasons.
    Refused(String),
}

/// One case of a file.
#[derive(Clone, Debug)]
pub struct Case {
    pub file: String,
    pub line: usize,
    pub text: String,
    pub expected: Expected,
}

#[derive(Clone, Debug)]
pub enum Expected {
    Value(String),
    Failure { code: String, message: String },
}

impl Case {
    /// What is to be said if the program ended in another way than the case expects.
    pub fn problem(&self, found: &Ending) -> Option<String> {
        let fits = match (&self.expected, found) {
            (Expected::Value(expected), Ending::Value(found)) => expected == found,
            (Expected::Failure { code, message }, Ending::Failed { code: c, message: m }) => {
                *code == c.to_string() && message == m
            }
            _ => false,
        };
        let (file, line, text) = (&self.file, self.line, self.text.trim());
        let expected = &self.expected;
        (!fits).then(|| {
            format!("{file}:{line}: {text}\n  expected {expected:?}\n  found    {found:?}\n")
        })
    }
}

/// The cases of a text.
pub fn cases(file: &str, text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut pending = String::new();
    for (index, line) in text.lines().enumerate() {
        let expected = if let Some((before, value)) = line.split_once(";=> ") {
            pending.push_str(before);
            Expected::Value(value.trim_end().to_string())
        } else if let Some((before, failure)) = line.split_once(";!> ") {
            pending.push_str(before);
            let (code, message) = failure.split_once(' ').expect("a code and a message");
            Expected::Failure { code: code.into(), message: message.trim_end().into() }
        } else {
            pending.push_str(line);
            pending.push('\n');
            continue;
        };
        let text = std::mem::take(&mut pending);
        cases.push(Case { file: file.to_string(), line: index + 1, text, expected });
    }
    assert!(pending.lines().all(|line| line.trim().is_empty() || line.starts_with(';')), "{file}");
    cases
}
