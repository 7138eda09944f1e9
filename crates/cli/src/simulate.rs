//! `ringback simulate`: makes something come in on a server that runs, or drives what is
//! registered there.
//!
//! Asks its native API once, over HTTP, and prints the SID of what was made, or the state that
//! it was driven to.

mod scenario;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use hyper::body::Bytes;
use ringback_networks::numbers;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::lookup_host;
use url::Url;

use crate::args::{Driven, ServerArgs, Simulate, SimulatedCall, SimulatedMessage};
use crate::client::{Access, Client};
use crate::complaint::Complaint;
use crate::credentials::Credentials;
use crate::output;

/// Where `ringback dev` serves HTTP if nothing else is said.
const USUAL_API: &str = "http://127.0.0.1:8080";

/// What is read of a ready file: that of `serve` has no credentials.
#[derive(Default, Deserialize)]
struct Ready {
    http: Option<String>,
    project_id: Option<String>,
    api_token: Option<String>,
}

/// What is read of an answer.
#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    hint: String,
}

/// What a server is asked.
enum Request {
    /// To take this JSON.
    Post(String),
    /// To show something.
    Get,
    /// To take something away.
    Delete,
}

/// Does what `command` says.
pub fn run(command: &Simulate) -> Result<(), Complaint> {
    match command {
        Simulate::Call(call) => make(&call.server, "inbound-call", &of_call(call)?),
        Simulate::Message(message) => {
            make(&message.server, "inbound-message", &of_message(message)?)
        }
        Simulate::Brand(driven) => drive("brand", driven),
        Simulate::Campaign(driven) => drive("campaign", driven),
        Simulate::Order(driven) => drive("number_assignment_order", driven),
        Simulate::Assignment(driven) => drive("number_assignment", driven),
        Simulate::Numbers(list) => {
            let shown = if list.json {
                let numbers = serde_json::to_value(numbers::NumbersJson::all());
                format!("{:#}", numbers.unwrap_or_default())
            } else {
                numbers::table().trim_end().to_owned()
            };
            output::print(&shown);
            Ok(())
        }
        Simulate::Scenario(given) => scenario::give(given),
        Simulate::Scenarios(list) => scenario::list(list),
    }
}

fn make(server: &ServerArgs, what: &str, asked: &Value) -> Result<(), Complaint> {
    output::print(&post(server, what, asked)?.sid);
    Ok(())
}

fn drive(kind: &str, driven: &Driven) -> Result<(), Complaint> {
    let asked = json!({"kind": kind, "sid": driven.sid, "state": driven.state});
    output::print(&post(&driven.server, "registry", &asked)?.state);
    Ok(())
}

fn of_call(call: &SimulatedCall) -> Result<Value, Complaint> {
    let mut asked = json!({"from": call.from, "to": call.to});
    add_scenario(&mut asked, call.scenario.as_deref())?;
    Ok(asked)
}

fn of_message(message: &SimulatedMessage) -> Result<Value, Complaint> {
    let mut asked = json!({"from": message.from, "to": message.to});
    if let Some(body) = &message.body {
        asked["body"] = json!(body);
    }
    if !message.media.is_empty() {
        asked["media"] = json!(message.media);
    }
    add_scenario(&mut asked, message.scenario.as_deref())?;
    Ok(asked)
}

/// Adds what a scenario says: an object as it stands, anything else is the name of a file.
fn add_scenario(asked: &mut Value, given: Option<&str>) -> Result<(), Complaint> {
    let Some(given) = given else {
        return Ok(());
    };
    let text = if given.trim_start().starts_with('{') {
        given.to_owned()
    } else {
        read_file(Path::new(given), "the scenario")?
    };
    let scenario: Value = serde_json::from_str(&text)
        .map_err(|error| Complaint::because("the scenario is no JSON", &error))?;
    asked["scenario"] = scenario;
    Ok(())
}

fn post(server: &ServerArgs, what: &str, asked: &Value) -> Result<Answer, Complaint> {
    let (status, body) = ask(server, what, Request::Post(asked.to_string()))?;
    answer(status, &body)
}

/// What a server says, or why it refuses.
fn answer<T: DeserializeOwned + Default>(
    status: http::StatusCode,
    body: &[u8],
) -> Result<T, Complaint> {
    if !status.is_success() {
        let Answer { message, hint, .. } = serde_json::from_slice(body).unwrap_or_default();
        let refused = format!("the server refused it with {status}: {message}");
        return Err(Complaint::failure(refused).hint(hint));
    }
    Ok(serde_json::from_slice(body).unwrap_or_default())
}

/// Asks the server for something of its simulated network.
fn ask(
    server: &ServerArgs,
    what: &str,
    request: Request,
) -> Result<(http::StatusCode, Bytes), Complaint> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::because("the command cannot start", &error))?;
    let path = format!("/v1/simulate/{what}");
    runtime.block_on(send(server, &path, request))
}

async fn send(
    server: &ServerArgs,
    path: &str,
    request: Request,
) -> Result<(http::StatusCode, Bytes), Complaint> {
    let access = access(server).await?;
    let mut client = Client::open(&access).await.map_err(|complaint| {
        complaint.hint("it has to run: `ringback dev`, or name it with --api or --ready-file")
    })?;
    match request {
        Request::Post(body) => client.post(path, "application/json", body).await,
        Request::Get => client.get(path).await,
        Request::Delete => client.delete(path).await,
    }
}

/// Where the server is and as whom it is asked: an option, the ready file, what `dev` has.
async fn access(server: &ServerArgs) -> Result<Access, Complaint> {
    let ready = match &server.ready_file {
        Some(path) => {
            let text = read_file(path, "the ready file")?;
            serde_json::from_str(&text)
                .map_err(|error| Complaint::because("the ready file cannot be read", &error))?
        }
        None => Ready::default(),
    };
    let usual = Credentials::for_development(None);
    let url = match (&server.api, ready.http) {
        (Some(url), _) => url.clone(),
        (None, http) => {
            let text = http.unwrap_or_else(|| USUAL_API.to_owned());
            let unusable = |error| Complaint::because("the ready file's URL is none", &error);
            Url::parse(&text).map_err(unusable)?
        }
    };
    let given = |option: &Option<String>, of_file: Option<String>| option.clone().or(of_file);
    Ok(Access {
        address: address(&url).await?,
        project: given(&server.project, ready.project_id)
            .unwrap_or_else(|| usual.project.to_string()),
        token: given(&server.token, ready.api_token)
            .unwrap_or_else(|| usual.token.reveal().to_owned()),
    })
}

async fn address(url: &Url) -> Result<SocketAddr, Complaint> {
    if url.scheme() != "http" {
        let problem = "the server is asked over HTTP, on its own machine or behind a tunnel";
        return Err(Complaint::usage(problem).hint("give --api its http:// address"));
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(80);
    let found = lookup_host((host, port)).await;
    let mut found =
        found.map_err(|error| Complaint::because(&format!("{host} cannot be found"), &error))?;
    let first = found.next();
    first.ok_or_else(|| Complaint::failure(format!("{host} has no address")))
}

fn read_file(path: &Path, what: &str) -> Result<String, Complaint> {
    fs::read_to_string(path).map_err(|error| {
        Complaint::because(&format!("{what} {} cannot be read", path.display()), &error)
    })
}
