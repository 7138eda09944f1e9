//! Stopping `ringback dev`: what is under way ends well, and nothing is lost.

use std::collections::HashMap;
use std::net::TcpStream;

use crate::support::{Home, Receiver, wait_for};

#[test]
fn after_sigterm_and_a_new_start_every_callback_arrives() {
    let home = Home::new();
    let receiver = Receiver::new();
    let mut dev = home.start(&["--time-scale", "10"]);
    let messages: Vec<String> = (0..10)
        .map(|_| dev.send_message(receiver.address))
        .collect();
    let mut seen: HashMap<String, Vec<String>> = HashMap::new();
    take(&receiver, &mut seen);
    dev.signal("TERM");
    // Callbacks that are under way are answered while it stops.
    let code = wait_for("its end", || {
        while let Some(callback) = receiver.poll() {
            note(&mut seen, &callback);
            callback.answer(200);
        }
        dev.child.try_wait().unwrap()
    });
    assert_eq!(code.code(), Some(0), "{}", dev.stderr());
    assert!(!home.ready_file().exists());
    assert!(
        seen.values().map(Vec::len).sum::<usize>() < 40,
        "something is left to be done"
    );

    let _dev = home.start(&["--time-scale", "10"]);
    let whole = ["queued", "sending", "sent", "delivered"];
    wait_for("every callback", || {
        while let Some(callback) = receiver.poll() {
            note(&mut seen, &callback);
            callback.answer(200);
        }
        messages
            .iter()
            .all(|sid| seen.get(sid).is_some_and(|seen| *seen == whole))
            .then_some(())
    });
}

#[test]
fn an_attempt_under_way_comes_to_its_end_and_is_not_made_again() {
    let home = Home::new();
    let receiver = Receiver::new();
    let mut dev = home.start(&["--time-scale", "1000"]);
    dev.send_message(receiver.address);
    let first = receiver.next();
    assert_eq!(first.value("MessageStatus"), "queued");
    let address = dev.address();
    dev.signal("TERM");
    wait_for("that nothing new is accepted", || {
        TcpStream::connect(address).err()
    });
    first.answer(200);
    assert_eq!(dev.end(), Some(0), "{}", dev.stderr());

    let _dev = home.start(&["--time-scale", "1000"]);
    assert_eq!(
        receiver.next().value("MessageStatus"),
        "sending",
        "queued was delivered"
    );
}

#[test]
fn ctrl_c_stops_as_well_and_twice_ends_at_once() {
    let home = Home::new();
    let receiver = Receiver::new();
    let mut dev = home.start(&[]);
    dev.signal("INT");
    assert_eq!(dev.end(), Some(0), "{}", dev.stderr());

    let mut dev = home.start(&[]);
    dev.send_message(receiver.address);
    let unanswered = receiver.next();
    dev.signal("INT");
    wait_for("that it stops", || {
        (!home.ready_file().exists()).then_some(())
    });
    dev.signal("INT");
    assert_eq!(dev.end(), Some(130));
    drop(unanswered);
}

#[test]
fn a_demonstration_that_is_stopped_before_its_end_is_no_success() {
    let home = Home::new();
    let mut dev = home.start(&["--demo", "--once", "--time-scale", "1"]);
    dev.signal("TERM");
    assert_eq!(dev.end(), Some(1));
    // Its end is known before all that it said was read.
    let told = || dev.stderr().contains("before all callbacks were delivered");
    wait_for("what it complains of", || told().then_some(()));
}

fn take(receiver: &Receiver, seen: &mut HashMap<String, Vec<String>>) {
    let callback = receiver.next();
    note(seen, &callback);
    callback.answer(200);
}

/// First arrivals, by resource.
fn note(seen: &mut HashMap<String, Vec<String>>, callback: &crate::support::Callback) {
    let statuses = seen
        .entry(callback.value("MessageSid").to_owned())
        .or_default();
    let status = callback.value("MessageStatus").to_owned();
    if !statuses.contains(&status) {
        statuses.push(status);
    }
}
