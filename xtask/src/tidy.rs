//! The house rules that can be checked, checked.

mod functions;
mod guarantees;

use std::path::{Path, PathBuf};

/// Lines of a source file at most; files that are one table are excepted.
const FILE_LINES_MAX: usize = 800;
/// Files that are mostly one table.
const TABLES: [&str; 2] = ["vm/src/op.rs", "heap/src/error_code.rs"];

/// What each crate may import of the others.
const IMPORTS: [(&str, &[&str]); 6] = [
    ("heap", &[]),
    ("vm", &["pscheme_heap"]),
    ("compiler", &["pscheme_heap", "pscheme_vm"]),
    ("stdlib", &["pscheme_heap", "pscheme_vm", "pscheme_compiler"]),
    ("src", &["pscheme_heap", "pscheme_vm", "pscheme_compiler", "pscheme_stdlib"]),
    ("repl", &["pscheme"]),
];
const CRATES: [&str; 5] =
    ["pscheme_heap", "pscheme_vm", "pscheme_compiler", "pscheme_stdlib", "pscheme"];

/// Checks every rule and lists what breaks them.
pub fn check(root: &Path) -> Result<(), String> {
    let allowed = unsafe_modules(root)?;
    let mut findings = Vec::new();
    for path in sources(root)? {
        let name = path.strip_prefix(root).expect("a source of the checkout").display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        check_length(&name, &text, &mut findings);
        functions::check(&name, &text, &mut findings);
        check_imports(&name, &text, &mut findings);
        check_unsafe(&name, &text, &allowed, &mut findings);
        check_text(&name, &text, &mut findings);
    }
    check_unsafe_count(root, &mut findings)?;
    guarantees::check(root, &mut findings)?;
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

fn sources(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["heap", "vm", "compiler", "stdlib", "src", "repl", "xtask", "tests", "benches"]
            .iter()
            .map(|name| root.join(name))
            .filter(|path| path.is_dir())
            .collect();
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn check_length(name: &str, text: &str, findings: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX && !TABLES.contains(&name) {
        findings.push(format!("{name}: {lines} lines, at most {FILE_LINES_MAX} are allowed"));
    }
    let is_crate_file = !name.contains("/tests/") && !name.contains("/examples/");
    if is_crate_file && !text.starts_with("//!") {
        findings.push(format!("{name}: a module begins with `//!` and says what it owns"));
    }
}

fn check_imports(name: &str, text: &str, findings: &mut Vec<String>) {
    let Some((_, allowed)) = IMPORTS.iter().find(|(folder, _)| {
        name.strip_prefix(folder).is_some_and(|rest| rest.starts_with("/src") || *folder == "src")
    }) else {
        return;
    };
    let own = name.split('/').next().unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for other in CRATES {
            let mentioned =
                code.contains(&format!("{other}::")) || code.contains(&format!("use {other};"));
            let is_own = other == format!("pscheme_{own}") || (own == "src" && other == "pscheme");
            if mentioned && !allowed.contains(&other) && !is_own {
                findings.push(format!("{name}:{}: must not import {other}", number + 1));
            }
        }
    }
}

const UNSAFE: &str = "unsafe";

/// Whether a line of code, comments aside, has the keyword.
fn has_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == UNSAFE)
}

fn check_unsafe(name: &str, text: &str, allowed: &[String], findings: &mut Vec<String>) {
    // This crate speaks of the keyword but its lints deny its use.
    if name.starts_with("xtask/") || !text.lines().any(has_unsafe) {
        return;
    }
    if name.contains("/src/") && !allowed.iter().any(|module| module == name) {
        findings.push(format!("{name}: unsafe code, but ARCHITECTURE.md does not list it"));
    }
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let opens = [" {", " impl"].iter().any(|next| code.contains(&format!("{UNSAFE}{next}")));
        let block = has_unsafe(line) && opens;
        if !block {
            continue;
        }
        let near = &lines[index.saturating_sub(8)..index];
        if !near.iter().any(|line| line.contains("SAFETY:")) {
            findings.push(format!("{name}:{}: an unsafe block says `// SAFETY:` why", index + 1));
        }
    }
}

/// Phrases that do not belong into committed text.
fn check_text(name: &str, text: &str, findings: &mut Vec<String>) {
    let own = name == "xtask/src/tidy.rs";
    for (number, line) in text.lines().enumerate() {
        let printing = ["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!("];
        let library = ["heap/src", "vm/src", "compiler/src", "stdlib/src", "src/"]
            .iter()
            .any(|folder| name.starts_with(folder));
        let code = line.trim_start();
        if library && !code.starts_with("//") && printing.iter().any(|word| code.contains(word)) {
            findings.push(format!("{name}:{}: only repl/ prints", number + 1));
        }
        let unfinished = [concat!("todo", "!("), concat!("unimplemented", "!(")];
        if !own && unfinished.iter().any(|word| code.contains(word)) {
            findings.push(format!("{name}:{}: unfinished code", number + 1));
        }
    }
}

/// The modules that `ARCHITECTURE.md` lists under its heading on unsafe code.
fn unsafe_modules(root: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md"))
        .map_err(|error| format!("ARCHITECTURE.md: {error}"))?;
    let (_, section) = text
        .split_once("## Unsafe code")
        .ok_or("ARCHITECTURE.md has no section `## Unsafe code`")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    Ok(section
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- `"))
        .filter_map(|line| line.split('`').next())
        .map(str::to_string)
        .collect())
}

/// The number of lines with unsafe code may only fall.
fn check_unsafe_count(root: &Path, findings: &mut Vec<String>) -> Result<(), String> {
    let mut count = 0;
    for path in sources(root)? {
        let inside = path.strip_prefix(root).expect("a source of the checkout");
        let counted = !inside.starts_with("xtask")
            && inside.components().any(|part| part.as_os_str() == "src");
        if counted {
            let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
            count += text.lines().filter(|line| has_unsafe(line)).count();
        }
    }
    let file = root.join("xtask/unsafe-lines.txt");
    let most: usize = std::fs::read_to_string(&file)
        .map_err(|error| format!("{}: {error}", file.display()))?
        .trim()
        .parse()
        .map_err(|_| "xtask/unsafe-lines.txt holds one number".to_string())?;
    if count > most {
        findings.push(format!("{count} lines with unsafe code; {most} are allowed"));
    } else if count < most {
        findings.push(format!("only {count} lines with unsafe code: lower xtask/unsafe-lines.txt"));
    }
    Ok(())
}
