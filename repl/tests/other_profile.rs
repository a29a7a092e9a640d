//! Another build goes on where this one was killed: an embedder's plain development build has all
//! crates at optimisation level 0, debug assertions, and another engine.
//!
//! Cargo builds the embedder below this workspace's target directory, so that only the first run
//! takes its time; nothing is fetched.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pscheme::heap::root_table::Root;
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, StoreOptions};
use pscheme::host::StandardHost;
use pscheme::vm::engine::Engine;
use pscheme::{Outcome, Session, SessionOptions};

/// Time any one wait may take.
const PATIENCE: Duration = Duration::from_secs(120);
const STEPS: &str = include_str!("other_profile/steps.scm");
/// Lines the program writes.
const LINES: usize = 41;

/// Builds the embedder once; gives its path.
fn embedder() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build_embedder)
}

fn build_embedder() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let source = checkout.join("tests/embedder");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedder");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = std::fs::read_to_string(source.join("Cargo.toml")).unwrap();
    let manifest = manifest.replace("path = \"../..\"", &format!("path = {checkout:?}"));
    write_if_changed(&folder.join("Cargo.toml"), &manifest);
    let main = std::fs::read_to_string(source.join("src/main.rs")).unwrap();
    write_if_changed(&folder.join("src/main.rs"), &main);
    // The versions this workspace has, so that nothing needs to be fetched.
    std::fs::copy(checkout.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let begin = Instant::now();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("PSCHEME_ENGINE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("the embedder's build took {:.1} s", begin.elapsed().as_secs_f64());
    folder.join("target/debug/embedder")
}

/// A file whose time stands still is not compiled again.
fn write_if_changed(path: &Path, text: &str) {
    if std::fs::read_to_string(path).ok().as_deref() != Some(text) {
        std::fs::write(path, text).unwrap();
    }
}

fn start(program: &Path, arguments: &[&str], folder: &Path) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for the end; gives what standard output showed.
fn finish(child: Child, status: i32) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn written(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("script.out")).unwrap_or_default()
}

/// Waits until `lines` lines were written while the program runs, then kills it.
fn kill_after(mut child: Child, lines: usize, folder: &Path) {
    let begin = Instant::now();
    while written(folder).lines().count() < lines {
        assert_eq!(child.try_wait().unwrap(), None, "ended before it could be killed");
        assert!(begin.elapsed() < PATIENCE, "{lines} lines never come");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let count = written(folder).lines().count();
    assert!(count < LINES, "killed in the middle, after {count} lines");
    println!("killed after {count} lines");
}

/// Runs the image to its end in this build, whatever it was made by.
fn finish_here(image: &Path) -> Session {
    let store = ImageDirectory::at(image).open(&StoreOptions::new(CommitClock::system())).unwrap();
    let options = SessionOptions::new(Box::new(StandardHost::default()));
    let mut session = Session::open(Box::new(store), options).unwrap();
    assert_eq!(session.run().unwrap(), Outcome::Ended(0));
    session
}

/// What is compared of two images at their end: values, and the work done in all.
fn final_state(session: &mut Session) -> (i64, i64, i64) {
    let entered = session.vm.global("entered").expect("defined by the program");
    let work = session.vm.heap.root(Root::Work).as_fixnum();
    (entered.as_fixnum(), work, session.exit_status().unwrap())
}

#[test]
fn an_embedders_debug_build_goes_on_and_gives_back() {
    let embedder = embedder();
    let pscheme = Path::new(env!("CARGO_BIN_EXE_pscheme"));
    let undisturbed = tempfile::tempdir().unwrap();
    std::fs::write(undisturbed.path().join("script.scm"), STEPS).unwrap();
    finish(start(pscheme, &["run", "script.scm"], undisturbed.path()), 0);
    let expected = written(undisturbed.path());
    assert_eq!(expected.lines().count(), LINES);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("script.scm"), STEPS).unwrap();
    kill_after(start(pscheme, &["run", "script.scm"], path), 4, path);
    std::fs::remove_file(path.join("script.scm")).unwrap();
    let before = written(path).lines().count();
    kill_after(start(embedder, &["script.scm.image"], path), before + 4, path);
    // Both programs write relative to the folder they run in.
    std::env::set_current_dir(path).unwrap();
    let mut session = finish_here(&path.join("script.scm.image"));
    let mut straight = finish_here(&undisturbed.path().join("script.scm.image"));
    assert_eq!(written(path), expected);
    assert_eq!(final_state(&mut session), final_state(&mut straight));
    session.close().unwrap();
    straight.close().unwrap();
}

#[test]
fn level_0_runs_deep_and_long() {
    let embedder = embedder();
    let folder = tempfile::tempdir().unwrap();
    let program = "
        (define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))
        (write (deep 1000000)) (newline)
        (write (let loop ((i 0) (x 0)) (if (= i 10000000) x (loop (+ i 1) (+ x 1))))) (newline)
        (define (nest n) (let loop ((i 0) (made '())) (if (= i n) made (loop (+ i 1) (list made)))))
        (write (equal? (nest 1000000) (nest 1000000))) (newline)
        (let wait () (wait))";
    std::fs::write(folder.path().join("deep.scm"), program).unwrap();
    let begin = Instant::now();
    let mut child = start(embedder, &["image", "deep.scm"], folder.path());
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    for _ in 0..4 {
        std::io::BufRead::read_line(&mut output, &mut shown).unwrap();
    }
    // At level 0 the handlers' tail calls would be real ones.
    let engine = Engine::Match;
    assert_eq!(shown, format!("engine {engine:?}\n1000000\n10000000\n#t\n"));
    child.stdin.take().unwrap().write_all(b"stop\n").unwrap();
    finish(child, 3);
    println!("ran for {:.1} s at level 0", begin.elapsed().as_secs_f64());
}
