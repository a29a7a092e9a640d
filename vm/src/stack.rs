//! Sealing and underflow: how frames move between the running stack and the heap.
//!
//! `call/cc`, process switches and commits are one mechanism: the frames since the last split are
//! copied into a segment, a continuation object names the segment, and the stack goes on empty. A
//! return to the bottom of the stack runs the underflow instruction, which copies frames back: one
//! after a split, then 2, 4, up to 16 while no split intervenes.
//!
//! Invariants: a sealed frame is never changed, but copied back before it runs on. In a segment
//! every word is a valid word: registers that were not live hold `dead`. The bottom frame of a
//! segment has the underflow link, and what it returns to is the continuation's `next`.

#![allow(unsafe_code, reason = "copies frames between the running stack and segments")]

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::frame::{FRAME_WORDS_MIN, Link};
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::machine::{CodeView, TopFrame, Vm, code_containing, return_mask};

/// Frames one underflow copies back at most.
const UNDERFLOW_BURST_MAX: usize = 16;
/// Bytes of a continuation.
const CONTINUATION: u64 = body::Continuation::BYTES;

/// The frame a continuation begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resumption {
    /// It takes a value at the return point of this link.
    Return(Link),
    /// It was interrupted at an instruction of this code; the link's shift is the frame's length.
    Instruction(Link, Word),
}

impl Vm {
    /// Words on the running stack below the current base.
    fn words_below_base(&self) -> usize {
        (self.machine.base as usize - self.machine.bottom as usize) / 8
    }

    /// Seals every frame of the stack, the running one included; it goes on at the instruction at
    /// `pc`. Afterwards the stack is empty and the continuation register
    /// holds everything. This takes room even at the heap's limit: a process must be able to stop.
    pub fn seal_all(&mut self) {
        if self.machine.top == TopFrame::Empty {
            return;
        }
        assert_eq!(self.machine.top, TopFrame::Instruction, "sealed between instructions");
        let offset = self.offset_of(self.machine.pc);
        let code = code_containing(&self.heap, offset);
        let view = CodeView::of(&self.heap, code);
        let liveness = self.machine.liveness_of(&self.heap, view);
        let index = view.index_of(offset);
        let extent = liveness.highest(index).map_or(0, |r| r + 1).max(FRAME_WORDS_MIN);
        let words = self.words_below_base() + extent;
        self.make_room(Header::new(Kind::Segment, 0, words).nursery_bytes() + CONTINUATION);
        let segment = self.copy_frames(words);
        for register in 0..extent {
            if register != 1 && !liveness.is_live(index, register) {
                self.kill(segment, words - extent + register);
            }
        }
        self.kill_dead_below(segment);
        let link = Link::new(offset, extent);
        self.push_continuation(segment, words, Resumption::Instruction(link, code));
        self.machine.base = self.machine.bottom;
        self.machine.top = TopFrame::Empty;
    }

    /// Makes sure that sealing the whole stack stays within the limits of stack and heap.
    ///
    /// # Errors
    /// The condition of the limit.
    pub(crate) fn reserve_stack(&mut self, frame_words: usize) -> Result<(), Interrupt> {
        let words = self.words_below_base() + frame_words;
        self.check_depth(self.depth_of(self.machine.continuation).saturating_add(words as u64))?;
        let segment = Header::new(Kind::Segment, 0, words);
        // The calls that filled the stack have paid.
        self.reserve_object_paid(segment.size_bytes(), CONTINUATION)
    }

    /// Makes sure that frames of this many words are within the stack's limit.
    ///
    /// # Errors
    /// The condition of the limit.
    pub(crate) fn check_depth(&self, words: u64) -> Result<(), Interrupt> {
        let limit = self.machine.limits.stack_bytes;
        if words > limit / 8 {
            let message = format!("the calls it waits in take {limit} bytes");
            return Err(Fault::new(ErrorCode::StackLimit, message).into());
        }
        Ok(())
    }

    /// Seals the frames below the running one, which becomes the bottom frame. With nothing below,
    /// the continuation register already is the running frame's continuation. Takes room even at
    /// the heap's limit, as [`Vm::seal_all`] does.
    pub fn seal_below(&mut self, frame_words: usize) {
        let words = self.words_below_base();
        if words == 0 {
            return;
        }
        self.make_room(Header::new(Kind::Segment, 0, words).nursery_bytes() + CONTINUATION);
        // SAFETY: a frame above the bottom has a link.
        let link = Link(unsafe { *self.machine.base.add(1) });
        let segment = self.copy_frames(words);
        self.kill_dead_below(segment);
        self.push_continuation(segment, words, Resumption::Return(link));
        let underflow = self.underflow_link();
        // SAFETY: both ranges lie on the stack; they may overlap, which `copy` allows.
        unsafe {
            std::ptr::copy(self.machine.base, self.machine.bottom, frame_words);
            *self.machine.bottom.add(1) = underflow.0;
        }
        self.machine.base = self.machine.bottom;
    }

    /// A segment that holds the first `words` words of the stack.
    fn copy_frames(&mut self, words: usize) -> Word {
        let segment = self.heap.object(Kind::Segment, 0, words);
        // SAFETY: the stack holds that many words.
        let frames = unsafe { std::slice::from_raw_parts(self.machine.bottom, words) };
        self.heap.space.words_mut(segment.offset() + 8, words).copy_from_slice(frames);
        segment
    }

    fn kill(&mut self, segment: Word, word: usize) {
        self.heap.space.write(segment.offset() + 8 + word as u64 * 8, Word::DEAD.0);
    }

    /// Overwrites the registers that are not live in the copied frames below the running one.
    fn kill_dead_below(&mut self, segment: Word) {
        let mut at = self.words_below_base();
        while at > 0 {
            // SAFETY: `at` is the base of a frame on the stack.
            let link = Link(unsafe { *self.machine.bottom.add(at + 1) });
            let (_, mask) = return_mask(&self.heap, link);
            at -= link.shift_words();
            for register in 0..link.shift_words() {
                if register != 1 && !mask.is_live(register) {
                    self.kill(segment, at + register);
                }
            }
        }
    }

    /// Makes (segment, top) the continuation; what was it becomes its `next`.
    fn push_continuation(&mut self, segment: Word, top: usize, resumption: Resumption) {
        let next = self.machine.continuation;
        self.machine.continuation = self.continuation_object(segment, top, resumption, next);
        self.machine.underflow_burst = 1;
    }

    /// Words of all frames of a continuation.
    pub(crate) fn depth_of(&self, continuation: Word) -> u64 {
        let is_one = continuation.is_object();
        if is_one { self.heap.raw(continuation, body::Continuation::DEPTH) } else { 0 }
    }

    /// A continuation object; its room must be there.
    fn continuation_object(
        &mut self,
        segment: Word,
        top: usize,
        resumption: Resumption,
        next: Word,
    ) -> Word {
        let (link, code) = match resumption {
            Resumption::Return(link) => (link, Word::FALSE),
            Resumption::Instruction(link, code) => (link, code),
        };
        let depth = self.depth_of(next).saturating_add(top as u64);
        let object = self.heap.object(Kind::Continuation, 0, body::Continuation::FIELDS);
        let mut put = |index: usize, value: u64| self.heap.initialise(object, index, value);
        put(body::Continuation::SEGMENT, segment.0);
        put(body::Continuation::NEXT, next.0);
        put(body::Continuation::DYNAMIC, self.machine.dynamic.0);
        put(body::Continuation::CODE, code.0);
        put(body::Continuation::OFFSET, top as u64);
        put(body::Continuation::LINK, link.0);
        put(body::Continuation::DEPTH, depth);
        object
    }

    /// Copies frames of the continuation back to the empty stack, up to `burst` of them, and sets
    /// base and `pc`. Returns the stack address where an expected value goes. The room of a
    /// continuation must be there: whoever holds the value made it before reading that.
    fn unseal(&mut self, burst: usize) -> Option<*mut u64> {
        let k = self.machine.continuation;
        let segment = self.heap.field(k, body::Continuation::SEGMENT);
        let next = self.heap.field(k, body::Continuation::NEXT);
        let interrupted = self.heap.field(k, body::Continuation::CODE).is_object();
        let top = self.heap.raw(k, body::Continuation::OFFSET) as usize;
        let link = Link(self.heap.raw(k, body::Continuation::LINK));
        let mut from = top - link.shift_words();
        let mut frames = 1;
        while frames < burst && from > 0 {
            from -= Link(self.heap.field(segment, from + 1).0).shift_words();
            frames += 1;
        }
        let words = top - from;
        // SAFETY: a segment was copied from a stack of this size, so its frames fit one.
        unsafe {
            let source = self.address_of(segment.offset() + 8 + from as u64 * 8);
            std::ptr::copy_nonoverlapping(source, self.machine.bottom, words);
            *self.machine.bottom.add(1) = self.underflow_link().0;
        }
        self.machine.continuation = if from == 0 {
            next
        } else {
            let below = Link(self.heap.field(segment, from + 1).0);
            self.continuation_object(segment, from, Resumption::Return(below), next)
        };
        self.machine.base = self.machine.bottom.wrapping_add(words - link.shift_words());
        self.machine.pc = self.address_of(link.return_offset());
        self.machine.top = TopFrame::Instruction;
        (!interrupted).then(|| self.machine.bottom.wrapping_add(words))
    }

    /// Carries out the underflow instruction: register 0 of the bottom frame is returned to the
    /// continuation. `false` if there is none, that is, the process has finished.
    pub fn underflow(&mut self) -> bool {
        debug_assert_eq!(self.machine.base, self.machine.bottom);
        if !self.machine.continuation.is_object() {
            return false;
        }
        self.make_room(CONTINUATION);
        // SAFETY: the bottom frame has a register 0.
        let value = unsafe { *self.machine.bottom };
        let burst = self.machine.underflow_burst;
        self.machine.underflow_burst = (burst * 2).min(UNDERFLOW_BURST_MAX);
        let place = self.unseal(burst).expect("only a process's own continuation is interrupted");
        // SAFETY: the place lies on the stack, right above the frames copied back.
        unsafe { *place = value };
        true
    }

    /// Goes on with a continuation on the empty stack: an interrupted one at its instruction, any
    /// other with `value` as what is returned to it.
    pub fn resume_continuation(&mut self, value: Word) {
        let k = self.machine.continuation;
        if k.is_object() && self.heap.field(k, body::Continuation::CODE).is_object() {
            self.machine.underflow_burst = 1;
            self.make_room(CONTINUATION);
            let place = self.unseal(1);
            debug_assert!(place.is_none());
            return;
        }
        self.return_to_continuation(value);
    }

    /// Empties the stack and lets the next instruction return `value` to the continuation.
    pub fn return_to_continuation(&mut self, value: Word) {
        let link = self.underflow_link();
        // SAFETY: the stack's first words are always there.
        unsafe {
            *self.machine.bottom = value.0;
            *self.machine.bottom.add(1) = link.0;
        }
        self.machine.base = self.machine.bottom;
        self.machine.pc = self.underflow_pc();
        self.machine.top = TopFrame::Instruction;
    }
}
