//! What names mean: the table of bindings, and the macros it refers to.

use super::keyword::Keyword;
use super::library::{Export, Module};
use super::rules::Rules;
use super::syntax::{Identifier, Syntax};
use super::{Expansion, derived, standard};
use crate::core::{NameId, VariableId};
use crate::datum::{DatumId, SymbolId};
use crate::places::restore_places;
use crate::scope::{Scope, ScopeSetId, ScopeSets};
use crate::surroundings::{MacroPlace, StoredMeaning, StoredPlaces, StoredTransformer};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// What an identifier means at a place of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Local(VariableId),
    /// A variable of a `syntax-case` pattern, which holds what was matched, and the number of ellipses
    /// behind it.
    Pattern(VariableId, u32),
    /// A variable of a form around the one that is expanded, which has no value yet.
    OfAnotherTime(VariableId),
    Keyword(&'static str, Keyword),
    Macro(MacroId),
    Global(NameId),
    /// Nothing here; this library exports the name.
    NotImported(&'static str),
}

/// A macro of one compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct MacroId(u32);

/// A body, or the top level of the program: where definitions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ContextId(u32);

impl ContextId {
    pub(super) const TOP_LEVEL: ContextId = ContextId(0);
}

/// What makes a form of a macro's use.
#[derive(Clone, Debug)]
pub(super) enum Transformer {
    Rules(Rules),
    /// A procedure of the program, by its number among the expansion's objects, and the scopes it was
    /// written in.
    Procedure {
        object: u32,
        scopes: ScopeSetId,
    },
}

/// A macro, and where it was defined if that was among definitions.
#[derive(Clone, Debug)]
pub(super) struct Macro {
    pub(super) name: String,
    pub(super) transformer: Transformer,
    pub(super) context: Option<ContextId>,
    pub(super) origin: MacroOrigin,
    /// The spans of its templates are places in texts.
    pub(super) has_places: bool,
}

/// Where a macro comes from, so that its meaning can be kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum MacroOrigin {
    /// A derived form of the language.
    Derived,
    /// Its rules or expression as written in this compilation, and the number it has in the image.
    Written { text: Syntax, number: u32 },
    /// An earlier compilation.
    Stored(MacroPlace),
}

/// What is known of a macro.
#[derive(Clone, Debug)]
enum Known {
    Ready(Macro),
    /// It has not been used in this compilation.
    Stored(MacroPlace),
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    scopes: ScopeSetId,
    meaning: Meaning,
    /// The form whose expansion made it.
    form: u32,
    /// Scopes of the largest set of this binding and those below it.
    largest: u32,
}

/// The bindings of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Hygiene {
    pub(super) sets: ScopeSets,
    /// By symbol, the bindings in force, those of inner places after those of outer ones.
    bindings: Vec<Vec<Binding>>,
    /// Symbols whose bindings of earlier compilations are in `bindings`.
    asked: Vec<bool>,
    /// Names bound outside all bodies in this compilation.
    pub(super) outermost: IndexSet<Identifier>,
    macros: Vec<Known>,
    /// Macros of earlier compilations, by their number in the image.
    stored_macros: HashMap<u32, MacroId>,
    derived: HashMap<&'static str, MacroId>,
    context_count: u32,
    /// What the text being expanded is, and the scopes all of it has.
    pub(super) module: Module,
    pub(super) home: ScopeSetId,
    /// Names the module defines, as opposed to those it imports.
    pub(super) defined: HashSet<Identifier>,
    /// Exports of the libraries of this program, by name as written.
    pub(super) libraries: IndexMap<String, Vec<Export>>,
    /// Libraries whose files are being read.
    pub(super) being_read: Vec<String>,
    /// Libraries whose files were looked for.
    pub(super) sought: HashSet<String>,
    /// The number of the form that is being expanded.
    pub(super) form: u32,
    /// Templates of `syntax` forms: what their names mean must be found whenever they are used.
    pub(super) templates: Vec<Syntax>,
    /// Scopes given to what was passed to macros of a context that has not ended.
    use_scopes: HashMap<ContextId, Vec<Scope>>,
    /// All of these: a definition does not count them, because it is not the macro that brought the
    /// name in. It may stand in a body within the macro's context, which has a scope of its own.
    open_use_scopes: HashSet<Scope>,
}

impl Hygiene {
    /// No bindings; scopes are numbered from `next_scope` on.
    pub fn counting_from(next_scope: u32) -> Hygiene {
        Hygiene { sets: ScopeSets::counting_from(next_scope), ..Hygiene::default() }
    }

    /// The number of the next scope or macro.
    pub fn next_scope(&self) -> u32 {
        self.sets.next_scope()
    }

    /// Numbers new scopes from `next` on, if that is further on: others were made meanwhile.
    pub fn skip_scopes(&mut self, next: u32) {
        self.sets.skip_to(next);
    }

    pub(super) fn bind(&mut self, identifier: Identifier, meaning: Meaning) {
        let bindings = self.bindings_of(identifier.symbol);
        let below = bindings.last().map_or(0, |binding| binding.largest);
        let largest = self.sets.size(identifier.scopes).max(below);
        let (scopes, form) = (identifier.scopes, self.form);
        self.bindings_of(identifier.symbol).push(Binding { scopes, meaning, form, largest });
    }

    fn bindings_of(&mut self, symbol: SymbolId) -> &mut Vec<Binding> {
        let index = symbol.index();
        if self.bindings.len() <= index {
            self.bindings.resize(index + 1, Vec::new());
        }
        &mut self.bindings[index]
    }

    /// Puts bindings of earlier compilations below all others of the name.
    fn bind_below(&mut self, symbol: SymbolId, stored: Vec<(ScopeSetId, Meaning)>) {
        let newer = std::mem::take(self.bindings_of(symbol));
        for (scopes, meaning) in stored {
            self.bind(Identifier { symbol, scopes }, meaning);
        }
        for Binding { scopes, meaning, form, .. } in newer {
            self.bind(Identifier { symbol, scopes }, meaning);
            self.bindings_of(symbol).last_mut().expect("just bound").form = form;
        }
    }

    /// Whether the bindings of earlier compilations are still to be asked for; they are then not.
    fn is_new(&mut self, symbol: SymbolId) -> bool {
        let index = symbol.index();
        if self.asked.len() <= index {
            self.asked.resize(index + 1, false);
        }
        !std::mem::replace(&mut self.asked[index], true)
    }

    /// Takes back the newest binding of the name.
    pub(super) fn unbind(&mut self, identifier: Identifier) {
        let popped = self.bindings[identifier.symbol.index()].pop();
        assert!(popped.is_some_and(|binding| binding.scopes == identifier.scopes));
    }

    /// Gives a name of the top level a meaning in place of the one it had. There is no other
    /// binding of the name above it: the top level stands in nothing.
    pub(super) fn bind_top_level(&mut self, identifier: Identifier, meaning: Option<Meaning>) {
        if let Some(bindings) = self.bindings.get_mut(identifier.symbol.index()) {
            bindings.retain(|binding| binding.scopes != identifier.scopes);
        }
        self.outermost.insert(identifier);
        if let Some(meaning) = meaning {
            self.bind(identifier, meaning);
        }
    }

    /// The binding whose scopes are the largest subset of the identifier's.
    pub(super) fn find(&self, identifier: Identifier) -> Option<Meaning> {
        let bindings = self.bindings.get(identifier.symbol.index())?;
        let mut best: Option<(u32, Meaning)> = None;
        // A name in a template of pscheme's own never means what a program bound.
        let is_system = !bindings.is_empty() && self.sets.is_system(identifier.scopes);
        for binding in bindings.iter().rev() {
            let size = self.sets.size(binding.scopes);
            if best.is_some_and(|(found, _)| found >= binding.largest) {
                break;
            }
            if best.is_none_or(|(found, _)| size > found)
                && self.sets.is_subset(binding.scopes, identifier.scopes)
                && (!is_system || self.sets.is_system(binding.scopes))
            {
                best = Some((size, self.meaning_here(binding)));
            }
        }
        best.map(|(_, meaning)| meaning)
    }

    /// What a binding means in the form that is being expanded.
    fn meaning_here(&self, binding: &Binding) -> Meaning {
        match binding.meaning {
            Meaning::Local(variable) | Meaning::Pattern(variable, _)
                if binding.form != self.form =>
            {
                Meaning::OfAnotherTime(variable)
            }
            meaning => meaning,
        }
    }

    /// What an identifier was bound to with just its scopes.
    pub(super) fn find_exactly(&self, identifier: Identifier) -> Option<Meaning> {
        let bindings = self.bindings.get(identifier.symbol.index())?;
        let exact = |binding: &&Binding| binding.scopes == identifier.scopes;
        bindings.iter().rev().find(exact).map(|binding| binding.meaning)
    }

    pub(super) fn add_macro(&mut self, definition: Macro) -> MacroId {
        self.macros.push(Known::Ready(definition));
        MacroId(self.macros.len() as u32 - 1)
    }

    /// The macro of an earlier compilation.
    fn stored_macro(&mut self, place: MacroPlace) -> MacroId {
        let MacroPlace::Stored { number, .. } = place else {
            unreachable!("what was stored has a place")
        };
        *self.stored_macros.entry(number).or_insert_with(|| {
            self.macros.push(Known::Stored(place));
            MacroId(self.macros.len() as u32 - 1)
        })
    }

    /// Where a macro comes from.
    pub(super) fn macro_origin(&self, id: MacroId) -> MacroOrigin {
        match &self.macros[id.0 as usize] {
            Known::Ready(definition) => definition.origin,
            Known::Stored(place) => MacroOrigin::Stored(*place),
        }
    }

    /// The name a macro was defined with.
    pub(super) fn macro_name(&self, id: MacroId) -> String {
        match &self.macros[id.0 as usize] {
            Known::Ready(definition) => definition.name.clone(),
            Known::Stored(_) => String::new(),
        }
    }

    pub(super) fn new_context(&mut self) -> ContextId {
        self.context_count += 1;
        ContextId(self.context_count)
    }

    pub(super) fn forget_context(&mut self, context: ContextId) {
        for scope in self.use_scopes.remove(&context).unwrap_or_default() {
            self.open_use_scopes.remove(&scope);
        }
    }

    /// The scope of what is passed to a macro that was defined in `context`.
    pub(super) fn use_scope(&mut self, context: ContextId) -> Scope {
        let scope = self.sets.fresh();
        self.use_scopes.entry(context).or_default().push(scope);
        self.open_use_scopes.insert(scope);
        scope
    }

    /// The identifier as a definition binds it.
    pub(super) fn defined(&mut self, identifier: Identifier) -> Identifier {
        let taken = &self.open_use_scopes;
        if taken.is_empty() {
            return identifier;
        }
        let scopes = self.sets.without(identifier.scopes, |scope| taken.contains(&scope));
        Identifier { symbol: identifier.symbol, scopes }
    }
}

impl Expansion<'_> {
    /// What an identifier means here.
    pub(super) fn meaning(&mut self, identifier: Identifier) -> Meaning {
        self.ask_for(identifier.symbol);
        if let Some(meaning) = self.hygiene.find(identifier) {
            return meaning;
        }
        let name = self.arena.symbol_name(identifier.symbol).to_string();
        if self.hygiene.sets.is_system(identifier.scopes) {
            return self.standard_meaning(&name);
        }
        match &self.hygiene.module {
            Module::Open => self.top_level_meaning(&name),
            module => match (standard::exporter(&name), module.suffix()) {
                (Some(library), _) => Meaning::NotImported(library),
                (None, Some(suffix)) => {
                    Meaning::Global(self.names.intern(&format!("{name} {suffix}")))
                }
                (None, None) => Meaning::Global(self.names.intern(&name)),
            },
        }
    }

    /// What a name means at the top level, which sees everything pscheme has, unless it made
    /// something else of the name.
    fn top_level_meaning(&mut self, name: &str) -> Meaning {
        let variable = self.names.intern(name);
        if self.assigned_globals.contains(&variable) || self.surroundings.is_redefined(name) {
            return Meaning::Global(variable);
        }
        match self.standard_meaning(name) {
            // A later form of the program may define it.
            Meaning::Global(_) => Meaning::Global(variable),
            keyword => keyword,
        }
    }

    /// What an identifier was bound to with just its scopes.
    pub(super) fn find_exactly(&mut self, identifier: Identifier) -> Option<Meaning> {
        self.ask_for(identifier.symbol);
        self.hygiene.find_exactly(identifier)
    }

    /// Makes sure that what earlier compilations made of a name is known.
    pub(super) fn ask_for(&mut self, symbol: SymbolId) {
        if !self.hygiene.is_new(symbol) {
            return;
        }
        let stored = self.surroundings.bindings(self.arena.symbol_name(symbol));
        if stored.is_empty() {
            return;
        }
        let mut bindings = Vec::with_capacity(stored.len());
        for binding in stored {
            let scopes = self.hygiene.sets.of(&binding.scopes);
            bindings.push((scopes, self.meaning_of_stored(&binding.meaning)));
        }
        self.hygiene.bind_below(symbol, bindings);
    }

    /// What an earlier compilation made of a name.
    pub(super) fn meaning_of_stored(&mut self, stored: &StoredMeaning) -> Meaning {
        match stored {
            StoredMeaning::Standard(name) => self.standard_meaning(name),
            StoredMeaning::Variable(name) => Meaning::Global(self.names.intern(name)),
            StoredMeaning::Macro(place) => Meaning::Macro(self.hygiene.stored_macro(*place)),
        }
    }

    /// A macro, its rules read if it is one of an earlier compilation.
    pub(super) fn ready_macro(&mut self, id: MacroId) -> Macro {
        let place = match &self.hygiene.macros[id.0 as usize] {
            Known::Ready(definition) => return definition.clone(),
            Known::Stored(place) => *place,
        };
        let MacroPlace::Stored { place: at, .. } = place else {
            unreachable!("what was stored has a place")
        };
        let stored = self.surroundings.macro_definition(at);
        let sets = &mut self.hygiene.sets;
        let mut has_places = false;
        let transformer = match stored.transformer {
            StoredTransformer::Rules { data, rules, places } => {
                let rules =
                    self.arena.copy_with(&data.arena, rules, |set| Some(sets.of(data.scopes(set))));
                has_places = places.is_some_and(|places| self.place_rules(rules, &places));
                let rules = Syntax { datum: rules, scopes: ScopeSetId::EMPTY };
                // Rules that an image holds were read before; a damaged one's may fit nothing.
                Transformer::Rules(self.rules(rules).unwrap_or_default())
            }
            StoredTransformer::Procedure { object, scopes } => {
                Transformer::Procedure { object, scopes: sets.of(&scopes) }
            }
        };
        let definition = Macro {
            name: stored.name,
            transformer,
            context: stored.among_definitions.then_some(ContextId::TOP_LEVEL),
            origin: MacroOrigin::Stored(place),
            has_places,
        };
        self.hygiene.macros[id.0 as usize] = Known::Ready(definition.clone());
        definition
    }

    /// Gives the rules of an earlier compilation's macro their places; whether they have them then.
    fn place_rules(&mut self, rules: DatumId, places: &StoredPlaces) -> bool {
        let Some(start) = self.sources.add_stored(places.object, places.length) else {
            return false;
        };
        restore_places(self.arena, rules, &places.bytes, start, places.length)
    }

    pub(super) fn derived_macro(&mut self, name: &'static str, text: &'static str) -> MacroId {
        if let Some(known) = self.hygiene.derived.get(name) {
            return *known;
        }
        let transformer = Transformer::Rules(derived::rules(self, text));
        let id = self.hygiene.add_macro(Macro {
            name: name.into(),
            transformer,
            context: None,
            origin: MacroOrigin::Derived,
            has_places: false,
        });
        self.hygiene.derived.insert(name, id);
        id
    }
}
