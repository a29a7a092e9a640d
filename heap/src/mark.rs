//! The major collection: marks everything from the roots and sweeps the old pages in place.
//!
//! It first evacuates young and recent pages, so that every object is old and stays where it is.
//! Mark bits lie outside the pages. Sweeping clears start bits in the table in memory only: a page
//! that merely lost objects is not written again; its stored start bits are brought up to date when
//! the page is next dirty. A page without a live object becomes free.
//!
//! Code is kept alive by closures and by return links: the frames of segments are walked here.

use std::collections::HashMap;

use crate::collect::{Collection, RootSource, RootVisitor};
use crate::frame::{Link, ReturnPoint};
use crate::heap::{Cursor, Heap, POOL_COUNT, Pool};
use crate::kind::{Header, Kind, body, value_ranges};
use crate::limits::*;
use crate::space::{BITMAP_WORDS, Bitmap, Page, PageType, bit, card, set_bit};
use crate::word::Word;

/// How far a segment is reached, and how far its frames have been walked.
#[derive(Default)]
struct SegmentReach {
    live: usize,
    traced: usize,
    walked: usize,
}

/// Objects, or pages when sweeping, between two looks at how much is in memory.
const OBJECTS_BETWEEN_RELIEFS: usize = 4_096;

/// Marks what is reachable. Also used to verify and to count a heap: `Marker` changes nothing but
/// mark bits.
pub(crate) struct Marker<'heap> {
    pub(crate) heap: &'heap mut Heap,
    stack: Vec<Word>,
    segments: HashMap<u64, SegmentReach>,
}

impl RootVisitor for Marker<'_> {
    fn visit(&mut self, slot: &mut Word) {
        self.mark(*slot);
    }

    fn heap(&self) -> &Heap {
        self.heap
    }
}

impl Heap {
    /// Collects the whole heap. Costs time in proportion to what is live and to the pages in use.
    pub fn collect_major(&mut self, roots: &mut dyn RootSource) {
        self.collect(Collection::Recent, roots);
        let reached = self.mark_all(roots);
        for (offset, live) in reached {
            self.cut_segment(offset, live);
        }
        self.sweep();
        self.counts.major += 1;
        self.pages_after_major = self.pages_in_use;
    }

    /// Marks everything reachable and returns the live extents of segments.
    pub(crate) fn mark_all(&mut self, roots: &mut dyn RootSource) -> Vec<(u64, usize)> {
        assert!(self.nursery_is_empty(), "marking works on pages, not on the nursery");
        for page in self.pages_used() {
            if self.space.entry(page).page_type != PageType::Free {
                *self.space.marks_mut(page) = [0; BITMAP_WORDS];
            }
        }
        let mut marker = Marker { heap: self, stack: Vec::new(), segments: HashMap::new() };
        roots.visit_roots(&mut marker);
        for index in 0..marker.heap.roots.len() {
            marker.mark(marker.heap.roots[index]);
        }
        for index in 0..marker.heap.protected.len() {
            marker.mark(marker.heap.protected[index]);
        }
        marker.drain();
        marker.segments.into_iter().map(|(offset, reach)| (offset, reach.live)).collect()
    }

    /// Frees what an image just read and verified holds without needing it. Stored start bits may
    /// still show objects that died before the last commit.
    pub fn sweep_after_opening(&mut self) {
        self.mark_all(&mut crate::collect::NoRoots);
        self.sweep();
        self.pages_after_major = self.pages_in_use;
    }

    /// Finds the room in pages, and takes what their start bits show for live: objects that died since
    /// the last major collection stay until the next one.
    pub fn sweep_starts(&mut self) {
        for page in self.pages_used() {
            *self.space.marks_mut(page) = *self.space.starts(page);
        }
        self.sweep();
        self.pages_after_major = self.pages_in_use;
    }

    /// Makes the start bits equal to the mark bits, and frees pages without live objects.
    pub(crate) fn sweep(&mut self) {
        self.cursors = [Cursor::EMPTY; POOL_COUNT];
        self.partial.iter_mut().for_each(Vec::clear);
        let pages: Vec<Page> = self.pages_used().collect();
        for (index, &page) in pages.iter().rev().enumerate() {
            if index % OBJECTS_BETWEEN_RELIEFS == 0 {
                self.relieve();
            }
            let entry = self.space.entry(page);
            match entry.page_type {
                PageType::Free | PageType::RunTail | PageType::Nursery => continue,
                _ => {}
            }
            let marks = *self.space.marks(page);
            if marks == [0; BITMAP_WORDS] {
                self.free_page(page);
                continue;
            }
            if !self.is_present(page) {
                // What died there is not worth a reading.
                continue;
            }
            *self.space.starts_mut(page) = marks;
            let Some(pool) = Pool::of_old_page(entry.page_type) else { continue };
            if usize::from(self.free_granules(page)) >= PAGE_GRANULES / 4 {
                self.partial[pool as usize].push(page);
            }
        }
        let free = |heap: &Heap, page: Page| heap.space.entry(page).page_type == PageType::Free;
        let mut recent = std::mem::take(&mut self.recent_pages);
        recent.retain(|&page| !free(self, page));
        self.recent_pages = recent;
    }

    /// Granules of a page that no object occupies.
    pub fn free_granules(&self, page: Page) -> u16 {
        match self.space.entry(page).page_type {
            PageType::Run | PageType::RunTail => 0,
            _ => free_count(&self.occupied(page)),
        }
    }
}

/// Granules whose bit is clear.
pub(crate) fn free_count(occupied: &Bitmap) -> u16 {
    let used: u32 = occupied.iter().map(|word| word.count_ones()).sum();
    (PAGE_GRANULES as u32 - used) as u16
}

impl Marker<'_> {
    fn mark(&mut self, word: Word) {
        if !word.is_reference() {
            return;
        }
        let offset = word.offset();
        let page = Page((offset / PAGE_BYTES) as u32);
        let granule = (offset % PAGE_BYTES / GRANULE_BYTES) as usize;
        debug_assert!(self.heap.is_start(offset), "reference to no object: {word:?}");
        let marks = self.heap.space.marks_mut(page);
        if !bit(marks, granule) {
            set_bit(marks, granule);
            self.stack.push(word);
        }
    }

    fn drain(&mut self) {
        let mut until_relief = OBJECTS_BETWEEN_RELIEFS;
        while let Some(word) = self.stack.pop() {
            until_relief -= 1;
            if until_relief == 0 {
                until_relief = OBJECTS_BETWEEN_RELIEFS;
                self.heap.relieve();
            }
            let offset = word.offset();
            if word.is_pair() {
                self.mark(Word(self.heap.space.read(offset)));
                self.mark(Word(self.heap.space.read(offset + 8)));
            } else {
                self.mark_object(word);
            }
        }
    }

    fn mark_object(&mut self, object: Word) {
        let header = self.heap.header(object);
        if header.code() == Kind::Continuation as u8 {
            self.reach_segment(object);
        }
        let heap = &self.heap;
        let ranges = value_ranges(header, || heap.raw(object, body::Code::COUNTS))
            .unwrap_or_else(|| panic!("object of unknown kind {:#x}: {object:?}", header.0));
        for (from, to) in [ranges.first, ranges.second] {
            for index in from..to {
                self.mark(self.heap.field(object, index));
            }
        }
    }

    /// Marks the frames of a continuation's segment below its offset, and their code.
    fn reach_segment(&mut self, continuation: Word) {
        let segment = self.heap.field(continuation, body::Continuation::SEGMENT);
        let offset = self.heap.raw(continuation, body::Continuation::OFFSET) as usize;
        let link = Link(self.heap.raw(continuation, body::Continuation::LINK));
        let interrupted = self.heap.field(continuation, body::Continuation::CODE).is_object();
        let reach = self.segments.entry(segment.offset()).or_default();
        let (traced, walked) = (reach.traced, reach.walked);
        reach.live = reach.live.max(offset);
        reach.traced = reach.traced.max(offset);
        reach.walked = reach.walked.max(offset);
        for index in traced..offset {
            self.mark(self.heap.field(segment, index));
        }
        let (mut top, mut link) = (offset, link);
        let mut code_known = interrupted;
        while top > walked {
            if !code_known {
                let code = self.heap.code_of_return(link);
                self.mark(code);
            }
            code_known = false;
            top -= link.shift_words();
            link = Link(self.heap.field(segment, top + 1).0);
        }
    }
}

impl Heap {
    /// The code object a return link goes back to, found through its return-point word.
    ///
    /// # Panics
    /// If the link is not one the machine wrote.
    pub fn code_of_return(&self, link: Link) -> Word {
        let point = ReturnPoint::decode(self.space.read(link.return_offset() - 8))
            .expect("a link refers to a return point");
        Word::object(link.return_offset() - point.distance as u64 * 8)
    }

    /// Bytes and counts of live objects by kind, pairs first. Marks the heap; changes nothing else.
    pub fn census(&mut self, roots: &mut dyn RootSource) -> Vec<(&'static str, u64, u64)> {
        self.mark_all(roots);
        let mut pairs = (0u64, 0u64);
        let mut by_kind = vec![(0u64, 0u64); 256];
        for page in self.pages_used().collect::<Vec<_>>() {
            let entry = self.space.entry(page);
            if matches!(entry.page_type, PageType::Free | PageType::RunTail) {
                continue;
            }
            let marks = *self.space.marks(page);
            if entry.page_type == PageType::Pair {
                let count: u64 = marks.iter().map(|word| u64::from(word.count_ones())).sum();
                pairs = (pairs.0 + count, pairs.1 + count * 16);
                continue;
            }
            for granule in crate::space::set_bits(&marks) {
                let offset = u64::from(page.0) * PAGE_BYTES + granule as u64 * GRANULE_BYTES;
                let header = Header(self.space.read(offset));
                let row = &mut by_kind[header.code() as usize];
                *row = (row.0 + 1, row.1 + header.size_bytes());
            }
        }
        let mut rows = vec![("Pair", pairs.0, pairs.1)];
        for &kind in Kind::ALL {
            let (count, bytes) = by_kind[kind as usize];
            if count > 0 {
                rows.push((kind.row().name, count, bytes));
            }
        }
        rows
    }

    /// Clears every card's commit bit of a page; the commit has listed it.
    pub(crate) fn clear_commit_bits(&mut self, page: Page) {
        self.space.cards_mut(page).iter_mut().for_each(|card| *card &= !card::COMMIT);
    }
}
