//! The root table: what stands in which word of every root record.
//!
//! The table is part of every commit and never renumbered. To add a root, add a row.

macro_rules! root_table {
    ($( $(#[doc = $doc:literal])+ $index:literal $name:ident; )*) => {
        /// A word of the root table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Root { $( $(#[doc = $doc])+ $name = $index, )* }

        /// Index, name and meaning of every root, for the documentation of the format.
        pub const ROOT_ROWS: &[(usize, &str, &str)] =
            &[ $( ($index, stringify!($name), concat!($($doc, "\n"),+)), )* ];
    };
}

root_table! {
    /// Vector of symbols, open addressing by stored hash.
    0 Symbols;
    /// Number of symbols in the vector.
    1 SymbolCount;
    /// Vector of global cells, open addressing by the hash of the cell's name.
    2 Globals;
    /// Number of cells in the vector.
    3 GlobalCount;
    /// First process of the run queue, or `#f`.
    4 RunQueueHead;
    /// Last process of the run queue, or `#f`.
    5 RunQueueTail;
    /// First of the processes that wait for a commit, in the order in which they began to, or `#f`.
    6 CommitWaiters;
    /// Identity of the next process.
    7 NextProcess;
    /// Units of work done by all processes.
    8 Work;
    /// Code of the frame below the bottom of every stack.
    9 UnderflowCode;
    /// First effect that has not been acknowledged, or `#f`.
    10 EffectsHead;
    /// Last effect, or `#f`.
    11 EffectsTail;
    /// Number of the next effect.
    12 NextEffect;
    /// The process that runs the script.
    13 MainProcess;
    /// Name of the script's file as a string, or `#f`.
    14 ScriptName;
    /// BLAKE3 hash of the script's text as a bytevector, or `#f`.
    15 ScriptHash;
    /// Retired: always `#f`. Processes that failed are found like all others.
    16 FailedProcesses;
    /// Open file ports that are not closed, as a list.
    17 OpenPorts;
    /// Exit status once the program has ended, or `#f`.
    18 ExitStatus;
    /// Last of the processes that wait for a commit, or `#f`.
    19 CommitWaitersTail;
    /// First of those whose commit has not been cut, or `#f`.
    20 CommitWaitersNew;
    /// First of the processes that the heap's limit stopped, newest first, or `#f`.
    21 ProcessesAtLimit;
    /// The procedure that is called with what was raised where a program has exception handlers, or
    /// `#f` before the library is there.
    22 ExceptionHandler;
    /// The tree of all processes that have not finished, by number, or `#f`.
    23 Processes;
    /// The tree of timers, or `#f`.
    24 Timers;
    /// Sequence number of the next timer.
    25 NextTimer;
    /// Vector of processes, open addressing by the hash of the name each was registered under, or
    /// `#f`.
    26 ProcessNames;
    /// Slots of that vector in use.
    27 ProcessNameCount;
    /// Number of the next cell of `transient`.
    28 NextTransient;
    /// Vector of bindings outside all bodies, open addressing by the hash of the name.
    29 Bindings;
    /// Number of names in the vector.
    30 BindingCount;
    /// Vector of libraries, open addressing by the hash of the name.
    31 Libraries;
    /// Number of libraries in the vector.
    32 LibraryCount;
    /// The number of the next scope of the expander and of the next macro.
    33 NextScope;
    /// List of the host's functions that the image was opened with: vectors of name (a symbol), number
    /// of arguments and version.
    34 HostFunctions;
    /// What the prompt remembers, or `#f` if there never was one in this image.
    35 Prompt;
    /// The version of Unicode whose tables the library of this image was made with, as a fixnum:
    /// 180000 is 18.0.0. 0 in images that are older than this row.
    36 UnicodeVersion;
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
