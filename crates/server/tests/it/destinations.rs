//! URLs that lead to a literal address which is never called are refused where they are given,
//! whichever form gives them.
//!
//! What JSON gives is in the tables of [`crate::rest`] and [`crate::registry`].

use ringback_domain::call::CallStatus;
use ringback_domain::id::Sid;
use ringback_testing::test_engine::PROJECT;

use crate::harness::{CALL, MESSAGE, Server, recording};

/// Never called, in several spellings.
const FORBIDDEN: [&str; 4] = [
    "http://10.0.0.1/hook",
    "https://user:secret@[::ffff:169.254.169.254]/#rt=1000",
    "http://2130706433:8080/",
    "http://0x7f.1/",
];
/// Called: a public address, and a name, which is judged when it is resolved.
const TAKEN: [&str; 2] = ["http://8.8.8.8/hook", "http://localhost/hook"];

/// A path, what is posted there, and the parameters beside that give a URL which is called, with
/// their codes.
type Form = (&'static str, &'static str, &'static [(&'static str, u64)]);

const FORMS: &[Form] = &[
    ("/Messages", MESSAGE, &[("StatusCallback", 21609)]),
    (
        "/Calls",
        "To=%2B15550100002&From=%2B15550100001&Laml=%3CResponse%2F%3E",
        &[
            ("Url", 21402),
            ("FallbackUrl", 21402),
            ("StatusCallback", 21456),
            ("AsyncAmdStatusCallback", 21456),
            ("RecordingStatusCallback", 21456),
            ("TranscribeCallback", 21502),
        ],
    ),
    (
        "/Calls/{call}",
        "",
        &[
            ("Url", 21402),
            ("FallbackUrl", 21402),
            ("StatusCallback", 21456),
        ],
    ),
    (
        "/Calls/{call}/Recordings",
        "",
        &[
            ("RecordingStatusCallback", 21456),
            ("TranscribeCallback", 21502),
        ],
    ),
    (
        "/Recordings/{recording}/Transcriptions",
        "",
        &[("TranscribeCallback", 21502), ("transcribeCallback", 21502)],
    ),
    ("/IncomingPhoneNumbers", "AreaCode=206", NUMBER),
    ("/IncomingPhoneNumbers/{number}", "", NUMBER),
    ("/Applications", "FriendlyName=app", APPLICATION),
    ("/Applications/{application}", "", APPLICATION),
];

const NUMBER: &[(&str, u64)] = &[
    ("VoiceUrl", 21402),
    ("VoiceFallbackUrl", 21402),
    ("SmsUrl", 21402),
    ("SmsFallbackUrl", 21402),
    ("StatusCallback", 21456),
];

const APPLICATION: &[(&str, u64)] = &[
    ("VoiceUrl", 21402),
    ("VoiceFallbackUrl", 21402),
    ("SmsUrl", 21402),
    ("SmsFallbackUrl", 21402),
    ("StatusCallback", 21456),
    ("SmsStatusCallback", 21456),
    ("MessageStatusCallback", 21456),
];

#[tokio::test]
async fn forbidden_literals_are_refused_by_every_form_that_takes_a_url() {
    let server = Server::start().await;
    let names = Names::make(&server).await;
    for (path, beside, parameters) in FORMS {
        let path = names.filled(path);
        for (parameter, code) in *parameters {
            for url in FORBIDDEN {
                let answer = server.post(&path, &with(beside, parameter, url)).await;
                assert_eq!(answer.error(), (422, *code), "{path} {parameter} {url}");
                let message = answer.json()["message"].as_str().unwrap().to_owned();
                let hint = "delivery.allow_destinations";
                assert!(
                    message.starts_with(parameter) && message.contains(hint),
                    "{message}"
                );
                assert!(!message.contains("secret"), "{message}");
            }
            for url in TAKEN {
                let answer = server.post(&path, &with(beside, parameter, url)).await;
                assert!(answer.status < 300, "{path} {parameter}: {}", answer.body);
            }
        }
    }
}

/// What the paths name.
struct Names([(&'static str, Sid); 4]);

impl Names {
    async fn make(server: &Server) -> Self {
        let call = server.create("/Calls", CALL).await;
        server.call_is(call, CallStatus::InProgress).await;
        Self([
            ("{call}", call),
            ("{recording}", server.make(PROJECT, recording()).await),
            ("{number}", server.number(PROJECT).await),
            ("{application}", server.application(PROJECT).await),
        ])
    }

    fn filled(&self, path: &str) -> String {
        let each = self.0.iter();
        each.fold(path.to_owned(), |path, (name, sid)| {
            path.replace(name, &sid.to_string())
        })
    }
}

/// A form with this URL beside the rest.
fn with(beside: &str, parameter: &str, url: &str) -> String {
    let url = url.replace('%', "%25").replace('#', "%23");
    format!("{beside}&{parameter}={url}")
}
