//! Libraries and what programs import from them (R7RS 5.1, 5.2, 5.6).
//!
//! A library, and a program that begins with `import`, is a scope of its own: all its text carries
//! it, and what it imports is bound in it. So a name means what was imported or defined there and
//! nothing else. A program without `import` sees everything pscheme has.

use super::hygiene::Meaning;
use super::keyword::Keyword;
use super::standard;
use super::syntax::{Identifier, Syntax};
use super::{Expander, Expansion, expand_syntax};
use crate::core::Core;
use crate::datum::{Datum, DatumId};
use crate::datum_write::write_datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::scope::ScopeSetId;
use pscheme_heap::error_code::ErrorCode;
use std::collections::HashSet;

/// What the top level that is being expanded is.
#[derive(Clone, Debug, Default)]
pub(super) enum Module {
    /// A program without `import`, or a form of the prompt.
    #[default]
    Open,
    /// A program that begins with `import`.
    Program,
    /// The library of this name.
    Library(String),
}

/// A name that a library exports, and its meaning.
pub(super) type Export = (String, Meaning);

/// A part of an import set that changes the names of what is inside it.
enum Modifier {
    Only(Vec<Syntax>),
    Except(Vec<Syntax>),
    Prefix(String),
    Rename(Vec<(String, String, Syntax)>),
}

/// Expands a program: libraries in its text, then its imports, then its commands.
pub fn expand_program(expansion: &mut Expansion<'_>, forms: &[DatumId]) -> Vec<Core> {
    let mut cores = Vec::new();
    let mut rest = forms;
    while let [first, others @ ..] = rest
        && is_headed_by(expansion, *first, "define-library")
    {
        expansion.define_library(*first, &mut cores);
        rest = others;
    }
    let is_import = |form: &DatumId| is_headed_by(expansion, *form, "import");
    let (imports, commands) = rest.split_at(rest.iter().take_while(|form| is_import(form)).count());
    if imports.is_empty() {
        cores.extend(commands.iter().map(|form| {
            expand_syntax(expansion, Syntax { datum: *form, scopes: ScopeSetId::EMPTY })
        }));
        return cores;
    }
    expansion.enter_module(Module::Program);
    let at_home = |expansion: &Expansion<'_>, datum: DatumId| Syntax {
        datum,
        scopes: expansion.hygiene.home,
    };
    for import in imports {
        let import = at_home(expansion, *import);
        expansion.import(import);
    }
    let commands = commands.iter().map(|form| at_home(expansion, *form)).collect();
    expansion.expand_module(commands, &mut cores);
    expansion.leave_module();
    cores
}

fn is_headed_by(expansion: &Expansion<'_>, form: DatumId, name: &str) -> bool {
    let Datum::Pair(head, _) = expansion.arena.get(form) else { return false };
    match expansion.arena.get(head) {
        Datum::Symbol(symbol) => expansion.arena.symbol_name(symbol) == name,
        _ => false,
    }
}

impl Expansion<'_> {
    fn enter_module(&mut self, module: Module) {
        let scope = self.hygiene.sets.fresh();
        self.hygiene.home = self.hygiene.sets.with(ScopeSetId::EMPTY, scope);
        self.hygiene.module = module;
        self.hygiene.defined.clear();
    }

    fn leave_module(&mut self) {
        self.hygiene.home = ScopeSetId::EMPTY;
        self.hygiene.module = Module::Open;
    }

    /// Finds what the forms of a module define, then expands them.
    fn expand_module(&mut self, forms: Vec<Syntax>, cores: &mut Vec<Core>) {
        let found = Expander::new(self).find_top_level(forms);
        for form in found {
            cores.push(expand_syntax(self, form));
        }
    }

    fn report_at<T>(&mut self, code: ErrorCode, span: ByteSpan, message: String) -> Option<T> {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        None
    }

    /// `(import set …)`.
    fn import(&mut self, form: Syntax) {
        let span = self.span(form);
        let Some(sets) = self.proper_list(form) else {
            let message = "`import` is not a proper list".into();
            return self.report_at(ErrorCode::BadForm, span, message).unwrap_or_default();
        };
        for set in &sets[1..] {
            let span = self.span(*set);
            for (name, meaning) in self.import_set(*set).unwrap_or_default() {
                let symbol = self.arena.intern(&name);
                let identifier = Identifier { symbol, scopes: self.hygiene.home };
                match self.hygiene.find_exactly(identifier) {
                    Some(known) if known != meaning => {
                        let message = format!("`{name}` is imported with two meanings");
                        let _: Option<()> =
                            self.report_at(ErrorCode::DuplicateVariable, span, message);
                    }
                    Some(_) => {}
                    None => self.hygiene.bind(identifier, meaning),
                }
            }
        }
    }

    /// What an import set stands for: a library's exports, and the modifiers around its name.
    fn import_set(&mut self, set: Syntax) -> Option<Vec<Export>> {
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
        let word = self.symbol_text(parts[0]).unwrap_or_default();
        let is_modifier = matches!(word.as_str(), "only" | "except" | "prefix" | "rename");
        if !is_modifier || parts.len() < 2 || self.pair(parts[1]).is_none() {
            return Some(None);
        }
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

    fn symbol_text(&mut self, syntax: Syntax) -> Option<String> {
        let identifier = self.identifier(syntax)?;
        Some(self.arena.symbol_name(identifier.symbol).to_string())
    }

    /// The name a piece of syntax is; reports what is none.
    fn name_text(&mut self, syntax: Syntax) -> Option<String> {
        let text = self.symbol_text(syntax);
        if text.is_none() {
            let span = self.span(syntax);
            return self.report_at(ErrorCode::BadForm, span, "expected a name".into());
        }
        text
    }

    /// What the library of this name exports.
    fn library_exports(&mut self, name: Syntax) -> Option<Vec<Export>> {
        let text = write_datum(self.arena, name.datum);
        if let Some(exports) = self.hygiene.libraries.get(&text) {
            return Some(exports.clone());
        }
        let Some(names) = standard::library(&text) else {
            let span = self.span(name);
            let found = Diagnostic::new(
                ErrorCode::UnknownLibrary,
                span,
                format!("there is no library {text}"),
            )
            .with_note("help: libraries stand in the program's text, before its imports");
            self.diagnostics.push(found);
            return None;
        };
        Some(names.iter().map(|name| ((*name).to_string(), self.standard_meaning(name))).collect())
    }

    /// `(define-library name declaration …)`.
    fn define_library(&mut self, form: DatumId, cores: &mut Vec<Core>) {
        let form = Syntax { datum: form, scopes: ScopeSetId::EMPTY };
        let span = self.span(form);
        let parts = self.proper_list(form).filter(|parts| parts.len() >= 2);
        let Some(parts) = parts else {
            let message = "`define-library` needs a name".into();
            return self.report_at(ErrorCode::BadForm, span, message).unwrap_or_default();
        };
        let name = write_datum(self.arena, parts[1].datum);
        if standard::library(&name).is_some() || self.hygiene.libraries.contains_key(&name) {
            let message = format!("the library {name} exists already");
            let span = self.span(parts[1]);
            return self.report_at(ErrorCode::DuplicateVariable, span, message).unwrap_or_default();
        }
        self.enter_module(Module::Library(name.clone()));
        let (mut exports, mut body) = (Vec::new(), Vec::new());
        let scopes = self.hygiene.home;
        let at_home = |part: &Syntax| Syntax { datum: part.datum, scopes };
        let mut declarations: Vec<Syntax> = parts[2..].iter().rev().map(at_home).collect();
        while let Some(declaration) = declarations.pop() {
            let chosen = self.library_declaration(declaration, &mut exports, &mut body);
            declarations.extend(chosen.into_iter().rev());
        }
        self.expand_module(body, cores);
        let exported = exports.into_iter().filter_map(|(inner, outer, syntax)| {
            let symbol = self.arena.intern(&inner);
            let identifier = Identifier { symbol, scopes: self.hygiene.home };
            match self.hygiene.find_exactly(identifier) {
                Some(meaning) => Some((outer, meaning)),
                None => {
                    let span = self.span(syntax);
                    let message = format!("{name} exports `{inner}` but does not define it");
                    self.report_at(ErrorCode::NotExported, span, message)
                }
            }
        });
        let exported = exported.collect();
        self.hygiene.libraries.insert(name, exported);
        self.leave_module();
    }

    /// Takes in a declaration; returns those that stand in its place.
    fn library_declaration(
        &mut self,
        declaration: Syntax,
        exports: &mut Vec<(String, String, Syntax)>,
        body: &mut Vec<Syntax>,
    ) -> Vec<Syntax> {
        let span = self.span(declaration);
        let parts = self.proper_list(declaration).filter(|parts| !parts.is_empty());
        let parts = parts.unwrap_or_default();
        let word = parts.first().and_then(|head| self.symbol_text(*head)).unwrap_or_default();
        match word.as_str() {
            "import" => self.import(declaration),
            "begin" => body.extend(&parts[1..]),
            "export" => {
                for spec in &parts[1..] {
                    exports.extend(self.export(*spec));
                }
            }
            "cond-expand" => {
                let chosen = Expander::new(self).cond_expand_parts(declaration);
                return chosen.unwrap_or_default();
            }
            "include" | "include-ci" | "include-library-declarations" => {
                let message = format!("`{word}` in a library is not in this version of pscheme");
                let _: Option<()> = self.report_at(ErrorCode::FormNotInThisVersion, span, message);
            }
            _ => {
                let message = "expected export, import, begin or cond-expand in a library".into();
                let _: Option<()> = self.report_at(ErrorCode::BadForm, span, message);
            }
        }
        Vec::new()
    }

    /// `name` or `(rename inner outer)`: the inner name, the outer one, and the place.
    fn export(&mut self, spec: Syntax) -> Option<(String, String, Syntax)> {
        if let Some(name) = self.symbol_text(spec) {
            return Some((name.clone(), name, spec));
        }
        let parts = self.proper_list(spec).unwrap_or_default();
        if let &[word, inner, outer] = parts.as_slice()
            && self.symbol_text(word).as_deref() == Some("rename")
        {
            return Some((self.name_text(inner)?, self.name_text(outer)?, spec));
        }
        let span = self.span(spec);
        self.report_at(
            ErrorCode::BadForm,
            span,
            "expected a name or (rename inner outer) to export".into(),
        )
    }
}

impl Expander<'_, '_> {
    /// Goes through the forms of a module to find what it defines, uses of macros expanded as far as
    /// that takes. Definitions of macros are done with; all else is left, `begin` forms spliced in.
    fn find_top_level(mut self, forms: Vec<Syntax>) -> Vec<Syntax> {
        let mut found = Vec::new();
        let mut work: Vec<Syntax> = forms.into_iter().rev().collect();
        while let Some(form) = work.pop() {
            let Some(form) = self.without_macros(form) else { continue };
            match self.form_keyword(form) {
                Some((_, Keyword::Begin)) => match self.proper_list(form) {
                    Some(parts) => work.extend(parts[1..].iter().rev()),
                    None => found.push(form),
                },
                Some((_, Keyword::DefineSyntax)) => self.define_macro(form),
                Some((_, Keyword::DefineRecordType)) => work.extend(self.record_definitions(form)),
                Some((_, Keyword::Define)) => {
                    self.declare_introduced(&[form]);
                    found.push(form);
                }
                _ => found.push(form),
            }
        }
        found
    }
}
