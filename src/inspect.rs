//! What an inspector shows of an image or of a live machine: processes, stacks, global variables,
//! objects by kind.
//!
//! Everything here is read, nothing is run or changed, and nothing prints: the structures below go to
//! text by `inspect/text.rs` and to JSON by serde. Field names of the structures are the names in JSON
//! and are described in `docs/inspection.md`; they are added to, never renamed.
//!
//! The same functions serve an image on the disk ([`Inspection`]) and a machine that is there
//! ([`View::of`]). Reading is total: of a heap that does not verify they show what is whole.

mod lost;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pscheme_compiler::unicode::UnicodeVersion;
use pscheme_heap::collect::NoRoots;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::graph_hash::GraphHash;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::store::lock::Activity;
use pscheme_heap::store::{Digest, Holder, ImageDirectory, Store, StoreError, StoreOptions};
use pscheme_heap::word::Word;
use pscheme_stdlib::names::nearest;
use pscheme_stdlib::signature::{procedure_name, signature};
use pscheme_vm::code::RUNNER;
use pscheme_vm::code_info::{SourcePosition, source_of_code, source_of_instruction};
use pscheme_vm::frames::{SealedFrame, frame_variables, walk_frames};
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::process::ProcessState;
use pscheme_vm::trace::stored_digest;
use pscheme_vm::verify_code::verify_code;
use serde::Serialize;

use crate::session::primitive_set;
use crate::show::{ShowLimits, show};

pub use lost::{LostCount, LostView};
pub use text::{Layout, grouped};

/// Frames of a stack that are shown from its top and from its bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    pub newest: usize,
    pub oldest: usize,
}

impl Default for FrameLimits {
    fn default() -> FrameLimits {
        FrameLimits { newest: 20, oldest: 3 }
    }
}

/// A heap to look at, and the names of its primitives.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub heap: &'a Heap,
    pub primitives: &'a PrimitiveSet,
}

impl<'a> View<'a> {
    /// A machine that is there. The process that runs shows where it was parked last: park it first
    /// ([`Vm::park_for_commit`]).
    pub fn of(vm: &'a Vm) -> View<'a> {
        View { heap: &vm.heap, primitives: &vm.machine.primitives }
    }
}

/// What is said of every image that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageSummary {
    pub image: PathBuf,
    /// The commit that is shown.
    pub commit: u64,
    /// Bytes of the pages in use.
    pub bytes: u64,
    /// A process runs the image now.
    pub held: bool,
    /// Its number in the operating system.
    pub held_by: Option<u32>,
    /// That process waits for room on a full disk; nothing runs meanwhile.
    pub waits_for_space: bool,
    /// The script's file, as it was named when it was started.
    pub script: Option<String>,
    /// The status with which the program has ended.
    pub exit_status: Option<i64>,
    /// The version of Unicode whose tables the image was made with, if it is noted in it.
    pub unicode: Option<String>,
    /// What was being written when the image was left, and will be dropped when it is opened.
    pub unfinished: Option<String>,
    /// What is wrong with the image; empty if nothing is.
    pub findings: Vec<String>,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessView {
    pub process: i64,
    pub name: Option<String>,
    /// It runs the script.
    pub main: bool,
    /// `new`, `ready`, `waiting`, `finished`, `failed` or `at limit`.
    pub state: &'static str,
    /// Units of work it has done.
    pub work: i64,
    pub waits_for: Option<String>,
    /// Of a process that failed: what happened.
    pub failure: Option<String>,
    /// The procedure of the program it is in.
    pub procedure: Option<String>,
    pub place: Option<PlaceView>,
}

/// A place in a source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceView {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// Characters of the expression on this line.
    pub length: usize,
    /// The line.
    pub text: String,
}

/// A suspended stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackView {
    pub process: ProcessView,
    /// Frames in all, as far as they could be counted.
    pub depth: usize,
    /// The topmost frames, topmost first.
    pub newest: Vec<StackFrame>,
    /// Frames between those that are shown.
    pub left_out: usize,
    /// The last frames, the bottom of the stack at the end.
    pub oldest: Vec<StackFrame>,
    /// Why the stack could not be read to its bottom.
    pub broken: Option<String>,
}

/// A frame of a suspended stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackFrame {
    /// Counted from 0 at the top.
    pub frame: usize,
    pub procedure: Option<String>,
    /// It belongs to the library, not to the program.
    pub library: bool,
    /// Where it stands: the call it waits for, or where it was interrupted.
    pub place: Option<PlaceView>,
    /// Variables that are still needed; the inner ones last.
    pub locals: Vec<LocalView>,
}

/// A local variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalView {
    pub name: String,
    pub value: String,
}

/// A global variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlobalView {
    pub name: String,
    /// The kind of its value, as the table of kinds has it.
    pub kind: &'static str,
    pub value: String,
    /// Of a procedure: how it is called.
    pub signature: Option<String>,
    /// Of a procedure: where it is defined.
    pub place: Option<PlaceView>,
}

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    pub kind: &'static str,
    pub objects: u64,
    pub bytes: u64,
}

/// An image that was read to be looked at.
pub struct Inspection {
    pub summary: ImageSummary,
    heap: Heap,
    primitives: Arc<PrimitiveSet>,
    /// Everything reachable was found to be what it should be.
    is_sound: bool,
    /// Pages whose content cannot be read.
    lost_pages: Vec<u32>,
}

/// The trace digest and the canonical graph hash of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageDigests {
    /// Over what reached the image's programs, left them and decided who runs.
    pub trace: Digest,
    /// Over what the roots reach, without addresses.
    pub graph: GraphHash,
}

impl Inspection {
    /// The digests of the image; `None` if something in it is not what it should be. Takes time in proportion to what
    /// is live.
    pub fn digests(&self) -> Option<ImageDigests> {
        self.is_sound.then(|| ImageDigests {
            trace: stored_digest(&self.heap),
            graph: self.heap.graph_hash(),
        })
    }

    /// Reads an image as of its newest commit, also while another process runs it. What is damaged is
    /// listed in the summary.
    ///
    /// # Errors
    /// If there is no image, or nothing of it can be read.
    pub fn open(path: &Path, options: &StoreOptions) -> Result<Inspection, StoreError> {
        let directory = ImageDirectory::find(path).unwrap_or_else(|| ImageDirectory::at(path));
        let look = directory.look(options, false, |store| {
            let commit = store.newest_root()?.map(|(transaction, _)| transaction.0);
            let unfinished = store.unfinished();
            match commit {
                Some(commit) => Ok((commit, unfinished, Heap::restore(store)?)),
                None => Ok((0, unfinished, Heap::new().map_err(out_of_addresses)?)),
            }
        })?;
        let (commit, unfinished, mut heap) = look.value;
        let primitives = primitive_set();
        let problems = heap.verify(&mut |heap, code| verify_code(heap, code, &primitives));
        let lost = |finding: &StoreError| match finding {
            StoreError::PageDamaged { page, .. } => Some(page.0),
            _ => None,
        };
        let lost_pages = look.findings.iter().filter_map(lost).collect();
        let stored = look.findings.iter().map(StoreError::to_string);
        let findings: Vec<String> =
            stored.chain(problems.iter().map(|problem| problem.to_string())).collect();
        let is_sound = problems.is_empty();
        if is_sound {
            // Start bits on the disk may still show what is not reachable any more.
            heap.sweep_after_opening();
        }
        let mut summary = summary_of(&heap, path, look.holder);
        (summary.commit, summary.findings) = (commit, findings);
        summary.unfinished = unfinished.map(|unfinished| unfinished.to_string());
        Ok(Inspection { summary, heap, primitives, is_sound, lost_pages })
    }

    pub fn view(&self) -> View<'_> {
        View { heap: &self.heap, primitives: &self.primitives }
    }

    /// What lay on the pages that cannot be read.
    pub fn lost(&self) -> Vec<LostView> {
        if self.lost_pages.is_empty() {
            return Vec::new();
        }
        let lost = self.heap.find_lost(&self.lost_pages);
        lost.iter().map(|lost| LostView::of(&self.heap, lost)).collect()
    }

    /// Objects by kind. If the heap is damaged they include what nothing refers to.
    pub fn census(&mut self) -> Vec<KindCount> {
        let rows = match self.is_sound {
            true => self.heap.census(&mut NoRoots),
            false => self.heap.census_of_starts(),
        };
        rows.into_iter().map(|(kind, objects, bytes)| KindCount { kind, objects, bytes }).collect()
    }
}

fn out_of_addresses(source: std::io::Error) -> StoreError {
    StoreError::Io { during: "reserving addresses for", path: "the heap".into(), source }
}

fn summary_of(heap: &Heap, path: &Path, holder: Option<Holder>) -> ImageSummary {
    let script = heap.peek_string(heap.root(Root::ScriptName), ShowLimits::WHOLE.characters);
    let status = heap.root(Root::ExitStatus);
    ImageSummary {
        image: path.to_path_buf(),
        commit: 0,
        bytes: heap.bytes_in_use(),
        held: holder.is_some(),
        held_by: holder.and_then(|holder| holder.pid),
        waits_for_space: holder.is_some_and(|holder| holder.activity == Activity::OutOfSpace),
        script: script.map(|(name, _)| name),
        exit_status: status.is_fixnum().then(|| status.as_fixnum()),
        unicode: unicode_of(heap).map(|version| version.to_string()),
        unfinished: None,
        findings: Vec::new(),
    }
}

/// The version of Unicode that an image was made with.
fn unicode_of(heap: &Heap) -> Option<UnicodeVersion> {
    let number = heap.root(Root::UnicodeVersion);
    let number = if number.is_fixnum() { number.as_fixnum() } else { 0 };
    UnicodeVersion::from_number(number).filter(|_| number > 0)
}

/// What a process in this state waits for, read from its record.
fn waits_for(view: View<'_>, state: ProcessState, process: Word) -> Option<String> {
    let due = view.heap.field(process, body::Process::DUE);
    let due = due.is_fixnum().then(|| due.as_fixnum());
    let commit =
        || due.map_or_else(|| "the next commit".to_string(), |due| format!("commit {due}"));
    match state {
        ProcessState::New => Some("its first turn".into()),
        ProcessState::WaitingForCommit | ProcessState::NewAfterCommit => Some(commit()),
        ProcessState::AtLimit => Some("room, or a higher limit".into()),
        ProcessState::WaitingForMessage => Some(match due.and_then(time_text) {
            Some(time) => format!("a message, until {time}"),
            None => "a message".into(),
        }),
        ProcessState::Sleeping => due.and_then(time_text),
        ProcessState::WaitingForInput => Some("input from the console".into()),
        ProcessState::Ready | ProcessState::Finished | ProcessState::Failed => None,
    }
}

/// A time in microseconds since 1970, to the second.
fn time_text(microseconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_second(microseconds.div_euclid(1_000_000)).ok()?;
    Some(time.to_string())
}

/// The processes that have not finished, and the main one, by number.
pub fn processes(view: View<'_>) -> Vec<ProcessView> {
    let mut rows: Vec<ProcessView> =
        view.heap.process_records().into_iter().map(|record| process_view(view, record)).collect();
    rows.retain(|row| row.state != "finished" || row.main);
    rows.sort_by_key(|row| row.process);
    rows
}

/// The record of the process with this number.
pub fn find_process(view: View<'_>, number: i64) -> Option<Word> {
    let has_number = |record: &Word| {
        view.heap.field(*record, body::Process::ID)
            == Word::try_fixnum(number).unwrap_or(Word::FALSE)
    };
    view.heap.process_records().into_iter().find(has_number)
}

fn process_view(view: View<'_>, record: Word) -> ProcessView {
    let heap = view.heap;
    let field = |index| heap.field(record, index);
    let number = |word: Word| if word.is_fixnum() { word.as_fixnum() } else { 0 };
    let state = ProcessState::from_code(number(field(body::Process::STATE)));
    let walk = walk_frames(heap, field(body::Process::CONTINUATION), WHERE_FRAMES_MAX, 0);
    let mut frames: Vec<StackFrame> =
        walk.newest.iter().enumerate().map(|(at, frame)| bare_frame(view, at, frame)).collect();
    let main = heap.root(Root::MainProcess) == record;
    if walk.left_out == 0 {
        leave_out_runners(&mut frames);
    }
    let at = frames.iter().find(|frame| !frame.library && frame.place.is_some());
    let at = at.or(frames.first());
    let name = heap.peek_symbol(field(body::Process::NAME), ShowLimits::LINE.characters);
    let failed = state == Some(ProcessState::Failed);
    ProcessView {
        process: number(field(body::Process::ID)),
        name,
        main,
        state: state.map_or("unknown", ProcessState::name),
        work: number(field(body::Process::WORK)),
        waits_for: state.and_then(|state| waits_for(view, state, record)),
        failure: failed.then(|| failure_text(view, field(body::Process::VALUE))),
        procedure: at.and_then(|frame| frame.procedure.clone()),
        place: at.and_then(|frame| frame.place.clone()),
    }
}

/// Frames that are looked at to say where a process stands.
const WHERE_FRAMES_MAX: usize = 50;

/// What a process failed with, in one line.
fn failure_text(view: View<'_>, raised: Word) -> String {
    let shown = |word| show(view.heap, view.primitives, word, ShowLimits::LINE);
    let field = |index| view.heap.peek_field(raised, Kind::Condition, index);
    let Some(code) = field(body::Condition::CODE).filter(|code| code.is_fixnum()) else {
        return format!("{} was raised", shown(raised));
    };
    let code = u16::try_from(code.as_fixnum()).ok().and_then(ErrorCode::from_number);
    let code = code.unwrap_or(ErrorCode::UserError);
    let message = field(body::Condition::MESSAGE).unwrap_or(Word::FALSE);
    let text = view.heap.peek_string(message, ShowLimits::LINE.characters);
    let mut line = format!("{code}: {}", text.map_or_else(|| shown(message), |(text, _)| text));
    let mut rest = field(body::Condition::IRRITANTS).unwrap_or(Word::NULL);
    while code == ErrorCode::UserError
        && line.len() < ShowLimits::LINE.characters
        && let Some((head, tail)) = view.heap.peek_pair(rest)
    {
        line.push(' ');
        line.push_str(&shown(head));
        rest = tail;
    }
    line
}

/// The stack of a process, by its record.
pub fn stack(view: View<'_>, record: Word, limits: FrameLimits) -> StackView {
    let continuation = view.heap.field(record, body::Process::CONTINUATION);
    let walk = walk_frames(view.heap, continuation, limits.newest, limits.oldest);
    let frames = |first: usize, frames: &[SealedFrame]| -> Vec<StackFrame> {
        let numbered = frames.iter().enumerate();
        numbered.map(|(index, frame)| whole_frame(view, first + index, frame)).collect()
    };
    let process = process_view(view, record);
    let mut newest = frames(0, &walk.newest);
    let mut oldest = frames(walk.newest.len() + walk.left_out, &walk.oldest);
    let last = if oldest.is_empty() { &mut newest } else { &mut oldest };
    leave_out_runners(last);
    let depth = newest.len() + walk.left_out + oldest.len();
    StackView { process, depth, newest, left_out: walk.left_out, oldest, broken: walk.broken }
}

/// Takes what runs the forms of a program off the bottom of a stack.
fn leave_out_runners(frames: &mut Vec<StackFrame>) {
    let is_runner =
        |frame: &StackFrame| frame.place.is_none() && frame.procedure.as_deref() == Some(RUNNER);
    while frames.last().is_some_and(is_runner) {
        frames.pop();
    }
}

/// A frame without its variables.
fn bare_frame(view: View<'_>, number: usize, frame: &SealedFrame) -> StackFrame {
    // The first instructions of a procedure have no place of their own.
    let position = source_of_instruction(view.heap, frame.code, frame.instruction)
        .or_else(|| source_of_code(view.heap, frame.code));
    StackFrame {
        frame: number,
        procedure: procedure_name(view.heap, frame.code),
        library: position
            .as_ref()
            .is_none_or(|position| pscheme_stdlib::is_library_source(&position.name)),
        place: position.as_ref().map(place_of),
        locals: Vec::new(),
    }
}

fn whole_frame(view: View<'_>, number: usize, frame: &SealedFrame) -> StackFrame {
    let variables = frame_variables(view.heap, frame).into_iter();
    let locals = variables.map(|variable| LocalView {
        value: show(view.heap, view.primitives, variable.value, ShowLimits::LINE),
        name: variable.name,
    });
    StackFrame { locals: locals.collect(), ..bare_frame(view, number, frame) }
}

fn place_of(position: &SourcePosition) -> PlaceView {
    let (text, start) = (position.text.as_str(), position.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let marked_end = (position.end as usize).min(line_end);
    PlaceView {
        file: position.name.clone(),
        line: text[..line_start].matches('\n').count() + 1,
        column: text[line_start..start].chars().count() + 1,
        length: text[start..marked_end].chars().count().max(1),
        text: text[line_start..line_end].trim_end_matches('\r').to_string(),
    }
}

/// The global variables of this name: of the program and of the libraries that have one of their own.
pub fn globals(view: View<'_>, name: &str) -> Vec<GlobalView> {
    let mut found: Vec<(String, Word)> = view
        .heap
        .peek_globals()
        .into_iter()
        .filter(|(known, _)| known == name || is_of_module(known, name))
        .collect();
    found
        .sort_by(|left, right| left.0.len().cmp(&right.0.len()).then_with(|| left.0.cmp(&right.0)));
    let views = found.into_iter().filter_map(|(name, cell)| {
        let value = view.heap.field(cell, body::Cell::CONTENT);
        (value != Word::UNBOUND).then(|| global_view(view, name, value))
    });
    views.collect()
}

/// Whether a variable is the one a module calls `name`: `count (counter)`.
fn is_of_module(known: &str, name: &str) -> bool {
    known.strip_prefix(name).is_some_and(|rest| rest.starts_with(" ("))
}

fn global_view(view: View<'_>, name: String, value: Word) -> GlobalView {
    let code = view.heap.peek_field(value, Kind::Closure, body::Closure::CODE);
    let position = code.and_then(|code| source_of_code(view.heap, code));
    GlobalView {
        name,
        kind: kind_name(view.heap, value),
        value: show(view.heap, view.primitives, value, ShowLimits::WHOLE),
        signature: signature(view.heap, view.primitives, value),
        place: position.as_ref().map(place_of),
    }
}

fn kind_name(heap: &Heap, value: Word) -> &'static str {
    match heap.peek_kind(value) {
        Some(kind) => kind.row().name,
        None if value.is_pair() => "Pair",
        None if value.is_fixnum() => "Fixnum",
        None if value.is_immediate_flonum() => "Flonum",
        None if value.is_character() => "Character",
        None if value == Word::TRUE || value == Word::FALSE => "Boolean",
        None if value == Word::NULL => "EmptyList",
        None => "Constant",
    }
}

/// The name of a global variable with a value that is nearest to one that has none.
pub fn near_global(view: View<'_>, wanted: &str) -> Option<String> {
    let valued = view.heap.peek_globals().into_iter().filter(|(_, cell)| {
        view.heap.peek_field(*cell, Kind::Cell, body::Cell::CONTENT) != Some(Word::UNBOUND)
    });
    nearest(wanted, valued.map(|(name, _)| name))
}
