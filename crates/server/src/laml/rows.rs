//! The rows of one page of a list.

use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_engine::Engine;
use ringback_store::{Cursor, ListQuery, TimeField, TimeRange};
use ringback_wire::laml::page::{Neighbours, PageRequest, PageToken};
use ringback_wire::laml::request::DateBounds;

use crate::error::ApiError;

/// The rows of a page, newest first, and what is beside them.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) resources: Vec<Resource>,
    pub(crate) neighbours: Neighbours,
}

/// Where a page begins or ends.
pub(crate) const fn cursor(page: &PageRequest) -> Cursor {
    match page.token {
        None => Cursor::Start,
        Some(PageToken::After(sid)) => Cursor::OlderThan(sid),
        Some(PageToken::Before(sid)) => Cursor::NewerThan(sid),
    }
}

/// One row more than the page has: it tells whether there is another page.
pub(crate) fn limit(page: &PageRequest) -> u32 {
    u32::from(page.page_size) + 1
}

/// A filter by time, if there is one.
pub(super) fn range(field: TimeField, bounds: DateBounds) -> Option<TimeRange> {
    let DateBounds { from, until } = bounds;
    (from.is_some() || until.is_some()).then_some(TimeRange { field, from, until })
}

/// The rows of `page` among `all`, newest first and sorted by SID, and what is beside them. A
/// token is good also when what it names is gone.
pub(super) fn cut_sorted<T>(
    all: Vec<T>,
    sid: impl Fn(&T) -> Sid,
    page: &PageRequest,
) -> (Vec<T>, Neighbours) {
    let size = usize::from(page.page_size);
    let (from, until) = match page.token {
        None => (0, size),
        Some(PageToken::After(place)) => {
            let from = all.partition_point(|it| sid(it) >= place);
            (from, from + size)
        }
        Some(PageToken::Before(place)) => {
            let until = all.partition_point(|it| sid(it) > place);
            (until.saturating_sub(size), until)
        }
    };
    let until = until.min(all.len());
    let more = until < all.len();
    let rows: Vec<T> = all.into_iter().take(until).skip(from).collect();
    let neighbours = Neighbours {
        older_than: rows.last().map(&sid).filter(|_| more),
        newer_than: rows.first().map(&sid).filter(|_| from > 0),
    };
    (rows, neighbours)
}

/// The rows of `page`, which `query` asks for with its [`cursor`] and [`limit`].
pub(crate) async fn rows(
    engine: &Engine,
    query: &ListQuery,
    page: &PageRequest,
) -> Result<Rows, ApiError> {
    let found = engine.store().list(query).await;
    Ok(cut(found.map_err(ApiError::Store)?, page))
}

fn cut(mut resources: Vec<Resource>, page: &PageRequest) -> Rows {
    let size = usize::from(page.page_size);
    let more = resources.len() > size;
    // The row too many is the one farthest from where the page was asked from.
    match cursor(page) {
        Cursor::Start | Cursor::OlderThan(_) => resources.truncate(size),
        Cursor::NewerThan(_) => drop(resources.drain(..resources.len().saturating_sub(size))),
    }
    let first = resources.first().map(|resource| resource.sid);
    let last = resources.last().map(|resource| resource.sid);
    let neighbours = match cursor(page) {
        Cursor::Start => Neighbours {
            older_than: last.filter(|_| more),
            newer_than: None,
        },
        Cursor::OlderThan(_) => Neighbours {
            older_than: last.filter(|_| more),
            newer_than: first,
        },
        // The page that this one was asked from is the next one.
        Cursor::NewerThan(_) => Neighbours {
            older_than: last,
            newer_than: first.filter(|_| more),
        },
    };
    Rows {
        resources,
        neighbours,
    }
}
