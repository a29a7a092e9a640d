//! Values of the abstract machine.

use pscheme_compiler::core_write::write_word;
use pscheme_compiler::datum::{Datum, DatumArena};
use pscheme_vm::code::CodeUnit;
use pscheme_vm::number::flonum_text;
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Clone)]
pub enum Value {
    /// What a register holds that the machine has lost. Reading it is a bug of the compiler.
    Poison,
    /// A fixnum or immediate by its word.
    Word(i64),
    Flonum(f64),
    Big(Rc<str>),
    String(Rc<str>),
    Symbol(Rc<str>),
    Bytes(Rc<[u8]>),
    Pair(Rc<RefCell<(Value, Value)>>),
    Vector(Rc<RefCell<Vec<Value>>>),
    Box(Rc<RefCell<Value>>),
    Code(Rc<Unit>),
    Closure(Rc<Closure>),
    /// A procedure of the machine, by name.
    Procedure(&'static str),
    Continuation(Rc<super::machine::Continuation>),
}

pub struct Closure {
    pub unit: Rc<Unit>,
    pub captured: RefCell<Vec<Value>>,
}

/// A code unit with its constants as values.
pub struct Unit {
    pub code: CodeUnit,
    pub constants: Vec<Value>,
}

pub const FALSE: Value = Value::Word(0b101);
pub const TRUE: Value = Value::Word(0b1101);
pub const NULL: Value = Value::Word(2 << 3 | 0b101);
pub const UNSPECIFIED: Value = Value::Word(4 << 3 | 0b101);
pub const UNBOUND_WORD: i64 = 5 << 3 | 0b101;

impl Value {
    pub fn boolean(value: bool) -> Value {
        if value { TRUE } else { FALSE }
    }

    pub fn fixnum(value: i64) -> Value {
        Value::Word(value << 3)
    }

    pub fn as_fixnum(&self) -> Option<i64> {
        match self {
            Value::Word(word) if word & 7 == 0 => Some(word >> 3),
            _ => None,
        }
    }

    pub fn is_false(&self) -> bool {
        matches!(self, Value::Word(0b101))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Word(word) if *word == (2 << 3 | 0b101))
    }

    pub fn pair(head: Value, tail: Value) -> Value {
        Value::Pair(Rc::new(RefCell::new((head, tail))))
    }

    pub fn list(values: &[Value]) -> Value {
        values.iter().rev().fold(NULL, |tail, head| Value::pair(head.clone(), tail))
    }

    /// The elements of a proper list.
    pub fn elements(&self) -> Option<Vec<Value>> {
        let mut elements = Vec::new();
        let mut rest = self.clone();
        while let Value::Pair(pair) = &rest {
            let (head, tail) = pair.borrow().clone();
            elements.push(head);
            rest = tail;
        }
        rest.is_null().then_some(elements)
    }

    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Word(a), Value::Word(b)) => a == b,
            (Value::Symbol(a), Value::Symbol(b)) => a == b,
            (Value::Pair(a), Value::Pair(b)) => Rc::ptr_eq(a, b),
            (Value::Vector(a), Value::Vector(b)) => Rc::ptr_eq(a, b),
            (Value::Closure(a), Value::Closure(b)) => Rc::ptr_eq(a, b),
            (Value::String(a), Value::String(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// `write`, for small values.
    pub fn write(&self) -> String {
        match self {
            Value::Poison => "POISON".into(),
            Value::Word(word) => write_word(*word),
            Value::Flonum(value) => flonum_text(*value, 10),
            Value::Big(text) => text.to_string(),
            Value::String(text) => format!("{text:?}"),
            Value::Symbol(name) => name.to_string(),
            Value::Bytes(bytes) => format!("{bytes:?}"),
            Value::Pair(pair) => {
                let (head, mut rest) = pair.borrow().clone();
                let mut text = format!("({}", head.write());
                while let Value::Pair(pair) = rest.clone() {
                    let (head, tail) = pair.borrow().clone();
                    text.push(' ');
                    text.push_str(&head.write());
                    rest = tail;
                }
                if !rest.is_null() {
                    text.push_str(" . ");
                    text.push_str(&rest.write());
                }
                text + ")"
            }
            Value::Vector(elements) => {
                let elements: Vec<String> = elements.borrow().iter().map(Value::write).collect();
                format!("#({})", elements.join(" "))
            }
            Value::Box(_) => "BOX".into(),
            Value::Code(_) => "CODE".into(),
            Value::Closure(closure) => format!("#<procedure {}>", closure.unit.code.name),
            Value::Procedure(name) => format!("#<procedure {name}>"),
            Value::Continuation(_) => "#<continuation>".into(),
        }
    }
}

/// The values of all data of an arena, as an installer makes them: in one loop.
pub fn install_data(arena: &DatumArena) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::with_capacity(arena.len());
    for id in arena.ids() {
        let value = match arena.get(id) {
            Datum::Null => NULL,
            Datum::Boolean(value) => Value::boolean(value),
            Datum::Character(value) => Value::Word((value as i64) << 8 | 7 << 3 | 0b101),
            Datum::Fixnum(value) => Value::fixnum(value),
            Datum::Number(_) => {
                Value::Big(pscheme_compiler::datum_write::write_datum(arena, id).into())
            }
            Datum::Flonum(value) => Value::Flonum(value),
            Datum::String(text) => Value::String(text.into()),
            Datum::Symbol(symbol) => Value::Symbol(arena.symbol_name(symbol).into()),
            Datum::Pair(head, tail) => {
                Value::pair(values[head.index()].clone(), values[tail.index()].clone())
            }
            Datum::Vector(elements) => {
                let elements = elements.iter().map(|id| values[id.index()].clone()).collect();
                Value::Vector(Rc::new(RefCell::new(elements)))
            }
            Datum::Bytevector(bytes) => Value::Bytes(bytes.into()),
            Datum::Object(_) | Datum::Cycle(_) => unreachable!("the tests' texts hold neither"),
        };
        values.push(value);
    }
    values
}
