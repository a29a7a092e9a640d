//! Errors of a running program before they are heap objects, and what a primitive can ask for
//! instead of returning a value.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;

use crate::machine::Park;
use crate::print::summary;

/// The name of an argument's place, counted from 0.
pub fn place(position: usize) -> String {
    const NAMES: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    NAMES.get(position).map_or_else(|| format!("{}th", position + 1), |name| (*name).to_string())
}

/// An error in the running program. Becomes a condition object where it is raised.
#[derive(Clone, Debug)]
pub struct Fault {
    pub code: ErrorCode,
    /// Lower case; what was expected and what was found.
    pub message: String,
    /// Objects the message speaks of.
    pub irritants: Vec<Word>,
    /// The object that a program raised; without one a condition is made of the rest.
    pub raised: Option<Word>,
}

impl Fault {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), irritants: Vec::new(), raised: None }
    }

    /// The fault of a program that raises `object`; `message` is for those who see no objects.
    pub fn raising(code: ErrorCode, message: impl Into<String>, object: Word) -> Fault {
        Fault { raised: Some(object), ..Fault::new(code, message) }
    }

    /// The fault of an argument of the wrong type.
    pub fn wrong_type(
        heap: &Heap,
        name: &str,
        position: usize,
        expected: &str,
        found: Word,
    ) -> Fault {
        let message = format!(
            "{name} expects {expected} as its {} argument, found {}",
            place(position),
            summary(heap, found)
        );
        Fault::new(ErrorCode::WrongType, message).with_irritants(&[found])
    }

    pub fn with_irritants(mut self, irritants: &[Word]) -> Fault {
        self.irritants.extend_from_slice(irritants);
        self
    }
}

/// Why a primitive gives no value.
#[derive(Debug)]
pub enum Interrupt {
    Error(Box<Fault>),
    /// Deliver the word as the result, then wait.
    Park(Park, Word),
    /// Wait for input from the console, then call again: there is no result, and nothing was taken.
    AwaitInput,
    Exit(i64),
}

impl From<Fault> for Interrupt {
    fn from(fault: Fault) -> Interrupt {
        Interrupt::Error(Box::new(fault))
    }
}
