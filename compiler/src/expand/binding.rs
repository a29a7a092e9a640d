//! Forms that bind variables: `lambda`, `define`, the `let` family, `do`.
//!
//! Each is a scope: the names it binds and everything they are seen in get it.

use super::build::Build;
use super::hygiene::Meaning;
use super::keyword::Keyword;
use super::library::Module;
use super::syntax::{Identifier, Syntax, View};
use super::{Expander, Task, standard};
use crate::core::{NameId, VariableId};
use crate::diagnostic::ByteSpan;
use crate::scope::{Scope, ScopeSetId};
use pscheme_heap::error_code::ErrorCode;
use std::collections::HashSet;

/// Parameters of a lambda.
struct Formals {
    names: Vec<Identifier>,
    rest: bool,
}

/// Names bound to new variables in a scope of their own.
struct Bound {
    scope: Scope,
    names: Vec<Identifier>,
    variables: Vec<VariableId>,
}

impl Bound {
    fn task(&self) -> Task {
        let meanings = self.variables.iter().map(|variable| Meaning::Local(*variable));
        Task::Bind(self.names.iter().copied().zip(meanings).collect())
    }
}

impl Expander<'_, '_> {
    /// `(lambda formals body …)`.
    pub(super) fn lambda(&mut self, form: Syntax, span: ByteSpan) {
        let Some((formals, body)) = self.second_and_rest(form) else {
            return self.fail_shape("lambda", span, "`lambda` without parameters".into());
        };
        let formals = self.formals("lambda", formals);
        self.procedure(formals, body, span);
    }

    pub(super) fn second_and_rest(&mut self, form: Syntax) -> Option<(Syntax, Syntax)> {
        let (_, rest) = self.pair(form)?;
        self.pair(rest)
    }

    /// New variables for names, in a new scope.
    fn bind_names(&mut self, names: &[Identifier]) -> Bound {
        let scope = self.shared.hygiene.sets.fresh();
        let variables = names.iter().map(|name| self.new_variable(*name)).collect();
        let names = names.iter().map(|name| self.shared.identifier_within(*name, scope)).collect();
        Bound { scope, names, variables }
    }

    fn procedure(&mut self, formals: Formals, body: Syntax, span: ByteSpan) {
        let bound = self.bind_names(&formals.names);
        let body = self.shared.within(body, bound.scope);
        let bind = bound.task();
        let build = Build::Lambda { variables: bound.variables, rest: formals.rest };
        self.schedule(vec![
            bind,
            Task::Body(body, span),
            Task::Unbind(bound.names),
            Task::Build(build, span),
        ]);
    }

    fn formals(&mut self, form_name: &str, formals: Syntax) -> Formals {
        let (parts, tail) = self.list(formals);
        let mut names = self.distinct_names(form_name, &parts);
        if matches!(self.view(tail), View::Null) {
            return Formals { names, rest: false };
        }
        let rest = self.distinct_names(form_name, &[tail]);
        match rest.first() {
            Some(name) if names.contains(name) => self.report_duplicate(tail, *name),
            _ => names.extend(&rest),
        }
        Formals { names, rest: !rest.is_empty() }
    }

    /// The identifiers; reports what is none and those that appear twice.
    fn distinct_names(&mut self, form_name: &str, parts: &[Syntax]) -> Vec<Identifier> {
        let mut seen = HashSet::new();
        let mut names = Vec::with_capacity(parts.len());
        for part in parts {
            match self.shared.identifier(*part) {
                Some(name) if seen.insert(name) => names.push(name),
                Some(name) => self.report_duplicate(*part, name),
                None => {
                    let message = format!("expected a variable's name in `{form_name}`");
                    let span = self.span(*part);
                    self.report_shape(form_name, span, message);
                }
            }
        }
        names
    }

    fn report_duplicate(&mut self, place: Syntax, name: Identifier) {
        let message = format!("`{}` is bound twice here", self.name_of(name));
        self.report(ErrorCode::DuplicateVariable, self.span(place), message);
    }

    /// `(define name expression)` or `(define (name . formals) body …)` at top level.
    pub(super) fn define_global(&mut self, form: Syntax, span: ByteSpan) {
        let Some((name, value)) = self.definition(form) else {
            return self.placeholder(span);
        };
        if matches!(self.shared.hygiene.module, Module::Environment) {
            let message = "nothing can be defined in an environment that `environment` made".into();
            return self.fail(ErrorCode::MisplacedDefinition, span, message);
        }
        let name = self.declare_global(name);
        self.form.tasks.push(Task::Build(Build::DefineGlobal(name), span));
        self.definition_value(form, value);
    }

    /// The global variable that a definition at top level gives a value. A name that a macro brought
    /// in is one of its own: no program text can be that name. Those of libraries carry the
    /// library's, and so do not meet those of others.
    fn declare_global(&mut self, name: Identifier) -> NameId {
        let name = self.shared.hygiene.defined(name);
        if self.shared.hygiene.defined.contains(&name)
            && let Some(Meaning::Global(known)) = self.shared.find_exactly(name)
        {
            return known;
        }
        let global = self.global_name(name);
        let global = self.shared.names.intern(&global);
        self.shared.assigned_globals.insert(global);
        let is_plain = name.scopes == ScopeSetId::EMPTY;
        let meaning = (!is_plain).then_some(Meaning::Global(global));
        self.shared.ask_for(name.symbol);
        self.shared.hygiene.bind_top_level(name, meaning);
        self.shared.hygiene.defined.insert(name);
        global
    }

    fn global_name(&mut self, name: Identifier) -> String {
        let text = self.name_of(name).to_string();
        if name.scopes != self.shared.hygiene.home {
            return format!("{text} {}", self.shared.hygiene.sets.fresh().number());
        }
        match &self.shared.hygiene.module {
            Module::Library(library) => format!("{text} {library}"),
            // In place of what the library calls so, for this program alone.
            Module::Program if text.starts_with('%') || standard::exporter(&text).is_some() => {
                format!("{text} (program)")
            }
            Module::Program | Module::Open | Module::Environment => text,
        }
    }

    /// Makes known what the definitions among forms of the top level define, where a macro brought
    /// in the names: the forms before a definition may mean it.
    pub(super) fn declare_introduced(&mut self, forms: &[Syntax]) {
        for form in forms {
            if !matches!(self.form_keyword(*form), Some((_, Keyword::Define))) {
                continue;
            }
            let Some((mut target, _)) = self.second_and_rest(*form) else { continue };
            if let Some((name, _)) = self.pair(target) {
                target = name;
            }
            let Some(name) = self.shared.identifier(target) else { continue };
            let name = self.shared.hygiene.defined(name);
            if name.scopes != ScopeSetId::EMPTY {
                self.declare_global(name);
            }
        }
    }

    /// The name of a definition and its value's expression, `None` if it defines a procedure.
    /// Reports wrong shapes.
    pub(super) fn definition(&mut self, form: Syntax) -> Option<(Identifier, Option<Syntax>)> {
        let span = self.span(form);
        let Some((target, rest)) = self.second_and_rest(form) else {
            self.report_shape("define", span, "`define` without a name".into());
            return None;
        };
        match self.view(target) {
            View::Identifier(name) => match self.proper_list(rest).as_deref() {
                Some([value]) => Some((name, Some(*value))),
                Some([]) => {
                    let message =
                        format!("the definition of `{}` has no value", self.name_of(name));
                    self.report_shape("define", span, message);
                    None
                }
                _ => {
                    let message = "a definition has one value: is a parenthesis missing?";
                    self.report_shape("define", span, message.into());
                    None
                }
            },
            View::Pair(head, _) => {
                let name = self.shared.identifier(head);
                if name.is_none() {
                    let message =
                        "expected the procedure's name (curried definitions are not R7RS)";
                    let span = self.span(head);
                    self.report_shape("define", span, message.into());
                }
                Some((name?, None))
            }
            _ => {
                let span = self.span(target);
                self.report_shape("define", span, "expected a name to define".into());
                None
            }
        }
    }

    /// Expands the value of a definition that `definition` accepted.
    pub(super) fn definition_value(&mut self, form: Syntax, value: Option<Syntax>) {
        if let Some(value) = value {
            return self.form.tasks.push(Task::Expression(value));
        }
        let (target, body) = self.second_and_rest(form).expect("the definition has its shape");
        let (_, formals) = self.pair(target).expect("one without a value defines a procedure");
        let formals = self.formals("define", formals);
        let span = self.span(form);
        self.procedure(formals, body, span);
    }

    /// The bindings `((name expression) …)` of a `let` form.
    fn let_bindings(
        &mut self,
        form_name: &str,
        bindings: Syntax,
    ) -> Option<(Vec<Syntax>, Vec<Syntax>)> {
        let Some(parts) = self.proper_list(bindings) else {
            let message = format!("expected a list of bindings in `{form_name}`");
            let span = self.span(bindings);
            self.report_shape(form_name, span, message);
            return None;
        };
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for part in parts {
            match self.proper_list(part).as_deref() {
                Some([name, value]) => {
                    names.push(*name);
                    values.push(*value);
                }
                _ => {
                    let message = format!("expected a binding (name expression) in `{form_name}`");
                    let span = self.span(part);
                    self.report_shape(form_name, span, message);
                }
            }
        }
        Some((names, values))
    }

    /// `let`, `let*`, `letrec`, `letrec*` and named `let`.
    pub(super) fn let_form(&mut self, keyword: Keyword, name: &str, form: Syntax, span: ByteSpan) {
        let Some((mut second, mut body)) = self.second_and_rest(form) else {
            return self.fail_shape(name, span, format!("`{name}` without bindings"));
        };
        let mut loop_name = None;
        if let (Keyword::Let, View::Identifier(name)) = (keyword, self.view(second)) {
            let Some((bindings, rest)) = self.pair(body) else {
                return self.fail_shape("let", span, "named `let` without bindings".into());
            };
            loop_name = Some(name);
            (second, body) = (bindings, rest);
        }
        let Some((names, values)) = self.let_bindings(name, second) else {
            return self.placeholder(span);
        };
        if keyword == Keyword::LetStar {
            return self.let_star(&names, &values, body, span);
        }
        let names = self.distinct_names(name, &names);
        if names.len() != values.len() {
            return self.placeholder(span);
        }
        match loop_name {
            Some(loop_name) => self.named_let(loop_name, &names, &values, body, span),
            None => self.plain_let(keyword == Keyword::Letrec, &names, &values, body, span),
        }
    }

    fn plain_let(
        &mut self,
        recursive: bool,
        names: &[Identifier],
        values: &[Syntax],
        body: Syntax,
        span: ByteSpan,
    ) {
        let bound = self.bind_names(names);
        let body = self.shared.within(body, bound.scope);
        let mut tasks = Vec::new();
        if recursive {
            tasks.push(bound.task());
        }
        for value in values {
            let value = if recursive { self.shared.within(*value, bound.scope) } else { *value };
            tasks.push(Task::Expression(value));
        }
        if !recursive {
            tasks.push(bound.task());
        }
        tasks.push(Task::Body(body, span));
        tasks.push(Task::Unbind(bound.names));
        let variables = bound.variables;
        let build = if recursive { Build::Letrec(variables) } else { Build::Let(variables) };
        tasks.push(Task::Build(build, span));
        self.schedule(tasks);
    }

    fn named_let(
        &mut self,
        loop_name: Identifier,
        names: &[Identifier],
        values: &[Syntax],
        body: Syntax,
        span: ByteSpan,
    ) {
        let outer = self.bind_names(&[loop_name]);
        let inner_names: Vec<Identifier> =
            names.iter().map(|name| self.shared.identifier_within(*name, outer.scope)).collect();
        let inner = self.bind_names(&inner_names);
        let body = self.shared.within(body, outer.scope);
        let body = self.shared.within(body, inner.scope);
        let mut tasks: Vec<Task> = values.iter().map(|value| Task::Expression(*value)).collect();
        tasks.push(outer.task());
        tasks.push(inner.task());
        tasks.push(Task::Body(body, span));
        tasks.push(Task::Unbind(inner.names));
        tasks.push(Task::Unbind(outer.names));
        let build = Build::NamedLet { name: outer.variables[0], variables: inner.variables };
        tasks.push(Task::Build(build, span));
        self.schedule(tasks);
    }

    fn let_star(&mut self, names: &[Syntax], values: &[Syntax], body: Syntax, span: ByteSpan) {
        let mut tasks = Vec::new();
        let mut closing = Vec::new();
        // What the scopes so far add to a piece of the form.
        let mut scopes: Vec<Scope> = Vec::new();
        for (name, value) in names.iter().zip(values) {
            let (mut name, mut value) = (*name, *value);
            for scope in &scopes {
                name = self.shared.within(name, *scope);
                value = self.shared.within(value, *scope);
            }
            // One by one, because `let*` may bind a name more than once.
            let Some(name) = self.distinct_names("let*", &[name]).pop() else { continue };
            let bound = self.bind_names(&[name]);
            scopes.push(bound.scope);
            tasks.push(Task::Expression(value));
            tasks.push(bound.task());
            closing.push(Task::Build(Build::Let(bound.variables), span));
            closing.push(Task::Unbind(bound.names));
        }
        let body = scopes.into_iter().fold(body, |body, scope| self.shared.within(body, scope));
        tasks.push(Task::Body(body, span));
        tasks.extend(closing.into_iter().rev());
        self.schedule(tasks);
    }

    /// `(do ((name init step) …) (test expression …) command …)`.
    pub(super) fn do_form(&mut self, form: Syntax, span: ByteSpan) {
        let Some(parts) = self.proper_list(form).filter(|parts| parts.len() >= 3) else {
            let message = "`do` needs bindings and a test".into();
            return self.fail_shape("do", span, message);
        };
        let exit = self.proper_list(parts[2]).filter(|exit| !exit.is_empty());
        let (Some(bindings), Some(exit)) = (self.proper_list(parts[1]), exit) else {
            let message = "`do` needs a list of bindings and a list with a test".into();
            return self.fail_shape("do", span, message);
        };
        let (mut names, mut inits, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for binding in bindings {
            match self.proper_list(binding).as_deref() {
                Some([name, init, step @ ..]) if step.len() <= 1 => {
                    names.push(*name);
                    inits.push(*init);
                    steps.push(*step.first().unwrap_or(name));
                }
                _ => {
                    let message = "expected a binding (name init step) in `do`".into();
                    let span = self.span(binding);
                    self.report_shape("do", span, message);
                }
            }
        }
        let names = self.distinct_names("do", &names);
        if names.len() != inits.len() {
            return self.placeholder(span);
        }
        let bound = self.bind_names(&names);
        let mut tasks: Vec<Task> = inits.into_iter().map(Task::Expression).collect();
        tasks.push(bound.task());
        let mut inside = |part: &Syntax| Task::Expression(self.shared.within(*part, bound.scope));
        tasks.extend(exit.iter().map(&mut inside));
        tasks.push(Task::Build(Build::Sequence(exit.len() - 1), span));
        tasks.extend(parts[3..].iter().map(&mut inside));
        tasks.extend(steps.iter().map(&mut inside));
        tasks.push(Task::Unbind(bound.names));
        let build = Build::Do { variables: bound.variables, commands: parts.len() - 3 };
        tasks.push(Task::Build(build, span));
        self.schedule(tasks);
    }
}
