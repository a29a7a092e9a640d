//! What names mean to the expander, as heap data: bindings outside all bodies, and libraries.
//!
//! Both are tables of names probed in place (`text.rs`), so that opening an image scans nothing. The
//! words a meaning may be are listed at [`Kind::Binding`]; who reads them checks them again.

use crate::collect::RootSource;
use crate::heap::{Heap, Protected};
use crate::kind::{Kind, body};
use crate::root_table::Root;
use crate::word::Word;

/// Bindings of one name that are looked at, at most: a damaged list may have no end.
const BINDINGS_OF_NAME_MAX: usize = 1 << 20;

impl Heap {
    /// The bindings of a name, the newest first.
    pub fn bindings_of(&self, symbol: Word) -> impl Iterator<Item = Word> + '_ {
        let mut next = self.find_binding(symbol).unwrap_or(Word::FALSE);
        std::iter::from_fn(move || {
            let binding = next;
            next = if binding.is_object() {
                self.field(binding, body::Binding::NEXT)
            } else {
                Word::FALSE
            };
            binding.is_object().then_some(binding)
        })
        .take(BINDINGS_OF_NAME_MAX)
    }

    fn find_binding(&self, symbol: Word) -> Option<Word> {
        self.probe(Root::Bindings, self.raw(symbol, body::Symbol::HASH), |heap, binding| {
            heap.field(binding, body::Binding::NAME) == symbol
        })
    }

    /// Gives a name with these scopes a meaning in place of the one it had; `#f` takes it back. The
    /// words are protected ones.
    pub fn bind(
        &mut self,
        symbol: Protected,
        scopes: Protected,
        meaning: Protected,
        roots: &mut dyn RootSource,
    ) {
        let same = self.bindings_of(self.protected(symbol)).find(|&binding| {
            self.same_scopes(self.field(binding, body::Binding::SCOPES), self.protected(scopes))
        });
        if let Some(binding) = same {
            return self.set_field(binding, body::Binding::MEANING, self.protected(meaning));
        }
        self.grow_names(Root::Bindings, Root::BindingCount, roots);
        self.ensure_room(body::Binding::BYTES, roots);
        let symbol = self.protected(symbol);
        let first = self.find_binding(symbol);
        let binding = self.object(Kind::Binding, 0, body::Binding::FIELDS);
        let fields = [
            (body::Binding::NAME, symbol),
            (body::Binding::SCOPES, self.protected(scopes)),
            (body::Binding::MEANING, self.protected(meaning)),
            (body::Binding::NEXT, first.unwrap_or(Word::FALSE)),
        ];
        for (index, value) in fields {
            self.initialise(binding, index, value.0);
        }
        match first {
            Some(first) => self.replace_entry(Root::Bindings, first, binding),
            None => {
                let hash = self.raw(symbol, body::Symbol::HASH);
                self.insert_name(Root::Bindings, Root::BindingCount, binding, hash);
            }
        }
    }

    /// Whether two lists of scopes are equal.
    fn same_scopes(&self, mut left: Word, mut right: Word) -> bool {
        while left.is_pair() && right.is_pair() && self.car(left) == self.car(right) {
            (left, right) = (self.cdr(left), self.cdr(right));
        }
        left == right
    }

    /// The library whose written name is that of the symbol.
    pub fn find_library(&self, symbol: Word) -> Option<Word> {
        self.probe(Root::Libraries, self.raw(symbol, body::Symbol::HASH), |heap, library| {
            heap.field(library, body::Library::NAME) == symbol
        })
    }

    /// Makes a library known, in place of an earlier one of the name. The words are protected ones.
    pub fn add_library(
        &mut self,
        symbol: Protected,
        exports: Protected,
        roots: &mut dyn RootSource,
    ) {
        self.grow_names(Root::Libraries, Root::LibraryCount, roots);
        self.ensure_room(body::Library::BYTES, roots);
        let symbol = self.protected(symbol);
        let library = self.object(Kind::Library, 0, body::Library::FIELDS);
        self.initialise(library, body::Library::NAME, symbol.0);
        self.initialise(library, body::Library::EXPORTS, self.protected(exports).0);
        match self.find_library(symbol) {
            Some(old) => self.replace_entry(Root::Libraries, old, library),
            None => {
                let hash = self.raw(symbol, body::Symbol::HASH);
                self.insert_name(Root::Libraries, Root::LibraryCount, library, hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::NoRoots;
    use crate::limits::HEAP_RESERVED_BYTES_MIN;

    #[test]
    fn names_have_a_meaning_for_each_set_of_scopes() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        heap.set_zeal(true);
        for round in 0..300i64 {
            for scope in 0..3 {
                let symbol = heap.intern(&format!("name-{round}"), &mut NoRoots);
                let symbol = heap.protect(symbol);
                heap.ensure_room(16, &mut NoRoots);
                let scopes = heap.pair(Word::fixnum(scope), Word::NULL);
                let scopes = heap.protect(scopes);
                for meaning in [round, round + scope] {
                    let meaning = heap.protect(Word::fixnum(meaning));
                    heap.bind(symbol, scopes, meaning, &mut NoRoots);
                    heap.unprotect(meaning);
                }
                heap.unprotect(symbol);
            }
        }
        for round in 0..300i64 {
            let symbol = heap.intern(&format!("name-{round}"), &mut NoRoots);
            let found: Vec<i64> = heap
                .bindings_of(symbol)
                .map(|binding| heap.field(binding, body::Binding::MEANING).as_fixnum())
                .collect();
            assert_eq!(found, [round + 2, round + 1, round]);
        }
        let other = heap.intern("other", &mut NoRoots);
        assert_eq!(heap.bindings_of(other).count(), 0);
        heap.collect_young(&mut NoRoots);
        assert_eq!(heap.verify(&mut |_, _| Ok(())), []);
    }

    #[test]
    fn a_library_takes_the_place_of_its_older_self() {
        let mut heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        for length in [1, 2] {
            let symbol = heap.intern("(my lib)", &mut NoRoots);
            let symbol = heap.protect(symbol);
            heap.ensure_room(64, &mut NoRoots);
            let exports = heap.object(Kind::Vector, 0, length);
            let exports = heap.protect(exports);
            heap.add_library(symbol, exports, &mut NoRoots);
            let library = heap.find_library(heap.protected(symbol)).unwrap();
            let exports = heap.field(library, body::Library::EXPORTS);
            assert_eq!(heap.header(exports).body_words(), length);
            heap.unprotect(symbol);
        }
        assert_eq!(heap.root(Root::LibraryCount), Word::fixnum(1));
    }
}
