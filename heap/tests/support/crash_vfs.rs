//! An SQLite VFS that wraps "unix", passes everything on, and records each write, truncation, sync
//! and deletion. From the record every state is made that a power cut could leave: writes that were
//! not synced lost, reordered, or torn at the sectors of a disk.
#![allow(unsafe_code, reason = "a VFS is a table of C functions")]

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, MutexGuard, Once};

use rusqlite::ffi;

use super::support::Random;

/// The name under which the VFS is registered.
pub const NAME: &str = "pscheme-crash";
const SECTOR_BYTES: usize = 512;

/// What happened to a file, or a mark the test set.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A file was opened that held this.
    Open {
        file: String,
        content: Vec<u8>,
    },
    Write {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Sync {
        file: String,
    },
    Delete {
        file: String,
    },
    /// Set by the test between operations.
    Mark(Mark),
}

/// What the test knows at a point of the record.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A commit was acknowledged to the caller.
    Acknowledged(u64),
    /// `head` was written; these are its bytes.
    Head(Vec<u8>),
    /// `head` was synced as it is.
    HeadSynced,
}

static RECORD: Mutex<Vec<Operation>> = Mutex::new(Vec::new());

fn record() -> MutexGuard<'static, Vec<Operation>> {
    RECORD.lock().expect("recording does not panic")
}

/// Sets a mark.
pub fn mark(mark: Mark) {
    record().push(Operation::Mark(mark));
}

/// Takes the record so far and starts a new one.
pub fn take_record() -> Vec<Operation> {
    std::mem::take(&mut *record())
}

/// A planted failure of writes, truncations and syncs, counted together.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Operations that still succeed.
    pub after: u64,
    /// What the failing ones return.
    pub code: c_int,
    /// Whether all later ones fail too.
    pub lasts: bool,
    /// What counts.
    pub of: Counted,
}

/// Operations that a planted failure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    All,
    Syncs,
    /// All but syncs: what needs room on the disk.
    Writes,
}

static FAULT: Mutex<Option<Fault>> = Mutex::new(None);

/// Plants a failure, or with `None` removes it. Returns the one before, as far as it has got.
pub fn plant(fault: Option<Fault>) -> Option<Fault> {
    std::mem::replace(&mut *FAULT.lock().expect("planting does not panic"), fault)
}

/// The code with which the operation about to be done is to fail.
fn planted_failure(is_sync: bool) -> Option<c_int> {
    let mut planted = FAULT.lock().expect("planting does not panic");
    let fault = planted.as_mut().filter(|fault| match fault.of {
        Counted::All => true,
        Counted::Syncs => is_sync,
        Counted::Writes => !is_sync,
    })?;
    if fault.after > 0 {
        fault.after -= 1;
        return None;
    }
    let code = fault.code;
    if !fault.lasts {
        *planted = None;
    }
    Some(code)
}

/// A file as a disk would have it.
#[derive(Clone, Default)]
struct DiskFile {
    /// What was synced; `None` if the file is not there.
    durable: Option<Vec<u8>>,
    /// Writes and truncations since.
    pending: Vec<Operation>,
}

/// The files of one image, by the last part of their path.
#[derive(Clone, Default)]
pub struct Disk {
    files: BTreeMap<String, DiskFile>,
}

/// What happens to writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    Kept,
    Dropped,
    /// Some kept, some dropped, some torn at a sector, garbage in a torn one, by chance.
    Scrambled,
}

impl Disk {
    /// Follows the record by one operation.
    pub fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::Open { file, content } => {
                let disk = self.files.entry(file.clone()).or_default();
                if disk.durable.is_none() && disk.pending.is_empty() {
                    disk.durable = Some(content.clone());
                }
            }
            Operation::Write { file, .. } | Operation::Truncate { file, .. } => {
                self.files.entry(file.clone()).or_default().pending.push(operation.clone());
            }
            Operation::Sync { file } => {
                let disk = self.files.entry(file.clone()).or_default();
                let mut content = disk.durable.take().unwrap_or_default();
                disk.pending.drain(..).for_each(|operation| apply(&mut content, &operation));
                disk.durable = Some(content);
            }
            Operation::Delete { file } => {
                self.files.remove(file);
            }
            Operation::Mark(_) => {}
        }
    }

    /// True if anything is not synced.
    pub fn has_unsynced(&self) -> bool {
        self.files.values().any(|file| !file.pending.is_empty())
    }

    /// The files a crash would leave.
    pub fn after_crash(&self, mode: Unsynced, random: &mut Random) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for (name, file) in &self.files {
            let mut content = file.durable.clone();
            for operation in &file.pending {
                match mode {
                    Unsynced::Dropped => continue,
                    Unsynced::Kept => apply(content.get_or_insert_default(), operation),
                    Unsynced::Scrambled => {
                        scramble(content.get_or_insert_default(), operation, random);
                    }
                }
            }
            if let Some(content) = content {
                files.insert(name.clone(), content);
            }
        }
        files
    }
}

fn apply(content: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write { offset, bytes, .. } => write_at(content, *offset, bytes),
        Operation::Truncate { length, .. } => content.resize(*length, 0),
        _ => unreachable!("only writes and truncations are pending"),
    }
}

fn scramble(content: &mut Vec<u8>, operation: &Operation, random: &mut Random) {
    let Operation::Write { offset, bytes, .. } = operation else {
        if random.below(2) == 0 {
            apply(content, operation);
        }
        return;
    };
    match random.below(4) {
        0 => {}
        1 | 2 => apply(content, operation),
        _ => {
            let sector_count = bytes.len().div_ceil(SECTOR_BYTES) as u64;
            let kept = (random.below(sector_count + 1) as usize * SECTOR_BYTES).min(bytes.len());
            write_at(content, *offset, &bytes[..kept]);
            if random.below(3) == 0 {
                let garbage = (bytes.len() - kept).min(SECTOR_BYTES);
                let garbage: Vec<u8> = (0..garbage).map(|_| random.next() as u8).collect();
                write_at(content, offset + kept, &garbage);
            }
        }
    }
}

fn write_at(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

/// Registers the VFS, once for the process.
pub fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: `sqlite3_vfs_find` returns the default VFS, which lives for ever. The copy is
        // leaked, so it too lives as long as SQLite may use it. Functions that are not replaced get
        // our table instead of the original one, which the "unix" VFS does not look at in them.
        unsafe {
            let real = ffi::sqlite3_vfs_find(c"unix".as_ptr());
            assert!(!real.is_null(), "there is a VFS 'unix'");
            let mut ours = *real;
            ours.szOsFile = (size_of::<CrashFile>() as c_int) + (*real).szOsFile;
            ours.pNext = std::ptr::null_mut();
            ours.zName = CString::new(NAME).expect("no zero inside").into_raw();
            ours.pAppData = real.cast();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            let code = ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 0);
            assert_eq!(code, ffi::SQLITE_OK);
        }
    });
}

/// Our part of an open file; SQLite allocates it, with the real file's part directly behind.
#[repr(C)]
struct CrashFile {
    base: ffi::sqlite3_file,
    /// The name by which the file is recorded, from `Box::into_raw`; null for files not recorded.
    name: *mut String,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

// All functions below are called by SQLite only, with a file that `open` made: its first part is a
// `CrashFile`, and the real file stands directly behind it, opened, with its method table set.

/// The real file behind ours.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: see above; `szOsFile` reserved the room behind our part.
    unsafe { file.cast::<CrashFile>().add(1).cast() }
}

/// Calls a method of the real file.
macro_rules! pass_on {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let real = real($file);
        ((*(*real).pMethods).$method.expect("the unix VFS has all methods"))(real $(, $argument)*)
    }};
}

unsafe fn name_of<'a>(file: *mut ffi::sqlite3_file) -> Option<&'a String> {
    // SAFETY: see above; the name lives until `close`.
    unsafe { (*file.cast::<CrashFile>()).name.as_ref() }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes our VFS, whose application data is the real one, a path or null, and
    // `szOsFile` bytes for the file.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let real_vfs: *mut ffi::sqlite3_vfs = (*vfs).pAppData.cast();
        let open = (*real_vfs).xOpen.expect("the unix VFS opens files");
        let code = open(real_vfs, path, real(file), flags, out_flags);
        if code != ffi::SQLITE_OK {
            return code;
        }
        let name = (!path.is_null()).then(|| last_part(path));
        if let Some(name) = &name {
            let content = read_all(file);
            record().push(Operation::Open { file: name.clone(), content });
        }
        let name = name.map_or(std::ptr::null_mut(), |name| Box::into_raw(Box::new(name)));
        (*file.cast::<CrashFile>()).name = name;
        (*file).pMethods = &METHODS;
        code
    }
}

unsafe fn last_part(path: *const c_char) -> String {
    // SAFETY: SQLite passes zero-terminated paths.
    let path = unsafe { CStr::from_ptr(path) }.to_str().expect("test paths are ASCII");
    path.rsplit('/').next().expect("never empty").to_string()
}

/// Reads through the real file: a second descriptor would drop its locks when closed.
unsafe fn read_all(file: *mut ffi::sqlite3_file) -> Vec<u8> {
    // SAFETY: see above; the buffer has the length that is read.
    unsafe {
        let mut length = 0;
        assert_eq!(pass_on!(file, xFileSize, &mut length), ffi::SQLITE_OK);
        let mut content = vec![0u8; length as usize];
        if length > 0 {
            let code = pass_on!(file, xRead, content.as_mut_ptr().cast(), length as c_int, 0);
            assert_eq!(code, ffi::SQLITE_OK);
        }
        content
    }
}

unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync_directory: c_int,
) -> c_int {
    // SAFETY: as in `open`.
    unsafe {
        record().push(Operation::Delete { file: last_part(path) });
        let real_vfs: *mut ffi::sqlite3_vfs = (*vfs).pAppData.cast();
        (*real_vfs).xDelete.expect("the unix VFS deletes files")(real_vfs, path, sync_directory)
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: see above; SQLite closes a file once, so the name is freed once.
    unsafe {
        let name = (*file.cast::<CrashFile>()).name;
        if !name.is_null() {
            drop(Box::from_raw(name));
        }
        pass_on!(file, xClose)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    if let Some(code) = planted_failure(false) {
        return code;
    }
    // SAFETY: see above; SQLite passes `length` readable bytes.
    unsafe {
        if let Some(name) = name_of(file) {
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), length as usize).to_vec();
            let offset = offset as usize;
            record().push(Operation::Write { file: name.clone(), offset, bytes });
        }
        pass_on!(file, xWrite, data, length, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    if let Some(code) = planted_failure(false) {
        return code;
    }
    // SAFETY: see above.
    unsafe {
        if let Some(name) = name_of(file) {
            let length = length as usize;
            record().push(Operation::Truncate { file: name.clone(), length });
        }
        pass_on!(file, xTruncate, length)
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    if let Some(code) = planted_failure(true) {
        return code;
    }
    // SAFETY: see above.
    unsafe {
        if let Some(name) = name_of(file) {
            record().push(Operation::Sync { file: name.clone() });
        }
        pass_on!(file, xSync, flags)
    }
}

/// Methods that only pass on.
macro_rules! passing {
    ($( fn $name:ident => $method:ident($($argument:ident: $type:ty),*) -> $result:ty; )*) => { $(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> $result {
            // SAFETY: see above; the arguments are SQLite's own.
            unsafe { pass_on!(file, $method $(, $argument)*) }
        }
    )* };
}

passing! {
    fn read => xRead(data: *mut c_void, length: c_int, offset: ffi::sqlite3_int64) -> c_int;
    fn file_size => xFileSize(length: *mut ffi::sqlite3_int64) -> c_int;
    fn lock => xLock(level: c_int) -> c_int;
    fn unlock => xUnlock(level: c_int) -> c_int;
    fn check_reserved_lock => xCheckReservedLock(result: *mut c_int) -> c_int;
    fn file_control => xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    fn sector_size => xSectorSize() -> c_int;
    fn device_characteristics => xDeviceCharacteristics() -> c_int;
    fn shm_map => xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    fn shm_lock => xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    fn shm_barrier => xShmBarrier() -> ();
    fn shm_unmap => xShmUnmap(remove: c_int) -> c_int;
}
