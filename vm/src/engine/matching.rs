//! The match engine: a loop around a `match` on the opcode. Runs on every target and at every level
//! of optimisation, and can stop after any number of instructions.

use super::hot::{self, Registers};
use super::slow::{self, After};
use crate::machine::Vm;
use crate::op::{Op, field};

macro_rules! define_match {
    ($( $(#[doc = $doc:literal])+ $code:literal $snake:ident $name:ident $control:ident [$($flag:ident)*]
        { $($operand:ident : $place:ident $kind:ident),* }; )*) => {
        /// Runs at most `count` instructions.
        ///
        /// # Safety
        /// The machine's `pc` must be a verified instruction and its base that instruction's frame.
        pub(super) unsafe fn run(vm: *mut Vm, mut count: u64) {
            let heap_base = (*vm).heap.space.base();
            let mut pc = (*vm).machine.pc;
            let mut base = (*vm).machine.base;
            while count > 0 {
                count -= 1;
                let instruction = *pc;
                let at = pc;
                pc = pc.add(1);
                let registers = Registers { pc: &mut pc, base: &mut base, heap_base, vm, instruction };
                let after = match Op::from_code(field::op(instruction)) {
                    $( Some(Op::$name) => {
                        if hot::$snake(registers) {
                            continue;
                        }
                        (*vm).machine.pc = at;
                        (*vm).machine.base = base;
                        slow::$snake(&mut *vm, instruction)
                    } )*
                    None => {
                        (*vm).machine.pc = at;
                        (*vm).machine.base = base;
                        slow::trap(&mut *vm, instruction)
                    }
                };
                match after {
                    After::Next => {}
                    After::Jumped => {
                        pc = (*vm).machine.pc;
                        base = (*vm).machine.base;
                    }
                    After::Again => {
                        pc = at;
                        count += 1;
                    }
                    After::Stop => return,
                }
            }
            (*vm).machine.pc = pc;
            (*vm).machine.base = base;
        }
    };
}
crate::for_each_op!(define_match);
