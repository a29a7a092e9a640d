//! Characters: Unicode scalar values, with the tables of Rust's standard library.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault};

primitives! { CHARACTER_PRIMITIVES:
    /// `(char? value)`: is it a character?
    200 "char?" (1) constant => |_, a| Ok(Word::boolean(a.get(0).is_character()));
    /// `(char->integer char)`: its Unicode scalar value.
    201 "char->integer" (1) constant => to_integer;
    /// `(integer->char n)`: the character with this Unicode scalar value.
    202 "integer->char" (1) constant => from_integer;
    /// `(char-upcase char)`: its upper case, if that is one character.
    203 "char-upcase" (1) constant => |vm, a| convert(vm, a, "char-upcase", upcase);
    /// `(char-downcase char)`: its lower case, if that is one character.
    204 "char-downcase" (1) constant => |vm, a| convert(vm, a, "char-downcase", downcase);
    /// `(char-foldcase char)`: its simple case folding.
    205 "char-foldcase" (1) constant => |vm, a| convert(vm, a, "char-foldcase", foldcase);
    /// `(char-alphabetic? char)`: has it the property Alphabetic?
    206 "char-alphabetic?" (1) constant => |vm, a| test(vm, a, "char-alphabetic?", char::is_alphabetic);
    /// `(char-numeric? char)`: is it a decimal digit?
    207 "char-numeric?" (1) constant => |vm, a| test(vm, a, "char-numeric?", |c| digit_value(c).is_some());
    /// `(char-whitespace? char)`: has it the property White_Space?
    208 "char-whitespace?" (1) constant => |vm, a| test(vm, a, "char-whitespace?", char::is_whitespace);
    /// `(char-upper-case? char)`: has it the property Uppercase?
    209 "char-upper-case?" (1) constant => |vm, a| test(vm, a, "char-upper-case?", char::is_uppercase);
    /// `(char-lower-case? char)`: has it the property Lowercase?
    210 "char-lower-case?" (1) constant => |vm, a| test(vm, a, "char-lower-case?", char::is_lowercase);
    /// `(digit-value char)`: the value of a decimal digit, or `#f`.
    211 "digit-value" (1) constant => digit_value_of;
    /// `(char=? char …)`: are all the same?
    212 "char=?" (1..) constant => |vm, a| compare(vm, a, "char=?", same, |x, y| x == y);
    /// `(char<? char …)`: do they ascend?
    213 "char<?" (1..) constant => |vm, a| compare(vm, a, "char<?", same, |x, y| x < y);
    /// `(char>? char …)`: do they descend?
    214 "char>?" (1..) constant => |vm, a| compare(vm, a, "char>?", same, |x, y| x > y);
    /// `(char<=? char …)`: is none less than the one before?
    215 "char<=?" (1..) constant => |vm, a| compare(vm, a, "char<=?", same, |x, y| x <= y);
    /// `(char>=? char …)`: is none greater than the one before?
    216 "char>=?" (1..) constant => |vm, a| compare(vm, a, "char>=?", same, |x, y| x >= y);
    /// `(char-ci=? char …)`: are all the same but for case?
    217 "char-ci=?" (1..) constant => |vm, a| compare(vm, a, "char-ci=?", foldcase, |x, y| x == y);
    /// `(char-ci<? char …)`: do they ascend, case aside?
    218 "char-ci<?" (1..) constant => |vm, a| compare(vm, a, "char-ci<?", foldcase, |x, y| x < y);
    /// `(char-ci>? char …)`: do they descend, case aside?
    219 "char-ci>?" (1..) constant => |vm, a| compare(vm, a, "char-ci>?", foldcase, |x, y| x > y);
    /// `(char-ci<=? char …)`: is none less than the one before, case aside?
    220 "char-ci<=?" (1..) constant => |vm, a| compare(vm, a, "char-ci<=?", foldcase, |x, y| x <= y);
    /// `(char-ci>=? char …)`: is none greater than the one before, case aside?
    221 "char-ci>=?" (1..) constant => |vm, a| compare(vm, a, "char-ci>=?", foldcase, |x, y| x >= y);
}

fn to_integer(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let character = Call::new(vm, "char->integer", arguments).character(0)?;
    Ok(Word::fixnum(i64::from(character as u32)))
}

fn from_integer(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let code = Call::new(vm, "integer->char", arguments).fixnum(0)?;
    let character = u32::try_from(code).ok().and_then(char::from_u32);
    character.map(Word::character).ok_or_else(|| {
        let message = format!("integer->char expects a Unicode scalar value, found {code}");
        fault(ErrorCode::OutOfRange, message)
    })
}

fn convert(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    conversion: fn(char) -> char,
) -> Outcome {
    let character = Call::new(vm, name, arguments).character(0)?;
    Ok(Word::character(conversion(character)))
}

fn test(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    property: fn(char) -> bool,
) -> Outcome {
    let character = Call::new(vm, name, arguments).character(0)?;
    Ok(Word::boolean(property(character)))
}

fn compare(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    fold: fn(char) -> char,
    relation: fn(char, char) -> bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let (mut holds, mut before) = (true, fold(call.character(0)?));
    for index in 1..arguments.count() {
        let next = fold(call.character(index)?);
        holds &= relation(before, next);
        before = next;
    }
    Ok(Word::boolean(holds))
}

fn same(character: char) -> char {
    character
}

fn only<I: Iterator<Item = char>>(mut mapped: I, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => otherwise,
    }
}

pub(crate) fn upcase(character: char) -> char {
    only(character.to_uppercase(), character)
}

pub(crate) fn downcase(character: char) -> char {
    only(character.to_lowercase(), character)
}

/// Simple case folding: lower case of upper case, but for the Turkish letters, which fold to
/// themselves.
pub(crate) fn foldcase(character: char) -> char {
    match character {
        '\u{130}' | '\u{131}' => character,
        _ => downcase(upcase(character)),
    }
}

/// Zeros of the ranges of decimal digits (general category Nd) of Unicode.
const DIGIT_ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950,
    0x1fbf0,
];

/// The value of a decimal digit.
pub(crate) fn digit_value(character: char) -> Option<u32> {
    let code = character as u32;
    let after = DIGIT_ZEROS.partition_point(|&zero| zero <= code);
    let zero = *DIGIT_ZEROS.get(after.checked_sub(1)?)?;
    (code - zero < 10).then_some(code - zero)
}

fn digit_value_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let character = Call::new(vm, "digit-value", arguments).character(0)?;
    Ok(digit_value(character).map_or(Word::FALSE, |value| Word::fixnum(i64::from(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_numeric_and_their_ranges_ascend() {
        assert!(DIGIT_ZEROS.is_sorted_by(|a, b| a + 10 <= *b));
        for &zero in DIGIT_ZEROS {
            for value in 0..10 {
                let digit = char::from_u32(zero + value).unwrap();
                assert!(digit.is_numeric(), "{digit:?}");
                assert_eq!(digit_value(digit), Some(value));
            }
        }
        assert_eq!(digit_value('a'), None);
        assert_eq!(digit_value('\u{0}'), None);
    }
}
