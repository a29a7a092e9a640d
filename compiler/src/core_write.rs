//! Core IR as text, for tests and for people who look into the compiler.

use crate::core::{Core, Literal, NO_NAME, Names, Node, NodeId, VariableId};
use pscheme_vm::inline;
use std::fmt::Write;

enum Work {
    /// On a line of its own, indented.
    Node(NodeId, usize),
    Close,
}

/// A form as an S-expression, one node per line. Variables are shown as name and number.
pub fn write_core(core: &Core, names: &Names) -> String {
    let mut text = String::new();
    let mut work = vec![Work::Node(core.root(), 0)];
    while let Some(item) = work.pop() {
        let Work::Node(id, depth) = item else {
            text.push(')');
            continue;
        };
        if depth > 0 {
            let _ = write!(text, "\n{:1$}", "", depth * 2);
        }
        let _ = write!(text, "({}", head(core, names, id));
        work.push(Work::Close);
        let mut children = Vec::new();
        core.for_each_child(id, |child| children.push(Work::Node(child, depth + 1)));
        work.extend(children.into_iter().rev());
    }
    text
}

fn variable(core: &Core, names: &Names, id: VariableId) -> String {
    format!("{}.{}", names.get(core.variable(id).name), id.index())
}

fn variables(core: &Core, names: &Names, list: &[VariableId]) -> String {
    let list: Vec<String> = list.iter().map(|id| variable(core, names, *id)).collect();
    list.join(" ")
}

fn head(core: &Core, names: &Names, id: NodeId) -> String {
    let bound = variables(core, names, core.bound_variables(id));
    match core.node(id) {
        Node::Literal(literal) => format!("literal {}", write_literal(literal)),
        Node::Local(id) => format!("local {}", variable(core, names, id)),
        Node::Global(name) => format!("global {}", names.get(name)),
        Node::SetLocal { variable: id, .. } => format!("set-local {}", variable(core, names, id)),
        Node::SetGlobal { name, .. } => format!("set-global {}", names.get(name)),
        Node::DefineGlobal { name, .. } => format!("define-global {}", names.get(name)),
        Node::If { .. } => "if".into(),
        Node::Or { .. } => "or".into(),
        Node::Sequence(_) => "sequence".into(),
        Node::Let { .. } => format!("let ({bound})"),
        Node::Letrec { .. } => format!("letrec ({bound})"),
        Node::Fix { .. } => format!("fix ({bound})"),
        Node::Labels { .. } => format!("labels ({bound})"),
        Node::Block { .. } => format!("block ({bound})"),
        Node::Lambda { rest, name, .. } => {
            let rest = if rest { " rest" } else { "" };
            let name = if name == NO_NAME { "" } else { names.get(name) };
            format!("lambda{rest} {name} ({bound})")
        }
        Node::Call { .. } => "call".into(),
        Node::Operate { op, swapped, written, .. } => {
            let swapped = if swapped { " swapped" } else { "" };
            format!("{}{swapped}{}", op.row().name(), written.text(op).unwrap_or_default())
        }
        Node::Primitive { code, .. } => format!("primitive {code}"),
        Node::Jump { label, .. } => format!("jump {}", variable(core, names, label)),
    }
}

/// A constant as it is shown in IR and assembler listings.
pub fn write_literal(literal: Literal) -> String {
    match literal {
        Literal::Word(word) => write_word(i64::from(word)),
        Literal::Datum { index, .. } => format!("datum {index}"),
    }
}

/// The word of a fixnum or immediate as Scheme text.
pub fn write_word(word: i64) -> String {
    const CHARACTER_KIND: u64 = inline::character_word('\0');
    match word as u64 {
        _ if word & 7 == 0 => format!("{}", word >> 3),
        inline::IMMEDIATE_FALSE => "#f".into(),
        inline::IMMEDIATE_TRUE => "#t".into(),
        inline::IMMEDIATE_NULL => "()".into(),
        inline::IMMEDIATE_EOF => "eof".into(),
        inline::IMMEDIATE_UNSPECIFIED => "unspecified".into(),
        inline::IMMEDIATE_UNBOUND => "unbound".into(),
        inline::IMMEDIATE_DEAD => "dead".into(),
        word if word & 0xff == CHARACTER_KIND => {
            char::from_u32((word >> 8) as u32).map_or("?".into(), |c| format!("#\\{c}"))
        }
        word => format!("word {word:#x}"),
    }
}
