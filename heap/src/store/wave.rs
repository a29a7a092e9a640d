//! What the machine hands to the store and gets back: the pages of one wave, and a receipt.

use std::collections::BTreeSet;

use super::identity::{Digest, PageNumber, TransactionId};
use super::limits::PAGE_SIZE_BYTES;
use super::root::RootRecord;

/// What the store keeps beside a page's body. All of it is covered by the page version's hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageAttributes {
    /// The page's type, as the heap numbers them.
    pub page_type: u8,
    /// Granules of 16 bytes that can still be allocated, so that allocation goes on after opening.
    pub free_granules: u16,
    /// The first page of the multi-page object this page belongs to, or 0.
    pub run_owner: u32,
}

/// One page that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavePage {
    /// Which page.
    pub page: PageNumber,
    /// Its attributes; for a freed page they are not kept.
    pub attributes: PageAttributes,
    /// The index of its body among the 16 KiB slots of the arena; `None` if the page was freed.
    pub body: Option<u32>,
}

/// The pages that changed between two commits and the roots that go with them, copied at one
/// instant. The arena's memory is meant to be used again: the writer gives waves back.
#[derive(Debug, Default)]
pub struct Wave {
    /// Each changed page once, in any order.
    pub pages: Vec<WavePage>,
    /// The bodies, one slot of [`PAGE_SIZE_BYTES`] after the other.
    pub arena: Vec<u8>,
    /// The machine's roots at that instant.
    pub roots: RootRecord,
    /// Names that the commit gets; a store without a past passes them over.
    pub tags: Vec<String>,
    /// Somebody waits for the list of kept commits, this one included.
    pub wants_log: bool,
}

impl WavePage {
    /// A page that was freed.
    pub fn freed(page: PageNumber) -> WavePage {
        WavePage { page, attributes: PageAttributes::default(), body: None }
    }
}

impl Wave {
    /// Adds a page with a copy of its body.
    pub fn push(&mut self, page: PageNumber, attributes: PageAttributes, body: &[u8]) {
        assert_eq!(body.len(), PAGE_SIZE_BYTES, "a page's body has a page's size");
        let slot = (self.arena.len() / PAGE_SIZE_BYTES) as u32;
        self.arena.extend_from_slice(body);
        self.pages.push(WavePage { page, attributes, body: Some(slot) });
    }

    /// The body of a page of this wave, or `None` for a freed one.
    ///
    /// # Panics
    /// If the page's slot does not lie inside the arena.
    pub fn body(&self, page: &WavePage) -> Option<&[u8]> {
        let start = page.body? as usize * PAGE_SIZE_BYTES;
        Some(&self.arena[start..start + PAGE_SIZE_BYTES])
    }

    /// Takes out the pages that another wave has too.
    pub(super) fn drop_pages_of(&mut self, other: &Wave) {
        if !self.pages.is_empty() {
            let others: BTreeSet<PageNumber> = other.pages.iter().map(|page| page.page).collect();
            self.pages.retain(|page| !others.contains(&page.page));
        }
    }

    /// Empties the wave and keeps its memory.
    pub fn clear(&mut self) {
        self.pages.clear();
        self.arena.clear();
        self.tags.clear();
        self.wants_log = false;
        self.roots = RootRecord::default();
    }
}

/// What one commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitReceipt {
    /// The number of the commit.
    pub transaction: TransactionId,
    /// The hash of its root, which covers the whole state.
    pub root_hash: Digest,
    /// Changed pages with a body.
    pub page_count: u32,
    /// Freed pages.
    pub tombstone_count: u32,
    /// Bytes of page bodies as they were stored, that is, after compression.
    pub body_bytes: u64,
    /// Bytes of the values in the rows of the page map.
    pub map_row_bytes: u64,
    /// Bytes of the values in the rows of region digests.
    pub region_row_bytes: u64,
    /// Bytes of the values in the root's row.
    pub root_bytes: u64,
    /// Bytes that went into the write-ahead log, all of the above and SQLite's own pages included;
    /// 0 for a store without one.
    pub log_bytes: u64,
    /// The disk was full, and what was held in reserve was given up for this commit: call
    /// [`make_room`](super::Store::make_room) before the next one.
    pub took_reserve: bool,
}

impl CommitReceipt {
    /// Bytes of all values stored by this commit.
    pub fn row_bytes(&self) -> u64 {
        self.body_bytes + self.map_row_bytes + self.region_row_bytes + self.root_bytes
    }
}
