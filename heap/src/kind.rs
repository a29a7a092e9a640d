//! Object kinds: one table from which tracer, sizer, verifier, the inspector's view and the
//! documentation come.
//!
//! An object is a header word and a body. The body is value words first, then raw words, then a
//! tail; value words are traced, raw words are not. A row's code reaches the disk: it is never
//! renumbered. To add a kind, add a row here.
//!
//! Header word: `kind:8 | aux:8 | flags:16 | body words:32`. The low byte is never that of
//! [`Word::MOVED`], so that a moved object can be told from a live one.

use crate::word::Word;

/// What a value field may hold, for the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Any value of Scheme.
    Any,
    /// A reference to an object of this kind.
    Only(Kind),
    /// A reference to an object of this kind, or `#f` or the empty list.
    OrNone(Kind),
    /// A fixnum.
    Fixnum,
    /// A pair or the empty list.
    List,
}

/// A field of an object's body.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub class: FieldClass,
}

/// Whether a field is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    Value(Allowed),
    Raw,
}

/// What follows the fixed fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    None,
    /// Value words.
    Values,
    /// Raw words.
    Raw,
    /// Instructions (raw), then constants (values), as the object's `counts` field says.
    Code,
    /// Sealed frames: value words, traced only up to the highest live offset.
    Frames,
}

/// One row of the table.
#[derive(Debug)]
pub struct KindRow {
    pub kind: Kind,
    pub name: &'static str,
    pub fields: &'static [Field],
    pub tail: Tail,
    pub doc: &'static str,
}

const fn lower_case<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut index = 0;
    while index < N {
        bytes[index] = name.as_bytes()[index].to_ascii_lowercase();
        index += 1;
    }
    bytes
}

/// The index of a kind's field; evaluated while compiling, so that a name without a field is an
/// error of compilation.
const fn field_index(kind: Kind, name: &str) -> usize {
    let fields = kind.row().fields;
    let mut index = 0;
    while index < fields.len() {
        if fields[index].name.eq_ignore_ascii_case(name) {
            return index;
        }
        index += 1;
    }
    panic!("the kind has no field of this name")
}

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $code:literal $name:ident
        { $($field:ident : $class:ident $(($allowed:ident $($kind:ident)?))?),* } tail $tail:ident; )*) => {
        /// What an object is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $( $(#[doc = $doc])+ $name = $code, )* }

        impl Kind {
            /// All kinds, in the order of their codes.
            pub const ALL: &'static [Kind] = &[ $( Kind::$name, )* ];

            /// The kind with this code.
            #[inline]
            pub const fn from_code(code: u8) -> Option<Kind> {
                match code { $( $code => Some(Kind::$name), )* _ => None }
            }

            /// This kind's row of the table.
            pub const fn row(self) -> &'static KindRow {
                match self { $( Kind::$name => &KindRow {
                    kind: Kind::$name,
                    name: stringify!($name),
                    fields: const { &[ $( Field {
                        name: {
                            const UPPER: &str = stringify!($field);
                            const LOWER: [u8; UPPER.len()] = lower_case(UPPER);
                            match std::str::from_utf8(&LOWER) {
                                Ok(name) => name,
                                Err(_) => panic!("field names are ASCII"),
                            }
                        },
                        class: kinds!(@class $class $(($allowed $($kind)?))?),
                    }, )* ] },
                    tail: Tail::$tail,
                    doc: concat!($($doc, "\n"),+),
                }, )* }
            }
        }

        /// Places in the bodies of objects, from the table: `body::Process::STATE` is the index of a
        /// field, `FIELDS` their number.
        pub mod body {
            use super::{Header, Kind, field_index};
            $(
                #[doc = concat!("Fields of [`Kind::", stringify!($name), "`].")]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;
                impl $name {
                    $( pub const $field: usize = field_index(Kind::$name, stringify!($field)); )*
                    pub const FIELDS: usize = Kind::$name.row().fields.len();
                    /// Bytes from the header to the tail.
                    pub const TAIL_BYTES: u64 = 8 + 8 * Self::FIELDS as u64;
                    /// Bytes of an object without a tail.
                    pub const BYTES: u64 = Header::new(Kind::$name, 0, Self::FIELDS).size_bytes();
                }
            )*
        }
    };
    (@class value) => { FieldClass::Value(Allowed::Any) };
    (@class value(Fixnum)) => { FieldClass::Value(Allowed::Fixnum) };
    (@class value(List)) => { FieldClass::Value(Allowed::List) };
    (@class value(Only $kind:ident)) => { FieldClass::Value(Allowed::Only(Kind::$kind)) };
    (@class value(OrNone $kind:ident)) => { FieldClass::Value(Allowed::OrNone(Kind::$kind)) };
    (@class raw) => { FieldClass::Raw };
}

kinds! {
    /// A procedure: code and captured values. `aux` is the exact number of arguments, or 255 for
    /// the general entry.
    1 Closure { CODE: value(Only Code) } tail Values;
    /// Instructions and constants of a procedure. `counts` is instructions | constants << 32,
    /// `shape` is required:16 | optional:8 | rest:8 | frame words:16 | captures:16. The hash is
    /// BLAKE3 over the content.
    2 Code { NAME: value, INFO: value, COUNTS: raw, SHAPE: raw, HASH0: raw, HASH1: raw, HASH2: raw, HASH3: raw } tail Code;
    /// An assigned variable.
    3 Box { CONTENT: value } tail None;
    /// A global variable; does not move.
    4 Cell { CONTENT: value, NAME: value(Only Symbol) } tail None;
    /// A symbol: its name and the stored hash of the name.
    5 Symbol { NAME: value(Only String), HASH: raw } tail None;
    /// A string: `length` characters in `storage`, one byte each, or four with `aux` 1; bit 0 of
    /// the flags marks a literal.
    6 String { STORAGE: value(Only Bytevector), LENGTH: raw } tail None;
    /// Bytes; `length` says how many of the tail count.
    7 Bytevector { LENGTH: raw } tail Raw;
    /// A vector; bit 0 of the flags marks a literal.
    8 Vector {} tail Values;
    /// A flonum whose magnitude an immediate cannot hold.
    9 Flonum { BITS: raw } tail None;
    /// An integer beyond the fixnums: sign in `aux` (1 is negative), limbs from the least.
    10 Bignum {} tail Raw;
    /// A primitive as a procedure; `code` is its number in the table of primitives.
    11 Primitive { CODE: raw } tail None;
    /// The rest of a computation: the frames of `segment` below word `offset`, then `next`. `link`
    /// is the return link to the topmost frame; with a code object in `code` that frame was
    /// interrupted and goes on at the link's instruction without taking a value. `depth` is the number
    /// of words of all its frames, those of `next` included. `dynamic` is the state of the process when
    /// the object was made, which is no part of the rest of the computation, or the empty list.
    12 Continuation { SEGMENT: value(Only Segment), NEXT: value(OrNone Continuation), DYNAMIC: value, CODE: value(OrNone Code), OFFSET: raw, LINK: raw, DEPTH: raw } tail None;
    /// Sealed frames. Never changed but for words above the highest live offset.
    13 Segment {} tail Frames;
    /// A process: `state` is a fixnum (see the machine's table of states), `continuation` is
    /// where it goes on, `value` what it gets there or what it ended with. `work` is what it has
    /// done. Messages are a queue from `first_message` to `last_message`, of which a receive has
    /// looked at those up to `seen_message`. `due` says when it goes on: microseconds since 1970 or
    /// the number of a commit; `#t` once that time has come. With `sequence` it is the key of the
    /// process in the tree of timers.
    14 Process { STATE: value(Fixnum), ID: value(Fixnum), CONTINUATION: value(OrNone Continuation), DYNAMIC: value, NEXT: value(OrNone Process), VALUE: value, WORK: value(Fixnum), NAME: value, FIRST_MESSAGE: value(OrNone Message), LAST_MESSAGE: value(OrNone Message), SEEN_MESSAGE: value(OrNone Message), MESSAGE_COUNT: value(Fixnum), DUE: value, SEQUENCE: value(Fixnum), MONITORS: value(OrNone Monitor), MONITOR_COUNT: value(Fixnum) } tail None;
    /// The results of `values` with other than one argument.
    15 MultipleValues {} tail Values;
    /// A hash table in insertion order: `entries` holds key, value pairs, `index` their places;
    /// `young` lists the entries whose key may still move. `aux` is the equivalence.
    16 HashTable { ENTRIES: value(Only Vector), INDEX: value(Only Bytevector), COUNT: value(Fixnum), USED: value(Fixnum), YOUNG: value, EPOCH: value(Fixnum) } tail None;
    /// A port: see the table of port states in `stdlib`.
    17 Port { STATE: value(Fixnum), NAME: value, POSITION: value(Fixnum), BUFFER: value, EXTRA: value, FILE: value } tail None;
    /// An error object: code of the error table as a fixnum, message, irritants.
    18 Condition { CODE: value(Fixnum), MESSAGE: value, IRRITANTS: value(List), CONTINUATION: value } tail None;
    /// A request to the outside that leaves after its commit.
    19 Effect { NUMBER: value(Fixnum), OPERATION: value(Fixnum), TARGET: value, POSITION: value(Fixnum), PAYLOAD: value, NEXT: value(OrNone Effect) } tail None;
    /// The type of records: a vector of the names of their fields, and what tells it from types of
    /// other images and other definitions: a fixnum drawn at random, or a symbol for types of the
    /// library. A type whose layout changes keeps its identity and gets the next version.
    20 RecordType { NAME: value(Only Symbol), FIELD_NAMES: value(Only Vector), IDENTITY: value, VERSION: value(Fixnum) } tail None;
    /// A record: its type, then as many values as the type has fields.
    21 Record { TYPE: value(Only RecordType) } tail Values;
    /// A datum of a macro's rules, and scopes that all of it has: an ascending list of fixnums.
    22 Syntax { DATUM: value, SCOPES: value(List) } tail None;
    /// A macro: its rules as syntax, its number in the image, and whether definitions where it was
    /// defined leave out the scopes of its uses (`aux` 1). Rules that stand in a text are a vector of the
    /// syntax, a bytevector of its places, and the source (name and text) that code made of the text has too.
    23 Macro { NAME: value(Only Symbol), RULES: value, NUMBER: value(Fixnum) } tail None;
    /// What a name with exactly these scopes means outside all bodies: an ascending list of fixnums.
    /// The meaning is a symbol (the global variable of that name), a macro, or a list of one symbol
    /// (what the language itself means by it). `next` is another binding of the name.
    24 Binding { NAME: value(Only Symbol), SCOPES: value(List), MEANING: value, NEXT: value(OrNone Binding) } tail None;
    /// A library by its name as written; `exports` has names and their meanings in turn.
    25 Library { NAME: value(Only Symbol), EXPORTS: value(Only Vector) } tail None;
    /// What `eval` looks names up in: names and their meanings in turn, or `#f` for the top level.
    26 Environment { BINDINGS: value(OrNone Vector) } tail None;
    /// An exact ratio in lowest terms: two integers (fixnums or bignums), the denominator above 1.
    27 Ratnum { NUMERATOR: value, DENOMINATOR: value } tail None;
    /// A complex number: both parts exact (fixnums, bignums or ratios), the imaginary one not zero, or
    /// both flonums.
    28 Compnum { REAL: value, IMAGINARY: value } tail None;
    /// A compilation that waits for the machine: its number, what it began with, the answers it has been
    /// given, the objects and texts that it refers to by number, the last first, the pairs of the form
    /// that was handed out, and the call whose result is the next answer.
    29 Compilation { NUMBER: value(Fixnum), ORIGIN: value(Only Vector), ANSWERS: value(List), ANSWER_COUNT: value(Fixnum), OBJECTS: value(List), OBJECT_COUNT: value(Fixnum), TEXTS: value(List), GIVEN: value(OrNone Vector), CALL: value } tail None;
    /// A node of the tree that leads from the number of a process to its record, by six bits a
    /// level: `level` 0 holds processes, the others nodes of the level below. `count` says how many
    /// of the 64 slots are not `#f`. Does not move.
    30 ProcessNode { LEVEL: value(Fixnum), COUNT: value(Fixnum) } tail Values;
    /// A message in the mailbox of a process.
    31 Message { CONTENT: value, NEXT: value(OrNone Message) } tail None;
    /// A node of the tree of timers: `count` entries of three words, ordered by due time and then by
    /// sequence number: these two and, on `level` 0, the process that waits, on the others a node of
    /// the level below whose first entry is not before them. Does not move.
    32 TimerNode { LEVEL: value(Fixnum), COUNT: value(Fixnum) } tail Values;
    /// One process watches another, in whose record the list of its monitors begins with the newest.
    /// `watcher` is `#f` once it was told or has given it up.
    33 Monitor { WATCHER: value(OrNone Process), NEXT: value(OrNone Monitor) } tail None;
    /// What the prompt remembers. `text` is the entry being evaluated, the one with the number `entry`,
    /// and `position` the byte behind the form that `process` evaluates; while `values` is not empty,
    /// `process` writes the first of them. `count` is the number of the last value, `history` the
    /// entries as strings, newest first, `failed` the last evaluation that failed, for its stack.
    40 Prompt { PROCESS: value(OrNone Process), TEXT: value(OrNone String), ENTRY: value(Fixnum), POSITION: value(Fixnum), VALUES: value(List), COUNT: value(Fixnum), HISTORY: value(List), FAILED: value(OrNone Process) } tail None;
}

/// The kinds of objects that can be called.
pub const PROCEDURE_KINDS: [Kind; 3] = [Kind::Closure, Kind::Primitive, Kind::Continuation];

/// Bits of the header's flags.
pub mod flag {
    /// A literal constant of a program: cannot be changed.
    pub const LITERAL: u16 = 1;
}

/// An object's header word, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header(pub u64);

impl Header {
    #[inline(always)]
    pub const fn new(kind: Kind, aux: u8, body_words: usize) -> Header {
        Header(kind as u64 | (aux as u64) << 8 | (body_words as u64) << 32)
    }

    pub const fn with_flags(self, flags: u16) -> Header {
        Header(self.0 & !(0xffff << 16) | (flags as u64) << 16)
    }

    #[inline(always)]
    pub const fn code(self) -> u8 {
        self.0 as u8
    }

    #[inline(always)]
    pub const fn kind(self) -> Option<Kind> {
        Kind::from_code(self.0 as u8)
    }

    #[inline(always)]
    pub const fn aux(self) -> u8 {
        (self.0 >> 8) as u8
    }

    #[inline(always)]
    pub const fn flags(self) -> u16 {
        (self.0 >> 16) as u16
    }

    #[inline(always)]
    pub const fn body_words(self) -> usize {
        (self.0 >> 32) as usize
    }

    /// Bytes of nursery the object takes: none if it is large, because it then has a run of its own.
    /// What is to be reserved before it is made.
    pub const fn nursery_bytes(self) -> u64 {
        let bytes = self.size_bytes();
        if bytes > crate::limits::LARGE_OBJECT_BYTES { 0 } else { bytes }
    }

    /// Bytes of the object, header included, rounded up to granules of 16 bytes.
    #[inline(always)]
    pub const fn size_bytes(self) -> u64 {
        ((self.body_words() as u64 + 1) * 8 + 15) & !15
    }
}

/// Body words that are traced, as up to two half-open ranges of body indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRanges {
    pub first: (usize, usize),
    pub second: (usize, usize),
}

const fn value_field_count(row: &KindRow) -> usize {
    let mut count = 0;
    while count < row.fields.len() && matches!(row.fields[count].class, FieldClass::Value(_)) {
        count += 1;
    }
    let mut rest = count;
    while rest < row.fields.len() {
        assert!(matches!(row.fields[rest].class, FieldClass::Raw), "values come before raw fields");
        rest += 1;
    }
    count
}

/// What the tracer needs of a row, by code, computed at compile time.
#[derive(Clone, Copy)]
struct Shape {
    value_fields: u8,
    fields: u8,
    tail: Tail,
}

const SHAPES: [Option<Shape>; 256] = {
    let mut shapes = [None; 256];
    let mut index = 0;
    while index < Kind::ALL.len() {
        let row = Kind::ALL[index].row();
        assert!(row.kind as u64 & 0xff != Word::MOVED.0 & 0xff);
        shapes[row.kind as usize] = Some(Shape {
            value_fields: value_field_count(row) as u8,
            fields: row.fields.len() as u8,
            tail: row.tail,
        });
        index += 1;
    }
    shapes
};

/// The traced words of an object; `counts` is read only for code. Frames are not included: their
/// extent depends on the continuations that reach them.
#[inline]
pub fn value_ranges(header: Header, counts: impl FnOnce() -> u64) -> Option<ValueRanges> {
    let shape = SHAPES[header.code() as usize]?;
    let first = (0, shape.value_fields as usize);
    let second = match shape.tail {
        Tail::None | Tail::Raw | Tail::Frames => (0, 0),
        Tail::Values => (shape.fields as usize, header.body_words()),
        Tail::Code => {
            let counts = counts();
            let start = body::Code::FIELDS + counts as u32 as usize;
            (start, start + (counts >> 32) as usize)
        }
    };
    Some(ValueRanges { first, second })
}

/// Least number of body words an object of this kind has.
pub fn body_words_min(kind: Kind) -> usize {
    kind.row().fields.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_round_trip_and_are_documented() {
        for &kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind as u8), Some(kind));
            assert_eq!(kind.row().kind, kind);
            assert!(!kind.row().doc.trim().is_empty());
        }
        assert_eq!(Kind::from_code(0), None, "zeroed memory is no object");
    }

    #[test]
    fn places_in_bodies_follow_the_rows() {
        assert_eq!((body::Code::NAME, body::Code::HASH3, body::Code::FIELDS), (0, 7, 8));
        assert_eq!(Kind::Code.row().fields[body::Code::HASH0].name, "hash0");
        assert_eq!(body::Vector::TAIL_BYTES, 8);
    }

    #[test]
    fn headers_decode() {
        let header = Header::new(Kind::Closure, 3, 5).with_flags(flag::LITERAL);
        assert_eq!(header.kind(), Some(Kind::Closure));
        assert_eq!((header.aux(), header.flags(), header.body_words()), (3, 1, 5));
        assert_eq!(header.size_bytes(), 48);
        assert_eq!(value_ranges(header, || 0), Some(ValueRanges { first: (0, 1), second: (1, 5) }));
    }
}
