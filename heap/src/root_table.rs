//! The root table: what stands in which word of every root record.
//!
//! The table is part of every commit and never renumbered. To add a root, add a row.

use crate::kind::Kind;
use crate::word::Word;

/// What a root may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootClass {
    Any,
    /// A fixnum, or `#f` as long as there is none.
    Number,
    /// A list, or `#f` as long as there is none.
    List,
    /// An object of this kind, or `#f` or the empty list as long as there is none.
    Object(Kind),
}

macro_rules! root_table {
    ($( $(#[doc = $doc:literal])+ $index:literal $name:ident: $class:ident $(($kind:ident))?; )*) => {
        /// A word of the root table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Root { $( $(#[doc = $doc])+ $name = $index, )* }

        /// Index, name and meaning of every root, for the documentation of the format.
        pub const ROOT_ROWS: &[(usize, &str, &str)] =
            &[ $( ($index, stringify!($name), concat!($($doc, "\n"),+)), )* ];

        /// What each root may hold, by its index.
        pub const ROOT_CLASSES: &[RootClass] = &[ $( root_table!(@class $class $(($kind))?), )* ];
    };
    (@class any) => { RootClass::Any };
    (@class number) => { RootClass::Number };
    (@class list) => { RootClass::List };
    (@class object($kind:ident)) => { RootClass::Object(Kind::$kind) };
}

root_table! {
    /// Vector of symbols, open addressing by stored hash.
    0 Symbols: object(Vector);
    /// Number of symbols in the vector.
    1 SymbolCount: number;
    /// Vector of global cells, open addressing by the hash of the cell's name.
    2 Globals: object(Vector);
    /// Number of cells in the vector.
    3 GlobalCount: number;
    /// First process of the run queue, or `#f`.
    4 RunQueueHead: object(Process);
    /// Last process of the run queue, or `#f`.
    5 RunQueueTail: object(Process);
    /// First of the processes that wait for a commit, in the order in which they began to, or `#f`.
    6 CommitWaiters: object(Process);
    /// Identity of the next process.
    7 NextProcess: number;
    /// Units of work done by all processes.
    8 Work: number;
    /// Code of the frame below the bottom of every stack.
    9 UnderflowCode: object(Code);
    /// First effect that has not been acknowledged, or `#f`.
    10 EffectsHead: object(Effect);
    /// Last effect, or `#f`.
    11 EffectsTail: object(Effect);
    /// Number of the next effect.
    12 NextEffect: number;
    /// The process that runs the script.
    13 MainProcess: object(Process);
    /// Name of the script's file as a string, or `#f`.
    14 ScriptName: object(String);
    /// BLAKE3 hash of the script's text as a bytevector, or `#f`.
    15 ScriptHash: object(Bytevector);
    /// Retired: always `#f`. Processes that failed are found like all others.
    16 FailedProcesses: any;
    /// Open file ports that are not closed, as a list.
    17 OpenPorts: list;
    /// Exit status once the program has ended, or `#f`.
    18 ExitStatus: number;
    /// Last of the processes that wait for a commit, or `#f`.
    19 CommitWaitersTail: object(Process);
    /// First of those whose commit has not been cut, or `#f`.
    20 CommitWaitersNew: object(Process);
    /// First of the processes that the heap's limit stopped, newest first, or `#f`.
    21 ProcessesAtLimit: object(Process);
    /// The procedure that is called with what was raised where a program has exception handlers, or
    /// `#f` before the library is there.
    22 ExceptionHandler: object(Closure);
    /// The tree of all processes that have not finished, by number, or `#f`.
    23 Processes: object(ProcessNode);
    /// The tree of timers, or `#f`.
    24 Timers: object(TimerNode);
    /// Sequence number of the next timer.
    25 NextTimer: number;
    /// Vector of processes, open addressing by the hash of the name each was registered under, or
    /// `#f`.
    26 ProcessNames: object(Vector);
    /// Slots of that vector in use.
    27 ProcessNameCount: number;
    /// Number of the next cell of `transient`.
    28 NextTransient: number;
    /// Vector of bindings outside all bodies, open addressing by the hash of the name.
    29 Bindings: object(Vector);
    /// Number of names in the vector.
    30 BindingCount: number;
    /// Vector of libraries, open addressing by the hash of the name.
    31 Libraries: object(Vector);
    /// Number of libraries in the vector.
    32 LibraryCount: number;
    /// The number of the next scope of the expander and of the next macro.
    33 NextScope: number;
    /// List of the host's functions that the image was opened with: vectors of name (a symbol), number
    /// of arguments and version.
    34 HostFunctions: list;
    /// What the prompt remembers, or `#f` if there never was one in this image.
    35 Prompt: object(Prompt);
    /// The version of Unicode whose tables the library of this image was made with, as a fixnum:
    /// 180000 is 18.0.0. 0 in images that are older than this row.
    36 UnicodeVersion: number;
    /// First of the processes that wait for input from the console, newest first, or `#f`.
    37 InputWaiters: object(Process);
    /// The first 52 bits of the trace digest, from the least. 0 in images that are older than this row.
    38 TraceDigest0: number;
    /// The next 52 bits.
    39 TraceDigest1: number;
    /// The next 52 bits.
    40 TraceDigest2: number;
    /// The next 52 bits.
    41 TraceDigest3: number;
    /// The last 48 bits.
    42 TraceDigest4: number;
}

impl RootClass {
    /// Whether a root of this class may hold a word; `kind` is that of the object it refers to.
    pub fn allows(self, word: Word, kind: Option<Kind>) -> bool {
        let is_none = word == Word::FALSE;
        match self {
            RootClass::Any => true,
            RootClass::Number => is_none || word.is_fixnum(),
            RootClass::List => is_none || word == Word::NULL || word.is_pair(),
            RootClass::Object(wanted) => {
                is_none || word == Word::NULL || kind.is_some_and(|kind| kind == wanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_fit_the_table() {
        assert!(ROOT_ROWS.len() <= crate::limits::ROOT_WORDS);
        for (position, (index, name, doc)) in ROOT_ROWS.iter().enumerate() {
            assert_eq!(position, *index, "{name}");
            assert!(!doc.is_empty());
        }
    }
}
