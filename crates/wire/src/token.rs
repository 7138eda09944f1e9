//! API tokens and signing keys: how new ones look, and what is kept of tokens.
//!
//! A token is 32 random bytes, so a plain SHA-256 of it is right: a slow hash protects words
//! that can be guessed, and nobody guesses 256 random bits. It also costs less than a
//! microsecond, which is paid on every request.

use ringback_domain::project::TokenDigest;
use sha2::{Digest as _, Sha256};

use crate::sign::hex;

/// What stands before the digits of a token, as in those of SignalWire.
const PREFIX: &str = "PT";

/// What stands before those of a signing key.
const KEY_PREFIX: &str = "PSK_";

/// The token made of these random bytes.
pub fn from_random(bytes: &[u8; 32]) -> String {
    format!("{PREFIX}{}", hex(bytes))
}

/// The signing key made of these random bytes.
pub fn key_from_random(bytes: &[u8; 32]) -> String {
    format!("{KEY_PREFIX}{}", hex(bytes))
}

/// What is kept of `token`.
pub fn digest(token: &[u8]) -> TokenDigest {
    TokenDigest::from_bytes(Sha256::digest(token).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256_and_does_not_hold_the_token() {
        // From FIPS 180-2, appendix B.1.
        assert_eq!(digest(b"abc").id(), "ba7816bf8f01");
        let token = from_random(&[0xab; 32]);
        assert_eq!(token.len(), 66);
        assert!(token.starts_with("PTabab"));
        assert_ne!(digest(token.as_bytes()), digest(b"PT"));
    }
}
