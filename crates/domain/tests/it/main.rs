//! Whatever is reported, in whatever order: one end, no gap in the numbers.

mod further;

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use ringback_domain::brand::{BrandStatus, NewBrand};
use ringback_domain::call::{CallDirection, CallFacts, CallStatus, Document, NewCall};
use ringback_domain::campaign::{CampaignStatus, NewCampaign};
use ringback_domain::change::{Change, News, Status};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::{AssignmentOrderStatus, NewAssignmentOrder};
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingSource, RecordingStatus, RecordingTrim, Transcribe,
};
use ringback_domain::resource::{Kind, NewResource, Origin, Resource};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::{NewTranscription, TranscribedCall, TranscriptionStatus};
use ringback_domain::verdict::{Gap, Verdict};

fn origin() -> Origin {
    Origin {
        sid: Sid::from_bytes([1; 16]),
        ordinal: 1,
        project: ProjectId::from_bytes([2; 16]),
        depth: 0,
        at: Timestamp::from_micros(0),
    }
}

fn call(direction: CallDirection) -> (Resource, Change) {
    let new = NewResource::Call(NewCall {
        direction,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    });
    Resource::create(origin(), new, Vec::new(), || Sid::from_bytes([3; 16]))
}

fn message(direction: MessageDirection) -> (Resource, Change) {
    let new = NewResource::Message(NewMessage {
        direction,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        body: "hello".to_owned(),
        media: Vec::new(),
        messaging_service: None,
        validity: Duration::from_secs(14_400),
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    });
    Resource::create(origin(), new, Vec::new(), || Sid::from_bytes([3; 16]))
}

fn other(n: u8) -> Sid {
    Sid::from_bytes([n; 16])
}

/// A new resource of one of the further kinds.
fn further(kind: Kind) -> (Resource, Change) {
    let (brand, campaign) = (other(4), other(5));
    let new = match kind {
        Kind::Call => return call(CallDirection::OutboundApi),
        Kind::Message => return message(MessageDirection::OutboundApi),
        Kind::Recording => NewResource::Recording(NewRecording {
            call: other(6),
            conference: None,
            source: RecordingSource::OutboundApi,
            channels: RecordingChannels::Mono,
            track: None,
            trim: RecordingTrim::DoNotTrim,
            transcribe: Transcribe::No,
        }),
        Kind::Transcription => NewResource::Transcription(NewTranscription {
            recording: other(7),
            call: TranscribedCall {
                sid: other(6),
                from: "+15550100001".to_owned(),
                to: "+15550100002".to_owned(),
                status: None,
                direction: None,
            },
        }),
        Kind::Brand => NewResource::Brand(NewBrand::default()),
        Kind::Campaign => NewResource::Campaign(NewCampaign::reported(brand)),
        Kind::AssignmentOrder => {
            NewResource::AssignmentOrder(NewAssignmentOrder::reported(brand, campaign))
        }
        Kind::Assignment => NewResource::Assignment(NewAssignment {
            brand,
            campaign,
            order: other(8),
            number: other(9),
            phone_number: "+15550100003".to_owned(),
        }),
    };
    Resource::create(origin(), new, Vec::new(), || other(3))
}

/// Every status of a kind, the first of its life first.
fn statuses(kind: Kind) -> Vec<Status> {
    match kind {
        Kind::Call => CallStatus::ALL.map(Status::Call).to_vec(),
        Kind::Message => MessageStatus::ALL.map(Status::Message).to_vec(),
        Kind::Recording => RecordingStatus::ALL.map(Status::Recording).to_vec(),
        Kind::Transcription => TranscriptionStatus::ALL.map(Status::Transcription).to_vec(),
        Kind::Brand => BrandStatus::ALL.map(Status::Brand).to_vec(),
        Kind::Campaign => CampaignStatus::ALL.map(Status::Campaign).to_vec(),
        Kind::AssignmentOrder => AssignmentOrderStatus::ALL
            .map(Status::AssignmentOrder)
            .to_vec(),
        Kind::Assignment => AssignmentStatus::ALL.map(Status::Assignment).to_vec(),
    }
}

fn every_status() -> Vec<Status> {
    Kind::ALL.into_iter().flat_map(statuses).collect()
}

/// Reports of a kind's statuses, and now and then one of another kind's.
fn any_news(kind: Kind) -> impl Strategy<Value = News> {
    prop_oneof![
        9 => select(statuses(kind)).prop_map(News::from),
        1 => select(every_status()).prop_map(News::from),
    ]
}

fn any_resource() -> impl Strategy<Value = (Resource, Change)> {
    let inbound = [
        call(CallDirection::Inbound),
        message(MessageDirection::Inbound),
    ];
    let resources = Kind::ALL.map(further).into_iter().chain(inbound);
    select(resources.collect::<Vec<_>>())
}

/// A resource and reports on it, at most `limit`.
fn any_life(limit: usize) -> impl Strategy<Value = ((Resource, Change), Vec<News>)> {
    any_resource().prop_flat_map(move |(resource, first)| {
        let reports = prop::collection::vec(any_news(resource.kind()), 0..limit);
        (Just((resource, first)), reports)
    })
}

proptest! {
    #[test]
    fn any_sequence_of_reports_gives_one_end_and_no_gap_in_the_numbers(
        ((mut resource, first), reports) in any_life(40),
    ) {
        let mut changes = vec![first];
        for (minute, news) in reports.into_iter().enumerate() {
            let stood = resource.status();
            let at = Timestamp::from_micros(60_000_000 * (i64::try_from(minute).unwrap() + 1));
            match resource.report(news.clone(), at) {
                Ok(change) => {
                    prop_assert!(!stood.is_final(), "the first end stands");
                    prop_assert_eq!(change.from, Some(stood));
                    prop_assert_eq!(resource.status(), news.status());
                    changes.push(change);
                }
                Err(rejected) => {
                    prop_assert_eq!(resource.status(), stood);
                    prop_assert_eq!(rejected.stood, stood);
                    let repeat = news.status() == stood;
                    prop_assert_eq!(rejected.verdict == Verdict::Repeat, repeat);
                    let other_kind = stood.kind() != news.status().kind();
                    prop_assert_eq!(rejected.verdict == Verdict::Refused, other_kind);
                }
            }
        }
        for (index, change) in changes.iter().enumerate() {
            prop_assert_eq!(change.seq as usize, index);
        }
        let ends = changes.iter().filter(|change| change.news.status().is_final()).count();
        prop_assert!(ends <= 1);
        prop_assert_eq!(resource.next_seq as usize, changes.len());
    }

    #[test]
    fn an_end_is_reached_whatever_was_lost_before_it(
        ((mut resource, _), lost) in any_life(6),
    ) {
        for news in lost {
            resource.report(news, Timestamp::from_micros(1)).ok();
        }
        let end = match resource.status() {
            Status::Call(_) => News::Call(CallStatus::Completed, CallFacts::default()),
            Status::Message(MessageStatus::Receiving | MessageStatus::Received) => {
                News::Message(MessageStatus::Received, MessageFacts::default())
            }
            Status::Message(_) => News::Message(MessageStatus::Delivered, MessageFacts::default()),
            Status::Recording(_) => Status::Recording(RecordingStatus::Completed).into(),
            Status::Transcription(_) => Status::Transcription(TranscriptionStatus::Completed).into(),
            Status::Brand(_) => Status::Brand(BrandStatus::Completed).into(),
            Status::Campaign(_) => Status::Campaign(CampaignStatus::Inactive).into(),
            Status::AssignmentOrder(_) => {
                Status::AssignmentOrder(AssignmentOrderStatus::Processed).into()
            }
            Status::Assignment(_) => Status::Assignment(AssignmentStatus::Removed).into(),
        };
        let stood = resource.status();
        let accepted = resource.report(end, Timestamp::from_micros(2)).is_ok();
        prop_assert_eq!(accepted, !stood.is_final());
        prop_assert!(resource.status().is_final());
    }
}

/// The transitions that SignalWire's pages list, and what the others are.
#[test]
fn documented_transitions_leave_no_gap() {
    use CallStatus::{
        Busy, Canceled, Completed, Failed, InProgress, Initiated, NoAnswer, Queued, Ringing,
    };
    for (from, to) in [
        (Queued, Initiated),
        (Queued, Ringing),
        (Initiated, Ringing),
        (Ringing, InProgress),
        (InProgress, Completed),
        (Queued, Busy),
        (Ringing, Busy),
        (Queued, NoAnswer),
        (Ringing, NoAnswer),
        (Queued, Failed),
        (Ringing, Failed),
        (Queued, Canceled),
        (Ringing, Canceled),
    ] {
        assert_eq!(
            from.judge(to),
            Verdict::Accepted(Gap::None),
            "{from:?} to {to:?}"
        );
    }
    use MessageStatus as Message;
    for (from, to) in [
        (Message::Queued, Message::Sending),
        (Message::Queued, Message::Failed),
        (Message::Sending, Message::Sent),
        (Message::Sending, Message::Failed),
        (Message::Sent, Message::Delivered),
        (Message::Sending, Message::Undelivered),
        (Message::Sent, Message::Undelivered),
        (Message::Receiving, Message::Received),
    ] {
        assert_eq!(
            from.judge(to),
            Verdict::Accepted(Gap::None),
            "{from:?} to {to:?}"
        );
    }
    assert_eq!(
        Message::Queued.judge(Message::Delivered),
        Verdict::Accepted(Gap::Skipped)
    );
}

#[test]
fn synonyms_are_one() {
    assert_eq!(
        MessageStatus::parse("initiated"),
        MessageStatus::parse("sending")
    );
    assert_eq!(
        CallStatus::parse("answered"),
        CallStatus::parse("in-progress")
    );
    assert_eq!(MessageStatus::parse("read"), None);
    assert_eq!(CallStatus::parse("delivered"), None);
}

#[test]
fn a_call_is_charged_by_the_minute_begun_and_a_failed_message_not_at_all() {
    let (mut call, _) = call(CallDirection::OutboundApi);
    let second = |count: i64| Timestamp::from_micros(count * 1_000_000);
    call.report(
        News::Call(CallStatus::InProgress, CallFacts::default()),
        second(10),
    )
    .unwrap();
    call.report(
        News::Call(CallStatus::Completed, CallFacts::default()),
        second(71),
    )
    .unwrap();
    let ringback_domain::resource::Body::Call(call) = call.body else {
        unreachable!()
    };
    assert_eq!(call.duration(), Duration::from_secs(61));
    assert_eq!(call.price().as_micro_usd(), 20_000);

    let (mut message, _) = message(MessageDirection::OutboundApi);
    let ringback_domain::resource::Body::Message(sent) = &message.body else {
        unreachable!()
    };
    assert_eq!(sent.price().as_micro_usd(), 5_000);
    let failed = News::Message(MessageStatus::Failed, MessageFacts::default());
    message.report(failed, second(1)).unwrap();
    let ringback_domain::resource::Body::Message(failed) = &message.body else {
        unreachable!()
    };
    assert_eq!(failed.price().as_micro_usd(), 0);
}
