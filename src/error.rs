//! What can go wrong for a host that embeds pscheme.

use pscheme_compiler::CompileFailure;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::store::StoreError;

use crate::convert::ConversionError;
use crate::program::ProgramError;
use crate::session::SessionError;

/// Why an operation on an [`Image`](crate::Image) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text has errors; nothing was changed. Shown with the places in the source.
    #[error("{}", .0.render())]
    Compile(Box<CompileFailure>),
    /// The program raised an object that nobody handled. The process is kept with its stack until it
    /// is discarded ([`Image::discard`](crate::Image::discard)).
    #[error("{report}")]
    Raised {
        /// The process that failed.
        process: i64,
        code: ErrorCode,
        /// The condition's message in one line.
        message: String,
        /// The message at its place in the source, and the Scheme backtrace.
        report: String,
    },
    /// The limit of the heap or of its stack stopped the process; it is kept whole, and goes on in an
    /// image that is opened with a higher limit.
    #[error("process {process} has met a limit: {message}")]
    AtLimit { process: i64, code: ErrorCode, message: String },
    /// The process waits for a message or an event that nobody is left to send.
    #[error("process {process} waits for what cannot come")]
    Waiting { process: i64 },
    /// The host asked to stop; the process goes on when the image is run again.
    #[error("process {process} was stopped by the host")]
    Stopped { process: i64 },
    /// The program called `exit`.
    #[error("the program ended with status {0}")]
    Exited(i64),
    /// No process has this number, or it has ended.
    #[error("there is no process {0}")]
    NoProcess(i64),
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The image was opened for reading only.
    #[error("the image was opened for reading only")]
    ReadOnly,
    /// The image, its store or an effect failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// There is no room for the process that would run the text, within the heap's limit.
    #[error("the text was not started: {message}")]
    NotStarted { code: ErrorCode, message: String },
    /// The compiler made code the machine refuses: a fault of pscheme.
    #[error("the compiler made code the machine refuses: {0}")]
    Refused(String),
}

impl From<ProgramError> for Error {
    fn from(error: ProgramError) -> Error {
        match error {
            ProgramError::Compile(failure) => Error::Compile(Box::new(failure)),
            ProgramError::Refused(what) => Error::Refused(what),
            ProgramError::NotStarted { code, message } => Error::NotStarted { code, message },
            ProgramError::Session(error) => Error::Session(error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error::Session(SessionError::Store(error))
    }
}
