//! The length of functions.
//!
//! Works on the text as rustfmt leaves it: a function ends at the first line of its own indentation
//! that begins with a closing brace. Unlike a parser this sees functions inside macros too. Lines
//! inside a raw string that look like that end a function early, never late.

/// Lines of a function at most, from the one with `fn` to the closing brace: what fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// Adds a finding for every function that is too long.
pub fn check(name: &str, text: &str, findings: &mut Vec<String>) {
    for function in functions(text) {
        if function.length > FUNCTION_LINES_MAX {
            let Function { name: called, line, length } = function;
            findings.push(format!(
                "{name}:{line}: {called} has {length} lines, at most {FUNCTION_LINES_MAX} are allowed"
            ));
        }
    }
}

/// A function with a body.
#[derive(Debug, PartialEq)]
struct Function<'text> {
    name: &'text str,
    /// Where it begins, counted from 1.
    line: usize,
    /// Its lines.
    length: usize,
}

fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indentation = &line[..line.len() - line.trim_start().len()];
        let last = if line.ends_with(['}', ';']) {
            Some(index)
        } else {
            (index + 1..lines.len()).find(|&later| ends_function(lines[later], indentation))
        };
        if let Some(last) = last {
            found.push(Function { name, line: index + 1, length: last - index + 1 });
        }
    }
    found
}

/// Whether a function that begins at this indentation ends with `line`: a body or, in a trait, a
/// declaration over several lines.
fn ends_function(line: &str, indentation: &str) -> bool {
    line.strip_prefix(indentation)
        .is_some_and(|rest| rest.starts_with('}') || (rest.starts_with(')') && rest.ends_with(';')))
}

/// The name of the function that a line of code begins.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("fn ") {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            return Some(&after[..end]).filter(|name| !name.is_empty());
        }
        let (word, after) = rest.split_once(' ')?;
        let qualifier = matches!(word, "pub" | "const" | "async" | "unsafe" | "extern")
            || word.starts_with("pub(")
            || word.starts_with('"')
            || word.ends_with(')');
        if !qualifier {
            return None;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_their_length() {
        let text = "\
pub(in crate::a) unsafe extern \"C\" fn first(
    a: u8,
) -> u8 {
    {
    }
}
impl X {
    fn second() {}
    const fn third(&self) -> bool {
        // fn not_this() {
        let f: fn (u8) = |_| {};
    }
}
macro_rules! m { ($name:ident) => {
    #[inline]
    async fn $name() {
    }
    fn fourth() {
        fn inner() {
        }
    }
} }
trait T {
    fn fifth(
        a: u8,
    );
    fn sixth();
}
";
        let found: Vec<(&str, usize, usize)> =
            functions(text).iter().map(|f| (f.name, f.line, f.length)).collect();
        let expected = [
            ("first", 1, 6),
            ("second", 8, 1),
            ("third", 9, 4),
            ("fourth", 18, 4),
            ("inner", 19, 2),
            ("fifth", 24, 3),
            ("sixth", 27, 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_function_of_more_lines_than_a_screen_is_reported() {
        let body = "    work();\n".repeat(FUNCTION_LINES_MAX - 2);
        let mut findings = Vec::new();
        check("a.rs", &format!("fn fits() {{\n{body}}}\n"), &mut findings);
        assert!(findings.is_empty());
        check("a.rs", &format!("fn grows() {{\n{body}    more();\n}}\n"), &mut findings);
        assert_eq!(findings, ["a.rs:1: grows has 71 lines, at most 70 are allowed"]);
    }
}
