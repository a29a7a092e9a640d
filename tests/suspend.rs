//! Suspend anywhere: every example and language test runs straight, in zeal, and with a commit,
//! drop and reopening at random instructions and at safepoints; the output is the same.

mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;

use pscheme::vm::engine::Engine;
use pscheme::vm::op::{Control, Op, field, op_rows};
use support::{Console, Random, Suspended, programs, session_for};

/// Suspensions of one program at random places at most.
const SUSPENSIONS_MAX: usize = 250;
/// Suspensions of one program at every instruction at most, and at every safepoint.
const INSTRUCTIONS_EVERY_MAX: usize = 1500;
const SAFEPOINTS_EVERY_MAX: usize = 300;
/// Programs whose straight run takes more work than this run with rarer suspensions.
const SPREAD: u64 = 200;

fn corpus() -> Vec<(String, String)> {
    let mut all = programs("tests/language");
    all.extend(programs("scm-examples"));
    all
}

fn text_of(console: &Console) -> String {
    String::from_utf8_lossy(&console.lock().unwrap()).into_owned()
}

/// Runs without suspension; returns the output and the units of work.
fn straight(name: &str, text: &str, engine: Engine, zeal: bool) -> (String, u64) {
    in_scratch_folder(|| {
        let console = Console::default();
        let mut session = session_for(name, text, &console);
        session.vm.heap.set_zeal(zeal);
        let mut machine = Suspended::new(session, &console);
        loop {
            let event = machine.vm.advance(engine);
            if machine.is_over(event, name) {
                break;
            }
        }
        machine.finish(name);
        (text_of(&console), machine.vm.machine.safepoints)
    })
}

/// Programs write files by relative names: each run has a folder of its own, one run at a time.
fn in_scratch_folder<T>(run: impl FnOnce() -> T) -> T {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let before = std::env::current_dir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    std::env::set_current_dir(before).unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs with a suspension every 1 to `spread` safepoints.
fn at_safepoints(name: &str, text: &str, engine: Engine, seed: u64, spread: u64) -> String {
    let most = if spread == 1 { SAFEPOINTS_EVERY_MAX } else { SUSPENSIONS_MAX };
    in_scratch_folder(|| {
        let label = format!("{name} on {engine:?}, seed {seed}");
        let (console, mut random) = (Console::default(), Random(seed));
        let mut machine = Suspended::new(session_for(name, text, &console), &console);
        loop {
            let often = machine.suspensions < most;
            let fuel = if often { 1 + random.below(spread) } else { 1 << 20 };
            let event = machine.run_part(engine, fuel as i64);
            if machine.is_over(event, &label) {
                break;
            }
            if often && machine.can_suspend() {
                machine.suspend(&label);
            }
        }
        machine.finish(&label);
        text_of(&console)
    })
}

/// Runs with a suspension every 1 to `spread` instructions; notes what was suspended right after.
fn at_instructions(
    name: &str,
    text: &str,
    seed: u64,
    spread: u64,
    covered: &Mutex<BTreeSet<u8>>,
) -> String {
    let most = if spread == 1 { INSTRUCTIONS_EVERY_MAX } else { SUSPENSIONS_MAX };
    in_scratch_folder(|| {
        let label = format!("{name} by instructions, seed {seed}");
        let (console, mut random) = (Console::default(), Random(seed));
        let mut machine = Suspended::new(session_for(name, text, &console), &console);
        loop {
            let often = machine.suspensions < most;
            let (event, last) = if often {
                machine.run_instructions(1 + random.below(spread))
            } else {
                (machine.run_part(Engine::Match, 1 << 20), None)
            };
            if machine.is_over(event, &label) {
                break;
            }
            if often && machine.can_suspend() {
                machine.suspend(&label);
                covered.lock().unwrap().extend(last.map(field::op));
            }
        }
        machine.finish(&label);
        text_of(&console)
    })
}

/// The spread that gives some hundred suspensions over a program of this much work.
fn spread_for(work: u64, factor: u64) -> u64 {
    (work * factor * 2 / SPREAD).max(1)
}

#[test]
fn output_is_the_same_however_a_program_is_suspended() {
    let covered = Mutex::new(BTreeSet::new());
    let seed = seed();
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    for (name, text) in corpus() {
        let (expected, work) = straight(&name, &text, Engine::fastest(), false);
        assert!(!expected.is_empty(), "{name} prints nothing");
        let (matched, _) = straight(&name, &text, Engine::Match, false);
        assert_eq!(matched, expected, "{name} on the match engine");
        let engines = Engine::all();
        let engine = engines[seed as usize % engines.len()];
        let suspended = at_safepoints(&name, &text, engine, seed, spread_for(work, 1));
        assert_eq!(suspended, expected, "{name} at safepoints, seed {seed}");
        // A unit of work is some eight instructions.
        let stepped = at_instructions(&name, &text, seed, spread_for(work, 8), &covered);
        assert_eq!(stepped, expected, "{name} at instructions, seed {seed}");
    }
}

#[test]
fn small_programs_survive_suspension_at_every_instruction() {
    let covered = Mutex::new(BTreeSet::new());
    for (name, text) in programs("tests/language") {
        let (expected, work) = straight(&name, &text, Engine::fastest(), false);
        if work < 20_000 {
            let stepped = at_instructions(&name, &text, 1, 1, &covered);
            assert_eq!(stepped, expected, "{name} at every instruction");
            let suspended = at_safepoints(&name, &text, Engine::fastest(), 1, 1);
            assert_eq!(suspended, expected, "{name} at every safepoint");
        }
    }
    report_coverage(&covered.lock().unwrap());
}

#[test]
fn output_is_the_same_in_zeal() {
    for (name, text) in programs("tests/language") {
        let (expected, work) = straight(&name, &text, Engine::fastest(), false);
        if work < 400_000 {
            let (zealous, _) = straight(&name, &text, Engine::fastest(), true);
            assert_eq!(zealous, expected, "{name} in zeal");
        }
    }
}

fn seed() -> u64 {
    match std::env::var("PSCHEME_SEED") {
        Ok(text) => text.parse().expect("PSCHEME_SEED is a number"),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_nanos() as u64 % 1_000_000),
    }
}

/// Opcodes after which no program was suspended: a gap is a failure. The corpus is chosen so that
/// every opcode control can stop after is met often.
fn report_coverage(covered: &BTreeSet<u8>) {
    let stops: Vec<Op> = op_rows()
        .filter(|row| row.control != Control::Data && row.op != Op::Trap)
        .map(|row| row.op)
        .collect();
    let gaps: Vec<&str> = stops
        .iter()
        .filter(|&&op| !covered.contains(&(op as u8)))
        .map(|op| op.row().name())
        .collect();
    println!("suspended right after {} of {} opcodes", stops.len() - gaps.len(), stops.len());
    assert!(gaps.is_empty(), "never suspended right after: {}", gaps.join(", "));
}
