//! The table `attempt`: what was sent for each callback, and what came back.
//!
//! Rows are added; redaction alone blanks what a receiver answered. The attempt with which a
//! callback was delivered is not here but in `settled`, in columns of the same names.

use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::CallbackId;
use rusqlite::{Connection, Row, named_params};

use super::callbacks::Found;
use super::error::{ReadError, WriteError};
use super::{headers, value};

/// An attempt as columns hold it.
#[derive(Debug)]
pub struct Columns<'a> {
    pub number: u32,
    pub started_us: i64,
    pub dns_us: Option<i64>,
    pub connect_us: Option<i64>,
    pub tls_us: Option<i64>,
    pub first_byte_us: Option<i64>,
    pub total_us: i64,
    /// None if it is the callback's own.
    pub url: Option<&'a str>,
    /// Packed.
    pub headers: String,
    pub answer_status: Option<u16>,
    pub answer_headers: Option<&'a str>,
    pub excerpt: Option<&'a [u8]>,
    pub note: Option<&'a str>,
    pub code: Option<&'a str>,
    pub detail: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Those of `attempt`, without the receiver's words if its callback was redacted.
    pub fn new(attempt: &'a Attempt, callback: Found) -> Self {
        let timings = &attempt.timings;
        let answer = attempt.answer.as_ref();
        let (code, detail) = match &attempt.result {
            AttemptResult::Accepted => (None, None),
            AttemptResult::Failed { code, detail } => (Some(code.as_str()), Some(&**detail)),
        };
        let (answer_headers, excerpt) = match answer {
            None => (None, None),
            Some(_) if callback.redacted => (Some(""), Some(&[][..])),
            Some(answer) => (Some(&*answer.headers), Some(&*answer.excerpt)),
        };
        Self {
            number: attempt.number,
            started_us: attempt.started_at.as_micros(),
            dns_us: timings.dns.map(value::micros),
            connect_us: timings.connect.map(value::micros),
            tls_us: timings.tls.map(value::micros),
            first_byte_us: timings.first_byte.map(value::micros),
            total_us: value::micros(timings.total),
            url: (!callback.own_url).then_some(&*attempt.url),
            headers: headers::pack(&attempt.headers, attempt.callback),
            answer_status: answer.map(|answer| answer.status),
            answer_headers,
            excerpt,
            note: attempt.note.as_ref().map(ErrorCode::as_str),
            code,
            detail,
        }
    }
}

/// Adds an attempt; one that was recorded before stays as it is, since after a doubtful
/// commit outcomes are told again.
const ADD: &str = "
    INSERT INTO attempt (callback, number, started_us, dns_us, connect_us, tls_us,
        first_byte_us, total_us, url, headers, answer_status, answer_headers, excerpt,
        note, code, detail)
    VALUES (:callback, :number, :started_us, :dns_us, :connect_us, :tls_us,
        :first_byte_us, :total_us, :url, :headers, :answer_status, :answer_headers, :excerpt,
        :note, :code, :detail)
    ON CONFLICT (callback, number) DO NOTHING";

/// Adds an attempt of the callback at this position.
pub fn add(db: &Connection, callback: i64, attempt: &Columns<'_>) -> Result<(), WriteError> {
    db.prepare_cached(ADD)?.execute(named_params! {
        ":callback": callback,
        ":number": attempt.number,
        ":started_us": attempt.started_us,
        ":dns_us": attempt.dns_us,
        ":connect_us": attempt.connect_us,
        ":tls_us": attempt.tls_us,
        ":first_byte_us": attempt.first_byte_us,
        ":total_us": attempt.total_us,
        ":url": attempt.url,
        ":headers": attempt.headers,
        ":answer_status": attempt.answer_status,
        ":answer_headers": attempt.answer_headers,
        ":excerpt": attempt.excerpt,
        ":note": attempt.note,
        ":code": attempt.code,
        ":detail": attempt.detail,
    })?;
    Ok(())
}

/// Blanks what receivers answered to a callback. Index: `attempt_by_callback`.
const REDACT: &str = "
    UPDATE attempt SET answer_headers = '', excerpt = x''
    WHERE callback = :callback AND answer_status IS NOT NULL";

/// Blanks what receivers answered to the callback at this position.
pub fn redact(db: &Connection, callback: i64) -> Result<(), WriteError> {
    db.prepare_cached(REDACT)?
        .execute(named_params! {":callback": callback})?;
    Ok(())
}

/// A callback's attempts; a schedule makes few. Indexes: `callback_by_id`,
/// `attempt_by_callback`.
const OF_CALLBACK: &str = "
    SELECT attempt.number, attempt.started_us, attempt.dns_us, attempt.connect_us,
        attempt.tls_us, attempt.first_byte_us, attempt.total_us,
        coalesce(attempt.url, callback.url) AS url, attempt.headers, attempt.answer_status,
        attempt.answer_headers, attempt.excerpt, attempt.note, attempt.code, attempt.detail
    FROM callback CROSS JOIN attempt ON attempt.callback = callback.position
    WHERE callback.id = :id ORDER BY attempt.number";

/// The attempt with which a callback was delivered. Indexes: `callback_by_id`, that of
/// `settled`.
const ACCEPTED: &str = "
    SELECT settled.number, settled.started_us, settled.dns_us, settled.connect_us,
        settled.tls_us, settled.first_byte_us, settled.total_us,
        coalesce(settled.url, callback.url) AS url, settled.headers, settled.answer_status,
        settled.answer_headers, settled.excerpt, settled.note, NULL AS code, NULL AS detail
    FROM callback CROSS JOIN settled ON settled.callback = callback.position
    WHERE callback.id = :id AND settled.headers IS NOT NULL";

/// The attempts of the callback `id`, in order.
pub fn of_callback(db: &Connection, id: CallbackId) -> Result<Vec<Attempt>, ReadError> {
    // One transaction, the caller's or our own: a replay moves an attempt from one table to the
    // other.
    let own = db.is_autocommit().then(|| db.unchecked_transaction());
    let _own = own.transpose()?;
    let mut attempts = Vec::new();
    for sql in [OF_CALLBACK, ACCEPTED] {
        let mut of_callback = db.prepare_cached(sql)?;
        let found = of_callback
            .query_and_then(named_params! {":id": id.as_bytes()}, |row| read(id, row))?;
        for attempt in found {
            attempts.push(attempt?);
        }
    }
    // One that was told twice is in both tables; the first stays.
    attempts.sort_by_key(|attempt| attempt.number);
    attempts.dedup_by_key(|attempt| attempt.number);
    Ok(attempts)
}

fn read(callback: CallbackId, row: &Row<'_>) -> Result<Attempt, ReadError> {
    let code = |code: Option<String>| code.map(ErrorCode::reported);
    let detail: Option<String> = row.get("detail")?;
    let packed = row.get_ref("headers")?.as_str();
    let packed = packed.map_err(rusqlite::Error::from)?;
    Ok(Attempt {
        callback,
        number: row.get("number")?,
        started_at: value::moment(row, "started_us")?,
        timings: Timings {
            dns: value::duration(row, "dns_us")?,
            connect: value::duration(row, "connect_us")?,
            tls: value::duration(row, "tls_us")?,
            first_byte: value::duration(row, "first_byte_us")?,
            total: value::duration(row, "total_us")?.unwrap_or_default(),
        },
        url: row.get("url")?,
        headers: headers::unpack(packed, callback),
        answer: answer(row)?,
        note: code(row.get("note")?),
        result: match code(row.get("code")?) {
            None => AttemptResult::Accepted,
            Some(code) => AttemptResult::Failed {
                code,
                detail: detail.unwrap_or_default(),
            },
        },
    })
}

fn answer(row: &Row<'_>) -> Result<Option<Answer>, ReadError> {
    let Some(status) = row.get("answer_status")? else {
        return Ok(None);
    };
    let headers: Option<String> = row.get("answer_headers")?;
    let excerpt: Option<Vec<u8>> = row.get("excerpt")?;
    Ok(Some(Answer {
        status,
        headers: headers.unwrap_or_default(),
        excerpt: excerpt.unwrap_or_default(),
    }))
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (REDACT, &["attempt_by_callback (callback=?)"]),
    (
        OF_CALLBACK,
        &["callback_by_id (id=?)", "attempt_by_callback (callback=?)"],
    ),
    (
        ACCEPTED,
        &["callback_by_id (id=?)", "INTEGER PRIMARY KEY (rowid=?)"],
    ),
];
