//! The course of a recording, step by step, with real files.

use std::io::Read as _;
use std::sync::Arc;

use ringback_domain::call::{CallDirection, CallStatus, Document, NewCall};
use ringback_domain::id::ProjectId;
use ringback_domain::id::Sid;
use ringback_domain::project::{Project, Settings};
use ringback_domain::recording::{NewRecording, RecordingChannels, RecordingSource, Transcribe};
use ringback_domain::resource::{Body, NewResource, Origin};
use ringback_domain::time::Timestamp;
use ringback_engine::Order;
use ringback_engine::network::{Brought, Network};
use ringback_store::RecordingFiles;
use ringback_wire::recording_link;
use tempfile::TempDir;

use super::super::heard::{Side, Sound};
use super::super::{RecordingConfig, RecordingLinks, Simulated, SimulatedConfig, Voice};
use super::*;

const BEGIN: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);
const CALL: Sid = Sid::from_bytes([1; 16]);

/// A resource of a network, and what that does with it.
struct Life {
    network: Simulated,
    project: Project,
    resource: Resource,
    now: Timestamp,
    next: Option<Planned>,
    /// Where it stood, in order.
    stood: Vec<String>,
    remarks: Vec<String>,
    /// What it did to others.
    others: Vec<Effect>,
    folder: TempDir,
}

impl Life {
    fn of(new: NewResource, memo: Option<Arc<str>>, links: RecordingLinks) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = Simulated::new(SimulatedConfig {
            base_url: "https://r.example".to_owned(),
            recordings: Some(RecordingConfig {
                files: RecordingFiles::of(folder.path()),
                voice: Voice::Tones,
                links,
            }),
            ..SimulatedConfig::default()
        });
        let id = ProjectId::from_bytes([9; 16]);
        let project = ringback_testing::test_engine::project(id, "test", Settings::default());
        let origin = Origin {
            sid: CALL,
            ordinal: 1,
            project: id,
            depth: 0,
            at: BEGIN,
        };
        let media_sid = || Sid::from_bytes([2; 16]);
        let (mut resource, _) = Resource::create(origin, new, Vec::new(), media_sid);
        resource.memo = memo;
        let mut life = Self {
            network,
            project,
            resource,
            now: BEGIN,
            next: None,
            stood: Vec::new(),
            remarks: Vec::new(),
            others: Vec::new(),
            folder,
        };
        let performed = life.with(Network::accept);
        life.take(performed);
        life
    }

    fn with<T>(&self, action: impl FnOnce(&Simulated, &Resource, &mut Scene<'_>) -> T) -> T {
        let mut last = 50;
        let mut sids = || {
            last += 1;
            Sid::from_bytes([last; 16])
        };
        let mut scene = Scene::new(&self.project, self.now, &mut sids);
        action(&self.network, &self.resource, &mut scene)
    }

    fn take(&mut self, performed: Performed) {
        for news in performed.news {
            self.stood.push(news.status().as_str().to_owned());
            self.resource.report(news, self.now).unwrap();
        }
        match performed.next {
            Next::AsPlanned => {}
            Next::Nothing => self.next = None,
            Next::Step(planned) => self.next = Some(planned),
        }
        if performed.memo.is_some() {
            self.resource.memo = performed.memo;
        }
        for effect in performed.effects {
            match effect {
                Effect::Remark(text) => self.remarks.push(text),
                other @ (Effect::Create(_)
                | Effect::Tell { .. }
                | Effect::Consent { .. }
                | Effect::UseScenario(_)) => self.others.push(other),
            }
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    fn step(&self) -> Step {
        let planned = self.next.unwrap();
        Step {
            resource: CALL,
            due: self.now,
            number: planned.number,
            draw: planned.draw,
        }
    }

    /// Takes its next step, which is due now, with its errand.
    async fn go_on(&mut self) {
        let step = self.step();
        let errand = self.with(|network, resource, scene| network.errand(resource, &step, scene));
        let performed = match errand {
            Some(Errand::Work(work)) => {
                let brought = Brought::Worked(work.await);
                self.with(|network, resource, scene| {
                    network.resume(resource, &step, brought, scene)
                })
            }
            Some(Errand::Fetch(_)) => panic!("nothing is fetched"),
            None => self.with(|network, resource, scene| network.perform(resource, &step, scene)),
        };
        self.next = None;
        self.take(performed);
    }

    fn ask(&mut self, ask: Ask) -> Result<(), Refusal> {
        let asked = self.with(|network, resource, scene| network.asked(resource, ask, scene));
        asked.map(|performed| self.take(performed))
    }

    fn tell(&mut self, word: Word) {
        let performed = self.with(|network, resource, scene| network.told(resource, word, scene));
        self.take(performed);
    }

    fn recording(&self) -> &Recording {
        match &self.resource.body {
            Body::Recording(recording) => recording,
            _ => panic!("it is a recording"),
        }
    }

    /// The bytes of its file.
    fn file(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = RecordingFiles::of(self.folder.path()).open(CALL).unwrap();
        file?.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }
}

fn new(trim: RecordingTrim) -> NewResource {
    NewResource::Recording(NewRecording {
        call: CALL,
        conference: None,
        source: RecordingSource::StartCallRecordingApi,
        channels: RecordingChannels::Mono,
        track: None,
        trim,
        transcribe: Transcribe::No,
    })
}

fn said(at: u64, length: u64) -> Piece {
    let (at, length) = (Duration::from_secs(at), Duration::from_secs(length));
    Piece::new(at, Side::Outbound, length, Sound::Said("hello".to_owned()))
}

fn recording(memo: &RecordingMemo, trim: RecordingTrim) -> Life {
    Life::of(new(trim), Some(memo.written()), RecordingLinks::Bare)
}

fn told(pieces: &[Piece]) -> Word {
    match calls::tell(CALL, pieces) {
        Effect::Tell { word, .. } => word,
        _ => panic!("it tells"),
    }
}

#[tokio::test]
async fn a_recording_begins_hears_pauses_stops_and_is_completed_with_its_file() {
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::DoNotTrim);
    life.go_on().await;
    let url = life.recording().url.clone();
    let project = life.project.id;
    assert_eq!(
        url,
        Some(recording_link::plain("https://r.example", project, CALL))
    );
    life.wait(2);
    life.tell(told(&[said(0, 3)]));
    life.wait(1);
    life.ask(Ask::Pause(network::PauseBehavior::Skip)).unwrap();
    life.ask(Ask::Pause(network::PauseBehavior::Skip)).unwrap();
    life.wait(10);
    life.ask(Ask::Resume).unwrap();
    life.wait(4);
    life.ask(Ask::Stop).unwrap();
    assert_eq!(life.recording().duration, None);
    assert_eq!(life.file(), None);
    life.go_on().await;
    let stood = [
        "in-progress",
        "paused",
        "in-progress",
        "stopped",
        "completed",
    ];
    assert_eq!(life.stood, stood);
    assert_eq!(life.recording().duration, Some(Duration::from_secs(7)));
    assert_eq!(life.file().unwrap().len(), 44 + 7 * 16_000);
    assert_eq!((life.next, &life.remarks[..]), (None, &[][..]));
}

#[tokio::test]
async fn one_of_known_length_ends_by_itself_and_is_that_long() {
    let mut heard = Heard::default();
    heard.hear(said(1, 2));
    let memo = RecordingMemo::lasting(Duration::from_secs(5), heard);
    let mut life = recording(&memo, RecordingTrim::DoNotTrim);
    life.go_on().await;
    assert_eq!(life.next.unwrap().after, Duration::from_secs(5));
    life.wait(6);
    life.go_on().await;
    life.go_on().await;
    assert_eq!(life.stood, ["in-progress", "stopped", "completed"]);
    assert_eq!(life.recording().duration, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn one_whose_call_ends_before_it_began_has_nothing_on_it() {
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::TrimSilence);
    life.tell(Word::Stop);
    life.tell(Word::Stop);
    life.go_on().await;
    assert_eq!(life.stood, ["in-progress", "stopped", "absent"]);
    assert_eq!(life.remarks, ["no recording: it was trimmed to nothing"]);
    assert_eq!(life.file(), None);
}

#[tokio::test]
async fn what_is_silent_or_too_short_is_absent() {
    for (length, pieces, trim, reason) in [
        (9, vec![], RecordingTrim::DoNotTrim, "it is silent"),
        (
            0,
            vec![said(0, 9)],
            RecordingTrim::DoNotTrim,
            "it is silent",
        ),
        (
            9,
            vec![],
            RecordingTrim::TrimSilence,
            "it was trimmed to nothing",
        ),
    ] {
        let mut life = recording(&RecordingMemo::default(), trim);
        life.go_on().await;
        life.tell(told(&pieces));
        life.wait(length);
        life.tell(Word::Stop);
        life.go_on().await;
        assert_eq!(life.stood.last().unwrap(), "absent");
        assert_eq!(life.remarks, [format!("no recording: {reason}")]);
    }
    let short = vec![said(0, 9)];
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::DoNotTrim);
    life.go_on().await;
    life.tell(told(&short));
    life.now = life.now + Duration::from_millis(900);
    life.tell(Word::Stop);
    life.go_on().await;
    assert_eq!(life.remarks, ["no recording: it is shorter than a second"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_ends_as_failed_with_a_reason() {
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::DoNotTrim);
    // A file where the folder should be: also root cannot write there.
    std::fs::write(life.folder.path().join("recordings"), "").unwrap();
    life.go_on().await;
    life.tell(told(&[said(0, 5)]));
    life.wait(5);
    life.ask(Ask::Stop).unwrap();
    life.go_on().await;
    assert_eq!(life.stood, ["in-progress", "stopped", "failed"]);
    assert_eq!(life.recording().error.as_ref().unwrap().as_str(), "20001");
    assert!(life.remarks[0].starts_with("no recording: its file cannot be written"));
}

#[tokio::test]
async fn a_crash_while_the_file_is_made_makes_it_again() {
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::DoNotTrim);
    life.go_on().await;
    life.tell(told(&[said(0, 5)]));
    life.wait(5);
    life.ask(Ask::Stop).unwrap();
    let step = life.step();
    let errand = life.with(|network, resource, scene| network.errand(resource, &step, scene));
    let Some(Errand::Work(work)) = errand else {
        panic!("a file is made")
    };
    // Made, and nobody was told.
    work.await;
    let first = life.file().unwrap();
    life.go_on().await;
    assert_eq!(life.stood.last().unwrap(), "completed");
    assert_eq!(life.file().unwrap(), first);
}

#[tokio::test]
async fn what_is_over_is_refused_with_its_code() {
    let mut life = recording(&RecordingMemo::default(), RecordingTrim::DoNotTrim);
    let early = life.ask(Ask::Resume).unwrap_err();
    assert_eq!(early.code.as_str(), "21220");
    life.go_on().await;
    life.ask(Ask::Stop).unwrap();
    life.ask(Ask::Stop).unwrap();
    for ask in [Ask::Resume, Ask::Pause(network::PauseBehavior::Silence)] {
        let refusal = life.ask(ask).unwrap_err();
        assert_eq!(refusal.code.as_str(), "21220");
        assert!(
            refusal.message.contains("the recording is stopped"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_signed_address_is_good_for_as_long_as_it_says() {
    let valid = Duration::from_secs(60);
    let memo = Some(RecordingMemo::default().written());
    let links = RecordingLinks::Signed { valid };
    let mut life = Life::of(new(RecordingTrim::DoNotTrim), memo, links);
    life.go_on().await;
    let url = life.recording().url.clone().unwrap();
    let (_, query) = url.split_once("?Expires=").unwrap();
    let given = query.split_once("&Signature=").unwrap();
    let holds = |now| recording_link::holds(life.project.id, &life.project.keys, CALL, given, now);
    assert!(holds(BEGIN + valid) && !holds(BEGIN + 2 * valid));
}

fn call(requested: &[(&str, &str)]) -> Life {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let new = NewCall {
        direction: CallDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: requested.iter().map(pair).collect(),
    };
    Life::of(NewResource::Call(new), None, RecordingLinks::Bare)
}

fn order() -> Box<Order> {
    Box::new(Order {
        new: new(RecordingTrim::DoNotTrim),
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: vec!["odd".to_owned()],
    })
}

/// The recordings that were made, and the SIDs that were told to stop.
fn recordings(others: &[Effect]) -> (Vec<(Sid, NewRecording)>, Vec<Sid>) {
    let (mut made, mut stopped) = (Vec::new(), Vec::new());
    for effect in others {
        match effect {
            Effect::Create(offspring) => match &offspring.new {
                NewResource::Recording(new) => made.push((offspring.sid, new.clone())),
                _ => panic!("recordings alone are made"),
            },
            Effect::Tell { sid, word } => {
                assert_eq!(*word, Word::Stop);
                stopped.push(*sid);
            }
            Effect::Remark(_) | Effect::Consent { .. } | Effect::UseScenario(_) => {}
        }
    }
    (made, stopped)
}

#[tokio::test]
async fn a_call_that_asks_for_it_is_recorded_from_its_answer_to_its_end() {
    let mut life = call(&[("Record", "True"), ("RecordingChannels", "dual")]);
    let refusal = life.ask(Ask::Begin(order())).unwrap_err();
    assert_eq!(refusal.code.as_str(), "21220");
    while life.resource.status() != ringback_domain::change::Status::Call(CallStatus::InProgress) {
        assert_eq!(recordings(&life.others).0, []);
        life.go_on().await;
    }
    life.ask(Ask::Begin(order())).unwrap();
    assert_eq!(life.remarks, ["odd"]);
    let (made, stopped) = recordings(&life.others);
    let sources: Vec<_> = made.iter().map(|(_, new)| new.source).collect();
    let expected = [
        RecordingSource::OutboundApi,
        RecordingSource::StartCallRecordingApi,
    ];
    assert_eq!((&sources[..], &stopped[..]), (&expected[..], &[][..]));
    assert_eq!(made[0].1.channels, RecordingChannels::Dual);
    assert_eq!(made[0].1.trim, RecordingTrim::TrimSilence);
    life.go_on().await;
    assert!(life.resource.status().is_final());
    let Body::Call(call) = &life.resource.body else {
        panic!("it is a call")
    };
    let told = call.recording.as_ref().unwrap();
    let url = recording_link::plain("https://r.example", life.project.id, made[0].0);
    assert_eq!(
        (told.sid, &told.url, told.duration),
        (made[0].0, &url, None)
    );
    let (made, stopped) = recordings(&life.others);
    assert_eq!(
        stopped,
        made.iter().map(|(sid, _)| *sid).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn what_the_far_end_says_is_heard_and_takes_no_room() {
    let draw = Draw::new(7, 1);
    let memo = RecordingMemo::live(Heard::default()).with_far_end(draw, Duration::ZERO);
    assert!(memo.written().len() < 100, "{}", memo.written());
    let mut life = recording(&memo, RecordingTrim::DoNotTrim);
    life.go_on().await;
    life.wait(30);
    life.tell(Word::Stop);
    life.go_on().await;
    assert_eq!(life.stood.last().unwrap(), "completed");
    assert_eq!(life.recording().duration, Some(Duration::from_secs(30)));
    let words = RecordingMemo::of(&life.resource)
        .unwrap()
        .take(life.recording());
    assert!(!words.words().is_empty());
}

#[tokio::test]
async fn a_call_that_an_application_ends_stops_its_recordings_too() {
    let mut life = call(&[]);
    life.go_on().await;
    life.go_on().await;
    life.go_on().await;
    life.ask(Ask::Begin(order())).unwrap();
    life.ask(Ask::End(network::Ending::HangUp)).unwrap();
    assert_eq!(recordings(&life.others).1.len(), 1);
}

#[test]
fn the_far_end_says_the_same_to_every_recording_of_a_call() {
    let draw = Draw::new(7, 1);
    let far_end = |draw, elapsed| {
        let mut heard = Heard::default();
        for piece in calls::far_end(draw, Duration::from_secs(elapsed)) {
            heard.hear(piece);
        }
        heard
    };
    let (whole, later) = (far_end(draw, 0), far_end(draw, 20));
    assert_eq!(whole, far_end(draw, 0));
    let cut = |heard: &Heard, length| {
        heard.take(&Cut {
            track: RecordingTrack::Both,
            length: Duration::from_secs(length),
            pauses: &[],
            trim: RecordingTrim::DoNotTrim,
        })
    };
    assert!(!cut(&whole, 5).is_silent());
    let skipped = Pause {
        from: Duration::ZERO,
        until: Duration::from_secs(20),
        behavior: PauseBehavior::Skip,
    };
    let rest = whole.take(&Cut {
        track: RecordingTrack::Both,
        length: Duration::from_secs(60),
        pauses: &[skipped],
        trim: RecordingTrim::DoNotTrim,
    });
    assert_eq!(rest, cut(&later, 40));
    assert_ne!(whole, far_end(Draw::new(8, 1), 0));
}
