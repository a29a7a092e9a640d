//! The word: every value of Scheme, and every slot of a page that holds one.
//!
//! Tags in the low three bits (design of the layout: `docs/format.md`):
//!
//! | tag | meaning |
//! |---|---|
//! | `000` | fixnum, 61 bits, value shifted left by 3 |
//! | `001` | pair: offset of two words without a header |
//! | `100` | any other object: offset of its header word |
//! | `101` | immediate: `#f`, `#t`, `()`, characters, marks |
//! | `x1x` | flonum: the double rotated left by 4, plus 3 |
//!
//! References are offsets from the heap's base, never native addresses.

/// One 64-bit word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Word(pub u64);

pub const TAG_MASK: u64 = 7;
pub const TAG_FIXNUM: u64 = 0;
pub const TAG_PAIR: u64 = 1;
pub const TAG_OBJECT: u64 = 4;
pub const TAG_IMMEDIATE: u64 = 5;

/// Least and greatest fixnum.
pub const FIXNUM_MIN: i64 = -(1 << 60);
pub const FIXNUM_MAX: i64 = (1 << 60) - 1;

const fn immediate(kind: u64, payload: u64) -> Word {
    Word(payload << 8 | kind << 3 | TAG_IMMEDIATE)
}

impl Word {
    pub const FALSE: Word = immediate(0, 0);
    pub const TRUE: Word = immediate(1, 0);
    /// The empty list.
    pub const NULL: Word = immediate(2, 0);
    pub const EOF: Word = immediate(3, 0);
    pub const UNSPECIFIED: Word = immediate(4, 0);
    /// The value of a variable that has none yet.
    pub const UNBOUND: Word = immediate(5, 0);
    /// Written over slots whose content nothing can read any more.
    pub const DEAD: Word = immediate(6, 0);
    const CHARACTER_KIND: u64 = 7;
    /// Stands in the first word of an object that a collection has moved; the second word holds
    /// the new reference. Never equal to a header or to a value a program can hold.
    pub const MOVED: Word = immediate(8, 0);

    #[inline(always)]
    pub const fn fixnum(value: i64) -> Word {
        debug_assert!(value >= FIXNUM_MIN && value <= FIXNUM_MAX);
        Word((value << 3) as u64)
    }

    /// The fixnum for `value`, or `None` outside 61 bits.
    #[inline(always)]
    pub const fn try_fixnum(value: i64) -> Option<Word> {
        if value >= FIXNUM_MIN && value <= FIXNUM_MAX {
            Some(Word((value << 3) as u64))
        } else {
            None
        }
    }

    #[inline(always)]
    pub const fn boolean(value: bool) -> Word {
        if value { Word::TRUE } else { Word::FALSE }
    }

    #[inline(always)]
    pub const fn character(value: char) -> Word {
        immediate(Word::CHARACTER_KIND, value as u64)
    }

    #[inline(always)]
    pub const fn pair(offset: u64) -> Word {
        Word(offset | TAG_PAIR)
    }

    #[inline(always)]
    pub const fn object(offset: u64) -> Word {
        Word(offset | TAG_OBJECT)
    }

    /// The flonum as an immediate, or `None` for magnitudes that need a box.
    #[inline(always)]
    pub const fn try_flonum(value: f64) -> Option<Word> {
        // One NaN only, so that nothing a program sees depends on how it was computed.
        let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
        let word = bits.rotate_left(4).wrapping_add(3);
        if word & 2 != 0 { Some(Word(word)) } else { None }
    }

    #[inline(always)]
    pub const fn is_fixnum(self) -> bool {
        self.0 & TAG_MASK == TAG_FIXNUM
    }

    #[inline(always)]
    pub const fn is_pair(self) -> bool {
        self.0 & TAG_MASK == TAG_PAIR
    }

    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0 & TAG_MASK == TAG_OBJECT
    }

    /// A pair or an object: a word that holds an offset.
    #[inline(always)]
    pub const fn is_reference(self) -> bool {
        self.is_pair() || self.is_object()
    }

    #[inline(always)]
    pub const fn is_immediate_flonum(self) -> bool {
        self.0 & 2 != 0
    }

    #[inline(always)]
    pub const fn is_character(self) -> bool {
        self.0 & 0xff == Word::CHARACTER_KIND << 3 | TAG_IMMEDIATE
    }

    /// Anything but `#f`.
    #[inline(always)]
    pub const fn is_true(self) -> bool {
        self.0 != Word::FALSE.0
    }

    /// The integer of a fixnum.
    #[inline(always)]
    pub const fn as_fixnum(self) -> i64 {
        debug_assert!(self.is_fixnum());
        self.0 as i64 >> 3
    }

    /// The character of a character word.
    #[inline(always)]
    pub fn as_character(self) -> char {
        debug_assert!(self.is_character());
        char::from_u32((self.0 >> 8) as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The double of an immediate flonum.
    #[inline(always)]
    pub const fn as_immediate_flonum(self) -> f64 {
        debug_assert!(self.is_immediate_flonum());
        f64::from_bits(self.0.wrapping_sub(3).rotate_right(4))
    }

    /// The offset of a reference.
    #[inline(always)]
    pub const fn offset(self) -> u64 {
        debug_assert!(self.is_reference());
        self.0 & !TAG_MASK
    }

    /// Whether the word is one the system can write: a fixnum, a flonum, or a known immediate.
    /// References are not judged here.
    pub fn is_valid_non_reference(self) -> bool {
        if self.is_fixnum() || self.is_immediate_flonum() {
            return true;
        }
        if self.0 & TAG_MASK != TAG_IMMEDIATE {
            return false;
        }
        let (kind, payload) = (self.0 >> 3 & 31, self.0 >> 8);
        match kind {
            0..=6 => payload == 0,
            Self::CHARACTER_KIND => {
                u32::try_from(payload).is_ok_and(|p| char::from_u32(p).is_some())
            }
            _ => false,
        }
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Word::FALSE => f.write_str("#f"),
            Word::TRUE => f.write_str("#t"),
            Word::NULL => f.write_str("()"),
            Word::EOF => f.write_str("#<eof>"),
            Word::UNSPECIFIED => f.write_str("#<unspecified>"),
            Word::UNBOUND => f.write_str("#<unbound>"),
            Word::DEAD => f.write_str("#<dead>"),
            Word::MOVED => f.write_str("#<moved>"),
            w if w.is_fixnum() => write!(f, "{}", w.as_fixnum()),
            w if w.is_immediate_flonum() => write!(f, "{:?}", w.as_immediate_flonum()),
            w if w.is_character() => write!(f, "{:?}", w.as_character()),
            w if w.is_pair() => write!(f, "pair@{:#x}", w.offset()),
            w if w.is_object() => write!(f, "object@{:#x}", w.offset()),
            w => write!(f, "#<invalid {:#x}>", w.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixnums_keep_their_value_and_their_limits() {
        for value in [0, 1, -1, 42, FIXNUM_MIN, FIXNUM_MAX] {
            let word = Word::try_fixnum(value).unwrap();
            assert!(word.is_fixnum() && !word.is_reference());
            assert_eq!(word.as_fixnum(), value);
        }
        assert_eq!(Word::try_fixnum(FIXNUM_MAX + 1), None);
        assert_eq!(Word::try_fixnum(FIXNUM_MIN - 1), None);
    }

    #[test]
    fn common_flonums_are_immediate() {
        let values = [0.0, -0.0, 1.0, -1.5, 1e70, 1e-70, 5e-324, f64::INFINITY, f64::NEG_INFINITY];
        for value in values {
            let word = Word::try_flonum(value).unwrap_or_else(|| panic!("{value} needs a box"));
            assert!(word.is_immediate_flonum() && !word.is_fixnum() && !word.is_reference());
            assert_eq!(word.as_immediate_flonum().to_bits(), f64::to_bits(value));
        }
        assert!(Word::try_flonum(f64::NAN).unwrap().as_immediate_flonum().is_nan());
        assert_eq!(Word::try_flonum(-f64::NAN), Word::try_flonum(f64::NAN));
        assert!(Word::try_flonum(1e300).is_some());
        assert_eq!(Word::try_flonum(1e100), None);
        assert_eq!(Word::try_flonum(1e-100), None);
    }

    #[test]
    fn immediates_are_distinct_and_valid() {
        let words = [
            Word::FALSE,
            Word::TRUE,
            Word::NULL,
            Word::EOF,
            Word::UNSPECIFIED,
            Word::UNBOUND,
            Word::DEAD,
            Word::character('a'),
        ];
        for (index, word) in words.iter().enumerate() {
            assert!(word.is_valid_non_reference());
            assert!(!words[..index].contains(word));
        }
        assert!(!Word::MOVED.is_valid_non_reference());
        assert!(!Word(0xd800 << 8 | 7 << 3 | 5).is_valid_non_reference());
    }
}
