//! Analysis: what each lambda captures, and how deep lambdas nest.

use crate::core::{Core, Node, NodeId, VariableId};
use crate::limits::LAMBDA_DEPTH_MAX;
use indexmap::IndexSet;
use std::collections::HashMap;

/// Captured variables of the lambdas of one form.
pub struct Closures {
    captured: HashMap<NodeId, IndexSet<VariableId>>,
    /// The variable that names a lambda in its own body, and there is register 0.
    self_variables: HashMap<NodeId, VariableId>,
}

/// Lambdas nest deeper than [`LAMBDA_DEPTH_MAX`]; the node is one that lies too deep.
#[derive(Debug)]
pub struct TooDeep(pub NodeId);

impl Closures {
    /// Finds the captured variables of a form.
    ///
    /// # Errors
    /// [`TooDeep`] if lambdas nest too deep.
    pub fn of(core: &Core) -> Result<Closures, TooDeep> {
        let reachable = core.reachable();
        let mut closures = Closures { captured: HashMap::new(), self_variables: HashMap::new() };
        // The lambda around a node, and around the binding of a variable; `None` is the form.
        let mut home: Vec<Option<NodeId>> = vec![None; core.len()];
        let mut owner: Vec<Option<NodeId>> = vec![None; core.variable_count()];
        let mut depths: HashMap<NodeId, usize> = HashMap::new();
        for id in core.ids().rev().filter(|id| reachable[id.index()]) {
            let mut inside = home[id.index()];
            match core.node(id) {
                Node::Lambda { .. } => {
                    let depth = inside.map_or(0, |outer| depths[&outer]) + 1;
                    if depth > LAMBDA_DEPTH_MAX {
                        return Err(TooDeep(id));
                    }
                    depths.insert(id, depth);
                    closures.captured.insert(id, IndexSet::new());
                    inside = Some(id);
                }
                Node::Fix { variables, lambdas, .. } => {
                    let members = core.variables(variables).iter().zip(core.nodes(lambdas));
                    for (variable, lambda) in members {
                        closures.self_variables.insert(*lambda, *variable);
                    }
                }
                Node::Local(variable) => {
                    closures.capture(variable, inside, owner[variable.index()], &home);
                }
                _ => {}
            }
            for variable in core.bound_variables(id) {
                owner[variable.index()] = inside;
            }
            core.for_each_child(id, |child| home[child.index()] = inside);
        }
        Ok(closures)
    }

    /// Notes a variable of `owner` in all lambdas from `lambda` outwards that must carry it.
    fn capture(
        &mut self,
        variable: VariableId,
        mut lambda: Option<NodeId>,
        owner: Option<NodeId>,
        home: &[Option<NodeId>],
    ) {
        while lambda != owner {
            let current = lambda.expect("a variable is bound around its use");
            if self.self_variables.get(&current) == Some(&variable) {
                return;
            }
            let captured = self.captured.get_mut(&current).expect("parents are visited first");
            if !captured.insert(variable) {
                return;
            }
            lambda = home[current.index()];
        }
    }

    /// The variables whose values a closure of this lambda holds, in their order.
    pub fn captured(&self, lambda: NodeId) -> impl Iterator<Item = VariableId> + '_ {
        self.captured[&lambda].iter().copied()
    }

    /// The variable that is the running closure itself inside this lambda.
    pub fn self_variable(&self, lambda: NodeId) -> Option<VariableId> {
        self.self_variables.get(&lambda).copied()
    }
}
