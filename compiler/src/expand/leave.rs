//! What an expansion leaves for later ones: what it bound at the top level, its libraries, and the
//! macros that these lead to.
//!
//! A macro is kept as its rules with the scopes they were written in. Of the bindings of a library or
//! program only those are kept that a name in such rules can mean.

use super::Expansion;
use super::hygiene::{ContextId, MacroId, MacroOrigin, Meaning, Transformer};
use super::library::{Export, ImportedNames};
use super::syntax::{Identifier, Syntax};
use crate::datum::{Datum, DatumId, SymbolId};
use crate::places::encode_places;
use crate::scope::ScopeSetId;
use crate::surroundings::{
    Definitions, MacroPlace, NewLibrary, NewMacro, NewTransformer, RulePlaces, StoredMeaning,
};
use indexmap::IndexSet;
use std::collections::HashSet;

/// What is to be kept.
#[derive(Default)]
struct Kept {
    macros: IndexSet<MacroId>,
    /// Names in the rules of the macros, and all scopes these have.
    symbols: HashSet<SymbolId>,
    scopes: HashSet<u32>,
}

impl Expansion<'_> {
    /// What later compilations are to find; the names of an environment that is kept too come back
    /// with their meanings.
    pub fn leave(&mut self) -> (Definitions, Vec<(String, StoredMeaning)>) {
        let ImportedNames(exports) = std::mem::take(&mut self.progress.imported);
        let outermost: Vec<Identifier> = self.hygiene.outermost.iter().copied().collect();
        let libraries: Vec<(String, Vec<Export>)> =
            self.hygiene.libraries.iter().map(|(name, of)| (name.clone(), of.clone())).collect();
        let mut kept = Kept::default();
        for (_, meaning) in libraries.iter().flat_map(|(_, exports)| exports).chain(&exports) {
            self.keep(&mut kept, *meaning);
        }
        for template in std::mem::take(&mut self.hygiene.templates) {
            self.keep_names(&mut kept, template);
        }
        let mut bindings = IndexSet::new();
        loop {
            let before = (bindings.len(), kept.macros.len());
            for identifier in &outermost {
                if self.is_to_be_kept(&kept, *identifier) && bindings.insert(*identifier) {
                    let meaning = self.hygiene.find_exactly(*identifier);
                    meaning.into_iter().for_each(|meaning| self.keep(&mut kept, meaning));
                }
            }
            if before == (bindings.len(), kept.macros.len()) {
                break;
            }
        }
        let stored = |names: Vec<Export>| {
            let meaning = |(name, meaning)| Some((name, self.stored_meaning(&kept, meaning)?));
            names.into_iter().filter_map(meaning).collect()
        };
        let exports = stored(exports);
        let libraries = libraries
            .into_iter()
            .map(|(name, exports)| NewLibrary { name, exports: stored(exports) })
            .collect();
        let bindings = bindings.iter().map(|of| self.kept_binding(&kept, *of)).collect();
        let macros = kept.macros.iter().map(|id| self.kept_macro(*id)).collect();
        let next_scope = self.hygiene.sets.next_scope();
        (Definitions { next_scope, macros, bindings, libraries }, exports)
    }

    /// Whether a later compilation can come upon the binding of this identifier.
    fn is_to_be_kept(&self, kept: &Kept, identifier: Identifier) -> bool {
        let scopes = identifier.scopes;
        scopes == ScopeSetId::EMPTY
            || kept.symbols.contains(&identifier.symbol)
                && self.hygiene.sets.list(scopes).iter().all(|scope| kept.scopes.contains(scope))
    }

    /// Keeps a macro of this compilation, if that is what is meant.
    fn keep(&mut self, kept: &mut Kept, meaning: Meaning) {
        let Meaning::Macro(id) = meaning else { return };
        let MacroOrigin::Written { text, .. } = self.hygiene.macro_origin(id) else { return };
        if kept.macros.insert(id) {
            self.keep_names(kept, text);
        }
    }

    /// Keeps what the names in a piece of syntax can mean.
    fn keep_names(&mut self, kept: &mut Kept, text: Syntax) {
        let mut seen: HashSet<DatumId> = HashSet::new();
        let mut work = vec![text.datum];
        kept.scopes.extend(self.hygiene.sets.list(text.scopes));
        while let Some(datum) = work.pop() {
            if !seen.insert(datum) {
                continue;
            }
            if let Some((inner, scopes)) = self.arena.scoped(datum) {
                kept.scopes.extend(self.hygiene.sets.list(scopes));
                work.push(inner);
            } else if let Datum::Symbol(symbol) = self.arena.get(datum) {
                kept.symbols.insert(symbol);
            } else {
                self.arena.for_each_part(datum, |part| work.push(part));
            }
        }
    }

    fn stored_meaning(&self, kept: &Kept, meaning: Meaning) -> Option<StoredMeaning> {
        Some(match meaning {
            Meaning::Keyword(name, _) => StoredMeaning::Standard(name.to_string()),
            Meaning::Global(name) if self.names.is_standard(name) => {
                StoredMeaning::Standard(self.names.get(name).to_string())
            }
            Meaning::Global(name) => StoredMeaning::Variable(self.names.get(name).to_string()),
            Meaning::Macro(id) => match self.hygiene.macro_origin(id) {
                MacroOrigin::Derived => StoredMeaning::Standard(self.hygiene.macro_name(id)),
                MacroOrigin::Stored(place) => StoredMeaning::Macro(place),
                MacroOrigin::Written { .. } => {
                    let index = kept.macros.get_index_of(&id)?;
                    StoredMeaning::Macro(MacroPlace::New { index })
                }
            },
            // None is bound outside all bodies.
            Meaning::Local(_)
            | Meaning::Pattern(..)
            | Meaning::OfAnotherTime(_)
            | Meaning::NotImported(_) => return None,
        })
    }

    fn kept_binding(
        &mut self,
        kept: &Kept,
        identifier: Identifier,
    ) -> (String, Vec<u32>, Option<StoredMeaning>) {
        let meaning = self.hygiene.find_exactly(identifier);
        let meaning = meaning.and_then(|meaning| self.stored_meaning(kept, meaning));
        let name = self.arena.symbol_name(identifier.symbol).to_string();
        (name, self.hygiene.sets.list(identifier.scopes), meaning)
    }

    fn kept_macro(&mut self, id: MacroId) -> NewMacro {
        let MacroOrigin::Written { text, number } = self.hygiene.macro_origin(id) else {
            unreachable!("only macros of this compilation are kept")
        };
        let definition = self.ready_macro(id);
        let transformer = match definition.transformer {
            Transformer::Rules(_) => {
                let datum = self.arena.with_scopes(text.datum, text.scopes);
                let sets = &self.hygiene.sets;
                let index = self.quoted.quote_syntax(self.arena, datum, |set| sets.list(set));
                let places = definition.has_places.then(|| self.places_of_rules(index));
                NewTransformer::Rules { index, places: places.flatten() }
            }
            Transformer::Procedure { object, scopes } => {
                NewTransformer::Procedure { object, scopes: self.hygiene.sets.list(scopes) }
            }
        };
        let among_definitions = definition.context == Some(ContextId::TOP_LEVEL);
        NewMacro { name: definition.name, number, transformer, among_definitions }
    }

    /// Where the rules with this index in the quoted data stand.
    fn places_of_rules(&self, index: u32) -> Option<RulePlaces> {
        let (arena, root) = (&self.quoted.arena, self.quoted.root(index));
        let text = self.sources.index_of(arena.span(root))?;
        let bytes = encode_places(arena, root, &self.sources.texts()[text])?;
        Some(RulePlaces { text, bytes })
    }
}
