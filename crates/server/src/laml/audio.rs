//! The audio of recordings: who may have it, and how players take it.
//!
//! `GET /Accounts/{account}/Recordings/{sid}`: with the suffix `.json` it is what is known of
//! the recording, for whoever has credentials; without one, or with `.wav`, its audio. Files are
//! read on threads that may block, a piece at a time, so that a long one takes no memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::try_unfold;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::recording::RecordingStatus;
use ringback_domain::resource::{self, Kind};
use ringback_store::RecordingFiles;
use ringback_wire::laml::request::Form;
use ringback_wire::recording_link::{EXPIRES, SIGNATURE, holds};

use super::find;
use super::ranges::{Part, Version, part};
use super::recordings::metadata;
use crate::auth::{Caller, path_parameter};
use crate::error::{ApiError, Malformed, Missing};
use crate::front::JsonSuffix;
use crate::routes::App;

/// How much of a file is read at a time.
const PIECE: u64 = 64 * 1024;

const WAV: HeaderValue = HeaderValue::from_static("audio/wav");
const BYTES: HeaderValue = HeaderValue::from_static("bytes");
/// Not kept by what stands in between: who may have it is asked each time.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The files of recordings, and who may have them.
#[derive(Clone, Debug)]
pub struct Recordings {
    /// Where they are.
    pub files: RecordingFiles,
    /// Who may have them.
    pub access: RecordingAccess,
}

/// Who may have the audio of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingAccess {
    /// Whoever knows the URL, as SignalWire has it unless media are protected.
    Anybody,
    /// Whoever has credentials, or a link that was signed.
    Credentials,
}

/// What a path's last segment asks for.
enum Asked {
    Metadata,
    Wav,
    Mp3,
}

/// `GET /Accounts/{account}/Recordings/{sid}`
pub(crate) async fn fetch(State(app): State<App>, mut parts: Parts) -> Result<Response, ApiError> {
    let named = path_parameter(&mut parts, &app, "sid").await;
    let (sid, asked) = match parts.extensions.get::<JsonSuffix>() {
        Some(JsonSuffix) => (named.as_str(), Asked::Metadata),
        None => suffixed(&named),
    };
    let sid = sid.parse().map_err(|_| missing());
    match asked {
        Asked::Metadata => {
            let Caller(project) = Caller::from_request_parts(&mut parts, &app).await?;
            metadata(&app.engine, &project, sid?).await
        }
        Asked::Wav | Asked::Mp3 => {
            let asked = also_asked(asked, &parts);
            let account = path_parameter(&mut parts, &app, "account").await;
            let account = ProjectId::from_account_sid(&account).map_err(|_| missing());
            let project = admitted(&mut parts, &app, account, &sid).await?;
            match asked {
                Asked::Mp3 => Err(Malformed::NoMp3.into()),
                Asked::Wav | Asked::Metadata => audio(&app, project, sid?, &parts.headers).await,
            }
        }
    }
}

/// Applications append a suffix to whatever URL they were told, also behind a signature.
fn also_asked(asked: Asked, parts: &Parts) -> Asked {
    let query = Form::parse(parts.uri.query().unwrap_or_default());
    match query.one(SIGNATURE).map(suffixed) {
        Some((_, Asked::Mp3)) => Asked::Mp3,
        Some((_, Asked::Wav | Asked::Metadata)) | None => asked,
    }
}

fn suffixed(segment: &str) -> (&str, Asked) {
    if let Some(sid) = segment.strip_suffix(".wav") {
        (sid, Asked::Wav)
    } else if let Some(sid) = segment.strip_suffix(".mp3") {
        (sid, Asked::Mp3)
    } else {
        (segment, Asked::Wav)
    }
}

/// The project whose recordings may be had. Nothing is looked up for whoever may not.
async fn admitted(
    parts: &mut Parts,
    app: &App,
    account: Result<ProjectId, ApiError>,
    sid: &Result<Sid, ApiError>,
) -> Result<ProjectId, ApiError> {
    if app.recordings.access == RecordingAccess::Anybody {
        return account;
    }
    let query = Form::parse(parts.uri.query().unwrap_or_default());
    let (Some(expires), Some(signature)) = (query.one(EXPIRES), query.one(SIGNATURE)) else {
        let Caller(project) = Caller::from_request_parts(parts, app).await?;
        return Ok(project.id);
    };
    let (Ok(account), Ok(sid)) = (account, sid) else {
        return Err(ApiError::BadLink);
    };
    let (signature, _) = suffixed(signature);
    let project = app.engine.projects().get(account);
    let now = app.engine.clock().now();
    let given = (expires, signature);
    match project.filter(|project| holds(account, &project.keys, *sid, given, now)) {
        Some(project) => Ok(project.id),
        None => Err(ApiError::BadLink),
    }
}

async fn audio(
    app: &App,
    project: ProjectId,
    sid: Sid,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let resource = find(&app.engine, project, Kind::Recording, sid).await?;
    let resource::Body::Recording(recording) = &resource.body else {
        return Err(missing());
    };
    match recording.status {
        RecordingStatus::Queued
        | RecordingStatus::InProgress
        | RecordingStatus::Paused
        | RecordingStatus::Stopped => return Err(ApiError::NotFound(Missing::AudioYet)),
        RecordingStatus::Absent | RecordingStatus::Failed => {
            return Err(ApiError::NotFound(Missing::Audio));
        }
        RecordingStatus::Completed => {}
    }
    let files = app.recordings.files.clone();
    let opened = blocking(move || opened(&files, sid)).await;
    let (file, length, modified) = opened
        .map_err(ApiError::Audio)?
        .ok_or(ApiError::NotFound(Missing::Audio))?;
    let version = Version::new(format!("\"{sid}\""), modified);
    Ok(answer(headers, Arc::new(file), length, &version))
}

fn opened(files: &RecordingFiles, sid: Sid) -> io::Result<Option<(File, u64, SystemTime)>> {
    let Some(file) = files.open(sid)? else {
        return Ok(None);
    };
    let metadata = file.metadata()?;
    Ok(Some((file, metadata.len(), metadata.modified()?)))
}

fn answer(headers: &HeaderMap, file: Arc<File>, length: u64, version: &Version) -> Response {
    let (status, range) = match part(headers, length, version) {
        Part::Whole => (StatusCode::OK, 0..length),
        Part::Range(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
        Part::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let answered = response.headers_mut();
    answered.insert(header::ACCEPT_RANGES, BYTES);
    answered.insert(header::CACHE_CONTROL, PRIVATE);
    answered.insert(header::ETAG, version.etag());
    answered.insert(header::LAST_MODIFIED, version.last_modified());
    let told = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!(
            "bytes {}-{}/{length}",
            range.start,
            range.end.saturating_sub(1)
        )),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{length}")),
        _ => None,
    };
    if let Some(value) = told.and_then(|told| HeaderValue::try_from(told).ok()) {
        answered.insert(header::CONTENT_RANGE, value);
    }
    if status != StatusCode::NOT_MODIFIED {
        let size = range.end - range.start;
        answered.insert(header::CONTENT_TYPE, WAV);
        answered.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    if range.start < range.end {
        *response.body_mut() = Body::from_stream(pieces(file, range));
    }
    response
}

/// A part of a file, piece by piece.
fn pieces(
    file: Arc<File>,
    range: std::ops::Range<u64>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    try_unfold(range, move |rest| {
        let file = Arc::clone(&file);
        async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let end = rest.end.min(rest.start + PIECE);
            let piece = blocking(move || read(&file, rest.start, end)).await?;
            Ok(Some((piece, end..rest.end)))
        }
    })
}

fn read(file: &File, start: u64, end: u64) -> io::Result<Bytes> {
    let length = usize::try_from(end - start).unwrap_or(0);
    let mut piece = vec![0; length];
    file.read_exact_at(&mut piece, start)?;
    Ok(piece.into())
}

/// On a thread that may block.
async fn blocking<T: Send + 'static>(
    action: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(action).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

fn missing() -> ApiError {
    ApiError::NotFound(Missing::Resource(Kind::Recording))
}
