//! Crash replay and failing calls, of the whole product: the image, its log, `head`, `lock` and the
//! program's output, below the real SQLite and the real file system calls.
//!
//! Every operation of a workload is recorded, and the disk is built as a power cut at each of them could have
//! left it. Each different disk is opened with all checks (`Session::open` reads every page against its
//! hash and walks the whole heap; of every third pages are read on demand, as with the user's key), what it holds is compared with what was acknowledged, and the program
//! runs on to its end, with the output of the undisturbed run. Faults are planted, and must be noticed.
//! Then calls fail, one after the other.
//!
//! `PSCHEME_CRASH_STATES` sets the number of different disks (10,000 unless given); from a hundred
//! thousand on every call fails, fewer below. `PSCHEME_SEED` repeats a run as far as threads allow.
#![cfg(target_os = "linux")]

mod disk;
mod support;

use std::time::Instant;

use disk::campaign::{Aim, Campaign, Tally};
use disk::failures::{self, Beginning, Failures, WAYS};
use disk::planted::FAULTS;
use disk::workload::{BUSY, LARGE, Plan};
use pscheme::heap::store::Phase;

/// Different disks that a run opens unless told otherwise.
const STATES_DEFAULT: u64 = 10_000;
/// Disks from which on every call of the workload fails in every way.
const STATES_FOR_ALL_FAILURES: u64 = 100_000;
/// Runs with a failing call otherwise, of each of the tests of more than an opening.
const FAILURE_RUNS_DEFAULT: u64 = 400;
/// Disks that are opened for each planted fault at most, and without one.
const STATES_FOR_A_FAULT: u64 = 2_000;
const STATES_FOR_NO_FAULT: u64 = 400;
/// Slices after which calls begin to fail: late, so that runs are short.
const SLICES_BEFORE_FAILURES: u64 = 30;
/// One of so many disks is one of a large image.
const LARGE_DIVISOR: u64 = 100;
/// And no more than so many: each takes a quarter of a second.
const LARGE_STATES_MAX: u64 = 2_000;
/// Slices of the first session of the large program: then its large objects are garbage.
const LARGE_SLICES: u64 = 67;
/// Operations of the large program after which the power is cut, in hundredths: it has many.
const LARGE_OPERATIONS_OF_100: u64 = 1;
/// One of so many disks is cut from an opening.
const OPENING_DIVISOR: u64 = 8;
/// Phases in which the power must have been cut.
const WANTED_PHASES: [Phase; 4] =
    [Phase::BlobsWritten, Phase::Committed, Phase::Checkpointing, Phase::Pruning];
/// Campaigns side by side.
const THREADS: u64 = 2;

fn state_count() -> u64 {
    std::env::var("PSCHEME_CRASH_STATES")
        .map_or(STATES_DEFAULT, |text| text.parse().expect("PSCHEME_CRASH_STATES is a number"))
}

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let (begin, seed, states) = (Instant::now(), support::seed(), state_count());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let aim = Aim::of(states.div_ceil(THREADS));
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let campaigns: Vec<_> = (0..THREADS)
            .map(|index| scope.spawn(move || Campaign::new(&BUSY, seed + index).run(&aim)))
            .collect();
        campaigns.into_iter().for_each(|campaign| tally.add(campaign.join().unwrap()));
    });
    println!("power cuts, {} s: {tally:#?}", begin.elapsed().as_secs());
    assert!(tally.findings.is_empty(), "{}", tally.findings.join("\n"));
    assert!(tally.states >= states);
    // Fewer may not get that far.
    let wanted = if states < STATES_DEFAULT { [].as_slice() } else { &WANTED_PHASES };
    for phase in wanted {
        assert!(tally.by_phase.contains_key(phase), "no cut while {phase:?}");
    }
}

/// What a killed process left unsynced is what the next opening takes over, and may lose.
#[test]
fn no_power_cut_of_an_opening_loses_what_was_acknowledged() {
    let (begin, seed) = (Instant::now(), support::seed());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let aim = Aim::of_openings(state_count().div_ceil(OPENING_DIVISOR));
    let tally = Campaign::new(&BUSY, seed).run(&aim);
    println!("power cuts of openings, {} s: {tally:#?}", begin.elapsed().as_secs());
    assert!(tally.findings.is_empty(), "{}", tally.findings.join("\n"));
}

/// One wave in several transactions, and a database that shrinks: the disks are large, so there are few.
#[test]
fn no_power_cut_hurts_a_large_image() {
    let (begin, seed) = (Instant::now(), support::seed());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let plan = Plan { sessions: &[LARGE_SLICES], ..Plan::PLAIN };
    let states = state_count().div_ceil(LARGE_DIVISOR).min(LARGE_STATES_MAX);
    let aim =
        Aim { plan, operations_of_100: LARGE_OPERATIONS_OF_100, from_commit: 1, ..Aim::of(states) };
    let tally = Campaign::new(&LARGE, seed).run(&aim);
    println!("power cuts of a large image, {} s: {tally:#?}", begin.elapsed().as_secs());
    assert!(tally.findings.is_empty(), "{}", tally.findings.join("\n"));
    assert!(tally.shrinkings > 0, "the database gave space back");
}

#[test]
fn planted_faults_are_noticed() {
    let seed = support::seed();
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    for fault in &FAULTS {
        let begin = Instant::now();
        let states = if fault.is_none() { STATES_FOR_NO_FAULT } else { STATES_FOR_A_FAULT };
        let tally = Campaign::new(&BUSY, seed).run(&fault.aim(states));
        let (states, seconds) = (tally.states, begin.elapsed().as_secs_f64());
        println!("{}: {states} states, {seconds:.1} s: {:?}", fault.name, tally.findings);
        assert_eq!(tally.findings.is_empty(), fault.is_none(), "{}, seed {seed}", fault.name);
    }
}

/// Lets calls of the workload fail, all of them or some, spread over it.
fn fail_calls(beginning: Beginning) {
    let (begin, seed) = (Instant::now(), support::seed());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let mut failures = Failures::from(beginning, seed);
    let all: u64 = WAYS.iter().map(|way| failures.call_count(way)).sum();
    // Openings are short, so that every call of theirs fails.
    let is_opening = matches!(beginning, Beginning::Killed(_));
    let takes_all = is_opening || state_count() >= STATES_FOR_ALL_FAILURES;
    let runs = if takes_all { all } else { FAILURE_RUNS_DEFAULT };
    let step = all.div_ceil(runs);
    for way in &WAYS {
        let step = if way.everywhere && beginning != Beginning::Nothing { 1 } else { step };
        for call in (seed % step..failures.call_count(way)).step_by(step as usize) {
            failures.fail_at(way, call);
        }
    }
    let failures::Tally { runs, struck, reported, waits, waited_out, findings, .. } =
        &failures.tally;
    println!("failing calls, {} s, of {all}: {:#?}", begin.elapsed().as_secs(), failures.tally);
    assert!(findings.is_empty(), "seed {seed}: {}", findings.join("\n"));
    assert!(*struck * 4 > *runs * 3, "{struck} of {runs} failures struck");
    assert!(*reported * 3 > *runs, "{reported} of {runs} were reported");
    // Room that is missing for `head`, which has its own since it was made, ends a run; so does room that
    // SQLite misses while it opens the log.
    let waited_out_of_10 = if is_opening { 2 } else { 8 };
    assert!(
        *waited_out * 10 > *waits * waited_out_of_10,
        "{waited_out} of {waits} waits came to an end"
    );
}

#[test]
fn no_failing_call_loses_what_was_acknowledged() {
    fail_calls(Beginning::Closed(SLICES_BEFORE_FAILURES));
}

#[test]
fn no_failing_call_spoils_the_beginning() {
    fail_calls(Beginning::Nothing);
}

#[test]
fn no_failing_call_of_an_opening_loses_the_log() {
    fail_calls(Beginning::Killed(SLICES_BEFORE_FAILURES));
}
