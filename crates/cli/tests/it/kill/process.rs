//! One life of the server: `ringback serve` until it is killed, or kills itself.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::thread::{self, JoinHandle};

use crate::support::{Home, ServeReady, wait_for};

/// The signal that cannot be caught.
const SIGKILL: i32 = 9;

/// A server that runs, or that was killed before it was ready.
pub struct Process {
    child: Child,
    stderr: Option<JoinHandle<String>>,
    /// Where it listens, if it came so far.
    pub address: Option<SocketAddr>,
}

/// A server that was killed.
pub struct Death {
    /// What it said at a kill point: at which one, and over what it died.
    pub words: Option<Words>,
    /// All that it wrote.
    pub stderr: String,
}

/// What a process says that kills itself at a named point.
#[derive(Clone, Debug)]
pub enum Words {
    /// So many changes were in the commit.
    Commit { changes: usize },
    /// The callback's id, and the number of its resource.
    Send { id: String, resource: u32 },
}

impl Words {
    /// `after-commit: 17 changes`, `before-send: ID http://HOST/RESOURCE`.
    fn parse(line: &str) -> Option<Self> {
        let (_, over) = line.strip_prefix("killed ")?.split_once(": ")?;
        let (first, second) = over.split_once(' ')?;
        if second == "changes" {
            let changes = first.parse().ok()?;
            return Some(Self::Commit { changes });
        }
        let (_, resource) = second.rsplit_once('/')?;
        Some(Self::Send {
            id: first.to_owned(),
            resource: resource.parse().ok()?,
        })
    }
}

impl Process {
    /// Starts it over the folder of `home`, to be killed at `point` if there is one; waits
    /// until it is ready or dead.
    pub fn start(home: &Home, point: Option<&str>) -> Self {
        fs::remove_file(home.ready_file()).ok();
        let mut command = home.serve_command(&[
            "--allow-destination",
            "127.0.0.0/8",
            // Fewer than are under way: what does not fit is fetched from the store.
            "--set",
            "delivery.window=400",
        ]);
        if let Some(point) = point {
            command.env("RINGBACK_KILL_AT", point);
        }
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let stderr = thread::spawn(move || {
            let lines = stderr.lines().map_while(Result::ok);
            lines.fold(String::new(), |all, line| all + &line + "\n")
        });
        let ready = wait_for("that it is ready, or dead", || {
            let ready = fs::read(home.ready_file()).ok();
            match (ready, child.try_wait().unwrap()) {
                (Some(ready), _) => Some(Some(ready)),
                (None, Some(_)) => Some(None),
                (None, None) => None,
            }
        });
        let address = ready.map(|ready| {
            let ready: ServeReady = serde_json::from_slice(&ready).unwrap();
            ready.http.strip_prefix("http://").unwrap().parse().unwrap()
        });
        Self {
            child,
            stderr: Some(stderr),
            address,
        }
    }

    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it, unless it has done so itself.
    pub fn kill(mut self) -> Death {
        self.child.kill().unwrap();
        let (status, stderr) = self.end();
        assert_eq!(status.signal(), Some(SIGKILL), "{status}: {stderr}");
        let words = stderr.lines().find_map(Words::parse);
        Death { words, stderr }
    }

    /// Stops it as an operator does; what it wrote.
    pub fn stop(mut self) -> String {
        crate::support::signal(&self.child, "TERM");
        let (status, stderr) = self.end();
        assert_eq!(status.code(), Some(0), "{stderr}");
        stderr
    }

    fn end(&mut self) -> (ExitStatus, String) {
        let status = wait_for("its end", || self.child.try_wait().unwrap());
        let stderr = self.stderr.take().map(JoinHandle::join);
        (status, stderr.unwrap().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
