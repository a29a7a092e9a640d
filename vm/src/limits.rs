//! Every limit of a running program: those that whoever opens an image can set, and those that are
//! the same for everybody.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::fixed_limits;
use pscheme_heap::limits::{HEAP_LIMIT_BYTES_DEFAULT, INTEGER_LIMBS_MAX};
use pscheme_heap::store::limits::IMAGE_BYTES_MAX_DEFAULT;

/// A limit that can be set, for the documentation and the command line.
#[derive(Clone, Copy, Debug)]
pub struct LimitRow {
    pub name: &'static str,
    /// What it counts.
    pub unit: &'static str,
    pub default: u64,
    /// The condition at the limit.
    pub code: ErrorCode,
    pub doc: &'static str,
}

macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $field:ident $name:literal $unit:literal = $default:expr, $code:ident; )*) => {
        /// What the programs of an image may take. The limits are the host's and not of the image: each
        /// opening sets them anew.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits { $( $(#[doc = $doc])+ pub $field: u64, )* }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $( $field: $default, )* }
            }
        }

        impl Limits {
            /// All limits, in the order of the table.
            pub const ROWS: &'static [LimitRow] = &[ $(
                LimitRow {
                    name: $name,
                    unit: $unit,
                    default: $default,
                    code: ErrorCode::$code,
                    doc: concat!($($doc, "\n"),+),
                },
            )* ];

            /// Sets the limit of this name; `false` if there is none.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $( $name => self.$field = value, )*
                    _ => return false,
                }
                true
            }
        }
    };
}

limits! {
    /// What all objects together take. The process that asks for more is kept whole, and goes on when
    /// others have freed memory or the image is opened with a higher limit.
    heap_bytes "heap" "bytes" = HEAP_LIMIT_BYTES_DEFAULT, HeapLimit;
    /// What the calls that one process waits in take, so that an endless recursion ends before it has
    /// the whole heap. The process is kept whole, and goes on when the image is opened with a higher
    /// limit.
    stack_bytes "stack" "bytes" = 1 << 30, StackLimit;
    /// Messages that wait in one mailbox. Whoever sends one more gets the condition, and it is not sent.
    mailbox_messages "mailbox" "messages" = 1 << 20, MailboxFull;
    /// Symbols. What would make one more gets the condition.
    symbols "symbols" "symbols" = 1 << 22, ImplementationLimit;
    /// What a section of `atomically` may do: no commit can happen meanwhile. The process ends there.
    atomic_work "atomic-section" "units of work" = 50_000_000, AtomicTooLong;
    /// What the file that holds the image takes, without its log of 16 MiB and more while it runs. Programs wait at
    /// this limit, as on a full disk, and go on when the image is opened with a higher one.
    image_bytes "image" "bytes" = IMAGE_BYTES_MAX_DEFAULT, NoSpace;
    /// A file that is opened for input or loaded. The condition is raised before anything is read.
    file_bytes "file" "bytes" = 64 << 20, FileError;
}

fixed_limits! { VM_LIMITS:
    /// Monitors of one process, those of watchers that have ended not counted.
    MONITORS_MAX: usize = 16_384;
    /// Processes with a name.
    PROCESS_NAMES_MAX: usize = 16_384;
    /// Cells of `transient` with a value.
    TRANSIENTS_MAX: usize = 65_536;
    /// Bits of an exact integer, and of each part of a ratio. On integers of that size a product takes
    /// some ten milliseconds, a quotient or text some hundred, and a common divisor, which ratios ask
    /// for, up to two seconds; nothing else can run meanwhile.
    INTEGER_BITS_MAX: usize = INTEGER_LIMBS_MAX * 64;
}

/// Continuation objects that are copied in one call; longer chains are copied in pieces.
pub const CONTINUATIONS_COPIED_MAX: usize = 1_024;
/// Timers that are fired at one point; the next ones are at the next.
pub const TIMERS_FIRED_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        let mut limits = Limits::default();
        for (index, row) in Limits::ROWS.iter().enumerate() {
            assert!(limits.set(row.name, 1_000 + index as u64), "{}", row.name);
        }
        assert_eq!((limits.heap_bytes, limits.file_bytes), (1_000, 1_006));
        assert!(!limits.set("none", 1));
    }
}
