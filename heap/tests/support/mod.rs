//! What the store's tests share: waves from a model, and reading an image back.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pscheme_heap::store::{
    CommitClock, ImageDirectory, PAGE_SIZE_BYTES, PageAttributes, PageNumber, Retention,
    SqliteStore, Store, StoreError, StoreOptions, TransactionId, Wave, WavePage,
};

/// What an image must hold: for each page its attributes and the seed its body is made from.
pub type Model = BTreeMap<u32, (PageAttributes, u64)>;

/// A random number generator whose state is its seed, so that a failure can be repeated.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A body that depends on its seed in every word. Odd seeds make bodies that do not compress.
pub fn body(seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let word = |index: usize, random: &mut Random| {
        if seed % 2 == 1 { random.next() } else { (seed << 20) + (index as u64 / 16) }
    };
    (0..PAGE_SIZE_BYTES / 8).flat_map(|index| word(index, &mut random).to_le_bytes()).collect()
}

pub fn attributes(seed: u64) -> PageAttributes {
    PageAttributes {
        page_type: seed as u8,
        free_granules: (seed % 1_024) as u16,
        run_owner: (seed >> 3) as u32,
    }
}

/// A wave from (page, seed of its content or `None` to free it). The root's word is `mark`.
pub fn wave(pages: &[(u32, Option<u64>)], mark: u64) -> Wave {
    let mut wave = Wave::default();
    wave.roots.version = 1;
    wave.roots.words = vec![mark];
    for (page, seed) in pages {
        let slot = seed.map(|seed| {
            wave.arena.extend_from_slice(&body(seed));
            (wave.arena.len() / PAGE_SIZE_BYTES - 1) as u32
        });
        wave.pages.push(WavePage {
            page: PageNumber(*page),
            attributes: attributes(seed.unwrap_or(0)),
            body: slot,
        });
    }
    wave
}

/// Applies to the model what the wave of the same pages does.
pub fn apply(model: &mut Model, pages: &[(u32, Option<u64>)]) {
    for (page, seed) in pages {
        match seed {
            Some(seed) => model.insert(*page, (attributes(*seed), *seed)),
            None => model.remove(page),
        };
    }
}

/// Loads a store and compares every page with the model.
pub fn compare(store: &mut dyn Store, model: &Model) -> Result<(), StoreError> {
    let mut expected = model.iter();
    store.load(&mut |page, found, content| {
        let (number, (attributes, seed)) = expected.next().expect("no page too many");
        assert_eq!((page.0, found), (*number, *attributes));
        assert!(content == body(*seed), "the content of page {page}");
        Ok(())
    })?;
    assert!(expected.next().is_none(), "no page too few");
    Ok(())
}

/// Loads all pages, for its checks only.
pub fn load(store: &mut dyn Store) -> Result<(), StoreError> {
    store.load(&mut |_, _, _| Ok(()))
}

pub fn options() -> StoreOptions {
    StoreOptions {
        retention: Retention::NOTHING,
        ..StoreOptions::new(CommitClock::fixed(1_700_000_000_000_000))
    }
}

/// The word of the newest root, and its number.
pub fn newest(store: &dyn Store) -> Option<(TransactionId, u64)> {
    store.newest_root().unwrap().map(|(transaction, record)| (transaction, record.words[0]))
}

pub fn create(path: &Path) -> SqliteStore {
    ImageDirectory::at(path).create(&options()).unwrap()
}

pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    ImageDirectory::at(path).open(&options())
}

/// Why an image is not opened; stores cannot be printed, so `unwrap_err` will not do.
pub fn refusal(path: &Path) -> StoreError {
    open(path).err().expect("the image is refused")
}

/// The files of an image but for SQLite's scratch file, by name.
pub fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name != "heap.db-shm" {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// Puts files back as [`files`] read them.
pub fn restore(path: &Path, files: &BTreeMap<String, Vec<u8>>) {
    let _ = std::fs::remove_dir_all(path);
    std::fs::create_dir(path).unwrap();
    for (name, content) in files {
        std::fs::write(path.join(name), content).unwrap();
    }
}

/// A temporary directory, in memory where there is one: these tests need no real disk.
pub fn temporary() -> (tempfile::TempDir, PathBuf) {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let image = directory.path().join("image");
    (directory, image)
}
