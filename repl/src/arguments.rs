//! The command line: every verb and option, in one definition from which help, completions and the
//! manual are made.
//!
//! The first argument is a verb if it is one; anything with `/` or `.` in it, or behind `--`, is a
//! file. So a new verb takes no file's name away that a script may rely on.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use pscheme::{Limits, SessionOptions};

use crate::{duration, size, status};

/// A Scheme whose running programs survive crashes and reboots.
#[derive(Parser)]
#[command(
    name = "pscheme",
    version,
    args_conflicts_with_subcommands = true,
    after_help = status_help()
)]
pub struct CommandLine {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// A program to run without an image: nothing of it survives. `-` is the standard input, all of it,
    /// so that the program finds the end there. A name without `/` and `.` goes behind `--`.
    pub file: Option<PathBuf>,
    /// Run the text, and show the value of its last expression.
    #[arg(short = 'e', value_name = "TEXT", conflicts_with = "file")]
    pub expression: Option<String>,
    #[command(flatten)]
    pub running: Running,
}

/// How programs run.
#[derive(Clone, Args)]
pub struct Running {
    /// Bytes the heap may use, as 512M or 4G. A process that asks for more is kept, and goes on when
    /// the command is given with a higher limit.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub heap_limit: Option<u64>,
    /// Bytes of the heap that may be in memory, as 2G; three quarters of the machine's unless given. What has
    /// not changed since it was committed is given back beyond that, and read from the image when it is used.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub memory: Option<u64>,
    /// Another limit, as stack=4G; docs/generated/limits.md lists them. Can be given several times.
    #[arg(long, value_name = "NAME=NUMBER", value_parser = limit)]
    pub limit: Vec<(String, u64)>,
    /// A folder in which libraries are looked for, after the script's own and before those of
    /// PSCHEME_PATH: (my lib) is in my/lib.sld. Can be given several times.
    #[arg(short = 'L', value_name = "DIR")]
    pub library_folders: Vec<PathBuf>,
    /// What the program finds in (command-line) behind its own name. Those that begin with `-` go behind
    /// `--`.
    #[arg(value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
    /// End when the program's main process ends, without waiting for the others.
    #[arg(long)]
    pub main_only: bool,
}

impl Running {
    /// The limits the command line sets, the others at their defaults.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (name, value) in &self.limit {
            limits.set(name, *value);
        }
        if let Some(bytes) = self.heap_limit {
            limits.heap_bytes = bytes;
        }
        limits
    }

    /// Sets what the command line says of how sessions run.
    pub fn apply(&self, options: &mut SessionOptions) {
        options.limits = self.limits();
        if let Some(bytes) = self.memory {
            options.resident_bytes_max = bytes;
        }
    }
}

/// A limit on the command line: its name, and a number with a unit.
fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=NUMBER")?;
    let known: Vec<&str> = Limits::ROWS.iter().map(|row| row.name).collect();
    if !known.contains(&name) {
        return Err(format!("there is no limit {name}; there are {}", known.join(", ")));
    }
    Ok((name.to_string(), size::parse(value)?))
}

/// An image that is looked at, and in which form.
#[derive(Args)]
pub struct Looking {
    /// The image; it may be running. IMAGE@COMMIT shows a commit of the past: a number, -3, a time as
    /// 2026-11-20T10:00 (UTC), or a tag.
    pub image: PathBuf,
    /// Print JSON; docs/inspection.md describes it.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Run a script in an image: after a crash the same command goes on in the middle of it.
    Run {
        /// The script, or an image to go on with.
        file: PathBuf,
        /// The image; FILE.image beside the script unless given.
        #[arg(long)]
        image: Option<PathBuf>,
        /// Begin anew, throwing away what the image holds.
        #[arg(long, conflicts_with = "continue_old")]
        restart: bool,
        /// Go on with the program as it was started, although the script has been edited.
        #[arg(long = "continue")]
        continue_old: bool,
        #[command(flatten)]
        running: Running,
    },
    /// Go on with an image; its script need not be there any more.
    Resume {
        /// The image.
        image: PathBuf,
        #[command(flatten)]
        running: Running,
    },
    /// Open a prompt in an image: what was running when it was left goes on.
    Repl {
        /// The image, made if there is none; yours (pscheme/home.image in XDG_DATA_HOME) unless given.
        image: Option<PathBuf>,
        #[command(flatten)]
        running: Running,
    },
    /// List the processes of an image: what they do, and where they stand.
    Ps(#[command(flatten)] Looking),
    /// Show the suspended stack of a process: source lines and local variables.
    Stack {
        #[command(flatten)]
        looking: Looking,
        /// The number of the process.
        process: i64,
        /// Frames shown from the top of the stack.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        frames: usize,
    },
    /// Show the value of a global variable.
    Show {
        #[command(flatten)]
        looking: Looking,
        /// The name of the variable.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// Evaluate a text in the state of an image and print its values, without changing the image: definitions and
    /// assignments are forgotten afterwards. The image's processes do not run; files are read but not written.
    Eval {
        /// The image, or IMAGE@COMMIT; it may be running.
        image: PathBuf,
        /// The text, as one types it at the prompt.
        #[arg(value_name = "TEXT")]
        expression: String,
        #[command(flatten)]
        running: Running,
    },
    /// Count the objects of an image by kind.
    Heap(#[command(flatten)] Looking),
    /// Check every hash, reference and instruction of an image, without changing it.
    Check(#[command(flatten)] Looking),
    /// List the commits that an image keeps, the newest first.
    Log {
        #[command(flatten)]
        looking: Looking,
        /// How many.
        #[arg(short = 'n', value_name = "COUNT", default_value_t = 20)]
        count: usize,
        /// Every one.
        #[arg(long, conflicts_with = "count")]
        all: bool,
    },
    /// Show what differs between two states: variables, definitions, processes, objects by kind.
    Diff {
        /// An image, or IMAGE@COMMIT.
        before: PathBuf,
        /// The same one at another commit, or another image.
        after: PathBuf,
        /// Print JSON; docs/inspection.md describes it.
        #[arg(long)]
        json: bool,
    },
    /// Give a commit a name; it is kept until the name is removed.
    Tag {
        /// The image, or IMAGE@COMMIT; the newest commit unless one is named.
        image: PathBuf,
        /// The name: a letter, then letters, digits, hyphens, underscores and dots.
        name: String,
        /// Remove the name instead.
        #[arg(long)]
        delete: bool,
    },
    /// Go back to a commit: a new commit gets its state, processes included, and what came after it stays in
    /// the history. Files that programs have written stay as they are.
    Rewind {
        /// The image.
        image: PathBuf,
        /// The commit: a number, -3, a time as 2026-11-20T10:00 (UTC), or a tag.
        #[arg(allow_hyphen_values = true)]
        commit: String,
    },
    /// Go back to before what was done last: the newest entry of the prompt, or the newest run of a program. Again
    /// and again it goes further back; `rewind` goes forward again.
    Undo {
        /// The image.
        image: PathBuf,
    },
    /// Make an image of its own that begins with a commit of another one, which may be running.
    Fork {
        /// The image, or IMAGE@COMMIT.
        image: PathBuf,
        /// The new image, a directory that must not exist.
        new: PathBuf,
    },
    /// Show or set how much of its past an image keeps.
    Retention {
        /// The image.
        image: PathBuf,
        /// For how long every commit is kept, as 90m, 12h or 7d; 0 to keep the newest and those with tags.
        #[arg(long, value_name = "SPAN", value_parser = duration::parse)]
        keep: Option<u64>,
        /// How many bytes of the past are kept, as 512M or 4G.
        #[arg(long, value_name = "SIZE", value_parser = size::parse)]
        bytes: Option<u64>,
    },
    /// Say what can be gone on with of an image that is refused or damaged: the newest commit that is there and whole.
    Repair {
        /// The image, which nobody runs.
        image: PathBuf,
        /// Go on with it, without what came after.
        #[arg(long)]
        accept_loss: bool,
    },
    /// Copy an image whole, also while it is running. The copy opens and goes on.
    Backup {
        /// The image.
        image: PathBuf,
        /// The copy, a directory that must not exist.
        copy: PathBuf,
    },
    /// Explain an error code such as E0107, or a name such as map.
    Explain {
        /// The code or the name.
        topic: String,
    },
    /// Run a durable script, kill it three times, and watch it go on.
    Demo,
    /// Print a script that completes commands, for a shell to load.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual in the form of man pages: of the command, or of a verb.
    Man {
        /// The verb.
        verb: Option<String>,
    },
}

fn status_help() -> String {
    format!("Exit status:\n{}", status::table())
}

/// The command line, with what clap alone would take for the name of a file and is none.
pub fn parse() -> CommandLine {
    let line = CommandLine::parse();
    if let Some(file) = &line.file
        && !names_a_file(&file.to_string_lossy())
        && !std::env::args_os().any(|argument| argument == "--")
    {
        unknown_verb(&file.to_string_lossy());
    }
    line
}

/// Whether a first argument can be the name of a file.
fn names_a_file(argument: &str) -> bool {
    argument == "-" || argument.contains(['/', '.'])
}

/// Ends the command: there is no such verb.
fn unknown_verb(word: &str) -> ! {
    let command = CommandLine::command();
    let near = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_string())
        .filter(|verb| verb.starts_with(word) || word.starts_with(verb.as_str()))
        .min_by_key(String::len);
    let near = near.map_or_else(String::new, |verb| format!("; is it {verb}?"));
    let message = format!(
        "there is no command '{word}'{near}\n\n  a file of this name is run by: pscheme ./{word}"
    );
    CommandLine::command().error(clap::error::ErrorKind::InvalidSubcommand, message).exit()
}

/// The script that completes commands in a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "pscheme", &mut text);
    text
}

/// The man page of the command, or of a verb; `None` if there is no such verb.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn manual(verb: Option<&str>) -> Option<Vec<u8>> {
    let mut command = CommandLine::command().after_help("");
    command.build();
    let source = format!("pscheme {}", env!("CARGO_PKG_VERSION"));
    let page = match verb {
        None => clap_mangen::Man::new(command).source(source),
        Some(verb) => {
            let name = format!("pscheme-{verb}");
            let found = command.find_subcommand(verb)?.clone().display_name(name.clone());
            clap_mangen::Man::new(found).title(name).source(source)
        }
    };
    let mut text = Vec::new();
    page.render(&mut text).expect("memory takes everything");
    text.extend_from_slice(b".SH \"EXIT STATUS\"\n");
    for (number, meaning) in status::STATUSES {
        text.extend_from_slice(format!(".TP\n{number}\n{}\n", meaning.trim()).as_bytes());
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn verbs_are_verbs_and_files_are_files() {
        let parse = |words: &[&str]| CommandLine::try_parse_from(words).unwrap();
        assert!(matches!(parse(&["pscheme", "ps", "x.image"]).verb, Some(Verb::Ps(_))));
        assert_eq!(parse(&["pscheme", "./ps"]).file, Some(PathBuf::from("./ps")));
        assert_eq!(parse(&["pscheme", "--", "ps"]).file, Some(PathBuf::from("ps")));
        assert!(names_a_file("-") && names_a_file("a.scm") && !names_a_file("nonsense"));
    }

    #[test]
    fn completions_and_manual_name_every_verb() {
        let scripts = [Shell::Bash, Shell::Zsh, Shell::Fish].map(completions);
        let manual = manual(None).unwrap();
        for verb in CommandLine::command().get_subcommands() {
            let name = verb.get_name().as_bytes();
            let names_it = |text: &Vec<u8>| text.windows(name.len()).any(|part| part == name);
            assert!(scripts.iter().all(names_it) && names_it(&manual), "{}", verb.get_name());
            assert!(super::manual(Some(verb.get_name())).is_some());
        }
        assert!(super::manual(Some("nonsense")).is_none());
    }
}
