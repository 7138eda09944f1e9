//! Damaged pages: what stood on them is named, all else is read.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ringback_domain::resource::Kind;
use ringback_store::sqlite::{OpenError, SqliteOptions, SqliteStore};
use ringback_store::{Batch, Part, Store, StoreError, Unreadable};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::everything::all;
use crate::fixture::{
    HERE, THERE, at, callback, callback_id, created, delivered, folder, message, set_aside, sid,
    step,
};

const PAGE: usize = 8192;
const MESSAGES: u64 = 240;
/// Each message has three callbacks: one is delivered, one set aside, one pending.
const CALLBACKS: u64 = 3 * MESSAGES;

fn open(dir: &TempDir) -> Result<SqliteStore, OpenError> {
    let options = SqliteOptions {
        reserve_bytes: PAGE as u64,
        ..SqliteOptions::default()
    };
    SqliteStore::open_with(dir.path(), options)
}

/// A store with something on many pages of each table.
async fn full() -> TempDir {
    let dir = folder();
    let store = open(&dir).unwrap();
    store
        .commit(created((1..=MESSAGES).map(message)))
        .await
        .unwrap();
    let mut batch = Batch::default();
    for n in 1..=CALLBACKS {
        let to = if n % 2 == 0 { HERE } else { THERE };
        batch.callbacks.push(callback(n, n.div_ceil(3), to));
        match n % 3 {
            0 => batch.outcomes.push(delivered(n)),
            1 => batch.outcomes.push(set_aside(n, at(80))),
            _ => {}
        }
    }
    let steps = (1..=MESSAGES).map(|n| (sid(n), Some(step(n, at(5)))));
    batch.steps = steps.collect();
    store.commit(batch).await.unwrap();
    store.close().await;
    dir
}

/// A copy with a page of it written over.
fn damaged(store: &Path, page: u64, bytes: &[u8]) -> TempDir {
    let dir = folder();
    let file = dir.path().join("ringback.db");
    fs::copy(store.join("ringback.db"), &file).unwrap();
    let file = OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(bytes, (page - 1) * PAGE as u64).unwrap();
    dir
}

/// The pages of each tree that are leaves, by the tree's name.
fn leaves(store: &Path, name: &str) -> Vec<u64> {
    let db = Connection::open(store.join("ringback.db")).unwrap();
    let mut pages = db
        .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno")
        .unwrap();
    let found = pages.query_map([name], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

/// What can be read of what is not settled, by number, and what is named.
#[derive(Debug, Default)]
struct Found {
    pending: BTreeSet<u64>,
    aside: BTreeSet<u64>,
    named: Vec<Unreadable>,
}

async fn read(store: &SqliteStore) -> Found {
    let mut found = Found::default();
    let destinations = store.destinations_owed().await.unwrap();
    for (project, origin) in destinations {
        let mut from = 0;
        loop {
            let page = store.owed(project, &origin, from, 7).await.unwrap();
            found.pending.extend(page.iter().map(|it| it.position));
            let Some(last) = page.last() else { break };
            from = last.position + 1;
        }
    }
    let aside = store.aside_due(at(100), u32::MAX).await.unwrap();
    found.aside.extend(aside.iter().map(|it| it.position));
    let steps = store.steps(None, u32::MAX).await.unwrap();
    assert!(steps.is_sorted_by_key(|step| (step.due, step.resource)));
    found.named = store.unreadable();
    let missing = MESSAGES - steps.len() as u64;
    let stuck = found.named.iter().filter(|it| it.part == Part::Step);
    assert!(
        missing == stuck.count() as u64 || found.is_lost("step_by_due"),
        "{found:?}"
    );
    found
}

impl Found {
    fn is_lost(&self, index: &str) -> bool {
        self.named.iter().any(|it| it.key == index)
    }

    fn callbacks_named(&self) -> u64 {
        let callbacks = self.named.iter().filter(|it| it.part == Part::Callback);
        callbacks.count() as u64
    }

    /// Every callback that is not settled was read, or is named.
    #[track_caller]
    fn is_complete(&self, which: &str) {
        let read = (self.pending.len() + self.aside.len()) as u64;
        let unsettled = 2 * MESSAGES;
        let named = self.callbacks_named();
        assert!(read <= unsettled, "{which}: {read}");
        assert!(
            read + named >= unsettled,
            "{which}: {read} read, {named} named of {unsettled}: {:?}",
            self.named
        );
    }
}

#[tokio::test]
async fn the_callbacks_on_a_damaged_page_are_named_and_all_others_are_read() {
    let whole = full().await;
    for page in leaves(whole.path(), "callback").into_iter().step_by(5) {
        let dir = damaged(whole.path(), page, &[0xff; PAGE]);
        let store = open(&dir).unwrap();
        let found = read(&store).await;
        found.is_complete(&format!("page {page}"));
        let named = found.callbacks_named();
        assert!((1..=60).contains(&named), "page {page}: {named}");
        for callback in &found.named {
            let sid = callback
                .resource
                .unwrap_or_else(|| panic!("{callback:?} of {:?}", found.named));
            let own = store.callbacks(sid).await;
            assert!(matches!(own, Err(StoreError::Damaged { .. })), "{own:?}");
        }
        assert_eq!(
            store.list(&all(Kind::Message)).await.unwrap().len() as u64,
            MESSAGES
        );
    }
}

#[tokio::test]
async fn an_index_that_is_damaged_is_gone_around() {
    let whole = full().await;
    for name in [
        "callback_pending",
        "callback_aside",
        "destination_by_origin",
    ] {
        for page in leaves(whole.path(), name) {
            let dir = damaged(whole.path(), page, &[0; PAGE]);
            let store = open(&dir).unwrap();
            let found = read(&store).await;
            assert_eq!(found.callbacks_named(), 0, "{name}: {:?}", found.named);
            found.is_complete(name);
            assert!(!found.named.is_empty(), "{name} is named");
        }
    }
}

#[tokio::test]
async fn a_resource_on_a_damaged_page_is_named_and_left_out_of_lists() {
    let whole = full().await;
    let page = leaves(whole.path(), "resource")[1];
    let dir = damaged(whole.path(), page, &[0xff; PAGE]);
    let store = open(&dir).unwrap();
    let listed = store.list(&all(Kind::Message)).await.unwrap();
    let named: BTreeSet<_> = store.unreadable().into_iter().collect();
    assert_eq!((listed.len() + named.len()) as u64, MESSAGES, "{named:?}");
    for n in 1..=MESSAGES {
        let read = store.resources(&[sid(n)]).await;
        let lost = named.iter().any(|it| it.resource == Some(sid(n)));
        assert_eq!(read.is_err(), lost, "{n}: {read:?}");
    }
    read(&store).await.is_complete("a page of resources");
}

#[tokio::test]
async fn what_a_damaged_page_does_not_touch_is_written() {
    let whole = full().await;
    let pages = leaves(whole.path(), "callback");
    let dir = damaged(whole.path(), pages[3], &[0xff; PAGE]);
    let store = open(&dir).unwrap();
    let lost = (1..=CALLBACKS).filter(|n| n % 3 == 2);
    let mut refused = 0;
    for n in lost {
        let batch = Batch {
            outcomes: vec![delivered(n)],
            ..Batch::default()
        };
        match store.commit(batch).await {
            Ok(()) => {}
            Err(StoreError::Damaged { .. }) => refused += 1,
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert!((1..=60).contains(&refused), "{refused}");
    let new = MESSAGES + 1;
    store.commit(created([message(new)])).await.unwrap();
    let mut both = Batch::default();
    both.callbacks.push(callback(CALLBACKS + 1, new, HERE));
    store.commit(both).await.unwrap();
    let found = store.callback(callback_id(CALLBACKS + 1)).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn whichever_page_is_damaged_it_neither_hangs_nor_panics() {
    let whole = full().await;
    let pages = fs::metadata(whole.path().join("ringback.db"))
        .unwrap()
        .len()
        / PAGE as u64;
    let (mut opened, mut partly) = (0, 0);
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let page = rng.random_range(1..=pages);
        let mut bytes = vec![0; PAGE];
        match seed % 3 {
            0 => rng.fill(&mut bytes[..]),
            1 => bytes.fill(rng.random()),
            _ => {}
        }
        let dir = damaged(whole.path(), page, &bytes);
        // Where it is the page that describes all others, it is said so.
        let Ok(store) = open(&dir) else {
            continue;
        };
        opened += 1;
        let Ok(opening) = store.opening().await else {
            continue;
        };
        assert!(opening.last_position <= CALLBACKS, "seed {seed}");
        if store.destinations_owed().await.is_err() {
            continue;
        }
        let found = read(&store).await;
        found.is_complete(&format!("seed {seed}, page {page}"));
        partly += usize::from(!found.named.is_empty());
        for n in (1..=MESSAGES).step_by(9) {
            drop(store.resources(&[sid(n)]).await);
            drop(store.changes(sid(n)).await);
            drop(store.callbacks(sid(n)).await);
            drop(store.attempts(callback_id(n)).await);
        }
        drop(store.owing().await);
        let written = store.commit(created([message(MESSAGES + 1)])).await;
        assert!(
            matches!(written, Ok(()) | Err(StoreError::Damaged { .. })),
            "seed {seed}: {written:?}"
        );
    }
    assert!(opened >= 55, "{opened}");
    assert!(partly >= 10, "{partly}");
}
