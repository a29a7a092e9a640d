//! How an image is opened: whether it may be made, what the host provides, and within which limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pscheme_heap::heap::Heap;
use pscheme_heap::store::image::ImageDirectory;
use pscheme_heap::store::seal::KEY_BYTES;
use pscheme_heap::store::{CommitClock, CommitName, Retention, SealKey, Store, StoreOptions};
use pscheme_vm::host::Host;
use pscheme_vm::host_function::HostFunctions;
use pscheme_vm::limits::Limits;

use crate::error::Error;
use crate::host::StandardHost;
use crate::host_function::{IntoHostFunction, into_effect};
use crate::image::Image;
use crate::opening::seal_key;
use crate::session::{SessionOptions, WAVE_INTERVAL_DEFAULT, check_heap, resident_bytes_default};

/// When the state of a running image is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// At this distance while something runs, and whenever somebody waits for it. What a crash can
    /// take is the work since the last commit.
    Interval(Duration),
    /// Only by [`Image::commit`], by a program's `await-commit`, and when nothing can run.
    OnDemand,
}

/// How to open an image.
///
/// ```
/// use pscheme::OpenOptions;
///
/// let mut image = OpenOptions::new()
///     .heap_limit_bytes(64 << 20)
///     .host_function("add-in-rust", |a: i64, b: i64| a + b)
///     .in_memory()?;
/// assert_eq!(image.eval_to::<i64>("(add-in-rust 40 2)")?, 42);
/// # Ok::<(), pscheme::Error>(())
/// ```
pub struct OpenOptions {
    create: bool,
    durability: Durability,
    limits: Limits,
    host: Option<Box<dyn Host>>,
    host_functions: HostFunctions,
    library_folders: Vec<PathBuf>,
    retention: Retention,
    key: Option<SealKey>,
    commit: Option<CommitName>,
    space_wait: Duration,
    resident_bytes_max: u64,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions::new()
    }
}

impl OpenOptions {
    /// Makes an image if there is none, commits every 20 ms, default limits, the standard host.
    pub fn new() -> OpenOptions {
        OpenOptions {
            create: true,
            durability: Durability::Interval(WAVE_INTERVAL_DEFAULT),
            limits: Limits::default(),
            host: None,
            host_functions: HostFunctions::new(),
            library_folders: Vec::new(),
            retention: Retention::default(),
            key: None,
            commit: None,
            space_wait: Duration::ZERO,
            resident_bytes_max: resident_bytes_default(),
        }
    }

    /// Bytes of the heap that may be in memory, three quarters of the machine's unless given. What has not changed since it
    /// was committed is given back beyond that, and read again when it is touched.
    #[must_use]
    pub fn resident_bytes_max(mut self, bytes: u64) -> OpenOptions {
        self.resident_bytes_max = bytes;
        self
    }

    /// How long calls wait when the disk is full before they fail with the code E0012; not at all unless given. A
    /// call that failed so has lost nothing: the next one goes on where it was.
    #[must_use]
    pub fn space_wait(mut self, wait: Duration) -> OpenOptions {
        self.space_wait = wait;
        self
    }

    /// A secret of the host, 32 random bytes that it keeps: commits are sealed with it. An image whose newest commit
    /// has that seal opens without the walk over all its objects, which takes seconds for each gigabyte.
    #[must_use]
    pub fn key(mut self, secret: &[u8; KEY_BYTES]) -> OpenOptions {
        self.key = Some(seal_key(secret));
        self
    }

    /// What a new image keeps of its past. One that is there says so itself, and `pscheme retention` sets it.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> OpenOptions {
        self.retention = retention;
        self
    }

    /// The commit of the past that [`OpenOptions::open_read_only`] shows and [`OpenOptions::open_apart`] begins with. To go on from one, go back to it
    /// ([`SqliteStore::rewind`](pscheme_heap::store::SqliteStore::rewind)) or make a fork of it.
    #[must_use]
    pub fn at(mut self, commit: CommitName) -> OpenOptions {
        self.commit = Some(commit);
        self
    }

    /// Whether an image is made where there is none.
    #[must_use]
    pub fn create(mut self, create: bool) -> OpenOptions {
        self.create = create;
        self
    }

    #[must_use]
    pub fn durability(mut self, durability: Durability) -> OpenOptions {
        self.durability = durability;
        self
    }

    /// Bytes the heap may use. A process that needs more is kept, and goes on with a higher limit.
    #[must_use]
    pub fn heap_limit_bytes(mut self, bytes: u64) -> OpenOptions {
        self.limits.heap_bytes = bytes;
        self
    }

    /// What programs may take of everything that has a limit. Start from [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> OpenOptions {
        self.limits = limits;
        self
    }

    /// Clock, randomness and console of another host than the standard one, whose console is the standard
    /// input and output.
    #[must_use]
    pub fn host(mut self, host: Box<dyn Host>) -> OpenOptions {
        self.host = Some(host);
        self
    }

    /// The folders in which the standard host looks for libraries, the first first.
    #[must_use]
    pub fn library_folders(mut self, folders: Vec<PathBuf>) -> OpenOptions {
        self.library_folders = folders;
        self
    }

    /// Provides a function, version 1, that runs inside the call: see [`OpenOptions::host_function_version`]. If it panics, so does
    /// who runs the image; the program stands before the call.
    #[must_use]
    pub fn host_function<A>(self, name: &str, function: impl IntoHostFunction<A>) -> OpenOptions {
        self.host_function_version(name, 1, function)
    }

    /// Provides a function that runs inside the call. Programs call it by its name, those with imports
    /// by way of the library `(pscheme host)`. An image that was opened with it is not opened
    /// without it, or with another number of arguments or another version.
    ///
    /// # Panics
    /// If a function of this name was given already.
    #[must_use]
    pub fn host_function_version<A>(
        mut self,
        name: &str,
        version: u32,
        function: impl IntoHostFunction<A>,
    ) -> OpenOptions {
        let function = function.into_host_function(name, version);
        let before = self.host_functions.insert(name.to_string(), function);
        assert!(before.is_none(), "the host provides two functions named {name}");
        self
    }

    /// Provides an effect: a function that is called once the commit which holds the request is durable.
    /// Its first argument is the [`RequestId`](crate::RequestId); programs give the others. If the
    /// image is opened again before there was an answer, an `idempotent` effect is done again with the
    /// same identity; for any other the program gets the condition E0122.
    ///
    /// ```
    /// use pscheme::{OpenOptions, RequestId};
    ///
    /// let pay = |id: RequestId, cents: i64| format!("{cents} paid, receipt {}", &id.0[..4]);
    /// let mut image = OpenOptions::new().host_effect("pay", true, pay).in_memory()?;
    /// assert!(image.eval_to::<String>("(pay 250)")?.starts_with("250 paid, receipt "));
    /// # Ok::<(), pscheme::Error>(())
    /// ```
    ///
    /// # Panics
    /// If a function of this name was given already, or it takes no arguments.
    #[must_use]
    pub fn host_effect<A>(
        mut self,
        name: &str,
        idempotent: bool,
        function: impl IntoHostFunction<A>,
    ) -> OpenOptions {
        let effect = into_effect(function.into_host_function(name, 1), idempotent);
        let before = self.host_functions.insert(name.to_string(), effect);
        assert!(before.is_none(), "the host provides two functions named {name}");
        self
    }

    fn store_options(&self) -> StoreOptions {
        StoreOptions {
            retention: self.retention,
            key: self.key.clone(),
            commit: self.commit.clone(),
            image_bytes_max: self.limits.image_bytes,
            ..StoreOptions::new(CommitClock::system())
        }
    }

    fn session_options(self) -> SessionOptions {
        let host = self.host.unwrap_or_else(|| {
            let mut host = StandardHost::default();
            host.library_folders = self.library_folders;
            Box::new(host)
        });
        let mut options = SessionOptions::new(host);
        options.limits = self.limits;
        options.space_wait = self.space_wait;
        options.resident_bytes_max = self.resident_bytes_max;
        options.host_functions = self.host_functions;
        options.wave_interval = match self.durability {
            Durability::Interval(interval) => interval,
            Durability::OnDemand => Duration::MAX,
        };
        options
    }

    /// Opens the image in this directory; its processes go on when it is run.
    ///
    /// # Errors
    /// An image that is held, damaged, foreign or made by a newer version, or that needs host functions
    /// which are not provided; it is left untouched.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Image, Error> {
        let directory = ImageDirectory::at(path.as_ref());
        let store_options = self.store_options();
        let store = if directory.exists() || !self.create {
            directory.open(&store_options)?
        } else {
            directory.create(&store_options)?
        };
        Image::start(
            |options| crate::Session::open(Box::new(store), options),
            self.session_options(),
        )
    }

    /// Opens the image in this directory to look at it, also while another process runs it. Nothing in
    /// it can be run or changed.
    ///
    /// # Errors
    /// As [`OpenOptions::open`].
    pub fn open_read_only(self, path: impl AsRef<Path>) -> Result<Image, Error> {
        let directory = ImageDirectory::at(path.as_ref());
        let mut store = directory.open_read_only(&self.store_options())?;
        let heap = Heap::restore(&mut store)?;
        if !store.is_sealed() {
            check_heap(&heap)?;
        }
        drop(store);
        Ok(Image::to_look_at(heap, self.session_options()))
    }

    /// Takes the state of the image in this directory, as of the newest commit or of one of the past
    /// ([`OpenOptions::at`]), and lets expressions be evaluated in it apart from the image, which another process may
    /// run meanwhile: its files keep every byte, and what is evaluated goes with what this returns.
    ///
    /// The processes of the state are asleep: programs can look at them and leave them messages, but they do not run. Those
    /// that are made here do. Files can be read; opening one for output and deleting one are file errors, and ports
    /// that were open to write to files are closed. `await-commit`, `image-tag!` and `on-commit` end with the
    /// condition E0009, and with them every effect of the host.
    ///
    /// ```
    /// use pscheme::{CommitName, Image, OpenOptions};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("counter");
    /// let mut image = Image::open(&path)?;
    /// image.eval("(define count 1) (image-tag! \"one\") (set! count 2)")?;
    /// image.close()?;
    ///
    /// let mut past = OpenOptions::new().at(CommitName::Tag("one".into())).open_apart(&path)?;
    /// assert_eq!(past.eval_to::<i64>("(set! count (+ count 10)) count")?, 11);
    /// assert_eq!(Image::open(&path)?.eval_to::<i64>("count")?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`OpenOptions::open`], but that an image can be held.
    pub fn open_apart(self, path: impl AsRef<Path>) -> Result<Image, Error> {
        let directory = ImageDirectory::at(path.as_ref());
        let store_options = self.store_options();
        Image::start(
            |options| crate::Session::apart(&directory, &store_options, options),
            self.session_options(),
        )
    }

    /// An image that lives in memory alone: nothing of it survives.
    ///
    /// # Errors
    /// If the heap cannot be set up.
    pub fn in_memory(self) -> Result<Image, Error> {
        Image::start(crate::Session::transient, self.session_options())
    }
}
