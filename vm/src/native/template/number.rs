//! Arithmetic and comparisons of fixnums and immediate flonums.

use super::*;

/// An operation on numbers: `fixnums` works on `rax` and `rcx`, `flonums` on `xmm0` and `xmm1`; the result is in
/// the first of them.
fn arithmetic(
    t: &mut Translator,
    at: At,
    fixnums: impl FnOnce(&mut Assembler),
    flonums: impl FnOnce(&mut Assembler),
) {
    let leave = t.leave(at);
    let (other, done) = (t.code.label(), t.code.label());
    t.load_register(RAX, at.b());
    t.load_register(RCX, at.c());
    t.expect_fixnums(RAX, RCX, RDX, other);
    fixnums(&mut t.code);
    t.code.jump_if(Condition::Overflow, leave);
    t.store_register(at.a(), RAX);
    t.code.place(done);
    t.aside(|t| {
        t.code.place(other);
        t.expect_flonums(RAX, RCX, RDX, leave);
        t.unpack(XMM0, RAX);
        t.unpack(XMM1, RCX);
        flonums(&mut t.code);
        t.pack(RAX, XMM0, leave);
        t.store_register(at.a(), RAX);
        t.code.jump(done);
    });
}

pub(in crate::native) fn add(t: &mut Translator, at: At) {
    arithmetic(
        t,
        at,
        |code| code.add(RAX, general(RCX)),
        |code| {
            code.add_flonum(XMM0, XmmMem::Xmm(XMM1));
        },
    );
}

pub(in crate::native) fn subtract(t: &mut Translator, at: At) {
    arithmetic(
        t,
        at,
        |code| code.subtract(RAX, general(RCX)),
        |code| {
            code.subtract_flonum(XMM0, XmmMem::Xmm(XMM1));
        },
    );
}

pub(in crate::native) fn multiply(t: &mut Translator, at: At) {
    // One factor keeps its shift, so the product has it once and overflow is the word's.
    let fixnums = |code: &mut Assembler| {
        code.shift_right_signed(general(RCX), 3);
        code.multiply(RAX, general(RCX));
    };
    arithmetic(t, at, fixnums, |code| code.multiply_flonum(XMM0, XmmMem::Xmm(XMM1)));
}

pub(in crate::native) fn add_int(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    let integer = field::c_signed(at.word);
    let (other, done) = (t.code.label(), t.code.label());
    t.load_register(RAX, at.b());
    // Exact zero is not the flonum: it keeps the sign of a zero beside it.
    t.expect_fixnum(RAX, if integer == 0 { leave } else { other });
    t.code.add_signed_32(general(RAX), (integer << 3) as i32);
    t.code.jump_if(Condition::Overflow, leave);
    t.store_register(at.a(), RAX);
    t.code.place(done);
    if integer == 0 {
        return;
    }
    t.aside(|t| {
        t.code.place(other);
        t.expect_flonum(RAX, leave);
        t.unpack(XMM0, RAX);
        t.code.set(RCX, (integer as f64).to_bits());
        t.code.flonum_of_bits(XMM1, general(RCX));
        t.code.add_flonum(XMM0, XmmMem::Xmm(XMM1));
        t.pack(RAX, XMM0, leave);
        t.store_register(at.a(), RAX);
        t.code.jump(done);
    });
}

/// Fixnums in `rax` (quotient) and `rdx` (remainder), with the divisor in `rcx`, none of them shifted.
fn division(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.b());
    t.load_register(RCX, at.c());
    t.expect_fixnums(RAX, RCX, RDX, leave);
    // 0 and -1 are left: added to 8, only bit 3 remains of them.
    t.code.address(RDX, self::at(RCX, 8));
    t.code.and_signed_32(general(RDX), !8);
    t.code.jump_if(Condition::Equal, leave);
    t.code.shift_right_signed(general(RAX), 3);
    t.code.shift_right_signed(general(RCX), 3);
    t.code.divide(RCX);
}

pub(in crate::native) fn quotient(t: &mut Translator, at: At) {
    division(t, at);
    t.code.shift_left(general(RAX), 3);
    t.store_register(at.a(), RAX);
}

pub(in crate::native) fn remainder(t: &mut Translator, at: At) {
    division(t, at);
    t.code.shift_left(general(RDX), 3);
    t.store_register(at.a(), RDX);
}

pub(in crate::native) fn modulo(t: &mut Translator, at: At) {
    division(t, at);
    let done = t.code.label();
    t.code.test(general(RDX), RDX);
    t.code.jump_if(Condition::Equal, done);
    t.code.copy(RAX, general(RDX));
    t.code.exclusive_or(RAX, general(RCX));
    let same_sign = done;
    t.code.jump_if(Condition::NotNegative, same_sign);
    t.code.add(RDX, general(RCX));
    t.code.place(done);
    t.code.shift_left(general(RDX), 3);
    t.store_register(at.a(), RDX);
}

/// How two numbers are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessEqual,
    Equal,
    Greater,
}

impl Comparison {
    /// The condition after a comparison of fixnums, left with right.
    fn of_fixnums(self) -> Condition {
        match self {
            Comparison::Less => Condition::Less,
            Comparison::LessEqual => Condition::LessEqual,
            Comparison::Equal => Condition::Equal,
            Comparison::Greater => Condition::Greater,
        }
    }
}

impl Translator<'_> {
    /// Compares `xmm0` with `xmm1`; goes to `otherwise` unless it holds, as it never does of no number.
    fn expect_of_flonums(&mut self, comparison: Comparison, otherwise: Label) {
        let (left, right) = match comparison {
            // The condition that is false of no number is "above", so the sides change places.
            Comparison::Less | Comparison::LessEqual => (XMM1, XMM0),
            Comparison::Equal | Comparison::Greater => (XMM0, XMM1),
        };
        self.code.compare_flonums(left, XmmMem::Xmm(right));
        match comparison {
            Comparison::Less | Comparison::Greater => {
                self.code.jump_if(Condition::BelowEqual, otherwise);
            }
            Comparison::LessEqual => self.code.jump_if(Condition::Below, otherwise),
            Comparison::Equal => {
                self.code.jump_if(Condition::Unordered, otherwise);
                self.code.jump_if(Condition::NotEqual, otherwise);
            }
        }
    }

    /// Goes on behind this if the comparison holds, to `otherwise` if not; `right` loads the right side into `rcx`.
    fn expect_comparison(
        &mut self,
        at: At,
        comparison: Comparison,
        registers: (usize, usize),
        otherwise: Label,
    ) {
        let leave = self.leave(at);
        let (other, done) = (self.code.label(), self.code.label());
        self.load_register(RAX, registers.0);
        self.load_register(RCX, registers.1);
        self.expect_fixnums(RAX, RCX, RDX, other);
        self.code.compare(RAX, general(RCX));
        self.code.jump_if(comparison.of_fixnums().opposite(), otherwise);
        self.code.place(done);
        self.aside(|t| {
            t.code.place(other);
            t.expect_flonums(RAX, RCX, RDX, leave);
            t.unpack(XMM0, RAX);
            t.unpack(XMM1, RCX);
            t.expect_of_flonums(comparison, otherwise);
            t.code.jump(done);
        });
    }

    /// As `expect_comparison`, with an integer that is known now.
    fn expect_comparison_int(&mut self, at: At, comparison: Comparison, otherwise: Label) {
        let leave = self.leave(at);
        let integer = field::b_signed(at.word);
        let (other, done) = (self.code.label(), self.code.label());
        self.load_register(RAX, at.a());
        self.expect_fixnum(RAX, other);
        self.code.compare_signed_32(general(RAX), (integer << 3) as i32);
        self.code.jump_if(comparison.of_fixnums().opposite(), otherwise);
        self.code.place(done);
        self.aside(|t| {
            t.code.place(other);
            t.expect_flonum(RAX, leave);
            t.unpack(XMM0, RAX);
            t.code.set(RCX, (integer as f64).to_bits());
            t.code.flonum_of_bits(XMM1, general(RCX));
            t.expect_of_flonums(comparison, otherwise);
            t.code.jump(done);
        });
    }
}

macro_rules! comparison {
    ($value:ident, $jump:ident, $comparison:ident) => {
        pub(in crate::native) fn $value(t: &mut Translator, at: At) {
            let otherwise = t.code.label();
            t.expect_comparison(at, Comparison::$comparison, (at.b(), at.c()), otherwise);
            t.store_truth(at.a(), otherwise);
        }
        pub(in crate::native) fn $jump(t: &mut Translator, at: At) {
            let target = t.target(at, field::c_signed(at.word));
            t.expect_comparison(at, Comparison::$comparison, (at.a(), at.b()), target);
        }
    };
}
comparison!(less, jump_unless_less, Less);
comparison!(less_equal, jump_unless_less_equal, LessEqual);
comparison!(number_equal, jump_unless_number_equal, Equal);

macro_rules! comparison_int {
    ($name:ident, $comparison:ident) => {
        pub(in crate::native) fn $name(t: &mut Translator, at: At) {
            let target = t.target(at, field::c_signed(at.word));
            t.expect_comparison_int(at, Comparison::$comparison, target);
        }
    };
}
comparison_int!(jump_unless_less_int, Less);
comparison_int!(jump_unless_greater_int, Greater);
comparison_int!(jump_unless_equal_int, Equal);
