//! What commits cost: bytes by kind after one change, latency beside a raw synced append, and bytes per
//! second of busy programs. Prints tables; `cargo bench -p pscheme --bench commit`,
//! with `-- latency` (or another section's name) for one of them.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use cost::{Burden, burden, fill, one_set_car, process_set_car, session_in};
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, PAGE_SIZE_BYTES, StoreOptions};
use pscheme::heap::word::Word;
use pscheme::{Session, SessionOptions};
use support::{Console, TestHost};

const MIB: u64 = 1 << 20;

fn main() {
    // `cargo test --benches` passes this; the tables are for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let sections: [(&str, fn()); 3] =
        [("cost", cost_of_one_change), ("latency", latency), ("busy", busy_programs)];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            section();
        }
    }
}

fn cost_of_one_change() {
    println!("One set-car!, then a commit: bytes by kind (bodies are compressed)\n");
    println!(
        "| heap | beside it | pages | body | map | region | root | log | from a process: pages, body bytes |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let cases = [
        (1, Burden::None),
        (64, Burden::None),
        (1024, Burden::None),
        (1, Burden::Recursion(1_000_000)),
        (1, Burden::Processes(100_000)),
        (1, Burden::Table(1_000_000)),
    ];
    for (mebibytes, heavy) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = session_in(folder.path());
        burden(&mut session, heavy);
        fill(&mut session, mebibytes * MIB);
        session.commit_and_wait().expect("commits");
        let receipt = one_set_car(&mut session);
        let (pages, body, _) = process_set_car(&mut session);
        println!(
            "| {mebibytes} MiB | {heavy:?} | {} | {} | {} | {} | {} | {} | {pages}, {body} |",
            receipt.page_count,
            receipt.body_bytes,
            receipt.map_row_bytes,
            receipt.region_row_bytes,
            receipt.root_bytes,
            receipt.log_bytes,
        );
    }
}

/// Median and 99th percentile in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    (at(0.5), at(0.99))
}

/// Changed pages of each latency measurement, and its rounds.
const LATENCIES: [(usize, usize); 5] = [(1, 400), (4, 400), (16, 200), (256, 40), (4_096, 10)];

fn latency() {
    println!(
        "\nA commit, request to durable, beside a raw append of the same bytes and fdatasync, alternating\n"
    );
    println!(
        "| changed | commit p50, p99 ms | pause, store: mean ms | raw p50, p99 ms | ratio p50, p99 |\n|---|---|---|---|---|"
    );
    for (pages, rounds) in LATENCIES {
        latency_of(pages, rounds);
    }
}

fn latency_of(pages: usize, rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session_in(folder.path());
    // Every second page is changed.
    fill(&mut session, 16 * MIB + pages as u64 * 2 * PAGE_SIZE_BYTES as u64);
    session.commit_and_wait().expect("commits");
    let mut raw = File::create(folder.path().join("raw")).expect("a file");
    let bytes = vec![7; pages << 14];
    let pairs = pairs_of_pages(&session, pages);
    session.counts = Default::default();
    let (mut commits, mut appends) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for &pair in &pairs {
            session.vm.heap.set_car(pair, Word::fixnum(round as i64));
        }
        let start = Instant::now();
        session.commit_and_wait().expect("commits");
        commits.push(start.elapsed());
        let start = Instant::now();
        raw.write_all(&bytes).expect("writes");
        raw.sync_data().expect("syncs");
        appends.push(start.elapsed());
    }
    assert_eq!(session.counts.last_receipt.map(|receipt| receipt.page_count), Some(pages as u32));
    let ((c50, c99), (r50, r99)) = (percentiles(commits), percentiles(appends));
    let (ratio50, ratio99) = (c50 / r50, c99 / r99);
    let counts = &session.counts;
    let store = counts.commit_time.as_secs_f64() * 1e3 / counts.commits as f64;
    let pause = counts.pause_time.as_secs_f64() * 1e3 / counts.commits as f64;
    println!(
        "| {} KiB | {c50:.3}, {c99:.3} | {pause:.3}, {store:.3} | {r50:.3}, {r99:.3} | {ratio50:.2}, {ratio99:.2} |",
        pages * 16
    );
}

/// A pair of each of so many different pages.
fn pairs_of_pages(session: &Session, pages: usize) -> Vec<Word> {
    let heap = &session.vm.heap;
    let first = heap.roots[cost::KEPT_ROOT];
    let list = std::iter::successors(Some(first), |&pair| Some(heap.cdr(pair)));
    list.step_by(2_000).take(pages).collect()
}

const BUSY: &[(&str, &str)] = &[
    (
        "allocates, keeps nothing",
        "(define (build n) (let loop ((i 0) (x '())) (if (= i n) x (loop (+ i 1) (cons i x)))))
         (let loop () (build 100000) (loop))",
    ),
    (
        "replaces a tenth of 1,000,000 pairs",
        "(define v (make-vector 1000 '()))
         (define (build n) (let loop ((i 0) (x '())) (if (= i n) x (loop (+ i 1) (cons i x)))))
         (let loop ((i 0)) (vector-set! v (remainder (* i 7919) 1000) (build 1000)) (loop (+ i 1)))",
    ),
    (
        "updates a table",
        "(define t (make-hash-table))
         (let loop ((i 0)) (hash-table-set! t (remainder (* i 7919) 10007) i) (loop (+ i 1)))",
    ),
];

fn busy_programs() {
    let seconds: u64 = std::env::var("PSCHEME_BUSY_SECONDS")
        .map_or(5, |text| text.parse().expect("a number of seconds"));
    println!("\nBusy programs with commits on, {seconds} s each\n");
    println!(
        "| program | copied by collections MB/s | written (log) MB/s | commits/s | pause mean, max ms | live pages MB | heap.db MB |"
    );
    println!("|---|---|---|---|---|---|---|");
    for &(name, text) in BUSY {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("busy.image");
        let store = ImageDirectory::at(&path)
            .create(&StoreOptions::new(CommitClock::system()))
            .expect("an image");
        let options = SessionOptions::new(TestHost::new(&Console::default()));
        let mut session = Session::open(Box::new(store), options).expect("a session");
        session.start_program("busy.scm", text).expect("compiles");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            session.run_one_slice().expect("runs");
        }
        let time = start.elapsed().as_secs_f64();
        let counts = session.counts.clone();
        let copied = session.vm.heap.counts.copied_bytes as f64 / 1e6 / time;
        let live = session.vm.heap.bytes_in_use() as f64 / 1e6;
        let file = std::fs::metadata(path.join("heap.db")).map_or(0, |data| data.len());
        println!(
            "| {name} | {copied:.1} | {:.1} | {:.0} | {:.2}, {:.1} | {live:.1} | {:.1} |",
            counts.log_bytes as f64 / 1e6 / time,
            counts.commits as f64 / time,
            counts.pause_time.as_secs_f64() * 1e3 / counts.commits.max(1) as f64,
            counts.pause_max.as_secs_f64() * 1e3,
            file as f64 / 1e6,
        );
    }
}
