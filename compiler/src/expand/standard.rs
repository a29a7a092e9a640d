//! The standard libraries: which names each exports, from `libraries.scm`.

use super::hygiene::Meaning;
use super::keyword::{form_names, form_shape, keyword};
use super::{Expansion, derived};
use crate::datum::Datum;
use crate::datum_write::write_datum;
use crate::reader::read_all;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::OnceLock;

const TEXT: &str = include_str!("libraries.scm");

struct Standard {
    /// Names by library.
    libraries: IndexMap<String, Vec<&'static str>>,
    /// For each name the first library that exports it.
    exporters: HashMap<&'static str, String>,
}

fn standard() -> &'static Standard {
    static STANDARD: OnceLock<Standard> = OnceLock::new();
    STANDARD.get_or_init(|| {
        let read = read_all(TEXT);
        assert!(read.diagnostics.is_empty(), "libraries.scm reads without errors");
        let (mut libraries, mut exporters) = (IndexMap::new(), HashMap::new());
        for form in &read.forms {
            let parts = read.arena.proper_list(*form).expect("each library is a list");
            let library = write_datum(&read.arena, parts[0]);
            let mut names = Vec::with_capacity(parts.len());
            for part in &parts[1..] {
                assert!(matches!(read.arena.get(*part), Datum::Symbol(_)), "names are symbols");
                let span = read.arena.span(*part);
                let name = &TEXT[span.start as usize..span.end as usize];
                exporters.entry(name).or_insert_with(|| library.clone());
                names.push(name);
            }
            libraries.insert(library, names);
        }
        Standard { libraries, exporters }
    })
}

/// The names that a standard library exports.
pub(super) fn library(name: &str) -> Option<&'static [&'static str]> {
    standard().libraries.get(name).map(Vec::as_slice)
}

/// The standard library to import a name from.
pub fn exporter(name: &str) -> Option<&'static str> {
    standard().exporters.get(name).map(String::as_str)
}

/// Every standard library and the names it exports, in the order of the table.
pub fn standard_libraries() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    standard().libraries.iter().map(|(name, names)| (name.as_str(), names.as_slice()))
}

/// Every name that a standard library exports and that is a variable's, not a keyword's.
pub fn exported_variables() -> Vec<&'static str> {
    let names = standard().exporters.keys().copied();
    let mut names: Vec<&'static str> =
        names.filter(|name| keyword(name).is_none() && derived::find(name).is_none()).collect();
    names.sort_unstable();
    names
}

/// How the form of this name is written, each way for itself; none for macros of `derived.scm`, which
/// say so in their rules.
pub fn syntax_shapes(name: &str) -> Vec<String> {
    // A shape says `(one way) or (another way)`.
    let ways = form_shape(name).split(" or (").filter(|way| !way.is_empty());
    ways.enumerate().map(|(at, way)| if at == 0 { way.into() } else { format!("({way}") }).collect()
}

/// Every name with which a form of the language begins, in the order of the alphabet.
pub fn syntax_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = form_names().chain(derived::names()).collect();
    names.sort_unstable();
    names
}

impl Expansion<'_> {
    /// What a name of a standard library means.
    pub(super) fn standard_meaning(&mut self, name: &str) -> Meaning {
        if let Some((name, keyword)) = keyword(name) {
            return Meaning::Keyword(name, keyword);
        }
        if let Some((name, text)) = derived::find(name) {
            return Meaning::Macro(self.derived_macro(name, text));
        }
        Meaning::Global(self.names.intern_standard(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_their_names() {
        let names = syntax_names();
        assert!(["define", "guard", "let", "set!"].iter().all(|name| names.contains(name)));
        assert!(!names.contains(&"car") && names.contains(&"syntax-case"));
        assert!(names.iter().all(|name| !name.starts_with('%')));
        assert_eq!(syntax_shapes("if").len(), 2);
        assert_eq!(syntax_shapes("if")[1], "(if test consequent alternative)");
        assert!(syntax_shapes("car").is_empty() && syntax_shapes("guard").is_empty());
    }

    #[test]
    fn the_libraries_of_r7rs_are_complete_in_number() {
        let counts: Vec<usize> = [
            "(scheme base)",
            "(scheme char)",
            "(scheme cxr)",
            "(scheme file)",
            "(scheme inexact)",
            "(scheme lazy)",
            "(scheme process-context)",
            "(scheme write)",
        ]
        .iter()
        .map(|name| library(name).unwrap().len())
        .collect();
        assert_eq!(counts, [238, 22, 24, 10, 12, 5, 5, 4]);
        assert_eq!(exporter("string-upcase"), Some("(scheme char)"));
        assert_eq!(library("(no such)"), None);
    }
}
