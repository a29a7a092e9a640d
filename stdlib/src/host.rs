//! Primitives by which a program calls what its host provides; `prelude/host.scm` makes effects of them.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::host_function::HostCall;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::print::summary;
use pscheme_vm::trace::TraceRecord;

use crate::argument::{Outcome, name_text};

primitives! { HOST_PRIMITIVES:
    /// `(%host-call name argument …)`: calls a function of the host.
    750 "%host-call" (1..) listed("what the host's function does") => host_call;
    /// `(%host-request name)`: the identity of a new request, and the opening it is made in.
    751 "%host-request" (1) constant => host_request;
    /// `(%host-check-doubt request name)`: refuses to do again what may have been done.
    752 "%host-check-doubt" (2) constant => check_doubt;
}

/// Refuses to let anything out of a machine that may have computed with a page that could not be read.
///
/// # Errors
/// That; the session ends for it at the end of the slice.
pub fn check_whole(vm: &Vm) -> Result<(), Interrupt> {
    if vm.heap.is_whole() {
        return Ok(());
    }
    let message = "a page of the image could not be read";
    Err(Fault::new(ErrorCode::ImageDamaged, message).into())
}

fn host_call(vm: &mut Vm, arguments: Arguments) -> Outcome {
    check_whole(vm)?;
    let name = name_text(&vm.heap, arguments.get(0));
    let Some(function) = vm.machine.host_functions.get(&name).cloned() else {
        let message = format!("the host provides no function {name}");
        return Err(Fault::new(ErrorCode::HostFailed, message).into());
    };
    let identities = match function.call {
        HostCall::Inline => 0,
        HostCall::AfterCommit { .. } => 1,
    };
    let count = arguments.count() - 1 - identities.min(arguments.count() - 1);
    if count != usize::from(function.arity) {
        let expected = function.arity;
        let message = format!("{name} takes {expected} arguments, found {count}");
        return Err(Fault::new(ErrorCode::WrongArgumentCount, message).into());
    }
    let answer = (function.body)(vm, arguments, 1);
    match &answer {
        Ok(value) => note_value(vm, TraceRecord::HostAnswer, b"+", *value),
        Err(Interrupt::Error(fault)) => {
            let message = fault.message.clone();
            vm.machine.host.note_hashed(TraceRecord::HostAnswer, &[b"-", message.as_bytes()]);
        }
        Err(_) => {}
    }
    answer
}

/// Notes a value that comes from the host in the trace: texts and bytes whole, of anything else what a message shows.
pub fn note_value(vm: &mut Vm, record: TraceRecord, name: &[u8], value: Word) {
    let bytes = match vm.heap.kind_of(value) {
        Some(Kind::String) => vm.heap.string_text(value).into_bytes(),
        Some(Kind::Bytevector) => vm.heap.bytes(value).to_vec(),
        _ => summary(&vm.heap, value).into_bytes(),
    };
    vm.machine.host.note_hashed(record, &[name, &bytes]);
}

fn host_request(vm: &mut Vm, _: Arguments) -> Outcome {
    let identity = format!("{:016x}{:016x}", vm.machine.host.random(), vm.machine.host.random());
    vm.reserve(Heap::string_room(identity.len()) + 16)?;
    let identity = vm.heap.string(&identity);
    Ok(vm.heap.pair(identity, Word::fixnum(vm.machine.opening)))
}

fn check_doubt(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let request = arguments.get(0);
    let is_of_this_opening =
        request.is_pair() && vm.heap.cdr(request) == Word::fixnum(vm.machine.opening);
    let name = name_text(&vm.heap, arguments.get(1));
    let call = vm.machine.host_functions.get(&name).map(|function| function.call);
    if is_of_this_opening || call == Some(HostCall::AfterCommit { idempotent: true }) {
        return Ok(Word::UNSPECIFIED);
    }
    let message = format!(
        "{name} was requested before the image was opened again; whether the host did it is not known"
    );
    Err(Fault::new(ErrorCode::EffectInDoubt, message).into())
}
