//! The reader: what it accepts, what it reports, and that what is printed reads back.

use dashu_int::{IBig, Sign, UBig};
use proptest::prelude::*;
use pscheme_compiler::datum::{DatumArena, DatumId, Number};
use pscheme_compiler::datum_write::write_datum;
use pscheme_compiler::diagnostic::ByteSpan;
use pscheme_compiler::reader::{ReadOne, read_all, read_one};

/// All data of a text as they print, separated by spaces.
#[track_caller]
fn read(text: &str) -> String {
    let read = read_all(text);
    assert!(read.diagnostics.is_empty(), "{text}: {:?}", read.diagnostics);
    let data: Vec<String> = read.forms.iter().map(|id| write_datum(&read.arena, *id)).collect();
    data.join(" ")
}

/// The codes and places of the errors of a text.
fn errors(text: &str) -> Vec<String> {
    let found = read_all(text).diagnostics;
    found.iter().map(|one| format!("{} {}-{}", one.code, one.span.start, one.span.end)).collect()
}

#[test]
fn data_of_every_kind() {
    for (text, expected) in [
        ("#t #true #f #FALSE", "#t #t #f #f"),
        (
            "#\\a #\\space #\\x #\\x41 #\\( #\\λ #\\newline #\\null #\\x3bb",
            "#\\a #\\space #\\x #\\A #\\( #\\λ #\\newline #\\null #\\λ",
        ),
        (r#""a\n\t\"\\\x41;λ""#, r#""a\n\t\"\\Aλ""#),
        ("\"one \\   \n   two\"", "\"one two\""),
        ("\"a\r\nb\"", "\"a\\nb\""),
        ("foo <=? a.b ... + - -x 1+ λ é", "foo <=? a.b ... + - -x 1+ λ é"),
        (r"|two words| || |a\x41;| |1| |a\|b|", r"|two words| || aA |1| |a\|b|"),
        ("#!fold-case FOO #!no-fold-case FOO", "foo FOO"),
        (
            "() (1) (1 2) (1 . 2) (1 2 . 3) (1 . (2 . (3 . ())))",
            "() (1) (1 2) (1 . 2) (1 2 . 3) (1 2 3)",
        ),
        ("#() #(1 #(2)) #u8() #u8(0 255)", "#() #(1 #(2)) #u8() #u8(0 255)"),
        ("'a `(b ,c ,@d)", "(quote a) (quasiquote (b (unquote c) (unquote-splicing d)))"),
        ("'('a)", "(quote ((quote a)))"),
        ("1 ; comment\n2 #| nested #| deep |# |# 3 #;(no (no)) 4 #;#;5 6 7", "1 2 3 4 7"),
        ("(1 #;2 . #;x 3)", "(1 . 3)"),
        ("#!/usr/bin/env pscheme\n1", "1"),
        (
            "1.5 -0.0 1e21 1e-7 +inf.0 -inf.0 +nan.0 #xFF #e1e2 #i1",
            "1.5 -0.0 1e21 1e-7 +inf.0 -inf.0 +nan.0 255 100 1.0",
        ),
        (
            "123456789012345678901234567890 -1152921504606846977",
            "123456789012345678901234567890 -1152921504606846977",
        ),
        ("(#0=(a) #0# . #00#) #0=b", "((a) (a) a) b"),
        ("#0=(a . #0#) #0=#(1 #0#) '#0='#0#", "#0=(a . #0#) #1=#(1 #1#) (quote #2=(quote #2#))"),
        ("(#0=(a . #0#) #0# (b . #0#))", "(#0=(a . #0#) #0# (b . #0#))"),
        ("#0=(#1=#0# #1# #2=(#2# . #1#))", "#0=(#0# #0# #1=(#1# . #0#))"),
        ("\"a\\\r  b\\ \r\n c\\\n\rd\"", "\"abc\\nd\""),
        ("1 ; comment\r2 ; comment\r\n3", "1 2 3"),
        ("#!fold-case Straße STRASSE ΣΑΣ #\\SPACE |A|", "strasse strasse σασ #\\space A"),
        ("a'b\"c\"d(e)f", "a (quote b) \"c\" d (e) f"),
        ("", ""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn errors_are_found_where_they_are() {
    for (text, expected) in [
        (")", &["E0202 0-1"][..]),
        ("(1 2", &["E0201 0-1"]),
        ("(1 (2 \"x", &["E0201 6-7", "E0201 3-4"]),
        ("#| x", &["E0201 0-2"]),
        ("'", &["E0201 0-1"]),
        ("(')", &["E0203 1-2"]),
        ("[1]", &["E0203 0-1"]),
        ("(1]", &["E0202 2-3"]),
        ("#\\foo #\\x110000", &["E0204 0-5", "E0204 6-15"]),
        (r#""\q" "\x41" "\xd800;""#, &["E0205 1-3", "E0205 6-10", "E0205 13-20"]),
        ("(. 1) (1 .) (1 . 2 3) .", &["E0206 1-2", "E0206 10-11", "E0206 19-20", "E0206 22-23"]),
        ("#e1e999999 #1=(a) #1#", &["E0306 0-10", "E0203 18-21"]),
        ("#1=(a) #1#", &["E0203 7-10"]),
        ("#1=#(a) (#1#b)", &["E0203 9-12"]),
        ("#0=#0# (#1=a #1=b) #2=", &["E0203 0-6", "E0203 13-16", "E0201 19-20"]),
        ("(#1=) (#1#)", &["E0203 1-4", "E0203 7-10"]),
        ("#foo #!bar #u8(256 a)", &["E0203 0-4", "E0203 5-10", "E0203 15-18", "E0203 19-20"]),
    ] {
        assert_eq!(errors(text), expected, "{text}");
    }
}

#[test]
fn reading_goes_on_after_errors() {
    let read = read_all("(a #\\nope b) ) (c . d e) f");
    assert_eq!(read.diagnostics.len(), 3);
    let data: Vec<String> = read.forms.iter().map(|id| write_datum(&read.arena, *id)).collect();
    assert_eq!(data, ["(a #f b)", "(c . d)", "f"]);
}

#[test]
fn spans_cover_the_text_of_a_datum() {
    let text = "  (foo \"λ\" 'x)";
    let read = read_all(text);
    let form = read.forms[0];
    assert_eq!(read.arena.span(form), ByteSpan::new(2, text.len()));
    let parts = read.arena.proper_list(form).unwrap();
    let texts: Vec<&str> = parts
        .iter()
        .map(|id| read.arena.span(*id))
        .map(|span| &text[span.start as usize..span.end as usize])
        .collect();
    assert_eq!(texts, ["foo", "\"λ\"", "'x"]);
}

#[test]
fn one_datum_at_a_time() {
    let text = " (a) b #;c";
    let ReadOne::Datum { arena, datum, end } = read_one(text, 0) else { panic!() };
    assert_eq!((write_datum(&arena, datum).as_str(), end), ("(a)", 4));
    let ReadOne::Datum { end, .. } = read_one(text, end) else { panic!() };
    assert_eq!(end, 6);
    assert!(matches!(read_one(" ; nothing", 0), ReadOne::EndOfInput));
    assert!(matches!(read_one("(a", 0), ReadOne::Incomplete(_)));
    assert!(matches!(read_one("\"a", 0), ReadOne::Incomplete(_)));
    assert!(matches!(read_one("#| a", 0), ReadOne::Incomplete(_)));
    let ReadOne::Failed { end, diagnostics } = read_one(") a", 0) else { panic!() };
    assert_eq!((end, diagnostics.len()), (3, 1));
}

#[test]
fn a_million_levels_are_read_written_and_dropped() {
    const DEPTH: usize = 1_000_000;
    let lists = "(".repeat(DEPTH) + &")".repeat(DEPTH);
    assert_eq!(read(&lists), lists);
    let dotted = "(1 . ".repeat(DEPTH) + "2" + &")".repeat(DEPTH);
    assert_eq!(read(&dotted).len(), 2 * DEPTH + 5);
    let vectors = "#(".repeat(DEPTH) + &")".repeat(DEPTH);
    assert_eq!(read(&vectors), vectors);
    let quotes = "'".repeat(DEPTH) + "x";
    assert_eq!(read(&quotes).len(), "(quote )".len() * DEPTH + 1);
    assert_eq!(errors(&"(".repeat(DEPTH)), [format!("E0201 {}-{}", DEPTH - 1, DEPTH)]);
    let comments = "#|".repeat(DEPTH) + &"|#".repeat(DEPTH);
    assert_eq!(read(&comments), "");
}

/// A datum in the form that proptest generates and shrinks.
#[derive(Clone, Debug)]
enum Model {
    Null,
    Boolean(bool),
    Character(char),
    Fixnum(i64),
    Big(bool, Vec<u64>),
    Flonum(f64),
    String(String),
    Symbol(String),
    List(Vec<Model>, Box<Model>),
    Vector(Vec<Model>),
    Bytevector(Vec<u8>),
}

fn add(arena: &mut DatumArena, model: &Model) -> DatumId {
    let span = ByteSpan::default();
    match model {
        Model::Null => arena.null(span),
        Model::Boolean(value) => arena.boolean(*value, span),
        Model::Character(value) => arena.character(*value, span),
        Model::Fixnum(value) => arena.number(Number::Fixnum(*value), span),
        Model::Big(negative, magnitude) => {
            let sign = if *negative { Sign::Negative } else { Sign::Positive };
            let value = IBig::from_parts(sign, UBig::from_words(magnitude));
            arena.number(Number::Big(value), span)
        }
        Model::Flonum(value) => arena.number(Number::Flonum(*value), span),
        Model::String(text) => arena.string(text.clone(), span),
        Model::Symbol(name) => {
            let symbol = arena.intern(name);
            arena.symbol(symbol, span)
        }
        Model::List(elements, tail) => {
            let elements: Vec<DatumId> = elements.iter().map(|one| add(arena, one)).collect();
            let tail = add(arena, tail);
            elements.into_iter().rev().fold(tail, |tail, head| arena.pair(head, tail, span))
        }
        Model::Vector(elements) => {
            let elements: Vec<DatumId> = elements.iter().map(|one| add(arena, one)).collect();
            arena.vector(&elements, span)
        }
        Model::Bytevector(bytes) => arena.bytevector(bytes.clone(), span),
    }
}

fn any_model() -> impl Strategy<Value = Model> {
    let leaf = prop_oneof![
        Just(Model::Null),
        any::<bool>().prop_map(Model::Boolean),
        any::<char>().prop_map(Model::Character),
        (-(1i64 << 60)..1i64 << 60).prop_map(Model::Fixnum),
        (any::<bool>(), prop::collection::vec(any::<u64>(), 0..4), 1u64..).prop_map(
            |(negative, mut limbs, highest)| {
                // Two limbs or more, so that it can be no fixnum.
                limbs.push(0);
                limbs.push(highest);
                Model::Big(negative, limbs)
            }
        ),
        any::<f64>().prop_map(Model::Flonum),
        any::<String>().prop_map(Model::String),
        any::<String>().prop_map(Model::Symbol),
        "[-+.0-9a-z#|'@]{0,4}".prop_map(Model::Symbol),
        prop::collection::vec(any::<u8>(), 0..5).prop_map(Model::Bytevector),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..5), inner.clone())
                .prop_map(|(elements, tail)| Model::List(elements, Box::new(tail))),
            prop::collection::vec(inner, 0..5).prop_map(Model::Vector),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(model in any_model()) {
        let mut arena = DatumArena::default();
        let datum = add(&mut arena, &model);
        let text = write_datum(&arena, datum);
        let read = read_all(&text);
        prop_assert!(read.diagnostics.is_empty(), "{}: {:?}", text, read.diagnostics);
        prop_assert_eq!(read.forms.len(), 1);
        prop_assert!(arena.equal(datum, &read.arena, read.forms[0]), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_reported(text in "[-()#|;'`,.\"\\\\ a1x\n\\[\\]u8@!\u{e9}]{0,40}") {
        let read = read_all(&text);
        for found in &read.diagnostics {
            prop_assert!(!found.render("any", &text).is_empty());
        }
        for id in read.arena.ids() {
            let span = read.arena.span(id);
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
        read_one(&text, 0);
    }
}
