//! The frames of a suspended process, read and not run: what backtraces and the inspector show.
//!
//! Reading is total: on a heap that does not verify the walk ends where it makes no sense and says
//! why. A process that runs has no frames here until it is parked ([`Vm::park_for_commit`]).
//!
//! [`Vm::park_for_commit`]: crate::machine::Vm::park_for_commit

use std::collections::{HashSet, VecDeque};

use pscheme_heap::frame::{FRAME_WORDS_MIN, Link, ReturnPoint};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::code::VariablePlace;
use crate::code_info::variables_of;
use crate::liveness::analyse;
use crate::machine::{CodeView, mask_of};

/// A sealed frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFrame {
    pub code: Word,
    /// Index of the instruction the frame stands at: the call it waits for, or the one it was
    /// interrupted at.
    pub instruction: usize,
    /// Live registers with their values, ascending.
    pub registers: Vec<(usize, Word)>,
}

/// A variable of the source in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameVariable {
    pub name: String,
    /// Its value, taken out of its box if it is assigned.
    pub value: Word,
}

/// What a walk over frames found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameWalk {
    /// The topmost frames, topmost first.
    pub newest: Vec<SealedFrame>,
    /// Frames between the newest and the oldest that were only counted.
    pub left_out: usize,
    /// The last frames, the bottom of the stack at the end.
    pub oldest: Vec<SealedFrame>,
    /// Why the walk ended before the bottom.
    pub broken: Option<String>,
}

/// Walks the frames below a continuation: keeps the `newest` topmost and the `oldest` last ones.
pub fn walk_frames(heap: &Heap, continuation: Word, newest: usize, oldest: usize) -> FrameWalk {
    let mut walk = FrameWalk::default();
    let mut last: VecDeque<FramePlace> = VecDeque::new();
    let mut seen = HashSet::new();
    let mut k = continuation;
    while k.is_object() && walk.broken.is_none() {
        if !seen.insert(k.offset()) {
            walk.broken = Some("a continuation that comes after itself".into());
            break;
        }
        let result = walk_segment(heap, k, |place| {
            if walk.newest.len() < newest {
                walk.newest.push(place.read(heap)?);
                return Ok(());
            }
            last.push_back(place);
            if last.len() > oldest {
                last.pop_front();
                walk.left_out += 1;
            }
            Ok(())
        });
        match result {
            Ok(next) => k = next,
            Err(why) => walk.broken = Some(why),
        }
    }
    for place in last {
        match place.read(heap) {
            Ok(frame) => walk.oldest.push(frame),
            Err(why) => walk.broken = Some(why),
        }
    }
    walk
}

/// Where a frame lies, before its code is looked at.
#[derive(Clone, Copy)]
struct FramePlace {
    segment: Word,
    base: usize,
    link: Link,
    /// The code of a frame that was interrupted.
    interrupted: Option<Word>,
}

/// Visits the frames of one continuation's segment, topmost first, and gives its `next`.
fn walk_segment(
    heap: &Heap,
    k: Word,
    mut visit: impl FnMut(FramePlace) -> Result<(), String>,
) -> Result<Word, String> {
    let field = |index| heap.peek_field(k, Kind::Continuation, index);
    let segment = field(body::Continuation::SEGMENT).ok_or("a continuation that is not whole")?;
    let words = heap.peek_length(segment, Kind::Segment).ok_or("a segment that is not whole")?;
    let code = field(body::Continuation::CODE).filter(|code| code.is_object());
    let mut interrupted = code;
    let mut top = heap.raw(k, body::Continuation::OFFSET) as usize;
    let mut link = Link(heap.raw(k, body::Continuation::LINK));
    if top > words {
        return Err("a continuation beyond its segment".into());
    }
    while top > 0 {
        let shift = link.shift_words();
        if shift < FRAME_WORDS_MIN || shift > top {
            return Err("a frame beyond its segment".into());
        }
        top -= shift;
        visit(FramePlace { segment, base: top, link, interrupted: interrupted.take() })?;
        link = Link(heap.field(segment, top + 1).0);
    }
    Ok(heap.field(k, body::Continuation::NEXT))
}

impl FramePlace {
    fn read(self, heap: &Heap) -> Result<SealedFrame, String> {
        let offset = self.link.return_offset();
        let (code, instruction, live) = match self.interrupted {
            Some(code) => {
                let view = CodeView::peek(heap, code).ok_or("code that is not whole")?;
                let index = instruction_index(view, offset).ok_or("a place outside its code")?;
                let liveness = analyse(view.words(heap), view.frame_words)?;
                (code, index, liveness.registers(index).collect())
            }
            None => waiting_frame(heap, self.link)?,
        };
        let registers = live
            .into_iter()
            .filter(|&register| register != 1 && register < self.link.shift_words())
            .map(|register: usize| (register, heap.field(self.segment, self.base + register)));
        Ok(SealedFrame { code, instruction, registers: registers.collect() })
    }
}

/// The code, the call and the live registers of a frame that waits for a call to return.
fn waiting_frame(heap: &Heap, link: Link) -> Result<(Word, usize, Vec<usize>), String> {
    let at = link.return_offset();
    let is_place = at >= 8 && at.is_multiple_of(8) && at < heap.space.reserved_bytes();
    let point = is_place.then(|| ReturnPoint::decode(heap.space.read(at - 8))).flatten();
    let point = point.ok_or("a link that leads to no return point")?;
    let start = at.checked_sub(point.distance as u64 * 8).ok_or("a return point without code")?;
    let code = Word::object(start);
    let view = CodeView::peek(heap, code).ok_or("a return point without code")?;
    let after = instruction_index(view, at).ok_or("a return point outside its code")?;
    let call = after.checked_sub(2).ok_or("a return point without its call")?;
    let (_, mask) = mask_of(heap, code, point.live)?;
    let live = (0..link.shift_words()).filter(|&register| mask.is_live(register)).collect();
    Ok((code, call, live))
}

/// The index of the instruction at `offset`, if that lies in the code.
fn instruction_index(view: CodeView, offset: u64) -> Option<usize> {
    let from = view.code.offset() + body::Code::TAIL_BYTES;
    let index = (offset.checked_sub(from)? / 8) as usize;
    (offset.is_multiple_of(8) && index < view.instructions).then_some(index)
}

/// The variables of the source that a frame still holds, outer ones first; of those that an inner one
/// of the same name hides, only the inner one.
pub fn frame_variables(heap: &Heap, frame: &SealedFrame) -> Vec<FrameVariable> {
    let register = |wanted: usize| {
        frame.registers.iter().find(|(register, _)| *register == wanted).map(|(_, value)| *value)
    };
    let captures = CodeView::peek(heap, frame.code).map_or(0, |view| view.captures);
    let closure = register(0).filter(|&closure| {
        heap.peek_length(closure, Kind::Closure) == Some(body::Closure::FIELDS + captures)
            && heap.field(closure, body::Closure::CODE) == frame.code
    });
    let at = frame.instruction as u32;
    let mut found: Vec<FrameVariable> = Vec::new();
    for variable in variables_of(heap, frame.code) {
        if !(variable.start..variable.end).contains(&at) {
            continue;
        }
        let value = match variable.place {
            VariablePlace::Register(at) => register(at as usize),
            VariablePlace::Captured(index) => closure
                .filter(|_| (index as usize) < captures)
                .map(|closure| heap.field(closure, body::Closure::FIELDS + index as usize)),
        };
        found.retain(|outer| outer.name != variable.name);
        if let Some(value) = value {
            let content = heap.peek_field(value, Kind::Box, body::Box::CONTENT);
            let value = content.unwrap_or(value);
            found.push(FrameVariable { name: variable.name, value });
        }
    }
    found
}
