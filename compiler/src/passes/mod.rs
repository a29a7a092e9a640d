//! Passes over Core IR, in the order in which they run. Each rebuilds a form from its leaves up.
//!
//! | file | takes and removes |
//! |---|---|
//! | `inline.rs` | calls of names nobody redefines become instructions; called lambdas become `Let` |
//! | `simplify.rs` | constants and copies of variables, tests of constants, negated tests, dead code |
//! | `letrec.rs` | `Letrec` becomes `Let`, `Fix` and assignments of checked variables |
//! | `loops.rs` | `Fix` of procedures that are only jumped to becomes `Labels` |
//! | `boxes.rs` | assigned variables become boxes; removes `SetLocal` |
//! | `closures.rs` | changes nothing: finds what each lambda captures |

pub mod boxes;
pub mod closures;
pub mod inline;
pub mod letrec;
pub mod loops;
pub mod simplify;
