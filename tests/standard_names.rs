//! Every variable that a standard library exports has a value: a procedure, or one that says that it
//! is not in this version.

use pscheme::heap::word::Word;
use pscheme::host::StandardHost;
use pscheme::{Session, SessionOptions};
use pscheme_compiler::expand::exported_variables;

#[test]
fn what_the_standard_libraries_export_is_there() {
    let mut session =
        Session::transient(SessionOptions::new(Box::new(StandardHost::default()))).unwrap();
    let vm = &mut session.vm;
    let mut missing = Vec::new();
    for name in exported_variables() {
        let symbol = vm.heap.intern(name, &mut vm.machine);
        let value = vm
            .heap
            .find_global(symbol)
            .map(|cell| vm.heap.field(cell, pscheme::heap::kind::body::Cell::CONTENT));
        if value.is_none_or(|value| value == Word::UNBOUND) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "without a value: {}", missing.join(" "));
}
