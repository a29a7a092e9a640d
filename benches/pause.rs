//! How long the machine stands still: for a minor collection beside a large old heap, and for
//! cutting a wave of some changed pages: by the clock, and processor time of the machine's thread. Prints a
//! table; `cargo bench -p pscheme --bench pause`.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cost::{fill, session_with};
use nix::time::{ClockId, clock_gettime};
use pscheme::Session;
use pscheme::heap::collect::Collection;
use pscheme::heap::word::Word;
use pscheme::session::SessionPhase;

const MIB: u64 = 1 << 20;
/// Pairs that fill a page.
const PAIRS_PER_PAGE: usize = 1008;

fn main() {
    // `cargo test --benches` passes this; the tables are for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| pause | wall p50, p99, max ms | processor p50, p99, max ms |\n|---|---|---|");
    for mebibytes in [16, 256, 1024] {
        let pauses = minor_pauses(mebibytes);
        report(&format!("minor collection, {mebibytes} MiB old, 16 pages dirty"), &pauses);
    }
    for (mebibytes, changed) in [(256, 1), (256, 4), (1024, 4)] {
        let pauses = wave_pauses(mebibytes, changed);
        report(&format!("wave, {mebibytes} MiB heap, {changed} MiB changed"), &pauses);
    }
}

/// The time by the clock and that of this thread on a processor.
#[derive(Clone, Copy)]
struct Pause {
    wall: Duration,
    processor: Duration,
}

/// Where a pause begins.
#[derive(Clone, Copy)]
struct Begin {
    wall: Instant,
    processor: Duration,
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock of the thread").into()
}

impl Begin {
    fn now() -> Begin {
        Begin { wall: Instant::now(), processor: processor_time() }
    }

    fn end(self) -> Pause {
        Pause { wall: self.wall.elapsed(), processor: processor_time() - self.processor }
    }
}

fn report(name: &str, pauses: &[Pause]) {
    let column = |part: fn(&Pause) -> Duration| {
        let mut times: Vec<Duration> = pauses.iter().map(part).collect();
        times.sort();
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        format!("{:.3}, {:.3}, {:.3}", at(0.5), at(0.99), at(1.0))
    };
    println!("| {name} | {} | {} |", column(|pause| pause.wall), column(|pause| pause.processor));
}

/// A session whose heap holds a list of so many bytes, old and committed, and one pair of each page; and its
/// pauses for commits.
fn old_heap(
    folder: &std::path::Path,
    mebibytes: u64,
) -> (Session, Vec<Word>, Arc<Mutex<Vec<Pause>>>) {
    let pauses = Arc::new(Mutex::new(Vec::new()));
    let (noted, mut begin) = (Arc::clone(&pauses), None);
    let watch = move |phase| match phase {
        SessionPhase::Sealing => begin = Some(Begin::now()),
        SessionPhase::Running => {
            noted.lock().expect("no panic").extend(begin.take().map(Begin::end));
        }
        _ => {}
    };
    let mut session = session_with(folder, |options| options.on_phase = Some(Box::new(watch)));
    fill(&mut session, mebibytes * MIB);
    session.vm.heap.collect_major(&mut session.vm.machine);
    session.commit_and_wait().expect("commits");
    let heap = &session.vm.heap;
    let first = heap.roots[cost::KEPT_ROOT];
    let rest = std::iter::successors(Some(first), |&pair| Some(heap.cdr(pair)));
    let pairs = rest.take_while(|pair| pair.is_pair()).step_by(PAIRS_PER_PAGE).collect();
    (session, pairs, pauses)
}

fn minor_pauses(mebibytes: u64) -> Vec<Pause> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, pairs, _) = old_heap(folder.path(), mebibytes);
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
        let begin = Begin::now();
        heap.collect(Collection::Minor, &mut session.vm.machine);
        begin.end()
    };
    (0..500).map(|_| pause()).collect()
}

fn wave_pauses(mebibytes: u64, changed: u64) -> Vec<Pause> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, pairs, pauses) = old_heap(folder.path(), mebibytes);
    let count = (changed * 64) as usize;
    let mut pause = |round: usize| {
        for index in 0..count {
            let pair = pairs[(round * count + index) * 7 % pairs.len()];
            session.vm.heap.set_car(pair, Word::fixnum(round as i64));
        }
        pauses.lock().expect("no panic").clear();
        session.commit_and_wait().expect("commits");
        // The first is that of the changes; one for what effects acknowledged may follow.
        pauses.lock().expect("no panic")[0]
    };
    (0..200).map(&mut pause).collect()
}
