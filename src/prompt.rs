//! The prompt without its terminal: entries are evaluated form by form, their values are numbered and
//! written, and everything a prompt has to remember is in the image.
//!
//! A form is evaluated by a process of its own, and so is writing a value. Which process that is, the
//! text of the entry and how far it has come, the number of the last value and the history of entries
//! stand in one object under the root `Prompt`: a prompt that is killed goes on in the middle of an
//! evaluation, and its result gets the number it would have got. The structure [`Prompt`] itself holds
//! nothing that a crash may lose.
//!
//! Nothing here prints, but for what programs write to the console of the host.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::store::{TransactionId, UnfinishedTransaction};
use pscheme_heap::word::Word;
use pscheme_vm::fault::Fault;
use pscheme_vm::machine::Vm;
use pscheme_vm::process::ProcessState;

use crate::program::ProgramError;
use crate::report::{condition, describe_failure};
use crate::session::{Advance, Session, SessionError};

/// Entries the history keeps.
pub const HISTORY_ENTRIES_MAX: usize = 1000;
/// Characters of an entry that is kept in the history.
pub const HISTORY_CHARACTERS_MAX: usize = 16 * 1024;
/// Values that keep their names `$1`, `$2`, …: the newest.
pub const NAMED_VALUES_MAX: i64 = 1000;
/// Interruptions of one evaluation that its handlers may answer; the next one ends it.
pub const INTERRUPTIONS_HANDLED_MAX: u32 = 3;

/// A prompt in an image, or without one.
pub struct Prompt {
    pub session: Session,
    /// Somebody asked to interrupt the evaluation, and that was not done yet.
    interruption: bool,
    /// Interruptions of this evaluation so far.
    interruptions: u32,
    /// The name of the source that entries come from; without one each is `prompt:` and its number.
    pub source_name: Option<String>,
}

/// What a prompt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something was done, and there may be more.
    Worked,
    /// What is written to the console until [`Turn::Written`] is the value of `$number`.
    Value { number: i64 },
    /// The value is written.
    Written,
    /// The entry is evaluated.
    Done(Ending),
    /// Nothing can run before this time, microseconds since 1970, or at all until there is another
    /// entry, or input from the console if `awaits_input`. What was reached is durable.
    Idle { due_us: Option<i64>, awaits_input: bool },
    /// A process called `exit` with this status; the state is durable.
    Exit { status: i64 },
}

/// How the evaluation of an entry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All its forms were evaluated.
    Whole,
    /// What went wrong, as text for people.
    Failed(String),
    /// It was interrupted; this is durable with the commit, if there is an image.
    Interrupted(Option<TransactionId>),
}

/// What an image holds when a prompt is opened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The newest durable commit; 0 without an image.
    pub commit: u64,
    /// What was being written when the image was left, and was dropped.
    pub unfinished: Option<UnfinishedTransaction>,
    /// Processes that go on by themselves.
    pub processes: usize,
    /// Processes that have failed and are kept.
    pub failed: usize,
    /// The entry that is being evaluated.
    pub entry: Option<String>,
}

impl Prompt {
    /// A prompt in a session.
    pub fn new(mut session: Session) -> Prompt {
        let vm = &mut session.vm;
        if state(vm).is_none() {
            vm.heap.ensure_room(body::Prompt::BYTES, &mut vm.machine);
            let prompt = vm.heap.object(Kind::Prompt, 0, body::Prompt::FIELDS);
            let fields = [
                (body::Prompt::PROCESS, Word::FALSE),
                (body::Prompt::TEXT, Word::FALSE),
                (body::Prompt::ENTRY, Word::fixnum(0)),
                (body::Prompt::POSITION, Word::fixnum(0)),
                (body::Prompt::VALUES, Word::NULL),
                (body::Prompt::COUNT, Word::fixnum(0)),
                (body::Prompt::HISTORY, Word::NULL),
                (body::Prompt::FAILED, Word::FALSE),
            ];
            for (index, value) in fields {
                vm.heap.initialise(prompt, index, value.0);
            }
            vm.heap.set_root(Root::Prompt, prompt);
        }
        let mut prompt =
            Prompt { session, interruption: false, interruptions: 0, source_name: None };
        prompt.show_again();
        prompt
    }

    /// A value that was being written when the image was closed is written from its beginning.
    fn show_again(&mut self) {
        let process = self.field(body::Prompt::PROCESS);
        let is_writing = self.field(body::Prompt::VALUES).is_pair() && process.is_object();
        let vm = &mut self.session.vm;
        if !is_writing || vm.process_state(process).has_ended() {
            return;
        }
        let fault = Fault::new(ErrorCode::InterruptedForGood, "written again");
        // What waits for a commit cannot be interrupted and goes on where it was.
        if vm.interrupt(process, fault).is_some() {
            vm.discard(process);
            let count = self.field(body::Prompt::COUNT).as_fixnum() - 1;
            self.set_field(body::Prompt::COUNT, Word::fixnum(count));
            self.set_field(body::Prompt::PROCESS, Word::FALSE);
        }
    }

    /// What the image held when it was opened.
    pub fn resumed(&self) -> Resumed {
        let vm = &self.session.vm;
        let evaluation = self.field(body::Prompt::PROCESS);
        let last_failed = self.field(body::Prompt::FAILED);
        let (mut processes, mut failed) = (0, 0);
        for process in vm.processes().filter(|&process| process != evaluation) {
            match vm.process_state(process) {
                ProcessState::Failed | ProcessState::AtLimit => {
                    failed += usize::from(process != last_failed);
                }
                _ => processes += 1,
            }
        }
        let commit = self.session.durable().map_or(0, |transaction| transaction.0);
        let unfinished = self.session.unfinished_at_opening();
        let entry = self.entry().map(|(_, text)| text);
        Resumed { commit, unfinished, processes, failed, entry }
    }

    /// Takes an entry to be evaluated. Its text may hold several forms.
    ///
    /// # Panics
    /// If an entry is being evaluated.
    pub fn begin(&mut self, text: &str) {
        assert!(!self.is_evaluating(), "one entry is evaluated at a time");
        let word = self.string(text);
        self.set_field(body::Prompt::TEXT, word);
        let entry = self.field(body::Prompt::ENTRY).as_fixnum() + 1;
        self.set_field(body::Prompt::ENTRY, Word::fixnum(entry));
        self.set_field(body::Prompt::POSITION, Word::fixnum(0));
        (self.interruption, self.interruptions) = (false, 0);
        self.session.note_entry();
    }

    /// Whether an entry is being evaluated.
    pub fn is_evaluating(&self) -> bool {
        self.field(body::Prompt::TEXT).is_object()
    }

    /// The form of the top level that begins a text, with its macros expanded, as text for people.
    ///
    /// # Errors
    /// What is wrong with the form, as text for people.
    pub fn expansion(&mut self, text: &str) -> Result<String, String> {
        let expanded = pscheme_stdlib::expand_form_at(&mut self.session.vm, "expand", text, 0);
        expanded.map(Option::unwrap_or_default).map_err(|error| error.to_string())
    }

    /// Asks to interrupt the evaluation: a condition with the code E0150 is raised in its process at
    /// the end of a slice. Without an evaluation nothing happens.
    pub fn interrupt(&mut self) {
        self.interruption = self.is_evaluating();
    }

    /// Runs one slice of whatever can run, or goes on with the entry.
    ///
    /// # Errors
    /// The image's store or an effect failed; what was committed before stays.
    pub fn turn(&mut self) -> Result<Turn, SessionError> {
        if self.interruption {
            self.try_to_interrupt();
        }
        if let Some(turn) = self.go_on()? {
            return Ok(turn);
        }
        match self.session.advance()? {
            Advance::Worked => Ok(Turn::Worked),
            Advance::Idle { due_us, awaits_input } => Ok(Turn::Idle { due_us, awaits_input }),
            Advance::Exit { process, status } => {
                if process == self.field(body::Prompt::PROCESS) {
                    // The one who types leaves; the image's program has not ended.
                    self.session.vm.heap.set_root(Root::ExitStatus, Word::FALSE);
                    self.forget_entry();
                }
                self.session.commit_and_wait()?;
                Ok(Turn::Exit { status })
            }
        }
    }

    /// The last evaluation that failed or was interrupted, for a look at its stack.
    pub fn last_failed(&self) -> Option<Word> {
        Some(self.field(body::Prompt::FAILED)).filter(|process| {
            process.is_object() && self.session.vm.process_state(*process) == ProcessState::Failed
        })
    }

    /// The history, oldest first.
    pub fn history(&self) -> Vec<String> {
        let heap = &self.session.vm.heap;
        let mut entries = Vec::new();
        let mut rest = self.field(body::Prompt::HISTORY);
        while rest.is_pair() && entries.len() < HISTORY_ENTRIES_MAX {
            let entry = heap.car(rest);
            if heap.kind_of(entry) == Some(Kind::String) {
                entries.push(heap.string_text(entry));
            }
            rest = heap.cdr(rest);
        }
        entries.reverse();
        entries
    }

    /// Appends an entry to the history, unless it is empty, longer than
    /// [`HISTORY_CHARACTERS_MAX`], or the same as the last one. The oldest beyond
    /// [`HISTORY_ENTRIES_MAX`] are dropped.
    pub fn add_to_history(&mut self, text: &str) {
        let text = text.trim_end();
        let is_kept = !text.is_empty() && text.chars().count() <= HISTORY_CHARACTERS_MAX;
        let newest = self.field(body::Prompt::HISTORY);
        let heap = &self.session.vm.heap;
        let is_repeated = newest.is_pair()
            && heap.kind_of(heap.car(newest)) == Some(Kind::String)
            && heap.string_text(heap.car(newest)) == text;
        if !is_kept || is_repeated {
            return;
        }
        let entry = self.string(text);
        let vm = &mut self.session.vm;
        let entry = vm.heap.protect(entry);
        vm.heap.ensure_room(16, &mut vm.machine);
        let word = vm.heap.protected(entry);
        vm.heap.unprotect(entry);
        let others = self.field(body::Prompt::HISTORY);
        let history = self.session.vm.heap.pair(word, others);
        self.set_field(body::Prompt::HISTORY, history);
        let heap = &mut self.session.vm.heap;
        let mut last = history;
        for _ in 1..HISTORY_ENTRIES_MAX {
            if !heap.cdr(last).is_pair() {
                return;
            }
            last = heap.cdr(last);
        }
        heap.set_cdr(last, Word::NULL);
    }

    fn field(&self, index: usize) -> Word {
        let vm = &self.session.vm;
        vm.heap.field(state(vm).expect("a prompt has its state"), index)
    }

    fn set_field(&mut self, index: usize, value: Word) {
        let vm = &mut self.session.vm;
        let prompt = state(vm).expect("a prompt has its state");
        vm.heap.set_field(prompt, index, value);
    }

    fn string(&mut self, text: &str) -> Word {
        let vm = &mut self.session.vm;
        vm.heap.ensure_room(Heap::string_room(text.chars().count()), &mut vm.machine);
        vm.heap.string(text)
    }

    /// The name and the text of the entry that is being evaluated.
    fn entry(&self) -> Option<(String, String)> {
        let text = self.field(body::Prompt::TEXT);
        let number = self.field(body::Prompt::ENTRY).as_fixnum();
        let name = self.source_name.clone().unwrap_or_else(|| format!("prompt:{number}"));
        text.is_object().then(|| (name, self.session.vm.heap.string_text(text)))
    }

    fn forget_entry(&mut self) {
        forget_entry(&mut self.session.vm);
        self.interruption = false;
    }

    fn try_to_interrupt(&mut self) {
        let process = self.field(body::Prompt::PROCESS);
        if !process.is_object() || self.session.vm.process_state(process).has_ended() {
            return;
        }
        let fault = if self.interruptions < INTERRUPTIONS_HANDLED_MAX {
            Fault::new(ErrorCode::Interrupted, "the evaluation was interrupted")
        } else {
            let message = format!(
                "the evaluation was ended: its handlers went on after {INTERRUPTIONS_HANDLED_MAX} \
                 interruptions"
            );
            Fault::new(ErrorCode::InterruptedForGood, message)
        };
        if self.session.interrupt(process, fault) {
            self.interruption = false;
            self.interruptions += 1;
        }
    }

    /// Goes on with the entry if its process has ended.
    fn go_on(&mut self) -> Result<Option<Turn>, SessionError> {
        if !self.is_evaluating() {
            return Ok(None);
        }
        let process = self.field(body::Prompt::PROCESS);
        if !process.is_object() {
            return self.next_form().map(Some);
        }
        match self.session.vm.process_state(process) {
            ProcessState::Finished if self.field(body::Prompt::VALUES).is_pair() => {
                let rest = self.session.vm.heap.cdr(self.field(body::Prompt::VALUES));
                self.set_field(body::Prompt::VALUES, rest);
                self.set_field(body::Prompt::PROCESS, Word::FALSE);
                Ok(Some(Turn::Written))
            }
            ProcessState::Finished => {
                self.take_values(process);
                self.set_field(body::Prompt::PROCESS, Word::FALSE);
                Ok(Some(Turn::Worked))
            }
            ProcessState::Failed | ProcessState::AtLimit => {
                self.end_with_failure(process).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Begins to write the next value, or to evaluate the next form, or the entry is done.
    fn next_form(&mut self) -> Result<Turn, SessionError> {
        let values = self.field(body::Prompt::VALUES);
        if values.is_pair() {
            return self.show(self.session.vm.heap.car(values));
        }
        let Some((name, text)) = self.entry() else { return Ok(Turn::Worked) };
        if std::mem::take(&mut self.interruption) {
            self.forget_entry();
            return self.interrupted();
        }
        let position = self.field(body::Prompt::POSITION).as_fixnum();
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        // Only an image that somebody made by hand has a position inside a character.
        let position = if text.is_char_boundary(position) { position } else { text.len() };
        match self.session.start_form(&name, &text, position) {
            Ok(Some((process, end))) => {
                self.set_field(body::Prompt::PROCESS, process);
                self.set_field(body::Prompt::POSITION, Word::fixnum(end as i64));
                Ok(Turn::Worked)
            }
            Ok(None) => {
                self.forget_entry();
                Ok(Turn::Done(Ending::Whole))
            }
            Err(ProgramError::Session(error)) => Err(error),
            Err(ProgramError::Compile(failure)) => {
                self.forget_entry();
                Ok(Turn::Done(Ending::Failed(failure.render())))
            }
            Err(other @ ProgramError::NotStarted { .. }) => {
                self.forget_entry();
                Ok(Turn::Done(Ending::Failed(format!("{other}\n"))))
            }
            Err(other) => {
                self.forget_entry();
                Ok(Turn::Done(Ending::Failed(format!("pscheme: {other}\n"))))
            }
        }
    }

    /// Notes what a form returned and is to be written: none, one or several values.
    fn take_values(&mut self, process: Word) {
        let vm = &mut self.session.vm;
        let value = vm.heap.field(process, body::Process::VALUE);
        let is_many = vm.heap.kind_of(value) == Some(Kind::MultipleValues);
        let count = if is_many { vm.heap.header(value).body_words() } else { 1 };
        vm.heap.ensure_room(16 * count as u64, &mut vm.machine);
        let value = vm.heap.field(process, body::Process::VALUE);
        let mut list = Word::NULL;
        for index in (0..count).rev() {
            let one = if is_many { vm.heap.field(value, index) } else { value };
            if one != Word::UNSPECIFIED {
                list = vm.heap.pair(one, list);
            }
        }
        self.set_field(body::Prompt::VALUES, list);
        // The record stays referred to until the next form; its value must not.
        self.session.vm.heap.set_field(process, body::Process::VALUE, Word::FALSE);
    }

    /// Gives a value its number, and begins to write it.
    fn show(&mut self, value: Word) -> Result<Turn, SessionError> {
        let number = self.field(body::Prompt::COUNT).as_fixnum() + 1;
        let vm = &mut self.session.vm;
        let place = vm.heap.protect(value);
        vm.define(&format!("${number}"), place);
        if number > NAMED_VALUES_MAX {
            let unbound = vm.heap.protect(Word::UNBOUND);
            vm.define(&format!("${}", number - NAMED_VALUES_MAX), unbound);
        }
        let value = vm.heap.protected(place);
        vm.heap.unprotect(place);
        let process = self.session.start_showing(value)?;
        self.set_field(body::Prompt::COUNT, Word::fixnum(number));
        self.set_field(body::Prompt::PROCESS, process);
        Ok(Turn::Value { number })
    }

    /// The process of the entry has failed, or the heap's limit stopped it. It is kept in place of the
    /// last one that failed, unless its stack holds the memory the next entry needs.
    fn end_with_failure(&mut self, process: Word) -> Result<Turn, SessionError> {
        let (code, _) = condition(&self.session.vm, process);
        let report = describe_failure(&self.session.vm, process);
        let last = self.field(body::Prompt::FAILED);
        let vm = &mut self.session.vm;
        if last.is_object() && vm.process_state(last) == ProcessState::Failed {
            vm.discard(last);
        }
        let is_at_limit = vm.process_state(process) == ProcessState::AtLimit;
        if is_at_limit {
            vm.discard(process);
        }
        self.set_field(body::Prompt::FAILED, if is_at_limit { Word::FALSE } else { process });
        self.forget_entry();
        match code {
            ErrorCode::Interrupted | ErrorCode::InterruptedForGood => self.interrupted(),
            _ => Ok(Turn::Done(Ending::Failed(report))),
        }
    }

    /// The interruption is told once it is durable.
    fn interrupted(&mut self) -> Result<Turn, SessionError> {
        self.session.commit_and_wait()?;
        Ok(Turn::Done(Ending::Interrupted(self.session.durable())))
    }
}

/// Whether a process evaluates an entry of the prompt, or writes one of its values.
pub fn is_evaluation(vm: &Vm, process: Word) -> bool {
    state(vm).is_some_and(|prompt| vm.heap.field(prompt, body::Prompt::PROCESS) == process)
}

/// Forgets the entry that a prompt evaluates or whose values it writes, if there is one.
pub(crate) fn forget_entry(vm: &mut Vm) {
    let Some(prompt) = state(vm) else { return };
    vm.heap.set_field(prompt, body::Prompt::PROCESS, Word::FALSE);
    vm.heap.set_field(prompt, body::Prompt::TEXT, Word::FALSE);
    vm.heap.set_field(prompt, body::Prompt::VALUES, Word::NULL);
}

/// What the prompt of an image remembers.
fn state(vm: &Vm) -> Option<Word> {
    let prompt = vm.heap.root(Root::Prompt);
    (vm.heap.kind_of(prompt) == Some(Kind::Prompt)).then_some(prompt)
}
