//! Sealing: short texts that are secret, encrypted with a key that is not in the store.
//!
//! ChaCha20-Poly1305 (RFC 8439). The nonce is the start of an HMAC of the text, under a key of
//! its own: the same text is sealed alike, which tells no more than that it is the same, and
//! two texts share a nonce only if 96 bits of HMAC-SHA-256 collide. A random nonce would be
//! spent after some billion callbacks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// What a sealed text begins with; no URL and no signing key does.
pub(crate) const MARK: &str = "sealed:1:";

/// The key that secrets are sealed with: 32 bytes that the operator keeps outside the store.
pub struct StoreKey {
    cipher: LessSafeKey,
    nonces: hmac::Key,
}

/// Why a sealed text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The store was used with a key file: name it.
    #[error("it is sealed, and no key file was named")]
    NoKey,
    /// It was sealed with another key, or was changed since.
    #[error("the key file is not the one that it was sealed with")]
    WrongKey,
    /// A key is 64 hexadecimal digits.
    #[error("a key is 32 bytes, written as 64 hexadecimal digits")]
    NoSuchKey,
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

impl StoreKey {
    /// Reads 64 hexadecimal digits; blanks around them do not matter.
    pub fn from_hex(text: &str) -> Result<Self, SealError> {
        let digits = text.trim().as_bytes();
        if digits.len() != 64 {
            return Err(SealError::NoSuchKey);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                return Err(SealError::NoSuchKey);
            };
            *byte = u8::try_from(high * 16 + low).map_err(|_| SealError::NoSuchKey)?;
        }
        Ok(Self::new(&bytes))
    }

    /// Two keys are made of it, one for each use.
    fn new(bytes: &[u8; 32]) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = |label: &[u8]| hmac::sign(&master, label);
        let cipher = UnboundKey::new(&CHACHA20_POLY1305, derived(b"cipher").as_ref());
        Self {
            cipher: LessSafeKey::new(cipher.expect("HMAC-SHA-256 gives the cipher's 32 bytes")),
            nonces: hmac::Key::new(hmac::HMAC_SHA256, derived(b"nonces").as_ref()),
        }
    }

    /// Seals a text. What is sealed already stays as it is.
    pub fn seal(&self, text: &str) -> String {
        if is_sealed(text) {
            return text.to_owned();
        }
        let digest = hmac::sign(&self.nonces, text.as_bytes());
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&digest.as_ref()[..NONCE_LEN]);
        let mut sealed = text.as_bytes().to_vec();
        let given = Nonce::assume_unique_for_key(nonce);
        self.cipher
            .seal_in_place_append_tag(given, Aad::from(MARK), &mut sealed)
            .expect("a text is far below the cipher's limit of 256 GiB");
        let whole = [&nonce[..], &sealed].concat();
        format!("{MARK}{}", BASE64.encode(whole))
    }

    fn open(&self, sealed: &str) -> Result<String, SealError> {
        let whole = BASE64.decode(sealed).map_err(|_| SealError::WrongKey)?;
        let (nonce, text) = whole
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(SealError::WrongKey)?;
        let mut text = text.to_vec();
        let given = Nonce::assume_unique_for_key(*nonce);
        let opened = self.cipher.open_in_place(given, Aad::from(MARK), &mut text);
        let opened = opened.map_err(|_| SealError::WrongKey)?;
        String::from_utf8(opened.to_vec()).map_err(|_| SealError::WrongKey)
    }
}

/// Whether `text` is a sealed one.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The text that was sealed; none if `text` is in clear.
pub fn unsealed(key: Option<&StoreKey>, text: &str) -> Result<Option<String>, SealError> {
    match text.strip_prefix(MARK) {
        None => Ok(None),
        Some(sealed) => key.ok_or(SealError::NoKey)?.open(sealed).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> StoreKey {
        StoreKey::from_hex(&digit.to_string().repeat(64)).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_alone() {
        let sealed = key('a').seal("https://u:p@crm.example/");
        assert!(!sealed.contains("crm") && is_sealed(&sealed));
        assert_eq!(key('a').seal(&sealed), sealed, "not sealed twice");
        let opened = unsealed(Some(&key('a')), &sealed).unwrap();
        assert_eq!(opened.as_deref(), Some("https://u:p@crm.example/"));
        let other = unsealed(Some(&key('b')), &sealed);
        assert_eq!(other, Err(SealError::WrongKey));
        assert_eq!(unsealed(None, &sealed), Err(SealError::NoKey));
        assert_eq!(unsealed(None, "in clear"), Ok(None));
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let sealed = key('a').seal("PSK_1");
        for broken in [
            format!("{sealed}A"),
            sealed[..sealed.len() - 1].to_owned(),
            MARK.to_owned(),
        ] {
            let opened = unsealed(Some(&key('a')), &broken);
            assert_eq!(opened, Err(SealError::WrongKey), "{broken}");
        }
    }

    #[test]
    fn a_key_is_64_digits() {
        assert!(StoreKey::from_hex(&format!("{}\n", "0F".repeat(32))).is_ok());
        for bad in ["", "0f", &"0g".repeat(32), &"0".repeat(65)] {
            assert_eq!(
                StoreKey::from_hex(bad).unwrap_err(),
                SealError::NoSuchKey,
                "{bad}"
            );
        }
    }
}
