//! Which callbacks are asked for: parameters of a list, or of a replay.

use ringback_domain::id::ProjectId;
use ringback_domain::time::Timestamp;
use ringback_engine::Engine;
use ringback_store::{CallbackQuery, Direction};
use ringback_wire::date;
use ringback_wire::native::callback::state;
use ringback_wire::url::CallbackUrl;

use super::error::NativeError;

/// What a URL looks like, for the description: more is asked of it than a pattern can say.
pub(super) const URL: &str = "^[hH][tT][tT][pP][sS]?://.";
/// What a cursor looks like.
pub(super) const CURSOR: &str = "^[0-9]{1,19}$";
/// The names of states that a list takes.
pub(super) const STATES: [&str; 8] = [
    "pending",
    "aside",
    "set aside",
    "set-aside",
    "set_aside",
    "delivered",
    "failed",
    "canceled",
];

/// Filters as they were given.
pub(super) struct Filters<'a> {
    pub(super) resource: Option<&'a str>,
    pub(super) destination: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    pub(super) error: Option<&'a str>,
    pub(super) from: Option<&'a str>,
    pub(super) until: Option<&'a str>,
    pub(super) cursor: Option<&'a str>,
}

impl Filters<'_> {
    /// What is asked of the store.
    pub(super) async fn query(
        &self,
        engine: &Engine,
        project: ProjectId,
        direction: Direction,
        limit: u32,
    ) -> Result<CallbackQuery, NativeError> {
        let resource = match self.resource {
            None => None,
            Some(name) => Some(super::resource(engine, project, name).await?.sid),
        };
        let state = self.state.map(|word| {
            let allowed = "`state` has to be pending, aside, delivered, failed or canceled";
            state(word).ok_or_else(|| NativeError::Parameter(allowed.to_owned()))
        });
        Ok(CallbackQuery {
            project,
            resource,
            destination: self.destination.map(origin).transpose()?,
            state: state.transpose()?,
            error: self.error.map(ToOwned::to_owned),
            from: self.from.map(|text| moment("from", text)).transpose()?,
            until: self.until.map(|text| moment("until", text)).transpose()?,
            direction,
            beyond: self.cursor.map(cursor).transpose()?,
            limit,
        })
    }
}

/// Scheme, host and port of a URL.
fn origin(text: &str) -> Result<String, NativeError> {
    match CallbackUrl::parse(text) {
        Ok(url) => Ok(url.origin().to_owned()),
        Err(error) => Err(NativeError::Parameter(format!(
            "`destination` has to be a URL such as https://app.example: {error}"
        ))),
    }
}

fn moment(name: &str, text: &str) -> Result<Timestamp, NativeError> {
    let micros = date::parse_moment(text).ok_or_else(|| {
        let expected = "a moment such as 2026-08-20T10:15:00Z (RFC 3339)";
        NativeError::Parameter(format!("`{name}` has to be {expected}"))
    })?;
    Ok(Timestamp::from_micros(micros))
}

/// A cursor is a place in the order of all callbacks.
fn cursor(text: &str) -> Result<u64, NativeError> {
    let expected = "`cursor` has to be the `next_cursor` of an earlier answer";
    text.parse()
        .map_err(|_| NativeError::Parameter(expected.to_owned()))
}
