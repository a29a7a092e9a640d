//! The page of R7RS-small's libraries: every name is imported from its library in a program of its own,
//! and what it turns out to be is what the page says.

use std::fmt::Write;

use pscheme::compiler::expand::standard_libraries;
use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::kind::{Kind, body};
use pscheme::heap::word::Word;
use pscheme::host::StandardHost;
use pscheme::vm::engine::Engine;
use pscheme::vm::machine::Vm;
use pscheme::vm::process::Event;
use pscheme::{Session, SessionOptions};
use pscheme_stdlib::{LoadError, compile_and_install};

/// What calls to say that a procedure is known and not there.
const ABSENT: &str = "%not-in-this-version";

/// What a name is after its import.
#[derive(Clone, Copy, PartialEq)]
enum Status {
    Syntax,
    Procedure,
    Value,
    /// A procedure that only says that it is not in this version.
    NotInThisVersion,
    /// Importing it fails, or it has no value.
    Missing,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Status::Syntax => "syntax",
            Status::Procedure => "procedure",
            Status::Value => "value",
            Status::NotInThisVersion => "not in this version",
            Status::Missing => "**missing**",
        }
    }

    fn is_there(self) -> bool {
        !matches!(self, Status::NotInThisVersion | Status::Missing)
    }
}

/// The page.
pub fn page(notice: &str) -> String {
    let options = SessionOptions::new(Box::new(StandardHost::default()));
    let mut session = Session::transient(options).expect("the library is booted");
    let vm = &mut session.vm;
    let (mut tables, mut summary) = (String::new(), String::new());
    let mut fifteen = (0, 0);
    for (library, names) in standard_libraries().filter(|(name, _)| name.starts_with("(scheme ")) {
        let _ = write!(tables, "\n## {library}\n\n| name | status |\n|---|---|\n");
        let mut there = 0;
        for name in names {
            let status = status(vm, library, name);
            there += usize::from(status.is_there());
            let _ = writeln!(tables, "| `{}` | {} |", name.replace('|', "\\|"), status.text());
        }
        let _ = writeln!(summary, "| {library} | {} | {there} |", names.len());
        if library != "(scheme r5rs)" {
            fifteen = (fifteen.0 + names.len(), fifteen.1 + there);
        }
    }
    let (all, there) = fifteen;
    let mut text = format!("{notice}# The libraries of R7RS-small\n\n");
    text.push_str(
        "Each name was imported from its library in a program of its own. The first fifteen libraries of \
         R7RS-small's appendix A export 335 names, and `(scheme r5rs)` those of R5RS.\n\n",
    );
    let _ = writeln!(text, "| library | names | there |\n|---|---|---|");
    let _ = writeln!(text, "{summary}| the fifteen without (scheme r5rs) | {all} | {there} |");
    text + &tables
}

fn status(vm: &mut Vm, library: &str, name: &str) -> Status {
    let program = format!("(import (only {library} {name}))\n{name}");
    let thunk = match compile_and_install(vm, "r7rs.scm", &program) {
        Ok(thunk) => thunk,
        Err(LoadError::Compile(failure)) => {
            let first = failure.diagnostics.first().map(|found| found.code);
            let is_keyword = first == Some(ErrorCode::KeywordAsVariable);
            return if is_keyword { Status::Syntax } else { Status::Missing };
        }
        Err(LoadError::Refused(_)) => return Status::Missing,
    };
    if vm.spawn(thunk, Word::FALSE).is_err() {
        return Status::Missing;
    }
    loop {
        match vm.advance(Engine::fastest()) {
            Event::Slice => {}
            Event::Finished(process) => {
                return of_value(vm, vm.heap.field(process, body::Process::VALUE));
            }
            Event::Failed(process) => {
                vm.discard(process);
                return Status::Missing;
            }
            _ => return Status::Missing,
        }
    }
}

fn of_value(vm: &Vm, value: Word) -> Status {
    match vm.heap.kind_of(value) {
        Some(Kind::Closure) if only_says_it_is_absent(vm, value) => Status::NotInThisVersion,
        Some(Kind::Closure | Kind::Primitive) => Status::Procedure,
        _ => Status::Value,
    }
}

/// Whether a closure's code refers to the procedure that says so.
fn only_says_it_is_absent(vm: &Vm, closure: Word) -> bool {
    let code = vm.heap.field(closure, body::Closure::CODE);
    let counts = vm.heap.raw(code, body::Code::COUNTS);
    let first = body::Code::FIELDS + counts as u32 as usize;
    let constants = first..first + (counts >> 32) as usize;
    constants.map(|index| vm.heap.field(code, index)).any(|word| {
        vm.heap.kind_of(word) == Some(Kind::Cell)
            && vm.heap.symbol_name(vm.heap.field(word, body::Cell::NAME)) == ABSENT
    })
}
