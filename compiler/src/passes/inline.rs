//! Pass: calls of opcode-backed names and of primitives become `Operate` and `Primitive` nodes,
//! calls of a lambda expression become `Let`, and calls with too many arguments go through `apply`.
//!
//! A name is left alone if it is defined or assigned anywhere in the program or was by an earlier one
//! of the image; those of the standard library itself never are. A call with a wrong
//! number of arguments stays a call: the procedure itself reports the error when it runs.

use crate::core::{
    Core, Literal, NO_NAME, NameId, Names, Node, NodeId, NodeList, VariableId, VariableList,
    rebuild,
};
use crate::diagnostic::ByteSpan;
use crate::expand::{FALSE, NULL};
use crate::surroundings::Surroundings;
use pscheme_vm::inline::{InlineForm, InlineRow, PrimitiveTable, inline_row};
use pscheme_vm::op::{CALL_ARGUMENTS_MAX, Op};
use pscheme_vm::written::Written;
use std::collections::HashSet;

/// What the pass knows about global names.
pub struct GlobalKnowledge<'program> {
    pub names: &'program mut Names,
    pub primitives: &'program dyn PrimitiveTable,
    /// Names the program defines or assigns.
    pub assigned: &'program HashSet<NameId>,
    /// Knows what earlier programs redefined.
    pub surroundings: &'program dyn Surroundings,
}

impl GlobalKnowledge<'_> {
    /// Whether the name may have another value than the standard library gave it.
    fn is_reassigned(&self, name: NameId) -> bool {
        !self.names.is_standard(name)
            && (self.assigned.contains(&name)
                || self.surroundings.is_redefined(self.names.get(name)))
    }
}

/// Rebuilds a form with inline calls.
pub fn inline_calls(source: &Core, globals: &mut GlobalKnowledge<'_>) -> Core {
    rebuild(source, |target, id, map| {
        let Node::Call { procedure, arguments } = source.node(id) else {
            return target.copy_node(source, id, map);
        };
        let span = source.span(id);
        let new_arguments: Vec<NodeId> =
            source.nodes(arguments).iter().map(|id| map.get(*id)).collect();
        let inlined = match source.node(procedure) {
            Node::Lambda { parameters, rest, .. } => {
                let Node::Lambda { body, .. } = target.node(map.get(procedure)) else {
                    unreachable!("a lambda is rebuilt as a lambda");
                };
                apply_lambda(target, parameters, rest, &new_arguments, body, span)
            }
            Node::Global(name) => inline_global(target, globals, name, &new_arguments, span),
            _ => None,
        };
        if let Some(inlined) = inlined {
            return inlined;
        }
        if new_arguments.len() <= CALL_ARGUMENTS_MAX {
            return target.copy_node(source, id, map);
        }
        let list = list_of(target, &new_arguments, span);
        let apply = globals.names.intern_standard("apply");
        let apply = target.add(Node::Global(apply), span);
        let arguments = target.add_nodes(&[map.get(procedure), list]);
        target.add(Node::Call { procedure: apply, arguments }, span)
    })
}

/// A chain of pairs of the values, computed from left to right.
fn list_of(target: &mut Core, values: &[NodeId], span: ByteSpan) -> NodeId {
    let mut list = target.literal(NULL, span);
    for value in values.iter().rev() {
        list = target.operate(Op::Cons, &[*value, list], span);
    }
    list
}

/// `((lambda parameters body) arguments …)` as `Let`; `None` if the arguments do not fit.
fn apply_lambda(
    target: &mut Core,
    parameters: VariableList,
    rest: bool,
    arguments: &[NodeId],
    body: NodeId,
    span: ByteSpan,
) -> Option<NodeId> {
    let required = parameters.count() - usize::from(rest);
    if arguments.len() < required || !rest && arguments.len() > required {
        return None;
    }
    let mut values = arguments[..required].to_vec();
    if rest {
        values.push(list_of(target, &arguments[required..], span));
    }
    let values = target.add_nodes(&values);
    Some(target.add(Node::Let { variables: parameters, values, body }, span))
}

fn inline_global(
    target: &mut Core,
    globals: &GlobalKnowledge<'_>,
    name: NameId,
    arguments: &[NodeId],
    span: ByteSpan,
) -> Option<NodeId> {
    let count = arguments.len();
    if count > CALL_ARGUMENTS_MAX {
        return None;
    }
    let text = globals.names.get(name);
    let (row, signature) = (inline_row(text), globals.primitives.signature(text));
    if row.is_none() && signature.is_none() || globals.is_reassigned(name) {
        return None;
    }
    if matches!(text, "eqv?" | "equal?") && is_word_comparison(target, arguments) {
        return Some(target.operate(Op::Eq, arguments, span));
    }
    if let Some(row) = row.filter(|row| row.accepts(count)) {
        return Some(operation(target, row, arguments, span));
    }
    let signature = signature.filter(|found| found.accepts(count))?;
    let arguments = target.add_nodes(arguments);
    Some(target.add(Node::Primitive { code: signature.code, arguments }, span))
}

/// Whether one of two arguments is a constant whose word is its identity.
fn is_word_comparison(target: &Core, arguments: &[NodeId]) -> bool {
    let identified = |id: &NodeId| match target.node(*id) {
        Node::Literal(literal) => literal.is_identified_by_word(),
        _ => false,
    };
    arguments.len() == 2 && arguments.iter().any(identified)
}

fn operation(target: &mut Core, row: &InlineRow, arguments: &[NodeId], span: ByteSpan) -> NodeId {
    let written = |op: Op| Written::call(row, op, 0);
    match row.form {
        InlineForm::Operation(op) => target.operate_as(op, written(op), arguments, span),
        InlineForm::LeftFold(op) => {
            let mut result = arguments[0];
            for (pair, argument) in arguments[1..].iter().enumerate() {
                let written = Written::call(row, op, pair);
                result = target.operate_as(op, written, &[result, *argument], span);
            }
            result
        }
        InlineForm::Path(ops) => ops
            .iter()
            .fold(arguments[0], |value, op| target.operate_as(*op, written(*op), &[value], span)),
        InlineForm::ComparisonWithZero { op, swapped } => {
            let zero = target.literal(Literal::Word(0), span);
            let comparison = Comparison { op, swapped, written: written(op) };
            compare(target, comparison, [arguments[0], zero], span)
        }
        InlineForm::Comparison { op, swapped } => match arguments {
            [left, right] => {
                let comparison = Comparison { op, swapped, written: written(op) };
                compare(target, comparison, [*left, *right], span)
            }
            _ => comparison_chain(target, row, arguments, span),
        },
    }
}

/// What is compared, but for the operands.
#[derive(Clone, Copy)]
struct Comparison {
    op: Op,
    swapped: bool,
    written: Written,
}

fn compare(
    target: &mut Core,
    comparison: Comparison,
    operands: [NodeId; 2],
    span: ByteSpan,
) -> NodeId {
    let Comparison { op, swapped, written } = comparison;
    let arguments = target.add_nodes(&operands);
    target.add(Node::Operate { op, swapped, written, arguments }, span)
}

/// `(< a b c …)`: all arguments are computed, then each neighbouring pair is compared.
fn comparison_chain(
    target: &mut Core,
    row: &InlineRow,
    arguments: &[NodeId],
    span: ByteSpan,
) -> NodeId {
    let InlineForm::Comparison { op, swapped } = row.form else {
        unreachable!("{} is no comparison", row.name);
    };
    let variables: Vec<VariableId> =
        arguments.iter().map(|_| target.new_variable(NO_NAME)).collect();
    let mut body = None;
    for (pair, operands) in variables.windows(2).enumerate().rev() {
        let operands =
            [operands[0], operands[1]].map(|variable| target.add(Node::Local(variable), span));
        let comparison = Comparison { op, swapped, written: Written::call(row, op, pair) };
        let test = compare(target, comparison, operands, span);
        body = Some(match body {
            None => test,
            Some(consequent) => {
                let alternative = target.literal(FALSE, span);
                target.add(Node::If { test, consequent, alternative }, span)
            }
        });
    }
    let body = body.expect("a chain has two arguments or more");
    let values: NodeList = target.add_nodes(arguments);
    let variables = target.add_variables(&variables);
    target.add(Node::Let { variables, values, body }, span)
}
