//! Help: what every name of the library means, for `(help name)`, the prompt and the reference.
//!
//! The texts stand in the `.scm` files of this folder, by section of their source; `entries.rs` reads
//! them when somebody first asks. They are part of the program and not of an image. What primitives do
//! is said in their rows and how forms are written in the compiler's table of keywords: the entries add
//! to these. `topic.rs` puts the parts together and lays them out.

mod entries;
mod topic;

use pscheme_compiler::expand::standard_libraries;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::code_info::source_of_code;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::print::summary;

use crate::argument::{Call, Outcome};
use crate::limits::SYMBOL_CHARACTERS_MAX;
use crate::load::is_library_source;
use crate::names::{KnownNames, is_macro_of_program, nearest};
use crate::signature::signature;

pub use entries::{Ending, Entry, Example, entries};
pub use topic::Topic;

primitives! { HELP_PRIMITIVES:
    /// `(%help-text topic)`: what there is to say of a name, of a library, or of the library as a whole,
    /// whose topic is the empty string.
    760 "%help-text" (1) listed("what the library says of its names, read once, and the names there are")
        => help_text;
}

fn help_text(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let topic = Call::new(vm, "%help-text", arguments).string(0)?;
    let topic = vm.heap.string_start(topic, SYMBOL_CHARACTERS_MAX);
    let text = help_on(vm, &topic);
    vm.reserve(Heap::string_room(text.chars().count()))?;
    Ok(vm.heap.string(&text))
}

/// What there is to say of a topic: a name, a library as its import is written, or nothing for the
/// library as a whole. What the program made of a name goes before what the library does.
pub fn help_on(vm: &Vm, topic: &str) -> String {
    if topic.is_empty() {
        return overview();
    }
    if topic.starts_with('(') {
        return library_text(topic);
    }
    if let Some(text) = of_program(vm, topic) {
        return text;
    }
    if let Some(topic) = Topic::of(topic) {
        return topic.text();
    }
    let cell = vm.heap.symbol_named(topic).and_then(|symbol| vm.heap.find_library_cell(symbol));
    if let Some(cell) = cell {
        return variable_text(vm, topic, cell);
    }
    let names = KnownNames::of(vm);
    let near = nearest(topic, names.variables.into_iter().chain(names.syntax));
    let advice = near.map(|near| format!("; is it {near}?")).unwrap_or_default();
    format!("{topic} has no meaning here{advice}\n")
}

/// What a program made of a name, if one did.
fn of_program(vm: &Vm, name: &str) -> Option<String> {
    let heap = &vm.heap;
    let valued = |cell: &Word| heap.field(*cell, body::Cell::CONTENT) != Word::UNBOUND;
    let symbol = heap.symbol_named(name)?;
    if is_macro_of_program(vm, name) {
        return Some(format!("{name} is a macro of the program\n"));
    }
    if let Some(cell) = heap.find_program_cell(symbol).filter(valued) {
        return Some(variable_text(vm, name, cell));
    }
    if heap.find_library_cell(symbol).is_some() || Topic::of(name).is_some() {
        return None;
    }
    // The variables of libraries, and of programs that import, are called `name (library)`.
    let of_module = format!("{name} (");
    let cells = heap.global_cells().into_iter().filter(valued);
    let is_named =
        |cell: &Word| heap.symbol_name(heap.field(*cell, body::Cell::NAME)).starts_with(&of_module);
    let cell = cells.filter(is_named).min_by_key(|cell| cell.0)?;
    Some(variable_text(vm, name, cell))
}

/// The value of a variable, which programs call `name`; of a procedure how it is called and where it is
/// defined.
fn variable_text(vm: &Vm, name: &str, cell: Word) -> String {
    let value = vm.heap.field(cell, body::Cell::CONTENT);
    let whole_name = vm.heap.symbol_name(vm.heap.field(cell, body::Cell::NAME));
    let Some(signature) = signature(&vm.heap, &vm.machine.primitives, value) else {
        return format!("{whole_name} = {}\n", summary(&vm.heap, value));
    };
    let signature = signature.replacen(&format!("({whole_name}"), &format!("({name}"), 1);
    let mut text = format!("{whole_name} = procedure {signature}\n");
    let code = vm.heap.peek_field(value, Kind::Closure, body::Closure::CODE);
    let position = code.and_then(|code| source_of_code(&vm.heap, code));
    if let Some(position) = position.filter(|position| !is_library_source(&position.name)) {
        let before = &position.text.as_bytes()[..position.start as usize];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        text.push_str(&format!("  defined at {}:{line}\n", position.name));
    }
    text
}

fn overview() -> String {
    let mut text = String::from(
        "(help NAME) says what a name means, as (help map) or (help if).\n\
         (help LIBRARY) lists the names of a library, as (help (scheme base)). There are\n\n",
    );
    let width = standard_libraries().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (library, names) in standard_libraries() {
        let noun = if names.len() == 1 { "name" } else { "names" };
        text.push_str(&format!("  {library:width$}  {} {noun}\n", names.len()));
    }
    text.push_str(
        "\nand, seen without an import, lists, strings, sorting and hash tables beyond them.\n\
         At the prompt ,apropos TEXT finds names, and ,help lists the commands.\n",
    );
    text
}

/// The names of a library, each with the first sentence about it.
fn library_text(library: &str) -> String {
    let Some((_, names)) = standard_libraries().find(|(name, _)| *name == library) else {
        return format!("{library} is no library of pscheme's own; (help) lists those\n");
    };
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |name: &&str| {
        let sentence = Topic::of(name).map(|topic| topic.first_sentence().to_string());
        format!("  {name:width$}  {}\n", sentence.unwrap_or_default())
    };
    format!("{library}\n\n{}", names.iter().map(line).collect::<String>())
}
