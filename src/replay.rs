//! Recordings of what reached a session from outside, and their replay.
//!
//! A [`RecordingHost`] stands before a host and writes every answer into an input log, and every decision that
//! depends on time or on the writer's thread. A [`ReplayHost`] gives the same answers in the same order. Programs are
//! preempted by counted work, so a session that begins with the same image and the same program goes the same way: it
//! reaches the same trace digest and the same canonical graph hash, on every engine. Commits are made and
//! acknowledged after the same work as in the recording; requests to files are not performed again.
//!
//! What an embedder does by its own calls (evaluate, send, call), and what its functions answer, is in no log: it
//! does the same again. So do the limits: a limit that is hit is hit again if the heap is as full.
//!
//! ```
//! use pscheme::host::StandardHost;
//! use pscheme::replay::{InputLog, RecordingHost, ReplayHost};
//! use pscheme::{Session, SessionOptions};
//!
//! let program = "(define (f n) (if (> n 0) (f (- n 1)) (current-jiffy))) (define x (f 9))";
//! let (host, recording) = RecordingHost::new(Box::new(StandardHost::default()));
//! let mut session = Session::transient(SessionOptions::new(Box::new(host)))?;
//! session.start_program("example", program)?;
//! session.run()?;
//!
//! let log = InputLog::decode(&recording.log().encode())?;
//! let (host, progress) = ReplayHost::new(log);
//! let mut again = Session::transient(SessionOptions::new(Box::new(host)))?;
//! again.start_program("example", program)?;
//! again.run()?;
//! assert_eq!(progress.divergence(), None);
//! assert_eq!(again.trace_digest(), session.trace_digest());
//! assert_eq!(again.graph_hash()?, session.graph_hash()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};

use pscheme_vm::host::{ConsoleInput, Decision, Host};

/// What the file of an input log begins with; the last byte is its version.
const LOG_MAGIC: [u8; 8] = *b"pscmlog\x01";
/// The answer to a wait or to a question in a replay that has left its recording.
const NOTHING: &[u8] = &[];

macro_rules! input_kinds {
    ($( $(#[doc = $doc:literal])+ $code:literal $name:ident; )*) => {
        /// What an entry of the log answers. Codes are in files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum InputKind { $( $(#[doc = $doc])+ $name = $code, )* }

        impl InputKind {
            fn from_code(code: u8) -> Option<InputKind> {
                match code { $( $code => Some(InputKind::$name), )* _ => None }
            }
        }
    };
}

input_kinds! {
    /// So many decisions that were all `false`.
    1 Declined;
    /// A decision that was `true`: its code.
    2 Decided;
    /// The wall clock: eight bytes.
    3 Clock;
    /// The other clock: eight bytes.
    4 MonotonicClock;
    /// Random bits: eight bytes.
    5 Random;
    /// Bytes of the console, behind a mark: `+` for bytes, `?` for nothing yet, `-` for the end.
    6 ConsoleInput;
    /// Whether the console has input: a byte.
    7 ConsoleReady;
    /// The size of a file, behind `+`, or behind `-` the error's kind and text.
    8 FileSize;
    /// The content of a file, in the same way.
    9 File;
    /// The program's name and arguments, each behind its length.
    10 CommandLine;
    /// A variable of the environment behind `+`, or `-`.
    11 Environment;
    /// All variables of the environment: names and values in turn, each behind its length.
    12 Environments;
    /// An answer of the system.
    13 System;
}

/// What reached a session, in the order in which it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputLog {
    /// The folders in which libraries were looked for.
    library_folders: Vec<PathBuf>,
    /// Entries one behind the other: the kind's code, the length of the answer, the answer.
    entries: Vec<u8>,
    /// Decisions that were `false` since the last entry.
    declined: u64,
}

/// A file is no input log, or not a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputLogError {
    #[error("this is no input log of pscheme, or one of another version")]
    Foreign,
    #[error("the input log is not whole")]
    Damaged,
}

impl InputLog {
    /// The log as bytes: the version, the hash of the rest, and the rest.
    pub fn encode(&self) -> Vec<u8> {
        let mut log = self.clone();
        log.flush();
        let mut rest = Vec::new();
        put_number(&mut rest, log.library_folders.len() as u64);
        for folder in &log.library_folders {
            put_bytes(&mut rest, folder.as_os_str().as_encoded_bytes());
        }
        rest.extend_from_slice(&log.entries);
        [LOG_MAGIC.as_slice(), blake3::hash(&rest).as_bytes(), &rest].concat()
    }

    /// The log that [`InputLog::encode`] gave these bytes.
    ///
    /// # Errors
    /// Bytes that are no input log of this version, or not all of one.
    pub fn decode(bytes: &[u8]) -> Result<InputLog, InputLogError> {
        let rest = bytes.strip_prefix(&LOG_MAGIC).ok_or(InputLogError::Foreign)?;
        let (hash, mut rest) = rest.split_first_chunk::<32>().ok_or(InputLogError::Damaged)?;
        if blake3::hash(rest) != *hash {
            return Err(InputLogError::Damaged);
        }
        let mut library_folders = Vec::new();
        for _ in 0..take_number(&mut rest).ok_or(InputLogError::Damaged)? {
            let folder = take_bytes(&mut rest).ok_or(InputLogError::Damaged)?;
            library_folders.push(PathBuf::from(String::from_utf8_lossy(folder).into_owned()));
        }
        let log = InputLog { library_folders, entries: rest.to_vec(), declined: 0 };
        let mut at = 0;
        while at < log.entries.len() {
            (_, _, at) = log.entry(at).ok_or(InputLogError::Damaged)?;
        }
        Ok(log)
    }

    /// Every entry with its answer, to look at.
    pub fn entries(&self) -> Vec<(InputKind, Vec<u8>)> {
        let mut log = self.clone();
        log.flush();
        let (mut entries, mut at) = (Vec::new(), 0);
        while let Some((kind, answer, next)) = log.entry(at) {
            entries.push((kind, answer.to_vec()));
            at = next;
        }
        entries
    }

    /// The log of these entries, as [`InputLog::entries`] gives them.
    pub fn from_entries(entries: &[(InputKind, Vec<u8>)]) -> InputLog {
        let mut log = InputLog::default();
        entries.iter().for_each(|(kind, answer)| log.put(*kind, &[answer]));
        log
    }

    /// The entry at a place, and the place of the next one.
    fn entry(&self, at: usize) -> Option<(InputKind, &[u8], usize)> {
        let mut rest = self.entries.get(at..)?;
        let (&code, behind) = rest.split_first()?;
        rest = behind;
        let kind = InputKind::from_code(code)?;
        let answer = take_bytes(&mut rest)?;
        Some((kind, answer, self.entries.len() - rest.len()))
    }

    fn put(&mut self, kind: InputKind, parts: &[&[u8]]) {
        self.flush();
        self.entries.push(kind as u8);
        put_number(&mut self.entries, parts.iter().map(|part| part.len() as u64).sum());
        parts.iter().for_each(|part| self.entries.extend_from_slice(part));
    }

    fn flush(&mut self) {
        let declined = std::mem::take(&mut self.declined);
        if declined > 0 {
            self.put(InputKind::Declined, &[&declined.to_le_bytes()]);
        }
    }
}

/// Seven bits a byte, the least first; the last byte is below 128.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_number(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

fn put_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    texts.for_each(|text| put_bytes(&mut bytes, text.as_bytes()));
    bytes
}

fn take_texts(mut bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(text) = take_bytes(&mut bytes) {
        texts.push(String::from_utf8_lossy(text).into_owned());
    }
    texts
}

fn take_word(answer: &[u8]) -> Option<u64> {
    answer.try_into().ok().map(u64::from_le_bytes)
}

/// An error of the system as it is in the log: whether a file was not there is what somebody may ask of it.
fn error_bytes(error: &io::Error) -> Vec<u8> {
    let mark = if error.kind() == io::ErrorKind::NotFound { '0' } else { '1' };
    format!("-{mark}{error}").into_bytes()
}

fn result_of(answer: &[u8]) -> io::Result<&[u8]> {
    match answer {
        [b'+', content @ ..] => Ok(content),
        [b'-', mark, text @ ..] => {
            let kind = if *mark == b'0' { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
            Err(io::Error::new(kind, String::from_utf8_lossy(text).into_owned()))
        }
        _ => Err(io::Error::other("the recording has no answer")),
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no thread panics while it holds a recording")
}

/// A recording that goes on as long as its host is called.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<InputLog>>);

impl Recording {
    /// What has been recorded up to now.
    pub fn log(&self) -> InputLog {
        locked(&self.0).clone()
    }
}

/// A host that records what another one answers.
pub struct RecordingHost {
    host: Box<dyn Host>,
    recording: Recording,
}

impl RecordingHost {
    /// A host that does what `host` does, and the recording of it.
    pub fn new(host: Box<dyn Host>) -> (RecordingHost, Recording) {
        let recording = Recording::default();
        locked(&recording.0).library_folders = host.library_folders();
        (RecordingHost { host, recording: recording.clone() }, recording)
    }

    fn put(&mut self, kind: InputKind, parts: &[&[u8]]) {
        locked(&self.recording.0).put(kind, parts);
    }

    fn put_result<T>(
        &mut self,
        kind: InputKind,
        result: &io::Result<T>,
        bytes: impl FnOnce(&T) -> Vec<u8>,
    ) {
        match result {
            Ok(answer) => self.put(kind, &[b"+", &bytes(answer)]),
            Err(error) => self.put(kind, &[&error_bytes(error)]),
        }
    }
}

impl Host for RecordingHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.host.console_write(bytes);
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        let answer = self.host.console_read(buffer);
        match answer {
            ConsoleInput::Bytes(count) => {
                self.put(InputKind::ConsoleInput, &[b"+", &buffer[..count]]);
            }
            ConsoleInput::NotYet => self.put(InputKind::ConsoleInput, &[b"?"]),
            ConsoleInput::End => self.put(InputKind::ConsoleInput, &[b"-"]),
        }
        answer
    }

    fn console_is_ready(&mut self) -> bool {
        let is_ready = self.host.console_is_ready();
        self.put(InputKind::ConsoleReady, &[&[u8::from(is_ready)]]);
        is_ready
    }

    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        self.host.wait_for_console(deadline_us, stop);
    }

    fn clock_us(&mut self) -> i64 {
        let now = self.host.clock_us();
        self.put(InputKind::Clock, &[&now.to_le_bytes()]);
        now
    }

    fn monotonic_ns(&mut self) -> u64 {
        let now = self.host.monotonic_ns();
        self.put(InputKind::MonotonicClock, &[&now.to_le_bytes()]);
        now
    }

    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.host.wait_until_us(deadline_us, stop);
    }

    fn random(&mut self) -> u64 {
        let bits = self.host.random();
        self.put(InputKind::Random, &[&bits.to_le_bytes()]);
        bits
    }

    fn file_bytes(&mut self, path: &Path) -> io::Result<u64> {
        let answer = self.host.file_bytes(path);
        self.put_result(InputKind::FileSize, &answer, |size| size.to_le_bytes().into());
        answer
    }

    fn read_file(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let answer = self.host.read_file(path);
        self.put_result(InputKind::File, &answer, Vec::clone);
        answer
    }

    fn command_line(&mut self) -> Vec<String> {
        let words = self.host.command_line();
        self.put(InputKind::CommandLine, &[&put_texts(words.iter().map(String::as_str))]);
        words
    }

    fn environment_variable(&mut self, name: &str) -> Option<String> {
        let value = self.host.environment_variable(name);
        match &value {
            Some(value) => self.put(InputKind::Environment, &[b"+", value.as_bytes()]),
            None => self.put(InputKind::Environment, &[b"-"]),
        }
        value
    }

    fn environment_variables(&mut self) -> Vec<(String, String)> {
        let variables = self.host.environment_variables();
        let texts = variables.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        self.put(InputKind::Environments, &[&put_texts(texts)]);
        variables
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.host.library_folders()
    }

    fn ask_system(&mut self, question: &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> {
        let answer = self.host.ask_system(question);
        self.put(InputKind::System, &[&answer]);
        answer
    }

    fn decide(&mut self, decision: Decision, found: bool) -> bool {
        let answer = self.host.decide(decision, found);
        match answer {
            true => self.put(InputKind::Decided, &[&[decision as u8]]),
            false => locked(&self.recording.0).declined += 1,
        }
        answer
    }

    fn performs_effects(&self) -> bool {
        self.host.performs_effects()
    }
}

/// Where a replay left its recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// The session asked for something else than the recording answers.
    Question { entry: usize, asked: InputKind, recorded: InputKind },
    /// The session made another decision than the one of the recording at this place.
    Decision { entry: usize, asked: Decision },
    /// The session asked for more than was recorded.
    End { entry: usize, asked: InputKind },
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Divergence::Question { entry, asked, recorded } => {
                write!(f, "entry {entry} of the recording is {recorded:?}, asked was {asked:?}")
            }
            Divergence::Decision { entry, asked } => {
                write!(f, "entry {entry} of the recording is another decision than {asked:?}")
            }
            Divergence::End { entry, asked } => {
                write!(f, "the recording ends with entry {entry}, asked was {asked:?}")
            }
        }
    }
}

#[derive(Debug, Default)]
struct Progress {
    log: InputLog,
    at: usize,
    /// Entries before this place.
    passed: usize,
    /// Decisions that are still declined.
    declined: u64,
    divergence: Option<Divergence>,
    shown: Vec<u8>,
}

impl Progress {
    /// The answer of the next entry, which must be of this kind.
    fn take(&mut self, asked: InputKind) -> Option<Vec<u8>> {
        if self.divergence.is_some() {
            return None;
        }
        let entry = self.passed;
        if self.declined > 0 {
            let recorded = InputKind::Declined;
            self.divergence = Some(Divergence::Question { entry, asked, recorded });
            return None;
        }
        let Some((kind, answer, next)) = self.log.entry(self.at) else {
            self.divergence = Some(Divergence::End { entry, asked });
            return None;
        };
        if kind != asked {
            self.divergence = Some(Divergence::Question { entry, asked, recorded: kind });
            return None;
        }
        let answer = answer.to_vec();
        (self.at, self.passed) = (next, self.passed + 1);
        Some(answer)
    }

    fn decide(&mut self, decision: Decision) -> Option<bool> {
        if self.declined == 0
            && let Some((InputKind::Declined, count, next)) = self.log.entry(self.at)
        {
            self.declined = take_word(count).unwrap_or(0);
            (self.at, self.passed) = (next, self.passed + 1);
        }
        if self.declined > 0 {
            self.declined -= 1;
            return Some(false);
        }
        let entry = self.passed;
        let answer = self.take(InputKind::Decided)?;
        if answer != [decision as u8] {
            self.divergence = Some(Divergence::Decision { entry, asked: decision });
            return None;
        }
        Some(true)
    }
}

/// How far a replay has come.
#[derive(Clone, Debug)]
pub struct ReplayProgress(Arc<Mutex<Progress>>);

impl ReplayProgress {
    /// Where the replay left its recording, if it did. It stops at its next slice then.
    pub fn divergence(&self) -> Option<Divergence> {
        locked(&self.0).divergence.clone()
    }

    /// Whether every entry was asked for.
    pub fn is_complete(&self) -> bool {
        let progress = locked(&self.0);
        progress.divergence.is_none()
            && progress.declined == 0
            && progress.at == progress.log.entries.len()
    }

    /// What programs have shown on the console.
    pub fn shown(&self) -> Vec<u8> {
        locked(&self.0).shown.clone()
    }
}

/// A host that answers from a recording. Nothing waits, and nothing leaves the machine.
pub struct ReplayHost {
    progress: ReplayProgress,
    library_folders: Vec<PathBuf>,
}

impl ReplayHost {
    /// A host that answers from a log, and how far it has come.
    pub fn new(mut log: InputLog) -> (ReplayHost, ReplayProgress) {
        log.flush();
        let library_folders = log.library_folders.clone();
        let progress = Progress { log, ..Progress::default() };
        let progress = ReplayProgress(Arc::new(Mutex::new(progress)));
        (ReplayHost { progress: progress.clone(), library_folders }, progress)
    }

    fn take(&mut self, asked: InputKind) -> Vec<u8> {
        locked(&self.progress.0).take(asked).unwrap_or_else(|| NOTHING.to_vec())
    }
}

impl Host for ReplayHost {
    fn console_write(&mut self, bytes: &[u8]) {
        locked(&self.progress.0).shown.extend_from_slice(bytes);
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        match self.take(InputKind::ConsoleInput).as_slice() {
            [b'+', bytes @ ..] if !bytes.is_empty() && bytes.len() <= buffer.len() => {
                buffer[..bytes.len()].copy_from_slice(bytes);
                ConsoleInput::Bytes(bytes.len())
            }
            [b'?'] => ConsoleInput::NotYet,
            _ => ConsoleInput::End,
        }
    }

    fn console_is_ready(&mut self) -> bool {
        self.take(InputKind::ConsoleReady) == [1]
    }

    fn wait_for_console(&mut self, _deadline_us: Option<i64>, _stop: &AtomicBool) {}

    fn clock_us(&mut self) -> i64 {
        take_word(&self.take(InputKind::Clock)).unwrap_or(0) as i64
    }

    fn monotonic_ns(&mut self) -> u64 {
        take_word(&self.take(InputKind::MonotonicClock)).unwrap_or(0)
    }

    fn wait_until_us(&mut self, _deadline_us: i64, _stop: &AtomicBool) {}

    fn random(&mut self) -> u64 {
        take_word(&self.take(InputKind::Random)).unwrap_or(0)
    }

    fn file_bytes(&mut self, _path: &Path) -> io::Result<u64> {
        let answer = self.take(InputKind::FileSize);
        let size = result_of(&answer)?;
        Ok(take_word(size).unwrap_or(0))
    }

    fn read_file(&mut self, _path: &Path) -> io::Result<Vec<u8>> {
        let answer = self.take(InputKind::File);
        result_of(&answer).map(<[u8]>::to_vec)
    }

    fn command_line(&mut self) -> Vec<String> {
        take_texts(&self.take(InputKind::CommandLine))
    }

    fn environment_variable(&mut self, _name: &str) -> Option<String> {
        match self.take(InputKind::Environment).as_slice() {
            [b'+', value @ ..] => Some(String::from_utf8_lossy(value).into_owned()),
            _ => None,
        }
    }

    fn environment_variables(&mut self) -> Vec<(String, String)> {
        let texts = take_texts(&self.take(InputKind::Environments));
        texts.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.library_folders.clone()
    }

    fn ask_system(&mut self, _question: &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> {
        self.take(InputKind::System)
    }

    fn decide(&mut self, decision: Decision, found: bool) -> bool {
        let answer = locked(&self.progress.0).decide(decision);
        // Behind the recording nothing is known any more: the session stops as soon as it asks whether to.
        answer.unwrap_or(found || decision == Decision::Stop)
    }

    fn performs_effects(&self) -> bool {
        false
    }
}
