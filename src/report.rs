//! Text for people: what happened to a process that failed, with its place in the source.

use pscheme_compiler::diagnostic::{ByteSpan, Diagnostic, show_template};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_stdlib::names::nearest;
use pscheme_vm::call::{ANONYMOUS, code_name};
use pscheme_vm::code::{RUNNER, TOP_LEVEL};
use pscheme_vm::code_info::{SourcePosition, source_of_instruction};
use pscheme_vm::frames::walk_frames;
use pscheme_vm::limit_stop::LimitMet;
use pscheme_vm::machine::Vm;
use pscheme_vm::process::ProcessState;

/// Frames a backtrace shows.
const BACKTRACE_FRAMES_MAX: usize = 10;

/// A frame of a suspended process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameView {
    /// The procedure's name.
    pub procedure: String,
    /// Where it stands: the call it waits for, or the instruction it was interrupted at.
    pub position: Option<SourcePosition>,
}

/// The frames of a process, topmost first, at most `most`.
pub fn frames(vm: &Vm, process: Word, most: usize) -> Vec<FrameView> {
    let continuation = vm.heap.field(process, body::Process::CONTINUATION);
    let walk = walk_frames(&vm.heap, continuation, most, 0);
    let views = walk.newest.iter().map(|frame| FrameView {
        procedure: code_name(vm, frame.code),
        position: source_of_instruction(&vm.heap, frame.code, frame.instruction),
    });
    views.collect()
}

/// The code and message of a failed process's condition, or of the limit that a process stopped at.
pub fn condition(vm: &Vm, process: Word) -> (ErrorCode, String) {
    if vm.process_state(process) == ProcessState::AtLimit {
        let met = vm.limit_met(process);
        let message = match met {
            LimitMet::Heap => format!("the heap may use {} bytes", vm.heap.limit_bytes),
            LimitMet::Stack => {
                format!("the calls it waits in may take {} bytes", vm.machine.limits.stack_bytes)
            }
        };
        return (met.code(), format!("{message}; the process is kept and goes on with more"));
    }
    pscheme_stdlib::raised_text(vm, vm.heap.field(process, body::Process::VALUE))
}

/// The name of a variable with a value that is nearest to the one a process found without.
fn near_name(vm: &Vm, process: Word) -> Option<String> {
    let heap = &vm.heap;
    let condition = heap.field(process, body::Process::VALUE);
    let irritants = heap.field(condition, body::Condition::IRRITANTS);
    let symbol = irritants.is_pair().then(|| heap.car(irritants))?;
    let wanted = (heap.kind_of(symbol) == Some(Kind::Symbol)).then(|| heap.symbol_name(symbol))?;
    let known = heap.global_cells().into_iter().filter_map(|cell| {
        let has_value = heap.field(cell, body::Cell::CONTENT) != Word::UNBOUND;
        let name = heap.symbol_name(heap.field(cell, body::Cell::NAME));
        has_value.then_some(name)
    });
    nearest(&wanted, known)
}

/// Whether a frame is of the library. Those of its procedures that programs call are named in a
/// backtrace, without a place; its inner ones are left out.
fn is_of_library(frame: &FrameView) -> bool {
    let source = frame.position.as_ref().map(|position| position.name.as_str());
    source.is_some_and(pscheme_stdlib::is_library_source)
}

/// What happened to a process that failed or was stopped: the error at its place in the source, and
/// who called whom.
pub fn describe_failure(vm: &Vm, process: Word) -> String {
    let (code, message) = condition(vm, process);
    let frames = frames(vm, process, BACKTRACE_FRAMES_MAX);
    let of_program = |frame: &&FrameView| !is_of_library(frame);
    let place = frames.iter().filter(of_program).find_map(|frame| frame.position.as_ref());
    let mut text = match place {
        Some(position) => {
            let span = ByteSpan::new(position.start as usize, position.end as usize);
            let mut found = Diagnostic::new(code, span, message);
            if code == ErrorCode::UnboundVariable {
                found
                    .notes
                    .extend(near_name(vm, process).map(|name| format!("help: is it {name}?")));
            }
            let mut text = found.render(&position.name, &position.text);
            for part in &position.templates {
                let span = ByteSpan::new(part.start as usize, part.end as usize);
                show_template(&mut text, &part.macro_name, &part.name, &part.text, span);
            }
            text
        }
        None => format!("error[{code}]: {message}\n"),
    };
    for frame in &frames {
        text.push_str(&describe_frame(frame).unwrap_or_default());
    }
    text
}

/// A line of a backtrace, unless the frame is an inner one of the library or runs the program's forms.
fn describe_frame(frame: &FrameView) -> Option<String> {
    let name = &frame.procedure;
    let is_of_library = is_of_library(frame);
    let is_inner = name.starts_with('%') || [ANONYMOUS, TOP_LEVEL].contains(&name.as_str());
    let is_runner = frame.position.is_none() && name == RUNNER;
    if is_runner || is_of_library && is_inner {
        return None;
    }
    let mut line = format!("  in {name}");
    if let Some(position) = frame.position.as_ref().filter(|_| !is_of_library) {
        let before = &position.text.as_bytes()[..position.start as usize];
        let number = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        line.push_str(&format!(" ({}:{number})", position.name));
    }
    line.push('\n');
    Some(line)
}
