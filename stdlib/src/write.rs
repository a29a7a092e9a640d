//! The external representation of everything that has no parts of its own to print. Pairs and
//! vectors are the business of the printer in the prelude; here they appear only cut short, in the
//! message of an error.

use std::fmt::Write;

use pscheme_compiler::datum_write::CHARACTER_NAMES;
use pscheme_compiler::reader::is_plain_symbol;
use pscheme_compiler::unicode::is_whitespace;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::call::code_name;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{Number, limbs};
use pscheme_vm::print::record_type_name;

use crate::limits::ERROR_MESSAGE_CHARACTERS_MAX;
use crate::text::StringView;

/// Levels of nesting that a message shows.
const MESSAGE_DEPTH_MAX: usize = 20;
/// Levels of nesting that a record shows of itself: records may contain each other in circles.
const RECORD_DEPTH_MAX: usize = 4;
/// Limbs of a number that a message shows in digits at most.
const MESSAGE_LIMBS_MAX: usize = 64;

/// The text of a value without parts; `quoted` is how `write` shows it, else `display`.
pub fn atom_text(vm: &Vm, word: Word, quoted: bool) -> String {
    if let Some(number) = Number::decode(&vm.heap, word) {
        return number.text(10);
    }
    match word {
        Word::FALSE => return "#f".into(),
        Word::TRUE => return "#t".into(),
        Word::NULL => return "()".into(),
        _ => {}
    }
    if word.is_character() {
        let character = word.as_character();
        return if quoted { character_text(character) } else { character.into() };
    }
    let Some(kind) = vm.heap.kind_of(word) else { return format!("{word:?}") };
    match kind {
        Kind::Symbol => symbol_text(&vm.heap.symbol_name(word), quoted),
        Kind::String if quoted => quoted_text(&vm.heap.string_text(word), '"'),
        Kind::String => vm.heap.string_text(word),
        Kind::Bytevector => bytevector_text(vm.heap.bytes(word)),
        Kind::Closure => {
            format!("#<procedure {}>", code_name(vm, vm.heap.field(word, body::Closure::CODE)))
        }
        Kind::Primitive => {
            let row = vm.primitive(vm.heap.raw(word, body::Primitive::CODE) as usize);
            format!("#<procedure {}>", row.map_or("unknown", |row| row.name))
        }
        Kind::Process => {
            format!("#<process {}>", vm.heap.field(word, body::Process::ID).as_fixnum())
        }
        Kind::HashTable => "#<hash-table>".into(),
        Kind::RecordType => format!("#<record-type {}>", record_type_name(&vm.heap, word)),
        Kind::Record => cut_text(vm, word, quoted, RECORD_DEPTH_MAX),
        Kind::MultipleValues => "#<values>".into(),
        Kind::Condition => {
            let message = vm.heap.field(word, body::Condition::MESSAGE);
            match vm.heap.kind_of(message) {
                Some(Kind::String) => {
                    let start = vm.heap.string_start(message, ERROR_MESSAGE_CHARACTERS_MAX);
                    format!("#<condition {start}>")
                }
                _ => "#<condition>".into(),
            }
        }
        other => format!("#<{}>", other.row().name.to_lowercase()),
    }
}

/// The external representation of a symbol.
pub fn symbol_text(name: &str, quoted: bool) -> String {
    if !quoted || is_plain_symbol(name) { name.to_string() } else { quoted_text(name, '|') }
}

/// The external representation of a character.
pub fn character_text(character: char) -> String {
    if let Some((name, _)) = CHARACTER_NAMES.iter().find(|(_, known)| *known == character) {
        format!("#\\{name}")
    } else if character.is_control() || is_whitespace(character) {
        format!("#\\x{:x}", character as u32)
    } else {
        format!("#\\{character}")
    }
}

/// Text between quotes, with the escapes of R7RS 6.7.
pub fn quoted_text(text: &str, quote: char) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push(quote);
    escape(text.chars(), quote, &mut result);
    result.push(quote);
    result
}

/// Appends characters with what is special escaped.
pub fn escape(characters: impl Iterator<Item = char>, quote: char, result: &mut String) {
    for character in characters {
        match character {
            '\u{7}' => result.push_str("\\a"),
            '\u{8}' => result.push_str("\\b"),
            '\t' => result.push_str("\\t"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\\' => result.push_str("\\\\"),
            _ if character == quote => {
                result.push('\\');
                result.push(quote);
            }
            _ if character.is_control() => {
                let _ = write!(result, "\\x{:x};", character as u32);
            }
            _ => result.push(character),
        }
    }
}

fn bytevector_text(bytes: &[u8]) -> String {
    let mut text = String::from("#u8(");
    for (index, byte) in bytes.iter().enumerate() {
        let space = if index > 0 { " " } else { "" };
        let _ = write!(text, "{space}{byte}");
    }
    text.push(')');
    text
}

/// The code and message of a raised object, for people: of a condition its message, with the
/// irritants if a program made it.
pub fn raised_text(vm: &Vm, object: Word) -> (ErrorCode, String) {
    if vm.heap.kind_of(object) != Some(Kind::Condition) {
        let message = format!("the value {} was raised", message_text(vm, object, true));
        return (ErrorCode::UserError, message);
    }
    let number = vm.heap.field(object, body::Condition::CODE).as_fixnum();
    let code = u16::try_from(number).ok().and_then(ErrorCode::from_number);
    let code = code.unwrap_or(ErrorCode::UserError);
    let message = vm.heap.field(object, body::Condition::MESSAGE);
    let is_text = vm.heap.kind_of(message) == Some(Kind::String);
    let mut text = message_text(vm, message, !is_text);
    let mut irritants = vm.heap.field(object, body::Condition::IRRITANTS);
    while code == ErrorCode::UserError
        && irritants.is_pair()
        && text.len() < ERROR_MESSAGE_CHARACTERS_MAX
    {
        text.push(' ');
        text.push_str(&message_text(vm, vm.heap.car(irritants), true));
        irritants = vm.heap.cdr(irritants);
    }
    (code, text)
}

/// A whole value for a message, cut off where it gets too long or too deep.
pub fn message_text(vm: &Vm, word: Word, quoted: bool) -> String {
    cut_text(vm, word, quoted, MESSAGE_DEPTH_MAX)
}

fn cut_text(vm: &Vm, word: Word, quoted: bool, depth: usize) -> String {
    let mut text = String::new();
    append(vm, word, quoted, depth, &mut text);
    if text.chars().count() > ERROR_MESSAGE_CHARACTERS_MAX {
        text = text.chars().take(ERROR_MESSAGE_CHARACTERS_MAX).collect();
        text.push('…');
    }
    text
}

fn is_long(text: &str) -> bool {
    text.len() > ERROR_MESSAGE_CHARACTERS_MAX * 2
}

/// Recursion is bounded by `depth`, length by the check at each element.
fn append(vm: &Vm, word: Word, quoted: bool, depth: usize, text: &mut String) {
    let kind = vm.heap.kind_of(word);
    let vector = kind == Some(Kind::Vector);
    if kind == Some(Kind::Record) {
        return append_record(vm, word, quoted, depth, text);
    }
    if !word.is_pair() && !vector {
        return append_atom(vm, word, quoted, text);
    }
    if depth == 0 {
        return text.push('…');
    }
    text.push_str(if vector { "#(" } else { "(" });
    if vector {
        for index in 0..vm.heap.header(word).body_words() {
            if is_long(text) {
                break;
            }
            if index > 0 {
                text.push(' ');
            }
            append(vm, vm.heap.field(word, index), quoted, depth - 1, text);
        }
    } else {
        append_elements(vm, word, quoted, depth, text);
    }
    text.push(')');
}

/// `#<point x: 1 y: 2>`; a field whose name is no symbol is the library's own and not shown.
fn append_record(vm: &Vm, record: Word, quoted: bool, depth: usize, text: &mut String) {
    let record_type = vm.heap.field(record, body::Record::TYPE);
    text.push_str("#<");
    text.push_str(&record_type_name(&vm.heap, record_type));
    let names = vm.heap.field(record_type, body::RecordType::FIELD_NAMES);
    for index in 0..vm.heap.header(names).body_words() {
        let name = vm.heap.field(names, index);
        if vm.heap.kind_of(name) != Some(Kind::Symbol) {
            continue;
        }
        if depth == 0 || is_long(text) {
            text.push_str(" …");
            break;
        }
        let _ = write!(text, " {}: ", symbol_text(&vm.heap.symbol_name(name), true));
        append(vm, vm.heap.field(record, body::Record::FIELDS + index), quoted, depth - 1, text);
    }
    text.push('>');
}

fn append_elements(vm: &Vm, list: Word, quoted: bool, depth: usize, text: &mut String) {
    append(vm, vm.heap.car(list), quoted, depth - 1, text);
    let mut rest = vm.heap.cdr(list);
    while rest.is_pair() && !is_long(text) {
        text.push(' ');
        append(vm, vm.heap.car(rest), quoted, depth - 1, text);
        rest = vm.heap.cdr(rest);
    }
    if rest.is_pair() {
        text.push_str(" …");
    } else if rest != Word::NULL {
        text.push_str(" . ");
        append(vm, rest, quoted, depth - 1, text);
    }
}

/// An atom, of which long strings and bytevectors are read only as far as they are shown.
fn append_atom(vm: &Vm, word: Word, quoted: bool, text: &mut String) {
    match vm.heap.kind_of(word) {
        Some(Kind::String) => {
            let view = StringView::of(&vm.heap, word);
            let shown = view.length.min(ERROR_MESSAGE_CHARACTERS_MAX + 1);
            let part: String = view.characters(0, shown).collect();
            text.push_str(&if quoted { quoted_text(&part, '"') } else { part });
        }
        Some(Kind::Bytevector) => {
            let bytes = vm.heap.bytes(word);
            let shown = bytes.len().min(ERROR_MESSAGE_CHARACTERS_MAX);
            text.push_str(&bytevector_text(&bytes[..shown]));
        }
        Some(Kind::Bignum) if limbs(&vm.heap, word) > MESSAGE_LIMBS_MAX => {
            text.push_str("#<big integer>");
        }
        Some(_) if limbs(&vm.heap, word) > MESSAGE_LIMBS_MAX => text.push_str("#<big number>"),
        _ => text.push_str(&atom_text(vm, word, quoted)),
    }
}
