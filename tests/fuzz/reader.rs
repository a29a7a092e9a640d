//! The reader: every text is read or reported, and the printer is its inverse. The prelude's `read`
//! gives the same data of the same text, or a condition where the reader reports.

use std::collections::BTreeSet;

use pscheme::compiler::datum_write::write_datum;
use pscheme::compiler::reader::{ReadAll, ReadOne, read_all, read_one};
use pscheme::heap::error_code::ErrorCode;
use pscheme::{Error, Image, Value};

use crate::engine::{self, Behaviour, Target, behaviour};
use crate::scheme_text;
use crate::support::Random;

/// Texts one image reads before there is a new one: symbols pile up.
const TEXTS_PER_IMAGE: usize = 5_000;

/// What `read` makes of all of a text: data, written, or `#f` for a condition that `read` may raise.
const READ_ALL: &str = "
(define (read-all text)
  (guard (condition ((read-error? condition) #f))
    (let ((port (open-input-string text)))
      (let loop ((data '()))
        (let ((datum (read port)))
          (if (eof-object? datum)
              (call-with-output-string (lambda (port) (write (reverse data) port)))
              (loop (cons datum data))))))))";

#[test]
fn reader() {
    engine::run(|| Reader { image: None, texts: 0 });
}

struct Reader {
    image: Option<(Image, Value)>,
    texts: usize,
}

impl Target for Reader {
    const NAME: &'static str = "reader";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        scheme_text::change(input, pool, random);
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let read = read_all(input);
        for id in read.arena.ids() {
            let span = read.arena.span(id);
            let covered = input.get(span.start as usize..span.end as usize);
            assert!(covered.is_some(), "a datum lies at {span:?}, which is no part of the text");
        }
        for found in &read.diagnostics {
            assert!(!found.render("text", input).is_empty());
        }
        if read.diagnostics.is_empty() {
            check_printer(&read);
        }
        check_one_by_one(input, &read);
        // The line for the system that a program's file may begin with means nothing to `read`.
        if !input.starts_with("#!/") && !input.starts_with("#! ") {
            self.check_prelude(input, &read);
        }
        let codes: BTreeSet<ErrorCode> = read.diagnostics.iter().map(|found| found.code).collect();
        let magnitude = usize::BITS - read.arena.len().leading_zeros();
        behaviour((codes, read.forms.len().min(8), magnitude))
    }
}

fn check_printer(read: &ReadAll) {
    for &form in &read.forms {
        let written = write_datum(&read.arena, form);
        let again = read_all(&written);
        assert!(again.diagnostics.is_empty(), "{written}: {:?}", again.diagnostics);
        assert_eq!(again.forms.len(), 1, "{written}");
        let is_same = read.arena.equal(form, &again.arena, again.forms[0]);
        assert!(is_same, "{written} reads as {}", write_datum(&again.arena, again.forms[0]));
    }
}

/// Reading datum by datum comes to the end, and to the same data.
fn check_one_by_one(input: &str, read: &ReadAll) {
    // The directive holds for one call only.
    let comparable = read.diagnostics.is_empty() && !input.contains("fold-case");
    let (mut position, mut forms) = (0, read.forms.iter());
    loop {
        let (end, datum) = match read_one(input, position) {
            ReadOne::Datum { arena, datum, end } => (end, Some((arena, datum))),
            ReadOne::Failed { end, .. } => (end, None),
            ReadOne::EndOfInput | ReadOne::Incomplete(_) => break,
        };
        assert!(end > position, "reading does not get on from {position}");
        position = end;
        if comparable {
            let (arena, datum) = datum.expect("the whole text reads");
            let form = *forms.next().expect("no datum too many");
            assert!(arena.equal(datum, &read.arena, form), "{}", write_datum(&arena, datum));
        }
    }
    assert!(!comparable || forms.next().is_none(), "no datum too few");
}

impl Reader {
    fn check_prelude(&mut self, input: &str, read: &ReadAll) {
        let is_told = read.diagnostics.is_empty();
        let Some(written) = self.read_in_scheme(input) else {
            assert!(!is_told, "`read` raises a condition, the reader reports nothing");
            return;
        };
        assert!(is_told, "`read` gives {written}, the reader reports {:?}", read.diagnostics);
        compare(&written, read);
    }

    /// What the prelude's `read` makes of the text; `None` for a condition.
    fn read_in_scheme(&mut self, input: &str) -> Option<String> {
        self.texts += 1;
        if self.texts.is_multiple_of(TEXTS_PER_IMAGE) {
            self.image = None;
        }
        let (image, procedure) = self.image.get_or_insert_with(|| {
            let mut image = Image::in_memory().unwrap();
            image.eval(READ_ALL).unwrap();
            let procedure = image.global("read-all").unwrap();
            (image, procedure)
        });
        let text = image.value(input).unwrap();
        let result = image.call(procedure, &[text]);
        let result = result.unwrap_or_else(|error: Error| panic!("`read`: {error}"));
        image.get::<Option<String>>(&result).unwrap()
    }
}

/// Compares the data of a text with a list of them that the prelude has written.
fn compare(written: &str, read: &ReadAll) {
    let again = read_all(written);
    assert!(again.diagnostics.is_empty(), "`write` gives {written}: {:?}", again.diagnostics);
    let data = again.arena.proper_list(again.forms[0]).expect("a list was written");
    assert_eq!(data.len(), read.forms.len(), "`read` gives {written}");
    for (&ours, &its) in read.forms.iter().zip(&data) {
        let is_same = read.arena.equal(ours, &again.arena, its);
        assert!(is_same, "`read` gives {written}, the reader {}", write_datum(&read.arena, ours));
    }
}
