//! Seals: which images were made by somebody who has the same key.
//!
//! The hashes of an image tell damage, not intent: whoever can write the files can write hashes that fit.
//! So an image is walked whole before anything in it runs, unless its newest root has a seal: a
//! keyed hash over the root's hash, which covers every page. The seal says that the state was
//! committed by a pscheme which had the key, and had walked whatever it did not make itself.
//!
//! A key is secret and belongs to a user or a host, not to an image. Without it an image opens as
//! well, after the walk. It also belongs to one build of pscheme: what another one found right may be
//! wrong for this one, which may not know an instruction, or expect more of an object.

use super::identity::{Digest, ImageId};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// What a seal is made with; from the secret it is derived one way.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey([u8; KEY_BYTES]);

impl SealKey {
    /// The key that belongs to a secret, which should be random, and to what describes the build.
    pub fn new(secret: &[u8; KEY_BYTES], build: &[u8]) -> SealKey {
        let material = [secret.as_slice(), build].concat();
        SealKey(blake3::derive_key("pscheme 2026-11-29 seal of an image's newest root", &material))
    }

    /// The seal of the root with this hash.
    pub(crate) fn seal(&self, image: ImageId, root_hash: Digest) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&image.0);
        hasher.update(&root_hash.0);
        hasher.finalize().into()
    }

    /// Whether this is the seal of the root. Takes as long wherever it differs.
    pub(crate) fn fits(&self, image: ImageId, root_hash: Digest, seal: Digest) -> bool {
        blake3::Hash::from_bytes(self.seal(image, root_hash).0) == blake3::Hash::from_bytes(seal.0)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: ImageId = ImageId(*b"0123456789abcdef");

    #[test]
    fn a_seal_is_of_one_key_one_image_and_one_root() {
        let key = SealKey::new(&[7; KEY_BYTES], b"");
        let (hash, other_hash) = (Digest([1; 32]), Digest([2; 32]));
        let seal = key.seal(IMAGE, hash);
        assert!(key.fits(IMAGE, hash, seal));
        assert!(!key.fits(IMAGE, other_hash, seal));
        assert!(!key.fits(ImageId([0; 16]), hash, seal));
        assert!(!key.fits(IMAGE, hash, hash));
        assert!(!SealKey::new(&[8; KEY_BYTES], b"").fits(IMAGE, hash, seal));
        assert!(!SealKey::new(&[7; KEY_BYTES], b"2").fits(IMAGE, hash, seal));
    }

    #[test]
    fn a_seal_has_the_bytes_of_its_first_release() {
        let seal = SealKey::new(&[7; KEY_BYTES], b"").seal(IMAGE, Digest([1; 32]));
        assert_eq!(
            seal.to_string(),
            "7e5ca76d3f56732aad7150ce62c765a88991ae93704ce6e3e02877283c1f980a",
            "the seal is part of the format"
        );
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", SealKey::new(&[7; KEY_BYTES], b"")), "SealKey");
    }
}
