//! Keeps the projects: makes them, their tokens and keys, over a running engine or over a
//! store that nobody has open.
//!
//! Whatever it answers is durable. Tokens and keys are shown once, when they are made.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::id::ProjectId;
use ringback_domain::project::{Project, Secret, Settings, SigningKeys, Token};
use ringback_domain::time::Timestamp;
use ringback_engine::{Clock, Engine};
use ringback_store::{Batch, Store};
use ringback_wire::date;
use ringback_wire::sign::{SigningKey, webhook_secret};
use ringback_wire::token;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::complaint::with_causes;
use crate::control::{Answer, Request};

/// The longest name of a project or token.
const LONGEST_NAME: usize = 64;

/// Where the projects are.
pub enum Keeper {
    /// With an engine that runs.
    Running(Engine),
    /// In a store that nobody else has open.
    Closed(Arc<dyn Store>),
}

/// Why something is not done.
struct Refusal {
    problem: String,
    hint: String,
}

fn refusal(problem: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal {
        problem: problem.into(),
        hint: hint.into(),
    }
}

impl Keeper {
    /// Does what is asked.
    pub async fn carry_out(&self, request: Request) -> Answer {
        let result = match request {
            Request::List {} => self.list().await,
            Request::Create { name, settings } => self.create(name, &settings).await,
            Request::CreateToken { project, name } => self.create_token(&project, name).await,
            Request::RotateKey {
                project,
                keep_old_s,
            } => self.rotate(&project, Duration::from_secs(keep_old_s)).await,
            Request::RevokeToken { project, token } => self.revoke(&project, &token).await,
        };
        match result {
            Ok(done) => Answer::Done(done),
            Err(Refusal { problem, hint }) => Answer::Refused { problem, hint },
        }
    }

    async fn list(&self) -> Result<Value, Refusal> {
        let now = self.now();
        let projects = self.projects().await?;
        Ok(projects.iter().map(|project| shown(project, now)).collect())
    }

    async fn create(&self, name: String, given: &[(String, String)]) -> Result<Value, Refusal> {
        named(&name)?;
        let mut settings = Settings::default();
        for (key, value) in given {
            settings.set(key, value).map_err(|error| {
                refusal(with_causes(&error), "`ringback dev --help` lists settings")
            })?;
        }
        if self
            .projects()
            .await?
            .iter()
            .any(|known| known.name == name)
        {
            let problem = format!("there is a project `{name}` already");
            return Err(refusal(problem, "give it another name"));
        }
        let now = self.now();
        let (plain, token) = new_token("first", now)?;
        let key = new_key()?;
        let project = Project {
            id: ProjectId::new(Uuid::new_v4()),
            name,
            parent: None,
            created_at: now,
            tokens: vec![token],
            keys: SigningKeys::one(Secret::new(key.clone()), now),
            settings,
        };
        self.put(&project).await?;
        tracing::info!(project = %project.id, "a project was made");
        let mut done = shown(&project, now);
        done["api_token"] = json!(plain);
        show_key(&mut done, &key);
        Ok(done)
    }

    async fn create_token(&self, project: &str, name: String) -> Result<Value, Refusal> {
        named(&name)?;
        let mut project = self.project(project).await?;
        let now = self.now();
        let (plain, token) = new_token(&name, now)?;
        let id = token.digest.id();
        project.tokens.push(token);
        self.put(&project).await?;
        tracing::info!(project = %project.id, token = id, "a token was made");
        let mut done = shown(&project, now);
        done["api_token"] = json!(plain);
        Ok(done)
    }

    async fn rotate(&self, project: &str, keep_old: Duration) -> Result<Value, Refusal> {
        let mut project = self.project(project).await?;
        let (now, key) = (self.now(), new_key()?);
        let active = project.keys.rotate(Secret::new(key.clone()), now, keep_old);
        self.put(&project).await?;
        tracing::info!(project = %project.id, "a signing key was made; active in a minute");
        let mut done = shown(&project, now);
        done["active_from"] = json!(written(active));
        done["old_retires_at"] = json!(written(active + keep_old));
        show_key(&mut done, &key);
        Ok(done)
    }

    async fn revoke(&self, project: &str, token: &str) -> Result<Value, Refusal> {
        let mut project = self.project(project).await?;
        let before = project.tokens.len();
        project.tokens.retain(|known| known.digest.id() != token);
        if project.tokens.len() == before {
            return Err(refusal(
                format!(
                    "the project `{}` has no token with the id `{token}`",
                    project.name
                ),
                "`ringback project list` shows the ids",
            ));
        }
        self.put(&project).await?;
        tracing::info!(project = %project.id, token, "a token was revoked");
        Ok(shown(&project, self.now()))
    }

    /// The project of this id, alias or name.
    async fn project(&self, named: &str) -> Result<Project, Refusal> {
        let id = ProjectId::from_account_sid(named).ok();
        let all = self.projects().await?;
        let mut found = all
            .into_iter()
            .filter(|project| Some(project.id) == id || project.name == named);
        found.next().ok_or_else(|| {
            let problem = format!("there is no project `{named}`");
            refusal(problem, "`ringback project list` shows all")
        })
    }

    async fn projects(&self) -> Result<Vec<Project>, Refusal> {
        match self {
            Self::Running(engine) => {
                let all = engine.projects().all();
                Ok(all.iter().map(|project| (**project).clone()).collect())
            }
            Self::Closed(store) => store
                .projects()
                .await
                .map_err(|error| refusal(with_causes(&error), "the projects cannot be read")),
        }
    }

    async fn put(&self, project: &Project) -> Result<(), Refusal> {
        let unrecorded = |error: &dyn std::error::Error| {
            let problem = format!("nothing is changed: {}", with_causes(error));
            refusal(problem, "mend that, then try again")
        };
        match self {
            Self::Running(engine) => {
                let put = engine.put_project(project.clone()).await;
                put.map_err(|error| unrecorded(&error))
            }
            Self::Closed(store) => {
                let batch = Batch {
                    projects: vec![project.clone()],
                    ..Batch::default()
                };
                store
                    .commit(batch)
                    .await
                    .map_err(|error| unrecorded(&error))
            }
        }
    }

    fn now(&self) -> Timestamp {
        match self {
            Self::Running(engine) => engine.clock().wall(),
            Self::Closed(_) => Clock::system().wall(),
        }
    }
}

fn named(name: &str) -> Result<(), Refusal> {
    let fits = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
    if fits && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let problem = format!("`{}` is no name", name.escape_debug());
    Err(refusal(
        problem,
        format!("a name has 1 to {LONGEST_NAME} characters"),
    ))
}

fn new_token(name: &str, now: Timestamp) -> Result<(String, Token), Refusal> {
    let plain = token::from_random(&random()?);
    let token = Token {
        digest: token::digest(plain.as_bytes()),
        name: name.to_owned(),
        created_at: now,
    };
    Ok((plain, token))
}

fn new_key() -> Result<String, Refusal> {
    Ok(token::key_from_random(&random()?))
}

/// From the system.
fn random() -> Result<[u8; 32], Refusal> {
    let mut bytes = [0; 32];
    let source = rustls::crypto::ring::default_provider().secure_random;
    let filled = source.fill(&mut bytes);
    filled.map_err(|_| refusal("the system gives no random numbers", "try again"))?;
    Ok(bytes)
}

/// A project without its secrets.
fn shown(project: &Project, now: Timestamp) -> Value {
    let token = |token: &Token| {
        json!({
            "id": token.digest.id(),
            "name": token.name,
            "created_at": written(token.created_at),
        })
    };
    let signing = project.keys.signing(now);
    let key = |key: &ringback_domain::project::ProjectKey| {
        let place = signing.iter().position(|other| *other == key);
        json!({
            "state": match place {
                Some(0) => "active",
                Some(_) if key.active_from > now => "coming",
                Some(_) => "retiring",
                None => "retired",
            },
            "active_from": written(key.active_from),
            "retires_at": key.retires_at.map(written),
        })
    };
    let settings = Settings::KEYS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), json!(project.settings.get(key)?))));
    json!({
        "project_id": project.id.to_string(),
        "project_alias": project.id.alias(),
        "name": project.name,
        "created_at": written(project.created_at),
        "tokens": project.tokens.iter().map(token).collect::<Vec<_>>(),
        "signing_keys": project.keys.iter().map(key).collect::<Vec<_>>(),
        "settings": settings.collect::<serde_json::Map<_, _>>(),
    })
}

fn show_key(done: &mut Value, key: &str) {
    done["signing_key"] = json!(key);
    done["webhook_secret"] = json!(webhook_secret(&SigningKey::new(key)));
}

fn written(at: Timestamp) -> String {
    date::iso8601(at.as_micros())
}
