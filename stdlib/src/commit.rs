//! Primitives of images: durability, atomic sections, and values that are not of the image.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::store::KeptCommit;
use pscheme_heap::store::history::tag_objection;
use pscheme_heap::word::{FIXNUM_MAX, Word};
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::limits::TRANSIENTS_MAX;
use pscheme_vm::machine::{Park, Section, Vm};
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::argument::{Call, Outcome, name_text};

primitives! { COMMIT_PRIMITIVES:
    /// `(await-commit)`: returns `#t` after the state it was called in is durable; `#f` at once if
    /// the program runs without an image.
    650 "await-commit" (0) waits => await_commit;
    /// `(image-tag! name)`: gives the commit that holds this call a name, by which it is kept, and returns `#t`
    /// when it is durable; `#f` at once if the program runs without an image.
    761 "image-tag!" (1) waits => tag;
    /// `(%kept-commits before)`: with `#f` waits for a commit, with which the list of kept ones is read, and returns `#f`;
    /// without an image the empty list at once. Then with `#t` the newest of them as vectors, with a number the newest
    /// below it, and behind the oldest the empty list, with which the list is gone, as with 0; without a list as with `#f`.
    762 "%kept-commits" (1) waits => kept_commits;
    /// `(%atomic-enter)`: begins or nests an atomic section; `#f` if a commit has to happen first.
    651 "%atomic-enter" (0) waits => atomic_enter;
    /// `(%atomic-leave)`: ends the innermost atomic section.
    652 "%atomic-leave" (0) constant => atomic_leave;
    /// `(image?)`: whether the program runs in an image.
    656 "image?" (0) constant => has_image;
    /// `(on-commit thunk)`: a new process that runs `thunk` once the commit that holds this request
    /// is durable, or at once without an image; returns its number.
    675 "on-commit" (1) constant => on_commit;
    /// `(%next-transient)`: the number of a new cell whose value is not of the image.
    676 "%next-transient" (0) constant => next_transient;
    /// `(%transient number)`: a list of the value of the cell, or `#f` if it has none since the image
    /// was opened.
    677 "%transient" (1) constant => |vm, a| {
        let number = a.get(0);
        let cell = number.is_fixnum().then(|| vm.machine.transients.get(&number.as_fixnum()));
        Ok(cell.flatten().copied().unwrap_or(Word::FALSE))
    };
    /// `(%set-transient! number list)`: gives the cell a value.
    678 "%set-transient!" (2) constant => set_transient;
}

/// Refuses what would wait while no commit may happen.
pub fn refuse_in_section(vm: &Vm, name: &str) -> Result<(), Interrupt> {
    let process = vm.machine.process;
    if process.is_object() && vm.machine.sections.contains_key(&process.offset()) {
        let message = format!("{name} would wait inside an atomic section");
        return Err(Fault::new(ErrorCode::AtomicWouldBlock, message).into());
    }
    Ok(())
}

/// Refuses what needs a commit where none is ever made.
fn refuse_apart(vm: &Vm, name: &str) -> Result<(), Interrupt> {
    if vm.is_apart() {
        let message =
            format!("{name} needs a commit, and what is evaluated apart from an image has none");
        return Err(Fault::new(ErrorCode::ImageReadOnly, message).into());
    }
    Ok(())
}

fn await_commit(vm: &mut Vm, _: Arguments) -> Outcome {
    refuse_in_section(vm, "await-commit")?;
    refuse_apart(vm, "await-commit")?;
    if !vm.heap.persistent {
        return Ok(Word::FALSE);
    }
    Err(Interrupt::Park(Park::Commit, Word::TRUE))
}

/// The request needs no words in the heap: the very commit that holds the state behind this call takes it along, and
/// if a crash takes that commit, the call is made again.
fn tag(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let word = Call::new(vm, "image-tag!", arguments).string(0)?;
    let name = name_text(&vm.heap, word);
    if let Some(objection) = tag_objection(&name) {
        let message = format!("image-tag!: {objection}");
        return Err(Fault::new(ErrorCode::OutOfRange, message).into());
    }
    refuse_in_section(vm, "image-tag!")?;
    refuse_apart(vm, "image-tag!")?;
    if !vm.heap.persistent {
        return Ok(Word::FALSE);
    }
    vm.machine.tags.push(name);
    Err(Interrupt::Park(Park::Commit, Word::TRUE))
}

/// Kept commits that a call returns at most.
const LOG_PIECE_MAX: usize = 32;

/// The list stands beside the heap, because it may be long: who reads it takes a piece after the other. If it is gone
/// before he has all, in a crash or because somebody else was done with it, it is read again.
fn kept_commits(vm: &mut Vm, arguments: Arguments) -> Outcome {
    refuse_in_section(vm, "image-log")?;
    refuse_apart(vm, "image-log")?;
    if !vm.heap.persistent {
        return Ok(Word::NULL);
    }
    let before = arguments.get(0);
    if before == Word::fixnum(0) {
        vm.machine.log = None;
        return Ok(Word::NULL);
    }
    let kept = if before == Word::FALSE { None } else { vm.machine.log.take() };
    let Some(kept) = kept else {
        vm.machine.wants_log = true;
        return Err(Interrupt::Park(Park::Commit, Word::FALSE));
    };
    let older = match before.is_fixnum() {
        true => kept.partition_point(|row| (row.transaction.0 as i64) < before.as_fixnum()),
        false => kept.len(),
    };
    if older == 0 {
        return Ok(Word::NULL);
    }
    let piece = &kept[older.saturating_sub(LOG_PIECE_MAX)..older];
    let list = list_of_commits(vm, piece);
    vm.machine.log = Some(kept);
    list
}

/// Number, time in microseconds, cause, the commit gone back to or `#f`, pages, bytes and tags of each, newest first.
fn list_of_commits(vm: &mut Vm, kept: &[KeptCommit]) -> Outcome {
    const PARTS: usize = 7;
    const PAIR_BYTES: u64 = 16;
    let text_room = |text: &str| Heap::string_room(text.chars().count());
    let room_of = |row: &KeptCommit| {
        let tags: u64 = row.tags.iter().map(|tag| text_room(tag) + PAIR_BYTES).sum();
        Header::new(Kind::Vector, 0, PARTS).nursery_bytes()
            + PAIR_BYTES
            + text_room(row.cause.text())
            + tags
    };
    vm.reserve(kept.iter().map(room_of).sum())?;
    let heap = &mut vm.heap;
    let number =
        |count: u64| Word::fixnum(i64::try_from(count).unwrap_or(FIXNUM_MAX).min(FIXNUM_MAX));
    let mut list = Word::NULL;
    for row in kept {
        let mut tags = Word::NULL;
        for tag in row.tags.iter().rev() {
            let tag = heap.string(tag);
            tags = heap.pair(tag, tags);
        }
        let parts = [
            number(row.transaction.0),
            Word::fixnum(row.time_us.clamp(-FIXNUM_MAX, FIXNUM_MAX)),
            heap.string(row.cause.text()),
            row.rewound_to.map_or(Word::FALSE, |commit| number(commit.0)),
            number(row.page_count),
            number(row.body_bytes),
            tags,
        ];
        let vector = heap.object(Kind::Vector, 0, PARTS);
        for (index, part) in parts.into_iter().enumerate() {
            heap.initialise(vector, index, part.0);
        }
        list = heap.pair(vector, list);
    }
    Ok(list)
}

fn atomic_enter(vm: &mut Vm, _: Arguments) -> Outcome {
    let process = vm.machine.process.offset();
    let started = vm.heap.root(Root::Work).as_fixnum();
    if let Some(section) = vm.machine.sections.get_mut(&process) {
        section.depth += 1;
        return Ok(Word::TRUE);
    }
    if vm.machine.commit_pending {
        return Err(Interrupt::Park(Park::Yield, Word::FALSE));
    }
    vm.machine.sections.insert(process, Section { depth: 1, started });
    Ok(Word::TRUE)
}

fn atomic_leave(vm: &mut Vm, _: Arguments) -> Outcome {
    let process = vm.machine.process.offset();
    if let Some(section) = vm.machine.sections.get_mut(&process) {
        section.depth -= 1;
        if section.depth == 0 {
            vm.machine.sections.remove(&process);
        }
    }
    Ok(Word::UNSPECIFIED)
}

fn has_image(vm: &mut Vm, _: Arguments) -> Outcome {
    Ok(Word::boolean(vm.heap.persistent))
}

fn on_commit(vm: &mut Vm, arguments: Arguments) -> Outcome {
    Call::new(vm, "on-commit", arguments).procedure(0)?;
    refuse_apart(vm, "on-commit")?;
    let process = vm.spawn_after_commit(arguments.get(0))?;
    Ok(vm.heap.field(process, body::Process::ID))
}

fn next_transient(vm: &mut Vm, _: Arguments) -> Outcome {
    let next = vm.heap.root(Root::NextTransient);
    let number = if next.is_fixnum() { next.as_fixnum() } else { 1 };
    vm.heap.set_root(Root::NextTransient, Word::fixnum(number + 1));
    Ok(Word::fixnum(number))
}

fn set_transient(vm: &mut Vm, arguments: Arguments) -> Outcome {
    let number = arguments.get(0);
    if !number.is_fixnum() {
        let message = "%set-transient! expects a number of a cell".to_string();
        return Err(Fault::new(ErrorCode::WrongType, message).into());
    }
    let known = &mut vm.machine.transients;
    if known.len() >= TRANSIENTS_MAX && !known.contains_key(&number.as_fixnum()) {
        let message = format!("{TRANSIENTS_MAX} transient cells have a value, which is the most");
        return Err(Fault::new(ErrorCode::ImplementationLimit, message).into());
    }
    known.insert(number.as_fixnum(), arguments.get(1));
    Ok(Word::UNSPECIFIED)
}
