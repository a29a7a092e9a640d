//! Pieces of machine code that all translations share: the ways between the interpreter's handlers and
//! machine code.
//!
//! A handler has its arguments in `rdi` (the word after the instruction), `rsi` (base), `rdx` (the heap's
//! base), `rcx` (the machine), `r8` (the instruction) and `r9` (the handlers' table), and keeps the
//! registers that machine code has its own values in, as every function of that convention does.

use std::mem::offset_of;

use cranelift_assembler_x64::GprMem;

use super::assembler::*;
use crate::machine::Vm;

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

    let place = |label| code.place_of(label) as i32;
    let stubs = Stubs {
        run: place(run),
        enter: place(enter),
        leave: place(leave),
        interpret: place(interpret),
        after: place(after),
    };
    (code.finish(), stubs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_entry_leads_to_the_interpreter() {
        assert_eq!(write().1.interpret, 0);
    }
}
