//! Exact and mixed arithmetic, comparisons and predicates.

use std::cmp::Ordering;

use dashu_int::IBig;
use dashu_int::ops::{Abs, DivRem, Gcd, SquareRoot};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{self, Number, order};
use pscheme_vm::op::Op;
use pscheme_vm::primitive::Arguments;

use super::not_in_this_version;
use crate::argument::{Call, Outcome, fault};

/// The integer of an exact number.
pub(super) fn integer(number: Number) -> IBig {
    match number {
        Number::Fixnum(value) => IBig::from(value),
        Number::Big(value) => value,
        Number::Flonum(_) => unreachable!("the caller has exact numbers only"),
    }
}

/// Argument `position` as an exact integer.
pub(super) fn exact_integer(call: Call<'_>, position: usize) -> Result<IBig, Interrupt> {
    match call.number(position) {
        Ok(number) if number.is_exact() => Ok(integer(number)),
        _ => Err(call.wrong_type(position, "an exact integer")),
    }
}

/// The sum or difference of two fixnums, by far the most frequent case of a first-class `+`.
fn fixnum_sum(arguments: Arguments, op: Op) -> Option<Word> {
    if arguments.count() != 2 {
        return None;
    }
    let (left, right) = (arguments.get(0), arguments.get(1));
    if !left.is_fixnum() || !right.is_fixnum() {
        return None;
    }
    match op {
        Op::Add => Word::try_fixnum(left.as_fixnum() + right.as_fixnum()),
        Op::Subtract => Word::try_fixnum(left.as_fixnum() - right.as_fixnum()),
        _ => None,
    }
}

pub(super) fn fold(vm: &mut Vm, arguments: Arguments, op: Op, unit: i64) -> Outcome {
    if let Some(sum) = fixnum_sum(arguments, op) {
        return Ok(sum);
    }
    if arguments.count() == 0 {
        return Ok(Word::fixnum(unit));
    }
    if arguments.count() == 1 {
        // Adding nothing or multiplying by one checks the type and changes no number.
        let neutral = Word::fixnum(i64::from(op == Op::Multiply));
        let word = arguments.get(0);
        number::binary(vm, op, word, neutral)?;
        return Ok(arguments.get(0));
    }
    // The arguments stay as they are: at the heap's limit the whole is carried out again.
    let place = vm.heap.protect(arguments.get(0));
    let mut outcome = Ok(());
    for index in 1..arguments.count() {
        let before = vm.heap.protected(place);
        match number::binary(vm, op, before, arguments.get(index)) {
            Ok(result) => vm.heap.set_protected(place, result),
            Err(interrupt) => {
                outcome = Err(interrupt);
                break;
            }
        }
    }
    let result = vm.heap.protected(place);
    vm.heap.unprotect(place);
    outcome.map(|()| result)
}

pub(super) fn binary(vm: &mut Vm, arguments: Arguments, op: Op) -> Outcome {
    number::binary(vm, op, arguments.get(0), arguments.get(1))
}

pub(super) fn subtract(vm: &mut Vm, arguments: Arguments) -> Outcome {
    if arguments.count() > 1 {
        return fold(vm, arguments, Op::Subtract, 0);
    }
    match Call::new(vm, "-", arguments).number(0)? {
        // Zero minus zero would lose the sign.
        Number::Flonum(value) => Number::Flonum(-value).encode(vm),
        exact => Number::Big(-integer(exact)).encode(vm),
    }
}

pub(super) fn divide(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "/", arguments);
    let mut result = call.number(0)?;
    if arguments.count() == 1 {
        return quotient(Number::Fixnum(1), result)?.encode(vm);
    }
    for index in 1..arguments.count() {
        result = quotient(result, call.number(index)?)?;
    }
    result.encode(vm)
}

fn quotient(left: Number, right: Number) -> Result<Number, Interrupt> {
    if right.is_exact() && sign(&right) == 0 {
        return Err(fault(ErrorCode::DivisionByZero, "/ by zero"));
    }
    if !left.is_exact() || !right.is_exact() {
        return Ok(Number::Flonum(left.to_f64() / right.to_f64()));
    }
    let (left, right) = (integer(left), integer(right));
    let (quotient, remainder) = (&left).div_rem(&right);
    if remainder != IBig::ZERO {
        let advice = ": divide with quotient, or make one of the numbers inexact";
        return Err(not_in_this_version("/", "an exact ratio", advice));
    }
    Ok(Number::Big(quotient))
}

pub(super) fn relation(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    op: Op,
    swapped: bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    if arguments.count() == 2 && arguments.get(0).is_fixnum() && arguments.get(1).is_fixnum() {
        let (left, right) = (arguments.get(0).as_fixnum(), arguments.get(1).as_fixnum());
        let ordering = if swapped { right.cmp(&left) } else { left.cmp(&right) };
        return Ok(Word::boolean(holds_for(op, Some(ordering))));
    }
    let mut holds = true;
    let mut before = call.number(0)?;
    for index in 1..arguments.count() {
        let next = call.number(index)?;
        let ordering = if swapped { order(&next, &before) } else { order(&before, &next) };
        holds &= holds_for(op, ordering);
        before = next;
    }
    Ok(Word::boolean(holds))
}

fn holds_for(op: Op, ordering: Option<Ordering>) -> bool {
    match op {
        Op::Less => ordering == Some(Ordering::Less),
        Op::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        _ => ordering == Some(Ordering::Equal),
    }
}

pub(super) fn extreme(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    greatest: bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let mut result = call.number(0)?;
    let mut inexact = !result.is_exact();
    for index in 1..arguments.count() {
        let next = call.number(index)?;
        inexact |= !next.is_exact();
        let wanted = if greatest { Ordering::Less } else { Ordering::Greater };
        // A NaN has no order and is contagious.
        match order(&result, &next) {
            None if next.to_f64().is_nan() => result = next,
            Some(found) if found == wanted => result = next,
            _ => {}
        }
    }
    if inexact { Number::Flonum(result.to_f64()).encode(vm) } else { result.encode(vm) }
}

pub(super) fn floor_quotient(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let remainder = number::binary(vm, Op::Modulo, arguments.get(0), arguments.get(1))?;
    let exact_part = number::binary(vm, Op::Subtract, arguments.get(0), remainder)?;
    // Carried out again with this in place of the dividend it comes to the same.
    arguments.set(0, exact_part);
    number::binary(vm, Op::Quotient, arguments.get(0), arguments.get(1))
}

/// Argument `position` as an integer, and whether it was exact.
fn any_integer(call: Call<'_>, position: usize) -> Result<(IBig, bool), Interrupt> {
    match call.number(position)? {
        Number::Flonum(value) if is_integral(value) => {
            Ok((IBig::try_from(value).expect("integral"), false))
        }
        Number::Flonum(_) => Err(call.wrong_type(position, "an integer")),
        exact => Ok((integer(exact), true)),
    }
}

fn encode_as(vm: &mut Vm, value: IBig, exact: bool) -> Outcome {
    let number = Number::Big(value);
    if exact { number.encode(vm) } else { Number::Flonum(number.to_f64()).encode(vm) }
}

pub(super) fn gcd(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "gcd", arguments);
    let (mut result, mut exact) = (IBig::ZERO, true);
    for index in 0..arguments.count() {
        let (next, next_exact) = any_integer(call, index)?;
        exact &= next_exact;
        result = greatest_divisor(&result, &next);
    }
    encode_as(vm, result, exact)
}

/// The greatest common divisor, of which that of two zeros is zero.
fn greatest_divisor(left: &IBig, right: &IBig) -> IBig {
    if *left == IBig::ZERO {
        return right.clone().abs();
    }
    if *right == IBig::ZERO {
        return left.clone().abs();
    }
    IBig::from(left.gcd(right))
}

pub(super) fn lcm(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "lcm", arguments);
    let (mut result, mut exact) = (IBig::ONE, true);
    for index in 0..arguments.count() {
        let (next, next_exact) = any_integer(call, index)?;
        exact &= next_exact;
        if next == IBig::ZERO || result == IBig::ZERO {
            result = IBig::ZERO;
            continue;
        }
        let divisor = greatest_divisor(&result, &next);
        result = (result / divisor * next).abs();
    }
    encode_as(vm, result, exact)
}

pub(super) fn absolute(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    match Call::new(vm, name, arguments).number(0)? {
        Number::Flonum(value) => Number::Flonum(value.abs()).encode(vm),
        exact => Number::Big(integer(exact).abs()).encode(vm),
    }
}

pub(super) fn integer_square_root(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "exact-integer-sqrt", arguments);
    let value = exact_integer(call, 0)?;
    if value < IBig::ZERO {
        return Err(call.wrong_type(0, "an exact integer of at least 0"));
    }
    Number::Big(IBig::from(value.sqrt())).encode(vm)
}

pub(super) fn fraction_part(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let number = call.number(0)?;
    let Number::Flonum(value) = number else {
        return Ok(if name == "numerator" { arguments.get(0) } else { Word::fixnum(1) });
    };
    if !value.is_finite() {
        return Err(call.wrong_type(0, "a rational number"));
    }
    // A flonum is an integer over a power of two; doubling is exact until the fraction is gone.
    let (mut numerator, mut denominator) = (value, 1.0f64);
    while numerator.fract() != 0.0 && denominator.is_finite() {
        (numerator, denominator) = (numerator * 2.0, denominator * 2.0);
    }
    Number::Flonum(if name == "numerator" { numerator } else { denominator }).encode(vm)
}

pub(super) fn square(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let word = arguments.get(0);
    Call::new(vm, "square", arguments).number(0)?;
    number::binary(vm, Op::Multiply, word, word)
}

pub(super) fn step(vm: &mut Vm, arguments: Arguments, by: i64) -> Outcome {
    Call::new(vm, if by > 0 { "1+" } else { "-1+" }, arguments).number(0)?;
    number::binary(vm, Op::Add, arguments.get(0), Word::fixnum(by))
}

/// Whether a value is a number of a class; other values are of none.
pub(super) fn class(vm: &mut Vm, arguments: Arguments, test: fn(&Number) -> bool) -> Outcome {
    let number = Number::decode(&vm.heap, arguments.get(0));
    Ok(Word::boolean(number.is_some_and(|number| test(&number))))
}

/// Whether a number has a property; other values are faults.
pub(super) fn property(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    test: fn(&Number) -> bool,
) -> Outcome {
    let number = Call::new(vm, name, arguments).number(0)?;
    Ok(Word::boolean(test(&number)))
}

pub(super) fn is_integral(value: f64) -> bool {
    value.is_finite() && value.fract() == 0.0
}

pub(super) fn is_integer(number: &Number) -> bool {
    match number {
        Number::Flonum(value) => is_integral(*value),
        _ => true,
    }
}

/// -1, 0 or 1; 0 for a NaN.
pub(super) fn sign(number: &Number) -> i32 {
    match order(number, &Number::Fixnum(0)) {
        Some(Ordering::Less) => -1,
        Some(Ordering::Greater) => 1,
        _ => 0,
    }
}

pub(super) fn parity(vm: &mut Vm, arguments: Arguments, name: &'static str, odd: bool) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let is_odd = match call.number(0)? {
        Number::Fixnum(value) => value & 1 == 1,
        Number::Big(value) => value % IBig::from(2) != IBig::ZERO,
        Number::Flonum(value) if is_integral(value) => value % 2.0 != 0.0,
        Number::Flonum(_) => return Err(call.wrong_type(0, "an integer")),
    };
    Ok(Word::boolean(is_odd == odd))
}
