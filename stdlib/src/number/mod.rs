//! Numbers: exact integers and ratios of any size, flonums, and complex numbers of both.
//!
//! The rows stand here; what they do is in `arithmetic.rs` (the four operations and comparisons),
//! `real.rs` (rounding, conversions, parts), `power.rs` (roots and powers), `transcendental.rs`,
//! `bits.rs` and `text.rs`. What a number is, and its arithmetic, is the machine's
//! (`pscheme_vm::number`).
//!
//! Operations on integers beyond some 1,024 limbs may take longer than a millisecond. Where common
//! divisors are looked for, which is with every ratio, the time grows with the square of the length.

mod arithmetic;
mod bits;
mod frequent;
mod power;
mod real;
pub mod text;
mod transcendental;

use arithmetic as exact;
use pscheme_vm::number::{Number, equal, is_integer};
use pscheme_vm::op::Op;
use pscheme_vm::primitives;

primitives! { NUMBER_PRIMITIVES:
    /// `(+ number …)`: the sum of the numbers.
    1 "+" (0..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::fold(vm, a, "+", Op::Add, 0),
        fast frequent::sum;
    /// `(- number)` negates; `(- number other …)` takes the others away.
    2 "-" (1..) listed("ratios of INTEGER_BITS_MAX bits") => exact::subtract,
        fast frequent::difference;
    /// `(* number …)`: the product of the numbers.
    3 "*" (0..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::fold(vm, a, "*", Op::Multiply, 1),
        fast frequent::product;
    /// `(/ number)` is the reciprocal; `(/ number other …)` divides.
    4 "/" (1..) listed("ratios of INTEGER_BITS_MAX bits") => exact::divide,
        fast frequent::quotient;
    /// `(= number …)`: are all equal?
    5 "=" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::relation(vm, a, "=", Op::NumberEqual, false),
        fast |_, a| frequent::comparison(a, i64::eq, f64::eq);
    /// `(< number …)`: do the numbers ascend?
    6 "<" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::relation(vm, a, "<", Op::Less, false),
        fast |_, a| frequent::comparison(a, i64::lt, f64::lt);
    /// `(> number …)`: do the numbers descend?
    7 ">" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::relation(vm, a, ">", Op::Less, true),
        fast |_, a| frequent::comparison(a, i64::gt, f64::gt);
    /// `(<= number …)`: is no number less than the one before it?
    8 "<=" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::relation(vm, a, "<=", Op::LessEqual, false),
        fast |_, a| frequent::comparison(a, i64::le, f64::le);
    /// `(>= number …)`: is no number greater than the one before it?
    9 ">=" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::relation(vm, a, ">=", Op::LessEqual, true),
        fast |_, a| frequent::comparison(a, i64::ge, f64::ge);
    /// `(max number …)`: the greatest of the numbers; inexact if any is.
    10 "max" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::extreme(vm, a, "max", true),
        fast frequent::greatest;
    /// `(min number …)`: the least of the numbers; inexact if any is.
    11 "min" (1..) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::extreme(vm, a, "min", false),
        fast frequent::least;
    /// `(quotient n m)`: the quotient of two integers, rounded towards zero.
    12 "quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "quotient", Op::Quotient),
        fast frequent::truncate_quotient;
    /// `(remainder n m)`: the rest of a division of integers rounded towards zero; it has the sign of `n`.
    13 "remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "remainder", Op::Remainder),
        fast frequent::truncate_remainder;
    /// `(modulo n m)`: the rest of a division of integers rounded down; it has the sign of `m`.
    14 "modulo" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "modulo", Op::Modulo),
        fast frequent::floor_remainder;
    /// `(floor-quotient n m)`: the quotient of two integers, rounded down.
    15 "floor-quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => exact::floor_quotient,
        fast frequent::floor_quotient;
    /// `(floor-remainder n m)`: the rest of a division of integers rounded down; it has the sign of `m`.
    16 "floor-remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "floor-remainder", Op::Modulo),
        fast frequent::floor_remainder;
    /// `(truncate-quotient n m)`: the quotient of two integers, rounded towards zero.
    17 "truncate-quotient" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "truncate-quotient", Op::Quotient),
        fast frequent::truncate_quotient;
    /// `(truncate-remainder n m)`: the rest of a division of integers rounded towards zero; it has the sign of `n`.
    18 "truncate-remainder" (2) listed("integers of INTEGER_BITS_MAX bits") => |vm, a| exact::binary(vm, a, "truncate-remainder", Op::Remainder),
        fast frequent::truncate_remainder;
    /// `(gcd n …)`: the greatest common divisor of integers, not negative.
    19 "gcd" (0..) listed("integers of INTEGER_BITS_MAX bits") => exact::gcd;
    /// `(lcm n …)`: the least common multiple of integers, not negative.
    20 "lcm" (0..) listed("integers of INTEGER_BITS_MAX bits") => exact::lcm;
    /// `(abs x)`: the absolute value of a real number.
    21 "abs" (1) size => exact::absolute,
        fast frequent::absolute;
    /// `(magnitude z)`: the distance of a number from zero.
    22 "magnitude" (1) listed("ratios of INTEGER_BITS_MAX bits") => real::magnitude;
    /// `(%exact-integer-sqrt n)`: the greatest integer whose square is at most `n`.
    23 "%exact-integer-sqrt" (1) listed("integers of INTEGER_BITS_MAX bits") => exact::integer_square_root;
    /// `(numerator x)`: the numerator of a rational number in lowest terms.
    24 "numerator" (1) size => |vm, a| exact::fraction_part(vm, a, "numerator");
    /// `(denominator x)`: the denominator of a rational number in lowest terms.
    25 "denominator" (1) size => |vm, a| exact::fraction_part(vm, a, "denominator");
    /// `(square x)`: a number times itself.
    26 "square" (1) listed("ratios of INTEGER_BITS_MAX bits") => exact::square;
    /// `(1+ x)`: a number plus one.
    27 "1+" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::step(vm, a, 1);
    /// `(-1+ x)`: a number minus one.
    28 "-1+" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| exact::step(vm, a, -1);

    /// `(number? value)`: is it a number?
    30 "number?" (1) size => |vm, a| exact::class(vm, a, |_| true),
        fast frequent::is_number;
    /// `(complex? value)`: is it a number?
    31 "complex?" (1) size => |vm, a| exact::class(vm, a, |_| true),
        fast frequent::is_number;
    /// `(real? value)`: is it a number without an imaginary part?
    32 "real?" (1) size => |vm, a| exact::class(vm, a, Number::is_real),
        fast frequent::is_number;
    /// `(rational? value)`: is it a real number that is neither infinite nor a NaN?
    33 "rational?" (1) size => |vm, a| exact::class(vm, a, exact::is_rational);
    /// `(integer? value)`: is it an integer, exact or not?
    34 "integer?" (1) size => |vm, a| exact::class(vm, a, is_integer),
        fast frequent::is_integer;
    /// `(exact-integer? value)`: is it an exact integer?
    35 "exact-integer?" (1) size => |vm, a| exact::class(vm, a, Number::is_exact_integer),
        fast frequent::is_exact_integer;
    /// `(exact-rational? value)`: is it an exact real number?
    36 "exact-rational?" (1) size => |vm, a| exact::class(vm, a, |n| n.is_exact() && n.is_real());
    /// `(exact-nonnegative-integer? value)`: is it an exact integer of at least 0?
    37 "exact-nonnegative-integer?" (1) size => |vm, a| exact::class(vm, a, |n| n.is_exact_integer() && exact::sign(n) >= 0);
    /// `(nan? z)`: is a number, or a part of it, not a number?
    38 "nan?" (1) size => |vm, a| exact::property(vm, a, "nan?", |n| exact::either_part(n, f64::is_nan));
    /// `(finite? z)`: is a number, and each part of it, neither infinite nor a NaN?
    39 "finite?" (1) size => |vm, a| exact::property(vm, a, "finite?", |n| exact::both_parts(n, f64::is_finite));
    /// `(infinite? z)`: is a number, or a part of it, infinite?
    40 "infinite?" (1) size => |vm, a| exact::property(vm, a, "infinite?", |n| exact::either_part(n, f64::is_infinite));
    /// `(exact? x)`: is a number exact?
    41 "exact?" (1) size => |vm, a| exact::property(vm, a, "exact?", Number::is_exact);
    /// `(inexact? x)`: is a number inexact: a flonum, or a complex number of flonums?
    42 "inexact?" (1) size => |vm, a| exact::property(vm, a, "inexact?", |n| !n.is_exact());
    /// `(zero? x)`: is a number zero?
    43 "zero?" (1) size => |vm, a| exact::property(vm, a, "zero?", |n| equal(n, &Number::Fixnum(0)));
    /// `(positive? x)`: is a real number greater than zero?
    44 "positive?" (1) size => |vm, a| exact::has_sign(vm, a, "positive?", 1);
    /// `(negative? x)`: is a real number less than zero?
    45 "negative?" (1) size => |vm, a| exact::has_sign(vm, a, "negative?", -1);
    /// `(odd? n)`: is an integer odd?
    46 "odd?" (1) size => |vm, a| exact::parity(vm, a, "odd?", true),
        fast frequent::is_odd;
    /// `(even? n)`: is an integer even?
    47 "even?" (1) size => |vm, a| exact::parity(vm, a, "even?", false),
        fast frequent::is_even;

    /// `(inexact z)`: the nearest inexact number.
    50 "inexact" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::inexact(vm, a, "inexact"),
        fast frequent::inexact;
    /// `(exact->inexact z)`: the nearest inexact number.
    51 "exact->inexact" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::inexact(vm, a, "exact->inexact"),
        fast frequent::inexact;
    /// `(exact z)`: the exact number of the same value.
    52 "exact" (1) size => |vm, a| real::exact(vm, a, "exact"),
        fast frequent::exact;
    /// `(inexact->exact z)`: the exact number of the same value.
    53 "inexact->exact" (1) size => |vm, a| real::exact(vm, a, "inexact->exact"),
        fast frequent::exact;
    /// `(floor x)`: the greatest integer that is not above a real number.
    54 "floor" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::rounded(vm, a, real::FLOOR),
        fast frequent::floor;
    /// `(ceiling x)`: the least integer that is not below a real number.
    55 "ceiling" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::rounded(vm, a, real::CEILING),
        fast frequent::ceiling;
    /// `(round x)`: the integer nearest to a real number; the even one if two are.
    56 "round" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::rounded(vm, a, real::ROUND),
        fast frequent::round;
    /// `(truncate x)`: a real number without its fraction.
    57 "truncate" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| real::rounded(vm, a, real::TRUNCATE),
        fast frequent::truncate;
    /// `(sqrt z)`: the principal square root; exact if it is rational and `z` is exact.
    60 "sqrt" (1) listed("ratios of INTEGER_BITS_MAX bits") => real::square_root,
        fast frequent::square_root;
    /// `(expt base exponent)`: the power; exact if it is rational and both are exact.
    61 "expt" (2) listed("ratios of INTEGER_BITS_MAX bits") => power::power;
    /// `(exp z)`: the number e to the power of `z`.
    62 "exp" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::EXP);
    /// `(log z)`: the natural logarithm; `(log z base)` that to a base.
    63 "log" (1..=2) listed("ratios of INTEGER_BITS_MAX bits") => transcendental::logarithm;
    /// `(sin z)`: the sine of a number of radians.
    64 "sin" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::SIN);
    /// `(cos z)`: the cosine of a number of radians.
    65 "cos" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::COS);
    /// `(tan z)`: the tangent of a number of radians.
    66 "tan" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::TAN);
    /// `(asin z)`: the inverse sine, in radians.
    67 "asin" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::ASIN);
    /// `(acos z)`: the inverse cosine, in radians.
    68 "acos" (1) listed("ratios of INTEGER_BITS_MAX bits") => |vm, a| transcendental::function(vm, a, transcendental::ACOS);
    /// `(atan z)`: the inverse tangent; `(atan y x)` the angle of a point.
    69 "atan" (1..=2) listed("ratios of INTEGER_BITS_MAX bits") => transcendental::arc_tangent;

    /// `(make-rectangular x y)`: the complex number with these parts.
    70 "make-rectangular" (2) listed("ratios of INTEGER_BITS_MAX bits") => real::rectangular;
    /// `(make-polar magnitude angle)`: the complex number of this magnitude and angle.
    71 "make-polar" (2) listed("ratios of INTEGER_BITS_MAX bits") => real::polar;
    /// `(real-part z)`: the real part of a number.
    72 "real-part" (1) size => real::real_part;
    /// `(imag-part z)`: the imaginary part of a number; exact zero for a real one.
    73 "imag-part" (1) size => real::imaginary_part;
    /// `(angle z)`: the angle of a number, above -pi and not above pi.
    74 "angle" (1) listed("ratios of INTEGER_BITS_MAX bits") => real::angle;
    /// `(rationalize x y)`: the simplest rational number that differs from `x` by no more than `y`.
    75 "rationalize" (2) listed("numbers of RATIONALIZE_BITS_MAX bits") => real::rationalize;

    /// `(number->string number [radix])`: the text of a number in a radix from 2 to 36.
    80 "number->string" (1..=2) listed("ratios of INTEGER_BITS_MAX bits") => text::number_to_string;
    /// `(string->number string [radix])`: the number a text stands for, or `#f`; radix 2 to 36.
    81 "string->number" (1..=2) listed("ratios of INTEGER_BITS_MAX bits") => text::string_to_number;
    /// `(%read-number string)`: as `string->number`, but `#t` for exact numbers beyond the limit.
    82 "%read-number" (1) listed("ratios of INTEGER_BITS_MAX bits") => text::read_number;

    /// `(bitwise-and n …)`: the integer of the bits that are set in all.
    90 "bitwise-and" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-and", -1, |x, y| x & y);
    /// `(bitwise-or n …)`: the integer of the bits that are set in any.
    91 "bitwise-or" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-or", 0, |x, y| x | y);
    /// `(bitwise-xor n …)`: the integer of the bits that are set in an odd number of them.
    92 "bitwise-xor" (0..) size => |vm, a| bits::fold(vm, a, "bitwise-xor", 0, |x, y| x ^ y);
    /// `(bitwise-not n)`: an integer with all bits inverted.
    93 "bitwise-not" (1) size => bits::not;
    /// `(arithmetic-shift n count)`: an integer shifted left by `count` bits, or right if that is negative.
    94 "arithmetic-shift" (2) size => |vm, a| bits::shift(vm, a, "arithmetic-shift", 1);
    /// `(shift-left n count)`: an integer shifted left by `count` bits.
    95 "shift-left" (2) size => |vm, a| bits::shift(vm, a, "shift-left", 1);
    /// `(shift-right n count)`: an integer shifted right by `count` bits.
    96 "shift-right" (2) size => |vm, a| bits::shift(vm, a, "shift-right", -1);
    /// `(bit-count n)`: the number of 1 bits of an integer, or of 0 bits if it is negative.
    97 "bit-count" (1) size => bits::count;
    /// `(integer-length n)`: the number of bits needed to write an integer, its sign aside.
    98 "integer-length" (1) size => bits::length;
}
