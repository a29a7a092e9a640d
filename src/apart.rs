//! Sessions apart from an image: they begin with the state of a commit, and nothing of them is ever
//! written.
//!
//! The image is only looked at (`heap/src/store/look.rs`), so another process may run it. What the state
//! holds for the outside stays undone: processes sleep (`vm/src/apart.rs`), requests to files are
//! dropped, and the entry that a prompt had begun is forgotten.

use pscheme_heap::heap::Heap;
use pscheme_heap::store::{ImageDirectory, Store, StoreError, StoreOptions};

use crate::history::let_go_of_files;
use crate::host_function;
use crate::prompt::forget_entry;
use crate::session::{Session, SessionError, SessionOptions, check_heap};

impl Session {
    /// A session that begins with the state of the commit that `store_options` name, the newest unless they
    /// name one. Only processes that are made in it run. The state is walked whole before, unless its commit has a
    /// seal of the key in `store_options`.
    ///
    /// # Errors
    /// What is wrong with the image; [`StoreError::NoSuchCommit`]; what the image needs of its host and is
    /// not provided.
    pub fn apart(
        image: &ImageDirectory,
        store_options: &StoreOptions,
        options: SessionOptions,
    ) -> Result<Session, SessionError> {
        let look = image.look(store_options, true, |store| {
            store.newest_root()?.ok_or_else(|| StoreError::NoSuchCommit {
                name: "-0".into(),
                reason: "nothing was committed yet".into(),
            })?;
            Ok((Heap::restore(store)?, store.is_sealed()))
        })?;
        let (mut heap, is_sealed) = look.value;
        if is_sealed {
            heap.sweep_starts();
        } else {
            check_heap(&heap)?;
            heap.sweep_after_opening();
        }
        let_go_of_files(&mut heap);
        let functions = options.host_functions.clone();
        let mut session = Session::over(heap, options);
        let missing = host_function::missing(&session.vm, &functions);
        if !missing.is_empty() {
            return Err(SessionError::MissingHostFunctions(missing));
        }
        session.vm.set_apart();
        forget_entry(&mut session.vm);
        host_function::bind(&mut session.vm, &functions).map_err(SessionError::HostFunctions)?;
        Ok(session)
    }
}
