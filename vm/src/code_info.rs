//! What a code object knows of its source: the text, where each instruction comes from, and where
//! the variables are. Nothing runs by it; backtraces and the inspector read it.
//!
//! The field `info` of a code object is `#f` or a vector of four (of three in images of earlier
//! builds, which have no templates):
//!
//! | index | what |
//! |---|---|
//! | 0 | vector of the source's name (string) and text (bytevector), shared by all code of a program; `#f` for the machine's own code |
//! | 1 | spans: bytevector of rows of 12 bytes: instruction, start and end in the text |
//! | 2 | variables: bytevector of rows: place, first instruction, count of instructions, name |
//! | 3 | templates: `#f`, or a vector of a bytevector of rows and of the sources they stand in |
//!
//! A row of templates says of which parts of macros' templates the instructions from its first one on
//! were made: first instruction, count of parts, and for each part, the innermost first, the index of
//! its source, start and end in the text, the macro's name. Numbers of rows of variables and templates,
//! and the lengths of names, are LEB128 (seven bits a byte, lowest first); a variable's place is twice
//! the register, or twice the index of a captured value plus one. Reading is total: [`check_info`]
//! refuses other shapes when code is verified, and the readers give nothing for them, so that a damaged
//! image can be looked at.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::code::{Span, VariablePlace, VariableRange};
use crate::machine::{CodeView, Vm};

/// Index of the source in a code object's info.
pub const SOURCE: usize = 0;
/// Index of the spans.
pub const SPANS: usize = 1;
/// Index of the variables.
pub const VARIABLES: usize = 2;
/// Index of the templates.
pub const TEMPLATES: usize = 3;
/// Words of an info vector.
pub const INFO_FIELDS: usize = 4;
/// Words of an info vector without templates, as earlier builds made it.
const INFO_FIELDS_BEFORE_TEMPLATES: usize = 3;
/// Bytes of one span.
const SPAN_BYTES: usize = 12;
/// Characters of a source's name that are shown.
const SOURCE_NAME_CHARACTERS_MAX: usize = 1_000;

/// Where an instruction comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePosition {
    pub name: String,
    pub text: String,
    /// Byte offsets into `text`, on the borders of characters, `start` not behind `end`.
    pub start: u32,
    pub end: u32,
    /// The parts of templates that the macro used there made the code of, the innermost first.
    pub templates: Vec<TemplatePosition>,
}

/// A part of a macro's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePosition {
    /// The macro.
    pub macro_name: String,
    /// The source it stands in, its text, and where, as in [`SourcePosition`].
    pub name: String,
    pub text: String,
    pub start: u32,
    pub end: u32,
}

/// A part of a template in a row of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateRange {
    /// Index of its source among those of the code object.
    pub text: u32,
    /// The macro.
    pub name: String,
    pub start: u32,
    pub end: u32,
}

/// A row of templates: the first instruction it holds for, and the parts.
type TemplateRow = (u32, Vec<TemplateRange>);

/// The rows of a table of spans.
pub(crate) fn encode_spans(spans: &[Span]) -> Vec<u8> {
    let parts = spans.iter().flat_map(|span| [span.instruction, span.start, span.end]);
    parts.flat_map(u32::to_le_bytes).collect()
}

fn decode_spans(bytes: &[u8]) -> impl Iterator<Item = Span> + '_ {
    bytes.chunks_exact(SPAN_BYTES).map(|row| {
        let part =
            |n: usize| u32::from_le_bytes(row[n * 4..n * 4 + 4].try_into().expect("4 bytes"));
        Span { instruction: part(0), start: part(1), end: part(2), template: 0 }
    })
}

/// The rows of a table of variables.
pub(crate) fn encode_variables(variables: &[VariableRange]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for variable in variables {
        let place = match variable.place {
            VariablePlace::Register(register) => register << 1,
            VariablePlace::Captured(index) => index << 1 | 1,
        };
        let name = variable.name.as_bytes();
        for number in [place, variable.start, variable.end - variable.start, name.len() as u32] {
            encode_number(number, &mut bytes);
        }
        bytes.extend_from_slice(name);
    }
    bytes
}

/// Adds a number in LEB128.
pub fn encode_number(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front of `bytes`; `None` if none of at most 32 bits is there.
pub fn decode_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return u32::try_from(number).ok();
        }
    }
    None
}

fn decode_variable(bytes: &mut &[u8]) -> Option<VariableRange> {
    let place = decode_number(bytes)?;
    let start = decode_number(bytes)?;
    let end = start.checked_add(decode_number(bytes)?)?;
    let length = decode_number(bytes)? as usize;
    let (name, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    let place = match place & 1 {
        0 => VariablePlace::Register(place >> 1),
        _ => VariablePlace::Captured(place >> 1),
    };
    Some(VariableRange { name: std::str::from_utf8(name).ok()?.to_string(), place, start, end })
}

/// The variables of a table, or `None` if it is no table of variables.
fn decode_variables(mut bytes: &[u8]) -> Option<Vec<VariableRange>> {
    let mut variables = Vec::new();
    while !bytes.is_empty() {
        variables.push(decode_variable(&mut bytes)?);
    }
    Some(variables)
}

/// The rows of a table of templates.
pub(crate) fn encode_templates(rows: &[TemplateRow]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (instruction, parts) in rows {
        encode_number(*instruction, &mut bytes);
        encode_number(parts.len() as u32, &mut bytes);
        for part in parts {
            let name = part.name.as_bytes();
            for number in [part.text, part.start, part.end, name.len() as u32] {
                encode_number(number, &mut bytes);
            }
            bytes.extend_from_slice(name);
        }
    }
    bytes
}

/// The rows of a table, or `None` if it is no table of templates.
fn decode_templates(mut bytes: &[u8]) -> Option<Vec<TemplateRow>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let instruction = decode_number(&mut bytes)?;
        let count = decode_number(&mut bytes)?;
        let parts = (0..count).map(|_| decode_template(&mut bytes)).collect::<Option<_>>()?;
        rows.push((instruction, parts));
    }
    Some(rows)
}

fn decode_template(bytes: &mut &[u8]) -> Option<TemplateRange> {
    let mut number = || decode_number(bytes);
    let (text, start, end) = (number()?, number()?, number()?);
    let length = number()? as usize;
    let (name, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(TemplateRange { text, name: std::str::from_utf8(name).ok()?.to_string(), start, end })
}

/// Whether a word is a source: `#f`, or a vector of name and text.
pub fn is_source(heap: &Heap, word: Word) -> bool {
    heap.peek_length(word, Kind::Vector) == Some(2)
        && heap.peek_kind(heap.field(word, 0)) == Some(Kind::String)
        && heap.peek_bytes(heap.field(word, 1)).is_some()
}

/// Whether a word is what `info` has in the field of templates.
fn are_templates(heap: &Heap, word: Word) -> bool {
    if word == Word::FALSE {
        return true;
    }
    let Some(length @ 1..) = heap.peek_length(word, Kind::Vector) else { return false };
    let rows = heap.peek_bytes(heap.field(word, 0)).and_then(decode_templates);
    let texts = length - 1;
    rows.is_some_and(|rows| {
        rows.iter().flat_map(|(_, parts)| parts).all(|part| (part.text as usize) < texts)
    }) && (0..texts).all(|index| is_source(heap, heap.field(word, index + 1)))
}

/// Checks the shape of a code object's info.
///
/// # Errors
/// Says what is wrong.
pub(crate) fn check_info(heap: &Heap, view: CodeView) -> Result<(), String> {
    let info = heap.field(view.code, body::Code::INFO);
    if info == Word::FALSE {
        return Ok(());
    }
    let length = heap.peek_length(info, Kind::Vector);
    if length != Some(INFO_FIELDS) && length != Some(INFO_FIELDS_BEFORE_TEMPLATES) {
        return Err("its info is no vector of four".into());
    }
    if length == Some(INFO_FIELDS) && !are_templates(heap, heap.field(info, TEMPLATES)) {
        return Err("its templates are no table with sources".into());
    }
    let source = heap.field(info, SOURCE);
    if source != Word::FALSE && !is_source(heap, source) {
        return Err("its source is no pair of a name and a text".into());
    }
    match heap.peek_bytes(heap.field(info, SPANS)) {
        Some(bytes) if bytes.len().is_multiple_of(SPAN_BYTES) => {}
        _ => return Err("its spans are no table".into()),
    }
    let variables = heap.peek_bytes(heap.field(info, VARIABLES)).and_then(decode_variables);
    let Some(variables) = variables else {
        return Err("its variables are no table".into());
    };
    for variable in &variables {
        let has_place = match variable.place {
            VariablePlace::Register(register) => (register as usize) < view.frame_words,
            VariablePlace::Captured(index) => (index as usize) < view.captures,
        };
        if !has_place || variable.end as usize > view.instructions {
            return Err(format!("its variable {} is nowhere in it", variable.name));
        }
    }
    Ok(())
}

/// Where instruction `index` of a code object comes from, if that is known.
pub fn source_of_instruction(heap: &Heap, code: Word, index: usize) -> Option<SourcePosition> {
    let mut position = source_of(heap, code, |spans| {
        spans.take_while(|span| span.instruction as usize <= index).last()
    })?;
    position.templates = templates_of_instruction(heap, code, index).unwrap_or_default();
    Some(position)
}

fn templates_of_instruction(
    heap: &Heap,
    code: Word,
    index: usize,
) -> Option<Vec<TemplatePosition>> {
    let info = heap.peek_field(code, Kind::Code, body::Code::INFO)?;
    let templates = heap.peek_field(info, Kind::Vector, TEMPLATES)?;
    let rows = heap.peek_bytes(heap.peek_field(templates, Kind::Vector, 0)?)?;
    let rows = decode_templates(rows)?;
    let (_, parts) = rows.into_iter().take_while(|row| row.0 as usize <= index).last()?;
    let position = |part: TemplateRange| {
        let source = heap.peek_field(templates, Kind::Vector, part.text as usize + 1)?;
        let (name, text) = source_text(heap, source)?;
        let (start, end) = within(&text, part.start, part.end);
        Some(TemplatePosition { macro_name: part.name, name, text, start, end })
    };
    parts.into_iter().map(position).collect()
}

/// Name and text of a source.
fn source_text(heap: &Heap, source: Word) -> Option<(String, String)> {
    let name = heap.peek_field(source, Kind::Vector, 0)?;
    let (name, _) = heap.peek_string(name, SOURCE_NAME_CHARACTERS_MAX)?;
    let text = heap.peek_bytes(heap.peek_field(source, Kind::Vector, 1)?)?;
    Some((name, String::from_utf8_lossy(text).into_owned()))
}

/// Two places moved to borders of characters of a text.
fn within(text: &str, start: u32, end: u32) -> (u32, u32) {
    let start = text.floor_char_boundary(start as usize);
    let end = text.floor_char_boundary(end as usize).max(start);
    (start as u32, end as u32)
}

/// The first place in the source that a code object knows: where its body begins.
pub fn source_of_code(heap: &Heap, code: Word) -> Option<SourcePosition> {
    source_of(heap, code, |spans| spans.next())
}

fn source_of(
    heap: &Heap,
    code: Word,
    choose: impl FnOnce(&mut dyn Iterator<Item = Span>) -> Option<Span>,
) -> Option<SourcePosition> {
    let info = heap.peek_field(code, Kind::Code, body::Code::INFO)?;
    let source = heap.peek_field(info, Kind::Vector, SOURCE)?;
    let spans = heap.peek_bytes(heap.peek_field(info, Kind::Vector, SPANS)?)?;
    let span = choose(&mut decode_spans(spans))?;
    let (name, text) = source_text(heap, source)?;
    let (start, end) = within(&text, span.start, span.end);
    Some(SourcePosition { name, text, start, end, templates: Vec::new() })
}

/// The variables a code object knows, inner ones later; none for what is damaged.
pub fn variables_of(heap: &Heap, code: Word) -> Vec<VariableRange> {
    let info = heap.peek_field(code, Kind::Code, body::Code::INFO);
    let table = info.and_then(|info| heap.peek_field(info, Kind::Vector, VARIABLES));
    table.and_then(|table| heap.peek_bytes(table)).and_then(decode_variables).unwrap_or_default()
}

/// The register of a procedure's first argument: below are the procedure itself and the link.
const FIRST_PARAMETER: u32 = 2;

/// The parameters of code as a call is written, with a space before each. One that nothing uses has no name left.
pub fn parameters_text(heap: &Heap, view: CodeView) -> String {
    let variables = variables_of(heap, view.code);
    let parameter = |index: usize| {
        let place = VariablePlace::Register(FIRST_PARAMETER + index as u32);
        let named =
            variables.iter().find(|variable| variable.start == 0 && variable.place == place);
        named.map_or_else(|| format!("_{}", index + 1), |variable| variable.name.clone())
    };
    let positional = view.required + view.optional;
    let mut text: String = (0..positional).map(|index| format!(" {}", parameter(index))).collect();
    if view.rest {
        text.push_str(&format!(" . {}", parameter(positional)));
    }
    text
}

impl Vm {
    /// The source position of the instruction at `offset` in `code`: file name, text, byte range.
    pub fn source_position(&self, code: Word, offset: u64) -> Option<SourcePosition> {
        let index = CodeView::of(&self.heap, code).index_of(offset);
        source_of_instruction(&self.heap, code, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, place: VariablePlace, start: u32, end: u32) -> VariableRange {
        VariableRange { name: name.into(), place, start, end }
    }

    #[test]
    fn variables_read_back() {
        let variables = [
            variable("x", VariablePlace::Register(2), 0, 7),
            variable("zähler", VariablePlace::Register(8190), 127, 128),
            variable("", VariablePlace::Captured(300), 1 << 19, 1 << 20),
        ];
        let bytes = encode_variables(&variables);
        assert_eq!(decode_variables(&bytes), Some(variables.to_vec()));
        assert_eq!(decode_variables(&[]), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_table_of_variables_is_refused() {
        let whole = encode_variables(&[variable("abc", VariablePlace::Register(2), 0, 7)]);
        for length in 1..whole.len() {
            assert_eq!(decode_variables(&whole[..length]), None, "cut after {length} bytes");
        }
        assert_eq!(decode_variables(&[4, 0, 7, 1, 0xff]), None, "a name that is no text");
        assert_eq!(decode_variables(&[4, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0]), None, "overflow");
        assert_eq!(decode_variables(&[0xff; 40]), None, "a number without an end");
    }

    #[test]
    fn spans_read_back() {
        let spans = [
            Span { instruction: 0, start: 3, end: 9, template: 0 },
            Span { instruction: 5, start: 0, end: 70_000, template: 0 },
        ];
        let bytes = encode_spans(&spans);
        assert_eq!(decode_spans(&bytes).collect::<Vec<_>>(), spans);
    }

    #[test]
    fn templates_read_back_and_nothing_else_does() {
        let part = |name: &str, text| TemplateRange { text, name: name.into(), start: 7, end: 300 };
        let rows = vec![(0, vec![]), (3, vec![part("swap!", 0), part("außen", 1)]), (200, vec![])];
        let bytes = encode_templates(&rows);
        assert_eq!(decode_templates(&bytes), Some(rows));
        let whole = encode_templates(&[(3, vec![part("swap!", 0)])]);
        for length in 1..whole.len() {
            assert_eq!(decode_templates(&whole[..length]), None, "cut after {length} bytes");
        }
        assert_eq!(decode_templates(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f]), None, "too many parts");
    }
}
