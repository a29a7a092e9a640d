//! The trace digest: a hash chained over what reached the programs of an image from outside, what they gave out, and who
//! ran when.
//!
//! Everything of the outside comes through the [`Host`], so a [`TracedHost`] stands before it and notes each answer.
//! What ends a slice is noted with the units of work that all processes have done. The digest goes into the root table
//! when a slice ends and before a commit, so the one in an image is that of the state beside it.
//!
//! Commits are no records: when one is made is no concern of programs, unless they wait for it. Then it is noted that
//! they go on.

use std::io;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use pscheme_heap::heap::Heap;
use pscheme_heap::root_table::Root;
use pscheme_heap::store::Digest;
use pscheme_heap::word::Word;

use crate::host::{ConsoleInput, Decision, Host};
use crate::machine::Vm;
use crate::process::Event;

macro_rules! trace_records {
    ($( $(#[doc = $doc:literal])+ $code:literal $name:ident; )*) => {
        /// What is noted. Codes enter the digest, and so reach the disk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum TraceRecord { $( $(#[doc = $doc])+ $name = $code, )* }
    };
}

trace_records! {
    /// What the wall clock showed.
    1 Clock;
    /// What the other clock showed.
    2 MonotonicClock;
    /// Random bits.
    3 Random;
    /// What the console gave.
    4 ConsoleInput;
    /// Whether the console has input for those who wait for it.
    5 ConsoleReady;
    /// The size of a file, or why there is none.
    6 FileSize;
    /// The hash of a file's content, or why there is none.
    7 File;
    /// The program's name and arguments.
    8 CommandLine;
    /// A variable of the environment.
    9 Environment;
    /// All variables of the environment.
    10 Environments;
    /// What the system answered that has no record of its own.
    11 System;
    /// Bytes for the console.
    12 ConsoleOutput;
    /// A request to a file.
    13 Effect;
    /// The end of a slice: the process, what ended it, and all work done.
    14 Slice;
    /// How many processes went on because a commit is durable, and all work done.
    15 Committed;
    /// Processes that a limit had stopped went on, and all work done.
    16 RoomAgain;
    /// What a function of the host gave.
    17 HostAnswer;
    /// A message that the host sent to a process.
    18 HostMessage;
    /// What the host gave a variable.
    19 HostDefinition;
    /// A procedure that the host called.
    20 HostCall;
    /// A text that the host evaluates or runs.
    21 HostText;
}

/// Roots that hold the digest, in the order of its bits.
const DIGEST_ROOTS: [Root; 5] = [
    Root::TraceDigest0,
    Root::TraceDigest1,
    Root::TraceDigest2,
    Root::TraceDigest3,
    Root::TraceDigest4,
];
/// Bits of the digest that one of them holds; all but the last are full.
const DIGEST_ROOT_BITS: usize = 52;

/// The host of a machine, and the digest of what it said.
pub struct TracedHost {
    host: Box<dyn Host>,
    digest: Digest,
    /// The digest in the root table is another.
    has_grown: bool,
}

impl TracedHost {
    pub(crate) fn new(host: Box<dyn Host>, digest: Digest) -> TracedHost {
        TracedHost { host, digest, has_grown: false }
    }

    /// Notes something that is not an answer of the host.
    pub fn note(&mut self, record: TraceRecord, parts: &[&[u8]]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.digest.0).update(&[record as u8]);
        parts.iter().for_each(|part| {
            hasher.update(part);
        });
        self.digest = hasher.finalize().into();
        self.has_grown = true;
    }

    /// As [`TracedHost::note`] with parts of any length: what enters is the hash of each.
    pub fn note_hashed(&mut self, record: TraceRecord, parts: &[&[u8]]) {
        let hashes: Vec<blake3::Hash> = parts.iter().map(|part| blake3::hash(part)).collect();
        let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_bytes().as_slice()).collect();
        self.note(record, &hashes);
    }

    fn note_number(&mut self, record: TraceRecord, number: u64) {
        self.note(record, &[&number.to_le_bytes()]);
    }

    fn note_result<T>(
        &mut self,
        record: TraceRecord,
        result: &io::Result<T>,
        bytes: impl FnOnce(&T) -> Vec<u8>,
    ) {
        match result {
            Ok(answer) => self.note(record, &[b"+", &bytes(answer)]),
            Err(error) => self.note(record, &[b"-", error.to_string().as_bytes()]),
        }
    }

    /// So many times random bits, as one record.
    pub fn random_words(&mut self, count: usize) -> Vec<u64> {
        let words: Vec<u64> = (0..count).map(|_| self.host.random()).collect();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.note(TraceRecord::Random, &[&bytes]);
        words
    }

    /// The host, for those who need one of any sort.
    #[allow(clippy::should_implement_trait, reason = "the machine's field was a box once")]
    pub fn as_mut(&mut self) -> &mut dyn Host {
        self
    }
}

impl Deref for TracedHost {
    type Target = dyn Host;

    fn deref(&self) -> &(dyn Host + 'static) {
        self
    }
}

impl DerefMut for TracedHost {
    fn deref_mut(&mut self) -> &mut (dyn Host + 'static) {
        self
    }
}

impl Host for TracedHost {
    fn console_write(&mut self, bytes: &[u8]) {
        self.note(TraceRecord::ConsoleOutput, &[bytes]);
        self.host.console_write(bytes);
    }

    fn console_read(&mut self, buffer: &mut [u8]) -> ConsoleInput {
        let answer = self.host.console_read(buffer);
        match answer {
            ConsoleInput::Bytes(count) => {
                self.note(TraceRecord::ConsoleInput, &[b"+", &buffer[..count]]);
            }
            ConsoleInput::NotYet => self.note(TraceRecord::ConsoleInput, &[b"?"]),
            ConsoleInput::End => self.note(TraceRecord::ConsoleInput, &[b"-"]),
        }
        answer
    }

    fn console_is_ready(&mut self) -> bool {
        let is_ready = self.host.console_is_ready();
        // Looking is a matter of time; what comes of it is not.
        if is_ready {
            self.note(TraceRecord::ConsoleReady, &[]);
        }
        is_ready
    }

    fn wait_for_console(&mut self, deadline_us: Option<i64>, stop: &AtomicBool) {
        self.host.wait_for_console(deadline_us, stop);
    }

    fn clock_us(&mut self) -> i64 {
        let now = self.host.clock_us();
        self.note_number(TraceRecord::Clock, now as u64);
        now
    }

    fn monotonic_ns(&mut self) -> u64 {
        let now = self.host.monotonic_ns();
        self.note_number(TraceRecord::MonotonicClock, now);
        now
    }

    fn wait_until_us(&mut self, deadline_us: i64, stop: &AtomicBool) {
        self.host.wait_until_us(deadline_us, stop);
    }

    fn random(&mut self) -> u64 {
        let bits = self.host.random();
        self.note_number(TraceRecord::Random, bits);
        bits
    }

    fn file_bytes(&mut self, path: &Path) -> io::Result<u64> {
        let answer = self.host.file_bytes(path);
        self.note_result(TraceRecord::FileSize, &answer, |size| size.to_le_bytes().into());
        answer
    }

    fn read_file(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let answer = self.host.read_file(path);
        self.note_result(TraceRecord::File, &answer, |bytes| {
            blake3::hash(bytes).as_bytes().to_vec()
        });
        answer
    }

    fn command_line(&mut self) -> Vec<String> {
        let words = self.host.command_line();
        self.note(TraceRecord::CommandLine, &[format!("{words:?}").as_bytes()]);
        words
    }

    fn environment_variable(&mut self, name: &str) -> Option<String> {
        let value = self.host.environment_variable(name);
        self.note(TraceRecord::Environment, &[format!("{value:?}").as_bytes()]);
        value
    }

    fn environment_variables(&mut self) -> Vec<(String, String)> {
        let variables = self.host.environment_variables();
        self.note(TraceRecord::Environments, &[format!("{variables:?}").as_bytes()]);
        variables
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.host.library_folders()
    }

    fn ask_system(&mut self, question: &mut dyn FnMut() -> Vec<u8>) -> Vec<u8> {
        let answer = self.host.ask_system(question);
        self.note(TraceRecord::System, &[&answer]);
        answer
    }

    fn decide(&mut self, decision: Decision, found: bool) -> bool {
        self.host.decide(decision, found)
    }

    fn performs_effects(&self) -> bool {
        self.host.performs_effects()
    }
}

/// The trace digest in the root table of a heap: zero if it has none.
pub fn stored_digest(heap: &Heap) -> Digest {
    let mut bytes = [0; 32];
    for (place, root) in DIGEST_ROOTS.into_iter().enumerate() {
        let word = heap.root(root);
        let bits = if word.is_fixnum() { word.as_fixnum() as u64 } else { 0 };
        for bit in (0..DIGEST_ROOT_BITS).filter(|bit| bits >> bit & 1 == 1) {
            let at = place * DIGEST_ROOT_BITS + bit;
            // What a damaged root has beyond the digest is nothing.
            if let Some(byte) = bytes.get_mut(at / 8) {
                *byte |= 1 << (at % 8);
            }
        }
    }
    Digest(bytes)
}

impl Vm {
    /// The digest of the trace up to now.
    pub fn trace_digest(&self) -> Digest {
        self.machine.host.digest
    }

    /// Puts the digest into the root table.
    pub(crate) fn store_digest(&mut self) {
        if !std::mem::take(&mut self.machine.host.has_grown) {
            return;
        }
        let digest = self.machine.host.digest;
        for (place, root) in DIGEST_ROOTS.into_iter().enumerate() {
            let bits = digest_bits(&digest, place * DIGEST_ROOT_BITS);
            self.heap.set_root(root, Word::fixnum(bits as i64));
        }
    }

    /// All work done, as it enters the trace.
    fn traced_work(&self) -> [u8; 8] {
        let work = self.heap.root(Root::Work);
        (if work.is_fixnum() { work.as_fixnum() } else { 0 }).to_le_bytes()
    }

    /// Notes something that happens between two slices, with the work done.
    pub(crate) fn note_with_work(&mut self, record: TraceRecord, count: u64) {
        let work = self.traced_work();
        self.machine.host.note(record, &[&count.to_le_bytes(), &work]);
    }

    /// Notes the end of a slice.
    pub(crate) fn note_slice(&mut self, id: i64, event: Event) {
        let (code, status) = match event {
            Event::Slice => (0, 0),
            Event::WaitsForCommit(_) => (1, 0),
            Event::Waits(_) => (2, 0),
            Event::Finished(_) => (3, 0),
            Event::Failed(_) => (4, 0),
            Event::AtLimit(_) => (5, 0),
            Event::Exit(status) => (6, status),
            Event::Idle => (7, 0),
        };
        let work = self.traced_work();
        let parts: [&[u8]; 4] = [&id.to_le_bytes(), &[code], &status.to_le_bytes(), &work];
        self.machine.host.note(TraceRecord::Slice, &parts);
        self.store_digest();
    }
}

/// The bits of a digest from one on, as many as a root holds or there are.
fn digest_bits(digest: &Digest, first: usize) -> u64 {
    let mut window = [0; 16];
    let from = first / 8;
    let count = (digest.0.len() - from).min(8);
    window[..count].copy_from_slice(&digest.0[from..from + count]);
    let bits = u128::from_le_bytes(window) >> (first % 8);
    (bits & ((1 << DIGEST_ROOT_BITS) - 1)) as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pscheme_heap::limits::HEAP_RESERVED_BYTES_MIN;

    use super::*;
    use crate::host::SilentHost;
    use crate::primitive::PrimitiveSet;

    fn machine() -> Vm {
        let heap = Heap::reserving(HEAP_RESERVED_BYTES_MIN).unwrap();
        Vm::new(heap, Arc::new(PrimitiveSet::new(Vec::new())), Box::new(SilentHost::default()))
    }

    #[test]
    fn the_digest_is_the_same_in_the_roots() {
        let mut vm = machine();
        let mut seen = vec![vm.trace_digest()];
        for round in 0..200 {
            vm.note_with_work(TraceRecord::Committed, round);
            let digest = vm.trace_digest();
            assert_ne!(stored_digest(&vm.heap), digest);
            vm.store_digest();
            assert_eq!(stored_digest(&vm.heap), digest);
            assert!(!seen.contains(&digest));
            seen.push(digest);
        }
        let Vm { heap, .. } = vm;
        let vm =
            Vm::new(heap, Arc::new(PrimitiveSet::new(Vec::new())), Box::new(SilentHost::default()));
        assert_ne!(vm.trace_digest(), seen[200], "the opening is a record");
        assert_eq!(stored_digest(&vm.heap), seen[200]);
    }

    #[test]
    fn records_are_told_apart() {
        let digest = |notes: &[(TraceRecord, &[u8])]| {
            let mut vm = machine();
            notes.iter().for_each(|(record, bytes)| vm.machine.host.note(*record, &[bytes]));
            vm.trace_digest()
        };
        let (output, input) = (TraceRecord::ConsoleOutput, TraceRecord::ConsoleInput);
        let digests = [
            digest(&[]),
            digest(&[(output, b"ab")]),
            digest(&[(input, b"ab")]),
            digest(&[(output, b"a"), (output, b"b")]),
            digest(&[(output, b"b"), (output, b"a")]),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{index}");
        }
        assert_eq!(digest(&[(output, b"ab")]), digests[1]);
    }
}
