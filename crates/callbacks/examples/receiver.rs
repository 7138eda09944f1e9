//! A receiver of callbacks, with axum: it verifies each request, answers at once, and works
//! afterwards, once for each callback, whatever comes twice, late or out of order.
//!
//! ```text
//! SIGNING_KEY=PSK_… PUBLIC_URL=http://127.0.0.1:5000 \
//!     cargo run -p ringback-callbacks --example receiver
//! ```
//!
//! `PUBLIC_URL` is how senders reach it: they sign the URL that they were given. Its callbacks come
//! to `/status`.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::any;
use ringback_callbacks::{Callback, MAX_BODY_BYTES, Order, Request, Verifier};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Callbacks that wait to be worked on. When there are more the sender is told to come again.
const QUEUE: usize = 1_024;

/// What requests are answered from.
pub struct Desk {
    verifier: Verifier,
    public_url: String,
    work: mpsc::Sender<Callback>,
}

/// The routes, for callbacks of these keys that are sent to `public_url`, and what is to be worked
/// on.
pub fn app(verifier: Verifier, public_url: String) -> (Router, mpsc::Receiver<Callback>) {
    let (work, to_do) = mpsc::channel(QUEUE);
    let desk = Desk {
        verifier,
        public_url,
        work,
    };
    let routes = Router::new()
        .route("/status", any(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(desk));
    (routes, to_do)
}

/// Answers one request. What must never be lost goes into a database here, and not into a queue in
/// memory: what was answered with 204 does not come again.
async fn receive(
    State(desk): State<Arc<Desk>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let url = format!("{}{uri}", desk.public_url);
    let request = Request::new(method.as_str(), &url, &headers, &body);
    let Ok(verified) = desk.verifier.verify(&request) else {
        return StatusCode::FORBIDDEN;
    };
    let Ok(callback) = verified.callback() else {
        return StatusCode::BAD_REQUEST;
    };
    match desk.work.try_send(callback) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What is remembered of callbacks. A real receiver has it in its database, and forgets what is
/// older than its sender's last retry.
#[derive(Default)]
pub struct Ledger {
    seen: HashSet<String>,
    newest: HashMap<(&'static str, String), (Order, String)>,
}

/// What a callback is to what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The latest of its resource.
    Latest,
    /// Something newer was there first: to be counted, and not to be believed.
    Overtaken,
    /// It was there before.
    Repeated,
}

impl Ledger {
    /// Takes note of a callback.
    pub fn note(&mut self, callback: &Callback) -> News {
        if !self.seen.insert(callback.key()) {
            return News::Repeated;
        }
        let Some(order) = callback.order() else {
            return News::Latest;
        };
        let of = (callback.type_name(), callback.resource().to_owned());
        if self
            .newest
            .get(&of)
            .is_some_and(|(newest, _)| *newest > order)
        {
            return News::Overtaken;
        }
        self.newest
            .insert(of, (order, callback.status().to_owned()));
        News::Latest
    }

    /// Where a resource stands.
    pub fn status(&self, type_name: &'static str, resource: &str) -> Option<&str> {
        let newest = self.newest.get(&(type_name, resource.to_owned()));
        newest.map(|(_, status)| &**status)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new([std::env::var("SIGNING_KEY")?])?;
    let (routes, mut to_do) = app(verifier, std::env::var("PUBLIC_URL")?);
    tokio::spawn(async move {
        let mut ledger = Ledger::default();
        while let Some(callback) = to_do.recv().await {
            let news = ledger.note(&callback);
            // Nobody has to watch.
            let _ = say(&callback, news, &ledger);
        }
    });
    let listener = TcpListener::bind("127.0.0.1:5000").await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

fn say(callback: &Callback, news: News, ledger: &Ledger) -> io::Result<()> {
    let (name, resource) = (callback.type_name(), callback.resource());
    let now = ledger.status(name, resource).unwrap_or(callback.status());
    let mut out = io::stdout();
    writeln!(
        out,
        "{name} {resource}: {} ({news:?}), now {now}",
        callback.status()
    )
}
