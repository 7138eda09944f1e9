//! What the dispatcher waits for: what was recorded, asked, tried, loaded or let go of.
//!
//! Part of the dispatcher. Each source has its turn, so that none that always has something
//! keeps the others out; the turns follow one another in a fixed order and not by chance, so
//! that a run can be repeated.

use std::future::poll_fn;
use std::task::{Context, Poll};

use ringback_domain::id::Sid;
use tokio::task::JoinError;
use tokio::time::Instant;

use super::window::Loaded;
use super::{Dispatcher, Inquiry, Made, Question};
use crate::recorder::Recorded;

/// Something that happened.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack; a box would be an allocation an attempt"
)]
pub(super) enum Happened {
    /// A group was recorded.
    Recorded(Recorded),
    /// It is asked where a callback stands.
    Inquired(Inquiry),
    /// An attempt has ended.
    Made(Made),
    /// The answer to a resource's creation was written.
    Released(Sid),
    /// What this load asked the store for is here.
    Loaded(u64, Loaded),
    /// It is asked what is in hand.
    Asked(Question),
}

/// Where something may come from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Recorder,
    Inquiries,
    Attempts,
    Releases,
    Loads,
    Questions,
}

/// All of them, in the order of their turns.
const SOURCES: [Source; 6] = [
    Source::Recorder,
    Source::Inquiries,
    Source::Attempts,
    Source::Releases,
    Source::Loads,
    Source::Questions,
];

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns {
    next: usize,
}

impl Turns {
    fn pass(&mut self) -> Source {
        let source = SOURCES[self.next];
        self.next = (self.next + 1) % SOURCES.len();
        source
    }
}

impl Dispatcher {
    /// Waits for what happens next; an error if a task of ours broke. Takes a value that is
    /// whole or leaves it where it was, so nothing is lost if it is dropped.
    pub(super) async fn happens(&mut self) -> Result<Happened, JoinError> {
        poll_fn(|context| {
            for _ in SOURCES {
                let source = self.sources.pass();
                if let Poll::Ready(Some(happened)) = self.poll_source(source, context) {
                    return Poll::Ready(happened);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Does what is due by now.
    pub(super) fn look_at_the_clock(&mut self) {
        self.pass_on_outcomes();
        self.ring();
        if self.has_begun() && self.aside_due.is_some_and(|due| due <= Instant::now()) {
            self.load_aside();
        }
    }

    /// Does what follows from what happened; an error if a task of ours broke.
    pub(super) fn take_in(&mut self, happened: Happened) -> Result<(), JoinError> {
        match happened {
            Happened::Recorded(recorded) => self.recorded(recorded),
            Happened::Inquired(inquiry) => self.inquired(inquiry),
            Happened::Made(made) => self.landed(made)?,
            Happened::Released(sid) => self.release(sid),
            Happened::Loaded(number, loaded) => self.finish_load(number, loaded),
            Happened::Asked(question) => self.answer(question),
        }
        Ok(())
    }

    /// Looks at one source. `None`: it has nothing, and will not wake us; it has only when
    /// something is put into it by ourselves, or its other end is gone.
    fn poll_source(
        &mut self,
        source: Source,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Happened, JoinError>>> {
        match source {
            Source::Recorder => {
                let polled = self.parts.recorded.poll_recv(context);
                polled.map(|it| it.map(|recorded| Ok(Happened::Recorded(recorded))))
            }
            Source::Inquiries => {
                let polled = self.parts.inquiries.poll_recv(context);
                polled.map(|it| it.map(|inquiry| Ok(Happened::Inquired(inquiry))))
            }
            Source::Attempts => {
                let polled = self.attempts.poll_join_next(context);
                polled.map(|it| it.map(|made| made.map(Happened::Made)))
            }
            Source::Releases => {
                let polled = self.releases.poll_join_next(context);
                polled.map(|it| it.map(|sid| sid.map(Happened::Released)))
            }
            Source::Loads => {
                let polled = self.loads.poll_join_next(context);
                polled.map(|it| it.map(|it| it.map(|(number, it)| Happened::Loaded(number, it))))
            }
            Source::Questions => {
                let polled = self.parts.questions.poll_recv(context);
                polled.map(|it| it.map(|question| Ok(Happened::Asked(question))))
            }
        }
    }
}
