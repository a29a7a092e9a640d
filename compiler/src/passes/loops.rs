//! Pass: takes `Fix` groups whose procedures are only ever called in tail position, seen from the
//! group and from the procedures themselves, and makes them `Labels`: their calls become jumps,
//! their parameters registers, and no closure is made. The rest of the `Fix` nodes stay.
//!
//! Every node gets the number of the continuation it returns to. A procedure of a group may become
//! a block if all its calls return to the continuation of the group or of a procedure of the
//! group. Groups are decided from the innermost out, because a loop that becomes a block puts the
//! calls inside it into tail position of the loop around it.

use crate::core::{Core, Node, NodeId, rebuild};

/// Rebuilds a form with `Labels` in place of `Fix` where that is possible.
pub fn find_loops(source: &Core) -> Core {
    let decided = Decision::of(source);
    rebuild(source, |target, id, map| {
        let span = source.span(id);
        match source.node(id) {
            Node::Fix { variables, lambdas, body } if decided.groups[id.index()] => {
                let mut blocks = Vec::with_capacity(lambdas.count());
                for lambda in source.nodes(lambdas) {
                    let Node::Lambda { parameters, body, .. } = target.node(map.get(*lambda))
                    else {
                        unreachable!("a group binds lambdas");
                    };
                    blocks.push(target.add(Node::Block { parameters, body }, source.span(*lambda)));
                }
                let blocks = target.add_nodes(&blocks);
                target.add(Node::Labels { labels: variables, blocks, entry: map.get(body) }, span)
            }
            Node::Call { procedure, arguments } => match source.node(procedure) {
                Node::Local(label) if decided.labels[label.index()] => {
                    let arguments: Vec<NodeId> =
                        source.nodes(arguments).iter().map(|id| map.get(*id)).collect();
                    let arguments = target.add_nodes(&arguments);
                    target.add(Node::Jump { label, arguments }, span)
                }
                _ => target.copy_node(source, id, map),
            },
            _ => target.copy_node(source, id, map),
        }
    })
}

/// What becomes of groups and procedures.
struct Decision {
    /// By node: a `Fix` that becomes `Labels`.
    groups: Vec<bool>,
    /// By variable: a procedure that becomes a block.
    labels: Vec<bool>,
}

/// The calls of one procedure.
#[derive(Clone, Default)]
struct Uses {
    references: u32,
    /// The continuation each call returns to, and its number of arguments.
    calls: Vec<(NodeId, usize)>,
}

impl Decision {
    fn of(source: &Core) -> Decision {
        let (mut continuations, uses) = survey(source);
        let mut decision = Decision {
            groups: vec![false; source.len()],
            labels: vec![false; source.variable_count()],
        };
        let reachable = source.reachable();
        for id in source.ids().filter(|id| reachable[id.index()]) {
            let Node::Fix { variables, lambdas, .. } = source.node(id) else { continue };
            let (variables, lambdas) = (source.variables(variables), source.nodes(lambdas));
            let group = continuations.find(id);
            let members = variables.iter().zip(lambdas);
            let fits = members.clone().all(|(variable, lambda)| {
                let uses = &uses[variable.index()];
                let Node::Lambda { parameters, rest, .. } = source.node(*lambda) else {
                    unreachable!("a group binds lambdas");
                };
                uses.references as usize == uses.calls.len()
                    && !rest
                    && uses.calls.iter().all(|(continuation, count)| {
                        let continuation = continuations.find_class(*continuation);
                        *count == parameters.count()
                            && (continuation == group || lambdas.contains(&continuation))
                    })
            });
            if fits {
                decision.groups[id.index()] = true;
                for (variable, lambda) in members {
                    decision.labels[variable.index()] = true;
                    continuations.join(*lambda, group);
                }
            }
        }
        decision
    }
}

/// The continuation of every node, and the uses of every variable.
fn survey(source: &Core) -> (Continuations, Vec<Uses>) {
    let mut continuations =
        Continuations { of_node: source.ids().collect(), same_as: source.ids().collect() };
    let mut uses = vec![Uses::default(); source.variable_count()];
    let reachable = source.reachable();
    for id in source.ids().rev().filter(|id| reachable[id.index()]) {
        let own = continuations.of_node[id.index()];
        let mut tail = |child: NodeId| continuations.of_node[child.index()] = own;
        match source.node(id) {
            Node::Local(variable) => uses[variable.index()].references += 1,
            Node::Call { procedure, arguments } => {
                if let Node::Local(variable) = source.node(procedure) {
                    uses[variable.index()].calls.push((own, arguments.count()));
                }
            }
            Node::If { consequent, alternative, .. } => {
                tail(consequent);
                tail(alternative);
            }
            Node::Or { right, .. } => tail(right),
            Node::Sequence(parts) => {
                tail(*source.nodes(parts).last().expect("a sequence has a last part"));
            }
            Node::Let { body, .. } | Node::Fix { body, .. } => tail(body),
            // The body returns to whoever calls the lambda: the lambda's number names that.
            Node::Lambda { body, .. } => continuations.of_node[body.index()] = id,
            _ => {}
        }
    }
    (continuations, uses)
}

/// Continuations by number of the node that has them first, in classes of equal ones.
struct Continuations {
    of_node: Vec<NodeId>,
    same_as: Vec<NodeId>,
}

impl Continuations {
    /// The class of the continuation of a node.
    fn find(&mut self, node: NodeId) -> NodeId {
        self.find_class(self.of_node[node.index()])
    }

    fn find_class(&mut self, mut continuation: NodeId) -> NodeId {
        while self.same_as[continuation.index()] != continuation {
            let next = self.same_as[continuation.index()];
            // Halve the path, so that later searches are short.
            self.same_as[continuation.index()] = self.same_as[next.index()];
            continuation = next;
        }
        continuation
    }

    /// The body of `lambda` returns to `continuation` from now on.
    fn join(&mut self, lambda: NodeId, continuation: NodeId) {
        self.same_as[lambda.index()] = continuation;
    }
}
