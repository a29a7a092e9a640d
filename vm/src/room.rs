//! Room in the heap: what a program may take before its limit, and what the machine itself takes
//! beyond it.
//!
//! A process that meets the limit stops and is kept whole (`limit_stop.rs`), and stopping takes
//! room too: its stack goes into the heap. That room is bounded by one stack and one nursery.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::limits::{LARGE_OBJECT_BYTES, PAGE_BYTES};

use crate::fault::{Fault, Interrupt};
use crate::machine::Vm;

/// Bytes of the young that a large allocation may add to before they are collected.
pub const YOUNG_BYTES_MAX: u64 = 64 << 20;

impl Vm {
    /// Makes room for `bytes` bytes of small objects, collecting if need be. References a
    /// primitive has read before are stale afterwards: read its arguments again.
    ///
    /// # Errors
    /// The condition of the heap's limit.
    #[inline]
    pub fn reserve(&mut self, bytes: u64) -> Result<(), Interrupt> {
        if self.heap.has_room(bytes) {
            return Ok(());
        }
        self.reserve_slow(bytes)
    }

    #[cold]
    fn reserve_slow(&mut self, bytes: u64) -> Result<(), Interrupt> {
        self.heap.make_room(bytes, &mut self.machine);
        if self.heap.over_limit() {
            let (used, limit) = (self.heap.bytes_in_use(), self.heap.limit_bytes);
            return Err(limit_fault(format!("the heap uses {used} of {limit} bytes")));
        }
        Ok(())
    }

    /// Makes room for one object of `bytes` bytes and `beside` bytes of small objects. References
    /// read before are stale afterwards.
    ///
    /// Large objects do not come out of the nursery, so filling it does not notice them: this is
    /// where garbage among them is collected, and where they meet the heap's limit.
    ///
    /// # Errors
    /// The condition of the heap's limit.
    pub fn reserve_object(&mut self, bytes: u64, beside: u64) -> Result<(), Interrupt> {
        if bytes > LARGE_OBJECT_BYTES {
            self.charge(bytes / PAGE_BYTES);
        }
        self.reserve_object_paid(bytes, beside)
    }

    /// As [`Vm::reserve_object`] where the work is paid for already, because how large the object is depends on when
    /// stacks were sealed or objects moved: work must not.
    ///
    /// # Errors
    /// The condition of the heap's limit.
    pub fn reserve_object_paid(&mut self, bytes: u64, beside: u64) -> Result<(), Interrupt> {
        if bytes <= LARGE_OBJECT_BYTES {
            return self.reserve(bytes + beside);
        }
        let young = self.heap.young_bytes();
        if young > 0 && young + bytes > YOUNG_BYTES_MAX {
            self.heap.collect_young(&mut self.machine);
        }
        if !self.fits(bytes) {
            self.heap.collect_major(&mut self.machine);
        }
        if !self.fits(bytes) {
            let (used, limit) = (self.heap.bytes_in_use(), self.heap.limit_bytes);
            return Err(limit_fault(format!(
                "an object of {bytes} bytes does not fit: the heap uses {used} of {limit} bytes"
            )));
        }
        self.reserve(beside)
    }

    /// Makes sure that a small object which does not move, and so takes nothing of the nursery, is
    /// within the heap's limit. References read before are stale afterwards.
    ///
    /// # Errors
    /// The condition of the heap's limit.
    pub(crate) fn reserve_fixed(&mut self) -> Result<(), Interrupt> {
        if !self.heap.zeal && !self.heap.over_limit() {
            return Ok(());
        }
        self.reserve_slow(0)
    }

    fn fits(&self, bytes: u64) -> bool {
        bytes <= self.heap.limit_bytes.saturating_sub(self.heap.bytes_in_use())
    }

    /// Makes room for `bytes` bytes of small objects of the machine's own, beyond the limit if need
    /// be.
    pub(crate) fn make_room(&mut self, bytes: u64) {
        self.heap.ensure_room(bytes, &mut self.machine);
    }
}

fn limit_fault(message: String) -> Interrupt {
    Fault::new(ErrorCode::HeapLimit, message).into()
}
