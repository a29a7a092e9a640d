//! Definitions and uses of macros.

use super::hygiene::{ContextId, Macro, MacroId, MacroOrigin, Meaning};
use super::rules::Misfit;
use super::syntax::{Identifier, Syntax, View};
use super::{Expander, Keyword, Task};
use crate::datum::Datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::limits::{DATA_MAX, EXPANSIONS_MAX};
use pscheme_heap::error_code::ErrorCode;

impl Expander<'_, '_> {
    /// Replaces a use of a macro, a `cond-expand` and an `include` by its result until the form is none; `None` after a report.
    pub(super) fn without_macros(&mut self, mut form: Syntax) -> Option<Syntax> {
        while let Some((head, _)) = self.pair(form) {
            let Some(identifier) = self.shared.identifier(head) else { break };
            form = match self.shared.meaning(identifier) {
                Meaning::Macro(id) => self.use_macro(id, form)?,
                Meaning::Keyword(_, Keyword::CondExpand) => self.cond_expand(form)?,
                Meaning::Keyword(_, Keyword::Include) => self.include(form, false)?,
                Meaning::Keyword(_, Keyword::IncludeFolded) => self.include(form, true)?,
                _ => break,
            };
        }
        Some(form)
    }

    fn use_macro(&mut self, id: MacroId, form: Syntax) -> Option<Syntax> {
        let span = self.span(form);
        let Macro { name, rules, context, .. } = self.shared.ready_macro(id);
        self.expansions += 1;
        if self.expansions > EXPANSIONS_MAX || self.shared.arena.len() > DATA_MAX {
            if !self.gave_up {
                let message = format!(
                    "the uses of macros in this form do not end: `{name}` is the last of \
                     {EXPANSIONS_MAX} or makes a form of more than {DATA_MAX} parts"
                );
                self.report(ErrorCode::CompilerLimit, span, message);
            }
            self.gave_up = true;
            return None;
        }
        let operands = match context {
            Some(context) => {
                let scope = self.shared.hygiene.use_scope(context);
                self.shared.within(form, scope)
            }
            None => form,
        };
        match rules.expand(self.shared, operands, span) {
            Ok(result) => Some(result),
            Err(misfit) => {
                let message = match misfit {
                    Misfit::NoRule => format!("no rule of the macro `{name}` fits this use"),
                    Misfit::Lengths => format!(
                        "sequences that the macro `{name}` goes through together differ in length"
                    ),
                };
                self.report(ErrorCode::NoMatchingRule, span, message);
                None
            }
        }
    }

    /// `(define-syntax name (syntax-rules …))`: the name and the macro.
    pub(super) fn syntax_definition(
        &mut self,
        form: Syntax,
        context: Option<ContextId>,
    ) -> Option<(Identifier, MacroId)> {
        let span = self.span(form);
        let parts = self.proper_list(form);
        let Some(&[_, name, rules]) = parts.as_deref() else {
            self.report_shape("define-syntax", span, "expected a name and its rules".into());
            return None;
        };
        let Some(identifier) = self.shared.identifier(name) else {
            let span = self.span(name);
            self.report_shape("define-syntax", span, "expected the macro's name".into());
            return None;
        };
        let id = self.transformer(identifier, rules, context)?;
        Some((identifier, id))
    }

    /// The macro a transformer's expression stands for.
    fn transformer(
        &mut self,
        name: Identifier,
        expression: Syntax,
        context: Option<ContextId>,
    ) -> Option<MacroId> {
        let expression = self.without_macros(expression)?;
        let span = self.span(expression);
        if let View::Identifier(other) = self.view(expression)
            && let Meaning::Macro(id) = self.shared.meaning(other)
        {
            // Another name for a macro.
            return Some(id);
        }
        match self.form_keyword(expression) {
            Some((_, Keyword::SyntaxRules)) => {
                let rules = self.shared.rules(expression)?;
                let name = self.name_of(name).to_string();
                let number = self.shared.hygiene.sets.fresh().number();
                let origin = MacroOrigin::Written { rules: expression, number };
                Some(self.shared.hygiene.add_macro(Macro { name, rules, context, origin }))
            }
            Some((name, Keyword::NotInThisVersion)) => {
                self.report_not_in_this_version(name, span);
                None
            }
            _ => {
                let message = "expected a macro's rules: (syntax-rules …)".into();
                self.report(ErrorCode::BadForm, span, message);
                None
            }
        }
    }

    /// `(let-syntax ((name rules) …) body …)` and `letrec-syntax`.
    pub(super) fn let_syntax(&mut self, recursive: bool, form: Syntax, span: ByteSpan) {
        let name = if recursive { "letrec-syntax" } else { "let-syntax" };
        let Some((bindings, body)) = self.second_and_rest(form) else {
            return self.fail_shape(name, span, format!("`{name}` without bindings"));
        };
        let Some(bindings) = self.proper_list(bindings) else {
            let message = format!("expected a list of bindings in `{name}`");
            return self.fail_shape(name, span, message);
        };
        let scope = self.shared.hygiene.sets.fresh();
        let mut definitions = Vec::new();
        for binding in bindings {
            let Some(&[keyword, rules]) = self.proper_list(binding).as_deref() else {
                let span = self.span(binding);
                return self.fail_shape(name, span, format!("expected (name rules) in `{name}`"));
            };
            let Some(identifier) = self.shared.identifier(keyword) else {
                let span = self.span(keyword);
                return self.fail_shape(name, span, "expected the macro's name".into());
            };
            let rules = if recursive { self.shared.within(rules, scope) } else { rules };
            let Some(id) = self.transformer(identifier, rules, None) else {
                return self.placeholder(span);
            };
            let identifier = self.shared.identifier_within(identifier, scope);
            definitions.push((identifier, Meaning::Macro(id)));
        }
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
