//! Reading: all input lies in a bytevector, as UTF-8 where it is text.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::body;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;

use super::effect::path_argument;
use super::{PORT_BYTES, new_port, number_field, open_port, set_number_field, state};
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
    let path = path_argument(Call::new(vm, &name, arguments))?;
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
    let path = path_argument(Call::new(vm, "file-exists?", arguments))?;
    Ok(Word::boolean(path.exists()))
}

/// What a port has not given out yet.
fn rest(vm: &Vm, port: Word) -> &[u8] {
    let (start, end) =
        (number_field(vm, port, body::Port::POSITION), number_field(vm, port, body::Port::EXTRA));
    &vm.heap.bytes(vm.heap.field(port, body::Port::BUFFER))[start..end]
}

fn advance(vm: &mut Vm, port: Word, bytes: usize) {
    let position = number_field(vm, port, body::Port::POSITION);
    set_number_field(vm, port, body::Port::POSITION, position + bytes);
}

/// The character a text of at least one byte begins with, or `None` if it is not UTF-8.
fn first_character(bytes: &[u8]) -> Option<char> {
    let window = &bytes[..bytes.len().min(4)];
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).expect("checked"),
    };
    text.chars().next()
}

fn not_text(vm: &Vm, port: Word) -> Interrupt {
    let position = number_field(vm, port, body::Port::POSITION);
    fault(ErrorCode::FileError, format!("the input is not UTF-8 at byte {position}"))
}

pub(super) fn read_character(vm: &mut Vm, arguments: Arguments, take: bool) -> Outcome {
    let port = open_port(vm, arguments, state::INPUT, true, 1)?;
    let bytes = rest(vm, port);
    if bytes.is_empty() {
        return Ok(Word::EOF);
    }
    let Some(character) = first_character(bytes) else { return Err(not_text(vm, port)) };
    if take {
        advance(vm, port, character.len_utf8());
    }
    Ok(Word::character(character))
}

pub(super) fn read_line(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = open_port(vm, arguments, state::INPUT, true, 1)?;
    let bytes = rest(vm, port);
    if bytes.is_empty() {
        return Ok(Word::EOF);
    }
    let window = &bytes[..bytes.len().min(CHUNK_ELEMENTS_MAX)];
    // A line ends with a newline, a return, or both (R7RS 6.13.2 by way of 7.1.1).
    let (line, taken) = match window.iter().position(|&byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) if bytes[end..].starts_with(b"\r\n") => (&window[..end], end + 2),
        Some(end) => (&window[..end], end + 1),
        None if window.len() == bytes.len() => (window, window.len()),
        None => return Ok(Word::FALSE),
    };
    let Ok(text) = std::str::from_utf8(line) else { return Err(not_text(vm, port)) };
    let text = text.to_string();
    advance(vm, port, taken);
    new_string(vm, &text)
}

pub(super) fn read_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = open_port(vm, arguments, state::INPUT, true, 2)?;
    let count = Call::new(vm, "read-string", arguments).count(1, CHUNK_ELEMENTS_MAX)?;
    let mut bytes = rest(vm, port);
    if bytes.is_empty() && count > 0 {
        return Ok(Word::EOF);
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
    advance(vm, port, text.len());
    new_string(vm, &text)
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
    advance(vm, port, part.len());
    new_bytevector(vm, &part)
}
