//! Forms that bind variables: `lambda`, `define`, the `let` family, `do`, and bodies.

use super::build::Build;
use super::keyword::Keyword;
use super::{Expander, Task};
use crate::core::VariableId;
use crate::datum::{Datum, DatumId, SymbolId};
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;
use std::collections::HashSet;

/// Parameters of a lambda.
struct Formals {
    symbols: Vec<SymbolId>,
    rest: bool,
}

/// One part of a body: a definition of a variable, or an expression.
enum BodyItem {
    Define { symbol: SymbolId, form: DatumId, value: Option<DatumId> },
    Expression(DatumId),
}

impl Expander<'_, '_> {
    /// `(lambda formals body …)`.
    pub(super) fn lambda(&mut self, form: DatumId, span: ByteSpan) {
        let Some((formals, body)) = self.second_and_rest(form) else {
            return self.fail_shape("lambda", span, "`lambda` without parameters".into());
        };
        let formals = self.formals("lambda", formals);
        self.procedure(formals, body, span);
    }

    fn second_and_rest(&self, form: DatumId) -> Option<(DatumId, DatumId)> {
        let Datum::Pair(_, rest) = self.arena().get(form) else { return None };
        match self.arena().get(rest) {
            Datum::Pair(second, rest) => Some((second, rest)),
            _ => None,
        }
    }

    fn procedure(&mut self, formals: Formals, body: DatumId, span: ByteSpan) {
        let bound: Vec<(SymbolId, VariableId)> =
            formals.symbols.iter().map(|symbol| (*symbol, self.new_variable(*symbol))).collect();
        let variables = bound.iter().map(|(_, variable)| *variable).collect();
        self.schedule(vec![
            Task::Bind(bound),
            Task::Body(body, span),
            Task::Unbind(formals.symbols),
            Task::Build(Build::Lambda { variables, rest: formals.rest }, span),
        ]);
    }

    fn formals(&mut self, form_name: &str, formals: DatumId) -> Formals {
        let (parts, tail) = self.arena().list(formals);
        let mut symbols = self.distinct_symbols(form_name, &parts);
        let rest = match self.arena().get(tail) {
            Datum::Null => false,
            _ => {
                let tail_symbol = self.distinct_symbols(form_name, &[tail]);
                if let Some(symbol) = tail_symbol.first()
                    && symbols.contains(symbol)
                {
                    self.report_duplicate(tail);
                } else {
                    symbols.extend(&tail_symbol);
                }
                !tail_symbol.is_empty()
            }
        };
        Formals { symbols, rest }
    }

    /// The symbols that the data are; reports others and those that appear twice.
    fn distinct_symbols(&mut self, form_name: &str, data: &[DatumId]) -> Vec<SymbolId> {
        let mut seen = HashSet::new();
        let mut symbols = Vec::with_capacity(data.len());
        for datum in data {
            match self.arena().get(*datum) {
                Datum::Symbol(symbol) if seen.insert(symbol) => symbols.push(symbol),
                Datum::Symbol(_) => self.report_duplicate(*datum),
                _ => {
                    let message = format!("expected a variable's name in `{form_name}`");
                    self.report_shape(form_name, self.arena().span(*datum), message);
                }
            }
        }
        symbols
    }

    fn report_duplicate(&mut self, datum: DatumId) {
        let message = format!("`{}` is bound twice here", self.symbol_name(datum));
        self.report(ErrorCode::DuplicateVariable, self.arena().span(datum), message);
    }

    /// `(define name expression)` or `(define (name . formals) body …)` at top level.
    pub(super) fn define_global(&mut self, form: DatumId, span: ByteSpan) {
        let Some((symbol, value)) = self.definition(form) else {
            return self.placeholder(span);
        };
        let name = self.shared.names.intern(self.arena().symbol_name(symbol));
        self.shared.assigned_globals.insert(name);
        self.tasks.push(Task::Build(Build::DefineGlobal(name), span));
        self.definition_value(form, value);
    }

    /// The name of a definition and its value's expression, `None` if it defines a procedure.
    /// Reports wrong shapes.
    fn definition(&mut self, form: DatumId) -> Option<(SymbolId, Option<DatumId>)> {
        let span = self.arena().span(form);
        let Some((target, rest)) = self.second_and_rest(form) else {
            self.report_shape("define", span, "`define` without a name".into());
            return None;
        };
        match self.arena().get(target) {
            Datum::Symbol(symbol) => match self.arena().proper_list(rest).as_deref() {
                Some([value]) => Some((symbol, Some(*value))),
                Some([]) => {
                    let name = self.arena().symbol_name(symbol);
                    let message = format!("the definition of `{name}` has no value");
                    self.report_shape("define", span, message);
                    None
                }
                _ => {
                    let message = "a definition has one value: is a parenthesis missing?";
                    self.report_shape("define", span, message.into());
                    None
                }
            },
            Datum::Pair(head, _) => match self.arena().get(head) {
                Datum::Symbol(symbol) => Some((symbol, None)),
                _ => {
                    let message =
                        "expected the procedure's name (curried definitions are not R7RS)";
                    self.report_shape("define", self.arena().span(head), message.into());
                    None
                }
            },
            _ => {
                let message = "expected a name to define".into();
                self.report_shape("define", self.arena().span(target), message);
                None
            }
        }
    }

    /// Expands the value of a definition that `definition` accepted.
    pub(super) fn definition_value(&mut self, form: DatumId, value: Option<DatumId>) {
        if let Some(value) = value {
            return self.tasks.push(Task::Expression(value));
        }
        let (target, body) = self.second_and_rest(form).expect("the definition has its shape");
        let Datum::Pair(_, formals) = self.arena().get(target) else {
            unreachable!("a definition without a value defines a procedure");
        };
        let formals = self.formals("define", formals);
        self.procedure(formals, body, self.arena().span(form));
    }

    /// The bindings `((name expression) …)` of a `let` form.
    fn let_bindings(
        &mut self,
        form_name: &str,
        bindings: DatumId,
    ) -> Option<(Vec<DatumId>, Vec<DatumId>)> {
        let span = self.arena().span(bindings);
        let Some(parts) = self.arena().proper_list(bindings) else {
            let message = format!("expected a list of bindings in `{form_name}`");
            self.report_shape(form_name, span, message);
            return None;
        };
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for part in parts {
            match self.arena().proper_list(part).as_deref() {
                Some([name, value]) => {
                    names.push(*name);
                    values.push(*value);
                }
                _ => {
                    let message = format!("expected a binding (name expression) in `{form_name}`");
                    self.report_shape(form_name, self.arena().span(part), message);
                }
            }
        }
        Some((names, values))
    }

    /// `let`, `let*`, `letrec`, `letrec*` and named `let`.
    pub(super) fn let_form(&mut self, keyword: Keyword, name: &str, form: DatumId, span: ByteSpan) {
        let Some((mut second, mut body)) = self.second_and_rest(form) else {
            return self.fail_shape(name, span, format!("`{name}` without bindings"));
        };
        let mut loop_name = None;
        if let (Keyword::Let, Datum::Symbol(symbol)) = (keyword, self.arena().get(second)) {
            let Datum::Pair(bindings, rest) = self.arena().get(body) else {
                return self.fail_shape(name, span, "named `let` without bindings".into());
            };
            loop_name = Some(symbol);
            (second, body) = (bindings, rest);
        }
        let Some((names, values)) = self.let_bindings(name, second) else {
            return self.placeholder(span);
        };
        if keyword == Keyword::LetStar {
            return self.let_star(&names, &values, body, span);
        }
        let symbols = self.distinct_symbols(name, &names);
        if symbols.len() != values.len() {
            return self.placeholder(span);
        }
        let bound: Vec<(SymbolId, VariableId)> =
            symbols.iter().map(|symbol| (*symbol, self.new_variable(*symbol))).collect();
        let variables: Vec<VariableId> = bound.iter().map(|(_, variable)| *variable).collect();
        let values = values.into_iter().map(Task::Expression);
        let mut tasks = Vec::new();
        match (keyword, loop_name) {
            (Keyword::Letrec, _) => {
                tasks.push(Task::Bind(bound));
                tasks.extend(values);
                tasks.push(Task::Body(body, span));
                tasks.push(Task::Unbind(symbols));
                tasks.push(Task::Build(Build::Letrec(variables), span));
            }
            (_, Some(loop_name)) => {
                let name = self.new_variable(loop_name);
                tasks.extend(values);
                tasks.push(Task::Bind(vec![(loop_name, name)]));
                tasks.push(Task::Bind(bound));
                tasks.push(Task::Body(body, span));
                tasks.push(Task::Unbind(symbols));
                tasks.push(Task::Unbind(vec![loop_name]));
                tasks.push(Task::Build(Build::NamedLet { name, variables }, span));
            }
            _ => {
                tasks.extend(values);
                tasks.push(Task::Bind(bound));
                tasks.push(Task::Body(body, span));
                tasks.push(Task::Unbind(symbols));
                tasks.push(Task::Build(Build::Let(variables), span));
            }
        }
        self.schedule(tasks);
    }

    fn let_star(&mut self, names: &[DatumId], values: &[DatumId], body: DatumId, span: ByteSpan) {
        let mut tasks = Vec::new();
        let mut closing = Vec::new();
        for (name, value) in names.iter().zip(values) {
            // One by one, because `let*` may bind a name more than once.
            let Some(symbol) = self.distinct_symbols("let*", &[*name]).pop() else { continue };
            let variable = self.new_variable(symbol);
            tasks.push(Task::Expression(*value));
            tasks.push(Task::Bind(vec![(symbol, variable)]));
            closing.push(Task::Build(Build::Let(vec![variable]), span));
            closing.push(Task::Unbind(vec![symbol]));
        }
        tasks.push(Task::Body(body, span));
        tasks.extend(closing.into_iter().rev());
        self.schedule(tasks);
    }

    /// `(do ((name init step) …) (test expression …) command …)`.
    pub(super) fn do_form(&mut self, form: DatumId, span: ByteSpan) {
        let Some(parts) = self.arena().proper_list(form).filter(|parts| parts.len() >= 3) else {
            let message = "`do` needs bindings and a test".into();
            return self.fail_shape("do", span, message);
        };
        let exit = self.arena().proper_list(parts[2]).filter(|exit| !exit.is_empty());
        let (Some(bindings), Some(exit)) = (self.arena().proper_list(parts[1]), exit) else {
            let message = "`do` needs a list of bindings and a list with a test".into();
            return self.fail_shape("do", span, message);
        };
        let (mut names, mut inits, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for binding in bindings {
            match self.arena().proper_list(binding).as_deref() {
                Some([name, init, step @ ..]) if step.len() <= 1 => {
                    names.push(*name);
                    inits.push(*init);
                    steps.push(*step.first().unwrap_or(name));
                }
                _ => {
                    let message = "expected a binding (name init step) in `do`".into();
                    self.report_shape("do", self.arena().span(binding), message);
                }
            }
        }
        let symbols = self.distinct_symbols("do", &names);
        if symbols.len() != inits.len() {
            return self.placeholder(span);
        }
        let bound: Vec<(SymbolId, VariableId)> =
            symbols.iter().map(|symbol| (*symbol, self.new_variable(*symbol))).collect();
        let variables = bound.iter().map(|(_, variable)| *variable).collect();
        let mut tasks: Vec<Task> = inits.into_iter().map(Task::Expression).collect();
        tasks.push(Task::Bind(bound));
        tasks.extend(exit.iter().map(|part| Task::Expression(*part)));
        tasks.push(Task::Build(Build::Sequence(exit.len() - 1), span));
        tasks.extend(parts[3..].iter().map(|part| Task::Expression(*part)));
        tasks.extend(steps.into_iter().map(Task::Expression));
        tasks.push(Task::Unbind(symbols));
        tasks.push(Task::Build(Build::Do { variables, commands: parts.len() - 3 }, span));
        self.schedule(tasks);
    }

    /// A body: definitions and expressions in any order, the last one an expression. Definitions
    /// have the meaning of `letrec*` (R7RS 5.3.2).
    pub(super) fn body(&mut self, forms: DatumId, span: ByteSpan) {
        let Some(items) = self.body_items(forms, span) else {
            return self.placeholder(span);
        };
        let last_definition =
            items.iter().rposition(|item| matches!(item, BodyItem::Define { .. }));
        if last_definition.map_or(0, |last| last + 1) == items.len() {
            let found = if items.is_empty() { "nothing" } else { "a definition" };
            let message = format!("a body ends with an expression, found {found}");
            return self.fail(ErrorCode::BadForm, span, message);
        }
        let (definitions, expressions) = items.split_at(last_definition.map_or(0, |last| last + 1));
        let (mut bound, mut variables) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for item in definitions {
            let variable = match item {
                BodyItem::Define { symbol, form, .. } => {
                    let variable = self.new_variable(*symbol);
                    bound.push((*symbol, variable));
                    if !seen.insert(*symbol) {
                        let name = self.arena().symbol_name(*symbol);
                        let message = format!("`{name}` is defined twice in this body");
                        let span = self.arena().span(*form);
                        self.report(ErrorCode::DuplicateVariable, span, message);
                    }
                    variable
                }
                // An expression between definitions is a binding that nobody reads.
                BodyItem::Expression(_) => self.hidden_variable(),
            };
            variables.push(variable);
        }
        if !variables.is_empty() {
            self.tasks.push(Task::Build(Build::Letrec(variables), span));
            self.tasks.push(Task::Unbind(bound.iter().map(|(symbol, _)| *symbol).collect()));
        }
        self.tasks.push(Task::Build(Build::Sequence(expressions.len()), span));
        for item in items.iter().rev() {
            self.tasks.push(match item {
                BodyItem::Expression(form) => Task::Expression(*form),
                BodyItem::Define { form, value, .. } => Task::DefinitionValue(*form, *value),
            });
        }
        self.tasks.push(Task::Bind(bound));
    }

    /// The parts of a body, `begin` forms spliced in.
    fn body_items(&mut self, forms: DatumId, span: ByteSpan) -> Option<Vec<BodyItem>> {
        let mut items = Vec::new();
        // Lists that are still to be gone through, the innermost last.
        let mut lists = vec![forms];
        while let Some(list) = lists.pop() {
            let (form, rest) = match self.arena().get(list) {
                Datum::Pair(form, rest) => (form, rest),
                Datum::Null => continue,
                _ => {
                    let message = "a body is a proper list, found a dotted one".into();
                    self.report(ErrorCode::BadForm, span, message);
                    return None;
                }
            };
            lists.push(rest);
            match self.form_keyword(form) {
                Some((Keyword::Begin, _)) => {
                    let Datum::Pair(_, spliced) = self.arena().get(form) else { continue };
                    lists.push(spliced);
                }
                Some((Keyword::Define, _)) => {
                    // A definition of the wrong shape is reported and left out.
                    if let Some((symbol, value)) = self.definition(form) {
                        items.push(BodyItem::Define { symbol, form, value });
                    }
                }
                _ => items.push(BodyItem::Expression(form)),
            }
        }
        Some(items)
    }
}
