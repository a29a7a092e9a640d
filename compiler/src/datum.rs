//! Data as read from text, in a flat arena.
//!
//! Invariant: the parts of a datum have lower numbers than the datum, so a loop over the numbers
//! visits parts before wholes, and nothing here recurses, not even a drop: data nested a million
//! deep are ordinary. A datum that contains itself (a literal with a label, R7RS 2.4) does so through
//! a *cycle*: a leaf that stands for a datum around it, and that no loop follows. `datum_write.rs` prints them, `reader/` makes them from text.

use crate::diagnostic::ByteSpan;
use crate::scope::ScopeSetId;
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};

pub use pscheme_vm::number::Number;

/// A datum of one arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatumId(u32);

/// A symbol of one arena: equal names have equal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SymbolId(u32);

impl DatumId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl SymbolId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One datum, its parts by number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'arena> {
    Null,
    Boolean(bool),
    Character(char),
    /// An exact integer of at most 61 bits.
    Fixnum(i64),
    Flonum(f64),
    /// Any other number.
    Number(&'arena Number),
    String(&'arena str),
    Symbol(SymbolId),
    Pair(DatumId, DatumId),
    Vector(&'arena [DatumId]),
    Bytevector(&'arena [u8]),
    /// An object that no text stands for, by its number among those of the program.
    Object(u32),
    /// Stands for a datum around it: `cycle_target` says for which.
    Cycle(u32),
}

/// A node as it is stored: whatever has a length lies in a side table.
#[derive(Clone, Copy, Debug)]
enum Node {
    Null,
    Boolean(bool),
    Character(char),
    Fixnum(i64),
    Flonum(f64),
    Number(u32),
    String(u32),
    Symbol(SymbolId),
    Pair(DatumId, DatumId),
    Vector {
        start: u32,
        count: u32,
    },
    Bytevector(u32),
    Object(u32),
    Cycle(u32),
    /// The datum, and scopes that all of it has.
    Scoped(DatumId, ScopeSetId),
}

/// A growing set of data.
#[derive(Clone, Debug, Default)]
pub struct DatumArena {
    nodes: Vec<Node>,
    spans: Vec<ByteSpan>,
    symbols: IndexSet<String>,
    strings: Vec<String>,
    numbers: Vec<Number>,
    bytevectors: Vec<Vec<u8>>,
    elements: Vec<DatumId>,
    origins: HashMap<DatumId, u32>,
    /// What each cycle stands for.
    cycle_targets: Vec<DatumId>,
}

impl DatumArena {
    /// Number of data.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All data, parts before wholes.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = DatumId> + use<> {
        (0..self.nodes.len() as u32).map(DatumId)
    }

    /// The datum with this number; scopes are not seen.
    pub fn get(&self, id: DatumId) -> Datum<'_> {
        match self.nodes[self.without_scopes(id).index()] {
            Node::Null => Datum::Null,
            Node::Boolean(value) => Datum::Boolean(value),
            Node::Character(value) => Datum::Character(value),
            Node::Fixnum(value) => Datum::Fixnum(value),
            Node::Flonum(value) => Datum::Flonum(value),
            Node::Number(index) => Datum::Number(&self.numbers[index as usize]),
            Node::String(index) => Datum::String(&self.strings[index as usize]),
            Node::Symbol(symbol) => Datum::Symbol(symbol),
            Node::Pair(head, tail) => Datum::Pair(head, tail),
            Node::Vector { start, count } => {
                Datum::Vector(&self.elements[start as usize..(start + count) as usize])
            }
            Node::Bytevector(index) => Datum::Bytevector(&self.bytevectors[index as usize]),
            Node::Object(number) => Datum::Object(number),
            Node::Cycle(number) => Datum::Cycle(number),
            Node::Scoped(..) => unreachable!("scopes were taken off"),
        }
    }

    /// Where the datum stood in the text.
    pub fn span(&self, id: DatumId) -> ByteSpan {
        self.spans[id.index()]
    }

    /// Places a datum, with the scopes around it and without.
    pub(crate) fn set_span(&mut self, mut id: DatumId, span: ByteSpan) {
        self.spans[id.index()] = span;
        while let Node::Scoped(inner, _) = self.nodes[id.index()] {
            id = inner;
            self.spans[id.index()] = span;
        }
    }

    /// Moves the places of the data from number `first` on.
    pub(crate) fn move_spans(&mut self, first: usize, by: u32) {
        for span in &mut self.spans[first..] {
            *span = span.moved(by);
        }
    }

    /// The name of a symbol.
    pub fn symbol_name(&self, symbol: SymbolId) -> &str {
        &self.symbols[symbol.index()]
    }

    /// Symbols are numbered from 0; this is how many there are.
    pub fn symbol_count(&self) -> usize {
        self.symbols.len()
    }

    /// The symbol of this name, made on first use.
    pub fn intern(&mut self, name: &str) -> SymbolId {
        if let Some(index) = self.symbols.get_index_of(name) {
            return SymbolId(index as u32);
        }
        SymbolId(self.symbols.insert_full(name.to_string()).0 as u32)
    }

    fn add(&mut self, node: Node, span: ByteSpan) -> DatumId {
        let id = u32::try_from(self.nodes.len()).expect("an arena holds fewer than 2^32 data");
        self.nodes.push(node);
        self.spans.push(span);
        DatumId(id)
    }

    pub fn null(&mut self, span: ByteSpan) -> DatumId {
        self.add(Node::Null, span)
    }

    pub fn boolean(&mut self, value: bool, span: ByteSpan) -> DatumId {
        self.add(Node::Boolean(value), span)
    }

    pub fn character(&mut self, value: char, span: ByteSpan) -> DatumId {
        self.add(Node::Character(value), span)
    }

    pub fn number(&mut self, number: Number, span: ByteSpan) -> DatumId {
        match number.canonical() {
            Number::Fixnum(value) => self.add(Node::Fixnum(value), span),
            Number::Flonum(value) => self.add(Node::Flonum(value), span),
            number => {
                self.numbers.push(number);
                self.add(Node::Number(self.numbers.len() as u32 - 1), span)
            }
        }
    }

    pub fn string(&mut self, text: String, span: ByteSpan) -> DatumId {
        self.strings.push(text);
        self.add(Node::String(self.strings.len() as u32 - 1), span)
    }

    pub fn symbol(&mut self, symbol: SymbolId, span: ByteSpan) -> DatumId {
        self.add(Node::Symbol(symbol), span)
    }

    pub fn pair(&mut self, head: DatumId, tail: DatumId, span: ByteSpan) -> DatumId {
        debug_assert!(head.index() < self.len() && tail.index() < self.len());
        self.add(Node::Pair(head, tail), span)
    }

    pub fn vector(&mut self, elements: &[DatumId], span: ByteSpan) -> DatumId {
        let start = self.elements.len() as u32;
        self.elements.extend_from_slice(elements);
        self.add(Node::Vector { start, count: elements.len() as u32 }, span)
    }

    pub fn bytevector(&mut self, bytes: Vec<u8>, span: ByteSpan) -> DatumId {
        self.bytevectors.push(bytes);
        self.add(Node::Bytevector(self.bytevectors.len() as u32 - 1), span)
    }

    /// An object of the heap that stands in a form without being a datum.
    pub fn object(&mut self, number: u32, span: ByteSpan) -> DatumId {
        self.add(Node::Object(number), span)
    }

    /// The number of a new cycle; it stands for `#f` until it is told otherwise.
    pub fn new_cycle(&mut self) -> u32 {
        let nothing = self.boolean(false, ByteSpan::default());
        self.cycle_targets.push(nothing);
        self.cycle_targets.len() as u32 - 1
    }

    /// A leaf that stands for the datum that `set_cycle_target` will name.
    pub fn cycle(&mut self, number: u32, span: ByteSpan) -> DatumId {
        debug_assert!((number as usize) < self.cycle_targets.len());
        self.add(Node::Cycle(number), span)
    }

    pub fn set_cycle_target(&mut self, number: u32, target: DatumId) {
        self.cycle_targets[number as usize] = target;
    }

    /// The datum that a cycle stands for.
    pub fn cycle_target(&self, number: u32) -> DatumId {
        self.cycle_targets[number as usize]
    }

    /// What the cycles stand for, by their numbers.
    pub fn cycle_targets(&self) -> &[DatumId] {
        &self.cycle_targets
    }

    /// Notes that a datum is a copy of an object of the heap, which quoting it gives back.
    pub fn set_origin(&mut self, id: DatumId, number: u32) {
        self.origins.insert(id, number);
    }

    /// The number of the object that a datum is a copy of.
    pub(crate) fn origin(&self, id: DatumId) -> Option<u32> {
        self.origins.get(&self.without_scopes(id)).copied()
    }

    /// The datum inside all scopes.
    pub(crate) fn without_scopes(&self, mut id: DatumId) -> DatumId {
        while let Node::Scoped(inner, _) = self.nodes[id.index()] {
            id = inner;
        }
        id
    }

    /// The datum with scopes around all of it.
    pub fn with_scopes(&mut self, id: DatumId, scopes: ScopeSetId) -> DatumId {
        if scopes == ScopeSetId::EMPTY { id } else { self.syntax(id, scopes) }
    }

    /// The datum with scopes around all of it, which may be none: a name without scopes is not the same as
    /// a symbol.
    pub fn syntax(&mut self, id: DatumId, scopes: ScopeSetId) -> DatumId {
        let span = self.span(id);
        self.add(Node::Scoped(id, scopes), span)
    }

    /// What `with_scopes` was given, if it made this datum.
    pub fn scoped(&self, id: DatumId) -> Option<(DatumId, ScopeSetId)> {
        match self.nodes[id.index()] {
            Node::Scoped(inner, scopes) => Some((inner, scopes)),
            _ => None,
        }
    }

    /// The same datum at another place of the text.
    pub(crate) fn again(&mut self, id: DatumId, span: ByteSpan) -> DatumId {
        self.add(self.nodes[id.index()], span)
    }

    /// The parts of a datum, from the first to the last.
    pub fn for_each_part(&self, id: DatumId, mut visit: impl FnMut(DatumId)) {
        match self.get(id) {
            Datum::Pair(head, tail) => {
                visit(head);
                visit(tail);
            }
            Datum::Vector(elements) => elements.iter().copied().for_each(visit),
            _ => {}
        }
    }

    /// The elements of a list and what follows the last pair (the empty list if it is proper).
    pub fn list(&self, mut id: DatumId) -> (Vec<DatumId>, DatumId) {
        let mut elements = Vec::new();
        while let Datum::Pair(head, tail) = self.get(id) {
            elements.push(head);
            id = tail;
        }
        (elements, id)
    }

    /// The elements of a proper list, or `None` if it is none.
    pub fn proper_list(&self, id: DatumId) -> Option<Vec<DatumId>> {
        let (elements, tail) = self.list(id);
        matches!(self.get(tail), Datum::Null).then_some(elements)
    }

    /// Copies a datum of another arena, with everything it consists of; scopes are left behind.
    pub fn copy(&mut self, source: &DatumArena, root: DatumId) -> DatumId {
        self.copy_with(source, root, |_| None)
    }

    /// Copies a datum of another arena, its sets of scopes translated; those that have no translation
    /// are left behind.
    pub(crate) fn copy_with(
        &mut self,
        source: &DatumArena,
        root: DatumId,
        mut translate: impl FnMut(ScopeSetId) -> Option<ScopeSetId>,
    ) -> DatumId {
        let reached = source.reached_from(root);
        let mut copies = HashMap::with_capacity(reached.len());
        let mut cycles = HashMap::new();
        for id in reached {
            let copy = match source.scoped(id) {
                Some((inner, scopes)) => match translate(scopes) {
                    Some(scopes) => self.syntax(copies[&inner], scopes),
                    None => copies[&inner],
                },
                None => self.copy_one(source, id, &copies, &mut cycles),
            };
            copies.insert(id, copy);
        }
        for (original, copy) in cycles {
            self.set_cycle_target(copy, copies[&source.cycle_target(original)]);
        }
        copies[&root]
    }

    /// A datum, its parts, theirs, and what cycles among them stand for: parts before wholes.
    pub(crate) fn reached_from(&self, root: DatumId) -> Vec<DatumId> {
        let mut reached = vec![root];
        let mut seen: HashSet<DatumId> = HashSet::from([root]);
        let mut next = 0;
        while next < reached.len() {
            let id = reached[next];
            let mut visit = |part| {
                if seen.insert(part) {
                    reached.push(part);
                }
            };
            match (self.scoped(id), self.nodes[id.index()]) {
                (Some((inner, _)), _) => visit(inner),
                (None, Node::Cycle(number)) => visit(self.cycle_target(number)),
                _ => self.for_each_part(id, visit),
            }
            next += 1;
        }
        reached.sort_unstable();
        reached
    }

    fn copy_one(
        &mut self,
        source: &DatumArena,
        id: DatumId,
        copies: &HashMap<DatumId, DatumId>,
        cycles: &mut HashMap<u32, u32>,
    ) -> DatumId {
        let span = source.span(id);
        match source.get(id) {
            Datum::Number(number) => self.number(number.clone(), span),
            Datum::String(text) => self.string(text.to_string(), span),
            Datum::Symbol(symbol) => {
                let symbol = self.intern(source.symbol_name(symbol));
                self.symbol(symbol, span)
            }
            Datum::Pair(head, tail) => self.pair(copies[&head], copies[&tail], span),
            Datum::Vector(elements) => {
                let elements: Vec<DatumId> = elements.iter().map(|id| copies[id]).collect();
                self.vector(&elements, span)
            }
            Datum::Bytevector(bytes) => self.bytevector(bytes.to_vec(), span),
            Datum::Null => self.null(span),
            Datum::Boolean(value) => self.boolean(value, span),
            Datum::Character(value) => self.character(value, span),
            Datum::Fixnum(value) => self.number(Number::Fixnum(value), span),
            Datum::Flonum(value) => self.number(Number::Flonum(value), span),
            Datum::Object(number) => self.object(number, span),
            Datum::Cycle(number) => {
                let copy = *cycles.entry(number).or_insert_with(|| self.new_cycle());
                self.cycle(copy, span)
            }
        }
    }

    /// Copies a datum without parts of another arena to a place of the text.
    pub(crate) fn copy_again(
        &mut self,
        source: &DatumArena,
        id: DatumId,
        span: ByteSpan,
    ) -> DatumId {
        let copy = self.copy_one(source, id, &HashMap::new(), &mut HashMap::new());
        self.spans[copy.index()] = span;
        copy
    }

    /// Whether two data of two arenas are equal: same shape, same leaves, flonums bit by bit, cycles
    /// at the same places.
    pub fn equal(&self, left: DatumId, other: &DatumArena, right: DatumId) -> bool {
        let mut work = vec![(left, right)];
        let mut cycles: HashMap<u32, u32> = HashMap::new();
        while let Some((left, right)) = work.pop() {
            let same = match (self.get(left), other.get(right)) {
                (Datum::Pair(a, b), Datum::Pair(c, d)) => {
                    work.extend([(b, d), (a, c)]);
                    true
                }
                (Datum::Vector(a), Datum::Vector(b)) => {
                    work.extend(a.iter().copied().zip(b.iter().copied()));
                    a.len() == b.len()
                }
                (Datum::Symbol(a), Datum::Symbol(b)) => self.symbol_name(a) == other.symbol_name(b),
                (Datum::Flonum(a), Datum::Flonum(b)) => {
                    Number::Flonum(a).is_same(&Number::Flonum(b))
                }
                (Datum::Number(a), Datum::Number(b)) => a.is_same(b),
                (Datum::Cycle(a), Datum::Cycle(b)) => *cycles.entry(a).or_insert(b) == b,
                (a, b) => a == b,
            };
            if !same {
                return false;
            }
        }
        true
    }
}

/// The data a program quotes: what `Constant::Datum` and `Program::data` refer to.
///
/// An installer makes the objects in one loop over `arena.ids()`, because the parts of a datum
/// always come before it, and then looks up `root(index)`.
#[derive(Clone, Debug, Default)]
pub struct QuotedData {
    pub arena: DatumArena,
    roots: Vec<DatumId>,
    symbol_roots: HashMap<SymbolId, u32>,
    /// Sets of scopes that data of the arena have, each ascending, by the number of the set.
    scope_sets: IndexSet<Vec<u32>>,
}

impl QuotedData {
    /// The data by the index that constants use.
    pub fn roots(&self) -> &[DatumId] {
        &self.roots
    }

    /// The datum of `Constant::Datum(index)`.
    pub fn root(&self, index: u32) -> DatumId {
        self.roots[index as usize]
    }

    /// Adds a datum and gives its index; equal symbols share one.
    pub(crate) fn quote(&mut self, source: &DatumArena, id: DatumId) -> u32 {
        if let Datum::Symbol(symbol) = source.get(id) {
            return self.quote_symbol(source.symbol_name(symbol), source.span(id));
        }
        let copy = match source.origin(id) {
            Some(number) => self.arena.object(number, source.span(id)),
            None => self.arena.copy(source, id),
        };
        self.add_root(copy)
    }

    /// Adds a datum with the scopes its parts have, which `scopes` lists.
    pub(crate) fn quote_syntax(
        &mut self,
        source: &DatumArena,
        id: DatumId,
        mut scopes: impl FnMut(ScopeSetId) -> Vec<u32>,
    ) -> u32 {
        // The empty set has the number 0 and is no set that data carry.
        self.scope_sets.insert(Vec::new());
        let sets = &mut self.scope_sets;
        let copy = self.arena.copy_with(source, id, |set| {
            Some(ScopeSetId::numbered(sets.insert_full(scopes(set)).0 as u32))
        });
        self.add_root(copy)
    }

    /// The scopes of a set that a datum of the arena has, ascending.
    pub fn scopes(&self, set: ScopeSetId) -> &[u32] {
        &self.scope_sets[set.number() as usize]
    }

    /// The number of a set of scopes, for an arena that is filled from outside.
    pub fn add_scopes(&mut self, scopes: Vec<u32>) -> ScopeSetId {
        self.scope_sets.insert(Vec::new());
        ScopeSetId::numbered(self.scope_sets.insert_full(scopes).0 as u32)
    }

    /// Adds the datum that has an index in other data.
    pub(crate) fn take_root(&mut self, other: &QuotedData, index: u32) -> u32 {
        self.take(other, other.root(index))
    }

    /// Adds a datum of other data.
    pub(crate) fn take(&mut self, other: &QuotedData, id: DatumId) -> u32 {
        let sets = &mut self.scope_sets;
        sets.insert(Vec::new());
        let copy = self.arena.copy_with(&other.arena, id, |set| {
            let scopes = other.scopes(set).to_vec();
            Some(ScopeSetId::numbered(sets.insert_full(scopes).0 as u32))
        });
        self.add_root(copy)
    }

    /// Adds a datum of the arena itself.
    pub fn add_root(&mut self, id: DatumId) -> u32 {
        self.roots.push(id);
        self.roots.len() as u32 - 1
    }

    fn quote_symbol(&mut self, name: &str, span: ByteSpan) -> u32 {
        let symbol = self.arena.intern(name);
        if let Some(index) = self.symbol_roots.get(&symbol) {
            return *index;
        }
        let datum = self.arena.symbol(symbol, span);
        let index = self.add_root(datum);
        self.symbol_roots.insert(symbol, index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_equal_and_keeps_parts_before_wholes() {
        let mut arena = DatumArena::default();
        let span = ByteSpan::default();
        let null = arena.null(span);
        let text = arena.string("x".into(), span);
        let vector = arena.vector(&[text, null, text], span);
        let list = arena.pair(vector, null, span);
        let mut other = DatumArena::default();
        other.boolean(true, span);
        let copy = other.copy(&arena, list);
        assert!(other.equal(copy, &arena, list));
        assert!(!other.equal(copy, &arena, vector));
        for id in other.ids() {
            other.for_each_part(id, |part| assert!(part < id));
        }
    }
}
