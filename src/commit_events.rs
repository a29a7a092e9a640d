//! What a session does when a commit is durable: counts it, wakes who waited for it, lets its effects leave.

use std::time::Duration;

use pscheme_heap::store::writer::WriterEvent;
use pscheme_heap::store::{CommitReceipt, Wave};

use crate::effects::newest_effect;
use crate::session::{Session, SessionError, SessionPhase};

impl Session {
    /// Takes in what the writer reports: wakes waiters, lets effects leave. Waits if there is no room on the disk.
    pub(crate) fn receive_events(&mut self) -> Result<(), SessionError> {
        if self.persistence.is_none() {
            return match newest_effect(&self.vm).filter(|_| self.vm.machine.effects_pending) {
                Some(newest) => self.perform_effects(newest),
                None => Ok(()),
            };
        }
        loop {
            self.let_effects_leave()?;
            let Some((writer, _)) = self.writer() else { return Ok(()) };
            match writer.poll() {
                Some(WriterEvent::Log(kept)) => self.vm.machine.log = Some(kept),
                Some(WriterEvent::Committed { receipt, duration, wave }) => {
                    self.note_commit(receipt, duration, wave);
                }
                Some(WriterEvent::Failed { error, .. }) => return Err(error.into()),
                None => match writer.shortage() {
                    Some(_) => self.wait_out_shortage()?,
                    None => return Ok(()),
                },
            }
        }
    }

    fn note_commit(&mut self, receipt: CommitReceipt, duration: Duration, wave: Wave) {
        if let Some(persistence) = &mut self.persistence {
            persistence.spare.push(wave);
            persistence.received = receipt.transaction;
        }
        self.counts.commits += 1;
        self.counts.pages += u64::from(receipt.page_count);
        self.counts.pages_max = self.counts.pages_max.max(u64::from(receipt.page_count));
        self.counts.body_bytes += receipt.body_bytes;
        self.counts.row_bytes += receipt.row_bytes();
        self.counts.log_bytes += receipt.log_bytes;
        self.counts.commit_time += duration;
        self.counts.last_receipt = Some(receipt);
        self.vm.wake_waiters(receipt.transaction.0 as i64);
        self.vm.heap.note_durable();
    }

    /// Performs what commits requested that are known to be durable.
    fn let_effects_leave(&mut self) -> Result<(), SessionError> {
        let first = |session: &Session| {
            let persistence = session.persistence.as_ref()?;
            let pending = persistence.pending.front()?;
            (pending.transaction <= persistence.received).then_some(pending.effects)
        };
        while let Some(effects) = first(self) {
            if let Some(last) = effects {
                self.enter_phase(SessionPhase::Output);
                self.perform_effects(last)?;
                self.enter_phase(SessionPhase::Running);
            }
            if let Some(persistence) = &mut self.persistence {
                persistence.pending.pop_front();
            }
        }
        Ok(())
    }
}
