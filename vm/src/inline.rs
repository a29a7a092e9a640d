//! What the compiler may put in place of a call: the names that are opcodes, the interface to the
//! table of primitives, and the encodings of words that stand in instructions.
//!
//! The compiler reads this module and, for the values of numbers, `number`; nothing else of the
//! machine's inside. A row below says how a
//! call of a global name becomes instructions while the program leaves the name alone; the
//! procedure object of the same name stands in the global cell for every other use. Names that call
//! back (`apply`, `map`, `call/cc`, …) are never here.

use crate::op::Op;

/// The primitives a compiler may call with the `primitive` instruction.
pub trait PrimitiveTable {
    /// The primitive of this name, or `None` if calls of it go through its global cell.
    fn signature(&self, name: &str) -> Option<PrimitiveSignature>;
}

/// How a primitive is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrimitiveSignature {
    /// The operand of the `primitive` instruction.
    pub code: u32,
    pub minimum: u8,
    /// `None` if there is no upper bound.
    pub maximum: Option<u8>,
}

impl PrimitiveSignature {
    /// Whether a call with this many arguments is correct.
    pub fn accepts(&self, count: usize) -> bool {
        count >= self.minimum as usize && self.maximum.is_none_or(|most| count <= most as usize)
    }
}

/// How a call of an opcode-backed name becomes instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlineForm {
    /// One instruction; the arguments are its sources in order.
    Operation(Op),
    /// `(f a b c)` is `(op (op a b) c)`.
    LeftFold(Op),
    /// Every neighbouring pair of arguments is in the relation; `swapped` exchanges the two
    /// operands after both were evaluated from left to right.
    Comparison { op: Op, swapped: bool },
    /// A comparison of the only argument with exact zero.
    ComparisonWithZero { op: Op, swapped: bool },
    /// One-operand instructions, applied from the first to the last.
    Path(&'static [Op]),
}

/// One row: a global name whose calls may become instructions.
#[derive(Clone, Copy, Debug)]
pub struct InlineRow {
    /// The first of its codes in instructions (`written.rs`). These reach the disk: they are never
    /// renumbered.
    pub code: u8,
    pub name: &'static str,
    pub minimum: u8,
    /// Calls with more arguments are left to the procedure.
    pub maximum: u8,
    pub form: InlineForm,
    pub doc: &'static str,
}

macro_rules! inline_rows {
    ($( $(#[doc = $doc:literal])+
        $code:literal $name:literal $minimum:literal $maximum:expr => $form:expr; )*) => {
        /// All opcode-backed names.
        pub const INLINE_ROWS: &[InlineRow] = &[ $( InlineRow {
            code: $code,
            name: $name,
            minimum: $minimum,
            maximum: $maximum,
            form: $form,
            doc: concat!($($doc, "\n"),+),
        }, )* ];
    };
}

/// Arguments that a folded call may have: what a code has room for.
pub const FOLDED_ARGUMENTS_MAX: u8 = 9;

use InlineForm::{Comparison, ComparisonWithZero, LeftFold, Operation, Path};

inline_rows! {
    // Arithmetic. One argument alone is left to the procedure, which checks that it is a number.

    /// Sum; with a small constant it is `add_int`.
    0x10 "+" 2 FOLDED_ARGUMENTS_MAX => LeftFold(Op::Add);
    /// Difference; minus a small constant is `add_int`.
    0x20 "-" 2 FOLDED_ARGUMENTS_MAX => LeftFold(Op::Subtract);
    /// Product.
    0x30 "*" 2 FOLDED_ARGUMENTS_MAX => LeftFold(Op::Multiply);
    /// Truncated quotient.
    0x90 "quotient" 2 2 => Operation(Op::Quotient);
    /// Truncated quotient, by its R7RS name.
    0x91 "truncate-quotient" 2 2 => Operation(Op::Quotient);
    /// Truncated remainder.
    0x92 "remainder" 2 2 => Operation(Op::Remainder);
    /// Truncated remainder, by its R7RS name.
    0x93 "truncate-remainder" 2 2 => Operation(Op::Remainder);
    /// Floored remainder.
    0x94 "modulo" 2 2 => Operation(Op::Modulo);
    /// Floored remainder, by its R7RS name.
    0x95 "floor-remainder" 2 2 => Operation(Op::Modulo);

    // Comparisons of numbers.

    /// Ascending.
    0x40 "<" 2 FOLDED_ARGUMENTS_MAX => Comparison { op: Op::Less, swapped: false };
    /// Descending.
    0x50 ">" 2 FOLDED_ARGUMENTS_MAX => Comparison { op: Op::Less, swapped: true };
    /// Not descending.
    0x60 "<=" 2 FOLDED_ARGUMENTS_MAX => Comparison { op: Op::LessEqual, swapped: false };
    /// Not ascending.
    0x70 ">=" 2 FOLDED_ARGUMENTS_MAX => Comparison { op: Op::LessEqual, swapped: true };
    /// Equal as numbers.
    0x80 "=" 2 FOLDED_ARGUMENTS_MAX => Comparison { op: Op::NumberEqual, swapped: false };
    /// Equal to zero.
    0x96 "zero?" 1 1 => ComparisonWithZero { op: Op::NumberEqual, swapped: false };
    /// Above zero.
    0x97 "positive?" 1 1 => ComparisonWithZero { op: Op::Less, swapped: true };
    /// Below zero.
    0x98 "negative?" 1 1 => ComparisonWithZero { op: Op::Less, swapped: false };

    // Predicates.

    /// Identical words.
    0x99 "eq?" 2 2 => Operation(Op::Eq);
    /// Is it `#f`?
    0x9a "not" 1 1 => Operation(Op::Not);
    /// Is it the empty list?
    0x9b "null?" 1 1 => Operation(Op::IsNull);
    /// Is it a pair?
    0x9c "pair?" 1 1 => Operation(Op::IsPair);

    /// Can it be called?
    0xae "procedure?" 1 1 => Operation(Op::IsProcedure);

    // What the patterns of `recv` become: under names that programs leave alone.

    /// Is it a pair?
    0x9d "%pair?" 1 1 => Operation(Op::IsPair);
    /// The car of a pair.
    0x9e "%head" 1 1 => Operation(Op::Car);
    /// The cdr of a pair.
    0x9f "%tail" 1 1 => Operation(Op::Cdr);

    // Pairs and vectors.

    /// A new pair.
    0xa0 "cons" 2 2 => Operation(Op::Cons);
    /// The car of a pair.
    0xa1 "car" 1 1 => Operation(Op::Car);
    /// The cdr of a pair.
    0xa2 "cdr" 1 1 => Operation(Op::Cdr);
    /// The car of the car.
    0xa3 "caar" 1 1 => Path(&[Op::Car, Op::Car]);
    /// The car of the cdr.
    0xa4 "cadr" 1 1 => Path(&[Op::Cdr, Op::Car]);
    /// The cdr of the car.
    0xa5 "cdar" 1 1 => Path(&[Op::Car, Op::Cdr]);
    /// The cdr of the cdr.
    0xa6 "cddr" 1 1 => Path(&[Op::Cdr, Op::Cdr]);
    /// The third element of a list.
    0xa7 "caddr" 1 1 => Path(&[Op::Cdr, Op::Cdr, Op::Car]);
    /// What follows the third element of a list.
    0xa8 "cdddr" 1 1 => Path(&[Op::Cdr, Op::Cdr, Op::Cdr]);
    /// The fourth element of a list.
    0xa9 "cadddr" 1 1 => Path(&[Op::Cdr, Op::Cdr, Op::Cdr, Op::Car]);
    /// Assign the car of a pair.
    0xaa "set-car!" 2 2 => Operation(Op::SetCar);
    /// Assign the cdr of a pair.
    0xab "set-cdr!" 2 2 => Operation(Op::SetCdr);
    /// An element of a vector.
    0xac "vector-ref" 2 2 => Operation(Op::VectorReference);
    /// Assign an element of a vector.
    0xad "vector-set!" 3 3 => Operation(Op::VectorSet);
}

impl InlineRow {
    /// Whether a call with this many arguments may become instructions.
    pub fn accepts(&self, count: usize) -> bool {
        (self.minimum as usize..=self.maximum as usize).contains(&count)
    }

    /// How many codes belong to the row, from its own on: pairs of neighbouring arguments in both
    /// orders where calls are folded.
    pub fn codes(&self) -> u8 {
        match self.form {
            LeftFold(_) | Comparison { .. } => 2 * (self.maximum - 1),
            _ => 1,
        }
    }
}

/// The row of an opcode-backed name.
pub fn inline_row(name: &str) -> Option<&'static InlineRow> {
    INLINE_ROWS.iter().find(|row| row.name == name)
}

/// Low bits of an immediate word.
const IMMEDIATE_TAG: u64 = 0b101;

const fn immediate(kind: u64, payload: u64) -> u64 {
    payload << 8 | kind << 3 | IMMEDIATE_TAG
}

/// `#f`.
pub const IMMEDIATE_FALSE: u64 = immediate(0, 0);
/// `#t`.
pub const IMMEDIATE_TRUE: u64 = immediate(1, 0);
/// The empty list.
pub const IMMEDIATE_NULL: u64 = immediate(2, 0);
/// The end-of-file object.
pub const IMMEDIATE_EOF: u64 = immediate(3, 0);
/// The value of expressions that have none.
pub const IMMEDIATE_UNSPECIFIED: u64 = immediate(4, 0);
/// The mark of a variable without a value.
pub const IMMEDIATE_UNBOUND: u64 = immediate(5, 0);
/// The mark of a register that is not live.
pub const IMMEDIATE_DEAD: u64 = immediate(6, 0);

/// The word of a character.
pub const fn character_word(character: char) -> u64 {
    immediate(7, character as u64)
}

/// Least integer that is a fixnum.
pub const FIXNUM_MIN: i64 = -(1 << 60);
/// Greatest integer that is a fixnum.
pub const FIXNUM_MAX: i64 = (1 << 60) - 1;

/// The word of a fixnum in `FIXNUM_MIN..=FIXNUM_MAX`.
pub const fn fixnum_word(integer: i64) -> u64 {
    assert!(integer >= FIXNUM_MIN && integer <= FIXNUM_MAX);
    (integer << 3) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OperandKind;

    fn sources(op: Op) -> usize {
        op.row().operands.iter().filter(|(_, _, kind)| *kind == OperandKind::Source).count()
    }

    #[test]
    fn rows_agree_with_the_instructions_they_become() {
        for row in INLINE_ROWS {
            match row.form {
                Operation(op) => assert_eq!(sources(op), row.minimum as usize, "{}", row.name),
                LeftFold(op) | Comparison { op, .. } | ComparisonWithZero { op, .. } => {
                    assert_eq!(sources(op), 2, "{}", row.name);
                }
                Path(ops) => assert!(ops.iter().all(|op| sources(*op) == 1), "{}", row.name),
            }
            let same = INLINE_ROWS.iter().filter(|other| other.name == row.name).count();
            assert_eq!(same, 1, "{} has one row", row.name);
            let codes = |row: &InlineRow| row.code..=row.code + (row.codes() - 1);
            let shared = INLINE_ROWS.iter().filter(|other| {
                codes(row).contains(&other.code) || codes(other).contains(&row.code)
            });
            assert_eq!(shared.count(), 1, "{} has codes of its own", row.name);
            assert_ne!(row.code, 0, "0 stands for the instruction itself");
        }
    }

    #[test]
    fn immediates_have_the_documented_words() {
        assert_eq!(IMMEDIATE_FALSE, 0b101);
        assert_eq!(IMMEDIATE_TRUE, 0b1101);
        assert_eq!(character_word('A'), 0x41 << 8 | 0b111_101);
        assert_eq!(fixnum_word(-1), u64::MAX << 3);
    }
}
