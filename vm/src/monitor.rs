//! Monitors: who is told when a process ends, and what becomes of one that has.
//!
//! The message is `(down monitor number reason)`. The reason is `(finished value)`, `(failed object)`
//! with what was raised, `(discarded)`, or `(ended)` for a process that is not kept and had ended
//! before it was watched.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::limits::MONITORS_MAX;
use crate::machine::Vm;
use crate::process::ProcessState;

/// Why a process is no more, as the message has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Finished,
    Failed,
    Discarded,
    Unknown,
}

impl End {
    const ALL: [End; 4] = [End::Finished, End::Failed, End::Discarded, End::Unknown];

    fn word(self) -> &'static str {
        match self {
            End::Finished => "finished",
            End::Failed => "failed",
            End::Discarded => "discarded",
            End::Unknown => "ended",
        }
    }
}

/// The message's first word.
const DOWN: &str = "down";
/// Bytes of the message that a process has ended: four pairs, two of the reason, and its place in a
/// mailbox.
const DOWN_BYTES: u64 = 6 * 16 + body::Message::BYTES;
/// A process's monitors are looked through for those that nobody needs when there are a power of two
/// of them, from here on.
const SWEPT_MONITORS_MIN: i64 = 16;

impl Vm {
    /// Lets `watcher` know when `watched` ends; at once if it has failed already.
    ///
    /// # Errors
    /// The heap's limit, and [`MONITORS_MAX`].
    pub fn monitor(&mut self, watched: Word, watcher: Word) -> Result<Word, Interrupt> {
        self.intern_down_words();
        self.reserve(body::Monitor::BYTES + DOWN_BYTES)?;
        let count = self.swept_monitor_count(watched);
        if count >= MONITORS_MAX as i64 {
            let id = self.heap.field(watched, body::Process::ID).as_fixnum();
            let message =
                format!("process {id} has {count} monitors, which is the most there can be");
            return Err(Fault::new(ErrorCode::ImplementationLimit, message).into());
        }
        let monitor = self.new_monitor(watcher);
        if self.process_state(watched) == ProcessState::Failed {
            self.heap.set_field(monitor, body::Monitor::WATCHER, Word::FALSE);
            let id = self.heap.field(watched, body::Process::ID).as_fixnum();
            let reason = self.end_reason(End::Failed, Some(watched));
            self.append_down(watcher, monitor, id, reason);
        } else {
            let others = self.heap.field(watched, body::Process::MONITORS);
            self.heap.set_field(monitor, body::Monitor::NEXT, others);
            self.heap.set_field(watched, body::Process::MONITORS, monitor);
            self.heap.set_field(watched, body::Process::MONITOR_COUNT, Word::fixnum(count + 1));
        }
        Ok(monitor)
    }

    /// What watching a process comes to that has ended and is not kept: `watcher` is told so.
    ///
    /// # Errors
    /// The heap's limit.
    pub fn monitor_ended(&mut self, id: i64, watcher: Word) -> Result<Word, Interrupt> {
        self.intern_down_words();
        self.reserve(body::Monitor::BYTES + DOWN_BYTES)?;
        let monitor = self.new_monitor(Word::FALSE);
        let reason = self.end_reason(End::Unknown, None);
        self.append_down(watcher, monitor, id, reason);
        Ok(monitor)
    }

    /// Gives up a monitor: no message comes from it any more.
    pub fn demonitor(&mut self, monitor: Word) {
        self.heap.set_field(monitor, body::Monitor::WATCHER, Word::FALSE);
    }

    /// Tells those who watch a process that it has ended, and lets go of what it needs no more.
    pub(crate) fn note_end(&mut self, process: Word, end: End) {
        self.empty_mailbox(process);
        let first = self.heap.field(process, body::Process::MONITORS);
        if !first.is_object() {
            return;
        }
        let place = self.heap.protect(first);
        self.intern_down_words();
        let id = self.heap.field(process, body::Process::ID).as_fixnum();
        while self.heap.protected(place).is_object() {
            self.make_room(DOWN_BYTES);
            self.charge(1);
            let monitor = self.heap.protected(place);
            let watcher = self.heap.field(monitor, body::Monitor::WATCHER);
            if self.is_watching(watcher) {
                let value = (end != End::Discarded).then_some(process);
                let reason = self.end_reason(end, value);
                self.append_down(watcher, monitor, id, reason);
                self.heap.set_field(monitor, body::Monitor::WATCHER, Word::FALSE);
            }
            let next = self.heap.field(monitor, body::Monitor::NEXT);
            self.heap.set_field(monitor, body::Monitor::NEXT, Word::FALSE);
            self.heap.set_protected(place, next);
        }
        self.heap.unprotect(place);
        self.heap.set_field(process, body::Process::MONITORS, Word::FALSE);
        self.heap.set_field(process, body::Process::MONITOR_COUNT, Word::fixnum(0));
    }

    /// Lets go of a process that has failed or that the heap's limit stopped. `false` for any other.
    pub fn discard(&mut self, process: Word) -> bool {
        match self.process_state(process) {
            ProcessState::Failed => {}
            ProcessState::AtLimit => self.leave_list(Root::ProcessesAtLimit, process),
            _ => return false,
        }
        self.set_process_state(process, ProcessState::Finished);
        self.heap.set_field(process, body::Process::CONTINUATION, Word::NULL);
        self.heap.set_field(process, body::Process::DYNAMIC, Word::NULL);
        self.note_end(process, End::Discarded);
        let id = self.heap.field(process, body::Process::ID).as_fixnum();
        self.remove_from_processes(id);
        true
    }

    fn new_monitor(&mut self, watcher: Word) -> Word {
        let monitor = self.heap.object(Kind::Monitor, 0, body::Monitor::FIELDS);
        self.heap.initialise(monitor, body::Monitor::WATCHER, watcher.0);
        self.heap.initialise(monitor, body::Monitor::NEXT, Word::FALSE.0);
        monitor
    }

    fn is_watching(&self, watcher: Word) -> bool {
        watcher.is_object() && !self.process_state(watcher).has_ended()
    }

    /// How many monitors a process has, after those that nobody needs were taken out if it is time
    /// for that.
    fn swept_monitor_count(&mut self, process: Word) -> i64 {
        let count = self.heap.field(process, body::Process::MONITOR_COUNT).as_fixnum();
        if count < SWEPT_MONITORS_MIN || !(count as u64).is_power_of_two() {
            return count;
        }
        let (mut kept, mut last) = (0, Word::FALSE);
        let mut monitor = self.heap.field(process, body::Process::MONITORS);
        while monitor.is_object() {
            if self.is_watching(self.heap.field(monitor, body::Monitor::WATCHER)) {
                self.link_monitor(process, last, monitor);
                last = monitor;
                kept += 1;
            }
            monitor = self.heap.field(monitor, body::Monitor::NEXT);
        }
        self.link_monitor(process, last, Word::FALSE);
        self.heap.set_field(process, body::Process::MONITOR_COUNT, Word::fixnum(kept));
        kept
    }

    fn link_monitor(&mut self, process: Word, last: Word, next: Word) {
        if last.is_object() {
            self.heap.set_field(last, body::Monitor::NEXT, next);
        } else {
            self.heap.set_field(process, body::Process::MONITORS, next);
        }
    }

    /// Makes sure that the symbols of the message are there, so that it can be made without a
    /// collection in between.
    fn intern_down_words(&mut self) {
        for word in End::ALL.map(End::word).into_iter().chain([DOWN]) {
            self.heap.intern(word, &mut self.machine);
        }
    }

    fn down_word(&self, name: &str) -> Word {
        self.heap.symbol_named(name).expect("the words of the message were interned")
    }

    /// The reason, with the value of a process if it ended with one.
    fn end_reason(&mut self, end: End, process: Option<Word>) -> Word {
        let rest = match process {
            Some(process) => {
                let value = self.heap.field(process, body::Process::VALUE);
                self.heap.pair(value, Word::NULL)
            }
            None => Word::NULL,
        };
        let word = self.down_word(end.word());
        self.heap.pair(word, rest)
    }

    fn append_down(&mut self, watcher: Word, monitor: Word, id: i64, reason: Word) {
        let mut message = self.heap.pair(reason, Word::NULL);
        for part in [Word::fixnum(id), monitor, self.down_word(DOWN)] {
            message = self.heap.pair(part, message);
        }
        self.append_message(watcher, message);
    }
}
