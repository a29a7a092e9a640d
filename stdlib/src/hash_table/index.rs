//! The index of a hash table: 64-bit slots with linear probing, at most half full.
//!
//! A slot is 0 or `hash << 32 | entry + 1`. Slots keep the hash, so removing one can close the gap
//! it leaves, and there are no tombstones. The list of young keys is a bytevector: a count, then
//! records `hash << 32 | entry` with the hash under which the key was last indexed.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::word::Word;

use super::key::{Equivalence, Same, address_hash, hash_key, may_move, same};

/// Bytes before the first record of the list of young keys.
pub(super) const YOUNG_HEADER_BYTES: usize = 8;

/// A slot that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) entry: u32,
    pub(super) hash: u32,
}

impl Slot {
    fn encode(self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.entry + 1)
    }

    fn decode(word: u64) -> Option<Slot> {
        let entry = (word as u32).checked_sub(1)?;
        Some(Slot { entry, hash: (word >> 32) as u32 })
    }
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Entry(u32),
    /// An entry with the same hash that `equal?` must look at.
    Candidate(u32),
    Nothing,
}

/// Words of a bytevector that is used as an array of them.
#[derive(Clone, Copy)]
struct Words {
    /// Offset of the first.
    at: u64,
    count: usize,
}

impl Words {
    fn of(heap: &Heap, bytevector: Word) -> Words {
        Words {
            at: bytevector.offset() + body::Bytevector::TAIL_BYTES,
            count: heap.raw(bytevector, body::Bytevector::LENGTH) as usize / 8,
        }
    }

    fn get(self, heap: &Heap, index: usize) -> u64 {
        debug_assert!(index < self.count);
        heap.space.read(self.at + index as u64 * 8)
    }

    fn set(self, heap: &mut Heap, index: usize, value: u64) {
        debug_assert!(index < self.count);
        heap.store(self.at + index as u64 * 8, Word(value));
    }
}

fn slots(heap: &Heap, table: Word) -> Words {
    Words::of(heap, heap.field(table, body::HashTable::INDEX))
}

pub(super) fn entry_key(heap: &Heap, table: Word, entry: u32) -> Word {
    heap.field(heap.field(table, body::HashTable::ENTRIES), entry as usize * 2)
}

pub(super) fn entry_value(heap: &Heap, table: Word, entry: u32) -> Word {
    heap.field(heap.field(table, body::HashTable::ENTRIES), entry as usize * 2 + 1)
}

pub(super) fn set_entry_value(heap: &mut Heap, table: Word, entry: u32, value: Word) {
    let entries = heap.field(table, body::HashTable::ENTRIES);
    heap.set_field(entries, entry as usize * 2 + 1, value);
}

/// Looks for `key`; with `after`, only behind that entry in the order of probing.
pub(super) fn find(heap: &Heap, table: Word, key: Word, hash: u32, after: Option<u32>) -> Found {
    let slots = slots(heap, table);
    let equivalence = Equivalence::from_code(heap.header(table).aux());
    let mask = slots.count - 1;
    let mut at = hash as usize & mask;
    let mut skipping = after;
    while let Some(slot) = Slot::decode(slots.get(heap, at)) {
        at = (at + 1) & mask;
        if skipping.is_some() {
            if skipping == Some(slot.entry) {
                skipping = None;
            }
            continue;
        }
        if slot.hash != hash {
            continue;
        }
        match same(heap, equivalence, entry_key(heap, table, slot.entry), key) {
            Same::Yes => return Found::Entry(slot.entry),
            Same::AskEqual => return Found::Candidate(slot.entry),
            Same::No => {}
        }
    }
    Found::Nothing
}

/// Adds a slot; the index has room.
pub(super) fn insert(heap: &mut Heap, table: Word, slot: Slot) {
    let slots = slots(heap, table);
    insert_into(heap, slots, slot);
}

fn insert_into(heap: &mut Heap, slots: Words, slot: Slot) {
    let mask = slots.count - 1;
    let mut at = slot.hash as usize & mask;
    while slots.get(heap, at) != 0 {
        at = (at + 1) & mask;
    }
    slots.set(heap, at, slot.encode());
}

/// Takes a slot out and closes the gap: what follows moves towards its home.
pub(super) fn remove(heap: &mut Heap, table: Word, slot: Slot) {
    let slots = slots(heap, table);
    let mask = slots.count - 1;
    let mut hole = slot.hash as usize & mask;
    while slots.get(heap, hole) != slot.encode() {
        if slots.get(heap, hole) == 0 {
            return;
        }
        hole = (hole + 1) & mask;
    }
    let mut at = hole;
    loop {
        at = (at + 1) & mask;
        let word = slots.get(heap, at);
        if word == 0 {
            break;
        }
        let home = (word >> 32) as usize & mask;
        let from_home = at.wrapping_sub(home) & mask;
        let from_hole = at.wrapping_sub(hole) & mask;
        if from_home >= from_hole {
            slots.set(heap, hole, word);
            hole = at;
        }
    }
    slots.set(heap, hole, 0);
}

/// Indexes anew the keys that a collection has moved since the table was last used.
///
/// The epoch may stem from another run of the image; what differs counts as later.
pub(super) fn refresh(heap: &mut Heap, table: Word) {
    let now = Word::fixnum(heap.move_epoch as i64);
    if heap.field(table, body::HashTable::EPOCH) == now {
        return;
    }
    heap.set_field(table, body::HashTable::EPOCH, now);
    let young = heap.field(table, body::HashTable::YOUNG);
    if !young.is_object() {
        return;
    }
    let records = Words::of(heap, young);
    let count = records.get(heap, 0) as usize;
    let mut kept = 0;
    for index in 1..=count {
        let word = records.get(heap, index);
        let old = Slot { entry: word as u32, hash: (word >> 32) as u32 };
        let key = entry_key(heap, table, old.entry);
        if key == Word::DEAD {
            continue;
        }
        let new = Slot { entry: old.entry, hash: address_hash(key) };
        if new != old {
            remove(heap, table, old);
            insert(heap, table, new);
        }
        if may_move(heap, key) {
            kept += 1;
            records.set(heap, kept, u64::from(new.hash) << 32 | u64::from(new.entry));
        }
    }
    // An empty list stays: the caller may have made it for a key it is about to add.
    records.set(heap, 0, kept as u64);
}

pub(super) fn young_count(heap: &Heap, table: Word) -> usize {
    let young = heap.field(table, body::HashTable::YOUNG);
    if young.is_object() { Words::of(heap, young).get(heap, 0) as usize } else { 0 }
}

pub(super) fn young_capacity(heap: &Heap, table: Word) -> usize {
    let young = heap.field(table, body::HashTable::YOUNG);
    if young.is_object() { Words::of(heap, young).count - 1 } else { 0 }
}

/// Copies the list of young keys to a longer one.
pub(super) fn move_young(heap: &mut Heap, table: Word, to: Word) {
    let from = heap.field(table, body::HashTable::YOUNG);
    if from.is_object() {
        let (from, to) = (Words::of(heap, from), Words::of(heap, to));
        for index in 0..=from.get(heap, 0) as usize {
            to.set(heap, index, from.get(heap, index));
        }
    }
    heap.set_field(table, body::HashTable::YOUNG, to);
}

/// Adds a record to the list of young keys, which has room.
pub(super) fn push_young(heap: &mut Heap, table: Word, slot: Slot) {
    let records = Words::of(heap, heap.field(table, body::HashTable::YOUNG));
    let count = records.get(heap, 0) as usize + 1;
    records.set(heap, count, u64::from(slot.hash) << 32 | u64::from(slot.entry));
    records.set(heap, 0, count as u64);
}

fn used(heap: &Heap, table: Word) -> u32 {
    heap.field(table, body::HashTable::USED).as_fixnum() as u32
}

/// How many live keys hash by their address.
pub(super) fn count_by_address(heap: &Heap, table: Word, equivalence: Equivalence) -> usize {
    (0..used(heap, table))
        .map(|entry| entry_key(heap, table, entry))
        .filter(|&key| key.is_reference() && hash_key(heap, equivalence, key).by_address)
        .count()
}

/// Moves all live entries to new vectors, which are empty and large enough.
pub(super) fn refill(heap: &mut Heap, table: Word, entries: Word, index: Word, young: Word) {
    let equivalence = Equivalence::from_code(heap.header(table).aux());
    let slots = Words::of(heap, index);
    let used = used(heap, table);
    let old = heap.field(table, body::HashTable::ENTRIES);
    let (mut count, mut young_count) = (0u32, 0);
    for entry in 0..used as usize {
        let key = heap.field(old, entry * 2);
        if key == Word::DEAD {
            continue;
        }
        heap.set_field(entries, count as usize * 2, key);
        let value = heap.field(old, entry * 2 + 1);
        heap.set_field(entries, count as usize * 2 + 1, value);
        let hash = hash_key(heap, equivalence, key);
        insert_into(heap, slots, Slot { entry: count, hash: hash.value });
        if hash.by_address && may_move(heap, key) {
            let records = Words::of(heap, young);
            young_count += 1;
            let record = u64::from(hash.value) << 32 | u64::from(count);
            records.set(heap, young_count, record);
            records.set(heap, 0, young_count as u64);
        }
        count += 1;
    }
    heap.set_field(table, body::HashTable::ENTRIES, entries);
    heap.set_field(table, body::HashTable::INDEX, index);
    heap.set_field(
        table,
        body::HashTable::YOUNG,
        if young_count > 0 { young } else { Word::FALSE },
    );
    heap.set_field(table, body::HashTable::USED, Word::fixnum(i64::from(count)));
    let now = Word::fixnum(heap.move_epoch as i64);
    heap.set_field(table, body::HashTable::EPOCH, now);
}
