//! What is held back, over real hyper connections on a pipe of a few bytes.

use std::convert::Infallible;
use std::task::Waker;

use axum::response::Response;
use http::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{JoinHandle, yield_now};

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(30);
const NEARLY: Duration = Duration::from_secs(29);
/// What the pipe takes although the client reads nothing.
const PIPE: usize = 16;

/// A connection whose every answer holds something back.
struct Connection {
    client: DuplexStream,
    line: Arc<Unflushed>,
    task: JoinHandle<hyper::Result<()>>,
}

impl Connection {
    fn answering(body: &'static str) -> Self {
        let (client, server) = duplex(PIPE);
        let line = Arc::<Unflushed>::default();
        let watched = Watched::new(server, Arc::clone(&line), PATIENCE);
        let answers = Arc::clone(&line);
        let service = service_fn(move |_: Request<_>| {
            let holds = Holds::default();
            let _hold = holds.hold();
            let body = AnswerBody::new(Body::from(body), holds, Arc::clone(&answers));
            async { Ok::<_, Infallible>(Response::new(body)) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(watched), service);
        Self {
            client,
            line,
            task: tokio::spawn(connection),
        }
    }

    /// How many holds wait for bytes that hyper has and the pipe has not.
    fn waiting(&self) -> usize {
        match &*self.line.0.lock().unwrap() {
            Line::Up(waiting) => waiting.len(),
            Line::Down => 0,
        }
    }

    async fn ask(&mut self) {
        self.client.write_all(REQUEST).await.unwrap();
        settle().await;
    }

    /// Reads `bytes` of an answer, one by one.
    async fn read(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.client.read_u8().await.unwrap();
            settle().await;
        }
    }

    /// Reads an answer and returns how long it was.
    async fn read_until(&mut self, end: &str) -> usize {
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            answer.push(self.client.read_u8().await.unwrap());
        }
        settle().await;
        answer.len()
    }
}

/// Lets every other task come as far as it can.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_let_go_before_the_last_byte_is_written() {
    for (body, end) in [("the answer", "the answer"), ("", "\r\n\r\n")] {
        let mut connection = Connection::answering(body);
        connection.ask().await;
        let length = connection.read_until(end).await;
        assert_eq!(connection.waiting(), 0);

        connection.ask().await;
        for _ in 0..length - PIPE {
            assert_eq!(connection.waiting(), 1);
            connection.read(1).await;
        }
        assert_eq!(connection.waiting(), 0, "the rest is in the pipe");
    }
}

#[tokio::test]
async fn all_is_let_go_when_the_connection_is_gone() {
    let mut connection = Connection::answering("the answer");
    connection.ask().await;
    assert_eq!(connection.waiting(), 1);
    drop(connection.client);
    assert!(connection.task.await.unwrap().is_err());
    assert!(matches!(*connection.line.0.lock().unwrap(), Line::Down));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up() {
    let mut connection = Connection::answering("the answer");
    connection.ask().await;
    tokio::time::sleep(NEARLY).await;
    connection.read(1).await;
    tokio::time::sleep(NEARLY).await;
    assert_eq!(
        connection.waiting(),
        1,
        "it took a byte, so it is waited for"
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(connection.task.await.unwrap().is_err());
}

/// A stream that takes everything and, as TLS may, has not sent it yet.
struct Unsent;

impl AsyncWrite for Unsent {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_flush_that_waits_lets_nothing_go() {
    let line = Arc::<Unflushed>::default();
    let mut watched = Watched::new(Unsent, Arc::clone(&line), PATIENCE);
    let (_hold, release) = Hold::new();
    line.ended(vec![release]);
    let flushed = Pin::new(&mut watched).poll_flush(&mut Context::from_waker(Waker::noop()));
    assert!(flushed.is_pending());
    assert!(matches!(&*line.0.lock().unwrap(), Line::Up(waiting) if waiting.len() == 1));
}
