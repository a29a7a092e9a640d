//! `import`: import sets and what they bring into a module or to the top level (R7RS 5.2).

use super::Expansion;
use super::hygiene::Meaning;
use super::library::{Export, Module};
use super::stage::Stage;
use super::syntax::{Identifier, Syntax};
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;
use std::collections::HashSet;

/// A part of an import set that changes the names of what is inside it.
enum Modifier {
    Only(Vec<Syntax>),
    Except(Vec<Syntax>),
    Prefix(String),
    Rename(Vec<(String, String, Syntax)>),
}

impl Expansion<'_> {
    /// `(import set …)`: what it brings is there when the stage it becomes is done.
    pub(super) fn import(&mut self, form: Syntax) {
        let span = self.span(form);
        let Some(sets) = self.proper_list(form) else {
            let message = "`import` is not a proper list".into();
            return self.report_at(ErrorCode::BadForm, span, message).unwrap_or_default();
        };
        self.push(Stage::Imports(sets[1..].iter().rev().copied().collect()));
    }

    /// Brings in what an import set stands for; its library is known, or was looked for.
    pub(super) fn import_from(&mut self, set: Syntax) {
        let span = self.span(set);
        for (name, meaning) in self.import_set(set).unwrap_or_default() {
            let symbol = self.arena.intern(&name);
            let identifier = Identifier { symbol, scopes: self.hygiene.home };
            self.import_name(identifier, meaning, span);
        }
    }

    /// The library's name within an import set, if that has the shape of one.
    pub(super) fn library_of_set(&mut self, mut set: Syntax) -> Option<Syntax> {
        loop {
            let parts = self.proper_list(set).filter(|parts| !parts.is_empty())?;
            if !self.is_modified(&parts) {
                return Some(set);
            }
            set = parts[1];
        }
    }

    /// Whether these are the parts of a modified import set, not those of a library's name.
    fn is_modified(&mut self, parts: &[Syntax]) -> bool {
        let word = self.symbol_text(parts[0]).unwrap_or_default();
        let is_modifier = matches!(word.as_str(), "only" | "except" | "prefix" | "rename");
        is_modifier && parts.len() >= 2 && self.pair(parts[1]).is_some()
    }

    /// Gives a name the meaning it is imported with. At the top level that takes the place of what the
    /// name meant before; elsewhere two meanings are an error.
    fn import_name(&mut self, identifier: Identifier, meaning: Meaning, span: ByteSpan) {
        if matches!(self.hygiene.module, Module::Open) {
            self.ask_for(identifier.symbol);
            return self.hygiene.bind_top_level(identifier, Some(meaning));
        }
        match self.find_exactly(identifier) {
            Some(known) if known != meaning => {
                let name = self.arena.symbol_name(identifier.symbol);
                let message = format!("`{name}` is imported with two meanings");
                let _: Option<()> = self.report_at(ErrorCode::DuplicateVariable, span, message);
            }
            Some(_) => {}
            None => self.hygiene.bind_top_level(identifier, Some(meaning)),
        }
    }

    /// What an import set stands for: a library's exports, and the modifiers around its name.
    pub(super) fn import_set(&mut self, set: Syntax) -> Option<Vec<Export>> {
        let (mut modifiers, mut inner) = (Vec::new(), set);
        while let Some((modifier, set)) = self.modifier(inner)? {
            modifiers.push((modifier, self.span(inner)));
            inner = set;
        }
        let mut exports = self.library_exports(inner)?;
        for (modifier, span) in modifiers.into_iter().rev() {
            self.modify(&mut exports, modifier, span)?;
        }
        Some(exports)
    }

    /// The outermost modifier of an import set and the set inside; `Some(None)` for the name of a
    /// library.
    fn modifier(&mut self, set: Syntax) -> Option<Option<(Modifier, Syntax)>> {
        let span = self.span(set);
        let parts = self.proper_list(set).filter(|parts| !parts.is_empty());
        let Some(parts) = parts else {
            let message = "expected a library's name or an import set".into();
            return self.report_at(ErrorCode::BadForm, span, message);
        };
        if !self.is_modified(&parts) {
            return Some(None);
        }
        let word = self.symbol_text(parts[0]).unwrap_or_default();
        let names = parts[2..].to_vec();
        let modifier = match word.as_str() {
            "only" => Modifier::Only(names),
            "except" => Modifier::Except(names),
            "prefix" => match names.as_slice() {
                [prefix] => Modifier::Prefix(self.name_text(*prefix)?),
                _ => {
                    let message = "expected (prefix set name)".into();
                    return self.report_at(ErrorCode::BadForm, span, message);
                }
            },
            _ => {
                let mut pairs = Vec::new();
                for pair in names {
                    let Some(&[from, to]) = self.proper_list(pair).as_deref() else {
                        let message = "expected a pair (name new-name) to rename".into();
                        let span = self.span(pair);
                        return self.report_at(ErrorCode::BadForm, span, message);
                    };
                    pairs.push((self.name_text(from)?, self.name_text(to)?, from));
                }
                Modifier::Rename(pairs)
            }
        };
        Some(Some((modifier, parts[1])))
    }

    fn modify(
        &mut self,
        exports: &mut Vec<Export>,
        modifier: Modifier,
        span: ByteSpan,
    ) -> Option<()> {
        match modifier {
            Modifier::Prefix(prefix) => {
                exports.iter_mut().for_each(|(name, _)| name.insert_str(0, &prefix));
            }
            Modifier::Only(names) => {
                let wanted = self.exported_names(exports, &names)?;
                exports.retain(|(name, _)| wanted.contains(name));
            }
            Modifier::Except(names) => {
                let unwanted = self.exported_names(exports, &names)?;
                exports.retain(|(name, _)| !unwanted.contains(name));
            }
            Modifier::Rename(pairs) => {
                let mut places = Vec::new();
                for (from, to, syntax) in pairs {
                    let place = exports.iter().position(|(name, _)| *name == from);
                    let Some(place) = place else {
                        let span = self.span(syntax);
                        let message = format!("`{from}` is not in this import set");
                        return self.report_at(ErrorCode::NotExported, span, message);
                    };
                    places.push((place, to));
                }
                places.into_iter().for_each(|(place, to)| exports[place].0 = to);
                let mut seen = HashSet::new();
                if let Some((name, _)) = exports.iter().find(|(name, _)| !seen.insert(name)) {
                    let message = format!("`{name}` would be imported twice");
                    return self.report_at(ErrorCode::DuplicateVariable, span, message);
                }
            }
        }
        Some(())
    }

    /// The names in the list, all of which must be in the import set.
    fn exported_names(&mut self, exports: &[Export], names: &[Syntax]) -> Option<HashSet<String>> {
        let mut found = HashSet::new();
        for syntax in names {
            let name = self.name_text(*syntax)?;
            if !exports.iter().any(|(known, _)| *known == name) {
                let span = self.span(*syntax);
                let message = format!("`{name}` is not in this import set");
                return self.report_at(ErrorCode::NotExported, span, message);
            }
            found.insert(name);
        }
        Some(found)
    }
}
