//! pscheme: a Scheme whose running programs live in a database.
//!
//! A [`Session`] is a machine and the image it lives in. Programs run in it as processes; the image
//! is committed incrementally while they run, and after a crash everything goes on from the last
//! commit, in the middle of an expression if that is where it was.
//!
//! ```
//! use pscheme::{Outcome, Session, SessionOptions, host::StandardHost};
//!
//! let mut session = Session::transient(SessionOptions::new(Box::new(StandardHost::default())))?;
//! session.start_program("sum.scm", "(define (sum n) (if (= n 0) 0 (+ n (sum (- n 1))))) (sum 10)")?;
//! assert_eq!(session.run()?, Outcome::Ended(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(unsafe_code)]

pub mod disassembly;
pub mod effects;
pub mod exchange;
pub mod host;
pub mod inspect;
pub mod names;
pub mod primitives;
pub mod program;
pub mod prompt;
pub mod report;
pub mod session;
pub mod show;

pub use program::{ProgramError, check_text};
pub use session::{Outcome, Session, SessionError, SessionOptions};

pub use pscheme_compiler as compiler;
pub use pscheme_heap as heap;
pub use pscheme_vm as vm;
