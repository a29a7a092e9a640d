//! The writer: a thread that commits waves while the machine runs on.
//!
//! At most [`WAVES_IN_FLIGHT_MAX`] waves are with the writer; it never makes the machine wait, it
//! refuses. Waves are given back with their receipts, so that their memory is used again. Between
//! waves the thread prunes, checkpoints and syncs `head`.
//!
//! Whoever waits for a commit that nobody has begun writes it itself: handing it to a thread that has
//! to wake, and being woken by it, would take as long as the disk does. So the store is owned by
//! whoever holds its lock, and `is_writing` says that a wave has been taken up: waves are committed
//! one after the other, in order. If the gap after the last wave has not been used by then, one step
//! of what belongs there goes first, so that a program that only waits cannot outrun it.
//!
//! The first failure ends writing: it is reported once, with every wave that was not committed, and
//! all later waves are refused. A failed sync is never tried again, because the system may have
//! dropped what it could not write.
//!
//! A disk without room is no failure: nothing is written any more, and the waves stay, until
//! [`Writer::make_room`] finds that there is room.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::identity::{PageNumber, TransactionId};
use super::limits::{
    GAP_INTERVAL_MS, HEAD_SYNC_INTERVAL_MS, PRUNE_ROW_COUNT_PER_STEP, WAVES_IN_FLIGHT_MAX,
};
use super::wave::{CommitReceipt, Wave};
use super::{KeptCommit, PageLocation, Store, StoreError};

/// What the writer reports.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one event per commit; a box would be one more piece")]
pub enum WriterEvent {
    /// The commits that are kept, oldest first. The next event is that of the commit whose wave asked for them.
    Log(Vec<KeptCommit>),
    /// A wave is durable.
    Committed {
        /// What the commit did.
        receipt: CommitReceipt,
        /// How long it took, from taking the wave up to durability.
        duration: Duration,
        /// The wave, emptied, to be filled again.
        wave: Wave,
    },
    /// Writing has ended. Reported once.
    Failed {
        /// Why.
        error: Arc<StoreError>,
        /// The waves that were not committed, oldest first, as they were submitted. If the failure
        /// came in the commit itself, the first of them may turn out durable at the next opening.
        waves: Vec<Wave>,
    },
}

/// A wave that was not taken, with the reason.
#[derive(Debug)]
pub enum SubmitRefused {
    /// The writer has as many waves as it takes; submit again after an event.
    Busy(Wave),
    /// Writing has ended with a failure.
    Ended(Wave, Arc<StoreError>),
}

/// Called on the writer's thread after each event, to wake whoever waits for it. It must not call
/// the writer.
pub type Notify = Box<dyn Fn() + Send>;

/// The handle to the writer's thread. Dropping it commits what was submitted and closes the store.
pub struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Progress {
    waiting: VecDeque<Wave>,
    is_writing: bool,
    /// The gap after the last wave has not been used to tidy up.
    gap_is_due: bool,
    last_gap: Instant,
    /// Rows to prune at most in one step of a gap: as many again as a wave supersedes, so that pruning
    /// keeps up with any load.
    row_count_per_step: usize,
    /// The thread sleeps until it is called, and does not wake each second.
    is_thread_asleep: bool,
    events: VecDeque<WriterEvent>,
    /// The number the next submitted wave will have.
    promised: TransactionId,
    durable: TransactionId,
    failure: Option<Arc<StoreError>>,
    /// Why nothing is written at the moment.
    shortage: Option<Arc<StoreError>>,
    last_commit: Option<Duration>,
    /// Parts of the next commit have been written ahead of it.
    has_parts_ahead: bool,
    is_stopping: bool,
}

/// The store, until writing has ended, and who is told of events.
struct Workshop {
    store: Option<Box<dyn Store>>,
    notify: Option<Notify>,
}

/// The workshop's lock is taken before that of the progress.
struct Shared {
    progress: Mutex<Progress>,
    /// Something for the thread to do.
    called: Condvar,
    /// Something for those who wait for a commit.
    changed: Condvar,
    workshop: Mutex<Workshop>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("no thread panics while it holds the writer's state")
    }

    fn workshop(&self) -> MutexGuard<'_, Workshop> {
        self.workshop.lock().expect("panics are caught while the store is held")
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Makes the opening commit and starts the thread. Effects may leave once this has returned.
    pub fn start(mut store: Box<dyn Store>, notify: Option<Notify>) -> Result<Writer, StoreError> {
        let last = store.begin()?;
        let shared = Arc::new(Shared {
            progress: Mutex::new(Progress::after(last)),
            called: Condvar::new(),
            changed: Condvar::new(),
            workshop: Mutex::new(Workshop { store: Some(store), notify }),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("pscheme-writer".into())
            .spawn(move || theirs.run_thread())
            .map_err(StoreError::io(
                "cannot start the writer's thread for",
                "the image".as_ref(),
            ))?;
        Ok(Writer { shared, thread: Some(thread) })
    }

    /// Hands a wave over and returns the number its commit will have.
    #[allow(clippy::result_large_err, reason = "a refused wave is given back whole")]
    pub fn submit(&self, wave: Wave) -> Result<TransactionId, SubmitRefused> {
        let promised = self.queue(wave)?;
        self.shared.called.notify_one();
        Ok(promised)
    }

    /// As `submit`, for a caller who calls `wait_for` next: the thread is not woken.
    #[allow(clippy::result_large_err, reason = "a refused wave is given back whole")]
    pub fn queue(&self, wave: Wave) -> Result<TransactionId, SubmitRefused> {
        let mut progress = self.shared.lock();
        if let Some(error) = &progress.failure {
            return Err(SubmitRefused::Ended(wave, Arc::clone(error)));
        }
        if progress.in_flight() >= WAVES_IN_FLIGHT_MAX {
            return Err(SubmitRefused::Busy(wave));
        }
        progress.waiting.push_back(wave);
        let promised = progress.promised;
        progress.promised = promised.next();
        Ok(promised)
    }

    /// Whether there is an event.
    pub fn has_event(&self) -> bool {
        !self.shared.lock().events.is_empty()
    }

    /// The next event, if there is one.
    pub fn poll(&self) -> Option<WriterEvent> {
        self.shared.lock().events.pop_front()
    }

    /// Waits until a commit is durable, or writing has ended with a failure. Commits what nobody has
    /// begun to commit. If there is no room for it ([`StoreError::is_out_of_space`]), it comes back at once, and
    /// the wave stays.
    ///
    /// # Panics
    /// If no wave with that number was submitted: it would wait for ever.
    pub fn wait_for(&self, transaction: TransactionId) -> Result<(), Arc<StoreError>> {
        let mut progress = self.shared.lock();
        assert!(transaction < progress.promised, "commit {transaction} was never submitted");
        loop {
            if progress.durable >= transaction {
                return Ok(());
            }
            if let Some(error) = &progress.failure {
                return Err(Arc::clone(error));
            }
            if let Some(error) = &progress.shortage
                && !progress.is_writing
            {
                return Err(Arc::clone(error));
            }
            if let Some(taken) = progress.take_wave() {
                drop(progress);
                self.shared.write_in_turn(taken);
                progress = self.shared.lock();
                continue;
            }
            progress = self.shared.changed.wait(progress).expect("the writer's state is sound");
        }
    }

    /// The newest durable commit.
    pub fn durable(&self) -> TransactionId {
        self.shared.lock().durable
    }

    /// Why nothing is written at the moment, if the disk has no room.
    pub fn shortage(&self) -> Option<Arc<StoreError>> {
        self.shared.lock().shortage.clone()
    }

    /// If there was no room: commits what waits, and gets back what is held in reserve.
    ///
    /// # Errors
    /// There is still no room, or writing has ended.
    pub fn make_room(&self) -> Result<(), Arc<StoreError>> {
        self.shared.make_room()
    }

    /// Writes a part of the next commit ahead of it, on the caller's thread: [`Store::write_ahead`].
    ///
    /// # Panics
    /// If a wave is still with the writer: the part would belong to its commit.
    ///
    /// # Errors
    /// There is no room, or writing has ended.
    pub fn write_ahead(&self, part: &Wave) -> Result<(), Arc<StoreError>> {
        let mut workshop = self.shared.workshop();
        if let Some(why) = self.shared.why_stopped() {
            return Err(why);
        }
        assert_eq!(self.in_flight(), 0, "parts are written when all waves are");
        self.shared.lock().has_parts_ahead = true;
        let Err(error) = workshop.use_store(|store| store.write_ahead(part)) else { return Ok(()) };
        self.shared.stop_for(&workshop, error, None);
        Err(self.shared.why_stopped().expect("just now"))
    }

    /// Every kept commit, oldest first, after the wave that is being written.
    ///
    /// # Errors
    /// If writing has ended, or the database cannot be read.
    pub fn kept_commits(&self) -> Result<Vec<KeptCommit>, StoreError> {
        self.shared.workshop().use_store(|store| store.kept_commits())
    }

    /// Where each of these pages is, if all that was given to the writer is durable: `None` if not, and if nothing is
    /// written any more.
    pub fn locate(&self, pages: &[PageNumber]) -> Option<Vec<Option<PageLocation>>> {
        let progress = self.shared.lock();
        let is_behind = progress.in_flight() > 0 || progress.has_parts_ahead;
        drop(progress);
        if is_behind || self.shared.why_stopped().is_some() {
            return None;
        }
        self.shared.workshop().store.as_ref().map(|store| store.locate(pages))
    }

    /// Waves with the writer, the one being written included.
    pub fn in_flight(&self) -> usize {
        self.shared.lock().in_flight()
    }

    /// How long the last commit took, for pacing the next wave.
    pub fn last_commit_duration(&self) -> Option<Duration> {
        self.shared.lock().last_commit
    }

    /// Commits what was submitted, closes the store and ends the thread.
    pub fn close(mut self) -> Result<(), Arc<StoreError>> {
        self.stop();
        match &self.shared.lock().failure {
            Some(error) => Err(Arc::clone(error)),
            None => Ok(()),
        }
    }

    fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.lock().is_stopping = true;
        self.shared.called.notify_one();
        thread.join().expect("the thread catches panics of the store");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Progress {
    fn after(last: TransactionId) -> Progress {
        Progress {
            waiting: VecDeque::new(),
            is_writing: false,
            gap_is_due: false,
            last_gap: Instant::now(),
            row_count_per_step: PRUNE_ROW_COUNT_PER_STEP,
            is_thread_asleep: false,
            events: VecDeque::new(),
            promised: last.next(),
            durable: last,
            failure: None,
            shortage: None,
            last_commit: None,
            has_parts_ahead: false,
            is_stopping: false,
        }
    }

    fn in_flight(&self) -> usize {
        self.waiting.len() + usize::from(self.is_writing)
    }

    /// Takes up the oldest wave, unless one is being written. What belongs into the gap before it is
    /// then its writer's to do.
    fn take_wave(&mut self) -> Option<TakenWave> {
        if self.shortage.is_some() { None } else { self.take_any_wave() }
    }

    fn take_any_wave(&mut self) -> Option<TakenWave> {
        if self.is_writing {
            return None;
        }
        let wave = self.waiting.pop_front()?;
        self.is_writing = true;
        let gap_is_due = std::mem::take(&mut self.gap_is_due);
        let row_count_per_step = self.row_count_per_step;
        self.row_count_per_step = PRUNE_ROW_COUNT_PER_STEP.max(4 * wave.pages.len());
        Some(TakenWave { wave, gap_is_due, row_count_per_step })
    }

    /// Ends writing; only the first failure counts.
    fn fail(&mut self, error: Arc<StoreError>, unfinished: Option<Wave>) {
        if self.failure.is_some() {
            return;
        }
        let waves = unfinished.into_iter().chain(self.waiting.drain(..)).collect();
        self.is_writing = false;
        self.failure = Some(Arc::clone(&error));
        self.events.push_back(WriterEvent::Failed { error, waves });
    }
}

/// A wave that somebody is committing.
struct TakenWave {
    wave: Wave,
    gap_is_due: bool,
    row_count_per_step: usize,
}

/// What the thread finds to do.
#[allow(clippy::large_enum_variant, reason = "one task per commit")]
enum Task {
    Write(TakenWave),
    /// The gap after a wave, or a second without one.
    Tidy,
    Stop,
}

impl Shared {
    /// Commits a wave that was taken up and reports it, after a step of the gap before it if that is
    /// due.
    fn write_in_turn(&self, taken: TakenWave) {
        let TakenWave { mut wave, gap_is_due, row_count_per_step } = taken;
        let mut workshop = self.workshop();
        if gap_is_due && let Err(error) = workshop.tidy(row_count_per_step) {
            return self.stop_for(&workshop, error, Some(wave));
        }
        let start = Instant::now();
        let result = workshop.use_store(|store| store.commit(&wave));
        let duration = start.elapsed();
        let receipt = match result {
            Ok(receipt) => receipt,
            Err(error) => return self.stop_for(&workshop, error, Some(wave)),
        };
        let log = match wave.wants_log {
            true => workshop.use_store(|store| store.kept_commits()).map(Some),
            false => Ok(None),
        };
        let log = match log {
            Ok(log) => log,
            Err(error) => return self.fail(&workshop, Arc::new(error), Some(wave)),
        };
        wave.clear();
        let mut progress = self.lock();
        assert_eq!(receipt.transaction, progress.durable.next(), "commits have no gaps");
        progress.is_writing = false;
        progress.gap_is_due = true;
        progress.durable = receipt.transaction;
        progress.has_parts_ahead = false;
        progress.last_commit = Some(duration);
        if receipt.took_reserve {
            progress.shortage = Some(Arc::new(StoreError::ReserveTaken));
        }
        progress.events.extend(log.map(WriterEvent::Log));
        progress.events.push_back(WriterEvent::Committed { receipt, duration, wave });
        let thread_is_wanted = progress.is_thread_asleep
            || progress.last_gap.elapsed() >= Duration::from_millis(GAP_INTERVAL_MS);
        drop(progress);
        self.changed.notify_all();
        if thread_is_wanted {
            self.called.notify_one();
        }
        workshop.announce();
    }

    /// After an error: waits for room if there was none, otherwise ends writing.
    fn stop_for(&self, workshop: &Workshop, error: StoreError, unfinished: Option<Wave>) {
        let error = Arc::new(error);
        if !error.is_out_of_space() {
            return self.fail(workshop, error, unfinished);
        }
        let mut progress = self.lock();
        if let Some(wave) = unfinished {
            progress.waiting.push_front(wave);
            progress.is_writing = false;
        }
        progress.shortage = Some(error);
        drop(progress);
        self.changed.notify_all();
        workshop.announce();
    }

    fn fail(&self, workshop: &Workshop, error: Arc<StoreError>, unfinished: Option<Wave>) {
        self.lock().fail(error, unfinished);
        self.changed.notify_all();
        self.called.notify_one();
        workshop.announce();
    }

    /// See [`Writer::make_room`].
    fn make_room(&self) -> Result<(), Arc<StoreError>> {
        loop {
            let mut progress = self.lock();
            if let Some(error) = &progress.failure {
                return Err(Arc::clone(error));
            }
            let Some(before) = progress.shortage.clone() else { return Ok(()) };
            let Some(taken) = progress.take_any_wave() else { break };
            let number = progress.durable.next();
            drop(progress);
            self.write_in_turn(taken);
            if self.lock().durable < number {
                return Err(self.why_stopped().unwrap_or(before));
            }
        }
        let mut workshop = self.workshop();
        if let Err(error) = workshop.use_store(|store| store.make_room()) {
            self.stop_for(&workshop, error, None);
            return self.why_stopped().map_or(Ok(()), Err);
        }
        self.lock().shortage = None;
        self.called.notify_one();
        Ok(())
    }

    fn why_stopped(&self) -> Option<Arc<StoreError>> {
        let progress = self.lock();
        progress.failure.clone().or_else(|| progress.shortage.clone())
    }

    fn run_thread(&self) {
        loop {
            self.serve();
            // Whoever ends a session in a shortage has what can be saved saved.
            let is_short = self.lock().shortage.is_some();
            if !is_short {
                break;
            }
            if let Err(error) = self.make_room() {
                self.fail(&self.workshop(), error, None);
                break;
            }
        }
        let mut workshop = self.workshop();
        let has_failed = self.lock().failure.is_some();
        // After a failure nothing more is written, and dropping the store gives the image up.
        if !has_failed && let Err(error) = workshop.use_store(|store| store.close()) {
            self.fail(&workshop, Arc::new(error), None);
        }
        workshop.store = None;
        workshop.announce();
    }

    fn serve(&self) {
        // While there is something to tidy up the thread wakes each second, then sleeps for good.
        let mut has_more_to_tidy = true;
        loop {
            match self.next_task(has_more_to_tidy) {
                Task::Write(taken) => {
                    self.write_in_turn(taken);
                    has_more_to_tidy = true;
                }
                Task::Tidy => has_more_to_tidy = self.tidy(),
                Task::Stop => return,
            }
        }
    }

    fn next_task(&self, has_more_to_tidy: bool) -> Task {
        let interval = Duration::from_millis(HEAD_SYNC_INTERVAL_MS);
        let mut progress = self.lock();
        loop {
            if progress.failure.is_some() {
                return Task::Stop;
            }
            if progress.shortage.is_some() && !progress.is_writing {
                if progress.is_stopping {
                    return Task::Stop;
                }
                progress = self.called.wait(progress).expect("the state is sound");
                continue;
            }
            if let Some(taken) = progress.take_wave() {
                return Task::Write(taken);
            }
            if progress.gap_is_due && !progress.is_writing {
                return Task::Tidy;
            }
            if progress.is_stopping && !progress.is_writing {
                return Task::Stop;
            }
            if has_more_to_tidy {
                let (guard, wait) =
                    self.called.wait_timeout(progress, interval).expect("the state is sound");
                progress = guard;
                if wait.timed_out() && progress.waiting.is_empty() {
                    return Task::Tidy;
                }
            } else {
                progress.is_thread_asleep = true;
                progress = self.called.wait(progress).expect("the state is sound");
                progress.is_thread_asleep = false;
            }
        }
    }

    /// The work of one gap, as long as no wave waits. Returns whether there may be more later.
    fn tidy(&self) -> bool {
        let mut row_count = 0;
        loop {
            let mut workshop = self.workshop();
            let mut progress = self.lock();
            if progress.is_writing {
                // Somebody took a wave up in between, and the gap with it.
                return true;
            }
            progress.gap_is_due = false;
            progress.last_gap = Instant::now();
            let rows_max = progress.row_count_per_step;
            drop(progress);
            let pruned = match workshop.tidy(rows_max) {
                Ok(pruned) => pruned,
                Err(error) => {
                    self.stop_for(&workshop, error, None);
                    return false;
                }
            };
            row_count += pruned;
            let progress = self.lock();
            if pruned == 0 || progress.is_stopping || !progress.waiting.is_empty() {
                return row_count > 0;
            }
        }
    }
}

impl Workshop {
    fn announce(&self) {
        if let Some(notify) = &self.notify {
            notify();
        }
    }

    /// One step of what belongs into a gap. Returns how many rows were pruned.
    fn tidy(&mut self, row_count_per_step: usize) -> Result<usize, StoreError> {
        self.use_store(|store| {
            store.idle()?;
            store.prune_step(row_count_per_step)
        })
    }

    /// Turns a panic into a failure, so that nobody waits for ever. The store is dropped then: nobody
    /// knows what state it is in.
    fn use_store<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let store = self.store.as_mut().ok_or(StoreError::WriterStopped)?;
        match catch_unwind(AssertUnwindSafe(|| work(store.as_mut()))) {
            Ok(result) => result,
            Err(_) => {
                self.store = None;
                Err(StoreError::WriterStopped)
            }
        }
    }
}
