//! Libraries and programs that import from them (R7RS 5.1, 5.6).
//!
//! A library, and a program that begins with `import`, is a scope of its own: all its text carries
//! it, and what it imports is bound in it. So a name means what was imported or defined there and
//! nothing else. A program without `import` sees everything pscheme has. `import.rs` has import sets,
//! `library_file.rs` finds libraries in files of their own.

use super::hygiene::Meaning;
use super::stage::Stage;
use super::standard;
use super::syntax::{Identifier, Syntax};
use super::{Expander, Expansion, FormState};
use crate::datum::{Datum, DatumId};
use crate::datum_write::write_datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::scope::ScopeSetId;
use crate::surroundings::StoredMeaning;
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
pub(super) struct ImportedNames(pub(super) Vec<Export>);

/// A library whose definition is being taken in.
#[derive(Default)]
pub(super) struct OpenLibrary {
    /// As it is written.
    name: String,
    around: Around,
    /// The next one last.
    declarations: Vec<Syntax>,
    /// Inner name, outer name, and the place.
    exports: Vec<(String, String, Syntax)>,
    body: Vec<Syntax>,
}

/// The module around the one that was entered.
#[derive(Default)]
pub(super) struct Around {
    module: Module,
    home: ScopeSetId,
    defined: HashSet<Identifier>,
}

/// Whether a form is a list that begins with this symbol.
pub(super) fn is_headed_by(expansion: &Expansion<'_>, form: DatumId, name: &str) -> bool {
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
        if self.hygiene.being_read.contains(&text) {
            let mut circle = self.hygiene.being_read.clone();
            circle.push(text);
            let message = format!("the library needs itself: {}", circle.join(" needs "));
            let span = self.span(name);
            return self.report_at(ErrorCode::UnknownLibrary, span, message);
        }
        // It was looked for, and what is wrong was said.
        None
    }

    /// Begins to read the library of an import set unless it is known or was looked for; whether it
    /// did.
    pub(super) fn begin_missing_library(&mut self, set: Syntax) -> bool {
        let Some(name) = self.library_of_set(set) else { return false };
        let text = write_datum(self.arena, name.datum);
        let hygiene = &mut *self.hygiene;
        if hygiene.libraries.contains_key(&text)
            || hygiene.being_read.contains(&text)
            || standard::library(&text).is_some()
            || self.surroundings.library(&text).is_some()
            || !hygiene.sought.insert(text.clone())
        {
            return false;
        }
        self.begin_library_file(name, text);
        true
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
        let scopes = self.hygiene.home;
        let at_home = |part: &Syntax| Syntax { datum: part.datum, scopes };
        let declarations: Vec<Syntax> = parts[2..].iter().rev().map(at_home).collect();
        let (exports, body) = (Vec::new(), Vec::new());
        let library = OpenLibrary { name, around, declarations, exports, body };
        self.push(Stage::Library(Box::new(library)));
    }

    /// Takes in the declarations of a library; whether that is done.
    pub(super) fn library_declarations(&mut self, library: &mut OpenLibrary) -> bool {
        let depth = self.progress.stages.len();
        while let Some(declaration) = library.declarations.pop() {
            let chosen =
                self.library_declaration(declaration, &mut library.exports, &mut library.body);
            library.declarations.extend(chosen.into_iter().rev());
            if self.is_to_wait(depth) {
                return false;
            }
        }
        let body = std::mem::take(&mut library.body);
        self.push(Stage::EndLibrary(Box::new(std::mem::take(library))));
        self.push_module(body);
        true
    }

    /// Notes what a library exports, all of it being known.
    pub(super) fn end_library(&mut self, library: &mut OpenLibrary) {
        let OpenLibrary { name, around, exports, .. } = std::mem::take(library);
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
                let chosen = Expander { shared: self, form: FormState::default() }
                    .cond_expand_parts(declaration);
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
