//! Numbers: exact integers of any size and flonums.
//!
//! The rows stand here; what they do is in `arithmetic.rs` (exact and mixed), `real.rs` (rounding
//! and transcendental functions, by one pure-Rust library so that results are the same everywhere),
//! `bits.rs` and `text.rs`. Exact ratios and complex numbers are not in this version; where one
//! would be the result, the fault says so.
//!
//! Operations on integers beyond some 1,024 limbs may take longer than a millisecond.

mod arithmetic;
mod bits;
mod real;
pub mod text;

use arithmetic as exact;
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::number::Number;
use pscheme_vm::op::Op;
use pscheme_vm::primitives;

use crate::argument::fault;

primitives! { NUMBER_PRIMITIVES:
    /// `(+ number …)`: the sum.
    1 "+" (0..) size => |vm, a| exact::fold(vm, a, Op::Add, 0);
    /// `(- number)` negates; `(- number other …)` takes the others away.
    2 "-" (1..) size => exact::subtract;
    /// `(* number …)`: the product.
    3 "*" (0..) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::fold(vm, a, Op::Multiply, 1);
    /// `(/ number)` is the reciprocal; `(/ number other …)` divides. Exact only if there is no rest.
    4 "/" (1..) listed("integers of INTEGER_BITS_MAX bits") => exact::divide;
    /// `(= number …)`: whether all are equal.
    5 "=" (1..) size => |vm, a| exact::relation(vm, a, "=", Op::NumberEqual, false);
    /// `(< number …)`: whether they ascend.
    6 "<" (1..) size => |vm, a| exact::relation(vm, a, "<", Op::Less, false);
    /// `(> number …)`: whether they descend.
    7 ">" (1..) size => |vm, a| exact::relation(vm, a, ">", Op::Less, true);
    /// `(<= number …)`: whether none is less than the one before.
    8 "<=" (1..) size => |vm, a| exact::relation(vm, a, "<=", Op::LessEqual, false);
    /// `(>= number …)`: whether none is greater than the one before.
    9 ">=" (1..) size => |vm, a| exact::relation(vm, a, ">=", Op::LessEqual, true);
    /// `(max number …)`: the greatest; inexact if any is.
    10 "max" (1..) size => |vm, a| exact::extreme(vm, a, "max", true);
    /// `(min number …)`: the least; inexact if any is.
    11 "min" (1..) size => |vm, a| exact::extreme(vm, a, "min", false);
    /// `(quotient n m)`: truncated quotient.
    12 "quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Quotient);
    /// `(remainder n m)`: truncated remainder.
    13 "remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Remainder);
    /// `(modulo n m)`: floored remainder.
    14 "modulo" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Modulo);
    /// `(floor-quotient n m)`: floored quotient.
    15 "floor-quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => exact::floor_quotient;
    /// `(floor-remainder n m)`: floored remainder.
    16 "floor-remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Modulo);
    /// `(truncate-quotient n m)`: truncated quotient.
    17 "truncate-quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Quotient);
    /// `(truncate-remainder n m)`: truncated remainder.
    18 "truncate-remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, Op::Remainder);
    /// `(gcd n …)`: greatest common divisor, not negative.
    19 "gcd" (0..) listed("integers of INTEGER_BITS_MAX bits") => exact::gcd;
    /// `(lcm n …)`: least common multiple, not negative.
    20 "lcm" (0..) listed("integers of INTEGER_BITS_MAX bits") => exact::lcm;
    /// `(abs x)`: the absolute value.
    21 "abs" (1) size => |vm, a| exact::absolute(vm, a, "abs");
    /// `(magnitude x)`: the absolute value.
    22 "magnitude" (1) size => |vm, a| exact::absolute(vm, a, "magnitude");
    /// `(%exact-integer-sqrt n)`: the greatest integer whose square is at most `n`.
    23 "%exact-integer-sqrt" (1) listed("integers of INTEGER_BITS_MAX bits") => exact::integer_square_root;
    /// `(numerator x)`: of the fraction in lowest terms.
    24 "numerator" (1) size => |vm, a| exact::fraction_part(vm, a, "numerator");
    /// `(denominator x)`: of the fraction in lowest terms.
    25 "denominator" (1) size => |vm, a| exact::fraction_part(vm, a, "denominator");
    /// `(square x)`: the number times itself.
    26 "square" (1) listed("integers of INTEGER_BITS_MAX bits") => exact::square;
    /// `(1+ x)`: the number plus one.
    27 "1+" (1) size => |vm, a| exact::step(vm, a, 1);
    /// `(-1+ x)`: the number minus one.
    28 "-1+" (1) size => |vm, a| exact::step(vm, a, -1);

    /// `(number? value)`: is it a number?
    30 "number?" (1) size => |vm, a| exact::class(vm, a, |_| true);
    /// `(complex? value)`: is it a number?
    31 "complex?" (1) size => |vm, a| exact::class(vm, a, |_| true);
    /// `(real? value)`: is it a number? All are real in this version.
    32 "real?" (1) size => |vm, a| exact::class(vm, a, |_| true);
    /// `(rational? value)`: is it a number that is neither infinite nor a NaN?
    33 "rational?" (1) size => |vm, a| exact::class(vm, a, |n| n.to_f64().is_finite() || n.is_exact());
    /// `(integer? value)`: is it an integer, exact or not?
    34 "integer?" (1) size => |vm, a| exact::class(vm, a, exact::is_integer);
    /// `(exact-integer? value)`: is it an exact integer?
    35 "exact-integer?" (1) size => |vm, a| exact::class(vm, a, Number::is_exact);
    /// `(exact-rational? value)`: is it an exact number?
    36 "exact-rational?" (1) size => |vm, a| exact::class(vm, a, Number::is_exact);
    /// `(exact-nonnegative-integer? value)`: is it an exact integer of at least 0?
    37 "exact-nonnegative-integer?" (1) size => |vm, a| exact::class(vm, a, |n| n.is_exact() && exact::sign(n) >= 0);
    /// `(nan? x)`: is it not a number?
    38 "nan?" (1) size => |vm, a| exact::property(vm, a, "nan?", |n| n.to_f64().is_nan());
    /// `(finite? x)`: is it neither infinite nor a NaN?
    39 "finite?" (1) size => |vm, a| exact::property(vm, a, "finite?", |n| n.is_exact() || n.to_f64().is_finite());
    /// `(infinite? x)`: is it an infinity?
    40 "infinite?" (1) size => |vm, a| exact::property(vm, a, "infinite?", |n| !n.is_exact() && n.to_f64().is_infinite());
    /// `(exact? x)`: is the number exact?
    41 "exact?" (1) size => |vm, a| exact::property(vm, a, "exact?", Number::is_exact);
    /// `(inexact? x)`: is the number a flonum?
    42 "inexact?" (1) size => |vm, a| exact::property(vm, a, "inexact?", |n| !n.is_exact());
    /// `(zero? x)`: is it zero?
    43 "zero?" (1) size => |vm, a| exact::property(vm, a, "zero?", |n| exact::sign(n) == 0 && !n.to_f64().is_nan());
    /// `(positive? x)`: is it greater than zero?
    44 "positive?" (1) size => |vm, a| exact::property(vm, a, "positive?", |n| exact::sign(n) > 0);
    /// `(negative? x)`: is it less than zero?
    45 "negative?" (1) size => |vm, a| exact::property(vm, a, "negative?", |n| exact::sign(n) < 0);
    /// `(odd? n)`: is the integer odd?
    46 "odd?" (1) size => |vm, a| exact::parity(vm, a, "odd?", true);
    /// `(even? n)`: is the integer even?
    47 "even?" (1) size => |vm, a| exact::parity(vm, a, "even?", false);

    /// `(inexact x)`: the nearest flonum.
    50 "inexact" (1) size => |vm, a| real::inexact(vm, a, "inexact");
    /// `(exact->inexact x)`: the nearest flonum.
    51 "exact->inexact" (1) size => |vm, a| real::inexact(vm, a, "exact->inexact");
    /// `(exact x)`: the exact integer of the same value.
    52 "exact" (1) size => |vm, a| real::exact(vm, a, "exact");
    /// `(inexact->exact x)`: the exact integer of the same value.
    53 "inexact->exact" (1) size => |vm, a| real::exact(vm, a, "inexact->exact");
    /// `(floor x)`: the greatest integer not above.
    54 "floor" (1) size => |vm, a| real::rounded(vm, a, "floor", libm::floor);
    /// `(ceiling x)`: the least integer not below.
    55 "ceiling" (1) size => |vm, a| real::rounded(vm, a, "ceiling", libm::ceil);
    /// `(round x)`: the nearest integer, the even one of two.
    56 "round" (1) size => |vm, a| real::rounded(vm, a, "round", f64::round_ties_even);
    /// `(truncate x)`: the integer part.
    57 "truncate" (1) size => |vm, a| real::rounded(vm, a, "truncate", libm::trunc);
    /// `(sqrt x)`: the square root; exact for exact squares.
    60 "sqrt" (1) listed("integers of INTEGER_BITS_MAX bits") => real::square_root;
    /// `(expt base exponent)`: the power; exact for exact arguments.
    61 "expt" (2) listed("integers of INTEGER_BITS_MAX bits") => real::power;
    /// `(exp x)`: e to the power of `x`.
    62 "exp" (1) size => |vm, a| real::function(vm, a, "exp", Some((0, 1)), libm::exp);
    /// `(log x)`: the natural logarithm; `(log x base)` that to a base.
    63 "log" (1..=2) size => real::logarithm;
    /// `(sin x)`: the sine.
    64 "sin" (1) size => |vm, a| real::function(vm, a, "sin", Some((0, 0)), libm::sin);
    /// `(cos x)`: the cosine.
    65 "cos" (1) size => |vm, a| real::function(vm, a, "cos", Some((0, 1)), libm::cos);
    /// `(tan x)`: the tangent.
    66 "tan" (1) size => |vm, a| real::function(vm, a, "tan", Some((0, 0)), libm::tan);
    /// `(asin x)`: the inverse sine.
    67 "asin" (1) size => |vm, a| real::inverse(vm, a, "asin", Some((0, 0)), libm::asin);
    /// `(acos x)`: the inverse cosine.
    68 "acos" (1) size => |vm, a| real::inverse(vm, a, "acos", Some((1, 0)), libm::acos);
    /// `(atan x)`: the inverse tangent; `(atan y x)` the angle of a point.
    69 "atan" (1..=2) size => real::arc_tangent;

    /// `(number->string number [radix])`: its external representation; radix 2 to 36, for flonums 10.
    80 "number->string" (1..=2) listed("integers of INTEGER_BITS_MAX bits") => text::number_to_string;
    /// `(string->number string [radix])`: the number a text stands for, or `#f`; radix 2, 8, 10 or 16.
    81 "string->number" (1..=2) listed("integers of INTEGER_BITS_MAX bits") => text::string_to_number;

    /// `(bitwise-and n …)`: bits set in all.
    90 "bitwise-and" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-and", -1, |x, y| x & y);
    /// `(bitwise-or n …)`: bits set in any.
    91 "bitwise-or" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-or", 0, |x, y| x | y);
    /// `(bitwise-xor n …)`: bits set in an odd number of them.
    92 "bitwise-xor" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-xor", 0, |x, y| x ^ y);
    /// `(bitwise-not n)`: all bits inverted.
    93 "bitwise-not" (1) size => bits::not;
    /// `(arithmetic-shift n count)`: shifted left, or right if the count is negative.
    94 "arithmetic-shift" (2) size => |vm, a| bits::shift(vm, a, "arithmetic-shift", 1);
    /// `(shift-left n count)`: shifted left.
    95 "shift-left" (2) size => |vm, a| bits::shift(vm, a, "shift-left", 1);
    /// `(shift-right n count)`: shifted right.
    96 "shift-right" (2) size => |vm, a| bits::shift(vm, a, "shift-right", -1);
    /// `(bit-count n)`: number of 1 bits, or of 0 bits if negative.
    97 "bit-count" (1) size => bits::count;
    /// `(integer-length n)`: bits needed to write the integer, its sign aside.
    98 "integer-length" (1) size => bits::length;
}

/// The fault of a result that would be a sort of number this version does not have.
fn not_in_this_version(name: &str, result: &str, advice: &str) -> Interrupt {
    let message = format!("the result of {name} would be {result}, not in this version{advice}");
    fault(ErrorCode::NotInThisVersion, message)
}
