//! Links to recordings: where the audio is, and signatures that let whoever holds a link in.
//!
//! Made when a recording's callback is recorded, checked by the server at each request. A link
//! says until when it holds; it is signed with the project's key, over project, recording and
//! that moment, so that none of them can be changed.

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::SigningKeys;
use ringback_domain::time::Timestamp;
use subtle::ConstantTimeEq;

use crate::laml::account_path;
use crate::sign::{SigningKey, link_signature};

/// The parameter that says until when a link holds, in seconds since 1970.
pub const EXPIRES: &str = "Expires";
/// The parameter that carries the signature: lower-case hex of HMAC-SHA256.
pub const SIGNATURE: &str = "Signature";

/// The URL of a recording's audio: `base` is scheme, host and port.
pub fn plain(base: &str, project: ProjectId, recording: Sid) -> String {
    let base = base.trim_end_matches('/');
    format!("{base}{}/Recordings/{recording}", account_path(project))
}

/// The same, for whoever holds it: until `expires`, signed with the key that is active `now`.
pub fn signed(
    base: &str,
    project: ProjectId,
    keys: &SigningKeys,
    recording: Sid,
    (now, expires): (Timestamp, Timestamp),
) -> String {
    let url = plain(base, project, recording);
    let expires_s = seconds(expires);
    let active = keys.signing(now).into_iter().next();
    let key = SigningKey::new(active.unwrap_or(keys.newest()).secret.reveal());
    let signature = link_signature(&key, &message(project, recording, expires_s));
    format!("{url}?{EXPIRES}={expires_s}&{SIGNATURE}={signature}")
}

/// Whether a link with these parameters holds `now`. Every key that signs at all is tried, as
/// receivers of callbacks do while one is rotated.
pub fn holds(
    project: ProjectId,
    keys: &SigningKeys,
    recording: Sid,
    (expires, signature): (&str, &str),
    now: Timestamp,
) -> bool {
    let Ok(expires_s) = expires.parse::<i64>() else {
        return false;
    };
    // The text is signed as it is written by us: `+1` and `01` are other texts.
    if expires != expires_s.to_string() || expires_s < seconds(now) {
        return false;
    }
    let message = message(project, recording, expires_s);
    keys.signing(now).into_iter().any(|key| {
        let right = link_signature(&SigningKey::new(key.secret.reveal()), &message);
        right.as_bytes().ct_eq(signature.as_bytes()).into()
    })
}

const fn seconds(moment: Timestamp) -> i64 {
    moment.as_micros().div_euclid(1_000_000)
}

/// What is signed. Its first line keeps it apart from all else that the key signs: a callback's
/// text begins with a URL.
fn message(project: ProjectId, recording: Sid, expires_s: i64) -> String {
    format!("ringback-recording-link-1\n{project}\n{recording}\n{expires_s}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::project::Secret;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const NOW: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

    fn project() -> ProjectId {
        "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap()
    }

    fn recording() -> Sid {
        "8f403d55-0000-4000-8000-0000000000e1".parse().unwrap()
    }

    fn keys() -> SigningKeys {
        SigningKeys::one(Secret::new("PSK"), NOW)
    }

    fn parameters(url: &str) -> (String, String) {
        let (_, query) = url.split_once("?Expires=").unwrap();
        let (expires, signature) = query.split_once("&Signature=").unwrap();
        (expires.to_owned(), signature.to_owned())
    }

    #[test]
    fn a_link_holds_until_it_expires_and_for_its_recording_alone() {
        let url = signed(
            "https://a.example/",
            project(),
            &keys(),
            recording(),
            (NOW, NOW + HOUR),
        );
        let expected = "https://a.example/api/laml/2010-04-01/Accounts/\
            9b1d2c3e-0000-4000-8000-00000000ac01/Recordings/8f403d55-0000-4000-8000-0000000000e1";
        assert_eq!(url.split('?').next(), Some(expected));
        let (expires, signature) = parameters(&url);
        let check = |recording, expires: &str, signature: &str, now| {
            holds(project(), &keys(), recording, (expires, signature), now)
        };
        assert!(check(recording(), &expires, &signature, NOW + HOUR));
        let late = NOW + HOUR + Duration::from_secs(1);
        assert!(!check(recording(), &expires, &signature, late));
        let other = Sid::from_bytes([1; 16]);
        assert!(!check(other, &expires, &signature, NOW));
        let longer = (expires.parse::<i64>().unwrap() + 1).to_string();
        for (expires, signature) in [
            (longer.as_str(), signature.as_str()),
            (&format!("+{expires}"), &signature),
            (&expires, &signature[1..]),
            (&expires, ""),
            ("", &signature),
        ] {
            assert!(!check(recording(), expires, signature, NOW), "{expires}");
        }
    }

    #[test]
    fn a_link_outlives_its_key_as_long_as_that_still_signs() {
        let url = signed(
            "http://a",
            project(),
            &keys(),
            recording(),
            (NOW, NOW + 100 * HOUR),
        );
        let (expires, signature) = parameters(&url);
        let mut rotated = keys();
        rotated.rotate(Secret::new("new"), NOW, HOUR);
        let check = |now| {
            holds(
                project(),
                &rotated,
                recording(),
                (&expires, &signature),
                now,
            )
        };
        assert!(check(NOW + HOUR / 2));
        assert!(!check(NOW + 2 * HOUR), "the old key has retired");
    }
}
