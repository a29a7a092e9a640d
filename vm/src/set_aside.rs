//! Processes that are set aside to carry out again what they stand at: an instruction, or a call that
//! was set up.
//!
//! Who meets a limit asks for room before it changes anything, and who finds too little input takes
//! none of it, so doing the whole again is right. Each reason has a list of its own, the newest first.

use pscheme_heap::frame::FRAME_WORDS_MIN;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::machine::{TopFrame, Vm};
use crate::process::ProcessState;

impl Vm {
    /// Parks the running process in the list of this root, to go on with what it stands at.
    pub(crate) fn set_aside(&mut self, state: ProcessState, list: Root) {
        let process = self.machine.process;
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
        self.park(state);
        let others = self.heap.root(list);
        self.heap.set_field(process, body::Process::NEXT, others);
        self.heap.set_root(list, process);
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

    /// The processes in the list of this root, the last one first.
    pub(crate) fn set_aside_in(&self, list: Root) -> Vec<Word> {
        let mut processes = Vec::new();
        let mut process = self.heap.root(list);
        while process.is_object() {
            processes.push(process);
            process = self.heap.field(process, body::Process::NEXT);
        }
        processes
    }

    /// Takes a process out of the list of this root.
    pub(crate) fn leave_list(&mut self, list: Root, process: Word) {
        let mut before = Word::FALSE;
        let mut at = self.heap.root(list);
        while at.is_object() {
            let next = self.heap.field(at, body::Process::NEXT);
            if at != process {
                (before, at) = (at, next);
                continue;
            }
            if before.is_object() {
                self.heap.set_field(before, body::Process::NEXT, next);
            } else {
                self.heap.set_root(list, next);
            }
            return;
        }
    }

    /// Lets all processes in the list of this root go on, in the order in which they came into it.
    pub(crate) fn take_up_again(&mut self, list: Root) {
        let processes = self.set_aside_in(list);
        self.heap.set_root(list, Word::FALSE);
        for &process in processes.iter().rev() {
            let pending = self.heap.field(process, body::Process::VALUE).is_object();
            let state = if pending { ProcessState::New } else { ProcessState::Ready };
            self.heap.set_field(process, body::Process::DUE, Word::FALSE);
            self.set_process_state(process, state);
            self.enqueue(process);
        }
    }

    /// The running process waits for input from the console.
    pub(crate) fn wait_for_input(&mut self) {
        let process = self.machine.process;
        self.heap.set_field(process, body::Process::DUE, Word::FALSE);
        self.set_aside(ProcessState::WaitingForInput, Root::InputWaiters);
    }

    /// Whether a process waits for input from the console.
    pub fn has_input_waiters(&self) -> bool {
        self.heap.root(Root::InputWaiters).is_object()
    }

    /// Lets those who wait for input look again: there may be some.
    pub fn wake_input_waiters(&mut self) {
        self.take_up_again(Root::InputWaiters);
    }
}
