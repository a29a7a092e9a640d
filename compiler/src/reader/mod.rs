//! Reader: R7RS external representations (7.1.2) to data with byte spans.
//!
//! The reader keeps open lists on a stack of its own, so nesting is limited by memory only. It
//! never stops at an error: what cannot be read is reported and stands in the data as an
//! unreadable placeholder (`#f`), so that the rest of the text is still checked. `text.rs` reads
//! what stands between quotes and behind a hash sign, `label.rs` datum labels, `number.rs` numbers.

mod label;
mod number;
mod text;

pub use number::{NumberText, classify_number, parse_number};

use crate::datum::{Datum, DatumArena, DatumId};
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::unicode;
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::number::INTEGER_BITS_MAX;

/// All data of a text.
#[derive(Debug, Default)]
pub struct ReadAll {
    pub arena: DatumArena,
    pub forms: Vec<DatumId>,
    pub diagnostics: Vec<Diagnostic>,
}

/// What stands at a position of a text.
#[derive(Debug)]
pub enum ReadOne {
    /// A datum, and the offset of the first byte behind it.
    Datum { arena: Box<DatumArena>, datum: DatumId, end: usize },
    /// Nothing but white space and comments.
    EndOfInput,
    /// The text ends inside a datum: at a prompt, ask for more.
    Incomplete(Vec<Diagnostic>),
    /// The datum has errors; reading may go on at `end`.
    Failed { diagnostics: Vec<Diagnostic>, end: usize },
}

/// Reads a whole text.
///
/// # Example
/// ```
/// let read = pscheme_compiler::reader::read_all("(a b) #(1 2) ; two data");
/// assert_eq!(read.forms.len(), 2);
/// assert!(read.diagnostics.is_empty());
/// ```
pub fn read_all(text: &str) -> ReadAll {
    let mut reader = Reader::new(text, 0);
    let mut forms = Vec::new();
    if u32::try_from(text.len()).is_err() {
        let message = "a source text has fewer than 2^32 bytes";
        reader.report(ErrorCode::CompilerLimit, ByteSpan::default(), message);
    } else {
        while let Some(form) = reader.read() {
            forms.push(form);
        }
    }
    ReadAll { arena: reader.arena, forms, diagnostics: reader.diagnostics }
}

/// Reads a whole text into an arena that has data already. Spans are counted from `start`; symbols
/// are case folded if `fold_case` says so (R7RS 4.1.7, `include-ci`).
pub fn read_into(
    arena: &mut DatumArena,
    text: &str,
    start: u32,
    fold_case: bool,
) -> (Vec<DatumId>, Vec<Diagnostic>) {
    let first = arena.len();
    let mut reader = Reader::new(text, 0);
    (reader.arena, reader.fold_case) = (std::mem::take(arena), fold_case);
    let mut forms = Vec::new();
    while let Some(form) = reader.read() {
        forms.push(form);
    }
    *arena = reader.arena;
    arena.move_spans(first, start);
    for found in &mut reader.diagnostics {
        found.span = found.span.moved(start);
    }
    (forms, reader.diagnostics)
}

/// Reads one datum from byte offset `start` on: for `read` and for the prompt.
///
/// # Panics
/// If `start` is not on a character boundary of `text`.
pub fn read_one(text: &str, start: usize) -> ReadOne {
    assert!(text.is_char_boundary(start), "reading starts at a character");
    let mut reader = Reader::new(text, start);
    let datum = reader.read();
    let Reader { diagnostics, arena, position: end, .. } = reader;
    if diagnostics.iter().any(|found| found.code == ErrorCode::UnexpectedEnd) {
        return ReadOne::Incomplete(diagnostics);
    }
    match datum {
        _ if !diagnostics.is_empty() => ReadOne::Failed { diagnostics, end },
        Some(datum) => ReadOne::Datum { arena: Box::new(arena), datum, end },
        None => ReadOne::EndOfInput,
    }
}

/// Whether a symbol of this name is written without vertical bars.
pub fn is_plain_symbol(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && !name.starts_with('#')
        && name.chars().all(|c| !is_delimiter(c) && !c.is_control() && c != '\\')
        && classify_number(name, 10) == NumberText::NotANumber
}

/// Whether a character ends the token before it. Quotation marks do too: `a'b` is two data.
fn is_delimiter(character: char) -> bool {
    unicode::is_whitespace(character)
        || matches!(character, '(' | ')' | '[' | ']' | '{' | '}' | '"' | ';' | '|')
        || matches!(character, '\'' | '`' | ',')
}

/// A datum that has begun.
struct Open {
    kind: OpenKind,
    start: usize,
    /// Its elements so far begin here in the reader's `items`.
    first_item: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum OpenKind {
    /// A list, the character that closes it, and how far its dotted tail has come.
    List(char, Dot),
    Vector,
    Bytevector,
    /// `'` and its like: the next datum goes into a list behind this symbol.
    Prefix(&'static str),
    /// `#;`: the next datum is dropped.
    Comment,
    /// `#n=`: the next datum has this label, by its place in `labels`.
    Label(usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Dot {
    None,
    /// A dot stood before the item that comes next.
    Seen,
    /// The last item is the tail.
    Tail,
}

struct Reader<'text> {
    text: &'text str,
    position: usize,
    fold_case: bool,
    arena: DatumArena,
    diagnostics: Vec<Diagnostic>,
    open: Vec<Open>,
    items: Vec<DatumId>,
    /// The labels of the outermost datum.
    labels: Vec<Label>,
}

/// A label of a datum (R7RS 2.4).
struct Label {
    /// Its digits without leading zeros.
    number: String,
    /// The datum, once it is complete.
    datum: Option<DatumId>,
    /// What stands for the datum inside it, if something does.
    cycle: Option<u32>,
}

impl<'text> Reader<'text> {
    fn new(text: &'text str, position: usize) -> Reader<'text> {
        Reader {
            text,
            position,
            fold_case: false,
            arena: DatumArena::default(),
            diagnostics: Vec::new(),
            open: Vec::new(),
            items: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn report(&mut self, code: ErrorCode, span: ByteSpan, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    fn span_from(&self, start: usize) -> ByteSpan {
        ByteSpan::new(start, self.position)
    }

    /// The next datum, or `None` at the end of the text.
    fn read(&mut self) -> Option<DatumId> {
        loop {
            self.skip_space();
            let start = self.position;
            let Some(character) = self.advance() else {
                return self.end_of_text();
            };
            let datum = match character {
                '(' => self.begin(OpenKind::List(')', Dot::None), start),
                '[' | '{' => {
                    let message = "R7RS reserves this bracket: write a parenthesis";
                    self.report(ErrorCode::BadSyntax, self.span_from(start), message);
                    let close = if character == '[' { ']' } else { '}' };
                    self.begin(OpenKind::List(close, Dot::None), start)
                }
                ')' | ']' | '}' => self.end(character, start),
                '\'' => self.begin(OpenKind::Prefix("quote"), start),
                '`' => self.begin(OpenKind::Prefix("quasiquote"), start),
                ',' if self.peek() == Some('@') => {
                    self.advance();
                    self.begin(OpenKind::Prefix("unquote-splicing"), start)
                }
                ',' => self.begin(OpenKind::Prefix("unquote"), start),
                '"' => Some(self.string(start)),
                '|' => Some(self.bar_symbol(start)),
                '#' => self.hash(start),
                _ => self.word(start),
            };
            if let Some(datum) = datum.and_then(|datum| self.finish(datum)) {
                self.labels.clear();
                return Some(datum);
            }
        }
    }

    /// White space and line comments.
    fn skip_space(&mut self) {
        while let Some(character) = self.peek() {
            if character == ';' {
                let rest = &self.text[self.position..];
                self.position += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if unicode::is_whitespace(character) {
                self.advance();
            } else {
                break;
            }
        }
    }

    fn begin(&mut self, kind: OpenKind, start: usize) -> Option<DatumId> {
        self.open.push(Open { kind, start, first_item: self.items.len() });
        None
    }

    /// The end of the text: whatever is still open is reported once and dropped.
    fn end_of_text(&mut self) -> Option<DatumId> {
        let innermost = self.open.last()?;
        let what = match innermost.kind {
            OpenKind::List(..) => "this list",
            OpenKind::Vector => "this vector",
            OpenKind::Bytevector => "this bytevector",
            OpenKind::Prefix(_) => "this abbreviation",
            OpenKind::Comment => "this datum comment",
            OpenKind::Label(_) => "what has this label",
        };
        let span = ByteSpan::new(innermost.start, innermost.start + 1);
        let mut found =
            Diagnostic::new(ErrorCode::UnexpectedEnd, span, format!("the text ends inside {what}"))
                .with_label("begins here");
        if self.open.len() > 1 {
            let line = self.text[..self.open[0].start].matches('\n').count() + 1;
            let count = self.open.len();
            let note = format!("{count} data are not finished, the outermost from line {line} on");
            found = found.with_note(note);
        }
        self.diagnostics.push(found);
        self.open.clear();
        self.items.clear();
        self.labels.clear();
        None
    }

    /// Hands a complete datum to whatever is open around it; a datum around which nothing is open
    /// is the result.
    fn finish(&mut self, mut datum: DatumId) -> Option<DatumId> {
        loop {
            let Some(open) = self.open.last_mut() else { return Some(datum) };
            match open.kind {
                OpenKind::Comment => {
                    self.open.pop();
                    return None;
                }
                OpenKind::Label(label) => {
                    let start = open.start;
                    self.open.pop();
                    datum = self.end_label(label, datum, start);
                }
                OpenKind::Prefix(name) => {
                    let start = open.start;
                    self.open.pop();
                    datum = self.prefixed(name, start, datum);
                }
                OpenKind::List(_, Dot::Tail) => {
                    let message = "a dot is followed by one datum only";
                    self.report(ErrorCode::BadDot, self.arena.span(datum), message);
                    return None;
                }
                OpenKind::List(close, dot) => {
                    if dot == Dot::Seen {
                        open.kind = OpenKind::List(close, Dot::Tail);
                    }
                    self.items.push(datum);
                    return None;
                }
                OpenKind::Vector | OpenKind::Bytevector => {
                    self.items.push(datum);
                    return None;
                }
            }
        }
    }

    fn prefixed(&mut self, name: &str, start: usize, datum: DatumId) -> DatumId {
        let symbol = self.arena.intern(name);
        let whole = self.span_from(start);
        // A datum that a label refers to stands elsewhere in the text.
        let behind = self.arena.span(datum).start;
        let sign = ByteSpan { end: if behind > whole.start { behind } else { whole.end }, ..whole };
        let head = self.arena.symbol(symbol, sign);
        let null = self.arena.null(whole);
        let tail = self.arena.pair(datum, null, whole);
        self.arena.pair(head, tail, whole)
    }

    /// A closing parenthesis at `start`.
    fn end(&mut self, close: char, start: usize) -> Option<DatumId> {
        // A prefix, datum comment or label with nothing behind it ends here too.
        while let Some(Open {
            kind: OpenKind::Prefix(_) | OpenKind::Comment | OpenKind::Label(_),
            start: begun,
            ..
        }) = self.open.last()
        {
            let span = ByteSpan::new(*begun, start);
            self.report(ErrorCode::BadSyntax, span, "expected a datum, found a parenthesis");
            self.open.pop();
        }
        let Some(open) = self.open.pop() else {
            let message = format!("`{close}` closes nothing");
            self.report(ErrorCode::UnbalancedParenthesis, self.span_from(start), message);
            return None;
        };
        let expected = if let OpenKind::List(expected, _) = open.kind { expected } else { ')' };
        if expected != close {
            let message = format!("expected `{expected}`, found `{close}`");
            self.report(ErrorCode::UnbalancedParenthesis, self.span_from(start), message);
        }
        let items = self.items.split_off(open.first_item);
        let span = self.span_from(open.start);
        Some(match open.kind {
            OpenKind::List(_, dot) => self.list(items, dot, span),
            OpenKind::Vector => self.arena.vector(&items, span),
            _ => self.bytes(&items, span),
        })
    }

    fn list(&mut self, mut items: Vec<DatumId>, dot: Dot, span: ByteSpan) -> DatumId {
        if dot == Dot::Seen {
            let end = ByteSpan { start: span.end - 1, ..span };
            self.report(ErrorCode::BadDot, end, "expected a datum behind the dot");
        }
        let tail = if dot == Dot::Tail { items.pop() } else { None };
        let end = ByteSpan { start: span.end, ..span };
        let mut list =
            tail.unwrap_or_else(|| self.arena.null(if items.is_empty() { span } else { end }));
        for (index, item) in items.into_iter().enumerate().rev() {
            let start = if index == 0 { span.start } else { self.arena.span(item).start };
            list = self.arena.pair(item, list, ByteSpan { start, ..span });
        }
        list
    }

    fn bytes(&mut self, items: &[DatumId], span: ByteSpan) -> DatumId {
        let mut bytes = Vec::with_capacity(items.len());
        for item in items {
            match self.arena.get(*item) {
                Datum::Fixnum(value @ 0..=255) => bytes.push(value as u8),
                _ => {
                    let message = "expected an exact integer from 0 to 255 in a bytevector";
                    self.report(ErrorCode::BadSyntax, self.arena.span(*item), message);
                }
            }
        }
        self.arena.bytevector(bytes, span)
    }

    /// The rest of a token that began at `start`.
    fn token(&mut self, start: usize) -> &'text str {
        let rest = &self.text[self.position..];
        self.position += rest.find(is_delimiter).unwrap_or(rest.len());
        &self.text[start..self.position]
    }

    /// A symbol, number or dot.
    fn word(&mut self, start: usize) -> Option<DatumId> {
        let token = self.token(start);
        let span = self.span_from(start);
        if token == "." {
            self.dot(span);
            return None;
        }
        match classify_number(token, 10) {
            NumberText::Number(number) => Some(self.arena.number(number, span)),
            NumberText::TooLarge => Some(self.too_large(span)),
            NumberText::NotANumber => {
                if token.chars().any(|c| c.is_control() || c == '\\') {
                    let message = "a symbol with such characters is written between vertical bars";
                    self.report(ErrorCode::BadSyntax, span, message);
                }
                let symbol = if self.fold_case {
                    self.arena.intern(&unicode::foldcase_text(token))
                } else {
                    self.arena.intern(token)
                };
                Some(self.arena.symbol(symbol, span))
            }
        }
    }

    fn dot(&mut self, span: ByteSpan) {
        let count = self.items.len();
        if let Some(open) = self.open.last_mut()
            && let OpenKind::List(close, Dot::None) = open.kind
            && count > open.first_item
        {
            open.kind = OpenKind::List(close, Dot::Seen);
            return;
        }
        let message = "a dot stands in a list, between the last element and the tail";
        self.report(ErrorCode::BadDot, span, message);
    }

    fn too_large(&mut self, span: ByteSpan) -> DatumId {
        let message = format!("exact numbers have parts of at most {INTEGER_BITS_MAX} bits");
        self.report(ErrorCode::CompilerLimit, span, message);
        self.placeholder(span)
    }

    /// Stands for something unreadable, so that what is around it keeps its shape.
    fn placeholder(&mut self, span: ByteSpan) -> DatumId {
        self.arena.boolean(false, span)
    }
}
