//! The numbers and names the store deals in, one type each, so that they cannot be mixed.
//!
//! All of them reach the disk: their widths are part of the format (docs/format.md).

use std::fmt;

/// The number of a 16 KiB heap page: its offset from the heap's base divided by the page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageNumber(pub u32);

/// The number of a commit. Commits of an image are numbered without gaps from 1; 0 is the state
/// of an image that was created and never committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(pub u64);

impl TransactionId {
    /// The state of an image before its first commit.
    pub const NONE: TransactionId = TransactionId(0);

    /// The number of the commit after this one.
    pub fn next(self) -> TransactionId {
        TransactionId(self.0.checked_add(1).expect("2^64 commits are not reached"))
    }
}

/// A branch of an image's history: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchId(pub [u8; 16]);

/// The name an image gets when it is created: 128 random bits. `head`, `lock` and every root
/// envelope carry it, so that files of two images cannot be mixed up unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(pub [u8; 16]);

/// Counts the owners an image has had. A commit of an owner that is not the newest fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FencingNumber(pub u64);

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Stands where there is nothing to hash yet: before the first root, for a region never used.
    pub const ZERO: Digest = Digest([0; 32]);
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Digest {
        Digest(*hash.as_bytes())
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn hexadecimal(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}
