//! The parts of the reader for what stands between quotes and behind a hash sign: strings,
//! symbols in bars, characters, block comments, directives.

use super::{NumberText, OpenKind, Reader, classify_number};
use crate::datum::DatumId;
use crate::datum_write::CHARACTER_NAMES;
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::unicode;
use pscheme_heap::error_code::ErrorCode;

impl Reader<'_> {
    /// A string whose opening quote stands at `start`.
    pub(super) fn string(&mut self, start: usize) -> DatumId {
        let text = self.quoted('"', start);
        self.arena.string(text, self.span_from(start))
    }

    /// A symbol whose opening bar stands at `start`.
    pub(super) fn bar_symbol(&mut self, start: usize) -> DatumId {
        let name = self.quoted('|', start);
        let symbol = self.arena.intern(&name);
        self.arena.symbol(symbol, self.span_from(start))
    }

    fn quoted(&mut self, quote: char, start: usize) -> String {
        let mut text = String::new();
        loop {
            let escape_start = self.position;
            match self.advance() {
                None => {
                    let what = if quote == '"' { "string" } else { "symbol" };
                    let span = ByteSpan::new(start, start + 1);
                    let message = format!("the text ends inside this {what}");
                    let found = Diagnostic::new(ErrorCode::UnexpectedEnd, span, message);
                    self.diagnostics.push(found.with_label("begins here"));
                    return text;
                }
                Some('\\') => self.escape(escape_start, &mut text),
                // A line's end is one newline, however it is written (R7RS 6.7).
                Some('\r') => {
                    if self.peek() == Some('\n') {
                        self.advance();
                    }
                    text.push('\n');
                }
                Some(character) if character == quote => return text,
                Some(character) => text.push(character),
            }
        }
    }

    /// An escape whose backslash stands at `start`.
    fn escape(&mut self, start: usize, text: &mut String) {
        let Some(letter) = self.advance() else { return };
        match letter {
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            't' => text.push('\t'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            '"' | '\\' | '|' => text.push(letter),
            'x' | 'X' => self.hexadecimal_escape(start, text),
            _ if unicode::is_whitespace(letter) => self.line_continuation(start, letter),
            _ => {
                let message = format!("`\\{letter}` is no escape");
                let found = Diagnostic::new(ErrorCode::BadEscape, self.span_from(start), message);
                self.diagnostics.push(found.with_note("help: a backslash is written \\\\"));
            }
        }
    }

    fn hexadecimal_escape(&mut self, start: usize, text: &mut String) {
        let digits_start = self.position;
        while self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            self.advance();
        }
        let digits = &self.text[digits_start..self.position];
        if self.peek() != Some(';') {
            let message = "expected hexadecimal digits and `;` behind `\\x`";
            self.report(ErrorCode::BadEscape, self.span_from(start), message);
            return;
        }
        self.advance();
        match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
            Some(character) => text.push(character),
            None => {
                let message = format!("`\\x{digits};` is no character");
                self.report(ErrorCode::BadEscape, self.span_from(start), message);
            }
        }
    }

    /// A backslash, spaces, the end of the line, spaces: all of it stands for nothing.
    fn line_continuation(&mut self, start: usize, first: char) {
        let is_space = |character: char| {
            unicode::is_whitespace(character) && !matches!(character, '\n' | '\r')
        };
        let mut character = Some(first);
        while character.is_some_and(is_space) {
            let next = self.peek().filter(|next| unicode::is_whitespace(*next));
            character = if next.is_some() { self.advance() } else { None };
        }
        if character.is_none() {
            let message = "expected the end of the line behind a backslash and spaces";
            self.report(ErrorCode::BadEscape, self.span_from(start), message);
            return;
        }
        if character == Some('\r') && self.peek() == Some('\n') {
            self.advance();
        }
        while self.peek().is_some_and(is_space) {
            self.advance();
        }
    }

    /// An abbreviation of R6RS for syntax: `#'` and its like.
    fn syntax_abbreviation(&mut self, character: char, start: usize) -> Option<DatumId> {
        let name = match character {
            '\'' => "syntax",
            '`' => "quasisyntax",
            _ if self.peek() == Some('@') => {
                self.advance();
                "unsyntax-splicing"
            }
            _ => "unsyntax",
        };
        self.begin(OpenKind::Prefix(name), start)
    }

    /// What a hash sign at `start` begins; `None` if that is no complete datum.
    pub(super) fn hash(&mut self, start: usize) -> Option<DatumId> {
        match self.peek() {
            Some('(') => {
                self.advance();
                return self.begin(OpenKind::Vector, start);
            }
            Some(';') => {
                self.advance();
                return self.begin(OpenKind::Comment, start);
            }
            Some('|') => {
                self.block_comment(start);
                return None;
            }
            Some('\\') => {
                self.advance();
                return Some(self.character(start));
            }
            Some('!') => {
                self.directive(start);
                return None;
            }
            Some(character @ ('\'' | '`' | ',')) => {
                self.advance();
                return self.syntax_abbreviation(character, start);
            }
            _ => {}
        }
        if let Some(length) = label_length(&self.text[self.position..]) {
            let digits = &self.text[self.position..][..length - 1];
            self.position += length;
            let number = digits.trim_start_matches('0').to_string();
            return if self.text[..self.position].ends_with('=') {
                self.begin_label(number, start)
            } else {
                Some(self.reference(&number, start))
            };
        }
        let token = self.token(start);
        let span = self.span_from(start);
        match token.to_ascii_lowercase().as_str() {
            "#t" | "#true" => return Some(self.arena.boolean(true, span)),
            "#f" | "#false" => return Some(self.arena.boolean(false, span)),
            "#u8" if self.peek() == Some('(') => {
                self.advance();
                return self.begin(OpenKind::Bytevector, start);
            }
            _ => {}
        }
        match classify_number(token, 10) {
            NumberText::Number(number) => return Some(self.arena.number(number, span)),
            NumberText::TooLarge => return Some(self.too_large(span)),
            NumberText::NotANumber => {}
        }
        let message = format!("`{token}` is not a datum");
        self.report(ErrorCode::BadSyntax, span, message);
        Some(self.placeholder(span))
    }

    fn block_comment(&mut self, start: usize) {
        let mut depth = 0u32;
        loop {
            let rest = &self.text[self.position..];
            // The hash sign of the opening `#|` is already read.
            if depth == 0 || rest.starts_with("#|") {
                self.position += if depth == 0 { 1 } else { 2 };
                depth += 1;
            } else if rest.starts_with("|#") {
                self.position += 2;
                depth -= 1;
                if depth == 0 {
                    return;
                }
            } else if self.advance().is_none() {
                let span = ByteSpan::new(start, start + 2);
                let message = "the text ends inside this comment";
                let found = Diagnostic::new(ErrorCode::UnexpectedEnd, span, message);
                self.diagnostics.push(found.with_label("begins here"));
                return;
            }
        }
    }

    /// `#!fold-case`, `#!no-fold-case`, or the interpreter line of a script.
    fn directive(&mut self, start: usize) {
        let is_script = self.text.starts_with("#!/") || self.text.starts_with("#! ");
        if start == 0 && is_script {
            self.position = self.text.find('\n').unwrap_or(self.text.len());
            return;
        }
        match self.token(start) {
            "#!fold-case" => self.fold_case = true,
            "#!no-fold-case" => self.fold_case = false,
            other => {
                let message = format!("`{other}` is no directive");
                let known = "help: the directives are #!fold-case and #!no-fold-case";
                let span = self.span_from(start);
                let found = Diagnostic::new(ErrorCode::BadSyntax, span, message);
                self.diagnostics.push(found.with_note(known));
            }
        }
    }

    /// A character whose `#\` is already read.
    fn character(&mut self, start: usize) -> DatumId {
        let name_start = self.position;
        let Some(first) = self.advance() else {
            let message = "the text ends inside a character";
            self.report(ErrorCode::UnexpectedEnd, self.span_from(start), message);
            return self.placeholder(self.span_from(start));
        };
        if !super::is_delimiter(first) {
            self.token(name_start);
        }
        let name = &self.text[name_start..self.position];
        let span = self.span_from(start);
        if name.chars().nth(1).is_none() {
            return self.arena.character(first, span);
        }
        let folded = if self.fold_case { unicode::foldcase_text(name) } else { name.to_string() };
        let named = CHARACTER_NAMES.iter().find(|(known, _)| *known == folded);
        let code = folded.strip_prefix('x').and_then(|digits| {
            let digits_only = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if digits_only { u32::from_str_radix(digits, 16).ok() } else { None }
        });
        if let Some((_, character)) = named {
            return self.arena.character(*character, span);
        }
        if let Some(character) = code.and_then(char::from_u32) {
            return self.arena.character(character, span);
        }
        let names: Vec<&str> = CHARACTER_NAMES.iter().map(|(known, _)| *known).collect();
        let found = Diagnostic::new(
            ErrorCode::BadCharacter,
            span,
            format!("`#\\{name}` names no character"),
        );
        self.diagnostics.push(found.with_note(format!("help: names are {}", names.join(", "))));
        self.placeholder(span)
    }
}

/// The length of a datum label's number and its sign, `=` or `#`, if `text` begins with one. What is
/// behind the sign is another datum, however close it stands.
fn label_length(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_label = digits > 0 && text[digits..].starts_with(['=', '#']);
    is_label.then_some(digits + 1)
}
