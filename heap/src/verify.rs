//! Checks a whole heap: everything reachable from the roots is what the kind table allows.
//!
//! A page with a valid hash can still hold a wrong reference, tag, size or instruction. This walk
//! trusts nothing: every reference must point at the start of an object of a kind its field allows,
//! every size must fit its page, every frame's link must lead to a return point of a code object.
//! Instructions are judged by the machine's own verifier, passed in. Explicit work lists, so depth
//! costs heap memory and no host stack.

use std::collections::HashMap;

use crate::frame::{FRAME_WORDS_MIN, Link, ReturnPoint};
use crate::heap::Heap;
use crate::kind::body;
use crate::kind::*;
use crate::limits::*;
use crate::space::{BITMAP_WORDS, Bitmap, bit, set_bit};
use crate::word::Word;

/// Judges the instructions of a code object whose sizes have been checked.
pub type CodeCheck<'a> = dyn FnMut(&Heap, Word) -> Result<(), String> + 'a;

/// Something in the heap that no pscheme writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The page it lies in.
    pub page: u32,
    /// The offset of the object.
    pub offset: u64,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "page {}, offset {:#x}: {}", self.page, self.offset, self.what)
    }
}

/// Problems listed before a check gives up.
pub const PROBLEMS_MAX: usize = 100;

/// The objects that have been seen, a bit per granule of the pages they lie in, by page.
#[derive(Default)]
struct Seen(Vec<Option<Box<Bitmap>>>);

impl Seen {
    /// Notes an object; `false` if it was noted before.
    fn insert(&mut self, offset: u64) -> bool {
        let granule = (offset % PAGE_BYTES / GRANULE_BYTES) as usize;
        let page = (offset / PAGE_BYTES) as usize;
        if page >= self.0.len() {
            self.0.resize_with(page + 1, || None);
        }
        let map = self.0[page].get_or_insert_with(|| Box::new([0; BITMAP_WORDS]));
        let is_new = !bit(map, granule);
        set_bit(map, granule);
        is_new
    }
}

struct Verifier<'a, 'check> {
    heap: &'a Heap,
    check_code: &'a mut CodeCheck<'check>,
    seen: Seen,
    work: Vec<Word>,
    /// Segment offset to the words checked as values so far.
    segments: HashMap<u64, usize>,
    problems: Vec<Problem>,
}

impl Heap {
    /// Walks everything reachable from the root table and reports what is wrong; empty if nothing
    /// is. The nursery must be empty.
    pub fn verify(&self, check_code: &mut CodeCheck<'_>) -> Vec<Problem> {
        assert!(self.nursery_is_empty(), "a heap is verified after a collection");
        let mut verifier = Verifier {
            heap: self,
            check_code,
            seen: Seen::default(),
            work: Vec::new(),
            segments: HashMap::new(),
            problems: Vec::new(),
        };
        for (index, &root) in self.roots.iter().enumerate() {
            verifier.check_word(root, Allowed::Any, 0, || format!("root {index}"));
        }
        while let Some(word) = verifier.work.pop() {
            if verifier.problems.len() >= PROBLEMS_MAX {
                break;
            }
            verifier.walk(word);
        }
        verifier.problems
    }
}

impl Verifier<'_, '_> {
    fn problem(&mut self, offset: u64, what: impl Into<String>) {
        let page = (offset / PAGE_BYTES) as u32;
        self.problems.push(Problem { page, offset, what: what.into() });
    }

    /// Checks one word and queues what it refers to. `owner` is the object that holds it.
    fn check_word(&mut self, word: Word, allowed: Allowed, owner: u64, place: impl Fn() -> String) {
        if !word.is_reference() {
            if !word.is_valid_non_reference() {
                self.problem(owner, format!("{} holds no valid word: {:#x}", place(), word.0));
            } else if !immediate_allowed(word, allowed) {
                self.problem(owner, format!("{} may not hold {word:?}", place()));
            }
            return;
        }
        if let Err(why) = self.heap.check_reference(word) {
            return self.problem(owner, format!("{} refers to {why}: {word:?}", place()));
        }
        if !self.target_allowed(word, allowed) {
            self.problem(owner, format!("{} may not refer to {word:?}", place()));
            return;
        }
        if self.seen.insert(word.offset()) {
            self.work.push(word);
        }
    }

    fn target_allowed(&self, word: Word, allowed: Allowed) -> bool {
        match allowed {
            Allowed::Any => true,
            Allowed::Only(kind) | Allowed::OrNone(kind) => self.heap.kind_of(word) == Some(kind),
            Allowed::Fixnum => false,
            Allowed::List => word.is_pair(),
        }
    }

    fn walk(&mut self, word: Word) {
        let offset = word.offset();
        if word.is_pair() {
            self.check_word(self.heap.car(word), Allowed::Any, offset, || "car".into());
            self.check_word(self.heap.cdr(word), Allowed::Any, offset, || "cdr".into());
            return;
        }
        let header = self.heap.header(word);
        let kind = header.kind().expect("checked before it was queued");
        let row = kind.row();
        for (index, field) in row.fields.iter().enumerate() {
            if let FieldClass::Value(allowed) = field.class {
                let value = self.heap.field(word, index);
                self.check_word(value, allowed, offset, || format!("{}.{}", row.name, field.name));
            }
        }
        match row.tail {
            Tail::Values => {
                for index in row.fields.len()..header.body_words() {
                    let value = self.heap.field(word, index);
                    self.check_word(value, Allowed::Any, offset, || {
                        format!("{}[{}]", row.name, index - row.fields.len())
                    });
                }
            }
            Tail::Code => self.walk_code(word, header),
            Tail::None | Tail::Raw | Tail::Frames => {}
        }
        match kind {
            Kind::Continuation => self.walk_continuation(word),
            Kind::String => self.check_string(word, header),
            Kind::Closure => self.check_closure(word, header),
            Kind::Record => self.check_record(word, header),
            Kind::ProcessNode => self.check_process_node(word, header),
            Kind::TimerNode => self.check_timer_node(word, header),
            Kind::Bignum | Kind::Ratnum | Kind::Compnum => {
                if let Err(why) = self.heap.check_number(word) {
                    self.problem(offset, why);
                }
            }
            Kind::Bytevector
                if self.heap.raw(word, body::Bytevector::LENGTH)
                    > (header.body_words() as u64 - 1) * 8 =>
            {
                self.problem(offset, "bytevector longer than its object");
            }
            _ => {}
        }
    }

    // What follows looks beyond the object itself. A reference that was found to be wrong is a problem
    // already, and must not be followed here.

    fn check_string(&mut self, word: Word, header: Header) {
        let storage = self.heap.field(word, body::String::STORAGE);
        if self.heap.peek_kind(storage) != Some(Kind::Bytevector) {
            return;
        }
        let width = if header.aux() == 0 { 1 } else { 4 };
        let room = (self.heap.header(storage).body_words() as u64 - 1) * 8;
        if self.heap.raw(word, body::String::LENGTH).saturating_mul(width) > room {
            self.problem(word.offset(), "string longer than its storage");
        }
    }

    /// The fast path of calls trusts a closure's header, and its code the captured values' number.
    fn check_closure(&mut self, word: Word, header: Header) {
        let code = self.heap.field(word, body::Closure::CODE);
        if self.heap.peek_kind(code) != Some(Kind::Code) {
            return;
        }
        let shape = self.heap.raw(code, body::Code::SHAPE);
        let (required, general) = (shape & 0xffff, shape >> 16 & 0xffff != 0);
        let captures = (shape >> 48) as usize;
        let aux = header.aux();
        let counted = aux == 255 || (!general && u64::from(aux) == required);
        if header.body_words() != 1 + captures || !counted {
            self.problem(word.offset(), "closure that does not fit its code");
        }
    }

    /// An index that was checked against a record's type is not checked against the record.
    fn check_record(&mut self, word: Word, header: Header) {
        let record_type = self.heap.field(word, body::Record::TYPE);
        if self.heap.peek_kind(record_type) != Some(Kind::RecordType) {
            return;
        }
        let names = self.heap.field(record_type, body::RecordType::FIELD_NAMES);
        if self.heap.peek_kind(names) != Some(Kind::Vector) {
            return;
        }
        if header.body_words() - body::Record::FIELDS != self.heap.header(names).body_words() {
            self.problem(word.offset(), "record that does not fit its type");
        }
    }

    /// The way from a process's number to its record trusts the shape of the nodes.
    fn check_process_node(&mut self, word: Word, header: Header) {
        let level = self.heap.field(word, body::ProcessNode::LEVEL);
        let slots = header.body_words() - body::ProcessNode::FIELDS;
        let known =
            level.is_fixnum() && (0..PROCESS_LEVELS_MAX as i64).contains(&level.as_fixnum());
        if slots != PROCESS_NODE_SLOTS || !known {
            return self.problem(word.offset(), "node of the process tree of a wrong shape");
        }
        let used = (0..slots)
            .map(|slot| self.heap.field(word, body::ProcessNode::FIELDS + slot))
            .filter(|&entry| entry != Word::FALSE);
        let (mut count, mut fits) = (0, true);
        for entry in used {
            count += 1;
            fits &= self.is_below(entry, Kind::ProcessNode, level.as_fixnum());
        }
        if !fits || self.heap.field(word, body::ProcessNode::COUNT) != Word::fixnum(count) {
            self.problem(word.offset(), "node of the process tree with wrong entries");
        }
    }

    /// So does whoever sets, cancels or fires a timer.
    fn check_timer_node(&mut self, word: Word, header: Header) {
        let heap = self.heap;
        let field = |index: usize| heap.field(word, index);
        let (level, count) = (field(body::TimerNode::LEVEL), field(body::TimerNode::COUNT));
        let in_range = |word: Word, limit: usize| {
            word.is_fixnum() && (0..limit as i64).contains(&word.as_fixnum())
        };
        let words = body::TimerNode::FIELDS + TIMER_NODE_ENTRIES * TIMER_ENTRY_WORDS;
        let shaped = header.body_words() == words
            && in_range(level, TIMER_LEVELS_MAX)
            && in_range(count, TIMER_NODE_ENTRIES + 1)
            && (level == Word::fixnum(0) || count != Word::fixnum(0));
        if !shaped {
            return self.problem(word.offset(), "node of the timer tree of a wrong shape");
        }
        let mut before = None;
        for entry in 0..count.as_fixnum() as usize {
            let at = body::TimerNode::FIELDS + entry * TIMER_ENTRY_WORDS;
            let key = (field(at), field(at + 1));
            let ordered = key.0.is_fixnum() && key.1.is_fixnum() && {
                let key = (key.0.as_fixnum(), key.1.as_fixnum());
                before.replace(key).is_none_or(|before| before < key)
            };
            if !ordered || !self.is_below(field(at + 2), Kind::TimerNode, level.as_fixnum()) {
                return self.problem(word.offset(), "node of the timer tree with wrong entries");
            }
        }
    }

    /// Whether an entry of a tree's node of this level is a process on level 0, and on others a
    /// node of the level below.
    fn is_below(&self, entry: Word, node: Kind, level: i64) -> bool {
        if !entry.is_reference() || self.heap.check_reference(entry).is_err() {
            return false;
        }
        let kind = self.heap.kind_of(entry);
        if level == 0 {
            return kind == Some(Kind::Process);
        }
        const { assert!(body::ProcessNode::LEVEL == body::TimerNode::LEVEL) };
        kind == Some(node)
            && self.heap.field(entry, body::TimerNode::LEVEL) == Word::fixnum(level - 1)
    }

    fn walk_code(&mut self, word: Word, header: Header) {
        let counts = self.heap.raw(word, body::Code::COUNTS);
        let (instructions, constants) = (counts as u32 as usize, (counts >> 32) as usize);
        if body::Code::FIELDS + instructions + constants != header.body_words() {
            return self.problem(word.offset(), "code whose counts do not fit its size");
        }
        for index in 0..constants {
            let value = self.heap.field(word, body::Code::FIELDS + instructions + index);
            let place = || format!("constant {index} of code");
            self.check_word(value, Allowed::Any, word.offset(), place);
        }
        if let Err(why) = (self.check_code)(self.heap, word) {
            self.problem(word.offset(), why);
        }
    }

    /// Checks the frames a continuation keeps: their words, and the chain of their links.
    fn walk_continuation(&mut self, word: Word) {
        let offset = word.offset();
        let segment = self.heap.field(word, body::Continuation::SEGMENT);
        if self.heap.peek_kind(segment) != Some(Kind::Segment) {
            return;
        }
        let top = self.heap.raw(word, body::Continuation::OFFSET) as usize;
        if top > self.heap.header(segment).body_words() || top < FRAME_WORDS_MIN {
            return self.problem(offset, "continuation beyond its segment");
        }
        let done = self.segments.insert(segment.offset(), top).unwrap_or(0);
        if done > top {
            self.segments.insert(segment.offset(), done);
        }
        for index in done..top {
            let value = self.heap.field(segment, index);
            let place = || format!("frame word {index}");
            self.check_word(value, Allowed::Any, segment.offset(), place);
        }
        let mut link = Link(self.heap.raw(word, body::Continuation::LINK));
        let interrupted = self.heap.field(word, body::Continuation::CODE);
        let mut at = top;
        if interrupted.is_object() {
            if let Err(why) = self.check_interrupted(interrupted, link) {
                return self.problem(offset, why);
            }
            match at.checked_sub(link.shift_words()) {
                Some(below) if link.shift_words() >= FRAME_WORDS_MIN => at = below,
                _ => return self.problem(offset, "interrupted frame beyond its segment"),
            }
            link = Link(self.heap.field(segment, at + 1).0);
        }
        while at > 0 {
            if let Err(why) = self.check_link(link) {
                return self.problem(offset, why);
            }
            match at.checked_sub(link.shift_words()) {
                Some(below) => at = below,
                None => return self.problem(offset, "frame beyond its segment"),
            }
            link = Link(self.heap.field(segment, at + 1).0);
        }
    }

    fn check_interrupted(&self, code: Word, link: Link) -> Result<(), String> {
        if self.heap.peek_kind(code) != Some(Kind::Code) {
            return Err("interrupted frame without its code".into());
        }
        let first = code.offset() + body::Code::TAIL_BYTES;
        let count = u64::from(self.heap.raw(code, body::Code::COUNTS) as u32);
        let at = link.return_offset();
        if at < first || at >= first + count * 8 || !at.is_multiple_of(8) {
            return Err("interrupted frame outside its code".into());
        }
        Ok(())
    }

    fn check_link(&mut self, link: Link) -> Result<(), String> {
        let at = link.return_offset();
        if !at.is_multiple_of(8) || at < 8 || at >= u64::from(CODE_END_PAGE) * PAGE_BYTES {
            return Err(format!("link {:#x} does not lead into code", link.0));
        }
        let Some(point) = ReturnPoint::decode(self.heap.space.read(at - 8)) else {
            return Err(format!("link {:#x} does not lead to a return point", link.0));
        };
        if point.shift != link.shift_words() || point.shift < FRAME_WORDS_MIN {
            return Err(format!("link {:#x} disagrees with its return point", link.0));
        }
        let code = Word::object(at.wrapping_sub(point.distance as u64 * 8));
        self.heap.check_reference(code).map_err(|why| format!("return point of {why}"))?;
        if self.heap.kind_of(code) != Some(Kind::Code) {
            return Err("return point outside a code object".into());
        }
        if self.seen.insert(code.offset()) {
            self.work.push(code);
        }
        Ok(())
    }
}

fn immediate_allowed(word: Word, allowed: Allowed) -> bool {
    match allowed {
        Allowed::Any => true,
        Allowed::Only(_) => false,
        Allowed::OrNone(_) => word == Word::FALSE || word == Word::NULL,
        Allowed::Fixnum => word.is_fixnum(),
        Allowed::List => word == Word::NULL,
    }
}
