//! Reading templates, and filling them in.

use super::matching::Match;
use super::{Element, Misfit, Rule, RuleReader, Template};
use crate::datum::DatumId;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::expand::Expansion;
use crate::expand::hygiene::Meaning;
use crate::expand::syntax::{Identifier, Syntax, View};
use crate::scope::{Scope, ScopeSetId};
use pscheme_heap::error_code::ErrorCode;
use std::sync::Arc;

impl Expansion<'_> {
    /// A template `ellipses` ellipses apply to; with `escapes` an ellipsis is one.
    pub(in crate::expand) fn template(
        &mut self,
        reader: &mut RuleReader,
        syntax: Syntax,
        ellipses: usize,
        depth: usize,
        escapes: bool,
    ) -> Option<Template> {
        let span = self.span(syntax);
        self.check_depth(depth, span)?;
        match self.view(syntax) {
            View::Null | View::Atom => Some(Template::Constant(syntax.datum)),
            View::Identifier(identifier) => {
                if escapes && self.is_ellipsis(reader, syntax) {
                    return self.bad_rules(span, "an ellipsis follows a part of a template");
                }
                let Some(index) = self.template_variable(reader, identifier) else {
                    return Some(Template::Identifier(identifier, span));
                };
                let needed = reader.variables[index].1;
                if needed > ellipses {
                    let name = self.arena.symbol_name(identifier.symbol);
                    let message = format!("`{name}` needs {needed} ellipses behind it");
                    self.diagnostics.push(Diagnostic::new(ErrorCode::BadForm, span, message));
                    return None;
                }
                Some(Template::Variable(index))
            }
            View::Pair(head, rest) => {
                if escapes && self.is_ellipsis(reader, head) {
                    // `(... template)`: ellipses in it are ordinary identifiers.
                    let Some(&[inner]) = self.proper_list(rest).as_deref() else {
                        return self.bad_rules(span, "an escaped template is (... template)");
                    };
                    return self.template(reader, inner, ellipses, depth + 1, false);
                }
                let (items, tail) = self.list(syntax);
                let elements = self.elements(reader, &items, ellipses, depth, escapes)?;
                let tail = self.template(reader, tail, ellipses, depth + 1, escapes)?;
                Some(Template::List { elements, tail: Box::new(tail), span })
            }
            View::Vector(items) => {
                let elements = self.elements(reader, &items, ellipses, depth, escapes)?;
                Some(Template::Vector(elements, span))
            }
        }
    }

    /// The number of the pattern variable that a name in a template is.
    fn template_variable(
        &mut self,
        reader: &mut RuleReader,
        identifier: Identifier,
    ) -> Option<usize> {
        let Some(found) = &mut reader.found else {
            return reader.variables.iter().position(|(known, _)| *known == identifier);
        };
        let Meaning::Pattern(variable, ellipses) = self.meaning(identifier) else { return None };
        let known = found.iter().position(|known| *known == variable);
        Some(known.unwrap_or_else(|| {
            found.push(variable);
            reader.variables.push((identifier, ellipses as usize));
            found.len() - 1
        }))
    }

    fn elements(
        &mut self,
        reader: &mut RuleReader,
        items: &[Syntax],
        ellipses: usize,
        depth: usize,
        escapes: bool,
    ) -> Option<Vec<Element>> {
        let mut elements = Vec::new();
        let mut index = 0;
        while index < items.len() {
            let item = items[index];
            index += 1;
            let mut following = 0;
            while escapes && items.get(index).is_some_and(|&next| self.is_ellipsis(reader, next)) {
                following += 1;
                index += 1;
            }
            let template = self.template(reader, item, ellipses + following, depth + 1, escapes)?;
            let mut found = Vec::new();
            template.variables(0, &mut found);
            let repeated: Vec<(usize, usize)> = found
                .into_iter()
                .map(|(variable, inside)| {
                    (variable, reader.variables[variable].1.saturating_sub(inside))
                })
                .filter(|(_, levels)| *levels > 0)
                .collect();
            if following > 0 && repeated.is_empty() {
                let span = self.span(item);
                return self.bad_rules(span, "nothing before this ellipsis is a sequence");
            }
            elements.push(Element { template, ellipses: following, repeated });
        }
        Some(elements)
    }
}

impl Template {
    /// Adds the pattern variables of the template, each with the number of ellipses behind it
    /// inside the template, to which `inside` is added.
    fn variables(&self, inside: usize, found: &mut Vec<(usize, usize)>) {
        match self {
            Template::Variable(index) => found.push((*index, inside)),
            Template::Identifier(..) | Template::Constant(_) => {}
            Template::List { elements, tail, .. } => {
                for element in elements {
                    element.template.variables(inside + element.ellipses, found);
                }
                tail.variables(inside, found);
            }
            Template::Vector(elements, _) => {
                for element in elements {
                    element.template.variables(inside + element.ellipses, found);
                }
            }
        }
    }
}

/// What variables stand for at a place of a template.
type Values<'a> = Vec<Option<&'a Match>>;

/// Fills in one template.
struct Filler<'filler, 'program> {
    expansion: &'filler mut Expansion<'program>,
    /// The scope of what the template brings in.
    scope: Scope,
    /// Where the macro was used.
    span: ByteSpan,
    /// The macro's name, if its template is in a text of the program.
    name: Option<Arc<str>>,
}

impl Rule {
    pub(super) fn instantiate(
        &self,
        expansion: &mut Expansion<'_>,
        matches: &[Option<Match>],
        span: ByteSpan,
        name: Option<Arc<str>>,
    ) -> Result<Syntax, Misfit> {
        let scope = expansion.hygiene.sets.fresh();
        let values = matches.iter().map(Option::as_ref).collect();
        let datum = Filler { expansion, scope, span, name }.fill(&self.template, &values)?;
        Ok(Syntax { datum, scopes: ScopeSetId::EMPTY })
    }
}

impl Filler<'_, '_> {
    /// The span of what is made of a part of the template: the use, and that part.
    fn span_of(&mut self, part: ByteSpan) -> ByteSpan {
        let Some(name) = &self.name else { return self.span };
        let template = self.expansion.sources.template(name, part, self.span.template);
        ByteSpan { template, ..self.span }
    }

    fn fill(&mut self, template: &Template, values: &Values<'_>) -> Result<DatumId, Misfit> {
        Ok(match template {
            Template::Constant(datum) => {
                let span = self.span_of(self.expansion.arena.span(*datum));
                self.expansion.arena.again(*datum, span)
            }
            Template::Identifier(identifier, span) => {
                let inside = self.expansion.identifier_within(*identifier, self.scope);
                let span = self.span_of(*span);
                let symbol = self.expansion.arena.symbol(inside.symbol, span);
                self.expansion.arena.with_scopes(symbol, inside.scopes)
            }
            Template::Variable(index) => match values[*index] {
                Some(Match::One(syntax)) => {
                    self.expansion.arena.with_scopes(syntax.datum, syntax.scopes)
                }
                _ => return Err(Misfit::Lengths),
            },
            Template::List { elements, tail, span } => {
                let items = self.fill_elements(elements, values)?;
                let mut list = self.fill(tail, values)?;
                let span = self.span_of(*span);
                for item in items.into_iter().rev() {
                    list = self.expansion.arena.pair(item, list, span);
                }
                list
            }
            Template::Vector(elements, span) => {
                let items = self.fill_elements(elements, values)?;
                let span = self.span_of(*span);
                self.expansion.arena.vector(&items, span)
            }
        })
    }

    fn fill_elements(
        &mut self,
        elements: &[Element],
        values: &Values<'_>,
    ) -> Result<Vec<DatumId>, Misfit> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            self.fill_repeated(element, element.ellipses, values, &mut items)?;
        }
        Ok(items)
    }

    /// Goes through the sequences of an element together, once for each ellipsis behind it.
    fn fill_repeated(
        &mut self,
        element: &Element,
        ellipses: usize,
        values: &Values<'_>,
        items: &mut Vec<DatumId>,
    ) -> Result<(), Misfit> {
        if ellipses == 0 {
            items.push(self.fill(&element.template, values)?);
            return Ok(());
        }
        let mut length = None;
        let here = || element.repeated.iter().filter(|(_, levels)| *levels >= ellipses);
        for (variable, _) in here() {
            if let Some(Match::Many(sequence)) = values[*variable] {
                if length.is_some_and(|length| length != sequence.len()) {
                    return Err(Misfit::Lengths);
                }
                length = Some(sequence.len());
            }
        }
        for index in 0..length.ok_or(Misfit::Lengths)? {
            let mut inner = values.clone();
            for (variable, _) in here() {
                if let Some(Match::Many(sequence)) = values[*variable] {
                    inner[*variable] = Some(&sequence[index]);
                }
            }
            self.fill_repeated(element, ellipses - 1, &inner, items)?;
        }
        Ok(())
    }
}
