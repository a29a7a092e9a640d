//! Checks the invariants of Core IR between passes, in debug builds and tests.

use crate::core::{Core, Node, NodeId, VariableId};

/// Passes that have run; each forbids what it removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Expanded,
    Simplified,
    LetrecsResolved,
    LoopsFound,
    VariablesBoxed,
}

/// What is wrong with a form, or `Ok`.
pub fn validate_core(core: &Core, stage: Stage) -> Result<(), String> {
    let reachable = core.reachable();
    let mut parents = vec![0u8; core.len()];
    let mut binders = vec![0u8; core.variable_count()];
    for id in core.ids().filter(|id| reachable[id.index()]) {
        let mut wrong_order = None;
        core.for_each_child(id, |child| {
            parents[child.index()] = parents[child.index()].saturating_add(1);
            if child >= id {
                wrong_order = Some(child);
            }
        });
        if let Some(child) = wrong_order {
            return Err(format!("{child:?} is a child of {id:?}"));
        }
        if parents[id.index()] > 1 {
            return Err(format!("{id:?} has two parents"));
        }
        for variable in core.bound_variables(id) {
            binders[variable.index()] += 1;
            if binders[variable.index()] > 1 {
                return Err(format!("{variable:?} is bound twice"));
            }
        }
        check_stage(core, id, stage)?;
    }
    // Children come first, so the last parent may have been counted after its child was checked.
    if let Some(id) = core.ids().find(|id| parents[id.index()] > 1) {
        return Err(format!("{id:?} has two parents"));
    }
    check_scopes(core)
}

fn check_stage(core: &Core, id: NodeId, stage: Stage) -> Result<(), String> {
    let node = core.node(id);
    let (first, last) = match node {
        Node::Letrec { .. } => (Stage::Expanded, Stage::Simplified),
        Node::SetLocal { .. } => (Stage::Expanded, Stage::LoopsFound),
        Node::Fix { .. } => (Stage::LetrecsResolved, Stage::VariablesBoxed),
        Node::Labels { .. } | Node::Block { .. } | Node::Jump { .. } => {
            (Stage::LoopsFound, Stage::VariablesBoxed)
        }
        _ => (Stage::Expanded, Stage::VariablesBoxed),
    };
    if stage < first || stage > last {
        return Err(format!("{node:?} has no place at {stage:?}"));
    }
    Ok(())
}

enum Visit {
    Enter(NodeId),
    /// The variables of a `Let` come into scope once its values are visited.
    Bind(NodeId),
    Leave(VariableId),
}

/// Every variable is used inside the scope of its binding only.
fn check_scopes(core: &Core) -> Result<(), String> {
    let mut in_scope = vec![false; core.variable_count()];
    let mut work = vec![Visit::Enter(core.root())];
    while let Some(visit) = work.pop() {
        let id = match visit {
            Visit::Enter(id) => id,
            Visit::Bind(id) => {
                for variable in core.bound_variables(id) {
                    in_scope[variable.index()] = true;
                }
                continue;
            }
            Visit::Leave(variable) => {
                in_scope[variable.index()] = false;
                continue;
            }
        };
        if let Node::Local(variable)
        | Node::SetLocal { variable, .. }
        | Node::Jump { label: variable, .. } = core.node(id)
            && !in_scope[variable.index()]
        {
            return Err(format!("{variable:?} is used outside its scope by {id:?}"));
        }
        work.extend(core.bound_variables(id).iter().map(|variable| Visit::Leave(*variable)));
        if let Node::Let { values, body, .. } = core.node(id) {
            work.extend([Visit::Enter(body), Visit::Bind(id)]);
            work.extend(core.nodes(values).iter().rev().map(|value| Visit::Enter(*value)));
        } else {
            core.for_each_child(id, |child| work.push(Visit::Enter(child)));
            work.push(Visit::Bind(id));
        }
    }
    Ok(())
}
