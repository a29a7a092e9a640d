//! Reserved addresses: an array that is zero, and takes memory only where it was touched.

#![allow(unsafe_code, reason = "maps memory")]

use crate::space::{Bitmap, PageEntry};

/// What may be all zeros.
pub trait Plain: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! plain {
    ($($type:ty)*) => { $( impl sealed::Sealed for $type {} impl Plain for $type {} )* };
}
plain! { u8 u16 u32 u64 Bitmap PageEntry }

/// A reserved, zeroed, lazily touched array.
#[derive(Debug)]
pub struct Reserved<T> {
    pointer: *mut T,
    count: usize,
}

impl<T: Plain> Reserved<T> {
    /// # Errors
    /// What the operating system says if the addresses cannot be had.
    pub fn new(count: usize) -> std::io::Result<Reserved<T>> {
        let bytes = count * size_of::<T>();
        // SAFETY: an anonymous private mapping at an address the kernel chooses touches no memory
        // of ours; its zeroed content is a valid T for the integer and entry types used here.
        let pointer = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if pointer == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Reserved { pointer: pointer.cast(), count })
    }

    /// The first element; the others lie behind it.
    #[inline(always)]
    pub fn pointer(&self) -> *mut T {
        self.pointer
    }

    #[inline(always)]
    pub fn count(&self) -> usize {
        self.count
    }
}

impl<T> Drop for Reserved<T> {
    fn drop(&mut self) {
        // SAFETY: the range is the one this value mapped, and nobody else unmaps it.
        unsafe { libc::munmap(self.pointer.cast(), self.count * size_of::<T>()) };
    }
}
