//! Checks the roots and processes of a heap whose objects have the right shapes: what the scheduler
//! relies on.
//!
//! A process is in one place only: a queue, the tree of timers, or none. So every process found in
//! one is noted with the states that belong there, and none is found twice. Nothing here enters a
//! list without a bound: one that comes back to itself finds a process again.

use std::collections::HashSet;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::{PAGE_BYTES, TIMER_ENTRY_WORDS};
use pscheme_heap::root_table::{ROOT_CLASSES, ROOT_ROWS, Root};
use pscheme_heap::verify::Problem;
use pscheme_heap::word::Word;

use crate::builtin::underflow_instructions;
use crate::machine::CodeView;
use crate::process::ProcessState::{self, *};

/// The queues: their first and last process, and the states of those in them.
const QUEUES: [(Root, Option<Root>, &[ProcessState]); 4] = [
    (Root::RunQueueHead, Some(Root::RunQueueTail), &[New, Ready]),
    (Root::CommitWaiters, Some(Root::CommitWaitersTail), &[WaitingForCommit, NewAfterCommit]),
    (Root::ProcessesAtLimit, None, &[AtLimit]),
    (Root::InputWaiters, None, &[WaitingForInput]),
];
/// What is wrong with the processes of a heap; empty if nothing is. [`Heap::verify`] must have found
/// nothing.
pub fn verify_processes(heap: &Heap) -> Vec<Problem> {
    let mut found = Found { heap, placed: HashSet::new(), problems: Vec::new() };
    found.check_roots();
    if !has_underflow_code(heap) {
        found.problem(heap.root(Root::UnderflowCode), "no code of the frame below every stack");
    }
    for root in [Root::NextProcess, Root::NextTimer, Root::NextTransient] {
        let next = heap.root(root);
        if next != Word::FALSE && (!next.is_fixnum() || next.as_fixnum() < 1) {
            found.problem(next, format!("{root:?} is no number from 1 on"));
        }
    }
    if found.problems.is_empty() {
        found.walk_processes();
        found.walk_timers();
        QUEUES.iter().for_each(|&(head, tail, states)| found.walk_queue(head, tail, states));
    }
    if found.problems.is_empty() {
        found.check_new_waiters();
    }
    found.problems
}

/// Whether stacks return to the machine's own code.
fn has_underflow_code(heap: &Heap) -> bool {
    let code = heap.root(Root::UnderflowCode);
    CodeView::peek(heap, code).is_some_and(|view| view.words(heap) == underflow_instructions())
}

struct Found<'heap> {
    heap: &'heap Heap,
    /// Processes that are in a queue or the tree of timers.
    placed: HashSet<u64>,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn problem(&mut self, word: Word, what: impl Into<String>) {
        let offset = if word.is_reference() { word.offset() } else { 0 };
        let page = (offset / PAGE_BYTES) as u32;
        self.problems.push(Problem { page, offset, what: what.into() });
    }

    /// Every root holds what its row in the table says.
    fn check_roots(&mut self) {
        for (&(index, name, _), class) in ROOT_ROWS.iter().zip(ROOT_CLASSES) {
            let word = self.heap.roots[index];
            if !class.allows(word, self.heap.kind_of(word)) {
                self.problem(word, format!("the root {name} may not hold {word:?}"));
            }
        }
    }

    fn state(&self, process: Word) -> Option<ProcessState> {
        ProcessState::from_code(self.heap.field(process, body::Process::STATE).as_fixnum())
    }

    /// Every process has a state there is, and its own number leads to it.
    fn walk_processes(&mut self) {
        let mut work = vec![(self.heap.root(Root::Processes), 0)];
        while let Some((node, first)) = work.pop() {
            if !node.is_object() {
                continue;
            }
            if self.heap.kind_of(node) == Some(Kind::Process) {
                let id = self.heap.field(node, body::Process::ID).as_fixnum();
                match self.state(node) {
                    Some(state) if state != Finished && id == first => {}
                    _ => self.problem(node, "process of a wrong state or number"),
                }
                continue;
            }
            let slots = self.heap.header(node).body_words() - body::ProcessNode::FIELDS;
            for slot in 0..slots {
                let entry = self.heap.field(node, body::ProcessNode::FIELDS + slot);
                work.push((entry, first * slots as i64 + slot as i64));
            }
        }
    }

    /// Every timer is of a process that waits for a time and knows its key.
    fn walk_timers(&mut self) {
        let mut work = vec![self.heap.root(Root::Timers)];
        while let Some(node) = work.pop() {
            if !node.is_object() {
                continue;
            }
            let count = self.heap.field(node, body::TimerNode::COUNT).as_fixnum() as usize;
            for index in 0..count {
                let at = body::TimerNode::FIELDS + index * TIMER_ENTRY_WORDS;
                let target = self.heap.field(node, at + 2);
                if self.heap.kind_of(target) != Some(Kind::Process) {
                    work.push(target);
                    continue;
                }
                let known = [body::Process::DUE, body::Process::SEQUENCE]
                    .map(|index| self.heap.field(target, index));
                if known != [self.heap.field(node, at), self.heap.field(node, at + 1)] {
                    self.problem(target, "process with another timer than its own");
                }
                self.place(target, &[WaitingForMessage, Sleeping]);
            }
        }
    }

    fn walk_queue(&mut self, head: Root, tail: Option<Root>, states: &[ProcessState]) {
        let (mut last, mut process) = (Word::FALSE, self.heap.root(head));
        while process != Word::FALSE {
            if self.heap.kind_of(process) != Some(Kind::Process) {
                return self.problem(process, format!("{head:?} leads to what is no process"));
            }
            if !self.place(process, states) {
                return;
            }
            (last, process) = (process, self.heap.field(process, body::Process::NEXT));
        }
        if let Some(tail) = tail
            && self.heap.root(tail) != last
        {
            self.problem(last, format!("{tail:?} is not the end of its queue"));
        }
    }

    /// Those who wait for a commit without a number are at the end of their queue, which ends.
    fn check_new_waiters(&mut self) {
        let mut process = self.heap.root(Root::CommitWaiters);
        while process != Word::FALSE && self.heap.field(process, body::Process::DUE).is_fixnum() {
            process = self.heap.field(process, body::Process::NEXT);
        }
        if self.heap.root(Root::CommitWaitersNew) != process {
            self.problem(process, "CommitWaitersNew is not the first that waits without a number");
        }
    }

    /// Notes where a process is. `false` if it may not be there.
    fn place(&mut self, process: Word, states: &[ProcessState]) -> bool {
        let fits = self.state(process).is_some_and(|state| states.contains(&state));
        let is_new = self.placed.insert(process.offset());
        if !fits || !is_new {
            self.problem(process, "process in a queue it does not belong in");
        }
        fits && is_new
    }
}
