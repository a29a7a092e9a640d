//! The reserved range of addresses and the tables beside it.
//!
//! Owns the memory map: the heap's range, one byte per card and per block of cards, one start bit and
//! one mark bit per granule, one entry per page. All are reserved at once and touched only as far as they are used,
//! so that an address is always base plus offset and no table ever moves. Offsets are checked
//! against the range here; what lies at an offset is the business of `heap.rs`.

#![allow(unsafe_code, reason = "owns the memory map of the heap")]

use crate::limits::{
    BLOCK_BYTES, BLOCK_PAGES, CARD_BYTES, HEAP_RESERVED_BYTES, HEAP_RESERVED_BYTES_MIN, PAGE_BYTES,
    PAGE_CARDS, PAGE_GRANULES,
};
use crate::reserved::Reserved;

/// Number of a page: offset divided by the page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Page(pub u32);

/// What lies in a page. Codes reach the disk: never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PageType {
    /// Not in use.
    Free = 0,
    /// Pairs without headers.
    Pair = 1,
    /// Objects with headers.
    Object = 2,
    /// First page of one large object.
    Run = 3,
    /// Later page of a large object.
    RunTail = 4,
    /// Code objects; they do not move.
    Code = 5,
    /// Cells of global variables; they do not move.
    Cell = 6,
    /// Process records; they do not move.
    Process = 7,
    /// Part of the nursery; never stored.
    Nursery = 8,
}

impl PageType {
    pub fn from_code(code: u8) -> Option<PageType> {
        use PageType::*;
        [Free, Pair, Object, Run, RunTail, Code, Cell, Process, Nursery].get(code as usize).copied()
    }

    /// Pages of objects with headers, several to a page.
    pub fn holds_objects(self) -> bool {
        matches!(self, PageType::Object | PageType::Code | PageType::Cell | PageType::Process)
    }
}

/// How long a page's objects have lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Age {
    /// Allocated since the last commit; the next commit moves what is live out of it.
    Young = 0,
    /// Lived through a commit; evacuated as a whole now and then.
    Recent = 1,
    /// Does not move.
    Old = 2,
}

/// What the heap knows of a page.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PageEntry {
    pub page_type: PageType,
    pub age: Age,
    /// Bits of [`page_flag`].
    pub flags: u8,
    /// For the first page of a run: its number of pages; for a later one: the run's first page.
    pub run: u32,
}

/// Bits of a page entry's flags.
pub mod page_flag {
    /// The running collection evacuates or frees this page.
    pub const CONDEMNED: u8 = 1;
    /// The running collection reached this run.
    pub const REACHED: u8 = 2;
    /// The page is not what is stored, whatever its cards say. Set by `Space::mark_changed`.
    pub const CHANGED: u8 = 4;
    /// The store holds a body for this page.
    pub const STORED: u8 = 8;
}

/// Bits of a card: who has yet to look at it. A store sets all of them.
pub mod card {
    pub const ALL: u8 = 0xff;
    /// The minor collection.
    pub const MINOR: u8 = 1;
    /// The commit, and the collection of the young.
    pub const COMMIT: u8 = 2;
    /// The marker of the major collection.
    pub const MARK: u8 = 4;
    /// The evacuation of recent pages.
    pub const RECENT: u8 = 8;
    /// Of a block only: the commit, because of pages that are `CHANGED`.
    pub const PAGES: u8 = 16;
}

const _: () = assert!(PAGE_BYTES * BLOCK_PAGES as u64 == BLOCK_BYTES);

/// Words of a page's bitmap, one bit per granule.
pub const BITMAP_WORDS: usize = PAGE_GRANULES / 64;
/// One bit per granule of a page.
pub type Bitmap = [u64; BITMAP_WORDS];

/// The heap's addresses and the tables beside it.
pub struct Space {
    /// Addresses of `memory`; a multiple of the page size.
    reserved_bytes: u64,
    memory: Reserved<u64>,
    cards: Reserved<u8>,
    /// One byte per block of cards; as long as the reserved range needs.
    blocks: Box<[u8]>,
    starts: Reserved<Bitmap>,
    marks: Reserved<Bitmap>,
    entries: Reserved<PageEntry>,
}

// SAFETY: the mappings belong to this value alone; moving it to another thread moves them.
unsafe impl Send for Space {}

impl Space {
    /// Reserves `bytes` addresses and the tables beside them.
    ///
    /// # Errors
    /// What the operating system says if the addresses cannot be had.
    ///
    /// # Panics
    /// If `bytes` is no multiple of the page size, or not from [`HEAP_RESERVED_BYTES_MIN`] to
    /// [`HEAP_RESERVED_BYTES`].
    pub fn reserve(bytes: u64) -> std::io::Result<Space> {
        assert!((HEAP_RESERVED_BYTES_MIN..=HEAP_RESERVED_BYTES).contains(&bytes));
        assert!(bytes.is_multiple_of(PAGE_BYTES));
        let pages = (bytes / PAGE_BYTES) as usize;
        Ok(Space {
            reserved_bytes: bytes,
            memory: Reserved::new((bytes / 8) as usize)?,
            cards: Reserved::new(pages * PAGE_CARDS)?,
            blocks: vec![0; (bytes / BLOCK_BYTES) as usize].into(),
            starts: Reserved::new(pages)?,
            marks: Reserved::new(pages)?,
            entries: Reserved::new(pages)?,
        })
    }

    /// Addresses of the heap: every offset lies below.
    #[inline(always)]
    pub fn reserved_bytes(&self) -> u64 {
        self.reserved_bytes
    }

    /// Pages of the heap: every page number lies below.
    #[inline(always)]
    pub fn pages(&self) -> u32 {
        // The tables have an entry per page, so their length bounds both.
        self.entries.count() as u32
    }

    /// The address of offset 0.
    #[inline(always)]
    pub fn base(&self) -> *mut u8 {
        self.memory.pointer().cast()
    }

    /// The word at `offset`.
    #[inline(always)]
    pub fn read(&self, offset: u64) -> u64 {
        assert!(offset < self.reserved_bytes);
        // SAFETY: the offset lies in the mapped range, which is readable and holds plain words.
        unsafe { *self.memory.pointer().add((offset / 8) as usize) }
    }

    /// Writes the word at `offset` without telling the barrier.
    #[inline(always)]
    pub fn write(&mut self, offset: u64, value: u64) {
        assert!(offset < self.reserved_bytes);
        // SAFETY: as in `read`; the exclusive borrow keeps other writers out.
        unsafe { *self.memory.pointer().add((offset / 8) as usize) = value }
    }

    /// The words of a range.
    pub fn words(&self, offset: u64, count: usize) -> &[u64] {
        assert!(offset.is_multiple_of(8) && offset + count as u64 * 8 <= self.reserved_bytes);
        // SAFETY: the range is mapped and aligned; `&self` keeps writers of this crate out.
        unsafe {
            std::slice::from_raw_parts(self.memory.pointer().add((offset / 8) as usize), count)
        }
    }

    /// The words of a range, to be written without telling the barrier.
    pub fn words_mut(&mut self, offset: u64, count: usize) -> &mut [u64] {
        assert!(offset.is_multiple_of(8) && offset + count as u64 * 8 <= self.reserved_bytes);
        // SAFETY: as in `words`, with an exclusive borrow.
        unsafe {
            std::slice::from_raw_parts_mut(self.memory.pointer().add((offset / 8) as usize), count)
        }
    }

    /// The bytes of a range.
    pub fn bytes(&self, offset: u64, count: usize) -> &[u8] {
        assert!(offset + count as u64 <= self.reserved_bytes);
        // SAFETY: as in `words`; bytes need no alignment.
        unsafe { std::slice::from_raw_parts(self.base().add(offset as usize), count) }
    }

    /// The bytes of a range, to be written without telling the barrier.
    pub fn bytes_mut(&mut self, offset: u64, count: usize) -> &mut [u8] {
        assert!(offset + count as u64 <= self.reserved_bytes);
        // SAFETY: as in `words_mut`.
        unsafe { std::slice::from_raw_parts_mut(self.base().add(offset as usize), count) }
    }

    /// Copies `bytes` bytes between disjoint places of the heap.
    #[inline]
    pub fn copy(&mut self, from: u64, to: u64, bytes: u64) {
        assert!(from + bytes <= self.reserved_bytes && to + bytes <= self.reserved_bytes);
        debug_assert!(from + bytes <= to || to + bytes <= from);
        // SAFETY: both ranges are mapped; `copy` allows overlap, so no further promise is needed.
        unsafe {
            std::ptr::copy(
                self.base().add(from as usize),
                self.base().add(to as usize),
                bytes as usize,
            )
        }
    }

    /// The entry of a page.
    #[inline(always)]
    pub fn entry(&self, page: Page) -> PageEntry {
        assert!(page.0 < self.pages());
        // SAFETY: in range; a zeroed entry is the valid entry of a free page.
        unsafe { *self.entries.pointer().add(page.0 as usize) }
    }

    /// The entry of a page, to be changed.
    #[inline(always)]
    pub fn entry_mut(&mut self, page: Page) -> &mut PageEntry {
        assert!(page.0 < self.pages());
        // SAFETY: as in `entry`, with an exclusive borrow.
        unsafe { &mut *self.entries.pointer().add(page.0 as usize) }
    }

    /// The start bits of a page.
    #[inline(always)]
    pub fn starts(&self, page: Page) -> &Bitmap {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped.
        unsafe { &*self.starts.pointer().add(page.0 as usize) }
    }

    #[inline(always)]
    pub fn starts_mut(&mut self, page: Page) -> &mut Bitmap {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped, with an exclusive borrow.
        unsafe { &mut *self.starts.pointer().add(page.0 as usize) }
    }

    /// The mark bits of a page.
    #[inline(always)]
    pub fn marks(&self, page: Page) -> &Bitmap {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped.
        unsafe { &*self.marks.pointer().add(page.0 as usize) }
    }

    #[inline(always)]
    pub fn marks_mut(&mut self, page: Page) -> &mut Bitmap {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped, with an exclusive borrow.
        unsafe { &mut *self.marks.pointer().add(page.0 as usize) }
    }

    /// The cards of a page.
    #[inline(always)]
    pub fn cards_mut(&mut self, page: Page) -> &mut [u8; PAGE_CARDS] {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped, with an exclusive borrow; bytes have no alignment.
        unsafe { &mut *self.cards.pointer().add(page.0 as usize * PAGE_CARDS).cast() }
    }

    /// All cards of a page joined by "or": which bits any of them has.
    #[inline(always)]
    pub fn cards_union(&self, page: Page) -> u8 {
        assert!(page.0 < self.pages());
        // SAFETY: in range and mapped; 32 cards start at a multiple of 32, so words are aligned.
        let words: [u64; 4] =
            unsafe { *self.cards.pointer().add(page.0 as usize * PAGE_CARDS).cast() };
        let mut union = words[0] | words[1] | words[2] | words[3];
        union |= union >> 32;
        union |= union >> 16;
        (union | union >> 8) as u8
    }

    /// The write barrier: marks the card of `offset` and its block for everybody.
    ///
    /// # Safety
    /// `offset` must lie in the heap: then its card is mapped and its block is in the table.
    #[inline(always)]
    pub unsafe fn touch_unchecked(&mut self, offset: u64) {
        *self.cards.pointer().add((offset / CARD_BYTES) as usize) = card::ALL;
        *self.blocks.get_unchecked_mut((offset / BLOCK_BYTES) as usize) = card::ALL;
    }

    /// The first byte of the cards' table and of that of their blocks, for machine code: a byte of each is to be
    /// [`card::ALL`] for each offset that is stored into.
    pub fn card_tables(&mut self) -> (*mut u8, *mut u8) {
        (self.cards.pointer(), self.blocks.as_mut_ptr())
    }

    /// Marks the card of `offset` for everybody.
    #[inline(always)]
    pub fn touch(&mut self, offset: u64) {
        assert!(offset < self.reserved_bytes);
        // SAFETY: just checked.
        unsafe { self.touch_unchecked(offset) }
    }

    /// Adds bits to the card of `offset`.
    #[inline(always)]
    pub fn touch_bits(&mut self, offset: u64, bits: u8) {
        let page = Page((offset / PAGE_BYTES) as u32);
        self.cards_mut(page)[(offset % PAGE_BYTES / CARD_BYTES) as usize] |= bits;
        self.blocks[(offset / BLOCK_BYTES) as usize] |= bits;
    }

    /// Marks every card of a page for everybody.
    pub fn touch_page(&mut self, page: Page) {
        self.cards_mut(page).fill(card::ALL);
        self.blocks[(page.0 / BLOCK_PAGES) as usize] = card::ALL;
    }

    /// Notes that a page is not what is stored.
    #[inline(always)]
    pub fn mark_changed(&mut self, page: Page) {
        self.entry_mut(page).flags |= page_flag::CHANGED;
        self.blocks[(page.0 / BLOCK_PAGES) as usize] |= card::PAGES;
    }

    /// What a block's cards may have, joined by "or": never less than they do.
    #[inline(always)]
    pub fn block(&self, index: usize) -> u8 {
        self.blocks[index]
    }

    /// Takes bits away from a block whose cards have lost them.
    pub fn clear_block(&mut self, index: usize, bits: u8) {
        self.blocks[index] &= !bits;
    }

    /// Gives the memory of whole pages back to the system; they read as zero afterwards.
    pub fn discard(&mut self, offset: u64, bytes: u64) {
        assert!(offset + bytes <= self.reserved_bytes);
        assert!(offset.is_multiple_of(4096) && bytes.is_multiple_of(4096));
        // SAFETY: the range is ours; private anonymous memory reads as zero after DONTNEED.
        let status = unsafe {
            libc::madvise(
                self.base().add(offset as usize).cast(),
                bytes as usize,
                libc::MADV_DONTNEED,
            )
        };
        assert_eq!(status, 0, "madvise on memory of the heap");
    }
}

/// Whether `granule`'s bit is set.
#[inline(always)]
pub fn bit(map: &Bitmap, granule: usize) -> bool {
    map[granule / 64] >> (granule % 64) & 1 == 1
}

/// Sets `granule`'s bit.
#[inline(always)]
pub fn set_bit(map: &mut Bitmap, granule: usize) {
    map[granule / 64] |= 1 << (granule % 64);
}

/// The granules whose bit is set, ascending.
pub fn set_bits(map: &Bitmap) -> impl Iterator<Item = usize> + '_ {
    map.iter().enumerate().flat_map(|(index, &word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(index * 64 + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_union_sees_every_card() {
        let mut space = Space::reserve(HEAP_RESERVED_BYTES_MIN).unwrap();
        for card_index in 0..PAGE_CARDS {
            space.cards_mut(Page(3)).fill(0);
            space.cards_mut(Page(3))[card_index] = card::MARK;
            assert_eq!(space.cards_union(Page(3)), card::MARK);
        }
        assert_eq!(space.cards_union(Page(4)), 0);
    }

    #[test]
    fn a_smaller_range_is_bounded_by_its_own_size() {
        let space = Space::reserve(HEAP_RESERVED_BYTES_MIN).unwrap();
        assert_eq!(space.read(HEAP_RESERVED_BYTES_MIN - 8), 0);
        let beyond = [
            std::panic::catch_unwind(|| space.read(HEAP_RESERVED_BYTES_MIN)),
            std::panic::catch_unwind(|| u64::from(space.entry(Page(space.pages())).flags)),
            std::panic::catch_unwind(|| space.words(HEAP_RESERVED_BYTES_MIN - 8, 2)[1]),
        ];
        assert!(beyond.iter().all(Result::is_err));
    }

    #[test]
    fn a_block_knows_what_any_of_its_cards_was_marked_for() {
        let mut space = Space::reserve(HEAP_RESERVED_BYTES_MIN).unwrap();
        space.touch_bits(3 * BLOCK_BYTES - 8, card::MARK);
        space.touch(3 * BLOCK_BYTES);
        space.mark_changed(Page(5 * BLOCK_PAGES));
        let blocks: Vec<u8> = (1..6).map(|index| space.block(index)).collect();
        assert_eq!(blocks, [0, card::MARK, card::ALL, 0, card::PAGES]);
        space.clear_block(3, !card::MINOR);
        assert_eq!(space.block(3), card::MINOR);
        let last = HEAP_RESERVED_BYTES_MIN - 8;
        space.touch(last);
        assert_eq!(space.block((last / BLOCK_BYTES) as usize), card::ALL);
    }

    #[test]
    fn bits_are_listed_in_order() {
        let mut map = [0; BITMAP_WORDS];
        for granule in [0, 63, 64, 1023] {
            set_bit(&mut map, granule);
        }
        assert_eq!(set_bits(&map).collect::<Vec<_>>(), [0, 63, 64, 1023]);
    }

    #[test]
    fn page_types_have_their_codes() {
        for code in 0..=8 {
            assert_eq!(PageType::from_code(code).unwrap() as u8, code);
        }
        assert_eq!(PageType::from_code(9), None);
    }
}
