//! Memory for machine code: one range that is written under one address and runs under another, so that no
//! page can ever be both written and run.

#![allow(unsafe_code, reason = "maps memory that is run")]

use std::os::fd::{AsRawFd, FromRawFd};

/// Bytes reserved; pages that were never written take no memory.
pub(super) const CODE_BYTES_MAX: usize = 256 << 20;
/// Where a piece begins, in bytes: one line of the processor's cache holds no two of them.
const ALIGNMENT: usize = 16;

/// The range, filled from its start.
#[derive(Debug)]
pub(super) struct CodeMemory {
    written: *mut u8,
    run: *mut u8,
    used: usize,
}

// SAFETY: both mappings belong to this value alone; moving it to another thread moves them.
unsafe impl Send for CodeMemory {}

impl CodeMemory {
    /// # Errors
    /// What the operating system says, if it does not let memory be run.
    pub(super) fn new() -> std::io::Result<CodeMemory> {
        let map = |protection, file| {
            // SAFETY: a mapping at an address that the kernel chooses touches no memory of ours.
            let address = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    CODE_BYTES_MAX,
                    protection,
                    libc::MAP_SHARED,
                    file,
                    0,
                )
            };
            if address == libc::MAP_FAILED {
                return Err(std::io::Error::last_os_error());
            }
            Ok(address.cast::<u8>())
        };
        // SAFETY: makes a new file in memory; the name is a constant with its zero.
        let file = unsafe { libc::memfd_create(c"pscheme".as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        let file = unsafe { std::os::fd::OwnedFd::from_raw_fd(file) };
        std::fs::File::from(file.try_clone()?).set_len(CODE_BYTES_MAX as u64)?;
        let written = map(libc::PROT_READ | libc::PROT_WRITE, file.as_raw_fd())?;
        let run = map(libc::PROT_READ | libc::PROT_EXEC, file.as_raw_fd())
            .inspect_err(|_| unmap(written))?;
        Ok(CodeMemory { written, run, used: 0 })
    }

    /// The first byte, as the processor runs it.
    pub(super) fn base(&self) -> *const u8 {
        self.run
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Forgets everything from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.used = self.used.min(length);
    }

    /// Puts a piece behind all others; where it lies, from the base. `None` if that would take more than `bytes_max`.
    pub(super) fn add(&mut self, piece: &[u8], bytes_max: usize) -> Option<usize> {
        let start = self.used.next_multiple_of(ALIGNMENT);
        let end =
            start.checked_add(piece.len()).filter(|&end| end <= bytes_max.min(CODE_BYTES_MAX))?;
        // SAFETY: the range lies in the mapping that is written, and nothing that is in use lies in it.
        unsafe {
            std::ptr::copy_nonoverlapping(piece.as_ptr(), self.written.add(start), piece.len())
        };
        self.used = end;
        Some(start)
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        unmap(self.written);
        unmap(self.run);
    }
}

fn unmap(address: *mut u8) {
    // SAFETY: the range was mapped by `new`, and nobody else unmaps it.
    unsafe { libc::munmap(address.cast(), CODE_BYTES_MAX) };
}
