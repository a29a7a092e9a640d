//! The console's input: what the host gives goes into the port's buffer and is read from there, so that
//! it is in the heap before a program sees it.
//!
//! A primitive that finds too little in the buffer asks the host. If that has nothing yet, nothing was
//! taken: the process waits, and the primitive is called again. Whoever gets something lets all who wait
//! look, because it may be more than it takes. The end of the input stands in the port's state until a
//! reading gives it out, so that `read-char` gets what `peek-char` saw.

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::host::ConsoleInput;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;

use super::input::rest;
use super::{number_field, set_number_field, state, state_of};
use crate::argument::Outcome;
use crate::bytevector::write_bytes;
use crate::commit::refuse_in_section;
use crate::host::check_whole;
use crate::limits::CHUNK_ELEMENTS_MAX;
use crate::room::bytevector_bytes;

/// Bytes that the host is asked for at once.
const READ_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the buffer: as many characters as one primitive gives, and room for more behind them.
const BUFFER_BYTES: usize = 4 * CHUNK_ELEMENTS_MAX + READ_BYTES_MAX;

fn is_console(vm: &Vm, port: Word) -> bool {
    state_of(vm, port) & state::CONSOLE != 0
}

/// Whether there may be more input than what lies in the port's buffer.
pub(super) fn may_have_more(vm: &Vm, port: Word) -> bool {
    state_of(vm, port) & (state::CONSOLE | state::ENDED) == state::CONSOLE
}

/// The input port in argument 0, whose buffer is enough for the reading or holds all there is.
/// `is_enough` is asked about what was not given out yet, and must say so of
/// 4 × [`CHUNK_ELEMENTS_MAX`] bytes.
///
/// # Errors
/// The heap's limit; the process has to wait.
#[inline]
pub(super) fn supplied(
    vm: &mut Vm,
    arguments: Arguments,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Outcome {
    if !has_supply(vm, arguments, is_enough)? {
        refuse_in_section(vm, "reading from the console")?;
        return Err(Interrupt::AwaitInput);
    }
    Ok(arguments.get(0))
}

/// As [`supplied`] without waiting: whether the reading could be done at once.
///
/// # Errors
/// The heap's limit.
#[inline]
pub(super) fn has_supply(
    vm: &mut Vm,
    arguments: Arguments,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Result<bool, Interrupt> {
    while may_have_more(vm, arguments.get(0)) && !is_enough(rest(vm, arguments.get(0))) {
        if !ask_host(vm, arguments)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes what the host has; `false` if that is nothing yet.
fn ask_host(vm: &mut Vm, arguments: Arguments) -> Result<bool, Interrupt> {
    make_room(vm, arguments)?;
    check_whole(vm)?;
    let port = arguments.get(0);
    let mut bytes = [0; READ_BYTES_MAX];
    match vm.machine.host.console_read(&mut bytes) {
        ConsoleInput::Bytes(count) => {
            assert!((1..=bytes.len()).contains(&count), "the host gives what was asked for");
            let used = number_field(vm, port, body::Port::EXTRA);
            let buffer = vm.heap.field(port, body::Port::BUFFER);
            write_bytes(vm, buffer, used, &bytes[..count]);
            set_number_field(vm, port, body::Port::EXTRA, used + count);
        }
        ConsoleInput::NotYet => return Ok(false),
        ConsoleInput::End => set_ended(vm, port, true),
    }
    vm.wake_input_waiters();
    Ok(true)
}

/// Makes room for [`READ_BYTES_MAX`] bytes in the buffer, which is made if there is none that is long
/// enough.
fn make_room(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    let buffer = vm.heap.field(arguments.get(0), body::Port::BUFFER);
    let is_buffer = vm.heap.kind_of(buffer) == Some(Kind::Bytevector)
        && vm.heap.raw(buffer, body::Bytevector::LENGTH) as usize >= BUFFER_BYTES;
    if !is_buffer {
        vm.reserve_object(bytevector_bytes(BUFFER_BYTES), 0)?;
        let buffer = vm.heap.bytevector_zeroed(BUFFER_BYTES);
        keep_rest_in(vm, arguments.get(0), buffer);
        return Ok(());
    }
    let port = arguments.get(0);
    let is_full = number_field(vm, port, body::Port::EXTRA) + READ_BYTES_MAX > BUFFER_BYTES;
    // Without anything left to move, the bytes to come change the fewest pages at the beginning.
    if is_full || rest(vm, port).is_empty() {
        keep_rest_in(vm, port, buffer);
    }
    Ok(())
}

/// Moves what was not given out to the beginning of the port's buffer, or of another one.
fn keep_rest_in(vm: &mut Vm, port: Word, buffer: Word) {
    let left = rest(vm, port).to_vec();
    write_bytes(vm, buffer, 0, &left);
    vm.heap.set_field(port, body::Port::BUFFER, buffer);
    set_number_field(vm, port, body::Port::POSITION, 0);
    set_number_field(vm, port, body::Port::EXTRA, left.len());
}

fn set_ended(vm: &mut Vm, port: Word, has_ended: bool) {
    let others = state_of(vm, port) & !state::ENDED;
    let bit = if has_ended { state::ENDED } else { 0 };
    vm.heap.set_field(port, body::Port::STATE, Word::fixnum(others | bit));
}

/// The end-of-file object of a reading that found nothing. The next one asks the console again.
pub(super) fn give_end(vm: &mut Vm, port: Word) -> Word {
    if is_console(vm, port) {
        set_ended(vm, port, false);
    }
    Word::EOF
}
