//! From bytecode to machine code: one template for each instruction, one after the other.
//!
//! Machine code works on the frames of the interpreter and keeps nothing anywhere else between two
//! instructions, so it can be entered at the start of its code object, at every return point and at every
//! target of a jump backwards, and be left before every instruction. A template is the fast path of its
//! instruction; what does not fit goes to the interpreter's handler for that same instruction, with nothing
//! changed, and comes back at the next call, return or jump backwards.
//!
//! Registers: `rbx` base, `r12` the machine, `r13` the heap's base, `r14` the table of entries, `r15` the
//! machine code's base, `rbp` the handlers' table. All others are free within a template.

use std::sync::Arc;

use pscheme_heap::kind::body;
use pscheme_heap::word::Word;

use super::assembler::{Assembler, Label, R15, RAX, RDI, at};
use super::stubs::Stubs;
use super::template;
use crate::op::{Control, Op, field};
use crate::primitive::PrimitiveSet;

/// Addresses that machine code of one machine has in it.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub heap: u64,
    /// The first byte of the cards' table, and of that of their blocks.
    pub cards: u64,
    pub blocks: u64,
    /// The function that carries out primitives.
    pub primitive: u64,
    /// The rows that it is handed.
    pub primitives: Arc<PrimitiveSet>,
    /// Where the shared pieces lie, from the machine code's base.
    pub stubs: Stubs,
}

/// A code object as it was when its translation was asked for.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Offset of the code object in the heap.
    pub offset: u64,
    pub hash: [u64; 4],
    pub words: Vec<u64>,
    /// The constants as they were: of those that can move only the place is used.
    pub constants: Vec<Word>,
    /// Code objects among the constants, which do not move, with their shapes.
    pub shapes: Vec<(Word, u64)>,
}

impl Source {
    /// The offset in the heap of instruction or constant `index`.
    pub(super) fn offset_of(&self, index: usize) -> u64 {
        self.offset + body::Code::TAIL_BYTES + index as u64 * 8
    }
}

/// Machine code that is not in its place yet; it can lie anywhere.
#[derive(Debug)]
pub(super) struct Translation {
    /// Offset and size of the code object.
    pub offset: u64,
    pub code_bytes: u64,
    pub bytes: Vec<u8>,
    /// Where it can be entered: offsets of instructions in the heap, and of their machine code in `bytes`.
    pub entries: Vec<(u64, usize)>,
}

/// The instruction being translated.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub index: usize,
    pub word: u64,
}

impl At {
    pub(super) fn a(self) -> usize {
        field::a(self.word)
    }
    pub(super) fn b(self) -> usize {
        field::b(self.word)
    }
    pub(super) fn c(self) -> usize {
        field::c(self.word)
    }
    pub(super) fn count(self) -> usize {
        field::aux(self.word)
    }
}

/// A translation under way.
pub(super) struct Translator<'a> {
    pub code: Assembler,
    pub source: &'a Source,
    pub addresses: &'a Addresses,
    /// Of each instruction's machine code.
    labels: Vec<Label>,
    /// Where the interpreter takes over the present instruction, once something leaves there.
    leave: Option<Label>,
    /// Instructions at which machine code can be entered.
    entries: Vec<usize>,
}

/// Translates a whole code object.
pub(super) fn translate(source: &Source, addresses: &Addresses) -> Translation {
    let mut code = Assembler::default();
    let labels = source.words.iter().map(|_| code.label()).collect();
    let mut translator =
        Translator { code, source, addresses, labels, leave: None, entries: vec![0] };
    translator.all();
    let Translator { code, labels, mut entries, .. } = translator;
    entries.sort_unstable();
    entries.dedup();
    let entry = |index: usize| (source.offset_of(index), code.place_of(labels[index]));
    let entries = entries.into_iter().map(entry).collect();
    let code_bytes = body::Code::TAIL_BYTES + source.words.len() as u64 * 8;
    Translation { offset: source.offset, code_bytes, bytes: code.finish(), entries }
}

macro_rules! define_dispatch {
    ($( $(#[doc = $doc:literal])+ $code:literal $snake:ident $name:ident $control:ident [$($flag:ident)*]
        { $($operand:ident : $place:ident $kind:ident),* }; )*) => {
        fn one(translator: &mut Translator, op: Op, at: At) {
            match op { $( Op::$name => template::$snake(translator, at), )* }
        }
    };
}
crate::for_each_op!(define_dispatch);

impl Translator<'_> {
    fn all(&mut self) {
        let mut index = 0;
        while index < self.source.words.len() {
            let word = self.source.words[index];
            self.code.place(self.labels[index]);
            self.leave = None;
            let op = Op::from_code(field::op(word)).expect("installed code was verified");
            one(self, op, At { index, word });
            if op.row().control == Control::Call {
                // The word behind a call is data; control comes back behind that.
                index += 1;
                self.code.place(self.labels[index]);
                self.entries.push(index + 1);
            }
            index += 1;
        }
    }

    /// What `write` adds is put behind everything that is not, because it rarely runs.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut Self)) {
        let before = self.code.begin_aside();
        write(self);
        self.code.end_aside(before);
    }

    /// Where the interpreter takes over instruction `at`, which has changed nothing.
    pub(super) fn leave(&mut self, at: At) -> Label {
        if let Some(label) = self.leave {
            return label;
        }
        let label = self.code.label();
        let next = self.addresses.heap + self.source.offset_of(at.index + 1);
        let stub = self.addresses.stubs.leave;
        self.code.aside(|code| {
            code.place(label);
            code.set(RDI, next);
            jump_to_stub(code, stub);
        });
        self.leave = Some(label);
        label
    }

    /// The instruction that a jump of `distance` words goes to.
    pub(super) fn target(&mut self, at: At, distance: i64) -> Label {
        self.labels[self.target_index(at, distance)]
    }

    /// The target of a jump backwards, at which machine code can be entered.
    pub(super) fn loop_target(&mut self, at: At, distance: i64) -> Label {
        let index = self.target_index(at, distance);
        self.entries.push(index);
        self.labels[index]
    }

    fn target_index(&self, at: At, distance: i64) -> usize {
        usize::try_from(at.index as i64 + 1 + distance).expect("verified jumps stay in their code")
    }

    /// The offset in the heap of the constant that an immediate names, and what it was.
    pub(super) fn constant(&self, at: At) -> (u64, Word) {
        let index = self.target_index(at, field::imm(at.word));
        (self.source.offset_of(index), self.source.constants[index - self.source.words.len()])
    }
}

/// Goes to a piece of code that all share; `rax` is lost.
pub(super) fn jump_to_stub(code: &mut Assembler, stub: i32) {
    code.address(RAX, at(R15, stub));
    code.jump_to(cranelift_assembler_x64::GprMem::Gpr(RAX));
}
