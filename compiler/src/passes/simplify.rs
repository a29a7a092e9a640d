//! Pass: spreads constants and copies of variables, decides tests of constants, turns negated
//! tests around, and drops what has neither effect nor use. Nothing here moves a computation.

use crate::core::{Core, Literal, Node, NodeId, VariableId, rebuild};
use crate::diagnostic::ByteSpan;
use crate::expand::{FALSE, TRUE};
use pscheme_vm::op::Op;

/// What takes the place of a variable.
#[derive(Clone, Copy)]
enum Substitute {
    Literal(Literal),
    Variable(VariableId),
}

/// Rebuilds a form with less in it.
pub fn simplify(source: &Core) -> Core {
    let reachable = source.reachable();
    let substitutes = find_substitutes(source, &reachable);
    let counts = source.reference_counts(&reachable);
    rebuild(source, |target, id, map| {
        let span = source.span(id);
        match source.node(id) {
            Node::Local(variable) => match substitutes[variable.index()] {
                Some(Substitute::Literal(literal)) => target.literal(literal, span),
                Some(Substitute::Variable(other)) => target.add(Node::Local(other), span),
                None => target.copy_node(source, id, map),
            },
            Node::Let { variables, values, body } => {
                let mut kept = Vec::new();
                for (variable, value) in
                    source.variables(variables).iter().zip(source.nodes(values))
                {
                    let value = map.get(*value);
                    let substituted = substitutes[variable.index()].is_some();
                    let unused = counts[variable.index()] == 0
                        && !source.variable(*variable).assigned
                        && is_effect_free(target.node(value));
                    if !substituted && !unused {
                        kept.push((*variable, value));
                    }
                }
                simplified_let(target, source, &counts, &kept, map.get(body), span)
            }
            Node::If { test, consequent, alternative } => {
                let parts = (map.get(test), map.get(consequent), map.get(alternative));
                simplified_if(target, parts, span)
            }
            Node::Or { left, right } => match target.node(map.get(left)) {
                Node::Literal(literal) if literal.is_false() => map.get(right),
                Node::Literal(_) => map.get(left),
                _ => target.copy_node(source, id, map),
            },
            Node::Operate { op: Op::Not, arguments, .. } => {
                match target.node(map.get(source.nodes(arguments)[0])) {
                    Node::Literal(literal) => {
                        target.literal(if literal.is_false() { TRUE } else { FALSE }, span)
                    }
                    _ => target.copy_node(source, id, map),
                }
            }
            Node::Sequence(parts) => {
                let parts: Vec<NodeId> =
                    source.nodes(parts).iter().map(|id| map.get(*id)).collect();
                simplified_sequence(target, &parts, span)
            }
            _ => target.copy_node(source, id, map),
        }
    })
}

/// The variables that are but names for a constant or for another variable. Neither may ever be
/// assigned. A parent is seen before its children, so chains of copies are followed to their end.
fn find_substitutes(source: &Core, reachable: &[bool]) -> Vec<Option<Substitute>> {
    let mut substitutes = vec![None; source.variable_count()];
    for id in source.ids().rev().filter(|id| reachable[id.index()]) {
        let Node::Let { variables, values, .. } = source.node(id) else { continue };
        for (variable, value) in source.variables(variables).iter().zip(source.nodes(values)) {
            if source.variable(*variable).assigned {
                continue;
            }
            substitutes[variable.index()] = match source.node(*value) {
                Node::Literal(literal) => Some(Substitute::Literal(literal)),
                Node::Local(other) if !source.variable(other).assigned => {
                    substitutes[other.index()].or(Some(Substitute::Variable(other)))
                }
                _ => None,
            };
        }
    }
    substitutes
}

/// Whether an expression can be dropped where its value is not used.
pub fn is_effect_free(node: Node) -> bool {
    matches!(node, Node::Literal(_) | Node::Local(_) | Node::Lambda { .. })
}

fn simplified_let(
    target: &mut Core,
    source: &Core,
    counts: &[u32],
    kept: &[(VariableId, NodeId)],
    body: NodeId,
    span: ByteSpan,
) -> NodeId {
    if kept.is_empty() {
        return body;
    }
    let is_unused =
        |variable: VariableId| counts[variable.index()] == 0 && !source.variable(variable).assigned;
    if kept.iter().all(|(variable, _)| is_unused(*variable)) {
        let mut parts: Vec<NodeId> = kept.iter().map(|(_, value)| *value).collect();
        parts.push(body);
        return simplified_sequence(target, &parts, span);
    }
    let (variables, values): (Vec<VariableId>, Vec<NodeId>) = kept.iter().copied().unzip();
    let variables = target.add_variables(&variables);
    let values = target.add_nodes(&values);
    target.add(Node::Let { variables, values, body }, span)
}

fn simplified_if(
    target: &mut Core,
    (mut test, mut consequent, mut alternative): (NodeId, NodeId, NodeId),
    span: ByteSpan,
) -> NodeId {
    while let Node::Operate { op: Op::Not, arguments, .. } = target.node(test) {
        test = target.nodes(arguments)[0];
        (consequent, alternative) = (alternative, consequent);
    }
    match target.node(test) {
        Node::Literal(literal) if literal.is_false() => alternative,
        Node::Literal(_) => consequent,
        _ => target.add(Node::If { test, consequent, alternative }, span),
    }
}

/// A sequence without the parts that do nothing; only the last one's value counts. Sequences inside
/// it are left nested: splicing a deep nest would copy its innermost parts once per level.
fn simplified_sequence(target: &mut Core, parts: &[NodeId], span: ByteSpan) -> NodeId {
    let (last, rest) = parts.split_last().expect("a sequence has a last part");
    let effects = rest.iter().filter(|part| !is_effect_free(target.node(**part)));
    let mut kept: Vec<NodeId> = effects.copied().collect();
    if kept.is_empty() {
        return *last;
    }
    kept.push(*last);
    let parts = target.add_nodes(&kept);
    target.add(Node::Sequence(parts), span)
}
