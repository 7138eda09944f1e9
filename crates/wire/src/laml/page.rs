//! Pages of a list: how one is asked for, and the envelope that it comes in.
//!
//! A token names the resource next to the page, so that pages stay where they are while
//! rows are added. SDKs find the list as the one key of the envelope that is not about
//! paging, and follow `next_page_uri`: nothing else may be in it.

use std::fmt;
use std::str::FromStr;

use ringback_domain::id::Sid;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::form;

/// Rows of a page when nothing is said.
pub const DEFAULT_PAGE_SIZE: u16 = 50;
/// Most rows of a page.
pub const MAX_PAGE_SIZE: u16 = 1_000;

/// Which rows of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageToken {
    /// `PA`: those after this one in the list, which are older.
    After(Sid),
    /// `PB`: those before this one in the list, which are newer.
    Before(Sid),
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(sid) => write!(f, "PA{sid}"),
            Self::Before(sid) => write!(f, "PB{sid}"),
        }
    }
}

/// Not a token that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page token is PA or PB and a SID")]
pub struct BadToken;

impl FromStr for PageToken {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let (make, sid): (fn(Sid) -> Self, &str) = match text.split_at_checked(2) {
            Some(("PA", sid)) => (Self::After, sid),
            Some(("PB", sid)) => (Self::Before, sid),
            _ => return Err(BadToken),
        };
        sid.parse().map(make).map_err(|_| BadToken)
    }
}

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Its number, from 0: for people, the token decides.
    pub page: u32,
    /// Rows of a page.
    pub page_size: u16,
    /// Which rows; the newest if there is none.
    pub token: Option<PageToken>,
}

/// A page of a list, with the URIs of its neighbours.
#[derive(Clone, Debug)]
pub struct Page<T> {
    key: &'static str,
    items: Vec<T>,
    uri: String,
    first: String,
    next: Option<String>,
    previous: Option<String>,
    request: PageRequest,
}

/// The rows beside a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The last row of the page, if older ones follow it.
    pub older_than: Option<Sid>,
    /// The first row of the page, if newer ones come before it.
    pub newer_than: Option<Sid>,
}

impl<T> Page<T> {
    /// The page that `request` asks of the list at `path` (without host and suffix), whose
    /// rows are under `key`. `filters` are the request's, and kept in every URI.
    pub fn new(
        path: &str,
        key: &'static str,
        filters: &[(String, String)],
        request: PageRequest,
        items: Vec<T>,
        neighbours: Neighbours,
    ) -> Self {
        let uri = |page, token| {
            let page = PageRequest {
                page,
                token,
                ..request
            };
            page_uri(path, filters, page)
        };
        let next = neighbours.older_than.map(PageToken::After);
        let previous = neighbours.newer_than.map(PageToken::Before);
        Self {
            key,
            items,
            uri: uri(request.page, request.token),
            first: uri(0, None),
            next: next.map(|token| uri(request.page.saturating_add(1), Some(token))),
            // Nothing comes before page 0, as SignalWire counts, though rows may have been
            // added since: they are on the first page.
            previous: previous
                .filter(|_| request.page > 0)
                .map(|token| uri(request.page - 1, Some(token))),
            request,
        }
    }
}

/// Host-relative, as SDKs join it to the host. Characters such as `<` are escaped.
fn page_uri(path: &str, filters: &[(String, String)], request: PageRequest) -> String {
    let mut pairs: Vec<(&str, String)> = filters
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    pairs.push(("Page", request.page.to_string()));
    pairs.push(("PageSize", request.page_size.to_string()));
    if let Some(token) = request.token {
        pairs.push(("PageToken", token.to_string()));
    }
    format!("{path}?{}", form::encode(&pairs))
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut envelope = serializer.serialize_map(Some(7))?;
        envelope.serialize_entry("uri", &self.uri)?;
        envelope.serialize_entry("first_page_uri", &self.first)?;
        envelope.serialize_entry("next_page_uri", &self.next)?;
        envelope.serialize_entry("previous_page_uri", &self.previous)?;
        envelope.serialize_entry("page", &self.request.page)?;
        envelope.serialize_entry("page_size", &self.request.page_size)?;
        envelope.serialize_entry(self.key, &self.items)?;
        envelope.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SID: &str = "3c1f0a22-0000-4000-8000-00000000ca01";
    const PATH: &str = "/api/laml/2010-04-01/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01/Calls";

    fn page(number: u32, token: Option<PageToken>, filters: &[(String, String)]) -> Value {
        let request = PageRequest {
            page: number,
            page_size: 50,
            token,
        };
        let neighbours = Neighbours {
            older_than: Some(SID.parse().unwrap()),
            newer_than: Some(SID.parse().unwrap()),
        };
        let page = Page::new(PATH, "calls", filters, request, vec![1, 2], neighbours);
        serde_json::to_value(page).unwrap()
    }

    #[test]
    fn a_first_page_is_enveloped_as_the_published_example_is() {
        let expected = json!({
            "uri": format!("{PATH}?Page=0&PageSize=50"),
            "first_page_uri": format!("{PATH}?Page=0&PageSize=50"),
            "next_page_uri": format!("{PATH}?Page=1&PageSize=50&PageToken=PA{SID}"),
            "previous_page_uri": null,
            "page": 0,
            "page_size": 50,
            "calls": [1, 2],
        });
        assert_eq!(page(0, None, &[]), expected);
    }

    #[test]
    fn every_uri_keeps_the_filters() {
        let filters = [
            ("StartTime>".to_owned(), "2024-04-04".to_owned()),
            ("To".to_owned(), "+15550100002".to_owned()),
        ];
        let token: PageToken = format!("PA{SID}").parse().unwrap();
        let page = page(2, Some(token), &filters);
        let kept = format!("{PATH}?StartTime%3E=2024-04-04&To=%2B15550100002");
        let at = |page, token| format!("{kept}&Page={page}&PageSize=50&PageToken={token}{SID}");
        assert_eq!(page["uri"], at(2, "PA"));
        assert_eq!(page["next_page_uri"], at(3, "PA"));
        assert_eq!(page["previous_page_uri"], at(1, "PB"));
        assert_eq!(page["first_page_uri"], format!("{kept}&Page=0&PageSize=50"));
    }

    #[test]
    fn tokens_are_taken_as_they_were_handed_out() {
        let sid: Sid = SID.parse().unwrap();
        for token in [PageToken::After(sid), PageToken::Before(sid)] {
            assert_eq!(token.to_string().parse(), Ok(token));
        }
        for bad in ["", "P", "PA", "PC", SID, &format!("pa{SID}"), "PAé", "é"] {
            assert_eq!(bad.parse::<PageToken>(), Err(BadToken), "{bad}");
        }
    }
}
