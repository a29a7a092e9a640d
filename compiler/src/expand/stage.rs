//! The stages of an expansion, from a program down to one of its forms, as a stack.
//!
//! A stage that needs something first, say a library that has to be read, puts that above itself and
//! goes on when it is done. One that needs the machine leaves a request: the expansion stops there, and
//! goes on with the stage that asked when the answer has come. So nothing of an expansion is on the
//! host's stack while the machine runs.

use super::hygiene::Meaning;
use super::library::{Around, ImportedNames, Module, OpenLibrary, is_headed_by};
use super::library_file::LibraryFile;
use super::macros::Head;
use super::syntax::{Identifier, Syntax};
use super::transformer::{Given, Waiting};
use super::{Expander, Expansion, FormState, Keyword, Task};
use crate::core::Core;
use crate::datum::DatumId;
use crate::scope::ScopeSetId;
use crate::surroundings::StoredMeaning;
use pscheme_heap::error_code::ErrorCode;

use super::transformer::Use;

/// How far an expansion has come.
#[derive(Default)]
pub struct Progress {
    pub(super) stages: Vec<Stage>,
    /// What is done, in the order in which it is to run.
    pub cores: Vec<Core>,
    /// What the import sets of `environment` bring together.
    pub(super) imported: ImportedNames,
    /// The form that was done last, for the stage below.
    finished: Option<Core>,
    form_count: u32,
    request: Option<Request>,
    /// The use of a macro that the machine was asked for.
    pub(super) waiting: Option<Waiting>,
    /// The answer, until whoever asked takes it.
    pub(super) given: Option<Given>,
}

impl Progress {
    /// Whether the machine was asked for the form that a transformer makes.
    pub fn awaits_form(&self) -> bool {
        self.waiting.is_some()
    }
}

/// What an expansion needs the machine for.
pub enum Request {
    /// Run these forms in their order; the answer is the value of the last one, if that makes a
    /// transformer.
    Evaluate { forms: Vec<Core>, makes_transformer: bool },
    /// Call a transformer; the answer is the form it makes.
    Transform(Box<Use>),
}

/// What is to be done; the last one of the stack is being done.
pub(super) enum Stage {
    /// A program's imports, and the commands behind them.
    Program {
        imports: Vec<DatumId>,
        commands: Vec<DatumId>,
    },
    /// Forms that are expanded one after the other, the next one last.
    Forms(Forms),
    Form(Box<FormState>),
    /// The forms of a module, until all that it defines is known.
    Search(Box<ModuleSearch>),
    /// The expression above it makes a macro's transformer.
    Transformer,
    /// Import sets, the next one last.
    Imports(Vec<Syntax>),
    /// Import sets of an environment.
    Environment(EnvironmentSets),
    /// Definitions of libraries, the next one last.
    Libraries(Vec<Syntax>),
    File(Box<LibraryFile>),
    Library(Box<OpenLibrary>),
    /// The library's body is done.
    EndLibrary(Box<OpenLibrary>),
    LeaveModule(Box<Around>),
}

/// Forms that are expanded one after the other.
pub(super) struct Forms {
    /// The next one last.
    rest: Vec<Syntax>,
    done: Vec<Core>,
    end: End,
}

/// What happens to forms when all are done.
enum End {
    /// They run with the program, each as soon as it is done.
    AtOnce,
    /// They run with the program.
    Together,
    /// They run now, for the macros that follow.
    ForSyntax,
}

/// The forms of a module that are gone through to find what it defines.
pub(super) struct ModuleSearch {
    /// The next one last.
    work: Vec<Syntax>,
    found: Vec<Syntax>,
    form: FormState,
}

/// Import sets that make an environment.
pub(super) struct EnvironmentSets {
    rest: Vec<Syntax>,
    names: indexmap::IndexMap<String, Meaning>,
    around: Around,
}

/// Expands a program: libraries in its text, then its imports, then its commands. Without imports it
/// belongs to the top level.
pub fn begin_program(expansion: &mut Expansion<'_>, forms: &[DatumId]) {
    let is_library = |form: &&DatumId| is_headed_by(expansion, **form, "define-library");
    let (libraries, rest) = forms.split_at(forms.iter().take_while(is_library).count());
    let is_import = |form: &&DatumId| is_headed_by(expansion, **form, "import");
    let (imports, commands) = rest.split_at(rest.iter().take_while(is_import).count());
    if imports.is_empty() {
        begin_top_level(expansion, commands);
    } else {
        let (imports, commands) = (imports.to_vec(), commands.to_vec());
        expansion.push(Stage::Program { imports, commands });
    }
    let libraries = libraries.iter().rev().map(|form| without_scopes(*form)).collect();
    expansion.push(Stage::Libraries(libraries));
}

/// Expands forms of the top level, where libraries can be defined and imported between all others.
pub fn begin_top_level(expansion: &mut Expansion<'_>, forms: &[DatumId]) {
    let rest = forms.iter().rev().map(|form| without_scopes(*form)).collect();
    expansion.push(Stage::Forms(Forms { rest, done: Vec::new(), end: End::AtOnce }));
}

/// Expands forms where names mean what an environment says and nothing else.
pub fn begin_in_environment(
    expansion: &mut Expansion<'_>,
    bindings: &[(String, StoredMeaning)],
    forms: &[DatumId],
) {
    let around = expansion.enter_module(Module::Environment);
    let scopes = expansion.hygiene.home;
    for (name, meaning) in bindings {
        let symbol = expansion.arena.intern(name);
        let meaning = expansion.meaning_of_stored(meaning);
        expansion.hygiene.bind_top_level(Identifier { symbol, scopes }, Some(meaning));
    }
    let rest = forms.iter().rev().map(|datum| Syntax { datum: *datum, scopes }).collect();
    expansion.push(Stage::LeaveModule(Box::new(around)));
    expansion.push(Stage::Forms(Forms { rest, done: Vec::new(), end: End::AtOnce }));
}

/// Brings import sets together, for `environment`.
pub fn begin_import_sets(expansion: &mut Expansion<'_>, sets: &[DatumId]) {
    let around = expansion.enter_module(Module::Environment);
    let scopes = expansion.hygiene.home;
    let rest = sets.iter().rev().map(|datum| Syntax { datum: *datum, scopes }).collect();
    let names = indexmap::IndexMap::new();
    expansion.push(Stage::Environment(EnvironmentSets { rest, names, around }));
}

fn without_scopes(datum: DatumId) -> Syntax {
    Syntax { datum, scopes: ScopeSetId::EMPTY }
}

impl Expansion<'_> {
    pub(super) fn push(&mut self, stage: Stage) {
        self.progress.stages.push(stage);
    }

    pub(super) fn ask(&mut self, request: Request) {
        self.progress.request = Some(request);
    }

    /// Whether the machine was asked for something, or there are stages above the first `depth`.
    pub(super) fn is_to_wait(&self, depth: usize) -> bool {
        self.progress.request.is_some() || self.progress.stages.len() > depth
    }

    /// Goes on until everything is expanded or the machine is needed; then what it is needed for.
    pub fn advance(&mut self) -> Option<Request> {
        loop {
            match self.progress.request.take() {
                // Something is wrong already: what the machine would say cannot change that, but more may be
                // wrong behind it.
                Some(_) if !self.diagnostics.is_empty() => self.refuse(),
                Some(request) => return Some(request),
                None => {}
            }
            let mut stage = self.progress.stages.pop()?;
            let depth = self.progress.stages.len();
            if !self.go_on(&mut stage) {
                // Below what it needs first.
                self.progress.stages.insert(depth, stage);
            }
        }
    }

    /// Goes on with a stage; whether it is done.
    fn go_on(&mut self, stage: &mut Stage) -> bool {
        match stage {
            Stage::Program { imports, commands } => {
                let around = self.enter_module(Module::Program);
                let scopes = self.hygiene.home;
                let commands = commands.iter().map(|datum| Syntax { datum: *datum, scopes });
                let commands = commands.collect();
                self.push(Stage::LeaveModule(Box::new(around)));
                self.push_module(commands);
                for datum in imports.iter().rev() {
                    self.import(Syntax { datum: *datum, scopes });
                }
                true
            }
            Stage::Forms(forms) => self.next_form(forms),
            Stage::Form(form) => self.expand_form(form),
            Stage::Search(search) => self.search_module(search),
            Stage::Transformer => {
                let expression = self.progress.finished.take().expect("the expression above");
                self.evaluate(vec![expression], true);
                true
            }
            Stage::Imports(sets) => self.import_sets(sets),
            Stage::Environment(sets) => self.environment_sets(sets),
            Stage::Libraries(forms) => match forms.pop() {
                Some(form) => {
                    self.define_library(form);
                    false
                }
                None => true,
            },
            Stage::File(file) => self.next_of_file(file),
            Stage::Library(library) => self.library_declarations(library),
            Stage::EndLibrary(library) => {
                self.end_library(library);
                true
            }
            Stage::LeaveModule(around) => {
                self.leave_module(std::mem::take(around));
                true
            }
        }
    }

    /// Finds what the forms of a module define, then expands them.
    pub(super) fn push_module(&mut self, mut forms: Vec<Syntax>) {
        forms.reverse();
        let form = self.new_form(Vec::new());
        let search = ModuleSearch { work: forms, found: Vec::new(), form };
        self.push(Stage::Search(Box::new(search)));
    }

    /// Expands an expression that makes a transformer, and asks for its value.
    pub(super) fn push_transformer(&mut self, expression: Syntax) {
        self.push(Stage::Transformer);
        self.push_form(Task::Expression(expression));
    }

    /// Expands forms that are to run before what follows them is expanded.
    pub(super) fn push_for_syntax(&mut self, mut forms: Vec<Syntax>) {
        forms.reverse();
        self.push(Stage::Forms(Forms { rest: forms, done: Vec::new(), end: End::ForSyntax }));
    }

    fn push_form(&mut self, task: Task) {
        let form = self.new_form(vec![task]);
        self.push(Stage::Form(Box::new(form)));
    }

    fn new_form(&mut self, tasks: Vec<Task>) -> FormState {
        self.progress.form_count += 1;
        FormState { number: self.progress.form_count, tasks, ..FormState::default() }
    }

    /// Asks for the value of the last of some forms. What the program would have run before them is
    /// run before them.
    fn evaluate(&mut self, more: Vec<Core>, makes_transformer: bool) {
        let mut forms = std::mem::take(&mut self.progress.cores);
        forms.extend(more);
        self.ask(Request::Evaluate { forms, makes_transformer });
    }

    fn next_form(&mut self, forms: &mut Forms) -> bool {
        let finished = self.progress.finished.take();
        match forms.end {
            End::AtOnce => self.progress.cores.extend(finished),
            End::Together | End::ForSyntax => forms.done.extend(finished),
        }
        if let Some(form) = forms.rest.pop() {
            self.push_form(Task::TopLevel(form));
            return false;
        }
        let done = std::mem::take(&mut forms.done);
        match forms.end {
            End::ForSyntax if !done.is_empty() => {
                self.progress.given = Some(Given::Awaited);
                self.evaluate(done, false);
            }
            _ => self.progress.cores.extend(done),
        }
        true
    }

    fn expand_form(&mut self, form: &mut FormState) -> bool {
        self.hygiene.form = form.number;
        let mut expander = Expander { shared: self, form: std::mem::take(form) };
        let is_done = expander.run();
        let mut state = expander.form;
        if !is_done {
            *form = state;
            return false;
        }
        let root = state.values.pop().expect("a form expands to one expression");
        assert!(state.values.is_empty(), "every part of the form found its parent");
        state.core.set_root(root);
        self.progress.finished = Some(state.core);
        true
    }

    /// Goes through the forms of a module to find what it defines, uses of macros expanded as far as
    /// that takes. Definitions of macros are done with; all else is left, `begin` forms spliced in.
    fn search_module(&mut self, search: &mut ModuleSearch) -> bool {
        self.hygiene.form = search.form.number;
        let depth = self.progress.stages.len();
        let mut expander = Expander { shared: self, form: std::mem::take(&mut search.form) };
        while let Some(form) = search.work.pop() {
            expander.search_form(form, &mut search.work, &mut search.found);
            if expander.shared.is_to_wait(depth) {
                search.form = expander.form;
                return false;
            }
        }
        let mut rest = std::mem::take(&mut search.found);
        rest.reverse();
        self.push(Stage::Forms(Forms { rest, done: Vec::new(), end: End::Together }));
        true
    }

    fn import_sets(&mut self, sets: &mut Vec<Syntax>) -> bool {
        while let Some(set) = sets.last().copied() {
            if self.begin_missing_library(set) {
                return false;
            }
            sets.pop();
            self.import_from(set);
        }
        true
    }

    fn environment_sets(&mut self, sets: &mut EnvironmentSets) -> bool {
        while let Some(set) = sets.rest.last().copied() {
            if self.begin_missing_library(set) {
                return false;
            }
            sets.rest.pop();
            let span = self.span(set);
            for (name, meaning) in self.import_set(set).unwrap_or_default() {
                let known = *sets.names.entry(name.clone()).or_insert(meaning);
                if known != meaning {
                    let message = format!("`{name}` is imported with two meanings");
                    let _: Option<()> = self.report_at(ErrorCode::DuplicateVariable, span, message);
                }
            }
        }
        self.leave_module(std::mem::take(&mut sets.around));
        self.progress.imported =
            ImportedNames(std::mem::take(&mut sets.names).into_iter().collect());
        true
    }
}

impl Expander<'_, '_> {
    /// Takes in a form of a module. What has to wait stays in the work.
    fn search_form(&mut self, form: Syntax, work: &mut Vec<Syntax>, found: &mut Vec<Syntax>) {
        let form = match self.without_macros(form) {
            Head::Form(form) => form,
            Head::Refused => return,
            Head::Waiting(form) => return work.push(form),
        };
        match self.form_keyword(form) {
            Some((_, Keyword::Begin)) => match self.proper_list(form) {
                Some(parts) => work.extend(parts[1..].iter().rev()),
                None => found.push(form),
            },
            Some((_, Keyword::DefineSyntax)) => {
                if !self.define_macro(form) {
                    work.push(form);
                }
            }
            Some((_, Keyword::BeginForSyntax)) => self.shared.begin_for_syntax(form),
            Some((_, Keyword::DefineRecordType)) => work.extend(self.record_definitions(form)),
            Some((_, Keyword::Define)) => {
                self.declare_introduced(&[form]);
                found.push(form);
            }
            _ => found.push(form),
        }
    }
}
