//! Keys: their hash, whether that is their address, and whether two are the same.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::PAGE_BYTES;
use pscheme_heap::space::{Age, Page, PageType};
use pscheme_heap::word::Word;

use crate::control::eqv;
use crate::limits::{KEY_HASH_CHARACTERS_MAX, KEY_HASH_ELEMENTS_MAX};
use crate::string;
use crate::text::StringView;

/// How a table compares its keys. Codes reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Equivalence {
    /// As `eqv?`: numbers are compared by value, which R7RS leaves open for `eq?`.
    Eq = 0,
    Eqv = 1,
    Equal = 2,
    String = 3,
}

impl Equivalence {
    pub(super) fn from_code(code: u8) -> Equivalence {
        match code {
            0 => Equivalence::Eq,
            1 => Equivalence::Eqv,
            2 => Equivalence::Equal,
            _ => Equivalence::String,
        }
    }

    fn by_content(self) -> bool {
        matches!(self, Equivalence::Equal | Equivalence::String)
    }
}

/// The hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyHash {
    pub(super) value: u32,
    /// The hash is the key's address: it changes when a collection moves the key.
    pub(super) by_address: bool,
}

/// What can be said of two keys without calling Scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Yes,
    No,
    /// Only `equal?` can tell.
    AskEqual,
}

/// Finalizer of splitmix64 (Steele, Lea and Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn combine(hash: u64, part: u64) -> u64 {
    mix(hash.rotate_left(5) ^ part)
}

/// The hash of `key` in a table of this equivalence.
pub(super) fn hash_key(heap: &Heap, equivalence: Equivalence, key: Word) -> KeyHash {
    let content = match leaf_hash(heap, equivalence, key) {
        Some(hash) => Some(hash),
        None if equivalence == Equivalence::Equal && is_structure(heap, key) => {
            Some(structure_hash(heap, key))
        }
        None => None,
    };
    match content {
        Some(hash) => KeyHash { value: (hash >> 32) as u32, by_address: false },
        None => KeyHash { value: address_hash(key), by_address: true },
    }
}

/// The hash of a key that is hashed by its address.
pub(super) fn address_hash(key: Word) -> u32 {
    (mix(key.0) >> 32) as u32
}

fn is_structure(heap: &Heap, key: Word) -> bool {
    key.is_pair() || heap.kind_of(key) == Some(Kind::Vector)
}

/// The hash of what has no parts and does not hash by its address.
fn leaf_hash(heap: &Heap, equivalence: Equivalence, key: Word) -> Option<u64> {
    if !key.is_reference() {
        return Some(mix(key.0));
    }
    match heap.kind_of(key)? {
        Kind::Symbol => Some(mix(heap.raw(key, body::Symbol::HASH))),
        Kind::Flonum => Some(mix(heap.raw(key, body::Flonum::BITS))),
        Kind::Bignum => {
            let header = heap.header(key);
            let limbs = heap.space.words(key.offset() + 8, header.body_words());
            let shown = &limbs[..limbs.len().min(KEY_HASH_ELEMENTS_MAX)];
            Some(shown.iter().fold(header.0, |hash, &limb| combine(hash, limb)))
        }
        Kind::Ratnum | Kind::Compnum => {
            let part = |index| leaf_hash(heap, equivalence, heap.field(key, index));
            Some(combine(part(0)?, part(1)?))
        }
        Kind::String if equivalence.by_content() => Some(string_hash(heap, key)),
        Kind::Bytevector if equivalence.by_content() => {
            let bytes = heap.bytes(key);
            let shown = &bytes[..bytes.len().min(KEY_HASH_CHARACTERS_MAX)];
            let start = bytes.len() as u64;
            Some(shown.iter().fold(start, |hash, &byte| combine(hash, u64::from(byte))))
        }
        _ => None,
    }
}

/// Looks at both ends of a long string only.
fn string_hash(heap: &Heap, string: Word) -> u64 {
    let view = StringView::of(heap, string);
    let step = |hash: u64, character: char| {
        (hash ^ u64::from(character as u32)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(7)
    };
    let head = view.length.min(KEY_HASH_CHARACTERS_MAX);
    let tail = view.length.saturating_sub(KEY_HASH_CHARACTERS_MAX).max(head);
    let start = mix(view.length as u64);
    let hash = view.characters(0, head).fold(start, step);
    mix(view.characters(tail, view.length).fold(hash, step))
}

/// The hash of a structure by its first elements; what would hash by address counts by its kind.
fn structure_hash(heap: &Heap, root: Word) -> u64 {
    let (mut hash, mut budget) = (1u64, KEY_HASH_ELEMENTS_MAX);
    let mut work = vec![root];
    while let Some(word) = work.pop() {
        if budget == 0 {
            break;
        }
        budget -= 1;
        if word.is_pair() {
            hash = combine(hash, 2);
            work.push(heap.cdr(word));
            work.push(heap.car(word));
        } else if heap.kind_of(word) == Some(Kind::Vector) {
            let length = heap.header(word).body_words();
            hash = combine(hash, 3 + length as u64);
            let shown = length.min(budget);
            work.extend((0..shown).rev().map(|index| heap.field(word, index)));
        } else {
            let part = leaf_hash(heap, Equivalence::Equal, word)
                .unwrap_or_else(|| u64::from(heap.header(word).code()));
            hash = combine(hash, part);
        }
    }
    mix(hash)
}

/// Whether a collection may move the key.
pub(super) fn may_move(heap: &Heap, key: Word) -> bool {
    let entry = heap.space.entry(Page((key.offset() / PAGE_BYTES) as u32));
    entry.age != Age::Old && entry.page_type != PageType::Run
}

/// Whether two keys are the same.
pub(super) fn same(heap: &Heap, equivalence: Equivalence, left: Word, right: Word) -> Same {
    if left == right {
        return Same::Yes;
    }
    let decided = match (heap.kind_of(left), heap.kind_of(right)) {
        (Some(Kind::String), Some(Kind::String)) if equivalence.by_content() => {
            string::equal(heap, left, right)
        }
        (Some(Kind::Bytevector), Some(Kind::Bytevector)) if equivalence.by_content() => {
            heap.bytes(left) == heap.bytes(right)
        }
        (Some(Kind::Vector), Some(Kind::Vector)) if equivalence == Equivalence::Equal => {
            return Same::AskEqual;
        }
        (None, None) if equivalence == Equivalence::Equal && left.is_pair() && right.is_pair() => {
            return Same::AskEqual;
        }
        _ => eqv(heap, left, right),
    };
    if decided { Same::Yes } else { Same::No }
}
