//! Interrupting a process from outside: a condition is raised where it stands.

use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::fault::Fault;
use crate::machine::{Stop, TopFrame, Vm};
use crate::process::{Event, ProcessState};

impl Vm {
    /// Raises a fault in a process wherever it stands between two slices: while it runs, waits for
    /// its turn, sleeps, or waits for a message, for input or for room in the heap. Its handlers get the
    /// condition, on top of the stack as it is; without any it fails.
    ///
    /// `None` if nothing can be raised now and it has to be tried again: inside an atomic section,
    /// whose work is bounded, and while it waits for a commit, which is on its way. Also if the
    /// process has ended or is asleep.
    pub fn interrupt(&mut self, process: Word, fault: Fault) -> Option<Event> {
        if self.machine.sections.contains_key(&process.offset()) || self.is_asleep(process) {
            return None;
        }
        if self.machine.process != process {
            match self.process_state(process) {
                ProcessState::New | ProcessState::Ready => self.leave_run_queue(process),
                ProcessState::Sleeping | ProcessState::WaitingForMessage => {
                    self.cancel_timer(process);
                }
                ProcessState::AtLimit => self.leave_list(Root::ProcessesAtLimit, process),
                ProcessState::WaitingForInput => self.leave_list(Root::InputWaiters, process),
                ProcessState::WaitingForCommit
                | ProcessState::NewAfterCommit
                | ProcessState::Finished
                | ProcessState::Failed => return None,
            }
            self.park_for_commit();
            self.take_up(process);
        }
        Some(self.end_slice(Stop::Error(Box::new(fault))))
    }

    /// Makes a parked process that is in no queue the running one, without a frame of its own on the
    /// stack.
    fn take_up(&mut self, process: Word) {
        assert_eq!(self.machine.top, TopFrame::Empty, "one process runs at a time");
        self.heap.set_field(process, body::Process::VALUE, Word::FALSE);
        self.set_process_state(process, ProcessState::Ready);
        self.machine.process = process;
        self.machine.dynamic = self.heap.field(process, body::Process::DYNAMIC);
        self.machine.continuation = self.heap.field(process, body::Process::CONTINUATION);
        self.machine.underflow_burst = 1;
    }

    fn leave_run_queue(&mut self, process: Word) {
        let mut before = Word::FALSE;
        let mut at = self.heap.root(Root::RunQueueHead);
        while at.is_object() && at != process {
            (before, at) = (at, self.heap.field(at, body::Process::NEXT));
        }
        assert!(at.is_object(), "who can run is in the run queue");
        let next = self.heap.field(process, body::Process::NEXT);
        self.heap.set_field(process, body::Process::NEXT, Word::FALSE);
        if before.is_object() {
            self.heap.set_field(before, body::Process::NEXT, next);
        } else {
            self.heap.set_root(Root::RunQueueHead, next);
        }
        if !next.is_object() {
            self.heap.set_root(Root::RunQueueTail, before);
        }
    }
}
