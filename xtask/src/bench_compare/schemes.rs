//! The Schemes that programs run on: how one is found, prepared and started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::suite::Suite;

/// The name of pscheme in the names of preludes and postludes.
pub const PSCHEME: &str = "PScheme";

/// A Scheme as the table below describes it.
struct Row {
    /// Its name in tables, and for the option that chooses.
    label: &'static str,
    /// Commands, the first that is there is taken. None for pscheme, which is built.
    commands: &'static [&'static str],
    /// What its preludes and postludes are called, the best first.
    names: &'static [&'static str],
    /// Whether it reads the R7RS import at a program's head without a prelude.
    reads_r7rs: bool,
    /// Runs before the first run, if it has a compiler: what is measured is the result.
    compile: Option<&'static [&'static str]>,
    /// The command line; see [`Scheme::line`].
    run: &'static [&'static str],
    /// Variables of its environment.
    environment: &'static [(&'static str, &'static str)],
}

/// In command lines `{scheme}` is the command, `{text}` the program's file, `{out}` a file beside it without
/// an ending, and `{image}` an image of pscheme.
const ROWS: &[Row] = &[
    Row {
        label: "pscheme",
        commands: &[],
        names: &[PSCHEME],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "{text}"],
        environment: &[],
    },
    Row {
        label: "pscheme-image",
        commands: &[],
        names: &[PSCHEME],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "run", "--restart", "--image", "{image}", "{text}"],
        environment: &[],
    },
    Row {
        label: "chez",
        commands: &["chezscheme", "scheme"],
        names: &["Chez"],
        reads_r7rs: false,
        compile: None,
        run: &["{scheme}", "--program", "{text}"],
        environment: &[],
    },
    Row {
        label: "chez-unsafe",
        commands: &["chezscheme", "scheme"],
        names: &["Chez"],
        reads_r7rs: false,
        compile: None,
        run: &["{scheme}", "--optimize-level", "3", "--program", "{text}"],
        environment: &[],
    },
    Row {
        label: "guile",
        commands: &["guile"],
        names: &["Guile3", "Guile"],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "--auto-compile", "{text}"],
        environment: &[("XDG_CACHE_HOME", "{out}-cache")],
    },
    Row {
        label: "guile-no-jit",
        commands: &["guile"],
        names: &["Guile3", "Guile"],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "--auto-compile", "{text}"],
        environment: &[("XDG_CACHE_HOME", "{out}-cache"), ("GUILE_JIT_THRESHOLD", "-1")],
    },
    Row {
        label: "gambit",
        commands: &["gsc"],
        names: &["GambitC"],
        reads_r7rs: false,
        compile: Some(&["{scheme}", "-exe", "-o", "{out}", "{text}"]),
        run: &["{out}"],
        environment: &[],
    },
    Row {
        label: "gambit-interpreter",
        commands: &["gsi"],
        names: &["GambitC"],
        reads_r7rs: false,
        compile: None,
        run: &["{scheme}", "{text}"],
        environment: &[],
    },
    Row {
        label: "chicken",
        commands: &["csc"],
        names: &["Chicken"],
        reads_r7rs: false,
        compile: Some(&["{scheme}", "-O3", "{text}", "-o", "{out}"]),
        run: &["{out}"],
        environment: &[],
    },
    Row {
        label: "chicken-interpreter",
        commands: &["csi"],
        names: &["ChickenCSI", "Chicken"],
        reads_r7rs: false,
        compile: None,
        run: &["{scheme}", "-s", "{text}"],
        environment: &[],
    },
    Row {
        label: "chibi",
        commands: &["chibi-scheme"],
        names: &["Chibi"],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "{text}"],
        environment: &[],
    },
    Row {
        label: "mit",
        commands: &["mit-scheme"],
        names: &["MIT"],
        reads_r7rs: true,
        compile: None,
        run: &["{scheme}", "--quiet", "--load", "{text}", "--eval", "(exit 0)"],
        environment: &[],
    },
    Row {
        label: "racket",
        commands: &["racket"],
        names: &["Racket"],
        reads_r7rs: false,
        compile: Some(&["raco", "make", "{text}"]),
        run: &["{scheme}", "{text}"],
        environment: &[],
    },
];

/// A Scheme of this machine.
pub struct Scheme {
    row: &'static Row,
    command: PathBuf,
    pub version: String,
}

/// The Schemes of this machine that are wanted (all, if no label is named), pscheme first.
///
/// # Errors
/// If a label is unknown or its Scheme is not here.
pub fn find(pscheme: &Path, suite: &Suite, wanted: &[String]) -> Result<Vec<Scheme>, String> {
    if let Some(unknown) = wanted.iter().find(|label| ROWS.iter().all(|row| row.label != **label)) {
        let known: Vec<&str> = ROWS.iter().map(|row| row.label).collect();
        return Err(format!("{unknown} is no Scheme of {}", known.join(", ")));
    }
    let mut found = Vec::new();
    for row in ROWS {
        let is_named = wanted.iter().any(|label| label == row.label);
        if !(wanted.is_empty() || is_named) {
            continue;
        }
        let scheme = here(row, pscheme);
        let can_run = row.reads_r7rs || suite.has_prelude(row.names);
        match scheme {
            Some(scheme) if can_run => found.push(scheme),
            Some(_) if is_named => {
                return Err(format!("the programs have no prelude for {}", row.label));
            }
            None if is_named => return Err(format!("{} is not here", row.label)),
            _ => {}
        }
    }
    Ok(found)
}

fn here(row: &'static Row, pscheme: &Path) -> Option<Scheme> {
    if row.commands.is_empty() {
        let version = version(pscheme)?;
        return Some(Scheme { row, command: pscheme.into(), version });
    }
    row.commands.iter().find_map(|name| {
        let version = version(Path::new(name))?;
        Some(Scheme { row, command: name.into(), version })
    })
}

/// The first line of what the command says of its version, on either output; `None` if there is none.
fn version(command: &Path) -> Option<String> {
    ["--version", "-v", "-version"].iter().find_map(|option| {
        let output = Command::new(command).arg(option).stdin(Stdio::null()).output().ok()?;
        let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        let said = String::from_utf8_lossy(&said).into_owned();
        let line = said.lines().find(|line| line.contains(|c: char| c.is_ascii_digit()))?;
        output.status.success().then(|| line.trim().to_owned())
    })
}

impl Scheme {
    pub fn label(&self) -> &'static str {
        self.row.label
    }

    /// What its preludes and postludes are called.
    pub fn names(&self) -> &'static [&'static str] {
        self.row.names
    }

    /// Whether a program's import lines stay. Where one does not know them, its prelude imports.
    pub fn keeps_imports(&self) -> bool {
        self.row.reads_r7rs
    }

    /// The command that compiles a program, if there is one to run before.
    pub fn compilation(&self, text: &Path) -> Option<Command> {
        Some(self.line(self.row.compile?, text))
    }

    /// The command that runs a program.
    pub fn execution(&self, text: &Path) -> Command {
        self.line(self.row.run, text)
    }

    fn line(&self, words: &[&str], text: &Path) -> Command {
        let fill = |word: &str| {
            let out = text.with_extension("");
            word.replace("{scheme}", &self.command.display().to_string())
                .replace("{text}", &text.display().to_string())
                .replace("{out}", &out.display().to_string())
                .replace("{image}", &text.with_extension("image").display().to_string())
        };
        let mut command = Command::new(fill(words[0]));
        command.args(words[1..].iter().map(|word| fill(word)));
        command.envs(self.row.environment.iter().map(|(name, value)| (name, fill(value))));
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unique_and_pscheme_comes_first() {
        let labels: Vec<&str> = ROWS.iter().map(|row| row.label).collect();
        let mut unique = labels.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), labels.len());
        assert_eq!(labels[0], "pscheme");
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version(Path::new("no-such-scheme-anywhere")), None);
    }
}
