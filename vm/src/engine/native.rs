//! The native engine: the tail engine's handlers, of which those that enter code look for its machine code first.
//!
//! A handler that has entered other code, or jumped backwards, goes on in machine code where there is some, and else
//! counts; what was entered often is asked for (`Vm::translate_at`). Machine code comes back to a handler with
//! whatever its template does not do.

use pscheme_heap::limits::GRANULE_BYTES;

use super::hot::{self, Registers};
use super::slow::{self, After};
use super::tail::{Handler, TABLE, Table, caught, dispatch, handlers};
use crate::machine::Vm;
use crate::native::after;
use crate::op::{Op, field};

/// Goes on at `pc` in machine code; comes back if there is none there.
macro_rules! go_native {
    ($pc:expr, $base:expr, $heap_base:expr, $vm:expr, $table:expr) => {{
        let native = &(*$vm).machine.native;
        let offset = $pc as usize - $heap_base as usize;
        let entry = *native.entries.add(offset / 8);
        if entry != 0 {
            let enter: Handler = std::mem::transmute(native.enter());
            let code = native.code.add(entry as usize);
            return enter(code.cast(), $base, $heap_base, $vm, 0, $table);
        }
        offset
    }};
}

/// As `go_native`, and counts if there is none.
macro_rules! arrive {
    ($pc:expr, $base:expr, $heap_base:expr, $vm:expr, $table:expr) => {{
        let offset = go_native!($pc, $base, $heap_base, $vm, $table);
        let counter = (*$vm).machine.native.counters.add(offset / GRANULE_BYTES as usize);
        *counter = (*counter).wrapping_add(1);
        if *counter == (*$vm).machine.native.threshold {
            return translated($pc, $base, $heap_base, $vm, 0, $table);
        }
        dispatch!($pc, $base, $heap_base, $vm, $table)
    }};
}

/// Asks for the code that was entered, and goes on in it.
#[cold]
#[inline(never)]
unsafe extern "sysv64" fn translated(
    pc: *const u64,
    base: *mut u64,
    heap_base: *mut u8,
    vm: *mut Vm,
    _: u64,
    table: *const Table,
) -> u64 {
    (*vm).machine.pc = pc;
    (*vm).machine.base = base;
    let asked = caught(
        vm,
        |vm, _| {
            vm.translate_at(vm.offset_of(vm.machine.pc));
            After::Next
        },
        0,
    );
    if asked == After::Stop {
        return 0;
    }
    go_native!(pc, base, heap_base, vm, table);
    dispatch!(pc, base, heap_base, vm, table)
}

/// A primitive, for machine code: `at` is the instruction. Returns one of [`after`].
pub(super) unsafe extern "sysv64" fn primitive(vm: *mut Vm, at: *const u64, base: *mut u64) -> u32 {
    (*vm).machine.pc = at;
    (*vm).machine.base = base;
    match caught(vm, slow::primitive, *at) {
        After::Next => after::NEXT,
        After::Jumped | After::Again => after::ELSEWHERE,
        After::Stop => after::STOP,
    }
}

/// Handlers that leave their code object, or jump backwards in it; the table has the others of the tail engine.
macro_rules! define_table {
    ($($snake:ident $name:ident)*) => {
        handlers! { arrive; $($snake)* }
        static NATIVE_TABLE: Table = {
            let mut handlers = TABLE.handlers;
            $( handlers[Op::$name as usize] = handler::$snake; )*
            Table { handlers }
        };
    };
}
define_table! {
    call Call
    call_global CallGlobal
    tail_call TailCall
    tail_call_global TailCallGlobal
    return_ Return
    loop_ Loop
    apply Apply
    throw Throw
    underflow Underflow
}

/// Runs until something stops the machine.
///
/// # Safety
/// The machine's `pc` must be a verified instruction and its base that instruction's frame, and there must be
/// tables for machine code.
pub(super) unsafe fn run(vm: *mut Vm) {
    let (pc, base) = ((*vm).machine.pc, (*vm).machine.base);
    let instruction = *pc;
    let heap_base = (*vm).heap.space.base();
    let run: Handler = std::mem::transmute((*vm).machine.native.run());
    run(pc.add(1), base, heap_base, vm, instruction, &NATIVE_TABLE);
}
