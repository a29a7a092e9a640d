//! How long it takes from naming an image to the value of a first expression in it, by size of the image and by how
//! it is opened, beside raw reads of the bytes that are touched. Prints a table; `cargo bench -p pscheme --bench open`.
//! `PSCHEME_BENCH_GIB=10` adds an image of that size (it needs half as much disk, and twice as much memory while it is made).

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pscheme::heap::store::seal::{KEY_BYTES, SealKey};
use pscheme::heap::store::{CommitClock, ImageDirectory, StoreOptions};
use pscheme::heap::word::Word;
use pscheme::{Session, SessionOptions, seal_key};
use support::{Console, TestHost};

const MIB: u64 = 1 << 20;
const KEY: [u8; KEY_BYTES] = [1; KEY_BYTES];
const HEAP_LIMIT_BYTES: u64 = 32 << 30;
/// A root no program uses.
const KEPT_ROOT: usize = 60;

/// How an image is opened.
#[derive(Clone, Copy)]
enum Way {
    /// Sealed with the key that is given.
    OnDemand,
    /// Without a key: everything is read and walked.
    Walked,
}

fn main() {
    // `cargo test --benches` passes this; the table is for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| image | opened | p50 ms | min ms | max ms | pages read | raw read ms | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
    let more = std::env::var("PSCHEME_BENCH_GIB").ok().map(|text| {
        let gibibytes: u64 = text.parse().expect("PSCHEME_BENCH_GIB is a number");
        gibibytes * 1024
    });
    for mebibytes in [64, 1024].into_iter().chain(more) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = make(folder.path(), mebibytes * MIB);
        measure(&path, mebibytes, Way::OnDemand, 21);
        if mebibytes <= 1024 {
            measure(&path, mebibytes, Way::Walked, 3);
        }
    }
}

/// A closed image with lists of so many bytes, whose elements do not compress to nothing.
fn make(folder: &Path, bytes: u64) -> PathBuf {
    let path = folder.join("open.image");
    let mut session = session(&path, Some(seal_key(&KEY)));
    let mut random = support::Random(1);
    let per_commit = 64 * MIB;
    session.vm.heap.roots[KEPT_ROOT] = Word::NULL;
    for count in 1..=bytes / 16 {
        let heap = &mut session.vm.heap;
        heap.ensure_room(16, &mut session.vm.machine);
        let rest = heap.roots[KEPT_ROOT];
        heap.roots[KEPT_ROOT] = heap.pair(Word::fixnum(random.below(1 << 40) as i64), rest);
        if count % (per_commit / 16) == 0 {
            session.commit_and_wait().expect("commits");
        }
    }
    session.commit_and_wait().expect("commits");
    session.close().expect("closes");
    path
}

fn measure(path: &Path, mebibytes: u64, way: Way, count: usize) {
    let (mut times, mut raw) = (Vec::new(), Vec::new());
    let mut pages_read = None;
    for _ in 0..count {
        let (time, read) = open(path, way);
        times.push(time);
        pages_read = read;
        raw.push(raw_read(path, touched_bytes(path, read)));
    }
    times.sort();
    raw.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (opened, raw) = (milliseconds(times[count / 2]), milliseconds(raw[count / 2]));
    let name = match way {
        Way::OnDemand => "sealed",
        Way::Walked => "walked",
    };
    println!(
        "| {mebibytes} MiB | {name} | {opened:.1} | {:.1} | {:.1} | {} | {raw:.1} | {:.1} |",
        milliseconds(times[0]),
        milliseconds(times[count - 1]),
        pages_read.map_or("all".to_string(), |pages| pages.to_string()),
        opened / raw
    );
}

/// Opens, evaluates, and closes; the time to the value, and the pages read for it.
fn open(path: &Path, way: Way) -> (Duration, Option<u64>) {
    let start = Instant::now();
    let key = match way {
        Way::OnDemand => Some(seal_key(&KEY)),
        Way::Walked => None,
    };
    let mut session = session(path, key);
    session.start_program("open.scm", "(define answer (+ 40 2))").expect("it compiles");
    while session.vm.global("answer") != Some(Word::fixnum(42)) {
        let ended = session.run_one_slice().expect("it runs");
        assert!(ended.is_none() || session.vm.global("answer").is_some(), "it ended before");
    }
    let (time, read) = (start.elapsed(), session.vm.heap.pages_read_on_demand());
    session.close().expect("closes");
    (time, read)
}

fn session(path: &Path, key: Option<SealKey>) -> Session {
    let options = StoreOptions { key, ..StoreOptions::new(CommitClock::system()) };
    let image = ImageDirectory::at(path);
    let store = if image.exists() { image.open(&options) } else { image.create(&options) };
    let mut options = SessionOptions::new(TestHost::new(&Console::default()));
    options.limits.heap_bytes = HEAP_LIMIT_BYTES;
    Session::open(Box::new(store.expect("an image")), options).expect("a session")
}

/// Bytes of rows of the page map and of bodies that an opening reads, as they are stored.
fn touched_bytes(path: &Path, pages_read: Option<u64>) -> u64 {
    let database = rusqlite::Connection::open(path.join("heap.db")).expect("a database");
    let query = "SELECT count(*), avg(length) FROM page_version WHERE blob IS NOT NULL";
    let (pages, body): (u64, f64) = database
        .query_row(query, [], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))
        .expect("a page map");
    let row_bytes = 100;
    pages * row_bytes + (pages_read.unwrap_or(pages) as f64 * body) as u64
}

fn raw_read(path: &Path, bytes: u64) -> Duration {
    let file = File::open(path.join("heap.db")).expect("a database");
    let length = file.metadata().expect("its length").len();
    let mut buffer = vec![0; MIB as usize];
    let start = Instant::now();
    let mut at = 0;
    while at < bytes.min(length) {
        at += file.read_at(&mut buffer, at).expect("it can be read") as u64;
    }
    start.elapsed()
}
