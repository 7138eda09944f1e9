//! The example of `ringback-callbacks`, an axum receiver, hears all six types from `ringback dev`.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver as Queue, sync_channel};
use std::thread;

use receiver::{Ledger, News};
use ringback_callbacks::{Callback, Request, Verifier};
use serde_json::{Value, json};

use crate::support::{DEADLINE, Dev, Home, exchange, ringback};

#[expect(dead_code, reason = "a test needs no main, and prints nothing")]
#[path = "../../../callbacks/examples/receiver.rs"]
mod receiver;

const FROM: &str = "%2B15550100001";
const TO: &str = "%2B15550100002";
/// The types that are awaited, each with the status that ends it. The number that is called has no document.
const ENDS: [(&str, &str); 6] = [
    ("inbound-call", "failed"),
    ("voice", "completed"),
    ("message", "delivered"),
    ("ten-dlc", "completed"),
    ("recording", "completed"),
    ("transcription", "completed"),
];

#[test]
fn the_example_hears_all_six_types_once_each_in_every_dialect() {
    for dialect in ["signalwire", "signalwire-strict", "twilio"] {
        let home = Home::new();
        let dev = home.start(&["--time-scale", "100", "--dialect", dialect]);
        let (address, heard) = start(&dev.ready.signing_key);
        order(&home, &dev, address);
        let mut ledger = Ledger::default();
        let mut awaited: BTreeSet<(&str, &str)> = ENDS.into();
        let mut newest: HashMap<String, String> = HashMap::new();
        while !awaited.is_empty() {
            let callback = heard.recv_timeout(DEADLINE);
            let callback = callback.unwrap_or_else(|_| panic!("in vain in {dialect}: {awaited:?}"));
            assert!(callback.other().is_empty(), "{callback:?}");
            // Ringback sends in order; what is sent again, for its outcome was not recorded in
            // time, is known for a repeat.
            match ledger.note(&callback) {
                News::Latest => {}
                News::Repeated => continue,
                News::Overtaken => panic!("in {dialect}: {callback:?}"),
            }
            let resource = callback.resource().to_owned();
            newest.insert(resource.clone(), callback.status().to_owned());
            let status = ledger.status(callback.type_name(), &resource);
            assert_eq!(status, newest.get(&resource).map(String::as_str));
            awaited.retain(|it| *it != (callback.type_name(), callback.status()));
        }
        assert_eq!(refused(address, b"MessageStatus=sent", "AAAA"), 403);
    }
}

#[test]
fn the_example_tells_what_comes_again_and_what_comes_too_late() {
    let status = |status: &str| {
        let body = format!("MessageSid=m&AccountSid=a&MessageStatus={status}");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        Callback::parse(&Request::new("POST", "/", headers, body.as_bytes())).unwrap()
    };
    let mut ledger = Ledger::default();
    let mut note = |word: &str| ledger.note(&status(word));
    assert_eq!(note("sent"), News::Latest);
    assert_eq!(note("sent"), News::Repeated);
    assert_eq!(note("delivered"), News::Latest);
    assert_eq!(note("sending"), News::Overtaken);
    assert_eq!(ledger.status("message", "m"), Some("delivered"));
}

/// Runs the example on a free port; what it is given to work on.
fn start(key: &str) -> (SocketAddr, Queue<Callback>) {
    let verifier = Verifier::new([key]).unwrap();
    let (bound, address) = sync_channel(1);
    let (sender, heard) = sync_channel(1_024);
    // Ends with the test's process.
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (routes, mut to_do) = receiver::app(verifier, format!("http://{address}"));
            bound.send(address).unwrap();
            tokio::spawn(async move {
                while let Some(callback) = to_do.recv().await {
                    // The test may have heard enough.
                    let _ = sender.try_send(callback);
                }
            });
            axum::serve(listener, routes).await.unwrap();
        });
    });
    (address.recv_timeout(DEADLINE).unwrap(), heard)
}

/// Asks for something of every type.
fn order(home: &Home, dev: &Dev, receiver: SocketAddr) {
    let url = format!("http://{receiver}/status");
    let create = |path: &str, form: &str| {
        let (status, answer) = dev.ask("POST", path, form).unwrap();
        assert!((200..300).contains(&status), "{answer}");
    };
    dev.send_message(receiver);
    // Long enough that a recording that begins late has something to record.
    let pause = "%3CPause+length=%2230%22/%3E";
    let document = format!(
        "%3CResponse%3E{pause}%3CSay%3EYour+table+is+ready.%3C/Say%3E{pause}%3C/Response%3E"
    );
    create(
        "/Calls",
        &format!(
            "From={FROM}&To={TO}&Twiml={document}&StatusCallback={url}&Record=true\
             &RecordingTrim=do-not-trim&RecordingStatusCallback={url}\
             &Transcribe=true&TranscribeCallback={url}"
        ),
    );
    create(
        "/IncomingPhoneNumbers",
        &format!("PhoneNumber={FROM}&StatusCallback={url}"),
    );
    let call = ["--from", "+15550100002", "--to", "+15550100001"];
    let mut command = ringback(&["simulate", "call"]);
    let output = command
        .args(call)
        .arg("--ready-file")
        .arg(home.ready_file())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let brand = json!({
        "name": "A brand",
        "company_name": "Example Ltd",
        "contact_email": "ops@company.example",
        "contact_phone": "+15550100002",
        "ein_issuing_country": "United States",
        "legal_entity_type": "PRIVATE_PROFIT",
        "ein": "12-3456789",
        "company_address": "1 Main Street, Springfield",
        "company_website": "company.example",
        "status_callback_url": url,
    });
    let path = "/api/relay/rest/registry/beta/brands";
    let (status, answer) = dev.post_json(path, &brand.to_string());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!((200..300).contains(&status), "{answer}");
}

/// The status that a request with this signature is answered with.
fn refused(address: SocketAddr, form: &[u8], signature: &str) -> u16 {
    let headers = format!(
        "X-Signalwire-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n"
    );
    let form = String::from_utf8_lossy(form);
    exchange(
        &format!("http://{address}"),
        "POST",
        "/status",
        &headers,
        &form,
    )
    .0
}
