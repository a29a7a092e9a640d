//! Core IR: a program form after expansion, with every variable resolved.
//!
//! A flat arena of nodes. Invariants, checked by `core_validate.rs`: a node's children have lower
//! numbers than the node, every node has one parent, and every variable is bound by one node. So a
//! loop upwards over the numbers visits children before parents, a loop downwards parents before
//! children, and no pass recurses, however deep a program nests.
//!
//! Which pass makes and removes which node:
//!
//! | node | made by | removed by |
//! |---|---|---|
//! | `Letrec` | expander | `passes/letrec.rs` |
//! | `Operate`, `Primitive` in place of calls | `passes/inline.rs` | |
//! | `Fix` | `passes/letrec.rs` | partly `passes/loops.rs` |
//! | `Labels`, `Block`, `Jump` | `passes/loops.rs` | |
//! | `SetLocal`, variables that are assigned | expander, `passes/letrec.rs` | `passes/boxes.rs` |

use crate::diagnostic::ByteSpan;
use indexmap::IndexSet;
use pscheme_vm::op::Op;
use pscheme_vm::written::Written;

/// A node of one [`Core`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// A local variable of one [`Core`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(u32);

/// A name in the program's [`Names`]: of a global variable, or to show to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameId(u32);

/// Names of one program: of its own variables, and those of the standard library.
#[derive(Clone, Debug)]
pub struct Names(IndexSet<Name>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    text: String,
    /// What the standard library calls so, whatever programs do.
    is_standard: bool,
}

/// The name of what has none.
pub const NO_NAME: NameId = NameId(0);

impl Default for Names {
    fn default() -> Names {
        Names(IndexSet::from([Name { text: String::new(), is_standard: false }]))
    }
}

impl Names {
    /// The name of what a program calls so.
    pub fn intern(&mut self, text: &str) -> NameId {
        self.number(Name { text: text.to_string(), is_standard: false })
    }

    /// The name of what the standard library calls so.
    pub fn intern_standard(&mut self, text: &str) -> NameId {
        self.number(Name { text: text.to_string(), is_standard: true })
    }

    fn number(&mut self, name: Name) -> NameId {
        NameId(self.0.insert_full(name).0 as u32)
    }

    pub fn get(&self, name: NameId) -> &str {
        &self.0[name.0 as usize].text
    }

    /// Whether it is a name of the standard library.
    pub fn is_standard(&self, name: NameId) -> bool {
        self.0[name.0 as usize].is_standard
    }
}

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl VariableId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A run of nodes in a [`Core`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeList {
    start: u32,
    count: u32,
}

/// A run of variables in a [`Core`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VariableList {
    start: u32,
    count: u32,
}

impl NodeList {
    pub fn count(self) -> usize {
        self.count as usize
    }
}

impl VariableList {
    pub fn count(self) -> usize {
        self.count as usize
    }
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// The word of a fixnum or an immediate, as `load_word` takes it.
    Word(i32),
    /// A quoted datum by its index in the program's data.
    Datum { index: u32, is_symbol: bool },
}

impl Literal {
    /// The word of an immediate.
    pub const fn immediate(word: u64) -> Literal {
        assert!(word <= i32::MAX as u64);
        Literal::Word(word as i32)
    }

    /// A fixnum, if its word fits.
    pub fn fixnum(value: i64) -> Option<Literal> {
        value.checked_mul(8).and_then(|word| i32::try_from(word).ok()).map(Literal::Word)
    }

    /// The integer, if this is a fixnum that fits an `Int16` operand.
    pub fn small_integer(self) -> Option<i16> {
        match self {
            Literal::Word(word) if word & 7 == 0 => i16::try_from(word >> 3).ok(),
            _ => None,
        }
    }

    /// Whether the identity of this constant decides `eqv?` and `equal?` too.
    pub fn is_identified_by_word(self) -> bool {
        !matches!(self, Literal::Datum { is_symbol: false, .. })
    }

    pub fn is_false(self) -> bool {
        self == Literal::immediate(pscheme_vm::inline::IMMEDIATE_FALSE)
    }
}

/// An expression, its parts by number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    Literal(Literal),
    Local(VariableId),
    Global(NameId),
    /// An assignment whose value is unspecified.
    SetLocal {
        variable: VariableId,
        value: NodeId,
    },
    SetGlobal {
        name: NameId,
        value: NodeId,
    },
    DefineGlobal {
        name: NameId,
        value: NodeId,
    },
    If {
        test: NodeId,
        consequent: NodeId,
        alternative: NodeId,
    },
    /// The value of `left` unless it is false, else that of `right`.
    Or {
        left: NodeId,
        right: NodeId,
    },
    /// One expression or more; the value is the last one's.
    Sequence(NodeList),
    /// The values are computed in order, outside the variables' scope.
    Let {
        variables: VariableList,
        values: NodeList,
        body: NodeId,
    },
    /// As `letrec*` of R7RS.
    Letrec {
        variables: VariableList,
        values: NodeList,
        body: NodeId,
    },
    /// Mutually recursive lambdas bound to variables that nobody assigns.
    Fix {
        variables: VariableList,
        lambdas: NodeList,
        body: NodeId,
    },
    /// With `rest`, the last parameter takes the list of the arguments that are left over.
    Lambda {
        parameters: VariableList,
        rest: bool,
        name: NameId,
        body: NodeId,
    },
    /// The arguments are computed from left to right.
    Call {
        procedure: NodeId,
        arguments: NodeList,
    },
    /// One instruction; `swapped` exchanges the operands of a comparison after both are computed.
    Operate {
        op: Op,
        swapped: bool,
        written: Written,
        arguments: NodeList,
    },
    /// A call of a primitive by its code.
    Primitive {
        code: u32,
        arguments: NodeList,
    },
    /// Blocks that `entry` and they themselves reach by jumps in tail position. The value is that
    /// of whatever ends without a jump. The labels are variables that nothing reads.
    Labels {
        labels: VariableList,
        blocks: NodeList,
        entry: NodeId,
    },
    /// A block of `Labels`; its parameters are registers that each jump assigns.
    Block {
        parameters: VariableList,
        body: NodeId,
    },
    Jump {
        label: VariableId,
        arguments: NodeList,
    },
}

/// What is known of a local variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub name: NameId,
    /// Some `SetLocal` assigns it.
    pub assigned: bool,
    /// It may be read before it has a value, so that reading must check.
    pub checked: bool,
}

/// One top-level form.
#[derive(Clone, Debug, Default)]
pub struct Core {
    nodes: Vec<Node>,
    spans: Vec<ByteSpan>,
    node_lists: Vec<NodeId>,
    variable_lists: Vec<VariableId>,
    variables: Vec<Variable>,
    root: Option<NodeId>,
}

impl Core {
    /// A form without nodes that has the variables of `source`: passes rebuild into it.
    pub fn with_variables_of(source: &Core) -> Core {
        Core {
            variables: source.variables.clone(),
            variable_lists: source.variable_lists.clone(),
            nodes: Vec::with_capacity(source.nodes.len()),
            spans: Vec::with_capacity(source.nodes.len()),
            ..Core::default()
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The expression this form is.
    pub fn root(&self) -> NodeId {
        self.root.expect("a finished form has a root")
    }

    pub fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    /// All nodes, children before parents.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    pub fn span(&self, id: NodeId) -> ByteSpan {
        self.spans[id.index()]
    }

    pub fn add(&mut self, node: Node, span: ByteSpan) -> NodeId {
        let id = u32::try_from(self.nodes.len()).expect("a form has fewer than 2^32 nodes");
        self.nodes.push(node);
        self.spans.push(span);
        NodeId(id)
    }

    pub fn add_nodes(&mut self, nodes: &[NodeId]) -> NodeList {
        let start = self.node_lists.len() as u32;
        self.node_lists.extend_from_slice(nodes);
        NodeList { start, count: nodes.len() as u32 }
    }

    pub fn add_variables(&mut self, variables: &[VariableId]) -> VariableList {
        let start = self.variable_lists.len() as u32;
        self.variable_lists.extend_from_slice(variables);
        VariableList { start, count: variables.len() as u32 }
    }

    pub fn nodes(&self, list: NodeList) -> &[NodeId] {
        &self.node_lists[list.start as usize..(list.start + list.count) as usize]
    }

    pub fn variables(&self, list: VariableList) -> &[VariableId] {
        &self.variable_lists[list.start as usize..(list.start + list.count) as usize]
    }

    pub fn new_variable(&mut self, name: NameId) -> VariableId {
        self.variables.push(Variable { name, assigned: false, checked: false });
        VariableId(self.variables.len() as u32 - 1)
    }

    pub fn variable(&self, variable: VariableId) -> &Variable {
        &self.variables[variable.index()]
    }

    pub fn variable_mut(&mut self, variable: VariableId) -> &mut Variable {
        &mut self.variables[variable.index()]
    }

    pub fn variable_count(&self) -> usize {
        self.variables.len()
    }

    /// Names a lambda that has no name yet: `(define f (lambda …))` makes a procedure `f`.
    pub fn name_lambda(&mut self, id: NodeId, new_name: NameId) {
        if let Node::Lambda { name, .. } = &mut self.nodes[id.index()]
            && *name == NO_NAME
        {
            *name = new_name;
        }
    }

    pub fn literal(&mut self, literal: Literal, span: ByteSpan) -> NodeId {
        self.add(Node::Literal(literal), span)
    }

    pub fn operate(&mut self, op: Op, arguments: &[NodeId], span: ByteSpan) -> NodeId {
        self.operate_as(op, Written::AS_INSTRUCTION, arguments, span)
    }

    /// An instruction that is a call, or a part of one.
    pub fn operate_as(
        &mut self,
        op: Op,
        written: Written,
        arguments: &[NodeId],
        span: ByteSpan,
    ) -> NodeId {
        let arguments = self.add_nodes(arguments);
        self.add(Node::Operate { op, swapped: false, written, arguments }, span)
    }

    /// The children of a node in the order in which they are computed.
    pub fn for_each_child(&self, id: NodeId, mut visit: impl FnMut(NodeId)) {
        match self.node(id) {
            Node::Literal(_) | Node::Local(_) | Node::Global(_) => {}
            Node::SetLocal { value, .. }
            | Node::SetGlobal { value, .. }
            | Node::DefineGlobal { value, .. } => visit(value),
            Node::If { test, consequent, alternative } => {
                [test, consequent, alternative].into_iter().for_each(visit);
            }
            Node::Or { left, right } => [left, right].into_iter().for_each(visit),
            Node::Sequence(list)
            | Node::Operate { arguments: list, .. }
            | Node::Primitive { arguments: list, .. }
            | Node::Jump { arguments: list, .. } => {
                self.nodes(list).iter().copied().for_each(visit);
            }
            Node::Let { values: list, body, .. }
            | Node::Letrec { values: list, body, .. }
            | Node::Fix { lambdas: list, body, .. } => {
                self.nodes(list).iter().copied().for_each(&mut visit);
                visit(body);
            }
            Node::Labels { blocks, entry, .. } => {
                visit(entry);
                self.nodes(blocks).iter().copied().for_each(visit);
            }
            Node::Lambda { body, .. } | Node::Block { body, .. } => visit(body),
            Node::Call { procedure, arguments } => {
                visit(procedure);
                self.nodes(arguments).iter().copied().for_each(visit);
            }
        }
    }

    /// The variables a node binds.
    pub fn bound_variables(&self, id: NodeId) -> &[VariableId] {
        match self.node(id) {
            Node::Let { variables, .. }
            | Node::Letrec { variables, .. }
            | Node::Fix { variables, .. }
            | Node::Labels { labels: variables, .. }
            | Node::Lambda { parameters: variables, .. }
            | Node::Block { parameters: variables, .. } => self.variables(variables),
            _ => &[],
        }
    }

    /// For every node whether the root needs it; passes leave unused nodes behind.
    pub fn reachable(&self) -> Vec<bool> {
        let mut reachable = vec![false; self.len()];
        reachable[self.root().index()] = true;
        for id in self.ids().rev() {
            if reachable[id.index()] {
                self.for_each_child(id, |child| reachable[child.index()] = true);
            }
        }
        reachable
    }

    /// For every variable how often reachable nodes read it.
    pub fn reference_counts(&self, reachable: &[bool]) -> Vec<u32> {
        let mut counts = vec![0; self.variable_count()];
        for id in self.ids() {
            if let Node::Local(variable) = self.node(id)
                && reachable[id.index()]
            {
                counts[variable.index()] += 1;
            }
        }
        counts
    }

    /// Adds a copy of a node of `source`, its children renumbered by `map`.
    pub fn copy_node(&mut self, source: &Core, id: NodeId, map: &NodeMap) -> NodeId {
        let mut list = |list: NodeList| {
            let nodes: Vec<NodeId> = source.nodes(list).iter().map(|id| map.get(*id)).collect();
            self.add_nodes(&nodes)
        };
        let mut node = source.node(id);
        match &mut node {
            Node::Literal(_) | Node::Local(_) | Node::Global(_) => {}
            Node::SetLocal { value, .. }
            | Node::SetGlobal { value, .. }
            | Node::DefineGlobal { value, .. } => *value = map.get(*value),
            Node::If { test, consequent, alternative } => {
                for child in [test, consequent, alternative] {
                    *child = map.get(*child);
                }
            }
            Node::Or { left, right } => (*left, *right) = (map.get(*left), map.get(*right)),
            Node::Sequence(children)
            | Node::Operate { arguments: children, .. }
            | Node::Primitive { arguments: children, .. }
            | Node::Jump { arguments: children, .. } => *children = list(*children),
            Node::Let { values: children, body: child, .. }
            | Node::Letrec { values: children, body: child, .. }
            | Node::Fix { lambdas: children, body: child, .. }
            | Node::Labels { blocks: children, entry: child, .. }
            | Node::Call { arguments: children, procedure: child } => {
                *children = list(*children);
                *child = map.get(*child);
            }
            Node::Lambda { body, .. } | Node::Block { body, .. } => *body = map.get(*body),
        }
        self.add(node, source.span(id))
    }
}

/// Where a rebuilding pass put the nodes of its source.
pub struct NodeMap(Vec<Option<NodeId>>);

impl NodeMap {
    pub fn new(source: &Core) -> NodeMap {
        NodeMap(vec![None; source.len()])
    }

    pub fn set(&mut self, old: NodeId, new: NodeId) {
        self.0[old.index()] = Some(new);
    }

    /// # Panics
    /// If the pass has not come to `old` yet.
    pub fn get(&self, old: NodeId) -> NodeId {
        self.0[old.index()].expect("children are rebuilt before their parents")
    }
}

/// Rebuilds a form from its leaves up: `rebuild` makes the node that takes the place of each
/// reachable node of `source`; its children are already in the new form.
pub fn rebuild(
    source: &Core,
    mut rebuild: impl FnMut(&mut Core, NodeId, &NodeMap) -> NodeId,
) -> Core {
    let reachable = source.reachable();
    let mut target = Core::with_variables_of(source);
    let mut map = NodeMap::new(source);
    for id in source.ids() {
        if reachable[id.index()] {
            let new = rebuild(&mut target, id, &map);
            map.set(id, new);
        }
    }
    target.set_root(map.get(source.root()));
    target
}
