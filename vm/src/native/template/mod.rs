//! One template for each instruction: its fast path of `engine/hot.rs` as machine code.
//!
//! A template leaves ([`Translator::leave`]) before it has changed anything that the interpreter's handler
//! would notice when it carries out the whole instruction again.

mod number;

use std::mem::offset_of;

use cranelift_assembler_x64::{GprMem, XmmMem};
use pscheme_heap::frame::Link;
use pscheme_heap::kind::{Header, Kind, PROCEDURE_KINDS, body};
use pscheme_heap::limits::{BLOCK_BYTES, CARD_BYTES};
use pscheme_heap::space::card;
use pscheme_heap::word::{TAG_IMMEDIATE, TAG_MASK, TAG_OBJECT, TAG_PAIR, Word};

use super::assembler::*;
use super::stubs::FIRST_ENTRY;
use super::translate::{At, Translator};
use crate::engine::hot::closure_aux;
use crate::machine::Vm;
use crate::op::{Op, field};
use crate::primitive::NOT_FAST;

pub(super) use number::{
    add, add_int, jump_unless_equal_int, jump_unless_greater_int, jump_unless_less,
    jump_unless_less_equal, jump_unless_less_int, jump_unless_number_equal, less, less_equal,
    modulo, multiply, number_equal, quotient, remainder, subtract,
};

type Operand = GprMem<u8, u8>;

const FUEL: i32 = offset_of!(Vm, machine.fuel) as i32;
const STACK_LIMIT: i32 = offset_of!(Vm, machine.stack_limit) as i32;
const HEAP: i32 = offset_of!(Vm, heap) as i32;
const BUMP: i32 = offset_of!(Vm, heap.bump) as i32;
const BUMP_LIMIT: i32 = offset_of!(Vm, heap.bump_limit) as i32;
const _: () = assert!(NOT_FAST < 1 << 31, "it is compared as an immediate");
/// Captured values of a closure that is made here; as in the fast path of the interpreter.
const CAPTURES_MAX: usize = 60;
const FIXNUM_TAG_BITS: u8 = TAG_MASK as u8;
/// The bit that only flonums have.
const FLONUM_BIT: u8 = 2;
const FLONUM_ADDEND: i8 = 3;
const FLONUM_ROTATION: u8 = 4;

fn general(register: Gpr) -> Operand {
    GprMem::Gpr(register)
}

/// Register `index` of the frame.
fn register(index: usize) -> Memory {
    at(RBX, index as i32 * 8)
}

/// Word `index` of the object that `object` refers to; 0 is its header.
fn object_word(object: Gpr, index: usize) -> Memory {
    indexed(R13, object, 1, index as i32 * 8 - TAG_OBJECT as i32)
}

fn pair_word(pair: Gpr, index: usize) -> Memory {
    indexed(R13, pair, 1, index as i32 * 8 - TAG_PAIR as i32)
}

fn machine(field: i32) -> Operand {
    GprMem::Mem(at(R12, field))
}

/// A word as an immediate operand; for the few constants of one byte.
fn small(word: Word) -> i32 {
    word.0 as i32
}

impl Translator<'_> {
    fn load_register(&mut self, to: Gpr, index: usize) {
        self.code.load(to, register(index));
    }

    fn store_register(&mut self, index: usize, from: Gpr) {
        self.code.store(register(index), from);
    }

    /// Goes to `otherwise` unless `word` has this tag; `scratch` is lost.
    fn expect_tag(&mut self, word: Gpr, tag: u64, scratch: Gpr, otherwise: Label) {
        self.code.address_32(scratch, at(word, -(tag as i32)));
        self.code.test_byte(general(scratch), FIXNUM_TAG_BITS);
        self.code.jump_if(Condition::NotEqual, otherwise);
    }

    fn expect_kind(&mut self, word: Gpr, kind: Kind, scratch: Gpr, otherwise: Label) {
        self.expect_tag(word, TAG_OBJECT, scratch, otherwise);
        self.code.compare_byte(GprMem::Mem(object_word(word, 0)), kind as u8);
        self.code.jump_if(Condition::NotEqual, otherwise);
    }

    fn expect_fixnum(&mut self, word: Gpr, otherwise: Label) {
        self.code.test_byte(general(word), FIXNUM_TAG_BITS);
        self.code.jump_if(Condition::NotEqual, otherwise);
    }

    fn expect_fixnums(&mut self, left: Gpr, right: Gpr, scratch: Gpr, otherwise: Label) {
        self.code.copy_32(scratch, general(left));
        self.code.or_32(scratch, general(right));
        self.expect_fixnum(scratch, otherwise);
    }

    fn expect_flonum(&mut self, word: Gpr, otherwise: Label) {
        self.code.test_byte(general(word), FLONUM_BIT);
        self.code.jump_if(Condition::Equal, otherwise);
    }

    fn expect_flonums(&mut self, left: Gpr, right: Gpr, scratch: Gpr, otherwise: Label) {
        self.code.copy_32(scratch, general(left));
        self.code.and_32(scratch, general(right));
        self.expect_flonum(scratch, otherwise);
    }

    /// The double of an immediate flonum; the word is lost.
    fn unpack(&mut self, to: Xmm, word: Gpr) {
        self.code.subtract_signed_8(general(word), FLONUM_ADDEND);
        self.code.rotate_right(general(word), FLONUM_ROTATION);
        self.code.flonum_of_bits(to, general(word));
    }

    /// The word of a double, or `otherwise` if it is none that an immediate holds, or no number.
    fn pack(&mut self, to: Gpr, from: Xmm, otherwise: Label) {
        self.code.compare_flonums(from, XmmMem::Xmm(from));
        self.code.jump_if(Condition::Unordered, otherwise);
        self.code.bits_of_flonum(general(to), from);
        self.code.rotate_left(general(to), FLONUM_ROTATION);
        self.code.add_signed_8(general(to), FLONUM_ADDEND);
        self.expect_flonum(to, otherwise);
    }

    /// Turns the 0 or 1 in the lowest byte of `rax` into `#f` or `#t`, and stores it.
    fn store_boolean(&mut self, index: usize) {
        const { assert!(Word::TRUE.0 == 1 << 3 | Word::FALSE.0 && Word::FALSE.0 == TAG_IMMEDIATE) };
        self.code.copy_byte(RAX, general(RAX));
        self.code.shift_left(general(RAX), 3);
        self.code.add_signed_8(general(RAX), Word::FALSE.0 as i8);
        self.store_register(index, RAX);
    }

    /// Stores `#t` where control comes from above, and `#f` where it comes by the label.
    fn store_truth(&mut self, index: usize, otherwise: Label) {
        let done = self.code.label();
        self.code.store_signed_32(register(index), small(Word::TRUE));
        self.code.place(done);
        self.aside(|t| {
            t.code.place(otherwise);
            t.code.store_signed_32(register(index), small(Word::FALSE));
            t.code.jump(done);
        });
    }

    /// The word of the heap at a place that is known now; `scratch` may be lost.
    fn heap_word(&mut self, offset: u64, scratch: Gpr) -> Memory {
        match i32::try_from(offset) {
            Ok(near) => at(R13, near),
            Err(_) => {
                self.code.set(scratch, self.addresses.heap + offset);
                at(scratch, 0)
            }
        }
    }

    /// The content of the global cell that the instruction names, and where it lies.
    fn load_cell(&mut self, to: Gpr, at: At) -> u64 {
        let (_, cell) = self.constant(at);
        let content = cell.offset() + 8 * (1 + body::Cell::CONTENT as u64);
        let place = self.heap_word(content, to);
        self.code.load(to, place);
        content
    }

    /// Marks the card of the heap's word at the offset in `offset` for everybody; `rdx` and `rsi` are lost.
    fn touch(&mut self, offset: Gpr) {
        let (cards, blocks) = (self.addresses.cards, self.addresses.blocks);
        self.code.copy(RDX, general(offset));
        self.code.shift_right(general(RDX), CARD_BYTES.trailing_zeros() as u8);
        self.code.set(RSI, cards);
        self.code.store_byte(indexed(RSI, RDX, 1, 0), card::ALL);
        let more = (BLOCK_BYTES / CARD_BYTES).trailing_zeros() as u8;
        self.code.shift_right(general(RDX), more);
        self.code.set(RSI, blocks);
        self.code.store_byte(indexed(RSI, RDX, 1, 0), card::ALL);
    }

    /// As `touch`, for a place that is known now.
    fn touch_known(&mut self, offset: u64) {
        let (cards, blocks) = (self.addresses.cards, self.addresses.blocks);
        for byte in [cards + offset / CARD_BYTES, blocks + offset / BLOCK_BYTES] {
            self.code.set(RSI, byte);
            self.code.store_byte(at(RSI, 0), card::ALL);
        }
    }

    /// Stores `value` into word `index` of the object in `object`, whose tag is `tag`, with the barrier;
    /// `rcx`, `rdx` and `rsi` are lost.
    fn store_with_barrier(&mut self, object: Gpr, tag: u64, index: usize, value: Gpr) {
        let displacement = index as i32 * 8 - tag as i32;
        self.code.store(indexed(R13, object, 1, displacement), value);
        self.code.address(RCX, at(object, displacement));
        self.touch(RCX);
    }

    /// The address of `bytes` new bytes in `rax`; `rcx` is lost.
    fn allocate(&mut self, bytes: u64, otherwise: Label) {
        self.code.load(RAX, at(R12, BUMP));
        self.code.address(RCX, at(RAX, bytes as i32));
        self.code.compare(RCX, machine(BUMP_LIMIT));
        self.code.jump_if(Condition::Above, otherwise);
        self.code.store(at(R12, BUMP), RCX);
    }

    /// Stores a reference to the new object at the address in `rax`, with this tag.
    fn store_new(&mut self, index: usize, tag: u64) {
        self.code.subtract(RAX, general(R13));
        self.code.add_signed_8(general(RAX), tag as i8);
        self.store_register(index, RAX);
    }

    /// Counts a unit of work, or leaves with it uncounted at the end of a slice.
    fn count_work(&mut self, leave: Label) {
        let end = self.code.label();
        self.code.subtract_signed_8(machine(FUEL), 1);
        self.code.jump_if(Condition::Negative, end);
        self.code.aside(|code| {
            code.place(end);
            code.add_signed_8(machine(FUEL), 1);
            code.jump(leave);
        });
    }

    /// As `count_work`, in code that is aside already.
    fn count_work_aside(&mut self, leave: Label) {
        let counted = self.code.label();
        self.code.subtract_signed_8(machine(FUEL), 1);
        self.code.jump_if(Condition::NotNegative, counted);
        self.code.add_signed_8(machine(FUEL), 1);
        self.code.jump(leave);
        self.code.place(counted);
    }

    /// The machine code of the closure in `rax`, as a distance from the base into `rcx`, if it takes exactly the
    /// instruction's arguments; else goes to `otherwise` if it is an object at all. `rdx` is lost.
    fn expect_entry(&mut self, at: At, leave: Label, otherwise: Label) {
        self.expect_tag(RAX, TAG_OBJECT, RCX, leave);
        let header = Kind::Closure as u16 | (at.count() as u16) << 8;
        self.code.compare_16(object_word(RAX, 0), header);
        self.code.jump_if(Condition::NotEqual, otherwise);
        self.code.load(RDX, object_word(RAX, 1 + body::Closure::CODE));
        self.code.shift_right(general(RDX), 1);
        self.code.load_32(RCX, indexed(R14, RDX, 1, FIRST_ENTRY));
        self.code.test_32(general(RCX), RCX);
        self.code.jump_if(Condition::Equal, leave);
    }

    /// The same for closures that take the arguments in other ways: what is in `rdx`, `rdi` and `r8` then is for the
    /// piece that fills them in.
    fn expect_general_entry(&mut self, at: At, leave: Label) {
        self.code.set(R8, at.count() as u64);
        self.call_stub(self.addresses.stubs.check);
        self.code.test_32(general(RCX), RCX);
        self.code.jump_if(Condition::Equal, leave);
    }

    /// Calls a function of the convention that handlers have, whose arguments are in their registers.
    fn call_function(&mut self, function: u64) {
        self.code.set(RAX, function);
        self.code.subtract_signed_8(general(RSP), 8);
        self.code.call(general(RAX));
        self.code.add_signed_8(general(RSP), 8);
    }

    /// Calls one of the pieces that return; `r9` is lost.
    fn call_stub(&mut self, stub: i32) {
        self.code.address(R9, self::at(R15, stub));
        self.code.call(general(R9));
    }

    /// Goes to the machine code at the distance in `rcx`.
    fn go_on(&mut self) {
        self.code.add(RCX, general(R15));
        self.code.jump_to(general(RCX));
    }

    fn enter(&mut self, at: At) {
        let (leave, other) = (self.leave(at), self.code.label());
        self.expect_entry(at, leave, other);
        self.expect_stack(at, leave);
        self.count_work(leave);
        self.begin_frame(at);
        self.go_on();
        self.aside(|t| {
            t.code.place(other);
            t.expect_general_entry(at, leave);
            t.expect_stack(at, leave);
            t.count_work_aside(leave);
            t.begin_frame(at);
            t.call_stub(t.addresses.stubs.fill);
            t.go_on();
        });
    }

    /// The base of the called procedure's frame in `rsi`, if the stack has room for it.
    fn expect_stack(&mut self, at: At, leave: Label) {
        self.code.address(RSI, register(at.a()));
        self.code.compare(RSI, machine(STACK_LIMIT));
        self.code.jump_if(Condition::Above, leave);
    }

    /// Begins the frame whose base is in `rsi`; `r9` is lost.
    fn begin_frame(&mut self, at: At) {
        self.code.store(at_register(RSI, 0), RAX);
        let link = Link::new(self.source.offset_of(at.index + 2), at.a());
        self.code.set(R9, link.0);
        self.code.store(at_register(RSI, 1), R9);
        self.code.copy(RBX, general(RSI));
    }

    fn enter_tail(&mut self, at: At) {
        let (leave, other) = (self.leave(at), self.code.label());
        self.expect_entry(at, leave, other);
        self.count_work(leave);
        self.replace_frame(at);
        self.go_on();
        self.aside(|t| {
            t.code.place(other);
            t.expect_general_entry(at, leave);
            t.count_work_aside(leave);
            t.replace_frame(at);
            t.code.copy(RSI, general(RBX));
            t.call_stub(t.addresses.stubs.fill);
            t.go_on();
        });
    }

    /// Puts the procedure in `rax` and its arguments where those of the running one are; `r9` is lost.
    fn replace_frame(&mut self, at: At) {
        self.store_register(0, RAX);
        for index in 2..2 + at.count() {
            self.load_register(R9, at.a() + index);
            self.store_register(index, R9);
        }
    }
}

fn at_register(base: Gpr, index: usize) -> Memory {
    at(base, index as i32 * 8)
}

/// Instructions that the interpreter carries out.
pub(super) fn interpreted(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.code.jump(leave);
}

pub(super) use interpreted as trap;
pub(super) use interpreted as return_point;
pub(super) use interpreted as apply;
pub(super) use interpreted as capture;
pub(super) use interpreted as throw;
pub(super) use interpreted as underflow;

pub(super) fn move_(t: &mut Translator, at: At) {
    t.load_register(RAX, at.b());
    t.store_register(at.a(), RAX);
}

pub(super) fn load_word(t: &mut Translator, at: At) {
    t.code.store_signed_32(register(at.a()), field::imm(at.word) as i32);
}

pub(super) fn load_constant(t: &mut Translator, at: At) {
    let (offset, _) = t.constant(at);
    let place = t.heap_word(offset, RAX);
    t.code.load(RAX, place);
    t.store_register(at.a(), RAX);
}

pub(super) fn global_reference(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_cell(RAX, at);
    t.code.compare_signed_32(general(RAX), small(Word::UNBOUND));
    t.code.jump_if(Condition::Equal, leave);
    t.store_register(at.a(), RAX);
}

pub(super) fn global_set(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_cell(RAX, at);
    t.code.compare_signed_32(general(RAX), small(Word::UNBOUND));
    t.code.jump_if(Condition::Equal, leave);
    global_define(t, at);
}

pub(super) fn global_define(t: &mut Translator, at: At) {
    let (_, cell) = t.constant(at);
    let content = cell.offset() + 8 * (1 + body::Cell::CONTENT as u64);
    t.load_register(RAX, at.a());
    let place = t.heap_word(content, RCX);
    t.code.store(place, RAX);
    t.touch_known(content);
}

/// The code object that a register is expected to hold: the constant that was loaded into it last.
fn expected_code(t: &Translator, at: At) -> Option<(Word, u64)> {
    let loads = |&index: &usize| {
        let word = t.source.words[index];
        field::op(word) == Op::LoadConstant as u8 && field::a(word) == at.a()
    };
    let index = (0..at.index).rev().find(loads)?;
    let (_, code) = t.constant(At { index, word: t.source.words[index] });
    let shape = t.source.shapes.iter().find(|(constant, _)| *constant == code)?.1;
    let fits = (shape >> 48) as usize == at.b() && at.b() <= CAPTURES_MAX;
    (fits && i32::try_from(code.0).is_ok()).then_some((code, shape))
}

pub(super) fn make_closure(t: &mut Translator, at: At) {
    let Some((code, shape)) = expected_code(t, at) else { return interpreted(t, at) };
    let leave = t.leave(at);
    t.code.compare_signed_32(GprMem::Mem(register(at.a())), code.0 as i32);
    t.code.jump_if(Condition::NotEqual, leave);
    let header = Header::new(Kind::Closure, closure_aux(shape), at.b() + 1);
    t.allocate(header.size_bytes(), leave);
    t.code.set(RDX, header.0);
    t.code.store(at_register(RAX, 0), RDX);
    for index in 0..=at.b() {
        t.load_register(RDX, at.a() + index);
        t.code.store(at_register(RAX, 1 + index), RDX);
    }
    t.store_new(at.a(), TAG_OBJECT);
}

pub(super) fn closure_reference(t: &mut Translator, at: At) {
    t.load_register(RAX, 0);
    t.code.load(RAX, object_word(RAX, 1 + body::Closure::FIELDS + at.b()));
    t.store_register(at.a(), RAX);
}

pub(super) fn closure_patch(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    let index = body::Closure::FIELDS + at.b();
    t.load_register(RAX, at.a());
    t.expect_kind(RAX, Kind::Closure, RCX, leave);
    t.code.load(RCX, object_word(RAX, 0));
    t.code.shift_right(general(RCX), 32);
    t.code.compare_signed_32(general(RCX), index as i32);
    t.code.jump_if(Condition::BelowEqual, leave);
    t.load_register(R8, at.c());
    t.store_with_barrier(RAX, TAG_OBJECT, 1 + index, R8);
}

pub(super) fn make_box(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.allocate(body::Box::BYTES, leave);
    t.code.set(RDX, Header::new(Kind::Box, 0, body::Box::FIELDS).0);
    t.code.store(at_register(RAX, 0), RDX);
    t.load_register(RDX, at.b());
    t.code.store(at_register(RAX, 1 + body::Box::CONTENT), RDX);
    t.store_new(at.a(), TAG_OBJECT);
}

pub(super) fn box_reference(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.b());
    t.expect_kind(RAX, Kind::Box, RCX, leave);
    t.code.load(RAX, object_word(RAX, 1 + body::Box::CONTENT));
    t.store_register(at.a(), RAX);
}

pub(super) fn box_reference_checked(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.b());
    t.expect_kind(RAX, Kind::Box, RCX, leave);
    t.code.load(RAX, object_word(RAX, 1 + body::Box::CONTENT));
    t.code.compare_signed_32(general(RAX), small(Word::UNBOUND));
    t.code.jump_if(Condition::Equal, leave);
    t.store_register(at.a(), RAX);
}

pub(super) fn box_set(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.a());
    t.expect_kind(RAX, Kind::Box, RCX, leave);
    t.load_register(R8, at.b());
    t.store_with_barrier(RAX, TAG_OBJECT, 1 + body::Box::CONTENT, R8);
}

pub(super) fn eq(t: &mut Translator, at: At) {
    t.load_register(RCX, at.b());
    t.code.compare(RCX, GprMem::Mem(register(at.c())));
    t.code.set_equal(general(RAX));
    t.store_boolean(at.a());
}

fn is_word(t: &mut Translator, at: At, word: Word) {
    t.code.compare_signed_32(GprMem::Mem(register(at.b())), small(word));
    t.code.set_equal(general(RAX));
    t.store_boolean(at.a());
}

pub(super) fn not(t: &mut Translator, at: At) {
    is_word(t, at, Word::FALSE);
}

pub(super) fn is_null(t: &mut Translator, at: At) {
    is_word(t, at, Word::NULL);
}

pub(super) fn is_pair(t: &mut Translator, at: At) {
    t.load_register(RCX, at.b());
    t.code.and_unsigned_32(general(RCX), TAG_MASK as u32);
    t.code.compare_32(general(RCX), TAG_PAIR as u32);
    t.code.set_equal(general(RAX));
    t.store_boolean(at.a());
}

pub(super) fn is_procedure(t: &mut Translator, at: At) {
    let (otherwise, is) = (t.code.label(), t.code.label());
    t.load_register(RAX, at.b());
    t.expect_tag(RAX, TAG_OBJECT, RCX, otherwise);
    t.code.copy_byte(RCX, GprMem::Mem(object_word(RAX, 0)));
    for kind in PROCEDURE_KINDS {
        t.code.compare_32(general(RCX), kind as u32);
        t.code.jump_if(Condition::Equal, is);
    }
    t.code.jump(otherwise);
    t.code.place(is);
    t.store_truth(at.a(), otherwise);
}

pub(super) fn cons(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.allocate(16, leave);
    for (index, part) in [at.b(), at.c()].into_iter().enumerate() {
        t.load_register(RDX, part);
        t.code.store(at_register(RAX, index), RDX);
    }
    t.store_new(at.a(), TAG_PAIR);
}

fn part_of_pair(t: &mut Translator, at: At, index: usize) {
    let leave = t.leave(at);
    t.load_register(RAX, at.b());
    t.expect_tag(RAX, TAG_PAIR, RCX, leave);
    t.code.load(RAX, pair_word(RAX, index));
    t.store_register(at.a(), RAX);
}

pub(super) fn car(t: &mut Translator, at: At) {
    part_of_pair(t, at, 0);
}

pub(super) fn cdr(t: &mut Translator, at: At) {
    part_of_pair(t, at, 1);
}

fn set_part_of_pair(t: &mut Translator, at: At, index: usize) {
    let leave = t.leave(at);
    t.load_register(RAX, at.a());
    t.expect_tag(RAX, TAG_PAIR, RCX, leave);
    t.load_register(R8, at.b());
    t.store_with_barrier(RAX, TAG_PAIR, index, R8);
}

pub(super) fn set_car(t: &mut Translator, at: At) {
    set_part_of_pair(t, at, 0);
}

pub(super) fn set_cdr(t: &mut Translator, at: At) {
    set_part_of_pair(t, at, 1);
}

/// The header of the vector in `rax` in `rdx`, and its index, which is in `rcx` and within it, unshifted.
fn expect_index(t: &mut Translator, leave: Label) {
    t.expect_fixnum(RCX, leave);
    t.code.shift_right(general(RDX), 32);
    // A negative index is above every length.
    t.code.shift_right(general(RCX), 3);
    t.code.compare(RCX, general(RDX));
    t.code.jump_if(Condition::AboveEqual, leave);
}

pub(super) fn vector_reference(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.b());
    t.load_register(RCX, at.c());
    t.expect_tag(RAX, TAG_OBJECT, RDX, leave);
    t.code.load(RDX, object_word(RAX, 0));
    t.code.compare_byte(general(RDX), Kind::Vector as u8);
    t.code.jump_if(Condition::NotEqual, leave);
    expect_index(t, leave);
    t.code.add(RAX, general(R13));
    t.code.load(RAX, indexed(RAX, RCX, 8, 8 - TAG_OBJECT as i32));
    t.store_register(at.a(), RAX);
}

pub(super) fn vector_set(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.load_register(RAX, at.a());
    t.load_register(RCX, at.b());
    t.expect_tag(RAX, TAG_OBJECT, RDX, leave);
    t.code.load(RDX, object_word(RAX, 0));
    // The flags are compared along with the kind: a literal vector is left.
    t.code.copy_32(RSI, general(RDX));
    t.code.and_unsigned_32(general(RSI), 0xffff_00ff);
    t.code.compare_32(general(RSI), Kind::Vector as u32);
    t.code.jump_if(Condition::NotEqual, leave);
    expect_index(t, leave);
    t.load_register(R8, at.c());
    t.code.address(RCX, indexed(RAX, RCX, 8, 8 - TAG_OBJECT as i32));
    t.code.store(indexed(R13, RCX, 1, 0), R8);
    t.touch(RCX);
}

pub(super) fn jump(t: &mut Translator, at: At) {
    let target = t.target(at, field::imm(at.word));
    t.code.jump(target);
}

pub(super) fn loop_(t: &mut Translator, at: At) {
    let leave = t.leave(at);
    t.count_work(leave);
    let target = t.loop_target(at, field::imm(at.word));
    t.code.jump(target);
}

/// Jumps if a register holds, or does not hold, this word.
fn jump_on_word(t: &mut Translator, at: At, word: Word, condition: Condition) {
    let target = t.target(at, field::imm(at.word));
    t.code.compare_signed_32(GprMem::Mem(register(at.a())), small(word));
    t.code.jump_if(condition, target);
}

pub(super) fn jump_if_false(t: &mut Translator, at: At) {
    jump_on_word(t, at, Word::FALSE, Condition::Equal);
}

pub(super) fn jump_if_true(t: &mut Translator, at: At) {
    jump_on_word(t, at, Word::FALSE, Condition::NotEqual);
}

pub(super) fn jump_unless_null(t: &mut Translator, at: At) {
    jump_on_word(t, at, Word::NULL, Condition::NotEqual);
}

pub(super) fn jump_unless_eq(t: &mut Translator, at: At) {
    let target = t.target(at, field::c_signed(at.word));
    t.load_register(RAX, at.a());
    t.code.compare(RAX, GprMem::Mem(register(at.b())));
    t.code.jump_if(Condition::NotEqual, target);
}

pub(super) fn jump_unless_pair(t: &mut Translator, at: At) {
    let target = t.target(at, field::imm(at.word));
    t.load_register(RAX, at.a());
    t.expect_tag(RAX, TAG_PAIR, RCX, target);
}

pub(super) fn call(t: &mut Translator, at: At) {
    t.load_register(RAX, at.a());
    t.enter(at);
}

pub(super) fn call_global(t: &mut Translator, at: At) {
    t.load_cell(RAX, at);
    t.enter(at);
}

pub(super) fn tail_call(t: &mut Translator, at: At) {
    t.load_register(RAX, at.a());
    t.enter_tail(at);
}

pub(super) fn tail_call_global(t: &mut Translator, at: At) {
    t.load_cell(RAX, at);
    t.enter_tail(at);
}

pub(super) fn return_(t: &mut Translator, at: At) {
    t.load_register(RAX, at.a());
    t.load_register(RDX, 1);
    t.store_register(0, RAX);
    t.code.copy_16(RCX, general(RDX));
    t.code.subtract(RBX, general(RCX));
    t.code.shift_right(general(RDX), 16);
    t.code.copy_32(RCX, general(RDX));
    t.code.shift_right(general(RCX), 1);
    // Where there is no machine code the entry is 0, and leads to the stub that interprets from `rdx` on.
    t.code.load_32(RCX, indexed(R14, RCX, 1, 0));
    t.go_on();
}

pub(super) fn primitive(t: &mut Translator, at: At) {
    let code = field::imm(at.word) as usize;
    let row = t.addresses.primitives.get(code).expect("verified code names known primitives");
    let Some(fast) = row.fast else { return any_primitive(t, at) };
    let (other, done) = (t.code.label(), t.code.label());
    t.code.address(RDI, self::at(R12, HEAP));
    t.code.address(RSI, register(at.a()));
    t.code.set(RDX, at.count() as u64);
    t.call_function(fast as *const () as u64);
    t.code.compare_signed_32(general(RAX), NOT_FAST as i32);
    t.code.jump_if(Condition::Equal, other);
    t.store_register(at.a(), RAX);
    t.code.place(done);
    t.aside(|t| {
        t.code.place(other);
        any_primitive(t, at);
        t.code.jump(done);
    });
}

/// A primitive by way of its row.
fn any_primitive(t: &mut Translator, at: At) {
    let next = t.code.label();
    t.code.copy(RDI, general(R12));
    t.code.set(RSI, t.addresses.heap + t.source.offset_of(at.index));
    t.code.copy(RDX, general(RBX));
    t.call_function(t.addresses.primitive);
    t.code.test_32(general(RAX), RAX);
    t.code.jump_if(Condition::Equal, next);
    t.code.address(RCX, self::at(R15, t.addresses.stubs.after));
    t.code.jump_to(general(RCX));
    t.code.place(next);
}
