//! A disk that is really full: a small file system of its own, where this machine lets us
//! have one.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Callback, Home, Operated, Receiver, wait_for};

const SIMULATED: [&str; 6] = [
    "--set",
    "network.kind=simulated",
    "--set",
    "network.time_scale=50",
    "--allow-destination",
    "127.0.0.0/8",
];

/// A folder on a small file system of its own; gone when it is dropped.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// One of 72 MiB, which is room for a store and its reserve.
    fn at(folder: &Path) -> Option<Self> {
        Self::sized(folder, "72m")
    }

    /// One of this size; none where this process may not mount one, which is said.
    pub fn sized(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let options = format!("size={size},mode=700");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "ringback-test"])
            .arg(folder)
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self {
                folder: folder.to_owned(),
            });
        }
        eprintln!("skipped: this process may not mount a file system of its own");
        None
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        let bytes = vec![0x5a; 4096];
        while file.write_all(&bytes).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // `-l`: whatever still has a file of it open ends with the test.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}

/// Creates a message whose receiver may take 15 s to answer.
fn message(serve: &Operated, made: &Value, receiver: &Receiver) -> (u16, String) {
    let form = format!(
        "From=%2B15550100001&To=%2B15550100002&Body=hello&\
         StatusCallback=http%3A%2F%2F{}%2Fstatus%23rt%3D15000",
        receiver.address
    );
    let word = |name: &str| made[name].as_str().unwrap();
    serve.rest(
        word("project_id"),
        word("api_token"),
        "POST",
        "/Messages",
        &form,
    )
}

fn metric(serve: &Operated, name: &str) -> Option<String> {
    let (_, page) = serve.admin("/metrics", "");
    let line = page.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

fn told(callback: &Callback) -> (String, String) {
    let id = callback.header("webhook-id").unwrap();
    (id.to_owned(), callback.value("MessageStatus").to_owned())
}

#[test]
fn on_a_full_disk_it_delivers_keeps_what_came_of_it_and_goes_on_when_there_is_room() {
    let home = Home::new();
    let Some(disk) = SmallDisk::at(&home.data()) else {
        return;
    };
    let mut serve = home.serve(&SIMULATED);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    assert_eq!(message(&serve, &made, &receiver).0, 201);
    let first = receiver.next();
    disk.fill();
    let (status, answer) = message(&serve, &made, &receiver);
    assert_eq!(status, 503, "{answer}");
    assert!(
        answer.contains("20504") && answer.contains("full"),
        "{answer}"
    );
    let full = "the store takes no writes: the disk is full\n".to_owned();
    assert_eq!(serve.admin("/readyz", ""), (503, full));
    let queued = told(&first);
    first.answer(200);
    wait_for("that the outcome is kept", || {
        (metric(&serve, "ringback_outcomes_kept ")? != "0").then_some(())
    });
    serve.signal("KILL");
    serve.end();
    let home_ready = home.ready_file();
    fs::remove_file(&home_ready).unwrap();

    disk.make_room();
    let serve = home.serve(&SIMULATED);
    let mut all = Vec::new();
    while all.last() != Some(&"delivered".to_owned()) {
        let callback = receiver.next();
        let (id, status) = told(&callback);
        assert_ne!(id, queued.0, "what was accepted is not sent again");
        all.push(status);
        callback.answer(200);
    }
    // One that was under way when the process was killed comes again.
    all.dedup();
    assert_eq!(all, ["sending", "sent", "delivered"]);
    wait_for("that all is settled", || {
        let name = "ringback_callbacks_settled_total{state=\"delivered\"} ";
        (metric(&serve, name)? == "4").then_some(())
    });
    assert_eq!(metric(&serve, "ringback_outcomes_kept ").unwrap(), "0");
    assert_eq!(serve.admin("/readyz", "").0, 200);
    assert_eq!(message(&serve, &made, &receiver).0, 201);
}

#[test]
fn goes_on_by_itself_as_soon_as_there_is_room() {
    let home = Home::new();
    let Some(disk) = SmallDisk::at(&home.data()) else {
        return;
    };
    let serve = home.serve(&SIMULATED);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    assert_eq!(message(&serve, &made, &receiver).0, 201);
    let first = receiver.next();
    disk.fill();
    assert_eq!(message(&serve, &made, &receiver).0, 503);
    first.answer(200);
    wait_for("that the outcome is kept", || {
        (metric(&serve, "ringback_outcomes_kept ")? != "0").then_some(())
    });
    disk.make_room();
    // Nobody asks: it looks by itself.
    wait_for("that it is ready", || {
        (serve.admin("/readyz", "").0 == 200).then_some(())
    });
    for status in ["sending", "sent", "delivered"] {
        let callback = receiver.next();
        assert_eq!(told(&callback).1, status);
        callback.answer(200);
    }
    assert_eq!(message(&serve, &made, &receiver).0, 201);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_in_a_line() {
    let home = Home::new();
    let Some(disk) = SmallDisk::at(&home.data()) else {
        return;
    };
    drop(home.serve(&SIMULATED));
    fs::remove_file(home.ready_file()).unwrap();
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk.folder)
        .status();
    assert!(remounted.unwrap().success());
    let output = home.serve_command(&SIMULATED).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("Read-only file system") && stderr.contains("hint:"),
        "{stderr}"
    );
    assert_eq!(
        stderr.lines().filter(|it| it.starts_with("error:")).count(),
        1
    );
}
