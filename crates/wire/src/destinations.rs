//! Where the URLs of a request may lead.
//!
//! Asked by whatever reads a request with a URL that is to be called: callbacks and documents.
//! Only a literal address can be judged then; a name is judged by what it is resolved to, when
//! it is called. Whoever answers requests says who judges; nobody does, if nothing is said.

use std::fmt;
use std::sync::Arc;

use crate::url::{CallbackUrl, UrlError};

/// Knows the addresses that are never called.
pub trait Judge: fmt::Debug + Send + Sync {
    /// Is the host of `url` a literal address that is never called? Never so for a name.
    fn literal_refused(&self, url: &CallbackUrl) -> bool;
}

/// The addresses that URLs of requests may lead to: any, by default. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Destinations(Option<Arc<dyn Judge>>);

/// Why a URL that was given is not taken. Reads on after the name of what gave it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GivenUrlError {
    /// It is none. Its text is not repeated: it may hold credentials.
    #[error("has to be an absolute http or https URL: {0}")]
    Malformed(UrlError),
    /// Every callback to it would fail (`url_is_unsafe`).
    #[error(
        "leads to an address that is not public, nor allowed: use another, or add its network to \
         delivery.allow_destinations"
    )]
    Forbidden,
}

impl Destinations {
    /// All but the literal addresses that `judge` refuses.
    pub fn judged_by(judge: impl Judge + 'static) -> Self {
        Self(Some(Arc::new(judge)))
    }

    /// Reads a URL that a request gives.
    pub fn url(&self, text: &str) -> Result<CallbackUrl, GivenUrlError> {
        let url = CallbackUrl::parse(text).map_err(GivenUrlError::Malformed)?;
        match &self.0 {
            Some(judge) if judge.literal_refused(&url) => Err(GivenUrlError::Forbidden),
            Some(_) | None => Ok(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct AllLiterals;

    impl Judge for AllLiterals {
        fn literal_refused(&self, url: &CallbackUrl) -> bool {
            !matches!(url.host(), ::url::Host::Domain(_))
        }
    }

    #[test]
    fn a_url_is_judged_once_it_is_one() {
        let judged = Destinations::judged_by(AllLiterals);
        let refusal = |text: &str| judged.url(text).err();
        assert_eq!(refusal("http://[::1]/"), Some(GivenUrlError::Forbidden));
        assert_eq!(refusal("https://crm.example/"), None);
        let malformed = Some(GivenUrlError::Malformed(UrlError::Scheme));
        assert_eq!(refusal("10.0.0.1/"), malformed);
        assert!(Destinations::default().url("http://10.0.0.1/").is_ok());
    }
}
