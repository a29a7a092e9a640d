//! Syntax as programs see it: identifiers, which are symbols with scopes, in data that are otherwise
//! plain.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault, name_text};
use crate::data::scope_list;
use crate::room::allocate;

primitives! { SYNTAX_PRIMITIVES:
    /// `(%condition-within condition place)`: the condition with words for a place before its message.
    730 "%condition-within" (2) chunk => condition_within;

    /// `(identifier? value)`: is it a name in syntax?
    743 "identifier?" (1) constant => |vm, a| Ok(Word::boolean(is_identifier(&vm.heap, a.get(0))));
    /// `(bound-identifier=? a b)`: would one, bound, be what the other means in its scope?
    744 "bound-identifier=?" (2) size => |vm, a| {
        let call = Call::new(vm, "bound-identifier=?", a);
        let (left, right) = (parts(call, 0)?, parts(call, 1)?);
        vm.charge(left.1.len() as u64 / SCOPES_PER_UNIT);
        Ok(Word::boolean(left == right))
    };
    /// `(%identifier-symbol identifier)`: its symbol.
    745 "%identifier-symbol" (1) constant => |vm, a| {
        let call = Call::new(vm, "syntax->datum", a);
        parts(call, 0).map(|(symbol, _)| symbol)
    };
    /// `(%identifier-like identifier symbol)`: a name with the scopes of another.
    746 "%identifier-like" (2) constant => |vm, a| {
        let call = Call::new(vm, "datum->syntax", a);
        parts(call, 0)?;
        call.of_kind(1, Kind::Symbol, "a symbol")?;
        let object = allocate(vm, Kind::Syntax, body::Syntax::FIELDS, 0)?;
        let scopes = vm.heap.field(a.get(0), body::Syntax::SCOPES);
        vm.heap.initialise(object, body::Syntax::DATUM, a.get(1).0);
        vm.heap.initialise(object, body::Syntax::SCOPES, scopes.0);
        Ok(object)
    };
    /// `(%identifier symbol scopes)`: a name with a list of scopes; with `#f` one that no other name is
    /// bound by.
    747 "%identifier" (2) constant => identifier;
    /// `(%renaming-transformer procedure)`: a transformer that renames explicitly.
    748 "%renaming-transformer" (1) constant => |vm, a| {
        let object = allocate(vm, Kind::Syntax, body::Syntax::FIELDS, 0)?;
        vm.heap.initialise(object, body::Syntax::DATUM, a.get(0).0);
        vm.heap.initialise(object, body::Syntax::SCOPES, Word::NULL.0);
        Ok(object)
    };
    /// `(%renaming-procedure transformer)`: the procedure of one that renames explicitly, or `#f`.
    749 "%renaming-procedure" (1) constant => |vm, a| {
        let is_one = vm.heap.kind_of(a.get(0)) == Some(Kind::Syntax) && !is_identifier(&vm.heap, a.get(0));
        Ok(if is_one { vm.heap.field(a.get(0), body::Syntax::DATUM) } else { Word::FALSE })
    };
}

/// Scopes that are compared in a unit of work.
const SCOPES_PER_UNIT: u64 = 64;

fn is_identifier(heap: &Heap, word: Word) -> bool {
    heap.kind_of(word) == Some(Kind::Syntax)
        && heap.kind_of(heap.field(word, body::Syntax::DATUM)) == Some(Kind::Symbol)
}

/// The symbol and the scopes of an identifier.
fn parts(
    call: Call<'_>,
    position: usize,
) -> Result<(Word, Vec<u32>), pscheme_vm::fault::Interrupt> {
    let (heap, word) = (call.heap, call.arguments.get(position));
    if !is_identifier(heap, word) {
        return Err(call.wrong_type(position, "an identifier"));
    }
    let scopes = scope_list(heap, heap.field(word, body::Syntax::SCOPES));
    Ok((heap.field(word, body::Syntax::DATUM), scopes))
}

fn condition_within(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%condition-within", arguments);
    let condition = call.of_kind(0, Kind::Condition, "an error object")?;
    let heap = &vm.heap;
    let message = heap.field(condition, body::Condition::MESSAGE);
    let message = format!("{}: {}", name_text(heap, arguments.get(1)), name_text(heap, message));
    vm.reserve(body::Condition::BYTES + Heap::string_room(message.chars().count()))?;
    let message = vm.heap.string(&message);
    let object = vm.heap.object(Kind::Condition, 0, body::Condition::FIELDS);
    for index in 0..body::Condition::FIELDS {
        let field = vm.heap.field(arguments.get(0), index);
        vm.heap.initialise(object, index, field.0);
    }
    vm.heap.initialise(object, body::Condition::MESSAGE, message.0);
    Ok(object)
}

fn identifier(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "%identifier", arguments);
    call.of_kind(0, Kind::Symbol, "a symbol")?;
    let scopes = arguments.get(1);
    if !scopes.is_pair() && scopes != Word::NULL && scopes != Word::FALSE {
        return Err(call.wrong_type(1, "a list of scopes"));
    }
    vm.reserve(body::Syntax::BYTES + 16)?;
    let mut scopes = arguments.get(1);
    if scopes == Word::FALSE {
        let next = vm.heap.root(Root::NextScope);
        let next = if next.is_fixnum() { next.as_fixnum() } else { 1 };
        if u32::try_from(next + 1).is_err() {
            return Err(fault(ErrorCode::ImplementationLimit, "an image has at most 2^32 scopes"));
        }
        vm.heap.set_root(Root::NextScope, Word::fixnum(next + 1));
        scopes = vm.heap.pair(Word::fixnum(next), Word::NULL);
    }
    let object = vm.heap.object(Kind::Syntax, 0, body::Syntax::FIELDS);
    vm.heap.initialise(object, body::Syntax::DATUM, arguments.get(0).0);
    vm.heap.initialise(object, body::Syntax::SCOPES, scopes.0);
    Ok(object)
}
