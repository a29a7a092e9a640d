//! The whole way from source text to code units.

use crate::codegen::{Failure, GenerateError, generate_thunk};
use crate::core::{Core, NameId, Names};
use crate::core_validate::{Stage, validate_core};
use crate::core_write::write_core;
use crate::datum::{DatumArena, DatumId, QuotedData};
use crate::diagnostic::Diagnostic;
use crate::expand::{Expansion, Hygiene, expand_program};
use crate::passes::boxes::box_assigned_variables;
use crate::passes::closures::{Closures, LAMBDA_DEPTH_MAX};
use crate::passes::inline::{GlobalKnowledge, inline_calls};
use crate::passes::letrec::resolve_letrecs;
use crate::passes::loops::find_loops;
use crate::passes::simplify::simplify;
use crate::reader::read_all;
use pscheme_heap::error_code::ErrorCode;
use pscheme_vm::code::{CodeUnit, Program};
use pscheme_vm::inline::PrimitiveTable;
use pscheme_vm::op::{CODE_WORDS_MAX, FRAME_WORDS_MAX};
use std::collections::HashSet;

/// Compiles a program: one thunk per top-level form, to be run in order.
///
/// Calls of primitives are instructions where the program neither defines nor assigns their name.
///
/// # Errors
/// Everything that is wrong with the text, in the order of the forms.
///
/// # Example
/// ```
/// use pscheme_compiler::compile_program;
/// use pscheme_vm::inline::{PrimitiveSignature, PrimitiveTable};
///
/// struct NoPrimitives;
/// impl PrimitiveTable for NoPrimitives {
///     fn signature(&self, _: &str) -> Option<PrimitiveSignature> {
///         None
///     }
/// }
///
/// let program = compile_program("one.scm", "(define x 1) (+ x 1)", &NoPrimitives).unwrap();
/// assert_eq!(program.thunks.len(), 2);
/// ```
pub fn compile_program(
    source_name: &str,
    text: &str,
    primitives: &dyn PrimitiveTable,
) -> Result<Program<QuotedData>, Vec<Diagnostic>> {
    let mut read = read_all(text);
    if !read.diagnostics.is_empty() {
        return Err(read.diagnostics);
    }
    let compiled =
        compile_forms(source_name, &mut read.arena, &read.forms, primitives, &HashSet::new())?;
    Ok(compiled.program)
}

/// The Core IR of a program's forms after all passes, for people who look into the compiler.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn list_core(text: &str, primitives: &dyn PrimitiveTable) -> Result<String, Vec<Diagnostic>> {
    let mut read = read_all(text);
    if !read.diagnostics.is_empty() {
        return Err(read.diagnostics);
    }
    let expanded = expand_forms(&mut read.arena, &read.forms, &HashSet::new())?;
    let Expanded { forms, mut names, assigned_globals, .. } = expanded;
    let mut globals =
        GlobalKnowledge { names: &mut names, primitives, reassigned: &assigned_globals };
    let mut listing = String::new();
    for form in forms {
        let core = run_passes(form, &mut globals);
        listing.push_str(&write_core(&core, globals.names));
        listing.push('\n');
    }
    Ok(listing)
}

/// A form compiled for the prompt.
#[derive(Clone, Debug)]
pub struct CompiledForm {
    /// With one thunk.
    pub program: Program<QuotedData>,
    /// Global variables that the form defines or assigns: add them to `redefined` for the forms
    /// that follow.
    pub assigned_globals: Vec<String>,
}

/// Compiles one form of a session whose earlier forms gave the globals in `redefined` new values:
/// calls of these go through their cells, and keywords among them are ordinary variables.
///
/// # Errors
/// Everything that is wrong with the form.
pub fn compile_form(
    source_name: &str,
    arena: &mut DatumArena,
    form: DatumId,
    primitives: &dyn PrimitiveTable,
    redefined: &HashSet<String>,
) -> Result<CompiledForm, Vec<Diagnostic>> {
    compile_forms(source_name, arena, &[form], primitives, redefined)
}

/// The forms of a program after expansion, and what they share.
struct Expanded {
    forms: Vec<Core>,
    names: Names,
    quoted: QuotedData,
    /// Includes those that were redefined before.
    assigned_globals: HashSet<NameId>,
}

/// Expands all forms before any is compiled: a primitive that the last one defines is no primitive
/// in the first one either.
fn expand_forms(
    arena: &mut DatumArena,
    forms: &[DatumId],
    redefined: &HashSet<String>,
) -> Result<Expanded, Vec<Diagnostic>> {
    let mut names = Names::default();
    let mut quoted = QuotedData::default();
    let mut diagnostics = Vec::new();
    let mut assigned_globals = redefined.iter().map(|name| names.intern(name)).collect();
    let mut hygiene = Hygiene::default();
    let mut expansion = Expansion {
        arena,
        names: &mut names,
        quoted: &mut quoted,
        assigned_globals: &mut assigned_globals,
        diagnostics: &mut diagnostics,
        hygiene: &mut hygiene,
    };
    let forms = expand_program(&mut expansion, forms);
    if diagnostics.is_empty() {
        Ok(Expanded { forms, names, quoted, assigned_globals })
    } else {
        Err(diagnostics)
    }
}

fn compile_forms(
    source_name: &str,
    arena: &mut DatumArena,
    forms: &[DatumId],
    primitives: &dyn PrimitiveTable,
    redefined: &HashSet<String>,
) -> Result<CompiledForm, Vec<Diagnostic>> {
    let expanded = expand_forms(arena, forms, redefined)?;
    let Expanded { forms, mut names, quoted, assigned_globals } = expanded;
    let mut globals =
        GlobalKnowledge { names: &mut names, primitives, reassigned: &assigned_globals };
    let mut thunks = Vec::with_capacity(forms.len());
    let mut diagnostics = Vec::new();
    for form in forms {
        match compile_core(form, &mut globals) {
            Ok(thunk) => thunks.push(thunk),
            Err(found) => diagnostics.push(found),
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let mut new: Vec<String> = assigned_globals
        .iter()
        .map(|name| names.get(*name).to_string())
        .filter(|name| !redefined.contains(name))
        .collect();
    new.sort_unstable();
    let program = Program { source_name: source_name.to_string(), thunks, data: quoted };
    Ok(CompiledForm { program, assigned_globals: new })
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
