//! The whole way from source text to code units.

use crate::codegen::{Failure, GenerateError, generate_thunk};
use crate::core::{Core, NameId, Names};
use crate::core_validate::{Stage, validate_core};
use crate::core_write::write_core;
use crate::datum::{DatumArena, DatumId, QuotedData};
use crate::diagnostic::{ByteSpan, CompileFailure, Diagnostic, place_of};
use crate::expand::{
    Answer, Expansion, Hygiene, Progress, Request, Use, begin_import_sets, begin_in_environment,
    begin_program, begin_top_level,
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
use pscheme_vm::code::{CodeUnit, Program, SourceText};
use pscheme_vm::inline::PrimitiveTable;
use pscheme_vm::op::{CODE_WORDS_MAX, FRAME_WORDS_MAX};
use std::collections::{HashMap, HashSet};

/// What a compilation gives: code to run, and what later compilations are to find once it is
/// installed.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// One thunk per form, those of the libraries it needs first.
    pub program: Program<QuotedData>,
    pub definitions: Definitions,
    /// The names of an environment, and what they mean.
    pub exports: Vec<(String, StoredMeaning)>,
}

/// A compilation that stops whenever it needs the machine, for a macro's transformer.
pub struct Compilation {
    arena: DatumArena,
    names: Names,
    quoted: QuotedData,
    assigned_globals: HashSet<NameId>,
    diagnostics: Vec<Diagnostic>,
    hygiene: Hygiene,
    sources: Sources,
    progress: Progress,
}

/// What a compilation came to.
pub enum Step {
    Compiled(Box<Compiled>),
    /// The program is to be run; [`Compilation::answer`] takes the value of its last thunk, which is a
    /// macro's transformer or of no interest.
    Evaluate {
        program: Box<Program<QuotedData>>,
        makes_transformer: bool,
    },
    /// A transformer is to be called; [`Compilation::answer`] takes the form it makes.
    Transform(Box<Use>),
}

impl Compilation {
    fn new(arena: DatumArena, sources: Sources, surroundings: &dyn Surroundings) -> Compilation {
        Compilation {
            arena,
            names: Names::default(),
            quoted: QuotedData::default(),
            assigned_globals: HashSet::new(),
            diagnostics: Vec::new(),
            hygiene: Hygiene::counting_from(surroundings.next_scope()),
            sources,
            progress: Progress::default(),
        }
    }

    /// Of a program: one thunk per top-level form, to be run in order.
    ///
    /// # Errors
    /// What the reader finds wrong with the text.
    pub fn of_program(
        source_name: &str,
        text: &str,
        surroundings: &dyn Surroundings,
    ) -> Result<Compilation, CompileFailure> {
        let read = read_all(text);
        let sources = Sources::of(source_name, text);
        if !read.diagnostics.is_empty() {
            return Err(CompileFailure { diagnostics: read.diagnostics, sources });
        }
        let mut compilation = Compilation::new(read.arena, sources, surroundings);
        begin_program(&mut compilation.expansion(surroundings), &read.forms);
        Ok(compilation)
    }

    /// Of forms of the top level, or with `environment` of forms in which names mean what that says.
    /// `sources` are the texts their spans are of.
    pub fn of_forms(
        arena: DatumArena,
        forms: &[DatumId],
        environment: Option<&[(String, StoredMeaning)]>,
        sources: Sources,
        surroundings: &dyn Surroundings,
    ) -> Compilation {
        let mut compilation = Compilation::new(arena, sources, surroundings);
        let mut expansion = compilation.expansion(surroundings);
        match environment {
            Some(bindings) => begin_in_environment(&mut expansion, bindings, forms),
            None => begin_top_level(&mut expansion, forms),
        }
        compilation
    }

    /// Of what an environment is made of: the names that import sets bring, and the libraries that have
    /// to be run first.
    pub fn of_environment(
        arena: DatumArena,
        sets: &[DatumId],
        surroundings: &dyn Surroundings,
    ) -> Compilation {
        let mut compilation = Compilation::new(arena, Sources::default(), surroundings);
        begin_import_sets(&mut compilation.expansion(surroundings), sets);
        compilation
    }

    fn expansion<'unit>(
        &'unit mut self,
        surroundings: &'unit dyn Surroundings,
    ) -> Expansion<'unit> {
        Expansion {
            arena: &mut self.arena,
            names: &mut self.names,
            quoted: &mut self.quoted,
            assigned_globals: &mut self.assigned_globals,
            diagnostics: &mut self.diagnostics,
            hygiene: &mut self.hygiene,
            sources: &mut self.sources,
            surroundings,
            progress: &mut self.progress,
        }
    }

    /// Goes on until the compilation is done or needs the machine.
    ///
    /// All forms are expanded before any is compiled, but for those that the machine is needed for: a
    /// primitive that the last form defines is no primitive in the first one either.
    ///
    /// # Errors
    /// Everything that is wrong with the text, in the order of the forms.
    pub fn advance(
        &mut self,
        primitives: &dyn PrimitiveTable,
        surroundings: &dyn Surroundings,
    ) -> Result<Step, CompileFailure> {
        let request = self.expansion(surroundings).advance();
        self.check_diagnostics(surroundings)?;
        match request {
            None => self.finish(primitives, surroundings),
            Some(Request::Transform(use_)) => Ok(Step::Transform(use_)),
            Some(Request::Evaluate { forms, makes_transformer }) => {
                let thunks = self.generate(forms, primitives, surroundings)?;
                let program = Box::new(self.part(thunks));
                Ok(Step::Evaluate { program, makes_transformer })
            }
        }
    }

    /// Goes on with what the machine answers to the last step.
    pub fn answer(&mut self, answer: Answer<'_>, surroundings: &dyn Surroundings) {
        self.hygiene.skip_scopes(surroundings.next_scope());
        self.expansion(surroundings).answer(answer);
    }

    /// Whether it waits for the form that a transformer makes, and not for a value.
    pub fn awaits_form(&self) -> bool {
        self.progress.awaits_form()
    }

    /// Whether two identifiers mean the same where the macro that waits for its transformer is used;
    /// see `Expansion::mean_the_same`.
    pub fn mean_the_same(
        &mut self,
        names: [(&str, Option<&[u32]>); 2],
        surroundings: &dyn Surroundings,
    ) -> bool {
        self.expansion(surroundings).mean_the_same(names)
    }

    /// The number of the next scope: for the same input, answers and definitions the same.
    pub fn next_scope(&self) -> u32 {
        self.hygiene.next_scope()
    }

    /// Where a span is, as messages say it.
    pub fn place(&self, span: ByteSpan) -> Option<String> {
        place_of(&self.sources, span)
    }

    /// The texts that were read, in order.
    pub fn texts(&self) -> &[SourceText] {
        self.sources.texts()
    }

    fn check_diagnostics(&mut self, surroundings: &dyn Surroundings) -> Result<(), CompileFailure> {
        if self.diagnostics.is_empty() {
            return Ok(());
        }
        Err(self.failure(surroundings))
    }

    fn failure(&mut self, surroundings: &dyn Surroundings) -> CompileFailure {
        let diagnostics = std::mem::take(&mut self.diagnostics);
        let mut sources = std::mem::take(&mut self.sources);
        sources.read_stored(|object| surroundings.stored_source(object));
        CompileFailure { diagnostics, sources }
    }

    fn finish(
        &mut self,
        primitives: &dyn PrimitiveTable,
        surroundings: &dyn Surroundings,
    ) -> Result<Step, CompileFailure> {
        let (definitions, exports) = self.expansion(surroundings).leave();
        let cores = std::mem::take(&mut self.progress.cores);
        let thunks = self.generate(cores, primitives, surroundings)?;
        let templates = self.sources.template_parts();
        let stored_texts = self.sources.stored_texts();
        let sources = std::mem::take(&mut self.sources).into_texts();
        let data = std::mem::take(&mut self.quoted);
        let program = Program { sources, stored_texts, templates, thunks, data };
        Ok(Step::Compiled(Box::new(Compiled { program, definitions, exports })))
    }

    fn generate(
        &mut self,
        cores: Vec<Core>,
        primitives: &dyn PrimitiveTable,
        surroundings: &dyn Surroundings,
    ) -> Result<Vec<CodeUnit>, CompileFailure> {
        let mut globals = GlobalKnowledge {
            names: &mut self.names,
            primitives,
            assigned: &self.assigned_globals,
            surroundings,
        };
        let mut thunks = Vec::with_capacity(cores.len());
        for form in cores {
            match compile_core(form, &mut globals) {
                Ok(thunk) => thunks.push(thunk),
                Err(found) => self.diagnostics.push(found),
            }
        }
        self.check_diagnostics(surroundings)?;
        Ok(thunks)
    }

    /// A program of some thunks, with those of the quoted data that they refer to.
    fn part(&self, mut thunks: Vec<CodeUnit>) -> Program<QuotedData> {
        let mut data = QuotedData::default();
        let mut moved = HashMap::new();
        for thunk in &mut thunks {
            thunk.for_each_datum(&mut |index| {
                *index =
                    *moved.entry(*index).or_insert_with(|| data.take_root(&self.quoted, *index));
            });
        }
        let templates = self.sources.template_parts();
        let sources = self.sources.texts().to_vec();
        let stored_texts = self.sources.stored_texts();
        Program { sources, stored_texts, templates, thunks, data }
    }
}

/// Compiles a program that needs no machine: see [`Compilation::of_program`].
///
/// Calls of primitives are instructions where neither the program nor an earlier one of the image
/// defines or assigns their name.
///
/// # Errors
/// Everything that is wrong with the text, in the order of the forms; a macro whose transformer is a
/// procedure.
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
    let mut compilation = Compilation::of_program(source_name, text, surroundings)?;
    match compilation.advance(primitives, surroundings)? {
        Step::Compiled(compiled) => Ok(*compiled),
        Step::Evaluate { .. } | Step::Transform(_) => {
            Err(compilation.needs_a_machine(surroundings))
        }
    }
}

/// The Core IR of a program's forms after all passes, for people who look into the compiler.
///
/// # Errors
/// As [`compile_program`].
pub fn list_core(
    text: &str,
    primitives: &dyn PrimitiveTable,
    surroundings: &dyn Surroundings,
) -> Result<String, CompileFailure> {
    let mut compilation = Compilation::of_program("", text, surroundings)?;
    let forms = compilation.expand_all(surroundings)?;
    let mut globals = GlobalKnowledge {
        names: &mut compilation.names,
        primitives,
        assigned: &compilation.assigned_globals,
        surroundings,
    };
    let mut listing = String::new();
    for form in forms {
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
/// Everything that is wrong with the forms; a macro whose transformer is a procedure.
pub fn list_expansion(
    arena: DatumArena,
    forms: &[DatumId],
    sources: Sources,
    surroundings: &dyn Surroundings,
) -> Result<String, CompileFailure> {
    let mut compilation = Compilation::of_forms(arena, forms, None, sources, surroundings);
    let mut listing = String::new();
    for core in &compilation.expand_all(surroundings)? {
        listing.push_str(&write_core(core, &compilation.names));
        listing.push('\n');
    }
    Ok(listing)
}

impl Compilation {
    /// All forms, where no machine is needed to expand them.
    fn expand_all(&mut self, surroundings: &dyn Surroundings) -> Result<Vec<Core>, CompileFailure> {
        let request = self.expansion(surroundings).advance();
        self.check_diagnostics(surroundings)?;
        match request {
            None => Ok(std::mem::take(&mut self.progress.cores)),
            Some(_) => Err(self.needs_a_machine(surroundings)),
        }
    }

    fn needs_a_machine(&mut self, surroundings: &dyn Surroundings) -> CompileFailure {
        let message = "a macro whose transformer is a procedure cannot be expanded here";
        let code = ErrorCode::FormNotInThisVersion;
        self.diagnostics.push(Diagnostic::new(code, ByteSpan::default(), message));
        self.failure(surroundings)
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
