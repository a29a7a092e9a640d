//! Code the machine itself brings: the frame below every stack, and the procedures whose body is an
//! instruction no program can write.

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::code::{Arity, CodeUnit};
use crate::install::InstallContext;
use crate::machine::Vm;
use crate::op::{Op, ReturnPoint, encode};

fn unit(name: &str, required: u16, frame_words: u16, instructions: &[(Op, &[i64])]) -> CodeUnit {
    CodeUnit {
        name: name.into(),
        arity: Arity { required, optional: 0, rest: false },
        captures: 0,
        frame_words,
        instructions: instructions
            .iter()
            .map(|(op, operands)| encode(*op, operands).expect("built-in operands fit"))
            .collect(),
        constants: Vec::new(),
        spans: Vec::new(),
        variables: Vec::new(),
    }
}

/// Procedures of the machine, by the name of their global cell.
fn procedures() -> Vec<CodeUnit> {
    vec![
        unit("%apply", 2, 4, &[(Op::Apply, &[2, 3])]),
        unit(
            "%call/cc",
            1,
            6,
            &[(Op::Move, &[3, 2]), (Op::Capture, &[5]), (Op::TailCall, &[1, 3])],
        ),
        unit("%throw", 2, 4, &[(Op::Throw, &[2, 3])]),
    ]
}

/// The instructions of the frame below every stack. Stacks return to the third one, behind a return point
/// of a frame without registers of its own.
pub(crate) fn underflow_instructions() -> [u64; 3] {
    let underflow = encode(Op::Underflow, &[]).expect("no operands");
    let distance = body::Code::FIELDS + 1 + 2;
    let point = ReturnPoint { shift: 0, distance, live: crate::op::LiveMask::Short(0) };
    [underflow, point.encode(), underflow]
}

impl Vm {
    /// Gives an empty heap what the machine cannot do without.
    ///
    /// # Errors
    /// What the verifier says of built-in code.
    pub fn boot(&mut self) -> Result<(), String> {
        let data = self.heap.protect(Word::FALSE);
        let context = InstallContext { data, sources: &[], templates: &[] };
        let result = self.boot_with(context);
        self.heap.unprotect(data);
        result
    }

    fn boot_with(&mut self, context: InstallContext<'_>) -> Result<(), String> {
        let mut below = unit("underflow", 0, 2, &[]);
        below.instructions = underflow_instructions().to_vec();
        let code = self.install(&below, context)?;
        self.heap.set_root(Root::UnderflowCode, code);
        for unit in procedures() {
            let code = self.install(&unit, context)?;
            let place = self.heap.protect(code);
            let closure = self.closure_of(code);
            self.heap.set_protected(place, closure);
            self.define(&unit.name, place);
            self.heap.unprotect(place);
        }
        let rows: Vec<_> = self.machine.primitives.clone().rows().collect();
        for row in rows {
            self.heap.ensure_room(16, &mut self.machine);
            let primitive = self.heap.object(Kind::Primitive, 0, body::Primitive::FIELDS);
            self.heap.set_raw(primitive, body::Primitive::CODE, u64::from(row.code));
            let place = self.heap.protect(primitive);
            self.define(row.name, place);
            self.heap.unprotect(place);
        }
        Ok(())
    }

    /// A closure of code that captures nothing.
    pub fn closure_of(&mut self, code: Word) -> Word {
        self.heap.ensure_room(16, &mut self.machine);
        let shape = self.heap.raw(code, body::Code::SHAPE);
        let aux = crate::engine::hot::closure_aux(shape);
        let closure = self.heap.object(Kind::Closure, aux, body::Closure::FIELDS);
        self.heap.set_field(closure, body::Closure::CODE, code);
        closure
    }

    /// Gives the global variable `name` the protected value.
    pub fn define(&mut self, name: &str, value: pscheme_heap::heap::Protected) {
        let symbol = self.heap.intern(name, &mut self.machine);
        let cell = self.heap.global_cell(symbol, &mut self.machine);
        self.heap.set_field(cell, body::Cell::CONTENT, self.heap.protected(value));
    }

    /// The value of the global variable `name`, if it has one.
    pub fn global(&mut self, name: &str) -> Option<Word> {
        let symbol = self.heap.intern(name, &mut self.machine);
        let cell = self.heap.find_global(symbol)?;
        Some(self.heap.field(cell, body::Cell::CONTENT)).filter(|&value| value != Word::UNBOUND)
    }
}
