//! Where an attempt goes: names, addresses, and those that it must not touch.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::TcpListener;

use super::support::*;
use crate::transport::{
    Connect, FailureKind, Guard, Host, HttpTransport, Stream, Transport as _, TransportConfig,
};

/// Shares a recording connector between transport and test.
struct Shared(Arc<Pipes>);

#[async_trait]
impl Connect for Shared {
    async fn connect(&self, address: SocketAddr) -> std::io::Result<Stream> {
        self.0.connect(address).await
    }
}

/// The transport, behind a guard that lets public addresses through alone.
fn guarded(receiver: &Arc<Receiver>) -> (HttpTransport, Arc<Pipes>) {
    let pipes = Arc::new(Pipes::to(receiver));
    let config = TransportConfig {
        guard: Guard::default(),
        connector: Arc::new(Shared(Arc::clone(&pipes))),
        ..config()
    };
    (HttpTransport::new(config).unwrap(), pipes)
}

#[tokio::test(start_paused = true)]
async fn refused_addresses_are_never_connected_to() {
    check("http://127.0.0.1/", Host::Literal).await;
    check("http://[::ffff:10.0.0.1]:8080/", Host::Literal).await;
    check("https://169.254.169.254/latest/meta-data", Host::Literal).await;
    check("http://inside.example/", Host::Name).await;
    check("http://localhost/", Host::Name).await;

    async fn check(url: &str, host: Host) {
        let (transport, pipes) = guarded(&Receiver::new([]));
        let exchange = transport.send(post(url)).await;
        let failure = failure(&exchange, FailureKind::AddressRefused(host));
        assert_eq!(failure.kind.code(), "url_is_unsafe");
        assert_eq!(*pipes.tried.lock().unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_a_refused_address_is_not_followed() {
    for location in [
        "http://10.0.0.1/",
        "http://inside.example/",
        "//[::1]/",
        "http://127.1/",
    ] {
        let text = format!("HTTP/1.1 307 x\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let (transport, pipes) = guarded(&Receiver::saying(&text));
        let exchange = transport.send(post("http://crm.example/")).await;
        assert!(matches!(
            exchange.result,
            Err(failure) if matches!(failure.kind, FailureKind::AddressRefused(_))
        ));
        assert_eq!(
            *pipes.tried.lock().unwrap(),
            ["1.1.1.1:80".parse().unwrap()],
            "{location}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_address_of_a_name_is_skipped() {
    let (transport, pipes) = guarded(&Receiver::new([]));
    answer(&transport.send(post("http://half.example:81/")).await);
    assert_eq!(
        *pipes.tried.lock().unwrap(),
        ["1.1.1.1:81".parse().unwrap()]
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_without_address_is_a_dns_failure() {
    for url in ["http://unknown.example/", "https://empty.example/"] {
        let exchange = send(&Receiver::new([]), url).await;
        assert_eq!(failure(&exchange, FailureKind::Dns).kind.code(), "11210");
        assert!(exchange.timings.dns.is_some() && exchange.timings.connect.is_none());
    }
}

#[tokio::test]
async fn localhost_is_reached_in_the_family_that_listens() {
    let receiver = Receiver::new([]);
    let (address, _listening) = Arc::clone(&receiver).listen("127.0.0.1:0").await;
    let transport = HttpTransport::new(config()).unwrap();
    // Names has ::1 first, where nobody listens.
    let url = format!("http://localhost:{}/", address.port());
    let exchange = transport.send(post(&url)).await;
    answer(&exchange);
    assert!(exchange.timings.dns.is_some() && exchange.timings.connect.is_some());
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn nobody_listening_is_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let transport = HttpTransport::new(config()).unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/", address.port());
        let exchange = transport.send(post(&url)).await;
        let failure = failure(&exchange, FailureKind::ConnectionRefused);
        assert_eq!(failure.kind.code(), "11200");
    }
}

#[tokio::test]
async fn a_listener_that_accepts_no_more_is_a_connect_timeout() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    // Fills the backlog: connections beyond it stay without an answer.
    for _ in 0..4 {
        let connecting = tokio::net::TcpStream::connect(address);
        let patience = std::time::Duration::from_millis(50);
        waiting.push(tokio::time::timeout(patience, connecting).await);
    }
    let mut outgoing = post(&format!("http://{address}/"));
    outgoing.limits.connect = std::time::Duration::from_millis(100);
    let exchange = HttpTransport::new(config()).unwrap().send(outgoing).await;
    failure(&exchange, FailureKind::ConnectTimeout);
}
