//! Who asks: HTTP Basic, the project's id or its alias, and its API token.
//!
//! [`Caller`] is the first extractor of every handler, so that nothing is looked up or read
//! for somebody who is not known, and nothing of another project is shown.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use ringback_domain::id::ProjectId;
use ringback_domain::project::{Project, Token};
use ringback_engine::Projects;
use ringback_wire::token;
use subtle::{Choice, ConstantTimeEq};

use crate::error::{ApiError, Missing};
use crate::routes::App;

/// The name of the path parameter that names the project.
const ACCOUNT: &str = "account";

/// The project whose path is asked for: the one that asks, or a subproject of it.
pub(crate) struct Caller(pub(crate) Arc<Project>);

/// The project that asks, where the path names none.
pub(crate) struct Asker(pub(crate) Arc<Project>);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let project = known(parts, app)?;
        let account = ProjectId::from_account_sid(&path_parameter(parts, app, ACCOUNT).await);
        if account == Ok(project.id) {
            return Ok(Self(project));
        }
        let named = account.ok().and_then(|id| app.engine.projects().get(id));
        let child = named.filter(|named| named.parent == Some(project.id));
        child.map(Self).ok_or(ApiError::NotFound(Missing::Account))
    }
}

impl FromRequestParts<App> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        known(parts, app).map(Self)
    }
}

/// Who asks over REST, if it has not asked for too many changes.
pub(crate) fn known(parts: &Parts, app: &App) -> Result<Arc<Project>, ApiError> {
    let project = authenticate(&parts.headers, app.engine.projects())?;
    app.writes.count(&parts.method, project.id)?;
    Ok(project)
}

/// A parameter of the path; empty if the path has none of this name.
pub(crate) async fn path_parameter(parts: &mut Parts, app: &App, name: &str) -> String {
    let Ok(parameters) = RawPathParams::from_request_parts(parts, app).await else {
        return String::new();
    };
    let found = parameters.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Who asks the native API: HTTP Basic as above, or `Authorization: Bearer` and a token
/// alone.
pub(crate) fn caller(headers: &HeaderMap, projects: &Projects) -> Result<Arc<Project>, ApiError> {
    match bearer(headers) {
        Some(token) => owner(token, projects).ok_or(ApiError::WrongCredentials),
        None => authenticate(headers, projects),
    }
}

/// The project of a token, found by its digest: how long that takes tells nothing of it.
fn owner(token: &[u8], projects: &Projects) -> Option<Arc<Project>> {
    projects.with_token(&token::digest(token))
}

/// The token of the one `Authorization: Bearer` (RFC 6750).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    let right = scheme.eq_ignore_ascii_case("bearer");
    right.then(|| token.trim().as_bytes())
}

/// Who asks a JSON API of SignalWire's: HTTP Basic, whatever the path.
fn authenticate(headers: &HeaderMap, projects: &Projects) -> Result<Arc<Project>, ApiError> {
    let (id, token) = credentials(headers).ok_or(ApiError::NoCredentials)?;
    let project = projects.get(id).ok_or(ApiError::WrongCredentials)?;
    if is_token_of(&project, &token) {
        Ok(project)
    } else {
        Err(ApiError::WrongCredentials)
    }
}

/// Compares digests, each in constant time and all of them: how long it takes tells nothing.
fn is_token_of(project: &Project, token: &[u8]) -> bool {
    let given = token::digest(token);
    let equal = |known: &Token| known.digest.as_bytes().ct_eq(given.as_bytes());
    let found = project.tokens.iter().map(equal);
    found.fold(Choice::from(0), |any, one| any | one).into()
}

/// User and password of the one `Authorization: Basic` (RFC 7617); none if there is no such
/// header or it cannot be read.
fn credentials(headers: &HeaderMap) -> Option<(ProjectId, Vec<u8>)> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let (scheme, encoded) = line.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut user = STANDARD.decode(encoded.trim()).ok()?;
    let colon = user.iter().position(|byte| *byte == b':')?;
    let password = user.split_off(colon + 1);
    user.pop();
    let id = str::from_utf8(&user).ok();
    let id = id.and_then(|id| ProjectId::from_account_sid(id).ok());
    // A user that names no project is nobody: the nil project does not exist.
    Some((id.unwrap_or(ProjectId::from_bytes([0; 16])), password))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use ringback_domain::project::{Secret, Settings, SigningKeys};
    use ringback_domain::time::Timestamp;

    use super::*;

    const ID: &str = "9b1d2c3e-0000-4000-8000-00000000ac01";

    fn projects() -> Projects {
        Projects::new([Project {
            id: ID.parse().unwrap(),
            name: "demo".to_owned(),
            parent: None,
            created_at: Timestamp::default(),
            tokens: ["PT:token", "second"].map(kept).into(),
            keys: SigningKeys::one(Secret::new("PSK"), Timestamp::default()),
            settings: Settings::default(),
        }])
    }

    fn kept(token: &str) -> Token {
        Token {
            digest: token::digest(token.as_bytes()),
            name: String::new(),
            created_at: Timestamp::default(),
        }
    }

    fn known(lines: &[String]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, HeaderValue::from_str(line).unwrap());
        }
        authenticate(&headers, &projects()).is_ok()
    }

    fn basic(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    #[test]
    fn the_right_tokens_alone_are_let_in() {
        assert!(known(&[basic(ID, "second")]));
        assert!(known(&[basic(ID, "PT:token")]));
        assert!(known(&[basic(ID, "PT:token").replace("Basic", "bAsIc")]));
        assert!(known(&[basic(
            "AC9b1d2c3e00004000800000000000ac01",
            "second"
        )]));
        for wrong in [
            basic(ID, "PT:toke"),
            basic(ID, "PT:tokens"),
            basic(ID, "pt:token"),
            basic(ID, ""),
            basic("", "PT:token"),
            basic("9b1d2c3e00004000800000000000ac01", "PT:token"),
            basic("AC9b1d2c3e00004000800000000000ac02", "PT:token"),
            basic("9b1d2c3e-0000-4000-8000-00000000ac02", "PT:token"),
            "Basic".to_owned(),
            "Basic !!!".to_owned(),
            format!("Basic {}", STANDARD.encode("no colon")),
            format!("Bearer {}", STANDARD.encode(format!("{ID}:PT:token"))),
        ] {
            assert!(!known(std::slice::from_ref(&wrong)), "{wrong}");
        }
        assert!(!known(&[]));
        assert!(!known(&[basic(ID, "PT:token"), basic(ID, "PT:token")]));
    }
}
