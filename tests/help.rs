//! Every name that a program can use is documented, and every example of the documentation ends as it
//! says.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use pscheme::compiler::expand::standard_libraries;
use pscheme::help::{Ending, Entry, Example, Topic, entries};
use pscheme::names::KnownNames;
use pscheme::{Error, Image, OpenOptions};
use support::{Console, TestHost, in_scratch_folder};

/// Where names are laid down that R7RS does not have.
const OTHER_SECTIONS: [&str; 11] = [
    "SRFI 1", "SRFI 8", "SRFI 13", "SRFI 60", "SRFI 69", "SRFI 95", "SRFI 125", "SRFI 133",
    "SRFI 211", "SRFI 226", "pscheme",
];
/// Fewer examples than this would mean that the files are read wrongly.
const EXAMPLES_MIN: usize = 600;

fn image(console: &Console) -> Image {
    OpenOptions::new().host(TestHost::new(console)).in_memory().unwrap()
}

#[test]
fn every_name_is_documented_and_nothing_else() {
    let mut image = image(&Console::default());
    let known = KnownNames::of(&image.session().vm);
    let mut names: BTreeSet<String> = known.variables.into_iter().chain(known.syntax).collect();
    names.extend(standard_libraries().flat_map(|(_, names)| names).map(|name| name.to_string()));
    let documented: BTreeSet<String> =
        entries().iter().map(|entry| entry.name.to_string()).collect();
    let missing: Vec<_> = names.difference(&documented).collect();
    assert!(missing.is_empty(), "without an entry in stdlib/src/help: {missing:?}");
    let unknown: Vec<_> = documented.difference(&names).collect();
    assert!(unknown.is_empty(), "documented, and no program can use it: {unknown:?}");
}

/// Whether there is such a section: those of R7RS have a file of cases in `tests/spec`.
fn section_exists(section: &str) -> bool {
    let Some(number) = section.strip_prefix("R7RS ") else {
        return OTHER_SECTIONS.contains(&section);
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let (of_file, _) = file.split_once('-').unwrap_or((&file, ""));
        // 6.04 is the file of section 6.4, and of 6.4.1.
        let of_file = of_file.replace(".0", ".");
        number.strip_prefix(&of_file).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn faults(entry: &'static Entry) -> Vec<&'static str> {
    let topic = Topic::new(entry);
    let starts = |signature: &String| {
        let call = signature.strip_prefix('(').unwrap_or(signature);
        let behind = call.strip_prefix(entry.name);
        behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ')']))
    };
    let mut faults = Vec::new();
    if topic.signatures.is_empty() || !topic.signatures.iter().all(starts) {
        faults.push("has a signature that begins with the name");
    }
    if !topic.text.ends_with(['.', '?'])
        || topic.text.chars().next().is_some_and(char::is_lowercase)
    {
        faults.push("has sentences");
    }
    if !section_exists(topic.section) {
        faults.push("has a section that exists");
    }
    if topic.examples.is_empty() {
        faults.push("has an example");
    }
    faults
}

#[test]
fn entries_are_whole() {
    let mut problems = String::new();
    for entry in entries() {
        for fault in faults(entry) {
            problems.push_str(&format!("{} {fault}: {:?}\n", entry.name, Topic::new(entry)));
        }
    }
    assert!(problems.is_empty(), "an entry\n{problems}");
}

/// How a program ends. What it shows counts if the example is about that.
fn ending(program: &str, shows: bool) -> Ending {
    let console = Console::default();
    let mut image = image(&console);
    let failure = |error| match error {
        Error::Raised { code, message, .. } => Ending::Failure { code: code.to_string(), message },
        Error::Compile(failure) => {
            let first = &failure.diagnostics[0];
            Ending::Failure { code: first.code.to_string(), message: first.message.clone() }
        }
        Error::Exited(status) => Ending::Exit(status),
        other => panic!("{program}: {other:?}"),
    };
    let value = match image.eval(program) {
        Ok(value) => value,
        Err(error) => return failure(error),
    };
    if shows {
        return Ending::Shown(String::from_utf8(console.lock().unwrap().clone()).unwrap());
    }
    image.set_global("example-value", &value).unwrap();
    let write = "(call-with-output-string (lambda (port) (write example-value port)))";
    image.eval_to(write).map_or_else(failure, Ending::Value)
}

fn problem(entry: &Entry, example: &Example) -> Option<String> {
    let found = ending(&example.program, matches!(example.ending, Ending::Shown(_)));
    let (name, program, expected) = (entry.name, &example.program, &example.ending);
    (found != *expected)
        .then(|| format!("{name}: {program}\n  expected {expected:?}\n  found    {found:?}\n"))
}

#[test]
fn examples_end_as_they_say() {
    let examples: Vec<(&Entry, &Example)> = entries()
        .iter()
        .flat_map(|entry| entry.examples.iter().map(move |example| (entry, example)))
        .collect();
    assert!(examples.len() >= EXAMPLES_MIN, "{} examples", examples.len());
    let problems: String = in_scratch_folder(|| {
        examples.iter().filter_map(|(entry, example)| problem(entry, example)).collect()
    });
    assert!(problems.is_empty(), "{problems}");
}

/// What a program shows.
fn shown(image: &mut Image, console: &Console, program: &str) -> String {
    console.lock().unwrap().clear();
    image.eval(program).unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

#[test]
fn what_a_program_made_of_a_name_goes_first() {
    let console = Console::default();
    let image = &mut image(&console);
    let mut help = |program: &str| shown(image, &console, program);
    let of_library = help("(help map)");
    assert!(of_library.starts_with("(map procedure list list …)\n  A new list"), "{of_library}");
    assert!(
        of_library.contains("\n  R7RS 6.10, library (scheme base)\n\n  (map cadr "),
        "{of_library}"
    );
    assert_eq!(help("(help 'map)"), of_library);
    assert_eq!(help("(help \"map\")"), of_library);
    help("(define (map f . lists) (car lists))");
    assert_eq!(help("(help map)"), "map = procedure (map f . lists)\n  defined at eval:1\n");
    help("(define size '(1 2))");
    assert_eq!(help("(help size)"), "size = (1 2)\n");
    help("(define-syntax size (syntax-rules () ((_) 1)))");
    assert_eq!(help("(help size)"), "size is a macro of the program\n");
    help("(define-syntax if (syntax-rules () ((_) 1)))");
    assert_eq!(help("(help if)"), "if is a macro of the program\n");
    help(
        "(define-library (shop) (export) (import (scheme base)) (begin (define (price) (car 1))))",
    );
    help("(import (shop))");
    assert_eq!(help("(help price)"), "price (shop) = procedure (price)\n  defined at eval:1\n");
    assert_eq!(
        help("(help strng-append)"),
        "strng-append has no meaning here; is it string-append?\n"
    );
    assert_eq!(help("(help xyzzy)"), "xyzzy has no meaning here\n");
}

#[test]
fn libraries_are_listed() {
    let console = Console::default();
    let image = &mut image(&console);
    let mut help = |program: &str| shown(image, &console, program);
    for (library, names) in standard_libraries() {
        let text = help(&format!("(help {library})"));
        assert_eq!(text.lines().count(), names.len() + 2, "{text}");
        assert!(help("(help)").contains(&format!("\n  {library} ")));
    }
    assert_eq!(
        help("(help (shop))"),
        "(shop) is no library of pscheme's own; (help) lists those\n"
    );
    assert_eq!(help("(import (only (pscheme help) help)) (help (scheme lazy))").lines().count(), 7);
    // Of a text without end the beginning is looked at.
    assert!(help("(help (let ((x '#0=(a . #0#))) x))").ends_with("; (help) lists those\n"));
    assert!(help("(%help (make-string 100000 #\\a))").ends_with(" has no meaning here\n"));
}
