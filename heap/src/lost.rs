//! What lay on pages that cannot be read, as far as the rest of the heap tells: who refers to them, what may be
//! there, and how it was reached from the root table.
//!
//! A search in breadth from the roots, so that the way that is told is a shortest one. Nothing is trusted
//! (see `peek.rs`): the pages that can be read may be damaged as well.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::frame::{FRAME_WORDS_MIN, Link, ReturnPoint};
use crate::heap::Heap;
use crate::kind::{Allowed, FieldClass, Kind, Tail, body};
use crate::limits::{CODE_END_PAGE, LOST_SEARCH_OBJECTS_MAX, PAGE_BYTES};
use crate::space::{Page, PageType};
use crate::word::Word;

/// A page that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostPage {
    pub page: u32,
    /// Different objects on it that others refer to, by what those expect; nothing is expected where any value
    /// may stand.
    pub objects: BTreeMap<&'static str, usize>,
    /// The way from a root to the first of them; empty if nothing leads there.
    pub path: Vec<Step>,
}

/// A step of a way through the heap: a reference that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who holds the reference; `None` for the root table.
    pub holder: Option<Word>,
    pub place: Place,
}

/// Where in its holder a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This word of the root table.
    Root(usize),
    Car,
    Cdr,
    /// A field of an object of this kind.
    Field(Kind, &'static str),
    /// Element of an object of this kind.
    Element(Kind, usize),
    /// This constant of a procedure's code.
    Constant(usize),
    /// This word of the frames that a continuation keeps.
    Frame(usize),
    /// The code in which a frame of a continuation goes on.
    FrameCode,
}

struct Search<'heap> {
    heap: &'heap Heap,
    found: BTreeMap<u32, LostPage>,
    /// Offsets on lost pages that were counted.
    counted: BTreeSet<u64>,
    /// For each object that was reached, who refers to it; itself if a root does.
    holders: HashMap<u64, Word>,
    queue: VecDeque<Word>,
}

impl Heap {
    /// Searches for what refers to these pages. In very large heaps the search ends before it has seen all.
    pub fn find_lost(&self, pages: &[u32]) -> Vec<LostPage> {
        let found = pages.iter().map(|&page| (page, LostPage { page, ..LostPage::default() }));
        let mut search = Search {
            heap: self,
            found: found.collect(),
            counted: BTreeSet::new(),
            holders: HashMap::new(),
            queue: VecDeque::new(),
        };
        for (index, &root) in self.roots.iter().enumerate() {
            search.follow(None, root, Allowed::Any, Place::Root(index));
        }
        while let Some(word) = search.queue.pop_front()
            && search.holders.len() < LOST_SEARCH_OBJECTS_MAX
        {
            self.each_reference(word, &mut |reference, allowed, place| {
                search.follow(Some(word), reference, allowed, place);
            });
        }
        search.found.into_values().collect()
    }

    /// Calls `visit` with every reference that an object holds, with what its place allows.
    fn each_reference(&self, word: Word, visit: &mut dyn FnMut(Word, Allowed, Place)) {
        if let Some((car, cdr)) = self.peek_pair(word) {
            visit(car, Allowed::Any, Place::Car);
            visit(cdr, Allowed::Any, Place::Cdr);
            return;
        }
        let Some(kind) = self.peek_kind(word) else { return };
        let (row, words) = (kind.row(), self.header(word).body_words());
        for (index, field) in row.fields.iter().enumerate() {
            if let FieldClass::Value(allowed) = field.class {
                visit(self.field(word, index), allowed, Place::Field(kind, field.name));
            }
        }
        let fields = row.fields.len();
        match row.tail {
            Tail::Values => (fields..words).for_each(|index| {
                visit(self.field(word, index), Allowed::Any, Place::Element(kind, index - fields));
            }),
            Tail::Code => {
                let counts = self.raw(word, body::Code::COUNTS);
                let first = body::Code::FIELDS + counts as u32 as usize;
                for index in first..words {
                    let place = Place::Constant(index - first);
                    visit(self.field(word, index), Allowed::Any, place);
                }
            }
            Tail::None | Tail::Raw | Tail::Frames => {}
        }
        if kind == Kind::Continuation {
            self.each_in_frames(word, visit);
        }
    }

    /// The same for the frames that a continuation keeps, as far as their chain can be followed.
    fn each_in_frames(&self, word: Word, visit: &mut dyn FnMut(Word, Allowed, Place)) {
        let segment = self.field(word, body::Continuation::SEGMENT);
        let Some(words) = self.peek_length(segment, Kind::Segment) else { return };
        let top = (self.raw(word, body::Continuation::OFFSET) as usize).min(words);
        for index in 0..top {
            visit(self.field(segment, index), Allowed::Any, Place::Frame(index));
        }
        let mut link = Link(self.raw(word, body::Continuation::LINK));
        let mut at = top;
        if self.field(word, body::Continuation::CODE).is_object() {
            let below = at.checked_sub(link.shift_words());
            let Some(below) = below.filter(|below| below + 1 < words) else { return };
            at = below;
            link = Link(self.field(segment, at + 1).0);
        }
        while at > 0 {
            let offset = link.return_offset();
            if offset < 8 || offset >= u64::from(CODE_END_PAGE) * PAGE_BYTES {
                return;
            }
            let point = ReturnPoint::decode(self.space.read(offset - 8));
            // On a page that is not there the place itself stands for its code.
            let code =
                point.map_or(offset & !15, |point| offset.wrapping_sub(point.distance as u64 * 8));
            visit(Word::object(code), Allowed::Only(Kind::Code), Place::FrameCode);
            let below = at.checked_sub(link.shift_words().max(FRAME_WORDS_MIN));
            let Some(below) = below.filter(|below| below + 1 < words) else { return };
            at = below;
            link = Link(self.field(segment, at + 1).0);
        }
    }

    /// The page in `lost` without which a reference leads nowhere: that of its target, or another one of
    /// the target's run.
    fn lost_page_of(&self, word: Word, lost: &BTreeMap<u32, LostPage>) -> Option<u32> {
        let page = (word.offset() / PAGE_BYTES) as u32;
        if lost.contains_key(&page) {
            return Some(page);
        }
        if page >= self.space.pages() {
            return None;
        }
        let entry = self.space.entry(Page(page));
        if entry.page_type != PageType::Run {
            return None;
        }
        let run = page..page.saturating_add(entry.run);
        lost.range(run).next().map(|(&page, _)| page)
    }
}

impl Search<'_> {
    fn follow(&mut self, holder: Option<Word>, word: Word, allowed: Allowed, place: Place) {
        if !word.is_reference() {
            return;
        }
        if let Some(page) = self.heap.lost_page_of(word, &self.found) {
            if self.counted.insert(word.offset()) {
                self.count(page, holder, word, allowed, place);
            }
            return;
        }
        if self.heap.check_reference(word).is_ok() && !self.holders.contains_key(&word.offset()) {
            self.holders.insert(word.offset(), holder.unwrap_or(word));
            self.queue.push_back(word);
        }
    }

    fn count(
        &mut self,
        page: u32,
        holder: Option<Word>,
        word: Word,
        allowed: Allowed,
        place: Place,
    ) {
        // Of a run the header may be there.
        let kind = self.heap.header_kind_beside(word, page);
        let expected = match (allowed, kind) {
            _ if word.is_pair() => "Pair",
            (Allowed::Only(kind) | Allowed::OrNone(kind), _) | (_, Some(kind)) => kind.row().name,
            _ => "object",
        };
        let path = self.found[&page].path.is_empty().then(|| self.path(holder, place));
        let lost = self.found.get_mut(&page).expect("it is one of those");
        *lost.objects.entry(expected).or_default() += 1;
        if let Some(path) = path {
            lost.path = path;
        }
    }

    /// The way to a reference.
    fn path(&self, holder: Option<Word>, place: Place) -> Vec<Step> {
        let mut steps = vec![Step { holder, place }];
        let mut next = holder;
        while let Some(word) = next {
            let above = self.holders[&word.offset()];
            let is_root = above == word;
            let place = match is_root {
                true => self.heap.roots.iter().position(|&root| root == word).map(Place::Root),
                false => self.heap.place_in(above, word),
            };
            let Some(place) = place else { break };
            next = (!is_root).then_some(above);
            steps.push(Step { holder: next, place });
        }
        steps.reverse();
        steps
    }
}

impl Heap {
    /// Where an object holds a reference to another one.
    fn place_in(&self, holder: Word, wanted: Word) -> Option<Place> {
        let mut found = None;
        self.each_reference(holder, &mut |word, _, place| {
            if word == wanted && found.is_none() {
                found = Some(place);
            }
        });
        found
    }

    /// The kind of a large object one of whose later pages is lost.
    fn header_kind_beside(&self, word: Word, lost: u32) -> Option<Kind> {
        let page = (word.offset() / PAGE_BYTES) as u32;
        (word.is_object() && page != lost).then(|| self.header(word).kind()).flatten()
    }
}
