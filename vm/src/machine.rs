//! The machine: a heap and the registers of the process that runs on it.
//!
//! Owns the running stack, the registers the handlers use, and the root visit the collector asks
//! for. Nothing here outlives a commit: what must survive is sealed into the heap (`stack.rs`)
//! before one.

#![allow(unsafe_code, reason = "the running stack is addressed by raw pointers")]

use std::collections::HashMap;
use std::sync::Arc;

use pscheme_heap::collect::{RootSource, RootVisitor};
use pscheme_heap::frame::{Link, LiveMask, ReturnPoint};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::store::KeptCommit;
use pscheme_heap::word::Word;
use rustc_hash::FxHashMap;

use crate::fault::Fault;
use crate::handle::HandleTable;
use crate::host_function::HostFunctions;
use crate::limits::Limits;
use crate::liveness::{Liveness, analyse};
#[cfg(pscheme_machine_code)]
use crate::native::Native;
use crate::primitive::{Primitive, PrimitiveSet};
use crate::trace::{TracedHost, stored_digest};

/// Words of the running stack; deeper frames are sealed into the heap.
pub const STACK_WORDS: usize = 32 * 1024;
/// Words above the limit: the longest frame, and the arguments of the longest `apply`.
pub const STACK_SLACK_WORDS: usize = 2 * 8192;
/// Units of work of one slice.
pub const SLICE_WORK: i64 = 4096;

/// Why the engine came back.
#[derive(Debug)]
pub enum Stop {
    /// The slice's work is used up; `pc` is the instruction to run next.
    Slice,
    /// The process returned from its first procedure with this value.
    Finished,
    /// An error nobody handles. The stack is as it was at the error.
    Error(Box<Fault>),
    /// The process waits; the primitive's result is in place already.
    Park(Park),
    /// The process waits for input from the console, to carry out again what it stands at.
    AwaitInput,
    /// `(exit n)`.
    Exit(i64),
}

/// What a parked process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Park {
    /// The commit that holds its present state.
    Commit,
    /// Its turn: it goes to the end of the run queue.
    Yield,
    /// A message, or the time in the record's `due` if that is a number.
    Message,
    /// The time in the record's `due`.
    Time,
}

/// What the topmost frame is, for the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopFrame {
    /// `pc` is an instruction that is being carried out or is to be run next.
    Instruction,
    /// A call that is being set up: register 0, the link, and this many arguments.
    Arguments(usize),
    /// The stack is empty.
    Empty,
}

/// An open section of `atomically`.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// How many sections are nested.
    pub depth: usize,
    /// Units of work of all processes when the outermost began.
    pub started: i64,
}

/// A machine with its heap.
pub struct Vm {
    pub heap: Heap,
    pub machine: Machine,
}

/// The registers.
pub struct Machine {
    /// Units of work left in this slice.
    pub fuel: i64,
    /// The last base at which a frame may begin.
    pub stack_limit: *mut u64,
    /// Where the engine stands: the instruction being carried out or to be run next, and its base.
    pub pc: *const u64,
    pub base: *mut u64,
    /// The stack's first word.
    pub bottom: *mut u64,
    pub top: TopFrame,
    /// What the bottom frame returns to: a continuation or the empty list.
    pub continuation: Word,
    /// The running process, or `#f`.
    pub process: Word,
    /// The running process's dynamic state.
    pub dynamic: Word,
    /// Frames the next underflow copies back at once.
    pub underflow_burst: usize,
    /// Open sections of `atomically`, by the offset of their process's record, which does not
    /// move. No commit happens while there is one, so they need not survive.
    pub sections: FxHashMap<u64, Section>,
    /// A commit waits for the open sections to end; no new one begins.
    pub commit_pending: bool,
    pub stop: Option<Stop>,
    /// What panicked in an instruction, until the engine is left.
    pub(crate) panic: Option<Box<dyn std::any::Any + Send>>,
    pub primitives: Arc<PrimitiveSet>,
    liveness: FxHashMap<u64, Arc<Liveness>>,
    /// Major collections when the cache was filled: one of them may free code.
    liveness_majors: u64,
    /// Safepoints passed, counted outside the image: tests compare runs by it.
    pub safepoints: u64,
    /// Set while the dispatch loop runs: a primitive that entered it again would put a host frame
    /// between two Scheme frames.
    pub running: bool,
    /// Console output and other things of the host.
    pub host: TracedHost,
    /// A number drawn when the machine was made: what is of this opening of an image has it.
    pub opening: i64,
    /// The first process that can run, if this machine evaluates apart from an image: those before it are
    /// asleep.
    pub(crate) first_awake: Option<i64>,
    /// Machine code of this heap's bytecode.
    #[cfg(pscheme_machine_code)]
    pub(crate) native: Native,
    /// Words the host holds on to.
    pub handles: HandleTable,
    /// Procedures the host provides.
    pub host_functions: HostFunctions,
    /// Bytes in use when a process stopped at the heap's limit last.
    pub(crate) bytes_at_limit: u64,
    /// Set by a primitive that opened an effect, so that a commit becomes due.
    pub effects_pending: bool,
    /// Names that the next commit is to have.
    pub tags: Vec<String>,
    /// With the next commit the list of kept commits is to be read.
    pub wants_log: bool,
    /// That list, oldest first, until it was taken.
    pub log: Option<Vec<KeptCommit>>,
    /// Messages that wait in one mailbox at most.
    pub limits: Limits,
    /// The values of `transient` cells by number, as lists of one element. They are not of the image:
    /// a machine begins without any.
    pub transients: HashMap<i64, Word>,
    /// What the library keeps beside the heap of compilations that wait; it can make it again from the
    /// heap.
    pub compilations: Option<Box<dyn std::any::Any + Send>>,
}

// SAFETY: the raw pointers point into the stack this value owns and the heap it travels with.
unsafe impl Send for Machine {}

impl Machine {
    fn new(primitives: Arc<PrimitiveSet>, mut host: TracedHost) -> Machine {
        // All bits of a fixnum but the sign.
        let opening = (host.random() >> 4) as i64;
        let stack = vec![0u64; STACK_WORDS + STACK_SLACK_WORDS].into_boxed_slice();
        let bottom: *mut u64 = Box::into_raw(stack).cast();
        Machine {
            fuel: 0,
            stack_limit: bottom.wrapping_add(STACK_WORDS),
            pc: std::ptr::null(),
            base: bottom,
            bottom,
            top: TopFrame::Empty,
            continuation: Word::NULL,
            process: Word::FALSE,
            dynamic: Word::NULL,
            underflow_burst: 1,
            sections: FxHashMap::default(),
            commit_pending: false,
            stop: None,
            panic: None,
            primitives,
            liveness: FxHashMap::default(),
            liveness_majors: 0,
            safepoints: 0,
            running: false,
            host,
            opening,
            first_awake: None,
            #[cfg(pscheme_machine_code)]
            native: Native::default(),
            handles: HandleTable::default(),
            host_functions: HostFunctions::new(),
            bytes_at_limit: 0,
            effects_pending: false,
            tags: Vec::new(),
            wants_log: false,
            log: None,
            limits: Limits::default(),
            transients: HashMap::new(),
            compilations: None,
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let stack =
            std::ptr::slice_from_raw_parts_mut(self.bottom, STACK_WORDS + STACK_SLACK_WORDS);
        // SAFETY: `new` took this very allocation out of its box, and nobody else frees it.
        drop(unsafe { Box::from_raw(stack) });
    }
}

/// Reads of a code object's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeView {
    pub code: Word,
    pub instructions: usize,
    pub constants: usize,
    pub required: usize,
    pub optional: usize,
    pub rest: bool,
    pub frame_words: usize,
    pub captures: usize,
}

impl CodeView {
    pub fn of(heap: &Heap, code: Word) -> CodeView {
        debug_assert_eq!(heap.kind_of(code), Some(Kind::Code));
        let (counts, shape) =
            (heap.raw(code, body::Code::COUNTS), heap.raw(code, body::Code::SHAPE));
        CodeView {
            code,
            instructions: counts as u32 as usize,
            constants: (counts >> 32) as usize,
            required: shape as u16 as usize,
            optional: (shape >> 16) as u8 as usize,
            rest: (shape >> 24) as u8 != 0,
            frame_words: (shape >> 32) as u16 as usize,
            captures: (shape >> 48) as usize,
        }
    }

    /// As [`CodeView::of`] in a heap nobody has verified: `None` unless the code object is whole.
    pub fn peek(heap: &Heap, code: Word) -> Option<CodeView> {
        let words = heap.peek_length(code, Kind::Code)?;
        let view = CodeView::of(heap, code);
        (body::Code::FIELDS + view.instructions + view.constants == words).then_some(view)
    }

    /// The instruction words.
    pub fn words(self, heap: &Heap) -> &[u64] {
        heap.space.words(self.code.offset() + body::Code::TAIL_BYTES, self.instructions)
    }

    /// Constant `index`.
    pub fn constant(self, heap: &Heap, index: usize) -> Word {
        heap.field(self.code, body::Code::FIELDS + self.instructions + index)
    }

    /// The index of the instruction at `offset`.
    pub fn index_of(self, offset: u64) -> usize {
        ((offset - self.code.offset() - body::Code::TAIL_BYTES) / 8) as usize
    }

    /// Arguments a frame of this code begins with.
    pub fn parameters(self) -> usize {
        self.required + self.optional + usize::from(self.rest)
    }
}

impl Vm {
    /// A machine over `heap`.
    pub fn new(heap: Heap, primitives: Arc<PrimitiveSet>, host: Box<dyn crate::host::Host>) -> Vm {
        let host = TracedHost::new(host, stored_digest(&heap));
        Vm { heap, machine: Machine::new(primitives, host) }
    }

    /// Counts work beyond the one unit of a call: what a primitive does in proportion to the size of
    /// something. The slice ends at the next call or back-edge if it is used up.
    ///
    /// `units` must not depend on addresses or on when collections happen.
    #[inline]
    pub fn charge(&mut self, units: u64) {
        self.machine.fuel = self.machine.fuel.saturating_sub_unsigned(units);
    }

    /// The primitive with this number.
    pub fn primitive(&self, code: usize) -> Option<&'static Primitive> {
        self.machine.primitives.get(code)
    }

    /// The offset of an address in the heap.
    #[inline(always)]
    pub fn offset_of(&self, address: *const u64) -> u64 {
        address as u64 - self.heap.space.base() as u64
    }

    /// The address of an offset.
    #[inline(always)]
    pub fn address_of(&self, offset: u64) -> *mut u64 {
        self.heap.space.base().wrapping_add(offset as usize).cast()
    }

    /// The link of the bottom frame: it returns to the code that handles underflow.
    pub fn underflow_link(&self) -> Link {
        let code = self.heap.root(Root::UnderflowCode);
        Link::new(code.offset() + body::Code::TAIL_BYTES + 16, 0)
    }

    /// The underflow instruction that a bottom frame returns to.
    pub fn underflow_pc(&self) -> *const u64 {
        self.address_of(self.underflow_link().return_offset())
    }
}

impl RootSource for Machine {
    fn visit_roots(&mut self, visitor: &mut dyn RootVisitor) {
        visitor.visit(&mut self.continuation);
        visitor.visit(&mut self.process);
        visitor.visit(&mut self.dynamic);
        self.handles.visit(visitor);
        self.transients.values_mut().for_each(|value| visitor.visit(value));
        if let Some(Stop::Error(fault)) = &mut self.stop {
            fault.irritants.iter_mut().for_each(|word| visitor.visit(word));
            fault.raised.iter_mut().for_each(|word| visitor.visit(word));
        }
        self.visit_stack(visitor);
    }
}

impl Machine {
    /// Visits the live registers of every frame of the running stack, and their code.
    fn visit_stack(&mut self, visitor: &mut dyn RootVisitor) {
        let mut base = self.base;
        match self.top {
            TopFrame::Empty => return,
            TopFrame::Arguments(count) => {
                // SAFETY: the call being set up wrote register 0 and `count` arguments at `base`.
                unsafe {
                    visit_word(visitor, base);
                    for index in 0..count {
                        visit_word(visitor, base.add(2 + index));
                    }
                }
            }
            TopFrame::Instruction => {
                let base_address = visitor.heap().space.base() as u64;
                let offset = self.pc as u64 - base_address;
                let code = code_containing(visitor.heap(), offset);
                let view = CodeView::of(visitor.heap(), code);
                let liveness = self.liveness_of(visitor.heap(), view);
                visitor.visit(&mut { code });
                for register in liveness.registers(view.index_of(offset)) {
                    // SAFETY: the verifier bounds registers by the frame, which lies on the stack.
                    unsafe { visit_word(visitor, base.add(register)) };
                }
            }
        }
        while base > self.bottom {
            // SAFETY: every frame above the bottom has a link that the machine wrote.
            let link = Link(unsafe { *base.add(1) });
            base = base.wrapping_sub(link.shift_words());
            let (code, mask) = return_mask(visitor.heap(), link);
            visitor.visit(&mut { code });
            mask.for_each(link.shift_words(), |register| {
                // SAFETY: masks name registers below the window only.
                unsafe { visit_word(visitor, base.add(register)) }
            });
        }
    }

    /// Liveness of a code object, computed once per object and major collection.
    pub fn liveness_of(&mut self, heap: &Heap, view: CodeView) -> Arc<Liveness> {
        if self.liveness_majors != heap.counts.major {
            self.liveness.clear();
            self.liveness_majors = heap.counts.major;
        }
        self.liveness
            .entry(view.code.offset())
            .or_insert_with(|| {
                let words = view.words(heap);
                Arc::new(analyse(words, view.frame_words).expect("installed code was verified"))
            })
            .clone()
    }
}

/// Shows the visitor the word at `address`.
///
/// # Safety
/// `address` must be a word of the running stack.
unsafe fn visit_word(visitor: &mut dyn RootVisitor, address: *mut u64) {
    let mut word = Word(*address);
    visitor.visit(&mut word);
    *address = word.0;
}

/// The live registers of a frame that waits at a return point.
pub enum FrameMask {
    Short(u32),
    Long(Vec<u8>),
}

impl FrameMask {
    pub fn is_live(&self, register: usize) -> bool {
        match self {
            FrameMask::Short(mask) => register < 32 && mask >> register & 1 == 1,
            FrameMask::Long(bytes) => {
                bytes.get(register / 8).is_some_and(|byte| byte >> (register % 8) & 1 == 1)
            }
        }
    }

    fn for_each(&self, words: usize, mut visit: impl FnMut(usize)) {
        match *self {
            FrameMask::Short(mut mask) => {
                while mask != 0 {
                    visit(mask.trailing_zeros() as usize);
                    mask &= mask - 1;
                }
            }
            FrameMask::Long(_) => (0..words).filter(|&r| self.is_live(r)).for_each(visit),
        }
    }
}

/// The code a link returns to and the live registers of the frame that waits there.
pub fn return_mask(heap: &Heap, link: Link) -> (Word, FrameMask) {
    let point = ReturnPoint::decode(heap.space.read(link.return_offset() - 8))
        .expect("a link refers to a return point");
    let code = Word::object(link.return_offset() - point.distance as u64 * 8);
    mask_of(heap, code, point.live).expect("installed code was verified")
}

/// The live registers a return point of `code` names.
///
/// # Errors
/// If a long mask's constant is no bytevector.
pub fn mask_of(heap: &Heap, code: Word, live: LiveMask) -> Result<(Word, FrameMask), String> {
    let mask = match live {
        LiveMask::Short(mask) => FrameMask::Short(mask),
        LiveMask::Long(index) => {
            let view = CodeView::of(heap, code);
            let constant = (index as usize) < view.constants;
            let mask = if constant { view.constant(heap, index as usize) } else { Word::FALSE };
            let Some(bytes) = heap.peek_bytes(mask) else {
                return Err("its return point has no mask".into());
            };
            FrameMask::Long(bytes.to_vec())
        }
    };
    Ok((code, mask))
}

/// The code object that holds the instruction at `offset`.
pub fn code_containing(heap: &Heap, offset: u64) -> Word {
    Word::object(heap.object_containing(offset).expect("instructions lie in code objects"))
}
