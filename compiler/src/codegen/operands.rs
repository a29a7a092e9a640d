//! Where values are and where they go: operands of instructions, destinations of expressions, and
//! the assignment of a block's parameters.

use super::assembler::{ConstantKey, Label, Register};
use super::{Generator, Task};
use crate::core::{Literal, Node, NodeId, VariableId};
use pscheme_vm::op::Op;
use std::collections::HashSet;

/// Nodes that are looked at to find what an argument of a jump reads; a larger argument is taken
/// to read everything.
const ARGUMENT_NODES_MAX: usize = 1000;

/// Where a variable is in the running procedure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Location {
    Register(Register),
    /// A captured value of the closure.
    Captured(u32),
    /// The closure itself.
    Closure,
}

/// What becomes of an expression's value.
///
/// Invariant: with `Register(r)` either `r` is the first free register, or nothing is written to
/// `r` before the last read of any register: `r` may hold a variable that the expression reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Destination {
    Register(Register),
    Return,
    /// Nobody reads it.
    Effect,
    Test(Targets),
}

/// Where control goes on after a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Targets {
    pub when_true: Label,
    pub when_false: Label,
    pub next: Next,
}

/// What is bound to the place behind a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    WhenTrue,
    WhenFalse,
    Neither,
}

impl Destination {
    /// The register in which a value is made on its way to the destination.
    pub fn register(self, top: Register) -> Register {
        if let Destination::Register(register) = self { register } else { top }
    }

    /// The same, for an expression that other code than the destination's follows.
    pub fn without_next(self) -> Destination {
        match self {
            Destination::Test(targets) => {
                Destination::Test(Targets { next: Next::Neither, ..targets })
            }
            other => other,
        }
    }
}

/// A value that an instruction will read. What is not in a register yet has one reserved.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    Register(Register),
    Literal(Literal, Register),
    Captured(u32, Register),
}

impl Operand {
    /// Whether the value is read from `register`.
    fn is_in(&self, register: Register) -> bool {
        matches!(self, Operand::Register(source) if *source == register)
    }
}

/// An argument of a jump that needs computing.
struct PendingArgument {
    node: NodeId,
    parameter: Register,
    /// The parameters' registers that it reads, and perhaps others.
    reads: HashSet<Register>,
}

impl Generator<'_> {
    /// Plans the operands of an instruction: expressions that need code are computed into
    /// registers from `top` on, in order, by tasks that are pushed here; constants and captured
    /// values, which nothing can change meanwhile, are loaded when the instruction is emitted.
    /// Gives the operands and the first register that is free behind them; `then` is pushed so
    /// that it comes after the computations.
    pub(super) fn plan_operands(
        &mut self,
        arguments: &[NodeId],
        top: Register,
        then: impl FnOnce(Vec<Operand>, Register) -> Task,
    ) {
        let mut free = top;
        let mut operands: Vec<Option<Operand>> = Vec::with_capacity(arguments.len());
        let mut computations = Vec::new();
        for argument in arguments {
            operands.push(match self.simple_operand(*argument, free) {
                Some(Operand::Register(register)) => Some(Operand::Register(register)),
                Some(_) => None,
                None => {
                    computations.push(Task::Evaluate {
                        node: *argument,
                        destination: Destination::Register(free),
                        top: free,
                    });
                    let register = free;
                    free = free.plus(1);
                    Some(Operand::Register(register))
                }
            });
        }
        let operands = operands.into_iter().zip(arguments).map(|(operand, argument)| {
            operand.unwrap_or_else(|| {
                let reserved = free;
                free = free.plus(1);
                self.simple_operand(*argument, reserved).expect("it was simple before")
            })
        });
        let operands = operands.collect();
        self.tasks.push(then(operands, free));
        self.tasks.extend(computations.into_iter().rev());
    }

    /// The operand of an expression that needs no computation.
    pub(super) fn simple_operand(&self, node: NodeId, reserved: Register) -> Option<Operand> {
        match self.core.node(node) {
            Node::Literal(literal) => Some(Operand::Literal(literal, reserved)),
            Node::Local(variable) => Some(match self.location(variable) {
                Location::Register(register) => Operand::Register(register),
                Location::Closure => Operand::Register(Register::CLOSURE),
                Location::Captured(index) => Operand::Captured(index, reserved),
            }),
            _ => None,
        }
    }

    pub(super) fn location(&self, variable: VariableId) -> Location {
        *self.locations.get(&variable).expect("a variable is bound before it is used")
    }

    /// The register an operand is in, loading it into its reserved one if need be.
    pub(super) fn in_register(&mut self, operand: Operand) -> Register {
        match operand {
            Operand::Register(register) => register,
            Operand::Literal(_, reserved) | Operand::Captured(_, reserved) => {
                self.load(operand, reserved);
                reserved
            }
        }
    }

    /// Puts an operand into `target`.
    pub(super) fn load(&mut self, operand: Operand, target: Register) {
        match operand {
            Operand::Register(source) if source == target => {}
            Operand::Register(source) => {
                self.assembler.emit(Op::Move, &[target.operand(), source.operand()]);
            }
            Operand::Captured(index, _) => {
                self.assembler.emit(Op::ClosureReference, &[target.operand(), i64::from(index)]);
            }
            Operand::Literal(Literal::Word(word), _) => {
                self.assembler.emit(Op::LoadWord, &[target.operand(), i64::from(word)]);
            }
            Operand::Literal(Literal::Datum { index, .. }, _) => {
                let constant = self.assembler.constant(ConstantKey::Datum(index));
                self.assembler.emit(Op::LoadConstant, &[target.operand(), constant]);
            }
        }
    }

    /// Sends a value that is in a register to its destination.
    pub(super) fn deliver(&mut self, register: Register, destination: Destination) {
        match destination {
            Destination::Register(target) => self.load(Operand::Register(register), target),
            Destination::Return => self.assembler.emit(Op::Return, &[register.operand()]),
            Destination::Effect => {}
            Destination::Test(targets) => self.branch_on(register, targets),
        }
    }

    pub(super) fn deliver_literal(
        &mut self,
        literal: Literal,
        destination: Destination,
        top: Register,
    ) {
        match destination {
            Destination::Effect => {}
            Destination::Test(targets) => {
                let label = if literal.is_false() { targets.when_false } else { targets.when_true };
                self.assembler.jump(label);
            }
            Destination::Register(_) | Destination::Return => {
                let register = destination.register(top);
                self.load(Operand::Literal(literal, register), register);
                self.deliver(register, destination);
            }
        }
    }

    fn branch_on(&mut self, register: Register, targets: Targets) {
        let source = [register.operand()];
        if targets.next == Next::WhenFalse {
            self.assembler.branch(Op::JumpIfTrue, &source, targets.when_true);
            return;
        }
        self.assembler.branch(Op::JumpIfFalse, &source, targets.when_false);
        if targets.next == Next::Neither {
            self.assembler.jump(targets.when_true);
        }
    }

    /// A jump to a block: computes the arguments, each straight into its parameter where nothing
    /// that comes later reads what the parameter held, and moves the rest at the end. Arguments
    /// are computed in order, unless none of them could tell.
    pub(super) fn jump_to_block(&mut self, label: VariableId, arguments: &[NodeId], top: Register) {
        let block = &self.blocks[&label];
        let (target, first) = (block.label, block.first_parameter);
        let mut computed: Vec<PendingArgument> = Vec::new();
        let mut moves = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let parameter = first.plus(index);
            match self.simple_operand(*argument, parameter) {
                Some(Operand::Register(source)) if source == parameter => {}
                Some(operand) => moves.push((parameter, operand)),
                None => computed.push(PendingArgument {
                    node: *argument,
                    parameter,
                    reads: self.registers_read(*argument, first, arguments.len()),
                }),
            }
        }
        let any_order = computed.iter().all(|argument| self.is_order_free(argument.node));
        let mut free = top;
        let mut computations = Vec::new();
        while !computed.is_empty() {
            let safe = |index: usize| {
                let parameter = computed[index].parameter;
                let mut others = computed.iter().enumerate().filter(|(other, _)| *other != index);
                others.all(|(_, other)| !other.reads.contains(&parameter))
                    && moves.iter().all(|(_, operand)| !operand.is_in(parameter))
            };
            let candidates = if any_order { computed.len() } else { 1 };
            let direct = (0..candidates).find(|index| safe(*index));
            let argument = computed.remove(direct.unwrap_or(0));
            let register = if direct.is_some() { argument.parameter } else { free };
            let destination = Destination::Register(register);
            computations.push(Task::Evaluate { node: argument.node, destination, top: free });
            if direct.is_some() {
                computations.push(Task::HideVariable(register));
            } else {
                moves.push((argument.parameter, Operand::Register(register)));
                free = free.plus(1);
            }
        }
        self.tasks.push(Task::JumpToBlock { label: target, moves, free });
        self.tasks.extend(computations.into_iter().rev());
    }

    /// Whether an expression neither changes anything nor sees a change: then only which of two
    /// errors comes first depends on when it is computed.
    fn is_order_free(&self, node: NodeId) -> bool {
        let mut work = vec![node];
        let mut visited = 0;
        while let Some(id) = work.pop() {
            visited += 1;
            let free = match self.core.node(id) {
                Node::Literal(_) | Node::Local(_) | Node::Global(_) => true,
                Node::Operate { op, .. } => {
                    !matches!(op, Op::SetCar | Op::SetCdr | Op::VectorSet | Op::BoxSet)
                }
                _ => false,
            };
            if !free || visited > ARGUMENT_NODES_MAX {
                return false;
            }
            self.core.for_each_child(id, |child| work.push(child));
        }
        true
    }

    /// Those of the parameters' registers that computing a node reads.
    fn registers_read(&self, node: NodeId, first: Register, count: usize) -> HashSet<Register> {
        let mut read = HashSet::new();
        let mut work = vec![node];
        let mut visited = 0;
        while let Some(id) = work.pop() {
            visited += 1;
            if visited > ARGUMENT_NODES_MAX {
                return (0..count).map(|index| first.plus(index)).collect();
            }
            let mut note = |variable: VariableId| {
                if let Some(Location::Register(register)) = self.locations.get(&variable) {
                    read.insert(*register);
                }
            };
            match self.core.node(id) {
                Node::Local(variable) => note(variable),
                Node::Lambda { .. } => self.closures.captured(id).for_each(note),
                _ => self.core.for_each_child(id, |child| work.push(child)),
            }
        }
        read
    }

    /// Carries out moves that happen at once in the order that keeps every source until it is
    /// read; a cycle goes through `free`.
    pub(super) fn parallel_moves(&mut self, mut moves: Vec<(Register, Operand)>, free: Register) {
        while !moves.is_empty() {
            let ready = (0..moves.len()).find(|index| {
                let target = moves[*index].0;
                let others = moves.iter().enumerate().filter(|(other, _)| other != index);
                others.clone().all(|(_, (_, operand))| !operand.is_in(target))
            });
            match ready {
                Some(index) => {
                    let (target, operand) = moves.remove(index);
                    self.load(operand, target);
                }
                None => {
                    let (target, _) = moves[0];
                    self.load(Operand::Register(target), free);
                    for (_, operand) in &mut moves {
                        if operand.is_in(target) {
                            *operand = Operand::Register(free);
                        }
                    }
                }
            }
        }
    }
}
