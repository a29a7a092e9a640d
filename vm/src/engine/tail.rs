//! The tail engine: one handler per instruction, each ending in a tail call to the next.
//!
//! Handlers are not generic and keep everything in the six argument registers; a slow path is a
//! cold function of the same signature, called in tail position, so that no handler saves registers.
//! Rust does not promise tail calls, so `build.rs` enables this engine only where LLVM makes them,
//! and [`calls_are_jumps`] measures the stack before it is used.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::hot::{self, Registers};
use super::slow::{self, After};
use crate::machine::Vm;
use crate::op::field;

pub(super) type Handler = unsafe extern "sysv64" fn(
    pc: *const u64,
    base: *mut u64,
    heap_base: *mut u8,
    vm: *mut Vm,
    instruction: u64,
    table: *const Table,
) -> u64;

/// Handlers by opcode.
#[repr(C)]
pub(super) struct Table {
    pub(super) handlers: [Handler; 256],
}

/// Goes to the handler of the instruction at `pc`.
macro_rules! dispatch {
    ($pc:expr, $base:expr, $heap_base:expr, $vm:expr, $table:expr) => {{
        let instruction = *$pc;
        return ((*$table).handlers[field::op(instruction) as usize])(
            $pc.add(1),
            $base,
            $heap_base,
            $vm,
            instruction,
            $table,
        );
    }};
}

/// A fast and a slow handler for each of these instructions, in `handler` and `cold`; `$go` is the macro that goes on
/// where the instruction has led.
macro_rules! handlers {
    ($go:ident; $($snake:ident)*) => {
        mod handler {
            use super::*;
            $( pub(super) unsafe extern "sysv64" fn $snake(
                mut pc: *const u64,
                mut base: *mut u64,
                heap_base: *mut u8,
                vm: *mut Vm,
                instruction: u64,
                table: *const Table,
            ) -> u64 {
                let registers = Registers { pc: &mut pc, base: &mut base, heap_base, vm, instruction };
                if hot::$snake(registers) {
                    $go!(pc, base, heap_base, vm, table)
                }
                return cold::$snake(pc, base, heap_base, vm, instruction, table);
            } )*
        }
        mod cold {
            use super::*;
            $( #[cold]
            #[inline(never)]
            pub(super) unsafe extern "sysv64" fn $snake(
                pc: *const u64,
                base: *mut u64,
                heap_base: *mut u8,
                vm: *mut Vm,
                instruction: u64,
                table: *const Table,
            ) -> u64 {
                (*vm).machine.pc = pc.sub(1);
                (*vm).machine.base = base;
                match caught(vm, slow::$snake, instruction) {
                    After::Next => dispatch!(pc, base, heap_base, vm, table),
                    After::Jumped => {
                        let (pc, base) = ((*vm).machine.pc, (*vm).machine.base);
                        $go!(pc, base, heap_base, vm, table)
                    }
                    After::Again => dispatch!(pc.sub(1), base, heap_base, vm, table),
                    After::Stop => 0,
                }
            } )*
        }
    };
}

macro_rules! define_table {
    ($( $(#[doc = $doc:literal])+ $code:literal $snake:ident $name:ident $control:ident [$($flag:ident)*]
        { $($operand:ident : $place:ident $kind:ident),* }; )*) => {
        handlers! { dispatch; $($snake)* }
        pub(super) static TABLE: Table = {
            let mut handlers: [Handler; 256] = [handler::trap; 256];
            $( handlers[$code] = handler::$snake; )*
            Table { handlers }
        };
    };
}
crate::for_each_op!(define_table);
pub(super) use {dispatch, handlers};

/// A panic cannot unwind through handlers: the machine stops, and it goes on where the engine was entered.
#[cold]
#[inline(never)]
pub(super) unsafe fn caught(
    vm: *mut Vm,
    step: fn(&mut Vm, u64) -> After,
    instruction: u64,
) -> After {
    match catch_unwind(AssertUnwindSafe(|| step(&mut *vm, instruction))) {
        Ok(after) => after,
        Err(panic) => {
            (*vm).machine.panic = Some(panic);
            After::Stop
        }
    }
}

/// Runs until something stops the machine.
///
/// # Safety
/// The machine's `pc` must be a verified instruction and its base that instruction's frame.
pub(super) unsafe fn run(vm: *mut Vm) {
    let (pc, base) = ((*vm).machine.pc, (*vm).machine.base);
    let instruction = *pc;
    let heap_base = (*vm).heap.space.base();
    (TABLE.handlers[field::op(instruction) as usize])(
        pc.add(1),
        base,
        heap_base,
        vm,
        instruction,
        &TABLE,
    );
}

/// Instructions of the measurement.
const PROBE_COUNT: u64 = 4096;
/// Bytes of stack all of them may take together.
const PROBE_STACK_BYTES_MAX: usize = 4096;

/// Whether handlers really end in jumps: runs some thousand of them and looks at the stack.
pub(super) fn calls_are_jumps() -> bool {
    static MEASURED: OnceLock<bool> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let mut table = Table { handlers: TABLE.handlers };
        table.handlers[0] = probe_step;
        let (mut program, mut count) = ([0u64; 2], PROBE_COUNT);
        program[1] = stack_address() as u64;
        // SAFETY: the probe's handler reads only the two words it is given, and never the machine.
        let bytes = unsafe {
            probe_step(
                program.as_ptr(),
                &mut count,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                0,
                &table,
            )
        };
        (bytes as usize) < PROBE_STACK_BYTES_MAX
    })
}

#[inline(never)]
fn stack_address() -> usize {
    let local = 0u8;
    std::hint::black_box(&raw const local) as usize
}

/// A handler that dispatches to itself until its count is used up, then tells how far the stack has
/// grown since the start.
unsafe extern "sysv64" fn probe_step(
    pc: *const u64,
    base: *mut u64,
    heap_base: *mut u8,
    vm: *mut Vm,
    _: u64,
    table: *const Table,
) -> u64 {
    if *base == 0 {
        return (*pc.add(1)).abs_diff(stack_address() as u64);
    }
    *base -= 1;
    let instruction = *pc;
    ((*table).handlers[field::op(instruction) as usize])(
        pc,
        base,
        heap_base,
        vm,
        instruction,
        table,
    )
}
