//! The demonstration: makes a call and a message over the REST API, as an application would, has
//! a call come in that leaves a voicemail, registers a brand, a campaign and a number, and
//! watches the callbacks of six types arrive at a receiver of its own that checks each signature.
//!
//! Started by `dev`. It is over when each type has arrived, the store says that every callback
//! of all that was told of was delivered, and the receiver has seen each one, in the order in
//! which they were recorded.

mod client;
mod made;
mod receiver;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::attempt::{Attempt, AttemptResult};
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::Status;
use ringback_domain::id::Sid;
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::time::Timestamp;
use ringback_engine::{Engine, Event};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::credentials::Credentials;
use crate::output::{Line, Printer};
use client::Client;
use made::Maker;
use receiver::Receiver;

/// The longest call at its own pace takes 50 s; whatever takes so much longer is stuck.
const BOUND: Duration = Duration::from_secs(120);
/// The types of callbacks that are to be seen.
const TYPES: [&str; 6] = [
    "inbound-call",
    "voice",
    "message",
    "recording",
    "transcription",
    "ten-dlc",
];

/// Whether a callback's signature is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is.
    Verified,
    /// It is missing, or another.
    Forged,
}

/// A callback that the receiver got.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// Its type, as `ringback callbacks` names it.
    pub callback_type: &'static str,
    /// The resource that it is about.
    pub resource: Sid,
    /// The status that it tells.
    pub status: String,
    /// Whether its signature is ours.
    pub check: Check,
}

/// What came of it, when all went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many callbacks arrived, each once.
    pub arrived: usize,
    /// How many of them were signed by us.
    pub verified: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arrived, verified } = self;
        write!(
            f,
            "{arrived} callbacks arrived, {verified} signatures verified, in order"
        )
    }
}

/// Why the demonstration did not end well.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The receiver could not be started.
    #[error("the demonstration's receiver cannot be started")]
    Receiver(#[source] std::io::Error),
    /// The API could not be asked.
    #[error("the API cannot be asked for {what}")]
    Request {
        /// What was asked for.
        what: &'static str,
        /// Why.
        #[source]
        source: client::ClientError,
    },
    /// All numbers that a demonstration assigns are taken.
    #[error("all numbers of the demonstration are assigned: give --data a new folder")]
    Numbers,
    /// What came of it could not be read.
    #[error("what became of the callbacks cannot be read")]
    Store(#[from] ringback_store::StoreError),
    /// A signature is not ours.
    #[error("the signature of the callback `{status}` is wrong")]
    Forged {
        /// Which callback.
        status: String,
    },
    /// A callback was given up.
    #[error("the callback `{status}` was not delivered: {reason}")]
    GivenUp {
        /// Which callback.
        status: String,
        /// What its last attempt says.
        reason: String,
    },
    /// Callbacks came in another order than their changes.
    #[error("callbacks arrived out of order: {arrived}, not {recorded}")]
    Order {
        /// Which came, in their order.
        arrived: String,
        /// Which were recorded, in their order.
        recorded: String,
    },
    /// The bound passed.
    #[error("after {} s not all callbacks were delivered: {missing}", BOUND.as_secs())]
    TooLong {
        /// What is missing.
        missing: String,
    },
    /// The server ended first.
    #[error("the server stopped before all callbacks were delivered")]
    Stopped,
}

/// What was made, under way.
pub struct Demo {
    engine: Engine,
    printer: Printer,
    feed: broadcast::Receiver<Arc<Event>>,
    receiver: Receiver,
    /// What is to be seen, and which of its statuses arrived, in order.
    arrived: BTreeMap<Sid, Vec<String>>,
    watched: BTreeSet<Sid>,
    types: BTreeSet<&'static str>,
}

/// How far it is.
enum Progress {
    /// Everything arrived.
    Done(Summary),
    /// These are missing.
    Waiting(String),
}

impl Demo {
    /// Makes all of it at the API on `http`.
    pub async fn start(
        engine: Engine,
        printer: Printer,
        credentials: &Credentials,
        http: SocketAddr,
    ) -> Result<Self, DemoError> {
        let feed = engine.feed();
        let receiver = Receiver::start(credentials.key(), engine.clock().clone())
            .await
            .map_err(DemoError::Receiver)?;
        let client = Client::new(http, credentials);
        let maker = Maker {
            engine: &engine,
            client: &client,
            receiver: &receiver,
            credentials,
        };
        let watched = maker.make().await?;
        Ok(Self {
            engine,
            printer,
            feed,
            receiver,
            arrived: BTreeMap::new(),
            watched,
            types: BTreeSet::new(),
        })
    }

    /// Shows callbacks as they arrive, until all have.
    pub async fn watch(mut self) -> Result<Summary, DemoError> {
        let summary = match timeout(BOUND, self.until_done()).await {
            Ok(result) => result?,
            // What arrived at the last moment counts.
            Err(_elapsed) => match self.progress().await? {
                Progress::Done(summary) => summary,
                Progress::Waiting(missing) => return Err(DemoError::TooLong { missing }),
            },
        };
        self.printer.line(&Line::Demonstrated(&summary));
        Ok(summary)
    }

    /// Ends by its caller's bound at the latest.
    async fn until_done(&mut self) -> Result<Summary, DemoError> {
        loop {
            // Neither branch loses anything when it is dropped: both are queues.
            tokio::select! {
                arrival = self.receiver.arrival() => {
                    let arrival = arrival.ok_or(DemoError::Stopped)?;
                    self.take(arrival)?;
                }
                event = self.feed.recv() => match event {
                    // What was missed is in the store.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err(DemoError::Stopped),
                },
            }
            if let Progress::Done(summary) = self.progress().await? {
                return Ok(summary);
            }
        }
    }

    /// Notes what arrived. What is sent again, for its outcome was not recorded in time, is
    /// no second arrival.
    fn take(&mut self, arrival: Arrival) -> Result<(), DemoError> {
        self.printer.line(&Line::Arrived(&arrival));
        let Arrival {
            callback_type,
            resource,
            status,
            check,
            ..
        } = arrival;
        match check {
            Check::Verified => {}
            Check::Forged => return Err(DemoError::Forged { status }),
        }
        self.types.insert(callback_type);
        // Recordings and transcriptions make themselves known by their callbacks.
        self.watched.insert(resource);
        let statuses = self.arrived.entry(resource).or_default();
        if !statuses.contains(&status) {
            statuses.push(status);
        }
        Ok(())
    }

    async fn progress(&self) -> Result<Progress, DemoError> {
        let unseen = TYPES.iter().filter(|it| !self.types.contains(*it));
        let mut missing: Vec<String> = unseen.map(|it| format!("type {it}")).collect();
        let mut arrived = 0;
        let watched: Vec<Sid> = self.watched.iter().copied().collect();
        for resource in self
            .engine
            .store()
            .resources(&watched)
            .await?
            .into_iter()
            .flatten()
        {
            let callbacks = self.engine.store().callbacks(resource.sid).await?;
            let statuses = self
                .arrived
                .get(&resource.sid)
                .map_or(&[][..], Vec::as_slice);
            in_order(statuses, &callbacks)?;
            for callback in &callbacks {
                if !self.is_through(callback, statuses).await? {
                    missing.push(format!("{} {}", resource.kind().as_str(), callback.status));
                }
            }
            if !is_over(resource.status()) {
                missing.push(format!("the {}'s end", resource.kind().as_str()));
            }
            arrived += statuses.len();
        }
        if missing.is_empty() {
            // What is forged never counts as arrived.
            return Ok(Progress::Done(Summary {
                arrived,
                verified: arrived,
            }));
        }
        Ok(Progress::Waiting(missing.join(", ")))
    }

    /// Whether a callback both arrived and is recorded as delivered.
    async fn is_through(&self, callback: &Callback, arrived: &[String]) -> Result<bool, DemoError> {
        match callback.state {
            CallbackState::Delivered => {
                Ok(arrived.iter().any(|status| **status == *callback.status))
            }
            CallbackState::Pending | CallbackState::Aside => Ok(false),
            CallbackState::Failed | CallbackState::Canceled => {
                let attempts = self.engine.store().attempts(callback.id).await?;
                let reason = attempts
                    .last()
                    .map_or("it was never tried".to_owned(), reason);
                Err(DemoError::GivenUp {
                    status: callback.status.to_string(),
                    reason,
                })
            }
        }
    }
}

/// Whether it is where the demonstration leaves it. What is registered stays in use.
const fn is_over(status: Status) -> bool {
    match status {
        Status::Campaign(CampaignStatus::Active)
        | Status::Assignment(AssignmentStatus::Completed) => true,
        status => status.is_final(),
    }
}

/// Whether what arrived is how the record begins.
fn in_order(arrived: &[String], recorded: &[Callback]) -> Result<(), DemoError> {
    let recorded: Vec<&str> = recorded.iter().map(|callback| &*callback.status).collect();
    if arrived
        .iter()
        .zip(&recorded)
        .all(|(arrived, recorded)| arrived == recorded)
    {
        return Ok(());
    }
    Err(DemoError::Order {
        arrived: arrived.join(", "),
        recorded: recorded.join(", "),
    })
}

fn reason(attempt: &Attempt) -> String {
    match &attempt.result {
        AttemptResult::Accepted => "it was accepted".to_owned(),
        AttemptResult::Failed { code, detail } => format!("{code} {detail}"),
    }
}
