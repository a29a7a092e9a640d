//! The places of a macro's rules in their text, as the bytes that an image keeps beside the rules, which
//! are data there and have no places.
//!
//! There is a row for each datum, in the order in which the text is read; of the pairs of a list only the
//! first has one. A row is how far the datum begins behind that of the row before (twice the distance,
//! or for a way back twice the distance less one) and its length in bytes, both in LEB128. Reading is total:
//! bytes that do not belong to the data give no places.

use std::collections::HashSet;

use crate::datum::{Datum, DatumArena, DatumId};
use crate::diagnostic::ByteSpan;
use pscheme_vm::code::SourceText;
use pscheme_vm::code_info::{decode_number, encode_number};

/// The places of a datum, which stands in `text`. A part that stands elsewhere is placed where the
/// whole is. `None` in a text of more than 2^31 bytes with parts too far from each other.
pub(crate) fn encode_places(
    arena: &DatumArena,
    root: DatumId,
    text: &SourceText,
) -> Option<Vec<u8>> {
    let whole = arena.span(root);
    let mut bytes = Vec::new();
    let mut before = text.start;
    for id in in_reading_order(arena, root) {
        let span = arena.span(id);
        let is_inside =
            text.start <= span.start && span.start <= span.end && span.end <= text.end();
        let span = if is_inside { span } else { whole };
        let twice = span.start.abs_diff(before).checked_mul(2)?;
        encode_number(if span.start < before { twice - 1 } else { twice }, &mut bytes);
        encode_number(span.end - span.start, &mut bytes);
        before = span.start;
    }
    Some(bytes)
}

/// Gives a datum and its parts the places that `bytes` say, in a text of `length` bytes whose first one has
/// the position `start`; whether they are places of such a datum in such a text. If not, some parts may
/// have got places all the same.
pub(crate) fn restore_places(
    arena: &mut DatumArena,
    root: DatumId,
    mut bytes: &[u8],
    start: u32,
    length: u32,
) -> bool {
    let mut before = 0;
    for id in in_reading_order(arena, root) {
        let Some((first, end)) = decode_row(&mut bytes, before).filter(|row| row.1 <= length)
        else {
            return false;
        };
        arena.set_span(id, ByteSpan::new(first as usize, end as usize).moved(start));
        before = first;
    }
    bytes.is_empty()
}

/// The first byte of the next row's datum, and the one behind its last.
fn decode_row(bytes: &mut &[u8], before: u32) -> Option<(u32, u32)> {
    let turned = decode_number(bytes)?;
    let first = match turned % 2 {
        0 => before.checked_add(turned / 2)?,
        _ => before.checked_sub(turned.div_ceil(2))?,
    };
    Some((first, first.checked_add(decode_number(bytes)?)?))
}

/// A datum and its parts as its text is read, but for the pairs of a list behind the first. What comes again
/// is not gone into again.
fn in_reading_order(arena: &DatumArena, root: DatumId) -> Vec<DatumId> {
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    let mut work = vec![(root, false)];
    while let Some((id, is_rest)) = work.pop() {
        let whole = arena.without_scopes(id);
        let datum = arena.get(whole);
        if !is_rest || !matches!(datum, Datum::Pair(..)) {
            order.push(id);
        }
        match datum {
            Datum::Pair(head, tail) if seen.insert(whole) => {
                work.extend([(tail, true), (head, false)]);
            }
            Datum::Vector(elements) if seen.insert(whole) => {
                work.extend(elements.iter().rev().map(|element| (*element, false)));
            }
            _ => {}
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read_all;

    const TEXT: &str = "(före #(1 (b . c)) \"ö\" ((a ...) #0=(x . #0#) #1=(y) #1#) ())";

    /// The first datum of a text that begins at position `start`.
    fn read(text: &str, start: u32) -> (DatumArena, DatumId) {
        let read = read_all(text);
        let (mut arena, root) = (read.arena, read.forms[0]);
        arena.move_spans(0, start);
        (arena, root)
    }

    fn source(text: &str, start: u32) -> SourceText {
        SourceText { name: "a.scm".into(), text: text.into(), start }
    }

    #[test]
    fn places_come_back_wherever_the_text_lies() {
        let (arena, root) = read(TEXT, 7);
        let bytes = encode_places(&arena, root, &source(TEXT, 7)).unwrap();
        let (mut other, copy) = {
            let mut other = DatumArena::default();
            let copy = other.copy(&arena, root);
            (other, copy)
        };
        for id in other.ids() {
            other.set_span(id, ByteSpan::default());
        }
        assert!(restore_places(&mut other, copy, &bytes, 1000, TEXT.len() as u32));
        let places = |arena: &DatumArena, root, by| -> Vec<ByteSpan> {
            let order = in_reading_order(arena, root);
            order.into_iter().map(|id| arena.span(id).moved(by)).collect()
        };
        assert_eq!(places(&other, copy, 0), places(&arena, root, 993));
        let first = in_reading_order(&other, copy)[1];
        assert_eq!(other.span(first), ByteSpan::new(1001, 1006));
        assert!(bytes.len() <= 3 * in_reading_order(&arena, root).len());
    }

    #[test]
    fn a_part_from_elsewhere_is_where_the_whole_is() {
        let (mut arena, root) = read("(a b)", 0);
        let parts = in_reading_order(&arena, root);
        arena.set_span(parts[1], ByteSpan::new(400, 401));
        let bytes = encode_places(&arena, root, &source("(a b)", 0)).unwrap();
        assert!(restore_places(&mut arena, root, &bytes, 0, 5));
        assert_eq!(arena.span(parts[1]), ByteSpan::new(0, 5));
        assert_eq!(arena.span(parts[2]), ByteSpan::new(3, 4));
    }

    #[test]
    fn bytes_of_something_else_are_refused() {
        let (mut arena, root) = read(TEXT, 0);
        let bytes = encode_places(&arena, root, &source(TEXT, 0)).unwrap();
        let length = TEXT.len() as u32;
        let mut restore = |bytes: &[u8], length| restore_places(&mut arena, root, bytes, 0, length);
        assert!(restore(&bytes, length));
        assert!(!restore(&bytes, length - 1), "a shorter text");
        for end in 0..bytes.len() {
            assert!(!restore(&bytes[..end], length), "cut after {end} bytes");
        }
        assert!(!restore(&[&bytes[..], &[0, 0]].concat(), length), "a row too many");
        for hostile in [[0xff; 200], [1; 200], [0x7e; 200]] {
            assert!(!restore(&hostile, u32::MAX), "{hostile:?}");
        }
    }
}
