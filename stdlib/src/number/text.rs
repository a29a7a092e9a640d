//! Numbers as text and back.

use pscheme_compiler::datum;
use pscheme_compiler::datum_write::write_flonum;
use pscheme_compiler::reader::parse_number;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;

use super::arithmetic::integer;
use crate::argument::{Call, Outcome, fault};
use crate::limits::NUMBER_CHARACTERS_MAX;
use crate::text::new_string;

/// The external representation of a number.
pub fn number_text(heap: &Heap, word: Word) -> Option<String> {
    Some(match Number::decode(heap, word)? {
        Number::Fixnum(value) => value.to_string(),
        Number::Big(value) => value.to_string(),
        Number::Flonum(value) => write_flonum(value),
    })
}

fn radix(call: Call<'_>, allowed: fn(i64) -> bool, expected: &str) -> Result<u32, Interrupt> {
    if call.arguments.count() < 2 {
        return Ok(10);
    }
    let found = call.fixnum(1)?;
    if allowed(found) {
        return Ok(found as u32);
    }
    let message = format!("{} expects {expected}, found {found}", call.name);
    Err(fault(ErrorCode::OutOfRange, message))
}

pub(super) fn number_to_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "number->string", arguments);
    let number = call.number(0)?;
    let radix = radix(call, |radix| (2..=36).contains(&radix), "a radix from 2 to 36")?;
    let text = match number {
        Number::Flonum(value) if radix == 10 || !value.is_finite() => write_flonum(value),
        Number::Flonum(_) => {
            let message = format!(
                "number->string writes flonums in radix 10 only in this version, found {radix}"
            );
            return Err(fault(ErrorCode::NotInThisVersion, message));
        }
        exact => integer(exact).in_radix(radix as u8).to_string(),
    };
    new_string(vm, &text)
}

pub(super) fn string_to_number(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string->number", arguments);
    let string = call.string(0)?;
    let radix = radix(call, |radix| matches!(radix, 2 | 8 | 10 | 16), "a radix of 2, 8, 10 or 16")?;
    if vm.heap.string_length(string) > NUMBER_CHARACTERS_MAX {
        let message = format!("string->number reads at most {NUMBER_CHARACTERS_MAX} characters");
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    match parse_number(&vm.heap.string_text(string), radix) {
        None => Ok(Word::FALSE),
        Some(number) => from_datum(number).encode(vm),
    }
}

/// A number as the reader gives it.
pub(crate) fn from_datum(number: datum::Number) -> Number {
    match number {
        datum::Number::Fixnum(value) => Number::Fixnum(value),
        datum::Number::Flonum(value) => Number::Flonum(value),
        datum::Number::Big { negative, magnitude } => {
            let value = dashu_int::IBig::from(dashu_int::UBig::from_words(&magnitude));
            Number::Big(if negative { -value } else { value })
        }
    }
}
