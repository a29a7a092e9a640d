//! Pass: takes `Letrec` and removes it. Lambdas become `Fix`, other values `Let`; a variable that
//! may be read before it has its value becomes an assigned variable whose reads are checked.
//!
//! A lambda has no effect when it is made, so each is made as late as possible: before the first
//! value that needs it. That leaves few variables that anything could read too early. Also turns
//! `Let` of a lambda into `Fix`, so that later passes see every procedure with a name in one form.
//!
//! After O. Waddell, D. Sarkar, R. K. Dybvig, "Fixing Letrec" (2005), with the splitting into
//! strongly connected components of A. Ghuloum, R. K. Dybvig, "Fixing Letrec (reloaded)" (2009).

use crate::core::{Core, Literal, Node, NodeId, VariableId, rebuild};
use crate::diagnostic::ByteSpan;
use pscheme_vm::inline::IMMEDIATE_UNBOUND;

/// The part of a form that belongs to one binding of a `Letrec`, or to its body.
#[derive(Clone, Copy)]
struct Region {
    letrec: NodeId,
    /// `None` in the body.
    binding: Option<usize>,
    outer: Option<usize>,
}

/// Where the bindings of one `Letrec` refer to each other: `edges[i]` are those that `i` reads.
type Edges = Vec<Vec<usize>>;

/// One step of the nest of bindings that replaces a `Letrec`.
enum Item {
    /// A value that is computed.
    Value(usize),
    /// Lambdas that refer to each other.
    Lambdas(Vec<usize>),
}

/// Rebuilds a form without `Letrec`.
pub fn resolve_letrecs(source: &Core) -> Core {
    let reachable = source.reachable();
    let counts = source.reference_counts(&reachable);
    let edges = find_edges(source, &reachable);
    rebuild(source, |target, id, map| match source.node(id) {
        Node::Letrec { variables, values, body } => {
            let span = source.span(id);
            let letrec = Letrec {
                variables: source.variables(variables),
                values: source.nodes(values).iter().map(|value| map.get(*value)).collect(),
                edges: edges[id.index()].as_ref().expect("every letrec was visited"),
                counts: &counts,
            };
            letrec.nest(target, map.get(body), span)
        }
        Node::Let { variables, values, body } => {
            let mut rest = Vec::new();
            let mut result = map.get(body);
            let span = source.span(id);
            for (variable, value) in source.variables(variables).iter().zip(source.nodes(values)) {
                let value = map.get(*value);
                let is_lambda = matches!(target.node(value), Node::Lambda { .. });
                if is_lambda && !source.variable(*variable).assigned {
                    result = add_fix(target, &[(*variable, value)], result, span);
                } else {
                    rest.push((*variable, value));
                }
            }
            if rest.is_empty() { result } else { add_let(target, &rest, result, span) }
        }
        _ => target.copy_node(source, id, map),
    })
}

/// For every `Letrec` the references between its bindings.
fn find_edges(source: &Core, reachable: &[bool]) -> Vec<Option<Edges>> {
    let mut edges: Vec<Option<Edges>> = vec![None; source.len()];
    let mut binder: Vec<Option<(NodeId, usize)>> = vec![None; source.variable_count()];
    let mut regions: Vec<Region> = Vec::new();
    let mut region_of: Vec<Option<usize>> = vec![None; source.len()];
    for id in source.ids().rev().filter(|id| reachable[id.index()]) {
        let region = region_of[id.index()];
        match source.node(id) {
            Node::Letrec { variables, values, body } => {
                edges[id.index()] = Some(vec![Vec::new(); values.count()]);
                for (index, variable) in source.variables(variables).iter().enumerate() {
                    binder[variable.index()] = Some((id, index));
                }
                let parts = source.nodes(values).iter().enumerate();
                let parts = parts.map(|(index, value)| (*value, Some(index)));
                for (part, binding) in parts.chain([(body, None)]) {
                    regions.push(Region { letrec: id, binding, outer: region });
                    region_of[part.index()] = Some(regions.len() - 1);
                }
                continue;
            }
            // An assignment needs the variable's scope just as a reading does.
            Node::Local(variable) | Node::SetLocal { variable, .. } => {
                if let Some((letrec, to)) = binder[variable.index()]
                    && let Some(from) = enclosing_binding(&regions, region, letrec)
                {
                    edges[letrec.index()].as_mut().expect("the binder was visited")[from].push(to);
                }
            }
            _ => {}
        }
        source.for_each_child(id, |child| region_of[child.index()] = region);
    }
    edges
}

/// The binding of `letrec` inside which a region lies.
fn enclosing_binding(
    regions: &[Region],
    mut region: Option<usize>,
    letrec: NodeId,
) -> Option<usize> {
    while let Some(index) = region {
        if regions[index].letrec == letrec {
            return regions[index].binding;
        }
        region = regions[index].outer;
    }
    None
}

struct Letrec<'pass> {
    variables: &'pass [VariableId],
    /// In the new form.
    values: Vec<NodeId>,
    edges: &'pass Edges,
    counts: &'pass [u32],
}

impl Letrec<'_> {
    fn is_lambda(&self, target: &Core, index: usize) -> bool {
        matches!(target.node(self.values[index]), Node::Lambda { .. })
            && !target.variable(self.variables[index]).assigned
    }

    /// The nest of bindings around `body`.
    fn nest(&self, target: &mut Core, body: NodeId, span: ByteSpan) -> NodeId {
        let items = self.order(target);
        let early = self.early(&items);
        let mut result = body;
        for item in items.iter().rev() {
            result = match item {
                Item::Lambdas(members) => {
                    let bindings: Vec<(VariableId, NodeId)> = members
                        .iter()
                        .map(|index| (self.variables[*index], self.values[*index]))
                        .collect();
                    add_fix(target, &bindings, result, span)
                }
                Item::Value(index) => self.bind_value(target, *index, early[*index], result, span),
            };
        }
        let uninitialised: Vec<VariableId> = (0..self.values.len())
            .filter(|index| early[*index])
            .map(|index| self.variables[index])
            .collect();
        if uninitialised.is_empty() {
            return result;
        }
        let unbound = Literal::immediate(IMMEDIATE_UNBOUND);
        let bindings: Vec<(VariableId, NodeId)> = uninitialised
            .into_iter()
            .map(|variable| (variable, target.literal(unbound, span)))
            .collect();
        add_let(target, &bindings, result, span)
    }

    fn bind_value(
        &self,
        target: &mut Core,
        index: usize,
        early: bool,
        rest: NodeId,
        span: ByteSpan,
    ) -> NodeId {
        let (variable, value) = (self.variables[index], self.values[index]);
        let used = self.counts[variable.index()] > 0 || target.variable(variable).assigned;
        if used && !early {
            return add_let(target, &[(variable, value)], rest, span);
        }
        let mut first = value;
        if early {
            let knowledge = target.variable_mut(variable);
            (knowledge.assigned, knowledge.checked) = (true, true);
            first = target.add(Node::SetLocal { variable, value }, target.span(value));
        }
        let parts = target.add_nodes(&[first, rest]);
        target.add(Node::Sequence(parts), span)
    }

    /// The values in their order, each after the lambdas it needs; unused lambdas are left out.
    fn order(&self, target: &Core) -> Vec<Item> {
        let is_lambda: Vec<bool> =
            (0..self.values.len()).map(|index| self.is_lambda(target, index)).collect();
        let components = components(self.edges, &is_lambda);
        let mut component_of = vec![usize::MAX; self.values.len()];
        for (number, members) in components.iter().enumerate() {
            for member in members {
                component_of[*member] = number;
            }
        }
        let mut components: Vec<Option<Vec<usize>>> = components.into_iter().map(Some).collect();
        let mut items = Vec::new();
        let mut seen = vec![false; self.values.len()];
        for value in (0..self.values.len()).filter(|index| !is_lambda[*index]) {
            // Everything the value may call, through any number of lambdas.
            let mut needed = Vec::new();
            let mut work = self.edges[value].clone();
            while let Some(index) = work.pop() {
                if is_lambda[index] && !seen[index] {
                    seen[index] = true;
                    needed.push(component_of[index]);
                    work.extend_from_slice(&self.edges[index]);
                }
            }
            needed.sort_unstable();
            items
                .extend(needed.into_iter().filter_map(|n| components[n].take()).map(Item::Lambdas));
            items.push(Item::Value(value));
        }
        let is_used = |member: &usize| self.counts[self.variables[*member].index()] > 0;
        let rest = components.into_iter().flatten().filter(|members| members.iter().any(is_used));
        items.extend(rest.map(Item::Lambdas));
        items
    }

    /// The computed variables that something made before them, or their own value, refers to.
    fn early(&self, items: &[Item]) -> Vec<bool> {
        let mut position = vec![usize::MAX; self.values.len()];
        let mut is_value = vec![false; self.values.len()];
        for (place, item) in items.iter().enumerate() {
            match item {
                Item::Value(index) => {
                    position[*index] = place;
                    is_value[*index] = true;
                }
                Item::Lambdas(members) => members.iter().for_each(|index| position[*index] = place),
            }
        }
        let mut early = vec![false; self.values.len()];
        for (from, reads) in self.edges.iter().enumerate() {
            for to in reads {
                early[*to] |= is_value[*to] && position[from] <= position[*to];
            }
        }
        early
    }
}

fn add_let(
    target: &mut Core,
    bindings: &[(VariableId, NodeId)],
    body: NodeId,
    span: ByteSpan,
) -> NodeId {
    let (variables, values): (Vec<VariableId>, Vec<NodeId>) = bindings.iter().copied().unzip();
    let variables = target.add_variables(&variables);
    let values = target.add_nodes(&values);
    target.add(Node::Let { variables, values, body }, span)
}

fn add_fix(
    target: &mut Core,
    bindings: &[(VariableId, NodeId)],
    body: NodeId,
    span: ByteSpan,
) -> NodeId {
    let (variables, lambdas): (Vec<VariableId>, Vec<NodeId>) = bindings.iter().copied().unzip();
    let variables = target.add_variables(&variables);
    let lambdas = target.add_nodes(&lambdas);
    target.add(Node::Fix { variables, lambdas, body }, span)
}

/// Strongly connected components of the graph among the nodes in `included`, each after those it
/// refers to (R. Tarjan 1972, with a stack of its own).
fn components(edges: &Edges, included: &[bool]) -> Vec<Vec<usize>> {
    const UNVISITED: usize = usize::MAX;
    let mut order = vec![UNVISITED; edges.len()];
    let mut lowest = vec![0; edges.len()];
    let mut on_path = vec![false; edges.len()];
    let (mut path, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    for root in (0..edges.len()).filter(|node| included[*node]) {
        if order[root] != UNVISITED {
            continue;
        }
        // Nodes being visited, each with the number of its edges already followed.
        let mut visits = vec![(root, 0)];
        while let Some((node, followed)) = visits.last_mut() {
            let node = *node;
            if *followed == 0 {
                (order[node], lowest[node]) = (next, next);
                next += 1;
                path.push(node);
                on_path[node] = true;
            }
            let edge = edges[node].get(*followed).copied();
            *followed += 1;
            match edge {
                Some(to) if !included[to] => {}
                Some(to) if order[to] == UNVISITED => visits.push((to, 0)),
                Some(to) if on_path[to] => lowest[node] = lowest[node].min(order[to]),
                Some(_) => {}
                None => {
                    visits.pop();
                    if let Some((parent, _)) = visits.last() {
                        lowest[*parent] = lowest[*parent].min(lowest[node]);
                    }
                    if lowest[node] == order[node] {
                        let start = path.iter().rposition(|member| *member == node);
                        let mut members = path.split_off(start.expect("the node is on the path"));
                        members.iter().for_each(|member| on_path[*member] = false);
                        members.sort_unstable();
                        found.push(members);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_after_what_they_refer_to() {
        let edges = vec![vec![1], vec![2, 0], vec![3], vec![3], vec![0, 5], vec![]];
        let included = [true, true, true, true, true, false];
        let expected = vec![vec![3], vec![2], vec![0, 1], vec![4]];
        assert_eq!(components(&edges, &included), expected);
    }
}
