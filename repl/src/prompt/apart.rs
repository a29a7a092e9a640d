//! `pscheme eval`: a text is evaluated as an entry of the prompt, in the state of a commit and apart from its
//! image.

use std::path::Path;

use pscheme::Session;
use pscheme::heap::store::StoreOptions;
use pscheme::host::StandardHost;
use pscheme::prompt::Prompt;

use super::piped::{finish_entry, session_options};
use crate::arguments::Running;
use crate::history::image_and_commit;
use crate::library_path::folders;
use crate::run::{Failure, stop_on_signals, store_options};
use crate::status;

/// The name of the source in errors.
const SOURCE: &str = "eval";

/// Evaluates a text and writes its values. Processes that it has made end with it.
///
/// # Errors
/// What is wrong with the image or its name.
pub fn evaluate(image: &Path, text: &str, running: &Running) -> Result<u8, Failure> {
    let (directory, commit) = image_and_commit(image)?;
    let stop = stop_on_signals()?;
    let mut host = StandardHost::with_library_folders(folders(None, &running.library_folders));
    let name = image.display().to_string();
    host.command_line = std::iter::once(name).chain(running.arguments.iter().cloned()).collect();
    let options = session_options(Box::new(host), running, &stop);
    let looking = StoreOptions { commit, ..store_options() };
    let mut prompt = Prompt::new(Session::apart(&directory, &looking, options)?);
    prompt.source_name = Some(SOURCE.into());
    prompt.begin(text);
    Ok(finish_entry(&mut prompt, &stop)?.unwrap_or(status::OK))
}
