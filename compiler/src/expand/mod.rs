//! Expander: takes data, gives Core IR in which every variable is resolved. Removes derived forms.
//!
//! The expander is a machine with two stacks, so nesting is limited by memory only. A task either
//! expands a datum, which leaves one node on the value stack, or takes finished nodes from there
//! and builds their parent. Bindings are shallow: each symbol has a stack of the variables it
//! stands for, which `Bind` and `Unbind` tasks keep in step with the place in the program.
//!
//! Every error leaves a placeholder where the form would have been, so that expansion goes on and
//! reports what else is wrong. `forms.rs` has the special forms, `binding.rs` those that bind
//! variables, `quasi.rs` templates, `build.rs` what is done with finished parts.

mod binding;
mod build;
mod forms;
mod keyword;
mod quasi;

use crate::core::{Core, Literal, NO_NAME, NameId, Names, Node, NodeId, VariableId};
use crate::datum::{Datum, DatumArena, DatumId, QuotedData, SymbolId};
use crate::diagnostic::{ByteSpan, Diagnostic};
use build::Build;
use keyword::{Keyword, form_shape, keyword};
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::inline;
use std::collections::HashSet;

/// The value of expressions that have none.
pub(crate) const UNSPECIFIED: Literal = Literal::immediate(inline::IMMEDIATE_UNSPECIFIED);
pub(crate) const FALSE: Literal = Literal::immediate(inline::IMMEDIATE_FALSE);
pub(crate) const TRUE: Literal = Literal::immediate(inline::IMMEDIATE_TRUE);
pub(crate) const NULL: Literal = Literal::immediate(inline::IMMEDIATE_NULL);

/// What the forms of one program share while they are expanded.
pub struct Expansion<'program> {
    pub arena: &'program DatumArena,
    pub names: &'program mut Names,
    pub quoted: &'program mut QuotedData,
    /// Global variables that some form defines or assigns; the expander adds to them. A keyword
    /// among them is an ordinary variable from its definition on.
    pub assigned_globals: &'program mut HashSet<NameId>,
    pub diagnostics: &'program mut Vec<Diagnostic>,
}

/// Expands one top-level form.
pub fn expand_form(expansion: &mut Expansion<'_>, form: DatumId) -> Core {
    let symbol_count = expansion.arena.symbol_count();
    let mut expander = Expander {
        shared: expansion,
        core: Core::default(),
        tasks: vec![Task::TopLevel(form)],
        values: Vec::new(),
        templates: Vec::new(),
        bindings: vec![Vec::new(); symbol_count],
    };
    while let Some(task) = expander.tasks.pop() {
        expander.step(task);
    }
    let root = expander.values.pop().expect("a form expands to one expression");
    assert!(expander.values.is_empty(), "every part of the form found its parent");
    expander.core.set_root(root);
    expander.core
}

/// What is still to be done; the next task is the last of the stack.
enum Task {
    /// A form of the program, which may be a definition.
    TopLevel(DatumId),
    Expression(DatumId),
    /// A list of forms that may begin with definitions.
    Body(DatumId, ByteSpan),
    /// The value of a definition: an expression, or the procedure that the form defines.
    DefinitionValue(DatumId, Option<DatumId>),
    /// A template at a depth of nested quasiquotations; leaves its result among the templates.
    Template(DatumId, u32),
    Bind(Vec<(SymbolId, VariableId)>),
    Unbind(Vec<SymbolId>),
    Build(Build, ByteSpan),
}

/// A part of a template: constant so far, or computed.
#[derive(Clone, Copy)]
enum Template {
    Quoted(DatumId),
    /// The empty list that ends the elements of a vector.
    End,
    Computed(NodeId),
}

struct Expander<'expansion, 'program> {
    shared: &'expansion mut Expansion<'program>,
    core: Core,
    tasks: Vec<Task>,
    values: Vec<NodeId>,
    templates: Vec<Template>,
    /// By symbol, the variables in scope from the outermost to the innermost.
    bindings: Vec<Vec<VariableId>>,
}

/// What a symbol means at a place of the program.
enum Meaning {
    Local(VariableId),
    Keyword(Keyword),
    Global(NameId),
}

impl<'program> Expander<'_, 'program> {
    fn arena(&self) -> &'program DatumArena {
        self.shared.arena
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::TopLevel(form) => self.top_level(form),
            Task::Expression(form) => self.expression(form),
            Task::Body(forms, span) => self.body(forms, span),
            Task::DefinitionValue(form, value) => self.definition_value(form, value),
            Task::Template(template, depth) => self.template(template, depth),
            Task::Bind(variables) => {
                for (symbol, variable) in variables {
                    self.bindings[symbol.index()].push(variable);
                }
            }
            Task::Unbind(symbols) => {
                for symbol in symbols {
                    self.bindings[symbol.index()].pop().expect("the variable was bound");
                }
            }
            Task::Build(build, span) => self.build(build, span),
        }
    }

    /// Puts tasks on the stack so that they are done in the order given.
    fn schedule(&mut self, tasks: Vec<Task>) {
        self.tasks.extend(tasks.into_iter().rev());
    }

    fn add(&mut self, node: Node, span: ByteSpan) {
        let id = self.core.add(node, span);
        self.values.push(id);
    }

    fn report(&mut self, code: ErrorCode, span: ByteSpan, message: String) {
        self.shared.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// Reports an error and leaves a placeholder for the expression.
    fn fail(&mut self, code: ErrorCode, span: ByteSpan, message: String) {
        self.report(code, span, message);
        self.add(Node::Literal(UNSPECIFIED), span);
    }

    /// Reports a special form of the wrong shape and leaves a placeholder.
    fn fail_shape(&mut self, name: &str, span: ByteSpan, message: String) {
        self.report_shape(name, span, message);
        self.add(Node::Literal(UNSPECIFIED), span);
    }

    fn report_shape(&mut self, name: &str, span: ByteSpan, message: String) {
        let found = Diagnostic::new(ErrorCode::BadForm, span, message)
            .with_note(format!("help: the form is {}", form_shape(name)));
        self.shared.diagnostics.push(found);
    }

    fn meaning(&mut self, symbol: SymbolId) -> Meaning {
        if let Some(variable) = self.bindings[symbol.index()].last() {
            return Meaning::Local(*variable);
        }
        let name = self.arena().symbol_name(symbol);
        let defined = |name: NameId| self.shared.assigned_globals.contains(&name);
        match keyword(name) {
            Some(keyword) if !self.shared.names.find(name).is_some_and(defined) => {
                Meaning::Keyword(keyword)
            }
            _ => Meaning::Global(self.shared.names.intern(name)),
        }
    }

    /// The keyword a datum is at this place of the program.
    fn keyword_of(&mut self, datum: DatumId) -> Option<Keyword> {
        let Datum::Symbol(symbol) = self.arena().get(datum) else { return None };
        match self.meaning(symbol) {
            Meaning::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// The keyword that the head of a form is, with its name.
    fn form_keyword(&mut self, form: DatumId) -> Option<(Keyword, &'program str)> {
        let Datum::Pair(head, _) = self.arena().get(form) else { return None };
        let keyword = self.keyword_of(head)?;
        Some((keyword, self.symbol_name(head)))
    }

    fn symbol_name(&self, datum: DatumId) -> &'program str {
        match self.arena().get(datum) {
            Datum::Symbol(symbol) => self.arena().symbol_name(symbol),
            _ => "",
        }
    }

    fn top_level(&mut self, form: DatumId) {
        let span = self.arena().span(form);
        match self.form_keyword(form) {
            Some((Keyword::Begin, name)) => {
                let Some(forms) = self.arena().proper_list(form) else {
                    return self.fail_shape(name, span, "`begin` is not a proper list".into());
                };
                let build = Task::Build(Build::Sequence(forms.len() - 1), span);
                let mut tasks: Vec<Task> =
                    forms[1..].iter().map(|id| Task::TopLevel(*id)).collect();
                tasks.push(build);
                self.schedule(tasks);
            }
            Some((Keyword::Define, _)) => self.define_global(form, span),
            _ => self.expression(form),
        }
    }

    fn expression(&mut self, form: DatumId) {
        let span = self.arena().span(form);
        match self.arena().get(form) {
            Datum::Symbol(symbol) => self.variable(symbol, span),
            Datum::Pair(..) => match self.form_keyword(form) {
                Some((keyword, name)) => self.special_form(keyword, name, form, span),
                None => self.call(form, span),
            },
            Datum::Null => {
                let message = "`()` is no expression: a call needs a procedure";
                let found = Diagnostic::new(ErrorCode::BadForm, span, message)
                    .with_note("help: the empty list is written '()");
                self.shared.diagnostics.push(found);
                self.add(Node::Literal(UNSPECIFIED), span);
            }
            _ => {
                let literal = self.quote(form);
                self.add(Node::Literal(literal), span);
            }
        }
    }

    fn variable(&mut self, symbol: SymbolId, span: ByteSpan) {
        match self.meaning(symbol) {
            Meaning::Local(variable) => self.add(Node::Local(variable), span),
            Meaning::Global(name) => self.add(Node::Global(name), span),
            Meaning::Keyword(Keyword::NotInThisVersion) => {
                let name = self.arena().symbol_name(symbol);
                self.fail_not_in_this_version(name, span);
            }
            Meaning::Keyword(_) => {
                let name = self.arena().symbol_name(symbol);
                let message = format!("`{name}` is a keyword and has no value");
                self.fail(ErrorCode::KeywordAsVariable, span, message);
            }
        }
    }

    fn fail_not_in_this_version(&mut self, name: &str, span: ByteSpan) {
        let message = format!("`{name}` is not in this version of pscheme");
        self.fail(ErrorCode::FormNotInThisVersion, span, message);
    }

    fn call(&mut self, form: DatumId, span: ByteSpan) {
        let Some(parts) = self.arena().proper_list(form) else {
            let message = "a call is a proper list, found a dotted one".into();
            return self.fail(ErrorCode::BadForm, span, message);
        };
        let mut tasks: Vec<Task> = parts.iter().map(|part| Task::Expression(*part)).collect();
        tasks.push(Task::Build(Build::Call(parts.len() - 1), span));
        self.schedule(tasks);
    }

    /// The constant a datum is.
    fn quote(&mut self, datum: DatumId) -> Literal {
        let arena = self.arena();
        let small = match arena.get(datum) {
            Datum::Null => Some(NULL),
            Datum::Boolean(value) => Some(if value { TRUE } else { FALSE }),
            Datum::Character(value) => Some(Literal::immediate(inline::character_word(value))),
            Datum::Fixnum(value) => Literal::fixnum(value),
            _ => None,
        };
        small.unwrap_or_else(|| {
            let is_symbol = matches!(arena.get(datum), Datum::Symbol(_));
            Literal::Datum { index: self.shared.quoted.quote(arena, datum), is_symbol }
        })
    }

    fn new_variable(&mut self, symbol: SymbolId) -> VariableId {
        let name = self.shared.names.intern(self.arena().symbol_name(symbol));
        self.core.new_variable(name)
    }

    /// A variable of the expander's own, which no symbol stands for.
    fn hidden_variable(&mut self) -> VariableId {
        self.core.new_variable(NO_NAME)
    }
}
