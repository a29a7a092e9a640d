//! The standard library: primitives in Rust and the prelude in Scheme.
//!
//! A primitive is a leaf of bounded time: it checks its arguments, may allocate, and returns. What
//! calls back into Scheme or goes through data of any size is Scheme itself, in `prelude/`, where
//! needed over primitives that work on a bounded piece (`limits.rs`). `load.rs` puts compiled
//! programs into a heap, the prelude first.
//!
//! Rows of primitives stand in one block per file: numbers 1–149, lists 150–199, characters
//! 200–249, strings and symbols 250–278 and 290–349, continuations 279–289, vectors 350–399, bytevectors 400–449, hash tables
//! 450–499, control 500–549, ports 550–649, commits and processes 650–699, records 700–717, procedures
//! 718, features 719, evaluation 720–725, the operating system's process 726–728, compilations and
//! syntax 730 and 740–749, ports 733 and 736, the host 750–752, help 760.
//! Codes reach the disk: they are never renumbered.

#![deny(unsafe_code)]

mod argument;
mod bytevector;
mod character;
mod commit;
mod compilation;
mod context;
mod continuation;
mod control;
mod data;
mod eval;
mod feature;
mod hash_table;
pub mod help;
mod host;
mod image;
pub mod limits;
mod list;
mod load;
pub mod names;
mod number;
pub mod port;
mod procedure;
mod process;
mod record;
mod room;
pub mod signature;
mod string;
mod syntax;
mod text;
mod vector;
pub mod write;

use pscheme_vm::primitive::Primitive;

pub use argument::place as argument_place;
pub use host::note_value;
pub use image::{ImageSurroundings, define_library};
pub use load::{
    Installation, LoadError, boot, boot_image, compile_and_install, compile_form_at,
    expand_form_at, install, is_library_source,
};
pub use number::text::number_text;
pub use port::flush_open_ports;
pub use write::raised_text;

/// Every primitive of the standard library.
pub fn primitive_rows() -> impl Iterator<Item = &'static Primitive> {
    [
        number::NUMBER_PRIMITIVES,
        list::LIST_PRIMITIVES,
        character::CHARACTER_PRIMITIVES,
        string::STRING_PRIMITIVES,
        vector::VECTOR_PRIMITIVES,
        bytevector::BYTEVECTOR_PRIMITIVES,
        hash_table::HASH_TABLE_PRIMITIVES,
        control::CONTROL_PRIMITIVES,
        continuation::CONTINUATION_PRIMITIVES,
        port::PORT_PRIMITIVES,
        record::RECORD_PRIMITIVES,
        procedure::PROCEDURE_PRIMITIVES,
        feature::FEATURE_PRIMITIVES,
        eval::EVAL_PRIMITIVES,
        compilation::COMPILATION_PRIMITIVES,
        syntax::SYNTAX_PRIMITIVES,
        context::CONTEXT_PRIMITIVES,
        commit::COMMIT_PRIMITIVES,
        process::PROCESS_PRIMITIVES,
        host::HOST_PRIMITIVES,
        help::HELP_PRIMITIVES,
    ]
    .into_iter()
    .flatten()
}
