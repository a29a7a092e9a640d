//! Numbers from text (R7RS 7.1.1), for the reader and for `string->number`.
//!
//! A text is gone through once, from the left, so that none takes more than time in proportion to its
//! length; what it says is computed afterwards, and no exact number beyond the limit is begun.

use crate::datum::Number;
use dashu_int::{IBig, Sign, UBig};
use pscheme_vm::number::{INTEGER_BITS_MAX, Ratio, integer_f64};

/// What a text is, seen as a number.
#[derive(Clone, Debug, PartialEq)]
pub enum NumberText {
    Number(Number),
    /// An exact number of more than [`INTEGER_BITS_MAX`] bits.
    TooLarge,
    NotANumber,
}

#[derive(Clone, Copy, PartialEq)]
enum Exactness {
    Exact,
    Inexact,
    AsWritten,
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Refusal {
    TooLarge,
    NotANumber,
}

/// The number a text stands for (R7RS `string->number`), or `None`. `radix` is from 2 to 36 and holds
/// unless the text has a radix prefix. Beyond R7RS a point may stand in digits of every radix.
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

/// As [`parse_number`], telling numbers beyond the limit from other text.
pub fn classify_number(text: &str, radix: u32) -> NumberText {
    let number = match prefixes(text, radix) {
        Some((rest, radix, exactness)) => complex(rest, radix, exactness),
        None => Err(Refusal::NotANumber),
    };
    match number.map(Number::canonical) {
        Ok(number) if number.bits() <= INTEGER_BITS_MAX => NumberText::Number(number),
        Ok(_) | Err(Refusal::TooLarge) => NumberText::TooLarge,
        Err(Refusal::NotANumber) => NumberText::NotANumber,
    }
}

/// Takes off the prefixes, in either order.
fn prefixes(text: &str, radix: u32) -> Option<(&str, u32, Exactness)> {
    let (mut rest, mut given) = (text, (None, None));
    while let Some(prefix) = rest.strip_prefix('#') {
        match prefix.chars().next()?.to_ascii_lowercase() {
            'b' if given.0.is_none() => given.0 = Some(2),
            'o' if given.0.is_none() => given.0 = Some(8),
            'd' if given.0.is_none() => given.0 = Some(10),
            'x' if given.0.is_none() => given.0 = Some(16),
            'e' if given.1.is_none() => given.1 = Some(Exactness::Exact),
            'i' if given.1.is_none() => given.1 = Some(Exactness::Inexact),
            _ => return None,
        }
        rest = &prefix[1..];
    }
    Some((rest, given.0.unwrap_or(radix), given.1.unwrap_or(Exactness::AsWritten)))
}

fn complex(text: &str, radix: u32, exactness: Exactness) -> Result<Number, Refusal> {
    if let Some((real, "")) = RealText::scan(text, radix) {
        return real.value(radix, exactness);
    }
    // The parts keep what is written until they are put together: `#i1@0` is 1.0.
    let of_part = if exactness == Exactness::Exact { exactness } else { Exactness::AsWritten };
    let value = |real: &RealText| real.value(radix, of_part);
    let number = match text.strip_suffix(['i', 'I']) {
        Some(parts) => {
            let (real, imaginary) = rectangular(parts, radix).ok_or(Refusal::NotANumber)?;
            let real = real.map_or(Ok(Number::Fixnum(0)), |real| value(&real))?;
            Number::rectangular(
                real,
                imaginary.map_or_else(|unit| Ok(Number::Fixnum(unit)), |part| value(&part))?,
            )
        }
        None => {
            let (magnitude, rest) = RealText::scan(text, radix).ok_or(Refusal::NotANumber)?;
            let angle = rest.strip_prefix('@').and_then(|rest| RealText::scan(rest, radix));
            let Some((angle, "")) = angle else { return Err(Refusal::NotANumber) };
            Number::polar(value(&magnitude)?, value(&angle)?)
        }
    };
    match exactness {
        Exactness::Exact => number.to_exact().ok_or(Refusal::NotANumber),
        Exactness::Inexact => Ok(number.to_inexact()),
        Exactness::AsWritten => Ok(number),
    }
}

/// Real and imaginary part of what stands before the `i`; the latter is 1 or -1 where only its sign is
/// written.
fn rectangular(
    text: &str,
    radix: u32,
) -> Option<(Option<RealText<'_>>, Result<RealText<'_>, i64>)> {
    let imaginary = |text| match text {
        "+" => Some(Err(1)),
        "-" => Some(Err(-1)),
        _ => match RealText::scan(text, radix)? {
            (part, "") if part.sign.is_some() => Some(Ok(part)),
            _ => None,
        },
    };
    if let Some(imaginary) = imaginary(text) {
        return Some((None, imaginary));
    }
    let (real, rest) = RealText::scan(text, radix)?;
    Some((Some(real), imaginary(rest)?))
}

/// A real number as it is written.
struct RealText<'text> {
    sign: Option<Sign>,
    digits: Digits<'text>,
}

enum Digits<'text> {
    Infinity,
    NotANumber,
    Integer(&'text str),
    Ratio(&'text str, &'text str),
    /// With a point or an exponent; the whole text too.
    Decimal {
        text: &'text str,
        whole: &'text str,
        fraction: &'text str,
        exponent: Option<&'text str>,
    },
}

/// The digits a text begins with, and the rest.
fn split_digits(text: &str, radix: u32) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len()))
}

/// The name of an infinity or NaN that a text behind a sign begins with. In radices with these letters
/// as digits it is one only if the number ends there.
fn named(text: &str) -> Option<(Digits<'_>, &str)> {
    let name = text.get(..5)?;
    let digits = if name.eq_ignore_ascii_case("inf.0") {
        Digits::Infinity
    } else if name.eq_ignore_ascii_case("nan.0") {
        Digits::NotANumber
    } else {
        return None;
    };
    let rest = &text[5..];
    let ends = matches!(rest, "" | "i" | "I") || rest.starts_with(['+', '-', '@']);
    ends.then_some((digits, rest))
}

impl<'text> RealText<'text> {
    /// The longest real number that a text begins with, and the rest.
    fn scan(text: &'text str, radix: u32) -> Option<(RealText<'text>, &'text str)> {
        let (sign, unsigned) = match text.as_bytes().first()? {
            b'+' => (Some(Sign::Positive), &text[1..]),
            b'-' => (Some(Sign::Negative), &text[1..]),
            _ => (None, text),
        };
        if sign.is_some()
            && let Some((digits, rest)) = named(unsigned)
        {
            return Some((RealText { sign, digits }, rest));
        }
        let (whole, rest) = split_digits(unsigned, radix);
        if !whole.is_empty()
            && let Some(denominator) = rest.strip_prefix('/')
        {
            let (denominator, rest) = split_digits(denominator, radix);
            let digits = Digits::Ratio(whole, denominator);
            return (!denominator.is_empty()).then_some((RealText { sign, digits }, rest));
        }
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(behind) => {
                let (fraction, rest) = split_digits(behind, radix);
                (Some(fraction), rest)
            }
            None => (None, rest),
        };
        if whole.is_empty() && fraction.is_none_or(str::is_empty) {
            return None;
        }
        let (exponent, rest) = if radix == 10 { split_exponent(rest) } else { (None, rest) };
        let digits = if fraction.is_none() && exponent.is_none() {
            Digits::Integer(whole)
        } else {
            let text = &unsigned[..unsigned.len() - rest.len()];
            Digits::Decimal { text, whole, fraction: fraction.unwrap_or(""), exponent }
        };
        Some((RealText { sign, digits }, rest))
    }

    fn value(&self, radix: u32, exactness: Exactness) -> Result<Number, Refusal> {
        let sign = self.sign.unwrap_or(Sign::Positive);
        let inexact = |magnitude: f64| {
            Number::Flonum(if sign == Sign::Negative { -magnitude } else { magnitude })
        };
        let exact = |magnitude: UBig| Number::Big(IBig::from_parts(sign, magnitude));
        match self.digits {
            Digits::Infinity | Digits::NotANumber if exactness == Exactness::Exact => {
                Err(Refusal::NotANumber)
            }
            Digits::Infinity => Ok(inexact(f64::INFINITY)),
            Digits::NotANumber => Ok(Number::Flonum(f64::NAN)),
            Digits::Integer(digits) if exactness == Exactness::Inexact => {
                if radix == 10 {
                    return Ok(inexact(digits.parse().expect("digits are a decimal number")));
                }
                Ok(inexact(integer_f64(&natural(digits, radix)?.into())))
            }
            Digits::Integer(digits) => match i64::from_str_radix(digits, radix) {
                Ok(small) if sign == Sign::Negative => Ok(Number::Fixnum(-small)),
                Ok(small) => Ok(Number::Fixnum(small)),
                Err(_) => Ok(exact(natural(digits, radix)?)),
            },
            Digits::Ratio(numerator, denominator) => {
                let numerator = natural(numerator, radix)?;
                let denominator = natural(denominator, radix)?;
                if denominator.is_zero() {
                    return Err(Refusal::NotANumber);
                }
                if exactness == Exactness::Inexact {
                    return Ok(inexact(Ratio::quotient_f64(numerator, &denominator)));
                }
                let whole = |part: &UBig| Number::Big(part.clone().into());
                if !whole(&numerator).divisors_within_limit(&whole(&denominator), true) {
                    return Err(Refusal::TooLarge);
                }
                Ok(Ratio::new(IBig::from_parts(sign, numerator), denominator).into())
            }
            Digits::Decimal { text, .. } if radix == 10 && exactness != Exactness::Exact => {
                Ok(inexact(text.parse().expect("the shape was checked")))
            }
            Digits::Decimal { whole, fraction, exponent, .. } if radix == 10 => {
                exact_decimal(sign, whole, fraction, exponent)
            }
            Digits::Decimal { whole, fraction, .. } => {
                let numerator = natural(&format!("{whole}{fraction}"), radix)?;
                check_bits(fraction.len(), radix)?;
                let denominator = UBig::from(radix).pow(fraction.len());
                if exactness != Exactness::Exact {
                    return Ok(inexact(Ratio::quotient_f64(numerator, &denominator)));
                }
                Ok(Ratio::new(IBig::from_parts(sign, numerator), denominator).into())
            }
        }
    }
}

/// The digits of an exponent with their sign, if there is one, and the rest.
fn split_exponent(text: &str) -> (Option<&str>, &str) {
    let Some(behind) = text.strip_prefix(['e', 'E']) else { return (None, text) };
    let unsigned = behind.strip_prefix(['+', '-']).unwrap_or(behind);
    let (digits, rest) = split_digits(unsigned, 10);
    if digits.is_empty() {
        return (None, text);
    }
    (Some(&behind[..behind.len() - rest.len()]), rest)
}

/// Refuses integers of so many digits that they are beyond the limit, before they are computed.
fn check_bits(digits: usize, radix: u32) -> Result<(), Refusal> {
    let bits = digits.saturating_sub(1) as f64 * f64::from(radix).log2();
    if bits > INTEGER_BITS_MAX as f64 { Err(Refusal::TooLarge) } else { Ok(()) }
}

/// The integer of digits, of which there may be none.
fn natural(digits: &str, radix: u32) -> Result<UBig, Refusal> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(UBig::ZERO);
    }
    check_bits(digits.len(), radix)?;
    Ok(UBig::from_str_radix(digits, radix).expect("the digits were checked"))
}

fn exact_decimal(
    sign: Sign,
    whole: &str,
    fraction: &str,
    exponent: Option<&str>,
) -> Result<Number, Refusal> {
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let zeros = (digits.len() - significant.len()) as i64;
    let magnitude = natural(significant, 10)?;
    if magnitude.is_zero() {
        return Ok(Number::Fixnum(0));
    }
    // An exponent too long for 64 bits is far beyond the limit either way.
    let exponent: i64 = exponent.map_or(0, |text| text.parse().unwrap_or(i64::MAX / 2));
    let scale = exponent - fraction.len() as i64 + zeros;
    let distance = scale.unsigned_abs() as usize;
    check_bits(distance, 10)?;
    let five = UBig::from(5u8);
    if scale >= 0 {
        let power = five.pow(distance) << distance;
        return Ok(Number::Big(IBig::from_parts(sign, magnitude * power)));
    }
    // The last digit is not 0, so the numerator has no divisor in common with one of 2 and 5.
    let twos = magnitude.trailing_zeros().unwrap_or(0).min(distance);
    let mut rest = magnitude >> twos;
    let mut fives = 0;
    if twos == 0 {
        let all = rest.remove(&five).unwrap_or(0);
        fives = all.min(distance);
        rest *= five.pow(all - fives);
    }
    let denominator = five.pow(distance - fives) << (distance - twos);
    Ok(Ratio::of_parts(IBig::from_parts(sign, rest), denominator).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Number::{Fixnum, Flonum};
    use pscheme_vm::inline::{FIXNUM_MAX, FIXNUM_MIN};

    fn big(negative: bool, magnitude: &[u64]) -> Option<Number> {
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        Some(Number::Big(IBig::from_parts(sign, UBig::from_words(magnitude))))
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
            "",
            "+",
            "-",
            ".",
            "...",
            "+.",
            "1+",
            "e1",
            "1e",
            "1e+",
            "1.2.3",
            "--1",
            "#x",
            "#xg",
            "#e#e1",
            "#x#b1",
            "#",
            "1_000",
            "12a",
            "inf.0",
            "#e+inf.0",
            "1/",
            "/2",
            "a/b",
            "i",
            "@",
            "1/0",
            "0/0",
            "#i1/0",
            "1/2/3",
            "1/2.0",
            "1.0/2",
            "1/2e3",
            "1/-2",
            "2i",
            "1+2",
            "+2i+1",
            "1+2i3",
            "1+i+i",
            "1@",
            "@1",
            "1@2@3",
            "1@2i",
            "+inf.0x",
            "+inf",
            "#e+nan.0i",
            "1+-2i",
            "1e+2i",
            "1 ",
            "١",
            "+1i2",
            "ii",
            "1ii",
        ] {
            assert_eq!(classify_number(text, 10), NumberText::NotANumber, "{text}");
        }
    }

    #[test]
    fn ratios_and_complex_numbers() {
        for (text, written) in [
            ("1/2", "1/2"),
            ("-6/4", "-3/2"),
            ("4/2", "2"),
            ("0/5", "0"),
            ("#e1.5", "3/2"),
            ("#e-1.20e-1", "-3/25"),
            ("#e0.04", "1/25"),
            ("#e12.5e-3", "1/80"),
            ("#xa/B", "10/11"),
            ("#x1/10", "1/16"),
            ("#i1/3", "0.3333333333333333"),
            ("#i-1/2", "-0.5"),
            ("1+i", "1+i"),
            ("+i", "+i"),
            ("-I", "-i"),
            ("-2i", "-2i"),
            ("+1/2i", "+1/2i"),
            ("1/2-3/4i", "1/2-3/4i"),
            ("1+0i", "1"),
            ("1.5+0i", "1.5"),
            ("1+0.0i", "1.0+0.0i"),
            ("1e3-1e-3i", "1000.0-0.001i"),
            ("+inf.0i", "0.0+inf.0i"),
            ("-inf.0+nan.0i", "-inf.0+nan.0i"),
            ("1-inf.0i", "1.0-inf.0i"),
            ("#e1.5+.25i", "3/2+1/4i"),
            ("#i1+i", "1.0+1.0i"),
            ("#i1/3+1/2i", "0.3333333333333333+0.5i"),
            ("#x1f+Ai", "31+10i"),
            ("1@0", "1"),
            ("#i1@0", "1.0"),
            ("0@2", "0"),
            ("1@2", "-0.4161468365471424+0.9092974268256817i"),
            ("#b.1", "0.5"),
            ("#xff.8", "255.5"),
            ("#e#b-1.01", "-5/4"),
        ] {
            let found = parse_number(text, 10).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.text(10), written, "{text}");
        }
    }

    #[test]
    fn radices_with_the_letter_i_as_a_digit() {
        assert_eq!(parse_number("+i", 19), Some(Fixnum(18)));
        assert_eq!(parse_number("0+i", 19).unwrap().text(10), "+i");
        assert_eq!(parse_number("1+2ii", 19).unwrap().text(10), "1+56i");
        assert_eq!(parse_number("+inf.0", 36), Some(Flonum(f64::INFINITY)));
        assert_eq!(parse_number("+inf.00", 24), Some(Flonum((18 * 576 + 23 * 24 + 15) as f64)));
    }

    #[test]
    fn numbers_beyond_the_limit_are_refused_at_once() {
        for text in
            ["#e1e1000000000", "#e1e-1000000000", "#e-1.5e99999999999999999999", "#e1e1000000000+i"]
        {
            let found = classify_number(text, 10);
            assert_eq!(found, NumberText::TooLarge, "{text}");
        }
        let digits = "7".repeat(INTEGER_BITS_MAX);
        assert_eq!(classify_number(&digits, 10), NumberText::TooLarge);
        assert_eq!(classify_number(&format!("1/{digits}"), 10), NumberText::TooLarge);
        assert_eq!(classify_number(&format!("0.{digits}"), 2), NumberText::NotANumber);
        assert_eq!(parse_number("1e1000000000", 10), Some(Flonum(f64::INFINITY)));
        assert_eq!(parse_number("1e-99999999999999999999", 10), Some(Flonum(0.0)));
        assert_eq!(parse_number("#e0e99999999999999999999", 10), Some(Fixnum(0)));
    }

    #[test]
    fn long_texts_take_time_in_proportion_to_their_length() {
        for text in ["+-".repeat(500_000) + "i", "1+".repeat(500_000) + "i", "@1".repeat(500_000)] {
            assert_eq!(classify_number(&text, 10), NumberText::NotANumber);
        }
    }
}
