//! The server under test: `ringback serve`, a child process of the same binary, on free ports.
//!
//! What it uses is read from /proc, so only where there is one. Killed when it is dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ringback_domain::project::Settings;
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Store as _};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::client::{Access, Client};
use crate::complaint::Complaint;
use crate::credentials::Credentials;

/// Callbacks go to this machine. What is created over REST is carried out by the simulated
/// network.
const SETTINGS: [&str; 2] = [
    "delivery.allow_destinations=127.0.0.0/8",
    "network.kind=simulated",
];

/// A time scale at which everything is due when it is planned.
pub const AT_ONCE: u32 = 1_000_000_000;

/// The metric of delivered callbacks.
const DELIVERED: &str = "ringback_callbacks_settled_total{state=\"delivered\"} ";

/// The metric of changes.
const ACCEPTED: &str = "ringback_reports_total{verdict=\"accepted\"} ";

const STARTS_WITHIN: Duration = Duration::from_secs(120);
const ENDS_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);
/// Of `/proc`: `USER_HZ`, which is 100 on every Linux that we know.
const TICK: Duration = Duration::from_millis(10);

/// A running server.
pub struct Server {
    child: Child,
    ready: Ready,
    credentials: Credentials,
}

/// What the ready file tells.
#[derive(Clone, Debug, Deserialize)]
struct Ready {
    http: String,
    admin: String,
}

impl Server {
    /// Starts one with a project on the data folder `data`, which need not exist, and waits
    /// until its ready file is there. Its network goes `time_scale` times as fast as life.
    pub async fn start(data: &Path, time_scale: u32) -> Result<Self, Complaint> {
        let failed = |error: &dyn std::error::Error| {
            Complaint::because("the store under test cannot be made", error)
        };
        let store = SqliteStore::open(data).map_err(|error| failed(&error))?;
        let made = store.commit(project()).await;
        store.close().await;
        made.map_err(|error| failed(&error))?;
        Self::spawn(data, time_scale).await
    }

    /// Starts one on the data folder `data`, in which there is a project, and waits until its
    /// ready file is there.
    pub async fn spawn(data: &Path, time_scale: u32) -> Result<Self, Complaint> {
        let failed = |error| Complaint::because("no server can be started", &error);
        let ready_file = data.with_extension("ready");
        // Of a server that was killed.
        fs::remove_file(&ready_file).ok();
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args(["serve", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(SETTINGS.iter().flat_map(|setting| ["--set", setting]))
            .args(["--set", &format!("network.time_scale={time_scale}")])
            .arg("--data")
            .arg(data)
            .arg("--ready-file")
            .arg(&ready_file)
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
            credentials: Credentials::for_development(None),
        })
    }

    /// Where it is.
    pub fn access(&self) -> Result<Access, Complaint> {
        self.access_to(&self.ready.http)
    }

    fn access_to(&self, url: &str) -> Result<Access, Complaint> {
        let address = url.trim_start_matches("http://").parse();
        Ok(Access {
            address: address
                .map_err(|error| Complaint::because("the ready file names no address", &error))?,
            project: self.credentials.project.to_string(),
            token: self.credentials.token.reveal().to_owned(),
        })
    }

    /// How many callbacks it has delivered since it started, by their committed outcomes.
    pub async fn delivered(&self) -> Result<usize, Complaint> {
        self.metric(DELIVERED).await
    }

    /// How many changes it has recorded since it started.
    pub async fn accepted(&self) -> Result<usize, Complaint> {
        self.metric(ACCEPTED).await
    }

    async fn metric(&self, name: &str) -> Result<usize, Complaint> {
        let mut client = Client::open(&self.access_to(&self.ready.admin)?).await?;
        let (_, metrics) = client.get("/metrics").await?;
        let metrics = String::from_utf8_lossy(&metrics);
        let counted = metrics.lines().find_map(|line| line.strip_prefix(name));
        let counted = counted.and_then(|count| count.trim().parse().ok());
        counted.ok_or_else(|| Complaint::failure("the server under test counts nothing"))
    }

    /// What its callbacks are signed with.
    pub fn signing_key(&self) -> &str {
        self.credentials.signing_key.reveal()
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
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// What is to be in a store before a server starts on it: the project that is measured with.
pub fn project() -> Batch {
    Batch {
        projects: vec![Credentials::for_development(None).project(Settings::default())],
        ..Batch::default()
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
