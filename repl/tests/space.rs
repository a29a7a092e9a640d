//! A full disk: a program waits, says so, and goes on when there is room. The image's own limit stands for the disk's,
//! because every machine can have it.

mod support;

use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::unistd::geteuid;
use serde_json::Value;
use support::{fails, shown, succeeds, wait_until, write};

/// Fills its image with what cannot be compressed, and writes a file.
const FILLS: &str = "(define out (open-output-file \"out.txt\"))
(define seed 1)
(define (next) (set! seed (modulo (+ (* seed 6364136223846793005) 1442695040888963407) 18446744073709551616)) seed)
(define (block)
  (let ((bytes (make-bytevector 8000)))
    (do ((i 0 (+ i 1))) ((= i 8000) bytes)
      (bytevector-u8-set! bytes i (quotient (next) 72057594037927936)))))
(define kept '())
(do ((i 0 (+ i 1))) ((= i 400))
  (set! kept (cons (block) kept))
  (if (= 0 (modulo i 50)) (begin (write i out) (newline out) (await-commit))))
(write (apply + (map bytevector-length kept)) out)
(newline out)
(close-port out)
";
const WRITTEN: &str = "0\n50\n100\n150\n200\n250\n300\n350\n3200000\n";

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("told.txt")).unwrap())
        .spawn()
        .unwrap()
}

fn told(folder: &Path) -> String {
    shown(&std::fs::read(folder.join("told.txt")).unwrap())
}

fn stop(mut child: Child) -> ExitStatus {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap()
}

#[test]
fn a_program_waits_for_room_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "fills.scm", FILLS);
    let child = start(folder, &["run", "fills.scm", "--limit", "image=2M"]);
    wait_until("the image is full", || told(folder).contains("nothing runs until there is room"));

    // Who looks sees why nothing happens, and the commit that was reached.
    let summary: Value =
        serde_json::from_str(&succeeds(folder, &["ps", "fills.scm.image", "--json"])).unwrap();
    assert_eq!(summary["waits_for_space"], true, "{summary}");
    let shown = succeeds(folder, &["ps", "fills.scm.image"]);
    assert!(shown.contains("paused: no space left on the disk"), "{shown}");

    // It can be stopped: with an error, because something was not committed.
    assert_eq!(stop(child).code(), Some(1), "{}", told(folder));
    assert!(told(folder).contains("error[E0012]"), "{}", told(folder));
    succeeds(folder, &["check", "fills.scm.image"]);
    let shown = succeeds(folder, &["ps", "fills.scm.image"]);
    assert!(shown.contains("nobody runs it") && !shown.contains("paused"), "{shown}");

    // Nothing is lost, and with room it ends as if nothing had been.
    succeeds(folder, &["run", "fills.scm"]);
    assert_eq!(std::fs::read_to_string(folder.join("out.txt")).unwrap(), WRITTEN);
}

#[test]
fn the_limit_is_one_of_those_that_can_be_set() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.scm", "(display 1)");
    let (told, status) = fails(folder.path(), &["run", "s.scm", "--limit", "images=2M"]);
    assert!(told.contains("image"), "{told}");
    assert_eq!(status, Some(2));
    succeeds(folder.path(), &["run", "s.scm", "--limit", "image=64M"]);
}

/// A commit of 256 MiB is copied in parts, and its log is emptied between them.
#[test]
fn a_large_commit_needs_memory_for_a_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "large.scm",
        "(define kept '())
         (atomically (lambda ()
           (do ((i 0 (+ i 1))) ((= i 256))
             (set! kept (cons (make-bytevector 1048576 i) kept)))))
         (await-commit)
         (call-with-output-file \"done.txt\" (lambda (port) (write (length kept) port)))
         (await-commit)
         (sleep 1000)",
    );
    let child = start(folder, &["run", "large.scm"]);
    wait_until("the commit", || {
        std::fs::read_to_string(folder.join("done.txt")).is_ok_and(|text| text == "256")
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let log = std::fs::metadata(folder.join("large.scm.image/heap.db-wal")).unwrap().len();
    stop(child);
    let image = succeeds(folder, &["eval", "large.scm.image", "(length kept)"]);
    assert_eq!(image, "256\n");
    // The heap, a part of 64 MiB, and what the process has anyway.
    assert!(peak >> 10 < 256 + 64 + 100, "{} MiB at most", peak >> 10);
    assert!(log >> 20 < 64, "a log of {} MiB", log >> 20);
}

/// A user without rights, on every Linux.
const NOBODY: u32 = 65_534;

#[test]
fn an_image_in_a_read_only_directory_can_only_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "s.scm", "(define x 7)");
    succeeds(folder, &["run", "s.scm"]);
    let image = folder.join("s.scm.image");
    // Nothing is forbidden to root, so another user looks, with a copy of the command where it may be run.
    let program = folder.join("pscheme");
    std::fs::copy(env!("CARGO_BIN_EXE_pscheme"), &program).unwrap();
    let is_root = geteuid().is_root();
    if is_root {
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        for entry in std::fs::read_dir(&image).unwrap() {
            chown(entry.unwrap().path(), Some(NOBODY), None).unwrap();
        }
        chown(&image, Some(NOBODY), None).unwrap();
    }
    std::fs::set_permissions(&image, Permissions::from_mode(0o555)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.env("PSCHEME_KEY_FILE", "");
        if is_root {
            command.uid(NOBODY);
        }
        command.output().unwrap()
    };
    let refused = run(&["run", "s.scm"]);
    let told = shown(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("E0006") && told.contains("only looking at it"), "{told}");
    let looked = run(&["eval", "s.scm.image", "(+ x 1)"]);
    assert_eq!(shown(&looked.stdout), "8\n", "{}", shown(&looked.stderr));
    std::fs::set_permissions(&image, Permissions::from_mode(0o755)).unwrap();
    let found = run(&["run", "s.scm"]);
    assert!(shown(&found.stderr).contains("has ended with status 0"), "{}", shown(&found.stderr));
}
