//! The image as a compilation sees it: libraries, macros and bindings of earlier programs, probed in
//! the heap, and the host's files. And the way back: what a compilation leaves, put into the heap.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use pscheme_compiler::surroundings::{
    Definitions, MacroPlace, NewTransformer, RulePlaces, StoredBinding, StoredMacro, StoredMeaning,
    StoredPlaces, StoredTransformer, Surroundings,
};
use pscheme_heap::heap::{Heap, Protected};
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::LARGE_OBJECT_BYTES;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::code_info::is_source;
use pscheme_vm::host::Host;
use pscheme_vm::install::InstalledSource;
use pscheme_vm::machine::Vm;

use crate::compilation::source_parts;
use crate::data::{CopiedData, scope_list};
use crate::room::{bytevector_bytes, object_bytes};

/// Indices in the rules of a macro that have places: the syntax, the places of its parts, and the source.
const PLACED_SYNTAX: usize = 0;
const PLACES: usize = 1;
const PLACES_SOURCE: usize = 2;
const PLACED_RULES_LENGTH: usize = 3;

/// The objects that a compilation refers to by number. Nothing is allocated while this lives.
#[derive(Default)]
pub(crate) struct ObjectNumbers {
    /// Those it began with.
    first: Vec<Word>,
    /// Those of a compilation that has waited: the list in its object, the last first.
    waited: Option<(Word, usize)>,
    /// Those that came since.
    new: RefCell<Vec<Word>>,
}

impl ObjectNumbers {
    pub(crate) fn beginning_with(first: Vec<Word>) -> ObjectNumbers {
        ObjectNumbers { first, ..ObjectNumbers::default() }
    }

    /// Those of a compilation that has waited.
    pub(crate) fn of_list(list: Word, count: usize) -> ObjectNumbers {
        ObjectNumbers { waited: Some((list, count)), ..ObjectNumbers::default() }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.known() + self.new.borrow().len()
    }

    fn known(&self) -> usize {
        self.waited.map_or(self.first.len(), |(_, count)| count)
    }

    /// Numbers an object.
    pub(crate) fn add(&self, object: Word) -> usize {
        self.new.borrow_mut().push(object);
        self.count() - 1
    }

    pub(crate) fn get(&self, heap: &Heap, number: usize) -> Word {
        if let Some(index) = number.checked_sub(self.known()) {
            return self.new.borrow().get(index).copied().unwrap_or(Word::FALSE);
        }
        match self.waited {
            None => self.first[number],
            Some((list, count)) => nth(heap, list, count - 1 - number),
        }
    }

    /// Those that came since it was made.
    pub(crate) fn into_new(self) -> Vec<Word> {
        let mut all = if self.waited.is_some() { Vec::new() } else { self.first };
        all.extend(self.new.into_inner());
        all
    }
}

/// The element of a list, or `#f` if it has none there.
fn nth(heap: &Heap, mut list: Word, index: usize) -> Word {
    for _ in 0..index {
        if !list.is_pair() {
            return Word::FALSE;
        }
        list = heap.cdr(list);
    }
    if list.is_pair() { heap.car(list) } else { Word::FALSE }
}

/// What an image holds for a compilation. Nothing is allocated while it lives.
pub struct ImageSurroundings<'vm> {
    heap: &'vm Heap,
    host: RefCell<&'vm mut dyn Host>,
    redefined: RefCell<HashMap<String, bool>>,
    /// The standard library is whole, and its cells are told from those of programs.
    has_library: bool,
    /// The objects of the compilation; macros are among them.
    pub(crate) objects: ObjectNumbers,
    /// The numbers of sources among them, by word.
    sources: RefCell<HashMap<u64, u32>>,
    /// The list of texts that a compilation which is made again has read, in place of files.
    pub(crate) texts_read: Cell<Option<Word>>,
    /// The next scope, where a compilation is made again.
    pub(crate) scopes_from: Cell<Option<u32>>,
}

impl<'vm> ImageSurroundings<'vm> {
    pub fn new(heap: &'vm Heap, host: &'vm mut dyn Host) -> ImageSurroundings<'vm> {
        ImageSurroundings::of(heap, host, ObjectNumbers::default())
    }

    /// As [`ImageSurroundings::new`], for a compilation with objects.
    pub(crate) fn of(
        heap: &'vm Heap,
        host: &'vm mut dyn Host,
        objects: ObjectNumbers,
    ) -> ImageSurroundings<'vm> {
        let some_name = heap.symbol_named("car");
        let has_library = some_name.is_some_and(|name| heap.find_library_cell(name).is_some());
        ImageSurroundings {
            heap,
            host: RefCell::new(host),
            redefined: RefCell::default(),
            has_library,
            objects,
            sources: RefCell::default(),
            texts_read: Cell::new(None),
            scopes_from: Cell::new(None),
        }
    }

    /// The places in a macro's rules that have some; none in damaged ones.
    fn places(&self, placed: Word) -> Option<StoredPlaces> {
        let heap = self.heap;
        let source = heap.peek_field(placed, Kind::Vector, PLACES_SOURCE)?;
        if !is_source(heap, source) {
            return None;
        }
        let bytes = heap.peek_bytes(heap.field(placed, PLACES))?.to_vec();
        let length = u32::try_from(heap.peek_bytes(heap.field(source, 1))?.len()).ok()?;
        let mut numbers = self.sources.borrow_mut();
        let object = *numbers.entry(source.0).or_insert_with(|| self.objects.add(source) as u32);
        Some(StoredPlaces { object, length, bytes })
    }

    /// What a word in a binding, a library or an environment means; `None` for one that was taken
    /// back.
    fn meaning(&self, word: Word) -> Option<StoredMeaning> {
        let heap = self.heap;
        let name_of =
            |word| (heap.kind_of(word) == Some(Kind::Symbol)).then(|| heap.symbol_name(word));
        if word.is_pair() {
            return name_of(heap.car(word)).map(StoredMeaning::Standard);
        }
        if heap.kind_of(word) == Some(Kind::Macro) {
            let number = heap.field(word, body::Macro::NUMBER).as_fixnum() as u32;
            let place = MacroPlace::Stored { number, place: self.objects.add(word) as u64 };
            return Some(StoredMeaning::Macro(place));
        }
        name_of(word).map(StoredMeaning::Variable)
    }

    /// The names and meanings in a vector that has them in turn.
    pub fn names(&self, vector: Word) -> Vec<(String, StoredMeaning)> {
        let heap = self.heap;
        let count = heap.header(vector).body_words();
        let pair = |index: usize| {
            let name = heap.field(vector, index);
            let is_name = heap.kind_of(name) == Some(Kind::Symbol);
            let meaning = self.meaning(heap.field(vector, index + 1))?;
            is_name.then(|| (heap.symbol_name(name), meaning))
        };
        (0..count / 2).filter_map(|half| pair(half * 2)).collect()
    }
}

impl Surroundings for ImageSurroundings<'_> {
    fn next_scope(&self) -> u32 {
        if let Some(next) = self.scopes_from.get() {
            return next;
        }
        let next = self.heap.root(Root::NextScope);
        if next.is_fixnum() { u32::try_from(next.as_fixnum()).unwrap_or(1) } else { 1 }
    }

    fn bindings(&self, name: &str) -> Vec<StoredBinding> {
        let Some(symbol) = self.heap.symbol_named(name) else { return Vec::new() };
        let bindings: Vec<Word> = self.heap.bindings_of(symbol).collect();
        let stored = |binding| {
            let meaning = self.meaning(self.heap.field(binding, body::Binding::MEANING))?;
            let scopes = scope_list(self.heap, self.heap.field(binding, body::Binding::SCOPES));
            Some(StoredBinding { scopes, meaning })
        };
        // Oldest first, as they were made.
        bindings.into_iter().rev().filter_map(stored).collect()
    }

    fn is_redefined(&self, name: &str) -> bool {
        if let Some(known) = self.redefined.borrow().get(name) {
            return *known;
        }
        let heap = self.heap;
        let cell = heap.symbol_named(name).and_then(|symbol| heap.find_program_cell(symbol));
        let has_value = |cell| heap.field(cell, body::Cell::CONTENT) != Word::UNBOUND;
        let is_redefined = self.has_library && cell.is_some_and(has_value);
        self.redefined.borrow_mut().insert(name.to_string(), is_redefined);
        is_redefined
    }

    fn library(&self, name: &str) -> Option<Vec<(String, StoredMeaning)>> {
        let symbol = self.heap.symbol_named(name)?;
        let library = self.heap.find_library(symbol)?;
        Some(self.names(self.heap.field(library, body::Library::EXPORTS)))
    }

    fn macro_definition(&self, place: u64) -> StoredMacro {
        let heap = self.heap;
        let word = self.objects.get(heap, place as usize);
        let written = heap.field(word, body::Macro::RULES);
        let text = heap.peek_field(written, Kind::Vector, PLACED_SYNTAX).unwrap_or(written);
        let transformer = if heap.kind_of(text) != Some(Kind::Syntax) || is_datum(heap, text) {
            let (copied, rules) = CopiedData::copy(heap, text);
            let (data, places) = (Box::new(copied.data), self.places(written));
            StoredTransformer::Rules { data, rules, places }
        } else {
            let procedure = heap.field(text, body::Syntax::DATUM);
            StoredTransformer::Procedure {
                object: self.objects.add(procedure) as u32,
                scopes: scope_list(heap, heap.field(text, body::Syntax::SCOPES)),
            }
        };
        StoredMacro {
            name: heap.symbol_name(heap.field(word, body::Macro::NAME)),
            transformer,
            among_definitions: heap.header(word).aux() == 1,
        }
    }

    fn stored_source(&self, object: u32) -> (String, String) {
        source_parts(self.heap, self.objects.get(self.heap, object as usize))
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.host.borrow().library_folders()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        if let Some(texts) = self.texts_read.get() {
            let text = text_of_name(self.heap, texts, &path.display().to_string());
            return text.ok_or_else(|| io::ErrorKind::NotFound.into());
        }
        let bytes = self.host.borrow_mut().read_file(path)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Whether the text of a macro is rules; else it stands for a procedure.
fn is_datum(heap: &Heap, mut word: Word) -> bool {
    // In a damaged image syntax may be its own datum.
    for _ in 0..=heap.bytes_in_use() / body::Syntax::BYTES {
        if heap.kind_of(word) != Some(Kind::Syntax) {
            return word.is_pair();
        }
        word = heap.field(word, body::Syntax::DATUM);
    }
    true
}

/// The text of this name in a list of sources.
fn text_of_name(heap: &Heap, mut sources: Word, name: &str) -> Option<String> {
    while sources.is_pair() {
        let source = heap.car(sources);
        let part = |index, kind| {
            let is_source = heap.kind_of(source) == Some(Kind::Vector)
                && index < heap.header(source).body_words();
            let part = if is_source { heap.field(source, index) } else { Word::FALSE };
            (heap.kind_of(part) == Some(kind)).then_some(part)
        };
        if let Some(known) = part(0, Kind::String)
            && let Some(text) = part(1, Kind::Bytevector)
            && heap.string_text(known) == name
        {
            return Some(String::from_utf8_lossy(heap.bytes(text)).into_owned());
        }
        sources = heap.cdr(sources);
    }
    None
}

/// Puts what a compilation leaves into the heap. `data` is the vector of its quoted data, `objects`
/// are those it refers to by number, and `texts` those it was made from.
pub struct DefinitionWriter<'vm> {
    vm: &'vm mut Vm,
    data: Protected,
    objects: &'vm [Protected],
    texts: &'vm [InstalledSource],
    new: Vec<Protected>,
}

impl<'vm> DefinitionWriter<'vm> {
    pub fn new(
        vm: &'vm mut Vm,
        data: Protected,
        objects: &'vm [Protected],
        texts: &'vm [InstalledSource],
    ) -> DefinitionWriter<'vm> {
        DefinitionWriter { vm, data, objects, texts, new: Vec::new() }
    }

    pub fn write(&mut self, definitions: &Definitions) {
        let mark = self.vm.heap.protect(Word::FALSE);
        let next = Word::fixnum(i64::from(definitions.next_scope));
        self.vm.heap.set_root(Root::NextScope, next);
        for definition in &definitions.macros {
            let symbol = self.symbol(&definition.name);
            let text = self.transformer(&definition.transformer);
            self.vm.heap.ensure_room(body::Macro::BYTES, &mut self.vm.machine);
            let heap = &mut self.vm.heap;
            let aux = u8::from(definition.among_definitions);
            let object = heap.object(Kind::Macro, aux, body::Macro::FIELDS);
            heap.initialise(object, body::Macro::NAME, heap.protected(symbol).0);
            heap.initialise(object, body::Macro::RULES, heap.protected(text).0);
            let number = Word::fixnum(i64::from(definition.number));
            heap.initialise(object, body::Macro::NUMBER, number.0);
            self.new.push(heap.protect(object));
        }
        for (name, scopes, meaning) in &definitions.bindings {
            self.bind(name, scopes, meaning.as_ref());
        }
        for library in &definitions.libraries {
            let mark = self.vm.heap.protect(Word::FALSE);
            let exports = self.names(&library.exports);
            let symbol = self.symbol(&library.name);
            self.vm.heap.add_library(symbol, exports, &mut self.vm.machine);
            self.vm.heap.unprotect(mark);
        }
        self.new.clear();
        self.vm.heap.unprotect(mark);
    }

    /// A macro's rules as syntax, or its procedure with the scopes it was written in.
    fn transformer(&mut self, transformer: &NewTransformer) -> Protected {
        let (object, scopes) = match transformer {
            NewTransformer::Rules { index, places } => {
                let heap = &mut self.vm.heap;
                let rules = heap.field(heap.protected(self.data), *index as usize);
                let rules = heap.protect(rules);
                if let Some(places) = places {
                    self.place(rules, places);
                }
                return rules;
            }
            NewTransformer::Procedure { object, scopes } => {
                (self.objects[*object as usize], scopes)
            }
        };
        let scopes = self.scopes(scopes);
        self.vm.heap.ensure_room(body::Syntax::BYTES, &mut self.vm.machine);
        let heap = &mut self.vm.heap;
        let syntax = heap.object(Kind::Syntax, 0, body::Syntax::FIELDS);
        heap.initialise(syntax, body::Syntax::DATUM, heap.protected(object).0);
        heap.initialise(syntax, body::Syntax::SCOPES, heap.protected(scopes).0);
        heap.protect(syntax)
    }

    /// Puts rules and their places in place of protected rules.
    fn place(&mut self, rules: Protected, places: &RulePlaces) {
        let room = bytevector_bytes(places.bytes.len()).min(LARGE_OBJECT_BYTES);
        let room = room + object_bytes(PLACED_RULES_LENGTH);
        self.vm.heap.ensure_room(room, &mut self.vm.machine);
        let heap = &mut self.vm.heap;
        let bytes = heap.bytevector(&places.bytes);
        let vector = heap.object(Kind::Vector, 0, PLACED_RULES_LENGTH);
        heap.initialise(vector, PLACED_SYNTAX, heap.protected(rules).0);
        heap.initialise(vector, PLACES, bytes.0);
        heap.initialise(vector, PLACES_SOURCE, heap.protected(self.texts[places.text].object).0);
        heap.set_protected(rules, vector);
    }

    fn bind(&mut self, name: &str, scopes: &[u32], meaning: Option<&StoredMeaning>) {
        let known = self.vm.heap.symbol_named(name);
        if meaning.is_none() && known.is_none_or(|name| self.vm.heap.bindings_of(name).count() == 0)
        {
            return;
        }
        let mark = self.vm.heap.protect(Word::FALSE);
        let symbol = self.symbol(name);
        let scopes = self.scopes(scopes);
        let meaning = match meaning {
            Some(meaning) => self.meaning(meaning),
            None => self.vm.heap.protect(Word::FALSE),
        };
        self.vm.heap.bind(symbol, scopes, meaning, &mut self.vm.machine);
        self.vm.heap.unprotect(mark);
    }

    fn symbol(&mut self, name: &str) -> Protected {
        let symbol = self.vm.heap.intern(name, &mut self.vm.machine);
        self.vm.heap.protect(symbol)
    }

    fn scopes(&mut self, scopes: &[u32]) -> Protected {
        let list = scope_words(self.vm, scopes);
        self.vm.heap.protect(list)
    }

    fn meaning(&mut self, meaning: &StoredMeaning) -> Protected {
        match meaning {
            StoredMeaning::Variable(name) => self.symbol(name),
            StoredMeaning::Standard(name) => {
                let symbol = self.symbol(name);
                self.vm.heap.ensure_room(16, &mut self.vm.machine);
                let symbol = self.vm.heap.protected(symbol);
                let list = self.vm.heap.pair(symbol, Word::NULL);
                self.vm.heap.protect(list)
            }
            StoredMeaning::Macro(MacroPlace::New { index }) => self.new[*index],
            StoredMeaning::Macro(MacroPlace::Stored { place, .. }) => self.objects[*place as usize],
        }
    }

    /// A vector of names and their meanings in turn.
    pub fn names(&mut self, names: &[(String, StoredMeaning)]) -> Protected {
        let bytes = object_bytes(names.len() * 2);
        self.vm.heap.ensure_room(bytes.min(LARGE_OBJECT_BYTES), &mut self.vm.machine);
        let vector = self.vm.heap.object(Kind::Vector, 0, names.len() * 2);
        let vector = self.vm.heap.protect(vector);
        for (index, (name, meaning)) in names.iter().enumerate() {
            let symbol = self.symbol(name);
            let meaning = self.meaning(meaning);
            let heap = &mut self.vm.heap;
            let (at, name, meaning) =
                (heap.protected(vector), heap.protected(symbol), heap.protected(meaning));
            heap.set_field(at, index * 2, name);
            heap.set_field(at, index * 2 + 1, meaning);
            heap.unprotect(symbol);
        }
        vector
    }
}

/// Makes a library known whose names are global variables of these names, in place of an earlier one.
pub fn define_library(vm: &mut Vm, name: &str, variables: &[&str]) {
    let mark = vm.heap.protect(Word::FALSE);
    let variable = |name: &&str| (name.to_string(), StoredMeaning::Variable(name.to_string()));
    let exports: Vec<(String, StoredMeaning)> = variables.iter().map(variable).collect();
    let mut writer = DefinitionWriter::new(vm, mark, &[], &[]);
    let exports = writer.names(&exports);
    let symbol = writer.symbol(name);
    vm.heap.add_library(symbol, exports, &mut vm.machine);
    vm.heap.unprotect(mark);
}

/// An ascending list of scopes.
pub fn scope_words(vm: &mut Vm, scopes: &[u32]) -> Word {
    vm.heap.ensure_room(scopes.len() as u64 * 16, &mut vm.machine);
    let pair = |list, scope: &u32| vm.heap.pair(Word::fixnum(i64::from(*scope)), list);
    scopes.iter().rev().fold(Word::NULL, pair)
}
