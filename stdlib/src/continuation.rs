//! What prompts and composable continuations are made of; the rest of them is `prelude/prompt.scm`.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::Outcome;
use crate::control::has_code;

primitives! { CONTINUATION_PRIMITIVES:
    /// `(%copy-continuations first end base)`: copies the continuations from the first up to the
    /// end, which is not one of them, and puts them before another one. The first copy; or a pair
    /// of the first and the last, with which `%copy-continuations-behind!` goes on.
    279 "%copy-continuations" (3) chunk => copy_continuations;
    /// `(%copy-continuations-behind! last end base)`: copies what follows the last copy. The copy
    /// that is the last then, or `#f` if all are copied.
    280 "%copy-continuations-behind!" (3) chunk => copy_continuations_behind;
    /// `(%same-lambda? value procedure)`: was the value made by the same lambda expression as the
    /// procedure?
    281 "%same-lambda?" (2) constant => same_lambda;
    /// `(continuation-violation? value)`: is it the object of the error that no prompt has a tag?
    282 "continuation-violation?" (1) constant => |vm, a| {
        Ok(has_code(&vm.heap, a.get(0), ErrorCode::NoPrompt))
    };
}

fn copy_continuations(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let copied = vm.copy_continuations(arguments)?;
    if copied.is_whole {
        return Ok(copied.first);
    }
    Ok(vm.heap.pair(copied.first, copied.last))
}

fn copy_continuations_behind(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let copied = vm.copy_continuations_behind(arguments)?;
    Ok(if copied.is_whole { Word::FALSE } else { copied.last })
}

fn same_lambda(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let code = |word| {
        let is_closure = vm.heap.kind_of(word) == Some(Kind::Closure);
        is_closure.then(|| vm.heap.field(word, body::Closure::CODE))
    };
    let (left, right) = (code(arguments.get(0)), code(arguments.get(1)));
    Ok(Word::boolean(left.is_some() && left == right))
}
