//! Numbers as text and back.

use pscheme_compiler::reader::{NumberText, classify_number};
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::number::Number;
use pscheme_vm::primitive::Arguments;

use crate::argument::{Call, Outcome, fault};
use crate::limits::{INTEGER_BITS_MAX, NUMBER_CHARACTERS_MAX};
use crate::text::new_string;

/// The external representation of a number, also of a heap that nobody has verified; `None` for what is
/// no number or not whole.
pub fn number_text(heap: &Heap, word: Word) -> Option<String> {
    Some(Number::peek(heap, word)?.text(10))
}

fn radix(call: Call<'_>) -> Result<u32, Interrupt> {
    if call.arguments.count() < 2 {
        return Ok(10);
    }
    let found = call.fixnum(1)?;
    if (2..=36).contains(&found) {
        return Ok(found as u32);
    }
    let message = format!("{} expects a radix from 2 to 36, found {found}", call.name);
    Err(fault(ErrorCode::OutOfRange, message))
}

pub(super) fn number_to_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "number->string", arguments);
    let text = call.number(0)?.text(radix(call)?);
    new_string(vm, &text)
}

/// What a string is, seen as a number.
fn classify(call: Call<'_>, radix: u32) -> Result<NumberText, Interrupt> {
    let string = call.string(0)?;
    if call.heap.string_length(string) > NUMBER_CHARACTERS_MAX {
        let name = call.name;
        let message = format!("{name} reads at most {NUMBER_CHARACTERS_MAX} characters");
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    Ok(classify_number(&call.heap.string_text(string), radix))
}

pub(super) fn string_to_number(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string->number", arguments);
    match classify(call, radix(call)?)? {
        NumberText::NotANumber => Ok(Word::FALSE),
        NumberText::Number(number) => number.encode(vm),
        NumberText::TooLarge => {
            let message = format!("integers have at most {INTEGER_BITS_MAX} bits");
            Err(fault(ErrorCode::ImplementationLimit, message))
        }
    }
}

/// As `string->number`, with `#t` for numbers beyond the limit: to `read` they are errors of the text.
pub(super) fn read_number(vm: &mut Vm, arguments: Arguments) -> Outcome {
    match classify(Call::new(vm, "%read-number", arguments), 10)? {
        NumberText::NotANumber => Ok(Word::FALSE),
        NumberText::TooLarge => Ok(Word::TRUE),
        NumberText::Number(number) => number.encode(vm),
    }
}
