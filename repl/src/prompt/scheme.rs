//! Scheme text as an editor sees it: tokens with their places, however incomplete the text is.

use std::ops::Range;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Open,
    Close,
    String,
    Comment,
    /// A number, character or boolean.
    Literal,
    Symbol,
    /// A quotation mark.
    Mark,
}

/// A piece of text that is no white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Whether a character ends a symbol before it.
pub fn is_delimiter(character: char) -> bool {
    character.is_whitespace() || "()[]{}\";'`,|".contains(character)
}

/// The tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(character) = text[position..].chars().next() {
        let start = position;
        if character.is_whitespace() {
            position += character.len_utf8();
            continue;
        }
        let (kind, length) = token_at(&text[start..], character);
        position = start + length;
        tokens.push(Token { kind, range: start..position });
    }
    tokens
}

/// Kind and bytes of the token a text begins with.
fn token_at(rest: &str, first: char) -> (TokenKind, usize) {
    match first {
        '(' => (TokenKind::Open, 1),
        ')' => (TokenKind::Close, 1),
        '"' => (TokenKind::String, quoted_length(rest, '"')),
        '|' => (TokenKind::Symbol, quoted_length(rest, '|')),
        ';' => (TokenKind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '\'' | '`' => (TokenKind::Mark, 1),
        ',' => (TokenKind::Mark, if rest.starts_with(",@") { 2 } else { 1 }),
        '#' => hash_token(rest),
        _ => {
            let length = word_length(rest).max(first.len_utf8());
            let kind = match is_number(&rest[..length]) {
                true => TokenKind::Literal,
                false => TokenKind::Symbol,
            };
            (kind, length)
        }
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-', '.']);
    digits.starts_with(|c: char| c.is_ascii_digit()) && word.len() - digits.len() <= 2
        || matches!(word, "+inf.0" | "-inf.0" | "+nan.0" | "-nan.0")
}

fn word_length(text: &str) -> usize {
    text.find(is_delimiter).unwrap_or(text.len())
}

/// Bytes of what stands between two quotation marks, or to the end of the text.
fn quoted_length(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What a hash sign begins.
fn hash_token(rest: &str) -> (TokenKind, usize) {
    if rest.starts_with("#|") {
        return (TokenKind::Comment, block_comment_length(rest));
    }
    if rest.starts_with("#;") {
        return (TokenKind::Comment, 2);
    }
    if let Some(character) = rest.strip_prefix("#\\").and_then(|after| after.chars().next()) {
        let name = &rest[2 + character.len_utf8()..];
        return (TokenKind::Literal, rest.len() - name.len() + word_length(name));
    }
    // `#(` and `#u8(`: the parenthesis is a token of its own.
    (TokenKind::Literal, 1 + word_length(&rest[1..]))
}

fn block_comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("#|") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("|#") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The parentheses that belong together, of which the cursor is at one: in front of it, or right
/// behind a closing one.
pub fn matching_parentheses(tokens: &[Token], cursor: usize) -> Option<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open => open.push(token.range.start),
            TokenKind::Close => {
                if let Some(start) = open.pop() {
                    pairs.push((start, token.range.start));
                }
            }
            _ => {}
        }
    }
    let behind = pairs.iter().find(|(_, close)| close + 1 == cursor);
    behind
        .or_else(|| pairs.iter().find(|(start, close)| *start == cursor || *close == cursor))
        .copied()
}

/// Columns by which the line after a text is indented: as the arguments of the innermost list that is
/// open, or two more than that list. `None` if none is open, or the text ends inside a string.
pub fn indentation(text: &str) -> Option<usize> {
    let tokens = tokens(text);
    if let Some(last) = tokens.last()
        && last.kind == TokenKind::String
        && (last.range.len() < 2 || !text.ends_with('"'))
    {
        return None;
    }
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => open.push(index),
            TokenKind::Close => drop(open.pop()),
            _ => {}
        }
    }
    let list = open.pop()?;
    let column =
        |at: usize| text[text[..at].rfind('\n').map_or(0, |line| line + 1)..at].chars().count();
    let start = tokens[list].range.start;
    let on_its_line = |token: &&Token| !text[start..token.range.start].contains('\n');
    let head = tokens.get(list + 1).filter(on_its_line);
    let first = tokens.get(list + 2).filter(on_its_line);
    Some(match (head, first) {
        (Some(head), _) if head.kind != TokenKind::Symbol => column(start) + 1,
        (Some(head), _) if has_body(&text[head.range.clone()]) => column(start) + 2,
        (Some(_), Some(first)) => column(first.range.start),
        (Some(_), None) => column(start) + 2,
        (None, _) => column(start) + 1,
    })
}

/// Whether forms of this name have a body, which is indented by two.
fn has_body(name: &str) -> bool {
    [
        "define",
        "let",
        "lambda",
        "when",
        "unless",
        "do",
        "guard",
        "case",
        "begin",
        "parameterize",
        "receive",
        "syntax-rules",
    ]
    .iter()
    .any(|form| name.starts_with(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text).into_iter().map(|token| (token.kind, &text[token.range])).collect()
    }

    #[test]
    fn every_token_has_its_kind() {
        use TokenKind::*;
        assert_eq!(
            kinds("(a \"s\\\"\" #\\( -1.5 - #t) ; (\n#| #| |# |#'x"),
            [
                (Open, "("),
                (Symbol, "a"),
                (String, "\"s\\\"\""),
                (Literal, "#\\("),
                (Literal, "-1.5"),
                (Symbol, "-"),
                (Literal, "#t"),
                (Close, ")"),
                (Comment, "; ("),
                (Comment, "#| #| |# |#"),
                (Mark, "'"),
                (Symbol, "x"),
            ]
        );
        assert_eq!(kinds("\"open ü"), [(String, "\"open ü")]);
        assert_eq!(kinds("#\\ü"), [(Literal, "#\\ü")]);
    }

    #[test]
    fn parentheses_are_matched_around_strings_and_comments() {
        let text = "(a \")\" (b) ; )\n c)";
        let tokens = tokens(text);
        assert_eq!(matching_parentheses(&tokens, text.len()), Some((0, text.len() - 1)));
        assert_eq!(matching_parentheses(&tokens, 7), Some((7, 9)));
        assert_eq!(matching_parentheses(&tokens, 2), None);
    }

    #[test]
    fn lines_are_indented_as_schemers_do() {
        let at = |text| indentation(text);
        assert_eq!(at("(define (f x)"), Some(2));
        assert_eq!(at("(define (f x)\n  (if x"), Some(6));
        assert_eq!(at("(+ 1"), Some(3));
        assert_eq!(at("(+"), Some(2));
        assert_eq!(at("(let ((a 1)"), Some(6));
        assert_eq!(at("'("), Some(2));
        assert_eq!(at("(display \"a"), None);
        assert_eq!(at("(a)"), None);
    }
}
