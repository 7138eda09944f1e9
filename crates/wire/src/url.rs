//! Webhook URLs: kept exactly as a user gave them, and as they go on the wire.
//!
//! Parsed where a URL enters (API, configuration, a redirect's `Location`) and asked by
//! whoever signs or sends. Invariant: [`CallbackUrl::seen`] is what the receiver sees,
//! byte for byte, for that is what its validator reckons with (semantics §8); so nothing
//! is normalised but scheme, host and port, and only what cannot stand in a request line
//! is escaped.

use std::fmt;
use std::hash::{Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Host;

use crate::form;

/// Longest path and query that is taken, in bytes once escaped. URLs over 8 KiB are sent;
/// the HTTP client holds offsets in 16 bits, and a GET appends its parameters.
pub const MAX_TARGET_BYTES: usize = 32 * 1024;

/// What a path or query may not hold in a request line: blanks, the delimiters and
/// "unwise" characters of RFC 2396 §2.4.3, which RFC 3986 has nowhere. Square brackets
/// stay: everybody sends `?a[]=1` as it is. Non-ASCII is always escaped, as UTF-8.
const NOT_IN_A_TARGET: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How a URL is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is left out of authority and signature.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no webhook URL. Whoever gave it has to give another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Blanks around it: refused rather than trimmed, since the URL is kept exactly.
    #[error("the URL begins or ends with a blank")]
    Blank,
    /// Relative, or of another scheme.
    #[error("the URL does not begin with http:// or https://")]
    Scheme,
    /// Nothing where the host should be.
    #[error("the URL has no host")]
    HostMissing,
    /// The host is neither a name nor an address.
    #[error("the URL's host is not valid")]
    Host {
        /// What is wrong with it.
        #[source]
        source: url::ParseError,
    },
    /// Readers disagree on where such a host ends, so a filter may read another one.
    #[error("the URL has a backslash before its path")]
    Backslash,
    /// Not a number from 1 to 65535.
    #[error("the URL's port is not a number from 1 to 65535")]
    Port,
    /// Path and query are over [`MAX_TARGET_BYTES`].
    #[error("the URL's path and query are longer than {MAX_TARGET_BYTES} bytes")]
    TooLong,
}

/// A webhook URL as a user gave it (kept exactly), and as it goes on the wire.
///
/// Equal when given alike. `Debug` leaves out userinfo.
#[derive(Clone)]
pub struct CallbackUrl {
    given: String,
    /// End of `given` without its fragment.
    fragment_at: usize,
    scheme: Scheme,
    host: Host<String>,
    port: u16,
    userinfo: Option<String>,
    /// Scheme, authority and target.
    seen: String,
    /// Where the target begins in `seen`.
    target_at: usize,
}

impl CallbackUrl {
    /// Reads an absolute `http` or `https` URL with a host.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.trim_matches(is_blank).len() != text.len() {
            return Err(UrlError::Blank);
        }
        let fragment_at = text.find('#').unwrap_or(text.len());
        let (scheme, rest) = split_scheme(&text[..fragment_at])?;
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('\\') {
            return Err(UrlError::Backslash);
        }
        // A validator that parses the URL loses a bare `?`: it is no part of the target.
        let target = match target.split_once('?') {
            Some((path, "")) => path,
            Some(_) | None => target,
        };
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(UrlError::HostMissing);
        }
        let host = Host::parse(host).map_err(|source| UrlError::Host { source })?;
        let port = port.unwrap_or(scheme.default_port());

        let mut seen = origin_of(scheme, &host, port);
        let target_at = seen.len();
        if !target.starts_with('/') {
            seen.push('/');
        }
        seen.extend(utf8_percent_encode(target, NOT_IN_A_TARGET));
        if seen.len() - target_at > MAX_TARGET_BYTES {
            return Err(UrlError::TooLong);
        }
        Ok(Self {
            given: text.to_owned(),
            fragment_at,
            scheme,
            host,
            port,
            userinfo: userinfo.filter(|it| !it.is_empty()).map(str::to_owned),
            seen,
            target_at,
        })
    }

    /// Exactly what was given, credentials and fragment included: for the user's own eyes.
    pub fn as_given(&self) -> &str {
        &self.given
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Name in lower case (IDNA), or address.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port to connect to, the scheme's default included.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host, and port unless default, IPv6 in brackets: the Host header.
    pub fn authority(&self) -> &str {
        &self.seen[self.scheme.as_str().len() + "://".len()..self.target_at]
    }

    /// Scheme and authority, as in `https://crm.example`: names the destination.
    pub fn origin(&self) -> &str {
        &self.seen[..self.target_at]
    }

    /// Path and query as in the request line: `/` if the path is empty, no `?` without a
    /// query.
    pub fn target(&self) -> &str {
        &self.seen[self.target_at..]
    }

    /// The URL that the receiver sees, and that is signed: no userinfo, no fragment.
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// The Authorization header that the userinfo asks for, for this origin alone.
    pub fn basic_credentials(&self) -> Option<String> {
        let (user, password) = {
            let userinfo = self.userinfo.as_deref()?;
            userinfo.split_once(':').unwrap_or((userinfo, ""))
        };
        let mut plain: Vec<u8> = percent_decode_str(user).collect();
        plain.push(b':');
        plain.extend(percent_decode_str(password));
        Some(format!("Basic {}", BASE64.encode(plain)))
    }

    /// What follows `#`, as given. It tunes delivery (see [`crate::overrides`]) and is
    /// never sent.
    pub fn fragment(&self) -> Option<&str> {
        self.given.get(self.fragment_at + 1..)
    }

    /// What was given up to `#`: lanes are keyed by it.
    pub fn without_fragment(&self) -> &str {
        &self.given[..self.fragment_at]
    }

    /// For GET: `pairs` appended to the URL's own query, and which of their keys it had
    /// already. Both go.
    pub fn with_query(&self, pairs: &[(String, String)]) -> (Self, Vec<String>) {
        let mut given = form::append_to_query(self.without_fragment(), pairs);
        let fragment_at = given.len();
        given.push_str(&self.given[self.fragment_at..]);
        let url = Self {
            given,
            fragment_at,
            seen: form::append_to_query(&self.seen, pairs),
            ..self.clone()
        };
        (url, self.doubled_keys(pairs))
    }

    fn doubled_keys(&self, pairs: &[(String, String)]) -> Vec<String> {
        let Some((_, query)) = self.target().split_once('?') else {
            return Vec::new();
        };
        let own = form::decode(query);
        let mut doubled: Vec<String> = Vec::new();
        for (key, _) in pairs {
            if own.iter().any(|(mine, _)| mine == key) && !doubled.contains(key) {
                doubled.push(key.clone());
            }
        }
        doubled
    }

    /// Where a redirect leads: `location` resolved against this URL by RFC 3986 §5.2.
    ///
    /// Credentials go along within one origin alone. A fragment is dropped: the receiver
    /// does not tune delivery.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        let location = location.split('#').next().unwrap_or_default();
        let location = location.trim_matches(is_blank);
        let absolute = if has_scheme(location) {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{}:{location}", self.scheme)
        } else {
            format!("{}{}", self.origin(), resolve(self.target(), location))
        };
        let mut joined = Self::parse(&absolute)?;
        if joined.userinfo.is_none() && joined.origin() == self.origin() {
            joined.userinfo.clone_from(&self.userinfo);
        }
        Ok(joined)
    }
}

impl PartialEq for CallbackUrl {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given && self.userinfo == other.userinfo
    }
}

impl Eq for CallbackUrl {}

impl Hash for CallbackUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.given.hash(state);
    }
}

impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fragment = &self.given[self.fragment_at..];
        write!(f, "CallbackUrl({}{fragment})", self.seen)
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// The scheme, and what follows its `//`.
fn split_scheme(text: &str) -> Result<(Scheme, &str), UrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
    if scheme.eq_ignore_ascii_case("http") {
        Ok((Scheme::Http, rest))
    } else if scheme.eq_ignore_ascii_case("https") {
        Ok((Scheme::Https, rest))
    } else {
        Err(UrlError::Scheme)
    }
}

/// Host and port, if one is named; an empty port is the default one (RFC 3986 §3.2.3).
fn split_port(host_port: &str) -> Result<(&str, Option<u16>), UrlError> {
    let name_at = host_port.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = host_port[name_at..].find(':').map(|at| name_at + at) else {
        return Ok((host_port, None));
    };
    let (host, port) = (&host_port[..colon], &host_port[colon + 1..]);
    if port.is_empty() {
        return Ok((host, None));
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UrlError::Port);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(UrlError::Port),
        Ok(port) => Ok((host, Some(port))),
    }
}

fn origin_of(scheme: Scheme, host: &Host<String>, port: u16) -> String {
    if port == scheme.default_port() {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

/// Whether a reference is absolute (RFC 3986 §4.2: a colon in its first segment).
fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?']);
    end.is_some_and(|end| end > 0 && reference[end..].starts_with(':'))
}

/// Path and query of `reference` seen from `base`: RFC 3986 §5.2.2 and §5.2.3.
fn resolve(base: &str, reference: &str) -> String {
    let base_path = base.split('?').next().unwrap_or_default();
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with('?') {
        return format!("{base_path}{reference}");
    }
    let (path, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
    let folder = base_path.rfind('/').map_or("/", |at| &base_path[..=at]);
    let path = if path.starts_with('/') {
        remove_dot_segments(path)
    } else {
        remove_dot_segments(&format!("{folder}{path}"))
    };
    format!("{path}{query}")
}

/// RFC 3986 §5.2.4, for a path that begins with `/`.
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> CallbackUrl {
        CallbackUrl::parse(text).expect(text)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn the_receiver_sees_neither_userinfo_nor_fragment_nor_default_port() {
        let given = "HTTPS://us%20er:p%40ss@CRM.Example:443/a?b=c#rt=100";
        let it = url(given);
        assert_eq!(it.as_given(), given);
        assert_eq!(it.seen(), "https://crm.example/a?b=c");
        assert_eq!(it.target(), "/a?b=c");
        assert_eq!(it.authority(), "crm.example");
        assert_eq!(it.origin(), "https://crm.example");
        assert_eq!((it.scheme(), it.port()), (Scheme::Https, 443));
        assert_eq!(it.fragment(), Some("rt=100"));
        assert_eq!(
            it.without_fragment(),
            "HTTPS://us%20er:p%40ss@CRM.Example:443/a?b=c"
        );
        assert_eq!(
            it.basic_credentials().as_deref(),
            Some("Basic dXMgZXI6cEBzcw==")
        );
    }

    #[test]
    fn path_and_query_stay_as_they_are() {
        for target in [
            "/a/../b/./c//d",
            "/%20+%2f%2F,:;@!$&'()*=",
            "/?a[]=1&b=%zz&&=?/",
            "/100%",
        ] {
            assert_eq!(url(&format!("http://a.example{target}")).target(), target);
        }
    }

    #[test]
    fn what_a_request_line_cannot_hold_is_escaped() {
        assert_eq!(
            url("http://a/x y\t\"<>`\\^{|}é?q=ü #f").target(),
            "/x%20y%09%22%3C%3E%60%5C%5E%7B%7C%7D%C3%A9?q=%C3%BC%20"
        );
    }

    #[test]
    fn an_empty_path_is_a_slash() {
        assert_eq!(url("http://a").seen(), "http://a/");
        assert_eq!(url("http://a?x=1").seen(), "http://a/?x=1");
        assert_eq!(url("http://a#x").seen(), "http://a/");
        assert_eq!(url("http://a#x").fragment(), Some("x"));
        assert_eq!(url("http://a#").fragment(), Some(""));
        assert_eq!(url("http://a").fragment(), None);
    }

    #[test]
    fn a_query_that_is_empty_is_not_sent() {
        assert_eq!(url("http://a/x?").target(), "/x");
        assert_eq!(url("http://a?#x").target(), "/");
        assert_eq!(url("http://a/x??").target(), "/x??");
        let (both, _) = url("http://a/x?").with_query(&pairs(&[("a", "1")]));
        assert_eq!(both.seen(), "http://a/x?a=1");
        assert_eq!(both.as_given(), "http://a/x?a=1");
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        let authority = |text: &str| url(text).authority().to_owned();
        assert_eq!(authority("http://[2001:DB8:0:0::1]:80/"), "[2001:db8::1]");
        assert_eq!(authority("https://[::1]:8443"), "[::1]:8443");
        assert_eq!(authority("http://bücher.example"), "xn--bcher-kva.example");
        assert_eq!(authority("http://0x7f.1:"), "127.0.0.1");
        assert_eq!(authority("http://a_b.internal:443"), "a_b.internal:443");
        assert!(matches!(url("http://[::1]").host(), Host::Ipv6(_)));
        assert!(matches!(url("http://127.1").host(), Host::Ipv4(_)));
    }

    #[test]
    fn what_is_no_webhook_url_is_refused() {
        let refused = |text: &str| CallbackUrl::parse(text).expect_err(text);
        for blank in ["", " ", " http://a", "http://a ", "http://a\n"] {
            let expected = if blank.is_empty() {
                UrlError::Scheme
            } else {
                UrlError::Blank
            };
            assert_eq!(refused(blank), expected, "{blank:?}");
        }
        for other in [
            "ftp://a",
            "/a",
            "a.example/x",
            "http:a",
            "http:/a",
            "mailto:a",
        ] {
            assert_eq!(refused(other), UrlError::Scheme, "{other}");
        }
        for hostless in [
            "http://",
            "http:///a",
            "http://u@/a",
            "http://:80",
            "http://?a",
        ] {
            assert_eq!(refused(hostless), UrlError::HostMissing, "{hostless}");
        }
        for port in ["65536", "0", "-1", "+80", "8a", "80:80", "99999999999"] {
            assert_eq!(
                refused(&format!("http://a:{port}/")),
                UrlError::Port,
                "{port}"
            );
        }
        for host in ["a b", "a%20b", "[x]", "[::1]x", "a<b", "256.1.1.1"] {
            let error = refused(&format!("http://{host}/"));
            assert!(matches!(error, UrlError::Host { .. }), "{host}: {error:?}");
        }
        assert_eq!(refused("http://a\\@b/"), UrlError::Backslash);
        let long = format!("http://a/{}", "é".repeat(6_000));
        assert_eq!(refused(&long), UrlError::TooLong);
    }

    #[test]
    fn debug_shows_no_credentials() {
        let shown = format!("{:?}", url("http://user:secret@a.example/x#rc=1"));
        assert_eq!(shown, "CallbackUrl(http://a.example/x#rc=1)");
    }

    #[test]
    fn userinfo_becomes_basic_credentials() {
        let credentials = |text: &str| url(text).basic_credentials();
        assert_eq!(credentials("http://u:p@a").as_deref(), Some("Basic dTpw"));
        assert_eq!(credentials("http://u@a").as_deref(), Some("Basic dTo="));
        assert_eq!(
            credentials("http://u:p:q@a").as_deref(),
            Some("Basic dTpwOnE=")
        );
        assert_eq!(credentials("http://@a"), None);
        assert_eq!(credentials("http://a"), None);
    }

    #[test]
    fn a_get_appends_and_names_doubled_keys() {
        let ours = pairs(&[("CallStatus", "in progress"), ("To", "+1"), ("To", "+2")]);
        let (both, doubled) = url("http://u:p@A?To=x&y#rt=100").with_query(&ours);
        let query = "To=x&y&CallStatus=in+progress&To=%2B1&To=%2B2";
        assert_eq!(both.as_given(), format!("http://u:p@A?{query}#rt=100"));
        assert_eq!(both.seen(), format!("http://a/?{query}"));
        assert_eq!(both, url(both.as_given()));
        assert_eq!(both.seen(), url(both.as_given()).seen());
        assert_eq!(both.fragment(), Some("rt=100"));
        assert_eq!(doubled, ["To"]);
        assert!(url("http://a/").with_query(&ours).1.is_empty());
    }

    #[test]
    fn redirects_resolve_as_rfc_3986_has_it() {
        // RFC 3986 §5.4, with its base (its `;p` kept).
        let base = url("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            ("#s", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://h.example/x y", "https://h.example/x%20y"),
        ] {
            let joined = base.join(reference).expect(reference);
            assert_eq!(joined.seen(), expected, "{reference}");
        }
        assert_eq!(base.join("ftp://h/x"), Err(UrlError::Scheme));
        assert_eq!(base.join("http:g"), Err(UrlError::Scheme));
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let base = url("https://u:p@a.example/x");
        let credentials = |location: &str| base.join(location).expect(location).basic_credentials();
        assert!(credentials("/y").is_some());
        assert!(credentials("https://A.example:443/y").is_some());
        for other in [
            "http://a.example/y",
            "//b.example/",
            "https://a.example:444/",
        ] {
            assert_eq!(credentials(other), None, "{other}");
        }
    }

    fn url_like() -> impl Strategy<Value = String> {
        let userinfo = "([a-z%@:]{0,6}@)?";
        let host = r"([a-zA-Z0-9.\-]{1,12}|\[::[0-9a-f]{1,4}\]|\PC{1,4})";
        let port = "(:[0-9]{0,5})?";
        let rest = r"(/\PC{0,16})?(\?\PC{0,16})?(#\PC{0,8})?";
        let pattern = format!("[hH]ttps?://{userinfo}{host}{port}{rest}");
        proptest::string::string_regex(&pattern).expect("the pattern is one")
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), location in any::<String>()) {
            if let Ok(url) = CallbackUrl::parse(&text) {
                drop(url.join(&location));
            }
            drop(url("http://a/b?c").join(&location));
        }

        #[test]
        fn what_goes_on_the_wire_can_go_there(text in url_like(), value in any::<String>()) {
            let Ok(url) = CallbackUrl::parse(&text) else { return Ok(()) };
            prop_assert!(!url.authority().contains('@'));
            for url in [url.clone(), url.with_query(&pairs(&[("k", &value)])).0] {
                prop_assert!(!url.seen().contains('#'));
                prop_assert!(url.seen().is_ascii());
                prop_assert_eq!(format!("{}{}", url.origin(), url.target()), url.seen());
                let target: http::uri::PathAndQuery = url.target().parse()?;
                prop_assert_eq!(target.as_str(), url.target());
            }
        }

        #[test]
        fn what_is_seen_is_seen_the_same_again(text in url_like()) {
            let Ok(first) = CallbackUrl::parse(&text) else { return Ok(()) };
            let again = url(first.seen());
            prop_assert_eq!(again.seen(), first.seen());
        }
    }
}
