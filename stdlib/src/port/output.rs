//! Writing: to the console at once, to strings and files through a buffer.

use std::path::Path;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;

use super::effect::{
    EFFECT_BYTES, Operation, check_writable, flush_to_file, may_leave, path_argument, queue,
    remember_open_port,
};
use super::file::{FILE_RECORD_BYTES, FileRecord};
use super::{
    BUFFER_BYTES, PORT_BYTES, new_port, number_field, open_port, set_number_field, state, state_of,
};
use crate::argument::{Call, Outcome, fault, name_text, wrong_type};
use crate::bytevector::{new_bytevector, write_bytes};
use crate::host::check_whole;
use crate::limits::{CHUNK_ELEMENTS_MAX, PORT_BUFFER_BYTES};
use crate::text::{StringView, new_string};
use crate::write::{atom_text, escape};

pub(super) fn open_kept(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(PORT_BYTES + BUFFER_BYTES)?;
    let textual = if arguments.get(0).is_true() { state::TEXTUAL } else { 0 };
    let port = new_port(vm, state::OUTPUT | state::OPEN | state::STRING | textual);
    let buffer = vm.heap.bytevector_zeroed(PORT_BUFFER_BYTES);
    vm.heap.set_field(port, body::Port::BUFFER, buffer);
    vm.heap.set_field(port, body::Port::NAME, Word::NULL);
    Ok(port)
}

pub(super) fn open_file(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = match arguments.optional(2) {
        Some(name) => name_text(&vm.heap, name),
        None if arguments.get(1).is_true() => "open-output-file".into(),
        None => "open-binary-output-file".into(),
    };
    let path = path_argument(vm, &name, arguments)?;
    if let Err(why) = may_leave(vm).and_then(|()| check_writable(vm, &path)) {
        let message = format!("{name} cannot write {}: {why}", path.display());
        return Err(fault(ErrorCode::FileError, message));
    }
    let path = new_string(vm, &path.to_string_lossy())?;
    arguments.set(0, path);
    vm.reserve(PORT_BYTES + BUFFER_BYTES + FILE_RECORD_BYTES + EFFECT_BYTES + 16)?;
    let textual = if arguments.get(1).is_true() { state::TEXTUAL } else { 0 };
    let port = new_port(vm, state::OUTPUT | state::OPEN | state::FILE | textual);
    let buffer = vm.heap.bytevector_zeroed(PORT_BUFFER_BYTES);
    vm.heap.set_field(port, body::Port::BUFFER, buffer);
    vm.heap.set_field(port, body::Port::NAME, arguments.get(0));
    let record = vm.heap.bytevector(&FileRecord::default().encode());
    vm.heap.set_field(port, body::Port::FILE, record);
    queue(vm, port, Operation::Create, Word::FALSE);
    remember_open_port(vm, port);
    Ok(port)
}

/// Requests the deletion of a file. Whoever performs the request gets a closed port that knows which
/// file had the name when it was made.
pub(super) fn delete_file(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let path = path_argument(vm, "delete-file", arguments)?;
    let refused = |why: String| {
        let message = format!("delete-file cannot delete {}: {why}", path.display());
        fault(ErrorCode::FileError, message)
    };
    may_leave(vm).map_err(refused)?;
    let answer = vm.machine.host.ask_system(&mut || match find_whether_deletable(&path) {
        Ok(record) => [b"+", record.encode().as_slice()].concat(),
        Err(why) => format!("-{why}").into_bytes(),
    });
    let record = match answer.split_first() {
        Some((b'+', record)) => record,
        _ => {
            let why = String::from_utf8_lossy(answer.get(1..).unwrap_or_default());
            return Err(refused(why.into_owned()));
        }
    };
    let name = new_string(vm, &path.to_string_lossy())?;
    arguments.set(0, name);
    vm.reserve(PORT_BYTES + FILE_RECORD_BYTES + EFFECT_BYTES)?;
    let port = new_port(vm, state::OUTPUT | state::FILE);
    vm.heap.set_field(port, body::Port::NAME, arguments.get(0));
    let record = vm.heap.bytevector(record);
    vm.heap.set_field(port, body::Port::FILE, record);
    queue(vm, port, Operation::Delete, Word::FALSE);
    Ok(Word::UNSPECIFIED)
}

/// Which file it is that can be deleted, without changing anything.
fn find_whether_deletable(path: &Path) -> Result<FileRecord, String> {
    let metadata = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("it is a directory".into());
    }
    let folder = path.parent().map(std::fs::metadata);
    if folder.is_some_and(|found| found.is_ok_and(|found| found.permissions().readonly())) {
        return Err("its directory cannot be written to".into());
    }
    Ok(FileRecord::identity(&metadata))
}

/// Writes bytes to the port in argument 0.
fn emit(vm: &mut Vm, arguments: Arguments, mut bytes: &[u8]) -> Result<(), Interrupt> {
    if state_of(vm, arguments.get(0)) & state::CONSOLE != 0 {
        check_whole(vm)?;
        vm.machine.host.console_write(bytes);
        return Ok(());
    }
    reserve_spills(vm, arguments.get(0), bytes.len())?;
    while !bytes.is_empty() {
        if number_field(vm, arguments.get(0), body::Port::EXTRA) == PORT_BUFFER_BYTES {
            spill(vm, arguments)?;
        }
        let port = arguments.get(0);
        let used = number_field(vm, port, body::Port::EXTRA);
        let (now, later) = bytes.split_at(bytes.len().min(PORT_BUFFER_BYTES - used));
        let buffer = vm.heap.field(port, body::Port::BUFFER);
        write_bytes(vm, buffer, used, now);
        set_number_field(vm, port, body::Port::EXTRA, used + now.len());
        bytes = later;
    }
    Ok(())
}

/// Makes room for passing on every buffer that `length` more bytes fill: at the heap's limit nothing
/// has been written, so that the whole can be carried out again.
fn reserve_spills(vm: &mut Vm, port: Word, length: usize) -> Result<(), Interrupt> {
    let used = number_field(vm, port, body::Port::EXTRA);
    let spills = ((used + length) / PORT_BUFFER_BYTES) as u64;
    vm.reserve(spills * (BUFFER_BYTES + EFFECT_BYTES))
}

/// Passes on a full buffer.
fn spill(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    if state_of(vm, arguments.get(0)) & state::FILE != 0 {
        return flush_to_file(vm, arguments);
    }
    vm.reserve(BUFFER_BYTES + 16)?;
    let port = arguments.get(0);
    let pieces = vm.heap.field(port, body::Port::NAME);
    let full = vm.heap.field(port, body::Port::BUFFER);
    let pieces = vm.heap.pair(full, pieces);
    let buffer = vm.heap.bytevector_zeroed(PORT_BUFFER_BYTES);
    vm.heap.set_field(port, body::Port::NAME, pieces);
    vm.heap.set_field(port, body::Port::BUFFER, buffer);
    let position = number_field(vm, port, body::Port::POSITION) + PORT_BUFFER_BYTES;
    set_number_field(vm, port, body::Port::POSITION, position);
    set_number_field(vm, port, body::Port::EXTRA, 0);
    Ok(())
}

pub(super) fn flush(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = arguments.get(0);
    let textual =
        vm.heap.kind_of(port) != Some(Kind::Port) || state_of(vm, port) & state::TEXTUAL != 0;
    let port = open_port(vm, arguments, state::OUTPUT, textual, 1)?;
    if state_of(vm, port) & state::FILE != 0 {
        flush_to_file(vm, arguments)?;
    }
    Ok(Word::UNSPECIFIED)
}

pub(super) fn write_atom(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::OUTPUT, true, 3)?;
    let word = arguments.get(1);
    let length = match vm.heap.kind_of(word) {
        Some(Kind::String) => vm.heap.string_length(word),
        Some(Kind::Bytevector) => vm.heap.bytes(word).len(),
        _ => 0,
    };
    if length > CHUNK_ELEMENTS_MAX {
        return Ok(Word::FALSE);
    }
    let text = atom_text(vm, word, arguments.get(2).is_true());
    emit(vm, arguments, text.as_bytes())?;
    Ok(Word::TRUE)
}

pub(super) fn write_text(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::OUTPUT, true, 5)?;
    let call = Call::new(vm, "write-string", arguments);
    let view = StringView::of(&vm.heap, call.string(1)?);
    let (start, end) = call.range(2, view.length)?;
    let end = end.min(start + CHUNK_ELEMENTS_MAX);
    let mut text = String::new();
    if arguments.get(4).is_true() {
        escape(view.characters(start, end), '"', &mut text);
    } else {
        text.extend(view.characters(start, end));
    }
    emit(vm, arguments, text.as_bytes())?;
    Ok(Word::fixnum(end as i64))
}

pub(super) fn write_character(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::OUTPUT, true, 2)?;
    let word = arguments.get(1);
    if !word.is_character() {
        return Err(wrong_type(&vm.heap, "write-char", 0, "a character", word));
    }
    let mut utf8 = [0; 4];
    let text = word.as_character().encode_utf8(&mut utf8);
    emit(vm, arguments, text.as_bytes())?;
    Ok(Word::UNSPECIFIED)
}

pub(super) fn write_bytes_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::OUTPUT, false, 4)?;
    let call = Call::new(vm, "write-bytevector", arguments);
    let bytes = vm.heap.bytes(call.bytevector(1)?);
    let (start, end) = call.range(2, bytes.len())?;
    let end = end.min(start + CHUNK_ELEMENTS_MAX);
    let part = bytes[start..end].to_vec();
    emit(vm, arguments, &part)?;
    Ok(Word::fixnum(end as i64))
}

pub(super) fn write_byte(vm: &mut Vm, arguments: Arguments) -> Outcome {
    open_port(vm, arguments, state::OUTPUT, false, 2)?;
    let word = arguments.get(1);
    let byte = word.is_fixnum().then(|| u8::try_from(word.as_fixnum()).ok()).flatten();
    let Some(byte) = byte else {
        return Err(wrong_type(&vm.heap, "write-u8", 0, "a byte (0 to 255)", word));
    };
    emit(vm, arguments, &[byte])?;
    Ok(Word::UNSPECIFIED)
}

/// The string port in argument 0, open or not.
fn kept_port(vm: &Vm, arguments: Arguments) -> Outcome {
    let port = arguments.get(0);
    let wanted = state::OUTPUT | state::STRING;
    if vm.heap.kind_of(port) != Some(Kind::Port) || state_of(vm, port) & wanted != wanted {
        let name = arguments.optional(1).map(|name| name_text(&vm.heap, name));
        let (name, expected) = match &name {
            Some(name) => (name.as_str(), "a bytevector output port"),
            None => ("get-output-string", "a string output port"),
        };
        return Err(wrong_type(&vm.heap, name, 0, expected, port));
    }
    Ok(port)
}

/// The bytes in the buffer of `port`.
fn buffered(vm: &Vm, port: Word) -> Vec<u8> {
    let used = number_field(vm, port, body::Port::EXTRA);
    vm.heap.bytes(vm.heap.field(port, body::Port::BUFFER))[..used].to_vec()
}

pub(super) fn pieces(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = kept_port(vm, arguments)?;
    let bytes = buffered(vm, port);
    let last = new_bytevector(vm, &bytes)?;
    let place = vm.heap.protect(last);
    let room = vm.reserve(16);
    let last = vm.heap.protected(place);
    vm.heap.unprotect(place);
    room?;
    let before = vm.heap.field(arguments.get(0), body::Port::NAME);
    Ok(vm.heap.pair(last, before))
}

pub(super) fn text(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = kept_port(vm, arguments)?;
    if number_field(vm, port, body::Port::POSITION) > 0 {
        return Ok(Word::FALSE);
    }
    let bytes = buffered(vm, port);
    new_string(vm, &String::from_utf8_lossy(&bytes))
}
