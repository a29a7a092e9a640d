//! The verbs that have to do with the past of an image.

use std::path::Path;

use pscheme::difference::Difference;
use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::history::tag_objection;
use pscheme::heap::store::{
    CommitClock, CommitName, ImageDirectory, Retention, SqliteStore, Store, StoreOptions,
};
use pscheme::history::{CommitRow, commit_before_last, kept_commits, parse_commit, split_image};
use pscheme::inspect::{Inspection, ProcessView, grouped};
use serde_json::json;

use crate::arguments::Looking;
use crate::run::{Failure, finish, store_options};
use crate::{duration, output};

fn options() -> StoreOptions {
    StoreOptions::new(CommitClock::system())
}

fn usage(message: String) -> Failure {
    Failure::Message(ErrorCode::Usage, message)
}

/// The image that is meant, and the commit that its name says.
///
/// # Errors
/// If what stands behind the `@` names no commit.
pub fn image_and_commit(image: &Path) -> Result<(ImageDirectory, Option<CommitName>), Failure> {
    let (path, commit) = split_image(image).map_err(usage)?;
    let directory = ImageDirectory::find(&path).unwrap_or_else(|| ImageDirectory::at(&path));
    Ok((directory, commit))
}

/// The number of a commit of an image, the newest unless it is named; 0 if there is none.
fn number_of(directory: &ImageDirectory, commit: Option<CommitName>) -> Result<u64, Failure> {
    let look = directory.look(&StoreOptions { commit, ..options() }, true, |store| {
        Ok(store.newest_root()?.map_or(0, |(transaction, _)| transaction.0))
    })?;
    Ok(look.value)
}

/// Opens an image as its owner, changes it, and closes it. Its pages are not looked at.
fn change<T>(
    directory: &ImageDirectory,
    change: impl FnOnce(&mut SqliteStore) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut store = directory.open(&store_options())?;
    let value = change(&mut store)?;
    store.close()?;
    Ok(value)
}

/// `pscheme log`.
pub fn log(looking: &Looking, count: usize, all: bool) -> u8 {
    let list = || -> Result<u8, Failure> {
        let (directory, commit) = image_and_commit(&looking.image)?;
        let (mut rows, rule) = kept_commits(directory.path(), &options())?;
        if commit.is_some() {
            let upto = number_of(&directory, commit)?;
            rows.retain(|row| row.commit <= upto);
        }
        let shown = if all { rows.len() } else { count.min(rows.len()) };
        let newest_first = || rows.iter().rev().take(shown);
        if looking.json {
            let rows: Vec<_> = newest_first().collect();
            let bytes = rule.bytes_max;
            let object = json!({
                "commits": rows,
                "kept_seconds": rule.everything_seconds,
                "kept_bytes": bytes,
            });
            return Ok(output::write(format!("{object:#}\n").as_bytes()));
        }
        Ok(output::write(log_text(&rows, shown, "--all").as_bytes()))
    };
    finish(list())
}

/// The newest so many of these commits, and which words show the others.
pub fn log_text(rows: &[CommitRow], count: usize, more: &str) -> String {
    let shown = count.min(rows.len());
    let mut text = table(rows.iter().rev().take(shown));
    if shown < rows.len() {
        let older = grouped((rows.len() - shown) as i64);
        text += &format!("and {older} older ones, which {more} shows\n");
    }
    text
}

fn table<'a>(rows: impl Iterator<Item = &'a CommitRow>) -> String {
    let heading = ["commit", "time (UTC)", "cause", "pages", "bytes", "tags"].map(String::from);
    let cells = rows.map(|row| {
        let tags = row.tags.join(" ");
        [
            row.commit.to_string(),
            row.time.clone(),
            row.cause.text().to_string(),
            grouped(row.pages as i64),
            grouped(row.bytes as i64),
            tags,
        ]
    });
    let lines: Vec<[String; 6]> = std::iter::once(heading).chain(cells).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let line = |[commit, time, cause, pages, bytes, tags]: &[String; 6]| {
        let [first, second, third, fourth, fifth] = widths;
        let line = format!(
            "{commit:>first$}  {time:<second$}  {cause:<third$}  {pages:>fourth$}  {bytes:>fifth$}  {tags}"
        );
        format!("{}\n", line.trim_end())
    };
    lines.iter().map(line).collect()
}

/// `pscheme diff`.
pub fn diff(before: &Path, after: &Path, json: bool) -> u8 {
    let compare = || -> Result<u8, Failure> {
        let open = |name: &Path| -> Result<Inspection, Failure> {
            let (directory, commit) = image_and_commit(name)?;
            let looking = StoreOptions { commit, ..options() };
            let inspection = Inspection::open(directory.path(), &looking)?;
            match inspection.summary.findings.first() {
                None => Ok(inspection),
                Some(finding) => {
                    let message = format!("{} is damaged: {finding}", name.display());
                    Err(Failure::Message(ErrorCode::ImageDamaged, message))
                }
            }
        };
        let (mut before, mut after) = (open(before)?, open(after)?);
        let difference = Difference::between(&mut before, &mut after);
        let text = match json {
            true => format!("{:#}\n", json!(difference)),
            false => difference_text(&difference),
        };
        Ok(output::write(text.as_bytes()))
    };
    finish(compare())
}

/// One line begins with `-` for what was there before and one with `+` for what is there after.
fn difference_text(difference: &Difference) -> String {
    let mut text = String::new();
    for change in &difference.globals {
        let line = |sign, value: &Option<String>| {
            let value = value.as_ref().map(|value| value.replace('\n', "\n    "));
            value.map_or_else(String::new, |value| format!("{sign} {} = {value}\n", change.name))
        };
        text += &(line('-', &change.before) + &line('+', &change.after));
    }
    for change in &difference.processes {
        let line = |sign, row: &Option<ProcessView>| {
            row.as_ref().map_or_else(String::new, |row| {
                let stands = row.place.as_ref().map_or_else(String::new, |place| {
                    format!(" at {}:{}:{}", place.file, place.line, place.column)
                });
                let work = grouped(row.work);
                format!("{sign} process {}: {}, work {work}{stands}\n", row.process, row.state)
            })
        };
        text += &(line('-', &change.before) + &line('+', &change.after));
    }
    for change in &difference.kinds {
        let (before, after) = (change.objects_before as i64, change.objects_after as i64);
        let more = |count: i64| format!("{}{}", if count > 0 { "+" } else { "" }, grouped(count));
        let bytes = change.bytes_after as i64 - change.bytes_before as i64;
        let (objects, bytes) = (more(after - before), more(bytes));
        text += &format!("  {}: {objects} objects, {bytes} bytes\n", change.kind);
    }
    if text.is_empty() { "no difference\n".into() } else { text }
}

/// `pscheme tag`.
pub fn tag(image: &Path, name: &str, delete: bool) -> u8 {
    let set = || -> Result<u8, Failure> {
        let (directory, commit) = image_and_commit(image)?;
        if delete {
            change(&directory, |store| Ok(store.remove_tag(name)?))?;
            return Ok(output::write(format!("{name}: removed\n").as_bytes()));
        }
        if let Some(objection) = tag_objection(name) {
            return Err(usage(format!("'{name}' cannot be a tag: {objection}")));
        }
        // Taking the image makes a commit of its own; meant is the one that was there.
        let meant = CommitName::Number(number_of(&directory, commit)?);
        let found = change(&directory, |store| Ok(store.set_tag(name, &meant)?))?;
        Ok(output::write(format!("{name}: commit {found}\n").as_bytes()))
    };
    finish(set())
}

/// `pscheme rewind`.
pub fn rewind(image: &Path, commit: &str) -> u8 {
    let set_back = || -> Result<u8, Failure> {
        let (directory, named) = image_and_commit(image)?;
        if named.is_some() {
            return Err(usage("the commit is named once: pscheme rewind IMAGE COMMIT".into()));
        }
        go_back_to(&directory, parse_commit(commit).map_err(usage)?).map(show)
    };
    finish(set_back())
}

/// Sets an image that nobody runs back to a commit, and says so in a line.
///
/// # Errors
/// If the commit is not kept or is damaged, and what is wrong with the image.
pub fn go_back_to(directory: &ImageDirectory, name: CommitName) -> Result<String, Failure> {
    // Before anything is changed: that the old state is whole, and its number, because taking the image makes a
    // commit of its own.
    let looking = StoreOptions { commit: Some(name), ..options() };
    let past = Inspection::open(directory.path(), &looking)?.summary;
    if let Some(finding) = past.findings.first() {
        let message = format!("commit {} is damaged: {finding}", past.commit);
        return Err(Failure::Message(ErrorCode::ImageDamaged, message));
    }
    let wanted = CommitName::Number(past.commit);
    let receipt = change(directory, |store| Ok(store.rewind(&wanted)?))?;
    Ok(format!(
        "commit {} has the state of commit {}: {} pages written, {} freed\n",
        receipt.transaction, past.commit, receipt.page_count, receipt.tombstone_count
    ))
}

fn show(text: String) -> u8 {
    output::write(text.as_bytes())
}

/// Why nothing can be undone.
pub const NOTHING_BEFORE: &str = "nothing is kept of before what was done last";

/// `pscheme undo`.
pub fn undo(image: &Path) -> u8 {
    let go_back = || -> Result<u8, Failure> {
        let (directory, named) = image_and_commit(image)?;
        if named.is_some() {
            return Err(usage("undo goes back from the newest commit: pscheme undo IMAGE".into()));
        }
        let (rows, _) = kept_commits(directory.path(), &options())?;
        let before = commit_before_last(&rows).ok_or_else(|| usage(NOTHING_BEFORE.into()))?;
        go_back_to(&directory, CommitName::Number(before)).map(show)
    };
    finish(go_back())
}

/// `pscheme fork`.
pub fn fork(image: &Path, new: &Path) -> u8 {
    let make = || -> Result<u8, Failure> {
        let (directory, commit) = image_and_commit(image)?;
        let looking = StoreOptions { commit, ..store_options() };
        let receipt = pscheme::history::fork(&directory, &ImageDirectory::at(new), &looking)?;
        let line = format!(
            "{}: begins with commit {} of {}, {} pages\n",
            new.display(),
            receipt.transaction,
            directory.path().display(),
            receipt.page_count
        );
        Ok(output::write(line.as_bytes()))
    };
    finish(make())
}

/// `pscheme retention`.
pub fn retention(image: &Path, seconds: Option<u64>, bytes: Option<u64>) -> u8 {
    let show_or_set = || -> Result<u8, Failure> {
        let (directory, _) = image_and_commit(image)?;
        let (rows, mut rule) = kept_commits(directory.path(), &options())?;
        if seconds.is_some() || bytes.is_some() {
            rule = Retention {
                everything_seconds: seconds.unwrap_or(rule.everything_seconds),
                bytes_max: bytes.unwrap_or(rule.bytes_max),
            };
            change(&directory, |store| Ok(store.set_retention(rule)?))?;
        }
        let mut text = match rule.everything_seconds {
            0 => "keeps nothing but the newest commit and those with tags\n".to_string(),
            seconds => format!(
                "keeps every commit for {}, then one of ten minutes for a day, one of an hour for a \
                 week, and one of a day\n",
                duration::text(seconds)
            ),
        };
        let most = grouped(rule.bytes_max as i64);
        text += &format!("and at most {most} bytes of the past, the newest of it\n");
        if let Some(oldest) = rows.first() {
            let (count, commit, time) = (grouped(rows.len() as i64), oldest.commit, &oldest.time);
            text += &format!("{count} commits are kept, the oldest is {commit} of {time}\n");
        }
        Ok(output::write(text.as_bytes()))
    };
    finish(show_or_set())
}
