//! The record of everything that is done to the files below one directory, and failures planted into
//! it. A [`Tape`] belongs to one directory, so that several threads can each have their own.
//!
//! Files are known by *nodes*, numbers that stay with a file whatever its name. Each file that is created
//! while a tape records gets a second name outside of the directory, by its number: so that a file
//! that was deleted, or is not there in some state of the disk, can be put back as the same file. What
//! programs write is bound to files, not to names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use pscheme::heap::store::Phase;

use super::names::{Names, Place};

/// The node of the tape's directory.
pub const TOP: u32 = 0;
/// The node of what is not recorded: SQLite's shared memory, and everything while nothing is.
const UNRECORDED: u32 = u32::MAX;

/// What happened, or a mark the test set.
#[derive(Clone, Debug)]
pub enum Operation {
    Create { place: Place, node: u32, is_folder: bool },
    Rename { from: Place, to: Place },
    Remove { place: Place },
    Write { node: u32, offset: usize, bytes: Arc<[u8]> },
    Truncate { node: u32, length: usize },
    Sync { node: u32 },
    SyncNames { folder: u32 },
    Mark(Mark),
}

/// What somebody outside knows at a point of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The store was opened and this is the newest commit it found.
    Opened(u64),
    /// The store said that this commit is durable.
    Durable(u64),
    /// The program said that it has heard of this step's commit.
    Heard(u64),
    /// The store has come to this phase.
    Phase(Phase),
    /// The image was closed in order.
    Closed,
}

/// The sorts of calls, as far as failures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Open,
    Create,
    Read,
    Write,
    Truncate,
    Sync,
    /// Renames and deletions.
    Name,
}

impl Call {
    pub const ALL: [Call; 7] =
        [Call::Open, Call::Create, Call::Read, Call::Write, Call::Truncate, Call::Sync, Call::Name];
}

/// A planted failure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Whether calls of this sort count and fail.
    pub counts: fn(Call) -> bool,
    /// Calls that count and still succeed.
    pub after: u64,
    /// The error of the failing ones.
    pub code: i32,
    /// The first failing call, if it writes, writes a half and fails only afterwards.
    pub first_is_short: bool,
    /// How many fail.
    pub count: u64,
    /// Calls that failed so far.
    pub struck: u64,
}

/// How a planted failure strikes.
pub enum Strike {
    Fail(i32),
    /// A write of a half.
    Short,
}

/// The record of one directory.
pub struct Tape {
    number: u32,
    top: PathBuf,
    inner: Mutex<Inner>,
}

/// What a tape keeps.
pub struct Inner {
    top: PathBuf,
    parked: PathBuf,
    is_recording: bool,
    record: Vec<Operation>,
    names: Names,
    folders: BTreeSet<u32>,
    next_node: u32,
    plan: Option<Plan>,
    /// Calls so far, by their sort.
    call_counts: [u64; Call::ALL.len()],
}

static TAPES: RwLock<Vec<&'static Tape>> = RwLock::new(Vec::new());

/// The tape with this number.
pub fn tape_number(number: u32) -> &'static Tape {
    TAPES.read().expect("tapes are added without panic")[number as usize - 1]
}

/// The tape to whose directory a path leads.
pub fn tape_of_path(path: &Path) -> Option<&'static Tape> {
    TAPES
        .read()
        .expect("tapes are added without panic")
        .iter()
        .copied()
        .find(|tape| tape.covers(path))
}

impl Tape {
    /// A tape for a directory, whose path must be one without links; files get their second names in
    /// `parked`. It lives as long as the process.
    pub fn over(top: PathBuf, parked: PathBuf) -> &'static Tape {
        let mut tapes = TAPES.write().expect("tapes are added without panic");
        let number = tapes.len() as u32 + 1;
        let inner = Inner {
            top: top.clone(),
            parked,
            is_recording: false,
            record: Vec::new(),
            names: Names::default(),
            folders: BTreeSet::from([TOP]),
            next_node: TOP + 1,
            plan: None,
            call_counts: [0; Call::ALL.len()],
        };
        let tape: &'static Tape = Box::leak(Box::new(Tape { number, top, inner: inner.into() }));
        tapes.push(tape);
        tape
    }

    fn covers(&self, path: &Path) -> bool {
        path.starts_with(&self.top)
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a record, with the files that are there.
    pub fn start(&self, names: Names) {
        let mut inner = self.lock();
        inner.folders = names.folders().chain([TOP]).collect();
        inner.names = names;
        inner.record.clear();
        inner.is_recording = true;
    }

    /// Ends the record and gives it.
    pub fn stop(&self) -> Vec<Operation> {
        let mut inner = self.lock();
        inner.is_recording = false;
        std::mem::take(&mut inner.record)
    }

    /// Sets a mark, if the tape records.
    pub fn mark(&self, mark: Mark) {
        let mut inner = self.lock();
        inner.note(Operation::Mark(mark));
    }

    /// Plants a failure, or with `None` removes it. Returns the one before, as far as it has got.
    pub fn plant(&self, plan: Option<Plan>) -> Option<Plan> {
        std::mem::replace(&mut self.lock().plan, plan)
    }

    /// Calls of each sort so far.
    pub fn call_counts(&self) -> [u64; Call::ALL.len()] {
        self.lock().call_counts
    }
}

impl Inner {
    fn note(&mut self, operation: Operation) {
        if self.is_recording {
            self.record.push(operation);
        }
    }

    /// Counts a call, and says how it is to fail if it is.
    pub fn strike(&mut self, call: Call) -> Option<Strike> {
        self.call_counts[call as usize] += 1;
        let plan = self.plan.as_mut().filter(|plan| (plan.counts)(call))?;
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        if plan.struck >= plan.count {
            return None;
        }
        plan.struck += 1;
        let is_short = plan.first_is_short && plan.struck == 1 && call == Call::Write;
        Some(if is_short { Strike::Short } else { Strike::Fail(plan.code) })
    }

    fn place(&self, path: &Path) -> Option<Place> {
        self.names.place(path.strip_prefix(&self.top).ok()?)
    }

    /// The node of a file or folder that was opened, made if it was created just now.
    pub fn opened(&mut self, path: &Path, flags: i32) -> u32 {
        let is_scratch = path.to_string_lossy().ends_with("-shm");
        if !self.is_recording || is_scratch {
            return UNRECORDED;
        }
        let Some(place) = self.place(path) else { return TOP };
        let known = self.names.get(&place);
        let node = match known {
            Some(entry) => entry.node,
            None => {
                assert!(flags & libc::O_CREAT != 0, "{} is known to the record", path.display());
                self.add(path, place, false)
            }
        };
        if flags & libc::O_TRUNC != 0 && known.is_some() {
            self.truncated(node, 0);
        }
        node
    }

    fn add(&mut self, path: &Path, place: Place, is_folder: bool) -> u32 {
        let node = self.next_node;
        self.next_node += 1;
        if is_folder {
            self.folders.insert(node);
        } else {
            std::fs::hard_link(path, self.parked.join(node.to_string())).expect("a second name");
        }
        self.change_names(Operation::Create { place, node, is_folder });
        node
    }

    fn change_names(&mut self, operation: Operation) {
        self.names.apply(&operation);
        self.note(operation);
    }

    fn records(&self, node: u32) -> bool {
        self.is_recording && node != UNRECORDED
    }

    pub fn wrote(&mut self, node: u32, offset: usize, bytes: &[u8]) {
        if self.records(node) {
            self.note(Operation::Write { node, offset, bytes: bytes.into() });
        }
    }

    pub fn truncated(&mut self, node: u32, length: usize) {
        if self.records(node) {
            self.note(Operation::Truncate { node, length });
        }
    }

    pub fn synced(&mut self, node: u32) {
        if !self.records(node) {
        } else if self.folders.contains(&node) {
            self.note(Operation::SyncNames { folder: node });
        } else {
            self.note(Operation::Sync { node });
        }
    }

    pub fn renamed(&mut self, from: &Path, to: &Path) {
        if !self.is_recording {
            return;
        }
        if let (Some(from), Some(to)) = (self.place(from), self.place(to)) {
            self.change_names(Operation::Rename { from, to });
        }
    }

    pub fn removed(&mut self, path: &Path) {
        if !self.is_recording {
            return;
        }
        let place = self.place(path).filter(|place| self.names.get(place).is_some());
        if let Some(place) = place {
            self.change_names(Operation::Remove { place });
        }
    }

    pub fn made_folder(&mut self, path: &Path) {
        if !self.is_recording {
            return;
        }
        if let Some(place) = self.place(path) {
            self.add(path, place, true);
        }
    }
}
