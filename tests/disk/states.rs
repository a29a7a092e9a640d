//! From a record to the disk as a power cut could leave it.
//!
//! The model. Each file has a durable content, as of its last sync, and the writes and truncations
//! since. Of these any may be lost and any may be kept, whatever their order and whatever file they
//! belong to; a write is kept or lost in sectors of 512 bytes. A truncation is kept or lost whole. Names are
//! durable when their folder was synced; of those changed since, in any folder, the first so many
//! are kept, as a journal of the file system has them. A sector is written whole or not at all, and
//! what was never written is zero.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::names::{Names, Place};
use super::recorder::Operation;
use crate::support::Random;

const SECTOR_BYTES: usize = 512;

/// A change of a file that was not synced.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Arc<[u8]> },
    Truncate { length: usize },
}

#[derive(Clone, Debug, Default)]
struct DiskFile {
    durable: Arc<Vec<u8>>,
    pending: Vec<Change>,
}

/// Files as the disk and the system's cache have them at a point of a record.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    files: BTreeMap<u32, DiskFile>,
    durable_names: Names,
    pending_names: Vec<Operation>,
}

/// What happens to changes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsynced {
    /// All are kept: also what another process finds after `kill -9`.
    Kept,
    /// None is.
    Dropped,
    /// All are kept but the last write, which is torn at a sector.
    Torn,
    /// Of each file all or none, by chance.
    ByFile,
    /// Each write whole or not at all, by chance.
    ByWrite,
    /// Each sector by itself, by chance.
    BySector,
}

impl Unsynced {
    /// Those that chance decides.
    pub const BY_CHANCE: [Unsynced; 4] =
        [Unsynced::Torn, Unsynced::ByFile, Unsynced::ByWrite, Unsynced::BySector];
}

/// A disk after a power cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub names: Names,
    pub files: BTreeMap<u32, Vec<u8>>,
}

impl Disk {
    /// A disk on which everything is durable.
    pub fn of(state: &State) -> Disk {
        let files = state.files.iter().map(|(node, content)| {
            let durable = Arc::new(content.clone());
            (*node, DiskFile { durable, pending: Vec::new() })
        });
        let files = files.collect();
        Disk { files, durable_names: state.names.clone(), pending_names: Vec::new() }
    }

    /// Follows the record by one operation.
    pub fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::Create { node, is_folder, .. } => {
                self.pending_names.push(operation.clone());
                if !is_folder {
                    self.files.insert(*node, DiskFile::default());
                }
            }
            Operation::Rename { .. } | Operation::Remove { .. } => {
                self.pending_names.push(operation.clone());
            }
            Operation::Write { node, offset, bytes } => {
                let change = Change::Write { offset: *offset, bytes: bytes.clone() };
                self.files.entry(*node).or_default().pending.push(change);
            }
            Operation::Truncate { node, length } => {
                let change = Change::Truncate { length: *length };
                self.files.entry(*node).or_default().pending.push(change);
            }
            Operation::Sync { node } => self.files.entry(*node).or_default().sync(),
            Operation::SyncNames { folder } => self.sync_names(*folder),
            Operation::Mark(_) => {}
        }
    }

    fn sync_names(&mut self, folder: u32) {
        let is_of = |place: &Place| place.folder == folder;
        let (synced, pending) =
            std::mem::take(&mut self.pending_names).into_iter().partition(|operation| {
                match operation {
                    Operation::Create { place, .. } | Operation::Remove { place } => is_of(place),
                    Operation::Rename { from, to } => is_of(from) || is_of(to),
                    _ => unreachable!("only names are changed here"),
                }
            });
        self.pending_names = pending;
        let synced: Vec<Operation> = synced;
        synced.iter().for_each(|operation| self.durable_names.apply(operation));
    }

    /// Every name with its node, as the system's cache has them.
    pub fn all_names(&self) -> Vec<(Place, u32)> {
        let mut names = self.durable_names.clone();
        self.pending_names.iter().for_each(|operation| names.apply(operation));
        names.all()
    }

    /// True if anything is not synced.
    pub fn has_unsynced(&self) -> bool {
        !self.pending_names.is_empty() || self.files.values().any(|file| !file.pending.is_empty())
    }

    /// The disk after a power cut at this point.
    pub fn after_cut(&self, mode: Unsynced, random: &mut Random) -> State {
        let name_count = self.pending_names.len();
        let kept = match mode {
            Unsynced::Kept | Unsynced::Torn => name_count,
            Unsynced::Dropped => 0,
            _ => random.below(name_count as u64 + 1) as usize,
        };
        let mut names = self.durable_names.clone();
        self.pending_names[..kept].iter().for_each(|operation| names.apply(operation));
        let mut files = BTreeMap::new();
        for (_, entry) in names.reachable().into_iter().filter(|(_, entry)| !entry.is_folder) {
            let file = self.files.get(&entry.node).expect("a named file has a content");
            files.insert(entry.node, file.after_cut(mode, random));
        }
        State { names, files }
    }
}

impl DiskFile {
    fn sync(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let content = Arc::make_mut(&mut self.durable);
        self.pending.drain(..).for_each(|change| change.apply(content));
    }

    fn after_cut(&self, mode: Unsynced, random: &mut Random) -> Vec<u8> {
        let mut content = self.durable.to_vec();
        // Seldom and often lost both matter: the odds differ from cut to cut.
        let keeps_of_8 = 1 + random.below(7);
        let whole_file = random.below(2) == 0;
        for (index, change) in self.pending.iter().enumerate() {
            let is_last = index + 1 == self.pending.len();
            match mode {
                Unsynced::Kept => change.apply(&mut content),
                Unsynced::Dropped => {}
                Unsynced::ByFile if !whole_file => {}
                Unsynced::ByFile => change.apply(&mut content),
                Unsynced::Torn if is_last => change.tear(&mut content, random),
                Unsynced::Torn => change.apply(&mut content),
                Unsynced::ByWrite if random.below(8) < keeps_of_8 => change.apply(&mut content),
                Unsynced::ByWrite => {}
                Unsynced::BySector => change.apply_some(
                    &mut content,
                    |random_of_8| random_of_8.below(8) < keeps_of_8,
                    random,
                ),
            }
        }
        content
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write { offset, bytes } => write_at(content, *offset, bytes),
            Change::Truncate { length } => content.resize(*length, 0),
        }
    }

    /// Writes up to a sector by chance and no further.
    fn tear(&self, content: &mut Vec<u8>, random: &mut Random) {
        let sector_count = match self {
            Change::Write { offset, bytes } => sectors(*offset, bytes.len()).count() as u64,
            Change::Truncate { .. } => 1,
        };
        let mut left = random.below(sector_count + 1);
        let keeps = |_: &mut Random| {
            let is_kept = left > 0;
            left = left.saturating_sub(1);
            is_kept
        };
        self.apply_some(content, keeps, random);
    }

    /// Writes those sectors for which `keeps` says so, or truncates if it does.
    fn apply_some(
        &self,
        content: &mut Vec<u8>,
        mut keeps: impl FnMut(&mut Random) -> bool,
        random: &mut Random,
    ) {
        match self {
            Change::Write { offset, bytes } => {
                for (start, end) in sectors(*offset, bytes.len()) {
                    if keeps(random) {
                        write_at(content, start, &bytes[start - offset..end - offset]);
                    }
                }
            }
            Change::Truncate { .. } if keeps(random) => self.apply(content),
            Change::Truncate { .. } => {}
        }
    }
}

/// The parts of a range that lie in one sector each.
fn sectors(offset: usize, length: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = offset + length;
    let mut start = offset;
    std::iter::from_fn(move || {
        let next = end.min((start / SECTOR_BYTES + 1) * SECTOR_BYTES);
        (start < end).then(|| (std::mem::replace(&mut start, next), next))
    })
}

fn write_at(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

impl State {
    /// What tells this state from others.
    pub fn key(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for (path, entry) in self.names.reachable() {
            hasher.update(path.as_os_str().as_encoded_bytes()).update(&entry.node.to_le_bytes());
        }
        for (node, content) in &self.files {
            hasher.update(&node.to_le_bytes()).update(&content.len().to_le_bytes()).update(content);
        }
        hasher.finalize()
    }
}

/// The directories in which states are laid out.
pub struct Ground {
    pub top: PathBuf,
    /// Each file that was ever recorded, by its node.
    pub parked: PathBuf,
}

impl Ground {
    /// Makes the files below the top those of the state: the same files that were recorded, with its
    /// contents.
    pub fn lay(&self, state: &State) {
        self.clear();
        for (path, entry) in state.names.reachable() {
            let path = self.top.join(path);
            if entry.is_folder {
                std::fs::create_dir(&path).expect("a folder of the state");
                continue;
            }
            let parked = self.parked.join(entry.node.to_string());
            let content = &state.files[&entry.node];
            let file = OpenOptions::new().write(true).open(&parked).expect("a parked file");
            file.set_len(content.len() as u64).expect("the length of the state");
            file.write_all_at(content, 0).expect("the content of the state");
            std::fs::hard_link(&parked, &path).expect("a name of the state");
        }
    }

    /// Removes the parked files that are not of this state. States with others cannot be laid any more.
    pub fn forget_all_but(&self, state: &State) {
        for path in entries(&self.parked) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let node: u32 = name.parse().expect("parked files are named by their nodes");
            if !state.files.contains_key(&node) {
                std::fs::remove_file(&path).unwrap();
            }
        }
    }

    /// Removes everything below the top.
    pub fn clear(&self) {
        for path in entries(&self.top) {
            if path.is_dir() {
                entries(&path).iter().for_each(|inner| std::fs::remove_file(inner).unwrap());
                std::fs::remove_dir(&path).unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
        }
    }

    /// The files as they are, by their paths, without SQLite's shared memory.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![self.top.clone()];
        while let Some(folder) = waiting.pop() {
            for path in entries(&folder) {
                if path.is_dir() {
                    waiting.push(path);
                } else if !path.to_string_lossy().ends_with("-shm") {
                    let relative = path.strip_prefix(&self.top).expect("below the top");
                    found.insert(relative.to_path_buf(), std::fs::read(&path).unwrap());
                }
            }
        }
        found
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

impl State {
    /// The contents by path, to be compared with [`Ground::contents`].
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = self.names.reachable().into_iter().filter(|(_, entry)| !entry.is_folder);
        files.map(|(path, entry)| (path, self.files[&entry.node].clone())).collect()
    }
}
