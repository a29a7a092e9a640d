//! Strings and symbols.
//!
//! Comparisons go through both strings at once, at about a millisecond for some million characters;
//! whatever copies goes in pieces, driven by the prelude.

use std::cmp::Ordering;

use pscheme_compiler::unicode;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::Interrupt;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, fault, index_below, name_text, trusted_count};
use crate::limits::{CHUNK_ELEMENTS_MAX, SYMBOL_CHARACTERS_MAX};
use crate::list::{bounded_list, is_kind, of_kind};
use crate::room::object_bytes;
use crate::text::{
    StringView, WIDE_FROM, fill_range, new_filled, new_string, reserve_widening, store_character,
    widen,
};

primitives! { STRING_PRIMITIVES:
    /// `(string? value)`: is it a string?
    250 "string?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::String)),
        fast |heap, a| Some(of_kind(heap, a, Kind::String));
    /// `(%make-string length char)`: a new string, its first 16,384 characters filled.
    251 "%make-string" (2) listed("zeroed runs: a page entry and its cards for every 16 KiB") => make_string;
    /// `(string-length string)`: the number of characters of a string.
    252 "string-length" (1) constant => length,
        fast frequent_length;
    /// `(string-ref string index)`: the character at an index of a string.
    253 "string-ref" (2) constant => reference,
        fast frequent_reference;
    /// `(string-set! string index char)`: stores a character at an index of a string.
    254 "string-set!" (3) size => set;
    /// `(string=? string …)`: are all equal?
    255 "string=?" (1..) size => |vm, a| relation(vm, a, "string=?", Ordering::is_eq);
    /// `(string<? string …)`: do they ascend?
    256 "string<?" (1..) size => |vm, a| relation(vm, a, "string<?", Ordering::is_lt);
    /// `(string>? string …)`: do they descend?
    257 "string>?" (1..) size => |vm, a| relation(vm, a, "string>?", Ordering::is_gt);
    /// `(string<=? string …)`: is none less than the one before?
    258 "string<=?" (1..) size => |vm, a| relation(vm, a, "string<=?", Ordering::is_le);
    /// `(string>=? string …)`: is none greater than the one before?
    259 "string>=?" (1..) size => |vm, a| relation(vm, a, "string>=?", Ordering::is_ge);
    /// `(string-ci=? string …)`: are all equal but for case?
    260 "string-ci=?" (1..) size => |vm, a| relation(vm, a, "string-ci=?", Ordering::is_eq);
    /// `(string-ci<? string …)`: do they ascend, case aside?
    261 "string-ci<?" (1..) size => |vm, a| relation(vm, a, "string-ci<?", Ordering::is_lt);
    /// `(string-ci>? string …)`: do they descend, case aside?
    262 "string-ci>?" (1..) size => |vm, a| relation(vm, a, "string-ci>?", Ordering::is_gt);
    /// `(string-ci<=? string …)`: is none less than the one before, case aside?
    263 "string-ci<=?" (1..) size => |vm, a| relation(vm, a, "string-ci<=?", Ordering::is_le);
    /// `(string-ci>=? string …)`: is none greater than the one before, case aside?
    264 "string-ci>=?" (1..) size => |vm, a| relation(vm, a, "string-ci>=?", Ordering::is_ge);
    /// `(%string-copy-chunk! to at from start end)`: copies a bounded range; ranges of one string
    /// may overlap.
    265 "%string-copy-chunk!" (5) chunk => copy_chunk;
    /// `(%string-fill-chunk! string char start end)`: fills a bounded range.
    266 "%string-fill-chunk!" (4) chunk => fill_chunk;
    /// `(%string-append strings)`: their characters in one new string, or `#f` if there are too many
    /// for one step.
    267 "%string-append" (1) chunk => append;
    /// `(%substring string start end name)`: the characters in a new string, or `#f` if there are too
    /// many for one step. `name` is for messages.
    268 "%substring" (4) chunk => substring;
    /// `(%string-wide? string)`: whether its storage has four bytes per character.
    269 "%string-wide?" (1) constant => is_wide;
    /// `(%string-upcase string)`: in upper case, or `#f` if it is too long for one step.
    270 "%string-upcase" (1) chunk => |vm, a| map_case(vm, a, "string-upcase", unicode::upcase_text);
    /// `(%string-downcase string)`: in lower case, or `#f` if it is too long for one step.
    271 "%string-downcase" (1) chunk => |vm, a| map_case(vm, a, "string-downcase", unicode::downcase_text);
    /// `(%string-foldcase string)`: case folded, or `#f` if it is too long for one step.
    272 "%string-foldcase" (1) chunk => |vm, a| map_case(vm, a, "string-foldcase", unicode::foldcase_text);
    /// `(%string-search pattern string start limit)`: the least index from `start` to below `limit` at
    /// which `pattern` begins in `string`, or `#f`.
    273 "%string-search" (4) size => search;
    /// `(string char …)`: a new string of the characters; anything else is an error.
    274 "string" (0..) constant => string_of;
    /// `(%string-check name string position)`: the length of a string, or the fault of a wrong type.
    275 "%string-check" (3) constant => check;
    /// `(%string-fit! string other)`: widens the storage of `string` if `other`, a string or a
    /// character, asks for it.
    276 "%string-fit!" (2) size => fit;
    /// `(%string-downcase-piece string start end before? after?)`: a bounded range in lower case;
    /// whether what stands around it is cased decides about a sigma at its ends.
    277 "%string-downcase-piece" (5) chunk => downcase_piece;
    /// `(%string-case-context string start end backwards?)`: whether the first character of a bounded
    /// range, or the last one, that is not transparent to case is cased; `()` if all are transparent.
    278 "%string-case-context" (4) chunk => case_context;

    /// `(symbol? value)`: is it a symbol?
    300 "symbol?" (1) constant => |vm, a| Ok(is_kind(vm, a, Kind::Symbol)),
        fast |heap, a| Some(of_kind(heap, a, Kind::Symbol));
    /// `(symbol->string symbol)`: the name of a symbol in a new string.
    301 "symbol->string" (1) chunk => symbol_to_string;
    /// `(string->symbol string)`: the symbol of this name.
    302 "string->symbol" (1) chunk => |vm, a| string_to_symbol(vm, a, "string->symbol");
    /// `(intern string)`: the symbol of this name.
    303 "intern" (1) chunk => |vm, a| string_to_symbol(vm, a, "intern");
    /// `(symbol<? symbol …)`: are their names in ascending order?
    304 "symbol<?" (1..) chunk => symbols_ascend;
    /// `(symbol=? symbol …)`: are all the same?
    305 "symbol=?" (1..) constant => symbols_equal;
}

fn make_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "make-string", arguments);
    let length = call.count(0, 1 << 32)?;
    let fill = call.character(1)?;
    new_filled(vm, length, fill, CHUNK_ELEMENTS_MAX)
}

fn length(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let string = Call::new(vm, "string-length", arguments).string(0)?;
    Ok(Word::fixnum(vm.heap.string_length(string) as i64))
}

fn reference(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string-ref", arguments);
    let view = StringView::of(&vm.heap, call.string(0)?);
    Ok(Word::character(view.get(call.index(1, view.length)?)))
}

fn frequent_length(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let string = arguments.get(0);
    let is_string = heap.kind_of(string) == Some(Kind::String);
    is_string.then(|| Word::fixnum(heap.string_length(string) as i64))
}

fn frequent_reference(heap: &mut Heap, arguments: Arguments) -> Option<Word> {
    let string = arguments.get(0);
    if heap.kind_of(string) != Some(Kind::String) {
        return None;
    }
    let view = StringView::of(heap, string);
    Some(Word::character(view.get(index_below(arguments.get(1), view.length)?)))
}

fn set(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string-set!", arguments);
    let string = call.changeable(0, Kind::String, "a string")?;
    let index = call.index(1, vm.heap.string_length(string))?;
    let character = call.character(2)?;
    let wide = character as u32 >= WIDE_FROM;
    reserve_widening(vm, string, wide)?;
    let string = arguments.get(0);
    if wide {
        widen(&mut vm.heap, string);
    }
    store_character(&mut vm.heap, string, index, character);
    Ok(Word::UNSPECIFIED)
}

/// The order of two strings by their characters.
pub(crate) fn order(heap: &Heap, left: Word, right: Word) -> Ordering {
    let (left, right) = (StringView::of(heap, left), StringView::of(heap, right));
    // Bytes of narrow strings are their characters, in the same order.
    if let (Some(left), Some(right)) = (left.narrow_bytes(), right.narrow_bytes()) {
        return left.cmp(right);
    }
    left.characters(0, left.length).cmp(right.characters(0, right.length))
}

/// Whether two strings have the same characters.
pub(crate) fn equal(heap: &Heap, left: Word, right: Word) -> bool {
    heap.string_length(left) == heap.string_length(right) && order(heap, left, right).is_eq()
}

fn relation(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    test: fn(Ordering) -> bool,
) -> Outcome {
    let call = Call::new(vm, name, arguments);
    let fold = name.starts_with("string-ci");
    let (mut holds, mut before, mut folded_count) = (true, call.string(0)?, 0);
    for index in 1..arguments.count() {
        let next = call.string(index)?;
        if fold {
            folded_count += vm.heap.string_length(before).min(vm.heap.string_length(next));
        }
        let ordering = if fold {
            let folded = |string| {
                let view = StringView::of(&vm.heap, string);
                view.characters(0, view.length).flat_map(unicode::folded)
            };
            folded(before).cmp(folded(next))
        } else {
            order(&vm.heap, before, next)
        };
        holds &= test(ordering);
        before = next;
    }
    // Folding a character takes much longer than comparing one.
    vm.charge(folded_count as u64);
    Ok(Word::boolean(holds))
}

/// The two changeable strings' range of a copy: `to at from start end`.
fn copy_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string-copy!", arguments);
    let to = call.changeable(0, Kind::String, "a string")?;
    let from = call.string(2)?;
    let (start, end) = call.range(3, vm.heap.string_length(from))?;
    let at = call.end(1, 0, vm.heap.string_length(to))?;
    if end - start > CHUNK_ELEMENTS_MAX || at + (end - start) > vm.heap.string_length(to) {
        return Err(no_room("string-copy!", end - start));
    }
    let wide = vm.heap.header(from).aux() != 0;
    reserve_widening(vm, to, wide)?;
    let (to, from) = (arguments.get(0), arguments.get(2));
    if wide {
        widen(&mut vm.heap, to);
    }
    let characters: Vec<char> = StringView::of(&vm.heap, from).characters(start, end).collect();
    for (index, character) in characters.into_iter().enumerate() {
        store_character(&mut vm.heap, to, at + index, character);
    }
    Ok(Word::UNSPECIFIED)
}

/// The fault of a copy that does not fit its target.
pub(crate) fn no_room(name: &str, count: usize) -> Interrupt {
    let message = format!("{name} has no room for {count} elements in its target");
    fault(ErrorCode::IndexOutOfRange, message)
}

fn fill_chunk(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string-fill!", arguments);
    let string = call.changeable(0, Kind::String, "a string")?;
    let character = call.character(1)?;
    let (start, end) = call.range(2, vm.heap.string_length(string))?;
    let end = end.min(start + CHUNK_ELEMENTS_MAX);
    let wide = character as u32 >= WIDE_FROM;
    reserve_widening(vm, string, wide)?;
    let string = arguments.get(0);
    if wide {
        widen(&mut vm.heap, string);
    }
    fill_range(&mut vm.heap, string, character, start, end);
    Ok(Word::UNSPECIFIED)
}

fn append(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let Some(strings) = bounded_list(vm, arguments.get(0), CHUNK_ELEMENTS_MAX / 8) else {
        return Ok(Word::FALSE);
    };
    let mut text = String::new();
    for (position, &string) in strings.iter().enumerate() {
        if vm.heap.kind_of(string) != Some(Kind::String) {
            let name = "string-append";
            return Err(crate::argument::wrong_type(&vm.heap, name, position, "a string", string));
        }
        let view = StringView::of(&vm.heap, string);
        if text.len() + view.length > CHUNK_ELEMENTS_MAX {
            return Ok(Word::FALSE);
        }
        text.extend(view.characters(0, view.length));
    }
    new_string(vm, &text)
}

fn substring(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let name = name_text(&vm.heap, arguments.get(3));
    let call = Call::new(vm, &name, arguments);
    let view = StringView::of(&vm.heap, call.string(0)?);
    let (start, end) = call.range(1, view.length)?;
    if end - start > CHUNK_ELEMENTS_MAX {
        return Ok(Word::FALSE);
    }
    let text: String = view.characters(start, end).collect();
    new_string(vm, &text)
}

fn is_wide(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let string = Call::new(vm, "%string-wide?", arguments).string(0)?;
    Ok(Word::boolean(vm.heap.header(string).aux() != 0))
}

fn fit(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let string = Call::new(vm, "%string-fit!", arguments).string(0)?;
    let other = arguments.get(1);
    let wide = if other.is_character() {
        other.as_character() as u32 >= WIDE_FROM
    } else {
        vm.heap.kind_of(other) == Some(Kind::String) && vm.heap.header(other).aux() != 0
    };
    reserve_widening(vm, string, wide)?;
    if wide {
        widen(&mut vm.heap, arguments.get(0));
    }
    Ok(Word::UNSPECIFIED)
}

fn map_case(
    vm: &mut Vm,
    arguments: Arguments,
    name: &'static str,
    conversion: fn(&str) -> String,
) -> Outcome {
    let string = Call::new(vm, name, arguments).string(0)?;
    let view = StringView::of(&vm.heap, string);
    if view.length > CHUNK_ELEMENTS_MAX {
        return Ok(Word::FALSE);
    }
    let text = conversion(&view.text());
    new_string(vm, &text)
}

/// The range of a string that a primitive for pieces gets.
fn piece(call: Call) -> Result<(Word, usize, usize), Interrupt> {
    let string = call.string(0)?;
    let (start, end) = call.range(1, call.heap.string_length(string))?;
    if end - start > CHUNK_ELEMENTS_MAX {
        return Err(no_room("string-downcase", end - start));
    }
    Ok((string, start, end))
}

fn downcase_piece(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let (string, start, end) = piece(Call::new(vm, "string-downcase", arguments))?;
    let text: String = StringView::of(&vm.heap, string).characters(start, end).collect();
    let around = |index| arguments.get(index) == Word::TRUE;
    let text = unicode::downcase_part(&text, around(3), around(4));
    new_string(vm, &text)
}

fn case_context(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let (string, start, end) = piece(Call::new(vm, "string-downcase", arguments))?;
    let view = StringView::of(&vm.heap, string);
    let context = if arguments.get(3) == Word::TRUE {
        unicode::case_context((start..end).rev().map(|index| view.get(index)))
    } else {
        unicode::case_context(view.characters(start, end))
    };
    Ok(context.map_or(Word::NULL, Word::boolean))
}

fn search(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string-search-forward", arguments);
    let (pattern, string) = (call.string(0)?, call.string(1)?);
    let (pattern, string) = (StringView::of(&vm.heap, pattern), StringView::of(&vm.heap, string));
    let start = call.end(2, 0, string.length)?;
    let limit = call.end(3, 0, string.length + 1)?;
    if limit.saturating_sub(start).saturating_sub(1) * pattern.length > CHUNK_ELEMENTS_MAX {
        return Err(no_room("string-search-forward", limit - start));
    }
    let found = (start..limit).find(|&at| {
        at + pattern.length <= string.length
            && (0..pattern.length).all(|index| pattern.get(index) == string.get(at + index))
    });
    Ok(found.map_or(Word::FALSE, |at| Word::fixnum(at as i64)))
}

fn string_of(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "string", arguments);
    let mut text = String::new();
    for index in 0..arguments.count() {
        text.push(call.character(index)?);
    }
    new_string(vm, &text)
}

fn check(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let string = arguments.get(1);
    if vm.heap.kind_of(string) == Some(Kind::String) {
        return Ok(Word::fixnum(vm.heap.string_length(string) as i64));
    }
    let name = name_text(&vm.heap, arguments.get(0));
    let position = trusted_count(arguments.get(2));
    Err(crate::argument::wrong_type(&vm.heap, &name, position, "a string", string))
}

fn symbol_to_string(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let symbol = Call::new(vm, "symbol->string", arguments).symbol(0)?;
    let name = vm.heap.symbol_name(symbol);
    new_string(vm, &name)
}

fn string_to_symbol(vm: &mut Vm, arguments: Arguments, called: &'static str) -> Outcome {
    let string = Call::new(vm, called, arguments).string(0)?;
    let view = StringView::of(&vm.heap, string);
    if view.length > SYMBOL_CHARACTERS_MAX {
        let message = format!(
            "{called} makes symbols of at most {SYMBOL_CHARACTERS_MAX} characters, found {}",
            view.length
        );
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    let name = view.text();
    let limit = vm.machine.limits.symbols;
    let count = vm.heap.root(Root::SymbolCount);
    if count.is_fixnum()
        && count.as_fixnum() as u64 >= limit
        && vm.heap.symbol_named(&name).is_none()
    {
        let message = format!("{called}: the heap has {limit} symbols, which is the most");
        return Err(fault(ErrorCode::ImplementationLimit, message));
    }
    // Asks for the limit's condition first; interning itself makes all the room it needs.
    vm.reserve(object_bytes(8))?;
    Ok(vm.heap.intern(&name, &mut vm.machine))
}

fn symbols_ascend(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "symbol<?", arguments);
    let name = |symbol| vm.heap.field(symbol, body::Symbol::NAME);
    let (mut holds, mut before) = (true, call.symbol(0)?);
    for index in 1..arguments.count() {
        let next = call.symbol(index)?;
        holds &= order(&vm.heap, name(before), name(next)).is_lt();
        before = next;
    }
    Ok(Word::boolean(holds))
}

fn symbols_equal(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let call = Call::new(vm, "symbol=?", arguments);
    let mut same = true;
    for index in 0..arguments.count() {
        same &= call.symbol(index)? == arguments.get(0);
    }
    Ok(Word::boolean(same))
}
