//! Rust values as Scheme values and back.
//!
//! The traits are sealed: types of a host's own go through `lexpr::Value` (lists, vectors, strings,
//! symbols, numbers) or stay in the image as a [`Value`].

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::handle::Handle;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::print::summary;

use crate::exchange::{ExchangeError, from_value, to_value};
use crate::host_function::RequestId;

/// A Scheme value that a host holds on to. It keeps its object from being collected until it is
/// dropped, and belongs to one open image: another image, or the same one opened again, does not
/// know it.
#[derive(Clone, Debug)]
pub struct Value(pub(crate) Handle);

/// Bytes of a bytevector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

/// A symbol by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(pub String);

/// A value has another type than the host asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct ConversionError {
    pub expected: String,
    /// The value, shortened.
    pub found: String,
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust value that a Scheme value can be made from.
///
/// | Rust | Scheme |
/// |---|---|
/// | `bool`, `char`, `String`, `&str` | boolean, character, string |
/// | `i8` to `i64`, `u8` to `u64`, `usize` | exact integer |
/// | `f64` | flonum |
/// | `()` | the value of expressions that have none |
/// | `Option<T>` | the value, or `#f` |
/// | `Vec<T>` | list |
/// | `Bytes`, `Symbol` | bytevector, symbol |
/// | `lexpr::Value` | its counterpart |
/// | `Value` | the object itself |
/// | `Result<T, E>`, of a host function | the value, or a condition with the error's text |
pub trait ToScheme: sealed::Sealed {
    #[doc(hidden)]
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt>;
}

/// A Rust value that can be made from a Scheme value: the types of [`ToScheme`] but `&str` and
/// `Result`. Integers must fit their type; `f64` takes every real number.
pub trait FromScheme: Sized + sealed::Sealed {
    #[doc(hidden)]
    fn from_word(vm: &Vm, word: Word) -> Result<Self, ConversionError>;
}

fn unexpected(vm: &Vm, word: Word, expected: impl Into<String>) -> ConversionError {
    ConversionError { expected: expected.into(), found: summary(&vm.heap, word) }
}

macro_rules! integers {
    ($($type:ident)*) => { $(
        impl sealed::Sealed for $type {}
        impl ToScheme for $type {
            fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
                match i64::try_from(self) {
                    Ok(value) => Number::Fixnum(value).encode(vm),
                    Err(_) => Number::Big(self.into()).encode(vm),
                }
            }
        }
        impl FromScheme for $type {
            fn from_word(vm: &Vm, word: Word) -> Result<$type, ConversionError> {
                let value = match Number::decode(&vm.heap, word) {
                    Some(Number::Fixnum(value)) => $type::try_from(value).ok(),
                    Some(Number::Big(value)) => $type::try_from(&value).ok(),
                    _ => None,
                };
                value.ok_or_else(|| {
                    let (least, most) = ($type::MIN, $type::MAX);
                    unexpected(vm, word, format!("an exact integer from {least} to {most}"))
                })
            }
        }
    )* };
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 usize }

impl sealed::Sealed for bool {}
impl ToScheme for bool {
    fn to_word(self, _: &mut Vm) -> Result<Word, Interrupt> {
        Ok(Word::boolean(self))
    }
}
impl FromScheme for bool {
    fn from_word(vm: &Vm, word: Word) -> Result<bool, ConversionError> {
        match word {
            Word::TRUE => Ok(true),
            Word::FALSE => Ok(false),
            _ => Err(unexpected(vm, word, "a boolean")),
        }
    }
}

impl sealed::Sealed for char {}
impl ToScheme for char {
    fn to_word(self, _: &mut Vm) -> Result<Word, Interrupt> {
        Ok(Word::character(self))
    }
}
impl FromScheme for char {
    fn from_word(vm: &Vm, word: Word) -> Result<char, ConversionError> {
        let is_character = word.is_character();
        is_character.then(|| word.as_character()).ok_or_else(|| unexpected(vm, word, "a character"))
    }
}

impl sealed::Sealed for f64 {}
impl ToScheme for f64 {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        Number::Flonum(self).encode(vm)
    }
}
impl FromScheme for f64 {
    fn from_word(vm: &Vm, word: Word) -> Result<f64, ConversionError> {
        let number = Number::decode(&vm.heap, word).filter(Number::is_real);
        number.map(|number| number.to_f64()).ok_or_else(|| unexpected(vm, word, "a real number"))
    }
}

impl sealed::Sealed for () {}
impl ToScheme for () {
    fn to_word(self, _: &mut Vm) -> Result<Word, Interrupt> {
        Ok(Word::UNSPECIFIED)
    }
}
impl FromScheme for () {
    /// Any value: it is not looked at.
    fn from_word(_: &Vm, _: Word) -> Result<(), ConversionError> {
        Ok(())
    }
}

impl sealed::Sealed for &str {}
impl ToScheme for &str {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        vm.reserve(Heap::string_room(self.chars().count()))?;
        Ok(vm.heap.string(self))
    }
}
impl sealed::Sealed for String {}
impl ToScheme for String {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        self.as_str().to_word(vm)
    }
}
impl FromScheme for String {
    fn from_word(vm: &Vm, word: Word) -> Result<String, ConversionError> {
        let is_string = vm.heap.kind_of(word) == Some(Kind::String);
        is_string.then(|| vm.heap.string_text(word)).ok_or_else(|| unexpected(vm, word, "a string"))
    }
}

impl sealed::Sealed for Symbol {}
impl ToScheme for Symbol {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        Ok(vm.heap.intern(&self.0, &mut vm.machine))
    }
}
impl FromScheme for Symbol {
    fn from_word(vm: &Vm, word: Word) -> Result<Symbol, ConversionError> {
        let is_symbol = vm.heap.kind_of(word) == Some(Kind::Symbol);
        is_symbol
            .then(|| Symbol(vm.heap.symbol_name(word)))
            .ok_or_else(|| unexpected(vm, word, "a symbol"))
    }
}

impl sealed::Sealed for RequestId {}
impl FromScheme for RequestId {
    fn from_word(vm: &Vm, word: Word) -> Result<RequestId, ConversionError> {
        String::from_word(vm, word).map(RequestId)
    }
}

impl sealed::Sealed for Bytes {}
impl ToScheme for Bytes {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        let room = (self.0.len() as u64 + 32).min(pscheme_heap::limits::LARGE_OBJECT_BYTES + 32);
        vm.reserve(room)?;
        Ok(vm.heap.bytevector(&self.0))
    }
}
impl FromScheme for Bytes {
    fn from_word(vm: &Vm, word: Word) -> Result<Bytes, ConversionError> {
        let is_bytes = vm.heap.kind_of(word) == Some(Kind::Bytevector);
        is_bytes
            .then(|| Bytes(vm.heap.bytes(word).to_vec()))
            .ok_or_else(|| unexpected(vm, word, "a bytevector"))
    }
}

impl<T> sealed::Sealed for Option<T> {}
impl<T: ToScheme> ToScheme for Option<T> {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        self.map_or(Ok(Word::FALSE), |value| value.to_word(vm))
    }
}
impl<T: FromScheme> FromScheme for Option<T> {
    fn from_word(vm: &Vm, word: Word) -> Result<Option<T>, ConversionError> {
        if word == Word::FALSE { Ok(None) } else { T::from_word(vm, word).map(Some) }
    }
}

impl<T> sealed::Sealed for Vec<T> {}
impl<T: ToScheme> ToScheme for Vec<T> {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        let list = vm.heap.protect(Word::NULL);
        let mut outcome = Ok(());
        for item in self.into_iter().rev() {
            outcome = item.to_word(vm).and_then(|word| {
                let place = vm.heap.protect(word);
                vm.reserve(16)?;
                let pair = vm.heap.pair(vm.heap.protected(place), vm.heap.protected(list));
                vm.heap.unprotect(place);
                vm.heap.set_protected(list, pair);
                Ok(())
            });
            if outcome.is_err() {
                break;
            }
        }
        let word = vm.heap.protected(list);
        vm.heap.unprotect(list);
        outcome.map(|()| word)
    }
}
impl<T: FromScheme> FromScheme for Vec<T> {
    fn from_word(vm: &Vm, word: Word) -> Result<Vec<T>, ConversionError> {
        let mut items = Vec::new();
        let mut rest = word;
        while rest.is_pair() {
            if items.len() == crate::exchange::EXCHANGE_LENGTH_MAX {
                return Err(unexpected(vm, word, ExchangeError::TooLong.to_string()));
            }
            items.push(T::from_word(vm, vm.heap.car(rest))?);
            rest = vm.heap.cdr(rest);
        }
        if rest == Word::NULL { Ok(items) } else { Err(unexpected(vm, word, "a list")) }
    }
}

impl sealed::Sealed for lexpr::Value {}
impl ToScheme for lexpr::Value {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        from_value(vm, &self).map_err(|error| {
            let code = match error {
                ExchangeError::HeapLimit => ErrorCode::HeapLimit,
                _ => ErrorCode::HostFailed,
            };
            Fault::new(code, error.to_string()).into()
        })
    }
}
impl FromScheme for lexpr::Value {
    fn from_word(vm: &Vm, word: Word) -> Result<lexpr::Value, ConversionError> {
        to_value(&vm.heap, word).map_err(|error| unexpected(vm, word, error.to_string()))
    }
}

impl sealed::Sealed for Value {}
impl ToScheme for Value {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        (&self).to_word(vm)
    }
}
impl sealed::Sealed for &Value {}
impl ToScheme for &Value {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        vm.machine.handles.word(&self.0).ok_or_else(|| {
            let message = "a value of another image was handed over";
            Fault::new(ErrorCode::HostFailed, message).into()
        })
    }
}
impl FromScheme for Value {
    fn from_word(vm: &Vm, word: Word) -> Result<Value, ConversionError> {
        Ok(Value(vm.machine.handles.hold(word)))
    }
}

impl<T, E> sealed::Sealed for Result<T, E> {}
impl<T: ToScheme, E: std::fmt::Display> ToScheme for Result<T, E> {
    fn to_word(self, vm: &mut Vm) -> Result<Word, Interrupt> {
        match self {
            Ok(value) => value.to_word(vm),
            Err(error) => Err(Fault::new(ErrorCode::HostFailed, error.to_string()).into()),
        }
    }
}
