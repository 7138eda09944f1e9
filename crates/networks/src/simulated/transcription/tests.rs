//! Transcriptions from a recording that is there to their callback, on a paused clock.

use std::sync::Mutex;

use ringback_domain::call::{Document, NewCall};
use ringback_domain::project::Settings;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingTrim,
};
use ringback_domain::resource::Kind;
use ringback_domain::transcription::Transcription;
use ringback_engine::network::Ask;
use ringback_engine::transport::FailureKind;
use ringback_engine::{Clock, Hold, UpdateError};
use ringback_store::{ListQuery, RecordingFiles, Store};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, ScriptedTransport, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, project};
use ringback_wire::url::CallbackUrl;
use tempfile::TempDir;
use tokio::time::sleep;

use super::*;
use crate::recogniser::RecogniserConfig;
use crate::{RecordingConfig, RecordingLinks, Simulated, SimulatedConfig, Voice};

const CALL: Sid = Sid::from_bytes([5; 16]);
const CALLBACK: &str = "http://app.example/transcribed";
const RECOGNISER: &str = "http://recogniser.example/v1/audio/transcriptions";
const ONE_TWO_THREE: &str = r#"{"text": " One two three."}"#;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What outlives a crash, and the recogniser, which has a life of its own.
struct World {
    store: Arc<MemoryStore>,
    clock: Clock,
    folder: TempDir,
    heard: Arc<Mutex<Vec<Seen>>>,
    recogniser: Option<Arc<Recogniser>>,
}

impl World {
    /// A world without a recogniser.
    fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::default()),
            clock: Clock::starting_at(START),
            folder: tempfile::tempdir().unwrap(),
            heard: Arc::default(),
            recogniser: None,
        }
    }

    /// A world whose recogniser ends each request in its turn like this, after this many
    /// seconds; the last ending stays.
    fn hearing(endings: &[(u64, Ending)]) -> Self {
        let mut world = Self::new();
        let endings = endings.to_vec();
        let turn = Mutex::new(0);
        let transport = ScriptedTransport::new(world.clock.clone(), move |_| {
            let mut turn = turn.lock().unwrap();
            let (after, ending) = endings[(*turn).min(endings.len() - 1)];
            *turn += 1;
            (seconds(after), ending)
        });
        world.heard = transport.seen();
        let config = RecogniserConfig {
            url: CallbackUrl::parse(RECOGNISER).unwrap(),
            model: "base".to_owned(),
            language: None,
            key: None,
            timeout: seconds(60),
            concurrency: 2,
            attempts: 4,
        };
        world.recogniser = Some(Arc::new(Recogniser::over(Arc::new(transport), config)));
        world
    }

    fn files(&self) -> RecordingFiles {
        RecordingFiles::of(self.folder.path())
    }

    async fn start(&self) -> TestEngine {
        let network = Simulated::new(SimulatedConfig {
            seed: 1,
            time_scale: 1.0,
            base_url: "http://ringback.example".to_owned(),
            recordings: Some(RecordingConfig {
                files: self.files(),
                voice: Voice::Tones,
                links: RecordingLinks::Bare,
            }),
            recogniser: self.recogniser.clone(),
            ..SimulatedConfig::default()
        });
        let setup = Setup {
            network: Arc::new(network),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        let accept = |_: &Seen| (Duration::ZERO, Ending::Status(200));
        TestEngine::scripted(setup, accept).await
    }

    /// When each request to the recogniser began, in seconds since the first.
    fn tries(&self) -> Vec<u64> {
        let heard = self.heard.lock().unwrap();
        let since = |seen: &Seen| seen.at.since(heard[0].at).as_secs();
        heard.iter().map(since).collect()
    }

    async fn transcription(&self, sid: Sid) -> Transcription {
        let found = self.store.resources(&[sid]).await.unwrap();
        match found.into_iter().flatten().next().map(|it| it.body) {
            Some(Body::Transcription(transcription)) => transcription,
            other => panic!("it is {other:?}"),
        }
    }

    async fn remarks(&self, sid: Sid) -> Vec<String> {
        let remarks = self.store.warnings(sid).await.unwrap();
        remarks.into_iter().map(|it| it.text).collect()
    }
}

/// A recording that stands at `status`, with a file if that is `completed`.
async fn recording(world: &World, engine: &TestEngine, status: RecordingStatus) -> Sid {
    let order = Order {
        new: NewResource::Recording(NewRecording {
            call: CALL,
            conference: None,
            source: RecordingSource::RecordVerb,
            channels: RecordingChannels::Mono,
            track: None,
            trim: RecordingTrim::TrimSilence,
            transcribe: Transcribe::No,
        }),
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    };
    let sid = engine.order(order, Hold::none()).await.sid;
    let facts = RecordingFacts {
        url: Some("http://ringback.example/recording".to_owned()),
        duration: Some(seconds(4)),
        error: None,
    };
    let news = News::Recording(status, facts);
    engine.engine.report(PROJECT, sid, news).await.unwrap();
    if status == RecordingStatus::Completed {
        let put = |file: &mut File| io::Write::write_all(file, b"RIFF....WAVE");
        world.files().write(sid, put).unwrap();
    }
    sid
}

fn order(recording: Sid) -> Order {
    Order {
        new: NewResource::Transcription(NewTranscription {
            recording,
            call: TranscribedCall {
                sid: CALL,
                from: "+15550100001".to_owned(),
                to: "+15550100002".to_owned(),
                status: Some(CallStatus::Completed),
                direction: Some(CallDirection::Inbound),
            },
        }),
        subscriptions: vec![Subscription {
            url: CALLBACK.to_owned(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        }],
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

async fn ask(engine: &TestEngine, recording: Sid) -> Result<Sid, UpdateError> {
    let ask = Ask::Begin(Box::new(order(recording)));
    let asked = engine.engine.ask_network(PROJECT, recording, ask).await?;
    Ok(asked.made[0].sid)
}

/// A transcription of a recording that is there.
async fn transcribe(world: &World, engine: &TestEngine) -> Sid {
    let recording = recording(world, engine, RecordingStatus::Completed).await;
    ask(engine, recording).await.expect("it is there")
}

#[tokio::test(start_paused = true)]
async fn what_the_recogniser_heard_is_told_once() {
    let world = World::hearing(&[(3, Ending::Document(ONE_TWO_THREE))]);
    let engine = world.start().await;
    let sid = transcribe(&world, &engine).await;
    let begun = world.transcription(sid).await;
    assert_eq!(begun.status, TranscriptionStatus::InProgress);
    sleep(seconds(60)).await;

    let over = world.transcription(sid).await;
    assert_eq!(over.status, TranscriptionStatus::Completed);
    assert_eq!(over.text, "One two three.");
    assert_eq!(world.remarks(sid).await, Vec::<String>::new());
    let request = world.heard.lock().unwrap()[0].clone();
    assert_eq!(request.url, RECOGNISER);
    assert!(request.body.contains("RIFF....WAVE"), "{}", request.body);

    let seen = engine.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((&*seen[0].method, &*seen[0].url), ("POST", CALLBACK));
    let account = "http://ringback.example/api/laml/2010-04-01/Accounts";
    let recording = over.recording.to_string();
    let expected = [
        ("TranscriptionSid", sid.to_string()),
        ("TranscriptionText", "One two three.".to_owned()),
        ("TranscriptionStatus", "completed".to_owned()),
        (
            "TranscriptionUrl",
            format!("{account}/{PROJECT}/Transcriptions/{sid}"),
        ),
        ("RecordingSid", recording),
        (
            "RecordingUrl",
            "http://ringback.example/recording".to_owned(),
        ),
        ("CallSid", CALL.to_string()),
        ("From", "+15550100001".to_owned()),
        ("To", "+15550100002".to_owned()),
        ("AccountSid", PROJECT.to_string()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("CallStatus", "completed".to_owned()),
        ("Direction", "inbound".to_owned()),
        ("RecordingDuration", "4".to_owned()),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(ringback_wire::form::decode(&seen[0].body), expected);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_fails_is_asked_again_after_longer_and_longer() {
    let refused = Ending::Failure(FailureKind::ConnectionRefused);
    let world = World::hearing(&[
        (0, Ending::Status(500)),
        (0, refused),
        (0, Ending::Document("{\"text\": \"one")),
        (0, Ending::Document(ONE_TWO_THREE)),
    ]);
    let engine = world.start().await;
    let sid = transcribe(&world, &engine).await;
    sleep(seconds(3_600)).await;
    assert_eq!(world.tries(), [0, 5, 35, 155]);
    assert_eq!(world.transcription(sid).await.text, "One two three.");
    let expected = [
        "try 1 of 4 failed: the recogniser answered 500; tried again in 5 s",
        "try 2 of 4 failed: the recogniser was not reached: The script says so.; tried again in 30 s",
        "try 3 of 4 failed: the recogniser answered text/xml, not JSON; tried again in 120 s",
    ];
    assert_eq!(world.remarks(sid).await, expected);
    assert_eq!(engine.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_fails_once_every_try_has_and_says_why() {
    let late = Ending::Failure(FailureKind::TotalTimeout);
    let world = World::hearing(&[(60, late)]);
    let engine = world.start().await;
    let sid = transcribe(&world, &engine).await;
    sleep(seconds(7_200)).await;
    assert_eq!(world.tries(), [0, 65, 155, 335]);
    let over = world.transcription(sid).await;
    assert_eq!(over.status, TranscriptionStatus::Failed);
    let remarks = world.remarks(sid).await;
    let reason = "the recogniser did not answer within 60000 ms";
    let last = format!("no transcription: given up after try 4: {reason}");
    assert_eq!(remarks.last(), Some(&last));
    let seen = engine.seen();
    assert_eq!(seen.len(), 1);
    let told = |name: &str| seen[0].parameter(name);
    assert_eq!(told("TranscriptionStatus").as_deref(), Some("failed"));
    assert_eq!(told("TranscriptionText").as_deref(), Some(""));
    assert!(told("TranscriptionUrl").is_some_and(|url| !url.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn what_would_fail_again_is_tried_once() {
    for (ending, reason) in [
        (Ending::Status(401), "the recogniser answered 401"),
        (
            Ending::Document("{}"),
            "the recogniser's answer has no text",
        ),
        (
            Ending::Document(r#"{"text": " "}"#),
            "the recogniser understood nothing: its text is empty",
        ),
    ] {
        let world = World::hearing(&[(0, ending)]);
        let engine = world.start().await;
        let sid = transcribe(&world, &engine).await;
        sleep(seconds(3_600)).await;
        assert_eq!(world.tries(), [0]);
        let remark = format!("no transcription: given up after try 1: {reason}");
        assert_eq!(world.remarks(sid).await, [remark]);
        assert_eq!(engine.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_without_its_file_is_not_transcribed() {
    let world = World::hearing(&[(0, Ending::Document(ONE_TWO_THREE))]);
    let engine = world.start().await;
    let recording = recording(&world, &engine, RecordingStatus::Completed).await;
    world.files().remove(recording).unwrap();
    let sid = ask(&engine, recording).await.unwrap();
    sleep(seconds(60)).await;
    assert!(world.heard.lock().unwrap().is_empty());
    let over = world.transcription(sid).await;
    assert_eq!(over.status, TranscriptionStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_crash_goes_on_with_the_same_try() {
    let world = World::hearing(&[
        (0, Ending::Status(503)),
        (1_000, Ending::Status(503)),
        (0, Ending::Document(ONE_TWO_THREE)),
    ]);
    let engine = world.start().await;
    let sid = transcribe(&world, &engine).await;
    sleep(seconds(30)).await;
    assert_eq!(world.tries().len(), 2, "the second one is under way");
    engine.running.drain(Duration::ZERO).await;

    let engine = world.start().await;
    sleep(seconds(10)).await;
    assert_eq!(world.tries().len(), 3);
    assert_eq!(world.remarks(sid).await.len(), 1, "one try has failed");
    assert_eq!(world.transcription(sid).await.text, "One two three.");
    assert_eq!(engine.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_wait_for_one_another_in_the_store() {
    let world = World::hearing(&[(10, Ending::Document(ONE_TWO_THREE))]);
    let engine = world.start().await;
    for _ in 0..6 {
        transcribe(&world, &engine).await;
    }
    sleep(seconds(60)).await;
    assert_eq!(world.tries(), [0, 0, 10, 10, 20, 20]);
    assert_eq!(engine.seen().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_recording_has_to_be_there() {
    let world = World::new();
    let engine = world.start().await;
    for (status, code) in [
        (RecordingStatus::InProgress, NOT_YET),
        (RecordingStatus::Stopped, NOT_YET),
        (RecordingStatus::Absent, INVALID),
        (RecordingStatus::Failed, INVALID),
    ] {
        let recording = recording(&world, &engine, status).await;
        match ask(&engine, recording).await {
            Err(UpdateError::Refused(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("{status:?}: {other:?}"),
        }
    }
    assert_eq!(listed(&world).await, []);
}

/// A call with these parameters; all its callbacks are off.
fn recorded_call(requested: &[(&str, &str)]) -> Order {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Order {
        new: NewResource::Call(NewCall {
            direction: CallDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            parent: None,
            document: Document::None,
            ring_timeout: seconds(60),
            requested: requested.iter().map(own).collect(),
        }),
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

async fn listed(world: &World) -> Vec<Resource> {
    let query = ListQuery::all(PROJECT, Kind::Transcription, 10);
    world.store.list(&query).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_recorded_call_is_transcribed_when_its_recording_is_there() {
    for (asked, told) in [
        (
            &[
                ("Record", "true"),
                ("Transcribe", "True"),
                ("TranscribeCallback", CALLBACK),
            ][..],
            1,
        ),
        (&[("Record", "true"), ("transcribeCallback", CALLBACK)], 1),
        (&[("Record", "true"), ("Transcribe", "true")], 0),
    ] {
        let world = World::new();
        let engine = world.start().await;
        let call = engine.order(recorded_call(asked), Hold::none()).await.sid;
        sleep(seconds(3_600)).await;
        let transcriptions = listed(&world).await;
        assert_eq!(transcriptions.len(), 1, "{asked:?}");
        let over = world.transcription(transcriptions[0].sid).await;
        assert_eq!(over.status, TranscriptionStatus::Completed);
        assert!(!over.text.is_empty(), "the far end spoke");
        assert_eq!((over.call.sid, &*over.call.to), (call, "+15550100002"));
        assert_eq!(over.call.direction, Some(CallDirection::OutboundApi));
        assert!(over.recording_url.is_some());
        let seen = engine.seen();
        assert_eq!(seen.len(), told, "{asked:?}");
        let text = seen
            .first()
            .and_then(|it| it.parameter("TranscriptionText"));
        assert_eq!(text, seen.first().map(|_| over.text.clone()));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_recording_or_a_wish_there_is_no_transcription() {
    for asked in [
        &[("Record", "true")][..],
        &[
            ("Record", "true"),
            ("Transcribe", "false"),
            ("TranscribeCallback", CALLBACK),
        ],
        &[("Transcribe", "true"), ("TranscribeCallback", CALLBACK)],
        // Nobody speaks on that side: the recording is absent.
        &[
            ("Record", "true"),
            ("RecordingTrack", "outbound"),
            ("TranscribeCallback", CALLBACK),
        ],
    ] {
        let world = World::new();
        let engine = world.start().await;
        engine.order(recorded_call(asked), Hold::none()).await;
        sleep(seconds(3_600)).await;
        assert_eq!(listed(&world).await, [], "{asked:?}");
        assert!(engine.seen().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_known_of_a_recording_of_long_ago() {
    let world = World::new();
    let engine = world.start().await;
    let order = recorded_call(&[("Record", "true"), ("Transcribe", "true")]);
    engine.order(order, Hold::none()).await;
    sleep(seconds(3_600)).await;
    let first = listed(&world).await.remove(0);
    let first = world.transcription(first.sid).await;
    let again = ask(&engine, first.recording).await.unwrap();
    sleep(seconds(60)).await;
    assert_eq!(world.transcription(again).await.text, first.text);
    assert_eq!(engine.seen().len(), 1);
}

/// A transcription whose recording says `words`.
fn made(words: &str) -> Resource {
    let recorded = Recorded {
        sid: CALL,
        url: None,
        duration: seconds(4),
        words: words.to_owned(),
    };
    let wanted = Wanted {
        callback: Some(CALLBACK.to_owned()),
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        direction: "inbound".to_owned(),
    };
    let owner = project(PROJECT, "one", Settings::default());
    let mut sids = || Sid::from_bytes([9; 16]);
    let mut scene = Scene::new(&owner, START, &mut sids);
    let Effect::Create(offspring) = wanted.begin(recorded, CALL, &mut scene) else {
        panic!("it is made")
    };
    let origin = ringback_domain::resource::Origin {
        sid: offspring.sid,
        ordinal: 1,
        project: PROJECT,
        depth: 0,
        at: START,
    };
    let media_sid = || unreachable!("it has no media");
    let Offspring {
        new,
        subscriptions,
        memo,
        ..
    } = *offspring;
    let (mut resource, _) = Resource::create(origin, new, subscriptions, media_sid);
    resource.memo = memo;
    resource
}

/// What is done first with `resource`.
fn accepted(resource: &Resource) -> Performed {
    let Body::Transcription(transcription) = &resource.body else {
        panic!("no transcription")
    };
    let owner = project(resource.project, "test", Settings::default());
    let mut sids = || panic!("nothing is made");
    let scene = Scene::new(&owner, resource.created_at, &mut sids);
    accept(Draw::new(1, 1), resource, transcription, &scene)
}

#[test]
fn without_a_recogniser_what_was_said_is_the_text() {
    let resource = made("Hello.  Please leave\na message. one two three");
    let Next::Step(first) = accepted(&resource).next else {
        panic!("somebody listens")
    };
    assert!((seconds(1)..=seconds(3)).contains(&first.after));
    let performed = perform(&resource, "http://ringback.example/");
    let [News::Transcription(TranscriptionStatus::Completed, facts)] = &*performed.news else {
        panic!("{performed:?}")
    };
    let text = "Hello. Please leave a message. one two three";
    assert_eq!(facts.text.as_deref(), Some(text));
    assert_eq!(facts.recording_duration, Some(seconds(4)));
    let url = facts.url.as_deref().unwrap();
    assert!(
        url.starts_with("http://ringback.example/api/laml/"),
        "{url}"
    );
    assert_eq!(
        performed.memo.as_deref(),
        Some(""),
        "an erased text is nowhere"
    );
    assert_eq!(performed.effects, []);
}

#[test]
fn silence_and_an_endless_speech_have_no_text() {
    check(" \n", "nothing is said in the recording");
    check(&"word ".repeat(20_000), "the text is larger than 64 KiB");

    #[track_caller]
    fn check(words: &str, reason: &str) {
        let performed = perform(&made(words), "http://ringback.example");
        let [News::Transcription(TranscriptionStatus::Failed, facts)] = &*performed.news else {
            panic!("{performed:?}")
        };
        assert_eq!(facts.text, None);
        let remark = format!("no transcription: {reason}");
        assert_eq!(performed.effects, [Effect::Remark(remark)]);
    }
}

#[test]
fn one_that_a_platform_reports_is_left_to_it() {
    let resource = Resource {
        memo: None,
        ..made("one")
    };
    assert_eq!(accepted(&resource), Performed::default());
    assert_eq!(perform(&resource, ""), Performed::default());
}

#[test]
fn what_is_wanted_is_kept_as_it_is_documented() {
    let wanted = r#"{"from":"+15550100001","to":"+15550100002","direction":"inbound"}"#;
    let read: Wanted = serde_json::from_str(wanted).unwrap();
    assert_eq!(read.callback, None);
    assert_eq!(serde_json::to_string(&read).unwrap(), wanted);
}
