//! Records (R7RS 5.5): what the procedures that `define-record-type` defines are made of.
//!
//! A record's layout is that of its type, which a primitive is handed by the procedure that calls
//! it: a record of another type is a wrong argument of that procedure, whose name comes along.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::print::record_type_name;

use crate::argument::{Call, Outcome, fault, index_below, name_text, wrong_type};
use crate::room::allocate;

primitives! { RECORD_PRIMITIVES:
    /// `(%make-record-type name fields identity)`: a new type of records whose fields have the names
    /// in a vector. `identity` is `#f` for one that no other type has.
    700 "%make-record-type" (3) constant => make_type;
    /// `(%record type value …)`: a new record, with a value for each field.
    701 "%record" (1..) constant => record;
    /// `(%record? value type)`: is it a record of this type?
    702 "%record?" (2) constant => |vm, a| {
        Ok(Word::boolean(is_of_type(&vm.heap, a.get(0), a.get(1))))
    },
        fast |heap, a| Some(Word::boolean(is_of_type(heap, a.get(0), a.get(1))));
    /// `(%record-ref record type index name)`: the value of a field. `name` is for messages.
    703 "%record-ref" (4) constant => reference,
        fast |heap, a| Some(heap.field(a.get(0), field(heap, a)?));
    /// `(%record-set! record type index value name)`: assigns a field. `name` is for messages.
    704 "%record-set!" (5) constant => set,
        fast frequent_set;
}

/// Version of a type that was never redefined.
const FIRST_VERSION: i64 = 1;

fn make_type(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%make-record-type", arguments);
    call.symbol(0)?;
    call.vector(1)?;
    let identity = match arguments.get(2) {
        // All bits of a fixnum but the sign.
        Word::FALSE => Word::fixnum((vm.machine.host.random() >> 4) as i64),
        given => given,
    };
    let record_type = allocate(vm, Kind::RecordType, body::RecordType::FIELDS, 0)?;
    vm.heap.set_field(record_type, body::RecordType::NAME, arguments.get(0));
    vm.heap.set_field(record_type, body::RecordType::FIELD_NAMES, arguments.get(1));
    vm.heap.set_field(record_type, body::RecordType::IDENTITY, identity);
    vm.heap.set_field(record_type, body::RecordType::VERSION, Word::fixnum(FIRST_VERSION));
    Ok(record_type)
}

fn record(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%record", arguments);
    let record_type = call.of_kind(0, Kind::RecordType, "a record type")?;
    let (expected, found) = (field_count(&vm.heap, record_type), arguments.count() - 1);
    if expected != found {
        let whole = with_article(&record_type_name(&vm.heap, record_type));
        let message = format!("{whole} has a field for {expected} values, found {found}");
        return Err(fault(ErrorCode::WrongArgumentCount, message));
    }
    let record = allocate(vm, Kind::Record, body::Record::FIELDS + found, 0)?;
    vm.heap.set_field(record, body::Record::TYPE, arguments.get(0));
    for index in 0..found {
        vm.heap.set_field(record, body::Record::FIELDS + index, arguments.get(index + 1));
    }
    Ok(record)
}

fn field_count(heap: &Heap, record_type: Word) -> usize {
    heap.header(heap.field(record_type, body::RecordType::FIELD_NAMES)).body_words()
}

fn is_of_type(heap: &Heap, value: Word, record_type: Word) -> bool {
    heap.kind_of(value) == Some(Kind::Record)
        && heap.field(value, body::Record::TYPE) == record_type
}

fn reference(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let place = place(vm, arguments, arguments.get(3))?;
    Ok(vm.heap.field(arguments.get(0), place))
}

fn set(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let place = place(vm, arguments, arguments.get(4))?;
    vm.heap.set_field(arguments.get(0), place, arguments.get(3));
    Ok(Word::UNSPECIFIED)
}

fn frequent_set(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let field = field(heap, arguments)?;
    heap.set_field(arguments.get(0), field, arguments.get(3));
    Some(Word::UNSPECIFIED)
}

/// Where in the record that is the first argument the field lies whose type and index follow.
fn place(vm: &Vm, arguments: Arguments, name: Word) -> Result<usize, Interrupt> {
    field(&vm.heap, arguments).ok_or_else(|| misused(vm, arguments, &name_text(&vm.heap, name)))
}

/// The same; `None` if the arguments are wrong.
fn field(heap: &Heap, arguments: Arguments) -> Option<usize> {
    let (record, record_type) = (arguments.get(0), arguments.get(1));
    if !is_of_type(heap, record, record_type) {
        return None;
    }
    index_below(arguments.get(2), field_count(heap, record_type))
        .map(|index| body::Record::FIELDS + index)
}

/// The fault of a field's procedure, found out only now so that what goes well takes no time for it.
#[cold]
fn misused(vm: &Vm, arguments: Arguments, name: &str) -> Interrupt {
    let (record, record_type) = (arguments.get(0), arguments.get(1));
    let call = Call::new(vm, name, arguments);
    if vm.heap.kind_of(record_type) != Some(Kind::RecordType) {
        return call.wrong_type(1, "a record type");
    }
    if !is_of_type(&vm.heap, record, record_type) {
        let expected = with_article(&record_type_name(&vm.heap, record_type));
        return wrong_type(&vm.heap, name, 0, &expected, record);
    }
    match call.index(2, field_count(&vm.heap, record_type)) {
        Err(interrupt) => interrupt,
        Ok(_) => unreachable!("the index was found wrong"),
    }
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}
