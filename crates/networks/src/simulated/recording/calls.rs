//! The recordings of a call: begun with it or while it lasts, stopped when it is over.
//!
//! Used by the simulated network with whatever it does to a call. The SIDs of a call's
//! recordings stand in its memo under `recordings`, whatever else is in there.

use std::time::Duration;

use ringback_domain::call::{Call, CallRecording, CallStatus};
use ringback_domain::change::{News, Status};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::recording::{NewRecording, RecordingSource};
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::subscription::Subscription;
use ringback_engine::Order;
use ringback_engine::network::{Effect, Next, Offspring, Performed, Refusal, Scene, Word};
use ringback_wire::laml::request::{Form, RecordingOrder, SubscriptionOrder, recording_with_call};
use serde_json::{Map, Value};

use super::super::draw::{Draw, Purpose};
use super::super::heard::{Heard, Piece, Side, Sound, speaking_time};
use super::super::memo::CallMemo;
use super::super::transcription::Wanted;
use super::RecordingMemo;

/// Where a call's memo has its recordings.
const KEY: &str = "recordings";
/// How many recordings a call has at most: its memo is read and written with each.
const MOST: usize = 50;

/// A live action on a call that is not in progress.
const NOT_LIVE: ErrorCode = error_code!("21220");
/// Any other argument that is wrong.
const INVALID: ErrorCode = error_code!("10000");

/// What the far end says when a document does not say what it hears. Nothing that could be
/// taken for an answer: documents are tested with it.
const SENTENCES: [&str; 8] = [
    "hello",
    "one moment please",
    "I am still here",
    "could you say that again",
    "the line is not very good",
    "let me think about it",
    "that sounds fine to me",
    "thank you for calling",
];
/// Between two things that its scenario lets the far end say, and before the first.
const PAUSE: Duration = Duration::from_secs(1);
/// For how long the far end has something to say.
const TALKATIVE: Duration = Duration::from_secs(300);

/// What `performed` of `call` means for its recordings: with `Record=true` one begins when it is
/// answered, and all stop when it is over.
pub fn follow(
    resource: &Resource,
    call: &Call,
    mut performed: Performed,
    draw: Draw,
    scene: &mut Scene<'_>,
) -> Performed {
    let comes_to = |status: CallStatus| {
        let stands = Status::Call(status);
        performed.news.iter().any(|news| news.status() == stands)
    };
    let over = performed.news.iter().any(|news| news.status().is_final());
    if over {
        let stops = recordings(memo_of(resource, &performed))
            .into_iter()
            .map(|sid| Effect::Tell {
                sid,
                word: Word::Stop,
            });
        performed.effects.extend(stops);
    } else if comes_to(CallStatus::InProgress)
        && let Some(order) = asked_with(call)
    {
        let new = new_recording(resource.sid, &order, RecordingSource::OutboundApi);
        let subscriptions = order.callback.iter().map(subscription).collect();
        let memo = RecordingMemo::live(Heard::default());
        let memo = with_far_end(memo, (resource, call), draw, Duration::ZERO);
        let remarks = order.warnings.into_iter().map(Effect::Remark);
        performed.effects.extend(remarks);
        let recording = (new, subscriptions, memo);
        begin((resource, call), &mut performed, recording, scene);
    }
    performed
}

/// Names the first recording of `call`, which is at `address`, in all that is told of the call. How
/// long it will be is not known yet.
pub fn named(
    call: &Resource,
    mut performed: Performed,
    address: impl Fn(Sid) -> String,
) -> Performed {
    let known = recordings(memo_of(call, &performed));
    let first = known.first().map(|sid| CallRecording {
        sid: *sid,
        url: address(*sid),
        duration: None,
    });
    for news in &mut performed.news {
        if let News::Call(_, facts) = news {
            facts.recording = facts.recording.take().or(first.clone().map(Box::new));
        }
    }
    performed
}

/// An application asks for a recording of `call`, of which `memo` is kept.
pub fn asked(
    resource: &Resource,
    call: &Call,
    order: Order,
    memo: RecordingMemo,
    scene: &mut Scene<'_>,
) -> Result<Performed, Refusal> {
    let refused = |code, message: &str| {
        Err(Refusal {
            code,
            message: message.to_owned(),
        })
    };
    let NewResource::Recording(new) = order.new else {
        return refused(INVALID, "A call has recordings and nothing else of its own");
    };
    if call.status != CallStatus::InProgress {
        let message = "CallSid is that of a call that is not in progress: it cannot be recorded";
        return refused(NOT_LIVE, message);
    }
    let mut performed = Performed {
        next: Next::AsPlanned,
        ..Performed::default()
    };
    if recordings(memo_of(resource, &performed)).len() >= MOST {
        let message = format!("CallSid is that of a call that has {MOST} recordings already");
        return refused(INVALID, &message);
    }
    let remarks = order.warnings.into_iter().map(Effect::Remark);
    performed.effects.extend(remarks);
    begin(
        (resource, call),
        &mut performed,
        (new, order.subscriptions, memo),
        scene,
    );
    Ok(performed)
}

/// Tells the recording `sid` what sounds from now on: the pieces count from this moment.
pub fn tell(sid: Sid, pieces: &[Piece]) -> Effect {
    let text = serde_json::to_string(pieces).expect("structs with names for keys");
    Effect::Tell {
        sid,
        word: Word::Said(text.into()),
    }
}

/// A recording of the call `call` as `order` wants it.
pub fn new_recording(call: Sid, order: &RecordingOrder, source: RecordingSource) -> NewRecording {
    NewRecording {
        call,
        conference: None,
        source,
        channels: order.channels,
        track: Some(order.track),
        trim: order.trim,
        transcribe: order.transcribe.clone(),
    }
}

/// `memo`, of a recording of a call that hears its far end as well, `elapsed` after that
/// answered: what its scenario lets it say, or what it says of itself.
pub fn with_far_end(
    memo: RecordingMemo,
    (resource, call): (&Resource, &Call),
    draw: Draw,
    elapsed: Duration,
) -> RecordingMemo {
    let scenario = CallMemo::of(resource).scenario(call);
    if scenario.says.is_empty() {
        return memo.with_far_end(draw, elapsed);
    }
    let mut at = PAUSE;
    let mut said = Vec::new();
    for text in scenario.says.iter().filter(|text| !text.is_empty()) {
        let piece = Piece::new(
            at,
            Side::Inbound,
            speaking_time(text),
            Sound::Said(text.clone()),
        );
        at += piece.length + PAUSE;
        said.extend(piece.from(elapsed));
    }
    memo.hearing(said)
}

/// What the far end says of itself, `elapsed` after it answered: the same for each recording of
/// one call.
pub fn far_end(draw: Draw, elapsed: Duration) -> Vec<Piece> {
    let mut stream = draw.stream(Purpose::Talk);
    let mut at = stream.delay(500, 1_500);
    let mut said = Vec::new();
    while at < TALKATIVE {
        let sentence = SENTENCES[usize::try_from(stream.below(8)).unwrap_or(0)];
        let words = Sound::Said(sentence.to_owned());
        let piece = Piece::new(at, Side::Inbound, speaking_time(sentence), words);
        at += piece.length + stream.delay(2_000, 8_000);
        said.extend(piece.from(elapsed));
    }
    said
}

fn begin(
    (resource, call): (&Resource, &Call),
    performed: &mut Performed,
    (new, subscriptions, memo): (NewRecording, Vec<Subscription>, RecordingMemo),
    scene: &mut Scene<'_>,
) {
    let sid = scene.new_sid();
    let memo = memo.transcribed(Wanted::of(resource, &new.transcribe));
    let memo = memo.of_call(call);
    performed.memo = Some(with_recording(memo_of(resource, performed), sid).into());
    performed.effects.push(Effect::Create(Box::new(Offspring {
        sid,
        new: NewResource::Recording(new),
        subscriptions,
        memo: Some(memo.written()),
    })));
}

/// The recording that the call's parameters ask for. They were checked when they came.
fn asked_with(call: &Call) -> Option<RecordingOrder> {
    let named = |(name, _): &(String, String)| name == "Record";
    if !call.requested.iter().any(named) {
        return None;
    }
    let form = Form::new(call.requested.clone());
    recording_with_call(&form).ok().flatten()
}

fn subscription(order: &SubscriptionOrder) -> Subscription {
    Subscription {
        url: order.url.as_given().to_owned(),
        method: order.method,
        interest: order.interest,
        next_sequence: 0,
    }
}

/// What will be kept of a call.
fn memo_of<'a>(call: &'a Resource, performed: &'a Performed) -> &'a str {
    let memo = performed.memo.as_deref().or(call.memo.as_deref());
    memo.unwrap_or_default()
}

fn recordings(memo: &str) -> Vec<Sid> {
    // Most calls have none, and a long memo: it is not read then.
    if !memo.contains(KEY) {
        return Vec::new();
    }
    let memo: Value = serde_json::from_str(memo).unwrap_or_default();
    let named = memo.get(KEY).and_then(Value::as_array);
    let sids = named.into_iter().flatten();
    sids.filter_map(|sid| sid.as_str()?.parse().ok()).collect()
}

fn with_recording(memo: &str, sid: Sid) -> String {
    let mut memo: Map<String, Value> = serde_json::from_str(memo).unwrap_or_default();
    let known = memo.entry(KEY).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(known) = known.as_array_mut() {
        known.push(Value::String(sid.to_string()));
    }
    Value::Object(memo).to_string()
}
