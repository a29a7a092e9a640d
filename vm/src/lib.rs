//! Register machine whose stacks and continuations are plain words in heap pages.
//!
//! Read `op.rs` for the instructions, `machine.rs` for the registers, `engine/` for how they run,
//! `stack.rs` for sealing and underflow, and `process.rs` for what is scheduled.

pub mod apart;
pub mod builtin;
pub mod call;
pub mod code;
pub mod code_info;
mod compose;
pub mod engine;
pub mod fault;
pub mod frames;
pub mod handle;
pub mod host;
pub mod host_function;
pub mod inline;
pub mod install;
pub mod interruption;
pub mod limit_stop;
pub mod limits;
pub mod liveness;
pub mod machine;
pub mod mailbox;
pub mod monitor;
#[cfg(pscheme_machine_code)]
pub mod native;
pub mod number;
pub mod op;
pub mod primitive;
pub mod print;
pub mod process;
pub mod process_names;
pub mod process_tree;
pub mod raise;
pub mod room;
pub mod set_aside;
pub mod stack;
pub mod timers;
pub mod trace;
pub mod verify_code;
pub mod verify_processes;
pub mod waiters;
pub mod written;
