//! Exponentials, logarithms and the functions of angles, on real and complex numbers (R7RS 6.2.6). Those
//! of real numbers are CORE-MATH's, which are correctly rounded, so that results are the same everywhere.

use std::f64::consts::{LN_2, PI};

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{Complex, Number, Ratio};
use pscheme_vm::primitive::Arguments;

use super::arithmetic::{magnitude_of, sign};
use super::power::{norm, quotient, root_f64};
use super::real::angle_of;
use crate::argument::{Call, Outcome, fault};

type Parts = (f64, f64);

/// A function that is exact at one exact argument and inexact elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Function {
    name: &'static str,
    exact_at: (i64, i64),
    real: fn(f64) -> f64,
    complex: fn(Parts) -> Parts,
    /// The function is real between -1 and 1 only.
    is_bounded: bool,
}

pub(super) const EXP: Function = Function {
    name: "exp",
    exact_at: (0, 1),
    real: core_math::exp,
    complex: exponential,
    is_bounded: false,
};
pub(super) const SIN: Function = Function {
    name: "sin",
    exact_at: (0, 0),
    real: core_math::sin,
    complex: sine,
    is_bounded: false,
};
pub(super) const COS: Function = Function {
    name: "cos",
    exact_at: (0, 1),
    real: core_math::cos,
    complex: cosine,
    is_bounded: false,
};
pub(super) const TAN: Function = Function {
    name: "tan",
    exact_at: (0, 0),
    real: core_math::tan,
    complex: tangent,
    is_bounded: false,
};
pub(super) const ASIN: Function = Function {
    name: "asin",
    exact_at: (0, 0),
    real: core_math::asin,
    complex: arc_sine,
    is_bounded: true,
};
pub(super) const ACOS: Function = Function {
    name: "acos",
    exact_at: (1, 0),
    real: core_math::acos,
    complex: arc_cosine,
    is_bounded: true,
};
const ATAN: Function = Function {
    name: "atan",
    exact_at: (0, 0),
    real: core_math::atan,
    complex: arc_tangent_of,
    is_bounded: false,
};

pub(super) fn function(vm: &mut Vm, arguments: Arguments, function: Function) -> Outcome {
    let number = Call::new(vm, function.name, arguments).number(0)?;
    if arguments.get(0) == Word::fixnum(function.exact_at.0) {
        return Ok(Word::fixnum(function.exact_at.1));
    }
    let result = match number {
        Number::Complex(value) => Number::of_f64_parts((function.complex)(value.to_f64())),
        real => {
            let value = real.to_f64();
            if function.is_bounded && value.abs() > 1.0 {
                // The cut belongs to the quadrant above it on the left, to that below on the right.
                let side = if value > 0.0 { -0.0 } else { 0.0 };
                Number::of_f64_parts((function.complex)((value, side)))
            } else {
                Number::Flonum((function.real)(value))
            }
        }
    };
    result.encode(vm)
}

pub(super) fn exponential((real, imaginary): Parts) -> Parts {
    let magnitude = core_math::exp(real);
    (magnitude * core_math::cos(imaginary), magnitude * core_math::sin(imaginary))
}

fn sine((a, b): Parts) -> Parts {
    (core_math::sin(a) * core_math::cosh(b), core_math::cos(a) * core_math::sinh(b))
}

fn cosine((a, b): Parts) -> Parts {
    (core_math::cos(a) * core_math::cosh(b), -core_math::sin(a) * core_math::sinh(b))
}

/// Imaginary parts from here on make a tangent's as good as one.
const TANGENT_FLAT_FROM: f64 = 20.0;

fn tangent((a, b): Parts) -> Parts {
    if b.abs() > TANGENT_FLAT_FROM {
        let decay = 4.0 * core_math::exp(-2.0 * b.abs());
        return (core_math::sin(a) * core_math::cos(a) * decay, 1f64.copysign(b));
    }
    let scale = core_math::cos(2.0 * a) + core_math::cosh(2.0 * b);
    (core_math::sin(2.0 * a) / scale, core_math::sinh(2.0 * b) / scale)
}

/// The roots of 1 - z and 1 + z, of which the inverse functions are made so that they are right on
/// both sides of their cuts (Kahan, Branch cuts for complex elementary functions, 1987).
fn outer_roots((x, y): Parts) -> (Parts, Parts) {
    (root_f64((1.0 - x, -y)), root_f64((1.0 + x, y)))
}

fn arc_sine(z: Parts) -> Parts {
    let (below, above) = outer_roots(z);
    let real = core_math::atan2(z.0, below.0 * above.0 - below.1 * above.1);
    (real, core_math::asinh(below.0 * above.1 - below.1 * above.0))
}

fn arc_cosine(z: Parts) -> Parts {
    let (below, above) = outer_roots(z);
    let real = 2.0 * core_math::atan2(below.0, above.0);
    (real, core_math::asinh(above.0 * below.1 - above.1 * below.0))
}

fn arc_tangent_of((x, y): Parts) -> Parts {
    let real = 0.5 * core_math::atan2(2.0 * x, (1.0 - y) * (1.0 + y) - x * x);
    let distance = x * x + (1.0 - y) * (1.0 - y);
    (real, 0.25 * core_math::log1p(4.0 * y / distance))
}

pub(super) fn arc_tangent(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "atan", arguments);
    if arguments.count() == 1 {
        if let Number::Complex(value) = call.number(0)?
            && *value.real() == Number::Fixnum(0)
            && matches!(value.imaginary(), Number::Fixnum(1 | -1))
        {
            return Err(fault(ErrorCode::DivisionByZero, "atan has no value at +i and -i"));
        }
        return function(vm, arguments, ATAN);
    }
    let (y, x) = (call.real(0)?, call.real(1)?);
    if y.is_exact_zero() {
        if sign(&x) > 0 {
            return Ok(Word::fixnum(0));
        }
        if x.is_exact_zero() {
            return Err(fault(ErrorCode::DivisionByZero, "atan of two exact zeros"));
        }
    }
    Number::Flonum(angle_of(&y, &x)).encode(vm)
}

pub(super) fn logarithm(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "log", arguments);
    let number = call.number(0)?;
    let base = if arguments.count() > 1 { Some(call.number(1)?) } else { None };
    if arguments.get(0) == Word::fixnum(1) {
        return Ok(Word::fixnum(0));
    }
    let Some(base) = base else {
        let result = match logarithm_of(&number) {
            (real, imaginary) if number.is_real() && imaginary == 0.0 => Number::Flonum(real),
            parts => Number::of_f64_parts(parts),
        };
        return result.encode(vm);
    };
    let near = if number.is_real() { number.to_f64() } else { f64::NAN };
    let result = match base {
        // The library's own are exact at powers.
        Number::Fixnum(2) if near > 0.0 && near.is_finite() => {
            Number::Flonum(core_math::log2(near))
        }
        Number::Fixnum(10) if near > 0.0 && near.is_finite() => {
            Number::Flonum(core_math::log10(near))
        }
        base => quotient(logarithm_of(&number), logarithm_of(&base)),
    };
    result.encode(vm)
}

/// The natural logarithm, its imaginary part above -pi and not above pi.
pub(super) fn logarithm_of(number: &Number) -> Parts {
    match number {
        Number::Flonum(value) if *value < 0.0 => (core_math::log(-value), PI),
        Number::Flonum(value) => (core_math::log(*value), 0.0),
        Number::Complex(value) => logarithm_of_complex(value),
        exact if sign(exact) < 0 => (logarithm_of_exact(&magnitude_of(exact.clone())), PI),
        exact => (logarithm_of_exact(exact), 0.0),
    }
}

fn logarithm_of_complex(value: &Complex) -> Parts {
    let angle = angle_of(value.imaginary(), value.real());
    if value.is_exact()
        && let Some(norm) = norm(value)
    {
        return (0.5 * logarithm_of_exact(&norm), angle);
    }
    let (real, imaginary) = value.to_f64();
    let (large, small) = (real.abs().max(imaginary.abs()), real.abs().min(imaginary.abs()));
    let magnitude = core_math::hypot(large, small);
    let logarithm = if (0.5..2.0).contains(&magnitude) {
        // Near the unit circle the magnitude alone has lost the digits that count.
        0.5 * core_math::log1p((large - 1.0) * (large + 1.0) + small * small)
    } else if magnitude.is_infinite() && large.is_finite() {
        core_math::log(core_math::hypot(large * 0.5, small * 0.5)) + LN_2
    } else {
        core_math::log(magnitude)
    };
    (logarithm, angle)
}

/// The natural logarithm of 2 in two parts: the first has so few bits that its products with the
/// lengths of integers are exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// The natural logarithm of an exact number that is not negative.
pub(super) fn logarithm_of_exact(number: &Number) -> f64 {
    let near = number.to_f64();
    if number.is_exact_zero() {
        return f64::NEG_INFINITY;
    }
    if let Number::Ratio(ratio) = number
        && (0.5..2.0).contains(&near)
    {
        let above_one = ratio.plus(&Ratio::from(-IBig::ONE));
        return core_math::log1p(above_one.to_f64());
    }
    if near.is_normal() {
        return core_math::log(near);
    }
    // Beyond the flonums: take out a power of two.
    let (numerator, denominator) = number.to_ratio().into_parts();
    let (_, numerator) = numerator.into_parts();
    let excess = numerator.bit_len() as i64 - denominator.bit_len() as i64;
    let distance = excess.unsigned_abs() as usize;
    let power = UBig::ONE << distance;
    let rest = if excess >= 0 {
        Ratio::quotient_f64(numerator, &(denominator * power))
    } else {
        Ratio::quotient_f64(numerator * power, &denominator)
    };
    excess as f64 * LN_2_HIGH + (core_math::log(rest) + excess as f64 * LN_2_LOW)
}
