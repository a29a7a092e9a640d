//! Which registers are live before each instruction.
//!
//! A function of the bytecode alone, so that every instruction boundary is a legal place to stop:
//! the collector and the sealing of stacks keep what is live and overwrite the rest. The installer
//! fills the masks of return points from it, and the verifier computes it again and compares.

use crate::op::{Control, Effects, FRAME_WORDS_MAX, Op, effects, field};

/// Sets of live registers, one per instruction.
#[derive(Clone, Debug)]
pub struct Liveness {
    words_per_set: usize,
    sets: Vec<u64>,
}

impl Liveness {
    /// The registers live before instruction `index`, as words of bits.
    pub fn before(&self, index: usize) -> &[u64] {
        &self.sets[index * self.words_per_set..(index + 1) * self.words_per_set]
    }

    /// Whether `register` is live before instruction `index`.
    pub fn is_live(&self, index: usize, register: usize) -> bool {
        self.before(index).get(register / 64).is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    /// The highest register live before instruction `index`.
    pub fn highest(&self, index: usize) -> Option<usize> {
        let set = self.before(index);
        let word = set.iter().rposition(|&word| word != 0)?;
        Some(word * 64 + 63 - set[word].leading_zeros() as usize)
    }

    /// The live registers before instruction `index`, ascending.
    pub fn registers(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.words_per_set * 64).filter(move |&register| self.is_live(index, register))
    }
}

/// Computes liveness.
///
/// # Errors
/// Says what is wrong with code in which control can leave the instructions, reach a data word, or
/// use a register beyond `frame_words`.
pub fn analyse(instructions: &[u64], frame_words: usize) -> Result<Liveness, String> {
    if frame_words > FRAME_WORDS_MAX {
        return Err(format!("frame of {frame_words} words"));
    }
    let words_per_set = frame_words.div_ceil(64).max(1);
    let mut liveness =
        Liveness { words_per_set, sets: vec![0; words_per_set * instructions.len()] };
    let plan = instructions
        .iter()
        .enumerate()
        .map(|(index, &word)| Step::new(instructions, index, word, frame_words))
        .collect::<Result<Vec<_>, _>>()?;
    let mut scratch = vec![0u64; words_per_set];
    loop {
        let mut changed = false;
        for (index, step) in plan.iter().enumerate().rev() {
            scratch.fill(0);
            for successor in step.successors.into_iter().flatten() {
                for (word, &live) in scratch.iter_mut().zip(liveness.before(successor)) {
                    *word |= live;
                }
            }
            step.apply(&mut scratch);
            let set = &mut liveness.sets[index * words_per_set..(index + 1) * words_per_set];
            if set != scratch {
                set.copy_from_slice(&scratch);
                changed = true;
            }
        }
        if !changed {
            return Ok(liveness);
        }
    }
}

/// What one instruction does to sets of live registers.
struct Step {
    successors: Successors,
    effects: Effects,
}

impl Step {
    fn new(all: &[u64], index: usize, word: u64, frame_words: usize) -> Result<Step, String> {
        let Some(op) = Op::from_code(field::op(word)) else {
            return Err(format!("instruction {index} has no opcode: {word:#x}"));
        };
        let effects = effects(word);
        let registers = effects.reads.iter().chain(effects.writes);
        if let Some(register) = registers.clone().find(|&register| register >= frame_words) {
            return Err(format!("instruction {index} uses register {register} beyond the frame"));
        }
        if registers.clone().any(|register| register == 1) {
            return Err(format!("instruction {index} uses the link as a register"));
        }
        let successors = successors(op, index, word);
        for successor in successors.into_iter().flatten() {
            let target = all.get(successor).map(|&word| field::op(word));
            if target.is_none_or(|code| code == Op::ReturnPoint as u8) {
                return Err(format!(
                    "instruction {index} goes on outside the code, at {successor}"
                ));
            }
        }
        if op.row().control == Control::Call
            && all.get(index + 1).map(|&word| field::op(word)) != Some(Op::ReturnPoint as u8)
        {
            return Err(format!("instruction {index} calls without a return point"));
        }
        Ok(Step { successors, effects })
    }

    fn apply(&self, live: &mut [u64]) {
        let mut clear = |register: usize| live[register / 64] &= !(1 << (register % 64));
        if let Some(register) = self.effects.writes {
            clear(register);
        }
        if let Some(from) = self.effects.clobbers_from {
            // What is live above a window after the call was never written on any path; the
            // verifier reports it at the return point. Here it must not spread further up.
            (from..live.len() * 64)
                .for_each(|register| live[register / 64] &= !(1 << (register % 64)));
        }
        for register in self.effects.reads.iter() {
            live[register / 64] |= 1 << (register % 64);
        }
    }
}

/// The instructions that can run after one.
pub type Successors = [Option<usize>; 2];

/// The instructions that can run after `index`.
pub fn successors(op: Op, index: usize, word: u64) -> Successors {
    let row = op.row();
    let target = || {
        let offset = (0..row.operands.len())
            .find(|&n| row.operands[n].0 == "offset")
            .map_or(0, |n| row.operand(word, n));
        (index as i64 + 1 + offset) as usize
    };
    match row.control {
        Control::Next => [Some(index + 1), None],
        Control::Jump => [Some(target()), None],
        Control::Branch => [Some(index + 1), Some(target())],
        Control::Call => [Some(index + 2), None],
        Control::Leave | Control::Data => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{ReturnPoint, encode};

    #[test]
    fn a_loop_keeps_its_variables_live() {
        // r2 counts up to r3.
        let code = [
            encode(Op::LoadWord, &[2, 0]).unwrap(),
            encode(Op::AddInt, &[2, 2, 1]).unwrap(),
            encode(Op::JumpUnlessLess, &[2, 3, 1]).unwrap(),
            encode(Op::Loop, &[-3]).unwrap(),
            encode(Op::Return, &[2]).unwrap(),
        ];
        let liveness = analyse(&code, 4).unwrap();
        assert_eq!(liveness.registers(0).collect::<Vec<_>>(), [3]);
        assert_eq!(liveness.registers(1).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(liveness.registers(4).collect::<Vec<_>>(), [2]);
        assert_eq!(liveness.highest(1), Some(3));
    }

    #[test]
    fn calls_lose_what_lies_above_their_window() {
        let point = ReturnPoint { shift: 4, distance: 0, live: crate::op::LiveMask::Short(0) };
        let code = [
            encode(Op::Call, &[1, 4]).unwrap(),
            point.encode(),
            encode(Op::Add, &[4, 4, 2]).unwrap(),
            encode(Op::Return, &[4]).unwrap(),
        ];
        let liveness = analyse(&code, 8).unwrap();
        assert_eq!(liveness.registers(2).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(liveness.registers(0).collect::<Vec<_>>(), [2, 4, 6]);
    }

    #[test]
    fn control_that_leaves_the_code_is_refused() {
        let next = encode(Op::Move, &[2, 3]).unwrap();
        assert!(analyse(&[next], 8).is_err(), "falls off the end");
        let jump = encode(Op::Jump, &[5]).unwrap();
        assert!(analyse(&[jump], 8).is_err(), "jumps out");
        assert!(analyse(&[encode(Op::Return, &[9]).unwrap()], 8).is_err(), "beyond the frame");
        assert!(analyse(&[encode(Op::Return, &[1]).unwrap()], 8).is_err(), "the link");
    }
}
