//! Machines with the standard library, made quickly and all alike, and bounded runs of them.

use std::path::Path;

use pscheme::heap::heap::Heap;
use pscheme::heap::store::{MemoryImage, Store, Wave};
use pscheme::heap::word::Word;
use pscheme::report::describe_failure;
use pscheme::session::{check_heap, primitive_set};
use pscheme::vm::engine::Engine;
use pscheme::vm::host::Host;
use pscheme::vm::machine::Vm;
use pscheme::vm::process::Event;
use pscheme::{Session, SessionOptions};

use crate::support::{Console, TestHost};

/// Units of work of a run.
const WORK: i64 = 20_000;
/// Bytes a heap may use: more is a stop like any other.
pub const HEAP_LIMIT_BYTES: u64 = 64 << 20;

/// A machine right after it was set up, kept so that it can be had again and again.
pub struct Booted {
    image: MemoryImage,
}

/// A machine, its console, and where it can be committed to.
pub struct Running {
    pub vm: Vm,
    console: Console,
    store: Box<dyn Store>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    event: &'static str,
    /// What the console showed, and why the process failed if it did.
    shown: String,
}

impl Ending {
    /// What many endings have in common: the event, and the error if there is one.
    pub fn kind(&self) -> (&'static str, Option<&str>) {
        let error = self.shown.find("error[").map(|at| &self.shown[at..]);
        (self.event, error.and_then(|text| text.get(..11)))
    }
}

impl Booted {
    pub fn new() -> Booted {
        let options = SessionOptions::new(NoFilesHost::new(&Console::default()));
        let mut session = Session::transient(options).unwrap();
        let image = MemoryImage::new();
        session.vm.heap.persistent = true;
        commit(&mut session.vm, &mut image.open().unwrap());
        Booted { image }
    }

    pub fn vm(&self) -> Running {
        let mut store = self.image.snapshot().open().unwrap();
        let mut heap = Heap::restore(&mut store).unwrap();
        heap.sweep_after_opening();
        heap.limit_bytes = HEAP_LIMIT_BYTES;
        heap.persistent = true;
        let console = Console::default();
        let vm = Vm::new(heap, primitive_set(), NoFilesHost::new(&console));
        Running { vm, console, store: Box::new(store) }
    }
}

impl Running {
    /// Calls a procedure of no arguments as a process of its own, for a bounded time.
    pub fn run_procedure(&mut self, procedure: Word, engine: Engine) -> Ending {
        if self.vm.spawn(procedure, Word::FALSE).is_err() {
            return Ending { event: "no room", shown: String::new() };
        }
        let end = run(&mut self.vm, engine, WORK);
        let shown = String::from_utf8_lossy(&self.console.lock().unwrap()).into_owned();
        Ending { event: end.0, shown: shown + &end.1 }
    }

    /// Commits what was reached, reads it back, and walks it whole.
    ///
    /// # Panics
    /// If the walk finds anything: then what ran has broken the heap.
    pub fn check(&mut self) {
        self.vm.machine.sections.clear();
        commit(&mut self.vm, self.store.as_mut());
        let heap = Heap::restore(self.store.as_mut()).unwrap();
        if let Err(error) = check_heap(&heap) {
            panic!("after the run: {error}");
        }
    }
}

/// Runs the processes of a machine for a bounded time; how that ended, and why processes failed.
pub fn run(vm: &mut Vm, engine: Engine, mut work: i64) -> (&'static str, String) {
    let mut failures = String::new();
    while work > 0 {
        let fuel = work.min(1_000);
        let event = vm.advance_by(engine, fuel);
        // A turn that was given up at once must not keep this going.
        work -= (fuel - vm.machine.fuel).clamp(50, fuel);
        match event {
            Event::Slice | Event::Waits(_) | Event::WaitsForCommit(_) | Event::Finished(_) => {}
            Event::Failed(process) => failures += &describe_failure(vm, process),
            Event::AtLimit(_) => return ("at the limit", failures),
            Event::Exit(_) => return ("exit", failures),
            Event::Idle => return ("idle", failures),
        }
    }
    ("out of work", failures)
}

fn commit(vm: &mut Vm, store: &mut dyn Store) {
    let mut wave = Wave::default();
    vm.park_for_commit();
    vm.heap.collect_young(&mut vm.machine);
    vm.heap.list_changes(&mut wave);
    store.commit(&wave).unwrap();
}

/// The host of tests without any file.
pub struct NoFilesHost(Box<TestHost>);

impl NoFilesHost {
    pub fn new(console: &Console) -> Box<NoFilesHost> {
        Box::new(NoFilesHost(TestHost::new(console)))
    }
}

impl Host for NoFilesHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.0.console_write(bytes);
    }
    fn clock_us(&mut self) -> i64 {
        self.0.clock_us()
    }
    fn wait_until_us(&mut self, deadline_us: i64, stop: &std::sync::atomic::AtomicBool) {
        self.0.wait_until_us(deadline_us, stop);
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.0.monotonic_ns()
    }
    fn random(&mut self) -> u64 {
        self.0.random()
    }
    fn read_file(&mut self, _: &Path) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}
