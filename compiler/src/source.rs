//! The texts of one compilation: a program's file, and the files of what it includes and imports.
//!
//! They lie side by side in one space of byte positions, so that a span says by itself which text it
//! is of. Nothing else in the compiler knows that there can be several.
//!
//! The texts of earlier compilations, in which rules of macros stand that are used, lie at the end of that
//! space, the first one last. What is read in a compilation is thereby where it would be without them,
//! and their content is asked for only when a message quotes it.

use crate::diagnostic::ByteSpan;
use crate::limits::SOURCE_DEPTH_MAX;
use indexmap::IndexMap;
use pscheme_vm::code::{SourceText, StoredText, TemplatePart};
use std::path::Path;
use std::sync::Arc;

/// The texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<SourceText>,
    /// How many texts each text stands in.
    depths: Vec<usize>,
    /// Texts of earlier compilations, and their content once it was asked for.
    stored: Vec<(StoredText, Option<SourceText>)>,
    /// In a box, so that a failed compilation is no larger than others.
    templates: Box<IndexMap<TemplatePlace, TemplateOwner>>,
}

/// A part of a macro's template in a text, as a macro's use made something of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TemplateId(u32);

impl TemplateId {
    /// As code names it: see [`pscheme_vm::code::Span`].
    pub fn number(self) -> u32 {
        self.0
    }

    /// No template: what stands in the text itself.
    pub const NONE: TemplateId = TemplateId(0);
}

/// Where a part of a template stands: its first byte, the first one behind it, and the part of another
/// template that the macro is used in.
type TemplatePlace = (u32, u32, TemplateId);

/// The macro of a template.
#[derive(Clone, Debug)]
struct TemplateOwner {
    name: Arc<str>,
    /// How many templates its use stands in.
    depth: u8,
}

/// Templates in templates that messages tell of. Of deeper nests the outermost ones are told.
const TEMPLATE_DEPTH_MAX: u8 = 4;

/// Why a text cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceRefused {
    /// All texts together have 2^32 bytes or more.
    TooLong,
    /// It stands in too many others.
    TooDeep,
}

impl Sources {
    /// One text.
    ///
    /// # Example
    /// ```
    /// use pscheme_compiler::diagnostic::ByteSpan;
    /// use pscheme_compiler::source::Sources;
    ///
    /// let mut sources = Sources::of("a.scm", "(a)");
    /// let start = sources.add("b.scm", "(b)", None).unwrap();
    /// let (text, span) = sources.locate(ByteSpan::new(1, 2).moved(start)).unwrap();
    /// assert_eq!((text.name.as_str(), span), ("b.scm", ByteSpan::new(1, 2)));
    /// ```
    pub fn of(name: &str, text: &str) -> Sources {
        let mut sources = Sources::default();
        // A longer text is refused by the reader.
        let _ = sources.add(name, text, None);
        sources
    }

    /// Adds a text that the one around `parent` asked for; returns the position of its first byte.
    ///
    /// # Errors
    /// [`SourceRefused`].
    pub fn add(
        &mut self,
        name: &str,
        text: &str,
        parent: Option<ByteSpan>,
    ) -> Result<u32, SourceRefused> {
        let start = self.texts.last().map_or(0, |last| u64::from(last.end()) + 1);
        let end = start + text.len() as u64;
        if end >= u64::from(self.stored_start()) {
            return Err(SourceRefused::TooLong);
        }
        let depth = parent.and_then(|span| self.index_of(span)).map_or(0, |at| self.depths[at] + 1);
        if depth > SOURCE_DEPTH_MAX {
            return Err(SourceRefused::TooDeep);
        }
        let start = start as u32;
        self.texts.push(SourceText { name: name.to_string(), text: text.into(), start });
        self.depths.push(depth);
        Ok(start)
    }

    /// The position of the first byte of a text of an earlier compilation, which is added if it is not
    /// there; `None` if there is no room for it.
    pub(crate) fn add_stored(&mut self, object: u32, length: u32) -> Option<u32> {
        if let Some((known, _)) = self.stored.iter().find(|(text, _)| text.object == object) {
            return Some(known.start);
        }
        let start = self.stored_start().checked_sub(length)?.checked_sub(1)?;
        if self.texts.last().is_some_and(|last| last.end() >= start) {
            return None;
        }
        self.stored.push((StoredText { object, start, length }, None));
        Some(start)
    }

    /// The position behind those that are free.
    fn stored_start(&self) -> u32 {
        self.stored.last().map_or(u32::MAX, |(text, _)| text.start)
    }

    /// Asks for names and contents of the texts of earlier compilations, by their objects, so that messages
    /// can quote them.
    pub(crate) fn read_stored(&mut self, read: impl Fn(u32) -> (String, String)) {
        for (text, content) in &mut self.stored {
            let (name, bytes) = read(text.object);
            *content = Some(SourceText { name, text: bytes.into(), start: text.start });
        }
    }

    /// The index of the text a span begins in.
    pub(crate) fn index_of(&self, span: ByteSpan) -> Option<usize> {
        self.texts.iter().position(|text| text.contains(span.start))
    }

    /// The number of what a use of a macro makes of a part of its template. The use stands in a part of
    /// `around`.
    pub fn template(&mut self, name: &Arc<str>, part: ByteSpan, around: TemplateId) -> TemplateId {
        let (mut around, mut depth) = (around, 0);
        if let Some((place, owner)) = self.template_place(around) {
            depth = owner.depth + 1;
            if depth >= TEMPLATE_DEPTH_MAX {
                // A macro that uses itself has no more places than its text has.
                (around, depth) = (place.2, owner.depth);
            }
        }
        let entry = self.templates.entry((part.start, part.end, around));
        let index = entry.index();
        entry.or_insert_with(|| TemplateOwner { name: name.clone(), depth });
        TemplateId(index as u32 + 1)
    }

    fn template_place(&self, template: TemplateId) -> Option<(&TemplatePlace, &TemplateOwner)> {
        self.templates.get_index((template.0 as usize).checked_sub(1)?)
    }

    /// The parts of templates that something was made of, the innermost first, each with the name of the
    /// macro.
    pub fn templates(&self, mut template: TemplateId) -> Vec<(&str, ByteSpan)> {
        let mut parts = Vec::new();
        while let Some((&(start, end, around), owner)) = self.template_place(template) {
            parts.push((&*owner.name, ByteSpan { start, end, template: TemplateId::NONE }));
            // A macro that uses itself in one place.
            parts.dedup();
            template = around;
        }
        parts
    }

    /// The text a span begins in, and the span counted from the beginning of that.
    pub fn locate(&self, span: ByteSpan) -> Option<(&SourceText, ByteSpan)> {
        let stored = || {
            let is_in = |text: &StoredText| (text.start..=text.end()).contains(&span.start);
            self.stored.iter().find(|(text, _)| is_in(text))?.1.as_ref()
        };
        let source = self.index_of(span).map(|index| &self.texts[index]).or_else(stored)?;
        let end = span.end.min(source.end()).max(span.start);
        let (start, end) = (span.start - source.start, end - source.start);
        Some((source, ByteSpan { start, end, template: TemplateId::NONE }))
    }

    /// The folder of the file a span is in; where that is no file in a folder, the working one.
    pub fn folder_of(&self, span: ByteSpan) -> &Path {
        let name = self.index_of(span).map_or("", |index| self.texts[index].name.as_str());
        Path::new(name).parent().unwrap_or(Path::new(""))
    }

    /// All parts of templates, in the order of their numbers.
    pub fn template_parts(&self) -> Vec<TemplatePart> {
        let part = |(&(start, end, around), owner): (&TemplatePlace, &TemplateOwner)| {
            TemplatePart { name: owner.name.clone(), start, end, around: around.0 }
        };
        self.templates.iter().map(part).collect()
    }

    /// The texts of earlier compilations.
    pub fn stored_texts(&self) -> Vec<StoredText> {
        self.stored.iter().map(|(text, _)| *text).collect()
    }

    /// All texts that this compilation read, in the order of their positions.
    pub fn texts(&self) -> &[SourceText] {
        &self.texts
    }

    /// As [`Sources::texts`].
    pub fn into_texts(self) -> Vec<SourceText> {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_earlier_compilations_move_none_of_this_one() {
        let mut sources = Sources::of("a.scm", "(a)");
        let first = sources.add_stored(7, 10).unwrap();
        assert_eq!(first, u32::MAX - 11);
        assert_eq!(sources.add_stored(7, 10), Some(first));
        let second = sources.add_stored(8, 5).unwrap();
        assert_eq!(second + 6, first);
        assert_eq!(sources.add("b.scm", "(b)", None), Ok(4));
        assert_eq!(sources.texts().len(), 2);
        let span = ByteSpan::new(1, 3).moved(second);
        assert!(sources.locate(span).is_none(), "nobody has asked for its content");
        sources.read_stored(|object| (object.to_string(), "(dé)".into()));
        let (text, span) = sources.locate(span).unwrap();
        assert_eq!((text.name.as_str(), span), ("8", ByteSpan::new(1, 3)));
        assert_eq!(sources.stored_texts().len(), 2);
    }

    #[test]
    fn texts_without_room_are_refused() {
        let mut sources = Sources::of("a.scm", "(a)");
        assert_eq!(sources.add_stored(1, u32::MAX - 4), None);
        let start = sources.add_stored(1, u32::MAX - 10).unwrap();
        assert_eq!(start, 9);
        assert_eq!(sources.add("b.scm", "(long)", None), Err(SourceRefused::TooLong));
        assert_eq!(sources.add("b.scm", "(b)", None), Ok(4));
        assert_eq!(sources.add_stored(2, 5), None);
    }
}
