//! Evaluating in the state of a commit, apart from the image: `pscheme eval`.

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{commits, content, fails, pscheme, shown, succeeds, wait_until, write};

fn start(folder: &Path, arguments: &[&str], input: Stdio) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(arguments)
        .current_dir(folder)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Evaluates and compares: no byte of the image differs afterwards, and no file came or went.
fn evaluates(folder: &Path, image: &str, text: &str) -> String {
    let directory = image.split('@').next().unwrap();
    let before = content(&folder.join(directory));
    let output = succeeds(folder, &["eval", image, text]);
    assert!(before == content(&folder.join(directory)), "{text} changes the image");
    output
}

/// Names the commits of its steps.
const STEPS: &str = "(define step 0)
(define (next) (set! step (+ step 1)) step)
(next)
(image-tag! \"one\")
(next)
(image-tag! \"two\")
(next)
";

#[test]
fn an_expression_is_evaluated_in_a_commit_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "s.scm", STEPS);
    succeeds(folder, &["run", "s.scm"]);
    assert_eq!(evaluates(folder, "s.scm.image", "step"), "3\n");
    assert_eq!(
        evaluates(folder, "s.scm.image@one", "step (next) (values step 'x)"),
        "1\n2\n2\nx\n"
    );
    assert_eq!(evaluates(folder, "s.scm.image@two", "(define more 5) (+ more (next))"), "8\n");
    assert_eq!(evaluates(folder, "s.scm.image@two", "(display step) (image?)"), "2#f\n");
    assert_eq!(evaluates(folder, "s.scm.image@2100-01-01", "step"), "3\n");
    assert_eq!(evaluates(folder, "s.scm.image@-0", "(cdr (command-line))"), "()\n");
    let named = succeeds(folder, &["eval", "s.scm.image", "(cdr (command-line))", "a", "b"]);
    assert_eq!(named, "(\"a\" \"b\")\n");
}

#[test]
fn an_evaluation_ends_as_a_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "s.scm", STEPS);
    succeeds(folder, &["run", "s.scm"]);
    let before = content(&folder.join("s.scm.image"));
    let cases: [(&[&str], &str, i32); 9] = [
        (&["s.scm.image", "(exit 7)"], "", 7),
        (&["s.scm.image", "(car step)"], "--> eval:1", 1),
        (&["s.scm.image@one", "(begin (set! steq 5) 1)"], "is it step?", 1),
        (&["s.scm.image", "(next"], "E0201", 1),
        (&["s.scm.image", "(recv (never never))"], "nobody is left to send one", 1),
        (&["s.scm.image", "(make-vector 10000000 0)", "--heap-limit", "32M"], "E0109", 1),
        (&["s.scm.image@99999", "step"], "E0011", 1),
        (&["s.scm.image@1x", "step"], "names no commit", 2),
        (&["nowhere", "1"], "it does not exist", 2),
    ];
    for (arguments, words, wanted) in cases {
        let (message, status) = fails(folder, &[&["eval"], arguments].concat());
        assert!(message.contains(words), "{arguments:?}: {message}");
        assert_eq!(status, Some(wanted), "{arguments:?}: {message}");
    }
    assert!(before == content(&folder.join("s.scm.image")));
    assert!(!folder.join("nowhere").exists());
}

/// Has processes in every sort of queue, and a file that is half written.
const BUSY: &str = "(define count 0)
(define heard '())
(define out (open-output-file \"out.txt\"))
(write-string \"one \" out)
(define listener (spawn (lambda () (let loop () (recv (x (set! heard (cons x heard)))) (loop)))))
(define sleeper (spawn (lambda () (let loop () (sleep 0.001) (set! count (+ count 1)) (loop)))))
(define late (spawn (lambda () (sleep 1000000) (set! count (+ count 1)))))
(define turner (spawn (lambda () (let loop () (yield) (set! count (+ count 1)) (loop)))))
(define reader (spawn (lambda () (set! heard (read-line)))))
(define waiter (spawn (lambda () (let loop () (await-commit) (set! count (+ count 1)) (loop)))))
(yield)
(image-tag! \"middle\")
(write-string \"two \" out)
(flush-output-port out)
(image-tag! \"written\")
(image-tag! \"end\")
";

/// Runs that program to the end of its main process, with a console on which nothing comes.
fn run_busy(folder: &Path) {
    write(folder, "b.scm", BUSY);
    let mut child = start(folder, &["run", "b.scm", "--main-only"], Stdio::piped());
    wait_until("the program ends", || child.try_wait().unwrap().is_some());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_image_s_processes_sleep_and_its_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run_busy(folder);
    // With the file gone whoever repeated a request to it would make it again, or complain.
    std::fs::remove_file(folder.join("out.txt")).unwrap();
    let middle = |text: &str| evaluates(folder, "b.scm.image@middle", text);
    let asleep = "(define before count) (sleep 0.05) (= before count)";
    for commit in commits(folder, "b.scm.image") {
        let name = format!("b.scm.image@{}", commit["commit"]);
        assert_eq!(evaluates(folder, &name, "(+ 1 1)"), "2\n");
        if !pscheme(folder, &["show", &name, "waiter"]).status.success() {
            continue;
        }
        assert_eq!(evaluates(folder, &name, asleep), "#t\n");
    }
    assert_eq!(
        middle("(begin (send listener 'news) (send turner 'news) (sleep 0.01) heard)"),
        "()\n"
    );
    let states =
        "(map (lambda (p) (cdr (assq 'state (process-info p)))) (list listener late reader))";
    assert_eq!(middle(states), "(waiting-for-message sleeping waiting-for-input)\n");
    let own =
        "(let ((main (self))) (spawn (lambda () (sleep 0.001) (send main 'mine))) (recv (x x)))";
    assert_eq!(middle(own), "mine\n");
    // Though one of the image's processes sleeps for days, nobody waits for it.
    let (message, _) = fails(folder, &["eval", "b.scm.image@middle", "(recv (never never))"]);
    assert!(message.contains("nobody is left"), "{message}");
    assert!(!folder.join("out.txt").exists());
}

#[test]
fn what_would_leave_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run_busy(folder);
    write(folder, "kept.txt", "kept");
    let refused = |text: &str| {
        let text =
            format!("(guard (e (#t (values (file-error? e) (error-object-message e)))) {text})");
        evaluates(folder, "b.scm.image@middle", &text)
    };
    for (text, words) in [
        ("(open-output-file \"new.txt\")", "#t\n\"open-output-file cannot write"),
        ("(open-output-file \"kept.txt\")", "#t\n\"open-output-file cannot write"),
        (
            "(with-output-to-file \"new.txt\" newline)",
            "evaluated apart from an image changes no files",
        ),
        ("(delete-file \"kept.txt\")", "#t\n\"delete-file cannot delete"),
        ("(write-string \"three \" out)", "the port is closed"),
        ("(await-commit)", "#f\n\"await-commit needs a commit"),
        ("(image-tag! \"new\")", "#f\n\"image-tag! needs a commit"),
        ("(on-commit (lambda () 1))", "#f\n\"on-commit needs a commit"),
    ] {
        let output = refused(text);
        assert!(output.contains(words), "{text}: {output}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("kept.txt")).unwrap(), "kept");
    assert_eq!(std::fs::read_to_string(folder.join("out.txt")).unwrap(), "one two ");
    assert!(!folder.join("new.txt").exists());
    let read = evaluates(folder, "b.scm.image@middle", "(call-with-input-file \"kept.txt\" read)");
    assert_eq!(read, "kept\n");
}

/// Says how far it has come, and is at rest then.
const RESTING: &str = "(define reached 'begun)
(image-tag! \"begun\")
(set! reached 'resting)
(await-commit)
(recv (never never) (after 1000 'over))
";

#[test]
fn an_image_is_evaluated_in_while_it_runs_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "r.scm", RESTING);
    let mut child = start(folder, &["run", "r.scm"], Stdio::null());
    let reached = |name: &str| shown(&pscheme(folder, &["eval", name, "reached"]).stdout);
    wait_until("it rests", || reached("r.scm.image") == "resting\n");
    let rests = commits(folder, "r.scm.image");
    assert_eq!(reached("r.scm.image@begun"), "begun\n");
    let changed = "(begin (set! reached 'changed) (register! 'me (self)) reached)";
    assert_eq!(succeeds(folder, &["eval", "r.scm.image", changed]), "changed\n");
    assert_eq!(commits(folder, "r.scm.image"), rests, "there is no new commit");
    assert!(child.try_wait().unwrap().is_none(), "who runs it does not notice");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(evaluates(folder, "r.scm.image", "reached"), "resting\n");
    assert_eq!(evaluates(folder, "r.scm.image@begun", "reached"), "begun\n");
}

#[test]
fn a_prompt_s_values_are_there_and_its_evaluation_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "entries",
        "(+ 40 2)\n(define begun #f)\n(begin (set! begun #t) (let loop () (loop)))\n",
    );
    let input = std::fs::File::open(folder.join("entries")).unwrap();
    let mut child = start(folder, &["repl", "i"], input.into());
    let begun = || shown(&pscheme(folder, &["eval", "i", "begun"]).stdout) == "#t\n";
    wait_until("the third entry is evaluated", begun);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(evaluates(folder, "i", "(+ $1 1) begun"), "43\n#t\n");
}
