//! The `pscheme` command: calls what carries out a command line.
//!
//! `arguments.rs` is the command line, `status.rs` the exit statuses, `run.rs` runs scripts and goes on
//! with images, `inspect.rs` looks into images, `history.rs` has to do with their past, `demo.rs` shows a crash and what follows.

#![deny(unsafe_code)]

mod arguments;
mod demo;
mod duration;
mod history;
mod inspect;
mod key;
mod library_path;
mod output;
mod prompt;
mod repair;
mod run;
mod size;
mod status;

use std::process::ExitCode;

use arguments::{CommandLine, Verb};
use pscheme::heap::error_code::ErrorCode;
use pscheme::help::Topic;

fn main() -> ExitCode {
    let line = arguments::parse();
    ExitCode::from(match line.verb {
        Some(verb) => carry_out(verb),
        None => run_program(line),
    })
}

/// The table of verbs.
fn carry_out(verb: Verb) -> u8 {
    match verb {
        Verb::Run { file, image, restart, continue_old, running } => {
            run::run_script(&run::RunOptions { file, image, restart, continue_old, running })
        }
        Verb::Resume { image, running } => run::resume(&image, &running),
        Verb::Repl { image, running } => prompt::open(image.as_deref(), &running),
        Verb::Ps(looking) => inspect::processes(&looking),
        Verb::Stack { looking, process, frames } => inspect::stack(&looking, process, frames),
        Verb::Show { looking, name } => inspect::global(&looking, &name),
        Verb::Eval { image, expression, running } => {
            prompt::evaluate_apart(&image, &expression, &running)
        }
        Verb::Heap(looking) => inspect::census(&looking),
        Verb::Check(looking) => inspect::check(&looking),
        Verb::Diff { before, after, json } => history::diff(&before, &after, json),
        Verb::Log { looking, count, all } => history::log(&looking, count, all),
        Verb::Tag { image, name, delete } => history::tag(&image, &name, delete),
        Verb::Rewind { image, commit } => history::rewind(&image, &commit),
        Verb::Undo { image } => history::undo(&image),
        Verb::Fork { image, new } => history::fork(&image, &new),
        Verb::Retention { image, keep, bytes } => history::retention(&image, keep, bytes),
        Verb::Repair { image, accept_loss } => repair::repair(&image, accept_loss),
        Verb::Backup { image, copy } => inspect::backup(&image, &copy),
        Verb::Explain { topic } => explain(&topic),
        Verb::Demo => demo::run(),
        Verb::Completions { shell } => output::write(&arguments::completions(shell)),
        Verb::Man { verb } => match arguments::manual(verb.as_deref()) {
            Some(page) => output::write(&page),
            None => {
                eprintln!("pscheme: there is no command {}", verb.unwrap_or_default());
                status::USAGE
            }
        },
    }
}

fn run_program(line: CommandLine) -> u8 {
    match (line.file, line.expression) {
        (Some(file), _) => run::run_file(&file, &line.running),
        (None, Some(text)) => run::run_expression(&text, &line.running),
        (None, None) => prompt::open_without_arguments(&line.running),
    }
}

fn explain(text: &str) -> u8 {
    let digits = text.trim_start_matches(['E', 'e']);
    match digits.parse().ok().and_then(ErrorCode::from_number) {
        Some(code) => {
            let explanation = code.explanation();
            output::write(
                format!("{code}: {}\n\n{}\n", code.summary(), explanation.trim_end()).as_bytes(),
            )
        }
        None => match Topic::of(text) {
            Some(topic) => output::write(topic.text().as_bytes()),
            None => {
                eprintln!(
                    "pscheme: there is no error code and no name {text}; codes look like E0107"
                );
                status::USAGE
            }
        },
    }
}
