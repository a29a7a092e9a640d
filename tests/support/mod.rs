//! What the suites share: programs, a machine that is committed, dropped and read back, and its
//! console.

#![allow(dead_code, reason = "each suite uses a part of this")]

#[path = "typed.rs"]
mod typed;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use pscheme::effects::{EffectRunner, newest_effect};
use pscheme::heap::heap::Heap;
use pscheme::heap::root_table::Root;
use pscheme::heap::store::{MemoryImage, MemoryStore, Store, Wave};
use pscheme::session::{check_heap, primitive_set};
use pscheme::vm::engine::Engine;
use pscheme::vm::host::{ConsoleInput, Host};
use pscheme::vm::machine::{SLICE_WORK, Stop, Vm};
use pscheme::vm::process::Event;
use pscheme::{Session, SessionOptions};

pub use typed::Typed;

/// The bytes a program has shown so far, and what is typed for it.
#[derive(Clone, Default)]
pub struct Console {
    shown: Arc<Mutex<Vec<u8>>>,
    pub typed: Typed,
}

impl std::ops::Deref for Console {
    type Target = Mutex<Vec<u8>>;

    fn deref(&self) -> &Mutex<Vec<u8>> {
        &self.shown
    }
}

/// What the clock of a test shows at first.
pub const FIRST_US: i64 = 1_000_000;

/// A host whose console is a buffer and what the test types, and whose clock and randomness are the same in every run. The
/// clock moves when somebody waits for it, at once.
pub struct TestHost {
    pub console: Console,
    now_us: i64,
    calls: u64,
}

impl TestHost {
    pub fn new(console: &Console) -> Box<TestHost> {
        TestHost::at(console, FIRST_US)
    }

    /// A host whose clock shows this time.
    pub fn at(console: &Console, now_us: i64) -> Box<TestHost> {
        Box::new(TestHost { console: console.clone(), now_us, calls: 0 })
    }
}

impl Host for TestHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.console.lock().unwrap().extend_from_slice(bytes);
    }
    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        self.console.typed.read(buffer)
    }
    fn console_is_ready(&mut self) -> bool {
        self.console.typed.is_ready()
    }
    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        if !self.console.typed.wait() {
            let deadline_us = deadline_us.expect("somebody waits for what never comes");
            self.wait_until_us(deadline_us, stop);
        }
    }
    fn clock_us(&mut self) -> i64 {
        self.now_us
    }
    fn wait_until_us(&mut self, deadline_us: i64, _: &AtomicBool) {
        self.now_us = self.now_us.max(deadline_us);
    }
    fn monotonic_ns(&mut self) -> u64 {
        1_000_000
    }
    fn library_folders(&self) -> Vec<PathBuf> {
        vec![PathBuf::from(".")]
    }
    fn random(&mut self) -> u64 {
        self.calls += 1;
        self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A pseudo-random sequence from a seed that a failure prints.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The seed of a run: `PSCHEME_SEED`, or another one each time. Who uses it prints it.
pub fn seed() -> u64 {
    match std::env::var("PSCHEME_SEED") {
        Ok(text) => text.parse().expect("PSCHEME_SEED is a number"),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_nanos() as u64 % 1_000_000),
    }
}

/// Every Scheme program of a folder of the project, by name.
pub fn programs(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no programs", folder.display());
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Programs write files by relative names: each run has a folder of its own, one run at a time.
pub fn in_scratch_folder<T>(run: impl FnOnce() -> T) -> T {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let before = std::env::current_dir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    std::env::set_current_dir(before).unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A session that runs `text` and shows its output on `console`. What the program reads comes byte by
/// byte.
pub fn session_for(name: &str, text: &str, console: &Console) -> Session {
    for folder in ["tests/every", "tests/language"] {
        console.typed.input_of(folder, name);
    }
    let options = SessionOptions::new(TestHost::new(console));
    let mut session = Session::transient(options).unwrap();
    session.start_program(name, text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    session
}

/// A machine on a fast store that can be dropped and read back at any moment.
pub struct Suspended {
    pub vm: Vm,
    image: MemoryImage,
    store: Option<MemoryStore>,
    console: Console,
    wave: Wave,
    pub suspensions: usize,
    /// Every so many suspensions the whole heap is checked, code included.
    pub check_interval: usize,
    /// Units of work left in the running process's slice: suspensions must not change whose turn
    /// it is, so they split slices instead of ending them.
    slice_left: i64,
    slice_at_commit: i64,
}

impl Suspended {
    /// Takes over a machine that has not run yet.
    pub fn new(session: Session, console: &Console) -> Suspended {
        let image = MemoryImage::new();
        let mut store = image.open().unwrap();
        store.begin().unwrap();
        let mut vm = session.vm;
        vm.heap.persistent = true;
        Suspended {
            vm,
            image,
            store: Some(store),
            console: console.clone(),
            wave: Wave::default(),
            suspensions: 0,
            check_interval: 1,
            slice_left: SLICE_WORK,
            slice_at_commit: SLICE_WORK,
        }
    }

    /// Runs `fuel` units of work or less, to the end of the slice at most.
    pub fn run_part(&mut self, engine: Engine, fuel: i64) -> Event {
        let fuel = fuel.min(self.slice_left);
        let (event, used_up) = self.vm.advance_part(engine, fuel);
        // A primitive may have charged more than there was.
        let used = fuel - self.vm.machine.fuel;
        self.slice_left = if used_up { self.slice_left - used } else { SLICE_WORK };
        if used_up && self.slice_left <= 0 {
            self.slice_left = SLICE_WORK;
            return self.vm.end_slice(Stop::Slice);
        }
        event
    }

    /// Runs `count` instructions or less; the second part is the last one, if it was carried out.
    pub fn run_instructions(&mut self, count: u64) -> (Event, Option<u64>) {
        let stepped = self.vm.step_by(count, self.slice_left);
        self.slice_left = if stepped.keeps_turn { self.vm.machine.fuel } else { SLICE_WORK };
        (stepped.event, stepped.last)
    }

    /// Commits, lets effects leave, drops everything, and reads the image back.
    pub fn suspend(&mut self, label: &str) {
        self.suspensions += 1;
        self.vm.park_for_commit();
        self.vm.number_waiters(self.suspensions as i64);
        self.vm.heap.collect_young(&mut self.vm.machine);
        self.vm.heap.list_changes(&mut self.wave);
        self.store.as_mut().unwrap().commit(&self.wave).unwrap();
        let sections = std::mem::take(&mut self.vm.machine.sections);
        assert!(sections.is_empty(), "{label}: committed inside an atomic section");
        self.slice_at_commit = self.slice_left;
        self.lose_machine(label);
    }

    /// Drops everything without a commit and reads the last one back. Counts of safepoints go on, and
    /// so do zeal and the clock.
    pub fn lose_machine(&mut self, label: &str) {
        let now_us = self.vm.machine.host.clock_us();
        let safepoints = self.vm.machine.safepoints;
        let zeal = self.vm.heap.zeal;
        self.store = None;
        let mut store = self.image.open().unwrap();
        // As an image opens with a seal, large and small, and without one.
        let way = self.suspensions % 3;
        let on_demand = match way {
            0 => Heap::restore_on_demand(&mut store).unwrap(),
            _ => None,
        };
        let was_read = on_demand.is_none();
        let mut heap = on_demand.unwrap_or_else(|| Heap::restore(&mut store).unwrap());
        if self.suspensions.is_multiple_of(self.check_interval)
            && let Err(error) = check_heap(&heap)
        {
            panic!("{label}, suspension {}: {error}", self.suspensions);
        }
        match way {
            1 => heap.sweep_after_opening(),
            _ if was_read => heap.sweep_starts(),
            _ => {}
        }
        store.begin().unwrap();
        self.store = Some(store);
        self.vm = Vm::new(heap, primitive_set(), TestHost::at(&self.console, now_us));
        self.vm.heap.persistent = true;
        self.vm.machine.safepoints = safepoints;
        self.vm.heap.set_zeal(zeal);
        self.vm.wake_waiters(self.suspensions as i64);
        // Time passes while nobody runs.
        self.console.typed.wait();
        self.vm.wake_input_waiters();
        self.vm.machine.log = Some(self.store.as_ref().unwrap().kept_commits().unwrap());
        self.slice_left = self.slice_at_commit;
        if let Some(newest) = newest_effect(&self.vm) {
            EffectRunner::after_restart(&self.vm).perform(&mut self.vm, newest).unwrap();
        }
    }

    /// Whether a commit is possible now.
    pub fn can_suspend(&self) -> bool {
        self.vm.machine.sections.is_empty()
    }

    /// Deals with an event; `true` when the program is over.
    pub fn is_over(&mut self, event: Event, label: &str) -> bool {
        match event {
            Event::Slice | Event::Waits(_) | Event::Finished(_) => false,
            Event::WaitsForCommit(_) => {
                self.suspend(label);
                false
            }
            Event::Idle => !self.wait(label),
            Event::Exit(_) => true,
            Event::Failed(process) | Event::AtLimit(process) => {
                let shown = pscheme::report::describe_failure(&self.vm, process);
                self.console.lock().unwrap().extend_from_slice(shown.as_bytes());
                false
            }
        }
    }

    /// Nobody can run: lets what some wait for happen. `false` if there is nothing.
    fn wait(&mut self, label: &str) -> bool {
        if self.vm.heap.root(Root::CommitWaiters).is_object() {
            self.suspend(label);
            return true;
        }
        if self.vm.has_input_waiters() {
            self.console.typed.wait();
            self.vm.wake_input_waiters();
            return true;
        }
        let Some(due_us) = self.vm.first_due_us() else { return false };
        self.vm.machine.host.wait_until_us(due_us, &AtomicBool::new(false));
        self.vm.fire_timers() > 0
    }

    /// Writes out what ports hold at the program's end.
    pub fn finish(&mut self, label: &str) {
        pscheme_stdlib::flush_open_ports(&mut self.vm).unwrap();
        while newest_effect(&self.vm).is_some() {
            self.suspend(label);
        }
    }
}
