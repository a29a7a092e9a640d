//! Names of processes: a vector in the heap, probed in place from the stored hash of the name.
//!
//! A slot holds a process, and the process's record the name it has now. So a name is free again as
//! soon as its process has ended or given it up, and the slot is taken out when the vector is made
//! anew.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::limits::PROCESS_NAMES_MAX;
use crate::machine::Vm;

/// Slots of the first vector.
const SLOTS_MIN: usize = 16;

impl Vm {
    /// The process of this name, a symbol.
    pub fn process_by_name(&self, name: Word) -> Option<Word> {
        let table = self.heap.root(Root::ProcessNames);
        if self.heap.kind_of(table) != Some(Kind::Vector) {
            return None;
        }
        self.slots_from(table, name)
            .map(|slot| self.heap.field(table, slot))
            .take_while(|&entry| entry != Word::FALSE)
            .find(|&entry| self.has_name(entry, name))
    }

    /// Gives a process a name.
    ///
    /// # Errors
    /// If the name is another process's or the process has one, [`PROCESS_NAMES_MAX`], and the heap's
    /// limit.
    pub fn register_name(&mut self, name: Word, process: Word) -> Result<(), Interrupt> {
        let taken = |text: String| Fault::new(ErrorCode::NameTaken, text).into();
        let id = |process: Word| self.heap.field(process, body::Process::ID).as_fixnum();
        if let Some(other) = self.process_by_name(name) {
            let name = self.heap.symbol_name(name);
            return Err(taken(format!("the name {name} belongs to process {}", id(other))));
        }
        if self.process_name(process).is_some() {
            return Err(taken(format!("process {} has a name already", id(process))));
        }
        let place = self.heap.protect(name);
        let room = self.make_name_room();
        let name = self.heap.protected(place);
        self.heap.unprotect(place);
        room?;
        self.heap.set_field(process, body::Process::NAME, name);
        self.insert_name(process, name);
        Ok(())
    }

    /// Takes the name from its process. `false` if nobody has it.
    pub fn unregister_name(&mut self, name: Word) -> bool {
        let Some(process) = self.process_by_name(name) else { return false };
        self.heap.set_field(process, body::Process::NAME, Word::FALSE);
        true
    }

    /// The symbol a process was registered under.
    pub fn process_name(&self, process: Word) -> Option<Word> {
        let name = self.heap.field(process, body::Process::NAME);
        (self.heap.kind_of(name) == Some(Kind::Symbol)).then_some(name)
    }

    fn has_name(&self, entry: Word, name: Word) -> bool {
        self.heap.kind_of(entry) == Some(Kind::Process)
            && !self.process_state(entry).has_ended()
            && self.heap.field(entry, body::Process::NAME) == name
    }

    /// The slots of a table in the order in which a name is looked for, each once.
    fn slots_from(&self, table: Word, name: Word) -> impl Iterator<Item = usize> + use<> {
        let length = self.heap.header(table).body_words();
        let hash = self.heap.raw(name, body::Symbol::HASH) as usize;
        (0..length).map(move |step| hash.wrapping_add(step) % length)
    }

    /// Makes sure that the table has a slot to spare, and an empty one after that.
    fn make_name_room(&mut self) -> Result<(), Interrupt> {
        let table = self.heap.root(Root::ProcessNames);
        let is_table = self.heap.kind_of(table) == Some(Kind::Vector);
        let length = if is_table { self.heap.header(table).body_words() } else { 0 };
        let count = self.heap.root(Root::ProcessNameCount);
        let used = if count.is_fixnum() { count.as_fixnum() as usize } else { 0 };
        if (used + 1) * 2 <= length {
            return Ok(());
        }
        let named = self.named_processes();
        if named.len() >= PROCESS_NAMES_MAX {
            let message = format!("{PROCESS_NAMES_MAX} processes have names, which is the most");
            return Err(Fault::new(ErrorCode::ImplementationLimit, message).into());
        }
        let length = ((named.len() + 1) * 4).next_power_of_two().max(SLOTS_MIN);
        self.reserve_object(Header::new(Kind::Vector, 0, length).size_bytes(), 0)?;
        let table = self.heap.object(Kind::Vector, 0, length);
        for slot in 0..length {
            self.heap.set_field(table, slot, Word::FALSE);
        }
        self.heap.set_root(Root::ProcessNames, table);
        self.heap.set_root(Root::ProcessNameCount, Word::fixnum(0));
        for process in named {
            let name = self.heap.field(process, body::Process::NAME);
            self.insert_name(process, name);
        }
        Ok(())
    }

    /// The processes of the table that still have the name they are under. Records do not move.
    fn named_processes(&self) -> Vec<Word> {
        let table = self.heap.root(Root::ProcessNames);
        if self.heap.kind_of(table) != Some(Kind::Vector) {
            return Vec::new();
        }
        let mut named: Vec<Word> = (0..self.heap.header(table).body_words())
            .map(|slot| self.heap.field(table, slot))
            .filter(|&entry| {
                self.heap.kind_of(entry) == Some(Kind::Process)
                    && !self.process_state(entry).has_ended()
                    && self.process_name(entry).is_some()
            })
            .collect();
        // One that was registered anew stands there twice.
        named.sort_unstable_by_key(|process| process.offset());
        named.dedup();
        named
    }

    fn insert_name(&mut self, process: Word, name: Word) {
        let table = self.heap.root(Root::ProcessNames);
        let empty = self
            .slots_from(table, name)
            .find(|&slot| self.heap.field(table, slot) == Word::FALSE)
            .expect("the table has room");
        self.heap.set_field(table, empty, process);
        let count = self.heap.root(Root::ProcessNameCount).as_fixnum();
        self.heap.set_root(Root::ProcessNameCount, Word::fixnum(count + 1));
    }
}
