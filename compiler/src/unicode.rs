//! What Unicode says of characters and texts: case, folding, categories, decimal digits.
//!
//! The tables are those of ICU4X. Whatever in pscheme asks for such a property of a program's
//! characters asks here, so that the reader of programs, `read` and the procedures of `(scheme char)`
//! agree; `docs/decisions/0018-unicode-is-a-part-of-the-program.md` says what that means for images.

use std::fmt;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_locale_core::LanguageIdentifier;
use icu_properties::props::{
    Alphabetic, CaseIgnorable, Cased, GeneralCategory, Lowercase, Uppercase, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const CASE: CaseMapperBorrowed<'static> = CaseMapper::new();

/// A version of the Unicode Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnicodeVersion {
    pub major: u16,
    pub minor: u8,
    pub update: u8,
}

/// The version that the tables are of.
pub const UNICODE_VERSION: UnicodeVersion = UnicodeVersion { major: 18, minor: 0, update: 0 };

impl UnicodeVersion {
    /// The number that stands for it in an image: 180000 is 18.0.0.
    pub const fn number(self) -> i64 {
        self.major as i64 * 10_000 + self.minor as i64 * 100 + self.update as i64
    }

    /// The version that a number of an image stands for, if there can be such a one.
    pub fn from_number(number: i64) -> Option<UnicodeVersion> {
        let major = u16::try_from(number / 10_000).ok()?;
        let minor = u8::try_from(number / 100 % 100).ok()?;
        let update = u8::try_from(number % 100).ok()?;
        Some(UnicodeVersion { major, minor, update })
    }
}

impl fmt::Display for UnicodeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.update)
    }
}

/// The simple upper case mapping: always one character.
pub fn upcase(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    CASE.simple_uppercase(character)
}

/// The simple lower case mapping: always one character.
pub fn downcase(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    CASE.simple_lowercase(character)
}

/// The simple case folding: always one character.
pub fn foldcase(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    CASE.simple_fold(character)
}

/// The full upper case mapping of a text; the result may be longer.
///
/// # Example
/// ```
/// assert_eq!(pscheme_compiler::unicode::upcase_text("straße"), "STRASSE");
/// ```
pub fn upcase_text(text: &str) -> String {
    CASE.uppercase_to_string(text, &LanguageIdentifier::UNKNOWN).into_owned()
}

/// The full lower case mapping of a text, with the final sigma of words.
pub fn downcase_text(text: &str) -> String {
    CASE.lowercase_to_string(text, &LanguageIdentifier::UNKNOWN).into_owned()
}

/// The lower case mapping of a part of a text: whether a sigma in it is a final one depends on
/// whether the nearest characters around the part that matter, as `case_context` finds them, are
/// cased.
pub fn downcase_part(part: &str, cased_before: bool, cased_after: bool) -> String {
    let mut text = String::with_capacity(part.len() + 2);
    text.extend(cased_before.then_some('a'));
    text.push_str(part);
    text.extend(cased_after.then_some('a'));
    let lower = downcase_text(&text);
    // The letters that stand for what is around the part stay one byte each.
    lower[usize::from(cased_before)..lower.len() - usize::from(cased_after)].to_string()
}

/// Whether the first of the characters that is not transparent to case is cased; `None` if all are
/// transparent (Unicode 3.13, Final_Sigma).
pub fn case_context(mut characters: impl Iterator<Item = char>) -> Option<bool> {
    let ignorable = CodePointSetData::new::<CaseIgnorable>();
    let first = characters.find(|&character| !ignorable.contains(character))?;
    Some(CodePointSetData::new::<Cased>().contains(first))
}

/// The full case folding of a text; the result may be longer.
pub fn foldcase_text(text: &str) -> String {
    CASE.fold_string(text).into_owned()
}

/// The full case folding of one character: one to three.
pub fn folded(character: char) -> impl Iterator<Item = char> {
    let mut folded = [None; FOLDED_CHARACTERS_MAX];
    if character.is_ascii() {
        folded[0] = Some(character.to_ascii_lowercase());
    } else {
        let mut bytes = [0; 4];
        let text = CASE.fold_string(character.encode_utf8(&mut bytes));
        for (place, character) in folded.iter_mut().zip(text.chars()) {
            *place = Some(character);
        }
    }
    folded.into_iter().flatten()
}

/// Characters that one folds to at most, promised by Unicode (5.18).
const FOLDED_CHARACTERS_MAX: usize = 3;

/// Property Alphabetic.
pub fn is_alphabetic(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    CodePointSetData::new::<Alphabetic>().contains(character)
}

/// Property White_Space.
pub fn is_whitespace(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, '\t'..='\r' | ' ');
    }
    CodePointSetData::new::<WhiteSpace>().contains(character)
}

/// Property Uppercase.
pub fn is_uppercase(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_uppercase();
    }
    CodePointSetData::new::<Uppercase>().contains(character)
}

/// Property Lowercase.
pub fn is_lowercase(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_lowercase();
    }
    CodePointSetData::new::<Lowercase>().contains(character)
}

fn is_decimal(code: u32) -> bool {
    CodePointMapData::<GeneralCategory>::new().get32(code) == GeneralCategory::DecimalNumber
}

/// The value of a decimal digit (general category Nd).
///
/// Unicode encodes decimal digits in rows of ten, from zero to nine; rows may follow each other
/// without a gap, as those of mathematical digits do.
pub fn digit_value(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let code = character as u32;
    if !is_decimal(code) {
        return None;
    }
    let before = (0..code).rev().take_while(|&code| is_decimal(code)).count();
    Some(before as u32 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_as_the_tables_have_it() {
        for character in '\0'..='\x7f' {
            let sets = [
                (is_alphabetic(character), CodePointSetData::new::<Alphabetic>()),
                (is_whitespace(character), CodePointSetData::new::<WhiteSpace>()),
                (is_uppercase(character), CodePointSetData::new::<Uppercase>()),
                (is_lowercase(character), CodePointSetData::new::<Lowercase>()),
            ];
            for (found, set) in sets {
                assert_eq!(found, set.contains(character), "{character:?}");
            }
            assert_eq!(digit_value(character).is_some(), is_decimal(character as u32));
            assert_eq!(upcase(character), CASE.simple_uppercase(character));
            assert_eq!(downcase(character), CASE.simple_lowercase(character));
            assert_eq!(foldcase(character), CASE.simple_fold(character));
        }
    }

    #[test]
    fn the_tables_are_of_the_version_they_are_said_to_be_of() {
        // Characters that were new in 18.0, which says where the tables come from, and in 17.0.
        assert!(is_alphabetic('\u{558}') && is_alphabetic('\u{a7dd}'));
        assert!(is_alphabetic('\u{10940}') && is_alphabetic('\u{323b0}'));
        assert_eq!(digit_value('\u{11de9}'), Some(9));
        assert_eq!(downcase('\u{16ea0}'), '\u{16ebb}');
        let version = UNICODE_VERSION;
        let (major, minor, update) = char::UNICODE_VERSION;
        let of_rust = UnicodeVersion { major: major.into(), minor, update };
        if version != of_rust {
            return;
        }
        // Rust's own tables are of the same version.
        let all = (0..=0x10_ffff).filter_map(char::from_u32);
        let differ: Vec<char> = all
            .filter(|&c| {
                is_alphabetic(c) != c.is_alphabetic()
                    || is_uppercase(c) != c.is_uppercase()
                    || is_lowercase(c) != c.is_lowercase()
                    || is_whitespace(c) != c.is_whitespace()
            })
            .collect();
        assert!(differ.is_empty(), "{differ:?}");
    }

    #[test]
    fn numbers_of_versions_are_read_back() {
        assert_eq!(UNICODE_VERSION.number(), 180_000);
        assert_eq!(UnicodeVersion::from_number(180_000), Some(UNICODE_VERSION));
        assert_eq!(UnicodeVersion::from_number(150_102).unwrap().to_string(), "15.1.2");
        assert_eq!(UnicodeVersion::from_number(-1), None);
        assert_eq!(UnicodeVersion::from_number(i64::MAX), None);
    }

    #[test]
    fn digits_stand_in_rows_of_ten() {
        let digits: Vec<u32> = (0..=0x10_ffff).filter(|&code| is_decimal(code)).collect();
        assert!(digits.len() >= 760 && digits.len().is_multiple_of(10), "{}", digits.len());
        for row in digits.chunks(10) {
            assert_eq!(row[9] - row[0], 9, "{:x}", row[0]);
            for (value, &code) in row.iter().enumerate() {
                let digit = char::from_u32(code).unwrap();
                assert_eq!(digit_value(digit), Some(value as u32), "{code:x}");
            }
        }
        assert_eq!(digit_value('a'), None);
        assert_eq!(digit_value('\0'), None);
    }

    #[test]
    fn characters_fold_as_texts_do() {
        for character in (0..=0x10_ffff).filter_map(char::from_u32) {
            let folded: String = folded(character).collect();
            assert_eq!(folded, foldcase_text(&character.to_string()), "{character:?}");
        }
    }

    #[test]
    fn parts_are_converted_as_the_whole() {
        let texts = ["ΑΣ", "ΑΣ.Α", "ΑΣ. Α", "Σ", "1ΣΑ", "Α'Σ'", "ΣΣΣ", "İΣ", "ΑΣ\u{301}"];
        for text in texts {
            for (cut, _) in text.char_indices() {
                let (left, right) = text.split_at(cut);
                let before = case_context(left.chars().rev()).unwrap_or(false);
                let after = case_context(right.chars()).unwrap_or(false);
                let parts =
                    downcase_part(left, false, after) + &downcase_part(right, before, false);
                assert_eq!(parts, text.to_lowercase(), "{left}|{right}");
                assert_eq!(downcase_text(text), text.to_lowercase());
            }
        }
    }
}
