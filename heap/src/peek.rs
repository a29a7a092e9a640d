//! Reads of a heap that nobody has verified: nothing here panics, whatever the pages hold.
//!
//! The machine reads without asking because a heap is verified before it runs. An inspector shows
//! what it can of an image that does not verify, so it comes through here: every reference is judged
//! before it is followed, every length before it is believed. `verify.rs` uses the same judgement.

use crate::heap::{Heap, page_type_of};
use crate::kind::{Header, Kind, body, body_words_min};
use crate::limits::*;
use crate::root_table::Root;
use crate::space::{Page, PageType, set_bits};
use crate::word::Word;

/// Characters of a name that are looked at.
pub const NAME_CHARACTERS_MAX: usize = 1_000;

impl Heap {
    /// Whether an object of the sort the tag promises starts there and fits its page.
    ///
    /// # Errors
    /// Says what is there instead.
    pub fn check_reference(&self, word: Word) -> Result<(), &'static str> {
        let offset = word.offset();
        if offset >= self.space.reserved_bytes() || !offset.is_multiple_of(GRANULE_BYTES) {
            return Err("a place where no object starts");
        }
        let page = Page((offset / PAGE_BYTES) as u32);
        let entry = self.space.entry(page);
        if entry.page_type == PageType::Nursery {
            return self.check_in_nursery(word);
        }
        if !self.is_start(offset) {
            return Err("a place where no object starts");
        }
        let in_page = offset % PAGE_BYTES;
        if in_page < PAGE_HEADER_BYTES {
            return Err("the header of a page");
        }
        if word.is_pair() {
            return match entry.page_type {
                PageType::Pair => Ok(()),
                _ => Err("a page that holds no pairs"),
            };
        }
        let (kind, size) = self.check_header(offset)?;
        match entry.page_type {
            PageType::Run => {
                let run_bytes = u64::from(entry.run) * PAGE_BYTES;
                if in_page != PAGE_HEADER_BYTES || in_page + size > run_bytes {
                    return Err("an object larger than its run");
                }
                let first = page.0;
                let whole = (first + 1..first.saturating_add(entry.run.max(1))).all(|number| {
                    number < self.space.pages() && {
                        let tail = self.space.entry(Page(number));
                        tail.page_type == PageType::RunTail && tail.run == first
                    }
                });
                if !whole {
                    return Err("a run with pages missing");
                }
            }
            page_type if page_type.holds_objects() => {
                if in_page + size > PAGE_BYTES {
                    return Err("an object that crosses its page");
                }
                if page_type != page_type_of(kind) {
                    return Err("an object in a page of another type");
                }
            }
            _ => return Err("a page that holds no objects"),
        }
        Ok(())
    }

    /// The kind and size of the object whose header is at `offset`.
    fn check_header(&self, offset: u64) -> Result<(Kind, u64), &'static str> {
        let header = Header(self.space.read(offset));
        let Some(kind) = header.kind() else { return Err("an object of unknown kind") };
        if header.body_words() < body_words_min(kind) {
            return Err("an object too short for its kind");
        }
        Ok((kind, header.size_bytes()))
    }

    /// The nursery has no start bits; what lies in it was made by this very process.
    fn check_in_nursery(&self, word: Word) -> Result<(), &'static str> {
        let used = self.bump as u64 - self.space.base() as u64;
        let size = if word.is_pair() { 16 } else { self.check_header(word.offset())?.1 };
        if word.offset() + size > used {
            return Err("a part of the nursery that holds nothing");
        }
        Ok(())
    }

    /// The kind of the object `word` refers to, if there is a whole one.
    pub fn peek_kind(&self, word: Word) -> Option<Kind> {
        if !word.is_object() || self.check_reference(word).is_err() {
            return None;
        }
        self.header(word).kind()
    }

    /// Both parts of a pair.
    pub fn peek_pair(&self, word: Word) -> Option<(Word, Word)> {
        (word.is_pair() && self.check_reference(word).is_ok())
            .then(|| (self.car(word), self.cdr(word)))
    }

    /// Body word `index` of an object of this kind.
    pub fn peek_field(&self, word: Word, kind: Kind, index: usize) -> Option<Word> {
        (self.peek_kind(word)? == kind && index < self.header(word).body_words())
            .then(|| self.field(word, index))
    }

    /// Words in the body of an object of this kind.
    pub fn peek_length(&self, word: Word, kind: Kind) -> Option<usize> {
        (self.peek_kind(word)? == kind).then(|| self.header(word).body_words())
    }

    /// The bytes of a bytevector.
    pub fn peek_bytes(&self, word: Word) -> Option<&[u8]> {
        let words = self.peek_length(word, Kind::Bytevector)? - body::Bytevector::FIELDS;
        let length = self.raw(word, body::Bytevector::LENGTH);
        (length <= words as u64 * 8).then(|| self.bytes(word))
    }

    /// The first characters of a string, at most `most`, and whether it has more.
    pub fn peek_string(&self, word: Word, most: usize) -> Option<(String, bool)> {
        let storage = self.peek_field(word, Kind::String, body::String::STORAGE)?;
        let bytes = self.peek_bytes(storage)?;
        let width = if self.header(word).aux() == 0 { 1 } else { 4 };
        let length = self.raw(word, body::String::LENGTH);
        if length.checked_mul(width)? > bytes.len() as u64 {
            return None;
        }
        Some((self.string_start(word, most), length > most as u64))
    }

    /// The name of a symbol, cut after `most` characters.
    pub fn peek_symbol(&self, word: Word, most: usize) -> Option<String> {
        let name = self.peek_field(word, Kind::Symbol, body::Symbol::NAME)?;
        Some(self.peek_string(name, most)?.0)
    }

    /// Every process record that pages of records hold; some may be of processes nobody can reach any
    /// more. Costs what those pages cost, however large the heap is.
    pub fn process_records(&self) -> Vec<Word> {
        self.starts_in(PageType::Process)
            .map(Word::object)
            .filter(|&word| self.peek_kind(word) == Some(Kind::Process))
            .collect()
    }

    /// The cells of all global variables, with their names.
    pub fn peek_globals(&self) -> Vec<(String, Word)> {
        let table = self.root(Root::Globals);
        let slots = self.peek_length(table, Kind::Vector).unwrap_or(0);
        let cells = (0..slots).map(|slot| self.field(table, slot));
        let named = cells.filter_map(|cell| {
            let name = self.peek_field(cell, Kind::Cell, body::Cell::NAME)?;
            Some((self.peek_symbol(name, NAME_CHARACTERS_MAX)?, cell))
        });
        named.collect()
    }

    /// Where start bits say that objects begin, in pages of one type.
    fn starts_in(&self, page_type: PageType) -> impl Iterator<Item = u64> + '_ {
        self.pages_used()
            .filter(move |&page| self.space.entry(page).page_type == page_type)
            .flat_map(|page| {
                let base = u64::from(page.0) * PAGE_BYTES;
                set_bits(self.space.starts(page))
                    .map(move |granule| base + granule as u64 * GRANULE_BYTES)
            })
    }

    /// Objects by kind as the start bits have them, with bytes: what a heap that cannot be walked
    /// still tells. It includes what is not reachable any more.
    pub fn census_of_starts(&self) -> Vec<(&'static str, u64, u64)> {
        let mut pairs = (0, 0);
        let mut by_kind = [(0, 0); 256];
        for page in self.pages_used() {
            let entry = self.space.entry(page);
            if matches!(entry.page_type, PageType::Free | PageType::RunTail | PageType::Nursery) {
                continue;
            }
            let base = u64::from(page.0) * PAGE_BYTES;
            for granule in set_bits(self.space.starts(page)) {
                let offset = base + granule as u64 * GRANULE_BYTES;
                if entry.page_type == PageType::Pair {
                    pairs = (pairs.0 + 1, pairs.1 + 16);
                } else if self.peek_kind(Word::object(offset)).is_some() {
                    let header = self.header(Word::object(offset));
                    let row: &mut (u64, u64) = &mut by_kind[header.code() as usize];
                    *row = (row.0 + 1, row.1 + header.size_bytes());
                }
            }
        }
        let pairs = ("Pair", pairs.0, pairs.1);
        let others = Kind::ALL.iter().map(|&kind| {
            let (count, bytes) = by_kind[kind as usize];
            (kind.row().name, count, bytes)
        });
        std::iter::once(pairs).chain(others).filter(|row| row.1 > 0).collect()
    }
}
