//! Judges bytecode before it runs: what the fast paths do not check, this does.
//!
//! Accepted code stays inside its instructions, uses only registers of its frame, reads only what it
//! has written, counts work on every jump backwards, names constants and primitives that exist, and
//! has the return-point masks that its liveness gives. The same function judges what the compiler
//! made and what was read from an image.

use pscheme_heap::frame::{LiveMask, ReturnPoint, SHORT_MASK_REGISTERS};
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::liveness::{Liveness, analyse, successors};
use crate::machine::CodeView;
use crate::op::{Control, Op, OperandKind, field};
use crate::primitive::PrimitiveSet;

/// Checks an installed code object.
///
/// # Errors
/// Says what is wrong.
pub fn verify_code(heap: &Heap, code: Word, primitives: &PrimitiveSet) -> Result<(), String> {
    let view = CodeView::of(heap, code);
    let words = view.words(heap);
    let name = crate::print::summary(heap, heap.field(code, body::Code::NAME));
    let fail = |what: String| Err(format!("code of {name}: {what}"));
    if let Err(what) = crate::code_info::check_info(heap, view) {
        return fail(what);
    }
    if view.parameters() + 2 > view.frame_words {
        return fail(format!("{} parameters in {} words", view.parameters(), view.frame_words));
    }
    let liveness = match analyse(words, view.frame_words) {
        Ok(liveness) => liveness,
        Err(what) => return fail(what),
    };
    if words.is_empty() {
        return fail("no instructions".into());
    }
    if let Some(register) =
        liveness.registers(0).find(|&r| r != 0 && !(2..2 + view.parameters()).contains(&r))
    {
        return fail(format!("register {register} is read before it is written"));
    }
    for (index, &word) in words.iter().enumerate() {
        let op = Op::from_code(field::op(word)).expect("liveness knows every opcode");
        let checked = check_operands(heap, view, index, word, op, primitives)
            .and_then(|()| check_flow(words, view, index, word, op, &liveness, heap));
        if let Err(what) = checked {
            return fail(format!("instruction {index} ({}): {what}", op.row().name()));
        }
    }
    Ok(())
}

fn check_operands(
    heap: &Heap,
    view: CodeView,
    index: usize,
    word: u64,
    op: Op,
    primitives: &PrimitiveSet,
) -> Result<(), String> {
    let row = op.row();
    for (position, &(name, _, kind)) in row.operands.iter().enumerate() {
        let value = row.operand(word, position);
        match kind {
            OperandKind::Constant => {
                let at = index as i64 + 1 + value - view.instructions as i64;
                if !(0..view.constants as i64).contains(&at) {
                    return Err(format!("{name} is no constant of this code"));
                }
                let constant = view.constant(heap, at as usize);
                let wants_cell = name == "cell";
                if wants_cell && heap.peek_kind(constant) != Some(Kind::Cell) {
                    return Err("its cell is no cell".into());
                }
            }
            OperandKind::CallWindow | OperandKind::TailWindow => {
                let end = value as usize + 2 + field::aux(word);
                if value < 2 || end > view.frame_words {
                    return Err(format!("window r{value} does not fit the frame"));
                }
            }
            OperandKind::Primitive => {
                let Some(row) = primitives.get(value as usize) else {
                    return Err(format!("there is no primitive {value}"));
                };
                let count = field::aux(word);
                let fits = count >= row.minimum as usize
                    && row.maximum.is_none_or(|most| count <= most as usize);
                if !fits {
                    return Err(format!("{} does not take {count} arguments", row.name));
                }
            }
            OperandKind::Word32 if !Word(value as u64).is_valid_non_reference() => {
                return Err("loads no valid word".into());
            }
            _ => {}
        }
    }
    let indexes_closure = matches!(op, Op::ClosureReference);
    if indexes_closure && field::b(word) >= view.captures {
        return Err(format!("captured value {} of {}", field::b(word), view.captures));
    }
    if crate::op::effects(word).writes == Some(0) {
        return Err("writes register 0".into());
    }
    Ok(())
}

fn check_flow(
    words: &[u64],
    view: CodeView,
    index: usize,
    word: u64,
    op: Op,
    liveness: &Liveness,
    heap: &Heap,
) -> Result<(), String> {
    for successor in successors(op, index, word).into_iter().flatten() {
        if successor <= index && op != Op::Loop {
            return Err("jumps backwards without counting work".into());
        }
    }
    if op.row().control != Control::Call {
        return Ok(());
    }
    let window = field::a(word);
    let Some(point) = ReturnPoint::decode(words[index + 1]) else {
        return Err("no return point follows".into());
    };
    let distance = body::Code::FIELDS + 1 + index + 2;
    if point.shift != window || point.distance != distance {
        return Err("its return point describes another place".into());
    }
    let live: Vec<usize> = liveness.registers(index + 2).filter(|&r| r != window).collect();
    if let Some(lost) = live.iter().find(|&&r| r > window) {
        return Err(format!("register {lost} is read after the call has lost it"));
    }
    let (_, mask) = crate::machine::mask_of(heap, view.code, point.live)?;
    let agrees = (0..window).all(|register| mask.is_live(register) == live.contains(&register));
    if !agrees {
        return Err("its return point names other live registers".into());
    }
    Ok(())
}

/// The mask of a return point for these live registers: short if it fits, else its bytes.
pub fn encode_mask(live: &[usize], words: usize) -> Result<LiveMask, Vec<u8>> {
    if live.iter().all(|&register| register < SHORT_MASK_REGISTERS) {
        return Ok(LiveMask::Short(live.iter().map(|&register| 1 << register).sum()));
    }
    let mut bytes = vec![0u8; words.div_ceil(8)];
    for &register in live {
        bytes[register / 8] |= 1 << (register % 8);
    }
    Err(bytes)
}
