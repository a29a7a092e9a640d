//! Numbers outside the heap, and arithmetic beyond the engines' fast paths: overflowing fixnums,
//! bignums, ratios, boxed flonums, complex numbers, and mixtures.
//!
//! Operands are decoded into Rust values, the result is computed, and room is made before it is
//! encoded, so no word is held across a collection. What a number is stands here; what is computed
//! with it in `arithmetic.rs`, on fractions in `ratio.rs`, and with imaginary parts in `complex.rs`.

mod arithmetic;
mod complex;
mod ratio;
mod text;

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, DivRem};
use dashu_int::{IBig, Sign, UBig};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::limits::{INTEGER_LIMBS_MAX, LARGE_OBJECT_BYTES};
use pscheme_heap::word::Word;

pub use arithmetic::{equal, order};
pub use complex::{Complex, divide_f64};
pub use ratio::{Ratio, integer_f64};
pub use text::flonum_text;

use crate::fault::{Fault, Interrupt};
use crate::machine::Vm;
use crate::op::Op;
use crate::primitive::WORDS_PER_UNIT;
use crate::written::{CalledAs, Written};

pub use crate::limits::INTEGER_BITS_MAX;

/// Pairs of limbs, one of each operand, that an operation which looks for common divisors may go through:
/// some hundred milliseconds. Exact numbers that would take more are refused, though shorter ones and
/// the same with short ones are not.
pub const DIVISOR_WORK_MAX: u64 = 1 << 26;

/// A number outside the heap.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    Fixnum(i64),
    Big(IBig),
    /// Never an integer.
    Ratio(Box<Ratio>),
    Flonum(f64),
    Complex(Box<Complex>),
}

impl From<Ratio> for Number {
    fn from(ratio: Ratio) -> Number {
        if ratio.is_integer() {
            return Number::Big(ratio.into_parts().0).canonical();
        }
        Number::Ratio(Box::new(ratio))
    }
}

impl Number {
    /// The number a word stands for, or `None` if it is none.
    pub fn decode(heap: &Heap, word: Word) -> Option<Number> {
        if word.is_fixnum() {
            return Some(Number::Fixnum(word.as_fixnum()));
        }
        if let Some(value) = flonum(heap, word) {
            return Some(Number::Flonum(value));
        }
        match heap.kind_of(word)? {
            Kind::Bignum => Some(Number::Big(bignum(heap, word))),
            Kind::Ratnum => {
                let part = |index| Number::decode(heap, heap.field(word, index));
                let parts = (part(body::Ratnum::NUMERATOR)?, part(body::Ratnum::DENOMINATOR)?);
                if !parts.0.is_exact_integer() || !parts.1.is_exact_integer() {
                    return None;
                }
                let (_, denominator) = parts.1.into_integer().into_parts();
                Ratio::of_heap(parts.0.into_integer(), denominator).map(Number::from)
            }
            Kind::Compnum => {
                let part =
                    |index| Number::decode(heap, heap.field(word, index)).filter(Number::is_real);
                let real = part(body::Compnum::REAL)?;
                Some(Number::rectangular(real, part(body::Compnum::IMAGINARY)?))
            }
            _ => None,
        }
    }

    /// As [`Number::decode`], for words of a heap that nobody has verified.
    pub fn peek(heap: &Heap, word: Word) -> Option<Number> {
        is_whole(heap, word, PART_LEVELS_MAX).then(|| Number::decode(heap, word)).flatten()
    }

    /// The integer, in the form that equal integers share.
    pub fn canonical(self) -> Number {
        match self {
            Number::Fixnum(value) if Word::try_fixnum(value).is_none() => Number::Big(value.into()),
            Number::Big(value) => match i64::try_from(&value) {
                Ok(small) if Word::try_fixnum(small).is_some() => Number::Fixnum(small),
                _ => Number::Big(value),
            },
            other => other,
        }
    }

    pub fn is_exact(&self) -> bool {
        match self {
            Number::Flonum(_) => false,
            Number::Complex(complex) => complex.is_exact(),
            _ => true,
        }
    }

    pub fn is_real(&self) -> bool {
        !matches!(self, Number::Complex(_))
    }

    pub fn is_exact_integer(&self) -> bool {
        matches!(self, Number::Fixnum(_) | Number::Big(_))
    }

    pub fn is_exact_zero(&self) -> bool {
        match self {
            Number::Fixnum(value) => *value == 0,
            Number::Big(value) => value.is_zero(),
            _ => false,
        }
    }

    /// The integer of an exact integer.
    ///
    /// # Panics
    /// For every other number.
    pub fn into_integer(self) -> IBig {
        match self {
            Number::Fixnum(value) => IBig::from(value),
            Number::Big(value) => value,
            other => panic!("{other:?} is no exact integer"),
        }
    }

    /// The value of an exact real number.
    ///
    /// # Panics
    /// For every other number.
    pub fn into_ratio(self) -> Ratio {
        match self {
            Number::Ratio(value) => *value,
            integer => Ratio::from(integer.into_integer()),
        }
    }

    /// As [`Number::into_ratio`], of a number that is kept.
    pub fn to_ratio(&self) -> Ratio {
        self.clone().into_ratio()
    }

    /// The flonum nearest to a real number.
    ///
    /// # Panics
    /// For complex numbers.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Fixnum(value) => *value as f64,
            Number::Big(value) => integer_f64(value),
            Number::Ratio(value) => value.to_f64(),
            Number::Flonum(value) => *value,
            Number::Complex(_) => panic!("{self:?} is not real"),
        }
    }

    /// The nearest inexact number.
    pub fn to_inexact(&self) -> Number {
        match self {
            Number::Complex(complex) => Number::of_f64_parts(complex.to_f64()),
            real => Number::Flonum(real.to_f64()),
        }
    }

    /// The exact number of the same value; `None` for infinities and NaN.
    pub fn to_exact(&self) -> Option<Number> {
        match self {
            Number::Flonum(value) => {
                value.is_finite().then(|| Number::from(Ratio::from_f64(*value)))
            }
            Number::Complex(complex) => {
                let real = complex.real().to_exact()?;
                Some(Number::rectangular(real, complex.imaginary().to_exact()?))
            }
            exact => Some(exact.clone()),
        }
    }

    /// Whether two numbers are the same in the sense of `eqv?`.
    pub fn is_same(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Flonum(a), Number::Flonum(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Number::Complex(a), Number::Complex(b)) => {
                a.real().is_same(b.real()) && a.imaginary().is_same(b.imaginary())
            }
            (a, b) => a.clone().canonical() == b.clone().canonical(),
        }
    }

    /// Bits of the longest integer the number consists of.
    pub fn bits(&self) -> usize {
        match self {
            Number::Fixnum(_) | Number::Flonum(_) => 64,
            Number::Big(value) => value.bit_len(),
            Number::Ratio(value) => value.bits(),
            Number::Complex(complex) => complex.real().bits().max(complex.imaginary().bits()),
        }
    }

    /// Checks the limit of exact numbers.
    ///
    /// # Errors
    /// The condition E0115.
    pub fn within_limit(self) -> Result<Number, Interrupt> {
        if self.bits() <= INTEGER_BITS_MAX { Ok(self) } else { Err(beyond_limit()) }
    }

    /// Limbs of all the integers the number consists of, and whether ratios are among it.
    fn limbs(&self) -> (u64, bool) {
        match self {
            Number::Fixnum(_) | Number::Flonum(_) => (1, false),
            Number::Big(value) => (value.as_sign_words().1.len() as u64, false),
            Number::Ratio(value) => {
                let numerator = value.numerator().as_sign_words().1.len();
                ((numerator + value.denominator().as_words().len()) as u64, true)
            }
            Number::Complex(complex) => {
                let (real, imaginary) = (complex.real().limbs(), complex.imaginary().limbs());
                (real.0 + imaginary.0, real.1 || imaginary.1)
            }
        }
    }

    /// Whether the search for common divisors in an operation on both numbers is within
    /// [`DIVISOR_WORK_MAX`]. Sums and products of integers look for none, quotients do.
    pub fn divisors_within_limit(&self, other: &Number, is_quotient: bool) -> bool {
        let ((left, has_ratio), (right, also)) = (self.limbs(), other.limbs());
        !(has_ratio || also || is_quotient) || left.saturating_mul(right) <= DIVISOR_WORK_MAX
    }

    /// Checks the limit of operations that look for common divisors.
    ///
    /// # Errors
    /// The condition E0115.
    pub fn check_divisors(&self, other: &Number, is_quotient: bool) -> Result<(), Interrupt> {
        if self.divisors_within_limit(other, is_quotient) {
            return Ok(());
        }
        let message = format!(
            "common divisors are looked for in at most {DIVISOR_WORK_MAX} pairs of 64 bits"
        );
        Err(Fault::new(ErrorCode::ImplementationLimit, message).into())
    }

    /// The number as a word, in room made for it.
    ///
    /// # Errors
    /// The heap's limit, or that of exact numbers.
    pub fn encode(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        match self {
            Number::Fixnum(value) if let Some(word) = Word::try_fixnum(value) => return Ok(word),
            Number::Flonum(value) => return encode_flonum(vm, value),
            Number::Big(value) => return encode_integer(vm, &value),
            _ => {}
        }
        let number = self.within_limit()?;
        let room = number.room();
        if room.large > 0 {
            vm.reserve_object(room.large, room.small)?;
        } else {
            vm.reserve(room.small)?;
        }
        Ok(number.write(&mut vm.heap))
    }

    /// Room in the nursery that [`Number::write`] needs.
    pub fn nursery_bytes(&self) -> u64 {
        self.room().small
    }

    fn room(&self) -> Room {
        match self {
            Number::Fixnum(value) if Word::try_fixnum(*value).is_some() => Room::default(),
            Number::Fixnum(_) => Room::of(Kind::Bignum, 1),
            Number::Flonum(_) => Room::of(Kind::Flonum, body::Flonum::FIELDS),
            Number::Big(value) => Room::of(Kind::Bignum, value.as_sign_words().1.len()),
            Number::Ratio(value) => {
                let numerator = value.numerator().as_sign_words().1.len();
                Room::of(Kind::Ratnum, body::Ratnum::FIELDS)
                    .and(Room::of(Kind::Bignum, numerator))
                    .and(Room::of(Kind::Bignum, value.denominator().as_words().len()))
            }
            Number::Complex(complex) => Room::of(Kind::Compnum, body::Compnum::FIELDS)
                .and(complex.real().room())
                .and(complex.imaginary().room()),
        }
    }

    /// The number as a word.
    ///
    /// # Panics
    /// If the nursery has less room than [`Number::nursery_bytes`].
    pub fn write(&self, heap: &mut Heap) -> Word {
        match self {
            Number::Fixnum(value) => Word::try_fixnum(*value)
                .unwrap_or_else(|| write_integer(heap, *value < 0, &[value.unsigned_abs()])),
            Number::Big(value) => {
                let (sign, limbs) = value.as_sign_words();
                write_integer(heap, sign == Sign::Negative, limbs)
            }
            Number::Ratio(value) => {
                let (sign, limbs) = value.numerator().as_sign_words();
                let numerator = write_integer(heap, sign == Sign::Negative, limbs);
                let denominator = write_integer(heap, false, value.denominator().as_words());
                write_parts(heap, Kind::Ratnum, [numerator, denominator])
            }
            Number::Flonum(value) => Word::try_flonum(*value).unwrap_or_else(|| {
                let object = heap.object(Kind::Flonum, 0, body::Flonum::FIELDS);
                heap.initialise(object, body::Flonum::BITS, value.to_bits());
                object
            }),
            Number::Complex(complex) => {
                let real = complex.real().write(heap);
                let imaginary = complex.imaginary().write(heap);
                write_parts(heap, Kind::Compnum, [real, imaginary])
            }
        }
    }
}

/// Bytes of the nursery, and bytes of objects that are too large for it.
#[derive(Clone, Copy, Default)]
struct Room {
    small: u64,
    large: u64,
}

impl Room {
    fn of(kind: Kind, body_words: usize) -> Room {
        let bytes = Header::new(kind, 0, body_words).size_bytes();
        if bytes > LARGE_OBJECT_BYTES {
            Room { small: 0, large: bytes }
        } else {
            Room { small: bytes, large: 0 }
        }
    }

    fn and(self, other: Room) -> Room {
        Room { small: self.small + other.small, large: self.large + other.large }
    }
}

fn beyond_limit() -> Interrupt {
    let message = format!("integers have at most {INTEGER_BITS_MAX} bits");
    Fault::new(ErrorCode::ImplementationLimit, message).into()
}

fn encode_flonum(vm: &mut Vm, value: f64) -> Result<Word, Interrupt> {
    if let Some(word) = Word::try_flonum(value) {
        return Ok(word);
    }
    vm.reserve(body::Flonum::BYTES)?;
    Ok(Number::Flonum(value).write(&mut vm.heap))
}

fn encode_integer(vm: &mut Vm, value: &IBig) -> Result<Word, Interrupt> {
    let (sign, limbs) = value.as_sign_words();
    if limbs.len() > INTEGER_LIMBS_MAX {
        return Err(beyond_limit());
    }
    vm.reserve_object(Header::new(Kind::Bignum, 0, limbs.len()).size_bytes(), 0)?;
    Ok(write_integer(&mut vm.heap, sign == Sign::Negative, limbs))
}

fn write_integer(heap: &mut Heap, negative: bool, limbs: &[u64]) -> Word {
    let small = match limbs {
        [] => Some(0),
        [limb] => i64::try_from(*limb).ok().map(|value| if negative { -value } else { value }),
        _ => None,
    };
    if let Some(word) = small.and_then(Word::try_fixnum) {
        return word;
    }
    let object = heap.object(Kind::Bignum, u8::from(negative), limbs.len());
    heap.space.words_mut(object.offset() + 8, limbs.len()).copy_from_slice(limbs);
    object
}

fn write_parts(heap: &mut Heap, kind: Kind, parts: [Word; 2]) -> Word {
    let object = heap.object(kind, 0, parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        heap.initialise(object, index, part.0);
    }
    object
}

/// The value of a flonum, immediate or boxed.
fn flonum(heap: &Heap, word: Word) -> Option<f64> {
    if word.is_immediate_flonum() {
        return Some(word.as_immediate_flonum());
    }
    let is_boxed = heap.kind_of(word) == Some(Kind::Flonum);
    is_boxed.then(|| f64::from_bits(heap.raw(word, body::Flonum::BITS)))
}

fn bignum(heap: &Heap, word: Word) -> IBig {
    let header = heap.header(word);
    let limbs = heap.space.words(word.offset() + 8, header.body_words());
    let sign = if header.aux() == 1 { Sign::Negative } else { Sign::Positive };
    IBig::from_parts(sign, UBig::from_words(limbs))
}

/// The parts of a number that are numbers.
fn parts(heap: &Heap, word: Word) -> Option<[Word; 2]> {
    match heap.kind_of(word) {
        Some(Kind::Ratnum | Kind::Compnum) => Some([heap.field(word, 0), heap.field(word, 1)]),
        _ => None,
    }
}

/// Levels of parts a number has at most: ratios in complex numbers, integers in ratios.
const PART_LEVELS_MAX: usize = 2;

/// Whether a number of a heap that nobody has verified, and its parts, are where they should be.
fn is_whole(heap: &Heap, word: Word, levels: usize) -> bool {
    if !word.is_reference() {
        return true;
    }
    heap.check_reference(word).is_ok()
        && parts(heap, word).is_none_or(|parts| {
            levels > 0 && parts.iter().all(|&part| is_whole(heap, part, levels - 1))
        })
}

/// Words of the integers a number consists of, beyond its own fixnums; 0 for what is no number.
pub fn limbs(heap: &Heap, word: Word) -> usize {
    if let Some([first, second]) = parts(heap, word) {
        return limbs(heap, first) + limbs(heap, second);
    }
    match heap.kind_of(word) {
        Some(Kind::Bignum) => heap.header(word).body_words(),
        _ => 0,
    }
}

/// As [`limbs`], of a heap that nobody has verified; `None` if the number is not whole.
pub fn peek_limbs(heap: &Heap, word: Word) -> Option<usize> {
    is_whole(heap, word, PART_LEVELS_MAX).then(|| limbs(heap, word))
}

/// Charges the work of an operation on exact numbers: as many words as there are for sums and
/// comparisons of integers, some power between one and two of them for products and quotients, and
/// the square where common divisors are looked for.
pub(crate) fn charge_exact(vm: &mut Vm, op: Op, left: Word, right: Word) {
    let (less, more) = {
        let (left, right) = (limbs(&vm.heap, left) as u64, limbs(&vm.heap, right) as u64);
        (left.min(right), left.max(right))
    };
    if more == 0 {
        return;
    }
    let divides = [left, right].iter().any(|&word| parts(&vm.heap, word).is_some());
    let words = match op {
        Op::Add | Op::Subtract | Op::Multiply if divides => more + more * less,
        Op::Multiply | Op::Quotient | Op::Remainder | Op::Modulo => more + more * less.isqrt(),
        _ => more,
    };
    vm.charge(words / WORDS_PER_UNIT);
}

/// Whose errors those of an operation are.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// Of the call that an instruction was written as.
    Instruction(u64),
    /// Of a procedure, whose arguments at these positions, counted from 0, are the operands.
    Procedure(&'static str, [usize; 2]),
}

impl Caller {
    fn called_as(self, op: Op) -> CalledAs {
        match self {
            Caller::Instruction(instruction) => Written::of(instruction).called_as(op),
            Caller::Procedure(name, positions) => CalledAs { name, positions },
        }
    }
}

fn operands(
    heap: &Heap,
    op: Op,
    left: Word,
    right: Word,
    caller: Caller,
) -> Result<(Number, Number), Fault> {
    let (fits, expected): (fn(&Number) -> bool, _) = match op {
        Op::Add | Op::Subtract | Op::Multiply | Op::NumberEqual => (|_| true, "a number"),
        Op::Less | Op::LessEqual => (Number::is_real, "a real number"),
        _ => (is_integer, "an integer"),
    };
    let decode = |word: Word, operand: usize| {
        Number::decode(heap, word).filter(fits).ok_or_else(|| {
            let CalledAs { name, positions } = caller.called_as(op);
            Fault::wrong_type(heap, name, positions[operand], expected, word)
        })
    };
    Ok((decode(left, 0)?, decode(right, 1)?))
}

/// Whether a number is an integer, exact or not.
pub fn is_integer(number: &Number) -> bool {
    match number {
        Number::Fixnum(_) | Number::Big(_) => true,
        Number::Flonum(value) => value.is_finite() && value.fract() == 0.0,
        Number::Ratio(_) | Number::Complex(_) => false,
    }
}

/// The result of an arithmetic instruction.
///
/// # Errors
/// Operands that are no numbers, division by zero, or a limit.
pub fn binary(
    vm: &mut Vm,
    op: Op,
    left: Word,
    right: Word,
    caller: Caller,
) -> Result<Word, Interrupt> {
    if let Some(value) = inexact(&vm.heap, op, left, right) {
        return encode_flonum(vm, value);
    }
    charge_exact(vm, op, left, right);
    let (left, right) = operands(&vm.heap, op, left, right, caller)?;
    left.check_divisors(&right, false)?;
    let result = match op {
        Op::Add => left.plus(right),
        Op::Subtract => left.minus(right),
        Op::Multiply => left.times(right),
        _ => divide_integers(op, left, right, caller)?,
    };
    result.encode(vm)
}

/// The result of an operation of which one operand is a flonum and the other one too, or a fixnum, by
/// far the most frequent cases that the engines leave.
fn inexact(heap: &Heap, op: Op, left: Word, right: Word) -> Option<f64> {
    if left.is_fixnum() && right.is_fixnum() {
        return None;
    }
    let value = |word: Word| {
        if word.is_fixnum() { Some(word.as_fixnum() as f64) } else { flonum(heap, word) }
    };
    let zero = Word::fixnum(0);
    match op {
        Op::Multiply => Some(value(left)? * value(right)?),
        // Exact zero keeps the sign of a zero beside it.
        _ if left == zero || right == zero => None,
        Op::Add => Some(value(left)? + value(right)?),
        Op::Subtract => Some(value(left)? - value(right)?),
        _ => None,
    }
}

/// Quotient, remainder or modulo of integers.
fn divide_integers(op: Op, left: Number, right: Number, caller: Caller) -> Result<Number, Fault> {
    if order(&right, &Number::Fixnum(0)) == Some(Ordering::Equal) {
        let message = format!("{} by zero", caller.called_as(op).name);
        return Err(Fault::new(ErrorCode::DivisionByZero, message));
    }
    let near = |number: &Number| match number {
        Number::Fixnum(value) if value.unsigned_abs() > 1 << f64::MANTISSA_DIGITS => None,
        Number::Fixnum(_) | Number::Flonum(_) => Some(number.to_f64()),
        _ => None,
    };
    let is_inexact = !left.is_exact() || !right.is_exact();
    if is_inexact && let (Some(a), Some(b)) = (near(&left), near(&right)) {
        return Ok(Number::Flonum(divide_flonums(op, a, b)));
    }
    let whole = |number: Number| number.to_exact().expect("an integer").into_integer();
    let result = Number::Big(divide_exact(op, whole(left), whole(right)));
    Ok(if is_inexact { result.to_inexact() } else { result })
}

fn divide_exact(op: Op, left: IBig, right: IBig) -> IBig {
    let (quotient, remainder) = (&left).div_rem(&right);
    match op {
        Op::Quotient => quotient,
        Op::Remainder => remainder,
        _ if !remainder.is_zero() && remainder.sign() != right.sign() => remainder + right,
        _ => remainder,
    }
}

fn divide_flonums(op: Op, left: f64, right: f64) -> f64 {
    let remainder = left % right;
    match op {
        Op::Quotient => (left / right).trunc(),
        Op::Remainder => remainder,
        _ if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) => remainder + right,
        _ => remainder,
    }
}

/// Whether a relation holds between two numbers; exact against inexact is compared exactly.
///
/// # Errors
/// Operands that are no numbers, or not real where there is an order.
pub fn compare(
    heap: &Heap,
    op: Op,
    left: Word,
    right: Word,
    caller: Caller,
) -> Result<bool, Fault> {
    let (left, right) = operands(heap, op, left, right, caller)?;
    Ok(holds(op, &left, &right))
}

/// Whether a relation holds between two numbers.
pub fn holds(op: Op, left: &Number, right: &Number) -> bool {
    match op {
        Op::Less => order(left, right) == Some(Ordering::Less),
        Op::LessEqual => matches!(order(left, right), Some(Ordering::Less | Ordering::Equal)),
        _ => equal(left, right),
    }
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
        let third = Number::from(Ratio::new(1.into(), 3u8.into()));
        assert_eq!(order(&third, &Number::Flonum(1.0 / 3.0)), Some(Ordering::Greater));
    }

    #[test]
    fn parts_of_complex_numbers_agree_in_exactness() {
        let exact = Number::rectangular(Number::Fixnum(1), Number::Fixnum(2));
        assert_eq!(exact.text(10), "1+2i");
        let mixed = Number::rectangular(Number::Fixnum(1), Number::Flonum(2.0));
        assert_eq!(mixed.text(10), "1.0+2.0i");
        let real = Number::rectangular(Number::Flonum(1.5), Number::Fixnum(0));
        assert_eq!(real, Number::Flonum(1.5));
        assert_eq!(exact.clone().times(exact).text(10), "-3+4i");
    }
}
