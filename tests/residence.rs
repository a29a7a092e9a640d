//! A heap that is larger than the memory it may take: what has not changed since it was committed is given back and read
//! again, and programs know nothing of it. One test, because it measures the memory of its process.
#![cfg(target_os = "linux")]

mod support;

use pscheme::heap::store::{CommitClock, ImageDirectory, StoreOptions};
use pscheme::{Outcome, Session, SessionOptions};
use support::{Console, TestHost};

const MIB: u64 = 1 << 20;
/// Bytes of the heap that may be in memory, of some 200 MiB.
const BYTES_MAX: u64 = 24 * MIB;
/// What the process may take beside: a slice and a wave of it, SQLite's caches, the machine, this test.
const BESIDE: u64 = 64 * MIB;

/// Vectors of 48 kB, read and changed here and there; each a wave of its own, so that they are committed as they grow.
const PROGRAM: &str = "
    (define count 4096)
    (define table (make-vector count #f))
    (do ((i 0 (+ i 1))) ((= i count))
      (vector-set! table i (make-vector 6000 i))
      (if (= 0 (modulo i 64)) (await-commit)))
    (await-commit)
    (define seed 1)
    (define (random n)
      (set! seed (modulo (+ (* seed 1103515245) 12345) 2147483648))
      (modulo (quotient seed 64) n))
    (define sum 0)
    (do ((i 0 (+ i 1))) ((= i 6000))
      (let ((row (vector-ref table (random count))) (at (random 6000)))
        (set! sum (+ sum (vector-ref row at)))
        (if (= 0 (modulo i 3)) (vector-set! row at sum))))
    (display sum) (newline)
    (do ((i 0 (+ i 1))) ((= i count))
      (set! sum (modulo (+ (* 31 sum) (vector-ref (vector-ref table i) (random 6000))) 1000003)))
    (display sum)";

fn shown(console: &Console) -> String {
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

/// Anonymous memory of this process, in bytes.
fn anonymous_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn options(console: &Console) -> SessionOptions {
    SessionOptions { resident_bytes_max: BYTES_MAX, ..SessionOptions::new(TestHost::new(console)) }
}

/// Runs to the program's end; the most memory it took at the end of a slice.
fn run(session: &mut Session) -> u64 {
    let mut most = 0;
    for slice in 0u64.. {
        match session.run_one_slice().unwrap() {
            None => {}
            Some(outcome) => {
                assert_eq!(outcome, Outcome::Ended(0));
                return most;
            }
        }
        if slice.is_multiple_of(64) {
            most = most.max(anonymous_bytes());
        }
    }
    unreachable!("it ends")
}

#[test]
fn a_heap_larger_than_its_memory_runs_as_any_other() {
    if pscheme::heap::heap::Heap::pages_can_be_given_back() {
        println!("pages are given back");
    } else {
        println!(
            "this system does not let a process handle its page faults: nothing is given back"
        );
    }
    let expected = {
        let console = Console::default();
        let mut session = Session::transient(SessionOptions::new(TestHost::new(&console))).unwrap();
        session.start_program("large.scm", PROGRAM).unwrap();
        assert_eq!(session.run().unwrap(), Outcome::Ended(0));
        shown(&console)
    };
    let before = anonymous_bytes();
    let folder = tempfile::tempdir().unwrap();
    let image = ImageDirectory::at(folder.path().join("large.image"));
    let store_options = StoreOptions::new(CommitClock::fixed(1));
    let console = Console::default();
    let store = Box::new(image.create(&store_options).unwrap());
    let mut session = Session::open(store, options(&console)).unwrap();
    session.start_program("large.scm", PROGRAM).unwrap();
    let most = run(&mut session);
    assert_eq!(shown(&console), expected);
    let heap = &session.vm.heap;
    println!(
        "{} MiB in use, {} resident, at most {} MiB more of anonymous memory, {:?} pages read",
        heap.bytes_in_use() / MIB,
        heap.resident_bytes() / MIB,
        most.saturating_sub(before) / MIB,
        heap.pages_read_on_demand()
    );
    assert!(heap.bytes_in_use() > 190 * MIB);
    if pscheme::heap::heap::Heap::pages_can_be_given_back() {
        assert!(heap.pages_read_on_demand().unwrap() > 10_000);
        assert!(most < before + BYTES_MAX + BESIDE, "{most} bytes, {before} before");
    }
    session.close().unwrap();
}
