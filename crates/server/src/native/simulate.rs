//! Calls and messages that are made to come in on the simulated network.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use ringback_domain::call::{CallDirection, Document, NewCall};
use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
use ringback_domain::phone::{Address, address};
use ringback_domain::resource::NewResource;
use ringback_engine::{Engine, Order};
use ringback_networks::inbound;
use ringback_networks::scenario::{self, Begin, CallScenario, InboundMessageScenario, Problem};
use ringback_wire::url::CallbackUrl;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::NativeError;
use super::extract::{Caller, Json, NativeDepth, object};
use super::filter::URL;
use crate::connection::Holds;
use crate::laml::answer::json;

/// Longest text, in characters, and most media of a message: what SignalWire sends.
const MAX_BODY_CHARS: usize = 1_600;
const MAX_MEDIA: usize = 8;
/// What the parties look like, for the description; `phone::address` decides.
const E164: &str = r"^\+[1-9][0-9]{1,14}$";
const NUMBER: &str = r"^(\+[1-9][0-9]{1,14}|[0-9]{3,6})$";
const PARTY: &str =
    r"^(\+[1-9][0-9]{1,14}|[0-9]{3,6}|([sS][iI][pP][sS]?|[cC][lL][iI][eE][nN][tT]):\S+)$";

/// How long a call may ring and a message may wait, where nothing is said.
const RING_TIMEOUT: Duration = Duration::from_secs(60);
const VALIDITY: Duration = Duration::from_secs(14_400);

/// A call that comes in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InboundCallParams {
    /// Who calls: E.164, a short code, `sip:` or `client:`.
    #[schemars(regex(pattern = PARTY))]
    from: String,
    /// Who is called, in E.164: a number of the project, or nobody answers.
    #[schemars(regex(pattern = E164))]
    to: String,
    /// What the one who calls does.
    #[serde(default, deserialize_with = "object")]
    scenario: CallScenario,
}

/// A message that comes in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {"required": ["body"], "properties": {"body": {"minLength": 1}}},
    {"required": ["media"], "properties": {"media": {"minItems": 1}}},
]))]
pub(super) struct InboundMessageParams {
    /// Who writes: E.164 or a short code.
    #[schemars(regex(pattern = NUMBER))]
    from: String,
    /// To whom, in E.164: a number of the project, or nobody is asked what to do with it.
    #[schemars(regex(pattern = E164))]
    to: String,
    /// The text, at most 1,600 characters.
    #[serde(default)]
    #[schemars(length(max = MAX_BODY_CHARS))]
    body: String,
    /// URLs of media, at most 8. One of this and `body` is needed.
    #[serde(default)]
    #[schemars(length(max = MAX_MEDIA), inner(url, regex(pattern = URL)))]
    media: Vec<String>,
    /// How it comes in, and what becomes of the answers to it.
    #[serde(default, deserialize_with = "object")]
    scenario: InboundMessageScenario,
}

/// What the network is to keep of something from its beginning, if that is anything.
pub(super) type Memo = Option<Arc<str>>;

/// What was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SimulatedJson {
    /// Its SID.
    sid: String,
}

/// `POST /simulate/inbound-call`
pub(super) async fn call(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NativeDepth(depth): NativeDepth,
    holds: Holds,
    Json(params): Json<InboundCallParams>,
) -> Result<Response<Body>, NativeError> {
    let new = new_call(params)?;
    let order = order(NewResource::Call(new), depth);
    let made = engine.create(project.id, order, holds.hold()).await?;
    Ok(created(made.sid.to_string()))
}

/// `POST /simulate/inbound-message`
pub(super) async fn message(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NativeDepth(depth): NativeDepth,
    holds: Holds,
    Json(params): Json<InboundMessageParams>,
) -> Result<Response<Body>, NativeError> {
    let memo = params.memo();
    let new = new_message(params)?;
    let order = order(NewResource::Message(new), depth);
    let hold = holds.hold();
    let made = engine
        .create_with_memo(project.id, order, memo, hold)
        .await?;
    Ok(created(made.sid.to_string()))
}

impl InboundCallParams {
    /// What a scenario begins.
    pub(super) fn of(begin: &Begin, scenario: CallScenario) -> Self {
        Self {
            from: begin.from.clone(),
            to: begin.to.clone(),
            scenario,
        }
    }
}

impl InboundMessageParams {
    /// What a scenario begins.
    pub(super) fn of(begin: &Begin, scenario: InboundMessageScenario) -> Self {
        Self {
            from: begin.from.clone(),
            to: begin.to.clone(),
            body: begin.body.clone(),
            media: begin.media.clone(),
            scenario,
        }
    }

    /// What the network is to keep of it.
    pub(super) fn memo(&self) -> Memo {
        inbound::arriving(self.scenario.clone())
    }
}

pub(super) fn new_call(params: InboundCallParams) -> Result<NewCall, NativeError> {
    if address(&params.from).is_none() {
        return Err(wrong(
            "`from` has to be a number in E.164, a short code, sip: or client:",
        ));
    }
    called(&params.to)?;
    let scenario = &params.scenario;
    scenario.check_inbound().map_err(in_scenario)?;
    let requested = if *scenario == CallScenario::default() {
        Vec::new()
    } else {
        let json = serde_json::to_string(scenario).expect("names are text");
        vec![(scenario::PARAMETER.to_owned(), json)]
    };
    Ok(NewCall {
        direction: CallDirection::Inbound,
        from: params.from,
        to: params.to,
        parent: None,
        document: Document::None,
        ring_timeout: RING_TIMEOUT,
        requested,
    })
}

pub(super) fn new_message(params: InboundMessageParams) -> Result<NewMessage, NativeError> {
    if !matches!(
        address(&params.from),
        Some(Address::E164 | Address::ShortCode)
    ) {
        return Err(wrong("`from` has to be a number in E.164 or a short code"));
    }
    called(&params.to)?;
    params.scenario.check().map_err(in_scenario)?;
    if params.body.is_empty() && params.media.is_empty() {
        return Err(wrong("one of `body` and `media` has to be given"));
    }
    if params.body.chars().count() > MAX_BODY_CHARS {
        return Err(wrong("`body` has at most 1600 characters"));
    }
    if params.media.len() > MAX_MEDIA {
        return Err(wrong("`media` holds at most 8 URLs"));
    }
    if params
        .media
        .iter()
        .any(|it| CallbackUrl::parse(it).is_err())
    {
        return Err(wrong("`media` has to hold absolute http or https URLs"));
    }
    Ok(NewMessage {
        direction: MessageDirection::Inbound,
        from: params.from,
        to: params.to,
        body: params.body,
        media: params.media,
        messaging_service: None,
        validity: VALIDITY,
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    })
}

fn called(to: &str) -> Result<(), NativeError> {
    match address(to) {
        Some(Address::E164) => Ok(()),
        Some(Address::ShortCode | Address::Sip | Address::Client) | None => {
            Err(wrong("`to` has to be a number in E.164"))
        }
    }
}

pub(super) fn order(new: NewResource, depth: u8) -> Order {
    Order {
        new,
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth,
        warnings: Vec::new(),
    }
}

fn in_scenario(problem: Problem) -> NativeError {
    let path = format!("scenario.{}", problem.path);
    NativeError::Scenario(Problem { path, ..problem }.into())
}

fn wrong(what: &str) -> NativeError {
    NativeError::Parameter(what.to_owned())
}

fn created(sid: String) -> Response<Body> {
    json(StatusCode::CREATED, &SimulatedJson { sid })
}
