//! The names that begin special forms, in one table.

/// A special form or auxiliary keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Quote,
    Quasiquote,
    /// Means something inside `quasiquote` only.
    Unquote,
    UnquoteSplicing,
    Lambda,
    Define,
    If,
    Set,
    Let,
    LetStar,
    Letrec,
    Begin,
    Cond,
    Case,
    And,
    Or,
    When,
    Unless,
    Do,
    /// Means something in `cond` and `case` only.
    Else,
    Arrow,
    /// Part of R7RS or widely used, and not in this version.
    NotInThisVersion,
}

use Keyword::*;

/// Every keyword with its shape, for messages.
const KEYWORDS: &[(&str, Keyword, &str)] = &[
    ("quote", Quote, "(quote datum)"),
    ("quasiquote", Quasiquote, "(quasiquote template)"),
    ("unquote", Unquote, "(unquote expression)"),
    ("unquote-splicing", UnquoteSplicing, "(unquote-splicing expression)"),
    ("lambda", Lambda, "(lambda formals body ...)"),
    ("define", Define, "(define name expression) or (define (name . formals) body ...)"),
    ("if", If, "(if test consequent) or (if test consequent alternative)"),
    ("set!", Set, "(set! name expression)"),
    ("let", Let, "(let ((name expression) ...) body ...)"),
    ("let*", LetStar, "(let* ((name expression) ...) body ...)"),
    ("letrec", Letrec, "(letrec ((name expression) ...) body ...)"),
    ("letrec*", Letrec, "(letrec* ((name expression) ...) body ...)"),
    ("begin", Begin, "(begin expression ...)"),
    ("cond", Cond, "(cond (test expression ...) ... (else expression ...))"),
    ("case", Case, "(case key ((datum ...) expression ...) ... (else expression ...))"),
    ("and", And, "(and expression ...)"),
    ("or", Or, "(or expression ...)"),
    ("when", When, "(when test expression ...)"),
    ("unless", Unless, "(unless test expression ...)"),
    ("do", Do, "(do ((name init step) ...) (test expression ...) command ...)"),
    ("else", Else, "else"),
    ("=>", Arrow, "=>"),
    ("case-lambda", NotInThisVersion, ""),
    ("cond-expand", NotInThisVersion, ""),
    ("define-library", NotInThisVersion, ""),
    ("define-record-type", NotInThisVersion, ""),
    ("define-syntax", NotInThisVersion, ""),
    ("define-values", NotInThisVersion, ""),
    ("delay", NotInThisVersion, ""),
    ("delay-force", NotInThisVersion, ""),
    ("guard", NotInThisVersion, ""),
    ("import", NotInThisVersion, ""),
    ("include", NotInThisVersion, ""),
    ("include-ci", NotInThisVersion, ""),
    ("let*-values", NotInThisVersion, ""),
    ("let-syntax", NotInThisVersion, ""),
    ("let-values", NotInThisVersion, ""),
    ("letrec-syntax", NotInThisVersion, ""),
    ("make-promise", NotInThisVersion, ""),
    ("parameterize", NotInThisVersion, ""),
    ("receive", NotInThisVersion, ""),
    ("syntax-error", NotInThisVersion, ""),
    ("syntax-rules", NotInThisVersion, ""),
];

/// The keyword of this name.
pub fn keyword(name: &str) -> Option<Keyword> {
    KEYWORDS.iter().find(|(known, ..)| *known == name).map(|(_, keyword, _)| *keyword)
}

/// How the form of this name is written.
pub fn form_shape(name: &str) -> &'static str {
    KEYWORDS.iter().find(|(known, ..)| *known == name).map_or("", |(_, _, shape)| shape)
}
