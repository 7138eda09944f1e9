//! Messages that come in, with an engine around the network and an application that answers.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::application::ApplicationChange;
use ringback_domain::call::{CallDirection, Document, NewCall};
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageDirection, MessageStatus};
use ringback_domain::number::NumberChange;
use ringback_domain::project::{Dialect, Settings};
use ringback_domain::resource::{Body, Kind};
use ringback_domain::webhook::WebhookChange;
use ringback_engine::{ApplicationOrder, CreateError, Erase, Hold, NumberOrder, Order};
use ringback_store::{ListQuery, Store};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, Setup, TestEngine};
use tokio::time::sleep;

use super::*;
use crate::simulated::scenario::message::{MessageEnd, MessageScenario};
use crate::simulated::{Simulated, SimulatedConfig};

const OURS: &str = "+15550100001";
const ALSO_OURS: &str = "+15550100005";
const THEIRS: &str = "+15550100002";
const ASKED: &str = "http://app.example/sms";

/// An application that answers with what `script` says of the path that is asked.
async fn answering(
    settings: Settings,
    store: Arc<dyn Store>,
    script: impl Fn(&str) -> Ending + Send + Sync + 'static,
) -> TestEngine {
    let setup = Setup {
        settings,
        store,
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    TestEngine::scripted(setup, move |seen: &Seen| {
        let path = seen.url.trim_start_matches("http://app.example");
        let path = path.split('?').next().unwrap_or_default();
        (Duration::ZERO, script(path))
    })
    .await
}

/// The same, whose number has an `SmsUrl`.
async fn app(script: impl Fn(&str) -> Ending + Send + Sync + 'static) -> TestEngine {
    let engine = answering(
        Settings::default(),
        Arc::new(MemoryStore::default()),
        script,
    )
    .await;
    take(&engine, OURS, number_at(ASKED)).await;
    engine
}

fn url(url: &str) -> WebhookChange {
    WebhookChange {
        url: Some(Some(url.to_owned())),
        method: None,
    }
}

fn number_at(sms: &str) -> NumberChange {
    NumberChange {
        sms: url(sms),
        sms_fallback: url("http://app.example/fallback"),
        ..NumberChange::default()
    }
}

async fn take(engine: &TestEngine, number: &str, change: NumberChange) {
    let order = NumberOrder::Take {
        number: number.into(),
        change: Box::new(change),
    };
    engine.engine.put_number(PROJECT, order).await.unwrap();
}

fn blank(from: &str, to: &str, body: &str) -> NewMessage {
    outgoing::plain(MessageDirection::OutboundApi, (from, to), body)
}

fn order(new: NewMessage) -> Order {
    Order {
        new: NewResource::Message(new),
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

/// Makes a message come in, and lets everything that follows happen.
async fn receive(engine: &TestEngine, body: &str, scenario: InboundMessageScenario) -> Sid {
    let new = NewMessage {
        direction: MessageDirection::Inbound,
        ..blank(THEIRS, OURS, body)
    };
    let memo = arriving(scenario);
    let created = engine
        .engine
        .create_with_memo(PROJECT, order(new), memo, Hold::none());
    let sid = created.await.unwrap().sid;
    sleep(Duration::from_secs(120)).await;
    sid
}

async fn send(engine: &TestEngine, from: &str, to: &str) -> Result<Sid, CreateError> {
    let new = NewMessage {
        direction: MessageDirection::OutboundApi,
        ..blank(from, to, "hello")
    };
    let created = engine
        .engine
        .create(PROJECT, order(new), Hold::none())
        .await;
    created.map(|resource| resource.sid)
}

/// Every message, the oldest first: its direction, whom it goes to, what it says, its status.
async fn messages(engine: &TestEngine) -> Vec<(MessageDirection, String, String, MessageStatus)> {
    let query = ListQuery::all(PROJECT, Kind::Message, 100);
    let found = engine.engine.store().list(&query).await.unwrap();
    let shown = found.into_iter().rev().map(|resource| match resource.body {
        Body::Message(it) => (it.direction, it.to, it.body, it.status),
        _ => panic!("a list of messages holds messages"),
    });
    shown.collect()
}

async fn timeline(engine: &TestEngine, sid: Sid) -> String {
    let remarks = engine.engine.store().warnings(sid).await.unwrap();
    let texts: Vec<String> = remarks.into_iter().map(|it| it.text).collect();
    texts.join("\n")
}

fn paths(engine: &TestEngine) -> Vec<String> {
    let path = |seen: &Seen| seen.url.trim_start_matches("http://app.example").to_owned();
    engine.seen().iter().map(path).collect()
}

fn reply(body: &str, status: MessageStatus) -> (MessageDirection, String, String, MessageStatus) {
    (
        MessageDirection::OutboundReply,
        THEIRS.to_owned(),
        body.to_owned(),
        status,
    )
}

const HELLO: Ending =
    Ending::Document(r#"<Response><Message statusCallback="status">Hi there</Message></Response>"#);

#[tokio::test(start_paused = true)]
async fn the_number_is_asked_and_what_it_answers_is_sent_with_its_own_callback() {
    let engine = app(|path| match path {
        "/sms" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    let [inbound, answer] = &messages(&engine).await[..] else {
        panic!("it is answered once")
    };
    assert_eq!(
        (inbound.0, inbound.3),
        (MessageDirection::Inbound, MessageStatus::Received)
    );
    assert_eq!(*answer, reply("Hi there", MessageStatus::Delivered));
    let asked = &engine.seen()[0];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", ASKED));
    let expected = format!(
        "MessageSid={sid}&AccountSid={PROJECT}&From=%2B15550100002&To=%2B15550100001&Body=hello\
         &NumMedia=0&NumSegments=1&SmsSid={sid}&ApiVersion=2010-04-01"
    );
    assert_eq!(asked.body, expected);
    assert!(asked.header("x-signalwire-signature").is_some());
    assert_eq!(engine.told(), ["queued", "sending", "sent", "delivered"]);
    assert_eq!(paths(&engine)[1..], ["/status"; 4]);
}

#[tokio::test(start_paused = true)]
async fn the_strict_dialect_asks_with_the_documented_parameters_alone() {
    let settings = Settings {
        dialect: Dialect::SignalWireStrict,
        ..Settings::default()
    };
    let store = Arc::new(MemoryStore::default());
    let engine = answering(settings, store, |_| Ending::Document("<Response/>")).await;
    take(&engine, OURS, number_at(ASKED)).await;
    receive(&engine, "x", InboundMessageScenario::default()).await;
    let asked = ringback_wire::form::decode(&engine.seen()[0].body);
    let names: Vec<_> = asked.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["MessageSid", "AccountSid", "From", "To", "Body", "NumMedia"];
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn the_applications_url_goes_first_and_a_fallback_is_told_why() {
    let engine = app(|path| match path {
        "/of-application" => Ending::Status(500),
        "/instead" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    let change = ApplicationChange {
        sms: url("http://app.example/of-application"),
        sms_fallback: url("http://app.example/instead"),
        ..ApplicationChange::default()
    };
    let made = ApplicationOrder::Make {
        change: Box::new(change),
    };
    let application = engine.engine.put_application(PROJECT, made).await.unwrap();
    let change = NumberChange {
        sms_application: Some(Some(application.sid)),
        ..NumberChange::default()
    };
    let number = engine.engine.directory().by_number(OURS).unwrap();
    let order = NumberOrder::Change {
        sid: number.sid,
        change: Box::new(change),
    };
    engine.engine.put_number(PROJECT, order).await.unwrap();
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    assert_eq!(paths(&engine)[..2], ["/of-application", "/instead"]);
    let told = engine.seen()[1].parameter("ErrorCode");
    assert_eq!(told.as_deref(), Some("11217"));
    assert!(timeline(&engine, sid).await.contains("11217"));
    assert_eq!(messages(&engine).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_read_is_named_and_its_fallback_asked() {
    let engine = app(|path| match path {
        "/sms" => Ending::Document("<Response><message>hi</message></Response>"),
        "/fallback" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    assert_eq!(paths(&engine)[..2], ["/sms", "/fallback"]);
    let told = engine.seen()[1].parameter("ErrorCode");
    assert_eq!(told.as_deref(), Some("12100"));
    let timeline = timeline(&engine, sid).await;
    assert!(timeline.contains("line 1, column 11"), "{timeline}");
    assert!(timeline.contains("expected <Message>"), "{timeline}");
    assert_eq!(messages(&engine).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_has_nothing_to_answer_may_answer_204() {
    let engine = app(|_| Ending::Status(204)).await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    assert_eq!(paths(&engine), ["/sms"], "no fallback is asked");
    let timeline = timeline(&engine, sid).await;
    assert!(timeline.contains("204"), "{timeline}");
    assert!(!timeline.contains("not run"), "{timeline}");
    assert_eq!(messages(&engine).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_action_takes_over_and_is_told_what_became_of_the_message() {
    let engine = app(|path| match path {
        "/sms" => Ending::Document(
            r#"<Response><Message action="/next" method="GET" to="x">a</Message>
               <Message>never</Message></Response>"#,
        ),
        _ => Ending::Document("<Response><Message>b</Message><Dial/></Response>"),
    })
    .await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    let answers = &messages(&engine).await[1..];
    assert_eq!(answers, [reply("b", MessageStatus::Delivered)]);
    let asked = &engine.seen()[1];
    assert_eq!(asked.method, "GET");
    assert!(
        asked
            .url
            .starts_with(&format!("http://app.example/next?MessageSid={sid}&"))
    );
    assert!(
        asked
            .url
            .ends_with("&MessageStatus=invalid&ErrorCode=21604"),
        "{}",
        asked.url
    );
    assert!(
        timeline(&engine, sid)
            .await
            .contains("<Dial> is a verb of calls")
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_cannot_run_for_ever() {
    let engine = app(|_| Ending::Document("<Response><Redirect>/sms</Redirect></Response>")).await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    assert_eq!(engine.seen().len(), 10);
    let timeline = timeline(&engine, sid).await;
    assert!(
        timeline.contains("10 documents were asked for"),
        "{timeline}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_cannot_answer_without_end() {
    let engine = app(|path| match path {
        "/sms" => Ending::Document(
            "<Response><Message>1</Message><Message>2</Message><Message>3</Message>\
             <Redirect>/sms</Redirect></Response>",
        ),
        _ => Ending::Status(200),
    })
    .await;
    let sid = receive(&engine, "hello", InboundMessageScenario::default()).await;
    assert_eq!(messages(&engine).await.len(), 21);
    assert!(
        timeline(&engine, sid)
            .await
            .contains("20 were answered already")
    );
}

#[tokio::test(start_paused = true)]
async fn who_says_stop_gets_no_messages_until_start_also_after_a_restart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let script = |path: &str| match path {
        "/sms" => HELLO,
        _ => Ending::Status(200),
    };
    let engine = answering(Settings::default(), Arc::clone(&store), script).await;
    take(&engine, OURS, number_at(ASKED)).await;
    let sid = receive(&engine, " stop ", InboundMessageScenario::default()).await;
    let remarks = timeline(&engine, sid).await;
    assert!(remarks.contains("+15550100002 opted out"), "{remarks}");
    assert!(remarks.contains("a message is not sent") && remarks.contains("(21610)"));
    assert_eq!(messages(&engine).await.len(), 1, "the answer is not sent");
    assert_eq!(
        paths(&engine),
        ["/sms"],
        "the application hears of it all the same"
    );
    engine.running.drain(Duration::from_secs(5)).await;

    let engine = answering(Settings::default(), store, script).await;
    let Err(CreateError::Refused(refusal)) = send(&engine, OURS, THEIRS).await else {
        panic!("it is refused")
    };
    assert_eq!(refusal.code.as_str(), "21610");
    assert!(
        send(&engine, ALSO_OURS, THEIRS).await.is_ok(),
        "from another number"
    );
    assert!(
        send(&engine, OURS, ALSO_OURS).await.is_ok(),
        "to another party"
    );

    let sid = receive(&engine, "help", InboundMessageScenario::default()).await;
    assert!(
        timeline(&engine, sid).await.contains("(21610)"),
        "HELP changes nothing"
    );
    let sid = receive(&engine, "START", InboundMessageScenario::default()).await;
    assert!(timeline(&engine, sid).await.contains("opted in again"));
    assert!(send(&engine, OURS, THEIRS).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_message_between_two_of_the_projects_numbers_comes_in_there() {
    let engine = app(|path| match path {
        "/sms" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    take(&engine, ALSO_OURS, number_at("http://app.example/other")).await;
    let sid = send(&engine, OURS, ALSO_OURS).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let [_, inbound] = &messages(&engine).await[..] else {
        panic!("it comes in once")
    };
    let expected = (
        MessageDirection::Inbound,
        ALSO_OURS.to_owned(),
        "hello".to_owned(),
        MessageStatus::Received,
    );
    assert_eq!(*inbound, expected);
    assert_eq!(paths(&engine)[0], "/other");
    assert_eq!(timeline(&engine, sid).await, "");
    // One that is not delivered does not come in; nor does one from somebody else's number.
    let failing = "+15550103003";
    take(&engine, failing, number_at(ASKED)).await;
    send(&engine, OURS, failing).await.unwrap();
    send(&engine, "+15550100077", ALSO_OURS).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(messages(&engine).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn two_numbers_that_answer_each_other_come_to_an_end() {
    let engine = app(|_| HELLO).await;
    take(&engine, ALSO_OURS, number_at(ASKED)).await;
    send(&engine, OURS, ALSO_OURS).await.unwrap();
    sleep(Duration::from_secs(600)).await;
    let all = messages(&engine).await;
    let inbound = all.iter().filter(|it| it.0 == MessageDirection::Inbound);
    assert_eq!(inbound.count(), usize::from(MAX_HOPS));
    let open = all.iter().filter(|it| !it.3.is_final());
    assert_eq!(open.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_says_what_becomes_of_the_answers() {
    let engine = app(|path| match path {
        "/sms" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    let scenario = InboundMessageScenario {
        arrives_after_s: Some(Seconds::whole(30)),
        replies: Some(MessageScenario {
            status: Some(MessageEnd::Failed),
            error_code: Some("30022".to_owned()),
            ..MessageScenario::default()
        }),
    };
    receive(&engine, "hello", scenario).await;
    assert_eq!(
        messages(&engine).await[1..],
        [reply("Hi there", MessageStatus::Failed)]
    );
    let last = engine.seen().pop().unwrap();
    assert_eq!(last.parameter("ErrorCode").as_deref(), Some("30022"));
    let waited = engine.seen()[0]
        .at
        .since(ringback_testing::test_engine::START);
    assert!(waited >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_number_without_a_url_asks_nobody() {
    let engine = app(|_| Ending::Status(200)).await;
    take(&engine, ALSO_OURS, NumberChange::default()).await;
    for (to, why) in [
        (ALSO_OURS, "has no SmsUrl"),
        (THEIRS, "is no number of the project"),
    ] {
        let new = NewMessage {
            direction: MessageDirection::Inbound,
            ..blank("12345", to, "x")
        };
        let sid = engine.order(order(new), Hold::none()).await.sid;
        sleep(Duration::from_secs(5)).await;
        let timeline = timeline(&engine, sid).await;
        assert!(timeline.contains(why), "{timeline}");
    }
    assert!(engine.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restart_while_a_document_is_fetched_asks_again_with_the_same_token() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let setup = |store: &Arc<dyn Store>| Setup {
        store: Arc::clone(store),
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    // The application thinks for longer than the engine lives.
    let engine = TestEngine::scripted(setup(&store), |_| {
        (Duration::from_secs(4), Ending::Document("<Response/>"))
    })
    .await;
    take(&engine, OURS, number_at(ASKED)).await;
    let new = NewMessage {
        direction: MessageDirection::Inbound,
        ..blank(THEIRS, OURS, "hello")
    };
    engine.order(order(new), Hold::none()).await;
    sleep(Duration::from_secs(1)).await;
    let asked = engine.seen();
    assert_eq!(asked.len(), 1);
    engine.running.drain(Duration::from_millis(10)).await;

    let engine = answering(Settings::default(), store, |path| match path {
        "/sms" => HELLO,
        _ => Ending::Status(200),
    })
    .await;
    sleep(Duration::from_secs(60)).await;
    let answers = &messages(&engine).await[1..];
    assert_eq!(answers, [reply("Hi there", MessageStatus::Delivered)]);
    let again = &engine.seen()[0];
    assert_eq!(again.body, asked[0].body);
    let token = "i-twilio-idempotency-token";
    assert!(asked[0].header(token).is_some());
    assert_eq!(again.header(token), asked[0].header(token));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_deleted_meanwhile_is_not_answered() {
    let setup = Setup {
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (Duration::from_secs(4), HELLO)).await;
    take(&engine, OURS, number_at(ASKED)).await;
    let new = NewMessage {
        direction: MessageDirection::Inbound,
        ..blank(THEIRS, OURS, "hello")
    };
    let sid = engine.order(order(new), Hold::none()).await.sid;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.seen().len(), 1);
    engine
        .engine
        .erase(PROJECT, sid, Erase::Delete)
        .await
        .unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(messages(&engine).await, []);
    assert_eq!(engine.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_sends_no_message_to_who_opted_out_either() {
    let engine = app(|_| Ending::Status(200)).await;
    receive(&engine, "STOP", InboundMessageScenario::default()).await;
    let call = NewCall {
        direction: CallDirection::OutboundApi,
        from: OURS.to_owned(),
        to: THEIRS.to_owned(),
        parent: None,
        document: Document::Inline("<Response><Sms>hello</Sms></Response>".into()),
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    };
    let order = Order {
        new: NewResource::Call(call),
        ..order(blank(OURS, THEIRS, ""))
    };
    let sid = engine.order(order, Hold::none()).await.sid;
    sleep(Duration::from_secs(60)).await;
    let timeline = timeline(&engine, sid).await;
    assert!(timeline.contains("(21610)"), "{timeline}");
    assert_eq!(messages(&engine).await.len(), 1);
}
