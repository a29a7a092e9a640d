//! Waves that are too large to be copied at once: parts of them are written ahead of the commit while nothing runs, so
//! that a commit of any size needs memory for one part and no more.

use std::sync::Arc;

use pscheme_heap::store::{StoreError, Wave};

use crate::session::{Session, SessionError, whole};

impl Session {
    /// The wave of the next commit, or its last part when the others are written.
    pub(crate) fn list_wave(&mut self) -> Result<Wave, SessionError> {
        // A part that was listed, but for which there was no room.
        let unwritten = self.persistence.as_mut().and_then(|p| p.unwritten.take());
        let mut wave = match unwritten {
            Some(part) => self.write_ahead(part)?,
            None => self.persistence.as_mut().and_then(|p| p.spare.pop()).unwrap_or_default(),
        };
        let bytes_max = self.wave_copy_bytes_max;
        while whole(&mut self.vm, |vm| vm.heap.list_part(&mut wave, bytes_max))?.is_none() {
            wave = self.write_ahead(wave)?;
        }
        Ok(wave)
    }

    /// Writes a part, and gives its memory back.
    fn write_ahead(&mut self, part: Wave) -> Result<Wave, SessionError> {
        loop {
            let Err(error) = self.write_ahead_once(&part) else { return Ok(part) };
            let error = SessionError::from(error);
            let given_up = match error.is_out_of_space() {
                true => self.wait_out_shortage().err(),
                false => Some(error),
            };
            if let Some(error) = given_up {
                // The heap takes it for written; it is the first thing of the next attempt.
                if let Some(persistence) = &mut self.persistence {
                    persistence.unwritten = Some(part);
                }
                return Err(error);
            }
        }
    }

    /// The hash of a page tells the commit that wrote it, so commits before this one are waited for.
    fn write_ahead_once(&self, part: &Wave) -> Result<(), Arc<StoreError>> {
        let Some((writer, last)) = self.writer() else { return Ok(()) };
        writer.wait_for(last)?;
        writer.write_ahead(part)
    }
}
