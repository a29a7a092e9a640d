//! Generation of single instructions: operations in their forms with small integers, and tests
//! fused with the branch behind them.

use super::assembler::Register;
use super::operands::{Destination, Next, Operand, Targets};
use super::{Generator, Task};
use crate::core::Node;
use crate::diagnostic::ByteSpan;
use crate::expand::UNSPECIFIED;
use pscheme_vm::op::{Op, OperandKind};
use pscheme_vm::written::Written;

/// An instruction whose operands are computed.
pub(super) struct Operation {
    op: Op,
    written: Written,
    /// In the order of the instruction, after any exchange.
    operands: Vec<Operand>,
    destination: Destination,
    /// The first register that was free before the operands.
    top: Register,
    /// The first that is free behind them.
    free: Register,
    span: ByteSpan,
}

/// Whether the value of a node is #t or #f.
pub(super) fn is_boolean(node: Node) -> bool {
    let Node::Operate { op, .. } = node else { return false };
    matches!(
        op,
        Op::Less
            | Op::LessEqual
            | Op::NumberEqual
            | Op::Eq
            | Op::Not
            | Op::IsNull
            | Op::IsPair
            | Op::IsProcedure
    )
}

/// Whether an operation can neither fail nor change anything.
fn is_pure(op: Op) -> bool {
    matches!(
        op,
        Op::Eq | Op::Not | Op::IsNull | Op::IsPair | Op::IsProcedure | Op::Cons | Op::MakeBox
    )
}

fn has_target(op: Op) -> bool {
    op.row().operands.iter().any(|(_, _, kind)| *kind == OperandKind::Target)
}

fn small_integer(operand: Operand) -> Option<i64> {
    match operand {
        Operand::Literal(literal, _) => literal.small_integer().map(i64::from),
        _ => None,
    }
}

impl Generator<'_> {
    pub(super) fn operate(
        &mut self,
        node: Node,
        destination: Destination,
        top: Register,
        span: ByteSpan,
    ) {
        let Node::Operate { op, swapped, written, arguments } = node else {
            unreachable!("{node:?} is no operation");
        };
        let arguments = self.core.nodes(arguments);
        if destination == Destination::Effect && is_pure(op) {
            let tasks: Vec<Task> = arguments
                .iter()
                .map(|node| Task::Evaluate { node: *node, destination, top })
                .collect();
            return self.schedule(tasks);
        }
        if let (Op::Not, Destination::Test(targets)) = (op, destination) {
            let next = match targets.next {
                Next::WhenTrue => Next::WhenFalse,
                Next::WhenFalse => Next::WhenTrue,
                Next::Neither => Next::Neither,
            };
            let (when_true, when_false) = (targets.when_false, targets.when_true);
            let destination = Destination::Test(Targets { when_true, when_false, next });
            return self.tasks.push(Task::Evaluate { node: arguments[0], destination, top });
        }
        self.plan_operands(arguments, top, |mut operands, free| {
            if swapped {
                operands.swap(0, 1);
            }
            Task::Operate(Operation { op, written, operands, destination, top, free, span })
        });
    }

    pub(super) fn finish_operation(&mut self, operation: Operation) {
        let Operation { op, written, destination, top, free, span, .. } = operation;
        let operands = operation.operands.as_slice();
        self.assembler.set_span(span);
        if let Destination::Test(targets) = destination
            && self.fused_branch(&operation, targets, free)
        {
            return;
        }
        let target = destination.register(top);
        if let Some((left, integer, exchanged)) = add_integer(op, operands) {
            let left = self.in_register(left);
            let written = written.moved(op, Op::AddInt, exchanged);
            let operands = [target.operand(), left.operand(), integer];
            self.assembler.emit_written(Op::AddInt, written, &operands);
            return self.deliver(target, destination);
        }
        let sources = operands.iter().map(|operand| self.in_register(*operand).operand());
        let sources: Vec<i64> = sources.collect();
        if has_target(op) {
            let mut all = vec![target.operand()];
            all.extend(sources);
            self.assembler.emit_written(op, written, &all);
            self.deliver(target, destination);
        } else {
            self.assembler.emit_written(op, written, &sources);
            self.deliver_literal(UNSPECIFIED, destination, top);
        }
    }

    /// Emits a test and the branch behind it as one instruction, if there is such a one.
    fn fused_branch(&mut self, operation: &Operation, targets: Targets, free: Register) -> bool {
        let Operation { op, written, .. } = *operation;
        let operands = operation.operands.as_slice();
        let fused = match op {
            Op::IsNull => Op::JumpUnlessNull,
            Op::IsPair => Op::JumpUnlessPair,
            Op::Less => Op::JumpUnlessLess,
            Op::LessEqual => Op::JumpUnlessLessEqual,
            Op::NumberEqual => Op::JumpUnlessNumberEqual,
            Op::Eq => Op::JumpUnlessEq,
            _ => return false,
        };
        let reaches_anywhere = matches!(fused, Op::JumpUnlessNull | Op::JumpUnlessPair);
        if self.wide && !reaches_anywhere {
            return self.wide_branch(operation, targets, free);
        }
        let with_integer = match (op, operands) {
            (Op::Less, [left, right]) => match (small_integer(*left), small_integer(*right)) {
                (None, Some(integer)) => Some((Op::JumpUnlessLessInt, *left, integer, false)),
                (Some(integer), None) => Some((Op::JumpUnlessGreaterInt, *right, integer, false)),
                _ => None,
            },
            (Op::NumberEqual, [left, right]) => match (small_integer(*left), small_integer(*right))
            {
                (None, Some(integer)) => Some((Op::JumpUnlessEqualInt, *left, integer, false)),
                (Some(integer), None) => Some((Op::JumpUnlessEqualInt, *right, integer, true)),
                _ => None,
            },
            _ => None,
        };
        match with_integer {
            Some((fused, left, integer, exchanged)) => {
                let left = self.in_register(left).operand();
                let written = written.moved(op, fused, exchanged);
                self.assembler.branch_written(fused, written, &[left, integer], targets.when_false);
            }
            None => {
                let sources = operands.iter().map(|operand| self.in_register(*operand).operand());
                let sources: Vec<i64> = sources.collect();
                let written = written.moved(op, fused, false);
                self.assembler.branch_written(fused, written, &sources, targets.when_false);
            }
        }
        if targets.next != Next::WhenTrue {
            self.assembler.jump(targets.when_true);
        }
        true
    }

    /// The test's value, and a branch on it that reaches as far as code can be long.
    fn wide_branch(&mut self, operation: &Operation, targets: Targets, free: Register) -> bool {
        let mut all = vec![free.operand()];
        for operand in &operation.operands {
            all.push(self.in_register(*operand).operand());
        }
        self.assembler.emit_written(operation.op, operation.written, &all);
        self.deliver(free, Destination::Test(targets));
        true
    }
}

/// A sum or difference with a constant that `add_int` can hold: the other operand, what is added to
/// it, and whether the constant was the first operand.
fn add_integer(op: Op, operands: &[Operand]) -> Option<(Operand, i64, bool)> {
    let [left, right] = operands else { return None };
    let fits = |integer: &i64| i16::try_from(*integer).is_ok();
    match op {
        Op::Add => match (small_integer(*left), small_integer(*right)) {
            (_, Some(integer)) => Some((*left, integer, false)),
            (Some(integer), None) => Some((*right, integer, true)),
            (None, None) => None,
        },
        Op::Subtract => {
            let negated = small_integer(*right).map(|integer| -integer).filter(fits)?;
            Some((*left, negated, false))
        }
        _ => None,
    }
}
