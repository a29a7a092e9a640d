//! Every limit of the standard library that is the same for everybody; those that can be set are in
//! `pscheme_vm::limits`.

use pscheme_heap::fixed_limits;

pub use pscheme_vm::number::INTEGER_BITS_MAX;

fixed_limits! { LIBRARY_LIMITS:
    /// Elements, characters or bytes a primitive goes through in one call. What has more is worked on
    /// in pieces by Scheme, so that other processes and commits come between.
    CHUNK_ELEMENTS_MAX: usize = 16_384;
    /// Characters of a symbol's name.
    SYMBOL_CHARACTERS_MAX: usize = 65_536;
    /// Characters of a text that `string->number` looks at: more than any number within the limit has.
    NUMBER_CHARACTERS_MAX: usize = 4 * INTEGER_BITS_MAX + 64;
    /// Bits of the numbers that `rationalize` takes: its steps grow with the square of them.
    RATIONALIZE_BITS_MAX: usize = 1 << 14;
    /// Characters of a message that `error` builds from its irritants.
    ERROR_MESSAGE_CHARACTERS_MAX: usize = 2_000;
    /// Characters of a file's path: what the operating system takes.
    PATH_CHARACTERS_MAX: usize = 4096;
    /// Entries of a hash table: their numbers have 31 bits.
    TABLE_ENTRIES_MAX: usize = 1 << 30;
}

/// Bytes of an output port's buffer.
pub const PORT_BUFFER_BYTES: usize = 4096;
/// Elements of a structured key that its hash looks at.
pub const KEY_HASH_ELEMENTS_MAX: usize = 64;
/// Characters at either end of a string key that its hash looks at.
pub const KEY_HASH_CHARACTERS_MAX: usize = 512;
