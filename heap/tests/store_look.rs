//! Looking at images that nobody runs, whatever state their log is in.

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use pscheme_heap::store::{ImageDirectory, Store, TransactionId};
use support::{create, newest, options, temporary, wave};

/// Bytes of the header of SQLite's write-ahead log, and of one of its frames.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 4_120;

/// The newest commit that a look finds, having checked that it finds nothing wrong and changes nothing.
fn seen(path: &Path, what: &str) -> Option<(TransactionId, u64)> {
    let before = support::files(path);
    let image = ImageDirectory::at(path);
    let look = image.look(&options(), false, |store| Ok(newest(store))).expect(what);
    assert!(look.findings.is_empty(), "{what}: {:?}", look.findings);
    let strict = image.look(&options(), true, |store| Ok(newest(store))).expect(what);
    assert_eq!(strict.value, look.value, "{what}");
    let reader = image.open_read_only(&options()).expect(what);
    assert_eq!(newest(&reader), look.value, "{what}");
    drop(reader);
    assert!(support::files(path) == before, "{what}: the image was left as it was");
    look.value
}

/// After a power cut, with commits one and two in the database and commit three in the log.
#[test]
fn a_log_that_a_power_cut_left_short_is_looked_at() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    for mark in 1..=2 {
        store.commit(&wave(&[(1, Some(mark))], mark)).unwrap();
    }
    store.close().unwrap();
    let closed = support::files(&path);
    let mut store = support::open(&path).unwrap();
    store.commit(&wave(&[(1, Some(3))], 3)).unwrap();
    let log = support::files(&path)["heap.db-wal"].clone();
    drop(store);

    let mut wrong_magic = log.clone();
    wrong_magic[..4].fill(0);
    let mut wrong_sum = log.clone();
    wrong_sum[24] ^= 1;
    // How long, and what is in it. A log without its header holds no commit, whatever follows.
    let logs: [(&str, &[u8]); 7] = [
        ("no byte", &[]),
        ("a part of the header", &log[..17]),
        ("the header alone", &log[..LOG_HEADER_BYTES]),
        ("a part of the first frame", &log[..LOG_HEADER_BYTES + 1]),
        ("the first frame of a commit", &log[..LOG_HEADER_BYTES + FRAME_BYTES]),
        ("a header of zeros", &wrong_magic[..LOG_HEADER_BYTES + FRAME_BYTES]),
        ("a torn header", &wrong_sum[..LOG_HEADER_BYTES + FRAME_BYTES]),
    ];
    for (what, log) in logs {
        // SQLite's index of the log is scratch: it may be there or not.
        for has_index in [false, true] {
            let _ = fs::remove_file(path.join("heap.db-shm"));
            support::restore(&path, &closed);
            fs::write(path.join("heap.db-wal"), log).unwrap();
            if has_index {
                fs::write(path.join("heap.db-shm"), vec![0; 32_768]).unwrap();
            }
            assert_eq!(seen(&path, what), Some((TransactionId(2), 2)), "{what}");
        }
    }
    support::restore(&path, &closed);
    fs::write(path.join("heap.db-wal"), &log).unwrap();
    fs::write(path.join("heap.db-shm"), vec![0; 32_768]).unwrap();
    let opening_and_third = Some((TransactionId(4), 3));
    assert_eq!(seen(&path, "the whole log"), opening_and_third);
}

/// Kinds of POSIX locks that this process has on a file, as the system lists them.
fn posix_locks_on(path: &Path) -> Vec<String> {
    let inode = fs::metadata(path).unwrap().ino().to_string();
    let own = std::process::id().to_string();
    let list = fs::read_to_string("/proc/locks").unwrap();
    let lines = list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = lines.filter(|fields| {
        fields.get(1) == Some(&"POSIX")
            && fields.get(4) == Some(&own.as_str())
            && fields.get(5).is_some_and(|place| place.ends_with(&format!(":{inode}")))
    });
    ours.map(|fields| fields[3].to_string()).collect()
}

/// A process that closes a file loses all its POSIX locks on it, those of SQLite too, and then another process that
/// opens and closes the database could take the log away from under the image that runs.
#[test]
fn looking_leaves_the_locks_of_an_image_that_this_process_runs() {
    let (_guard, path) = temporary();
    let mut store = create(&path);
    store.commit(&wave(&[(1, Some(1))], 1)).unwrap();
    let database = path.join("heap.db");
    let locks = posix_locks_on(&database);
    assert_eq!(locks, ["READ"], "SQLite holds the database");
    for named in [&path, &database] {
        let image = ImageDirectory::find(named).expect("it is an image");
        let look = image.look(&options(), false, |store| Ok(newest(store))).unwrap();
        assert_eq!(look.holder.and_then(|holder| holder.pid), Some(std::process::id()));
        assert_eq!(posix_locks_on(&database), locks, "after looking at {}", named.display());
    }
    fs::remove_file(path.join("head")).unwrap();
    ImageDirectory::find(&path).expect("its database shows that it is one");
    assert_eq!(posix_locks_on(&database), locks);
}
