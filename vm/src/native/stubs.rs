//! Pieces of machine code that all translations share: the ways between the interpreter's handlers and
//! machine code.
//!
//! A handler has its arguments in `rdi` (the word after the instruction), `rsi` (base), `rdx` (the heap's
//! base), `rcx` (the machine), `r8` (the instruction) and `r9` (the handlers' table), and keeps the
//! registers that machine code has its own values in, as every function of that convention does.

use std::mem::offset_of;

use cranelift_assembler_x64::GprMem;

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::{TAG_OBJECT, TAG_PAIR, Word};

use super::assembler::*;
use crate::machine::Vm;

const BUMP: i32 = offset_of!(Vm, heap.bump) as i32;
const BUMP_LIMIT: i32 = offset_of!(Vm, heap.bump_limit) as i32;
const PAIR_BYTES: u64 = 16;
/// The lowest two bytes of a closure's header, if the count of its arguments is not one number.
const GENERAL_CLOSURE: u16 = Kind::Closure as u16 | 255 << 8;
/// Where the entry of a code object's first instruction lies in the table, from half the word that refers to it: the
/// table has four bytes for each eight of code, and the tag is halved along with the offset.
pub(super) const FIRST_ENTRY: i32 = (body::Code::TAIL_BYTES - TAG_OBJECT) as i32 / 2;

/// Where the pieces lie, from the machine code's base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stubs {
    /// From Rust, with a handler's arguments: runs the instruction in `r8`; returns when the machine stops.
    pub run: i32,
    /// From a handler, with the address of machine code in `rdi`: goes on there.
    pub enter: i32,
    /// The interpreter carries out the instruction before the address in `rdi`.
    pub leave: i32,
    /// The interpreter goes on at the offset in `rdx`, where there is no machine code.
    pub interpret: i32,
    /// After a call of Rust code that did not end with "next": `eax` says how to go on.
    pub after: i32,
    /// Called with an object in `rax` and a count of arguments in `r8`: in `ecx` where its machine code begins, from the
    /// base, if it is a closure with optional parameters, a rest parameter, or many, that takes so many; else 0. In `rdx`
    /// and `rdi` what `fill` needs; `r9` is lost.
    pub check: i32,
    /// Called behind `check`, with the new frame's base in `rsi`: fills in optional parameters and the rest list; `rax`,
    /// `r8`, `r9` and `r10` are lost.
    pub fill: i32,
}

/// What a call of Rust code returns.
pub(crate) mod after {
    /// Machine code goes on behind the call.
    pub const NEXT: u32 = 0;
    /// The interpreter goes on where the machine stands.
    pub const ELSEWHERE: u32 = 1;
    /// The machine has stopped.
    pub const STOP: u32 = 2;
}

/// Registers that the convention has functions keep, and machine code uses.
const KEPT: [Gpr; 6] = [RBP, RBX, R12, R13, R14, R15];

/// Writes the pieces, which are to lie at the machine code's base.
///
/// `interpret` lies at the very base, so that an entry of 0 in the table leads there.
pub(super) fn write() -> (Vec<u8>, Stubs) {
    let mut code = Assembler::default();
    let [run, enter, leave, interpret, after, dispatch] = std::array::from_fn(|_| code.label());

    code.place(interpret);
    code.address(RDI, indexed(R13, RDX, 1, 0));
    code.place(dispatch);
    code.add_signed_32(GprMem::Gpr(RDI), 8);
    code.place(leave);
    code.load(R8, at(RDI, -8));
    code.copy_byte(RAX, GprMem::Gpr(R8));
    code.copy(RSI, GprMem::Gpr(RBX));
    code.copy(RDX, GprMem::Gpr(R13));
    code.copy(RCX, GprMem::Gpr(R12));
    code.copy(R9, GprMem::Gpr(RBP));
    code.jump_to(GprMem::Mem(indexed(R9, RAX, 8, 0)));

    code.place(enter);
    code.copy(RBX, GprMem::Gpr(RSI));
    code.jump_to(GprMem::Gpr(RDI));

    let stopped = code.label();
    code.place(after);
    code.compare_signed_32(GprMem::Gpr(RAX), after::STOP as i32);
    code.jump_if(Condition::Equal, stopped);
    code.load(RDI, at(R12, offset_of!(Vm, machine.pc) as i32));
    code.load(RBX, at(R12, offset_of!(Vm, machine.base) as i32));
    code.jump(dispatch);
    code.place(stopped);
    code.return_to_caller();

    code.place(run);
    for register in KEPT {
        code.push(register);
    }
    // An even number of words from the caller's frame, as the convention wants it.
    code.subtract_signed_32(GprMem::Gpr(RSP), 8);
    code.copy(RBX, GprMem::Gpr(RSI));
    code.copy(R13, GprMem::Gpr(RDX));
    code.copy(R12, GprMem::Gpr(RCX));
    code.copy(RBP, GprMem::Gpr(R9));
    code.load(R14, at(R12, offset_of!(Vm, machine.native.entries) as i32));
    code.load(R15, at(R12, offset_of!(Vm, machine.native.code) as i32));
    code.copy_byte(RAX, GprMem::Gpr(R8));
    code.call(GprMem::Mem(indexed(R9, RAX, 8, 0)));
    code.add_signed_32(GprMem::Gpr(RSP), 8);
    for register in KEPT.into_iter().rev() {
        code.pop(register);
    }
    code.return_to_caller();

    let (check, fill) = (write_check(&mut code), write_fill(&mut code));
    let place = |label| code.place_of(label) as i32;
    let stubs = Stubs {
        run: place(run),
        enter: place(enter),
        leave: place(leave),
        interpret: place(interpret),
        after: place(after),
        check: place(check),
        fill: place(fill),
    };
    (code.finish(), stubs)
}

fn write_check(code: &mut Assembler) -> Label {
    let [check, fits, fails] = std::array::from_fn(|_| code.label());
    let word = |object, index: usize| indexed(R13, object, 1, index as i32 * 8 - TAG_OBJECT as i32);
    code.place(check);
    code.compare_16(word(RAX, 0), GENERAL_CLOSURE);
    code.jump_if(Condition::NotEqual, fails);
    code.load(RDX, word(RAX, 1 + body::Closure::CODE));
    code.copy(RDI, GprMem::Gpr(RDX));
    code.shift_right(GprMem::Gpr(RDI), 1);
    code.load_32(RCX, indexed(R14, RDI, 1, FIRST_ENTRY));
    code.load(RDX, word(RDX, 1 + body::Code::SHAPE));
    // The shape: 16 bits of required parameters, 8 of optional ones, 8 for a rest parameter.
    code.copy_16(R9, GprMem::Gpr(RDX));
    code.compare(R8, GprMem::Gpr(R9));
    code.jump_if(Condition::Below, fails);
    code.shift_right(GprMem::Gpr(RDX), 16);
    code.copy_byte(RDI, GprMem::Gpr(RDX));
    code.add(RDI, GprMem::Gpr(R9));
    code.shift_right(GprMem::Gpr(RDX), 8);
    code.compare(R8, GprMem::Gpr(RDI));
    code.jump_if(Condition::BelowEqual, fits);
    code.test_byte(GprMem::Gpr(RDX), u8::MAX);
    code.jump_if(Condition::Equal, fails);
    // Room for the rest list.
    code.copy(R9, GprMem::Gpr(R8));
    code.subtract(R9, GprMem::Gpr(RDI));
    code.shift_left(GprMem::Gpr(R9), PAIR_BYTES.trailing_zeros() as u8);
    code.add(R9, GprMem::Mem(at(R12, BUMP)));
    code.compare(R9, GprMem::Mem(at(R12, BUMP_LIMIT)));
    code.jump_if(Condition::Above, fails);
    code.place(fits);
    code.return_to_caller();
    code.place(fails);
    code.set(RCX, 0);
    code.return_to_caller();
    check
}

fn write_fill(code: &mut Assembler) -> Label {
    let [fill, next, filled, pair, done, end] = std::array::from_fn(|_| code.label());
    let argument = |index| indexed(RSI, index, 8, 16);
    code.place(fill);
    code.place(next);
    code.compare(R8, GprMem::Gpr(RDI));
    code.jump_if(Condition::AboveEqual, filled);
    code.store_signed_32(argument(R8), Word::UNBOUND.0 as i32);
    code.add_signed_8(GprMem::Gpr(R8), 1);
    code.jump(next);
    code.place(filled);
    code.test_byte(GprMem::Gpr(RDX), u8::MAX);
    code.jump_if(Condition::Equal, end);
    code.set(RAX, Word::NULL.0);
    code.load(R9, at(R12, BUMP));
    code.place(pair);
    code.compare(R8, GprMem::Gpr(RDI));
    code.jump_if(Condition::BelowEqual, done);
    code.subtract_signed_8(GprMem::Gpr(R8), 1);
    code.load(R10, argument(R8));
    code.store(at(R9, 0), R10);
    code.store(at(R9, 8), RAX);
    code.copy(RAX, GprMem::Gpr(R9));
    code.subtract(RAX, GprMem::Gpr(R13));
    code.add_signed_8(GprMem::Gpr(RAX), TAG_PAIR as i8);
    code.add_signed_8(GprMem::Gpr(R9), PAIR_BYTES as i8);
    code.jump(pair);
    code.place(done);
    code.store(at(R12, BUMP), R9);
    code.store(argument(RDI), RAX);
    code.place(end);
    code.return_to_caller();
    fill
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_entry_leads_to_the_interpreter() {
        assert_eq!(write().1.interpret, 0);
    }
}
