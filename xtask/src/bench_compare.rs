//! Speed beside other Schemes: the programs of `benches/programs` on pscheme with and without an
//! image, and on the peers this machine has. Runs alternate, so that what else the machine does
//! meets all alike; times are whole processes, start included.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Rounds unless another number is given.
pub const ROUNDS_DEFAULT: usize = 7;

/// Something that runs a program.
struct Runner {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

/// Measures, and prints a table in Markdown.
pub fn run(root: &Path, rounds: usize) -> Result<(), String> {
    let scratch = root.join("target/bench-compare");
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let mut runners = own_runners(root, &scratch)?;
    runners.extend(peers(&scratch));
    println!("| program | runner | median ms | of pscheme with image: median (least to most) |");
    println!("|---|---|---|---|");
    for program in programs(root)? {
        let times = measure(&runners, &program, rounds)?;
        let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (runner, own) in runners.iter().zip(&times) {
            let ratios: Vec<f64> = own.iter().zip(&times[0]).map(|(a, b)| a / b).collect();
            let (least, middle, most) = spread(&ratios);
            let median = spread(own).1;
            println!(
                "| {name} | {} | {median:.0} | {middle:.2} ({least:.2} to {most:.2}) |",
                runner.name
            );
        }
    }
    Ok(())
}

fn programs(root: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = root.join("benches/programs");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort();
    Ok(found)
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

/// The command in release, with an image first: all ratios are to it.
fn own_runners(root: &Path, scratch: &Path) -> Result<Vec<Runner>, String> {
    let program = build(root)?;
    let image = scratch.join("image").display().to_string();
    let with_image = ["run", "--restart", "--image", &image].map(String::from).to_vec();
    let runner = |name, arguments| Runner {
        name,
        program: program.clone(),
        arguments,
        environment: Vec::new(),
    };
    Ok(vec![runner("pscheme run, with image", with_image), runner("pscheme", Vec::new())])
}

/// The peers found, each told on standard output with its version.
fn peers(scratch: &Path) -> Vec<Runner> {
    let mut found = Vec::new();
    let cache = ("XDG_CACHE_HOME", scratch.display().to_string());
    let runner = |name, program: &str, arguments: &[&str], environment| Runner {
        name,
        program: program.into(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment,
    };
    if let Some(version) = version("guile") {
        println!("guile: {version}; compiled to bytecode in an untimed run before\n");
        found.push(runner("guile, JIT", "guile", &["--auto-compile"], vec![cache.clone()]));
        let no_jit = vec![cache, ("GUILE_JIT_THRESHOLD", "-1".to_string())];
        found.push(runner("guile, no JIT", "guile", &["--auto-compile"], no_jit));
    }
    if let Some((name, version)) =
        ["chezscheme", "scheme"].iter().find_map(|name| Some((*name, version(name)?)))
    {
        println!("{name}: Chez Scheme {version}; compiles each form as it is loaded\n");
        found.push(runner("chez", name, &["--script"], Vec::new()));
    }
    if let Some(version) = version("petite") {
        println!("petite: Chez Scheme {version}, interpreter\n");
        found.push(runner("petite (interpreter)", "petite", &["--script"], Vec::new()));
    }
    found
}

/// What `--version` says, on either output; `None` if there is no such program.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&said).lines().next()?.to_string())
}

/// Milliseconds by runner and round. A round before them warms caches and compiles.
fn measure(runners: &[Runner], program: &Path, rounds: usize) -> Result<Vec<Vec<f64>>, String> {
    let mut times = vec![Vec::new(); runners.len()];
    let mut expected = None;
    for round in 0..=rounds {
        for (runner, times) in runners.iter().zip(&mut times) {
            let (time, output) = time(runner, program)?;
            if *expected.get_or_insert_with(|| output.clone()) != output {
                return Err(format!("{} prints {output:?} for {program:?}", runner.name));
            }
            if round > 0 {
                times.push(time);
            }
        }
    }
    Ok(times)
}

/// One run: milliseconds, and what it printed.
fn time(runner: &Runner, program: &Path) -> Result<(f64, String), String> {
    let mut command = Command::new(&runner.program);
    command.args(&runner.arguments).arg(program).envs(runner.environment.iter().cloned());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{}: {error}", runner.name))?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    if !output.status.success() {
        return Err(format!("{} fails on {}: {}", runner.name, program.display(), output.status));
    }
    Ok((milliseconds, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Least, median and greatest.
fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_an_unsorted_list() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), (1.0, 2.0, 3.0));
        assert_eq!(spread(&[5.0]), (5.0, 5.0, 5.0));
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version("no-such-scheme-anywhere"), None);
    }
}
