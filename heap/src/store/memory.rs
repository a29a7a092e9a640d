//! A store in memory, for tests of everything above the store: thousands of commits and openings a
//! second, with the hashes and digests of the real one.
//!
//! A [`MemoryImage`] stands for the disk: what was committed to it outlives the [`MemoryStore`], and
//! opening it again runs the same checks. Superseded versions are dropped at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use super::identity::{BranchId, Digest, FencingNumber, ImageId, PageNumber, TransactionId};
use super::limits::PAGE_SIZE_BYTES;
use super::page_map::{BlobId, PageMap, PageVersion, RegionNumber, assert_well_formed, page_hash};
use super::root::{self, ROOT_ROW_BYTES, RootRecord, RootRow};
use super::wave::{CommitReceipt, Wave};
use super::{KeptCommit, PageLocation, PageReader, PageSink, PagesOnDemand, Store, StoreError};

const IMAGE: ImageId = ImageId(*b"image in memory\0");
const BRANCH: BranchId = BranchId(*b"main in memory\0\0");

#[derive(Clone, Default)]
struct Disk {
    fence: u64,
    root: Option<RootRow>,
    versions: BTreeMap<u32, PageVersion>,
    regions: BTreeMap<u32, Digest>,
    blobs: HashMap<i64, Arc<[u8]>>,
}

/// What outlives a [`MemoryStore`]. Clones name the same image; `snapshot` makes another one.
#[derive(Clone, Default)]
pub struct MemoryImage(Arc<Mutex<Disk>>);

impl MemoryImage {
    /// An image nothing was committed to.
    pub fn new() -> MemoryImage {
        MemoryImage::default()
    }

    /// Opens the image and checks root and page map. A store opened earlier can commit no more.
    pub fn open(&self) -> Result<MemoryStore, StoreError> {
        let mut disk = self.lock();
        let mut map = PageMap::new();
        for (page, version) in &disk.versions {
            map.replace(PageNumber(*page), Some(*version));
        }
        for (region, digest) in &disk.regions {
            map.verify_region(RegionNumber(*region), *digest)?;
        }
        map.verify_all_regions_seen()?;
        if let Some(row) = &disk.root {
            row.verify(IMAGE)?;
            if row.regions != map.digest_of_regions() {
                return Err(StoreError::damaged("the root does not cover the regions found"));
            }
        }
        disk.fence += 1;
        let fence = FencingNumber(disk.fence);
        let store = MemoryStore {
            image: self.clone(),
            map,
            newest: disk.root.clone(),
            next_blob: disk.root.as_ref().map_or(1, |row| row.next_blob),
            fence,
            begun: false,
            poisoned: false,
            ahead: Wave::default(),
        };
        Ok(store)
    }

    /// A copy of the image as it is now, as a disk would be found after a crash at this instant.
    pub fn snapshot(&self) -> MemoryImage {
        MemoryImage(Arc::new(Mutex::new(self.lock().clone())))
    }

    /// Flips a bit in the stored body of a page and says whether there was one: a fault to plant.
    pub fn damage_page(&self, page: PageNumber, offset: usize) -> bool {
        let mut disk = self.lock();
        let Some(blob) = disk.versions.get(&page.0).map(|version| version.blob) else {
            return false;
        };
        let mut body = disk.blobs[&blob.0].to_vec();
        body[offset] ^= 1;
        disk.blobs.insert(blob.0, body.into());
        true
    }

    /// Bytes of all page bodies in the image.
    pub fn body_bytes(&self) -> u64 {
        self.lock().blobs.len() as u64 * PAGE_SIZE_BYTES as u64
    }

    /// A page's body, checked against its hash.
    fn read(&self, page: PageNumber, version: &PageVersion) -> Result<Arc<[u8]>, StoreError> {
        let damaged = |reason: &str| StoreError::PageDamaged {
            page,
            birth: version.birth,
            reason: reason.to_string(),
        };
        let body = self.lock().blobs.get(&version.blob.0).cloned();
        let body = body.ok_or_else(|| damaged("has no body"))?;
        let hash = page_hash(BRANCH, page, version.birth, version.attributes, Some(&body));
        if hash == version.hash { Ok(body) } else { Err(damaged("does not have its hash")) }
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().expect("no thread panics while it holds the image")
    }
}

/// An opened [`MemoryImage`].
pub struct MemoryStore {
    image: MemoryImage,
    map: PageMap,
    newest: Option<RootRow>,
    next_blob: i64,
    fence: FencingNumber,
    begun: bool,
    poisoned: bool,
    /// Parts of the next commit.
    ahead: Wave,
}

impl MemoryStore {
    fn check_owner(&self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let found = self.image.lock().fence;
        if found == self.fence.0 {
            return Ok(());
        }
        Err(StoreError::Fenced { ours: self.fence.0, found })
    }

    /// Writes a root row over the map as it is now.
    fn write_root(&mut self, roots: &RootRecord) -> RootRow {
        let (last, previous) = match &self.newest {
            Some(row) => (row.transaction, row.hash),
            None => (TransactionId::NONE, Digest::ZERO),
        };
        let transaction = last.next();
        let mut row = RootRow {
            transaction,
            branch: BRANCH,
            time_us: 0,
            fence: self.fence,
            next_blob: self.next_blob,
            envelope: root::seal(roots, IMAGE, transaction),
            regions: self.map.digest_of_regions(),
            previous,
            hash: Digest::ZERO,
            seal: None,
        };
        row.hash = row.compute_hash();
        self.image.lock().root = Some(row.clone());
        self.newest = Some(row.clone());
        row
    }

    /// Writes the pages of a wave and returns how many bodies, tombstones and regions it wrote.
    fn write_pages(&mut self, wave: &Wave, birth: TransactionId) -> (u32, u32, u32) {
        let (mut bodies, mut tombstones) = (0, 0);
        let mut touched = Vec::with_capacity(wave.pages.len());
        let mut disk = self.image.lock();
        for changed in &wave.pages {
            let version = wave.body(changed).map(|body| {
                let blob = BlobId(self.next_blob);
                self.next_blob += 1;
                disk.blobs.insert(blob.0, body.into());
                let attributes = changed.attributes;
                let hash = page_hash(BRANCH, changed.page, birth, attributes, Some(body));
                PageVersion { birth, hash, attributes, blob, length: PAGE_SIZE_BYTES as u32 }
            });
            if version.is_none() && self.map.get(changed.page).is_none() {
                continue;
            }
            touched.push(changed.page);
            match version {
                Some(version) => {
                    bodies += 1;
                    disk.versions.insert(changed.page.0, version);
                }
                None => {
                    tombstones += 1;
                    disk.versions.remove(&changed.page.0);
                }
            }
            if let Some(old) = self.map.replace(changed.page, version) {
                disk.blobs.remove(&old.blob.0);
            }
        }
        let digests = self.map.redigest(touched.into_iter());
        disk.regions.extend(digests.iter().map(|(region, digest)| (region.0, *digest)));
        (bodies, tombstones, digests.len() as u32)
    }
}

/// Reads pages of a [`MemoryImage`].
struct MemoryReader {
    image: MemoryImage,
}

impl PageReader for MemoryReader {
    fn read(
        &mut self,
        page: PageNumber,
        location: &PageLocation,
        body: &mut [u8],
    ) -> Result<(), StoreError> {
        body.copy_from_slice(&self.image.read(page, &location.0)?);
        Ok(())
    }
}

impl Store for MemoryStore {
    fn newest_root(&self) -> Result<Option<(TransactionId, RootRecord)>, StoreError> {
        self.newest.as_ref().map(|row| Ok((row.transaction, row.verify(IMAGE)?))).transpose()
    }

    fn load(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError> {
        self.map.pages().try_for_each(|(page, version)| {
            sink(page, version.attributes, &self.image.read(page, version)?)
        })
    }

    fn load_on_demand(&mut self) -> Result<Option<PagesOnDemand>, StoreError> {
        let located = |(page, version): (PageNumber, &PageVersion)| (page, PageLocation(*version));
        let pages = self.map.pages().map(located).collect();
        Ok(Some(PagesOnDemand {
            pages,
            reader: Box::new(MemoryReader { image: self.image.clone() }),
        }))
    }

    fn page_reader(&mut self) -> Option<Box<dyn PageReader>> {
        Some(Box::new(MemoryReader { image: self.image.clone() }))
    }

    fn locate(&self, pages: &[PageNumber]) -> Vec<Option<PageLocation>> {
        pages.iter().map(|page| self.map.get(*page).map(|found| PageLocation(*found))).collect()
    }

    fn is_sealed(&self) -> bool {
        false
    }

    fn vouch(&mut self) {
        // Commits in memory have no seal: nobody else can write there.
    }

    fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        let Some((transaction, record)) = self.newest_root()? else { return Ok(Vec::new()) };
        let written = || self.map.pages().filter(|(_, version)| version.birth == transaction);
        let newest = KeptCommit {
            transaction,
            time_us: self.newest.as_ref().map_or(0, |row| row.time_us),
            cause: record.cause(),
            rewound_to: record.rewound_to(),
            page_count: written().count() as u64,
            body_bytes: written().map(|(_, version)| u64::from(version.length)).sum(),
            tags: Vec::new(),
        };
        Ok(vec![newest])
    }

    fn begin(&mut self) -> Result<TransactionId, StoreError> {
        self.check_owner()?;
        if !self.begun {
            self.begun = true;
            if let Some((_, record)) = self.newest_root()? {
                self.write_root(&record);
            }
        }
        Ok(self.newest.as_ref().map_or(TransactionId::NONE, |row| row.transaction))
    }

    fn write_ahead(&mut self, part: &Wave) -> Result<(), StoreError> {
        assert_well_formed(part);
        self.begin()?;
        self.ahead.drop_pages_of(part);
        for page in &part.pages {
            match part.body(page) {
                Some(body) => self.ahead.push(page.page, page.attributes, body),
                None => self.ahead.pages.push(*page),
            }
        }
        Ok(())
    }

    fn commit(&mut self, wave: &Wave) -> Result<CommitReceipt, StoreError> {
        assert_well_formed(wave);
        let transaction = match self.begin() {
            Ok(last) => last.next(),
            Err(error) => {
                self.poisoned = true;
                return Err(error);
            }
        };
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.drop_pages_of(wave);
        let before = self.write_pages(&ahead, transaction);
        let now = self.write_pages(wave, transaction);
        let (page_count, tombstone_count, region_count) =
            (before.0 + now.0, before.1 + now.1, before.2 + now.2);
        let row = self.write_root(&wave.roots);
        assert_eq!(row.transaction, transaction, "commits are numbered without gaps");
        Ok(CommitReceipt {
            transaction,
            root_hash: row.hash,
            page_count,
            tombstone_count,
            body_bytes: u64::from(page_count) * PAGE_SIZE_BYTES as u64,
            map_row_bytes: u64::from(page_count + tombstone_count)
                * size_of::<PageVersion>() as u64,
            region_row_bytes: u64::from(region_count) * 36,
            root_bytes: ROOT_ROW_BYTES,
            log_bytes: 0,
            took_reserve: false,
        })
    }

    fn prune_step(&mut self, _rows_max: usize) -> Result<usize, StoreError> {
        self.check_owner().map(|()| 0)
    }

    fn idle(&mut self) -> Result<(), StoreError> {
        self.check_owner()
    }

    fn make_room(&mut self) -> Result<(), StoreError> {
        // Memory is no disk: no call finds it full.
        self.check_owner()
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.poisoned = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{PageAttributes, WavePage};

    fn wave(pages: &[(u32, Option<u8>)], word: u64) -> Wave {
        let mut wave = Wave::default();
        wave.roots.words.push(word);
        for (page, content) in pages {
            let body = content.map(|byte| {
                wave.arena.extend_from_slice(&[byte; PAGE_SIZE_BYTES]);
                (wave.arena.len() / PAGE_SIZE_BYTES - 1) as u32
            });
            let attributes = PageAttributes { page_type: 1, free_granules: 2, run_owner: 3 };
            wave.pages.push(WavePage { page: PageNumber(*page), attributes, body });
        }
        wave
    }

    fn content(store: &mut dyn Store) -> Result<Vec<(u32, u8)>, StoreError> {
        let mut pages = Vec::new();
        store.load(&mut |page, _, body| {
            pages.push((page.0, body[PAGE_SIZE_BYTES - 1]));
            Ok(())
        })?;
        Ok(pages)
    }

    #[test]
    fn what_was_committed_is_there_after_opening_again() {
        let image = MemoryImage::new();
        let mut store = image.open().unwrap();
        assert_eq!(store.newest_root().unwrap(), None);
        let receipt = store.commit(&wave(&[(3, Some(7)), (2_000, Some(8))], 41)).unwrap();
        assert_eq!(receipt.transaction, TransactionId(1));
        store.commit(&wave(&[(3, None), (4, Some(9)), (77, None)], 42)).unwrap();
        drop(store);

        let mut store = image.open().unwrap();
        let (transaction, roots) = store.newest_root().unwrap().unwrap();
        assert_eq!((transaction, roots.words), (TransactionId(2), vec![42]));
        assert_eq!(content(&mut store).unwrap(), [(4, 9), (2_000, 8)]);
        assert_eq!(store.begin().unwrap(), TransactionId(3), "the opening commit has a number");
        assert_eq!(image.body_bytes(), 2 * PAGE_SIZE_BYTES as u64);
    }

    #[test]
    fn a_damaged_page_is_noticed_when_it_is_loaded() {
        let image = MemoryImage::new();
        image.open().unwrap().commit(&wave(&[(3, Some(7))], 0)).unwrap();
        assert!(image.damage_page(PageNumber(3), 5));
        let error = content(&mut image.open().unwrap()).unwrap_err();
        assert_eq!(error.code(), crate::error_code::ErrorCode::ImageDamaged);
    }

    #[test]
    fn a_snapshot_does_not_see_later_commits() {
        let image = MemoryImage::new();
        let mut store = image.open().unwrap();
        store.commit(&wave(&[(1, Some(1))], 1)).unwrap();
        let snapshot = image.snapshot();
        store.commit(&wave(&[(1, Some(2))], 2)).unwrap();
        assert_eq!(content(&mut snapshot.open().unwrap()).unwrap(), [(1, 1)]);
    }

    #[test]
    fn an_earlier_owner_is_fenced_off() {
        let image = MemoryImage::new();
        let mut first = image.open().unwrap();
        first.commit(&wave(&[(1, Some(1))], 1)).unwrap();
        let mut second = image.open().unwrap();
        second.begin().unwrap();
        let error = first.commit(&wave(&[(1, Some(2))], 2)).unwrap_err();
        assert!(matches!(error, StoreError::Fenced { ours: 1, found: 2 }), "{error}");
        assert!(matches!(first.prune_step(1), Err(StoreError::Poisoned)));
        assert_eq!(content(&mut second).unwrap(), [(1, 1)]);
    }
}
