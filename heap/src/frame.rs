//! Frames as they lie in stacks and sealed segments: links and return-point words.
//!
//! A frame is words relative to a base: `[0]` the closure or any register and later the result,
//! `[1]` the link, `[2…]` arguments and locals. The link says where the caller goes on and how far
//! below this base its own base lies. The word before each return point describes the frame that
//! waits there, so that a stack can be walked, marked and checked without running anything.

/// The opcode of a return-point word; the machine's table of opcodes has the same number.
pub const RETURN_POINT_OPCODE: u8 = 0x45;
/// Registers a short mask can name.
pub const SHORT_MASK_REGISTERS: usize = 20;
/// Words of the longest frame a link can describe.
pub const FRAME_WORDS_MAX: usize = 8191;
/// Words of the longest code object a return-point word can describe.
pub const CODE_WORDS_MAX: usize = (1 << 20) - 1;
/// Words every frame has: register 0 and the link.
pub const FRAME_WORDS_MIN: usize = 2;

/// A link: `return offset << 16 | window shift in bytes`. Both are multiples of 8, so the word
/// reads as a fixnum wherever values are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(pub u64);

impl Link {
    #[inline(always)]
    pub const fn new(return_offset: u64, shift_words: usize) -> Link {
        Link(return_offset << 16 | (shift_words as u64) << 3)
    }

    /// Offset of the return point from the heap's base.
    #[inline(always)]
    pub const fn return_offset(self) -> u64 {
        self.0 >> 16
    }

    /// Words from the caller's base to the callee's.
    #[inline(always)]
    pub const fn shift_words(self) -> usize {
        (self.0 as u16 >> 3) as usize
    }
}

/// The return-point word: what a stack walker knows of a frame that waits for a call to return.
///
/// ```text
/// op:8 | long:1 | unused:2 | shift:13 | distance:20 | live:20
/// ```
///
/// `shift` is the call's window in words, `distance` the words from the code object's header to
/// the return point (the word after this one), `live` the live registers below the window, bit n
/// for register n, or with `long` the index of the constant that holds the mask as a bytevector.
/// Register 1, the link, is never in a mask: it is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnPoint {
    pub shift: usize,
    pub distance: usize,
    pub live: LiveMask,
}

/// Live registers of a return point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveMask {
    /// Bit n stands for register n.
    Short(u32),
    /// Index of the constant that holds the mask.
    Long(u32),
}

impl ReturnPoint {
    /// # Panics
    /// If a part does not fit its field.
    pub const fn encode(self) -> u64 {
        assert!(self.shift <= FRAME_WORDS_MAX && self.distance <= CODE_WORDS_MAX);
        let (long, live) = match self.live {
            LiveMask::Short(mask) => (0, mask),
            LiveMask::Long(index) => (1, index),
        };
        assert!(live < 1 << SHORT_MASK_REGISTERS);
        RETURN_POINT_OPCODE as u64
            | long << 8
            | (self.shift as u64) << 11
            | (self.distance as u64) << 24
            | (live as u64) << 44
    }

    /// `None` if the word is no return-point word.
    #[inline]
    pub fn decode(word: u64) -> Option<ReturnPoint> {
        if word as u8 != RETURN_POINT_OPCODE {
            return None;
        }
        let live = (word >> 44) as u32;
        Some(ReturnPoint {
            shift: (word >> 11) as usize & FRAME_WORDS_MAX,
            distance: (word >> 24) as usize & CODE_WORDS_MAX,
            live: if word >> 8 & 1 == 1 { LiveMask::Long(live) } else { LiveMask::Short(live) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_points_round_trip() {
        for live in [LiveMask::Short(0xfffff), LiveMask::Long(17), LiveMask::Short(0)] {
            let point = ReturnPoint { shift: 8191, distance: 1_048_575, live };
            assert_eq!(ReturnPoint::decode(point.encode()), Some(point));
        }
        assert_eq!(ReturnPoint::decode(0), None);
    }

    #[test]
    fn links_read_as_fixnums() {
        let link = Link::new(0x7fff_fff8, FRAME_WORDS_MAX);
        assert_eq!((link.return_offset(), link.shift_words()), (0x7fff_fff8, FRAME_WORDS_MAX));
        assert!(crate::word::Word(link.0).is_fixnum());
    }
}
