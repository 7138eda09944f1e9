//! A client's connection to the server of the kill test: one request at a time.

use std::io;
use std::net::SocketAddr;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// One kept connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authorization: String,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    pub async fn open(address: SocketAddr, authorization: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(io::Error::other)?;
        let driver = tokio::spawn(async move {
            // Its error reaches the request in flight as well.
            drop(connection.await);
        });
        Ok(Self {
            sender,
            authorization: authorization.to_owned(),
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    /// Waits until a request can be sent; one that is not sent is not under way.
    pub async fn ready(&mut self) -> hyper::Result<()> {
        self.sender.ready().await
    }

    pub async fn post(
        &mut self,
        path: &str,
        content_type: &str,
        body: String,
    ) -> hyper::Result<Response<Incoming>> {
        let request = Request::post(path)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, content_type)
            .body(Full::new(body.into()))
            .unwrap();
        self.sender.send_request(request).await
    }
}
