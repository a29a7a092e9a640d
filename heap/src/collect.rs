//! Moving collections: one mechanism, three uses.
//!
//! A collection condemns pages, copies what is reachable in them to pages of an older age, and frees
//! the rest:
//!
//! | collection | condemns | copies to | remembered by card bits |
//! |---|---|---|---|
//! | minor | nursery | young | minor |
//! | young | nursery, young | recent | minor, commit |
//! | recent | nursery, young, recent | old | minor, commit, recent |
//!
//! A commit runs a young collection, so that only what is live at that instant is written, though a
//! nursery may have filled a dozen times since the last one. When many pages are recent, it runs a
//! recent collection instead. Runs (large objects) are never copied: being reached changes their age.
//!
//! Roots are the root table, protected words, what the [`RootSource`] visits, and the dirty cards of
//! pages that are not condemned. A segment of sealed frames is traced only below the highest live
//! offset of the continuations that reach it, and what lies above is overwritten with `dead`.
//!
//! Invariant: after a collection no page that is not in the nursery holds a reference into the
//! nursery, and no traced word refers to a condemned page.

use std::collections::HashMap;

use crate::heap::{Heap, Pool};
use crate::kind::{Header, Kind, body, value_ranges};
use crate::limits::*;
use crate::space::{Age, Page, PageType, bit, card, page_flag, set_bits};
use crate::word::Word;

/// Whatever holds words outside the heap: the machine's registers and running stack.
pub trait RootSource {
    /// Shows every root to `visitor`, which may replace it.
    fn visit_roots(&mut self, visitor: &mut dyn RootVisitor);
}

/// Receives roots; gives read access to the heap, because walking a stack reads code objects.
pub trait RootVisitor {
    fn visit(&mut self, slot: &mut Word);
    fn heap(&self) -> &Heap;
}

/// No roots beside the heap's own.
pub struct NoRoots;

impl RootSource for NoRoots {
    fn visit_roots(&mut self, _: &mut dyn RootVisitor) {}
}

/// Which objects a collection moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    Minor,
    Young,
    Recent,
}

impl Collection {
    fn target(self) -> Age {
        match self {
            Collection::Minor => Age::Young,
            Collection::Young => Age::Recent,
            Collection::Recent => Age::Old,
        }
    }

    fn card_bits(self) -> u8 {
        match self {
            Collection::Minor => card::MINOR,
            Collection::Young => card::MINOR | card::COMMIT,
            Collection::Recent => card::MINOR | card::COMMIT | card::RECENT,
        }
    }
}

/// How far a segment has been and is to be traced, in words.
struct SegmentExtent {
    traced: usize,
    wanted: usize,
}

/// A range of copied objects that is still to be traced.
struct GrayRange {
    at: u64,
    end: u64,
    pairs: bool,
}

struct Evacuation<'heap> {
    heap: &'heap mut Heap,
    target: Age,
    gray: Vec<GrayRange>,
    /// Where tracing stands in the holes being filled: pairs, objects.
    open: [u64; 2],
    /// Where the holes stood at the start.
    started: [u64; 2],
    runs: Vec<u64>,
    segments: HashMap<u64, SegmentExtent>,
    pending_segments: Vec<u64>,
}

impl Heap {
    /// Makes room for `bytes` bytes in the nursery, with the collections that are due.
    pub fn make_room(&mut self, bytes: u64, roots: &mut dyn RootSource) {
        assert!(bytes <= u64::from(NURSERY_PAGES) * PAGE_BYTES, "reservation beyond the nursery");
        let minors = self.counts.minor;
        if self.zeal && minors % ZEAL_MAJOR_INTERVAL == ZEAL_MAJOR_INTERVAL - 1 {
            self.collect_major(roots);
            self.counts.minor += 1;
        } else if self.young_pages.len() > YOUNG_PAGES_MAX {
            self.collect_young(roots);
        } else {
            self.collect(Collection::Minor, roots);
        }
        if self.over_limit() {
            self.collect_major(roots);
        }
        // Last: with zeal a collection leaves no room at all.
        if self.zeal {
            self.reset_nursery(bytes);
        }
    }

    /// Collects the young; with many recent pages those too, and with a heap that has grown enough
    /// the old as well. What a commit does first.
    pub fn collect_young(&mut self, roots: &mut dyn RootSource) {
        let grown = self.pages_in_use * PAGE_BYTES >= MAJOR_BYTES_MIN
            && self.pages_in_use >= self.pages_after_major * MAJOR_GROWTH;
        if grown {
            self.collect_major(roots);
        } else if self.recent_pages.len() + self.young_pages.len() > RECENT_PAGES_MAX {
            self.collect(Collection::Recent, roots);
        } else {
            self.collect(Collection::Young, roots);
        }
    }

    /// Runs one moving collection.
    pub fn collect(&mut self, collection: Collection, roots: &mut dyn RootSource) {
        let condemned = self.condemn(collection);
        let mut evacuation = Evacuation::start(self, collection.target());
        roots.visit_roots(&mut evacuation);
        evacuation.visit_own_roots();
        evacuation.visit_cards(collection.card_bits());
        evacuation.finish();
        self.release(&condemned, collection.target());
        self.clear_card_bits(collection);
        self.reset_nursery(0);
        self.move_epoch += 1;
        match collection {
            Collection::Minor => self.counts.minor += 1,
            Collection::Young => self.counts.young += 1,
            Collection::Recent => self.counts.recent += 1,
        }
    }

    /// Marks the pages that are to be emptied; the nursery's always are.
    fn condemn(&mut self, collection: Collection) -> Vec<Page> {
        let mut condemned = Vec::new();
        if collection != Collection::Minor {
            condemned.append(&mut self.young_pages);
            self.cursors[Pool::YoungPairs as usize] = crate::heap::Cursor::EMPTY;
            self.cursors[Pool::YoungObjects as usize] = crate::heap::Cursor::EMPTY;
        }
        if collection == Collection::Recent {
            condemned.append(&mut self.recent_pages);
            self.cursors[Pool::RecentPairs as usize] = crate::heap::Cursor::EMPTY;
            self.cursors[Pool::RecentObjects as usize] = crate::heap::Cursor::EMPTY;
        }
        for &page in &condemned {
            self.space.entry_mut(page).flags |= page_flag::CONDEMNED;
        }
        condemned
    }

    /// Frees condemned pages; runs that were reached live on at the target's age.
    fn release(&mut self, condemned: &[Page], target: Age) {
        for &page in condemned {
            let entry = self.space.entry_mut(page);
            if entry.flags & page_flag::REACHED == 0 {
                self.free_page(page);
                continue;
            }
            entry.flags &= !(page_flag::CONDEMNED | page_flag::REACHED);
            let count = entry.run;
            for number in page.0..page.0 + count {
                self.space.entry_mut(Page(number)).age = target;
            }
            if target == Age::Recent {
                self.recent_pages.push(page);
            }
        }
    }

    /// Takes away the bits this collection has dealt with. The commit's bit stays for the commit,
    /// unless there are none.
    fn clear_card_bits(&mut self, collection: Collection) {
        let mut bits = card::MINOR;
        if collection != Collection::Minor && !self.persistent {
            bits |= card::COMMIT;
        }
        if collection == Collection::Recent {
            bits |= card::RECENT;
        }
        for block in self.blocks_marked(bits) {
            for page in Heap::pages_of(block) {
                if self.space.cards_union(page) & bits != 0 {
                    self.space.cards_mut(page).iter_mut().for_each(|card| *card &= !bits);
                }
            }
            self.space.clear_block(block, bits);
        }
    }

    /// Blocks that may have a card with one of these bits, in ascending order.
    pub(crate) fn blocks_marked(&self, bits: u8) -> Vec<usize> {
        let used = self.code_range.blocks_used().chain(self.ordinary_range.blocks_used());
        used.filter(|&block| self.space.block(block) & bits != 0).collect()
    }

    /// The pages of a block, used or not.
    pub(crate) fn pages_of(block: usize) -> impl Iterator<Item = Page> + use<> {
        let first = block as u32 * BLOCK_PAGES;
        (first..first + BLOCK_PAGES).map(Page)
    }

    /// Every page of the ranges that has ever been used, free ones included.
    pub(crate) fn pages_used(&self) -> impl Iterator<Item = Page> + use<> {
        self.code_range.used().chain(self.ordinary_range.used()).map(Page)
    }

    /// The first offset of the object in a run.
    pub(crate) fn run_object(page: Page) -> u64 {
        u64::from(page.0) * PAGE_BYTES + PAGE_HEADER_BYTES
    }
}

impl RootVisitor for Evacuation<'_> {
    fn visit(&mut self, slot: &mut Word) {
        *slot = self.forward(*slot);
    }

    fn heap(&self) -> &Heap {
        self.heap
    }
}

impl<'heap> Evacuation<'heap> {
    fn start(heap: &'heap mut Heap, target: Age) -> Evacuation<'heap> {
        let open = [true, false].map(|pairs| heap.cursors[Pool::of(target, pairs) as usize].at);
        Evacuation {
            heap,
            target,
            gray: Vec::new(),
            open,
            started: open,
            runs: Vec::new(),
            segments: HashMap::new(),
            pending_segments: Vec::new(),
        }
    }

    /// The new reference for `word`: itself unless it lies in a condemned page.
    #[inline]
    fn forward(&mut self, word: Word) -> Word {
        if !word.is_reference() {
            return word;
        }
        let offset = word.offset();
        let page = Page((offset / PAGE_BYTES) as u32);
        let entry = self.heap.space.entry(page);
        if entry.flags & page_flag::CONDEMNED == 0 {
            return word;
        }
        if entry.page_type == PageType::Run {
            if entry.flags & page_flag::REACHED == 0 {
                self.heap.space.entry_mut(page).flags |= page_flag::REACHED;
                self.runs.push(offset);
            }
            return word;
        }
        let first = self.heap.space.read(offset);
        if first == Word::MOVED.0 {
            return Word(self.heap.space.read(offset + 8));
        }
        self.copy(word, offset, first)
    }

    fn copy(&mut self, word: Word, offset: u64, first: u64) -> Word {
        let pair = word.is_pair();
        let bytes = if pair { 16 } else { Header(first).size_bytes() };
        let to = self.allocate(pair, bytes);
        self.heap.space.copy(offset, to, bytes);
        self.heap.set_start(to);
        self.heap.counts.copied_bytes += bytes;
        let moved = if pair { Word::pair(to) } else { Word::object(to) };
        self.heap.space.write(offset, Word::MOVED.0);
        self.heap.space.write(offset + 8, moved.0);
        moved
    }

    /// Room in the target's pages; closes the range being traced when a new hole is taken up.
    fn allocate(&mut self, pair: bool, bytes: u64) -> u64 {
        let pool = Pool::of(self.target, pair);
        let side = usize::from(!pair);
        loop {
            let cursor = &mut self.heap.cursors[pool as usize];
            if cursor.at + bytes <= cursor.end {
                let offset = cursor.at;
                cursor.at += bytes;
                return offset;
            }
            let (at, end) = (cursor.at, cursor.end);
            if self.open[side] < at {
                self.gray.push(GrayRange { at: self.open[side], end: at, pairs: pair });
            }
            if end != 0 {
                // The page may have been stored before and was written again.
                let page = Page(((end - 1) / PAGE_BYTES) as u32);
                self.heap.space.mark_changed(page);
            }
            self.heap.next_hole(pool, bytes);
            self.open[side] = self.heap.cursors[pool as usize].at;
        }
    }

    fn visit_own_roots(&mut self) {
        for index in 0..self.heap.roots.len() {
            self.heap.roots[index] = self.forward(self.heap.roots[index]);
        }
        for index in 0..self.heap.protected.len() {
            self.heap.protected[index] = self.forward(self.heap.protected[index]);
        }
    }

    /// Traces until nothing is gray, then cuts segments above what is live.
    fn finish(&mut self) {
        loop {
            if let Some(range) = self.gray.pop() {
                self.trace_range(range.at, range.end, range.pairs);
            } else if let Some(offset) = self.runs.pop() {
                self.trace_object::<true>(offset);
            } else if self.trace_open(true) || self.trace_open(false) {
                continue;
            } else if let Some(offset) = self.pending_segments.pop() {
                self.trace_segment(offset);
            } else {
                break;
            }
        }
        for (offset, extent) in std::mem::take(&mut self.segments) {
            self.heap.cut_segment(offset, extent.wanted);
        }
        let target = self.target;
        for pair in [true, false] {
            let cursor = self.heap.cursors[Pool::of(target, pair) as usize];
            if cursor.at != self.started[usize::from(!pair)] {
                let page = Page(((cursor.end - 1) / PAGE_BYTES) as u32);
                self.heap.space.mark_changed(page);
            }
        }
    }

    /// Traces what was copied into the hole being filled; whether there was anything.
    fn trace_open(&mut self, pairs: bool) -> bool {
        let side = usize::from(!pairs);
        let (at, end) =
            (self.open[side], self.heap.cursors[Pool::of(self.target, pairs) as usize].at);
        if at >= end {
            return false;
        }
        self.open[side] = end;
        self.trace_range(at, end, pairs);
        true
    }

    fn trace_range(&mut self, mut at: u64, end: u64, pairs: bool) {
        if pairs {
            while at < end {
                self.trace_slot::<false>(at);
                self.trace_slot::<false>(at + 8);
                at += 16;
            }
            return;
        }
        while at < end {
            self.trace_object::<false>(at);
            at += Header(self.heap.space.read(at)).size_bytes();
        }
    }

    /// Forwards one word of an object that lives on. An object that stayed `IN_PLACE` may be as it
    /// is stored, so a change of its page must be seen; a copy's page is known to be new.
    #[inline(always)]
    fn trace_slot<const IN_PLACE: bool>(&mut self, offset: u64) {
        let old = Word(self.heap.space.read(offset));
        let new = self.forward(old);
        if new != old {
            self.heap.space.write(offset, new.0);
            if IN_PLACE {
                self.heap.space.touch_bits(offset, card::COMMIT | card::MARK);
            }
        }
    }

    fn trace_object<const IN_PLACE: bool>(&mut self, offset: u64) {
        let header = Header(self.heap.space.read(offset));
        if header.code() == Kind::Continuation as u8 {
            self.want_segment(offset);
        }
        let space = &self.heap.space;
        let ranges =
            value_ranges(header, || space.read(offset + 8 + 8 * body::Code::COUNTS as u64))
                .unwrap_or_else(|| panic!("object of unknown kind {:#x} at {offset:#x}", header.0));
        for (from, to) in [ranges.first, ranges.second] {
            for index in from..to {
                self.trace_slot::<IN_PLACE>(offset + 8 + index as u64 * 8);
            }
        }
    }

    /// Notes how far a continuation needs its segment. The segment itself is traced later, once.
    fn want_segment(&mut self, continuation: u64) {
        let slot = |index: usize| continuation + 8 + index as u64 * 8;
        let segment = Word(self.heap.space.read(slot(body::Continuation::SEGMENT)));
        let wanted = self.heap.space.read(slot(body::Continuation::OFFSET)) as usize;
        let old_page = Page((segment.offset() / PAGE_BYTES) as u32);
        if self.heap.space.entry(old_page).flags & page_flag::CONDEMNED == 0 {
            return;
        }
        let offset = self.forward(segment).offset();
        let extent = self.segments.entry(offset).or_insert(SegmentExtent { traced: 0, wanted: 0 });
        if wanted > extent.wanted {
            extent.wanted = wanted;
            self.pending_segments.push(offset);
        }
    }

    fn trace_segment(&mut self, offset: u64) {
        let extent = self.segments.get_mut(&offset).expect("a pending segment has an extent");
        let (from, to) = (extent.traced, extent.wanted);
        extent.traced = to.max(from);
        for index in from..to {
            // A long segment is a run, which stays in place.
            self.trace_slot::<true>(offset + 8 + index as u64 * 8);
        }
    }

    /// Visits the words of dirty cards in pages that are not condemned.
    fn visit_cards(&mut self, bits: u8) {
        let blocks = self.heap.blocks_marked(bits);
        for page in blocks.into_iter().flat_map(Heap::pages_of) {
            if self.heap.space.cards_union(page) & bits == 0 {
                continue;
            }
            let entry = self.heap.space.entry(page);
            if entry.flags & page_flag::CONDEMNED != 0 || entry.page_type == PageType::Free {
                continue;
            }
            let cards = *self.heap.space.cards_mut(page);
            for (index, &card) in cards.iter().enumerate() {
                if card & bits != 0 {
                    self.visit_card(page, index as u64);
                }
            }
        }
    }

    fn visit_card(&mut self, page: Page, index: u64) {
        let base = u64::from(page.0) * PAGE_BYTES;
        let (from, to) = (base + index * CARD_BYTES, base + (index + 1) * CARD_BYTES);
        let entry = self.heap.space.entry(page);
        match entry.page_type {
            PageType::Pair => {
                let starts = *self.heap.space.starts(page);
                let first = (index * CARD_BYTES / GRANULE_BYTES) as usize;
                for granule in first..first + (CARD_BYTES / GRANULE_BYTES) as usize {
                    if bit(&starts, granule) {
                        let offset = base + granule as u64 * GRANULE_BYTES;
                        self.visit_remembered(offset);
                        self.visit_remembered(offset + 8);
                    }
                }
            }
            PageType::Run => self.visit_object_part(Heap::run_object(page), from, to),
            PageType::RunTail => {
                let condemned = self.heap.space.entry(Page(entry.run)).flags & page_flag::CONDEMNED;
                if condemned == 0 {
                    self.visit_object_part(Heap::run_object(Page(entry.run)), from, to);
                }
            }
            _ => {
                let starts = *self.heap.space.starts(page);
                for granule in set_bits(&starts) {
                    let offset = base + granule as u64 * GRANULE_BYTES;
                    let size = Header(self.heap.space.read(offset)).size_bytes();
                    if offset < to && offset + size > from {
                        self.visit_object_part(offset, from, to);
                    }
                }
            }
        }
    }

    /// Visits the traced words of one object that lie in `from..to`.
    fn visit_object_part(&mut self, offset: u64, from: u64, to: u64) {
        let header = Header(self.heap.space.read(offset));
        let space = &self.heap.space;
        let counts = || space.read(offset + 8 + 8 * body::Code::COUNTS as u64);
        let Some(mut ranges) = value_ranges(header, counts) else { return };
        if header.code() == Kind::Segment as u8 {
            ranges.second = (0, header.body_words());
        }
        let body = offset + 8;
        for (first, last) in [ranges.first, ranges.second] {
            let mut at = (body + first as u64 * 8).max(from);
            let end = (body + last as u64 * 8).min(to);
            while at < end {
                self.visit_remembered(at);
                at += 8;
            }
        }
    }

    /// Forwards a remembered word. The object that holds it may be dead and its word stale, so a
    /// target is followed only if an object of the fitting sort starts there.
    fn visit_remembered(&mut self, slot: u64) {
        let old = Word(self.heap.space.read(slot));
        if !old.is_reference() || old.offset() >= self.heap.space.reserved_bytes() {
            return;
        }
        let entry = self.heap.space.entry(Page((old.offset() / PAGE_BYTES) as u32));
        if entry.flags & page_flag::CONDEMNED == 0 {
            return;
        }
        let fits = match entry.page_type {
            PageType::Nursery => true,
            PageType::Pair => old.is_pair() && self.heap.is_start(old.offset()),
            PageType::RunTail | PageType::Free => false,
            _ => old.is_object() && self.heap.is_start(old.offset()),
        };
        if !fits {
            return;
        }
        let new = self.forward(old);
        if self.heap.kind_of(new) == Some(Kind::Segment) {
            // Held by a dead continuation's word only if no live one wants more: trace it whole.
            let words = self.heap.header(new).body_words();
            let extent =
                self.segments.entry(new.offset()).or_insert(SegmentExtent { traced: 0, wanted: 0 });
            if words > extent.wanted {
                extent.wanted = words;
                self.pending_segments.push(new.offset());
            }
        }
        if new != old {
            self.heap.space.write(slot, new.0);
        }
        // The page this word is in was not condemned, so whoever looks at it later must know of
        // the change; a reference to a recent page is remembered for their evacuation.
        let mut bits = card::COMMIT | card::MARK;
        if self.target != Age::Old {
            bits |= card::RECENT;
        }
        self.heap.space.touch_bits(slot, bits);
    }
}

impl Heap {
    /// Overwrites the frames of a segment above word `live` with `dead`.
    pub(crate) fn cut_segment(&mut self, offset: u64, live: usize) {
        let words = Header(self.space.read(offset)).body_words();
        for index in live..words {
            let at = offset + 8 + index as u64 * 8;
            if self.space.read(at) != Word::DEAD.0 {
                self.space.write(at, Word::DEAD.0);
                self.space.touch_bits(at, card::COMMIT);
            }
        }
    }
}
