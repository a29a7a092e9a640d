//! Matching a use of a macro with a pattern.

use super::{ListPattern, Pattern, Rule};
use crate::expand::Expansion;
use crate::expand::syntax::{Syntax, View};

/// What a pattern variable stands for: one piece, or a sequence for each ellipsis behind it.
#[derive(Clone, Debug)]
pub(super) enum Match {
    One(Syntax),
    Many(Vec<Match>),
}

impl Rule {
    /// What the variables stand for, if the operands of a use fit.
    pub(super) fn matches(
        &self,
        expansion: &mut Expansion<'_>,
        operands: Syntax,
    ) -> Option<Vec<Option<Match>>> {
        let mut found = vec![None; self.variable_count];
        self.pattern.fits(expansion, operands, &mut found).then_some(found)
    }
}

impl Pattern {
    fn fits(
        &self,
        expansion: &mut Expansion<'_>,
        syntax: Syntax,
        found: &mut [Option<Match>],
    ) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Variable(index) => {
                // Opened, so that what goes through many macros is wrapped once.
                found[*index] = Some(Match::One(expansion.open(syntax)));
                true
            }
            Pattern::Literal(literal) => match expansion.view(syntax) {
                View::Identifier(other) => expansion.meaning(*literal) == expansion.meaning(other),
                _ => false,
            },
            Pattern::Constant(datum) => {
                expansion.arena.equal(*datum, expansion.arena, syntax.datum)
            }
            Pattern::Null => matches!(expansion.view(syntax), View::Null),
            Pattern::List(list) => {
                let (items, tail) = expansion.list(syntax);
                list.fits(expansion, syntax, &items, Some(tail), found)
            }
            Pattern::Vector(list) => match expansion.view(syntax) {
                View::Vector(items) => list.fits(expansion, syntax, &items, None, found),
                _ => false,
            },
        }
    }
}

impl ListPattern {
    fn fits(
        &self,
        expansion: &mut Expansion<'_>,
        whole: Syntax,
        items: &[Syntax],
        tail: Option<Syntax>,
        found: &mut [Option<Match>],
    ) -> bool {
        let fixed = self.before.len() + self.after.len();
        if items.len() < fixed {
            return false;
        }
        let fits = |patterns: &[Pattern],
                    items: &[Syntax],
                    expansion: &mut Expansion<'_>,
                    found: &mut [Option<Match>]| {
            patterns.iter().zip(items).all(|(pattern, item)| pattern.fits(expansion, *item, found))
        };
        if !fits(&self.before, items, expansion, found) {
            return false;
        }
        let Some(repeated) = &self.repeated else {
            return match tail {
                None => items.len() == fixed,
                Some(_) => {
                    let rest = rest_of(expansion, whole, fixed);
                    self.tail.fits(expansion, rest, found)
                }
            };
        };
        let end = items.len() - self.after.len();
        let mut sequences = vec![Vec::new(); repeated.variables.len()];
        for item in &items[self.before.len()..end] {
            if !repeated.pattern.fits(expansion, *item, found) {
                return false;
            }
            for (sequence, variable) in sequences.iter_mut().zip(&repeated.variables) {
                sequence.extend(found[*variable].take());
            }
        }
        for (sequence, variable) in sequences.into_iter().zip(&repeated.variables) {
            found[*variable] = Some(Match::Many(sequence));
        }
        fits(&self.after, &items[end..], expansion, found)
            && tail.is_none_or(|tail| self.tail.fits(expansion, tail, found))
    }
}

/// What follows the first `count` pairs of a list.
fn rest_of(expansion: &mut Expansion<'_>, mut list: Syntax, count: usize) -> Syntax {
    for _ in 0..count {
        let Some((_, rest)) = expansion.pair(list) else { break };
        list = rest;
    }
    list
}
