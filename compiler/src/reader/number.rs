//! Numbers from text (R7RS 7.1.1), for the reader and for `string->number`.
//!
//! Exact integers of any size and flonums are numbers of this version; rationals and complex
//! numbers are recognised only to say so.

use crate::datum::Number;
use dashu_int::UBig;
use pscheme_vm::inline::{FIXNUM_MAX, FIXNUM_MIN};

/// Greatest power of ten that `#e` multiplies or divides by: `#e1e1000000000` is no accident.
pub const EXACT_EXPONENT_MAX: i64 = 65_536;

/// What a text is, seen as a number.
#[derive(Clone, Debug, PartialEq)]
pub enum NumberText {
    Number(Number),
    /// A number of R7RS that this version does not have; says which sort.
    NotInThisVersion(&'static str),
    NotANumber,
}

#[derive(Clone, Copy, PartialEq)]
enum Exactness {
    Exact,
    Inexact,
    AsWritten,
}

/// The number a text stands for (R7RS `string->number`), or `None`. `radix` is 2, 8, 10 or 16 and
/// holds unless the text has a radix prefix.
///
/// # Example
/// ```
/// use pscheme_compiler::{datum::Number, reader::parse_number};
/// assert_eq!(parse_number("ff", 16), Some(Number::Fixnum(255)));
/// assert_eq!(parse_number("#e1.5e1", 10), Some(Number::Fixnum(15)));
/// assert_eq!(parse_number("-", 10), None);
/// ```
pub fn parse_number(text: &str, radix: u32) -> Option<Number> {
    match classify_number(text, radix) {
        NumberText::Number(number) => Some(number),
        _ => None,
    }
}

/// As [`parse_number`], telling numbers that do not exist in this version from other text.
pub fn classify_number(text: &str, radix: u32) -> NumberText {
    let mut rest = text;
    let (mut radix, mut radix_given) = (radix, false);
    let mut exactness = Exactness::AsWritten;
    while let Some(prefix) = rest.strip_prefix('#') {
        let Some(letter) = prefix.chars().next() else { return NumberText::NotANumber };
        let new_radix = match letter.to_ascii_lowercase() {
            'b' => Some(2),
            'o' => Some(8),
            'd' => Some(10),
            'x' => Some(16),
            _ => None,
        };
        let new_exactness = match letter.to_ascii_lowercase() {
            'e' => Some(Exactness::Exact),
            'i' => Some(Exactness::Inexact),
            _ => None,
        };
        match (new_radix, new_exactness) {
            (Some(new_radix), _) if !radix_given => (radix, radix_given) = (new_radix, true),
            (_, Some(new)) if exactness == Exactness::AsWritten => exactness = new,
            _ => return NumberText::NotANumber,
        }
        rest = &prefix[1..];
    }
    match real(rest, radix, exactness) {
        NumberText::NotANumber if is_complex(rest, radix) => {
            NumberText::NotInThisVersion("complex numbers")
        }
        other => other,
    }
}

fn is_real(text: &str, radix: u32) -> bool {
    real(text, radix, Exactness::AsWritten) != NumberText::NotANumber
}

fn is_complex(text: &str, radix: u32) -> bool {
    if let Some((magnitude, angle)) = text.split_once('@') {
        return is_real(magnitude, radix) && is_real(angle, radix);
    }
    let Some(parts) = text.strip_suffix(['i', 'I']) else { return false };
    // The imaginary part begins at a sign; a sign inside an exponent leaves no real on its left.
    parts.match_indices(['+', '-']).any(|(position, _)| {
        let (left, right) = parts.split_at(position);
        (left.is_empty() || is_real(left, radix)) && (right.len() == 1 || is_real(right, radix))
    })
}

fn real(text: &str, radix: u32, exactness: Exactness) -> NumberText {
    let (negative, signed, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, true, &text[1..]),
        Some(b'+') => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    if signed && exactness != Exactness::Exact {
        let sign = if negative { -1.0 } else { 1.0 };
        match unsigned.to_ascii_lowercase().as_str() {
            "inf.0" => return NumberText::Number(Number::Flonum(sign * f64::INFINITY)),
            "nan.0" => return NumberText::Number(Number::Flonum(f64::NAN)),
            _ => {}
        }
    }
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_digit(radix));
    if all_digits(unsigned) {
        return NumberText::Number(integer(text, unsigned, negative, radix, exactness));
    }
    if let Some((numerator, denominator)) = unsigned.split_once('/') {
        let rational = all_digits(numerator) && all_digits(denominator);
        return if rational {
            NumberText::NotInThisVersion("rational numbers")
        } else {
            NumberText::NotANumber
        };
    }
    if radix == 10 { decimal(unsigned, negative, exactness) } else { NumberText::NotANumber }
}

fn integer(text: &str, digits: &str, negative: bool, radix: u32, exactness: Exactness) -> Number {
    if exactness == Exactness::Inexact {
        let magnitude = if radix == 10 {
            digits.parse().expect("digits are a decimal number")
        } else {
            natural(digits, radix).to_f64().value()
        };
        return Number::Flonum(if negative { -magnitude } else { magnitude });
    }
    match i64::from_str_radix(text, radix) {
        Ok(value) if (FIXNUM_MIN..=FIXNUM_MAX).contains(&value) => Number::Fixnum(value),
        _ => exact(negative, natural(digits, radix)),
    }
}

fn natural(digits: &str, radix: u32) -> UBig {
    UBig::from_str_radix(digits, radix).expect("the digits were checked")
}

/// An exact integer in its canonical form.
fn exact(negative: bool, magnitude: UBig) -> Number {
    if let Ok(small) = i64::try_from(&magnitude) {
        let value = if negative { -small } else { small };
        if (FIXNUM_MIN..=FIXNUM_MAX).contains(&value) {
            return Number::Fixnum(value);
        }
    }
    Number::Big { negative, magnitude: magnitude.as_words().to_vec() }
}

fn decimal(text: &str, negative: bool, exactness: Exactness) -> NumberText {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(position) => (&text[..position], Some(&text[position + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let correct = digits_only(whole)
        && digits_only(fraction)
        && whole.len() + fraction.len() > 0
        && exponent_digits.is_none_or(|text| !text.is_empty() && digits_only(text));
    if !correct {
        return NumberText::NotANumber;
    }
    if exactness == Exactness::Exact {
        // An exponent too long for 64 bits is far above the limit either way.
        let exponent = exponent.map_or(0, |text| text.parse().unwrap_or(i64::MAX / 2));
        return exact_decimal(whole, fraction, exponent, negative);
    }
    let magnitude: f64 = text.parse().expect("the shape was checked");
    NumberText::Number(Number::Flonum(if negative { -magnitude } else { magnitude }))
}

fn exact_decimal(whole: &str, fraction: &str, exponent: i64, negative: bool) -> NumberText {
    let mantissa = natural(&format!("0{whole}{fraction}"), 10);
    let shift = exponent - fraction.len() as i64;
    if mantissa == UBig::ZERO {
        return NumberText::Number(Number::Fixnum(0));
    }
    if shift.abs() > EXACT_EXPONENT_MAX {
        return NumberText::NotInThisVersion("exact numbers with an exponent above 65,536");
    }
    let power = UBig::from(10u8).pow(shift.unsigned_abs() as usize);
    if shift >= 0 {
        return NumberText::Number(exact(negative, mantissa * power));
    }
    if &mantissa % &power != UBig::ZERO {
        return NumberText::NotInThisVersion("rational numbers");
    }
    NumberText::Number(exact(negative, mantissa / power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Number::{Fixnum, Flonum};

    fn big(negative: bool, magnitude: &[u64]) -> Option<Number> {
        Some(Number::Big { negative, magnitude: magnitude.to_vec() })
    }

    #[test]
    fn integers_in_all_radices() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+12", 12),
            ("#xff", 255),
            ("#X-Ff", -255),
            ("#b101", 5),
            ("#o17", 15),
            ("#d10", 10),
            ("#e10", 10),
            ("#x#e10", 16),
            ("#e#x10", 16),
            ("#e1e3", 1000),
            ("#e12.50e1", 125),
            ("#e-0.0", 0),
            ("1152921504606846975", FIXNUM_MAX),
            ("-1152921504606846976", FIXNUM_MIN),
        ] {
            assert_eq!(parse_number(text, 10), Some(Fixnum(value)), "{text}");
        }
        assert_eq!(parse_number("1152921504606846976", 10), big(false, &[1 << 60]));
        assert_eq!(parse_number("-1152921504606846977", 10), big(true, &[(1 << 60) + 1]));
        assert_eq!(parse_number("18446744073709551616", 10), big(false, &[0, 1]));
        assert_eq!(parse_number("#e1e20", 10), big(false, &[7766279631452241920, 5]));
        assert_eq!(parse_number("-10000000000000000", 16), big(true, &[0, 1]));
    }

    #[test]
    fn flonums_are_rounded_correctly() {
        for (text, value) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("-1e3", -1000.0),
            ("1E-3", 0.001),
            ("#i10", 10.0),
            ("#i-0", -0.0),
            ("#x#iff", 255.0),
            ("1e400", f64::INFINITY),
            ("+inf.0", f64::INFINITY),
            ("-INF.0", f64::NEG_INFINITY),
            ("2.2250738585072011e-308", 2.225073858507201e-308),
            ("#i#x20000000000001", 9007199254740992.0),
            ("#i#x20000000000003", 9007199254740996.0),
        ] {
            let Some(Flonum(read)) = parse_number(text, 10) else { panic!("{text}") };
            assert_eq!(read.to_bits(), value.to_bits(), "{text}");
        }
        assert!(matches!(parse_number("+nan.0", 10), Some(Flonum(nan)) if nan.is_nan()));
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "", "+", "-", ".", "...", "+.", "1+", "e1", "1e", "1e+", "1.2.3", "--1", "#x", "#xg",
            "#e#e1", "#x#b1", "#", "1_000", "12a", "inf.0", "#e+inf.0", "1/", "/2", "a/b", "i",
            "@",
        ] {
            assert_eq!(classify_number(text, 10), NumberText::NotANumber, "{text}");
        }
        for text in ["1/2", "-1/2", "#e1.5", "#xa/b", "1+i", "+i", "-2i", "1e3-1e-3i", "1@2"] {
            assert!(matches!(classify_number(text, 10), NumberText::NotInThisVersion(_)), "{text}");
        }
    }
}
