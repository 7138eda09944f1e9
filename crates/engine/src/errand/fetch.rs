//! Fetching a document: one try, then one of the fallback.
//!
//! Called by the runner. Time limits, redirects and the size of an answer are those of
//! callbacks (SignalWire, "Common webhook errors"): 2 s to connect, 5 s to read, 15 s in all,
//! three redirects, 64 KiB; the URL's fragment tunes the first three.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method as HttpMethod;
use ringback_domain::callback::Encoding;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::CallbackId;
use ringback_domain::project::Project;
use ringback_domain::subscription::Method;
use ringback_wire::form;
use ringback_wire::headers::{Late, RequestFacts, headers};
use ringback_wire::keyring::KeyRing;
use ringback_wire::overrides::Overrides;
use ringback_wire::url::CallbackUrl;

use super::{Runner, Sender};
use crate::network::{Fetch, FetchTry, Fetched, Page};
use crate::transport::{
    Answer, BODY_LIMIT, BodyEnd, Exchange, HeaderLines, HeadersFor, Limits, Outgoing,
};

const CONNECT: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);

/// What a URL is called that cannot be asked (11100: invalid URL format).
const INVALID_URL: ErrorCode = error_code!("11100");

/// The document is larger than 64 KiB.
const TOO_LARGE: ErrorCode = error_code!("11750");

/// The answer did not come whole.
const BROKEN_OFF: ErrorCode = error_code!("11200");

/// A signed request goes out in the name of this project.
struct Party {
    project: Arc<Project>,
    keys: Arc<KeyRing>,
}

/// Fetches a document.
pub(super) async fn run(runner: &Runner, sender: Sender, fetch: Fetch) -> Fetched {
    let known = runner.projects.get(sender.project);
    let (Some(project), Some(keys)) = (known, runner.projects.keys(sender.project)) else {
        // Its project was there a moment ago; none is ever removed.
        return Fetched {
            tries: Vec::new(),
            page: None,
        };
    };
    let party = Party { project, keys };
    let mut tries = Vec::new();
    let (first, page) = ask(
        runner,
        sender,
        &party,
        (&fetch.url, fetch.method),
        &fetch.params,
    )
    .await;
    tries.push(first);
    let page = match (page, &fetch.fallback, &tries[0].failure) {
        (None, Some((url, method)), Some((code, _))) => {
            let mut params = fetch.params.clone();
            params.push(("ErrorCode".to_owned(), code.as_str().to_owned()));
            params.push(("ErrorUrl".to_owned(), tries[0].url.clone()));
            let (second, page) = ask(runner, sender, &party, (url, *method), &params).await;
            tries.push(second);
            page
        }
        (page, _, _) => page,
    };
    Fetched { tries, page }
}

/// One try: what became of it, and the document if it brought one.
async fn ask(
    runner: &Runner,
    sender: Sender,
    party: &Party,
    (text, method): (&str, Method),
    params: &[(String, String)],
) -> (FetchTry, Option<Page>) {
    let url = match CallbackUrl::parse(text) {
        Ok(url) => url,
        Err(error) => {
            let failed = FetchTry {
                method,
                url: String::new(),
                status: None,
                took: Duration::ZERO,
                failure: Some((INVALID_URL, error.to_string())),
            };
            return (failed, None);
        }
    };
    let seen = url.seen().to_owned();
    let base = url.clone();
    let outgoing = outgoing(runner, sender, party, url, method, params);
    let exchange = runner.transport.send(outgoing).await;
    let result = page(&base, &exchange);
    let status = match &exchange.result {
        Ok(answer) => Some(answer.status),
        Err(failure) => failure.answer.as_ref().map(|answer| answer.status),
    };
    let (page, failure) = match result {
        Ok(page) => (Some(page), None),
        Err(failure) => (None, Some(failure)),
    };
    let tried = FetchTry {
        method,
        url: if exchange.redirects == 0 {
            seen
        } else {
            without_query(&exchange.sent.url).to_owned()
        },
        status,
        took: exchange.timings.total,
        failure,
    };
    (tried, page)
}

fn outgoing(
    runner: &Runner,
    sender: Sender,
    party: &Party,
    url: CallbackUrl,
    method: Method,
    params: &[(String, String)],
) -> Outgoing {
    let (overrides, _) = Overrides::lenient(url.fragment().unwrap_or_default());
    let body: Arc<str> = form::encode(params).into();
    let (http_method, url, sent) = match method {
        Method::Post => {
            let sent = Bytes::copy_from_slice(body.as_bytes());
            (HttpMethod::POST, url, sent)
        }
        Method::Get => (HttpMethod::GET, url.with_query(params).0, Bytes::new()),
    };
    Outgoing {
        method: http_method,
        url: Arc::new(url),
        body: sent,
        headers: signer(runner, sender, party, body),
        limits: Limits {
            connect: overrides.connect_timeout.unwrap_or(CONNECT),
            read: overrides.read_timeout.unwrap_or(READ),
            total: overrides.total_timeout.unwrap_or(TOTAL),
        },
        keep: usize::try_from(BODY_LIMIT).unwrap_or(usize::MAX),
    }
}

/// Makes the headers of each hop, signed for its own URL.
fn signer(runner: &Runner, sender: Sender, party: &Party, body: Arc<str>) -> HeadersFor {
    let wall = runner.clock.wall();
    let keys = party.keys.at(wall);
    let project = Arc::clone(&party.project);
    let id = token(sender);
    Arc::new(
        move |method: &HttpMethod, url: &CallbackUrl, lines: &mut HeaderLines| {
            let facts = RequestFacts {
                id,
                method: if *method == HttpMethod::GET {
                    Method::Get
                } else {
                    Method::Post
                },
                encoding: Encoding::Form,
                body: &body,
                timestamp: wall,
                depth: sender.depth,
                late: Late::No,
                key: &keys.active,
                other_keys: &keys.others,
                settings: &project.settings,
            };
            headers(&facts, url, |name, value| lines.push(name, value));
        },
    )
}

/// The same for a request that is made again after a crash, and for its fallback; another one
/// for each step.
fn token(sender: Sender) -> CallbackId {
    let mut bytes = *sender.step.resource.as_bytes();
    let place = sender.step.due.as_micros().cast_unsigned() ^ u64::from(sender.step.number) << 40;
    for (byte, other) in bytes[10..].iter_mut().zip(place.to_le_bytes()) {
        *byte ^= other;
    }
    CallbackId::from_bytes(bytes)
}

/// The document in an answer, or why there is none.
fn page(base: &CallbackUrl, exchange: &Exchange) -> Result<Page, (ErrorCode, String)> {
    let answer = match &exchange.result {
        Ok(answer) => answer,
        Err(failure) => {
            let code = failure.kind.code();
            return Err((code, failure.detail.clone()));
        }
    };
    match answer.end {
        BodyEnd::Complete => {}
        BodyEnd::Oversized => {
            let detail = format!("The document is larger than {} KiB.", BODY_LIMIT / 1024);
            return Err((TOO_LARGE, detail));
        }
        BodyEnd::Cut | BodyEnd::Unfinished => {
            let detail = "The document did not come whole.".to_owned();
            return Err((BROKEN_OFF, detail));
        }
    }
    let url = if exchange.redirects == 0 {
        base.without_fragment().to_owned()
    } else {
        exchange.sent.url.clone()
    };
    Ok(Page {
        url,
        content_type: content_type(answer),
        text: String::from_utf8_lossy(&answer.excerpt).into_owned(),
    })
}

/// The media type of an answer.
fn content_type(answer: &Answer) -> String {
    let value = answer.headers.get("Content-Type").unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}
