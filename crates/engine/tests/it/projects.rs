//! Projects change while the engine runs.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::project::{Project, Secret, Settings};
use ringback_domain::time::Timestamp;
use ringback_engine::RecordError;
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, project};
use ringback_wire::form;
use ringback_wire::sign::{SigningKey, form_signature, webhook_signature};
use tokio::time::sleep;

use crate::{URL, seconds};

/// The project `one`, whose key is being rotated since `START`; its old key is kept for ten
/// minutes.
fn rotated() -> Project {
    let mut rotated = project(PROJECT, "one", Settings::default());
    let keep = Duration::from_secs(600);
    rotated.keys.rotate(Secret::new("new-key"), START, keep);
    rotated
}

/// The key that the single-valued header was signed with, and all that `webhook-signature`
/// has a signature of.
fn signed(seen: &Seen) -> (&'static str, Vec<&'static str>) {
    let known = ["key-one", "new-key"];
    let (id, time) = (
        seen.header("webhook-id").expect("it is sent"),
        seen.header("webhook-timestamp").expect("it is sent"),
    );
    let pairs = form::decode(&seen.body);
    let single = known.into_iter().find(|key| {
        let expected = form_signature(&SigningKey::new(*key), &seen.url, &pairs);
        seen.header("X-SignalWire-Signature") == Some(&expected)
            && seen.header("X-Twilio-Signature") == Some(&expected)
    });
    let of = |signature: &str| {
        known.into_iter().find(|key| {
            let key = SigningKey::new(*key);
            let time = time.parse().expect("a number of seconds");
            signature == webhook_signature(&key, id, time, seen.body.as_bytes())
        })
    };
    let webhook = seen.header("webhook-signature").expect("it is sent");
    let webhook = webhook
        .split(' ')
        .map(|each| of(each).expect("a known key"));
    (single.expect("a known key"), webhook.collect())
}

#[tokio::test(start_paused = true)]
async fn each_try_of_one_callback_is_signed_with_the_key_that_is_active_then() {
    // Tries come at 0, 1 and 2 seconds and then ever more rarely.
    let engine = TestEngine::answering(503).await;
    engine.message(URL).await;
    sleep(Duration::from_millis(500)).await;
    engine.engine.put_project(rotated()).await.unwrap();
    sleep(seconds(3600)).await;
    let seen = engine.seen();
    let at = |seen: &Seen| seen.at.since(START).as_secs();
    assert_eq!(signed(&seen[0]), ("key-one", vec!["key-one"]));
    let (mut before, mut both, mut after) = (0, 0, 0);
    for each in &seen[1..] {
        match at(each) {
            0..60 => {
                before += 1;
                assert_eq!(signed(each), ("key-one", vec!["key-one", "new-key"]));
            }
            60..660 => {
                both += 1;
                assert_eq!(signed(each), ("new-key", vec!["new-key", "key-one"]));
            }
            _ => {
                after += 1;
                assert_eq!(signed(each), ("new-key", vec!["new-key"]));
            }
        }
    }
    assert!(
        before > 0 && both > 0 && after > 0,
        "{before} {both} {after}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_project_is_in_force_and_stored_when_it_is_answered() {
    let engine = TestEngine::answering(200).await;
    let mut changed = rotated();
    changed.tokens.clear();
    engine.engine.put_project(changed.clone()).await.unwrap();
    let known = engine.engine.projects().get(PROJECT).unwrap();
    assert!(known.tokens.is_empty());
    let stored = engine.engine.store().projects().await.unwrap();
    assert_eq!(stored, [changed]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_not_recorded_is_not_in_force() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let answer = |_: &Seen| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, answer).await;
    store.fail_next(Fault::Full);
    let mut changed = project(PROJECT, "one", Settings::default());
    changed.created_at = Timestamp::default();
    changed.tokens.clear();
    let failed = engine.engine.put_project(changed).await;
    assert!(matches!(failed, Err(RecordError::Full)));
    let known = engine.engine.projects().get(PROJECT).unwrap();
    assert_eq!(known.tokens.len(), 1);
}
