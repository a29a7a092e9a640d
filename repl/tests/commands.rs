//! The command as a user meets it: outputs, messages and exit statuses.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{pscheme, shown, write};

const ENDLESS: &str = "(define out (open-output-file \"lines\"))
    (let loop ((i 0)) (write i out) (newline out) (flush-output-port out) (loop (+ i 1)))";

#[test]
fn a_program_without_an_image_prints_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.scm", "(display \"hello\") (newline) (exit 3)");
    let output = pscheme(folder.path(), &["a.scm"]);
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("hello\n", Some(3)));
    assert!(!folder.path().join("a.scm.image").exists());
}

#[test]
fn errors_name_their_place() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "bad.scm", "(define (f x)\n  (vector-ref (vector 1 2 3) x))\n(f 5)\n");
    let output = pscheme(folder.path(), &["bad.scm"]);
    let said = shown(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("error[E0107]: vector-ref expects an index below 3, found 5"), "{said}");
    assert!(said.contains("--> bad.scm:2:3"), "{said}");
    write(folder.path(), "near.scm", "(define account-balance 1)\n(display account-blance)");
    let said = shown(&pscheme(folder.path(), &["near.scm"]).stderr);
    assert!(said.contains("help: is it account-balance?"), "{said}");
    write(folder.path(), "open.scm", "(display 1");
    let output = pscheme(folder.path(), &["run", "open.scm"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(shown(&output.stderr).contains("error[E0201]"));
    assert!(!folder.path().join("open.scm.image").exists(), "nothing is made for a broken script");
}

/// A run-time error in what macros made of their templates, one of them in a file of its own.
#[test]
fn errors_in_macros_point_at_the_use_and_at_the_templates() {
    let folder = tempfile::tempdir().unwrap();
    let library = "(define-library (first) (export first-of) (import (scheme base))
  (begin
    (define-syntax first-of
      (syntax-rules () ((_ list) (car list))))))
";
    write(folder.path(), "first.sld", library);
    let script = "(import (scheme base) (first))
(define-syntax swap-first!
  (syntax-rules ()
    ((_ a b)
     (let ((old (first-of a)))
       (set-car! a (first-of b))
       (set-car! b old)))))
(define (exchange x)
  (swap-first! x '()))
(exchange (list 1 2))
";
    write(folder.path(), "script.scm", script);
    let expected = "error[E0104]: car expects a pair as its first argument, found ()
 --> script.scm:9:3
  |
9 |   (swap-first! x '()))
  |   ^^^^^^^^^^^^^^^^^^^
it stands in the template of `first-of`
 --> first.sld:4:34
  |
4 |       (syntax-rules () ((_ list) (car list))))))
  |                                  ^^^^^^^^^^
it stands in the template of `swap-first!`
 --> script.scm:6:20
  |
6 |        (set-car! a (first-of b))
  |                    ^^^^^^^^^^^^
  in exchange (script.scm:9)
";
    assert_eq!(shown(&pscheme(folder.path(), &["script.scm"]).stderr), expected);
    // The same from the image.
    let output = pscheme(folder.path(), &["run", "script.scm"]);
    assert!(shown(&output.stderr).contains(expected), "{}", shown(&output.stderr));
}

#[test]
fn a_script_goes_on_says_when_it_has_ended_and_notices_edits() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.scm", "(display \"once\")");
    let first = pscheme(folder.path(), &["run", "s.scm"]);
    assert_eq!((shown(&first.stdout).as_str(), first.status.code()), ("once", Some(0)));
    assert!(shown(&first.stderr).contains("image s.scm.image"));
    let second = pscheme(folder.path(), &["run", "s.scm"]);
    assert_eq!((shown(&second.stdout).as_str(), second.status.code()), ("", Some(0)));
    assert!(shown(&second.stderr).contains("has ended with status 0"));
    let again = pscheme(folder.path(), &["run", "s.scm", "--restart"]);
    assert_eq!(shown(&again.stdout), "once");
    let checked = pscheme(folder.path(), &["check", "s.scm.image"]);
    assert!(shown(&checked.stdout).contains("no problem found"));
    let counted = pscheme(folder.path(), &["heap", "s.scm.image"]);
    assert!(shown(&counted.stdout).contains("Symbol"));
}

#[test]
fn check_shows_the_digests_of_an_image_and_a_backup_has_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let digests = |image: &str| {
        let checked = shown(&pscheme(folder.path(), &["check", image]).stdout);
        let is_digest = |line: &&str| line.starts_with("trace ") || line.starts_with("graph ");
        checked.lines().filter(is_digest).map(str::to_string).collect::<Vec<String>>()
    };
    for (name, value) in [("a", 1), ("b", 2)] {
        write(folder.path(), &format!("{name}.scm"), &format!("(define x {value}) (display x)"));
        pscheme(folder.path(), &["run", &format!("{name}.scm")]);
    }
    let (a, b) = (digests("a.scm.image"), digests("b.scm.image"));
    assert_eq!((a.len(), b.len()), (2, 2));
    assert_eq!(digests("a.scm.image"), a);
    assert!(a[0] != b[0] && a[1] != b[1], "{a:?} {b:?}");
    pscheme(folder.path(), &["backup", "a.scm.image", "copy.image"]);
    assert_eq!(digests("copy.image"), a);
    let json = shown(&pscheme(folder.path(), &["check", "a.scm.image", "--json"]).stdout);
    let graph = a[1].rsplit(' ').next().unwrap();
    assert!(json.contains(&format!("\"graph_hash\": \"{graph}\"")), "{json}");
}

#[test]
fn a_signal_commits_and_a_second_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "e.scm", ENDLESS);
    let child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["run", "e.scm"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_lines(folder.path(), 1);
    let second = pscheme(folder.path(), &["run", "e.scm"]);
    assert_eq!(second.status.code(), Some(75), "{}", shown(&second.stderr));
    assert!(shown(&second.stderr).contains(&format!("held by process {}", child.id())));
    terminate(child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", shown(&output.stderr));
    assert!(shown(&output.stderr).contains("the same command goes on"));
    let lines = lines(folder.path());
    assert_eq!(lines, (0..lines.len()).map(|n| n.to_string()).collect::<Vec<_>>());

    write(folder.path(), "e.scm", &format!("{ENDLESS} ; edited"));
    let edited = pscheme(folder.path(), &["run", "e.scm"]);
    assert_eq!(edited.status.code(), Some(2));
    assert!(shown(&edited.stderr).contains("error[E0401]"));
    let child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["run", "e.scm", "--continue"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_lines(folder.path(), lines.len() + 1);
    terminate(child.id());
    let output = child.wait_with_output().unwrap();
    assert!(shown(&output.stderr).contains("going on in e.scm.image after commit"));
    let after = self::lines(folder.path());
    assert_eq!(after, (0..after.len()).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn what_is_no_image_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let checked = pscheme(folder.path(), &["check", "missing"]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(!folder.path().join("missing").exists());
    std::fs::create_dir(folder.path().join("s.scm.image")).unwrap();
    write(folder.path(), "s.scm.image/precious", "keep me");
    write(folder.path(), "s.scm", "(display 1)");
    let refused = pscheme(folder.path(), &["run", "s.scm", "--restart"]);
    assert_ne!(refused.status.code(), Some(0));
    assert_eq!(std::fs::read(folder.path().join("s.scm.image/precious")).unwrap(), b"keep me");
}

#[test]
fn error_codes_and_names_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let output = pscheme(folder.path(), &["explain", "E0107"]);
    assert!(shown(&output.stdout).starts_with("E0107: index out of range"));
    let output = pscheme(folder.path(), &["explain", "call/cc"]);
    assert!(shown(&output.stdout).starts_with("(call/cc procedure)\n"));
    assert_eq!(pscheme(folder.path(), &["explain", "E9999"]).status.code(), Some(2));
}

fn lines(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("lines")).unwrap_or_default();
    text.lines().map(str::to_string).collect()
}

fn wait_for_lines(folder: &Path, count: usize) {
    let start = Instant::now();
    while lines(folder).len() < count {
        assert!(start.elapsed() < Duration::from_secs(60), "the script writes nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn terminate(process: u32) {
    let status = Command::new("kill").args(["-TERM", &process.to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_run_that_meets_the_heap_limit_goes_on_with_more() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(display \"begun \")
        (define (build n) (let loop ((i 0) (l '())) (if (< i n) (loop (+ i 1) (cons i l)) l)))
        (display (length (build 2000000)))";
    write(folder.path(), "big.scm", text);
    let first = pscheme(folder.path(), &["run", "big.scm", "--heap-limit", "16M"]);
    let said = shown(&first.stderr);
    assert_eq!((shown(&first.stdout).as_str(), first.status.code()), ("begun ", Some(1)));
    assert!(said.contains("error[E0109]: the heap may use 16777216 bytes"), "{said}");
    assert!(said.contains("--> big.scm:2:"), "{said}");
    assert!(said.contains("the same command with a higher --heap-limit goes on"), "{said}");
    let second = pscheme(folder.path(), &["run", "big.scm", "--heap-limit", "1G"]);
    assert_eq!((shown(&second.stdout).as_str(), second.status.code()), ("2000000", Some(0)));
    let plain = pscheme(folder.path(), &["--heap-limit", "16M", "big.scm"]);
    assert_eq!((shown(&plain.stdout).as_str(), plain.status.code()), ("begun ", Some(1)));
    let wrong = pscheme(folder.path(), &["run", "big.scm", "--heap-limit", "much"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(shown(&wrong.stderr).contains("much is no size; write 512M or 4G"));
}

#[test]
fn an_endless_recursion_is_stopped_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "deep.scm",
        "(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))\n(display (deep 400000))",
    );
    let first = pscheme(folder.path(), &["run", "deep.scm", "--limit", "stack=4M"]);
    let said = shown(&first.stderr);
    assert_eq!(first.status.code(), Some(1), "{said}");
    assert!(said.contains("error[E0123]: the calls it waits in may take 4194304 bytes"), "{said}");
    assert!(said.contains("the same command with a higher --limit stack goes on"), "{said}");
    let second = pscheme(folder.path(), &["run", "deep.scm"]);
    assert_eq!((shown(&second.stdout).as_str(), second.status.code()), ("400000", Some(0)));
    for (wrong, expected) in [("stak=1", "there is no limit stak"), ("stack", "NAME=NUMBER")] {
        let refused = pscheme(folder.path(), &["run", "deep.scm", "--limit", wrong]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(shown(&refused.stderr).contains(expected), "{}", shown(&refused.stderr));
    }
}

#[test]
fn a_text_on_the_command_line_shows_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let show = |text: &str| {
        let output = pscheme(folder.path(), &["-e", text]);
        (shown(&output.stdout), output.status.code())
    };
    assert_eq!(show("(+ 1 2)"), ("3\n".into(), Some(0)));
    assert_eq!(
        show("(define (f x) (list x \"a\")) (f 'b) ; the end"),
        ("(b \"a\")\n".into(), Some(0))
    );
    assert_eq!(show("(import (scheme base)) (define x 1)"), (String::new(), Some(0)));
    assert_eq!(show("(if #f #f)"), (String::new(), Some(0)));
    assert_eq!(show("(import (scheme base)) (vector 1 2)"), ("#(1 2)\n".into(), Some(0)));
    assert_eq!(show("(car 5)"), (String::new(), Some(1)));
    let said = shown(&pscheme(folder.path(), &["-e", "(car (cdr"]).stderr);
    assert!(said.contains("error[E0201]") && said.contains("--> -e:1:"), "{said}");
    let neither = pscheme(folder.path(), &["--heap-limit", "1G"]);
    assert_eq!(neither.status.code(), Some(0), "nothing comes in on the standard input");
}

#[test]
fn a_program_comes_from_the_standard_input() {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"(display (* 6 7))").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((shown(&output.stdout).as_str(), output.status.code()), ("42", Some(0)));
}

#[test]
fn programs_see_their_arguments_and_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(write (cdr (command-line))) (write (get-environment-variable \"PSCHEME_TEST\"))
        (write (and (assoc \"PSCHEME_TEST\" (get-environment-variables)) #t))";
    std::fs::write(folder.path().join("show.scm"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["show.scm", "one", "--", "-two"])
        .current_dir(folder.path())
        .env("PSCHEME_TEST", "value")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "(\"one\" \"-two\")\"value\"#t");
}

#[test]
fn libraries_are_found_beside_the_script_and_in_the_folders_given() {
    let folder = tempfile::tempdir().unwrap();
    let library = |name: &str| {
        format!(
            "(define-library ({name}) (export name) (import (scheme base)) (begin (define name '{name})))"
        )
    };
    for (path, name) in
        [("beside.sld", "beside"), ("given/first.sld", "first"), ("path/second.sld", "second")]
    {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, library(name)).unwrap();
    }
    let text = "(import (scheme base) (scheme write) (prefix (beside) b:) (prefix (first) f:) (prefix (second) s:))
        (write (list b:name f:name s:name))";
    std::fs::write(folder.path().join("script.scm"), text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pscheme"));
        command.args(arguments).current_dir(folder.path());
        command.env("PSCHEME_PATH", folder.path().join("path"));
        command.output().unwrap()
    };
    let output = run(&["-L", "given", "script.scm"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "(beside first second)");
    let output = run(&["script.scm"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("error[E0309]: there is no library (first)"), "{errors}");
    let output = run(&["run", "-L", "given", "script.scm"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "(beside first second)");
}
