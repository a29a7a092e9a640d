//! Reading from the console: however the input comes, processes that wait for it beside others, its end,
//! and what is left of a line when the program goes on in another session.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use pscheme::heap::heap::Heap;
use pscheme::heap::root_table::Root;
use pscheme::heap::store::MemoryImage;
use pscheme::heap::word::Word;
use pscheme::session::{Advance, check_heap};
use pscheme::vm::engine::Engine;
use pscheme::vm::host::{ConsoleInput, Host};
use pscheme::vm::process::Event;
use pscheme::{Budget, Error, Image, OpenOptions, Outcome, Session, SessionOptions, Stop};
use support::{Console, TestHost, Typed, session_for};

const SHOW: &str = "(define (show . parts) (write parts) (newline))";

fn shown(console: &Console) -> String {
    String::from_utf8(std::mem::take(&mut *console.lock().unwrap())).unwrap()
}

/// Runs a program to its end; what it showed.
fn run_with(text: &str, console: &Console) -> String {
    let mut session = session_for("reading.scm", &format!("{SHOW}{text}"), console);
    let outcome = session.run().unwrap();
    let shown = shown(console);
    assert_eq!(outcome, Outcome::Ended(0), "{shown}");
    shown
}

/// The same while these pieces come.
fn run(text: &str, pieces: &[&str]) -> String {
    let console = Console::default();
    pieces.iter().for_each(|piece| console.typed.piece(piece.as_bytes()));
    run_with(text, &console)
}

#[test]
fn what_is_read_does_not_depend_on_how_it_comes() {
    let program = "(show (read-line)) (show (read-string 4)) (show (read)) (show (peek-char))
        (show (read-line)) (show (read-line)) (show (read-line)) (show (read-char))
        (show (read-line)) (show (read-char)) (show (read)) (show (read-line)) (show (read-line))
        (show (read-string 2))";
    let input =
        "one λ\n€ 東京(a \"b\nc\" #| d |# . e) f\r\ng\rh\n\r\n\u{1f600} #\\x41 z\nend".as_bytes();
    let expected = "(\"one λ\")\n(\"€ 東京\")\n((a \"b\\nc\" . e))\n(#\\space)\n(\" f\")\n(\"g\")\n\
        (\"h\")\n(#\\return)\n(\"\")\n(#\\\u{1f600})\n(#\\A)\n(\" z\")\n(\"end\")\n(#<eof>)\n";
    for piece_bytes in 1..=input.len() {
        let console = Console::default();
        console.typed.pieces(input, piece_bytes);
        assert_eq!(run_with(program, &console), expected, "in pieces of {piece_bytes}");
    }
}

#[test]
fn a_reading_takes_no_more_than_it_needs_to_be_done() {
    // What is not there yet would be waited for for ever.
    let session = |text: &str, typed: &str| {
        let console = Console::default();
        console.typed.stay_open();
        if !typed.is_empty() {
            console.typed.piece(typed.as_bytes());
        }
        console.typed.wait();
        let mut session = session_for("reading.scm", &format!("{SHOW}{text}"), &console);
        for _ in 0..10_000 {
            if !shown(&console).is_empty() {
                return true;
            }
            if session.vm.has_input_waiters() {
                return false;
            }
            session.run_one_slice().unwrap();
        }
        panic!("{text} neither ends nor waits");
    };
    for (text, typed) in [
        ("(show (read-line))", "a line\n"),
        ("(show (read))", "(a\n(list))"),
        ("(show (read))", "\"text\""),
        ("(show (read))", "symbol\n"),
        ("(show (read))", "'a\n"),
        ("(show (read-char))", "é"),
        ("(show (peek-char))", "é"),
        ("(show (read-string 2))", "éa"),
        ("(show (char-ready?))", ""),
    ] {
        assert!(session(text, typed), "{text} of {typed:?}");
    }
    for (text, typed) in [
        ("(show (read-line))", "a line"),
        ("(show (read))", "(a\n(list)"),
        ("(show (read))", "symbol"),
        ("(show (read-char))", ""),
        ("(show (read-string 3))", "éa"),
    ] {
        assert!(!session(text, typed), "{text} of {typed:?}");
    }
}

#[test]
fn long_lines_and_long_texts_are_read_whole() {
    let line = "λ".repeat(50_000);
    let console = Console::default();
    console.typed.pieces(format!("{line}\n{line}!").as_bytes(), 7_001);
    let program = "(define line (make-string 50000 #\\λ))
        (show (equal? (read-line) line) (equal? (read-string 50000) line))
        (show (read-string 70000) (read-char))";
    assert_eq!(run_with(program, &console), "(#t #t)\n(\"!\" #<eof>)\n");
    // The end of the line is the last byte that one step looks at, and the one behind it.
    for length in 16_382..=16_386 {
        let text = format!("{}\r\nnext\n", "a".repeat(length));
        let program = "(let* ((a (read-line)) (b (read-line))) (show (string-length a) b))";
        assert_eq!(run(program, &[&text]), format!("({length} \"next\")\n"));
        let (first, second) = text.split_at(length + 1);
        assert_eq!(run(program, &[first, second]), format!("({length} \"next\")\n"));
    }
}

#[test]
fn who_waits_for_input_stops_nobody() {
    let text = "(spawn (lambda () (show 'read (read-line))))
        (let loop ((i 0)) (if (< i 3) (begin (show i) (yield) (loop (+ i 1)))))
        (sleep 5)
        (show 'slept)";
    // The input comes when nobody else can run, before the time that the other one waits for.
    assert_eq!(run(text, &["ty", "ped\n"]), "(0)\n(1)\n(2)\n(read \"typed\")\n(slept)\n");
}

#[test]
fn each_of_those_who_wait_gets_its_line() {
    let text = "(define (reader name)
          (lambda () (show name (read-line)) (yield) (show name (read-line))))
        (spawn (reader 'a)) (spawn (reader 'b)) (spawn (reader 'c))";
    let expected = "(a \"1\")\n(b \"2\")\n(c \"3\")\n(a \"4\")\n(b \"5\")\n(c \"6\")\n";
    assert_eq!(run(text, &["1\n2\n3\n4\n5\n6\n"]), expected);
    assert_eq!(run(text, &["1\n", "2\n", "3\n", "4\n", "5\n", "6\n"]), expected);
}

#[test]
fn who_gets_input_lets_those_who_wait_look() {
    let console = Console::default();
    console.typed.stay_open();
    let text = "(define go #f)
        (spawn (lambda () (show 'line (read-line))))
        (let loop () (if (not go) (begin (yield) (loop))))
        (show 'character (read-char))";
    let mut vm = session_for("reading.scm", &format!("{SHOW}{text}"), &console).vm;
    while !vm.has_input_waiters() {
        vm.advance(Engine::fastest());
    }
    // Nobody but the reader of the character asks the host.
    console.typed.piece(b"a line\n");
    console.typed.wait();
    let place = vm.heap.protect(Word::TRUE);
    vm.define("go", place);
    vm.heap.unprotect(place);
    while vm.advance(Engine::fastest()) != Event::Idle {}
    assert_eq!(shown(&console), "(character #\\a)\n(line \" line\")\n");
}

#[test]
fn an_end_of_the_input_is_given_out_once() {
    let text = "(show (read-line)) (show (peek-char)) (show (char-ready?)) (show (read-char))
        (show (read-line)) (show (read)) (show (read-string 9)) (show (read-string 9))
        (show (read-line))";
    let pieces = ["a", "", "b\n", "", "c d", "", "e"];
    assert_eq!(
        run(text, &pieces),
        "(\"a\")\n(#<eof>)\n(#t)\n(#<eof>)\n(\"b\")\n(#<eof>)\n(\"c d\")\n(#<eof>)\n(\"e\")\n"
    );
}

#[test]
fn char_ready_does_not_wait() {
    let text = "(show (char-ready?)) (show (peek-char)) (show (char-ready?)) (show (read-char))
        (show (char-ready?)) (show (read-char)) (show (char-ready?)) (show (read-char))";
    let expected = "(#f)\n(#\\é)\n(#t)\n(#\\é)\n(#f)\n(#\\€)\n(#t)\n(#<eof>)\n";
    assert_eq!(run(text, &["é", "€"]), expected);
    // Half a character is none.
    let text = "(show (read-char)) (show (char-ready?)) (show (read-char))";
    let console = Console::default();
    [&b"a\xc3"[..], b"\xa9"].iter().for_each(|piece| console.typed.piece(piece));
    assert_eq!(run_with(text, &console), "(#\\a)\n(#f)\n(#\\é)\n");
}

#[test]
fn what_is_no_text_is_an_error_as_in_files() {
    let console = Console::default();
    console.typed.piece(b"ok\n\xff\n");
    let text = "(show (read-line))
        (guard (e ((file-error? e) (show (error-object-message e)))) (read-char))
        (guard (e ((file-error? e) (show (char-ready?)))) (read-line))";
    let message = "the input from the console is not UTF-8";
    assert_eq!(run_with(text, &console), format!("(\"ok\")\n(\"{message}\")\n(#t)\n"));
    // A character that the end cuts off.
    let console = Console::default();
    console.typed.piece(b"\xe2\x82");
    let text = "(guard (e ((file-error? e) (show 'cut))) (read-char))";
    assert_eq!(run_with(text, &console), "(cut)\n");
}

#[test]
fn an_atomic_section_reads_what_is_there_and_does_not_wait() {
    let text = "(peek-char)
        (show (atomically (lambda () (read-line))))
        (show (guard (e (#t (error-object-message e))) (atomically (lambda () (read-line)))))";
    assert_eq!(
        run(text, &["here\n", "later\n"]),
        "(\"here\")\n(\"reading from the console would wait inside an atomic section\")\n"
    );
}

/// Runs until the program has shown something, commits, and drops the session.
fn killed_after(image: &MemoryImage, console: &Console, text: Option<&str>, word: &str) {
    let options = SessionOptions::new(TestHost::new(console));
    let mut session = Session::open(Box::new(image.open().unwrap()), options).unwrap();
    if let Some(text) = text {
        session.start_program("reading.scm", &format!("{SHOW}{text}")).unwrap();
    }
    while !String::from_utf8_lossy(&console.lock().unwrap()).contains(word) {
        assert_eq!(session.run_one_slice().unwrap(), None);
    }
    session.commit_and_wait().unwrap();
}

#[test]
fn bytes_that_were_taken_are_in_the_image() {
    let image = MemoryImage::new();
    let console = Console::default();
    console.typed.piece(b"one\ntwo\nthr");
    let text =
        "(show (read-line)) (sleep 1) (show (read-line)) (show (read-line)) (show (read-line))";
    killed_after(&image, &console, Some(text), "one");
    // The next session's input goes on where that of the one before was cut off.
    let console = Console::default();
    console.typed.piece(b"ee\nfour");
    console.typed.stay_open();
    killed_after(&image, &console, None, "three");
    assert_eq!(shown(&console), "(\"two\")\n(\"three\")\n");
    let console = Console::default();
    let options = SessionOptions::new(TestHost::new(&console));
    let mut session = Session::open(Box::new(image.open().unwrap()), options).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    assert_eq!(shown(&console), "(\"four\")\n");
}

#[test]
fn who_waits_for_input_is_found_and_checked_when_the_image_is_opened() {
    let image = MemoryImage::new();
    let console = Console::default();
    console.typed.piece(b"not whole");
    console.typed.stay_open();
    let text = "(spawn (lambda () (show (%read-line (current-input-port)))))
        (spawn (lambda () (sleep 1) (show 'both)))
        (let ((read-one %read-char)) (sleep 2) (read-one (current-input-port)))";
    killed_after(&image, &console, Some(text), "both");
    let mut store = image.open().unwrap();
    let mut heap = Heap::restore(&mut store).unwrap();
    check_heap(&heap).unwrap();
    // One that waits for input and stands in no list, or in the list of others, is damage.
    let waiter = heap.root(Root::InputWaiters);
    assert!(waiter.is_object());
    heap.set_root(Root::ProcessesAtLimit, waiter);
    assert!(check_heap(&heap).is_err());
}

#[test]
fn a_wait_for_input_is_committed_once() {
    let image = MemoryImage::new();
    let console = Console::default();
    console.typed.stay_open();
    let options = SessionOptions::new(TestHost::new(&console));
    let mut session = Session::open(Box::new(image.open().unwrap()), options).unwrap();
    session.start_program("reading.scm", "(read-line)").unwrap();
    let idle = Advance::Idle { due_us: None, awaits_input: true };
    while session.advance().unwrap() != idle {}
    let commits = session.counts.commits;
    for _ in 0..100 {
        assert_eq!(session.advance().unwrap(), idle);
    }
    assert_eq!(session.counts.commits, commits);
}

/// A host that types what it was given before it waits, as a program around an image may.
struct LineHost {
    inner: Box<TestHost>,
    lines: Vec<&'static str>,
}

impl Host for LineHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.inner.console_write(bytes);
    }
    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        self.inner.console_read(buffer)
    }
    fn console_is_ready(&mut self) -> bool {
        self.inner.console_is_ready()
    }
    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        match self.lines.is_empty() {
            true if !self.inner.console.typed.wait() => stop.store(true, Ordering::Relaxed),
            true => {}
            false => {
                self.inner.console.typed.piece(self.lines.remove(0).as_bytes());
                self.inner.wait_for_console(deadline_us, stop);
            }
        }
    }
    fn clock_us(&mut self) -> i64 {
        self.inner.clock_us()
    }
    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.inner.wait_until_us(deadline_us, stop);
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.inner.monotonic_ns()
    }
    fn random(&mut self) -> u64 {
        self.inner.random()
    }
}

fn embedded(lines: &[&'static str]) -> (Image, Typed) {
    let console = Console::default();
    console.typed.stay_open();
    let host = LineHost { inner: TestHost::new(&console), lines: lines.to_vec() };
    (OpenOptions::new().host(Box::new(host)).in_memory().unwrap(), console.typed)
}

#[test]
fn an_embedder_without_a_console_has_programs_find_the_end() {
    struct Silent(Box<TestHost>);
    impl Host for Silent {
        fn console_write(&mut self, _: &[u8]) {}
        fn clock_us(&mut self) -> i64 {
            self.0.clock_us()
        }
        fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
            self.0.wait_until_us(deadline_us, stop);
        }
        fn monotonic_ns(&mut self) -> u64 {
            0
        }
        fn random(&mut self) -> u64 {
            0
        }
    }
    let host = Silent(TestHost::new(&Console::default()));
    let mut image = OpenOptions::new().host(Box::new(host)).in_memory().unwrap();
    let ended = "(eof-object? (read-line))";
    assert!(image.eval_to::<bool>(ended).unwrap());
    assert!(image.eval_to::<bool>("(char-ready?)").unwrap());
}

#[test]
fn an_embedders_calls_wait_for_the_console_of_its_host() {
    let (mut image, typed) = embedded(&["typed\n", "(a", " b)\n"]);
    assert_eq!(image.eval_to::<String>("(read-line)").unwrap(), "typed");
    assert_eq!(image.eval_to::<i64>("(length (read))").unwrap(), 2);
    assert_eq!(image.eval_to::<String>("(read-line)").unwrap(), "", "the end of that line");
    image.eval("(define got 'nothing) (spawn (lambda () (set! got (read-line))))").unwrap();
    // Without waiting it is idle though somebody reads.
    assert_eq!(image.run(Budget::UNTIL_IDLE).unwrap(), Stop::Idle { until: None });
    typed.piece(b"from outside\n");
    assert_eq!(image.run(Budget::TO_THE_END).unwrap(), Stop::Idle { until: None });
    assert_eq!(image.eval_to::<String>("got").unwrap(), "from outside");
}

#[test]
fn an_image_that_waits_for_its_console_can_be_stopped() {
    let (mut image, _) = embedded(&[]);
    let stopped = image.eval("(read-line)");
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{:?}", stopped.err());
}
