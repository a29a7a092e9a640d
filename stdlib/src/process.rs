//! Primitives of processes: who there is, what they say to each other, and time.
//!
//! What calls back (`recv`, `process-info`, `spawn-monitor`) is Scheme over these, in
//! `prelude/process.scm`.

use dashu_int::IBig;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::{FIXNUM_MAX, Word};
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::machine::{Park, Vm};
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::print::summary;
use pscheme_vm::process::ProcessState;
use pscheme_vm::process_tree::Known;

use crate::argument::{self, Call, Outcome};
use crate::commit::refuse_in_section;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

primitives! { PROCESS_PRIMITIVES:
    /// `(spawn thunk)`: a new process that runs `thunk`; returns its number.
    653 "spawn" (1) constant => spawn;
    /// `(yield)`: lets the other processes that can run go first.
    654 "yield" (0) waits => yield_turn;
    /// `(self)`: the number of the running process.
    655 "self" (0) constant => self_number;
    /// `(send process message)`: puts the message into the mailbox of the process, which is a number
    /// or a name. One that has ended gets none, and nobody is told.
    657 "send" (2) constant => |vm, a| send(vm, a, "send");
    /// `(! process message)`: the same as `send`.
    658 "!" (2) constant => |vm, a| send(vm, a, "!");
    /// `(%mailbox-first deadline)`: begins a receive and gives the first message, as `%mailbox-next`.
    659 "%mailbox-first" (1) waits => |vm, a| {
        vm.rewind_mailbox(vm.machine.process);
        next_message(vm, a.get(0))
    };
    /// `(%mailbox-next refused deadline)`: the message behind the one that was refused. If there is
    /// none, waits and then gives `#f`, or gives `#t` if the deadline has passed: microseconds since
    /// 1970, `#t` for one that has, or `#f` for none.
    660 "%mailbox-next" (2) waits => |vm, a| {
        let process = vm.machine.process;
        if vm.unseen_message(process) == Some(a.get(0)) {
            vm.pass_message(process, a.get(0));
        }
        next_message(vm, a.get(1))
    };
    /// `(%message-content message)`: what was sent.
    661 "%message-content" (1) constant => |vm, a| {
        of_kind(vm, a, "%message-content", Kind::Message, "a message")
            .map(|message| vm.heap.field(message, body::Message::CONTENT))
    };
    /// `(%mailbox-take! message)`: takes the message that the receive looks at out of the mailbox.
    662 "%mailbox-take!" (1) constant => take_message;
    /// `(%deadline seconds)`: microseconds since 1970 in so many seconds, or `#t` if that is not in
    /// the future.
    663 "%deadline" (1) constant => |vm, a| deadline_after(vm, a, "after");
    /// `(sleep seconds)`: waits for at least so long; through a restart, too. Others run meanwhile.
    664 "sleep" (1) waits => |vm, a| {
        let deadline = deadline_after(vm, a, "sleep")?;
        sleep(vm, deadline, "sleep")
    };
    /// `(sleep-until second)`: waits until the clock shows this time, in seconds since 1970.
    665 "sleep-until" (1) waits => |vm, a| {
        let deadline = Word::fixnum(microseconds(vm, a, "sleep-until")?);
        sleep(vm, deadline, "sleep-until")
    };
    /// `(register! name process)`: gives a process a name, a symbol, to be sent messages under.
    666 "register!" (2) chunk => register;
    /// `(unregister! name)`: takes a name from its process; was there one?
    667 "unregister!" (1) constant => |vm, a| {
        let name = of_kind(vm, a, "unregister!", Kind::Symbol, "a symbol")?;
        Ok(Word::boolean(vm.unregister_name(name)))
    };
    /// `(whereis name)`: the number of the process of this name, or `#f`.
    668 "whereis" (1) constant => |vm, a| {
        let name = of_kind(vm, a, "whereis", Kind::Symbol, "a symbol")?;
        Ok(vm.process_by_name(name).map_or(Word::FALSE, |process| number_of(&vm.heap, process)))
    };
    /// `(monitor process)`: asks for the message `(down monitor number reason)` when the process
    /// ends; returns the monitor.
    669 "monitor" (1) chunk => monitor;
    /// `(demonitor monitor)`: asks for that message no more.
    670 "demonitor" (1) constant => |vm, a| {
        let monitor = of_kind(vm, a, "demonitor", Kind::Monitor, "a monitor")?;
        vm.demonitor(monitor);
        Ok(Word::UNSPECIFIED)
    };
    /// `(%spawn-monitor thunk)`: a new process that is monitored from its beginning; a pair of its
    /// number and the monitor.
    671 "%spawn-monitor" (1) constant => spawn_monitor;
    /// `(%next-process number)`: the least number of a process above this one, or `#f`.
    672 "%next-process" (1) constant => |vm, a| {
        let after = a.get(0);
        if !after.is_fixnum() {
            return Err(wrong_type(vm, "%next-process", a, 0, "a number of a process"));
        }
        let next = vm.next_process(after.as_fixnum());
        Ok(next.map_or(Word::FALSE, |process| number_of(&vm.heap, process)))
    };
    /// `(%process-snapshot process)`: a vector of what `process-info` tells, or `#f` if it has ended.
    673 "%process-snapshot" (1) constant => snapshot;
    /// `(discard! process)`: lets go of a process that has failed or that the heap's limit stopped.
    674 "discard!" (1) chunk => discard;
    /// `(%pair? value)`: `pair?`, whatever the program makes of that name.
    679 "%pair?" (1) constant => |_, a| Ok(Word::boolean(a.get(0).is_pair()));
    /// `(%head pair)`: `car`, likewise.
    680 "%head" (1) constant => |vm, a| {
        pair(vm, a, "%head").map(|pair| vm.heap.car(pair))
    };
    /// `(%tail pair)`: `cdr`, likewise.
    681 "%tail" (1) constant => |vm, a| {
        pair(vm, a, "%tail").map(|pair| vm.heap.cdr(pair))
    };
}

fn wrong_type(vm: &Vm, name: &str, a: Arguments, position: usize, expected: &str) -> Interrupt {
    argument::wrong_type(&vm.heap, name, position, expected, a.get(position))
}

/// The first argument, which must be of `kind`.
fn of_kind(vm: &Vm, a: Arguments, name: &str, kind: Kind, expected: &str) -> Outcome {
    let is_kind = vm.heap.kind_of(a.get(0)) == Some(kind);
    if is_kind { Ok(a.get(0)) } else { Err(wrong_type(vm, name, a, 0, expected)) }
}

fn pair(vm: &Vm, a: Arguments, name: &str) -> Outcome {
    if a.get(0).is_pair() { Ok(a.get(0)) } else { Err(wrong_type(vm, name, a, 0, "a pair")) }
}

fn number_of(heap: &Heap, process: Word) -> Word {
    heap.field(process, body::Process::ID)
}

/// What an argument that is a number or a name of a process leads to; `Known::Never` is an error.
fn find(vm: &Vm, a: Arguments, position: usize, name: &str) -> Result<Known, Interrupt> {
    let given = a.get(position);
    let known = if given.is_fixnum() {
        vm.process_by_number(given.as_fixnum())
    } else if vm.heap.kind_of(given) == Some(Kind::Symbol) {
        vm.process_by_name(given).map_or(Known::Never, Known::Process)
    } else {
        return Err(wrong_type(vm, name, a, position, "a number or name of a process"));
    };
    if known == Known::Never {
        let message = format!("{name}: there is no process {}", summary(&vm.heap, given));
        return Err(Fault::new(ErrorCode::UnknownProcess, message).with_irritants(&[given]).into());
    }
    Ok(known)
}

fn spawn(vm: &mut Vm, arguments: Arguments) -> Outcome {
    Call::new(vm, "spawn", arguments).procedure(0)?;
    let process = vm.spawn(arguments.get(0), Word::FALSE)?;
    Ok(vm.heap.field(process, body::Process::ID))
}

fn yield_turn(vm: &mut Vm, _: Arguments) -> Outcome {
    refuse_in_section(vm, "yield")?;
    Err(Interrupt::Park(Park::Yield, Word::UNSPECIFIED))
}

fn self_number(vm: &mut Vm, _: Arguments) -> Outcome {
    Ok(vm.heap.field(vm.machine.process, body::Process::ID))
}

fn send(vm: &mut Vm, a: Arguments, name: &str) -> Outcome {
    vm.reserve(body::Message::BYTES)?;
    if let Known::Process(process) = find(vm, a, 0, name)?
        && !vm.process_state(process).has_ended()
    {
        vm.deliver(process, a.get(1))?;
    }
    Ok(Word::UNSPECIFIED)
}

fn next_message(vm: &mut Vm, deadline: Word) -> Outcome {
    let process = vm.machine.process;
    if let Some(message) = vm.unseen_message(process) {
        return Ok(message);
    }
    if deadline == Word::TRUE || vm.heap.field(process, body::Process::DUE) == Word::TRUE {
        return Ok(Word::TRUE);
    }
    refuse_in_section(vm, "recv")?;
    let due = if deadline.is_fixnum() { deadline } else { Word::FALSE };
    vm.heap.set_field(process, body::Process::DUE, due);
    Err(Interrupt::Park(Park::Message, Word::FALSE))
}

fn take_message(vm: &mut Vm, a: Arguments) -> Outcome {
    let message = of_kind(vm, a, "%mailbox-take!", Kind::Message, "a message")?;
    if vm.take_message(vm.machine.process, message) {
        return Ok(Word::UNSPECIFIED);
    }
    let message = "a guard of recv has received messages itself".to_string();
    Err(Fault::new(ErrorCode::ImplementationLimit, message).into())
}

/// A number of seconds in microseconds, rounded up, within the fixnums.
fn microseconds(vm: &Vm, a: Arguments, name: &str) -> Result<i64, Interrupt> {
    let clamped = |us: i64| us.clamp(-FIXNUM_MAX, FIXNUM_MAX);
    match Number::decode(&vm.heap, a.get(0)) {
        Some(Number::Fixnum(seconds)) => {
            Ok(clamped(seconds.saturating_mul(MICROSECONDS_PER_SECOND)))
        }
        Some(exact) if exact.is_exact() && exact.is_real() => {
            let us = exact.times(Number::Fixnum(MICROSECONDS_PER_SECOND)).into_ratio().ceiling();
            let beyond = if us < IBig::ZERO { i64::MIN } else { i64::MAX };
            Ok(clamped(i64::try_from(us).unwrap_or(beyond)))
        }
        // The conversion saturates.
        Some(Number::Flonum(seconds)) if !seconds.is_nan() => {
            Ok(clamped((seconds * MICROSECONDS_PER_SECOND as f64).ceil() as i64))
        }
        _ => Err(wrong_type(vm, name, a, 0, "a number of seconds")),
    }
}

fn deadline_after(vm: &mut Vm, a: Arguments, name: &str) -> Outcome {
    let wait = microseconds(vm, a, name)?;
    if wait <= 0 {
        return Ok(Word::TRUE);
    }
    let due = vm.machine.host.clock_us().saturating_add(wait).min(FIXNUM_MAX);
    Ok(Word::fixnum(due))
}

fn sleep(vm: &mut Vm, deadline: Word, name: &str) -> Outcome {
    refuse_in_section(vm, name)?;
    if !deadline.is_fixnum() {
        return Err(Interrupt::Park(Park::Yield, Word::UNSPECIFIED));
    }
    vm.heap.set_field(vm.machine.process, body::Process::DUE, deadline);
    Err(Interrupt::Park(Park::Time, Word::UNSPECIFIED))
}

fn register(vm: &mut Vm, a: Arguments) -> Outcome {
    let name = of_kind(vm, a, "register!", Kind::Symbol, "a symbol")?;
    match find(vm, a, 1, "register!")? {
        Known::Process(process) if !vm.process_state(process).has_ended() => {
            vm.register_name(name, process)?;
            Ok(Word::UNSPECIFIED)
        }
        _ => {
            let message = format!("register!: {} has ended", summary(&vm.heap, a.get(1)));
            Err(Fault::new(ErrorCode::UnknownProcess, message).into())
        }
    }
}

fn monitor(vm: &mut Vm, a: Arguments) -> Outcome {
    let watcher = vm.machine.process;
    match find(vm, a, 0, "monitor")? {
        Known::Process(process) => vm.monitor(process, watcher),
        _ => vm.monitor_ended(a.get(0).as_fixnum(), watcher),
    }
}

fn spawn_monitor(vm: &mut Vm, a: Arguments) -> Outcome {
    Call::new(vm, "spawn-monitor", a).procedure(0)?;
    let process = vm.spawn(a.get(0), Word::FALSE)?;
    let monitor = vm.monitor(process, vm.machine.process)?;
    let place = vm.heap.protect(monitor);
    let room = vm.reserve(16);
    let monitor = vm.heap.protected(place);
    vm.heap.unprotect(place);
    room?;
    Ok(vm.heap.pair(number_of(&vm.heap, process), monitor))
}

/// State, number, name, messages, units of work, due time in microseconds, monitors, and what a
/// failed process raised.
fn snapshot(vm: &mut Vm, a: Arguments) -> Outcome {
    let Known::Process(process) = find(vm, a, 0, "process-info")? else { return Ok(Word::FALSE) };
    let state = vm.process_state(process);
    let shown = if process == vm.machine.process { "running" } else { state.name() };
    const PARTS: usize = 8;
    let vector = Header::new(Kind::Vector, 0, PARTS);
    vm.reserve(Heap::string_room(shown.chars().count()) + vector.size_bytes())?;
    let text = vm.heap.string(shown);
    let vector = vm.heap.object(Kind::Vector, 0, PARTS);
    let field = |index: usize| vm.heap.field(process, index);
    let is_timer = matches!(state, ProcessState::WaitingForMessage | ProcessState::Sleeping);
    let parts: [Word; PARTS] = [
        text,
        field(body::Process::ID),
        vm.process_name(process).unwrap_or(Word::FALSE),
        field(body::Process::MESSAGE_COUNT),
        field(body::Process::WORK),
        if is_timer { field(body::Process::DUE) } else { Word::FALSE },
        field(body::Process::MONITOR_COUNT),
        if state == ProcessState::Failed { field(body::Process::VALUE) } else { Word::FALSE },
    ];
    for (index, part) in parts.into_iter().enumerate() {
        vm.heap.initialise(vector, index, part.0);
    }
    Ok(vector)
}

fn discard(vm: &mut Vm, a: Arguments) -> Outcome {
    match find(vm, a, 0, "discard!")? {
        Known::Process(process) if !vm.discard(process) => {
            let state = vm.process_state(process).name();
            let message =
                format!("discard! expects a process that has failed, this one is {state}");
            Err(Fault::new(ErrorCode::ProcessNotStopped, message).into())
        }
        _ => Ok(Word::UNSPECIFIED),
    }
}
