//! Libraries and programs that import from them (R7RS 5.1, 5.6).
//!
//! A library, and a program that begins with `import`, is a scope of its own: all its text carries
//! it, and what it imports is bound in it. So a name means what was imported or defined there and
//! nothing else. A program without `import` sees everything pscheme has. `import.rs` has import sets,
//! `library_file.rs` finds libraries in files of their own.

use super::hygiene::Meaning;
use super::keyword::Keyword;
use super::standard;
use super::syntax::{Identifier, Syntax};
use super::{Expander, Expansion, expand_syntax};
use crate::datum::{Datum, DatumId};
use crate::datum_write::write_datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::scope::ScopeSetId;
use crate::surroundings::StoredMeaning;
use indexmap::IndexMap;
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
    /// What `environment` made of import sets; nothing can be defined in it.
    Environment,
}

impl Module {
    /// What stands behind the names of global variables that nobody else means; `None` where they
    /// are the top level's.
    pub(super) fn suffix(&self) -> Option<&str> {
        match self {
            Module::Open | Module::Program => None,
            Module::Library(name) => Some(name),
            Module::Environment => Some("(environment)"),
        }
    }
}

/// A name that a library exports, and its meaning.
pub(super) type Export = (String, Meaning);

/// What import sets bring together.
#[derive(Default)]
pub struct ImportedNames(pub(super) Vec<Export>);

/// The module around the one that was entered.
pub(super) struct Around {
    module: Module,
    home: ScopeSetId,
    defined: HashSet<Identifier>,
}

/// Expands a program: libraries in its text, then its imports, then its commands. Without imports it
/// belongs to the top level.
pub fn expand_program(expansion: &mut Expansion<'_>, forms: &[DatumId]) {
    let mut rest = forms;
    while let [first, others @ ..] = rest
        && is_headed_by(expansion, *first, "define-library")
    {
        expansion.define_library(Syntax { datum: *first, scopes: ScopeSetId::EMPTY });
        rest = others;
    }
    let is_import = |form: &DatumId| is_headed_by(expansion, *form, "import");
    let (imports, commands) = rest.split_at(rest.iter().take_while(|form| is_import(form)).count());
    if imports.is_empty() {
        return expand_at_top_level(expansion, commands);
    }
    let around = expansion.enter_module(Module::Program);
    let scopes = expansion.hygiene.home;
    for import in imports {
        expansion.import(Syntax { datum: *import, scopes });
    }
    let commands = commands.iter().map(|form| Syntax { datum: *form, scopes }).collect();
    expansion.expand_module(commands);
    expansion.leave_module(around);
}

/// Expands forms of the top level, where libraries can be defined and imported between all others.
pub fn expand_at_top_level(expansion: &mut Expansion<'_>, forms: &[DatumId]) {
    for form in forms {
        let core = expand_syntax(expansion, Syntax { datum: *form, scopes: ScopeSetId::EMPTY });
        expansion.cores.push(core);
    }
}

/// Expands forms where names mean what an environment says and nothing else.
pub fn expand_in_environment(
    expansion: &mut Expansion<'_>,
    bindings: &[(String, StoredMeaning)],
    forms: &[DatumId],
) {
    let around = expansion.enter_module(Module::Environment);
    let scopes = expansion.hygiene.home;
    for (name, meaning) in bindings {
        let symbol = expansion.arena.intern(name);
        let meaning = expansion.meaning_of_stored(meaning);
        expansion.hygiene.bind_top_level(Identifier { symbol, scopes }, Some(meaning));
    }
    for form in forms {
        let core = expand_syntax(expansion, Syntax { datum: *form, scopes });
        expansion.cores.push(core);
    }
    expansion.leave_module(around);
}

/// What import sets bring together, for `environment`.
pub fn expand_import_sets(expansion: &mut Expansion<'_>, sets: &[DatumId]) -> ImportedNames {
    let around = expansion.enter_module(Module::Environment);
    let scopes = expansion.hygiene.home;
    let mut names = IndexMap::new();
    for set in sets {
        let set = Syntax { datum: *set, scopes };
        let span = expansion.span(set);
        for (name, meaning) in expansion.import_set(set).unwrap_or_default() {
            let known = *names.entry(name.clone()).or_insert(meaning);
            if known != meaning {
                let message = format!("`{name}` is imported with two meanings");
                let _: Option<()> =
                    expansion.report_at(ErrorCode::DuplicateVariable, span, message);
            }
        }
    }
    expansion.leave_module(around);
    ImportedNames(names.into_iter().collect())
}

fn is_headed_by(expansion: &Expansion<'_>, form: DatumId, name: &str) -> bool {
    let Datum::Pair(head, _) = expansion.arena.get(form) else { return false };
    match expansion.arena.get(head) {
        Datum::Symbol(symbol) => expansion.arena.symbol_name(symbol) == name,
        _ => false,
    }
}

impl Expansion<'_> {
    pub(super) fn enter_module(&mut self, module: Module) -> Around {
        let scope = self.hygiene.sets.fresh();
        let home = self.hygiene.sets.with(ScopeSetId::EMPTY, scope);
        Around {
            module: std::mem::replace(&mut self.hygiene.module, module),
            home: std::mem::replace(&mut self.hygiene.home, home),
            defined: std::mem::take(&mut self.hygiene.defined),
        }
    }

    pub(super) fn leave_module(&mut self, around: Around) {
        self.hygiene.module = around.module;
        self.hygiene.home = around.home;
        self.hygiene.defined = around.defined;
    }

    /// Finds what the forms of a module define, then expands them.
    fn expand_module(&mut self, forms: Vec<Syntax>) {
        let found = Expander::new(self).find_top_level(forms);
        for form in found {
            let core = expand_syntax(self, form);
            self.cores.push(core);
        }
    }

    pub(super) fn report_at<T>(
        &mut self,
        code: ErrorCode,
        span: ByteSpan,
        message: String,
    ) -> Option<T> {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        None
    }

    pub(super) fn symbol_text(&mut self, syntax: Syntax) -> Option<String> {
        let identifier = self.identifier(syntax)?;
        Some(self.arena.symbol_name(identifier.symbol).to_string())
    }

    /// The name a piece of syntax is; reports what is none.
    pub(super) fn name_text(&mut self, syntax: Syntax) -> Option<String> {
        let text = self.symbol_text(syntax);
        if text.is_none() {
            let span = self.span(syntax);
            return self.report_at(ErrorCode::BadForm, span, "expected a name".into());
        }
        text
    }

    /// What the library of this name exports. One that has not been met before is looked for in the
    /// image, then in files.
    pub(super) fn library_exports(&mut self, name: Syntax) -> Option<Vec<Export>> {
        let text = write_datum(self.arena, name.datum);
        if let Some(exports) = self.hygiene.libraries.get(&text) {
            return Some(exports.clone());
        }
        if let Some(names) = standard::library(&text) {
            let meaning = |name: &&str| ((*name).to_string(), self.standard_meaning(name));
            return Some(names.iter().map(meaning).collect());
        }
        if let Some(stored) = self.surroundings.library(&text) {
            let meaning = |(name, meaning): &(String, StoredMeaning)| {
                (name.clone(), self.meaning_of_stored(meaning))
            };
            return Some(stored.iter().map(meaning).collect());
        }
        self.library_from_file(name, &text)
    }

    /// `(define-library name declaration …)`.
    pub(super) fn define_library(&mut self, form: Syntax) {
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
        let around = self.enter_module(Module::Library(name.clone()));
        let (mut exports, mut body) = (Vec::new(), Vec::new());
        let scopes = self.hygiene.home;
        let at_home = |part: &Syntax| Syntax { datum: part.datum, scopes };
        let mut declarations: Vec<Syntax> = parts[2..].iter().rev().map(at_home).collect();
        while let Some(declaration) = declarations.pop() {
            let chosen = self.library_declaration(declaration, &mut exports, &mut body);
            declarations.extend(chosen.into_iter().rev());
        }
        self.expand_module(body);
        let exported = exports.into_iter().filter_map(|(inner, outer, syntax)| {
            let symbol = self.arena.intern(&inner);
            let identifier = Identifier { symbol, scopes: self.hygiene.home };
            match self.find_exactly(identifier) {
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
        self.leave_module(around);
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
            "include" | "include-ci" => {
                body.extend(self.included(declaration, word == "include-ci").unwrap_or_default());
            }
            "include-library-declarations" => {
                return self.included(declaration, false).unwrap_or_default();
            }
            _ => {
                let message = "expected export, import, begin, include, \
                               include-library-declarations or cond-expand in a library"
                    .into();
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
