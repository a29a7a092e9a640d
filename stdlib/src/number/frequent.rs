//! Numbers that are words, by far the most frequent ones: what the procedures of `arithmetic.rs` and `real.rs` give
//! for fixnums and immediate flonums, without going by way of [`pscheme_vm::number::Number`].

use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::primitive::Arguments;

/// The argument of a procedure of one, if it is a fixnum.
fn fixnum(arguments: Arguments) -> Option<i64> {
    let word = arguments.get(0);
    word.is_fixnum().then(|| word.as_fixnum())
}

fn immediate(word: Word) -> Option<f64> {
    word.is_immediate_flonum().then(|| word.as_immediate_flonum())
}

/// A procedure that gives fixnums back, and applies `operation` to flonums.
fn of_flonums(arguments: Arguments, operation: impl FnOnce(f64) -> f64) -> Option<Word> {
    let word = arguments.get(0);
    if word.is_fixnum() {
        return Some(word);
    }
    Word::try_flonum(operation(immediate(word)?))
}

pub(super) fn absolute(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    match fixnum(arguments) {
        Some(value) => Word::try_fixnum(value.abs()),
        None => of_flonums(arguments, f64::abs),
    }
}

pub(super) fn floor(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    of_flonums(arguments, f64::floor)
}

pub(super) fn ceiling(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    of_flonums(arguments, f64::ceil)
}

pub(super) fn truncate(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    of_flonums(arguments, f64::trunc)
}

pub(super) fn round(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    of_flonums(arguments, f64::round_ties_even)
}

pub(super) fn inexact(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    match fixnum(arguments) {
        Some(value) => Word::try_flonum(value as f64),
        None => immediate(arguments.get(0)).map(|_| arguments.get(0)),
    }
}

pub(super) fn exact(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    if fixnum(arguments).is_some() {
        return Some(arguments.get(0));
    }
    let value = immediate(arguments.get(0)).filter(|value| value.fract() == 0.0)?;
    // Below this every whole flonum is a fixnum; infinities have no fraction, and are above.
    (value.abs() < (1u64 << f64::MANTISSA_DIGITS) as f64)
        .then(|| Word::try_fixnum(value as i64))
        .flatten()
}

/// The square root of a flonum; of an exact number it may be exact.
pub(super) fn square_root(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    let value = immediate(arguments.get(0)).filter(|value| *value > 0.0)?;
    Word::try_flonum(value.sqrt())
}

pub(super) fn is_even(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    fixnum(arguments).map(|value| Word::boolean(value & 1 == 0))
}

pub(super) fn is_odd(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    fixnum(arguments).map(|value| Word::boolean(value & 1 != 0))
}

pub(super) fn is_number(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    let word = arguments.get(0);
    (word.is_fixnum() || word.is_immediate_flonum()).then_some(Word::TRUE)
}

pub(super) fn is_integer(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    if fixnum(arguments).is_some() {
        return Some(Word::TRUE);
    }
    immediate(arguments.get(0)).map(|value| Word::boolean(value.fract() == 0.0))
}

pub(super) fn is_exact_integer(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    let word = arguments.get(0);
    if word.is_immediate_flonum() {
        return Some(Word::FALSE);
    }
    fixnum(arguments).map(|_| Word::TRUE)
}

/// Both arguments of a procedure that was called with two, if they are flonums.
fn flonums(arguments: Arguments) -> Option<(f64, f64)> {
    if arguments.count() != 2 {
        return None;
    }
    immediate(arguments.get(0)).zip(immediate(arguments.get(1)))
}

pub(super) fn quotient(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    let (left, right) = flonums(arguments)?;
    if right == 0.0 { None } else { Word::try_flonum(left / right) }
}

/// Both arguments of a procedure that was called with two, if they are fixnums.
fn fixnums(arguments: Arguments) -> Option<(i64, i64)> {
    if arguments.count() != 2 {
        return None;
    }
    let (left, right) = (arguments.get(0), arguments.get(1));
    (left.is_fixnum() && right.is_fixnum()).then(|| (left.as_fixnum(), right.as_fixnum()))
}

pub(super) fn sum(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    match fixnums(arguments) {
        Some((left, right)) => Word::try_fixnum(left + right),
        None => flonums(arguments).and_then(|(left, right)| Word::try_flonum(left + right)),
    }
}

pub(super) fn difference(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    match fixnums(arguments) {
        Some((left, right)) => Word::try_fixnum(left - right),
        None => flonums(arguments).and_then(|(left, right)| Word::try_flonum(left - right)),
    }
}

pub(super) fn product(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    match fixnums(arguments) {
        Some((left, right)) => left.checked_mul(right).and_then(Word::try_fixnum),
        None => flonums(arguments).and_then(|(left, right)| Word::try_flonum(left * right)),
    }
}

/// A division of fixnums whose divisor is not zero.
fn division(arguments: Arguments, operation: fn(i64, i64) -> i64) -> Option<Word> {
    let (left, right) = fixnums(arguments).filter(|(_, right)| *right != 0)?;
    Word::try_fixnum(operation(left, right))
}

pub(super) fn truncate_quotient(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    division(arguments, |left, right| left / right)
}

pub(super) fn truncate_remainder(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    division(arguments, |left, right| left % right)
}

fn floored_remainder(left: i64, right: i64) -> i64 {
    let remainder = left % right;
    if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder }
}

pub(super) fn floor_remainder(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    division(arguments, floored_remainder)
}

pub(super) fn floor_quotient(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    division(arguments, |left, right| (left - floored_remainder(left, right)) / right)
}

/// A comparison of two fixnums or two flonums.
pub(super) fn comparison(
    arguments: Arguments,
    fixnum: fn(&i64, &i64) -> bool,
    flonum: fn(&f64, &f64) -> bool,
) -> Option<Word> {
    match fixnums(arguments) {
        Some((left, right)) => Some(Word::boolean(fixnum(&left, &right))),
        None => flonums(arguments).map(|(left, right)| Word::boolean(flonum(&left, &right))),
    }
}

fn extreme(arguments: Arguments, takes_second: impl Fn(f64, f64) -> Option<bool>) -> Option<Word> {
    if arguments.count() != 2 {
        return None;
    }
    let (left, right) = (arguments.get(0), arguments.get(1));
    let second = if left.is_fixnum() && right.is_fixnum() {
        // Fixnums are compared by their words: doubles do not tell all of them apart.
        takes_second(0.0, (right.as_fixnum() - left.as_fixnum()).signum() as f64)?
    } else {
        takes_second(immediate(left)?, immediate(right)?)?
    };
    Some(if second { right } else { left })
}

/// Whether the second is the greater one; equal flonums may differ in the sign of zero, and what is no number has no
/// order.
pub(super) fn greatest(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    extreme(arguments, |left, right| {
        (left != right).then(|| left.partial_cmp(&right)).flatten().map(std::cmp::Ordering::is_lt)
    })
}

pub(super) fn least(_: &mut Heap, arguments: Arguments) -> Option<Word> {
    extreme(arguments, |left, right| {
        (left != right).then(|| left.partial_cmp(&right)).flatten().map(std::cmp::Ordering::is_gt)
    })
}
