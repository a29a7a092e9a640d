//! `syntax-rules` (R7RS 4.3.2): rules as they are written, made ready to be matched.
//!
//! Patterns and templates nest as deep as their text; a bound on that keeps the functions that walk
//! them within the host's stack. Lists and uses of a macro have any length.

mod matching;
mod pattern;
mod template;

use super::syntax::{Identifier, Syntax};
use super::{Expansion, Keyword, Meaning};
use crate::core::VariableId;
use crate::datum::DatumId;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::limits::RULE_DEPTH_MAX;
use pscheme_heap::error_code::ErrorCode;
use std::sync::Arc;

/// The rules of a macro.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(Arc<Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    /// What follows the macro's name in a use.
    pattern: Pattern,
    template: Template,
    variable_count: usize,
}

#[derive(Debug)]
pub(super) enum Pattern {
    /// `_`: anything.
    Any,
    Variable(usize),
    /// An identifier that means the same.
    Literal(Identifier),
    /// A constant that is `equal?`.
    Constant(DatumId),
    Null,
    List(Box<ListPattern>),
    Vector(Box<ListPattern>),
}

/// `(before … repeated <ellipsis> after … . tail)`.
#[derive(Debug)]
pub(super) struct ListPattern {
    pub(super) before: Vec<Pattern>,
    pub(super) repeated: Option<Repeated>,
    pub(super) after: Vec<Pattern>,
    pub(super) tail: Pattern,
}

#[derive(Debug)]
pub(super) struct Repeated {
    pub(super) pattern: Pattern,
    pub(super) variables: Vec<usize>,
}

#[derive(Debug)]
pub(super) enum Template {
    Variable(usize),
    Identifier(Identifier, ByteSpan),
    Constant(DatumId),
    List { elements: Vec<Element>, tail: Box<Template>, span: ByteSpan },
    Vector(Vec<Element>, ByteSpan),
}

/// A part of a list template and how many ellipses follow it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) template: Template,
    pub(super) ellipses: usize,
    /// Pattern variables in it that stand for sequences, and how many of the ellipses, counted from
    /// the innermost, go through each. With more ellipses than it needs a variable's sequence is
    /// gone through by the inner ones (SRFI 149).
    pub(super) repeated: Vec<(usize, usize)>,
}

/// What is known while one rule, or a pattern or template by itself, is read.
#[derive(Default)]
pub(super) struct RuleReader {
    /// The ellipsis that `syntax-rules` names, if it names one.
    ellipsis: Option<Identifier>,
    literals: Vec<Identifier>,
    /// Pattern variables and the number of ellipses that follow each.
    variables: Vec<(Identifier, usize)>,
    /// For a template by itself, what holds the values of these variables.
    found: Option<Vec<VariableId>>,
}

impl RuleReader {
    /// For a pattern with these literals.
    pub(super) fn of_literals(literals: Vec<Identifier>) -> RuleReader {
        RuleReader { literals, ..RuleReader::default() }
    }

    /// For a template whose variables are those in force at its place.
    pub(super) fn of_template() -> RuleReader {
        RuleReader { found: Some(Vec::new()), ..RuleReader::default() }
    }

    pub(super) fn variables(&self) -> &[(Identifier, usize)] {
        &self.variables
    }

    /// The variables of a template, in the order of their numbers.
    pub(super) fn found(&self) -> &[VariableId] {
        self.found.as_deref().unwrap_or_default()
    }
}

impl Expansion<'_> {
    /// Reads `(syntax-rules [ellipsis] (literal …) (pattern template) …)` behind its keyword.
    /// Reports what is wrong with it.
    pub(super) fn rules(&mut self, form: Syntax) -> Option<Rules> {
        let span = self.span(form);
        let Some(parts) = self.proper_list(form) else {
            return self.bad_rules(span, "`syntax-rules` is not a proper list");
        };
        let mut parts = parts.into_iter().skip(1).peekable();
        let ellipsis = parts.peek().copied().and_then(|first| self.identifier(first));
        if ellipsis.is_some() {
            parts.next();
        }
        let literals = parts.next().and_then(|literals| self.proper_list(literals));
        let Some(literals) = literals else {
            return self.bad_rules(span, "expected the list of literals");
        };
        let literals: Vec<Option<Identifier>> =
            literals.into_iter().map(|literal| self.identifier(literal)).collect();
        let Some(literals) = literals.into_iter().collect::<Option<Vec<Identifier>>>() else {
            return self.bad_rules(span, "literals are identifiers");
        };
        let mut rules = Vec::new();
        for rule in parts {
            let literals = literals.clone();
            let mut reader = RuleReader { ellipsis, literals, ..RuleReader::default() };
            rules.push(self.rule(&mut reader, rule)?);
        }
        Some(Rules(Arc::new(rules)))
    }

    fn rule(&mut self, reader: &mut RuleReader, rule: Syntax) -> Option<Rule> {
        let span = self.span(rule);
        let Some(&[pattern, template]) = self.proper_list(rule).as_deref() else {
            return self.bad_rules(span, "expected a rule (pattern template)");
        };
        let Some((_, operands)) = self.pair(pattern) else {
            let span = self.span(pattern);
            return self.bad_rules(span, "a pattern is a list that begins with the macro's name");
        };
        let pattern = self.pattern(reader, operands, 0, 0)?;
        let template = self.template(reader, template, 0, 0, true)?;
        Some(Rule { pattern, template, variable_count: reader.variables.len() })
    }

    fn bad_rules<T>(&mut self, span: ByteSpan, message: &str) -> Option<T> {
        let found = Diagnostic::new(ErrorCode::BadForm, span, message.to_string())
            .with_note("help: the form is (syntax-rules (literal ...) (pattern template) ...)");
        self.diagnostics.push(found);
        None
    }

    fn check_depth(&mut self, depth: usize, span: ByteSpan) -> Option<()> {
        if depth <= RULE_DEPTH_MAX {
            return Some(());
        }
        let message = format!("patterns and templates nest at most {RULE_DEPTH_MAX} deep");
        self.diagnostics.push(Diagnostic::new(ErrorCode::CompilerLimit, span, message));
        None
    }

    fn is_ellipsis(&mut self, reader: &RuleReader, syntax: Syntax) -> bool {
        let Some(identifier) = self.identifier(syntax) else { return false };
        if reader.literals.contains(&identifier) {
            return false;
        }
        match reader.ellipsis {
            Some(ellipsis) => ellipsis == identifier,
            None => self.is_keyword(identifier, "...", Keyword::Ellipsis),
        }
    }

    /// Whether an identifier of this name means the keyword. The name comes first, because to ask
    /// for a meaning may read the rules of a derived form.
    fn is_keyword(&mut self, identifier: Identifier, name: &str, keyword: Keyword) -> bool {
        self.arena.symbol_name(identifier.symbol) == name
            && matches!(self.meaning(identifier), Meaning::Keyword(_, found) if found == keyword)
    }
}

impl Rules {
    /// The result of a use of the macro: that of the first rule whose pattern fits. Parts that come
    /// from the template get a scope of their own. With the macro's name they are also known to come from
    /// there.
    pub(super) fn expand(
        &self,
        expansion: &mut Expansion<'_>,
        form: Syntax,
        span: ByteSpan,
        name: Option<Arc<str>>,
    ) -> Result<Syntax, Misfit> {
        let Some((_, operands)) = expansion.pair(form) else { return Err(Misfit::NoRule) };
        for rule in self.0.iter() {
            if let Some(matches) = rule.matches(expansion, operands) {
                return rule.instantiate(expansion, &matches, span, name);
            }
        }
        Err(Misfit::NoRule)
    }
}

/// Why a use of a macro has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    NoRule,
    /// Sequences that a template goes through together differ in length.
    Lengths,
}
