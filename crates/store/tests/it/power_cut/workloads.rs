//! What is done to the disks whose power is cut.
//!
//! To cut another workload, add a row to [`WORKLOADS`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ringback_domain::change::News;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_engine::{Clock, Hold, Reported};
use ringback_store::Store;
use ringback_store::sqlite::{DiskAccess, LogPages, SqliteStore};
use ringback_testing::faulty_store::FaultyStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use ringback_testing::vfs::Op;
use tokio::time::sleep;

use super::story::{Scene, Story};
use crate::everything::Everything;
use crate::fixture::{callback_id, folder, sid};
use crate::property::{World, acts};
use crate::stored;

/// What is cut, and how often.
pub const WORKLOADS: [Workload; 6] = [
    Workload {
        name: "accept",
        cuts: 40,
        scene: |durability| block_on(accept(durability)),
    },
    Workload {
        name: "outcome",
        cuts: 40,
        scene: |durability| block_on(outcome(durability)),
    },
    Workload {
        name: "checkpoint",
        cuts: 40,
        scene: |durability| block_on(checkpoint(durability)),
    },
    Workload {
        name: "retention",
        cuts: 30,
        scene: |durability| block_on(retention(durability)),
    },
    Workload {
        name: "migration",
        cuts: 30,
        scene: |durability| block_on(migration(durability)),
    },
    Workload {
        name: "doubt",
        cuts: 20,
        scene: |durability| block_on(doubt(durability)),
    },
];

/// Something that a store does.
pub struct Workload {
    pub name: &'static str,
    /// How often the power is cut meanwhile.
    pub cuts: usize,
    scene: fn(Durability) -> Story,
}

impl Workload {
    /// Does it, without a power cut.
    pub fn run(&self, durability: Durability) -> Story {
        (self.scene)(durability)
    }
}

/// Whether SQLite syncs.
#[derive(Clone, Copy, Debug)]
pub enum Durability {
    /// As in production.
    Full,
    /// Never.
    Off,
}

impl Durability {
    /// The log is copied back in the midst of commits, and often, so that little has to be
    /// done to see that. What is done to the disk is the same each time.
    const fn copied_by_commits(self) -> DiskAccess {
        DiskAccess {
            log: LogPages::DEFAULT,
            vfs: None,
            pragmas: match self {
                Self::Full => "PRAGMA wal_autocheckpoint = 40;",
                Self::Off => "PRAGMA wal_autocheckpoint = 40; PRAGMA synchronous = OFF;",
            },
        }
    }

    /// The log is copied back beside commits, as in production, but often.
    const fn copied_beside_commits(self) -> DiskAccess {
        DiskAccess {
            log: LogPages {
                at_a_time: 20,
                start_over: 60,
            },
            vfs: None,
            pragmas: match self {
                Self::Full => "",
                Self::Off => "PRAGMA synchronous = OFF;",
            },
        }
    }
}

/// An engine takes orders and reports; nothing that it sends is answered.
async fn accept(durability: Durability) -> Story {
    let mut scene = Scene::new(folder(), durability.copied_by_commits());
    let (engine, store) = engine(&scene, |_| (Duration::MAX, Ending::Status(200))).await;
    take_orders(&engine, &mut scene).await;
    stop(engine, &store).await;
    scene.end(|_, _| true).await
}

/// An engine that finds callbacks pending delivers them, some at the second try, some long
/// after they were set aside.
async fn outcome(durability: Durability) -> Story {
    let mut scene = Scene::new(folder(), durability.copied_by_commits());
    let (taking, store) = engine(&scene, |_| (Duration::MAX, Ending::Status(200))).await;
    take_orders(&taking, &mut scene).await;
    stop(taking, &store).await;
    let begin = scene.moment();

    let tried: Mutex<HashSet<String>> = Mutex::default();
    let script = move |seen: &Seen| {
        let id = seen.header("webhook-id").unwrap().to_owned();
        let first = tried.lock().unwrap().insert(id);
        let status = match seen.url.as_str() {
            "https://host1.example/" if first => 500,
            "https://host2.example/" if seen.at < START + Duration::from_secs(600) => 404,
            _ => 200,
        };
        (Duration::from_millis(1), Ending::Status(status))
    };
    let (engine, store) = engine(&scene, script).await;
    deliver_all(&engine).await;
    stop(engine, &store).await;
    scene.end(|moment, _| moment > begin).await
}

/// Batches of every kind while the log is copied back, by its own thread and when the store is
/// closed; the power is cut at those moments. Another run may be of another length.
async fn checkpoint(durability: Durability) -> Story {
    const SEED: [u8; 32] = [7; 32];
    // As often it is opened; more often if the thread that copies gets no turn.
    const OPENED: std::ops::Range<usize> = 8..80;
    let scene = Scene::new(folder(), durability.copied_beside_commits());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut world = World::default();
    for opened in 1..OPENED.end {
        let store = scene.store();
        for _ in 0..10 {
            let acts = vec(acts(), 4..24).new_tree(&mut runner).unwrap().current();
            store.commit(world.batch(&acts)).await.unwrap();
        }
        store.inner().close().await;
        let log = scene.disk.log();
        let begun = log.iter().filter(|op| begins_the_log(op)).count();
        if opened >= OPENED.start && begun > opened {
            return scene.end(copies_back).await;
        }
    }
    panic!("SQLite's log has never started over");
}

/// Whether the head of SQLite's log is written.
fn begins_the_log(op: &Op) -> bool {
    const HEAD: usize = 32;
    matches!(op, Op::Wrote { offset: 0, bytes, .. } if bytes.len() == HEAD)
}

/// Whether the log is being copied back: the database's file was or is to be touched, after it
/// was made.
fn copies_back(moment: usize, log: &[Op]) -> bool {
    let database = log.iter().find_map(Op::file);
    let made = log
        .iter()
        .position(|op| matches!(op, Op::Marked { .. }))
        .unwrap_or(log.len());
    let around = [moment.wrapping_sub(1), moment].map(|place| log.get(place));
    moment > made && around.into_iter().flatten().any(|op| op.file() == database)
}

/// An engine removes what is old, while it takes orders and delivers; the power is cut when it
/// removes.
async fn retention(durability: Durability) -> Story {
    const KEPT: Duration = Duration::from_secs(600);
    let mut scene = Scene::new(folder(), durability.copied_by_commits());
    let store = Arc::new(scene.store());
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: Clock::starting_at(START),
        retain: Some(KEPT),
        ..Setup::default()
    };
    let answered = |_: &Seen| (Duration::from_millis(1), Ending::Status(200));
    let engine = TestEngine::scripted(setup, answered).await;
    for round in 0..40 {
        for _ in 0..3 {
            let resource = engine.message("https://host.example/").await;
            engine.report(resource.sid, MessageStatus::Delivered).await;
            if round == 39 {
                // The others are to be removed.
                scene.told(resource.sid, 0);
            }
        }
        sleep(KEPT / 5).await;
    }
    stop(engine, &store).await;
    scene.end_at(|batch| !batch.removals.is_empty()).await
}

/// A store of the first version is opened.
async fn migration(durability: Durability) -> Story {
    let folder = stored::of_version_1_with_many_rows();
    let scene = Scene::new(folder, durability.copied_by_commits());
    let store = scene.store();
    let sids: Vec<_> = (0..4).map(sid).collect();
    let callbacks: Vec<_> = (0..4).map(callback_id).collect();
    let expected = Everything::read(&store, &sids, &callbacks).await;
    store.inner().close().await;
    Story {
        expected: vec![expected],
        sids,
        callbacks,
        ..scene.end(|_, _| true).await
    }
}

/// An engine takes orders and reports on a disk whose syncs fail now and then. It does not
/// know what became of such a batch, so only what it has told somebody must be there.
async fn doubt(durability: Durability) -> Story {
    let mut scene = Scene::new(folder(), durability.copied_by_commits());
    let (engine, store) = engine(&scene, |_| (Duration::MAX, Ending::Status(200))).await;
    for round in 0..120_u32 {
        scene.disk.fail_syncs(round % 3);
        let order = order("https://host.example/");
        let created = engine.engine.create(PROJECT, order, Hold::none()).await;
        let Ok(created) = created else { continue };
        scene.told(created.sid, 0);
        let news = News::Message(MessageStatus::Sent, MessageFacts::default());
        let reported = engine.engine.report(PROJECT, created.sid, news).await;
        if let Ok(Reported { seq: Some(seq), .. }) = reported {
            scene.told(created.sid, seq);
        }
    }
    scene.disk.mend();
    stop(engine, &store).await;
    let past = scene.end(|_, _| true).await;
    assert!(past.told.len() > 40, "{}", past.told.len());
    Story {
        expected: Vec::new(),
        ..past
    }
}

/// An engine over the store of `scene`, which is answered as `script` says.
async fn engine(
    scene: &Scene,
    script: impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static,
) -> (TestEngine, Arc<FaultyStore<SqliteStore>>) {
    let store = Arc::new(scene.store());
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: Clock::starting_at(START),
        ..Setup::default()
    };
    (TestEngine::scripted(setup, script).await, store)
}

/// Messages, three at a time, with one or two reports each.
async fn take_orders(engine: &TestEngine, scene: &mut Scene) {
    for round in 0..12_u8 {
        let url = format!("https://host{}.example/", round % 4);
        let create = || engine.order(order(&url), Hold::none());
        let (first, second, third) = tokio::join!(create(), create(), create());
        for resource in [&first, &second, &third] {
            scene.told(resource.sid, 0);
        }
        let reports = [
            (&first, MessageStatus::Sending),
            (&first, MessageStatus::Sent),
            (&second, MessageStatus::Delivered),
        ];
        for (resource, status) in reports {
            let reported = engine.report(resource.sid, status).await;
            scene.told(resource.sid, reported.seq.unwrap());
        }
    }
}

/// Waits until nothing is owed any more.
pub async fn deliver_all(engine: &TestEngine) {
    // Of a clock that is paused: as long as callbacks are tried.
    const LONGEST: u32 = 73 * 60;
    for _ in 0..LONGEST {
        if engine.engine.store().unsettled().await.unwrap() == 0 {
            return;
        }
        sleep(Duration::from_secs(60)).await;
    }
    panic!("something is still owed");
}

/// Ends the engine and closes the store.
async fn stop(engine: TestEngine, store: &FaultyStore<SqliteStore>) {
    engine.running.drain(Duration::ZERO).await;
    store.inner().close().await;
}

/// On a clock that is paused.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}
