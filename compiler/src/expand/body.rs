//! Bodies: definitions and expressions in any order (R7RS 5.3.2).
//!
//! A body is gone through once to find what it defines, uses of macros expanded as far as that
//! takes; then the values and expressions are expanded with all its names known. Definitions have
//! the meaning of `letrec*`.

use super::build::Build;
use super::hygiene::{ContextId, Meaning};
use super::keyword::Keyword;
use super::syntax::{Identifier, Syntax, View};
use super::{Expander, Task};
use crate::core::VariableId;
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;

/// One part of a body.
enum BodyItem {
    Define { variable: VariableId, form: Syntax, value: Option<Syntax> },
    Expression(Syntax),
}

/// What is found in a body.
#[derive(Default)]
struct Items {
    items: Vec<BodyItem>,
    /// Names it binds, to variables and macros.
    names: Vec<Identifier>,
}

impl Expander<'_, '_> {
    pub(super) fn body(&mut self, forms: Syntax, span: ByteSpan) {
        let context = self.shared.hygiene.new_context();
        let scope = self.shared.hygiene.sets.fresh();
        let forms = self.shared.within(forms, scope);
        let mut found = Items::default();
        let is_list = self.find_items(forms, context, &mut found);
        self.tasks.push(Task::EndBody(context));
        self.tasks.push(Task::Unbind(found.names));
        if !is_list {
            let message = "a body is a proper list, found a dotted one".into();
            return self.fail(ErrorCode::BadForm, span, message);
        }
        let items = found.items;
        let is_definition = |item: &BodyItem| matches!(item, BodyItem::Define { .. });
        let defined = items.iter().rposition(is_definition).map_or(0, |last| last + 1);
        if defined == items.len() {
            let found = if items.is_empty() { "nothing" } else { "a definition" };
            let message = format!("a body ends with an expression, found {found}");
            return self.fail(ErrorCode::BadForm, span, message);
        }
        let variables: Vec<VariableId> = items[..defined]
            .iter()
            .map(|item| match item {
                BodyItem::Define { variable, .. } => *variable,
                // An expression between definitions is a binding that nobody reads.
                BodyItem::Expression(_) => self.hidden_variable(),
            })
            .collect();
        if !variables.is_empty() {
            self.tasks.push(Task::Build(Build::Letrec(variables), span));
        }
        self.tasks.push(Task::Build(Build::Sequence(items.len() - defined), span));
        for item in items.into_iter().rev() {
            self.tasks.push(match item {
                BodyItem::Expression(form) => Task::Expression(form),
                BodyItem::Define { form, value, .. } => Task::DefinitionValue(form, value),
            });
        }
    }

    /// The parts of a body, `begin` forms spliced in; binds the names it defines. `false` if it is
    /// no proper list.
    fn find_items(&mut self, forms: Syntax, context: ContextId, found: &mut Items) -> bool {
        // Lists that are still to be gone through, the innermost last.
        let mut lists = vec![forms];
        while let Some(list) = lists.pop() {
            let (form, rest) = match self.view(list) {
                View::Pair(form, rest) => (form, rest),
                View::Null => continue,
                _ => return false,
            };
            lists.push(rest);
            let span = self.span(form);
            let Some(form) = self.without_macros(form) else {
                // It was reported; a body of nothing else is not worth a second report.
                let nothing = self.nothing(span);
                found.items.push(BodyItem::Expression(nothing));
                continue;
            };
            match self.form_keyword(form) {
                Some((_, Keyword::Begin)) => {
                    if let Some((_, spliced)) = self.pair(form) {
                        lists.push(spliced);
                    }
                }
                Some((_, Keyword::Define)) => self.find_definition(form, found),
                Some((_, Keyword::DefineRecordType)) => {
                    if let Some(definitions) = self.record_definitions(form) {
                        let spliced = self.shared.list_of(&[definitions], span);
                        lists.push(spliced);
                    }
                }
                Some((_, Keyword::DefineSyntax)) => {
                    if let Some((name, id)) = self.syntax_definition(form, Some(context)) {
                        self.bind_in_body(name, Meaning::Macro(id), span, found);
                    }
                }
                _ => found.items.push(BodyItem::Expression(form)),
            }
        }
        true
    }

    /// A definition of the wrong shape is reported and left out.
    fn find_definition(&mut self, form: Syntax, found: &mut Items) {
        let span = self.span(form);
        let Some((name, value)) = self.definition(form) else { return };
        let variable = self.new_variable(name);
        self.bind_in_body(name, Meaning::Local(variable), span, found);
        found.items.push(BodyItem::Define { variable, form, value });
    }

    fn bind_in_body(
        &mut self,
        name: Identifier,
        meaning: Meaning,
        span: ByteSpan,
        found: &mut Items,
    ) {
        let name = self.shared.hygiene.defined(name);
        if found.names.contains(&name) {
            let message = format!("`{}` is defined twice in this body", self.name_of(name));
            self.report(ErrorCode::DuplicateVariable, span, message);
        }
        self.shared.hygiene.bind(name, meaning);
        found.names.push(name);
    }

    /// A form without effect, in place of one that was reported.
    fn nothing(&mut self, span: ByteSpan) -> Syntax {
        let datum = self.shared.arena.boolean(false, span);
        Syntax { datum, scopes: crate::scope::ScopeSetId::EMPTY }
    }
}
