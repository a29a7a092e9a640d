//! Definitions and uses of macros.

use super::hygiene::{ContextId, Macro, MacroId, MacroOrigin, Meaning, Transformer};
use super::rules::Misfit;
use super::syntax::{Identifier, Syntax, View};
use super::transformer::{Place, Waiting};
use super::{Expander, Keyword, Task};
use crate::datum::Datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::limits::{DATA_MAX, EXPANSIONS_MAX};
use crate::scope::Scope;
use pscheme_heap::error_code::ErrorCode;
use std::sync::Arc;

/// What a form is once no macro is used at its head.
pub(super) enum Head {
    Form(Syntax),
    /// It was reported.
    Refused,
    /// This form is a use of a macro that the machine has to expand; the answer takes its place when it
    /// is looked at again.
    Waiting(Syntax),
}

/// What came of a definition of a macro.
pub(super) enum Definition {
    Made(Identifier, MacroId),
    /// It was reported.
    Refused,
    /// The machine has to be asked first; then the definition is to be looked at again.
    Waiting,
}

/// What came of the expression for a macro's transformer.
enum Made {
    Macro(MacroId),
    Refused,
    Waiting,
}

/// The macros of a `let-syntax` or `letrec-syntax` that are being made.
pub(super) struct LocalMacros {
    name: &'static str,
    recursive: bool,
    scope: Scope,
    /// The next one last.
    rest: Vec<Syntax>,
    definitions: Vec<(Identifier, Meaning)>,
    body: Syntax,
    span: ByteSpan,
}

impl Expander<'_, '_> {
    /// Replaces a use of a macro, a `cond-expand` and an `include` by its result until the form is none.
    pub(super) fn without_macros(&mut self, form: Syntax) -> Head {
        self.head(form, Place::Form)
    }

    fn head(&mut self, mut form: Syntax, place: Place) -> Head {
        match self.shared.take_form(place) {
            None => {}
            Some(Some(made)) => form = made,
            Some(None) => return Head::Refused,
        }
        while let Some((head, _)) = self.pair(form) {
            let Some(identifier) = self.shared.identifier(head) else { break };
            let next = match self.shared.meaning(identifier) {
                Meaning::Macro(id) => match self.use_macro(id, form, place) {
                    Head::Form(next) => Some(next),
                    other => return other,
                },
                Meaning::Keyword(_, Keyword::CondExpand) => self.cond_expand(form),
                Meaning::Keyword(_, Keyword::Include) => self.include(form, false),
                Meaning::Keyword(_, Keyword::IncludeFolded) => self.include(form, true),
                _ => break,
            };
            let Some(next) = next else { return Head::Refused };
            form = next;
        }
        Head::Form(form)
    }

    /// The use of a macro that is a name alone, for macros that are procedures; whether it is one.
    pub(super) fn use_name(&mut self, id: MacroId, form: Syntax) -> bool {
        let is_procedure =
            matches!(self.shared.ready_macro(id).transformer, Transformer::Procedure { .. });
        if is_procedure && let Head::Waiting(form) = self.use_macro(id, form, Place::Form) {
            self.form.tasks.push(Task::Expression(form));
            return true;
        }
        false
    }

    fn use_macro(&mut self, id: MacroId, form: Syntax, place: Place) -> Head {
        let span = self.span(form);
        let Macro { name, transformer, context, has_places, .. } = self.shared.ready_macro(id);
        self.form.expansions += 1;
        if self.form.expansions > EXPANSIONS_MAX || self.shared.arena.len() > DATA_MAX {
            if !self.form.gave_up {
                let message = format!(
                    "the uses of macros in this form do not end: `{name}` is the last of \
                     {EXPANSIONS_MAX} or makes a form of more than {DATA_MAX} parts"
                );
                self.report(ErrorCode::CompilerLimit, span, message);
            }
            self.form.gave_up = true;
            return Head::Refused;
        }
        let operands = match context {
            Some(context) => {
                let scope = self.shared.hygiene.use_scope(context);
                self.shared.within(form, scope)
            }
            None => form,
        };
        let rules = match transformer {
            Transformer::Rules(rules) => rules,
            Transformer::Procedure { object, scopes } => {
                let asked = Waiting::new(name, place, span, operands.scopes);
                return match self.shared.transform(asked, object, scopes, operands) {
                    true => Head::Waiting(form),
                    false => Head::Refused,
                };
            }
        };
        let template_name = has_places.then(|| Arc::from(name.as_str()));
        match rules.expand(self.shared, operands, span, template_name) {
            Ok(result) => Head::Form(result),
            Err(misfit) => {
                let message = match misfit {
                    Misfit::NoRule => format!("no rule of the macro `{name}` fits this use"),
                    Misfit::Lengths => format!(
                        "sequences that the macro `{name}` goes through together differ in length"
                    ),
                };
                self.report(ErrorCode::NoMatchingRule, span, message);
                Head::Refused
            }
        }
    }

    /// `(define-syntax name transformer)`: the name and the macro.
    pub(super) fn syntax_definition(
        &mut self,
        form: Syntax,
        context: Option<ContextId>,
    ) -> Definition {
        let span = self.span(form);
        let parts = self.proper_list(form);
        let Some(&[_, name, transformer]) = parts.as_deref() else {
            self.report_shape("define-syntax", span, "expected a name and its transformer".into());
            return Definition::Refused;
        };
        let Some(identifier) = self.shared.identifier(name) else {
            let span = self.span(name);
            self.report_shape("define-syntax", span, "expected the macro's name".into());
            return Definition::Refused;
        };
        match self.transformer(identifier, transformer, context) {
            Made::Macro(id) => Definition::Made(identifier, id),
            Made::Refused => Definition::Refused,
            Made::Waiting => Definition::Waiting,
        }
    }

    /// The macro a transformer's expression stands for.
    fn transformer(&mut self, name: Identifier, text: Syntax, context: Option<ContextId>) -> Made {
        let name = self.name_of(name).to_string();
        if let Some(object) = self.shared.take_value() {
            let Some(object) = object else { return Made::Refused };
            let scopes = self.shared.open(text).scopes;
            let transformer = Transformer::Procedure { object, scopes };
            return Made::Macro(self.new_macro(name, transformer, text, context));
        }
        let expression = match self.head(text, Place::Transformer) {
            Head::Form(expression) => expression,
            Head::Refused => return Made::Refused,
            Head::Waiting(_) => return Made::Waiting,
        };
        let span = self.span(expression);
        if let View::Identifier(other) = self.view(expression)
            && let Meaning::Macro(id) = self.shared.meaning(other)
        {
            // Another name for a macro.
            return Made::Macro(id);
        }
        match self.form_keyword(expression) {
            Some((_, Keyword::SyntaxRules)) => match self.shared.rules(expression) {
                Some(rules) => {
                    let rules = Transformer::Rules(rules);
                    Made::Macro(self.new_macro(name, rules, expression, context))
                }
                None => Made::Refused,
            },
            _ if matches!(self.view(expression), View::Pair(..) | View::Identifier(_)) => {
                self.shared.push_transformer(expression);
                Made::Waiting
            }
            _ => {
                let message = "expected a macro's transformer: (syntax-rules …), or an expression \
                               whose value is a procedure"
                    .into();
                self.report(ErrorCode::BadForm, span, message);
                Made::Refused
            }
        }
    }

    fn new_macro(
        &mut self,
        name: String,
        transformer: Transformer,
        text: Syntax,
        context: Option<ContextId>,
    ) -> MacroId {
        // What a program makes and gives to `eval` stands in no text.
        let span = self.span(text);
        let has_places = span.start < span.end;
        let hygiene = &mut *self.shared.hygiene;
        let number = hygiene.sets.fresh().number();
        let origin = MacroOrigin::Written { text, number };
        hygiene.add_macro(Macro { name, transformer, context, origin, has_places })
    }

    /// `(let-syntax ((name transformer) ...) body ...)` and `letrec-syntax`.
    pub(super) fn let_syntax(&mut self, recursive: bool, form: Syntax, span: ByteSpan) {
        let name = if recursive { "letrec-syntax" } else { "let-syntax" };
        let Some((bindings, body)) = self.second_and_rest(form) else {
            return self.fail_shape(name, span, format!("`{name}` without bindings"));
        };
        let Some(mut rest) = self.proper_list(bindings) else {
            let message = format!("expected a list of bindings in `{name}`");
            return self.fail_shape(name, span, message);
        };
        rest.reverse();
        let scope = self.shared.hygiene.sets.fresh();
        let definitions = Vec::new();
        let macros = LocalMacros { name, recursive, scope, rest, definitions, body, span };
        self.local_macros(Box::new(macros));
    }

    /// Makes the macros of a `let-syntax`, then schedules its body.
    pub(super) fn local_macros(&mut self, mut macros: Box<LocalMacros>) {
        let &mut LocalMacros { name, recursive, scope, span, body, .. } = &mut *macros;
        while let Some(binding) = macros.rest.last().copied() {
            let Some(&[keyword, text]) = self.proper_list(binding).as_deref() else {
                let span = self.span(binding);
                let message = format!("expected (name transformer) in `{name}`");
                return self.fail_shape(name, span, message);
            };
            let Some(identifier) = self.shared.identifier(keyword) else {
                let span = self.span(keyword);
                return self.fail_shape(name, span, "expected the macro's name".into());
            };
            let text = if recursive { self.shared.within(text, scope) } else { text };
            let id = match self.transformer(identifier, text, None) {
                Made::Macro(id) => id,
                Made::Refused => return self.placeholder(span),
                Made::Waiting => return self.form.tasks.push(Task::LocalMacros(macros)),
            };
            macros.rest.pop();
            let identifier = self.shared.identifier_within(identifier, scope);
            macros.definitions.push((identifier, Meaning::Macro(id)));
        }
        let definitions = macros.definitions;
        let names = definitions.iter().map(|(identifier, _)| *identifier).collect();
        let body = self.shared.within(body, scope);
        self.schedule(vec![Task::Bind(definitions), Task::Body(body, span), Task::Unbind(names)]);
    }

    /// `(syntax-error message datum …)`.
    pub(super) fn syntax_error(&mut self, parts: &[Syntax], span: ByteSpan) {
        let mut message = match parts.get(1).map(|first| self.shared.arena.get(first.datum)) {
            Some(Datum::String(text)) => text.to_string(),
            _ => return self.fail_shape("syntax-error", span, "expected a message".into()),
        };
        for datum in &parts[2..] {
            message.push(' ');
            let text = crate::datum_write::write_datum(self.shared.arena, datum.datum);
            message.extend(text.chars().take(200));
        }
        self.shared.diagnostics.push(Diagnostic::new(ErrorCode::SyntaxError, span, message));
        self.placeholder(span);
    }
}
