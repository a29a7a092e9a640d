//! Libraries in files of their own: `(my lib)` is in `my/lib.sld` of one of the folders in which
//! libraries are looked for.

use super::stage::Stage;
use super::syntax::Syntax;
use super::{Expander, Expansion};
use crate::datum::Datum;
use crate::datum_write::write_datum;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::limits::SOURCE_DEPTH_MAX;
use crate::reader::read_into;
use crate::scope::ScopeSetId;
use crate::source::SourceRefused;
use pscheme_heap::error_code::ErrorCode;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the name of a library's file ends with.
const EXTENSION: &str = "sld";

/// The file of a library that is being taken in.
pub(super) struct LibraryFile {
    /// The library's name as it is written where it is imported.
    name: String,
    path: PathBuf,
    /// Where it is imported.
    span: ByteSpan,
    /// The next one last.
    forms: Vec<Syntax>,
}

impl Expansion<'_> {
    /// Reads the file of a library that is not known; what it defines is there when the stage it becomes
    /// is done.
    pub(super) fn begin_library_file(&mut self, name: Syntax, text: String) {
        let span = self.span(name);
        let Some(path) = self.library_file(name) else {
            let folders = self.surroundings.library_folders();
            let shown: Vec<String> = folders.iter().map(|folder| shown_folder(folder)).collect();
            let note = match shown.as_slice() {
                [] => "help: libraries stand in the program's text, before its imports".to_string(),
                _ => format!("help: no file of it is in {}", shown.join(", ")),
            };
            let found = Diagnostic::new(
                ErrorCode::UnknownLibrary,
                span,
                format!("there is no library {text}"),
            );
            self.diagnostics.push(found.with_note(note));
            return;
        };
        let forms = self.read_file(&path, span, false);
        let forms = forms.into_iter().flatten().rev().collect();
        self.hygiene.being_read.push(text.clone());
        self.push(Stage::File(Box::new(LibraryFile { name: text, path, span, forms })));
    }

    /// Takes in the next form of a library's file; whether there was none.
    pub(super) fn next_of_file(&mut self, file: &mut LibraryFile) -> bool {
        if let Some(form) = file.forms.pop() {
            self.library_form(form);
            return false;
        }
        self.hygiene.being_read.pop();
        if !self.hygiene.libraries.contains_key(&file.name) {
            let message =
                format!("{} does not define the library {}", file.path.display(), file.name);
            let _: Option<()> = self.report_at(ErrorCode::UnknownLibrary, file.span, message);
        }
        true
    }

    /// A form of a library's file.
    fn library_form(&mut self, form: Syntax) {
        let parts = self.proper_list(form).unwrap_or_default();
        let word = parts.first().and_then(|head| self.symbol_text(*head));
        if word.as_deref() == Some("define-library") {
            return self.define_library(form);
        }
        let span = self.span(form);
        let message = "a library's file holds `define-library` forms only".into();
        self.report_at(ErrorCode::BadForm, span, message).unwrap_or_default()
    }

    /// Whether a library of this name is known or has a file.
    pub(super) fn has_library(&mut self, name: Syntax) -> bool {
        let text = write_datum(self.arena, name.datum);
        self.hygiene.libraries.contains_key(&text)
            || crate::features::LIBRARIES.contains(&text.as_str())
            || self.surroundings.library(&text).is_some()
            || self.library_file(name).is_some()
    }

    /// The file of a library, if there is one.
    fn library_file(&mut self, name: Syntax) -> Option<PathBuf> {
        let relative = self.library_path(name)?;
        let folders = self.surroundings.library_folders();
        folders
            .into_iter()
            .map(|folder| folder.join(&relative))
            .find(|path| self.surroundings.read_file(path).is_ok())
    }

    /// Where a library's file is within a folder; `None` if the name can be no file's.
    fn library_path(&mut self, name: Syntax) -> Option<PathBuf> {
        let mut path = PathBuf::new();
        for part in self.proper_list(name)? {
            let part = match self.arena.get(part.datum) {
                Datum::Symbol(symbol) => self.arena.symbol_name(symbol).to_string(),
                Datum::Fixnum(number) if number >= 0 => number.to_string(),
                _ => return None,
            };
            // A name must not lead out of the folder.
            if part.is_empty() || part.contains(['/', '\0']) || part == "." || part == ".." {
                return None;
            }
            path.push(part);
        }
        let last = path.file_name()?.to_str()?;
        Some(path.with_file_name(format!("{last}.{EXTENSION}")))
    }

    /// The forms of a file that the text around `span` asks for, with no scopes; `None` after a
    /// report.
    fn read_file(&mut self, path: &Path, span: ByteSpan, fold_case: bool) -> Option<Vec<Syntax>> {
        let text = match self.surroundings.read_file(path) {
            Ok(text) => text,
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::NotFound => "there is no such file".to_string(),
                    ErrorKind::InvalidData => "it is no UTF-8 text".to_string(),
                    _ => error.to_string(),
                };
                let message = format!("cannot read {}: {why}", path.display());
                return self.report_at(ErrorCode::IncludeUnreadable, span, message);
            }
        };
        let start = match self.sources.add(&path.display().to_string(), &text, Some(span)) {
            Ok(start) => start,
            Err(refused) => {
                let message = match refused {
                    SourceRefused::TooLong => "all texts together have 2^32 bytes or more".into(),
                    SourceRefused::TooDeep => format!(
                        "files include or import each other more than {SOURCE_DEPTH_MAX} deep"
                    ),
                };
                return self.report_at(ErrorCode::CompilerLimit, span, message);
            }
        };
        let (forms, found) = read_into(self.arena, &text, start, fold_case);
        let is_whole = found.is_empty();
        self.diagnostics.extend(found);
        let syntax = |datum| Syntax { datum, scopes: ScopeSetId::EMPTY };
        is_whole.then(|| forms.into_iter().map(syntax).collect())
    }

    /// `(include file …)`: the forms of the files, with the scopes of the form itself; `None` after a
    /// report. A relative name is looked up from the folder of the file the form is in.
    pub(super) fn included(&mut self, form: Syntax, fold_case: bool) -> Option<Vec<Syntax>> {
        let span = self.span(form);
        let opened = self.open(form);
        let files = self.proper_list(form).filter(|parts| parts.len() >= 2);
        let Some([_, files @ ..]) = files.as_deref() else {
            let message = "expected the names of files to include".into();
            return self.report_at(ErrorCode::BadForm, span, message);
        };
        let mut forms = Vec::new();
        for file in files {
            let file_span = self.span(*file);
            let opened_file = self.open(*file).datum;
            let Datum::String(name) = self.arena.get(opened_file) else {
                let message = "expected a file's name as a string".into();
                return self.report_at(ErrorCode::BadForm, file_span, message);
            };
            let path = self.sources.folder_of(span).join(name);
            for form in self.read_file(&path, file_span, fold_case)? {
                forms.push(Syntax { datum: form.datum, scopes: opened.scopes });
            }
        }
        Some(forms)
    }
}

fn shown_folder(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_string() } else { folder.display().to_string() }
}

impl Expander<'_, '_> {
    /// What an `include` form stands for; `None` after a report.
    pub(super) fn include(&mut self, form: Syntax, fold_case: bool) -> Option<Syntax> {
        let span = self.span(form);
        let forms = self.shared.included(form, fold_case)?;
        Some(self.chosen(&forms, span))
    }
}
