//! The whole way from source text to code units.

use crate::codegen::{Failure, GenerateError, generate_thunk};
use crate::core::{Core, NameId, Names};
use crate::core_validate::{Stage, validate_core};
use crate::core_write::write_core;
use crate::datum::{DatumArena, DatumId, QuotedData};
use crate::diagnostic::{CompileFailure, Diagnostic};
use crate::expand::{
    Expansion, Hygiene, ImportedNames, expand_at_top_level, expand_import_sets,
    expand_in_environment, expand_program,
};
use crate::limits::LAMBDA_DEPTH_MAX;
use crate::passes::boxes::box_assigned_variables;
use crate::passes::closures::Closures;
use crate::passes::inline::{GlobalKnowledge, inline_calls};
use crate::passes::letrec::resolve_letrecs;
use crate::passes::loops::find_loops;
use crate::passes::simplify::simplify;
use crate::reader::read_all;
use crate::source::Sources;
use crate::surroundings::{Definitions, StoredMeaning, Surroundings};
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::code::{CodeUnit, Program};
use pscheme_vm::inline::PrimitiveTable;
use pscheme_vm::op::{CODE_WORDS_MAX, FRAME_WORDS_MAX};
use std::collections::HashSet;

/// What a compilation gives: code to run, and what later compilations are to find once it is
/// installed.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// One thunk per form, those of the libraries it needs first.
    pub program: Program<QuotedData>,
    pub definitions: Definitions,
}

/// Compiles a program: one thunk per top-level form, to be run in order.
///
/// Calls of primitives are instructions where neither the program nor an earlier one of the image
/// defines or assigns their name.
///
/// # Errors
/// Everything that is wrong with the text, in the order of the forms.
///
/// # Example
/// ```
/// use pscheme_compiler::compile_program;
/// use pscheme_compiler::surroundings::NoImage;
/// use pscheme_vm::inline::{PrimitiveSignature, PrimitiveTable};
///
/// struct NoPrimitives;
/// impl PrimitiveTable for NoPrimitives {
///     fn signature(&self, _: &str) -> Option<PrimitiveSignature> {
///         None
///     }
/// }
///
/// let text = "(define x 1) (+ x 1)";
/// let compiled = compile_program("one.scm", text, &NoPrimitives, &NoImage::default()).unwrap();
/// assert_eq!(compiled.program.thunks.len(), 2);
/// ```
pub fn compile_program(
    source_name: &str,
    text: &str,
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<Compiled, CompileFailure> {
    let read = read_all(text);
    let sources = Sources::of(source_name, text);
    if !read.diagnostics.is_empty() {
        return Err(CompileFailure { diagnostics: read.diagnostics, sources });
    }
    let unit = Unit { arena: read.arena, sources, primitives, surroundings };
    let compiled = unit.compile(|expansion| {
        expand_program(expansion, &read.forms);
        ImportedNames::default()
    });
    compiled.map(|(compiled, _)| compiled)
}

/// Compiles forms of the top level, or with `environment` forms in which names mean what that says.
/// `sources` are the texts their spans are of.
///
/// # Errors
/// Everything that is wrong with the forms.
pub fn compile_forms(
    arena: DatumArena,
    forms: &[DatumId],
    environment: Option<&[(String, StoredMeaning)]>,
    sources: Sources,
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<Compiled, CompileFailure> {
    let unit = Unit { arena, sources, primitives, surroundings };
    let compiled = unit.compile(|expansion| {
        match environment {
            Some(bindings) => expand_in_environment(expansion, bindings, forms),
            None => expand_at_top_level(expansion, forms),
        }
        ImportedNames::default()
    });
    compiled.map(|(compiled, _)| compiled)
}

/// What an environment is made of: the names that import sets bring, and what they mean; and the
/// libraries that have to be run first.
///
/// # Errors
/// Everything that is wrong with the sets.
pub fn compile_environment(
    arena: DatumArena,
    sets: &[DatumId],
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<(Compiled, Vec<(String, StoredMeaning)>), CompileFailure> {
    let unit = Unit { arena, sources: Sources::default(), primitives, surroundings };
    unit.compile(|expansion| expand_import_sets(expansion, sets))
}

/// The Core IR of a program's forms after all passes, for people who look into the compiler.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn list_core(
    text: &str,
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<String, CompileFailure> {
    let read = read_all(text);
    let sources = Sources::of("", text);
    if !read.diagnostics.is_empty() {
        return Err(CompileFailure { diagnostics: read.diagnostics, sources });
    }
    let unit = Unit { arena: read.arena, sources, primitives, surroundings };
    let mut expanded = unit.expand(|expansion| {
        expand_program(expansion, &read.forms);
        ImportedNames::default()
    })?;
    let mut globals = GlobalKnowledge {
        names: &mut expanded.names,
        primitives,
        assigned: &expanded.assigned_globals,
        surroundings,
    };
    let mut listing = String::new();
    for form in expanded.forms {
        let core = run_passes(form, &mut globals);
        listing.push_str(&write_core(&core, globals.names));
        listing.push('\n');
    }
    Ok(listing)
}

/// Forms of the top level with their macros expanded, in Core IR before all passes: for people who ask
/// what a form becomes.
///
/// # Errors
/// Everything that is wrong with the forms.
pub fn list_expansion(
    arena: DatumArena,
    forms: &[DatumId],
    sources: Sources,
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<String, CompileFailure> {
    let unit = Unit { arena, sources, primitives, surroundings };
    let expanded = unit.expand(|expansion| {
        expand_at_top_level(expansion, forms);
        ImportedNames::default()
    })?;
    let mut listing = String::new();
    for core in &expanded.forms {
        listing.push_str(&write_core(core, &expanded.names));
        listing.push('\n');
    }
    Ok(listing)
}

/// What one compilation works on.
struct Unit<'unit> {
    arena: DatumArena,
    sources: Sources,
    primitives: &'unit dyn PrimitiveTable,
    surroundings: &'unit dyn Surroundings,
}

/// Forms after expansion, and what they share.
struct Expanded {
    forms: Vec<Core>,
    names: Names,
    quoted: QuotedData,
    assigned_globals: HashSet<NameId>,
    sources: Sources,
    definitions: Definitions,
    exports: Vec<(String, StoredMeaning)>,
}

impl Unit<'_> {
    /// Expands all forms before any is compiled: a primitive that the last one defines is no
    /// primitive in the first one either.
    fn compile(
        self,
        expand: impl FnOnce(&mut Expansion<'_>) -> ImportedNames,
    ) -> Result<(Compiled, Vec<(String, StoredMeaning)>), CompileFailure> {
        let (primitives, surroundings) = (self.primitives, self.surroundings);
        let mut expanded = self.expand(expand)?;
        let mut globals = GlobalKnowledge {
            names: &mut expanded.names,
            primitives,
            assigned: &expanded.assigned_globals,
            surroundings,
        };
        let mut thunks = Vec::with_capacity(expanded.forms.len());
        let mut diagnostics = Vec::new();
        for form in expanded.forms {
            match compile_core(form, &mut globals) {
                Ok(thunk) => thunks.push(thunk),
                Err(found) => diagnostics.push(found),
            }
        }
        if !diagnostics.is_empty() {
            return Err(CompileFailure { diagnostics, sources: expanded.sources });
        }
        let sources = expanded.sources.into_texts();
        let program = Program { sources, thunks, data: expanded.quoted };
        Ok((Compiled { program, definitions: expanded.definitions }, expanded.exports))
    }

    fn expand(
        mut self,
        expand: impl FnOnce(&mut Expansion<'_>) -> ImportedNames,
    ) -> Result<Expanded, CompileFailure> {
        let (mut names, mut quoted) = (Names::default(), QuotedData::default());
        let (mut diagnostics, mut assigned_globals) = (Vec::new(), HashSet::new());
        let mut hygiene = Hygiene::counting_from(self.surroundings.next_scope());
        let mut expansion = Expansion {
            arena: &mut self.arena,
            names: &mut names,
            quoted: &mut quoted,
            assigned_globals: &mut assigned_globals,
            diagnostics: &mut diagnostics,
            hygiene: &mut hygiene,
            sources: &mut self.sources,
            surroundings: self.surroundings,
            cores: Vec::new(),
        };
        let imported = expand(&mut expansion);
        if !expansion.diagnostics.is_empty() {
            return Err(CompileFailure { diagnostics, sources: self.sources });
        }
        let (definitions, exports) = expansion.leave(imported);
        let (forms, sources) = (expansion.cores, self.sources);
        Ok(Expanded { forms, names, quoted, assigned_globals, sources, definitions, exports })
    }
}

fn compile_core(core: Core, globals: &mut GlobalKnowledge<'_>) -> Result<CodeUnit, Diagnostic> {
    let core = run_passes(core, globals);
    let closures = Closures::of(&core).map_err(|too_deep| {
        let message = format!("procedures nest deeper than {LAMBDA_DEPTH_MAX} levels");
        Diagnostic::new(ErrorCode::CompilerLimit, core.span(too_deep.0), message)
    })?;
    generate_thunk(&core, &closures, globals.names).map_err(limit_diagnostic)
}

/// The form after all passes, as the code generator takes it.
fn run_passes(core: Core, globals: &mut GlobalKnowledge<'_>) -> Core {
    let core = checked(core, Stage::Expanded);
    let core = checked(inline_calls(&core, globals), Stage::Expanded);
    let core = checked(simplify(&core), Stage::Simplified);
    let core = checked(resolve_letrecs(&core), Stage::LetrecsResolved);
    let core = checked(find_loops(&core), Stage::LoopsFound);
    checked(box_assigned_variables(&core), Stage::VariablesBoxed)
}

/// The form itself; debug builds check that the pass before kept the invariants.
fn checked(core: Core, stage: Stage) -> Core {
    if cfg!(debug_assertions)
        && let Err(broken) = validate_core(&core, stage)
    {
        panic!("Core IR is broken after stage {stage:?}: {broken}");
    }
    core
}

fn limit_diagnostic(error: GenerateError) -> Diagnostic {
    let (message, note) = match error.failure {
        Failure::FrameTooLarge => (
            format!("this needs a frame of more than {FRAME_WORDS_MAX} words"),
            "help: nest calls less deep, or split the procedure",
        ),
        Failure::CodeTooLong => {
            (format!("this needs more than {CODE_WORDS_MAX} words of code"), "help: split the form")
        }
        Failure::JumpTooFar => unreachable!("wide code has no short jumps"),
    };
    Diagnostic::new(ErrorCode::CompilerLimit, error.span, message).with_note(note)
}
