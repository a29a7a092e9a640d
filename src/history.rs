//! Commits of the past as people name them: `IMAGE@COMMIT`, numbers, tags, times; and as they are listed.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::body;
use pscheme_heap::root_table::Root;
use pscheme_heap::store::history::tag_objection;
use pscheme_heap::store::{
    CommitCause, CommitName, ForkReceipt, ImageDirectory, KeptCommit, Retention, Store, StoreError,
    StoreOptions, Wave,
};
use pscheme_heap::word::Word;
use pscheme_stdlib::port::state;
use serde::{Serialize, Serializer};

use crate::inspect::Inspection;

/// Reads the name of a commit: a number; `-3` for the third kept one before the newest; a time, the newest at
/// which is meant (`2026-11-20T10:00` in UTC, or with an offset as `2026-11-20T10:00+01:00`); or a tag.
///
/// # Errors
/// Why the text names no commit.
pub fn parse_commit(text: &str) -> Result<CommitName, String> {
    if let Some(back) = text.strip_prefix('-')
        && let Ok(count) = back.parse()
    {
        return Ok(CommitName::Back(count));
    }
    if let Ok(number) = text.parse() {
        return Ok(CommitName::Number(number));
    }
    if let Some(time) = parse_time(text) {
        return Ok(CommitName::Time(time.as_microsecond()));
    }
    match tag_objection(text) {
        None => Ok(CommitName::Tag(text.to_string())),
        Some(_) => Err(format!(
            "'{text}' names no commit; write a number, -3, a time as 2026-11-20T10:00, or a tag"
        )),
    }
}

fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // Without an offset, in UTC, as times are shown. A date alone is its beginning.
    let time = text.parse::<DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Takes `IMAGE@COMMIT` apart. What is there under the whole name is an image without a commit.
///
/// # Errors
/// As [`parse_commit`], for what is behind the last `@`.
pub fn split_image(path: &Path) -> Result<(PathBuf, Option<CommitName>), String> {
    let Some(text) = path.to_str().filter(|_| !path.exists()) else {
        return Ok((path.to_path_buf(), None));
    };
    match text.rsplit_once('@') {
        Some((image, commit)) if !image.is_empty() => {
            Ok((PathBuf::from(image), Some(parse_commit(commit)?)))
        }
        _ => Ok((path.to_path_buf(), None)),
    }
}

/// A kept commit, as it is listed. Field names are those of the JSON and are described in
/// `docs/inspection.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitRow {
    pub commit: u64,
    /// In UTC; empty if the host's clock was beyond all years.
    pub time: String,
    /// `interval`, `awaited`, `volume`, `asked`, `opening`, `rewind`, `fork` or `entry`.
    #[serde(serialize_with = "serialize_cause")]
    pub cause: CommitCause,
    /// The commit whose state it has, if it goes back to one.
    pub rewound_to: Option<u64>,
    /// Pages it wrote of which this version is still kept.
    pub pages: u64,
    /// Bytes of those, as they are stored.
    pub bytes: u64,
    pub tags: Vec<String>,
}

fn serialize_cause<S: Serializer>(cause: &CommitCause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.text())
}

impl From<&KeptCommit> for CommitRow {
    fn from(kept: &KeptCommit) -> CommitRow {
        let time = Timestamp::from_microsecond(kept.time_us);
        let time = time.map_or_else(|_| String::new(), |time| format!("{time:.3}"));
        CommitRow {
            commit: kept.transaction.0,
            time,
            cause: kept.cause,
            rewound_to: kept.rewound_to.map(|commit| commit.0),
            pages: kept.page_count,
            bytes: kept.body_bytes,
            tags: kept.tags.clone(),
        }
    }
}

/// The commits that an image keeps, oldest first, and its rule. The image may be running.
///
/// # Errors
/// What is wrong with the image.
pub fn kept_commits(
    image: &Path,
    options: &StoreOptions,
) -> Result<(Vec<CommitRow>, Retention), StoreError> {
    let directory = ImageDirectory::find(image).unwrap_or_else(|| ImageDirectory::at(image));
    let look = directory.look(options, true, |store| {
        let kept = store.kept_commits()?;
        Ok((kept.iter().map(CommitRow::from).collect(), store.retention()))
    })?;
    Ok(look.value)
}

/// The commit before what was done last: before the newest entry of a prompt, or the newest run of a program. What was
/// undone already is passed over. `None` if that commit is not kept.
pub fn commit_before_last(rows: &[CommitRow]) -> Option<u64> {
    // Commands that only tag or go back take the image too.
    commit_before(rows, |_, session| !session.is_empty())
}

/// As [`commit_before_last`], for a prompt that goes on: its sessions end whenever an entry is undone, and are nothing to
/// undo themselves. So one in which there were entries is passed over, and one after going back in which nothing ran.
pub fn commit_before_last_entry(rows: &[CommitRow]) -> Option<u64> {
    commit_before(rows, |before, session| {
        let is_rest = before.is_some_and(|row| row.cause == CommitCause::Rewind)
            && session.iter().all(|row| row.cause == CommitCause::Asked);
        let has_entries = session.iter().any(|row| row.cause == CommitCause::Entry);
        !session.is_empty() && !is_rest && !has_entries
    })
}

/// Goes back to the newest entry, or the newest session that `is_run` says was a run of a program, by the commit before
/// it and its own.
fn commit_before(
    rows: &[CommitRow],
    is_run: impl Fn(Option<&CommitRow>, &[CommitRow]) -> bool,
) -> Option<u64> {
    let index = |number: u64| rows.binary_search_by_key(&number, |row| row.commit).ok();
    let row = |number: u64| index(number).map(|index| &rows[index]);
    let is_border =
        |row: &&CommitRow| [CommitCause::Opening, CommitCause::Rewind].contains(&row.cause);
    let mut at = rows.last()?.commit;
    loop {
        let commit = row(at)?;
        let is_begin = match commit.cause {
            CommitCause::Rewind => {
                at = commit.rewound_to?;
                continue;
            }
            CommitCause::Entry => true,
            CommitCause::Opening => {
                let behind = &rows[index(at)? + 1..];
                let session = behind.iter().take_while(|row| !is_border(row)).count();
                is_run(at.checked_sub(1).and_then(row), &behind[..session])
            }
            _ => false,
        };
        at -= 1;
        if is_begin {
            return row(at).map(|before| before.commit);
        }
    }
}

/// The newest kept commit before `commit` in which nothing is damaged, as [`Inspection::open`] sees it. Each that is
/// tried is read whole; after [`WHOLE_ATTEMPTS_MAX`] the search is given up.
///
/// # Errors
/// If the list of commits cannot be read.
pub fn newest_whole_commit(
    image: &Path,
    commit: u64,
    options: &StoreOptions,
) -> Result<Option<CommitRow>, StoreError> {
    let (kept, _) = kept_commits(image, options)?;
    let older = kept.into_iter().rev().filter(|row| row.commit < commit);
    let is_whole = |row: &CommitRow| {
        let looking =
            StoreOptions { commit: Some(CommitName::Number(row.commit)), ..options.clone() };
        let opened = Inspection::open(image, &looking);
        opened.is_ok_and(|inspection| inspection.summary.findings.is_empty())
    };
    Ok(older.take(WHOLE_ATTEMPTS_MAX).find(is_whole))
}

/// Commits that are tried in the search for one that is whole.
pub const WHOLE_ATTEMPTS_MAX: usize = 1_000;

/// Makes an image of its own that begins with a commit of another one: [`ImageDirectory::fork`]. The files that
/// the programs of the original write stay the original's: in the fork their ports are closed, and what was
/// not written yet is not written.
///
/// # Errors
/// As [`ImageDirectory::fork`].
pub fn fork(
    image: &ImageDirectory,
    new: &ImageDirectory,
    options: &StoreOptions,
) -> Result<ForkReceipt, StoreError> {
    image.fork(new, options, |store| {
        let mut heap = Heap::restore(store)?;
        let_go_of_files(&mut heap);
        let mut wave = Wave::default();
        heap.list_changes(&mut wave);
        wave.roots.set_cause(CommitCause::Fork);
        store.commit(&wave).map(|_| ())
    })
}

/// Closes the ports to files that are written, and drops what was not written yet.
pub(crate) fn let_go_of_files(heap: &mut Heap) {
    let mut ports = heap.root(Root::OpenPorts);
    while ports.is_pair() {
        let port = heap.car(ports);
        let state = heap.field(port, body::Port::STATE).as_fixnum();
        heap.set_field(port, body::Port::STATE, Word::fixnum(state & !state::OPEN));
        ports = heap.cdr(ports);
    }
    heap.set_root(Root::OpenPorts, Word::NULL);
    heap.set_root(Root::EffectsHead, Word::FALSE);
    heap.set_root(Root::EffectsTail, Word::FALSE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_have_four_kinds_of_names() {
        assert_eq!(parse_commit("417"), Ok(CommitName::Number(417)));
        assert_eq!(parse_commit("-3"), Ok(CommitName::Back(3)));
        assert_eq!(parse_commit("v1.2"), Ok(CommitName::Tag("v1.2".into())));
        let ten = CommitName::Time(1_795_168_800_000_000);
        for text in [
            "2026-11-20T10:00",
            "2026-11-20 10:00:00",
            "2026-11-20T10:00Z",
            "2026-11-20T11:00+01:00",
        ] {
            assert_eq!(parse_commit(text), Ok(ten.clone()), "{text}");
        }
        let midnight = CommitName::Time(1_795_132_800_000_000);
        assert_eq!(parse_commit("2026-11-20"), Ok(midnight));
        for wrong in ["", "-", "--3", "-x", "2026-13-01", "1x", "a b"] {
            assert!(parse_commit(wrong).is_err(), "{wrong}");
        }
    }

    fn rows(commits: &[(CommitCause, Option<u64>)]) -> Vec<CommitRow> {
        let row = |(commit, &(cause, rewound_to))| {
            let (time, tags) = (String::new(), Vec::new());
            CommitRow { commit, time, cause, rewound_to, pages: 0, bytes: 0, tags }
        };
        (1..).zip(commits).map(row).collect()
    }

    #[test]
    fn at_the_prompt_entries_are_undone_and_sessions_are_not() {
        use CommitCause::{Asked, Entry, Interval, Opening, Rewind};
        let before = |commits: &[_]| commit_before_last_entry(&rows(commits));
        // A run of a program, then a session with two entries.
        let begin = [Opening, Interval, Asked, Opening, Entry, Asked, Entry, Asked];
        let mut commits: Vec<_> = begin.into_iter().map(|cause| (cause, None)).collect();
        assert_eq!(before(&commits), Some(6), "the second entry");
        commits.extend([(Opening, None), (Rewind, Some(6)), (Opening, None)]);
        assert_eq!(before(&commits), Some(4), "the first entry");
        // An entry in the session that was opened then, which is undone; nothing but that is done since.
        commits.extend([(Entry, None), (Asked, None)]);
        assert_eq!(before(&commits), Some(11), "the new entry");
        commits.extend([(Opening, None), (Rewind, Some(11)), (Opening, None), (Asked, None)]);
        assert_eq!(before(&commits), Some(4), "the first entry again");
        commits.extend([(Opening, None), (Rewind, Some(4)), (Opening, None)]);
        assert_eq!(before(&commits), None, "of before the run nothing is kept");
        commits.extend([(Interval, None), (Asked, None)]);
        assert_eq!(before(&commits), Some(19), "what ran since");
    }

    #[test]
    fn what_was_done_last_is_undone_again_and_again() {
        use CommitCause::{Asked, Awaited, Entry, Interval, Opening, Rewind};
        let before = |commits: &[(CommitCause, Option<u64>)]| commit_before_last(&rows(commits));
        let begin = [Asked, Opening, Interval, Opening, Entry, Asked, Entry];
        let mut commits: Vec<_> = begin.into_iter().map(|cause| (cause, None)).collect();
        assert_eq!(before(&commits), Some(6), "the second entry");
        // A tag is given in between, which takes the image.
        commits.extend([(Opening, None), (Opening, None), (Rewind, Some(6))]);
        assert_eq!(before(&commits), Some(4), "the first entry");
        commits.extend([(Opening, None), (Rewind, Some(4))]);
        assert_eq!(before(&commits), Some(3), "the session at the prompt");
        commits.extend([(Opening, None), (Rewind, Some(3))]);
        assert_eq!(before(&commits), Some(1), "the run before");
        commits.extend([(Opening, None), (Rewind, Some(1))]);
        assert_eq!(before(&commits), None);
        commits.extend([(Opening, None), (Awaited, None)]);
        assert_eq!(before(&commits), Some(16), "what was done since");
        assert_eq!(before(&[]), None);
    }

    #[test]
    fn a_name_with_an_at_sign_is_taken_apart_unless_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let split = |name: &str| split_image(&folder.path().join(name));
        assert_eq!(split("x@12"), Ok((folder.path().join("x"), Some(CommitName::Number(12)))));
        assert_eq!(split("x"), Ok((folder.path().join("x"), None)));
        assert!(split("x@1y").is_err());
        std::fs::create_dir(folder.path().join("x@12")).unwrap();
        assert_eq!(split("x@12"), Ok((folder.path().join("x@12"), None)));
        assert_eq!(split("x@12@-1"), Ok((folder.path().join("x@12"), Some(CommitName::Back(1)))));
    }
}
