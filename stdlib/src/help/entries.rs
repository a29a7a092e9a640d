//! The entries, as the files of this folder have them.
//!
//! A file is a sequence of
//!
//! ```text
//! (section "R7RS 6.4")
//! (name "(name argument …)" "Sentences." program => value program shows "text" …)
//! ```
//!
//! where a section is that of all entries up to the next one. Strings that begin as a call of the name
//! are signatures, the others sentences. A program is one form or more; behind it stands how it ends:
//! `=>` and what `write` shows of the value, `shows` and a string with the output, `fails` and a
//! string with the code of the error and its message, or `exits` and the status.

use std::collections::HashMap;
use std::sync::OnceLock;

use pscheme_compiler::datum::{Datum, DatumId};
use pscheme_compiler::reader::{ReadAll, read_all};

/// The names and texts of the files.
macro_rules! files {
    ($($name:literal)*) => { &[$(($name, include_str!($name))),*] };
}

const FILES: &[(&str, &str)] = files! {
    "4.1-primitive-expressions.scm"
    "4.2-derived-expressions.scm"
    "4.3-macros.scm"
    "5-program-structure.scm"
    "6.01-equivalence.scm"
    "6.02-numbers.scm"
    "6.03-booleans.scm"
    "6.04-pairs-and-lists.scm"
    "6.05-symbols.scm"
    "6.06-characters.scm"
    "6.07-strings.scm"
    "6.08-vectors.scm"
    "6.09-bytevectors.scm"
    "6.10-control.scm"
    "6.11-exceptions.scm"
    "6.12-environments.scm"
    "6.13-input-and-output.scm"
    "6.14-system-interface.scm"
    "hash-tables.scm"
    "lists.scm"
    "numbers.scm"
    "others.scm"
    "processes.scm"
    "prompts.scm"
    "sorting.scm"
    "strings.scm"
    "transformers.scm"
    "vectors.scm"
};

/// What a file says of a name.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub section: &'static str,
    /// How calls are written, besides what the row of a primitive or the table of keywords says.
    pub signatures: Vec<String>,
    pub sentences: Vec<String>,
    pub examples: Vec<Example>,
}

/// A program and how it ends.
#[derive(Clone, Debug)]
pub struct Example {
    pub program: String,
    pub ending: Ending,
}

/// How an example ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this value, as `write` shows it.
    Value(String),
    /// Having shown this.
    Shown(String),
    /// With this error.
    Failure { code: String, message: String },
    /// With a call of `exit` that ends the program with this status.
    Exit(i64),
}

/// All entries, in the order of the files.
pub fn entries() -> &'static [Entry] {
    &table().entries
}

/// The entry of a name.
pub(super) fn entry(name: &str) -> Option<&'static Entry> {
    let table = table();
    table.by_name.get(name).map(|&index| &table.entries[index])
}

struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let entries: Vec<Entry> = FILES.iter().flat_map(|(name, text)| read(name, text)).collect();
        let mut by_name = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            assert!(by_name.insert(entry.name, index).is_none(), "{} stands twice", entry.name);
        }
        Table { entries, by_name }
    })
}

/// A file that was read.
struct File {
    name: &'static str,
    text: &'static str,
    read: ReadAll,
}

fn read(name: &'static str, text: &'static str) -> Vec<Entry> {
    let read = read_all(text);
    if let Some(found) = read.diagnostics.first() {
        panic!("{}", found.render(name, text));
    }
    let file = File { name, text, read };
    let (mut entries, mut section) = (Vec::new(), "");
    for &form in &file.read.forms {
        let parts = file.read.arena.proper_list(form).unwrap_or_default();
        assert!(parts.len() > 1, "{name}: {} is no entry", file.source(form, form));
        if file.source(parts[0], parts[0]) == "section" {
            section = file.source(parts[1], parts[1]).trim_matches('"');
        } else {
            entries.push(file.entry(section, &parts));
        }
    }
    entries
}

impl File {
    fn entry(&self, section: &'static str, parts: &[DatumId]) -> Entry {
        let name = self.source(parts[0], parts[0]);
        let mut entry = Entry {
            name,
            section,
            signatures: Vec::new(),
            sentences: Vec::new(),
            examples: Vec::new(),
        };
        let call = format!("({name}");
        let mut rest = &parts[1..];
        while let Some(text) = rest.first().and_then(|&first| self.string(first)) {
            let behind = text.strip_prefix(&call);
            let is_call = behind.is_some_and(|behind| behind.starts_with([' ', ')']));
            let texts = if is_call { &mut entry.signatures } else { &mut entry.sentences };
            texts.push(text);
            rest = &rest[1..];
        }
        while !rest.is_empty() {
            let mark = rest.iter().position(|&part| self.is_mark(part));
            let mark = mark.filter(|&mark| mark > 0 && mark + 1 < rest.len());
            let mark = mark.unwrap_or_else(|| panic!("{}: {name}: how does it end?", self.name));
            entry.examples.push(Example {
                program: self.program(rest[0], rest[mark - 1]),
                ending: self.ending(rest[mark], rest[mark + 1]),
            });
            rest = &rest[mark + 2..];
        }
        entry
    }

    /// The text from one datum to another.
    fn source(&self, first: DatumId, last: DatumId) -> &'static str {
        let span = |id| self.read.arena.span(id);
        &self.text[span(first).start as usize..span(last).end as usize]
    }

    fn string(&self, id: DatumId) -> Option<String> {
        match self.read.arena.get(id) {
            Datum::String(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn is_mark(&self, id: DatumId) -> bool {
        matches!(self.source(id, id), "=>" | "shows" | "fails" | "exits")
    }

    fn ending(&self, mark: DatumId, id: DatumId) -> Ending {
        let source = self.source(id, id);
        let text = || self.string(id).unwrap_or_else(|| panic!("{}: {source}?", self.name));
        match self.source(mark, mark) {
            "=>" => Ending::Value(source.to_string()),
            "shows" => Ending::Shown(text()),
            "exits" => Ending::Exit(source.parse().expect("a status")),
            _ => {
                let text = text();
                let (code, message) = text.split_once(' ').expect("a code and a message");
                Ending::Failure { code: code.to_string(), message: message.to_string() }
            }
        }
    }

    /// The text of a program, its lines indented as if it began at the margin.
    fn program(&self, first: DatumId, last: DatumId) -> String {
        let start = self.read.arena.span(first).start as usize;
        let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let margin = self.text[line..start].chars().count();
        let mut program = String::new();
        for (index, line) in self.source(first, last).lines().enumerate() {
            if index > 0 {
                program.push('\n');
            }
            let indent = line.chars().take_while(|&c| c == ' ').count();
            program.push_str(if index == 0 { line } else { &line[indent.min(margin)..] });
        }
        program
    }
}
