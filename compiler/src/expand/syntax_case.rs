//! `syntax-case`, `syntax` and `quasisyntax` (R6RS standard libraries 12): forms with which
//! transformers take syntax apart and make it.
//!
//! Patterns and templates are read as those of `syntax-rules` are. They become constants that
//! `prelude/syntax.scm` goes through, so that a transformer can be suspended in the middle of a match.

use super::build::Build;
use super::hygiene::Meaning;
use super::keyword::Keyword;
use super::rules::{Element, ListPattern, Pattern, RuleReader, Template};
use super::syntax::{Identifier, Syntax, View};
use super::{Expander, Expansion, Task};
use crate::core::{Literal, Node, VariableId};
use crate::datum::{Datum, DatumId, Number};
use crate::diagnostic::ByteSpan;
use crate::limits::RULE_DEPTH_MAX;
use pscheme_heap::error_code::ErrorCode;

impl Expander<'_, '_> {
    /// `(syntax-case expression (literal ...) clause ...)`.
    pub(super) fn syntax_case(&mut self, parts: &[Syntax], span: ByteSpan) {
        let [_, expression, literals, clauses @ ..] = parts else {
            return self.fail_shape("syntax-case", span, "expected literals and clauses".into());
        };
        let shared = &mut *self.shared;
        let value = shared.system_name("value", span);
        let mut rest = vec![shared.system_name("%syntax-clauses", span), value, *literals];
        rest.extend(clauses);
        let body = shared.list_of(&rest, span);
        let form = shared.let_one(value, *expression, body, span);
        self.form.tasks.push(Task::Expression(form));
    }

    /// `(%syntax-clauses value (literal ...) clause ...)`: what the first clause gives that fits.
    pub(super) fn syntax_clauses(&mut self, parts: &[Syntax], span: ByteSpan) {
        let [keyword, value, literals, clauses @ ..] = parts else {
            return self.fail_shape("syntax-case", span, "expected literals and clauses".into());
        };
        let Some((clause, rest)) = clauses.split_first() else {
            let no_clause = self.shared.system_name("%no-clause", span);
            let form = self.shared.list_of(&[no_clause, *value], span);
            return self.form.tasks.push(Task::Expression(form));
        };
        let place = self.span(*clause);
        let parts = self.proper_list(*clause).unwrap_or_default();
        let (pattern, fender, output) = match *parts.as_slice() {
            [pattern, output] => (pattern, None, output),
            [pattern, fender, output] => (pattern, Some(fender), output),
            _ => {
                let message = "expected a clause (pattern output) or (pattern fender output)";
                return self.fail_shape("syntax-case", place, message.into());
            }
        };
        let Some((pattern, variables)) = self.case_pattern(*literals, pattern) else {
            return self.placeholder(span);
        };
        let shared = &mut *self.shared;
        let mut others = vec![*keyword, *value, *literals];
        others.extend(rest);
        let others = shared.list_of(&others, span);
        let [lambda, next, found, matched, apply, test, quote, pattern_lambda] = [
            "lambda",
            "next",
            "found",
            "%syntax-match",
            "%apply",
            "if",
            "%quote-syntax",
            "%pattern-lambda",
        ]
        .map(|name| shared.system_name(name, place));
        let empty = shared.list_of(&[], place);
        let thunk = shared.list_of(&[lambda, empty, others], place);
        let on = shared.list_of(&[next], place);
        let body = match fender {
            Some(fender) => shared.list_of(&[test, fender, output, on], place),
            None => output,
        };
        let bound = shared.list_of(&[pattern_lambda, variables, body], place);
        let applied = shared.list_of(&[apply, bound, found], place);
        let chosen = shared.list_of(&[test, found, applied, on], place);
        let pattern = shared.list_of(&[quote, pattern], place);
        let fits = shared.list_of(&[matched, pattern, *value], place);
        let chosen = shared.let_one(found, fits, chosen, place);
        let form = shared.let_one(next, thunk, chosen, place);
        self.form.tasks.push(Task::Expression(form));
    }

    /// The pattern of a clause as a constant, and its variables as a list of lists of name and number of
    /// ellipses; `None` after a report.
    fn case_pattern(&mut self, literals: Syntax, pattern: Syntax) -> Option<(Syntax, Syntax)> {
        let span = self.span(pattern);
        let shared = &mut *self.shared;
        let names = shared.proper_list(literals)?;
        let names: Option<Vec<Identifier>> =
            names.into_iter().map(|literal| shared.identifier(literal)).collect();
        let Some(literals) = names else {
            let message = "literals are identifiers".into();
            return shared.report_at(ErrorCode::BadForm, span, message);
        };
        let mut reader = RuleReader::of_literals(literals);
        let pattern = shared.pattern(&mut reader, pattern, 0, 0)?;
        let datum = shared.pattern_datum(&pattern, span);
        let mut variables = Vec::with_capacity(reader.variables().len());
        for (identifier, ellipses) in reader.variables() {
            let name = shared.identifier_syntax(*identifier, span);
            let count = shared.arena.number(Number::Fixnum(*ellipses as i64), span);
            let count = Syntax { datum: count, scopes: Default::default() };
            variables.push(shared.list_of(&[name, count], span));
        }
        let variables = shared.list_of(&variables, span);
        Some((Syntax { datum, scopes: Default::default() }, variables))
    }

    /// `(%pattern-lambda ((name ellipses) ...) body)`: a procedure whose parameters are pattern variables.
    pub(super) fn pattern_lambda(&mut self, parts: &[Syntax], span: ByteSpan) {
        let &[_, variables, body] = parts else {
            return self.fail_shape("syntax-case", span, "expected variables and a body".into());
        };
        let (mut names, mut depths) = (Vec::new(), Vec::new());
        for variable in self.proper_list(variables).unwrap_or_default() {
            let parts = self.proper_list(variable).unwrap_or_default();
            if let &[name, count] = parts.as_slice()
                && let Some(name) = self.shared.identifier(name)
                && let Datum::Fixnum(count) = self.shared.arena.get(count.datum)
            {
                names.push(name);
                depths.push(count as u32);
            }
        }
        let scope = self.shared.hygiene.sets.fresh();
        let variables: Vec<VariableId> =
            names.iter().map(|name| self.new_variable(*name)).collect();
        let names: Vec<Identifier> =
            names.iter().map(|name| self.shared.identifier_within(*name, scope)).collect();
        let meanings = variables.iter().zip(depths);
        let meanings = meanings.map(|(variable, depth)| Meaning::Pattern(*variable, depth));
        let bindings = names.iter().copied().zip(meanings).collect();
        let body = self.shared.within(body, scope);
        self.schedule(vec![
            Task::Bind(bindings),
            Task::Expression(body),
            Task::Unbind(names),
            Task::Build(Build::Lambda { variables, rest: false }, span),
        ]);
    }

    /// `(syntax template)`.
    pub(super) fn syntax_template(&mut self, template: Syntax, span: ByteSpan) {
        let mut reader = RuleReader::of_template();
        let shared = &mut *self.shared;
        let Some(read) = shared.template(&mut reader, template, 0, 0, true) else {
            return self.placeholder(span);
        };
        let variables = reader.found().to_vec();
        if variables.is_empty() {
            let datum = shared.plain_template(&read, span);
            return self.quote_syntax(Syntax { datum, scopes: Default::default() }, span);
        }
        let datum = shared.template_datum(&read, span);
        let [fill, vector] =
            ["%syntax-fill", "vector"].map(|name| shared.names.intern_standard(name));
        self.add(Node::Global(fill), span);
        self.quote_syntax(Syntax { datum, scopes: Default::default() }, span);
        self.add(Node::Global(vector), span);
        for variable in &variables {
            self.add(Node::Local(*variable), span);
        }
        self.build(Build::Call(variables.len()), span);
        self.build(Build::Call(2), span);
    }

    /// `(%quote-syntax datum)`: the datum as a constant whose names keep their scopes.
    pub(super) fn quote_syntax(&mut self, datum: Syntax, span: ByteSpan) {
        let Some((data, root)) = self.shared.opened(datum, span) else {
            return self.placeholder(span);
        };
        self.shared.hygiene.templates.push(datum);
        let index = self.shared.quoted.take(&data, root);
        self.add(Node::Literal(Literal::Datum { index, is_symbol: false }), span);
    }

    /// `(quasisyntax template)`: `with-syntax` around a `syntax` form.
    pub(super) fn quasisyntax(&mut self, template: Syntax, span: ByteSpan) {
        let mut parts = Vec::new();
        let Some(template) = self.without_unsyntax(template, 0, 0, &mut parts) else {
            return self.placeholder(span);
        };
        let shared = &mut *self.shared;
        let [with, quote] = ["with-syntax", "syntax"].map(|name| shared.system_name(name, span));
        let parts = shared.list_of(&parts, span);
        let body = shared.list_of(&[quote, template], span);
        let form = shared.list_of(&[with, parts, body], span);
        self.form.tasks.push(Task::Expression(form));
    }

    /// A template with what `unsyntax` computes replaced by pattern variables, which come with their
    /// expressions; `None` after a report.
    fn without_unsyntax(
        &mut self,
        template: Syntax,
        level: usize,
        depth: usize,
        parts: &mut Vec<Syntax>,
    ) -> Option<Syntax> {
        let span = self.span(template);
        if depth > RULE_DEPTH_MAX {
            let message = format!("templates nest at most {RULE_DEPTH_MAX} deep");
            return self.shared.report_at(ErrorCode::CompilerLimit, span, message);
        }
        match self.view(template) {
            View::Vector(elements) => {
                let list = self.shared.list_of(&elements, span);
                let list = self.without_unsyntax(list, level, depth + 1, parts)?;
                let elements = self.proper_list(list)?;
                let elements: Vec<DatumId> = elements
                    .into_iter()
                    .map(|part| self.shared.arena.with_scopes(part.datum, part.scopes))
                    .collect();
                let datum = self.shared.arena.vector(&elements, span);
                return Some(Syntax { datum, scopes: Default::default() });
            }
            View::Pair(..) => {}
            _ => return Some(template),
        }
        let keyword = self.form_keyword(template).map(|(_, keyword)| keyword);
        let inner = match (keyword, level) {
            (Some(Keyword::Unsyntax), 0) => return self.computed(template, false, parts),
            (Some(Keyword::Unsyntax | Keyword::UnsyntaxSplicing), _) => level.saturating_sub(1),
            (Some(Keyword::Quasisyntax), _) => level + 1,
            _ => level,
        };
        let (items, tail) = self.list(template);
        let mut done = Vec::with_capacity(items.len());
        for item in items {
            let is_splicing = inner == 0
                && self.form_keyword(item).is_some_and(|(_, of)| of == Keyword::UnsyntaxSplicing);
            if is_splicing {
                done.push(self.computed(item, true, parts)?);
                done.push(self.shared.system_name("...", span));
            } else {
                done.push(self.without_unsyntax(item, inner, depth + 1, parts)?);
            }
        }
        let tail = match self.view(tail) {
            View::Null => return Some(self.shared.list_of(&done, span)),
            _ => tail,
        };
        let mut list = self.shared.arena.with_scopes(tail.datum, tail.scopes);
        for item in done.into_iter().rev() {
            let head = self.shared.arena.with_scopes(item.datum, item.scopes);
            list = self.shared.arena.pair(head, list, span);
        }
        Some(Syntax { datum: list, scopes: Default::default() })
    }

    /// A new pattern variable for the operand of an `unsyntax` form.
    fn computed(&mut self, form: Syntax, splices: bool, parts: &mut Vec<Syntax>) -> Option<Syntax> {
        let span = self.span(form);
        let Some(&[_, expression]) = self.proper_list(form).as_deref() else {
            let message = "`unsyntax` takes one expression".into();
            return self.shared.report_at(ErrorCode::BadForm, span, message);
        };
        let shared = &mut *self.shared;
        let scope = shared.hygiene.sets.fresh();
        let name = shared.system_name("computed", span);
        let name = shared.within(name, scope);
        let pattern = if splices {
            let ellipsis = shared.system_name("...", span);
            shared.list_of(&[name, ellipsis], span)
        } else {
            name
        };
        parts.push(shared.list_of(&[pattern, expression], span));
        Some(name)
    }
}

impl Expansion<'_> {
    /// `(let ((name value)) body)`.
    fn let_one(&mut self, name: Syntax, value: Syntax, body: Syntax, span: ByteSpan) -> Syntax {
        let keyword = self.system_name("let", span);
        let binding = self.list_of(&[name, value], span);
        let bindings = self.list_of(&[binding], span);
        self.list_of(&[keyword, bindings, body], span)
    }

    fn identifier_syntax(&mut self, identifier: Identifier, span: ByteSpan) -> Syntax {
        let datum = self.arena.symbol(identifier.symbol, span);
        Syntax { datum, scopes: identifier.scopes }
    }

    fn identifier_datum(&mut self, identifier: Identifier, span: ByteSpan) -> DatumId {
        let datum = self.arena.symbol(identifier.symbol, span);
        self.arena.syntax(datum, identifier.scopes)
    }

    /// A vector that begins with a number for its shape.
    fn shape(&mut self, shape: i64, parts: &[DatumId], span: ByteSpan) -> DatumId {
        let mut elements = vec![self.arena.number(Number::Fixnum(shape), span)];
        elements.extend(parts);
        self.arena.vector(&elements, span)
    }

    fn count_datum(&mut self, count: usize, span: ByteSpan) -> DatumId {
        self.arena.number(Number::Fixnum(count as i64), span)
    }

    /// A pattern as `prelude/syntax.scm` goes through it.
    fn pattern_datum(&mut self, pattern: &Pattern, span: ByteSpan) -> DatumId {
        match pattern {
            Pattern::Any => self.shape(0, &[], span),
            Pattern::Variable(_) => self.shape(1, &[], span),
            Pattern::Literal(identifier) => {
                let name = self.identifier_datum(*identifier, span);
                self.shape(2, &[name], span)
            }
            Pattern::Constant(datum) => self.shape(3, &[*datum], span),
            Pattern::List(list) => self.list_pattern_datum(list, span),
            Pattern::Vector(list) => {
                let elements = self.list_pattern_datum(list, span);
                self.shape(6, &[elements], span)
            }
            Pattern::Null => self.shape(7, &[], span),
        }
    }

    fn list_pattern_datum(&mut self, list: &ListPattern, span: ByteSpan) -> DatumId {
        let mut rest = self.pattern_datum(&list.tail, span);
        for pattern in list.after.iter().rev() {
            let head = self.pattern_datum(pattern, span);
            rest = self.shape(4, &[head, rest], span);
        }
        if let Some(repeated) = &list.repeated {
            let pattern = self.pattern_datum(&repeated.pattern, span);
            let after = self.count_datum(list.after.len(), span);
            let variables = self.count_datum(repeated.variables.len(), span);
            rest = self.shape(5, &[pattern, rest, after, variables], span);
        }
        for pattern in list.before.iter().rev() {
            let head = self.pattern_datum(pattern, span);
            rest = self.shape(4, &[head, rest], span);
        }
        rest
    }

    /// A template as `prelude/syntax.scm` goes through it.
    fn template_datum(&mut self, template: &Template, span: ByteSpan) -> DatumId {
        match template {
            Template::Variable(index) => {
                let index = self.count_datum(*index, span);
                self.shape(0, &[index], span)
            }
            Template::Identifier(identifier, _) => {
                let name = self.identifier_datum(*identifier, span);
                self.shape(1, &[name], span)
            }
            Template::Constant(datum) => self.shape(1, &[*datum], span),
            Template::List { elements, tail, .. } => {
                let elements = self.elements_datum(elements, span);
                let tail = self.template_datum(tail, span);
                self.shape(2, &[elements, tail], span)
            }
            Template::Vector(elements, _) => {
                let elements = self.elements_datum(elements, span);
                self.shape(3, &[elements], span)
            }
        }
    }

    fn elements_datum(&mut self, elements: &[Element], span: ByteSpan) -> DatumId {
        let mut list = self.arena.null(span);
        for element in elements.iter().rev() {
            let template = self.template_datum(&element.template, span);
            let ellipses = self.count_datum(element.ellipses, span);
            let mut repeated = self.arena.null(span);
            for (variable, levels) in element.repeated.iter().rev() {
                let variable = self.count_datum(*variable, span);
                let levels = self.count_datum(*levels, span);
                let entry = self.arena.pair(variable, levels, span);
                repeated = self.arena.pair(entry, repeated, span);
            }
            let element = self.arena.vector(&[template, ellipses, repeated], span);
            list = self.arena.pair(element, list, span);
        }
        list
    }

    /// What a template without variables stands for.
    fn plain_template(&mut self, template: &Template, span: ByteSpan) -> DatumId {
        let plain = |expansion: &mut Self, elements: &[Element]| -> Vec<DatumId> {
            elements.iter().map(|part| expansion.plain_template(&part.template, span)).collect()
        };
        match template {
            Template::Variable(_) => unreachable!("there are no variables"),
            Template::Identifier(identifier, _) => self.identifier_datum(*identifier, span),
            Template::Constant(datum) => *datum,
            Template::List { elements, tail, .. } => {
                let elements = plain(self, elements);
                let tail = self.plain_template(tail, span);
                let pair = |list, head: DatumId| self.arena.pair(head, list, span);
                elements.into_iter().rev().fold(tail, pair)
            }
            Template::Vector(elements, _) => {
                let elements = plain(self, elements);
                self.arena.vector(&elements, span)
            }
        }
    }
}
