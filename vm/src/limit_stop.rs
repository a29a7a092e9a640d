//! Processes stopped by the limit of the heap or of their stack: kept whole, and going on when there is
//! room.
//!
//! Whoever asks for room asks before it changes anything, so the instruction or the call that met
//! the limit is simply carried out again. Inside an atomic section a process cannot be set aside:
//! there it fails with the limit's condition.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::frame::FRAME_WORDS_MIN;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::machine::{TopFrame, Vm};
use crate::process::{Event, ProcessState};

/// The limit that stopped a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitMet {
    Heap,
    Stack,
}

impl LimitMet {
    /// The limit this condition is of, if the process that meets it is kept whole.
    pub fn of(code: ErrorCode) -> Option<LimitMet> {
        match code {
            ErrorCode::HeapLimit => Some(LimitMet::Heap),
            ErrorCode::StackLimit => Some(LimitMet::Stack),
            _ => None,
        }
    }

    /// The condition at the limit.
    pub fn code(self) -> ErrorCode {
        match self {
            LimitMet::Heap => ErrorCode::HeapLimit,
            LimitMet::Stack => ErrorCode::StackLimit,
        }
    }

    /// What stands in the record's `due`.
    fn mark(self) -> Word {
        Word::boolean(self == LimitMet::Stack)
    }
}

/// The part of the limit that must have become free since processes stopped before they try again.
const FREED_DIVISOR: u64 = 16;

impl Vm {
    /// The limit that stopped a process which is in that state.
    pub fn limit_met(&self, process: Word) -> LimitMet {
        let is_of_stack = self.heap.field(process, body::Process::DUE) == LimitMet::Stack.mark();
        if is_of_stack { LimitMet::Stack } else { LimitMet::Heap }
    }

    /// Sets the running process aside, to carry out again what met the limit.
    pub(crate) fn stop_at_limit(&mut self, limit: LimitMet) -> Event {
        let process = self.machine.process;
        self.heap.set_field(process, body::Process::DUE, limit.mark());
        if let TopFrame::Arguments(count) = self.machine.top {
            let call = self.pending_call(count);
            let place = self.heap.protect(call);
            self.seal_below(FRAME_WORDS_MIN);
            self.machine.top = TopFrame::Empty;
            let call = self.heap.protected(place);
            self.heap.unprotect(place);
            self.heap.set_field(process, body::Process::VALUE, call);
        } else {
            self.heap.set_field(process, body::Process::VALUE, Word::FALSE);
        }
        self.park(ProcessState::AtLimit);
        let others = self.heap.root(Root::ProcessesAtLimit);
        self.heap.set_field(process, body::Process::NEXT, others);
        self.heap.set_root(Root::ProcessesAtLimit, process);
        // What the attempt left behind is no room that somebody freed.
        self.heap.collect_major(&mut self.machine);
        self.machine.bytes_at_limit = self.heap.bytes_in_use();
        Event::AtLimit(process)
    }

    /// The call whose frame is set up at the base: the procedure, then the arguments.
    fn pending_call(&mut self, count: usize) -> Word {
        let header = Header::new(Kind::MultipleValues, 0, 1 + count);
        self.make_room(header.nursery_bytes());
        let call = self.heap.object(Kind::MultipleValues, 0, 1 + count);
        self.heap.initialise(call, 0, self.register(0).0);
        for index in 0..count {
            self.heap.initialise(call, 1 + index, self.register(2 + index).0);
        }
        call
    }

    /// The processes that a limit stopped, the last one first.
    pub fn processes_at_limit(&self) -> Vec<Word> {
        let mut processes = Vec::new();
        let mut process = self.heap.root(Root::ProcessesAtLimit);
        while process.is_object() {
            processes.push(process);
            process = self.heap.field(process, body::Process::NEXT);
        }
        processes
    }

    /// Takes a process out of those that a limit stopped.
    pub(crate) fn leave_limit_queue(&mut self, process: Word) {
        let mut before = Word::FALSE;
        let mut at = self.heap.root(Root::ProcessesAtLimit);
        while at.is_object() {
            let next = self.heap.field(at, body::Process::NEXT);
            if at != process {
                (before, at) = (at, next);
                continue;
            }
            if before.is_object() {
                self.heap.set_field(before, body::Process::NEXT, next);
            } else {
                self.heap.set_root(Root::ProcessesAtLimit, next);
            }
            return;
        }
    }

    /// Whether enough has been freed since processes stopped at the limit that trying again is
    /// worth it.
    pub fn has_room_again(&self) -> bool {
        let (used, limit) = (self.heap.bytes_in_use(), self.heap.limit_bytes);
        self.heap.root(Root::ProcessesAtLimit).is_object()
            && used <= limit
            && used.saturating_add(limit / FREED_DIVISOR) <= self.machine.bytes_at_limit
    }

    /// Lets the processes that a limit stopped try again, in the order in which they stopped.
    pub fn wake_from_limit(&mut self) {
        let processes = self.processes_at_limit();
        self.heap.set_root(Root::ProcessesAtLimit, Word::FALSE);
        for &process in processes.iter().rev() {
            let pending = self.heap.field(process, body::Process::VALUE).is_object();
            let state = if pending { ProcessState::New } else { ProcessState::Ready };
            self.heap.set_field(process, body::Process::DUE, Word::FALSE);
            self.set_process_state(process, state);
            self.enqueue(process);
        }
    }
}
