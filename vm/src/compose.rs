//! Copies of continuations, of which composable ones are made (SRFI 226): the objects of a chain up
//! to one of them, before another continuation.
//!
//! Segments are shared: sealed frames are never changed. Long chains are copied in pieces. A copy
//! that was not gone on with yet is followed by the original of the next one, so every copy is a
//! continuation at any time, and an interrupted one is never followed by another than before.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::limits::CONTINUATIONS_COPIED_MAX;
use crate::machine::Vm;
use crate::primitive::Arguments;

/// What was copied in one call.
#[derive(Clone, Copy, Debug)]
pub struct CopiedContinuations {
    pub first: Word,
    pub last: Word,
    /// Whether the last copy is the one before the end.
    pub is_whole: bool,
}

/// The places of the arguments: where to begin, the continuation that is not copied any more, and
/// the one that comes instead.
const FROM: usize = 0;
const END: usize = 1;
const BASE: usize = 2;

/// Words of the frames in continuations that are copied for one unit of work.
const WORDS_PER_UNIT: u64 = 8;

/// Bytes beside the copies that are there afterwards: a pair.
const BESIDE: u64 = 16;

impl Vm {
    /// Copies continuations from the first argument on.
    ///
    /// # Errors If the arguments are no continuations with the end among them, or the limit of heap
    /// or stack.
    pub fn copy_continuations(
        &mut self,
        arguments: Arguments,
    ) -> Result<CopiedContinuations, Interrupt> {
        self.check_places(arguments)?;
        let (from, end) = (arguments.get(FROM), arguments.get(END));
        if from == end {
            let base = arguments.get(BASE);
            return Ok(CopiedContinuations { first: base, last: base, is_whole: true });
        }
        if !from.is_object() || self.is_interrupted(from) {
            return Err(not_copied());
        }
        let words = self.depth_before(from, end, arguments.get(BASE));
        self.check_depth(words)?;
        // Into how many continuations the frames are cut depends on when commits sealed them. Work must not.
        let copied = self.depth_of(from).saturating_sub(self.depth_of(end));
        self.charge(copied / WORDS_PER_UNIT);
        let count = self.count_to_copy(from, end)?;
        self.reserve(count as u64 * body::Continuation::BYTES + BESIDE)?;
        let first = self.copy_of(arguments.get(FROM), arguments);
        Ok(self.copy_more(first, count - 1, arguments))
    }

    /// Goes on behind the first argument, the last of the copies there are.
    ///
    /// # Errors
    /// As [`Vm::copy_continuations`].
    pub fn copy_continuations_behind(
        &mut self,
        arguments: Arguments,
    ) -> Result<CopiedContinuations, Interrupt> {
        self.check_places(arguments)?;
        let (last, end) = (arguments.get(FROM), arguments.get(END));
        if !last.is_object() {
            return Err(not_copied());
        }
        let next = self.heap.field(last, body::Continuation::NEXT);
        let count = self.count_to_copy(next, end)?;
        self.charge(CONTINUATIONS_COPIED_MAX as u64);
        self.reserve(count as u64 * body::Continuation::BYTES)?;
        Ok(self.copy_more(arguments.get(FROM), count, arguments))
    }

    /// Copies `count` continuations behind `last`, a copy; their room must be there.
    fn copy_more(&mut self, last: Word, count: usize, arguments: Arguments) -> CopiedContinuations {
        let mut copied = CopiedContinuations { first: last, last, is_whole: false };
        for _ in 0..count {
            let next = self.heap.field(copied.last, body::Continuation::NEXT);
            let copy = self.copy_of(next, arguments);
            self.heap.set_field(copied.last, body::Continuation::NEXT, copy);
            copied.last = copy;
        }
        if self.heap.field(copied.last, body::Continuation::NEXT) == arguments.get(END) {
            self.heap.set_field(copied.last, body::Continuation::NEXT, arguments.get(BASE));
            copied.is_whole = true;
        }
        copied
    }

    /// A copy of a continuation in its new place, followed by what follows the original.
    fn copy_of(&mut self, original: Word, arguments: Arguments) -> Word {
        let depth = self.depth_before(original, arguments.get(END), arguments.get(BASE));
        let copy = self.heap.object(Kind::Continuation, 0, body::Continuation::FIELDS);
        for index in 0..body::Continuation::FIELDS {
            self.heap.initialise(copy, index, self.heap.raw(original, index));
        }
        self.heap.initialise(copy, body::Continuation::DYNAMIC, Word::NULL.0);
        self.heap.initialise(copy, body::Continuation::DEPTH, depth);
        copy
    }

    /// Words of all frames of a continuation once `base` takes the place of its `end`.
    fn depth_before(&self, continuation: Word, end: Word, base: Word) -> u64 {
        let part = self.depth_of(continuation).saturating_sub(self.depth_of(end));
        part.saturating_add(self.depth_of(base))
    }

    /// Continuations from one on up to the end, or as many as one call copies.
    fn count_to_copy(&self, from: Word, end: Word) -> Result<usize, Interrupt> {
        let (mut count, mut at) = (0, from);
        while at != end && count < CONTINUATIONS_COPIED_MAX {
            if !at.is_object() {
                return Err(not_copied());
            }
            count += 1;
            at = self.heap.field(at, body::Continuation::NEXT);
        }
        Ok(count)
    }

    fn is_interrupted(&self, continuation: Word) -> bool {
        continuation.is_object()
            && self.heap.field(continuation, body::Continuation::CODE).is_object()
    }

    /// All arguments must be continuations or the empty list, and nothing can return to an
    /// interrupted one.
    fn check_places(&self, arguments: Arguments) -> Result<(), Interrupt> {
        let fits = [FROM, END, BASE].iter().all(|&place| {
            let word = arguments.get(place);
            word == Word::NULL || self.heap.kind_of(word) == Some(Kind::Continuation)
        });
        if !fits || self.is_interrupted(arguments.get(BASE)) {
            return Err(not_copied());
        }
        Ok(())
    }
}

fn not_copied() -> Interrupt {
    let message = "what is copied is a part of a continuation, found something else";
    Fault::new(ErrorCode::WrongType, message.to_string()).into()
}
