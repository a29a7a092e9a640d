//! Pages of an image that are read when they are touched, and given back when there are too many.
//!
//! The memory of such pages and the start bits beside it are registered for page faults. A thread reads what
//! is touched from the store, checks it, and puts it there; whoever touched it waits and goes on, and
//! neither machine nor collector know. Pages are read in groups of [`GROUP_PAGES`], of which
//! the start bits fill one page of the system: so both are there or none is.
//!
//! A group has a *source*: where the store has its pages. It is *absent* if it is not in memory. Invariants:
//!
//! - A source holds as long as no page of its group is written by a commit: whoever lists one
//!   forgets the source ([`Demand::forget`]).
//! - An absent group has not changed: who changes or frees a page touches its memory or start bits first, and so has
//!   it read.
//! - A group becomes absent only while nobody but the heap's owner runs, and only if none of its pages has changed
//!   since its source was known.
//! - Whoever makes a group absent or present holds the lock of the sources until the system knows, so that neither
//!   undoes the other's registration.
//!
//! What cannot be read or is damaged is zero, which neither traps nor refers to anything, and
//! [`Demand::failure`] tells of it: then nothing may be committed any more.

#![allow(unsafe_code, reason = "registers the memory of the heap")]

mod userfault;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use self::userfault::{Event, Range, SYSTEM_PAGE_BYTES, Stopper, UserFault};
use crate::limits::PAGE_BYTES;
use crate::snapshot::StoredPage;
use crate::space::{BITMAP_WORDS, Bitmap, Page, Space};
use crate::store::{PageLocation, PageNumber, PageReader, StoreError};

/// Pages that are read together.
pub const GROUP_PAGES: u32 = (SYSTEM_PAGE_BYTES / size_of::<Bitmap>()) as u32;
const GROUP_BYTES: u64 = GROUP_PAGES as u64 * PAGE_BYTES;

/// A page and where the store has it.
pub(crate) type LocatedPage = (StoredPage, PageLocation);

/// Reads the pages of one heap. Dropping it ends that; what was not read is zero then.
pub struct Demand {
    thread: Option<JoinHandle<()>>,
    stopper: Option<Stopper>,
    faults: Arc<UserFault>,
    tables: Tables,
    shared: Arc<Shared>,
}

/// Where a group's pages are, in ascending order.
struct Source {
    pages: Vec<LocatedPage>,
    is_absent: bool,
}

/// The groups whose source is known.
#[derive(Default)]
struct Sources {
    by_group: HashMap<u32, Source>,
    /// Those that are in memory, the one that has been there longest first. A group whose source was forgotten
    /// can still be in it.
    present: VecDeque<u32>,
}

/// What the thread and the heap's owner share.
#[derive(Default)]
struct Shared {
    has_failed: AtomicBool,
    pages_read: AtomicU64,
    /// Pages of absent groups.
    pages_absent: AtomicU64,
    sources: Mutex<Sources>,
    failure: Mutex<Option<StoreError>>,
}

impl Shared {
    fn fail(&self, error: StoreError) {
        let mut failure = self.failure.lock().expect("nobody panics while holding it");
        failure.get_or_insert(error);
        self.has_failed.store(true, Ordering::Release);
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().expect("panics of readers are caught while it is held")
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
        pages: Vec<LocatedPage>,
        reader: Box<dyn PageReader>,
    ) -> std::io::Result<Demand> {
        let (faults, stopper) = UserFault::new()?;
        let tables = Tables {
            memory: Places { start: space.base() as u64, group_bytes: GROUP_BYTES },
            starts: Places {
                start: space.starts(Page(0)) as *const Bitmap as u64,
                group_bytes: SYSTEM_PAGE_BYTES as u64,
            },
            group_count: space.pages().div_ceil(GROUP_PAGES),
        };
        let shared = Arc::new(Shared::default());
        shared.pages_absent.store(pages.len() as u64, Ordering::Relaxed);
        let mut sources = shared.sources();
        for located in pages {
            let group = located.0.page.0 / GROUP_PAGES;
            let absent = || Source { pages: Vec::new(), is_absent: true };
            sources.by_group.entry(group).or_insert_with(absent).pages.push(located);
        }
        for (first, count) in sources.absent_runs() {
            for range in tables.ranges(first, count) {
                // SAFETY: both tables are anonymous mappings of the space, which lives longer; nobody has
                // touched these parts.
                unsafe { faults.register(range)? };
            }
        }
        drop(sources);
        let faults = Arc::new(faults);
        let mut filler = Filler {
            faults: Arc::clone(&faults),
            tables,
            reader,
            bodies: vec![0; GROUP_BYTES as usize],
            start_bits: vec![0; SYSTEM_PAGE_BYTES],
            shared: Arc::clone(&shared),
        };
        let thread =
            std::thread::Builder::new().name("pages".into()).spawn(move || filler.serve())?;
        Ok(Demand { thread: Some(thread), stopper: Some(stopper), faults, tables, shared })
    }

    /// Pages that were read until now.
    pub(crate) fn pages_read(&self) -> u64 {
        self.shared.pages_read.load(Ordering::Relaxed)
    }

    /// Pages that are not in memory.
    pub(crate) fn pages_absent(&self) -> u64 {
        self.shared.pages_absent.load(Ordering::Relaxed)
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

    /// Whether a group is in memory.
    pub(crate) fn is_present(&self, group: u32) -> bool {
        self.shared.sources().by_group.get(&group).is_none_or(|source| !source.is_absent)
    }

    /// Whether it is known where a group's pages are.
    pub(crate) fn has_source(&self, group: u32) -> bool {
        self.shared.sources().by_group.contains_key(&group)
    }

    /// Notes where the pages of a group are that is in memory.
    pub(crate) fn learn(&self, group: u32, pages: Vec<LocatedPage>) {
        let mut sources = self.shared.sources();
        let before = sources.by_group.insert(group, Source { pages, is_absent: false });
        assert!(before.is_none(), "a source is forgotten before there is another");
        sources.present.push_back(group);
    }

    /// A page was written, and is in memory: what is known of its group does not hold any more.
    pub(crate) fn forget(&self, page: Page) {
        let before = self.shared.sources().by_group.remove(&(page.0 / GROUP_PAGES));
        assert!(before.is_none_or(|source| !source.is_absent), "who writes a page has it");
    }

    /// The group that has been in memory longest of those whose source is known. It is not given again until it is
    /// put back.
    pub(crate) fn take_oldest(&self) -> Option<u32> {
        let mut sources = self.shared.sources();
        loop {
            let group = sources.present.pop_front()?;
            if sources.by_group.get(&group).is_some_and(|source| !source.is_absent) {
                return Some(group);
            }
        }
    }

    /// A group that was taken stays in memory.
    pub(crate) fn put_back(&self, group: u32) {
        self.shared.sources().present.push_back(group);
    }

    /// Gives the memory of a group back, if its pages are still those of its source; whether it did. Its owner knows
    /// that none has changed. `space` is borrowed so that nobody has a reference into it.
    pub(crate) fn give_back(&self, space: &mut Space, group: u32, in_use: &[Page]) -> bool {
        assert_eq!(space.base() as u64, self.tables.memory.start, "the space whose pages it reads");
        if self.has_failed() {
            return false;
        }
        let mut sources = self.shared.sources();
        let Some(source) = sources.by_group.get_mut(&group) else { return false };
        let is_same = source.pages.iter().map(|(page, _)| page.page).eq(in_use.iter().copied());
        if source.is_absent {
            return false;
        }
        if !is_same {
            // Pages were freed since.
            sources.by_group.remove(&group);
            return false;
        }
        for range in self.tables.ranges(group, 1) {
            // SAFETY: a part of the space's tables, which lives longer; what is missing is put there as it was.
            if unsafe { self.faults.register(range) }.is_err() {
                // The system has no room for more extents. What is registered is in memory.
                return false;
            }
        }
        source.is_absent = true;
        self.shared.pages_absent.fetch_add(in_use.len() as u64, Ordering::Relaxed);
        for range in self.tables.ranges(group, 1) {
            // SAFETY: a part of the space, which is borrowed; the next one who touches it has it read.
            unsafe { userfault::discard(range) };
        }
        true
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

impl Sources {
    /// The absent groups, as extents: first group and count.
    fn absent_runs(&self) -> Vec<(u32, u32)> {
        let absent = self.by_group.iter().filter(|(_, source)| source.is_absent);
        let mut groups: Vec<u32> = absent.map(|(group, _)| *group).collect();
        groups.sort_unstable();
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for group in groups {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == group => *count += 1,
                _ => runs.push((group, 1)),
            }
        }
        runs
    }
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
    fn group(self, address: u64, group_count: u32) -> Option<u32> {
        let group = address.checked_sub(self.start)? / self.group_bytes;
        (group < u64::from(group_count)).then_some(group as u32)
    }
}

/// The two tables of which a group has a part each.
#[derive(Clone, Copy)]
struct Tables {
    memory: Places,
    starts: Places,
    group_count: u32,
}

impl Tables {
    fn ranges(self, first_group: u32, count: u32) -> [Range; 2] {
        [self.memory.range(first_group, count), self.starts.range(first_group, count)]
    }

    fn group(self, address: u64) -> Option<u32> {
        let group = |places: Places| places.group(address, self.group_count);
        group(self.memory).or_else(|| group(self.starts))
    }
}

/// The thread's side.
struct Filler {
    faults: Arc<UserFault>,
    tables: Tables,
    reader: Box<dyn PageReader>,
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
                for (first, count) in self.shared.sources().absent_runs() {
                    for range in self.tables.ranges(first, count) {
                        let _ = self.faults.unregister(range);
                        let _ = self.faults.wake(range);
                    }
                }
                return;
            }
        }
    }

    fn handle(&mut self, address: u64) -> std::io::Result<()> {
        let Some(group) = self.tables.group(address) else {
            return Err(std::io::Error::other(format!(
                "a fault at {address:#x}, which is not ours"
            )));
        };
        let shared = Arc::clone(&self.shared);
        let mut sources = shared.sources();
        let absent = sources.by_group.get_mut(&group).filter(|source| source.is_absent);
        let Some(source) = absent else {
            drop(sources);
            return self.fill_with_zero(address);
        };
        let read = catch_unwind(AssertUnwindSafe(|| self.read_group(group, &source.pages)));
        if read.is_err() {
            self.bodies.fill(0);
            self.start_bits.fill(0);
            shared.fail(StoreError::damaged(format!("the reading of page group {group} panicked")));
        }
        let [memory, starts] = self.tables.ranges(group, 1);
        // Before the first copy: with that, who waits goes on and may count.
        let page_count = source.pages.len() as u64;
        shared.pages_absent.fetch_sub(page_count, Ordering::Relaxed);
        let copied = self.faults.copy(starts.start, &self.start_bits);
        if let Err(error) = copied.and_then(|()| self.faults.copy(memory.start, &self.bodies)) {
            shared.pages_absent.fetch_add(page_count, Ordering::Relaxed);
            return Err(error);
        }
        source.is_absent = false;
        sources.present.push_back(group);
        // If the system has no room for more extents they stay registered, and pages that are freed and touched
        // again come here.
        let _ = self.faults.unregister(memory);
        let _ = self.faults.unregister(starts);
        Ok(())
    }

    /// Memory of a group that was read, of pages that were freed since, or touched twice while it was read.
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
    fn read_group(&mut self, group: u32, pages: &[LocatedPage]) {
        self.bodies.fill(0);
        self.start_bits.fill(0);
        let mut body = vec![0; PAGE_BYTES as usize];
        for (page, location) in pages {
            self.shared.pages_read.fetch_add(1, Ordering::Relaxed);
            let index = (page.page.0 - group * GROUP_PAGES) as usize;
            let place = &mut self.bodies[index * PAGE_BYTES as usize..][..PAGE_BYTES as usize];
            let read = self.reader.read(PageNumber(page.page.0), location, &mut body);
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
