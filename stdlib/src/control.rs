//! Equivalence, multiple values, time, randomness, errors, and the dynamic state of the running
//! process.

use dashu_int::{IBig, UBig};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::machine::{CodeView, Vm};
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, name_text, trusted_count, wrong_type};
use crate::list::is_kind;
use crate::procedure::is_procedure;
use crate::room::allocate;
use crate::write::raised_text;

/// Jiffies are microseconds.
const JIFFIES_PER_SECOND: i64 = 1_000_000;
primitives! { CONTROL_PRIMITIVES:
    /// `(eq? a b)`: are they the same object?
    500 "eq?" (2) constant => |_, a| Ok(Word::boolean(a.get(0) == a.get(1)));
    /// `(eqv? a b)`: the same object, or the same number of the same exactness?
    501 "eqv?" (2) size => |vm, a| Ok(Word::boolean(eqv(&vm.heap, a.get(0), a.get(1)))),
        fast frequent_eqv;
    /// `(%equal-leaves? a b)`: `eqv?`, or strings or bytevectors with the same content.
    502 "%equal-leaves?" (2) size => equal_leaves;
    /// `(not value)`: is it `#f`?
    503 "not" (1) constant => |_, a| Ok(Word::boolean(!a.get(0).is_true()));
    /// `(boolean? value)`: is it `#t` or `#f`?
    504 "boolean?" (1) constant => |_, a| Ok(Word::boolean(is_boolean(a.get(0)))),
        fast |_, a| Some(Word::boolean(is_boolean(a.get(0))));
    /// `(boolean=? boolean …)`: are all the same?
    505 "boolean=?" (1..) constant => booleans_equal;
    /// `(procedure? value)`: can it be called?
    506 "procedure?" (1) constant => |vm, a| Ok(Word::boolean(is_procedure(&vm.heap, a.get(0))));
    /// `(procedure-arity procedure)`: a pair of the least and the greatest number of arguments, the
    /// latter `#f` if there is none.
    507 "procedure-arity" (1) constant => arity;
    /// `(values value …)`: gives several values at once, to a receiver of them.
    510 "values" (0..) constant => values;
    /// `(%values->list values)`: a list of several values, or of the one value.
    511 "%values->list" (1) constant => values_to_list;
    /// `(void)`: the value of expressions that have none.
    512 "void" (0..) constant => |_, _| Ok(Word::UNSPECIFIED);
    /// `(eof-object)`: the end-of-file object.
    513 "eof-object" (0) constant => |_, _| Ok(Word::EOF);
    /// `(eof-object? value)`: is it the end-of-file object?
    514 "eof-object?" (1) constant => |_, a| Ok(Word::boolean(a.get(0) == Word::EOF));
    /// `(current-jiffy)`: microseconds of a clock that never goes back.
    515 "current-jiffy" (0) constant => |vm, _| {
        let jiffies = vm.machine.host.monotonic_ns() / (1_000_000_000 / JIFFIES_PER_SECOND as u64);
        Ok(Word::fixnum(jiffies as i64))
    };
    /// `(jiffies-per-second)`: 1,000,000.
    516 "jiffies-per-second" (0) constant => |_, _| Ok(Word::fixnum(JIFFIES_PER_SECOND));
    /// `(current-second)`: seconds since 1970.
    517 "current-second" (0) constant => |vm, _| {
        let seconds = vm.machine.host.clock_us() as f64 / 1e6;
        Number::Flonum(seconds).encode(vm)
    };
    /// `(runtime)`: seconds of a clock that never goes back.
    518 "runtime" (0) constant => |vm, _| {
        let seconds = vm.machine.host.monotonic_ns() as f64 / 1e9;
        Number::Flonum(seconds).encode(vm)
    };
    /// `(random n)`: a number of at least 0 and below `n`, exact if `n` is.
    519 "random" (1) constant => random;
    /// `(%exit value)`: ends the program; `#t` is status 0, `#f` is 1.
    520 "%exit" (1) constant => exit;
    /// `(error message irritant …)`: raises an error with a message about the irritants.
    521 "error" (1..) chunk => error;
    /// `(raise value)`: raises a value: the handler in force is called with it.
    522 "raise" (1) constant => raise;
    /// `(%dynamic)`: the dynamic state of the running process.
    523 "%dynamic" (0) constant => |vm, _| Ok(vm.machine.dynamic);
    /// `(%set-dynamic! state)`: replaces the dynamic state of the running process.
    524 "%set-dynamic!" (1) constant => |vm, a| {
        vm.machine.dynamic = a.get(0);
        Ok(Word::UNSPECIFIED)
    };
    /// `(%wrong-type name position expected found)`: the fault of a wrong argument, which is counted
    /// from 0.
    525 "%wrong-type" (4) constant => raise_wrong_type;
    /// `(%fault code message irritant …)`: a fault with a code of the table of errors.
    526 "%fault" (2..) chunk => raise_fault;
    /// `(error-object? value)`: is it the object of an error?
    527 "error-object?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::Condition));
    /// `(error-object-message condition)`: the message of an error's object.
    528 "error-object-message" (1) constant => |vm, a| part(vm, a, "error-object-message", body::Condition::MESSAGE);
    /// `(error-object-irritants condition)`: a list of the objects that the message of an error's object speaks of.
    529 "error-object-irritants" (1) constant => |vm, a| part(vm, a, "error-object-irritants", body::Condition::IRRITANTS);
    /// `(file-error? value)`: is it the object of a file's error?
    530 "file-error?" (1) constant => |vm, a| Ok(has_code(&vm.heap, a.get(0), ErrorCode::FileError));
    /// `(read-error? value)`: is it the object of an error of `read`?
    532 "read-error?" (1) constant => |vm, a| Ok(has_code(&vm.heap, a.get(0), ErrorCode::ReadError));
    /// `(%set-exception-handler! procedure)`: the procedure that is called with what was raised.
    531 "%set-exception-handler!" (1) constant => |vm, a| {
        vm.heap.set_root(Root::ExceptionHandler, a.get(0));
        Ok(Word::UNSPECIFIED)
    };
}

/// Whether two values are the same object or the same number (R7RS `eqv?`).
pub fn eqv(heap: &Heap, left: Word, right: Word) -> bool {
    if left == right {
        return true;
    }
    match (heap.kind_of(left), heap.kind_of(right)) {
        (Some(Kind::Flonum), Some(Kind::Flonum)) => {
            heap.raw(left, body::Flonum::BITS) == heap.raw(right, body::Flonum::BITS)
        }
        (Some(Kind::Bignum), Some(Kind::Bignum)) => {
            let (a, b) = (heap.header(left), heap.header(right));
            a == b && limbs(heap, left) == limbs(heap, right)
        }
        (Some(a @ (Kind::Ratnum | Kind::Compnum)), Some(b)) if a == b => {
            (0..2).all(|part| eqv(heap, heap.field(left, part), heap.field(right, part)))
        }
        _ => false,
    }
}

/// Without the numbers that are objects.
fn frequent_eqv(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let (left, right) = (arguments.get(0), arguments.get(1));
    if left == right {
        return Some(Word::TRUE);
    }
    let is_number = |word| {
        matches!(
            heap.kind_of(word),
            Some(Kind::Flonum | Kind::Bignum | Kind::Ratnum | Kind::Compnum)
        )
    };
    (!is_number(left) || !is_number(right)).then_some(Word::FALSE)
}

fn limbs(heap: &Heap, bignum: Word) -> &[u64] {
    heap.space.words(bignum.offset() + 8, heap.header(bignum).body_words())
}

fn equal_leaves(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let (left, right) = (arguments.get(0), arguments.get(1));
    let same = match (vm.heap.kind_of(left), vm.heap.kind_of(right)) {
        (Some(Kind::String), Some(Kind::String)) => crate::string::equal(&vm.heap, left, right),
        (Some(Kind::Bytevector), Some(Kind::Bytevector)) => {
            vm.heap.bytes(left) == vm.heap.bytes(right)
        }
        _ => eqv(&vm.heap, left, right),
    };
    Ok(Word::boolean(same))
}

fn is_boolean(word: Word) -> bool {
    word == Word::TRUE || word == Word::FALSE
}

fn booleans_equal(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "boolean=?", arguments);
    let mut same = true;
    for index in 0..arguments.count() {
        if !is_boolean(arguments.get(index)) {
            return Err(call.wrong_type(index, "a boolean"));
        }
        same &= arguments.get(index) == arguments.get(0);
    }
    Ok(Word::boolean(same))
}

fn arity(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(16)?;
    let procedure = arguments.get(0);
    let (least, most) = match vm.heap.kind_of(procedure) {
        Some(Kind::Closure) => {
            let view = CodeView::of(&vm.heap, vm.heap.field(procedure, body::Closure::CODE));
            (view.required, (!view.rest).then_some(view.required + view.optional))
        }
        Some(Kind::Primitive) => {
            let row = vm
                .primitive(vm.heap.raw(procedure, body::Primitive::CODE) as usize)
                .expect("verified");
            (usize::from(row.minimum), row.maximum.map(usize::from))
        }
        Some(Kind::Continuation) => (0, None),
        _ => return Err(Call::new(vm, "procedure-arity", arguments).wrong_type(0, "a procedure")),
    };
    let most = most.map_or(Word::FALSE, |most| Word::fixnum(most as i64));
    Ok(vm.heap.pair(Word::fixnum(least as i64), most))
}

fn values(vm: &mut Vm, arguments: Arguments) -> Outcome {
    if arguments.count() == 1 {
        return Ok(arguments.get(0));
    }
    let values = allocate(vm, Kind::MultipleValues, arguments.count(), 0)?;
    for index in 0..arguments.count() {
        vm.heap.set_field(values, index, arguments.get(index));
    }
    Ok(values)
}

fn values_to_list(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let several = vm.heap.kind_of(arguments.get(0)) == Some(Kind::MultipleValues);
    let count = if several { vm.heap.header(arguments.get(0)).body_words() } else { 1 };
    vm.reserve(count as u64 * 16)?;
    let values = arguments.get(0);
    let mut list = Word::NULL;
    for index in (0..count).rev() {
        let value = if several { vm.heap.field(values, index) } else { values };
        list = vm.heap.pair(value, list);
    }
    Ok(list)
}

fn random(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "random", arguments);
    match call.number(0)? {
        Number::Fixnum(limit) if limit > 0 => {
            let bits = u128::from(vm.machine.host.random());
            Ok(Word::fixnum(((bits * limit as u128) >> 64) as i64))
        }
        Number::Big(limit) if limit > IBig::ZERO => {
            // 64 bits more than the limit has make the remainder even enough.
            let (_, words) = limit.as_sign_words();
            let bits = vm.machine.host.random_words(words.len() + 1);
            let value = IBig::from(UBig::from_words(&bits)) % limit;
            Number::Big(value).encode(vm)
        }
        Number::Flonum(limit) if limit > 0.0 && limit.is_finite() => {
            let unit = (vm.machine.host.random() >> 11) as f64 / (1u64 << 53) as f64;
            Number::Flonum(unit * limit).encode(vm)
        }
        _ => Err(call.wrong_type(0, "a number above 0")),
    }
}

fn exit(_: &mut Vm, arguments: Arguments) -> Outcome {
    let status = match arguments.get(0) {
        Word::TRUE | Word::UNSPECIFIED => 0,
        word if word.is_fixnum() => word.as_fixnum(),
        _ => 1,
    };
    Err(Interrupt::Exit(status))
}

/// The condition of a program's `error`: message and irritants as they were given.
fn error(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let count = arguments.count() - 1;
    vm.reserve(body::Condition::BYTES + count as u64 * 16)?;
    let mut irritants = Word::NULL;
    for index in (1..=count).rev() {
        irritants = vm.heap.pair(arguments.get(index), irritants);
    }
    let condition = vm.heap.object(Kind::Condition, 0, body::Condition::FIELDS);
    let fields = [
        (body::Condition::CODE, Word::fixnum(ErrorCode::UserError as i64)),
        (body::Condition::MESSAGE, arguments.get(0)),
        (body::Condition::IRRITANTS, irritants),
        (body::Condition::CONTINUATION, Word::FALSE),
    ];
    for (index, value) in fields {
        vm.heap.initialise(condition, index, value.0);
    }
    let (code, message) = raised_text(vm, condition);
    Err(Fault::raising(code, message, condition).into())
}

fn raise(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let (code, message) = raised_text(vm, arguments.get(0));
    Err(Fault::raising(code, message, arguments.get(0)).into())
}

fn raise_wrong_type(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let (name, expected) =
        (name_text(&vm.heap, arguments.get(0)), name_text(&vm.heap, arguments.get(2)));
    let position = trusted_count(arguments.get(1));
    Err(wrong_type(&vm.heap, &name, position, &expected, arguments.get(3)))
}

fn raise_fault(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let code = u16::try_from(trusted_count(arguments.get(0))).ok();
    let code = code.and_then(ErrorCode::from_number).unwrap_or(ErrorCode::OutOfRange);
    let mut message = name_text(&vm.heap, arguments.get(1));
    let irritants: Vec<Word> = (2..arguments.count()).map(|index| arguments.get(index)).collect();
    for &irritant in &irritants {
        message.push(' ');
        message.push_str(&pscheme_vm::print::summary(&vm.heap, irritant));
    }
    Err(Fault::new(code, message).with_irritants(&irritants).into())
}

fn part(vm: &mut Vm, arguments: Arguments, name: &'static str, field: usize) -> Outcome {
    let condition =
        Call::new(vm, name, arguments).of_kind(0, Kind::Condition, "an error object")?;
    Ok(vm.heap.field(condition, field))
}

pub(crate) fn has_code(heap: &Heap, word: Word, code: ErrorCode) -> Word {
    let is_condition = heap.kind_of(word) == Some(Kind::Condition);
    Word::boolean(
        is_condition && heap.field(word, body::Condition::CODE) == Word::fixnum(code as i64),
    )
}
