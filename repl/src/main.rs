//! The `pscheme` command: parses the command line and calls what carries it out.
//!
//! `run.rs` runs scripts, `inspect.rs` looks into images, `demo.rs` shows a crash and what follows.

#![deny(unsafe_code)]

mod demo;
mod inspect;
mod library_path;
mod run;
mod size;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pscheme::heap::error_code::ErrorCode;

/// A Scheme whose running programs survive crashes and reboots.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// A program to run without an image: nothing of it survives. `-` is the standard input.
    file: Option<PathBuf>,
    /// Run the text, and show the value of its last expression.
    #[arg(short = 'e', value_name = "TEXT", conflicts_with = "file")]
    expression: Option<String>,
    /// Bytes the heap may use, as 512M or 4G.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    heap_limit: Option<u64>,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a script in an image: after a crash the same command goes on in the middle of it.
    Run {
        /// The script.
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
        /// Bytes the heap may use, as 512M or 4G. A process that asks for more is kept, and goes on
        /// when the command is given with a higher limit.
        #[arg(long, value_name = "SIZE", value_parser = size::parse)]
        heap_limit: Option<u64>,
    },
    /// Check every hash, reference and instruction of an image, without changing it.
    Check {
        /// The image.
        image: PathBuf,
    },
    /// Count the objects of an image by kind.
    Heap {
        /// The image.
        image: PathBuf,
    },
    /// Explain an error code such as E0107.
    Explain {
        /// The code.
        code: String,
    },
    /// Run a durable script, kill it three times, and watch it go on.
    Demo,
}

/// Exit statuses, as the manual has them.
pub mod status {
    pub const ERROR: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const DAMAGED: u8 = 65;
    pub const NEWER: u8 = 69;
    pub const HELD: u8 = 75;
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let status = match (line.verb, line.file) {
        (Some(Verb::Run { file, image, restart, continue_old, heap_limit }), _) => {
            let options = run::RunOptions { file, image, restart, continue_old, heap_limit };
            run::run_script(&options)
        }
        (Some(Verb::Check { image }), _) => inspect::check(&image),
        (Some(Verb::Heap { image }), _) => inspect::census(&image),
        (Some(Verb::Explain { code }), _) => explain(&code),
        (Some(Verb::Demo), _) => demo::run(),
        (None, Some(file)) => run::run_file(&file, line.heap_limit),
        (None, None) => match line.expression {
            Some(text) => run::run_expression(&text, line.heap_limit),
            None => {
                eprintln!("pscheme: nothing to run; pscheme --help shows what there is");
                status::USAGE
            }
        },
    };
    ExitCode::from(status)
}

fn explain(text: &str) -> u8 {
    let digits = text.trim_start_matches(['E', 'e']);
    match digits.parse().ok().and_then(ErrorCode::from_number) {
        Some(code) => {
            println!("{code}: {}\n\n{}", code.summary(), code.explanation().trim_end());
            0
        }
        None => {
            eprintln!("pscheme: there is no error code {text}; codes look like E0107");
            status::USAGE
        }
    }
}
