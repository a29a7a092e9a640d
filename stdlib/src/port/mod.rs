//! Ports: the console, strings, bytevectors and files.
//!
//! | field | input | output |
//! |---|---|---|
//! | `state` | bits of [`state`] | bits of [`state`] |
//! | `name` | path or `#f` | path; of a string port the list of full buffers, newest first |
//! | `position` | index of the next byte | bytes before the buffer |
//! | `buffer` | bytevector of everything; of the console what has come in, `#f` at first | bytevector of what is not yet passed on |
//! | `extra` | length of the input in the buffer | bytes used in the buffer |
//! | `file` | `#f` | of a file port a [`file::FileRecord`] |
//!
//! Text is UTF-8 in every buffer. Input is read as a whole when its port is opened, that of the console
//! when a program asks for it (`console.rs`). Bytes for a file
//! leave the buffer as effects (`effect.rs`), which are performed after the commit that holds them.

mod console;
pub mod effect;
pub mod file;
mod input;
mod output;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault, name_text, trusted_count, trusted_place, wrong_type};
use crate::limits::PORT_BUFFER_BYTES;
use crate::list::is_kind;

/// Bits of a port's state. They reach the disk.
pub mod state {
    pub const INPUT: i64 = 1;
    pub const OUTPUT: i64 = 2;
    pub const OPEN: i64 = 4;
    pub const TEXTUAL: i64 = 8;
    pub const CONSOLE: i64 = 16;
    pub const STRING: i64 = 32;
    pub const FILE: i64 = 64;
    /// `read` folds the case of symbols: `#!fold-case` was the last directive.
    pub const FOLDS_CASE: i64 = 128;
    /// The console's input has ended, and no reading has given out its end-of-file object yet.
    pub const ENDED: i64 = 256;
}

primitives! { PORT_PRIMITIVES:
    /// `(port? value)`: is it a port?
    550 "port?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::Port));
    /// `(input-port? value)`: is it a port for input?
    551 "input-port?" (1) constant => |vm, a| Ok(has_state(vm, a, state::INPUT));
    /// `(output-port? value)`: is it a port for output?
    552 "output-port?" (1) constant => |vm, a| Ok(has_state(vm, a, state::OUTPUT));
    /// `(textual-port? value)`: is it a port of characters?
    553 "textual-port?" (1) constant => |vm, a| Ok(has_state(vm, a, state::TEXTUAL));
    /// `(binary-port? value)`: is it a port of bytes?
    554 "binary-port?" (1) constant => |vm, a| {
        let textual = has_state(vm, a, state::TEXTUAL).is_true();
        Ok(Word::boolean(is_kind(vm, a, Kind::Port).is_true() && !textual))
    };
    /// `(input-port-open? port)`: can an input port be read from?
    555 "input-port-open?" (1) constant => |vm, a| is_open(vm, a, "input-port-open?", state::INPUT);
    /// `(output-port-open? port)`: can an output port be written to?
    556 "output-port-open?" (1) constant => |vm, a| is_open(vm, a, "output-port-open?", state::OUTPUT);
    /// `(%console-port direction)`: the console as a port; 1 is input, 2 output.
    557 "%console-port" (1) constant => console_port;
    /// `(%open-input bytes textual? name)`: a port that reads a bytevector; `name` is its file's path, or
    /// `#f`.
    558 "%open-input" (3) constant => input::open;
    /// `(%open-output textual?)`: a port that keeps what is written.
    559 "%open-output" (1) constant => output::open_kept;
    /// `(%open-output-file path textual? name)`: a port whose bytes go to a file after their commit.
    /// `name` is for messages, here as below.
    560 "%open-output-file" (2..=3) constant => output::open_file;
    /// `(%read-file path name)`: the bytes of a file.
    561 "%read-file" (1..=2) listed("a file of the limit's size") => input::read_file;
    /// `(%file-exists? path)`: is there a file of this name?
    562 "%file-exists?" (1) constant => input::file_exists;
    /// `(%delete-file path)`: deletes a file after the commit that contains this.
    563 "%delete-file" (1) constant => output::delete_file;
    /// `(%file-pending? path name)`: whether bytes for this file wait for their commit.
    564 "%file-pending?" (1..=2) listed("one comparison per effect that waits") => effect::is_pending;
    /// `(%await-effects)`: waits until effects have had a chance to leave.
    565 "%await-effects" (0) waits => effect::wait;
    /// `(%close-port port direction)`: closes it for input (1), output (2) or both (3).
    566 "%close-port" (2) chunk => close;
    /// `(%flush-port port name place)`: passes on what is buffered. The place is that of the port among
    /// the arguments of `name`, here as below.
    567 "%flush-port" (1..=3) chunk => output::flush;
    /// `(%write-atom port value quoted?)`: writes what has no parts; `#f` if it is a string or bytevector
    /// too long for one step.
    568 "%write-atom" (3) listed("integers of INTEGER_BITS_MAX bits") => output::write_atom;
    /// `(%write-text port string start end escaped?)`: writes a bounded part; returns where it ends.
    569 "%write-text" (5) chunk => output::write_text;
    /// `(%write-char port char name place)`: writes a character.
    570 "%write-char" (2..=4) constant => output::write_character;
    /// `(%write-bytes port bytevector start end)`: writes a bounded part; returns where it ends.
    571 "%write-bytes" (4) chunk => output::write_bytes_of;
    /// `(%write-byte port byte name place)`: writes a byte.
    572 "%write-byte" (2..=4) constant => output::write_byte;
    /// `(%output-pieces port name)`: what was written to a string port, as a list of bytevectors, newest
    /// first.
    573 "%output-pieces" (1..=2) chunk => output::pieces;
    /// `(%output-text port)`: the text written to a string port, or `#f` if it is too long for one step.
    574 "%output-text" (1) chunk => output::text;
    /// `(%read-char port name place)`: the next character.
    575 "%read-char" (1..=3) constant => |vm, a| input::read_character(vm, a, true),
        fast |heap, a| input::frequent_character(heap, a, true);
    /// `(%peek-char port name place)`: the next character, which stays.
    576 "%peek-char" (1..=3) constant => |vm, a| input::read_character(vm, a, false),
        fast |heap, a| input::frequent_character(heap, a, false);
    /// `(%read-line port)`: the characters up to the end of the line, or `#f` if they are too many for
    /// one step.
    577 "%read-line" (1) chunk => input::read_line;
    /// `(%read-string port count)`: up to `count` characters, which is bounded.
    578 "%read-string" (2) chunk => input::read_string;
    /// `(%read-byte port name place)`: the next byte.
    579 "%read-byte" (1..=3) constant => |vm, a| input::read_byte(vm, a, true);
    /// `(%peek-byte port name place)`: the next byte, which stays.
    580 "%peek-byte" (1..=3) constant => |vm, a| input::read_byte(vm, a, false);
    /// `(%read-bytes port count)`: up to `count` bytes, which is bounded.
    581 "%read-bytes" (2) chunk => input::read_bytes;
    /// `(%port-path port)`: the path of a file port, or `#f`.
    582 "%port-path" (1) constant => path_of;
    /// `(%port-folds-case? port)`: whether `read` folds the case of symbols from this port.
    583 "%port-folds-case?" (1) constant => |vm, a| Ok(has_state(vm, a, state::FOLDS_CASE));
    /// `(%set-port-folds-case! port folds?)`: whether `read` folds the case of symbols from now on.
    584 "%set-port-folds-case!" (2) constant => set_folds_case;
    /// `(%port-check port name place sort)`: a port that is open and of this sort, or a fault. The sort is
    /// the sum of 1 for input or 2 for output, and 8 for text.
    733 "%port-check" (4) constant => check;
    /// `(%char-ready? port name place)`: whether `%read-char` would give something at once.
    736 "%char-ready?" (1..=3) constant => input::is_character_ready;
}

pub(crate) fn state_of(vm: &Vm, port: Word) -> i64 {
    vm.heap.field(port, body::Port::STATE).as_fixnum()
}

fn number_field(vm: &Vm, port: Word, field: usize) -> usize {
    vm.heap.field(port, field).as_fixnum() as usize
}

fn set_number_field(vm: &mut Vm, port: Word, field: usize, value: usize) {
    vm.heap.set_field(port, field, Word::fixnum(value as i64));
}

fn has_state(vm: &Vm, arguments: Arguments, bits: i64) -> Word {
    let port = arguments.get(0);
    let is_port = vm.heap.kind_of(port) == Some(Kind::Port);
    Word::boolean(is_port && state_of(vm, port) & bits != 0)
}

fn is_open(vm: &mut Vm, arguments: Arguments, name: &'static str, direction: i64) -> Outcome {
    let port = Call::new(vm, name, arguments).of_kind(0, Kind::Port, "a port")?;
    let wanted = direction | state::OPEN;
    Ok(Word::boolean(state_of(vm, port) & wanted == wanted))
}

/// The port in argument 0, which must be open in this direction and of this sort. A name for messages
/// may stand in argument `named`, and the port's place behind it.
fn open_port(
    vm: &Vm,
    arguments: Arguments,
    direction: i64,
    textual: bool,
    named: usize,
) -> Outcome {
    let port = arguments.get(0);
    let fits = vm.heap.kind_of(port) == Some(Kind::Port)
        && state_of(vm, port) & direction != 0
        && (state_of(vm, port) & state::TEXTUAL != 0) == textual;
    if !fits || state_of(vm, port) & state::OPEN == 0 {
        return Err(refused(vm, arguments, direction, textual, named));
    }
    Ok(port)
}

/// The fault of the port in argument 0, which is closed or of another sort.
#[cold]
fn refused(
    vm: &Vm,
    arguments: Arguments,
    direction: i64,
    textual: bool,
    named: usize,
) -> Interrupt {
    let port = arguments.get(0);
    let (work, expected) = match (direction, textual) {
        (state::INPUT, true) => ("reading", "a textual input port"),
        (state::INPUT, false) => ("reading bytes", "a binary input port"),
        (_, true) => ("writing", "a textual output port"),
        (_, false) => ("writing bytes", "a binary output port"),
    };
    let name = arguments.optional(named).map(|name| name_text(&vm.heap, name));
    let sort = direction | if textual { state::TEXTUAL } else { 0 };
    let looked_at = direction | state::TEXTUAL | state::OPEN;
    let is_port = vm.heap.kind_of(port) == Some(Kind::Port);
    if is_port && state_of(vm, port) & looked_at == sort {
        let name = name.as_deref().unwrap_or(work);
        return fault(ErrorCode::PortClosed, format!("{name}: the port is closed"));
    }
    match name {
        Some(name) => {
            let place = trusted_place(arguments.optional(named + 1));
            wrong_type(&vm.heap, &name, place, expected, port)
        }
        None => {
            let found = pscheme_vm::print::summary(&vm.heap, port);
            fault(ErrorCode::WrongType, format!("{work} expects {expected}, found {found}"))
        }
    }
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let sort = trusted_count(arguments.get(3)) as i64;
    let direction = if sort & state::INPUT != 0 { state::INPUT } else { state::OUTPUT };
    open_port(vm, arguments, direction, sort & state::TEXTUAL != 0, 1)
}

/// A new port, in room made for it; its buffer is `#f`.
fn new_port(vm: &mut Vm, bits: i64) -> Word {
    let port = vm.heap.object(Kind::Port, 0, body::Port::FIELDS);
    vm.heap.set_field(port, body::Port::STATE, Word::fixnum(bits));
    vm.heap.set_field(port, body::Port::NAME, Word::FALSE);
    vm.heap.set_field(port, body::Port::BUFFER, Word::FALSE);
    vm.heap.set_field(port, body::Port::FILE, Word::FALSE);
    port
}

/// Bytes of a port and of an output buffer.
const PORT_BYTES: u64 = body::Port::BYTES;
const BUFFER_BYTES: u64 = PORT_BUFFER_BYTES as u64 + 32;

fn console_port(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let direction = Call::new(vm, "%console-port", arguments).fixnum(0)?;
    vm.reserve(PORT_BYTES)?;
    Ok(new_port(vm, direction | state::OPEN | state::TEXTUAL | state::CONSOLE))
}

fn path_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port = Call::new(vm, "%port-path", arguments).of_kind(0, Kind::Port, "a port")?;
    let is_file = state_of(vm, port) & state::FILE != 0;
    Ok(if is_file { vm.heap.field(port, body::Port::NAME) } else { Word::FALSE })
}

fn set_folds_case(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let port =
        Call::new(vm, "%set-port-folds-case!", arguments).of_kind(0, Kind::Port, "a port")?;
    let before = state_of(vm, port);
    let now = match arguments.get(1) {
        Word::FALSE => before & !state::FOLDS_CASE,
        _ => before | state::FOLDS_CASE,
    };
    vm.heap.set_field(port, body::Port::STATE, Word::fixnum(now));
    Ok(Word::UNSPECIFIED)
}

fn close(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let directions = trusted_count(arguments.get(1)) as i64;
    let port = arguments.get(0);
    let is_port = vm.heap.kind_of(port) == Some(Kind::Port);
    if !is_port || state_of(vm, port) & directions == 0 {
        let (name, expected) = match directions {
            1 => ("close-input-port", "an input port"),
            2 => ("close-output-port", "an output port"),
            _ => ("close-port", "a port"),
        };
        return Err(wrong_type(&vm.heap, name, 0, expected, port));
    }
    let before = state_of(vm, port);
    // The console stays open, and closing twice is no error (R7RS 6.13.1).
    if before & state::OPEN == 0 || before & state::CONSOLE != 0 {
        return Ok(Word::UNSPECIFIED);
    }
    if before & state::OUTPUT != 0 && before & state::FILE != 0 {
        effect::flush_to_file(vm, arguments)?;
        vm.reserve(effect::EFFECT_BYTES)?;
        effect::queue(vm, arguments.get(0), effect::Operation::Close, Word::FALSE);
        effect::forget_open_port(vm, arguments.get(0));
    }
    let port = arguments.get(0);
    vm.heap.set_field(port, body::Port::STATE, Word::fixnum(before & !state::OPEN));
    Ok(Word::UNSPECIFIED)
}

/// Turns what open file ports still hold into effects: what a program's end must do.
///
/// # Errors
/// The heap's limit; the bytes of the ports that were not reached stay in their buffers.
pub fn flush_open_ports(vm: &mut Vm) -> Result<(), Interrupt> {
    let place = vm.heap.protect(vm.heap.root(Root::OpenPorts));
    let mut outcome = Ok(());
    while outcome.is_ok() && vm.heap.protected(place).is_pair() {
        outcome = effect::flush_protected(vm, place);
        let next = vm.heap.cdr(vm.heap.protected(place));
        vm.heap.set_protected(place, next);
    }
    vm.heap.unprotect(place);
    outcome
}
