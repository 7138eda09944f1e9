//! The ready file: tells a script that waits for it where to find what was started.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::complaint::Complaint;
use crate::credentials::Credentials;
use crate::files;

/// Where the server is to be found.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The base URL of HTTP, without a trailing slash.
    pub http: String,
    /// The base URL of HTTPS, without a trailing slash.
    pub https: String,
    /// The CA to trust for it.
    pub ca_file: PathBuf,
}

/// The file's content for `ringback dev`. The names are read by scripts: they stay.
#[derive(Serialize)]
pub struct DevReady<'a> {
    http: &'a str,
    https: &'a str,
    ca_file: &'a Path,
    pid: u32,
    project_id: String,
    /// Its alias, for npm `twilio`.
    project_alias: String,
    api_token: &'a str,
    signing_key: &'a str,
}

impl<'a> DevReady<'a> {
    /// What there is to know.
    pub fn new(addresses: &'a Addresses, credentials: &'a Credentials) -> Self {
        Self {
            http: &addresses.http,
            https: &addresses.https,
            ca_file: &addresses.ca_file,
            pid: std::process::id(),
            project_id: credentials.project.to_string(),
            project_alias: credentials.project.alias(),
            api_token: credentials.token.reveal(),
            signing_key: credentials.signing_key.reveal(),
        }
    }
}

/// A ready file that may be there; removed when this is dropped.
#[derive(Debug)]
pub struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Takes the place, and removes what an earlier run that was killed left there.
    pub fn reserve(path: PathBuf) -> Result<Self, Complaint> {
        files::remove(&path).map_err(|error| complaint(&path, &error))?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder
            && !folder.is_dir()
        {
            return Err(complaint(&path, &std::io::ErrorKind::NotFound.into()));
        }
        Ok(Self(path))
    }

    /// Requests can be served from now on. The file appears complete.
    pub fn write(&self, ready: &impl Serialize) -> Result<(), Complaint> {
        let mut text = serde_json::to_vec_pretty(ready)
            .map_err(|error| Complaint::because("the ready file cannot be made", &error))?;
        text.push(b'\n');
        files::write_whole(&self.0, &text).map_err(|error| complaint(&self.0, &error))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = files::remove(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the ready file cannot be removed");
        }
    }
}

fn complaint(path: &Path, error: &std::io::Error) -> Complaint {
    Complaint::because(
        &format!("the ready file {} cannot be written", path.display()),
        error,
    )
    .hint("its folder has to exist, and to be yours to write in")
}
