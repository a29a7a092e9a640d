//! A sealed image of some size is not read whole when it is opened, and behaves as if it were.

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pscheme::heap::demand::GROUP_PAGES;
use pscheme::heap::error_code::ErrorCode;
use pscheme::heap::store::seal::KEY_BYTES;
use pscheme::heap::store::{
    CommitClock, ImageDirectory, PAGE_SIZE_BYTES, StoreError, StoreOptions,
};
use pscheme::session::{Outcome, SessionError};
use pscheme::{Bytes, OpenOptions, Session, SessionOptions, seal_key};
use support::{Console, Random, TestHost};

/// Some 45 MiB in vectors, lists, strings and large objects, and the sum of what is in them; the second part
/// runs when the file `GO` is there.
const PROGRAM: &str = r#"
    (define (build n x) (let loop ((i 0) (l '())) (if (= i n) l (loop (+ i 1) (cons (+ x i) l)))))
    (define rows (make-vector 100 '()))
    (do ((i 0 (+ i 1))) ((= i 100)) (vector-set! rows i (build 20000 i)))
    (define long (make-vector 300000 7))
    (define text (make-string 1000000 #\a))
    (define bytes (make-bytevector 6000000 3))
    (define (sum l) (let loop ((l l) (s 0)) (if (null? l) s (loop (cdr l) (+ s (car l))))))
    (define table (make-hash-table))
    (do ((i 0 (+ i 1))) ((= i 2000)) (hash-table-set! table i (number->string i)))
    (await-commit)
    (define ready #t)
    (let wait () (if (not (file-exists? "GO")) (begin (sleep 0.001) (wait))))
    (define (total)
      (let loop ((i 0) (s 0))
        (if (= i 100) s (loop (+ i 1) (+ s (sum (vector-ref rows i)))))))
    (display (list (total) (sum (vector->list long)) (string=? text (make-string 1000000 #\a))
                   (equal? bytes (make-bytevector 6000000 3)) (hash-table-ref table 1999 (lambda () #f))))
    (do ((i 0 (+ i 7))) ((>= i 100)) (set-car! (vector-ref rows i) 0))
    (string-set! text 999999 #\b)
    (await-commit)
    (display (total))
    "#;

const SHOWN: &str = "(20098000000 2100000 #t #t 1999)20097699280";

fn store_options() -> StoreOptions {
    let key = Some(seal_key(&[1; KEY_BYTES]));
    StoreOptions { key, ..StoreOptions::new(CommitClock::fixed(0)) }
}

fn open(path: &Path, console: &Console) -> Result<Session, SessionError> {
    let store = ImageDirectory::at(path).open(&store_options())?;
    Session::open(Box::new(store), SessionOptions::new(TestHost::new(console)))
}

/// An image in which the program waits for the file.
fn waiting(folder: &Path) -> PathBuf {
    let path = folder.join("large.image");
    let store = ImageDirectory::at(&path).create(&store_options()).unwrap();
    let console = Console::default();
    let options = SessionOptions::new(TestHost::new(&console));
    let mut session = Session::open(Box::new(store), options).unwrap();
    let text = PROGRAM.replace("GO", &folder.join("go").display().to_string());
    session.start_program("large.scm", &text).unwrap();
    while session.vm.global("ready").is_none() {
        assert_eq!(session.run_one_slice().unwrap(), None);
    }
    session.commit_and_wait().unwrap();
    session.close().unwrap();
    path
}

fn finish(mut session: Session) -> Result<(), SessionError> {
    let outcome = session.run()?;
    assert_eq!(outcome, Outcome::Ended(0));
    session.close()
}

fn text(console: &Console) -> String {
    String::from_utf8(console.lock().unwrap().clone()).unwrap()
}

#[test]
fn what_is_touched_is_read_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = waiting(folder.path());
    let console = Console::default();
    let session = open(&path, &console).unwrap();
    let all = session.vm.heap.bytes_in_use() / PAGE_SIZE_BYTES as u64;
    let at_opening = session.vm.heap.pages_read_on_demand().expect("it is large and sealed");
    assert!(all > 1_500 && at_opening < all / 8, "{at_opening} of {all} pages were read");
    // Closed and opened again it still waits.
    session.close().unwrap();
    let mut session = open(&path, &console).unwrap();
    for _ in 0..50 {
        assert_eq!(session.run_one_slice().unwrap(), None);
    }
    let waiting = session.vm.heap.pages_read_on_demand().unwrap();
    assert!(waiting < all / 4, "{waiting} of {all} pages were read");
    std::fs::write(folder.path().join("go"), "").unwrap();
    finish(session).unwrap();
    assert_eq!(text(&console), SHOWN);

    // What it left is whole: opened without the key, everything is walked.
    let options = StoreOptions { key: None, ..store_options() };
    let store = ImageDirectory::at(&path).open(&options).unwrap();
    let options = SessionOptions::new(TestHost::new(&console));
    let session = Session::open(Box::new(store), options).unwrap();
    assert_eq!(session.vm.heap.pages_read_on_demand(), None);
}

#[test]
fn an_image_goes_on_after_any_part_of_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = waiting(folder.path());
    std::fs::write(folder.path().join("go"), "").unwrap();
    let console = Console::default();
    // Killed again and again: the session is dropped in the middle, and commits are what remains.
    let mut random = Random(support::seed());
    let mut openings = 0;
    loop {
        let mut session = open(&path, &console).unwrap();
        openings += 1;
        let slices = 1 + random.below(40);
        let ended = (0..slices).find_map(|_| session.run_one_slice().unwrap());
        if ended.is_some() {
            break;
        }
        session.commit_and_wait().unwrap();
    }
    assert!(openings > 3, "{openings} openings are too few to tell");
    assert_eq!(text(&console), SHOWN);
}

/// Destroys bodies of pages of the large objects, where nothing else is read with them.
fn damage(path: &Path) -> u64 {
    let database = rusqlite::Connection::open(path.join("heap.db")).unwrap();
    let later_pages = format!(
        "SELECT blob FROM page_version AS inner_page WHERE blob IS NOT NULL AND NOT EXISTS (\
         SELECT 1 FROM page_version WHERE page / {GROUP_PAGES} = inner_page.page / {GROUP_PAGES} \
         AND page_type <> 4)"
    );
    let count = database
        .execute(
            &format!("UPDATE blob SET data = zeroblob(length(data)) WHERE id IN ({later_pages})"),
            [],
        )
        .unwrap();
    database.close().unwrap();
    count as u64
}

#[test]
fn damage_is_an_error_when_it_is_touched_and_nothing_is_committed_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = waiting(folder.path());
    assert!(damage(&path) > 0);
    let console = Console::default();
    let mut session = open(&path, &console).expect("what is damaged is not touched by opening");
    for _ in 0..20 {
        assert_eq!(session.run_one_slice().unwrap(), None);
    }
    session.commit_and_wait().unwrap();
    std::fs::write(folder.path().join("go"), "").unwrap();
    let failed = session.run().expect_err("it touches all");
    let SessionError::Store(failed) = failed else { panic!("{failed}") };
    assert!(matches!(failed, StoreError::PageDamaged { .. }), "{failed}");
    assert_eq!(failed.code(), ErrorCode::ImageDamaged);
    // A commit that was cut before is still being written.
    let mut last = session.durable();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        if session.durable() == last {
            break;
        }
        last = session.durable();
    }
    for _ in 0..3 {
        assert!(session.run_one_slice().is_err() && session.commit_and_wait().is_err());
    }
    assert_eq!(session.durable(), last, "nothing is committed any more");
    assert_eq!(text(&console), "");
    drop(session);
    assert!(open(&path, &console).is_ok(), "the image is as it was");
}

#[test]
fn a_value_of_a_damaged_page_is_not_given_to_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = waiting(folder.path());
    assert!(damage(&path) > 0);
    let mut image = OpenOptions::new().key(&[1; KEY_BYTES]).open(&path).unwrap();
    let large = ["bytes", "text", "long"].map(|name| image.global(name).expect("it is defined"));
    // One of the three has the damaged pages; from then on nothing is given.
    let given = [
        image.get::<Bytes>(&large[0]).is_ok(),
        image.get::<String>(&large[1]).is_ok(),
        image.get::<Vec<i64>>(&large[2]).is_ok(),
    ];
    assert!(!given[2], "{given:?}");
    assert!(image.get::<String>(&large[1]).is_err());
    assert!(image.global("text").is_none());
    assert!(image.eval("(+ 1 2)").is_err() && image.spawn("(display 1)").is_err());
}
