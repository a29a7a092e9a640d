//! `cond-expand` (R7RS 4.2.1): an expression, definitions or forms of the top level, chosen by what
//! this pscheme can do.
//!
//! The words of requirements are no keywords: they mean what they say whatever a program binds.

use super::Expander;
use super::syntax::{Syntax, View};
use crate::diagnostic::ByteSpan;
use crate::features::FEATURES;
use crate::limits::REQUIREMENT_DEPTH_MAX;

const FORM: &str = "cond-expand";

impl Expander<'_, '_> {
    /// What the form stands for: a `begin` of the first clause whose requirement holds, or something
    /// without effect if there is none. `None` after a report.
    pub(super) fn cond_expand(&mut self, form: Syntax) -> Option<Syntax> {
        let span = self.span(form);
        let parts = self.cond_expand_parts(form)?;
        Some(self.chosen(&parts, span))
    }

    /// The forms of the first clause whose requirement holds; `None` after a report.
    pub(super) fn cond_expand_parts(&mut self, form: Syntax) -> Option<Vec<Syntax>> {
        let span = self.span(form);
        let Some(parts) = self.proper_list(form) else {
            self.report_shape(FORM, span, format!("`{FORM}` is not a proper list"));
            return None;
        };
        for (index, clause) in parts.iter().enumerate().skip(1) {
            let clause_span = self.span(*clause);
            let clause = self.proper_list(*clause);
            let Some([requirement, body @ ..]) = clause.as_deref() else {
                let message = format!("expected a clause of `{FORM}`");
                self.report_shape(FORM, clause_span, message);
                return None;
            };
            let is_else = self.word(*requirement).is_some_and(|word| word == "else");
            if is_else && index + 1 < parts.len() {
                let message = "the `else` clause comes last".into();
                self.report_shape(FORM, clause_span, message);
                return None;
            }
            if is_else || self.holds(*requirement, 0)? {
                return Some(body.to_vec());
            }
        }
        Some(Vec::new())
    }

    /// The forms as one, or something without effect if there are none.
    pub(super) fn chosen(&mut self, body: &[Syntax], span: ByteSpan) -> Syntax {
        let shared = &mut *self.shared;
        let mut parts = Vec::with_capacity(body.len() + 1);
        if body.is_empty() {
            // `(if #f #f)`: it may stand where `(begin)` may not.
            let datum = shared.arena.boolean(false, span);
            let nothing = Syntax { datum, scopes: crate::scope::ScopeSetId::EMPTY };
            parts.extend([shared.system_name("if", span), nothing, nothing]);
        } else {
            parts.push(shared.system_name("begin", span));
            parts.extend(body);
        }
        shared.list_of(&parts, span)
    }

    fn word(&mut self, syntax: Syntax) -> Option<&str> {
        let identifier = self.shared.identifier(syntax)?;
        Some(self.name_of(identifier))
    }

    /// Whether a requirement holds; `None` after a report.
    fn holds(&mut self, requirement: Syntax, depth: usize) -> Option<bool> {
        let span = self.span(requirement);
        if depth > REQUIREMENT_DEPTH_MAX {
            let message = format!("requirements nest deeper than {REQUIREMENT_DEPTH_MAX} levels");
            self.report_shape(FORM, span, message);
            return None;
        }
        if let View::Identifier(name) = self.view(requirement) {
            return Some(FEATURES.contains(&self.name_of(name)));
        }
        let parts = self.proper_list(requirement).unwrap_or_default();
        let word = parts.first().and_then(|first| self.word(*first)).map(str::to_string);
        match (word.as_deref(), parts.get(1..).unwrap_or_default()) {
            (Some("and"), parts) => self.each(parts, true, depth),
            (Some("or"), parts) => self.each(parts, false, depth),
            (Some("not"), [part]) => self.holds(*part, depth + 1).map(|holds| !holds),
            (Some("library"), [name]) => Some(self.shared.has_library(*name)),
            _ => {
                let message = "expected a requirement: a feature, (library name), (and requirement \
                               ...), (or requirement ...) or (not requirement)";
                self.report_shape(FORM, span, message.into());
                None
            }
        }
    }

    /// Whether all requirements hold, or with `all` false one of them; all are looked at, so that
    /// what is wrong in one is reported.
    fn each(&mut self, parts: &[Syntax], all: bool, depth: usize) -> Option<bool> {
        let mut result = all;
        for part in parts {
            let holds = self.holds(*part, depth + 1)?;
            result = if all { result && holds } else { result || holds };
        }
        Some(result)
    }
}
