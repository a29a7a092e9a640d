//! Changes of Scheme text: of balanced forms and tokens where there are some, of characters else.

use std::ops::Range;

use crate::support::Random;

/// Words that mean something to reader, expander or library; joined by what is found in the pool.
const DICTIONARY: &[&str] = &[
    "()",
    "'()",
    "#()",
    "#u8()",
    "#u8(0 255)",
    "\"\"",
    "\"\\x41;\"",
    "\"\\\n  \"",
    "||",
    "|a b|",
    "|\\x41;|",
    "#t",
    "#false",
    "#\\a",
    "#\\x0",
    "#\\x10ffff",
    "#\\space",
    "#\\)",
    ".",
    "...",
    "_",
    "'",
    "`",
    ",",
    ",@",
    "#;",
    "#|",
    "|#",
    ";",
    "\n",
    "#!fold-case",
    "#!no-fold-case",
    "#0=",
    "#0#",
    "0",
    "-1",
    "1.5",
    "1e400",
    "1e-400",
    "-0.0",
    "+inf.0",
    "+nan.0",
    "#xff",
    "#e1.5",
    "#i1",
    "#b102",
    "1/2",
    "+i",
    "1e65537",
    "#e1e65537",
    "1152921504606846975",
    "-1152921504606846976",
    "1152921504606846976",
    "340282366920938463463374607431768211456",
    "λ",
    "é",
    "\u{0}",
    "\u{200b}",
    "define",
    "define-values",
    "lambda",
    "(x . y)",
    "set!",
    "if",
    "let",
    "let*",
    "letrec",
    "letrec*",
    "begin",
    "quote",
    "quasiquote",
    "unquote",
    "unquote-splicing",
    "cond",
    "=>",
    "else",
    "case",
    "and",
    "or",
    "when",
    "unless",
    "do",
    "define-syntax",
    "let-syntax",
    "letrec-syntax",
    "syntax-rules",
    "(... ...)",
    "define-record-type",
    "define-library",
    "(export)",
    "export",
    "rename",
    "import",
    "only",
    "except",
    "prefix",
    "cond-expand",
    "include",
    "library",
    "(scheme base)",
    "(scheme write)",
    "guard",
    "parameterize",
    "case-lambda",
    "let-values",
    "let*-values",
    "receive",
    "delay",
    "delay-force",
    "make-promise",
    "values",
    "call-with-values",
    "call/cc",
    "dynamic-wind",
    "apply",
    "map",
    "vector-map",
    "car",
    "cdr",
    "cons",
    "vector-ref",
    "+",
    "-",
    "*",
    "quotient",
    "expt",
    "string-append",
    "display",
    "write",
    "error",
    "raise",
    "with-exception-handler",
    "spawn",
    "self",
    "recv",
    "send",
    "sleep",
    "atomically",
    "await-commit",
    "eval",
    "(interaction-environment)",
    "environment",
    "load",
    "exit",
    "x",
    "y",
    "f",
    "loop",
];

/// Elements an element may be repeated to.
const REPEAT_MAX: u64 = 40;
/// Levels a form may be nested into itself at once.
const NEST_MAX: u64 = 300;

/// Changes a text at one place.
pub fn change(text: &mut String, pool: &[String], random: &mut Random) {
    match random.below(12) {
        0 => delete(text, random),
        1 => duplicate(text, random),
        2 | 3 => splice(text, pool, random),
        4 | 5 => replace_token(text, random),
        6 => swap(text, random),
        7 => wrap(text, random),
        8 => change_character(text, random),
        9 => cut(text, random),
        10 => nest(text, random),
        _ => insert_token(text, random),
    }
}

fn token(random: &mut Random) -> &'static str {
    DICTIONARY[random.below(DICTIONARY.len() as u64) as usize]
}

/// A place between two characters.
fn place(text: &str, random: &mut Random) -> usize {
    text.floor_char_boundary(random.below(text.len() as u64 + 1) as usize)
}

/// A balanced form or a token, found from a random place on.
fn part(text: &str, random: &mut Random) -> Option<Range<usize>> {
    let start = place(text, random);
    let found = text[start..].find(|c: char| !c.is_whitespace() && c != ')')?;
    let start = start + found;
    let mut depth = 0_usize;
    for (offset, character) in text[start..].char_indices() {
        let end = start + offset + character.len_utf8();
        match character {
            '(' => depth += 1,
            ')' if depth <= 1 => return Some(start..if depth == 1 { end } else { start + offset }),
            ')' => depth -= 1,
            _ if depth == 0 && character.is_whitespace() => return Some(start..start + offset),
            _ => {}
        }
    }
    Some(start..text.len())
}

fn delete(text: &mut String, random: &mut Random) {
    if let Some(part) = part(text, random) {
        text.replace_range(part, "");
    }
}

fn duplicate(text: &mut String, random: &mut Random) {
    if let Some(part) = part(text, random) {
        let most = if random.below(8) == 0 { REPEAT_MAX } else { 2 };
        let count = 1 + random.below(most) as usize;
        let copies = format!("{} ", &text[part.clone()]).repeat(count);
        text.insert_str(part.start, &copies);
    }
}

/// Puts a part of another input in place of one of this.
fn splice(text: &mut String, pool: &[String], random: &mut Random) {
    let other = &pool[random.below(pool.len() as u64) as usize];
    let Some(taken) = part(other, random).map(|part| other[part].to_string()) else { return };
    match part(text, random) {
        Some(part) if random.below(2) == 0 => text.replace_range(part, &taken),
        _ => {
            let at = place(text, random);
            text.insert_str(at, &format!(" {taken} "));
        }
    }
}

fn replace_token(text: &mut String, random: &mut Random) {
    if let Some(part) = part(text, random) {
        text.replace_range(part, token(random));
    }
}

fn insert_token(text: &mut String, random: &mut Random) {
    let (at, token) = (place(text, random), token(random));
    let spaced = if random.below(2) == 0 { token.to_string() } else { format!(" {token} ") };
    text.insert_str(at, &spaced);
}

/// Exchanges two parts that lie apart.
fn swap(text: &mut String, random: &mut Random) {
    let (Some(first), Some(second)) = (part(text, random), part(text, random)) else { return };
    let (first, second) =
        if first.start <= second.start { (first, second) } else { (second, first) };
    if first.end <= second.start {
        let (left, right) = (text[first.clone()].to_string(), text[second.clone()].to_string());
        text.replace_range(second, &left);
        text.replace_range(first, &right);
    }
}

/// Puts a form around a part, its head from the dictionary.
fn wrap(text: &mut String, random: &mut Random) {
    if let Some(part) = part(text, random) {
        let wrapped = format!("({} {})", token(random), &text[part.clone()]);
        text.replace_range(part, &wrapped);
    }
}

/// Puts a part into itself, many levels deep.
fn nest(text: &mut String, random: &mut Random) {
    let Some(part) = part(text, random) else { return };
    let most = if random.below(6) == 0 { NEST_MAX } else { 3 };
    let levels = 1 + random.below(most) as usize;
    let head = match random.below(3) {
        0 => "(".to_string(),
        1 => format!("({} ", token(random)),
        _ => "'(".to_string(),
    };
    let nested = format!("{}{}{}", head.repeat(levels), &text[part.clone()], ")".repeat(levels));
    text.replace_range(part, &nested);
}

fn change_character(text: &mut String, random: &mut Random) {
    let at = place(text, random);
    let end = text.ceil_char_boundary((at + 1).min(text.len()));
    let character = match random.below(3) {
        0 => char::from(random.below(128) as u8),
        1 => b"()\"|#;'\\.x0"[random.below(11) as usize] as char,
        _ => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
    };
    text.replace_range(at..end, character.encode_utf8(&mut [0; 4]));
}

/// Leaves out a stretch, whatever it holds.
fn cut(text: &mut String, random: &mut Random) {
    let (one, other) = (place(text, random), place(text, random));
    let (start, end) = (one.min(other), one.max(other));
    let end = text.floor_char_boundary(end.min(start + 1 + random.below(60) as usize));
    text.replace_range(start..end.max(start), "");
}
