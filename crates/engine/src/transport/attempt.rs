//! One attempt: its hops, its deadline, its record.
//!
//! The record holds what is learned on the way, so that it is kept wherever the attempt ends:
//! timings, what was sent, the part of an answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::Answer;
use super::connection::Connection;
use super::failure::{FailureKind, Trouble};
use super::head::Keep;
use super::headers::{Authorized, HeaderLines};
use super::open::open;
use super::redirect::{self, Hop, Next};
use super::talk::{Patience, Talk, TalkError};
use super::{ConnectionUse, Exchange, HttpTransport, Outgoing, Sent, Timings};

/// Room for what each line has more on the wire than in the record, in bytes.
const MOST_LINES: usize = 32;

/// What is known of an attempt so far.
struct Record {
    hop: Hop,
    deadline: Instant,
    headers: HeaderLines,
    timings: Timings,
    answer: Option<Answer>,
    redirects: u8,
}

/// Makes the attempt, within its limits.
pub(super) async fn make(transport: &HttpTransport, outgoing: &Outgoing) -> Exchange {
    let begun = Instant::now();
    let mut record = Record::new(outgoing, begun + outgoing.limits.total);
    let outcome = hops(transport, outgoing, &mut record).await;
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
    let request = prepare(outgoing, record)?;
    if let Some(connection) = transport.pool.take(record.hop.url.origin()) {
        record.timings.connection = ConnectionUse::Kept;
        match exchange(transport, outgoing, connection, &request, record).await {
            Err(TalkError::Unheard(_)) => record.timings = Timings::default(),
            outcome => return outcome.map_err(|error| record.trouble(error, outgoing)),
        }
    }
    let url = Arc::clone(&record.hop.url);
    let limit = outgoing.limits.connect;
    let opening = open(transport, &url, limit, &mut record.timings);
    let connection = match timeout_at(record.deadline, opening).await {
        Ok(opened) => opened?,
        Err(_elapsed) => return Err(record.late(outgoing.limits.total)),
    };
    record.timings.connection = ConnectionUse::New;
    exchange(transport, outgoing, connection, &request, record)
        .await
        .map_err(|error| record.trouble(error, outgoing))
}

/// Sends, reads, and keeps the connection if nothing is left on it. Says where a redirect
/// leads.
async fn exchange(
    transport: &HttpTransport,
    outgoing: &Outgoing,
    mut connection: Connection,
    request: &[u8],
    record: &mut Record,
) -> Result<Option<String>, TalkError> {
    let url = &*record.hop.url;
    let patience = Patience {
        read: outgoing.limits.read,
        deadline: record.deadline,
    };
    let alarm = pin!(sleep_until(patience.until(Instant::now())));
    let mut talk = Talk::new(&mut connection, url, request, patience, alarm);
    let asked = talk.ask().await;
    record.timings.first_byte = talk.first_byte();
    let head = asked?;
    let answer = record
        .answer
        .insert(Answer::begun(head.status, head.headers, outgoing.keep));
    let keep = talk.take_body(head.body, head.keep, answer).await?;
    if keep == Keep::Yes {
        connection.shrink();
        transport.pool.keep(url.origin(), connection);
    }
    Ok(head.location)
}

/// Writes the request of the current hop, head and body, and records its header fields.
fn prepare(outgoing: &Outgoing, record: &mut Record) -> Result<Vec<u8>, Trouble> {
    let hop = &record.hop;
    let target = hop.url.target();
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        let here = hop.url.authority();
        let detail = format!("Path or query of {here} cannot be sent: correct the URL.");
        return Err(Trouble::new(FailureKind::Url, detail));
    }
    let mut fields = HeaderLines::to_send();
    fields.push("Host", hop.url.authority());
    (outgoing.headers)(&hop.method, &hop.url, &mut fields);
    if hop.method == Method::POST {
        fields.push("Content-Length", &hop.body.len().to_string());
    }
    let credentials = credentials(outgoing, hop);

    let line = hop.method.as_str().len() + target.len() + " HTTP/1.1\r\n\r\n".len();
    let head = line + fields.as_str().len() + MOST_LINES;
    let mut bytes = Vec::with_capacity(head + hop.body.len());
    for part in [hop.method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    fields.write(&mut bytes);
    if let Some(credentials) = &credentials {
        for part in ["Authorization: ", credentials, "\r\n"] {
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&hop.body);
    record.headers = fields.sent(match credentials {
        Some(_) => Authorized::Yes,
        None => Authorized::No,
    });
    Ok(bytes)
}

/// Userinfo is for the origin that the user named, whatever a redirect says.
fn credentials(outgoing: &Outgoing, hop: &Hop) -> Option<String> {
    if hop.url.origin() != outgoing.url.origin() {
        return None;
    }
    hop.url.basic_credentials()
}

impl Record {
    fn new(outgoing: &Outgoing, deadline: Instant) -> Self {
        let hop = Hop {
            method: outgoing.method.clone(),
            url: Arc::clone(&outgoing.url),
            body: outgoing.body.clone(),
        };
        Self {
            hop,
            deadline,
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

    /// What a request that came to nothing is called.
    fn trouble(&self, error: TalkError, outgoing: &Outgoing) -> Trouble {
        match error {
            TalkError::Unheard(trouble) | TalkError::Failed(trouble) => trouble,
            TalkError::Late => self.late(outgoing.limits.total),
        }
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
