//! Heaps of a given size and burden in real images, and what one change in them costs.

#![allow(dead_code, reason = "each suite uses a part of this")]

use std::path::Path;
use std::time::Duration;

use pscheme::heap::root_table::Root;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, CommitReceipt, StoreOptions};
use pscheme::heap::word::Word;
use pscheme::vm::engine::Engine;
use pscheme::vm::process::Event;
use pscheme::{Session, SessionOptions};

use super::support::{Console, TestHost};

/// A root no program uses, for what a test keeps.
pub const KEPT_ROOT: usize = 60;
/// Another, for parked processes.
const PARKED_ROOT: usize = 61;

/// What lies unchanged in the heap beside the list that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burden {
    None,
    /// A recursion of this depth, suspended.
    Recursion(u64),
    /// So many processes that wait for nothing.
    Processes(u64),
    /// So many processes that sleep for different times of months.
    Sleepers(u64),
    /// A hash table of so many entries.
    Table(u64),
}

/// A session in a new image that commits only when asked.
pub fn session_in(folder: &Path) -> Session {
    session_with(folder, |_| ())
}

/// The same with other options.
pub fn session_with(folder: &Path, change: impl FnOnce(&mut SessionOptions)) -> Session {
    let store = ImageDirectory::at(folder.join("cost.image"))
        .create(&StoreOptions::new(CommitClock::system()))
        .unwrap();
    let mut options = SessionOptions::new(TestHost::new(&Console::default()));
    options.wave_interval = Duration::from_secs(3600);
    change(&mut options);
    Session::open(Box::new(store), options).unwrap()
}

/// Runs a program's definitions to their end; more may run afterwards.
pub fn run_program(session: &mut Session, text: &str) {
    session.start_program("cost.scm", text).unwrap();
    while !matches!(session.vm.advance(Engine::fastest()), Event::Finished(_)) {}
}

/// Fills the heap with a list of so many bytes, kept by a root.
pub fn fill(session: &mut Session, bytes: u64) {
    let heap = &mut session.vm.heap;
    heap.roots[KEPT_ROOT] = Word::NULL;
    for _ in 0..bytes / 16 {
        heap.ensure_room(16, &mut session.vm.machine);
        let rest = heap.roots[KEPT_ROOT];
        heap.roots[KEPT_ROOT] = heap.pair(Word::fixnum(0), rest);
    }
}

/// Adds what is to stay unchanged.
pub fn burden(session: &mut Session, burden: Burden) {
    match burden {
        Burden::None => {}
        Burden::Recursion(depth) => {
            let text = format!(
                "(define parked 0)
                 (define (park) (set! parked (+ parked 1)) (let wait () (yield) (wait)))
                 (define (deep n) (if (= n 0) (park) (+ 1 (deep (- n 1)))))
                 (spawn (lambda () (deep {depth})))"
            );
            run_program(session, &text);
            park_others(session, 1);
        }
        Burden::Processes(count) => {
            let text = format!(
                "(define parked 0)
                 (define (park) (set! parked (+ parked 1)) (let wait () (yield) (wait)))
                 (do ((i 0 (+ i 1))) ((= i {count})) (spawn park))"
            );
            run_program(session, &text);
            park_others(session, count);
        }
        Burden::Sleepers(count) => {
            let text = format!(
                "(define (asleep i) (lambda () (sleep (+ 5000000 (modulo (* i 7919) 100003)))))
                 (do ((i 0 (+ i 1))) ((= i {count})) (spawn (asleep i)))"
            );
            run_program(session, &text);
            while session.vm.advance(Engine::fastest()) != Event::Idle {}
        }
        Burden::Table(count) => {
            let text = format!(
                "(define table (make-hash-table))
                 (do ((i 0 (+ i 1))) ((= i {count})) (hash-table-set! table i (* i i)))"
            );
            run_program(session, &text);
        }
    }
}

/// Lets every process come to its `yield`, then takes them all off the run queue.
fn park_others(session: &mut Session, count: u64) {
    let all = Some(Word::fixnum(count as i64));
    while session.vm.global("parked") != all || session.vm.machine.process.is_object() {
        assert_eq!(session.vm.advance(Engine::fastest()), Event::Slice);
    }
    let heap = &mut session.vm.heap;
    heap.roots[PARKED_ROOT] = heap.root(Root::RunQueueHead);
    heap.set_root(Root::RunQueueHead, Word::FALSE);
    heap.set_root(Root::RunQueueTail, Word::FALSE);
}

/// Changes one pair in the middle of the list through the Rust interface and commits; gives the
/// receipt. The first commits of a heap write more, so a few come before.
pub fn one_set_car(session: &mut Session) -> CommitReceipt {
    // A commit of acknowledgements alone can come behind that of the change.
    let mut of_change = None;
    for round in 0..3 {
        let before = session.counts.pages;
        // Found anew each time: the collection of a commit may have moved it.
        let mut pair = session.vm.heap.roots[KEPT_ROOT];
        for _ in 0..1000 {
            pair = session.vm.heap.cdr(pair);
        }
        session.vm.heap.set_car(pair, Word::fixnum(round));
        session.commit_and_wait().unwrap();
        assert!(session.counts.pages > before, "the change of round {round} is written");
        of_change =
            session.counts.last_receipt.filter(|receipt| receipt.page_count > 0).or(of_change);
    }
    of_change.expect("a receipt of a commit with a page")
}

/// Lets a process change one pair between waits for commits; gives the pages of the commit with the
/// most, and body, map and root bytes per commit.
pub fn process_set_car(session: &mut Session) -> (u64, u64, u64) {
    let commits = 20;
    let kept = session.vm.heap.protect(session.vm.heap.roots[KEPT_ROOT]);
    session.vm.define("kept", kept);
    session.vm.heap.unprotect(kept);
    session.commit_and_wait().unwrap();
    // More than are counted: the program must not end before.
    let changes = commits + 10;
    let text = format!(
        "(define (change i) (if (< i {changes}) (begin (set-car! kept i) (await-commit) (change (+ i 1)))))
         (await-commit)
         (await-commit)
         (change 0)"
    );
    session.start_program("change.scm", &text).unwrap();
    session.counts = Default::default();
    // The commits that bring in the program itself do not count.
    while session.counts.commits < 4 {
        step(session);
    }
    session.counts = Default::default();
    while session.counts.commits < commits {
        step(session);
    }
    let counts = &session.counts;
    (counts.pages_max, counts.body_bytes / counts.commits, counts.row_bytes / counts.commits)
}

fn step(session: &mut Session) {
    session.run_one_slice().unwrap();
}
