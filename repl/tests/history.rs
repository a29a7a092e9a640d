//! The past of an image as a user meets it: looked at, tagged, gone back to, forked, and given up.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{commits, fails, pscheme, shown, succeeds, write};

/// Commits each step and shows it; ends at nine.
const STEPS: &str = "(define step 0)
(let loop ()
  (set! step (+ step 1))
  (await-commit)
  (display step)
  (newline)
  (if (< step 9) (loop)))
";

fn step_at(folder: &Path, image: &str) -> Option<i64> {
    let text = succeeds(folder, &["show", image, "step", "--json"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    value["globals"][0]["value"].as_str().and_then(|value| value.parse().ok())
}

/// A commit in which the variable has this value.
fn commit_of_step(folder: &Path, step: i64) -> u64 {
    let numbers = commits(folder, "s.scm.image");
    let numbers = numbers.iter().map(|commit| commit["commit"].as_u64().unwrap());
    let has_step = |number: &u64| {
        let name = format!("s.scm.image@{number}");
        let output = pscheme(folder, &["show", &name, "step"]);
        shown(&output.stdout).contains(&format!("step = {step}\n"))
    };
    numbers.into_iter().find(has_step).expect("the step was committed")
}

fn finished() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.scm", STEPS);
    let output = succeeds(folder.path(), &["run", "s.scm"]);
    assert_eq!(output, "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    folder
}

#[test]
fn a_program_goes_on_from_a_commit_of_the_past() {
    let folder = finished();
    let folder = folder.path();
    assert_eq!(step_at(folder, "s.scm.image"), Some(9));
    let fifth = commit_of_step(folder, 5);
    let tagged = succeeds(folder, &["tag", &format!("s.scm.image@{fifth}"), "five"]);
    assert_eq!(tagged, format!("five: commit {fifth}\n"));
    assert_eq!(step_at(folder, "s.scm.image@five"), Some(5));
    assert!(succeeds(folder, &["check", "s.scm.image@five"]).contains("no problem found"));
    assert!(succeeds(folder, &["ps", "s.scm.image@five"]).contains("s.scm:"));
    let log = succeeds(folder, &["log", "s.scm.image@five", "-n", "1"]);
    assert!(log.contains("five") && log.lines().count() == 3, "{log}");

    // A fork goes on by itself, and the original does not notice.
    succeeds(folder, &["fork", "s.scm.image@five", "fork.image"]);
    // The commit that step five waited for may be one in which it was not shown yet.
    let goes_on = |output: String| assert!(output.ends_with("6\n7\n8\n9\n"), "{output}");
    goes_on(succeeds(folder, &["resume", "fork.image"]));
    assert_eq!(step_at(folder, "s.scm.image"), Some(9));

    let before = commits(folder, "s.scm.image").len();
    let rewound = succeeds(folder, &["rewind", "s.scm.image", "five"]);
    assert!(rewound.contains(&format!("has the state of commit {fifth}")), "{rewound}");
    assert_eq!(step_at(folder, "s.scm.image"), Some(5));
    assert!(commits(folder, "s.scm.image").len() > before, "nothing is lost");
    goes_on(succeeds(folder, &["run", "s.scm"]));
    // And back to the end of the first run.
    let ninth = commit_of_step(folder, 9);
    succeeds(folder, &["rewind", "s.scm.image", &ninth.to_string()]);
    assert_eq!(step_at(folder, "s.scm.image"), Some(9));
    assert!(succeeds(folder, &["check", "s.scm.image"]).contains("no problem found"));
}

/// Names the commit in which it is half done.
const NAMING: &str = "(define done 0)
(set! done 50)
(display (image-tag! \"half\"))
(set! done 100)
(display (await-commit))
";

#[test]
fn a_program_names_the_commit_it_has_come_to() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "n.scm", NAMING);
    assert_eq!(succeeds(folder, &["run", "n.scm"]), "#t#t");
    let shown = |name: &str| succeeds(folder, &["show", name, "done"]);
    assert!(shown("n.scm.image").contains("done = 100\n"));
    assert!(shown("n.scm.image@half").contains("done = 50\n"));
    succeeds(folder, &["rewind", "n.scm.image", "half"]);
    assert_eq!(succeeds(folder, &["run", "n.scm"]), "#t#t", "it goes on behind the name");
    assert_eq!(succeeds(folder, &["n.scm"]), "#f#f", "without an image there is nothing to name");
}

/// Reads the list of kept commits, which comes in pieces, in two processes at once.
const LISTING: &str = "(define (part name entry) (cdr (assq name entry)))
(image-tag! \"begun\")
(image-tag! \"again\")
(let loop ((i 0)) (if (< i 70) (begin (await-commit) (loop (+ i 1)))))
(define main (self))
(spawn (lambda () (send main (image-log))))
(define before (current-second))
(define log (image-log))
(define other (recv (log log)))
(define newest (car log))
(write (list (> (length log) 70) (> (length other) 70)
             (length (image-log 40)) (length (image-log 1)) (length (image-log 0))
             (part 'cause newest) (<= (- before 1) (part 'time newest) (+ before 60))
             (apply > (map (lambda (entry) (part 'commit entry)) log))))
(newline)
(for-each
  (lambda (entry)
    (write (list (part 'commit entry) (part 'cause entry) (part 'rewound-to entry) (part 'tags entry)))
    (newline))
  log)
";

#[test]
fn a_program_reads_the_list_of_commits() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "l.scm", LISTING);
    let output = succeeds(folder, &["run", "l.scm"]);
    let (first, entries) = output.split_once('\n').unwrap();
    assert_eq!(first, "(#t #t 40 1 0 awaited #t #t)");
    let kept = commits(folder, "l.scm.image");
    let line = |row: &Value| {
        let tags = row["tags"].as_array().unwrap().iter().map(|tag| format!("{tag}"));
        let tags = tags.collect::<Vec<_>>().join(" ");
        format!("({} {} #f ({tags}))", row["commit"], row["cause"].as_str().unwrap())
    };
    let newest = entries.lines().next().unwrap();
    let kept: Vec<String> = kept.iter().map(line).skip_while(|line| line != newest).collect();
    assert!(kept.len() > 70 && kept.iter().any(|line| line.ends_with("(\"again\"))")), "{kept:?}");
    assert_eq!(entries.lines().collect::<Vec<_>>(), kept);
    assert_eq!(succeeds(folder, &["-e", "(image-log)"]), "()\n", "without an image there is none");
    let (message, _) = fails(folder, &["eval", "l.scm.image", "(image-log)"]);
    assert!(message.contains("error[E0009]: image-log needs a commit"), "{message}");
    let (message, _) = fails(folder, &["-e", "(atomically image-log)"]);
    assert!(message.contains("E0111"), "{message}");
    let (message, _) = fails(folder, &["-e", "(image-log 'all)"]);
    assert!(message.contains("E0104") && message.contains("image-log"), "{message}");
}

/// Changes a variable, a definition, the objects and the processes between two names.
const CHANGING: &str = "(define count 1)
(define gone 'here)
(define (greet) (list \"hello\"))
(define (same) (list 1))
(image-tag! \"before\")
(set! count 2)
(define (greet)
  (list \"good morning\"))
(define new (make-vector 100 'x))
(spawn (lambda () (recv (never never))))
(yield)
(image-tag! \"after\")
";

#[test]
fn two_states_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "c.scm", CHANGING);
    pscheme(folder, &["run", "c.scm", "--main-only"]);
    let text = succeeds(folder, &["diff", "c.scm.image@before", "c.scm.image@after"]);
    for line in [
        "- count = 1\n+ count = 2\n",
        "- greet = (define (greet) (list \"hello\"))\n+ greet = (define (greet)\n      (list \"good morning\"))\n",
        "+ new = #(x x",
        "waiting-for-message",
        "  Process: +1 objects",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(
        !text.contains("gone") && !text.contains("same") && !text.contains("= (define (map"),
        "{text}"
    );
    let back = succeeds(folder, &["diff", "c.scm.image@after", "c.scm.image@before", "--json"]);
    let back: Value = serde_json::from_str(&back).unwrap();
    let count = back["globals"].as_array().unwrap().iter().find(|row| row["name"] == "count");
    assert_eq!(count.unwrap()["before"], "2");
    assert_eq!(count.unwrap()["after"], "1");
    assert_eq!(succeeds(folder, &["diff", "c.scm.image", "c.scm.image"]), "no difference\n");
}

#[test]
fn what_was_done_last_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let entries = |text: &str| {
        write(folder, "entries", text);
        let input = std::fs::File::open(folder.join("entries")).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pscheme"));
        command.args(["repl", "i"]).current_dir(folder).stdin(input);
        assert!(command.output().unwrap().status.success());
    };
    entries("(define a 1)\n(await-commit)\n");
    entries("(define a 2)\n");
    entries("(define a 3)\n");
    let a = || {
        let text = succeeds(folder, &["show", "i", "a", "--json"]);
        let value: Value = serde_json::from_str(&text).unwrap();
        value["globals"][0]["value"].as_str().unwrap().to_string()
    };
    assert_eq!(a(), "3");
    let newest = commits(folder, "i")[0]["commit"].as_u64().unwrap();
    succeeds(folder, &["undo", "i"]);
    assert_eq!(a(), "2");
    succeeds(folder, &["tag", "i", "between"]);
    // Each prompt was opened too, so a step may be one in which only that is undone.
    let mut steps = 0;
    while a() == "2" {
        succeeds(folder, &["undo", "i"]);
        steps += 1;
    }
    assert_eq!(a(), "1");
    assert!(steps <= 2, "{steps}");
    succeeds(folder, &["rewind", "i", &newest.to_string()]);
    assert_eq!(a(), "3", "and forward again");
    let (message, status) = fails(folder, &["undo", "i@-1"]);
    assert!(message.contains("from the newest commit") && status == Some(2), "{message}");
}

/// Writes a line to a file for each step.
const WRITER: &str = "(define out (open-output-file \"out.txt\"))
(define (note text) (guard (e (#t (display (error-object-message e)) (newline))) (write-string text out) (flush-output-port out)))
(note \"one \")
(await-commit)
(note \"two \")
(await-commit)
(display \"written\")
(newline)
";

#[test]
fn a_fork_does_not_write_the_original_s_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "w.scm", WRITER);
    assert_eq!(succeeds(folder, &["run", "w.scm"]), "written\n");
    let kept = commits(folder, "w.scm.image");
    assert_eq!(std::fs::read_to_string(folder.join("out.txt")).unwrap(), "one two ");
    let mut went_on = 0;
    for commit in kept.iter().map(|commit| commit["commit"].as_u64().unwrap()) {
        let name = format!("fork{commit}.image");
        succeeds(folder, &["fork", &format!("w.scm.image@{commit}"), &name]);
        assert!(succeeds(folder, &["check", &name]).contains("no problem found"));
        let output = shown(&pscheme(folder, &["resume", &name]).stdout);
        went_on += usize::from(output.contains("the port is closed") && output.contains("written"));
        assert_eq!(
            std::fs::read_to_string(folder.join("out.txt")).unwrap(),
            "one two ",
            "{output}"
        );
    }
    assert!(went_on > 0, "a fork of the middle goes on without its port");
}

#[test]
fn what_is_kept_can_be_set() {
    let folder = finished();
    let folder = folder.path();
    let shown = succeeds(folder, &["retention", "s.scm.image"]);
    assert!(shown.contains("every commit for 1h") && shown.contains("16,777,216 bytes"), "{shown}");
    let third = commit_of_step(folder, 3);
    succeeds(folder, &["tag", &format!("s.scm.image@{third}"), "three"]);
    let shown = succeeds(folder, &["retention", "s.scm.image", "--keep", "0", "--bytes", "1M"]);
    assert!(shown.contains("nothing but the newest") && shown.contains("1,048,576"), "{shown}");
    // The next run gives up what is not kept any more.
    succeeds(folder, &["run", "s.scm"]);
    succeeds(folder, &["run", "s.scm", "--restart"]);
    let output = pscheme(folder, &["show", "s.scm.image@three", "step"]);
    assert!(!output.status.success(), "--restart begins an image anew");

    let folder = finished();
    let folder = folder.path();
    let third = commit_of_step(folder, 3);
    succeeds(folder, &["tag", &format!("s.scm.image@{third}"), "three"]);
    succeeds(folder, &["retention", "s.scm.image", "--keep", "0"]);
    succeeds(folder, &["rewind", "s.scm.image", "three"]);
    succeeds(folder, &["run", "s.scm"]);
    succeeds(folder, &["rewind", "s.scm.image", "three"]);
    let kept = commits(folder, "s.scm.image");
    let oldest = kept.last().unwrap();
    assert_eq!(oldest["commit"].as_u64(), Some(third), "the tag keeps its commit");
    assert_eq!(step_at(folder, "s.scm.image@three"), Some(3));
    let (message, _) = fails(folder, &["show", &format!("s.scm.image@{}", third + 1), "step"]);
    assert!(message.contains("E0011") && message.contains("not kept any more"), "{message}");
    succeeds(folder, &["tag", "s.scm.image", "three", "--delete"]);
    let (message, _) = fails(folder, &["tag", "s.scm.image", "three", "--delete"]);
    assert!(message.contains("the image has no tags"), "{message}");
}

#[test]
fn wrong_names_change_nothing() {
    let folder = finished();
    let folder = folder.path();
    let before = commits(folder, "s.scm.image");
    let cases: [(&[&str], &str, i32); 8] = [
        (&["rewind", "s.scm.image", "99999"], "the newest commit is", 1),
        (&["rewind", "s.scm.image", "nowhere"], "the image has no tags", 1),
        (&["rewind", "s.scm.image", "1x"], "names no commit", 2),
        (&["rewind", "s.scm.image@-1", "-2"], "the commit is named once", 2),
        (&["rewind", "s.scm.image", "2001-01-01"], "the oldest kept commit", 1),
        (&["tag", "s.scm.image", "12"], "a tag begins with a letter", 2),
        (&["show", "s.scm.image@1x", "step"], "names no commit", 2),
        (&["fork", "s.scm.image", "s.scm"], "exists already", 1),
    ];
    for (arguments, words, status) in cases {
        let (message, found) = fails(folder, arguments);
        assert!(message.contains(words), "{arguments:?}: {message}");
        assert_eq!(found, Some(status), "{arguments:?}: {message}");
    }
    assert_eq!(commits(folder, "s.scm.image"), before);
    assert!(!folder.join("nowhere").exists());
}
