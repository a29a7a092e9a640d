//! Pages of an image that are read when they are first touched.
//!
//! The memory of such pages and the start bits beside it are registered for page faults. A thread reads what
//! is touched from the store, checks it, and puts it there; whoever touched it waits and goes on, and
//! neither machine nor collector know. Pages are read in groups of [`GROUP_PAGES`], of which
//! the start bits fill one page of the system: so both are there or none is.
//!
//! Invariant: a page that was not read yet is as it was when the image was opened, so the version
//! that was the newest then is the one to read, whatever was committed since.
//!
//! What cannot be read or is damaged is zero, which neither traps nor refers to anything, and
//! [`Demand::failure`] tells of it: then nothing may be committed any more.

#![allow(unsafe_code, reason = "registers the memory of the heap")]

mod userfault;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use self::userfault::{Event, Range, SYSTEM_PAGE_BYTES, Stopper, UserFault};
use crate::limits::PAGE_BYTES;
use crate::snapshot::StoredPage;
use crate::space::{BITMAP_WORDS, Bitmap, Page, Space};
use crate::store::{PageNumber, PageReader, StoreError};

/// Pages that are read together.
pub const GROUP_PAGES: u32 = (SYSTEM_PAGE_BYTES / size_of::<Bitmap>()) as u32;
const GROUP_BYTES: u64 = GROUP_PAGES as u64 * PAGE_BYTES;

/// Reads the pages of one heap. Dropping it ends that; what was not read is zero then.
pub struct Demand {
    thread: Option<JoinHandle<()>>,
    stopper: Option<Stopper>,
    shared: Arc<Shared>,
}

/// What the thread says to the heap's owner.
#[derive(Default)]
struct Shared {
    has_failed: AtomicBool,
    pages_read: AtomicU64,
    failure: Mutex<Option<StoreError>>,
}

impl Shared {
    fn fail(&self, error: StoreError) {
        let mut failure = self.failure.lock().expect("nobody panics while holding it");
        failure.get_or_insert(error);
        self.has_failed.store(true, Ordering::Release);
    }
}

impl Demand {
    /// Whether the system lets this process handle its page faults.
    pub(crate) fn is_possible() -> bool {
        UserFault::new().is_ok()
    }

    /// Registers the memory of these pages, which nobody has touched yet, in ascending order.
    ///
    /// # Errors
    /// If the system does not let this process handle its page faults.
    ///
    /// # Safety
    /// The space must outlive the returned value.
    pub(crate) unsafe fn start(
        space: &Space,
        pages: Vec<StoredPage>,
        reader: Box<dyn PageReader>,
    ) -> std::io::Result<Demand> {
        let (faults, stopper) = UserFault::new()?;
        let memory = Places { start: space.base() as u64, group_bytes: GROUP_BYTES };
        let starts = Places {
            start: space.starts(Page(0)) as *const Bitmap as u64,
            group_bytes: SYSTEM_PAGE_BYTES as u64,
        };
        for (first, count) in runs_of_groups(&pages) {
            for places in [memory, starts] {
                // SAFETY: both tables are anonymous mappings of the space, which lives longer; nobody has
                // touched these parts.
                unsafe { faults.register(places.range(first, count))? };
            }
        }
        let shared = Arc::new(Shared::default());
        let group_count = space.pages().div_ceil(GROUP_PAGES) as usize;
        let mut filler = Filler {
            faults,
            memory,
            starts,
            pages,
            reader,
            is_filled: vec![false; group_count],
            bodies: vec![0; GROUP_BYTES as usize],
            start_bits: vec![0; SYSTEM_PAGE_BYTES],
            shared: Arc::clone(&shared),
        };
        let thread =
            std::thread::Builder::new().name("pages".into()).spawn(move || filler.serve())?;
        Ok(Demand { thread: Some(thread), stopper: Some(stopper), shared })
    }

    /// Pages that were read until now.
    pub(crate) fn pages_read(&self) -> u64 {
        self.shared.pages_read.load(Ordering::Relaxed)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.shared.has_failed.load(Ordering::Acquire)
    }

    /// Why a page could not be read, the first time it is asked after that happened; then that it did.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        if !self.has_failed() {
            return None;
        }
        let mut failure = self.shared.failure.lock().expect("nobody panics while holding it");
        Some(failure.take().unwrap_or(StoreError::Poisoned))
    }
}

impl Drop for Demand {
    fn drop(&mut self) {
        self.stopper = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported as a failure.
            let _ = thread.join();
        }
    }
}

/// The groups that have pages, as extents: first group and count.
fn runs_of_groups(pages: &[StoredPage]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for page in pages {
        let group = page.page.0 / GROUP_PAGES;
        match runs.last_mut() {
            Some((first, count)) if *first + *count == group => *count += 1,
            Some((first, count)) if group < *first + *count => {}
            _ => runs.push((group, 1)),
        }
    }
    runs
}

/// A table that has an equal part for each group.
#[derive(Clone, Copy)]
struct Places {
    start: u64,
    group_bytes: u64,
}

impl Places {
    fn range(self, first_group: u32, count: u32) -> Range {
        let start = self.start + u64::from(first_group) * self.group_bytes;
        Range { start, bytes: u64::from(count) * self.group_bytes }
    }

    /// The group of an address, if it lies in the table of so many groups.
    fn group(self, address: u64, group_count: usize) -> Option<u32> {
        let group = address.checked_sub(self.start)? / self.group_bytes;
        (group < group_count as u64).then_some(group as u32)
    }
}

/// The thread's side.
struct Filler {
    faults: UserFault,
    memory: Places,
    starts: Places,
    pages: Vec<StoredPage>,
    reader: Box<dyn PageReader>,
    is_filled: Vec<bool>,
    bodies: Vec<u8>,
    start_bits: Vec<u8>,
    shared: Arc<Shared>,
}

impl Filler {
    fn serve(&mut self) {
        loop {
            let handled = match self.faults.next() {
                Ok(Event::Stop) => return,
                Ok(Event::Fault(address)) => self.handle(address),
                Err(error) => Err(error),
            };
            if let Err(error) = handled {
                // Whoever waits would wait for ever: the memory that is left is zero from here on.
                self.shared.fail(system_error(error));
                for (first, count) in runs_of_groups(&self.pages) {
                    for places in [self.memory, self.starts] {
                        let _ = self.faults.unregister(places.range(first, count));
                        let _ = self.faults.wake(places.range(first, count));
                    }
                }
                return;
            }
        }
    }

    fn handle(&mut self, address: u64) -> std::io::Result<()> {
        let count = self.is_filled.len();
        let group = self.memory.group(address, count).or_else(|| self.starts.group(address, count));
        let Some(group) = group else {
            return Err(std::io::Error::other(format!(
                "a fault at {address:#x}, which is not ours"
            )));
        };
        if self.is_filled[group as usize] {
            return self.fill_with_zero(address);
        }
        self.is_filled[group as usize] = true;
        let read = catch_unwind(AssertUnwindSafe(|| self.read_group(group)));
        if read.is_err() {
            self.bodies.fill(0);
            self.start_bits.fill(0);
            self.shared
                .fail(StoreError::damaged(format!("the reading of page group {group} panicked")));
        }
        let (memory, starts) = (self.memory.range(group, 1), self.starts.range(group, 1));
        self.faults.copy(starts.start, &self.start_bits)?;
        self.faults.copy(memory.start, &self.bodies)?;
        // If the system has no room for more extents they stay registered, and what is given back and touched
        // again comes here.
        let _ = self.faults.unregister(memory);
        let _ = self.faults.unregister(starts);
        Ok(())
    }

    /// Memory of a group that was read and then given back, or was touched twice while it was read.
    fn fill_with_zero(&self, address: u64) -> std::io::Result<()> {
        let start = address - address % SYSTEM_PAGE_BYTES as u64;
        let range = Range { start, bytes: SYSTEM_PAGE_BYTES as u64 };
        match self.faults.zero(range) {
            // It was unregistered between the fault and now.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => self.faults.wake(range),
            other => other,
        }
    }

    /// Reads all pages of a group into the buffers.
    fn read_group(&mut self, group: u32) {
        self.bodies.fill(0);
        self.start_bits.fill(0);
        let first_page = group * GROUP_PAGES;
        let from = self.pages.partition_point(|page| page.page.0 < first_page);
        let members =
            self.pages[from..].iter().take_while(|page| page.page.0 < first_page + GROUP_PAGES);
        let mut body = vec![0; PAGE_BYTES as usize];
        for page in members {
            self.shared.pages_read.fetch_add(1, Ordering::Relaxed);
            let index = (page.page.0 - first_page) as usize;
            let place = &mut self.bodies[index * PAGE_BYTES as usize..][..PAGE_BYTES as usize];
            let read = self.reader.read(PageNumber(page.page.0), &mut body);
            match read.and_then(|()| page.unpack(&body, place)) {
                Ok(starts) => put_starts(&mut self.start_bits, index, &starts),
                Err(error) => {
                    place.fill(0);
                    self.shared.fail(error);
                }
            }
        }
    }
}

fn put_starts(start_bits: &mut [u8], index: usize, starts: &Bitmap) {
    let place = &mut start_bits[index * size_of::<Bitmap>()..][..BITMAP_WORDS * 8];
    for (bytes, word) in place.chunks_exact_mut(8).zip(starts) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
}

fn system_error(source: std::io::Error) -> StoreError {
    StoreError::Io { during: "reading pages on demand for", path: "the heap".into(), source }
}
