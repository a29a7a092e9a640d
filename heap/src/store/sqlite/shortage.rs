//! A disk without room: what a store does when a write finds none, and how it goes on.
//!
//! SQLite's writes go to places that nothing committed reads before the transaction is: it is taken
//! back, and the database is as it was. What memory had run ahead is read again from there
//! before anything is written, as at opening.

use super::load::CheckedDatabase;
use super::schema::{self, Concurrency};
use super::{Running, SqliteStore, State, commit, prune};
use crate::store::findings::Findings;
use crate::store::limits::{PRUNE_ROW_COUNT_PER_STEP, SHORTAGE_PRUNE_STEPS};
use crate::store::lock::Activity;
use crate::store::{Store, StoreError, Synchronous};

impl SqliteStore {
    /// After a failure: if there was no room, takes the transaction back and waits to be called again; otherwise
    /// ends writing.
    pub(super) fn pause_or_poison<T>(
        &mut self,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &result {
            Err(error) if error.is_out_of_space() => self.fall_short(),
            _ => return self.poison_on_failure(result),
        }
        result
    }

    fn fall_short(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Running(running) => match running.take_back(self.options.synchronous) {
                Ok(()) => {
                    // Only for those who look; the pause itself is told by other means.
                    let _ = running.lock.note(self.image, running.fence, Activity::OutOfSpace);
                    State::Short(running)
                }
                Err(_) => State::Ended,
            },
            other => other,
        };
    }

    /// Reads again what memory is to hold, and removes bodies that a large commit wrote ahead.
    pub(super) fn take_up_again(&mut self) -> Result<(), StoreError> {
        let State::Short(running) = &self.state else { return Ok(()) };
        let (head, fence) = (running.head.newest(), running.fence);
        let checked = CheckedDatabase::open(
            &self.database,
            &self.options,
            Some(&head),
            Concurrency::Shared,
            Findings::Refuse,
        );
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => return self.pause_or_poison(Err(error)),
        };
        if checked.stored_fence != fence {
            let error = StoreError::Fenced { ours: fence.0, found: checked.stored_fence.0 };
            return self.poison_on_failure(Err(error));
        }
        drop(checked.reader);
        self.map = checked.map;
        let next_blob = checked.newest.as_ref().map_or(1, |row| row.next_blob);
        // What was written ahead of the next commit has its place.
        self.next_blob = self.after_ahead().unwrap_or(next_blob);
        self.newest = checked.newest;
        self.prunable = checked.prunable;
        self.roots = checked.past.roots;
        self.retention = checked.past.retention;
        self.thinned_us = None;
        let State::Short(running) = std::mem::replace(&mut self.state, State::Ended) else {
            unreachable!("only reading lies between");
        };
        self.state = State::Running(running);
        let removed = self.remove_bodies_ahead();
        self.pause_or_poison(removed)
    }

    fn remove_bodies_ahead(&mut self) -> Result<(), StoreError> {
        let (next_blob, synchronous) = (self.next_blob, self.options.synchronous);
        let running = self.running()?;
        prune::begin_unsynced(&running.writer, running.fence)?;
        running
            .writer
            .execute("DELETE FROM blob WHERE id >= ?1", [next_blob])
            .map_err(StoreError::sqlite("cannot remove what a commit wrote ahead"))?;
        prune::commit_unsynced(&running.writer, synchronous)?;
        running.measure_log().map(drop)
    }

    /// Makes what room can be made inside the files, and the ballast again.
    pub(super) fn make_room_in_files(&mut self) -> Result<(), StoreError> {
        for _ in 0..SHORTAGE_PRUNE_STEPS {
            if self.prune_step(PRUNE_ROW_COUNT_PER_STEP)? == 0 {
                break;
            }
        }
        self.idle()?;
        let image = self.image;
        let running = self.running()?;
        running.ballast.make()?;
        running.lock.note(image, running.fence, Activity::Running)?;
        self.took_reserve = false;
        Ok(())
    }

    /// Writes something; if there is no room for it, once more with that of the ballast.
    pub(super) fn with_reserve<T>(
        &mut self,
        mut write: impl FnMut(&mut SqliteStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            self.begin()?;
            let written = write(self);
            match self.pause_or_poison(written) {
                Ok(written) => return Ok(written),
                Err(error) if error.is_out_of_space() && self.give_up_ballast() => {
                    self.took_reserve = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the ballast up, so that one more attempt can be made. Whether there was any.
    pub(super) fn give_up_ballast(&mut self) -> bool {
        match &mut self.state {
            State::Short(running) => running.ballast.give_up(),
            _ => false,
        }
    }
}

impl Running {
    /// Takes the open transaction back. It may have been one without a sync; the next one is not.
    fn take_back(&self, synchronous: Synchronous) -> Result<(), StoreError> {
        commit::take_back(&self.writer)?;
        schema::set_synchronous(&self.writer, synchronous)
    }
}
