//! The line editor's side of Scheme: when an entry is whole, what completes a word, and colours.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use pscheme::compiler::reader::{ReadOne, read_one};
use pscheme::names::KnownNames;
use rustyline::completion::Completer;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::history::{History, MemHistory};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::commands::{COMMANDS, split_command};
use super::scheme::{TokenKind, indentation, is_delimiter, matching_parentheses, tokens};

/// What is shown before an entry.
pub const PROMPT: &str = "> ";

/// The editor of the prompt.
pub type SchemeEditor = Editor<SchemeHelper, MemHistory>;

/// The names that complete, replaced after each evaluation.
#[derive(Clone, Default)]
pub struct SharedNames(Arc<Mutex<Arc<KnownNames>>>);

impl SharedNames {
    pub fn set(&self, names: KnownNames) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
    }

    pub fn get(&self) -> Arc<KnownNames> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the editor asks.
pub struct SchemeHelper {
    names: SharedNames,
    colours: bool,
    /// The line is entered: it stays as it is, without marks for the cursor's parenthesis.
    is_final: Cell<bool>,
}

/// An editor with the history of an image.
///
/// # Errors
/// If the terminal cannot be used.
pub fn editor(
    names: SharedNames,
    colours: bool,
    history: &[String],
) -> Result<SchemeEditor, ReadlineError> {
    let config = Config::builder()
        .max_history_size(pscheme::prompt::HISTORY_ENTRIES_MAX)?
        .history_ignore_dups(true)?
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_history(config, MemHistory::new())?;
    editor.set_color_mode(match colours {
        true => rustyline::ColorMode::Enabled,
        false => rustyline::ColorMode::Disabled,
    });
    for entry in history {
        editor.history_mut().add(entry)?;
    }
    editor.set_helper(Some(SchemeHelper { names, colours, is_final: Cell::new(false) }));
    let enter = Event::from(KeyEvent(KeyCode::Enter, Modifiers::NONE));
    editor.bind_sequence(enter, EventHandler::Conditional(Box::new(IndentingEnter)));
    Ok(editor)
}

/// Whether more has to be typed before an entry can be evaluated.
pub fn is_incomplete(entry: &str) -> bool {
    let text = match split_command(entry) {
        Some((_, argument)) => argument,
        None => entry,
    };
    let mut position = 0;
    loop {
        match read_one(text, position) {
            ReadOne::Datum { end, .. } => position = end,
            ReadOne::Incomplete(_) => return true,
            ReadOne::EndOfInput | ReadOne::Failed { .. } => return false,
        }
    }
}

/// Enter at the end of an entry that is not whole begins a line that is indented.
struct IndentingEnter;

impl ConditionalEventHandler for IndentingEnter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let text = context.line();
        if context.pos() < text.len() || !is_incomplete(text) {
            return None;
        }
        // The first line stands behind the prompt; the others are to line up with it.
        let first_line = usize::from(!text.contains('\n')) * PROMPT.len();
        let columns = indentation(text)?;
        Some(Cmd::Insert(1, format!("\n{}", " ".repeat(columns + first_line))))
    }
}

impl Helper for SchemeHelper {}

impl rustyline::hint::Hinter for SchemeHelper {
    type Hint = String;
}

impl Validator for SchemeHelper {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match is_incomplete(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Completer for SchemeHelper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..position];
        if before.starts_with(',') && !before.contains(char::is_whitespace) {
            let names = COMMANDS.iter().map(|row| format!(",{}", row.name));
            return Ok((0, names.filter(|name| name.starts_with(before)).collect()));
        }
        let start = before
            .rfind(is_delimiter)
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let word = &before[start..];
        if word.is_empty() {
            return Ok((start, Vec::new()));
        }
        Ok((start, self.names.get().matching(|name| name.starts_with(word))))
    }
}

/// What pieces of text look like.
fn escape(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::String => Some("\x1b[32m"),
        TokenKind::Comment => Some("\x1b[2m"),
        TokenKind::Literal => Some("\x1b[36m"),
        TokenKind::Mark => Some("\x1b[33m"),
        TokenKind::Open | TokenKind::Close | TokenKind::Symbol => None,
    }
}

const KEYWORD: &str = "\x1b[35m";
const MATCHING: &str = "\x1b[1;7m";
const PLAIN: &str = "\x1b[0m";

impl Highlighter for SchemeHelper {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        if !self.colours {
            return Cow::Borrowed(line);
        }
        let tokens = tokens(line);
        let names = self.names.get();
        let matching = matching_parentheses(&tokens, position).filter(|_| !self.is_final.get());
        let is_matching =
            |at: usize| matching.is_some_and(|(open, close)| at == open || at == close);
        let mut text = String::with_capacity(line.len() * 2);
        let mut written = 0;
        for token in &tokens {
            let part = &line[token.range.clone()];
            text.push_str(&line[written..token.range.start]);
            written = token.range.end;
            let is_keyword =
                || names.syntax.binary_search_by(|name| name.as_str().cmp(part)).is_ok();
            let style = match token.kind {
                TokenKind::Open | TokenKind::Close if is_matching(token.range.start) => {
                    Some(MATCHING)
                }
                TokenKind::Symbol if is_keyword() => Some(KEYWORD),
                kind => escape(kind),
            };
            match style {
                // A colour does not go over the end of a line.
                Some(style) => {
                    let lines: Vec<String> =
                        part.split('\n').map(|line| format!("{style}{line}{PLAIN}")).collect();
                    text.push_str(&lines.join("\n"));
                }
                None => text.push_str(part),
            }
        }
        text.push_str(&line[written..]);
        Cow::Owned(text)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.colours {
            true => Cow::Owned(format!("\x1b[1;34m{prompt}{PLAIN}")),
            false => Cow::Borrowed(prompt),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.is_final.set(kind == CmdKind::ForcedRefresh);
        self.colours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_whole_when_their_parentheses_are_balanced() {
        assert!(is_incomplete("(+ 1"));
        assert!(is_incomplete("(+ 1 2) (car"));
        assert!(is_incomplete("\"open"));
        assert!(is_incomplete(",expand (let"));
        assert!(!is_incomplete("(+ 1 2) (car x)"));
        assert!(!is_incomplete(")"));
        assert!(!is_incomplete(",ps"));
        assert!(!is_incomplete(""));
    }

    #[test]
    fn colours_change_nothing_but_the_looks() {
        let names = SharedNames::default();
        names.set(KnownNames { variables: vec![], syntax: vec!["define".into()] });
        let helper =
            SchemeHelper { names: names.clone(), colours: true, is_final: Cell::new(false) };
        let line = "(define x \"a\nb\") ; note";
        let shown = helper.highlight(line, line.len()).into_owned();
        assert!(shown.contains("\x1b[35mdefine\x1b[0m") && shown.contains("\x1b[32m\"a\x1b[0m\n"));
        let mut bare = shown.clone();
        while let Some(start) = bare.find('\x1b') {
            let end = start + bare[start..].find('m').expect("an escape ends") + 1;
            bare.replace_range(start..end, "");
        }
        assert_eq!(bare, line);
        let plain = SchemeHelper { names, colours: false, is_final: Cell::new(false) };
        assert_eq!(plain.highlight(line, 0), line);
    }
}
