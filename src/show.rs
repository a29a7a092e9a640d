//! Values as an inspector shows them: bounded in depth, elements and characters, and never in a
//! circle.
//!
//! Unlike `write` this shows what objects consist of: the fields of records, the entries of hash
//! tables, the parameters of procedures, the message of conditions. It works on a list of tasks, so
//! nesting costs no host stack, and reads through `peek`, so that a heap that does not verify can be
//! shown: what is not whole appears as `#<damaged>`.

use std::collections::VecDeque;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::heap::Heap;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_stdlib::number_text;
use pscheme_stdlib::port::state;
use pscheme_stdlib::signature::{bare_name, signature};
use pscheme_stdlib::write::{character_text, quoted_text};
use pscheme_vm::number::peek_limbs;
use pscheme_vm::primitive::PrimitiveSet;
use pscheme_vm::print::record_type_name;

/// How much of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowLimits {
    /// Levels of nesting.
    pub depth: usize,
    /// Elements of all parts together.
    pub elements: usize,
    /// Characters of the text, about.
    pub characters: usize,
}

impl ShowLimits {
    /// A value on a line of its own among others.
    pub const LINE: ShowLimits = ShowLimits { depth: 4, elements: 24, characters: 100 };
    /// One value that was asked for.
    pub const WHOLE: ShowLimits = ShowLimits { depth: 12, elements: 400, characters: 4_000 };
}

/// Limbs of a number that is shown in digits.
const INTEGER_LIMBS_MAX: usize = 64;
/// What stands for a part that is not whole.
const DAMAGED: &str = "#<damaged>";

/// The text of a value.
pub fn show(heap: &Heap, primitives: &PrimitiveSet, word: Word, limits: ShowLimits) -> String {
    let mut shower = Shower {
        heap,
        primitives,
        limits,
        text: String::new(),
        elements_left: limits.elements,
        tasks: vec![Task::Value { word, depth: 0 }],
        open: Vec::new(),
    };
    while let Some(task) = shower.tasks.pop() {
        if shower.text.len() > limits.characters * 4 {
            break;
        }
        shower.step(task);
    }
    cut(shower.text, limits.characters)
}

/// A text of at most this many characters; one that was longer ends in an ellipsis.
pub fn cut(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters.saturating_sub(1)) {
        Some((at, _)) if text[at..].chars().nth(1).is_some() => format!("{}…", &text[..at]),
        _ => text,
    }
}

/// What is still to be shown; the next task is the last.
enum Task {
    Value {
        word: Word,
        depth: usize,
    },
    Text(&'static str),
    /// The rest of a list, behind at least one element.
    Rest {
        rest: Word,
        depth: usize,
    },
    /// Parts that follow each other, each with what stands before it.
    Parts {
        parts: VecDeque<(String, Word)>,
        depth: usize,
    },
    /// The end of an object that is shown.
    Leave(usize),
}

struct Shower<'a> {
    heap: &'a Heap,
    primitives: &'a PrimitiveSet,
    limits: ShowLimits,
    text: String,
    elements_left: usize,
    tasks: Vec<Task>,
    /// Offsets of the objects and pairs that are being shown.
    open: Vec<u64>,
}

impl Shower<'_> {
    fn step(&mut self, task: Task) {
        match task {
            Task::Value { word, depth } => self.value(word, depth),
            Task::Text(text) => self.text.push_str(text),
            Task::Rest { rest, depth } => self.rest(rest, depth),
            Task::Parts { parts, depth } => self.parts(parts, depth),
            Task::Leave(open) => self.open.truncate(open),
        }
    }

    /// Takes one from what may be shown.
    fn takes_element(&mut self) -> bool {
        let left = self.elements_left > 0;
        self.elements_left = self.elements_left.saturating_sub(1);
        left
    }

    fn value(&mut self, word: Word, depth: usize) {
        let whole = !word.is_reference() || self.heap.check_reference(word).is_ok();
        if !whole {
            return self.text.push_str(DAMAGED);
        }
        let has_parts = word.is_pair() || self.has_parts(word);
        if has_parts && self.open.contains(&word.offset()) {
            return self.text.push_str("#<circle>");
        }
        if has_parts && depth >= self.limits.depth {
            return self.text.push('…');
        }
        if word.is_pair() {
            return self.list(word, depth + 1);
        }
        match self.heap.peek_kind(word) {
            Some(kind) if has_parts => self.composed(word, kind, depth + 1),
            Some(kind) => {
                let text = self.atom(word, kind);
                self.text.push_str(text.as_deref().unwrap_or(DAMAGED));
            }
            None => {
                let text = self.immediate(word);
                self.text.push_str(&text);
            }
        }
    }

    fn has_parts(&self, word: Word) -> bool {
        matches!(
            self.heap.peek_kind(word),
            Some(
                Kind::Vector
                    | Kind::Record
                    | Kind::HashTable
                    | Kind::Condition
                    | Kind::MultipleValues
                    | Kind::Box
            )
        )
    }

    fn immediate(&self, word: Word) -> String {
        match word {
            Word::FALSE => "#f".into(),
            Word::TRUE => "#t".into(),
            Word::NULL => "()".into(),
            // A variable of a body whose definition has not been reached.
            Word::UNBOUND => "#<undefined>".into(),
            word if word.is_character() => character_text(word.as_character()),
            word => number_text(self.heap, word).unwrap_or_else(|| format!("{word:?}")),
        }
    }

    fn list(&mut self, pair: Word, depth: usize) {
        self.text.push('(');
        let open = self.open.len();
        self.open.push(pair.offset());
        self.tasks.push(Task::Leave(open));
        self.tasks.push(Task::Text(")"));
        self.tasks.push(Task::Rest { rest: self.heap.cdr(pair), depth });
        self.elements_left = self.elements_left.saturating_sub(1);
        self.tasks.push(Task::Value { word: self.heap.car(pair), depth });
    }

    fn rest(&mut self, rest: Word, depth: usize) {
        if rest == Word::NULL {
            return;
        }
        let Some((head, tail)) = self.heap.peek_pair(rest) else {
            self.text.push_str(" . ");
            return self.tasks.push(Task::Value { word: rest, depth });
        };
        if self.open.contains(&rest.offset()) {
            return self.text.push_str(" . #<circle>");
        }
        if !self.takes_element() {
            return self.text.push_str(" …");
        }
        self.open.push(rest.offset());
        self.text.push(' ');
        self.tasks.push(Task::Rest { rest: tail, depth });
        self.tasks.push(Task::Value { word: head, depth });
    }

    fn parts(&mut self, mut parts: VecDeque<(String, Word)>, depth: usize) {
        let Some((before, word)) = parts.pop_front() else { return };
        if !self.takes_element() {
            return self.text.push_str(" …");
        }
        self.text.push_str(&before);
        self.tasks.push(Task::Parts { parts, depth });
        self.tasks.push(Task::Value { word, depth });
    }

    /// An object with parts: what it begins with, its parts, what it ends with.
    fn composed(&mut self, word: Word, kind: Kind, depth: usize) {
        let parts = match kind {
            Kind::Vector => Some(("#(".into(), self.vector_parts(word), ")")),
            Kind::MultipleValues => Some(("#<values".into(), self.tail_parts(word, 0), ">")),
            Kind::Box => {
                Some(("#<box".into(), [(" ".into(), self.heap.field(word, 0))].into(), ">"))
            }
            Kind::Record => self.record_parts(word),
            Kind::HashTable => self.table_parts(word),
            Kind::Condition => self.condition_parts(word),
            _ => None,
        };
        let Some((start, parts, end)) = parts else { return self.text.push_str(DAMAGED) };
        let open = self.open.len();
        self.open.push(word.offset());
        self.text.push_str(&start);
        self.tasks.push(Task::Leave(open));
        self.tasks.push(Task::Text(end));
        self.tasks.push(Task::Parts { parts, depth });
    }

    /// The words of a body from `from` on, as many as can be shown and one more.
    fn tail_parts(&self, word: Word, from: usize) -> VecDeque<(String, Word)> {
        let words = self.heap.header(word).body_words();
        let parts = (from..words).map(|index| (" ".to_string(), self.heap.field(word, index)));
        parts.take(self.elements_left + 1).collect()
    }

    fn vector_parts(&self, word: Word) -> VecDeque<(String, Word)> {
        let mut parts = self.tail_parts(word, 0);
        if let Some(first) = parts.front_mut() {
            first.0.clear();
        }
        parts
    }

    fn record_parts(&self, word: Word) -> Option<Composed> {
        let record_type = self.heap.field(word, body::Record::TYPE);
        let kind = Kind::RecordType;
        let names = self.heap.peek_field(record_type, kind, body::RecordType::FIELD_NAMES)?;
        let count = self.heap.peek_length(names, Kind::Vector)?;
        if self.heap.header(word).body_words() != body::Record::FIELDS + count {
            return None;
        }
        let mut parts = VecDeque::new();
        for index in 0..count {
            let value = self.heap.field(word, body::Record::FIELDS + index);
            // A field whose name is no symbol is the library's own.
            if let Some(name) = self.symbol(self.heap.field(names, index)) {
                parts.push_back((format!(" {name}: "), value));
            }
        }
        Some((format!("#<{}", record_type_name(self.heap, record_type)), parts, ">"))
    }

    fn table_parts(&self, word: Word) -> Option<Composed> {
        let entries = self.heap.field(word, body::HashTable::ENTRIES);
        let words = self.heap.peek_length(entries, Kind::Vector)?;
        let used = self.heap.field(word, body::HashTable::USED);
        let used = usize::try_from(used.is_fixnum().then(|| used.as_fixnum())?).ok()?;
        let count = self.heap.field(word, body::HashTable::COUNT);
        let mut parts = VecDeque::new();
        for entry in 0..used.min(words / 2) {
            let key = self.heap.field(entries, entry * 2);
            if key == Word::DEAD {
                continue;
            }
            if parts.len() > self.elements_left {
                break;
            }
            parts.push_back((" ".to_string(), key));
            parts.push_back((" → ".to_string(), self.heap.field(entries, entry * 2 + 1)));
        }
        let colon = if parts.is_empty() { "" } else { ":" };
        Some((format!("#<hash-table of {}{colon}", self.immediate(count)), parts, ">"))
    }

    fn condition_parts(&self, word: Word) -> Option<Composed> {
        let field = |index| self.heap.field(word, index);
        let code = field(body::Condition::CODE);
        let number = code.is_fixnum().then(|| code.as_fixnum())?;
        let code = u16::try_from(number).ok().and_then(ErrorCode::from_number);
        let code = code.map_or_else(String::new, |code| format!(" {code}"));
        let message = field(body::Condition::MESSAGE);
        let mut parts = VecDeque::from([(" ".to_string(), message)]);
        let mut rest = field(body::Condition::IRRITANTS);
        while let Some((head, tail)) = self.heap.peek_pair(rest)
            && parts.len() <= self.elements_left
        {
            parts.push_back((" ".to_string(), head));
            rest = tail;
        }
        Some((format!("#<condition{code}"), parts, ">"))
    }

    fn symbol(&self, word: Word) -> Option<String> {
        let name = self.heap.peek_symbol(word, self.limits.characters)?;
        Some(bare_name(&name))
    }

    /// The text of an object that is shown as one; `None` if it is not whole.
    fn atom(&self, word: Word, kind: Kind) -> Option<String> {
        let heap = self.heap;
        Some(match kind {
            Kind::Symbol => self.symbol(word)?,
            Kind::String => {
                let (text, has_more) = heap.peek_string(word, self.limits.characters)?;
                quoted_text(&text, '"') + if has_more { "…" } else { "" }
            }
            Kind::Bignum if heap.header(word).body_words() > INTEGER_LIMBS_MAX => {
                format!("#<integer of {} bits>", heap.header(word).body_words() * 64)
            }
            Kind::Ratnum | Kind::Compnum if peek_limbs(heap, word)? > INTEGER_LIMBS_MAX => {
                format!("#<number of {} bits>", peek_limbs(heap, word)? * 64)
            }
            Kind::Flonum | Kind::Bignum | Kind::Ratnum | Kind::Compnum => number_text(heap, word)?,
            Kind::Bytevector => self.bytevector(heap.peek_bytes(word)?),
            Kind::Closure | Kind::Primitive => {
                let signature = signature(heap, self.primitives, word)?;
                format!("#<procedure {signature}>")
            }
            Kind::Continuation => "#<continuation>".into(),
            Kind::Process => {
                let number = self.immediate(heap.field(word, body::Process::ID));
                format!("#<process {number}>")
            }
            Kind::Port => self.port(word)?,
            Kind::RecordType => format!("#<record-type {}>", record_type_name(heap, word)),
            other => format!("#<{}>", other.row().name.to_lowercase()),
        })
    }

    fn bytevector(&self, bytes: &[u8]) -> String {
        let shown = bytes.iter().take(self.elements_left.max(1)).map(u8::to_string);
        let shown = shown.collect::<Vec<_>>().join(" ");
        let more = if bytes.len() > self.elements_left.max(1) { " …" } else { "" };
        format!("#u8({shown}{more})")
    }

    fn port(&self, word: Word) -> Option<String> {
        let bits = self.heap.field(word, body::Port::STATE);
        let bits = bits.is_fixnum().then(|| bits.as_fixnum())?;
        let has = |bit: i64| bits & bit != 0;
        let mut text = String::from("#<");
        if !has(state::OPEN) {
            text.push_str("closed ");
        }
        text.push_str(if has(state::TEXTUAL) { "textual " } else { "binary " });
        text.push_str(if has(state::INPUT) { "input port" } else { "output port" });
        let name = self.heap.field(word, body::Port::NAME);
        if has(state::CONSOLE) {
            text.push_str(" of the console");
        } else if let Some((name, _)) = self.heap.peek_string(name, self.limits.characters) {
            text.push(' ');
            text.push_str(&quoted_text(&name, '"'));
        }
        text.push('>');
        Some(text)
    }
}

/// What an object begins with, its parts, and what it ends with.
type Composed = (String, VecDeque<(String, Word)>, &'static str);
