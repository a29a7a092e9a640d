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
    pub name: &'static str,
    pub minimum: u8,
    /// `None` if there is no upper bound.
    pub maximum: Option<u8>,
    pub form: InlineForm,
    pub doc: &'static str,
}

macro_rules! inline_rows {
    ($( $(#[doc = $doc:literal])+
        $name:literal $minimum:literal $maximum:expr => $form:expr; )*) => {
        /// All opcode-backed names.
        pub const INLINE_ROWS: &[InlineRow] = &[ $( InlineRow {
            name: $name,
            minimum: $minimum,
            maximum: $maximum,
            form: $form,
            doc: concat!($($doc, "\n"),+),
        }, )* ];
    };
}

use InlineForm::{Comparison, ComparisonWithZero, LeftFold, Operation, Path};

inline_rows! {
    // Arithmetic. One argument alone is left to the procedure, which checks that it is a number.

    /// Sum; with a small constant it is `add_int`.
    "+" 2 None => LeftFold(Op::Add);
    /// Difference; minus a small constant is `add_int`.
    "-" 2 None => LeftFold(Op::Subtract);
    /// Product.
    "*" 2 None => LeftFold(Op::Multiply);
    /// Truncated quotient.
    "quotient" 2 Some(2) => Operation(Op::Quotient);
    /// Truncated quotient, by its R7RS name.
    "truncate-quotient" 2 Some(2) => Operation(Op::Quotient);
    /// Truncated remainder.
    "remainder" 2 Some(2) => Operation(Op::Remainder);
    /// Truncated remainder, by its R7RS name.
    "truncate-remainder" 2 Some(2) => Operation(Op::Remainder);
    /// Floored remainder.
    "modulo" 2 Some(2) => Operation(Op::Modulo);
    /// Floored remainder, by its R7RS name.
    "floor-remainder" 2 Some(2) => Operation(Op::Modulo);

    // Comparisons of numbers.

    /// Ascending.
    "<" 2 None => Comparison { op: Op::Less, swapped: false };
    /// Descending.
    ">" 2 None => Comparison { op: Op::Less, swapped: true };
    /// Not descending.
    "<=" 2 None => Comparison { op: Op::LessEqual, swapped: false };
    /// Not ascending.
    ">=" 2 None => Comparison { op: Op::LessEqual, swapped: true };
    /// Equal as numbers.
    "=" 2 None => Comparison { op: Op::NumberEqual, swapped: false };
    /// Equal to zero.
    "zero?" 1 Some(1) => ComparisonWithZero { op: Op::NumberEqual, swapped: false };
    /// Above zero.
    "positive?" 1 Some(1) => ComparisonWithZero { op: Op::Less, swapped: true };
    /// Below zero.
    "negative?" 1 Some(1) => ComparisonWithZero { op: Op::Less, swapped: false };

    // Predicates.

    /// Identical words.
    "eq?" 2 Some(2) => Operation(Op::Eq);
    /// Is it `#f`?
    "not" 1 Some(1) => Operation(Op::Not);
    /// Is it the empty list?
    "null?" 1 Some(1) => Operation(Op::IsNull);
    /// Is it a pair?
    "pair?" 1 Some(1) => Operation(Op::IsPair);

    // What the patterns of `recv` become: under names that programs leave alone.

    /// Is it a pair?
    "%pair?" 1 Some(1) => Operation(Op::IsPair);
    /// The car of a pair.
    "%head" 1 Some(1) => Operation(Op::Car);
    /// The cdr of a pair.
    "%tail" 1 Some(1) => Operation(Op::Cdr);

    // Pairs and vectors.

    /// A new pair.
    "cons" 2 Some(2) => Operation(Op::Cons);
    /// The car of a pair.
    "car" 1 Some(1) => Operation(Op::Car);
    /// The cdr of a pair.
    "cdr" 1 Some(1) => Operation(Op::Cdr);
    /// The car of the car.
    "caar" 1 Some(1) => Path(&[Op::Car, Op::Car]);
    /// The car of the cdr.
    "cadr" 1 Some(1) => Path(&[Op::Cdr, Op::Car]);
    /// The cdr of the car.
    "cdar" 1 Some(1) => Path(&[Op::Car, Op::Cdr]);
    /// The cdr of the cdr.
    "cddr" 1 Some(1) => Path(&[Op::Cdr, Op::Cdr]);
    /// The third element of a list.
    "caddr" 1 Some(1) => Path(&[Op::Cdr, Op::Cdr, Op::Car]);
    /// What follows the third element of a list.
    "cdddr" 1 Some(1) => Path(&[Op::Cdr, Op::Cdr, Op::Cdr]);
    /// The fourth element of a list.
    "cadddr" 1 Some(1) => Path(&[Op::Cdr, Op::Cdr, Op::Cdr, Op::Car]);
    /// Assign the car of a pair.
    "set-car!" 2 Some(2) => Operation(Op::SetCar);
    /// Assign the cdr of a pair.
    "set-cdr!" 2 Some(2) => Operation(Op::SetCdr);
    /// An element of a vector.
    "vector-ref" 2 Some(2) => Operation(Op::VectorReference);
    /// Assign an element of a vector.
    "vector-set!" 3 Some(3) => Operation(Op::VectorSet);
}

impl InlineRow {
    /// Whether a call with this many arguments may become instructions.
    pub fn accepts(&self, count: usize) -> bool {
        count >= self.minimum as usize && self.maximum.is_none_or(|most| count <= most as usize)
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
