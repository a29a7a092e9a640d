//! Cuts the power all along records of the workload, and opens what the disk may then hold.
//!
//! A campaign is a row of generations. The first creates the image; each later one goes on from a
//! disk that a crash of the one before left, killed with the system's cache whole or with the power cut,
//! and is recorded and cut in its turn. After every cut the image must open with all checks, at an
//! acknowledged commit or a newer one, the effects it holds must be performed, and the program must run
//! on to its end with the output of the undisturbed run.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use pscheme::heap::store::Phase;

use super::recorder::Operation;
use super::states::{Disk, State, Unsynced};
use super::workload::{Failure, Known, Plan, Program, Seen, Workload, difference};
use crate::support::Random;

/// Every so many states the inspector looks first, as `pscheme check` does. Opening checks the same.
const INSPECTION_INTERVAL: u64 = 10;

/// Of the operations until the first commit, one of so many counts after the first generation.
const CREATION_DIVISOR: u64 = 12;
/// A long campaign says how far it is after so many states.
const PROGRESS_INTERVAL: u64 = 10_000;

/// One of so many disks is opened with the key, and read on demand; the others are walked.
const SEALED_INTERVAL: u64 = 3;
/// One of so many gives back what it can after each slice and reads it again, which takes ten times as long.
const GIVING_BACK_INTERVAL: u64 = 8 * SEALED_INTERVAL;
/// One of so many commits after each slice; the others when a process waits for it, and now and then.
const EVERY_COMMIT_INTERVAL: u64 = 5;
/// Operations of an opening.
const OPENING_OPERATIONS: usize = 24;
const WAVE_INTERVAL: Duration = Duration::from_millis(2);

/// Where a generation begins.
#[derive(Clone, Default)]
struct Start {
    disk: Disk,
    known: Known,
}

/// What came of the cuts so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub cuts: u64,
    /// Different disks, each opened.
    pub states: u64,
    /// Of those, how many by each way to lose what was not synced.
    pub by_mode: BTreeMap<Unsynced, u64>,
    pub generations: u64,
    pub operations: u64,
    /// Times a database was made shorter.
    pub shrinkings: u64,
    /// States by the phase the store was in, as its hook said it last.
    pub by_phase: BTreeMap<Phase, u64>,
    pub findings: Vec<String>,
    /// Findings in which opening itself said that commits are lost.
    pub losses_reported: u64,
}

impl Tally {
    /// Adds what came of another campaign.
    pub fn add(&mut self, other: Tally) {
        self.cuts += other.cuts;
        self.states += other.states;
        self.generations += other.generations;
        self.operations += other.operations;
        self.shrinkings += other.shrinkings;
        self.losses_reported += other.losses_reported;
        self.findings.extend(other.findings);
        other.by_mode.iter().for_each(|(mode, count)| {
            *self.by_mode.entry(*mode).or_default() += count;
        });
        other.by_phase.iter().for_each(|(phase, count)| {
            *self.by_phase.entry(*phase).or_default() += count;
        });
    }
}

/// Changes a record as a fault would: the planted faults of the order and of syncs.
pub type Edit = fn(Vec<Operation>, &Disk) -> Vec<Operation>;

/// How a generation ends, and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Anywhere, killed with the cache whole and still not synced, or with the power cut.
    Anywhere,
    /// Killed right before the sync of a commit, which is then left for the next generation to sync.
    KilledInCommit,
}

/// How a campaign goes about.
#[derive(Clone, Copy)]
pub struct Aim {
    /// Different states to open.
    pub states: u64,
    /// States by chance at each operation, in hundredths.
    pub chances_of_100: u64,
    /// Operations after which the power is cut at all, in hundredths.
    pub operations_of_100: u64,
    /// Operations of a generation after which the power is not cut any more.
    pub operations_max: usize,
    pub crash: Crash,
    /// The power is not cut before this commit is known.
    pub from_commit: u64,
    /// How the program is run while it is recorded; every second generation goes through without a
    /// pause.
    pub plan: Plan,
    pub edit: Edit,
    /// Findings after which it stops.
    pub findings_max: usize,
}

impl Aim {
    pub fn of(states: u64) -> Aim {
        let edit: Edit = |record, _| record;
        Aim {
            states,
            chances_of_100: 120,
            operations_of_100: 100,
            operations_max: usize::MAX,
            crash: Crash::Anywhere,
            from_commit: 0,
            plan: Plan::CLOSING,
            edit,
            findings_max: 5,
        }
    }

    /// Cuts openings, each after a kill that left them something to sync.
    pub fn of_openings(states: u64) -> Aim {
        Aim {
            operations_max: OPENING_OPERATIONS,
            crash: Crash::KilledInCommit,
            from_commit: 1,
            chances_of_100: 400,
            ..Aim::of(states)
        }
    }
}

/// One thread's share.
pub struct Campaign {
    workload: Workload,
    random: Random,
    expected: BTreeMap<PathBuf, Vec<u8>>,
    /// What was seen in each state, as far as it was sound.
    seen: HashMap<blake3::Hash, Seen>,
    label: String,
    pub tally: Tally,
}

impl Campaign {
    /// Runs the program undisturbed, to know its output.
    pub fn new(program: &'static Program, seed: u64) -> Campaign {
        let workload = Workload::new(program);
        let expected = workload.run_undisturbed();
        let label = format!("seed {seed}");
        let random = Random(seed);
        let (seen, tally) = (HashMap::new(), Tally::default());
        Campaign { workload, random, expected, seen, label, tally }
    }

    /// Cuts until so many states were opened, or too much was found.
    pub fn run(mut self, aim: &Aim) -> Tally {
        let mut start = Start::default();
        while !self.is_done(aim) {
            // Every third generation begins with nothing, so that creation is cut too.
            if self.tally.generations.is_multiple_of(3) {
                start = Start::default();
                self.workload.ground.forget_all_but(&State::default());
            }
            start = self.generation(&start, aim);
            self.tally.generations += 1;
        }
        self.tally
    }

    fn is_done(&self, aim: &Aim) -> bool {
        self.tally.states >= aim.states || self.tally.findings.len() >= aim.findings_max
    }

    /// Records a run from `start`, cuts it everywhere, and gives a crash of it for the next.
    fn generation(&mut self, start: &Start, aim: &Aim) -> Start {
        let mut disk = start.disk.clone();
        let record = self.record(start, aim);
        let record = (aim.edit)(record, &disk);
        self.tally.operations += record.len() as u64;
        self.tally.shrinkings += shrinkings(&record);
        let crash = self.crash_of(&record, aim);
        let mut next = Start::default();
        let mut known = start.known;
        for (index, operation) in record.iter().enumerate() {
            disk.follow(operation);
            known.follow(operation);
            // Creating an image, and its first commit, which is that of the library, are all alike.
            let is_creation = known.commit == 0 && self.tally.generations > 0;
            let is_due = known.commit >= aim.from_commit
                && index < aim.operations_max
                && (!is_creation || self.random.below(CREATION_DIVISOR) == 0);
            if is_due && self.random.below(100) < aim.operations_of_100 {
                self.cut_at(index, &disk, &known, aim);
            }
            if index == crash {
                next = Start { disk: self.crashed(&disk, aim), known };
            }
            if self.is_done(aim) {
                break;
            }
        }
        next
    }

    /// The operation after which this generation ends. Late ones leave nothing to do for the next.
    fn crash_of(&mut self, record: &[Operation], aim: &Aim) -> usize {
        let mut choice: Vec<usize> = (0..record.len() * 3 / 4).collect();
        if aim.crash == Crash::KilledInCommit {
            let mut known = Known::default();
            choice.retain(|index| {
                known.follow(&record[*index]);
                known.phase == Some(Phase::BeforeCommit)
                    && matches!(record.get(index + 1), Some(Operation::Sync { .. }))
            });
        }
        // A planted fault may end the record early; then nothing is done for the next generation.
        let chosen = self.random.below(choice.len().max(1) as u64) as usize;
        choice.get(chosen).copied().unwrap_or_default()
    }

    /// The disk that the next generation finds.
    fn crashed(&mut self, disk: &Disk, aim: &Aim) -> Disk {
        if aim.crash == Crash::KilledInCommit || self.random.below(2) == 0 {
            return disk.clone();
        }
        Disk::of(&disk.after_cut(Unsynced::BySector, &mut self.random))
    }

    /// Runs the workload on the disk and records it. Nothing may have escaped the recorder.
    fn record(&mut self, start: &Start, aim: &Aim) -> Vec<Operation> {
        let Start { disk, known } = start;
        let begin = disk.after_cut(Unsynced::Kept, &mut self.random);
        self.workload.ground.lay(&begin);
        self.workload.tape.start(begin.names);
        let is_second = self.tally.generations % 2 == 1;
        let plan = if is_second { Plan { sessions: &[], ..aim.plan } } else { aim.plan };
        let outcome = self.workload.run(&plan);
        let record = self.workload.tape.stop();
        let place = format!("the recorded run of generation {}", self.tally.generations);
        match outcome {
            Ok(seen) => self.compare(&seen, known, &place),
            Err(failure) => self.find(&failure, &place),
        }
        let mut disk = disk.clone();
        record.iter().for_each(|operation| disk.follow(operation));
        let replayed = disk.after_cut(Unsynced::Kept, &mut self.random).contents();
        if let Some(difference) = difference(&self.workload.ground.contents(), &replayed) {
            panic!("{}: the record is not what happened: {difference}", self.label);
        }
        record
    }

    fn cut_at(&mut self, index: usize, disk: &Disk, known: &Known, aim: &Aim) {
        let mut modes = vec![Unsynced::Dropped];
        if disk.has_unsynced() {
            modes.push(Unsynced::Kept);
            let chances = aim.chances_of_100 / 100
                + u64::from(self.random.below(100) < aim.chances_of_100 % 100);
            for _ in 0..chances {
                let choice = self.random.below(Unsynced::BY_CHANCE.len() as u64);
                modes.push(Unsynced::BY_CHANCE[choice as usize]);
            }
        }
        for mode in modes {
            let state = disk.after_cut(mode, &mut self.random);
            self.tally.cuts += 1;
            let place = format!(
                "generation {}, operation {index}, {mode:?}, commit {} and step {:?} known",
                self.tally.generations, known.commit, known.step
            );
            let states = self.tally.states;
            if let Some(seen) = self.open_once(&state, mode, &place) {
                self.compare(&seen, known, &place);
            }
            if let Some(phase) = known.phase {
                *self.tally.by_phase.entry(phase).or_default() += self.tally.states - states;
            }
        }
    }

    /// Opens a state unless that was done before; what was seen if it was sound.
    fn open_once(&mut self, state: &State, mode: Unsynced, place: &str) -> Option<Seen> {
        let key = state.key();
        if let Some(seen) = self.seen.get(&key) {
            return Some(seen.clone());
        }
        self.tally.states += 1;
        if self.tally.states.is_multiple_of(PROGRESS_INTERVAL) {
            let Tally { states, findings, .. } = &self.tally;
            println!("{}: {states} disks opened, {} findings", self.label, findings.len());
        }
        *self.tally.by_mode.entry(mode).or_default() += 1;
        self.workload.ground.lay(state);
        if self.tally.states.is_multiple_of(INSPECTION_INTERVAL)
            && let Err(failure) = self.workload.inspect()
        {
            self.find(&failure, place);
        }
        let plan = plan_of(self.tally.states);
        let seen = match self.workload.run(&plan) {
            Ok(seen) => seen,
            Err(failure) => {
                self.find(&failure, place);
                return None;
            }
        };
        if let Some(what) = difference(&self.workload.output(), &self.expected) {
            self.find(&Failure::Other(format!("other output: {what}")), place);
            return None;
        }
        self.seen.insert(key, seen.clone());
        Some(seen)
    }

    fn compare(&mut self, seen: &Seen, known: &Known, place: &str) {
        let is_older = seen.commit < known.commit || seen.step < known.step;
        if is_older || seen.step > Some(self.workload.program.step_count) {
            self.find(&Failure::Other(format!("it is older: {seen:?}")), place);
        }
    }

    fn find(&mut self, failure: &Failure, place: &str) {
        self.tally.losses_reported += u64::from(failure.reports_loss());
        self.tally.findings.push(format!("{}, {place}: {}", self.label, failure.message()));
    }
}

/// How the program is run on a disk, by the disk's number.
fn plan_of(number: u64) -> Plan {
    let is_due = |interval| number.is_multiple_of(interval);
    Plan {
        is_sealed: is_due(SEALED_INTERVAL),
        gives_back: is_due(GIVING_BACK_INTERVAL),
        wave_interval: if is_due(EVERY_COMMIT_INTERVAL) { Duration::ZERO } else { WAVE_INTERVAL },
        ..Plan::PLAIN
    }
}

/// Truncations of a database that was created in this record.
fn shrinkings(record: &[Operation]) -> u64 {
    let mut ends: HashMap<u32, usize> = HashMap::new();
    let mut count = 0;
    for operation in record {
        match operation {
            Operation::Create { place, node, .. } if place.name == "heap.db" => {
                ends.insert(*node, 0);
            }
            Operation::Write { node, offset, bytes } => {
                let written = offset + bytes.len();
                ends.entry(*node).and_modify(|end| *end = written.max(*end));
            }
            Operation::Truncate { node, length } if ends.contains_key(node) => {
                let before = ends.insert(*node, *length).unwrap_or_default();
                count += u64::from(*length < before);
            }
            _ => {}
        }
    }
    count
}
