//! A machine with the whole library, which runs the cases of text files.

#![allow(dead_code, reason = "every test file uses a part of this")]

pub mod cases;

use std::sync::{Arc, Mutex};

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::word::Word;
use pscheme_stdlib::{boot, compile_and_install, primitive_rows};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;

#[allow(unused_imports, reason = "every test file uses a part of this")]
pub use cases::{Case, Ending, Expected, cases};

/// A booted machine and what it has shown.
pub struct Machine {
    pub vm: Vm,
    pub console: Arc<Mutex<Vec<u8>>>,
    pub engine: Engine,
}

impl Machine {
    pub fn new(engine: Engine) -> Machine {
        let host = SilentHost::default();
        let console = host.console.clone();
        let primitives = Arc::new(PrimitiveSet::new(primitive_rows()));
        let mut vm = Vm::new(Heap::new().unwrap(), primitives, Box::new(host));
        boot(&mut vm).unwrap_or_else(|why| panic!("{why}"));
        vm.heap.seal_library_cells();
        Machine { vm, console, engine }
    }

    /// Runs a program; the value is that of its last form.
    pub fn run(&mut self, text: &str) -> Ending {
        let result = self.run_to_word(text);
        self.ending(result)
    }

    /// Runs what a program was compiled to.
    pub fn run_call(&mut self, call: Word) -> Ending {
        let result = self.run_call_to_word(call);
        self.ending(result)
    }

    fn ending(&mut self, result: Result<Word, Ending>) -> Ending {
        match result {
            Ok(word) => Ending::Value(self.written(word)),
            Err(ending) => ending,
        }
    }

    fn run_to_word(&mut self, text: &str) -> Result<Word, Ending> {
        let call = compile_and_install(&mut self.vm, "test.scm", text)
            .unwrap_or_else(|error| panic!("{error}"));
        self.run_call_to_word(call)
    }

    fn run_call_to_word(&mut self, call: Word) -> Result<Word, Ending> {
        let vm = &mut self.vm;
        vm.spawn(call, Word::FALSE).unwrap();
        loop {
            match vm.advance(self.engine) {
                Event::Slice => {}
                Event::Finished(process) => {
                    return Ok(vm.heap.field(process, body::Process::VALUE));
                }
                Event::Failed(process) => {
                    let object = vm.heap.field(process, body::Process::VALUE);
                    let (code, message) = pscheme_stdlib::raised_text(vm, object);
                    return Err(Ending::Failed { code, message });
                }
                Event::AtLimit(process) => {
                    // Let go of it: the next program finds an idle machine with room.
                    assert!(vm.discard(process));
                    return Err(Ending::AtLimit);
                }
                Event::Exit(status) => {
                    // Leave the process: the next program finds an idle machine.
                    vm.end_slice(pscheme_vm::machine::Stop::Finished);
                    return Err(Ending::Exit(status));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn written(&mut self, word: Word) -> String {
        let place = self.vm.heap.protect(word);
        self.vm.define("test-value", place);
        self.vm.heap.unprotect(place);
        let text = "(call-with-output-string (lambda (port) (write test-value port)))";
        let word = self.run_to_word(text).expect("values can be written");
        self.vm.heap.string_text(word)
    }

    /// What was shown on the console since the last call.
    pub fn shown(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut *self.console.lock().unwrap())).unwrap()
    }
}

/// Runs cases and reports all that fail at once.
pub fn check(machine: &mut Machine, cases: &[Case]) {
    let mut problems = String::new();
    for case in cases {
        // Room that a large reservation left unused would put the next collections off.
        let zeal = machine.vm.heap.zeal;
        machine.vm.heap.set_zeal(zeal);
        problems.extend(case.problem(&machine.run(&case.text)));
    }
    assert!(problems.is_empty(), "{:?}\n{problems}", machine.engine);
}
