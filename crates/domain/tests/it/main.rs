//! Whatever is reported, in whatever order: one end, no gap in the numbers.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use ringback_domain::call::{CallDirection, CallFacts, CallStatus, Document, NewCall};
use ringback_domain::change::{Change, News, Status};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::{
    MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::resource::{NewResource, Origin, Resource};
use ringback_domain::time::Timestamp;
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
    });
    Resource::create(origin(), new, Vec::new(), || Sid::from_bytes([3; 16]))
}

fn any_news() -> impl Strategy<Value = News> {
    let calls = select(CallStatus::ALL.to_vec())
        .prop_map(|status| News::Call(status, CallFacts::default()));
    let messages = select(MessageStatus::ALL.to_vec())
        .prop_map(|status| News::Message(status, MessageFacts::default()));
    prop_oneof![calls, messages]
}

fn any_resource() -> impl Strategy<Value = (Resource, Change)> {
    select(vec![
        call(CallDirection::OutboundApi),
        call(CallDirection::Inbound),
        message(MessageDirection::OutboundApi),
        message(MessageDirection::Inbound),
    ])
}

proptest! {
    #[test]
    fn any_sequence_of_reports_gives_one_end_and_no_gap_in_the_numbers(
        (mut resource, first) in any_resource(),
        reports in prop::collection::vec(any_news(), 0..40),
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
                    let other_kind = matches!(
                        (stood, news.status()),
                        (Status::Call(_), Status::Message(_)) | (Status::Message(_), Status::Call(_))
                    );
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
        (mut resource, _) in any_resource(),
        lost in prop::collection::vec(any_news(), 0..6),
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
