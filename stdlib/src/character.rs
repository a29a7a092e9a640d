//! Characters: Unicode scalar values, with the tables of `pscheme_compiler::unicode`.

use pscheme_compiler::unicode::{
    digit_value, downcase, foldcase, is_alphabetic, is_lowercase, is_uppercase, is_whitespace,
    upcase,
};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault};

primitives! { CHARACTER_PRIMITIVES:
    /// `(char? value)`: is it a character?
    200 "char?" (1) constant => |_, a| Ok(Word::boolean(a.get(0).is_character())),
        fast |_, a| Some(Word::boolean(a.get(0).is_character()));
    /// `(char->integer char)`: the Unicode scalar value of a character.
    201 "char->integer" (1) constant => to_integer,
        fast frequent_code;
    /// `(integer->char n)`: the character with this Unicode scalar value.
    202 "integer->char" (1) constant => from_integer;
    /// `(char-upcase char)`: the upper case of a character by Unicode's simple mapping.
    203 "char-upcase" (1) constant => |vm, a| convert(vm, a, "char-upcase", upcase),
        fast |_, a| one(a).map(|c| Word::character(upcase(c)));
    /// `(char-downcase char)`: the lower case of a character by Unicode's simple mapping.
    204 "char-downcase" (1) constant => |vm, a| convert(vm, a, "char-downcase", downcase),
        fast |_, a| one(a).map(|c| Word::character(downcase(c)));
    /// `(char-foldcase char)`: a character case folded by Unicode's simple mapping.
    205 "char-foldcase" (1) constant => |vm, a| convert(vm, a, "char-foldcase", foldcase),
        fast |_, a| one(a).map(|c| Word::character(foldcase(c)));
    /// `(char-alphabetic? char)`: has a character the property Alphabetic?
    206 "char-alphabetic?" (1) constant => |vm, a| test(vm, a, "char-alphabetic?", is_alphabetic),
        fast |_, a| one(a).map(|c| Word::boolean(is_alphabetic(c)));
    /// `(char-numeric? char)`: is a character a decimal digit?
    207 "char-numeric?" (1) constant => |vm, a| test(vm, a, "char-numeric?", |c| digit_value(c).is_some()),
        fast |_, a| one(a).map(|c| Word::boolean(digit_value(c).is_some()));
    /// `(char-whitespace? char)`: has a character the property White_Space?
    208 "char-whitespace?" (1) constant => |vm, a| test(vm, a, "char-whitespace?", is_whitespace),
        fast |_, a| one(a).map(|c| Word::boolean(is_whitespace(c)));
    /// `(char-upper-case? char)`: has a character the property Uppercase?
    209 "char-upper-case?" (1) constant => |vm, a| test(vm, a, "char-upper-case?", is_uppercase),
        fast |_, a| one(a).map(|c| Word::boolean(is_uppercase(c)));
    /// `(char-lower-case? char)`: has a character the property Lowercase?
    210 "char-lower-case?" (1) constant => |vm, a| test(vm, a, "char-lower-case?", is_lowercase),
        fast |_, a| one(a).map(|c| Word::boolean(is_lowercase(c)));
    /// `(digit-value char)`: the value of a decimal digit, or `#f`.
    211 "digit-value" (1) constant => digit_value_of;
    /// `(char=? char …)`: are all the same?
    212 "char=?" (1..) constant => |vm, a| compare(vm, a, "char=?", same, |x, y| x == y),
        fast |_, a| two(a, |x, y| x == y);
    /// `(char<? char …)`: do they ascend?
    213 "char<?" (1..) constant => |vm, a| compare(vm, a, "char<?", same, |x, y| x < y),
        fast |_, a| two(a, |x, y| x < y);
    /// `(char>? char …)`: do they descend?
    214 "char>?" (1..) constant => |vm, a| compare(vm, a, "char>?", same, |x, y| x > y),
        fast |_, a| two(a, |x, y| x > y);
    /// `(char<=? char …)`: is none less than the one before?
    215 "char<=?" (1..) constant => |vm, a| compare(vm, a, "char<=?", same, |x, y| x <= y),
        fast |_, a| two(a, |x, y| x <= y);
    /// `(char>=? char …)`: is none greater than the one before?
    216 "char>=?" (1..) constant => |vm, a| compare(vm, a, "char>=?", same, |x, y| x >= y),
        fast |_, a| two(a, |x, y| x >= y);
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

/// The argument of a procedure of one character.
fn one(arguments: Arguments) -> Option<char> {
    let word = arguments.get(0);
    word.is_character().then(|| word.as_character())
}

/// The comparison of two characters, if there are two.
fn two(arguments: Arguments, relation: fn(char, char) -> bool) -> Option<Word> {
    if arguments.count() != 2 {
        return None;
    }
    let (left, right) = (arguments.get(0), arguments.get(1));
    let both = left.is_character() && right.is_character();
    both.then(|| Word::boolean(relation(left.as_character(), right.as_character())))
}

fn frequent_code(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    let word = arguments.get(0);
    word.is_character().then(|| Word::fixnum(i64::from(word.as_character() as u32)))
}

fn same(character: char) -> char {
    character
}

fn digit_value_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let character = Call::new(vm, "digit-value", arguments).character(0)?;
    Ok(digit_value(character).map_or(Word::FALSE, |value| Word::fixnum(i64::from(value))))
}
