//! The verifier of bytecode: code that it accepts, however it came about, runs without leaving its frame,
//! does the same on every engine, and leaves a heap that is whole.
//!
//! Edits are of code units before they are installed (return points and masks are then made for them),
//! and of code objects in the heap afterwards.

use pscheme::compiler::surroundings::NoImage;
use pscheme::compiler::{Compiled, compile_program};
use pscheme::heap::heap::Heap;
use pscheme::heap::kind::{Kind, body};
use pscheme::heap::word::Word;
use pscheme::session::primitive_set;
use pscheme::vm::code::{CodeUnit, Constant};
use pscheme::vm::engine::Engine;
use pscheme::vm::machine::CodeView;
use pscheme::vm::op::{Op, Place, field, op_rows};
use pscheme::vm::verify_code::verify_code;
use pscheme_stdlib::{Installation, install};

use crate::booted::{Booted, Ending};
use crate::edit::{self, Edit, any_number};
use crate::engine::{self, Behaviour, Target, behaviour};
use crate::scheme_text;
use crate::support::Random;

/// One run in so many is followed by a walk over the whole heap.
const CHECK_INTERVAL: u64 = 8;

/// Edits of a code unit before it is installed: verb, and how many numbers follow that of the unit.
const BEFORE: &[(&str, usize)] = &[
    ("operand", 3),
    ("opcode", 2),
    ("word", 2),
    ("insert", 2),
    ("drop", 1),
    ("copy", 2),
    ("constant", 2),
    ("frame", 1),
    ("captures", 1),
    ("required", 1),
    ("rest", 1),
    ("span", 4),
];
/// Edits of a code object that is installed.
const AFTER: &[(&str, usize)] =
    &[("installed-operand", 3), ("installed-word", 2), ("installed-copy", 2), ("shape", 2)];

#[test]
fn bytecode() {
    engine::run(|| Bytecode { booted: Booted::new() });
}

struct Bytecode {
    booted: Booted,
}

impl Target for Bytecode {
    const NAME: &'static str = "bytecode";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        let (mut program, mut edits) = edit::split(input);
        if random.below(12) == 0 {
            scheme_text::change(&mut program, pool, random);
        } else {
            edit::change(&mut edits, pool, random, make_edit);
        }
        *input = edit::join(&program, &edits);
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let (program, edits) = edit::split(input);
        let surroundings = NoImage::default();
        let Ok(mut compiled) =
            compile_program("text", &program, primitive_set().as_ref(), &surroundings)
        else {
            return behaviour("no program");
        };
        for edit in &edits {
            edit_unit(&mut compiled, edit);
        }
        let endings: Vec<Result<Ending, String>> =
            Engine::all().iter().map(|&engine| self.run(&compiled, &edits, engine)).collect();
        for other in &endings[1..] {
            assert_eq!(&endings[0], other, "engines do the same");
        }
        match &endings[0] {
            Ok(ending) => behaviour(ending.kind()),
            Err(refused) => {
                behaviour(refused.chars().filter(|c| !c.is_ascii_digit()).collect::<String>())
            }
        }
    }
}

impl Bytecode {
    /// Installs and runs; what the verifier says if it refuses.
    fn run(&self, compiled: &Compiled, edits: &[Edit], engine: Engine) -> Result<Ending, String> {
        let mut running = self.booted.vm();
        let vm = &mut running.vm;
        let thunk = install(vm, &Installation::of(compiled))?;
        let codes = code_objects(&vm.heap, vm.heap.field(thunk, body::Closure::CODE));
        edits.iter().for_each(|edit| edit_code(&mut vm.heap, &codes, edit));
        for &code in &codes {
            verify_code(&vm.heap, code, &vm.machine.primitives)?;
        }
        let ending = running.run_procedure(thunk, engine);
        if behaviour(edits.iter().map(|edit| edit.number(1)).collect::<Vec<_>>()) % CHECK_INTERVAL
            == 0
        {
            running.check();
        }
        Ok(ending)
    }
}

fn make_edit(random: &mut Random) -> Edit {
    let (before, after) = (BEFORE.len() as u64, AFTER.len() as u64);
    let chosen = random.below(before + after) as usize;
    let (verb, count) = BEFORE.iter().chain(AFTER).nth(chosen).expect("a row of the two");
    let mut numbers = vec![random.below(12), random.below(40)];
    // Registers and small constants are what instructions are made of.
    numbers.extend((1..*count).map(|_| match random.below(3) {
        0 => any_number(random),
        _ => random.below(12),
    }));
    Edit::new(verb, &numbers)
}

/// The path to each unit of a program: index of the thunk, then of constants; outer units first.
fn unit_paths(compiled: &Compiled) -> Vec<Vec<usize>> {
    let thunks = &compiled.program.thunks;
    let mut paths: Vec<Vec<usize>> = (0..thunks.len()).map(|index| vec![index]).collect();
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        let mut unit = &thunks[path[0]];
        for &index in &path[1..] {
            let Constant::Code(inner) = &unit.constants[index] else { unreachable!("a path") };
            unit = inner;
        }
        for (index, constant) in unit.constants.iter().enumerate() {
            if matches!(constant, Constant::Code(_)) {
                paths.push([path.as_slice(), &[index]].concat());
            }
        }
        next += 1;
    }
    paths
}

fn unit_at<'unit>(compiled: &'unit mut Compiled, path: &[usize]) -> &'unit mut CodeUnit {
    let mut unit = &mut compiled.program.thunks[path[0]];
    for &index in &path[1..] {
        let Constant::Code(inner) = &mut unit.constants[index] else { unreachable!("a path") };
        unit = inner;
    }
    unit
}

fn edit_unit(compiled: &mut Compiled, edit: &Edit) {
    let paths = unit_paths(compiled);
    let Some(chosen) = edit.index(0, paths.len()) else { return };
    let unit = unit_at(compiled, &paths[chosen]);
    let words = &mut unit.instructions;
    let Some(at) = edit.index(1, words.len()) else { return };
    match edit.verb.as_str() {
        "operand" => words[at] = with_operand(words[at], edit),
        "opcode" => words[at] = words[at] & !0xff | opcode(edit.number(2)),
        "word" => words[at] = edit.number(2),
        "insert" => words.insert(at, opcode(edit.number(2))),
        "drop" => drop(words.remove(at)),
        "copy" => words[at] = words[edit.index(2, words.len()).expect("there are words")],
        "constant" => {
            let count = unit.constants.len();
            if let (Some(to), Some(from)) = (edit.index(1, count), edit.index(2, count)) {
                unit.constants[to] = unit.constants[from].clone();
            }
        }
        "frame" => unit.frame_words = edit.number(1) as u16,
        "captures" => unit.captures = edit.number(1) as u16,
        "required" => unit.arity.required = edit.number(1) as u16,
        "rest" => unit.arity.rest = edit.number(1) % 2 == 1,
        "span" => {
            if let Some(span) = edit.index(1, unit.spans.len()) {
                unit.spans[span].start = edit.number(2) as u32;
                unit.spans[span].end = edit.number(3) as u32;
                unit.spans[span].template = edit.number(4) as u32;
            }
        }
        _ => {}
    }
}

/// The instruction with the operand that the edit names changed.
fn with_operand(word: u64, edit: &Edit) -> u64 {
    let Some(op) = Op::from_code(field::op(word)) else { return word };
    let operands = op.row().operands;
    let Some(position) = edit.index(2, operands.len()) else { return word };
    let (bits, shift) = match operands[position].1 {
        Place::Aux => (8, 8),
        Place::A => (16, 16),
        Place::B => (16, 32),
        Place::C => (16, 48),
        Place::Imm => (32, 32),
    };
    let mask = ((1_u64 << bits) - 1) << shift;
    word & !mask | (edit.number(3) << shift) & mask
}

/// The code of some operation.
fn opcode(number: u64) -> u64 {
    let count = op_rows().count() as u64;
    op_rows().nth((number % count) as usize).expect("reduced to what there is").op as u64
}

/// A code object and all inside it, outer ones first.
fn code_objects(heap: &Heap, code: Word) -> Vec<Word> {
    let mut found = vec![code];
    let mut next = 0;
    while next < found.len() {
        let view = CodeView::of(heap, found[next]);
        let constants = (0..view.constants).map(|index| view.constant(heap, index));
        found.extend(constants.filter(|&word| heap.kind_of(word) == Some(Kind::Code)));
        next += 1;
    }
    found
}

fn edit_code(heap: &mut Heap, codes: &[Word], edit: &Edit) {
    let Some(chosen) = edit.index(0, codes.len()) else { return };
    let code = codes[chosen];
    let view = CodeView::of(heap, code);
    let Some(at) = edit.index(1, view.instructions) else { return };
    let words = view.words(heap);
    let changed = match edit.verb.as_str() {
        "installed-operand" => with_operand(words[at], edit),
        "installed-word" => edit.number(2),
        "installed-copy" => words[edit.index(2, words.len()).expect("there are words")],
        "shape" => {
            // One of the four 16-bit parts: required, optional and rest, frame, captures.
            let shift = edit.number(1) % 4 * 16;
            let shape = heap.raw(code, body::Code::SHAPE);
            let shape = shape & !(0xffff << shift) | (edit.number(2) & 0xffff) << shift;
            return heap.set_raw(code, body::Code::SHAPE, shape);
        }
        _ => return,
    };
    heap.set_raw(code, body::Code::FIELDS + at, changed);
}
