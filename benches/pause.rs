//! How long the machine stands still: for a minor collection beside a large old heap, and for
//! cutting a wave of some changed pages. Prints a table; `cargo bench -p pscheme --bench pause`.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use cost::{fill, session_in};
use pscheme::Session;
use pscheme::heap::collect::Collection;
use pscheme::heap::word::Word;

const MIB: u64 = 1 << 20;
/// Pairs that fill a page.
const PAIRS_PER_PAGE: usize = 1008;

fn main() {
    // `cargo test --benches` passes this; the tables are for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| pause | p50 ms | p99 ms | max ms |\n|---|---|---|---|");
    for mebibytes in [16, 256, 1024] {
        let times = minor_pauses(mebibytes);
        report(&format!("minor collection, {mebibytes} MiB old, 16 pages dirty"), times);
    }
    for (mebibytes, changed) in [(256, 1), (256, 4), (1024, 4)] {
        let times = wave_pauses(mebibytes, changed);
        report(&format!("wave, {mebibytes} MiB heap, {changed} MiB changed"), times);
    }
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("| {name} | {:.3} | {:.3} | {:.3} |", at(0.5), at(0.99), at(1.0));
}

/// A session whose heap holds a list of so many bytes, old and committed, and one pair of each page.
fn old_heap(folder: &std::path::Path, mebibytes: u64) -> (Session, Vec<Word>) {
    let mut session = session_in(folder);
    fill(&mut session, mebibytes * MIB);
    session.vm.heap.collect_major(&mut session.vm.machine);
    session.commit_and_wait().expect("commits");
    let heap = &session.vm.heap;
    let first = heap.roots[cost::KEPT_ROOT];
    let rest = std::iter::successors(Some(first), |&pair| Some(heap.cdr(pair)));
    let pairs = rest.take_while(|pair| pair.is_pair()).step_by(PAIRS_PER_PAGE).collect();
    (session, pairs)
}

fn minor_pauses(mebibytes: u64) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, pairs) = old_heap(folder.path(), mebibytes);
    let pages = pairs.iter().step_by((pairs.len() / 16).max(1));
    let pages: Vec<Word> = pages.copied().take(16).collect();
    let mut pause = || {
        let heap = &mut session.vm.heap;
        for &pair in &pages {
            let young = heap.pair(Word::fixnum(1), Word::NULL);
            heap.set_car(pair, young);
        }
        while heap.has_room(16) {
            heap.pair(Word::fixnum(2), Word::NULL);
        }
        let start = Instant::now();
        heap.collect(Collection::Minor, &mut session.vm.machine);
        start.elapsed()
    };
    (0..500).map(|_| pause()).collect()
}

fn wave_pauses(mebibytes: u64, changed: u64) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, pairs) = old_heap(folder.path(), mebibytes);
    let count = (changed * 64) as usize;
    let mut pause = |round: usize| {
        for index in 0..count {
            let pair = pairs[(round * count + index) * 7 % pairs.len()];
            session.vm.heap.set_car(pair, Word::fixnum(round as i64));
        }
        let before = session.counts.pause_time;
        session.commit_and_wait().expect("commits");
        session.counts.pause_time - before
    };
    (0..100).map(&mut pause).collect()
}
