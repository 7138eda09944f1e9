//! TLS over loopback, with a CA of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use super::support::*;
use crate::transport::{FailureKind, HttpTransport, TlsFault, Transport as _, TransportConfig};

/// A CA and what it trusts.
struct Ca(CertifiedIssuer<'static, KeyPair>);

#[derive(Clone, Copy)]
enum Validity {
    Now,
    Past,
}

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    fn acceptor(&self, name: &str, validity: Validity, alpn: &[u8]) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if matches!(validity, Validity::Past) {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![alpn.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Serves the receiver behind TLS until the handle is dropped.
async fn listen(receiver: &Arc<Receiver>, tls: TlsAcceptor) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let receiver = Arc::clone(receiver);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, receiver) = (tls.clone(), Arc::clone(&receiver));
            tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    receiver.serve(Box::new(stream)).await;
                }
            });
        }
    });
    (address, AbortOnDropHandle::new(task))
}

fn trusting(ca: &Ca) -> HttpTransport {
    HttpTransport::new(TransportConfig {
        extra_roots: vec![ca.root()],
        ..config()
    })
    .unwrap()
}

#[tokio::test]
async fn a_trusted_certificate_is_accepted_and_its_connection_kept() {
    for name in ["localhost", "127.0.0.1"] {
        let (ca, receiver) = (Ca::new("Test CA"), Receiver::new([]));
        let tls = ca.acceptor(name, Validity::Now, b"http/1.1");
        let (address, _listening) = listen(&receiver, tls).await;
        let transport = trusting(&ca);
        let url = format!("https://{name}:{}/x", address.port());
        let exchange = transport.send(post(&url)).await;
        answer(&exchange);
        assert!(exchange.timings.tls.is_some() && exchange.timings.first_byte.is_some());
        answer(&transport.send(post(&url)).await);
        assert_eq!(receiver.connections(), 1);
    }
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_told_apart_and_nothing_is_sent() {
    let (ca, other, renewed) = (Ca::new("One"), Ca::new("Other"), Ca::new("One"));
    check(&ca, &ca, "crm.example", Validity::Now, TlsFault::Name).await;
    check(&ca, &ca, "localhost", Validity::Past, TlsFault::Expired).await;
    check(
        &other,
        &ca,
        "localhost",
        Validity::Now,
        TlsFault::UnknownIssuer,
    )
    .await;
    check(
        &renewed,
        &ca,
        "localhost",
        Validity::Now,
        TlsFault::UnknownIssuer,
    )
    .await;

    async fn check(trusted: &Ca, signer: &Ca, name: &str, validity: Validity, fault: TlsFault) {
        let receiver = Receiver::new([]);
        let tls = signer.acceptor(name, validity, b"http/1.1");
        let (address, _listening) = listen(&receiver, tls).await;
        let url = format!("https://localhost:{}/", address.port());
        let exchange = trusting(trusted).send(post(&url)).await;
        assert_eq!(
            failure(&exchange, FailureKind::Tls(fault)).kind.code(),
            "11220"
        );
        assert_eq!(receiver.requests().len(), 0);
    }
}

#[tokio::test]
async fn a_receiver_that_speaks_http_2_alone_is_told_apart() {
    let (ca, receiver) = (Ca::new("Test CA"), Receiver::new([]));
    let tls = ca.acceptor("localhost", Validity::Now, b"h2");
    let (address, _listening) = listen(&receiver, tls).await;
    let url = format!("https://localhost:{}/", address.port());
    let exchange = trusting(&ca).send(post(&url)).await;
    assert_eq!(
        failure(&exchange, FailureKind::HttpVersion).kind.code(),
        "11300"
    );
}

#[tokio::test]
async fn http_and_https_mixed_up_are_a_wrong_protocol() {
    let (ca, receiver) = (Ca::new("Test CA"), Receiver::new([]));
    let tls = ca.acceptor("localhost", Validity::Now, b"http/1.1");
    let (address, _listening) = listen(&receiver, tls).await;
    let exchange = trusting(&ca)
        .send(post(&format!("http://localhost:{}/", address.port())))
        .await;
    let spoken = failure(&exchange, FailureKind::Protocol);
    assert!(spoken.detail.contains("https://"), "{}", spoken.detail);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello)
            .await
            .unwrap();
        let bad = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, bad)
            .await
            .unwrap();
        stream
    });
    let exchange = trusting(&ca)
        .send(post(&format!("https://{address}/")))
        .await;
    let spoken = failure(&exchange, FailureKind::Protocol);
    assert_eq!(spoken.kind.code(), "11251");
    drop(server.await.unwrap());
}
