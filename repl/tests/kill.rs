//! kill -9: the real binary on durable scripts, killed again and again, ends with the same output as
//! a run nobody disturbed.
//!
//! The command appends a byte to a file at every change of phase. The suite waits for a phase that
//! has been struck rarely so far, kills, and counts the phase the file ends with. `PSCHEME_KILLS`
//! sets the number of kills (100 unless given).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Phases and their bytes in the file, see `SessionPhase` and the store's `Phase`.
const PHASES: &[(u8, &str)] = &[
    (b'A', "opening"),
    (b'B', "running"),
    (b'C', "sealing"),
    (b'D', "collecting"),
    (b'E', "copying"),
    (b'F', "output"),
    (b'a', "before the transaction"),
    (b'b', "bodies written"),
    (b'c', "before COMMIT"),
    (b'd', "committed"),
    (b'e', "head written"),
    (b'f', "checkpointing"),
    (b'g', "pruning"),
];
/// Time a wait for a phase may take before any phase will do.
const PHASE_PATIENCE: Duration = Duration::from_millis(400);
/// Time a script may take in all.
const PATIENCE: Duration = Duration::from_secs(300);

const SCRIPTS: &[(&str, &str)] = &[
    ("deep", include_str!("kill/deep.scm")),
    ("allocate", include_str!("kill/allocate.scm")),
    ("generators", include_str!("kill/generators.scm")),
    ("processes", include_str!("kill/processes.scm")),
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

fn start(folder: &Path, phases: Option<&Path>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pscheme"));
    command.args(["run", "script.scm"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(path) = phases {
        command.env("PSCHEME_PHASE_FILE", path);
    }
    command.spawn().unwrap()
}

fn last_phase(path: &Path) -> Option<u8> {
    std::fs::read(path).ok()?.last().copied()
}

/// Runs to the end; panics with what the command said if it fails.
fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
}

/// Waits until the child is in the wanted phase, or for a while; `false` if it has ended.
fn wait_for_phase(child: &mut Child, phases: &Path, wanted: u8, pause: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PHASE_PATIENCE {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if begin.elapsed() >= pause && last_phase(phases) == Some(wanted) {
            return true;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    true
}

fn check(folder: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["check", "script.scm.image"])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "check: {said}");
}

/// Kills a script up to `kills` times; returns how often it was killed.
fn torment(
    name: &str,
    text: &str,
    kills: u64,
    random: &mut Random,
    struck: &mut BTreeMap<u8, u64>,
) -> u64 {
    let undisturbed = tempfile::tempdir().unwrap();
    std::fs::write(undisturbed.path().join("script.scm"), text).unwrap();
    finish(start(undisturbed.path(), None));
    let expected = std::fs::read_to_string(undisturbed.path().join("script.out")).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let phases = folder.path().join("phases");
    std::fs::write(folder.path().join("script.scm"), text).unwrap();
    let (mut done, begin) = (0, Instant::now());
    while done < kills {
        assert!(begin.elapsed() < PATIENCE, "{name} makes no progress under kills");
        let _ = std::fs::remove_file(&phases);
        let mut child = start(folder.path(), Some(&phases));
        let rare = PHASES.iter().min_by_key(|(byte, _)| struck.get(byte).copied().unwrap_or(0));
        let wanted = rare.unwrap().0;
        let pause = Duration::from_micros(random.below(60_000));
        if !wait_for_phase(&mut child, &phases, wanted, pause) {
            finish(child);
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        done += 1;
        *struck.entry(last_phase(&phases).unwrap_or(b'A')).or_default() += 1;
        if done % 10 == 0 {
            check(folder.path());
        }
    }
    finish(start(folder.path(), None));
    let written = std::fs::read_to_string(folder.path().join("script.out")).unwrap();
    assert_eq!(written, expected, "{name} after {done} kills");
    check(folder.path());
    done
}

#[test]
fn scripts_survive_kill_9() {
    let kills: u64 = std::env::var("PSCHEME_KILLS").map_or(100, |text| text.parse().unwrap());
    let seed =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
            as u64;
    println!("seed {seed}");
    let (mut random, mut struck, mut done) = (Random(seed), BTreeMap::new(), 0);
    let mut rounds_without_kill = 0;
    while done < kills {
        let before = done;
        for (name, text) in SCRIPTS {
            let share = (kills - done).min(kills.div_ceil(SCRIPTS.len() as u64));
            done += torment(name, text, share, &mut random, &mut struck);
        }
        rounds_without_kill = if done > before { 0 } else { rounds_without_kill + 1 };
        assert!(rounds_without_kill < 20, "the scripts end before they can be killed");
    }
    println!("{done} kills, output and state as in undisturbed runs; by phase:");
    for (byte, name) in PHASES {
        println!("  {name:<24} {}", struck.get(byte).copied().unwrap_or(0));
    }
}
