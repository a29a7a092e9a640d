//! Register machine whose stacks and continuations are plain words in heap pages.

pub mod code;
pub mod op;
