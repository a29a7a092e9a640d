//! Every limit of processes, with its name and default. How many there can be is bounded by the
//! heap's limit, which counts their records.

/// Messages that wait in one mailbox at most, unless the host says otherwise. At the limit whoever
/// sends gets a condition, and the message is not sent.
pub const MAILBOX_MESSAGES_MAX: usize = 1 << 20;
/// Monitors of one process at most, those of watchers that have ended not counted.
pub const MONITORS_MAX: usize = 16_384;
/// Processes with a name at most.
pub const PROCESS_NAMES_MAX: usize = 16_384;
/// Timers that are fired at one point; the next ones are at the next.
pub const TIMERS_FIRED_MAX: usize = 1_024;
/// Cells of `transient` with a value at most.
pub const TRANSIENTS_MAX: usize = 65_536;
