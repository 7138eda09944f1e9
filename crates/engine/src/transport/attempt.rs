//! One attempt: its hops, its deadline, its record.
//!
//! The record lives outside the future that the deadline drops, so that what was learned
//! until then is kept: timings, what was sent, the part of an answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use tokio::time::{Instant, timeout};

use super::answer::{Answer, BodyEnd};
use super::failure::{FailureKind, Trouble};
use super::headers::HeaderLines;
use super::open::open;
use super::pool::Connection;
use super::redirect::{self, Hop, Next};
use super::talk::{self, TalkError};
use super::{ConnectionUse, Exchange, HttpTransport, Outgoing, Sent, Timings};

/// What is known of an attempt so far.
struct Record {
    hop: Hop,
    headers: HeaderLines,
    timings: Timings,
    answer: Option<Answer>,
    redirects: u8,
}

/// Makes the attempt, within its limits.
pub(super) async fn make(transport: &HttpTransport, outgoing: &Outgoing) -> Exchange {
    let begun = Instant::now();
    let mut record = Record::new(outgoing);
    let limit = outgoing.limits.total;
    let outcome = match timeout(limit, hops(transport, outgoing, &mut record)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(record.late(limit)),
    };
    record.close(outcome, begun.elapsed())
}

/// Follows redirects until there is something else.
async fn hops(
    transport: &HttpTransport,
    outgoing: &Outgoing,
    record: &mut Record,
) -> Result<(), Trouble> {
    // Bounded by the number of redirects that `redirect::next` follows.
    loop {
        let location = visit(transport, outgoing, record).await?;
        let status = record.answer.as_ref().map_or(0, |answer| answer.status);
        match redirect::next(&record.hop, status, location.as_deref(), record.redirects) {
            Next::Done => return Ok(()),
            Next::Fail(trouble) => return Err(trouble),
            Next::Follow(hop) => record.follow(hop),
        }
    }
}

/// One hop, over a kept connection if there is one. If that turns out to be closed, the
/// request goes out once more, over a new one: same attempt, same token.
async fn visit(
    transport: &HttpTransport,
    outgoing: &Outgoing,
    record: &mut Record,
) -> Result<Option<String>, Trouble> {
    let mut request = prepare(outgoing, record)?;
    if let Some(connection) = kept(transport, outgoing, &record.hop).await {
        record.timings.connection = ConnectionUse::Kept;
        match exchange(transport, outgoing, connection, request, record).await {
            Ok(location) => return Ok(location),
            Err(TalkError::Failed(trouble)) => return Err(trouble),
            Err(TalkError::Unheard(_)) => {
                record.timings = Timings::default();
                request = prepare(outgoing, record)?;
            }
        }
    }
    let limit = outgoing.limits.connect;
    let connection = open(transport, &record.hop.url, limit, &mut record.timings).await?;
    record.timings.connection = ConnectionUse::New;
    exchange(transport, outgoing, connection, request, record)
        .await
        .map_err(TalkError::into_trouble)
}

/// A kept connection that is ready for a request.
async fn kept(transport: &HttpTransport, outgoing: &Outgoing, hop: &Hop) -> Option<Connection> {
    // Each turn takes a connection off the rack, and what is not ready is closed.
    while let Some(mut connection) = transport.pool.take(hop.url.origin()) {
        let ready = timeout(outgoing.limits.connect, connection.sender.ready()).await;
        if matches!(ready, Ok(Ok(()))) {
            return Some(connection);
        }
    }
    None
}

/// Sends, reads, and keeps the connection if nothing is left on it. Says where a redirect
/// leads.
async fn exchange(
    transport: &HttpTransport,
    outgoing: &Outgoing,
    mut connection: Connection,
    request: Request<Full<Bytes>>,
    record: &mut Record,
) -> Result<Option<String>, TalkError> {
    let (url, limit) = (&record.hop.url, outgoing.limits.read);
    let response = talk::ask(&mut connection, request, url, limit, &mut record.timings).await?;
    let location = talk::location(&response);
    let answer = record.answer.insert(Answer::begun(&response));
    talk::hear(&connection, response, answer, url, limit).await?;
    if answer.end == BodyEnd::Complete {
        transport.pool.keep(url.origin(), connection);
    }
    Ok(location)
}

/// Makes the request of the current hop, and records its header fields.
fn prepare(outgoing: &Outgoing, record: &mut Record) -> Result<Request<Full<Bytes>>, Trouble> {
    let hop = &record.hop;
    let unusable = |what: &str| {
        let detail = format!(
            "{what} of {} cannot be sent: correct the URL.",
            hop.url.authority()
        );
        Trouble::new(FailureKind::Url, detail)
    };
    let target = PathAndQuery::try_from(hop.url.target()).map_err(|_| unusable("Path or query"))?;
    let authority = HeaderValue::try_from(hop.url.authority()).map_err(|_| unusable("The host"))?;
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(HOST, authority);
    headers.extend((outgoing.headers)(&hop.method, &hop.url));
    if hop.method == Method::POST {
        headers.insert(CONTENT_TYPE, outgoing.content_type.clone());
        headers.insert(CONTENT_LENGTH, HeaderValue::from(hop.body.len()));
    }
    if let Some(credentials) = credentials(outgoing, hop) {
        headers.insert(AUTHORIZATION, credentials);
    }
    record.headers = HeaderLines::record(&headers);
    let mut request = Request::new(Full::new(hop.body.clone()));
    *request.method_mut() = hop.method.clone();
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = headers;
    Ok(request)
}

/// Userinfo is for the origin that the user named, whatever a redirect says.
fn credentials(outgoing: &Outgoing, hop: &Hop) -> Option<HeaderValue> {
    if hop.url.origin() != outgoing.url.origin() {
        return None;
    }
    let mut value = HeaderValue::try_from(hop.url.basic_credentials()?).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Record {
    fn new(outgoing: &Outgoing) -> Self {
        let hop = Hop {
            method: outgoing.method.clone(),
            url: outgoing.url.clone(),
            body: outgoing.body.clone(),
        };
        Self {
            hop,
            headers: HeaderLines::default(),
            timings: Timings::default(),
            answer: None,
            redirects: 0,
        }
    }

    fn follow(&mut self, hop: Hop) {
        self.hop = hop;
        self.timings = Timings::default();
        self.answer = None;
        self.redirects += 1;
    }

    /// The deadline passed. An answer that is a refusal already stays one, though its body
    /// did not end.
    fn late(&self, limit: Duration) -> Trouble {
        let here = self.hop.url.authority();
        match &self.answer {
            Some(answer)
                if !redirect::is_success(answer.status)
                    && !redirect::is_redirect(answer.status) =>
            {
                redirect::refusal(here, answer.status)
            }
            Some(_) | None => {
                let limit = limit.as_millis();
                let detail = format!("{here} was not done within {limit} ms: answer faster.");
                Trouble::new(FailureKind::TotalTimeout, detail)
            }
        }
    }

    fn close(self, outcome: Result<(), Trouble>, total: Duration) -> Exchange {
        let result = match (outcome, self.answer) {
            (Ok(()), Some(answer)) => Ok(answer),
            (Err(trouble), answer) => Err(trouble.with(answer)),
            // `hops` is done with an answer in the record alone; told rather than panicked.
            (Ok(()), None) => {
                let trouble = Trouble::new(FailureKind::Protocol, "There was no answer.");
                Err(trouble.with(None))
            }
        };
        Exchange {
            timings: Timings {
                total,
                ..self.timings
            },
            sent: Sent {
                method: self.hop.method,
                url: self.hop.url.seen().to_owned(),
                headers: self.headers,
            },
            result,
            redirects: self.redirects,
        }
    }
}
