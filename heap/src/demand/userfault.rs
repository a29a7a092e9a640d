//! Page faults of a range of memory, handled by a thread of this process (Linux, `userfaultfd`).
//!
//! Only faults of user mode are asked for: a system call that is given an address in such a range fails
//! with `EFAULT`. None is: what the heap gives away is copied first.

#![allow(unsafe_code, reason = "asks the system for the page faults of the heap's memory")]

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsRawFd, FromRawFd};

/// The system's page size that the layout of the tables relies on.
pub const SYSTEM_PAGE_BYTES: usize = 4096;

// Numbers and layouts of <linux/userfaultfd.h>.
const USER_MODE_ONLY: libc::c_int = 1;
const API: u64 = 0xAA;
const EVENT_PAGEFAULT: u8 = 0x12;
const MODE_MISSING: u64 = 1;
const IOCTL_API: libc::c_ulong = 0xc018_aa3f;
const IOCTL_REGISTER: libc::c_ulong = 0xc020_aa00;
const IOCTL_UNREGISTER: libc::c_ulong = 0x8010_aa01;
const IOCTL_WAKE: libc::c_ulong = 0x8010_aa02;
const IOCTL_COPY: libc::c_ulong = 0xc028_aa03;
const IOCTL_ZEROPAGE: libc::c_ulong = 0xc020_aa04;
const MESSAGE_BYTES: usize = 32;
const MESSAGE_ADDRESS: usize = 16;

/// A range of addresses.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Range {
    pub start: u64,
    pub bytes: u64,
}

#[repr(C)]
struct ApiArguments {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct RegisterArguments {
    range: Range,
    mode: u64,
    ioctls: u64,
}

#[repr(C)]
struct CopyArguments {
    to: u64,
    from: u64,
    bytes: u64,
    mode: u64,
    copied: i64,
}

#[repr(C)]
struct ZeroArguments {
    range: Range,
    mode: u64,
    zeroed: i64,
}

/// What the thread that handles faults was woken for.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A thread waits for the memory at this address.
    Fault(u64),
    /// The [`Stopper`] was dropped.
    Stop,
}

/// The faults of the ranges that were registered.
pub struct UserFault {
    faults: File,
    /// Ends when its writer is dropped.
    stop: PipeReader,
}

/// Dropping it ends the waiting for faults.
pub struct Stopper(#[expect(dead_code, reason = "it is there to be dropped")] PipeWriter);

/// Gives the memory of a range back: it is missing from here on.
///
/// # Safety
/// The range is private anonymous memory of the caller's, in which nobody has a reference.
pub unsafe fn discard(range: Range) {
    // SAFETY: as the caller says.
    let status =
        unsafe { libc::madvise(range.start as *mut _, range.bytes as usize, libc::MADV_DONTNEED) };
    assert_eq!(status, 0, "madvise on memory of the heap");
}

/// What a system call returned, as a result.
fn checked(status: libc::c_long) -> io::Result<libc::c_long> {
    if status < 0 { Err(io::Error::last_os_error()) } else { Ok(status) }
}

impl UserFault {
    /// Asks for the handling of faults.
    ///
    /// # Errors
    /// If the system does not have it, forbids it, or has pages of another size.
    pub fn new() -> io::Result<(UserFault, Stopper)> {
        // SAFETY: plain system calls; the descriptor that is returned belongs to nobody else.
        let faults = unsafe {
            let page_bytes = checked(libc::sysconf(libc::_SC_PAGESIZE))?;
            if page_bytes != SYSTEM_PAGE_BYTES as libc::c_long {
                return Err(io::ErrorKind::Unsupported.into());
            }
            let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
            File::from_raw_fd(checked(libc::syscall(libc::SYS_userfaultfd, flags))? as libc::c_int)
        };
        let (stop, writer) = io::pipe()?;
        let fault = UserFault { faults, stop };
        let mut arguments = ApiArguments { api: API, features: 0, ioctls: 0 };
        fault.control(IOCTL_API, &mut arguments)?;
        Ok((fault, Stopper(writer)))
    }

    fn control<T>(&self, request: libc::c_ulong, arguments: &mut T) -> io::Result<()> {
        // SAFETY: each request is used with the structure that belongs to it.
        let status = unsafe { libc::ioctl(self.faults.as_raw_fd(), request as _, arguments) };
        checked(status.into()).map(|_| ())
    }

    /// From here on, whoever touches memory of the range that is missing waits until it is given a content.
    ///
    /// # Safety
    /// The range must be a mapping of plain bytes for which any content is right, and stay mapped until it
    /// is unregistered or this value is dropped.
    pub unsafe fn register(&self, range: Range) -> io::Result<()> {
        self.control(
            IOCTL_REGISTER,
            &mut RegisterArguments { range, mode: MODE_MISSING, ioctls: 0 },
        )
    }

    /// Memory of the range that is still missing is zero from here on, as usual.
    pub fn unregister(&self, mut range: Range) -> io::Result<()> {
        self.control(IOCTL_UNREGISTER, &mut range)
    }

    /// Lets those go on that wait for memory of the range.
    pub fn wake(&self, mut range: Range) -> io::Result<()> {
        self.control(IOCTL_WAKE, &mut range)
    }

    /// Gives the memory from `to` on this content, where it is registered and missing, and lets those go on who wait
    /// for it. Anywhere else it is an error.
    pub fn copy(&self, to: u64, content: &[u8]) -> io::Result<()> {
        let mut done = 0;
        while done < content.len() {
            let mut arguments = CopyArguments {
                to: to + done as u64,
                from: content[done..].as_ptr() as u64,
                bytes: (content.len() - done) as u64,
                mode: 0,
                copied: 0,
            };
            match self.control(IOCTL_COPY, &mut arguments) {
                Ok(()) => return Ok(()),
                // The memory map is being changed by another thread.
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
                    done += arguments.copied.max(0) as usize;
                }
                // There is memory already, with its content.
                Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {
                    done += arguments.copied.max(0) as usize + SYSTEM_PAGE_BYTES;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// As [`UserFault::copy`] of zeros.
    pub fn zero(&self, range: Range) -> io::Result<()> {
        let mut arguments = ZeroArguments { range, mode: 0, zeroed: 0 };
        match self.control(IOCTL_ZEROPAGE, &mut arguments) {
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => self.wake(range),
            other => other,
        }
    }

    /// Waits for the next event.
    pub fn next(&self) -> io::Result<Event> {
        loop {
            let waits_for = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            let mut polled = [waits_for(self.stop.as_raw_fd()), waits_for(self.faults.as_raw_fd())];
            // SAFETY: two entries, as said.
            match checked(unsafe { libc::poll(polled.as_mut_ptr(), 2, -1) }.into()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if polled[0].revents != 0 {
                return Ok(Event::Stop);
            }
            let mut message = [0; MESSAGE_BYTES];
            match (&self.faults).read(&mut message) {
                Ok(_) if message[0] == EVENT_PAGEFAULT => {
                    let address = &message[MESSAGE_ADDRESS..MESSAGE_ADDRESS + 8];
                    return Ok(Event::Fault(u64::from_ne_bytes(
                        address.try_into().expect("eight"),
                    )));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
