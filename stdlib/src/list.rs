//! Pairs, and the parts of lists that can be had in constant time. Everything that walks a list is
//! Scheme in the prelude.

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;
use pscheme_vm::written::PAIR_AT_EACH_STEP;

use crate::argument::{Call, Outcome, wrong_type};
use crate::limits::CHUNK_ELEMENTS_MAX;

primitives! { LIST_PRIMITIVES:
    /// `(pair? value)`: is it a pair?
    150 "pair?" (1) constant => |_, a| Ok(Word::boolean(a.get(0).is_pair()));
    /// `(null? value)`: is it the empty list?
    151 "null?" (1) constant => |_, a| Ok(Word::boolean(a.get(0) == Word::NULL));
    /// `(cons a b)`: a new pair, whose car is `a` and whose cdr is `b`.
    152 "cons" (2) constant => cons;
    /// `(set-car! pair value)`: assigns the car of a pair.
    153 "set-car!" (2) constant => |vm, a| set_part(vm, a, "set-car!");
    /// `(set-cdr! pair value)`: assigns the cdr of a pair.
    154 "set-cdr!" (2) constant => |vm, a| set_part(vm, a, "set-cdr!");
    /// `(list value …)`: a new list of the values.
    155 "list" (0..) constant => |vm, a| chain(vm, a, false);
    /// `(cons* value … tail)`: a new list of the values, followed by `tail`.
    156 "cons*" (1..) constant => |vm, a| chain(vm, a, true);
    /// `(%longer? list count)`: whether there are more than `count` pairs; `count` is bounded.
    157 "%longer?" (2) chunk => is_longer;
    /// `(%list-skip list count)`: what follows up to `count` pairs, and how many there were, as a
    /// pair. `count` is bounded.
    158 "%list-skip" (2) chunk => skip;
    /// `(%small-tree? value)`: whether a walk over pairs and vectors ends after a bounded number of them:
    /// then there is no cycle.
    159 "%small-tree?" (1) chunk => is_small_tree;
    /// `(car pair)`: the first part of a pair.
    160 "car" (1) constant => |vm, a| path(vm, a, "car");
    /// `(cdr pair)`: the second part of a pair.
    161 "cdr" (1) constant => |vm, a| path(vm, a, "cdr");
    /// `(caar pair)`: the same as `(car (car pair))`.
    162 "caar" (1) constant => |vm, a| path(vm, a, "caar");
    /// `(cadr pair)`: the same as `(car (cdr pair))`.
    163 "cadr" (1) constant => |vm, a| path(vm, a, "cadr");
    /// `(cdar pair)`: the same as `(cdr (car pair))`.
    164 "cdar" (1) constant => |vm, a| path(vm, a, "cdar");
    /// `(cddr pair)`: the same as `(cdr (cdr pair))`.
    165 "cddr" (1) constant => |vm, a| path(vm, a, "cddr");
    /// `(caaar pair)`: the same as `(car (car (car pair)))`.
    166 "caaar" (1) constant => |vm, a| path(vm, a, "caaar");
    /// `(caadr pair)`: the same as `(car (car (cdr pair)))`.
    167 "caadr" (1) constant => |vm, a| path(vm, a, "caadr");
    /// `(cadar pair)`: the same as `(car (cdr (car pair)))`.
    168 "cadar" (1) constant => |vm, a| path(vm, a, "cadar");
    /// `(caddr pair)`: the third element of a list, the same as `(car (cdr (cdr pair)))`.
    169 "caddr" (1) constant => |vm, a| path(vm, a, "caddr");
    /// `(cdaar pair)`: the same as `(cdr (car (car pair)))`.
    170 "cdaar" (1) constant => |vm, a| path(vm, a, "cdaar");
    /// `(cdadr pair)`: the same as `(cdr (car (cdr pair)))`.
    171 "cdadr" (1) constant => |vm, a| path(vm, a, "cdadr");
    /// `(cddar pair)`: the same as `(cdr (cdr (car pair)))`.
    172 "cddar" (1) constant => |vm, a| path(vm, a, "cddar");
    /// `(cdddr pair)`: what follows the third element of a list, the same as `(cdr (cdr (cdr pair)))`.
    173 "cdddr" (1) constant => |vm, a| path(vm, a, "cdddr");
    /// `(caaaar pair)`: the same as `(car (car (car (car pair))))`.
    174 "caaaar" (1) constant => |vm, a| path(vm, a, "caaaar");
    /// `(caaadr pair)`: the same as `(car (car (car (cdr pair))))`.
    175 "caaadr" (1) constant => |vm, a| path(vm, a, "caaadr");
    /// `(caadar pair)`: the same as `(car (car (cdr (car pair))))`.
    176 "caadar" (1) constant => |vm, a| path(vm, a, "caadar");
    /// `(caaddr pair)`: the same as `(car (car (cdr (cdr pair))))`.
    177 "caaddr" (1) constant => |vm, a| path(vm, a, "caaddr");
    /// `(cadaar pair)`: the same as `(car (cdr (car (car pair))))`.
    178 "cadaar" (1) constant => |vm, a| path(vm, a, "cadaar");
    /// `(cadadr pair)`: the same as `(car (cdr (car (cdr pair))))`.
    179 "cadadr" (1) constant => |vm, a| path(vm, a, "cadadr");
    /// `(caddar pair)`: the same as `(car (cdr (cdr (car pair))))`.
    180 "caddar" (1) constant => |vm, a| path(vm, a, "caddar");
    /// `(cadddr pair)`: the fourth element of a list, the same as `(car (cdr (cdr (cdr pair))))`.
    181 "cadddr" (1) constant => |vm, a| path(vm, a, "cadddr");
    /// `(cdaaar pair)`: the same as `(cdr (car (car (car pair))))`.
    182 "cdaaar" (1) constant => |vm, a| path(vm, a, "cdaaar");
    /// `(cdaadr pair)`: the same as `(cdr (car (car (cdr pair))))`.
    183 "cdaadr" (1) constant => |vm, a| path(vm, a, "cdaadr");
    /// `(cdadar pair)`: the same as `(cdr (car (cdr (car pair))))`.
    184 "cdadar" (1) constant => |vm, a| path(vm, a, "cdadar");
    /// `(cdaddr pair)`: the same as `(cdr (car (cdr (cdr pair))))`.
    185 "cdaddr" (1) constant => |vm, a| path(vm, a, "cdaddr");
    /// `(cddaar pair)`: the same as `(cdr (cdr (car (car pair))))`.
    186 "cddaar" (1) constant => |vm, a| path(vm, a, "cddaar");
    /// `(cddadr pair)`: the same as `(cdr (cdr (car (cdr pair))))`.
    187 "cddadr" (1) constant => |vm, a| path(vm, a, "cddadr");
    /// `(cdddar pair)`: the same as `(cdr (cdr (cdr (car pair))))`.
    188 "cdddar" (1) constant => |vm, a| path(vm, a, "cdddar");
    /// `(cddddr pair)`: what follows the fourth element of a list, the same as `(cdr (cdr (cdr (cdr pair))))`.
    189 "cddddr" (1) constant => |vm, a| path(vm, a, "cddddr");
}

fn cons(vm: &mut Vm, arguments: Arguments) -> Outcome {
    vm.reserve(16)?;
    Ok(vm.heap.pair(arguments.get(0), arguments.get(1)))
}

fn set_part(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let pair = arguments.get(0);
    if !pair.is_pair() {
        return Err(Call::new(vm, name, arguments).wrong_type(0, "a pair"));
    }
    if name == "set-car!" {
        vm.heap.set_car(pair, arguments.get(1));
    } else {
        vm.heap.set_cdr(pair, arguments.get(1));
    }
    Ok(Word::UNSPECIFIED)
}

fn chain(vm: &mut Vm, arguments: Arguments, dotted: bool) -> Outcome {
    let count = arguments.count();
    vm.reserve(count as u64 * 16)?;
    let elements = if dotted { count - 1 } else { count };
    let mut list = if dotted { arguments.get(elements) } else { Word::NULL };
    for index in (0..elements).rev() {
        list = vm.heap.pair(arguments.get(index), list);
    }
    Ok(list)
}

/// The parts that the letters of `name` ask for.
fn path(vm: &mut Vm, arguments: Arguments, name: &'static str) -> Outcome {
    let mut word = arguments.get(0);
    for letter in name[1..name.len() - 1].bytes().rev() {
        if !word.is_pair() {
            let expected = if name.len() == 3 { "a pair" } else { PAIR_AT_EACH_STEP };
            return Err(wrong_type(&vm.heap, name, 0, expected, word));
        }
        word = if letter == b'a' { vm.heap.car(word) } else { vm.heap.cdr(word) };
    }
    Ok(word)
}

/// What follows up to `most` pairs of a list, and how many there were.
pub(crate) fn walk(heap: &Heap, mut list: Word, most: usize) -> (Word, usize) {
    let mut count = 0;
    while count < most && list.is_pair() {
        list = heap.cdr(list);
        count += 1;
    }
    (list, count)
}

fn is_longer(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let most = Call::new(vm, "%longer?", arguments).count(1, CHUNK_ELEMENTS_MAX)?;
    let (rest, _) = walk(&vm.heap, arguments.get(0), most);
    Ok(Word::boolean(rest.is_pair()))
}

fn skip(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let most = Call::new(vm, "%list-skip", arguments).count(1, CHUNK_ELEMENTS_MAX)?;
    vm.reserve(16)?;
    let (rest, count) = walk(&vm.heap, arguments.get(0), most);
    Ok(vm.heap.pair(rest, Word::fixnum(count as i64)))
}

fn is_small_tree(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let mut work = vec![arguments.get(0)];
    let mut left = CHUNK_ELEMENTS_MAX;
    while let Some(word) = work.pop() {
        if word.is_pair() {
            work.push(vm.heap.cdr(word));
            work.push(vm.heap.car(word));
            left = left.saturating_sub(1);
        } else if vm.heap.kind_of(word) == Some(Kind::Vector) {
            let length = vm.heap.header(word).body_words();
            if length >= left {
                return Ok(Word::FALSE);
            }
            left -= length + 1;
            work.extend((0..length).map(|index| vm.heap.field(word, index)));
        }
        if left == 0 {
            return Ok(Word::FALSE);
        }
    }
    Ok(Word::TRUE)
}

/// The elements of a list of at most `most`, or `None` if it is longer or improper.
pub(crate) fn bounded_list(vm: &Vm, mut list: Word, most: usize) -> Option<Vec<Word>> {
    let mut elements = Vec::new();
    while list.is_pair() {
        if elements.len() == most {
            return None;
        }
        elements.push(vm.heap.car(list));
        list = vm.heap.cdr(list);
    }
    (list == Word::NULL).then_some(elements)
}

/// Whether `word` is an object of `kind`.
pub(crate) fn is_kind(vm: &Vm, arguments: Arguments, kind: Kind) -> Word {
    of_kind(&vm.heap, arguments, kind)
}

/// Whether the first argument is of this kind.
pub(crate) fn of_kind(heap: &Heap, arguments: Arguments, kind: Kind) -> Word {
    Word::boolean(heap.kind_of(arguments.get(0)) == Some(kind))
}
