//! Suspend anywhere: every example and language test runs straight, in zeal, and with a commit,
//! drop and reopening at random instructions and at safepoints; the small programs of `tests/every`
//! at each one, from the first to the last. The output is the same.

mod support;

use std::collections::BTreeSet;
use std::time::Instant;

use pscheme::session::primitive_set;
use pscheme::vm::engine::Engine;
use pscheme::vm::op::{Control, Op, field, op_rows};
use pscheme::vm::primitive::Work;
use support::{Console, Random, Suspended, in_scratch_folder, programs, seed, session_for};

/// Suspensions of one program at random places at most.
const SUSPENSIONS_MAX: usize = 250;
/// Suspensions of a program that is suspended everywhere at most: it is meant to be small.
const EVERYWHERE_MAX: usize = 8000;
/// Every so many of those the heap is checked whole; that takes as long as all the rest.
const CHECK_INTERVAL: usize = 32;
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

/// Runs with a suspension every 1 to `spread` safepoints.
fn at_safepoints(name: &str, text: &str, engine: Engine, seed: u64, spread: u64) -> String {
    in_scratch_folder(|| {
        let label = format!("{name} on {engine:?}, seed {seed}");
        let (console, mut random) = (Console::default(), Random(seed));
        let mut machine = Suspended::new(session_for(name, text, &console), &console);
        loop {
            let often = machine.suspensions < SUSPENSIONS_MAX;
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

/// Runs with a suspension every 1 to `spread` instructions.
fn at_instructions(name: &str, text: &str, seed: u64, spread: u64) -> String {
    in_scratch_folder(|| {
        let label = format!("{name} by instructions, seed {seed}");
        let (console, mut random) = (Console::default(), Random(seed));
        let mut machine = Suspended::new(session_for(name, text, &console), &console);
        loop {
            let often = machine.suspensions < SUSPENSIONS_MAX;
            let event = if often {
                machine.run_instructions(1 + random.below(spread)).0
            } else {
                machine.run_part(Engine::Match, 1 << 20)
            };
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

/// Where a small program is suspended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Everywhere {
    Instruction,
    Safepoint,
    /// Only after primitives that wait. A commit is asked for inside each atomic section, so that
    /// the next one has to wait for it.
    Wait,
}

/// What was suspended right after.
#[derive(Default)]
struct Coverage {
    opcodes: BTreeSet<u8>,
    primitives: BTreeSet<u16>,
}

impl Coverage {
    fn note(&mut self, instruction: u64) {
        self.opcodes.insert(field::op(instruction));
        if field::op(instruction) == Op::Primitive as u8 {
            self.primitives.insert(field::imm(instruction) as u16);
        }
    }
}

/// Whether an instruction calls a primitive that waits.
fn waits(instruction: u64) -> bool {
    let code = field::imm(instruction) as usize;
    field::op(instruction) == Op::Primitive as u8
        && primitive_set().get(code).is_some_and(|row| row.work == Work::Waits)
}

/// Runs from the first to the last instruction with a suspension at each place; gives the output
/// and their number.
fn everywhere(
    name: &str,
    text: &str,
    place: Everywhere,
    covered: &mut Coverage,
) -> (String, usize) {
    in_scratch_folder(|| {
        let label = format!("{name} at every {place:?}");
        let console = Console::default();
        let mut machine = Suspended::new(session_for(name, text, &console), &console);
        machine.check_interval = CHECK_INTERVAL;
        loop {
            let (event, last) = match place {
                Everywhere::Safepoint => (machine.run_part(Engine::fastest(), 1), None),
                _ => machine.run_instructions(1),
            };
            if machine.is_over(event, &label) {
                break;
            }
            if !machine.can_suspend() {
                machine.vm.machine.commit_pending = place == Everywhere::Wait;
            } else if place != Everywhere::Wait || last.is_some_and(waits) {
                machine.suspend(&label);
                last.into_iter().for_each(|instruction| covered.note(instruction));
            }
            assert!(machine.suspensions <= EVERYWHERE_MAX, "{label}: the program is too long");
        }
        machine.finish(&label);
        (text_of(&console), machine.suspensions)
    })
}

/// The spread that gives some hundred suspensions over a program of this much work.
fn spread_for(work: u64, factor: u64) -> u64 {
    (work * factor * 2 / SPREAD).max(1)
}

#[test]
fn output_is_the_same_however_a_program_is_suspended() {
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
        let stepped = at_instructions(&name, &text, seed, spread_for(work, 8));
        assert_eq!(stepped, expected, "{name} at instructions, seed {seed}");
    }
}

#[test]
fn small_programs_survive_suspension_everywhere() {
    let mut covered = Coverage::default();
    for (name, text) in programs("tests/every") {
        let (expected, _) = straight(&name, &text, Engine::fastest(), false);
        for place in [Everywhere::Instruction, Everywhere::Safepoint, Everywhere::Wait] {
            let begin = Instant::now();
            let (output, suspensions) = everywhere(&name, &text, place, &mut covered);
            assert_eq!(output, expected, "{name} at every {place:?}");
            let seconds = begin.elapsed().as_secs_f64();
            println!("{name} at every {place:?}: {suspensions} suspensions, {seconds:.1} s");
        }
    }
    report_coverage(&covered);
}

#[test]
fn output_is_the_same_in_zeal() {
    for (name, text) in corpus() {
        let (expected, _) = straight(&name, &text, Engine::fastest(), false);
        let (zealous, _) = straight(&name, &text, Engine::fastest(), true);
        assert_eq!(zealous, expected, "{name} in zeal");
    }
}

/// Shows after which opcodes, and after which primitives that give up their turn, a program was
/// suspended: a gap is a failure.
///
/// `trap` is in no program, and the machine's own data between instructions are never run.
fn report_coverage(covered: &Coverage) {
    let opcodes = op_rows()
        .filter(|row| row.control != Control::Data && row.op != Op::Trap)
        .map(|row| (row.name(), covered.opcodes.contains(&(row.op as u8))));
    let set = primitive_set();
    let primitives = set
        .rows()
        .filter(|row| row.work == Work::Waits)
        .map(|row| (row.name, covered.primitives.contains(&row.code)));
    let table: Vec<(&str, bool)> = opcodes.chain(primitives).collect();
    for (name, suspended) in &table {
        println!("  {name:<28}{}", if *suspended { "suspended right after" } else { "GAP" });
    }
    let gaps: Vec<&str> = table.iter().filter(|row| !row.1).map(|row| row.0).collect();
    assert!(gaps.is_empty(), "never suspended right after: {}", gaps.join(", "));
}
