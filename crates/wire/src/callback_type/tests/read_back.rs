//! Every callback that can be rendered is verified and read back by `ringback-callbacks`, which
//! receivers use and which shares no code with this crate.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use ringback_callbacks::{Callback as Read, Request, Verifier};
use ringback_domain::id::CallbackId;
use ringback_domain::time::Timestamp;

use super::*;
use crate::headers::{Late, RequestFacts, content_type, hashes_body, headers, with_body_hash};
use crate::url::CallbackUrl;

const KEY: &str = "PSK_test";
/// When everything here is sent, in seconds since 1970.
const SENT_S: i64 = 1_795_449_126;
const OWN: &str = "https://app.example:8443/in?tenant=7";

/// What is read back, by type: the fullest callback of each status in each dialect.
#[test]
fn each_type_in_each_status_and_dialect_is_verified_and_read_back() {
    for it in CALLBACK_TYPES {
        let mut shown = String::new();
        for dialect in DIALECTS {
            shown += &fullest(it, dialect);
        }
        insta::assert_snapshot!(it.name, shown);
    }
}

/// A callback as the dispatcher sends it.
struct Sent<'a> {
    told: &'a Rendered,
    method: Method,
    url: CallbackUrl,
    settings: &'a Settings,
}

impl<'a> Sent<'a> {
    fn of(told: &'a Rendered, method: Method, settings: &'a Settings) -> Self {
        let own = CallbackUrl::parse(OWN).unwrap();
        let url = match method {
            Method::Get => own.with_query(&form::decode(&told.body)).0,
            Method::Post if hashes_body(settings, told.encoding) => {
                with_body_hash(&own, &told.body)
            }
            Method::Post => own,
        };
        Self {
            told,
            method,
            url,
            settings,
        }
    }

    fn body(&self) -> &'a [u8] {
        match self.method {
            Method::Get => b"",
            Method::Post => self.told.body.as_bytes(),
        }
    }

    /// As a receiver reads it once it was verified.
    fn read(&self) -> Read {
        let kind = [("Content-Type", content_type(self.told.encoding))];
        let request = Request::new(self.method.as_str(), self.url.seen(), kind, self.body());
        Read::parse(&request).unwrap()
    }

    /// As a receiver verifies it: each of its signatures.
    fn verify(&self) {
        let facts = RequestFacts {
            id: CallbackId::new("0190a000-0000-7000-8000-000000000001".parse().unwrap()),
            method: self.method,
            encoding: self.told.encoding,
            body: &self.told.body,
            timestamp: Timestamp::from_micros(SENT_S * 1_000_000),
            depth: 0,
            late: Late::No,
            key: &SigningKey::new(KEY),
            other_keys: &[],
            settings: self.settings,
        };
        let mut sent: Vec<(&str, String)> = Vec::new();
        headers(&facts, &self.url, |name, value| {
            sent.push((name, value.to_owned()));
        });
        let sent = sent.iter().map(|(name, value)| (*name, value));
        let request = Request::new(self.method.as_str(), self.url.seen(), sent, self.body());
        let now = UNIX_EPOCH + Duration::from_secs(SENT_S.unsigned_abs());
        let verifier = Verifier::new([KEY]).unwrap();
        verifier.verify_at(&request, now).unwrap();
    }
}

/// Reads `told` back, and holds it against what it was rendered from: the type knows each of its
/// parameters. By GET as well, where there is that: `turn` says when.
pub(super) fn hold(it: &CallbackType, resource: &Resource, told: &Rendered, turn: usize) {
    let method = Method::parse(it.methods[turn % it.methods.len()]).expect("a method");
    let back = Sent::of(told, method, &Settings::default()).read();
    let name = it.name.strip_suffix("-json").unwrap_or(it.name);
    assert_eq!(back.type_name(), name, "{}", told.body);
    assert_eq!(back.status(), told.status, "{}", told.body);
    assert_eq!(back.resource(), resource.sid.to_string(), "{}", told.body);
    assert!(back.order().is_some(), "{}", told.body);
    let tenant = [("tenant".to_owned(), "7".to_owned())];
    let unknown = match method {
        Method::Get => &tenant[..],
        Method::Post => &[],
    };
    assert_eq!(back.other(), unknown, "{}", told.body);
}

/// The first status whole, of the others what is different.
fn fullest(it: &CallbackType, dialect: Dialect) -> String {
    let settings = settings(dialect, TenDlcBody::Json);
    let mut by_status: BTreeMap<String, Rendered> = BTreeMap::new();
    let lives = lives(it);
    // Where they are thousands, a seventh has each status and each parameter.
    let step = if lives.len() > 1_000 { 7 } else { 1 };
    for (resource, change) in lives.iter().step_by(step) {
        for told in told(resource, change, it.interest, &settings) {
            // Those of 10DLC have states in common.
            let event = read(&told)
                .into_iter()
                .find(|(name, _)| name == "event_type");
            let name = event.map_or(told.status.to_owned(), |(_, event)| event);
            let kept = by_status.entry(name).or_insert_with(|| told.clone());
            if told.body.len() > kept.body.len() {
                *kept = told;
            }
        }
    }
    let mut shown = String::new();
    let mut first: Option<String> = None;
    for (status, told) in by_status {
        let sent = Sent::of(&told, Method::Post, &settings);
        sent.verify();
        let whole = lines(&sent.read());
        writeln!(shown, "{dialect:?}, {status}").unwrap();
        match &first {
            None => shown += &whole,
            Some(first) => shown += &difference(first, &whole),
        }
        first.get_or_insert(whole);
    }
    shown
}

/// A callback's fields that say something, one a line.
fn lines(back: &Read) -> String {
    let debug = format!("{back:#?}");
    let mut shown = String::new();
    let mut lines = debug.lines();
    while let Some(line) = lines.next() {
        if line.ends_with(": None,") || line.ends_with(": [],") {
            continue;
        }
        write!(shown, "  {line}").unwrap();
        // What there is stands beside its name.
        if line.ends_with("Some(") {
            let indent = line.len() - line.trim_start().len();
            let end = format!("{:indent$}),", "");
            let inside = lines.by_ref().take_while(|line| **line != end);
            let inside: Vec<&str> = inside.map(str::trim).collect();
            shown += inside.join(" ").trim_end_matches(',');
            shown += "),";
        }
        shown.push('\n');
    }
    shown
}

fn difference(one: &str, other: &str) -> String {
    let mut shown = String::new();
    for (sign, of, not) in [('-', one, other), ('+', other, one)] {
        for line in of.lines().filter(|line| !not.lines().any(|it| it == *line)) {
            writeln!(shown, "{sign} {line}").unwrap();
        }
    }
    shown
}
