//! `docs/format.md`, first part, as assertions the compiler checks: one for each row of its tables.
//!
//! A row that no longer holds is a change of the format: it needs a new version of the page layout, and
//! images of the old one must still open. What lies where in whole pages is held by the golden file
//! of `tests/golden_pages.rs`; kinds and opcodes are listed in `docs/generated`.

use crate::frame::{Link, LiveMask, RETURN_POINT_OPCODE, ReturnPoint, SHORT_MASK_REGISTERS};
use crate::kind::{Header, Kind, flag};
use crate::limits::*;
use crate::snapshot::{PAGE_FORMAT_VERSION, page_header};
use crate::space::{BITMAP_WORDS, PageType};
use crate::word::{TAG_FIXNUM, TAG_IMMEDIATE, TAG_MASK, TAG_OBJECT, TAG_PAIR, Word};

/// Asserts rows at compile time.
macro_rules! rows {
    ($($row:expr;)*) => { $( const _: () = assert!($row, stringify!($row)); )* };
}

// "A heap is a range of 64 GiB of offsets in pages of 16,384 bytes", and the table of its pages.
rows! {
    HEAP_RESERVED_BYTES == 64 << 30;
    PAGE_BYTES == 16_384;
    HEAP_RESERVED_BYTES / PAGE_BYTES == 4_194_304;
    NURSERY_FIRST_PAGE == 16;
    NURSERY_FIRST_PAGE + NURSERY_PAGES == 80;
    CODE_FIRST_PAGE == 65_536;
    CODE_FIRST_PAGE as u64 * PAGE_BYTES == 1 << 30;
    CODE_END_PAGE == 131_072;
    CODE_END_PAGE as u64 * PAGE_BYTES == 2 << 30;
}

// Words: tags, immediates, flonums.
rows! {
    TAG_MASK == 0b111;
    TAG_FIXNUM == 0b000;
    TAG_PAIR == 0b001;
    TAG_OBJECT == 0b100;
    TAG_IMMEDIATE == 0b101;
    Word::fixnum(-1).0 == (-8i64) as u64;
    Word::fixnum(5).0 == 5 << 3;
    Word::pair(0x8000_0010).0 == 0x8000_0011;
    Word::object(0x8000_0010).0 == 0x8000_0014;
    Word::FALSE.0 == 5;
    Word::TRUE.0 == 1 << 3 | 5;
    Word::NULL.0 == 2 << 3 | 5;
    Word::EOF.0 == 3 << 3 | 5;
    Word::UNSPECIFIED.0 == 4 << 3 | 5;
    Word::UNBOUND.0 == 5 << 3 | 5;
    Word::DEAD.0 == 6 << 3 | 5;
    Word::character('λ').0 == 0x3bb << 8 | 7 << 3 | 5;
    Word::MOVED.0 == 8 << 3 | 5;
    matches!(Word::try_flonum(1.5), Some(word) if word.0 == 0x3ff8_0000_0000_0000_u64.rotate_left(4) + 3);
    Word::try_flonum(1e100).is_none();
}

// The stored page.
rows! {
    PAGE_FORMAT_VERSION == 2;
    page_header::VERSION == 0;
    page_header::PAGE_TYPE == 1;
    page_header::RUN_PAGES == 4;
    page_header::STARTS == 128;
    page_header::STARTS + BITMAP_WORDS * 8 == 256;
    PAGE_HEADER_BYTES == 256;
    GRANULE_BYTES == 16;
    LARGE_OBJECT_BYTES == 8_192;
    PAGE_BYTES as usize == crate::store::PAGE_SIZE_BYTES;
}

// Page types.
rows! {
    PageType::Free as u8 == 0;
    PageType::Pair as u8 == 1;
    PageType::Object as u8 == 2;
    PageType::Run as u8 == 3;
    PageType::RunTail as u8 == 4;
    PageType::Code as u8 == 5;
    PageType::Cell as u8 == 6;
    PageType::Process as u8 == 7;
}

// Header words of objects.
rows! {
    Header::new(Kind::Vector, 0, 0).0 == 8;
    Header::new(Kind::Closure, 255, 0).0 == 255 << 8 | 1;
    Header::new(Kind::Closure, 0, 0).with_flags(0xffff).0 == 0xffff << 16 | 1;
    Header::new(Kind::Closure, 0, 0xffff_ffff).0 == 0xffff_ffff << 32 | 1;
    flag::LITERAL == 1;
    Header::new(Kind::Vector, 0, 1).size_bytes() == 16;
    Header::new(Kind::Vector, 0, 2).size_bytes() == 32;
}

// Frames: links and return-point words.
rows! {
    Link::new(0x4000_0128, 3).0 == (0x4000_0128 << 16) + 3 * 8;
    RETURN_POINT_OPCODE == 0x45;
    SHORT_MASK_REGISTERS == 20;
    point(0, 0, LiveMask::Short(0)) == 0x45;
    point(0, 0, LiveMask::Long(0)) == 1 << 8 | 0x45;
    point(0x1fff, 0, LiveMask::Short(0)) == 0x1fff << 11 | 0x45;
    point(0, 0xf_ffff, LiveMask::Short(0)) == 0xf_ffff << 24 | 0x45;
    point(0, 0, LiveMask::Short(0xf_ffff)) == 0xf_ffff << 44 | 0x45;
}

const fn point(shift: usize, distance: usize, live: LiveMask) -> u64 {
    ReturnPoint { shift, distance, live }.encode()
}
