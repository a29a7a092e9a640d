//! Processes that wait for a commit: one queue in the order in which they began to wait.
//!
//! Those at its front have the number of the commit they wait for, those behind, from the root
//! `CommitWaitersNew` on, wait for the next one to be cut. So numbering costs what is new, and
//! waking what is woken.

use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::fault::Interrupt;
use crate::machine::Vm;
use crate::process::ProcessState;
use crate::trace::TraceRecord;

impl Vm {
    /// A new process that runs `thunk` once the commit that holds this request is durable; at once
    /// if there is no image.
    ///
    /// # Errors
    /// The heap's limit.
    pub fn spawn_after_commit(&mut self, thunk: Word) -> Result<Word, Interrupt> {
        if !self.heap.persistent {
            return self.spawn(thunk, Word::FALSE);
        }
        let process = self.new_process(thunk, Word::FALSE)?;
        self.set_process_state(process, ProcessState::NewAfterCommit);
        self.add_waiter(process);
        Ok(process)
    }

    /// Appends a process that is in no queue.
    pub(crate) fn add_waiter(&mut self, process: Word) {
        self.heap.set_field(process, body::Process::DUE, Word::FALSE);
        self.heap.set_field(process, body::Process::NEXT, Word::FALSE);
        let tail = self.heap.root(Root::CommitWaitersTail);
        if tail.is_object() {
            self.heap.set_field(tail, body::Process::NEXT, process);
        } else {
            self.heap.set_root(Root::CommitWaiters, process);
        }
        self.heap.set_root(Root::CommitWaitersTail, process);
        if !self.has_new_waiters() {
            self.heap.set_root(Root::CommitWaitersNew, process);
        }
    }

    /// Whether a process waits for a commit that has not been cut yet.
    pub fn has_new_waiters(&self) -> bool {
        self.heap.root(Root::CommitWaitersNew).is_object()
    }

    /// Names the commit that those who wait without a number are waiting for.
    pub fn number_waiters(&mut self, commit: i64) {
        let mut process = self.heap.root(Root::CommitWaitersNew);
        while process.is_object() {
            self.heap.set_field(process, body::Process::DUE, Word::fixnum(commit));
            process = self.heap.field(process, body::Process::NEXT);
        }
        self.heap.set_root(Root::CommitWaitersNew, Word::FALSE);
    }

    /// Wakes those who wait for a commit up to `commit`, in the order in which they began to wait.
    pub fn wake_waiters(&mut self, commit: i64) -> usize {
        let mut woken = 0;
        loop {
            let first = self.heap.root(Root::CommitWaiters);
            if !first.is_object() {
                break;
            }
            let wanted = self.heap.field(first, body::Process::DUE);
            if !wanted.is_fixnum() || wanted.as_fixnum() > commit {
                break;
            }
            let next = self.heap.field(first, body::Process::NEXT);
            self.heap.set_root(Root::CommitWaiters, next);
            if !next.is_object() {
                self.heap.set_root(Root::CommitWaitersTail, Word::FALSE);
            }
            let state = match self.process_state(first) {
                ProcessState::NewAfterCommit => ProcessState::New,
                _ => ProcessState::Ready,
            };
            self.set_process_state(first, state);
            self.heap.set_field(first, body::Process::DUE, Word::FALSE);
            self.enqueue(first);
            woken += 1;
        }
        if woken > 0 {
            self.note_with_work(TraceRecord::Committed, woken as u64);
        }
        woken
    }
}
