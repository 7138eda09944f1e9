//! The front: what every request passes before the router, and every answer after it.
//!
//! Called by each connection. Refuses what is [not for us](crate::origin), gives both
//! prefixes and the suffix of the compatible surface one shape, turns a panic into an answer,
//! notes what was asked and how long it took. Invariant: a request that was read gets an
//! answer in JSON.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use hyper::service::Service;
use ringback_domain::time::Timestamp;
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::{debug, error};
use uuid::Uuid;

use crate::connection::{AnswerBody, Holds, Unflushed};
use crate::error::ApiError;
use crate::origin::AllowedHosts;
use crate::routes::{BASE, Template};

/// What the documentation puts before [`BASE`]; the SDKs leave it out.
const DOCUMENTED_PREFIX: &str = "/api/laml";
/// What SDKs put behind every path.
const SUFFIX: &str = ".json";
/// The id of a request, to speak about it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The path of a request had the suffix: what is asked for is JSON, where it could be something
/// else.
#[derive(Clone, Copy)]
pub(crate) struct JsonSuffix;

/// What every request passes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    router: Router,
    hosts: Arc<AllowedHosts>,
    ids: Arc<RequestIds>,
}

impl Front {
    pub(crate) fn new(router: Router, hosts: AllowedHosts, now: Timestamp) -> Self {
        Self {
            router,
            hosts: Arc::new(hosts),
            ids: Arc::new(RequestIds::starting_at(now)),
        }
    }

    /// What answers the requests of one connection.
    pub(crate) fn on<B>(
        self,
        line: Arc<Unflushed>,
    ) -> impl Service<
        Request<B>,
        Response = Response<AnswerBody>,
        Error = Infallible,
        Future = impl Future<Output = Result<Response<AnswerBody>, Infallible>> + Send,
    >
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        hyper::service::service_fn(move |request: Request<B>| {
            let (front, line) = (self.clone(), Arc::clone(&line));
            async move { Ok(front.answer(request.map(Body::new), line).await) }
        })
    }

    async fn answer(
        self,
        mut request: Request<Body>,
        line: Arc<Unflushed>,
    ) -> Response<AnswerBody> {
        let started = Instant::now();
        let method = request.method().clone();
        let id = self.ids.next();
        let holds = Holds::default();
        request.extensions_mut().insert(holds.clone());
        let mut response = self.route(request).await;
        response.headers_mut().insert(REQUEST_ID, id.clone());
        note(&method, &response, started, &id);
        response.map(|body| AnswerBody::new(body, holds, line))
    }

    async fn route(self, request: Request<Body>) -> Response {
        let (mut parts, body) = request.into_parts();
        if let Err(unwelcome) = self.hosts.admit(&parts) {
            return ApiError::Unwelcome(unwelcome).into_response();
        }
        if let Some(uri) = in_one_shape(&parts.uri) {
            if parts.uri.path().ends_with(SUFFIX) {
                parts.extensions.insert(JsonSuffix);
            }
            parts.uri = uri;
        }
        let request = Request::from_parts(parts, body);
        let answered = AssertUnwindSafe(async { self.router.oneshot(request).await });
        match answered.catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(impossible)) => match impossible {},
            Err(_panic) => {
                // What the panic said went to stderr already; it may quote the request.
                error!("a request handler panicked; the request was answered with 500");
                ApiError::Panicked.into_response()
            }
        }
    }
}

/// The address under which the router knows `uri`; none if it is no path of the compatible
/// surface.
fn in_one_shape(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let versioned = path.strip_prefix(DOCUMENTED_PREFIX).unwrap_or(path);
    if !versioned.starts_with(BASE) {
        return None;
    }
    let plain = versioned.strip_suffix(SUFFIX).unwrap_or(versioned);
    let target = match uri.query() {
        Some(query) => format!("{plain}?{query}"),
        None => plain.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

fn note(method: &Method, response: &Response, started: Instant, id: &HeaderValue) {
    let template = response.extensions().get::<Template>();
    debug!(
        %method,
        route = template.map_or("none", |template| template.0),
        status = response.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        id = id.to_str().unwrap_or_default(),
        "answered"
    );
}

/// Ids of requests: when the server started, and a count.
struct RequestIds {
    start: u64,
    count: AtomicU64,
}

impl RequestIds {
    const fn starting_at(now: Timestamp) -> Self {
        Self {
            start: now.as_micros().unsigned_abs(),
            count: AtomicU64::new(1),
        }
    }

    fn next(&self) -> HeaderValue {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let value = (u128::from(self.start) << 64) | u128::from(count);
        // Version 8 of RFC 9562: a UUID whose content is ours.
        let id = uuid::Builder::from_custom_bytes(value.to_be_bytes()).into_uuid();
        let mut buffer = Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(text).expect("hexadecimal digits and hyphens fit into a header")
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http::{StatusCode, header};
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn both_prefixes_and_the_suffix_have_one_shape() {
        check(
            "/api/laml/2010-04-01/A/1/Calls.json?x=1.json",
            "/2010-04-01/A/1/Calls?x=1.json",
        );
        check("/api/laml/2010-04-01/A/1/Calls", "/2010-04-01/A/1/Calls");
        check("/2010-04-01/A/1.json", "/2010-04-01/A/1");
        check("/2010-04-01/A/1?y", "/2010-04-01/A/1?y");
        for other in [
            "/",
            "/Accounts/1.json",
            "/api/laml/Accounts",
            "/x/2010-04-01/A",
        ] {
            assert_eq!(in_one_shape(&other.parse().unwrap()), None, "{other}");
        }

        #[track_caller]
        fn check(asked: &str, expected: &str) {
            let shaped = in_one_shape(&asked.parse().unwrap()).unwrap();
            assert_eq!(shaped, expected, "{asked}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_json() {
        async fn broken() -> &'static str {
            panic!("on purpose")
        }
        let router = Router::new().route("/broken", get(broken));
        let front = Front::new(router, AllowedHosts::loopback(), Timestamp::default());
        let request = Request::get("/broken").header(header::HOST, "localhost");
        let request = request.body(Body::empty()).unwrap();
        let response = front.answer(request, Arc::default()).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], 20001);
    }

    #[test]
    fn no_two_requests_have_one_id() {
        let ids = RequestIds::starting_at(Timestamp::from_micros(1_787_220_900_000_000));
        assert_ne!(ids.next(), ids.next());
    }
}
