//! Signatures: whether a request comes from somebody who knows the key.
//!
//! Called by receivers before they read a request. Rules: SignalWire's and Twilio's pages on
//! webhook security and the validators of their SDKs; Standard Webhooks 1.0, "Verifying
//! signatures". All comparisons take the same time wherever two signatures part.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use crate::callback::{Callback, ParseError};
use crate::request::Request;
use crate::signed::{Parameters, Signed, from_hex, is_json_as_form};

/// How far `webhook-timestamp` may be from now: what libraries of Standard Webhooks allow.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Verifies requests with the signing keys of a project.
///
/// Every signature that a request carries has to be right, and it has to carry one.
#[derive(Clone)]
pub struct Verifier {
    keys: Vec<Key>,
    freshness: Freshness,
}

/// How old a request may be.
#[derive(Clone, Copy, Debug)]
enum Freshness {
    /// A timestamp that is there has to be near now.
    WhereSigned(Duration),
    /// And there has to be one.
    Always(Duration),
}

#[derive(Clone)]
struct Key {
    sha1: Hmac<Sha1>,
    sha256: Hmac<Sha256>,
}

/// Why these are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// None at all.
    #[error("there is no signing key")]
    None,
    /// One of them is empty, so that anybody could sign: perhaps a variable is not set.
    #[error("a signing key is empty")]
    Empty,
}

/// Why a request is not trusted. Answer 403, and do not read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It has no signature that we know of.
    #[error("the request is not signed")]
    Unsigned,
    /// A signature is wrong: another key, another URL than the sender's, or another body.
    #[error("the signature in {header} is wrong")]
    Wrong {
        /// The header that it stands in.
        header: &'static str,
    },
    /// Signed, and too long ago or ahead: perhaps somebody sends again what he has seen.
    #[error("the signature's time is too far from now")]
    Stale,
    /// A signature with a time was asked for, and there is none.
    #[error("the request has no signature with a time")]
    NoTimestamp,
    /// Longer than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES), or of more parameters than
    /// [`MAX_PARAMETERS`](crate::MAX_PARAMETERS).
    #[error("the request is too large for a callback")]
    TooLarge,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Base64 of HMAC-SHA1 over URL and parameters: forms, and GET with nothing but the URL.
    Parameters,
    /// Base64 of HMAC-SHA1 over a URL that has the hash of a body of JSON, `bodySHA256`.
    BodyHash,
    /// Hexadecimal HMAC-SHA1 over URL and raw body, of JSON.
    RawBody,
    /// Hexadecimal HMAC-SHA256 over URL and raw body, of JSON.
    RawBodySha256,
    /// Standard Webhooks: HMAC-SHA256 over id, time and raw body. Not of a GET, which has none.
    StandardWebhooks,
}

/// A request that was verified.
#[derive(Clone, Debug)]
pub struct Verified<'r> {
    request: &'r Request<'r>,
    key: usize,
    schemes: Vec<Scheme>,
}

/// The headers that carry signatures over the URL.
const OF_URL: [&str; 2] = ["X-SignalWire-Signature", "X-Twilio-Signature"];
const SHA256: &str = "X-SignalWire-Sha256-Signature";
const STANDARD: &str = "webhook-signature";

impl Verifier {
    /// Verifies with these keys, any of which will do: while a key rotates, give both.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, KeyError> {
        let keys: Vec<Key> = keys
            .into_iter()
            .map(|key| Key::new(key.as_ref()))
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::None);
        }
        let freshness = Freshness::WhereSigned(TOLERANCE);
        Ok(Self { keys, freshness })
    }

    /// Takes only requests that are signed with a time (Standard Webhooks) at most this far from
    /// now. Without it a time that is there may be 5 minutes from now, and need not be there:
    /// SignalWire and Twilio send none. No GET has one: its URL is not signed with it.
    #[must_use]
    pub fn only_within(self, tolerance: Duration) -> Self {
        let freshness = Freshness::Always(tolerance);
        Self { freshness, ..self }
    }

    /// Whether `request` is signed with one of the keys.
    #[expect(
        clippy::disallowed_methods,
        reason = "a receiver of anybody's has no clock of ours"
    )]
    pub fn verify<'r>(&self, request: &'r Request<'r>) -> Result<Verified<'r>, VerifyError> {
        self.verify_at(request, SystemTime::now())
    }

    /// The same, at another time than now: for tests.
    pub fn verify_at<'r>(
        &self,
        request: &'r Request<'r>,
        now: SystemTime,
    ) -> Result<Verified<'r>, VerifyError> {
        let signed = Signed::read(request)?;
        let mut found = Vec::new();
        for header in OF_URL {
            for given in request.headers_named(header) {
                found.push(
                    self.of_url(&signed, given)
                        .ok_or(VerifyError::Wrong { header })?,
                );
            }
        }
        for given in request.headers_named(SHA256) {
            let wrong = VerifyError::Wrong { header: SHA256 };
            found.push(self.sha256(&signed, given).ok_or(wrong)?);
        }
        for given in request.headers_named(STANDARD) {
            let wrong = VerifyError::Wrong { header: STANDARD };
            let standard = self.standard(request, given).ok_or(wrong)?;
            if signed.is_in_body {
                found.push(standard);
            }
        }
        self.check_time(request, &found, now)?;
        let key = found.first().ok_or(VerifyError::Unsigned)?.key;
        let schemes = found.iter().map(|it| it.scheme).collect();
        Ok(Verified {
            request,
            key,
            schemes,
        })
    }

    fn of_url(&self, signed: &Signed<'_>, given: &[u8]) -> Option<Found> {
        if let Some(given) = from_hex::<20>(given) {
            let body = signed.json?;
            let right = |key: &Key, url: &[u8]| key.is_sha1([url, body], &given);
            let key = self.first(signed, right)?;
            let scheme = Scheme::RawBody;
            return Some(Found { scheme, key });
        }
        let given = BASE64.decode(given).ok()?;
        let (scheme, parameters) = match &signed.parameters {
            Parameters::Pairs(pairs) => (Scheme::Parameters, &pairs[..]),
            Parameters::HashedBody => (Scheme::BodyHash, &[][..]),
            Parameters::None => return None,
        };
        let right = |key: &Key, url: &[u8]| {
            let texts = parameters.iter().flat_map(|(key, value)| [key, value]);
            let texts = texts.map(String::as_bytes);
            key.is_sha1(std::iter::once(url).chain(texts), &given)
        };
        let key = self.first(signed, right)?;
        Some(Found { scheme, key })
    }

    fn sha256(&self, signed: &Signed<'_>, given: &[u8]) -> Option<Found> {
        let given = from_hex::<32>(given)?;
        let body = signed.json?;
        let key = self.first(signed, |key, url| key.is_sha256([url, body], &given))?;
        Some(Found {
            scheme: Scheme::RawBodySha256,
            key,
        })
    }

    /// One of several signatures has to be right: the sender gives one for each of its keys.
    fn standard(&self, request: &Request<'_>, given: &[u8]) -> Option<Found> {
        let (id, time) = (
            request.header("webhook-id")?,
            request.header("webhook-timestamp")?,
        );
        // With a point in the id, what is signed could be cut into id, time and body elsewhere.
        if id.contains('.') || is_json_as_form(request) {
            return None;
        }
        let parts = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
        let given = std::str::from_utf8(given).ok()?;
        let given = given
            .split(' ')
            .filter_map(|one| BASE64.decode(one.strip_prefix("v1,")?).ok());
        let given: Vec<Vec<u8>> = given.take(MAX_SIGNATURES).collect();
        let right = |key: &Key| {
            let mac = key.sha256_of(parts);
            given
                .iter()
                .any(|given| mac.clone().verify_slice(given).is_ok())
        };
        let key = self.keys.iter().position(right)?;
        Some(Found {
            scheme: Scheme::StandardWebhooks,
            key,
        })
    }

    /// The first key that made this signature, for one of the texts of the URL.
    fn first(&self, signed: &Signed<'_>, is: impl Fn(&Key, &[u8]) -> bool) -> Option<usize> {
        let right = |key: &Key| signed.urls.iter().any(|url| is(key, url.as_bytes()));
        self.keys.iter().position(right)
    }

    fn check_time(
        &self,
        request: &Request<'_>,
        found: &[Found],
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let timed = found.iter().any(|it| it.scheme == Scheme::StandardWebhooks);
        let tolerance = match (self.freshness, timed) {
            (Freshness::WhereSigned(_), false) => return Ok(()),
            (Freshness::Always(_), false) if found.is_empty() => return Err(VerifyError::Unsigned),
            (Freshness::Always(_), false) => return Err(VerifyError::NoTimestamp),
            (Freshness::WhereSigned(tolerance) | Freshness::Always(tolerance), true) => tolerance,
        };
        let seconds = request
            .header("webhook-timestamp")
            .and_then(|time| time.parse().ok());
        let signed = seconds.ok_or(VerifyError::Stale)?;
        let now = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        if now.abs_diff(signed) > tolerance.as_secs() {
            return Err(VerifyError::Stale);
        }
        Ok(())
    }
}

/// Most signatures that are looked at in one header: a sender has two while a key rotates.
const MAX_SIGNATURES: usize = 16;

/// A signature that is right.
struct Found {
    scheme: Scheme,
    key: usize,
}

impl Key {
    fn new(key: &[u8]) -> Result<Self, KeyError> {
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        let any_length = "HMAC takes keys of any length (RFC 2104 §2)";
        Ok(Self {
            sha1: Hmac::new_from_slice(key).expect(any_length),
            sha256: Hmac::new_from_slice(key).expect(any_length),
        })
    }

    fn is_sha1<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>, given: &[u8]) -> bool {
        let mut mac = self.sha1.clone();
        parts.into_iter().for_each(|part| mac.update(part));
        mac.verify_slice(given).is_ok()
    }

    fn is_sha256<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>, given: &[u8]) -> bool {
        self.sha256_of(parts).verify_slice(given).is_ok()
    }

    fn sha256_of<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Hmac<Sha256> {
        let mut mac = self.sha256.clone();
        parts.into_iter().for_each(|part| mac.update(part));
        mac
    }
}

impl<'r> Verified<'r> {
    /// What the request tells.
    pub fn callback(&self) -> Result<Callback, ParseError> {
        Callback::parse(self.request)
    }

    /// The request.
    pub fn request(&self) -> &'r Request<'r> {
        self.request
    }

    /// Which of the keys it was signed with, by its place among those that the verifier was given:
    /// once the old one is not seen any more, it can go.
    pub fn key(&self) -> usize {
        self.key
    }

    /// How it was signed: one for each signature that it carried.
    pub fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.len();
        f.debug_struct("Verifier")
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}
