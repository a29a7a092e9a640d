//! What a host sees: evaluation, conversion, processes, functions and effects of its own, limits,
//! images that are dropped at any moment.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pscheme::heap::error_code::ErrorCode;
use pscheme::{
    Budget, Bytes, CommitName, Durability, Error, Image, OpenOptions, RequestId, SessionError,
    Stop, Symbol, Value,
};

fn text(image: &mut Image, expression: &str) -> String {
    let written = format!("(call-with-output-string (lambda (port) (write {expression} port)))");
    image.eval_to(&written).unwrap()
}

#[test]
fn values_go_both_ways() {
    let mut image = Image::in_memory().unwrap();
    assert_eq!(image.eval_to::<i64>("(* 6 7)").unwrap(), 42);
    assert_eq!(image.eval_to::<u64>("(- (expt 2 64) 1)").unwrap(), u64::MAX);
    assert!(image.eval_to::<bool>("(= 1 1)").unwrap());
    assert_eq!(image.eval_to::<f64>("(/ 1. 4)").unwrap(), 0.25);
    assert_eq!(image.eval_to::<char>("#\\λ").unwrap(), 'λ');
    assert_eq!(image.eval_to::<String>("(string-append \"a\" \"ß\")").unwrap(), "aß");
    assert_eq!(image.eval_to::<Symbol>("'name").unwrap(), Symbol("name".into()));
    assert_eq!(image.eval_to::<Bytes>("(bytevector 1 2)").unwrap(), Bytes(vec![1, 2]));
    assert_eq!(image.eval_to::<Vec<i64>>("(map square '(1 2 3))").unwrap(), [1, 4, 9]);
    assert_eq!(image.eval_to::<Option<i64>>("#f").unwrap(), None);
    assert_eq!(image.eval_to::<lexpr::Value>("'(a . 1)").unwrap().to_string(), "(a . 1)");
    image.set_global("given", vec!["x".to_string(), "y".to_string()]).unwrap();
    image.set_global("count", u64::MAX).unwrap();
    assert_eq!(text(&mut image, "(list given count)"), "((\"x\" \"y\") 18446744073709551615)");
    let wrong = image.eval_to::<i8>("300").unwrap_err();
    assert_eq!(wrong.to_string(), "expected an exact integer from -128 to 127, found 300");
    assert!(image.global("nobody").is_none());
}

#[test]
fn handles_keep_their_objects_and_belong_to_one_image() {
    let mut image = Image::in_memory().unwrap();
    let list = image.eval("(list 1 2 3)").unwrap();
    let sum = image.eval("(lambda (list) (apply + list))").unwrap();
    image
        .eval("(let loop ((i 0)) (if (< i 200000) (begin (make-vector 10 i) (loop (+ i 1)))))")
        .unwrap();
    let total = image.call(&sum, std::slice::from_ref(&list)).unwrap();
    assert_eq!(image.get::<i64>(&total).unwrap(), 6);
    let mut other = Image::in_memory().unwrap();
    assert!(other.get::<Vec<i64>>(&list).is_err());
    assert!(other.call(&sum, &[]).is_err());
    drop(image);
    drop((list, sum, total));
}

#[test]
fn errors_have_code_place_and_backtrace() {
    let mut image = Image::in_memory().unwrap();
    let Err(Error::Compile(failure)) = image.eval("(define x 1)\n(if)") else { panic!() };
    assert!(failure.render().contains("eval:2:1"), "{}", failure.render());
    assert_eq!(image.eval_to::<i64>("x").unwrap(), 1, "the forms before were evaluated");
    image.eval("(define (inner x) (+ 1 (vector-ref (vector 1 2) x)))").unwrap();
    let error = image.eval("(inner 5)").unwrap_err();
    let Error::Raised { process, code, ref report, .. } = error else { panic!("{error}") };
    assert_eq!(code, ErrorCode::IndexOutOfRange);
    assert!(
        report.contains("(vector-ref (vector 1 2) x)") && report.contains("in inner"),
        "{report}"
    );
    assert!(image.failure(process).is_some());
    image.discard(process).unwrap();
    assert!(image.failure(process).is_none());
    let guarded = "(guard (e ((string? (error-object-message e)) 'caught)) (inner 7))";
    assert_eq!(image.eval_to::<Symbol>(guarded).unwrap().0, "caught");
    assert!(matches!(image.eval("(exit 3)"), Err(Error::Exited(3))));
    assert!(matches!(image.eval("(recv (x x))"), Err(Error::Waiting { .. })));
}

#[test]
fn processes_run_within_a_budget() {
    let mut image = Image::in_memory().unwrap();
    let counter = image
        .spawn("(define total 0) (let loop () (recv (n (where (number? n)) (set! total (+ total n)) (loop)) ('stop 'done)))")
        .unwrap();
    assert_eq!(image.run(Budget::UNTIL_IDLE).unwrap(), Stop::Idle { until: None });
    for n in 1..=10i64 {
        image.send(counter, n).unwrap();
    }
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert_eq!(image.eval_to::<i64>("total").unwrap(), 55);
    assert_eq!(image.processes().len(), 1);
    image.send(counter, Symbol("stop".into())).unwrap();
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert!(matches!(image.send(counter, 1i64), Err(Error::NoProcess(_))));
    image.spawn("(let loop () (loop))").unwrap();
    assert_eq!(image.run(Budget::of_work(100_000)).unwrap(), Stop::Budget);
    let stopper = image.stopper();
    std::thread::spawn(move || stopper.stop());
    assert_eq!(image.run(Budget::UNTIL_IDLE).unwrap(), Stop::Requested);
    let sleeper = image.spawn("(sleep 3600)").unwrap();
    assert!(image.processes().iter().any(|process| process.process == sleeper));
}

#[test]
fn host_functions_are_leaves_with_checked_arguments() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let mut image = OpenOptions::new()
        .host_function("add", |a: i64, b: i64| a + b)
        .host_function("host log", move |line: String| log.lock().unwrap().push(line))
        .host_function("divide", |a: i64, b: i64| {
            a.checked_div(b).ok_or("division by zero in Rust")
        })
        .host_function("same", |value: Value| value)
        .host_function("nothing", || ())
        .in_memory()
        .unwrap();
    assert_eq!(image.eval_to::<i64>("(apply add (map add '(1 2) '(3 4)))").unwrap(), 10);
    image.eval("(|host log| \"hello\")").unwrap();
    assert_eq!(*seen.lock().unwrap(), ["hello"]);
    let message = |image: &mut Image, call: &str| {
        let guarded = format!("(guard (e (#t (error-object-message e))) {call})");
        image.eval_to::<String>(&guarded).unwrap()
    };
    assert_eq!(message(&mut image, "(divide 1 0)"), "division by zero in Rust");
    let wrong = message(&mut image, "(add 1 'x)");
    assert!(
        wrong.starts_with("add expects an exact integer") && wrong.ends_with("argument, found x"),
        "{wrong}"
    );
    assert!(message(&mut image, "(add 1)").contains("add"), "the number of arguments is checked");
    assert!(image.eval_to::<bool>("(let ((x (list 1))) (eq? x (same x)))").unwrap());
    image.eval("(nothing)").unwrap();
    let imports = "(import (scheme base) (only (pscheme host) add)) (define sum (add 20 22))";
    image.spawn(imports).unwrap();
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert_eq!(image.eval_to::<i64>("sum").unwrap(), 42);
}

#[test]
fn an_image_is_not_opened_without_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let options =
        || OpenOptions::new().host_function("one", || 1i64).host_function("two", |x: i64| x * 2);
    let mut image = options().open(&path).unwrap();
    image.eval("(define (use) (+ (one) (two 2)))").unwrap();
    image.close().unwrap();
    let Err(Error::Session(SessionError::MissingHostFunctions(missing))) = Image::open(&path)
    else {
        panic!()
    };
    assert_eq!(missing.len(), 2, "{missing:?}");
    let other = OpenOptions::new().host_function("one", || 1i64).host_function_version(
        "two",
        2,
        |x: i64| x * 3,
    );
    let Err(Error::Session(SessionError::MissingHostFunctions(missing))) = other.open(&path) else {
        panic!()
    };
    assert_eq!(missing, ["two with 1 arguments, version 1 (the host has one with 1, version 2)"]);
    let mut image = options().host_function("three", || 3i64).open(&path).unwrap();
    assert_eq!(image.eval_to::<i64>("(+ (use) (three))").unwrap(), 8);
    let taken = OpenOptions::new().host_function("use", || 0i64);
    drop(image);
    let Err(Error::Session(SessionError::MissingHostFunctions(_) | SessionError::HostFunctions(_))) =
        taken.open(&path)
    else {
        panic!()
    };
}

#[test]
fn effects_leave_after_their_commit_and_are_in_doubt_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let calls = Arc::new(Mutex::new(Vec::new()));
    let options = |idempotent: bool, calls: &Arc<Mutex<Vec<String>>>| {
        let calls = calls.clone();
        let pay = move |id: RequestId, cents: i64| {
            calls.lock().unwrap().push(id.0);
            cents
        };
        OpenOptions::new().durability(Durability::OnDemand).host_effect("pay", idempotent, pay)
    };
    let mut image = options(true, &calls).open(&path).unwrap();
    image.eval("(define paid '())").unwrap();
    image.spawn("(set! paid (cons (pay 5) paid))").unwrap();
    assert!(calls.lock().unwrap().is_empty());
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert_eq!(calls.lock().unwrap().len(), 1);
    assert_eq!(image.eval_to::<Vec<i64>>("paid").unwrap(), [5]);

    // The commit with the request is durable, the answer is not: dropped in between.
    let before = calls.lock().unwrap().len();
    image.spawn("(set! paid (cons (pay 7) paid))").unwrap();
    while calls.lock().unwrap().len() == before {
        assert_ne!(image.run(Budget::of_work(1)).unwrap(), Stop::Idle { until: None });
    }
    let identity = calls.lock().unwrap().last().cloned();
    drop(image);
    let mut image = options(true, &calls).open(&path).unwrap();
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert_eq!(image.eval_to::<Vec<i64>>("paid").unwrap(), [7, 5]);
    assert_eq!(calls.lock().unwrap().last().cloned(), identity, "the request is the same one");

    let before = calls.lock().unwrap().len();
    let program = "(set! paid (guard (e (#t (error-object-message e))) (pay 9)))";
    image.spawn(program).unwrap();
    while calls.lock().unwrap().len() == before {
        image.run(Budget::of_work(1)).unwrap();
    }
    drop(image);
    let mut image = options(false, &calls).open(&path).unwrap();
    image.run(Budget::UNTIL_IDLE).unwrap();
    let message = image.eval_to::<String>("paid").unwrap();
    assert!(
        message.starts_with("pay was requested before the image was opened again"),
        "{message}"
    );
    assert_eq!(calls.lock().unwrap().len(), before + 1, "it was not done again");
}

#[test]
fn images_are_looked_at_without_being_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let mut image = Image::open(&path).unwrap();
    image.eval("(define kept '(1 2))").unwrap();
    let image_commit = image.commit().unwrap().unwrap();
    let mut second = OpenOptions::new().open_read_only(&path).unwrap();
    let kept = second.global("kept").unwrap();
    assert_eq!(second.get::<Vec<i64>>(&kept).unwrap(), [1, 2]);
    assert!(matches!(second.eval("1"), Err(Error::ReadOnly)));
    assert!(matches!(second.run(Budget::UNTIL_IDLE), Err(Error::ReadOnly)));
    assert!(matches!(second.commit(), Err(Error::ReadOnly)));
    assert!(second.processes().is_empty());
    // And as it was before: the commit in which nothing of the program was there yet.
    image.eval("(define kept '(3))").unwrap();
    image.commit().unwrap();
    let looking = || OpenOptions::new().at(CommitName::Number(image_commit));
    let past = looking().open_read_only(&path).unwrap();
    let before = past.global("kept").unwrap();
    assert_eq!(past.get::<Vec<i64>>(&before).unwrap(), [1, 2]);
    image.close().unwrap();
    assert!(looking().open(&path).is_err(), "the past cannot be run");
    assert!(OpenOptions::new().create(false).open(folder.path().join("none")).is_err());
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_process_at_the_limit_goes_on_in_a_larger_heap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let mut image = OpenOptions::new().heap_limit_bytes(48 << 20).open(&path).unwrap();
    let big = "(define big (let loop ((i 0) (list '())) (if (< i 4000000) (loop (+ i 1) (cons i list)) (length list))))";
    assert!(matches!(image.eval(big), Err(Error::AtLimit { .. })));
    image.close().unwrap();
    let mut image = OpenOptions::new().heap_limit_bytes(512 << 20).open(&path).unwrap();
    image.run(Budget::UNTIL_IDLE).unwrap();
    assert_eq!(image.eval_to::<i64>("big").unwrap(), 4_000_000);
}

/// The work of one image: many small messages to itself, so that it is in the middle of something at
/// any moment.
const WORK: &str = "(define sum 0)
  (define (work n) (if (> n 0) (begin (send (self) n) (recv (x (where (number? x)) (set! sum (+ sum x)))) (work (- n 1)))))
  (work 300) 'done";

#[test]
fn a_hundred_images_on_several_threads_are_dropped_and_go_on() {
    const IMAGES: usize = 100;
    const THREADS: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let reopened = Arc::new(AtomicUsize::new(0));
    let worker = || {
        let (next, reopened) = (next.clone(), reopened.clone());
        let folder = folder.path().to_path_buf();
        std::thread::spawn(move || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= IMAGES {
                    return;
                }
                let path = folder.join(number.to_string());
                let mut image = Image::open(&path).unwrap();
                image.spawn(WORK).unwrap();
                image.commit().unwrap();
                // Dropped after little work, opened again, until nothing is left to do.
                let mut budget = 500 + number as u64 * 7;
                while image.run(Budget::of_work(budget)).unwrap() == Stop::Budget {
                    if reopened.fetch_add(1, Ordering::Relaxed) % 2 == 0 {
                        image.commit().unwrap();
                    }
                    drop(image);
                    image = Image::open(&path).unwrap();
                    budget *= 2;
                }
                assert_eq!(image.eval_to::<i64>("sum").unwrap(), 300 * 301 / 2, "image {number}");
            }
        })
    };
    let threads: Vec<_> = (0..THREADS).map(|_| worker()).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(reopened.load(Ordering::Relaxed) >= IMAGES, "every image was dropped at least once");
}

/// The machine's handlers cannot be unwound through: without being caught below them this would end the test's process.
#[test]
fn a_panic_of_a_host_function_reaches_who_runs_the_image() {
    let calls = std::sync::atomic::AtomicU64::new(0);
    let divide = move || -> i64 {
        match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => panic!("the host's own fault"),
            _ => 7,
        }
    };
    let mut image = OpenOptions::new().host_function("divide", divide).in_memory().unwrap();
    let run = std::panic::AssertUnwindSafe(|| image.eval_to::<i64>("(define x (divide))"));
    let panic = std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the host's own fault"));
    // The program stands before the call, and goes on with what runs next.
    assert_eq!(image.eval_to::<i64>("(begin (yield) (+ 1 x))").unwrap(), 8);
}
