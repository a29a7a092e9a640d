//! Pass: takes assigned variables and removes them: each becomes a variable that is never assigned
//! and holds a box. Removes `SetLocal`.
//!
//! Every assigned variable gets a box, captured or not: a continuation that is re-entered copies
//! the frame back as it was when the continuation was captured, and an assignment made since must
//! not be undone by that (R7RS 6.10, `call/cc`).

use crate::core::{Core, Node, NodeId, VariableId, VariableList, rebuild};
use crate::diagnostic::ByteSpan;
use pscheme_vm::op::Op;

/// Rebuilds a form without assigned variables.
pub fn box_assigned_variables(source: &Core) -> Core {
    let mut boxes: Vec<Option<VariableId>> = vec![None; source.variable_count()];
    let assigned = |variable: VariableId| source.variable(variable).assigned;
    rebuild(source, |target, id, map| {
        let span = source.span(id);
        let mut box_of = |target: &mut Core, variable: VariableId| {
            *boxes[variable.index()]
                .get_or_insert_with(|| target.new_variable(source.variable(variable).name))
        };
        match source.node(id) {
            Node::Local(variable) if assigned(variable) => {
                let holder = box_of(target, variable);
                let holder = target.add(Node::Local(holder), span);
                let checked = source.variable(variable).checked;
                let op = if checked { Op::BoxReferenceChecked } else { Op::BoxReference };
                target.operate(op, &[holder], span)
            }
            Node::SetLocal { variable, value } => {
                let holder = box_of(target, variable);
                let holder = target.add(Node::Local(holder), span);
                target.operate(Op::BoxSet, &[holder, map.get(value)], span)
            }
            Node::Let { variables, values, body } => {
                let (mut new_variables, mut new_values) = (Vec::new(), Vec::new());
                for (variable, value) in
                    source.variables(variables).iter().zip(source.nodes(values))
                {
                    let value = map.get(*value);
                    if assigned(*variable) {
                        new_variables.push(box_of(target, *variable));
                        new_values.push(target.operate(Op::MakeBox, &[value], span));
                    } else {
                        new_variables.push(*variable);
                        new_values.push(value);
                    }
                }
                let variables = target.add_variables(&new_variables);
                let values = target.add_nodes(&new_values);
                target.add(Node::Let { variables, values, body: map.get(body) }, span)
            }
            Node::Lambda { parameters, rest, name, body } => {
                let holders = holders(source, target, parameters, &mut box_of);
                let body = bind_holders(target, &holders, map.get(body), span);
                target.add(Node::Lambda { parameters, rest, name, body }, span)
            }
            Node::Block { parameters, body } => {
                let holders = holders(source, target, parameters, &mut box_of);
                let body = bind_holders(target, &holders, map.get(body), span);
                target.add(Node::Block { parameters, body }, span)
            }
            _ => target.copy_node(source, id, map),
        }
    })
}

/// The assigned parameters and their boxes.
fn holders(
    source: &Core,
    target: &mut Core,
    parameters: VariableList,
    box_of: &mut impl FnMut(&mut Core, VariableId) -> VariableId,
) -> Vec<(VariableId, VariableId)> {
    let parameters = source.variables(parameters).iter().copied();
    parameters
        .filter(|parameter| source.variable(*parameter).assigned)
        .map(|parameter| (parameter, box_of(target, parameter)))
        .collect()
}

/// A body in which the boxes of assigned parameters are made from the parameters' values.
fn bind_holders(
    target: &mut Core,
    holders: &[(VariableId, VariableId)],
    body: NodeId,
    span: ByteSpan,
) -> NodeId {
    if holders.is_empty() {
        return body;
    }
    let (mut variables, mut values) = (Vec::new(), Vec::new());
    for (parameter, holder) in holders {
        let value = target.add(Node::Local(*parameter), span);
        variables.push(*holder);
        values.push(target.operate(Op::MakeBox, &[value], span));
    }
    let variables = target.add_variables(&variables);
    let values = target.add_nodes(&values);
    target.add(Node::Let { variables, values, body }, span)
}
