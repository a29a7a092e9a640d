//! Times fib(29) and a loop on each engine; for a look, not a test.
use std::sync::Arc;
use std::time::Instant;

use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::code::{Arity, CodeUnit, Constant};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::install::InstallContext;
use pscheme_vm::machine::Vm;
use pscheme_vm::op::{Op, encode};
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;

fn unit(name: &str, required: u16, constants: &[Constant], code: &[(Op, &[i64])]) -> CodeUnit {
    let mut instructions = Vec::new();
    for (op, operands) in code {
        instructions.push(encode(*op, operands).unwrap());
        if matches!(op, Op::Call | Op::CallGlobal) {
            instructions.push(0);
        }
    }
    CodeUnit {
        name: name.into(),
        arity: Arity { required, optional: 0, rest: false },
        captures: 0,
        frame_words: 10,
        instructions,
        constants: constants.to_vec(),
        spans: vec![],
        variables: vec![],
    }
}

fn main() {
    for &engine in Engine::all() {
        for (name, units) in programs() {
            let best = (0..5).map(|_| time(engine, &units)).fold(f64::MAX, f64::min);
            println!("{engine:?} {name}: {best:.2} ms");
        }
    }
}

/// Each a name and its units.
fn programs() -> [(&'static str, Vec<CodeUnit>); 4] {
    [
        ("fib(29)", fib()),
        ("loop 2e7", vec![count()]),
        ("cons 1e7", vec![cons()]),
        ("store 2e7", vec![store()]),
    ]
}

fn fib() -> Vec<CodeUnit> {
    let fib = unit(
        "fib",
        1,
        &[Constant::Cell("fib".into())],
        &[
            (Op::JumpUnlessLessInt, &[2, 2, 1]),
            (Op::Return, &[2]),
            (Op::AddInt, &[6, 2, -1]),
            (Op::CallGlobal, &[1, 4, 0]),
            (Op::AddInt, &[7, 2, -2]),
            (Op::CallGlobal, &[1, 5, 0]),
            (Op::Add, &[4, 4, 5]),
            (Op::Return, &[4]),
        ],
    );
    let run_fib = unit(
        "main",
        0,
        &[Constant::Cell("fib".into())],
        &[(Op::LoadWord, &[4, 29 << 3]), (Op::CallGlobal, &[1, 2, 0]), (Op::Return, &[2])],
    );
    vec![fib, run_fib]
}

fn count() -> CodeUnit {
    unit(
        "main",
        0,
        &[],
        &[
            (Op::LoadWord, &[2, 0]),
            (Op::LoadWord, &[3, 20_000_000 << 3]),
            (Op::AddInt, &[2, 2, 1]),
            (Op::JumpUnlessLess, &[2, 3, 1]),
            (Op::Loop, &[-3]),
            (Op::Return, &[2]),
        ],
    )
}

fn cons() -> CodeUnit {
    unit(
        "main",
        0,
        &[],
        &[
            (Op::LoadWord, &[2, 0]),
            (Op::LoadWord, &[3, 10_000_000 << 3]),
            (Op::LoadWord, &[5, 0]),
            (Op::Cons, &[4, 2, 5]),
            (Op::AddInt, &[2, 2, 1]),
            (Op::JumpUnlessLess, &[2, 3, 1]),
            (Op::Loop, &[-4]),
            (Op::Return, &[2]),
        ],
    )
}

/// The write barrier, twice in each round.
fn store() -> CodeUnit {
    unit(
        "main",
        0,
        &[],
        &[
            (Op::LoadWord, &[2, 0]),
            (Op::LoadWord, &[3, 10_000_000 << 3]),
            (Op::Cons, &[4, 2, 3]),
            (Op::SetCar, &[4, 2]),
            (Op::SetCdr, &[4, 2]),
            (Op::AddInt, &[2, 2, 1]),
            (Op::JumpUnlessLess, &[2, 3, 1]),
            (Op::Loop, &[-5]),
            (Op::Return, &[2]),
        ],
    )
}

/// Milliseconds from the first slice to the end; the last unit is the program's thunk.
fn time(engine: Engine, units: &[CodeUnit]) -> f64 {
    let set = Arc::new(PrimitiveSet::new([]));
    let mut vm = Vm::new(Heap::new().unwrap(), set, Box::new(SilentHost::default()));
    vm.boot().unwrap();
    let data = vm.heap.protect(Word::FALSE);
    for (index, unit) in units.iter().enumerate() {
        let code = vm.install(unit, InstallContext { data, sources: &[], templates: &[] }).unwrap();
        let closure = vm.closure_of(code);
        let place = vm.heap.protect(closure);
        if index + 1 < units.len() {
            vm.define(&unit.name, place);
        } else {
            vm.spawn(vm.heap.protected(place), Word::FALSE).unwrap();
        }
    }
    let start = Instant::now();
    while vm.advance(engine) == Event::Slice {}
    start.elapsed().as_secs_f64() * 1e3
}
