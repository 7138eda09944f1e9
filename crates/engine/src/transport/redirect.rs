//! What follows an answer: done, another hop, or a failure. Decides, does nothing.
//!
//! "URLs and their fragments" of our decisions: 301, 302, 307 and 308 keep method and
//! body, 303 turns to GET without parameters; three are followed; https never leads to
//! http. SignalWire documents the number ("Common webhook errors"), not the methods.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use ringback_wire::url::{CallbackUrl, Scheme};

use super::failure::{FailureKind, Trouble};

/// Redirects that are followed; the next one is a failure.
const MOST: u8 = 3;

/// One request of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Arc<CallbackUrl>,
    pub(super) body: Bytes,
}

/// What an answer asks for.
#[derive(Debug)]
pub(super) enum Next {
    /// Any 2xx: the attempt is a success.
    Done,
    /// A redirect that may be followed.
    Follow(Hop),
    /// Everything else.
    Fail(Trouble),
}

/// Success, whatever the body.
pub(super) fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

/// Is this a status that names another place to go?
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Decides by the status and `Location` of the answer to `hop`, after `followed` redirects.
pub(super) fn next(hop: &Hop, status: u16, location: Option<&str>, followed: u8) -> Next {
    match status {
        status if is_success(status) => Next::Done,
        status if is_redirect(status) => match follow(hop, status, location, followed) {
            Ok(hop) => Next::Follow(hop),
            Err(trouble) => Next::Fail(trouble),
        },
        status => Next::Fail(refusal(hop.url.authority(), status)),
    }
}

/// An answer that is neither success nor redirect.
pub(super) fn refusal(authority: &str, status: u16) -> Trouble {
    let detail = format!("{authority} answered {status}: {}.", advice(status));
    Trouble::new(FailureKind::Status(status), detail)
}

fn follow(hop: &Hop, status: u16, location: Option<&str>, followed: u8) -> Result<Hop, Trouble> {
    let here = hop.url.authority();
    let Some(location) = location else {
        let detail = format!("{here} answered {status} without a Location: answer 200 or 204.");
        return Err(Trouble::new(FailureKind::RedirectWithoutLocation, detail));
    };
    if followed >= MOST {
        let detail = format!(
            "{here} redirected once more after {MOST} redirects: remove the loop, or give the \
             final URL."
        );
        return Err(Trouble::new(FailureKind::TooManyRedirects, detail));
    }
    let url = hop.url.join(location).map_err(|error| {
        let detail = format!("{here} redirected to what is no URL for a callback: {error}.");
        Trouble::new(FailureKind::Url, detail)
    })?;
    let url = Arc::new(url);
    if hop.url.scheme() == Scheme::Https && url.scheme() == Scheme::Http {
        let detail = format!(
            "{here} redirected from https to http, which is not followed: redirect to https."
        );
        return Err(Trouble::new(FailureKind::DowngradeRefused, detail));
    }
    if status == 303 {
        return Ok(Hop {
            method: Method::GET,
            url,
            body: Bytes::new(),
        });
    }
    Ok(Hop {
        method: hop.method.clone(),
        url,
        body: hop.body.clone(),
    })
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "check its credentials and its signature check",
        404 | 405 => "correct the URL's path, or the method",
        410 => "it wants no more callbacks for this URL",
        413..=415 => "it does not take a request of this size or kind",
        429 => "it asks for fewer requests",
        502..=504 => "the application behind the proxy is down or too slow",
        500..=599 => "look into its log for this time",
        _ => "make it answer 200 or 204",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(url: &str) -> Hop {
        let url = Arc::new(CallbackUrl::parse(url).unwrap());
        Hop {
            method: Method::POST,
            url,
            body: Bytes::from_static(b"a=1"),
        }
    }

    #[test]
    fn every_2xx_is_success() {
        for status in 200..300 {
            let next = next(&hop("http://a/"), status, Some("http://b/"), 0);
            assert!(matches!(next, Next::Done), "{status}");
        }
    }

    #[test]
    fn redirects_keep_method_and_body_except_303() {
        for status in [301, 302, 307, 308] {
            check(status, Method::POST, b"a=1");
        }
        check(303, Method::GET, b"");

        #[track_caller]
        fn check(status: u16, method: Method, body: &'static [u8]) {
            let Next::Follow(to) = next(&hop("http://a/x"), status, Some("/y?z=1"), 2) else {
                panic!("{status} is not followed");
            };
            let url = Arc::new(CallbackUrl::parse("http://a/y?z=1").unwrap());
            assert_eq!(
                to,
                Hop {
                    method,
                    url,
                    body: Bytes::from_static(body)
                }
            );
        }
    }

    #[test]
    fn each_failure_has_its_kind_and_code() {
        check(
            "http://a/",
            302,
            Some("http://b/"),
            3,
            FailureKind::TooManyRedirects,
            "11215",
        );
        check(
            "http://a/",
            302,
            None,
            0,
            FailureKind::RedirectWithoutLocation,
            "11217",
        );
        check(
            "https://a/",
            307,
            Some("http://a/"),
            0,
            FailureKind::DowngradeRefused,
            "11217",
        );
        check(
            "http://a/",
            307,
            Some("ftp://a/"),
            0,
            FailureKind::Url,
            "11200",
        );
        for status in [
            101, 300, 304, 305, 306, 400, 404, 410, 429, 500, 503, 599, 700,
        ] {
            let kind = FailureKind::Status(status);
            check("http://a/", status, Some("http://b/"), 0, kind, "11217");
        }

        #[track_caller]
        fn check(
            url: &str,
            status: u16,
            location: Option<&str>,
            followed: u8,
            kind: FailureKind,
            code: &str,
        ) {
            let Next::Fail(trouble) = next(&hop(url), status, location, followed) else {
                panic!("{status} is no failure");
            };
            assert_eq!(
                (trouble.kind, trouble.kind.code().as_str()),
                (kind, code),
                "{status}"
            );
            assert!(trouble.detail.ends_with('.'), "{}", trouble.detail);
        }
    }
}
