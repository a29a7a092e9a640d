//! What is wrong with an image: refused at the first sight of it by whoever wants to run the image,
//! collected by whoever only looks at it.

use super::StoreError;
use super::limits::FINDINGS_MAX;
use crate::error_code::ErrorCode;

/// What to do about damage.
#[derive(Debug, Default)]
pub(crate) enum Findings {
    /// The first one ends the opening.
    #[default]
    Refuse,
    /// They are listed, and what can be read is read.
    Collect(Vec<StoreError>),
}

impl Findings {
    /// Lists damage, if that is wanted.
    ///
    /// # Errors
    /// The error, if it is no damage or damage is refused.
    pub fn note(&mut self, error: StoreError) -> Result<(), StoreError> {
        let is_damage = matches!(error.code(), ErrorCode::ImageDamaged | ErrorCode::CommitsLost);
        match self {
            Findings::Collect(list) if is_damage => {
                if list.len() < FINDINGS_MAX {
                    list.push(error);
                }
                Ok(())
            }
            Findings::Refuse | Findings::Collect(_) => Err(error),
        }
    }

    /// As [`Findings::note`], for what may be in order.
    pub fn check(&mut self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        result.or_else(|error| self.note(error))
    }

    /// The list so far.
    pub fn take(&mut self) -> Vec<StoreError> {
        match self {
            Findings::Refuse => Vec::new(),
            Findings::Collect(list) => std::mem::take(list),
        }
    }
}
