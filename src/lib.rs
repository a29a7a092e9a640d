//! pscheme: a Scheme whose running programs live in a database.
//!
//! An [`Image`] is a Scheme world: programs run in it as processes, and it is committed incrementally
//! while they run. After a crash everything goes on from the last commit, in the middle of an
//! expression if that is where it was. [`OpenOptions`] says how it is opened, and what a host gives to
//! its programs: functions and effects in Rust.
//!
//! ```
//! use pscheme::Image;
//!
//! let mut image = Image::in_memory()?;
//! image.eval("(define (sum n) (if (= n 0) 0 (+ n (sum (- n 1)))))")?;
//! assert_eq!(image.eval_to::<i64>("(sum 10)")?, 55);
//! # Ok::<(), pscheme::Error>(())
//! ```
//!
//! A [`Session`] is the layer below: what the command runs scripts with.

#![deny(unsafe_code)]

mod apart;
mod commit_events;
mod convert;
pub mod difference;
pub mod disassembly;

pub mod effects;
mod error;
pub mod exchange;
pub mod history;
pub mod host;
mod host_function;
mod idle;
mod image;
pub mod inspect;
mod large_wave;
mod open_options;
mod opening;
pub mod program;
pub mod prompt;
pub mod replay;
pub mod report;
mod residence;
pub mod session;
mod shortage;
pub mod show;

pub use convert::{Bytes, ConversionError, FromScheme, Symbol, ToScheme, Value};
pub use error::Error;
pub use host_function::{IntoHostFunction, RequestId};
pub use image::{Budget, Image, Stop, Stopper};
pub use open_options::{Durability, OpenOptions};
pub use opening::seal_key;
pub use program::{ProgramError, check_text};
pub use session::{Outcome, Session, SessionError, SessionOptions};
pub use shortage::{Pause, PauseReport};

pub use pscheme_heap::store::{CommitName, Retention};
pub use pscheme_stdlib::{help, names};
pub use pscheme_vm::limits::Limits;

pub use pscheme_compiler as compiler;
pub use pscheme_heap as heap;
pub use pscheme_stdlib as stdlib;
pub use pscheme_vm as vm;

/// The README's examples are compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
