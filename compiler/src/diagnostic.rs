//! What is wrong with a source text, and how that is shown.
//!
//! Reader and compiler collect diagnostics and go on, so one run reports many. Nothing here prints:
//! rendering gives text to whoever called.

use crate::source::{Sources, TemplateId};
use pscheme_heap::error_code::ErrorCode;
use std::fmt::Write;

/// A stretch of the source text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ByteSpan {
    pub start: u32,
    /// The first byte behind the stretch.
    pub end: u32,
    /// The part of a macro's template that is used here, if it is not the text itself.
    pub template: TemplateId,
}

impl ByteSpan {
    pub fn new(start: usize, end: usize) -> ByteSpan {
        ByteSpan { start: start as u32, end: end as u32, template: TemplateId::NONE }
    }

    /// The span `by` bytes further on.
    pub fn moved(self, by: u32) -> ByteSpan {
        ByteSpan { start: self.start + by, end: self.end + by, ..self }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: ByteSpan) -> ByteSpan {
        ByteSpan { start: self.start.min(other.start), end: self.end.max(other.end), ..self }
    }
}

/// One finding: stable code, place, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: ErrorCode,
    /// Lower case; says what was expected and what was found.
    pub message: String,
    pub span: ByteSpan,
    /// Stands behind the caret.
    pub label: Option<String>,
    /// Further lines, such as the next step to take.
    pub notes: Vec<String>,
}

impl Diagnostic {
    pub fn new(code: ErrorCode, span: ByteSpan, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, message: message.into(), span, label: None, notes: Vec::new() }
    }

    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// The finding with its source line, as it is shown to a user.
    ///
    /// The span is counted from the beginning of the text; [`CompileFailure::render`] shows those of
    /// a program of several texts.
    ///
    /// # Example
    /// ```
    /// use pscheme_compiler::reader::read_all;
    /// let text = "(display \"hi\"))";
    /// let shown = read_all(text).diagnostics[0].render("hi.scm", text);
    /// assert!(shown.starts_with("error[E0202]: "));
    /// assert!(shown.contains(" --> hi.scm:1:15\n"));
    /// ```
    pub fn render(&self, source_name: &str, text: &str) -> String {
        let mut shown = format!("error[{}]: {}\n", self.code, self.message);
        let gutter = excerpt(&mut shown, source_name, text, self.span, self.label.as_deref());
        for note in &self.notes {
            let _ = writeln!(shown, "{gutter} = {note}");
        }
        shown
    }
}

/// Adds where the template of a macro stands that a place came from.
pub fn show_template(
    shown: &mut String,
    macro_name: &str,
    source_name: &str,
    text: &str,
    span: ByteSpan,
) {
    let _ = writeln!(shown, "it stands in the template of `{macro_name}`");
    excerpt(shown, source_name, text, span, None);
}

/// Adds the line a span begins in, with the span marked; gives the space before the bar.
fn excerpt(
    shown: &mut String,
    source_name: &str,
    text: &str,
    span: ByteSpan,
    label: Option<&str>,
) -> String {
    let place = Place::of(text, span.start as usize);
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let _ = writeln!(shown, "{gutter}--> {source_name}:{}:{}", place.line, place.column);
    let _ = writeln!(shown, "{gutter} |");
    let _ = writeln!(shown, "{number} | {}", place.text);
    let before = &text[place.line_start..place.line_start + place.offset_in_line];
    // Tabs are kept in the padding, so that the caret lines up however wide they are shown.
    let padding: String = before.chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
    let marked_end = (span.end as usize).min(place.line_start + place.text.len());
    let marked_start = place.line_start + place.offset_in_line;
    let width = text.get(marked_start..marked_end).map_or(1, |marked| marked.chars().count());
    let carets = "^".repeat(width.max(1));
    let label = label.map(|label| format!(" {label}")).unwrap_or_default();
    let _ = writeln!(shown, "{gutter} | {padding}{carets}{label}");
    gutter
}

/// What is wrong with a program, and the texts it was made from.
#[derive(Clone, Debug)]
pub struct CompileFailure {
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

impl CompileFailure {
    /// All findings with their source lines, an empty line between them.
    pub fn render(&self) -> String {
        let shown: Vec<String> =
            self.diagnostics.iter().map(|found| self.render_one(found)).collect();
        shown.join("\n")
    }

    /// Where a finding is, as `file:line:column`, if it is in a text.
    pub fn place(&self, found: &Diagnostic) -> Option<String> {
        place_of(&self.sources, found.span)
    }

    fn render_one(&self, found: &Diagnostic) -> String {
        match self.sources.locate(found.span) {
            Some((source, span)) => {
                let template = found.span.template;
                let found = Diagnostic { span, ..found.clone() };
                let mut shown = found.render(&source.name, &source.text);
                for (name, part) in self.sources.templates(template) {
                    if let Some((source, span)) = self.sources.locate(part) {
                        show_template(&mut shown, name, &source.name, &source.text, span);
                    }
                }
                shown
            }
            None => {
                let mut shown = format!("error[{}]: {}\n", found.code, found.message);
                found.notes.iter().for_each(|note| {
                    let _ = writeln!(shown, " = {note}");
                });
                shown
            }
        }
    }
}

/// A byte offset as a reader of the text sees it.
struct Place<'text> {
    /// Counted from 1.
    line: usize,
    /// Counted from 1, in characters.
    column: usize,
    line_start: usize,
    offset_in_line: usize,
    /// The line without its end.
    text: &'text str,
}

/// Where a span begins: text, line and column.
pub(crate) fn place_of(sources: &Sources, span: ByteSpan) -> Option<String> {
    let (source, span) = sources.locate(span)?;
    let place = Place::of(&source.text, span.start as usize);
    Some(format!("{}:{}:{}", source.name, place.line, place.column))
}

impl Place<'_> {
    fn of(text: &str, offset: usize) -> Place<'_> {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
        Place {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..offset].chars().count() + 1,
            line_start,
            offset_in_line: offset - line_start,
            text: text[line_start..line_end].trim_end_matches('\r'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_tabs_stay_in_the_padding() {
        let text = "(define λ 1)\n\t(äh \"x\" oops)\n";
        let start = text.find("oops").unwrap();
        let shown = Diagnostic::new(
            ErrorCode::BadForm,
            ByteSpan::new(start, start + 4),
            "expected a number, found a symbol",
        )
        .with_label("this one")
        .with_note("help: remove it")
        .render("äh.scm", text);
        let expected = "error[E0301]: expected a number, found a symbol
 --> äh.scm:2:10
  |
2 | \t(äh \"x\" oops)
  | \t        ^^^^ this one
  = help: remove it
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_span_over_several_lines_is_marked_on_its_first() {
        let shown = Diagnostic::new(ErrorCode::BadForm, ByteSpan::new(2, 9), "bad")
            .render("x", "a (b\n c)\nd");
        assert!(shown.contains("1 | a (b\n  |   ^^\n"), "{shown}");
        let at_end = Diagnostic::new(ErrorCode::UnexpectedEnd, ByteSpan::new(3, 3), "end")
            .render("x", "ab\n");
        assert!(at_end.contains(" --> x:2:1\n"), "{at_end}");
    }
}
