//! Golden listings: each `golden/NAME.scm` compiles to what `golden/NAME.txt` holds, by way of the
//! Core IR in `golden/NAME.core.txt`.
//!
//! After a change that is meant, run with `PSCHEME_BLESS=1` and read the difference.

mod support;

use pscheme_compiler::compile::list_core;
use pscheme_compiler::compile_program;
use pscheme_compiler::listing::list_program;
use pscheme_compiler::surroundings::NoImage;
use std::path::{Path, PathBuf};

#[test]
fn programs_compile_to_their_golden_listings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scm"))
        .collect();
    sources.sort();
    assert!(!sources.is_empty(), "there are golden programs in {}", folder.display());
    let mut different = Vec::new();
    for source in sources {
        let name = source.file_name().unwrap().to_str().unwrap().to_string();
        let text = std::fs::read_to_string(&source).unwrap();
        let surroundings = NoImage::default();
        let shown = match compile_program(&name, &text, &support::Primitives, &surroundings) {
            Ok(compiled) => list_program(&compiled.program),
            Err(failure) => failure.render(),
        };
        different.extend(compare(&source.with_extension("txt"), &shown));
        if let Ok(core) = list_core(&text, &support::Primitives, &surroundings) {
            different.extend(compare(&source.with_extension("core.txt"), &core));
        }
    }
    assert!(different.is_empty(), "run with PSCHEME_BLESS=1 if meant:\n{}", different.join("\n"));
}

/// What is shown, if it is not what the golden file holds; with `PSCHEME_BLESS` the file is written.
fn compare(golden: &Path, shown: &str) -> Option<String> {
    if std::env::var_os("PSCHEME_BLESS").is_some() {
        std::fs::write(golden, shown).unwrap();
        return None;
    }
    let expected = std::fs::read_to_string(golden).unwrap_or_default();
    (expected != shown).then(|| format!("--- {}\n{shown}", golden.display()))
}
