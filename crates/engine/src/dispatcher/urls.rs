//! URLs that were read lately: those of one receiver's callbacks are mostly the same.
//!
//! Owned by the dispatcher, which asks once for each callback that comes into memory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use ringback_wire::url::{CallbackUrl, UrlError};

/// How many are kept. One is at most some 100 KiB, for a target of 32 KiB.
const KEPT: NonZeroUsize = NonZeroUsize::new(128).expect("not zero");

/// URLs by their text.
pub(super) struct Urls(LruCache<Arc<str>, Arc<CallbackUrl>>);

impl Urls {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(LruCache::new(KEPT))
    }

    /// The URL of which this is the text.
    pub(super) fn read(&mut self, text: &Arc<str>) -> Result<Arc<CallbackUrl>, UrlError> {
        if let Some(url) = self.0.get(text) {
            return Ok(Arc::clone(url));
        }
        let url = Arc::new(CallbackUrl::parse(text)?);
        self.0.put(Arc::clone(text), Arc::clone(&url));
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_as_long_as_it_is_kept() {
        let mut urls = Urls::new();
        let text: Arc<str> = "http://a/in#rt=100".into();
        let first = urls.read(&text).unwrap();
        assert_eq!(first.fragment(), Some("rt=100"));
        assert!(Arc::ptr_eq(&first, &urls.read(&text).unwrap()));
        for number in 0..KEPT.get() {
            urls.read(&format!("http://a/{number}").into()).unwrap();
        }
        assert!(!Arc::ptr_eq(&first, &urls.read(&text).unwrap()));
        assert!(urls.read(&"ftp://a/".into()).is_err());
    }
}
