//! Code as the compiler hands it over: plain Rust data, installed into a heap by `install.rs`.
//!
//! A [`CodeUnit`] is position independent. Its instructions name constants by index; installing
//! turns the index into the distance the machine reads, fills the masks of return points from the
//! liveness analysis, and verifies the result, so that a compiler needs to know neither.

/// The name of the code of a form of the top level.
pub const TOP_LEVEL: &str = "top level";
/// The name of code without a source that runs the forms of a program one after the other.
pub const RUNNER: &str = "program";

/// Arguments a procedure takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arity {
    pub required: u16,
    pub optional: u16,
    pub rest: bool,
}

/// A procedure's code before it is in a heap.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeUnit {
    /// The procedure's name for messages and backtraces; empty if it has none.
    pub name: String,
    pub arity: Arity,
    /// Values a closure of this code captures.
    pub captures: u16,
    /// Words of the largest register used plus one, windows and their arguments included.
    pub frame_words: u16,
    /// Instructions; a `Constant` operand holds the index into `constants`, and the word after a
    /// `Call` or `CallGlobal` is 0 where the return-point word will stand.
    pub instructions: Vec<u64>,
    pub constants: Vec<Constant>,
    /// Source positions: instruction index from which on the position holds, ascending.
    pub spans: Vec<Span>,
    /// Where the variables of the source are while which instructions run; inner ones come later.
    pub variables: Vec<VariableRange>,
}

impl CodeUnit {
    /// Visits the index of each mention of quoted data, in inner procedures too.
    pub fn for_each_datum(&mut self, visit: &mut dyn FnMut(&mut u32)) {
        let mut work = vec![self];
        while let Some(unit) = work.pop() {
            for constant in &mut unit.constants {
                match constant {
                    Constant::Datum(index) => visit(index),
                    Constant::Code(inner) => work.push(inner),
                    Constant::Cell(_) | Constant::LibraryCell(_) => {}
                }
            }
        }
    }
}

/// Where a variable of the source is found, and at which instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableRange {
    pub name: String,
    pub place: VariablePlace,
    /// Index of the first instruction at which the variable is there.
    pub start: u32,
    /// Index of the first instruction at which it is not.
    pub end: u32,
}

/// Where the value of a variable is. An assigned variable has its box there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VariablePlace {
    Register(u32),
    /// A captured value of the closure, which register 0 holds as long as it is needed.
    Captured(u32),
}

/// A place in the source text of a code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    pub instruction: u32,
    /// Positions in the texts of the program, which lie side by side (`Program::sources`).
    pub start: u32,
    pub end: u32,
    /// What a macro made of a part of its template when it was used in this place: one more than an
    /// index into `Program::templates`, or 0 for what stands in the place itself.
    pub template: u32,
}

/// A part of a macro's template that code was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePart {
    /// The macro.
    pub name: std::sync::Arc<str>,
    /// Positions in the texts of the program.
    pub start: u32,
    pub end: u32,
    /// The part of another template that the macro was used in, as in [`Span::template`]. Always an
    /// earlier one.
    pub around: u32,
}

/// A constant of a code unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// The cell of the global variable with this name that programs mean.
    Cell(String),
    /// The standard library's cell of this name, whatever programs mean by it.
    LibraryCell(String),
    /// The code of an inner procedure.
    Code(Box<CodeUnit>),
    /// Quoted data: index into the program's table of data.
    Datum(u32),
}

/// A compiled program: thunks to be run in order, and the data they quote.
#[derive(Clone, Debug, PartialEq)]
pub struct Program<Data> {
    /// The texts it was made from. Those of one program lie side by side: the first begins at
    /// position 0, each other one behind the end of the one before.
    pub sources: Vec<SourceText>,
    /// The texts of earlier programs in which rules of macros stand that were used. They lie side by side
    /// too, behind all of `sources`.
    pub stored_texts: Vec<StoredText>,
    /// The parts of templates that the code's spans name.
    pub templates: Vec<TemplatePart>,
    /// One thunk (no arguments, no captured values) per top-level form.
    pub thunks: Vec<CodeUnit>,
    pub data: Data,
}

/// A text that code was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Name of the file, for messages.
    pub name: String,
    pub text: std::sync::Arc<str>,
    /// The position of its first byte.
    pub start: u32,
}

/// A text that an earlier program was made from, which is in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredText {
    /// The source (name and text), by its number among the objects that the program refers to.
    pub object: u32,
    /// The position of its first byte.
    pub start: u32,
    pub length: u32,
}

impl StoredText {
    /// The position behind its last byte.
    pub fn end(&self) -> u32 {
        self.start + self.length
    }
}

impl SourceText {
    /// The position behind its last byte.
    pub fn end(&self) -> u32 {
        self.start + self.text.len() as u32
    }

    /// Whether a position lies in it or right behind it.
    pub fn contains(&self, position: u32) -> bool {
        (self.start..=self.end()).contains(&position)
    }
}
