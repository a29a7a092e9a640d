//! Puts compiled programs into the heap, and the prelude into a fresh one.

use std::sync::Arc;

use pscheme_compiler::datum::{Datum, DatumId};
use pscheme_compiler::source::Sources;
use pscheme_compiler::unicode::UNICODE_VERSION;
use pscheme_compiler::{CompileFailure, Compiled, QuotedData, list_expansion};
use pscheme_heap::heap::{Heap, Protected};
use pscheme_heap::kind::{Header, Kind, body, flag};
use pscheme_heap::limits::LARGE_OBJECT_BYTES;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::code::{Arity, CodeUnit, Constant, Program, RUNNER};
use pscheme_vm::engine::Engine;
use pscheme_vm::host::SilentHost;
use pscheme_vm::install::{InstallContext, InstalledSource};
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::op::{Op, encode, field};
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::Event;

use crate::compilation::{FormText, Origin, compile, runnable};
use crate::image::{DefinitionWriter, ImageSurroundings, scope_words};

/// The prelude's files, in the order in which they are loaded.
const PRELUDE: &[(&str, &str)] = &[
    ("prelude/control.scm", include_str!("prelude/control.scm")),
    ("prelude/prompt.scm", include_str!("prelude/prompt.scm")),
    ("prelude/number.scm", include_str!("prelude/number.scm")),
    ("prelude/list.scm", include_str!("prelude/list.scm")),
    ("prelude/sort.scm", include_str!("prelude/sort.scm")),
    ("prelude/string.scm", include_str!("prelude/string.scm")),
    ("prelude/vector.scm", include_str!("prelude/vector.scm")),
    ("prelude/hash-table.scm", include_str!("prelude/hash-table.scm")),
    ("prelude/port.scm", include_str!("prelude/port.scm")),
    ("prelude/promise.scm", include_str!("prelude/promise.scm")),
    ("prelude/print.scm", include_str!("prelude/print.scm")),
    ("prelude/read.scm", include_str!("prelude/read.scm")),
    ("prelude/syntax.scm", include_str!("prelude/syntax.scm")),
    ("prelude/eval.scm", include_str!("prelude/eval.scm")),
    ("prelude/image.scm", include_str!("prelude/image.scm")),
    ("prelude/process.scm", include_str!("prelude/process.scm")),
    ("prelude/host.scm", include_str!("prelude/host.scm")),
];

/// Whether a source of this name belongs to the library, so that its places say nothing to whoever
/// reads an error of a program.
pub fn is_library_source(name: &str) -> bool {
    PRELUDE.iter().any(|(known, _)| *known == name)
}

/// Gives an empty machine everything a program expects: the machine's own procedures, the
/// primitives and the prelude.
///
/// # Errors
/// A fault of pscheme itself: text that does not compile or fails when it is loaded.
pub fn boot(vm: &mut Vm) -> Result<(), String> {
    vm.boot()?;
    vm.heap.set_root(Root::UnicodeVersion, Word::fixnum(UNICODE_VERSION.number()));
    for (name, text) in PRELUDE {
        load_text(vm, name, text)?;
    }
    vm.heap.seal_library_cells();
    Ok(())
}

/// The boot image: the bytes of a heap with all that [`boot`] gives, for
/// [`Heap::from_boot_image`]. The same in every run.
///
/// # Errors
/// As [`boot`].
///
/// # Panics
/// If the operating system does not give the addresses of a heap.
pub fn boot_image() -> Result<Vec<u8>, String> {
    let primitives = Arc::new(PrimitiveSet::new(crate::primitive_rows()));
    let heap = Heap::new().expect("there are addresses for a heap");
    let mut vm = Vm::new(heap, primitives, Box::new(SilentHost::default()));
    boot(&mut vm)?;
    vm.heap.collect_major(&mut vm.machine);
    Ok(vm.heap.to_boot_image())
}

fn load_text(vm: &mut Vm, name: &str, text: &str) -> Result<(), String> {
    let thunk = compile_and_install(vm, name, text).map_err(|error| error.to_string())?;
    vm.spawn(thunk, Word::FALSE).map_err(|interrupt| format!("{name}: {interrupt:?}"))?;
    loop {
        match vm.advance(Engine::fastest()) {
            Event::Slice => {}
            Event::Finished(_) => return Ok(()),
            Event::Failed(process) => {
                let object = vm.heap.field(process, body::Process::VALUE);
                return Err(format!("{name}: {}", crate::write::raised_text(vm, object).1));
            }
            other => return Err(format!("{name}: {other:?}")),
        }
    }
}

/// Compiles a program and installs it: what a new process is to call ([`Vm::spawn`]) so that its forms run
/// in order; its value is that of the last. A macro whose transformer is a procedure is expanded by
/// that process.
///
/// # Errors
/// What is wrong with the text; nothing was changed then.
pub fn compile_and_install(vm: &mut Vm, name: &str, text: &str) -> Result<Word, LoadError> {
    let compiled = compile(vm, &Origin::Program { name, text })?;
    Ok(runnable(vm, compiled))
}

/// Compiles the form of the top level that begins at byte `position` of a text, as the prompt does; what
/// a new process is to call to evaluate it, and the position behind it. `None` at the end of the text.
///
/// # Errors
/// What is wrong with the form; nothing was changed then.
///
/// # Panics
/// If the position is not on a character boundary.
pub fn compile_form_at(
    vm: &mut Vm,
    name: &str,
    text: &str,
    position: usize,
) -> Result<Option<(Word, usize)>, LoadError> {
    let form = FormText { name, text, position };
    let Some((_, _, end)) = form.read()? else { return Ok(None) };
    let compiled = compile(vm, &Origin::Form { form: &form, bindings: None, source: None })?;
    Ok(Some((runnable(vm, compiled), end)))
}

/// The form of the top level at byte `position` of a text with its macros expanded, as text; nothing
/// is evaluated or kept. `None` at the end of the text.
///
/// # Errors
/// What is wrong with the form.
///
/// # Panics
/// If the position is not on a character boundary.
pub fn expand_form_at(
    vm: &mut Vm,
    name: &str,
    text: &str,
    position: usize,
) -> Result<Option<String>, LoadError> {
    let form = FormText { name, text, position };
    let Some((arena, form, _)) = form.read()? else { return Ok(None) };
    let surroundings = ImageSurroundings::new(&vm.heap, vm.machine.host.as_mut());
    let sources = Sources::of(name, text);
    Ok(Some(list_expansion(arena, &[form], sources, &surroundings)?))
}

/// Why a program cannot be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The text has errors.
    Compile(CompileFailure),
    /// The verifier refuses the code: a fault of the compiler.
    Refused(String),
}

impl From<CompileFailure> for LoadError {
    fn from(failure: CompileFailure) -> LoadError {
        LoadError::Compile(failure)
    }
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Compile(failure) => f.write_str(&failure.render()),
            LoadError::Refused(what) => {
                write!(f, "the compiler made code the machine refuses: {what}")
            }
        }
    }
}

/// A compiled program, and what of the heap it refers to.
pub struct Installation<'program> {
    pub compiled: &'program Compiled,
    /// The objects that it refers to by number.
    pub objects: &'program [Protected],
    /// The objects of its first texts that are in the heap already.
    pub texts: &'program [Protected],
    /// The names it exports make an environment: in place of a procedure alone the result is a pair of the
    /// procedure and the environment.
    pub makes_environment: bool,
}

impl<'program> Installation<'program> {
    /// A program made from texts alone, in surroundings without macros of procedures.
    pub fn of(compiled: &'program Compiled) -> Installation<'program> {
        Installation { compiled, objects: &[], texts: &[], makes_environment: false }
    }
}

/// Installs a program and what it defines for later compilations; returns a procedure of no arguments
/// that runs its forms in order and returns the value of the last.
///
/// # Errors
/// What the verifier says of the code: a fault of the compiler.
pub fn install(vm: &mut Vm, installation: &Installation<'_>) -> Result<Word, String> {
    let mark = vm.heap.protect(Word::FALSE);
    let result = install_protected(vm, installation);
    vm.heap.unprotect(mark);
    result
}

fn install_protected(vm: &mut Vm, installation: &Installation<'_>) -> Result<Word, String> {
    let Compiled { program, definitions, exports } = installation.compiled;
    renew_cells(vm, &program.thunks);
    let (data, _) = quoted_data(vm, &program.data, installation.objects, false);
    let sources = installed_sources(vm, program, installation.texts, installation.objects);
    let mut writer = DefinitionWriter::new(vm, data, installation.objects, &sources);
    writer.write(definitions);
    let environment = installation.makes_environment.then(|| writer.names(exports));
    let closure = install_code(vm, program, data, &sources)?;
    let place = vm.heap.protect(closure);
    let Some(names) = environment else { return Ok(closure) };
    vm.heap.ensure_room(body::Environment::BYTES + 16, &mut vm.machine);
    let environment = vm.heap.object(Kind::Environment, 0, body::Environment::FIELDS);
    vm.heap.initialise(environment, body::Environment::BINDINGS, vm.heap.protected(names).0);
    let closure = vm.heap.protected(place);
    Ok(vm.heap.pair(closure, environment))
}

/// Installs a part of a program that is to run before the rest is compiled; what it defines for later
/// compilations is left to the whole.
pub(crate) fn install_part(
    vm: &mut Vm,
    program: &Program<QuotedData>,
    objects: &[Protected],
    texts: &[Protected],
) -> Result<Word, String> {
    renew_cells(vm, &program.thunks);
    let (data, _) = quoted_data(vm, &program.data, objects, false);
    let sources = installed_sources(vm, program, texts, objects);
    install_code(vm, program, data, &sources)
}

/// Gives the variables that code defines or assigns cells of their own.
fn renew_cells(vm: &mut Vm, thunks: &[CodeUnit]) {
    for (name, op) in assigned_names(thunks) {
        let symbol = vm.heap.intern(name, &mut vm.machine);
        if !name.contains(' ') {
            vm.heap.shadow_library_cell(symbol, &mut vm.machine);
        } else if op == Op::GlobalDefine {
            // Names of the compiler's own making are of one program or library: `count (my lib)`.
            vm.heap.renew_cell(symbol);
        }
    }
}

/// A procedure that runs the thunks of a program.
fn install_code(
    vm: &mut Vm,
    program: &Program<QuotedData>,
    data: Protected,
    sources: &[InstalledSource],
) -> Result<Word, String> {
    let context = InstallContext { data, sources, templates: &program.templates };
    let code = vm.install(&runner(&program.thunks), context)?;
    let place = vm.heap.protect(code);
    let closure = vm.closure_of(code);
    vm.heap.unprotect(place);
    Ok(closure)
}

/// The global variables that code defines or assigns, and which of the two it does.
fn assigned_names(units: &[CodeUnit]) -> Vec<(&str, Op)> {
    let mut names = Vec::new();
    let mut work: Vec<&CodeUnit> = units.iter().collect();
    while let Some(unit) = work.pop() {
        for &word in &unit.instructions {
            let assigns = [Op::GlobalDefine, Op::GlobalSet];
            let op = assigns.into_iter().find(|op| *op as u8 == field::op(word));
            if let Some(op) = op
                && let Some(Constant::Cell(name)) = unit.constants.get(field::imm(word) as usize)
            {
                names.push((name.as_str(), op));
            }
        }
        work.extend(unit.constants.iter().filter_map(|constant| match constant {
            Constant::Code(inner) => Some(inner.as_ref()),
            _ => None,
        }));
    }
    names
}

/// Thunks one runner calls; more are called through runners of runners.
const RUNNER_THUNKS_MAX: usize = 1000;

/// Code that calls thunks in order and returns what the last returns.
fn runner(thunks: &[CodeUnit]) -> CodeUnit {
    if thunks.len() > RUNNER_THUNKS_MAX {
        let inner: Vec<CodeUnit> = thunks.chunks(RUNNER_THUNKS_MAX).map(runner).collect();
        return runner(&inner);
    }
    let op = |op: Op, operands: &[i64]| encode(op, operands).expect("small operands fit");
    let mut instructions = Vec::new();
    for index in 0..thunks.len() {
        instructions.push(op(Op::LoadConstant, &[2, index as i64]));
        instructions.push(op(Op::MakeClosure, &[2, 0]));
        if index + 1 < thunks.len() {
            instructions.extend([op(Op::Call, &[0, 2]), 0]);
        } else {
            instructions.push(op(Op::TailCall, &[0, 2]));
        }
    }
    if thunks.is_empty() {
        instructions.push(op(Op::LoadWord, &[2, Word::UNSPECIFIED.0 as i64]));
        instructions.push(op(Op::Return, &[2]));
    }
    CodeUnit {
        name: RUNNER.into(),
        arity: Arity { required: 0, optional: 0, rest: false },
        captures: 0,
        frame_words: 4,
        instructions,
        constants: thunks.iter().map(|unit| Constant::Code(Box::new(unit.clone()))).collect(),
        spans: Vec::new(),
        variables: Vec::new(),
    }
}

/// The texts of a program as objects, then those of earlier ones that it refers to; the first ones may be
/// there already.
fn installed_sources(
    vm: &mut Vm,
    program: &Program<QuotedData>,
    there: &[Protected],
    objects: &[Protected],
) -> Vec<InstalledSource> {
    let mut installed = Vec::with_capacity(program.sources.len() + program.stored_texts.len());
    for (index, source) in program.sources.iter().enumerate() {
        let object = there.get(index).copied().unwrap_or_else(|| {
            let object = source_object(vm, &source.name, source.text.as_bytes());
            vm.heap.protect(object)
        });
        installed.push(InstalledSource { object, start: source.start, end: source.end() });
    }
    installed.extend(program.stored_texts.iter().map(|text| InstalledSource {
        object: objects[text.object as usize],
        start: text.start,
        end: text.end(),
    }));
    installed
}

/// Vector of source name and text, shared by all code made from the text.
pub fn source_object(vm: &mut Vm, name: &str, text: &[u8]) -> Word {
    let small = (text.len() as u64 + 32).min(LARGE_OBJECT_BYTES + 32);
    let name_room = Heap::string_room(name.chars().count());
    vm.heap.ensure_room(small + name_room + 32, &mut vm.machine);
    let name = vm.heap.string(name);
    let text = vm.heap.bytevector(text);
    let vector = vm.heap.object(Kind::Vector, 0, 2);
    vm.heap.set_field(vector, 0, name);
    vm.heap.set_field(vector, 1, text);
    vector
}

/// The quoted data of a program as a vector, parts before wholes, so that depth costs nothing; and all
/// pairs among them as another, if they are wanted.
pub(crate) fn quoted_data(
    vm: &mut Vm,
    quoted: &QuotedData,
    objects: &[Protected],
    wants_pairs: bool,
) -> (Protected, Option<Protected>) {
    let all = new_vector(vm, quoted.arena.len());
    let all = vm.heap.protect(all);
    for id in quoted.arena.ids() {
        let word = match (quoted.arena.scoped(id), quoted.arena.get(id)) {
            (Some((datum, scopes)), _) => syntax(vm, datum, quoted.scopes(scopes), all),
            (None, Datum::Object(number)) => vm.heap.protected(objects[number as usize]),
            // What it stands for is not there yet.
            (None, Datum::Cycle(_)) => Word::FALSE,
            _ => quoted_datum(vm, quoted, id, all),
        };
        let vector = vm.heap.protected(all);
        vm.heap.set_field(vector, id.index(), word);
    }
    close_cycles(vm, quoted, all);
    let pairs = wants_pairs.then(|| pairs_of(vm, quoted, all));
    let roots = new_vector(vm, quoted.roots().len());
    for (index, root) in quoted.roots().iter().enumerate() {
        let word = vm.heap.field(vm.heap.protected(all), root.index());
        vm.heap.set_field(roots, index, word);
    }
    vm.heap.set_protected(all, roots);
    (all, pairs)
}

/// The pairs among quoted data, in their order.
fn pairs_of(vm: &mut Vm, quoted: &QuotedData, all: Protected) -> Protected {
    let arena = &quoted.arena;
    let is_pair =
        |id: &DatumId| arena.scoped(*id).is_none() && matches!(arena.get(*id), Datum::Pair(..));
    let pairs: Vec<DatumId> = arena.ids().filter(is_pair).collect();
    let vector = new_vector(vm, pairs.len());
    for (index, id) in pairs.into_iter().enumerate() {
        let word = vm.heap.field(vm.heap.protected(all), id.index());
        vm.heap.set_field(vector, index, word);
    }
    vm.heap.protect(vector)
}

/// Puts what cycles stand for where they stand. Nothing here allocates.
fn close_cycles(vm: &mut Vm, quoted: &QuotedData, all: Protected) {
    let arena = &quoted.arena;
    if arena.cycle_targets().is_empty() {
        return;
    }
    let all = vm.heap.protected(all);
    let is_cycle = |id| arena.scoped(id).is_none() && matches!(arena.get(id), Datum::Cycle(_));
    for id in arena.ids().filter(|id| is_cycle(*id)) {
        let Datum::Cycle(number) = arena.get(id) else { continue };
        let target = vm.heap.field(all, arena.cycle_target(number).index());
        vm.heap.set_field(all, id.index(), target);
    }
    for id in arena.ids() {
        let whole = vm.heap.field(all, id.index());
        let part = |vm: &Vm, id: DatumId| vm.heap.field(all, id.index());
        if let Some((inner, _)) = arena.scoped(id) {
            if is_cycle(inner) {
                let word = part(vm, inner);
                vm.heap.set_field(whole, body::Syntax::DATUM, word);
            }
            continue;
        }
        match arena.get(id) {
            Datum::Pair(head, tail) => {
                if is_cycle(head) {
                    let word = part(vm, head);
                    vm.heap.set_car(whole, word);
                }
                if is_cycle(tail) {
                    let word = part(vm, tail);
                    vm.heap.set_cdr(whole, word);
                }
            }
            Datum::Vector(items) => {
                for (index, _) in items.iter().enumerate().filter(|item| is_cycle(*item.1)) {
                    let word = part(vm, items[index]);
                    vm.heap.set_field(whole, index, word);
                }
            }
            _ => {}
        }
    }
}

/// A datum that was made, with scopes around it.
fn syntax(vm: &mut Vm, datum: DatumId, scopes: &[u32], all: Protected) -> Word {
    let list = scope_words(vm, scopes);
    let list = vm.heap.protect(list);
    vm.heap.ensure_room(body::Syntax::BYTES, &mut vm.machine);
    let object = vm.heap.object(Kind::Syntax, 0, body::Syntax::FIELDS);
    let datum = vm.heap.field(vm.heap.protected(all), datum.index());
    vm.heap.initialise(object, body::Syntax::DATUM, datum.0);
    vm.heap.initialise(object, body::Syntax::SCOPES, vm.heap.protected(list).0);
    vm.heap.unprotect(list);
    object
}

pub(crate) fn new_vector(vm: &mut Vm, length: usize) -> Word {
    let bytes = Header::new(Kind::Vector, 0, length).size_bytes();
    vm.heap.ensure_room(bytes.min(LARGE_OBJECT_BYTES), &mut vm.machine);
    vm.heap.object(Kind::Vector, 0, length)
}

fn number(vm: &mut Vm, number: &Number) -> Word {
    vm.heap.ensure_room(number.nursery_bytes(), &mut vm.machine);
    number.write(&mut vm.heap)
}

fn quoted_datum(vm: &mut Vm, quoted: &QuotedData, id: DatumId, all: Protected) -> Word {
    let part = |vm: &Vm, id: DatumId| vm.heap.field(vm.heap.protected(all), id.index());
    match quoted.arena.get(id) {
        Datum::Null => Word::NULL,
        Datum::Boolean(value) => Word::boolean(value),
        Datum::Character(value) => Word::character(value),
        Datum::Fixnum(value) => Word::fixnum(value),
        Datum::Flonum(value) => number(vm, &Number::Flonum(value)),
        Datum::Number(value) => number(vm, value),
        Datum::String(text) => {
            vm.heap.ensure_room(Heap::string_room(text.chars().count()), &mut vm.machine);
            let string = vm.heap.string(text);
            literal(vm, string)
        }
        Datum::Symbol(symbol) => {
            let name = quoted.arena.symbol_name(symbol);
            vm.heap.intern(name, &mut vm.machine)
        }
        Datum::Pair(head, tail) => {
            vm.heap.ensure_room(16, &mut vm.machine);
            let (head, tail) = (part(vm, head), part(vm, tail));
            vm.heap.pair(head, tail)
        }
        Datum::Vector(items) => {
            let vector = new_vector(vm, items.len());
            for (index, &item) in items.iter().enumerate() {
                let word = part(vm, item);
                vm.heap.set_field(vector, index, word);
            }
            literal(vm, vector)
        }
        Datum::Bytevector(bytes) => {
            let room = (bytes.len() as u64 + 32).min(LARGE_OBJECT_BYTES + 32);
            vm.heap.ensure_room(room, &mut vm.machine);
            let vector = vm.heap.bytevector(bytes);
            literal(vm, vector)
        }
        Datum::Object(_) | Datum::Cycle(_) => unreachable!("these are made elsewhere"),
    }
}

/// Marks an object as a literal, which programs cannot change.
fn literal(vm: &mut Vm, object: Word) -> Word {
    let header = vm.heap.header(object).with_flags(flag::LITERAL);
    vm.heap.store(object.offset(), Word(header.0));
    object
}
