//! Quasiquotation (R7RS 4.2.8): templates to calls of `cons`, `append` and `list->vector`.
//!
//! A part without anything to compute stays the datum it is, however deep it is nested, and one
//! constant stands for the largest such part.

use super::build::Build;
use super::keyword::Keyword;
use super::syntax::{Syntax, View};
use super::{Expander, NULL, Task, Template};
use crate::core::{Node, NodeId};
use crate::datum::{Datum, DatumId};
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::op::Op;

/// A list or vector template whose parts lie on the template stack: elements, then the tail.
#[derive(Clone)]
pub(super) struct TemplateList {
    /// The whole template.
    datum: DatumId,
    /// For each element whether its value is spliced in.
    spliced: Vec<bool>,
    is_vector: bool,
}

impl Expander<'_, '_> {
    /// The expression of `(keyword expression)`, if the datum has that shape.
    fn abbreviation(&mut self, form: Syntax) -> Option<(Keyword, Syntax)> {
        let (_, keyword) = self.form_keyword(form)?;
        match self.proper_list(form).as_deref() {
            Some([_, operand]) => Some((keyword, *operand)),
            _ => None,
        }
    }

    pub(super) fn template(&mut self, syntax: Syntax, depth: u32) {
        let span = self.span(syntax);
        let datum = syntax.datum;
        match self.view(syntax) {
            View::Vector(elements) => {
                self.templates_of_list(datum, &elements, None, depth, span);
            }
            View::Pair(..) => match self.abbreviation(syntax) {
                Some((Keyword::Unquote, expression)) if depth == 1 => self.schedule(vec![
                    Task::Expression(expression),
                    Task::Build(Build::TemplateComputed, span),
                ]),
                Some((Keyword::UnquoteSplicing, _)) if depth == 1 => {
                    let message = "`unquote-splicing` stands in a list or vector only".into();
                    self.report(ErrorCode::BadForm, span, message);
                    self.form.templates.push(Template::Quoted(datum));
                }
                Some((Keyword::Unquote | Keyword::UnquoteSplicing, _)) => {
                    self.list_template(syntax, depth - 1, span);
                }
                Some((Keyword::Quasiquote, _)) => self.list_template(syntax, depth + 1, span),
                _ => self.list_template(syntax, depth, span),
            },
            View::Atom if self.is_cycle(syntax) => {
                let message = "a quasiquoted datum does not contain itself".into();
                self.report(ErrorCode::BadForm, span, message);
                self.form.templates.push(Template::Quoted(datum));
            }
            _ => self.form.templates.push(Template::Quoted(datum)),
        }
    }

    /// A list, up to its end or to a tail that is an unquotation: `(a . ,b)` is `(a unquote b)`.
    fn list_template(&mut self, syntax: Syntax, depth: u32, span: ByteSpan) {
        let mut elements = Vec::new();
        let mut tail = syntax;
        while let Some((head, rest)) = self.pair(tail) {
            let unquoted = !elements.is_empty()
                && matches!(
                    self.abbreviation_head(tail),
                    Some(Keyword::Unquote | Keyword::Quasiquote | Keyword::UnquoteSplicing)
                )
                && self.abbreviation(tail).is_some();
            if unquoted {
                break;
            }
            elements.push(head);
            tail = rest;
        }
        self.templates_of_list(syntax.datum, &elements, Some(tail), depth, span);
    }

    fn abbreviation_head(&mut self, form: Syntax) -> Option<Keyword> {
        self.form_keyword(form).map(|(_, keyword)| keyword)
    }

    fn templates_of_list(
        &mut self,
        datum: DatumId,
        elements: &[Syntax],
        tail: Option<Syntax>,
        depth: u32,
        span: ByteSpan,
    ) {
        let mut tasks = Vec::new();
        let mut spliced = Vec::new();
        for element in elements {
            let splice = match self.abbreviation(*element) {
                Some((Keyword::UnquoteSplicing, expression)) if depth == 1 => Some(expression),
                _ => None,
            };
            spliced.push(splice.is_some());
            match splice {
                Some(expression) => {
                    tasks.push(Task::Expression(expression));
                    tasks.push(Task::Build(Build::TemplateComputed, span));
                }
                None => tasks.push(Task::Template(*element, depth)),
            }
        }
        let is_vector = tail.is_none();
        match tail {
            Some(tail) => tasks.push(Task::Template(tail, depth)),
            None => tasks.push(Task::Build(Build::TemplateEnd, span)),
        }
        let list = TemplateList { datum, spliced, is_vector };
        tasks.push(Task::Build(Build::TemplateList(list), span));
        self.schedule(tasks);
    }

    pub(super) fn build_template_end(&mut self) {
        self.form.templates.push(Template::End);
    }

    pub(super) fn build_template_computed(&mut self) {
        let node = self.form.values.pop().expect("the expression is expanded");
        self.form.templates.push(Template::Computed(node));
    }

    pub(super) fn build_template_value(&mut self, span: ByteSpan) {
        let part = self.form.templates.pop().expect("the template is expanded");
        let node = self.template_node(part, span);
        self.form.values.push(node);
    }

    fn template_node(&mut self, part: Template, span: ByteSpan) -> NodeId {
        match part {
            Template::Computed(node) => node,
            Template::End => self.form.core.literal(NULL, span),
            Template::Quoted(datum) => {
                let literal = self.quote(datum);
                self.form.core.literal(literal, self.shared.arena.span(datum))
            }
        }
    }

    pub(super) fn build_template_list(&mut self, list: &TemplateList, span: ByteSpan) {
        let parts =
            self.form.templates.split_off(self.form.templates.len() - list.spliced.len() - 1);
        if parts.iter().all(|part| !matches!(part, Template::Computed(_))) {
            return self.form.templates.push(Template::Quoted(list.datum));
        }
        let (tail, elements) = parts.split_last().expect("a list template has a tail");
        // Behind the last computed element the list is the constant that stands in the template.
        let computed = elements.iter().rposition(|part| matches!(part, Template::Computed(_)));
        let keep = computed.map_or(0, |last| last + 1);
        let constant_tail = !list.is_vector && !matches!(tail, Template::Computed(_));
        let (mut result, keep) = if constant_tail {
            let mut rest = list.datum;
            for _ in 0..keep {
                let Datum::Pair(_, next) = self.shared.arena.get(rest) else { break };
                rest = next;
            }
            (self.template_node(Template::Quoted(rest), span), keep)
        } else {
            (self.template_node(*tail, span), elements.len())
        };
        for (element, spliced) in elements[..keep].iter().zip(&list.spliced).rev() {
            let element = self.template_node(*element, span);
            let ends = self.form.core.node(result) == Node::Literal(NULL);
            result = match spliced {
                // The last spliced list may be shared with the result (R7RS 4.2.8).
                true if ends => element,
                true => self.call_global("%append", &[element, result], span),
                false => self.form.core.operate(Op::Cons, &[element, result], span),
            };
        }
        if list.is_vector {
            result = self.call_global("%list->vector", &[result], span);
        }
        self.form.templates.push(Template::Computed(result));
    }

    fn call_global(&mut self, name: &str, arguments: &[NodeId], span: ByteSpan) -> NodeId {
        let name = self.shared.names.intern_standard(name);
        let procedure = self.form.core.add(Node::Global(name), span);
        let arguments = self.form.core.add_nodes(arguments);
        self.form.core.add(Node::Call { procedure, arguments }, span)
    }
}
