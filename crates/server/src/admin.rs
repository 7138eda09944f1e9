//! For whoever operates it: whether it lives, whether it is ready, what it counts.
//!
//! Served on a listener of its own, so that it answers while the other drains and is not
//! reached from where requests come in.

mod exposition;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use ringback_domain::project::TokenDigest;
use ringback_engine::Engine;
use ringback_engine::metrics::Writes;
use ringback_store::{Owing, Unreadable};
use ringback_wire::token;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::exposition::Shown;
use crate::error::{ApiError, Missing};
use crate::front::Front;
use crate::listen::{Lobby, Speech};
use crate::origin::AllowedHosts;
use crate::{Limits, Served};

/// Scrapers and probes; nobody else comes here.
const CONNECTIONS: usize = 64;

/// How many damaged things are told by name.
const DAMAGES: usize = 100;

/// How long what the store says is owed is shown again: whoever scrapes faster costs no more.
const FRESH: Duration = Duration::from_secs(5);

/// Who is shown what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminAccess {
    /// Whoever reaches the listener by a name of this machine.
    ThisMachine,
    /// Whoever has the token of this digest, as a Bearer token. Probes need none.
    Token(TokenDigest),
}

#[derive(Clone)]
struct Admin {
    engine: Engine,
    access: AdminAccess,
    /// Cancelled when the process is to end: it takes nothing new from then on.
    draining: CancellationToken,
    /// One asks the store, the others wait for what it says: hence a lock that is held while
    /// it is asked.
    owing: Arc<Mutex<Option<Asked>>>,
}

/// What the store said, and when.
type Asked = (Instant, Arc<Owing>);

/// Answers operators until `stop` is cancelled. Not ready any more once `draining` is.
pub async fn serve_admin(
    engine: Engine,
    access: AdminAccess,
    listener: TcpListener,
    draining: CancellationToken,
    stop: CancellationToken,
) -> Served {
    let now = engine.clock().now();
    let hosts = match access {
        AdminAccess::ThisMachine => AllowedHosts::loopback(),
        AdminAccess::Token(_) => AllowedHosts::any(),
    };
    let admin = Admin {
        engine,
        access,
        draining,
        owing: Arc::default(),
    };
    let limits = Limits {
        connections: CONNECTIONS,
        ..Limits::default()
    };
    let lobby = Lobby::new(Front::new(router(admin), hosts, now), limits, stop);
    lobby.clone().accept(listener, Speech::Plain).await;
    let cut_off = lobby.drain().await;
    Served { cut_off }
}

fn router(admin: Admin) -> Router {
    let counted = get(metrics).layer(middleware::from_fn_with_state(admin.clone(), authorize));
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", counted)
        .fallback(async || ApiError::NotFound(Missing::Path))
        .with_state(admin)
}

async fn authorize(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    if admin.access.admits(request.headers()) {
        return next.run(request).await;
    }
    let wanted = [(WWW_AUTHENTICATE, "Bearer realm=\"ringback\"")];
    (
        StatusCode::UNAUTHORIZED,
        wanted,
        "a Bearer token is needed\n",
    )
        .into_response()
}

impl AdminAccess {
    fn admits(&self, headers: &HeaderMap) -> bool {
        let expected = match self {
            Self::ThisMachine => return true,
            Self::Token(expected) => expected,
        };
        let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let Some((scheme, given)) = given.and_then(|it| it.split_once(' ')) else {
            return false;
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return false;
        }
        let given = token::digest(given.trim().as_bytes());
        given.as_bytes().ct_eq(expected.as_bytes()).into()
    }
}

/// Whether requests are to be sent here.
async fn ready(State(admin): State<Admin>) -> (StatusCode, String) {
    if admin.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned());
    }
    let metrics = admin.engine.metrics();
    let reason = match metrics.writes() {
        _ if !metrics.is_delivering() => {
            "nothing is delivered: what becomes of it can neither be recorded nor kept\n"
        }
        Writes::Taken => {
            return (
                StatusCode::OK,
                ready_but(&admin.engine.store().unreadable()),
            );
        }
        Writes::Full => "the store takes no writes: the disk is full\n",
        Writes::ReadOnly => "the store takes no writes: it is read-only\n",
        Writes::Failed => "the store takes no writes: the last commit failed\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, reason.to_owned())
}

/// What it says when it is ready: that, and what is damaged.
fn ready_but(unreadable: &[Unreadable]) -> String {
    let mut text = "ready\n".to_owned();
    for damaged in unreadable.iter().take(DAMAGES) {
        let _ = writeln!(text, "damaged: {damaged}");
    }
    if let Some(more @ 1..) = unreadable.len().checked_sub(DAMAGES) {
        let _ = writeln!(text, "damaged: {more} more");
    }
    text
}

async fn metrics(State(admin): State<Admin>) -> Response {
    // Where what is owed cannot be counted, all else is shown.
    let owing = admin.owing().await;
    let owing = owing
        .inspect_err(|error| warn!(?error, "what is owed could not be counted"))
        .ok();
    let deliveries = admin.engine.deliveries().await;
    let text = exposition::text(&Shown {
        metrics: admin.engine.metrics(),
        owing: owing.as_deref(),
        deliveries: deliveries.as_ref(),
        unreadable: admin.engine.store().unreadable().len(),
        now: admin.engine.clock().now(),
    });
    ([(CONTENT_TYPE, exposition::CONTENT)], text).into_response()
}

impl Admin {
    async fn owing(&self) -> Result<Arc<Owing>, ApiError> {
        let mut known = self.owing.lock().await;
        if let Some((at, owing)) = &*known
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(owing));
        }
        let owing = self.engine.store().owing().await.map_err(ApiError::Store)?;
        let owing = Arc::new(owing);
        *known = Some((Instant::now(), Arc::clone(&owing)));
        Ok(owing)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_right_bearer_token_alone_is_shown_what_is_counted() {
        let access = AdminAccess::Token(token::digest(b"secret"));
        check("Bearer secret", true);
        check("bEARER secret", true);
        for wrong in ["Bearer", "Bearer secrets", "Basic secret", "secret", ""] {
            check(wrong, false);
        }
        assert!(!access.admits(&HeaderMap::new()));
        assert!(AdminAccess::ThisMachine.admits(&HeaderMap::new()));

        #[track_caller]
        fn check(given: &str, expected: bool) {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(given).unwrap());
            let access = AdminAccess::Token(token::digest(b"secret"));
            assert_eq!(access.admits(&headers), expected, "{given}");
        }
    }
}
