//! What a compilation finds around it and what it leaves behind: libraries, macros and bindings
//! outside all bodies, and the files it may read.
//!
//! The expander asks a [`Surroundings`] only for what a program mentions, and tells in
//! [`Definitions`] what later compilations are to find. Both are plain data; `stdlib` keeps them in
//! the heap, so that what a program or the prompt defines lives as long as the image.

use crate::datum::{DatumId, QuotedData};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// What earlier compilations left for this one, and the files it may read.
pub trait Surroundings {
    /// The number of the first scope or macro that is new.
    fn next_scope(&self) -> u32;
    /// The bindings of a name outside all bodies.
    fn bindings(&self, name: &str) -> Vec<StoredBinding>;
    /// Whether the top level has made a variable of its own of a name that means something to
    /// pscheme.
    fn is_redefined(&self, name: &str) -> bool;
    /// The names a library exports, by the library's name as written, and what they mean.
    fn library(&self, name: &str) -> Option<Vec<(String, StoredMeaning)>>;
    /// A macro that a [`MacroPlace::Stored`] stands for.
    fn macro_definition(&self, place: u64) -> StoredMacro;
    /// Name and content of the text that a [`StoredPlaces`] names.
    fn stored_source(&self, object: u32) -> (String, String);
    /// The folders in which libraries are looked for, the first first.
    fn library_folders(&self) -> Vec<PathBuf>;
    /// The text of a file.
    ///
    /// # Errors
    /// As the system reports them; a file that is no UTF-8 is `InvalidData`.
    fn read_file(&self, path: &Path) -> io::Result<String>;
}

/// What a name means outside all bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredMeaning {
    /// What pscheme itself means by this name: a keyword, or a procedure of the standard library.
    Standard(String),
    /// The global variable of this name.
    Variable(String),
    Macro(MacroPlace),
}

/// Where a macro is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroPlace {
    /// With the surroundings, which understand the place; the macro's number in the image.
    Stored { number: u32, place: u64 },
    /// Among the macros of [`Definitions`].
    New { index: usize },
}

/// What a name with exactly these scopes, which ascend, means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBinding {
    pub scopes: Vec<u32>,
    pub meaning: StoredMeaning,
}

/// What makes forms of a stored macro's uses.
#[derive(Clone, Debug)]
pub enum StoredTransformer {
    /// Rules with the scopes they were written in, what these sets are, and where the rules stand if
    /// that is known.
    Rules { data: Box<QuotedData>, rules: DatumId, places: Option<StoredPlaces> },
    /// A procedure, by its number among the objects of the expansion, and the scopes it was written in,
    /// which ascend.
    Procedure { object: u32, scopes: Vec<u32> },
}

/// Where the rules of a stored macro stand.
#[derive(Clone, Debug)]
pub struct StoredPlaces {
    /// The source, by its number among the objects of the expansion: one number for one source.
    pub object: u32,
    /// Bytes of its text.
    pub length: u32,
    /// What [`RulePlaces::bytes`] was.
    pub bytes: Vec<u8>,
}

/// A macro as it is kept.
#[derive(Clone, Debug)]
pub struct StoredMacro {
    pub name: String,
    pub transformer: StoredTransformer,
    /// It was defined among definitions, which leave out the scopes of its uses.
    pub among_definitions: bool,
}

/// A macro that later compilations are to find.
#[derive(Clone, Debug)]
pub struct NewMacro {
    pub name: String,
    pub number: u32,
    pub transformer: NewTransformer,
    pub among_definitions: bool,
}

/// What makes forms of a new macro's uses.
#[derive(Clone, Debug)]
pub enum NewTransformer {
    /// Index of the rules in the program's quoted data, and where they stand if they stand in a text.
    Rules { index: u32, places: Option<RulePlaces> },
    /// As [`StoredTransformer::Procedure`].
    Procedure { object: u32, scopes: Vec<u32> },
}

/// Where the rules of a new macro stand.
#[derive(Clone, Debug)]
pub struct RulePlaces {
    /// Index of the text among the program's sources.
    pub text: usize,
    /// The places in it, as only the compiler reads them.
    pub bytes: Vec<u8>,
}

/// A library that later compilations are to find: its name as written, and its exports.
#[derive(Clone, Debug)]
pub struct NewLibrary {
    pub name: String,
    pub exports: Vec<(String, StoredMeaning)>,
}

/// What a compilation leaves behind, once its code is installed.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    pub next_scope: u32,
    pub macros: Vec<NewMacro>,
    /// Names, their scopes, and what they mean from now on; `None` takes a binding back.
    pub bindings: Vec<(String, Vec<u32>, Option<StoredMeaning>)>,
    pub libraries: Vec<NewLibrary>,
}

/// The surroundings of a compilation without an image: nothing was defined before, and files are
/// those of the system.
#[derive(Clone, Debug, Default)]
pub struct NoImage {
    /// Where libraries are looked for.
    pub library_folders: Vec<PathBuf>,
    /// Names that the top level has redefined.
    pub redefined: HashSet<String>,
}

impl Surroundings for NoImage {
    fn next_scope(&self) -> u32 {
        1
    }

    fn bindings(&self, _: &str) -> Vec<StoredBinding> {
        Vec::new()
    }

    fn is_redefined(&self, name: &str) -> bool {
        self.redefined.contains(name)
    }

    fn library(&self, _: &str) -> Option<Vec<(String, StoredMeaning)>> {
        None
    }

    fn macro_definition(&self, _: u64) -> StoredMacro {
        unreachable!("no binding stands for a stored macro")
    }

    fn stored_source(&self, _: u32) -> (String, String) {
        unreachable!("no stored macro has places")
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        self.library_folders.clone()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}
