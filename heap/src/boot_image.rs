//! A whole heap as bytes that a program carries inside: what every new image begins with.
//!
//! The bytes are made when the program is built and belong to it alone; they are no format of files.

use crate::heap::Heap;
use crate::limits::{HEAP_RESERVED_BYTES, PAGE_BYTES};
use crate::snapshot::damaged;
use crate::store::{PageAttributes, RootRecord, StoreError, Wave, WavePage};
use crate::store::{PageNumber, ROOT_COUNTER_COUNT};

#[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
struct BootImage {
    words: Vec<u64>,
    counters: [u64; ROOT_COUNTER_COUNT],
    pages: Vec<BootPage>,
    /// The pages' bodies, compressed together.
    bodies: Vec<u8>,
}

#[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
struct BootPage {
    number: u32,
    page_type: u8,
    free_granules: u16,
    run_owner: u32,
}

impl Heap {
    /// The heap as bytes for [`Heap::from_boot_image`]. A major collection must have come right before,
    /// and no commit at all.
    ///
    /// # Panics
    /// If something was committed: then pages are missing.
    pub fn to_boot_image(&mut self) -> Vec<u8> {
        let mut wave = Wave::default();
        let listed = self.list_changes(&mut wave);
        assert_eq!(listed.pages as u64, self.pages_in_use, "a boot image holds every page");
        let page = |page: &WavePage| BootPage {
            number: page.page.0,
            page_type: page.attributes.page_type,
            free_granules: page.attributes.free_granules,
            run_owner: page.attributes.run_owner,
        };
        let image = BootImage {
            words: wave.roots.words,
            counters: wave.roots.counters,
            pages: wave.pages.iter().map(page).collect(),
            bodies: lz4_flex::compress_prepend_size(&wave.arena),
        };
        rkyv::to_bytes::<rkyv::rancor::Error>(&image)
            .expect("plain numbers can be archived")
            .to_vec()
    }

    /// A heap that begins with what a boot image holds; every page of it is still to be committed.
    ///
    /// # Errors
    /// The operating system gave no addresses, or these are not the bytes of a boot image.
    pub fn from_boot_image(bytes: &[u8]) -> Result<Heap, StoreError> {
        Heap::from_boot_image_reserving(bytes, HEAP_RESERVED_BYTES)
    }

    /// As [`Heap::from_boot_image`], in `reserved` bytes of addresses.
    fn from_boot_image_reserving(bytes: &[u8], reserved: u64) -> Result<Heap, StoreError> {
        let image = rkyv::from_bytes::<BootImage, rkyv::rancor::Error>(bytes)
            .map_err(|error| damaged(format!("the boot image: {error}")))?;
        let bodies = lz4_flex::decompress_size_prepended(&image.bodies)
            .map_err(|error| damaged(format!("the boot image: {error}")))?;
        if bodies.len() != image.pages.len() * PAGE_BYTES as usize {
            return Err(damaged("the boot image: pages are missing"));
        }
        let roots = RootRecord { version: 0, words: image.words, counters: image.counters };
        let mut heap = Heap::restore_pages(&roots, reserved, |sink| {
            image.pages.iter().zip(bodies.chunks_exact(PAGE_BYTES as usize)).try_for_each(
                |(page, body)| {
                    let &BootPage { number, page_type, free_granules, run_owner } = page;
                    let attributes = PageAttributes { page_type, free_granules, run_owner };
                    sink(PageNumber(number), attributes, body)
                },
            )
        })?;
        heap.forget_commits();
        heap.sweep_starts();
        Ok(heap)
    }
}

#[cfg(test)]
mod tests {
    use crate::collect::NoRoots;
    use crate::heap::Heap;
    use crate::kind::{Kind, body};
    use crate::root_table::Root;
    use crate::store::{MemoryImage, Store, Wave};
    use crate::word::Word;

    /// Few addresses, so that valgrind can run these tests too.
    const RESERVED: u64 = crate::limits::HEAP_RESERVED_BYTES_MIN;

    #[test]
    fn a_boot_image_begins_a_heap_that_is_committed_whole() {
        let mut heap = Heap::reserving(RESERVED).unwrap();
        let cell = heap.fixed_object(Kind::Cell, 0, body::Cell::FIELDS);
        let large = heap.object(Kind::Vector, 0, 50_000);
        heap.set_field(large, 49_999, Word::fixnum(7));
        heap.set_field(cell, body::Cell::CONTENT, large);
        heap.set_root(Root::Prompt, cell);
        heap.collect_major(&mut NoRoots);
        let bytes = heap.to_boot_image();

        let mut heap = Heap::from_boot_image_reserving(&bytes, RESERVED).unwrap();
        let mut wave = Wave::default();
        let listed = heap.list_changes(&mut wave);
        assert_eq!(listed.pages as u64, heap.bytes_in_use() / crate::limits::PAGE_BYTES);
        let image = MemoryImage::new();
        image.open().unwrap().commit(&wave).unwrap();
        assert!(!heap.has_changes());

        let mut store = image.open().unwrap();
        let heap = Heap::restore_reserving(&mut store as &mut dyn Store, RESERVED).unwrap();
        let large = heap.field(heap.root(Root::Prompt), body::Cell::CONTENT);
        assert_eq!(heap.field(large, 49_999), Word::fixnum(7));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Heap::from_boot_image_reserving(b"no image", RESERVED).is_err());
        let mut bytes = Heap::reserving(RESERVED).unwrap().to_boot_image();
        bytes.truncate(bytes.len() - 1);
        assert!(Heap::from_boot_image_reserving(&bytes, RESERVED).is_err());
    }
}
