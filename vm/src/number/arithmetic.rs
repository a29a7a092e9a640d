//! The four operations, order and equality on numbers of every kind.
//!
//! An operation is as exact as its operands: two exact ones give an exact result, and comparisons
//! never round.

use std::cmp::Ordering;

use dashu_int::IBig;

use super::{Number, Ratio, complex};

/// One operation, on operands that agree in kind.
macro_rules! operation {
    ($left:ident, $right:ident, $checked:ident, $operator:tt, $complex:path, |$a:ident, $b:ident| $ratio:expr) => {{
        if let (Number::Fixnum(a), Number::Fixnum(b)) = (&$left, &$right)
            && let Some(small) = a.$checked(*b)
        {
            return Number::Fixnum(small);
        }
        if $left.is_exact_integer() && $right.is_exact_integer() {
            return Number::Big($left.into_integer() $operator $right.into_integer());
        }
        if !$left.is_real() || !$right.is_real() {
            return $complex($left, $right);
        }
        if !$left.is_exact() || !$right.is_exact() {
            return Number::Flonum($left.to_f64() $operator $right.to_f64());
        }
        let ($a, $b) = ($left.into_ratio(), $right.into_ratio());
        Number::from($ratio)
    }};
}

// Not the operators' traits: sums and products of numbers in a heap are bounded by a limit that whoever
// encodes the result checks, and quotients can fail.
impl Number {
    /// The sum. Exact zero changes nothing, not even the sign of a zero.
    pub fn plus(self, other: Number) -> Number {
        if self.is_exact_zero() {
            return other;
        }
        if other.is_exact_zero() {
            return self;
        }
        operation!(self, other, checked_add, +, complex::add, |a, b| a.plus(&b))
    }

    /// The difference; exact zero taken away changes nothing.
    pub fn minus(self, other: Number) -> Number {
        if other.is_exact_zero() {
            return self;
        }
        operation!(self, other, checked_sub, -, complex::subtract, |a, b| a.plus(&b.negated()))
    }

    /// The product. An exact zero annihilates nothing: times a flonum it is a flonum, as most systems
    /// have it.
    pub fn times(self, other: Number) -> Number {
        operation!(self, other, checked_mul, *, complex::multiply, |a, b| a.times(&b))
    }

    /// The quotient; `None` if the divisor is exact zero.
    pub fn over(self, other: Number) -> Option<Number> {
        if other.is_exact_zero() {
            return None;
        }
        if !self.is_real() || !other.is_real() {
            return complex::divide(self, other);
        }
        if !self.is_exact() || !other.is_exact() {
            return Some(Number::Flonum(self.to_f64() / other.to_f64()));
        }
        if self.is_exact_integer() && other.is_exact_integer() {
            let (sign, denominator) = other.into_integer().into_parts();
            let numerator = self.into_integer() * sign;
            return Some(Number::from(Ratio::new(numerator, denominator)));
        }
        let divisor = other.into_ratio().reciprocal();
        Some(Number::from(self.into_ratio().times(&divisor)))
    }

    pub fn negated(self) -> Number {
        match self {
            Number::Fixnum(value) => {
                value.checked_neg().map_or_else(|| Number::Big(-IBig::from(value)), Number::Fixnum)
            }
            Number::Big(value) => Number::Big(-value),
            Number::Ratio(value) => Number::from(value.negated()),
            Number::Flonum(value) => Number::Flonum(-value),
            complex @ Number::Complex(_) => {
                let (real, imaginary) = complex.into_parts();
                Number::rectangular(real.negated(), imaginary.negated())
            }
        }
    }
}

/// The order of two real numbers; `None` if one is a NaN or not real.
pub fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Complex(_), _) | (_, Number::Complex(_)) => None,
        (Number::Fixnum(a), Number::Fixnum(b)) => Some(a.cmp(b)),
        (Number::Flonum(a), Number::Flonum(b)) => a.partial_cmp(b),
        (Number::Flonum(a), exact) => order_inexact(*a, exact),
        (exact, Number::Flonum(b)) => order_inexact(*b, exact).map(Ordering::reverse),
        (Number::Big(a), Number::Big(b)) => Some(a.cmp(b)),
        (a, b) => Some(a.to_ratio().cmp(&b.to_ratio())),
    }
}

/// The order of a flonum and an exact number, without rounding either.
fn order_inexact(inexact: f64, exact: &Number) -> Option<Ordering> {
    if inexact.is_nan() {
        return None;
    }
    if inexact.is_infinite() {
        return Some(if inexact > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    if let Number::Fixnum(small) = exact
        && small.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
    {
        return inexact.partial_cmp(&(*small as f64));
    }
    Some(Ratio::from_f64(inexact).cmp(&exact.to_ratio()))
}

/// Whether two numbers are equal in the sense of `=`.
pub fn equal(left: &Number, right: &Number) -> bool {
    match (left, right) {
        (Number::Complex(a), Number::Complex(b)) => {
            equal(a.real(), b.real()) && equal(a.imaginary(), b.imaginary())
        }
        (Number::Complex(complex), real) | (real, Number::Complex(complex)) => {
            // The imaginary part can be inexact zero.
            equal(complex.imaginary(), &Number::Fixnum(0)) && equal(complex.real(), real)
        }
        _ => order(left, right) == Some(Ordering::Equal),
    }
}
