//! The root record and the two things that protect it: a hashed envelope around the record, and the
//! root hash over everything a commit consists of.
//!
//! The envelope is self-contained on purpose. It names image and commit and ends with a hash, so a
//! root can be recognised in a damaged write-ahead log without SQLite (see `wal`).

use super::error::StoreError;
use super::history::CommitCause;
use super::identity::{BranchId, Digest, FencingNumber, ImageId, TransactionId};
use super::limits::{ROOT_COUNTER_COUNT, ROOT_WORD_COUNT_MAX};
use super::seal::SealKey;

/// The machine's roots: a table of words and some counters. The store does not look into them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootRecord {
    /// The version of the machine's own layout of `words` and `counters`.
    pub version: u32,
    /// The machine's root table, at most [`ROOT_WORD_COUNT_MAX`] words.
    pub words: Vec<u64>,
    /// The machine's counters (work, effects, generations).
    pub counters: [u64; ROOT_COUNTER_COUNT],
}

/// Which of the counters says why a commit was made.
const CAUSE_COUNTER: usize = ROOT_COUNTER_COUNT - 1;
/// Which of the counters has the number of the commit that one goes back to.
const REWOUND_COUNTER: usize = ROOT_COUNTER_COUNT - 2;

impl RootRecord {
    /// Why the commit was made.
    pub fn cause(&self) -> CommitCause {
        CommitCause::from_number(self.counters[CAUSE_COUNTER])
    }

    /// Says why the commit is made.
    pub fn set_cause(&mut self, cause: CommitCause) {
        self.counters[CAUSE_COUNTER] = cause as u64;
        self.counters[REWOUND_COUNTER] = 0;
    }

    /// The commit that this one goes back to.
    pub fn rewound_to(&self) -> Option<TransactionId> {
        let number = self.counters[REWOUND_COUNTER];
        (self.cause() == CommitCause::Rewind && number > 0).then_some(TransactionId(number))
    }

    /// Says that the commit goes back to another.
    pub fn set_rewound_to(&mut self, commit: TransactionId) {
        self.set_cause(CommitCause::Rewind);
        self.counters[REWOUND_COUNTER] = commit.0;
    }
}

/// The form in which the record is archived: of fixed size, unused words are zero.
#[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
struct StoredRecord {
    version: u32,
    word_count: u32,
    words: [u64; ROOT_WORD_COUNT_MAX],
    counters: [u64; ROOT_COUNTER_COUNT],
}

pub(crate) const ENVELOPE_MAGIC: [u8; 8] = *b"PSROOT\x00\x01";
const ENVELOPE_VERSION: u16 = 1;
const HEADER_BYTES: usize = 40;
const HASH_BYTES: usize = 32;
pub(crate) const RECORD_BYTES: usize = 4 + 4 + 8 * ROOT_WORD_COUNT_MAX + 8 * ROOT_COUNTER_COUNT;
/// Size of a root record with its envelope.
pub const ENVELOPE_BYTES: usize = HEADER_BYTES + RECORD_BYTES + HASH_BYTES;

const _: () = assert!(size_of::<ArchivedStoredRecord>() == RECORD_BYTES);
const _: () = assert!(align_of::<ArchivedStoredRecord>() == 1);
// A root row with its other columns (under 300 bytes) must fit the leaf of a 4 KiB SQLite page
// whole: the scan of a damaged write-ahead log looks for envelopes inside single pages.
const _: () = assert!(ENVELOPE_BYTES + 300 < 4_061);

/// Wraps a record: magic, version, length, commit, image, record, BLAKE3 of all before it.
///
/// # Panics
/// If the record has more than [`ROOT_WORD_COUNT_MAX`] words.
pub(crate) fn seal(record: &RootRecord, image: ImageId, transaction: TransactionId) -> Vec<u8> {
    assert!(
        record.words.len() <= ROOT_WORD_COUNT_MAX,
        "a root record has at most {ROOT_WORD_COUNT_MAX} words, this one {}",
        record.words.len()
    );
    let mut words = [0; ROOT_WORD_COUNT_MAX];
    words[..record.words.len()].copy_from_slice(&record.words);
    let stored = StoredRecord {
        version: record.version,
        word_count: record.words.len() as u32,
        words,
        counters: record.counters,
    };
    let payload = rkyv::to_bytes::<rkyv::rancor::Error>(&stored)
        .expect("a record of plain numbers can be archived");
    assert_eq!(payload.len(), RECORD_BYTES, "the archived record has its fixed size");

    let mut envelope = Vec::with_capacity(ENVELOPE_BYTES);
    envelope.extend_from_slice(&ENVELOPE_MAGIC);
    envelope.extend_from_slice(&ENVELOPE_VERSION.to_le_bytes());
    envelope.extend_from_slice(&[0; 2]);
    envelope.extend_from_slice(&(RECORD_BYTES as u32).to_le_bytes());
    envelope.extend_from_slice(&transaction.0.to_le_bytes());
    envelope.extend_from_slice(&image.0);
    assert_eq!(envelope.len(), HEADER_BYTES);
    envelope.extend_from_slice(&payload);
    let hash = blake3::hash(&envelope);
    envelope.extend_from_slice(hash.as_bytes());
    assert_eq!(envelope.len(), ENVELOPE_BYTES);
    envelope
}

/// The commit an envelope names, if `bytes` starts with a whole, undamaged one of this image.
pub(crate) fn recognise(bytes: &[u8], image: ImageId) -> Option<TransactionId> {
    let envelope = bytes.get(..ENVELOPE_BYTES)?;
    if envelope[..8] != ENVELOPE_MAGIC || envelope[24..40] != image.0 {
        return None;
    }
    let (covered, hash) = envelope.split_at(ENVELOPE_BYTES - HASH_BYTES);
    (blake3::hash(covered).as_bytes() == hash)
        .then(|| TransactionId(u64::from_le_bytes(covered[16..24].try_into().expect("8 bytes"))))
}

/// Opens an envelope: the reverse of [`seal`]. The archived record is validated before it is read.
pub(crate) fn unseal(
    envelope: &[u8],
    image: ImageId,
    transaction: TransactionId,
) -> Result<RootRecord, StoreError> {
    let damaged = |what: &str| StoreError::damaged(format!("root {transaction}: {what}"));
    if envelope.len() < HEADER_BYTES + HASH_BYTES || envelope[..8] != ENVELOPE_MAGIC {
        return Err(damaged("the record has no envelope"));
    }
    let (covered, hash) = envelope.split_at(envelope.len() - HASH_BYTES);
    if blake3::hash(covered).as_bytes() != hash {
        return Err(damaged("the record does not have its hash"));
    }
    let version = u16::from_le_bytes(covered[8..10].try_into().expect("2 bytes"));
    if version != ENVELOPE_VERSION {
        return Err(StoreError::Newer {
            what: "the root record",
            found: version.into(),
            known: ENVELOPE_VERSION.into(),
        });
    }
    if recognise(envelope, image) != Some(transaction) || envelope.len() != ENVELOPE_BYTES {
        return Err(damaged("the record belongs to another image or commit"));
    }
    let stored: StoredRecord =
        rkyv::from_bytes::<StoredRecord, rkyv::rancor::Error>(&covered[HEADER_BYTES..])
            .map_err(|error| damaged(&format!("the record is malformed: {error}")))?;
    let count = stored.word_count as usize;
    if count > ROOT_WORD_COUNT_MAX || stored.words[count..].iter().any(|word| *word != 0) {
        return Err(damaged("the record's word count does not fit its words"));
    }
    Ok(RootRecord {
        version: stored.version,
        words: stored.words[..count].to_vec(),
        counters: stored.counters,
    })
}

/// A row of the table `root`: one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootRow {
    pub transaction: TransactionId,
    pub branch: BranchId,
    /// Microseconds since 1970, from the clock the host gave.
    pub time_us: i64,
    pub fence: FencingNumber,
    /// The number the next blob gets. Blobs from here on are leftovers of an interrupted commit.
    pub next_blob: i64,
    /// The sealed [`RootRecord`].
    pub envelope: Vec<u8>,
    /// The digest over all region digests.
    pub regions: Digest,
    /// The hash of the root before, or zero for the first.
    pub previous: Digest,
    /// The hash over all of the above.
    pub hash: Digest,
    /// The seal of the hash, if the owner had a key and vouched for the state.
    pub seal: Option<Digest>,
}

/// Bytes of the values in a root row without a seal: eight-byte numbers, branch, envelope, three digests.
pub(crate) const ROOT_ROW_BYTES: u64 = 4 * 8 + 16 + ENVELOPE_BYTES as u64 + 3 * 32;

impl RootRow {
    /// Computes the hash over all columns but `hash` and `seal`.
    pub fn compute_hash(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"pscheme root 1\0\0");
        hasher.update(&self.transaction.0.to_le_bytes());
        hasher.update(&self.branch.0);
        hasher.update(&self.time_us.to_le_bytes());
        hasher.update(&self.fence.0.to_le_bytes());
        hasher.update(&self.next_blob.to_le_bytes());
        hasher.update(&self.regions.0);
        hasher.update(&self.previous.0);
        hasher.update(&self.envelope);
        hasher.finalize().into()
    }

    /// Whether the root has the seal of this key.
    pub fn is_sealed(&self, key: Option<&SealKey>, image: ImageId) -> bool {
        let (Some(key), Some(seal)) = (key, self.seal) else { return false };
        key.fits(image, self.hash, seal)
    }

    /// Checks the row against its hash and opens its record.
    pub fn verify(&self, image: ImageId) -> Result<RootRecord, StoreError> {
        if self.compute_hash() != self.hash {
            return Err(StoreError::damaged(format!(
                "root {} does not have its hash",
                self.transaction
            )));
        }
        unseal(&self.envelope, image, self.transaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: ImageId = ImageId(*b"0123456789abcdef");

    fn record() -> RootRecord {
        let mut counters = [0; ROOT_COUNTER_COUNT];
        counters[0] = 7;
        counters[15] = u64::MAX;
        RootRecord { version: 3, words: vec![1, 0x1122_3344_5566_7788], counters }
    }

    #[test]
    fn envelope_has_the_bytes_of_its_first_release() {
        let envelope = seal(&record(), IMAGE, TransactionId(0x0102));
        let mut expected = Vec::new();
        expected.extend_from_slice(b"PSROOT\x00\x01");
        expected.extend_from_slice(&[1, 0, 0, 0]);
        expected.extend_from_slice(&[0x88, 0x08, 0, 0]);
        expected.extend_from_slice(&[0x02, 0x01, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(b"0123456789abcdef");
        expected.extend_from_slice(&[3, 0, 0, 0, 2, 0, 0, 0]);
        expected.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
        expected.resize(expected.len() + 8 * (ROOT_WORD_COUNT_MAX - 2), 0);
        expected.extend_from_slice(&[7, 0, 0, 0, 0, 0, 0, 0]);
        expected.resize(expected.len() + 8 * 14, 0);
        expected.extend_from_slice(&[0xff; 8]);
        assert_eq!(expected.len(), ENVELOPE_BYTES - 32);
        assert_eq!(envelope[..ENVELOPE_BYTES - 32], expected);
        assert_eq!(
            blake3::hash(&envelope).to_hex().as_str(),
            "7a3f7a03c4215264e0809afa73803a7ac93f126c19779b8947f14f3b641f3508",
            "the envelope's bytes are part of the format"
        );
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let envelope = seal(&record(), IMAGE, TransactionId(9));
        assert_eq!(unseal(&envelope, IMAGE, TransactionId(9)).unwrap(), record());
        for index in 0..envelope.len() {
            let mut flipped = envelope.clone();
            flipped[index] ^= 0x10;
            assert!(unseal(&flipped, IMAGE, TransactionId(9)).is_err(), "byte {index}");
            assert_eq!(recognise(&flipped, IMAGE), None, "byte {index}");
        }
    }

    #[test]
    fn another_commit_or_image_or_length_is_refused() {
        let envelope = seal(&record(), IMAGE, TransactionId(9));
        assert!(unseal(&envelope, IMAGE, TransactionId(8)).is_err());
        assert!(unseal(&envelope, ImageId([0; 16]), TransactionId(9)).is_err());
        assert!(unseal(&envelope[..ENVELOPE_BYTES - 1], IMAGE, TransactionId(9)).is_err());
        assert!(unseal(&[], IMAGE, TransactionId(9)).is_err());
    }

    #[test]
    #[should_panic(expected = "at most 256 words")]
    fn too_many_words_are_a_bug_of_the_caller() {
        let record = RootRecord { words: vec![0; ROOT_WORD_COUNT_MAX + 1], ..record() };
        seal(&record, IMAGE, TransactionId(1));
    }
}
