//! Between heap and store: lists what a commit writes, and reads an image back.
//!
//! A stored page has a header of 256 bytes that the page in memory does not use: its type, the
//! length of its run and its start bits, brought up to date when the page is written. Bytes that no
//! object covers are written as zero, so that equal contents give equal pages. Later pages of a run
//! have no header. `docs/format.md` draws the layout.

use crate::demand::Demand;
use crate::heap::Heap;
use crate::limits::*;
use crate::mark::free_count;
use crate::space::{Age, BITMAP_WORDS, Bitmap, Page, PageEntry, PageType, card, page_flag};
use crate::store::{
    PageAttributes, PageLocation, PageNumber, PageSink, PagesOnDemand, RootRecord, Store,
    StoreError, Wave, WavePage,
};
use crate::word::Word;

/// Version of the page layout and the object kinds.
pub const PAGE_FORMAT_VERSION: u8 = 2;
/// Bits of a block that has something for the commit.
const COMMIT_BITS: u8 = card::COMMIT | card::PAGES;
/// The root record's counter that holds [`Heap::move_epoch`].
const MOVE_EPOCH_COUNTER: usize = 0;
/// Offsets inside a stored page's header.
pub mod page_header {
    /// Version of the page layout, one byte.
    pub const VERSION: usize = 0;
    /// The page type's code, one byte.
    pub const PAGE_TYPE: usize = 1;
    /// Pages of the run this page begins, or 0; four bytes.
    pub const RUN_PAGES: usize = 4;
    /// Start bits, 128 bytes.
    pub const STARTS: usize = 128;
}

/// What a wave holds, by count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaveSummary {
    pub pages: usize,
    pub tombstones: usize,
}

impl Heap {
    /// Copies every page that differs from its stored version into `wave`, and takes note that
    /// they are the same from here on. The nursery must be empty: a commit collects first.
    pub fn list_changes(&mut self, wave: &mut Wave) -> WaveSummary {
        self.list_part(wave, usize::MAX).expect("there is room for all")
    }

    /// As [`Heap::list_changes`], but no more than so many bytes and a block: `None` if there is more. What was
    /// listed so far has to be written ([`Store::write_ahead`]) before the next part is listed in its place.
    pub fn list_part(&mut self, wave: &mut Wave, bytes_max: usize) -> Option<WaveSummary> {
        assert!(self.nursery_is_empty(), "a commit collects the nursery first");
        wave.clear();
        for block in self.blocks_marked(COMMIT_BITS) {
            if wave.arena.len() >= bytes_max {
                return None;
            }
            for page in Heap::pages_of(block) {
                if self.is_changed(page) {
                    self.list_page(page, wave);
                }
            }
            self.space.clear_block(block, COMMIT_BITS);
        }
        let pages = wave.pages.len();
        for page in std::mem::take(&mut self.tombstones) {
            let entry = self.space.entry_mut(page);
            if entry.page_type == PageType::Free && entry.flags & page_flag::STORED != 0 {
                entry.flags &= !page_flag::STORED;
                let attributes = PageAttributes::default();
                wave.pages.push(WavePage { page: PageNumber(page.0), attributes, body: None });
            }
        }
        wave.roots.words.clear();
        wave.roots.words.extend(self.roots.iter().map(|word| word.0));
        wave.roots.counters[MOVE_EPOCH_COUNTER] = self.move_epoch;
        Some(WaveSummary { pages, tombstones: wave.pages.len() - pages })
    }

    /// Whether any page differs from its stored version, or anything is in the nursery.
    pub fn has_changes(&self) -> bool {
        !self.nursery_is_empty()
            || !self.tombstones.is_empty()
            || self
                .blocks_marked(COMMIT_BITS)
                .into_iter()
                .flat_map(Heap::pages_of)
                .any(|page| self.is_changed(page))
    }

    /// Whether a page differs from its stored version.
    pub(crate) fn is_changed(&self, page: Page) -> bool {
        let entry = self.space.entry(page);
        entry.page_type != PageType::Free
            && (entry.flags & page_flag::CHANGED != 0
                || self.space.cards_union(page) & card::COMMIT != 0)
    }

    /// Copies a page into the wave and takes note that it is stored as it is.
    fn list_page(&mut self, page: Page, wave: &mut Wave) {
        let entry = self.space.entry(page);
        let body = Some((wave.arena.len() / PAGE_BYTES as usize) as u32);
        let free_granules = self.append_page(page, &mut wave.arena);
        let run_owner = if entry.page_type == PageType::RunTail { entry.run } else { 0 };
        let attributes =
            PageAttributes { page_type: entry.page_type as u8, free_granules, run_owner };
        wave.pages.push(WavePage { page: PageNumber(page.0), attributes, body });
        self.clear_commit_bits(page);
        let flags = &mut self.space.entry_mut(page).flags;
        *flags = *flags & !page_flag::CHANGED | page_flag::STORED;
        if let Some(demand) = &self.demand {
            demand.forget(page);
        }
    }

    /// Appends a page as it is stored and returns how many granules of it are free.
    fn append_page(&self, page: Page, arena: &mut Vec<u8>) -> u16 {
        let start = arena.len();
        arena.resize(start + PAGE_BYTES as usize, 0);
        let body = &mut arena[start..];
        let base = u64::from(page.0) * PAGE_BYTES;
        let entry = self.space.entry(page);
        if entry.page_type == PageType::RunTail {
            body.copy_from_slice(self.space.bytes(base, PAGE_BYTES as usize));
            return 0;
        }
        body[page_header::VERSION] = PAGE_FORMAT_VERSION;
        body[page_header::PAGE_TYPE] = entry.page_type as u8;
        body[page_header::RUN_PAGES..page_header::RUN_PAGES + 4]
            .copy_from_slice(&entry.run.to_le_bytes());
        let starts = self.space.starts(page);
        for (index, word) in starts.iter().enumerate() {
            let at = page_header::STARTS + index * 8;
            body[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        let occupied = self.occupied(page);
        for (from, to) in extents(&occupied) {
            let (from, to) = (from.max(PAGE_HEADER_BYTES as usize), to);
            body[from..to].copy_from_slice(self.space.bytes(base + from as u64, to - from));
        }
        match entry.page_type {
            PageType::Run => 0,
            _ => free_count(&occupied),
        }
    }

    pub(crate) fn nursery_is_empty(&self) -> bool {
        let start = u64::from(NURSERY_FIRST_PAGE) * PAGE_BYTES;
        self.bump as u64 - self.space.base() as u64 == start
    }

    /// Reads a whole image. Every page's hash is checked by the store; what the pages hold is
    /// checked by [`Heap::verify`], which the caller runs before anything else.
    ///
    /// # Errors
    /// What the store reports, or damage if a page's header does not fit its attributes.
    pub fn restore(store: &mut dyn Store) -> Result<Heap, StoreError> {
        Heap::restore_reserving(store, HEAP_RESERVED_BYTES)
    }

    /// As [`Heap::restore`], in `bytes` reserved addresses: for an image that fits them.
    ///
    /// # Errors
    /// As [`Heap::restore`]; a page beyond the addresses counts as damage.
    pub fn restore_reserving(store: &mut dyn Store, bytes: u64) -> Result<Heap, StoreError> {
        let (_, record) = store.newest_root()?.ok_or_else(|| damaged("the image has no root"))?;
        Heap::restore_pages(&record, bytes, |sink| store.load(sink))
    }

    /// A heap of these roots and of the pages that `load` gives.
    pub(crate) fn restore_pages(
        record: &RootRecord,
        bytes: u64,
        load: impl FnOnce(&mut PageSink<'_>) -> Result<(), StoreError>,
    ) -> Result<Heap, StoreError> {
        let mut heap = Heap::with_roots(record, bytes)?;
        let mut entered = Vec::new();
        load(&mut |number, attributes, body| {
            let page = StoredPage::new(number, attributes, |_| StoredPage::run_in(body))?;
            heap.check_place(page.page)?;
            let place = heap.space.bytes_mut(u64::from(number.0) * PAGE_BYTES, PAGE_BYTES as usize);
            let starts = page.unpack(body, place)?;
            *heap.space.starts_mut(page.page) = starts;
            entered.push(page);
            Ok(())
        })?;
        heap.enter_pages(&entered);
        Ok(heap)
    }

    /// As [`Heap::restore`], but pages are read when they are first touched: what is not used costs nothing. Damage
    /// is found as late as that, see [`Heap::demand_failure`]. `None` if the store or the
    /// system would rather read all at once.
    ///
    /// # Errors
    /// As [`Heap::restore`].
    pub fn restore_on_demand(store: &mut dyn Store) -> Result<Option<Heap>, StoreError> {
        let (_, record) = store.newest_root()?.ok_or_else(|| damaged("the image has no root"))?;
        if !Demand::is_possible() {
            return Ok(None);
        }
        let Some(PagesOnDemand { pages, reader }) = store.load_on_demand()? else {
            return Ok(None);
        };
        let mut heap = Heap::with_roots(&record, HEAP_RESERVED_BYTES)?;
        let mut entered = Vec::with_capacity(pages.len());
        for (index, (number, location)) in pages.iter().enumerate() {
            let run = |first: PageNumber| {
                let is_later = |(_, other): &&(PageNumber, PageLocation)| {
                    let other = other.attributes();
                    other.page_type == PageType::RunTail as u8 && other.run_owner == first.0
                };
                1 + pages[index + 1..].iter().take_while(is_later).count() as u32
            };
            let page = StoredPage::new(*number, location.attributes(), run)?;
            heap.check_place(page.page)?;
            entered.push(page);
        }
        heap.enter_pages(&entered);
        let locations = pages.into_iter().map(|(_, location)| location);
        let located = entered.into_iter().zip(locations).collect();
        Ok(heap.read_on_demand(located, reader).then_some(heap))
    }

    /// A heap without pages.
    fn with_roots(record: &RootRecord, bytes: u64) -> Result<Heap, StoreError> {
        let mut heap = Heap::reserving(bytes).map_err(|source| StoreError::Io {
            during: "reserving addresses for",
            path: "the heap".into(),
            source,
        })?;
        heap.set_roots(record)?;
        // Later than every epoch a stored hash table was indexed in.
        heap.move_epoch = record.counters[MOVE_EPOCH_COUNTER] + 1;
        Ok(heap)
    }

    /// Refuses a page where no heap has one.
    fn check_place(&self, page: Page) -> Result<(), StoreError> {
        match page.0 {
            CODE_FIRST_PAGE.. if page.0 < self.space.pages() => Ok(()),
            _ => Err(damaged(format!("page {} lies outside the heap", page.0))),
        }
    }

    /// Enters the pages of an image in the tables.
    fn enter_pages(&mut self, pages: &[StoredPage]) {
        let mut last = [CODE_FIRST_PAGE, CODE_END_PAGE];
        for page in pages {
            let side = usize::from(page.page.0 >= CODE_END_PAGE);
            last[side] = last[side].max(page.page.0 + 1);
            *self.space.entry_mut(page.page) = page.entry();
        }
        self.pages_in_use = pages.len() as u64;
        self.pages_after_major = self.pages_in_use;
        let Heap { space, ordinary_range, code_range, .. } = self;
        let in_use = |page: Page| space.entry(page).page_type != PageType::Free;
        code_range.rebuild(in_use, last[0]);
        ordinary_range.rebuild(in_use, last[1]);
    }

    /// Takes every page for one that no store has.
    pub(crate) fn forget_commits(&mut self) {
        for page in self.pages_used() {
            if self.space.entry(page).page_type != PageType::Free {
                self.space.entry_mut(page).flags &= !page_flag::STORED;
                self.space.mark_changed(page);
            }
        }
    }

    fn set_roots(&mut self, record: &RootRecord) -> Result<(), StoreError> {
        if record.words.len() != ROOT_WORDS {
            return Err(damaged(format!(
                "the root record has {} words instead of {ROOT_WORDS}",
                record.words.len()
            )));
        }
        for (root, &word) in self.roots.iter_mut().zip(&record.words) {
            *root = Word(word);
        }
        Ok(())
    }
}

/// A page of an image, as it is entered in the tables.
pub(crate) struct StoredPage {
    pub page: Page,
    page_type: PageType,
    /// As in [`PageEntry::run`].
    run: u32,
}

impl StoredPage {
    /// The page of a row of the store. `run` says how many pages the run has that it begins, or 0.
    fn new(
        number: PageNumber,
        attributes: PageAttributes,
        run: impl FnOnce(PageNumber) -> u32,
    ) -> Result<StoredPage, StoreError> {
        let page_type = PageType::from_code(attributes.page_type)
            .filter(|t| !matches!(t, PageType::Free | PageType::Nursery))
            .ok_or_else(|| damaged(format!("page {number}: unknown page type")))?;
        let run = match page_type {
            PageType::RunTail => attributes.run_owner,
            PageType::Run => run(number),
            _ => 0,
        };
        Ok(StoredPage { page: Page(number.0), page_type, run })
    }

    /// A page that is in the tables.
    pub fn of(page: Page, entry: PageEntry) -> StoredPage {
        StoredPage { page, page_type: entry.page_type, run: entry.run }
    }

    fn entry(&self) -> PageEntry {
        let StoredPage { page_type, run, .. } = *self;
        PageEntry { page_type, age: Age::Old, flags: page_flag::STORED, run }
    }

    /// How many pages the run has that a body begins, as its header says.
    fn run_in(body: &[u8]) -> u32 {
        let at = page_header::RUN_PAGES;
        u32::from_le_bytes(body[at..at + 4].try_into().expect("4 bytes"))
    }

    /// Copies a stored body to its place in memory, which is zero, and returns its start bits.
    pub fn unpack(&self, body: &[u8], place: &mut [u8]) -> Result<Bitmap, StoreError> {
        let bad = |what: &str| damaged(format!("page {}: {what}", self.page.0));
        if self.page_type == PageType::RunTail {
            place.copy_from_slice(body);
            return Ok([0; BITMAP_WORDS]);
        }
        check_version(self.page, body[page_header::VERSION])?;
        if body[page_header::PAGE_TYPE] != self.page_type as u8 {
            return Err(bad("its header names another page type than its row"));
        }
        if StoredPage::run_in(body) != self.run {
            return Err(bad("its run has another length than its header says"));
        }
        let header = PAGE_HEADER_BYTES as usize;
        place[header..].copy_from_slice(&body[header..]);
        Ok(stored_starts(body))
    }
}

/// Refuses a page whose layout this version does not read.
fn check_version(page: Page, found: u8) -> Result<(), StoreError> {
    match found {
        PAGE_FORMAT_VERSION => Ok(()),
        1 => Err(damaged(format!(
            "page {} has layout 1, of pscheme before its first release, which is not read any more",
            page.0
        ))),
        0 => Err(damaged(format!("page {}: no version of the page layout", page.0))),
        _ => Err(StoreError::Newer {
            what: "the page layout",
            found: found.into(),
            known: PAGE_FORMAT_VERSION.into(),
        }),
    }
}

/// The extents of granules whose bit is set, in bytes from the start of the page.
fn extents(map: &Bitmap) -> Vec<(usize, usize)> {
    let mut extents: Vec<(usize, usize)> = Vec::new();
    let mut add = |from: usize, to: usize| match extents.last_mut() {
        Some(last) if last.1 == from => last.1 = to,
        _ => extents.push((from, to)),
    };
    for (index, &word) in map.iter().enumerate() {
        let (mut rest, mut at) = (word, 0);
        while rest != 0 {
            let skipped = rest.trailing_zeros();
            rest >>= skipped;
            let length = rest.trailing_ones();
            at += skipped;
            let granule = index * 64 + at as usize;
            let to = granule + length as usize;
            add(granule * GRANULE_BYTES as usize, to * GRANULE_BYTES as usize);
            rest = rest.checked_shr(length).unwrap_or(0);
            at += length;
        }
    }
    extents
}

fn stored_starts(body: &[u8]) -> Bitmap {
    let mut starts = [0; BITMAP_WORDS];
    for (index, word) in starts.iter_mut().enumerate() {
        let at = page_header::STARTS + index * 8;
        *word = u64::from_le_bytes(body[at..at + 8].try_into().expect("8 bytes"));
    }
    starts
}

/// Damage found by the heap rather than by a hash.
pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged(what.into())
}
