//! The heap against a model: random graphs of pairs, vectors and strings, with sharing and cycles,
//! changed at random while every sort of collection runs, committed and read back.

use std::collections::HashMap;

use proptest::prelude::*;
use pscheme_heap::collect::{Collection, NoRoots};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::Kind;
use pscheme_heap::limits::HEAP_RESERVED_BYTES_MIN;
use pscheme_heap::store::{MemoryImage, MemoryStore, Store, Wave};
use pscheme_heap::word::Word;

/// Objects that can be named by an operation.
const SLOTS: usize = 24;
/// First root of the table that the tests use.
const FIRST_ROOT: usize = 32;

/// What the model knows of an object.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Pair(Value, Value),
    Vector(Vec<Value>),
    Text(String),
}

/// A value of the model: a number, or an object by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Number(i64),
    Object(usize),
}

#[derive(Clone, Debug)]
enum Step {
    Pair { slot: usize, left: usize, right: usize },
    Vector { slot: usize, length: usize },
    Text { slot: usize, length: usize },
    SetCar { slot: usize, value: usize },
    SetElement { slot: usize, index: usize, value: usize },
    Drop { slot: usize },
    Collect(u8),
    Commit,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let slot = || 0..SLOTS;
    prop_oneof![
        6 => (slot(), slot(), slot()).prop_map(|(slot, left, right)| Step::Pair { slot, left, right }),
        3 => (slot(), 0..200usize).prop_map(|(slot, length)| Step::Vector { slot, length }),
        1 => (slot(), 1000..9000usize).prop_map(|(slot, length)| Step::Vector { slot, length }),
        2 => (slot(), 0..3000usize).prop_map(|(slot, length)| Step::Text { slot, length }),
        5 => (slot(), slot()).prop_map(|(slot, value)| Step::SetCar { slot, value }),
        5 => (slot(), any::<prop::sample::Index>(), slot())
            .prop_map(|(slot, index, value)| Step::SetElement { slot, index: index.index(1 << 20), value }),
        2 => slot().prop_map(|slot| Step::Drop { slot }),
        3 => (0..4u8).prop_map(Step::Collect),
        2 => Just(Step::Commit),
        1 => Just(Step::Reopen),
    ]
}

/// A heap and what should be in it.
struct World {
    heap: Heap,
    image: MemoryImage,
    store: Option<MemoryStore>,
    /// Objects by the name they were given; only those a slot reaches are compared.
    objects: HashMap<usize, Model>,
    slots: [Option<usize>; SLOTS],
    next_name: usize,
    wave: Wave,
    /// All that can be is given back after each commit, and read again when it is touched.
    gives_back: bool,
}

impl World {
    fn new(zeal: bool) -> World {
        let image = MemoryImage::new();
        let mut store = image.open().unwrap();
        store.begin().unwrap();
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        heap.persistent = true;
        heap.set_zeal(zeal);
        World {
            heap,
            image,
            store: Some(store),
            objects: HashMap::new(),
            slots: [None; SLOTS],
            next_name: 0,
            wave: Wave::default(),
            gives_back: false,
        }
    }

    /// A world that keeps in memory what has changed, and nothing else.
    fn that_gives_back(zeal: bool) -> World {
        let mut world = World { gives_back: true, ..World::new(zeal) };
        let reader = world.store.as_mut().unwrap().page_reader();
        world.heap.bound_residence(0, reader);
        world
    }

    fn give_back(&mut self) {
        self.heap.note_durable();
        while self.heap.wants_relief() && !self.heap.give_back() {
            let pages = self.heap.pages_to_locate();
            if pages.is_empty() {
                return;
            }
            let locations = self.store.as_ref().unwrap().locate(&pages);
            self.heap.learn_locations(&pages, &locations);
            self.heap.note_durable();
        }
    }

    fn root(&self, slot: usize) -> Word {
        self.heap.roots[FIRST_ROOT + slot]
    }

    /// What slot `slot` holds, in the heap and in the model.
    fn value(&self, slot: usize) -> (Word, Value) {
        match self.slots[slot] {
            Some(name) => (self.root(slot), Value::Object(name)),
            None => (Word::fixnum(slot as i64), Value::Number(slot as i64)),
        }
    }

    fn put(&mut self, slot: usize, word: Word, model: Model) {
        self.heap.roots[FIRST_ROOT + slot] = word;
        self.slots[slot] = Some(self.next_name);
        self.objects.insert(self.next_name, model);
        self.next_name += 1;
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Pair { slot, left, right } => {
                self.heap.ensure_room(16, &mut NoRoots);
                let ((a, model_a), (b, model_b)) = (self.value(left), self.value(right));
                let pair = self.heap.pair(a, b);
                self.put(slot, pair, Model::Pair(model_a, model_b));
            }
            Step::Vector { slot, length } => {
                self.heap.ensure_room((length as u64 * 8 + 32).min(16_000), &mut NoRoots);
                let vector = self.heap.object(Kind::Vector, 0, length);
                self.put(slot, vector, Model::Vector(vec![Value::Number(0); length]));
            }
            Step::Text { slot, length } => {
                let text: String =
                    (0..length).map(|n| if n % 7 == 3 { 'λ' } else { 'a' }).collect();
                self.heap.ensure_room(Heap::string_room(length), &mut NoRoots);
                let string = self.heap.string(&text);
                self.put(slot, string, Model::Text(text));
            }
            Step::SetCar { slot, value } => self.set_car(slot, value),
            Step::SetElement { slot, index, value } => self.set_element(slot, index, value),
            Step::Drop { slot } => {
                self.heap.roots[FIRST_ROOT + slot] = Word::FALSE;
                self.slots[slot] = None;
            }
            Step::Collect(which) => match which {
                0 => self.heap.collect(Collection::Minor, &mut NoRoots),
                1 => self.heap.collect(Collection::Young, &mut NoRoots),
                2 => self.heap.collect(Collection::Recent, &mut NoRoots),
                _ => self.heap.collect_major(&mut NoRoots),
            },
            Step::Commit => self.commit(),
            Step::Reopen => self.reopen(),
        }
    }

    fn set_car(&mut self, slot: usize, value: usize) {
        let (word, model) = self.value(value);
        let Some(name) = self.slots[slot] else { return };
        if let Some(Model::Pair(car, _)) = self.objects.get_mut(&name) {
            *car = model;
            self.heap.set_car(self.root(slot), word);
        }
    }

    fn set_element(&mut self, slot: usize, index: usize, value: usize) {
        let (word, model) = self.value(value);
        let Some(name) = self.slots[slot] else { return };
        if let Some(Model::Vector(items)) = self.objects.get_mut(&name)
            && !items.is_empty()
        {
            let index = index % items.len();
            items[index] = model;
            self.heap.set_field(self.root(slot), index, word);
        }
    }

    fn commit(&mut self) {
        self.heap.collect_young(&mut NoRoots);
        self.heap.list_changes(&mut self.wave);
        self.store.as_mut().unwrap().commit(&self.wave).unwrap();
        if self.gives_back {
            self.give_back();
        }
    }

    fn reopen(&mut self) {
        self.commit();
        self.store = None;
        let mut store = self.image.open().unwrap();
        let zeal = self.heap.zeal;
        self.heap = Heap::restore_reserving(&mut store, HEAP_RESERVED_BYTES_MIN).unwrap();
        self.heap.persistent = true;
        assert_eq!(self.heap.verify(&mut |_, _| Ok(())), []);
        self.heap.sweep_after_opening();
        self.heap.set_zeal(zeal);
        if self.gives_back {
            self.heap.bound_residence(0, store.page_reader());
        }
        store.begin().unwrap();
        self.store = Some(store);
    }

    /// Walks heap and model together; every name must stand for one object throughout.
    fn compare(&self) {
        let mut seen: HashMap<usize, Word> = HashMap::new();
        let mut work: Vec<(Word, Value)> = (0..SLOTS).map(|slot| self.value(slot)).collect();
        while let Some((word, value)) = work.pop() {
            let name = match value {
                Value::Number(number) => {
                    assert_eq!(word, Word::fixnum(number));
                    continue;
                }
                Value::Object(name) => name,
            };
            if let Some(&before) = seen.get(&name) {
                assert_eq!(word, before, "object {name} is one object");
                continue;
            }
            seen.insert(name, word);
            match &self.objects[&name] {
                Model::Pair(car, cdr) => {
                    assert!(word.is_pair());
                    work.push((self.heap.car(word), *car));
                    work.push((self.heap.cdr(word), *cdr));
                }
                Model::Vector(items) => {
                    assert_eq!(self.heap.kind_of(word), Some(Kind::Vector));
                    assert_eq!(self.heap.header(word).body_words(), items.len());
                    for (index, item) in items.iter().enumerate() {
                        work.push((self.heap.field(word, index), *item));
                    }
                }
                Model::Text(text) => assert_eq!(self.heap.string_text(word), *text),
            }
        }
    }
}

/// Graphs to try: `PROPTEST_CASES` asks for fewer where each takes long.
fn cases() -> u32 {
    ProptestConfig::default().cases.min(96)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn graphs_survive_collections_commits_and_reopening(
        steps in prop::collection::vec(step(), 1..300),
        zeal in any::<bool>(),
    ) {
        let mut world = World::new(zeal);
        for step in &steps {
            world.run(step);
        }
        world.compare();
        world.reopen();
        world.compare();
        world.heap.collect_major(&mut NoRoots);
        world.compare();
    }

    #[test]
    fn graphs_survive_being_given_back(
        steps in prop::collection::vec(step(), 1..300),
        zeal in any::<bool>(),
    ) {
        let mut world = World::that_gives_back(zeal);
        for step in &steps {
            world.run(step);
        }
        world.commit();
        // Nothing is where the system does not let a process handle its page faults, and under valgrind.
        if Heap::pages_can_be_given_back() {
            prop_assert_eq!(world.heap.resident_bytes(), 0, "all is given back");
        }
        prop_assert_eq!(world.heap.demand_failure().map(|error| error.to_string()), None);
        world.compare();
        prop_assert_eq!(world.heap.verify(&mut |_, _| Ok(())), []);
        world.commit();
        world.heap.collect_major(&mut NoRoots);
        world.compare();
        world.reopen();
        world.compare();
        prop_assert_eq!(world.heap.demand_failure().map(|error| error.to_string()), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn the_graph_hash_knows_no_collection_no_commit_and_no_reopening(
        steps in prop::collection::vec(step(), 1..200),
        zeal in any::<bool>(),
    ) {
        let (mut world, mut calm) = (World::new(zeal), World::new(false));
        for step in &steps {
            world.run(step);
            if !matches!(step, Step::Collect(_) | Step::Commit | Step::Reopen) {
                calm.run(step);
            }
        }
        let hash = calm.heap.graph_hash();
        prop_assert_eq!(world.heap.graph_hash(), hash);
        world.reopen();
        prop_assert_eq!(world.heap.graph_hash(), hash);
        world.heap.collect_major(&mut NoRoots);
        prop_assert_eq!(world.heap.graph_hash(), hash);
        world.run(&Step::Pair { slot: 0, left: 1, right: 1 });
        prop_assert_ne!(world.heap.graph_hash(), hash);
    }
}

#[test]
fn garbage_is_not_written() {
    let mut world = World::new(false);
    world.commit();
    // Some hundred nurseries of pairs, of which one is live.
    for _ in 0..8_000_000 {
        world.heap.ensure_room(16, &mut NoRoots);
        let pair = world.heap.pair(Word::fixnum(1), Word::NULL);
        world.heap.roots[FIRST_ROOT] = pair;
    }
    world.heap.collect_young(&mut NoRoots);
    let summary = world.heap.list_changes(&mut world.wave);
    assert!(world.heap.counts.minor > 100);
    assert_eq!(summary.pages, 1, "one page for one live pair");
}

#[test]
fn one_store_changes_one_page() {
    let mut world = World::new(false);
    // A list long enough for many pages.
    for _ in 0..200_000 {
        world.heap.ensure_room(16, &mut NoRoots);
        let rest = world.heap.roots[FIRST_ROOT];
        let pair = world.heap.pair(Word::fixnum(1), rest);
        world.heap.roots[FIRST_ROOT] = pair;
    }
    world.commit();
    let mut pair = world.heap.roots[FIRST_ROOT];
    for _ in 0..100_000 {
        pair = world.heap.cdr(pair);
    }
    world.heap.set_car(pair, Word::fixnum(2));
    world.heap.collect_young(&mut NoRoots);
    let summary = world.heap.list_changes(&mut world.wave);
    assert_eq!((summary.pages, summary.tombstones), (1, 0));
}

#[test]
fn the_limit_is_noticed_and_freed_memory_is_reused() {
    let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
    heap.limit_bytes = 8 << 20;
    let mut made = 0u64;
    while !heap.over_limit() {
        heap.ensure_room(16, &mut NoRoots);
        let rest = heap.roots[FIRST_ROOT];
        heap.roots[FIRST_ROOT] = heap.pair(Word::fixnum(1), rest);
        made += 1;
        assert!(made < 4_000_000, "the limit is never noticed");
    }
    assert!(made * 16 > 4 << 20, "{made} pairs filled the heap");
    heap.roots[FIRST_ROOT] = Word::NULL;
    heap.collect_major(&mut NoRoots);
    assert!(heap.bytes_in_use() < 1 << 20, "{} bytes are left", heap.bytes_in_use());
}

#[test]
fn who_asks_for_room_has_it_beyond_the_limit_too() {
    for zeal in [false, true] {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        heap.limit_bytes = 0;
        heap.set_zeal(zeal);
        for number in 0..2_000 {
            heap.make_room(32, &mut NoRoots);
            assert!(heap.nursery_room() >= 32, "zeal {zeal}");
            let rest = heap.roots[FIRST_ROOT];
            let pair = heap.pair(Word::fixnum(number), rest);
            heap.roots[FIRST_ROOT] = heap.pair(Word::FALSE, pair);
        }
        assert!(heap.over_limit());
    }
}
