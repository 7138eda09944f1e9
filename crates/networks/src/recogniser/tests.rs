//! The recogniser's client before a server that fails in every way there is.

use std::future::pending;
use std::sync::Mutex;

use ringback_testing::scripted_transport::Seen;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Long enough for a loaded machine; what does not answer at all is given less.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server does with a request once it has read it.
#[derive(Clone)]
enum Act {
    /// Says this, byte for byte, and waits for the client to close.
    Say(String),
    /// Says this and closes.
    SayAndClose(String),
    /// Nothing, ever.
    Silence,
}

/// A recogniser's server on a free port, and what it was sent.
struct Fake {
    url: String,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Fake {
    async fn doing(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/v1/audio/transcriptions",
            listener.local_addr().unwrap()
        );
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            // Ends with the test's runtime.
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, act.clone(), Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    async fn saying(content_type: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("content-type: {content_type}\r\ncontent-length: {length}");
        Self::doing(Act::Say(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"))).await
    }

    async fn answering(status: u16) -> Self {
        let text = format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}");
        Self::doing(Act::Say(text)).await
    }

    /// The last request, head and body.
    fn request(&self) -> (String, Vec<u8>) {
        let request = self.requests.lock().unwrap().last().unwrap().clone();
        let end = memchr::memmem::find(&request, b"\r\n\r\n").unwrap() + 4;
        (
            String::from_utf8(request[..end].to_vec()).unwrap(),
            request[end..].to_vec(),
        )
    }
}

async fn serve(mut stream: TcpStream, act: Act, seen: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut piece = [0; 4_096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
    }
    seen.lock().unwrap().push(request);
    match act {
        Act::Say(text) => {
            stream.write_all(text.as_bytes()).await.ok();
            drop(stream.read(&mut [0]).await);
        }
        Act::SayAndClose(text) => drop(stream.write_all(text.as_bytes()).await),
        Act::Silence => pending().await,
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(request, b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    request.len() >= end + 4 + length
}

fn config(url: &str) -> RecogniserConfig {
    RecogniserConfig {
        url: CallbackUrl::parse(url).unwrap(),
        model: "base.en".to_owned(),
        language: Some("en".to_owned()),
        key: Some(Secret::new("sk-0123456789abcdef")),
        timeout: PATIENCE,
        concurrency: 2,
        attempts: 5,
    }
}

fn file(content: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.wav");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

async fn heard_of(config: RecogniserConfig) -> Result<String, Fault> {
    let (_folder, path) = file(b"RIFF....WAVE");
    let recogniser = Recogniser::new(config).unwrap();
    recogniser.hear(|| File::open(path)).await
}

async fn heard(fake: &Fake) -> Result<String, Fault> {
    heard_of(config(&fake.url)).await
}

#[tokio::test]
async fn the_file_is_sent_as_the_endpoint_documents() {
    let fake = Fake::saying(
        "application/json",
        r#"{"text":" one two\n three","task":"x"}"#,
    )
    .await;
    assert_eq!(heard(&fake).await, Ok("one two three".to_owned()));

    let (head, body) = fake.request();
    assert!(
        head.starts_with("POST /v1/audio/transcriptions HTTP/1.1\r\n"),
        "{head}"
    );
    for line in [
        "Authorization: Bearer sk-0123456789abcdef\r\n",
        "Accept: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=ringback-form-0-boundary\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let body = String::from_utf8(body).unwrap();
    for part in [
        "name=\"model\"\r\n\r\nbase.en\r\n",
        "name=\"response_format\"\r\n\r\njson\r\n",
        "name=\"language\"\r\n\r\nen\r\n",
        "name=\"file\"; filename=\"recording.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF....WAVE\r\n",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[tokio::test]
async fn nothing_is_said_of_a_language_and_a_token_that_nobody_gave() {
    let fake = Fake::saying("application/json", r#"{"text":"one"}"#).await;
    let config = RecogniserConfig {
        key: None,
        language: None,
        ..config(&fake.url)
    };
    assert_eq!(heard_of(config).await, Ok("one".to_owned()));
    let (head, body) = fake.request();
    assert!(!head.contains("Authorization"), "{head}");
    assert!(!String::from_utf8(body).unwrap().contains("language"));
}

#[tokio::test]
async fn every_bad_answer_has_its_name_and_is_tried_again_where_that_helps() {
    let json = "application/json";
    let huge = format!(r#"{{"text":"{}"}}"#, "word ".repeat(20_000));
    check(json, "{\"text\": \"one", Fault::Malformed, true).await;
    check(json, "[\"one\"]", Fault::Malformed, true).await;
    check(json, "", Fault::Malformed, true).await;
    let page = Fault::NotJson("text/html".to_owned());
    check(
        "text/html; charset=utf-8",
        "<h1>Bad gateway</h1>",
        page,
        true,
    )
    .await;
    check(json, "{}", Fault::NoText, false).await;
    check(json, r#"{"text":null}"#, Fault::NoText, false).await;
    check(json, r#"{"error":"no such model"}"#, Fault::NoText, false).await;
    check(json, r#"{"text":["one"]}"#, Fault::WrongType, false).await;
    check(json, r#"{"text":123}"#, Fault::WrongType, false).await;
    check(json, r#"{"text":""}"#, Fault::Empty, false).await;
    check(json, r#"{"text":" \n\u0000 "}"#, Fault::Empty, false).await;
    check(json, &huge, Fault::Huge, false).await;

    async fn check(content_type: &str, body: &str, expected: Fault, may_pass: bool) {
        let fake = Fake::saying(content_type, body).await;
        let heard = heard(&fake).await;
        assert_eq!(heard, Err(expected.clone()), "{content_type} {body:.40}");
        assert_eq!(expected.may_pass(), may_pass, "{expected}");
    }
}

#[tokio::test]
async fn a_text_of_another_media_type_is_taken_if_it_is_json() {
    let fake = Fake::saying("text/plain", r#"{"text":"one"}"#).await;
    assert_eq!(heard(&fake).await, Ok("one".to_owned()));
}

#[tokio::test]
async fn a_status_is_tried_again_if_it_may_be_another_one_later() {
    for (status, may_pass) in [
        (400, false),
        (401, false),
        (404, false),
        (408, true),
        (413, false),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let heard = heard(&Fake::answering(status).await).await;
        assert_eq!(heard, Err(Fault::Status(status)));
        assert_eq!(heard.unwrap_err().may_pass(), may_pass, "{status}");
    }
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let started = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"text\":";
    for act in [Act::Silence, Act::Say(started.to_owned())] {
        let fake = Fake::doing(act).await;
        let timeout = Duration::from_secs(1);
        let config = RecogniserConfig {
            timeout,
            ..config(&fake.url)
        };
        let fault = heard_of(config).await.unwrap_err();
        assert_eq!(fault, Fault::Timeout(timeout));
        assert!(fault.may_pass());
    }
}

#[tokio::test]
async fn a_connection_that_breaks_or_is_refused_is_tried_again() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"text\":";
    let fake = Fake::doing(Act::SayAndClose(half.to_owned())).await;
    assert_eq!(heard(&fake).await, Err(Fault::Cut));

    let fake = Fake::doing(Act::SayAndClose(String::new())).await;
    let fault = heard(&fake).await.unwrap_err();
    assert!(
        matches!(fault, Fault::Unreached(_)) && fault.may_pass(),
        "{fault}"
    );

    // Its listener is closed, so that nobody listens at its port.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let fault = heard_of(config(&url)).await.unwrap_err();
    assert!(
        matches!(fault, Fault::Unreached(_)) && fault.may_pass(),
        "{fault}"
    );
    assert!(!fault.to_string().contains("sk-"), "{fault}");
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirect_to_another_origin() {
    let fake = Fake::saying("application/json", r#"{"text":"one"}"#).await;
    let location = format!("location: {}\r\ncontent-length: 0", fake.url);
    let before = Fake::doing(Act::Say(format!("HTTP/1.1 307 x\r\n{location}\r\n\r\n"))).await;
    assert_eq!(heard(&before).await, Ok("one".to_owned()));
    assert!(before.request().0.contains("Bearer"));
    let (head, body) = fake.request();
    assert!(!head.contains("Authorization"), "{head}");
    assert_eq!(body, before.request().1);
}

#[tokio::test]
async fn a_file_that_is_missing_or_too_large_is_not_sent() {
    let fake = Fake::answering(500).await;
    let recogniser = Recogniser::new(config(&fake.url)).unwrap();
    let (folder, path) = file(&vec![0; MOST_AUDIO + 1]);
    let heard = recogniser.hear(|| File::open(path)).await;
    assert_eq!(heard, Err(Fault::LongAudio));
    let none = folder.path().join("none");
    let fault = recogniser.hear(|| File::open(none)).await;
    assert_eq!(fault, Err(Fault::NoAudio(io::ErrorKind::NotFound)));
    assert!(fake.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_under_way_than_allowed() {
    let (_folder, path) = file(b"RIFF");
    let clock = ringback_engine::Clock::system();
    let busy = ringback_testing::scripted_transport::Ending::Status(503);
    let transport =
        ringback_testing::scripted_transport::ScriptedTransport::new(clock, move |_: &Seen| {
            (Duration::from_secs(10), busy)
        });
    let seen = transport.seen();
    let recogniser = Recogniser::over(Arc::new(transport), config("http://recogniser.example/"));
    let recogniser = Arc::new(recogniser);
    let tasks: Vec<_> = (0..7)
        .map(|_| {
            let (recogniser, path) = (Arc::clone(&recogniser), path.clone());
            tokio::spawn(async move { recogniser.hear(|| File::open(path)).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Err(Fault::Status(503)));
    }
    let seen = seen.lock().unwrap();
    let first = seen[0].at;
    let begun: Vec<u64> = seen.iter().map(|it| it.at.since(first).as_secs()).collect();
    assert_eq!(begun, [0, 0, 10, 10, 20, 20, 30]);
}
