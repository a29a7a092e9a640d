//! Macros that belong to the language, written as `syntax-rules` in `derived.scm`.
//!
//! Each is read when a program first uses it. Their templates carry the system's scope: names in
//! them mean keywords and procedures of pscheme whatever a program binds.

use super::Expansion;
use super::rules::Rules;
use super::syntax::Syntax;
use crate::datum::Datum;
use crate::reader::read_all;
use crate::scope::{SYSTEM, ScopeSetId};
use std::collections::HashMap;
use std::sync::OnceLock;

const TEXT: &str = include_str!("derived.scm");

/// The name and rules of a derived form.
pub(super) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    forms().get_key_value(name).map(|(name, rules)| (*name, *rules))
}

/// The names of the derived forms that programs use.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    forms().keys().copied().filter(|name| !name.starts_with('%'))
}

fn forms() -> &'static HashMap<&'static str, &'static str> {
    static FORMS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    FORMS.get_or_init(definitions)
}

/// The definitions of `derived.scm`, each from its `(syntax-rules` on.
fn definitions() -> HashMap<&'static str, &'static str> {
    let read = read_all(TEXT);
    assert!(read.diagnostics.is_empty(), "derived.scm reads without errors");
    let mut found = HashMap::new();
    for form in &read.forms {
        let parts = read.arena.proper_list(*form).expect("definitions are lists");
        let Datum::Symbol(name) = read.arena.get(parts[1]) else { panic!("a macro has a name") };
        let name = read.arena.symbol_name(name);
        let at = |id| read.arena.span(id);
        let name_start = at(parts[1]).start as usize;
        let rules = at(parts[2]);
        let before = found.insert(
            &TEXT[name_start..name_start + name.len()],
            &TEXT[rules.start as usize..rules.end as usize],
        );
        assert!(before.is_none(), "{name} is defined twice");
    }
    found
}

/// Reads the rules of a derived form.
pub(super) fn rules(expansion: &mut Expansion<'_>, text: &str) -> Rules {
    let read = read_all(text);
    let datum = expansion.arena.copy(&read.arena, read.forms[0]);
    let scopes = expansion.hygiene.sets.with(ScopeSetId::EMPTY, SYSTEM);
    let rules = expansion.rules(Syntax { datum, scopes });
    rules.expect("the rules of derived.scm are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_derived_form_has_rules() {
        assert!(definitions().len() > 5);
        assert!(find("parameterize").is_some_and(|(_, text)| text.starts_with("(syntax-rules")));
        assert_eq!(find("car"), None);
    }
}
