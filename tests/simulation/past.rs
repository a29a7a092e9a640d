//! The past of a random program: whatever happened to its image, every commit that is kept can be gone on with,
//! in a fork or after going back to it, and comes to what the model says.

use pscheme::heap::store::seal::KEY_BYTES;
use pscheme::heap::store::{
    CommitClock, CommitName, ImageDirectory, Retention, Store, StoreOptions,
};
use pscheme::inspect::Inspection;
use pscheme::session::WAVE_COPY_BYTES_MAX;
use pscheme::{Outcome, Session, SessionOptions, history, seal_key};

use super::program::{RandomProgram, Step};
use crate::support::{Console, Random, TestHost};

const SESSIONS_MAX: u64 = 5;
/// Slices of a session at most.
const SLICES_MAX: u64 = 50;
const SLICE_WORK: i64 = 400;
/// Commits of a life from which it is gone on.
const FORKS_MAX: usize = 6;
/// Bytes that a heap with a limit may grow by at most, at first.
const GROWTH_MAX: u64 = 64 << 10;

/// A session, and what becomes of the image before the next.
#[derive(Clone, Debug)]
struct Sitting {
    slices: u64,
    zeal: bool,
    is_sealed: bool,
    in_parts: bool,
    /// What is committed is given back at the end of each slice.
    gives_back: bool,
    /// Bytes that the heap may grow by; more each time that is met.
    growth: Option<u64>,
    /// It is closed, not dropped as a host drops it that ends.
    is_closed: bool,
    /// How many kept commits are gone back afterwards.
    back: Option<u64>,
}

/// A program and the sessions in which its image lives.
#[derive(Clone, Debug)]
pub struct Life {
    pub program: RandomProgram,
    sittings: Vec<Sitting>,
    chance: u64,
}

/// What lives did, to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct PastTally {
    pub lives: u64,
    pub sessions: u64,
    pub limits_met: u64,
    pub rewinds: u64,
    pub forks: u64,
}

impl Life {
    pub fn random(seed: u64) -> Life {
        let mut random = Random(seed);
        let mut program = RandomProgram::random(&mut random);
        let is_limited = random.below(2) == 0;
        if is_limited {
            // In an atomic section the limit ends the process.
            let may_stop = |step: &Step| !matches!(step, Step::Atomically(_));
            program.workers.iter_mut().for_each(|steps| steps.retain(may_stop));
        }
        let sitting = |random: &mut Random| {
            let growth = (is_limited && random.below(2) == 0).then(|| random.below(GROWTH_MAX));
            Sitting {
                slices: 1 + random.below(SLICES_MAX),
                // Otherwise the limit is met only when the nursery is full, which these programs seldom fill.
                zeal: growth.is_some() || random.below(6) == 0,
                is_sealed: random.below(2) == 0,
                in_parts: random.below(3) == 0,
                gives_back: random.below(2) == 0,
                growth,
                is_closed: random.below(2) == 0,
                back: (random.below(3) == 0).then(|| random.below(8)),
            }
        };
        let sittings = (0..1 + random.below(SESSIONS_MAX)).map(|_| sitting(&mut random)).collect();
        Life { program, sittings, chance: random.next() }
    }

    /// Lives it, and goes on from commits of its past.
    ///
    /// # Errors
    /// Says what is not as it must be.
    pub fn live(&self, tally: &mut PastTally) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let image = ImageDirectory::at(folder.path().join("life"));
        let mut random = Random(self.chance);
        tally.lives += 1;
        for (index, sitting) in self.sittings.iter().enumerate() {
            self.sit(&image, sitting, &mut random, tally)
                .map_err(|what| format!("session {}: {what}", index + 1))?;
        }
        let (kept, _) = history::kept_commits(image.path(), &store_options(false)).map_err(text)?;
        let from_last = kept.len().saturating_sub(FORKS_MAX);
        let mut chosen: Vec<u64> = kept[from_last..].iter().map(|row| row.commit).collect();
        chosen
            .extend((0..FORKS_MAX).map(|_| kept[random.below(kept.len() as u64) as usize].commit));
        for (index, commit) in chosen.into_iter().enumerate() {
            let fork = ImageDirectory::at(folder.path().join(format!("fork-{index}")));
            let from = StoreOptions {
                commit: Some(CommitName::Number(commit)),
                ..store_options(random.below(2) == 0)
            };
            history::fork(&image, &fork, &from).map_err(text)?;
            tally.forks += 1;
            self.end(&fork).map_err(|what| format!("a fork of commit {commit}: {what}"))?;
        }
        self.end(&image).map_err(|what| format!("at last: {what}"))
    }

    fn sit(
        &self,
        image: &ImageDirectory,
        sitting: &Sitting,
        random: &mut Random,
        tally: &mut PastTally,
    ) -> Result<(), String> {
        let (mut growth, mut left) = (sitting.growth, sitting.slices);
        loop {
            tally.sessions += 1;
            let mut session = self.open(image, sitting, growth)?;
            let outcome = advance(&mut session, &mut left)?;
            match outcome {
                Some(Outcome::AtLimit) => {
                    tally.limits_met += 1;
                    let before = growth.ok_or("there is no limit to meet")?;
                    growth = Some(before + random.below(GROWTH_MAX));
                }
                None | Some(Outcome::Ended(0)) => left = 0,
                Some(other) => return Err(format!("it ended so: {other:?}")),
            }
            if sitting.is_closed {
                session.close().map_err(text)?;
            }
            if left == 0 {
                break;
            }
        }
        if let Some(back) = sitting.back {
            let options = store_options(sitting.is_sealed);
            let (kept, _) = history::kept_commits(image.path(), &options).map_err(text)?;
            let number = kept[kept.len().saturating_sub(1 + back as usize)].commit;
            let mut store = image.open(&options).map_err(text)?;
            store.rewind(&CommitName::Number(number)).map_err(text)?;
            store.close().map_err(text)?;
            tally.rewinds += 1;
        }
        Ok(())
    }

    /// `check`, then the program's end, and what it came to.
    fn end(&self, image: &ImageDirectory) -> Result<(), String> {
        let inspection = Inspection::open(image.path(), &store_options(false)).map_err(text)?;
        if !inspection.summary.findings.is_empty() {
            return Err(format!("check finds {:?}", inspection.summary.findings));
        }
        let plain = Sitting {
            slices: 0,
            zeal: false,
            is_sealed: false,
            in_parts: false,
            gives_back: false,
            growth: None,
            is_closed: true,
            back: None,
        };
        let mut session = self.open(image, &plain, None)?;
        match session.run().map_err(text)? {
            Outcome::Ended(0) => {}
            other => return Err(format!("it ended so: {other:?}")),
        }
        let found = session.with_machine(|vm| {
            let value = vm.global("final");
            value.map(|value| pscheme::exchange::to_value(&vm.heap, value).map_err(text))
        });
        let found = found.map_err(text)?.ok_or("there is no variable final")??.to_string();
        session.close().map_err(text)?;
        let expected = self.program.expected_final();
        match found == expected {
            true => Ok(()),
            false => Err(format!("it came to {found}, not {expected}")),
        }
    }

    fn open(
        &self,
        image: &ImageDirectory,
        sitting: &Sitting,
        growth: Option<u64>,
    ) -> Result<Session, String> {
        let store_options = store_options(sitting.is_sealed);
        let store = match image.exists() {
            true => image.open(&store_options),
            false => image.create(&store_options),
        };
        let console = Console::default();
        let mut options = SessionOptions::new(TestHost::new(&console));
        options.slice_work = SLICE_WORK;
        options.wave_interval = std::time::Duration::ZERO;
        options.zeal = sitting.zeal;
        if sitting.gives_back {
            options.resident_bytes_max = 0;
        }
        options.wave_copy_bytes_max = if sitting.in_parts { 1 } else { WAVE_COPY_BYTES_MAX };
        let store = Box::new(store.map_err(text)?);
        let mut session = Session::open(store, options).map_err(text)?;
        if let Some(bytes) = growth {
            session.vm.heap.limit_bytes = session.vm.heap.bytes_in_use() + bytes;
        }
        let program = self.program.text_without_files();
        if session.script_is(&program).is_none() {
            // The limit is for what runs.
            let limit = std::mem::replace(&mut session.vm.heap.limit_bytes, u64::MAX);
            session.start_program("life.scm", &program).map_err(text)?;
            session.vm.heap.limit_bytes = limit;
        }
        Ok(session)
    }

    /// The life in words.
    pub fn told(&self) -> String {
        format!("{:#?}\n{}", self.sittings, self.program.text_without_files())
    }
}

/// Runs for the slices that are left, or until the outcome; takes them off.
fn advance(session: &mut Session, left: &mut u64) -> Result<Option<Outcome>, String> {
    while *left > 0 {
        *left -= 1;
        if let Some(outcome) = session.run_one_slice().map_err(text)? {
            return Ok(Some(outcome));
        }
    }
    session.commit_and_wait().map(|()| None).map_err(text)
}

fn store_options(is_sealed: bool) -> StoreOptions {
    StoreOptions {
        key: is_sealed.then(|| seal_key(&[1; KEY_BYTES])),
        bytes_on_demand: 0,
        retention: Retention { everything_seconds: 3_600, bytes_max: 8 << 20 },
        log_bytes_before_checkpoint: 192 << 10,
        ballast_bytes: 16 << 10,
        ..StoreOptions::new(CommitClock::fixed(1))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
