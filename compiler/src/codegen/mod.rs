//! Code generator: Core IR to code units.
//!
//! Registers are given out like a stack: `top` is the first free one, a `let` takes registers from
//! there, temporaries come after them, and everything is free again when its scope ends. So a
//! call's window, which begins at `top`, lies above whatever is live. An expression is told where
//! its value goes (`Destination`), so that arguments are computed in the window of their call and
//! tests become branches.
//!
//! Lambdas are generated in the order of their numbers, inner ones first, and every expression is
//! a task on a stack: nothing recurses. `operands.rs` decides where values are, `forms.rs` has the
//! expressions, `operations.rs` instructions and fused branches, `assembler.rs` the words.

mod assembler;
mod forms;
mod operands;
mod operations;

pub use assembler::Failure;

use crate::core::{Core, Literal, NameId, Names, Node, NodeId, VariableId, VariableList};
use crate::diagnostic::ByteSpan;
use crate::passes::closures::Closures;
use assembler::{Assembler, Label, Register};
use operands::{Destination, Location, Operand};
use pscheme_vm::code::{Arity, CodeUnit, TOP_LEVEL, VariablePlace};
use pscheme_vm::op::Op;
use std::collections::HashMap;

/// A procedure, or the form itself, for which no code could be made.
#[derive(Debug)]
pub struct GenerateError {
    pub failure: Failure,
    pub span: ByteSpan,
}

/// The thunk of a form.
///
/// # Errors
/// [`GenerateError`] if a procedure exceeds a limit of the machine.
pub fn generate_thunk(
    core: &Core,
    closures: &Closures,
    names: &Names,
) -> Result<CodeUnit, GenerateError> {
    let reachable = core.reachable();
    let mut units = HashMap::new();
    for id in core.ids().filter(|id| reachable[id.index()]) {
        if let Node::Lambda { .. } = core.node(id) {
            let unit = generate_unit(core, closures, names, Some(id), &mut units)?;
            units.insert(id, unit);
        }
    }
    generate_unit(core, closures, names, None, &mut units)
}

fn generate_unit(
    core: &Core,
    closures: &Closures,
    names: &Names,
    lambda: Option<NodeId>,
    units: &mut HashMap<NodeId, CodeUnit>,
) -> Result<CodeUnit, GenerateError> {
    let mut attempt = |wide| Generator::new(core, closures, lambda, wide).run(lambda, names, units);
    let result = match attempt(false) {
        Err(Failure::JumpTooFar) => attempt(true),
        other => other,
    };
    let span = core.span(lambda.unwrap_or(core.root()));
    result.map_err(|failure| GenerateError { failure, span })
}

/// What is still to be generated; the next task is the last of the stack.
enum Task {
    Evaluate {
        node: NodeId,
        destination: Destination,
        top: Register,
    },
    /// A constant where control comes without having computed anything.
    Literal {
        literal: Literal,
        destination: Destination,
        top: Register,
    },
    /// The variables are in their registers from here on.
    OpenScope(VariableList),
    /// The end of the scopes of this many variables.
    CloseScope(usize),
    /// A register gets its next value: see `Assembler::hide_variable`.
    HideVariable(Register),
    Bind(Label),
    BindBlock(Label),
    Jump(Label),
    Operate(operations::Operation),
    StoreGlobal {
        op: Op,
        name: NameId,
        operand: Operand,
        destination: Destination,
        top: Register,
        span: ByteSpan,
    },
    Call(forms::CallTask),
    Primitive {
        code: u32,
        count: usize,
        window: Register,
        destination: Destination,
        span: ByteSpan,
    },
    /// The end of the left side of `or`.
    OrElse {
        left: Operand,
        right: NodeId,
        destination: Destination,
        top: Register,
    },
    JumpToBlock {
        label: Label,
        moves: Vec<(Register, Operand)>,
        free: Register,
    },
}

/// A block that jumps lead to.
struct BlockTarget {
    label: Label,
    first_parameter: Register,
}

/// The generator of one procedure.
struct Generator<'form> {
    core: &'form Core,
    closures: &'form Closures,
    assembler: Assembler,
    tasks: Vec<Task>,
    locations: HashMap<VariableId, Location>,
    blocks: HashMap<VariableId, BlockTarget>,
    /// Use only jumps that reach anywhere.
    wide: bool,
    arity: Arity,
    captures: usize,
}

impl<'form> Generator<'form> {
    fn new(
        core: &'form Core,
        closures: &'form Closures,
        lambda: Option<NodeId>,
        wide: bool,
    ) -> Generator<'form> {
        let mut generator = Generator {
            core,
            closures,
            assembler: Assembler::default(),
            tasks: Vec::new(),
            locations: HashMap::new(),
            blocks: HashMap::new(),
            wide,
            arity: Arity { required: 0, optional: 0, rest: false },
            captures: 0,
        };
        let mut top = Register::FIRST_ARGUMENT;
        let mut body = core.root();
        if let Some(id) = lambda {
            let Node::Lambda { parameters, rest, body: lambda_body, .. } = core.node(id) else {
                unreachable!("only lambdas have units");
            };
            body = lambda_body;
            for parameter in core.variables(parameters) {
                generator.locations.insert(*parameter, Location::Register(top));
                top = top.plus(1);
            }
            for (index, variable) in closures.captured(id).enumerate() {
                generator.locations.insert(variable, Location::Captured(index as u32));
                generator.captures += 1;
            }
            if let Some(variable) = closures.self_variable(id) {
                generator.locations.insert(variable, Location::Closure);
            }
            let required = (parameters.count() - usize::from(rest)) as u16;
            generator.arity = Arity { required, optional: 0, rest };
        }
        generator.assembler = Assembler::new(top.0 as usize);
        if let Some(id) = lambda {
            generator.open_scope_of_procedure(id);
        }
        generator.tasks.push(Task::Evaluate { node: body, destination: Destination::Return, top });
        generator
    }

    fn run(
        mut self,
        lambda: Option<NodeId>,
        names: &Names,
        units: &mut HashMap<NodeId, CodeUnit>,
    ) -> Result<CodeUnit, Failure> {
        while let Some(task) = self.tasks.pop() {
            self.step(task);
            if let Some(failure) = self.assembler.failure() {
                return Err(failure);
            }
        }
        let name = match lambda.map(|id| self.core.node(id)) {
            Some(Node::Lambda { name, .. }) => names.get(name),
            _ => TOP_LEVEL,
        };
        self.assembler.finish(name, self.arity, self.captures, names, units)
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Evaluate { node, destination, top } => self.evaluate(node, destination, top),
            Task::Literal { literal, destination, top } => {
                self.deliver_literal(literal, destination, top);
            }
            Task::OpenScope(variables) => self.open_scope(variables),
            Task::CloseScope(count) => self.assembler.close_variables(count),
            Task::HideVariable(register) => self.assembler.hide_variable(register),
            Task::Bind(label) => self.assembler.bind(label),
            Task::BindBlock(label) => self.assembler.bind_block(label),
            Task::Jump(label) => self.assembler.jump(label),
            Task::Operate(operation) => self.finish_operation(operation),
            Task::StoreGlobal { op, name, operand, destination, top, span } => {
                self.finish_store(op, name, operand, span);
                self.deliver_literal(crate::expand::UNSPECIFIED, destination, top);
            }
            Task::Call(call) => self.finish_call(call),
            Task::Primitive { code, count, window, destination, span } => {
                self.assembler.set_span(span);
                let operands = [count as i64, window.operand(), i64::from(code)];
                self.assembler.emit(Op::Primitive, &operands);
                self.deliver(window, destination);
            }
            Task::OrElse { left, right, destination, top } => {
                self.finish_or(left, right, destination, top);
            }
            Task::JumpToBlock { label, moves, free } => {
                self.parallel_moves(moves, free);
                self.assembler.jump(label);
                self.assembler.reveal_variables();
            }
        }
    }

    /// The captured variables, which parameters of the same name hide, and the parameters.
    fn open_scope_of_procedure(&mut self, lambda: NodeId) {
        let Node::Lambda { parameters, .. } = self.core.node(lambda) else {
            unreachable!("only lambdas have units");
        };
        for (index, variable) in self.closures.captured(lambda).enumerate() {
            let place = VariablePlace::Captured(index as u32);
            self.assembler.open_variable(self.core.variable(variable).name, place);
        }
        self.open_scope(parameters);
    }

    fn open_scope(&mut self, variables: VariableList) {
        for variable in self.core.variables(variables) {
            if let Location::Register(register) = self.location(*variable) {
                let name = self.core.variable(*variable).name;
                self.assembler.open_variable(name, VariablePlace::Register(register.0));
            }
        }
    }

    /// Puts tasks on the stack so that they are done in the order given.
    fn schedule(&mut self, tasks: impl IntoIterator<Item = Task, IntoIter: DoubleEndedIterator>) {
        self.tasks.extend(tasks.into_iter().rev());
    }
}
