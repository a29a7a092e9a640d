//! Every error code of pscheme, in one table, low enough for every crate to raise them.
//!
//! A code is part of the product's surface (`pscheme explain E0107`) and may stand in an image as
//! part of a condition, so a row is never renumbered, only retired. Ranges: E00xx image and store,
//! E01xx run time, E02xx reader, E03xx compiler, E04xx host and command line.

macro_rules! error_codes {
    ($( $(#[doc = $doc:literal])+ $number:literal $name:ident = $summary:literal; )*) => {
        /// A stable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum ErrorCode { $( $(#[doc = $doc])+ $name = $number, )* }

        /// All codes, in the order of their numbers.
        pub const ERROR_CODES: &[ErrorCode] = &[ $( ErrorCode::$name, )* ];

        impl ErrorCode {
            /// The code with this number, or `None` for a number that was never given out.
            pub fn from_number(number: u16) -> Option<ErrorCode> {
                match number { $( $number => Some(ErrorCode::$name), )* _ => None }
            }

            /// One line: what went wrong.
            pub fn summary(self) -> &'static str {
                match self { $( ErrorCode::$name => $summary, )* }
            }

            /// The long text of `pscheme explain`.
            pub fn explanation(self) -> &'static str {
                match self { $( ErrorCode::$name => concat!($($doc, "\n"),+), )* }
            }
        }
    };
}

error_codes! {
    // Image and store.

    /// The image's files or pages do not agree with their checksums, or a page holds something
    /// no pscheme writes. Nothing was run and nothing was changed.
    1 ImageDamaged = "the image is damaged";
    /// The image was made by a newer pscheme. It was left untouched; open it with that version.
    2 ImageNewer = "the image was made by a newer pscheme";
    /// The directory is not an image of pscheme, or its database has another application id.
    3 ImageForeign = "this is not a pscheme image";
    /// Another process runs this image. Only one may own it at a time.
    4 ImageHeld = "the image is held by another process";
    /// The file `head` names a commit that was acknowledged as durable but that the database no
    /// longer holds. Both numbers are in the message. `pscheme repair` says what is there, and with `--accept-loss` goes on with it.
    5 CommitsLost = "acknowledged commits are missing";
    /// Writing to or reading from the image's files failed.
    6 StoreFailed = "the image's store failed";
    /// An image directory exists without a part that belongs to it.
    7 ImageIncomplete = "the image directory is incomplete";
    /// An image was to be created where something exists already. It was left untouched.
    8 ImageExists = "the name is already taken";
    /// The image was opened for reading only, and something tried to commit to it. In an evaluation apart from the
    /// image, as `pscheme eval` makes one, `await-commit`, `image-tag!` and `on-commit` end with this: no commit will come.
    9 ImageReadOnly = "the image was opened for reading only";
    /// Another process opened the image while this one still ran it. This one can commit no more;
    /// what it had acknowledged is kept.
    10 OwnershipLost = "another process has taken the image over";
    /// A commit was named that the image does not keep, or a tag that it does not have. `pscheme log` lists what
    /// is kept.
    11 NoSuchCommit = "no such commit";

    /// There is no room for the image's files: the disk is full, a quota is used up, or the image has reached its own limit
    /// (`--limit image=SIZE`). What was committed is there. The programs wait, and go on by themselves when there is room.
    12 NoSpace = "no space left for the image";

    // Run time.

    /// A variable was used before a value was given to it.
    101 UnboundVariable = "unbound variable";
    /// Something that is not a procedure was called.
    102 NotProcedure = "call of something that is not a procedure";
    /// A procedure was called with a number of arguments it does not take.
    103 WrongArgumentCount = "wrong number of arguments";
    /// An argument has a type the procedure does not work on.
    104 WrongType = "argument of the wrong type";
    /// A division by exact zero.
    105 DivisionByZero = "division by zero";
    /// A number lies outside the range the operation accepts.
    106 OutOfRange = "argument out of range";
    /// An index does not lie within the vector, string or bytevector.
    107 IndexOutOfRange = "index out of range";
    /// The program called `error` or raised an object nobody handled.
    108 UserError = "error raised by the program";
    /// The heap's limit was reached. The process is kept whole and goes on when the limit is
    /// raised or memory is freed.
    109 HeapLimit = "heap limit reached";
    /// A file could not be opened, read or written.
    110 FileError = "file error";
    /// An operation that would park the process was tried inside `atomically`.
    111 AtomicWouldBlock = "the process would have to wait inside an atomic section";
    /// A variable of `letrec` or an internal definition was used before it was initialised.
    112 Uninitialised = "variable used before its definition";
    /// The primitive or feature is known but not in this version.
    113 NotInThisVersion = "not in this version";
    /// A literal constant or other immutable object cannot be changed.
    114 Immutable = "object is immutable";
    /// A limit of the implementation, named in the message, was exceeded.
    115 ImplementationLimit = "implementation limit exceeded";
    /// The port is closed, or is of the wrong direction.
    116 PortClosed = "the port is closed";
    /// A section of `atomically` did more work than its bound. The process ends at the section, with
    /// what the section changed visible.
    117 AtomicTooLong = "an atomic section runs too long";
    /// A file this program writes was replaced, truncated or extended by somebody else.
    118 FileChanged = "a file was changed from outside";
    /// A handler of `with-exception-handler` returned, but what was raised by `raise`, `error` or a
    /// procedure of the library cannot be continued (R7RS 6.11).
    119 HandlerReturned = "an exception handler returned";
    /// `read` met text that is no datum.
    120 ReadError = "text that is no datum";
    /// A function of the host that runs the image returned an error, or the host provides none of
    /// this name; the message says which.
    121 HostFailed = "a function of the host failed";
    /// An effect of the host was requested, and the image was opened again before there was an answer:
    /// whether the host had done it is not known. Only effects that the host declares idempotent are
    /// done again by themselves. A program can catch this (`guard`) and decide.
    122 EffectInDoubt = "it is not known whether the host did this";
    /// The calls that the process waits in take more than they may: a recursion too deep, or endless. The
    /// process is kept whole, and goes on when the image is opened with a higher limit.
    123 StackLimit = "stack limit reached";
    /// `abort-to-prompt`, `shift` or another procedure of `(pscheme control)` or SRFI 226 goes to the
    /// innermost prompt with a tag, and no call that the process waits in has made one. Prompts are
    /// those of one process: another one does not see them.
    124 NoPrompt = "no prompt with this tag";
    /// A macro's transformer was running when the image was closed, and what the rest of the form is to be
    /// expanded with has changed since: another version of pscheme, or other definitions. Nothing of
    /// the form has run; evaluate it again.
    125 ExpansionChanged = "an expansion cannot go on";
    /// The mailbox of the process holds as many messages as it may. This one was not sent: send it
    /// again when the process has received some.
    130 MailboxFull = "a mailbox is full";
    /// No process has this number or name.
    131 UnknownProcess = "unknown process";
    /// The name belongs to another process, or the process has a name already.
    132 NameTaken = "the name is taken";
    /// Only a process that has failed, or that the heap's limit stopped, can be discarded.
    133 ProcessNotStopped = "the process has not failed";

    /// Somebody at the prompt interrupted the evaluation. It is a condition like others: handlers and
    /// `dynamic-wind` see it.
    150 Interrupted = "the evaluation was interrupted";
    /// Handlers went on after the evaluation was interrupted, more often than they may. It was ended
    /// without asking them.
    151 InterruptedForGood = "the evaluation was ended";

    // Reader.

    /// The text ended inside a datum.
    201 UnexpectedEnd = "unexpected end of input";
    /// A closing parenthesis without an opening one, or of the other shape.
    202 UnbalancedParenthesis = "unbalanced parenthesis";
    /// Text that is no datum.
    203 BadSyntax = "this is not a datum";
    /// A character name or hexadecimal character that does not exist.
    204 BadCharacter = "unknown character name";
    /// An escape in a string or symbol that does not exist.
    205 BadEscape = "unknown escape sequence";
    /// A dot outside a list or in the wrong place.
    206 BadDot = "misplaced dot";
    /// Retired: every datum of R7RS is read.
    207 DatumNotInThisVersion = "datum not in this version";

    // Compiler.

    /// A special form was written in a shape it does not have.
    301 BadForm = "malformed special form";
    /// A keyword such as `if` was used as a variable.
    302 KeywordAsVariable = "keyword used as a variable";
    /// A definition stands where only an expression may stand.
    303 MisplacedDefinition = "misplaced definition";
    /// The same variable appears twice in one binding form.
    304 DuplicateVariable = "duplicate variable";
    /// The form is part of R7RS but not in this version of pscheme.
    305 FormNotInThisVersion = "form not in this version";
    /// The program exceeds a limit of the compiler, named in the message.
    306 CompilerLimit = "compiler limit exceeded";
    /// No pattern among the rules of a macro has the shape of this use.
    307 NoMatchingRule = "no rule of the macro fits";
    /// A macro called `syntax-error`: the message is its author's.
    308 SyntaxError = "a macro refuses this use";
    /// No library of this name is part of pscheme or stands in the program's text.
    309 UnknownLibrary = "unknown library";
    /// An import set names what it does not contain, or a library exports what it does not define.
    310 NotExported = "not exported";
    /// A program that begins with `import` uses a name that it neither imports nor defines. A program
    /// without `import` sees everything pscheme has.
    311 NotImported = "not imported";
    /// A variable that is imported belongs to the library that exports it; only that can assign it.
    312 ImportedAssigned = "assignment of an imported variable";
    /// A file named by `include`, or a library's file, could not be read.
    313 IncludeUnreadable = "a file of the program cannot be read";

    // Host and command line.

    /// The script was edited after its image was made. `--continue` goes on with the program as it
    /// was started, `--restart` begins anew with the new text.
    401 ScriptChanged = "the script has changed since its image was made";
    /// The command line names no script, image or command that exists.
    402 Usage = "wrong usage";
    /// The script file could not be read.
    403 ScriptUnreadable = "the script cannot be read";
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{:04}", *self as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_ordered_and_round_trip() {
        let numbers: Vec<u16> = ERROR_CODES.iter().map(|c| *c as u16).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "rows are in the order of their numbers");
        for code in ERROR_CODES {
            assert_eq!(ErrorCode::from_number(*code as u16), Some(*code));
        }
        assert_eq!(ErrorCode::from_number(999), None);
    }

    #[test]
    fn display_has_four_digits() {
        assert_eq!(ErrorCode::IndexOutOfRange.to_string(), "E0107");
    }
}
