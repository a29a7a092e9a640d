//! Complex numbers with an imaginary part: both parts exact, or both flonums.

use super::Number;

/// A number with an imaginary part that is not exact zero. Either both parts are exact or both are
/// flonums, so that a number is exact or inexact as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Complex {
    real: Number,
    imaginary: Number,
}

impl Complex {
    pub fn real(&self) -> &Number {
        &self.real
    }

    pub fn imaginary(&self) -> &Number {
        &self.imaginary
    }

    pub fn is_exact(&self) -> bool {
        self.real.is_exact()
    }

    /// The parts as flonums.
    pub fn to_f64(&self) -> (f64, f64) {
        (self.real.to_f64(), self.imaginary.to_f64())
    }
}

impl Number {
    /// The number with these real numbers as parts: real if the imaginary one is exact zero, inexact
    /// in both parts if it is in one.
    ///
    /// # Panics
    /// If a part is not real.
    pub fn rectangular(real: Number, imaginary: Number) -> Number {
        assert!(real.is_real() && imaginary.is_real(), "parts of complex numbers are real");
        let (real, imaginary) = (real.canonical(), imaginary.canonical());
        if imaginary.is_exact_zero() {
            return real;
        }
        if real.is_exact() != imaginary.is_exact() {
            return Number::of_f64_parts((real.to_f64(), imaginary.to_f64()));
        }
        Number::Complex(Box::new(Complex { real, imaginary }))
    }

    /// The inexact complex number with these parts.
    pub fn of_f64_parts((real, imaginary): (f64, f64)) -> Number {
        let (real, imaginary) = (Number::Flonum(real), Number::Flonum(imaginary));
        Number::Complex(Box::new(Complex { real, imaginary }))
    }

    /// The number with this magnitude and angle (R7RS, `make-polar`): exact if one of them is exact
    /// zero.
    ///
    /// # Panics
    /// If one of them is not real.
    pub fn polar(magnitude: Number, angle: Number) -> Number {
        assert!(magnitude.is_real() && angle.is_real(), "magnitudes and angles are real");
        if angle.is_exact_zero() || magnitude.is_exact_zero() {
            return magnitude;
        }
        let (magnitude, angle) = (magnitude.to_f64(), angle.to_f64());
        Number::of_f64_parts((magnitude * core_math::cos(angle), magnitude * core_math::sin(angle)))
    }

    /// Real and imaginary part.
    pub fn into_parts(self) -> (Number, Number) {
        match self {
            Number::Complex(complex) => (complex.real, complex.imaginary),
            real => (real, Number::Fixnum(0)),
        }
    }
}

pub(super) fn add(left: Number, right: Number) -> Number {
    let ((a, b), (c, d)) = (left.into_parts(), right.into_parts());
    Number::rectangular(a.plus(c), b.plus(d))
}

pub(super) fn subtract(left: Number, right: Number) -> Number {
    let ((a, b), (c, d)) = (left.into_parts(), right.into_parts());
    Number::rectangular(a.minus(c), b.minus(d))
}

pub(super) fn multiply(left: Number, right: Number) -> Number {
    // A real factor scales both parts: as a complex number with zero beside it, it would turn
    // infinities into NaN.
    match (left.is_real(), right.is_real()) {
        (true, _) => {
            let (c, d) = right.into_parts();
            Number::rectangular(scaled(c, left.clone()), scaled(d, left))
        }
        (_, true) => multiply(right, left),
        _ => {
            let ((a, b), (c, d)) = (left.into_parts(), right.into_parts());
            let real = a.clone().times(c.clone()).minus(b.clone().times(d.clone()));
            Number::rectangular(real, a.times(d).plus(b.times(c)))
        }
    }
}

/// A part times a real number. A part that is exact zero stays zero, also beside an infinite factor.
fn scaled(part: Number, factor: Number) -> Number {
    if part.is_exact_zero() { part } else { part.times(factor) }
}

/// The quotient; `None` if the divisor is exact zero.
pub(super) fn divide(left: Number, right: Number) -> Option<Number> {
    if right.is_real() {
        let (a, b) = left.into_parts();
        let imaginary = b.over(right.clone())?;
        let real = if a.is_exact_zero() { a } else { a.over(right)? };
        return Some(Number::rectangular(real, imaginary));
    }
    let is_exact = left.is_exact() && right.is_exact();
    let ((a, b), (c, d)) = (left.into_parts(), right.into_parts());
    if !is_exact {
        let (left, right) = ((a.to_f64(), b.to_f64()), (c.to_f64(), d.to_f64()));
        return Some(Number::of_f64_parts(divide_f64(left, right)));
    }
    let norm = c.clone().times(c.clone()).plus(d.clone().times(d.clone()));
    let real = a.clone().times(c.clone()).plus(b.clone().times(d.clone()));
    let imaginary = b.times(c).minus(a.times(d));
    Some(Number::rectangular(real.over(norm.clone())?, imaginary.over(norm)?))
}

/// The quotient of two inexact numbers without overflow on the way (Smith, CACM 5, 1962).
pub fn divide_f64((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    if c.abs() >= d.abs() {
        let ratio = d / c;
        let scale = c + d * ratio;
        ((a + b * ratio) / scale, (b - a * ratio) / scale)
    } else {
        let ratio = c / d;
        let scale = c * ratio + d;
        ((a * ratio + b) / scale, (b * ratio - a) / scale)
    }
}
