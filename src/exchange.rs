//! Exchange of small data between a Rust host and the heap, as `lexpr` values.
//!
//! For arguments and results of embedded programs: lists, vectors, strings, symbols, numbers that
//! lexpr knows (integers of 64 bits and flonums). It is neither the reader nor the printer of the language. Nesting is bounded by
//! [`EXCHANGE_DEPTH_MAX`], because both sides are trees a host walks recursively.

use lexpr::Value;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;

/// Levels of nesting that can be exchanged.
pub const EXCHANGE_DEPTH_MAX: usize = 100;
/// Elements of a list or vector that can be exchanged.
pub const EXCHANGE_LENGTH_MAX: usize = 100_000;

/// Why a value cannot be exchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    #[error("data nested deeper than {EXCHANGE_DEPTH_MAX} levels cannot be exchanged")]
    TooDeep,
    #[error("a list of more than {EXCHANGE_LENGTH_MAX} elements cannot be exchanged")]
    TooLong,
    #[error("{0} has no counterpart on the other side")]
    NoCounterpart(String),
    #[error("the heap's limit was reached")]
    HeapLimit,
}

/// The value of a word as a tree outside the heap.
///
/// # Errors
/// Procedures, ports and other objects without a counterpart; data too deep or too long.
pub fn to_value(heap: &Heap, word: Word) -> Result<Value, ExchangeError> {
    value_at(heap, word, EXCHANGE_DEPTH_MAX)
}

fn value_at(heap: &Heap, word: Word, depth: usize) -> Result<Value, ExchangeError> {
    let depth = depth.checked_sub(1).ok_or(ExchangeError::TooDeep)?;
    match word {
        Word::NULL => return Ok(Value::Null),
        Word::TRUE => return Ok(Value::Bool(true)),
        Word::FALSE => return Ok(Value::Bool(false)),
        Word::UNSPECIFIED => return Ok(Value::Nil),
        _ => {}
    }
    if word.is_character() {
        return Ok(Value::Char(word.as_character()));
    }
    if word.is_pair() {
        return list_value(heap, word, depth);
    }
    match Number::decode(heap, word) {
        Some(Number::Fixnum(value)) => return Ok(Value::from(value)),
        Some(Number::Flonum(value)) => return Ok(Value::from(value)),
        Some(Number::Big(value)) if let Ok(value) = u64::try_from(&value) => {
            return Ok(Value::from(value));
        }
        _ => {}
    }
    match heap.kind_of(word) {
        Some(Kind::String) => Ok(Value::string(heap.string_text(word))),
        Some(Kind::Symbol) => Ok(Value::symbol(heap.symbol_name(word))),
        Some(Kind::Bytevector) => Ok(Value::Bytes(heap.bytes(word).into())),
        Some(Kind::Vector) => {
            let length = heap.header(word).body_words();
            if length > EXCHANGE_LENGTH_MAX {
                return Err(ExchangeError::TooLong);
            }
            let items: Result<Vec<Value>, ExchangeError> =
                (0..length).map(|n| value_at(heap, heap.field(word, n), depth)).collect();
            Ok(Value::Vector(items?.into()))
        }
        _ => Err(ExchangeError::NoCounterpart(pscheme_vm::print::summary(heap, word))),
    }
}

fn list_value(heap: &Heap, list: Word, depth: usize) -> Result<Value, ExchangeError> {
    let mut items = Vec::new();
    let mut rest = list;
    while rest.is_pair() {
        if items.len() == EXCHANGE_LENGTH_MAX {
            return Err(ExchangeError::TooLong);
        }
        items.push(value_at(heap, heap.car(rest), depth)?);
        rest = heap.cdr(rest);
    }
    Ok(Value::append(items, value_at(heap, rest, depth)?))
}

/// Puts a tree into the heap.
///
/// # Errors
/// Keywords and other values without a counterpart; data too deep or too long; the heap's limit.
pub fn from_value(vm: &mut Vm, value: &Value) -> Result<Word, ExchangeError> {
    word_at(vm, value, EXCHANGE_DEPTH_MAX)
}

fn word_at(vm: &mut Vm, value: &Value, depth: usize) -> Result<Word, ExchangeError> {
    let depth = depth.checked_sub(1).ok_or(ExchangeError::TooDeep)?;
    match value {
        Value::Null => Ok(Word::NULL),
        Value::Nil => Ok(Word::UNSPECIFIED),
        Value::Bool(value) => Ok(Word::boolean(*value)),
        Value::Char(value) => Ok(Word::character(*value)),
        Value::Number(number) => {
            let number = match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(integer), ..) => Number::Fixnum(integer),
                (None, Some(integer), _) => Number::Big(integer.into()),
                (None, None, Some(float)) => Number::Flonum(float),
                _ => return Err(ExchangeError::NoCounterpart(number.to_string())),
            };
            number.encode(vm).map_err(|_| ExchangeError::HeapLimit)
        }
        Value::String(text) => {
            vm.reserve(Heap::string_room(text.chars().count()))
                .map_err(|_| ExchangeError::HeapLimit)?;
            Ok(vm.heap.string(text))
        }
        Value::Symbol(name) => Ok(vm.heap.intern(name, &mut vm.machine)),
        Value::Bytes(bytes) => {
            let room = (bytes.len() as u64 + 32).min(pscheme_heap::limits::LARGE_OBJECT_BYTES + 32);
            vm.reserve(room).map_err(|_| ExchangeError::HeapLimit)?;
            Ok(vm.heap.bytevector(bytes))
        }
        Value::Cons(cell) => list_word(vm, cell, depth),
        Value::Vector(items) => {
            let mark = vm.heap.protect(Word::FALSE);
            let result = vector_word(vm, items, depth);
            vm.heap.unprotect(mark);
            result
        }
        Value::Keyword(name) => Err(ExchangeError::NoCounterpart(format!("keyword {name}"))),
    }
}

fn list_word(vm: &mut Vm, cell: &lexpr::Cons, depth: usize) -> Result<Word, ExchangeError> {
    let mut items = Vec::new();
    let mut tail = Value::Null;
    for (item, rest) in cell.clone() {
        items.push(item);
        tail = rest.unwrap_or(Value::Null);
        if items.len() > EXCHANGE_LENGTH_MAX {
            return Err(ExchangeError::TooLong);
        }
    }
    let last = word_at(vm, &tail, depth)?;
    let list = vm.heap.protect(last);
    for item in items.iter().rev() {
        let result = word_at(vm, item, depth).and_then(|word| {
            let place = vm.heap.protect(word);
            vm.reserve(16).map_err(|_| ExchangeError::HeapLimit)?;
            let pair = vm.heap.pair(vm.heap.protected(place), vm.heap.protected(list));
            vm.heap.unprotect(place);
            Ok(pair)
        });
        match result {
            Ok(pair) => vm.heap.set_protected(list, pair),
            Err(error) => {
                vm.heap.unprotect(list);
                return Err(error);
            }
        }
    }
    let word = vm.heap.protected(list);
    vm.heap.unprotect(list);
    Ok(word)
}

fn vector_word(vm: &mut Vm, items: &[Value], depth: usize) -> Result<Word, ExchangeError> {
    if items.len() > EXCHANGE_LENGTH_MAX {
        return Err(ExchangeError::TooLong);
    }
    let mut places = Vec::with_capacity(items.len());
    for item in items {
        let word = word_at(vm, item, depth)?;
        places.push(vm.heap.protect(word));
    }
    vm.reserve((items.len() as u64 * 8 + 24).min(pscheme_heap::limits::LARGE_OBJECT_BYTES + 24))
        .map_err(|_| ExchangeError::HeapLimit)?;
    let vector = vm.heap.object(Kind::Vector, 0, items.len());
    for (index, place) in places.into_iter().enumerate() {
        let word = vm.heap.protected(place);
        vm.heap.set_field(vector, index, word);
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::StandardHost;
    use crate::session::{Session, SessionOptions};

    #[test]
    fn data_survive_the_way_in_and_out() {
        let host = Box::new(StandardHost::default());
        let mut session = Session::transient(SessionOptions::new(host)).unwrap();
        session.vm.heap.set_zeal(true);
        let text = r#"(1 -2 18446744073709551615 (3.5 "text" sym) #("x" #\y (#t #f ())) . tail)"#;
        let value = lexpr::from_str(text).unwrap();
        let word = from_value(&mut session.vm, &value).unwrap();
        assert_eq!(to_value(&session.vm.heap, word).unwrap(), value);
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        let host = Box::new(StandardHost::default());
        let mut session = Session::transient(SessionOptions::new(host)).unwrap();
        let car = session.vm.global("car").unwrap();
        assert!(matches!(to_value(&session.vm.heap, car), Err(ExchangeError::NoCounterpart(_))));
        let imaginary = Number::rectangular(Number::Fixnum(0), Number::Fixnum(1));
        let imaginary = imaginary.encode(&mut session.vm).unwrap();
        let refused = to_value(&session.vm.heap, imaginary);
        assert_eq!(refused, Err(ExchangeError::NoCounterpart("+i".into())));
        let mut deep = Value::Null;
        for _ in 0..EXCHANGE_DEPTH_MAX {
            deep = Value::list([deep]);
        }
        assert_eq!(from_value(&mut session.vm, &deep), Err(ExchangeError::TooDeep));
    }
}
