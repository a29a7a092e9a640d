//! Arithmetic beyond the fast paths: overflowing fixnums, bignums, boxed flonums, and mixtures.
//!
//! Operands are decoded into Rust values, the result is computed, and room is made before it is
//! encoded, so no word is held across a collection.

use std::cmp::Ordering;

use dashu_int::IBig;
use dashu_int::ops::DivRem;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::machine::Vm;
use crate::op::Op;
use crate::primitive::WORDS_PER_UNIT;
use crate::print::summary;

/// Bits of an exact integer at most: 128 KiB. One operation on integers of that size takes long but
/// not seconds, and nothing else can run meanwhile.
pub const INTEGER_BITS_MAX: usize = 1 << 20;

/// A number outside the heap.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    Fixnum(i64),
    Big(IBig),
    Flonum(f64),
}

impl Number {
    /// The number a word stands for, or `None` if it is none.
    pub fn decode(heap: &Heap, word: Word) -> Option<Number> {
        if word.is_fixnum() {
            return Some(Number::Fixnum(word.as_fixnum()));
        }
        if word.is_immediate_flonum() {
            return Some(Number::Flonum(word.as_immediate_flonum()));
        }
        match heap.kind_of(word)? {
            Kind::Flonum => {
                Some(Number::Flonum(f64::from_bits(heap.raw(word, body::Flonum::BITS))))
            }
            Kind::Bignum => Some(Number::Big(decode_bignum(heap, word))),
            _ => None,
        }
    }

    fn big(&self) -> IBig {
        match self {
            Number::Fixnum(value) => IBig::from(*value),
            Number::Big(value) => value.clone(),
            Number::Flonum(_) => unreachable!("only exact numbers are widened"),
        }
    }

    /// The nearest flonum.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Fixnum(value) => *value as f64,
            Number::Big(value) => value.to_f64().value(),
            Number::Flonum(value) => *value,
        }
    }

    pub fn is_exact(&self) -> bool {
        !matches!(self, Number::Flonum(_))
    }

    /// The number as a word, in room made for it.
    ///
    /// # Errors
    /// The heap's limit.
    pub fn encode(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        match self {
            Number::Fixnum(value) => match Word::try_fixnum(value) {
                Some(word) => Ok(word),
                None => encode_bignum(vm, &IBig::from(value)),
            },
            Number::Flonum(value) => encode_flonum(vm, value),
            Number::Big(value) => match i64::try_from(&value).ok().and_then(Word::try_fixnum) {
                Some(word) => Ok(word),
                None => encode_bignum(vm, &value),
            },
        }
    }
}

fn decode_bignum(heap: &Heap, word: Word) -> IBig {
    let header = heap.header(word);
    let limbs = heap.space.words(word.offset() + 8, header.body_words());
    let magnitude = dashu_int::UBig::from_words(limbs);
    let value = IBig::from(magnitude);
    if header.aux() == 1 { -value } else { value }
}

fn encode_flonum(vm: &mut Vm, value: f64) -> Result<Word, Interrupt> {
    if let Some(word) = Word::try_flonum(value) {
        return Ok(word);
    }
    vm.reserve(16)?;
    let object = vm.heap.object(Kind::Flonum, 0, body::Flonum::FIELDS);
    vm.heap.initialise(object, body::Flonum::BITS, value.to_bits());
    Ok(object)
}

fn encode_bignum(vm: &mut Vm, value: &IBig) -> Result<Word, Interrupt> {
    let (sign, limbs) = value.as_sign_words();
    if limbs.len() > INTEGER_BITS_MAX / 64 {
        let message = format!("integers have at most {INTEGER_BITS_MAX} bits");
        return Err(Fault::new(ErrorCode::ImplementationLimit, message).into());
    }
    vm.reserve(Header::new(Kind::Bignum, 0, limbs.len()).nursery_bytes())?;
    let negative = sign == dashu_int::Sign::Negative;
    let object = vm.heap.object(Kind::Bignum, u8::from(negative), limbs.len());
    vm.heap.space.words_mut(object.offset() + 8, limbs.len()).copy_from_slice(limbs);
    Ok(object)
}

/// Charges the work of an operation with big integers: as many words as there are for sums and
/// comparisons, some power between one and two of them for products and quotients.
pub(crate) fn charge_bignums(vm: &mut Vm, op: Op, left: Word, right: Word) {
    let limbs = |word: Word| match vm.heap.kind_of(word) {
        Some(Kind::Bignum) => vm.heap.header(word).body_words() as u64,
        _ => 0,
    };
    let (left, right) = (limbs(left), limbs(right));
    let (less, more) = (left.min(right), left.max(right));
    let words = match op {
        Op::Multiply | Op::Quotient | Op::Remainder | Op::Modulo => more + more * less.isqrt(),
        _ => more,
    };
    vm.charge(words / WORDS_PER_UNIT);
}

fn name_of(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Subtract => "-",
        Op::Multiply => "*",
        Op::Quotient => "quotient",
        Op::Remainder => "remainder",
        Op::Modulo => "modulo",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::NumberEqual => "=",
        _ => unreachable!("{op:?} is no arithmetic"),
    }
}

fn operands(heap: &Heap, op: Op, left: Word, right: Word) -> Result<(Number, Number), Fault> {
    let decode = |word: Word, place: &str| {
        Number::decode(heap, word).ok_or_else(|| {
            let found = summary(heap, word);
            let name = name_of(op);
            let message = format!("{name} expects a number as its {place} argument, found {found}");
            Fault::new(ErrorCode::WrongType, message).with_irritants(&[word])
        })
    };
    Ok((decode(left, "first")?, decode(right, "second")?))
}

/// The result of an arithmetic instruction.
///
/// # Errors
/// Operands that are no numbers, division by zero, or the heap's limit.
pub fn binary(vm: &mut Vm, op: Op, left: Word, right: Word) -> Result<Word, Interrupt> {
    charge_bignums(vm, op, left, right);
    let (left, right) = operands(&vm.heap, op, left, right)?;
    let result = match op {
        Op::Add | Op::Subtract | Op::Multiply => combine(op, left, right),
        _ => divide(op, left, right)?,
    };
    result.encode(vm)
}

fn combine(op: Op, left: Number, right: Number) -> Number {
    if let (Number::Fixnum(a), Number::Fixnum(b)) = (&left, &right) {
        let small = match op {
            Op::Add => a.checked_add(*b),
            Op::Subtract => a.checked_sub(*b),
            _ => a.checked_mul(*b),
        };
        if let Some(value) = small {
            return Number::Fixnum(value);
        }
    }
    if left.is_exact() && right.is_exact() {
        let (a, b) = (left.big(), right.big());
        return Number::Big(match op {
            Op::Add => a + b,
            Op::Subtract => a - b,
            _ => a * b,
        });
    }
    // An exact zero annihilates nothing here: 0 * inexact stays inexact, as most systems have it.
    let (a, b) = (left.to_f64(), right.to_f64());
    Number::Flonum(match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        _ => a * b,
    })
}

fn divide(op: Op, left: Number, right: Number) -> Result<Number, Fault> {
    if left.is_exact() && right.is_exact() {
        let (a, b) = (left.big(), right.big());
        if b == IBig::ZERO {
            return Err(by_zero(op));
        }
        let (quotient, remainder) = (&a).div_rem(&b);
        return Ok(Number::Big(match op {
            Op::Quotient => quotient,
            Op::Remainder => remainder,
            _ => {
                let wrong_side =
                    remainder != IBig::ZERO && (remainder < IBig::ZERO) != (b < IBig::ZERO);
                if wrong_side { remainder + b } else { remainder }
            }
        }));
    }
    let (a, b) = (left.to_f64(), right.to_f64());
    if a.fract() != 0.0 || b.fract() != 0.0 || !a.is_finite() || !b.is_finite() {
        let message = format!("{} expects integers, found {a} and {b}", name_of(op));
        return Err(Fault::new(ErrorCode::WrongType, message));
    }
    if b == 0.0 {
        return Err(by_zero(op));
    }
    let remainder = a % b;
    Ok(Number::Flonum(match op {
        Op::Quotient => (a / b).trunc(),
        Op::Remainder => remainder,
        _ if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) => remainder + b,
        _ => remainder,
    }))
}

fn by_zero(op: Op) -> Fault {
    Fault::new(ErrorCode::DivisionByZero, format!("{} by zero", name_of(op)))
}

/// Whether a relation holds between two numbers; exact against inexact is compared exactly.
///
/// # Errors
/// Operands that are no numbers.
pub fn compare(heap: &Heap, op: Op, left: Word, right: Word) -> Result<bool, Fault> {
    let (left, right) = operands(heap, op, left, right)?;
    let ordering = order(&left, &right);
    Ok(match op {
        Op::Less => ordering == Some(Ordering::Less),
        Op::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        _ => ordering == Some(Ordering::Equal),
    })
}

/// The order of two numbers; `None` if one is not a number in the sense of IEEE 754.
pub fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Fixnum(a), Number::Fixnum(b)) => Some(a.cmp(b)),
        (Number::Flonum(a), Number::Flonum(b)) => a.partial_cmp(b),
        (Number::Flonum(a), exact) => order_inexact(*a, &exact.big()),
        (exact, Number::Flonum(b)) => order_inexact(*b, &exact.big()).map(Ordering::reverse),
        (a, b) => Some(a.big().cmp(&b.big())),
    }
}

fn order_inexact(inexact: f64, exact: &IBig) -> Option<Ordering> {
    if inexact.is_nan() {
        return None;
    }
    if inexact.is_infinite() {
        return Some(if inexact > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let whole = IBig::try_from(inexact.trunc()).expect("finite and integral");
    let by_whole = whole.cmp(exact);
    if by_whole != Ordering::Equal {
        return Some(by_whole);
    }
    inexact.fract().partial_cmp(&0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_inexact_are_compared_exactly() {
        let two_53 = 1i64 << 53;
        let inexact = Number::Flonum(two_53 as f64);
        assert_eq!(order(&Number::Fixnum(two_53 + 1), &inexact), Some(Ordering::Greater));
        assert_eq!(order(&Number::Fixnum(two_53), &inexact), Some(Ordering::Equal));
        assert_eq!(order(&Number::Fixnum(0), &Number::Flonum(f64::NAN)), None);
        assert_eq!(order(&Number::Flonum(0.5), &Number::Fixnum(0)), Some(Ordering::Greater));
        let huge = Number::Big(IBig::from(10).pow(400));
        assert_eq!(order(&huge, &Number::Flonum(f64::MAX)), Some(Ordering::Greater));
        assert_eq!(order(&huge, &Number::Flonum(f64::INFINITY)), Some(Ordering::Less));
    }
}
