//! Effects on files: performed after the commit that holds their request, then acknowledged.
//!
//! A request is an object in the heap with a number. Bytes go to an absolute offset, so performing a
//! request twice is the same as performing it once: after a crash everything that was not
//! acknowledged in a durable commit is performed again, and each byte is in the file once.
//!
//! A file that is no longer as this program left it is not touched: the port knows its identity, how
//! much of it was acknowledged, and the hash of the end of that. The run then stops with an error,
//! and the requests stay in the image.

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::store::is_about_space;
use pscheme_heap::word::Word;
use pscheme_stdlib::port::effect::Operation;
use pscheme_stdlib::port::file::{FileRecord, TAIL_BYTES_MAX};
use pscheme_vm::machine::Vm;

/// Why an effect could not be performed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EffectError {
    /// The operating system refused.
    #[error("writing {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The file's length is not what this program can have left.
    #[error(
        "{} has {found} bytes, where this program has left {least} to {most}; \
         it was changed from outside and was left alone",
        path.display()
    )]
    Length { path: PathBuf, least: u64, most: u64, found: u64 },
    /// The bytes before the end of what was acknowledged are others.
    #[error(
        "{} holds other bytes than this program wrote; \
         it was changed from outside and was left alone",
        path.display()
    )]
    Content { path: PathBuf },
    /// The name now belongs to another file.
    #[error("{} was replaced by another file, which was left alone", path.display())]
    Replaced { path: PathBuf },
    /// The file this program writes is gone.
    #[error("{} was removed while this program writes it", path.display())]
    Removed { path: PathBuf },
}

impl EffectError {
    /// Whether somebody else changed the file, as opposed to the operating system's refusal.
    pub fn is_foreign_change(&self) -> bool {
        !matches!(self, EffectError::Io { .. })
    }

    /// Whether there was no room for what was to be written. It can be tried again.
    pub fn is_out_of_space(&self) -> bool {
        matches!(self, EffectError::Io { source, .. } if is_about_space(source))
    }
}

/// A file that is being written.
struct OpenFile {
    path: PathBuf,
    file: File,
    /// What its port is to know of it once everything is synced.
    record: FileRecord,
    /// Length of the file as this program left it; after a restart it may be beyond what was
    /// acknowledged.
    length: u64,
    /// Bytes were written or the file was created since the last sync.
    unsynced: bool,
    /// No request on it has been looked at in this round.
    unchecked: bool,
}

/// Performs effects; keeps files open between them.
#[derive(Default)]
pub struct EffectRunner {
    files: HashMap<PathBuf, OpenFile>,
    /// Where the requests end that a run before this one may have performed without acknowledging
    /// it, by file.
    requested: HashMap<PathBuf, u64>,
    /// A sync has failed in this round: what was written may be gone from the system's cache.
    sync_has_failed: bool,
}

impl EffectRunner {
    /// A runner for a machine that was read from its image.
    pub fn after_restart(vm: &Vm) -> EffectRunner {
        let mut runner = EffectRunner::default();
        let mut next = vm.heap.root(Root::EffectsHead);
        while next.is_object() {
            if vm.heap.field(next, body::Effect::OPERATION).as_fixnum() == Operation::Write as i64 {
                let position = vm.heap.field(next, body::Effect::POSITION).as_fixnum() as u64;
                let payload = vm.heap.bytes(vm.heap.field(next, body::Effect::PAYLOAD));
                let end = position + payload.len() as u64;
                let path = port_path(vm, vm.heap.field(next, body::Effect::TARGET));
                let known = runner.requested.entry(path).or_default();
                *known = end.max(*known);
            }
            next = vm.heap.field(next, body::Effect::NEXT);
        }
        runner
    }

    /// Performs all requests up to `last` and takes them off the queue. The acknowledgement is
    /// durable with the next commit.
    ///
    /// # Errors
    /// The first request that could not be performed stays on the queue with all later ones; after a failed sync
    /// all do, because another sync would not bring back what the system has dropped.
    pub fn perform(&mut self, vm: &mut Vm, last: i64) -> Result<usize, EffectError> {
        self.files.values_mut().for_each(|open| open.unchecked = true);
        let mut performed = 0;
        let mut next = vm.heap.root(Root::EffectsHead);
        let mut outcome = Ok(());
        let performs = vm.machine.host.performs_effects();
        while next.is_object() && vm.heap.field(next, body::Effect::NUMBER).as_fixnum() <= last {
            if performs {
                outcome = self.perform_one(vm, next);
            }
            if outcome.is_err() {
                break;
            }
            performed += 1;
            next = vm.heap.field(next, body::Effect::NEXT);
        }
        if std::mem::take(&mut self.sync_has_failed) {
            return outcome.map(|()| performed);
        }
        self.sync(vm)?;
        vm.heap.set_root(Root::EffectsHead, next);
        if !next.is_object() {
            vm.heap.set_root(Root::EffectsTail, Word::FALSE);
            vm.machine.effects_pending = false;
        }
        outcome.map(|()| performed)
    }

    fn perform_one(&mut self, vm: &mut Vm, effect: Word) -> Result<(), EffectError> {
        let port = vm.heap.field(effect, body::Effect::TARGET);
        let path = port_path(vm, port);
        let operation = vm.heap.field(effect, body::Effect::OPERATION).as_fixnum();
        let payload = match operation == Operation::Write as i64 {
            // A copy, because the system must not be given memory that may not have been read yet.
            true => vm.heap.bytes(vm.heap.field(effect, body::Effect::PAYLOAD)).to_vec(),
            false => Vec::new(),
        };
        if !vm.heap.is_whole() {
            let source = io::Error::other("a page of the image could not be read");
            return Err(EffectError::Io { path, source });
        }
        if operation == Operation::Create as i64 {
            let open = OpenFile::create(&path)?;
            open.record.store(vm, port);
            self.files.insert(path, open);
        } else if operation == Operation::Write as i64 {
            let open = self.open_for(vm, port, path)?;
            let position = vm.heap.field(effect, body::Effect::POSITION).as_fixnum() as u64;
            open.write(position, &payload)?;
        } else if operation == Operation::Delete as i64 {
            self.files.remove(&path);
            let known = FileRecord::of_port(vm, port).unwrap_or_default();
            delete(&path, &known).map_err(|source| EffectError::Io { path, source })?;
        } else if let Some(mut open) = self.files.remove(&path) {
            if let Err(error) = open.sync() {
                self.sync_has_failed = true;
                self.files.insert(path, open);
                return Err(error);
            }
            open.record.store(vm, port);
        }
        Ok(())
    }

    /// The port's file, which is as this program left it.
    fn open_for(
        &mut self,
        vm: &Vm,
        port: Word,
        path: PathBuf,
    ) -> Result<&mut OpenFile, EffectError> {
        if !self.files.contains_key(&path) {
            let record = FileRecord::of_port(vm, port).unwrap_or_default();
            let requested = self.requested.get(&path).copied().unwrap_or_default();
            let most = requested.max(record.acknowledged);
            let open = OpenFile::reopen(path.clone(), record, most)?;
            self.files.insert(path.clone(), open);
        }
        let open = self.files.get_mut(&path).expect("just opened");
        if std::mem::take(&mut open.unchecked) {
            open.check()?;
        }
        Ok(open)
    }

    /// Makes everything that was written durable, and lets the ports know.
    fn sync(&mut self, vm: &mut Vm) -> Result<(), EffectError> {
        let mut synced = false;
        for open in self.files.values_mut().filter(|open| open.unsynced) {
            open.sync()?;
            synced = true;
        }
        if !synced {
            return Ok(());
        }
        let mut ports = vm.heap.root(Root::OpenPorts);
        while ports.is_pair() {
            let port = vm.heap.car(ports);
            ports = vm.heap.cdr(ports);
            let Some(open) = self.files.get(&port_path(vm, port)) else { continue };
            if FileRecord::of_port(vm, port).is_some_and(|known| known != open.record) {
                open.record.store(vm, port);
            }
        }
        Ok(())
    }
}

impl OpenFile {
    fn create(path: &Path) -> Result<OpenFile, EffectError> {
        let created = || -> io::Result<(File, Metadata)> {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(true).open(path)?;
            sync_directory(path)?;
            let metadata = file.metadata()?;
            Ok((file, metadata))
        };
        let path = path.to_path_buf();
        let (file, metadata) =
            created().map_err(|source| EffectError::Io { path: path.clone(), source })?;
        let record = FileRecord {
            tail_hash: *blake3::hash(&[]).as_bytes(),
            ..FileRecord::identity(&metadata)
        };
        Ok(OpenFile { path, file, record, length: 0, unsynced: true, unchecked: false })
    }

    /// Opens a file that was written before a restart, if it is as it was left: between what is in
    /// `record` and `most` bytes.
    fn reopen(path: PathBuf, record: FileRecord, most: u64) -> Result<OpenFile, EffectError> {
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(EffectError::Removed { path });
            }
            Err(source) => return Err(EffectError::Io { path, source }),
        };
        let mut open =
            OpenFile { path, file, record, length: 0, unsynced: false, unchecked: false };
        let metadata = open.file.metadata().map_err(|source| open.failed(source))?;
        open.expect_identity(&metadata)?;
        let (least, found) = (open.record.acknowledged, metadata.len());
        if found < least || found > most {
            return Err(EffectError::Length { path: open.path, least, most, found });
        }
        if open.tail_hash()? != open.record.tail_hash {
            return Err(EffectError::Content { path: open.path });
        }
        // What lies beyond is of requests that were not acknowledged; it is written again.
        open.length = found;
        Ok(open)
    }

    fn failed(&self, source: io::Error) -> EffectError {
        EffectError::Io { path: self.path.clone(), source }
    }

    /// Whether the name still is this file's, and the file as long as it was left.
    fn check(&self) -> Result<(), EffectError> {
        let metadata = match std::fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(EffectError::Removed { path: self.path.clone() });
            }
            Err(source) => return Err(self.failed(source)),
        };
        self.expect_identity(&metadata)?;
        let (expected, found) = (self.length, metadata.len());
        if found != expected {
            let path = self.path.clone();
            return Err(EffectError::Length { path, least: expected, most: expected, found });
        }
        Ok(())
    }

    fn expect_identity(&self, metadata: &Metadata) -> Result<(), EffectError> {
        let same = self.record.is_same_file(&FileRecord::identity(metadata));
        if same { Ok(()) } else { Err(EffectError::Replaced { path: self.path.clone() }) }
    }

    fn write(&mut self, position: u64, payload: &[u8]) -> Result<(), EffectError> {
        let written = self.file.write_all_at(payload, position);
        let end = position + payload.len() as u64;
        self.unsynced = true;
        if let Err(source) = written {
            // A part of it may be there: then the file is longer by this program's own doing.
            if let Ok(metadata) = self.file.metadata() {
                self.length = metadata.len().min(end).max(self.length);
            }
            return Err(self.failed(source));
        }
        self.record.acknowledged = end.max(self.record.acknowledged);
        self.length = end.max(self.length);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), EffectError> {
        if std::mem::take(&mut self.unsynced) {
            self.file.sync_data().map_err(|source| self.failed(source))?;
            self.record.tail_hash = self.tail_hash()?;
        }
        Ok(())
    }

    /// The hash of the end of what is acknowledged, as the file has it.
    fn tail_hash(&self) -> Result<[u8; 32], EffectError> {
        let end = self.record.acknowledged;
        let mut tail = vec![0; end.min(TAIL_BYTES_MAX) as usize];
        let start = end - tail.len() as u64;
        self.file.read_exact_at(&mut tail, start).map_err(|source| self.failed(source))?;
        Ok(*blake3::hash(&tail).as_bytes())
    }
}

/// Deletes a file. If it is gone, or its name is another file's by now, that was done before.
fn delete(path: &Path, known: &FileRecord) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if known.is_same_file(&FileRecord::identity(&found)) => {
            std::fs::remove_file(path)?;
            sync_directory(path)
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the entry of a file in its directory as durable as the acknowledgement will be.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn port_path(vm: &Vm, port: Word) -> PathBuf {
    PathBuf::from(vm.heap.string_text(vm.heap.field(port, body::Port::NAME)))
}

/// The number of the newest request, or `None` if there is none.
pub fn newest_effect(vm: &Vm) -> Option<i64> {
    let tail = vm.heap.root(Root::EffectsTail);
    tail.is_object().then(|| vm.heap.field(tail, body::Effect::NUMBER).as_fixnum())
}
