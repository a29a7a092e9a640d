//! What differs between two states of an image, or of two images: global variables with their values and
//! definitions, processes, objects by kind.
//!
//! Values are compared as they are shown, to a bounded depth and length: a difference deep inside a large value is
//! not seen. Field names are those of the JSON and are described in `docs/inspection.md`.

use std::collections::{BTreeMap, BTreeSet};

use pscheme_compiler::reader::{ReadOne, read_one};
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_vm::code_info::source_of_code;
use serde::Serialize;

use crate::inspect::{Inspection, ProcessView, View, processes};
use crate::show::{ShowLimits, show};

/// Characters to which the source of a definition is shown.
const DEFINITION_CHARACTERS_MAX: usize = 2_000;

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// By name.
    pub globals: Vec<GlobalChange>,
    /// By number.
    pub processes: Vec<ProcessChange>,
    /// By kind.
    pub kinds: Vec<KindChange>,
}

/// A global variable that has another value, or is in one of the states only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlobalChange {
    pub name: String,
    /// Its value or, of a procedure, the text of its definition; `None` where it has no value.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A process that is in one of the states only, or not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessChange {
    pub process: i64,
    pub before: Option<ProcessView>,
    pub after: Option<ProcessView>,
}

/// Objects of a kind of which there are more or fewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindChange {
    pub kind: &'static str,
    pub objects_before: u64,
    pub objects_after: u64,
    pub bytes_before: u64,
    pub bytes_after: u64,
}

impl Difference {
    /// Compares what two inspections show.
    pub fn between(before: &mut Inspection, after: &mut Inspection) -> Difference {
        let (old, new) = (globals(before.view()), globals(after.view()));
        let globals = changes(&old, &new).into_iter().map(|(name, before, after)| GlobalChange {
            name,
            before: before.map(|value| value.text.clone()),
            after: after.map(|value| value.text.clone()),
        });
        let globals = globals.collect();

        let by_number = |view| -> BTreeMap<i64, ProcessView> {
            processes(view).into_iter().map(|row| (row.process, row)).collect()
        };
        let (old, new) = (by_number(before.view()), by_number(after.view()));
        let processes = changes(&old, &new).into_iter().map(|(process, before, after)| {
            ProcessChange { process, before: before.cloned(), after: after.cloned() }
        });
        let processes = processes.collect();

        let counts = |inspection: &mut Inspection| -> BTreeMap<&'static str, (u64, u64)> {
            let rows = inspection.census().into_iter();
            rows.map(|row| (row.kind, (row.objects, row.bytes))).collect()
        };
        let (old, new) = (counts(before), counts(after));
        let kinds = changes(&old, &new).into_iter().map(|(kind, before, after)| {
            let (objects_before, bytes_before) = before.copied().unwrap_or_default();
            let (objects_after, bytes_after) = after.copied().unwrap_or_default();
            KindChange { kind, objects_before, objects_after, bytes_before, bytes_after }
        });
        let kinds = kinds.collect();
        Difference { globals, processes, kinds }
    }
}

/// What is not the same in two tables, by its key.
fn changes<'a, K: Ord + Clone, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> Vec<(K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let pairs = keys.into_iter().map(|key| (key.clone(), before.get(key), after.get(key)));
    pairs.filter(|(_, before, after)| before != after).collect()
}

/// A value as it is compared, and as it is shown.
struct Shown {
    text: String,
    /// Of a procedure with code: the hash of that, which does not depend on where its text stands.
    code: Option<[u64; 4]>,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        match (self.code, other.code) {
            (None, None) => self.text == other.text,
            (code, other) => code == other,
        }
    }
}

/// Every global variable that has a value.
fn globals(view: View<'_>) -> BTreeMap<String, Shown> {
    let valued = view.heap.peek_globals().into_iter().filter_map(|(name, cell)| {
        let value = view.heap.peek_field(cell, Kind::Cell, body::Cell::CONTENT)?;
        (value != Word::UNBOUND).then(|| (name, shown(view, value)))
    });
    valued.collect()
}

fn shown(view: View<'_>, value: Word) -> Shown {
    let code = view.heap.peek_field(value, Kind::Closure, body::Closure::CODE);
    let code = code.filter(|code| view.heap.peek_kind(*code) == Some(Kind::Code));
    let hash = |code| [0, 1, 2, 3].map(|index| view.heap.raw(code, body::Code::HASH0 + index));
    let text = code.and_then(|code| definition(view, code));
    let text = text.unwrap_or_else(|| show(view.heap, view.primitives, value, ShowLimits::WHOLE));
    Shown { text, code: code.map(hash) }
}

/// The form of the top level in which a procedure stands, as text; `None` for code that knows no place.
fn definition(view: View<'_>, code: Word) -> Option<String> {
    let position = source_of_code(view.heap, code)?;
    let inside = position.start as usize;
    let mut start = 0;
    while let ReadOne::Datum { end, .. } | ReadOne::Failed { end, .. } =
        read_one(&position.text, start)
        && end > start
    {
        if end > inside {
            let form = position.text[start..end].trim_start();
            return Some(form.chars().take(DEFINITION_CHARACTERS_MAX).collect());
        }
        start = end;
    }
    None
}
