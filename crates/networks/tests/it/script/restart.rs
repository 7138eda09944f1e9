//! A call whose engine stops in the middle of its document goes on where it was.

use ringback_engine::Clock;
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::test_engine::START;
use tokio::time::sleep;

use super::*;

struct World {
    store: Arc<MemoryStore>,
    clock: Clock,
    documents: HashMap<String, &'static str>,
    folder: tempfile::TempDir,
}

impl World {
    async fn engine(&self) -> TestEngine {
        let setup = Setup {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..setup(self.folder.path())
        };
        TestEngine::scripted(setup, answers(self.documents.clone())).await
    }
}

/// Stops and starts the engine again after each of these seconds; says what was requested in
/// all, and how the call ended.
async fn run(story: Story, stops: &[u64]) -> (Vec<String>, &'static str) {
    let world = World {
        store: Arc::default(),
        clock: Clock::starting_at(START),
        documents: story.documents,
        folder: tempfile::tempdir().expect("a folder"),
    };
    let mut engine = world.engine().await;
    let call = engine.order(order(story.call), Hold::none()).await;
    let mut requested = Vec::new();
    for seconds in stops {
        sleep(Duration::from_secs(*seconds)).await;
        let told = engine.seen();
        requested.extend(told.into_iter().map(|seen| seen.url));
        engine.running.drain(Duration::from_secs(1)).await;
        engine = world.engine().await;
    }
    let told = Told {
        engine,
        call,
        _folder: world.folder,
    };
    let told = told.finish().await;
    requested.extend(told.engine.seen().into_iter().map(|seen| seen.url));
    requested.retain(|url| !url.contains("status"));
    (requested, told.status())
}

fn story() -> Story {
    let first = "<Response><Say>Welcome to a rather long greeting of many words</Say>\
                 <Gather action=\"/menu\" numDigits=\"1\"/></Response>";
    Story::inbound(first)
        .with(
            "/menu",
            "<Response><Dial action=\"/after\">+15550100003</Dial></Response>",
        )
        .with("/after", "<Response><Record action=\"/bye\"/></Response>")
        .with("/bye", "<Response><Say>Bye</Say></Response>")
        .with_scenario(r#"{"digits":["1"]}"#)
}

#[tokio::test(start_paused = true)]
async fn a_document_goes_on_after_any_stop() {
    let (undisturbed, status) = run(story(), &[]).await;
    assert_eq!(status, "completed");
    for stop in (0..70).step_by(3) {
        let (mut requested, status) = run(story(), &[stop]).await;
        // What was under way when it stopped is asked for once more, with the same token.
        requested.dedup();
        assert_eq!(
            (requested, status),
            (undisturbed.clone(), "completed"),
            "{stop}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_goes_on_after_many_stops() {
    let (undisturbed, _) = run(story(), &[]).await;
    let (mut requested, status) = run(story(), &[1, 1, 2, 3, 4, 5, 8, 9]).await;
    requested.dedup();
    assert_eq!((requested, status), (undisturbed, "completed"));
}
