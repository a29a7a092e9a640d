//! A full disk as a host sees it: calls fail with their own code, lose nothing, and can be made again.

use pscheme::{Error, Limits, OpenOptions};

/// Makes so many objects of 8,000 random bytes.
const GROWS: &str = "(define seed 1)
(define (next)
  (set! seed (modulo (+ (* seed 6364136223846793005) 1442695040888963407) 18446744073709551616))
  seed)
(define (block)
  (let ((bytes (make-bytevector 8000)))
    (do ((i 0 (+ i 1))) ((= i 8000) bytes)
      (bytevector-u8-set! bytes i (quotient (next) 72057594037927936)))))
(define kept '())
(define (grow count)
  (do ((i 0 (+ i 1))) ((= i count) (length kept)) (set! kept (cons (block) kept))))";

fn limited(image_bytes: u64) -> OpenOptions {
    let mut limits = Limits::default();
    limits.image_bytes = image_bytes;
    OpenOptions::new().limits(limits)
}

fn is_out_of_space(error: &Error) -> bool {
    matches!(error, Error::Session(error) if error.is_out_of_space())
}

#[test]
fn a_call_that_finds_no_room_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let mut image = limited(2 << 20).open(&path).unwrap();
    image.eval(GROWS).unwrap();
    image.eval_to::<i64>("(grow 10)").unwrap();
    image.commit().unwrap();
    let error = loop {
        match image.eval_to::<i64>("(begin (grow 20) (await-commit) (length kept))") {
            Ok(length) => assert!(length < 2_000, "the limit is met"),
            Err(error) => break error,
        }
    };
    assert!(is_out_of_space(&error), "{error}");
    let told = error.to_string();
    assert!(told.contains("full"), "{told}");
    // The heap is as it was, and another attempt meets the same.
    assert!(is_out_of_space(&image.commit().unwrap_err()));
    let Err(error) = image.close() else { panic!("it cannot be committed") };
    assert!(is_out_of_space(&error));

    // The evaluation that was waiting for its commit goes on where it was: what it had made is there if its commit
    // was made, and is made again if not. Nothing of what was acknowledged is missing.
    let mut image = OpenOptions::new().open(&path).unwrap();
    assert!(image.eval_to::<i64>("(length kept)").unwrap() >= 10);
    let length = image.eval_to::<i64>("(grow 50)").unwrap();
    image.close().unwrap();
    let mut image = OpenOptions::new().open(&path).unwrap();
    assert_eq!(image.eval_to::<i64>("(length kept)").unwrap(), length);
    assert_eq!(
        image.eval_to::<i64>("(apply + (map bytevector-length kept))").unwrap(),
        8_000 * length
    );
}
