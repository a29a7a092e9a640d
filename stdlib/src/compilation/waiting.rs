//! The object of a compilation that waits, and how a new one is made of it.

use pscheme_compiler::{Compilation, Use};
use pscheme_heap::heap::{Heap, Protected};
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;

use super::Origin;
use crate::argument::trusted_count;
use crate::image::{ObjectNumbers, scope_words};
use crate::load::{new_vector, quoted_data, source_object};

/// What an origin is, in its vector. The codes reach the disk.
pub(super) const PROGRAM: i64 = 0;
pub(super) const FORM: i64 = 1;
pub(super) const DATUM: i64 = 2;
pub(super) const SETS: i64 = 3;

/// An origin as a vector: its code, the source, the position, the bindings of the environment, the datum.
pub(super) const ORIGIN_LENGTH: usize = 5;

/// An answer as a vector: the next scope of the compilation that asked, that of the answer, the number of its first
/// object, the value, and the pairs that were handed out.
pub(super) const ANSWER_LENGTH: usize = 5;

pub(super) fn protect_all(vm: &mut Vm, words: Vec<Word>) -> Vec<Protected> {
    words.into_iter().map(|word| vm.heap.protect(word)).collect()
}

/// The parts of a compilation's object while a new one is made of them; the words are protected.
pub(super) struct Waiting {
    pub(super) number: i64,
    pub(super) origin: Protected,
    pub(super) answers: Protected,
    pub(super) answer_count: usize,
    pub(super) objects: Protected,
    pub(super) object_count: usize,
    pub(super) texts: Protected,
}

pub(super) fn first_waiting(
    vm: &mut Vm,
    number: i64,
    origin: &Origin<'_>,
    objects: &[Protected],
    compilation: &Compilation,
) -> Waiting {
    let [answers, list, texts] = [(); 3].map(|()| vm.heap.protect(Word::NULL));
    let (code, position, bindings, datum, source) = match origin {
        Origin::Program { .. } => (PROGRAM, 0, None, None, None),
        Origin::Form { form, bindings, source } => (FORM, form.position, *bindings, None, *source),
        Origin::Datum { datum, bindings } => (DATUM, 0, *bindings, Some(*datum), None),
        Origin::Sets(datum) => (SETS, 0, None, Some(*datum), None),
    };
    if let Some(source) = source {
        push(vm, texts, source);
    }
    let mut waiting = Waiting {
        number,
        origin: texts,
        answers,
        answer_count: 0,
        objects: list,
        object_count: 0,
        texts,
    };
    add_objects(vm, &mut waiting, objects);
    add_texts(vm, &waiting, compilation);
    let vector = new_vector(vm, ORIGIN_LENGTH);
    let heap = &mut vm.heap;
    let word =
        |heap: &Heap, place: Option<Protected>| place.map_or(Word::FALSE, |at| heap.protected(at));
    // The program's or the form's own text is the first one.
    let mut first = Word::FALSE;
    let mut texts_left = heap.protected(texts);
    while matches!(code, PROGRAM | FORM) && texts_left.is_pair() {
        first = heap.car(texts_left);
        texts_left = heap.cdr(texts_left);
    }
    heap.set_field(vector, 0, Word::fixnum(code));
    heap.set_field(vector, 1, first);
    heap.set_field(vector, 2, Word::fixnum(position as i64));
    heap.set_field(vector, 3, word(heap, bindings));
    heap.set_field(vector, 4, word(heap, datum));
    waiting.origin = heap.protect(vector);
    waiting
}

/// Puts a protected word before a protected list.
pub(super) fn push(vm: &mut Vm, list: Protected, word: Protected) {
    vm.heap.ensure_room(16, &mut vm.machine);
    let (head, tail) = (vm.heap.protected(word), vm.heap.protected(list));
    let pair = vm.heap.pair(head, tail);
    vm.heap.set_protected(list, pair);
}

pub(super) fn add_objects(vm: &mut Vm, waiting: &mut Waiting, objects: &[Protected]) {
    for object in objects {
        push(vm, waiting.objects, *object);
    }
    waiting.object_count += objects.len();
}

/// Makes objects of the texts that were read since the last time.
pub(super) fn add_texts(vm: &mut Vm, waiting: &Waiting, compilation: &Compilation) {
    let known = list_of(&vm.heap, vm.heap.protected(waiting.texts)).len();
    for text in compilation.texts().iter().skip(known) {
        let source = source_object(vm, &text.name, text.text.as_bytes());
        let source = vm.heap.protect(source);
        push(vm, waiting.texts, source);
        vm.heap.unprotect(source);
    }
}

/// The elements of a list whose last one comes first, protected, in order.
pub(super) fn protected_list(vm: &mut Vm, list: Protected) -> Vec<Protected> {
    let mut elements = list_of(&vm.heap, vm.heap.protected(list));
    elements.reverse();
    protect_all(vm, elements)
}

pub(super) fn waiting_object(
    vm: &mut Vm,
    waiting: &Waiting,
    given: Protected,
    call: Protected,
) -> Word {
    vm.heap.ensure_room(body::Compilation::BYTES, &mut vm.machine);
    let heap = &mut vm.heap;
    let object = heap.object(Kind::Compilation, 0, body::Compilation::FIELDS);
    for (field, word) in [
        (body::Compilation::NUMBER, Word::fixnum(waiting.number)),
        (body::Compilation::ORIGIN, heap.protected(waiting.origin)),
        (body::Compilation::ANSWERS, heap.protected(waiting.answers)),
        (body::Compilation::ANSWER_COUNT, Word::fixnum(waiting.answer_count as i64)),
        (body::Compilation::OBJECTS, heap.protected(waiting.objects)),
        (body::Compilation::OBJECT_COUNT, Word::fixnum(waiting.object_count as i64)),
        (body::Compilation::TEXTS, heap.protected(waiting.texts)),
        (body::Compilation::GIVEN, heap.protected(given)),
        (body::Compilation::CALL, heap.protected(call)),
    ] {
        heap.initialise(object, field, word.0);
    }
    object
}

/// The call for a use of a macro; the pairs of the form become what `given` protects.
pub(super) fn call_of_use(
    vm: &mut Vm,
    waiting: &Waiting,
    compilation: &Compilation,
    use_: &Use,
    given: Protected,
) -> Protected {
    let (roots, pairs) = quoted_data(vm, &use_.data, &[], true);
    if let Some(pairs) = pairs {
        vm.heap.set_protected(given, vm.heap.protected(pairs));
    }
    let lists = [&use_.definition_scopes, &use_.use_scopes].map(|scopes| {
        let list = scope_words(vm, scopes);
        vm.heap.protect(list)
    });
    let place = match compilation.place(use_.span) {
        Some(place) => format!("in a use of `{}` at {place}", use_.name),
        None => format!("in a use of `{}`", use_.name),
    };
    vm.heap.ensure_room(Heap::string_room(place.chars().count()), &mut vm.machine);
    let place = vm.heap.string(&place);
    let place = vm.heap.protect(place);
    let vector = new_vector(vm, 5);
    let vector = vm.heap.protect(vector);
    let objects = ObjectNumbers::of_list(vm.heap.protected(waiting.objects), waiting.object_count);
    let transformer = objects.get(&vm.heap, use_.transformer as usize);
    let heap = &mut vm.heap;
    let form = heap.field(heap.protected(roots), 0);
    let [definition, here, place] = [lists[0], lists[1], place].map(|word| heap.protected(word));
    for (index, word) in [transformer, form, definition, here, place].into_iter().enumerate() {
        let vector = heap.protected(vector);
        heap.set_field(vector, index, word);
    }
    vector
}

/// The parts of a compilation's object, protected.
pub(super) fn parts_of(vm: &mut Vm, object: Protected) -> Waiting {
    let word = vm.heap.protected(object);
    let number = vm.heap.field(word, body::Compilation::NUMBER).as_fixnum();
    let count = |index| trusted_count(vm.heap.field(word, index));
    let answer_count = count(body::Compilation::ANSWER_COUNT);
    let object_count = count(body::Compilation::OBJECT_COUNT);
    let mut part = |index| {
        let part = vm.heap.field(word, index);
        vm.heap.protect(part)
    };
    let origin = part(body::Compilation::ORIGIN);
    let answers = part(body::Compilation::ANSWERS);
    let objects = part(body::Compilation::OBJECTS);
    let texts = part(body::Compilation::TEXTS);
    Waiting { number, origin, answers, answer_count, objects, object_count, texts }
}

/// The elements of a vector; none of what is no vector.
pub(super) fn elements(heap: &Heap, vector: Word) -> Vec<Word> {
    if heap.kind_of(vector) != Some(Kind::Vector) {
        return Vec::new();
    }
    (0..heap.header(vector).body_words()).map(|index| heap.field(vector, index)).collect()
}

/// The elements of a list, which in a damaged image may have no end.
pub(super) fn list_of(heap: &Heap, mut list: Word) -> Vec<Word> {
    let most = heap.bytes_in_use() / 16;
    let mut elements = Vec::new();
    while list.is_pair() && (elements.len() as u64) < most {
        elements.push(heap.car(list));
        list = heap.cdr(list);
    }
    elements
}

/// Numbers more objects of a compilation that waits.
pub(super) fn keep_objects(vm: &mut Vm, object: Protected, new: Vec<Word>) {
    let mark = vm.heap.protect(Word::FALSE);
    let new = protect_all(vm, new);
    let mut waiting = parts_of(vm, object);
    add_objects(vm, &mut waiting, &new);
    let (object, list) = (vm.heap.protected(object), vm.heap.protected(waiting.objects));
    vm.heap.set_field(object, body::Compilation::OBJECTS, list);
    let count = Word::fixnum(waiting.object_count as i64);
    vm.heap.set_field(object, body::Compilation::OBJECT_COUNT, count);
    vm.heap.unprotect(mark);
}
