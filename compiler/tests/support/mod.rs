//! What the tests share: a table of toy primitives, and an abstract machine that runs code units on
//! plain Rust values and stops at every register that the real machine would not keep.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod check;
pub mod machine;
pub mod value;

use pscheme_vm::inline::{PrimitiveSignature, PrimitiveTable};

/// The primitives of the abstract machine, by position.
pub const PRIMITIVES: &[(&str, u8, Option<u8>)] = &[
    ("list", 0, None),
    ("vector", 0, None),
    ("eqv?", 2, Some(2)),
    ("equal?", 2, Some(2)),
    ("append", 0, None),
    ("list->vector", 1, Some(1)),
    ("length", 1, Some(1)),
    ("reverse", 1, Some(1)),
    ("make-vector", 2, Some(2)),
    ("display", 1, Some(1)),
    ("symbol?", 1, Some(1)),
    ("abs", 1, Some(1)),
    ("%eqv?", 2, Some(2)),
    ("%append", 2, Some(2)),
    ("%list->vector", 1, Some(1)),
];

pub struct Primitives;

impl PrimitiveTable for Primitives {
    fn signature(&self, name: &str) -> Option<PrimitiveSignature> {
        let index = PRIMITIVES.iter().position(|(known, ..)| *known == name)?;
        let (_, minimum, maximum) = PRIMITIVES[index];
        Some(PrimitiveSignature { code: index as u32, minimum, maximum })
    }
}
