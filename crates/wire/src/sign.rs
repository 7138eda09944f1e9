//! Signatures: how a receiver knows that a callback is ours (semantics §8).
//!
//! Called once an attempt, with the key active then: a key may rotate while a callback is
//! pending. The URL is always the one the receiver sees, [`crate::url::CallbackUrl::seen`].
//! Checked against the validators of the Python and Node SDKs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::form;

/// Carries [`form_signature`], [`query_signature`] or [`json_signature`].
pub const SIGNALWIRE_SIGNATURE: &str = "X-SignalWire-Signature";
/// The same value under the name that Twilio's validators read.
pub const TWILIO_SIGNATURE: &str = "X-Twilio-Signature";
/// Carries [`json_sha256_signature`].
pub const SIGNALWIRE_SHA256_SIGNATURE: &str = "X-SignalWire-Sha256-Signature";

/// A project's signing key: UTF-8 text. `Debug` hides it.
#[derive(Clone)]
pub struct SigningKey {
    text: String,
    /// The key taken in once, not at every attempt.
    sha1: Hmac<Sha1>,
    sha256: Hmac<Sha256>,
}

impl SigningKey {
    /// Any text is a key.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let any_length = "HMAC takes keys of any length (RFC 2104 §2)";
        Self {
            sha1: Hmac::new_from_slice(text.as_bytes()).expect(any_length),
            sha256: Hmac::new_from_slice(text.as_bytes()).expect(any_length),
            text,
        }
    }

    /// The key itself, to be stored or shown to its owner.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    fn hmac_sha1(&self, parts: &[&[u8]]) -> [u8; 20] {
        let mut mac = self.sha1.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn hmac_sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.sha256.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Scheme B, for form bodies: Base64 of HMAC-SHA1 over the URL and each key and value,
/// sorted by key, bytewise.
///
/// Values are plain, not percent-encoded; those of a repeated key keep their order (the
/// Python SDK 2.1.1 cannot verify such a body: send none).
pub fn form_signature<K, V>(key: &SigningKey, url: &str, pairs: &[(K, V)]) -> String
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let pairs = pairs.iter();
    sign_pairs(
        key,
        url,
        pairs.map(|(key, value)| (key.as_ref(), value.as_ref())),
    )
}

/// The same over a form as it is sent.
pub fn body_signature(key: &SigningKey, url: &str, form: &str) -> String {
    match form::Plain::read(form) {
        Some(plain) => sign_pairs(key, url, plain.pairs()),
        None => form_signature(key, url, &form::decode(form)),
    }
}

fn sign_pairs<'a>(
    key: &SigningKey,
    url: &str,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut sorted = Vec::with_capacity(16);
    sorted.extend(pairs);
    sorted.sort_by_key(|(key, _)| *key);
    let mut mac = key.sha1.clone();
    mac.update(url.as_bytes());
    for (key, value) in sorted {
        mac.update(key.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.encode(mac.finalize().into_bytes())
}

/// Scheme B, for GET: over the whole URL, its parameters in it, and nothing else.
pub fn query_signature(key: &SigningKey, url: &str) -> String {
    BASE64.encode(key.hmac_sha1(&[url.as_bytes()]))
}

/// Scheme A, for JSON bodies: lower-case hex of HMAC-SHA1 over URL and body.
pub fn json_signature(key: &SigningKey, url: &str, body: &[u8]) -> String {
    hex(&key.hmac_sha1(&[url.as_bytes(), body]))
}

/// Scheme A with SHA-256, an extra for JSON bodies.
pub fn json_sha256_signature(key: &SigningKey, url: &str, body: &[u8]) -> String {
    hex(&key.hmac_sha256(&[url.as_bytes(), body]))
}

/// The hash of a body that a URL vouches for: lower-case hex of SHA-256.
pub fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// For links of our own: lower-case hex of HMAC-SHA256.
pub fn link_signature(key: &SigningKey, message: &str) -> String {
    hex(&key.hmac_sha256(&[message.as_bytes()]))
}

/// The secret that a Standard Webhooks library is given: `whsec_` and Base64 of the key.
pub fn webhook_secret(key: &SigningKey) -> String {
    format!("whsec_{}", BASE64.encode(&key.text))
}

/// The `webhook-signature` header (Standard Webhooks, "Signature scheme"), for the id and
/// the time (in seconds) that go into `webhook-id` and `webhook-timestamp`.
pub fn webhook_signature(key: &SigningKey, id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let time = timestamp_s.to_string();
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let mut signature = String::with_capacity(48);
    signature.push_str("v1,");
    BASE64.encode_string(key.hmac_sha256(&parts), &mut signature);
    signature
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Reckoned with Python's hmac, hashlib and base64.
    const URL: &str = "https://crm.example:8443/in?b=2";
    const PAIRS: [(&str, &str); 6] = [
        ("To", "+15550100002"),
        ("CallSid", "3c1f0a22"),
        ("body", "h\u{e9} 100%"),
        ("Empty", ""),
        ("To", "+15550100001"),
        ("CallStatus", "in-progress"),
    ];
    const BODY: &[u8] = br#"{"a": "1"}"#;

    fn key() -> SigningKey {
        SigningKey::new("PSK_test-k\u{e9}y")
    }

    #[test]
    fn forms_are_signed_by_scheme_b() {
        assert_eq!(
            form_signature(&key(), URL, &PAIRS),
            "E9zjz7KWpTa+5NVnM+bDaRIV2Ks="
        );
    }

    #[test]
    fn queries_are_signed_as_the_whole_url() {
        let url = "http://a.example/?x=1&T=18:32:15+%2B0000";
        assert_eq!(query_signature(&key(), url), "NxPbLYnACgKCb/mkPYJZElp3q9I=");
    }

    #[test]
    fn json_is_signed_by_scheme_a_in_both_lengths() {
        assert_eq!(
            json_signature(&key(), URL, BODY),
            "34084967530c2e0a2b4f5fe11ba2001570c8c878"
        );
        assert_eq!(
            json_sha256_signature(&key(), URL, BODY),
            "4614340fcf6226cbee81640a30da4269ec47e6cba11c50f45f85963a23551ce2"
        );
    }

    #[test]
    fn standard_webhooks_libraries_can_verify() {
        assert_eq!(webhook_secret(&key()), "whsec_UFNLX3Rlc3Qta8OpeQ==");
        assert_eq!(
            webhook_signature(&key(), "0190a-id", 1_712_255_535, BODY),
            "v1,fBL5VK8b/QJWdeLUuqN4aBjh3qvUYmOkdyqYK4+t+/c="
        );
    }

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", key()), "SigningKey(..)");
    }

    fn distinct_pairs() -> impl Strategy<Value = Vec<(String, String)>> {
        prop::collection::btree_map(any::<String>(), any::<String>(), 1..6)
            .prop_map(|pairs| pairs.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_order_of_parameters_is_of_no_matter(
            (pairs, shuffled) in distinct_pairs()
                .prop_flat_map(|pairs| (Just(pairs.clone()), Just(pairs).prop_shuffle())),
        ) {
            prop_assert_eq!(
                form_signature(&key(), URL, &pairs),
                form_signature(&key(), URL, &shuffled)
            );
        }

        #[test]
        fn a_changed_value_changes_the_signature(
            pairs in distinct_pairs(),
            at in any::<prop::sample::Index>(),
            added in ".{1,8}",
        ) {
            let mut changed = pairs.clone();
            at.get_mut(&mut changed).1.push_str(&added);
            prop_assume!(concatenated(&changed) != concatenated(&pairs));
            prop_assert_ne!(
                form_signature(&key(), URL, &pairs),
                form_signature(&key(), URL, &changed)
            );
        }
    }

    /// The scheme puts no bounds between key and value: texts that run together alike are
    /// signed alike.
    fn concatenated(pairs: &[(String, String)]) -> String {
        let texts = pairs.iter().flat_map(|(key, value)| [&**key, &**value]);
        texts.collect()
    }
}
