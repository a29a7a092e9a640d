//! What procedures are called in messages.

use pscheme_heap::kind::{Kind, body};
use pscheme_vm::call::code_name;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome};
use crate::limits::SYMBOL_CHARACTERS_MAX;

primitives! { PROCEDURE_PRIMITIVES:
    /// `(%closure-name procedure)`: the name of a procedure written in Scheme, as a string.
    718 "%closure-name" (1) chunk => closure_name;
}

fn closure_name(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%closure-name", arguments);
    let closure = call.of_kind(0, Kind::Closure, "a procedure written in Scheme")?;
    let name = code_name(vm, vm.heap.field(closure, body::Closure::CODE));
    let shown: String = name.chars().take(SYMBOL_CHARACTERS_MAX).collect();
    vm.reserve(pscheme_heap::heap::Heap::string_room(shown.chars().count()))?;
    Ok(vm.heap.string(&shown))
}
