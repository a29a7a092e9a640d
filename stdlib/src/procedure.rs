//! What procedures are called in messages, and checks of arguments that must be procedures.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, PROCEDURE_KINDS, body};
use pscheme_heap::word::Word;
use pscheme_vm::call::code_name;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::print::summary;

use crate::argument::{Call, Outcome, name_text, trusted_count, wrong_type};
use crate::limits::SYMBOL_CHARACTERS_MAX;
use crate::list::walk;

/// Arguments that `apply` gives a procedure at once; `prelude/control.scm` gives more in pieces.
const APPLY_ARGUMENTS_MAX: usize = 8_000;

primitives! { PROCEDURE_PRIMITIVES:
    /// `(%closure-name procedure)`: the name of a procedure written in Scheme, as a string.
    718 "%closure-name" (1) chunk => closure_name;
    /// `(%procedure-check name place value …)`: the first value, or a fault if one is no procedure. The
    /// place is that of the first among the arguments of `name`.
    731 "%procedure-check" (3..) constant => check;
    /// `(%apply-long? procedure arguments others)`: whether `apply` has to give the arguments in pieces; a
    /// fault if the procedure is none, or if the last argument is no list. There are as many before that
    /// one as there are pairs in `others`.
    732 "%apply-long?" (3) chunk => is_long_call;
}

/// Whether a value can be called.
pub(crate) fn is_procedure(heap: &Heap, word: Word) -> bool {
    heap.kind_of(word).is_some_and(|kind| PROCEDURE_KINDS.contains(&kind))
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match (2..arguments.count()).find(|&index| !is_procedure(&vm.heap, arguments.get(index))) {
        None => Ok(arguments.get(2)),
        Some(index) => Err(no_procedure(vm, arguments, index)),
    }
}

/// The fault of argument `index` of `%procedure-check`.
#[cold]
fn no_procedure(vm: &Vm, arguments: Arguments, index: usize) -> Interrupt {
    let name = name_text(&vm.heap, arguments.get(0));
    let place = trusted_count(arguments.get(1)).saturating_add(index - 2);
    wrong_type(&vm.heap, &name, place, "a procedure", arguments.get(index))
}

fn is_long_call(vm: &mut Vm, arguments: Arguments) -> Outcome {
    if !is_procedure(&vm.heap, arguments.get(0)) {
        return Err(Call::new(vm, "apply", arguments).wrong_type(0, "a procedure"));
    }
    let (rest, _) = walk(&vm.heap, arguments.get(1), APPLY_ARGUMENTS_MAX);
    if !rest.is_pair() && rest != Word::NULL {
        return Err(no_list(vm, arguments));
    }
    Ok(Word::boolean(rest.is_pair()))
}

/// The fault of a call of `apply` whose last argument is no list.
#[cold]
fn no_list(vm: &Vm, arguments: Arguments) -> Interrupt {
    let (_, others) = walk(&vm.heap, arguments.get(2), APPLY_ARGUMENTS_MAX);
    let (last, _) = walk(&vm.heap, arguments.get(1), others);
    let shown = summary(&vm.heap, last);
    let message = format!("apply expects a list as its last argument, found {shown}");
    Fault::new(ErrorCode::WrongType, message).with_irritants(&[last]).into()
}

fn closure_name(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%closure-name", arguments);
    let closure = call.of_kind(0, Kind::Closure, "a procedure written in Scheme")?;
    let name = code_name(vm, vm.heap.field(closure, body::Closure::CODE));
    let shown: String = name.chars().take(SYMBOL_CHARACTERS_MAX).collect();
    vm.reserve(Heap::string_room(shown.chars().count()))?;
    Ok(vm.heap.string(&shown))
}
