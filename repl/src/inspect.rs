//! The verbs that look into images: nothing is changed, and the image may be running.

use std::path::{Path, PathBuf};

use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, StoreOptions};
use pscheme::history::{newest_whole_commit, split_image};
use pscheme::inspect::{FrameLimits, ImageDigests, Inspection, find_process, globals, near_global};
use serde_json::{Value, json};

use crate::arguments::Looking;
use crate::output;
use crate::run::{Failure, report};
use crate::status;

/// An answer in both forms.
struct Answer {
    text: String,
    /// Members beside those of the summary.
    json: Value,
}

fn options() -> StoreOptions {
    StoreOptions::new(CommitClock::system())
}

/// Opens what was named, answers, and prints the answer with what is said of every image. The status is
/// that of a damaged image if anything was found.
fn answer(
    looking: &Looking,
    answer: impl FnOnce(&mut Inspection) -> Result<Answer, Failure>,
) -> u8 {
    let opened = split_image(&looking.image)
        .map_err(|message| Failure::Message(ErrorCode::Usage, message))
        .and_then(|(image, commit)| {
            Ok(Inspection::open(&image, &StoreOptions { commit, ..options() })?)
        });
    let answered = opened.and_then(|mut inspection| {
        let answer = answer(&mut inspection)?;
        Ok((inspection, answer))
    });
    let (inspection, answer) = match answered {
        Ok(answered) => answered,
        Err(failure) => return report(failure),
    };
    let text = if looking.json {
        let mut object = json!(inspection.summary);
        if let (Some(object), Value::Object(members)) = (object.as_object_mut(), answer.json) {
            object.extend(members);
        }
        format!("{object:#}\n")
    } else {
        output::layout().summary(&inspection.summary) + &answer.text
    };
    match output::write(text.as_bytes()) {
        status::OK if !inspection.summary.findings.is_empty() => status::DAMAGED,
        status => status,
    }
}

/// `pscheme ps`.
pub fn processes(looking: &Looking) -> u8 {
    answer(looking, |inspection| {
        let rows = pscheme::inspect::processes(inspection.view());
        Ok(Answer { text: output::layout().processes(&rows), json: json!({ "processes": rows }) })
    })
}

/// `pscheme stack`.
pub fn stack(looking: &Looking, number: i64, newest: usize) -> u8 {
    answer(looking, |inspection| {
        let view = inspection.view();
        let Some(record) = find_process(view, number) else {
            let rows = pscheme::inspect::processes(view);
            let known =
                rows.iter().map(|row| row.process.to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("there is no process {number} in the image; there are: {known}");
            return Err(Failure::Message(ErrorCode::Usage, message));
        };
        let limits = FrameLimits { newest, ..FrameLimits::default() };
        let stack = pscheme::inspect::stack(view, record, limits);
        Ok(Answer { text: output::layout().stack(&stack), json: json!({ "stack": stack }) })
    })
}

/// `pscheme show`.
pub fn global(looking: &Looking, name: &str) -> u8 {
    answer(looking, |inspection| {
        let view = inspection.view();
        let found = globals(view, name);
        if found.is_empty() {
            let near = near_global(view, name);
            let near = near.map_or_else(String::new, |near| format!("; is it {near}?"));
            let message = format!("the image has no global variable {name}{near}");
            return Err(Failure::Message(ErrorCode::Usage, message));
        }
        let text = found.iter().map(|global| output::layout().global(global)).collect();
        Ok(Answer { text, json: json!({ "globals": found }) })
    })
}

/// `pscheme heap`.
pub fn census(looking: &Looking) -> u8 {
    answer(looking, |inspection| {
        let kinds = inspection.census();
        Ok(Answer { text: output::layout().kinds(&kinds), json: json!({ "kinds": kinds }) })
    })
}

/// `pscheme check`.
pub fn check(looking: &Looking) -> u8 {
    answer(looking, |inspection| {
        let summary = &inspection.summary;
        if summary.findings.is_empty() {
            let mut text = format!("{} bytes in pages, no problem found\n", summary.bytes);
            let mut json = json!({ "sound": true });
            if let Some(ImageDigests { trace, graph }) = inspection.digests() {
                text += &format!("trace digest {trace}\ngraph hash   {graph}\n");
                json["trace_digest"] = json!(trace.to_string());
                json["graph_hash"] = json!(graph.to_string());
            }
            return Ok(Answer { text, json });
        }
        // The list of commits may be damaged too; then there is none to go back to.
        let whole = newest_whole_commit(&summary.image, summary.commit, &options());
        let whole = whole.ok().flatten();
        let lost = inspection.lost();
        let text = match &whole {
            None => "no older commit is whole\n".to_string(),
            Some(row) => {
                let (commit, image) = (row.commit, summary.image.display());
                format!(
                    "the newest commit that is whole is {commit}, of {}\n\
                     to go back to it:             pscheme rewind {image} {commit}\n\
                     to go on from it elsewhere:   pscheme fork {image}@{commit} NEW\n",
                    row.time
                )
            }
        };
        let text = output::layout().lost(&lost) + &text;
        Ok(Answer { text, json: json!({ "sound": false, "lost": lost, "newest_whole": whole }) })
    })
}

/// `pscheme backup`.
pub fn backup(image: &Path, copy: &Path) -> u8 {
    let source = ImageDirectory::find(image).unwrap_or_else(|| ImageDirectory::at(image));
    match source.back_up(&ImageDirectory::at(copy), &options()) {
        Ok(receipt) => {
            let line = format!(
                "{}: commit {}, {} pages, read back and sound\n",
                PathBuf::from(copy).display(),
                receipt.transaction,
                receipt.page_count
            );
            output::write(line.as_bytes())
        }
        Err(error) => report(error.into()),
    }
}
