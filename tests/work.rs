//! No primitive runs long without saying so: each is called with large arguments of every sort, and
//! its time and the work it charges are held against the row that declares it.
//!
//! The bounds are in milliseconds because the rule is: a leaf takes about one. Only a primitive that
//! goes through tens of megabytes can be slower than them, ten times over; each call is tried again
//! before it counts as slow, so that what else the machine does is not held against it.

mod support;

use std::time::{Duration, Instant};

use pscheme::Session;
use pscheme::heap::root_table::Root;
use pscheme::session::primitive_set;
use pscheme::vm::engine::Engine;
use pscheme::vm::primitive::{Primitive, Work};
use pscheme::vm::process::Event;
use support::{Console, session_for};

/// A primitive that takes longer than this with large arguments is not `constant`.
const CONSTANT_MAX: Duration = Duration::from_millis(2);
/// One that takes longer than this, in a build for development, is not `chunk`.
const CHUNK_MAX: Duration = Duration::from_millis(10);
/// Calls of which the fastest counts.
const ATTEMPTS: usize = 8;
/// Units that a call with large arguments charges at least if its row says `size`.
const CHARGED_MIN: i64 = 500;

/// Large values of every sort, most with a second one that is equal and not the same.
const LARGE: &str = "
    (define string-1 (make-string 33554432 #\\a)) (define string-2 (make-string 33554432 #\\a))
    (define digits-1 (make-string 600000 #\\9)) (define digits-2 digits-1)
    (define bytes-1 (make-bytevector 33554432 7)) (define bytes-2 (make-bytevector 33554432 7))
    (define vector-1 (make-vector 4194304 1)) (define vector-2 vector-1)
    (define list-1 (iota 1000000)) (define list-2 list-1)
    (define integer-1 (- (expt 2 2097151) 1)) (define integer-2 (- (expt 2 2097151) 1))
    (define table-1 (make-equal-hash-table)) (define table-2 table-1)
    (let loop ((i 0)) (if (< i 100000) (begin (hash-table-set! table-1 i i) (loop (+ i 1)))))
    (define port-1 (open-output-string)) (define port-2 (open-input-string (make-string 100000 #\\b)))
    (write-string (make-string 100000 #\\c) port-1)
    (define half (expt 3 660000))
    (define ratio-1 (/ (expt 7 20000) (expt 2 60000))) (define ratio-2 (/ (expt 2 60000) (expt 7 20000)))
    (define complex-1 (make-rectangular ratio-1 ratio-2)) (define complex-2 complex-1)
    (define longest (/ (expt 3 150000) (expt 7 85000)))
    (define doubled (make-equal-hash-table))
    (let loop ((i 0)) (if (< i 131071) (begin (hash-table-set! doubled i i) (loop (+ i 1)))))
    (define many (map (lambda (i) string-1) (iota 1000)))
    (define captured #f)
    (let loop ((n 100000))
      (if (= n 0)
          (begin (%call/cc (lambda (k) (set! captured k))) 0)
          (+ 1 (%call/cc (lambda (k) (loop (- n 1)))))))";
const SORTS: [&str; 10] =
    ["string", "digits", "bytes", "vector", "list", "integer", "ratio", "complex", "table", "port"];
/// What stands beside a large argument.
const BESIDE: [&str; 4] = ["0", "16384", "33554432", "#\\λ"];

/// Calls with the largest input that those whose row names a bound take, where the lists below do
/// not make one.
const LARGEST: [(&str, &str); 12] = [
    ("quotient", "(quotient integer-1 half)"),
    ("remainder", "(remainder integer-1 half)"),
    ("gcd", "(gcd integer-1 (* half half))"),
    ("lcm", "(lcm half (+ half 2))"),
    ("expt", "(expt 3 1320000)"),
    ("sqrt", "(sqrt (* half half))"),
    ("+", "(+ longest 1/3)"),
    ("*", "(* longest (/ (+ (/ 1 longest) 1)))"),
    ("number->string", "(number->string integer-1)"),
    ("string->number", "(string->number (number->string integer-1))"),
    ("%make-vector", "(%make-vector 33554432 0)"),
    (
        "%hash-table-add!",
        "(begin (hash-table-set! doubled 'one 1) (hash-table-set! doubled 'more 1))",
    ),
];

/// Calls with the most work that those take whose row says `chunk`, where the lists below do not make
/// one.
const CHUNKS: [(&str, &str); 1] =
    [("%copy-continuations", "(%copy-continuations captured '() '())")];

/// Argument lists to try with this many arguments, the first of them large.
fn argument_lists(count: usize) -> Vec<Vec<String>> {
    let mut lists = Vec::new();
    if count == 0 {
        return lists;
    }
    lists.extend(BESIDE.iter().map(|&word| vec![word.to_string(); count]));
    lists.push(vec!["many".to_string(); count]);
    for sort in SORTS {
        let (first, second) = (format!("{sort}-1"), format!("{sort}-2"));
        let mut others: Vec<&str> = BESIDE.to_vec();
        others.push(&second);
        if sort == "port" {
            others.extend(["string-1", "bytes-1", "vector-1", "integer-1"]);
        }
        // With many arguments only those behind the second vary less.
        let choices = others.len().pow((count - 1).min(3) as u32);
        for choice in 0..choices {
            let mut list = vec![first.clone()];
            for place in 1..count {
                let digit = choice / others.len().pow((place - 1).min(2) as u32) % others.len();
                list.push(others[digit].to_string());
            }
            lists.push(list);
        }
    }
    lists
}

/// Runs a program; the time its slices took and the units of work they counted.
fn run(session: &mut Session, text: &str) -> (Duration, i64) {
    session.start_program("work.scm", text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let work = |session: &Session| session.vm.heap.root(Root::Work).as_fixnum();
    let (before, begin) = (work(session), Instant::now());
    loop {
        match session.vm.advance(Engine::fastest()) {
            Event::Exit(_) => {
                session.vm.end_slice(pscheme::vm::machine::Stop::Finished);
            }
            // What it has spawned is of this call too.
            Event::Idle => break,
            _ => {}
        }
    }
    (begin.elapsed(), work(session) - before)
}

/// The fastest of some calls, unless one is within `enough`; and the work of one.
fn measure(session: &mut Session, call: &str, enough: Duration) -> (Duration, i64) {
    let (mut best, charged) = run(session, call);
    for _ in 1..ATTEMPTS {
        if best <= enough {
            break;
        }
        session.vm.heap.collect_major(&mut session.vm.machine);
        best = best.min(run(session, call).0);
    }
    (best, charged)
}

/// The slowest call of a primitive, its time, and the most work a call charged.
struct Measured {
    call: String,
    time: Duration,
    charged: i64,
}

fn slowest(session: &mut Session, row: &Primitive, enough: Duration) -> Measured {
    let mut found = Measured { call: String::new(), time: Duration::ZERO, charged: 0 };
    let most = usize::from(row.maximum.unwrap_or(row.minimum.max(2)));
    for count in usize::from(row.minimum)..=most {
        for list in argument_lists(count) {
            let call = format!("({} {})", row.name, list.join(" "));
            let (time, charged) = measure(session, &call, enough);
            found.charged = found.charged.max(charged);
            if time > found.time {
                found = Measured { call, time, charged: found.charged };
            }
        }
    }
    found
}

#[test]
fn primitives_take_no_longer_than_their_rows_say() {
    let console = Console::default();
    let mut session = session_for("large.scm", LARGE, &console);
    while session.vm.advance(Engine::fastest()) == Event::Slice {}
    assert!(console.lock().unwrap().is_empty());
    let mut problems = Vec::new();
    for row in primitive_set().rows() {
        let enough = match row.work {
            Work::Waits => continue,
            Work::Constant => CONSTANT_MAX,
            Work::Chunk => CHUNK_MAX,
            Work::Size | Work::Listed(_) => Duration::MAX,
        };
        session.vm.heap.collect_major(&mut session.vm.machine);
        let Measured { call, time, charged } = slowest(&mut session, row, enough);
        if time > enough {
            problems.push(format!("{call} takes {time:?}, but its row says {:?}", row.work));
        }
        match row.work {
            Work::Size if charged < CHARGED_MIN => {
                problems.push(format!("{} charges {charged} units at most", row.name));
            }
            Work::Listed(bound) => println!("{time:>10.1?} {call}: {bound}"),
            Work::Size => println!("{time:>10.1?} {call}, at most {charged} units"),
            _ => {}
        }
    }
    for (name, call) in CHUNKS {
        let row = primitive_set().rows().find(|row| row.name == name);
        assert_eq!(row.map(|row| row.work), Some(Work::Chunk), "{name}");
        let (time, charged) = measure(&mut session, call, CHUNK_MAX);
        println!("{time:>10.1?} {call}, {charged} units");
        if time > CHUNK_MAX || charged < CHARGED_MIN {
            problems.push(format!("{call} takes {time:?} and charges {charged} units"));
        }
    }
    for (name, call) in LARGEST {
        let work = primitive_set().rows().find(|row| row.name == name).map(|row| row.work);
        let Some(Work::Listed(bound)) = work else { panic!("{name} is not listed") };
        let (time, charged) = run(&mut session, call);
        println!("{time:>10.1?} {call}, {charged} units: {bound}");
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
