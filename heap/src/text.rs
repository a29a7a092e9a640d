//! Strings, symbols and global cells: the heap structures probed in place.
//!
//! Nothing here is cached on the Rust side, so opening an image scans nothing. Symbols and cells
//! stand in vectors with open addressing by the stored hash of the name, at most half full.

use crate::collect::RootSource;
use crate::heap::Heap;
use crate::kind::{Header, Kind, body};
use crate::root_table::Root;
use crate::word::Word;

/// `aux` of a cell that belongs to the standard library.
pub const LIBRARY_CELL: u8 = 1;
/// Slots of a fresh table of names.
const NAME_TABLE_SLOTS: usize = 256;

impl Heap {
    /// The root named `root`.
    #[inline]
    pub fn root(&self, root: Root) -> Word {
        self.roots[root as usize]
    }

    #[inline]
    pub fn set_root(&mut self, root: Root, word: Word) {
        self.roots[root as usize] = word;
    }

    /// Room for `bytes` in the nursery, collecting if need be.
    #[inline]
    pub fn ensure_room(&mut self, bytes: u64, roots: &mut dyn RootSource) {
        if !self.has_room(bytes) {
            self.make_room(bytes, roots);
        }
    }

    /// Bytes of nursery a string of `length` characters may take.
    pub fn string_room(length: usize) -> u64 {
        let storage = |width: u64| (length as u64 * width).next_multiple_of(8) + 32;
        let small = [storage(4), storage(1)]
            .into_iter()
            .find(|&bytes| bytes <= crate::limits::LARGE_OBJECT_BYTES + 32);
        32 + small.unwrap_or(0)
    }

    /// A new bytevector; room for small ones must be there.
    pub fn bytevector(&mut self, bytes: &[u8]) -> Word {
        let vector = self.bytevector_zeroed(bytes.len());
        let at = vector.offset() + body::Bytevector::TAIL_BYTES;
        self.space.bytes_mut(at, bytes.len()).copy_from_slice(bytes);
        vector
    }

    /// A new bytevector of zeros; room for small ones must be there.
    pub fn bytevector_zeroed(&mut self, length: usize) -> Word {
        let vector =
            self.object(Kind::Bytevector, 0, body::Bytevector::FIELDS + length.div_ceil(8));
        self.initialise(vector, body::Bytevector::LENGTH, length as u64);
        vector
    }

    /// The bytes of a bytevector.
    pub fn bytes(&self, vector: Word) -> &[u8] {
        debug_assert_eq!(self.kind_of(vector), Some(Kind::Bytevector));
        let length = self.raw(vector, body::Bytevector::LENGTH) as usize;
        self.space.bytes(vector.offset() + body::Bytevector::TAIL_BYTES, length)
    }

    /// The bytes of a bytevector to be changed; the barrier is told.
    pub fn bytes_mut(&mut self, vector: Word) -> &mut [u8] {
        debug_assert_eq!(self.kind_of(vector), Some(Kind::Bytevector));
        let length = self.raw(vector, body::Bytevector::LENGTH) as usize;
        self.touch_range(vector.offset() + body::Bytevector::TAIL_BYTES, length as u64);
        self.space.bytes_mut(vector.offset() + body::Bytevector::TAIL_BYTES, length)
    }

    /// A new string. Room of [`Heap::string_room`] must be there.
    pub fn string(&mut self, text: &str) -> Word {
        let wide = text.chars().any(|c| c as u32 > 0xff);
        let length = text.chars().count();
        let storage = self.bytevector_zeroed(if wide { length * 4 } else { length });
        let at = storage.offset() + body::Bytevector::TAIL_BYTES;
        let bytes = self.space.bytes_mut(at, if wide { length * 4 } else { length });
        for (index, character) in text.chars().enumerate() {
            if wide {
                bytes[index * 4..index * 4 + 4].copy_from_slice(&(character as u32).to_le_bytes());
            } else {
                bytes[index] = character as u32 as u8;
            }
        }
        let string = self.object(Kind::String, u8::from(wide), body::String::FIELDS);
        self.initialise(string, body::String::STORAGE, storage.0);
        self.initialise(string, body::String::LENGTH, length as u64);
        string
    }

    /// Characters of a string.
    #[inline]
    pub fn string_length(&self, string: Word) -> usize {
        debug_assert_eq!(self.kind_of(string), Some(Kind::String));
        self.raw(string, body::String::LENGTH) as usize
    }

    /// The character at `index`.
    ///
    /// # Panics
    /// If the index is not below the length.
    #[inline]
    pub fn string_character(&self, string: Word, index: usize) -> char {
        assert!(index < self.string_length(string));
        let storage = self.field(string, body::String::STORAGE);
        let bytes = self.bytes(storage);
        if self.header(string).aux() == 0 {
            return bytes[index] as char;
        }
        let code = u32::from_le_bytes(bytes[index * 4..index * 4 + 4].try_into().expect("4 bytes"));
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The text of a string.
    pub fn string_text(&self, string: Word) -> String {
        self.string_start(string, usize::MAX)
    }

    /// The first characters of a string, `most` of them if it has more.
    pub fn string_start(&self, string: Word, most: usize) -> String {
        let count = self.string_length(string).min(most);
        (0..count).map(|index| self.string_character(string, index)).collect()
    }

    /// The name of a symbol.
    pub fn symbol_name(&self, symbol: Word) -> String {
        debug_assert_eq!(self.kind_of(symbol), Some(Kind::Symbol));
        self.string_text(self.field(symbol, body::Symbol::NAME))
    }

    /// The symbol with this name, made if there is none.
    pub fn intern(&mut self, name: &str, roots: &mut dyn RootSource) -> Word {
        let hash = name_hash(name);
        if let Some(symbol) = self.find_symbol(name, hash) {
            return symbol;
        }
        self.grow_names(Root::Symbols, Root::SymbolCount, roots);
        self.ensure_room(Heap::string_room(name.chars().count()) + 32, roots);
        let string = self.string(name);
        let symbol = self.object(Kind::Symbol, 0, body::Symbol::FIELDS);
        self.initialise(symbol, body::Symbol::NAME, string.0);
        self.initialise(symbol, body::Symbol::HASH, hash);
        self.insert_name(Root::Symbols, Root::SymbolCount, symbol, hash);
        symbol
    }

    /// The symbol with this name, if there is one.
    pub fn symbol_named(&self, name: &str) -> Option<Word> {
        self.find_symbol(name, name_hash(name))
    }

    fn find_symbol(&self, name: &str, hash: u64) -> Option<Word> {
        self.probe(Root::Symbols, hash, |heap, entry| {
            heap.raw(entry, body::Symbol::HASH) == hash && heap.symbol_is(entry, name)
        })
    }

    fn symbol_is(&self, symbol: Word, name: &str) -> bool {
        let string = self.field(symbol, body::Symbol::NAME);
        let mut length = 0;
        for character in name.chars() {
            if length >= self.string_length(string)
                || self.string_character(string, length) != character
            {
                return false;
            }
            length += 1;
        }
        length == self.string_length(string)
    }

    /// The cell of the global variable that programs mean by `symbol`, made unbound if there is none.
    pub fn global_cell(&mut self, symbol: Word, roots: &mut dyn RootSource) -> Word {
        if let Some(cell) = self.find_global(symbol) {
            return cell;
        }
        let place = self.protect(symbol);
        self.grow_names(Root::Globals, Root::GlobalCount, roots);
        let symbol = self.protected(place);
        self.unprotect(place);
        let cell = self.fixed_object(Kind::Cell, 0, body::Cell::FIELDS);
        self.set_field(cell, body::Cell::CONTENT, Word::UNBOUND);
        self.set_field(cell, body::Cell::NAME, symbol);
        let hash = self.raw(symbol, body::Symbol::HASH);
        self.insert_name(Root::Globals, Root::GlobalCount, cell, hash);
        cell
    }

    /// The cell that programs mean by `symbol`: one of their own, or else the library's.
    pub fn find_global(&self, symbol: Word) -> Option<Word> {
        self.find_program_cell(symbol).or_else(|| self.find_library_cell(symbol))
    }

    /// The cell of a variable that programs define, if there is one.
    pub fn find_program_cell(&self, symbol: Word) -> Option<Word> {
        self.find_cell(symbol, false)
    }

    /// The standard library's cell of this name, whatever programs mean by it.
    pub fn find_library_cell(&self, symbol: Word) -> Option<Word> {
        self.find_cell(symbol, true)
    }

    fn find_cell(&self, symbol: Word, of_library: bool) -> Option<Word> {
        self.probe(Root::Globals, self.raw(symbol, body::Symbol::HASH), |heap, cell| {
            heap.field(cell, body::Cell::NAME) == symbol
                && (heap.header(cell).aux() == LIBRARY_CELL) == of_library
        })
    }

    pub(crate) fn probe(
        &self,
        table: Root,
        hash: u64,
        fits: impl Fn(&Heap, Word) -> bool,
    ) -> Option<Word> {
        let vector = self.root(table);
        if !vector.is_object() {
            return None;
        }
        let slots = self.header(vector).body_words();
        let mut slot = hash as usize & (slots - 1);
        loop {
            let entry = self.field(vector, slot);
            if !entry.is_object() {
                return None;
            }
            if fits(self, entry) {
                return Some(entry);
            }
            slot = (slot + 1) & (slots - 1);
        }
    }

    /// Doubles a table of names that is half full.
    pub(crate) fn grow_names(&mut self, table: Root, count: Root, roots: &mut dyn RootSource) {
        let old = self.root(table);
        let slots = if old.is_object() { self.header(old).body_words() } else { 0 };
        let used = if old.is_object() { self.root(count).as_fixnum() as usize } else { 0 };
        if used * 2 < slots {
            return;
        }
        let new_slots = (slots * 2).max(NAME_TABLE_SLOTS);
        self.ensure_room(new_slots as u64 * 8 + 16, roots);
        let old = self.root(table);
        let new = self.object(Kind::Vector, 0, new_slots);
        for slot in 0..new_slots {
            self.space.write(new.offset() + 8 + slot as u64 * 8, Word::FALSE.0);
        }
        self.set_root(table, new);
        self.set_root(count, Word::fixnum(0));
        for slot in 0..slots {
            let entry = self.field(old, slot);
            if entry.is_object() {
                let hash = self.name_hash_of(entry);
                self.insert_name(table, count, entry, hash);
            }
        }
    }

    fn name_hash_of(&self, entry: Word) -> u64 {
        let symbol = match self.kind_of(entry) {
            Some(Kind::Cell) => self.field(entry, body::Cell::NAME),
            Some(Kind::Binding) => self.field(entry, body::Binding::NAME),
            Some(Kind::Library) => self.field(entry, body::Library::NAME),
            _ => entry,
        };
        self.raw(symbol, body::Symbol::HASH)
    }

    pub(crate) fn insert_name(&mut self, table: Root, count: Root, entry: Word, hash: u64) {
        let vector = self.root(table);
        let slots = self.header(vector).body_words();
        let mut slot = hash as usize & (slots - 1);
        while self.field(vector, slot).is_object() {
            slot = (slot + 1) & (slots - 1);
        }
        self.set_field(vector, slot, entry);
        self.set_root(count, Word::fixnum(self.root(count).as_fixnum() + 1));
    }

    /// Marks every cell there is as the standard library's: programs that define such a name get a
    /// cell of their own beside it, and the library's procedures keep calling each other.
    ///
    /// # Panics
    /// If a name has two cells: the parts of the library would mean different things by it.
    pub fn seal_library_cells(&mut self) {
        for cell in self.global_cells() {
            let name = self.field(cell, body::Cell::NAME);
            let both = (self.find_program_cell(name), self.find_library_cell(name));
            let is_twice = matches!(both, (Some(_), Some(_)));
            assert!(!is_twice, "the library defines {} twice", self.symbol_name(name));
            let header = Header::new(Kind::Cell, LIBRARY_CELL, self.header(cell).body_words());
            self.store(cell.offset(), Word(header.0));
        }
    }

    /// Gives `symbol` a cell for programs beside the library's, with the same content; does nothing
    /// if programs have one.
    pub fn shadow_library_cell(&mut self, symbol: Word, roots: &mut dyn RootSource) {
        let of_library = self.find_library_cell(symbol);
        let Some(of_library) = of_library.filter(|_| self.find_program_cell(symbol).is_none())
        else {
            return;
        };
        let place = self.protect(symbol);
        self.grow_names(Root::Globals, Root::GlobalCount, roots);
        let symbol = self.protected(place);
        self.unprotect(place);
        let cell = self.fixed_object(Kind::Cell, 0, body::Cell::FIELDS);
        self.set_field(cell, body::Cell::CONTENT, self.field(of_library, body::Cell::CONTENT));
        self.set_field(cell, body::Cell::NAME, symbol);
        let hash = self.raw(symbol, body::Symbol::HASH);
        self.insert_name(Root::Globals, Root::GlobalCount, cell, hash);
    }

    /// Gives `symbol` a new cell without a value, if programs have one. Code that is there keeps the
    /// old.
    pub fn renew_cell(&mut self, symbol: Word) {
        let Some(old) = self.find_program_cell(symbol) else { return };
        let cell = self.fixed_object(Kind::Cell, 0, body::Cell::FIELDS);
        self.set_field(cell, body::Cell::CONTENT, Word::UNBOUND);
        self.set_field(cell, body::Cell::NAME, symbol);
        self.replace_entry(Root::Globals, old, cell);
    }

    /// Puts an entry of the same name into the place of another.
    pub(crate) fn replace_entry(&mut self, table: Root, old: Word, new: Word) {
        let vector = self.root(table);
        let slots = self.header(vector).body_words();
        let mut slot = self.name_hash_of(old) as usize & (slots - 1);
        while self.field(vector, slot) != old {
            assert!(self.field(vector, slot).is_object(), "the entry stands in the table");
            slot = (slot + 1) & (slots - 1);
        }
        self.set_field(vector, slot, new);
    }

    /// All global cells, in the order of the table.
    pub fn global_cells(&self) -> Vec<Word> {
        let vector = self.root(Root::Globals);
        if !vector.is_object() {
            return Vec::new();
        }
        (0..self.header(vector).body_words())
            .map(|slot| self.field(vector, slot))
            .filter(|entry| entry.is_object())
            .collect()
    }
}

/// The stored hash of a name. Small enough to be a fixnum, so that it can be shown.
pub fn name_hash(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    let bytes: [u8; 8] = hash.as_bytes()[..8].try_into().expect("8 bytes");
    u64::from_le_bytes(bytes) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::NoRoots;
    use crate::limits::HEAP_RESERVED_BYTES_MIN;

    #[test]
    fn interning_gives_the_same_symbol_again() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        let names: Vec<String> = (0..2000).map(|n| format!("name-{n}-λ")).collect();
        for name in &names {
            let symbol = heap.intern(name, &mut NoRoots);
            assert_eq!(heap.symbol_name(symbol), *name);
        }
        heap.collect_major(&mut NoRoots);
        assert_eq!(heap.root(Root::SymbolCount), Word::fixnum(2000));
        for name in &names {
            let symbol = heap.intern(name, &mut NoRoots);
            assert_eq!(symbol, heap.intern(name, &mut NoRoots));
        }
        assert_eq!(heap.root(Root::SymbolCount), Word::fixnum(2000));
        heap.collect_young(&mut NoRoots);
        assert_eq!(heap.verify(&mut |_, _| Ok(())), []);
    }

    #[test]
    fn strings_keep_their_characters() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        for text in ["", "plain", "Straße ÿ", "λ→🦀"] {
            heap.ensure_room(Heap::string_room(text.chars().count()), &mut NoRoots);
            let string = heap.string(text);
            assert_eq!(heap.string_text(string), text);
        }
    }

    #[test]
    fn programs_have_cells_beside_those_of_the_library() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        let symbol = heap.intern("filter", &mut NoRoots);
        let of_library = heap.global_cell(symbol, &mut NoRoots);
        heap.set_field(of_library, body::Cell::CONTENT, Word::fixnum(1));
        heap.seal_library_cells();
        assert_eq!(heap.find_global(symbol), Some(of_library));
        heap.shadow_library_cell(symbol, &mut NoRoots);
        let own = heap.find_global(symbol).unwrap();
        assert_ne!(own, of_library);
        assert_eq!(heap.field(own, body::Cell::CONTENT), Word::fixnum(1));
        heap.shadow_library_cell(symbol, &mut NoRoots);
        assert_eq!(heap.find_global(symbol), Some(own));
        heap.renew_cell(symbol);
        assert_ne!(heap.find_global(symbol), Some(own));
        assert_eq!(heap.find_library_cell(symbol), Some(of_library));
    }

    #[test]
    fn cells_do_not_move_and_are_found_by_symbol() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        let symbol = heap.intern("counter", &mut NoRoots);
        let cell = heap.global_cell(symbol, &mut NoRoots);
        heap.set_field(cell, body::Cell::CONTENT, Word::fixnum(7));
        heap.collect_major(&mut NoRoots);
        let symbol = heap.intern("counter", &mut NoRoots);
        assert_eq!(heap.find_global(symbol), Some(cell));
        assert_eq!(heap.field(cell, body::Cell::CONTENT), Word::fixnum(7));
    }
}
