//! What a program asks of the process it runs in (R7RS 6.14): its command line and the environment. All
//! of it comes through the host.

use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome};

primitives! { CONTEXT_PRIMITIVES:
    /// `(command-line)`: the program's name and its arguments, as strings.
    726 "command-line" (0) chunk => |vm, _| {
        let words = vm.machine.host.command_line();
        list(vm, words, text)
    };
    /// `(get-environment-variable name)`: the value of a variable of the environment, or `#f`.
    727 "get-environment-variable" (1) chunk => |vm, arguments| {
        let name = Call::new(vm, "get-environment-variable", arguments).string(0)?;
        let name = vm.heap.string_start(name, NAME_CHARACTERS_MAX);
        match vm.machine.host.environment_variable(&name) {
            Some(value) => text(vm, value),
            None => Ok(Word::FALSE),
        }
    };
    /// `(get-environment-variables)`: a list of pairs of the names and values of the environment.
    728 "get-environment-variables" (0) chunk => |vm, _| {
        let variables = vm.machine.host.environment_variables();
        list(vm, variables, |vm, (name, value)| {
            let name = text(vm, name)?;
            let name = vm.heap.protect(name);
            let value = text(vm, value).and_then(|value| {
                let value = vm.heap.protect(value);
                vm.reserve(16)?;
                Ok(vm.heap.pair(vm.heap.protected(name), vm.heap.protected(value)))
            });
            vm.heap.unprotect(name);
            value
        })
    };
}

/// Characters of a variable's name that are looked at; no system has names as long.
const NAME_CHARACTERS_MAX: usize = 65_536;

fn text(vm: &mut Vm, text: String) -> Outcome {
    vm.reserve(Heap::string_room(text.chars().count()))?;
    Ok(vm.heap.string(&text))
}

/// A list of what is made of the items.
fn list<T>(
    vm: &mut Vm,
    items: Vec<T>,
    mut make: impl FnMut(&mut Vm, T) -> Result<Word, Interrupt>,
) -> Outcome {
    let list = vm.heap.protect(Word::NULL);
    for item in items.into_iter().rev() {
        let pair = make(vm, item).and_then(|word| {
            let word = vm.heap.protect(word);
            vm.reserve(16)?;
            Ok(vm.heap.pair(vm.heap.protected(word), vm.heap.protected(list)))
        });
        match pair {
            Ok(pair) => vm.heap.set_protected(list, pair),
            Err(interrupt) => {
                vm.heap.unprotect(list);
                return Err(interrupt);
            }
        }
    }
    let word = vm.heap.protected(list);
    vm.heap.unprotect(list);
    Ok(word)
}
