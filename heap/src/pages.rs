//! Hands out pages and runs of pages, and takes them back.
//!
//! Two ranges: code pages below 2 GiB, all others above. Free extents are kept joined, so that runs
//! find room again after smaller neighbours were freed.

use std::collections::BTreeMap;

use crate::heap::Heap;
use crate::limits::{BLOCK_PAGES, CODE_END_PAGE, CODE_FIRST_PAGE, PAGE_BYTES, PAGE_CARDS};
use crate::space::{Age, BITMAP_WORDS, Page, PageEntry, PageType, page_flag};

/// Pages of one range that are not in use.
pub(crate) struct PageRange {
    first: u32,
    /// Pages from here to `end` have never been used.
    fresh: u32,
    end: u32,
    /// Free extents below `fresh`: first page to page count; never adjacent to each other.
    free: BTreeMap<u32, u32>,
}

impl PageRange {
    /// Everything behind the code range, in a heap of `pages` pages.
    pub(crate) fn ordinary(pages: u32) -> PageRange {
        PageRange::new(CODE_END_PAGE, pages)
    }

    pub(crate) fn code() -> PageRange {
        PageRange::new(CODE_FIRST_PAGE, CODE_END_PAGE)
    }

    fn new(first: u32, end: u32) -> PageRange {
        PageRange { first, fresh: first, end, free: BTreeMap::new() }
    }

    /// All pages that have ever been used.
    pub(crate) fn used(&self) -> std::ops::Range<u32> {
        self.first..self.fresh
    }

    /// The blocks of those pages.
    pub(crate) fn blocks_used(&self) -> std::ops::Range<usize> {
        (self.first / BLOCK_PAGES) as usize..self.fresh.div_ceil(BLOCK_PAGES) as usize
    }

    fn take(&mut self, count: u32) -> Option<Page> {
        let found = self.free.iter().find(|&(_, &length)| length >= count).map(|(&s, &l)| (s, l));
        if let Some((start, length)) = found {
            self.free.remove(&start);
            if length > count {
                self.free.insert(start + count, length - count);
            }
            return Some(Page(start));
        }
        if self.end - self.fresh < count {
            return None;
        }
        let page = Page(self.fresh);
        self.fresh += count;
        Some(page)
    }

    fn give_back(&mut self, page: Page, count: u32) {
        let (mut start, mut length) = (page.0, count);
        if let Some((&before, &before_length)) = self.free.range(..start).next_back()
            && before + before_length == start
        {
            self.free.remove(&before);
            (start, length) = (before, before_length + length);
        }
        if let Some(after_length) = self.free.remove(&(page.0 + count)) {
            length += after_length;
        }
        self.free.insert(start, length);
    }

    /// Makes exactly the pages that `in_use` names unavailable, after a restore.
    pub(crate) fn rebuild(&mut self, mut in_use: impl FnMut(Page) -> bool, last_used: u32) {
        self.free.clear();
        self.fresh = last_used.max(self.first);
        let mut free_from = None;
        for page in self.first..=self.fresh {
            let free = page < self.fresh && !in_use(Page(page));
            match (free, free_from) {
                (true, None) => free_from = Some(page),
                (false, Some(start)) => {
                    self.free.insert(start, page - start);
                    free_from = None;
                }
                _ => {}
            }
        }
    }
}

impl Heap {
    /// A page of `page_type`, its start bits clear and its cards clean.
    pub(crate) fn take_page(&mut self, page_type: PageType, age: Age) -> Page {
        let page = self.take_pages(1, page_type == PageType::Code);
        *self.space.entry_mut(page) = PageEntry {
            page_type,
            age,
            flags: self.space.entry(page).flags & page_flag::STORED,
            run: 0,
        };
        self.space.mark_changed(page);
        self.note_page(page, age);
        page
    }

    /// A run of pages for one object of `bytes` bytes including its header; zeroed, every card set.
    pub(crate) fn take_run(&mut self, bytes: u64, age: Age, code: bool) -> Page {
        let count = (bytes + crate::limits::PAGE_HEADER_BYTES).div_ceil(PAGE_BYTES) as u32;
        let first = self.take_pages(count, code);
        for number in first.0..first.0 + count {
            let page = Page(number);
            let stored = self.space.entry(page).flags & page_flag::STORED;
            *self.space.entry_mut(page) = PageEntry {
                page_type: if page == first { PageType::Run } else { PageType::RunTail },
                age,
                flags: stored,
                run: if page == first { count } else { first.0 },
            };
            self.space.mark_changed(page);
            self.space.touch_page(page);
        }
        self.space.discard(u64::from(first.0) * PAGE_BYTES, u64::from(count) * PAGE_BYTES);
        self.note_page(first, age);
        first
    }

    fn note_page(&mut self, page: Page, age: Age) {
        match age {
            Age::Young => self.young_pages.push(page),
            Age::Recent => self.recent_pages.push(page),
            Age::Old => {}
        }
    }

    fn take_pages(&mut self, count: u32, code: bool) -> Page {
        let range = if code { &mut self.code_range } else { &mut self.ordinary_range };
        // The limit on bytes in use lies far below the reserved range, and is checked where a
        // condition can be raised; running out here means that check is broken.
        let page = range.take(count).expect("the heap's reserved addresses are used up");
        self.pages_in_use += u64::from(count);
        page
    }

    /// Frees a page or, for a run's first page, the whole run.
    pub(crate) fn free_page(&mut self, page: Page) {
        let entry = self.space.entry(page);
        let count = if entry.page_type == PageType::Run { entry.run } else { 1 };
        assert!(!matches!(entry.page_type, PageType::Free | PageType::RunTail | PageType::Nursery));
        for number in page.0..page.0 + count {
            let page = Page(number);
            let stored = self.space.entry(page).flags & page_flag::STORED;
            if stored != 0 {
                self.tombstones.push(page);
            }
            *self.space.entry_mut(page) =
                PageEntry { page_type: PageType::Free, age: Age::Young, flags: stored, run: 0 };
            *self.space.starts_mut(page) = [0; BITMAP_WORDS];
            *self.space.cards_mut(page) = [0; PAGE_CARDS];
        }
        self.pages_in_use -= u64::from(count);
        let code = page.0 < CODE_END_PAGE;
        let range = if code { &mut self.code_range } else { &mut self.ordinary_range };
        range.give_back(page, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_join_and_are_used_again() {
        let mut range = PageRange::new(10, 100);
        let pages: Vec<Page> = (0..5).map(|_| range.take(1).unwrap()).collect();
        assert_eq!(pages, (10..15).map(Page).collect::<Vec<_>>());
        for page in [11, 13, 12] {
            range.give_back(Page(page), 1);
        }
        assert_eq!(range.free, BTreeMap::from([(11, 3)]));
        assert_eq!(range.take(3), Some(Page(11)));
        assert_eq!(range.take(1), Some(Page(15)));
        assert_eq!(range.take(90), None);
    }

    #[test]
    fn rebuilding_frees_what_is_not_in_use() {
        let mut range = PageRange::new(10, 100);
        range.rebuild(|page| [10, 12, 13].contains(&page.0), 15);
        assert_eq!(range.free, BTreeMap::from([(11, 1), (14, 1)]));
        assert_eq!(range.take(1), Some(Page(11)));
        assert_eq!(range.take(2), Some(Page(15)));
    }
}
