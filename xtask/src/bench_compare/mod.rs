//! Speed beside other Schemes: the programs of `tests/bench`, or of another folder in the format of the
//! r7rs-benchmarks, on pscheme with and without an image and on the peers this machine has.
//!
//! Runs alternate, so that what else the machine does meets all alike, and a ratio is taken of two runs of
//! the same round. The time of a program is the one it prints itself, without start and compilation; whole processes,
//! their memory and the time of a start stand beside it.

mod chart;
mod measure;
mod report;
mod schemes;
mod suite;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::Results;
use suite::Suite;

/// Rounds unless another number is given.
const ROUNDS_DEFAULT: usize = 5;

/// What to measure.
#[derive(Debug, PartialEq)]
pub struct Plan {
    rounds: usize,
    /// A folder in the format of the r7rs-benchmarks instead of the project's own programs.
    suite: Option<PathBuf>,
    /// Folder for the table, the chart and the measurements.
    output: Option<PathBuf>,
    /// Labels of the Schemes that are wanted; all if empty.
    schemes: Vec<String>,
    /// Names of the programs that are wanted; all if empty.
    programs: Vec<String>,
}

impl Plan {
    /// Reads the words of the command line.
    pub fn of(words: &[&str]) -> Result<Plan, String> {
        let mut plan = Plan {
            rounds: ROUNDS_DEFAULT,
            suite: None,
            output: None,
            schemes: Vec::new(),
            programs: Vec::new(),
        };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{word} needs a value"));
            match *word {
                "--rounds" => {
                    plan.rounds = value()?
                        .parse()
                        .ok()
                        .filter(|&rounds| rounds > 0)
                        .ok_or("--rounds needs a positive number")?;
                }
                "--suite" => plan.suite = Some(value()?.into()),
                "--output" => plan.output = Some(value()?.into()),
                "--schemes" => plan.schemes = value()?.split(',').map(String::from).collect(),
                name if name.starts_with('-') => return Err(format!("unknown option {name}")),
                name => plan.programs.push(name.into()),
            }
        }
        Ok(plan)
    }
}

/// Measures, and prints a table in Markdown. With a folder for output it writes `table.md`, `chart.svg` and
/// `results.json` there.
pub fn run(root: &Path, plan: &Plan) -> Result<(), String> {
    let scratch = root.join("target/bench-compare");
    let own = root.join("tests/bench");
    let suite = Suite::open(plan.suite.as_deref().unwrap_or(&own), &own)?;
    let programs = suite.programs(&plan.programs)?;
    let found = schemes::find(&build(root)?, &suite, &plan.schemes)?;
    let results = measure::all(&suite, &programs, &found, plan.rounds, &scratch)?;
    let table = report::table(&results);
    println!("{table}");
    if let Some(folder) = &plan.output {
        write_all(folder, &results, &table)?;
    }
    match results.failures_of_pscheme() {
        failed if failed.is_empty() => Ok(()),
        failed => Err(format!("pscheme fails on {}", failed.join(", "))),
    }
}

fn write_all(folder: &Path, results: &Results, table: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(folder.join("table.md"), table).map_err(failed)?;
    let json = serde_json::to_string_pretty(results).map_err(|error| error.to_string())?;
    std::fs::write(folder.join("results.json"), json + "\n").map_err(failed)?;
    chart::write(&folder.join("chart.svg"), results)
}

/// Builds the command in release; its path.
pub fn build(root: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--release", "--quiet", "-p", "pscheme-cli"])
        .status()
        .map_err(|error| format!("cargo build: {error}"))?;
    if !built.success() {
        return Err(format!("cargo build failed: {built}"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    Ok(target.join("release/pscheme"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_options_and_programs() {
        let plan = Plan::of(&["--rounds", "3", "fft", "--schemes", "chez,guile", "sum"]).unwrap();
        assert_eq!(plan.rounds, 3);
        assert_eq!(plan.schemes, ["chez", "guile"]);
        assert_eq!(plan.programs, ["fft", "sum"]);
        assert_eq!(Plan::of(&[]).unwrap().rounds, ROUNDS_DEFAULT);
    }

    #[test]
    fn a_plan_that_makes_no_sense_is_refused() {
        for words in [&["--rounds", "0"][..], &["--rounds"], &["--quickly"], &["--suite"]] {
            assert!(Plan::of(words).is_err(), "{words:?}");
        }
    }
}
