//! An image with the seal of the host's key is trusted; any other is walked before anything in it runs.

mod support;

use std::path::Path;

use pscheme::heap::heap::Heap;
use pscheme::heap::kind::body;
use pscheme::heap::store::seal::KEY_BYTES;
use pscheme::heap::store::{CommitClock, ImageDirectory, Store, StoreOptions, Wave};
use pscheme::heap::word::Word;
use pscheme::session::{Outcome, SessionError};
use pscheme::{OpenOptions, Session, SessionOptions, seal_key};
use support::{Console, TestHost};

const PROGRAM: &str = "(define data (list 1 2 3)) (display (length data))";

fn store_options(secret: u8) -> StoreOptions {
    let key = Some(seal_key(&[secret; KEY_BYTES]));
    StoreOptions { key, ..StoreOptions::new(CommitClock::fixed(0)) }
}

fn session(path: &Path, secret: u8) -> Result<Session, SessionError> {
    let image = ImageDirectory::at(path);
    let options = store_options(secret);
    let store = if image.exists() { image.open(&options) } else { image.create(&options) };
    Session::open(Box::new(store?), SessionOptions::new(TestHost::new(&Console::default())))
}

/// Makes the first element of `data` a word that no pscheme writes, and vouches for it.
fn damage(path: &Path, secret: u8) {
    let mut store = ImageDirectory::at(path).open(&store_options(secret)).unwrap();
    let mut heap = Heap::restore(&mut store).unwrap();
    let cells = heap.global_cells();
    let named = |cell: &Word| heap.symbol_name(heap.field(*cell, body::Cell::NAME)) == "data";
    let cell = cells.into_iter().find(named).expect("the program defines it");
    let pair = heap.field(cell, body::Cell::CONTENT).offset();
    heap.store(pair, Word(0x3f << 3 | 5));
    let mut wave = Wave::default();
    heap.list_changes(&mut wave);
    store.vouch();
    store.commit(&wave).unwrap();
    store.close().unwrap();
}

#[test]
fn a_sealed_image_is_not_walked_and_any_other_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealed.image");
    let mut first = session(&path, 1).unwrap();
    first.start_program("seal.scm", PROGRAM).unwrap();
    assert!(matches!(first.run().unwrap(), Outcome::Ended(0)));
    first.close().unwrap();
    // Another key: it is walked, nothing is found, and it gets the seal of that key.
    session(&path, 2).unwrap().close().unwrap();
    assert!(ImageDirectory::at(&path).open(&store_options(2)).unwrap().is_sealed());

    damage(&path, 2);
    session(&path, 2).expect("it is trusted").close().unwrap();
    let refused = session(&path, 1).err().expect("it is walked");
    assert!(
        matches!(&refused, SessionError::Damaged { problems } if problems.len() == 1),
        "{refused}"
    );
    // Who looks without running it is no less careful.
    let look = |secret| OpenOptions::new().key(&[secret; KEY_BYTES]).open_read_only(&path);
    assert!(look(2).is_ok());
    assert!(look(1).is_err());
    assert!(OpenOptions::new().open_read_only(&path).is_err());
}
