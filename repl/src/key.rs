//! The user's key, with which images are sealed: one made here opens without a walk over all its objects.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pscheme::heap::store::SealKey;
use pscheme::heap::store::seal::KEY_BYTES;
use pscheme::seal_key;

/// Names the file of the key; empty: there is none, and images are walked.
const VARIABLE: &str = "PSCHEME_KEY_FILE";

/// Rights that let somebody else read or change the file.
const RIGHTS_OF_OTHERS: u32 = 0o077;

/// The key of this user, made if there is none yet. `None` if there is no place for one or it cannot be used;
/// what is wrong with one that is there is said on the error output.
pub fn user_key() -> Option<SealKey> {
    let path = path()?;
    match secret(&path) {
        Ok(secret) => Some(seal_key(&secret)),
        Err(Unusable::NoPlace) => None,
        Err(Unusable::Because(reason)) => {
            eprintln!(
                "pscheme: the key {} is not used: {reason}; images are walked at opening",
                path.display()
            );
            None
        }
    }
}

fn path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return (!path.is_empty()).then(|| path.into());
    }
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|at| at.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("pscheme").join("key"))
}

#[derive(Debug)]
enum Unusable {
    /// Nobody made one, and it cannot be made here.
    NoPlace,
    Because(String),
}

/// Reads the secret, or makes it.
fn secret(path: &Path) -> Result<[u8; KEY_BYTES], Unusable> {
    match read(path)? {
        Some(secret) => Ok(secret),
        None => {
            // A folder that cannot be written is as good as none.
            create(path).map_err(|_| Unusable::NoPlace)?;
            read(path)?.ok_or(Unusable::NoPlace)
        }
    }
}

fn read(path: &Path) -> Result<Option<[u8; KEY_BYTES]>, Unusable> {
    let because = |error: std::io::Error| Unusable::Because(error.to_string());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(because(error)),
    };
    let metadata = file.metadata().map_err(because)?;
    if metadata.permissions().mode() & RIGHTS_OF_OTHERS != 0 {
        let reason = "others than its owner have rights on it (chmod 600 takes them away)";
        return Err(Unusable::Because(reason.into()));
    }
    if metadata.uid() != nix::unistd::Uid::effective().as_raw() {
        return Err(Unusable::Because("it belongs to somebody else".into()));
    }
    let mut found = Vec::new();
    let limit = KEY_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut found).map_err(because)?;
    let secret = found.try_into();
    secret.map(Some).map_err(|_| Unusable::Because(format!("it does not have {KEY_BYTES} bytes")))
}

/// Makes a key that is there whole or not at all. One that somebody else made meanwhile stays.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut secret = [0; KEY_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut secret)?;
    // A temporary file is readable by its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&secret)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &Path) -> String {
        match secret(path) {
            Err(Unusable::Because(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/pscheme/key");
        let first = secret(&path).unwrap();
        assert_eq!(secret(&path).unwrap(), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(secret(&folder.path().join("other")).unwrap(), first);
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left over"
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        secret(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(reason(&path).contains("others"), "{}", reason(&path));
    }

    #[test]
    fn a_key_of_another_length_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for length in [0, KEY_BYTES - 1, KEY_BYTES + 1] {
            fs::write(&path, vec![1; length]).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(reason(&path).contains("32 bytes"), "{}", reason(&path));
        }
    }

    #[test]
    fn without_a_place_there_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let path = folder.path().join("file/pscheme/key");
        assert!(matches!(secret(&path), Err(Unusable::NoPlace | Unusable::Because(_))));
    }
}
