//! Recordings, transcriptions and 10DLC, from report to request.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::call::{CallDirection, CallStatus, Document, NewCall};
use ringback_domain::campaign::{CampaignStatus, NewCampaign};
use ringback_domain::change::{News, Status};
use ringback_domain::id::Sid;
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::project::{Dialect, Settings, TenDlcBody};
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrim, Transcribe,
};
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Interest, Method, RecordingEvents, Subscription};
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};
use ringback_domain::verdict::{Gap, Verdict};
use ringback_engine::{Erase, Hold, Order};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine};
use ringback_wire::sign::{self, SigningKey};
use tokio::time::sleep;

use crate::{hours, seconds};

const CALL: Sid = Sid::from_bytes([5; 16]);
const HERE: &str = "https://u:p@crm.example/in?tenant=7#rt=900";
const SEEN: &str = "https://crm.example/in?tenant=7";

fn order(new: NewResource, method: Method, interest: Interest) -> Order {
    Order {
        new,
        subscriptions: vec![Subscription {
            url: HERE.to_owned(),
            method,
            interest,
            next_sequence: 0,
        }],
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

fn transcription() -> NewResource {
    NewResource::Transcription(NewTranscription {
        recording: Sid::from_bytes([7; 16]),
        call: TranscribedCall {
            sid: CALL,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            status: None,
            direction: None,
        },
    })
}

fn assignment() -> NewResource {
    NewResource::Assignment(NewAssignment {
        brand: Sid::from_bytes([1; 16]),
        campaign: Sid::from_bytes([2; 16]),
        order: Sid::from_bytes([3; 16]),
        number: Sid::from_bytes([4; 16]),
        phone_number: "+15550100123".to_owned(),
    })
}

async fn create(engine: &TestEngine, order: Order) -> Sid {
    engine.order(order, Hold::none()).await.sid
}

async fn report(engine: &TestEngine, sid: Sid, news: impl Into<News>) -> Verdict {
    let reported = engine.engine.report(PROJECT, sid, news.into()).await;
    reported.expect("the report is taken").verdict
}

/// Whether a request of scheme A was signed with the project's key, in both lengths.
fn is_signed(seen: &Seen) -> bool {
    let key = SigningKey::new("key-one");
    let sha1 = sign::json_signature(&key, &seen.url, seen.body.as_bytes());
    let sha256 = sign::json_sha256_signature(&key, &seen.url, seen.body.as_bytes());
    seen.header("X-SignalWire-Signature") == Some(&*sha1)
        && seen.header("X-SignalWire-Sha256-Signature") == Some(&*sha256)
}

#[tokio::test(start_paused = true)]
async fn an_assignments_ups_and_downs_arrive_in_order_as_signed_json() {
    let engine = TestEngine::answering(204).await;
    let sid = create(&engine, order(assignment(), Method::Get, Interest::Every)).await;
    let accepted = Verdict::Accepted(Gap::None);
    for (status, verdict) in [
        (AssignmentStatus::Pending, Verdict::Repeat),
        (AssignmentStatus::Failed, accepted),
        (AssignmentStatus::Pending, accepted),
        (AssignmentStatus::Completed, accepted),
        (AssignmentStatus::Pending, Verdict::Late),
        (AssignmentStatus::Removed, accepted),
    ] {
        let found = report(&engine, sid, Status::Assignment(status)).await;
        assert_eq!(found, verdict, "{status:?}");
    }
    engine.settled(seconds(10)).await;
    let seen = engine.seen();
    let events = ["failed", "pending", "activated"];
    assert_eq!(seen.len(), events.len());
    for (seen, event) in seen.iter().zip(events) {
        let expected = format!(
            r#"{{"project_id":"{PROJECT}","event_at":"2026-08-20T10:15:00Z","event_category":"number_assignment","event_type":"number_assignment_{event}","#
        );
        assert!(seen.body.starts_with(&expected), "{}", seen.body);
        assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", SEEN));
        assert_eq!(seen.header("Content-Type"), Some("application/json"));
        assert!(is_signed(seen), "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn json_that_was_pending_at_a_restart_is_still_json() {
    let store: Arc<MemoryStore> = Arc::default();
    let clock = ringback_engine::Clock::starting_at(START);
    let setup = |ten_dlc_body| Setup {
        settings: Settings {
            ten_dlc_body,
            ..Settings::default()
        },
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: clock.clone(),
        ..Setup::default()
    };
    let refuse = |_: &Seen| (Duration::ZERO, Ending::Status(503));
    let engine = TestEngine::scripted(setup(TenDlcBody::Json), refuse).await;
    let new = NewResource::Campaign(NewCampaign::reported(Sid::from_bytes([1; 16])));
    let sid = create(&engine, order(new, Method::Post, Interest::Every)).await;
    report(&engine, sid, Status::Campaign(CampaignStatus::Active)).await;
    sleep(seconds(30)).await;
    let first = engine.seen().remove(0);
    engine.running.drain(seconds(1)).await;

    // The other setting holds for what is recorded from now on.
    let accept = |_: &Seen| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup(TenDlcBody::Form), accept).await;
    sleep(seconds(1)).await;
    report(&engine, sid, Status::Campaign(CampaignStatus::Inactive)).await;
    engine.settled(hours(1)).await;
    let seen = engine.seen();
    let types: Vec<_> = seen.iter().map(|it| it.header("Content-Type")).collect();
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    assert_eq!(types, [Some("application/json"), Some(form)]);
    assert_eq!(seen[0].body, first.body);
    assert!(is_signed(&seen[0]));
    let told = seen[1].parameter("event_type");
    assert_eq!(told.as_deref(), Some("campaign_deactivated"));
    assert_eq!(seen[1].header("X-SignalWire-Sha256-Signature"), None);
}

#[tokio::test(start_paused = true)]
async fn in_twilios_dialect_the_url_vouches_for_json_and_is_recorded_without_that() {
    let settings = Settings {
        dialect: Dialect::Twilio,
        ..Settings::default()
    };
    let setup = Setup {
        settings,
        ..Setup::default()
    };
    let accept = |_: &Seen| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, accept).await;
    let sid = create(&engine, order(assignment(), Method::Post, Interest::Every)).await;
    report(
        &engine,
        sid,
        Status::Assignment(AssignmentStatus::Completed),
    )
    .await;
    engine.settled(seconds(10)).await;
    let seen = engine.seen().remove(0);
    let hash = sign::body_hash(seen.body.as_bytes());
    assert_eq!(seen.url, format!("{SEEN}&bodySHA256={hash}"));
    assert!(is_signed(&seen), "{seen:?}");
    let of_url = sign::query_signature(&SigningKey::new("key-one"), &seen.url);
    assert_eq!(seen.header("X-Twilio-Signature"), Some(&*of_url));
    // Words that were redacted could be guessed by their hash.
    let callback = &engine.callbacks(sid).await[0];
    let attempts = engine.engine.store().attempts(callback.id).await.unwrap();
    assert_eq!(attempts[0].url, SEEN);
}

fn recording() -> NewResource {
    NewResource::Recording(NewRecording {
        call: CALL,
        conference: None,
        source: RecordingSource::OutboundApi,
        channels: RecordingChannels::Mono,
        track: None,
        trim: RecordingTrim::DoNotTrim,
        transcribe: Transcribe::No,
    })
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_told_by_get_of_the_events_asked_for() {
    let engine = TestEngine::answering(200).await;
    let new = recording();
    let interest = Interest::Recording(RecordingEvents::DEFAULT);
    let sid = create(&engine, order(new, Method::Get, interest)).await;
    report(&engine, sid, Status::Recording(RecordingStatus::InProgress)).await;
    let facts = RecordingFacts {
        url: Some("https://m.example/r".to_owned()),
        duration: Some(seconds(17)),
        error: None,
    };
    report(
        &engine,
        sid,
        News::Recording(RecordingStatus::Completed, facts),
    )
    .await;
    engine.settled(seconds(10)).await;
    let seen = engine.seen();
    assert_eq!(seen.len(), 1);
    let expected = format!(
        "{SEEN}&AccountSid={PROJECT}&CallSid={CALL}&RecordingSid={sid}\
         &RecordingUrl=https://m.example/r&RecordingStatus=completed&RecordingDuration=17\
         &RecordingChannels=1&RecordingSource=OutBoundApi"
    );
    assert_eq!(
        (seen[0].method.as_str(), seen[0].url.as_str()),
        ("GET", &*expected)
    );
}

#[tokio::test(start_paused = true)]
async fn a_deleted_transcription_is_told_without_its_text() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let early = seen.at.since(START) < seconds(10);
        let status = if early { 503 } else { 200 };
        (Duration::ZERO, Ending::Status(status))
    })
    .await;
    let sid = create(
        &engine,
        order(transcription(), Method::Get, Interest::Every),
    )
    .await;
    let facts = TranscriptionFacts {
        text: Some("call me back".to_owned()),
        ..TranscriptionFacts::default()
    };
    let completed = News::Transcription(TranscriptionStatus::Completed, facts);
    report(&engine, sid, completed).await;
    sleep(seconds(5)).await;
    let first = &engine.seen()[0];
    assert_eq!(first.method, "POST");
    let text = first.parameter("TranscriptionText");
    assert_eq!(text.as_deref(), Some("call me back"));
    let erased = engine.engine.erase(PROJECT, sid, Erase::Delete).await;
    erased.expect("a transcription can be deleted");
    engine.settled(hours(1)).await;
    let last = engine.seen().pop().expect("it was tried again");
    assert_eq!(last.parameter("TranscriptionText").as_deref(), Some(""));
    assert_eq!(last.parameter("From").as_deref(), Some("+15550100001"));
    let store = engine.engine.store();
    let kept = store.changes(sid).await.expect("the store can be read");
    let kept = format!("{kept:?} {:?}", engine.callbacks(sid).await);
    assert!(!kept.contains("back\""), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn what_is_begun_for_a_call_waits_until_the_answer_was_written() {
    let engine = TestEngine::answering(200).await;
    let call = NewResource::Call(NewCall {
        direction: CallDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: seconds(60),
        requested: Vec::new(),
    });
    let quiet = Order {
        subscriptions: Vec::new(),
        ..order(call, Method::Post, Interest::Every)
    };
    let call = create(&engine, quiet).await;
    report(&engine, call, Status::Call(CallStatus::InProgress)).await;
    let (hold, release) = Hold::new();
    let order = order(recording(), Method::Post, Interest::Every);
    let asked = engine.engine.begin(PROJECT, call, order, hold).await;
    let made = asked.unwrap().made[0].sid;
    report(
        &engine,
        made,
        Status::Recording(RecordingStatus::InProgress),
    )
    .await;
    sleep(seconds(1)).await;
    assert_eq!(engine.seen().len(), 0);
    drop(release);
    sleep(seconds(1)).await;
    let told = engine.seen()[0].parameter("RecordingSid");
    assert_eq!(told, Some(made.to_string()));
}
