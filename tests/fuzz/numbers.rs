//! Numbers: every text is a number or none, the same to the reader and to `string->number`; and a number's text
//! in every radix reads back as the number.

use pscheme::compiler::datum::Datum;
use pscheme::compiler::reader::{NumberText, ReadAll, classify_number, read_all};
use pscheme::vm::number::Number;

use crate::engine::{self, Behaviour, Target, behaviour};
use crate::support::Random;

/// What numbers are made of.
const PARTS: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "9",
    "10",
    "00",
    "a",
    "f",
    "F",
    "z",
    "i",
    "I",
    "e",
    "E",
    "e+",
    "e-",
    ".",
    "/",
    "+",
    "-",
    "@",
    "#e",
    "#i",
    "#x",
    "#b",
    "#o",
    "#d",
    "#X",
    "#E",
    "+inf.0",
    "-inf.0",
    "+nan.0",
    "inf.0",
    "nan.0",
    "1152921504606846976",
    "9007199254740993",
    "17976931348623157e292",
    "5e-324",
    "2.4703282292062327e-324",
    "e308",
    "e-400",
    "1/3",
    "0/1",
    "1/0",
    "_",
    " ",
    "λ",
];

#[test]
fn numbers() {
    engine::run(|| Numbers);
}

struct Numbers;

impl Target for Numbers {
    const NAME: &'static str = "numbers";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        let boundary = |text: &str, random: &mut Random| {
            let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            let places: Vec<usize> = places.collect();
            places[random.below(places.len() as u64) as usize]
        };
        let (first, second) = (boundary(input, random), boundary(input, random));
        let (start, end) = (first.min(second), first.max(second));
        match random.below(4) {
            0 => {
                let part = PARTS[random.below(PARTS.len() as u64) as usize];
                input.insert_str(start, part);
            }
            1 => {
                input.replace_range(start..end, "");
            }
            2 => {
                let other = &pool[random.below(pool.len() as u64) as usize];
                let (from, to) = (boundary(other, random), boundary(other, random));
                input.replace_range(start..end, &other[from.min(to)..from.max(to)]);
            }
            _ => {
                let doubled = input[start..end].to_string();
                input.insert_str(start, &doubled);
            }
        }
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let mut shapes = Vec::new();
        for radix in 2..=36 {
            let NumberText::Number(number) = classify_number(input, radix) else { continue };
            shapes.push((radix, shape(&number)));
            // Every other radix is another conversion, but one is enough for one input.
            let other = 2 + (radix + input.len() as u32) % 35;
            for radix in [10, other] {
                let text = number.text(radix);
                match classify_number(&text, radix) {
                    NumberText::Number(again) => {
                        assert!(again.is_same(&number), "{input:?} as {text:?} in radix {radix}");
                    }
                    found => panic!("{input:?} as {text:?} in radix {radix} is {found:?}"),
                }
            }
        }
        check_reader(input);
        behaviour(shapes)
    }
}

/// What sort of number it is, and how long.
fn shape(number: &Number) -> (u8, usize) {
    let sort = match number {
        Number::Fixnum(value) => u8::from(*value < 0),
        Number::Big(_) => 2,
        Number::Ratio(_) => 3,
        Number::Flonum(value) => 4 + u8::from(value.is_finite()) + u8::from(value.is_normal()),
        Number::Complex(value) => 7 + u8::from(value.is_exact()),
    };
    (sort, number.bits().ilog2() as usize)
}

/// The reader takes as a number what is one in radix 10.
fn check_reader(input: &str) {
    let is_word = !input.is_empty()
        && input.chars().all(|c| c.is_ascii_alphanumeric() || "+-./@#".contains(c));
    let ReadAll { arena, forms, diagnostics, .. } = read_all(input);
    if !is_word || !diagnostics.is_empty() {
        return;
    }
    let read = match forms.as_slice() {
        [form] => match arena.get(*form) {
            Datum::Fixnum(value) => Some(Number::Fixnum(value)),
            Datum::Flonum(value) => Some(Number::Flonum(value)),
            Datum::Number(number) => Some(number.clone()),
            _ => None,
        },
        _ => None,
    };
    match (classify_number(input, 10), read) {
        (NumberText::Number(number), Some(read)) => assert!(read.is_same(&number), "{input:?}"),
        (NumberText::NotANumber, None) => {}
        (known, read) => panic!("{input:?} is {known:?}, and read as {read:?}"),
    }
}
