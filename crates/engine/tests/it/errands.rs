//! Errands, and what one resource does to another: once, in one commit, whatever fails.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::change::{News, Status};
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::subscription::Method;
use ringback_engine::Clock;
use ringback_engine::network::{
    Ask, Brought, Effect, Ending as CallEnding, Errand, Fetch, Fetched, Network, Next, Offspring,
    Performed, Planned, Refusal, Scene, Word,
};
use ringback_engine::transport::FailureKind;
use ringback_store::{Step, Store};
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, seconds};

const DOCUMENT: &str = "https://app.example/document";
const FALLBACK: &str = "https://app.example/fallback";

/// Fetches a document for each message, then makes another message that says what was fetched,
/// and tells that one at once to be sent.
struct Fetching;

const FETCH: u32 = 1;

/// What is kept of a message whose document is not there yet.
const FETCHES: &str = "fetches";

fn planned(after: Duration) -> Next {
    Next::Step(Planned {
        after,
        number: FETCH,
        draw: 0,
    })
}

fn sending() -> News {
    News::Message(MessageStatus::Sending, MessageFacts::default())
}

impl Network for Fetching {
    fn admit(&self, _: &NewResource, _: &mut Scene<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn accept(&self, resource: &Resource, _: &mut Scene<'_>) -> Performed {
        match resource.memo {
            Some(_) => Performed::default(),
            None => Performed {
                next: planned(seconds(1)),
                memo: Some(FETCHES.into()),
                ..Performed::default()
            },
        }
    }

    fn errand(&self, _: &Resource, _: &Step, _: &mut Scene<'_>) -> Option<Errand> {
        Some(Errand::Fetch(Box::new(Fetch {
            url: DOCUMENT.to_owned(),
            method: Method::Post,
            params: vec![("CallSid".to_owned(), "CA1".to_owned())],
            fallback: Some((FALLBACK.to_owned(), Method::Get)),
        })))
    }

    fn perform(&self, _: &Resource, _: &Step, _: &mut Scene<'_>) -> Performed {
        unreachable!("each step has an errand")
    }

    fn resume(&self, _: &Resource, _: &Step, brought: Brought, scene: &mut Scene<'_>) -> Performed {
        let Brought::Fetched(Fetched { tries, page }) = brought else {
            unreachable!("documents alone are asked for");
        };
        let text = page.map_or_else(|| "nothing".to_owned(), |page| page.text);
        let sid = scene.new_sid();
        let child = Offspring {
            sid,
            new: order(URL).new,
            subscriptions: order(URL).subscriptions,
            memo: Some(text.into()),
        };
        let remark = |it: &ringback_engine::network::FetchTry| {
            let code = it
                .failure
                .as_ref()
                .map(|(code, _)| code.as_str().to_owned());
            Effect::Remark(format!("{} {:?} {code:?}", it.url, it.status))
        };
        let mut effects: Vec<Effect> = tries.iter().map(remark).collect();
        effects.push(Effect::Create(Box::new(child)));
        effects.push(Effect::Tell {
            sid,
            word: Word::Said("go".into()),
        });
        Performed {
            news: vec![sending()],
            memo: Some("".into()),
            effects,
            ..Performed::default()
        }
    }

    fn told(&self, resource: &Resource, word: Word, _: &mut Scene<'_>) -> Performed {
        assert_eq!(word, Word::Said("go".into()));
        assert!(resource.memo.is_some());
        Performed {
            news: vec![sending()],
            next: Next::AsPlanned,
            ..Performed::default()
        }
    }

    fn asked(&self, _: &Resource, ask: Ask, _: &mut Scene<'_>) -> Result<Performed, Refusal> {
        Ok(match ask {
            // Another document: it is asked for anew.
            Ask::Document => Performed {
                next: planned(Duration::ZERO),
                ..Performed::default()
            },
            Ask::End(_) => Performed::default(),
            other => unreachable!("nobody asks for {other:?}"),
        })
    }
}

struct World {
    store: Arc<FaultyStore<MemoryStore>>,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self {
            store: Arc::new(FaultyStore::new(MemoryStore::default())),
            clock: Clock::starting_at(START),
        }
    }

    async fn engine(
        &self,
        script: impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static,
    ) -> TestEngine {
        let setup = Setup {
            network: Arc::new(Fetching),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        TestEngine::scripted(setup, script).await
    }

    async fn statuses(&self, sid: Sid) -> Vec<Status> {
        let changes = self.store.changes(sid).await.unwrap();
        changes.iter().map(|it| it.news.status()).collect()
    }

    async fn remarks(&self, sid: Sid) -> Vec<String> {
        let remarks = self.store.warnings(sid).await.unwrap();
        remarks.into_iter().map(|it| it.text).collect()
    }
}

/// Takes callbacks at once; answers documents as `document` says.
fn documents(
    document: impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static,
) -> impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static {
    move |seen| {
        if is_document(seen) {
            document(seen)
        } else {
            (Duration::ZERO, Ending::Status(200))
        }
    }
}

fn is_document(seen: &Seen) -> bool {
    seen.url.starts_with("https://app.example/")
}

fn fetches(engine: &TestEngine) -> Vec<Seen> {
    engine.seen().into_iter().filter(is_document).collect()
}

const SENT: [Status; 2] = [
    Status::Message(MessageStatus::Queued),
    Status::Message(MessageStatus::Sending),
];

/// The messages that were made for others, by what their document said.
async fn made(world: &World) -> Vec<(Option<Arc<str>>, Vec<Status>)> {
    let query =
        ringback_store::ListQuery::all(PROJECT, ringback_domain::resource::Kind::Message, 100);
    let mut made = Vec::new();
    for resource in world.store.list(&query).await.unwrap() {
        if resource.memo.as_deref().is_some_and(|memo| memo != FETCHES) {
            made.push((resource.memo, world.statuses(resource.sid).await));
        }
    }
    made
}

#[tokio::test(start_paused = true)]
async fn a_document_is_fetched_and_what_follows_from_it_is_recorded() {
    let world = World::new();
    let script = documents(|_| (seconds(1), Ending::Document("<Response/>")));
    let engine = world.engine(script).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(10)).await;

    let fetched = fetches(&engine);
    assert_eq!(fetched.len(), 1);
    assert_eq!((&*fetched[0].method, &*fetched[0].url), ("POST", DOCUMENT));
    assert_eq!(fetched[0].body, "CallSid=CA1");
    assert!(fetched[0].header("x-signalwire-signature").is_some());
    assert_eq!(world.statuses(sid).await, SENT);
    assert_eq!(
        world.remarks(sid).await,
        [format!("{DOCUMENT} Some(200) None")]
    );
    assert_eq!(
        made(&world).await,
        [(Some("<Response/>".into()), SENT.to_vec())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_asked_once_and_told_why() {
    let world = World::new();
    let script = documents(|seen| {
        let ending = if seen.url.contains("fallback") {
            Ending::Document("instead")
        } else {
            Ending::Status(500)
        };
        (Duration::ZERO, ending)
    });
    let engine = world.engine(script).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(10)).await;

    let fetched = fetches(&engine);
    assert_eq!(fetched.len(), 2, "one try each");
    assert_eq!(fetched[1].method, "GET");
    assert_eq!(
        fetched[1].url,
        format!("{FALLBACK}?CallSid=CA1&ErrorCode=11217&ErrorUrl=https://app.example/document")
    );
    assert_eq!(
        world.remarks(sid).await,
        [
            format!("{DOCUMENT} Some(500) Some(\"11217\")"),
            format!("{FALLBACK} Some(200) None"),
        ]
    );
    assert_eq!(made(&world).await[0].0, Some("instead".into()));
}

#[tokio::test(start_paused = true)]
async fn what_brings_no_document_is_gone_on_without() {
    let world = World::new();
    let refused = Ending::Failure(FailureKind::ConnectionRefused);
    let engine = world
        .engine(documents(move |_| (Duration::ZERO, refused)))
        .await;
    engine.message(URL).await;
    sleep(seconds(10)).await;
    assert_eq!(fetches(&engine).len(), 2);
    assert_eq!(made(&world).await[0].0, Some("nothing".into()));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_was_not_there_at_a_stop_is_asked_for_again_with_the_same_token() {
    let world = World::new();
    let never = documents(|_| (seconds(14), Ending::Document("late")));
    let engine = world.engine(never).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(3)).await;
    let first = fetches(&engine);
    engine.running.drain(seconds(1)).await;
    assert_eq!(world.statuses(sid).await, SENT[..1]);

    let script = documents(|_| (Duration::ZERO, Ending::Document("<Response/>")));
    let engine = world.engine(script).await;
    sleep(seconds(1)).await;
    let second = fetches(&engine);
    assert_eq!((first.len(), second.len()), (1, 1));
    let token = |seen: &Seen| seen.header("i-twilio-idempotency-token").map(str::to_owned);
    assert!(token(&first[0]).is_some());
    assert_eq!(token(&first[0]), token(&second[0]));
    assert_eq!(made(&world).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_an_errand_brings_is_of_no_use_once_its_step_was_replaced() {
    let world = World::new();
    let script = documents(|_| (seconds(5), Ending::Document("<Response/>")));
    let engine = world.engine(script).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(2)).await;
    assert_eq!(fetches(&engine).len(), 1);
    let anew = engine.engine.ask_network(PROJECT, sid, Ask::Document).await;
    assert_eq!(anew.unwrap().made, []);
    sleep(seconds(3)).await;
    // The first one has come.
    assert_eq!(made(&world).await, []);
    assert_eq!(fetches(&engine).len(), 2);
    sleep(seconds(5)).await;
    assert_eq!(made(&world).await.len(), 1);

    let over = engine
        .engine
        .ask_network(PROJECT, sid, Ask::End(CallEnding::HangUp))
        .await;
    assert_eq!(over.unwrap().resource.sid, sid);
}

#[tokio::test(start_paused = true)]
async fn nothing_follows_twice_when_a_commit_fails() {
    for fault in [
        Fault::Full,
        Fault::UnsureAndNotWritten,
        Fault::UnsureButWritten,
    ] {
        let world = World::new();
        let script = documents(|_| (seconds(1), Ending::Document("<Response/>")));
        let engine = world.engine(script).await;
        let sid = engine.message(URL).await.sid;
        sleep(Duration::from_millis(1_500)).await;
        world.store.fail_next(fault);
        sleep(seconds(20)).await;
        assert_eq!(world.statuses(sid).await, SENT, "{fault:?}");
        let made = made(&world).await;
        assert_eq!(
            made,
            [(Some("<Response/>".into()), SENT.to_vec())],
            "{fault:?}"
        );
    }
}
