mod support;
use pscheme_vm::engine::Engine;
use support::*;
#[test]
fn timing() {
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.set_zeal(true);
    let all = cases("tables.scm", include_str!("cases/tables.scm"));
    for case in &all { if case.text.contains("000") { eprintln!("skipped {}", case.line); continue; }
    let before = machine.vm.heap.counts.minor;
    let r = machine.run(&case.text);
    eprintln!("{} {r:?} {} {}", case.line, machine.vm.heap.counts.minor - before, machine.vm.heap.zeal);
    }
}
