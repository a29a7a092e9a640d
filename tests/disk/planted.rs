//! Faults that a campaign must notice, or it would prove nothing: each is planted into the store, into
//! the options it is opened with, or into the record, as if the product had done its work otherwise.

use std::collections::BTreeMap;

use pscheme::heap::store::{
    CommitReceipt, KeptCommit, PageSink, RootRecord, Store, StoreError, Synchronous, TransactionId,
    Wave,
};

use super::campaign::{Aim, Crash, Edit};
use super::names::Place;
use super::recorder::{Mark, Operation, TOP};
use super::states::Disk;
use super::workload::Plan;

/// A fault and how it gets in.
pub struct Fault {
    pub name: &'static str,
    pub plan: Plan,
    pub edit: Edit,
    /// The crashes that bring it to light.
    pub crash: Crash,
}

const PLAN: Plan = Plan::CLOSING;
const AS_IT_IS: Edit = |record, _| record;

/// A fault of the record in any run.
const fn edited(name: &'static str, edit: Edit) -> Fault {
    Fault { name, plan: PLAN, edit, crash: Crash::Anywhere }
}

/// A fault of what openings do.
const fn of_openings(name: &'static str, edit: Edit) -> Fault {
    Fault { crash: Crash::KilledInCommit, ..edited(name, edit) }
}

/// The faults of the list, and last none.
pub const FAULTS: [Fault; 12] = [
    of_openings("the opening commit is not synced", without_opening_sync),
    of_openings("an opening does not sync the log it finds", without_sync_of_found_log),
    edited("'head' is not synced", without_head_sync),
    edited("output is not synced", without_output_sync),
    edited("names of output are not synced", without_names_sync),
    edited("a checkpoint does not sync the database", without_base_sync),
    Fault {
        plan: Plan { synchronous: Synchronous::Normal, ..PLAN },
        ..edited("synchronous=NORMAL", AS_IT_IS)
    },
    edited("no sync reaches the disk", without_any_sync),
    Fault {
        plan: Plan { wrap: |inner| Box::new(LosesPage { inner, commits: 0 }), ..Plan::PLAIN },
        ..edited("waves lose a page", AS_IT_IS)
    },
    edited("effects leave before their commit", effects_too_early),
    edited("'head' is written before the commit", head_too_early),
    edited("none", AS_IT_IS),
];

impl Fault {
    /// How the campaign goes about that is to notice this fault, or to find nothing if it is none.
    pub fn aim(&self, states: u64) -> Aim {
        let Fault { plan, edit, crash, .. } = *self;
        if crash == Crash::KilledInCommit {
            return Aim { plan, edit, findings_max: 1, ..Aim::of_openings(states) };
        }
        Aim {
            plan,
            edit,
            findings_max: 1,
            operations_of_100: 40,
            // The creation of the image, which most faults leave as it is.
            from_commit: 2,
            ..Aim::of(states)
        }
    }

    pub fn is_none(&self) -> bool {
        self.name == "none"
    }
}

/// What a file is, by the last part of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Database,
    Log,
    Head,
    Output,
    Other,
}

fn part(place: &Place) -> Part {
    match place.name.as_str() {
        "heap.db" => Part::Database,
        "heap.db-wal" => Part::Log,
        "head" => Part::Head,
        name if name.ends_with(".txt") => Part::Output,
        _ => Part::Other,
    }
}

/// The part each node of a record is.
struct Parts(BTreeMap<u32, Part>);

impl Parts {
    fn of(record: &[Operation], start: &Disk) -> Parts {
        let mut parts = BTreeMap::new();
        for (place, node) in start.all_names() {
            parts.insert(node, part(&place));
        }
        for operation in record {
            if let Operation::Create { place, node, .. } = operation {
                parts.insert(*node, part(place));
            }
        }
        Parts(parts)
    }

    /// What an operation is about.
    fn part(&self, operation: &Operation) -> Part {
        match operation {
            Operation::Write { node, .. }
            | Operation::Truncate { node, .. }
            | Operation::Sync { node } => self.0.get(node).copied().unwrap_or(Part::Other),
            Operation::Create { place, .. } | Operation::Remove { place } => part(place),
            Operation::SyncNames { folder: TOP } => Part::Output,
            _ => Part::Other,
        }
    }

    fn is_sync(&self, operation: &Operation, of: Part) -> bool {
        matches!(operation, Operation::Sync { .. }) && self.part(operation) == of
    }
}

/// Leaves out some operations, but none of the creation of the image.
fn without(
    mut record: Vec<Operation>,
    mut is_left_out: impl FnMut(&Operation) -> bool,
) -> Vec<Operation> {
    let mut has_begun = false;
    record.retain(|operation| {
        has_begun |= matches!(operation, Operation::Mark(Mark::Opened(_)));
        !has_begun || !is_left_out(operation)
    });
    record
}

fn without_sync(record: Vec<Operation>, start: &Disk, of: Part) -> Vec<Operation> {
    let parts = Parts::of(&record, start);
    without(record, |operation| parts.is_sync(operation, of))
}

fn without_head_sync(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    without_sync(record, start, Part::Head)
}

fn without_output_sync(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    without_sync(record, start, Part::Output)
}

fn without_base_sync(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    without_sync(record, start, Part::Database)
}

fn without_any_sync(record: Vec<Operation>, _: &Disk) -> Vec<Operation> {
    without(record, |operation| {
        matches!(operation, Operation::Sync { .. } | Operation::SyncNames { .. })
    })
}

fn without_names_sync(record: Vec<Operation>, _: &Disk) -> Vec<Operation> {
    without(record, |operation| matches!(operation, Operation::SyncNames { folder: TOP }))
}

/// Between the opening of a store and its first durable commit, the log is not synced.
fn without_opening_sync(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    let parts = Parts::of(&record, start);
    let mut is_opening = false;
    without(record, |operation| {
        match operation {
            Operation::Mark(Mark::Opened(_)) => is_opening = true,
            Operation::Mark(Mark::Durable(_)) => is_opening = false,
            _ => {}
        }
        is_opening && parts.is_sync(operation, Part::Log)
    })
}

/// Between the opening of a store and its first write to the log, the log is not synced.
fn without_sync_of_found_log(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    let parts = Parts::of(&record, start);
    let mut is_opening = false;
    without(record, |operation| {
        match operation {
            Operation::Mark(Mark::Opened(_)) => is_opening = true,
            Operation::Write { .. } if parts.part(operation) == Part::Log => is_opening = false,
            _ => {}
        }
        is_opening && parts.is_sync(operation, Part::Log)
    })
}

fn effects_too_early(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    too_early(record, start, Part::Output)
}

fn head_too_early(record: Vec<Operation>, start: &Disk) -> Vec<Operation> {
    too_early(record, start, Part::Head)
}

/// Moves what is done to a part after a commit to before it.
fn too_early(record: Vec<Operation>, start: &Disk, moved: Part) -> Vec<Operation> {
    let parts = Parts::of(&record, start);
    // Each ends with the mark of a durable commit. What comes before the first mark stays.
    let is_mark = |operation: &Operation| matches!(operation, Operation::Mark(Mark::Durable(_)));
    let segments = record.split_inclusive(is_mark);
    let (mut result, mut held_back): (Vec<Operation>, Vec<Operation>) = (Vec::new(), Vec::new());
    for (index, segment) in segments.enumerate() {
        let (early, rest): (Vec<Operation>, Vec<Operation>) = segment
            .iter()
            .cloned()
            .partition(|operation| index > 1 && parts.part(operation) == moved);
        result.extend(early);
        result.append(&mut held_back);
        held_back = rest;
    }
    result.append(&mut held_back);
    result
}

/// A store whose every third wave comes without the last of its changed pages.
struct LosesPage {
    inner: Box<dyn Store>,
    commits: u64,
}

impl Store for LosesPage {
    fn newest_root(&self) -> Result<Option<(TransactionId, RootRecord)>, StoreError> {
        self.inner.newest_root()
    }

    fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        self.inner.kept_commits()
    }
    fn load(&mut self, sink: &mut PageSink<'_>) -> Result<(), StoreError> {
        self.inner.load(sink)
    }
    fn is_sealed(&self) -> bool {
        self.inner.is_sealed()
    }
    fn vouch(&mut self) {
        self.inner.vouch();
    }
    fn begin(&mut self) -> Result<TransactionId, StoreError> {
        self.inner.begin()
    }
    fn write_ahead(&mut self, part: &Wave) -> Result<(), StoreError> {
        self.inner.write_ahead(part)
    }
    fn commit(&mut self, wave: &Wave) -> Result<CommitReceipt, StoreError> {
        self.commits += 1;
        let mut pages = wave.pages.clone();
        if self.commits.is_multiple_of(3) {
            pages.pop();
        }
        let (arena, roots, tags) = (wave.arena.clone(), wave.roots.clone(), wave.tags.clone());
        self.inner.commit(&Wave { pages, arena, roots, tags, wants_log: wave.wants_log })
    }
    fn prune_step(&mut self, rows_max: usize) -> Result<usize, StoreError> {
        self.inner.prune_step(rows_max)
    }
    fn idle(&mut self) -> Result<(), StoreError> {
        self.inner.idle()
    }
    fn make_room(&mut self) -> Result<(), StoreError> {
        self.inner.make_room()
    }
    fn close(&mut self) -> Result<(), StoreError> {
        self.inner.close()
    }
}
