//! The rules that the machine's verifier enforces, checked on code units.

use pscheme_vm::code::{CodeUnit, Constant};
use pscheme_vm::op::{Control, Op, OperandKind, effects, field};
use std::collections::HashSet;

/// Checks a unit and all units inside it.
pub fn check_unit(unit: &CodeUnit) -> Result<(), String> {
    let mut units = vec![unit];
    while let Some(unit) = units.pop() {
        check_one(unit).map_err(|broken| format!("in `{}`: {broken}", unit.name))?;
        units.extend(unit.constants.iter().filter_map(|constant| match constant {
            Constant::Code(inner) => Some(&**inner),
            _ => None,
        }));
    }
    Ok(())
}

fn check_one(unit: &CodeUnit) -> Result<(), String> {
    let starts = instruction_starts(unit)?;
    let arguments = unit.arity.required as usize + usize::from(unit.arity.rest);
    let mut entry: HashSet<usize> = (2..2 + arguments).collect();
    entry.insert(0);
    let mut written: Vec<Option<HashSet<usize>>> = vec![None; unit.instructions.len()];
    let mut work = vec![(0, entry)];
    while let Some((position, arriving)) = work.pop() {
        if !starts.contains(&position) {
            return Err(format!("control comes to {position}, which is no instruction"));
        }
        let merged = match &written[position] {
            Some(known) if known.is_subset(&arriving) => continue,
            Some(known) => known.intersection(&arriving).copied().collect(),
            None => arriving,
        };
        written[position] = Some(merged.clone());
        let after = step(unit, position, merged)?;
        for next in successors(unit, position)? {
            work.push((next, after.clone()));
        }
    }
    Ok(())
}

fn instruction_starts(unit: &CodeUnit) -> Result<HashSet<usize>, String> {
    let mut starts = HashSet::new();
    let mut position = 0;
    while position < unit.instructions.len() {
        starts.insert(position);
        let op = Op::from_code(field::op(unit.instructions[position])).ok_or("no opcode")?;
        if op == Op::Trap {
            return Err(format!("a trap at {position}"));
        }
        if op.row().control == Control::Call {
            position += 1;
            if unit.instructions.get(position) != Some(&0) {
                return Err(format!("no place for a return point at {position}"));
            }
        }
        position += 1;
    }
    Ok(starts)
}

/// The registers that are written after an instruction, given those before it.
fn step(
    unit: &CodeUnit,
    position: usize,
    mut written: HashSet<usize>,
) -> Result<HashSet<usize>, String> {
    let word = unit.instructions[position];
    let effects = effects(word);
    let highest = effects.reads.iter().chain(effects.writes).max();
    if highest.is_some_and(|highest| highest >= unit.frame_words as usize) {
        return Err(format!("{position} uses a register outside the frame"));
    }
    if let Some(register) = effects.reads.iter().find(|register| !written.contains(register)) {
        let text = pscheme_vm::op::disassemble(word);
        return Err(format!("{position} `{text}` reads register {register} before it is written"));
    }
    if effects.reads.iter().any(|register| register == 1) || effects.writes == Some(1) {
        return Err(format!("{position} touches the link"));
    }
    if effects.writes == Some(0) {
        return Err(format!("{position} overwrites the closure"));
    }
    if let Some(lost) = effects.clobbers_from {
        written.retain(|register| *register < lost);
    }
    written.extend(effects.writes);
    Ok(written)
}

fn successors(unit: &CodeUnit, position: usize) -> Result<Vec<usize>, String> {
    let word = unit.instructions[position];
    let op = Op::from_code(field::op(word)).expect("checked before");
    let row = op.row();
    let jump = row
        .operands
        .iter()
        .position(|(_, _, kind)| matches!(kind, OperandKind::Jump16 | OperandKind::Jump32))
        .map(|index| position as i64 + 1 + row.operand(word, index));
    if let Some(target) = jump {
        let backwards = target <= position as i64;
        if backwards != (op == Op::Loop) {
            return Err(format!("{position}: `loop` is the jump backwards, and only that"));
        }
    }
    let jump = jump.map(|target| target as usize);
    Ok(match row.control {
        Control::Next => vec![position + 1],
        Control::Jump => vec![jump.unwrap()],
        Control::Branch => vec![position + 1, jump.unwrap()],
        Control::Call => vec![position + 2],
        Control::Leave => vec![],
        Control::Data => return Err(format!("control comes to data at {position}")),
    })
}
