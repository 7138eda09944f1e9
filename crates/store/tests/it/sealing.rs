//! What is sealed is nowhere in the files, and comes back with its key alone.

use std::fs;
use std::path::Path;

use ringback_domain::project::{Project, Secret, Settings, SigningKeys};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, EntryChange, SealedStore, Store, StoreError, StoreKey};

use crate::fixture::{application, at, callback, folder, message, number, project, sid};

const CREDENTIALS: &str = "user:verysecret@";
const KEY: &str = "PSK_0123456789";

fn key(digit: &str) -> StoreKey {
    StoreKey::from_hex(&digit.repeat(64)).unwrap()
}

fn open(dir: &Path, key: Option<StoreKey>) -> SealedStore<SqliteStore> {
    SealedStore::new(SqliteStore::open(dir).unwrap(), key)
}

/// A project, and a message with a callback, whose URLs hold credentials.
fn batch() -> Batch {
    let url = format!("https://{CREDENTIALS}crm.example/status");
    let (mut resource, change) = message(1);
    resource.subscriptions[0].url.clone_from(&url);
    let mut owed = callback(1, 1, "https://crm.example:443");
    owed.url = url.as_str().into();
    let mut settings = Settings::default();
    settings.set("status_callback", &url).unwrap();
    settings.set("failure_url", &url).unwrap();
    let owner = Project {
        id: project(1),
        name: "one".to_owned(),
        parent: None,
        created_at: at(0),
        tokens: Vec::new(),
        keys: SigningKeys::one(Secret::new(KEY), at(0)),
        settings,
    };
    Batch {
        resources: vec![resource],
        changes: vec![change],
        callbacks: vec![owed],
        projects: vec![owner],
        entries: [number(1), application(2)].map(EntryChange::Put).into(),
        ..Batch::default()
    }
}

/// Whether a secret stands in one of the store's files.
fn found(dir: &Path, secret: &str) -> bool {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let contents: Vec<Vec<u8>> = files.map(|path| fs::read(path).unwrap()).collect();
    let holds = |bytes: &Vec<u8>| {
        bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes())
    };
    contents.iter().any(holds)
}

#[tokio::test]
async fn secrets_are_in_no_file_and_read_back_with_their_key() {
    let dir = folder();
    let store = open(dir.path(), Some(key("a")));
    store.commit(batch()).await.unwrap();
    assert!(!found(dir.path(), "verysecret") && !found(dir.path(), KEY));
    let expected = batch();
    assert_eq!(store.projects().await.unwrap(), expected.projects);
    let entries = [number(1), application(2)];
    assert_eq!(store.entries().await.unwrap(), entries);
    assert_eq!(store.callbacks(sid(1)).await.unwrap(), expected.callbacks);
    let owed = store
        .owed(project(1), "https://crm.example:443", 0, 9)
        .await;
    assert_eq!(owed.unwrap(), expected.callbacks);
    let resources = store.resources(&[sid(1)]).await.unwrap();
    assert_eq!(resources[0].as_ref(), Some(&expected.resources[0]));
}

#[tokio::test]
async fn another_key_and_none_are_told_apart() {
    let dir = folder();
    let store = open(dir.path(), Some(key("a")));
    store.commit(batch()).await.unwrap();
    drop(store);
    check(open(dir.path(), Some(key("b"))), "not the one").await;
    check(open(dir.path(), None), "no key file").await;

    async fn check(store: SealedStore<SqliteStore>, expected: &str) {
        for error in [
            store.projects().await.unwrap_err(),
            store.entries().await.unwrap_err(),
            store.callbacks(sid(1)).await.unwrap_err(),
            store.resources(&[sid(1)]).await.unwrap_err(),
        ] {
            let StoreError::Unreadable { source } = error else {
                panic!("{error}");
            };
            assert!(source.to_string().contains(expected), "{source}");
        }
    }
}

#[tokio::test]
async fn projects_of_a_store_in_clear_are_sealed_when_a_key_comes() {
    let dir = folder();
    let store = open(dir.path(), None);
    store.commit(batch()).await.unwrap();
    drop(store);
    assert!(found(dir.path(), KEY));
    let store = open(dir.path(), Some(key("a")));
    store.seal_projects().await.unwrap();
    let projects = batch().projects;
    assert_eq!(store.projects().await.unwrap(), projects);
    assert_eq!(store.callbacks(sid(1)).await.unwrap().len(), 1);
    drop(store);
    assert!(open(dir.path(), None).projects().await.is_err());
}
