//! Evaluating apart from an image: in a state that was read from it and that nothing is ever committed to.
//!
//! The processes of that state are asleep for good. Each keeps the state it was found in, so that a
//! program sees what it did, but is in no queue and no tree of timers: nothing here wakes it, and
//! nothing waits for what it waits for. Processes that are made afterwards run.

use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::machine::Vm;

/// Every place in which a process waits for anything.
const QUEUES: [Root; 8] = [
    Root::RunQueueHead,
    Root::RunQueueTail,
    Root::CommitWaiters,
    Root::CommitWaitersTail,
    Root::CommitWaitersNew,
    Root::InputWaiters,
    Root::ProcessesAtLimit,
    Root::Timers,
];

impl Vm {
    /// Puts every process there is to sleep, and from now on evaluates apart from the image of this heap.
    ///
    /// # Panics
    /// If a process runs: one that was read from an image does not.
    pub fn set_apart(&mut self) {
        assert!(!self.machine.process.is_object(), "a state that was read has no running process");
        for queue in QUEUES {
            self.heap.set_root(queue, Word::FALSE);
        }
        let next = self.heap.root(Root::NextProcess);
        let next = if next.is_fixnum() { next.as_fixnum() } else { 1 };
        self.machine.first_awake = Some(next);
    }

    /// Whether this machine evaluates apart from an image.
    pub fn is_apart(&self) -> bool {
        self.machine.first_awake.is_some()
    }

    /// Whether a process is one of the image's that never run here.
    pub fn is_asleep(&self, process: Word) -> bool {
        let number = self.heap.field(process, body::Process::ID).as_fixnum();
        self.machine.first_awake.is_some_and(|first| number < first)
    }
}
