//! What a code object knows of its source: the text, where each instruction comes from, and where
//! the variables are. Nothing runs by it; backtraces and the inspector read it.
//!
//! The field `info` of a code object is `#f` or a vector of three:
//!
//! | index | what |
//! |---|---|
//! | 0 | vector of the source's name (string) and text (bytevector), shared by all code of a program; `#f` for the machine's own code |
//! | 1 | spans: bytevector of rows of 12 bytes: instruction, start and end in the text |
//! | 2 | variables: bytevector of rows: place, first instruction, count of instructions, name |
//!
//! Numbers of a row of variables, and the length of its name, are LEB128 (seven bits a byte, lowest
//! first); a place is twice the register, or twice the index of a captured value plus one. Reading is
//! total: [`check_info`] refuses other shapes when code is verified, and the readers give nothing for
//! them, so that a damaged image can be looked at.

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
/// Words of an info vector.
pub const INFO_FIELDS: usize = 3;
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
}

/// The rows of a table of spans.
pub(crate) fn encode_spans(spans: &[Span]) -> Vec<u8> {
    let parts = spans.iter().flat_map(|span| [span.instruction, span.start, span.end]);
    parts.flat_map(u32::to_le_bytes).collect()
}

fn decode_spans(bytes: &[u8]) -> impl Iterator<Item = Span> + '_ {
    bytes.chunks_exact(SPAN_BYTES).map(|row| {
        let part =
            |n: usize| u32::from_le_bytes(row[n * 4..n * 4 + 4].try_into().expect("4 bytes"));
        Span { instruction: part(0), start: part(1), end: part(2) }
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

fn encode_number(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front of `bytes`.
fn decode_number(bytes: &mut &[u8]) -> Option<u32> {
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

/// Checks the shape of a code object's info.
///
/// # Errors
/// Says what is wrong.
pub(crate) fn check_info(heap: &Heap, view: CodeView) -> Result<(), String> {
    let info = heap.field(view.code, body::Code::INFO);
    if info == Word::FALSE {
        return Ok(());
    }
    if heap.peek_length(info, Kind::Vector) != Some(INFO_FIELDS) {
        return Err("its info is no vector of three".into());
    }
    let source = heap.field(info, SOURCE);
    let is_source = source == Word::FALSE
        || heap.peek_length(source, Kind::Vector) == Some(2)
            && heap.peek_kind(heap.field(source, 0)) == Some(Kind::String)
            && heap.peek_bytes(heap.field(source, 1)).is_some();
    if !is_source {
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
    source_of(heap, code, |spans| {
        spans.take_while(|span| span.instruction as usize <= index).last()
    })
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
    let name = heap.peek_field(source, Kind::Vector, 0)?;
    let (name, _) = heap.peek_string(name, SOURCE_NAME_CHARACTERS_MAX)?;
    let text = heap.peek_bytes(heap.peek_field(source, Kind::Vector, 1)?)?;
    let text = String::from_utf8_lossy(text).into_owned();
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.floor_char_boundary(span.end as usize).max(start);
    Some(SourcePosition { name, text, start: start as u32, end: end as u32 })
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
            Span { instruction: 0, start: 3, end: 9 },
            Span { instruction: 5, start: 0, end: 70_000 },
        ];
        let bytes = encode_spans(&spans);
        assert_eq!(decode_spans(&bytes).collect::<Vec<_>>(), spans);
    }
}
