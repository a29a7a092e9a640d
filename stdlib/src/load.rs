//! Puts compiled programs into the heap, and the prelude into a fresh one.

use pscheme_compiler::QuotedData;
use pscheme_compiler::compile_program;
use pscheme_compiler::datum::{Datum, DatumId};
use pscheme_heap::heap::{Heap, Protected};
use pscheme_heap::kind::{Header, Kind, body, flag};
use pscheme_heap::limits::LARGE_OBJECT_BYTES;
use pscheme_heap::word::Word;
use pscheme_vm::code::{Arity, CodeUnit, Constant, Program};
use pscheme_vm::engine::Engine;
use pscheme_vm::install::InstallContext;
use pscheme_vm::machine::Vm;
use pscheme_vm::op::{Op, encode, field};
use pscheme_vm::process::Event;

/// The prelude's files, in the order in which they are loaded.
const PRELUDE: &[(&str, &str)] = &[
    ("prelude/control.scm", include_str!("prelude/control.scm")),
    ("prelude/number.scm", include_str!("prelude/number.scm")),
    ("prelude/list.scm", include_str!("prelude/list.scm")),
    ("prelude/sort.scm", include_str!("prelude/sort.scm")),
    ("prelude/string.scm", include_str!("prelude/string.scm")),
    ("prelude/vector.scm", include_str!("prelude/vector.scm")),
    ("prelude/hash-table.scm", include_str!("prelude/hash-table.scm")),
    ("prelude/port.scm", include_str!("prelude/port.scm")),
    ("prelude/promise.scm", include_str!("prelude/promise.scm")),
    ("prelude/print.scm", include_str!("prelude/print.scm")),
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
    load_prelude(vm)
}

/// Compiles the prelude and runs its definitions.
///
/// # Errors
/// As [`boot`].
pub fn load_prelude(vm: &mut Vm) -> Result<(), String> {
    for (name, text) in PRELUDE {
        load_text(vm, name, text)?;
    }
    vm.heap.seal_library_cells();
    Ok(())
}

fn load_text(vm: &mut Vm, name: &str, text: &str) -> Result<(), String> {
    let primitives = vm.machine.primitives.clone();
    let program = compile_program(name, text, primitives.as_ref())
        .map_err(|found| found.iter().map(|d| d.render(name, text)).collect::<String>())?;
    let thunk = install_program(vm, &program, text)?;
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

/// Installs a program and returns a procedure of no arguments that runs its forms in order and
/// returns the value of the last.
///
/// # Errors
/// What the verifier says of the code: a fault of the compiler.
pub fn install_program(
    vm: &mut Vm,
    program: &Program<QuotedData>,
    source_text: &str,
) -> Result<Word, String> {
    let mark = vm.heap.protect(Word::FALSE);
    for name in assigned_names(&program.thunks) {
        let symbol = vm.heap.intern(name, &mut vm.machine);
        // Names of the compiler's own making are of one program: `count 9`, `total (counter)`.
        if name.contains(' ') {
            vm.heap.renew_cell(symbol);
        } else {
            vm.heap.shadow_library_cell(symbol);
        }
    }
    let data = quoted_data(vm, &program.data);
    let source = source_object(vm, &program.source_name, source_text);
    let code = vm.install(&runner(&program.thunks), InstallContext { data, source });
    let closure = code.map(|code| {
        let place = vm.heap.protect(code);
        let closure = vm.closure_of(code);
        vm.heap.unprotect(place);
        closure
    });
    vm.heap.unprotect(mark);
    closure
}

/// The global variables that code defines or assigns.
fn assigned_names(units: &[CodeUnit]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut work: Vec<&CodeUnit> = units.iter().collect();
    while let Some(unit) = work.pop() {
        for &word in &unit.instructions {
            let assigns = [Op::GlobalDefine as u8, Op::GlobalSet as u8].contains(&field::op(word));
            if assigns
                && let Some(Constant::Cell(name)) = unit.constants.get(field::imm(word) as usize)
            {
                names.push(name.as_str());
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
        name: "program".into(),
        arity: Arity { required: 0, optional: 0, rest: false },
        captures: 0,
        frame_words: 4,
        instructions,
        constants: thunks.iter().map(|unit| Constant::Code(Box::new(unit.clone()))).collect(),
        spans: Vec::new(),
        variables: Vec::new(),
    }
}

/// Vector of source name and text, shared by all code of a program.
fn source_object(vm: &mut Vm, name: &str, text: &str) -> Protected {
    let small = (text.len() as u64 + 32).min(LARGE_OBJECT_BYTES + 32);
    let name_room = Heap::string_room(name.chars().count());
    vm.heap.ensure_room(small + name_room + 32, &mut vm.machine);
    let name = vm.heap.string(name);
    let text = vm.heap.bytevector(text.as_bytes());
    let vector = vm.heap.object(Kind::Vector, 0, 2);
    vm.heap.set_field(vector, 0, name);
    vm.heap.set_field(vector, 1, text);
    vm.heap.protect(vector)
}

/// The quoted data of a program as a vector, parts before wholes, so that depth costs nothing.
fn quoted_data(vm: &mut Vm, quoted: &QuotedData) -> Protected {
    let all = new_vector(vm, quoted.arena.len());
    let all = vm.heap.protect(all);
    for id in quoted.arena.ids() {
        let word = quoted_datum(vm, quoted, id, all);
        let vector = vm.heap.protected(all);
        vm.heap.set_field(vector, id.index(), word);
    }
    let roots = new_vector(vm, quoted.roots().len());
    for (index, root) in quoted.roots().iter().enumerate() {
        let word = vm.heap.field(vm.heap.protected(all), root.index());
        vm.heap.set_field(roots, index, word);
    }
    vm.heap.set_protected(all, roots);
    all
}

fn new_vector(vm: &mut Vm, length: usize) -> Word {
    let bytes = Header::new(Kind::Vector, 0, length).size_bytes();
    vm.heap.ensure_room(bytes.min(LARGE_OBJECT_BYTES), &mut vm.machine);
    vm.heap.object(Kind::Vector, 0, length)
}

fn quoted_datum(vm: &mut Vm, quoted: &QuotedData, id: DatumId, all: Protected) -> Word {
    let part = |vm: &Vm, id: DatumId| vm.heap.field(vm.heap.protected(all), id.index());
    match quoted.arena.get(id) {
        Datum::Null => Word::NULL,
        Datum::Boolean(value) => Word::boolean(value),
        Datum::Character(value) => Word::character(value),
        Datum::Fixnum(value) => Word::fixnum(value),
        Datum::Flonum(value) => Word::try_flonum(value).unwrap_or_else(|| {
            vm.heap.ensure_room(16, &mut vm.machine);
            let object = vm.heap.object(Kind::Flonum, 0, body::Flonum::FIELDS);
            vm.heap.set_raw(object, body::Flonum::BITS, value.to_bits());
            object
        }),
        Datum::Bignum { negative, magnitude } => {
            let bytes = Header::new(Kind::Bignum, 0, magnitude.len()).size_bytes();
            vm.heap.ensure_room(bytes.min(LARGE_OBJECT_BYTES), &mut vm.machine);
            let object = vm.heap.object(Kind::Bignum, u8::from(negative), magnitude.len());
            magnitude.iter().enumerate().for_each(|(n, &limb)| vm.heap.set_raw(object, n, limb));
            object
        }
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
    }
}

/// Marks an object as a literal, which programs cannot change.
fn literal(vm: &mut Vm, object: Word) -> Word {
    let header = vm.heap.header(object).with_flags(flag::LITERAL);
    vm.heap.store(object.offset(), Word(header.0));
    object
}
