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
    /// Becomes the forms of one of its clauses.
    CondExpand,
    Case,
    And,
    Or,
    When,
    Unless,
    Do,
    /// Means something in `cond` and `case` only.
    Else,
    Arrow,
    DefineSyntax,
    /// Runs its forms while the program is expanded.
    BeginForSyntax,
    /// Becomes definitions of procedures.
    DefineRecordType,
    LetSyntax,
    LetrecSyntax,
    /// Means something in definitions of macros only, as the next two.
    SyntaxRules,
    Ellipsis,
    Underscore,
    SyntaxError,
    /// Means something at the beginning of a program only.
    Import,
    DefineLibrary,
    /// Becomes the forms of files; the second reads them without regard to case.
    Include,
    IncludeFolded,
    SyntaxCase,
    /// The clauses of a `syntax-case`.
    SyntaxClauses,
    PatternLambda,
    QuoteSyntax,
    Syntax,
    Quasisyntax,
    /// Means something inside `quasisyntax` only.
    Unsyntax,
    UnsyntaxSplicing,
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
    ("cond-expand", CondExpand, "(cond-expand (requirement form ...) ... (else form ...))"),
    ("case", Case, "(case key ((datum ...) expression ...) ... (else expression ...))"),
    ("and", And, "(and expression ...)"),
    ("or", Or, "(or expression ...)"),
    ("when", When, "(when test expression ...)"),
    ("unless", Unless, "(unless test expression ...)"),
    ("do", Do, "(do ((name init step) ...) (test expression ...) command ...)"),
    ("else", Else, "else"),
    ("=>", Arrow, "=>"),
    ("define-syntax", DefineSyntax, "(define-syntax name transformer)"),
    ("begin-for-syntax", BeginForSyntax, "(begin-for-syntax form ...)"),
    (
        "define-record-type",
        DefineRecordType,
        "(define-record-type name (constructor field ...) predicate (field accessor modifier) ...)",
    ),
    ("let-syntax", LetSyntax, "(let-syntax ((name transformer) ...) body ...)"),
    ("letrec-syntax", LetrecSyntax, "(letrec-syntax ((name transformer) ...) body ...)"),
    ("syntax-rules", SyntaxRules, "(syntax-rules (literal ...) (pattern template) ...)"),
    ("...", Ellipsis, "..."),
    ("_", Underscore, "_"),
    ("syntax-error", SyntaxError, "(syntax-error message datum ...)"),
    ("define-library", DefineLibrary, "(define-library name declaration ...)"),
    ("import", Import, "(import set ...)"),
    ("include", Include, "(include file ...)"),
    ("include-ci", IncludeFolded, "(include-ci file ...)"),
    ("syntax-case", SyntaxCase, "(syntax-case expression (literal ...) clause ...)"),
    ("%syntax-clauses", SyntaxClauses, "(%syntax-clauses name (literal ...) clause ...)"),
    ("%pattern-lambda", PatternLambda, "(%pattern-lambda ((name ellipses) ...) body)"),
    ("%quote-syntax", QuoteSyntax, "(%quote-syntax datum)"),
    ("syntax", Syntax, "(syntax template)"),
    ("quasisyntax", Quasisyntax, "(quasisyntax template)"),
    ("unsyntax", Unsyntax, "(unsyntax expression)"),
    ("unsyntax-splicing", UnsyntaxSplicing, "(unsyntax-splicing expression)"),
];

/// The keyword of this name, and the name.
pub fn keyword(name: &str) -> Option<(&'static str, Keyword)> {
    KEYWORDS.iter().find(|(known, ..)| *known == name).map(|(name, keyword, _)| (*name, *keyword))
}

/// The names of the forms of this version.
pub fn form_names() -> impl Iterator<Item = &'static str> {
    let names = KEYWORDS.iter().map(|(name, ..)| *name);
    names.filter(|name| !name.starts_with('%'))
}

/// How the form of this name is written.
pub fn form_shape(name: &str) -> &'static str {
    KEYWORDS.iter().find(|(known, ..)| *known == name).map_or("", |(_, _, shape)| shape)
}
