//! R7RS-small, section by section: the cases of `tests/spec`, straight on every engine, with a
//! collection at every allocation, and suspended: committed, dropped and read back in the middle.
//!
//! `PSCHEME_SPEC_EVERYWHERE=1` suspends every case at each unit of work (`cargo xtask soak spec`).
//!
//! The cases of a file share a machine and what they define at its top level. They run in a folder that
//! holds a copy of `tests/spec/files`.

#[path = "../stdlib/tests/support/cases.rs"]
mod cases;
mod support;

use std::path::Path;

use cases::{Case, Ending, cases};
use pscheme::heap::kind::body;
use pscheme::heap::word::Word;
use pscheme::vm::engine::Engine;
use pscheme::vm::machine::Stop;
use pscheme::vm::process::Event;
use pscheme::{Session, SessionOptions};
use support::{Console, Random, Suspended, TestHost, in_scratch_folder, programs};

/// Cases in all files at least.
const CASES_MIN: usize = 1500;
/// Units of work between two suspensions at most, on average half of that,
const SPREAD: u64 = 100;
/// for so many suspensions of a case.
const SUSPENSIONS_MAX: usize = 3;
/// Of so many cases one is suspended at each unit of work, if not all are,
const EVERYWHERE_INTERVAL: usize = 40;
/// for so many suspensions,
const EVERYWHERE_MAX: usize = 100;
/// or so many where all are.
const EVERYWHERE_ALL_MAX: usize = 3_000;
/// Work of a case at most: one that takes more does not end.
const WORK_MAX: u64 = 40_000_000;
/// Every so many suspensions the heap is checked whole; that takes as long as all the rest.
const CHECK_INTERVAL: usize = 64;

/// Where a machine is suspended.
enum Pace {
    Never,
    /// Behind 1 to `SPREAD` units of work.
    Random(Random),
    /// Behind each unit of work of one case of so many, for so many suspensions.
    Everywhere {
        interval: usize,
        most: usize,
    },
}

struct Runner {
    machine: Suspended,
    engine: Engine,
    pace: Pace,
    /// Suspensions that this case may still have.
    left: usize,
    label: String,
}

impl Runner {
    /// What the cases of this file read from the console comes byte by byte.
    fn new(file: &str, engine: Engine, zeal: bool, pace: Pace, label: String) -> Runner {
        let console = Console::default();
        console.typed.input_of("tests/spec", file);
        let session = Session::transient(SessionOptions::new(TestHost::new(&console))).unwrap();
        let mut machine = Suspended::new(session, &console);
        machine.check_interval = CHECK_INTERVAL;
        machine.vm.heap.set_zeal(zeal);
        Runner { machine, engine, pace, left: 0, label }
    }

    /// Runs the cases of a file; what is to be said about those that ended otherwise.
    fn run_all(&mut self, cases: &[Case]) -> String {
        let mut problems = String::new();
        for (index, case) in cases.iter().enumerate() {
            // Room that a large reservation left unused would put the next collections off.
            let zeal = self.machine.vm.heap.zeal;
            self.machine.vm.heap.set_zeal(zeal);
            self.left = match self.pace {
                Pace::Never => 0,
                Pace::Random(_) => SUSPENSIONS_MAX,
                Pace::Everywhere { interval, most } if index % interval == 0 => most,
                Pace::Everywhere { .. } => 0,
            };
            problems.extend(case.problem(&self.run(&case.text)));
        }
        problems
    }

    /// Runs a program; the value is that of its last form.
    fn run(&mut self, text: &str) -> Ending {
        let vm = &mut self.machine.vm;
        let thunk = match pscheme_stdlib::compile_and_install(vm, "spec.scm", text) {
            Ok(thunk) => thunk,
            Err(why) => return Ending::Refused(why.to_string()),
        };
        vm.spawn(thunk, Word::FALSE).unwrap();
        match self.finish() {
            Ok(value) => Ending::Value(self.written(value)),
            Err(ending) => ending,
        }
    }

    fn written(&mut self, value: Word) -> String {
        let vm = &mut self.machine.vm;
        let place = vm.heap.protect(value);
        vm.define("test-value", place);
        vm.heap.unprotect(place);
        let text = "(call-with-output-string (lambda (port) (write test-value port)))";
        let thunk = pscheme_stdlib::compile_and_install(vm, "write.scm", text).unwrap();
        vm.spawn(thunk, Word::FALSE).unwrap();
        let text = self.finish().unwrap_or_else(|ending| panic!("{}: {ending:?}", self.label));
        self.machine.vm.heap.string_text(text)
    }

    /// Runs the process there is to its end.
    fn finish(&mut self) -> Result<Word, Ending> {
        let begin = self.machine.vm.machine.safepoints;
        loop {
            if self.machine.vm.machine.safepoints - begin > WORK_MAX {
                self.machine.vm.end_slice(Stop::Finished);
                return Err(Ending::Refused("it does not end".into()));
            }
            let fuel = match &mut self.pace {
                _ if self.left == 0 => 1 << 20,
                Pace::Random(random) => 1 + random.below(SPREAD) as i64,
                _ => 1,
            };
            let event = self.machine.run_part(self.engine, fuel);
            if event == Event::Slice && self.left > 0 && self.machine.can_suspend() {
                self.left -= 1;
                self.machine.suspend(&self.label);
                continue;
            }
            let vm = &mut self.machine.vm;
            match event {
                Event::Finished(process) => {
                    return Ok(vm.heap.field(process, body::Process::VALUE));
                }
                Event::Failed(process) => {
                    let object = vm.heap.field(process, body::Process::VALUE);
                    let (code, message) = pscheme_stdlib::raised_text(vm, object);
                    assert!(vm.discard(process));
                    return Err(Ending::Failed { code, message });
                }
                Event::AtLimit(process) => {
                    assert!(vm.discard(process));
                    return Err(Ending::AtLimit);
                }
                Event::Exit(status) => return Err(Ending::Exit(status)),
                other => assert!(!self.machine.is_over(other, &self.label), "{}", self.label),
            }
        }
    }
}

/// Runs every file and reports all cases that fail at once.
fn check(what: &str, engine: Engine, zeal: bool, pace: impl Fn(usize) -> Pace) {
    let (mut problems, mut suspensions) = (String::new(), 0);
    for (index, (name, text)) in programs("tests/spec").into_iter().enumerate() {
        let mut cases = cases(&name, &text);
        if zeal {
            // Cases over thousands of elements collect thousands of times; the others are all run.
            cases.retain(|case| !case.text.contains("000"));
        }
        in_scratch_folder(|| {
            copy_files(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/files"),
                ".".as_ref(),
            );
            let label = format!("{name} {what}");
            let mut runner = Runner::new(&name, engine, zeal, pace(index), label);
            problems.push_str(&runner.run_all(&cases));
            suspensions += runner.machine.suspensions;
        });
    }
    println!("{what}: {suspensions} suspensions");
    assert!(problems.is_empty(), "{what}\n{problems}");
}

/// Copies what is in a folder to another one.
fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn r7rs_holds_on_every_engine() {
    let count: usize =
        programs("tests/spec").iter().map(|(name, text)| cases(name, text).len()).sum();
    assert!(count >= CASES_MIN, "{count} cases");
    for &engine in Engine::all() {
        check(&format!("on {engine:?}"), engine, false, |_| Pace::Never);
    }
}

#[test]
fn r7rs_holds_in_zeal() {
    check("in zeal", Engine::fastest(), true, |_| Pace::Never);
}

#[test]
fn r7rs_holds_however_it_is_suspended() {
    let seed = support::seed();
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let engine = Engine::all()[seed as usize % Engine::all().len()];
    check(&format!("suspended, seed {seed}"), engine, false, |index| {
        Pace::Random(Random(seed + index as u64))
    });
}

#[test]
fn a_part_of_r7rs_holds_when_suspended_everywhere() {
    let (interval, most) = match std::env::var_os("PSCHEME_SPEC_EVERYWHERE") {
        Some(_) => (1, EVERYWHERE_ALL_MAX),
        None => (EVERYWHERE_INTERVAL, EVERYWHERE_MAX),
    };
    let everywhere = |_| Pace::Everywhere { interval, most };
    check("suspended everywhere", Engine::fastest(), false, everywhere);
}
