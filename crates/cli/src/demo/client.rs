//! What an application does: asks the REST API, over HTTP, with Basic credentials.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ringback_domain::id::Sid;
use ringback_wire::form;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::credentials::Credentials;

/// Far more than a call or a message takes.
const ANSWER_LIMIT: usize = 64 * 1024;

const JSON: &str = "application/json";

/// Why the API did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection.
    #[error("no connection")]
    Connect(#[from] std::io::Error),
    /// No answer.
    #[error("no answer")]
    Http(#[from] hyper::Error),
    /// The request could not be made.
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
    /// The answer could not be read.
    #[error("the answer cannot be read")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It was refused.
    #[error("it was refused with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// What the answer says.
        message: String,
    },
}

/// Asks one server as one project.
pub struct Client {
    address: SocketAddr,
    project: String,
    authorization: String,
}

/// What is read of a resource.
#[derive(Deserialize)]
struct Created {
    #[serde(alias = "id")]
    sid: String,
}

/// What is read of an error.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

impl Client {
    /// Asks the server at `address`.
    pub fn new(address: SocketAddr, credentials: &Credentials) -> Self {
        let project = credentials.project.to_string();
        let basic = BASE64.encode(format!("{project}:{}", credentials.token.reveal()));
        Self {
            address,
            project,
            authorization: format!("Basic {basic}"),
        }
    }

    /// Creates a resource, or changes one, at `path` below the account, as in `Calls`.
    pub async fn create(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<Sid, ClientError> {
        let path = format!("/api/laml/2010-04-01/Accounts/{}/{path}", self.project);
        let kind = "application/x-www-form-urlencoded";
        self.ask(&path, kind, form::encode(parameters)).await
    }

    /// Creates something by JSON, at this path.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Sid, ClientError> {
        self.ask(path, JSON, body.to_string()).await
    }

    /// Has a call come in on the simulated network.
    pub async fn call_in(&self, from: &str, to: &str) -> Result<Sid, ClientError> {
        let order = json!({"from": from, "to": to});
        self.post("/v1/simulate/inbound-call", &order).await
    }

    async fn ask(&self, path: &str, kind: &str, body: String) -> Result<Sid, ClientError> {
        let request = Request::post(path)
            // A name that is answered for, wherever the server listens.
            .header(header::HOST, format!("localhost:{}", self.address.port()))
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(Bytes::from(body)))?;
        let (status, body) = self.send(request).await?;
        if !status.is_success() {
            let refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
            return Err(ClientError::Refused {
                status,
                message: refusal.message,
            });
        }
        let unreadable = |error| ClientError::Answer(error);
        let created: Created =
            serde_json::from_slice(&body).map_err(|error| unreadable(error.into()))?;
        created
            .sid
            .parse()
            .map_err(|error: ringback_domain::id::BadId| unreadable(error.into()))
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT)
                .collect()
                .await;
            Ok((status, body.map_err(ClientError::Answer)?.to_bytes()))
        };
        // The connection is driven while it is needed, and gone with the answer.
        tokio::select! {
            biased;
            answer = exchange => answer,
            ended = connection => match ended {
                Err(error) => Err(error.into()),
                Ok(()) => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
            },
        }
    }
}
