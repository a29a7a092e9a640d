//! From the number of a process to its record: a tree in the heap, by six bits of the number a level.
//!
//! It holds every process that has not finished, so failed ones too. Numbers are given out in
//! order, so those that live together share nodes, and a commit writes few of them. Nodes do not
//! move; one that becomes empty is taken out.

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::{PROCESS_LEVELS_MAX, PROCESS_NODE_BITS, PROCESS_NODE_SLOTS};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::machine::Vm;

/// What a number of a process leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its record.
    Process(Word),
    /// The process of this number has finished, or was discarded.
    Ended,
    /// No process had this number.
    Never,
}

/// The slot of a node on `level` that leads to a number.
fn slot_of(id: i64, level: i64) -> usize {
    (id >> (level as u32 * PROCESS_NODE_BITS)) as usize & (PROCESS_NODE_SLOTS - 1)
}

impl Vm {
    /// The process of this number.
    pub fn process_by_number(&self, id: i64) -> Known {
        let next = self.heap.root(Root::NextProcess);
        if id < 1 || !next.is_fixnum() || id >= next.as_fixnum() {
            return Known::Never;
        }
        let mut node = self.heap.root(Root::Processes);
        if !node.is_object() || !self.covers(node, id) {
            return Known::Ended;
        }
        loop {
            let level = self.node_level(node);
            let entry = self.slot(node, slot_of(id, level));
            if !entry.is_object() {
                return Known::Ended;
            }
            if level == 0 {
                return Known::Process(entry);
            }
            node = entry;
        }
    }

    /// The first process whose number is above `after`.
    pub fn next_process(&self, after: i64) -> Option<Word> {
        let from = after.max(0) + 1;
        let root = self.heap.root(Root::Processes);
        if !root.is_object() || !self.covers(root, from) {
            return None;
        }
        // The way down to `from`, then back up to the first node with something to the right.
        let mut path = [(root, 0); PROCESS_LEVELS_MAX];
        let mut depth = 0;
        path[0].1 = slot_of(from, self.node_level(root));
        loop {
            let (node, start) = path[depth];
            let used = (start..PROCESS_NODE_SLOTS).find(|&slot| self.slot(node, slot).is_object());
            let Some(slot) = used else {
                depth = depth.checked_sub(1)?;
                path[depth].1 += 1;
                continue;
            };
            let level = self.node_level(node);
            let entry = self.slot(node, slot);
            if level == 0 {
                return Some(entry);
            }
            let is_on_the_way = slot == start && self.leads_to(&path[..=depth], from);
            path[depth].1 = slot;
            depth += 1;
            path[depth] = (entry, if is_on_the_way { slot_of(from, level - 1) } else { 0 });
        }
    }

    /// Whether the slots of a path are those of the number.
    fn leads_to(&self, path: &[(Word, usize)], id: i64) -> bool {
        path.iter().all(|&(node, slot)| slot == slot_of(id, self.node_level(node)))
    }

    /// All processes that have not finished, by number.
    pub fn processes(&self) -> impl Iterator<Item = Word> + '_ {
        let number = |process: Word| self.heap.field(process, body::Process::ID).as_fixnum();
        std::iter::successors(self.next_process(0), move |&last| self.next_process(number(last)))
    }

    pub(crate) fn add_to_processes(&mut self, id: i64, process: Word) {
        let mut node = self.heap.root(Root::Processes);
        if !node.is_object() {
            node = self.new_node(0);
        }
        while !self.covers(node, id) {
            let above = self.new_node(self.node_level(node) + 1);
            self.fill_slot(above, 0, node);
            node = above;
        }
        self.heap.set_root(Root::Processes, node);
        loop {
            let level = self.node_level(node);
            let slot = slot_of(id, level);
            if level == 0 {
                return self.fill_slot(node, slot, process);
            }
            let mut below = self.slot(node, slot);
            if !below.is_object() {
                below = self.new_node(level - 1);
                self.fill_slot(node, slot, below);
            }
            node = below;
        }
    }

    /// Forgets the process of this number.
    pub(crate) fn remove_from_processes(&mut self, id: i64) {
        let mut path = [(Word::FALSE, 0); PROCESS_LEVELS_MAX];
        let mut node = self.heap.root(Root::Processes);
        let mut depth = 0;
        while node.is_object() {
            let level = self.node_level(node);
            path[depth] = (node, slot_of(id, level));
            depth += 1;
            if level == 0 {
                break;
            }
            node = self.slot(node, slot_of(id, level));
        }
        for &(node, slot) in path[..depth].iter().rev() {
            if !self.slot(node, slot).is_object() {
                return;
            }
            let count = self.heap.field(node, body::ProcessNode::COUNT).as_fixnum() - 1;
            self.heap.set_field(node, body::ProcessNode::FIELDS + slot, Word::FALSE);
            self.heap.set_field(node, body::ProcessNode::COUNT, Word::fixnum(count));
            if count > 0 {
                return;
            }
        }
        self.heap.set_root(Root::Processes, Word::FALSE);
    }

    /// Whether the numbers below a root node reach up to this one.
    fn covers(&self, root: Word, id: i64) -> bool {
        let bits = PROCESS_NODE_BITS * (self.node_level(root) as u32 + 1);
        id.checked_shr(bits).unwrap_or(0) == 0
    }

    fn node_level(&self, node: Word) -> i64 {
        self.heap.field(node, body::ProcessNode::LEVEL).as_fixnum()
    }

    fn slot(&self, node: Word, slot: usize) -> Word {
        self.heap.field(node, body::ProcessNode::FIELDS + slot)
    }

    fn fill_slot(&mut self, node: Word, slot: usize, entry: Word) {
        let count = self.heap.field(node, body::ProcessNode::COUNT).as_fixnum();
        self.heap.set_field(node, body::ProcessNode::FIELDS + slot, entry);
        self.heap.set_field(node, body::ProcessNode::COUNT, Word::fixnum(count + 1));
    }

    fn new_node(&mut self, level: i64) -> Word {
        let words = body::ProcessNode::FIELDS + PROCESS_NODE_SLOTS;
        let node = self.heap.fixed_object(Kind::ProcessNode, 0, words);
        self.heap.set_field(node, body::ProcessNode::LEVEL, Word::fixnum(level));
        self.heap.set_field(node, body::ProcessNode::COUNT, Word::fixnum(0));
        for slot in 0..PROCESS_NODE_SLOTS {
            self.heap.set_field(node, body::ProcessNode::FIELDS + slot, Word::FALSE);
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use pscheme_heap::heap::Heap;
    use pscheme_heap::limits::HEAP_RESERVED_BYTES_MIN;

    use super::*;
    use crate::host::SilentHost;
    use crate::primitive::PrimitiveSet;

    #[test]
    fn the_tree_agrees_with_a_model() {
        let primitives = Arc::new(PrimitiveSet::new([]));
        let heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        let mut vm = Vm::new(heap, primitives, Box::new(SilentHost::default()));
        let mut model = BTreeMap::new();
        let mut random = 3u64;
        for round in 0..6_000i64 {
            // Jumps let the tree grow at its root and leave gaps of all sizes.
            if round % 1_000 == 999 {
                let next = vm.heap.root(Root::NextProcess).as_fixnum();
                vm.heap.set_root(Root::NextProcess, Word::fixnum(next * 90));
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if random >> 62 > 0 {
                let process = vm.new_process(Word::FALSE, Word::FALSE).unwrap();
                model.insert(vm.heap.field(process, body::Process::ID).as_fixnum(), process);
            } else if let Some((&id, _)) = model.range((random >> 20) as i64 % 4_000..).next() {
                model.remove(&id);
                vm.remove_from_processes(id);
                assert_eq!(vm.process_by_number(id), Known::Ended);
            }
        }
        assert!(vm.processes().eq(model.values().copied()));
        let next = vm.heap.root(Root::NextProcess).as_fixnum();
        assert_eq!(vm.process_by_number(next), Known::Never);
        assert_eq!(vm.process_by_number(0), Known::Never);
        for (&id, &process) in &model {
            assert_eq!(vm.process_by_number(id), Known::Process(process));
            assert_eq!(vm.next_process(id - 1), Some(process));
        }
        for &id in model.keys() {
            vm.remove_from_processes(id);
        }
        assert_eq!((vm.next_process(0), vm.heap.root(Root::Processes)), (None, Word::FALSE));
    }
}
