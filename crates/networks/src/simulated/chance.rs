//! Chance: what becomes of calls and messages whose number does not say it.
//!
//! Told by the configuration; asked when a call or a message is made, and what it says is kept
//! with that. Drawn from the resource's own draw, so that the same seed gives the same again,
//! in streams of their own: what is named here moves nothing that is drawn elsewhere.

use std::time::Duration;

use ringback_domain::call::Call;
use ringback_domain::message::Message;

use super::carriers::{Carrier, Carriers};
use super::course::{CallCourse, MessageCourse, kept};
use super::draw::{Draw, Purpose, Stream};
use super::numbers::{self, CallFate, MessageFate};
use super::outcome::Outcome;
use super::timing::{Thousandths, Timing};
use super::weights::Weights;

/// How long receipts take where no distribution is named, and a carrier makes them longer: as long
/// as those that are drawn without chance.
const USUAL_RECEIPT: Timing = Timing::Uniform {
    least: Duration::from_secs(1),
    most: Duration::from_secs(5),
};

/// What is left to chance. By default nothing is: calls are answered, messages delivered, in
/// times that a network of ours always took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chance {
    /// What becomes of calls.
    pub calls: Option<Weights<CallFate>>,
    /// What becomes of messages.
    pub messages: Option<Weights<MessageFate>>,
    /// From when a call is dialled until the far end says something.
    pub call_alert: Option<Timing>,
    /// How long a call rings until somebody answers or declines.
    pub call_answer: Option<Timing>,
    /// How long they talk, where no document says it.
    pub call_talk: Option<Timing>,
    /// From when a message leaves the queue until a carrier has taken it.
    pub message_sent: Option<Timing>,
    /// From then until its receipt.
    pub message_receipt: Option<Timing>,
    /// Whom numbers are with.
    pub carriers: Option<Carriers>,
}

/// Chance as it is shipped, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mix {
    /// Nothing goes wrong, and nothing takes long.
    #[default]
    Ordinary,
    /// As in life.
    Realistic,
}

impl Mix {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Realistic => "realistic",
        }
    }

    /// The one with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ordinary, Self::Realistic]
            .into_iter()
            .find(|mix| mix.as_str() == word)
    }

    /// What it leaves to chance.
    pub fn chance(self) -> Chance {
        match self {
            Self::Ordinary => Chance::default(),
            Self::Realistic => realistic(),
        }
    }
}

/// Of outbound calls to people some three in five are answered by one, and a message in twenty
/// or so is not delivered; receipts come within seconds and, one in a hundred, after most of a
/// minute. Our own figures: of the order that people who send much report, and made to have
/// something of everything.
fn realistic() -> Chance {
    const READ: &str = "a test reads it";
    let calls = "answered=600, machine=170, no-answer=130, busy=50, sip:480=20, sip:603=15, \
                 sip:404=10, sip:503=5";
    let messages = "delivered=945, no-receipt=10, undelivered:30003=14, undelivered:30005=10, \
                    undelivered:30006=7, undelivered:30007=8, undelivered:30008=6";
    let carriers = "Northline: share=40; Lakeside: share=30, receipts=1.3, trouble=0.8; \
                    Highplains: share=20, trouble=1.4, jitter=20, loss=0.5; \
                    Farpoint: share=10, receipts=3, trouble=2, jitter=60, loss=2";
    let timing = |text: &str| Some(text.parse().expect(READ));
    Chance {
        calls: Some(calls.parse().expect(READ)),
        messages: Some(messages.parse().expect(READ)),
        call_alert: timing("log-normal 1.2s 0.5"),
        call_answer: timing("log-normal 7s 0.5"),
        call_talk: timing("log-normal 45s 0.9"),
        message_sent: timing("log-normal 800ms 0.5"),
        message_receipt: timing("pareto 1.2s 1.3"),
        carriers: Some(carriers.parse().expect(READ)),
    }
}

impl Chance {
    /// What is left to chance of `call`, and whom its far end is with. A number with a meaning
    /// says all itself.
    pub(super) fn call(&self, draw: Draw, call: &Call) -> CallCourse {
        let carrier = self.carrier(&call.to);
        let line = carrier.map(|it| it.line).unwrap_or_default();
        if numbers::has_meaning(&call.to) {
            return CallCourse {
                line,
                ..CallCourse::default()
            };
        }
        let fates = &mut draw.stream(Purpose::Fate);
        let times = &mut draw.stream(Purpose::Timing);
        CallCourse {
            fate: pick(self.calls.as_ref(), fates, carrier),
            alert_us: sample(self.call_alert, times),
            answer_us: sample(self.call_answer, times),
            talk_us: sample(self.call_talk, times),
            line,
            ..CallCourse::default()
        }
    }

    /// What is left to chance of `message`. A number with a meaning says all itself.
    pub(super) fn message(&self, draw: Draw, message: &Message) -> MessageCourse {
        if numbers::has_meaning(&message.to) {
            return MessageCourse::default();
        }
        let carrier = self.carrier(&message.to);
        let fates = &mut draw.stream(Purpose::Fate);
        let times = &mut draw.stream(Purpose::Timing);
        let slower = |micros: u64| match carrier {
            Some(carrier) => carrier.receipts.of(micros),
            None => micros,
        };
        let receipt = self.message_receipt.or(carrier.map(|_| USUAL_RECEIPT));
        MessageCourse {
            fate: pick(self.messages.as_ref(), fates, carrier),
            sent_us: sample(self.message_sent, times),
            receipt_us: sample(receipt, times).map(slower),
            ..MessageCourse::default()
        }
    }

    /// Whom a number is with.
    pub(super) fn carrier(&self, number: &str) -> Option<&Carrier> {
        self.carriers.as_ref()?.of(number)
    }
}

/// What is drawn of `weights`, if there are any.
fn pick<T: Outcome + Clone>(
    weights: Option<&Weights<T>>,
    stream: &mut Stream,
    carrier: Option<&Carrier>,
) -> Option<T> {
    let trouble = carrier.map_or(Thousandths::ONE, |it| it.trouble);
    Some(weights?.pick(stream, trouble).clone())
}

/// A time, in microseconds. What is not named takes its numbers all the same.
fn sample(timing: Option<Timing>, stream: &mut Stream) -> Option<u64> {
    let sampled = timing
        .unwrap_or(Timing::Fixed(Duration::ZERO))
        .sample(stream);
    timing.map(|_| kept(sampled))
}
