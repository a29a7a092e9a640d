//! `pscheme repair`: going on with an image that is refused.

use std::path::Path;

use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::{CommitName, ImageDirectory, Loss};
use pscheme::history::newest_whole_commit;
use pscheme::inspect::Inspection;

use crate::history::go_back_to;
use crate::run::{Failure, finish, store_options};
use crate::{output, status};

/// Says what is wrong with an image and what could be gone on with, and goes on with it if the loss is accepted.
pub fn repair(image: &Path, accept_loss: bool) -> u8 {
    let directory = ImageDirectory::find(image).unwrap_or_else(|| ImageDirectory::at(image));
    let repair = || match directory.repair_head(&store_options(), accept_loss)? {
        Some(loss) => Ok(tell(&of_loss(&directory, &loss, accept_loss), accept_loss)),
        None => repair_pages(&directory, accept_loss),
    };
    finish(repair())
}

/// What is said when nothing was done has the status of damage.
fn tell(text: &str, is_done: bool) -> u8 {
    match output::write(text.as_bytes()) {
        status::OK if !is_done => status::DAMAGED,
        written => written,
    }
}

fn of_loss(directory: &ImageDirectory, loss: &Loss, accept_loss: bool) -> String {
    let (image, found) = (directory.path().display(), loss.found);
    let lost = match loss.acknowledged {
        Some(acknowledged) => format!("commits {} to {acknowledged} are lost", found.next()),
        None => {
            "whether commits are lost is not known: 'head', which would say so, is damaged".into()
        }
    };
    match accept_loss {
        true => format!("{lost}; the image goes on from commit {found}\n"),
        false => format!(
            "{lost}; the newest that is there is {found}, and it is whole\n\
             to go on from it, without what is lost: pscheme repair {image} --accept-loss\n"
        ),
    }
}

/// Nothing is missing: what is there may be damaged.
fn repair_pages(directory: &ImageDirectory, accept_loss: bool) -> Result<u8, Failure> {
    let (path, options) = (directory.path(), store_options());
    let summary = Inspection::open(path, &options)?.summary;
    let Some(finding) = summary.findings.first() else {
        return Ok(tell("nothing to repair\n", true));
    };
    let damaged = format!("commit {} is damaged: {finding}", summary.commit);
    let whole = newest_whole_commit(path, summary.commit, &options).ok().flatten();
    let Some(whole) = whole else {
        let message = format!("{damaged}; no older commit is whole");
        return Err(Failure::Message(ErrorCode::ImageDamaged, message));
    };
    if accept_loss {
        let done = go_back_to(directory, CommitName::Number(whole.commit))?;
        return Ok(tell(&format!("{damaged}\n{done}"), true));
    }
    let text = format!(
        "{damaged}\n\
         the newest commit that is whole is {}, of {}\n\
         to go back to it: pscheme repair {} --accept-loss\n",
        whole.commit,
        whole.time,
        path.display()
    );
    Ok(tell(&text, false))
}
