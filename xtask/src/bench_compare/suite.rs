//! A folder of benchmark programs in the format of the r7rs-benchmarks: `src/NAME.scm` with a procedure
//! `run-benchmark`, `inputs/NAME.input` for its standard input, and texts that are put around each program.
//!
//! What runs is, one after the other: `src/SCHEME-prelude.scm`, the program, `src/common.scm`,
//! `src/SCHEME-postlude.scm`, `src/common-postlude.scm`. Those of a Scheme may be missing.

use std::path::{Path, PathBuf};

/// The name of the program that does nothing; it is in no folder.
pub const START: &str = "start";
/// The text of the program that does nothing.
const START_TEXT: &str = "(import (scheme base) (scheme read) (scheme write) (scheme time))\n\
                          (define (run-benchmark) (newline))\n";

/// Programs, and what is put around them.
pub struct Suite {
    folder: PathBuf,
    /// The project's own folder, for what a foreign one does not have of pscheme.
    own: PathBuf,
}

/// A program's file and input.
pub struct Program {
    pub name: String,
    /// `None` for the one that does nothing.
    source: Option<PathBuf>,
    /// Standard input.
    pub input: Option<PathBuf>,
}

impl Suite {
    /// The programs of `folder`; what it lacks of pscheme's texts is taken from `own`.
    ///
    /// # Errors
    /// If the folder is not in the format.
    pub fn open(folder: &Path, own: &Path) -> Result<Suite, String> {
        for needed in ["src/common.scm", "src/common-postlude.scm", "inputs"] {
            if !folder.join(needed).exists() {
                return Err(format!(
                    "{} is no folder of benchmarks: it has no {needed}",
                    folder.display()
                ));
            }
        }
        Ok(Suite { folder: folder.into(), own: own.into() })
    }

    /// The program that does nothing, then those with an input by name, or those that are wanted.
    ///
    /// # Errors
    /// If a wanted one is not there, or there is none.
    pub fn programs(&self, wanted: &[String]) -> Result<Vec<Program>, String> {
        let mut programs = vec![Program { name: START.into(), source: None, input: None }];
        let mut names = wanted.to_vec();
        if names.is_empty() {
            names = self.names()?;
        }
        for name in names {
            let program = Program {
                source: Some(self.folder.join(format!("src/{name}.scm"))),
                input: Some(self.folder.join(format!("inputs/{name}.input"))),
                name,
            };
            for file in [&program.source, &program.input].into_iter().flatten() {
                if !file.is_file() {
                    return Err(format!("there is no {}", file.display()));
                }
            }
            programs.push(program);
        }
        Ok(programs)
    }

    fn names(&self) -> Result<Vec<String>, String> {
        let folder = self.folder.join("inputs");
        let entries =
            std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let name = path.file_stem()?.to_str()?.to_owned();
                let source = self.folder.join(format!("src/{name}.scm"));
                (path.extension()? == "input" && source.is_file()).then_some(name)
            })
            .collect();
        names.sort();
        if names.is_empty() {
            Err(format!("{} has no inputs", folder.display()))
        } else {
            Ok(names)
        }
    }

    /// The text that stands before (`prelude`) or behind (`postlude`) a program for one of these names of a
    /// Scheme, if there is one.
    fn around(&self, names: &[&str], place: &str) -> Option<PathBuf> {
        let file = |folder: &Path, name| folder.join(format!("src/{name}-{place}.scm"));
        let of_suite =
            names.iter().map(|name| file(&self.folder, name)).find(|path| path.is_file());
        let is_own = |name: &&&str| **name == super::schemes::PSCHEME;
        of_suite.or_else(|| {
            names
                .iter()
                .find(is_own)
                .map(|name| file(&self.own, name))
                .filter(|path| path.is_file())
        })
    }

    /// Whether the folder has a text of its own before programs for one of these names of a Scheme.
    pub fn has_prelude(&self, names: &[&str]) -> bool {
        self.around(names, "prelude").is_some()
    }

    /// What a Scheme with one of these names runs; `with_imports` keeps the program's import lines.
    pub fn text(
        &self,
        program: &Program,
        names: &[&str],
        with_imports: bool,
    ) -> Result<String, String> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut text = String::new();
        if let Some(prelude) = self.around(names, "prelude") {
            text += &read(&prelude)?;
        }
        let source = match &program.source {
            Some(path) => read(path)?,
            None => START_TEXT.into(),
        };
        for line in source.lines().filter(|line| with_imports || !is_import(line)) {
            text += line;
            text.push('\n');
        }
        text += &read(&self.folder.join("src/common.scm"))?;
        if let Some(postlude) = self.around(names, "postlude") {
            text += &read(&postlude)?;
        }
        text += &read(&self.folder.join("src/common-postlude.scm"))?;
        Ok(text)
    }
}

/// Whether the line is an import of libraries of R7RS, as the programs have one at their head.
fn is_import(line: &str) -> bool {
    line.starts_with("(import (scheme") && line.trim_end().ends_with(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench")
    }

    #[test]
    fn texts_are_put_around_a_program() {
        let suite = Suite::open(&own(), &own()).unwrap();
        let program = &suite.programs(&["sum".into()]).unwrap()[1];
        let text = suite.text(program, &[super::super::schemes::PSCHEME], true).unwrap();
        let places = [
            "(import (scheme base)",
            "(define (run-benchmark)",
            "(define (hide",
            "\n(run-benchmark)",
        ];
        let found: Vec<_> = places.map(|place| text.find(place).expect(place)).into();
        assert!(found.is_sorted(), "{found:?}");
        let without = suite.text(program, &["Chez"], false).unwrap();
        assert!(!without.contains("(import (scheme base)") && without.contains("(chezscheme)"));
    }

    #[test]
    fn each_program_has_an_input_and_a_source() {
        let suite = Suite::open(&own(), &own()).unwrap();
        let inputs = suite.names().unwrap();
        assert!(inputs.len() > 40, "{} programs", inputs.len());
        let sources = std::fs::read_dir(own().join("src")).unwrap().filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".scm")?.to_owned();
            (!name.starts_with("common") && !name.ends_with("lude")).then_some(name)
        });
        for source in sources {
            assert!(inputs.contains(&source), "{source} has no input");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert!(Suite::open(Path::new("no-such-folder"), &own()).is_err());
        let suite = Suite::open(&own(), &own()).unwrap();
        assert!(suite.programs(&["no-such-program".into()]).is_err());
    }
}
