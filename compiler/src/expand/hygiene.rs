//! What names mean: the table of bindings, and the macros it refers to.

use super::keyword::Keyword;
use super::library::{Export, Module};
use super::rules::Rules;
use super::syntax::Identifier;
use super::{Expansion, derived, standard};
use crate::core::{NameId, VariableId};
use crate::scope::{Scope, ScopeSetId, ScopeSets};
use std::collections::{HashMap, HashSet};

/// What an identifier means at a place of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Local(VariableId),
    Keyword(&'static str, Keyword),
    Macro(MacroId),
    Global(NameId),
    /// Nothing here; this library exports the name.
    NotImported(&'static str),
}

/// A macro of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MacroId(u32);

/// A body, or the top level of the program: where definitions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ContextId(u32);

impl ContextId {
    pub(super) const TOP_LEVEL: ContextId = ContextId(0);
}

/// A macro: its rules, and where it was defined if that was among definitions.
#[derive(Clone, Debug)]
pub(super) struct Macro {
    pub(super) name: String,
    pub(super) rules: Rules,
    pub(super) context: Option<ContextId>,
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    scopes: ScopeSetId,
    meaning: Meaning,
    /// Scopes of the largest set of this binding and those below it.
    largest: u32,
}

/// The bindings of one program while it is expanded.
#[derive(Clone, Debug, Default)]
pub struct Hygiene {
    pub(super) sets: ScopeSets,
    /// By symbol, the bindings in force, those of inner places after those of outer ones.
    bindings: Vec<Vec<Binding>>,
    macros: Vec<Macro>,
    derived: HashMap<&'static str, MacroId>,
    context_count: u32,
    /// What the text being expanded is, and the scopes all of it has.
    pub(super) module: Module,
    pub(super) home: ScopeSetId,
    /// Names the module defines, as opposed to those it imports.
    pub(super) defined: HashSet<Identifier>,
    /// Exports of the libraries of this program, by name as written.
    pub(super) libraries: HashMap<String, Vec<Export>>,
    /// Scopes given to what was passed to macros of a context: a definition there does not count
    /// them, because it is not the macro that brought the name in.
    use_scopes: HashMap<ContextId, HashSet<Scope>>,
}

impl Hygiene {
    pub(super) fn bind(&mut self, identifier: Identifier, meaning: Meaning) {
        let index = identifier.symbol.index();
        if self.bindings.len() <= index {
            self.bindings.resize(index + 1, Vec::new());
        }
        let size = self.sets.size(identifier.scopes);
        let below = self.bindings[index].last().map_or(0, |binding| binding.largest);
        let largest = size.max(below);
        self.bindings[index].push(Binding { scopes: identifier.scopes, meaning, largest });
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
                best = Some((size, binding.meaning));
            }
        }
        best.map(|(_, meaning)| meaning)
    }

    /// What an identifier was bound to with just its scopes.
    pub(super) fn find_exactly(&self, identifier: Identifier) -> Option<Meaning> {
        let bindings = self.bindings.get(identifier.symbol.index())?;
        let exact = |binding: &&Binding| binding.scopes == identifier.scopes;
        bindings.iter().rev().find(exact).map(|binding| binding.meaning)
    }

    pub(super) fn add_macro(&mut self, definition: Macro) -> MacroId {
        self.macros.push(definition);
        MacroId(self.macros.len() as u32 - 1)
    }

    pub(super) fn get_macro(&self, id: MacroId) -> &Macro {
        &self.macros[id.0 as usize]
    }

    pub(super) fn new_context(&mut self) -> ContextId {
        self.context_count += 1;
        ContextId(self.context_count)
    }

    pub(super) fn forget_context(&mut self, context: ContextId) {
        self.use_scopes.remove(&context);
    }

    /// The scope of what is passed to a macro that was defined in `context`.
    pub(super) fn use_scope(&mut self, context: ContextId) -> Scope {
        let scope = self.sets.fresh();
        self.use_scopes.entry(context).or_default().insert(scope);
        scope
    }

    /// The identifier as a definition in `context` binds it.
    pub(super) fn defined_in(&mut self, identifier: Identifier, context: ContextId) -> Identifier {
        let Some(taken) = self.use_scopes.get(&context) else { return identifier };
        let scopes = self.sets.without(identifier.scopes, |scope| taken.contains(&scope));
        Identifier { symbol: identifier.symbol, scopes }
    }
}

impl Expansion<'_> {
    /// What an identifier means here.
    pub(super) fn meaning(&mut self, identifier: Identifier) -> Meaning {
        if let Some(meaning) = self.hygiene.find(identifier) {
            return meaning;
        }
        let name = self.arena.symbol_name(identifier.symbol);
        let is_system = self.hygiene.sets.is_system(identifier.scopes);
        if !is_system && !matches!(self.hygiene.module, Module::Open) {
            return match standard::exporter(name) {
                Some(library) => Meaning::NotImported(library),
                None => Meaning::Global(self.names.intern(name)),
            };
        }
        let is_redefined = !is_system
            && self.names.find(name).is_some_and(|name| self.assigned_globals.contains(&name));
        if is_redefined {
            return Meaning::Global(self.names.intern(name));
        }
        let name = name.to_string();
        self.standard_meaning(&name)
    }

    pub(super) fn derived_macro(&mut self, name: &'static str, text: &'static str) -> MacroId {
        if let Some(known) = self.hygiene.derived.get(name) {
            return *known;
        }
        let rules = derived::rules(self, text);
        let definition = Macro { name: name.into(), rules, context: None };
        let id = self.hygiene.add_macro(definition);
        self.hygiene.derived.insert(name, id);
        id
    }
}
