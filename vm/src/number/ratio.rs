//! Exact rational numbers in lowest terms, and the correctly rounded ways between them and flonums.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, DivRem, Gcd, SquareRoot};
use dashu_int::{IBig, Sign, UBig};

/// Bits of a flonum's mantissa, the leading one included.
const MANTISSA_BITS: i64 = 53;
/// Power of two that the least subnormal flonum stands for.
const LEAST_EXPONENT: i64 = -1074;
/// Greatest power of two in a finite flonum's leading bit.
const GREATEST_EXPONENT: i64 = 1023;
/// Bits of a quotient or root that decide how it is rounded, with one more for all that follow.
const ROUNDING_BITS: i64 = 66;

/// An exact rational number: numerator and denominator have no common divisor, and the denominator
/// is at least 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: IBig,
    denominator: UBig,
}

impl From<IBig> for Ratio {
    fn from(numerator: IBig) -> Ratio {
        Ratio { numerator, denominator: UBig::ONE }
    }
}

impl Ratio {
    /// A fraction in lowest terms.
    ///
    /// # Panics
    /// If the denominator is zero.
    pub fn new(numerator: IBig, denominator: UBig) -> Ratio {
        assert!(!denominator.is_zero(), "a fraction has a denominator");
        let common = (&numerator).gcd(&denominator);
        if common.is_one() {
            return Ratio { numerator, denominator };
        }
        Ratio { numerator: numerator / &common, denominator: denominator / common }
    }

    /// A fraction whose parts are known to be in lowest terms, the denominator above zero.
    pub fn of_parts(numerator: IBig, denominator: UBig) -> Ratio {
        debug_assert!((&numerator).gcd(&denominator).is_one());
        Ratio { numerator, denominator }
    }

    /// As [`Ratio::of_parts`], for parts of a heap whose verification does not look at long ones.
    pub(super) fn of_heap(numerator: IBig, denominator: UBig) -> Option<Ratio> {
        (!denominator.is_zero()).then_some(Ratio { numerator, denominator })
    }

    pub fn numerator(&self) -> &IBig {
        &self.numerator
    }

    pub fn denominator(&self) -> &UBig {
        &self.denominator
    }

    pub fn into_parts(self) -> (IBig, UBig) {
        (self.numerator, self.denominator)
    }

    pub fn is_integer(&self) -> bool {
        self.denominator.is_one()
    }

    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    pub fn is_negative(&self) -> bool {
        self.numerator.sign() == Sign::Negative
    }

    /// Bits of the longer part.
    pub fn bits(&self) -> usize {
        self.numerator.bit_len().max(self.denominator.bit_len())
    }

    pub fn negated(self) -> Ratio {
        Ratio { numerator: -self.numerator, denominator: self.denominator }
    }

    pub fn magnitude(self) -> Ratio {
        if self.is_negative() { self.negated() } else { self }
    }

    /// # Panics
    /// If the number is zero.
    pub fn reciprocal(self) -> Ratio {
        assert!(!self.is_zero(), "zero has no reciprocal");
        let (sign, magnitude) = self.numerator.into_parts();
        Ratio { numerator: IBig::from_parts(sign, self.denominator), denominator: magnitude }
    }

    pub fn plus(&self, other: &Ratio) -> Ratio {
        // Knuth, The Art of Computer Programming, 4.5.1: divisors of the parts are shorter than that
        // of the whole.
        let common = (&self.denominator).gcd(&other.denominator);
        if common.is_one() {
            let left = &self.numerator * &other.denominator;
            let right = &other.numerator * &self.denominator;
            let denominator = &self.denominator * &other.denominator;
            return Ratio { numerator: left + right, denominator };
        }
        let (left, right) = (&self.denominator / &common, &other.denominator / &common);
        let sum = &self.numerator * &right + &other.numerator * &left;
        let again = (&sum).gcd(&common);
        let denominator = left * (&other.denominator / &again);
        Ratio { numerator: sum / again, denominator }
    }

    pub fn times(&self, other: &Ratio) -> Ratio {
        let first = (&self.numerator).gcd(&other.denominator);
        let second = (&other.numerator).gcd(&self.denominator);
        Ratio {
            numerator: (&self.numerator / &first) * (&other.numerator / &second),
            denominator: (&self.denominator / second) * (&other.denominator / first),
        }
    }

    /// The number to the power of an integer.
    ///
    /// # Panics
    /// If the number is zero and the exponent negative.
    pub fn power(&self, exponent: usize, negative: bool) -> Ratio {
        let power = Ratio {
            numerator: self.numerator.pow(exponent),
            denominator: self.denominator.pow(exponent),
        };
        if negative { power.reciprocal() } else { power }
    }

    /// The root of this degree if it is rational; of a number that is not negative.
    pub fn root(&self, degree: usize) -> Option<Ratio> {
        let (_, magnitude) = self.numerator.clone().into_parts();
        let numerator = exact_root(&magnitude, degree)?;
        let denominator = exact_root(&self.denominator, degree)?;
        Some(Ratio { numerator: numerator.into(), denominator })
    }

    /// The greatest integer not above.
    pub fn floor(&self) -> IBig {
        let (quotient, remainder) = (&self.numerator).div_rem(&self.denominator);
        if remainder.sign() == Sign::Negative { quotient - IBig::ONE } else { quotient }
    }

    /// The least integer not below.
    pub fn ceiling(&self) -> IBig {
        if self.is_integer() { self.numerator.clone() } else { self.floor() + IBig::ONE }
    }

    /// The integer before the point.
    pub fn truncated(&self) -> IBig {
        &self.numerator / &self.denominator
    }

    /// The nearest integer, of two the even one.
    pub fn rounded(&self) -> IBig {
        let below = self.floor();
        let doubled = (&self.numerator - &below * &self.denominator) * IBig::from(2);
        match doubled.cmp(&IBig::from(self.denominator.clone())) {
            Ordering::Greater => below + IBig::ONE,
            Ordering::Equal if below.bit(0) => below + IBig::ONE,
            _ => below,
        }
    }

    /// The exact value of a finite flonum.
    ///
    /// # Panics
    /// For infinities and NaN.
    pub fn from_f64(value: f64) -> Ratio {
        assert!(value.is_finite(), "{value} is no rational number");
        let (mantissa, exponent) = decompose(value);
        if mantissa == 0 {
            return Ratio::from(IBig::ZERO);
        }
        let zeros = mantissa.trailing_zeros();
        let (odd, exponent) = (mantissa >> zeros, exponent + i64::from(zeros));
        let sign = if value < 0.0 { Sign::Negative } else { Sign::Positive };
        let odd = IBig::from_parts(sign, UBig::from(odd));
        let distance = exponent.unsigned_abs() as usize;
        if exponent >= 0 {
            return Ratio::from(odd << distance);
        }
        Ratio { numerator: odd, denominator: UBig::ONE << distance }
    }

    /// The nearest flonum, of two the even one; infinite beyond the greatest.
    pub fn to_f64(&self) -> f64 {
        if self.is_integer() {
            return integer_f64(&self.numerator);
        }
        let (sign, magnitude) = self.numerator.clone().into_parts();
        let value = Ratio::quotient_f64(magnitude, &self.denominator);
        if sign == Sign::Negative { -value } else { value }
    }

    /// The flonum nearest to a quotient, which need not be in lowest terms.
    ///
    /// # Panics
    /// If the denominator is zero.
    pub fn quotient_f64(numerator: UBig, denominator: &UBig) -> f64 {
        let excess = numerator.bit_len() as i64 - denominator.bit_len() as i64;
        if numerator.is_zero() || excess < LEAST_EXPONENT - 2 {
            return 0.0;
        }
        if excess > GREATEST_EXPONENT + 2 {
            return f64::INFINITY;
        }
        let shift = ROUNDING_BITS - excess;
        let (quotient, is_exact) = scaled_quotient(numerator, denominator, shift);
        let bits = u128::try_from(quotient).expect("some 67 bits");
        nearest_f64(bits | u128::from(!is_exact), -shift)
    }

    /// The flonum nearest to the square root of a number that is not negative.
    pub fn square_root_f64(&self) -> f64 {
        if self.is_zero() {
            return 0.0;
        }
        let (_, magnitude) = self.numerator.clone().into_parts();
        let excess = magnitude.bit_len() as i64 - self.denominator.bit_len() as i64;
        // An even power of two, so that it can be taken out of the root.
        let shift = ROUNDING_BITS - excess.div_euclid(2);
        let (scaled, is_exact) = scaled_quotient(magnitude, &self.denominator, 2 * shift);
        let root = scaled.sqrt();
        let is_exact = is_exact && &root * &root == scaled;
        let bits = u128::try_from(&root).expect("some 67 bits");
        nearest_f64(bits | u128::from(!is_exact), -shift)
    }

    /// The simplest number from `low` to `high`: that with the least denominator, and then the least
    /// numerator (R7RS, `rationalize`).
    pub fn simplest(low: &Ratio, high: &Ratio) -> Ratio {
        if low.is_negative() && !high.is_negative() || low.is_zero() {
            return Ratio::from(IBig::ZERO);
        }
        if high.is_negative() {
            let (low, high) = (high.clone().negated(), low.clone().negated());
            return Ratio::simplest(&low, &high).negated();
        }
        let (mut low, mut high) = (low.clone(), high.clone());
        let mut terms = Vec::new();
        // The continued fractions of both ends, as far as they agree, and one term more.
        loop {
            let whole = low.floor();
            let rest = |end: &Ratio| Ratio {
                numerator: &end.numerator - &whole * &end.denominator,
                denominator: end.denominator.clone(),
            };
            let (low_rest, high_rest) = (rest(&low), rest(&high));
            // Not asked by the denominator: in a damaged heap a ratio may not be in lowest terms.
            if low_rest.is_zero() {
                terms.push(whole);
                break;
            }
            if whole < high.floor() {
                terms.push(whole + IBig::ONE);
                break;
            }
            (low, high) = (high_rest.reciprocal(), low_rest.reciprocal());
            terms.push(whole);
        }
        let mut result = Ratio::from(terms.pop().expect("at least one term"));
        for term in terms.into_iter().rev() {
            result = Ratio::from(term).plus(&result.reciprocal());
        }
        result
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = &self.numerator * &other.denominator;
        left.cmp(&(&other.numerator * &self.denominator))
    }
}

/// The root of this degree of an integer if it is an integer.
fn exact_root(integer: &UBig, degree: usize) -> Option<UBig> {
    if integer.is_zero() || integer.is_one() {
        return Some(integer.clone());
    }
    // The root would lie between 1 and 2.
    if degree >= integer.bit_len() {
        return None;
    }
    let root = if degree == 2 { integer.sqrt() } else { integer.nth_root(degree) };
    (root.pow(degree) == *integer).then_some(root)
}

/// Mantissa and power of two of a finite flonum's magnitude.
pub(super) fn decompose(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
    if exponent == 0 { (fraction, LEAST_EXPONENT) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// The flonum nearest to an integer, of two the even one; infinite beyond the greatest. Not dashu's, which
/// rounds some integers of 129 bits down (dashu-int 0.6).
pub fn integer_f64(integer: &IBig) -> f64 {
    if let Ok(small) = i64::try_from(integer) {
        return small as f64;
    }
    let (sign, magnitude) = integer.clone().into_parts();
    let shift = (magnitude.bit_len() as i64 - ROUNDING_BITS).max(0);
    let value = if shift > GREATEST_EXPONENT {
        f64::INFINITY
    } else {
        let is_exact = magnitude.trailing_zeros().is_none_or(|zeros| zeros as i64 >= shift);
        let bits = u128::try_from(magnitude >> shift as usize).expect("some 66 bits");
        nearest_f64(bits | u128::from(!is_exact), shift)
    };
    if sign == Sign::Negative { -value } else { value }
}

/// A quotient times a power of two, without what follows the point, and whether that is nothing.
fn scaled_quotient(numerator: UBig, denominator: &UBig, shift: i64) -> (UBig, bool) {
    let distance = shift.unsigned_abs() as usize;
    let (quotient, remainder) = if shift >= 0 {
        (numerator << distance).div_rem(denominator)
    } else {
        numerator.div_rem(denominator << distance)
    };
    (quotient, remainder.is_zero())
}

/// The flonum nearest to `mantissa` times a power of two, of two the even one. The lowest bit may
/// stand for any number of bits behind it if there are more than 55.
fn nearest_f64(mantissa: u128, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 128 - i64::from(mantissa.leading_zeros());
    // The power of two of the lowest bit that stays.
    let lowest = (exponent + bits - MANTISSA_BITS).max(LEAST_EXPONENT);
    let dropped = lowest - exponent;
    let kept = if dropped <= 0 {
        mantissa << -dropped
    } else if dropped > 127 {
        0
    } else {
        let (kept, rest) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1));
        let half = 1u128 << (dropped - 1);
        kept + u128::from(rest > half || rest == half && kept & 1 == 1)
    };
    // Rounding may have carried into one bit more; the sum below carries into the exponent too.
    let kept = kept as u64;
    let leading = lowest + MANTISSA_BITS - 1;
    if leading > GREATEST_EXPONENT {
        return f64::INFINITY;
    }
    if kept < 1 << 52 {
        return f64::from_bits(kept);
    }
    f64::from_bits(((leading + 1022) as u64 * (1 << 52)) + kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: i64, denominator: u64) -> Ratio {
        Ratio::new(numerator.into(), denominator.into())
    }

    #[test]
    fn flonums_become_ratios_and_come_back() {
        for value in [0.0, 1.0, -1.5, 0.1, 5e-324, f64::MAX, f64::MIN_POSITIVE, -2.5e-310, 1e22] {
            assert_eq!(Ratio::from_f64(value).to_f64(), value, "{value}");
        }
        assert_eq!(Ratio::from_f64(0.75), ratio(3, 4));
    }

    #[test]
    fn integers_are_rounded_to_the_nearest_even_flonum() {
        let power = |n: usize| IBig::ONE << n;
        assert_eq!(integer_f64(&(IBig::from(25620477880152155u64) << 74)), 4.839571440653347e38);
        assert_eq!(integer_f64(&-(power(200) + IBig::ONE)), -(2f64.powi(200)));
        assert_eq!(integer_f64(&(power(117) + power(64))), 2f64.powi(117));
        assert_eq!(integer_f64(&(power(117) + power(64) + IBig::ONE)), 2f64.powi(117).next_up());
        assert_eq!(integer_f64(&(power(1024) - power(970) - IBig::ONE)), f64::MAX);
        assert_eq!(integer_f64(&(power(1024) - power(970))), f64::INFINITY);
        assert_eq!(integer_f64(&-power(5000)), f64::NEG_INFINITY);
        assert_eq!(integer_f64(&IBig::from(i64::MIN)), i64::MIN as f64);
    }

    #[test]
    fn quotients_are_rounded_to_the_nearest_even_flonum() {
        assert_eq!(ratio(1, 3).to_f64(), 1.0 / 3.0);
        let power = |n: usize| UBig::ONE << n;
        // Half of the least subnormal is a tie with zero; a little more is not.
        assert_eq!(Ratio::new(1.into(), power(1075)).to_f64(), 0.0);
        assert_eq!(Ratio::new(3.into(), power(1076)).to_f64(), 5e-324);
        assert_eq!(Ratio::new(3.into(), power(1075)).to_f64(), 1e-323);
        // Between 1 and its successor: ties go to the even one.
        let above = |extra: u64| Ratio::new(IBig::from(power(54)) + IBig::from(extra), power(54));
        assert_eq!(above(2).to_f64(), 1.0);
        assert_eq!(above(3).to_f64(), 1.0 + f64::EPSILON);
        assert_eq!(above(6).to_f64(), 1.0 + 2.0 * f64::EPSILON);
        // What rounds up to 2^1024 is infinite.
        let most = IBig::from(power(1025)) - IBig::from(power(971));
        assert_eq!(Ratio::new(most.clone() - IBig::ONE, 2u8.into()).to_f64(), f64::MAX);
        assert_eq!(Ratio::new(most.clone() + IBig::ONE, 2u8.into()).to_f64(), f64::INFINITY);
    }

    #[test]
    fn rounding_goes_to_the_even_neighbour() {
        for (numerator, denominator, floor, ceiling, truncated, rounded) in [
            (7, 2, 3, 4, 3, 4),
            (5, 2, 2, 3, 2, 2),
            (-5, 2, -3, -2, -2, -2),
            (-7, 2, -4, -3, -3, -4),
            (-1, 3, -1, 0, 0, 0),
            (8, 3, 2, 3, 2, 3),
        ] {
            let of = ratio(numerator, denominator);
            let found = [of.floor(), of.ceiling(), of.truncated(), of.rounded()];
            assert_eq!(found, [floor, ceiling, truncated, rounded].map(IBig::from), "{of:?}");
        }
    }

    #[test]
    fn the_simplest_number_of_an_interval() {
        let simplest = |low, high| Ratio::simplest(&low, &high);
        assert_eq!(simplest(ratio(1, 5), ratio(2, 5)), ratio(1, 3));
        assert_eq!(simplest(ratio(-2, 5), ratio(-1, 5)), ratio(-1, 3));
        assert_eq!(simplest(ratio(-1, 5), ratio(1, 5)), ratio(0, 1));
        assert_eq!(simplest(ratio(3, 1), ratio(7, 2)), ratio(3, 1));
        assert_eq!(simplest(ratio(314, 100), ratio(315, 100)), ratio(22, 7));
        assert_eq!(simplest(ratio(2, 7), ratio(2, 7)), ratio(2, 7));
    }

    #[test]
    fn roots_are_exact_or_correctly_rounded() {
        assert_eq!(ratio(9, 4).root(2), Some(ratio(3, 2)));
        assert_eq!(ratio(8, 27).root(3), Some(ratio(2, 3)));
        assert_eq!(ratio(2, 1).root(2), None);
        assert_eq!(ratio(2, 1).square_root_f64(), 2f64.sqrt());
        let huge = Ratio::from(IBig::from(10).pow(401));
        assert_eq!(huge.square_root_f64(), 3.1622776601683794e200);
        assert_eq!(huge.reciprocal().square_root_f64(), 3.1622776601683794e-201);
    }
}
