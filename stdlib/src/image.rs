//! The image as a compilation sees it: libraries, macros and bindings of earlier programs, probed in
//! the heap, and the host's files. And the way back: what a compilation leaves, put into the heap.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use pscheme_compiler::surroundings::{
    Definitions, MacroPlace, StoredBinding, StoredMacro, StoredMeaning, Surroundings,
};
use pscheme_heap::heap::{Heap, Protected};
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::LARGE_OBJECT_BYTES;
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::host::Host;
use pscheme_vm::machine::Vm;

use crate::data::{CopiedData, scope_list};
use crate::room::object_bytes;

/// What an image holds for a compilation. Nothing is allocated while it lives.
pub struct ImageSurroundings<'vm> {
    heap: &'vm Heap,
    host: RefCell<&'vm mut dyn Host>,
    redefined: RefCell<HashMap<String, bool>>,
    /// The standard library is whole, and its cells are told from those of programs.
    has_library: bool,
}

impl<'vm> ImageSurroundings<'vm> {
    pub fn new(heap: &'vm Heap, host: &'vm mut dyn Host) -> ImageSurroundings<'vm> {
        let some_name = heap.symbol_named("car");
        let has_library = some_name.is_some_and(|name| heap.find_library_cell(name).is_some());
        let redefined = RefCell::default();
        ImageSurroundings { heap, host: RefCell::new(host), redefined, has_library }
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
            let place = MacroPlace::Stored { number, place: word.0 };
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
        let word = Word(place);
        let rules = heap.field(word, body::Macro::RULES);
        let (copied, rules) = CopiedData::copy(heap, rules);
        StoredMacro {
            name: heap.symbol_name(heap.field(word, body::Macro::NAME)),
            data: copied.data,
            rules,
            among_definitions: heap.header(word).aux() == 1,
        }
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.host.borrow().library_folders()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        let bytes = self.host.borrow_mut().read_file(path)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// The macros that a compilation's definitions refer to, kept from collections.
pub struct KeptMacros(HashMap<u64, Protected>);

impl KeptMacros {
    /// Protects them. Nothing may have been allocated since the compilation.
    pub fn of<'a>(vm: &mut Vm, meanings: impl Iterator<Item = &'a StoredMeaning>) -> KeptMacros {
        let mut kept = HashMap::new();
        for meaning in meanings {
            if let StoredMeaning::Macro(MacroPlace::Stored { place, .. }) = meaning {
                kept.entry(*place).or_insert_with(|| vm.heap.protect(Word(*place)));
            }
        }
        KeptMacros(kept)
    }
}

/// All meanings in definitions.
pub fn meanings_of(definitions: &Definitions) -> impl Iterator<Item = &StoredMeaning> {
    let of_bindings = definitions.bindings.iter().filter_map(|(.., meaning)| meaning.as_ref());
    let of_libraries = definitions.libraries.iter().flat_map(|library| &library.exports);
    of_bindings.chain(of_libraries.map(|(_, meaning)| meaning))
}

/// Puts what a compilation leaves into the heap. `data` is the vector of its quoted data.
pub struct DefinitionWriter<'vm> {
    vm: &'vm mut Vm,
    data: Protected,
    old: KeptMacros,
    new: Vec<Protected>,
}

impl<'vm> DefinitionWriter<'vm> {
    pub fn new(vm: &'vm mut Vm, data: Protected, old: KeptMacros) -> DefinitionWriter<'vm> {
        DefinitionWriter { vm, data, old, new: Vec::new() }
    }

    pub fn write(&mut self, definitions: &Definitions) {
        let mark = self.vm.heap.protect(Word::FALSE);
        let next = Word::fixnum(i64::from(definitions.next_scope));
        self.vm.heap.set_root(Root::NextScope, next);
        for definition in &definitions.macros {
            let symbol = self.symbol(&definition.name);
            self.vm.heap.ensure_room(body::Macro::BYTES, &mut self.vm.machine);
            let heap = &mut self.vm.heap;
            let aux = u8::from(definition.among_definitions);
            let object = heap.object(Kind::Macro, aux, body::Macro::FIELDS);
            let rules = heap.field(heap.protected(self.data), definition.rules as usize);
            heap.initialise(object, body::Macro::NAME, heap.protected(symbol).0);
            heap.initialise(object, body::Macro::RULES, rules.0);
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
            StoredMeaning::Macro(MacroPlace::Stored { place, .. }) => self.old.0[place],
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
    let macros = KeptMacros::of(vm, std::iter::empty());
    let mut writer = DefinitionWriter::new(vm, mark, macros);
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
