//! Capacity: how fast senders send, how much waits for them, what carriers take of a campaign.
//!
//! Told by the configuration; without it there are no bounds. A sender is a meter that says when
//! it is free again: whoever comes takes its turn from there on, so that how long a message
//! waits is known when it is made, and how many wait follows from it. What carriers take is
//! counted when a message leaves the queue. All times here are of the simulated world; meters
//! are of the world outside. Meters are recorded in one commit with the step they were read at.
//!
//! Rates and caps: SignalWire, "Platform rate limits" and the error codes 21611, 30022, 30027
//! and 35125.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{Message, NewMessage};
use ringback_domain::meter::Reading;
use ringback_domain::phone::{Address, address};
use ringback_domain::time::Timestamp;
use ringback_engine::network::{Refusal, Scene};

use super::Simulated;
use super::course::kept;

/// Too much waits for a sender.
const QUEUE_FULL: ErrorCode = error_code!("21611");
/// A campaign sends faster than it may.
const TOO_FAST: ErrorCode = error_code!("30022");
/// A carrier takes no more of a campaign today.
const CARRIER_CAP: ErrorCode = error_code!("30027");
/// A campaign has sent all that it may today.
const CAMPAIGN_CAP: ErrorCode = error_code!("35125");

/// The meter of a project's calls.
const CALLS: &str = "calls";
const SECOND: Duration = Duration::from_secs(1);
const DAY_S: f64 = 86_400.0;
/// Caps begin anew at midnight in US Pacific standard time (30027's remedy), all year.
const PACIFIC_S: f64 = 8.0 * 3_600.0;
/// Highest rate that can be told, a second.
const MAX_RATE: u32 = 100_000;

/// How much is taken at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Calls that a project makes a second; others wait.
    pub calls_per_second: u32,
    /// Segments that a number sends a second; others wait.
    pub messages_per_second: SenderRates,
    /// Calls of a project, and segments of a number, that wait at most; others are refused.
    pub backlog: u32,
    /// Segments that all numbers of a campaign send a second; others fail.
    pub campaign_per_second: Option<u32>,
    /// Segments that all numbers of a campaign send a day; others fail.
    pub campaign_per_day: Option<u32>,
}

/// Segments a second by what kind of number sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderRates {
    /// A toll-free number of North America.
    pub toll_free: u32,
    /// Another number of the United States.
    pub ten_digits: u32,
    /// One of Canada.
    pub canada: u32,
    /// A short code.
    pub short_code: u32,
    /// Any other.
    pub other: u32,
}

/// They are written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rates are {}", SenderRates::ALLOWED)]
pub struct NoRates;

impl SenderRates {
    /// In words, what they are written like.
    pub const ALLOWED: &'static str = "rates above 0 such as `toll-free=3, 10dlc=4, canada=1, short-code=10, other=1`, \
         those left out as here";

    /// Those that SignalWire documents; for other countries that of Canada.
    pub const DOCUMENTED: Self = Self {
        toll_free: 3,
        ten_digits: 4,
        canada: 1,
        short_code: 10,
        other: 1,
    };

    /// How many segments a second `sender` sends.
    fn of(self, sender: &str) -> u32 {
        match (address(sender), sender.strip_prefix("+1")) {
            (Some(Address::ShortCode), _) => self.short_code,
            (Some(Address::E164), Some(national)) => match national.get(..3) {
                Some(code) if TOLL_FREE.contains(&code) => self.toll_free,
                Some(code) if CANADA.contains(&code) => self.canada,
                Some(_) | None => self.ten_digits,
            },
            (_, _) => self.other,
        }
    }
}

/// The toll-free area codes of North America (NANPA, 2024).
const TOLL_FREE: &[&str] = &["800", "833", "844", "855", "866", "877", "888"];

/// The area codes of Canada (Canadian Numbering Administrator, 2024).
const CANADA: &[&str] = &[
    "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367",
    "368", "382", "387", "403", "416", "418", "428", "431", "437", "438", "450", "460", "468",
    "474", "506", "514", "519", "537", "548", "568", "579", "581", "584", "587", "604", "613",
    "639", "647", "672", "683", "705", "709", "742", "753", "778", "780", "782", "807", "819",
    "825", "867", "873", "879", "902", "905", "942",
];

impl Simulated {
    /// Refuses a call if too many wait already.
    pub(super) fn admit_to_calls(&self, scene: &Scene<'_>) -> Result<(), Refusal> {
        let Some(capacity) = &self.model.capacity else {
            return Ok(());
        };
        let waits = waiting(self.wait(CALLS, scene), capacity.calls_per_second);
        self.admit_to_queue(waits, || "calls wait to be dialled".to_owned())
    }

    /// Refuses a message if too much waits for its sender already.
    pub(super) fn admit_to_messages(
        &self,
        message: &NewMessage,
        scene: &Scene<'_>,
    ) -> Result<(), Refusal> {
        let Some(capacity) = &self.model.capacity else {
            return Ok(());
        };
        let rate = capacity.messages_per_second.of(&message.from);
        let waits = waiting(self.wait(&sender(&message.from), scene), rate);
        self.admit_to_queue(waits, || {
            format!("segments wait to be sent from {}", message.from)
        })
    }

    fn admit_to_queue(&self, waits: u64, what: impl FnOnce() -> String) -> Result<(), Refusal> {
        let backlog = self.model.capacity.as_ref().map(|it| it.backlog);
        if backlog.is_none_or(|most| waits < u64::from(most)) {
            return Ok(());
        }
        Err(Refusal {
            code: QUEUE_FULL,
            message: format!("The queue is full: {waits} {}", what()),
        })
    }

    /// Lines a call up; how long it waits.
    pub(super) fn queue_call(&self, scene: &mut Scene<'_>) -> Duration {
        let Some(capacity) = &self.model.capacity else {
            return Duration::ZERO;
        };
        let wait = self.wait(CALLS, scene);
        self.take_turn(CALLS, wait, turn(1, capacity.calls_per_second), scene);
        wait
    }

    /// Whether too much waits for the sender of a message. Over REST it is refused then.
    pub(super) fn is_queue_full(&self, message: &Message, scene: &Scene<'_>) -> bool {
        self.model.capacity.as_ref().is_some_and(|capacity| {
            let rate = capacity.messages_per_second.of(&message.from);
            let waits = waiting(self.wait(&sender(&message.from), scene), rate);
            waits >= u64::from(capacity.backlog)
        })
    }

    /// How long a message would wait for its sender.
    pub(super) fn message_wait(&self, message: &Message, scene: &Scene<'_>) -> Duration {
        match &self.model.capacity {
            Some(_) => self.wait(&sender(&message.from), scene),
            None => Duration::ZERO,
        }
    }

    /// Lines a message up that waits so long and is sent then.
    pub(super) fn queue_message(&self, message: &Message, wait: Duration, scene: &mut Scene<'_>) {
        if let Some(capacity) = &self.model.capacity {
            let rate = capacity.messages_per_second.of(&message.from);
            let turn = turn(segments(message), rate);
            self.take_turn(&sender(&message.from), wait, turn, scene);
        }
    }

    /// Why a message that leaves the queue is not taken; it is counted if it is.
    pub(super) fn refused_by_carrier(
        &self,
        message: &Message,
        scene: &mut Scene<'_>,
    ) -> Option<ErrorCode> {
        let carrier = self.model.chance.carrier(&message.to);
        let carrier_cap = carrier.and_then(|it| Some((it.name.as_str(), it.daily?)));
        let bounds = self.model.capacity.as_ref();
        let per_second = bounds.and_then(|it| it.campaign_per_second);
        let per_day = bounds.and_then(|it| it.campaign_per_day);
        let campaign = campaign(&message.from, scene);
        let caps = [
            per_second.map(|most| (format!("second {campaign}"), most, Window::Second, TOO_FAST)),
            per_day.map(|most| (format!("day {campaign}"), most, Window::Day, CAMPAIGN_CAP)),
            carrier_cap.map(|(name, most)| {
                let meter = format!("day {campaign} {name}");
                (meter, most, Window::Day, CARRIER_CAP)
            }),
        ];
        let caps: Vec<_> = caps.into_iter().flatten().collect();
        let counted = |scene: &Scene<'_>, name: &str, window| {
            self.counted(scene.meter(name), window, scene.now)
        };
        let most_of = |segments: u32, counted: Reading| counted.count + u64::from(segments);
        let segments = segments(message);
        let exceeded = caps.iter().find(|(name, most, window, _)| {
            most_of(segments, counted(scene, name, *window)) > u64::from(*most)
        });
        if let Some((_, _, _, code)) = exceeded {
            return Some(code.clone());
        }
        for (name, _, window, _) in caps {
            let before = counted(scene, &name, window);
            let count = most_of(segments, before);
            scene.set_meter(&name, Reading { count, ..before });
        }
        None
    }

    /// How long until a sender is free.
    fn wait(&self, sender: &str, scene: &Scene<'_>) -> Duration {
        self.simulate(scene.meter(sender).at.since(scene.now))
    }

    /// A sender is busy for one more turn, which begins after `wait`.
    fn take_turn(&self, sender: &str, wait: Duration, turn: Duration, scene: &mut Scene<'_>) {
        let free = scene.now + self.elapse(wait.saturating_add(turn));
        let reading = Reading { at: free, count: 0 };
        scene.set_meter(sender, reading);
    }

    /// What a meter shows of the window that it is `now`.
    fn counted(&self, reading: Reading, window: Window, now: Timestamp) -> Reading {
        let is_over = match window {
            Window::Second => self.simulate(now.since(reading.at)) >= SECOND,
            Window::Day => self.day(now) != self.day(reading.at),
        };
        if is_over {
            return Reading { at: now, count: 0 };
        }
        reading
    }

    /// Which day it is in the simulated world, where days are as much shorter as it is faster.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a moment is exact to the millisecond, a day far from any bound"
    )]
    fn day(&self, now: Timestamp) -> i64 {
        let seconds = now.as_micros() as f64 / 1e6 * self.time_scale;
        ((seconds - PACIFIC_S) / DAY_S).floor() as i64
    }
}

/// How long is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    /// A second from the first on.
    Second,
    /// Until midnight.
    Day,
}

/// How many wait if the last of them waits so long.
fn waiting(wait: Duration, rate: u32) -> u64 {
    kept(wait)
        .saturating_mul(u64::from(rate))
        .div_ceil(1_000_000)
}

/// How long so many of them take; no time where the rate is none.
fn turn(count: u32, rate: u32) -> Duration {
    let whole = SECOND.saturating_mul(count);
    whole.checked_div(rate).unwrap_or_default()
}

/// The meter of a number.
fn sender(number: &str) -> String {
    format!("from {number}")
}

/// What a message takes of a rate: its segments, and one with media alone is one.
fn segments(message: &Message) -> u32 {
    message.segments.max(1)
}

/// The campaign that a number sends for; the number itself, if it is in none.
fn campaign(number: &str, scene: &Scene<'_>) -> String {
    match scene.enrolment(number) {
        Some(enrolment) => enrolment.campaign.to_string(),
        None => number.to_owned(),
    }
}

impl FromStr for SenderRates {
    type Err = NoRates;

    fn from_str(text: &str) -> Result<Self, NoRates> {
        let mut rates = Self::DOCUMENTED;
        for pair in text.split(',') {
            let (kind, rate) = pair.split_once('=').ok_or(NoRates)?;
            let rate: u32 = rate.trim().parse().map_err(|_| NoRates)?;
            if !(1..=MAX_RATE).contains(&rate) {
                return Err(NoRates);
            }
            match kind.trim() {
                "toll-free" => rates.toll_free = rate,
                "10dlc" => rates.ten_digits = rate,
                "canada" => rates.canada = rate,
                "short-code" => rates.short_code = rate,
                "other" => rates.other = rate,
                _ => return Err(NoRates),
            }
        }
        Ok(rates)
    }
}

impl fmt::Display for SenderRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            toll_free,
            ten_digits,
            canada,
            short_code,
            other,
        } = self;
        write!(
            f,
            "toll-free={toll_free}, 10dlc={ten_digits}, canada={canada}, \
             short-code={short_code}, other={other}"
        )
    }
}
