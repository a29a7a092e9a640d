//! Hash tables in insertion order.
//!
//! Entries stand in a vector of key and value pairs, in the order in which they came; the index is
//! a bytevector of 64-bit slots with linear probing (`index.rs`). A removed entry's key is `dead`
//! until the table is rebuilt. Keys whose hash is their address and that may still move are listed
//! in `young` and indexed anew when a collection has moved something since (`key.rs`).
//!
//! Where only `equal?` can decide whether two structures are the same, the primitives say so and
//! the prelude asks it: nothing here calls Scheme.
//!
//! A rebuild goes through the whole table at some 50 ns an entry, and so may re-indexing after a
//! collection at some 5 ns a young key: tables beyond some 20,000 entries then take longer than a
//! millisecond. Both are paid for by as many insertions.

mod index;
mod key;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault, name_text, trusted_count};
use crate::limits::TABLE_ENTRIES_MAX;
use crate::list::is_kind;
use crate::room::{allocate, bytevector_bytes};
use index::{Found, Slot, YOUNG_HEADER_BYTES};
use key::{Equivalence, KeyHash, hash_key};

/// Entries a new table has room for.
const CAPACITY_MIN: usize = 8;

primitives! { HASH_TABLE_PRIMITIVES:
    /// `(hash-table? value)`: is it a hash table?
    450 "hash-table?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::HashTable));
    /// `(%make-hash-table equivalence)`: a new table; 0 is `eq?`, 1 `eqv?`, 2 `equal?`, 3 `string=?`.
    451 "%make-hash-table" (1) constant => make;
    /// `(%hash-table-get table key default name)`: the key's value or the default; the table itself if
    /// only `equal?` can tell. `name` is for messages, here as below.
    452 "%hash-table-get" (3..=4) size => get;
    /// `(%hash-table-put! table key value name)`: adds or replaces and returns `#t`; does nothing and
    /// returns `#f` if only `equal?` can tell.
    453 "%hash-table-put!" (3..=4) listed("the entry that fills a table moves all others") => put;
    /// `(%hash-table-probe table key after name)`: the number of the key's entry, `#f` if there is none;
    /// or minus one minus the number of an entry `equal?` must look at, beginning behind entry `after`.
    454 "%hash-table-probe" (3..=4) size => probe;
    /// `(%hash-table-key table entry)`: the key of an entry.
    455 "%hash-table-key" (2) constant => |vm, a| entry_part(vm, a, 0);
    /// `(%hash-table-value table entry)`: the value of an entry.
    456 "%hash-table-value" (2) constant => |vm, a| entry_part(vm, a, 1);
    /// `(%hash-table-set-value! table entry value)`: replaces the value of an entry.
    457 "%hash-table-set-value!" (3) constant => set_value;
    /// `(%hash-table-add! table key value)`: adds an entry for a key that has none.
    458 "%hash-table-add!" (3) listed("the entry that fills a table moves all others") => add;
    /// `(%hash-table-remove! table entry)`: removes an entry.
    459 "%hash-table-remove!" (2) constant => remove;
    /// `(%hash-table-next table entry)`: the first entry from this number on, or `#f`.
    460 "%hash-table-next" (2) listed("gaps that removed entries left") => next;
    /// `(hash-table-count table)`: the number of entries of a table.
    461 "hash-table-count" (1) constant => |vm, a| count(vm, a, "hash-table-count");
    /// `(hash-table-size table)`: the number of entries of a table.
    462 "hash-table-size" (1) constant => |vm, a| count(vm, a, "hash-table-size");
    /// `(hash-table-clear! table)`: removes all entries of a table.
    463 "hash-table-clear!" (1) constant => clear;
    /// `(%hash-table-equivalence table)`: 0 is `eq?`, 1 `eqv?`, 2 `equal?`, 3 `string=?`.
    464 "%hash-table-equivalence" (1) constant => equivalence_of;
    /// `(equal-hash value)`: a number that is the same for values that are `equal?`.
    465 "equal-hash" (1) chunk => |vm, a| {
        let hash = hash_key(&vm.heap, Equivalence::Equal, a.get(0));
        Ok(Word::fixnum(if hash.by_address { 0 } else { i64::from(hash.value) }))
    };
    /// `(string-hash string)`: a number that is the same for equal strings.
    466 "string-hash" (1) chunk => |vm, a| {
        let string = Call::new(vm, "string-hash", a).string(0)?;
        Ok(Word::fixnum(i64::from(hash_key(&vm.heap, Equivalence::String, string).value)))
    };
    /// `(%hash-table-check table name place)`: the table, or the fault of a wrong type.
    734 "%hash-table-check" (3) constant => check;
}

/// What messages name where the library names nothing.
const UNNAMED: &str = "a hash table procedure";
/// Which argument the name for messages is, where the library passes one on.
const NAME: usize = 3;

/// The table in argument 0, indexed as the keys lie now.
fn table(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match table_in(vm, arguments) {
        Some(table) => Ok(table),
        None => Err(Call::new(vm, UNNAMED, arguments).wrong_type(0, "a hash table")),
    }
}

/// The same for a primitive that gets the name for messages.
fn named_table(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match table_in(vm, arguments) {
        Some(table) => Ok(table),
        None => {
            let name = name_for(vm, arguments);
            Err(Call::new(vm, &name, arguments).wrong_type(0, "a hash table"))
        }
    }
}

fn table_in(vm: &mut Vm, arguments: Arguments) -> Option<Word> {
    let table = arguments.get(0);
    if vm.heap.kind_of(table) != Some(Kind::HashTable) {
        return None;
    }
    index::refresh(&mut vm.heap, table);
    Some(table)
}

fn name_for(vm: &Vm, arguments: Arguments) -> String {
    arguments.optional(NAME).map_or_else(|| UNNAMED.into(), |name| name_text(&vm.heap, name))
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = arguments.get(0);
    if vm.heap.kind_of(table) == Some(Kind::HashTable) {
        return Ok(table);
    }
    let name = name_text(&vm.heap, arguments.get(1));
    let place = trusted_count(arguments.get(2));
    Err(Call::new(vm, &name, arguments).behind(place).wrong_type(0, "a hash table"))
}

fn fixnum_field(vm: &Vm, table: Word, field: usize) -> usize {
    vm.heap.field(table, field).as_fixnum() as usize
}

fn set_fixnum_field(vm: &mut Vm, table: Word, field: usize, value: usize) {
    vm.heap.set_field(table, field, Word::fixnum(value as i64));
}

fn equivalence(vm: &Vm, table: Word) -> Equivalence {
    Equivalence::from_code(vm.heap.header(table).aux())
}

/// The hash of argument 1 as a key of `table`.
fn key_hash(vm: &Vm, arguments: Arguments, table: Word) -> Result<KeyHash, Interrupt> {
    let equivalence = equivalence(vm, table);
    let key = arguments.get(1);
    if equivalence == Equivalence::String && vm.heap.kind_of(key) != Some(Kind::String) {
        let name = name_for(vm, arguments);
        return Err(Call::new(vm, &name, arguments).wrong_type(1, "a string"));
    }
    Ok(hash_key(&vm.heap, equivalence, key))
}

fn make(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let code = Call::new(vm, "%make-hash-table", arguments).count(0, 3)?;
    vm.reserve(CAPACITY_MIN as u64 * 48 + 256)?;
    let entries = vm.heap.object(Kind::Vector, 0, CAPACITY_MIN * 2);
    let index = vm.heap.bytevector_zeroed(CAPACITY_MIN * 2 * 8);
    let table = vm.heap.object(Kind::HashTable, code as u8, body::HashTable::FIELDS);
    vm.heap.set_field(table, body::HashTable::ENTRIES, entries);
    vm.heap.set_field(table, body::HashTable::INDEX, index);
    vm.heap.set_field(table, body::HashTable::YOUNG, Word::FALSE);
    Ok(table)
}

fn get(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = named_table(vm, arguments)?;
    let hash = key_hash(vm, arguments, table)?;
    Ok(match index::find(&vm.heap, table, arguments.get(1), hash.value, None) {
        Found::Entry(entry) => index::entry_value(&vm.heap, table, entry),
        Found::Candidate(_) => table,
        Found::Nothing => arguments.get(2),
    })
}

fn put(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = named_table(vm, arguments)?;
    let hash = key_hash(vm, arguments, table)?;
    match index::find(&vm.heap, table, arguments.get(1), hash.value, None) {
        Found::Entry(entry) => index::set_entry_value(&mut vm.heap, table, entry, arguments.get(2)),
        Found::Candidate(_) => return Ok(Word::FALSE),
        Found::Nothing => append(vm, arguments)?,
    }
    Ok(Word::TRUE)
}

fn probe(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = named_table(vm, arguments)?;
    let hash = key_hash(vm, arguments, table)?;
    let after = arguments.get(2);
    let after = after.is_fixnum().then(|| after.as_fixnum() as u32);
    Ok(match index::find(&vm.heap, table, arguments.get(1), hash.value, after) {
        Found::Entry(entry) => Word::fixnum(i64::from(entry)),
        Found::Candidate(entry) => Word::fixnum(-1 - i64::from(entry)),
        Found::Nothing => Word::FALSE,
    })
}

/// The number in argument 1, which must be that of an entry that was not removed.
fn live_entry(vm: &Vm, arguments: Arguments, table: Word) -> Result<u32, Interrupt> {
    let used = fixnum_field(vm, table, body::HashTable::USED);
    let entry = Call::new(vm, UNNAMED, arguments).count(1, used)?;
    if entry >= used || index::entry_key(&vm.heap, table, entry as u32) == Word::DEAD {
        let message = "a hash table was changed while it was being searched";
        return Err(fault(ErrorCode::OutOfRange, message));
    }
    Ok(entry as u32)
}

fn entry_part(vm: &mut Vm, arguments: Arguments, part: usize) -> Outcome {
    let table = table(vm, arguments)?;
    let entry = live_entry(vm, arguments, table)?;
    Ok(if part == 0 {
        index::entry_key(&vm.heap, table, entry)
    } else {
        index::entry_value(&vm.heap, table, entry)
    })
}

fn set_value(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = table(vm, arguments)?;
    let entry = live_entry(vm, arguments, table)?;
    index::set_entry_value(&mut vm.heap, table, entry, arguments.get(2));
    Ok(Word::UNSPECIFIED)
}

fn add(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = table(vm, arguments)?;
    key_hash(vm, arguments, table)?;
    append(vm, arguments)?;
    Ok(Word::UNSPECIFIED)
}

/// Appends key and value of arguments 1 and 2 as a new entry.
fn append(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    let table = arguments.get(0);
    let capacity = vm.heap.header(vm.heap.field(table, body::HashTable::ENTRIES)).body_words() / 2;
    if fixnum_field(vm, table, body::HashTable::USED) == capacity {
        rebuild(vm, arguments)?;
    }
    reserve_young(vm, arguments)?;
    let table = arguments.get(0);
    // Making room may have moved keys.
    index::refresh(&mut vm.heap, table);
    let key = arguments.get(1);
    let hash = hash_key(&vm.heap, equivalence(vm, table), key);
    let entry = fixnum_field(vm, table, body::HashTable::USED);
    let entries = vm.heap.field(table, body::HashTable::ENTRIES);
    vm.heap.set_field(entries, entry * 2, key);
    vm.heap.set_field(entries, entry * 2 + 1, arguments.get(2));
    set_fixnum_field(vm, table, body::HashTable::USED, entry + 1);
    let count = fixnum_field(vm, table, body::HashTable::COUNT);
    set_fixnum_field(vm, table, body::HashTable::COUNT, count + 1);
    let slot = Slot { entry: entry as u32, hash: hash.value };
    index::insert(&mut vm.heap, table, slot);
    if hash.by_address && key::may_move(&vm.heap, key) {
        index::push_young(&mut vm.heap, table, slot);
    }
    Ok(())
}

/// Makes room for one more young key, if argument 1 may be one.
fn reserve_young(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    let table = arguments.get(0);
    let hash = hash_key(&vm.heap, equivalence(vm, table), arguments.get(1));
    if !hash.by_address || !key::may_move(&vm.heap, arguments.get(1)) {
        return Ok(());
    }
    let used = index::young_count(&vm.heap, table);
    if used < index::young_capacity(&vm.heap, table) {
        return Ok(());
    }
    let bytes = YOUNG_HEADER_BYTES + (used * 2).max(CAPACITY_MIN) * 8;
    // The insertions that filled the list have paid.
    vm.reserve_object_paid(bytevector_bytes(bytes), 0)?;
    let young = vm.heap.bytevector_zeroed(bytes);
    index::move_young(&mut vm.heap, arguments.get(0), young);
    Ok(())
}

/// Gives the table new entries, index and list of young keys: twice as large if most entries live,
/// else as small as they allow.
fn rebuild(vm: &mut Vm, arguments: Arguments) -> Result<(), Interrupt> {
    let table = arguments.get(0);
    let count = fixnum_field(vm, table, body::HashTable::COUNT);
    let capacity = (count * 2).next_power_of_two().max(CAPACITY_MIN);
    if capacity > TABLE_ENTRIES_MAX {
        let message = format!("a hash table holds at most {TABLE_ENTRIES_MAX} entries");
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    vm.charge(count as u64);
    let by_address = index::count_by_address(&vm.heap, table, equivalence(vm, table));
    let mark = vm.heap.protect(Word::FALSE);
    let result = rebuild_with(vm, arguments, capacity, by_address);
    vm.heap.unprotect(mark);
    result
}

fn rebuild_with(
    vm: &mut Vm,
    arguments: Arguments,
    capacity: usize,
    by_address: usize,
) -> Result<(), Interrupt> {
    let entries = allocate(vm, Kind::Vector, capacity * 2, 0)?;
    let entries = vm.heap.protect(entries);
    let index_bytes = capacity * 2 * 8;
    vm.reserve_object(bytevector_bytes(index_bytes), 0)?;
    let index = vm.heap.bytevector_zeroed(index_bytes);
    let index = vm.heap.protect(index);
    let mut young = Word::FALSE;
    if by_address > 0 {
        let bytes = YOUNG_HEADER_BYTES + (by_address + CAPACITY_MIN) * 8;
        vm.reserve_object(bytevector_bytes(bytes), 0)?;
        young = vm.heap.bytevector_zeroed(bytes);
    }
    let (entries, index) = (vm.heap.protected(entries), vm.heap.protected(index));
    index::refill(&mut vm.heap, arguments.get(0), entries, index, young);
    Ok(())
}

fn remove(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = table(vm, arguments)?;
    let entry = live_entry(vm, arguments, table)?;
    let key = index::entry_key(&vm.heap, table, entry);
    let hash = hash_key(&vm.heap, equivalence(vm, table), key);
    index::remove(&mut vm.heap, table, Slot { entry, hash: hash.value });
    let entries = vm.heap.field(table, body::HashTable::ENTRIES);
    vm.heap.set_field(entries, entry as usize * 2, Word::DEAD);
    vm.heap.set_field(entries, entry as usize * 2 + 1, Word::FALSE);
    let count = fixnum_field(vm, table, body::HashTable::COUNT) - 1;
    set_fixnum_field(vm, table, body::HashTable::COUNT, count);
    if count == 0 {
        set_fixnum_field(vm, table, body::HashTable::USED, 0);
        vm.heap.set_field(table, body::HashTable::YOUNG, Word::FALSE);
    }
    Ok(Word::UNSPECIFIED)
}

fn next(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = table(vm, arguments)?;
    let used = fixnum_field(vm, table, body::HashTable::USED);
    let first = Call::new(vm, UNNAMED, arguments).fixnum(1)?.max(0) as usize;
    let found =
        (first..used).find(|&entry| index::entry_key(&vm.heap, table, entry as u32) != Word::DEAD);
    vm.charge((found.unwrap_or(used).saturating_sub(first) / 8) as u64);
    Ok(found.map_or(Word::FALSE, |entry| Word::fixnum(entry as i64)))
}

fn count(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let table = Call::new(vm, name, arguments).of_kind(0, Kind::HashTable, "a hash table")?;
    Ok(vm.heap.field(table, body::HashTable::COUNT))
}

fn clear(vm: &mut Vm, arguments: Arguments) -> Outcome {
    Call::new(vm, "hash-table-clear!", arguments).of_kind(0, Kind::HashTable, "a hash table")?;
    vm.reserve(CAPACITY_MIN as u64 * 48 + 128)?;
    let entries = vm.heap.object(Kind::Vector, 0, CAPACITY_MIN * 2);
    let index = vm.heap.bytevector_zeroed(CAPACITY_MIN * 2 * 8);
    let table = arguments.get(0);
    vm.heap.set_field(table, body::HashTable::ENTRIES, entries);
    vm.heap.set_field(table, body::HashTable::INDEX, index);
    vm.heap.set_field(table, body::HashTable::YOUNG, Word::FALSE);
    set_fixnum_field(vm, table, body::HashTable::COUNT, 0);
    set_fixnum_field(vm, table, body::HashTable::USED, 0);
    Ok(Word::UNSPECIFIED)
}

fn equivalence_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let table = table(vm, arguments)?;
    Ok(Word::fixnum(i64::from(vm.heap.header(table).aux())))
}
