//! The page map: for each page its newest version, and the digests made from it.
//!
//! This is a cache of the tables `page_version` and `region`; both stores build it when they open
//! and change it with each commit. Digests are recomputed for the regions a commit touches and no
//! others, so that a commit costs what changed.

use std::collections::BTreeSet;

use super::error::StoreError;
use super::identity::{BranchId, Digest, PageNumber, TransactionId};
use super::limits::{PAGE_COUNT_MAX, PAGE_SIZE_BYTES, REGION_PAGE_COUNT};
use super::wave::{PageAttributes, Wave};

/// The number of a blob. Blobs are numbered upwards and never re-used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BlobId(pub i64);

/// The number of a group of [`REGION_PAGE_COUNT`] pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RegionNumber(pub u32);

impl RegionNumber {
    pub fn of(page: PageNumber) -> RegionNumber {
        RegionNumber(page.0 / REGION_PAGE_COUNT as u32)
    }
}

/// Where a page's body is and what it must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageVersion {
    pub birth: TransactionId,
    pub hash: Digest,
    pub attributes: PageAttributes,
    pub blob: BlobId,
    /// Length of the blob; a body that was not compressed has exactly a page's length.
    pub length: u32,
}

/// Hashes a page version. `body` is `None` for a tombstone.
pub(crate) fn page_hash(
    branch: BranchId,
    page: PageNumber,
    birth: TransactionId,
    attributes: PageAttributes,
    body: Option<&[u8]>,
) -> Digest {
    let mut prefix = [0; 48];
    prefix[..8].copy_from_slice(if body.is_some() { b"pscpage1" } else { b"psctomb1" });
    prefix[8..24].copy_from_slice(&branch.0);
    prefix[24..32].copy_from_slice(&birth.0.to_le_bytes());
    prefix[32..36].copy_from_slice(&page.0.to_le_bytes());
    prefix[36..40].copy_from_slice(&attributes.run_owner.to_le_bytes());
    prefix[40..42].copy_from_slice(&attributes.free_granules.to_le_bytes());
    prefix[42] = attributes.page_type;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&prefix);
    if let Some(body) = body {
        assert_eq!(body.len(), PAGE_SIZE_BYTES, "a page's body has a page's size");
        hasher.update(body);
    }
    hasher.finalize().into()
}

struct Region {
    digest: Digest,
    pages: Box<[Option<PageVersion>]>,
}

impl Region {
    fn empty() -> Region {
        Region { digest: Digest::ZERO, pages: vec![None; REGION_PAGE_COUNT].into() }
    }

    fn compute_digest(&self, number: RegionNumber, scratch: &mut Vec<u8>) -> Digest {
        scratch.clear();
        scratch.extend_from_slice(b"pscregn1");
        scratch.extend_from_slice(&number.0.to_le_bytes());
        let first = number.0 * REGION_PAGE_COUNT as u32;
        for (index, version) in self.pages.iter().enumerate() {
            let Some(version) = version else { continue };
            // One copy for each of up to 1,024 pages: every commit computes the digests it touches.
            let mut row = [0; 51];
            row[0..4].copy_from_slice(&(first + index as u32).to_le_bytes());
            row[4..12].copy_from_slice(&version.birth.0.to_le_bytes());
            row[12..44].copy_from_slice(&version.hash.0);
            row[44..46].copy_from_slice(&version.attributes.free_granules.to_le_bytes());
            row[46] = version.attributes.page_type;
            row[47..51].copy_from_slice(&version.attributes.run_owner.to_le_bytes());
            scratch.extend_from_slice(&row);
        }
        blake3::hash(scratch).into()
    }
}

/// See the module's description.
pub(crate) struct PageMap {
    regions: Vec<Option<Region>>,
    scratch: Vec<u8>,
}

impl PageMap {
    pub fn new() -> PageMap {
        PageMap { regions: Vec::new(), scratch: Vec::new() }
    }

    /// The newest version of a page; `None` if it was never written or is freed.
    pub fn get(&self, page: PageNumber) -> Option<&PageVersion> {
        let region = self.regions.get(RegionNumber::of(page).0 as usize)?.as_ref()?;
        region.pages[page.0 as usize % REGION_PAGE_COUNT].as_ref()
    }

    /// Sets or, with `None`, removes a page's newest version and returns the one before.
    pub fn replace(
        &mut self,
        page: PageNumber,
        version: Option<PageVersion>,
    ) -> Option<PageVersion> {
        assert!(page.0 < PAGE_COUNT_MAX, "page {page} is beyond the largest image");
        let region = self.region_mut(RegionNumber::of(page));
        std::mem::replace(&mut region.pages[page.0 as usize % REGION_PAGE_COUNT], version)
    }

    fn region_mut(&mut self, number: RegionNumber) -> &mut Region {
        let index = number.0 as usize;
        if self.regions.len() <= index {
            self.regions.resize_with(index + 1, || None);
        }
        self.regions[index].get_or_insert_with(Region::empty)
    }

    /// Recomputes and returns the digests of the regions these pages lie in, in ascending order.
    pub fn redigest(
        &mut self,
        pages: impl Iterator<Item = PageNumber>,
    ) -> Vec<(RegionNumber, Digest)> {
        let touched: BTreeSet<RegionNumber> = pages.map(RegionNumber::of).collect();
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut digests = Vec::with_capacity(touched.len());
        for number in touched {
            let region = self.region_mut(number);
            region.digest = region.compute_digest(number, &mut scratch);
            digests.push((number, region.digest));
        }
        self.scratch = scratch;
        digests
    }

    /// Compares the stored digest of a region with the pages in it, and takes it over.
    pub fn verify_region(
        &mut self,
        number: RegionNumber,
        stored: Digest,
    ) -> Result<(), StoreError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let region = self.region_mut(number);
        let computed = region.compute_digest(number, &mut scratch);
        region.digest = stored;
        self.scratch = scratch;
        if computed == stored {
            return Ok(());
        }
        Err(StoreError::damaged(format!(
            "the page map of region {} (pages {} and following) does not have its digest",
            number.0,
            number.0 as usize * REGION_PAGE_COUNT
        )))
    }

    /// Refuses pages in regions no digest was seen for. Called when all stored ones were verified.
    pub fn verify_all_regions_seen(&self) -> Result<(), StoreError> {
        for (number, region) in self.regions.iter().enumerate() {
            if region.as_ref().is_some_and(|region| region.digest == Digest::ZERO) {
                return Err(StoreError::damaged(format!(
                    "region {number} has pages but no digest"
                )));
            }
        }
        Ok(())
    }

    /// The digest over all regions, as it stands in the root.
    pub fn digest_of_regions(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"pscregs1");
        for (number, region) in self.regions.iter().enumerate() {
            let Some(region) = region else { continue };
            hasher.update(&(number as u32).to_le_bytes());
            hasher.update(&region.digest.0);
        }
        hasher.finalize().into()
    }

    /// All pages that have a body, in ascending order.
    pub fn pages(&self) -> impl Iterator<Item = (PageNumber, &PageVersion)> {
        self.regions.iter().enumerate().flat_map(|(region, content)| {
            content.iter().flat_map(move |content| {
                content.pages.iter().enumerate().filter_map(move |(index, version)| {
                    let page = PageNumber((region * REGION_PAGE_COUNT + index) as u32);
                    version.as_ref().map(|version| (page, version))
                })
            })
        })
    }
}

/// Checks a wave before anything is written: a wave that breaks these rules is a bug of the heap.
///
/// # Panics
/// If a page occurs twice, lies beyond the largest image or has its body outside the arena.
pub(crate) fn assert_well_formed(wave: &Wave) {
    assert!(
        wave.arena.len().is_multiple_of(PAGE_SIZE_BYTES),
        "the arena consists of whole slots, it has {} bytes",
        wave.arena.len()
    );
    let slot_count = wave.arena.len() / PAGE_SIZE_BYTES;
    let mut pages: Vec<u32> = Vec::with_capacity(wave.pages.len());
    for page in &wave.pages {
        assert!(page.page.0 < PAGE_COUNT_MAX, "page {} is beyond the largest image", page.page);
        assert!(
            page.body.is_none_or(|slot| (slot as usize) < slot_count),
            "page {} has its body outside the arena",
            page.page
        );
        pages.push(page.page.0);
    }
    pages.sort_unstable();
    assert!(pages.windows(2).all(|pair| pair[0] != pair[1]), "a wave names each page once");
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCH: BranchId = BranchId([5; 16]);

    fn version(birth: u64) -> PageVersion {
        PageVersion {
            birth: TransactionId(birth),
            hash: Digest([birth as u8; 32]),
            attributes: PageAttributes::default(),
            blob: BlobId(1),
            length: 1,
        }
    }

    #[test]
    fn the_hash_covers_every_field() {
        let body = vec![1; PAGE_SIZE_BYTES];
        let attributes = PageAttributes { page_type: 1, free_granules: 2, run_owner: 3 };
        let base = page_hash(BRANCH, PageNumber(4), TransactionId(5), attributes, Some(&body));
        let mut other_body = body.clone();
        other_body[PAGE_SIZE_BYTES - 1] ^= 1;
        let changed = [
            page_hash(BranchId([6; 16]), PageNumber(4), TransactionId(5), attributes, Some(&body)),
            page_hash(BRANCH, PageNumber(5), TransactionId(5), attributes, Some(&body)),
            page_hash(BRANCH, PageNumber(4), TransactionId(6), attributes, Some(&body)),
            page_hash(BRANCH, PageNumber(4), TransactionId(5), attributes, Some(&other_body)),
            page_hash(BRANCH, PageNumber(4), TransactionId(5), attributes, None),
        ];
        let with = |attributes| {
            page_hash(BRANCH, PageNumber(4), TransactionId(5), attributes, Some(&body))
        };
        let attributes_changed = [
            with(PageAttributes { page_type: 2, ..attributes }),
            with(PageAttributes { free_granules: 3, ..attributes }),
            with(PageAttributes { run_owner: 4, ..attributes }),
        ];
        for hash in changed.iter().chain(&attributes_changed) {
            assert_ne!(*hash, base);
        }
    }

    #[test]
    fn only_touched_regions_get_a_new_digest() {
        let mut map = PageMap::new();
        map.replace(PageNumber(3), Some(version(1)));
        map.replace(PageNumber(5_000), Some(version(1)));
        let first = map.redigest([PageNumber(3), PageNumber(5_000)].into_iter());
        assert_eq!(first.iter().map(|(region, _)| region.0).collect::<Vec<_>>(), [0, 4]);
        let before = map.digest_of_regions();

        let old = map.replace(PageNumber(5_000), Some(version(2))).unwrap();
        assert_eq!(old.birth, TransactionId(1));
        let second = map.redigest([PageNumber(5_000)].into_iter());
        assert_eq!(second.len(), 1);
        assert_ne!(second[0].1, first[1].1);
        assert_ne!(map.digest_of_regions(), before);

        map.replace(PageNumber(5_000), Some(version(1)));
        map.redigest([PageNumber(5_000)].into_iter());
        assert_eq!(map.digest_of_regions(), before, "digests depend on content only");
    }

    #[test]
    fn a_region_is_verified_against_its_digest() {
        let mut map = PageMap::new();
        map.replace(PageNumber(7), Some(version(1)));
        assert!(map.verify_all_regions_seen().is_err());
        let (region, digest) = map.redigest([PageNumber(7)].into_iter())[0];
        map.verify_region(region, digest).unwrap();
        map.verify_all_regions_seen().unwrap();
        map.replace(PageNumber(8), Some(version(1)));
        assert!(map.verify_region(region, digest).is_err());
        assert_eq!(map.pages().map(|(page, _)| page.0).collect::<Vec<_>>(), [7, 8]);
    }

    #[test]
    #[should_panic(expected = "names each page once")]
    fn a_wave_with_a_page_twice_is_a_bug() {
        let page = crate::store::WavePage {
            page: PageNumber(1),
            attributes: PageAttributes::default(),
            body: None,
        };
        assert_well_formed(&Wave { pages: vec![page, page], ..Wave::default() });
    }
}
