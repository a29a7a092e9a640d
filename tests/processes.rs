//! Processes over the life of an image: time that passes while nobody runs it, what is kept of those
//! that failed, effects of a commit, the end of a run.

#[path = "support/cost.rs"]
mod cost;
mod support;

use std::sync::atomic::Ordering;

use cost::{Burden, burden, one_set_car, process_set_car, session_in};
use pscheme::heap::kind::body;
use pscheme::heap::root_table::Root;
use pscheme::heap::store::MemoryImage;
use pscheme::heap::word::Word;
use pscheme::report::frames;
use pscheme::vm::process::ProcessState;
use pscheme::vm::process_tree::Known;
use pscheme::{Outcome, Session, SessionOptions};
use support::{Console, FIRST_US, TestHost};

const SECOND_US: i64 = 1_000_000;

fn shown(console: &Console) -> String {
    String::from_utf8(std::mem::take(&mut *console.lock().unwrap())).unwrap()
}

fn options(console: &Console, now_us: i64) -> SessionOptions {
    SessionOptions::new(TestHost::at(console, now_us))
}

fn open(image: &MemoryImage, options: SessionOptions) -> Session {
    Session::open(Box::new(image.open().unwrap()), options).unwrap()
}

/// Runs a program without an image to its end; how it ended and what it showed.
fn run(text: &str, change: impl FnOnce(&mut SessionOptions)) -> (Outcome, String) {
    let console = Console::default();
    let mut options = options(&console, FIRST_US);
    change(&mut options);
    let mut session = Session::transient(options).unwrap();
    session.start_program("test.scm", text).unwrap();
    let outcome = session.run().unwrap();
    (outcome, shown(&console))
}

fn ended(text: &str) -> String {
    let (outcome, shown) = run(text, |_| ());
    assert_eq!(outcome, Outcome::Ended(0), "{shown}");
    shown
}

/// Runs slices until the program has shown something.
fn run_until_shown(session: &mut Session, console: &Console, text: &str) {
    while !String::from_utf8_lossy(&console.lock().unwrap()).contains(text) {
        assert_eq!(session.run_one_slice().unwrap(), None);
    }
}

/// Starts a program, lets it show a word, commits, and kills the session.
fn killed_after(image: &MemoryImage, now_us: i64, text: &str, word: &str) -> String {
    let console = Console::default();
    let mut session = open(image, options(&console, now_us));
    session.start_program("test.scm", text).unwrap();
    run_until_shown(&mut session, &console, word);
    session.commit_and_wait().unwrap();
    shown(&console)
}

const SLEEPER: &str = "
    (define main (self))
    (spawn (lambda () (sleep 3600) (! main 'hour)))
    (spawn (lambda () (sleep 7200) (! main 'two-hours)))
    (define start (current-second))
    (yield)
    (display \"asleep\")
    (define (tell what) (display (list what (exact (round (- (current-second) start))))))
    (tell (recv (x x) (after 9000 'late)))
    (tell (recv (x x) (after 9000 'late)))
    (tell (recv (x x) (after 9000 'late)))";

#[test]
fn who_sleeps_through_a_reboot_wakes_when_its_time_has_come() {
    // The machine was off for ten minutes, for an hour and a half, and for a day.
    for (off_seconds, expected) in [
        (600, "(hour 3600)(two-hours 7200)(late 16200)"),
        (5_400, "(hour 5400)(two-hours 7200)(late 16200)"),
        (86_400, "(hour 86400)(two-hours 86400)(late 95400)"),
    ] {
        let image = MemoryImage::new();
        assert_eq!(killed_after(&image, FIRST_US, SLEEPER, "asleep"), "asleep");
        let console = Console::default();
        let mut session = open(&image, options(&console, FIRST_US + off_seconds * SECOND_US));
        assert_eq!(session.run().unwrap(), Outcome::Ended(0));
        assert_eq!(shown(&console), expected, "off for {off_seconds} s");
    }
}

#[test]
fn what_is_reached_is_committed_before_a_long_wait_and_the_host_can_end_it() {
    struct Interrupting(Box<TestHost>);
    impl pscheme::vm::host::Host for Interrupting {
        fn console_write(&mut self, bytes: &[u8]) {
            self.0.console_write(bytes);
        }
        fn clock_us(&mut self) -> i64 {
            self.0.clock_us()
        }
        fn wait_until_us(&mut self, _: i64, stop: &std::sync::atomic::AtomicBool) {
            stop.store(true, Ordering::Relaxed);
        }
        fn monotonic_ns(&mut self) -> u64 {
            0
        }
        fn random(&mut self) -> u64 {
            0
        }
    }
    let (console, image) = (Console::default(), MemoryImage::new());
    let host = Interrupting(TestHost::new(&console));
    let mut session = open(&image, SessionOptions::new(Box::new(host)));
    session
        .start_program("test.scm", "(define reached 41) (sleep 1000) (display reached)")
        .unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Stopped);
    let commits = session.counts.commits;
    drop(session);
    assert!(commits >= 1, "{commits} commits");
    let mut session = open(&image, options(&console, FIRST_US));
    assert_eq!(session.vm.global("reached"), Some(Word::fixnum(41)));
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "41");
}

#[test]
fn sleeping_processes_cost_a_commit_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session_in(folder.path());
    burden(&mut session, Burden::Sleepers(100_000));
    cost::fill(&mut session, 1 << 20);
    session.commit_and_wait().unwrap();
    let receipt = one_set_car(&mut session);
    assert_eq!(receipt.page_count, 1, "{receipt:?}");
    let (pages, _, _) = process_set_car(&mut session);
    assert!(pages <= 4, "{pages} pages from a process");
}

#[test]
fn a_sleeping_process_takes_less_than_a_kibibyte() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session_in(folder.path());
    session.vm.heap.collect_major(&mut session.vm.machine);
    let before = session.vm.heap.bytes_in_use();
    burden(&mut session, Burden::Sleepers(100_000));
    session.commit_and_wait().unwrap();
    session.vm.heap.collect_major(&mut session.vm.machine);
    let each = (session.vm.heap.bytes_in_use() - before) / 100_000;
    println!("a sleeping process takes {each} bytes");
    assert!((100..1024).contains(&each), "{each} bytes");
}

#[test]
fn a_failed_process_is_kept_with_its_stack_until_it_is_discarded() {
    let image = MemoryImage::new();
    let text = "
        (define (inner x) (+ 1 (car x)))
        (define (outer x) (* 2 (inner x)))
        (define bad (spawn (lambda () (+ 1 (outer 'none)))))
        (yield)
        (display \"failed\")
        (recv ('discard (discard! bad)))
        (display (list (process-info bad) (processes)))";
    killed_after(&image, FIRST_US, text, "failed");
    let console = Console::default();
    let mut session = open(&image, options(&console, FIRST_US));
    let number = session.vm.global("bad").unwrap().as_fixnum();
    let Known::Process(bad) = session.vm.process_by_number(number) else { panic!("it is kept") };
    assert_eq!(session.vm.process_state(bad), ProcessState::Failed);
    let procedures: Vec<String> =
        frames(&session.vm, bad, 10).into_iter().map(|frame| frame.procedure).collect();
    assert_eq!(procedures[..2], ["inner", "outer"]);
    assert_eq!(session.run().unwrap(), Outcome::Waiting);
    let main = session.vm.heap.root(Root::MainProcess);
    let message = session.vm.heap.intern("discard", &mut session.vm.machine);
    let place = session.vm.heap.protect(message);
    session.vm.heap.ensure_room(body::Message::BYTES, &mut session.vm.machine);
    session.vm.deliver(main, session.vm.heap.protected(place)).unwrap();
    session.vm.heap.unprotect(place);
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    let main_number = session.vm.heap.field(main, body::Process::ID).as_fixnum();
    assert_eq!(shown(&console), format!("(#f ({main_number}))"));
    assert_eq!(session.vm.process_by_number(number), Known::Ended);
}

#[test]
fn exit_ends_the_run_whatever_others_do() {
    let text = "
        (define ticks 0)
        (spawn (lambda () (let loop () (sleep 1) (set! ticks (+ ticks 1)) (loop))))
        (spawn (lambda () (let loop () (loop))))
        (spawn (lambda () (sleep 3.5) (display ticks) (exit 7)))
        (recv ('never #t))";
    let (console, image) = (Console::default(), MemoryImage::new());
    // A program that never ends by itself: the clock of the test moves when all wait, so the one that
    // always runs is left out here.
    let quiet = text.replace("(spawn (lambda () (let loop () (loop))))", "");
    let mut session = open(&image, options(&console, FIRST_US));
    session.start_program("test.scm", &quiet).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(7));
    assert_eq!(shown(&console), "3");
    session.close().unwrap();
    let session = open(&image, options(&console, FIRST_US));
    assert_eq!(session.exit_status(), Some(7), "the end is part of the state");

    let busy = "(spawn (lambda () (let loop () (loop)))) (yield) (exit 5)";
    assert_eq!(run(busy, |_| ()).0, Outcome::Ended(5));
}

#[test]
fn the_run_waits_for_others_unless_told_otherwise() {
    let text = "(spawn (lambda () (sleep 5) (display \"other\"))) (display \"main \")";
    assert_eq!(ended(text), "main other");
    let (outcome, shown) = run(text, |options| options.ends_with_main = true);
    assert_eq!((outcome, shown.as_str()), (Outcome::Ended(0), "main "));
    let failing = "(spawn (lambda () (sleep 5) (display \"other\"))) (car 5)";
    let (outcome, shown) = run(failing, |options| options.ends_with_main = true);
    assert_eq!((outcome, shown.as_str()), (Outcome::Ended(1), ""));
    // Others that wait for messages nobody can send keep no run going; a main process that does is
    // another matter.
    assert_eq!(ended("(spawn (lambda () (recv (x x)))) (display \"main\")"), "main");
    assert_eq!(run("(recv (x x))", |_| ()).0, Outcome::Waiting);
}

#[test]
fn a_full_mailbox_is_a_condition_of_the_sender_and_nothing_is_lost() {
    let text = "
        (define main (self))
        (define (fill n) (if (< n 100) (begin (! main n) (fill (+ n 1))) n))
        (define caught (guard (e (#t (error-object-message e))) (fill 0)))
        (display caught) (newline)
        (define (drain count) (recv (n (where (= n count)) (drain (+ count 1))) (after 0 count)))
        (display (drain 0)) (newline)
        (! main 'again)
        (display (recv (x x)))";
    let (outcome, shown) = run(text, |options| options.limits.mailbox_messages = 10);
    assert_eq!(outcome, Outcome::Ended(0));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].ends_with("is full: 10 messages wait in it"), "{shown}");
    assert_eq!(lines[1..], ["10", "again"]);
}

#[test]
fn a_process_that_only_spawns_meets_the_heap_s_limit() {
    let text = "(define (wait) (recv (x x))) (define (breed) (spawn wait) (breed)) (breed)";
    let (outcome, _) = run(text, |options| options.limits.heap_bytes = 24 << 20);
    assert_eq!(outcome, Outcome::AtLimit);
}

const ON_COMMIT: &str = "
    (define before 0)
    (define after-commit 0)
    (define (count n)
      (if (< n 30)
          (begin
            (set! before (+ before 1))
            (on-commit (lambda () (set! after-commit (+ after-commit 1))))
            (let busy ((i 0)) (if (< i 3000) (busy (+ i 1))))
            (count (+ n 1)))))
    (count 0)
    (let wait () (if (< after-commit 30) (begin (yield) (wait))))
    (display (list before after-commit))";

#[test]
fn on_commit_runs_when_the_commit_with_its_request_is_durable() {
    assert_eq!(ended(ON_COMMIT), "(30 30)");
    let number = |session: &mut Session, name: &str| {
        session.vm.global(name).filter(|word| word.is_fixnum()).map(|word| word.as_fixnum())
    };
    // Killed after every number of slices: each request of the last commit is carried out once.
    for slices in (0..400).step_by(3) {
        let (console, image) = (Console::default(), MemoryImage::new());
        let mut session = open(&image, options(&console, FIRST_US));
        session.start_program("test.scm", ON_COMMIT).unwrap();
        let mut last = None;
        for _ in 0..slices {
            let requests = number(&mut session, "before").unwrap_or(0);
            if last.is_none() {
                last = session.run_one_slice().unwrap();
            }
            let done = number(&mut session, "after-commit").unwrap_or(0);
            assert!(done <= requests, "{done} of {requests}");
        }
        drop(session);
        let mut session = open(&image, options(&console, FIRST_US));
        if session.script_is(ON_COMMIT).is_none() || session.exit_status().is_some() {
            continue;
        }
        let (requested, done) =
            (number(&mut session, "before"), number(&mut session, "after-commit"));
        assert!(done <= requested, "{done:?} of {requested:?}");
        shown(&console);
        assert_eq!(session.run().unwrap(), Outcome::Ended(0), "after {slices} slices");
        assert_eq!(shown(&console), "(30 30)", "after {slices} slices");
    }
}

#[test]
fn nothing_runs_on_a_commit_that_is_not_durable() {
    let (console, image) = (Console::default(), MemoryImage::new());
    let mut options = options(&console, FIRST_US);
    options.wave_interval = std::time::Duration::from_secs(3600);
    let mut session = open(&image, options);
    let text = "
        (define ran #f)
        (atomically
          (lambda ()
            (on-commit (lambda () (set! ran #t)))
            (let busy ((i 0)) (if (< i 100000) (busy (+ i 1))))
            (display ran)))
        (let wait () (if (not ran) (begin (yield) (wait))))
        (display ran)";
    session.start_program("test.scm", text).unwrap();
    let opened = session.durable().unwrap();
    while session.vm.global("ran") != Some(Word::TRUE) {
        let durable = session.durable().unwrap();
        session.run_one_slice().unwrap();
        let ran = session.vm.global("ran") == Some(Word::TRUE);
        assert!(!ran || durable > opened, "it ran before a commit was durable");
    }
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "#f#t", "no commit comes while the section is open");
}

#[test]
fn a_transient_value_is_computed_again_after_each_opening() {
    let text = "
        (define computed 0)
        (define cell (transient (lambda () (set! computed (+ computed 1)) (list 'value computed))))
        (define other (transient (lambda () 'other)))
        (define first (cell))
        (display (list (eq? first (cell)) (cell) (other)))
        (sleep 10)
        (display (list (eq? first (cell)) (cell) (eq? (cell) (cell)) (other)))";
    let (console, image) = (Console::default(), MemoryImage::new());
    let mut session = open(&image, options(&console, FIRST_US));
    session.start_program("test.scm", text).unwrap();
    run_until_shown(&mut session, &console, "other");
    session.commit_and_wait().unwrap();
    drop(session);
    assert_eq!(shown(&console), "(#t (value 1) other)");
    let mut session = open(&image, options(&console, FIRST_US));
    session.vm.heap.collect_major(&mut session.vm.machine);
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "(#f (value 2) #t other)");
    assert_eq!(ended(text), "(#t (value 1) other)(#t (value 1) #t other)");
}

#[test]
fn monitors_of_watchers_that_have_ended_do_not_pile_up() {
    let text = "
        (define server (spawn (lambda () (let loop () (recv ('stop #t) (_ (loop)))))))
        (define (client) (monitor server) (! server 'hello))
        (define (clients n) (if (> n 0) (begin (spawn client) (yield) (yield) (clients (- n 1)))))
        (clients 40000)
        (define many (cdr (assq 'monitors (process-info server))))
        (define watch (monitor server))
        (! server 'stop)
        (recv (`(down ,m ,_ ,reason) (display (list (eq? m watch) reason (< many 100)))))";
    assert_eq!(ended(text), "(#t (finished #t) #t)");
}

#[test]
fn names_are_free_again_and_do_not_pile_up() {
    let text = "
        (define (brief name) (lambda () (register! name (self))))
        (define (many n)
          (if (> n 0)
              (begin
                (spawn (brief (string->symbol (number->string (modulo n 7000)))))
                (yield)
                (many (- n 1)))))
        (many 40000)
        (display (whereis '|1|))
        (define (hold n)
          (if (> n 0)
              (begin
                (register! (string->symbol (number->string n)) (spawn (lambda () (recv (x x)))))
                (hold (- n 1)))))
        (hold 3000)
        (display (let loop ((n 3000)) (or (= n 0) (and (whereis (string->symbol (number->string n))) (loop (- n 1))))))";
    assert_eq!(ended(text), "#f#t");
}
