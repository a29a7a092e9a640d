//! Reading patterns.

use super::{ListPattern, Pattern, Repeated, RuleReader};
use crate::diagnostic::Diagnostic;
use crate::expand::syntax::{Identifier, Syntax, View};
use crate::expand::{Expansion, Keyword};
use pscheme_heap::error_code::ErrorCode;

impl Expansion<'_> {
    /// A pattern `ellipses` ellipses apply to, at a depth of nesting.
    pub(in crate::expand) fn pattern(
        &mut self,
        reader: &mut RuleReader,
        syntax: Syntax,
        ellipses: usize,
        depth: usize,
    ) -> Option<Pattern> {
        let span = self.span(syntax);
        self.check_depth(depth, span)?;
        match self.view(syntax) {
            View::Null => Some(Pattern::Null),
            View::Atom => Some(Pattern::Constant(syntax.datum)),
            View::Identifier(identifier) => {
                self.identifier_pattern(reader, identifier, syntax, ellipses)
            }
            View::Pair(..) => {
                let (items, tail) = self.list(syntax);
                let list = self.list_pattern(reader, &items, Some(tail), ellipses, depth)?;
                Some(Pattern::List(Box::new(list)))
            }
            View::Vector(items) => {
                let list = self.list_pattern(reader, &items, None, ellipses, depth)?;
                Some(Pattern::Vector(Box::new(list)))
            }
        }
    }

    fn identifier_pattern(
        &mut self,
        reader: &mut RuleReader,
        identifier: Identifier,
        syntax: Syntax,
        ellipses: usize,
    ) -> Option<Pattern> {
        let span = self.span(syntax);
        if reader.literals.contains(&identifier) {
            return Some(Pattern::Literal(identifier));
        }
        if self.is_ellipsis(reader, syntax) {
            return self.bad_rules(span, "an ellipsis follows a pattern, once in a list");
        }
        if self.is_keyword(identifier, "_", Keyword::Underscore) {
            return Some(Pattern::Any);
        }
        if reader.variables.iter().any(|(known, _)| *known == identifier) {
            let name = self.arena.symbol_name(identifier.symbol);
            let message = format!("the pattern variable `{name}` appears twice");
            self.diagnostics.push(Diagnostic::new(ErrorCode::DuplicateVariable, span, message));
            return None;
        }
        reader.variables.push((identifier, ellipses));
        Some(Pattern::Variable(reader.variables.len() - 1))
    }

    fn list_pattern(
        &mut self,
        reader: &mut RuleReader,
        items: &[Syntax],
        tail: Option<Syntax>,
        ellipses: usize,
        depth: usize,
    ) -> Option<ListPattern> {
        let (mut before, mut after, mut repeated) = (Vec::new(), Vec::new(), None);
        let mut index = 0;
        while index < items.len() {
            let item = items[index];
            let follows = items.get(index + 1).is_some_and(|&next| self.is_ellipsis(reader, next));
            if follows && repeated.is_some() {
                let span = self.span(items[index + 1]);
                return self.bad_rules(span, "a list pattern has one ellipsis at most");
            }
            if follows {
                let first = reader.variables.len();
                let pattern = self.pattern(reader, item, ellipses + 1, depth + 1)?;
                let variables = (first..reader.variables.len()).collect();
                repeated = Some(Repeated { pattern, variables });
                index += 2;
                continue;
            }
            let pattern = self.pattern(reader, item, ellipses, depth + 1)?;
            if repeated.is_some() { &mut after } else { &mut before }.push(pattern);
            index += 1;
        }
        let tail = match tail {
            Some(tail) => self.pattern(reader, tail, ellipses, depth + 1)?,
            None => Pattern::Null,
        };
        Some(ListPattern { before, repeated, after, tail })
    }
}
