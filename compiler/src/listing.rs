//! Code units as text, for tests and for people who look at what a program became.

use crate::core_write::write_word;
use crate::datum::QuotedData;
use crate::datum_write::write_datum;
use pscheme_vm::code::{CodeUnit, Constant, Program};
use pscheme_vm::op::{Op, OperandKind, field};
use std::fmt::Write;

/// All units of a program, each followed by the units inside it.
pub fn list_program(program: &Program<QuotedData>) -> String {
    let mut text = String::new();
    for (index, thunk) in program.thunks.iter().enumerate() {
        let mut units = vec![(format!("form {index}"), thunk)];
        while let Some((title, unit)) = units.pop() {
            list_unit(&mut text, &title, unit, &program.data);
            let inner = unit.constants.iter().enumerate().filter_map(|(index, constant)| {
                let Constant::Code(unit) = constant else { return None };
                Some((format!("{title}/{index}"), &**unit))
            });
            let inner: Vec<(String, &CodeUnit)> = inner.collect();
            units.extend(inner.into_iter().rev());
        }
    }
    text
}

fn list_unit(text: &mut String, title: &str, unit: &CodeUnit, data: &QuotedData) {
    let rest = if unit.arity.rest { "+" } else { "" };
    let name = if unit.name.is_empty() { String::new() } else { format!(" {}", unit.name) };
    let _ = writeln!(
        text,
        "{title}:{name} arguments={}{rest} captures={} frame={}",
        unit.arity.required, unit.captures, unit.frame_words
    );
    let mut position = 0;
    while position < unit.instructions.len() {
        let word = unit.instructions[position];
        let _ = writeln!(text, "  {position:3} {}", list_instruction(unit, data, position));
        let call = matches!(Op::from_code(field::op(word)), Some(Op::Call | Op::CallGlobal));
        position += if call { 2 } else { 1 };
    }
}

/// One instruction, its constants by value and its jumps by target.
fn list_instruction(unit: &CodeUnit, data: &QuotedData, position: usize) -> String {
    let word = unit.instructions[position];
    let Some(op) = Op::from_code(field::op(word)) else { return format!("invalid {word:#x}") };
    let row = op.row();
    let mut text = row.name().to_string();
    for (index, (_, _, kind)) in row.operands.iter().enumerate() {
        let value = row.operand(word, index);
        let shown = match kind {
            OperandKind::Constant => match &unit.constants[value as usize] {
                Constant::Cell(name) | Constant::LibraryCell(name) => name.clone(),
                Constant::Code(_) => format!("code/{value}"),
                Constant::Datum(datum) => {
                    format!("'{}", write_datum(&data.arena, data.root(*datum)))
                }
            },
            OperandKind::Word32 => write_word(value),
            OperandKind::Jump16 | OperandKind::Jump32 => {
                format!("->{}", position as i64 + 1 + value)
            }
            OperandKind::Count => format!("#{value}"),
            OperandKind::Int16 | OperandKind::Primitive => value.to_string(),
            _ => format!("r{value}"),
        };
        let _ = write!(text, " {shown}");
    }
    text
}
