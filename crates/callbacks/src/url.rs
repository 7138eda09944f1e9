//! URLs as senders sign them.
//!
//! Called by the verifier. Nothing is normalised: a signature is made over what was written in the
//! request, byte for byte. Taken out is only what a receiver cannot see, or what proxies and
//! senders disagree about.

/// The texts that `url` may have been signed as, at most three: as it is, without its port, and
/// with its scheme's port. The SDKs' validators try the same.
///
/// Fragment and credentials are in none of them. A text that is no absolute `http` or `https` URL
/// comes back as it is.
pub(crate) fn as_signed(url: &str) -> Vec<String> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return vec![url.to_owned()];
    };
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, it)| it);
    let host = without_port(authority);
    let mut all = vec![format!("{scheme}://{authority}{target}")];
    if host.len() < authority.len() {
        all.push(format!("{scheme}://{host}{target}"));
    } else if let Some(port) = default_port(scheme) {
        all.push(format!("{scheme}://{host}:{port}{target}"));
    }
    all
}

/// The query of `url`, if it has one.
pub(crate) fn query(url: &str) -> Option<&str> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    url.split_once('?').map(|(_, query)| query)
}

/// An address of IPv6 has colons of its own, in brackets.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_tried_with_and_without_its_port() {
        check(
            "https://a/x?y=1",
            &["https://a/x?y=1", "https://a:443/x?y=1"],
        );
        check("http://a/", &["http://a/", "http://a:80/"]);
        check("https://a:443/", &["https://a:443/", "https://a/"]);
        check("http://a:8080?b", &["http://a:8080?b", "http://a?b"]);
        check("http://[::1]/", &["http://[::1]/", "http://[::1]:80/"]);
        check(
            "http://[::1]:5000/",
            &["http://[::1]:5000/", "http://[::1]/"],
        );
    }

    #[test]
    fn what_a_receiver_cannot_see_was_not_signed() {
        check(
            "https://u:p@a:1/x@y#rt=9",
            &["https://a:1/x@y", "https://a/x@y"],
        );
        check("/x?y#z", &["/x?y"]);
    }

    #[track_caller]
    fn check(url: &str, expected: &[&str]) {
        assert_eq!(as_signed(url), expected, "{url}");
    }

    #[test]
    fn a_query_ends_where_the_fragment_begins() {
        assert_eq!(query("http://a/?b=1#c?d"), Some("b=1"));
        assert_eq!(query("http://a/#?d"), None);
    }
}
