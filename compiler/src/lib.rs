//! Reader and compiler from Scheme source text to register bytecode.

#![deny(unsafe_code)]

pub mod core;
pub mod core_validate;
pub mod core_write;
pub mod datum;
pub mod datum_write;
pub mod diagnostic;
pub mod expand;
pub mod passes;
pub mod reader;
