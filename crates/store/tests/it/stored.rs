//! Stores of every old version can still be opened, with all that is in them.
//!
//! `stored/v<N>.sql` is what the last program with schema `N` wrote, as text; those in `STORED`
//! are the batches below. It is never edited. A release that brings another schema adds a file,
//! and a batch with what is new in it.

use std::fmt::Debug;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState, Encoding};
use ringback_domain::change::{Told, Warning};
use ringback_domain::event::{EventContent, EventKey, KnownEvent};
use ringback_domain::project::{Project, Secret, Settings, SigningKeys, Token, TokenDigest};
use ringback_domain::resource::{Kind, Resource};
use ringback_domain::verdict::{Gap, Verdict};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Erasure, Rebase, ReplayOrder, Store};
use ringback_testing::memory_store::MemoryStore;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::everything::{Everything, all};
use crate::fixture::{
    HERE, THERE, answered, at, call, callback, callback_id, created, delivered, ended, folder,
    message, project, resource, set_aside, sid, step, unanswered,
};

/// A store of a version from the second on.
struct Stored {
    sql: &'static str,
    /// What was written to it last, after the batches of the versions before.
    last: fn() -> Batch,
}

const STORED: [Stored; 4] = [
    Stored {
        sql: include_str!("stored/v2.sql"),
        last: of_version_2,
    },
    Stored {
        sql: include_str!("stored/v3.sql"),
        last: of_version_3,
    },
    Stored {
        sql: include_str!("stored/v4.sql"),
        last: of_version_4,
    },
    Stored {
        sql: include_str!("stored/v5_platforms.sql"),
        last: of_version_5,
    },
];

/// A store of an old version.
pub fn stored(sql: &str) -> TempDir {
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

/// A store of the first version, with so much in it that its tables have many pages.
pub fn of_version_1_with_many_rows() -> TempDir {
    const MANY: &str = "
        CREATE TABLE number (i INTEGER PRIMARY KEY);
        WITH RECURSIVE number_of(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM number_of WHERE i < 600)
            INSERT INTO number SELECT i FROM number_of;
        INSERT INTO callback
            SELECT i, CAST(printf('%016d', i) AS BLOB), resource, destination, seq, status, url, method,
                body, depth, recorded_us, state, due_us, attempts, first_failed_us, settled_us, redacted
            FROM number JOIN callback ON position = 1 + i % 3;
        INSERT INTO attempt
            SELECT i, i, number, started_us, dns_us, connect_us, tls_us, first_byte_us, total_us, url,
                headers, answer_status, answer_headers, excerpt, note, code, detail
            FROM number JOIN attempt ON ordinal = 1 + i % 3;
        DROP TABLE number;
        PRAGMA journal_mode = WAL;
    ";
    stored(&format!("{}{MANY}", include_str!("stored/v1.sql")))
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

#[tokio::test]
async fn stores_of_later_versions_are_read_whole() {
    let new = folder();
    drop(SqliteStore::open(new.path()).unwrap());
    let model = MemoryStore::new();
    for (version, it) in (2..).zip(STORED) {
        model.commit((it.last)()).await.unwrap();
        let dir = stored(it.sql);
        assert_eq!(version_in(&dir), version);
        let store = SqliteStore::open(dir.path()).unwrap();
        assert_eq!(read(&store).await, read(&model).await, "version {version}");
        // It can be written, and opened again as what it has become.
        store.commit(created([message(30)])).await.unwrap();
        store.close().await;
        assert_eq!(version_in(&dir), version_in(&new));
        let store = SqliteStore::open(dir.path()).unwrap();
        assert!(store.resources(&[sid(30)]).await.unwrap()[0].is_some());
    }
    assert_eq!(model.events(&[event().key]).await.unwrap(), [Some(event())]);
}

/// All that the batches below have written.
async fn read(store: &dyn Store) -> impl PartialEq + Debug {
    let sids: Vec<_> = (0..=20).map(sid).collect();
    let callbacks: Vec<_> = (0..=4).map(callback_id).collect();
    (
        Everything::read(store, &sids, &callbacks).await,
        store.warnings(sid(1)).await.unwrap(),
        store.projects().await.unwrap(),
        store
            .externals(&[(project(1), "order-7".into())])
            .await
            .unwrap(),
        store.events(&[event().key]).await.unwrap(),
    )
}

/// The schema's version in the file.
fn version_in(dir: &TempDir) -> u32 {
    let db = Connection::open(dir.path().join("ringback.db")).unwrap();
    db.pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// What version 2 brought: remarks, by how much times were rebased; and of all that was there
/// before.
fn of_version_2() -> Batch {
    let (mut busy, called) = call(2, None);
    let over = busy.report(ended(), at(9)).unwrap();
    let rejected = *busy.report(ended(), at(10)).unwrap_err();
    let (sent, created) = message(1);
    let mut accepted = delivered(1);
    if let Some(attempt) = &mut accepted.attempt {
        // Fields that are stored as one character.
        attempt.headers = format!(
            "Host: localhost\nUser-Agent: Ringback/0.1.0\nWebhook-Id: {}",
            callback_id(1)
        );
    }
    Batch {
        resources: vec![sent, busy],
        steps: vec![(sid(1), Some(step(1, at(5))))],
        changes: vec![created, called, over],
        rejected: vec![rejected],
        warnings: vec![Warning {
            resource: sid(1),
            text: "`Boddy` is no parameter".to_owned(),
            at: at(3),
        }],
        callbacks: vec![
            callback(1, 1, HERE),
            callback(2, 1, THERE),
            callback(3, 2, THERE),
        ],
        outcomes: vec![accepted, set_aside(2, at(80))],
        rebase: Some(Rebase {
            micros: 7_000_000,
            total_micros: 7_000_000,
        }),
        ..Batch::default()
    }
}

/// What version 3 brought: all kinds of resources, and callbacks that are JSON.
fn of_version_3() -> Batch {
    let mut batch = created((3_u64..).zip(Kind::ALL).map(|(n, kind)| resource(kind, n)));
    batch.callbacks.push(Callback {
        encoding: Encoding::Json,
        body: "{\"id\":1}".into(),
        ..callback(4, 7, HERE)
    });
    batch
}

/// What version 4 brought: projects.
fn of_version_4() -> Batch {
    let token = |byte: u8| Token {
        digest: TokenDigest::from_bytes([byte; 32]),
        name: format!("token {byte}"),
        created_at: at(i64::from(byte)),
    };
    let mut settings = Settings::default();
    settings.set("ordering", "strict").unwrap();
    let mut keys = SigningKeys::one(Secret::new("PSK_1"), at(1));
    keys.rotate(Secret::new("PSK_2"), at(100), Duration::from_secs(3600));
    Batch {
        projects: vec![Project {
            id: project(1),
            name: "first".to_owned(),
            parent: None,
            created_at: at(1),
            tokens: vec![token(1), token(2)],
            keys,
            settings,
        }],
        ..Batch::default()
    }
}

/// What version 5 brought: platforms' own ids of resources and reports, and replays.
fn of_version_5() -> Batch {
    let told = Told {
        event_id: Some("e-1".into()),
        occurred_at: Some(at(3)),
    };
    let (mut resource, mut change) = message(20);
    resource.external_id = Some("order-7".into());
    change.told = told.clone().kept();
    let mut rejected = *resource.clone().report(ended(), at(4)).unwrap_err();
    rejected.told = told.kept();
    let mut batch = created([(resource, change)]);
    batch.rejected.push(rejected);
    batch.events.push(event());
    batch.replays.push(ReplayOrder {
        callback: callback_id(1),
        at: at(60),
        due: at(70),
    });
    batch
}

fn event() -> KnownEvent {
    KnownEvent {
        key: EventKey([1; 16]),
        content: EventContent([2; 16]),
        resource: sid(20),
        verdict: Verdict::Accepted(Gap::Skipped),
        seq: Some(0),
    }
}
