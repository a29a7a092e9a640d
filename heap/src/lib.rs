//! The heap of pscheme: plain words in pages, collected by moving the young, committed incrementally.
//!
//! Read `word.rs` for what a word is, `kind.rs` for what an object is, `heap.rs` for allocation and
//! the write barrier, `collect.rs` and `mark.rs` for collections, `snapshot.rs` for what a commit
//! writes, `verify.rs` for what is checked, and `store/` for how it reaches the disk.

#![doc = include_str!("../README.md")]

pub mod binding;
mod boot_image;
pub mod collect;
pub mod demand;
pub mod error_code;
mod format;
pub mod frame;
pub mod graph_hash;
pub mod heap;
pub mod kind;
pub mod limit_table;
pub mod limits;
pub mod lost;
pub mod mark;
mod pages;
pub mod peek;
pub mod reserved;
pub mod residence;
pub mod root_table;
pub mod snapshot;
pub mod space;
pub mod store;
pub mod text;
pub mod verify;
mod verify_number;
pub mod word;
