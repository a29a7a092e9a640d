//! Expander: takes data, gives Core IR in which every variable is resolved. Removes macros and
//! derived forms.
//!
//! The expander is a machine with two stacks, so nesting is limited by memory only. A task either
//! expands a piece of syntax, which leaves one node on the value stack, or takes finished nodes from
//! there and builds their parent. `hygiene.rs` has the table of what names mean; `Bind` and `Unbind`
//! tasks keep it in step with the place in the program.
//!
//! Every error leaves a placeholder where the form would have been, so that expansion goes on and
//! reports what else is wrong. `forms.rs` has the special forms, `binding.rs` those that bind
//! variables, `body.rs` bodies, `records.rs` record types, `macros.rs` definitions and uses of
//! macros, `rules/` what `syntax-rules` does, `syntax_case.rs` the forms of its kind for procedures, `quasi.rs` templates of quasiquotation, `build.rs` what is done with
//! finished parts.
//!
//! What an expansion goes through is a stack of stages (`stage.rs`), so that it can stop anywhere for a
//! call of the machine and go on with the result: `transformer.rs` has macros that are procedures.

mod binding;
mod body;
mod build;
mod conditional;
mod derived;
mod forms;
mod hygiene;
mod import;
mod keyword;
mod leave;
mod library;
mod library_file;
mod macros;
mod quasi;
mod records;
mod rules;
mod stage;
mod standard;
mod syntax;
mod syntax_case;
mod transformer;

use crate::core::{Core, Literal, NO_NAME, NameId, Names, Node, NodeId, VariableId};
use crate::datum::{Datum, DatumArena, DatumId, QuotedData};
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::source::Sources;
use crate::surroundings::Surroundings;
use body::BodySearch;
use build::Build;
use hygiene::{ContextId, Meaning};
use keyword::{Keyword, form_shape};
use library::Module;
use macros::{Definition, Head, LocalMacros};
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::inline;
use std::collections::HashSet;
use syntax::{Identifier, Syntax, View};

pub use hygiene::Hygiene;
pub use stage::{
    Progress, Request, begin_import_sets, begin_in_environment, begin_program, begin_top_level,
};
pub use standard::{exported_variables, exporter, standard_libraries, syntax_names, syntax_shapes};
pub use transformer::{Answer, MadeForm, Use};

/// The value of expressions that have none.
pub(crate) const UNSPECIFIED: Literal = Literal::immediate(inline::IMMEDIATE_UNSPECIFIED);
pub(crate) const FALSE: Literal = Literal::immediate(inline::IMMEDIATE_FALSE);
pub(crate) const TRUE: Literal = Literal::immediate(inline::IMMEDIATE_TRUE);
pub(crate) const NULL: Literal = Literal::immediate(inline::IMMEDIATE_NULL);

/// What the forms of one compilation share while they are expanded.
pub struct Expansion<'program> {
    /// What was read, and what macros make of it.
    pub arena: &'program mut DatumArena,
    pub names: &'program mut Names,
    pub quoted: &'program mut QuotedData,
    /// Global variables that some form defines or assigns; the expander adds to them. A keyword
    /// among them is an ordinary variable from its definition on.
    pub assigned_globals: &'program mut HashSet<NameId>,
    pub diagnostics: &'program mut Vec<Diagnostic>,
    pub hygiene: &'program mut Hygiene,
    pub sources: &'program mut Sources,
    pub surroundings: &'program dyn Surroundings,
    /// What is done and what is to be done.
    pub progress: &'program mut Progress,
}

/// What is still to be done; the next task is the last of the stack.
enum Task {
    /// A form of the program, which may be a definition.
    TopLevel(Syntax),
    Expression(Syntax),
    /// A list of forms that may begin with definitions.
    Body(Syntax, ByteSpan),
    /// A body whose definitions are being looked for.
    BodySearch(Box<BodySearch>),
    /// The macros of a `let-syntax` that are being made.
    LocalMacros(Box<LocalMacros>),
    /// The value of a definition: an expression, or the procedure that the form defines.
    DefinitionValue(Syntax, Option<Syntax>),
    /// A template at a depth of nested quasiquotations; leaves its result among the templates.
    Template(Syntax, u32),
    Bind(Vec<(Identifier, Meaning)>),
    Unbind(Vec<Identifier>),
    EndBody(ContextId),
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

/// A form that is being expanded.
#[derive(Default)]
struct FormState {
    /// Tells its variables from those of forms around it.
    number: u32,
    core: Core,
    tasks: Vec<Task>,
    values: Vec<NodeId>,
    templates: Vec<Template>,
    /// Uses of macros so far.
    expansions: usize,
    /// The limit of uses was met and reported.
    gave_up: bool,
}

struct Expander<'expansion, 'program> {
    shared: &'expansion mut Expansion<'program>,
    form: FormState,
}

impl Expander<'_, '_> {
    /// Goes on until the form is done, or something else has to be done first; then `false`.
    fn run(&mut self) -> bool {
        let depth = self.shared.progress.stages.len();
        while let Some(task) = self.form.tasks.pop() {
            self.step(task);
            if self.shared.is_to_wait(depth) {
                return false;
            }
        }
        true
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::TopLevel(form) => self.top_level(form),
            Task::Expression(form) => self.expression(form),
            Task::Body(forms, span) => self.body(forms, span),
            Task::BodySearch(search) => self.search_body(search),
            Task::LocalMacros(macros) => self.local_macros(macros),
            Task::DefinitionValue(form, value) => self.definition_value(form, value),
            Task::Template(template, depth) => self.template(template, depth),
            Task::Bind(bindings) => {
                for (identifier, meaning) in bindings {
                    self.shared.hygiene.bind(identifier, meaning);
                }
            }
            Task::Unbind(identifiers) => {
                for identifier in identifiers.into_iter().rev() {
                    self.shared.hygiene.unbind(identifier);
                }
            }
            Task::EndBody(context) => self.shared.hygiene.forget_context(context),
            Task::Build(build, span) => self.build(build, span),
        }
    }

    /// Puts tasks on the stack so that they are done in the order given.
    fn schedule(&mut self, tasks: Vec<Task>) {
        self.form.tasks.extend(tasks.into_iter().rev());
    }

    fn add(&mut self, node: Node, span: ByteSpan) {
        let id = self.form.core.add(node, span);
        self.form.values.push(id);
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

    /// The keyword that a piece of syntax is at this place of the program, with its name.
    fn keyword_of(&mut self, syntax: Syntax) -> Option<(&'static str, Keyword)> {
        let identifier = self.shared.identifier(syntax)?;
        match self.shared.meaning(identifier) {
            Meaning::Keyword(name, keyword) => Some((name, keyword)),
            _ => None,
        }
    }

    /// The keyword that the head of a form is, with its name.
    fn form_keyword(&mut self, form: Syntax) -> Option<(&'static str, Keyword)> {
        let (head, _) = self.pair(form)?;
        self.keyword_of(head)
    }

    fn top_level(&mut self, form: Syntax) {
        let span = self.span(form);
        let form = match self.without_macros(form) {
            Head::Form(form) => form,
            Head::Refused => return self.placeholder(span),
            Head::Waiting(form) => return self.form.tasks.push(Task::TopLevel(form)),
        };
        let span = self.span(form);
        match self.form_keyword(form) {
            Some((name, Keyword::Begin)) => {
                let Some(forms) = self.proper_list(form) else {
                    return self.fail_shape(name, span, "`begin` is not a proper list".into());
                };
                self.declare_introduced(&forms[1..]);
                let build = Task::Build(Build::Sequence(forms.len() - 1), span);
                let mut tasks: Vec<Task> =
                    forms[1..].iter().map(|form| Task::TopLevel(*form)).collect();
                tasks.push(build);
                self.schedule(tasks);
            }
            Some((_, Keyword::Define)) => self.define_global(form, span),
            Some((_, Keyword::DefineSyntax)) => match self.define_macro(form) {
                true => self.placeholder(span),
                false => self.form.tasks.push(Task::TopLevel(form)),
            },
            Some((_, Keyword::BeginForSyntax)) => {
                self.shared.begin_for_syntax(form);
                self.placeholder(span);
            }
            Some((_, Keyword::DefineRecordType)) => match self.record_definitions(form) {
                Some(definitions) => self.form.tasks.push(Task::TopLevel(definitions)),
                None => self.placeholder(span),
            },
            Some((_, Keyword::Import)) if self.is_open() => {
                self.shared.import(form);
                self.placeholder(span);
            }
            Some((_, Keyword::DefineLibrary)) if self.is_open() => {
                self.shared.define_library(form);
                self.placeholder(span);
            }
            _ => self.expression(form),
        }
    }

    /// Whether the form belongs to a top level that sees everything.
    fn is_open(&self) -> bool {
        matches!(self.shared.hygiene.module, Module::Open)
    }

    /// A definition of a macro at top level; `false` if its transformer has to be made first.
    fn define_macro(&mut self, form: Syntax) -> bool {
        match self.syntax_definition(form, Some(ContextId::TOP_LEVEL)) {
            Definition::Made(name, id) => {
                let name = self.shared.hygiene.defined(name);
                self.shared.ask_for(name.symbol);
                self.shared.hygiene.bind_top_level(name, Some(Meaning::Macro(id)));
                true
            }
            Definition::Refused => true,
            Definition::Waiting => false,
        }
    }

    fn expression(&mut self, form: Syntax) {
        let span = self.span(form);
        let form = match self.without_macros(form) {
            Head::Form(form) => form,
            Head::Refused => return self.placeholder(span),
            Head::Waiting(form) => return self.form.tasks.push(Task::Expression(form)),
        };
        let span = self.span(form);
        match self.view(form) {
            View::Identifier(identifier) => self.variable(identifier, form, span),
            View::Pair(..) => match self.form_keyword(form) {
                Some((name, keyword)) => self.special_form(keyword, name, form, span),
                None => self.call(form, span),
            },
            View::Null => {
                let message = "`()` is no expression: a call needs a procedure";
                let found = Diagnostic::new(ErrorCode::BadForm, span, message)
                    .with_note("help: the empty list is written '()");
                self.shared.diagnostics.push(found);
                self.add(Node::Literal(UNSPECIFIED), span);
            }
            View::Atom if self.is_cycle(form) => self.fail_cycle(span),
            View::Vector(_) | View::Atom => {
                let literal = self.quote(form.datum);
                self.add(Node::Literal(literal), span);
            }
        }
    }

    /// Whether a datum stands for one around it.
    fn is_cycle(&self, syntax: Syntax) -> bool {
        matches!(self.shared.arena.get(syntax.datum), Datum::Cycle(_))
    }

    fn fail_cycle(&mut self, span: ByteSpan) {
        let message = "a program contains itself in quoted data only".into();
        self.fail(ErrorCode::BadForm, span, message);
    }

    fn variable(&mut self, identifier: Identifier, form: Syntax, span: ByteSpan) {
        match self.shared.meaning(identifier) {
            Meaning::Local(variable) => self.add(Node::Local(variable), span),
            Meaning::Global(name) => self.add(Node::Global(name), span),
            Meaning::Keyword(name, _) => {
                let message = format!("`{name}` is a keyword and has no value");
                self.fail(ErrorCode::KeywordAsVariable, span, message);
            }
            Meaning::NotImported(library) => {
                let message = format!("`{}` is not imported", self.name_of(identifier));
                let found = Diagnostic::new(ErrorCode::NotImported, span, message)
                    .with_note(format!("help: {library} exports it"));
                self.shared.diagnostics.push(found);
                self.placeholder(span);
            }
            Meaning::OfAnotherTime(_) => {
                let message = format!(
                    "`{}` is a variable of the program, which has no value while macros are made",
                    self.name_of(identifier)
                );
                self.fail(ErrorCode::BadForm, span, message);
            }
            Meaning::Pattern(..) => {
                let message = format!(
                    "`{}` is a pattern variable, which stands in templates only",
                    self.name_of(identifier)
                );
                self.fail(ErrorCode::KeywordAsVariable, span, message);
            }
            Meaning::Macro(id) if self.use_name(id, form) => {}
            Meaning::Macro(_) => {
                let message = format!("`{}` is a macro and has no value", self.name_of(identifier));
                self.fail(ErrorCode::KeywordAsVariable, span, message);
            }
        }
    }

    fn call(&mut self, form: Syntax, span: ByteSpan) {
        let Some(parts) = self.proper_list(form) else {
            let (_, tail) = self.list(form);
            if self.is_cycle(tail) {
                return self.fail_cycle(span);
            }
            let message = "a call is a proper list, found a dotted one".into();
            return self.fail(ErrorCode::BadForm, span, message);
        };
        let mut tasks: Vec<Task> = parts.iter().map(|part| Task::Expression(*part)).collect();
        tasks.push(Task::Build(Build::Call(parts.len() - 1), span));
        self.schedule(tasks);
    }

    /// The constant a datum is.
    fn quote(&mut self, datum: DatumId) -> Literal {
        let arena = &*self.shared.arena;
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

    fn new_variable(&mut self, identifier: Identifier) -> VariableId {
        let name = self.shared.names.intern(self.shared.arena.symbol_name(identifier.symbol));
        self.form.core.new_variable(name)
    }

    /// A variable of the expander's own, which no name stands for.
    fn hidden_variable(&mut self) -> VariableId {
        self.form.core.new_variable(NO_NAME)
    }
}
