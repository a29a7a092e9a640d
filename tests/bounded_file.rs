//! The files of an image stay within a bound that depends on what is live, however long programs
//! change it: `heap.db` and its log together under three times the live pages and 64 MiB, with as much of the past
//! as an image keeps unless told otherwise.
//!
//! `PSCHEME_SOAK_SECONDS` sets how long all programs run together (4 s unless given); `cargo xtask
//! soak` runs this for ten minutes.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, StoreOptions};
use pscheme::{Session, SessionOptions};
use support::{Console, TestHost};

const LIVE_FACTOR: u64 = 3;
const SLACK_BYTES: u64 = 64 << 20;
/// Slices between two looks at the files.
const SLICES_PER_SAMPLE: u32 = 64;

const PROGRAMS: &[(&str, &str)] = &[
    (
        "replaces a tenth of 1,000,000 pairs at a time",
        "(define v (make-vector 1000 '()))
         (define (build n) (let loop ((i 0) (x '())) (if (= i n) x (loop (+ i 1) (cons i x)))))
         (let loop ((i 0)) (vector-set! v (remainder (* i 7919) 1000) (build 1000)) (loop (+ i 1)))",
    ),
    (
        "updates a table and waits for its commits",
        "(define t (make-hash-table))
         (let loop ((i 0))
           (hash-table-set! t (remainder (* i 7919) 10007) (list i i))
           (if (= 0 (remainder i 1000)) (await-commit))
           (loop (+ i 1)))",
    ),
    (
        "changes single pairs of a long list",
        "(define (build n) (let loop ((i 0) (x '())) (if (= i n) x (loop (+ i 1) (cons i x)))))
         (define l (build 1000000))
         (let outer ((round 0))
           (let loop ((p l) (n 0))
             (if (null? p)
                 (outer (+ round 1))
                 (begin (if (= 0 (remainder n 501)) (set-car! p round)) (loop (cdr p) (+ n 1))))))",
    ),
    (
        "grows and drops what it has",
        "(define (build n) (let loop ((i 0) (x '())) (if (= i n) x (loop (+ i 1) (cons i x)))))
         (define v (make-vector 20 '()))
         (let loop ((i 0))
           (if (< (remainder i 40) 20)
               (vector-set! v (remainder i 20) (build 100000))
               (vector-set! v (remainder i 20) '()))
           (loop (+ i 1)))",
    ),
];

/// The most the files came to, beside what is allowed.
#[derive(Default)]
struct Worst {
    files: u64,
    live: u64,
    /// Files over bound.
    part: f64,
}

fn file_bytes(image: &Path) -> u64 {
    let bytes = |name: &str| std::fs::metadata(image.join(name)).map_or(0, |data| data.len());
    bytes("heap.db") + bytes("heap.db-wal")
}

fn run(name: &str, text: &str, time: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.image");
    let options = StoreOptions::new(CommitClock::system());
    let store = ImageDirectory::at(&path).create(&options).unwrap();
    let options = SessionOptions::new(TestHost::new(&Console::default()));
    let mut session = Session::open(Box::new(store), options).unwrap();
    session.start_program("busy.scm", text).unwrap();
    let (start, mut worst) = (Instant::now(), Worst::default());
    while start.elapsed() < time {
        for _ in 0..SLICES_PER_SAMPLE {
            let ended = session.run_one_slice().unwrap();
            assert_eq!(ended, None, "{name} goes on for ever");
        }
        let (files, live) = (file_bytes(&path), session.vm.heap.bytes_in_use());
        let bound = LIVE_FACTOR * live + SLACK_BYTES;
        assert!(files < bound, "{name}: the files have {files} bytes with {live} live");
        let part = files as f64 / bound as f64;
        if part > worst.part {
            worst = Worst { files, live, part };
        }
    }
    let (counts, mebi) = (&session.counts, (1 << 20) as f64);
    assert!(counts.commits > 0, "{name}: no commit");
    println!(
        "| {name} | {} | {:.0} | {:.1} | {:.1} | {:.2} |",
        counts.commits,
        counts.log_bytes as f64 / mebi,
        worst.live as f64 / mebi,
        worst.files as f64 / mebi,
        worst.part
    );
}

#[test]
fn files_stay_bounded_under_mutation() {
    let seconds = std::env::var("PSCHEME_SOAK_SECONDS")
        .map_or(4.0, |text| text.parse::<f64>().expect("a number of seconds"));
    let time = Duration::from_secs_f64(seconds / PROGRAMS.len() as f64);
    println!(
        "| program, {:.0} s | commits | log MiB | live MiB | files MiB | of the bound |",
        time.as_secs_f64()
    );
    println!("|---|---|---|---|---|---|");
    for (name, text) in PROGRAMS {
        run(name, text, time);
    }
}
