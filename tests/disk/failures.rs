//! Calls that fail: an error of the device, a full disk, a write of a half, at each call of a workload,
//! once or from there on. The run must end with an error that says something, or not be hurt. Then, without
//! the failure, the image opens at its last acknowledged commit or a newer one, and the program runs to
//! its end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use pscheme::SessionError;
use pscheme::heap::store::{Phase, StoreError};

use super::recorder::{Call, Mark, Operation, Plan as CallPlan};
use super::states::{Disk, State, Unsynced};
use super::workload::{BUSY, Failure, Known, Plan, Seen, Workload, difference};
use crate::support::Random;

/// A way to fail.
#[derive(Clone, Copy)]
pub struct Way {
    pub name: &'static str,
    counts: fn(Call) -> bool,
    code: i32,
    first_is_short: bool,
    count: u64,
    /// The session waits for room on the disk.
    pub waits: bool,
    /// It is tried at every call, and the power is cut after each.
    pub everywhere: bool,
}

impl Way {
    /// The plan in which calls fail in this way after so many that count.
    pub fn plan(&self, after: u64) -> CallPlan {
        let Way { counts, code, first_is_short, count, .. } = *self;
        CallPlan { counts, after, code, first_is_short, count, struck: 0 }
    }
}

const ANY: fn(Call) -> bool = |_| true;
/// What needs room on the disk.
const GROWS: fn(Call) -> bool =
    |call| matches!(call, Call::Write | Call::Create | Call::Truncate | Call::Sync);
const WRITES: fn(Call) -> bool = |call| call == Call::Write;
const SYNCS: fn(Call) -> bool = |call| call == Call::Sync;
const CREATES: fn(Call) -> bool = |call| call == Call::Create;
/// How long a session waits for room that comes.
const SPACE_WAIT: Duration = Duration::from_secs(60);

/// Calls that fail while the disk is full for a while.
const WHILE_COUNT: u64 = 9;

const fn way(
    name: &'static str,
    counts: fn(Call) -> bool,
    code: i32,
    first_is_short: bool,
    count: u64,
) -> Way {
    Way { name, counts, code, first_is_short, count, waits: false, everywhere: false }
}

pub const WAYS: [Way; 9] = [
    way("EIO", ANY, libc::EIO, false, 1),
    way("EIO ever after", ANY, libc::EIO, false, u64::MAX),
    way("ENOSPC", GROWS, libc::ENOSPC, false, 1),
    way("ENOSPC ever after", GROWS, libc::ENOSPC, false, u64::MAX),
    // What was written and not synced may be gone from the system's cache.
    Way { everywhere: true, ..way("ENOSPC of a sync", SYNCS, libc::ENOSPC, false, 1) },
    way("a short write", WRITES, libc::ENOSPC, true, 1),
    way("a short write, then ENOSPC", WRITES, libc::ENOSPC, true, u64::MAX),
    Way { waits: true, ..way("ENOSPC for a while", WRITES, libc::ENOSPC, false, WHILE_COUNT) },
    Way { waits: true, ..way("EDQUOT for a while", CREATES, libc::EDQUOT, false, WHILE_COUNT) },
];

/// What came of the failures so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Runs with a failure planted, and those in which it struck.
    pub runs: u64,
    pub struck: u64,
    /// Runs that ended with an error.
    pub reported: u64,
    /// Runs that met a disk that was full for a while and were to wait, and those that got to their end.
    pub waits: u64,
    pub waited_out: u64,
    /// Power cuts after the failure.
    pub cuts: u64,
    /// Messages by their first words, with how often each came.
    pub messages: BTreeMap<String, u64>,
    pub findings: Vec<String>,
}

/// Where the runs with a failure begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// There is nothing.
    Nothing,
    /// The program was run for so many slices, and closed.
    Closed(u64),
    /// It was killed in the second half of so many slices: the newest commits are in the log and nowhere else.
    Killed(u64),
}

/// A workload with a part of the program done, from which each run with a failure begins.
pub struct Failures {
    workload: Workload,
    start: State,
    /// What is acknowledged there.
    known: Known,
    /// How far each run goes; `None` is the program's end.
    slices: Option<u64>,
    expected: BTreeMap<PathBuf, Vec<u8>>,
    /// Calls of each sort in a run without a failure.
    counts: [u64; Call::ALL.len()],
    random: Random,
    pub tally: Tally,
}

impl Failures {
    /// Prepares where the runs begin. After a kill they end soon, so that many calls of the opening can fail.
    pub fn from(beginning: Beginning, seed: u64) -> Failures {
        let workload = Workload::new(&BUSY);
        workload.tape.start(Default::default());
        if let Beginning::Closed(slices) | Beginning::Killed(slices) = beginning {
            workload.begin(slices).expect("the undisturbed run begins");
        }
        let mut record = workload.tape.stop();
        let is_killed = matches!(beginning, Beginning::Killed(_));
        let mut random = Random(seed);
        if is_killed {
            let is_commit = |operation: &Operation| {
                matches!(operation, Operation::Mark(Mark::Phase(Phase::Committed)))
            };
            let last = record.iter().rposition(is_commit).expect("there is a commit");
            record.truncate(last / 2 + random.below(last as u64 / 2) as usize + 2);
        }
        let (mut disk, mut known) = (Disk::default(), Known::default());
        for operation in &record {
            disk.follow(operation);
            known.follow(operation);
        }
        let start = disk.after_cut(Unsynced::Kept, &mut random);
        let slices = is_killed.then_some(1);
        let (mut counts, mut expected) = ([0; Call::ALL.len()], BTreeMap::new());
        workload.ground.lay(&start);
        let before = workload.tape.call_counts();
        match slices {
            Some(slices) => drop(workload.begin(slices).expect("the undisturbed run goes on")),
            None => expected = workload.run_undisturbed(),
        }
        let after = workload.tape.call_counts();
        counts
            .iter_mut()
            .zip(before.iter().zip(after))
            .for_each(|(count, (before, after))| *count = after - before);
        let tally = Tally::default();
        Failures { workload, start, known, slices, expected, counts, random, tally }
    }

    /// Calls in a run that can fail in this way.
    pub fn call_count(&self, way: &Way) -> u64 {
        let calls = Call::ALL.into_iter().zip(self.counts);
        calls.filter(|(call, _)| (way.counts)(*call)).map(|(_, count)| count).sum()
    }

    /// Runs the program with this call failing, then without.
    pub fn fail_at(&mut self, way: &Way, call: u64) {
        let waits = way.waits;
        self.workload.ground.lay(&self.start);
        self.workload.tape.start(self.start.names.clone());
        self.workload.tape.plant(Some(way.plan(call)));
        let space_wait = if waits { SPACE_WAIT } else { Duration::ZERO };
        let outcome = self.run(&Plan { space_wait, ..Plan::PLAIN });
        let struck = self.workload.tape.plant(None).is_some_and(|plan| plan.struck > 0);
        let record = self.workload.tape.stop();
        self.tally.runs += 1;
        self.tally.struck += u64::from(struck);
        if waits && struck {
            self.tally.waits += 1;
            self.tally.waited_out += u64::from(outcome.is_ok());
        }
        let place = format!("{} at call {call}", way.name);
        if let Err(failure) = &outcome {
            self.judge(failure, struck, &place);
        }
        let (mut known, mut disk) = (self.known, Disk::of(&self.start));
        for operation in &record {
            disk.follow(operation);
            known.follow(operation);
        }
        self.recover(known, &place);
        // The failure and a power cut after it: a sync that failed has synced nothing.
        if struck && (way.everywhere || self.random.below(4) == 0) {
            let mode =
                if self.random.below(2) == 0 { Unsynced::Dropped } else { Unsynced::BySector };
            self.workload.ground.lay(&disk.after_cut(mode, &mut self.random));
            self.tally.cuts += 1;
            self.recover(known, &format!("{place}, then a power cut"));
        }
        self.workload.ground.forget_all_but(&self.start);
    }

    fn judge(&mut self, failure: &Failure, struck: bool, place: &str) {
        self.tally.reported += 1;
        let message = failure.message();
        let is_panic = match failure {
            Failure::Panic => true,
            Failure::Session(SessionError::Store(error)) => is_panic(error),
            Failure::Session(SessionError::Writer(error)) => is_panic(error),
            Failure::Session(_) => false,
            Failure::Other(_) => true,
        };
        if is_panic || !struck || message.is_empty() {
            self.tally.findings.push(format!("{place}: {message}"));
        }
        let top = self.workload.ground.top.to_string_lossy().into_owned();
        *self.tally.messages.entry(message.replace(&top, "")).or_default() += 1;
    }

    fn run(&self, plan: &Plan) -> Result<Seen, Failure> {
        match self.slices {
            Some(slices) => self.workload.run_slices(plan, slices),
            None => self.workload.run(plan),
        }
    }

    fn recover(&mut self, known: Known, place: &str) {
        let found = match self.run(&Plan::PLAIN) {
            Ok(seen) if seen.commit < known.commit || seen.step < known.step => {
                Some(format!("it is older than {known:?}: {seen:?}"))
            }
            Ok(_) if self.slices.is_some() => None,
            Ok(_) => difference(&self.workload.output(), &self.expected),
            Err(failure) => Some(failure.message()),
        };
        if let Some(what) = found {
            self.tally.findings.push(format!("{place}, then opened again: {what}"));
        }
    }
}

/// Whether an error stands for a panic on the writer's thread.
fn is_panic(error: &StoreError) -> bool {
    matches!(error, StoreError::WriterStopped)
}
