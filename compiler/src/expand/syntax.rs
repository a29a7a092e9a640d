//! Syntax: a datum together with the scopes it stands in, taken apart without losing them.
//!
//! A datum of the arena may have scopes of its own (what a macro's template became); those around
//! it are carried beside it while the expander goes down.

use super::{Expander, Expansion};
use crate::datum::{Datum, DatumId, SymbolId};
use crate::diagnostic::ByteSpan;
use crate::scope::{SYSTEM, Scope, ScopeSetId};

/// A datum as it is seen at a place of the program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Syntax {
    pub(super) datum: DatumId,
    pub(super) scopes: ScopeSetId,
}

/// A name and its scopes. Two are the same binding's name if both agree (`bound-identifier=?`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identifier {
    pub(super) symbol: SymbolId,
    pub(super) scopes: ScopeSetId,
}

/// What a piece of syntax is made of.
#[derive(Clone, Debug)]
pub(super) enum View {
    Identifier(Identifier),
    Pair(Syntax, Syntax),
    Null,
    Vector(Vec<Syntax>),
    /// A constant without parts.
    Atom,
}

impl Expansion<'_> {
    /// The same syntax with all its scopes beside the datum.
    pub(super) fn open(&mut self, mut syntax: Syntax) -> Syntax {
        while let Some((inner, own)) = self.arena.scoped(syntax.datum) {
            let scopes = self.hygiene.sets.union(syntax.scopes, own);
            syntax = Syntax { datum: inner, scopes };
        }
        syntax
    }

    pub(super) fn view(&mut self, syntax: Syntax) -> View {
        let Syntax { datum, scopes } = self.open(syntax);
        let part = |datum| Syntax { datum, scopes };
        match self.arena.get(datum) {
            Datum::Symbol(symbol) => View::Identifier(Identifier { symbol, scopes }),
            Datum::Pair(head, tail) => View::Pair(part(head), part(tail)),
            Datum::Null => View::Null,
            Datum::Vector(elements) => View::Vector(elements.iter().map(|id| part(*id)).collect()),
            _ => View::Atom,
        }
    }

    pub(super) fn identifier(&mut self, syntax: Syntax) -> Option<Identifier> {
        match self.view(syntax) {
            View::Identifier(identifier) => Some(identifier),
            _ => None,
        }
    }

    pub(super) fn pair(&mut self, syntax: Syntax) -> Option<(Syntax, Syntax)> {
        match self.view(syntax) {
            View::Pair(head, tail) => Some((head, tail)),
            _ => None,
        }
    }

    /// The elements of a list and what follows the last pair (the empty list if it is proper).
    pub(super) fn list(&mut self, mut syntax: Syntax) -> (Vec<Syntax>, Syntax) {
        let mut elements = Vec::new();
        while let Some((head, tail)) = self.pair(syntax) {
            elements.push(head);
            syntax = tail;
        }
        (elements, syntax)
    }

    /// The elements of a proper list, or `None` if it is none.
    pub(super) fn proper_list(&mut self, syntax: Syntax) -> Option<Vec<Syntax>> {
        let (elements, tail) = self.list(syntax);
        matches!(self.arena.get(tail.datum), Datum::Null).then_some(elements)
    }

    /// A list of pieces of syntax, each with the scopes it has.
    pub(super) fn list_of(&mut self, elements: &[Syntax], span: ByteSpan) -> Syntax {
        let mut list = self.arena.null(span);
        for element in elements.iter().rev() {
            let head = self.arena.with_scopes(element.datum, element.scopes);
            list = self.arena.pair(head, list, span);
        }
        Syntax { datum: list, scopes: ScopeSetId::EMPTY }
    }

    /// A name that means what it means to pscheme, whatever a program binds.
    pub(super) fn system_name(&mut self, name: &str, span: ByteSpan) -> Syntax {
        let symbol = self.arena.intern(name);
        let datum = self.arena.symbol(symbol, span);
        Syntax { datum, scopes: self.hygiene.sets.with(ScopeSetId::EMPTY, SYSTEM) }
    }

    pub(super) fn span(&self, syntax: Syntax) -> ByteSpan {
        self.arena.span(syntax.datum)
    }

    pub(super) fn within(&mut self, syntax: Syntax, scope: Scope) -> Syntax {
        Syntax { datum: syntax.datum, scopes: self.hygiene.sets.with(syntax.scopes, scope) }
    }

    pub(super) fn identifier_within(&mut self, identifier: Identifier, scope: Scope) -> Identifier {
        let scopes = self.hygiene.sets.with(identifier.scopes, scope);
        Identifier { symbol: identifier.symbol, scopes }
    }
}

impl Expander<'_, '_> {
    pub(super) fn view(&mut self, syntax: Syntax) -> View {
        self.shared.view(syntax)
    }

    pub(super) fn pair(&mut self, syntax: Syntax) -> Option<(Syntax, Syntax)> {
        self.shared.pair(syntax)
    }

    pub(super) fn list(&mut self, syntax: Syntax) -> (Vec<Syntax>, Syntax) {
        self.shared.list(syntax)
    }

    pub(super) fn proper_list(&mut self, syntax: Syntax) -> Option<Vec<Syntax>> {
        self.shared.proper_list(syntax)
    }

    pub(super) fn span(&self, syntax: Syntax) -> ByteSpan {
        self.shared.span(syntax)
    }

    /// The name an identifier was written with.
    pub(super) fn name_of(&self, identifier: Identifier) -> &str {
        self.shared.arena.symbol_name(identifier.symbol)
    }
}
