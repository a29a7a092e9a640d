//! The abstract machine: runs code units on [`Value`]s. Registers that the real machine loses are
//! poisoned, and a poisoned register that is read stops the test.

use super::PRIMITIVES;
use super::value::{Closure, NULL, UNBOUND_WORD, UNSPECIFIED, Unit, Value, install_data};
use pscheme_compiler::datum::QuotedData;
use pscheme_vm::code::{CodeUnit, Constant, Program};
use pscheme_vm::op::{Op, field};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A procedure that waits for a call to return.
#[derive(Clone)]
struct Frame {
    unit: Rc<Unit>,
    position: usize,
    base: usize,
    window: usize,
}

pub struct Continuation {
    frames: Vec<Frame>,
    stack: Vec<Value>,
}

pub struct Machine {
    globals: HashMap<String, Value>,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    unit: Rc<Unit>,
    position: usize,
    base: usize,
    pub output: String,
    pub instructions: u64,
}

/// The error of a program that runs more instructions than `INSTRUCTIONS_MAX`.
pub const TOO_LONG: &str = "too many instructions";
const INSTRUCTIONS_MAX: u64 = 2_000_000;

type Outcome<T> = Result<T, String>;

/// Runs a program and gives the value of its last form.
pub fn run_program(program: &Program<QuotedData>) -> (Machine, Outcome<Value>) {
    let data = install_data(&program.data.arena);
    let empty = Rc::new(Unit { code: program.thunks[0].clone(), constants: vec![] });
    let mut machine = Machine {
        globals: HashMap::new(),
        stack: Vec::new(),
        frames: Vec::new(),
        unit: empty,
        position: 0,
        base: 0,
        output: String::new(),
        instructions: 0,
    };
    for name in PRIMITIVES
        .iter()
        .map(|(name, ..)| *name)
        .chain(["apply", "call/cc", "+", "-", "car", "cons", "<"])
    {
        machine.globals.insert(name.to_string(), Value::Procedure(name));
    }
    let mut result = Ok(UNSPECIFIED);
    for thunk in &program.thunks {
        let unit = install(thunk, program, &data);
        result = machine.run_thunk(unit);
        if result.is_err() {
            break;
        }
    }
    std::mem::forget(data);
    (machine, result)
}

fn install(code: &CodeUnit, program: &Program<QuotedData>, data: &[Value]) -> Rc<Unit> {
    let constants = code.constants.iter().map(|constant| match constant {
        Constant::Cell(name) | Constant::LibraryCell(name) => Value::Symbol(name.as_str().into()),
        Constant::Code(inner) => Value::Code(install(inner, program, data)),
        Constant::Datum(index) => data[program.data.root(*index).index()].clone(),
    });
    Rc::new(Unit { constants: constants.collect(), code: code.clone() })
}

impl Machine {
    fn run_thunk(&mut self, unit: Rc<Unit>) -> Outcome<Value> {
        self.frames.clear();
        self.stack = vec![Value::Poison; unit.code.frame_words as usize];
        (self.unit, self.position, self.base) = (unit, 0, 0);
        loop {
            if let Some(value) = self.step()? {
                return Ok(value);
            }
        }
    }

    fn get(&self, register: usize) -> Value {
        let value = self.stack[self.base + register].clone();
        let name = &self.unit.code.name;
        assert!(
            !matches!(value, Value::Poison),
            "`{name}` at {} reads lost register {register}",
            self.position - 1
        );
        value
    }

    fn set(&mut self, register: usize, value: Value) {
        assert!(register < self.unit.code.frame_words as usize, "a register outside the frame");
        self.stack[self.base + register] = value;
    }

    /// Poisons the frame's registers from `register` on.
    fn lose_from(&mut self, register: usize) {
        let end = self.base + self.unit.code.frame_words as usize;
        self.stack.resize(end, Value::Poison);
        self.stack[self.base + register..].fill(Value::Poison);
    }

    fn cell_name(&self, index: i64) -> String {
        match &self.unit.constants[index as usize] {
            Value::Symbol(name) => name.to_string(),
            _ => panic!("a cell was expected"),
        }
    }

    fn global(&self, index: i64) -> Outcome<Value> {
        let name = self.cell_name(index);
        self.globals.get(&name).cloned().ok_or_else(|| format!("unbound variable {name}"))
    }

    /// Runs one instruction; gives the value if the thunk returned.
    fn step(&mut self) -> Outcome<Option<Value>> {
        let word = self.unit.code.instructions[self.position];
        self.position += 1;
        self.instructions += 1;
        if self.instructions > INSTRUCTIONS_MAX {
            return Err(TOO_LONG.into());
        }
        let op = Op::from_code(field::op(word)).expect("an instruction");
        match op as u8 {
            0x01..=0x0f => self.move_data(op, word)?,
            0x10..=0x1b => self.compute(op, word)?,
            0x1c..=0x2f => self.use_object(op, word)?,
            0x30..=0x3f => self.branch(op, word)?,
            _ => return self.transfer(op, word),
        }
        Ok(None)
    }

    /// Moves, globals, closures and boxes.
    fn move_data(&mut self, op: Op, word: u64) -> Outcome<()> {
        let (a, b, c) = (field::a(word), field::b(word), field::c(word));
        let imm = field::imm(word);
        match op {
            Op::Move => self.set(a, self.get(b)),
            Op::LoadWord => self.set(a, Value::Word(imm)),
            Op::LoadConstant => self.set(a, self.unit.constants[imm as usize].clone()),
            Op::GlobalReference => self.set(a, self.global(imm)?),
            Op::GlobalSet => {
                self.global(imm)?;
                self.globals.insert(self.cell_name(imm), self.get(a));
            }
            Op::GlobalDefine => {
                self.globals.insert(self.cell_name(imm), self.get(a));
            }
            Op::MakeClosure => {
                let Value::Code(unit) = self.get(a) else { panic!("no code to close over") };
                assert_eq!(b, unit.code.captures as usize, "captured values of {}", unit.code.name);
                let captured = RefCell::new((0..b).map(|n| self.get(a + 1 + n)).collect());
                self.set(a, Value::Closure(Rc::new(Closure { unit, captured })));
            }
            Op::ClosureReference => {
                let Value::Closure(closure) = self.get(0) else { panic!("register 0 is lost") };
                let value = closure.captured.borrow()[b].clone();
                self.set(a, value);
            }
            Op::ClosurePatch => {
                let Value::Closure(closure) = self.get(a) else { panic!("no closure to patch") };
                closure.captured.borrow_mut()[b] = self.get(c);
            }
            Op::MakeBox => self.set(a, Value::Box(Rc::new(RefCell::new(self.get(b))))),
            Op::BoxReference | Op::BoxReferenceChecked => {
                let Value::Box(cell) = self.get(b) else { panic!("no box") };
                let value = cell.borrow().clone();
                if matches!(value, Value::Word(UNBOUND_WORD)) {
                    assert_eq!(op, Op::BoxReferenceChecked, "an uninitialised variable is read");
                    return Err("variable used before its definition".into());
                }
                self.set(a, value);
            }
            Op::BoxSet => {
                let Value::Box(cell) = self.get(a) else { panic!("no box") };
                *cell.borrow_mut() = self.get(b);
            }
            other => panic!("the compiler does not emit {other:?}"),
        }
        Ok(())
    }

    /// Numbers.
    fn compute(&mut self, op: Op, word: u64) -> Outcome<()> {
        let (a, b, c) = (field::a(word), field::b(word), field::c(word));
        match op {
            Op::AddInt => {
                let value =
                    arithmetic(Op::Add, &self.get(b), &Value::fixnum(field::c_signed(word)))?;
                self.set(a, value);
            }
            Op::Add | Op::Subtract | Op::Multiply | Op::Quotient | Op::Remainder | Op::Modulo => {
                let value = arithmetic(op, &self.get(b), &self.get(c))?;
                self.set(a, value);
            }
            Op::Less | Op::LessEqual | Op::NumberEqual => {
                let value = compare(op, &self.get(b), &self.get(c))?;
                self.set(a, Value::boolean(value));
            }
            other => panic!("the compiler does not emit {other:?}"),
        }
        Ok(())
    }

    /// Predicates, pairs and vectors.
    fn use_object(&mut self, op: Op, word: u64) -> Outcome<()> {
        let (a, b, c) = (field::a(word), field::b(word), field::c(word));
        match op {
            Op::Eq => self.set(a, Value::boolean(self.get(b).same(&self.get(c)))),
            Op::Not => self.set(a, Value::boolean(self.get(b).is_false())),
            Op::IsNull => self.set(a, Value::boolean(self.get(b).is_null())),
            Op::IsPair => self.set(a, Value::boolean(matches!(self.get(b), Value::Pair(_)))),
            Op::Cons => self.set(a, Value::pair(self.get(b), self.get(c))),
            Op::Car => self.set(a, pair(&self.get(b))?.borrow().0.clone()),
            Op::Cdr => self.set(a, pair(&self.get(b))?.borrow().1.clone()),
            Op::SetCar => pair(&self.get(a))?.borrow_mut().0 = self.get(b),
            Op::SetCdr => pair(&self.get(a))?.borrow_mut().1 = self.get(b),
            Op::VectorReference => {
                let (vector, index) = element(&self.get(b), &self.get(c))?;
                let value = vector.borrow()[index].clone();
                self.set(a, value);
            }
            Op::VectorSet => {
                let (vector, index) = element(&self.get(a), &self.get(b))?;
                vector.borrow_mut()[index] = self.get(c);
            }
            other => panic!("the compiler does not emit {other:?}"),
        }
        Ok(())
    }

    /// Jumps.
    fn branch(&mut self, op: Op, word: u64) -> Outcome<()> {
        let (a, b, imm) = (field::a(word), field::b(word), field::imm(word));
        match op {
            Op::Jump | Op::Loop => self.jump(true, imm),
            Op::JumpIfFalse => self.jump(self.get(a).is_false(), imm),
            Op::JumpIfTrue => self.jump(!self.get(a).is_false(), imm),
            Op::JumpUnlessNull => self.jump(!self.get(a).is_null(), imm),
            Op::JumpUnlessPair => self.jump(!matches!(self.get(a), Value::Pair(_)), imm),
            Op::JumpUnlessLess | Op::JumpUnlessLessEqual | Op::JumpUnlessNumberEqual => {
                let comparison = match op {
                    Op::JumpUnlessLess => Op::Less,
                    Op::JumpUnlessLessEqual => Op::LessEqual,
                    _ => Op::NumberEqual,
                };
                let holds = compare(comparison, &self.get(a), &self.get(b))?;
                self.jump(!holds, field::c_signed(word));
            }
            Op::JumpUnlessLessInt | Op::JumpUnlessGreaterInt | Op::JumpUnlessEqualInt => {
                let (left, right) = (self.get(a), Value::fixnum(field::b_signed(word)));
                let holds = match op {
                    Op::JumpUnlessLessInt => compare(Op::Less, &left, &right)?,
                    Op::JumpUnlessGreaterInt => compare(Op::Less, &right, &left)?,
                    _ => compare(Op::NumberEqual, &left, &right)?,
                };
                self.jump(!holds, field::c_signed(word));
            }
            Op::JumpUnlessEq => {
                let same = self.get(a).same(&self.get(b));
                self.jump(!same, field::c_signed(word));
            }
            other => panic!("the compiler does not emit {other:?}"),
        }
        Ok(())
    }

    /// Calls, returns and primitives.
    fn transfer(&mut self, op: Op, word: u64) -> Outcome<Option<Value>> {
        let (a, imm, aux) = (field::a(word), field::imm(word), field::aux(word));
        match op {
            Op::Call | Op::CallGlobal => {
                let callee = if op == Op::Call { self.get(a) } else { self.global(imm)? };
                let arguments = (0..aux).map(|n| self.get(a + 2 + n)).collect();
                // The return-point word is passed over.
                self.frames.push(Frame {
                    unit: self.unit.clone(),
                    position: self.position + 1,
                    base: self.base,
                    window: a,
                });
                return self.enter(callee, arguments, self.base + a);
            }
            Op::TailCall | Op::TailCallGlobal => {
                let callee = if op == Op::TailCall { self.get(a) } else { self.global(imm)? };
                let arguments = (0..aux).map(|n| self.get(a + 2 + n)).collect();
                return self.enter(callee, arguments, self.base);
            }
            Op::Return => {
                let value = self.get(a);
                return Ok(self.give_back(value));
            }
            Op::Primitive => {
                let arguments: Vec<Value> = (0..aux).map(|n| self.get(a + n)).collect();
                let value = self.primitive(PRIMITIVES[imm as usize].0, &arguments)?;
                self.set(a, value);
            }
            other => panic!("the compiler does not emit {other:?}"),
        }
        Ok(None)
    }

    fn jump(&mut self, condition: bool, offset: i64) {
        if condition {
            self.position = (self.position as i64 + offset) as usize;
        }
    }

    /// Calls a procedure whose frame begins at `base`.
    fn enter(
        &mut self,
        callee: Value,
        arguments: Vec<Value>,
        base: usize,
    ) -> Outcome<Option<Value>> {
        match &callee {
            Value::Closure(closure) => {
                let arity = closure.unit.code.arity;
                let required = arity.required as usize;
                let count = arguments.len();
                if count < required || count > required && !arity.rest {
                    return Err(format!("wrong number of arguments: {}", callee.write()));
                }
                (self.unit, self.position, self.base) = (closure.unit.clone(), 0, base);
                self.stack.truncate(base);
                self.lose_from(0);
                self.set(0, callee.clone());
                for (index, argument) in arguments[..required].iter().enumerate() {
                    self.set(2 + index, argument.clone());
                }
                if arity.rest {
                    self.set(2 + required, Value::list(&arguments[required..]));
                }
                Ok(None)
            }
            Value::Procedure("apply") => {
                let mut spread = arguments[1..arguments.len() - 1].to_vec();
                spread
                    .extend(arguments.last().and_then(Value::elements).ok_or("apply to no list")?);
                self.enter(arguments[0].clone(), spread, base)
            }
            Value::Procedure("call/cc") => {
                let mut stack = self.stack.clone();
                stack.truncate(base);
                let frames = self.frames.clone();
                let continuation = Value::Continuation(Rc::new(Continuation { frames, stack }));
                self.enter(arguments[0].clone(), vec![continuation], base)
            }
            Value::Continuation(continuation) => {
                self.frames = continuation.frames.clone();
                self.stack = continuation.stack.clone();
                Ok(self.give_back(arguments[0].clone()))
            }
            Value::Procedure(name) => {
                let value = self.primitive(name, &arguments)?;
                Ok(self.give_back(value))
            }
            other => Err(format!("not a procedure: {}", other.write())),
        }
    }

    /// Returns a value to the frame that waits; with none, it is the thunk's value.
    fn give_back(&mut self, value: Value) -> Option<Value> {
        let Some(frame) = self.frames.pop() else { return Some(value) };
        (self.unit, self.position, self.base) = (frame.unit, frame.position, frame.base);
        self.lose_from(frame.window);
        self.set(frame.window, value);
        None
    }

    fn primitive(&mut self, name: &str, arguments: &[Value]) -> Outcome<Value> {
        Ok(match (name, arguments) {
            ("list", _) => Value::list(arguments),
            ("vector", _) => Value::Vector(Rc::new(RefCell::new(arguments.to_vec()))),
            ("eqv?" | "%eqv?", [a, b]) => Value::boolean(match (a, b) {
                (Value::Flonum(a), Value::Flonum(b)) => a.to_bits() == b.to_bits(),
                (Value::Big(a), Value::Big(b)) => a == b,
                _ => a.same(b),
            }),
            ("equal?", [a, b]) => Value::boolean(a.write() == b.write()),
            ("append" | "%append", []) => NULL,
            ("append" | "%append", [lists @ .., last]) => {
                let mut result = last.clone();
                for list in lists.iter().rev() {
                    let elements = list.elements().ok_or("append to no list")?;
                    result = elements.into_iter().rev().fold(result, |t, h| Value::pair(h, t));
                }
                result
            }
            ("list->vector" | "%list->vector", [list]) => {
                let elements = list.elements().ok_or("no list")?;
                Value::Vector(Rc::new(RefCell::new(elements)))
            }
            ("length", [list]) => Value::fixnum(list.elements().ok_or("no list")?.len() as i64),
            ("reverse", [list]) => {
                let mut elements = list.elements().ok_or("no list")?;
                elements.reverse();
                Value::list(&elements)
            }
            ("make-vector", [size, fill]) => {
                let size = size.as_fixnum().ok_or("no size")? as usize;
                Value::Vector(Rc::new(RefCell::new(vec![fill.clone(); size])))
            }
            ("display", [value]) => {
                self.output.push_str(&value.write());
                UNSPECIFIED
            }
            ("symbol?", [value]) => Value::boolean(matches!(value, Value::Symbol(_))),
            ("abs", [value]) => Value::fixnum(value.as_fixnum().ok_or("no number")?.abs()),
            ("+", _) => {
                let mut sum = Value::fixnum(0);
                for argument in arguments {
                    sum = arithmetic(Op::Add, &sum, argument)?;
                }
                sum
            }
            ("-", [left, right]) => arithmetic(Op::Subtract, left, right)?,
            ("-", [value]) => arithmetic(Op::Subtract, &Value::fixnum(0), value)?,
            ("car", [value]) => pair(value)?.borrow().0.clone(),
            ("cons", [head, tail]) => Value::pair(head.clone(), tail.clone()),
            ("<", [left, right]) => Value::boolean(compare(Op::Less, left, right)?),
            _ => return Err(format!("wrong number of arguments: {name}")),
        })
    }
}

fn arithmetic(op: Op, left: &Value, right: &Value) -> Outcome<Value> {
    if let (Some(left), Some(right)) = (left.as_fixnum(), right.as_fixnum()) {
        let zero_divisor = right == 0 && matches!(op, Op::Quotient | Op::Remainder | Op::Modulo);
        if zero_divisor {
            return Err("division by zero".into());
        }
        return Ok(Value::fixnum(match op {
            Op::Add => left.checked_add(right).ok_or("overflow")?,
            Op::Subtract => left.checked_sub(right).ok_or("overflow")?,
            Op::Multiply => left.checked_mul(right).ok_or("overflow")?,
            Op::Quotient => left / right,
            Op::Remainder => left % right,
            _ => left.rem_euclid(right),
        }));
    }
    let (left, right) = (float(left)?, float(right)?);
    Ok(Value::Flonum(match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        _ => left * right,
    }))
}

fn float(value: &Value) -> Outcome<f64> {
    match value {
        Value::Flonum(value) => Ok(*value),
        _ => value
            .as_fixnum()
            .map(|n| n as f64)
            .ok_or_else(|| format!("not a number: {}", value.write())),
    }
}

fn compare(op: Op, left: &Value, right: &Value) -> Outcome<bool> {
    let (left, right) = (float(left)?, float(right)?);
    Ok(match op {
        Op::Less => left < right,
        Op::LessEqual => left <= right,
        _ => left == right,
    })
}

fn pair(value: &Value) -> Outcome<Rc<RefCell<(Value, Value)>>> {
    match value {
        Value::Pair(pair) => Ok(pair.clone()),
        other => Err(format!("not a pair: {}", other.write())),
    }
}

fn element(vector: &Value, index: &Value) -> Outcome<(Rc<RefCell<Vec<Value>>>, usize)> {
    let Value::Vector(vector) = vector else { return Err("not a vector".into()) };
    let length = vector.borrow().len() as i64;
    match index.as_fixnum() {
        Some(index) if (0..length).contains(&index) => Ok((vector.clone(), index as usize)),
        _ => Err("index out of range".into()),
    }
}
