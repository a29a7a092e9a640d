//! Simulation: random programs in random histories of crashes, power cuts and failing calls, against a model.
//!
//! A seed gives a program (`simulation/program.rs`), whose output a model in Rust knows, and the sessions in which it
//! is run (`simulation/history.rs`): each is cut somewhere, what was not synced is lost, torn or kept, calls fail, or the disk is full for a while. After
//! each, what was acknowledged must be there; at last `check` finds nothing, and the program ends with the output of the
//! model. What goes wrong is shrunk and printed with its seed.
//!
//! `PSCHEME_HISTORIES` sets the number of histories, `PSCHEME_SEED` the first seed. Threads make a history differ from run to
//! run in where exactly a commit falls.
#![cfg(target_os = "linux")]
#![allow(dead_code, reason = "the disk has more to it than is used here")]

mod disk;
mod simulation {
    pub mod history;
    pub mod past;
    pub mod program;
}
mod support;

use std::time::Instant;

use disk::planted::FAULTS;
use disk::workload::{BUSY, Workload};
use simulation::history::{History, Tally};
use simulation::past::{Life, PastTally};

/// Histories of a run unless told otherwise.
const HISTORIES_DEFAULT: u64 = 160;
/// Histories in which a planted fault must be noticed.
const HISTORIES_FOR_A_FAULT: u64 = 400;
/// Shorter histories that are tried, each twice, before one is told.
const ATTEMPTS_MAX: usize = 150;
/// Workloads side by side.
const THREADS: u64 = 2;
/// Histories between two lines about how far it has come, when there are many.
const PROGRESS_INTERVAL: u64 = 1_000;

fn history_count() -> u64 {
    std::env::var("PSCHEME_HISTORIES")
        .map_or(HISTORIES_DEFAULT, |text| text.parse().expect("PSCHEME_HISTORIES is a number"))
}

/// Every `THREADS`th seed from this one.
fn live_all(first: u64, count: u64) -> (Tally, Vec<String>) {
    let mut workload = Workload::new(&BUSY);
    let (mut tally, mut findings) = (Tally::default(), Vec::new());
    for index in 0..count {
        let seed = first + index * THREADS;
        let history = History::random(seed);
        if let Err(error) = history.live(&mut workload, None, &mut tally) {
            let mut live = |history: &History| {
                (0..2).try_for_each(|_| history.live(&mut workload, None, &mut Tally::default()))
            };
            let (short, what) = history.shrink(error.clone(), ATTEMPTS_MAX, &mut live);
            findings.push(format!("seed {seed}: {error}\nshortened: {what}\n{}", short.told()));
        }
        if (index + 1).is_multiple_of(PROGRESS_INTERVAL) {
            println!("{} histories of a thread, {} findings", index + 1, findings.len());
        }
    }
    (tally, findings)
}

#[test]
fn no_history_loses_anything() {
    let (begin, seed, histories) = (Instant::now(), support::seed(), history_count());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let each = histories.div_ceil(THREADS);
    let results: Vec<(Tally, Vec<String>)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|index| scope.spawn(move || live_all(seed + index, each))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let findings: Vec<&String> = results.iter().flat_map(|(_, findings)| findings).collect();
    for (tally, _) in &results {
        println!("{} s: {tally:?}", begin.elapsed().as_secs());
    }
    assert!(findings.is_empty(), "{findings:#?}");
    let sum = |count: fn(&Tally) -> u64| results.iter().map(|(tally, _)| count(tally)).sum::<u64>();
    assert!(sum(|tally| tally.histories) >= histories);
    assert!(sum(|tally| tally.cuts) * 2 > sum(|tally| tally.sessions), "most sessions are cut");
    assert!(sum(|tally| tally.failures_struck) > 0 && sum(|tally| tally.waits) > 0);
}

/// The simulation sees what the campaigns of `tests/crash.rs` see, and shortens what it shows.
#[test]
fn planted_faults_are_noticed_and_shortened() {
    let names = [
        "synchronous=NORMAL",
        "waves lose a page",
        "effects leave before their commit",
        "output is not synced",
    ];
    let seed = support::seed();
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let mut workload = Workload::new(&BUSY);
    for name in names {
        let fault = FAULTS.iter().find(|fault| fault.name == name).expect("a fault of the list");
        let found = (0..HISTORIES_FOR_A_FAULT).find_map(|index| {
            let history = History::random(seed + index);
            let lived = history.live(&mut workload, Some(fault), &mut Tally::default());
            lived.err().map(|error| (index, history, error))
        });
        let (index, history, error) = found.unwrap_or_else(|| panic!("{name} is not noticed"));
        println!("{name}: noticed in history {}: {error}", index + 1);
        let mut live =
            |history: &History| history.live(&mut workload, Some(fault), &mut Tally::default());
        let (short, what) = history.shrink(error, 40, &mut live);
        println!("shortened: {what}\n{}", short.told());
        assert!(!short.legs.is_empty() || name.contains("page"), "without a cut there is no loss");
    }
}

/// The model itself is right: programs without any disturbance.
#[test]
fn the_model_knows_what_programs_write() {
    let seed = support::seed();
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let mut workload = Workload::new(&BUSY);
    for index in 0..20 {
        let history = History { legs: Vec::new(), ..History::random(seed + index) };
        if let Err(what) = history.live(&mut workload, None, &mut Tally::default()) {
            panic!("seed {}: {what}\n{}", seed + index, history.program.text());
        }
    }
}

/// Histories in which each commit of the past is gone on with, as a part of the others.
const LIVES_DIVISOR: u64 = 4;
/// So many of them meet a limit of the heap for certain.
const LIVES_THAT_MEET_A_LIMIT: u64 = 400;

#[test]
fn every_kept_commit_can_be_gone_on_with() {
    let (begin, seed) = (Instant::now(), support::seed());
    let lives = history_count().div_ceil(LIVES_DIVISOR);
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let (mut tally, mut findings) = (PastTally::default(), Vec::new());
    for seed in seed..seed + lives {
        let life = Life::random(seed);
        if let Err(what) = life.live(&mut tally) {
            findings.push(format!("seed {seed}: {what}\n{}", life.told()));
        }
    }
    println!("{} s: {tally:?}", begin.elapsed().as_secs());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert!(tally.rewinds > 0 && tally.forks > 4 * lives);
    // One of some five lives meets a limit; by chance none of a few does.
    assert!(tally.limits_met > 0 || lives < LIVES_THAT_MEET_A_LIMIT);
}
