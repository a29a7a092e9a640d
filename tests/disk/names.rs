//! The names of files and folders below a tape's directory.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::recorder::{Operation, TOP};

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub folder: u32,
    pub name: String,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub node: u32,
    pub is_folder: bool,
}

/// All names of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Names(BTreeMap<Place, Entry>);

impl Names {
    /// The place of a path relative to the top; `None` for the top itself.
    ///
    /// # Panics
    /// If its folder is not known.
    pub fn place(&self, relative: &Path) -> Option<Place> {
        let mut place: Option<Place> = None;
        for component in relative.components() {
            let Component::Normal(name) = component else { continue };
            let folder = match &place {
                None => TOP,
                Some(place) => self.get(place).expect("the folder is known").node,
            };
            place = Some(Place { folder, name: name.to_string_lossy().into_owned() });
        }
        place
    }

    pub fn get(&self, place: &Place) -> Option<Entry> {
        self.0.get(place).copied()
    }

    /// Follows a creation, renaming or removal. One whose name is not there does nothing: the creation
    /// before it may not have reached the disk.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create { place, node, is_folder } => {
                let entry = Entry { node: *node, is_folder: *is_folder };
                self.0.insert(place.clone(), entry);
            }
            Operation::Rename { from, to } => {
                if let Some(entry) = self.0.remove(from) {
                    self.0.insert(to.clone(), entry);
                }
            }
            Operation::Remove { place } => {
                self.0.remove(place);
            }
            _ => unreachable!("only names are changed here"),
        }
    }

    /// Every name with its node.
    pub fn all(&self) -> Vec<(Place, u32)> {
        self.0.iter().map(|(place, entry)| (place.clone(), entry.node)).collect()
    }

    /// The nodes of all folders but the top.
    pub fn folders(&self) -> impl Iterator<Item = u32> {
        self.0.values().filter(|entry| entry.is_folder).map(|entry| entry.node)
    }

    /// Every file and folder that can be reached from the top, folders before what is in them.
    pub fn reachable(&self) -> Vec<(PathBuf, Entry)> {
        let mut found = Vec::new();
        let mut waiting = vec![(PathBuf::new(), TOP)];
        while let Some((path, folder)) = waiting.pop() {
            for (place, entry) in self.0.iter().filter(|(place, _)| place.folder == folder) {
                let path = path.join(&place.name);
                if entry.is_folder {
                    waiting.push((path.clone(), entry.node));
                }
                found.push((path, *entry));
            }
        }
        found
    }
}
