//! What contrib/ has: its commands run as they stand there, with other paths and ports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Home, Operated, ringback};

const UNIT: &str = include_str!("../../../../contrib/systemd/ringback.service");
const DOCKERFILE: &str = include_str!("../../../../contrib/docker/Dockerfile");

/// Where both keep everything.
const DATA: &str = "/var/lib/ringback";

/// The values of a key of the unit, in order.
fn unit(key: &str) -> Vec<&'static str> {
    let values = UNIT.lines().filter_map(|line| line.split_once('='));
    let of_key = values.filter(|(name, _)| *name == key);
    of_key.map(|(_, value)| value).collect()
}

/// The rest of the instruction of this name, its lines joined.
fn instruction(name: &str) -> String {
    let joined = DOCKERFILE.replace("\\\n", " ");
    let mut found = joined.lines().filter_map(|line| line.strip_prefix(name));
    found
        .next()
        .expect("there is such an instruction")
        .trim()
        .to_owned()
}

/// Starts `serve` with these arguments, on free ports; it is stopped by SIGTERM and ends well.
fn runs(arguments: &[String], check: impl Fn(&Operated)) {
    let home = Home::new();
    let data = home.data().display().to_string();
    let mut arguments: Vec<String> = arguments.iter().map(|it| it.replace(DATA, &data)).collect();
    for address in &mut arguments {
        if address.ends_with(":8080") {
            *address = "127.0.0.1:0".to_owned();
        }
    }
    assert_eq!(arguments[0], "serve");
    let mut command = ringback(&[]);
    command
        .args(&arguments)
        .arg("--ready-file")
        .arg(home.ready_file());
    if !arguments.contains(&"--http".to_owned()) {
        command.args(["--http", "127.0.0.1:0"]);
    }
    command.args(["--admin", "127.0.0.1:0"]);
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut serve = home.start_serve(command);
    assert_eq!(serve.admin("/healthz", "").0, 200);
    check(&serve);
    serve.signal("TERM");
    assert_eq!(serve.end(), Some(0), "{}", serve.stderr());
}

/// The arguments of a command line of the unit.
fn arguments(line: &str) -> Vec<String> {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("/usr/local/bin/ringback"));
    words.map(str::to_owned).collect()
}

#[test]
fn the_units_commands_run_as_they_stand() {
    let [start] = unit("ExecStart")[..] else {
        panic!("one command is started");
    };
    runs(&arguments(start), |_| {});
    for line in unit("ExecStartPre") {
        let output = ringback(&[]).args(arguments(line)).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {stderr}");
    }
    assert_eq!(unit("ExecReload"), ["/bin/kill -HUP $MAINPID"]);
    let stop: u32 = unit("TimeoutStopSec")[0].parse().unwrap();
    // The server, the engine's two tasks and the operators' server have ten seconds each.
    assert!(stop > 40);
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringback.service");
    // A program that is missing would be wrong.
    let there = UNIT.replace("/usr/local/bin/ringback", env!("CARGO_BIN_EXE_ringback"));
    fs::write(&path, there).unwrap();
    let analyze = |arguments: &[&str]| -> Option<Output> {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).output().ok()
    };
    let version = analyze(&["--version"]).map(|it| String::from_utf8(it.stdout).unwrap());
    let number = |text: String| text.split_whitespace().nth(1)?.parse::<u32>().ok();
    if version.and_then(number).is_none_or(|version| version < 249) {
        eprintln!("not verified: there is no systemd-analyze of version 249 or later");
        return;
    }
    let output = analyze(&["verify", path.to_str().unwrap()]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // What it says of the machine's own units is none of ours.
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("ringback"))
        .collect();
    assert!(ours.is_empty(), "{said}");
}

#[test]
fn the_images_command_and_health_check_run_as_they_stand() {
    let json = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
    assert_eq!(json(&instruction("ENTRYPOINT")), ["ringback"]);
    let health = instruction("HEALTHCHECK");
    let (_, command) = health.split_once("CMD ").unwrap();
    let command = json(command);
    runs(&json(&instruction("CMD")), |serve| {
        let checked = |address: &str| {
            let (host, port) = address.rsplit_once(':').unwrap();
            let there = format!("/dev/tcp/{host}/{port}");
            let mut words = command
                .iter()
                .map(|it| it.replace("/dev/tcp/127.0.0.1/9090", &there));
            let mut program = Command::new(words.next().unwrap());
            program.args(words).output().unwrap().status
        };
        let admin = serve.ready.admin.strip_prefix("http://").unwrap();
        assert!(checked(admin).success());
        // Something else answers there, and then nobody does.
        let http = serve.ready.http.strip_prefix("http://").unwrap();
        assert!(!checked(http).success());
        assert!(!checked("127.0.0.1:1").success());
    });
}

#[test]
fn the_image_is_built_from_what_there_is_and_runs_as_nobody_special() {
    assert_eq!(instruction("USER"), "ringback");
    assert_eq!(instruction("VOLUME"), DATA);
    assert_eq!(instruction("STOPSIGNAL"), "SIGTERM");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let kept = include_str!("../../../../contrib/docker/Dockerfile.dockerignore");
    let kept: Vec<PathBuf> = kept
        .lines()
        .filter_map(|line| Some(root.join(line.strip_prefix('!')?)))
        .collect();
    assert!(kept.iter().all(|path| path.exists()), "{kept:?}");
    // What the manifest's members and their code are made of is inside.
    for needed in [".cargo", "Cargo.toml", "Cargo.lock", "crates"] {
        assert!(kept.contains(&root.join(needed)), "{needed}");
    }
}
