//! The slow path of every instruction: collections, numbers beyond fixnums, calls of anything but
//! closures of the exact arity, and errors.
//!
//! The engine has saved its registers: `machine.pc` is the instruction itself. A slow path that
//! needs room makes it and asks for the instruction again, so that no half-done state exists.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::frame::FRAME_WORDS_MAX;
use pscheme_heap::kind::{Header, Kind, body, flag};
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::machine::{Stop, TopFrame, Vm};
use crate::number::{self, Caller};
use crate::op::{Op, field};
use crate::primitive::Arguments;
use crate::written::{PAIR_AT_EACH_STEP, Written, procedure_of};

/// How the engine goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// With the word after the instruction.
    Next,
    /// At `machine.pc`, which was set.
    Jumped,
    /// With the same instruction, which will now succeed.
    Again,
    /// Not: `machine.stop` says why.
    Stop,
}

impl Vm {
    fn a(&self, instruction: u64) -> Word {
        self.register(field::a(instruction))
    }
    fn b(&self, instruction: u64) -> Word {
        self.register(field::b(instruction))
    }
    fn c(&self, instruction: u64) -> Word {
        self.register(field::c(instruction))
    }

    fn constant(&self, instruction: u64) -> Word {
        let offset = self.offset_of(self.machine.pc) as i64 + 8 + field::imm(instruction) * 8;
        Word(self.heap.space.read(offset as u64))
    }

    fn stop(&mut self, interrupt: impl Into<Interrupt>) -> After {
        self.stop_for(interrupt.into());
        After::Stop
    }

    fn slice_end(&mut self) -> After {
        self.machine.stop = Some(Stop::Slice);
        After::Stop
    }

    fn again_with_room(&mut self, bytes: u64) -> After {
        match self.reserve(bytes) {
            Ok(()) => After::Again,
            Err(interrupt) => self.stop(interrupt),
        }
    }

    fn jump_by(&mut self, words: i64) -> After {
        self.machine.pc = self.machine.pc.wrapping_offset(1 + words as isize);
        After::Jumped
    }

    fn wrong_type(&mut self, name: &str, expected: &str, position: usize, found: Word) -> After {
        self.stop(Fault::wrong_type(&self.heap, name, position, expected, found))
    }

    /// `car` or `cdr` of something else, maybe as one step of a call like `cadr`.
    fn no_pair(&mut self, op: Op, instruction: u64) -> After {
        let name = Written::of(instruction).called_as(op).name;
        let is_step = name != procedure_of(op);
        let expected = if is_step { PAIR_AT_EACH_STEP } else { "a pair" };
        self.wrong_type(name, expected, 0, self.b(instruction))
    }

    /// An arithmetic instruction with operands `left` and `right`, its result into register a.
    fn arithmetic(&mut self, op: Op, instruction: u64, left: Word, right: Word) -> After {
        match number::binary(self, op, left, right, Caller::Instruction(instruction)) {
            Ok(value) => {
                self.set_register(field::a(instruction), value);
                After::Next
            }
            Err(interrupt) => self.stop(interrupt),
        }
    }

    fn compare(
        &mut self,
        op: Op,
        instruction: u64,
        left: Word,
        right: Word,
    ) -> Result<bool, Interrupt> {
        number::charge_exact(self, op, left, right);
        let caller = Caller::Instruction(instruction);
        number::compare(&self.heap, op, left, right, caller).map_err(Interrupt::from)
    }

    fn comparison(&mut self, op: Op, instruction: u64) -> After {
        match self.compare(op, instruction, self.b(instruction), self.c(instruction)) {
            Ok(holds) => {
                self.set_register(field::a(instruction), Word::boolean(holds));
                After::Next
            }
            Err(interrupt) => self.stop(interrupt),
        }
    }

    fn comparison_jump(&mut self, op: Op, instruction: u64, left: Word, right: Word) -> After {
        match self.compare(op, instruction, left, right) {
            Ok(true) => After::Next,
            Ok(false) => self.jump_by(field::c_signed(instruction)),
            Err(interrupt) => self.stop(interrupt),
        }
    }

    fn unbound(&mut self, cell: Word) -> After {
        let symbol = self.heap.field(cell, body::Cell::NAME);
        let name = self.heap.symbol_name(symbol);
        let message = format!("the variable {name} has no value");
        self.stop(Fault::new(ErrorCode::UnboundVariable, message).with_irritants(&[symbol]))
    }

    /// A call whose procedure is in register `window` of the frame or in a global cell.
    fn general_call(&mut self, instruction: u64, procedure: Word, tail: bool) -> After {
        if self.machine.fuel <= 0 {
            return self.slice_end();
        }
        let (window, count) = (field::a(instruction), field::aux(instruction));
        if !tail && self.machine.base.wrapping_add(window) > self.machine.stack_limit {
            // Everything goes into the heap; the running frame comes back alone.
            if let Err(interrupt) = self.reserve_stack(FRAME_WORDS_MAX) {
                return self.stop(interrupt);
            }
            self.seal_all();
            self.resume_continuation(Word::DEAD);
            return After::Jumped;
        }
        let result = if tail {
            self.tail_call_any(procedure, window, count)
        } else {
            self.call_any(procedure, window, count)
        };
        match result {
            Ok(()) => {
                self.machine.fuel -= 1;
                After::Jumped
            }
            Err(interrupt) => self.stop(interrupt),
        }
    }

    fn global_procedure(&mut self, instruction: u64) -> Result<Word, After> {
        let cell = self.constant(instruction);
        match self.heap.field(cell, body::Cell::CONTENT) {
            Word::UNBOUND => Err(self.unbound(cell)),
            procedure => Ok(procedure),
        }
    }
}

pub(super) fn trap(vm: &mut Vm, _: u64) -> After {
    vm.stop(Fault::new(ErrorCode::ImageDamaged, "control reached a word that is no instruction"))
}

/// Instructions whose fast path never fails.
pub(super) fn never(_: &mut Vm, instruction: u64) -> After {
    unreachable!("{} has no slow path", crate::op::disassemble(instruction))
}

pub(super) use never as move_;
pub(super) use never as load_word;
pub(super) use never as load_constant;
pub(super) use never as global_define;
pub(super) use never as closure_reference;
pub(super) use never as eq;
pub(super) use never as not;
pub(super) use never as is_null;
pub(super) use never as is_pair;
pub(super) use never as is_procedure;
pub(super) use never as jump;
pub(super) use never as jump_if_false;
pub(super) use never as jump_if_true;
pub(super) use never as jump_unless_eq;
pub(super) use never as jump_unless_null;
pub(super) use never as jump_unless_pair;
pub(super) use never as return_;

pub(super) fn global_reference(vm: &mut Vm, instruction: u64) -> After {
    let cell = vm.constant(instruction);
    vm.unbound(cell)
}

pub(super) fn global_set(vm: &mut Vm, instruction: u64) -> After {
    let cell = vm.constant(instruction);
    vm.unbound(cell)
}

pub(super) fn make_closure(vm: &mut Vm, instruction: u64) -> After {
    let (code, count) = (vm.a(instruction), field::b(instruction));
    let fits = vm.heap.kind_of(code) == Some(Kind::Code)
        && (vm.heap.raw(code, body::Code::SHAPE) >> 48) as usize == count;
    if !fits {
        return trap(vm, instruction);
    }
    let header = Header::new(Kind::Closure, 0, count + 1);
    if let Err(interrupt) = vm.reserve(header.size_bytes()) {
        return vm.stop(interrupt);
    }
    let shape = vm.heap.raw(code, body::Code::SHAPE);
    let closure = vm.heap.object(Kind::Closure, super::hot::closure_aux(shape), count + 1);
    for index in 0..=count {
        let value = vm.register(field::a(instruction) + index);
        vm.heap.set_field(closure, index, value);
    }
    vm.set_register(field::a(instruction), closure);
    After::Next
}

pub(super) use trap as closure_patch;
pub(super) use trap as box_reference;
pub(super) use trap as box_set;
pub(super) use trap as return_point;

pub(super) fn make_box(vm: &mut Vm, _: u64) -> After {
    vm.again_with_room(16)
}

pub(super) fn box_reference_checked(vm: &mut Vm, instruction: u64) -> After {
    if vm.heap.kind_of(vm.b(instruction)) != Some(Kind::Box) {
        return trap(vm, instruction);
    }
    vm.stop(Fault::new(ErrorCode::Uninitialised, "a variable is used before its definition"))
}

macro_rules! arithmetic {
    ($($name:ident $op:ident)*) => { $(
        pub(super) fn $name(vm: &mut Vm, instruction: u64) -> After {
            vm.arithmetic(Op::$op, instruction, vm.b(instruction), vm.c(instruction))
        }
    )* };
}
arithmetic! { add Add subtract Subtract multiply Multiply quotient Quotient remainder Remainder modulo Modulo }

pub(super) fn add_int(vm: &mut Vm, instruction: u64) -> After {
    let integer = Word::fixnum(field::c_signed(instruction));
    vm.arithmetic(Op::Add, instruction, vm.b(instruction), integer)
}

macro_rules! comparisons {
    ($($value:ident $jump:ident $op:ident)*) => { $(
        pub(super) fn $value(vm: &mut Vm, instruction: u64) -> After {
            vm.comparison(Op::$op, instruction)
        }
        pub(super) fn $jump(vm: &mut Vm, instruction: u64) -> After {
            vm.comparison_jump(Op::$op, instruction, vm.a(instruction), vm.b(instruction))
        }
    )* };
}
comparisons! {
    less jump_unless_less Less
    less_equal jump_unless_less_equal LessEqual
    number_equal jump_unless_number_equal NumberEqual
}

pub(super) fn jump_unless_less_int(vm: &mut Vm, instruction: u64) -> After {
    let integer = Word::fixnum(field::b_signed(instruction));
    vm.comparison_jump(Op::Less, instruction, vm.a(instruction), integer)
}

pub(super) fn jump_unless_greater_int(vm: &mut Vm, instruction: u64) -> After {
    let integer = Word::fixnum(field::b_signed(instruction));
    vm.comparison_jump(Op::Less, instruction, integer, vm.a(instruction))
}

pub(super) fn jump_unless_equal_int(vm: &mut Vm, instruction: u64) -> After {
    let integer = Word::fixnum(field::b_signed(instruction));
    vm.comparison_jump(Op::NumberEqual, instruction, vm.a(instruction), integer)
}

pub(super) fn cons(vm: &mut Vm, _: u64) -> After {
    vm.again_with_room(16)
}

pub(super) fn car(vm: &mut Vm, instruction: u64) -> After {
    vm.no_pair(Op::Car, instruction)
}

pub(super) fn cdr(vm: &mut Vm, instruction: u64) -> After {
    vm.no_pair(Op::Cdr, instruction)
}

pub(super) fn set_car(vm: &mut Vm, instruction: u64) -> After {
    vm.wrong_type("set-car!", "a pair", 0, vm.a(instruction))
}

pub(super) fn set_cdr(vm: &mut Vm, instruction: u64) -> After {
    vm.wrong_type("set-cdr!", "a pair", 0, vm.a(instruction))
}

fn vector_error(vm: &mut Vm, name: &str, vector: Word, index: Word) -> After {
    if vm.heap.kind_of(vector) != Some(Kind::Vector) {
        return vm.wrong_type(name, "a vector", 0, vector);
    }
    if !index.is_fixnum() {
        return vm.wrong_type(name, "an index", 1, index);
    }
    let length = vm.heap.header(vector).body_words();
    let found = index.as_fixnum();
    if (0..length as i64).contains(&found) {
        let message = format!("{name} cannot change a literal vector");
        return vm.stop(Fault::new(ErrorCode::Immutable, message).with_irritants(&[vector]));
    }
    let message = format!("{name} expects an index below {length}, found {found}");
    vm.stop(Fault::new(ErrorCode::IndexOutOfRange, message).with_irritants(&[vector, index]))
}

pub(super) fn vector_reference(vm: &mut Vm, instruction: u64) -> After {
    vector_error(vm, "vector-ref", vm.b(instruction), vm.c(instruction))
}

pub(super) fn vector_set(vm: &mut Vm, instruction: u64) -> After {
    debug_assert_eq!(flag::LITERAL, 1);
    vector_error(vm, "vector-set!", vm.a(instruction), vm.b(instruction))
}

pub(super) fn loop_(vm: &mut Vm, _: u64) -> After {
    vm.slice_end()
}

pub(super) fn call(vm: &mut Vm, instruction: u64) -> After {
    vm.general_call(instruction, vm.a(instruction), false)
}

pub(super) fn call_global(vm: &mut Vm, instruction: u64) -> After {
    match vm.global_procedure(instruction) {
        Ok(procedure) => vm.general_call(instruction, procedure, false),
        Err(after) => after,
    }
}

pub(super) fn tail_call(vm: &mut Vm, instruction: u64) -> After {
    vm.general_call(instruction, vm.a(instruction), true)
}

pub(super) fn tail_call_global(vm: &mut Vm, instruction: u64) -> After {
    match vm.global_procedure(instruction) {
        Ok(procedure) => vm.general_call(instruction, procedure, true),
        Err(after) => after,
    }
}

pub(super) fn primitive(vm: &mut Vm, instruction: u64) -> After {
    let row = vm
        .primitive(field::imm(instruction) as usize)
        .expect("verified code names known primitives");
    let (window, count) = (field::a(instruction), field::aux(instruction));
    #[allow(unsafe_code, reason = "arguments lie on the running stack")]
    // SAFETY: the verifier bounds the window by the frame.
    let arguments = unsafe { Arguments::new(vm.machine.base.add(window), count) };
    match row.call(vm, arguments) {
        Ok(value) => {
            vm.set_register(window, value);
            After::Next
        }
        Err(Interrupt::Park(park, value)) => {
            vm.set_register(window, value);
            vm.machine.pc = vm.machine.pc.wrapping_add(1);
            vm.stop(Interrupt::Park(park, value))
        }
        Err(interrupt) => vm.stop(interrupt),
    }
}

pub(super) fn apply(vm: &mut Vm, instruction: u64) -> After {
    if vm.machine.fuel <= 0 {
        return vm.slice_end();
    }
    match vm.apply(field::a(instruction), field::b(instruction)) {
        Ok(()) => {
            vm.machine.fuel -= 1;
            After::Jumped
        }
        Err(interrupt) => vm.stop(interrupt),
    }
}

pub(super) fn capture(vm: &mut Vm, instruction: u64) -> After {
    // The running frame's length: what it holds above its highest live register is not needed.
    let offset = vm.offset_of(vm.machine.pc);
    let code = crate::machine::code_containing(&vm.heap, offset);
    let view = crate::machine::CodeView::of(&vm.heap, code);
    if let Err(interrupt) = vm.reserve_stack(view.frame_words) {
        return vm.stop(interrupt);
    }
    vm.seal_below(view.frame_words);
    let continuation = vm.machine.continuation;
    vm.set_register(field::a(instruction), continuation);
    // The frame has moved to the bottom of the stack, so the engine must fetch its base anew.
    vm.jump_by(0)
}

pub(super) fn throw(vm: &mut Vm, instruction: u64) -> After {
    let (continuation, value) = (vm.a(instruction), vm.b(instruction));
    let fits =
        continuation == Word::NULL || vm.heap.kind_of(continuation) == Some(Kind::Continuation);
    if !fits {
        return vm.wrong_type("throw", "a continuation", 0, continuation);
    }
    match vm.throw(continuation, value) {
        Ok(()) => After::Jumped,
        Err(interrupt) => vm.stop(interrupt),
    }
}

pub(super) fn underflow(vm: &mut Vm, _: u64) -> After {
    if vm.underflow() {
        return After::Jumped;
    }
    vm.machine.top = TopFrame::Instruction;
    vm.machine.stop = Some(Stop::Finished);
    After::Stop
}
