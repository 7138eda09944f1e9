//! Scenarios from their setting to the callbacks that they lead to.

use std::collections::HashMap;
use std::time::Duration;

use ringback_domain::brand::NewBrand;
use ringback_domain::call::{CallDirection, Document, NewCall};
use ringback_domain::campaign::NewCampaign;
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
use ringback_domain::number_assignment::NewAssignment;
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::subscription::{CallEvent, Interest, Method, Subscription};
use ringback_engine::{Hold, Order, ScenarioOrder};
use ringback_networks::scenario::{Format, Scenario, read, shipped};
use ringback_testing::test_engine::{PROJECT, TestEngine};
use tempfile::TempDir;

use crate::script::engine;

const STATUS: &str = "https://app.example/status";
const OURS: &str = "+15550100001";
const THEIRS: &str = "+15550100002";

/// An engine with a simulated network, and where its recordings are.
struct Stage {
    engine: TestEngine,
    _folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let (engine, folder) = engine(HashMap::new()).await;
        Self {
            engine,
            _folder: folder,
        }
    }

    /// Sets a scenario as it is written.
    async fn set(&self, toml: &str) {
        let scenario = read(toml, Format::Toml).expect("a scenario");
        self.put(&scenario).await;
    }

    async fn put(&self, scenario: &Scenario) {
        let order = ScenarioOrder::Set {
            name: scenario.name().into(),
            subject: scenario.kind().expect("it has one").as_str().into(),
            text: scenario.written().into(),
            left: scenario.next,
        };
        let set = self.engine.engine.put_scenario(PROJECT, order).await;
        set.expect("it is set");
    }

    async fn create(&self, new: NewResource, interest: Interest) -> Sid {
        let order = Order {
            new,
            subscriptions: vec![Subscription {
                url: STATUS.to_owned(),
                method: Method::Post,
                interest,
                next_sequence: 0,
            }],
            application: None,
            interest: None,
            depth: 0,
            warnings: Vec::new(),
        };
        self.engine.order(order, Hold::none()).await.sid
    }

    async fn call(&self, to: &str, requested: &[(&str, &str)]) -> Sid {
        let new = NewCall {
            requested: requested
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..call(to)
        };
        let every = Interest::Call(CallEvent::ALL.into_iter().collect());
        self.create(NewResource::Call(new), every).await
    }

    async fn message(&self, to: &str, transport: MessageTransport) -> Sid {
        let new = NewMessage {
            transport,
            ..message(to)
        };
        self.create(NewResource::Message(new), Interest::Every)
            .await
    }

    /// The resource, once it is over.
    async fn over(&self, sid: Sid) -> Resource {
        for _ in 0..100_000 {
            let found = self.engine.engine.store().resources(&[sid]).await;
            let resource = found.expect("a store").remove(0).expect("it is there");
            if resource.status().is_final() {
                self.engine.settled(Duration::from_secs(60)).await;
                return resource;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{sid} is not over");
    }

    /// What was told of it: its statuses, with the parameters of these names.
    fn told(&self, sid: Sid, names: &[&str]) -> Vec<String> {
        let sid = sid.to_string();
        let seen = self.engine.seen();
        let own = seen.iter().filter(|seen| {
            let of = ["CallSid", "MessageSid", "RecordingSid", "TranscriptionSid"];
            of.into_iter()
                .any(|name| seen.parameter(name).as_ref() == Some(&sid))
        });
        let told = own.map(|seen| {
            let words = ["CallStatus", "MessageStatus"];
            let status = words.into_iter().find_map(|name| seen.parameter(name));
            let more = names.iter().filter_map(|name| seen.parameter(name));
            let words: Vec<String> = status.into_iter().chain(more).collect();
            words.join(" ")
        });
        told.collect()
    }
}

fn call(to: &str) -> NewCall {
    NewCall {
        direction: CallDirection::OutboundApi,
        from: OURS.to_owned(),
        to: to.to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    }
}

fn message(to: &str) -> NewMessage {
    NewMessage {
        direction: MessageDirection::OutboundApi,
        from: OURS.to_owned(),
        to: to.to_owned(),
        body: "hello".to_owned(),
        media: Vec::new(),
        messaging_service: None,
        validity: Duration::from_secs(14_400),
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    }
}

/// The shipped scenario of this name, as it is set.
fn ship(name: &str) -> &'static Scenario {
    &shipped::find(name).expect("it is shipped").scenario
}

#[tokio::test(start_paused = true)]
async fn each_shipped_scenario_of_a_call_leads_to_its_callbacks() {
    const RINGS: [&str; 2] = ["initiated", "ringing 180"];
    const TALK: [&str; 3] = ["answered 200", "in-progress 200", "completed 200"];
    const BOX: [&str; 3] = [
        "answered 200 machine",
        "in-progress 200 machine",
        "completed 200 machine",
    ];
    check("answered", &[&RINGS[..], &TALK].concat()).await;
    check("busy", &["initiated", "busy 486"]).await;
    check("no-answer", &[&RINGS[..], &["no-answer 487"]].concat()).await;
    check("failed", &["initiated", "failed 404"]).await;
    check("unreachable", &["initiated", "failed"]).await;
    check("busy-everywhere", &["initiated", "busy 600"]).await;
    check("unwanted-call", &[&RINGS[..], &["failed 607"]].concat()).await;
    check("canceled", &[&RINGS[..], &["canceled 487"]].concat()).await;
    check("slow-answer", &[&RINGS[..], &TALK].concat()).await;
    check("voicemail", &[&RINGS[..], &BOX].concat()).await;
    check("machine", &[&RINGS[..], &BOX].concat()).await;
    check("poor-audio", &[&RINGS[..], &TALK].concat()).await;

    async fn check(name: &str, expected: &[&str]) {
        let stage = Stage::new().await;
        stage.put(ship(name)).await;
        let detection: &[_] = match name {
            "voicemail" | "machine" => &[("MachineDetection", "Enable")],
            _ => &[],
        };
        let sid = stage.call(THEIRS, detection).await;
        stage.over(sid).await;
        let told = stage.told(sid, &["SipResultCode", "AnsweredBy"]);
        assert_eq!(told, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn times_are_those_of_the_scenario() {
    let stage = Stage::new().await;
    stage
        .set(
            "[call]\ndialled_after_s = 1\nrings_after_s = 2.5\nrings_for_s = 45\n\
             hangs_up_after_s = 7",
        )
        .await;
    let sid = stage.call(THEIRS, &[]).await;
    let resource = stage.over(sid).await;
    let Body::Call(call) = &resource.body else {
        panic!("a call")
    };
    let since = |at: Option<_>, from| {
        Option::map(at, |at: ringback_domain::time::Timestamp| at.since(from))
    };
    let started = call.started_at.expect("it was dialled");
    assert_eq!(started.since(resource.created_at), Duration::from_secs(1));
    assert_eq!(
        since(call.answered_at, started),
        Some(Duration::from_millis(47_500))
    );
    let answered = call.answered_at.expect("it was answered");
    assert_eq!(since(call.ended_at, answered), Some(Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn poor_audio_is_told_with_the_end_of_the_call() {
    let stage = Stage::new().await;
    stage.put(ship("poor-audio")).await;
    let sid = stage.call(THEIRS, &[]).await;
    let resource = stage.over(sid).await;
    let Body::Call(call) = &resource.body else {
        panic!("a call")
    };
    let quality = call.quality.expect("it was answered");
    assert!(quality.mos_hundredths < 250, "{quality:?}");
    assert!(quality.jitter_max_ms > 180, "{quality:?}");
}

#[tokio::test(start_paused = true)]
async fn each_shipped_scenario_of_a_message_leads_to_its_callbacks() {
    use MessageTransport::{Mms, Sms};
    const SENT: [&str; 2] = ["sending", "sent"];
    check("delivered", Sms, &[&SENT[..], &["delivered"]].concat()).await;
    check(
        "undelivered",
        Sms,
        &[&SENT[..], &["undelivered 30003"]].concat(),
    )
    .await;
    check("failed-message", Sms, &["failed 30001"]).await;
    check("no-receipt", Sms, &SENT).await;
    check("late-receipt", Sms, &[&SENT[..], &["delivered"]].concat()).await;
    check("slow-message", Sms, &[&SENT[..], &["delivered"]].concat()).await;
    check("price-too-high", Sms, &["failed 30010"]).await;
    check("too-fast", Sms, &["failed 30022"]).await;
    check("daily-cap", Sms, &["failed 30027"]).await;
    check("carrier-timeout", Sms, &["failed 30410"]).await;
    check(
        "no-campaign",
        Sms,
        &[&SENT[..], &["undelivered 30034"]].concat(),
    )
    .await;
    check("mms", Mms, &SENT).await;
    check("mms-undelivered", Mms, &["sending", "undelivered 30011"]).await;
    check(
        "mms-undelivered",
        Sms,
        &[&SENT[..], &["delivered"]].concat(),
    )
    .await;

    async fn check(name: &str, transport: MessageTransport, expected: &[&str]) {
        let stage = Stage::new().await;
        stage.put(ship(name)).await;
        let sid = stage.message(THEIRS, transport).await;
        // As long as the latest receipt takes, and a little.
        tokio::time::sleep(Duration::from_secs(700)).await;
        let told = stage.told(sid, &["ErrorCode"]);
        let told: Vec<&str> = told
            .iter()
            .map(String::as_str)
            .filter(|it| *it != "queued")
            .collect();
        assert_eq!(told, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn undelivered_with_any_code() {
    let stage = Stage::new().await;
    for code in [
        "30003", "30004", "30005", "30006", "30007", "30008", "30009", "30017",
    ] {
        let toml = format!("like = \"undelivered\"\n[message]\nerror_code = {code}");
        stage.set(&toml).await;
        let sid = stage.message(THEIRS, MessageTransport::Sms).await;
        stage.over(sid).await;
        let told = stage.told(sid, &["ErrorCode"]);
        assert_eq!(told.last(), Some(&format!("undelivered {code}")));
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_that_matches_goes_before_older_ones_and_before_numbers() {
    let stage = Stage::new().await;
    check(&stage, "+12125550486", "busy").await;
    stage
        .set("name = \"a\"\nmatch = { to = \"+1212*\" }\n[call]\nsip = 603")
        .await;
    check(&stage, "+12125550486", "failed").await;
    stage
        .set("name = \"b\"\nmatch = { from = \"*1\" }\n[call]\nanswer = \"no-answer\"")
        .await;
    check(&stage, "+12125550486", "no-answer").await;
    stage
        .set("name = \"c\"\nmatch = { to = \"+49*\" }\n[call]\nanswer = \"human\"")
        .await;
    check(&stage, "+12125550486", "no-answer").await;
    check(&stage, "+4930555", "completed").await;
    // Set again, it is the newest.
    stage
        .set("name = \"a\"\nmatch = { to = \"+1212*\" }\n[call]\nsip = 604")
        .await;
    check(&stage, "+12125550486", "failed").await;
    for name in ["a", "b"] {
        let order = ScenarioOrder::Remove { name: name.into() };
        let removed = stage.engine.engine.put_scenario(PROJECT, order).await;
        removed.expect("it is taken away");
    }
    check(&stage, "+12125550486", "busy").await;

    async fn check(stage: &Stage, to: &str, expected: &str) {
        let sid = stage.call(to, &[]).await;
        assert_eq!(stage.over(sid).await.status().as_str(), expected, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_ones_are_counted_also_of_those_that_come_together() {
    let stage = Stage::new().await;
    stage.set("next = 3\n[message]\nstatus = \"failed\"").await;
    let messages = (0..10).map(|_| stage.message(THEIRS, MessageTransport::Sms));
    let sids = futures_util::future::join_all(messages).await;
    let mut failed = 0;
    for sid in sids {
        failed += usize::from(stage.over(sid).await.status().as_str() == "failed");
    }
    assert_eq!(failed, 3);
    let left = stage.engine.engine.directory().scenarios(PROJECT);
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn the_course_of_a_resource_stays_when_its_scenario_is_taken_away() {
    let stage = Stage::new().await;
    stage
        .set("name = \"x\"\n[call]\nrings_for_s = 30\nsip = 603")
        .await;
    let sid = stage.call(THEIRS, &[]).await;
    let order = ScenarioOrder::Remove { name: "x".into() };
    let removed = stage.engine.engine.put_scenario(PROJECT, order).await;
    removed.expect("it is taken away");
    let resource = stage.over(sid).await;
    assert_eq!(resource.status().as_str(), "failed");
    let store = stage.engine.engine.store();
    let remarks = store.warnings(sid).await.expect("a store");
    assert_eq!(remarks[0].text, "it takes the course of the scenario `x`");
}

#[tokio::test(start_paused = true)]
async fn fictional_numbers_take_the_course_that_they_stand_for() {
    let stage = Stage::new().await;
    check(&stage, "0180", "canceled").await;
    check(&stage, "0181", "failed").await;
    check(&stage, "0182", "busy").await;
    check(&stage, "0183", "completed").await;
    check(&stage, "0184", "completed").await;
    check(&stage, "0189", "failed").await;
    // Those of messages mean nothing to calls.
    check(&stage, "0194", "completed").await;
    for (ending, expected) in [
        ("0180", "delivered"),
        ("0192", "delivered"),
        ("0193", "delivered"),
        ("0194", "failed"),
        ("0195", "failed"),
        ("0196", "failed"),
        ("0197", "failed"),
        ("0198", "delivered"),
        ("0199", "undelivered"),
    ] {
        let to = format!("+1212555{ending}");
        let sid = stage.message(&to, MessageTransport::Sms).await;
        assert_eq!(stage.over(sid).await.status().as_str(), expected, "{to}");
    }

    async fn check(stage: &Stage, ending: &str, expected: &str) {
        let to = format!("+1212555{ending}");
        let sid = stage.call(&to, &[]).await;
        assert_eq!(stage.over(sid).await.status().as_str(), expected, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn recordings_and_transcriptions_end_as_their_scenario_or_number_says() {
    check("", "+12125550186", "absent", None).await;
    check("", "+12125550187", "failed", None).await;
    check("", "+12125550188", "completed", Some("failed")).await;
    check("", THEIRS, "completed", Some("completed")).await;
    check("like = \"recording-absent\"", THEIRS, "absent", None).await;
    check("like = \"recording-failed\"", THEIRS, "failed", None).await;
    let failed = "like = \"transcription-failed\"\nmatch = { to = \"*2\", from = \"+1555*\" }";
    check(failed, THEIRS, "completed", Some("failed")).await;
    let told = "[transcription]\ntext = \"two pizzas\"\nends_after_s = 20";
    check(told, THEIRS, "completed", Some("completed two pizzas")).await;

    async fn check(toml: &str, to: &str, recording: &str, transcription: Option<&str>) {
        let stage = Stage::new().await;
        if !toml.is_empty() {
            stage.set(toml).await;
        }
        let asked = [
            ("Record", "true"),
            ("RecordingStatusCallback", STATUS),
            ("RecordingStatusCallbackEvent", "completed absent"),
            ("Transcribe", "true"),
            ("TranscribeCallback", STATUS),
        ];
        let sid = stage.call(to, &asked).await;
        stage.over(sid).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let seen = stage.engine.seen();
        let told = |name| seen.iter().rev().find_map(|seen| seen.parameter(name));
        assert_eq!(
            told("RecordingStatus").as_deref(),
            Some(recording),
            "{toml} {to}"
        );
        let status = told("TranscriptionStatus");
        let text = told("TranscriptionText").unwrap_or_default();
        match transcription {
            None => assert_eq!(status, None, "{toml} {to}"),
            Some(expected) => {
                let told = format!("{} {text}", status.unwrap_or_default());
                assert!(told.starts_with(expected), "{told}: {toml} {to}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_registry_follows_its_shipped_scenarios() {
    let stage = Stage::new().await;
    for name in [
        "brand-unverified",
        "campaign-deactivated",
        "assignment-retried",
    ] {
        stage.put(ship(name)).await;
    }
    let brand = NewResource::Brand(NewBrand::default());
    let brand = stage.create(brand, Interest::Every).await;
    let campaign = NewResource::Campaign(NewCampaign::reported(brand));
    let campaign = stage.create(campaign, Interest::Every).await;
    let assignment = NewResource::Assignment(NewAssignment {
        brand,
        campaign,
        order: Sid::from_bytes([1; 16]),
        number: Sid::from_bytes([2; 16]),
        phone_number: OURS.to_owned(),
    });
    let assignment = stage.create(assignment, Interest::Every).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    stage.engine.settled(Duration::from_secs(60)).await;
    for (sid, expected) in [
        (brand, &["pending", "unverified", "completed"][..]),
        (campaign, &["pending", "active", "inactive"]),
        (assignment, &["pending", "failed", "pending", "completed"]),
    ] {
        let changes = stage.engine.engine.store().changes(sid).await;
        let changes = changes.expect("a store");
        let statuses: Vec<&str> = changes.iter().map(|it| it.news.status().as_str()).collect();
        assert_eq!(statuses, expected);
        // Of the first status of an assignment, and of all others, somebody is told.
        let told = stage.engine.callbacks(sid).await;
        assert!(told.len() + 1 >= expected.len(), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_far_end_says_is_what_a_recording_of_the_call_hears() {
    let stage = Stage::new().await;
    stage
        .set("[call]\nsays = [\"leave a message\", \"after the tone\"]\nhangs_up_after_s = 20")
        .await;
    let asked = [
        ("Record", "true"),
        ("Transcribe", "true"),
        ("TranscribeCallback", STATUS),
    ];
    let sid = stage.call(THEIRS, &asked).await;
    stage.over(sid).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let seen = stage.engine.seen();
    let text = seen
        .iter()
        .find_map(|seen| seen.parameter("TranscriptionText"));
    assert_eq!(text.as_deref(), Some("leave a message after the tone"));
}
