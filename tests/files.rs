//! File output is exactly once, and a file that somebody else changed is left alone: the run stops
//! with an error, nothing is lost, and with the file as it was the run goes on.

mod support;

use std::path::{Path, PathBuf};

use pscheme::effects::EffectError;
use pscheme::heap::store::MemoryImage;
use pscheme::{Session, SessionError, SessionOptions};
use support::{Console, TestHost};

/// A program that writes numbered lines for ever.
fn program(path: &Path) -> String {
    format!(
        "(define out (open-output-file {path:?}))
         (let loop ((i 0))
           (write-string \"line \" out) (write i out) (newline out) (flush-output-port out)
           (loop (+ i 1)))"
    )
}

/// An image whose program has written some lines, and the file.
struct Written {
    image: MemoryImage,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

fn open(image: &MemoryImage) -> Result<Session, SessionError> {
    let options = SessionOptions::new(TestHost::new(&Console::default()));
    Session::open(Box::new(image.open().unwrap()), options)
}

fn run_some(session: &mut Session) -> Result<(), SessionError> {
    for _ in 0..8 {
        session.run_one_slice()?;
    }
    session.commit_and_wait()
}

impl Written {
    fn new() -> Written {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines");
        let image = MemoryImage::new();
        let mut session = open(&image).unwrap();
        session.start_program("lines.scm", &program(&file)).unwrap();
        run_some(&mut session).unwrap();
        session.close().unwrap();
        let written = Written { image, file, _folder: folder };
        assert!(written.text().len() > 8192, "long enough that the hashed end is not all");
        written
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.file).unwrap()
    }

    /// Goes on in a new session; the error that stops it, if any.
    fn go_on(&self) -> Option<EffectError> {
        let mut session = match open(&self.image) {
            Ok(session) => session,
            Err(SessionError::Effect(error)) => return Some(error),
            Err(other) => panic!("{other}"),
        };
        match run_some(&mut session) {
            Ok(()) => None,
            Err(SessionError::Effect(error)) => Some(error),
            Err(other) => panic!("{other}"),
        }
    }

    /// Every line is there once, in order.
    fn expect_lines(&self) {
        let text = self.text();
        assert!(text.ends_with('\n'));
        for (index, line) in text.lines().enumerate() {
            assert_eq!(line, format!("line {index}"));
        }
    }

    /// Checks that `change` is noticed and left alone, and that undoing it lets the run go on.
    fn refuses(&self, change: impl Fn(&Path), is_expected: impl Fn(&EffectError) -> bool) {
        let aside = self.file.with_extension("aside");
        let before = self.text();
        // The file itself is put aside and put back, so that it keeps its identity.
        std::fs::hard_link(&self.file, &aside).unwrap();
        change(&self.file);
        let changed = std::fs::read(&self.file).ok();
        let error = self.go_on().expect("the change is noticed");
        assert!(is_expected(&error), "{error}");
        assert!(error.is_foreign_change());
        assert_eq!(std::fs::read(&self.file).ok(), changed, "left alone");
        std::fs::write(&aside, &before).unwrap();
        std::fs::rename(&aside, &self.file).unwrap();
        assert!(!aside.exists() || std::fs::remove_file(&aside).is_ok());
        assert!(self.go_on().is_none());
        assert!(self.text().len() > before.len());
        self.expect_lines();
    }
}

#[test]
fn output_goes_on_where_it_was() {
    let written = Written::new();
    written.expect_lines();
    for _ in 0..3 {
        let before = written.text().len();
        assert!(written.go_on().is_none());
        assert!(written.text().len() > before);
        written.expect_lines();
    }
}

#[test]
fn a_longer_file_is_left_alone() {
    Written::new().refuses(
        |path| {
            let mut text = std::fs::read(path).unwrap();
            text.extend_from_slice(b"foreign\n");
            std::fs::write(path, text).unwrap();
        },
        |error| matches!(error, EffectError::Length { least, most, found, .. } if least == most && *found == most + 8),
    );
}

#[test]
fn a_shorter_file_is_left_alone() {
    Written::new().refuses(
        |path| std::fs::write(path, "line 0\n").unwrap(),
        |error| matches!(error, EffectError::Length { found: 7, .. }),
    );
}

#[test]
fn other_bytes_at_the_end_are_noticed() {
    Written::new().refuses(
        |path| {
            let mut text = std::fs::read(path).unwrap();
            let near_end = text.len() - 100;
            text[near_end] ^= 1;
            std::fs::write(path, text).unwrap();
        },
        |error| matches!(error, EffectError::Content { .. }),
    );
}

#[test]
fn another_file_of_the_same_name_is_left_alone() {
    Written::new().refuses(
        |path| {
            let copy = path.with_extension("copy");
            std::fs::copy(path, &copy).unwrap();
            std::fs::rename(copy, path).unwrap();
        },
        |error| matches!(error, EffectError::Replaced { .. }),
    );
}

#[test]
fn a_removed_file_is_not_made_again() {
    Written::new().refuses(
        |path| std::fs::remove_file(path).unwrap(),
        |error| matches!(error, EffectError::Removed { .. }),
    );
}

#[test]
fn a_change_is_noticed_while_the_program_runs() {
    let written = Written::new();
    let mut session = open(&written.image).unwrap();
    run_some(&mut session).unwrap();
    let mut text = std::fs::read(&written.file).unwrap();
    text.extend_from_slice(b"foreign");
    std::fs::write(&written.file, &text).unwrap();
    match run_some(&mut session) {
        Err(SessionError::Effect(EffectError::Length { .. })) => {}
        other => panic!("{other:?}"),
    }
    drop(session);
    text.truncate(text.len() - 7);
    std::fs::write(&written.file, text).unwrap();
    assert!(written.go_on().is_none());
    written.expect_lines();
}

/// A session that has asked for the deletion of a file and not committed that yet.
fn about_to_delete(image: &MemoryImage, file: &Path) -> Session {
    let mut session = open(image).unwrap();
    session.start_program("delete.scm", &format!("(delete-file {file:?})")).unwrap();
    while pscheme::effects::newest_effect(&session.vm).is_none() {
        session.run_one_slice().unwrap();
    }
    session
}

#[test]
fn a_file_is_deleted_after_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let image = MemoryImage::new();
    drop(about_to_delete(&image, &file));
    assert!(file.exists(), "a request that was lost does nothing");
    let mut session = about_to_delete(&MemoryImage::new(), &file);
    session.commit_and_wait().unwrap();
    assert!(!file.exists());
    session.close().unwrap();
}

#[test]
fn another_file_of_the_name_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("file"), folder.path().join("other"));
    std::fs::write(&file, "text").unwrap();
    std::fs::write(&other, "another text").unwrap();
    let mut session = about_to_delete(&MemoryImage::new(), &file);
    std::fs::rename(&other, &file).unwrap();
    session.commit_and_wait().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "another text");
    session.close().unwrap();
}
