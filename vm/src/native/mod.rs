//! Machine code for what is hot: a second way to run the same bytecode, on the same frames.
//!
//! The handlers of the tail engine count how often code is entered; what is entered often is translated by
//! a thread of its own (`worker.rs`, `translate.rs`), and from then on calls, returns and jumps backwards
//! find it in a table by the offset of the bytecode. Nothing of it is in an image: an opened image begins without any
//! and is warm again after as many calls as a new one.
//!
//! Code objects do not move, so their offsets name them as long as they live. When another object is installed at the
//! place of a freed one, the entries of the old one are cleared (`forget`).

#![allow(unsafe_code, reason = "writes into tables that machine code reads")]

mod assembler;
mod memory;
mod stubs;
pub(crate) use stubs::after;
mod template;
mod translate;
mod worker;

use std::sync::Arc;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::{CODE_END_PAGE, CODE_FIRST_PAGE, GRANULE_BYTES, PAGE_BYTES};
use pscheme_heap::reserved::Reserved;
use pscheme_heap::word::Word;
use rustc_hash::FxHashSet;

use crate::engine::Eagerness;
use crate::machine::{CodeView, Vm, code_containing};
use crate::primitive::PrimitiveSet;
use memory::{CODE_BYTES_MAX, CodeMemory};
use stubs::Stubs;
use translate::{Addresses, Source, Translation, translate};
use worker::Worker;

/// Where code objects lie in the heap.
const CODE_START: u64 = CODE_FIRST_PAGE as u64 * PAGE_BYTES;
const CODE_END: u64 = CODE_END_PAGE as u64 * PAGE_BYTES;
/// How often code is entered before it is translated.
const HOT: u16 = 400;

/// What handlers and machine code need of it; null as long as there is no machine code.
#[derive(Debug)]
pub(crate) struct Native {
    /// Four bytes for each eight of the heap: where the machine code of the instruction at an offset begins, from
    /// `code` on; 0 if there is none. Only the part for [`CODE_START`] to [`CODE_END`] is there.
    pub(crate) entries: *mut u32,
    /// Two bytes for each granule of the heap, of the same part: how often code there was entered.
    pub(crate) counters: *mut u16,
    /// The first byte of machine code.
    pub(crate) code: *const u8,
    /// The count of entries at which code is translated.
    pub(crate) threshold: u16,
    /// Bytes that machine code takes at most.
    bytes_max: usize,
    stubs: Stubs,
    state: Option<Box<State>>,
    /// Machine code cannot be had.
    failed: bool,
}

// SAFETY: the pointers are into what `state` owns.
unsafe impl Send for Native {}

#[derive(Debug)]
struct State {
    memory: CodeMemory,
    #[expect(dead_code, reason = "owns what `Native::entries` and `Native::counters` point into")]
    tables: (Reserved<u32>, Reserved<u16>),
    addresses: Addresses,
    eagerness: Eagerness,
    worker: Option<Worker>,
    /// Code objects that the worker has.
    asked: FxHashSet<u64>,
    /// Offsets and sizes of the code objects that were translated.
    placed: Vec<(u64, u64)>,
    /// Bytes of the shared pieces, which stay.
    stub_bytes: usize,
}

impl Default for Native {
    fn default() -> Native {
        Native {
            entries: std::ptr::null_mut(),
            counters: std::ptr::null_mut(),
            code: std::ptr::null(),
            threshold: HOT,
            bytes_max: CODE_BYTES_MAX,
            stubs: Stubs::default(),
            state: None,
            failed: false,
        }
    }
}

/// The places of a part of the heap in a table with `bytes` for each `per` bytes of it.
const fn table_length(per: u64) -> usize {
    ((CODE_END - CODE_START) / per) as usize
}

impl Native {
    /// Whether code can be translated; the first call reserves what that takes.
    pub(crate) fn is_ready(
        &mut self,
        heap: &mut Heap,
        primitives: &Arc<PrimitiveSet>,
        eagerness: Eagerness,
    ) -> bool {
        self.threshold = match eagerness {
            Eagerness::Hot => HOT,
            Eagerness::AtOnce => 1,
        };
        if let Some(state) = &mut self.state {
            state.eagerness = eagerness;
            return true;
        }
        if !self.failed {
            self.failed = self.begin(heap, primitives, eagerness).is_err();
        }
        !self.failed
    }

    fn begin(
        &mut self,
        heap: &mut Heap,
        primitives: &Arc<PrimitiveSet>,
        eagerness: Eagerness,
    ) -> std::io::Result<()> {
        let entries: Reserved<u32> = Reserved::new(table_length(8))?;
        let counters: Reserved<u16> = Reserved::new(table_length(GRANULE_BYTES))?;
        let mut memory = CodeMemory::new()?;
        let (piece, stubs) = stubs::write();
        memory.add(&piece, CODE_BYTES_MAX).expect("the first piece fits");
        let (cards, blocks) = heap.space.card_tables();
        let addresses = Addresses {
            heap: heap.space.base() as u64,
            cards: cards as u64,
            blocks: blocks as u64,
            primitive: crate::engine::native_primitive(),
            primitives: primitives.clone(),
            stubs,
        };
        // The tables begin where the code does, but are looked up by offsets from the heap's base.
        self.entries = entries.pointer().wrapping_sub((CODE_START / 8) as usize);
        self.counters = counters.pointer().wrapping_sub((CODE_START / GRANULE_BYTES) as usize);
        self.code = memory.base();
        self.stubs = stubs;
        self.state = Some(Box::new(State {
            stub_bytes: memory.used(),
            memory,
            tables: (entries, counters),
            addresses,
            eagerness,
            worker: None,
            asked: FxHashSet::default(),
            placed: Vec::new(),
        }));
        Ok(())
    }

    /// The address of the piece that Rust enters machine code by, and of the one that handlers do.
    pub(crate) fn run(&self) -> *const u8 {
        self.code.wrapping_add(self.stubs.run as usize)
    }

    pub(crate) fn enter(&self) -> *const u8 {
        self.code.wrapping_add(self.stubs.enter as usize)
    }

    /// Puts finished translations where they are found.
    pub(crate) fn take_finished(&mut self, heap: &Heap) {
        while let Some((source, translation)) = self.next_finished() {
            if source.is_of(heap) {
                self.put(&translation);
            }
        }
    }

    fn next_finished(&mut self) -> Option<(Source, Translation)> {
        let state = self.state.as_mut()?;
        let (source, translation) = state.worker.as_ref()?.finished()?;
        state.asked.remove(&source.offset);
        Some((source, translation))
    }

    fn put(&mut self, translation: &Translation) {
        let Some(state) = &mut self.state else { return };
        let start = match state.memory.add(&translation.bytes, self.bytes_max) {
            Some(start) => start,
            None => {
                // Everything begins anew; what is hot will be asked for again. What runs now is Rust code, and
                // returns to a stub.
                let stubs = state.stub_bytes;
                state.memory.truncate(stubs);
                let all = std::mem::take(&mut state.placed);
                let this = (translation.offset, translation.code_bytes);
                all.into_iter().chain([this]).for_each(|(offset, bytes)| self.clear(offset, bytes));
                return;
            }
        };
        state.placed.push((translation.offset, translation.code_bytes));
        for &(offset, at) in &translation.entries {
            // SAFETY: entries lie in the code object, which lies in the part of the heap that has a table.
            unsafe { *self.entries.add((offset / 8) as usize) = (start + at) as u32 };
        }
    }

    /// Clears what belongs to a part of the heap, where new code was installed.
    pub(crate) fn forget(&mut self, offset: u64, bytes: u64) {
        if self.state.is_some() {
            self.clear(offset, bytes);
        }
    }

    fn clear(&mut self, offset: u64, bytes: u64) {
        assert!(offset >= CODE_START && offset + bytes <= CODE_END);
        for at in (offset..offset + bytes).step_by(8) {
            // SAFETY: just checked.
            unsafe { *self.entries.add((at / 8) as usize) = 0 };
        }
        for at in (offset..offset + bytes).step_by(GRANULE_BYTES as usize) {
            // SAFETY: just checked.
            unsafe { *self.counters.add((at / GRANULE_BYTES) as usize) = 0 };
        }
    }
}

impl Source {
    /// The code object at an offset in it.
    fn of(heap: &Heap, offset: u64) -> Source {
        let code = code_containing(heap, offset);
        let view = CodeView::of(heap, code);
        let constants: Vec<Word> =
            (0..view.constants).map(|index| view.constant(heap, index)).collect();
        let is_code = |constant: &Word| heap.kind_of(*constant) == Some(Kind::Code);
        let shapes = constants.iter().filter(|constant| is_code(constant));
        let shapes = shapes.map(|code| (*code, heap.raw(*code, body::Code::SHAPE))).collect();
        Source {
            offset: code.offset(),
            hash: hash_of(heap, code),
            words: view.words(heap).to_vec(),
            constants,
            shapes,
        }
    }

    /// Whether the code object is still there.
    fn is_of(&self, heap: &Heap) -> bool {
        let code = Word::object(self.offset);
        heap.is_start(self.offset)
            && heap.kind_of(code) == Some(Kind::Code)
            && hash_of(heap, code) == self.hash
    }
}

fn hash_of(heap: &Heap, code: Word) -> [u64; 4] {
    std::array::from_fn(|index| heap.raw(code, body::Code::HASH0 + index))
}

/// What there is of machine code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineCode {
    /// Code objects that were translated since the memory for it was empty.
    pub translations: usize,
    pub bytes: usize,
}

impl Vm {
    /// What there is of machine code now.
    pub fn machine_code(&self) -> MachineCode {
        let state = self.machine.native.state.as_ref();
        state.map_or(MachineCode::default(), |state| MachineCode {
            translations: state.placed.len(),
            bytes: state.memory.used(),
        })
    }

    /// Bytes that machine code takes at most, 256 MiB unless said; when they are used up it is all forgotten, and what is
    /// hot then is translated anew.
    pub fn limit_machine_code(&mut self, bytes: usize) {
        self.machine.native.bytes_max = bytes;
    }

    /// Has the code translated that holds the instruction at an offset.
    #[cold]
    pub(crate) fn translate_at(&mut self, offset: u64) {
        let source = Source::of(&self.heap, offset);
        let Some(state) = &mut self.machine.native.state else { return };
        if state.eagerness == Eagerness::AtOnce {
            let translation = translate(&source, &state.addresses);
            self.machine.native.put(&translation);
        } else if state.asked.insert(source.offset) {
            let addresses = state.addresses.clone();
            state.worker.get_or_insert_with(|| Worker::new(addresses)).ask(source);
        }
    }
}
