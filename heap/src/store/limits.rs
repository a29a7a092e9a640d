//! Every limit of the store, each with its name and the reason for its value.

/// Size of a heap page's body. Part of the format.
pub const PAGE_SIZE_BYTES: usize = 16_384;

/// Pages one image can hold (64 GiB). It bounds what hostile page numbers can make us allocate.
pub const PAGE_COUNT_MAX: u32 = 1 << 22;

/// Pages covered by one region digest. Part of the format.
pub const REGION_PAGE_COUNT: usize = 1_024;

/// Words the machine can keep in a root record. Part of the format: records have a fixed size.
pub const ROOT_WORD_COUNT_MAX: usize = 256;

/// Counters in a root record. Part of the format.
pub const ROOT_COUNTER_COUNT: usize = 16;

/// Bodies written by one SQLite transaction. A larger wave writes its bodies in several
/// transactions before the one that names them, so that the write-ahead log stays bounded.
pub const TRANSACTION_BODY_BYTES_MAX: usize = 16 << 20;

/// The write-ahead log is checkpointed in the gap after a wave when it is longer than this, and its
/// file is cut back to this when it is started anew.
pub const WAL_BYTES_BEFORE_CHECKPOINT: u64 = 16 << 20;

/// A body is stored compressed only if that saves at least this part of it (an eighth): below, the
/// time to expand it at each load is worth more than the bytes.
pub const COMPRESSION_SAVING_DIVISOR: usize = 8;

/// An image with at least so many bytes of pages is read on demand: below, reading all takes some milliseconds.
pub const BYTES_ON_DEMAND: u64 = 8 << 20;

/// Rows one call of `prune_step` from the writer deletes: less work than a commit, because a commit may
/// come in the middle of it and has to wait.
pub const PRUNE_ROW_COUNT_PER_STEP: usize = 100;

/// Bytes that a new image keeps for its past at most. With it the files stay below three times the live pages
/// and 64 MiB: the log takes some 16 MiB of those, and a large wave twice its size.
pub const HISTORY_BYTES_DEFAULT: u64 = 16 << 20;

/// Bytes that `heap.db` may have unless told otherwise (1 TiB).
pub const IMAGE_BYTES_MAX_DEFAULT: u64 = 1 << 40;

/// Bytes of the file that is given up when the disk is full: enough for the wave of an interval.
pub const BALLAST_BYTES: u64 = 4 << 20;

/// Steps of pruning in one attempt to get on after the disk was full.
pub const SHORTAGE_PRUNE_STEPS: usize = 64;

/// Attempts to go on after the disk was full are this far apart at most.
pub const SHORTAGE_INTERVAL_MS: u64 = 500;

/// How often the kept commits are thinned out: a pass goes through those that got too old since the last one.
pub const THINNING_INTERVAL_US: i64 = 60_000_000;

/// Free database pages (4 KiB each) kept for the next commits instead of given back to the disk.
pub const FREE_DATABASE_PAGE_COUNT_KEPT: u32 = 1_024;

/// Free database pages given back to the disk in one gap between waves: some 4 MiB.
pub const VACUUM_PAGE_COUNT_PER_STEP: u32 = 1_024;

/// `head` is synced at most this often between checkpoints, unless much was written.
pub const HEAD_SYNC_INTERVAL_MS: u64 = 1_000;

/// Once commits wrote so much to the log, `head` is synced in the gap, with the newest commit in both slots: what that
/// superseded cannot be pruned before.
pub const HEAD_SYNC_LOG_BYTES: u64 = 4 << 20;

/// A waiter that wrote its wave itself wakes the writer's thread for the gap if that was not there for
/// this long; waking it after each of a row of quick commits would cost more than the gap's work.
pub const GAP_INTERVAL_MS: u64 = 10;

/// Waves a writer holds: one being written and one waiting.
pub const WAVES_IN_FLIGHT_MAX: usize = 2;

/// SQLite's page cache of the writer's connection, in KiB.
pub const WRITER_CACHE_KIB: u32 = 16 << 10;

/// Attempts to take the image's lock before it counts as held: a reader that only looks whether there
/// is an owner holds it for some microseconds.
pub const LOCK_ATTEMPT_COUNT: u32 = 5;

/// Pause between two attempts to take the lock.
pub const LOCK_ATTEMPT_PAUSE_MS: u64 = 2;

/// How long a transaction waits for another one's end: a process that was fenced off may still hold
/// SQLite's lock for as long as a commit takes.
pub const BUSY_TIMEOUT_MS: u64 = 2_000;

/// Database pages (4 KiB each) a backup copies at a time.
pub const BACKUP_PAGES_PER_STEP: i32 = 1_024;

/// How long a backup waits when SQLite says that the database is busy.
pub const BACKUP_BUSY_PAUSE_MS: u64 = 5;

/// Attempts to read an image that nobody holds before somebody takes it up.
pub const LOOK_ATTEMPT_COUNT: u32 = 5;

/// What is listed of an image's damage at most.
pub const FINDINGS_MAX: usize = 100;

/// Numbers that are counted up (commits, blobs, owners, writes of `head`) stay below this. No image
/// gets there by itself; one that claims to have is refused, so that counting cannot overflow.
pub const COUNTED_NUMBER_MAX: u64 = 1 << 62;
