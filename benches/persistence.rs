//! What persistence costs as a whole: commits beside plain SQLite, the speed of a program with an image and without, bytes
//! on the disk for each byte that changed, growth of the past, and how fast that is pruned. Prints tables;
//! `cargo bench -p pscheme --bench persistence`, with `-- speed` (or another section's name) for one of them.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use cost::{fill, session_in};
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{
    CommitClock, PAGE_SIZE_BYTES, PageAttributes, PageNumber, Retention, SqliteStore, Store,
    StoreOptions, Wave, WavePage,
};
use pscheme::heap::word::Word;
use pscheme::host::StandardHost;
use pscheme::{Session, SessionOptions};
use rusqlite::Connection;
use support::Random;

const MIB: u64 = 1 << 20;

fn main() {
    // `cargo test --benches` passes this; the tables are for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let sections: [(&str, fn()); 4] =
        [("sqlite", beside_sqlite), ("speed", speed), ("disk", disk), ("history", history)];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            section();
        }
    }
}

fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    (at(0.5), at(0.99))
}

/// A database as plain as can be: a blob for each commit, in WAL mode with full durability, checkpointed by
/// SQLite itself.
fn plain_database(path: &Path) -> Connection {
    let database = Connection::open(path).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE written (id INTEGER PRIMARY KEY, data BLOB);",
        )
        .expect("a table");
    database
}

/// Changed pages of each measurement, and its rounds.
const BESIDE_SQLITE: [(usize, usize); 4] = [(1, 400), (16, 200), (256, 40), (4_096, 10)];

fn beside_sqlite() {
    println!(
        "A commit, request to durable, beside a plain INSERT of the same bytes, alternating\n"
    );
    println!(
        "| changed | commit p50, p99 ms | INSERT p50, p99 ms | ratio p50, p99 |\n|---|---|---|---|"
    );
    for (pages, rounds) in BESIDE_SQLITE {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = session_in(folder.path());
        // Every second page is changed.
        fill(&mut session, 16 * MIB + pages as u64 * 2 * PAGE_SIZE_BYTES as u64);
        session.commit_and_wait().expect("commits");
        let database = plain_database(&folder.path().join("plain.db"));
        let bytes = vec![7; pages * PAGE_SIZE_BYTES];
        let pairs = pairs_of_pages(&session, pages);
        let (mut commits, mut inserts) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            for &pair in &pairs {
                session.vm.heap.set_car(pair, Word::fixnum(round as i64));
            }
            let start = Instant::now();
            session.commit_and_wait().expect("commits");
            commits.push(start.elapsed());
            let start = Instant::now();
            database.execute("INSERT INTO written(data) VALUES(?1)", [&bytes]).expect("inserts");
            inserts.push(start.elapsed());
        }
        let ((c50, c99), (s50, s99)) = (percentiles(commits), percentiles(inserts));
        println!(
            "| {} KiB | {c50:.3}, {c99:.3} | {s50:.3}, {s99:.3} | {:.2}, {:.2} |",
            pages * PAGE_SIZE_BYTES / 1_024,
            c50 / s50,
            c99 / s99,
        );
    }
}

/// A pair of each of so many different pages.
fn pairs_of_pages(session: &Session, pages: usize) -> Vec<Word> {
    let heap = &session.vm.heap;
    let first = heap.roots[cost::KEPT_ROOT];
    let list = std::iter::successors(Some(first), |&pair| Some(heap.cdr(pair)));
    list.step_by(2_000).take(pages).collect()
}

/// Vectors of a page each, 256 MiB of them.
const VECTORS: u64 = 256 * MIB / PAGE_SIZE_BYTES as u64;
/// How long each measurement of speed takes.
const SPEED_SECONDS: u64 = 6;
const SPEED_ROUNDS: usize = 5;

/// Counts rounds of calls and arithmetic; beside that so many of the vectors are changed each second, one
/// after the other, by the clock.
fn mutator(changed_per_second: u64) -> String {
    format!(
        "(define vectors (make-vector {VECTORS}))
         (do ((i 0 (+ i 1))) ((= i {VECTORS})) (vector-set! vectors i (make-vector 2000 i)))
         (define rounds 0)
         (define changed 0)
         (define begin-jiffy (current-jiffy))
         (define per-change (quotient (jiffies-per-second) {changed_per_second}))
         (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
         (define ready #t)
         (let loop ()
           (fib 12)
           (set! rounds (+ rounds 1))
           (let ((wanted (quotient (- (current-jiffy) begin-jiffy) per-change)))
             (let change ()
               (if (< changed wanted)
                   (let ((v (vector-ref vectors (modulo (* changed 7919) {VECTORS}))))
                     (vector-set! v (modulo changed 2000) changed)
                     (set! changed (+ changed 1))
                     (change)))))
           (loop))"
    )
}

/// Rounds per second, changes per second, and commits per second.
fn run_mutator(folder: Option<&Path>, changed_per_second: u64) -> (f64, f64, f64) {
    // Its clock goes.
    let options = SessionOptions::new(Box::new(StandardHost::default()));
    let mut session = match folder {
        Some(folder) => {
            let options_of_store = StoreOptions::new(CommitClock::system());
            let store = ImageDirectory::at(folder.join("mutator.image"))
                .create(&options_of_store)
                .expect("an image");
            Session::open(Box::new(store), options).expect("a session")
        }
        None => Session::transient(options).expect("a session"),
    };
    session.start_program("mutator.scm", &mutator(changed_per_second)).expect("compiles");
    while session.vm.global("ready").is_none() {
        session.run_one_slice().expect("runs");
    }
    session.commit_and_wait().expect("commits");
    let count = |session: &mut Session, name| {
        session.vm.global(name).map_or(0, |word| word.as_fixnum()) as f64
    };
    // What was due while the large commit was written is done first.
    let settling = Instant::now();
    while settling.elapsed() < Duration::from_secs(1) {
        session.run_one_slice().expect("runs");
    }
    let before =
        (count(&mut session, "rounds"), count(&mut session, "changed"), session.counts.commits);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(SPEED_SECONDS) {
        session.run_one_slice().expect("runs");
    }
    let seconds = start.elapsed().as_secs_f64();
    let changed = count(&mut session, "changed") - before.1;
    assert!(changed > 0.0, "the clock goes");
    (
        (count(&mut session, "rounds") - before.0) / seconds,
        (count(&mut session, "changed") - before.1) / seconds,
        (session.counts.commits - before.2) as f64 / seconds,
    )
}

fn speed() {
    println!(
        "\nA program that computes and changes a part of 256 MiB, with an image and without, alternating, \
         {SPEED_ROUNDS} rounds of {SPEED_SECONDS} s\n"
    );
    println!(
        "| changed per second | rounds/s without | rounds/s with | time with / without: median (least to most) | \
         pages changed/s | commits/s |\n|---|---|---|---|---|---|"
    );
    for percent in [1, 10] {
        let changed = VECTORS * percent / 100;
        let (mut ratios, mut without, mut with) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = (0.0, 0.0);
        for _ in 0..SPEED_ROUNDS {
            let folder = tempfile::tempdir().expect("a folder");
            let (plain, ..) = run_mutator(None, changed);
            let (durable, pages, commits) = run_mutator(Some(folder.path()), changed);
            ratios.push(plain / durable);
            without.push(plain);
            with.push(durable);
            last = (pages, commits);
        }
        let median = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "| {percent} % | {:.0} | {:.0} | {:.3} ({:.3} to {:.3}) | {:.0} | {:.0} |",
            median(&mut without),
            median(&mut with),
            median(&mut ratios),
            ratios[0],
            ratios[ratios.len() - 1],
            last.0,
            last.1
        );
    }
}

/// Bytes this process has sent to the disk, as the system counts them.
fn written_bytes() -> u64 {
    let counts = std::fs::read_to_string("/proc/self/io").expect("Linux counts them");
    let line = counts.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|number| number.parse().ok()).expect("a number")
}

/// A page whose half is random, so that it is compressed as heaps are: to about a half.
fn half_random(random: &mut Random, page: &mut Vec<u8>) {
    for _ in 0..PAGE_SIZE_BYTES / 16 {
        page.extend_from_slice(&random.next().to_le_bytes());
        page.extend_from_slice(&[0; 8]);
    }
}

/// Fills a wave with so many pages out of `among`.
fn changes(wave: &mut Wave, random: &mut Random, count: usize, among: u32) {
    wave.clear();
    let mut numbers = std::collections::BTreeSet::new();
    while numbers.len() < count {
        numbers.insert(random.below(u64::from(among)) as u32);
    }
    for (slot, number) in numbers.into_iter().enumerate() {
        half_random(random, &mut wave.arena);
        let attributes = PageAttributes { page_type: 1, ..PageAttributes::default() };
        let body = Some(slot as u32);
        wave.pages.push(WavePage { page: PageNumber(number), attributes, body });
    }
}

fn store_in(folder: &Path, retention: Retention) -> SqliteStore {
    let options = StoreOptions { retention, ..StoreOptions::new(CommitClock::system()) };
    ImageDirectory::at(folder.join("waves.image")).create(&options).expect("an image")
}

/// Commits, each followed by the work of a gap. Bytes of bodies, and of the rows beside them.
fn commit_often(store: &mut SqliteStore, commits: usize, pages: usize, among: u32) -> (u64, u64) {
    let (mut wave, mut random) = (Wave::default(), Random(7));
    let (mut bodies, mut rows) = (0, 0);
    for _ in 0..commits {
        changes(&mut wave, &mut random, pages, among);
        let receipt = store.commit(&wave).expect("commits");
        bodies += receipt.body_bytes;
        rows += receipt.row_bytes();
        store.idle().expect("works in the gap");
        store.prune_step(100.max(4 * pages)).expect("prunes");
    }
    (bodies, rows)
}

fn disk() {
    println!(
        "\nBytes sent to the disk (log, checkpoints, pruning, as /proc/self/io counts them) for each byte that \
         changed, 2,000 commits of random pages out of 4,096, half of each random\n"
    );
    println!(
        "| pages in a commit | changed MB | bodies as stored MB | written MB | written / changed | written / bodies |"
    );
    println!("|---|---|---|---|---|---|");
    for pages in [1, 3, 16, 64] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = store_in(folder.path(), Retention::default());
        let before = written_bytes();
        let commits = 2_000;
        let (bodies, _) = commit_often(&mut store, commits, pages, 4_096);
        store.close().expect("closes");
        let written = (written_bytes() - before) as f64;
        let changed = (commits * pages * PAGE_SIZE_BYTES) as f64;
        println!(
            "| {pages} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
            changed / 1e6,
            bodies as f64 / 1e6,
            written / 1e6,
            written / changed,
            written / bodies as f64
        );
    }
}

fn history() {
    println!(
        "\nThe past: 6,000 commits (two minutes at 50 a second) of 4 pages out of 4,096, all kept, then given up at once\n"
    );
    println!(
        "| bodies KB per commit | file KB per commit | GB an hour at 50 commits/s | pruned rows/s | pruned MB/s | \
         longest step of 100 rows ms |\n|---|---|---|---|---|---|"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let all = Retention { everything_seconds: 3_600, bytes_max: 1 << 40 };
    let mut store = store_in(folder.path(), all);
    // Every page is there before, so that what is added is past.
    let mut wave = Wave::default();
    changes(&mut wave, &mut Random(1), 4_096, 4_096);
    store.commit(&wave).expect("commits");
    let file = |folder: &Path| {
        std::fs::metadata(folder.join("waves.image/heap.db")).map_or(0, |data| data.len()) as f64
    };
    let commits = 6_000;
    let before = file(folder.path());
    let (bodies, _) = commit_often(&mut store, commits, 4, 4_096);
    store.close().expect("closes");
    let grown = file(folder.path()) - before;
    let options = StoreOptions::new(CommitClock::system());
    let image = ImageDirectory::at(folder.path().join("waves.image"));
    let mut store = image.open(&options).expect("opens");
    store.begin().expect("begins");
    store.set_retention(Retention::NOTHING).expect("a rule");
    // Two commits more, so that `head` names none of the past.
    commit_often(&mut store, 2, 1, 4_096);
    let (start, mut rows, mut longest) = (Instant::now(), 0, Duration::ZERO);
    loop {
        let step = Instant::now();
        let count = store.prune_step(100).expect("prunes");
        longest = longest.max(step.elapsed());
        rows += count;
        store.idle().expect("works in the gap");
        if count == 0 {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let per_commit = grown / commits as f64;
    println!(
        "| {:.1} | {:.1} | {:.2} | {:.0} | {:.1} | {:.1} |",
        bodies as f64 / commits as f64 / 1e3,
        per_commit / 1e3,
        per_commit * 50.0 * 3_600.0 / 1e9,
        rows as f64 / seconds,
        grown / 1e6 / seconds,
        longest.as_secs_f64() * 1e3
    );
    store.close().expect("closes");
}
