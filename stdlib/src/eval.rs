//! `eval`, `environment`, `load`: what compiles while a program runs. What is compiled is run by
//! Scheme (`prelude/eval.scm`): a primitive only makes the procedure.

use pscheme_compiler::diagnostic::{CompileFailure, Diagnostic};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Protected;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault};
use crate::compilation::{FormText, Origin, compile, interrupt};
use crate::limits::PATH_CHARACTERS_MAX;
use crate::load::source_object;
use crate::room::{allocate, object_bytes};

primitives! { EVAL_PRIMITIVES:
    /// `(%compile datum environment)`: a procedure of no arguments that evaluates the datum as an
    /// expression or a definition of the environment, or a compilation that waits.
    720 "%compile" (2) listed("the size of the expression with its macros expanded") => compile_datum;
    /// `(%compile-next source position environment)`: a pair of what `%compile` gives for the form at a
    /// position of a program's text, and the position behind it; `#f` at the end of the text.
    721 "%compile-next" (3) listed("the size of the form, and a look at the rest of the text") => compile_next;
    /// `(%environment sets)`: a pair of a procedure that runs the libraries a list of import sets
    /// needs, and the environment these make, or a compilation that waits.
    722 "%environment" (1) listed("the size of the libraries that are not loaded yet") => environment;
    /// `(%read-source path)`: the text of a program's file with its name, for `%compile-next`.
    723 "%read-source" (1) listed("a file of the limit's size") => read_source;
    /// `(interaction-environment)`: the environment of the top level, which sees everything.
    724 "interaction-environment" (0) constant => |vm, _| {
        let environment = allocate(vm, Kind::Environment, body::Environment::FIELDS, 0)?;
        vm.heap.initialise(environment, body::Environment::BINDINGS, Word::FALSE.0);
        Ok(environment)
    };
    /// `(environment? value)`: is it an environment?
    725 "environment?" (1) constant => |vm, a| {
        Ok(Word::boolean(vm.heap.kind_of(a.get(0)) == Some(Kind::Environment)))
    };
}

/// Bytes that compiling is sure to need; less is left to the collector's reserve.
pub(crate) const ROOM_BYTES: u64 = 64 * 1024;

/// The bindings of an environment; `None` for the top level.
fn bindings(
    vm: &mut Vm,
    arguments: Arguments,
    position: usize,
    name: &'static str,
) -> Result<Option<Protected>, Interrupt> {
    let call = Call::new(vm, name, arguments);
    let environment = call.of_kind(position, Kind::Environment, "an environment")?;
    let bindings = vm.heap.field(environment, body::Environment::BINDINGS);
    Ok(bindings.is_object().then(|| vm.heap.protect(bindings)))
}

fn compile_datum(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(ROOM_BYTES)?;
    let datum = vm.heap.protect(arguments.get(0));
    let bindings = bindings(vm, arguments, 1, "eval");
    let compiled = bindings.map(|bindings| compile(vm, &Origin::Datum { datum, bindings }));
    vm.heap.unprotect(datum);
    compiled?.map_err(interrupt)
}

fn environment(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(ROOM_BYTES)?;
    let sets = vm.heap.protect(arguments.get(0));
    let compiled = compile(vm, &Origin::Sets(sets));
    vm.heap.unprotect(sets);
    compiled.map_err(interrupt)
}

/// The condition of a compilation that failed: the code of the first finding, the message of all.
pub(crate) fn failed(failure: &CompileFailure) -> Interrupt {
    let code = failure.diagnostics.first().map_or(ErrorCode::BadForm, |first| first.code);
    let shown = |found: &Diagnostic| match failure.place(found) {
        Some(place) => format!("{place}: {}", found.message),
        None => found.message.clone(),
    };
    let messages: Vec<String> = failure.diagnostics.iter().map(shown).collect();
    fault(code, messages.join("; "))
}

fn read_source(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "load", arguments);
    let path = call.string(0)?;
    let name = vm.heap.string_start(path, PATH_CHARACTERS_MAX);
    let unreadable =
        |why: String| fault(ErrorCode::FileError, format!("cannot load {name}: {why}"));
    let bytes = vm
        .machine
        .host
        .read_file(std::path::Path::new(&name))
        .map_err(|error| unreadable(error.to_string()))?;
    let most = vm.machine.limits.file_bytes;
    if bytes.len() as u64 > most {
        return Err(unreadable(format!("it has more than {most} bytes")));
    }
    if std::str::from_utf8(&bytes).is_err() {
        return Err(unreadable("it is no UTF-8 text".into()));
    }
    vm.reserve_object(object_bytes(bytes.len().div_ceil(8) + 1), ROOM_BYTES)?;
    Ok(source_object(vm, &name, &bytes))
}

fn compile_next(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(ROOM_BYTES)?;
    let (name, text, position) = source_at(vm, arguments)?;
    let form = FormText { name: &name, text: &text, position };
    let Some((_, _, end)) = form.read().map_err(interrupt)? else { return Ok(Word::FALSE) };
    let source = vm.heap.protect(arguments.get(0));
    let compiled = bindings(vm, arguments, 2, "load")
        .map(|bindings| compile(vm, &Origin::Form { form: &form, bindings, source: Some(source) }));
    vm.heap.unprotect(source);
    let compiled = vm.heap.protect(compiled?.map_err(interrupt)?);
    vm.heap.ensure_room(16, &mut vm.machine);
    let made = vm.heap.protected(compiled);
    vm.heap.unprotect(compiled);
    Ok(vm.heap.pair(made, Word::fixnum(end as i64)))
}

/// Name and text of a source that `%read-source` made, and a position in it.
fn source_at(vm: &Vm, arguments: Arguments) -> Result<(String, String, usize), Interrupt> {
    let call = Call::new(vm, "%compile-next", arguments);
    let source = call.vector(0)?;
    let heap = &vm.heap;
    let part =
        |index| (index < heap.header(source).body_words()).then(|| heap.field(source, index));
    let name = part(0).filter(|&word| heap.kind_of(word) == Some(Kind::String));
    let bytes = part(1).filter(|&word| heap.kind_of(word) == Some(Kind::Bytevector));
    let (Some(name), Some(bytes)) = (name, bytes) else {
        return Err(call.wrong_type(0, "a source"));
    };
    let text = String::from_utf8_lossy(heap.bytes(bytes)).into_owned();
    let position = arguments.get(1);
    let position =
        if position.is_fixnum() { usize::try_from(position.as_fixnum()).ok() } else { None };
    match position.filter(|&position| text.is_char_boundary(position)) {
        Some(position) => Ok((heap.string_text(name), text, position)),
        None => Err(call.wrong_type(1, "a position in the text")),
    }
}
