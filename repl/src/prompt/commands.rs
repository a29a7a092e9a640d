//! The comma commands: one row each.

use pscheme::SessionError;
use pscheme::disassembly::disassembly;
use pscheme::help::Topic;
use pscheme::history::CommitRow;
use pscheme::inspect::{
    FrameLimits, GlobalView, View, find_process, globals, near_global, processes, stack,
};
use pscheme::names::{KnownNames, is_macro_of_program};
use pscheme::stdlib::is_library_source;

use super::worker::{After, Worker};
use crate::history::log_text;

/// A comma command.
pub struct CommandRow {
    pub name: &'static str,
    /// What stands behind the name; empty if nothing does, and in brackets if it may be left out.
    pub argument: &'static str,
    /// What the command does, for `,help`.
    pub doc: &'static str,
    pub run: fn(&mut Worker, &str) -> Result<After, SessionError>,
}

/// All commands, in the order in which `,help` lists them.
pub const COMMANDS: &[CommandRow] = &[
    row("help", "", "list these commands", help),
    row("ps", "", "list the processes of the image", list_processes),
    row("stack", "N", "show the stack of process N, with its variables", show_stack),
    row("bt", "", "show the stack of the last evaluation that failed", backtrace),
    row("describe", "NAME", "say what a name means", describe),
    row("apropos", "TEXT", "list the names that contain a text", apropos),
    row("expand", "FORM", "show a form with its macros expanded", expand),
    row("disassemble", "NAME", "show the instructions of a procedure", disassemble),
    row("time", "FORM", "evaluate a form and say how long it takes", time),
    row("commit", "", "wait until everything is on the disk", commit),
    row("log", "[N]", "list the newest N commits that are kept, or 20", log),
    row("undo", "", "go back to before the newest entry, processes included", undo),
    row("quit", "", "leave; Ctrl-D does the same. Everything is kept", quit),
];

const fn row(
    name: &'static str,
    argument: &'static str,
    doc: &'static str,
    run: fn(&mut Worker, &str) -> Result<After, SessionError>,
) -> CommandRow {
    CommandRow { name, argument, doc, run }
}

/// The name and the argument of an entry that is a command.
pub fn split_command(entry: &str) -> Option<(&str, &str)> {
    let entry = entry.trim_start().strip_prefix(',')?;
    let end = entry.find(char::is_whitespace).unwrap_or(entry.len());
    Some((&entry[..end], entry[end..].trim()))
}

/// The row of a command that was typed, if it is typed as it should be.
///
/// # Errors
/// What is wrong, as text for people.
pub fn find_command(name: &str, argument: &str) -> Result<&'static CommandRow, String> {
    let Some(row) = COMMANDS.iter().find(|row| row.name == name) else {
        let near = COMMANDS
            .iter()
            .map(|row| (distance(row.name, name), row.name))
            .filter(|(distance, near)| *distance <= 2 && *distance < near.len())
            .min();
        let advice = match near {
            Some((_, near)) => format!("is it ,{near}?"),
            None => ",help lists those there are".into(),
        };
        return Err(format!("there is no command ,{name}; {advice}\n"));
    };
    match (row.argument.is_empty(), argument.is_empty()) {
        (true, false) => Err(format!("nothing stands behind ,{name}\n")),
        (false, true) if !row.argument.starts_with('[') => {
            Err(format!("it is written ,{name} {}\n", row.argument))
        }
        _ => Ok(row),
    }
}

/// Changes of one character between two names; a name that the other begins with is one away.
fn distance(known: &str, typed: &str) -> usize {
    if !typed.is_empty() && known.starts_with(typed) {
        return 1;
    }
    strsim::osa_distance(known, typed)
}

fn help(worker: &mut Worker, _: &str) -> Result<After, SessionError> {
    let calls = COMMANDS.iter().map(|row| format!(",{} {}", row.name, row.argument));
    let width = calls.clone().map(|call| call.len()).max().unwrap_or(0);
    let lines = COMMANDS.iter().zip(calls);
    let mut text: String =
        lines.map(|(row, call)| format!("  {call:width$}  {}\n", row.doc)).collect();
    text.push_str(
        "\n  (help NAME) says what a name means, as (help map), and (help) how to go on.\n  \
         $1, $2 and so on are the values of earlier entries. Tab completes names,\n  \
         Ctrl-R searches the history, Ctrl-C interrupts.\n",
    );
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn list_processes(worker: &mut Worker, _: &str) -> Result<After, SessionError> {
    worker.prompt.session.vm.park_for_commit();
    let rows = processes(View::of(&worker.prompt.session.vm));
    worker.console.write(worker.layout().processes(&rows).as_bytes());
    Ok(After::Done)
}

fn show_stack(worker: &mut Worker, argument: &str) -> Result<After, SessionError> {
    worker.prompt.session.vm.park_for_commit();
    let view = View::of(&worker.prompt.session.vm);
    let record = argument.parse().ok().and_then(|number| find_process(view, number));
    let text = match record {
        Some(record) => worker.layout().stack(&stack(view, record, FrameLimits::default())),
        None => format!("there is no process {argument}; ,ps lists those there are\n"),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn backtrace(worker: &mut Worker, _: &str) -> Result<After, SessionError> {
    let view = View::of(&worker.prompt.session.vm);
    let text = match worker.prompt.last_failed() {
        Some(record) => worker.layout().stack(&stack(view, record, FrameLimits::default())),
        None => "no evaluation has failed\n".into(),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn describe(worker: &mut Worker, name: &str) -> Result<After, SessionError> {
    let vm = &worker.prompt.session.vm;
    let view = View::of(vm);
    let mut text = String::new();
    let mut of_library = Topic::of(name);
    if KnownNames::of(vm).syntax.iter().any(|known| known == name) {
        text.push_str(&format!("{name} is syntax; ,expand shows what a form with it becomes\n"));
        of_library = of_library.filter(|_| !is_macro_of_program(vm, name));
    } else {
        let is_of_program = |global: &GlobalView| {
            global.place.as_ref().is_some_and(|place| !is_library_source(&place.file))
        };
        let mut found = globals(view, name);
        // A program's own variable stands before one of the library with the same name.
        if found.iter().any(|global| global.name == name && is_of_program(global)) {
            found.retain(|global| global.name != name || is_of_program(global));
        }
        text.extend(found.iter().map(|global| worker.layout().global(global)));
        of_library = of_library.filter(|_| !found.iter().any(is_of_program));
    }
    if let Some(topic) = of_library {
        text.push_str(&format!("\n{}", topic.text()));
    }
    if text.is_empty() {
        let near = near_global(view, name).map(|near| format!("; is it {near}?"));
        text = format!("{name} has no meaning here{}\n", near.unwrap_or_default());
    }
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

/// Names with what they do, at most; more are shown in columns.
const NAMES_WITH_SENTENCES_MAX: usize = 16;

fn apropos(worker: &mut Worker, part: &str) -> Result<After, SessionError> {
    let names = KnownNames::of(&worker.prompt.session.vm).matching(|name| name.contains(part));
    let layout = worker.layout();
    let text = match names.len() {
        0 => format!("no name contains {part}\n"),
        1..=NAMES_WITH_SENTENCES_MAX => {
            let cell = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
            let line = |name: &String| {
                let topic = Topic::of(name);
                let sentence = topic.as_ref().map(Topic::first_sentence).unwrap_or_default();
                let line = format!("{name:cell$}{sentence}");
                layout.fit(line.trim_end().to_string()) + "\n"
            };
            names.iter().map(line).collect()
        }
        _ => columns(&names, layout.width.unwrap_or(80)),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

/// Names in columns that fill a width, each column from top to bottom.
fn columns(names: &[String], width: usize) -> String {
    let cell = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let columns = (width / cell).max(1);
    let lines = names.len().div_ceil(columns);
    let mut text = String::new();
    for line in 0..lines {
        let row: String =
            names.iter().skip(line).step_by(lines).map(|name| format!("{name:cell$}")).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn expand(worker: &mut Worker, form: &str) -> Result<After, SessionError> {
    let text = worker.prompt.expansion(form).unwrap_or_else(|error| error);
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn disassemble(worker: &mut Worker, name: &str) -> Result<After, SessionError> {
    let value = worker.prompt.session.vm.global(name);
    let view = View::of(&worker.prompt.session.vm);
    let text = match value {
        None => {
            let near = near_global(view, name).map(|near| format!("; is it {near}?"));
            format!("there is no variable {name}{}\n", near.unwrap_or_default())
        }
        Some(value) => disassembly(view, value)
            .unwrap_or_else(|| format!("{name} is no procedure written in Scheme\n")),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn time(worker: &mut Worker, form: &str) -> Result<After, SessionError> {
    worker.time(form);
    Ok(After::Evaluating)
}

fn commit(worker: &mut Worker, _: &str) -> Result<After, SessionError> {
    worker.prompt.session.commit_and_wait()?;
    let text = match worker.prompt.session.durable() {
        Some(commit) => format!("commit {commit} is on the disk\n"),
        None => "there is no image\n".into(),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

/// Commits that are listed unless somebody says how many.
const LOG_ROWS_DEFAULT: usize = 20;

fn log(worker: &mut Worker, argument: &str) -> Result<After, SessionError> {
    let count = match argument {
        "" => Some(LOG_ROWS_DEFAULT),
        number => number.parse().ok(),
    };
    let rows: Vec<CommitRow> =
        worker.prompt.session.kept_commits()?.iter().map(CommitRow::from).collect();
    let text = match count {
        None => format!("it is written ,log N, and {argument} is no number\n"),
        Some(_) if rows.is_empty() => "there is no image\n".into(),
        Some(count) => log_text(&rows, count, ",log N"),
    };
    worker.console.write(text.as_bytes());
    Ok(After::Done)
}

fn undo(_: &mut Worker, _: &str) -> Result<After, SessionError> {
    Ok(After::Undo)
}

fn quit(_: &mut Worker, _: &str) -> Result<After, SessionError> {
    Ok(After::Leave)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_and_near_ones_offered() {
        let error = |name, argument| find_command(name, argument).err().unwrap();
        assert!(find_command("stack", "3").is_ok());
        assert!(find_command("log", "").is_ok() && find_command("log", "3").is_ok());
        assert_eq!(error("stack", ""), "it is written ,stack N\n");
        assert_eq!(error("ps", "3"), "nothing stands behind ,ps\n");
        assert_eq!(error("satck", "3"), "there is no command ,satck; is it ,stack?\n");
        assert_eq!(error("dis", "f"), "there is no command ,dis; is it ,disassemble?\n");
        assert_eq!(error("x", ""), "there is no command ,x; ,help lists those there are\n");
    }

    #[test]
    fn commands_are_split_from_their_arguments() {
        assert_eq!(split_command(",expand (a\n b) "), Some(("expand", "(a\n b)")));
        assert_eq!(split_command("  ,ps"), Some(("ps", "")));
        assert_eq!(split_command("(a ,b)"), None);
    }

    #[test]
    fn columns_fill_the_width() {
        let names = ["a", "bb", "ccc"].map(str::to_string);
        assert_eq!(columns(&names, 10), "a   ccc\nbb\n".replace("a   ", "a    "));
        assert_eq!(columns(&names, 3), "a\nbb\nccc\n");
    }
}
