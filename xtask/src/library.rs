//! The reference of the library: every name by the library that exports it, as `(help name)` has it.

use std::fmt::Write;

use pscheme::compiler::expand::standard_libraries;
use pscheme::help::{Topic, entries};

/// The page.
pub fn page(notice: &str) -> String {
    let topics: Vec<Topic> = entries().iter().map(Topic::new).collect();
    let mut text = format!("{notice}# The library\n\n");
    text.push_str(
        "Every name, in the library that exports it, with its section and with examples that every test \
         run carries out: what `(help name)` shows. What follows the last library is seen by programs \
         without an `import` and at the prompt; `import` and `define-library` always are.\n",
    );
    for (library, names) in standard_libraries() {
        let _ = write!(text, "\n## {library}\n");
        if library == "(scheme r5rs)" {
            text.push_str("\nThe names of R5RS, most of them in the libraries above, and these:\n");
        }
        let here = topics.iter().filter(|topic| topic.library == Some(library));
        let mut here: Vec<&Topic> = here.collect();
        here.sort_by_key(|topic| names.iter().position(|name| *name == topic.name));
        here.into_iter().for_each(|topic| append(topic, &mut text));
    }
    text.push_str("\n## Without a library\n");
    let mut others: Vec<&Topic> = topics.iter().filter(|topic| topic.library.is_none()).collect();
    others.sort_by_key(|topic| topic.name);
    others.into_iter().for_each(|topic| append(topic, &mut text));
    text
}

fn append(topic: &Topic, text: &mut String) {
    let _ = write!(text, "\n### `{}`\n\n", topic.name);
    for signature in &topic.signatures {
        let _ = writeln!(text, "    {signature}");
    }
    let _ = write!(text, "\n{} ({})\n\n", prose(&topic.text), topic.section);
    for example in topic.examples {
        let _ = writeln!(text, "    {}", example.text().replace('\n', "\n    "));
    }
}

/// Sentences as Markdown takes them for text: only what stands in back quotes is marked.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let escaped = parts.map(|(index, part)| match index % 2 {
        0 => part.replace('*', "\\*").replace('<', "\\<").replace('_', "\\_"),
        _ => part.to_string(),
    });
    escaped.collect::<Vec<String>>().join("`")
}
