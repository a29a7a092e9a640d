//! A full disk: a session waits, with everything it has, until there is room.
//!
//! Nothing runs meanwhile. What was reached is committed if what the image holds back for this moment is
//! enough for it, and waits in memory otherwise; either way it goes on from there.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pscheme_heap::store::limits::SHORTAGE_INTERVAL_MS;
use pscheme_heap::store::writer::Writer;

use crate::session::{Session, SessionError};

/// The first attempts are closer to each other: what filled the disk may have been gone at once.
const SHORTAGE_INTERVAL_MIN: Duration = Duration::from_millis(5);
/// How long a wait goes on without a look at whether the session is to stop.
const STOP_LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A wait for room on the disk begins, or ends.
#[derive(Debug)]
pub enum Pause<'a> {
    /// Nothing runs until there is room; why.
    Begins(&'a SessionError),
    /// There is room, and programs go on.
    Ends,
}

/// Told of waits for room on the disk.
pub type PauseReport = Box<dyn FnMut(&Pause<'_>) + Send>;

impl Session {
    /// Waits until what the writer has is durable.
    pub(crate) fn wait_for_durability(&mut self) -> Result<(), SessionError> {
        while let Some((writer, last)) = self.writer() {
            match writer.wait_for(last) {
                Ok(()) => break,
                Err(error) if error.is_out_of_space() => self.wait_for_room()?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits if the writer has met a full disk.
    pub(crate) fn wait_out_shortage(&mut self) -> Result<(), SessionError> {
        match self.writer().is_some_and(|(writer, _)| writer.shortage().is_some()) {
            true => self.wait_for_room(),
            false => Ok(()),
        }
    }

    fn wait_for_room(&mut self) -> Result<(), SessionError> {
        self.retry_until_there_is_room(|session| {
            let made_room =
                session.writer().map_or(Ok(()), |(writer, _)| Writer::make_room(writer));
            made_room.map_err(SessionError::from)
        })
    }

    /// Performs the effects up to a number. Files that programs write may lie on a full disk too.
    pub(crate) fn perform_effects(&mut self, last: i64) -> Result<(), SessionError> {
        match self.perform_effects_once(last) {
            Err(error) if error.is_out_of_space() => {
                self.retry_until_there_is_room(|session| session.perform_effects_once(last))
            }
            result => result,
        }
    }

    /// Tries something again and again that found no room, until it succeeds, fails otherwise, or the session has
    /// waited long enough or is to stop.
    fn retry_until_there_is_room(
        &mut self,
        mut attempt: impl FnMut(&mut Session) -> Result<(), SessionError>,
    ) -> Result<(), SessionError> {
        let begin = Instant::now();
        let mut interval = SHORTAGE_INTERVAL_MIN;
        let mut is_told = false;
        loop {
            let error = match attempt(self) {
                Err(error) if error.is_out_of_space() => error,
                result => {
                    if is_told {
                        (self.on_pause)(&Pause::Ends);
                    }
                    return result;
                }
            };
            let next = Instant::now() + interval;
            interval = (2 * interval).min(Duration::from_millis(SHORTAGE_INTERVAL_MS));
            if !is_told && !self.space_wait.is_zero() {
                (self.on_pause)(&Pause::Begins(&error));
                is_told = true;
            }
            while Instant::now() < next {
                let is_to_stop = self.stop_requested.load(Ordering::Relaxed);
                if is_to_stop || begin.elapsed() >= self.space_wait {
                    return Err(error);
                }
                std::thread::sleep(STOP_LOOK_INTERVAL.min(interval));
            }
        }
    }
}
