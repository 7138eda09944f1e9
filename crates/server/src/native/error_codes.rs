//! Error codes: listed, searched, explained. Nothing of any project is in them.

use axum::body::Body;
use axum::response::Response;
use ringback_domain::errors::{CodeKind, Fault, Retry, entry};
use ringback_wire::native::error_code::{CodeFilter, ErrorCodeJson, ErrorCodePageJson};
use schemars::JsonSchema;
use serde::Deserialize;

use super::callbacks::{MAX_PAGE, limit};
use super::error::NativeError;
use super::extract::{Caller, CodePath, Query};
use super::filter::CURSOR;
use super::found;

/// Which codes are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeParams {
    /// With all of these words in the code, its meaning or what to do, in any case; the best
    /// come first.
    q: Option<String>,
    /// `recipient`, `carrier`, `sender`, `application`, `network` or `unknown`.
    #[schemars(extend("enum" = words(Fault::ALL, Fault::as_str)))]
    fault: Option<String>,
    /// `later`, `after_change`, `no` or `unknown`.
    #[schemars(extend("enum" = words(Retry::ALL, Retry::as_str)))]
    retry: Option<String>,
    /// What they are about: `message`, `call`, `webhook` and so on.
    #[schemars(extend("enum" = words(CodeKind::ALL, CodeKind::as_str)))]
    kind: Option<String>,
    /// The `next_cursor` of the page before.
    #[schemars(extend("pattern" = CURSOR))]
    cursor: Option<String>,
    /// Codes on a page: 1 to 1000, usually 100.
    #[schemars(with = "Option<u32>", range(min = 1, max = MAX_PAGE))]
    limit: Option<String>,
}

/// `GET /errors`
pub(super) async fn list(
    _: Caller,
    Query(params): Query<CodeParams>,
) -> Result<Response<Body>, NativeError> {
    let limit = usize::try_from(limit(params.limit.as_deref())?).unwrap_or(usize::MAX);
    let first = cursor(params.cursor.as_deref())?;
    let entries = params.filter()?.entries();
    let page = entries.iter().skip(first).take(limit);
    let next = first.saturating_add(limit);
    Ok(found(&ErrorCodePageJson {
        errors: page.map(|it| ErrorCodeJson::of(it)).collect(),
        next_cursor: (next < entries.len()).then(|| next.to_string()),
    }))
}

/// `GET /errors/{code}`
pub(super) async fn fetch(
    _: Caller,
    CodePath(code): CodePath,
) -> Result<Response<Body>, NativeError> {
    let entry = entry(&code).ok_or(NativeError::NotFound("error code"))?;
    Ok(found(&ErrorCodeJson::of(entry)))
}

impl CodeParams {
    fn filter(self) -> Result<CodeFilter, NativeError> {
        Ok(CodeFilter {
            fault: word("fault", self.fault, Fault::ALL, Fault::as_str)?,
            retry: word("retry", self.retry, Retry::ALL, Retry::as_str)?,
            kind: word("kind", self.kind, CodeKind::ALL, CodeKind::as_str)?,
            text: self.q,
        })
    }
}

/// All the words of a kind.
fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(word).collect()
}

/// One of a few words, if one was given.
fn word<T: Copy>(
    name: &str,
    given: Option<String>,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<Option<T>, NativeError> {
    let Some(given) = given else {
        return Ok(None);
    };
    let found = all.iter().copied().find(|it| as_str(*it) == given);
    found.map(Some).ok_or_else(|| {
        let allowed: Vec<&str> = all.iter().map(|it| as_str(*it)).collect();
        let allowed = allowed.join(", ");
        NativeError::Parameter(format!("`{name}` has to be one of {allowed}"))
    })
}

/// A cursor is a place among the codes that were found.
fn cursor(given: Option<&str>) -> Result<usize, NativeError> {
    let expected = "`cursor` has to be the `next_cursor` of an earlier answer";
    let Some(text) = given else {
        return Ok(0);
    };
    text.parse()
        .map_err(|_| NativeError::Parameter(expected.to_owned()))
}
