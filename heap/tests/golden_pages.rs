//! The layout of pages, held byte by byte: a small heap with an object of each kind, committed, must
//! give the pages of `golden/pages.txt`, and those pages must open.
//!
//! A line of the golden file that changes means that images written so far do not have that layout:
//! the page layout needs a new version, the old one must still open, and the old file stays for that.
//! Only what a new kind adds at the end is no change. `PSCHEME_BLESS=1` writes the file anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use pscheme_heap::collect::{Collection, NoRoots};
use pscheme_heap::frame::{Link, LiveMask, ReturnPoint};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, flag};
use pscheme_heap::limits::{PAGE_BYTES, PROCESS_NODE_SLOTS, TIMER_ENTRY_WORDS, TIMER_NODE_ENTRIES};
use pscheme_heap::space::PageType;
use pscheme_heap::store::{
    MemoryImage, PAGE_SIZE_BYTES, PageAttributes, PageNumber, Store, Wave, WavePage,
};
use pscheme_heap::word::{FIXNUM_MIN, Word};

const RUN_TAIL: u8 = PageType::RunTail as u8;
/// First root that keeps an object.
const FIRST_ROOT: usize = 20;
/// Bytes of a line of the golden file.
const LINE_BYTES: usize = 32;

/// Builds the heap object by object. Each is moved to its page before the next is made, so that
/// where it lies does not depend on the order in which a collection finds things.
struct Builder {
    heap: Heap,
    kept: usize,
}

impl Builder {
    fn keep(&mut self, word: Word) -> Word {
        let root = FIRST_ROOT + self.kept;
        self.kept += 1;
        self.heap.roots[root] = word;
        self.heap.collect(Collection::Young, &mut NoRoots);
        self.heap.roots[root]
    }

    fn pair(&mut self, car: Word, cdr: Word) -> Word {
        self.heap.ensure_room(16, &mut NoRoots);
        let pair = self.heap.pair(car, cdr);
        self.keep(pair)
    }

    /// An object whose body is these words, values and raw ones alike.
    fn object(&mut self, kind: Kind, aux: u8, body: &[u64]) -> Word {
        self.heap.ensure_room(Header::new(kind, aux, body.len()).nursery_bytes(), &mut NoRoots);
        let object = match kind {
            Kind::Code | Kind::Cell | Kind::Process | Kind::ProcessNode | Kind::TimerNode => {
                self.heap.fixed_object(kind, aux, body.len())
            }
            _ => self.heap.object(kind, aux, body.len()),
        };
        for (index, &word) in body.iter().enumerate() {
            self.heap.set_raw(object, index, word);
        }
        self.keep(object)
    }
}

/// A fixnum that names its place.
fn number(value: i64) -> u64 {
    Word::fixnum(value).0
}

/// Every sort of word that is no reference.
fn plain_words() -> Vec<u64> {
    let flonum = |value| Word::try_flonum(value).expect("it needs no box");
    [
        Word::fixnum(0),
        Word::fixnum(-1),
        Word::fixnum(FIXNUM_MIN),
        Word::FALSE,
        Word::TRUE,
        Word::NULL,
        Word::EOF,
        Word::UNSPECIFIED,
        Word::UNBOUND,
        Word::DEAD,
        Word::character('λ'),
        flonum(0.0),
        flonum(-1.5),
        flonum(f64::INFINITY),
        flonum(f64::NAN),
        flonum(5e-324),
    ]
    .map(|word| word.0)
    .to_vec()
}

fn build() -> Heap {
    let mut b = Builder { heap: Heap::new().unwrap(), kept: 0 };
    b.heap.persistent = true;
    let storage = b.object(Kind::Bytevector, 0, &[3, u64::from_le_bytes(*b"abc\0\0\0\0\0")]);
    let name = b.object(Kind::String, 0, &[storage.0, 3]);
    let wide = u64::from_le_bytes([0xbb, 3, 0, 0, 0xbc, 3, 0, 0]);
    let wide_storage = b.object(Kind::Bytevector, 0, &[8, wide]);
    b.object(Kind::String, 1, &[wide_storage.0, 2]);
    let symbol = b.object(Kind::Symbol, 0, &[name.0, 0x0123_4567_89ab_cdef]);
    let cell = b.object(Kind::Cell, 0, &[number(1), symbol.0]);
    let (code, link) = code(&mut b, symbol);
    let closure = b.object(Kind::Closure, 2, &[code.0, cell.0]);
    b.object(Kind::Closure, 255, &[code.0, number(2)]);
    b.object(Kind::Box, 0, &[closure.0]);
    let vector = b.object(Kind::Vector, 0, &plain_words());
    let header = b.heap.header(vector).with_flags(flag::LITERAL);
    b.heap.space.write(vector.offset(), header.0);
    b.object(Kind::Flonum, 0, &[1e100f64.to_bits()]);
    b.object(Kind::Bignum, 1, &[0xfedc_ba98_7654_3210, 1]);
    b.object(Kind::Primitive, 0, &[7]);
    let frame = [closure.0, 0, number(3), Word::DEAD.0];
    let segment = b.object(Kind::Segment, 0, &frame);
    let nothing = Word::FALSE.0;
    let kept = [segment.0, nothing, number(4), nothing, 3, link.0, 3];
    let continuation = b.object(Kind::Continuation, 0, &kept);
    let fields = [number(5), number(6), continuation.0, number(7), nothing, number(8), number(9)];
    let message = b.object(Kind::Message, 0, &[number(30), nothing]);
    let mailbox = [number(10), message.0, message.0, nothing, number(31)];
    let waiting = [number(32), number(33), nothing, number(34)];
    let process = b.object(Kind::Process, 0, &[&fields[..], &mailbox, &waiting].concat());
    b.object(Kind::Monitor, 0, &[process.0, nothing]);
    let mut slots = vec![number(0), number(1)];
    slots.resize(2 + PROCESS_NODE_SLOTS, nothing);
    slots[2 + 6] = process.0;
    b.object(Kind::ProcessNode, 0, &slots);
    let mut timers = vec![number(0), number(1), number(32), number(33), process.0];
    timers.resize(2 + TIMER_NODE_ENTRIES * TIMER_ENTRY_WORDS, nothing);
    b.object(Kind::TimerNode, 0, &timers);
    b.object(Kind::MultipleValues, 0, &[number(11), number(12)]);
    let table = [vector.0, storage.0, number(13), number(14), nothing, number(15)];
    b.object(Kind::HashTable, 1, &table);
    let list = b.pair(number_word(16), Word::NULL);
    b.pair(symbol, list);
    b.object(Kind::Port, 0, &[number(17), name.0, number(18), nothing, nothing, storage.0]);
    b.object(Kind::Condition, 0, &[number(19), name.0, list.0, nothing]);
    let effect = [number(20), number(21), nothing, number(22), storage.0, nothing];
    b.object(Kind::Effect, 0, &effect);
    let names = b.object(Kind::Vector, 0, &[symbol.0, symbol.0]);
    let record_type = b.object(Kind::RecordType, 0, &[symbol.0, names.0, number(25), number(26)]);
    b.object(Kind::Record, 0, &[record_type.0, number(27), number(28)]);
    let syntax = b.object(Kind::Syntax, 0, &[symbol.0, Word::NULL.0]);
    let rules = b.object(Kind::Macro, 1, &[symbol.0, syntax.0, number(29)]);
    b.object(Kind::Binding, 0, &[symbol.0, Word::NULL.0, rules.0, nothing]);
    b.object(Kind::Library, 0, &[symbol.0, names.0]);
    b.object(Kind::Environment, 0, &[nothing]);
    // Three pages: a first one, a later one, and a last one that is not full.
    let mut large = vec![number(23); 2];
    large.resize(4_500, 0);
    large[4_499] = number(24);
    b.object(Kind::Vector, 0, &large);
    let (none, entry) = (Word::NULL.0, [number(41), number(42)]);
    let kept = [none, number(43), none, process.0];
    b.object(Kind::Prompt, 0, &[&[process.0, nothing], &entry[..], &kept].concat());
    let ratio = b.object(Kind::Ratnum, 0, &[number(-44), number(45)]);
    b.object(Kind::Compnum, 0, &[ratio.0, number(46)]);
    let (none, counted) = (Word::NULL.0, number(47));
    let waits = [counted, vector.0, none, counted, none, counted, none, nothing, closure.0];
    b.object(Kind::Compilation, 0, &waits);
    b.heap
}

fn number_word(value: i64) -> Word {
    Word::fixnum(value)
}

/// A code object with one return point and one constant, and the link to the return point.
fn code(b: &mut Builder, symbol: Word) -> (Word, Link) {
    let (shift, distance) = (3, 10);
    let point = ReturnPoint { shift, distance, live: LiveMask::Short(0b101) }.encode();
    let (instruction_count, constant_count) = (2, 1);
    let counts = instruction_count | constant_count << 32;
    // Two required arguments, frames of five words, one captured value.
    let shape = 2 | 5 << 32 | 1 << 48;
    let fields = [symbol.0, Word::FALSE.0, counts, shape, 0x11, 0x22, 0x33, 0x44];
    let code = b.object(Kind::Code, 0, &[&fields[..], &[point, 0x55, symbol.0]].concat());
    (code, Link::new(code.offset() + distance as u64 * 8, shift))
}

/// Pages and root words as text; lines of zeros are left out.
fn show(wave: &Wave) -> String {
    let mut text = String::new();
    for page in &wave.pages {
        let PageAttributes { page_type, free_granules, run_owner } = page.attributes;
        let number = page.page.0;
        writeln!(text, "page {number} type {page_type} free {free_granules} run {run_owner}")
            .unwrap();
        let body = wave.body(page).expect("nothing was freed");
        for (index, line) in body.chunks(LINE_BYTES).enumerate() {
            if line.iter().any(|&byte| byte != 0) {
                writeln!(text, "{:04x} {}", index * LINE_BYTES, hexadecimal(line)).unwrap();
            }
        }
    }
    for (index, word) in wave.roots.words.iter().enumerate() {
        writeln!(text, "root {index} {}", hexadecimal(&word.to_le_bytes())).unwrap();
    }
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    let words = bytes.chunks(8).map(|word| word.iter().map(|byte| format!("{byte:02x}")).collect());
    words.collect::<Vec<String>>().join(" ")
}

/// The reverse of `show`.
fn parse(text: &str) -> Wave {
    let mut wave = Wave::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let decimal = |index: usize| words[index].parse::<u32>().unwrap();
        match words[0] {
            "page" => {
                let attributes = PageAttributes {
                    page_type: decimal(3) as u8,
                    free_granules: decimal(5) as u16,
                    run_owner: decimal(7),
                };
                let body = Some((wave.arena.len() / PAGE_SIZE_BYTES) as u32);
                wave.arena.resize(wave.arena.len() + PAGE_SIZE_BYTES, 0);
                wave.pages.push(WavePage { page: PageNumber(decimal(1)), attributes, body });
            }
            "root" => {
                let bytes = bytes_of(words[2]);
                wave.roots.words.push(u64::from_le_bytes(bytes.try_into().unwrap()));
            }
            offset => {
                let page = wave.arena.len() - PAGE_SIZE_BYTES;
                let at = page + usize::from_str_radix(offset, 16).unwrap();
                let bytes = bytes_of(&words[1..].concat());
                wave.arena[at..at + bytes.len()].copy_from_slice(&bytes);
            }
        }
    }
    wave
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn golden_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pages.txt")
}

#[test]
fn pages_have_the_bytes_of_their_first_release() {
    let mut heap = build();
    let mut wave = Wave::default();
    heap.list_changes(&mut wave);
    let shown = show(&wave);
    let types: BTreeSet<u8> = wave.pages.iter().map(|page| page.attributes.page_type).collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7], "every page type");
    if std::env::var_os("PSCHEME_BLESS").is_some() {
        std::fs::write(golden_path(), &shown).unwrap();
    }
    let golden = std::fs::read_to_string(golden_path()).unwrap();
    let differing = golden.lines().zip(shown.lines()).find(|(golden, shown)| golden != shown);
    assert_eq!(
        differing, None,
        "the layout of pages has changed (golden, now): see the file's head"
    );
    assert_eq!(golden.lines().count(), shown.lines().count());
}

#[test]
fn an_image_of_the_golden_pages_opens() {
    let golden = parse(&std::fs::read_to_string(golden_path()).unwrap());
    let image = MemoryImage::new();
    image.open().unwrap().commit(&golden).unwrap();
    let mut heap = Heap::restore(&mut image.open().unwrap()).unwrap();
    let mut code_count = 0;
    let problems = heap.verify(&mut |_, _| {
        code_count += 1;
        Ok(())
    });
    assert_eq!((problems, code_count), (vec![], 1));

    let kinds: BTreeSet<Kind> = heap.roots.iter().filter_map(|&root| heap.kind_of(root)).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL, "an object of each kind");
    assert_eq!(heap.string_text(heap.roots[FIRST_ROOT + 1]), "abc");
    assert_eq!(heap.string_text(heap.roots[FIRST_ROOT + 3]), "λμ");
    let vector = heap.roots[FIRST_ROOT + 10];
    let words: Vec<u64> = (0..16).map(|index| heap.raw(vector, index)).collect();
    assert_eq!(words, plain_words());
    assert_eq!(heap.header(vector).flags(), flag::LITERAL);
    let pair = heap.roots.iter().rev().find(|root| root.is_pair()).unwrap();
    assert_eq!(heap.symbol_name(heap.car(*pair)), "abc");
    assert_eq!(heap.car(heap.cdr(*pair)), Word::fixnum(16));
    let is_vector = |root: &&Word| heap.kind_of(**root) == Some(Kind::Vector);
    let large = *heap.roots.iter().rev().find(is_vector).unwrap();
    assert_eq!(heap.header(large).body_words(), 4_500);
    assert_eq!(heap.field(large, 4_499), Word::fixnum(24));
    assert!(large.offset() % PAGE_BYTES == 256);

    // What was read is written again with the same bytes, once it is touched.
    heap.sweep_after_opening();
    for root in heap.roots.iter().filter(|root| root.is_reference()).copied().collect::<Vec<_>>() {
        heap.touch_range(root.offset(), 16);
    }
    let mut wave = Wave::default();
    heap.list_changes(&mut wave);
    for page in &wave.pages {
        let before = golden.pages.iter().find(|golden| golden.page == page.page).unwrap();
        assert_eq!(page.attributes, before.attributes, "{page:?}");
        assert!(
            wave.body(page) == golden.body(before),
            "page {:?} reads and writes alike",
            page.page
        );
    }
    assert!(wave.pages.len() >= 6, "{} pages", wave.pages.len());
}

#[test]
fn pages_of_another_layout_are_refused_by_their_version() {
    let golden = parse(&std::fs::read_to_string(golden_path()).unwrap());
    for (version, expected) in
        [(1, "before its first release"), (9, "format version 9"), (0, "no version")]
    {
        let mut wave = Wave { pages: golden.pages.clone(), ..Wave::default() };
        wave.arena.clone_from(&golden.arena);
        wave.roots.clone_from(&golden.roots);
        let of_objects = golden.pages.iter().find(|page| page.attributes.page_type != RUN_TAIL);
        let body = of_objects.unwrap().body.unwrap() as usize;
        wave.arena[body * PAGE_SIZE_BYTES] = version;
        let image = MemoryImage::new();
        image.open().unwrap().commit(&wave).unwrap();
        let error = Heap::restore(&mut image.open().unwrap()).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
