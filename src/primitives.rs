//! Primitives of processes and images: what a program says to the session that runs it.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::machine::{Park, Section, Vm};
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

/// Units of work a section of `atomically` may do.
pub const ATOMIC_WORK_MAX: i64 = 50_000_000;

primitives! { IMAGE_PRIMITIVES:
    /// `(await-commit)`: returns `#t` after the state it was called in is durable; `#f` at once if
    /// the program runs without an image.
    650 "await-commit" (0) waits => await_commit;
    /// `(%atomic-enter)`: begins or nests an atomic section; `#f` if a commit has to happen first.
    651 "%atomic-enter" (0) waits => atomic_enter;
    /// `(%atomic-leave)`: ends the innermost atomic section.
    652 "%atomic-leave" (0) constant => atomic_leave;
    /// `(spawn thunk)`: a new process that runs `thunk`; returns its number.
    653 "spawn" (1) constant => spawn;
    /// `(yield)`: lets the other processes that can run go first.
    654 "yield" (0) waits => yield_turn;
    /// `(self)`: the number of the running process.
    655 "self" (0) constant => self_number;
    /// `(image?)`: whether the program runs in an image.
    656 "image?" (0) constant => has_image;
}

fn refuse_in_section(vm: &Vm, name: &str) -> Result<(), Interrupt> {
    let process = vm.machine.process;
    if process.is_object() && vm.machine.sections.contains_key(&process.offset()) {
        let message = format!("{name} would wait inside an atomic section");
        return Err(Fault::new(ErrorCode::AtomicWouldBlock, message).into());
    }
    Ok(())
}

fn await_commit(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    refuse_in_section(vm, "await-commit")?;
    if !vm.heap.persistent {
        return Ok(Word::FALSE);
    }
    Err(Interrupt::Park(Park::Commit, Word::TRUE))
}

fn atomic_enter(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    let process = vm.machine.process.offset();
    let started = vm.heap.root(Root::Work).as_fixnum();
    if let Some(section) = vm.machine.sections.get_mut(&process) {
        section.depth += 1;
        return Ok(Word::TRUE);
    }
    if vm.machine.commit_pending {
        return Err(Interrupt::Park(Park::Yield, Word::FALSE));
    }
    vm.machine.sections.insert(process, Section { depth: 1, started });
    Ok(Word::TRUE)
}

fn atomic_leave(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    let process = vm.machine.process.offset();
    if let Some(section) = vm.machine.sections.get_mut(&process) {
        section.depth -= 1;
        if section.depth == 0 {
            vm.machine.sections.remove(&process);
        }
    }
    Ok(Word::UNSPECIFIED)
}

fn spawn(vm: &mut Vm, arguments: Arguments) -> Result<Word, Interrupt> {
    let process = vm.spawn(arguments.get(0), Word::FALSE)?;
    Ok(vm.heap.field(process, body::Process::ID))
}

fn yield_turn(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    refuse_in_section(vm, "yield")?;
    Err(Interrupt::Park(Park::Yield, Word::UNSPECIFIED))
}

fn self_number(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    Ok(vm.heap.field(vm.machine.process, body::Process::ID))
}

fn has_image(vm: &mut Vm, _: Arguments) -> Result<Word, Interrupt> {
    Ok(Word::boolean(vm.heap.persistent))
}
