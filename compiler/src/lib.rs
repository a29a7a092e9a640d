//! Reader and compiler from Scheme source text to register bytecode.
//!
//! Text is read to data (`reader/`, `datum.rs`), expanded to Core IR with resolved variables
//! (`expand/`, `core.rs`), rewritten by passes (`passes/`), and generated as code units
//! (`codegen/`), which the machine's installer puts into a heap. `compile.rs` has the way from one
//! end to the other; begin there. Every stage keeps its trees in flat arenas and its work on
//! stacks of its own, so that no program, however deep it nests, overflows the host's stack.
//!
//! This crate knows the machine by its instruction set only: plain data in, plain data out.

#![deny(unsafe_code)]

pub mod codegen;
pub mod compile;
pub mod core;
pub mod core_validate;
pub mod core_write;
pub mod datum;
pub mod datum_write;
pub mod diagnostic;
pub mod expand;
pub mod features;
pub mod limits;
pub mod listing;
pub mod passes;
mod places;
pub mod reader;
pub mod scope;
pub mod source;
pub mod surroundings;
pub mod unicode;

pub use compile::{Compilation, Compiled, Step, compile_program, list_expansion};
pub use datum::QuotedData;
pub use diagnostic::{CompileFailure, Diagnostic};
pub use expand::{Answer, MadeForm, Use};
