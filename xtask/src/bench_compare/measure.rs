//! Runs programs on Schemes in turn and keeps what each run took.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
use wait4::Wait4;

use super::schemes::Scheme;
use super::suite::{Program, START, Suite};

/// After so long a run is ended and counts as failed.
const RUN_SECONDS_MAX: u64 = 300;
/// How often it is looked whether a run has ended.
const POLL: Duration = Duration::from_millis(1);
/// What stands before the time that a program prints, behind two commas.
const TIME_LINE: &str = "+!CSVLINE!+";

/// What one run took.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Run {
    /// The program's own time; 0 for the one that does nothing.
    pub inner_seconds: f64,
    /// The whole process, start included.
    pub wall_seconds: f64,
    /// Processor time of all its threads.
    pub cpu_seconds: f64,
    pub peak_memory_bytes: u64,
}

/// Runs of one program on one Scheme.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Runs(Vec<Run>),
    /// Why it does not run there.
    Fails(String),
}

/// A program's runs by Scheme, in the order of [`Results::schemes`].
#[derive(Serialize)]
pub struct Row {
    pub program: String,
    pub outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
pub struct SchemeInfo {
    pub label: &'static str,
    pub version: String,
}

/// All that was measured.
#[derive(Serialize)]
pub struct Results {
    pub processor: String,
    pub cores: usize,
    pub rounds: usize,
    pub schemes: Vec<SchemeInfo>,
    pub rows: Vec<Row>,
}

impl Results {
    /// The place of the Scheme with this label.
    pub fn place(&self, label: &str) -> Option<usize> {
        self.schemes.iter().position(|scheme| scheme.label == label)
    }

    /// The rows of programs, without that of the start.
    pub fn programs(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.program != START)
    }

    /// Programs that do not run on pscheme, each once.
    pub fn failures_of_pscheme(&self) -> Vec<String> {
        let is_own = |place: usize| self.schemes[place].label.starts_with("pscheme");
        let fails = |row: &&Row| {
            let mut outcomes = row.outcomes.iter().enumerate();
            outcomes.any(|(place, outcome)| is_own(place) && matches!(outcome, Outcome::Fails(_)))
        };
        self.rows.iter().filter(fails).map(|row| row.program.clone()).collect()
    }
}

/// Runs each program on each Scheme in so many rounds; a round before them warms caches and is not counted.
///
/// # Errors
/// If a text cannot be read or written. A program that fails on a Scheme is an outcome.
pub fn all(
    suite: &Suite,
    programs: &[Program],
    schemes: &[Scheme],
    rounds: usize,
    scratch: &Path,
) -> Result<Results, String> {
    let mut rows = Vec::new();
    for program in programs {
        eprintln!("{}", program.name);
        let outcomes = on_all(suite, program, schemes, rounds, scratch)?;
        rows.push(Row { program: program.name.clone(), outcomes });
    }
    let info =
        |scheme: &Scheme| SchemeInfo { label: scheme.label(), version: scheme.version.clone() };
    Ok(Results {
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rounds,
        schemes: schemes.iter().map(info).collect(),
        rows,
    })
}

fn on_all(
    suite: &Suite,
    program: &Program,
    schemes: &[Scheme],
    rounds: usize,
    scratch: &Path,
) -> Result<Vec<Outcome>, String> {
    let texts = schemes
        .iter()
        .map(|scheme| write_text(suite, program, scheme, scratch))
        .collect::<Result<Vec<PathBuf>, String>>()?;
    let mut outcomes: Vec<Outcome> = schemes
        .iter()
        .zip(&texts)
        .map(|(scheme, text)| {
            match scheme.compilation(text).map(|command| compile(command, text)) {
                Some(Err(why)) => Outcome::Fails(why),
                _ => Outcome::Runs(Vec::new()),
            }
        })
        .collect();
    for round in 0..=rounds {
        for ((scheme, text), outcome) in schemes.iter().zip(&texts).zip(&mut outcomes) {
            let Outcome::Runs(runs) = outcome else { continue };
            match once(scheme.execution(text), program, text) {
                Ok(run) if round > 0 => runs.push(run),
                Ok(_) => {}
                Err(why) => {
                    eprintln!("  {}: {why}", scheme.label());
                    *outcome = Outcome::Fails(why);
                }
            }
        }
    }
    Ok(outcomes)
}

/// Puts the program's text for a Scheme into a folder of its own, in which it will run.
fn write_text(
    suite: &Suite,
    program: &Program,
    scheme: &Scheme,
    scratch: &Path,
) -> Result<PathBuf, String> {
    let folder = scratch.join(scheme.label());
    let path = folder.join(format!("{}.scm", program.name));
    let text = suite.text(program, scheme.names(), scheme.keeps_imports())?;
    std::fs::create_dir_all(&folder)
        .and_then(|()| {
            // What was compiled of the same text is kept.
            let same = std::fs::read_to_string(&path).is_ok_and(|old| old == text);
            if same { Ok(()) } else { std::fs::write(&path, text) }
        })
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn compile(mut command: Command, text: &Path) -> Result<(), String> {
    command.current_dir(text.parent().expect("a text lies in a folder")).stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(first_line(&said, "does not compile")) }
}

/// One run, in the folder of its text.
fn once(mut command: Command, program: &Program, text: &Path) -> Result<Run, String> {
    let failed = |error: std::io::Error| error.to_string();
    let (out, err) = (text.with_extension("out"), text.with_extension("err"));
    let input = match &program.input {
        Some(path) => Stdio::from(File::open(path).map_err(failed)?),
        None => Stdio::null(),
    };
    command.current_dir(text.parent().expect("a text lies in a folder")).stdin(input);
    command.stdout(File::create(&out).map_err(failed)?);
    command.stderr(File::create(&err).map_err(failed)?);
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let used = loop {
        if let Some(used) = child.try_wait4().map_err(failed)? {
            break used;
        }
        if start.elapsed().as_secs() >= RUN_SECONDS_MAX {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            return Err(format!("runs for more than {RUN_SECONDS_MAX} s"));
        }
        std::thread::sleep(POLL);
    };
    let wall_seconds = start.elapsed().as_secs_f64();
    let printed = String::from_utf8_lossy(&std::fs::read(&out).map_err(failed)?).into_owned();
    let complaint = String::from_utf8_lossy(&std::fs::read(&err).map_err(failed)?).into_owned();
    if let Some(wrong) = printed.lines().find(|line| line.contains("ERROR")) {
        return Err(wrong.trim().to_owned());
    }
    let inner_seconds = match (time_of(&printed), &program.input) {
        (Some(seconds), _) => seconds,
        (None, None) if used.status.success() => 0.0,
        _ => return Err(first_line(&complaint, "prints no time")),
    };
    Ok(Run {
        inner_seconds,
        wall_seconds,
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_memory_bytes: used.rusage.maxrss,
    })
}

/// The seconds that a program printed; it may measure several parts.
fn time_of(printed: &str) -> Option<f64> {
    let lines = printed.lines().filter_map(|line| line.trim().strip_prefix(TIME_LINE));
    lines
        .map(|line| line.rsplit(',').next()?.trim().parse().ok())
        .reduce(|sum: Option<f64>, seconds| Some(sum? + seconds?))?
}

fn first_line(said: &str, otherwise: &str) -> String {
    said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(otherwise).to_owned()
}

/// What the system says of the processor.
fn processor() -> String {
    let said = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = said.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    name.unwrap_or("an unknown processor").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_behind_the_last_comma() {
        let printed = "Running fib:40:5\n+!CSVLINE!+some-1.2,fib:40:5,0.25\n";
        assert_eq!(time_of(printed), Some(0.25));
        assert_eq!(time_of("ERROR: wrong result: 7\n"), None);
        assert_eq!(time_of("+!CSVLINE!+a,b,0.25\n+!CSVLINE!+a,c,0.5\n"), Some(0.75));
        assert_eq!(time_of("+!CSVLINE!+a,b,0.25\n+!CSVLINE!+a,c,soon\n"), None);
    }

    #[test]
    fn a_complaint_is_one_line() {
        assert_eq!(first_line("\n  first\nsecond", "none"), "first");
        assert_eq!(first_line("\n", "none"), "none");
    }
}
