//! Every limit of the standard library, with its name.

/// Elements, characters or bytes a primitive goes through in one call. What has more is worked on
/// in pieces by Scheme, so that other processes and commits come between.
pub const CHUNK_ELEMENTS_MAX: usize = 16_384;
/// Bits of an exact integer at most: the machine's own limit.
pub use pscheme_vm::number::INTEGER_BITS_MAX;
/// Characters of a symbol's name.
pub const SYMBOL_CHARACTERS_MAX: usize = 65_536;
/// Characters of a text that `string->number` looks at: more than any number within the limit has.
pub const NUMBER_CHARACTERS_MAX: usize = 4 * INTEGER_BITS_MAX + 64;
/// Bits of the numbers that `rationalize` takes: its steps grow with the square of them.
pub const RATIONALIZE_BITS_MAX: usize = 1 << 14;
/// Characters of a message that `error` builds from its irritants.
pub const ERROR_MESSAGE_CHARACTERS_MAX: usize = 2_000;
/// Bytes a file may have to be opened for input.
pub const INPUT_FILE_BYTES_MAX: u64 = 64 << 20;
/// Characters of a file's path: what the operating system takes.
pub const PATH_CHARACTERS_MAX: usize = 4096;
/// Bytes of an output port's buffer.
pub const PORT_BUFFER_BYTES: usize = 4096;
/// Elements of a structured key that its hash looks at.
pub const KEY_HASH_ELEMENTS_MAX: usize = 64;
/// Characters at either end of a string key that its hash looks at.
pub const KEY_HASH_CHARACTERS_MAX: usize = 512;
/// Entries of a hash table at most: their numbers have 31 bits.
pub const TABLE_ENTRIES_MAX: usize = 1 << 30;
/// Bytes of a program's file that `load` reads.
pub const SOURCE_FILE_BYTES_MAX: u64 = 64 << 20;
/// Units of work a section of `atomically` may do.
pub const ATOMIC_WORK_MAX: i64 = 50_000_000;
