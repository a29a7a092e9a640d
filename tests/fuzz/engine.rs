//! The loop of a campaign: takes an input of the pool, changes it, checks it, keeps it if it behaved as
//! none before, and makes a failing one small.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use crate::support::Random;

/// Seconds of a campaign unless given.
const SECONDS_DEFAULT: u64 = 5;
/// Time one input may take; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// Inputs that are kept because of how they behaved.
const POOL_MAX: usize = 4_000;
/// Changes to one input before it is checked, at most.
const CHANGES_MAX: u64 = 6;
/// Bytes of an input at most.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// Time that making a failing input small may cost.
const SHRINKING_TIME: Duration = Duration::from_secs(60);

thread_local! {
    /// Set while an input is checked: what it panicked with, which is shown once it is small.
    static FINDING: Cell<Option<String>> = const { Cell::new(None) };
}

/// Makes panics of what is checked silent, and keeps what they say.
fn keep_findings() {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match FINDING.take() {
            Some(_) => FINDING.set(Some(panic.to_string())),
            None => usual(panic),
        }));
    });
}

/// What an input came to, as a number: inputs with a new one are kept and changed further.
pub type Behaviour = u64;

/// A thing that is fuzzed.
pub trait Target {
    /// Names the campaign, and the folder of its corpus.
    const NAME: &'static str;

    /// Changes an input a little; `pool` has others to take parts from.
    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random);

    /// Checks what must hold of every input.
    ///
    /// # Panics
    /// If it does not: that is a finding.
    fn check(&mut self, input: &str) -> Behaviour;
}

/// Runs a campaign over the corpus, then over changes of it until the time is up.
pub fn run<T: Target>(make: impl Fn() -> T) {
    let folder = scratch_folder(T::NAME);
    let watch = Watch::start(&folder, T::NAME);
    if let Some(path) = std::env::var_os("PSCHEME_FUZZ_INPUT") {
        let input = std::fs::read_to_string(&path).expect("PSCHEME_FUZZ_INPUT names a file");
        watch.begin(&input);
        make().check(&input);
        watch.end();
        return;
    }
    let seed = seed();
    println!("{}: seed {seed} (set PSCHEME_SEED to repeat)", T::NAME);
    keep_findings();
    let mut campaign = Campaign {
        make,
        target: None,
        watch,
        folder,
        seen: HashSet::new(),
        checked: 0,
        slowest: Duration::ZERO,
    };
    let mut pool = corpus(T::NAME);
    let (first, begin) = (pool.len(), Instant::now());
    for input in &pool {
        campaign.judge(input);
    }
    let mut random = Random(seed ^ name_bits(T::NAME));
    let length = Duration::from_secs(seconds());
    while begin.elapsed() < length {
        let mut input = pool[random.below(pool.len() as u64) as usize].clone();
        for _ in 0..=random.below(CHANGES_MAX) {
            campaign.target().change(&mut input, &pool, &mut random);
        }
        if input.len() <= INPUT_BYTES_MAX && campaign.judge(&input) && pool.len() < POOL_MAX {
            pool.push(input);
        }
    }
    println!(
        "{}: {} inputs in {:.0} s, {} behaviours, {} kept beside {first} of the corpus, \
         the slowest {:.1} s; no finding",
        T::NAME,
        campaign.checked,
        begin.elapsed().as_secs_f64(),
        campaign.seen.len(),
        pool.len() - first,
        campaign.slowest.as_secs_f64(),
    );
}

struct Campaign<T, M> {
    make: M,
    /// Made again after a finding, because a panic may leave it in any state.
    target: Option<T>,
    watch: Watch,
    folder: PathBuf,
    seen: HashSet<Behaviour>,
    checked: u64,
    /// The longest time an input took; it is left in `slowest.txt`.
    slowest: Duration,
}

impl<T: Target, M: Fn() -> T> Campaign<T, M> {
    fn target(&mut self) -> &mut T {
        self.target.get_or_insert_with(&self.make)
    }

    /// Checks an input; `true` if it behaved as none before.
    fn judge(&mut self, input: &str) -> bool {
        self.checked += 1;
        let begin = Instant::now();
        let checked = self.check(input);
        if begin.elapsed() > self.slowest {
            self.slowest = begin.elapsed();
            std::fs::write(self.folder.join("slowest.txt"), input).expect("the folder is ours");
        }
        match checked {
            Ok(behaviour) => self.seen.insert(behaviour),
            Err(what) => self.fail(input, &what),
        }
    }

    fn check(&mut self, input: &str) -> Result<Behaviour, String> {
        self.watch.begin(input);
        let target = self.target.get_or_insert_with(&self.make);
        FINDING.set(Some(String::new()));
        let result = catch_unwind(AssertUnwindSafe(|| target.check(input)));
        let finding = FINDING.take().unwrap_or_default();
        self.watch.end();
        result.map_err(|_| {
            self.target = None;
            finding
        })
    }

    /// Makes the input small, leaves it in a file, and ends the test.
    fn fail(&mut self, input: &str, what: &str) -> ! {
        let path = self.folder.join("failure.txt");
        std::fs::write(&path, input).expect("the folder is ours");
        println!("{}: {what}; making the input small", T::NAME);
        let small = self.shrink(input.to_string());
        std::fs::write(&path, &small).expect("the folder is ours");
        panic!(
            "{}: {what}\nthe input is in {path}; to run it again:\n  \
             PSCHEME_FUZZ_INPUT={path} cargo test -p pscheme --test fuzz -- --exact {name}::{name}\n\
             {small}",
            T::NAME,
            name = T::NAME,
            path = path.display()
        )
    }

    /// Leaves out parts, longer ones first, as long as what remains still fails.
    fn shrink(&mut self, mut input: String) -> String {
        let (mut length, begin) = (input.len().next_power_of_two() / 2, Instant::now());
        while length > 0 {
            let mut start = 0;
            while start < input.len() && begin.elapsed() < SHRINKING_TIME {
                let from = input.floor_char_boundary(start);
                let to = input.ceil_char_boundary((start + length).min(input.len()));
                let shorter = format!("{}{}", &input[..from], &input[to..]);
                if self.check(&shorter).is_err() {
                    input = shorter;
                } else {
                    start += length;
                }
            }
            length /= 2;
        }
        input
    }
}

/// Notices inputs that hang, and leaves in a file what is being checked, should the process be killed by
/// it.
struct Watch {
    running: Arc<Mutex<Option<Instant>>>,
    current: PathBuf,
}

impl Watch {
    fn start(folder: &Path, name: &'static str) -> Watch {
        let running: Arc<Mutex<Option<Instant>>> = Arc::default();
        let current = folder.join("current.txt");
        let (watched, path) = (running.clone(), current.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(PATIENCE / 20);
                let since = *watched.lock().expect("nobody panics with it");
                if since.is_some_and(|since| since.elapsed() > PATIENCE) {
                    eprintln!("{name}: an input takes too long: {}", path.display());
                    std::process::abort();
                }
            }
        });
        Watch { running, current }
    }

    fn begin(&self, input: &str) {
        std::fs::write(&self.current, input).expect("the folder is ours");
        *self.running.lock().expect("nobody panics with it") = Some(Instant::now());
    }

    fn end(&self) {
        *self.running.lock().expect("nobody panics with it") = None;
    }
}

/// A folder for what a campaign leaves. Programs that are run see another, empty one: what they do to
/// files stays there.
fn scratch_folder(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("fuzz").join(name);
    let run = folder.with_file_name("run");
    for folder in [&folder, &run] {
        std::fs::create_dir_all(folder).expect("the build's folder can be written");
    }
    static MOVED: Once = Once::new();
    MOVED.call_once(|| std::env::set_current_dir(run).expect("made above"));
    folder
}

/// The inputs of a folder of the corpus.
pub fn corpus(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name} has a corpus");
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn seconds() -> u64 {
    std::env::var("PSCHEME_FUZZ_SECONDS").map_or(SECONDS_DEFAULT, |text| {
        text.parse().expect("PSCHEME_FUZZ_SECONDS is a number of seconds")
    })
}

fn seed() -> u64 {
    match std::env::var("PSCHEME_SEED") {
        Ok(text) => text.parse().expect("PSCHEME_SEED is a number"),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_nanos() as u64 % 1_000_000_000),
    }
}

/// Campaigns with one seed draw different numbers.
fn name_bits(name: &str) -> u64 {
    name.bytes().fold(0, |bits, byte| bits.rotate_left(8) ^ u64::from(byte))
}

/// A behaviour from its parts.
pub fn behaviour(parts: impl std::hash::Hash) -> Behaviour {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}
