//! The prompt without a terminal: forms are evaluated as they come in on the standard input, and their
//! values printed. The first error ends it. What a program reads are the lines behind its entry
//! (`piped_input.rs`).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pscheme::heap::error_code::ErrorCode;
use pscheme::host::StandardHost;
use pscheme::prompt::{Ending, Prompt, Turn, is_evaluation};
use pscheme::report::describe_failure;
use pscheme::vm::host::Host;
use pscheme::{Outcome, Session, SessionOptions};

use super::editor::is_incomplete;
use super::open_image;
use super::piped_input::{PipedHost, PipedInput};
use crate::arguments::Running;
use crate::library_path::folders;
use crate::run::{Failure, NOBODY_SENDS, exit_status, stop_on_signals, wait_for_space};
use crate::status;

/// The name of the source in errors.
const SOURCE: &str = "standard input";

/// Evaluates the standard input, in an image or without one.
///
/// # Errors
/// What is wrong with the image or the input.
pub fn evaluate(image: Option<&Path>, running: &Running) -> Result<u8, Failure> {
    let stop = stop_on_signals()?;
    let (input, mut standard) = (PipedInput::default(), StandardHost::default());
    let host = PipedHost {
        input: input.clone(),
        standard: StandardHost::with_library_folders(folders(None, &running.library_folders)),
    };
    let options = session_options(Box::new(host), running, &stop);
    let session = match image {
        Some(path) => Session::open(open_image(path, running)?.2, options)?,
        None => Session::transient(options)?,
    };
    let mut prompt = Prompt::new(session);
    prompt.source_name = Some(SOURCE.into());
    // What was being evaluated when the image was closed comes first.
    let mut ended = finish_entry(&mut prompt, &stop)?;
    let (mut chunk, mut lines_before) = (String::new(), input.lines());
    while ended.is_none() {
        let Some(line) = input.next_line(&mut standard, &stop) else {
            ended = Some(status::INTERRUPTED);
            break;
        };
        let is_end = line.is_empty();
        chunk.push_str(std::str::from_utf8(&line).map_err(|_| {
            let message = "cannot read the standard input: it is not UTF-8".to_string();
            Failure::Message(ErrorCode::ScriptUnreadable, message)
        })?);
        if !is_end && is_incomplete(&chunk) {
            continue;
        }
        if !chunk.trim().is_empty() {
            // Places in errors count from the beginning of the input.
            prompt.begin(&format!("{}{chunk}", "\n".repeat(lines_before)));
            ended = finish_entry(&mut prompt, &stop)?;
        }
        (lines_before, chunk) = (input.lines(), String::new());
        if is_end {
            break;
        }
    }
    if ended.is_none() && image.is_none() {
        // Nothing is left of the processes without an image: they run to their ends.
        ended = match prompt.session.run()? {
            Outcome::Ended(status) => Some(exit_status(status)),
            Outcome::Stopped => Some(status::INTERRUPTED),
            _ => Some(status::ERROR),
        };
    }
    prompt.session.commit_and_wait()?;
    prompt.session.close()?;
    Ok(ended.unwrap_or(status::OK))
}

/// How a session runs whose entries do not come from a terminal.
pub fn session_options(
    host: Box<dyn Host>,
    running: &Running,
    stop: &Arc<AtomicBool>,
) -> SessionOptions {
    let mut options = SessionOptions::new(host);
    running.apply(&mut options);
    wait_for_space(&mut options);
    options.stop_requested = Arc::clone(stop);
    options.on_failure = Box::new(|vm, process| {
        if !is_evaluation(vm, process) {
            eprint!("{}", describe_failure(vm, process));
        }
    });
    options
}

/// Runs until the entry is over; a status if the command is to end.
///
/// # Errors
/// The image's store or an effect failed.
pub fn finish_entry(prompt: &mut Prompt, stop: &AtomicBool) -> Result<Option<u8>, Failure> {
    while prompt.is_evaluating() {
        if stop.load(Ordering::Relaxed) {
            return Ok(Some(status::INTERRUPTED));
        }
        match prompt.turn()? {
            Turn::Done(Ending::Failed(report)) => {
                eprint!("{report}");
                return Ok(Some(status::ERROR));
            }
            Turn::Done(Ending::Interrupted(_)) => return Ok(Some(status::INTERRUPTED)),
            Turn::Done(Ending::Whole) => return Ok(None),
            Turn::Exit { status } => return Ok(Some(exit_status(status))),
            Turn::Idle { due_us, awaits_input: true } => {
                prompt.session.vm.machine.host.wait_for_console(due_us, stop);
            }
            Turn::Idle { due_us: Some(due_us), .. } => {
                prompt.session.vm.machine.host.wait_until_us(due_us, stop);
            }
            Turn::Idle { due_us: None, .. } => {
                eprintln!("pscheme: {NOBODY_SENDS}");
                return Ok(Some(status::ERROR));
            }
            Turn::Worked | Turn::Value { .. } | Turn::Written => {}
        }
    }
    Ok(None)
}
