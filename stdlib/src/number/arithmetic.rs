//! Sums, products, quotients, comparisons and predicates on numbers of every kind.

use std::cmp::Ordering;

use dashu_int::ops::{Abs, BitTest, Gcd, SquareRoot};
use dashu_int::{IBig, UBig};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::{self, Caller, Number, holds, is_integer, order};
use pscheme_vm::op::Op;
use pscheme_vm::primitive::Arguments;

use crate::argument::{Call, Outcome, fault};

/// Argument `position` as an exact integer.
pub(super) fn exact_integer(call: Call<'_>, position: usize) -> Result<IBig, Interrupt> {
    match call.number(position) {
        Ok(number) if number.is_exact_integer() => Ok(number.into_integer()),
        _ => Err(call.wrong_type(position, "an exact integer")),
    }
}

pub(super) fn fold(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    op: Op,
    unit: i64,
) -> Outcome {
    if arguments.count() == 0 {
        return Ok(Word::fixnum(unit));
    }
    if arguments.count() == 1 {
        // Adding nothing or multiplying by one checks the type and changes no number.
        let neutral = Word::fixnum(i64::from(op == Op::Multiply));
        let word = arguments.get(0);
        number::binary(vm, op, word, neutral, Caller::Procedure(name, [0, 0]))?;
        return Ok(arguments.get(0));
    }
    // The arguments stay as they are: at the heap's limit the whole is carried out again.
    let place = vm.heap.protect(arguments.get(0));
    let mut outcome = Ok(());
    for index in 1..arguments.count() {
        let before = vm.heap.protected(place);
        let caller = Caller::Procedure(name, [index - 1, index]);
        match number::binary(vm, op, before, arguments.get(index), caller) {
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

pub(super) fn binary(vm: &mut Vm, arguments: Arguments, name: &'static str, op: Op) -> Outcome {
    let caller = Caller::Procedure(name, [0, 1]);
    number::binary(vm, op, arguments.get(0), arguments.get(1), caller)
}

pub(super) fn subtract(vm: &mut Vm, arguments: Arguments) -> Outcome {
    if arguments.count() > 1 {
        return fold(vm, arguments, "-", Op::Subtract, 0);
    }
    // Zero minus zero would lose the sign.
    Call::new(vm, "-", arguments).number(0)?.negated().encode(vm)
}

pub(super) fn divide(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "/", arguments);
    let mut result = call.number(0)?;
    if arguments.count() == 1 {
        return quotient(Number::Fixnum(1), result)?.encode(vm);
    }
    for index in 1..arguments.count() {
        result = quotient(result, call.number(index)?)?.within_limit()?;
    }
    result.encode(vm)
}

fn quotient(left: Number, right: Number) -> Result<Number, Interrupt> {
    left.check_divisors(&right, true)?;
    left.over(right).ok_or_else(|| fault(ErrorCode::DivisionByZero, "/ by zero"))
}

pub(super) fn relation(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    op: Op,
    swapped: bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let argument =
        |index| if op == Op::NumberEqual { call.number(index) } else { call.real(index) };
    let mut all_hold = true;
    let mut before = argument(0)?;
    for index in 1..arguments.count() {
        let next = argument(index)?;
        let (left, right) = if swapped { (&next, &before) } else { (&before, &next) };
        all_hold &= holds(op, left, right);
        before = next;
    }
    Ok(Word::boolean(all_hold))
}

pub(super) fn extreme(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    greatest: bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let mut result = call.real(0)?;
    let mut inexact = !result.is_exact();
    for index in 1..arguments.count() {
        let next = call.real(index)?;
        inexact |= !next.is_exact();
        let wanted = if greatest { Ordering::Less } else { Ordering::Greater };
        // A NaN has no order and is contagious.
        match order(&result, &next) {
            None if next.to_f64().is_nan() => result = next,
            Some(found) if found == wanted => result = next,
            _ => {}
        }
    }
    if inexact { result.to_inexact().encode(vm) } else { result.encode(vm) }
}

pub(super) fn floor_quotient(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let caller = Caller::Procedure("floor-quotient", [0, 1]);
    let remainder = number::binary(vm, Op::Modulo, arguments.get(0), arguments.get(1), caller)?;
    let exact_part = number::binary(vm, Op::Subtract, arguments.get(0), remainder, caller)?;
    // Carried out again with this in place of the dividend it comes to the same.
    arguments.set(0, exact_part);
    number::binary(vm, Op::Quotient, arguments.get(0), arguments.get(1), caller)
}

/// Argument `position` as an integer, and whether it was exact.
fn any_integer(call: Call<'_>, position: usize) -> Result<(IBig, bool), Interrupt> {
    let number = call.number(position)?;
    if !is_integer(&number) {
        return Err(call.wrong_type(position, "an integer"));
    }
    let is_exact = number.is_exact();
    Ok((number.to_exact().expect("an integer").into_integer(), is_exact))
}

fn encode_as(vm: &mut Vm, value: UBig, exact: bool) -> Outcome {
    let number = Number::Big(value.into());
    if exact { number.encode(vm) } else { number.to_inexact().encode(vm) }
}

pub(super) fn gcd(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "gcd", arguments);
    let (mut result, mut exact) = (UBig::ZERO, true);
    for index in 0..arguments.count() {
        let (next, next_exact) = any_integer(call, index)?;
        exact &= next_exact;
        result = greatest_divisor(&result, &next);
    }
    encode_as(vm, result, exact)
}

/// The greatest common divisor, of which that of two zeros is zero.
fn greatest_divisor(left: &UBig, right: &IBig) -> UBig {
    if left.is_zero() && right.is_zero() { UBig::ZERO } else { left.gcd(right) }
}

pub(super) fn lcm(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "lcm", arguments);
    let (mut result, mut exact) = (UBig::ONE, true);
    for index in 0..arguments.count() {
        let (next, next_exact) = any_integer(call, index)?;
        exact &= next_exact;
        if next.is_zero() || result.is_zero() {
            result = UBig::ZERO;
            continue;
        }
        let divisor = greatest_divisor(&result, &next);
        let (_, next) = next.into_parts();
        result = result / divisor * next;
        Number::Big(result.clone().into()).within_limit()?;
    }
    encode_as(vm, result, exact)
}

pub(super) fn absolute(vm: &mut Vm, arguments: Arguments) -> Outcome {
    magnitude_of(Call::new(vm, "abs", arguments).real(0)?).encode(vm)
}

/// The magnitude of a real number.
pub(super) fn magnitude_of(real: Number) -> Number {
    match real {
        Number::Flonum(value) => Number::Flonum(value.abs()),
        Number::Ratio(value) => Number::from(value.magnitude()),
        integer => Number::Big(integer.into_integer().abs()),
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

/// Numerator or denominator of a rational number, as exact as the number.
pub(super) fn fraction_part(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let number = call.number(0)?;
    let exact = if number.is_real() { number.to_exact() } else { None };
    let Some(exact) = exact else { return Err(call.wrong_type(0, "a rational number")) };
    let (numerator, denominator) = exact.into_ratio().into_parts();
    let part = if name == "numerator" { numerator } else { denominator.into() };
    let part = Number::Big(part);
    if number.is_exact() { part.encode(vm) } else { part.to_inexact().encode(vm) }
}

pub(super) fn square(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let word = arguments.get(0);
    number::binary(vm, Op::Multiply, word, word, Caller::Procedure("square", [0, 0]))
}

pub(super) fn step(vm: &mut Vm, arguments: Arguments, by: i64) -> Outcome {
    let caller = Caller::Procedure(if by > 0 { "1+" } else { "-1+" }, [0, 0]);
    number::binary(vm, Op::Add, arguments.get(0), Word::fixnum(by), caller)
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

/// Whether a real number is above or below zero.
pub(super) fn has_sign(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    wanted: i32,
) -> Outcome {
    Ok(Word::boolean(sign(&Call::new(vm, name, arguments).real(0)?) == wanted))
}

pub(super) fn is_rational(number: &Number) -> bool {
    match number {
        Number::Flonum(value) => value.is_finite(),
        other => other.is_real(),
    }
}

/// Whether both parts of a number have a property that exact numbers have.
pub(super) fn both_parts(number: &Number, test: fn(f64) -> bool) -> bool {
    !either_part(number, |value| !test(value))
}

/// Whether one of the parts of a number has a property that exact numbers do not have.
pub(super) fn either_part(number: &Number, test: impl Fn(f64) -> bool) -> bool {
    match number {
        Number::Flonum(value) => test(*value),
        Number::Complex(complex) if !complex.is_exact() => {
            let (real, imaginary) = complex.to_f64();
            test(real) || test(imaginary)
        }
        _ => false,
    }
}

/// -1, 0 or 1 for a real number; 0 for a NaN.
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
        Number::Big(value) => value.bit(0),
        Number::Flonum(value) if is_integer(&Number::Flonum(value)) => value % 2.0 != 0.0,
        _ => return Err(call.wrong_type(0, "an integer")),
    };
    Ok(Word::boolean(is_odd == odd))
}
