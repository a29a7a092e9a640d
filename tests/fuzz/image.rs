//! The opener of images, given pages no pscheme has written under hashes that are right: it refuses them,
//! or what it opens runs for a while and leaves a heap that can be walked.
//!
//! An input is a program, run for some slices and committed, and edits of its pages and roots, which
//! the store then commits in the ordinary way.

use std::collections::HashMap;
use std::time::Duration;

use pscheme::heap::heap::Heap;
use pscheme::heap::root_table::ROOT_ROWS;
use pscheme::heap::store::{
    MemoryImage, PAGE_SIZE_BYTES, PageAttributes, PageNumber, RootRecord, Store, Wave, WavePage,
};
use pscheme::inspect::{FrameLimits, Layout, View, globals, processes, stack};
use pscheme::session::{check_heap, primitive_set};
use pscheme::vm::engine::Engine;
use pscheme::{Session, SessionOptions};

use crate::booted::{HEAP_LIMIT_BYTES, NoFilesHost};
use crate::edit::{self, Edit, any_number};
use crate::engine::{self, Behaviour, Target, behaviour};
use crate::support::{Console, Random};

/// Slices a program runs before its image is taken.
const SLICES: usize = 40;
/// Slices an edited image runs.
const SLICES_AFTER: usize = 20;
/// Words of a page.
const PAGE_WORDS: usize = PAGE_SIZE_BYTES / 8;

/// Edits of the content: verb, and the numbers that follow. Pages are counted over those there are.
const EDITS: &[(&str, usize)] = &[
    ("bit", 3),
    ("byte", 3),
    ("word", 3),
    ("copy-word", 4),
    ("near-word", 3),
    ("type", 2),
    ("free", 2),
    ("owner", 2),
    ("lose", 1),
    ("exchange", 2),
    ("root", 2),
    ("copy-root", 2),
    ("counter", 2),
];

#[test]
fn image() {
    engine::run(|| Content { bases: HashMap::new() });
}

#[test]
fn every_root_may_stand_in_place_of_every_other() {
    let mut content = Content { bases: HashMap::new() };
    let corpus = engine::corpus(Content::NAME);
    let with_processes = corpus.iter().find(|input| input.contains("(spawn-monitor"));
    let program = edit::split(with_processes.expect("the corpus has such a program")).0;
    for to in 0..ROOT_ROWS.len() {
        for from in 0..ROOT_ROWS.len() {
            content.check(&format!("{program}\n;!copy-root {to:#x} {from:#x}"));
        }
    }
}

struct Content {
    bases: HashMap<String, Pages>,
}

/// All that a commit holds.
#[derive(Clone)]
struct Pages {
    pages: Vec<(PageNumber, PageAttributes, Vec<u8>)>,
    roots: RootRecord,
}

impl Target for Content {
    const NAME: &'static str = "image";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        let (program, mut edits) = edit::split(input);
        edit::change(&mut edits, pool, random, make_edit);
        *input = edit::join(&program, &edits);
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let (program, edits) = edit::split(input);
        let base = self.bases.entry(program).or_insert_with_key(|program| Pages::of(program));
        let mut pages = base.clone();
        edits.iter().for_each(|edit| pages.edit(edit));
        let image = MemoryImage::new();
        image.open().unwrap().commit(&pages.wave()).unwrap();
        look(&image);
        let engine = Engine::all()[edits.len() % Engine::all().len()];
        match open(&image, engine) {
            Err(refused) => {
                behaviour(refused.chars().filter(|c| !c.is_ascii_digit()).collect::<String>())
            }
            Ok(session) => behaviour(run(session)),
        }
    }
}

fn make_edit(random: &mut Random) -> Edit {
    let (verb, count) = EDITS[random.below(EDITS.len() as u64) as usize];
    let mut numbers = vec![random.next() >> 40, random.below(PAGE_WORDS as u64)];
    numbers.extend((2..count).map(|_| match random.below(2) {
        0 => any_number(random),
        _ => random.next() >> 40,
    }));
    Edit::new(verb, &numbers)
}

fn options() -> SessionOptions {
    let mut options = SessionOptions::new(NoFilesHost::new(&Console::default()));
    options.limits.heap_bytes = HEAP_LIMIT_BYTES;
    // Commits at moments of the clock would make every run another one.
    options.wave_interval = Duration::MAX;
    options
}

fn open(image: &MemoryImage, engine: Engine) -> Result<Session, String> {
    let store = image.open().map_err(|error| error.to_string())?;
    let options = SessionOptions { engine, ..options() };
    Session::open(Box::new(store), options).map_err(|error| error.to_string())
}

/// Runs a session for a while. Errors of the host, such as effects on files that are not there, end it
/// in order; afterwards the heap is whole.
fn run(mut session: Session) -> (usize, String) {
    let mut slices = 0;
    let end = loop {
        match session.advance() {
            Ok(pscheme::session::Advance::Worked) if slices < SLICES_AFTER => slices += 1,
            Ok(pscheme::session::Advance::Worked) => break "out of slices".into(),
            Ok(pscheme::session::Advance::Idle { .. }) => break "idle".into(),
            Ok(pscheme::session::Advance::Exit { .. }) => break "exit".into(),
            Err(error) => break error.to_string(),
        }
    };
    session.vm.machine.sections.clear();
    let end = session.commit_and_wait().err().map_or(end, |error| error.to_string());
    session.vm.park_for_commit();
    session.vm.heap.collect_young(&mut session.vm.machine);
    if let Err(error) = check_heap(&session.vm.heap) {
        panic!("after the run: {error}");
    }
    (slices, end)
}

/// Looks at everything an inspector shows, sound or not.
fn look(image: &MemoryImage) {
    let Ok(mut store) = image.open() else { return };
    let Ok(heap) = Heap::restore(&mut store) else { return };
    let primitives = primitive_set();
    let view = View { heap: &heap, primitives: &primitives };
    let rows = processes(view);
    let layout = Layout::default();
    let _ = layout.processes(&rows);
    for row in &rows {
        if let Some(record) = pscheme::inspect::find_process(view, row.process) {
            let limits = FrameLimits { newest: 20, oldest: 5 };
            let _ = layout.stack(&stack(view, record, limits));
        }
    }
    for name in ["items", "table", "deep", "car", "map"] {
        globals(view, name).iter().for_each(|global| drop(layout.global(global)));
    }
}

impl Pages {
    /// The pages of a program that has run for a while. What does not compile is an image all the same.
    fn of(program: &str) -> Pages {
        let image = MemoryImage::new();
        let mut session = Session::open(Box::new(image.open().unwrap()), options()).unwrap();
        if session.start_program("text", program).is_ok() {
            for _ in 0..SLICES {
                session.advance().unwrap();
            }
        }
        session.commit_and_wait().unwrap();
        drop(session);
        let mut store = image.open().unwrap();
        let (_, roots) = store.newest_root().unwrap().unwrap();
        let mut pages = Vec::new();
        let mut take = |page, attributes, body: &[u8]| {
            pages.push((page, attributes, body.to_vec()));
            Ok(())
        };
        store.load(&mut take).unwrap();
        Pages { pages, roots }
    }

    fn wave(self) -> Wave {
        let mut wave = Wave { roots: self.roots, ..Wave::default() };
        for (slot, (page, attributes, body)) in self.pages.into_iter().enumerate() {
            wave.arena.extend_from_slice(&body);
            wave.pages.push(WavePage { page, attributes, body: Some(slot as u32) });
        }
        wave
    }

    fn word(&self, page: usize, word: usize) -> u64 {
        let bytes = &self.pages[page].2[word * 8..word * 8 + 8];
        u64::from_le_bytes(bytes.try_into().expect("8 bytes"))
    }

    fn set_word(&mut self, page: usize, word: usize, value: u64) {
        self.pages[page].2[word * 8..word * 8 + 8].copy_from_slice(&value.to_le_bytes());
    }

    fn edit(&mut self, edit: &Edit) {
        let count = self.pages.len();
        let Some(page) = edit.index(0, count) else { return };
        let word = edit.index(1, PAGE_WORDS).expect("a page has words");
        let number = edit.number(2);
        match edit.verb.as_str() {
            "bit" => {
                let old = self.word(page, word);
                self.set_word(page, word, old ^ 1 << (number % 64));
            }
            "byte" => self.pages[page].2[word * 8 + (number >> 8) as usize % 8] = number as u8,
            "word" => self.set_word(page, word, number),
            "copy-word" => {
                let from = (number % count as u64) as usize;
                let copied = self.word(from, edit.index(3, PAGE_WORDS).expect("a page has words"));
                self.set_word(page, word, copied);
            }
            "near-word" => {
                let copied = self.word(page, (word + 1 + number as usize % 16) % PAGE_WORDS);
                self.set_word(page, word, copied);
            }
            _ => self.edit_around(edit, page),
        }
    }

    /// Edits of what stands beside the bodies.
    fn edit_around(&mut self, edit: &Edit, page: usize) {
        let (count, number) = (self.pages.len(), edit.number(1));
        let words = self.roots.words.len();
        match edit.verb.as_str() {
            "type" => self.pages[page].1.page_type = number as u8,
            "free" => self.pages[page].1.free_granules = number as u16,
            "owner" => self.pages[page].1.run_owner = number as u32,
            "lose" => drop(self.pages.remove(page)),
            "exchange" => {
                let other = (number % count as u64) as usize;
                let body = self.pages[page].2.clone();
                self.pages[page].2 = std::mem::replace(&mut self.pages[other].2, body);
            }
            "root" => {
                if let Some(root) = edit.index(0, words) {
                    self.roots.words[root] = number;
                }
            }
            "copy-root" => {
                if let (Some(to), Some(from)) = (edit.index(0, words), edit.index(1, words)) {
                    self.roots.words[to] = self.roots.words[from];
                }
            }
            "counter" => {
                let counters = &mut self.roots.counters;
                let at = edit.index(0, counters.len()).expect("there are counters");
                counters[at] = number;
            }
            _ => {}
        }
    }
}
