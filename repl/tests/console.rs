//! What programs read from the standard input: piped at once or by and by, while the command is killed and
//! goes on, and what ends the wait for it.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use support::{shown, wait_until, write};

/// A command with its input and output in the hands of the test.
struct Reader {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Reader {
    fn start(folder: &Path, arguments: &[&str]) -> Reader {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take().unwrap());
        Reader { child, input, output: BufReader::new(output) }
    }

    /// Types bytes; a command that has ended reads no more.
    fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    /// The next line that the command shows.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Ends the input and waits for the end of the command; the rest of what it shows.
    fn finish(mut self) -> Output {
        drop(self.input.take());
        let mut rest = String::new();
        while self.output.read_line(&mut rest).unwrap() > 0 {}
        let mut output = self.child.wait_with_output().unwrap();
        output.stdout = rest.into_bytes();
        output
    }
}

/// What a command shows whose input is all there.
fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut reader = Reader::start(folder, arguments);
    reader.send(input);
    let output = reader.finish();
    assert!(output.status.success(), "{}", shown(&output.stderr));
    shown(&output.stdout)
}

const ADD: &str = "(define (show x) (write x) (newline))
(let loop ((total 0))
  (let ((number (read)))
    (if (eof-object? number) (show (list 'total total)) (begin (show number) (loop (+ total number))))))";

#[test]
fn every_way_of_running_a_program_gives_it_the_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "add.scm", ADD);
    let expected = "1\n2/3\n40\n(total 125/3)\n";
    let input = b"1 2/3\n40";
    assert_eq!(run(folder.path(), &["add.scm"], input), expected);
    assert_eq!(run(folder.path(), &["run", "add.scm"], input), expected);
    assert_eq!(
        run(folder.path(), &["-e", "(list (read-line) (read))"], b"a b\n(c\n d)"),
        "(\"a b\" (c d))\n"
    );
    assert_eq!(run(folder.path(), &["-e", "(read-char)"], b""), "#<eof>\n");
    // A program that comes on the standard input takes all of it.
    assert_eq!(run(folder.path(), &["-"], ADD.as_bytes()), "(total 0)\n");
}

#[test]
fn a_program_goes_on_with_each_piece_of_a_slow_input() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "add.scm", ADD);
    for arguments in [&["add.scm"][..], &["run", "add.scm"]] {
        let mut reader = Reader::start(folder.path(), arguments);
        reader.send(b"1\n");
        assert_eq!(reader.line(), "1\n");
        reader.send(b"2");
        reader.send(b"3 (");
        assert_eq!(reader.line(), "23\n");
        reader.send(b") 4");
        let output = reader.finish();
        assert!(!output.status.success(), "a list is no number");
    }
}

#[test]
fn others_run_while_one_waits_for_input() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(define (show x) (write x) (newline))
        (spawn (lambda () (let loop () (show (read-line)) (loop))))
        (let loop ((n 0)) (show n) (sleep 0.01) (loop (+ n 1)))";
    write(folder.path(), "both.scm", text);
    let mut reader = Reader::start(folder.path(), &["both.scm"]);
    assert_eq!((reader.line(), reader.line()), ("0\n".into(), "1\n".into()));
    reader.send(b"typed\n");
    while reader.line() != "\"typed\"\n" {}
    // One that never rests leaves time to look, too.
    let text = "(spawn (lambda () (display (read-line)) (exit 7)))
        (display \"busy\") (newline) (let loop () (loop))";
    write(folder.path(), "busy.scm", text);
    let mut busy = Reader::start(folder.path(), &["busy.scm"]);
    assert_eq!(busy.line(), "busy\n");
    busy.send(b"line\n");
    let output = busy.finish();
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("line", Some(7)));
    reader.signal("-KILL");
    reader.finish();
}

#[test]
fn a_signal_ends_the_wait_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "add.scm", ADD);
    let mut reader = Reader::start(folder.path(), &["run", "add.scm"]);
    reader.send(b"1 2 (3");
    assert_eq!((reader.line(), reader.line()), ("1\n".into(), "2\n".into()));
    reader.signal("-TERM");
    // The input stays open: only the signal ends the command.
    let input = reader.input.take();
    let output = reader.finish();
    drop(input);
    assert_eq!(output.status.code(), Some(130), "{}", shown(&output.stderr));
    assert!(shown(&output.stderr).contains("stopped after commit"), "{}", shown(&output.stderr));
    let seen = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["ps", "add.scm.image"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(shown(&seen.stdout).contains("waiting-for-input"), "{}", shown(&seen.stdout));
    assert!(shown(&seen.stdout).contains("input from the console"), "{}", shown(&seen.stdout));
    // Without an image it ends as well.
    let mut plain = Reader::start(folder.path(), &["add.scm"]);
    plain.send(b"5 ");
    assert_eq!(plain.line(), "5\n");
    plain.signal("-INT");
    let input = plain.input.take();
    assert_eq!(plain.finish().status.code(), Some(130));
    drop(input);
}

#[test]
fn a_killed_program_goes_on_behind_what_it_had_read_and_committed() {
    let folder = tempfile::tempdir().unwrap();
    // A line is answered when it is durable that it was taken.
    let text = "(define (show x) (write x) (newline))
        (let loop ((lines '()))
          (let ((line (read-line)))
            (if (eof-object? line)
                (show (reverse lines))
                (begin (await-commit) (show line) (loop (cons line lines))))))";
    write(folder.path(), "lines.scm", text);
    let mut reader = Reader::start(folder.path(), &["run", "lines.scm"]);
    // Half of a line comes with a whole one, and is durable with it.
    reader.send(b"one\ntw");
    assert_eq!(reader.line(), "\"one\"\n");
    reader.signal("-KILL");
    assert!(!reader.finish().status.success());
    let mut reader = Reader::start(folder.path(), &["run", "lines.scm"]);
    reader.send(b"o\n");
    while reader.line() != "\"two\"\n" {}
    reader.signal("-KILL");
    assert!(!reader.finish().status.success());
    let rest = run(folder.path(), &["run", "lines.scm"], b"three\nend");
    assert!(rest.ends_with("\"three\"\n\"end\"\n(\"one\" \"two\" \"three\" \"end\")\n"), "{rest}");
}

#[test]
fn a_wait_for_input_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "wait.scm", "(display \"ready\") (newline) (display (read-line))");
    let mut reader = Reader::start(folder.path(), &["run", "wait.scm"]);
    assert_eq!(reader.line(), "ready\n");
    wait_until("the wait is committed", || {
        let seen = support::pscheme(folder.path(), &["ps", "wait.scm.image"]);
        shown(&seen.stdout).contains("waiting-for-input")
    });
    reader.send(b"done\n");
    assert_eq!(shown(&reader.finish().stdout), "done");
}
