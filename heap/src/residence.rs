//! How much of the heap is in memory: pages that have not changed since they were committed are given back when
//! there are too many, and read again when somebody touches them (`demand`).
//!
//! Which ones: those that have been in memory longest, as nothing tells which are used. What is used comes back with the
//! next touch, for the price of one reading, and is then the last to go. Pages that have changed stay until a
//! commit has them, and so does what changed since its source was known, until the session asks the store again
//! ([`Heap::pages_to_locate`]).

use crate::demand::{Demand, GROUP_PAGES, LocatedPage};
use crate::heap::{Cursor, Heap};
use crate::limits::PAGE_BYTES;
use crate::snapshot::StoredPage;
use crate::space::{Page, PageType, page_flag};
use crate::store::{PageLocation, PageNumber, PageReader};

/// Part of the bound that is made free when it is passed, so that it is not passed again at once.
const RELIEF_DIVISOR: u64 = 8;
/// Part of the bound by which memory must have grown before giving back is tried again, if not enough could be.
const RETRY_DIVISOR: u64 = 16;
/// Groups whose pages are asked for at once.
const GROUPS_LOCATED_MAX: usize = 512;

/// What a heap has to give pages back with.
pub(crate) struct Residence {
    /// Reads pages, until the first is given back: then `demand` has it.
    reader: Option<Box<dyn PageReader>>,
    /// Bytes of pages that may be in memory.
    bytes_max: u64,
    /// Bytes in memory from which on giving back is worth a try.
    relief_at: u64,
    /// The group at which the search for those without a source goes on.
    locate_from: u32,
}

impl Residence {
    pub(crate) const UNBOUNDED: Residence =
        Residence { reader: None, bytes_max: u64::MAX, relief_at: u64::MAX, locate_from: 0 };
}

impl Heap {
    /// Bounds the bytes of pages in memory. `reader` reads those that were given back; without one, and where
    /// the system does not let this process handle page faults, nothing is.
    pub fn bound_residence(&mut self, bytes_max: u64, reader: Option<Box<dyn PageReader>>) {
        self.residence.bytes_max = bytes_max;
        self.residence.relief_at = bytes_max;
        if self.demand.is_none() {
            self.residence.reader = reader;
        }
    }

    /// Whether the system lets this process handle its page faults.
    pub fn pages_can_be_given_back() -> bool {
        Demand::is_possible()
    }

    /// Bytes of the pages in use that are in memory.
    pub fn resident_bytes(&self) -> u64 {
        self.bytes_in_use() - self.demand.as_ref().map_or(0, Demand::pages_absent) * PAGE_BYTES
    }

    /// Whether so much is in memory that giving pages back is worth a try.
    pub fn wants_relief(&self) -> bool {
        self.resident_bytes() > self.residence.relief_at
    }

    /// Whether a quarter more is in memory than may be: then it is time to wait for a commit.
    pub fn is_far_beyond_bound(&self) -> bool {
        let bytes_max = self.residence.bytes_max;
        self.resident_bytes() > bytes_max.saturating_add(bytes_max / 4)
    }

    /// A commit is durable: more may be given back than before.
    pub fn note_durable(&mut self) {
        self.residence.relief_at = self.residence.bytes_max;
    }

    /// Gives back pages whose source is known until there is room below the bound. Whether there is.
    pub fn give_back(&mut self) -> bool {
        self.leave_unchanged_holes();
        let bytes_max = self.residence.bytes_max;
        let wanted = bytes_max - bytes_max / RELIEF_DIVISOR;
        let mut kept = Vec::new();
        while self.resident_bytes() > wanted
            && let Some(demand) = &self.demand
            && let Some(group) = demand.take_oldest()
        {
            let pages = self.unchanged_pages(group);
            if pages.is_none_or(|pages| !demand.give_back(&mut self.space, group, &pages)) {
                kept.push(group);
            }
        }
        if let Some(demand) = &self.demand {
            kept.into_iter().for_each(|group| demand.put_back(group));
        }
        let resident = self.resident_bytes();
        self.residence.relief_at =
            bytes_max.max(resident.saturating_add(bytes_max / RETRY_DIVISOR));
        resident <= wanted
    }

    /// Gives pages back if there are too many; for a collection that reads the whole heap.
    pub(crate) fn relieve(&mut self) {
        if self.wants_relief() {
            self.give_back();
        }
    }

    /// Pages in memory that have not changed, of groups whose source is not known: who has a store in which all that
    /// was listed is durable asks it where they are, and tells ([`Heap::learn_locations`]).
    pub fn pages_to_locate(&mut self) -> Vec<PageNumber> {
        if self.demand.is_none() && self.residence.reader.is_none() {
            return Vec::new();
        }
        self.leave_unchanged_holes();
        let groups: Vec<u32> = self.groups_used();
        let from = groups.partition_point(|group| *group < self.residence.locate_from);
        let (mut found, mut group_count) = (Vec::new(), 0);
        for &group in groups[from..].iter().chain(&groups[..from]) {
            if group_count == GROUPS_LOCATED_MAX {
                break;
            }
            self.residence.locate_from = group + 1;
            if self.demand.as_ref().is_some_and(|demand| demand.has_source(group)) {
                continue;
            }
            let Some(pages) = self.unchanged_pages(group).filter(|pages| !pages.is_empty()) else {
                continue;
            };
            found.extend(pages.iter().map(|page| PageNumber(page.0)));
            group_count += 1;
        }
        found
    }

    /// Notes where pages are that [`Heap::pages_to_locate`] has just named.
    pub fn learn_locations(&mut self, pages: &[PageNumber], locations: &[Option<PageLocation>]) {
        assert_eq!(pages.len(), locations.len(), "there is an answer for each page");
        if self.demand.is_none()
            && let Some(reader) = self.residence.reader.take()
        {
            self.read_on_demand(Vec::new(), reader);
        }
        let Some(demand) = &self.demand else { return };
        let group_of = |page: &PageNumber| page.0 / GROUP_PAGES;
        let mut rest = locations;
        for members in pages.chunk_by(|one, other| group_of(one) == group_of(other)) {
            let (theirs, others) = rest.split_at(members.len());
            rest = others;
            let located = |(page, location): (&PageNumber, &Option<PageLocation>)| {
                Some((StoredPage::of(Page(page.0), self.space.entry(Page(page.0))), (*location)?))
            };
            let located: Option<Vec<LocatedPage>> =
                members.iter().zip(theirs).map(located).collect();
            if let Some(located) = located {
                demand.learn(group_of(&members[0]), located);
            }
        }
    }

    /// The pages in use of a group, if none has changed since a commit listed it.
    fn unchanged_pages(&self, group: u32) -> Option<Vec<Page>> {
        let pages = (group * GROUP_PAGES..(group + 1) * GROUP_PAGES).map(Page);
        let pages: Vec<Page> = pages
            .filter(|page| page.0 < self.space.pages())
            .filter(|page| self.space.entry(*page).page_type != PageType::Free)
            .collect();
        let is_unchanged = |page: &Page| {
            let entry = self.space.entry(*page);
            entry.page_type != PageType::Nursery
                && entry.flags & page_flag::STORED != 0
                && !self.is_changed(*page)
        };
        pages.iter().all(is_unchanged).then_some(pages)
    }

    /// Fills no hole further in a page that has not changed since it was committed: the hole was found in start bits that
    /// the stored ones need not equal, and the page may be read again with those.
    fn leave_unchanged_holes(&mut self) {
        for index in 0..self.cursors.len() {
            let page = self.cursors[index].page();
            if page.is_some_and(|page| !self.is_changed(page)) {
                self.cursors[index] = Cursor::EMPTY;
            }
        }
    }

    /// The groups that have ever had a page.
    fn groups_used(&self) -> Vec<u32> {
        let groups = |pages: std::ops::Range<u32>| {
            pages.start / GROUP_PAGES..pages.end.div_ceil(GROUP_PAGES)
        };
        groups(self.code_range.used()).chain(groups(self.ordinary_range.used())).collect()
    }

    /// Whether a page is in memory.
    pub(crate) fn is_present(&self, page: Page) -> bool {
        self.demand.as_ref().is_none_or(|demand| demand.is_present(page.0 / GROUP_PAGES))
    }
}
