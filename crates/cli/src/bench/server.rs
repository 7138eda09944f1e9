//! The server under test: a child process of the same binary, on free ports.
//!
//! What it uses is read from /proc, so only where there is one. Killed when it is dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::client::{Access, Client};
use crate::complaint::Complaint;

/// The simulated network takes its steps at once: everything is due when it is planned.
const AT_ONCE: &str = "1000000000";
const STARTS_WITHIN: Duration = Duration::from_secs(120);
const ENDS_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);
/// Of `/proc`: `USER_HZ`, which is 100 on every Linux that we know.
const TICK: Duration = Duration::from_millis(10);

/// A running server.
pub struct Server {
    child: Child,
    ready: Ready,
    /// Which way status changes are reported.
    pub entrance: Entrance,
}

/// How status changes come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// `POST /v1/changes`, many a request.
    Changes,
    /// Messages are created over REST, and the simulated network reports.
    Rest,
}

/// What the ready file tells.
#[derive(Clone, Debug, Deserialize)]
struct Ready {
    http: String,
    project_id: String,
    api_token: String,
    signing_key: String,
}

impl Server {
    /// Starts one on the data folder `data` and waits until it answers.
    pub async fn start(data: &Path) -> Result<Self, Complaint> {
        let mut server = Self::spawn(data).await?;
        server.entrance = server.look_for_changes().await?;
        Ok(server)
    }

    /// Starts one on the data folder `data` and waits until its ready file is there.
    pub async fn spawn(data: &Path) -> Result<Self, Complaint> {
        let failed = |error| Complaint::because("no server can be started", &error);
        let ready_file = data.with_extension("ready");
        // Of a server that was killed.
        fs::remove_file(&ready_file).ok();
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args(["dev", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"])
            .args(["--time-scale", AT_ONCE, "--seed", "1", "--data"])
            .arg(data)
            .arg("--ready-file")
            .arg(&ready_file)
            .env_remove("RINGBACK_TOKEN")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let ready = ready(&mut child, ready_file).await;
        if ready.is_err() {
            end(&mut child);
        }
        Ok(Self {
            child,
            ready: ready?,
            entrance: Entrance::Rest,
        })
    }

    /// Where it is.
    pub fn access(&self) -> Result<Access, Complaint> {
        let address = self.ready.http.trim_start_matches("http://").parse();
        Ok(Access {
            address: address
                .map_err(|error| Complaint::because("the ready file names no address", &error))?,
            project: self.ready.project_id.clone(),
            token: self.ready.api_token.clone(),
        })
    }

    /// What its callbacks are signed with.
    pub fn signing_key(&self) -> &str {
        &self.ready.signing_key
    }

    /// The time that it spent on processors.
    pub fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // After the name, which may hold blanks, stands field 3; 14 and 15 are the times.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u32>().ok();
        Some(TICK * (ticks()? + ticks()?))
    }

    /// The most memory that it had, in MiB.
    pub fn peak_mib(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u32 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(f64::from(kib) / 1024.0)
    }

    /// Kills it, as a power cut would.
    pub fn kill(mut self) {
        end(&mut self.child);
    }

    /// Lets it come to its end.
    pub async fn stop(mut self) -> Result<(), Complaint> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").arg(&pid).status();
        told.map_err(|error| Complaint::because("the server cannot be stopped", &error))?;
        let deadline = Instant::now() + ENDS_WITHIN;
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(Complaint::failure("the server under test did not end"))
    }

    async fn look_for_changes(&self) -> Result<Entrance, Complaint> {
        let mut client = Client::open(&self.access()?).await?;
        let (status, _) = client
            .post("/v1/changes", "application/x-ndjson", "")
            .await?;
        Ok(if status.is_success() {
            Entrance::Changes
        } else {
            Entrance::Rest
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

async fn ready(child: &mut Child, file: PathBuf) -> Result<Ready, Complaint> {
    let deadline = Instant::now() + STARTS_WITHIN;
    while Instant::now() < deadline {
        if let Ok(text) = fs::read(&file) {
            return serde_json::from_slice(&text)
                .map_err(|error| Complaint::because("the ready file cannot be read", &error));
        }
        if let Ok(Some(status)) = child.try_wait() {
            let problem = format!("the server under test ended at once ({status})");
            return Err(Complaint::failure(problem));
        }
        sleep(POLL).await;
    }
    Err(Complaint::failure("the server under test did not start"))
}

fn end(child: &mut Child) {
    // It may have ended already.
    child.kill().ok();
    child.wait().ok();
}
