//! Replay: what reached a session and how it went is recorded, and the recording gives the same trace digest and the
//! same canonical graph hash, on every engine and while everything moves.
//!
//! The programs are random (`simulation/program.rs`), and read the console, the clocks, random numbers, files and the
//! environment beside. The host of a recording has answers that a seed makes; when commits are made and
//! acknowledged, nobody makes: that is the time on this computer and the writer's thread.
//!
//! `PSCHEME_SEED` sets the first seed.
#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    reason = "the disk, the simulation and the support have more to them than is used here"
)]

mod disk;
mod simulation {
    pub mod program;
}
mod support;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pscheme::heap::graph_hash::GraphHash;
use pscheme::heap::store::{Digest, MemoryImage};
use pscheme::replay::{InputKind, InputLog, InputLogError, RecordingHost, ReplayHost};
use pscheme::vm::engine::Engine;
use pscheme::vm::host::{ConsoleInput, Decision, Host};
use pscheme::{Budget, OpenOptions, Outcome, Session, SessionOptions};
use simulation::program::RandomProgram;
use support::{Console, Random, TestHost};

/// Recordings that are replayed on every engine.
const RECORDINGS: u64 = 1_000;
/// Every so many are replayed while a collection comes before each allocation.
const ZEAL_INTERVAL: u64 = 10;
const THREADS: u64 = 2;

/// Inputs of every sort, taken while the workers of the random program run.
const INPUTS: &str = r#"
(define lines '())
(define (reader)
  (let ((line (read-line)))
    (set! lines (cons (list line (random 1000000)) lines))
    (if (eof-object? line) (begin (write (length lines)) (newline)) (reader))))
(define started (current-jiffy))
(define seen
  (list (current-second) (random 1.0) (command-line) (get-environment-variable "SEED")
        (get-environment-variables) (file-exists? "FOLDER/log.txt")
        (guard (c (#t 'none)) (call-with-input-file "FOLDER/nothing" read-char))
        (call-with-input-file "FOLDER/given.txt" read-line)))
(define (clock n)
  (if (> n 0)
      (begin
        (sleep (/ (random 20) 1000))
        (set! seen (cons (- (current-jiffy) started) seen))
        (clock (- n 1)))))
(define table (make-eq-hash-table))
(define (fill n)
  (if (> n 0) (begin (hash-table-set! table (list n) (random 9)) (fill (- n 1)))))
(spawn reader)
(spawn (lambda () (clock 4)))
(spawn (lambda () (fill 40) (set! seen (cons (hash-table-values table) seen))))
"#;

/// A host whose answers nobody foresees: a seed makes them.
struct WildHost {
    random: Random,
    now_us: i64,
    pieces: VecDeque<Vec<u8>>,
    has_come: bool,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl WildHost {
    fn new(seed: u64) -> (WildHost, Arc<Mutex<Vec<u8>>>) {
        let mut random = Random(seed);
        let text: String = (0..random.below(5)).map(|n| format!("line {n} of {seed}\n")).collect();
        let piece_bytes = 1 + random.below(20) as usize;
        let pieces = text.as_bytes().chunks(piece_bytes).map(<[u8]>::to_vec).collect();
        let shown = Arc::default();
        let now_us = 1_000_000 + random.below(1_000_000) as i64;
        let host = WildHost { random, now_us, pieces, has_come: false, shown: Arc::clone(&shown) };
        (host, shown)
    }
}

impl Host for WildHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.shown.lock().unwrap().extend_from_slice(bytes);
    }
    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        match self.pieces.pop_front_if(|_| self.has_come) {
            Some(piece) => {
                buffer[..piece.len()].copy_from_slice(&piece);
                self.has_come = self.random.below(2) == 0;
                ConsoleInput::Bytes(piece.len())
            }
            None if self.pieces.is_empty() => ConsoleInput::End,
            None => ConsoleInput::NotYet,
        }
    }
    fn console_is_ready(&mut self) -> bool {
        self.has_come |= self.random.below(3) == 0;
        self.has_come || self.pieces.is_empty()
    }
    fn wait_for_console(&mut self, _deadline_us: Option<i64>, _stop: &AtomicBool) {
        self.has_come = true;
        self.now_us += 20_000;
    }
    fn clock_us(&mut self) -> i64 {
        self.now_us += self.random.below(3_000) as i64;
        self.now_us
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.now_us as u64 * 1_000 + self.random.below(1_000)
    }
    fn wait_until_us(&mut self, deadline_us: i64, _stop: &AtomicBool) {
        self.now_us = self.now_us.max(deadline_us);
    }
    fn random(&mut self) -> u64 {
        self.random.next()
    }
    fn command_line(&mut self) -> Vec<String> {
        vec!["program".into(), self.random.below(10).to_string()]
    }
    fn environment_variable(&mut self, name: &str) -> Option<String> {
        (self.random.below(2) == 0).then(|| format!("{name} {}", self.random.below(10)))
    }
    fn environment_variables(&mut self) -> Vec<(String, String)> {
        (0..self.random.below(3)).map(|n| (format!("V{n}"), String::new())).collect()
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reached {
    outcome: Outcome,
    shown: Vec<u8>,
    trace: Digest,
    graph: GraphHash,
}

/// How a session runs.
#[derive(Clone, Copy, Debug)]
struct Way {
    engine: Engine,
    zeal: bool,
    wave_interval: Duration,
    slice_work: i64,
}

/// Slices are shorter than usual, so that small programs have many.
const SLICE_WORK: i64 = 300;

impl Way {
    fn of(engine: Engine) -> Way {
        Way { engine, zeal: false, wave_interval: Duration::MAX, slice_work: SLICE_WORK }
    }
}

fn options(host: Box<dyn Host>, way: Way) -> SessionOptions {
    let mut options = SessionOptions::new(host);
    options.engine = way.engine;
    options.zeal = way.zeal;
    options.wave_interval = way.wave_interval;
    options.slice_work = way.slice_work;
    options
}

fn open(image: &MemoryImage, host: Box<dyn Host>, way: Way) -> Session {
    Session::open(Box::new(image.open().unwrap()), options(host, way)).unwrap()
}

fn run(text: &str, host: Box<dyn Host>, way: Way) -> (Outcome, Digest, GraphHash) {
    let mut session = open(&MemoryImage::new(), host, way);
    session.start_program("random.scm", text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let outcome = session.run().unwrap();
    (outcome, session.trace_digest(), session.graph_hash().unwrap())
}

fn record(seed: u64, text: &str, way: Way) -> (Reached, InputLog) {
    let (host, shown) = WildHost::new(seed);
    let (host, recording) = RecordingHost::new(Box::new(host));
    let (outcome, trace, graph) = run(text, Box::new(host), way);
    let shown = shown.lock().unwrap().clone();
    (Reached { outcome, shown, trace, graph }, recording.log())
}

/// Replays a recording, and says what it came to, or where it left the recording.
fn replay(log: &InputLog, text: &str, way: Way) -> Result<Reached, String> {
    let (host, progress) = ReplayHost::new(log.clone());
    let (outcome, trace, graph) = run(text, Box::new(host), way);
    match progress.divergence() {
        Some(divergence) => Err(divergence.to_string()),
        None if !progress.is_complete() => Err("not all of the recording was asked for".into()),
        None => Ok(Reached { outcome, shown: progress.shown(), trace, graph }),
    }
}

/// A folder in memory for what programs write, with a file that they read.
fn scratch_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(parent).unwrap();
    std::fs::write(folder.path().join("given.txt"), "what is given\n").unwrap();
    folder
}

fn program_of(seed: u64, folder: &Path) -> String {
    let program = RandomProgram::random(&mut Random(seed));
    format!("{INPUTS}{}", program.text()).replace("FOLDER", folder.to_str().unwrap())
}

fn wild_way(seed: u64) -> Way {
    let engines = Engine::all();
    let engine = engines[seed as usize % engines.len()];
    Way { wave_interval: Duration::from_micros(seed % 7 * 300), ..Way::of(engine) }
}

/// Records and replays every `THREADS`th seed; how many slices, commits and decisions there were.
fn record_and_replay(first: u64, count: u64) -> [u64; 3] {
    let mut tally = [0; 3];
    for index in 0..count {
        let seed = first + index * THREADS;
        let folder = scratch_folder();
        let text = program_of(seed, folder.path());
        let (reached, log) = record(seed, &text, wild_way(seed));
        // What is left of the files must not matter.
        drop(folder);
        let log = InputLog::decode(&log.encode()).unwrap();
        let mut ways: Vec<Way> = Engine::all().iter().map(|&engine| Way::of(engine)).collect();
        if index.is_multiple_of(ZEAL_INTERVAL) {
            ways.push(Way { zeal: true, ..Way::of(Engine::fastest()) });
        }
        for way in ways {
            match replay(&log, &text, way) {
                Ok(again) => assert_eq!(again, reached, "seed {seed}, {way:?}\n{text}"),
                Err(why) => panic!("seed {seed}, {way:?}: {why}\n{text}"),
            }
            tally[0] += 1;
        }
        let entries = log.entries();
        let decided = |decision: Decision| {
            let entry = (InputKind::Decided, vec![decision as u8]);
            entries.iter().filter(|other| **other == entry).count() as u64
        };
        tally[1] += decided(Decision::Commit);
        tally[2] += decided(Decision::WriterEvent);
    }
    tally
}

#[test]
fn a_thousand_recordings_give_the_same_digest_and_the_same_graph_on_every_engine() {
    let (begin, seed) = (Instant::now(), support::seed());
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    let each = RECORDINGS / THREADS;
    let tallies: Vec<[u64; 3]> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| scope.spawn(move || record_and_replay(seed + index, each)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |place: usize| tallies.iter().map(|tally| tally[place]).sum::<u64>();
    println!(
        "{RECORDINGS} recordings, {} replays, {} commits by time, {} acknowledgements, {:?}",
        sum(0),
        sum(1),
        sum(2),
        begin.elapsed()
    );
    assert!(sum(0) >= RECORDINGS * Engine::all().len() as u64);
    assert!(sum(1) > RECORDINGS && sum(2) > RECORDINGS, "commits came in the middle");
}

/// Programs whose recordings are repeated, and images that go on in a second recording.
const OTHERS: u64 = 40;

/// Nobody makes the moments of commits: if they were of no consequence, replaying them would show nothing.
#[test]
fn without_a_recording_runs_differ() {
    let (seed, mut differing) = (support::seed(), 0);
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    for seed in seed..seed + OTHERS {
        let folder = scratch_folder();
        let text = program_of(seed, folder.path());
        let [one, other] = [0, 1].map(|_| record(seed, &text, wild_way(seed)).0);
        differing += u64::from(one.trace != other.trace);
    }
    println!("{differing} of {OTHERS} programs went two ways");
    assert!(differing > 0);
}

/// A machine is lost somewhere, and its image goes on: that is a recording of its own, which begins with the image.
#[test]
fn a_session_that_goes_on_with_an_image_is_replayed_from_it() {
    let (seed, mut gone_on) = (support::seed(), 0);
    println!("seed {seed} (set PSCHEME_SEED to repeat)");
    for seed in seed..seed + OTHERS {
        let folder = scratch_folder();
        let text = program_of(seed, folder.path());
        let image = MemoryImage::new();
        let mut session = open(&image, Box::new(WildHost::new(seed).0), wild_way(seed));
        session.start_program("random.scm", &text).unwrap();
        for _ in 0..Random(seed).below(60) {
            if session.run_one_slice().unwrap().is_some() {
                break;
            }
        }
        session.commit_and_wait().unwrap();
        let stored = session.trace_digest();
        drop(session);
        let beginning = image.snapshot();
        let (host, recording) = RecordingHost::new(Box::new(WildHost::new(seed + 1).0));
        let mut session = open(&image, Box::new(host), wild_way(seed));
        assert_ne!(session.trace_digest(), stored, "an opening is a part of the trace");
        let outcome = session.run().unwrap();
        let reached = (outcome, session.trace_digest(), session.graph_hash().unwrap());
        gone_on += u64::from(session.work() > 0);
        for &engine in Engine::all() {
            let (host, progress) = ReplayHost::new(recording.log());
            let mut again = open(&beginning.snapshot(), Box::new(host), Way::of(engine));
            let outcome = again.run().unwrap();
            assert_eq!(progress.divergence(), None, "seed {seed}, {engine:?}");
            let result = (outcome, again.trace_digest(), again.graph_hash().unwrap());
            assert_eq!(result, reached, "seed {seed}, {engine:?}");
            assert!(progress.is_complete(), "seed {seed}, {engine:?}");
        }
    }
    assert_eq!(gone_on, OTHERS);
}

/// Commits that a [`CommittingHost`] makes at most.
const COMMITS_MAX: u32 = 200;

/// A host that wants a commit after every so many slices, until it has had so many.
struct CommittingHost {
    host: Box<TestHost>,
    interval: u32,
    asked: u32,
}

impl Host for CommittingHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.host.console_write(bytes);
    }
    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        self.host.console_read(buffer)
    }
    fn console_is_ready(&mut self) -> bool {
        self.host.console_is_ready()
    }
    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        self.host.wait_for_console(deadline_us, stop);
    }
    fn clock_us(&mut self) -> i64 {
        self.host.clock_us()
    }
    fn monotonic_ns(&mut self) -> u64 {
        self.host.monotonic_ns()
    }
    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.host.wait_until_us(deadline_us, stop);
    }
    fn random(&mut self) -> u64 {
        self.host.random()
    }
    fn decide(&mut self, decision: Decision, found: bool) -> bool {
        match decision {
            Decision::Commit if self.asked < COMMITS_MAX * self.interval => {
                self.asked += 1;
                self.asked.is_multiple_of(self.interval)
            }
            // Looking at the console is left to those who wait for it.
            Decision::ConsoleLook => false,
            _ => found,
        }
    }
}

/// A table of many keys that hash by their address.
const TABLE: &str = "
(define table (make-eq-hash-table))
(define (fill n) (if (> n 0) (begin (hash-table-set! table (list n) n) (fill (- n 1)))))
(fill 1500)
(display (hash-table-count table))
";

/// Stacks that are sealed when they are full and by captures, copies of long parts of continuations.
const STACKS: &str = "
(define again 0)
(define saved '())
(define (deep n)
  (if (= n 0)
      0
      (begin
        (if (= 0 (modulo n 1000)) (call/cc (lambda (k) (set! saved (cons k saved)))))
        (+ 1 (deep (- n 1))))))
(display (deep 20000))
(define (inside n) (if (= n 0) (abort-to-prompt 'a) (+ 1 (inside (- n 1)))))
(define part (call-with-prompt 'a (lambda () (inside 3000)) (lambda (k) k)))
(display (list (part 1) (part 2)))
(define k (list-ref saved 7))
(if (< again 2) (begin (set! again (+ again 1)) (k again)))
";

/// Runs a program that waits for no commit, with commits after every so many slices if it has an image; its digests,
/// the commits, and the work it did.
fn run_committing(
    (folder, name, text): (&str, &str, &str),
    image: Option<MemoryImage>,
    interval: u32,
    zeal: bool,
) -> ((Digest, GraphHash), u64, u64) {
    let console = Console::default();
    console.typed.input_of(folder, name);
    let host = CommittingHost { host: TestHost::new(&console), interval, asked: 0 };
    let way = Way { slice_work: 20, zeal, ..Way::of(Engine::fastest()) };
    let options = options(Box::new(host), way);
    let mut session = match image {
        Some(image) => Session::open(Box::new(image.open().unwrap()), options).unwrap(),
        None => Session::transient(options).unwrap(),
    };
    session.start_program(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    session.run().unwrap();
    let digests = (session.trace_digest(), session.graph_hash().unwrap());
    (digests, session.counts.commits, session.work())
}

/// Neither when commits are made nor what is moved when is in a digest: programs that do not wait for commits reach
/// the same ones without an image, with commits after each slice, and while everything moves.
#[test]
fn commits_and_collections_enter_neither_digest() {
    let mut programs = [("table.scm", TABLE), ("stacks.scm", STACKS)]
        .map(|(name, text)| ("", name.to_string(), text.to_string()))
        .to_vec();
    for folder in ["tests/every", "tests/language", "tests/spec"] {
        let texts = support::programs(folder).into_iter();
        programs.extend(texts.map(|(name, text)| (folder, name, text)));
    }
    // To be told of commits is what lets programs tell runs apart; and files that one writes are there for the next.
    let told_apart = ["await-commit", "on-commit", "image", "atomically", "file"];
    programs.retain(|(_, _, text)| !told_apart.iter().any(|word| text.contains(word)));
    assert!(programs.len() >= 25, "{} programs", programs.len());
    for (folder, name, text) in &programs {
        let program = (*folder, name.as_str(), text.as_str());
        let interval = if folder.is_empty() { 23 } else { 1 };
        let (plain, _, work) = run_committing(program, None, interval, false);
        let image = Some(MemoryImage::new());
        let (committed, commits, _) = run_committing(program, image, interval, false);
        let expected = u64::from(COMMITS_MAX).min(work / 160 / u64::from(interval));
        assert!(commits >= expected, "{name}: {commits} commits in {work} units of work");
        assert_eq!(committed, plain, "{name}, with commits");
        if *folder == "tests/every" || name == "table.scm" {
            let (moved, ..) = run_committing(program, None, interval, true);
            assert_eq!(moved, plain, "{name}, with zeal");
        }
    }
}

/// What an embedder does by its own calls is a part of the trace.
#[test]
fn calls_of_an_embedder_are_in_the_trace() {
    let digest = |value: i64, message: &str, text: &str, result: i64| {
        let console = Console::default();
        let options = OpenOptions::new().host(TestHost::new(&console));
        let mut image = options.host_function("given", move || result).in_memory().unwrap();
        image.set_global("x", value).unwrap();
        let process = image.spawn("(define got (recv (m m)))").unwrap();
        image.send(process, message).unwrap();
        image.run(Budget::UNTIL_IDLE).unwrap();
        image.eval(text).unwrap();
        let list = image.eval("(lambda (n) (* n (given)))").unwrap();
        let number = image.value(value).unwrap();
        image.call(&list, &[number]).unwrap();
        image.session().trace_digest()
    };
    let first = digest(1, "a", "(define y 1)", 3);
    assert_eq!(digest(1, "a", "(define y 1)", 3), first);
    let others = [
        digest(2, "a", "(define y 1)", 3),
        digest(1, "b", "(define y 1)", 3),
        digest(1, "a", "(define y 2)", 3),
        digest(1, "a", "(define y 1)", 4),
    ];
    assert!(!others.contains(&first), "{first} {others:?}");
}

/// A recording to change things in.
fn some_recording(folder: &Path) -> (String, Reached, InputLog) {
    let text = program_of(11, folder);
    let (reached, log) = record(11, &text, wild_way(11));
    (text, reached, log)
}

#[test]
fn a_changed_input_is_noticed() {
    let folder = scratch_folder();
    let (text, reached, log) = some_recording(folder.path());
    let entries = log.entries();
    let way = Way::of(Engine::fastest());
    assert_eq!(replay(&InputLog::from_entries(&entries), &text, way).as_ref(), Ok(&reached));
    let mut kinds: Vec<InputKind> = Vec::new();
    for (place, (kind, answer)) in entries.iter().enumerate() {
        // The first three of each kind, in their last byte and left out.
        if kinds.iter().filter(|known| *known == kind).count() >= 3 || answer.is_empty() {
            continue;
        }
        kinds.push(*kind);
        let mut changed = entries.clone();
        *changed[place].1.last_mut().unwrap() ^= 1;
        let mut shorter = entries.clone();
        shorter.remove(place);
        for other in [changed, shorter] {
            match replay(&InputLog::from_entries(&other), &text, way) {
                Ok(again) => assert_ne!(again.trace, reached.trace, "entry {place}, {kind:?}"),
                Err(why) => assert!(!why.is_empty()),
            }
        }
    }
    for kind in [
        InputKind::Declined,
        InputKind::Decided,
        InputKind::Clock,
        InputKind::MonotonicClock,
        InputKind::Random,
        InputKind::ConsoleInput,
        InputKind::ConsoleReady,
        InputKind::FileSize,
        InputKind::File,
        InputKind::CommandLine,
        InputKind::Environment,
        InputKind::Environments,
        InputKind::System,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is in the recording");
    }
}

#[test]
fn another_schedule_or_another_program_is_noticed() {
    let folder = scratch_folder();
    let (text, reached, log) = some_recording(folder.path());
    let way = Way::of(Engine::fastest());
    let planted = Way { slice_work: SLICE_WORK - 1, ..way };
    match replay(&log, &text, planted) {
        Ok(again) => assert_ne!(again.trace, reached.trace),
        Err(why) => assert!(why.contains("recording"), "{why}"),
    }
    // A value that nobody looks at is in the graph alone.
    let other = text.replace("(define lines '())", "(define lines '()) (define unused \"one\")");
    let another = other.replace("\"one\"", "\"two\"");
    let graphs = [other, another].map(|text| replay(&log, &text, way).unwrap());
    assert_eq!(graphs[0].trace, graphs[1].trace);
    assert_ne!(graphs[0].graph, graphs[1].graph);
}

#[test]
fn logs_of_others_and_damaged_ones_are_refused() {
    let folder = scratch_folder();
    let (_, _, log) = some_recording(folder.path());
    let bytes = log.encode();
    assert_eq!(InputLog::decode(&bytes).map(|log| log.encode()), Ok(bytes.clone()));
    assert_eq!(InputLog::decode(b"something else"), Err(InputLogError::Foreign));
    let mut newer = bytes.clone();
    newer[7] += 1;
    assert_eq!(InputLog::decode(&newer), Err(InputLogError::Foreign));
    for place in (8..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        assert_eq!(InputLog::decode(&damaged), Err(InputLogError::Damaged), "byte {place}");
        assert_eq!(InputLog::decode(&bytes[..place]), Err(InputLogError::Damaged));
    }
}
