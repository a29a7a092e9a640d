//! Machine code as bytes: the instructions that templates use, by names of their own, and labels.
//!
//! The encodings are those of Cranelift's assembler; this is the part of it that is used.

use cranelift_assembler_x64::{
    Amode, AmodeOffset, AmodeOffsetPlusKnownOffset, CodeSink, DeferredTarget, Fixed, GprMem,
    KnownOffset, NonRspGpr, Registers, Scale, TrapCode, XmmMem, inst,
};

/// A general register by its number in encodings.
pub(super) type Gpr = u8;
/// A vector register by its number in encodings.
pub(super) type Xmm = u8;
/// A place in memory.
pub(super) type Memory = Amode<u8>;

pub(super) const RAX: Gpr = 0;
pub(super) const RCX: Gpr = 1;
pub(super) const RDX: Gpr = 2;
pub(super) const RBX: Gpr = 3;
pub(super) const RSP: Gpr = 4;
pub(super) const RBP: Gpr = 5;
pub(super) const RSI: Gpr = 6;
pub(super) const RDI: Gpr = 7;
pub(super) const R8: Gpr = 8;
pub(super) const R9: Gpr = 9;
pub(super) const R10: Gpr = 10;
pub(super) const R12: Gpr = 12;
pub(super) const R13: Gpr = 13;
pub(super) const R14: Gpr = 14;
pub(super) const R15: Gpr = 15;
pub(super) const XMM0: Xmm = 0;
pub(super) const XMM1: Xmm = 1;

/// Registers are numbers, so that none needs to be chosen by the assembler.
#[derive(Clone, Copy, Debug)]
struct Numbers;

impl Registers for Numbers {
    type ReadGpr = u8;
    type ReadWriteGpr = u8;
    type WriteGpr = u8;
    type ReadXmm = u8;
    type ReadWriteXmm = u8;
    type WriteXmm = u8;
}

/// The memory at `base` + `displacement`.
pub(super) fn at(base: Gpr, displacement: i32) -> Memory {
    let simm32 =
        AmodeOffsetPlusKnownOffset { simm32: AmodeOffset::new(displacement), offset: None };
    Amode::ImmReg { base, simm32, trap: None }
}

/// The memory at `base` + `index` × `scale` + `displacement`; the scale is 1, 2, 4 or 8.
pub(super) fn indexed(base: Gpr, index: Gpr, scale: u8, displacement: i32) -> Memory {
    Amode::ImmRegRegShift {
        base,
        index: NonRspGpr::new(index),
        scale: Scale::new(scale.trailing_zeros() as u8),
        simm32: AmodeOffset::new(displacement),
        trap: None,
    }
}

/// A place in the code that jumps can go to, before or behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// When a jump is taken, after a comparison or an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Below,
    BelowEqual,
    Above,
    AboveEqual,
    Overflow,
    Negative,
    NotNegative,
    /// After a comparison of flonums: one of them is no number.
    Unordered,
}

impl Condition {
    /// The one that holds when this one does not.
    pub(super) fn opposite(self) -> Condition {
        use Condition::*;
        match self {
            Equal => NotEqual,
            NotEqual => Equal,
            Less => GreaterEqual,
            GreaterEqual => Less,
            LessEqual => Greater,
            Greater => LessEqual,
            Below => AboveEqual,
            AboveEqual => Below,
            BelowEqual => Above,
            Above => BelowEqual,
            Negative => NotNegative,
            NotNegative => Negative,
            Overflow | Unordered => panic!("not used both ways"),
        }
    }
}

/// The two parts of a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What usually runs.
    Main,
    /// What rarely runs: it is put behind.
    Aside,
}

/// Code that grows at its end.
pub(super) struct Assembler {
    parts: [Vec<u8>; 2],
    current: Part,
    /// Where each label stands, once it does.
    labels: Vec<Option<(Part, usize)>>,
    /// Distances of four bytes that are to be filled in: where they lie, and to which label.
    distances: Vec<(Part, usize, Label)>,
}

impl Default for Assembler {
    fn default() -> Assembler {
        let parts = [Vec::new(), Vec::new()];
        Assembler { parts, current: Part::Main, labels: Vec::new(), distances: Vec::new() }
    }
}

impl CodeSink for Assembler {
    fn put1(&mut self, value: u8) {
        self.bytes().push(value);
    }
    fn put2(&mut self, value: u16) {
        self.bytes().extend_from_slice(&value.to_le_bytes());
    }
    fn put4(&mut self, value: u32) {
        self.bytes().extend_from_slice(&value.to_le_bytes());
    }
    fn put8(&mut self, value: u64) {
        self.bytes().extend_from_slice(&value.to_le_bytes());
    }
    fn add_trap(&mut self, _: TrapCode) {}
    fn use_target(&mut self, target: DeferredTarget) {
        panic!("no instruction that is used has a target: {target:?}");
    }
    fn known_offset(&self, offset: KnownOffset) -> i32 {
        panic!("no address that is used has a known offset: {offset}");
    }
}

macro_rules! instructions {
    ($( $(#[doc = $doc:literal])* $name:ident = $instruction:ident ( $($argument:ident : $type:ty),* ); )*) => {
        impl Assembler {
            $( $(#[doc = $doc])*
            pub(super) fn $name(&mut self, $($argument: $type),*) {
                inst::$instruction::<Numbers>::new($($argument),*).encode(self);
            } )*
        }
    };
}

instructions! {
    load = movq_rm(to: Gpr, from: Memory);
    /// The upper half becomes 0.
    load_32 = movl_rm(to: Gpr, from: Memory);
    store = movq_mr(to: Memory, from: Gpr);
    store_signed_32 = movq_mi_sxl(to: Memory, value: i32);
    store_byte = movb_mi(to: Memory, value: u8);
    copy = movq_rm(to: Gpr, from: GprMem<u8, u8>);
    copy_32 = movl_rm(to: Gpr, from: GprMem<u8, u8>);
    /// The lowest byte, the rest 0.
    copy_byte = movzbl_rm(to: Gpr, from: GprMem<u8, u8>);
    /// The lowest two bytes, the rest 0.
    copy_16 = movzwl_rm(to: Gpr, from: GprMem<u8, u8>);
    address = leaq_rm(to: Gpr, of: Memory);
    address_32 = leal_rm(to: Gpr, of: Memory);

    add = addq_rm(to: Gpr, value: GprMem<u8, u8>);
    add_signed_32 = addq_mi_sxl(to: GprMem<u8, u8>, value: i32);
    subtract = subq_rm(from: Gpr, value: GprMem<u8, u8>);
    subtract_signed_32 = subq_mi_sxl(from: GprMem<u8, u8>, value: i32);
    subtract_signed_8 = subq_mi_sxb(from: GprMem<u8, u8>, value: i8);
    add_signed_8 = addq_mi_sxb(to: GprMem<u8, u8>, value: i8);
    and_signed_32 = andq_mi_sxl(to: GprMem<u8, u8>, value: i32);
    and_unsigned_32 = andl_mi(to: GprMem<u8, u8>, value: u32);
    compare_32 = cmpl_mi(left: GprMem<u8, u8>, right: u32);
    multiply = imulq_rm(to: Gpr, value: GprMem<u8, u8>);
    or_32 = orl_rm(to: Gpr, value: GprMem<u8, u8>);
    and_32 = andl_rm(to: Gpr, value: GprMem<u8, u8>);
    exclusive_or = xorq_rm(to: Gpr, value: GprMem<u8, u8>);
    shift_left = shlq_mi(to: GprMem<u8, u8>, bits: u8);
    shift_right = shrq_mi(to: GprMem<u8, u8>, bits: u8);
    shift_right_signed = sarq_mi(to: GprMem<u8, u8>, bits: u8);
    rotate_left = rolq_mi(to: GprMem<u8, u8>, bits: u8);
    rotate_right = rorq_mi(to: GprMem<u8, u8>, bits: u8);

    compare = cmpq_rm(left: Gpr, right: GprMem<u8, u8>);
    compare_signed_32 = cmpq_mi(left: GprMem<u8, u8>, right: i32);
    compare_16 = cmpw_mi(left: Memory, right: u16);
    compare_byte = cmpb_mi(left: GprMem<u8, u8>, right: u8);
    /// The bits of the lowest byte that are in `bits`.
    test_byte = testb_mi(value: GprMem<u8, u8>, bits: u8);
    test = testq_mr(value: GprMem<u8, u8>, bits: Gpr);
    test_32 = testl_mr(value: GprMem<u8, u8>, bits: Gpr);

    push = pushq_o(from: Gpr);
    pop = popq_o(to: Gpr);
    jump_to = jmpq_m(to: GprMem<u8, u8>);
    call = callq_m(to: GprMem<u8, u8>);

    flonum_of_bits = movq_a(to: Xmm, from: GprMem<u8, u8>);
    bits_of_flonum = movq_b(to: GprMem<u8, u8>, from: Xmm);
    add_flonum = addsd_a(to: Xmm, value: XmmMem<u8, u8>);
    subtract_flonum = subsd_a(from: Xmm, value: XmmMem<u8, u8>);
    multiply_flonum = mulsd_a(to: Xmm, value: XmmMem<u8, u8>);
    compare_flonums = ucomisd_a(left: Xmm, right: XmmMem<u8, u8>);

    set_equal = sete_m(to: GprMem<u8, u8>);
}

impl Assembler {
    fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.parts[self.current as usize]
    }

    /// What `write` adds is put behind everything that is not.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut Assembler)) {
        let before = self.begin_aside();
        write(self);
        self.end_aside(before);
    }

    /// From here on code is put behind everything that is not.
    pub(super) fn begin_aside(&mut self) -> Part {
        std::mem::replace(&mut self.current, Part::Aside)
    }

    /// Goes back to what `begin_aside` gave.
    pub(super) fn end_aside(&mut self, before: Part) {
        self.current = before;
    }

    /// A label that stands nowhere yet.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Puts a label at the end of the code.
    ///
    /// # Panics
    /// If it stands somewhere already.
    pub(super) fn place(&mut self, label: Label) {
        let here = (self.current, self.bytes().len());
        let place = &mut self.labels[label.0];
        assert!(place.is_none(), "a label stands in one place");
        *place = Some(here);
    }

    /// Where a label stands in the finished code.
    ///
    /// # Panics
    /// If it stands nowhere.
    pub(super) fn place_of(&self, label: Label) -> usize {
        let (part, at) = self.labels[label.0].expect("a label that is used stands somewhere");
        self.start_of(part) + at
    }

    fn start_of(&self, part: Part) -> usize {
        match part {
            Part::Main => 0,
            Part::Aside => self.parts[Part::Main as usize].len(),
        }
    }

    pub(super) fn jump(&mut self, label: Label) {
        inst::jmp_d32::new(0).encode(self);
        self.goes_to(label);
    }

    pub(super) fn jump_if(&mut self, condition: Condition, label: Label) {
        match condition {
            Condition::Equal => inst::je_d32::new(0).encode(self),
            Condition::NotEqual => inst::jne_d32::new(0).encode(self),
            Condition::Less => inst::jl_d32::new(0).encode(self),
            Condition::LessEqual => inst::jle_d32::new(0).encode(self),
            Condition::Greater => inst::jg_d32::new(0).encode(self),
            Condition::GreaterEqual => inst::jge_d32::new(0).encode(self),
            Condition::Below => inst::jb_d32::new(0).encode(self),
            Condition::BelowEqual => inst::jbe_d32::new(0).encode(self),
            Condition::Above => inst::ja_d32::new(0).encode(self),
            Condition::AboveEqual => inst::jae_d32::new(0).encode(self),
            Condition::Overflow => inst::jo_d32::new(0).encode(self),
            Condition::Negative => inst::js_d32::new(0).encode(self),
            Condition::NotNegative => inst::jns_d32::new(0).encode(self),
            Condition::Unordered => inst::jp_d32::new(0).encode(self),
        }
        self.goes_to(label);
    }

    fn goes_to(&mut self, label: Label) {
        let at = self.bytes().len() - 4;
        self.distances.push((self.current, at, label));
    }

    /// Sets a register, in the shortest way.
    pub(super) fn set(&mut self, to: Gpr, value: u64) {
        if let Ok(short) = u32::try_from(value) {
            inst::movl_oi::<Numbers>::new(to, short).encode(self);
        } else if let Ok(short) = i32::try_from(value as i64) {
            inst::movq_mi_sxl::<Numbers>::new(GprMem::Gpr(to), short).encode(self);
        } else {
            inst::movabsq_oi::<Numbers>::new(to, value).encode(self);
        }
    }

    /// Divides `rdx:rax`, as the sign of `rax` extended, by `divisor`: quotient in `rax`, remainder in `rdx`.
    pub(super) fn divide(&mut self, divisor: Gpr) {
        inst::cqto_zo::<Numbers>::new(Fixed(RDX), Fixed(RAX)).encode(self);
        let trap = TrapCode(std::num::NonZeroU8::MIN);
        inst::idivq_m::<Numbers>::new(Fixed(RAX), Fixed(RDX), GprMem::Gpr(divisor), trap)
            .encode(self);
    }

    pub(super) fn return_to_caller(&mut self) {
        inst::retq_zo::new().encode(self);
    }

    /// The finished bytes, with all distances filled in.
    ///
    /// # Panics
    /// If a label that is jumped to stands nowhere.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = self.parts.concat();
        for &(part, at, label) in &self.distances {
            let at = self.start_of(part) + at;
            let distance = self.place_of(label) as i64 - (at as i64 + 4);
            let distance = i32::try_from(distance).expect("code is shorter than 2 GiB");
            bytes[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(write: impl FnOnce(&mut Assembler)) -> Vec<u8> {
        let mut assembler = Assembler::default();
        write(&mut assembler);
        assembler.finish()
    }

    #[test]
    fn instructions_are_those_of_the_manual() {
        assert_eq!(bytes(|a| a.load(RAX, at(RBX, 16))), [0x48, 0x8b, 0x43, 0x10]);
        assert_eq!(bytes(|a| a.store(at(R13, 0), RCX)), [0x49, 0x89, 0x4d, 0x00]);
        assert_eq!(bytes(|a| a.jump_to(GprMem::Gpr(RCX))), [0xff, 0xe1]);
        assert_eq!(bytes(|a| a.divide(RCX)), [0x48, 0x99, 0x48, 0xf7, 0xf9]);
    }

    #[test]
    fn constants_take_the_shortest_form() {
        assert_eq!(bytes(|a| a.set(RAX, 5)).len(), 5);
        assert_eq!(bytes(|a| a.set(RAX, u64::MAX)).len(), 7);
        assert_eq!(bytes(|a| a.set(RAX, 1 << 40)).len(), 10);
    }

    #[test]
    fn jumps_go_forwards_and_backwards() {
        let code = bytes(|a| {
            let (before, behind) = (a.label(), a.label());
            a.place(before);
            a.jump(behind);
            a.jump(before);
            a.place(behind);
        });
        assert_eq!(code, [0xe9, 5, 0, 0, 0, 0xe9, 0xf6, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn what_is_rare_lies_behind() {
        let code = bytes(|a| {
            let (rare, back) = (a.label(), a.label());
            a.jump(rare);
            a.aside(|a| {
                a.place(rare);
                a.jump(back);
            });
            a.place(back);
            a.return_to_caller();
        });
        assert_eq!(code, [0xe9, 1, 0, 0, 0, 0xc3, 0xe9, 0xfa, 0xff, 0xff, 0xff]);
    }
}
