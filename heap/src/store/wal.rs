//! Reads SQLite's write-ahead log without SQLite, to see commits that SQLite will not.
//!
//! SQLite ends the log at the first frame whose checksum fails and silently forgets all that
//! follows: right after a power cut, where what follows was never acknowledged, and wrong after a
//! flipped bit, where it was. The difference shows in the roots behind the bad frame. A commit writes
//! its frames only after the one before was synced (an opening syncs what it finds), so a root numbered n + 2 in the log proves that
//! commit n + 1 was durable; if the database then opens at n, acknowledged commits are lost.
//!
//! Roots are recognised by their envelopes (see `root`), which hold their own hash and lie within one
//! database page. Counting frames marked as commits would not do: pruning commits without a sync, so
//! that a power cut may leave several such transactions unfinished, all of them harmless.
//!
//! Nothing here writes. Format: <https://sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::StoreError;
use super::identity::{ImageId, TransactionId};
use super::root::{self, ENVELOPE_MAGIC};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The size of the database's pages.
pub(crate) const DATABASE_PAGE_BYTES: usize = 4_096;
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + DATABASE_PAGE_BYTES;
/// Bytes one page takes in the log.
pub(crate) const LOG_BYTES_PER_PAGE: u64 = FRAME_BYTES as u64;
const MAGIC_LITTLE_ENDIAN_SUMS: u32 = 0x377f_0682;
const MAGIC_BIG_ENDIAN_SUMS: u32 = 0x377f_0683;

/// What a scan of the log found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogScan {
    /// There is no log, or a file without a byte.
    pub is_empty: bool,
    /// Frames up to and including the last valid commit: what SQLite will use.
    pub valid_frame_count: u64,
    /// Frames behind those that belong to the same run of the log.
    pub frames_behind: u64,
    /// The newest root in the valid part. Only looked for if there is one behind it.
    pub newest_valid: Option<TransactionId>,
    /// The newest root behind the valid part.
    pub newest_behind: Option<TransactionId>,
    /// `user_version` and `application_id` of the last valid copy of the database's first page.
    pub header: Option<DatabaseHeader>,
}

/// What a log holds behind its last whole transaction: what was being written when its process was killed or the
/// power went. Opening the image drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedTransaction {
    /// Pages of the database, of 4 KiB each, that had come into the log.
    pub page_count: u64,
    /// The commit that was being written, if its root had come so far.
    pub commit: Option<TransactionId>,
}

impl fmt::Display for UnfinishedTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.commit {
            Some(commit) => write!(f, "commit {commit}")?,
            None => f.write_str("a transaction")?,
        }
        let (pages, are) = if self.page_count == 1 { ("page", "is") } else { ("pages", "are") };
        let count = self.page_count;
        write!(f, " was not written to its end: {count} {pages} of it in the log {are} dropped")
    }
}

/// The fields of a database's first page that say what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseHeader {
    /// The version of pscheme's schema.
    pub user_version: u32,
    /// The number that marks the database as pscheme's.
    pub application_id: u32,
}

impl DatabaseHeader {
    /// Reads the fields from the start of page 1; `None` if that is no SQLite database.
    pub fn read(page: &[u8]) -> Option<DatabaseHeader> {
        if page.get(..16)? != b"SQLite format 3\0" {
            return None;
        }
        Some(DatabaseHeader {
            user_version: big_endian(page.get(60..64)?),
            application_id: big_endian(page.get(68..72)?),
        })
    }
}

impl LogScan {
    /// The newest commit that was certainly acknowledged and that the valid part does not hold, if
    /// `found` is the newest commit of the database.
    pub fn lost_commit(&self, found: TransactionId) -> Option<TransactionId> {
        let behind = self.newest_behind?;
        (behind.0 >= found.0 + 2).then(|| TransactionId(behind.0 - 1))
    }

    /// What was being written when writing ended.
    pub fn unfinished(&self) -> Option<UnfinishedTransaction> {
        let page_count = self.frames_behind;
        let is_new = |commit: &TransactionId| self.newest_valid.is_none_or(|valid| *commit > valid);
        let commit = self.newest_behind.filter(is_new);
        (page_count > 0).then_some(UnfinishedTransaction { page_count, commit })
    }

    /// Scans the log at `path`; a log that does not exist is an empty one.
    pub fn read(path: &Path, image: ImageId) -> Result<LogScan, StoreError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(LogScan { is_empty: true, ..LogScan::default() });
            }
            Err(error) => return Err(StoreError::io("cannot open", path)(error)),
        };
        let length = file.metadata().map_err(StoreError::io("cannot look at", path))?.len();
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let found = scan(&mut reader, image).map_err(StoreError::io("cannot read", path))?;
        Ok(LogScan { is_empty: length == 0, ..found })
    }
}

fn scan(log: &mut (impl Read + Seek), image: ImageId) -> std::io::Result<LogScan> {
    let mut result = LogScan::default();
    let mut header = [0; HEADER_BYTES];
    if !read_whole(log, &mut header)? {
        return Ok(result);
    }
    let mut salts = header[16..24].to_vec();
    if let Some(mut sums) = Checksum::of_header(&header) {
        scan_valid_part(log, &salts, &mut sums, &mut result)?;
    } else {
        // With a bad header SQLite ignores the whole log. Its frames still tell which run they
        // belong to: the first frame is always of the newest.
        let mut frame = [0; FRAME_BYTES];
        if !read_whole(log, &mut frame)? {
            return Ok(result);
        }
        salts = frame[8..16].to_vec();
    }

    let behind = HEADER_BYTES as u64 + result.valid_frame_count * FRAME_BYTES as u64;
    log.seek(SeekFrom::Start(behind))?;
    let mut frame = [0; FRAME_BYTES];
    while read_whole(log, &mut frame)? {
        if frame[8..16] == salts {
            result.frames_behind += 1;
            result.newest_behind =
                result.newest_behind.max(newest_root(&frame[FRAME_HEADER_BYTES..], image));
        }
    }
    if result.newest_behind.is_some() {
        log.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
        for _ in 0..result.valid_frame_count {
            read_whole(log, &mut frame)?;
            result.newest_valid =
                result.newest_valid.max(newest_root(&frame[FRAME_HEADER_BYTES..], image));
        }
    }
    Ok(result)
}

/// Follows the chain of checksums to its end and notes the last commit on the way.
fn scan_valid_part(
    log: &mut impl Read,
    salts: &[u8],
    sums: &mut Checksum,
    result: &mut LogScan,
) -> std::io::Result<()> {
    let mut frame = [0; FRAME_BYTES];
    let mut header = None;
    let mut frame_count = 0;
    while read_whole(log, &mut frame)? {
        let page_number = big_endian(&frame[0..4]);
        sums.add(&frame[0..8]);
        sums.add(&frame[FRAME_HEADER_BYTES..]);
        if frame[8..16] != *salts || page_number == 0 || !sums.equals(&frame[16..24]) {
            break;
        }
        frame_count += 1;
        if page_number == 1 {
            header = DatabaseHeader::read(&frame[FRAME_HEADER_BYTES..]);
        }
        let database_size_after_commit = big_endian(&frame[4..8]);
        if database_size_after_commit != 0 {
            result.valid_frame_count = frame_count;
            result.header = header.or(result.header);
        }
    }
    Ok(())
}

/// The newest commit of which a whole root envelope stands in this page.
fn newest_root(page: &[u8], image: ImageId) -> Option<TransactionId> {
    page.windows(ENVELOPE_MAGIC.len())
        .enumerate()
        .filter(|(_, window)| **window == ENVELOPE_MAGIC)
        .filter_map(|(start, _)| root::recognise(&page[start..], image))
        .max()
}

/// Fills the buffer, or says that the log ends before.
fn read_whole(log: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().expect("4 bytes"))
}

/// SQLite's running checksum over pairs of 32-bit words.
struct Checksum {
    first: u32,
    second: u32,
    is_big_endian: bool,
}

impl Checksum {
    /// The checksum after the header; `None` if the header is not a valid one of ours.
    fn of_header(header: &[u8; HEADER_BYTES]) -> Option<Checksum> {
        let magic = big_endian(&header[0..4]);
        if magic != MAGIC_LITTLE_ENDIAN_SUMS && magic != MAGIC_BIG_ENDIAN_SUMS {
            return None;
        }
        let is_big_endian = magic == MAGIC_BIG_ENDIAN_SUMS;
        let mut sums = Checksum { first: 0, second: 0, is_big_endian };
        sums.add(&header[..24]);
        let page_bytes = big_endian(&header[8..12]) as usize;
        (sums.equals(&header[24..32]) && page_bytes == DATABASE_PAGE_BYTES).then_some(sums)
    }

    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let (first, second) = pair.split_at(4);
            self.first = self.first.wrapping_add(self.word(first)).wrapping_add(self.second);
            self.second = self.second.wrapping_add(self.word(second)).wrapping_add(self.first);
        }
    }

    fn word(&self, bytes: &[u8]) -> u32 {
        let bytes = bytes.try_into().expect("4 bytes");
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn equals(&self, stored: &[u8]) -> bool {
        big_endian(&stored[0..4]) == self.first && big_endian(&stored[4..8]) == self.second
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RootRecord;
    use std::io::Cursor;

    const IMAGE: ImageId = ImageId([3; 16]);
    const SALTS: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    /// A log of one frame per entry: each with a root, if a commit is given.
    fn log(commits: &[Option<u64>]) -> Vec<u8> {
        let mut bytes = MAGIC_LITTLE_ENDIAN_SUMS.to_be_bytes().to_vec();
        bytes.extend_from_slice(&3_007_000u32.to_be_bytes());
        bytes.extend_from_slice(&(DATABASE_PAGE_BYTES as u32).to_be_bytes());
        bytes.extend_from_slice(&0u32.to_be_bytes());
        bytes.extend_from_slice(&SALTS);
        let mut sums = Checksum { first: 0, second: 0, is_big_endian: false };
        sums.add(&bytes);
        let put = |bytes: &mut Vec<u8>, sums: &Checksum| {
            bytes.extend_from_slice(&sums.first.to_be_bytes());
            bytes.extend_from_slice(&sums.second.to_be_bytes());
        };
        put(&mut bytes, &sums);
        for commit in commits {
            let mut page = vec![0; DATABASE_PAGE_BYTES];
            if let Some(number) = commit {
                let envelope = root::seal(&RootRecord::default(), IMAGE, TransactionId(*number));
                page[17..17 + envelope.len()].copy_from_slice(&envelope);
            }
            let mut header = 2u32.to_be_bytes().to_vec();
            header.extend_from_slice(&9u32.to_be_bytes());
            sums.add(&header);
            sums.add(&page);
            header.extend_from_slice(&SALTS);
            put(&mut header, &sums);
            bytes.extend_from_slice(&header);
            bytes.extend_from_slice(&page);
        }
        bytes
    }

    fn scan_bytes(bytes: &[u8]) -> LogScan {
        scan(&mut Cursor::new(bytes), IMAGE).unwrap()
    }

    #[test]
    fn a_sound_log_has_nothing_behind() {
        let scan = scan_bytes(&log(&[Some(4), None, Some(5)]));
        assert_eq!((scan.valid_frame_count, scan.frames_behind), (3, 0));
        assert_eq!(scan.lost_commit(TransactionId(5)), None);
        assert_eq!(scan_bytes(&[]), LogScan::default());
    }

    #[test]
    fn commits_behind_a_bad_frame_are_seen() {
        let mut bytes = log(&[Some(4), None, Some(5), Some(6), Some(7)]);
        bytes[HEADER_BYTES + FRAME_BYTES + 100] ^= 4;
        let scan = scan_bytes(&bytes);
        assert_eq!((scan.valid_frame_count, scan.frames_behind), (1, 4));
        assert_eq!(scan.newest_valid, Some(TransactionId(4)));
        assert_eq!(scan.newest_behind, Some(TransactionId(7)));
        assert_eq!(scan.lost_commit(TransactionId(4)), Some(TransactionId(6)));
        assert_eq!(scan.lost_commit(TransactionId(6)), None, "7 may have been cut off by a crash");
    }

    #[test]
    fn a_bad_header_hides_nothing() {
        let mut bytes = log(&[Some(4), Some(5)]);
        bytes[20] ^= 1;
        let scan = scan_bytes(&bytes);
        assert_eq!((scan.valid_frame_count, scan.frames_behind), (0, 2));
        assert_eq!(scan.lost_commit(TransactionId(3)), Some(TransactionId(4)));
    }

    #[test]
    fn frames_of_an_earlier_run_of_the_log_do_not_count() {
        let mut bytes = log(&[Some(4), Some(5), Some(6)]);
        for frame in 1..3 {
            bytes[HEADER_BYTES + frame * FRAME_BYTES + 8] ^= 1;
        }
        let scan = scan_bytes(&bytes);
        assert_eq!((scan.valid_frame_count, scan.newest_behind), (1, None));
    }

    #[test]
    fn a_root_of_another_image_does_not_count() {
        let mut bytes = log(&[Some(4), Some(5), Some(6)]);
        bytes[HEADER_BYTES + 100] ^= 1;
        let scan = scan(&mut Cursor::new(bytes), ImageId([4; 16])).unwrap();
        assert_eq!((scan.frames_behind, scan.newest_behind), (3, None));
    }
}
