//! A client of a server: one connection, one request at a time. Used by `simulate` and `bench`.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::complaint::Complaint;

/// Where a server is, and as whom it is asked.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where it listens.
    pub address: SocketAddr,
    /// The project's id.
    pub project: String,
    /// Its API token.
    pub token: String,
}

/// One kept connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    authorization: HeaderValue,
    _driver: AbortOnDropHandle<()>,
}

impl Client {
    /// Connects.
    pub async fn open(access: &Access) -> Result<Self, Complaint> {
        let basic = BASE64.encode(format!("{}:{}", access.project, access.token));
        let value = |text: String| HeaderValue::try_from(text).map_err(|error| failed(&error));
        let stream = TcpStream::connect(access.address)
            .await
            .map_err(|e| failed(&e))?;
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(&error))?;
        let driver = tokio::spawn(async move {
            // Its error reaches the request in flight as well.
            drop(connection.await);
        });
        Ok(Self {
            sender,
            host: value(format!("localhost:{}", access.address.port()))?,
            authorization: value(format!("Basic {basic}"))?,
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    /// Posts `body`; what it is answered.
    pub async fn post(
        &mut self,
        path: &str,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, Bytes), Complaint> {
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.ask(path, request).await
    }

    /// Gets `path`; what it is answered.
    pub async fn get(&mut self, path: &str) -> Result<(StatusCode, Bytes), Complaint> {
        self.ask(path, Request::new(Full::default())).await
    }

    /// Deletes `path`; what it is answered.
    pub async fn delete(&mut self, path: &str) -> Result<(StatusCode, Bytes), Complaint> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::DELETE;
        self.ask(path, request).await
    }

    async fn ask(
        &mut self,
        path: &str,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), Complaint> {
        *request.uri_mut() = path.parse().map_err(|error| failed(&error))?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, self.authorization.clone());
        self.sender.ready().await.map_err(|error| failed(&error))?;
        let response = self.sender.send_request(request).await;
        let response = response.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await;
        Ok((status, body.map_err(|error| failed(&error))?.to_bytes()))
    }
}

fn failed<E: std::error::Error + 'static>(error: &E) -> Complaint {
    Complaint::because("the server was not reached", error)
}
