//! Scenarios: what is to happen to resources on the simulated network that are not there yet.
//!
//! A scenario is read and checked here, kept by the engine, and followed by the network.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, State};
use axum::response::Response;
use http::request::Parts;
use http::{Request, StatusCode, header};
use ringback_domain::resource::NewResource;
use ringback_domain::scenario::SetScenario;
use ringback_engine::{Engine, ScenarioOrder};
use ringback_networks::numbers::NumbersJson;
use ringback_networks::scenario::shipped::{self, Shipped};
use ringback_networks::scenario::{
    Begin, Format, Problem, Scenario, ScenarioError, ScenarioFault, read,
};
use ringback_wire::native::callback::moment;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::NativeError;
use super::extract::{Caller, JSON, NativeDepth, make_whole, whole_body};
use super::found;
use super::simulate::{self, InboundCallParams, InboundMessageParams};
use crate::auth::path_parameter;
use crate::connection::Holds;
use crate::laml::answer::json;
use crate::routes::App;

/// The type of a scenario in TOML.
pub(super) const TOML: &str = "application/toml";

/// A project's scenarios, and those that come with the program.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ScenariosJson {
    /// Those that are set, the newest first: of two that match a resource, it goes before.
    set: Vec<ScenarioJson>,
    /// Those that come with the program.
    shipped: Vec<ScenarioJson>,
}

/// A scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ScenarioJson {
    /// What it is called.
    name: String,
    /// What it is for: `call`, `inbound_call`, `message` and so on.
    kind: String,
    /// What happens, in a line; of one that is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
    /// For how many more resources it is; all of them, if it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
    /// When it was set; of one that is shipped: not.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<String>,
    /// What came in, of one that begins something.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// What it says.
    scenario: Scenario,
}

/// A scenario that somebody sends.
pub(super) struct Given(Box<Scenario>);

/// The name of a scenario in the path.
pub(super) struct NamePath(String);

/// `GET /simulate/numbers`
pub(super) async fn numbers(_: Caller) -> Response<Body> {
    found(&NumbersJson::all())
}

/// `GET /simulate/scenarios`
pub(super) async fn list(Caller(project): Caller, State(engine): State<Engine>) -> Response<Body> {
    let set = engine.directory().scenarios(project.id);
    found(&ScenariosJson {
        set: set.iter().map(|it| ScenarioJson::set(it)).collect(),
        shipped: shipped::all().iter().map(ScenarioJson::shipped).collect(),
    })
}

/// `POST /simulate/scenarios`
pub(super) async fn set(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NativeDepth(depth): NativeDepth,
    holds: Holds,
    Given(scenario): Given,
) -> Result<Response<Body>, NativeError> {
    if let Some(begin) = &scenario.begin {
        let (new, memo) = begun(begin, &scenario).map_err(impossible)?;
        let order = simulate::order(new, depth);
        let hold = holds.hold();
        let made = engine
            .create_with_memo(project.id, order, memo, hold)
            .await?;
        let sid = Some(made.sid.to_string());
        let shown = ScenarioJson {
            sid,
            ..ScenarioJson::of(*scenario)
        };
        return Ok(json(StatusCode::CREATED, &shown));
    }
    let order = ScenarioOrder::Set {
        name: scenario.name().into(),
        subject: scenario.kind().map_or("", |kind| kind.as_str()).into(),
        text: scenario.written().into(),
        left: scenario.next,
    };
    let set = engine.put_scenario(project.id, order).await?;
    Ok(json(StatusCode::CREATED, &ScenarioJson::set(&set)))
}

/// `GET /simulate/scenarios/{name}`
pub(super) async fn fetch(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NamePath(name): NamePath,
) -> Result<Response<Body>, NativeError> {
    let set = engine.directory().scenarios(project.id);
    let set = set.iter().find(|it| *it.name == *name);
    let set = set.map(|it| ScenarioJson::set(it));
    let shown = set.or_else(|| shipped::find(&name).map(ScenarioJson::shipped));
    let shown = shown.ok_or(NativeError::NotFound("scenario"))?;
    Ok(found(&shown))
}

/// `DELETE /simulate/scenarios/{name}`
pub(super) async fn remove(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NamePath(name): NamePath,
) -> Result<Response<Body>, NativeError> {
    let order = ScenarioOrder::Remove { name: name.into() };
    let removed = engine.put_scenario(project.id, order).await?;
    Ok(found(&ScenarioJson::set(&removed)))
}

/// What comes in at once, and what the network is to keep of it from the beginning.
fn begun(begin: &Begin, scenario: &Scenario) -> Result<(NewResource, simulate::Memo), NativeError> {
    match &scenario.inbound_call {
        Some(call) => {
            let params = InboundCallParams::of(begin, call.clone());
            Ok((NewResource::Call(simulate::new_call(params)?), None))
        }
        None => {
            let message = scenario.inbound_message.clone().unwrap_or_default();
            let params = InboundMessageParams::of(begin, message);
            let memo = params.memo();
            Ok((NewResource::Message(simulate::new_message(params)?), memo))
        }
    }
}

/// What cannot come in by what a scenario says is a fault of the scenario.
fn impossible(error: NativeError) -> NativeError {
    match error {
        NativeError::Parameter(why) => {
            let why = format!("in `begin` {why}");
            NativeError::Scenario(Problem::new("", &why).into())
        }
        other => other,
    }
}

impl ScenarioJson {
    fn of(scenario: Scenario) -> Self {
        Self {
            name: scenario.name().to_owned(),
            kind: scenario.kind().map_or("", |kind| kind.as_str()).to_owned(),
            summary: None,
            left: scenario.next,
            set_at: None,
            sid: None,
            scenario,
        }
    }

    fn set(set: &SetScenario) -> Self {
        Self {
            name: set.name.to_string(),
            left: set.left,
            set_at: Some(moment(set.set_at)),
            ..Self::of(Scenario::stored(&set.text).unwrap_or_default())
        }
    }

    fn shipped(shipped: &Shipped) -> Self {
        Self {
            summary: Some(shipped.summary),
            ..Self::of(shipped.scenario.clone())
        }
    }
}

impl FromRequest<App> for Given {
    type Rejection = NativeError;

    async fn from_request(request: Request<Body>, _: &App) -> Result<Self, NativeError> {
        let given = request.headers().get(header::CONTENT_TYPE);
        let given = given.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        let format = if essence.eq_ignore_ascii_case(TOML) {
            Format::Toml
        } else if essence.eq_ignore_ascii_case(JSON) {
            Format::Json
        } else {
            return Err(NativeError::MediaType(
                "application/toml or application/json",
            ));
        };
        let body = whole_body(request.into_body()).await?;
        let text = std::str::from_utf8(&body)
            .map_err(|_| NativeError::Body("a scenario is text in UTF-8"))?;
        let read = read(text, format).or_else(|error| match format {
            Format::Json => read_whole(text, error),
            Format::Toml => Err(error),
        });
        read.map(|scenario| Self(Box::new(scenario)))
            .map_err(NativeError::Scenario)
    }
}

/// The same, with `5.0` for a whole number. What cannot be read so either is told by the first
/// error, which says where.
fn read_whole(text: &str, error: ScenarioError) -> Result<Scenario, ScenarioError> {
    let Ok(mut value) = serde_json::from_str(text) else {
        return Err(error);
    };
    make_whole(&mut value);
    read(&value.to_string(), Format::Json).map_err(|second| match second.fault {
        ScenarioFault::Impossible => second,
        ScenarioFault::Unreadable => error,
    })
}

impl FromRequestParts<App> for NamePath {
    type Rejection = NativeError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NativeError> {
        Ok(Self(path_parameter(parts, app, "name").await))
    }
}
