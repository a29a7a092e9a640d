//! Rounding, conversions between exact and inexact, and the parts of numbers.

use dashu_int::IBig;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{Number, Ratio};
use pscheme_vm::primitive::Arguments;

use super::arithmetic::{is_rational, magnitude_of, sign};
use super::power::{norm_root, root_of};
use crate::argument::{Call, Outcome, fault};
use crate::limits::RATIONALIZE_BITS_MAX;

pub(super) fn inexact(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    Call::new(vm, name, arguments).number(0)?.to_inexact().encode(vm)
}

pub(super) fn exact(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let call = Call::new(vm, name, arguments);
    match call.number(0)?.to_exact() {
        Some(exact) => exact.encode(vm),
        None => Err(call.wrong_type(0, "a finite number")),
    }
}

/// How a number is rounded: of flonums and of ratios.
#[derive(Clone, Copy)]
pub(super) struct Rounding {
    name: &'static str,
    flonum: fn(f64) -> f64,
    ratio: fn(&Ratio) -> IBig,
}

pub(super) const FLOOR: Rounding =
    Rounding { name: "floor", flonum: f64::floor, ratio: Ratio::floor };
pub(super) const CEILING: Rounding =
    Rounding { name: "ceiling", flonum: f64::ceil, ratio: Ratio::ceiling };
pub(super) const TRUNCATE: Rounding =
    Rounding { name: "truncate", flonum: f64::trunc, ratio: Ratio::truncated };
pub(super) const ROUND: Rounding =
    Rounding { name: "round", flonum: f64::round_ties_even, ratio: Ratio::rounded };

pub(super) fn rounded(vm: &mut Vm, arguments: Arguments, rounding: Rounding) -> Outcome {
    match Call::new(vm, rounding.name, arguments).real(0)? {
        Number::Flonum(value) => Number::Flonum((rounding.flonum)(value)).encode(vm),
        Number::Ratio(value) => Number::Big((rounding.ratio)(&value)).encode(vm),
        _ => Ok(arguments.get(0)),
    }
}

pub(super) fn rationalize(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "rationalize", arguments);
    let (value, tolerance) = (call.real(0)?, magnitude_of(call.real(1)?));
    let is_exact = value.is_exact() && tolerance.is_exact();
    if !is_rational(&value) || !is_rational(&tolerance) {
        let (value, tolerance) = (value.to_f64(), tolerance.to_f64());
        let result = match (value.is_infinite(), tolerance.is_infinite()) {
            (true, true) => f64::NAN,
            (false, true) if !value.is_nan() => 0.0,
            _ if tolerance.is_nan() => tolerance,
            _ => value,
        };
        return Number::Flonum(result).encode(vm);
    }
    let exact = |number: Number| number.to_exact().expect("rational").into_ratio();
    let (value, tolerance) = (exact(value), exact(tolerance));
    if value.bits().max(tolerance.bits()) > RATIONALIZE_BITS_MAX {
        let message = format!("rationalize takes numbers of at most {RATIONALIZE_BITS_MAX} bits");
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    let (low, high) = (value.plus(&tolerance.clone().negated()), value.plus(&tolerance));
    let result = Number::from(Ratio::simplest(&low, &high));
    if is_exact { result.encode(vm) } else { result.to_inexact().encode(vm) }
}

pub(super) fn rectangular(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "make-rectangular", arguments);
    Number::rectangular(call.real(0)?, call.real(1)?).encode(vm)
}

pub(super) fn polar(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "make-polar", arguments);
    Number::polar(call.real(0)?, call.real(1)?).encode(vm)
}

pub(super) fn real_part(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let word = arguments.get(0);
    if vm.heap.kind_of(word) == Some(Kind::Compnum) {
        return Ok(vm.heap.field(word, body::Compnum::REAL));
    }
    Call::new(vm, "real-part", arguments).number(0).map(|_| word)
}

pub(super) fn imaginary_part(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let word = arguments.get(0);
    if vm.heap.kind_of(word) == Some(Kind::Compnum) {
        return Ok(vm.heap.field(word, body::Compnum::IMAGINARY));
    }
    Call::new(vm, "imag-part", arguments).number(0).map(|_| Word::fixnum(0))
}

pub(super) fn magnitude(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match Call::new(vm, "magnitude", arguments).number(0)? {
        Number::Complex(complex) if complex.is_exact() => norm_root(&complex).encode(vm),
        Number::Complex(complex) => {
            let (real, imaginary) = complex.to_f64();
            Number::Flonum(core_math::hypot(real, imaginary)).encode(vm)
        }
        real => magnitude_of(real).encode(vm),
    }
}

pub(super) fn angle(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match Call::new(vm, "angle", arguments).number(0)? {
        Number::Flonum(value) if value.is_nan() => Ok(arguments.get(0)),
        Number::Flonum(value) => Number::Flonum(core_math::atan2(0.0, value)).encode(vm),
        Number::Complex(complex) => {
            let angle = angle_of(complex.imaginary(), complex.real());
            Number::Flonum(angle).encode(vm)
        }
        exact if sign(&exact) < 0 => Number::Flonum(std::f64::consts::PI).encode(vm),
        _ => Ok(Word::fixnum(0)),
    }
}

/// The angle of a point, whose coordinates are both exact or both flonums.
pub(super) fn angle_of(y: &Number, x: &Number) -> f64 {
    let (near_y, near_x) = (y.to_f64(), x.to_f64());
    let is_beyond = |value: f64| value.is_infinite() || value != 0.0 && !value.is_normal();
    let is_exact = y.is_exact() && x.is_exact() && !x.is_exact_zero();
    if !is_exact || !(is_beyond(near_y) || is_beyond(near_x)) {
        return core_math::atan2(near_y, near_x);
    }
    // Exact coordinates beyond the flonums: only their ratio matters.
    let (numerator, below) = magnitude_of(y.clone()).into_ratio().into_parts();
    let (denominator, above) = magnitude_of(x.clone()).into_ratio().into_parts();
    let (_, numerator) = (numerator * above).into_parts();
    let (_, denominator) = (denominator * below).into_parts();
    let ratio = Ratio::quotient_f64(numerator, &denominator);
    let x = if sign(x) < 0 { -1.0 } else { 1.0 };
    core_math::atan2(if sign(y) < 0 { -ratio } else { ratio }, x)
}

pub(super) fn square_root(vm: &mut Vm, arguments: Arguments) -> Outcome {
    root_of(Call::new(vm, "sqrt", arguments).number(0)?).encode(vm)
}
