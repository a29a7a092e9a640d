//! The riskiest joint without a compiler: hand-assembled programs, suspended at every safepoint,
//! committed, dropped and read back, on both engines and in zeal.

use std::sync::Arc;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::limits::HEAP_RESERVED_BYTES_MIN;
use pscheme_heap::store::{MemoryImage, Store, Wave};
use pscheme_heap::word::Word;
use pscheme_vm::code::{Arity, CodeUnit, Constant};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::install::InstallContext;
use pscheme_vm::machine::Vm;
use pscheme_vm::op::{Op, encode};
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;
use pscheme_vm::verify_code::verify_code;

fn unit(
    name: &str,
    required: u16,
    frame_words: u16,
    constants: &[Constant],
    code: &[(Op, &[i64])],
) -> CodeUnit {
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
        frame_words,
        instructions,
        constants: constants.to_vec(),
        spans: vec![],
        variables: vec![],
    }
}

fn cell(name: &str) -> Constant {
    Constant::Cell(name.into())
}

fn fib() -> CodeUnit {
    unit(
        "fib",
        1,
        8,
        &[cell("fib")],
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
    )
}

/// Depth of `n` calls, each adding one to what comes back.
fn deep() -> CodeUnit {
    unit(
        "deep",
        1,
        8,
        &[cell("deep")],
        &[
            (Op::JumpUnlessEqualInt, &[2, 0, 1]),
            (Op::Return, &[2]),
            (Op::AddInt, &[5, 2, -1]),
            (Op::CallGlobal, &[1, 3, 0]),
            (Op::AddInt, &[3, 3, 1]),
            (Op::Return, &[3]),
        ],
    )
}

fn call_with(name: &str, argument: i64) -> CodeUnit {
    unit(
        "main",
        0,
        8,
        &[cell(name)],
        &[(Op::LoadWord, &[4, argument << 3]), (Op::CallGlobal, &[1, 2, 0]), (Op::Return, &[2])],
    )
}

/// A generator: `yield` stores its own continuation and throws the value to the consumer's, which
/// sums what it gets and throws back for the next.
fn generator() -> Vec<CodeUnit> {
    // (swap k): stores k in `other`, then throws `value` to what `other` held.
    let swap = unit(
        "swap",
        1,
        8,
        &[cell("other"), cell("value"), cell("%throw")],
        &[
            (Op::GlobalReference, &[5, 0]),
            (Op::GlobalSet, &[2, 0]),
            (Op::GlobalReference, &[6, 1]),
            (Op::TailCallGlobal, &[2, 3, 2]),
        ],
    );
    // (producer): for i = 1, 2, … value := i; (%call/cc swap)
    let producer = unit(
        "producer",
        0,
        10,
        &[cell("value"), cell("swap"), cell("%call/cc")],
        &[
            (Op::LoadWord, &[2, 1 << 3]),
            (Op::GlobalSet, &[2, 0]),
            (Op::GlobalReference, &[5, 1]),
            (Op::CallGlobal, &[1, 3, 2]),
            (Op::AddInt, &[2, 2, 1]),
            (Op::Loop, &[-6]),
        ],
    );
    // (start k): other := k; run the producer below an empty consumer.
    let start = unit(
        "start",
        1,
        8,
        &[cell("other"), cell("producer")],
        &[(Op::GlobalDefine, &[2, 0]), (Op::TailCallGlobal, &[0, 3, 1])],
    );
    // main: sum := (call/cc start); 99 times sum := sum + (call/cc swap).
    let main = unit(
        "main",
        0,
        10,
        &[cell("value"), cell("start"), cell("%call/cc"), cell("swap")],
        &[
            (Op::LoadWord, &[2, 0]),
            (Op::GlobalDefine, &[2, 0]),
            (Op::GlobalReference, &[6, 1]),
            (Op::CallGlobal, &[1, 4, 2]),
            (Op::Move, &[2, 4]),
            (Op::LoadWord, &[3, 1 << 3]),
            (Op::GlobalReference, &[6, 3]),
            (Op::CallGlobal, &[1, 4, 2]),
            (Op::Add, &[2, 2, 4]),
            (Op::AddInt, &[3, 3, 1]),
            (Op::JumpUnlessLessInt, &[3, 100, 1]),
            (Op::Loop, &[-7]),
            (Op::Return, &[2]),
        ],
    );
    vec![swap, producer, start, main]
}

/// A list of 0 to n - 1 built by consing, then summed.
fn conses(n: i64) -> CodeUnit {
    unit(
        "main",
        0,
        8,
        &[],
        &[
            (Op::LoadWord, &[2, Word::NULL.0 as i64]),
            (Op::LoadWord, &[3, 0]),
            (Op::LoadWord, &[4, n << 3]),
            (Op::Cons, &[2, 3, 2]),
            (Op::AddInt, &[3, 3, 1]),
            (Op::JumpUnlessLess, &[3, 4, 1]),
            (Op::Loop, &[-4]),
            (Op::LoadWord, &[3, 0]),
            (Op::JumpUnlessPair, &[2, 4]),
            (Op::Car, &[4, 2]),
            (Op::Add, &[3, 3, 4]),
            (Op::Cdr, &[2, 2]),
            (Op::Loop, &[-5]),
            (Op::Return, &[3]),
        ],
    )
}

fn machine() -> Vm {
    let primitives = Arc::new(PrimitiveSet::new([]));
    let heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
    let mut vm = Vm::new(heap, primitives, Box::new(SilentHost::default()));
    vm.heap.persistent = true;
    vm.boot().unwrap();
    vm
}

/// Installs units; the last becomes the thunk of the only process, the others global procedures.
fn start(vm: &mut Vm, units: &[CodeUnit]) {
    let data = vm.heap.protect(Word::FALSE);
    for (index, unit) in units.iter().enumerate() {
        let code = vm.install(unit, InstallContext { data, sources: &[], templates: &[] }).unwrap();
        let place = vm.heap.protect(code);
        let closure = vm.closure_of(code);
        vm.heap.set_protected(place, closure);
        if index + 1 < units.len() {
            vm.define(&unit.name, place);
        } else {
            vm.spawn(closure, Word::FALSE).unwrap();
        }
        vm.heap.unprotect(place);
    }
    vm.heap.unprotect(data);
}

/// Commits, drops everything, and reads the image back.
fn reopen(mut vm: Vm, image: &MemoryImage, store: &mut Option<Box<dyn Store>>) -> Vm {
    vm.park_for_commit();
    vm.heap.collect_young(&mut vm.machine);
    let mut wave = Wave::default();
    vm.heap.list_changes(&mut wave);
    store.as_mut().unwrap().commit(&wave).unwrap();
    *store = None;
    drop(vm);
    let mut fresh = image.open().unwrap();
    let mut heap = Heap::restore_reserving(&mut fresh, HEAP_RESERVED_BYTES_MIN).unwrap();
    let primitives = Arc::new(PrimitiveSet::new([]));
    let problems = heap.verify(&mut |heap, code| verify_code(heap, code, &primitives));
    assert!(problems.is_empty(), "{problems:?}");
    heap.sweep_after_opening();
    fresh.begin().unwrap();
    *store = Some(Box::new(fresh));
    let mut vm = Vm::new(heap, primitives, Box::new(SilentHost::default()));
    vm.heap.persistent = true;
    vm
}

fn run_straight(engine: Engine, zeal: bool, units: &[CodeUnit]) -> i64 {
    let mut vm = machine();
    start(&mut vm, units);
    vm.heap.set_zeal(zeal);
    loop {
        match vm.advance(engine) {
            Event::Slice => {}
            Event::Finished(process) => {
                return vm.heap.field(process, body::Process::VALUE).as_fixnum();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Runs with a commit and reopening every `every` units of work, at most `most` times.
fn run_suspended(engine: Engine, every: i64, most: usize, units: &[CodeUnit]) -> (i64, usize) {
    let image = MemoryImage::new();
    let mut fresh = image.open().unwrap();
    fresh.begin().unwrap();
    let mut store: Option<Box<dyn Store>> = Some(Box::new(fresh));
    let mut vm = machine();
    start(&mut vm, units);
    let mut suspensions = 0;
    loop {
        let fuel = if suspensions < most { every } else { 1_000_000 };
        match vm.advance_by(engine, fuel) {
            Event::Slice if suspensions < most => {
                suspensions += 1;
                vm = reopen(vm, &image, &mut store);
            }
            Event::Slice => {}
            Event::Finished(process) => {
                let value = vm.heap.field(process, body::Process::VALUE);
                return (value.as_fixnum(), suspensions);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn fib_runs_on_every_engine_and_in_zeal() {
    for &engine in Engine::all() {
        assert_eq!(run_straight(engine, false, &[fib(), call_with("fib", 20)]), 6765);
        assert_eq!(run_straight(engine, true, &[fib(), call_with("fib", 12)]), 144);
    }
}

#[test]
fn fib_survives_a_suspension_at_every_safepoint() {
    for &engine in Engine::all() {
        let (value, suspensions) = run_suspended(engine, 1, 3000, &[fib(), call_with("fib", 14)]);
        assert_eq!(value, 377);
        assert!(suspensions > 1000, "{suspensions}");
    }
}

#[test]
fn generators_switch_and_survive_suspension() {
    for &engine in Engine::all() {
        assert_eq!(run_straight(engine, false, &generator()), 5050);
        assert_eq!(run_straight(engine, true, &generator()), 5050);
        let (value, suspensions) = run_suspended(engine, 1, 2000, &generator());
        assert_eq!(value, 5050);
        assert!(suspensions > 500, "{suspensions}");
    }
}

#[test]
fn allocation_survives_zeal_and_suspension() {
    for &engine in Engine::all() {
        assert_eq!(run_straight(engine, true, &[conses(2500)]), 2499 * 2500 / 2);
        assert_eq!(run_straight(engine, false, &[conses(1_000_000)]), 999_999 * 500_000);
        let (value, _) = run_suspended(engine, 7, 600, &[conses(5000)]);
        assert_eq!(value, 4999 * 2500);
    }
}

#[test]
fn recursion_is_as_deep_as_the_heap_allows() {
    for &engine in Engine::all() {
        assert_eq!(run_straight(engine, false, &[deep(), call_with("deep", 1_000_000)]), 1_000_000);
    }
}

#[test]
fn deep_recursion_survives_suspension() {
    let (value, suspensions) =
        run_suspended(Engine::fastest(), 397, 200, &[deep(), call_with("deep", 50_000)]);
    assert_eq!(value, 50_000);
    assert!(suspensions > 50, "{suspensions}");
}

#[test]
fn the_fastest_engine_that_is_built_is_used() {
    let fastest = Engine::fastest();
    if Engine::all().contains(&Engine::Tail) {
        // The environment may say which of the two.
        assert!(matches!(fastest, Engine::Native(_) | Engine::Tail), "{fastest:?}");
    } else {
        assert_eq!(fastest, Engine::Match);
    }
}
