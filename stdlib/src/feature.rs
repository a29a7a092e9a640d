//! What this pscheme can do, for programs that ask while they run. The table is the compiler's, which
//! `cond-expand` asks.

use pscheme_compiler::features::FEATURES;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::Outcome;

primitives! { FEATURE_PRIMITIVES:
    /// `(features)`: a list of the features that `cond-expand` finds, as symbols.
    719 "features" (0) constant => features;
}

fn features(vm: &mut Vm, _: Arguments) -> Outcome {
    // The table of symbols keeps them: made once, they are found below without room for anything.
    for name in FEATURES {
        vm.heap.intern(name, &mut vm.machine);
    }
    vm.reserve(FEATURES.len() as u64 * 16)?;
    let mut list = Word::NULL;
    for name in FEATURES.iter().rev() {
        let symbol = vm.heap.intern(name, &mut vm.machine);
        list = vm.heap.pair(symbol, list);
    }
    Ok(list)
}
