//! Answers to a compilation, and the compilation made again from its object and the answers in it.

use pscheme_compiler::source::Sources;
use pscheme_compiler::{Answer, Compilation, MadeForm, Step};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;

use super::waiting::{DATUM, FORM, PROGRAM, elements, list_of};
use super::{FormText, Kept, Stopped};
use crate::argument::trusted_count;
use crate::data::CopiedData;
use crate::image::{ImageSurroundings, ObjectNumbers};

/// What was handed out for a call.
pub(super) struct HandedOut {
    pairs: Vec<Word>,
    /// The transformer renames explicitly.
    renames: bool,
}

impl HandedOut {
    /// What a compilation that waits has handed out.
    pub(super) fn of(heap: &Heap, object: Word) -> HandedOut {
        let call = elements(heap, heap.field(object, body::Compilation::CALL));
        let is_renaming = |transformer: &Word| heap.kind_of(*transformer) == Some(Kind::Syntax);
        HandedOut {
            pairs: elements(heap, heap.field(object, body::Compilation::GIVEN)),
            renames: call.first().is_some_and(is_renaming),
        }
    }
}

/// Gives a compilation its answer. `first_object` is the number of its first object when the answer was
/// given before.
pub(super) fn give(
    heap: &Heap,
    compilation: &mut Compilation,
    surroundings: &ImageSurroundings<'_>,
    handed_out: &HandedOut,
    value: Word,
    first_object: Option<usize>,
) {
    let number = |objects: &[Word]| {
        let first = first_object.unwrap_or_else(|| {
            let first = surroundings.objects.count();
            objects.iter().for_each(|object| {
                surroundings.objects.add(*object);
            });
            first
        });
        first as u32
    };
    if !compilation.awaits_form() {
        return compilation.answer(Answer::Value(number(&[value])), surroundings);
    }
    let (copied, form) = CopiedData::copy_form(heap, value, &handed_out.pairs);
    let made = MadeForm {
        data: &copied.data,
        form,
        first_object: number(&copied.objects),
        renames: handed_out.renames,
        given_pair: &|id| copied.given.get(&id).copied(),
    };
    compilation.answer(Answer::Form(made), surroundings);
}

/// Makes a compilation again from its object. Nothing is allocated.
pub(super) fn make_again(vm: &mut Vm, object: Word) -> Result<(Kept, Vec<Word>), Stopped> {
    let primitives = vm.machine.primitives.clone();
    let heap = &vm.heap;
    let field = |index| heap.field(object, index);
    let origin = elements(heap, field(body::Compilation::ORIGIN));
    let objects = field(body::Compilation::OBJECTS);
    let count = trusted_count(field(body::Compilation::OBJECT_COUNT));
    if list_of(heap, objects).len() != count {
        return Err(Stopped::Changed);
    }
    let numbers = ObjectNumbers::of_list(objects, count);
    let surroundings = ImageSurroundings::of(heap, vm.machine.host.as_mut(), numbers);
    surroundings.texts_read.set(Some(field(body::Compilation::TEXTS)));
    let scope = |word: Word| u32::try_from(trusted_count(word)).ok();
    surroundings.scopes_from.set(scope(field(body::Compilation::NUMBER)));
    let mut compilation = begin_again(heap, &surroundings, &origin)?;
    let mut answers = list_of(heap, field(body::Compilation::ANSWERS));
    let answer_count = answers.len();
    while let Some(answer) = answers.pop() {
        let answer = elements(heap, answer);
        let &[mark, next_scope, first_object, value, given] = answer.as_slice() else {
            return Err(Stopped::Changed);
        };
        let step = compilation.advance(primitives.as_ref(), &surroundings)?;
        if scope(mark) != Some(compilation.next_scope()) {
            return Err(Stopped::Changed);
        }
        let renames = match &step {
            Step::Compiled(_) => return Err(Stopped::Changed),
            Step::Evaluate { .. } => false,
            Step::Transform(use_) => {
                let transformer = surroundings.objects.get(heap, use_.transformer as usize);
                heap.kind_of(transformer) == Some(Kind::Syntax)
            }
        };
        let handed_out = HandedOut { pairs: elements(heap, given), renames };
        let first = trusted_count(first_object);
        surroundings.scopes_from.set(scope(next_scope));
        give(heap, &mut compilation, &surroundings, &handed_out, value, Some(first));
    }
    if let Step::Compiled(_) = compilation.advance(primitives.as_ref(), &surroundings)? {
        return Err(Stopped::Changed);
    }
    let new = surroundings.objects.into_new();
    Ok((Kept { compilation, answers: answer_count }, new))
}

/// A compilation of what one began with.
fn begin_again(
    heap: &Heap,
    surroundings: &ImageSurroundings<'_>,
    origin: &[Word],
) -> Result<Compilation, Stopped> {
    let &[code, source, position, bindings, datum] = origin else {
        return Err(Stopped::Changed);
    };
    let is_environment = heap.kind_of(bindings) == Some(Kind::Vector);
    let names = is_environment.then(|| surroundings.names(bindings));
    let (name, text) = source_parts(heap, source);
    Ok(if code == Word::fixnum(PROGRAM) {
        Compilation::of_program(&name, &text, surroundings)?
    } else if code == Word::fixnum(FORM) {
        let position = trusted_count(position);
        if !text.is_char_boundary(position) {
            return Err(Stopped::Changed);
        }
        let form = FormText { name: &name, text: &text, position };
        let (arena, form, _) = form.read()?.ok_or(Stopped::Changed)?;
        let sources = Sources::of(&name, &text);
        Compilation::of_forms(arena, &[form], names.as_deref(), sources, surroundings)
    } else {
        let (copied, form) = CopiedData::copy(heap, datum);
        let arena = copied.data.arena;
        if code == Word::fixnum(DATUM) {
            let sources = Sources::default();
            Compilation::of_forms(arena, &[form], names.as_deref(), sources, surroundings)
        } else {
            let sets = arena.proper_list(form).unwrap_or_default();
            Compilation::of_environment(arena, &sets, surroundings)
        }
    })
}

/// Name and text of a source.
pub(crate) fn source_parts(heap: &Heap, source: Word) -> (String, String) {
    let parts = elements(heap, source);
    let part = |index: usize, kind| {
        parts.get(index).copied().filter(|part| heap.kind_of(*part) == Some(kind))
    };
    let name = part(0, Kind::String).map_or(String::new(), |name| heap.string_text(name));
    let text = part(1, Kind::Bytevector)
        .map_or(String::new(), |text| String::from_utf8_lossy(heap.bytes(text)).into_owned());
    (name, text)
}
