//! The canonical graph hash: BLAKE3 over what the roots reach, as a program could see it.
//!
//! Two heaps have the same hash if a program goes on in the same way in both, whatever was collected, committed
//! or moved before. No address enters: objects are numbered in the order in which they are first seen, from the
//! roots in the order of the table and then field by field, breadth first. What enters of each kind says
//! [`form_of`], which knows every row of the table of kinds.
//!
//! Frames enter by value. Where a stack was cut into segments depends on when it was sealed, and so on commits.
//! So a continuation is the chain of its frames, each the hash of its words and of the frame below it, and a copy
//! of a frame is the same as the original. Registers that are not live are `dead` in every segment.
//!
//! Takes time in proportion to what is live, no host stack, and four bytes for every granule of the pages that
//! hold something live, and some hundred for every frame.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::frame::Link;
use crate::heap::Heap;
use crate::kind::{FieldClass, Header, Kind, Tail, body, flag, value_ranges};
use crate::limits::{GRANULE_BYTES, PAGE_BYTES, PAGE_GRANULES, TIMER_ENTRY_WORDS};
use crate::root_table::Root;
use crate::word::{TAG_MASK, Word};

/// Roots that say how far commits have come, and not what a program can see: requests that have left, or whose
/// acknowledgement is on its way, and who waits for a commit that was not cut yet. And the trace digest, which
/// tells how the state was reached, and is compared by itself.
pub const ROOTS_LEFT_OUT: [Root; 8] = [
    Root::EffectsHead,
    Root::EffectsTail,
    Root::CommitWaitersNew,
    Root::TraceDigest0,
    Root::TraceDigest1,
    Root::TraceDigest2,
    Root::TraceDigest3,
    Root::TraceDigest4,
];

/// Stand before what is no word of the heap, so that two graphs never give the same bytes. No word begins so:
/// the immediates of these kinds do not exist.
const MARK_FRAMES: u64 = 0x1_fd;
const MARK_NO_FRAME: u64 = 0x2_fd;
const MARK_CYCLE: u64 = 0x3_fd;
const MARK_LEFT_OUT: u64 = 0x4_fd;

/// Bytes that are collected before they are hashed.
const BUFFER_BYTES: usize = 64 * 1024;

/// A canonical graph hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GraphHash(pub [u8; 32]);

impl fmt::Display for GraphHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GraphHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What of an object enters the hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its size and all its words, as its row of the table says.
    Whole,
    /// The characters, however they are stored.
    Text,
    /// As many bytes as it is long.
    Bytes,
    /// The chain of its frames. What its dynamic state was when it was made nothing reads.
    Frames,
    /// A segment has no meaning but through continuations.
    Nothing,
    /// All fields but when it is due, if that is a commit.
    Process,
    /// The entries in their order. The index follows from them and from addresses.
    Entries,
    /// All fields but what is known of the file.
    Port,
    /// The entries that count.
    Timers,
}

fn form_of(kind: Kind) -> Form {
    match kind {
        Kind::String => Form::Text,
        Kind::Bytevector => Form::Bytes,
        Kind::Continuation => Form::Frames,
        Kind::Segment => Form::Nothing,
        Kind::Process => Form::Process,
        Kind::HashTable => Form::Entries,
        Kind::Port => Form::Port,
        Kind::TimerNode => Form::Timers,
        Kind::Closure
        | Kind::Code
        | Kind::Box
        | Kind::Cell
        | Kind::Symbol
        | Kind::Vector
        | Kind::Flonum
        | Kind::Bignum
        | Kind::Primitive
        | Kind::MultipleValues
        | Kind::Condition
        | Kind::Effect
        | Kind::RecordType
        | Kind::Record
        | Kind::Syntax
        | Kind::Macro
        | Kind::Binding
        | Kind::Library
        | Kind::Environment
        | Kind::Ratnum
        | Kind::Compnum
        | Kind::Compilation
        | Kind::ProcessNode
        | Kind::Message
        | Kind::Monitor
        | Kind::Prompt => Form::Whole,
    }
}

impl Heap {
    /// The canonical hash of what the root table reaches. What runs must have been parked. The heap must be one that
    /// verifies.
    pub fn graph_hash(&self) -> GraphHash {
        let mut walk = GraphWalk::new(self);
        let mut waiter = self.root(Root::CommitWaiters);
        while self.kind_of(waiter) == Some(Kind::Process)
            && walk.commit_waiters.insert(waiter.offset())
        {
            waiter = self.field(waiter, body::Process::NEXT);
        }
        let left_out = |index: usize| ROOTS_LEFT_OUT.iter().any(|&root| root as usize == index);
        for (index, &root) in self.roots.iter().enumerate() {
            if !left_out(index) {
                walk.word(root);
            }
        }
        walk.finish()
    }

    /// The canonical hash of what a value reaches.
    pub fn graph_hash_of(&self, value: Word) -> GraphHash {
        let mut walk = GraphWalk::new(self);
        walk.word(value);
        walk.finish()
    }
}

/// Where a frame lies: the top of it in a segment, and what comes below the segment.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FrameKey {
    segment: u64,
    top: usize,
    next: Word,
    link: u64,
}

/// A frame that is to be hashed once those below it are.
#[derive(Clone, Copy)]
struct Frame {
    key: FrameKey,
    base: usize,
    code: Word,
}

struct GraphWalk<'heap> {
    heap: &'heap Heap,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    /// Numbers of objects by page and granule, from 1; 0 is none.
    numbers: Vec<Option<Box<[u32; PAGE_GRANULES]>>>,
    /// The objects in the order of their numbers.
    objects: Vec<Word>,
    /// Hashes of frames with all below them; `None` while those are being looked at.
    frames: HashMap<FrameKey, Option<[u8; 32]>>,
    /// Processes that wait for a commit.
    commit_waiters: HashSet<u64>,
}

impl<'heap> GraphWalk<'heap> {
    fn new(heap: &'heap Heap) -> GraphWalk<'heap> {
        GraphWalk {
            heap,
            hasher: blake3::Hasher::new(),
            buffer: Vec::with_capacity(BUFFER_BYTES + 64),
            numbers: Vec::new(),
            objects: Vec::new(),
            frames: HashMap::new(),
            commit_waiters: HashSet::new(),
        }
    }

    /// Hashes the objects found, and those they lead to.
    fn finish(mut self) -> GraphHash {
        let mut next = 0;
        while let Some(&object) = self.objects.get(next) {
            self.object(object);
            next += 1;
        }
        self.hasher.update(&self.buffer);
        GraphHash(*self.hasher.finalize().as_bytes())
    }

    fn raw(&mut self, bits: u64) {
        self.buffer.extend_from_slice(&bits.to_le_bytes());
        if self.buffer.len() >= BUFFER_BYTES {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(&self.buffer);
        self.buffer.clear();
        self.hasher.update(bytes);
    }

    fn word(&mut self, word: Word) {
        let canonical = self.canonical(word);
        self.raw(canonical);
    }

    /// The word with the number of the object in place of its address.
    fn canonical(&mut self, word: Word) -> u64 {
        if !word.is_reference() {
            return word.0;
        }
        let offset = word.offset();
        let page = (offset / PAGE_BYTES) as usize;
        if page >= self.numbers.len() {
            self.numbers.resize_with(page + 1, || None);
        }
        let numbers = self.numbers[page].get_or_insert_with(|| Box::new([0; PAGE_GRANULES]));
        let number = &mut numbers[(offset % PAGE_BYTES / GRANULE_BYTES) as usize];
        if *number == 0 {
            self.objects.push(word);
            *number = u32::try_from(self.objects.len()).expect("fewer objects than granules");
        }
        u64::from(*number) << 3 | word.0 & TAG_MASK
    }

    fn object(&mut self, object: Word) {
        if object.is_pair() {
            self.word(self.heap.car(object));
            return self.word(self.heap.cdr(object));
        }
        let header = self.heap.header(object);
        let kind = header.kind().expect("a verified heap holds objects of known kinds");
        self.raw(u64::from(header.code()));
        match form_of(kind) {
            Form::Whole => self.whole(object, header),
            Form::Text => {
                self.raw(u64::from(header.flags() & flag::LITERAL));
                self.text(object);
            }
            Form::Bytes => {
                self.raw(u64::from(header.flags() & flag::LITERAL));
                let bytes = self.heap.bytes(object);
                self.raw(bytes.len() as u64);
                self.bytes(bytes);
            }
            Form::Frames => self.rest_of_computation(object),
            Form::Nothing => {}
            Form::Process => self.process(object),
            Form::Entries => self.entries(object, header),
            Form::Port => self.fields_but(object, kind, body::Port::FILE),
            Form::Timers => self.timers(object),
        }
    }

    fn whole(&mut self, object: Word, header: Header) {
        self.raw(header.0);
        let heap = self.heap;
        let ranges = value_ranges(header, || heap.raw(object, body::Code::COUNTS))
            .expect("a kind of the table");
        let [first, second] = [ranges.first, ranges.second];
        for index in 0..header.body_words() {
            let is_value =
                (first.0..first.1).contains(&index) || (second.0..second.1).contains(&index);
            match is_value {
                true => self.word(heap.field(object, index)),
                false => self.raw(heap.raw(object, index)),
            }
        }
    }

    fn text(&mut self, string: Word) {
        let length = self.heap.string_length(string);
        self.raw(length as u64);
        let bytes = self.heap.bytes(self.heap.field(string, body::String::STORAGE));
        if self.heap.header(string).aux() == 0 {
            for &byte in &bytes[..length] {
                self.character(u32::from(byte));
            }
        } else {
            for code in bytes.chunks_exact(4).take(length) {
                self.character(u32::from_le_bytes(code.try_into().expect("four bytes")));
            }
        }
    }

    fn character(&mut self, code: u32) {
        self.buffer.extend_from_slice(&code.to_le_bytes());
        if self.buffer.len() >= BUFFER_BYTES {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// The fields of an object without a tail, but for one that is a value.
    fn fields_but(&mut self, object: Word, kind: Kind, left_out: usize) {
        let row = kind.row();
        assert!(row.tail == Tail::None, "{} has a tail", row.name);
        for (index, field) in row.fields.iter().enumerate() {
            match field.class {
                _ if index == left_out => {
                    self.raw(MARK_LEFT_OUT);
                    self.raw(u64::from(self.heap.field(object, index).is_reference()));
                }
                FieldClass::Value(_) => self.word(self.heap.field(object, index)),
                FieldClass::Raw => self.raw(self.heap.raw(object, index)),
            }
        }
    }

    fn process(&mut self, process: Word) {
        let waits_for_commit = self.commit_waiters.contains(&process.offset());
        for (index, field) in Kind::Process.row().fields.iter().enumerate() {
            assert!(matches!(field.class, FieldClass::Value(_)));
            let value = self.heap.field(process, index);
            match index {
                body::Process::CONTINUATION if value.is_object() => self.rest_of_computation(value),
                body::Process::DUE if waits_for_commit => self.raw(MARK_LEFT_OUT),
                _ => self.word(value),
            }
        }
    }

    fn entries(&mut self, table: Word, header: Header) {
        self.raw(u64::from(header.aux()));
        let used = self.heap.field(table, body::HashTable::USED);
        self.word(self.heap.field(table, body::HashTable::COUNT));
        self.word(used);
        let entries = self.heap.field(table, body::HashTable::ENTRIES);
        // The verifier does not look at how many there are.
        let words = (used.as_fixnum() as usize).saturating_mul(2);
        for index in 0..words.min(self.heap.header(entries).body_words()) {
            self.word(self.heap.field(entries, index));
        }
    }

    fn timers(&mut self, node: Word) {
        let count = self.heap.field(node, body::TimerNode::COUNT);
        self.word(self.heap.field(node, body::TimerNode::LEVEL));
        self.word(count);
        for index in 0..count.as_fixnum() as usize * TIMER_ENTRY_WORDS {
            self.word(self.heap.field(node, body::TimerNode::FIELDS + index));
        }
    }

    /// The frames of a continuation and of all that comes after it.
    fn rest_of_computation(&mut self, continuation: Word) {
        let hash = self.frames_of(continuation);
        self.raw(MARK_FRAMES);
        self.bytes(&hash);
    }

    /// The hash of a chain of frames. Those that were not hashed before are found from the top, and hashed from
    /// the bottom.
    fn frames_of(&mut self, mut continuation: Word) -> [u8; 32] {
        let mut found: Vec<Frame> = Vec::new();
        let mut below = ended(MARK_NO_FRAME);
        'chain: while continuation.is_object() {
            let field = |index| self.heap.field(continuation, index);
            let (segment, next) =
                (field(body::Continuation::SEGMENT), field(body::Continuation::NEXT));
            let mut top = self.heap.raw(continuation, body::Continuation::OFFSET) as usize;
            let mut link = Link(self.heap.raw(continuation, body::Continuation::LINK));
            let mut code = field(body::Continuation::CODE);
            while top > 0 {
                let key = FrameKey { segment: segment.offset(), top, next, link: link.0 };
                match self.frames.insert(key, None) {
                    None => {}
                    Some(Some(hash)) => {
                        self.frames.insert(key, Some(hash));
                        below = hash;
                        break 'chain;
                    }
                    // No machine makes a chain that comes back to itself, but nothing forbids it either.
                    Some(None) => {
                        below = ended(MARK_CYCLE);
                        break 'chain;
                    }
                }
                if !code.is_object() {
                    code = self.heap.code_of_return(link);
                }
                let base = top - link.shift_words();
                found.push(Frame { key, base, code });
                (top, code) = (base, Word::FALSE);
                link = Link(self.heap.field(segment, base + 1).0);
            }
            continuation = next;
        }
        for frame in found.into_iter().rev() {
            below = self.frame(frame, below);
            self.frames.insert(frame.key, Some(below));
        }
        below
    }

    /// The hash of a frame and of what is below it: its code, where that goes on, and its registers but the link.
    fn frame(&mut self, frame: Frame, below: [u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&below);
        let mut put = |bits: u64| {
            hasher.update(&bits.to_le_bytes());
        };
        put(self.canonical(frame.code));
        put(Link(frame.key.link).return_offset() - frame.code.offset());
        put((frame.key.top - frame.base) as u64);
        let segment = Word::object(frame.key.segment);
        for index in (frame.base..frame.key.top).filter(|&index| index != frame.base + 1) {
            put(self.canonical(self.heap.field(segment, index)));
        }
        *hasher.finalize().as_bytes()
    }
}

/// What stands below the last frame.
fn ended(mark: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&mark.to_le_bytes());
    bytes
}
