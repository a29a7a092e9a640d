//! What a session does while nobody can run: it wakes whom it can, commits what there is, and waits for a time, for
//! input or for a commit.

use std::time::Instant;

use pscheme_heap::root_table::Root;
use pscheme_vm::host::Decision;
use pscheme_vm::process::ProcessState;

use crate::session::{Advance, Outcome, Session, SessionError};

impl Session {
    /// Lets those who wait for input look again if the console has something; whether it has.
    pub(crate) fn wake_for_input(&mut self) -> bool {
        self.last_console_look = Instant::now();
        let is_ready = self.vm.has_input_waiters() && self.vm.machine.host.console_is_ready();
        if is_ready {
            self.vm.wake_input_waiters();
        }
        is_ready
    }

    /// No process can run: wakes whom it can, and otherwise makes durable what was reached.
    pub(crate) fn rest(&mut self) -> Result<Advance, SessionError> {
        if self.vm.heap.root(Root::CommitWaiters).is_object() {
            self.serve_waiters()?;
            return Ok(Advance::Worked);
        }
        if self.vm.heap.root(Root::ProcessesAtLimit).is_object() {
            self.vm.heap.collect_major(&mut self.vm.machine);
            if self.vm.has_room_again() {
                self.vm.wake_from_limit();
                return Ok(Advance::Worked);
            }
        }
        if self.vm.fire_timers() > 0 || self.wake_for_input() {
            return Ok(Advance::Worked);
        }
        let has_work = self.has_work_for_commit();
        if self.decide(Decision::CommitBeforeWait, has_work) {
            self.commit_and_wait()?;
            return Ok(Advance::Worked);
        }
        let awaits_input = self.vm.has_input_waiters();
        Ok(Advance::Idle { due_us: self.vm.first_due_us(), awaits_input })
    }

    /// No process can run: waits for what some of them wait for; the outcome if there is nothing.
    pub(crate) fn when_idle(&mut self) -> Result<Option<Outcome>, SessionError> {
        if self.vm.heap.root(Root::CommitWaiters).is_object() {
            self.serve_waiters()?;
            return Ok(None);
        }
        let at_limit = self.vm.heap.root(Root::ProcessesAtLimit).is_object();
        if at_limit {
            self.vm.heap.collect_major(&mut self.vm.machine);
            if self.vm.has_room_again() {
                return Ok(None);
            }
        }
        let due_us = self.vm.first_due_us();
        if self.vm.has_input_waiters() {
            self.wait_for_input(due_us)?;
            return Ok(None);
        }
        if let Some(due_us) = due_us {
            self.wait_for_timer(due_us)?;
            return Ok(None);
        }
        if at_limit {
            self.commit_and_wait()?;
            return Ok(Some(Outcome::AtLimit));
        }
        if self.main_state() == Some(ProcessState::WaitingForMessage) {
            self.commit_and_wait()?;
            return Ok(Some(Outcome::Waiting));
        }
        let status = self.ending_status();
        self.end(status).map(Some)
    }

    /// Nobody can run before the first timer is due. What there is to commit is committed first, so
    /// that it does not wait as long as the processes do.
    fn wait_for_timer(&mut self, due_us: i64) -> Result<(), SessionError> {
        let wait_us = due_us.saturating_sub(self.vm.machine.host.clock_us());
        let commits = wait_us > self.wave_interval.as_micros() as i64 && self.has_work_for_commit();
        if self.decide(Decision::CommitBeforeWait, commits) {
            return self.commit_and_wait();
        }
        let Session { vm, stop_requested, .. } = self;
        vm.machine.host.wait_until_us(due_us, stop_requested);
        vm.fire_timers();
        Ok(())
    }

    /// Nobody can run before there is input, or the first timer is due. Who types or sends may be about
    /// to, so what there is to commit is committed when a wave would be due, and not at once.
    fn wait_for_input(&mut self, due_us: Option<i64>) -> Result<(), SessionError> {
        let wave_us = self.vm.machine.host.clock_us() + self.wave_interval.as_micros() as i64;
        let ends_with_wave =
            due_us.is_none_or(|due_us| due_us > wave_us) && self.has_work_for_commit();
        let ends_with_wave = self.decide(Decision::CommitBeforeWait, ends_with_wave);
        let until_us = if ends_with_wave { Some(wave_us) } else { due_us };
        let Session { vm, stop_requested, .. } = self;
        vm.machine.host.wait_for_console(until_us, stop_requested);
        self.vm.fire_timers();
        if self.wake_for_input() || !ends_with_wave {
            return Ok(());
        }
        let is_time = self.vm.machine.host.clock_us() >= wave_us;
        if self.decide(Decision::Commit, is_time) {
            self.commit_and_wait()?;
        }
        Ok(())
    }
}
