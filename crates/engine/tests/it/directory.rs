//! Phone numbers and applications: taken, changed, given up, and there again after a restart.

use std::sync::Arc;

use ringback_domain::application::ApplicationChange;
use ringback_domain::id::ProjectId;
use ringback_domain::number::NumberChange;
use ringback_domain::project::Settings;
use ringback_domain::subscription::Method;
use ringback_domain::webhook::WebhookChange;
use ringback_engine::{ApplicationOrder, NumberOrder, SetupError};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup, TestEngine, project};

use crate::seconds;

const NUMBER: &str = "+15550100001";

fn take(number: &str) -> NumberOrder {
    NumberOrder::Take {
        number: number.into(),
        change: Box::default(),
    }
}

fn make(name: &str) -> ApplicationOrder {
    ApplicationOrder::Make {
        change: Box::new(ApplicationChange {
            friendly_name: Some(name.to_owned()),
            ..ApplicationChange::default()
        }),
    }
}

async fn over(store: Arc<dyn Store>) -> TestEngine {
    let setup = Setup {
        store,
        ..Setup::default()
    };
    TestEngine::scripted(setup, |_| (seconds(0), Ending::Status(200))).await
}

#[tokio::test(start_paused = true)]
async fn a_number_belongs_to_one_project_until_it_is_given_up() {
    let engine = TestEngine::answering(200).await.engine;
    // Both come into one group: the second is refused all the same.
    let (one, other) = tokio::join!(
        engine.put_number(PROJECT, take(NUMBER)),
        engine.put_number(OTHER_PROJECT, take(NUMBER))
    );
    let one = one.unwrap();
    assert!(matches!(other, Err(SetupError::Taken)));
    assert_eq!(engine.directory().by_number(NUMBER), Some(Arc::clone(&one)));
    assert_eq!(engine.directory().number(OTHER_PROJECT, one.sid), None);
    assert_eq!(one.friendly_name, "(555) 010-0001");

    let sid = one.sid;
    let foreign = NumberOrder::GiveUp { sid };
    let refused = engine.put_number(OTHER_PROJECT, foreign.clone()).await;
    assert!(matches!(refused, Err(SetupError::NotFound)));
    let (gone, again) = tokio::join!(
        engine.put_number(PROJECT, foreign),
        engine.put_number(OTHER_PROJECT, take(NUMBER))
    );
    assert_eq!(gone.unwrap(), one);
    assert_eq!(engine.directory().by_number(NUMBER), Some(again.unwrap()));
    assert_eq!(engine.directory().numbers(PROJECT), []);
}

#[tokio::test(start_paused = true)]
async fn two_changes_at_once_do_not_undo_each_other() {
    let engine = TestEngine::answering(200).await.engine;
    let sid = engine.put_number(PROJECT, take(NUMBER)).await.unwrap().sid;
    let url = WebhookChange {
        url: Some(Some("http://a.example/".to_owned())),
        method: None,
    };
    let method = WebhookChange {
        url: None,
        method: Some(Method::Get),
    };
    let change = |voice| NumberOrder::Change {
        sid,
        change: Box::new(NumberChange {
            voice,
            ..NumberChange::default()
        }),
    };
    let (one, other) = tokio::join!(
        engine.put_number(PROJECT, change(url)),
        engine.put_number(PROJECT, change(method))
    );
    one.and(other).unwrap();
    let number = engine.directory().number(PROJECT, sid).unwrap();
    assert_eq!(
        number.voice.target(),
        Some(("http://a.example/", Method::Get))
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_names_applications_of_its_project_and_goes_to_relatives_alone() {
    let engine = TestEngine::answering(200).await.engine;
    let own = engine.put_application(PROJECT, make("own")).await.unwrap();
    let foreign = engine.put_application(OTHER_PROJECT, make("foreign")).await;
    let naming = |application| NumberOrder::Take {
        number: NUMBER.into(),
        change: Box::new(NumberChange {
            sms_application: Some(Some(application)),
            ..NumberChange::default()
        }),
    };
    let refused = engine
        .put_number(PROJECT, naming(foreign.unwrap().sid))
        .await;
    assert!(matches!(
        refused,
        Err(SetupError::UnknownApplication { .. })
    ));
    let number = engine.put_number(PROJECT, naming(own.sid)).await.unwrap();

    let to = |project: ProjectId| NumberOrder::Change {
        sid: number.sid,
        change: Box::new(NumberChange {
            project: Some(project),
            ..NumberChange::default()
        }),
    };
    let refused = engine.put_number(PROJECT, to(OTHER_PROJECT)).await;
    assert!(matches!(refused, Err(SetupError::Unrelated { .. })));
    let mut child = project(OTHER_PROJECT, "two", Settings::default());
    child.parent = Some(PROJECT);
    engine.put_project(child).await.unwrap();
    let moved = engine.put_number(PROJECT, to(OTHER_PROJECT)).await.unwrap();
    assert_eq!(moved.sms_application, None, "it stayed with its project");
    assert_eq!(engine.directory().numbers(PROJECT), []);
    assert_eq!(engine.directory().numbers(OTHER_PROJECT), [moved]);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_up_is_there_after_a_restart_newest_first() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = over(Arc::clone(&store)).await;
    let mut applications = Vec::new();
    for name in ["a", "b", "c"] {
        applications.insert(
            0,
            first
                .engine
                .put_application(PROJECT, make(name))
                .await
                .unwrap(),
        );
    }
    let number = first
        .engine
        .put_number(PROJECT, take(NUMBER))
        .await
        .unwrap();
    let sid = applications.remove(1).sid;
    let remove = ApplicationOrder::Remove { sid };
    first.engine.put_application(PROJECT, remove).await.unwrap();
    first.running.drain(seconds(1)).await;

    let second = over(store).await.engine;
    assert_eq!(second.directory().applications(PROJECT), applications);
    assert_eq!(second.directory().numbers(PROJECT), [number]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_recorded_is_not_in_force_and_what_was_is_found() {
    for (fault, recorded) in [
        (Fault::Full, false),
        (Fault::UnsureAndNotWritten, false),
        (Fault::UnsureButWritten, true),
    ] {
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let engine = over(Arc::<FaultyStore<_>>::clone(&store)).await.engine;
        store.fail_next(fault);
        let refused = engine.put_number(PROJECT, take(NUMBER)).await;
        assert!(matches!(refused, Err(SetupError::Record(_))), "{fault:?}");
        let known = engine.directory().by_number(NUMBER).is_some();
        assert!(recorded || !known, "{fault:?}");
        store.recover();
        // What is on the disk is read before the next one is recorded.
        let again = retried(&engine).await;
        assert_eq!(again.is_err(), recorded, "{fault:?}");
        assert!(engine.directory().by_number(NUMBER).is_some(), "{fault:?}");
    }

    async fn retried(engine: &ringback_engine::Engine) -> Result<(), SetupError> {
        for _ in 0..20 {
            match engine.put_number(PROJECT, take(NUMBER)).await {
                Err(SetupError::Record(_)) => {
                    tokio::time::sleep(seconds(1)).await;
                }
                other => return other.map(drop),
            }
        }
        panic!("the store has recovered");
    }
}
