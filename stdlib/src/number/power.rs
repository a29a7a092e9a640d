//! Square roots and powers, exact where the result is rational and the operands are exact.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{Complex, Number, Ratio, divide_f64, equal, integer_f64};
use pscheme_vm::primitive::Arguments;

use super::arithmetic::{magnitude_of, sign};
use super::transcendental::{exponential, logarithm_of, logarithm_of_exact};
use crate::argument::{Call, Outcome, fault};
use crate::limits::INTEGER_BITS_MAX;

/// Exponents up to which powers of inexact complex numbers are products.
const PRODUCT_EXPONENT_MAX: usize = 1024;

/// The principal square root (R7RS 6.2.6).
pub(super) fn root_of(number: Number) -> Number {
    match number {
        Number::Flonum(value) if value < 0.0 => Number::of_f64_parts((0.0, f64::sqrt(-value))),
        Number::Flonum(value) => Number::Flonum(f64::sqrt(value)),
        Number::Complex(complex) => complex_root(&complex),
        exact if sign(&exact) < 0 => {
            Number::rectangular(Number::Fixnum(0), exact_root(exact.negated()))
        }
        exact => exact_root(exact),
    }
}

/// The square root of an exact number that is not negative.
fn exact_root(number: Number) -> Number {
    if let Number::Fixnum(value) = number
        && value < 1 << f64::MANTISSA_DIGITS
    {
        let root = f64::sqrt(value as f64);
        let is_exact = (root as i64) * (root as i64) == value;
        return if is_exact { Number::Fixnum(root as i64) } else { Number::Flonum(root) };
    }
    let value = number.into_ratio();
    value.root(2).map_or_else(|| Number::Flonum(value.square_root_f64()), Number::from)
}

/// The magnitude of an exact complex number, inexact if its square would take too long.
pub(super) fn norm_root(complex: &Complex) -> Number {
    match norm(complex) {
        Some(norm) => exact_root(norm),
        None => {
            let (real, imaginary) = complex.to_f64();
            Number::Flonum(core_math::hypot(real, imaginary))
        }
    }
}

/// The square of the magnitude of an exact complex number, if it is within the limit of work.
pub(super) fn norm(complex: &Complex) -> Option<Number> {
    let whole = Number::Complex(Box::new(complex.clone()));
    if !whole.divisors_within_limit(&whole, false) {
        return None;
    }
    let square = |part: &Number| part.clone().times(part.clone());
    Some(square(complex.real()).plus(square(complex.imaginary())))
}

fn complex_root(complex: &Complex) -> Number {
    if complex.is_exact()
        && let norm = norm_root(complex)
        && norm.is_exact()
    {
        // If the root is rational, its parts are roots of these halves.
        let half = |sum: Number| sum.over(Number::Fixnum(2)).expect("2 is not zero");
        let real = exact_root(half(norm.clone().plus(complex.real().clone())));
        let imaginary = exact_root(half(norm.minus(complex.real().clone())));
        if real.is_exact() && imaginary.is_exact() {
            let is_below = sign(complex.imaginary()) < 0;
            let imaginary = if is_below { imaginary.negated() } else { imaginary };
            return Number::rectangular(real, imaginary);
        }
    }
    Number::of_f64_parts(root_f64(complex.to_f64()))
}

/// The principal square root of an inexact number, its branch cut along the negative real axis.
pub(super) fn root_f64((real, imaginary): (f64, f64)) -> (f64, f64) {
    if real == 0.0 && imaginary == 0.0 {
        return (0.0, imaginary);
    }
    if imaginary.is_infinite() {
        return (f64::INFINITY, imaginary);
    }
    if real.is_infinite() {
        let rest = if imaginary.is_nan() { imaginary } else { 0.0 };
        return if real > 0.0 {
            (real, rest.copysign(imaginary))
        } else {
            (rest.abs(), real.abs().copysign(imaginary))
        };
    }
    // A quarter of numbers near the greatest, so that the sum below stays finite, and a large multiple
    // of numbers near the least, which have few bits.
    let largest = real.abs().max(imaginary.abs());
    let scale = if largest > f64::MAX / 4.0 {
        0.25
    } else if largest < f64::MIN_POSITIVE * 4.0 {
        2f64.powi(108)
    } else {
        1.0
    };
    let (real, imaginary) = (real * scale, imaginary * scale);
    let half = f64::sqrt((real.abs() + core_math::hypot(real, imaginary)) * 0.5);
    let other = imaginary.abs() / (2.0 * half);
    let back = 1.0 / f64::sqrt(scale);
    if real >= 0.0 {
        (half * back, (other * back).copysign(imaginary))
    } else {
        (other * back, (half * back).copysign(imaginary))
    }
}

pub(super) fn power(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "expt", arguments);
    let (base, exponent) = (call.number(0)?, call.number(1)?);
    if exponent.is_exact_zero() {
        return Ok(Word::fixnum(1));
    }
    let is_zero = equal(&base, &Number::Fixnum(0));
    if is_zero && (base.is_exact() || !exponent.is_real()) {
        return power_of_zero(base, exponent)?.encode(vm);
    }
    let result = match exponent {
        exponent if exponent.is_exact_integer() => integer_power(base, exponent.into_integer())?,
        Number::Ratio(exponent) if base.is_exact() => match rational_power(&base, &exponent)? {
            Some(exact) => exact,
            None => inexact_power(base, Number::Ratio(exponent)),
        },
        exponent => inexact_power(base, exponent),
    };
    result.encode(vm)
}

/// Zero to a power: zero where the real part of the exponent is above zero (R7RS 6.2.6).
fn power_of_zero(base: Number, exponent: Number) -> Result<Number, Interrupt> {
    if equal(&exponent, &Number::Fixnum(0)) {
        return Ok(Number::Flonum(1.0));
    }
    if sign(&exponent.into_parts().0) > 0 {
        return Ok(base);
    }
    Err(fault(ErrorCode::DivisionByZero, "expt of zero to a power that is not positive"))
}

/// A base that is no exact zero, to the power of an exact integer.
fn integer_power(base: Number, exponent: IBig) -> Result<Number, Interrupt> {
    let is_odd = exponent.bit(0);
    let (sign, magnitude) = exponent.clone().into_parts();
    let negative = sign == Sign::Negative;
    let small = usize::try_from(&magnitude).ok();
    match base {
        Number::Flonum(base) => {
            // A flonum exponent would lose whether it is odd.
            let power = core_math::pow(base.abs(), integer_f64(&exponent));
            let is_below = is_odd && base.is_sign_negative();
            Ok(Number::Flonum(if is_below { -power } else { power }))
        }
        Number::Complex(base) if !base.is_exact() => match small {
            Some(exponent) if exponent <= PRODUCT_EXPONENT_MAX => {
                let power = product(Number::Complex(base), exponent)?;
                Ok(if negative { reciprocal(power) } else { power })
            }
            _ => Ok(inexact_power(Number::Complex(base), Number::Big(exponent))),
        },
        Number::Complex(base) => {
            let is_unit = *base.real() == Number::Fixnum(0)
                && matches!(base.imaginary(), Number::Fixnum(1 | -1));
            // The parts of all others grow with the exponent until they meet the limit.
            let small = if is_unit { Some((&magnitude % 4u8).into()) } else { small };
            let power = product(Number::Complex(base), small.ok_or_else(beyond_limit)?)?;
            power.check_divisors(&power, negative)?;
            Ok(if negative { reciprocal(power) } else { power })
        }
        real => {
            let base = real.into_ratio();
            if base.is_integer() && base.numerator().clone().into_parts().1.is_one() {
                let is_below = base.is_negative() && is_odd;
                return Ok(Number::Fixnum(if is_below { -1 } else { 1 }));
            }
            let exponent = small.filter(|exponent| fits(base.bits() - 1, *exponent));
            Ok(Number::from(base.power(exponent.ok_or_else(beyond_limit)?, negative)))
        }
    }
}

/// Whether a power of a number of more than `bits` bits is within the limit.
fn fits(bits: usize, exponent: usize) -> bool {
    exponent.saturating_mul(bits) <= INTEGER_BITS_MAX
}

fn beyond_limit() -> Interrupt {
    let message = format!("expt makes integers of at most {INTEGER_BITS_MAX} bits");
    fault(ErrorCode::ImplementationLimit, message)
}

fn reciprocal(number: Number) -> Number {
    Number::Fixnum(1).over(number).expect("a power of what is not zero is not zero")
}

/// A power by repeated squaring.
fn product(base: Number, mut exponent: usize) -> Result<Number, Interrupt> {
    let (mut result, mut square) = (Number::Fixnum(1), base);
    loop {
        if exponent & 1 == 1 {
            result.check_divisors(&square, false)?;
            result = result.times(square.clone()).within_limit()?;
        }
        exponent >>= 1;
        if exponent == 0 {
            return Ok(result);
        }
        square.check_divisors(&square, false)?;
        square = square.clone().times(square).within_limit()?;
    }
}

/// An exact base to the power of a ratio, if that is rational or, for square roots, has rational parts.
fn rational_power(base: &Number, exponent: &Ratio) -> Result<Option<Number>, Interrupt> {
    let Ok(degree) = usize::try_from(exponent.denominator()) else { return Ok(None) };
    let root = match base {
        base if degree == 2 => Some(root_of(base.clone())).filter(Number::is_exact),
        Number::Complex(_) => None,
        base if sign(base) < 0 => None,
        base => base.to_ratio().root(degree).map(Number::from),
    };
    root.map(|root| integer_power(root, exponent.numerator().clone())).transpose()
}

/// A power by logarithms, of numbers that are both real if possible.
fn inexact_power(base: Number, exponent: Number) -> Number {
    if base.is_real() && exponent.is_real() {
        return real_power(base, exponent.to_f64());
    }
    let (real, imaginary) = logarithm_of(&base);
    let (c, d) = exponent.clone().into_parts();
    let (c, d) = (c.to_f64(), d.to_f64());
    // Only a complex exponent turns the logarithm.
    let product = if exponent.is_real() {
        (real * c, imaginary * c)
    } else {
        (real * c - imaginary * d, real * d + imaginary * c)
    };
    Number::of_f64_parts(exponential(product))
}

fn real_power(base: Number, exponent: f64) -> Number {
    let near = base.to_f64();
    let is_below = sign(&base) < 0;
    let is_turned = is_below && exponent.is_finite() && exponent.fract() != 0.0;
    let magnitude = if base.is_exact() && (near.is_infinite() || near == 0.0) {
        // Beyond the flonums.
        core_math::exp(exponent * logarithm_of_exact(&magnitude_of(base)))
    } else if is_turned && near.is_finite() {
        core_math::pow(-near, exponent)
    } else {
        return Number::Flonum(core_math::pow(near, exponent));
    };
    if !is_below {
        return Number::Flonum(magnitude);
    }
    if !is_turned {
        return Number::Flonum(if exponent % 2.0 == 0.0 { magnitude } else { -magnitude });
    }
    Number::polar(Number::Flonum(magnitude), Number::Flonum(exponent * std::f64::consts::PI))
}

/// A quotient of logarithms.
pub(super) fn quotient(left: (f64, f64), right: (f64, f64)) -> Number {
    if left.1 == 0.0 && right.1 == 0.0 {
        return Number::Flonum(left.0 / right.0);
    }
    if right.1 == 0.0 {
        return Number::of_f64_parts((left.0 / right.0, left.1 / right.0));
    }
    Number::of_f64_parts(divide_f64(left, right))
}
