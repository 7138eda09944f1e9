//! Where callbacks go, by the text of a URL: those of one receiver are mostly the same.
//!
//! Owned by the recorder, which asks once for each change and subscription: reading a URL anew
//! takes a microsecond.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use ringback_wire::url::CallbackUrl;

/// How many are kept. One is some 200 bytes, a URL of 8 KiB at most apart.
const KEPT: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// A URL as it is recorded with a callback.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// As the user gave it.
    pub(super) url: Arc<str>,
    /// Scheme, host and port; empty, if it cannot be sent to: the dispatcher fails it.
    pub(super) destination: Arc<str>,
}

/// Addresses by the text of their URL.
pub(super) struct Addresses(LruCache<Arc<str>, Address>);

impl Addresses {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(LruCache::new(KEPT))
    }

    /// The address that this text is of.
    pub(super) fn of(&mut self, text: &str) -> Address {
        if let Some(address) = self.0.get(text) {
            return address.clone();
        }
        let url: Arc<str> = text.into();
        let read = CallbackUrl::parse(text);
        let destination = read.map_or_else(|_| "".into(), |url| url.origin().into());
        let address = Address {
            url: Arc::clone(&url),
            destination,
        };
        self.0.put(url, address.clone());
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_once_as_long_as_it_is_kept() {
        let mut addresses = Addresses::new();
        let first = addresses.of("https://user:word@crm.example:8443/in?a=1#rt=100");
        assert_eq!(&*first.destination, "https://crm.example:8443");
        assert_eq!(
            &*first.url,
            "https://user:word@crm.example:8443/in?a=1#rt=100"
        );
        let again = addresses.of(&first.url);
        assert!(Arc::ptr_eq(&first.url, &again.url));
        assert_eq!(&*addresses.of("ftp://crm.example/").destination, "");
        for number in 0..KEPT.get() {
            addresses.of(&format!("http://a/{number}"));
        }
        assert!(!Arc::ptr_eq(&first.url, &addresses.of(&first.url).url));
    }
}
