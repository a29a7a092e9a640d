//! What a session does when a commit is durable: counts it, wakes who waited for it, lets its effects leave.

use std::time::Duration;

use pscheme_heap::store::writer::WriterEvent;
use pscheme_heap::store::{CommitCause, CommitReceipt, KeptCommit, TransactionId, Wave};
use pscheme_vm::host::Decision;

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
            let (has_event, is_short) = (writer.has_event(), writer.shortage().is_some());
            if !self.decide(Decision::WriterEvent, has_event) {
                if has_event || !is_short {
                    return Ok(());
                }
                self.wait_out_shortage()?;
                continue;
            }
            if !has_event {
                // In a replay the writer may not be as far as it was.
                self.wait_for_durability()?;
            }
            let Some((writer, _)) = self.writer() else { return Ok(()) };
            match writer.poll() {
                Some(WriterEvent::Log(kept)) => self.take_log(&kept),
                Some(WriterEvent::Committed { receipt, duration, wave }) => {
                    self.note_commit(receipt, duration, wave);
                }
                Some(WriterEvent::Failed { error, .. }) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    }

    /// The list of kept commits is for programs: so it comes through the host as everything of the outside does.
    fn take_log(&mut self, kept: &[KeptCommit]) {
        let answer = self.vm.machine.host.ask_system(&mut || encode_log(kept));
        self.vm.machine.log = Some(decode_log(&answer));
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

/// Rows of the list of kept commits, as an answer of the host: numbers of eight bytes, and before each tag its length.
fn encode_log(kept: &[KeptCommit]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in kept {
        let rewound_to = row.rewound_to.map_or(0, |commit| commit.0);
        let numbers = [
            row.transaction.0,
            row.time_us as u64,
            row.cause as u64,
            rewound_to,
            row.page_count,
            row.body_bytes,
            row.tags.len() as u64,
        ];
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        for tag in &row.tags {
            bytes.extend_from_slice(&(tag.len() as u64).to_le_bytes());
            bytes.extend_from_slice(tag.as_bytes());
        }
    }
    bytes
}

/// The rows of an answer, up to the first that is not whole.
fn decode_log(mut bytes: &[u8]) -> Vec<KeptCommit> {
    let mut kept = Vec::new();
    while let Some(row) = decode_row(&mut bytes) {
        kept.push(row);
    }
    kept
}

fn decode_row(bytes: &mut &[u8]) -> Option<KeptCommit> {
    let transaction = TransactionId(decode_number(bytes)?);
    let time_us = decode_number(bytes)? as i64;
    let cause = CommitCause::from_number(decode_number(bytes)?);
    let rewound_to = Some(TransactionId(decode_number(bytes)?)).filter(|commit| commit.0 != 0);
    let (page_count, body_bytes) = (decode_number(bytes)?, decode_number(bytes)?);
    let mut tags = Vec::new();
    for _ in 0..decode_number(bytes)? {
        let length = decode_number(bytes)?;
        let (tag, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        tags.push(String::from_utf8_lossy(tag).into_owned());
        *bytes = rest;
    }
    Some(KeptCommit { transaction, time_us, cause, rewound_to, page_count, body_bytes, tags })
}

fn decode_number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_commits_round_trip() {
        let row = |number: u64, tags: &[&str]| KeptCommit {
            transaction: TransactionId(number),
            time_us: -5,
            cause: CommitCause::Awaited,
            rewound_to: (number > 1).then_some(TransactionId(number - 1)),
            page_count: 3,
            body_bytes: u64::MAX,
            tags: tags.iter().map(ToString::to_string).collect(),
        };
        let kept = vec![row(1, &["a", "\u{3bb}\u{3bb}"]), row(2, &[]), row(9, &["last"])];
        let bytes = encode_log(&kept);
        assert_eq!(decode_log(&bytes), kept);
        for length in 0..bytes.len() {
            assert!(decode_log(&bytes[..length]).len() < 3, "{length} bytes");
        }
        assert_eq!(decode_log(&[]), []);
    }
}
