//! Rounding, conversions between exact and inexact, and transcendental functions.

use dashu_int::IBig;
use dashu_int::ops::{BitTest, SquareRoot};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;

use super::arithmetic::{integer, is_integral, sign};
use super::not_in_this_version;
use crate::argument::{Call, Outcome, fault};
use crate::limits::INTEGER_BITS_MAX;

pub(super) fn inexact(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let value = Call::new(vm, name, arguments).number(0)?.to_f64();
    Number::Flonum(value).encode(vm)
}

pub(super) fn exact(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let call = Call::new(vm, name, arguments);
    match call.number(0)? {
        Number::Flonum(value) if is_integral(value) => {
            Number::Big(IBig::try_from(value).expect("integral")).encode(vm)
        }
        Number::Flonum(value) if value.is_finite() => {
            Err(not_in_this_version(name, "an exact ratio", ": round the number first"))
        }
        Number::Flonum(_) => Err(call.wrong_type(0, "a finite number")),
        exact => exact.encode(vm),
    }
}

pub(super) fn rounded(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    round: fn(f64) -> f64,
) -> Outcome {
    match Call::new(vm, name, arguments).number(0)? {
        Number::Flonum(value) => Number::Flonum(round(value)).encode(vm),
        _ => Ok(arguments.get(0)),
    }
}

pub(super) fn square_root(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let number = Call::new(vm, "sqrt", arguments).number(0)?;
    if sign(&number) < 0 {
        return Err(not_in_this_version("sqrt", "a complex number", ""));
    }
    let value = number.to_f64();
    if number.is_exact() {
        let exact = integer(number);
        let root = IBig::from(exact.sqrt());
        if &root * &root == exact {
            return Number::Big(root).encode(vm);
        }
    }
    Number::Flonum(libm::sqrt(value)).encode(vm)
}

pub(super) fn power(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "expt", arguments);
    let (base, exponent) = (call.number(0)?, call.number(1)?);
    if base.is_exact() && exponent.is_exact() {
        return exact_power(vm, integer(base), integer(exponent));
    }
    if exponent.is_exact() && sign(&exponent) == 0 {
        return Ok(Word::fixnum(1));
    }
    let (base, exponent) = (base.to_f64(), exponent.to_f64());
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(not_in_this_version("expt", "a complex number", ""));
    }
    Number::Flonum(libm::pow(base, exponent)).encode(vm)
}

fn exact_power(vm: &mut Vm, base: IBig, exponent: IBig) -> Outcome {
    let odd = exponent.bit(0);
    if exponent == IBig::ZERO || base == IBig::ONE {
        return Ok(Word::fixnum(1));
    }
    if base == -IBig::ONE {
        return Ok(Word::fixnum(if odd { -1 } else { 1 }));
    }
    if base == IBig::ZERO {
        if exponent < IBig::ZERO {
            return Err(fault(ErrorCode::DivisionByZero, "expt of zero to a negative power"));
        }
        return Ok(Word::fixnum(0));
    }
    if exponent < IBig::ZERO {
        let advice = ": make the base inexact";
        return Err(not_in_this_version("expt", "an exact ratio", advice));
    }
    let bits = base.bit_len();
    let exponent = usize::try_from(&exponent).ok();
    match exponent.filter(|&e| e.saturating_mul(bits - 1) <= INTEGER_BITS_MAX) {
        Some(exponent) => Number::Big(base.pow(exponent)).encode(vm),
        None => {
            let message = format!("expt makes integers of at most {INTEGER_BITS_MAX} bits");
            Err(fault(ErrorCode::ImplementationLimit, message))
        }
    }
}

/// A function that is exact at one exact argument and inexact elsewhere.
pub(super) fn function(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    exact_at: Option<(i64, i64)>,
    compute: fn(f64) -> f64,
) -> Outcome {
    let number = Call::new(vm, name, arguments).number(0)?;
    if let Some((argument, result)) = exact_at
        && arguments.get(0) == Word::fixnum(argument)
    {
        return Ok(Word::fixnum(result));
    }
    Number::Flonum(compute(number.to_f64())).encode(vm)
}

/// As [`function`], for functions that are real between -1 and 1 only.
pub(super) fn inverse(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    exact_at: Option<(i64, i64)>,
    compute: fn(f64) -> f64,
) -> Outcome {
    let value = Call::new(vm, name, arguments).number(0)?.to_f64();
    if value.abs() > 1.0 {
        return Err(not_in_this_version(name, "a complex number", ""));
    }
    function(vm, arguments, name, exact_at, compute)
}

pub(super) fn logarithm(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "log", arguments);
    let mut values = [0.0; 2];
    for (index, value) in values.iter_mut().enumerate().take(arguments.count()) {
        let number = call.number(index)?;
        if sign(&number) < 0 {
            return Err(not_in_this_version("log", "a complex number", ""));
        }
        *value = natural_logarithm(number);
    }
    if arguments.get(0) == Word::fixnum(1) {
        return Ok(Word::fixnum(0));
    }
    let result = match arguments.optional(1) {
        None => values[0],
        // The library's own are exact at powers.
        Some(base) if base == Word::fixnum(2) => libm::log2(call.number(0)?.to_f64()),
        Some(base) if base == Word::fixnum(10) => libm::log10(call.number(0)?.to_f64()),
        Some(_) => values[0] / values[1],
    };
    Number::Flonum(result).encode(vm)
}

fn natural_logarithm(number: Number) -> f64 {
    let value = number.to_f64();
    match number {
        // Beyond the flonums: take out a power of two.
        Number::Big(big) if value.is_infinite() => {
            let shift = big.bit_len() - 64;
            libm::log(Number::Big(big >> shift).to_f64()) + shift as f64 * std::f64::consts::LN_2
        }
        _ => libm::log(value),
    }
}

pub(super) fn arc_tangent(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "atan", arguments);
    if arguments.count() == 1 {
        return function(vm, arguments, "atan", Some((0, 0)), libm::atan);
    }
    let (y, x) = (call.number(0)?, call.number(1)?);
    if arguments.get(0) == Word::fixnum(0) && x.is_exact() {
        match sign(&x) {
            1 => return Ok(Word::fixnum(0)),
            0 => return Err(fault(ErrorCode::DivisionByZero, "atan of two exact zeros")),
            _ => {}
        }
    }
    Number::Flonum(libm::atan2(y.to_f64(), x.to_f64())).encode(vm)
}
