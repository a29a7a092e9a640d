//! Primitives: Rust procedures a program can call.
//!
//! A primitive is a leaf: it reads its arguments, may allocate, and returns a word or an interrupt.
//! It never enters the machine. It reserves the room it needs before it reads an argument, or reads
//! its arguments again after every reservation.

#![allow(unsafe_code, reason = "arguments lie on the running stack")]

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::word::Word;

use crate::fault::Interrupt;
use crate::inline::{PrimitiveSignature, PrimitiveTable};
use crate::machine::Vm;
use crate::number::limbs;

/// What runs a primitive.
pub type PrimitiveFunction = fn(&mut Vm, Arguments) -> Result<Word, Interrupt>;

/// Gives what the primitive gives of the most frequent arguments, in a few instructions and without work to charge;
/// `None`, with nothing changed, of all others. It allocates nothing.
pub type FastFunction = fn(&mut Heap, Arguments) -> Option<Word>;

/// A [`FastFunction`] as machine code calls it, with the first argument and their count; made by [`primitives!`](crate::primitives).
/// [`NOT_FAST`] stands for `None`.
pub type FastEntry = unsafe extern "sysv64" fn(*mut Heap, *mut u64, usize) -> u64;

/// No value of a primitive.
pub const NOT_FAST: u64 = Word::DEAD.0;

/// What a fast entry does.
///
/// # Safety
/// `heap` must be a heap that nobody else uses, and `arguments` the first of `count` words on its running stack.
#[inline(always)]
pub unsafe fn enter_fast(
    fast: impl Fn(&mut Heap, Arguments) -> Option<Word>,
    heap: *mut Heap,
    arguments: *mut u64,
    count: usize,
) -> u64 {
    let arguments = Arguments::new(arguments, count);
    // A panic cannot unwind through machine code. The function that is called then will have the same.
    let value = catch_unwind(AssertUnwindSafe(|| fast(&mut *heap, arguments)));
    value.ok().flatten().map_or(NOT_FAST, |word| word.0)
}

/// A row of a table of primitives.
#[derive(Debug)]
pub struct Primitive {
    /// Number in bytecode and images; never renumbered, only retired.
    pub code: u16,
    pub name: &'static str,
    pub minimum: u8,
    /// `None` takes any number up to the machine's bound.
    pub maximum: Option<u8>,
    pub work: Work,
    pub doc: &'static str,
    pub run: PrimitiveFunction,
    /// What is tried first.
    pub fast: Option<FastEntry>,
}

/// How long one call takes: every row says so, because nothing else can run meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// `constant`: no longer for larger arguments; only their number counts.
    Constant,
    /// `chunk`: in proportion to its arguments up to a limit the library names, below about a
    /// millisecond. What has more is worked on in pieces, by Scheme.
    Chunk,
    /// `size`: in proportion to its arguments. A unit of work is charged for every
    /// [`WORDS_PER_UNIT`] words of them.
    Size,
    /// `waits`: no time at all, then the process gives up its turn.
    Waits,
    /// `listed("what bounds it")`: may take longer than a millisecond, and says up to which bound.
    /// Charged as `size` at least.
    Listed(&'static str),
}

impl Primitive {
    /// How it is called, as its documentation says: `(vector-ref vector k)`.
    pub fn signature(&self) -> &'static str {
        // The documentation of the library's rows begins with the call in back quotes.
        let call = self.doc.split('`').nth(1).filter(|call| call.starts_with('('));
        call.unwrap_or(self.name)
    }

    /// The value, if the call is a frequent one.
    #[inline(always)]
    fn call_fast(&self, heap: &mut Heap, arguments: Arguments) -> Option<Word> {
        let fast = self.fast?;
        // SAFETY: the heap is borrowed, and who made the arguments vouched for them.
        let value = unsafe { fast(heap, arguments.pointer, arguments.count) };
        (value != NOT_FAST).then_some(Word(value))
    }

    /// Runs the primitive and charges its work.
    ///
    /// # Panics
    /// If it gives up the process's turn and its row does not say so.
    #[inline]
    pub(crate) fn call(&self, vm: &mut Vm, arguments: Arguments) -> Result<Word, Interrupt> {
        if let Some(value) = self.call_fast(&mut vm.heap, arguments) {
            return Ok(value);
        }
        if matches!(self.work, Work::Size | Work::Listed(_)) {
            let units = arguments.words(&vm.heap) / WORDS_PER_UNIT;
            vm.charge(units);
        }
        let result = (self.run)(vm, arguments);
        if matches!(result, Err(Interrupt::Park(..))) {
            assert_eq!(self.work, Work::Waits, "the row of {} says that it waits", self.name);
        }
        result
    }
}

/// Words of an argument that cost a unit of work, which is some ten nanoseconds.
pub const WORDS_PER_UNIT: u64 = 32;

/// The arguments of a running primitive; read them anew after anything that can collect.
#[derive(Clone, Copy)]
pub struct Arguments {
    pointer: *mut u64,
    count: usize,
}

impl Arguments {
    /// # Safety
    /// `pointer` must be the first of `count` words on the running stack, which stay there while
    /// the primitive runs.
    pub(crate) unsafe fn new(pointer: *mut u64, count: usize) -> Arguments {
        Arguments { pointer, count }
    }

    /// Words of the objects the arguments refer to, the characters of strings included.
    fn words(self, heap: &Heap) -> u64 {
        let body = |word: Word| heap.header(word).body_words() as u64;
        let mut sum = 0;
        for index in 0..self.count {
            let word = self.get(index);
            sum += match heap.kind_of(word) {
                Some(Kind::String) => body(heap.field(word, 0)),
                Some(Kind::Ratnum | Kind::Compnum) => limbs(heap, word) as u64,
                Some(_) => body(word),
                None => 0,
            };
        }
        sum
    }

    #[inline(always)]
    pub fn count(self) -> usize {
        self.count
    }

    /// Argument `index`, as the collector has last updated it.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub fn get(self, index: usize) -> Word {
        assert!(index < self.count);
        // SAFETY: the index is below the count the constructor vouched for.
        Word(unsafe { *self.pointer.add(index) })
    }

    /// Argument `index`, or `None` if it was not given.
    #[inline(always)]
    pub fn optional(self, index: usize) -> Option<Word> {
        (index < self.count).then(|| self.get(index))
    }

    /// Replaces argument `index`: a slot for an intermediate result that survives collections.
    #[inline(always)]
    pub fn set(self, index: usize, word: Word) {
        assert!(index < self.count);
        // SAFETY: as in `get`.
        unsafe { *self.pointer.add(index) = word.0 }
    }
}

/// All primitives of a machine, by number and by name.
#[derive(Debug)]
pub struct PrimitiveSet {
    by_code: Vec<Option<&'static Primitive>>,
    by_name: std::collections::HashMap<&'static str, &'static Primitive>,
}

impl PrimitiveSet {
    /// # Panics
    /// If two rows share a code or a name.
    pub fn new(rows: impl IntoIterator<Item = &'static Primitive>) -> PrimitiveSet {
        let mut set = PrimitiveSet { by_code: Vec::new(), by_name: Default::default() };
        for row in rows {
            let code = row.code as usize;
            if set.by_code.len() <= code {
                set.by_code.resize(code + 1, None);
            }
            assert!(set.by_code[code].is_none(), "two primitives have code {code}");
            set.by_code[code] = Some(row);
            assert!(
                set.by_name.insert(row.name, row).is_none(),
                "two primitives named {}",
                row.name
            );
        }
        set
    }

    pub fn get(&self, code: usize) -> Option<&'static Primitive> {
        self.by_code.get(code).copied().flatten()
    }

    /// All rows, by code.
    pub fn rows(&self) -> impl Iterator<Item = &'static Primitive> + '_ {
        self.by_code.iter().flatten().copied()
    }
}

impl PrimitiveTable for PrimitiveSet {
    fn signature(&self, name: &str) -> Option<PrimitiveSignature> {
        self.by_name.get(name).map(|row| PrimitiveSignature {
            code: u32::from(row.code),
            minimum: row.minimum,
            maximum: row.maximum,
        })
    }
}

/// Defines a block of primitives: one documented row each.
///
/// `code "name" (minimum..=maximum) work => function;` or `(minimum..)` for any number of
/// arguments. `work` is a variant of [`Work`](crate::primitive::Work) as its documentation writes it. With
/// `=> function, fast other;` the other function is a [`FastFunction`](crate::primitive::FastFunction).
///
/// ```
/// use pscheme_heap::word::Word;
/// pscheme_vm::primitives! { ROWS:
///     /// `(nine)`: nine.
///     9 "nine" (0) constant => |_, _| Ok(Word::fixnum(9));
/// }
/// assert_eq!(ROWS[0].work, pscheme_vm::primitive::Work::Constant);
/// ```
///
/// A row that does not say how long it takes does not compile:
///
/// ```compile_fail
/// use pscheme_heap::word::Word;
/// pscheme_vm::primitives! { ROWS:
///     /// `(nine)`: nine.
///     9 "nine" (0) => |_, _| Ok(Word::fixnum(9));
/// }
/// ```
#[macro_export]
macro_rules! primitives {
    ($block:ident: $( $(#[doc = $doc:literal])+ $code:literal $name:literal ($($arity:tt)+)
        $work:ident $(($bound:literal))? => $run:expr $(, fast $fast:expr)?; )*) => {
        /// The rows of this block.
        pub static $block: &[$crate::primitive::Primitive] = &[
            $( $crate::primitive::Primitive {
                code: $code,
                name: $name,
                minimum: $crate::primitives!(@minimum $($arity)+),
                maximum: $crate::primitives!(@maximum $($arity)+),
                work: $crate::primitives!(@work $work $($bound)?),
                doc: concat!($($doc, "\n"),+),
                run: $run,
                fast: $crate::primitives!(@fast $($fast)?),
            }, )*
        ];
    };
    (@fast) => { None };
    (@fast $fast:expr) => {{
        #[allow(unsafe_code, reason = "machine code calls it")]
        unsafe extern "sysv64" fn enter(
            heap: *mut $crate::primitive::Heap,
            arguments: *mut u64,
            count: usize,
        ) -> u64 {
            // SAFETY: the caller's.
            unsafe { $crate::primitive::enter_fast($fast, heap, arguments, count) }
        }
        Some(enter as $crate::primitive::FastEntry)
    }};
    (@work constant) => { $crate::primitive::Work::Constant };
    (@work chunk) => { $crate::primitive::Work::Chunk };
    (@work size) => { $crate::primitive::Work::Size };
    (@work waits) => { $crate::primitive::Work::Waits };
    (@work listed $bound:literal) => { $crate::primitive::Work::Listed($bound) };
    (@minimum $minimum:literal) => { $minimum };
    (@maximum $minimum:literal) => { Some($minimum) };
    (@minimum $minimum:literal ..= $maximum:literal) => { $minimum };
    (@maximum $minimum:literal ..= $maximum:literal) => { Some($maximum) };
    (@minimum $minimum:literal ..) => { $minimum };
    (@maximum $minimum:literal ..) => { None };
}
