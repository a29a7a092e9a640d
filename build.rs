//! Makes the boot image: the standard library, compiled and loaded, as the bytes of a heap.

fn main() {
    let image = pscheme_stdlib::boot_image().unwrap_or_else(|why| panic!("{why}"));
    let folder = std::env::var_os("OUT_DIR").expect("cargo names a folder for what is built");
    let path = std::path::Path::new(&folder).join("boot.image");
    std::fs::write(&path, image).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    println!("cargo::rerun-if-changed=build.rs");
}
