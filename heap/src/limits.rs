//! Every limit of the heap, with its name and default.

/// Bytes of a heap page.
pub const PAGE_BYTES: u64 = 16 * 1024;
/// Bytes at the start of a page that hold its header in what is stored.
pub const PAGE_HEADER_BYTES: u64 = 256;
/// Bytes of a granule: objects start on granules.
pub const GRANULE_BYTES: u64 = 16;
/// Granules of a page, header included.
pub const PAGE_GRANULES: usize = (PAGE_BYTES / GRANULE_BYTES) as usize;
/// Bytes one byte of the card table stands for.
pub const CARD_BYTES: u64 = 512;
/// Bytes one byte of the table of blocks stands for: a collection looks only into blocks a store or
/// an earlier collection has noted, so that it costs what was dirtied and not what is old.
pub const BLOCK_BYTES: u64 = 256 * 1024;
/// Pages of a block.
pub const BLOCK_PAGES: u32 = (BLOCK_BYTES / PAGE_BYTES) as u32;
/// Cards of a page.
pub const PAGE_CARDS: usize = (PAGE_BYTES / CARD_BYTES) as usize;
/// An object of more bytes than this has a run of pages of its own.
pub const LARGE_OBJECT_BYTES: u64 = PAGE_BYTES / 2;
/// Addresses reserved for one heap unless fewer are asked for, and at most.
pub const HEAP_RESERVED_BYTES: u64 = 64 << 30;
/// Fewest addresses a heap can be asked to make do with: as many beyond the code range as below its
/// end.
pub const HEAP_RESERVED_BYTES_MIN: u64 = 4 << 30;
/// First page of the nursery.
pub const NURSERY_FIRST_PAGE: u32 = 16;
/// Pages of the nursery: 1 MiB, which stays in a second-level cache.
pub const NURSERY_PAGES: u32 = 64;
/// First page of the range code objects live in; the range ends below 2 GiB so that a return
/// offset fits a link.
pub const CODE_FIRST_PAGE: u32 = 65_536;
/// First page after the code range.
pub const CODE_END_PAGE: u32 = 131_072;
/// Young pages in use that bring on a collection of the young even without a commit.
pub const YOUNG_PAGES_MAX: usize = 512;
/// Recent pages in use that bring on their evacuation at the next commit: 8 MiB.
pub const RECENT_PAGES_MAX: usize = 512;
/// A major collection runs when the heap is this many times as large as after the last one.
pub const MAJOR_GROWTH: u64 = 2;
/// No major collection below this many bytes in use.
pub const MAJOR_BYTES_MIN: u64 = 32 << 20;
/// Default limit of the bytes in use.
pub const HEAP_LIMIT_BYTES_DEFAULT: u64 = 16 << 30;
/// Limbs of 64 bits that an exact integer has at most.
pub const INTEGER_LIMBS_MAX: usize = 32_768;
/// Limbs of each part up to which the verifier looks for common divisors of a ratio: with more it takes
/// longer than walking over them, and a ratio that is not in lowest terms does no harm.
pub const RATIO_LIMBS_CHECKED_MAX: usize = 64;
/// Bits of a process's number that one level of the tree of processes stands for, and slots of a
/// node.
pub const PROCESS_NODE_BITS: u32 = 6;
pub const PROCESS_NODE_SLOTS: usize = 1 << PROCESS_NODE_BITS;
/// Levels of that tree at most: enough for every fixnum.
pub const PROCESS_LEVELS_MAX: usize = 10;
/// Entries of a node of the tree of timers, and words of an entry.
pub const TIMER_NODE_ENTRIES: usize = 40;
pub const TIMER_ENTRY_WORDS: usize = 3;
/// Levels of that tree at most: more than the processes of any heap fill.
pub const TIMER_LEVELS_MAX: usize = 12;
/// Objects that the search for what lay on damaged pages looks at, at most: it needs some 50 bytes for each.
pub const LOST_SEARCH_OBJECTS_MAX: usize = 1 << 23;
/// Words of the root table, in the root record of every commit.
pub const ROOT_WORDS: usize = 64;
/// With zeal, every so many minor collections a major one runs.
pub const ZEAL_MAJOR_INTERVAL: u64 = 1000;
