//! Handles: words that a host holds on to between its calls. The collector keeps and updates them.
//!
//! A handle is its table and a slot, so it has no lifetime and can go to another thread; the word is
//! read only by who has the machine. Handles are the host's: they are no part of an image.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pscheme_heap::collect::RootVisitor;
use pscheme_heap::word::Word;

/// The words a host holds on to.
#[derive(Clone, Debug, Default)]
pub struct HandleTable(Arc<Mutex<Slots>>);

#[derive(Debug, Default)]
struct Slots {
    words: Vec<Word>,
    free: Vec<usize>,
}

/// A word that a host holds on to; let go of when dropped.
#[derive(Debug)]
pub struct Handle {
    table: HandleTable,
    slot: usize,
}

impl HandleTable {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing that can fail happens while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds on to a word.
    pub fn hold(&self, word: Word) -> Handle {
        let mut slots = self.slots();
        let slot = match slots.free.pop() {
            Some(slot) => {
                slots.words[slot] = word;
                slot
            }
            None => {
                slots.words.push(word);
                slots.words.len() - 1
            }
        };
        Handle { table: self.clone(), slot }
    }

    /// The word of a handle; `None` if it is one of another machine.
    pub fn word(&self, handle: &Handle) -> Option<Word> {
        let is_ours = Arc::ptr_eq(&self.0, &handle.table.0);
        is_ours.then(|| self.slots().words[handle.slot])
    }

    /// Words held at present.
    pub fn len(&self) -> usize {
        let slots = self.slots();
        slots.words.len() - slots.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn visit(&self, visitor: &mut dyn RootVisitor) {
        self.slots().words.iter_mut().for_each(|word| visitor.visit(word));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut slots = self.table.slots();
        slots.words[self.slot] = Word::FALSE;
        slots.free.push(self.slot);
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        let word = self.table.slots().words[self.slot];
        self.table.hold(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_given_out_again() {
        let table = HandleTable::default();
        let first = table.hold(Word::fixnum(1));
        let second = first.clone();
        assert_eq!((table.len(), table.word(&second)), (2, Some(Word::fixnum(1))));
        drop(first);
        let third = table.hold(Word::fixnum(3));
        assert_eq!((table.len(), third.slot), (2, 0));
        assert_eq!(HandleTable::default().word(&third), None);
    }
}
