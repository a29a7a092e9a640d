//! Libraries in files, and what programs leave in an image: macros, libraries and redefinitions live
//! without their source files.

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use pscheme::heap::store::{MemoryImage, Store};
use pscheme::vm::host::Host;
use pscheme::{Outcome, ProgramError, Session, SessionOptions};
use support::{Console, TestHost};

/// A host of tests that looks for libraries in one folder.
struct LibraryHost {
    inner: Box<TestHost>,
    folder: PathBuf,
}

impl Host for LibraryHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.inner.console_write(bytes);
    }
    fn clock_us(&mut self) -> i64 {
        self.inner.clock_us()
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.inner.monotonic_ns()
    }
    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.inner.wait_until_us(deadline_us, stop);
    }
    fn random(&mut self) -> u64 {
        self.inner.random()
    }
    fn library_folders(&self) -> Vec<PathBuf> {
        vec![self.folder.clone()]
    }
}

fn options(folder: &Path, console: &Console) -> SessionOptions {
    let host = LibraryHost { inner: TestHost::new(console), folder: folder.into() };
    SessionOptions::new(Box::new(host))
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn shown(console: &Console) -> String {
    String::from_utf8(std::mem::take(&mut *console.lock().unwrap())).unwrap()
}

/// What a program shows, or the errors of its text.
fn run(session: &mut Session, console: &Console, name: &str, text: &str) -> String {
    match session.start_program(name, text) {
        Ok(()) => {
            assert_eq!(session.run().unwrap(), Outcome::Ended(0), "{}", shown(console));
            shown(console)
        }
        Err(ProgramError::Compile(failure)) => failure.render(),
        Err(other) => panic!("{other}"),
    }
}

const STACK: &str = "(define-library (data stack)
  (export empty push (rename first top) with-top)
  (import (scheme base) (data 2 helper))
  (include \"stack-body.scm\"))";
const STACK_BODY: &str = "(define empty '())
(define pushes 0)
(define (push stack item) (set! pushes (+ pushes 1)) (cons item stack))
(define (first stack) (help (car stack)))
(define-syntax with-top
  (syntax-rules () ((_ (name stack) body ...) (let ((name (first stack))) body ... (list name pushes)))))";
const HELPER: &str = "(define-library (data 2 helper)
  (export help)
  (import (only (scheme base) define list quote))
  (begin (define (help x) (list 'helped x))))";

#[test]
fn libraries_are_found_in_files_and_survive_without_them() {
    let folder = folder_with(&[
        ("data/stack.sld", STACK),
        ("data/stack-body.scm", STACK_BODY),
        ("data/2/helper.sld", HELPER),
    ]);
    let (image, console) = (MemoryImage::new(), Console::default());
    let open = |image: &MemoryImage| -> Box<dyn Store> { Box::new(image.open().unwrap()) };
    let mut session = Session::open(open(&image), options(folder.path(), &console)).unwrap();
    let program = "(import (scheme base) (scheme write) (prefix (data stack) s:))
      (display (s:with-top (x (s:push s:empty 1)) (display x)))";
    assert_eq!(run(&mut session, &console, "one.scm", program), "(helped 1)((helped 1) 1)");
    session.close().unwrap();

    // The files are gone; another process goes on with the library as it was, state included.
    folder.close().unwrap();
    let nowhere = Path::new("/nonexistent");
    let mut session = Session::open(open(&image), options(nowhere, &console)).unwrap();
    assert_eq!(run(&mut session, &console, "two.scm", program), "(helped 1)((helped 1) 2)");
    let open_program = "(void) (import (data stack)) (define (first x) 'mine) (define car cdr)
      (write (with-top (y (push (push empty 1) 2)) (first y)))";
    assert_eq!(run(&mut session, &console, "three.scm", open_program), "((helped 2) 4)");
}

#[test]
fn a_macro_and_a_redefinition_outlive_the_program_that_made_them() {
    let (image, console) = (MemoryImage::new(), Console::default());
    let nowhere = Path::new("/nonexistent");
    let open = |image: &MemoryImage, console: &Console| {
        let store: Box<dyn Store> = Box::new(image.open().unwrap());
        Session::open(store, options(nowhere, console)).unwrap()
    };
    let programs = [
        ("(define-syntax my-or (syntax-rules () ((_) #f) ((_ a b ...) (let ((t a)) (if t t (my-or b ...))))))
          (define (twice x) (* 2 x)) (define (call-twice) (twice 4)) (define (list . x) 'own)", ""),
        ("(define t 5) (write (my-or #f t)) (write (list 1 2)) (write (call-twice))", "5own8"),
        ("(define (twice x) (* 3 x)) (write (call-twice))", "12"),
        ("(define-syntax list (syntax-rules () ((_ x) 'macro))) (write (list 1))", "macro"),
        ("(write (list 1)) (define (my-or . x) 'procedure) (write (my-or 1))", "macroprocedure"),
        ("(write (my-or 1)) (import (only (scheme base) list)) (write (list 1))", "procedure(1)"),
    ];
    for (text, expected) in programs {
        let mut session = open(&image, &console);
        assert_eq!(run(&mut session, &console, "step.scm", text), expected, "{text}");
        session.close().unwrap();
    }
}

#[test]
fn a_running_frame_finishes_in_the_code_it_started_in() {
    let console = Console::default();
    let mut session = Session::transient(SessionOptions::new(TestHost::new(&console))).unwrap();
    let text = "(define (work n)
        (if (= n 2) (eval '(define (work n) (display \"new\") n) (interaction-environment)))
        (let ((below (if (= n 0) 0 (work (- n 1)))))
          (display \"old\") (+ below 1)))
      (display (work 3)) (display (work 3))";
    assert_eq!(run(&mut session, &console, "redefine.scm", text), "newoldold3new3");
}

#[test]
fn what_is_wrong_with_files_is_said_where_it_is() {
    let folder = folder_with(&[
        ("a.sld", "(define-library (a) (import (b)))"),
        ("b.sld", "(define-library (b) (import (a)))"),
        ("other.sld", "(define-library (something else))"),
        (
            "broken.sld",
            "(define-library (broken) (export x) (import (scheme base))\n  (begin (define x (if))))",
        ),
        ("loop.scm", "(include \"loop.scm\")"),
    ]);
    let console = Console::default();
    let mut session = Session::transient(options(folder.path(), &console)).unwrap();
    let name = folder.path().join("main.scm").display().to_string();
    let place = format!("{}/", folder.path().display());
    let mut errors = |text: &str| run(&mut session, &console, &name, text).replace(&place, "");
    let circle = errors("(import (a))");
    assert!(circle.contains("the library needs itself: (a) needs (b) needs (a)"), "{circle}");
    assert!(circle.contains("--> b.sld:1:29"), "{circle}");
    let other = errors("(import (other))");
    assert!(other.contains("other.sld does not define the library (other)"), "{other}");
    let broken = errors("(import (broken))");
    assert!(broken.contains("`if` does not have its shape"), "{broken}");
    assert!(broken.contains("--> broken.sld:2:20"), "{broken}");
    let missing = errors("(import (not there))");
    assert!(missing.contains("there is no library (not there)"), "{missing}");
    let escaping = errors("(import (|../main|))");
    assert!(escaping.contains("there is no library"), "{escaping}");
    let endless = errors("(include \"loop.scm\")");
    assert!(endless.contains("more than 100 deep"), "{endless}");
    let unreadable = errors("(include \"nothing.scm\")");
    assert!(unreadable.contains("cannot read nothing.scm: there is no such file"), "{unreadable}");
    assert!(unreadable.contains("--> main.scm:1:10"), "{unreadable}");
}

#[test]
fn files_are_included_and_loaded() {
    let folder = folder_with(&[
        ("part.scm", "(define (double x) (* x 2))\n(define kept 'HERE)"),
        (
            "loaded.scm",
            "(define-syntax half (syntax-rules () ((_ x) (quotient x 2))))\n(define loaded (half 9))\n(display loaded)",
        ),
        ("broken.scm", "(display 1)\n(display (if))\n(display 2)"),
    ]);
    let console = Console::default();
    let mut session = Session::transient(options(folder.path(), &console)).unwrap();
    let name = folder.path().join("main.scm").display().to_string();
    let text = "(include \"part.scm\") (write (list (double 4) kept))
      (define (inner) (include \"part.scm\") (double 5)) (write (inner))
      (include-ci \"part.scm\") (write kept)";
    assert_eq!(run(&mut session, &console, &name, text), "(8 HERE)10here");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let text = format!("(load {:?}) (write (half 7))", file("loaded.scm"));
    // `half` is a procedure's name when the program is compiled: the file has not been loaded.
    assert_eq!(session.start_program("load.scm", &text).map_err(|error| error.to_string()), Ok(()));
    assert_eq!(session.run().unwrap(), Outcome::Ended(1));
    assert!(shown(&console).starts_with('4'));
    assert_eq!(run(&mut session, &console, "later.scm", "(write (half 7)) (write loaded)"), "34");
    let text = format!(
        "(guard (e (#t (display (error-object-message e)))) (load {:?}))",
        file("broken.scm")
    );
    let message = run(&mut session, &console, "broken.scm", &text);
    let expected =
        format!("1{}:2:10: `if` does not have its shape, found 0 parts in it", file("broken.scm"));
    assert_eq!(message, expected);
    let text =
        "(guard (e ((file-error? e) (display (error-object-message e)))) (load \"/none.scm\"))";
    assert!(run(&mut session, &console, "x", text).starts_with("cannot load /none.scm: "));
}
