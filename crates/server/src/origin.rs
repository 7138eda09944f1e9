//! Who may ask at all: refuses names that are not ours and what a browser sends for a
//! foreign page, before anything else is looked at.
//!
//! Called by the front for every request. It is what keeps a page in the developer's browser
//! from using a server that listens on his own machine: by a DNS name that was pointed at
//! it, or with the credentials that a development server prints.

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, header};
use url::{Host, Url};

/// Which context a browser sends a request from (W3C Fetch Metadata, §2.3).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The public URL is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no public URL: it is written https://ringback.example or with a port")]
pub struct BadPublicUrl {
    given: String,
}

/// The names that are answered for, on any port: `localhost`, `127.0.0.1`, `[::1]` and the
/// public URL's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHosts(Names);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    These(Vec<Host>),
    Any,
}

impl AllowedHosts {
    /// The names of this machine alone.
    pub fn loopback() -> Self {
        Self(Names::These(loopback().into()))
    }

    /// Any name at all: for what lets nobody in without a token that a browser does not send.
    pub(crate) const fn any() -> Self {
        Self(Names::Any)
    }

    /// The names of this machine, and that of `public_url`.
    pub fn with_public(public_url: &str) -> Result<Self, BadPublicUrl> {
        let bad = || BadPublicUrl {
            given: public_url.to_owned(),
        };
        let url = Url::parse(public_url).map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad());
        }
        let mut names: Vec<Host> = loopback().into();
        names.push(url.host().ok_or_else(bad)?.to_owned());
        Ok(Self(Names::These(names)))
    }

    /// Whether we are meant by `authority` (host, or host and port).
    fn include(&self, authority: &str) -> bool {
        let named = authority.parse::<Authority>().ok();
        let host = named
            .filter(|named| !named.as_str().contains('@'))
            .and_then(|named| Host::parse(named.host()).ok());
        match &self.0 {
            Names::These(known) => host.is_some_and(|host| known.contains(&host)),
            Names::Any => host.is_some(),
        }
    }

    /// Lets a request in, or says why not.
    pub(crate) fn admit(&self, request: &Parts) -> Result<(), Unwelcome> {
        let host = the_host(&request.headers)?;
        // RFC 9112 §3.2.2: where the target is a whole URL, that names the host.
        let target = request.uri.authority().map(Authority::as_str);
        if !self.include(host) || !target.is_none_or(|target| self.include(target)) {
            return Err(Unwelcome::Host);
        }
        if self.is_foreign(&request.headers) {
            return Err(Unwelcome::CrossSite);
        }
        Ok(())
    }

    /// Whether a browser sends it for a page that is not ours.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let ours = |origin: &str| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(|authority| self.include(authority))
        };
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        origins.any(|origin| !origin.to_str().is_ok_and(ours))
            || sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
    }
}

fn loopback() -> [Host; 3] {
    [
        Host::Domain("localhost".to_owned()),
        Host::Ipv4(std::net::Ipv4Addr::LOCALHOST),
        Host::Ipv6(std::net::Ipv6Addr::LOCALHOST),
    ]
}

/// The one Host header (RFC 9112 §3.2: none, or more than one, is answered with 400).
fn the_host(headers: &HeaderMap) -> Result<&str, Unwelcome> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map_err(|_| Unwelcome::Host),
        (None | Some(_), _) => Err(Unwelcome::HostHeader),
    }
}

/// Why a request is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwelcome {
    /// It has no Host header, or several.
    #[error("One Host header is needed")]
    HostHeader,
    /// It is meant for somebody else.
    #[error(
        "This server does not answer for the Host that was asked for; it answers for localhost, \
         127.0.0.1, [::1] and the host of its public URL"
    )]
    Host,
    /// A browser sends it for a foreign page.
    #[error("A browser sent this for a page of another site (Origin, Sec-Fetch-Site)")]
    CrossSite,
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn answers_for_its_own_names_on_any_port() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8443",
            "calls.example:444",
        ] {
            check(&[("host", host)], Ok(()));
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "localhost@evil.example",
            "evil@localhost",
            "[::2]",
            "127.0.0.2",
            "",
            "a b",
        ] {
            check(&[("host", host)], Err(Unwelcome::Host));
        }
        check(&[], Err(Unwelcome::HostHeader));
        check(
            &[("host", "localhost"), ("host", "localhost")],
            Err(Unwelcome::HostHeader),
        );
    }

    #[test]
    fn refuses_what_a_browser_marks_as_foreign() {
        for origin in [
            "null",
            "https://evil.example",
            "http://localhost.evil.example",
            "localhost",
        ] {
            check(
                &[("host", "localhost"), ("origin", origin)],
                Err(Unwelcome::CrossSite),
            );
        }
        for site in ["cross-site", "same-site", "something-new"] {
            check(
                &[("host", "localhost"), ("sec-fetch-site", site)],
                Err(Unwelcome::CrossSite),
            );
        }
        for (name, value) in [
            ("origin", "http://localhost:8080"),
            ("origin", "https://calls.example"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            check(&[("host", "localhost"), (name, value)], Ok(()));
        }
    }

    #[test]
    fn a_whole_url_as_target_must_be_ours_too() {
        let parts = |target: &str| {
            let request = Request::get(target).header("host", "localhost");
            request.body(()).unwrap().into_parts().0
        };
        let hosts = AllowedHosts::loopback();
        assert_eq!(hosts.admit(&parts("http://127.0.0.1/x")), Ok(()));
        assert_eq!(
            hosts.admit(&parts("http://evil.example/x")),
            Err(Unwelcome::Host)
        );
    }

    #[test]
    fn a_public_url_needs_a_host() {
        for bad in ["", "calls.example", "ftp://calls.example", "http://"] {
            assert!(AllowedHosts::with_public(bad).is_err(), "{bad}");
        }
    }

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Result<(), Unwelcome>) {
        let mut request = Request::get("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let hosts = AllowedHosts::with_public("https://calls.example").unwrap();
        assert_eq!(hosts.admit(&parts), expected, "{headers:?}");
    }
}
