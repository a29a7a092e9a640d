//! The heap: allocation, access and the write barrier.
//!
//! Owns the pages, the nursery and the allocation cursors. Collections are in `collect.rs` (moving)
//! and `mark.rs` (the old), what a commit writes is listed in `snapshot.rs`, and `verify.rs` walks
//! the whole heap.
//!
//! Invariant: a stored page differs from its stored version only if its entry says `CHANGED` or one
//! of its cards has the commit bit. Every store into an object that may lie outside the nursery
//! goes through [`Heap::store`] or marks the card as the machine's handlers do.

#![allow(unsafe_code, reason = "the nursery's bump pointer is a raw pointer shared with the VM")]

use crate::demand::{Demand, LocatedPage};
use crate::kind::{Header, Kind};
use crate::limits::*;
use crate::pages::PageRange;
use crate::residence::Residence;
use crate::space::{
    Age, BITMAP_WORDS, Bitmap, Page, PageEntry, PageType, Space, bit, page_flag, set_bit, set_bits,
};
use crate::store::{PageReader, StoreError};
use crate::word::Word;

/// Where objects of one type and age are allocated in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pool {
    YoungPairs,
    YoungObjects,
    RecentPairs,
    RecentObjects,
    OldPairs,
    OldObjects,
    Code,
    Cells,
    Processes,
}

pub(crate) const POOL_COUNT: usize = 9;

/// The type of the pages that small objects of a kind lie in, once they have left the nursery.
pub fn page_type_of(kind: Kind) -> PageType {
    Pool::of_fixed(kind).map_or(PageType::Object, |pool| pool.page().0)
}

impl Pool {
    pub(crate) fn of(age: Age, pair: bool) -> Pool {
        match (age, pair) {
            (Age::Young, true) => Pool::YoungPairs,
            (Age::Young, false) => Pool::YoungObjects,
            (Age::Recent, true) => Pool::RecentPairs,
            (Age::Recent, false) => Pool::RecentObjects,
            (Age::Old, true) => Pool::OldPairs,
            (Age::Old, false) => Pool::OldObjects,
        }
    }

    /// The pool of a kind whose objects do not move.
    fn of_fixed(kind: Kind) -> Option<Pool> {
        match kind {
            Kind::Code => Some(Pool::Code),
            Kind::Cell => Some(Pool::Cells),
            Kind::Process | Kind::ProcessNode | Kind::TimerNode => Some(Pool::Processes),
            _ => None,
        }
    }

    fn page(self) -> (PageType, Age) {
        match self {
            Pool::YoungPairs => (PageType::Pair, Age::Young),
            Pool::YoungObjects => (PageType::Object, Age::Young),
            Pool::RecentPairs => (PageType::Pair, Age::Recent),
            Pool::RecentObjects => (PageType::Object, Age::Recent),
            Pool::OldPairs => (PageType::Pair, Age::Old),
            Pool::OldObjects => (PageType::Object, Age::Old),
            Pool::Code => (PageType::Code, Age::Old),
            Pool::Cells => (PageType::Cell, Age::Old),
            Pool::Processes => (PageType::Process, Age::Old),
        }
    }

    /// The pool whose partly filled old pages are of this type.
    pub(crate) fn of_old_page(page_type: PageType) -> Option<Pool> {
        match page_type {
            PageType::Pair => Some(Pool::OldPairs),
            PageType::Object => Some(Pool::OldObjects),
            PageType::Code => Some(Pool::Code),
            PageType::Cell => Some(Pool::Cells),
            PageType::Process => Some(Pool::Processes),
            _ => None,
        }
    }
}

/// A hole that is being filled: offsets `at..end` are free. Empty when both are 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) at: u64,
    pub(crate) end: u64,
    /// Granules of the page that were in use when the page was taken up.
    occupied: Bitmap,
}

impl Cursor {
    pub(crate) const EMPTY: Cursor = Cursor { at: 0, end: 0, occupied: [0; BITMAP_WORDS] };

    /// The page of the hole, if there is one.
    pub(crate) fn page(&self) -> Option<Page> {
        (self.end != 0).then(|| Page(((self.end - 1) / PAGE_BYTES) as u32))
    }
}

/// Counts of what the collector did, for benchmarks and `pscheme heap`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CollectionCounts {
    pub minor: u64,
    pub young: u64,
    pub recent: u64,
    pub major: u64,
    /// Bytes copied by collections.
    pub copied_bytes: u64,
}

/// One heap. Several may live in one host process.
pub struct Heap {
    /// Goes before the memory it fills.
    pub(crate) demand: Option<Demand>,
    pub space: Space,
    /// Next free byte of the nursery and the end of it, as addresses: the machine's handlers
    /// allocate by moving the first.
    pub bump: *mut u8,
    pub bump_limit: *mut u8,
    /// The root table, part of every root record.
    pub roots: [Word; ROOT_WORDS],
    /// Words that Rust code needs to survive a collection; see [`Heap::protect`].
    pub(crate) protected: Vec<Word>,
    pub(crate) ordinary_range: PageRange,
    pub(crate) code_range: PageRange,
    pub(crate) cursors: [Cursor; POOL_COUNT],
    /// Old pages with room, by pool.
    pub(crate) partial: [Vec<Page>; POOL_COUNT],
    pub(crate) young_pages: Vec<Page>,
    pub(crate) recent_pages: Vec<Page>,
    pub(crate) tombstones: Vec<Page>,
    pub(crate) pages_in_use: u64,
    pub(crate) pages_after_major: u64,
    pub(crate) residence: Residence,
    /// Bytes the heap may use before a condition is raised.
    pub limit_bytes: u64,
    /// Collect at every allocation.
    pub zeal: bool,
    /// Commits happen, so card bits of the commit are kept for them.
    pub persistent: bool,
    pub counts: CollectionCounts,
    /// Grows with each collection that moved objects; hash tables compare it with their own.
    pub move_epoch: u64,
}

// SAFETY: the raw pointers point into the space this value owns.
unsafe impl Send for Heap {}

impl Heap {
    /// An empty heap.
    ///
    /// # Errors
    /// If the operating system does not give the addresses.
    pub fn new() -> std::io::Result<Heap> {
        Heap::reserving(HEAP_RESERVED_BYTES)
    }

    /// An empty heap in `bytes` reserved addresses, where a host cannot have as many as
    /// [`Heap::new`] takes. Its limit is a quarter of them at most.
    ///
    /// # Errors
    /// If the operating system does not give the addresses.
    ///
    /// # Panics
    /// As [`Space::reserve`].
    pub fn reserving(bytes: u64) -> std::io::Result<Heap> {
        let mut space = Space::reserve(bytes)?;
        let ordinary_range = PageRange::ordinary(space.pages());
        for number in NURSERY_FIRST_PAGE..NURSERY_FIRST_PAGE + NURSERY_PAGES {
            *space.entry_mut(Page(number)) = PageEntry {
                page_type: PageType::Nursery,
                age: Age::Young,
                flags: page_flag::CONDEMNED,
                run: 0,
            };
        }
        let mut heap = Heap {
            demand: None,
            space,
            bump: std::ptr::null_mut(),
            bump_limit: std::ptr::null_mut(),
            roots: [Word::FALSE; ROOT_WORDS],
            protected: Vec::new(),
            ordinary_range,
            code_range: PageRange::code(),
            cursors: [Cursor::EMPTY; POOL_COUNT],
            partial: Default::default(),
            young_pages: Vec::new(),
            recent_pages: Vec::new(),
            tombstones: Vec::new(),
            pages_in_use: 0,
            pages_after_major: 0,
            residence: Residence::UNBOUNDED,
            limit_bytes: HEAP_LIMIT_BYTES_DEFAULT.min(bytes / 4),
            zeal: false,
            persistent: false,
            counts: CollectionCounts::default(),
            move_epoch: 1,
        };
        heap.reset_nursery(0);
        Ok(heap)
    }

    /// Lets pages that nobody has touched be read when somebody does. False if the system does not allow it;
    /// then nothing has changed.
    pub(crate) fn read_on_demand(
        &mut self,
        pages: Vec<LocatedPage>,
        reader: Box<dyn PageReader>,
    ) -> bool {
        // SAFETY: the field is dropped before the space.
        let demand = unsafe { Demand::start(&self.space, pages, reader) };
        self.demand = demand.ok();
        self.demand.is_some()
    }

    /// Pages that were read because somebody touched them; `None` if the heap was read as a whole.
    pub fn pages_read_on_demand(&self) -> Option<u64> {
        self.demand.as_ref().map(Demand::pages_read)
    }

    /// Whether every page that was asked for could be read. If not, what was computed since may be wrong: nothing
    /// of it must leave the machine.
    pub fn is_whole(&self) -> bool {
        self.demand.as_ref().is_none_or(|demand| !demand.has_failed())
    }

    /// Why a page that is read on demand could not be, if any could not. Its content is missing: nothing may be
    /// committed any more.
    pub fn demand_failure(&self) -> Option<StoreError> {
        self.demand.as_ref().and_then(Demand::failure)
    }

    /// Bytes of the pages in use.
    pub fn bytes_in_use(&self) -> u64 {
        self.pages_in_use * PAGE_BYTES
    }

    /// Bytes of the pages allocated since the last commit, the nursery's content included.
    pub fn young_bytes(&self) -> u64 {
        let nursery = self.bump as u64 - self.space.base() as u64 - Heap::nursery_start();
        let pages: u64 = self.young_pages.iter().map(|&page| self.run_pages(page)).sum();
        pages * PAGE_BYTES + nursery
    }

    fn run_pages(&self, page: Page) -> u64 {
        let entry = self.space.entry(page);
        if entry.page_type == PageType::Run { u64::from(entry.run) } else { 1 }
    }

    /// Whether the limit is exceeded, so that the process that asks next gets a condition.
    pub fn over_limit(&self) -> bool {
        self.bytes_in_use() > self.limit_bytes
    }

    fn nursery_start() -> u64 {
        u64::from(NURSERY_FIRST_PAGE) * PAGE_BYTES
    }

    /// Empties the nursery; with zeal only `wanted` bytes of it can be used before the next
    /// collection.
    pub(crate) fn reset_nursery(&mut self, wanted: u64) {
        let size = u64::from(NURSERY_PAGES) * PAGE_BYTES;
        let usable = if self.zeal { wanted.min(size) } else { size };
        let start = Heap::nursery_start();
        self.bump = self.space.base().wrapping_add(start as usize);
        self.bump_limit = self.bump.wrapping_add(usable as usize);
    }

    /// Turns zeal on or off: with it every allocation collects first.
    pub fn set_zeal(&mut self, zeal: bool) {
        self.zeal = zeal;
        let end = Heap::nursery_start() + u64::from(NURSERY_PAGES) * PAGE_BYTES;
        self.bump_limit =
            if zeal { self.bump } else { self.space.base().wrapping_add(end as usize) };
    }

    /// Bytes that can be allocated in the nursery without a collection.
    #[inline(always)]
    pub fn nursery_room(&self) -> u64 {
        self.bump_limit as u64 - self.bump as u64
    }

    /// Whether `bytes` bytes, in objects none of which is large, fit without a collection. Never
    /// with zeal, even if a reservation before was not used up.
    #[inline(always)]
    pub fn has_room(&self, bytes: u64) -> bool {
        !self.zeal && bytes <= self.nursery_room()
    }

    #[inline(always)]
    fn bump_allocate(&mut self, bytes: u64) -> u64 {
        // Asking for room first is the caller's part: an allocation never fails half-way.
        assert!(bytes <= self.nursery_room(), "allocation without reserved room");
        let offset = self.bump as u64 - self.space.base() as u64;
        self.bump = self.bump.wrapping_add(bytes as usize);
        offset
    }

    /// A new pair in the nursery.
    ///
    /// # Panics
    /// If the room was not reserved.
    #[inline]
    pub fn pair(&mut self, car: Word, cdr: Word) -> Word {
        let offset = self.bump_allocate(16);
        self.space.write(offset, car.0);
        self.space.write(offset + 8, cdr.0);
        Word::pair(offset)
    }

    /// A new object whose body is filled with fixnum 0: in the nursery, or as a run of its own if
    /// it is large.
    ///
    /// # Panics
    /// If the object is not large and its room was not reserved.
    pub fn object(&mut self, kind: Kind, aux: u8, body_words: usize) -> Word {
        let header = Header::new(kind, aux, body_words);
        let bytes = header.size_bytes();
        if bytes > LARGE_OBJECT_BYTES {
            let page = self.take_run(bytes, Age::Young, false);
            return self.place_header(u64::from(page.0) * PAGE_BYTES + PAGE_HEADER_BYTES, header);
        }
        let offset = self.bump_allocate(bytes);
        self.space.write(offset, header.0);
        self.space.words_mut(offset + 8, body_words).fill(0);
        Word::object(offset)
    }

    /// A new object in a page whose objects do not move, every card of it set.
    pub fn fixed_object(&mut self, kind: Kind, aux: u8, body_words: usize) -> Word {
        let header = Header::new(kind, aux, body_words);
        let bytes = header.size_bytes();
        let pool = Pool::of_fixed(kind).unwrap_or_else(|| panic!("{kind:?} objects move"));
        if bytes > LARGE_OBJECT_BYTES {
            let page = self.take_run(bytes, Age::Old, kind == Kind::Code);
            return self.place_header(u64::from(page.0) * PAGE_BYTES + PAGE_HEADER_BYTES, header);
        }
        let offset = self.allocate_in(pool, bytes);
        self.space.words_mut(offset, (bytes / 8) as usize).fill(0);
        let mut at = offset;
        while at < offset + bytes {
            self.space.touch(at);
            at += GRANULE_BYTES;
        }
        self.place_header(offset, header)
    }

    fn place_header(&mut self, offset: u64, header: Header) -> Word {
        self.space.write(offset, header.0);
        self.set_start(offset);
        Word::object(offset)
    }

    pub(crate) fn set_start(&mut self, offset: u64) {
        let page = Page((offset / PAGE_BYTES) as u32);
        set_bit(self.space.starts_mut(page), (offset % PAGE_BYTES / GRANULE_BYTES) as usize);
    }

    /// Whether an object or pair starts at `offset`, as far as the start bits know.
    pub fn is_start(&self, offset: u64) -> bool {
        if offset >= self.space.reserved_bytes() || !offset.is_multiple_of(GRANULE_BYTES) {
            return false;
        }
        let page = Page((offset / PAGE_BYTES) as u32);
        bit(self.space.starts(page), (offset % PAGE_BYTES / GRANULE_BYTES) as usize)
    }

    /// Room for `bytes` bytes in the pool's current hole or its next one; the start bit is the
    /// caller's to set.
    pub(crate) fn allocate_in(&mut self, pool: Pool, bytes: u64) -> u64 {
        debug_assert!(bytes <= LARGE_OBJECT_BYTES && bytes.is_multiple_of(GRANULE_BYTES));
        loop {
            let cursor = &mut self.cursors[pool as usize];
            if cursor.at + bytes <= cursor.end {
                let offset = cursor.at;
                cursor.at += bytes;
                return offset;
            }
            self.next_hole(pool, bytes);
        }
    }

    /// Moves the pool's cursor to a hole of at least `bytes` bytes.
    pub(crate) fn next_hole(&mut self, pool: Pool, bytes: u64) {
        let cursor = self.cursors[pool as usize];
        if cursor.end != 0 {
            let page = Page(((cursor.end - 1) / PAGE_BYTES) as u32);
            let from = (cursor.end - u64::from(page.0) * PAGE_BYTES) / GRANULE_BYTES;
            if let Some(next) = find_hole(page, &cursor.occupied, from as usize, bytes) {
                self.cursors[pool as usize] = next;
                return;
            }
        }
        while let Some(page) = self.partial[pool as usize].pop() {
            let occupied = self.occupied(page);
            if let Some(next) = find_hole(page, &occupied, 0, bytes) {
                self.space.mark_changed(page);
                self.cursors[pool as usize] = next;
                return;
            }
        }
        let (page_type, age) = pool.page();
        let page = self.take_page(page_type, age);
        let occupied = self.occupied(page);
        self.cursors[pool as usize] =
            find_hole(page, &occupied, 0, bytes).expect("a fresh page has room");
    }

    /// The granules of a page that objects occupy, the page's header included.
    pub(crate) fn occupied(&self, page: Page) -> Bitmap {
        let starts = self.space.starts(page);
        let mut occupied = *starts;
        for granule in 0..(PAGE_HEADER_BYTES / GRANULE_BYTES) as usize {
            set_bit(&mut occupied, granule);
        }
        if self.space.entry(page).page_type == PageType::Pair {
            return occupied;
        }
        for granule in set_bits(starts) {
            let offset = u64::from(page.0) * PAGE_BYTES + granule as u64 * GRANULE_BYTES;
            let granules = Header(self.space.read(offset)).size_bytes() / GRANULE_BYTES;
            for covered in granule..(granule + granules as usize).min(PAGE_GRANULES) {
                set_bit(&mut occupied, covered);
            }
        }
        occupied
    }

    /// Fills a word of the body of an object that was just made in the nursery: no barrier.
    #[inline(always)]
    pub fn initialise(&mut self, object: Word, index: usize, bits: u64) {
        self.space.write(object.offset() + 8 + index as u64 * 8, bits);
    }

    /// Stores `value` into the word at `offset`, which may lie in any object.
    #[inline(always)]
    pub fn store(&mut self, offset: u64, value: Word) {
        // The card first: if the host dies between the two nothing is lost, and a clean page that
        // is written again is harmless.
        self.space.touch(offset);
        self.space.write(offset, value.0);
    }

    /// Tells the barrier that raw bytes of a range were or will be changed.
    pub fn touch_range(&mut self, offset: u64, bytes: u64) {
        let mut at = offset & !(CARD_BYTES - 1);
        while at < offset + bytes {
            self.space.touch(at);
            at += CARD_BYTES;
        }
    }

    /// The header of an object.
    #[inline(always)]
    pub fn header(&self, object: Word) -> Header {
        debug_assert!(object.is_object());
        Header(self.space.read(object.offset()))
    }

    /// The kind of the object `word` refers to, or `None` if it is no object.
    #[inline]
    pub fn kind_of(&self, word: Word) -> Option<Kind> {
        if word.is_object() { self.header(word).kind() } else { None }
    }

    /// Body word `index` of an object as a value.
    #[inline(always)]
    pub fn field(&self, object: Word, index: usize) -> Word {
        Word(self.space.read(object.offset() + 8 + index as u64 * 8))
    }

    /// Body word `index` of an object as raw bits.
    #[inline(always)]
    pub fn raw(&self, object: Word, index: usize) -> u64 {
        self.space.read(object.offset() + 8 + index as u64 * 8)
    }

    /// Sets body word `index` of an object.
    #[inline(always)]
    pub fn set_field(&mut self, object: Word, index: usize, value: Word) {
        debug_assert!(index < self.header(object).body_words());
        self.store(object.offset() + 8 + index as u64 * 8, value);
    }

    /// Sets a raw body word of an object.
    #[inline(always)]
    pub fn set_raw(&mut self, object: Word, index: usize, value: u64) {
        self.set_field(object, index, Word(value));
    }

    #[inline(always)]
    pub fn car(&self, pair: Word) -> Word {
        debug_assert!(pair.is_pair());
        Word(self.space.read(pair.offset()))
    }

    #[inline(always)]
    pub fn cdr(&self, pair: Word) -> Word {
        debug_assert!(pair.is_pair());
        Word(self.space.read(pair.offset() + 8))
    }

    pub fn set_car(&mut self, pair: Word, value: Word) {
        self.store(pair.offset(), value);
    }

    pub fn set_cdr(&mut self, pair: Word, value: Word) {
        self.store(pair.offset() + 8, value);
    }

    /// Keeps `word` alive and its reference up to date until the matching [`Heap::unprotect`];
    /// returns the place to read it from.
    pub fn protect(&mut self, word: Word) -> Protected {
        self.protected.push(word);
        Protected(self.protected.len() - 1)
    }

    /// The current value of a protected word.
    pub fn protected(&self, place: Protected) -> Word {
        self.protected[place.0]
    }

    /// Replaces a protected word.
    pub fn set_protected(&mut self, place: Protected, word: Word) {
        self.protected[place.0] = word;
    }

    /// Drops `place` and everything protected after it.
    pub fn unprotect(&mut self, place: Protected) {
        self.protected.truncate(place.0);
    }
}

/// The place of a word protected from collections; places are given back in reverse order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected(usize);

/// The first free extent of at least `bytes` bytes from `granule` on.
fn find_hole(page: Page, occupied: &Bitmap, granule: usize, bytes: u64) -> Option<Cursor> {
    let needed = (bytes / GRANULE_BYTES) as usize;
    let mut start = granule;
    while start + needed <= PAGE_GRANULES {
        if bit(occupied, start) {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        while end < PAGE_GRANULES && !bit(occupied, end) {
            end += 1;
        }
        if end - start >= needed {
            let base = u64::from(page.0) * PAGE_BYTES;
            return Some(Cursor {
                at: base + start as u64 * GRANULE_BYTES,
                end: base + end as u64 * GRANULE_BYTES,
                occupied: *occupied,
            });
        }
        start = end;
    }
    None
}

impl Heap {
    /// The start of the object that covers `offset`, in a page of objects or a run.
    pub fn object_containing(&self, offset: u64) -> Option<u64> {
        let page = Page((offset / PAGE_BYTES) as u32);
        let entry = self.space.entry(page);
        match entry.page_type {
            PageType::Run => Some(Heap::run_object(page)),
            PageType::RunTail => Some(Heap::run_object(Page(entry.run))),
            page_type if page_type.holds_objects() => {
                let starts = self.space.starts(page);
                let granule = (offset % PAGE_BYTES / GRANULE_BYTES) as usize;
                let mut index = granule / 64;
                let mut bits = starts[index] & (u64::MAX >> (63 - granule % 64));
                while bits == 0 {
                    index = index.checked_sub(1)?;
                    bits = starts[index];
                }
                let granule = index as u64 * 64 + u64::from(bits.ilog2());
                Some(u64::from(page.0) * PAGE_BYTES + granule * GRANULE_BYTES)
            }
            _ => None,
        }
    }
}
