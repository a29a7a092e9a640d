//! Checks of arguments: every wrong one gives a fault that names the primitive, the argument's
//! place, what was expected and what was found.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, flag};
use pscheme_heap::word::Word;
pub use pscheme_vm::fault::place;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::print::summary;

use crate::procedure::is_procedure;

/// What a primitive gives.
pub type Outcome = Result<Word, Interrupt>;

/// The fault of an argument of the wrong type.
pub fn wrong_type(
    heap: &Heap,
    name: &str,
    position: usize,
    expected: &str,
    found: Word,
) -> Interrupt {
    Fault::wrong_type(heap, name, position, expected, found).into()
}

/// Characters of a name in a message.
const NAME_CHARACTERS_MAX: usize = 200;

/// The name in a message that the library passes on: a symbol or a string. Programs can call what
/// the library calls, so anything else must do no harm.
pub fn name_text(heap: &Heap, word: Word) -> String {
    match heap.kind_of(word) {
        Some(Kind::String) => heap.string_start(word, NAME_CHARACTERS_MAX),
        Some(Kind::Symbol) => heap.symbol_name(word),
        _ => summary(heap, word),
    }
}

/// A count that the library passes on; 0 for what is none.
pub fn trusted_count(word: Word) -> usize {
    if word.is_fixnum() { usize::try_from(word.as_fixnum()).unwrap_or(0) } else { 0 }
}

/// An index that is below a length, for what only carries out calls without a fault.
#[inline]
pub fn index_below(word: Word, length: usize) -> Option<usize> {
    if !word.is_fixnum() {
        return None;
    }
    usize::try_from(word.as_fixnum()).ok().filter(|&index| index < length)
}

/// A fault with this code and message.
pub fn fault(code: ErrorCode, message: impl Into<String>) -> Interrupt {
    Fault::new(code, message).into()
}

/// The place of an argument that the library passes on; the first if it says nothing.
pub fn trusted_place(word: Option<Word>) -> usize {
    word.map_or(0, trusted_count)
}

/// The arguments of one call, to be checked before anything is allocated.
#[derive(Clone, Copy)]
pub struct Call<'vm> {
    pub heap: &'vm Heap,
    pub name: &'vm str,
    pub arguments: Arguments,
    /// Arguments of the program's call that stand before those of the primitive.
    before: usize,
}

impl<'vm> Call<'vm> {
    pub fn new(vm: &'vm Vm, name: &'vm str, arguments: Arguments) -> Call<'vm> {
        Call { heap: &vm.heap, name, arguments, before: 0 }
    }

    /// The same for a primitive that gets the arguments behind so many of a program's call.
    pub fn behind(self, before: usize) -> Call<'vm> {
        Call { before, ..self }
    }

    pub fn wrong_type(self, position: usize, expected: &str) -> Interrupt {
        let place = position + self.before;
        wrong_type(self.heap, self.name, place, expected, self.arguments.get(position))
    }

    /// Argument `position`, which must be of `kind`.
    pub fn of_kind(self, position: usize, kind: Kind, expected: &str) -> Outcome {
        let word = self.arguments.get(position);
        if self.heap.kind_of(word) == Some(kind) {
            Ok(word)
        } else {
            Err(self.wrong_type(position, expected))
        }
    }

    pub fn string(self, position: usize) -> Outcome {
        self.of_kind(position, Kind::String, "a string")
    }

    pub fn vector(self, position: usize) -> Outcome {
        self.of_kind(position, Kind::Vector, "a vector")
    }

    pub fn bytevector(self, position: usize) -> Outcome {
        self.of_kind(position, Kind::Bytevector, "a bytevector")
    }

    pub fn symbol(self, position: usize) -> Outcome {
        self.of_kind(position, Kind::Symbol, "a symbol")
    }

    pub fn procedure(self, position: usize) -> Outcome {
        let word = self.arguments.get(position);
        if is_procedure(self.heap, word) {
            Ok(word)
        } else {
            Err(self.wrong_type(position, "a procedure"))
        }
    }

    /// An object of `kind` that is no literal.
    pub fn changeable(self, position: usize, kind: Kind, expected: &str) -> Outcome {
        let word = self.of_kind(position, kind, expected)?;
        if self.heap.header(word).flags() & flag::LITERAL == 0 {
            return Ok(word);
        }
        let what = expected.trim_start_matches("a ");
        let message = format!("{} cannot change a literal {what}", self.name);
        Err(Fault::new(ErrorCode::Immutable, message).with_irritants(&[word]).into())
    }

    pub fn character(self, position: usize) -> Result<char, Interrupt> {
        let word = self.arguments.get(position);
        if word.is_character() {
            Ok(word.as_character())
        } else {
            Err(self.wrong_type(position, "a character"))
        }
    }

    pub fn number(self, position: usize) -> Result<Number, Interrupt> {
        Number::decode(self.heap, self.arguments.get(position))
            .ok_or_else(|| self.wrong_type(position, "a number"))
    }

    pub fn real(self, position: usize) -> Result<Number, Interrupt> {
        Number::decode(self.heap, self.arguments.get(position))
            .filter(Number::is_real)
            .ok_or_else(|| self.wrong_type(position, "a real number"))
    }

    /// A fixnum of any value.
    pub fn fixnum(self, position: usize) -> Result<i64, Interrupt> {
        let word = self.arguments.get(position);
        if word.is_fixnum() {
            Ok(word.as_fixnum())
        } else {
            Err(self.wrong_type(position, "a small exact integer"))
        }
    }

    /// A length or count: a fixnum of at least 0 and at most `most`.
    pub fn count(self, position: usize, most: usize) -> Result<usize, Interrupt> {
        let word = self.arguments.get(position);
        if !word.is_fixnum() {
            return Err(self.wrong_type(position, "a count"));
        }
        let found = word.as_fixnum();
        usize::try_from(found).ok().filter(|&count| count <= most).ok_or_else(|| {
            let message = format!(
                "{} expects a count from 0 to {most} as its {} argument, found {found}",
                self.name,
                place(position + self.before)
            );
            Fault::new(ErrorCode::OutOfRange, message).with_irritants(&[word]).into()
        })
    }

    /// An index below `length`.
    pub fn index(self, position: usize, length: usize) -> Result<usize, Interrupt> {
        self.bounded(position, 0, length, "an index below", length)
    }

    /// An index from `least` to `length`, as it ends a range.
    pub fn end(self, position: usize, least: usize, length: usize) -> Result<usize, Interrupt> {
        self.bounded(position, least, length + 1, "an index up to", length)
    }

    fn bounded(
        self,
        position: usize,
        least: usize,
        limit: usize,
        wording: &str,
        shown: usize,
    ) -> Result<usize, Interrupt> {
        let word = self.arguments.get(position);
        if !word.is_fixnum() {
            return Err(self.wrong_type(position, "an index"));
        }
        let found = word.as_fixnum();
        let index = usize::try_from(found).ok().filter(|index| (least..limit).contains(index));
        index.ok_or_else(|| {
            let from = if least > 0 { format!(" from {least} on") } else { String::new() };
            let message = format!("{} expects {wording} {shown}{from}, found {found}", self.name);
            let irritants = [self.arguments.get(0), word];
            Fault::new(ErrorCode::IndexOutOfRange, message).with_irritants(&irritants).into()
        })
    }

    /// Start and end at `position` and the one after, of something of `length` elements.
    pub fn range(self, position: usize, length: usize) -> Result<(usize, usize), Interrupt> {
        let start = self.end(position, 0, length)?;
        let end = self.end(position + 1, start, length)?;
        Ok((start, end))
    }
}
