//! What the simulated network promises, tested through the trait that the recorder asks.

use std::collections::HashSet;

use ringback_domain::call::{
    AnsweredBy, Call, CallFacts, CallStatus, Document, HangupSide, NewCall,
};
use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::{MessageApi, MessageStatus, MessageTransport, NewMessage};
use ringback_domain::project::{Price, Settings};
use ringback_domain::quality::Quality;
use ringback_domain::resource::Origin;
use ringback_domain::sip::SipResult;
use ringback_domain::time::Timestamp;
use ringback_domain::verdict::Gap;
use ringback_engine::network::Ending;
use uuid::Uuid;

use super::*;

mod capacity;
mod chance;

const ORDINARY: &str = "+15550100002";
const CREATED: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

/// A call's whole way, and when each of its statuses came after its creation.
#[derive(Clone, Debug, PartialEq)]
struct Course {
    resource: Resource,
    news: Vec<(Duration, News)>,
}

fn call(to: &str) -> NewCall {
    NewCall {
        direction: CallDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: to.to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_mins(1),
        requested: Vec::new(),
    }
}

fn message(to: &str) -> NewMessage {
    NewMessage {
        direction: MessageDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: to.to_owned(),
        body: "hello".to_owned(),
        media: Vec::new(),
        messaging_service: None,
        validity: Duration::from_hours(4),
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    }
}

fn resource(ordinal: u64, new: NewResource) -> Resource {
    let origin = Origin {
        sid: Sid::new(Uuid::from_u128(1)),
        ordinal,
        project: ProjectId::new(Uuid::nil()),
        depth: 0,
        at: CREATED,
    };
    let media_sid = || Sid::new(Uuid::from_u128(2));
    Resource::create(origin, new, Vec::new(), media_sid).0
}

fn simulated(seed: u64) -> Simulated {
    Simulated::new(SimulatedConfig {
        seed,
        time_scale: 1.0,
        ..SimulatedConfig::default()
    })
}

/// What `action` makes of a scene in a project with these settings.
fn scene<T>(settings: &Settings, now: Timestamp, action: impl FnOnce(&mut Scene<'_>) -> T) -> T {
    let id = ProjectId::new(Uuid::nil());
    let project = ringback_testing::test_engine::project(id, "test", settings.clone());
    let mut last = 100;
    let mut sids = || {
        last += 1;
        Sid::new(Uuid::from_u128(last))
    };
    action(&mut Scene::new(&project, now, &mut sids))
}

fn admit(new: &NewResource) -> Result<(), Refusal> {
    let settings = Settings::default();
    scene(&settings, CREATED, |scene| simulated(1).admit(new, scene))
}

/// The first step of `resource`.
fn first(network: &Simulated, resource: &Resource) -> Option<Planned> {
    let settings = Settings::default();
    let performed = scene(&settings, CREATED, |scene| network.accept(resource, scene));
    planned(performed.next)
}

fn perform(
    network: &Simulated,
    resource: &Resource,
    step: &Step,
    settings: &Settings,
) -> Performed {
    scene(settings, step.due, |scene| {
        network.perform(resource, step, scene)
    })
}

fn end(resource: &Resource, ending: Ending, now: Timestamp) -> Vec<News> {
    let settings = Settings::default();
    let performed = scene(&settings, now, |scene| {
        simulated(1).asked(resource, Ask::End(ending), scene)
    });
    performed.unwrap().news
}

fn planned(next: Next) -> Option<Planned> {
    match next {
        Next::Step(planned) => Some(planned),
        Next::Nothing | Next::AsPlanned => None,
    }
}

/// Takes every step of `resource` when it is due, as the recorder does.
fn follow(network: &Simulated, resource: Resource, settings: &Settings) -> Course {
    let (resource, first) = accepted(network, resource);
    go_on(network, resource, first, settings)
}

/// A resource with what is kept of it from its beginning, and its first step.
fn accepted(network: &Simulated, mut resource: Resource) -> (Resource, Option<Planned>) {
    let settings = Settings::default();
    let performed = scene(&settings, CREATED, |scene| network.accept(&resource, scene));
    resource.memo = performed.memo;
    (resource, planned(performed.next))
}

/// Takes every step of a resource that was accepted.
fn go_on(
    network: &Simulated,
    mut resource: Resource,
    mut next: Option<Planned>,
    settings: &Settings,
) -> Course {
    let mut news = Vec::new();
    let mut due = CREATED;
    // No course has more than four steps.
    for _ in 0..5 {
        let Some(planned_next) = next else {
            return Course { resource, news };
        };
        due = due + planned_next.after;
        let step = Step {
            resource: resource.sid,
            due,
            number: planned_next.number,
            draw: planned_next.draw,
        };
        let mut performed = perform(network, &resource, &step, settings);
        assert_eq!(performed, perform(network, &resource, &step, settings));
        let told = performed
            .news
            .pop()
            .expect("every step of a course tells something");
        assert_eq!(performed.news, []);
        let change = resource.report(told.clone(), due).expect("it may follow");
        assert_eq!(change.gap, Gap::None);
        news.push((due.since(CREATED), told));
        next = planned(performed.next);
    }
    panic!("the course does not end: {news:?}");
}

fn run(seed: u64, new: NewResource) -> Course {
    follow(&simulated(seed), resource(1, new), &Settings::default())
}

impl Course {
    fn statuses(&self) -> Vec<&'static str> {
        self.news
            .iter()
            .map(|(_, news)| news.status().as_str())
            .collect()
    }

    /// How long after the status before (or the creation) the status at `index` came.
    fn waited_ms(&self, index: usize) -> u128 {
        let before = index
            .checked_sub(1)
            .map_or(Duration::ZERO, |i| self.news[i].0);
        self.news[index].0.saturating_sub(before).as_millis()
    }

    fn call(&self) -> &Call {
        match &self.resource.body {
            Body::Call(call) => call,
            _ => panic!("no call"),
        }
    }

    fn message(&self) -> &Message {
        match &self.resource.body {
            Body::Message(message) => message,
            _ => panic!("no message"),
        }
    }

    fn quality(&self) -> Quality {
        self.call().quality.expect("it was answered")
    }
}

#[test]
fn the_same_seed_and_ordinal_give_the_same_course() {
    for new in [
        NewResource::Call(call(ORDINARY)),
        NewResource::Message(message(ORDINARY)),
    ] {
        assert_eq!(run(7, new.clone()), run(7, new.clone()));
        assert_ne!(run(7, new.clone()).news, run(8, new.clone()).news);
        let other = follow(
            &simulated(7),
            resource(2, new.clone()),
            &Settings::default(),
        );
        assert_ne!(run(7, new).news, other.news);
    }
}

#[test]
fn a_course_under_way_does_not_change_when_another_seed_is_given() {
    let resource = resource(1, NewResource::Call(call(ORDINARY)));
    let first = first(&simulated(7), &resource).unwrap();
    let step = Step {
        resource: resource.sid,
        due: CREATED + first.after,
        number: first.number,
        draw: first.draw,
    };
    let settings = Settings::default();
    assert_eq!(
        perform(&simulated(7), &resource, &step, &settings),
        perform(&simulated(8), &resource, &step, &settings)
    );
}

#[test]
fn an_ordinary_call_rings_is_answered_and_ends_in_the_promised_times() {
    for seed in 0..1_000 {
        let course = run(seed, NewResource::Call(call(ORDINARY)));
        assert_eq!(
            course.statuses(),
            ["initiated", "ringing", "in-progress", "completed"]
        );
        for (index, range) in [
            (0, 100..=500),
            (1, 300..=1_000),
            (2, 3_000..=8_000),
            (3, 10_000..=40_000),
        ] {
            let waited = course.waited_ms(index);
            assert!(
                range.contains(&waited),
                "seed {seed}, step {index}: {waited} ms"
            );
        }
        let sip: Vec<Option<u16>> = course
            .news
            .iter()
            .map(|(_, news)| match news {
                News::Call(_, facts) => facts.sip.map(SipResult::code),
                _ => None,
            })
            .collect();
        assert_eq!(sip, [None, Some(180), Some(200), Some(200)]);
        assert_eq!(course.call().answered_by, None);
    }
}

#[test]
fn an_ordinary_message_is_sent_and_delivered_in_the_promised_times() {
    for seed in 0..1_000 {
        let course = run(seed, NewResource::Message(message(ORDINARY)));
        assert_eq!(course.statuses(), ["sending", "sent", "delivered"]);
        let sent = course.news[1].0.as_millis();
        for (waited, range) in [
            (course.waited_ms(0), 100..=400),
            (sent, 500..=2_000),
            (course.waited_ms(2), 1_000..=5_000),
        ] {
            assert!(range.contains(&waited), "seed {seed}: {waited} ms");
        }
    }
}

#[test]
fn both_sides_hang_up_now_and_then() {
    let sides: Vec<Option<HangupSide>> = (0..100)
        .map(|seed| run(seed, NewResource::Call(call(ORDINARY))).call().hangup)
        .collect();
    assert!(sides.contains(&Some(HangupSide::Caller)));
    assert!(sides.contains(&Some(HangupSide::Callee)));
}

#[test]
fn calls_end_as_the_last_four_digits_say() {
    const AT_ONCE: &[&str] = &["initiated"];
    const RANG: &[&str] = &["initiated", "ringing"];
    check("0486", AT_ONCE, CallStatus::Busy, 486);
    check("0480", RANG, CallStatus::NoAnswer, 480);
    check("0487", RANG, CallStatus::NoAnswer, 487);
    check("0404", AT_ONCE, CallStatus::Failed, 404);
    check("0503", AT_ONCE, CallStatus::Failed, 503);
    check("0603", RANG, CallStatus::Failed, 603);
    check(
        "0700",
        &["initiated", "ringing", "in-progress"],
        CallStatus::Completed,
        200,
    );
    // What has a meaning for messages has none for calls.
    check(
        "3003",
        &["initiated", "ringing", "in-progress"],
        CallStatus::Completed,
        200,
    );

    #[track_caller]
    fn check(digits: &str, before: &[&str], end: CallStatus, sip: u16) {
        for prefix in ["+1555010", "+4930", "+44207946"] {
            let course = run(3, NewResource::Call(call(&format!("{prefix}{digits}"))));
            assert_eq!(
                course.statuses(),
                [before, &[end.as_str()]].concat(),
                "{digits}"
            );
            assert_eq!(course.call().sip.unwrap().code(), sip, "{digits}");
            let answered = end == CallStatus::Completed;
            assert_eq!(course.call().quality.is_some(), answered, "{digits}");
            assert_eq!(course.call().hangup.is_some(), answered, "{digits}");
        }
    }
}

#[test]
fn disputed_sip_answers_end_calls_as_the_project_says() {
    let mut settings = Settings::default();
    settings.set("sip_480", "failed").unwrap();
    settings.set("sip_603", "busy").unwrap();
    for (to, expected) in [("+15550100480", "failed"), ("+15550100603", "busy")] {
        let call = resource(1, NewResource::Call(call(to)));
        let course = follow(&simulated(1), call, &settings);
        assert_eq!(course.statuses().last(), Some(&expected), "{to}");
    }
}

#[test]
fn what_answers_is_told_if_it_was_asked() {
    check("+15550100700", Some("Enable"), Some(AnsweredBy::Machine));
    check(
        "+15550100700",
        Some("DetectMessageEnd"),
        Some(AnsweredBy::Machine),
    );
    check(ORDINARY, Some("Enable"), Some(AnsweredBy::Human));
    check("+15550100700", Some("none"), None);
    check("+15550100700", None, None);

    #[track_caller]
    fn check(to: &str, detection: Option<&str>, expected: Option<AnsweredBy>) {
        let mut new = call(to);
        new.requested = detection
            .map(|value| ("MachineDetection".to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let course = run(1, NewResource::Call(new));
        let News::Call(CallStatus::InProgress, facts) = &course.news[2].1 else {
            panic!("not answered: {:?}", course.news);
        };
        assert_eq!(facts.answered_by, expected, "{to} {detection:?}");
    }
}

#[test]
fn a_call_that_rings_longer_than_its_timeout_is_not_answered() {
    let mut in_time = 0;
    for seed in 0..100 {
        let mut new = call(ORDINARY);
        new.ring_timeout = Duration::from_secs(5);
        let course = run(seed, NewResource::Call(new));
        match course.call().status {
            CallStatus::Completed => in_time += 1,
            CallStatus::NoAnswer => {
                assert_eq!(course.waited_ms(2), 5_000);
                assert_eq!(course.call().sip.unwrap().code(), 487);
            }
            status => panic!("seed {seed}: {status:?}"),
        }
    }
    assert!(
        (20..60).contains(&in_time),
        "{in_time} of 100 were answered"
    );
}

#[test]
fn the_number_that_rings_out_rings_until_the_timeout() {
    for seconds in [1, 60, 600] {
        let mut new = call("+15550100487");
        new.ring_timeout = Duration::from_secs(seconds);
        let course = run(1, NewResource::Call(new));
        assert_eq!(course.statuses(), ["initiated", "ringing", "no-answer"]);
        assert_eq!(course.waited_ms(2), u128::from(seconds) * 1_000);
    }
}

#[test]
fn messages_end_as_the_last_four_digits_say() {
    const SENT: &[&str] = &["sending", "sent"];
    const UNDELIVERED: &[&str] = &["sending", "sent", "undelivered"];
    check("3000", SENT, None);
    check("3001", &["failed"], Some("30001"));
    check("3003", UNDELIVERED, Some("30003"));
    check("3004", UNDELIVERED, Some("30004"));
    check("3005", UNDELIVERED, Some("30005"));
    check("3006", UNDELIVERED, Some("30006"));
    check("3007", UNDELIVERED, Some("30007"));
    check("3008", UNDELIVERED, Some("30008"));
    check("3009", UNDELIVERED, Some("30009"));
    check("3022", &["failed"], Some("30022"));
    // What has a meaning for calls has none for messages.
    check("0486", &["sending", "sent", "delivered"], None);

    #[track_caller]
    fn check(digits: &str, statuses: &[&str], code: Option<&'static str>) {
        for prefix in ["+1555010", "+4930"] {
            let course = run(
                3,
                NewResource::Message(message(&format!("{prefix}{digits}"))),
            );
            assert_eq!(course.statuses(), statuses, "{digits}");
            assert_eq!(
                course.message().error,
                code.map(|code| ErrorCode::reported(code.to_owned())),
                "{digits}"
            );
        }
    }
}

#[test]
fn sent_is_the_last_of_an_mms() {
    let mut new = message(ORDINARY);
    new.transport = MessageTransport::Mms;
    let course = run(1, NewResource::Message(new.clone()));
    assert_eq!(course.statuses(), ["sending", "sent"]);

    // A number that is to fail does so, though no receipt can tell it.
    new.to = "+15550103005".to_owned();
    let course = run(1, NewResource::Message(new));
    assert_eq!(course.statuses(), ["sending", "undelivered"]);
    assert_eq!(course.message().error, Some(error_code!("30005")));
}

#[test]
fn a_message_that_costs_more_than_its_max_price_fails_instead_of_being_sent() {
    check(4_999, Some("30010"));
    check(5_000, None);
    check(1_000_000, None);

    #[track_caller]
    fn check(max_micro_usd: i64, code: Option<&'static str>) {
        let mut new = message(ORDINARY);
        new.max_price = Some(Price::from_micro_usd(max_micro_usd));
        let course = run(1, NewResource::Message(new));
        assert_eq!(
            course.message().error,
            code.map(|code| ErrorCode::reported(code.to_owned()))
        );
        let failed = course.message().status == MessageStatus::Failed;
        assert_eq!(failed, code.is_some(), "{:?}", course.statuses());
        assert_eq!(course.statuses().contains(&"sending"), !failed);
    }
}

#[test]
fn a_message_fails_when_its_validity_runs_out_before_it_is_sent() {
    let validity = Duration::from_secs(1);
    let mut failed = 0;
    for seed in 0..100 {
        let mut new = message(ORDINARY);
        new.validity = validity;
        let course = run(seed, NewResource::Message(new));
        if course.message().status == MessageStatus::Failed {
            failed += 1;
            assert_eq!(course.news[0].0, validity);
            assert_eq!(course.message().error, Some(error_code!("30001")));
        } else {
            assert!(course.news[1].0 <= validity, "seed {seed}");
        }
    }
    assert!((40..90).contains(&failed), "{failed} of 100 failed");
}

#[test]
fn the_time_scale_divides_every_delay_and_nothing_else() {
    for new in [
        NewResource::Call(call(ORDINARY)),
        NewResource::Call(call("+15550100487")),
        NewResource::Message(message(ORDINARY)),
        NewResource::Message(NewMessage {
            validity: Duration::from_secs(1),
            ..message(ORDINARY)
        }),
    ] {
        let slow = run(9, new.clone());
        for time_scale in [0.5, 10.0, 1e3, 1e30, f64::INFINITY] {
            let network = Simulated::new(SimulatedConfig {
                seed: 9,
                time_scale,
                ..SimulatedConfig::default()
            });
            let fast = follow(&network, resource(1, new.clone()), &Settings::default());
            assert_eq!(fast.statuses(), slow.statuses());
            for ((fast, _), (slow, _)) in fast.news.iter().zip(&slow.news) {
                let expected = slow.as_secs_f64() / time_scale;
                // Moments are exact to the microsecond, each of four steps.
                assert!((fast.as_secs_f64() - expected).abs() < 5e-6, "{time_scale}");
            }
        }
    }
}

#[test]
fn a_time_scale_that_is_not_above_zero_counts_as_one() {
    let call = resource(1, NewResource::Call(call(ORDINARY)));
    for time_scale in [0.0, -3.0, f64::NAN] {
        let network = Simulated::new(SimulatedConfig {
            seed: 0,
            time_scale,
            ..SimulatedConfig::default()
        });
        assert_eq!(first(&network, &call), first(&simulated(0), &call));
    }
}

#[test]
fn media_packets_fit_the_time_that_really_went_by() {
    for (seed, time_scale) in [(1, 1.0), (2, 10.0), (3, 20.0), (4, 0.5)] {
        let network = Simulated::new(SimulatedConfig {
            seed,
            time_scale,
            ..SimulatedConfig::default()
        });
        let call = resource(1, NewResource::Call(call(ORDINARY)));
        let course = follow(&network, call, &Settings::default());
        let call = course.call();
        let wall = call.ended_at.unwrap().since(call.answered_at.unwrap());
        let expected = wall.as_secs_f64() * 50.0;
        let quality = course.quality();
        for packets in [quality.in_media_packets, quality.out_media_packets] {
            let off = (f64::from(packets) - expected).abs() / expected;
            assert!(off <= 0.05, "{packets}, expected {expected}");
        }
    }
}

#[test]
fn two_calls_with_different_seeds_differ_in_every_figure() {
    for time_scale in [1.0, 10.0] {
        for (one, other) in [(1, 2), (1, 42), (7, 42), (2, 3), (42, 43), (1, 1_000)] {
            let figures = [one, other].map(|seed| {
                let network = Simulated::new(SimulatedConfig {
                    seed,
                    time_scale,
                    ..SimulatedConfig::default()
                });
                let call = resource(1, NewResource::Call(call(ORDINARY)));
                follow(&network, call, &Settings::default()).quality()
            });
            let equal = equal_figures(&figures[0], &figures[1]);
            assert_eq!(
                equal, 0,
                "seeds {one} and {other} at {time_scale}: {figures:?}"
            );
        }
    }

    fn equal_figures(a: &Quality, b: &Quality) -> usize {
        [
            a.mos_hundredths == b.mos_hundredths,
            a.average_time_ms == b.average_time_ms,
            a.in_dtmf_packets == b.in_dtmf_packets,
            a.in_flush_packets == b.in_flush_packets,
            a.jitter_max_ms == b.jitter_max_ms,
            a.jitter_min_ms == b.jitter_min_ms,
            a.largest_buffer_packets == b.largest_buffer_packets,
            a.in_media_packets == b.in_media_packets,
            a.in_skip_packets == b.in_skip_packets,
            a.out_dtmf_packets == b.out_dtmf_packets,
            a.out_media_packets == b.out_media_packets,
        ]
        .into_iter()
        .filter(|equal| *equal)
        .count()
    }
}

#[test]
fn an_application_cancels_a_call_that_is_not_answered_yet() {
    for ending in [Ending::Cancel, Ending::HangUp] {
        let mut call = resource(1, NewResource::Call(call(ORDINARY)));
        check(&call, ending, None);
        let dialled = News::Call(CallStatus::Initiated, CallFacts::default());
        call.report(dialled, CREATED).unwrap();
        check(&call, ending, Some(487));
    }

    #[track_caller]
    fn check(call: &Resource, ending: Ending, sip: Option<u16>) {
        let news = end(call, ending, CREATED);
        let [News::Call(status, facts)] = &news[..] else {
            panic!("not the news of a call: {news:?}");
        };
        assert_eq!(*status, CallStatus::Canceled);
        assert_eq!(
            facts.sip.map(SipResult::code),
            sip,
            "an INVITE is answered once it was sent"
        );
        assert_eq!(facts.quality, None);
    }
}

#[test]
fn an_application_hangs_up_on_its_own_side() {
    check(CallDirection::OutboundApi, HangupSide::Caller);
    check(CallDirection::Inbound, HangupSide::Callee);

    #[track_caller]
    fn check(direction: CallDirection, side: HangupSide) {
        let new = NewCall {
            direction,
            ..call(ORDINARY)
        };
        let mut resource = resource(1, NewResource::Call(new));
        let answered = News::Call(CallStatus::InProgress, CallFacts::default());
        resource.report(answered, CREATED).unwrap();

        let now = CREATED + Duration::from_secs(4);
        let news = end(&resource, Ending::HangUp, now);
        let [News::Call(status, facts)] = &news[..] else {
            panic!("not the news of a call: {news:?}");
        };
        assert_eq!(*status, CallStatus::Completed);
        assert_eq!(facts.hangup, Some(side));
        let packets = facts.quality.unwrap().in_media_packets;
        assert!((190..=210).contains(&packets), "{packets} in 4 s");
    }
}

#[test]
fn a_message_cannot_be_ended() {
    let message = resource(1, NewResource::Message(message(ORDINARY)));
    assert_eq!(end(&message, Ending::Cancel, CREATED), []);
}

#[test]
fn what_comes_in_is_not_held_against_test_numbers() {
    let inbound_call = NewResource::Call(NewCall {
        direction: CallDirection::Inbound,
        ..call("+15005550001")
    });
    let inbound_message = NewResource::Message(NewMessage {
        direction: MessageDirection::Inbound,
        ..message("+15005550001")
    });
    for new in [inbound_call, inbound_message] {
        assert_eq!(admit(&new), Ok(()));
    }
}

#[test]
fn nothing_is_told_of_what_is_over_or_of_a_step_that_is_unknown() {
    let settings = Settings::default();
    for new in [
        NewResource::Call(call(ORDINARY)),
        NewResource::Message(message(ORDINARY)),
    ] {
        let fresh = resource(1, new.clone());
        let over = run(1, new).resource;
        for (resource, number) in [(fresh, 99), (over, 0)] {
            let step = Step {
                resource: resource.sid,
                due: CREATED,
                number,
                draw: 5,
            };
            let performed = perform(&simulated(1), &resource, &step, &settings);
            assert_eq!(performed, Performed::default());
        }
    }
}

#[test]
fn test_numbers_are_answered_as_published() {
    const ACCEPTED: Option<&str> = None;
    let message_from = |number: &str| {
        NewResource::Message(NewMessage {
            from: number.to_owned(),
            ..message(ORDINARY)
        })
    };
    let message_to = |number: &str| NewResource::Message(message(number));
    let call_from = |number: &str| {
        NewResource::Call(NewCall {
            from: number.to_owned(),
            ..call(ORDINARY)
        })
    };
    let call_to = |number: &str| NewResource::Call(call(number));

    check(&message_from("+15005550001"), Some("21212"));
    check(&message_from("+15005550007"), Some("21606"));
    check(&message_from("+15005550008"), Some("21611"));
    check(&message_from("+15005550006"), ACCEPTED);
    check(&message_to("+15005550001"), Some("21211"));
    check(&message_to("+15005550002"), Some("21612"));
    check(&message_to("+15005550003"), Some("21408"));
    check(&message_to("+15005550004"), Some("21610"));
    check(&message_to("+15005550009"), Some("21614"));
    check(&call_from("+15005550001"), Some("21212"));
    check(&call_from("+15005550006"), ACCEPTED);
    check(&call_to("+15005550001"), Some("21217"));
    check(&call_to("+15005550002"), Some("21214"));
    check(&call_to("+15005550003"), Some("21215"));
    check(&call_to("+15005550004"), Some("21216"));
    // What means something elsewhere means nothing here.
    check(&call_to("+15005550009"), ACCEPTED);
    check(&message_from("+15005550002"), ACCEPTED);
    check(&message_to(ORDINARY), ACCEPTED);

    #[track_caller]
    fn check(new: &NewResource, code: Option<&'static str>) {
        let refused = admit(new).err();
        assert_eq!(
            refused.as_ref().map(|refusal| refusal.code.as_str()),
            code,
            "{new:?}"
        );
        assert!(refused.is_none_or(|refusal| refusal.message.contains("is a test number")));
    }
}

#[test]
fn courses_of_one_seed_differ_from_one_resource_to_the_next() {
    let network = simulated(5);
    let lengths: HashSet<Duration> = (1..=100)
        .map(|ordinal| {
            let call = resource(ordinal, NewResource::Call(call(ORDINARY)));
            follow(&network, call, &Settings::default()).news[3].0
        })
        .collect();
    assert_eq!(lengths.len(), 100);
}
