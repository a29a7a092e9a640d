//! Fuzzing: reader, numbers, expander and compiler, the verifier of bytecode, and the opener of images, each on
//! mutations of a committed corpus.
//!
//! Each campaign runs for `PSCHEME_FUZZ_SECONDS` (5 unless given; `cargo xtask soak fuzz` runs them
//! longer, optimised, with assertions on). It prints its seed, which `PSCHEME_SEED` sets. A failure
//! leaves the input, made small, under `target/fuzz`, and `PSCHEME_FUZZ_INPUT=FILE` runs that alone.
//! An input is a text in every campaign: bytecode and images are programs followed by lines of
//! edits (`edit.rs`). A regression is such a file in `tests/fuzz/corpus/CAMPAIGN`.

mod booted;
mod bytecode;
mod edit;
mod engine;
mod expander;
mod image;
mod image_files;
mod numbers;
mod reader;
mod scheme_text;
#[path = "../support/mod.rs"]
mod support;
