//! Every limit of the compiler. At each the program is refused with its place and the limit's value.

use pscheme_heap::fixed_limits;

fixed_limits! { COMPILER_LIMITS:
    /// How deep the requirements of `cond-expand` nest.
    REQUIREMENT_DEPTH_MAX: usize = 200;
    /// Uses of macros in one form of the top level: what has more never ends.
    EXPANSIONS_MAX: usize = 200_000;
    /// Data of a program, with what its macros made of them.
    DATA_MAX: usize = 40_000_000;
    /// How deep patterns and templates of `syntax-rules` nest.
    RULE_DEPTH_MAX: usize = 200;
    /// Texts that include or import each other, one inside the other.
    SOURCE_DEPTH_MAX: usize = 100;
    /// How deep procedures nest: code objects nest as they do, and installing walks that nest.
    LAMBDA_DEPTH_MAX: usize = 500;
}
