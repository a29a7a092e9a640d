//! `pscheme demo`: a durable script is killed three times and goes on each time.
//!
//! Everything happens through the command a user would type, in a directory of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pscheme::host::StandardHost;
use pscheme::vm::host::Host;

use crate::status;

/// The script of the demonstration: deep in a recursion most of the time, a line in a file for each
/// step, and no word about storage.
const SCRIPT: &str = include_str!("demo.scm");
/// Rounds of the script, and its boards with the ways to place queens on them.
const ROUNDS: usize = 40;
const BOARDS: [(usize, usize); 3] = [(8, 92), (9, 352), (10, 724)];
/// Times the script is killed.
const KILLS: usize = 3;
/// Time a part of the demonstration may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the demonstration.
pub fn run() -> u8 {
    match demonstrate() {
        Ok(()) => 0,
        Err(what) => {
            eprintln!("pscheme demo: {what}");
            status::ERROR
        }
    }
}

fn demonstrate() -> Result<(), String> {
    let directory =
        tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let script = directory.path().join("demo.scm");
    let output = directory.path().join("demo.out");
    std::fs::write(&script, SCRIPT).map_err(|error| format!("writing the script: {error}"))?;
    println!("The script computes inside a deep recursion and writes a line for every step:\n");
    SCRIPT.lines().for_each(|line| println!("    {line}"));
    let mut host = StandardHost::default();
    for kill in 1..=KILLS {
        let mut child = start(&script, directory.path())?;
        let before = lines_of(&output);
        let pause = Duration::from_millis(150 + host.random() % 500);
        let ended = wait_for_progress(&mut child, &output, before, pause)?;
        if ended {
            println!("\nThe script ended before kill {kill}.");
            break;
        }
        child.kill().map_err(|error| format!("kill: {error}"))?;
        child.wait().map_err(|error| format!("wait: {error}"))?;
        println!(
            "\nkill -9 number {kill}, {} ms into this run; demo.out has {} lines.",
            pause.as_millis(),
            lines_of(&output)
        );
    }
    println!("\nThe same command once more, to the end:");
    let status =
        start(&script, directory.path())?.wait().map_err(|error| format!("wait: {error}"))?;
    if !status.success() {
        return Err(format!("the script ended with {status}"));
    }
    let written = std::fs::read_to_string(&output).map_err(|error| format!("demo.out: {error}"))?;
    if written != expected() {
        return Err(format!("demo.out is not what an undisturbed run writes:\n{written}"));
    }
    println!(
        "\ndemo.out has {} lines, each exactly once, the same as in a run nobody disturbed.",
        written.lines().count()
    );
    Ok(())
}

/// What the script writes when nothing disturbs it.
fn expected() -> String {
    (1..=ROUNDS)
        .flat_map(|round| BOARDS.map(|(size, ways)| (round, size, ways)))
        .map(|(round, size, ways)| format!("round {round}: {size} queens in {ways} ways\n"))
        .collect()
}

fn start(script: &Path, directory: &Path) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    println!("\n$ pscheme run demo.scm");
    Command::new(program)
        .arg("run")
        .arg(script.file_name().expect("the script has a name"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("starting the script: {error}"))
}

fn lines_of(output: &Path) -> usize {
    std::fs::read_to_string(output).map_or(0, |text| text.lines().count())
}

/// Waits until the child has written something new and `pause` has passed; whether it has ended.
fn wait_for_progress(
    child: &mut Child,
    output: &Path,
    before: usize,
    pause: Duration,
) -> Result<bool, String> {
    let start = Instant::now();
    loop {
        if child.try_wait().map_err(|error| format!("wait: {error}"))?.is_some() {
            return Ok(true);
        }
        if start.elapsed() >= pause && lines_of(output) > before {
            return Ok(false);
        }
        if start.elapsed() > PATIENCE {
            return Err("the script makes no progress".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
