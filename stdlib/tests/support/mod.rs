//! A machine with the whole library, and cases from text files.
//!
//! A case is Scheme text up to a line that holds `;=> text` (what `write` makes of the value) or
//! `;!> E0104 message` (how it fails). Blank lines and comments stand between cases.

#![allow(dead_code, reason = "every test file uses a part of this")]

use std::sync::{Arc, Mutex};

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::word::Word;
use pscheme_stdlib::{boot, compile_and_install, primitive_rows};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;

/// A booted machine and what it has shown.
pub struct Machine {
    pub vm: Vm,
    pub console: Arc<Mutex<Vec<u8>>>,
    pub engine: Engine,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The value as `write` shows it.
    Value(String),
    /// The heap's limit stopped it.
    AtLimit,
    Failed {
        code: ErrorCode,
        message: String,
    },
    Exit(i64),
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
        match self.run_to_word(text) {
            Ok(word) => Ending::Value(self.written(word)),
            Err(ending) => ending,
        }
    }

    fn run_to_word(&mut self, text: &str) -> Result<Word, Ending> {
        let vm = &mut self.vm;
        let thunk =
            compile_and_install(vm, "test.scm", text).unwrap_or_else(|error| panic!("{error}"));
        vm.spawn(thunk, Word::FALSE).unwrap();
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

/// One case of a file.
#[derive(Clone, Debug)]
pub struct Case {
    pub file: &'static str,
    pub line: usize,
    pub text: String,
    pub expected: Expected,
}

#[derive(Clone, Debug)]
pub enum Expected {
    Value(String),
    Failure { code: String, message: String },
}

/// The cases of a text.
pub fn cases(file: &'static str, text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut pending = String::new();
    for (index, line) in text.lines().enumerate() {
        let expected = if let Some((before, value)) = line.split_once(";=> ") {
            pending.push_str(before);
            Expected::Value(value.trim_end().to_string())
        } else if let Some((before, failure)) = line.split_once(";!> ") {
            pending.push_str(before);
            let (code, message) = failure.split_once(' ').expect("a code and a message");
            Expected::Failure { code: code.into(), message: message.trim_end().into() }
        } else {
            pending.push_str(line);
            pending.push('\n');
            continue;
        };
        let text = std::mem::take(&mut pending);
        cases.push(Case { file, line: index + 1, text, expected });
    }
    assert!(pending.lines().all(|line| line.trim().is_empty() || line.starts_with(';')), "{file}");
    cases
}

/// Runs cases and reports all that fail at once.
pub fn check(machine: &mut Machine, cases: &[Case]) {
    let mut problems = String::new();
    for case in cases {
        // Room that a large reservation left unused would put the next collections off.
        let zeal = machine.vm.heap.zeal;
        machine.vm.heap.set_zeal(zeal);
        let found = machine.run(&case.text);
        let fits = match (&case.expected, &found) {
            (Expected::Value(expected), Ending::Value(found)) => expected == found,
            (Expected::Failure { code, message }, Ending::Failed { code: c, message: m }) => {
                *code == c.to_string() && message == m
            }
            _ => false,
        };
        if !fits {
            let text = case.text.trim();
            problems.push_str(&format!(
                "{}:{}: {text}\n  expected {:?}\n  found    {found:?}\n",
                case.file, case.line, case.expected
            ));
        }
    }
    assert!(problems.is_empty(), "{:?}\n{problems}", machine.engine);
}
