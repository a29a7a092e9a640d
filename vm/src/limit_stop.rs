//! Processes stopped by the limit of the heap or of their stack: kept whole, and going on when there is
//! room.
//!
//! Whoever asks for room asks before it changes anything, so the instruction or the call that met
//! the limit is simply carried out again. Inside an atomic section a process cannot be set aside:
//! there it fails with the limit's condition.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::machine::Vm;
use crate::process::{Event, ProcessState};
use crate::trace::TraceRecord;

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
        self.set_aside(ProcessState::AtLimit, Root::ProcessesAtLimit);
        // What the attempt left behind is no room that somebody freed.
        self.heap.collect_major(&mut self.machine);
        self.machine.bytes_at_limit = self.heap.bytes_in_use();
        Event::AtLimit(process)
    }

    /// The processes that a limit stopped, the last one first.
    pub fn processes_at_limit(&self) -> Vec<Word> {
        self.set_aside_in(Root::ProcessesAtLimit)
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
        if self.heap.root(Root::ProcessesAtLimit).is_object() {
            self.note_with_work(TraceRecord::RoomAgain, 0);
        }
        self.take_up_again(Root::ProcessesAtLimit);
    }
}
