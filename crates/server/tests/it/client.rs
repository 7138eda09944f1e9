//! A client that sends what it is told to, byte by byte, and reads what comes back.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long any one exchange may take: far more than it does.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A request. Built up, then sent.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request for `localhost` whose connection is closed after the answer.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1",
            headers: vec![
                ("Host".to_owned(), "localhost".to_owned()),
                ("Connection".to_owned(), "close".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    /// With HTTP Basic credentials.
    pub fn by(self, user: &str, password: &str) -> Self {
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {encoded}"))
    }

    /// With a header field more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the header fields of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(it, _)| !it.eq_ignore_ascii_case(name));
        self
    }

    /// In this version of HTTP.
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// With a form as its body.
    pub fn form(self, form: &str) -> Self {
        self.header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.as_bytes())
    }

    /// With a body, of no type.
    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Length", &body.len().to_string())
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} {}\r\n", self.method, self.target, self.version);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it and reads the answer.
    pub async fn send(&self, server: SocketAddr) -> Answer {
        let stream = TcpStream::connect(server).await.unwrap();
        self.send_over(stream).await
    }

    /// Sends it over a connection of its own and reads the answer.
    pub async fn send_over(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Answer {
        let exchange = async {
            // A server that refuses early closes while we write; the answer is what counts.
            let _ = stream.write_all(&self.bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let bytes = timeout(PATIENCE, exchange)
            .await
            .expect("an answer in time");
        Answer::parse(&bytes)
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads the bytes of an answer whose connection was closed after it.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let fields = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.expect("a status"),
            headers: fields
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }

    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body, which is JSON and says so.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Status and code of an error; the status in the body is that of the answer.
    #[track_caller]
    pub fn error(&self) -> (u16, u64) {
        let json = self.json();
        assert_eq!(json["status"], self.status, "{json}");
        assert!(
            json["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{json}"
        );
        assert!(
            json["more_info"]
                .as_str()
                .is_some_and(|url| url.starts_with("https://"))
        );
        (self.status, json["code"].as_u64().expect("a number"))
    }
}
