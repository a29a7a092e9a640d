//! Installed code as text: for people who ask what a procedure became.

use std::fmt::Write;

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_stdlib::signature::procedure_name;
use pscheme_vm::machine::CodeView;
use pscheme_vm::op::{Op, OperandKind, disassemble, field};

use crate::inspect::View;
use crate::show::{ShowLimits, show};

/// The instructions of a procedure and of those inside it; `None` if the value is no procedure that
/// was compiled.
pub fn disassembly(view: View<'_>, procedure: Word) -> Option<String> {
    let code = view.heap.peek_field(procedure, Kind::Closure, body::Closure::CODE)?;
    let mut text = String::new();
    let mut work = vec![code];
    while let Some(code) = work.pop() {
        let inner = list_code(view, code, &mut text);
        work.extend(inner.into_iter().rev());
    }
    Some(text)
}

/// Appends one code object; gives the code objects among its constants.
fn list_code(view: View<'_>, code: Word, text: &mut String) -> Vec<Word> {
    let shape = CodeView::of(view.heap, code);
    let name = procedure_name(view.heap, code).unwrap_or_else(|| "lambda".into());
    let rest = if shape.rest { "+" } else { "" };
    let _ = writeln!(
        text,
        "{name}: arguments={}{rest} captures={} frame={}",
        shape.required, shape.captures, shape.frame_words
    );
    let words = shape.words(view.heap);
    let mut position = 0;
    while position < words.len() {
        let word = words[position];
        let _ = write!(text, "  {position:4}  {}", disassemble(word));
        if let Some(constant) = constant_of(view, shape, position, word) {
            let _ = write!(text, "  ; {constant}");
        }
        text.push('\n');
        // A return point stands behind a call.
        let is_call = matches!(Op::from_code(field::op(word)), Some(Op::Call | Op::CallGlobal));
        position += if is_call { 2 } else { 1 };
    }
    let constants = (0..shape.constants).map(|index| shape.constant(view.heap, index));
    constants.filter(|&word| view.heap.peek_kind(word) == Some(Kind::Code)).collect()
}

/// The constant an instruction refers to, as text.
fn constant_of(view: View<'_>, shape: CodeView, position: usize, word: u64) -> Option<String> {
    let row = Op::from_code(field::op(word))?.row();
    let at = row.operands.iter().position(|(_, _, kind)| *kind == OperandKind::Constant)?;
    // Constants stand behind the instructions, and are named by their distance.
    let distance = usize::try_from(row.operand(word, at)).ok()?;
    let index = (position + 1 + distance).checked_sub(shape.instructions)?;
    let constant = (index < shape.constants).then(|| shape.constant(view.heap, index))?;
    Some(match view.heap.peek_kind(constant) {
        Some(Kind::Cell) => {
            let name = view.heap.field(constant, body::Cell::NAME);
            view.heap.peek_symbol(name, ShowLimits::LINE.characters).unwrap_or_default()
        }
        Some(Kind::Code) => procedure_name(view.heap, constant).unwrap_or_else(|| "lambda".into()),
        _ => show(view.heap, view.primitives, constant, ShowLimits::LINE),
    })
}
