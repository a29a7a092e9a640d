//! Which commits of the past an image keeps, and how they are named.
//!
//! All commits are kept for a time, then one of each span, and all of it within a number of bytes. A commit
//! that has a tag is kept until the tag goes. What a kept commit sees of pages and digests stays in the
//! database; `sqlite/prune.rs` deletes the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::identity::TransactionId;
use super::limits::HISTORY_BYTES_DEFAULT;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// Up to what age one commit of each span is kept, once the time is over for which all are. The spans
/// divide each other, so that the first of a long one was the first of a short one before.
const THINNING: [(i64, i64); 3] =
    [(DAY_US, 10 * MINUTE_US), (7 * DAY_US, HOUR_US), (i64::MAX, DAY_US)];

/// The rule by which an image keeps its past. It is stored in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Seconds for which every commit is kept. Then one of ten minutes is kept up to a day, one of an hour up
    /// to a week, and one of a day. With 0 nothing is kept but what has a tag.
    pub everything_seconds: u64,
    /// Bytes for what only the past needs; the oldest goes first.
    pub bytes_max: u64,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { everything_seconds: 3_600, bytes_max: HISTORY_BYTES_DEFAULT }
    }
}

impl Retention {
    /// Keeps the newest commit, and what has a tag.
    pub const NOTHING: Retention =
        Retention { everything_seconds: 0, bytes_max: HISTORY_BYTES_DEFAULT };

    pub(crate) fn keeps_history(&self) -> bool {
        self.everything_seconds > 0
    }

    /// The span of which one commit of this age is kept; `None` if all are.
    fn span_us(&self, age_us: i64) -> Option<i64> {
        let everything_us = i64::try_from(self.everything_seconds)
            .map_or(i64::MAX, |seconds| seconds.saturating_mul(SECOND_US));
        if age_us < everything_us {
            return None;
        }
        THINNING.iter().find(|(until_us, _)| age_us < *until_us).map(|(_, span_us)| *span_us)
    }
}

macro_rules! commit_causes {
    ($( $(#[doc = $doc:literal])+ $number:literal $name:ident = $text:literal; )*) => {
        /// Why a commit was made. Numbers are part of the format.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(u64)]
        pub enum CommitCause {
            $( $(#[doc = $doc])+ $name = $number, )*
            /// By something that did not say.
            #[default]
            Unknown = 0,
        }

        impl CommitCause {
            /// The cause of a number; unknown for those of newer versions.
            pub fn from_number(number: u64) -> CommitCause {
                match number { $( $number => CommitCause::$name, )* _ => CommitCause::Unknown }
            }

            /// A word or two.
            pub fn text(self) -> &'static str {
                match self { $( CommitCause::$name => $text, )* CommitCause::Unknown => "" }
            }
        }
    };
}

commit_causes! {
    /// The time between two commits was over.
    1 Interval = "interval";
    /// A process waits for it.
    2 Awaited = "awaited";
    /// Too much had changed to wait longer.
    3 Volume = "volume";
    /// The host or the command asked for it, as at the end of a run.
    4 Asked = "asked";
    /// A process has taken the image to run it.
    5 Opening = "opening";
    /// The image was set back to another commit.
    6 Rewind = "rewind";
    /// The image began as a fork.
    7 Fork = "fork";
    /// The first since an entry was given at the prompt.
    8 Entry = "entry";
}

/// A kept commit, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCommit {
    /// Its number.
    pub transaction: TransactionId,
    /// When it was made: microseconds since 1970, by the host's clock.
    pub time_us: i64,
    /// Why it was made.
    pub cause: CommitCause,
    /// The commit whose state it has, if it goes back to one.
    pub rewound_to: Option<TransactionId>,
    /// Pages it wrote of which the version is still there.
    pub page_count: u64,
    /// Bytes of those, as they are stored.
    pub body_bytes: u64,
    /// Its tags.
    pub tags: Vec<String>,
}

/// All commits whose roots are in the database.
#[derive(Clone, Debug)]
pub(crate) struct KeptRoots {
    times: BTreeMap<TransactionId, i64>,
    tags: BTreeMap<String, TransactionId>,
    tagged: BTreeSet<TransactionId>,
    /// From here on, roots are in the table `root`; before, in `old_root`.
    first_recent: TransactionId,
}

impl KeptRoots {
    /// Takes over the two tables' numbers and times, and the tags.
    pub fn new(
        old: impl Iterator<Item = (TransactionId, i64)>,
        recent: impl Iterator<Item = (TransactionId, i64)>,
        tags: BTreeMap<String, TransactionId>,
    ) -> KeptRoots {
        let mut recent = recent.peekable();
        let first_recent = recent.peek().map_or(TransactionId::NONE, |(first, _)| *first);
        let times = old.chain(recent).collect();
        let mut roots = KeptRoots { times, tags, tagged: BTreeSet::new(), first_recent };
        roots.tagged = roots.tags.values().copied().collect();
        roots
    }

    /// Enters a new commit.
    pub fn push(&mut self, transaction: TransactionId, time_us: i64) {
        if self.times.is_empty() {
            self.first_recent = transaction;
        }
        self.times.insert(transaction, time_us);
    }

    /// Whether a kept commit sees a row that one commit wrote and another superseded.
    pub fn see(&self, birth: TransactionId, death: TransactionId) -> bool {
        birth < death && self.times.range(birth..death).next().is_some()
    }

    pub fn contains(&self, transaction: TransactionId) -> bool {
        self.times.contains_key(&transaction)
    }

    /// The oldest kept commit.
    pub fn first(&self) -> Option<TransactionId> {
        self.times.keys().next().copied()
    }

    /// The oldest commit with its root in the table `root`, if it lies before the horizon: then its root
    /// is to leave that table.
    pub fn leaving(&self, horizon: TransactionId) -> Option<TransactionId> {
        (self.first_recent < horizon && self.contains(self.first_recent))
            .then_some(self.first_recent)
    }

    /// Notes that this root has left the table `root`.
    pub fn left(&mut self, transaction: TransactionId) {
        debug_assert_eq!(transaction, self.first_recent, "roots leave in their order");
        self.first_recent = transaction.next();
    }

    pub fn is_tagged(&self, transaction: TransactionId) -> bool {
        self.tagged.contains(&transaction)
    }

    /// Forgets a commit. Returns the next kept one: rows that were superseded between are to be looked at.
    pub fn remove(&mut self, transaction: TransactionId) -> TransactionId {
        self.times.remove(&transaction);
        let next = self.times.range(transaction..).next();
        next.map_or(transaction.next(), |(next, _)| *next)
    }

    /// Commits with their roots in `old_root`.
    pub fn old_count(&self) -> usize {
        let recent = self.times.range(self.first_recent..).count();
        self.times.len() - recent
    }

    /// The oldest commit that may go, if the past has too many bytes.
    pub fn oldest_removable(&self) -> Option<TransactionId> {
        let mut old = self.times.range(..self.first_recent).map(|(transaction, _)| *transaction);
        old.find(|transaction| !self.is_tagged(*transaction))
    }

    /// Commits of the past that the rule thins out, oldest first.
    pub fn thinned(&self, retention: &Retention, now_us: i64) -> Vec<TransactionId> {
        let mut last_kept_us: Option<i64> = None;
        let mut thinned = Vec::new();
        for (transaction, time_us) in self.times.range(..self.first_recent) {
            let Some(span_us) = retention.span_us(now_us.saturating_sub(*time_us)) else { break };
            let span_start_us = time_us.div_euclid(span_us) * span_us;
            let is_first = last_kept_us.is_none_or(|last_us| last_us < span_start_us);
            if retention.keeps_history() && is_first || self.is_tagged(*transaction) {
                last_kept_us = Some(*time_us);
            } else {
                thinned.push(*transaction);
            }
        }
        thinned
    }

    /// Every tag with its commit.
    pub fn tags(&self) -> &BTreeMap<String, TransactionId> {
        &self.tags
    }

    /// Sets or removes a tag.
    pub fn set_tag(&mut self, name: &str, transaction: Option<TransactionId>) {
        match transaction {
            Some(transaction) => self.tags.insert(name.to_string(), transaction),
            None => self.tags.remove(name),
        };
        self.tagged = self.tags.values().copied().collect();
    }

    /// Every kept commit with its time, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (TransactionId, i64)> {
        self.times.iter().map(|(transaction, time_us)| (*transaction, *time_us))
    }

    /// The kept commit of a name.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn find(&self, name: &CommitName) -> Result<TransactionId, String> {
        let (Some(oldest), Some(newest)) = (self.first(), self.iter().next_back()) else {
            return Err("nothing was committed yet".into());
        };
        match name {
            CommitName::Number(number) => {
                let wanted = TransactionId(*number);
                if self.contains(wanted) {
                    return Ok(wanted);
                }
                if wanted > newest.0 {
                    return Err(format!("the newest commit is {}", newest.0));
                }
                let before = self.times.range(..wanted).next_back();
                let after = self.times.range(wanted..).next();
                let near = [before, after].into_iter().flatten().map(|(near, _)| near.to_string());
                let near = near.collect::<Vec<_>>().join(" and ");
                Err(format!("it is not kept any more; the nearest kept is {near}"))
            }
            CommitName::Back(count) => {
                let back = usize::try_from(*count).unwrap_or(usize::MAX);
                let found = self.iter().rev().nth(back);
                found.map(|(found, _)| found).ok_or_else(|| {
                    format!("there are {} kept commits before the newest", self.times.len() - 1)
                })
            }
            CommitName::Time(time_us) => {
                let earlier = self.iter().rev().find(|(_, made_us)| made_us <= time_us);
                earlier
                    .map(|(found, _)| found)
                    .ok_or_else(|| format!("the oldest kept commit, {oldest}, is younger"))
            }
            CommitName::Tag(tag) => self.tags.get(tag).copied().ok_or_else(|| {
                let all = self.tags.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                match all.is_empty() {
                    true => "the image has no tags".to_string(),
                    false => format!("the tags are {all}"),
                }
            }),
        }
    }
}

/// How a person names a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitName {
    /// Its number.
    Number(u64),
    /// So many kept commits before the newest: `-3`.
    Back(u64),
    /// The newest at a time, in microseconds since 1970.
    Time(i64),
    /// A tag.
    Tag(String),
}

impl fmt::Display for CommitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommitName::Number(number) => number.fmt(f),
            CommitName::Back(count) => write!(f, "-{count}"),
            CommitName::Time(time_us) => write!(f, "at {time_us} µs since 1970"),
            CommitName::Tag(name) => name.fmt(f),
        }
    }
}

/// Why a text cannot be a tag; `None` if it can. Tags must not look like numbers or times.
pub fn tag_objection(name: &str) -> Option<&'static str> {
    let is_plain = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    match name.chars().next() {
        None => Some("a tag has at least one character"),
        Some(first) if !first.is_alphabetic() => Some("a tag begins with a letter"),
        Some(_) if name.len() > TAG_BYTES_MAX => Some("a tag has at most 100 bytes"),
        Some(_) if !name.chars().all(is_plain) => {
            Some("a tag consists of letters, digits, hyphens, underscores and dots")
        }
        Some(_) => None,
    }
}

const TAG_BYTES_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(times: &[(u64, i64)], first_recent: u64) -> KeptRoots {
        let all = times.iter().map(|(number, time)| (TransactionId(*number), *time));
        let (old, recent): (Vec<_>, Vec<_>) = all.partition(|(number, _)| number.0 < first_recent);
        KeptRoots::new(old.into_iter(), recent.into_iter(), BTreeMap::new())
    }

    fn numbers(found: &[TransactionId]) -> Vec<u64> {
        found.iter().map(|number| number.0).collect()
    }

    #[test]
    fn a_row_is_seen_by_commits_from_its_birth_to_before_its_death() {
        let roots = roots(&[(3, 0), (7, 0), (8, 0)], 7);
        let sees = |birth, death| roots.see(TransactionId(birth), TransactionId(death));
        assert!(sees(3, 4) && sees(1, 4) && sees(4, 8) && sees(8, 9));
        assert!(!sees(4, 7) && !sees(1, 3) && !sees(9, 20) && !sees(5, 5));
    }

    #[test]
    fn everything_is_kept_for_an_hour_and_then_the_first_of_each_span() {
        // A commit each minute, for ten days.
        let minute = |count: u64| (count + 1, count as i64 * MINUTE_US);
        let count = 10 * 24 * 60;
        let mut kept = roots(&(0..count).map(minute).collect::<Vec<_>>(), count);
        let now = count as i64 * MINUTE_US;
        let rule = Retention::default();
        for gone in kept.thinned(&rule, now) {
            kept.remove(gone);
        }
        let younger = |age: i64| kept.iter().filter(|(_, time)| now - time < age).count();
        // Ages begin at one minute; what is exactly at the border of two spans is the first of one.
        assert_eq!(younger(HOUR_US), 59);
        assert_eq!(younger(DAY_US), 59 + 23 * 6);
        assert_eq!(younger(7 * DAY_US), 59 + 23 * 6 + 6 * 24);
        assert_eq!(younger(i64::MAX), 59 + 23 * 6 + 6 * 24 + 4);
        assert_eq!(kept.thinned(&rule, now), [], "thinning again finds nothing");
        assert_eq!(kept.thinned(&rule, now + 5 * MINUTE_US).len(), 5, "as the next get older");
    }

    #[test]
    fn what_has_a_tag_stays() {
        let mut kept = roots(&[(1, 0), (2, 1), (3, 2), (4, 3)], 4);
        kept.set_tag("before", Some(TransactionId(2)));
        assert_eq!(kept.oldest_removable(), Some(TransactionId(1)));
        assert_eq!(numbers(&kept.thinned(&Retention::NOTHING, 5)), [1, 3]);
        kept.remove(TransactionId(1));
        assert_eq!(kept.oldest_removable(), Some(TransactionId(3)));
        kept.set_tag("before", None);
        assert_eq!(kept.oldest_removable(), Some(TransactionId(2)));
    }

    #[test]
    fn commits_are_found_by_their_names() {
        let mut kept = roots(&[(10, 100), (20, 200), (21, 300), (22, 400)], 21);
        kept.set_tag("good", Some(TransactionId(20)));
        let find = |name| kept.find(&name).map(|found| found.0);
        assert_eq!(find(CommitName::Number(20)), Ok(20));
        assert_eq!(find(CommitName::Back(0)), Ok(22));
        assert_eq!(find(CommitName::Back(3)), Ok(10));
        assert_eq!(find(CommitName::Time(299)), Ok(20));
        assert_eq!(find(CommitName::Time(i64::MAX)), Ok(22));
        assert_eq!(find(CommitName::Tag("good".into())), Ok(20));
        for (name, words) in [
            (CommitName::Number(15), "the nearest kept is 10 and 20"),
            (CommitName::Number(23), "the newest commit is 22"),
            (CommitName::Back(4), "there are 3 kept commits before the newest"),
            (CommitName::Time(99), "the oldest kept commit, 10, is younger"),
            (CommitName::Tag("bad".into()), "the tags are good"),
        ] {
            let error = find(name.clone()).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
    }

    #[test]
    fn tags_cannot_be_taken_for_numbers_or_times() {
        for good in ["before-upgrade", "v1.2", "Größe"] {
            assert_eq!(tag_objection(good), None, "{good}");
        }
        for bad in ["", "12", "-3", "2026-11-20", "a b", "a@b", "a/b"] {
            assert!(tag_objection(bad).is_some(), "{bad}");
        }
    }
}
