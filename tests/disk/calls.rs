//! The C functions by which Rust's standard library and SQLite reach files, defined by the test binary
//! itself: the linker resolves both to these, so that one recorder sees all of them, with no seam in
//! the product. Each passes on by the system call of its name. Descriptors and paths that belong to
//! no tape pass straight through.
//!
//! What does not come by here (a call nobody thought of, a mapped file) makes the record differ from the
//! files; the replay compares both after each recorded run.
#![allow(unsafe_code, reason = "functions with the names and types of libc's")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{AT_FDCWD, AT_REMOVEDIR, mode_t, off_t, size_t, ssize_t};

use super::recorder::{Call, Inner, Strike, Tape, tape_number, tape_of_path};

/// Descriptors of files under a tape stay below this.
const DESCRIPTOR_COUNT: usize = 4_096;

/// For each descriptor the number of its tape, counted from 1, or 0; and its node.
static TAPES: [AtomicU32; DESCRIPTOR_COUNT] = [const { AtomicU32::new(0) }; DESCRIPTOR_COUNT];
static NODES: [AtomicU32; DESCRIPTOR_COUNT] = [const { AtomicU32::new(0) }; DESCRIPTOR_COUNT];

fn tape_of(descriptor: c_int) -> Option<(&'static Tape, u32)> {
    let index = usize::try_from(descriptor).ok()?;
    let number = TAPES.get(index)?.load(Ordering::Acquire);
    (number != 0).then(|| (tape_number(number), NODES[index].load(Ordering::Relaxed)))
}

fn fail(code: c_int) -> c_int {
    // SAFETY: the pointer to the thread's error number is valid.
    unsafe { *libc::__errno_location() = code };
    -1
}

/// # Safety
/// `path` is null or ends with a zero.
unsafe fn path_of<'a>(path: *const c_char) -> &'a Path {
    if path.is_null() {
        return Path::new("");
    }
    // SAFETY: as the caller says.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()))
}

/// # Safety
/// As `open(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let pass_on =
        // SAFETY: the caller's arguments are passed on.
        || unsafe { libc::syscall(libc::SYS_openat, AT_FDCWD, path, flags, mode as c_uint) } as c_int;
    // SAFETY: as the caller says.
    let name = unsafe { path_of(path) };
    let Some(tape) = tape_of_path(name) else { return pass_on() };
    let mut inner = tape.lock();
    let creates = flags & libc::O_CREAT != 0;
    if let Some(Strike::Fail(code)) = inner.strike(if creates { Call::Create } else { Call::Open })
    {
        return fail(code);
    }
    let descriptor = pass_on();
    if descriptor >= 0 {
        let node = inner.opened(name, flags);
        let index = descriptor as usize;
        assert!(index < DESCRIPTOR_COUNT, "too many open files");
        NODES[index].store(node, Ordering::Relaxed);
        TAPES[index].store(tape.number(), Ordering::Release);
    }
    descriptor
}

/// # Safety
/// As `open(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { open64(path, flags, mode) }
}

/// # Safety
/// As `close(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    if let Some(tape) = usize::try_from(descriptor).ok().and_then(|index| TAPES.get(index)) {
        // Before the system can give the number to somebody else.
        tape.store(0, Ordering::Release);
    }
    // SAFETY: the caller's argument is passed on.
    unsafe { libc::syscall(libc::SYS_close, descriptor) as c_int }
}

/// Writes at a place, or where the descriptor stands.
///
/// # Safety
/// As `pwrite(2)`.
unsafe fn write_anywhere(
    descriptor: c_int,
    data: *const c_void,
    length: size_t,
    place: Option<off_t>,
) -> ssize_t {
    let pass_on = |length: size_t| {
        // SAFETY: the caller's arguments are passed on, the length is that or less.
        unsafe {
            match place {
                Some(offset) => {
                    libc::syscall(libc::SYS_pwrite64, descriptor, data, length, offset) as ssize_t
                }
                None => libc::syscall(libc::SYS_write, descriptor, data, length) as ssize_t,
            }
        }
    };
    let Some((tape, node)) = tape_of(descriptor) else { return pass_on(length) };
    let mut inner = tape.lock();
    let wanted = match inner.strike(Call::Write) {
        Some(Strike::Fail(code)) => return fail(code) as ssize_t,
        Some(Strike::Short) => length.div_ceil(2),
        None => length,
    };
    let offset = place.unwrap_or_else(|| {
        // SAFETY: asks where the descriptor stands.
        unsafe { libc::syscall(libc::SYS_lseek, descriptor, 0, libc::SEEK_CUR) as off_t }
    });
    let written = pass_on(wanted);
    if written > 0 {
        // SAFETY: the system has just read as many bytes from there.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), written as usize) };
        inner.wrote(node, offset as usize, bytes);
    }
    written
}

/// # Safety
/// As `write(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, data: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: as the caller says.
    unsafe { write_anywhere(fd, data, length, None) }
}

/// # Safety
/// As `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(
    fd: c_int,
    data: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: as the caller says.
    unsafe { write_anywhere(fd, data, length, Some(offset)) }
}

/// # Safety
/// As `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(
    fd: c_int,
    data: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: as the caller says.
    unsafe { write_anywhere(fd, data, length, Some(offset)) }
}

/// Lets a call on a descriptor fail, or makes it and notes what it did.
fn on_descriptor(
    descriptor: c_int,
    call: Call,
    pass_on: impl FnOnce() -> ssize_t,
    note: impl FnOnce(&mut Inner, u32),
) -> ssize_t {
    let Some((tape, node)) = tape_of(descriptor) else { return pass_on() };
    let mut inner = tape.lock();
    if let Some(Strike::Fail(code)) = inner.strike(call) {
        return fail(code) as ssize_t;
    }
    let result = pass_on();
    if result >= 0 {
        note(&mut inner, node);
    }
    result
}

/// # Safety
/// As `read(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn read(fd: c_int, data: *mut c_void, length: size_t) -> ssize_t {
    // SAFETY: the caller's arguments are passed on.
    let pass_on = || unsafe { libc::syscall(libc::SYS_read, fd, data, length) as ssize_t };
    on_descriptor(fd, Call::Read, pass_on, |_, _| ())
}

/// # Safety
/// As `pread(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread64(
    fd: c_int,
    data: *mut c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the caller's arguments are passed on.
    let pass_on =
        || unsafe { libc::syscall(libc::SYS_pread64, fd, data, length, offset) as ssize_t };
    on_descriptor(fd, Call::Read, pass_on, |_, _| ())
}

/// # Safety
/// As `pread(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread(
    fd: c_int,
    data: *mut c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: as the caller says.
    unsafe { pread64(fd, data, length, offset) }
}

/// # Safety
/// As `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    // SAFETY: the caller's arguments are passed on.
    let pass_on = || unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) as ssize_t };
    on_descriptor(fd, Call::Truncate, pass_on, |inner, node| inner.truncated(node, length as usize))
        as c_int
}

/// # Safety
/// As `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { ftruncate64(fd, length) }
}

/// # Safety
/// As `posix_fallocate(3)`. The file is not longer than the range it is called for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_fallocate64(fd: c_int, offset: off_t, length: off_t) -> c_int {
    let pass_on =
        // SAFETY: the caller's arguments are passed on.
        || unsafe { libc::syscall(libc::SYS_fallocate, fd, 0, offset, length) as ssize_t };
    let grown = |inner: &mut Inner, node| inner.truncated(node, (offset + length) as usize);
    match on_descriptor(fd, Call::Truncate, pass_on, grown) {
        0 => 0,
        // SAFETY: the pointer to the thread's error number is valid.
        _ => unsafe { *libc::__errno_location() },
    }
}

/// # Safety
/// As `posix_fallocate(3)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_fallocate(fd: c_int, offset: off_t, length: off_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { posix_fallocate64(fd, offset, length) }
}

fn sync(descriptor: c_int, number: libc::c_long) -> c_int {
    // SAFETY: the caller's argument is passed on.
    let pass_on = || unsafe { libc::syscall(number, descriptor) as ssize_t };
    on_descriptor(descriptor, Call::Sync, pass_on, Inner::synced) as c_int
}

#[unsafe(no_mangle)]
pub extern "C" fn fsync(fd: c_int) -> c_int {
    sync(fd, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync(fd, libc::SYS_fdatasync)
}

/// Lets a call on a path fail, or makes it and notes what it did.
fn on_path(
    path: &Path,
    call: Call,
    pass_on: impl FnOnce() -> c_int,
    note: impl FnOnce(&mut Inner),
) -> c_int {
    let Some(tape) = tape_of_path(path) else { return pass_on() };
    let mut inner = tape.lock();
    if let Some(Strike::Fail(code)) = inner.strike(call) {
        return fail(code);
    }
    let result = pass_on();
    if result == 0 {
        note(&mut inner);
    }
    result
}

/// # Safety
/// As `rename(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's arguments are passed on, and are paths.
    unsafe {
        let pass_on =
            || libc::syscall(libc::SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) as c_int;
        on_path(path_of(from), Call::Name, pass_on, |inner| {
            inner.renamed(path_of(from), path_of(to));
        })
    }
}

/// # Safety
/// As `unlink(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's argument is passed on, and is a path.
    unsafe {
        let pass_on = || libc::syscall(libc::SYS_unlinkat, AT_FDCWD, path, 0) as c_int;
        on_path(path_of(path), Call::Name, pass_on, |inner| inner.removed(path_of(path)))
    }
}

/// # Safety
/// As `rmdir(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    // SAFETY: the caller's argument is passed on, and is a path.
    unsafe {
        let pass_on = || libc::syscall(libc::SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) as c_int;
        on_path(path_of(path), Call::Name, pass_on, |inner| inner.removed(path_of(path)))
    }
}

/// # Safety
/// As `mkdir(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's arguments are passed on, and the first is a path.
    unsafe {
        let pass_on = || libc::syscall(libc::SYS_mkdirat, AT_FDCWD, path, mode as c_uint) as c_int;
        on_path(path_of(path), Call::Create, pass_on, |inner| inner.made_folder(path_of(path)))
    }
}
