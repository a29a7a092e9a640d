//! Data as text, in the form of R7RS `write`: what is printed reads back as an equal datum.

use crate::datum::{Datum, DatumArena, DatumId, Number};
use crate::reader::is_plain_symbol;
use crate::unicode;
use std::collections::HashSet;
use std::fmt::Write;

/// What is still to be printed.
enum Work {
    Datum(DatumId),
    /// The rest of a list whose opening parenthesis and first element are printed.
    Tail(DatumId),
    Text(&'static str),
}

/// The external representation of a datum (R7RS 6.13.3, `write`).
///
/// # Example
/// ```
/// let read = pscheme_compiler::reader::read_all("'(a . #(\"b\\n\" #\\space 1.50))");
/// let text = pscheme_compiler::datum_write::write_datum(&read.arena, read.forms[0]);
/// assert_eq!(text, "(quote (a . #(\"b\\n\" #\\space 1.5)))");
/// ```
pub fn write_datum(arena: &DatumArena, id: DatumId) -> String {
    let mut text = String::new();
    let mut work = vec![Work::Datum(id)];
    let mut labelled = HashSet::new();
    while let Some(item) = work.pop() {
        match item {
            Work::Text(piece) => text.push_str(piece),
            Work::Datum(id) => match label(arena, id) {
                Some(label) if !labelled.insert(label) => {
                    let _ = write!(text, "#{label}#");
                }
                label => {
                    if let Some(label) = label {
                        let _ = write!(text, "#{label}=");
                    }
                    write_one(arena, id, &mut text, &mut work);
                }
            },
            Work::Tail(id) => match arena.get(id) {
                Datum::Null => text.push(')'),
                Datum::Pair(head, tail) if label(arena, id).is_none() => {
                    text.push(' ');
                    work.push(Work::Tail(tail));
                    work.push(Work::Datum(head));
                }
                _ => {
                    text.push_str(" . ");
                    work.push(Work::Text(")"));
                    work.push(Work::Datum(id));
                }
            },
        }
    }
    text
}

fn write_one(arena: &DatumArena, id: DatumId, text: &mut String, work: &mut Vec<Work>) {
    match arena.get(id) {
        Datum::Null => text.push_str("()"),
        Datum::Boolean(value) => text.push_str(if value { "#t" } else { "#f" }),
        Datum::Character(value) => write_character(value, text),
        Datum::Fixnum(value) => {
            let _ = write!(text, "{value}");
        }
        Datum::Flonum(value) => text.push_str(&Number::Flonum(value).text(10)),
        Datum::Number(number) => text.push_str(&number.text(10)),
        Datum::String(value) => write_string(value, '"', text),
        Datum::Symbol(symbol) => {
            let name = arena.symbol_name(symbol);
            if is_plain_symbol(name) {
                text.push_str(name);
            } else {
                write_string(name, '|', text);
            }
        }
        Datum::Pair(head, tail) => {
            text.push('(');
            work.push(Work::Tail(tail));
            work.push(Work::Datum(head));
        }
        Datum::Vector(elements) => {
            text.push_str("#(");
            work.push(Work::Text(")"));
            for (index, element) in elements.iter().enumerate().rev() {
                work.push(Work::Datum(*element));
                if index > 0 {
                    work.push(Work::Text(" "));
                }
            }
        }
        Datum::Bytevector(bytes) => {
            text.push_str("#u8(");
            for (index, byte) in bytes.iter().enumerate() {
                let space = if index > 0 { " " } else { "" };
                let _ = write!(text, "{space}{byte}");
            }
            text.push(')');
        }
        Datum::Object(_) => text.push_str("#<object>"),
        Datum::Cycle(number) => {
            let _ = write!(text, "#{number}#");
        }
    }
}

/// The label of a datum that a cycle of the arena stands for.
fn label(arena: &DatumArena, id: DatumId) -> Option<usize> {
    arena.cycle_targets().iter().position(|target| *target == id)
}

/// Character names of R7RS 6.6.
pub const CHARACTER_NAMES: &[(&str, char)] = &[
    ("alarm", '\u{7}'),
    ("backspace", '\u{8}'),
    ("delete", '\u{7f}'),
    ("escape", '\u{1b}'),
    ("newline", '\n'),
    ("null", '\0'),
    ("return", '\r'),
    ("space", ' '),
    ("tab", '\t'),
];

fn write_character(value: char, text: &mut String) {
    text.push_str("#\\");
    if let Some((name, _)) = CHARACTER_NAMES.iter().find(|(_, character)| *character == value) {
        text.push_str(name);
    } else if value.is_control() || unicode::is_whitespace(value) {
        let _ = write!(text, "x{:x}", value as u32);
    } else {
        text.push(value);
    }
}

/// A string or symbol between `quote`s, with the escapes of R7RS 6.7.
fn write_string(value: &str, quote: char, text: &mut String) {
    text.push(quote);
    for character in value.chars() {
        match character {
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' => text.push_str("\\\\"),
            _ if character == quote => {
                text.push('\\');
                text.push(quote);
            }
            _ if character.is_control() => {
                let _ = write!(text, "\\x{:x};", character as u32);
            }
            _ => text.push(character),
        }
    }
    text.push(quote);
}
