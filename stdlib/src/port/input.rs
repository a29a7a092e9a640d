//! Reading: all input lies in a bytevector, as UTF-8 where it is text. That of the console is what has
//! come in so far, and `console.rs` gets more of it.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;

use super::effect::path_argument;
use super::{
    PORT_BYTES, console, new_port, number_field, open_port, set_number_field, state, state_of,
};
use crate::argument::{Call, Outcome, fault, name_text};
use crate::bytevector::new_bytevector;
use crate::limits::CHUNK_ELEMENTS_MAX;
use crate::text::new_string;

pub(super) fn open(vm: &mut Vm, arguments: Arguments) -> Outcome {
    Call::new(vm, "open-input-bytevector", arguments).bytevector(0)?;
    vm.reserve(PORT_BYTES)?;
    let textual = if arguments.get(1).is_true() { state::TEXTUAL } else { 0 };
    let source = if arguments.get(2).is_true() { state::FILE } else { state::STRING };
    let port = new_port(vm, state::INPUT | state::OPEN | source | textual);
    let length = vm.heap.raw(arguments.get(0), 0) as usize;
    vm.heap.set_field(port, body::Port::NAME, arguments.get(2));
    vm.heap.set_field(port, body::Port::BUFFER, arguments.get(0));
    set_number_field(vm, port, body::Port::EXTRA, length);
    Ok(port)
}

/// Reads a file as a whole; takes as long as the system needs for it.
pub(super) fn read_file(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = opening(vm, arguments);
    let path = path_argument(vm, &name, arguments)?;
    let failed = |why: String| {
        let message = format!("{name} cannot read {}: {why}", path.display());
        fault(ErrorCode::FileError, message)
    };
    let host = &mut vm.machine.host;
    let size = host.file_bytes(&path).map_err(|error| failed(error.to_string()))?;
    let most = vm.machine.limits.file_bytes;
    if size > most {
        return Err(failed(format!("it has {size} bytes, at most {most} are read")));
    }
    let host = &mut vm.machine.host;
    let bytes = host.read_file(&path).map_err(|error| failed(error.to_string()))?;
    new_bytevector(vm, &bytes)
}

/// The procedure that opens a file, for messages.
pub(super) fn opening(vm: &Vm, arguments: Arguments) -> String {
    let name = arguments.optional(1);
    name.map_or_else(|| "open-input-file".into(), |name| name_text(&vm.heap, name))
}

pub(super) fn file_exists(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let path = path_argument(vm, "file-exists?", arguments)?;
    let answer = vm.machine.host.ask_system(&mut || vec![u8::from(path.exists())]);
    Ok(Word::boolean(answer == [1]))
}

/// What a port has not given out yet.
pub(super) fn rest(vm: &Vm, port: Word) -> &[u8] {
    let (start, end) =
        (number_field(vm, port, body::Port::POSITION), number_field(vm, port, body::Port::EXTRA));
    if start == end {
        return &[];
    }
    &vm.heap.bytes(vm.heap.field(port, body::Port::BUFFER))[start..end]
}

/// Notes that bytes were given out: after room was made for what they became, because who meets the
/// heap's limit there reads them again.
fn advance(vm: &mut Vm, port: Word, bytes: usize) {
    let position = number_field(vm, port, body::Port::POSITION);
    set_number_field(vm, port, body::Port::POSITION, position + bytes);
}

/// The character a text of at least one byte begins with, or `None` if it is not UTF-8.
fn first_character(bytes: &[u8]) -> Option<char> {
    if let Some(byte) = bytes.first().filter(|byte| byte.is_ascii()) {
        return Some(char::from(*byte));
    }
    let window = &bytes[..bytes.len().min(4)];
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).expect("checked"),
    };
    text.chars().next()
}

fn not_text(vm: &Vm, port: Word) -> Interrupt {
    if state_of(vm, port) & state::CONSOLE != 0 {
        return fault(ErrorCode::FileError, "the input from the console is not UTF-8");
    }
    let position = number_field(vm, port, body::Port::POSITION);
    fault(ErrorCode::FileError, format!("the input is not UTF-8 at byte {position}"))
}

/// Whether bytes begin with a character, or with what can never become one.
fn has_character(bytes: &[u8]) -> bool {
    if bytes.first().is_some_and(u8::is_ascii) {
        return true;
    }
    has_characters(&bytes[..bytes.len().min(4)], 1)
}

/// Whether bytes hold so many characters, or something that can never become one.
fn has_characters(bytes: &[u8], count: usize) -> bool {
    let (valid, is_text) = match std::str::from_utf8(bytes) {
        Ok(_) => (bytes, true),
        Err(error) => (&bytes[..error.valid_up_to()], error.error_len().is_none()),
    };
    // A character has one byte that continues none.
    !is_text || valid.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() >= count
}

/// Whether bytes hold the end of a line, or as many as one step looks at. A return may be half of one.
fn has_line(bytes: &[u8]) -> bool {
    let window = &bytes[..bytes.len().min(CHUNK_ELEMENTS_MAX)];
    match window.iter().position(|&byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) => bytes[end] == b'\n' || end + 1 < bytes.len(),
        None => bytes.len() >= CHUNK_ELEMENTS_MAX,
    }
}

pub(super) fn is_character_ready(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::INPUT, true, 1)?;
    console::has_supply(vm, arguments, has_character).map(Word::boolean)
}

/// An ASCII character, of a port that has it and is not the console: what comes from there may have to be waited for.
pub(super) fn frequent_character(
    heap: &mut Heap,
    arguments: Arguments,
    take: bool,
) -> Option<Word> {
    const WANTED: i64 = state::INPUT | state::TEXTUAL | state::OPEN;
    let port = arguments.get(0);
    if heap.kind_of(port) != Some(Kind::Port)
        || heap.field(port, body::Port::STATE).as_fixnum() & (WANTED | state::CONSOLE) != WANTED
    {
        return None;
    }
    let position = heap.field(port, body::Port::POSITION).as_fixnum();
    if position >= heap.field(port, body::Port::EXTRA).as_fixnum() {
        return None;
    }
    let bytes = heap.bytes(heap.field(port, body::Port::BUFFER));
    let byte = *bytes.get(position as usize).filter(|byte| byte.is_ascii())?;
    if take {
        heap.set_field(port, body::Port::POSITION, Word::fixnum(position + 1));
    }
    Some(Word::character(char::from(byte)))
}

pub(super) fn read_character(vm: &mut Vm, arguments: Arguments, take: bool) -> Outcome {
    open_port(vm, arguments, state::INPUT, true, 1)?;
    let port = console::supplied(vm, arguments, has_character)?;
    let bytes = rest(vm, port);
    if bytes.is_empty() {
        return Ok(if take { console::give_end(vm, port) } else { Word::EOF });
    }
    let Some(character) = first_character(bytes) else { return Err(not_text(vm, port)) };
    if take {
        advance(vm, port, character.len_utf8());
    }
    Ok(Word::character(character))
}

pub(super) fn read_line(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::INPUT, true, 1)?;
    let port = console::supplied(vm, arguments, has_line)?;
    let bytes = rest(vm, port);
    if bytes.is_empty() {
        return Ok(console::give_end(vm, port));
    }
    let window = &bytes[..bytes.len().min(CHUNK_ELEMENTS_MAX)];
    let is_all = window.len() == bytes.len() && !console::may_have_more(vm, port);
    // A line ends with a newline, a return, or both (R7RS 6.13.2 by way of 7.1.1).
    let (line, taken) = match window.iter().position(|&byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) if bytes[end..].starts_with(b"\r\n") => (&window[..end], end + 2),
        Some(end) => (&window[..end], end + 1),
        None if is_all => (window, window.len()),
        None => return Ok(Word::FALSE),
    };
    let Ok(text) = std::str::from_utf8(line) else { return Err(not_text(vm, port)) };
    let text = text.to_string();
    let line = new_string(vm, &text)?;
    advance(vm, arguments.get(0), taken);
    Ok(line)
}

pub(super) fn read_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::INPUT, true, 2)?;
    let count = Call::new(vm, "read-string", arguments).count(1, CHUNK_ELEMENTS_MAX)?;
    let port = console::supplied(vm, arguments, |bytes| has_characters(bytes, count))?;
    let mut bytes = rest(vm, port);
    if bytes.is_empty() && count > 0 {
        return Ok(console::give_end(vm, port));
    }
    let mut text = String::new();
    for _ in 0..count {
        if bytes.is_empty() {
            break;
        }
        let Some(character) = first_character(bytes) else { return Err(not_text(vm, port)) };
        text.push(character);
        bytes = &bytes[character.len_utf8()..];
    }
    let string = new_string(vm, &text)?;
    advance(vm, arguments.get(0), text.len());
    Ok(string)
}

pub(super) fn read_byte(vm: &mut Vm, arguments: Arguments, take: bool) -> Outcome {
    let port = open_port(vm, arguments, state::INPUT, false, 1)?;
    let Some(&byte) = rest(vm, port).first() else { return Ok(Word::EOF) };
    if take {
        advance(vm, port, 1);
    }
    Ok(Word::fixnum(i64::from(byte)))
}

pub(super) fn read_bytes(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = open_port(vm, arguments, state::INPUT, false, 2)?;
    let count = Call::new(vm, "read-bytevector", arguments).count(1, CHUNK_ELEMENTS_MAX)?;
    let bytes = rest(vm, port);
    if bytes.is_empty() && count > 0 {
        return Ok(Word::EOF);
    }
    let part = bytes[..bytes.len().min(count)].to_vec();
    let bytevector = new_bytevector(vm, &part)?;
    advance(vm, arguments.get(0), part.len());
    Ok(bytevector)
}
