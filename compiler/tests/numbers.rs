//! What is written of a number reads back as the same number, in every radix.

use dashu_int::{IBig, Sign, UBig};
use proptest::prelude::*;
use pscheme_compiler::datum::Number;
use pscheme_compiler::reader::parse_number;
use pscheme_vm::number::Ratio;

fn integer() -> impl Strategy<Value = IBig> {
    let limbs = prop::collection::vec(any::<u64>(), 0..4);
    let long = (any::<bool>(), limbs).prop_map(|(negative, limbs)| {
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        IBig::from_parts(sign, UBig::from_words(&limbs))
    });
    prop_oneof![(-40i64..40).prop_map(IBig::from), long]
}

fn exact() -> impl Strategy<Value = Number> {
    (integer(), integer()).prop_map(|(numerator, denominator)| {
        let (_, denominator) = denominator.into_parts();
        let denominator = if denominator.is_zero() { UBig::ONE } else { denominator };
        Number::from(Ratio::new(numerator, denominator)).canonical()
    })
}

/// Flonums of every magnitude, and those with few digits.
fn flonum() -> impl Strategy<Value = f64> {
    let short = (any::<i16>(), -20i32..20).prop_map(|(n, by)| f64::from(n) * 2f64.powi(by));
    prop_oneof![any::<u64>().prop_map(f64::from_bits), short, any::<f64>()]
}

fn number() -> impl Strategy<Value = Number> {
    let exact_complex = (exact(), exact()).prop_map(|(re, im)| Number::rectangular(re, im));
    let inexact_complex = (flonum(), flonum()).prop_map(Number::of_f64_parts);
    prop_oneof![exact(), flonum().prop_map(Number::Flonum), exact_complex, inexact_complex]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_reads_back_as_the_same_number(number in number(), radix in 2u32..=36) {
        let text = number.text(radix);
        let read = parse_number(&text, radix);
        prop_assert!(read.as_ref().is_some_and(|read| read.is_same(&number)), "{} is {:?}", text, read);
    }

    #[test]
    fn exactness_prefixes_agree_with_conversions(number in number()) {
        let text = number.text(10);
        let inexact = parse_number(&format!("#i{text}"), 10);
        prop_assert!(inexact.is_some_and(|read| read.is_same(&number.to_inexact())), "{}", text);
        let exact = parse_number(&format!("#e{text}"), 10);
        prop_assert_eq!(exact.is_some(), number.to_exact().is_some());
    }

    /// Beyond what the parser of Rust reads: the same value through exact arithmetic.
    #[test]
    fn decimals_are_rounded_correctly(digits in "[0-9]{1,40}", fraction in "[0-9]{0,40}", exponent in -400i32..400) {
        let text = format!("{digits}.{fraction}e{exponent}");
        let Some(Number::Flonum(read)) = parse_number(&text, 10) else { panic!("{text}") };
        let exact = parse_number(&format!("#e{text}"), 10).expect("within the limit");
        prop_assert_eq!(exact.to_f64(), read);
    }

    #[test]
    fn no_text_is_too_much(text in "[-+#@/.0-9a-fA-FiInNxXeE]{0,24}", radix in 2u32..=36) {
        if let Some(number) = parse_number(&text, radix) {
            let again = parse_number(&number.text(radix), radix);
            prop_assert!(again.is_some_and(|again| again.is_same(&number)), "{}", text);
        }
    }
}
