//! Numbers as text in a radix (R7RS 7.1.1), so that the text reads back as the same number.

use std::fmt::Write;

use dashu_int::UBig;
use dashu_int::ops::DivRem;

use super::ratio::decompose;
use super::{Complex, Number};

/// Radix from which on `i` is a digit, so that an imaginary part alone would read as an integer.
const RADIX_WITH_DIGIT_I: u32 = 19;

impl Number {
    /// The external representation. Flonums have as few digits as tell them from all others, and
    /// outside radix 10 no exponent.
    ///
    /// # Panics
    /// If the radix is not from 2 to 36.
    pub fn text(&self, radix: u32) -> String {
        assert!((2..=36).contains(&radix));
        match self {
            Number::Fixnum(value) if radix == 10 => value.to_string(),
            Number::Fixnum(value) => {
                dashu_int::IBig::from(*value).in_radix(radix as u8).to_string()
            }
            Number::Big(value) => value.in_radix(radix as u8).to_string(),
            Number::Ratio(value) => {
                let numerator = value.numerator().in_radix(radix as u8);
                format!("{numerator}/{}", value.denominator().in_radix(radix as u8))
            }
            Number::Flonum(value) => flonum_text(*value, radix),
            Number::Complex(value) => complex_text(value, radix),
        }
    }
}

fn complex_text(complex: &Complex, radix: u32) -> String {
    let shows_real = !complex.real().is_exact_zero() || radix >= RADIX_WITH_DIGIT_I;
    let mut text = if shows_real { complex.real().text(radix) } else { String::new() };
    match complex.imaginary() {
        Number::Fixnum(1) => text.push('+'),
        Number::Fixnum(-1) => text.push('-'),
        imaginary => {
            let part = imaginary.text(radix);
            let has_sign = part.starts_with(['+', '-']);
            let _ = write!(text, "{}{part}", if has_sign { "" } else { "+" });
        }
    }
    text.push('i');
    text
}

/// The shortest text that reads back as the same flonum.
pub fn flonum_text(value: f64, radix: u32) -> String {
    if value.is_nan() {
        return "+nan.0".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+inf.0".into() } else { "-inf.0".into() };
    }
    if radix == 10 {
        return format!("{value:?}");
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0.0");
    }
    let (digits, point) = shortest_digits(value.abs(), radix);
    let text = place_point(&digits, point, radix);
    // Integers whose digits spell the name of an infinity or NaN.
    let name = matches!(text.as_str(), "inf.0" | "nan.0");
    format!("{sign}{text}{}", if name { "0" } else { "" })
}

/// Digits with a point behind the first `point` of them, zeros filled in where there are none.
fn place_point(digits: &[u32], point: i32, radix: u32) -> String {
    let mut text = String::new();
    if point <= 0 {
        text.push_str("0.");
        text.extend((point..0).map(|_| '0'));
    }
    for (index, &digit) in digits.iter().enumerate() {
        if index > 0 && index as i32 == point {
            text.push('.');
        }
        text.push(char::from_digit(digit, radix).expect("below the radix"));
    }
    if point >= digits.len() as i32 {
        text.extend((digits.len() as i32..point).map(|_| '0'));
        text.push_str(".0");
    }
    text
}

/// The fewest digits that tell a flonum above zero from its neighbours, and the place of the point
/// counted from the first (Steele and White, PLDI 1990, free format).
fn shortest_digits(value: f64, radix: u32) -> (Vec<u32>, i32) {
    let (mantissa, exponent) = decompose(value);
    // Below a power of two the neighbours are half as far away as above it.
    let is_uneven = mantissa == 1 << 52 && exponent > decompose(0.0).1;
    let is_even = mantissa & 1 == 0;
    let mut numerator = UBig::from(mantissa) << (1 + usize::from(is_uneven));
    let mut denominator = UBig::ONE << (1 + usize::from(is_uneven));
    let (mut below, mut above) = (UBig::ONE, UBig::ONE << usize::from(is_uneven));
    let distance = exponent.unsigned_abs() as usize;
    if exponent >= 0 {
        (numerator, below, above) = (numerator << distance, below << distance, above << distance);
    } else {
        denominator <<= distance;
    }
    let reaches = |sum: UBig, whole: &UBig| if is_even { sum >= *whole } else { sum > *whole };
    let base = UBig::from(radix);
    let mut point = 0;
    while reaches(&numerator + &above, &denominator) {
        denominator *= &base;
        point += 1;
    }
    while !reaches((&numerator + &above) * &base, &denominator) {
        (numerator, below, above) = (numerator * &base, below * &base, above * &base);
        point -= 1;
    }
    let mut digits = Vec::new();
    loop {
        (numerator, below, above) = (numerator * &base, below * &base, above * &base);
        let (digit, rest) = numerator.div_rem(&denominator);
        let digit = u32::try_from(digit).expect("below the radix");
        let low = if is_even { rest <= below } else { rest < below };
        let high = reaches(&rest + &above, &denominator);
        numerator = rest;
        if !low && !high {
            digits.push(digit);
            continue;
        }
        let is_nearer_above = &numerator * UBig::from(2u8) >= denominator;
        digits.push(if high && (!low || is_nearer_above) { digit + 1 } else { digit });
        return (digits, point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flonums_in_other_radices() {
        for (value, radix, text) in [
            (0.5, 2, "0.1"),
            (-0.0, 2, "-0.0"),
            (255.5, 16, "ff.8"),
            (1.0, 36, "1.0"),
            (1024.0, 2, "10000000000.0"),
            (0.1, 3, "0.0022002200220022002200220022002201"),
            ((18 * 24 * 24 + 23 * 24 + 15) as f64, 24, "inf.00"),
            (f64::INFINITY, 2, "+inf.0"),
        ] {
            assert_eq!(flonum_text(value, radix), text);
        }
    }

    #[test]
    fn digits_in_radix_10_are_those_of_rust() {
        for value in [0.1, 123.456, 9007199254740993.0, 1.7976931348623157e308, 5e-324, 0.3, 1e23] {
            let (digits, point) = shortest_digits(value, 10);
            let digits: String = digits.iter().map(u32::to_string).collect();
            assert_eq!(format!("0.{digits}e{point}").parse::<f64>(), Ok(value));
            let known = format!("{value:e}").replace('.', "");
            assert_eq!(known.split('e').next(), Some(digits.as_str()));
        }
    }
}
