//! Resources of every kind with every change that they can have, and every fact there or not.

use std::collections::BTreeMap;
use std::time::Duration;

use ringback_domain::brand::NewBrand;
use ringback_domain::call::{
    AnsweredBy, CallDirection, CallFacts, CallRecording, CallStatus, Document, HangupSide, NewCall,
};
use ringback_domain::campaign::NewCampaign;
use ringback_domain::change::{Change, News};
use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::number_assignment::NewAssignment;
use ringback_domain::number_assignment_order::NewAssignmentOrder;
use ringback_domain::quality::Quality;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_domain::resource::{Kind, NewResource, Origin, Resource};
use ringback_domain::sip::SipResult;
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};

use super::statuses;

const NOON_US: i64 = 1_712_255_535_000_000;

const DIRECTIONS: [CallDirection; 3] = [
    CallDirection::Inbound,
    CallDirection::OutboundApi,
    CallDirection::OutboundDial,
];

fn id(n: u8) -> Sid {
    let text = format!("3c1f0a22-0000-4000-8000-0000000000{n:02}");
    text.parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOON_US + seconds * 1_000_000)
}

/// A new resource with its first change, and with each that the others lead to: whatever cannot
/// follow is left out.
fn all_of(new: &NewResource, paths: &[Vec<News>]) -> Vec<(Resource, Change)> {
    let origin = Origin {
        sid: id(50),
        ordinal: 1,
        project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
        depth: 0,
        at: at(0),
    };
    let first = Resource::create(origin, new.clone(), Vec::new(), || id(51));
    let mut all = vec![first.clone()];
    for path in paths {
        let mut resource = first.0.clone();
        for (seconds, news) in (1..).zip(path) {
            if let Ok(change) = resource.report(news.clone(), at(seconds)) {
                all.push((resource.clone(), change));
            }
        }
    }
    all
}

/// Every way of one status, and of two.
fn one_and_two(news: &[News]) -> Vec<Vec<News>> {
    let one = news.iter().map(|it| vec![it.clone()]);
    let pairs = news.iter();
    let two = pairs.flat_map(|a| news.iter().map(|b| vec![a.clone(), b.clone()]));
    one.chain(two).collect()
}

pub(super) fn calls() -> Vec<(Resource, Change)> {
    calls_of(&DIRECTIONS)
}

pub(super) fn inbound_calls() -> Vec<(Resource, Change)> {
    calls_of(&[CallDirection::Inbound])
}

fn calls_of(directions: &[CallDirection]) -> Vec<(Resource, Change)> {
    let mut facts = Vec::new();
    for sip in [None, Some(SipResult::BUSY)] {
        for quality in [None, Some(Quality::default())] {
            for hangup in [None, Some(HangupSide::Caller), Some(HangupSide::Callee)] {
                for answered_by in [None, Some(AnsweredBy::Human), Some(AnsweredBy::Machine)] {
                    let error = Some(error_code!("11200"));
                    facts.push(CallFacts {
                        sip,
                        quality,
                        hangup,
                        answered_by,
                        error,
                        ..CallFacts::default()
                    });
                }
            }
        }
    }
    facts.push(CallFacts {
        forwarded_from: Some("+15550100009".to_owned()),
        ..CallFacts::default()
    });
    facts.push(CallFacts {
        caller_name: Some("Zo\u{eb} & co".to_owned()),
        ..CallFacts::default()
    });
    for duration in [None, Some(Duration::from_millis(17_900))] {
        facts.push(CallFacts {
            recording: Some(Box::new(CallRecording {
                sid: id(8),
                url: "https://m.example/r?a=1".to_owned(),
                duration,
            })),
            ..CallFacts::default()
        });
    }
    let mut all = Vec::new();
    for facts in facts {
        let news = |status: CallStatus| News::Call(status, facts.clone());
        let paths = one_and_two(&CallStatus::ALL.map(news));
        for &direction in directions {
            for parent in [None, Some(id(1))] {
                let new = NewResource::Call(NewCall {
                    direction,
                    from: "sip:alice@a.example".to_owned(),
                    to: "+15550100002".to_owned(),
                    parent,
                    document: Document::None,
                    ring_timeout: Duration::from_secs(60),
                    requested: Vec::new(),
                });
                all.extend(all_of(&new, &paths));
            }
        }
    }
    all
}

pub(super) fn messages() -> Vec<(Resource, Change)> {
    let directions = [MessageDirection::OutboundApi, MessageDirection::Inbound];
    messages_of(&directions, &MessageApi::Compatible)
}

pub(super) fn json_messages() -> Vec<(Resource, Change)> {
    let given = [("a\"".to_owned(), "\u{e9}".to_owned())].into();
    let apis = [BTreeMap::new(), given].map(|variables| MessageApi::Json { variables });
    let outbound = [MessageDirection::OutboundApi];
    apis.iter()
        .flat_map(|api| messages_of(&outbound, api))
        .collect()
}

fn messages_of(directions: &[MessageDirection], api: &MessageApi) -> Vec<(Resource, Change)> {
    let mut all = Vec::new();
    for error in [None, Some(error_code!("30003"))] {
        let facts = MessageFacts { error };
        let news = |status| News::Message(status, facts.clone());
        let paths = one_and_two(&MessageStatus::ALL.map(news));
        for &direction in directions {
            for media in 0..3 {
                let new = NewResource::Message(NewMessage {
                    direction,
                    from: "+15550100001".to_owned(),
                    to: "+15550100002".to_owned(),
                    body: "h\u{e9} & you".to_owned(),
                    media: vec!["https://a.example/i.png?x=1".to_owned(); media],
                    messaging_service: None,
                    validity: Duration::from_secs(14_400),
                    max_price: None,
                    transport: MessageTransport::Sms,
                    api: api.clone(),
                });
                all.extend(all_of(&new, &paths));
            }
        }
    }
    all
}

pub(super) fn recordings() -> Vec<(Resource, Change)> {
    let mut paths = Vec::new();
    for error in [None, Some(error_code!("13621"))] {
        let facts = RecordingFacts {
            url: error.as_ref().map(|_| "https://m.example/r?a=1".to_owned()),
            duration: Some(Duration::from_millis(17_900)),
            error,
        };
        let news = RecordingStatus::ALL.map(|it| News::Recording(it, facts.clone()));
        paths.extend(one_and_two(&news));
    }
    let tracks = [
        RecordingTrack::Inbound,
        RecordingTrack::Outbound,
        RecordingTrack::Both,
    ];
    let mut all = Vec::new();
    for source in RecordingSource::ALL {
        for channels in [RecordingChannels::Mono, RecordingChannels::Dual] {
            for track in tracks.map(Some).into_iter().chain([None]) {
                for conference in [None, Some(id(6))] {
                    let new = NewResource::Recording(NewRecording {
                        call: id(5),
                        conference,
                        source,
                        channels,
                        track,
                        trim: RecordingTrim::DoNotTrim,
                        transcribe: Transcribe::No,
                    });
                    all.extend(all_of(&new, &paths));
                }
            }
        }
    }
    all
}

pub(super) fn transcriptions() -> Vec<(Resource, Change)> {
    let mut news = Vec::new();
    for recording_duration in [None, Some(Duration::from_millis(17_900))] {
        let facts = TranscriptionFacts {
            text: Some("call me & h\u{fc}!".to_owned()),
            url: recording_duration.map(|_| "https://m.example/t".to_owned()),
            recording_url: recording_duration.map(|_| "https://m.example/r".to_owned()),
            recording_duration,
        };
        news.extend(TranscriptionStatus::ALL.map(|it| News::Transcription(it, facts.clone())));
    }
    let paths = one_and_two(&news);
    let mut all = Vec::new();
    for status in CallStatus::ALL.map(Some).into_iter().chain([None]) {
        for direction in DIRECTIONS.map(Some).into_iter().chain([None]) {
            let new = NewResource::Transcription(NewTranscription {
                recording: id(7),
                call: TranscribedCall {
                    sid: id(5),
                    from: "+15550100001".to_owned(),
                    to: "+15550100002".to_owned(),
                    status,
                    direction,
                },
            });
            all.extend(all_of(&new, &paths));
        }
    }
    all
}

pub(super) fn ten_dlc() -> Vec<(Resource, Change)> {
    let (brand, campaign) = (id(1), id(2));
    let new = [
        (Kind::Brand, NewResource::Brand(NewBrand::default())),
        (
            Kind::Campaign,
            NewResource::Campaign(NewCampaign::reported(brand)),
        ),
        (
            Kind::AssignmentOrder,
            NewResource::AssignmentOrder(NewAssignmentOrder::reported(brand, campaign)),
        ),
        (
            Kind::Assignment,
            NewResource::Assignment(NewAssignment {
                brand,
                campaign,
                order: id(3),
                number: id(4),
                phone_number: "+15550100123".to_owned(),
            }),
        ),
    ];
    let mut all = Vec::new();
    for (kind, new) in new {
        let news: Vec<News> = statuses(kind).into_iter().map(News::from).collect();
        all.extend(all_of(&new, &one_and_two(&news)));
    }
    all
}
