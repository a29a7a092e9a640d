//! The opener of images, given files that were changed behind its back: it refuses them and leaves every
//! byte as it was, or it opens a state that was committed. Whoever only looks changes nothing at all.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pscheme::heap::store::{CommitClock, ImageDirectory, StoreOptions};
use pscheme::inspect::{Inspection, Layout, processes};
use pscheme::session::Advance;
use pscheme::{Session, SessionOptions};

use crate::booted::{HEAP_LIMIT_BYTES, NoFilesHost};
use crate::edit::{self, Edit, any_number};
use crate::engine::{self, Behaviour, Target, behaviour};
use crate::support::{Console, Random};

/// Slices an image runs before its files are taken, and after they were changed.
const SLICES: usize = 30;

/// Edits of the files: verb, and the numbers that follow that of the file.
const EDITS: &[(&str, usize)] =
    &[("bit", 2), ("byte", 2), ("cut", 1), ("extend", 2), ("zeros", 2), ("copy", 3), ("remove", 0)];

/// The files of an image by name.
type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn image_files() {
    engine::run(|| Directory { bases: HashMap::new(), _guard: None, path: PathBuf::new() }.ready());
}

struct Directory {
    bases: HashMap<String, Files>,
    _guard: Option<tempfile::TempDir>,
    path: PathBuf,
}

impl Directory {
    /// With a folder for the image, in memory where there is one: no disk is needed here.
    fn ready(mut self) -> Directory {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        let guard = tempfile::tempdir_in(folder).unwrap();
        self.path = guard.path().join("image");
        self._guard = Some(guard);
        self
    }
}

impl Target for Directory {
    const NAME: &'static str = "image_files";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        let (program, mut edits) = edit::split(input);
        edit::change(&mut edits, pool, random, make_edit);
        *input = edit::join(&program, &edits);
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let (program, edits) = edit::split(input);
        let path = self.path.clone();
        let base = self.bases.entry(program).or_insert_with_key(|program| taken(&path, program));
        let mut files = base.clone();
        edits.iter().for_each(|edit| edit_files(&mut files, edit));
        put(&self.path, &files);
        look(&self.path);
        // Not `assert_eq`: it would print all the bytes.
        assert!(read(&self.path) == files, "looking has changed the image");
        let opened = ImageDirectory::at(&self.path)
            .open(&store_options())
            .map_err(|error| error.to_string())
            .and_then(|store| {
                Session::open(Box::new(store), options()).map_err(|error| error.to_string())
            });
        match opened {
            Err(refused) => {
                assert!(read(&self.path) == files, "the refused image has changed: {refused}");
                behaviour(refused.chars().filter(|c| !c.is_ascii_digit()).collect::<String>())
            }
            Ok(session) => behaviour(run(session)),
        }
    }
}

fn make_edit(random: &mut Random) -> Edit {
    let (verb, count) = EDITS[random.below(EDITS.len() as u64) as usize];
    let mut numbers = vec![random.below(4)];
    numbers.extend((0..count).map(|_| match random.below(3) {
        0 => any_number(random),
        _ => random.next() >> 36,
    }));
    Edit::new(verb, &numbers)
}

fn store_options() -> StoreOptions {
    StoreOptions::new(CommitClock::fixed(1_700_000_000_000_000))
}

fn options() -> SessionOptions {
    let mut options = SessionOptions::new(NoFilesHost::new(&Console::default()));
    options.limits.heap_bytes = HEAP_LIMIT_BYTES;
    // Commits at moments of the clock would make every run another one.
    options.wave_interval = Duration::MAX;
    options
}

/// The files of an image whose owner is killed while a program runs, a log among them.
fn taken(path: &Path, program: &str) -> Files {
    let _ = std::fs::remove_dir_all(path);
    let store = ImageDirectory::at(path).create(&store_options()).unwrap();
    let mut session = Session::open(Box::new(store), options()).unwrap();
    if session.start_program("text", program).is_ok() {
        for _ in 0..SLICES {
            session.advance().unwrap();
        }
    }
    session.commit_and_wait().unwrap();
    let files = read(path);
    drop(session);
    files
}

/// All files but SQLite's scratch file, which readers and writers alike make from the log.
fn read(path: &Path) -> Files {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let files = entries.map(|entry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    });
    files.filter(|(name, _)| name != "heap.db-shm").collect()
}

fn put(path: &Path, files: &Files) {
    let _ = std::fs::remove_dir_all(path);
    std::fs::create_dir(path).unwrap();
    for (name, content) in files {
        std::fs::write(path.join(name), content).unwrap();
    }
}

fn edit_files(files: &mut Files, edit: &Edit) {
    let Some(chosen) = edit.index(0, files.len()) else { return };
    let name = files.keys().nth(chosen).expect("reduced to what there is").clone();
    if edit.verb == "remove" {
        files.remove(&name);
        return;
    }
    let bytes = files.get_mut(&name).expect("it is there");
    let length = bytes.len();
    let Some(at) = edit.index(1, length) else { return };
    let number = edit.number(2);
    match edit.verb.as_str() {
        "bit" => bytes[at] ^= 1 << (number % 8),
        "byte" => bytes[at] = number as u8,
        "cut" => bytes.truncate(at),
        "extend" => bytes.resize(length + at.min(1 << 16), number as u8),
        "zeros" => {
            let end = length.min(at + 1 + number as usize % 8192);
            bytes[at..end].fill(0);
        }
        "copy" => {
            let from = edit.index(2, length).expect("it has bytes");
            let count = (edit.number(3) as usize % 4096).min(length - at.max(from));
            bytes.copy_within(from..from + count, at);
        }
        _ => {}
    }
}

/// Reads what an inspector shows.
fn look(path: &Path) {
    if let Ok(mut inspection) = Inspection::open(path, &store_options()) {
        let rows = processes(inspection.view());
        let _ = Layout::default().processes(&rows);
        let _ = inspection.census();
    }
}

/// Runs a session for a while; how it ended.
fn run(mut session: Session) -> &'static str {
    for _ in 0..SLICES {
        match session.advance() {
            Ok(Advance::Worked) => {}
            Ok(Advance::Idle { .. }) => return "idle",
            Ok(Advance::Exit { .. }) => return "exit",
            Err(_) => return "failed",
        }
    }
    "out of slices"
}
