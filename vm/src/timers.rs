//! Timers: when processes go on that wait for a time. A B-tree in the heap, ordered by due time and
//! then by the order in which timers were set.
//!
//! A timer is an entry of three words in a leaf; its process's record holds the key. Setting,
//! cancelling and finding the first cost the depth of the tree, and change a leaf or two: a process
//! that sleeps is in no page a commit writes. Nodes do not move. Due times are microseconds since
//! 1970, so what sleeps through a reboot wakes when its time has come.

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::{TIMER_ENTRY_WORDS, TIMER_LEVELS_MAX, TIMER_NODE_ENTRIES};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::limits::TIMERS_FIRED_MAX;
use crate::machine::Vm;
use crate::process::ProcessState;

/// A node with fewer entries joins a neighbour that has room.
const NODE_ENTRIES_MIN: usize = TIMER_NODE_ENTRIES / 4;
/// Entries of two nodes that become one at most: some room is left for what comes.
const JOINED_ENTRIES_MAX: usize = TIMER_NODE_ENTRIES * 3 / 4;

/// Due time and sequence number.
type Key = (i64, i64);

/// An entry of a node: a key, and the process or the node below.
#[derive(Clone, Copy)]
struct Entry {
    key: Key,
    target: Word,
}

/// The way from the root to a leaf: each node and the entry taken.
struct Path {
    steps: [(Word, usize); TIMER_LEVELS_MAX],
    length: usize,
}

impl Vm {
    /// Sets the timer of a process whose record says when it is due. Without such a time there is
    /// none to set.
    pub(crate) fn set_timer(&mut self, process: Word) {
        let due = self.heap.field(process, body::Process::DUE);
        if !due.is_fixnum() {
            return;
        }
        let next = self.heap.root(Root::NextTimer);
        let sequence = if next.is_fixnum() { next.as_fixnum() } else { 1 };
        self.heap.set_root(Root::NextTimer, Word::fixnum(sequence + 1));
        self.heap.set_field(process, body::Process::SEQUENCE, Word::fixnum(sequence));
        self.insert_timer(Entry { key: (due.as_fixnum(), sequence), target: process });
    }

    /// Cancels the timer of a process, if it has one.
    pub(crate) fn cancel_timer(&mut self, process: Word) {
        let due = self.heap.field(process, body::Process::DUE);
        if due.is_fixnum() {
            let sequence = self.heap.field(process, body::Process::SEQUENCE).as_fixnum();
            self.remove_timer((due.as_fixnum(), sequence));
        }
        self.heap.set_field(process, body::Process::DUE, Word::FALSE);
    }

    /// When the first timer is due: microseconds since 1970, or `None` if there is no timer.
    pub fn first_due_us(&self) -> Option<i64> {
        self.first_timer().map(|entry| entry.key.0)
    }

    /// Wakes the processes whose time has come by the host's clock, in the order of their times, up
    /// to [`TIMERS_FIRED_MAX`]. Returns how many. Without timers the clock is not read.
    pub fn fire_timers(&mut self) -> usize {
        if self.first_timer().is_none() {
            return 0;
        }
        let now = self.machine.host.clock_us();
        let mut fired = 0;
        while fired < TIMERS_FIRED_MAX
            && let Some(Entry { key, target: process }) = self.first_timer()
            && key.0 <= now
        {
            self.remove_timer(key);
            // Whoever waits for a message as well has to know that the time is up.
            self.heap.set_field(process, body::Process::DUE, Word::TRUE);
            self.set_process_state(process, ProcessState::Ready);
            self.enqueue(process);
            fired += 1;
        }
        fired
    }

    fn first_timer(&self) -> Option<Entry> {
        let mut node = self.heap.root(Root::Timers);
        if !node.is_object() || self.entry_count(node) == 0 {
            return None;
        }
        loop {
            let entry = self.entry(node, 0);
            if self.timer_level(node) == 0 {
                return Some(entry);
            }
            node = entry.target;
        }
    }

    fn insert_timer(&mut self, mut entry: Entry) {
        if !self.heap.root(Root::Timers).is_object() {
            let leaf = self.new_timer_node(0);
            self.heap.set_root(Root::Timers, leaf);
        }
        let path = self.path_to(entry.key);
        for &(node, taken) in path.steps[..path.length].iter().rev() {
            let level = self.timer_level(node);
            // In a leaf behind all that is not after it, elsewhere behind the node that was split.
            let place = if level == 0 { self.position(node, entry.key) } else { taken + 1 };
            match self.insert_entry(node, place, entry) {
                None => return,
                Some(split) => entry = split,
            }
        }
        // The root was split.
        let old = self.heap.root(Root::Timers);
        let root = self.new_timer_node(self.timer_level(old) + 1);
        let first = Entry { key: self.entry(old, 0).key, target: old };
        self.put_entry(root, 0, first);
        self.put_entry(root, 1, entry);
        self.set_entry_count(root, 2);
        self.heap.set_root(Root::Timers, root);
    }

    /// Inserts an entry; the entry of the new node behind this one if that had to be split.
    fn insert_entry(&mut self, node: Word, place: usize, entry: Entry) -> Option<Entry> {
        let count = self.entry_count(node);
        if count < TIMER_NODE_ENTRIES {
            self.shift_entries(node, place, count, 1);
            self.put_entry(node, place, entry);
            self.set_entry_count(node, count + 1);
            return None;
        }
        let right = self.new_timer_node(self.timer_level(node));
        // Timers are mostly set in the order in which they are due: then a node is left full.
        let kept = if place == count { count } else { count / 2 };
        for index in kept..count {
            let moved = self.entry(node, index);
            self.put_entry(right, index - kept, moved);
        }
        self.set_entry_count(right, count - kept);
        self.set_entry_count(node, kept);
        let (half, place) =
            if place <= kept && kept < count { (node, place) } else { (right, place - kept) };
        let full = self.insert_entry(half, place, entry);
        assert!(full.is_none(), "half a node has room");
        Some(Entry { key: self.entry(right, 0).key, target: right })
    }

    fn remove_timer(&mut self, key: Key) {
        if !self.heap.root(Root::Timers).is_object() {
            return;
        }
        let path = self.path_to(key);
        let steps = &path.steps[..path.length];
        let (leaf, taken) = steps[path.length - 1];
        if taken >= self.entry_count(leaf) || self.entry(leaf, taken).key != key {
            return;
        }
        self.remove_entry(leaf, taken);
        for pair in steps.windows(2).rev() {
            let ((above, taken), (node, _)) = (pair[0], pair[1]);
            if self.entry_count(node) == 0 {
                self.remove_entry(above, taken);
            } else if self.entry_count(node) < NODE_ENTRIES_MIN {
                self.join_neighbour(above, taken);
            }
        }
        let root = self.heap.root(Root::Timers);
        if self.timer_level(root) > 0 && self.entry_count(root) == 1 {
            self.heap.set_root(Root::Timers, self.entry(root, 0).target);
        }
    }

    /// Joins the node below entry `taken` with the one behind or before it, if they fit one.
    fn join_neighbour(&mut self, above: Word, taken: usize) {
        for left in [Some(taken), taken.checked_sub(1)].into_iter().flatten() {
            if left + 1 >= self.entry_count(above) {
                continue;
            }
            let (into, from) = (self.entry(above, left).target, self.entry(above, left + 1).target);
            let (count, more) = (self.entry_count(into), self.entry_count(from));
            if count + more > JOINED_ENTRIES_MAX {
                continue;
            }
            for index in 0..more {
                let moved = self.entry(from, index);
                self.put_entry(into, count + index, moved);
            }
            self.set_entry_count(into, count + more);
            return self.remove_entry(above, left + 1);
        }
    }

    /// The way to the leaf where a key is or would be: in each node the last entry not after it.
    fn path_to(&self, key: Key) -> Path {
        let mut path = Path { steps: [(Word::FALSE, 0); TIMER_LEVELS_MAX], length: 0 };
        let mut node = self.heap.root(Root::Timers);
        loop {
            let taken = self.position(node, key).saturating_sub(1);
            path.steps[path.length] = (node, taken);
            path.length += 1;
            if self.timer_level(node) == 0 {
                return path;
            }
            node = self.entry(node, taken).target;
        }
    }

    /// How many entries of a node are not after a key.
    fn position(&self, node: Word, key: Key) -> usize {
        let (mut low, mut high) = (0, self.entry_count(node));
        while low < high {
            let middle = (low + high) / 2;
            if self.entry(node, middle).key <= key { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn remove_entry(&mut self, node: Word, place: usize) {
        let count = self.entry_count(node);
        self.shift_entries(node, place + 1, count, -1);
        self.set_entry_count(node, count - 1);
    }

    /// Moves the entries from `from` to `count` by `by` places.
    fn shift_entries(&mut self, node: Word, from: usize, count: usize, by: isize) {
        let mut shift = |index: usize| {
            let entry = self.entry(node, index);
            self.put_entry(node, index.wrapping_add_signed(by), entry);
        };
        if by > 0 {
            (from..count).rev().for_each(&mut shift)
        } else {
            (from..count).for_each(shift)
        }
    }

    fn timer_level(&self, node: Word) -> i64 {
        self.heap.field(node, body::TimerNode::LEVEL).as_fixnum()
    }

    fn entry_count(&self, node: Word) -> usize {
        self.heap.field(node, body::TimerNode::COUNT).as_fixnum() as usize
    }

    /// Changes how many entries a node has. What lies behind them keeps nothing alive.
    fn set_entry_count(&mut self, node: Word, count: usize) {
        for index in count..self.entry_count(node) {
            let nothing = Entry { key: (0, 0), target: Word::FALSE };
            self.put_entry(node, index, nothing);
        }
        self.heap.set_field(node, body::TimerNode::COUNT, Word::fixnum(count as i64));
    }

    fn entry(&self, node: Word, index: usize) -> Entry {
        let at = body::TimerNode::FIELDS + index * TIMER_ENTRY_WORDS;
        let number = |index: usize| self.heap.field(node, index).as_fixnum();
        Entry { key: (number(at), number(at + 1)), target: self.heap.field(node, at + 2) }
    }

    fn put_entry(&mut self, node: Word, index: usize, entry: Entry) {
        let at = body::TimerNode::FIELDS + index * TIMER_ENTRY_WORDS;
        self.heap.set_field(node, at, Word::fixnum(entry.key.0));
        self.heap.set_field(node, at + 1, Word::fixnum(entry.key.1));
        self.heap.set_field(node, at + 2, entry.target);
    }

    fn new_timer_node(&mut self, level: i64) -> Word {
        let words = body::TimerNode::FIELDS + TIMER_NODE_ENTRIES * TIMER_ENTRY_WORDS;
        // Fixnum 0 throughout, which is an empty node on level 0.
        let node = self.heap.fixed_object(Kind::TimerNode, 0, words);
        self.heap.set_field(node, body::TimerNode::LEVEL, Word::fixnum(level));
        node
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use pscheme_heap::heap::Heap;
    use pscheme_heap::limits::HEAP_RESERVED_BYTES_MIN;

    use super::*;
    use crate::host::SilentHost;
    use crate::primitive::PrimitiveSet;

    fn machine() -> Vm {
        let primitives = Arc::new(PrimitiveSet::new([]));
        let heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        Vm::new(heap, primitives, Box::new(SilentHost::default()))
    }

    /// A process with a timer, and the timer's key.
    fn sleeper(vm: &mut Vm, due: i64) -> (Key, Word) {
        let process = vm.new_process(Word::FALSE, Word::FALSE).unwrap();
        vm.heap.set_field(process, body::Process::DUE, Word::fixnum(due));
        vm.set_timer(process);
        let sequence = vm.heap.field(process, body::Process::SEQUENCE).as_fixnum();
        ((due, sequence), process)
    }

    /// All keys in order, after a check of every node's shape.
    fn keys(vm: &Vm) -> Vec<Key> {
        fn walk(vm: &Vm, node: Word, found: &mut Vec<Key>) {
            let level = vm.timer_level(node);
            for index in 0..vm.entry_count(node) {
                let entry = vm.entry(node, index);
                if level == 0 {
                    found.push(entry.key);
                    continue;
                }
                assert_eq!(vm.timer_level(entry.target), level - 1);
                assert!(vm.entry_count(entry.target) > 0, "only an empty tree has an empty node");
                let first = found.len();
                walk(vm, entry.target, found);
                assert!(index == 0 || entry.key <= found[first]);
            }
        }
        let mut found = Vec::new();
        walk(vm, vm.heap.root(Root::Timers), &mut found);
        found
    }

    fn nodes(vm: &Vm) -> usize {
        fn below(vm: &Vm, node: Word) -> usize {
            let inner = vm.timer_level(node) > 0;
            let entries = if inner { 0..vm.entry_count(node) } else { 0..0 };
            1 + entries.map(|index| below(vm, vm.entry(node, index).target)).sum::<usize>()
        }
        below(vm, vm.heap.root(Root::Timers))
    }

    #[test]
    fn the_tree_agrees_with_a_model() {
        let (mut vm, mut model, mut random) = (machine(), BTreeSet::new(), 7u64);
        let mut next = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % bound
        };
        let mut sleepers = Vec::new();
        for round in 0..20_000 {
            // Grows, shrinks to nothing, and grows again; many timers are due at the same time.
            let grows = round / 5_000 % 2 == 0;
            if sleepers.is_empty() || next(10) < if grows { 7 } else { 2 } {
                let (key, process) = sleeper(&mut vm, next(500) as i64);
                assert!(model.insert(key));
                sleepers.push((key, process));
            } else {
                let (key, process) = sleepers.swap_remove(next(sleepers.len() as u64) as usize);
                vm.cancel_timer(process);
                assert_eq!(vm.heap.field(process, body::Process::DUE), Word::FALSE);
                assert!(model.remove(&key));
            }
            assert_eq!(vm.first_due_us(), model.first().map(|key| key.0));
            if round % 500 == 0 {
                assert_eq!(keys(&vm), model.iter().copied().collect::<Vec<_>>());
            }
        }
        for (_, process) in sleepers {
            vm.cancel_timer(process);
        }
        assert_eq!((vm.first_due_us(), nodes(&vm)), (None, 1));
    }

    #[test]
    fn timers_set_in_order_fill_their_nodes_and_few_left_share_them() {
        let mut vm = machine();
        let sleepers: Vec<_> = (0..40_000).map(|due| sleeper(&mut vm, due).1).collect();
        let least = sleepers.len() / TIMER_NODE_ENTRIES;
        assert!((least..least + least / 20).contains(&nodes(&vm)), "{} nodes", nodes(&vm));
        for (index, &process) in sleepers.iter().enumerate() {
            if index % 50 != 0 {
                vm.cancel_timer(process);
            }
        }
        assert_eq!(keys(&vm).len(), 800);
        assert!(nodes(&vm) < 800 / 4, "{} nodes for 800 timers", nodes(&vm));
    }

    #[test]
    fn timers_are_fired_in_order_a_bounded_number_at_once() {
        let mut vm = machine();
        for due in (0..3_000).rev() {
            let (_, process) = sleeper(&mut vm, due / 2);
            vm.set_process_state(process, ProcessState::Sleeping);
        }
        vm.machine.host.wait_until_us(1_499, &std::sync::atomic::AtomicBool::new(false));
        let fired: Vec<usize> = (0..4).map(|_| vm.fire_timers()).collect();
        assert_eq!(fired, [TIMERS_FIRED_MAX, TIMERS_FIRED_MAX, 3_000 - 2 * TIMERS_FIRED_MAX, 0]);
        let mut process = vm.heap.root(Root::RunQueueHead);
        let mut ids = Vec::new();
        while process.is_object() {
            ids.push(vm.heap.field(process, body::Process::ID).as_fixnum());
            process = vm.heap.field(process, body::Process::NEXT);
        }
        // Of two with the same time, the one whose timer was set first.
        let expected: Vec<i64> = (0..1_500).rev().flat_map(|n| [2 * n + 1, 2 * n + 2]).collect();
        assert_eq!(ids, expected);
    }
}
