//! Chores of the project: `cargo xtask docs`, `tidy`, `sanitize`, `soak`, `bench-compare`, `differential`.

mod bench_compare;
mod differential;
mod docs;
mod library;
mod r7rs;
mod sanitize;
mod soak;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  docs [--check]     write docs/generated from the tables, or compare it with them
  tidy               check the house rules
  sanitize           heap and machine tests under AddressSanitizer and valgrind
  bench-compare [--rounds N] [--suite FOLDER] [--schemes A,B] [--output FOLDER] [PROGRAM...]
                     speed beside the other Schemes that are here
  soak               the long campaigns, one after the other: those named below
  soak kills [KILLS]  kill -9 alone, so often (10,000 times unless given)
  soak files         bounded files alone (10 minutes)
  soak examples      examples killed alone
  soak fuzz [SECONDS]  fuzzing alone, each campaign so long
  soak spec          R7RS suspended at each unit of work alone
  soak datum         the datum alone
  soak crash [STATES]  crash replay alone, with so many disks, and failures of every call
  soak simulation [HISTORIES]  random programs against random faults alone, so many
  differential [COUNT] [SEED]  random expressions on pscheme and on guile, if it is here";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let result = match words.as_slice() {
        ["docs"] => docs::write(&root),
        ["docs", "--check"] => docs::check(&root),
        ["tidy"] => tidy::check(&root),
        ["sanitize"] => sanitize::run(&root),
        ["bench-compare", rest @ ..] => match bench_compare::Plan::of(rest) {
            Ok(plan) => bench_compare::run(&root, &plan),
            Err(why) => Err(format!("{why}\n{USAGE}")),
        },
        ["soak", rest @ ..] => soak(&root, rest),
        ["differential", rest @ ..] if rest.len() <= 2 => match differential::Plan::of(rest) {
            Some(plan) => differential::run(&root, plan),
            None => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn soak(root: &Path, words: &[&str]) -> Result<(), String> {
    match words {
        ["kills"] => return soak::kills(root, soak::KILLS_DEFAULT),
        ["kills", kills] => return soak::kills(root, kills.parse().map_err(|_| USAGE)?),
        ["files"] => return soak::files(root),
        ["examples"] => return soak::examples(root),
        ["spec"] => return soak::spec(root),
        ["datum"] => return soak::datum(root),
        ["crash"] => return soak::crash(root, soak::CRASH_STATES_DEFAULT),
        ["crash", states] => return soak::crash(root, states.parse().map_err(|_| USAGE)?),
        ["simulation"] => return soak::simulation(root, soak::HISTORIES_DEFAULT),
        ["simulation", count] => {
            return soak::simulation(root, count.parse().map_err(|_| USAGE)?);
        }
        ["fuzz"] => return soak::fuzz(root, soak::FUZZ_SECONDS_DEFAULT),
        ["fuzz", seconds] => {
            return soak::fuzz(root, seconds.parse().map_err(|_| USAGE)?);
        }
        [] => {}
        _ => return Err(USAGE.into()),
    }
    soak::kills(root, soak::KILLS_DEFAULT)?;
    soak::files(root)?;
    soak::examples(root)?;
    soak::fuzz(root, soak::FUZZ_SECONDS_DEFAULT)?;
    soak::spec(root)?;
    soak::datum(root)?;
    soak::simulation(root, soak::HISTORIES_DEFAULT)?;
    soak::crash(root, soak::CRASH_STATES_DEFAULT)
}

/// The top of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the checkout").into()
}
