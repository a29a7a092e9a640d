//! Looking into images without changing them.

use std::path::Path;

use pscheme::heap::collect::NoRoots;
use pscheme::heap::heap::Heap;
use pscheme::heap::store::Store;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, StoreOptions};
use pscheme::session::check_heap;

use crate::run::{Failure, report};

/// Reads an image as of its newest commit.
fn read(path: &Path) -> Result<(u64, Heap), Failure> {
    let options = StoreOptions::new(CommitClock::system());
    let mut store = ImageDirectory::at(path).open_read_only(&options)?;
    let commit = store.newest_root()?.map_or(0, |(transaction, _)| transaction.0);
    Ok((commit, Heap::restore(&mut store)?))
}

/// `pscheme check`.
pub fn check(path: &Path) -> u8 {
    let checked = read(path).and_then(|(commit, heap)| {
        check_heap(&heap)?;
        Ok((commit, heap.bytes_in_use()))
    });
    match checked {
        Ok((commit, bytes)) => {
            println!(
                "{}: commit {commit}, {bytes} bytes in pages, no problem found",
                path.display()
            );
            0
        }
        Err(failure) => report(failure),
    }
}

/// `pscheme heap`.
pub fn census(path: &Path) -> u8 {
    let counted = read(path).and_then(|(commit, mut heap)| {
        check_heap(&heap)?;
        Ok((commit, heap.bytes_in_use(), heap.census(&mut NoRoots)))
    });
    match counted {
        Ok((commit, bytes, rows)) => {
            println!("{}: commit {commit}, {bytes} bytes in pages", path.display());
            println!("{:<16} {:>12} {:>14}", "kind", "objects", "bytes");
            for (name, count, bytes) in rows {
                println!("{name:<16} {count:>12} {bytes:>14}");
            }
            0
        }
        Err(failure) => report(failure),
    }
}
