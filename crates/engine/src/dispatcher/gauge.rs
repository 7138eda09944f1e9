//! What the dispatcher has in hand, for whoever asks: metrics, explanations, tests.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::id::ProjectId;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Dispatcher;
use super::breaker::Breaker;
use super::destination::{Destination, DestinationKey};

/// Something that the dispatcher is asked.
#[derive(Debug)]
pub(crate) enum Question {
    /// What it has in hand.
    Deliveries(oneshot::Sender<Deliveries>),
}

/// What the dispatcher has in hand at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deliveries {
    /// Callbacks in memory that count into the window: those set aside do not.
    pub held: usize,
    /// What they take, in bytes.
    pub held_bytes: usize,
    /// How many may be in memory.
    pub window: usize,
    /// What they may take, in bytes.
    pub window_bytes: usize,
    /// Attempts under way.
    pub in_flight: usize,
    /// How many attempts may be under way.
    pub in_flight_most: usize,
    /// Callbacks that have failed since the start.
    pub failed: u64,
    /// The destinations for which something is pending, in no order.
    pub destinations: Vec<DestinationGauge>,
}

/// How one destination is.
#[derive(Clone, Debug, PartialEq)]
pub struct DestinationGauge {
    /// Whose.
    pub project: ProjectId,
    /// Scheme, host and port.
    pub origin: Arc<str>,
    /// Callbacks in memory.
    pub held: usize,
    /// What they take, in bytes.
    pub held_bytes: usize,
    /// Whether more wait on disk.
    pub more_on_disk: bool,
    /// Attempts under way.
    pub in_flight: usize,
    /// How many may be under way.
    pub limit: usize,
    /// What its breaker does.
    pub breaker: BreakerState,
    /// For how long it asked to be left alone.
    pub paused_for: Option<Duration>,
}

/// What a breaker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Lets callbacks pass.
    Admits,
    /// Lets none pass for so long; then it probes.
    Refuses(Duration),
    /// Waits for the end of the one that it let pass.
    Probes,
}

impl Dispatcher {
    /// Answers a question.
    pub(super) fn answer(&self, question: Question) {
        match question {
            // Who asked may have gone.
            Question::Deliveries(to) => drop(to.send(self.deliveries())),
        }
    }

    fn deliveries(&self) -> Deliveries {
        let now = Instant::now();
        let destinations: Vec<DestinationGauge> = self
            .destinations
            .iter()
            .map(|(key, destination)| gauge(key, destination, now))
            .collect();
        Deliveries {
            held: destinations.iter().map(|it| it.held).sum(),
            held_bytes: destinations.iter().map(|it| it.held_bytes).sum(),
            window: self.parts.limits.window,
            window_bytes: self.parts.limits.window_bytes,
            in_flight: self.attempts.len(),
            in_flight_most: self.parts.limits.in_flight,
            failed: self.failed,
            destinations,
        }
    }
}

/// How a destination is now.
pub(super) fn gauge(
    key: &DestinationKey,
    destination: &Destination,
    now: Instant,
) -> DestinationGauge {
    DestinationGauge {
        project: key.project,
        origin: Arc::clone(&key.origin),
        held: destination.count,
        held_bytes: destination.size_bytes,
        more_on_disk: destination.horizon.is_some(),
        in_flight: destination.in_flight,
        limit: destination.health.limit.get(),
        breaker: match destination.health.breaker {
            Breaker::Admits { .. } => BreakerState::Admits,
            Breaker::Refuses { until, .. } => {
                BreakerState::Refuses(until.saturating_duration_since(now))
            }
            Breaker::Probes { .. } => BreakerState::Probes,
        },
        paused_for: destination
            .health
            .pause(now)
            .map(|until| until.duration_since(now)),
    }
}
