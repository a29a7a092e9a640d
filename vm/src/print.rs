//! Short text for values in messages. The full printer of `write` and `display` is in the standard
//! library.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::number::{Number, flonum_text, peek_limbs};

/// Characters a summary has at most.
const SUMMARY_CHARACTERS_MAX: usize = 60;
/// Limbs of a number that a summary shows in digits at most.
const SUMMARY_LIMBS_MAX: usize = 8;
/// Pairs and vectors a summary opens at most.
const SUMMARY_DEPTH_MAX: usize = 4;

/// A value as `write` would show it, cut off after some sixty characters.
pub fn summary(heap: &Heap, word: Word) -> String {
    let mut text = String::new();
    append(heap, word, SUMMARY_DEPTH_MAX, &mut text);
    if text.chars().count() > SUMMARY_CHARACTERS_MAX {
        text = text.chars().take(SUMMARY_CHARACTERS_MAX - 1).collect();
        text.push('…');
    }
    text
}

/// Appends `word`; recursion is bounded by `depth`, length by the cut in `summary`.
fn append(heap: &Heap, word: Word, depth: usize, text: &mut String) {
    if text.len() > SUMMARY_CHARACTERS_MAX * 4 {
        return;
    }
    if heap.peek_pair(word).is_some() {
        return append_list(heap, word, depth, text);
    }
    let Some(kind) = heap.peek_kind(word) else {
        if word.is_character() {
            return text.push_str(&format!("#\\{}", word.as_character()));
        }
        if word.is_immediate_flonum() {
            return text.push_str(&flonum_text(word.as_immediate_flonum(), 10));
        }
        return text.push_str(&format!("{word:?}"));
    };
    match kind {
        Kind::Symbol => match heap.peek_symbol(word, SUMMARY_CHARACTERS_MAX) {
            Some(name) => text.push_str(&name),
            None => text.push_str("#<damaged>"),
        },
        Kind::String => match heap.peek_string(word, SUMMARY_CHARACTERS_MAX) {
            Some((start, _)) => text.push_str(&format!("{start:?}")),
            None => text.push_str("#<damaged>"),
        },
        Kind::Flonum | Kind::Ratnum | Kind::Compnum => match peek_limbs(heap, word) {
            Some(limbs) if limbs <= SUMMARY_LIMBS_MAX => match Number::peek(heap, word) {
                Some(number) => text.push_str(&number.text(10)),
                None => text.push_str("#<damaged>"),
            },
            Some(_) => text.push_str("#<number>"),
            None => text.push_str("#<damaged>"),
        },
        Kind::Vector if depth > 0 => {
            text.push_str("#(");
            for index in 0..heap.header(word).body_words().min(SUMMARY_CHARACTERS_MAX) {
                if index > 0 {
                    text.push(' ');
                }
                append(heap, heap.field(word, index), depth - 1, text);
            }
            text.push(')');
        }
        Kind::Closure | Kind::Primitive | Kind::Continuation => text.push_str("#<procedure>"),
        Kind::Bignum => text.push_str("#<big integer>"),
        Kind::Record => {
            let name = record_type_name(heap, heap.field(word, body::Record::TYPE));
            text.push_str(&format!("#<{name}>"));
        }
        Kind::RecordType => {
            text.push_str(&format!("#<record-type {}>", record_type_name(heap, word)));
        }
        other => text.push_str(&format!("#<{}>", other.row().name.to_lowercase())),
    }
}

/// The name of a record type as people write it: without the angle brackets it may be defined with.
pub fn record_type_name(heap: &Heap, record_type: Word) -> String {
    let name = heap.peek_field(record_type, Kind::RecordType, body::RecordType::NAME);
    let name = name.and_then(|name| heap.peek_symbol(name, SUMMARY_CHARACTERS_MAX));
    let start = name.unwrap_or_else(|| "damaged".into());
    let bare = start.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
    bare.filter(|name| !name.is_empty()).map_or(start.clone(), str::to_string)
}

fn append_list(heap: &Heap, list: Word, depth: usize, text: &mut String) {
    if depth == 0 {
        return text.push('…');
    }
    text.push('(');
    let mut rest = list;
    let mut count = 0;
    while heap.peek_pair(rest).is_some() && count < SUMMARY_CHARACTERS_MAX {
        if count > 0 {
            text.push(' ');
        }
        append(heap, heap.car(rest), depth - 1, text);
        rest = heap.cdr(rest);
        count += 1;
    }
    if rest.is_pair() {
        text.push_str(" …");
    } else if rest != Word::NULL {
        text.push_str(" . ");
        append(heap, rest, depth - 1, text);
    }
    text.push(')');
}
