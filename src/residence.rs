//! How much of a session's heap is in memory. What has not changed since it was committed is given back when there is
//! too much, and read again when it is touched.

use crate::session::Session;

/// The part of the machine's memory that a heap may take, unless its host says otherwise: as many quarters.
const MEMORY_QUARTERS: u64 = 3;
/// Where Linux says how much memory the processes of a container may take.
const CONTAINER_MEMORY: &str = "/sys/fs/cgroup/memory.max";

/// Three quarters of the memory of the machine or, if that is less, of the container.
pub fn resident_bytes_default() -> u64 {
    let machine = machine_memory_bytes().unwrap_or(u64::MAX);
    let container = std::fs::read_to_string(CONTAINER_MEMORY);
    let container = container.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
    machine.min(container) / 4 * MEMORY_QUARTERS
}

fn machine_memory_bytes() -> Option<u64> {
    use nix::unistd::{SysconfVar, sysconf};
    let value = |variable| u64::try_from(sysconf(variable).ok()??).ok();
    value(SysconfVar::_PHYS_PAGES)?.checked_mul(value(SysconfVar::PAGE_SIZE)?)
}

impl Session {
    /// Gives pages back if there are too many in memory. Where a page is that was written in this session, the store says,
    /// if everything is durable; if there are far too many, that is waited for.
    pub(crate) fn relieve_memory(&mut self) {
        while self.vm.heap.wants_relief() && !self.vm.heap.give_back() {
            if self.persistence.as_ref().is_none_or(|persistence| persistence.unwritten.is_some()) {
                return;
            }
            let Some((writer, last)) = self.writer() else { return };
            if self.vm.heap.is_far_beyond_bound() {
                // An error is the writer's to tell, and will be told.
                let _ = writer.wait_for(last);
            }
            let pages = self.vm.heap.pages_to_locate();
            if pages.is_empty() {
                return;
            }
            let Some((writer, _)) = self.writer() else { return };
            let Some(locations) = writer.locate(&pages) else { return };
            self.vm.heap.learn_locations(&pages, &locations);
            self.vm.heap.note_durable();
        }
    }
}
