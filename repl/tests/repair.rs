//! `pscheme repair` says what can be gone on with, and does nothing until the loss is accepted.

mod support;

use std::path::Path;

use support::{pscheme, shown, write};

const SCRIPT: &str = "
    (define n 0)
    (let loop ((i 0)) (if (< i 5) (begin (set! n i) (await-commit) (loop (+ i 1)))))";

fn finished() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.scm", SCRIPT);
    assert_eq!(status(folder.path(), &["run", "s.scm", "--image", "i"]), Some(0));
    folder
}

fn status(folder: &Path, arguments: &[&str]) -> Option<i32> {
    pscheme(folder, arguments).status.code()
}

#[test]
fn what_is_lost_is_said_and_gone_on_without() {
    let folder = finished();
    let folder = folder.path();
    let database = folder.join("i/heap.db");
    let old = std::fs::read(&database).unwrap();
    assert_eq!(status(folder, &["run", "s.scm", "--image", "i", "--restart"]), Some(0));
    write(folder, "t.scm", SCRIPT);
    assert_eq!(status(folder, &["run", "t.scm", "--image", "j"]), Some(0));

    // Sound: nothing is done.
    let sound = pscheme(folder, &["repair", "i", "--accept-loss"]);
    assert_eq!(shown(&sound.stdout), "nothing to repair\n");

    // `head` says nothing any more.
    std::fs::write(folder.join("i/head"), "").unwrap();
    assert_eq!(status(folder, &["resume", "i"]), Some(65));
    let told = pscheme(folder, &["repair", "i"]);
    assert_eq!(told.status.code(), Some(65));
    let text = shown(&told.stdout);
    assert!(
        text.contains("is not known") && text.contains("pscheme repair i --accept-loss"),
        "{text}"
    );
    assert_eq!(status(folder, &["resume", "i"]), Some(65), "nothing was done");
    let done = pscheme(folder, &["repair", "i", "--accept-loss"]);
    assert_eq!(done.status.code(), Some(0), "{}", shown(&done.stderr));
    assert!(shown(&done.stdout).contains("the image goes on from commit"));
    assert_eq!(status(folder, &["resume", "i"]), Some(0));
    assert_eq!(status(folder, &["check", "i"]), Some(0));

    // The database of another image is not taken for an older one of this.
    std::fs::write(folder.join("j/heap.db"), &old).unwrap();
    let refused = pscheme(folder, &["repair", "j", "--accept-loss"]);
    assert_eq!(refused.status.code(), Some(65), "{}", shown(&refused.stdout));
    assert_eq!(status(folder, &["resume", "j"]), Some(65));
}

#[test]
fn an_older_database_is_gone_on_with_and_the_numbers_are_said() {
    let folder = finished();
    let folder = folder.path();
    let database = folder.join("i/heap.db");
    let old = std::fs::read(&database).unwrap();
    // Each opening is a commit.
    assert_eq!(status(folder, &["resume", "i"]), Some(0));
    assert_eq!(status(folder, &["resume", "i"]), Some(0));
    std::fs::write(&database, old).unwrap();
    let refused = pscheme(folder, &["resume", "i"]);
    assert_eq!(refused.status.code(), Some(65));
    assert!(shown(&refused.stderr).contains("E0005"));
    let text = shown(&pscheme(folder, &["repair", "i"]).stdout);
    assert!(
        text.starts_with("commits ") && text.contains(" are lost; the newest that is there is "),
        "{text}"
    );
    assert_eq!(status(folder, &["repair", "i", "--accept-loss"]), Some(0));
    assert_eq!(status(folder, &["resume", "i"]), Some(0));
    assert!(shown(&pscheme(folder, &["show", "i", "n"]).stdout).contains("n = 4"));
}

#[test]
fn what_is_no_image_or_damaged_beyond_is_an_error() {
    let folder = finished();
    let folder = folder.path();
    assert_ne!(status(folder, &["repair", "nothing"]), Some(0));
    assert!(!folder.join("nothing").exists());
    std::fs::write(folder.join("i/heap.db"), "no database").unwrap();
    for arguments in [&["repair", "i"][..], &["repair", "i", "--accept-loss"]] {
        assert_ne!(status(folder, arguments), Some(0));
    }
    assert_eq!(std::fs::read(folder.join("i/heap.db")).unwrap(), b"no database");
}
