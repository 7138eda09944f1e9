//! Bounds of capacity as users meet them: over REST, and after a kill.

use serde_json::{Value, json};

use crate::support::{Dev, Home};

/// One segment a second, which takes a hundred: nothing of a queue passes while a test runs.
const SLOW: [&str; 6] = [
    "--time-scale",
    "0.01",
    "--set",
    "simulation.capacity=true",
    "--set",
    "simulation.backlog=2",
];

/// A number of Canada, which sends one segment a second.
const FROM: &str = "+14165550100";

fn send(dev: &Dev) -> (u16, Value) {
    let form = "From=%2B14165550100&To=%2B15550100002&Body=hello";
    let (status, answer) = dev.ask("POST", "/Messages", form).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[test]
fn a_full_queue_is_refused_on_each_surface_and_still_after_a_kill() {
    let home = Home::new();
    let mut dev = home.start(&SLOW);
    for _ in 0..2 {
        assert_eq!(send(&dev).0, 201);
    }
    is_full(&dev);
    dev.signal("KILL");
    dev.end();
    // A kill leaves it behind.
    std::fs::remove_file(home.ready_file()).unwrap();
    let dev = home.start(&SLOW);
    is_full(&dev);

    #[track_caller]
    fn is_full(dev: &Dev) {
        let (status, body) = send(dev);
        assert_eq!((status, &body["code"]), (429, &json!(21_611)));
        let message = json!({"from": FROM, "to": "+15550100002", "body": "hello"});
        let (status, body) = dev.post_json("/api/messaging/messages", &message.to_string());
        assert_eq!(status, 422, "{body}");
        assert!(body.contains("max_queued_messages_exceeded"), "{body}");
    }
}
