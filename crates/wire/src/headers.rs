//! Headers: what one attempt's request carries beside Host, Content-Length and credentials.
//!
//! Made when the attempt is made, and anew for each hop of a redirect: the key may have
//! rotated, and each hop is signed for its own URL.

use std::sync::Arc;

use ringback_domain::callback::Encoding;
use ringback_domain::id::CallbackId;
use ringback_domain::project::{Dialect, Settings, Switch};
use ringback_domain::subscription::Method;
use ringback_domain::time::Timestamp;

use crate::sign::{self, SigningKey};
use crate::url::CallbackUrl;

/// The type of a form. The charset is named, since servlets read Latin-1 otherwise.
pub const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

/// The type of a JSON body, which is UTF-8 always (RFC 8259 §8.1).
pub const JSON: &str = "application/json";

/// The type of a POST callback's body.
pub const fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Form => FORM,
        Encoding::Json => JSON,
    }
}

/// How we call ourselves.
pub const USER_AGENT: &str = concat!("Ringback/", env!("CARGO_PKG_VERSION"));

/// How many callbacks led to one another, this one counted: a loop through ourselves is
/// noticed by it.
pub const DEPTH: &str = "Ringback-Depth";

/// `true` on a callback that comes after later ones of its lane.
pub const LATE: &str = "Ringback-Late";

/// `true` on a callback that is sent again because somebody asked for it.
pub const REPLAY: &str = "Ringback-Replay";

// The names as they are sent, each word's first letter in upper case: attempts are stored with
// them. Their case is of no matter to receivers (RFC 9110 §5.1).
const CONTENT_TYPE: &str = "Content-Type";
const USER_AGENT_NAME: &str = "User-Agent";
const SIGNALWIRE_SIGNATURE: &str = "X-Signalwire-Signature";
const SIGNALWIRE_SHA256_SIGNATURE: &str = "X-Signalwire-Sha256-Signature";
const WEBHOOK_SIGNATURE: &str = "Webhook-Signature";
const WEBHOOK_TIMESTAMP: &str = "Webhook-Timestamp";
const WEBHOOK_ID: &str = "Webhook-Id";
const IDEMPOTENCY_TOKEN: &str = "I-Twilio-Idempotency-Token";

/// The parameter of a URL that has the hash of the body (Twilio, "Webhooks security").
const BODY_HASH: &str = "bodySHA256";

/// Whether later callbacks of the lane may have come before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// It was set aside.
    Yes,
    /// It was settled before and is sent again, in a lane of its own.
    Replay,
    /// It comes in its turn.
    No,
}

/// What is known of a request before it is sent.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// The callback's id, the same in every attempt.
    pub id: CallbackId,
    /// How this hop is asked.
    pub method: Method,
    /// How the callback's parameters are written.
    pub encoding: Encoding,
    /// The callback's parameters. For GET they are in the URL's query, and there is no body.
    pub body: &'a str,
    /// Wall time of the attempt.
    pub timestamp: Timestamp,
    /// How many callbacks led to one another before this one.
    pub depth: u8,
    /// Whether it was set aside.
    pub late: Late,
    /// The key that is active now.
    pub key: &'a SigningKey,
    /// Other keys that a receiver may know already, or still: `webhook-signature` carries
    /// theirs as well.
    pub other_keys: &'a [Arc<SigningKey>],
    /// The project's dialect, and whether it wants the extra headers.
    pub settings: &'a Settings,
}

/// Tells `add` the name and the value of each header of a request to `url`, this hop's.
pub fn headers(
    facts: &RequestFacts<'_>,
    url: &CallbackUrl,
    mut add: impl FnMut(&'static str, &str),
) {
    let body = match facts.method {
        Method::Get => "",
        Method::Post => facts.body,
    };
    if facts.method == Method::Post {
        add(CONTENT_TYPE, content_type(facts.encoding));
    }
    add(USER_AGENT_NAME, USER_AGENT);
    let signature = signature(facts, url, body);
    if sends_extras(facts.settings) {
        let of_url = has_body_hash(facts.encoding, url, body)
            .then(|| sign::query_signature(facts.key, url.seen()));
        add(
            sign::TWILIO_SIGNATURE,
            of_url.as_ref().unwrap_or(&signature),
        );
        add_standard_webhook(facts, body, &mut add);
    }
    add(SIGNALWIRE_SIGNATURE, &signature);
    if facts.encoding == Encoding::Json {
        let longer = sign::json_sha256_signature(facts.key, url.seen(), body.as_bytes());
        add(SIGNALWIRE_SHA256_SIGNATURE, &longer);
    }
    add(DEPTH, &facts.depth.saturating_add(1).to_string());
    match facts.late {
        Late::Yes => add(LATE, "true"),
        Late::Replay => add(REPLAY, "true"),
        Late::No => {}
    }
}

/// Forms and queries are signed by scheme B, JSON by scheme A, also where a redirect left
/// nothing of it but the URL.
fn signature(facts: &RequestFacts<'_>, url: &CallbackUrl, body: &str) -> String {
    match (facts.encoding, facts.method) {
        (Encoding::Json, _) => sign::json_signature(facts.key, url.seen(), body.as_bytes()),
        (Encoding::Form, Method::Get) => sign::query_signature(facts.key, url.seen()),
        (Encoding::Form, Method::Post) => sign::body_signature(facts.key, url.seen(), body),
    }
}

/// Where JSON is posted to in the dialect `twilio`: `url` with the hash of the body. Twilio's
/// validators verify the URL alone, and the body by that hash; they know JSON in no other way.
pub fn with_body_hash(url: &CallbackUrl, body: &str) -> CallbackUrl {
    let hash = sign::body_hash(body.as_bytes());
    url.with_query(&[(BODY_HASH.to_owned(), hash)]).0
}

/// Whether callbacks of this encoding are posted to a URL [with the body's hash](with_body_hash).
pub fn hashes_body(settings: &Settings, encoding: Encoding) -> bool {
    match (settings.dialect, encoding) {
        (Dialect::Twilio, Encoding::Json) => sends_extras(settings),
        (Dialect::SignalWire | Dialect::SignalWireStrict, _) | (_, Encoding::Form) => false,
    }
}

/// Whether `url` vouches for the body: one that a redirect leads to does not.
fn has_body_hash(encoding: Encoding, url: &CallbackUrl, body: &str) -> bool {
    let own = || format!("{BODY_HASH}={}", sign::body_hash(body.as_bytes()));
    encoding == Encoding::Json && url.target().ends_with(&own())
}

/// SignalWire sends none of the extra headers, so the strict dialect never does.
fn sends_extras(settings: &Settings) -> bool {
    match (settings.dialect, settings.extra_headers) {
        (Dialect::SignalWire | Dialect::Twilio, Switch::On) => true,
        (Dialect::SignalWireStrict, _) | (_, Switch::Off) => false,
    }
}

fn add_standard_webhook(
    facts: &RequestFacts<'_>,
    body: &str,
    add: &mut impl FnMut(&'static str, &str),
) {
    let id = facts.id.to_string();
    let seconds = facts.timestamp.as_seconds();
    let mut signature = sign::webhook_signature(facts.key, &id, seconds, body.as_bytes());
    for other in facts.other_keys {
        // Standard Webhooks, "Multiple signatures": separated by spaces.
        signature.push(' ');
        signature += &sign::webhook_signature(other, &id, seconds, body.as_bytes());
    }
    add(WEBHOOK_SIGNATURE, &signature);
    add(WEBHOOK_TIMESTAMP, &seconds.to_string());
    add(IDEMPOTENCY_TOKEN, &id);
    add(WEBHOOK_ID, &id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    const ID: &str = "0190a000-0000-7000-8000-000000000001";

    fn sent(method: Method, url: &str, change: impl FnOnce(&mut Settings)) -> Sent {
        let mut settings = Settings::default();
        change(&mut settings);
        let facts = RequestFacts {
            id: ID.parse().unwrap(),
            method,
            encoding: Encoding::Form,
            body: "CallSid=1&To=%2B1+5",
            timestamp: Timestamp::from_micros(1_712_255_535_999_999),
            depth: 0,
            late: Late::No,
            key: &SigningKey::new("k"),
            other_keys: &[],
            settings: &settings,
        };
        Sent::of(&facts, url)
    }

    struct Sent(Vec<(&'static str, String)>);

    impl Sent {
        fn of(facts: &RequestFacts<'_>, url: &str) -> Self {
            let mut sent = Vec::new();
            let url = CallbackUrl::parse(url).unwrap();
            headers(facts, &url, |name, value| {
                sent.push((name, value.to_owned()));
            });
            Self(sent)
        }

        fn get(&self, name: &str) -> Option<&str> {
            let same = |other: &str| other.eq_ignore_ascii_case(name);
            let mut found = self.0.iter().filter(|(each, _)| same(each));
            found.next().map(|(_, value)| value.as_str())
        }
    }

    #[test]
    fn a_post_is_signed_over_url_and_parameters() {
        let sent = sent(Method::Post, "https://u:p@A.example/x?y=1#rt=100", |_| {});
        let key = SigningKey::new("k");
        let pairs = form::decode("CallSid=1&To=%2B1+5");
        let expected = sign::form_signature(&key, "https://a.example/x?y=1", &pairs);
        assert_eq!(sent.get("X-SignalWire-Signature"), Some(&*expected));
        assert_eq!(sent.get("X-Twilio-Signature"), Some(&*expected));
        let body = b"CallSid=1&To=%2B1+5";
        let expected = sign::webhook_signature(&key, ID, 1_712_255_535, body);
        assert_eq!(sent.get("webhook-signature"), Some(&*expected));
        assert_eq!(sent.get("webhook-timestamp"), Some("1712255535"));
        assert_eq!(sent.get("webhook-id"), Some(ID));
        assert_eq!(sent.get("I-Twilio-Idempotency-Token"), Some(ID));
        assert_eq!(sent.get("Content-Type"), Some(FORM));
        assert_eq!(sent.get("User-Agent"), Some(USER_AGENT));
        assert_eq!(sent.get("Ringback-Depth"), Some("1"));
        assert_eq!(sent.get("Ringback-Late"), None);
    }

    #[test]
    fn a_get_is_signed_over_its_whole_url_alone() {
        let sent = sent(Method::Get, "http://a/?To=%2B1+5", |_| {});
        let key = SigningKey::new("k");
        let expected = sign::query_signature(&key, "http://a/?To=%2B1+5");
        assert_eq!(sent.get("X-SignalWire-Signature"), Some(&*expected));
        let expected = sign::webhook_signature(&key, ID, 1_712_255_535, b"");
        assert_eq!(sent.get("webhook-signature"), Some(&*expected));
        assert_eq!(sent.get("Content-Type"), None);
    }

    /// Reckoned with Python's hmac, hashlib and base64.
    #[test]
    fn json_is_signed_over_url_and_raw_body_in_both_lengths() {
        let body = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","state":"active"}"#;
        let sent = |method, settings: &Settings| {
            let facts = RequestFacts {
                other_keys: &[],
                id: ID.parse().unwrap(),
                method,
                encoding: Encoding::Json,
                body,
                timestamp: Timestamp::from_micros(1_712_255_535_999_999),
                depth: 0,
                late: Late::No,
                key: &SigningKey::new("k"),
                settings,
            };
            Sent::of(&facts, "https://u:p@A.example/x?y=1#rt=100")
        };
        let sha1 = "e18df11c09b4f3142f1b2d2956613d4d6d03b45c";
        let sha256 = "8ec3e5ffa530473546629c73164b6dee69196c4b06daa18d0c02f454f0a7b221";
        let standard = "v1,5nOmXkS0yfpdOyaDiyVA67OEMEY77oz062x3zAKexLk=";
        let signalwire = sent(Method::Post, &Settings::default());
        for (name, expected) in [
            ("Content-Type", "application/json"),
            ("X-SignalWire-Signature", sha1),
            ("X-Twilio-Signature", sha1),
            ("X-SignalWire-Sha256-Signature", sha256),
            ("webhook-signature", standard),
        ] {
            assert_eq!(signalwire.get(name), Some(expected), "{name}");
        }
        let strict = Settings {
            dialect: Dialect::SignalWireStrict,
            ..Settings::default()
        };
        let strict = sent(Method::Post, &strict);
        let names: Vec<&str> = strict.0.iter().map(|(name, _)| *name).collect();
        let expected = [
            "Content-Type",
            "User-Agent",
            "X-Signalwire-Signature",
            "X-Signalwire-Sha256-Signature",
            "Ringback-Depth",
        ];
        assert_eq!(names, expected);
        // Where a redirect asked for GET, nothing is left of it but the URL.
        let redirected = sent(Method::Get, &Settings::default());
        let url_alone = Some("01c10b6491014732a9e07205174048eafa3006e3");
        assert_eq!(redirected.get("X-SignalWire-Signature"), url_alone);
        assert_eq!(redirected.get("Content-Type"), None);
    }

    /// Reckoned with Python's hmac, hashlib and base64.
    #[test]
    fn json_in_twilios_dialect_is_vouched_for_by_the_url() {
        let body = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","state":"active"}"#;
        let dialect = |dialect| Settings {
            dialect,
            ..Settings::default()
        };
        let twilio = dialect(Dialect::Twilio);
        assert!(hashes_body(&twilio, Encoding::Json));
        assert!(!hashes_body(&twilio, Encoding::Form));
        assert!(!hashes_body(&dialect(Dialect::SignalWire), Encoding::Json));
        let off = Settings {
            extra_headers: Switch::Off,
            ..twilio.clone()
        };
        assert!(!hashes_body(&off, Encoding::Json));

        let given = CallbackUrl::parse("https://u:p@A.example/x?y=1#rt=100").unwrap();
        let url = with_body_hash(&given, body);
        let hash = "c3510c4b37f447c51a105ffd846ea03a0fdf0c9a6b540ae7de275372253c03c9";
        let seen = format!("https://a.example/x?y=1&bodySHA256={hash}");
        assert_eq!(url.seen(), seen);
        let sent = |body| {
            let facts = RequestFacts {
                other_keys: &[],
                id: ID.parse().unwrap(),
                method: Method::Post,
                encoding: Encoding::Json,
                body,
                timestamp: Timestamp::from_micros(1_712_255_535_999_999),
                depth: 0,
                late: Late::No,
                key: &SigningKey::new("k"),
                settings: &twilio,
            };
            Sent::of(&facts, url.as_given())
        };
        let of_url = "qv97j5027QaMHsUtvUEALa1IyGQ=";
        assert_eq!(sent(body).get("X-Twilio-Signature"), Some(of_url));
        let of_both = "281f104918cd99bd3f4ffec0c18db476dde64dc4";
        assert_eq!(sent(body).get("X-SignalWire-Signature"), Some(of_both));
        // A signature of the URL alone, where that says nothing of this body, would be one of any.
        assert_ne!(sent("{}").get("X-Twilio-Signature"), Some(of_url));
    }

    #[test]
    fn extra_headers_are_the_dialects_choice_and_the_settings() {
        let off = |settings: &mut Settings| settings.extra_headers = Switch::Off;
        let strict = |settings: &mut Settings| settings.dialect = Dialect::SignalWireStrict;
        for sent in [
            sent(Method::Post, "http://a/", off),
            sent(Method::Post, "http://a/", strict),
        ] {
            let names: Vec<&str> = sent.0.iter().map(|(name, _)| *name).collect();
            let expected = [
                "Content-Type",
                "User-Agent",
                "X-Signalwire-Signature",
                "Ringback-Depth",
            ];
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn while_a_key_rotates_standard_webhooks_carry_both_signatures_and_the_others_one() {
        let settings = Settings::default();
        let facts = RequestFacts {
            encoding: Encoding::Form,
            id: ID.parse().unwrap(),
            method: Method::Post,
            body: "A=1",
            timestamp: Timestamp::default(),
            depth: 0,
            late: Late::No,
            key: &SigningKey::new("new"),
            other_keys: &[Arc::new(SigningKey::new("old"))],
            settings: &settings,
        };
        let sent = Sent::of(&facts, "http://a/");
        let signed = |key| sign::webhook_signature(&SigningKey::new(key), ID, 0, b"A=1");
        let both = format!("{} {}", signed("new"), signed("old"));
        assert_eq!(sent.get("webhook-signature"), Some(&*both));
        let pairs = [("A", "1")];
        let one = sign::form_signature(&SigningKey::new("new"), "http://a/", &pairs);
        assert_eq!(sent.get("X-SignalWire-Signature"), Some(&*one));
        assert_eq!(sent.get("X-Twilio-Signature"), Some(&*one));
    }

    #[test]
    fn a_late_callback_says_so() {
        let settings = Settings::default();
        let facts = RequestFacts {
            id: ID.parse().unwrap(),
            method: Method::Post,
            encoding: Encoding::Form,
            body: "",
            timestamp: Timestamp::default(),
            depth: 255,
            late: Late::Yes,
            key: &SigningKey::new("k"),
            other_keys: &[],
            settings: &settings,
        };
        let sent = Sent::of(&facts, "http://a/");
        assert_eq!(sent.get("Ringback-Late"), Some("true"));
        assert_eq!(sent.get("Ringback-Depth"), Some("255"));
    }
}
