//! What the server says of itself when all is over, and what its store holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use ringback_domain::id::{ProjectId, Sid};
use ringback_store::Store as _;
use ringback_store::sqlite::SqliteStore;
use serde_json::Value;

use super::ledger::Ledger;
use super::traffic::external_id;
use crate::support::{base64, exchange};

/// More pages than there are callbacks.
const PAGES: usize = 1_000;

/// How many callbacks the server has in this state.
pub fn count(base: &str, authorization: &str, state: &str) -> usize {
    let header = format!("Authorization: Basic {}\r\n", base64(authorization));
    let (mut count, mut cursor) = (0, String::new());
    for _ in 0..PAGES {
        let path = format!("/v1/callbacks?state={state}&limit=1000{cursor}");
        let (status, body) = exchange(base, "GET", &path, &header, "");
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        count += page["callbacks"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
    panic!("pages without end");
}

/// Each resource has the changes that were offered, once each and in order, and nothing was
/// told twice.
pub async fn check_store(data: &Path, project: &str, ledger: &Ledger) {
    let store = SqliteStore::open(data).unwrap();
    let project: ProjectId = project.parse().unwrap();
    let mut offered: BTreeMap<u32, usize> = BTreeMap::new();
    for change in ledger.offers.keys() {
        *offered.entry(change.resource).or_default() += 1;
    }
    let name = |resource: &u32| (project, Arc::from(external_id(*resource)));
    let names: Vec<(ProjectId, Arc<str>)> = offered.keys().map(name).collect();
    let sids = store.externals(&names).await.unwrap();
    let checks = offered.into_iter().zip(sids);
    let checks = checks.map(|((resource, changes), sid)| {
        let sid = sid.expect("a resource of which something was acknowledged");
        check_resource(&store, resource, sid, changes)
    });
    // As many as the store has readers, and as many that wait for one.
    let mut checks = stream::iter(checks).buffer_unordered(8);
    while checks.next().await.is_some() {}
    drop(checks);
    store.close().await;
}

async fn check_resource(store: &SqliteStore, resource: u32, sid: Sid, changes: usize) {
    let seqs = store.changes(sid).await.unwrap();
    let seqs: Vec<usize> = seqs.iter().map(|change| change.seq as usize).collect();
    assert!(seqs.iter().copied().eq(0..changes), "{resource}: {seqs:?}");
    let rejected = store.rejected(sid).await.unwrap();
    assert!(rejected.is_empty(), "{resource}: {rejected:?}");
}
