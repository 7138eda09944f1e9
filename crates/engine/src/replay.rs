//! Sending again, and saying why something was not delivered yet.
//!
//! Called by the native API. A callback that is pending or set aside is made due; a settled
//! one becomes a replay: set aside with a time of its own, in a lane of its own, so that
//! nothing new waits for it and a crash forgets none.

use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::id::{CallbackId, ProjectId};
use ringback_domain::time::Timestamp;
use ringback_store::{CallbackQuery, Direction, ReplayOrder, StoreError};
use tokio::sync::oneshot;

use crate::dispatcher::{Haste, Inquiry, Outlook};
use crate::handle::{Engine, RecordError};
use crate::recorder::Command;

/// How many callbacks one commit of a replay covers, and one look into the store.
const PAGE: u32 = 1_000;

/// The most callbacks that one request replays: they are all in the store, due one after
/// the other, before it is answered.
pub const MOST: u64 = 100_000;

/// What was done to send a callback again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It was not delivered yet: it is tried as soon as its turn comes.
    Hurried,
    /// It was settled: it is sent once more.
    Replayed,
}

/// Why a callback was not sent again, or nothing can be said of it.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// There is none with this id in this project.
    #[error("there is no such callback")]
    NotFound,
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was not recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Whether a replay is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It only counts.
    Dry,
    /// It is.
    Real,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many callbacks it sends again, or would.
    pub count: u64,
    /// When the last of them is due.
    pub last_due: Option<Timestamp>,
    /// Where to go on, if there were more than [`MOST`].
    pub next: Option<u64>,
}

impl Engine {
    /// A project's callback.
    pub async fn callback(
        &self,
        project: ProjectId,
        id: CallbackId,
    ) -> Result<Callback, ResendError> {
        let found = self.store.callback(id).await?;
        found
            .filter(|callback| callback.project == project)
            .ok_or(ResendError::NotFound)
    }

    /// Sends a callback again: at once, or as soon as those before it in its lane let it.
    pub async fn retry(&self, callback: Callback) -> Result<Resent, ResendError> {
        let (now, id) = (self.clock.now(), callback.id);
        match callback.state {
            CallbackState::Pending => {
                self.inquire(callback, Haste::Now).await?;
                Ok(Resent::Hurried)
            }
            CallbackState::Aside => {
                self.resend(Vec::new(), vec![(id, now)]).await?;
                // It may be in memory already, waiting for its next try.
                self.inquire(callback, Haste::Now).await?;
                Ok(Resent::Hurried)
            }
            CallbackState::Delivered | CallbackState::Failed | CallbackState::Canceled => {
                let order = ReplayOrder {
                    callback: id,
                    at: now,
                    due: now,
                };
                self.resend(vec![order], Vec::new()).await?;
                // Retention may have been faster.
                match self.store.callback(id).await? {
                    Some(_) => Ok(Resent::Replayed),
                    None => Err(ResendError::NotFound),
                }
            }
        }
    }

    /// Sends settled callbacks again, in the order in which they were recorded, `rate` of
    /// them a second. What `query` says of direction and limit is not asked.
    pub async fn replay(
        &self,
        query: CallbackQuery,
        rate: u32,
        run: Run,
    ) -> Result<Replayed, ResendError> {
        let at = self.clock.now();
        let mut query = CallbackQuery {
            direction: Direction::Forwards,
            limit: PAGE,
            ..query
        };
        let mut replayed = Replayed {
            count: 0,
            last_due: None,
            next: None,
        };
        loop {
            let page = self.store.find_callbacks(&query).await?;
            let settled = page.callbacks.iter().filter(|it| it.state.is_settled());
            let mut orders = Vec::new();
            for callback in settled {
                let due = at + spaced(replayed.count, rate);
                orders.push(ReplayOrder {
                    callback: callback.id,
                    at,
                    due,
                });
                replayed.count += 1;
                replayed.last_due = Some(due);
            }
            if run == Run::Real && !orders.is_empty() {
                self.resend(orders, Vec::new()).await?;
            }
            match page.next {
                Some(next) if replayed.count < MOST => query.beyond = Some(next),
                next => {
                    replayed.next = next;
                    return Ok(replayed);
                }
            }
        }
    }

    /// What the dispatcher knows of a callback's delivery.
    pub async fn outlook(&self, callback: Callback) -> Result<Outlook, ResendError> {
        Ok(self.inquire(callback, Haste::None).await?)
    }

    async fn inquire(&self, callback: Callback, haste: Haste) -> Result<Outlook, RecordError> {
        let (answer, answered) = oneshot::channel();
        let inquiry = Inquiry {
            callback: Box::new(callback),
            haste,
            answer,
        };
        let sent = self.inquiries.send(inquiry).await;
        sent.map_err(|_| RecordError::Stopping)?;
        answered.await.map_err(|_| RecordError::Stopping)
    }

    async fn resend(
        &self,
        replays: Vec<ReplayOrder>,
        hurried: Vec<(CallbackId, Timestamp)>,
    ) -> Result<(), RecordError> {
        self.ask(|answer| Command::Resend {
            replays,
            hurried,
            answer,
        })
        .await?
    }
}

/// How long after the first the callback with this number is due.
fn spaced(number: u64, rate: u32) -> Duration {
    Duration::from_micros(number.saturating_mul(1_000_000) / u64::from(rate.max(1)))
}
