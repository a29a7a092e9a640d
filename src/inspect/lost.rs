//! What lay on the pages of an image that cannot be read, in words.

use std::fmt::Write;

use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::lost::{LostPage, Place, Step};
use pscheme_heap::peek::NAME_CHARACTERS_MAX;
use pscheme_heap::root_table::ROOT_ROWS;
use serde::Serialize;

/// Steps of a way that are told at its beginning and at its end.
const STEPS_TOLD_MAX: usize = 6;

/// A page that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LostView {
    pub page: u32,
    /// What others refer to on it, by kind; `object` where any may be.
    pub objects: Vec<LostCount>,
    /// The global variable, process or root from which it is reached, and the way from there; `None` if nothing
    /// leads to it.
    pub path: Option<String>,
    /// The process on the way.
    pub process: Option<i64>,
}

/// So many objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LostCount {
    pub kind: &'static str,
    pub objects: usize,
}

impl LostView {
    pub(super) fn of(heap: &Heap, lost: &LostPage) -> LostView {
        let count = |(&kind, &objects): (&&'static str, &usize)| LostCount { kind, objects };
        LostView {
            page: lost.page,
            objects: lost.objects.iter().map(count).collect(),
            path: (!lost.path.is_empty()).then(|| told(heap, &lost.path)),
            process: lost.path.iter().rev().find_map(|step| process_of(heap, step)),
        }
    }
}

fn process_of(heap: &Heap, step: &Step) -> Option<i64> {
    let number = heap.peek_field(step.holder?, Kind::Process, body::Process::ID)?;
    number.is_fixnum().then(|| number.as_fixnum())
}

/// What people call the holder of a reference, if it has a name.
fn named(heap: &Heap, step: &Step) -> Option<String> {
    if let Place::Root(index) = step.place {
        let row = ROOT_ROWS.iter().find(|row| row.0 == index);
        return Some(row.map_or_else(|| format!("root {index}"), |row| format!("root {}", row.1)));
    }
    if let Some(number) = process_of(heap, step) {
        return Some(format!("process {number}"));
    }
    let name = heap.peek_field(step.holder?, Kind::Cell, body::Cell::NAME)?;
    Some(format!("variable {}", heap.peek_symbol(name, NAME_CHARACTERS_MAX)?))
}

/// A way from the last thing on it that has a name.
fn told(heap: &Heap, path: &[Step]) -> String {
    let names: Vec<Option<String>> = path.iter().map(|step| named(heap, step)).collect();
    let from = names.iter().rposition(Option::is_some).unwrap_or(0);
    let mut text = names.get(from).cloned().flatten().unwrap_or_default();
    let mut steps: Vec<(String, usize)> = Vec::new();
    for step in &path[from..] {
        let place = match step.place {
            Place::Root(_) => continue,
            // The value of a variable needs no words.
            Place::Field(Kind::Cell, _) => continue,
            Place::Car => "car".to_string(),
            Place::Cdr => "cdr".to_string(),
            Place::Field(kind, name) => format!("{}.{name}", kind.row().name),
            Place::Element(kind, index) => format!("{}[{index}]", kind.row().name),
            Place::Constant(index) => format!("constant {index}"),
            Place::Frame(index) => format!("frame word {index}"),
            Place::FrameCode => "code of a frame".to_string(),
        };
        match steps.last_mut() {
            Some((last, count)) if *last == place => *count += 1,
            _ => steps.push((place, 1)),
        }
    }
    let left_out = steps.len().saturating_sub(2 * STEPS_TOLD_MAX);
    for (index, (place, count)) in steps.iter().enumerate() {
        if (STEPS_TOLD_MAX..STEPS_TOLD_MAX + left_out).contains(&index) {
            if index == STEPS_TOLD_MAX {
                let _ = write!(text, " → … {left_out} more …");
            }
            continue;
        }
        let _ = write!(text, " → {place}");
        if *count > 1 {
            let _ = write!(text, " × {count}");
        }
    }
    text
}
