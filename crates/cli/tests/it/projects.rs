//! What `ringback project` says when it cannot.

use crate::support::{Home, ringback};

#[test]
fn mistakes_are_answered_with_one_line_and_a_hint() {
    let home = Home::new();
    let data = home.data();
    let mut answers = String::new();
    let mut run = |arguments: &[&str]| {
        let mut command = ringback(&["project"]);
        let output = command
            .args(arguments)
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let stderr = stderr.replace(&data.display().to_string(), "DATA");
        let code = output.status.code().unwrap();
        answers.extend(["$ ringback project ", &arguments.join(" "), "\n"]);
        answers.extend([stderr, format!("exit {code}\n\n")]);
    };
    run(&["list"]);
    run(&["create", "shop", "--json", "--set", "colour=red"]);
    run(&["create", "shop", "--set", "dialect=klingon"]);
    run(&["create", " "]);
    run(&["create", "shop"]);
    run(&["create", "shop"]);
    run(&["rotate-key", "nobody"]);
    run(&["rotate-key", "shop", "--keep-old", "long"]);
    run(&["revoke-token", "shop", "0123456789ab"]);
    insta::assert_snapshot!(answers);
}

#[test]
fn a_store_that_another_command_has_open_is_not_touched() {
    let home = Home::new();
    let dev = home.start(&[]);
    let mut command = ringback(&["project", "list", "--data"]);
    let output = command.arg(home.data()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains(&format!("process {}", dev.ready.pid)),
        "{stderr}"
    );
}
