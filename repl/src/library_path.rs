//! Where libraries are looked for: beside the script, in the folders of `-L`, in those of
//! `PSCHEME_PATH`.

use std::path::{Path, PathBuf};

/// Names folders with libraries, separated as in `PATH`.
pub const VARIABLE: &str = "PSCHEME_PATH";

/// The folders, the first first.
pub fn folders(script: Option<&Path>, given: &[PathBuf]) -> Vec<PathBuf> {
    let beside = match script {
        Some(script) => script.parent().unwrap_or(Path::new("")).to_path_buf(),
        None => PathBuf::new(),
    };
    let mut folders = vec![beside];
    folders.extend(given.iter().cloned());
    if let Some(paths) = std::env::var_os(VARIABLE) {
        folders.extend(std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::folders;
    use std::path::{Path, PathBuf};

    #[test]
    fn the_scripts_own_folder_comes_first() {
        let found = folders(Some(Path::new("jobs/nightly.scm")), &[PathBuf::from("lib")]);
        assert_eq!(found[..2], [PathBuf::from("jobs"), PathBuf::from("lib")]);
        assert_eq!(folders(Some(Path::new("nightly.scm")), &[])[0], PathBuf::new());
    }
}
