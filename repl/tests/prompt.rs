//! The prompt as its users see it: typed into a terminal, killed, opened again; and at the end of a
//! pipe.

mod support;
#[path = "prompt/terminal.rs"]
mod terminal;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{pscheme, shown};
use terminal::Terminal;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Compares with a golden file, or writes it.
fn check_golden(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("PSCHEME_BLESS").is_some() {
        std::fs::write(&path, screen).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == screen,
        "not as in {}; PSCHEME_BLESS=1 writes it anew:\n{screen}",
        path.display()
    );
}

#[test]
fn entries_are_evaluated_and_their_values_numbered() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter("(+ 1 2)");
    terminal.type_text("(define (square x)");
    terminal.press("Enter");
    terminal.enter("(* x x))");
    terminal.enter("(square $1)");
    terminal.enter("(values \"a\" 'b)");
    terminal.enter("(square 'b)");
    terminal.enter("(sqare 2)");
    terminal.enter(",satck 1");
    terminal.enter(",describe square");
    check_golden("prompt_entries.txt", &terminal.golden_screen());
}

#[test]
fn commands_are_listed_and_carried_out() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter(",help");
    terminal.enter("(define (f x) (car x))");
    terminal.enter("(list (f 5))");
    check_golden("prompt_help.txt", &terminal.golden_screen());
    terminal.press("C-l");
    terminal.enter(",bt");
    terminal.enter(",apropos string-u");
    terminal.enter(",expand (when #t 1)");
    terminal.enter(",disassemble f");
    terminal.enter(",commit");
    check_golden("prompt_commands.txt", &terminal.golden_screen());
    terminal.press("C-l");
    terminal.enter(",describe newline");
    terminal.enter(",describe help");
    terminal.enter("(help f)");
    check_golden("prompt_describe.txt", &terminal.golden_screen());
    terminal.enter(",time (f '(1))");
    terminal.wait_for(" units of work");
    terminal.type_text(",quit");
    terminal.press("Enter");
    assert_eq!(terminal.wait_for_end(), "0");
}

#[test]
fn what_was_entered_is_undone_and_the_log_shown() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter(",undo");
    terminal.wait_for("nothing is kept of before what was done last");
    terminal.wait_ready();
    for entry in ["(define a 1)", "(define a 2)", "(define a 3)"] {
        terminal.enter(entry);
        terminal.enter(",commit");
    }
    terminal.press("C-l");
    terminal.enter(",log 6");
    let screen = terminal.wait_for("older ones, which ,log N shows");
    assert!(screen.contains("commit  time (UTC)") && screen.contains("entry"), "{screen}");
    terminal.enter(",log all");
    terminal.wait_for("all is no number");
    terminal.wait_ready();
    terminal.press("C-l");
    for (entry, value) in [("(define a 3)", "2"), ("(define a 2)", "1")] {
        terminal.enter(",undo");
        terminal.wait_for(&format!("undone: {entry}"));
        terminal.wait_ready();
        terminal.enter("(list 'a a)");
        terminal.wait_for(&format!("= (a {value})"));
        terminal.wait_ready();
        // That was an entry, too.
        terminal.enter(",undo");
        terminal.wait_for("undone: (list 'a a)");
        terminal.wait_ready();
        terminal.press("C-l");
    }
    terminal.press("C-d");
    assert_eq!(terminal.wait_for_end(), "0");
    drop(terminal);

    // In a new session, what the one before did.
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter(",undo");
    terminal.wait_for("undone: (define a 1)");
    terminal.wait_ready();
    terminal.enter("a");
    terminal.wait_for("the variable a has no value");
    terminal.wait_ready();
    assert!(pscheme(folder.path(), &["log", "work.image"]).status.success());
    terminal.enter("(define a 'new)");
    terminal.press("C-d");
    assert_eq!(terminal.wait_for_end(), "0");
    let output = pscheme(folder.path(), &["eval", "work.image", "a"]);
    assert_eq!(shown(&output.stdout), "new\n");
    let sound = pscheme(folder.path(), &["check", "work.image"]);
    assert!(shown(&sound.stdout).contains("no problem found"));
}

#[test]
fn tab_completes_names_and_commands() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter("(define my-own-name 'mine)");
    terminal.type_text("(list my-ow");
    terminal.press("Tab");
    terminal.wait_for("(list my-own-name");
    terminal.type_text(" (string-upca");
    terminal.press("Tab");
    terminal.wait_for("(string-upcase");
    terminal.enter(" \"a\"))");
    terminal.wait_for("= (mine \"A\")");
    terminal.type_text(",disa");
    terminal.press("Tab");
    terminal.wait_for(",disassemble");
}

#[test]
fn an_endless_loop_is_interrupted_and_a_line_cleared() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.type_text("(begin (display \"looping\") (newline) (let loop () (loop)))");
    terminal.press("Enter");
    terminal.wait_for("\nlooping");
    terminal.press("C-c");
    terminal.wait_for("interrupted after commit");
    terminal.wait_ready();
    terminal.type_text("(this is (not wanted");
    terminal.wait_for("not wanted");
    terminal.press("C-c");
    terminal.wait_ready();
    terminal.enter("'still-here");
    terminal.wait_for("$1 = still-here");
}

#[test]
fn a_prompt_on_a_full_disk_waits_and_can_be_left() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image --limit image=2M");
    terminal.wait_ready();
    terminal.enter("(define x 3)");
    terminal.enter("(define (next s) (modulo (+ (* s 6364136223846793005) 1442695) (expt 2 64)))");
    // The entry is in a commit before there is no room; then bits that cannot be compressed.
    terminal.type_text(
        "(define kept (let loop ((i 0) (s 1) (l '())) (if (= i 0) (await-commit)) (if (< i 300000) (loop (+ i 1) (next s) (cons s l)) l)))",
    );
    terminal.press("Enter");
    terminal.wait_for("E0012");
    terminal.wait_for("Ctrl-C leaves the prompt");
    terminal.press("C-c");
    terminal.wait_for("error[E0012]");
    terminal.wait_for_end();
    drop(terminal);
    // Another prompt, with more room, goes on in the middle.
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_for("going on with (define kept");
    terminal.wait_ready();
    terminal.enter("(+ x (length kept))");
    terminal.wait_for("= 300003");
}

#[test]
fn a_killed_prompt_goes_on_in_the_middle() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "");
    terminal.wait_ready();
    terminal.enter("(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))");
    terminal.enter("(define-syntax twice (syntax-rules () ((_ e) (* 2 e))))");
    terminal.enter("'first");
    // The commit is on the disk when the text appears, and the numbers take a while.
    terminal.type_text("(begin (await-commit) (display \"counting\") (newline) (fib 35))");
    terminal.press("Enter");
    terminal.wait_for("\ncounting");
    terminal.signal("-KILL");
    terminal.wait_for_end();
    assert!(!terminal.screen().contains("$2"), "killed too late:\n{}", terminal.screen());
    drop(terminal);

    let terminal = Terminal::open(folder.path(), "");
    terminal.wait_for("going on with (begin (await-commit)");
    terminal.wait_for("$2 = 9227465");
    terminal.wait_ready();
    terminal.enter("(twice (fib 10))");
    terminal.press("Up");
    terminal.press("Up");
    terminal.press("Up");
    terminal.wait_for("\n> 'first");
    terminal.press("Enter");
    terminal.wait_for("$4 = first");
    terminal.wait_ready();
    // What was shown since the last commit may be shown again.
    let screen = terminal.golden_screen().replace("\ncounting\n", "\n");
    check_golden("prompt_resumed.txt", &screen);
    assert!(folder.path().join("data/pscheme/home.image").is_dir());
}

#[test]
fn a_second_opener_is_told_who_holds_the_image() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    let second = pscheme(folder.path(), &["repl", "work.image"]);
    let message = shown(&second.stderr);
    assert_eq!(second.status.code(), Some(75), "{message}");
    assert!(message.contains(&format!("process {}", terminal.process())), "{message}");
    assert!(message.contains("pscheme ps work.image"), "{message}");
    let looked = pscheme(folder.path(), &["ps", "work.image"]);
    assert!(looked.status.success());
    terminal.enter("'undisturbed");
    terminal.wait_for("$1 = undisturbed");
}

#[test]
fn what_processes_print_does_not_disturb_the_line_being_typed() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter(
        "(define other (spawn (lambda () (sleep 0.5) (display \"from behind\") (newline))))",
    );
    terminal.type_text("(list 1 2");
    let screen = terminal.wait_for("\nfrom behind");
    assert!(!screen.contains("2from"), "{screen}");
    terminal.wait_for("from behind\n> (list 1 2");
    terminal.enter(")");
    terminal.wait_for("$1 = (1 2)");
}

#[test]
fn processes_go_on_when_the_image_is_opened_again() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.enter("(define one (spawn (lambda () (sleep 1000))))");
    terminal.enter("(define two (spawn (lambda () (recv (x x)))))");
    terminal.press("C-d");
    assert_eq!(terminal.wait_for_end(), "0");
    drop(terminal);
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_for("work.image, 2 processes go on after commit");
    terminal.wait_ready();
    terminal.signal("-TERM");
    assert_eq!(terminal.wait_for_end(), "143");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = folder();
    let entry = "(define x \"text\") ; why";
    let terminal = Terminal::open_with(folder.path(), "COLORTERM=", "repl work.image");
    terminal.wait_ready();
    terminal.type_text(entry);
    terminal.wait_for("; why");
    let coloured = terminal.screen_with_colours();
    assert!(
        coloured.contains("\x1b[35mdefine") && coloured.contains("\x1b[32m\"text\""),
        "{coloured}"
    );
    drop(terminal);
    let terminal = Terminal::open(folder.path(), "repl other.image");
    terminal.wait_ready();
    terminal.type_text(entry);
    terminal.wait_for("; why");
    let plain = terminal.screen_with_colours();
    assert!(!plain.contains("\x1b[3"), "{plain}");
}

/// Runs `pscheme` with something on its standard input.
fn piped(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_DATA_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that ends at an error reads no more.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn a_pipe_is_evaluated_without_an_image() {
    let folder = folder();
    let output = piped(folder.path(), &[], "(+ 1 2)\n(define x\n 5) x \"s\"\n(if #f #f)");
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("3\n5\n\"s\"\n", Some(0)));
    assert_eq!(shown(&output.stderr), "");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn errors_in_a_pipe_go_to_standard_error_with_their_line() {
    let folder = folder();
    let output = piped(folder.path(), &[], "1\n(define x 5)\n\n(car x)\n'not-reached\n");
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("1\n", Some(1)));
    let message = shown(&output.stderr);
    assert!(
        message.contains("error[E0104]") && message.contains("standard input:4:1"),
        "{message}"
    );
    let output = piped(folder.path(), &[], "(+ 1");
    assert_eq!(output.status.code(), Some(1));
    assert!(shown(&output.stderr).contains("E0201"), "{}", shown(&output.stderr));
    let output = piped(folder.path(), &[], "(exit 9) 'not-reached");
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("", Some(9)));
    let output = piped(folder.path(), &[], "(recv (x x))");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_pipe_into_an_image_leaves_what_it_did() {
    let folder = folder();
    let output = piped(folder.path(), &["repl", "work.image"], "(define x 42)\n");
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output.stderr));
    let output = piped(folder.path(), &["repl", "work.image"], "x\n");
    assert_eq!(shown(&output.stdout), "42\n");
}

/// A macro and a procedure that uses it, in entries of their own.
const FIRST_OF: &str = "(define-syntax first-of
  (syntax-rules () ((_ list) (car list))))
(define (f x)
  (first-of x))
";
const FIRST_OF_TEMPLATE: &str = "it stands in the template of `first-of`
 --> standard input:2:30
  |
2 |   (syntax-rules () ((_ list) (car list))))
  |                              ^^^^^^^^^^
";

#[test]
fn an_error_shows_the_template_of_an_earlier_entry() {
    let folder = folder();
    let at_the_use = |place: &str| {
        format!(
            "error[E0104]: car expects a pair as its first argument, found 5
 --> standard input:{place}
{FIRST_OF_TEMPLATE}"
        )
    };
    let shows = |arguments: &[&str], input: &str, expected: &str| {
        let found = shown(&piped(folder.path(), arguments, input).stderr);
        assert!(found.contains(expected), "{found}\ndoes not contain\n{expected}");
    };
    let in_f = at_the_use("4:3\n  |\n4 |   (first-of x))\n  |   ^^^^^^^^^^^^");
    shows(&[], &format!("{FIRST_OF}(f 5)"), &in_f);
    let work = ["repl", "work.image"];
    shows(&work, &format!("{FIRST_OF}(f 5)"), &in_f);
    // In what was made before the image was closed, and after it was opened again.
    shows(&work, "(f 5)", &in_f);
    let in_g = at_the_use(
        "1:15\n  |\n1 | (define (g x) (first-of x)) (g 5)\n  |               ^^^^^^^^^^^^",
    );
    shows(&work, "(define (g x) (first-of x)) (g 5)", &in_g);
    // Errors of the text, through a second macro that an entry defined.
    let outer = "(define-syntax outer (syntax-rules () ((_ x) (let ((y x) (y x)) y))))\n";
    piped(folder.path(), &work, outer);
    let found = "it stands in the template of `outer`
 --> standard input:1:59
  |
1 | (define-syntax outer (syntax-rules () ((_ x) (let ((y x) (y x)) y))))
  |                                                           ^
";
    shows(&work, "(list\n  (outer 1))", found);
}

#[test]
fn an_error_shows_the_template_of_a_file_that_was_loaded() {
    let folder = folder();
    let file = folder.path().join("macros.scm");
    std::fs::write(&file, "(define-syntax third\n  (syntax-rules () ((_ l) (caddr l))))").unwrap();
    let work = ["repl", "work.image"];
    let output = piped(folder.path(), &work, "(load \"macros.scm\")");
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output.stderr));
    // What is quoted is what was loaded.
    std::fs::remove_file(&file).unwrap();
    let found = shown(&piped(folder.path(), &work, "(define x 5)\n(third x)").stderr);
    let place = " --> standard input:2:1
  |
2 | (third x)
  | ^^^^^^^^^
it stands in the template of `third`
 --> macros.scm:2:27
  |
2 |   (syntax-rules () ((_ l) (caddr l))))
  |                           ^^^^^^^^^
";
    assert!(found.contains(place), "{found}");
}

#[test]
fn programs_in_a_pipe_read_the_lines_behind_their_entry() {
    let folder = folder();
    let input = "(define line (read-line))\nhello (not evaluated\nline (+ 1 2)\n(read)\n(a\nb)\n\
        (list (read-char) (peek-char))\nleft there\n(read-line)\n\"x\"\n(car line)";
    let output = piped(folder.path(), &[], input);
    assert_eq!(
        shown(&output.stdout),
        "\"hello (not evaluated\"\n3\n(a b)\n(#\\newline #\\l)\n\"left there\"\n\"x\"\n"
    );
    // Lines that were read count in the places of errors.
    assert!(shown(&output.stderr).contains("standard input:11:1"), "{}", shown(&output.stderr));
    let output = piped(folder.path(), &["repl", "work.image"], "(read-line)\n");
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("#<eof>\n", Some(0)));
    // Others read, too, while an entry is evaluated, and behind the last one.
    let reader = "(define other (spawn (lambda () (display (read-line)) (display (read-line)))))";
    let output = piped(folder.path(), &[], &format!("{reader} (sleep 0.01)\nline\n'next"));
    assert_eq!(shown(&output.stdout), "line'next");
    let output = piped(folder.path(), &[], &format!("'next {reader}"));
    assert_eq!(shown(&output.stdout), "next\n#<eof>#<eof>");
}

#[test]
fn a_program_reads_what_is_typed_while_its_entry_is_evaluated() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    terminal.type_text("(begin (display \"your name? \") (string-upcase (read-line)))");
    terminal.press("Enter");
    terminal.wait_for("\nyour name?");
    terminal.type_text("ada");
    terminal.wait_for("your name? ada");
    terminal.press("Enter");
    terminal.wait_for("$1 = \"ADA\"");
    terminal.wait_ready();
    // One that waits in the background gets nothing of what is typed as an entry.
    // What it shows ends with its line: what is typed next must not come in between.
    terminal.enter(
        "(define other (spawn (lambda () (display (string-append \"got \" (read-line) \"\\n\")))))",
    );
    terminal.enter("(+ 1 2)");
    terminal.wait_for("$2 = 3");
    terminal.type_text("(begin (display \"go \") (sleep 2) (list (read)))");
    terminal.press("Enter");
    terminal.wait_for("\ngo");
    terminal.type_text("for the other");
    terminal.press("Enter");
    terminal.wait_for("\ngot for the other");
    terminal.type_text("(a");
    terminal.press("Enter");
    terminal.type_text(" b)");
    terminal.press("Enter");
    terminal.wait_for("= ((a b))");
    terminal.wait_ready();
    check_golden("prompt_reading.txt", &terminal.golden_screen());
}

#[test]
fn reading_at_the_prompt_is_ended_interrupted_and_gone_on_with() {
    let folder = folder();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_ready();
    let begin = |entry: &str, word: &str| {
        terminal.type_text(entry);
        terminal.press("Enter");
        terminal.wait_for(word);
    };
    begin("(begin (display \"first\") (newline) (list (read-line) 'end))", "\nfirst");
    terminal.press("C-d");
    terminal.wait_for("$1 = (#<eof> end)");
    terminal.wait_ready();
    begin("(begin (display \"second\") (newline) (read-line))", "\nsecond");
    terminal.type_text("not read");
    terminal.press("C-c");
    terminal.wait_for("interrupted after commit");
    terminal.wait_ready();
    terminal.enter("'still-here");
    terminal.wait_for("$2 = still-here");
    begin("(begin (display \"third\") (newline) (string-append \"got \" (read-line)))", "\nthird");
    terminal.signal("-KILL");
    terminal.wait_for_end();
    let terminal = Terminal::open(folder.path(), "repl work.image");
    terminal.wait_for("going on with (begin (display \"third\")");
    terminal.type_text("after the crash");
    terminal.press("Enter");
    terminal.wait_for("$3 = \"got after the crash\"");
    terminal.wait_ready();
}
