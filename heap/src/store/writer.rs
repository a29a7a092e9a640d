//! The writer: a thread that owns the store and commits waves while the machine runs on.
//!
//! At most [`WAVES_IN_FLIGHT_MAX`] waves are with the writer; it never makes the machine wait, it
//! refuses. Waves are given back with their receipts, so that their memory is used again. Between
//! waves the thread prunes, checkpoints and syncs `head`.
//!
//! The first failure ends writing: it is reported once, with every wave that was not committed, and
//! all later waves are refused. A failed sync is never tried again, because the system may have
//! dropped what it could not write.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::identity::TransactionId;
use super::limits::{HEAD_SYNC_INTERVAL_MS, PRUNE_ROW_COUNT_PER_STEP, WAVES_IN_FLIGHT_MAX};
use super::wave::{CommitReceipt, Wave};
use super::{Store, StoreError};

/// What the writer reports.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one event per commit; a box would be one more piece")]
pub enum WriterEvent {
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
    events: VecDeque<WriterEvent>,
    /// The number the next submitted wave will have.
    promised: TransactionId,
    durable: TransactionId,
    failure: Option<Arc<StoreError>>,
    last_commit: Option<Duration>,
    is_stopping: bool,
}

struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("no thread panics while it holds the writer's state")
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
        let progress = Progress::after(last);
        let shared = Arc::new(Shared { progress: Mutex::new(progress), changed: Condvar::new() });
        let thread = WriterThread { shared: Arc::clone(&shared), store, notify };
        let thread = std::thread::Builder::new()
            .name("pscheme-writer".into())
            .spawn(move || thread.run())
            .map_err(StoreError::io(
                "cannot start the writer's thread for",
                "the image".as_ref(),
            ))?;
        Ok(Writer { shared, thread: Some(thread) })
    }

    /// Hands a wave over and returns the number its commit will have.
    #[allow(clippy::result_large_err, reason = "a refused wave is given back whole")]
    pub fn submit(&self, wave: Wave) -> Result<TransactionId, SubmitRefused> {
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
        self.shared.changed.notify_all();
        Ok(promised)
    }

    /// The next event, if there is one.
    pub fn poll(&self) -> Option<WriterEvent> {
        self.shared.lock().events.pop_front()
    }

    /// Waits until a commit is durable, or writing has ended with a failure.
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
            progress = self.shared.changed.wait(progress).expect("the writer's state is sound");
        }
    }

    /// The newest durable commit.
    pub fn durable(&self) -> TransactionId {
        self.shared.lock().durable
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
        self.shared.changed.notify_all();
        // A panic of the thread was recorded as a failure by its guard.
        let _ = thread.join();
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
            events: VecDeque::new(),
            promised: last.next(),
            durable: last,
            failure: None,
            last_commit: None,
            is_stopping: false,
        }
    }

    fn in_flight(&self) -> usize {
        self.waiting.len() + usize::from(self.is_writing)
    }

    /// Ends writing; only the first failure counts.
    fn fail(&mut self, error: StoreError, unfinished: Option<Wave>) {
        if self.failure.is_some() {
            return;
        }
        let error = Arc::new(error);
        let waves = unfinished.into_iter().chain(self.waiting.drain(..)).collect();
        self.is_writing = false;
        self.failure = Some(Arc::clone(&error));
        self.events.push_back(WriterEvent::Failed { error, waves });
    }
}

/// What the thread finds to do.
#[allow(clippy::large_enum_variant, reason = "one task per commit")]
enum Task {
    Write(Wave),
    /// A second has passed without a wave.
    Tidy,
    Stop,
}

struct WriterThread {
    shared: Arc<Shared>,
    store: Box<dyn Store>,
    notify: Option<Notify>,
}

impl WriterThread {
    fn run(mut self) {
        let guard = PanicGuard(Arc::clone(&self.shared));
        let result = self.serve();
        // Closing after a failure writes nothing; it only gives the image up.
        let closed = self.store.close();
        if let Err(error) = result.and(closed) {
            self.shared.lock().fail(error, None);
        }
        drop(guard);
        self.shared.changed.notify_all();
        self.announce();
    }

    fn announce(&self) {
        if let Some(notify) = &self.notify {
            notify();
        }
    }

    fn serve(&mut self) -> Result<(), StoreError> {
        // While there is something to tidy up the thread wakes each second, then sleeps for good.
        let mut has_more_to_tidy = true;
        let mut row_count_per_step = PRUNE_ROW_COUNT_PER_STEP;
        loop {
            match self.next_task(has_more_to_tidy) {
                Task::Write(wave) => {
                    // As many rows again as a wave supersedes, so that pruning keeps up with any load.
                    row_count_per_step = PRUNE_ROW_COUNT_PER_STEP.max(4 * wave.pages.len());
                    if !self.write(wave) {
                        return Ok(());
                    }
                    self.tidy(row_count_per_step)?;
                    has_more_to_tidy = true;
                }
                Task::Tidy => has_more_to_tidy = self.tidy(row_count_per_step)? > 0,
                Task::Stop => return Ok(()),
            }
        }
    }

    fn next_task(&self, has_more_to_tidy: bool) -> Task {
        let interval = Duration::from_millis(HEAD_SYNC_INTERVAL_MS);
        let mut progress = self.shared.lock();
        loop {
            if let Some(wave) = progress.waiting.pop_front() {
                progress.is_writing = true;
                return Task::Write(wave);
            }
            if progress.is_stopping {
                return Task::Stop;
            }
            if !has_more_to_tidy {
                progress = self.shared.changed.wait(progress).expect("the state is sound");
                continue;
            }
            let (guard, wait) =
                self.shared.changed.wait_timeout(progress, interval).expect("the state is sound");
            progress = guard;
            if wait.timed_out() && progress.waiting.is_empty() {
                return Task::Tidy;
            }
        }
    }

    /// Commits a wave; false if that failed.
    fn write(&mut self, mut wave: Wave) -> bool {
        let start = Instant::now();
        let result = self.store.commit(&wave);
        let duration = start.elapsed();
        let mut progress = self.shared.lock();
        let is_written = result.is_ok();
        match result {
            Ok(receipt) => {
                assert_eq!(receipt.transaction, progress.durable.next(), "commits have no gaps");
                wave.clear();
                progress.is_writing = false;
                progress.durable = receipt.transaction;
                progress.last_commit = Some(duration);
                progress.events.push_back(WriterEvent::Committed { receipt, duration, wave });
            }
            Err(error) => progress.fail(error, Some(wave)),
        }
        drop(progress);
        self.shared.changed.notify_all();
        self.announce();
        is_written
    }

    /// The work of one gap: at least one step of pruning, more as long as no wave waits. Returns how
    /// many rows were pruned.
    fn tidy(&mut self, row_count_per_step: usize) -> Result<usize, StoreError> {
        let mut row_count = 0;
        loop {
            self.store.idle()?;
            let pruned = self.store.prune_step(row_count_per_step)?;
            row_count += pruned;
            let progress = self.shared.lock();
            if pruned == 0 || progress.is_stopping || !progress.waiting.is_empty() {
                return Ok(row_count);
            }
        }
    }
}

/// Turns a panic of the thread into a failure, so that nobody waits for it for ever.
struct PanicGuard(Arc<Shared>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Ok(mut progress) = self.0.progress.lock() {
                progress.fail(StoreError::WriterStopped, None);
            }
            self.0.changed.notify_all();
        }
    }
}
