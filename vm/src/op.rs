//! The instruction set: one table from which the enum, encoder, decoder, disassembler, verifier,
//! liveness analysis, both engines and the generated reference come.
//!
//! An instruction is one 64-bit word, fields from the low bits up:
//!
//! ```text
//! op:8 aux:8 a:16 b:16 c:16          three 16-bit operands
//! op:8 aux:8 a:16 imm:32             one operand and a 32-bit immediate (b and c together)
//! ```
//!
//! Where no operand stands in `aux`, it says how the call was written (`written.rs`).
//!
//! Registers are words relative to the frame's base: 0 the closure or any register and later the
//! result, 1 the link, 2 and up the arguments, then locals. Jumps count words from the word after
//! the jump; constants are addressed the same way, relative to the word after the instruction.
//!
//! To add an opcode, add a row here, a handler in `engine/ops.rs` (a missing one does not compile),
//! and run `cargo xtask docs`. Codes reach the disk: they are never renumbered.

use crate::written::Written;

/// Register operands and immediates as they lie in an instruction word.
pub mod field {
    #[inline(always)]
    pub const fn op(instruction: u64) -> u8 {
        instruction as u8
    }
    #[inline(always)]
    pub const fn aux(instruction: u64) -> usize {
        (instruction >> 8) as u8 as usize
    }
    #[inline(always)]
    pub const fn a(instruction: u64) -> usize {
        (instruction >> 16) as u16 as usize
    }
    #[inline(always)]
    pub const fn b(instruction: u64) -> usize {
        (instruction >> 32) as u16 as usize
    }
    #[inline(always)]
    pub const fn c(instruction: u64) -> usize {
        (instruction >> 48) as usize
    }
    #[inline(always)]
    pub const fn b_signed(instruction: u64) -> i64 {
        (instruction >> 32) as i16 as i64
    }
    #[inline(always)]
    pub const fn c_signed(instruction: u64) -> i64 {
        (instruction as i64) >> 48
    }
    #[inline(always)]
    pub const fn imm(instruction: u64) -> i64 {
        (instruction as i64) >> 32
    }
}

/// What an operand means: where it lies, how it prints, and what it does to registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandKind {
    /// A register that is read.
    Source,
    /// A register that is written.
    Target,
    /// The first register of a call window: the procedure, then the link, then `aux` arguments.
    /// Registers from here up are lost; the result arrives in the window's first register.
    CallWindow,
    /// As `CallWindow`, but the caller's frame ends here.
    TailWindow,
    /// The first of `aux` argument registers of a primitive; receives the result. Registers
    /// above the arguments are kept.
    PrimitiveWindow,
    /// Holds a code object, followed by `b` captured values; receives the closure.
    CaptureWindow,
    /// A count of arguments or captured values, or an index into a closure.
    Count,
    /// A signed 16-bit integer.
    Int16,
    /// A fixnum or immediate word that fits 32 bits, sign-extended.
    Word32,
    /// A jump of up to 32,767 words either way.
    Jump16,
    /// A jump of up to 2^31 words either way.
    Jump32,
    /// A constant of this code object: distance in words from the next instruction.
    Constant,
    /// The code of a primitive.
    Primitive,
}

/// The place of an operand in the instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Aux,
    A,
    B,
    C,
    Imm,
}

/// How control goes on after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// To the next word.
    Next,
    /// To the jump's target only.
    Jump,
    /// To the next word or to the jump's target.
    Branch,
    /// A call: a return-point word follows; control comes back after it.
    Call,
    /// Does not go on in this code object.
    Leave,
    /// Not an instruction: a data word that control must never reach.
    Data,
}

/// One row of the table.
#[derive(Debug)]
pub struct OpRow {
    pub op: Op,
    pub mnemonic: &'static str,
    pub control: Control,
    pub operands: &'static [(&'static str, Place, OperandKind)],
    /// Reads register 0 besides its operands.
    pub reads_closure: bool,
    pub doc: &'static str,
}

/// Expands `$callback!` with every row of the instruction set.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => { $callback! {
    /// Stop with an error: no valid code contains it, and zeroed memory reads as it.
    0x00 trap Trap Leave [] {};

    // Moves and constants.
    /// `target` := `source`.
    0x01 move_ Move Next [] { target: A Target, source: B Source };
    /// `target` := the sign-extended 32-bit word (a small fixnum or an immediate).
    0x02 load_word LoadWord Next [] { target: A Target, word: Imm Word32 };
    /// `target` := a constant of this code object.
    0x03 load_constant LoadConstant Next [] { target: A Target, constant: Imm Constant };
    /// `target` := the value of a global cell; an error if it is unbound.
    0x04 global_reference GlobalReference Next [] { target: A Target, cell: Imm Constant };
    /// Assign a global cell; an error if it is unbound.
    0x05 global_set GlobalSet Next [] { source: A Source, cell: Imm Constant };
    /// Give a global cell a value, bound before or not.
    0x06 global_define GlobalDefine Next [] { source: A Source, cell: Imm Constant };

    // Closures and assigned variables.
    /// `window` := a closure of the code object in `window` over the `count` values after it.
    0x08 make_closure MakeClosure Next [] { window: A CaptureWindow, count: B Count };
    /// `target` := captured value `index` of the running closure.
    0x09 closure_reference ClosureReference Next [reads_closure] { target: A Target, index: B Count };
    /// Captured value `index` of the closure in `closure` := `source` (ties mutually recursive closures).
    0x0a closure_patch ClosurePatch Next [] { closure: A Source, index: B Count, source: C Source };
    /// `target` := a new box (an assigned variable) holding `source`.
    0x0b make_box MakeBox Next [] { target: A Target, source: B Source };
    /// `target` := the content of a box.
    0x0c box_reference BoxReference Next [] { target: A Target, source: B Source };
    /// As `box_reference`, but an error if the variable is not initialised.
    0x0d box_reference_checked BoxReferenceChecked Next [] { target: A Target, source: B Source };
    /// The content of the box in `target` := `source`.
    0x0e box_set BoxSet Next [] { target: A Source, source: B Source };

    // Arithmetic on all numbers, fast on fixnums and immediate flonums.
    /// `target` := `left` + `right`.
    0x10 add Add Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `left` - `right`.
    0x11 subtract Subtract Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `left` * `right`.
    0x12 multiply Multiply Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `left` + an exact integer.
    0x13 add_int AddInt Next [] { target: A Target, left: B Source, integer: C Int16 };
    /// `target` := truncated quotient.
    0x14 quotient Quotient Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := truncated remainder.
    0x15 remainder Remainder Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := floored remainder.
    0x16 modulo Modulo Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `#t` if `left` < `right`, else `#f`.
    0x18 less Less Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `#t` if `left` <= `right`, else `#f`.
    0x19 less_equal LessEqual Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `#t` if `left` = `right` as numbers, else `#f`.
    0x1a number_equal NumberEqual Next [] { target: A Target, left: B Source, right: C Source };

    // Predicates and data.
    /// `target` := `#t` if both words are identical.
    0x1c eq Eq Next [] { target: A Target, left: B Source, right: C Source };
    /// `target` := `#t` if `source` is `#f`.
    0x1d not Not Next [] { target: A Target, source: B Source };
    /// `target` := `#t` if `source` is the empty list.
    0x1e is_null IsNull Next [] { target: A Target, source: B Source };
    /// `target` := `#t` if `source` is a pair.
    0x1f is_pair IsPair Next [] { target: A Target, source: B Source };
    /// `target` := a new pair.
    0x20 cons Cons Next [] { target: A Target, head: B Source, tail: C Source };
    /// `target` := the car of a pair.
    0x21 car Car Next [] { target: A Target, source: B Source };
    /// `target` := the cdr of a pair.
    0x22 cdr Cdr Next [] { target: A Target, source: B Source };
    /// The car of `pair` := `source`.
    0x23 set_car SetCar Next [] { pair: A Source, source: B Source };
    /// The cdr of `pair` := `source`.
    0x24 set_cdr SetCdr Next [] { pair: A Source, source: B Source };
    /// `target` := element `index` of a vector.
    0x25 vector_reference VectorReference Next [] { target: A Target, vector: B Source, index: C Source };
    /// Element `index` of `vector` := `source`.
    0x26 vector_set VectorSet Next [] { vector: A Source, index: B Source, source: C Source };
    /// `target` := `#t` if `source` is a procedure: a closure, a primitive or a continuation.
    0x27 is_procedure IsProcedure Next [] { target: A Target, source: B Source };

    // Jumps. `loop` is the back-edge: it counts one unit of work.
    /// Go on at `offset`.
    0x30 jump Jump Jump [] { offset: Imm Jump32 };
    /// Go on at `offset`, counting one unit of work: every jump backwards is this one.
    0x31 loop_ Loop Jump [] { offset: Imm Jump32 };
    /// Jump if `source` is `#f`.
    0x32 jump_if_false JumpIfFalse Branch [] { source: A Source, offset: Imm Jump32 };
    /// Jump unless `source` is `#f`.
    0x33 jump_if_true JumpIfTrue Branch [] { source: A Source, offset: Imm Jump32 };
    /// Jump unless `left` < `right`.
    0x34 jump_unless_less JumpUnlessLess Branch [] { left: A Source, right: B Source, offset: C Jump16 };
    /// Jump unless `left` <= `right`.
    0x35 jump_unless_less_equal JumpUnlessLessEqual Branch [] { left: A Source, right: B Source, offset: C Jump16 };
    /// Jump unless `left` = `right` as numbers.
    0x36 jump_unless_number_equal JumpUnlessNumberEqual Branch [] { left: A Source, right: B Source, offset: C Jump16 };
    /// Jump unless `left` < the integer.
    0x37 jump_unless_less_int JumpUnlessLessInt Branch [] { left: A Source, integer: B Int16, offset: C Jump16 };
    /// Jump unless `left` > the integer.
    0x38 jump_unless_greater_int JumpUnlessGreaterInt Branch [] { left: A Source, integer: B Int16, offset: C Jump16 };
    /// Jump unless `left` = the integer.
    0x39 jump_unless_equal_int JumpUnlessEqualInt Branch [] { left: A Source, integer: B Int16, offset: C Jump16 };
    /// Jump unless the words are identical.
    0x3c jump_unless_eq JumpUnlessEq Branch [] { left: A Source, right: B Source, offset: C Jump16 };
    /// Jump unless `source` is the empty list.
    0x3d jump_unless_null JumpUnlessNull Branch [] { source: A Source, offset: Imm Jump32 };
    /// Jump unless `source` is a pair.
    0x3e jump_unless_pair JumpUnlessPair Branch [] { source: A Source, offset: Imm Jump32 };

    // Calls. A return-point word follows `call` and `call_global`.
    /// Call the procedure in `window` with `count` arguments; counts one unit of work.
    0x40 call Call Call [] { count: Aux Count, window: A CallWindow };
    /// Call the value of a global cell: the cell's value is put into `window` first.
    0x41 call_global CallGlobal Call [] { count: Aux Count, window: A CallWindow, cell: Imm Constant };
    /// Call in place of this frame; counts one unit of work.
    0x42 tail_call TailCall Leave [] { count: Aux Count, window: A TailWindow };
    /// Call the value of a global cell in place of this frame.
    0x43 tail_call_global TailCallGlobal Leave [] { count: Aux Count, window: A TailWindow, cell: Imm Constant };
    /// Return `source` to the caller.
    0x44 return_ Return Leave [] { source: A Source };
    /// Data before each return point: distance to the start of the code object, window shift and
    /// live registers of the frame that waits there.
    0x45 return_point ReturnPoint Data [] {};
    /// `window` := the primitive applied to `count` arguments from `window` on.
    0x46 primitive Primitive Next [] { count: Aux Count, window: A PrimitiveWindow, primitive: Imm Primitive };
    /// Tail-call the procedure in register `window` with the elements of the list in `window` + 2.
    0x47 apply Apply Leave [] { procedure: A Source, list: B Source };

    // Continuations; only in the code of built-in procedures.
    /// Seal the frames below this one and put their continuation into `target`.
    0x48 capture Capture Next [] { target: A Target };
    /// Replace the process's continuation by the one in `continuation`, and return `source` to it.
    0x49 throw Throw Leave [] { continuation: A Source, source: B Source };
    /// The frame below the stack's bottom: copy sealed frames back and return register 0 to them.
    0x4a underflow Underflow Leave [reads_closure] {};
    } };
}

macro_rules! define_ops {
    ($( $(#[doc = $doc:literal])+ $code:literal $snake:ident $name:ident $control:ident [$($flag:ident)*]
        { $($operand:ident : $place:ident $kind:ident),* }; )*) => {
        /// An operation code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $( $(#[doc = $doc])+ $name = $code, )* }

        impl Op {
            /// The operation with this code, or `None` where no row has it.
            pub const fn from_code(code: u8) -> Option<Op> {
                match code { $( $code => Some(Op::$name), )* _ => None }
            }

            /// This operation's row of the table.
            pub fn row(self) -> &'static OpRow {
                match self { $( Op::$name => {
                    const ROW: &OpRow = &OpRow {
                        op: Op::$name,
                        mnemonic: stringify!($snake),
                        control: Control::$control,
                        operands: &[ $( (stringify!($operand), Place::$place, OperandKind::$kind), )* ],
                        reads_closure: define_ops!(@closure $($flag)*),
                        doc: concat!($($doc, "\n"),+),
                    };
                    ROW
                } )* }
            }
        }

        /// All rows, in the order of their codes.
        pub fn op_rows() -> impl Iterator<Item = &'static OpRow> {
            [ $( Op::$name, )* ].into_iter().map(Op::row)
        }
    };
    (@closure) => { false };
    (@closure reads_closure) => { true };
}
for_each_op!(define_ops);

impl OpRow {
    /// The mnemonic without the underscore that keeps Rust's keywords apart.
    pub fn name(&self) -> &'static str {
        self.mnemonic.trim_end_matches('_')
    }

    /// Whether an operand stands in the field `aux`; where none does, it is how the call was written.
    pub fn uses_aux(&self) -> bool {
        self.operands.iter().any(|(_, place, _)| *place == Place::Aux)
    }

    /// The operand's value in `instruction`, sign-extended where its kind is signed.
    pub fn operand(&self, instruction: u64, index: usize) -> i64 {
        let (_, place, kind) = self.operands[index];
        let signed = matches!(kind, OperandKind::Int16 | OperandKind::Jump16);
        match place {
            Place::Aux => field::aux(instruction) as i64,
            Place::A => field::a(instruction) as i64,
            Place::B if signed => field::b_signed(instruction),
            Place::B => field::b(instruction) as i64,
            Place::C if signed => field::c_signed(instruction),
            Place::C => field::c(instruction) as i64,
            Place::Imm => field::imm(instruction),
        }
    }
}

/// An operand does not fit its place in the instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operand `{operand}` of `{op}` does not fit: {value}")]
pub struct OperandRange {
    pub op: &'static str,
    pub operand: &'static str,
    pub value: i64,
}

/// An instruction that says how the call was written which it is.
///
/// # Panics
/// If the instruction has no room for it.
pub fn with_written(instruction: u64, written: Written) -> u64 {
    let op = Op::from_code(field::op(instruction)).expect("an encoded instruction");
    assert!(!op.row().uses_aux(), "{} counts its operands", op.row().name());
    instruction | u64::from(written.code()) << 8
}

/// Encodes an instruction from its operands, in the order of the row.
///
/// # Errors
/// [`OperandRange`] if a value does not fit its field.
///
/// # Panics
/// If the number of operands is not the row's.
pub fn encode(op: Op, operands: &[i64]) -> Result<u64, OperandRange> {
    let row = op.row();
    assert_eq!(row.operands.len(), operands.len(), "operands of {}", row.name());
    let mut word = op as u64;
    for (&(name, place, kind), &value) in row.operands.iter().zip(operands) {
        let signed = matches!(kind, OperandKind::Int16 | OperandKind::Jump16);
        let (bits, shift) = match place {
            Place::Aux => (8, 8),
            Place::A => (16, 16),
            Place::B => (16, 32),
            Place::C => (16, 48),
            Place::Imm => (32, 32),
        };
        let range = if signed || place == Place::Imm {
            -(1i64 << (bits - 1))..1i64 << (bits - 1)
        } else {
            0..1i64 << bits
        };
        if !range.contains(&value) {
            return Err(OperandRange { op: row.name(), operand: name, value });
        }
        word |= (value as u64 & ((1 << bits) - 1)) << shift;
    }
    Ok(word)
}

/// One instruction as text: mnemonic and operands by name.
pub fn disassemble(instruction: u64) -> String {
    let Some(op) = Op::from_code(field::op(instruction)) else {
        return format!("invalid {instruction:#018x}");
    };
    let row = op.row();
    let mut text = row.name().to_string();
    for (index, (name, _, kind)) in row.operands.iter().enumerate() {
        let value = row.operand(instruction, index);
        let prefix = match kind {
            OperandKind::Source
            | OperandKind::Target
            | OperandKind::CallWindow
            | OperandKind::TailWindow
            | OperandKind::PrimitiveWindow
            | OperandKind::CaptureWindow => "r",
            OperandKind::Jump16 | OperandKind::Jump32 if value >= 0 => "+",
            _ => "",
        };
        text.push_str(&format!(" {name}={prefix}{value}"));
    }
    if !row.uses_aux()
        && let Some(written) = Written::of(instruction).text(op)
    {
        text.push_str(&written);
    }
    text
}

/// Rows of neighbouring registers that one instruction has at most: those of its operands, its closure's, and a window.
const REGISTER_ROWS_MAX: usize = 5;

/// Registers, as rows of neighbours: there is no allocation for each instruction that is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// First and count of each row.
    rows: [(u32, u32); REGISTER_ROWS_MAX],
    row_count: usize,
}

impl Registers {
    fn push(&mut self, register: usize) {
        self.push_row(register, 1);
    }

    fn push_row(&mut self, first: usize, count: usize) {
        self.rows[self.row_count] = (first as u32, count as u32);
        self.row_count += 1;
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        let rows = self.rows[..self.row_count].iter();
        rows.flat_map(|&(first, count)| (first..first + count).map(|register| register as usize))
    }
}

/// The registers an instruction reads, writes and loses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub reads: Registers,
    pub writes: Option<usize>,
    /// Registers from here up hold nothing afterwards.
    pub clobbers_from: Option<usize>,
}

/// The registers `instruction` reads, writes and loses, from its row.
pub fn effects(instruction: u64) -> Effects {
    let mut effects = Effects::default();
    let Some(op) = Op::from_code(field::op(instruction)) else { return effects };
    let row = op.row();
    if row.reads_closure {
        effects.reads.push(0);
    }
    for (index, (_, _, kind)) in row.operands.iter().enumerate() {
        let register = row.operand(instruction, index) as usize;
        let count = field::aux(instruction);
        match kind {
            OperandKind::Source => effects.reads.push(register),
            OperandKind::Target => effects.writes = Some(register),
            OperandKind::CallWindow | OperandKind::TailWindow => {
                let callee_in_cell = matches!(op, Op::CallGlobal | Op::TailCallGlobal);
                if !callee_in_cell {
                    effects.reads.push(register);
                }
                effects.reads.push_row(register + 2, count);
                if *kind == OperandKind::CallWindow {
                    effects.writes = Some(register);
                    effects.clobbers_from = Some(register);
                }
            }
            OperandKind::PrimitiveWindow => {
                effects.reads.push_row(register, count);
                effects.writes = Some(register);
            }
            OperandKind::CaptureWindow => {
                effects.reads.push_row(register, field::b(instruction) + 1);
                effects.writes = Some(register);
            }
            _ => {}
        }
    }
    effects
}

/// Arguments a call instruction can pass; longer lists go through `apply`.
pub const CALL_ARGUMENTS_MAX: usize = 250;

pub use pscheme_heap::frame::{
    CODE_WORDS_MAX, FRAME_WORDS_MAX, Link, LiveMask, ReturnPoint, SHORT_MASK_REGISTERS,
};

const _: () = assert!(Op::ReturnPoint as u8 == pscheme_heap::frame::RETURN_POINT_OPCODE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_encodes_decodes_and_prints() {
        for row in op_rows() {
            assert_eq!(Op::from_code(row.op as u8), Some(row.op));
            let operands: Vec<i64> = (0..row.operands.len() as i64).map(|n| n + 3).collect();
            let word = encode(row.op, &operands).unwrap();
            for (index, value) in operands.iter().enumerate() {
                assert_eq!(row.operand(word, index), *value, "{} operand {index}", row.name());
            }
            assert!(disassemble(word).starts_with(row.name()));
            assert!(!row.doc.trim().is_empty());
        }
    }

    #[test]
    fn negative_operands_survive() {
        let word = encode(Op::AddInt, &[4, 5, -7]).unwrap();
        assert_eq!(Op::AddInt.row().operand(word, 2), -7);
        let word = encode(Op::Loop, &[-100_000]).unwrap();
        assert_eq!(Op::Loop.row().operand(word, 0), -100_000);
    }

    #[test]
    fn operands_out_of_range_are_refused() {
        assert!(encode(Op::AddInt, &[4, 5, 40_000]).is_err());
        assert!(encode(Op::Move, &[70_000, 0]).is_err());
        assert!(encode(Op::Call, &[256, 0]).is_err());
    }
}
