//! A history: a program, and the sessions in which it runs, each of which ends badly.

use std::fmt::Write;
use std::time::Duration;

use super::program::RandomProgram;
use pscheme::session::WAVE_COPY_BYTES_MAX;

use crate::disk::failures::{WAYS, Way};
use crate::disk::planted::Fault;
use crate::disk::states::{Disk, State, Unsynced};
use crate::disk::workload::{Failure, Known, Plan, Seen, Workload, difference};
use crate::support::Random;

const LEGS_MAX: u64 = 5;
/// Slices of a session at most; a program takes some dozens.
const SLICES_MAX: u64 = 60;
/// Calls before one fails, at most.
const CALLS_MAX: u64 = 400;
/// How long a session waits for room that comes.
const SPACE_WAIT: Duration = Duration::from_secs(60);

/// A session, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Slices until it is closed; it is cut before that, or is not.
    pub slices: u64,
    /// A way in which calls fail, by its place in the list, and the call from which on.
    pub failure: Option<(usize, u64)>,
    /// Where it is cut, in thousandths of its operations.
    pub cut_of_1000: u64,
    /// What then becomes of what was not synced.
    pub unsynced: Unsynced,
    /// There is a key, and pages are read on demand.
    pub is_sealed: bool,
    /// It collects at every allocation.
    pub zeal: bool,
    /// Commits are written in many parts.
    pub in_parts: bool,
}

impl Leg {
    fn random(random: &mut Random) -> Leg {
        let failure = (random.below(3) == 0)
            .then(|| (random.below(WAYS.len() as u64) as usize, random.below(CALLS_MAX)));
        let unsynced = match random.below(6) {
            0 => Unsynced::Kept,
            1 => Unsynced::Dropped,
            chance => Unsynced::BY_CHANCE[chance as usize % Unsynced::BY_CHANCE.len()],
        };
        Leg {
            slices: 1 + random.below(SLICES_MAX),
            failure,
            // Every fourth ends in order, or with its failure.
            cut_of_1000: if random.below(4) == 0 { 1_000 } else { random.below(1_000) },
            unsynced,
            is_sealed: random.below(3) == 0,
            zeal: random.below(8) == 0,
            in_parts: random.below(3) == 0,
        }
    }

    fn way(&self) -> Option<&'static Way> {
        self.failure.map(|(way, _)| &WAYS[way])
    }
}

/// Compares what was acknowledged with what was found.
fn check(known: Known, seen: &Seen) -> Result<(), String> {
    match seen.commit < known.commit || seen.step < known.step {
        true => Err(format!("{known:?} was acknowledged, found is {seen:?}")),
        false => Ok(()),
    }
}

/// What histories did, to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub histories: u64,
    pub sessions: u64,
    pub cuts: u64,
    pub failures_struck: u64,
    pub ended_by_failure: u64,
    pub waits: u64,
}

/// A program and its sessions; after the last one it runs undisturbed to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub program: RandomProgram,
    pub legs: Vec<Leg>,
    /// Decides what chance decides in cuts.
    pub chance: u64,
}

impl History {
    pub fn random(seed: u64) -> History {
        let mut random = Random(seed);
        let program = RandomProgram::random(&mut random);
        let legs = (0..random.below(LEGS_MAX)).map(|_| Leg::random(&mut random)).collect();
        History { program, legs, chance: random.next() }
    }

    /// Lives through it, with a fault planted or with none.
    ///
    /// # Errors
    /// Says what is not as it must be.
    pub fn live(
        &self,
        workload: &mut Workload,
        fault: Option<&Fault>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        workload.load(self.program.program());
        let mut random = Random(self.chance);
        let (mut disk, mut known) = (Disk::default(), Known::default());
        workload.ground.forget_all_but(&State::default());
        tally.histories += 1;
        for (index, leg) in self.legs.iter().enumerate() {
            let state = disk.after_cut(Unsynced::Kept, &mut random);
            tally.sessions += 1;
            disk = self
                .live_leg(leg, workload, (&state, &disk), &mut known, fault, &mut random, tally)
                .map_err(|what| format!("session {}: {what}", index + 1))?;
        }
        let state = disk.after_cut(Unsynced::Kept, &mut random);
        workload.ground.lay(&state);
        workload.inspect().map_err(|failure| format!("at last: {}", failure.message()))?;
        let seen = workload
            .run(&Plan::PLAIN)
            .map_err(|failure| format!("at last: {}", failure.message()))?;
        check(known, &seen).map_err(|what| format!("at last: {what}"))?;
        match difference(&workload.output(), &self.program.expected()) {
            None => Ok(()),
            Some(what) => Err(format!("other output: {what}")),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one history")]
    fn live_leg(
        &self,
        leg: &Leg,
        workload: &Workload,
        (state, before): (&State, &Disk),
        known: &mut Known,
        fault: Option<&Fault>,
        random: &mut Random,
        tally: &mut Tally,
    ) -> Result<Disk, String> {
        workload.ground.lay(state);
        workload.tape.start(state.names.clone());
        let failure = leg.failure.map(|(way, call)| WAYS[way].plan(call));
        workload.tape.plant(failure);
        let waits = leg.way().is_some_and(|way| way.waits);
        let plan = fault.map_or(Plan::PLAIN, |fault| fault.plan);
        let plan = Plan {
            sessions: &[],
            is_sealed: leg.is_sealed,
            zeal: leg.zeal,
            wave_copy_bytes_max: if leg.in_parts { 1 } else { WAVE_COPY_BYTES_MAX },
            space_wait: if waits { SPACE_WAIT } else { Duration::ZERO },
            ..plan
        };
        let outcome = workload.run_slices(&plan, leg.slices);
        let struck = workload.tape.plant(None).is_some_and(|plan| plan.struck > 0);
        let record = workload.tape.stop();
        tally.failures_struck += u64::from(struck);
        tally.waits += u64::from(struck && waits);
        match outcome {
            Ok(seen) => check(*known, &seen)?,
            // What had failed by then is told; what is there is judged by the next session.
            Err(Failure::Session(_)) if struck => tally.ended_by_failure += 1,
            Err(failure) => return Err(failure.message()),
        }
        let record = match fault {
            Some(fault) => (fault.edit)(record, before),
            None => record,
        };
        let end = record.len() as u64 * leg.cut_of_1000 / 1_000;
        // A failed sync has synced nothing, which is in the record; a session that was closed has synced all.
        let mut disk = before.clone();
        for operation in &record[..end as usize] {
            disk.follow(operation);
            known.follow(operation);
        }
        tally.cuts += u64::from(leg.cut_of_1000 < 1_000);
        Ok(Disk::of(&disk.after_cut(leg.unsynced, random)))
    }

    /// Histories a little shorter than this one.
    fn shorter(&self) -> Vec<History> {
        let mut found = Vec::new();
        for index in 0..self.legs.len() {
            let mut legs = self.legs.clone();
            legs.remove(index);
            found.push(History { legs, ..self.clone() });
        }
        for worker in 0..self.program.workers.len() {
            if self.program.workers.len() > 1 {
                let mut program = self.program.clone();
                program.workers.remove(worker);
                found.push(History { program, ..self.clone() });
            }
            let steps = &self.program.workers[worker];
            let (first, second) = steps.split_at(steps.len() / 2);
            for part in [&[], first, second].into_iter().filter(|part| part.len() < steps.len()) {
                let mut program = self.program.clone();
                program.workers[worker] = part.to_vec();
                found.push(History { program, ..self.clone() });
            }
            for index in 0..steps.len() {
                let mut program = self.program.clone();
                program.workers[worker].remove(index);
                found.push(History { program, ..self.clone() });
            }
        }
        for (index, leg) in self.legs.iter().enumerate() {
            let simpler = [
                Leg { failure: None, ..leg.clone() },
                Leg { zeal: false, is_sealed: false, in_parts: false, ..leg.clone() },
                Leg { slices: leg.slices / 2, ..leg.clone() },
            ];
            for simpler in
                simpler.into_iter().filter(|simpler| simpler != leg && simpler.slices > 0)
            {
                let mut legs = self.legs.clone();
                legs[index] = simpler;
                found.push(History { legs, ..self.clone() });
            }
        }
        found
    }

    /// The shortest history found that still goes wrong, with what goes wrong in it.
    pub fn shrink(
        &self,
        error: String,
        attempts_max: usize,
        mut live: impl FnMut(&History) -> Result<(), String>,
    ) -> (History, String) {
        let (mut best, mut attempts) = ((self.clone(), error), 0);
        'shorter: loop {
            for candidate in best.0.shorter() {
                attempts += 1;
                if attempts > attempts_max {
                    return best;
                }
                if let Err(error) = live(&candidate) {
                    best = (candidate, error);
                    continue 'shorter;
                }
            }
            return best;
        }
    }

    /// The history in words.
    pub fn told(&self) -> String {
        let mut text = String::new();
        for (index, leg) in self.legs.iter().enumerate() {
            let _ = write!(text, "session {}: up to {} slices", index + 1, leg.slices);
            if let Some((way, call)) = leg.failure {
                let _ = write!(text, ", {} from call {call} on", WAYS[way].name);
            }
            let _ = writeln!(
                text,
                ", cut at {}/1000, unsynced {:?}{}{}{}",
                leg.cut_of_1000,
                leg.unsynced,
                if leg.is_sealed { ", sealed" } else { "" },
                if leg.zeal { ", zeal" } else { "" },
                if leg.in_parts { ", in parts" } else { "" },
            );
        }
        for (index, steps) in self.program.workers.iter().enumerate() {
            let _ = writeln!(text, "worker {index}: {steps:?}");
        }
        text
    }
}
