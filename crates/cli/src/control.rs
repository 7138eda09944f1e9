//! How `ringback project` speaks to a server that runs: a socket in the data folder, which its
//! owner alone can reach, and one line of JSON each way.
//!
//! One request at a time, so that two changes of a project never meet.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::files;
use crate::project::keeper::Keeper;

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";

/// The longest line; a project's list takes some hundred bytes each.
const LONGEST: u64 = 16 * 1024 * 1024;

/// For a request and its answer: whoever is slower is left.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Every project.
    List {},
    /// A new project.
    Create {
        /// What it is called.
        name: String,
        /// Its settings, those that are not the default.
        settings: Vec<(String, String)>,
    },
    /// Another token.
    CreateToken {
        /// The project's name, id or alias.
        project: String,
        /// What the token is called.
        name: String,
    },
    /// A new signing key.
    RotateKey {
        /// The project's name, id or alias.
        project: String,
        /// How long the old one is kept after the new one is active, in seconds.
        keep_old_s: u64,
    },
    /// A token less.
    RevokeToken {
        /// The project's name, id or alias.
        project: String,
        /// The token's id.
        token: String,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was done; what there is to show of it.
    Done(serde_json::Value),
    /// It was not.
    Refused {
        /// Why.
        problem: String,
        /// What to do.
        hint: String,
    },
}

/// Asks the server that runs on `data`; none if there is none that listens.
pub fn ask(data: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let stream = match Connection::connect(data.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(error),
            };
        }
    };
    // The server waits for its turn and for a commit; both have bounds below this.
    stream.set_read_timeout(Some(3 * PATIENCE))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    (&stream).write_all(line.as_bytes())?;
    let mut answer = String::new();
    let limited = io::Read::take(&stream, LONGEST);
    BufReader::new(limited).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}

/// The listening end; its file is removed when it is dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens in `data`, whose lock is held: what an earlier process left there goes.
    pub fn bind(data: &Path) -> io::Result<Self> {
        let path = data.join(SOCKET);
        files::remove(&path)?;
        // The folder is its owner's alone, so that nobody is faster than the narrowing.
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers until `stop` is cancelled.
    pub async fn serve(self, keeper: Keeper, stop: CancellationToken) {
        loop {
            // Both are cancel-safe: a connection is taken whole or not at all.
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let served = match accepted {
                Ok((stream, _)) => timeout(PATIENCE, answer(stream, &keeper)).await,
                Err(error) => Ok(Err(error)),
            };
            match served {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a request on the control socket broke"),
                Err(_elapsed) => tracing::warn!("a request on the control socket took too long"),
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(error) = files::remove(&self.path) {
            tracing::warn!(%error, "the control socket cannot be removed");
        }
    }
}

async fn answer(mut stream: UnixStream, keeper: &Keeper) -> io::Result<()> {
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new((&mut stream).take(LONGEST));
    reader.read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => keeper.carry_out(request).await,
        Err(error) => Answer::Refused {
            problem: format!("the server does not understand the request: {error}"),
            hint: "use the same release for the server and for this command".to_owned(),
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_lines_that_read_back() {
        let request = Request::RotateKey {
            project: "demo".to_owned(),
            keep_old_s: 60,
        };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(
            line,
            r#"{"do":"rotate-key","project":"demo","keep_old_s":60}"#
        );
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        assert!(serde_json::from_str::<Request>(r#"{"do":"drop"}"#).is_err());
    }
}
