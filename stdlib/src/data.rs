//! Data of the heap as the compiler reads them: for `eval`, and for the rules of macros.
//!
//! Copies keep sharing and cycles, and nothing recurses. What is no datum, a procedure say, comes along as an
//! object with a number; so does every part that has an identity, so that quoting it gives back the
//! object itself.

use std::collections::{HashMap, HashSet};

use pscheme_compiler::QuotedData;
use pscheme_compiler::datum::{DatumId, Number};
use pscheme_compiler::diagnostic::ByteSpan;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

/// Data copied out of a heap.
#[derive(Default)]
pub struct CopiedData {
    pub data: QuotedData,
    /// The objects that data refer to by number. The words are those of the moment.
    pub objects: Vec<Word>,
    /// Which of the pairs that were given these pairs are.
    pub given: HashMap<DatumId, usize>,
}

enum Step {
    Visit(Word),
    Build(Word),
}

struct Copier<'heap> {
    heap: &'heap Heap,
    copied: CopiedData,
    /// What was copied, by word.
    known: HashMap<u64, DatumId>,
    /// Wholes whose parts are being copied.
    open: HashSet<u64>,
    /// The numbers of the cycles that stand for wholes inside themselves.
    cycles: HashMap<u64, u32>,
    /// Parts come along as the objects they are.
    keeps_identity: bool,
    /// Pairs that are looked for, and their places.
    given: HashMap<u64, usize>,
}

impl CopiedData {
    /// Copies a datum; its number in the arena.
    pub fn copy(heap: &Heap, datum: Word) -> (CopiedData, DatumId) {
        CopiedData::copy_with(Copier { keeps_identity: true, ..Copier::new(heap) }, datum)
    }

    /// As [`CopiedData::copy`], but only what is no datum comes along as an object; notes which of the
    /// pairs in `given` are among the data.
    pub fn copy_form(heap: &Heap, datum: Word, given: &[Word]) -> (CopiedData, DatumId) {
        let given = given.iter().enumerate().map(|(index, pair)| (pair.0, index)).collect();
        CopiedData::copy_with(Copier { given, ..Copier::new(heap) }, datum)
    }

    fn copy_with(mut copier: Copier<'_>, datum: Word) -> (CopiedData, DatumId) {
        let mut work = vec![Step::Visit(datum)];
        while let Some(step) = work.pop() {
            match step {
                Step::Visit(word) => copier.visit(word, &mut work),
                Step::Build(word) => copier.build(word),
            }
        }
        let id = copier.part(datum);
        (copier.copied, id)
    }
}

/// The parts of a whole.
fn parts(heap: &Heap, word: Word) -> Option<Vec<Word>> {
    if word.is_pair() {
        return Some(vec![heap.car(word), heap.cdr(word)]);
    }
    match heap.kind_of(word)? {
        Kind::Vector => {
            let count = heap.header(word).body_words();
            Some((0..count).map(|index| heap.field(word, index)).collect())
        }
        Kind::Syntax => Some(vec![heap.field(word, body::Syntax::DATUM)]),
        _ => None,
    }
}

impl<'heap> Copier<'heap> {
    fn new(heap: &'heap Heap) -> Copier<'heap> {
        Copier {
            heap,
            copied: CopiedData::default(),
            known: HashMap::new(),
            open: HashSet::new(),
            cycles: HashMap::new(),
            keeps_identity: false,
            given: HashMap::new(),
        }
    }

    fn visit(&mut self, word: Word, work: &mut Vec<Step>) {
        // Before its parts are listed: what is shared a thousand times is gone through once.
        if self.known.contains_key(&word.0) || self.open.contains(&word.0) {
            return;
        }
        let Some(parts) = parts(self.heap, word) else { return };
        self.open.insert(word.0);
        work.push(Step::Build(word));
        work.extend(parts.into_iter().rev().map(Step::Visit));
    }

    /// A whole whose parts are there.
    fn build(&mut self, word: Word) {
        let span = ByteSpan::default();
        let id = if word.is_pair() {
            let head = self.part(self.heap.car(word));
            let tail = self.part(self.heap.cdr(word));
            self.copied.data.arena.pair(head, tail, span)
        } else if self.heap.kind_of(word) == Some(Kind::Syntax) {
            let datum = self.part(self.heap.field(word, body::Syntax::DATUM));
            let scopes = self
                .copied
                .data
                .add_scopes(scope_list(self.heap, self.heap.field(word, body::Syntax::SCOPES)));
            self.copied.data.arena.syntax(datum, scopes)
        } else {
            let words = parts(self.heap, word).unwrap_or_default();
            let parts: Vec<DatumId> = words.into_iter().map(|part| self.part(part)).collect();
            self.copied.data.arena.vector(&parts, span)
        };
        self.open.remove(&word.0);
        self.known.insert(word.0, id);
        if let Some(number) = self.cycles.get(&word.0) {
            self.copied.data.arena.set_cycle_target(*number, id);
        }
        if self.heap.kind_of(word) != Some(Kind::Syntax) {
            self.note_origin(id, word);
        }
    }

    fn cycle(&mut self, word: Word) -> DatumId {
        let arena = &mut self.copied.data.arena;
        let number = *self.cycles.entry(word.0).or_insert_with(|| arena.new_cycle());
        let id = arena.cycle(number, ByteSpan::default());
        if self.heap.kind_of(word) != Some(Kind::Syntax) {
            self.note_origin(id, word);
        }
        id
    }

    fn note_origin(&mut self, id: DatumId, word: Word) {
        if let Some(place) = self.given.get(&word.0) {
            self.copied.given.insert(id, *place);
        }
        if !self.keeps_identity {
            return;
        }
        self.copied.data.arena.set_origin(id, self.copied.objects.len() as u32);
        self.copied.objects.push(word);
    }

    /// The number of a part: a whole that was copied, a cycle for one that is being copied, or an atom.
    fn part(&mut self, word: Word) -> DatumId {
        if let Some(id) = self.known.get(&word.0) {
            return *id;
        }
        if self.open.contains(&word.0) {
            return self.cycle(word);
        }
        let id = self.atom(word);
        // Each mention of a symbol is a datum by itself, which may have a place of its own.
        if word.is_reference() && self.heap.kind_of(word) != Some(Kind::Symbol) {
            self.known.insert(word.0, id);
        }
        id
    }

    fn atom(&mut self, word: Word) -> DatumId {
        let (heap, span) = (self.heap, ByteSpan::default());
        let arena = &mut self.copied.data.arena;
        match word {
            Word::NULL => return arena.null(span),
            Word::TRUE | Word::FALSE => return arena.boolean(word == Word::TRUE, span),
            _ => {}
        }
        if word.is_character() {
            return arena.character(word.as_character(), span);
        }
        if let Some(number) = Number::decode(heap, word) {
            return arena.number(number, span);
        }
        match heap.kind_of(word) {
            Some(Kind::Symbol) => {
                let symbol = arena.intern(&heap.symbol_name(word));
                arena.symbol(symbol, span)
            }
            Some(Kind::String) => {
                let id = arena.string(heap.string_text(word), span);
                self.note_origin(id, word);
                id
            }
            Some(Kind::Bytevector) => {
                let id = arena.bytevector(heap.bytes(word).to_vec(), span);
                self.note_origin(id, word);
                id
            }
            _ => {
                let id = arena.object(self.copied.objects.len() as u32, span);
                self.copied.objects.push(word);
                id
            }
        }
    }
}

/// The scopes in a list of fixnums.
pub fn scope_list(heap: &Heap, mut list: Word) -> Vec<u32> {
    let mut scopes: Vec<u32> = Vec::new();
    while list.is_pair() {
        let scope = heap.car(list);
        let scope = if scope.is_fixnum() { u32::try_from(scope.as_fixnum()).ok() } else { None };
        // Sets ascend; in a damaged image they may not, and a list may have no end.
        match scope.filter(|scope| scopes.last().is_none_or(|last| last < scope)) {
            Some(scope) => scopes.push(scope),
            None => break,
        }
        list = heap.cdr(list);
    }
    scopes
}
