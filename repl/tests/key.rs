//! The command seals its images with the user's key, which it makes when it needs one.

use std::path::Path;
use std::process::Command;

use pscheme::heap::store::{CommitClock, ImageDirectory, Store, StoreOptions};
use pscheme::seal_key;

/// Runs a program in an image; what is said on the error output.
fn run(folder: &Path, key_file: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .current_dir(folder)
        .args(["run", "program.scm", "--restart"])
        .env("PSCHEME_KEY_FILE", key_file)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Whether the image is sealed with the key in a file.
fn is_sealed(folder: &Path, key_file: &str) -> bool {
    let secret = std::fs::read(folder.join(key_file)).unwrap().try_into().expect("32 bytes");
    let options =
        StoreOptions { key: Some(seal_key(&secret)), ..StoreOptions::new(CommitClock::system()) };
    let image = ImageDirectory::at(folder.join("program.scm.image"));
    image.open_read_only(&options).unwrap().is_sealed()
}

#[test]
fn images_are_sealed_with_the_users_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.scm"), "(define x 1)").unwrap();
    run(folder, "here/key");
    assert!(is_sealed(folder, "here/key"));
    run(folder, "there/key");
    assert!(is_sealed(folder, "there/key") && !is_sealed(folder, "here/key"));
    run(folder, "");
    assert!(!is_sealed(folder, "there/key"), "without a key there is no seal");

    std::fs::write(folder.join("bad"), "too short").unwrap();
    let said = run(folder, "bad");
    assert!(said.contains("the key bad is not used"), "{said}");
}
