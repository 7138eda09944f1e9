//! What these tests share: the binary, a running `ringback dev`, a receiver, a client.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver as Queue, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

/// Nothing here takes as long, on a machine that is busy with other things as well.
pub const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// What a test puts in the ready file's place.
pub const STALE: &[u8] = b"of an earlier run";

/// The binary, untouched by whoever runs the tests.
pub fn ringback(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringback"));
    command.args(arguments).stdin(Stdio::null());
    for variable in [
        "COLUMNS",
        "RUST_LOG",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "RINGBACK_TOKEN",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Asks `condition` until it has something; how long that takes is bounded.
#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    for _ in 0..DEADLINE.as_millis() / POLL.as_millis() {
        if let Some(found) = condition() {
            return found;
        }
        thread::sleep(POLL);
    }
    panic!("in vain: {what}");
}

/// A data folder and a place for a ready file; outlives the process.
pub struct Home {
    folder: TempDir,
    data: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self { folder, data }
    }

    /// One with a data folder that is there.
    pub fn of(data: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, data }
    }

    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    pub fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    /// `ringback dev` on free ports, with `more` options.
    pub fn command(&self, more: &[&str]) -> Command {
        let mut command = ringback(&["dev", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]);
        command
            .arg("--data")
            .arg(self.data())
            .arg("--ready-file")
            .arg(self.ready_file());
        command
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn output(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    /// Starts it and waits until requests can be served.
    #[track_caller]
    pub fn start(&self, more: &[&str]) -> Dev {
        let mut child = self.command(more).spawn().unwrap();
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        let ready = wait_for("the ready file", || {
            assert_eq!(
                child.try_wait().unwrap(),
                None,
                "it ended: {}",
                stderr.lock().unwrap()
            );
            let ready = std::fs::read(self.ready_file()).ok();
            ready.filter(|ready| ready != STALE)
        });
        let ready = serde_json::from_slice(&ready).expect("the ready file is complete at once");
        Dev {
            child,
            ready,
            stdout,
            stderr,
        }
    }
}

/// Keeps what is written, so that no pipe runs full.
fn drain(pipe: impl io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let kept = Arc::new(Mutex::new(String::new()));
    let keep = kept.clone();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut keep = keep.lock().unwrap();
            keep.push_str(&line);
            keep.push('\n');
        }
    });
    kept
}

/// The ready file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    pub http: String,
    pub https: String,
    pub ca_file: PathBuf,
    pub pid: u32,
    pub project_id: String,
    pub project_alias: String,
    pub api_token: String,
    pub signing_key: String,
}

/// A running `ringback dev`; killed when it is dropped.
pub struct Dev {
    pub child: Child,
    pub ready: Ready,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
}

impl Dev {
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.ready
            .http
            .strip_prefix("http://")
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Asks the REST API over plain HTTP; the status and the whole answer.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> io::Result<(u16, String)> {
        let Ready {
            project_id,
            api_token,
            ..
        } = &self.ready;
        let authorization = base64(&format!("{project_id}:{api_token}"));
        let path = format!("/api/laml/2010-04-01/Accounts/{project_id}{path}");
        let length = form.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Basic {authorization}\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}"
        );
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, answer))
    }

    /// Posts JSON to one of SignalWire's JSON APIs; the status and the answer's body.
    #[track_caller]
    pub fn post_json(&self, path: &str, body: &str) -> (u16, String) {
        let Ready {
            project_id,
            api_token,
            http,
            ..
        } = &self.ready;
        let authorization = base64(&format!("{project_id}:{api_token}"));
        let headers =
            format!("Authorization: Basic {authorization}\r\nContent-Type: application/json\r\n");
        exchange(http, "POST", path, &headers, body)
    }

    /// Sends a message whose callbacks go to `receiver`; its SID.
    #[track_caller]
    pub fn send_message(&self, receiver: SocketAddr) -> String {
        let form = format!(
            "From=%2B15550100001&To=%2B15550100002&Body=hello&\
             StatusCallback=http%3A%2F%2F127.0.0.1%3A{}%2Fstatus",
            receiver.port()
        );
        let (status, answer) = self.ask("POST", "/Messages", &form).unwrap();
        assert_eq!(status, 201, "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let message: serde_json::Value = serde_json::from_str(body).unwrap();
        message["sid"].as_str().unwrap().to_owned()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; the exit code.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        wait_for("its end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ready file of `ringback serve`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeReady {
    pub http: String,
    pub https: Option<String>,
    pub admin: String,
    pub pid: u32,
}

impl Home {
    /// `ringback serve` on free ports, with `more` options.
    pub fn serve_command(&self, more: &[&str]) -> Command {
        let mut command = ringback(&["serve", "--http", "127.0.0.1:0"]);
        if !more.contains(&"--admin") {
            command.args(["--admin", "127.0.0.1:0"]);
        }
        command
            .arg("--data")
            .arg(self.data())
            .arg("--ready-file")
            .arg(self.ready_file());
        command
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it and waits until requests can be served.
    #[track_caller]
    pub fn serve(&self, more: &[&str]) -> Operated {
        self.start_serve(self.serve_command(more))
    }

    /// Starts this command and waits until requests can be served.
    #[track_caller]
    pub fn start_serve(&self, mut command: Command) -> Operated {
        let mut child = command.spawn().unwrap();
        let stderr = drain(child.stderr.take().unwrap());
        let ready = wait_for("the ready file", || {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "it ended: {}", stderr.lock().unwrap());
            std::fs::read(self.ready_file()).ok()
        });
        let ready = serde_json::from_slice(&ready).expect("the ready file is complete at once");
        Operated {
            child,
            ready,
            stderr,
            data: self.data(),
        }
    }

    /// `ringback project`, which succeeds; what it prints as JSON.
    #[track_caller]
    pub fn project(&self, arguments: &[&str]) -> serde_json::Value {
        project(&self.data(), arguments)
    }
}

#[track_caller]
fn project(data: &Path, arguments: &[&str]) -> serde_json::Value {
    let mut command = ringback(&["project", "--json", "--data"]);
    let output = command.arg(data).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A running `ringback serve`; killed when it is dropped.
pub struct Operated {
    pub child: Child,
    pub ready: ServeReady,
    stderr: Arc<Mutex<String>>,
    data: PathBuf,
}

impl Operated {
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// `ringback project` on its data folder.
    #[track_caller]
    pub fn project(&self, arguments: &[&str]) -> serde_json::Value {
        project(&self.data, arguments)
    }

    /// Asks the REST API of a project.
    #[track_caller]
    pub fn rest(
        &self,
        id: &str,
        token: &str,
        method: &str,
        path: &str,
        form: &str,
    ) -> (u16, String) {
        let authorization = base64(&format!("{id}:{token}"));
        let path = format!("/api/laml/2010-04-01/Accounts/{id}{path}");
        let headers = format!(
            "Authorization: Basic {authorization}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n"
        );
        exchange(&self.ready.http, method, &path, &headers, form)
    }

    /// Asks the native API, as the project that `made` shows.
    #[track_caller]
    pub fn v1(
        &self,
        made: &serde_json::Value,
        method: &str,
        path: &str,
        json: &str,
    ) -> (u16, String) {
        let token = made["api_token"].as_str().unwrap();
        let headers =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        exchange(
            &self.ready.http,
            method,
            &format!("/v1{path}"),
            &headers,
            json,
        )
    }

    /// Asks as an operator does.
    #[track_caller]
    pub fn admin(&self, path: &str, headers: &str) -> (u16, String) {
        exchange(&self.ready.admin, "GET", path, headers, "")
    }

    /// Creates a message of the project that `made` shows, whose callbacks go to `receiver`.
    #[track_caller]
    pub fn try_message(&self, made: &serde_json::Value, receiver: SocketAddr) -> (u16, String) {
        let form = format!(
            "From=%2B15550100001&To=%2B15550100002&Body=hello&\
             StatusCallback=http%3A%2F%2F127.0.0.1%3A{}%2Fstatus",
            receiver.port()
        );
        let word = |name: &str| made[name].as_str().unwrap();
        let (id, token) = (word("project_id"), word("api_token"));
        self.rest(id, token, "POST", "/Messages", &form)
    }

    #[track_caller]
    pub fn send_message(&self, made: &serde_json::Value, receiver: SocketAddr) {
        let (status, answer) = self.try_message(made, receiver);
        assert_eq!(status, 201, "{answer}");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end; the exit code.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        wait_for("its end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Operated {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status();
    assert!(sent.unwrap().success());
}

/// One request over plain HTTP; the status and the answer's body.
#[track_caller]
pub fn exchange(base: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let address = base.strip_prefix("http://").unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

/// A callback as it came.
pub struct Callback {
    /// Where it came to.
    pub path: String,
    pub body: String,
    head: Vec<(String, String)>,
    /// Answers it, with the status given.
    stream: TcpStream,
}

impl Callback {
    pub fn value(&self, key: &str) -> &str {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.into_iter().find(|(name, _)| *name == key);
        found.map_or("", |(_, value)| value)
    }

    /// A header field; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.head.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub fn answer(mut self, status: u16) {
        let answer =
            format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        // The sender may be gone.
        let _ = self.stream.write_all(answer.as_bytes());
    }
}

/// Takes callbacks; each waits for its answer.
pub struct Receiver {
    pub address: SocketAddr,
    queue: Queue<Callback>,
}

impl Receiver {
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, queue) = sync_channel(1024);
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                thread::spawn(move || {
                    if let Some(callback) = read(stream) {
                        let _ = sender.send(callback);
                    }
                });
            }
        });
        Self { address, queue }
    }

    /// The next callback.
    #[track_caller]
    pub fn next(&self) -> Callback {
        self.queue
            .recv_timeout(DEADLINE)
            .expect("a callback comes in time")
    }

    /// The next callback, if there is one already.
    pub fn poll(&self) -> Option<Callback> {
        self.queue.try_recv().ok()
    }
}

fn read(stream: TcpStream) -> Option<Callback> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut head) = (0, Vec::new());
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
            head.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Callback {
        path,
        body: String::from_utf8(body).ok()?,
        head,
        stream,
    })
}

pub fn base64(text: &str) -> String {
    use base64::Engine as _;

    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The fenced block after the mark `<!-- test: NAME -->` of a page.
#[track_caller]
pub fn block_of<'a>(page: &'a str, name: &str) -> &'a str {
    let mark = format!("<!-- test: {name} -->\n```sh\n");
    let (_, rest) = page.split_once(&mark).expect("the page has such a block");
    let (block, _) = rest.split_once("```").expect("the block ends");
    block
}

/// `text` without this machine's own: the folder and process of a test.
pub fn without(text: &str, home: &Path, replacement: &str) -> String {
    text.replace(&home.display().to_string(), replacement)
}
