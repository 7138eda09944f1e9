//! A request as a receiver got it: what is verified, and what is read.
//!
//! Made by receivers, of any framework. Invariant: at most [`MAX_PARAMETERS`] parameters are ever
//! read from one, of at most [`MAX_BODY_BYTES`] bytes.

use crate::url;

/// Longest body or query that is taken, in bytes. A callback has a few kilobytes; the text of a
/// long transcription may have some hundred.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Most parameters that are taken. The callback with the most has about fifty.
pub const MAX_PARAMETERS: usize = 1_000;

/// A request as it was received. `Debug` shows no header and no body: they hold signatures, and
/// what people wrote.
#[derive(Clone)]
pub struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    /// In the order in which they came, of any case.
    headers: Vec<(&'a str, &'a [u8])>,
    pub(crate) body: &'a [u8],
}

/// Where the parameters of a request are.
pub(crate) enum Content<'a> {
    /// Pairs, percent-encoded: the query of a GET, the body of a form.
    Form(&'a [u8]),
    /// A JSON object.
    Json(&'a [u8]),
    /// Nowhere that callbacks have them.
    Other,
}

impl<'a> Request<'a> {
    /// A request with this method (`GET` or `POST`), this URL, these headers and this body.
    ///
    /// `url` is the one that the sender was given: scheme, host, path and query as they stand in
    /// the request, nothing decoded or reordered. Behind a proxy, take scheme and host from your
    /// configuration and append the request's path and query.
    ///
    /// `headers` are pairs of name and value: a reference to an `http::HeaderMap` will do, which
    /// is what axum, hyper and others have; so will an array of pairs of `&str`.
    pub fn new<N, V>(
        method: &'a str,
        url: &'a str,
        headers: impl IntoIterator<Item = (&'a N, &'a V)>,
        body: &'a [u8],
    ) -> Self
    where
        N: AsRef<str> + ?Sized + 'a,
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let headers = headers.into_iter();
        Self {
            method,
            url,
            headers: headers
                .map(|(name, value)| (name.as_ref(), value.as_ref()))
                .collect(),
            body,
        }
    }

    /// What the sender calls this callback: the same in each attempt, another one for each
    /// callback. `None` if it said nothing: SignalWire does not.
    ///
    /// From `webhook-id` or `I-Twilio-Idempotency-Token`. `X-SignalWire-Signature` and
    /// `X-Twilio-Signature` say nothing of it: who resends a request that he saw can give it
    /// another one. [`Callback::key`](crate::Callback::key) is made of what was signed.
    pub fn token(&self) -> Option<&'a str> {
        let mut names = ["webhook-id", "i-twilio-idempotency-token"].into_iter();
        names.find_map(|name| self.header(name))
    }

    /// Whether later callbacks of the same resource may have come before this one: Ringback sets
    /// aside what cannot be delivered, and says so when it comes after all.
    pub fn is_late(&self) -> bool {
        self.header("ringback-late") == Some("true")
    }

    /// Whether somebody asked Ringback to send this callback again.
    pub fn is_replay(&self) -> bool {
        self.header("ringback-replay") == Some("true")
    }

    /// The first header of this name that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers_named(name)
            .find_map(|value| std::str::from_utf8(value).ok())
    }

    /// The values of every header of this name.
    pub(crate) fn headers_named(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let same = move |other: &str| other.eq_ignore_ascii_case(name);
        let all = self.headers.iter();
        all.filter(move |(each, _)| same(each))
            .map(|(_, value)| *value)
    }

    pub(crate) fn content(&self) -> Content<'a> {
        match self.method {
            "GET" => Content::Form(url::query(self.url).unwrap_or_default().as_bytes()),
            "POST" => match self.media_type().as_deref() {
                Some("application/x-www-form-urlencoded") => Content::Form(self.body),
                Some("application/json") => Content::Json(self.body),
                Some(_) | None => Content::Other,
            },
            _ => Content::Other,
        }
    }

    /// The type of the body, in lower case and without its parameters.
    fn media_type(&self) -> Option<String> {
        let whole = self.header("content-type")?;
        let name = whole.split_once(';').map_or(whole, |(name, _)| name);
        Some(name.trim().to_ascii_lowercase())
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.body.len();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("body_bytes", &bytes)
            .finish_non_exhaustive()
    }
}
