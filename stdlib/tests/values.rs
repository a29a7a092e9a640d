//! What procedures of the library return, case by case, on every engine, and a part of it with a
//! collection at every allocation.

mod support;

use pscheme_vm::engine::Engine;
use support::{Case, Expected, Machine, cases, check};

const FILES: &[(&str, &str)] = &[
    ("numbers.scm", include_str!("cases/numbers.scm")),
    ("numeric-tower.scm", include_str!("cases/numeric-tower.scm")),
    ("lists.scm", include_str!("cases/lists.scm")),
    ("texts.scm", include_str!("cases/texts.scm")),
    ("control.scm", include_str!("cases/control.scm")),
    ("macros.scm", include_str!("cases/macros.scm")),
    ("exceptions.scm", include_str!("cases/exceptions.scm")),
    ("libraries.scm", include_str!("cases/libraries.scm")),
    ("tables.scm", include_str!("cases/tables.scm")),
    ("ports.scm", include_str!("cases/ports.scm")),
    ("features.scm", include_str!("cases/features.scm")),
    ("promises.scm", include_str!("cases/promises.scm")),
    ("records.scm", include_str!("cases/records.scm")),
    ("eval.scm", include_str!("cases/eval.scm")),
    ("read.scm", include_str!("cases/read.scm")),
];

/// The cases of each file: its programs share a machine, and what they define at the top level.
fn all() -> Vec<Vec<Case>> {
    FILES.iter().map(|(name, text)| cases(name, text)).collect()
}

#[test]
fn values_are_as_documented_on_every_engine() {
    let all = all();
    let count: usize = all.iter().map(Vec::len).sum();
    assert!(count >= 800, "{count} cases");
    for &engine in Engine::all() {
        for cases in &all {
            check(&mut Machine::new(engine), cases);
        }
    }
}

#[test]
fn values_are_the_same_in_zeal() {
    // Cases over thousands of elements collect thousands of times; the others are all run.
    let mut count = 0;
    for cases in all() {
        let small: Vec<Case> =
            cases.into_iter().filter(|case| !case.text.contains("000")).collect();
        count += small.len();
        let mut machine = Machine::new(Engine::fastest());
        machine.vm.heap.set_zeal(true);
        check(&mut machine, &small);
    }
    assert!(count >= 700, "{count} cases");
}

#[test]
fn faults_name_what_is_wrong() {
    let all = cases("faults.scm", include_str!("cases/faults.scm"));
    assert!(all.iter().all(|case| matches!(case.expected, Expected::Failure { .. })));
    check(&mut Machine::new(Engine::fastest()), &all);
}
