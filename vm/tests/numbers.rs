//! Arithmetic on random numbers of every kind: laws that hold exactly, an independent library as a
//! model, and the way into a heap and back.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::Arc;

use dashu_int::{IBig, Sign, UBig};
use dashu_ratio::RBig;
use proptest::prelude::*;
use pscheme_heap::heap::Heap;
use pscheme_vm::host::SilentHost;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{Number, Ratio, equal, order};
use pscheme_vm::primitive::PrimitiveSet;

fn integer() -> impl Strategy<Value = IBig> {
    let limbs = prop::collection::vec(any::<u64>(), 0..5);
    let long = (any::<bool>(), limbs).prop_map(|(negative, limbs)| {
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        IBig::from_parts(sign, UBig::from_words(&limbs))
    });
    // Near the border of fixnums too, and small enough that numbers have divisors in common.
    let border = (-3i64..3).prop_map(|by| IBig::from((1i64 << 60) + by));
    prop_oneof![(-60i64..60).prop_map(IBig::from), any::<i64>().prop_map(IBig::from), border, long]
}

fn ratio() -> impl Strategy<Value = Ratio> {
    (integer(), integer()).prop_map(|(numerator, denominator)| {
        let (_, denominator) = denominator.into_parts();
        let denominator = if denominator.is_zero() { UBig::ONE } else { denominator };
        Ratio::new(numerator, denominator)
    })
}

fn exact_real() -> impl Strategy<Value = Number> {
    prop_oneof![
        integer().prop_map(|value| Number::Big(value).canonical()),
        ratio().prop_map(|value| Number::from(value).canonical())
    ]
}

fn exact() -> impl Strategy<Value = Number> {
    let complex = (exact_real(), exact_real()).prop_map(|(re, im)| Number::rectangular(re, im));
    prop_oneof![3 => exact_real(), 2 => complex]
}

/// A flonum near an exact number.
fn near() -> impl Strategy<Value = Number> {
    (exact_real(), -2i64..3).prop_map(|(exact, by)| {
        let bits = exact.to_f64().to_bits() as i64;
        Number::Flonum(f64::from_bits((bits + by) as u64))
    })
}

/// Real numbers of all kinds, many of them close to each other.
fn real() -> impl Strategy<Value = Number> {
    let flonum = any::<u64>().prop_map(|bits| Number::Flonum(f64::from_bits(bits)));
    let value = |number: Number| number.to_exact().unwrap_or(number);
    prop_oneof![exact_real(), near(), near().prop_map(value), flonum]
}

fn number() -> impl Strategy<Value = Number> {
    let inexact = any::<(f64, f64)>().prop_map(Number::of_f64_parts);
    prop_oneof![real(), exact(), inexact]
}

fn model(ratio: &Ratio) -> RBig {
    RBig::from_parts(ratio.numerator().clone(), ratio.denominator().clone())
}

fn of_model(value: &RBig) -> Number {
    let ratio = Ratio::of_parts(value.numerator().clone(), value.denominator().clone());
    Number::from(ratio).canonical()
}

fn add(a: &Number, b: &Number) -> Number {
    a.clone().plus(b.clone()).canonical()
}

fn multiply(a: &Number, b: &Number) -> Number {
    a.clone().times(b.clone()).canonical()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn ratios_agree_with_another_library(a in ratio(), b in ratio()) {
        let (x, y) = (model(&a), model(&b));
        let (left, right) = (Number::from(a.clone()), Number::from(b.clone()));
        prop_assert_eq!(add(&left, &right), of_model(&(&x + &y)));
        prop_assert_eq!(left.clone().minus(right.clone()).canonical(), of_model(&(&x - &y)));
        prop_assert_eq!(multiply(&left, &right), of_model(&(&x * &y)));
        match left.clone().over(right.clone()) {
            Some(quotient) => prop_assert_eq!(quotient.canonical(), of_model(&(&x / &y))),
            None => prop_assert!(b.is_zero()),
        }
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(a.floor(), x.floor());
        prop_assert_eq!(a.ceiling(), x.ceil());
        prop_assert_eq!(a.truncated(), x.trunc());
    }

    #[test]
    fn small_ratios_agree_with_integers_of_the_machine(a in -9999i64..9999, b in 1i64..9999, c in -9999i64..9999, d in 1i64..9999) {
        let number = |n: i64, d: i64| Number::from(Ratio::new(n.into(), UBig::from(d as u64)));
        let (left, right) = (number(a, b), number(c, d));
        prop_assert_eq!(add(&left, &right), number(a * d + c * b, b * d).canonical());
        prop_assert_eq!(multiply(&left, &right), number(a * c, b * d).canonical());
        prop_assert_eq!(order(&left, &right), Some((a * d).cmp(&(c * b))));
    }

    #[test]
    fn exact_numbers_obey_the_laws_of_a_field(a in exact(), b in exact(), c in exact()) {
        prop_assert!(equal(&add(&a, &b), &add(&b, &a)));
        prop_assert!(equal(&multiply(&a, &b), &multiply(&b, &a)));
        prop_assert!(equal(&add(&add(&a, &b), &c), &add(&a, &add(&b, &c))));
        prop_assert!(equal(&multiply(&multiply(&a, &b), &c), &multiply(&a, &multiply(&b, &c))));
        let sums = add(&multiply(&a, &b), &multiply(&a, &c));
        prop_assert!(equal(&multiply(&a, &add(&b, &c)), &sums));
        prop_assert!(a.clone().minus(a.clone()).is_exact_zero());
        prop_assert!(add(&a, &a.clone().negated()).is_exact_zero());
        match a.clone().over(b.clone()) {
            Some(quotient) => prop_assert_eq!(multiply(&quotient, &b), a),
            None => prop_assert!(b.is_exact_zero()),
        }
    }

    #[test]
    fn comparisons_are_transitive(a in real(), b in real(), c in real()) {
        let holds = |test: fn(Ordering) -> bool, x: &Number, y: &Number| order(x, y).is_some_and(test);
        for test in [Ordering::is_lt as fn(Ordering) -> bool, Ordering::is_le, Ordering::is_eq] {
            if holds(test, &a, &b) && holds(test, &b, &c) {
                prop_assert!(holds(test, &a, &c), "{:?} {:?} {:?}", a, b, c);
            }
        }
        prop_assert_eq!(order(&a, &b), order(&b, &a).map(Ordering::reverse));
        prop_assert_eq!(equal(&a, &b), order(&a, &b) == Some(Ordering::Equal));
    }

    /// No flonum is nearer than the one a ratio becomes, and of two the even one was taken.
    #[test]
    fn conversions_to_flonums_are_nearest(value in ratio(), by in -1100i64..1100) {
        let power = Ratio::from(IBig::ONE << by.unsigned_abs() as usize);
        let value = value.times(&if by < 0 { power.reciprocal() } else { power });
        let found = value.to_f64();
        let distance = |to: f64| value.plus(&Ratio::from_f64(to).negated()).magnitude();
        if found.is_finite() {
            for other in [found.next_down(), found.next_up()].into_iter().filter(|f| f.is_finite()) {
                let order = distance(found).cmp(&distance(other));
                let is_even = found.to_bits() & 1 == 0;
                prop_assert!(order.is_lt() || order.is_eq() && is_even, "{} {}", found, other);
            }
        } else {
            // Half a unit in the last place beyond the greatest.
            let border = (IBig::ONE << 1024) - (IBig::ONE << 970);
            prop_assert!(value.magnitude() >= Ratio::from(border));
        }
    }

    #[test]
    fn roots_are_exact_or_nearest(value in ratio()) {
        let value = value.magnitude();
        let square = value.times(&value);
        prop_assert_eq!(square.root(2), Some(value.clone()));
        let root = value.square_root_f64();
        let square_of = |root: f64| Ratio::from_f64(root).times(&Ratio::from_f64(root));
        prop_assert!(square_of(root.next_down().max(0.0)) <= value || value.is_zero());
        prop_assert!(square_of(root.next_up()) >= value);
    }

    #[test]
    fn the_simplest_ratio_lies_in_its_interval(a in ratio(), b in ratio()) {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        let simplest = Ratio::simplest(&low, &high);
        prop_assert!(low <= simplest && simplest <= high);
        prop_assert!(simplest.denominator() <= low.denominator().min(high.denominator()));
    }
}

#[test]
fn numbers_survive_the_way_into_a_heap_and_back() {
    let heap = Heap::new().unwrap();
    let primitives = Arc::new(PrimitiveSet::new([]));
    let vm = RefCell::new(Vm::new(heap, primitives, Box::new(SilentHost::default())));
    vm.borrow_mut().heap.set_zeal(true);
    proptest!(|(number in number())| {
        let mut vm = vm.borrow_mut();
        let word = number.clone().encode(&mut vm).unwrap();
        let found = Number::decode(&vm.heap, word).unwrap();
        prop_assert!(found.is_same(&number), "{:?} {:?}", found, number);
        prop_assert!(Number::peek(&vm.heap, word).is_some_and(|peeked| peeked.is_same(&number)));
        prop_assert_eq!(found.is_exact(), number.is_exact());
    });
}
