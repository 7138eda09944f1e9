//! Accounts: the project that asks, and its subprojects.
//!
//! A subproject has credentials of its own. Its signing key is shown once, in the answer that
//! made it, as SignalWire documents; its API token, for which the published schema has no
//! field, in that answer's header `Ringback-Api-Token`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::{Project, Secret, SigningKeys, Token};
use ringback_domain::time::Timestamp;
use ringback_engine::Engine;
use ringback_wire::laml::account::AccountJson;
use ringback_wire::laml::accounts_path;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{NamedList, account_name, list_named};
use ringback_wire::token;
use rustls::crypto::ring;
use uuid::Builder;

use super::answer::{created, found};
use super::form::{FormBody, Query};
use super::rows::cut_sorted;
use crate::auth::{Asker, Caller};
use crate::error::ApiError;
use crate::routes::App;

/// The API token of a subproject, shown once.
const API_TOKEN: HeaderName = HeaderName::from_static("ringback-api-token");

/// `GET /Accounts`: the project itself and its subprojects.
pub(crate) async fn list(
    State(app): State<App>,
    Asker(project): Asker,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let NamedList {
        friendly_name,
        page,
        filters,
        ..
    } = list_named(&query)?;
    let mut accounts = app.engine.projects().all();
    accounts.retain(|it| {
        let own = it.id == project.id || it.parent == Some(project.id);
        own && friendly_name.as_ref().is_none_or(|name| *name == it.name)
    });
    accounts.sort_by_key(|account| std::cmp::Reverse(account.id));
    let (accounts, neighbours) = cut_sorted(accounts, |it| place(it.id), &page);
    let items = accounts.iter().map(|it| shown(&app, it));
    let (key, items) = ("accounts", items.collect());
    Ok(found(&Page::new(
        accounts_path(),
        key,
        &filters,
        page,
        items,
        neighbours,
    )))
}

/// `POST /Accounts`
pub(crate) async fn create(
    State(engine): State<Engine>,
    Asker(project): Asker,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let name = account_name(&form)?;
    let made = Subproject::new(&project, name, engine.clock().now())?;
    engine.put_project(made.project.clone()).await?;
    let shown = AccountJson::of(&made.project, made.project.created_at);
    let mut answer = created(&shown.with_signing_key(&made.signing_key));
    answer.headers_mut().insert(API_TOKEN, made.api_token);
    Ok(answer)
}

/// `GET /Accounts/{account}`
pub(crate) async fn fetch(State(app): State<App>, Caller(project): Caller) -> Response {
    found(&shown(&app, &project))
}

/// `POST /Accounts/{account}`: the one change of an account is its name.
pub(crate) async fn rename(
    State(app): State<App>,
    Caller(project): Caller,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let renamed = Project {
        name: account_name(&form)?,
        ..Project::clone(&project)
    };
    app.engine.put_project(renamed.clone()).await?;
    Ok(found(&shown(&app, &renamed)))
}

/// A new subproject, and what is shown of it once.
struct Subproject {
    project: Project,
    signing_key: String,
    api_token: HeaderValue,
}

impl Subproject {
    /// Of `parent`, whose settings it begins with.
    fn new(parent: &Arc<Project>, name: String, now: Timestamp) -> Result<Self, ApiError> {
        let api_token = token::from_random(&random()?);
        let signing_key = token::key_from_random(&random()?);
        let id = Builder::from_random_bytes(random()?).into_uuid();
        let project = Project {
            id: ProjectId::new(id),
            name,
            parent: Some(parent.id),
            created_at: now,
            tokens: vec![Token {
                digest: token::digest(api_token.as_bytes()),
                name: "first".to_owned(),
                created_at: now,
            }],
            keys: SigningKeys::one(Secret::new(signing_key.clone()), now),
            settings: parent.settings.clone(),
        };
        let mut api_token = HeaderValue::try_from(api_token)
            .expect("a token is letters and digits, which fit into a header");
        api_token.set_sensitive(true);
        Ok(Self {
            project,
            signing_key,
            api_token,
        })
    }
}

/// From the system.
fn random<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    let source = ring::default_provider().secure_random;
    source
        .fill(&mut bytes)
        .map_err(|_| ApiError::NoRandomness)?;
    Ok(bytes)
}

fn shown<'a>(app: &App, project: &'a Project) -> AccountJson<'a> {
    // The project of `ringback dev` was made by nobody.
    let since = match project.created_at {
        never if never == Timestamp::default() => app.started_at,
        made => made,
    };
    AccountJson::of(project, since)
}

/// Where an account stands in lists.
fn place(id: ProjectId) -> Sid {
    Sid::from_bytes(*id.as_bytes())
}
