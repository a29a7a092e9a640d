//! How the call was written that became an instruction. Nothing runs by it: errors of the
//! instruction say it, so that `(> 1 'a)`, which is the instruction `less` with its operands
//! exchanged, speaks of the second argument of `>`.
//!
//! It stands in the free field `aux` of the instruction as a code of a row of `inline.rs`; 0 stands
//! for the procedure that [`procedure_of`] names, with operands in the order of its arguments. Calls
//! that were folded into several instructions have a row of codes: twice the pair of neighbouring
//! arguments that the instruction works on, plus one if it has them in the other order.

use crate::inline::{INLINE_ROWS, InlineForm, InlineRow, inline_row};
use crate::op::{Op, field};

/// The code of how a call was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Written(u8);

/// What errors of an operation name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledAs {
    pub name: &'static str,
    /// Which argument the first and the second operand are, counted from 0.
    pub positions: [usize; 2],
}

/// The procedure that an instruction is the call of, if nothing else is known.
pub fn procedure_of(op: Op) -> &'static str {
    match op {
        Op::Add | Op::AddInt => "+",
        Op::Subtract => "-",
        Op::Multiply => "*",
        Op::Quotient => "quotient",
        Op::Remainder => "remainder",
        Op::Modulo => "modulo",
        Op::Less | Op::JumpUnlessLess | Op::JumpUnlessLessInt | Op::JumpUnlessGreaterInt => "<",
        Op::LessEqual | Op::JumpUnlessLessEqual => "<=",
        Op::NumberEqual | Op::JumpUnlessNumberEqual | Op::JumpUnlessEqualInt => "=",
        Op::Car => "car",
        Op::Cdr => "cdr",
        Op::SetCar => "set-car!",
        Op::SetCdr => "set-cdr!",
        Op::VectorReference => "vector-ref",
        Op::VectorSet => "vector-set!",
        Op::Eq | Op::JumpUnlessEq => "eq?",
        Op::IsNull | Op::JumpUnlessNull => "null?",
        Op::IsPair | Op::JumpUnlessPair => "pair?",
        Op::IsProcedure => "procedure?",
        _ => op.row().name(),
    }
}

/// What procedures like `cadr` expect; the message shows where the pairs end.
pub const PAIR_AT_EACH_STEP: &str = "a pair at each step";

impl Written {
    /// As the instruction itself says.
    pub const AS_INSTRUCTION: Written = Written(0);

    /// Pair `pair` of neighbouring arguments of a call of `row`, which has become `op`.
    ///
    /// # Panics
    /// If calls of the row have no such pair.
    pub fn call(row: &InlineRow, op: Op, pair: usize) -> Written {
        let within = 2 * pair as u8;
        assert!(within < row.codes(), "pair {pair} of a call of {}", row.name);
        Written(row.code + within).shortest(op)
    }

    /// The same call, which was to be `from` and is now another instruction, maybe with its operands
    /// in the other order.
    pub fn moved(self, from: Op, to: Op, exchanged: bool) -> Written {
        let code = match inline_row(procedure_of(from)) {
            Some(row) if self == Written::AS_INSTRUCTION => row.code,
            _ => self.0,
        };
        match row_of(code) {
            Some((row, _)) if exchanged && row.codes() > 1 => Written(code ^ 1).shortest(to),
            _ => Written(code).shortest(to),
        }
    }

    /// Nothing, where an instruction without a code means the same.
    fn shortest(self, op: Op) -> Written {
        let plain = Written::AS_INSTRUCTION;
        if self.called_as(op) == plain.called_as(op) { plain } else { self }
    }

    pub fn code(self) -> u8 {
        self.0
    }

    pub fn of(instruction: u64) -> Written {
        Written(field::aux(instruction) as u8)
    }

    /// Name and arguments; those of the instruction itself for a code that no row has.
    pub fn called_as(self, op: Op) -> CalledAs {
        let Some((row, within)) = row_of(self.0) else {
            return CalledAs { name: procedure_of(op), positions: [0, 1] };
        };
        let (pair, exchanged) = (usize::from(within / 2), within % 2 == 1);
        let (first, swapped) = match row.form {
            // The only argument, whichever operand is the zero.
            InlineForm::ComparisonWithZero { .. } | InlineForm::Path(_) => {
                return CalledAs { name: row.name, positions: [0, 0] };
            }
            InlineForm::Comparison { swapped, .. } => (pair, swapped),
            InlineForm::Operation(_) | InlineForm::LeftFold(_) => (pair, false),
        };
        let positions = if swapped != exchanged { [first + 1, first] } else { [first, first + 1] };
        CalledAs { name: row.name, positions }
    }

    /// For people who read instructions; nothing if the instruction says it itself.
    pub fn text(self, op: Op) -> Option<String> {
        (self != Written::AS_INSTRUCTION).then(|| {
            let CalledAs { name, positions: [first, second] } = self.called_as(op);
            match second {
                _ if first == second => format!(" as {name}"),
                _ => format!(" as {name} {},{}", first + 1, second + 1),
            }
        })
    }
}

/// The row that a code belongs to, and the code's place in it.
fn row_of(code: u8) -> Option<(&'static InlineRow, u8)> {
    INLINE_ROWS.iter().find_map(|row| {
        let within = code.checked_sub(row.code)?;
        (within < row.codes()).then_some((row, within))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(name: &str, op: Op, pair: usize) -> (&'static str, [usize; 2]) {
        let CalledAs { name, positions } =
            Written::call(inline_row(name).unwrap(), op, pair).called_as(op);
        (name, positions)
    }

    #[test]
    fn calls_name_what_was_written() {
        assert_eq!(called("<", Op::Less, 0), ("<", [0, 1]));
        assert_eq!(called(">", Op::Less, 0), (">", [1, 0]));
        assert_eq!(called(">=", Op::LessEqual, 7), (">=", [8, 7]));
        assert_eq!(called("+", Op::Add, 3), ("+", [3, 4]));
        assert_eq!(called("positive?", Op::Less, 0), ("positive?", [0, 0]));
        assert_eq!(called("cadr", Op::Car, 0), ("cadr", [0, 0]));
        assert_eq!(called("floor-remainder", Op::Modulo, 0), ("floor-remainder", [0, 1]));
    }

    #[test]
    fn what_the_instruction_says_has_no_code() {
        for (name, op) in [("+", Op::AddInt), ("<", Op::JumpUnlessLess), ("car", Op::Car)] {
            let written = Written::call(inline_row(name).unwrap(), op, 0);
            assert_eq!(written, Written::AS_INSTRUCTION, "{name}");
        }
    }

    #[test]
    fn exchanged_twice_is_as_before() {
        let sum = Written::AS_INSTRUCTION.moved(Op::Add, Op::AddInt, true);
        assert_eq!(sum.called_as(Op::AddInt), CalledAs { name: "+", positions: [1, 0] });
        assert_eq!(sum.text(Op::AddInt).unwrap(), " as + 2,1");
        assert_eq!(sum.moved(Op::AddInt, Op::AddInt, true), Written::AS_INSTRUCTION);
        let zero = Written::call(inline_row("zero?").unwrap(), Op::NumberEqual, 0);
        assert_eq!(zero.moved(Op::NumberEqual, Op::JumpUnlessEqualInt, true), zero);
    }

    #[test]
    fn a_difference_stays_one_as_a_sum() {
        let written = Written::AS_INSTRUCTION.moved(Op::Subtract, Op::AddInt, false);
        assert_eq!(written.called_as(Op::AddInt), CalledAs { name: "-", positions: [0, 1] });
    }

    #[test]
    fn every_code_of_an_instruction_has_a_meaning() {
        for code in 0..=u8::MAX {
            let CalledAs { name, positions } = Written(code).called_as(Op::Add);
            assert!(!name.is_empty() && positions.iter().all(|position| *position < 9));
        }
    }
}
