//! How a procedure is called: its name and its parameters, for people.
//!
//! Reads through `peek`, so that the procedures of a heap that does not verify can be shown.

use pscheme_compiler::reader::is_plain_symbol;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::code_info::parameters_text;
use pscheme_vm::machine::CodeView;
use pscheme_vm::primitive::PrimitiveSet;

use crate::write::symbol_text;

/// Characters of a procedure's name that are shown.
const NAME_CHARACTERS_MAX: usize = 100;

/// The name and the parameters of a procedure as a call is written: `(map procedure list . more)`.
pub fn signature(heap: &Heap, primitives: &PrimitiveSet, procedure: Word) -> Option<String> {
    match heap.peek_kind(procedure)? {
        Kind::Closure => code_signature(heap, heap.field(procedure, body::Closure::CODE)),
        Kind::Primitive => {
            let row = primitives.get(heap.raw(procedure, body::Primitive::CODE) as usize)?;
            Some(row.signature().to_string())
        }
        Kind::Continuation => Some("(continuation value …)".into()),
        _ => None,
    }
}

/// The name of code, if it has one.
pub fn procedure_name(heap: &Heap, code: Word) -> Option<String> {
    let name = heap.peek_field(code, Kind::Code, body::Code::NAME)?;
    heap.peek_symbol(name, NAME_CHARACTERS_MAX)
}

fn code_signature(heap: &Heap, code: Word) -> Option<String> {
    let view = CodeView::peek(heap, code)?;
    let name = procedure_name(heap, code).unwrap_or_else(|| "lambda".into());
    Some(format!("({}{})", bare_name(&name), parameters_text(heap, view)))
}

/// A name without bars around it: names of libraries' own variables hold spaces.
pub fn bare_name(name: &str) -> String {
    if is_plain_symbol(name) || name.contains(" (") { name.into() } else { symbol_text(name, true) }
}
