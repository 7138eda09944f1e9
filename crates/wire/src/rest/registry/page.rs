//! Lists of the registry: what is asked for, and the envelope that a page comes in.
//!
//! SignalWire's specification names the filters alone; the parameters of paging are those of its
//! sibling APIs. A token names the row next to the page, so that pages stay where they are while
//! rows are added.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use serde::Serialize;

use super::{INVALID, RegistryFault};
use crate::form;
use crate::laml::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Neighbours, PageRequest, PageToken};
use crate::laml::request::Form;

/// What is asked of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAsked {
    /// A part of the name.
    pub name: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// Which page.
    pub page: PageRequest,
}

/// Reads the query of a list.
pub fn list(query: &Form) -> Result<ListAsked, Vec<RegistryFault>> {
    let refused = |name, code: ErrorCode, message: &str| {
        vec![RegistryFault::of_attribute(name, code, message)]
    };
    let number = query.one("page_number").unwrap_or("0").parse();
    let number = number.map_err(|_| refused("page_number", INVALID, "has to be a whole number"))?;
    let size = query
        .one("page_size")
        .map_or(Ok(DEFAULT_PAGE_SIZE), str::parse);
    let size = size.ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
    let page_size = size.ok_or_else(|| {
        let message = format!("has to be a whole number from 1 to {MAX_PAGE_SIZE}");
        refused("page_size", INVALID, &message)
    })?;
    let token: Option<PageToken> = match query.one("page_token").map(str::parse) {
        None => None,
        Some(Ok(token)) => Some(token),
        Some(Err(_)) => {
            let code = error_code!("page_token_is_invalid");
            return Err(refused("page_token", code, "was never handed out"));
        }
    };
    if number > 0 && token.is_none() {
        let code = error_code!("page_token_required");
        let message = "is required for every page but the first: follow `links`";
        return Err(refused("page_token", code, message));
    }
    let given = |name| query.one(name).map(str::to_owned);
    Ok(ListAsked {
        name: given("filter_name"),
        state: given("filter_state"),
        page: PageRequest {
            page: number,
            page_size,
            token,
        },
    })
}

/// A page of a list, with the paths of its neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageJson<T> {
    links: Links,
    data: Vec<T>,
}

/// Paths without the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: String,
    first: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
}

impl<T> PageJson<T> {
    /// The page that `asked` is of the list at `path`; the filters are kept in every link.
    pub fn new(path: &str, asked: &ListAsked, data: Vec<T>, neighbours: Neighbours) -> Self {
        let request = asked.page;
        let link = |page: Option<(u32, Option<PageToken>)>| {
            let mut pairs: Vec<(&str, String)> = Vec::new();
            let filters = [("filter_name", &asked.name), ("filter_state", &asked.state)];
            let given = filters.into_iter();
            pairs.extend(given.filter_map(|(name, value)| Some((name, value.clone()?))));
            if let Some((number, _)) = page {
                pairs.push(("page_number", number.to_string()));
            }
            pairs.push(("page_size", request.page_size.to_string()));
            if let Some((_, Some(token))) = page {
                pairs.push(("page_token", token.to_string()));
            }
            format!("{path}?{}", form::encode(&pairs))
        };
        let next = neighbours.older_than.map(PageToken::After);
        let prev = neighbours.newer_than.map(PageToken::Before);
        let links = Links {
            own: link(Some((request.page, request.token))),
            first: link(None),
            next: next.map(|token| link(Some((request.page.saturating_add(1), Some(token))))),
            prev: prev
                .filter(|_| request.page > 0)
                .map(|token| link(Some((request.page - 1, Some(token))))),
        };
        Self { links, data }
    }
}
