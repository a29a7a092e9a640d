//! Instructions of one code unit while it is generated: labels, constants, spans and frame size.

use crate::core::{NO_NAME, NameId, Names, NodeId};
use crate::diagnostic::ByteSpan;
use pscheme_vm::code::{Arity, CodeUnit, Constant, Span, VariablePlace, VariableRange};
use pscheme_vm::op::{
    CODE_WORDS_MAX, FRAME_WORDS_MAX, Op, OperandKind, encode, field, with_written,
};
use pscheme_vm::written::Written;
use std::collections::HashMap;

/// A word of the frame, relative to its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Register(pub u32);

impl Register {
    /// Holds the running closure.
    pub const CLOSURE: Register = Register(0);
    /// The first argument.
    pub const FIRST_ARGUMENT: Register = Register(2);

    /// The register `words` above this one.
    pub fn plus(self, words: usize) -> Register {
        Register(self.0 + words as u32)
    }

    pub fn operand(self) -> i64 {
        i64::from(self.0)
    }
}

/// A place in the code that may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(u32);

/// What a constant is made from when the unit is finished.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConstantKey {
    Cell(NameId),
    Datum(u32),
    Code(NodeId),
}

/// Why a unit could not be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A jump does not fit 16 bits: generate again without fused branches.
    JumpTooFar,
    FrameTooLarge,
    CodeTooLong,
}

/// A jump whose distance is filled in at the end.
#[derive(Clone, Copy)]
struct Fixup {
    at: usize,
    label: Label,
}

/// A stretch of code in which a variable is in its place.
#[derive(Clone, Copy)]
struct Range {
    name: NameId,
    place: VariablePlace,
    start: usize,
    /// `None` as long as the scope is open.
    end: Option<usize>,
    /// Scopes around the variable's own, counted in variables.
    depth: usize,
}

/// Longest chain of jumps to jumps that is followed.
const JUMP_CHAIN_MAX: usize = 8;

#[derive(Default)]
pub struct Assembler {
    instructions: Vec<u64>,
    positions: Vec<Option<usize>>,
    is_target: Vec<bool>,
    fixups: Vec<Fixup>,
    constants: Vec<ConstantKey>,
    constant_indices: HashMap<ConstantKey, u32>,
    spans: Vec<Span>,
    ranges: Vec<Range>,
    /// The variables in scope, outer ones first, by their ranges.
    in_scope: Vec<usize>,
    /// The ranges that ended at the instruction emitted last, and where that was.
    just_ended: (usize, Vec<usize>),
    frame_words: usize,
    /// Control cannot come here: nothing is emitted until a label is bound.
    unreachable: bool,
    last_bound: Option<usize>,
}

impl Assembler {
    pub fn new(frame_words: usize) -> Assembler {
        Assembler { frame_words, ..Assembler::default() }
    }

    /// A limit that is already exceeded.
    pub fn failure(&self) -> Option<Failure> {
        if self.frame_words > FRAME_WORDS_MAX {
            Some(Failure::FrameTooLarge)
        } else if self.instructions.len() + self.constants.len() > CODE_WORDS_MAX {
            Some(Failure::CodeTooLong)
        } else {
            None
        }
    }

    pub fn new_label(&mut self) -> Label {
        self.positions.push(None);
        self.is_target.push(false);
        Label(self.positions.len() as u32 - 1)
    }

    /// The next instruction is where `label` leads.
    pub fn bind(&mut self, label: Label) {
        self.drop_jump_to_next(label);
        self.positions[label.0 as usize] = Some(self.instructions.len());
        self.last_bound = Some(self.instructions.len());
        if self.is_target[label.0 as usize] {
            self.unreachable = false;
        }
    }

    /// As `bind`, for a label that jumps emitted later lead back to.
    pub fn bind_block(&mut self, label: Label) {
        self.bind(label);
        self.unreachable = false;
    }

    /// Takes a jump back that would lead to the next instruction.
    fn drop_jump_to_next(&mut self, label: Label) {
        let end = self.instructions.len();
        if let Some(fixup) = self.fixups.last()
            && fixup.at + 1 == end
            && fixup.label == label
            && self.last_bound != Some(end)
            && field::op(self.instructions[fixup.at]) == Op::Jump as u8
        {
            self.instructions.pop();
            self.fixups.pop();
            if self.just_ended.0 == end {
                self.just_ended.0 = end - 1;
                self.just_ended.1.iter().for_each(|&range| self.ranges[range].end = Some(end - 1));
            }
        }
    }

    /// Adds an instruction, unless control cannot come here.
    pub fn emit(&mut self, op: Op, operands: &[i64]) {
        self.emit_written(op, Written::AS_INSTRUCTION, operands);
    }

    /// Adds an instruction that is a call, or a part of one.
    pub fn emit_written(&mut self, op: Op, written: Written, operands: &[i64]) {
        if self.unreachable || self.failure().is_some() {
            return;
        }
        let needed = words_needed(op, operands);
        self.frame_words = self.frame_words.max(needed);
        if self.failure().is_some() {
            return;
        }
        let instruction = encode(op, operands).expect("operands are checked before they come here");
        let instruction = match written {
            Written::AS_INSTRUCTION => instruction,
            _ => with_written(instruction, written),
        };
        self.instructions.push(instruction);
        if matches!(op, Op::Call | Op::CallGlobal) {
            // The installer puts the return-point word here.
            self.instructions.push(0);
        }
        self.unreachable =
            matches!(op, Op::Return | Op::TailCall | Op::TailCallGlobal | Op::Jump | Op::Loop);
    }

    /// Adds a jump: forwards as a plain one, backwards as the loop's back-edge.
    pub fn jump(&mut self, label: Label) {
        let backwards = self.positions[label.0 as usize].is_some();
        self.branch(if backwards { Op::Loop } else { Op::Jump }, &[], label);
    }

    /// Adds an instruction whose last operand is the distance to `label`.
    pub fn branch(&mut self, op: Op, operands: &[i64], label: Label) {
        self.branch_written(op, Written::AS_INSTRUCTION, operands, label);
    }

    /// Adds a branch that is a call.
    pub fn branch_written(&mut self, op: Op, written: Written, operands: &[i64], label: Label) {
        if self.unreachable || self.failure().is_some() {
            return;
        }
        self.is_target[label.0 as usize] = true;
        let mut operands = operands.to_vec();
        operands.push(0);
        self.fixups.push(Fixup { at: self.instructions.len(), label });
        self.emit_written(op, written, &operands);
    }

    /// The constant's index, for a `Constant` operand.
    pub fn constant(&mut self, key: ConstantKey) -> i64 {
        let next = self.constants.len() as u32;
        let index = *self.constant_indices.entry(key).or_insert(next);
        if index == next {
            self.constants.push(key);
        }
        i64::from(index)
    }

    /// The instructions from here on belong to this stretch of the source.
    pub fn set_span(&mut self, span: ByteSpan) {
        let instruction = self.instructions.len() as u32;
        let ByteSpan { start, end, template } = span;
        let new = Span { instruction, start, end, template: template.number() };
        match self.spans.last_mut() {
            Some(last) if Span { instruction, ..*last } == new => {}
            Some(last) if last.instruction >= new.instruction => *last = new,
            _ => self.spans.push(new),
        }
    }

    /// From here on a variable is in its place.
    pub fn open_variable(&mut self, name: NameId, place: VariablePlace) {
        let depth = self.in_scope.len();
        self.in_scope.push(self.ranges.len());
        self.ranges.push(Range { name, place, start: self.instructions.len(), end: None, depth });
    }

    /// Ends the scope of the `count` variables opened last.
    pub fn close_variables(&mut self, count: usize) {
        for range in self.in_scope.split_off(self.in_scope.len() - count) {
            self.end_range(range);
        }
    }

    fn end_range(&mut self, range: usize) {
        let at = self.instructions.len();
        if self.ranges[range].end.is_some() {
            return;
        }
        self.ranges[range].end = Some(at);
        if self.just_ended.0 != at {
            self.just_ended = (at, Vec::new());
        }
        self.just_ended.1.push(range);
    }

    /// A register gets the next value of its variable before the jump that makes it current: until
    /// `reveal_variables` the variable has no place.
    pub fn hide_variable(&mut self, register: Register) {
        let place = VariablePlace::Register(register.0);
        let hidden =
            self.in_scope.iter().copied().filter(|&range| self.ranges[range].place == place);
        for range in hidden.collect::<Vec<usize>>() {
            self.end_range(range);
        }
    }

    /// The code that follows is on another path than the jump just made.
    pub fn reveal_variables(&mut self) {
        for at in 0..self.in_scope.len() {
            let range = self.ranges[self.in_scope[at]];
            if range.end.is_some() {
                self.in_scope[at] = self.ranges.len();
                self.ranges.push(Range { start: self.instructions.len(), end: None, ..range });
            }
        }
    }

    /// Inner variables after outer ones. What has no name or no instruction is of no use.
    fn variables(&mut self, names: &Names) -> Vec<VariableRange> {
        self.close_variables(self.in_scope.len());
        self.ranges.sort_by_key(|range| range.depth);
        let count = self.instructions.len();
        let ranges = self.ranges.iter().map(|range| {
            let end = range.end.expect("every scope is closed").min(count) as u32;
            let name = names.get(range.name).to_string();
            VariableRange { name, place: range.place, start: range.start as u32, end }
        });
        ranges.filter(|range| range.start < range.end && range.name != names.get(NO_NAME)).collect()
    }

    /// The finished unit; takes inner code from `inner`.
    ///
    /// # Errors
    /// A [`Failure`] if a limit is exceeded; `inner` is then untouched.
    pub fn finish(
        mut self,
        name: &str,
        arity: Arity,
        captures: usize,
        names: &Names,
        inner: &mut HashMap<NodeId, CodeUnit>,
    ) -> Result<CodeUnit, Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        self.resolve_jumps()?;
        let constants = self.constants.iter().map(|key| match key {
            ConstantKey::Cell(name) if names.is_standard(*name) => {
                Constant::LibraryCell(names.get(*name).to_string())
            }
            ConstantKey::Cell(name) => Constant::Cell(names.get(*name).to_string()),
            ConstantKey::Datum(index) => Constant::Datum(*index),
            ConstantKey::Code(lambda) => {
                let unit = inner.remove(lambda).expect("inner lambdas are generated first");
                Constant::Code(Box::new(unit))
            }
        });
        let constants = constants.collect();
        let variables = self.variables(names);
        Ok(CodeUnit {
            name: name.to_string(),
            arity,
            captures: u16::try_from(captures).map_err(|_| Failure::FrameTooLarge)?,
            frame_words: self.frame_words as u16,
            instructions: self.instructions,
            constants,
            spans: self.spans,
            variables,
        })
    }

    fn resolve_jumps(&mut self) -> Result<(), Failure> {
        let plain_jumps: HashMap<usize, Label> = self
            .fixups
            .iter()
            .filter(|fixup| field::op(self.instructions[fixup.at]) == Op::Jump as u8)
            .map(|fixup| (fixup.at, fixup.label))
            .collect();
        let position = |label: Label| {
            self.positions[label.0 as usize].expect("every label that is used is bound")
        };
        for fixup in &self.fixups {
            let mut target = position(fixup.label);
            for _ in 0..JUMP_CHAIN_MAX {
                let Some(next) = plain_jumps.get(&target) else { break };
                target = position(*next);
            }
            let distance = target as i64 - (fixup.at as i64 + 1);
            let instruction = &mut self.instructions[fixup.at];
            let op = Op::from_code(field::op(*instruction)).expect("the instruction was encoded");
            let (_, _, kind) = op.row().operands.last().expect("a jump has an operand");
            if *kind == OperandKind::Jump16 {
                let distance = i16::try_from(distance).map_err(|_| Failure::JumpTooFar)?;
                *instruction |= u64::from(distance as u16) << 48;
            } else {
                let distance = i32::try_from(distance).expect("code is shorter than 2^31 words");
                *instruction |= u64::from(distance as u32) << 32;
            }
        }
        Ok(())
    }
}

/// Words of a frame in which an instruction with these operands can run.
fn words_needed(op: Op, operands: &[i64]) -> usize {
    let row = op.row();
    let count = row.operands.iter().position(|(_, _, kind)| *kind == OperandKind::Count);
    let count = count.map_or(0, |index| operands[index] as usize);
    let words = row.operands.iter().zip(operands).map(|((_, _, kind), value)| {
        let register = *value as usize;
        match kind {
            OperandKind::Source | OperandKind::Target => register + 1,
            OperandKind::CallWindow | OperandKind::TailWindow => register + 2 + count,
            OperandKind::PrimitiveWindow => register + count.max(1),
            OperandKind::CaptureWindow => register + 1 + count,
            _ => 0,
        }
    });
    words.max().unwrap_or(0)
}
