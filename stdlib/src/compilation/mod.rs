//! Compilations. Most are done at once. One that needs the machine, for a macro whose transformer is a
//! procedure, stops: then it is an object of the heap (kind `Compilation`), the library's Scheme makes
//! the call (`prelude/syntax.scm`), and the compilation goes on with the result.
//!
//! The object holds what the compilation began with and every answer so far, and is never changed: each
//! answer makes a new one. The compilation itself is plain Rust data and kept beside the heap. Where
//! it is missing, after the image was opened again or when a continuation goes back into a transformer,
//! it is made again from the object: the expander is a function of the text, the answers and the
//! definitions around it, and its marks tell when these have changed.

mod again;
mod waiting;

use std::collections::BTreeMap;

use pscheme_compiler::datum::{DatumArena, DatumId};
use pscheme_compiler::reader::{ReadOne, read_one};
use pscheme_compiler::source::Sources;
use pscheme_compiler::surroundings::Surroundings;
use pscheme_compiler::{Compilation, CompileFailure, Step};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Protected;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

pub(crate) use again::source_parts;

use again::{HandedOut, give, make_again};
use waiting::{
    ANSWER_LENGTH, SETS, Waiting, add_objects, add_texts, call_of_use, first_waiting, keep_objects,
    parts_of, protect_all, protected_list, push, waiting_object,
};

use crate::argument::{Call, Outcome, fault, trusted_count};
use crate::data::{CopiedData, scope_list};
use crate::eval::failed;
use crate::image::{ImageSurroundings, ObjectNumbers};
use crate::load::{Installation, LoadError, install, install_part, new_vector};

primitives! { COMPILATION_PRIMITIVES:
    /// `(%compilation-call value)`: what a compilation waits for: a procedure of no arguments, a list of
    /// one that makes a macro's transformer, or a vector of a transformer, the form for it, the scopes
    /// it was written in, those of the use, and words for where that is; `#f` for what is no compilation.
    740 "%compilation-call" (1) constant => |vm, a| {
        let is_one = vm.heap.kind_of(a.get(0)) == Some(Kind::Compilation);
        Ok(if is_one { vm.heap.field(a.get(0), body::Compilation::CALL) } else { Word::FALSE })
    };
    /// `(%compile-on compilation answer)`: what becomes of a compilation with what the call gave: a
    /// compilation that waits again, or what was compiled.
    741 "%compile-on" (2) listed("the size of the program with its macros expanded") => compile_on;
    /// `(%same-meaning? compilation a b)`: do two identifiers mean the same where the macro that the
    /// compilation waits for is used? Symbols are names of that place.
    742 "%same-meaning?" (3) listed("as %compile-on, the first time after the image was opened") => same_meaning;
}

/// Compilations that are kept beside the heap at most; more are made again.
const KEPT_MAX: usize = 32;

/// What a compilation begins with. The words are protected.
pub(crate) enum Origin<'text> {
    Program {
        name: &'text str,
        text: &'text str,
    },
    Form {
        form: &'text FormText<'text>,
        bindings: Option<Protected>,
        source: Option<Protected>,
    },
    Datum {
        datum: Protected,
        bindings: Option<Protected>,
    },
    /// Import sets, for an environment.
    Sets(Protected),
}

/// A form of the top level in a text.
pub(crate) struct FormText<'text> {
    pub(crate) name: &'text str,
    pub(crate) text: &'text str,
    /// The byte it begins at.
    pub(crate) position: usize,
}

impl FormText<'_> {
    /// The form, and the position behind it; `None` at the end of the text.
    pub(crate) fn read(&self) -> Result<Option<(DatumArena, DatumId, usize)>, LoadError> {
        match read_one(self.text, self.position) {
            ReadOne::EndOfInput => Ok(None),
            ReadOne::Datum { arena, datum, end } => Ok(Some((*arena, datum, end))),
            ReadOne::Incomplete(diagnostics) | ReadOne::Failed { diagnostics, .. } => {
                let sources = Sources::of(self.name, self.text);
                Err(CompileFailure { diagnostics, sources }.into())
            }
        }
    }
}

/// A compilation kept beside the heap, and how many answers it has had.
struct Kept {
    compilation: Compilation,
    answers: usize,
}

type KeptCompilations = BTreeMap<i64, Kept>;

/// Compiles; what was compiled, or a compilation that waits for the machine.
///
/// # Errors
/// What is wrong with the text; nothing was changed then.
pub(crate) fn compile(vm: &mut Vm, origin: &Origin<'_>) -> Result<Word, LoadError> {
    let mark = vm.heap.protect(Word::FALSE);
    let result = compile_protected(vm, origin);
    vm.heap.unprotect(mark);
    result
}

fn compile_protected(vm: &mut Vm, origin: &Origin<'_>) -> Result<Word, LoadError> {
    let (arena, forms, objects) = match origin {
        Origin::Program { .. } => (DatumArena::default(), Vec::new(), Vec::new()),
        Origin::Form { form, .. } => match form.read()? {
            Some((arena, form, _)) => (arena, vec![form], Vec::new()),
            None => (DatumArena::default(), Vec::new(), Vec::new()),
        },
        Origin::Datum { datum, .. } | Origin::Sets(datum) => {
            let (copied, form) = CopiedData::copy(&vm.heap, vm.heap.protected(*datum));
            (copied.data.arena, vec![form], copied.objects)
        }
    };
    let primitives = vm.machine.primitives.clone();
    let numbers = ObjectNumbers::beginning_with(objects);
    let heap = &vm.heap;
    let surroundings = ImageSurroundings::of(heap, vm.machine.host.as_mut(), numbers);
    let names = |bindings: &Option<Protected>| {
        bindings.map(|bindings| surroundings.names(heap.protected(bindings)))
    };
    let number = i64::from(surroundings.next_scope());
    let mut compilation = match origin {
        Origin::Program { name, text } => Compilation::of_program(name, text, &surroundings)?,
        Origin::Form { form, bindings, .. } => Compilation::of_forms(
            arena,
            &forms,
            names(bindings).as_deref(),
            Sources::of(form.name, form.text),
            &surroundings,
        ),
        Origin::Datum { bindings, .. } => {
            let names = names(bindings);
            Compilation::of_forms(
                arena,
                &forms,
                names.as_deref(),
                Sources::default(),
                &surroundings,
            )
        }
        Origin::Sets(_) => {
            let sets = forms.first().and_then(|sets| arena.proper_list(*sets)).unwrap_or_default();
            Compilation::of_environment(arena, &sets, &surroundings)
        }
    };
    let step = compilation.advance(primitives.as_ref(), &surroundings)?;
    let objects = surroundings.objects.into_new();
    let objects = protect_all(vm, objects);
    if let Step::Compiled(compiled) = step {
        let source = match origin {
            Origin::Form { source, .. } => *source,
            _ => None,
        };
        let texts: Vec<Protected> = source.into_iter().collect();
        let makes_environment = matches!(origin, Origin::Sets(_));
        let parts = Installation {
            compiled: &compiled,
            objects: &objects,
            texts: &texts,
            makes_environment,
        };
        return install(vm, &parts).map_err(LoadError::Refused);
    }
    let waiting = first_waiting(vm, number, origin, &objects, &compilation);
    wait(vm, waiting, compilation, step)
}

/// The object of a compilation that needs the machine.
fn wait(
    vm: &mut Vm,
    waiting: Waiting,
    compilation: Compilation,
    step: Step,
) -> Result<Word, LoadError> {
    // Further than it began, so that no other one has its number.
    let next = i64::from(compilation.next_scope()).max(waiting.number + 1);
    vm.heap.set_root(Root::NextScope, Word::fixnum(next));
    let given = vm.heap.protect(Word::FALSE);
    let call = match step {
        Step::Compiled(_) => unreachable!("what is compiled does not wait"),
        Step::Evaluate { program, makes_transformer } => {
            let texts = protected_list(vm, waiting.texts);
            let objects = protected_list(vm, waiting.objects);
            let thunk = install_part(vm, &program, &objects, &texts).map_err(LoadError::Refused)?;
            let call = vm.heap.protect(thunk);
            if makes_transformer {
                let list = vm.heap.protect(Word::NULL);
                push(vm, list, call);
                vm.heap.set_protected(call, vm.heap.protected(list));
            }
            call
        }
        Step::Transform(use_) => call_of_use(vm, &waiting, &compilation, &use_, given),
    };
    let object = waiting_object(vm, &waiting, given, call);
    let kept = Kept { compilation, answers: waiting.answer_count };
    let all = kept_compilations(vm);
    all.insert(waiting.number, kept);
    if all.len() > KEPT_MAX {
        all.pop_first();
    }
    Ok(object)
}

fn kept_compilations(vm: &mut Vm) -> &mut KeptCompilations {
    let all = vm.machine.compilations.get_or_insert_with(|| Box::new(KeptCompilations::new()));
    all.downcast_mut().expect("nothing else is kept here")
}

fn compile_on(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(crate::eval::ROOM_BYTES)?;
    let call = Call::new(vm, "%compile-on", arguments);
    call.of_kind(0, Kind::Compilation, "a compilation")?;
    let mark = vm.heap.protect(Word::FALSE);
    let result = go_on(vm, arguments.get(0), arguments.get(1));
    vm.heap.unprotect(mark);
    Ok(result?)
}

/// Why a compilation that has waited does not go on.
enum Stopped {
    Failed(LoadError),
    /// What it is to be compiled with has changed since it began.
    Changed,
}

impl<E: Into<LoadError>> From<E> for Stopped {
    fn from(error: E) -> Stopped {
        Stopped::Failed(error.into())
    }
}

impl From<Stopped> for Interrupt {
    fn from(stopped: Stopped) -> Interrupt {
        match stopped {
            Stopped::Failed(error) => interrupt(error),
            Stopped::Changed => {
                let message = "definitions have changed since a macro's transformer began to run; \
                               evaluate the form again";
                fault(ErrorCode::ExpansionChanged, message)
            }
        }
    }
}

/// What a program gets of a compilation that failed.
pub(crate) fn interrupt(error: LoadError) -> Interrupt {
    match error {
        LoadError::Compile(failure) => failed(&failure),
        LoadError::Refused(what) => fault(ErrorCode::CompilerLimit, what),
    }
}

/// Goes on with a compilation whose call has given `value`.
fn go_on(vm: &mut Vm, object: Word, value: Word) -> Result<Word, Stopped> {
    let object = vm.heap.protect(object);
    let value = vm.heap.protect(value);
    let Kept { mut compilation, .. } = take_compilation(vm, object)?;
    let mut waiting = parts_of(vm, object);
    let primitives = vm.machine.primitives.clone();
    let list = vm.heap.protected(waiting.objects);
    let numbers = ObjectNumbers::of_list(list, waiting.object_count);
    let asked = compilation.next_scope();
    let surroundings = ImageSurroundings::of(&vm.heap, vm.machine.host.as_mut(), numbers);
    let (first_object, next_scope) = (surroundings.objects.count(), surroundings.next_scope());
    let handed_out = HandedOut::of(&vm.heap, vm.heap.protected(object));
    let word = vm.heap.protected(value);
    give(&vm.heap, &mut compilation, &surroundings, &handed_out, word, None);
    let step = compilation.advance(primitives.as_ref(), &surroundings)?;
    let new = surroundings.objects.into_new();
    let new = protect_all(vm, new);
    add_objects(vm, &mut waiting, &new);
    add_texts(vm, &waiting, &compilation);
    if let Step::Compiled(compiled) = step {
        let (objects, texts) =
            (protected_list(vm, waiting.objects), protected_list(vm, waiting.texts));
        let origin = vm.heap.protected(waiting.origin);
        let makes_environment = vm.heap.field(origin, 0) == Word::fixnum(SETS);
        let parts = Installation {
            compiled: &compiled,
            objects: &objects,
            texts: &texts,
            makes_environment,
        };
        return Ok(install(vm, &parts).map_err(LoadError::Refused)?);
    }
    let answer = new_vector(vm, ANSWER_LENGTH);
    let heap = &mut vm.heap;
    heap.set_field(answer, 0, Word::fixnum(i64::from(asked)));
    heap.set_field(answer, 1, Word::fixnum(i64::from(next_scope)));
    heap.set_field(answer, 2, Word::fixnum(first_object as i64));
    heap.set_field(answer, 3, heap.protected(value));
    heap.set_field(answer, 4, heap.field(heap.protected(object), body::Compilation::GIVEN));
    let answer = heap.protect(answer);
    push(vm, waiting.answers, answer);
    waiting.answer_count += 1;
    Ok(wait(vm, waiting, compilation, step)?)
}

/// The compilation of an object.
fn take_compilation(vm: &mut Vm, object: Protected) -> Result<Kept, Stopped> {
    let word = vm.heap.protected(object);
    let number = vm.heap.field(word, body::Compilation::NUMBER).as_fixnum();
    let answers = vm.heap.field(word, body::Compilation::ANSWER_COUNT).as_fixnum();
    let kept = kept_compilations(vm).remove(&number);
    match kept.filter(|kept| kept.answers as i64 == answers) {
        Some(kept) => Ok(kept),
        None => {
            let (kept, new) = make_again(vm, word)?;
            keep_objects(vm, object, new);
            Ok(kept)
        }
    }
}

/// Symbol and scopes of an identifier; of a symbol without any.
fn identifier(call: Call<'_>, position: usize) -> Result<(String, Option<Vec<u32>>), Interrupt> {
    let (heap, word) = (call.heap, call.arguments.get(position));
    if heap.kind_of(word) == Some(Kind::Symbol) {
        return Ok((heap.symbol_name(word), None));
    }
    if heap.kind_of(word) == Some(Kind::Syntax) {
        let symbol = heap.field(word, body::Syntax::DATUM);
        if heap.kind_of(symbol) == Some(Kind::Symbol) {
            let scopes = scope_list(heap, heap.field(word, body::Syntax::SCOPES));
            return Ok((heap.symbol_name(symbol), Some(scopes)));
        }
    }
    Err(call.wrong_type(position, "an identifier"))
}

fn same_meaning(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "free-identifier=?", arguments);
    call.of_kind(0, Kind::Compilation, "a compilation")?;
    let (left, right) = (identifier(call, 1)?, identifier(call, 2)?);
    let object = vm.heap.protect(arguments.get(0));
    let names = [(&*left.0, left.1.as_deref()), (&*right.0, right.1.as_deref())];
    let same = mean_the_same(vm, object, names);
    vm.heap.unprotect(object);
    Ok(Word::boolean(same?))
}

fn mean_the_same(
    vm: &mut Vm,
    object: Protected,
    names: [(&str, Option<&[u32]>); 2],
) -> Result<bool, Stopped> {
    let mut kept = take_compilation(vm, object)?;
    let word = vm.heap.protected(object);
    let number = vm.heap.field(word, body::Compilation::NUMBER).as_fixnum();
    let list = vm.heap.field(word, body::Compilation::OBJECTS);
    let count = vm.heap.field(word, body::Compilation::OBJECT_COUNT);
    let numbers = ObjectNumbers::of_list(list, trusted_count(count));
    let surroundings = ImageSurroundings::of(&vm.heap, vm.machine.host.as_mut(), numbers);
    let same = kept.compilation.mean_the_same(names, &surroundings);
    let new = surroundings.objects.into_new();
    keep_objects(vm, object, new);
    kept_compilations(vm).insert(number, kept);
    Ok(same)
}

/// A call, for a new process, that goes on with a compilation and runs what comes of it; anything else as
/// it is.
pub(crate) fn runnable(vm: &mut Vm, compiled: Word) -> Word {
    if vm.heap.kind_of(compiled) != Some(Kind::Compilation) {
        return compiled;
    }
    let compiled = vm.heap.protect(compiled);
    let procedure = vm.global("%run-compiled").unwrap_or(Word::FALSE);
    let procedure = vm.heap.protect(procedure);
    let header = Header::new(Kind::MultipleValues, 0, 2);
    vm.heap.ensure_room(header.size_bytes(), &mut vm.machine);
    let call = vm.heap.object(Kind::MultipleValues, 0, 2);
    vm.heap.initialise(call, 0, vm.heap.protected(procedure).0);
    vm.heap.initialise(call, 1, vm.heap.protected(compiled).0);
    vm.heap.unprotect(compiled);
    call
}
