//! Stores of every old version can still be opened, with all that is in them.
//!
//! `stored/v<N>.sql` is what the release that brought schema `N` wrote, as text; it is never
//! edited. A release that brings another schema adds a file and a check.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use ringback_domain::callback::{CallbackState, Encoding};
use ringback_domain::resource::{Kind, Resource};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Erasure, ReplayOrder, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::everything::all;
use crate::fixture::{
    HERE, answered, at, call, callback, callback_id, delivered, ended, folder, message, project,
    set_aside, sid, step, unanswered,
};

/// A store of an old version.
fn stored(sql: &str) -> TempDir {
    let dir = folder();
    let path = dir.path().join("ringback.db");
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .unwrap();
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
    dir
}

#[tokio::test]
async fn a_store_of_version_1_is_read_whole() {
    let dir = stored(include_str!("stored/v1.sql"));
    let store = SqliteStore::open(dir.path()).unwrap();

    let (sent, created) = message(1);
    let (mut busy, called) = call(2, None);
    let over = busy.report(ended(), at(9)).unwrap();
    let rejected = *busy.report(ended(), at(10)).unwrap_err();
    let found = store.resources(&[sid(1), sid(2)]).await.unwrap();
    let found: Vec<Resource> = found.into_iter().flatten().collect();
    assert_eq!(found, [sent.clone(), busy]);
    assert_eq!(store.list(&all(Kind::Message)).await.unwrap(), [sent]);
    assert_eq!(store.changes(sid(1)).await.unwrap(), [created]);
    assert_eq!(store.changes(sid(2)).await.unwrap(), [called, over]);
    assert_eq!(store.rejected(sid(2)).await.unwrap(), [rejected]);
    assert_eq!(store.steps(None, 9).await.unwrap(), [step(1, at(5))]);

    let delivered = store.callbacks(sid(1)).await.unwrap().remove(0);
    assert_eq!(delivered.state, CallbackState::Delivered);
    assert_eq!(delivered.url, callback(1, 1, HERE).url);
    assert_eq!(delivered.encoding, Encoding::Form);
    let aside = store.aside_due(at(80), 9).await.unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].due, set_aside(2, at(80)).due);
    let found = store.attempts(callback_id(1)).await.unwrap();
    assert_eq!(found, [answered(1, 1)]);
    let found = store.attempts(callback_id(2)).await.unwrap();
    assert_eq!(found, [unanswered(2, 1)]);
    let owed = store.destinations_owed().await.unwrap();
    assert_eq!(owed.len(), 1);
    let (_, origin) = &owed[0];
    let owed = store.owed(project(1), origin, 0, 9).await.unwrap();
    assert_eq!(owed[0].resource, sid(2));
}

#[tokio::test]
async fn a_store_of_version_5_keeps_how_far_each_callback_is() {
    let dir = stored(include_str!("stored/v5.sql"));
    let store = SqliteStore::open(dir.path()).unwrap();

    let mut found = store.callbacks(sid(1)).await.unwrap();
    found.extend(store.callbacks(sid(2)).await.unwrap());
    found.sort_by_key(|callback| callback.position);
    let states: Vec<_> = found.iter().map(|it| (it.state, it.attempts)).collect();
    assert_eq!(
        states,
        [
            (CallbackState::Delivered, 1),
            (CallbackState::Aside, 1),
            (CallbackState::Pending, 0),
            (CallbackState::Failed, 2),
            (CallbackState::Delivered, 2),
            (CallbackState::Delivered, 1),
        ]
    );
    assert_eq!(found[0].settled_at, Some(at(21)));
    assert_eq!(found[3].first_failed_at, Some(at(22)));
    assert_eq!(found[3].encoding, Encoding::Json);
    let replay = found[4].replay.unwrap();
    assert_eq!((replay.at, replay.attempts_before), (at(60), 1));
    assert_eq!(&*found[5].body, "MessageSid=1&Body=");
    assert_eq!(store.unsettled().await.unwrap(), 2);

    let attempts = store.attempts(callback_id(5)).await.unwrap();
    assert_eq!(attempts, [answered(5, 1), answered(5, 2)]);
    let attempts = store.attempts(callback_id(4)).await.unwrap();
    assert_eq!(attempts, [unanswered(4, 2)]);
    let blanked = store.attempts(callback_id(6)).await.unwrap().remove(0);
    assert_eq!(blanked.answer.unwrap().excerpt, b"");

    // What comes after the upgrade stands beside what came before.
    let batch = Batch {
        outcomes: vec![delivered(3)],
        replays: vec![ReplayOrder {
            callback: callback_id(1),
            at: at(90),
            due: at(91),
        }],
        erasures: vec![Erasure {
            resource: sid(2),
            bodies: vec![(callback_id(3), "Body=".into())],
        }],
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let settled = store.callback(callback_id(3)).await.unwrap().unwrap();
    assert_eq!(settled.state, CallbackState::Delivered);
    let blanked = store.attempts(callback_id(3)).await.unwrap().remove(0);
    assert_eq!(blanked.answer.unwrap().headers, "");
    let aside = store.aside_due(at(100), 9).await.unwrap();
    assert_eq!(aside.len(), 2);
    let attempts = store.attempts(callback_id(1)).await.unwrap();
    assert_eq!(attempts, [answered(1, 1)]);
}
