//! Requests to files: queued here, performed by the session after the commit that holds them.
//!
//! A request names its port, an absolute offset and the bytes, so performing it twice is the same as
//! performing it once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Protected;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::{Park, Vm};
use pscheme_vm::primitive::Arguments;
use pscheme_vm::trace::TraceRecord;

use super::input::opening;
use super::{number_field, set_number_field};
use crate::argument::{Call, Outcome, fault};
use crate::limits::PATH_CHARACTERS_MAX;
use crate::room::bytevector_bytes;
use crate::text::StringView;

/// Bytes of an effect.
pub(super) const EFFECT_BYTES: u64 = body::Effect::BYTES;

/// What an effect does. Codes reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum Operation {
    /// Create the file, or empty it.
    Create = 0,
    /// Write the payload at the position.
    Write = 1,
    /// Nothing more will be written.
    Close = 2,
    /// Delete the file, if it is the one that the port's record names.
    Delete = 3,
}

/// Appends a request to the queue, in room made for it.
pub(super) fn queue(vm: &mut Vm, port: Word, operation: Operation, payload: Word) {
    let effect = vm.heap.object(Kind::Effect, 0, body::Effect::FIELDS);
    let number = vm.heap.root(Root::NextEffect);
    let number = if number.is_fixnum() { number.as_fixnum() } else { 1 };
    let fields = [
        (body::Effect::NUMBER, Word::fixnum(number)),
        (body::Effect::OPERATION, Word::fixnum(operation as i64)),
        (body::Effect::TARGET, port),
        (body::Effect::POSITION, vm.heap.field(port, body::Port::POSITION)),
        (body::Effect::PAYLOAD, payload),
        (body::Effect::NEXT, Word::FALSE),
    ];
    for (index, value) in fields {
        vm.heap.set_field(effect, index, value);
    }
    vm.heap.set_root(Root::NextEffect, Word::fixnum(number + 1));
    note(vm, effect);
    let tail = vm.heap.root(Root::EffectsTail);
    if tail.is_object() {
        vm.heap.set_field(tail, body::Effect::NEXT, effect);
    } else {
        vm.heap.set_root(Root::EffectsHead, effect);
    }
    vm.heap.set_root(Root::EffectsTail, effect);
    vm.machine.effects_pending = true;
}

/// Notes a request in the trace.
fn note(vm: &mut Vm, effect: Word) {
    let heap = &vm.heap;
    let number = |index: usize| heap.field(effect, index).as_fixnum().to_le_bytes();
    let path =
        heap.string_text(heap.field(heap.field(effect, body::Effect::TARGET), body::Port::NAME));
    let payload = heap.field(effect, body::Effect::PAYLOAD);
    let payload: &[u8] = if payload.is_object() { heap.bytes(payload) } else { &[] };
    let (operation, position) = (number(body::Effect::OPERATION), number(body::Effect::POSITION));
    let parts: [&[u8]; 4] = [&operation, &position, path.as_bytes(), payload];
    vm.machine.host.note_hashed(TraceRecord::Effect, &parts);
}

/// Bytes that turning the buffer of `port` into an effect takes.
fn flush_bytes(vm: &Vm, port: Word) -> u64 {
    bytevector_bytes(number_field(vm, port, body::Port::EXTRA)) + EFFECT_BYTES
}

/// Queues the buffer's bytes, in room made for it.
fn flush_in_room(vm: &mut Vm, port: Word) {
    let used = number_field(vm, port, body::Port::EXTRA);
    if used == 0 {
        return;
    }
    let bytes = vm.heap.bytes(vm.heap.field(port, body::Port::BUFFER))[..used].to_vec();
    let payload = vm.heap.bytevector(&bytes);
    queue(vm, port, Operation::Write, payload);
    let position = number_field(vm, port, body::Port::POSITION);
    set_number_field(vm, port, body::Port::POSITION, position + used);
    set_number_field(vm, port, body::Port::EXTRA, 0);
}

/// Queues the buffered bytes of the file port in argument 0.
///
/// # Errors
/// The heap's limit.
pub(super) fn flush_to_file(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    vm.reserve(flush_bytes(vm, arguments.get(0)))?;
    flush_in_room(vm, arguments.get(0));
    Ok(())
}

/// Queues the buffered bytes of the file port that is the first of a protected list.
pub(super) fn flush_protected(vm: &mut Vm, list: Protected) -> Result<(), Interrupt> {
    let port = vm.heap.car(vm.heap.protected(list));
    vm.reserve(flush_bytes(vm, port))?;
    let port = vm.heap.car(vm.heap.protected(list));
    flush_in_room(vm, port);
    Ok(())
}

/// Adds a port to those that are flushed at the program's end, in room for one pair.
pub(super) fn remember_open_port(vm: &mut Vm, port: Word) {
    let before = vm.heap.root(Root::OpenPorts);
    let before = if before.is_pair() { before } else { Word::NULL };
    let list = vm.heap.pair(port, before);
    vm.heap.set_root(Root::OpenPorts, list);
}

/// Takes a port out of the list of open ones.
pub(super) fn forget_open_port(vm: &mut Vm, port: Word) {
    let mut list = vm.heap.root(Root::OpenPorts);
    let mut before: Option<Word> = None;
    while list.is_pair() {
        let next = vm.heap.cdr(list);
        if vm.heap.car(list) == port {
            match before {
                Some(before) => vm.heap.set_cdr(before, next),
                None => vm.heap.set_root(Root::OpenPorts, next),
            }
            return;
        }
        before = Some(list);
        list = next;
    }
}

/// Checks that requests to files can be made at all: an evaluation apart from an image leaves everything as it is.
pub(super) fn may_leave(vm: &Vm) -> Result<(), String> {
    match vm.is_apart() {
        true => Err("what is evaluated apart from an image changes no files".into()),
        false => Ok(()),
    }
}

/// Checks that a file can be written, without changing anything: the file itself, or where it does
/// not exist the directory it will be created in.
pub(super) fn check_writable(vm: &mut Vm, path: &Path) -> Result<(), String> {
    let answer = vm.machine.host.ask_system(&mut || match find_whether_writable(path) {
        Ok(()) => Vec::new(),
        Err(why) => why.into_bytes(),
    });
    if answer.is_empty() { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into_owned()) }
}

fn find_whether_writable(path: &Path) -> Result<(), String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err("it is a directory".into()),
        Ok(_) => std::fs::OpenOptions::new()
            .write(true)
            .open(path)
            .map(drop)
            .map_err(|error| error.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            match std::fs::metadata(parent) {
                Ok(found) if !found.is_dir() => {
                    Err(format!("{} is no directory", parent.display()))
                }
                Ok(found) if found.permissions().readonly() => {
                    Err(format!("the directory {} cannot be written to", parent.display()))
                }
                Ok(_) => Ok(()),
                Err(error) => Err(format!("the directory {}: {error}", parent.display())),
            }
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The path in argument 0, made absolute.
pub(super) fn path_argument(
    vm: &mut Vm,
    name: &str,
    arguments: Arguments,
) -> Result<PathBuf, Interrupt> {
    let call = Call::new(vm, name, arguments);
    let view = StringView::of(call.heap, call.string(0)?);
    if view.length > PATH_CHARACTERS_MAX {
        let message = format!("{name}: a path has at most {PATH_CHARACTERS_MAX} characters");
        return Err(fault(ErrorCode::FileError, message));
    }
    let text = view.text();
    // In which folder the system has this process is an input like any other.
    let answer = vm.machine.host.ask_system(&mut || match std::path::absolute(&text) {
        Ok(path) => [b"+", path.as_os_str().as_bytes()].concat(),
        Err(error) => format!("-{error}").into_bytes(),
    });
    match answer.split_first() {
        Some((b'+', path)) => Ok(PathBuf::from(OsStr::from_bytes(path))),
        _ => {
            let why = String::from_utf8_lossy(answer.get(1..).unwrap_or_default());
            Err(fault(ErrorCode::FileError, format!("{name}: {text:?}: {why}")))
        }
    }
}

pub(super) fn is_pending(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = opening(vm, arguments);
    let path = path_argument(vm, &name, arguments)?;
    let mut effect = vm.heap.root(Root::EffectsHead);
    let mut before = Word::FALSE;
    while effect.is_object() {
        let port = vm.heap.field(effect, body::Effect::TARGET);
        effect = vm.heap.field(effect, body::Effect::NEXT);
        // Requests come in runs of one port.
        if std::mem::replace(&mut before, port) == port {
            continue;
        }
        let name = StringView::of(&vm.heap, vm.heap.field(port, body::Port::NAME)).text();
        if Path::new(&name) == path {
            return Ok(Word::TRUE);
        }
    }
    Ok(Word::FALSE)
}

/// Effects leave after a commit; without commits, when a slice ends.
pub(super) fn wait(vm: &mut Vm, _: Arguments) -> Outcome {
    let park = if vm.heap.persistent { Park::Commit } else { Park::Yield };
    Err(Interrupt::Park(park, Word::UNSPECIFIED))
}
