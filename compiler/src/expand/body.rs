//! Bodies: definitions and expressions in any order (R7RS 5.3.2).
//!
//! A body is gone through once to find what it defines, uses of macros expanded as far as that
//! takes; then the values and expressions are expanded with all its names known. Definitions have
//! the meaning of `letrec*`.

use super::build::Build;
use super::hygiene::{ContextId, Meaning};
use super::keyword::Keyword;
use super::macros::{Definition, Head};
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

/// A body that is being gone through, and what was found in it.
pub(super) struct BodySearch {
    context: ContextId,
    span: ByteSpan,
    /// Lists that are still to be gone through, the innermost last.
    lists: Vec<Syntax>,
    /// The form to look at before them.
    next: Option<Syntax>,
    items: Vec<BodyItem>,
    /// Names it binds, to variables and macros.
    names: Vec<Identifier>,
}

impl Expander<'_, '_> {
    pub(super) fn body(&mut self, forms: Syntax, span: ByteSpan) {
        let context = self.shared.hygiene.new_context();
        let scope = self.shared.hygiene.sets.fresh();
        let lists = vec![self.shared.within(forms, scope)];
        let (items, names) = (Vec::new(), Vec::new());
        let search = BodySearch { context, span, lists, next: None, items, names };
        self.search_body(Box::new(search));
    }

    /// Goes through a body, as far as the machine is not needed.
    pub(super) fn search_body(&mut self, mut search: Box<BodySearch>) {
        let is_list = loop {
            let form = match search.next.take() {
                Some(form) => form,
                None => match search.lists.pop() {
                    None => break true,
                    Some(list) => match self.view(list) {
                        View::Pair(form, rest) => {
                            search.lists.push(rest);
                            form
                        }
                        View::Null => continue,
                        _ => break false,
                    },
                },
            };
            search.next = self.find_item(form, &mut search);
            if search.next.is_some() {
                return self.form.tasks.push(Task::BodySearch(search));
            }
        };
        self.schedule_body(*search, is_list);
    }

    /// Schedules what was found in a body; `is_list` says whether it is a proper list.
    fn schedule_body(&mut self, search: BodySearch, is_list: bool) {
        let BodySearch { context, span, items, names, .. } = search;
        self.form.tasks.push(Task::EndBody(context));
        self.form.tasks.push(Task::Unbind(names));
        if !is_list {
            let message = "a body is a proper list, found a dotted one".into();
            return self.fail(ErrorCode::BadForm, span, message);
        }
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
            self.form.tasks.push(Task::Build(Build::Letrec(variables), span));
        }
        self.form.tasks.push(Task::Build(Build::Sequence(items.len() - defined), span));
        for item in items.into_iter().rev() {
            self.form.tasks.push(match item {
                BodyItem::Expression(form) => Task::Expression(form),
                BodyItem::Define { form, value, .. } => Task::DefinitionValue(form, value),
            });
        }
    }

    /// Takes in a form of a body, `begin` forms spliced in; binds the names it defines. What has to wait
    /// for the machine comes back.
    fn find_item(&mut self, form: Syntax, found: &mut BodySearch) -> Option<Syntax> {
        let span = self.span(form);
        let form = match self.without_macros(form) {
            Head::Form(form) => form,
            Head::Refused => {
                // It was reported; a body of nothing else is not worth a second report.
                let nothing = self.nothing(span);
                found.items.push(BodyItem::Expression(nothing));
                return None;
            }
            Head::Waiting(form) => return Some(form),
        };
        let span = self.span(form);
        match self.form_keyword(form) {
            Some((_, Keyword::Begin)) => {
                found.lists.extend(self.pair(form).map(|(_, spliced)| spliced));
            }
            Some((_, Keyword::Define)) => self.find_definition(form, found),
            Some((_, Keyword::DefineRecordType)) => {
                if let Some(definitions) = self.record_definitions(form) {
                    let spliced = self.shared.list_of(&[definitions], span);
                    found.lists.push(spliced);
                }
            }
            Some((_, Keyword::DefineSyntax)) => {
                match self.syntax_definition(form, Some(found.context)) {
                    Definition::Made(name, id) => {
                        self.bind_in_body(name, Meaning::Macro(id), span, found);
                    }
                    Definition::Refused => {}
                    Definition::Waiting => return Some(form),
                }
            }
            _ => found.items.push(BodyItem::Expression(form)),
        }
        None
    }

    /// A definition of the wrong shape is reported and left out.
    fn find_definition(&mut self, form: Syntax, found: &mut BodySearch) {
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
        found: &mut BodySearch,
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
