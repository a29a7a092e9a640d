//! The expander and the compiler: every text is compiled or reported, alone and in an image; what is
//! compiled installs, and running it for a while stops at nothing but what a program can do.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use pscheme::compiler::surroundings::{
    NoImage, StoredBinding, StoredMacro, StoredMeaning, Surroundings,
};
use pscheme::compiler::{Compilation, CompileFailure};
use pscheme::heap::error_code::ErrorCode;
use pscheme::session::primitive_set;
use pscheme::vm::engine::Engine;
use pscheme_stdlib::{LoadError, compile_and_install};

use crate::booted::Booted;
use crate::engine::{self, Behaviour, Target, behaviour};
use crate::scheme_text;
use crate::support::Random;

#[test]
fn expander() {
    engine::run(|| Expander { booted: Booted::new() });
}

struct Expander {
    booted: Booted,
}

impl Target for Expander {
    const NAME: &'static str = "expander";

    fn change(&mut self, input: &mut String, pool: &[String], random: &mut Random) {
        scheme_text::change(input, pool, random);
    }

    fn check(&mut self, input: &str) -> Behaviour {
        let primitives = primitive_set();
        let surroundings = NoFiles::default();
        // Whether it is whole, or needs the machine for a macro's transformer: then the rest is compiled
        // when it runs.
        let alone = Compilation::of_program("text", input, &surroundings)
            .and_then(|mut alone| alone.advance(primitives.as_ref(), &surroundings));
        let mut vm = self.booted.vm();
        let inside = compile_and_install(&mut vm.vm, "text", input);
        let codes = match (alone, inside) {
            (Ok(_), Ok(thunk)) => {
                return behaviour(vm.run_procedure(thunk, Engine::fastest()).kind());
            }
            (_, Err(LoadError::Refused(what))) => panic!("code that the machine refuses: {what}"),
            (Err(alone), Err(LoadError::Compile(inside))) => {
                assert_eq!(codes(&alone), codes(&inside), "alone, and in an image");
                assert_eq!(alone.render(), inside.render(), "alone, and in an image");
                codes(&alone)
            }
            (Err(alone), Ok(_)) => panic!("compiles in an image only: {}", alone.render()),
            (Ok(_), Err(LoadError::Compile(inside))) => {
                panic!("compiles without an image only: {}", inside.render())
            }
        };
        behaviour(codes)
    }
}

fn codes(failure: &CompileFailure) -> BTreeSet<ErrorCode> {
    failure.diagnostics.iter().map(|found| found.code).collect()
}

/// No image, and no file either: what a text includes or imports must not depend on the machine.
#[derive(Default)]
struct NoFiles(NoImage);

impl Surroundings for NoFiles {
    fn next_scope(&self) -> u32 {
        self.0.next_scope()
    }
    fn bindings(&self, name: &str) -> Vec<StoredBinding> {
        self.0.bindings(name)
    }
    fn is_redefined(&self, name: &str) -> bool {
        self.0.is_redefined(name)
    }
    fn library(&self, name: &str) -> Option<Vec<(String, StoredMeaning)>> {
        self.0.library(name)
    }
    fn macro_definition(&self, place: u64) -> StoredMacro {
        self.0.macro_definition(place)
    }
    fn stored_source(&self, object: u32) -> (String, String) {
        self.0.stored_source(object)
    }
    fn library_folders(&self) -> Vec<PathBuf> {
        Vec::new()
    }
    fn read_file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}
