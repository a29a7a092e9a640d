//! Random programs, and a model of what they write.
//!
//! Every worker has a state of its own, changed step by step; what it comes to is a function of its steps alone,
//! however the workers take turns and wherever they are interrupted. What they share is changed by sums.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use pscheme::heap::store::Retention;

use crate::disk::workload::Program;
use crate::support::Random;

const WORKERS_MAX: u64 = 3;
const STEPS_MAX: u64 = 14;
/// Elements of a worker's table.
const TABLE: usize = 7;
/// States stay below this.
const MODULUS: u64 = 1_000_003;

/// A step of a worker, on its state `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Arithmetic.
    Mix(u64),
    /// Adds to an element of the table, found by the state.
    Table(u64),
    /// Adds what a generator made of continuations yields.
    Generate(u64),
    /// A recursion as deep as this, in the middle of which others run.
    Recurse(u64),
    /// Digits of a power.
    Digits(u32),
    /// A string made of numbers.
    Words(u64),
    /// Garbage, of which a part is kept until the end of the step.
    Garbage(u64),
    /// An object with fields, changed after others ran.
    Record(u64),
    /// A hash table.
    Hash(u64),
    /// `dynamic-wind` around a turn of others.
    Wind(u64),
    /// An exception that is caught.
    Raise(u64),
    /// A section in which two variables change that belong together.
    Atomically(u64),
    /// Milliseconds.
    Sleep(u64),
    /// Waits until what was done is durable.
    Wait,
    /// Sends the state to the main process.
    Send,
    /// A procedure that sends this when a commit is durable.
    OnCommit(u64),
    /// Writes a line into the worker's file.
    Line,
    /// Makes bytes written so far leave.
    Flush,
    /// Gives the commit a name.
    Tag(u64),
}

impl Step {
    fn random(random: &mut Random) -> Step {
        match random.below(24) {
            0 | 1 => Step::Mix(random.below(1_000)),
            2 | 3 => Step::Table(random.below(1_000)),
            4 => Step::Generate(random.below(12)),
            5 => Step::Recurse(random.below(600)),
            6 => Step::Digits(random.below(70) as u32),
            7 => Step::Words(random.below(60)),
            8 => Step::Garbage(random.below(900)),
            9 => Step::Record(random.below(1_000)),
            10 => Step::Hash(random.below(40)),
            11 => Step::Wind(random.below(1_000)),
            12 => Step::Raise(random.below(1_000)),
            13 => Step::Atomically(1 + random.below(9)),
            14 => Step::Sleep(random.below(30)),
            15 | 16 => Step::Wait,
            17 | 18 => Step::Send,
            19 => Step::OnCommit(random.below(1_000)),
            20 | 21 => Step::Line,
            22 => Step::Flush,
            _ => Step::Tag(random.below(3)),
        }
    }

    fn text(self) -> String {
        let adds = |call: String| format!("(add! {call})");
        match self {
            Step::Mix(n) => format!("(set! a (modulo (+ (* a 31) {n}) {MODULUS}))"),
            Step::Table(n) => format!(
                "(let ((at (modulo a {TABLE}))) (vector-set! table at (+ {n} (vector-ref table at))))"
            ),
            Step::Generate(n) => adds(format!("(generate {n})")),
            Step::Recurse(n) => adds(format!("(deep {n})")),
            Step::Digits(n) => adds(format!("(string-length (number->string (expt 3 {n})))")),
            Step::Words(n) => adds(format!("(words {n})")),
            Step::Garbage(n) => adds(format!("(garbage {n})")),
            Step::Record(n) => adds(format!("(record {n})")),
            Step::Hash(n) => adds(format!("(hash {n})")),
            Step::Wind(n) => adds(format!("(wind {n})")),
            Step::Raise(n) => adds(format!("(guard (c (#t (+ c 5))) (yield) (raise {n}))")),
            Step::Atomically(n) => format!(
                "(atomically (lambda () (set! gained (+ gained {n})) (set! lost (- lost {n}))))"
            ),
            Step::Sleep(n) => format!("(sleep {}.{:03})", n / 1_000, n % 1_000),
            Step::Wait => "(await-commit)".into(),
            Step::Send => "(! main a)".into(),
            Step::OnCommit(n) => format!("(on-commit (lambda () (! main {n})))"),
            Step::Line => "(write a out) (newline out)".into(),
            Step::Flush => "(flush-output-port out)".into(),
            Step::Tag(n) => format!("(image-tag! \"tag-{n}\")"),
        }
    }
}

const LIBRARY: &str = r#"
(define main (self))
(define step 0)
(define sum 0)
(define gained 0)
(define lost 0)
(define log (open-output-file "FOLDER/log.txt"))
(define (generate n)
  (define return #f)
  (define resume #f)
  (define (next)
    (call-with-current-continuation
      (lambda (k)
        (set! return k)
        (if resume (resume 'go))
        (let loop ((i 1))
          (if (<= i n)
              (begin
                (call-with-current-continuation
                  (lambda (inside) (set! resume inside) (return i)))
                (yield)
                (loop (+ i 1)))))
        (return #f))))
  (let loop ((total 0))
    (let ((value (next)))
      (if value (loop (+ total value)) total))))
(define (deep n)
  (if (= 0 (modulo n 100)) (yield))
  (if (= n 0) 0 (+ 1 (deep (- n 1)))))
(define (words n)
  (let loop ((i 0) (text ""))
    (if (< i n) (loop (+ i 1) (string-append text (number->string i))) (string-length text))))
(define (garbage n)
  (let loop ((i 0) (kept '()))
    (if (< i n)
        (begin (make-vector 5 i) (loop (+ i 1) (if (= 0 (modulo i 3)) (cons i kept) kept)))
        (length kept))))
(define-record-type thing (make-thing x y) thing? (x thing-x set-thing-x!) (y thing-y))
(define (record n)
  (let ((it (make-thing n 2)))
    (yield)
    (set-thing-x! it (+ 1 (thing-x it)))
    (* (thing-x it) (thing-y it))))
(define (hash n)
  (let ((table (make-hash-table)))
    (do ((i 0 (+ i 1))) ((= i n)) (hash-table-set! table i (* i i)))
    (yield)
    (do ((i 0 (+ i 1)) (total 0 (+ total (hash-table-ref table i)))) ((= i n) total))))
(define (wind n)
  (let ((crossed 0))
    (dynamic-wind (lambda () (set! crossed (+ crossed 1)))
                  (lambda () (yield) (set! crossed (+ crossed n)))
                  (lambda () (set! crossed (+ crossed 1))))
    crossed))
"#;

fn joined(text: String, line: &str) -> String {
    text + line + "\n"
}

/// A random program: the steps of each worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RandomProgram {
    pub workers: Vec<Vec<Step>>,
}

impl RandomProgram {
    pub fn random(random: &mut Random) -> RandomProgram {
        let workers = (0..1 + random.below(WORKERS_MAX))
            .map(|_| (0..1 + random.below(STEPS_MAX)).map(|_| Step::random(random)).collect());
        RandomProgram { workers: workers.collect() }
    }

    /// Messages that the main process gets: what steps send, and the end of each worker.
    fn messages(&self) -> usize {
        let sends = |step: &&Step| matches!(step, Step::Send | Step::OnCommit(_));
        let sent: usize = self.workers.iter().map(|steps| steps.iter().filter(sends).count()).sum();
        sent + self.workers.len()
    }

    /// The program for a workload, which lives as long as the process.
    pub fn program(&self) -> &'static Program {
        Box::leak(Box::new(Program {
            text: self.text().leak(),
            step_count: self.messages() as u64,
            output_count: self.workers.len() + 1,
            retention: Retention { everything_seconds: 3_600, bytes_max: 64 << 10 },
        }))
    }

    /// The same program without files: what it comes to is in its variable `final`, as [`RandomProgram::expected_final`].
    #[allow(dead_code, reason = "the simulation of disks has files")]
    pub fn text_without_files(&self) -> String {
        let mut text: String =
            LIBRARY.lines().filter(|line| !line.contains("FOLDER")).fold(String::new(), joined);
        for (index, steps) in self.workers.iter().enumerate() {
            let _ = write!(
                text,
                "(define ended-{index} #f)
(define (worker-{index})
  (define a {index})
  (define table (make-vector {TABLE} 0))
  (define (add! n) (set! a (modulo (+ a n) {MODULUS})))
"
            );
            for step in steps.iter().filter(|step| !matches!(step, Step::Line | Step::Flush)) {
                let _ = writeln!(text, "  {}", step.text());
            }
            let _ = write!(text, "  (set! ended-{index} (list a table))\n  (! main 0))\n");
        }
        let spawned = |index| format!("(spawn worker-{index})\n");
        text.extend((0..self.workers.len()).map(spawned));
        let _ = write!(
            text,
            "(do ((left {} (- left 1))) ((= left 0))
  (set! sum (+ sum (recv (n n))))
  (set! step (+ step 1))
  (if (even? step) (await-commit)))
(define final (list sum gained lost",
            self.messages()
        );
        text.extend((0..self.workers.len()).map(|index| format!(" ended-{index}")));
        text.push_str("))\n");
        text
    }

    /// What `final` is at the end, as it is written.
    #[allow(dead_code, reason = "the simulation of disks has files")]
    pub fn expected_final(&self) -> String {
        let ends: Vec<Model> = self.ends().collect();
        let sum: u64 = ends.iter().map(|model| model.sent).sum();
        let gained: u64 = ends.iter().map(|model| model.gained).sum();
        let mut text = format!("({sum} {gained} {}", -i128::from(gained));
        text.extend(ends.iter().map(|model| format!(" {}", model.state())));
        text + ")"
    }

    /// What each worker comes to.
    fn ends(&self) -> impl Iterator<Item = Model> {
        self.workers.iter().enumerate().map(|(index, steps)| {
            let mut model = Model { a: index as u64, ..Model::default() };
            steps.iter().for_each(|step| model.follow(*step));
            model
        })
    }

    pub fn text(&self) -> String {
        let mut text = LIBRARY.to_string();
        for (index, steps) in self.workers.iter().enumerate() {
            let _ = write!(
                text,
                "(define (worker-{index})
  (define a {index})
  (define table (make-vector {TABLE} 0))
  (define out (open-output-file \"FOLDER/worker-{index}.txt\"))
  (define (add! n) (set! a (modulo (+ a n) {MODULUS})))
"
            );
            for step in steps {
                let _ = writeln!(text, "  {}", step.text());
            }
            text.push_str("  (write (list a table) out)\n  (close-port out)\n  (! main 0))\n");
        }
        for index in 0..self.workers.len() {
            let _ = writeln!(text, "(spawn worker-{index})");
        }
        let _ = write!(
            text,
            "(let loop ((left {}))
  (if (> left 0)
      (begin
        (set! sum (+ sum (recv (n n))))
        (set! step (+ step 1))
        (await-commit)
        (display step)
        (newline)
        (write step log)
        (newline log)
        (loop (- left 1)))))
(write (list sum gained lost) log)
(close-port log)
",
            self.messages()
        );
        text
    }

    /// What the output files hold at the end.
    pub fn expected(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut sum, mut gained) = (BTreeMap::new(), 0, 0);
        for (index, mut model) in self.ends().enumerate() {
            let state = model.state();
            model.lines.push_str(&state);
            files.insert(format!("worker-{index}.txt").into(), model.lines.into_bytes());
            sum += model.sent;
            gained += model.gained;
        }
        let mut log: String = (1..=self.messages()).map(|step| format!("{step}\n")).collect();
        let lost = -i128::from(gained);
        let _ = write!(log, "({sum} {gained} {lost})");
        files.insert("log.txt".into(), log.into_bytes());
        files
    }
}

/// What a worker has come to.
#[derive(Default)]
struct Model {
    a: u64,
    table: [u64; TABLE],
    lines: String,
    sent: u64,
    gained: u64,
}

impl Model {
    /// State and table as they are written.
    fn state(&self) -> String {
        let table: Vec<String> = self.table.iter().map(u64::to_string).collect();
        format!("({} #({}))", self.a, table.join(" "))
    }

    fn add(&mut self, n: u64) {
        self.a = (self.a + n) % MODULUS;
    }

    fn follow(&mut self, step: Step) {
        match step {
            Step::Mix(n) => self.a = (self.a * 31 + n) % MODULUS,
            Step::Table(n) => self.table[self.a as usize % TABLE] += n,
            Step::Generate(n) => self.add(n * (n + 1) / 2),
            Step::Recurse(n) => self.add(n),
            Step::Digits(n) => self.add(3_u128.pow(n).to_string().len() as u64),
            Step::Words(n) => self.add((0..n).map(|i| i.to_string().len() as u64).sum()),
            Step::Garbage(n) => self.add(n.div_ceil(3)),
            Step::Record(n) => self.add((n + 1) * 2),
            Step::Hash(n) => self.add((0..n).map(|i| i * i).sum()),
            Step::Wind(n) => self.add(n + 2),
            Step::Raise(n) => self.add(n + 5),
            Step::Atomically(n) => self.gained += n,
            Step::Send => self.sent += self.a,
            Step::OnCommit(n) => self.sent += n,
            Step::Line => {
                let _ = writeln!(self.lines, "{}", self.a);
            }
            Step::Sleep(_) | Step::Wait | Step::Flush | Step::Tag(_) => {}
        }
    }
}
