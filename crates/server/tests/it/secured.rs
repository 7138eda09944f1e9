//! HTTPS: the same server behind a handshake.

use std::sync::Arc;
use std::time::Duration;

use ringback_server::Limits;
use ringback_testing::test_engine::TestEngine;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::client::PATIENCE;
use crate::harness::{MESSAGE, Server, listener};

/// A server's configuration, and that of a client which trusts it alone.
fn certified() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let certificate = made.cert.der().clone();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

#[tokio::test]
async fn https_is_answered_as_http_is() {
    let (server_tls, client_tls) = certified();
    let https = listener();
    let at = https.local_addr().unwrap();
    let engine = TestEngine::answering(200).await;
    let secured = Some((https, server_tls));
    let server = Server::listening(engine, Limits::default(), secured);
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(client_tls)
        .connect(name, stream)
        .await
        .unwrap();
    let request = server.ask("POST", "/Messages.json").form(MESSAGE);
    assert_eq!(request.send_over(stream).await.status, 201);
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_given_up() {
    let (server_tls, _) = certified();
    let https = listener();
    let at = https.local_addr().unwrap();
    let limits = Limits {
        handshake: Duration::from_millis(50),
        ..Limits::default()
    };
    let engine = TestEngine::answering(200).await;
    let _server = Server::listening(engine, limits, Some((https, server_tls)));
    let mut silent = TcpStream::connect(at).await.unwrap();
    let mut rest = Vec::new();
    let closed = timeout(PATIENCE, silent.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the server closes in time");
}
