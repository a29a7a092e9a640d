//! What the verifier asks of numbers: that each is in the one form that equal numbers share, and that
//! their parts are numbers. Arithmetic trusts this, and never divides by a denominator of zero.

use dashu_int::UBig;
use dashu_int::ops::Gcd;

use crate::heap::Heap;
use crate::kind::{Kind, body};
use crate::limits::{INTEGER_LIMBS_MAX, RATIO_LIMBS_CHECKED_MAX};
use crate::word::Word;

impl Heap {
    /// Whether a bignum, ratio or complex number that a reference leads to is in its canonical form.
    /// Parts that are wrong themselves are left to their own check.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_number(&self, word: Word) -> Result<(), &'static str> {
        match self.header(word).kind() {
            Some(Kind::Bignum) => self.check_bignum(word),
            Some(Kind::Ratnum) => self.check_ratio(word),
            Some(Kind::Compnum) => self.check_complex(word),
            _ => Ok(()),
        }
    }

    fn check_bignum(&self, word: Word) -> Result<(), &'static str> {
        let header = self.header(word);
        let count = header.body_words();
        if count == 0 || self.raw(word, count - 1) == 0 || header.aux() > 1 {
            return Err("bignum that is not in its shortest form");
        }
        if count > INTEGER_LIMBS_MAX {
            return Err("bignum beyond the limit of integers");
        }
        let small = i64::try_from(self.raw(word, 0)).ok();
        let small = small.map(|limb| if header.aux() == 1 { -limb } else { limb });
        if count == 1 && small.and_then(Word::try_fixnum).is_some() {
            return Err("bignum that is a fixnum");
        }
        Ok(())
    }

    fn check_ratio(&self, word: Word) -> Result<(), &'static str> {
        let numerator = self.field(word, body::Ratnum::NUMERATOR);
        let denominator = self.field(word, body::Ratnum::DENOMINATOR);
        if !self.is_exact_integer(numerator) || numerator == Word::fixnum(0) {
            return Err("ratio whose numerator is no integer other than zero");
        }
        let above_one = if denominator.is_fixnum() {
            denominator.as_fixnum() > 1
        } else {
            self.is_exact_integer(denominator) && self.header(denominator).aux() == 0
        };
        if !above_one {
            return Err("ratio whose denominator is no integer above 1");
        }
        let (numerator, denominator) = (self.limbs_of(numerator), self.limbs_of(denominator));
        if numerator.len().max(denominator.len()) > RATIO_LIMBS_CHECKED_MAX {
            return Ok(());
        }
        let (numerator, denominator) =
            (UBig::from_words(&numerator), UBig::from_words(&denominator));
        if !denominator.is_zero() && !numerator.gcd(denominator).is_one() {
            return Err("ratio that is not in lowest terms");
        }
        Ok(())
    }

    fn check_complex(&self, word: Word) -> Result<(), &'static str> {
        let parts =
            [self.field(word, body::Compnum::REAL), self.field(word, body::Compnum::IMAGINARY)];
        let is_flonum =
            |part: &Word| part.is_immediate_flonum() || self.peek_kind(*part) == Some(Kind::Flonum);
        if parts.iter().all(is_flonum) {
            return Ok(());
        }
        let is_exact = |part: &Word| {
            self.is_exact_integer(*part) || self.peek_kind(*part) == Some(Kind::Ratnum)
        };
        if !parts.iter().all(is_exact) {
            return Err("complex number whose parts are not both exact or both flonums");
        }
        if parts[1] == Word::fixnum(0) {
            return Err("complex number without an imaginary part");
        }
        Ok(())
    }

    fn is_exact_integer(&self, word: Word) -> bool {
        word.is_fixnum() || self.peek_kind(word) == Some(Kind::Bignum)
    }

    /// The magnitude of an exact integer, from the lowest limb.
    fn limbs_of(&self, word: Word) -> Vec<u64> {
        if word.is_fixnum() {
            return vec![word.as_fixnum().unsigned_abs()];
        }
        self.space.words(word.offset() + 8, self.header(word).body_words()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: u64 = 1 << 40;

    fn heap() -> Heap {
        Heap::reserving(4 << 30).expect("addresses for a small heap")
    }

    fn bignum(heap: &mut Heap, negative: bool, limbs: &[u64]) -> Word {
        let word = heap.object(Kind::Bignum, u8::from(negative), limbs.len());
        limbs.iter().enumerate().for_each(|(index, &limb)| heap.set_raw(word, index, limb));
        word
    }

    fn parts(heap: &mut Heap, kind: Kind, first: Word, second: Word) -> Word {
        let word = heap.object(kind, 0, 2);
        heap.set_field(word, 0, first);
        heap.set_field(word, 1, second);
        word
    }

    #[test]
    fn numbers_in_their_one_form_are_accepted() {
        let mut heap = heap();
        let big = bignum(&mut heap, false, &[1, 1]);
        let least = bignum(&mut heap, true, &[(1 << 60) + 1]);
        let flonum = Word::try_flonum(0.0).unwrap();
        let half = parts(&mut heap, Kind::Ratnum, Word::fixnum(-1), Word::fixnum(2));
        for word in [
            big,
            least,
            half,
            parts(&mut heap, Kind::Ratnum, least, big),
            parts(&mut heap, Kind::Compnum, Word::fixnum(0), half),
            parts(&mut heap, Kind::Compnum, big, Word::fixnum(-1)),
            parts(&mut heap, Kind::Compnum, flonum, flonum),
        ] {
            assert_eq!(heap.check_number(word), Ok(()));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let mut heap = heap();
        let fixnum = Word::fixnum;
        let big = bignum(&mut heap, false, &[1, 1]);
        let negative = bignum(&mut heap, true, &[1, 1]);
        let even = bignum(&mut heap, false, &[2, 1]);
        let half = parts(&mut heap, Kind::Ratnum, fixnum(1), fixnum(2));
        let complex = parts(&mut heap, Kind::Compnum, fixnum(1), fixnum(2));
        let flonum = Word::try_flonum(1.5).unwrap();
        let none = bignum(&mut heap, false, &[]);
        let refused = [
            none,
            bignum(&mut heap, false, &[1, 0]),
            bignum(&mut heap, false, &[SMALL]),
            bignum(&mut heap, true, &[1 << 60]),
            bignum(&mut heap, false, &vec![1; INTEGER_LIMBS_MAX + 1]),
            parts(&mut heap, Kind::Ratnum, fixnum(1), fixnum(0)),
            parts(&mut heap, Kind::Ratnum, fixnum(1), fixnum(1)),
            parts(&mut heap, Kind::Ratnum, fixnum(1), fixnum(-2)),
            parts(&mut heap, Kind::Ratnum, fixnum(0), fixnum(2)),
            parts(&mut heap, Kind::Ratnum, fixnum(2), fixnum(4)),
            parts(&mut heap, Kind::Ratnum, fixnum(2), even),
            parts(&mut heap, Kind::Ratnum, fixnum(1), negative),
            parts(&mut heap, Kind::Ratnum, half, big),
            parts(&mut heap, Kind::Ratnum, flonum, fixnum(2)),
            parts(&mut heap, Kind::Ratnum, fixnum(1), Word::FALSE),
            parts(&mut heap, Kind::Compnum, fixnum(1), fixnum(0)),
            parts(&mut heap, Kind::Compnum, fixnum(1), flonum),
            parts(&mut heap, Kind::Compnum, flonum, half),
            parts(&mut heap, Kind::Compnum, complex, fixnum(1)),
            parts(&mut heap, Kind::Compnum, Word::NULL, fixnum(1)),
        ];
        for (index, word) in refused.into_iter().enumerate() {
            assert!(heap.check_number(word).is_err(), "number {index}");
        }
        let of_nothing = parts(&mut heap, Kind::Ratnum, none, none);
        assert_eq!(heap.check_number(of_nothing), Ok(()), "its parts are refused themselves");
    }
}
