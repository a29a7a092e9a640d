//! Names that can be written at the prompt: for completion, for those who search, and for those who
//! mistype.

use pscheme_compiler::expand::syntax_names;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::machine::Vm;

/// The names that mean something at the top level of an image, each list in the order of the alphabet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Global variables with a value.
    pub variables: Vec<String>,
    /// Forms of the language and macros.
    pub syntax: Vec<String>,
}

impl KnownNames {
    /// The names of an image. Those of the library's own are left out: they begin with `%`, or hold a
    /// space.
    pub fn of(vm: &Vm) -> KnownNames {
        let heap = &vm.heap;
        let cells = heap.global_cells().into_iter();
        let valued = cells.filter(|&cell| heap.field(cell, body::Cell::CONTENT) != Word::UNBOUND);
        let variables = valued.map(|cell| heap.symbol_name(heap.field(cell, body::Cell::NAME)));
        let forms = syntax_names().into_iter().map(str::to_string);
        let syntax: Vec<String> = forms.chain(macro_names(vm)).collect();
        let mut names = KnownNames { variables: variables.collect(), syntax };
        for list in [&mut names.variables, &mut names.syntax] {
            list.retain(|name| !name.starts_with('%') && !name.contains(' '));
            list.sort_unstable();
            list.dedup();
        }
        names
    }

    /// All names that fit, in the order of the alphabet.
    pub fn matching(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let all = self.variables.iter().chain(&self.syntax);
        let mut found: Vec<String> = all.filter(|name| fits(name)).cloned().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Changes of one character that make a name another one, as a part of its length, at most.
const NEAR_DIVISOR: usize = 3;
/// A longer name than this is near to none.
const NEAR_CHARACTERS_MAX: usize = 100;

/// The name that is nearest to `wanted`, if one is near. Names of the library's own are no advice.
pub fn nearest(wanted: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let length = wanted.chars().take(NEAR_CHARACTERS_MAX + 1).count();
    if length > NEAR_CHARACTERS_MAX {
        return None;
    }
    known
        .filter(|name| !name.starts_with('%') && !name.contains(' '))
        .map(|name| (strsim::osa_distance(&name, wanted), name))
        .filter(|(distance, _)| *distance <= length / NEAR_DIVISOR)
        .min()
        .map(|(_, name)| name)
}

/// Whether a program defined a macro of this name at the top level.
pub fn is_macro_of_program(vm: &Vm, name: &str) -> bool {
    vm.heap.symbol_named(name).is_some_and(|symbol| is_macro(&vm.heap, symbol))
}

fn is_macro(heap: &Heap, symbol: Word) -> bool {
    heap.bindings_of(symbol).any(|binding| {
        heap.field(binding, body::Binding::SCOPES) == Word::NULL
            && heap.kind_of(heap.field(binding, body::Binding::MEANING)) == Some(Kind::Macro)
    })
}

/// The macros that programs defined at the top level.
fn macro_names(vm: &Vm) -> Vec<String> {
    let heap = &vm.heap;
    let table = heap.root(Root::Bindings);
    if heap.kind_of(table) != Some(Kind::Vector) {
        return Vec::new();
    }
    let bindings = (0..heap.header(table).body_words()).map(|slot| heap.field(table, slot));
    let names = bindings.filter(|&binding| heap.kind_of(binding) == Some(Kind::Binding));
    let symbols = names.map(|binding| heap.field(binding, body::Binding::NAME));
    symbols
        .filter(|&symbol| is_macro(heap, symbol))
        .map(|symbol| heap.symbol_name(symbol))
        .collect()
}
