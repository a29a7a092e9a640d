//! The speed of a program whose heap is larger than the memory it may take, by the size of its working set. Prints a
//! table; `cargo bench -p pscheme --bench residence`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use pscheme::heap::store::{CommitClock, ImageDirectory, StoreOptions};
use pscheme::{Outcome, Session, SessionOptions};
use support::{Console, TestHost};

const MIB: u64 = 1 << 20;
/// MiB of the heap, and of memory that it may take.
const HEAP_MIB: u64 = 1_024;
const MEMORY_MIB: u64 = 256;
/// MiB of the parts of the heap that a program works on.
const WORKING_SETS_MIB: [u64; 5] = [32, 128, 192, 320, 960];
const PASSES: usize = 5;
/// A record of 32 kB is read in a few places and, one of eight, changed.
const SETUP: &str = "
    (define rows (make-vector 32768 #f))
    (do ((i 0 (+ i 1))) ((= i 32768))
      (vector-set! rows i (make-vector 4000 i))
      (if (= 0 (modulo i 512)) (await-commit)))
    (await-commit)";
/// Records touched in a run, with working sets that fit the memory and with others.
const TOUCHES: u64 = 200_000;
const TOUCHES_BEYOND: u64 = 10_000;

fn main() {
    // `cargo test --benches` passes this; the table is for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let image = ImageDirectory::at(folder.path().join("residence.image"));
    run(&image, u64::MAX, SETUP);
    println!("{HEAP_MIB} MiB of heap, {MEMORY_MIB} MiB of memory\n");
    println!(
        "| working set MiB | bounded: µs a record, min to max | unbounded: µs a record, min to max | ratio | pages \
         read a record |"
    );
    println!("|---|---|---|---|---|");
    for working_set in WORKING_SETS_MIB {
        let touches = if working_set < MEMORY_MIB { TOUCHES } else { TOUCHES_BEYOND };
        let text = touching(working_set, touches);
        let (mut bounded, mut unbounded, mut read) = (Vec::new(), Vec::new(), 0);
        for _ in 0..PASSES {
            let (time, pages) = run(&image, MEMORY_MIB * MIB, &text);
            bounded.push(time * 1e3 / touches as f64);
            read = pages;
            unbounded.push(run(&image, u64::MAX, &text).0 * 1e3 / touches as f64);
        }
        let (one, other) = (spread(&mut bounded), spread(&mut unbounded));
        println!(
            "| {working_set} | {:.1}, {:.1} to {:.1} | {:.1}, {:.1} to {:.1} | {:.2} | {:.3} |",
            one.1,
            one.0,
            one.2,
            other.1,
            other.0,
            other.2,
            one.1 / other.1,
            read as f64 / touches as f64
        );
    }
}

/// A program that first reads its working set and then works on it.
fn touching(working_set_mib: u64, touches: u64) -> String {
    let rows = working_set_mib * 32;
    format!(
        "(define seed 1)
         (define (random n)
           (set! seed (modulo (+ (* seed 1103515245) 12345) 2147483648))
           (modulo (quotient seed 64) n))
         (define sum 0)
         (do ((i 0 (+ i 1))) ((= i {rows}))
           (set! sum (+ sum (vector-ref (vector-ref rows i) 0))))
         (display \"begin\")
         (do ((i 0 (+ i 1))) ((= i {touches}))
           (let* ((row (vector-ref rows (random {rows}))) (at (random 4000)))
             (do ((j 0 (+ j 1))) ((= j 8))
               (set! sum (+ sum (vector-ref row (modulo (+ at (* 500 j)) 4000)))))
             (if (= 0 (modulo i 8)) (vector-set! row at i))))
         (display \"end\")"
    )
}

/// Runs a program; the milliseconds from the word `begin` on, and the pages that were read meanwhile.
fn run(image: &ImageDirectory, resident_bytes_max: u64, text: &str) -> (f64, u64) {
    let options = StoreOptions::new(CommitClock::system());
    let store = match image.exists() {
        true => image.open(&options),
        false => image.create(&options),
    };
    let console = Console::default();
    let mut options = SessionOptions::new(TestHost::new(&console));
    options.resident_bytes_max = resident_bytes_max;
    let store = Box::new(store.expect("the image opens"));
    let mut session = Session::open(store, options).expect("the session opens");
    session.start_program("residence.scm", text).expect("the program starts");
    let mut begin = None;
    loop {
        if begin.is_none() && console.lock().unwrap().starts_with(b"begin") {
            let read = session.vm.heap.pages_read_on_demand().unwrap_or(0);
            begin = Some((Instant::now(), read));
        }
        match session.run_one_slice().expect("it runs") {
            None => {}
            Some(outcome) => {
                assert_eq!(outcome, Outcome::Ended(0));
                break;
            }
        }
    }
    let (time, before) = begin.unwrap_or((Instant::now(), 0));
    let milliseconds = time.elapsed().as_secs_f64() * 1e3;
    let read = session.vm.heap.pages_read_on_demand().unwrap_or(0) - before;
    session.close().expect("closes");
    (milliseconds, read)
}

/// Least, median and greatest.
fn spread(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}
