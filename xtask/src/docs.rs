//! Reference pages made from the tables in the code.

use std::fmt::Write;
use std::path::Path;

use pscheme::Limits;
use pscheme::compiler::limits::COMPILER_LIMITS;
use pscheme::heap::error_code::ERROR_CODES;
use pscheme::heap::kind::{Allowed, FieldClass, Kind};
use pscheme::heap::root_table::ROOT_ROWS;
use pscheme::stdlib::limits::LIBRARY_LIMITS;
use pscheme::vm::inline::INLINE_ROWS;
use pscheme::vm::limits::VM_LIMITS;
use pscheme::vm::op::{OperandKind, op_rows};
use pscheme::vm::primitive::Work;

const NOTICE: &str = "<!-- Made by `cargo xtask docs` from the tables in the code. -->\n\n";

/// File name and content of every generated page.
fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("opcodes.md", opcodes()),
        ("kinds.md", kinds()),
        ("errors.md", errors()),
        ("primitives.md", primitives()),
        ("limits.md", limits()),
        ("r7rs.md", crate::r7rs::page(NOTICE)),
        ("library.md", crate::library::page(NOTICE)),
    ]
}

/// Writes the pages.
pub fn write(root: &Path) -> Result<(), String> {
    let folder = root.join("docs/generated");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, text) in pages() {
        std::fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// Compares the pages with the tables.
pub fn check(root: &Path) -> Result<(), String> {
    let folder = root.join("docs/generated");
    let stale: Vec<&str> = pages()
        .into_iter()
        .filter(|(name, text)| {
            std::fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text)
        })
        .map(|(name, _)| name)
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("docs/generated is stale ({}); run cargo xtask docs", stale.join(", ")))
}

/// A documentation comment as one line of a table.
fn line(doc: &str) -> String {
    let words: Vec<&str> = doc.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

fn opcodes() -> String {
    let mut text = format!("{NOTICE}# Opcodes\n\n");
    text.push_str(
        "An instruction is a 64-bit word: `op:8 aux:8 a:16 b:16 c:16`, or b and c as one ",
    );
    text.push_str("32-bit immediate. rN is a word of the frame.\n\n");
    text.push_str(
        "Where no operand stands in `aux`, errors name what it says: the call that was written. 0 is \
         the procedure\nof the instruction, another value a code of the table below.\n\n",
    );
    text.push_str("| code | instruction | operands | goes on | meaning |\n|---|---|---|---|---|\n");
    for row in op_rows() {
        let operands: Vec<String> = row
            .operands
            .iter()
            .map(|(name, place, kind)| {
                let register = matches!(kind, OperandKind::Source | OperandKind::Target);
                let kind = if register { String::new() } else { format!(" {kind:?}") };
                format!("{name}:{place:?}{kind}")
            })
            .collect();
        let _ = writeln!(
            text,
            "| {:#04x} | `{}` | {} | {:?} | {} |",
            row.op as u8,
            row.name(),
            operands.join(", "),
            row.control,
            line(row.doc)
        );
    }
    text.push_str("\n## Calls that become instructions\n\n");
    text.push_str(
        "A call with more than two arguments becomes several instructions, each with two neighbouring \
         ones; the\ncode is the first one plus twice the place of the pair, plus one if the operands \
         stand in the other order.\n\n",
    );
    text.push_str("| codes | procedure | arguments | meaning |\n|---|---|---|---|\n");
    for row in INLINE_ROWS {
        let last = row.code + (row.codes() - 1);
        let codes = if last == row.code {
            format!("{last:#04x}")
        } else {
            format!("{:#04x} to {last:#04x}", row.code)
        };
        let arguments = if row.minimum == row.maximum {
            row.minimum.to_string()
        } else {
            format!("{} to {}", row.minimum, row.maximum)
        };
        let meaning = line(row.doc);
        let _ = writeln!(text, "| {codes} | `{}` | {arguments} | {meaning} |", row.name);
    }
    text
}

fn kinds() -> String {
    let mut text = format!("{NOTICE}# Object kinds\n\n");
    text.push_str("Header word: `kind:8 aux:8 flags:16 body words:32`. Pairs have none.\n\n");
    text.push_str("| code | kind | body | tail | meaning |\n|---|---|---|---|---|\n");
    for &kind in Kind::ALL {
        let row = kind.row();
        let fields: Vec<String> = row
            .fields
            .iter()
            .map(|field| match field.class {
                FieldClass::Raw => format!("{} (raw)", field.name),
                FieldClass::Value(Allowed::Any) => field.name.to_string(),
                FieldClass::Value(allowed) => format!("{} ({allowed:?})", field.name),
            })
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:?} | {} |",
            kind as u8,
            row.name,
            fields.join(", "),
            row.tail,
            line(row.doc)
        );
    }
    text.push_str("\n# Root table\n\n| word | root | meaning |\n|---|---|---|\n");
    for (index, name, doc) in ROOT_ROWS {
        let _ = writeln!(text, "| {index} | {name} | {} |", line(doc));
    }
    text
}

fn errors() -> String {
    let mut text = format!("{NOTICE}# Error codes\n\n");
    for code in ERROR_CODES {
        let _ = writeln!(text, "## {code}: {}\n\n{}\n", code.summary(), line(code.explanation()));
    }
    text
}

fn limits() -> String {
    let mut text = format!("{NOTICE}# Limits\n\n");
    text.push_str(
        "What a program may take, if whoever opens the image sets nothing else: `--limit NAME=NUMBER` \
         (and `--heap-limit`) on the command line, `OpenOptions::limits` in Rust. A process that meets \
         the limit of heap or stack is kept whole.\n\n\
         | name | default | of | at the limit | meaning |\n|---|---|---|---|---|\n",
    );
    for row in Limits::ROWS {
        let (name, unit, doc) = (row.name, row.unit, line(row.doc));
        let default = count(row.default);
        let _ = writeln!(text, "| {name} | {default} | {unit} | {} | {doc} |", row.code);
    }
    text.push_str("\nThe same for everybody:\n\n| name | at most | of what |\n|---|---|---|\n");
    for row in VM_LIMITS.iter().chain(LIBRARY_LIMITS).chain(COMPILER_LIMITS) {
        let _ = writeln!(text, "| `{}` | {} | {} |", row.name, count(row.value), line(row.doc));
    }
    text
}

/// A number with commas between thousands.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn primitives() -> String {
    let mut text = format!("{NOTICE}# Primitives\n\n");
    text.push_str(
        "Work: `constant` takes no longer for larger arguments; `chunk` is bounded by a limit of the \
         library, below about a millisecond; `size` goes through its arguments and charges for them; \
         `waits` gives up the process's turn. What may take longer says up to which bound.\n\n",
    );
    text.push_str("| code | name | arguments | work | meaning |\n|---|---|---|---|---|\n");
    for row in pscheme::session::primitive_set().rows() {
        let arguments = match row.maximum {
            Some(most) if most == row.minimum => most.to_string(),
            Some(most) => format!("{} to {most}", row.minimum),
            None => format!("at least {}", row.minimum),
        };
        let work = match row.work {
            Work::Constant => "constant",
            Work::Chunk => "chunk",
            Work::Size => "size",
            Work::Waits => "waits",
            Work::Listed(bound) => bound,
        };
        let name = row.name.replace('|', "\\|");
        let _ = writeln!(
            text,
            "| {} | `{name}` | {arguments} | {work} | {} |",
            row.code,
            line(row.doc)
        );
    }
    text
}
