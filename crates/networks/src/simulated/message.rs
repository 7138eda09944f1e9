//! The course of a message: sending, sent, delivered; or what its number, its price or its
//! validity says instead.
//!
//! Used by the simulated network alone. All durations here are of the simulated world; the
//! caller scales them. Invariant: one draw and one message give one plan, whenever it is
//! asked, redacted or not.

use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{Message, MessageFacts, MessageStatus, MessageTransport};
use ringback_engine::network::{Performed, Planned};

use super::course::{MessageCourse, settled};
use super::draw::{Draw, Purpose};
use super::numbers::{self, MessageFate};

/// It waited longer than its `ValidityPeriod`.
const VALIDITY_OVER: ErrorCode = error_code!("30001");
/// It would cost more than its `MaxPrice`.
const PRICE_OVER: ErrorCode = error_code!("30010");

/// What happens to a message, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePlan {
    draw: Draw,
    course: Course,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Course {
    /// It never leaves the queue.
    Dropped { after: Duration, code: ErrorCode },
    /// It is handed to a carrier.
    Carried {
        /// From its creation until it is handed over.
        sending: Duration,
        /// From then until the carrier has taken it or, without a word of that, refused it.
        sent: Duration,
        last: Last,
    },
}

/// The last that is heard of a message that was handed to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Last {
    /// That the carrier has it.
    Sent,
    /// That the carrier will not deliver it, at once: MMS has no receipts.
    Refused(ErrorCode),
    /// A receipt, this long after it was sent; with a code if it was not delivered.
    Receipt {
        after: Duration,
        error: Option<ErrorCode>,
    },
}

/// A step of a message. Their numbers are kept in stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Depart = 0,
    Settle = 1,
    Receipt = 2,
}

impl Stage {
    fn numbered(number: u32) -> Option<Self> {
        [Self::Depart, Self::Settle, Self::Receipt]
            .into_iter()
            .find(|stage| *stage as u32 == number)
    }
}

impl MessagePlan {
    /// The plan that `draw` makes for `message`, as far as `course` does not settle it.
    pub(super) fn new(draw: Draw, message: &Message, course: &MessageCourse) -> Self {
        // Drawn in one order whatever the fate, so that a number's meaning moves nothing else.
        let mut stream = draw.stream(Purpose::Course);
        let sending = settled(course.sending_us, stream.delay(100, 400));
        let sent = stream.delay(500, 2_000);
        let receipt = stream.delay(1_000, 5_000);

        let number = numbers::message_fate(&message.to);
        let fate = course.fate.as_ref().unwrap_or(number);
        let wait = Duration::from_micros(course.wait_us);
        let times = [
            wait.saturating_add(sending),
            wait.saturating_add(settled(course.sent_us, sent).max(sending)),
            settled(course.receipt_us, receipt),
        ];
        Self {
            draw,
            course: outlined(message, fate, times),
        }
    }

    /// What is done first.
    pub fn first(&self) -> Planned {
        let after = match &self.course {
            Course::Dropped { after, .. } => *after,
            Course::Carried { sending, .. } => *sending,
        };
        self.planned(Stage::Depart, after)
    }

    /// Whether it leaves the queue for a carrier with the step of this number.
    pub(super) fn departs_at(&self, number: u32) -> bool {
        self.is_carried() && Stage::numbered(number) == Some(Stage::Depart)
    }

    /// Whether it leaves the queue for a carrier at all.
    pub(super) fn is_carried(&self) -> bool {
        matches!(self.course, Course::Carried { .. })
    }

    /// Takes the step of this number. One that the message does not have leads to nothing.
    pub fn perform(&self, number: u32) -> Performed {
        let Some(stage) = Stage::numbered(number) else {
            return Performed::default();
        };
        match (&self.course, stage) {
            (Course::Dropped { code, .. }, Stage::Depart) => ended(MessageStatus::Failed, code),
            (Course::Carried { sent, .. }, Stage::Depart) => Performed::step(
                plain(MessageStatus::Sending),
                Some(self.planned(Stage::Settle, *sent)),
            ),
            (Course::Carried { last, .. }, Stage::Settle) => self.settle(last),
            (Course::Carried { last, .. }, Stage::Receipt) => receive(last),
            (Course::Dropped { .. }, Stage::Settle | Stage::Receipt) => Performed::default(),
        }
    }

    fn settle(&self, last: &Last) -> Performed {
        match last {
            Last::Refused(code) => ended(MessageStatus::Undelivered, code),
            Last::Sent => Performed::step(plain(MessageStatus::Sent), None),
            Last::Receipt { after, .. } => Performed::step(
                plain(MessageStatus::Sent),
                Some(self.planned(Stage::Receipt, *after)),
            ),
        }
    }

    fn planned(&self, stage: Stage, after: Duration) -> Planned {
        Planned {
            after,
            number: stage as u32,
            draw: self.draw.bits(),
        }
    }
}

/// The course of a message that would be handed over after the first of these times, sent
/// after the second, both from its creation, and received the third after that.
fn outlined(
    message: &Message,
    fate: &MessageFate,
    [sending, sent, received]: [Duration; 3],
) -> Course {
    let dropped = |after, code| Course::Dropped { after, code };
    if message
        .max_price
        .is_some_and(|most| most < message.full_price())
    {
        return dropped(sending, PRICE_OVER);
    }
    let receipt = |error| Last::Receipt {
        after: received,
        error,
    };
    let last = match (fate, message.transport) {
        (MessageFate::Failed(code), _) => return dropped(sending, code.clone()),
        (MessageFate::NoReceipt, _) | (MessageFate::Delivered, MessageTransport::Mms) => Last::Sent,
        (MessageFate::Delivered, MessageTransport::Sms) => receipt(None),
        (MessageFate::Undelivered(code), MessageTransport::Sms) => receipt(Some(code.clone())),
        (MessageFate::Undelivered(code), MessageTransport::Mms) => Last::Refused(code.clone()),
    };
    if message.validity < sent {
        return dropped(message.validity, VALIDITY_OVER);
    }
    Course::Carried {
        sending,
        sent: sent.saturating_sub(sending),
        last,
    }
}

fn receive(last: &Last) -> Performed {
    match last {
        Last::Receipt { error: None, .. } => Performed::step(plain(MessageStatus::Delivered), None),
        Last::Receipt {
            error: Some(code), ..
        } => ended(MessageStatus::Undelivered, code),
        Last::Sent | Last::Refused(_) => Performed::default(),
    }
}

/// That it ends so, and why.
pub(super) fn ended(status: MessageStatus, code: &ErrorCode) -> Performed {
    let facts = MessageFacts {
        error: Some(code.clone()),
    };
    Performed::step(News::Message(status, facts), None)
}

fn plain(status: MessageStatus) -> News {
    News::Message(status, MessageFacts::default())
}
