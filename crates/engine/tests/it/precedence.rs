//! Who hears of a resource: the request, its application, its number, its project.
//!
//! The order is that of `semantics.md`, §10, with the project's default last.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::application::ApplicationChange;
use ringback_domain::call::{CallDirection, CallFacts, CallStatus, Document, NewCall};
use ringback_domain::change::{News, Told};
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageDirection, MessageStatus};
use ringback_domain::number::{NumberChange, PhoneNumber};
use ringback_domain::project::{Dialect, InboundDetail, Settings};
use ringback_domain::resource::{Kind, NewResource};
use ringback_domain::subscription::{CallEvent, CallEvents, Interest, Method};
use ringback_domain::verdict::Verdict;
use ringback_domain::webhook::{Webhook, WebhookChange};
use ringback_engine::intake::{Name, PlatformReport, Stream, Subscribe};
use ringback_engine::{ApplicationOrder, CallUpdate, CreateError, Hold, NumberOrder, Order};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, START, TestEngine, order, project};
use ringback_wire::form;

const OURS: &str = "+15550100001";
const THEIRS: &str = "+15550100002";

/// What is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Message,
    MessageIn,
    ApiCall,
    InboundCall,
    /// The same, reported by a platform.
    ReportedCall,
    Leg,
}

/// Who could hear of it, and is set up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its request, or the report of it, names a URL.
    Request,
    /// Its request names an application that has URLs.
    Application,
    /// The same, without URLs.
    SilentApplication,
    /// The number is the project's and has a URL.
    Number,
    /// The same, and it names the application that has URLs.
    NumberWithApplication,
    /// The project has a default.
    Default,
}

const REQUEST: &str = "http://request.example/ POST";
/// A call with an application asks in the application's way.
const REQUEST_IN_ITS_WAY: &str = "http://request.example/ GET";
const APPLICATION: &str = "http://application.example/ GET";
const SMS: &str = "http://application.example/sms GET";
const NUMBER: &str = "http://number.example/ POST";
const DEFAULT: &str = "http://default.example/ GET";

#[tokio::test(start_paused = true)]
async fn who_hears_of_the_end_of_a_resource() {
    use By::{Application, Default, Number, NumberWithApplication, Request, SilentApplication};
    use What::{ApiCall, InboundCall, Leg, Message, MessageIn, ReportedCall};
    let rows: &[(What, &[By], &[&str])] = &[
        (Message, &[Request, Application, Default], &[REQUEST]),
        (Message, &[Application, Number, Default], &[SMS]),
        (Message, &[SilentApplication, Default], &[DEFAULT]),
        (Message, &[Number, Default], &[DEFAULT]),
        (Message, &[NumberWithApplication], &[]),
        (Message, &[], &[]),
        (MessageIn, &[NumberWithApplication, Default], &[DEFAULT]),
        (MessageIn, &[Number], &[]),
        (ApiCall, &[Request, Default], &[REQUEST]),
        (
            ApiCall,
            &[Request, Application, Default],
            &[REQUEST_IN_ITS_WAY],
        ),
        (ApiCall, &[Application, Number, Default], &[APPLICATION]),
        (ApiCall, &[SilentApplication, Default], &[DEFAULT]),
        (ApiCall, &[NumberWithApplication, Default], &[DEFAULT]),
        (ApiCall, &[Number], &[]),
        (
            InboundCall,
            &[NumberWithApplication, Default],
            &[APPLICATION],
        ),
        (InboundCall, &[Number, Default], &[NUMBER]),
        (InboundCall, &[Default], &[DEFAULT]),
        (InboundCall, &[], &[]),
        (
            ReportedCall,
            &[Request, NumberWithApplication, Default],
            &[REQUEST, APPLICATION],
        ),
        (
            ReportedCall,
            &[Request, Number, Default],
            &[REQUEST, NUMBER],
        ),
        (ReportedCall, &[Request, Default], &[REQUEST]),
        (ReportedCall, &[Number, Default], &[NUMBER]),
        (ReportedCall, &[Default], &[DEFAULT]),
        (ReportedCall, &[], &[]),
        (Leg, &[Request, Default], &[REQUEST]),
        (Leg, &[Number, Default], &[]),
    ];
    for (number, (what, by, expected)) in rows.iter().enumerate() {
        let engine = TestEngine::answering(200).await;
        let sid = end(&engine, *what, by).await;
        let callbacks = engine.callbacks(sid).await;
        let last = callbacks.last().map(|it| it.seq);
        let end = callbacks.iter().filter(|it| Some(it.seq) == last);
        let told: Vec<String> = end
            .map(|it| format!("{} {}", it.url, it.method.as_str()))
            .collect();
        assert_eq!(told, *expected, "row {number}: {what:?}");
    }
}

/// Sets all up, creates the resource and takes it to its end.
async fn end(engine: &TestEngine, what: What, by: &[By]) -> Sid {
    let order = set_up(engine, by).await;
    let create = |new| Order {
        new,
        ..order.clone()
    };
    let (new, statuses): (_, &[CallStatus]) = match what {
        What::Message => {
            let sid = engine.order(order, Hold::none()).await.sid;
            engine.report(sid, MessageStatus::Delivered).await;
            return sid;
        }
        What::MessageIn => {
            let new = message_in(order.new.clone());
            let sid = engine.order(create(new), Hold::none()).await.sid;
            engine.report(sid, MessageStatus::Received).await;
            return sid;
        }
        What::ReportedCall => {
            let subscribe = match order.subscriptions.first() {
                Some(subscription) => Subscribe::To(subscription.clone()),
                None => Subscribe::Unchanged,
            };
            offer(engine, CallStatus::InProgress, subscribe).await;
            return offer(engine, CallStatus::Completed, Subscribe::Unchanged).await;
        }
        What::ApiCall => (call(CallDirection::OutboundApi), &[CallStatus::Completed]),
        What::Leg => (call(CallDirection::OutboundDial), &[CallStatus::Completed]),
        What::InboundCall => (
            call(CallDirection::Inbound),
            &[CallStatus::InProgress, CallStatus::Completed],
        ),
    };
    let sid = engine.order(create(new), Hold::none()).await.sid;
    for status in statuses {
        report(engine, sid, News::Call(*status, CallFacts::default())).await;
    }
    sid
}

/// Sets all up, and says what an order of a message is then.
async fn set_up(engine: &TestEngine, by: &[By]) -> Order {
    let mut order = order("http://request.example/");
    order.subscriptions.retain(|_| by.contains(&By::Request));
    for by in by {
        match by {
            By::Request => {}
            By::Application => order.application = Some(application(engine, hearing()).await),
            By::SilentApplication => {
                let silent = ApplicationChange::default();
                order.application = Some(application(engine, silent).await);
            }
            By::Number => drop(take(engine, OURS, "http://number.example/", None).await),
            By::NumberWithApplication => {
                let named = application(engine, hearing()).await;
                take(engine, OURS, "http://number.example/", Some(named)).await;
            }
            By::Default => {
                let mut owner = project(PROJECT, "one", Settings::default());
                owner.settings.status_callback = Webhook {
                    url: Some("http://default.example/".to_owned()),
                    method: Method::Get,
                };
                engine.engine.put_project(owner).await.unwrap();
            }
        }
    }
    order
}

#[tokio::test(start_paused = true)]
async fn what_is_set_up_in_another_way_holds_from_the_next_change_on_and_the_count_goes_on() {
    let engine = TestEngine::answering(200).await;
    let sid = application(&engine, hearing()).await;
    let events = [
        CallEvent::Initiated,
        CallEvent::Ringing,
        CallEvent::Completed,
    ];
    let order = Order {
        new: call(CallDirection::OutboundApi),
        subscriptions: Vec::new(),
        application: Some(sid),
        interest: Some(Interest::Call(CallEvents::from_iter(events))),
        depth: 0,
        warnings: Vec::new(),
    };
    let leg = engine.order(order, Hold::none()).await.sid;
    let news = |status| News::Call(status, CallFacts::default());
    report(&engine, leg, news(CallStatus::Initiated)).await;

    let elsewhere = ApplicationChange {
        status_callback: WebhookChange {
            url: Some(Some("http://elsewhere.example/".to_owned())),
            method: Some(Method::Post),
        },
        ..ApplicationChange::default()
    };
    let change = Box::new(elsewhere);
    let changed = ApplicationOrder::Change { sid, change };
    engine
        .engine
        .put_application(PROJECT, changed)
        .await
        .unwrap();
    report(&engine, leg, news(CallStatus::Ringing)).await;

    // The call itself names somebody: that goes before, with the events that were asked for.
    let update = CallUpdate {
        callback_url: Some("http://update.example/".to_owned()),
        ..CallUpdate::default()
    };
    engine
        .engine
        .update_call(PROJECT, leg, update)
        .await
        .unwrap();
    report(&engine, leg, news(CallStatus::InProgress)).await;
    report(&engine, leg, news(CallStatus::Completed)).await;

    let callbacks = engine.callbacks(leg).await;
    let told: Vec<_> = callbacks
        .iter()
        .map(|it| {
            let pairs = form::decode(&it.body);
            let sequence = pairs.iter().find(|(key, _)| key == "SequenceNumber");
            let sequence = sequence.map(|(_, value)| value.clone()).unwrap();
            (it.url.to_string(), it.status.to_string(), sequence)
        })
        .collect();
    let row = |url: &str, status: &str, sequence: &str| {
        (url.to_owned(), status.to_owned(), sequence.to_owned())
    };
    assert_eq!(
        told,
        [
            row("http://application.example/", "initiated", "0"),
            row("http://elsewhere.example/", "ringing", "1"),
            row("http://update.example/", "completed", "2"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_removed_leaves_the_default() {
    let engine = TestEngine::answering(200).await;
    let sid = application(&engine, hearing()).await;
    let mut order = order("http://request.example/");
    order.subscriptions.clear();
    order.application = Some(sid);
    let message = engine.order(order.clone(), Hold::none()).await.sid;
    let mut owner = project(PROJECT, "one", Settings::default());
    owner.settings.status_callback.url = Some("http://default.example/".to_owned());
    engine.engine.put_project(owner).await.unwrap();
    let remove = ApplicationOrder::Remove { sid };
    engine
        .engine
        .put_application(PROJECT, remove)
        .await
        .unwrap();
    engine.report(message, MessageStatus::Sent).await;
    let urls: Vec<String> = engine
        .callbacks(message)
        .await
        .iter()
        .map(|it| it.url.to_string())
        .collect();
    assert_eq!(
        urls,
        ["http://application.example/sms", "http://default.example/"]
    );

    let refused = engine.engine.create(PROJECT, order, Hold::none()).await;
    assert!(matches!(
        refused,
        Err(CreateError::UnknownApplication { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn another_projects_application_and_number_are_nobodys() {
    let engine = TestEngine::answering(200).await;
    let foreign = ApplicationOrder::Make {
        change: Box::new(hearing()),
    };
    let foreign = engine.engine.put_application(OTHER_PROJECT, foreign).await;
    let mut order = order("http://request.example/");
    order.application = Some(foreign.unwrap().sid);
    let refused = engine.engine.create(PROJECT, order, Hold::none()).await;
    assert!(matches!(
        refused,
        Err(CreateError::UnknownApplication { .. })
    ));

    let number = NumberOrder::Take {
        number: OURS.into(),
        change: Box::new(calling("http://number.example/", None)),
    };
    engine
        .engine
        .put_number(OTHER_PROJECT, number)
        .await
        .unwrap();
    let sid = offer(&engine, CallStatus::Completed, Subscribe::Unchanged).await;
    assert_eq!(engine.callbacks(sid).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_names_nobody_stops_the_default_and_not_the_number() {
    let engine = TestEngine::answering(200).await;
    take(&engine, OURS, "http://number.example/", None).await;
    let sid = offer(&engine, CallStatus::InProgress, Subscribe::Nobody).await;
    offer(&engine, CallStatus::Completed, Subscribe::Nobody).await;
    let callbacks = engine.callbacks(sid).await;
    assert_eq!(callbacks.len(), 1);
    assert_eq!(&*callbacks[0].url, "http://number.example/");
}

#[tokio::test(start_paused = true)]
async fn a_number_is_told_of_the_end_once_with_its_own_parameters() {
    let plain = Settings::default();
    let detailed = Settings {
        inbound_detail: InboundDetail::Detailed,
        ..Settings::default()
    };
    let strict = Settings {
        dialect: Dialect::SignalWireStrict,
        inbound_detail: InboundDetail::Detailed,
        ..Settings::default()
    };
    check(&plain, CallStatus::Completed, "completed", &[]).await;
    check(&plain, CallStatus::NoAnswer, "failed", &[]).await;
    check(&detailed, CallStatus::NoAnswer, "no-answer", &[]).await;
    check(&strict, CallStatus::Busy, "failed", &["AudioInMos"]).await;

    async fn check(settings: &Settings, end: CallStatus, word: &str, further: &[&str]) {
        let engine = TestEngine::answering(200).await;
        let owner = project(PROJECT, "one", settings.clone());
        engine.engine.put_project(owner).await.unwrap();
        take(&engine, OURS, "http://number.example/", None).await;
        let order = Order {
            new: call(CallDirection::Inbound),
            ..order("http://request.example/")
        };
        let order = Order {
            subscriptions: Vec::new(),
            ..order
        };
        let created = engine.order(order, Hold::none()).await;
        assert!(created.number.is_some());
        tokio::time::sleep(Duration::from_secs(7)).await;
        report(&engine, created.sid, News::Call(end, CallFacts::default())).await;
        let callbacks = engine.callbacks(created.sid).await;
        assert_eq!(callbacks.len(), 1, "once");
        let pairs = form::decode(&callbacks[0].body);
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        let usual = [
            "CallSid",
            "AccountSid",
            "From",
            "To",
            "Timestamp",
            "CallStatus",
            "CallDuration",
        ];
        assert_eq!(keys, [&usual[..], further].concat());
        let created_at = ringback_wire::date::rfc2822(START.as_micros());
        assert_eq!(pairs[4].1, created_at, "when the call came");
        assert_eq!(pairs[5].1, word);
    }
}

async fn application(engine: &TestEngine, change: ApplicationChange) -> Sid {
    let order = ApplicationOrder::Make {
        change: Box::new(change),
    };
    let made = engine.engine.put_application(PROJECT, order).await;
    made.unwrap().sid
}

fn hearing() -> ApplicationChange {
    let url = |url: &str| WebhookChange {
        url: Some(Some(url.to_owned())),
        method: Some(Method::Get),
    };
    ApplicationChange {
        status_callback: url("http://application.example/"),
        sms_status_callback: url("http://application.example/sms"),
        ..ApplicationChange::default()
    }
}

async fn take(
    engine: &TestEngine,
    number: &str,
    url: &str,
    application: Option<Sid>,
) -> Arc<PhoneNumber> {
    let take = NumberOrder::Take {
        number: number.into(),
        change: Box::new(calling(url, application)),
    };
    engine.engine.put_number(PROJECT, take).await.unwrap()
}

fn calling(url: &str, application: Option<Sid>) -> NumberChange {
    NumberChange {
        status_callback: WebhookChange {
            url: Some(Some(url.to_owned())),
            method: None,
        },
        voice_application: Some(application),
        ..NumberChange::default()
    }
}

fn call(direction: CallDirection) -> NewResource {
    let (from, to) = match direction {
        CallDirection::Inbound => (THEIRS, OURS),
        CallDirection::OutboundApi | CallDirection::OutboundDial => (OURS, THEIRS),
    };
    NewResource::Call(NewCall {
        direction,
        from: from.to_owned(),
        to: to.to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    })
}

fn message_in(new: NewResource) -> NewResource {
    match new {
        NewResource::Message(mut message) => {
            message.direction = MessageDirection::Inbound;
            OURS.clone_into(&mut message.to);
            NewResource::Message(message)
        }
        other => other,
    }
}

async fn report(engine: &TestEngine, sid: Sid, news: News) {
    let reported = engine.engine.report(PROJECT, sid, news).await.unwrap();
    assert!(matches!(reported.verdict, Verdict::Accepted(_)));
}

/// A platform's report of an inbound call to [`OURS`].
async fn offer(engine: &TestEngine, status: CallStatus, subscribe: Subscribe) -> Sid {
    let report = PlatformReport {
        name: Name::External("call-1".into()),
        news: News::Call(status, CallFacts::default()),
        kind: Kind::Call,
        new: Ok(call(CallDirection::Inbound)),
        subscribe,
        event: None,
        told: Told::default(),
        depth: 0,
        warnings: Vec::new(),
    };
    let stream = Stream::default();
    let offered = engine.engine.offer(PROJECT, &stream, report).await;
    offered.unwrap().verdict().await.unwrap().sid
}
