//! Effects on files: performed after the commit that holds their request, then acknowledged.
//!
//! A request is an object in the heap with a number. Bytes go to an absolute offset, so performing a
//! request twice is the same as performing it once: after a crash everything that was not
//! acknowledged in a durable commit is performed again, and each byte is in the file once.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_stdlib::port::effect::Operation;
use pscheme_vm::machine::Vm;

/// Why an effect could not be performed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EffectError {
    /// The operating system refused.
    #[error("writing {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The file is not as this program left it.
    #[error(
        "{} has {found} bytes, but this program has written {written}; \
         it was changed from outside and was left alone",
        path.display()
    )]
    Changed { path: PathBuf, written: u64, found: u64 },
    /// The file this program writes is gone.
    #[error("{} was removed while this program writes it", path.display())]
    Removed { path: PathBuf },
}

/// Performs effects; keeps files open between them.
#[derive(Default)]
pub struct EffectRunner {
    files: HashMap<PathBuf, File>,
    unsynced: Vec<PathBuf>,
}

impl EffectRunner {
    /// Performs all requests up to `last` and takes them off the queue. The acknowledgement is
    /// durable with the next commit.
    ///
    /// # Errors
    /// The first request that could not be performed stays on the queue with all later ones.
    pub fn perform(&mut self, vm: &mut Vm, last: i64) -> Result<usize, EffectError> {
        let mut performed = 0;
        let mut next = vm.heap.root(Root::EffectsHead);
        let mut outcome = Ok(());
        while next.is_object() && vm.heap.field(next, body::Effect::NUMBER).as_fixnum() <= last {
            outcome = self.perform_one(vm, next);
            if outcome.is_err() {
                break;
            }
            performed += 1;
            next = vm.heap.field(next, body::Effect::NEXT);
        }
        for path in std::mem::take(&mut self.unsynced) {
            if let Some(file) = self.files.get(&path) {
                file.sync_data().map_err(|source| EffectError::Io { path, source })?;
            }
        }
        vm.heap.set_root(Root::EffectsHead, next);
        if !next.is_object() {
            vm.heap.set_root(Root::EffectsTail, Word::FALSE);
            vm.machine.effects_pending = false;
        }
        outcome.map(|()| performed)
    }

    fn perform_one(&mut self, vm: &Vm, effect: Word) -> Result<(), EffectError> {
        let port = vm.heap.field(effect, body::Effect::TARGET);
        let path = PathBuf::from(vm.heap.string_text(vm.heap.field(port, body::Port::NAME)));
        let operation = vm.heap.field(effect, body::Effect::OPERATION).as_fixnum();
        if operation == Operation::Create as i64 {
            let file =
                create(&path).map_err(|source| EffectError::Io { path: path.clone(), source })?;
            self.files.insert(path.clone(), file);
            self.unsynced.push(path);
        } else if operation == Operation::Write as i64 {
            let position = vm.heap.field(effect, body::Effect::POSITION).as_fixnum() as u64;
            let payload = vm.heap.bytes(vm.heap.field(effect, body::Effect::PAYLOAD));
            self.write(path, position, payload)?;
        } else {
            self.files.remove(&path).map_or(Ok(()), |file| {
                file.sync_data().map_err(|source| EffectError::Io { path, source })
            })?;
        }
        Ok(())
    }

    fn write(&mut self, path: PathBuf, position: u64, payload: &[u8]) -> Result<(), EffectError> {
        let failed = |source| EffectError::Io { path: path.clone(), source };
        if !self.files.contains_key(&path) {
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(EffectError::Removed { path });
                }
                Err(error) => return Err(failed(error)),
            };
            // Opened anew after a restart: what was acknowledged must be there, and nothing beyond
            // what the unacknowledged requests can have written.
            let found = file.metadata().map_err(failed)?.len();
            if found < position {
                return Err(EffectError::Changed { path, written: position, found });
            }
            self.files.insert(path.clone(), file);
        }
        let file = &self.files[&path];
        file.write_all_at(payload, position).map_err(failed)?;
        if !self.unsynced.contains(&path) {
            self.unsynced.push(path);
        }
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    // The directory's entry must be as durable as the acknowledgement.
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()?;
    Ok(file)
}

/// The number of the newest request, or `None` if there is none.
pub fn newest_effect(vm: &Vm) -> Option<i64> {
    let tail = vm.heap.root(Root::EffectsTail);
    tail.is_object().then(|| vm.heap.field(tail, body::Effect::NUMBER).as_fixnum())
}
