//! The fast path of every instruction: one function per row of the opcode table.
//!
//! A fast path either carries the instruction out and returns `true`, or changes nothing a repeated
//! run would notice and returns `false`, upon which the slow path in `slow.rs` runs. It never calls
//! anything that is not inlined, never collects, and never sees a frame the verifier has not bounded.
//!
//! `pc` is the address of the word after the instruction.

#![allow(unsafe_code, reason = "instruction handlers work on raw frames and pages")]

use pscheme_heap::kind::{Header, Kind, PROCEDURE_KINDS, body};
use pscheme_heap::word::{TAG_OBJECT, TAG_PAIR, Word};

use crate::machine::Vm;
use crate::op::{Op, field};

/// What a fast path gets: registers of the engine by reference, so that it can move them.
pub(super) struct Registers<'a> {
    pub(super) pc: &'a mut *const u64,
    pub(super) base: &'a mut *mut u64,
    pub(super) heap_base: *mut u8,
    pub(super) vm: *mut Vm,
    pub(super) instruction: u64,
}

const CLOSURE: u64 = Kind::Closure as u64;
const VECTOR: u8 = Kind::Vector as u8;

impl Registers<'_> {
    #[inline(always)]
    unsafe fn get(&self, register: usize) -> Word {
        Word(*self.base.add(register))
    }
    #[inline(always)]
    unsafe fn set(&mut self, register: usize, value: Word) {
        *self.base.add(register) = value.0;
    }
    #[inline(always)]
    unsafe fn a(&self) -> Word {
        self.get(field::a(self.instruction))
    }
    #[inline(always)]
    unsafe fn b(&self) -> Word {
        self.get(field::b(self.instruction))
    }
    #[inline(always)]
    unsafe fn c(&self) -> Word {
        self.get(field::c(self.instruction))
    }
    #[inline(always)]
    unsafe fn set_a(&mut self, value: Word) -> bool {
        self.set(field::a(self.instruction), value);
        true
    }
    /// The constant that the 32-bit immediate names.
    #[inline(always)]
    unsafe fn constant(&self) -> Word {
        Word(*self.pc.offset(field::imm(self.instruction) as isize))
    }
    /// The address of word `index` of an object; 0 is its header. The tag is part of the
    /// displacement, so no instruction removes it.
    #[inline(always)]
    unsafe fn slot(&self, object: Word, index: usize) -> *mut u64 {
        self.heap_base.add(object.0 as usize).sub(TAG_OBJECT as usize).cast::<u64>().add(index)
    }
    /// The address of a pair's car (0) or cdr (1).
    #[inline(always)]
    unsafe fn pair_slot(&self, pair: Word, index: usize) -> *mut u64 {
        self.heap_base.add(pair.0 as usize).sub(TAG_PAIR as usize).cast::<u64>().add(index)
    }
    #[inline(always)]
    unsafe fn kind_is(&self, word: Word, kind: u8) -> bool {
        word.is_object() && *self.slot(word, 0) as u8 == kind
    }
    #[inline(always)]
    unsafe fn jump_long(&mut self) -> bool {
        *self.pc = self.pc.offset(field::imm(self.instruction) as isize);
        true
    }
    #[inline(always)]
    unsafe fn jump_short_unless(&mut self, condition: bool) -> bool {
        if !condition {
            *self.pc = self.pc.offset(field::c_signed(self.instruction) as isize);
        }
        true
    }
    /// Stores into an object with the barrier.
    #[inline(always)]
    unsafe fn store(&mut self, slot: *mut u64, value: Word) {
        let offset = slot as u64 - self.heap_base as u64;
        (*self.vm).heap.space.touch_unchecked(offset);
        *slot = value.0;
    }
    /// Room for `bytes` bytes in the nursery, or null.
    #[inline(always)]
    unsafe fn allocate(&mut self, bytes: usize) -> *mut u64 {
        let heap = &mut (*self.vm).heap;
        let at = heap.bump;
        if (heap.bump_limit as usize) - (at as usize) < bytes {
            return std::ptr::null_mut();
        }
        heap.bump = at.add(bytes);
        at.cast()
    }
    #[inline(always)]
    fn offset_of(&self, address: *const u64) -> u64 {
        address as u64 - self.heap_base as u64
    }
    /// One unit of work; `false` at the end of the slice.
    #[inline(always)]
    unsafe fn count_work(&mut self) -> bool {
        let fuel = &raw mut (*self.vm).machine.fuel;
        *fuel -= 1;
        if *fuel < 0 {
            // Taken back: what primitives charged beyond the slice is counted, this unit is not.
            *fuel += 1;
            return false;
        }
        true
    }
    /// Whether `procedure` is a closure of exactly the instruction's number of arguments.
    #[inline(always)]
    unsafe fn fits_call(&self, procedure: Word, op: Op) -> bool {
        // Count and code of header and instruction differ in the code alone: one compare for both.
        procedure.is_object()
            && (*self.slot(procedure, 0) ^ self.instruction) as u16 == (CLOSURE ^ op as u64) as u16
    }
    #[inline(always)]
    unsafe fn entry(&self, closure: Word) -> *const u64 {
        let code = Word(*self.slot(closure, 1 + body::Closure::CODE));
        self.slot(code, 0).byte_add(body::Code::TAIL_BYTES as usize)
    }
    #[inline(always)]
    unsafe fn enter(&mut self, procedure: Word, op: Op) -> bool {
        let window = field::a(self.instruction);
        let base = self.base.add(window);
        if !self.fits_call(procedure, op)
            || base > (*self.vm).machine.stack_limit
            || !self.count_work()
        {
            return false;
        }
        *base.add(1) = (self.offset_of(*self.pc) + 8) << 16 | (window as u64) << 3;
        *self.pc = self.entry(procedure);
        *self.base = base;
        true
    }
    #[inline(always)]
    unsafe fn enter_tail(&mut self, procedure: Word, op: Op) -> bool {
        if !self.fits_call(procedure, op) || !self.count_work() {
            return false;
        }
        let (window, count) = (field::a(self.instruction), field::aux(self.instruction));
        self.set(0, procedure);
        for index in 2..2 + count {
            let argument = self.get(window + index);
            self.set(index, argument);
        }
        *self.pc = self.entry(procedure);
        true
    }
    #[inline(always)]
    unsafe fn set_flonum(&mut self, value: f64) -> bool {
        match Word::try_flonum(value) {
            Some(word) => self.set_a(word),
            None => false,
        }
    }
}

/// Both words are fixnums.
#[inline(always)]
fn both_fixnums(left: Word, right: Word) -> bool {
    (left.0 | right.0) & 7 == 0
}

/// Both words are immediate flonums.
#[inline(always)]
fn both_flonums(left: Word, right: Word) -> bool {
    left.0 & right.0 & 2 != 0
}

#[inline(always)]
pub(super) unsafe fn trap(_: Registers) -> bool {
    false
}

#[inline(always)]
pub(super) unsafe fn move_(mut r: Registers) -> bool {
    let value = r.b();
    r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn load_word(mut r: Registers) -> bool {
    r.set_a(Word(field::imm(r.instruction) as u64))
}

#[inline(always)]
pub(super) unsafe fn load_constant(mut r: Registers) -> bool {
    let value = r.constant();
    r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn global_reference(mut r: Registers) -> bool {
    let value = Word(*r.slot(r.constant(), 1 + body::Cell::CONTENT));
    value != Word::UNBOUND && r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn global_set(mut r: Registers) -> bool {
    let slot = r.slot(r.constant(), 1 + body::Cell::CONTENT);
    if Word(*slot) == Word::UNBOUND {
        return false;
    }
    let value = r.a();
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn global_define(mut r: Registers) -> bool {
    let slot = r.slot(r.constant(), 1 + body::Cell::CONTENT);
    let value = r.a();
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn make_closure(mut r: Registers) -> bool {
    let code = r.a();
    let count = field::b(r.instruction);
    if !r.kind_is(code, Kind::Code as u8) || count > 60 {
        return false;
    }
    let shape = *r.slot(code, 1 + body::Code::SHAPE);
    if (shape >> 48) as usize != count {
        return false;
    }
    let header = Header::new(Kind::Closure, closure_aux(shape), count + 1);
    let object = r.allocate(header.size_bytes() as usize);
    if object.is_null() {
        return false;
    }
    *object = header.0;
    *object.add(1) = code.0;
    let window = field::a(r.instruction);
    for index in 1..=count {
        *object.add(1 + index) = r.get(window + index).0;
    }
    let closure = Word::object(r.offset_of(object));
    r.set_a(closure)
}

/// The argument count in a closure's header: exact, or 255 for the general entry.
pub(crate) fn closure_aux(shape: u64) -> u8 {
    let (required, optional, rest) = (shape as u16, (shape >> 16) as u8, (shape >> 24) as u8);
    if optional == 0 && rest == 0 && required <= crate::op::CALL_ARGUMENTS_MAX as u16 {
        required as u8
    } else {
        255
    }
}

#[inline(always)]
pub(super) unsafe fn closure_reference(mut r: Registers) -> bool {
    let closure = r.get(0);
    let value = Word(*r.slot(closure, 1 + body::Closure::FIELDS + field::b(r.instruction)));
    r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn closure_patch(mut r: Registers) -> bool {
    let (closure, index) = (r.a(), body::Closure::FIELDS + field::b(r.instruction));
    // The verifier does not know which closure this is, and so not how many values it has.
    if !r.kind_is(closure, Kind::Closure as u8) || index as u64 >= *r.slot(closure, 0) >> 32 {
        return false;
    }
    let slot = r.slot(closure, 1 + index);
    let value = r.c();
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn make_box(mut r: Registers) -> bool {
    let object = r.allocate(16);
    if object.is_null() {
        return false;
    }
    *object = Header::new(Kind::Box, 0, body::Box::FIELDS).0;
    *object.add(1) = r.b().0;
    let word = Word::object(r.offset_of(object));
    r.set_a(word)
}

#[inline(always)]
pub(super) unsafe fn box_reference(mut r: Registers) -> bool {
    let place = r.b();
    if !r.kind_is(place, Kind::Box as u8) {
        return false;
    }
    let value = Word(*r.slot(place, 1 + body::Box::CONTENT));
    r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn box_reference_checked(mut r: Registers) -> bool {
    let place = r.b();
    if !r.kind_is(place, Kind::Box as u8) {
        return false;
    }
    let value = Word(*r.slot(place, 1 + body::Box::CONTENT));
    value != Word::UNBOUND && r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn box_set(mut r: Registers) -> bool {
    let place = r.a();
    if !r.kind_is(place, Kind::Box as u8) {
        return false;
    }
    let (slot, value) = (r.slot(place, 1 + body::Box::CONTENT), r.b());
    r.store(slot, value);
    true
}

macro_rules! arithmetic {
    ($name:ident, $fixnum:ident, $flonum:tt) => {
        #[inline(always)]
        pub(super) unsafe fn $name(mut r: Registers) -> bool {
            let (left, right) = (r.b(), r.c());
            if both_fixnums(left, right) {
                return match (left.0 as i64).$fixnum(right.0 as i64) {
                    Some(sum) => r.set_a(Word(sum as u64)),
                    None => false,
                };
            }
            if both_flonums(left, right) {
                return r.set_flonum(left.as_immediate_flonum() $flonum right.as_immediate_flonum());
            }
            false
        }
    };
}
arithmetic!(add, checked_add, +);
arithmetic!(subtract, checked_sub, -);

#[inline(always)]
pub(super) unsafe fn multiply(mut r: Registers) -> bool {
    let (left, right) = (r.b(), r.c());
    if both_fixnums(left, right) {
        // One factor keeps its shift, so the product has it once and overflow is the word's.
        return match (left.0 as i64).checked_mul(right.as_fixnum()) {
            Some(product) => r.set_a(Word(product as u64)),
            None => false,
        };
    }
    if both_flonums(left, right) {
        return r.set_flonum(left.as_immediate_flonum() * right.as_immediate_flonum());
    }
    false
}

#[inline(always)]
pub(super) unsafe fn add_int(mut r: Registers) -> bool {
    let left = r.b();
    if !left.is_fixnum() {
        return false;
    }
    match (left.0 as i64).checked_add(field::c_signed(r.instruction) << 3) {
        Some(sum) => r.set_a(Word(sum as u64)),
        None => false,
    }
}

/// Fixnum operands of a division that cannot fail or overflow.
#[inline(always)]
fn division_operands(left: Word, right: Word) -> Option<(i64, i64)> {
    let (left, right) =
        (both_fixnums(left, right)).then(|| (left.as_fixnum(), right.as_fixnum()))?;
    // -1 is left to the slow path: the least fixnum divided by it is no fixnum.
    (right != 0 && right != -1).then_some((left, right))
}

macro_rules! division {
    ($name:ident, $operation:expr) => {
        #[inline(always)]
        pub(super) unsafe fn $name(mut r: Registers) -> bool {
            let Some((left, right)) = division_operands(r.b(), r.c()) else { return false };
            let operation: fn(i64, i64) -> i64 = $operation;
            r.set_a(Word::fixnum(operation(left, right)))
        }
    };
}
division!(quotient, |left, right| left / right);
division!(remainder, |left, right| left % right);
division!(modulo, |left, right| {
    let remainder = left % right;
    if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder }
});

macro_rules! comparison {
    ($value:ident, $jump:ident, $operator:tt) => {
        #[inline(always)]
        pub(super) unsafe fn $value(mut r: Registers) -> bool {
            let (left, right) = (r.b(), r.c());
            if both_fixnums(left, right) {
                return r.set_a(Word::boolean((left.0 as i64) $operator (right.0 as i64)));
            }
            if both_flonums(left, right) {
                let holds = left.as_immediate_flonum() $operator right.as_immediate_flonum();
                return r.set_a(Word::boolean(holds));
            }
            false
        }
        #[inline(always)]
        pub(super) unsafe fn $jump(mut r: Registers) -> bool {
            let (left, right) = (r.a(), r.b());
            if both_fixnums(left, right) {
                return r.jump_short_unless((left.0 as i64) $operator (right.0 as i64));
            }
            if both_flonums(left, right) {
                let holds = left.as_immediate_flonum() $operator right.as_immediate_flonum();
                return r.jump_short_unless(holds);
            }
            false
        }
    };
}
comparison!(less, jump_unless_less, <);
comparison!(less_equal, jump_unless_less_equal, <=);
comparison!(number_equal, jump_unless_number_equal, ==);

macro_rules! comparison_int {
    ($name:ident, $operator:tt) => {
        #[inline(always)]
        pub(super) unsafe fn $name(mut r: Registers) -> bool {
            let left = r.a();
            if !left.is_fixnum() {
                return false;
            }
            let integer = field::b_signed(r.instruction) << 3;
            r.jump_short_unless((left.0 as i64) $operator integer)
        }
    };
}
comparison_int!(jump_unless_less_int, <);
comparison_int!(jump_unless_greater_int, >);
comparison_int!(jump_unless_equal_int, ==);

#[inline(always)]
pub(super) unsafe fn eq(mut r: Registers) -> bool {
    let same = r.b() == r.c();
    r.set_a(Word::boolean(same))
}

#[inline(always)]
pub(super) unsafe fn not(mut r: Registers) -> bool {
    let value = r.b();
    r.set_a(Word::boolean(value == Word::FALSE))
}

#[inline(always)]
pub(super) unsafe fn is_null(mut r: Registers) -> bool {
    let value = r.b();
    r.set_a(Word::boolean(value == Word::NULL))
}

#[inline(always)]
pub(super) unsafe fn is_pair(mut r: Registers) -> bool {
    let value = r.b();
    r.set_a(Word::boolean(value.is_pair()))
}

#[inline(always)]
pub(super) unsafe fn is_procedure(mut r: Registers) -> bool {
    let value = r.b();
    let kind = if value.is_object() { *r.slot(value, 0) as u8 } else { 0 };
    r.set_a(Word::boolean(PROCEDURE_KINDS.iter().any(|procedure| *procedure as u8 == kind)))
}

#[inline(always)]
pub(super) unsafe fn cons(mut r: Registers) -> bool {
    let pair = r.allocate(16);
    if pair.is_null() {
        return false;
    }
    *pair = r.b().0;
    *pair.add(1) = r.c().0;
    let word = Word::pair(r.offset_of(pair));
    r.set_a(word)
}

#[inline(always)]
pub(super) unsafe fn car(mut r: Registers) -> bool {
    let pair = r.b();
    pair.is_pair() && {
        let value = Word(*r.pair_slot(pair, 0));
        r.set_a(value)
    }
}

#[inline(always)]
pub(super) unsafe fn cdr(mut r: Registers) -> bool {
    let pair = r.b();
    pair.is_pair() && {
        let value = Word(*r.pair_slot(pair, 1));
        r.set_a(value)
    }
}

#[inline(always)]
pub(super) unsafe fn set_car(mut r: Registers) -> bool {
    let (pair, value) = (r.a(), r.b());
    if !pair.is_pair() {
        return false;
    }
    let slot = r.pair_slot(pair, 0);
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn set_cdr(mut r: Registers) -> bool {
    let (pair, value) = (r.a(), r.b());
    if !pair.is_pair() {
        return false;
    }
    let slot = r.pair_slot(pair, 1);
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn vector_reference(mut r: Registers) -> bool {
    let (vector, index) = (r.b(), r.c());
    if !r.kind_is(vector, VECTOR) || !index.is_fixnum() {
        return false;
    }
    let index = index.as_fixnum() as u64;
    if index >= *r.slot(vector, 0) >> 32 {
        return false;
    }
    let value = Word(*r.slot(vector, 1 + index as usize));
    r.set_a(value)
}

#[inline(always)]
pub(super) unsafe fn vector_set(mut r: Registers) -> bool {
    let (vector, index, value) = (r.a(), r.b(), r.c());
    if !vector.is_object() || !index.is_fixnum() {
        return false;
    }
    let header = *r.slot(vector, 0);
    let index = index.as_fixnum() as u64;
    // The flags are compared along with the kind: a literal vector takes the slow path.
    if header & 0xffff_00ff != u64::from(VECTOR) || index >= header >> 32 {
        return false;
    }
    let slot = r.slot(vector, 1 + index as usize);
    r.store(slot, value);
    true
}

#[inline(always)]
pub(super) unsafe fn jump(mut r: Registers) -> bool {
    r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn loop_(mut r: Registers) -> bool {
    r.count_work() && r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn jump_if_false(mut r: Registers) -> bool {
    r.a() != Word::FALSE || r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn jump_if_true(mut r: Registers) -> bool {
    r.a() == Word::FALSE || r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn jump_unless_eq(mut r: Registers) -> bool {
    let same = r.a() == r.b();
    r.jump_short_unless(same)
}

#[inline(always)]
pub(super) unsafe fn jump_unless_null(mut r: Registers) -> bool {
    r.a() == Word::NULL || r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn jump_unless_pair(mut r: Registers) -> bool {
    r.a().is_pair() || r.jump_long()
}

#[inline(always)]
pub(super) unsafe fn call(mut r: Registers) -> bool {
    let procedure = r.a();
    r.enter(procedure, Op::Call)
}

#[inline(always)]
pub(super) unsafe fn call_global(mut r: Registers) -> bool {
    let procedure = Word(*r.slot(r.constant(), 1 + body::Cell::CONTENT));
    r.set_a(procedure);
    r.enter(procedure, Op::CallGlobal)
}

#[inline(always)]
pub(super) unsafe fn tail_call(mut r: Registers) -> bool {
    let procedure = r.a();
    r.enter_tail(procedure, Op::TailCall)
}

#[inline(always)]
pub(super) unsafe fn tail_call_global(mut r: Registers) -> bool {
    let procedure = Word(*r.slot(r.constant(), 1 + body::Cell::CONTENT));
    r.enter_tail(procedure, Op::TailCallGlobal)
}

#[inline(always)]
pub(super) unsafe fn return_(mut r: Registers) -> bool {
    let value = r.a();
    let link = *r.base.add(1);
    r.set(0, value);
    *r.base = r.base.byte_sub((link & 0xffff) as usize);
    *r.pc = r.heap_base.add((link >> 16) as usize).cast();
    true
}

#[inline(always)]
pub(super) unsafe fn return_point(_: Registers) -> bool {
    false
}

/// Saves the engine's registers before it runs Rust code that may collect: the slow path does.
#[inline(always)]
pub(super) unsafe fn primitive(_: Registers) -> bool {
    false
}

/// Elements of a list that are passed on here at most.
const APPLIED_MAX: usize = 16;

#[inline(always)]
pub(super) unsafe fn apply(mut r: Registers) -> bool {
    let (procedure, list) = (r.a(), r.b());
    if !r.kind_is(procedure, Kind::Closure as u8) {
        return false;
    }
    let code = Word(*r.slot(procedure, 1 + body::Closure::CODE));
    let shape = *r.slot(code, 1 + body::Code::SHAPE);
    let required = shape as u16 as usize;
    let positional = required + (shape >> 16) as u8 as usize;
    let (mut count, mut rest) = (0, list);
    while rest.is_pair() && count < APPLIED_MAX {
        rest = Word(*r.pair_slot(rest, 1));
        count += 1;
    }
    // More than the parameters would be a list that has to be made.
    let fits = rest == Word::NULL && (required..=positional).contains(&count);
    if !fits || !r.count_work() {
        return false;
    }
    r.set(0, procedure);
    let mut rest = list;
    for index in 2..2 + count {
        let argument = Word(*r.pair_slot(rest, 0));
        r.set(index, argument);
        rest = Word(*r.pair_slot(rest, 1));
    }
    for index in 2 + count..2 + positional {
        r.set(index, Word::UNBOUND);
    }
    if (shape >> 24) as u8 != 0 {
        r.set(2 + positional, Word::NULL);
    }
    *r.pc = r.entry(procedure);
    true
}

#[inline(always)]
pub(super) unsafe fn capture(_: Registers) -> bool {
    false
}

#[inline(always)]
pub(super) unsafe fn throw(_: Registers) -> bool {
    false
}

#[inline(always)]
pub(super) unsafe fn underflow(_: Registers) -> bool {
    false
}
