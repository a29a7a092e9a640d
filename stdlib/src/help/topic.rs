//! One name with all there is to say of it, and its layout.

use pscheme_compiler::expand::{exporter, syntax_shapes};

use super::entries::{Ending, Entry, Example, entry};
use crate::primitive_rows;

/// Characters of a line at most; examples keep their lines.
const WIDTH: usize = 80;

/// What a name means.
#[derive(Clone, Debug)]
pub struct Topic {
    pub name: &'static str,
    /// How a call or a form is written, each way for itself.
    pub signatures: Vec<String>,
    /// Sentences.
    pub text: String,
    /// Where it is laid down: `R7RS 6.4`, `SRFI 1`, `pscheme`.
    pub section: &'static str,
    /// The library to import it from; `None` if only programs without an import see it.
    pub library: Option<&'static str>,
    pub examples: &'static [Example],
}

impl Topic {
    /// What the library says of a name.
    pub fn of(name: &str) -> Option<Topic> {
        entry(name).map(Topic::new)
    }

    pub fn new(entry: &'static Entry) -> Topic {
        let mut signatures = syntax_shapes(entry.name);
        let mut text = String::new();
        if let Some(row) = primitive_rows().find(|row| row.name == entry.name) {
            let doc: Vec<&str> = row.doc.split_whitespace().collect();
            add_row(entry.name, &doc.join(" "), &mut signatures, &mut text);
        }
        signatures.extend(entry.signatures.iter().cloned());
        for sentence in &entry.sentences {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(sentence);
        }
        let (name, section) = (entry.name, entry.section);
        Topic {
            name,
            signatures,
            text,
            section,
            library: exporter(name),
            examples: &entry.examples,
        }
    }

    /// The text up to the end of its first sentence.
    pub fn first_sentence(&self) -> &str {
        let ends = [". ", "? "].map(|end| self.text.find(end));
        let end = ends.into_iter().flatten().min();
        end.map_or(&self.text, |end| &self.text[..=end])
    }

    /// Where the name comes from: its section and the library to import.
    pub fn origin(&self) -> String {
        match self.library {
            Some(library) => format!("{}, library {library}", self.section),
            // `import` itself, and what stands in front of it.
            None if !syntax_shapes(self.name).is_empty() => {
                format!("{}, always there", self.section)
            }
            None => format!("{}, seen without an import", self.section),
        }
    }

    /// All of it, as lines for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for signature in &self.signatures {
            text.push_str(&format!("{signature}\n"));
        }
        fill(&self.text, &mut text);
        text.push_str(&format!("  {}\n\n", self.origin()));
        for example in self.examples {
            text.push_str(&format!("  {}\n", example.text().replace('\n', "\n  ")));
        }
        text
    }
}

impl Example {
    /// The program and, as a comment behind it, how it ends.
    pub fn text(&self) -> String {
        let ending = match &self.ending {
            Ending::Value(value) => format!("=> {value}"),
            Ending::Shown(shown) => format!("shows {shown:?}"),
            Ending::Failure { code, message } => format!("error[{code}]: {message}"),
            Ending::Exit(status) => format!("ends with status {status}"),
        };
        let last = self.program.lines().last().unwrap_or_default().chars().count();
        let long = last + ending.chars().count() + "    ; ".len() > WIDTH;
        format!("{}{}; {ending}", self.program, if long { "\n" } else { "  " })
    }
}

/// Adds what the documentation of a primitive's row says. It begins with the call in back quotes; what
/// it says of another call stands behind that one, so then the text has both.
fn add_row(name: &str, doc: &str, signatures: &mut Vec<String>, text: &mut String) {
    let quoted = doc.split('`').skip(1).step_by(2);
    let is_call = |piece: &&str| {
        let rest = piece.strip_prefix('(').and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with([' ', ')']))
    };
    signatures.extend(quoted.filter(is_call).map(str::to_string));
    let sentence = doc.split_once("`: ").filter(|(call, _)| !call[1..].contains('`'));
    let sentence = sentence.map_or(doc, |(_, sentence)| sentence);
    let first = sentence.chars().next().map(char::len_utf8).unwrap_or(0);
    text.push_str(&sentence[..first].to_uppercase());
    text.push_str(&sentence[first..]);
}

/// Appends sentences in lines of a width, each indented.
fn fill(sentences: &str, text: &mut String) {
    let mut line = String::from(" ");
    for word in sentences.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_give_calls_and_sentences() {
        let of = |name, doc| {
            let (mut signatures, mut text) = (Vec::new(), String::new());
            add_row(name, doc, &mut signatures, &mut text);
            (signatures.join(" | "), text)
        };
        assert_eq!(
            of("car", "`(car pair)`: the first part."),
            ("(car pair)".into(), "The first part.".into())
        );
        let doc = "`(- z)` negates; `(- z y)` takes `y` away.";
        assert_eq!(of("-", doc), ("(- z) | (- z y)".into(), doc.into()));
    }

    #[test]
    fn lines_are_filled() {
        let mut text = String::new();
        fill(&"four ".repeat(40), &mut text);
        assert!(text.lines().all(|line| line.starts_with("  four") && line.len() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 40);
        assert_eq!(text.lines().count(), 3);
    }
}
