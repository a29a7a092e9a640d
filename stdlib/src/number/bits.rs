//! Exact integers as infinite strings of bits in two's complement.

use dashu_int::IBig;
use dashu_int::ops::BitTest;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;

use super::arithmetic::exact_integer;
use crate::argument::{Call, Outcome, fault};
use crate::limits::INTEGER_BITS_MAX;

pub(super) fn fold(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    unit: i64,
    combine: fn(IBig, IBig) -> IBig,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let mut result = IBig::from(unit);
    for index in 0..arguments.count() {
        result = combine(result, exact_integer(call, index)?);
    }
    Number::Big(result).encode(vm)
}

pub(super) fn not(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let value = exact_integer(Call::new(vm, "bitwise-not", arguments), 0)?;
    Number::Big(-value - IBig::ONE).encode(vm)
}

pub(super) fn shift(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    direction: i64,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let value = exact_integer(call, 0)?;
    let by = call.fixnum(1)? * direction;
    let distance = by.unsigned_abs() as usize;
    if by >= 0 {
        if value != IBig::ZERO && value.bit_len().saturating_add(distance) > INTEGER_BITS_MAX {
            let message = format!("{name} makes integers of at most {INTEGER_BITS_MAX} bits");
            return Err(fault(ErrorCode::ImplementationLimit, message));
        }
        return Number::Big(value << distance.min(INTEGER_BITS_MAX)).encode(vm);
    }
    if distance > value.bit_len() {
        return Ok(Word::fixnum(if value < IBig::ZERO { -1 } else { 0 }));
    }
    // Rounds towards minus infinity, as shifting in two's complement does.
    Number::Big(value >> distance).encode(vm)
}

pub(super) fn count(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let value = exact_integer(Call::new(vm, "bit-count", arguments), 0)?;
    let magnitude = if value < IBig::ZERO { -value - IBig::ONE } else { value };
    let (_, words) = magnitude.as_sign_words();
    let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
    Ok(Word::fixnum(i64::from(ones)))
}

pub(super) fn length(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let value = exact_integer(Call::new(vm, "integer-length", arguments), 0)?;
    let magnitude = if value < IBig::ZERO { -value - IBig::ONE } else { value };
    Ok(Word::fixnum(magnitude.bit_len() as i64))
}
