//! The tables `project`, `token` and `signing_key`: who may use the engine.
//!
//! There are few of them: all are read at once when the engine starts. A project is written
//! as a whole, its tokens and keys with it.

use std::collections::BTreeMap;

use ringback_domain::id::ProjectId;
use ringback_domain::project::{
    Project, ProjectKey, Secret, Settings, SigningKeys, Token, TokenDigest,
};
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::error::{ReadError, WriteError};
use super::value;
use crate::seal::is_sealed;

const PUT: &str = "
    INSERT INTO project (id, name, parent, created_us, settings)
    VALUES (:id, :name, :parent, :created_us, :settings)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, settings = excluded.settings";

/// Index: `token_by_project`.
const REMOVE_TOKENS: &str = "DELETE FROM token WHERE project = :id";

const ADD_TOKEN: &str = "
    INSERT INTO token (digest, project, name, created_us)
    VALUES (:digest, :project, :name, :created_us)";

/// Index: the table's own.
const REMOVE_KEYS: &str = "DELETE FROM signing_key WHERE project = :id";

const ADD_KEY: &str = "
    INSERT INTO signing_key (project, active_us, retires_us, secret)
    VALUES (:project, :active_us, :retires_us, :secret)";

/// Adds a project, or replaces it with all that belongs to it.
pub fn put(db: &Connection, project: &Project) -> Result<(), WriteError> {
    let settings = words(&project.settings).map_err(|error| WriteError::Refused(error.into()))?;
    db.prepare_cached(PUT)?.execute(named_params! {
        ":id": project.id.as_bytes(),
        ":name": project.name,
        ":parent": project.parent.as_ref().map(ProjectId::as_bytes),
        ":created_us": project.created_at.as_micros(),
        ":settings": settings,
    })?;
    for sql in [REMOVE_TOKENS, REMOVE_KEYS] {
        db.prepare_cached(sql)?
            .execute(named_params! {":id": project.id.as_bytes()})?;
    }
    for token in &project.tokens {
        db.prepare_cached(ADD_TOKEN)?.execute(named_params! {
            ":digest": token.digest.as_bytes(),
            ":project": project.id.as_bytes(),
            ":name": token.name,
            ":created_us": token.created_at.as_micros(),
        })?;
    }
    for key in project.keys.iter() {
        db.prepare_cached(ADD_KEY)?.execute(named_params! {
            ":project": project.id.as_bytes(),
            ":active_us": key.active_from.as_micros(),
            ":retires_us": key.retires_at.map(Timestamp::as_micros),
            ":secret": key.secret.reveal(),
        })?;
    }
    Ok(())
}

/// Every project: the table is read whole, for there are few.
const ALL: &str = "SELECT id, name, parent, created_us, settings FROM project";

/// A project's tokens, oldest first. Index: `token_by_project`.
const TOKENS: &str = "
    SELECT digest, name, created_us FROM token WHERE project = :id ORDER BY created_us, digest";

/// A project's keys, oldest first. Index: the table's own.
const KEYS: &str = "
    SELECT active_us, retires_us, secret FROM signing_key
    WHERE project = :id ORDER BY active_us";

/// Every project, the oldest first.
pub fn all(db: &Connection) -> Result<Vec<Project>, ReadError> {
    let mut all = db
        .prepare_cached(ALL)?
        .query_and_then([], |row| read(db, row))?
        .collect::<Result<Vec<Project>, ReadError>>()?;
    all.sort_by_key(|project| (project.created_at, project.id));
    Ok(all)
}

fn read(db: &Connection, row: &Row<'_>) -> Result<Project, ReadError> {
    let id = ProjectId::from_bytes(row.get("id")?);
    let name: String = row.get("name")?;
    let parent: Option<[u8; 16]> = row.get("parent")?;
    let keys = SigningKeys::from_stored(keys(db, id)?)
        .ok_or_else(|| ReadError::unknown("project with a signing key", &name))?;
    Ok(Project {
        id,
        parent: parent.map(ProjectId::from_bytes),
        created_at: value::moment(row, "created_us")?,
        tokens: tokens(db, id)?,
        keys,
        settings: settings(row.get_ref("settings")?.as_str().unwrap_or_default())?,
        name,
    })
}

fn tokens(db: &Connection, project: ProjectId) -> Result<Vec<Token>, ReadError> {
    db.prepare_cached(TOKENS)?
        .query_and_then(named_params! {":id": project.as_bytes()}, |row| {
            Ok(Token {
                digest: TokenDigest::from_bytes(row.get("digest")?),
                name: row.get("name")?,
                created_at: value::moment(row, "created_us")?,
            })
        })?
        .collect()
}

fn keys(db: &Connection, project: ProjectId) -> Result<Vec<ProjectKey>, ReadError> {
    db.prepare_cached(KEYS)?
        .query_and_then(named_params! {":id": project.as_bytes()}, |row| {
            Ok(ProjectKey {
                secret: Secret::new(row.get::<_, String>("secret")?),
                active_from: value::moment(row, "active_us")?,
                retires_at: value::moment_if_any(row, "retires_us")?,
            })
        })?
        .collect()
}

fn words(settings: &Settings) -> Result<String, serde_json::Error> {
    let words = Settings::KEYS
        .iter()
        .filter_map(|key| Some((*key, settings.get(key)?)));
    serde_json::to_string(&words.collect::<BTreeMap<_, _>>())
}

/// A setting that a later release adds has its default in what this one wrote.
fn settings(text: &str) -> Result<Settings, ReadError> {
    let words: BTreeMap<String, String> = serde_json::from_str(text)?;
    let mut settings = Settings::default();
    for (key, value) in words {
        match key.as_str() {
            // They were URLs when they were made: what is sealed cannot be looked at here.
            "failure_url" if is_sealed(&value) => settings.failure_url = Some(value),
            "status_callback" if is_sealed(&value) => settings.status_callback.url = Some(value),
            _ => settings
                .set(&key, &value)
                .map_err(|_| ReadError::unknown("setting", format!("{key}={value}")))?,
        }
    }
    Ok(settings)
}

/// Every read of these tables, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (REMOVE_TOKENS, &["token_by_project (project=?)"]),
    (REMOVE_KEYS, &["PRIMARY KEY (project=?)"]),
    (TOKENS, &["token_by_project (project=?)"]),
    (KEYS, &["PRIMARY KEY (project=?)"]),
];
