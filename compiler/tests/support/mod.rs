//! What the tests share: a table of toy primitives, and an abstract machine that runs code units on
//! plain Rust values and stops at every register that the real machine would not keep.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod check;
pub mod machine;
pub mod value;

use pscheme_compiler::reader::read_all;
use pscheme_compiler::source::Sources;
use pscheme_compiler::surroundings::NoImage;
use pscheme_compiler::{Compilation, CompileFailure, QuotedData, Step, compile_program};
use pscheme_vm::code::Program;
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

/// Compiles a program that stands alone.
pub fn compile(name: &str, text: &str) -> Result<Program<QuotedData>, CompileFailure> {
    compile_program(name, text, &Primitives, &NoImage::default()).map(|compiled| compiled.program)
}

/// Compiles the first form of a text for a top level where names were redefined.
pub fn compile_form(text: &str, redefined: &[&str]) -> Result<Program<QuotedData>, CompileFailure> {
    let read = read_all(text);
    assert!(read.diagnostics.is_empty(), "{text}");
    let redefined = redefined.iter().map(|name| name.to_string()).collect();
    let surroundings = NoImage { redefined, ..NoImage::default() };
    let (form, sources) = (read.forms[0], Sources::of("form", text));
    let mut compilation = Compilation::of_forms(read.arena, &[form], None, sources, &surroundings);
    match compilation.advance(&Primitives, &surroundings)? {
        Step::Compiled(compiled) => Ok(compiled.program),
        _ => panic!("no macro of {text} is a procedure"),
    }
}

pub struct Primitives;

impl PrimitiveTable for Primitives {
    fn signature(&self, name: &str) -> Option<PrimitiveSignature> {
        let index = PRIMITIVES.iter().position(|(known, ..)| *known == name)?;
        let (_, minimum, maximum) = PRIMITIVES[index];
        Some(PrimitiveSignature { code: index as u32, minimum, maximum })
    }
}
