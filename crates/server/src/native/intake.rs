//! The reports of one request: read, checked and offered to the recorder while it records.
//!
//! Used by `POST /changes`. Invariants: at most [`IN_FLIGHT`] reports wait for their
//! verdicts, and a line is read only once there is room for it, so that a fast client is
//! slowed down and a slow disk fills no memory; verdicts come in the order of lines.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::ProjectId;
use ringback_engine::intake::{Name, Pending, PlatformReport, Stream, Subscribe, TakeError, Taken};
use ringback_engine::{Engine, RecordError};
use ringback_wire::native::answer::LineErrorJson;
use ringback_wire::native::report::{self, CallbackOrder};
use ringback_wire::native::{MAX_LINE_BYTES, Report, ReportError, ReportJson};
use tokio::time::timeout;

use super::error::record_code;

/// How many reports of one request wait for their verdicts: as many as two groups of the
/// recorder, so that the next one can fill while one is committed.
const IN_FLIGHT: usize = 2_000;

/// How long the first report of a request waits for room before the client is sent away:
/// many groups of the recorder, so that who is sent away had no hope of being served soon.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// How reports come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The body is one report.
    One,
    /// One a line.
    Lines,
}

/// What became of a report.
#[derive(Debug)]
pub(super) enum Decided {
    /// It is durable; its line.
    Taken(u64, Taken),
    /// It was not taken.
    Refused(LineErrorJson),
    /// It could not be recorded, and nothing after it is.
    Stopped(RecordError),
}

/// A report whose verdict was not told yet.
enum Waiting {
    Refused(ReportError),
    Offered(Pending),
    Known(Result<Taken, TakeError>),
}

/// Whether there is more to read.
enum Source {
    Open,
    /// The body has ended; the buffer may hold more lines.
    Last,
    /// All was read.
    Ended,
    /// From this line on nothing is taken, and why.
    Stopped(u64, ReportError),
}

/// A line of the request.
enum Line {
    Text(BytesMut),
    TooLong,
}

/// The reports of one request.
pub(super) struct Intake {
    engine: Engine,
    project: ProjectId,
    depth: u8,
    shape: Shape,
    body: Body,
    source: Source,
    buffer: BytesMut,
    /// How much of the buffer has no line's end.
    scanned: usize,
    /// The line is too long: the rest of it is thrown away.
    skipping: bool,
    /// The line that was read last.
    line: u64,
    stream: Stream,
    waiting: VecDeque<(u64, Waiting)>,
    began: Began,
}

/// Whether a report was offered yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Began {
    No,
    Yes,
}

impl Intake {
    pub(super) fn new(
        engine: Engine,
        project: ProjectId,
        depth: u8,
        shape: Shape,
        body: Body,
    ) -> Self {
        Self {
            engine,
            project,
            depth,
            shape,
            body,
            source: Source::Open,
            buffer: BytesMut::new(),
            scanned: 0,
            skipping: false,
            line: 0,
            stream: Stream::default(),
            waiting: VecDeque::new(),
            began: Began::No,
        }
    }

    /// The next verdict, in the order of lines; none once all reports have theirs.
    pub(super) async fn next(&mut self) -> Option<Decided> {
        loop {
            if let Some(decided) = self.ready() {
                return Some(decided);
            }
            let open = matches!(self.source, Source::Open | Source::Last);
            if open && self.waiting.len() < IN_FLIGHT {
                match self.take_line() {
                    Some(line) => {
                        if let Err(error) = self.offer(line).await {
                            self.end(self.line, record_code(&error), &unrecorded(&error));
                            if self.waiting.is_empty() {
                                return Some(Decided::Stopped(error));
                            }
                        }
                    }
                    None if matches!(self.source, Source::Last) => self.source = Source::Ended,
                    None => self.read_on().await,
                }
            } else {
                let (_, waiting) = self.waiting.front_mut()?;
                if let Waiting::Offered(pending) = waiting {
                    *waiting = Waiting::Known(pending.verdict().await);
                }
            }
        }
    }

    /// The next verdict, if it is there.
    pub(super) fn ready(&mut self) -> Option<Decided> {
        if let Some((_, waiting)) = self.waiting.front_mut()
            && let Waiting::Offered(pending) = waiting
        {
            *waiting = Waiting::Known(pending.verdict_now()?);
        }
        let (line, waiting) = self.waiting.pop_front()?;
        Some(match waiting {
            Waiting::Refused(error) => refused(line, error),
            Waiting::Known(Ok(taken)) => Decided::Taken(line, taken),
            Waiting::Known(Err(TakeError::Record(error))) => {
                self.end(line, record_code(&error), &unrecorded(&error));
                // None of those behind it is recorded: the stream is broken.
                self.waiting.clear();
                Decided::Stopped(error)
            }
            Waiting::Known(Err(error)) => refused(line, untaken(&error)),
            // Its verdict was taken out above.
            Waiting::Offered(_) => return None,
        })
    }

    /// Why and from which line on nothing was taken.
    pub(super) fn stopped(&self) -> Option<(LineErrorJson, u64)> {
        match &self.source {
            Source::Open | Source::Last | Source::Ended => None,
            Source::Stopped(line, error) => Some((LineErrorJson::new(*line, error.clone()), *line)),
        }
    }

    fn end(&mut self, line: u64, code: ErrorCode, message: &str) {
        self.source = Source::Stopped(line, ReportError::new(code, message));
    }

    /// Waits for more of the body or, if that comes first, for the first verdict.
    async fn read_on(&mut self) {
        let frame = timeout(SILENCE, self.body.frame());
        let frame = match self.waiting.front_mut() {
            // Neither loses anything when it is dropped.
            Some((_, waiting @ Waiting::Offered(_))) => tokio::select! {
                () = known(waiting) => return,
                frame = frame => frame,
            },
            Some((_, Waiting::Refused(_) | Waiting::Known(_))) | None => frame.await,
        };
        match frame {
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    self.buffer.extend_from_slice(&data);
                }
            }
            Ok(None) => self.source = Source::Last,
            Ok(Some(Err(_))) => self.end(
                self.line + 1,
                error_code!("body_broken"),
                "the body broke off here",
            ),
            Err(_elapsed) => {
                let message = "nothing came for 60 seconds; the request ends here";
                self.end(self.line + 1, error_code!("silence"), message);
            }
        }
    }

    /// The next line of the buffer that is not empty, if it is there whole. A body that is one
    /// report has one line, whatever is in it.
    fn take_line(&mut self) -> Option<Line> {
        loop {
            let only = self.shape == Shape::One && self.line == 0;
            let end = match self.shape {
                Shape::One => None,
                Shape::Lines => memchr::memchr(b'\n', &self.buffer[self.scanned..]),
            };
            let last = matches!(self.source, Source::Last);
            let text = match end {
                Some(end) => {
                    let text = self.buffer.split_to(self.scanned + end);
                    self.buffer.advance(1);
                    text
                }
                None if last && (only || self.skipping || !self.buffer.is_empty()) => {
                    self.buffer.split()
                }
                None => {
                    if self.buffer.len() > MAX_LINE_BYTES {
                        self.skipping = true;
                        self.buffer.clear();
                    }
                    self.scanned = self.buffer.len();
                    return None;
                }
            };
            self.scanned = 0;
            self.line += 1;
            if std::mem::take(&mut self.skipping) || text.len() > MAX_LINE_BYTES {
                return Some(Line::TooLong);
            }
            if only || !text.trim_ascii().is_empty() {
                return Some(Line::Text(text));
            }
        }
    }

    /// Gives a line to the recorder. Only before the first is a client sent away because too
    /// much waits; after that it waits too.
    async fn offer(&mut self, line: Line) -> Result<(), RecordError> {
        let checked = match line {
            Line::TooLong => Err(ReportError::new(
                error_code!("line_too_long"),
                "a line is over 64 KiB",
            )),
            Line::Text(text) => {
                let report = ReportJson::parse(&text);
                report.and_then(|report| report.check(self.project))
            }
        };
        let waiting = match checked {
            Err(error) => Waiting::Refused(error),
            Ok(report) => {
                let report = platform_report(report, self.depth);
                let (engine, project) = (&self.engine, self.project);
                Waiting::Offered(match self.began {
                    Began::No => {
                        let stream = &self.stream;
                        engine
                            .offer_within(PATIENCE, project, stream, report)
                            .await?
                    }
                    Began::Yes => engine.offer(project, &self.stream, report).await?,
                })
            }
        };
        self.began = Began::Yes;
        self.waiting.push_back((self.line, waiting));
        Ok(())
    }
}

async fn known(waiting: &mut Waiting) {
    if let Waiting::Offered(pending) = waiting {
        *waiting = Waiting::Known(pending.verdict().await);
    }
}

fn platform_report(report: Report, depth: u8) -> PlatformReport {
    PlatformReport {
        name: match report.name {
            report::Name::Sid(sid) => Name::Sid(sid),
            report::Name::Known(name) => Name::Known(name.into()),
            report::Name::External(name) => Name::External(name.into()),
        },
        news: report.news,
        kind: report.kind,
        new: report.new.map_err(|missing| missing.to_string()),
        subscribe: match report.callback {
            CallbackOrder::Unchanged => Subscribe::Unchanged,
            CallbackOrder::To(subscription) => Subscribe::To(subscription),
            CallbackOrder::Nobody => Subscribe::Nobody,
        },
        event: report.event,
        told: report.told,
        depth,
        warnings: report.warnings,
    }
}

fn refused(line: u64, error: ReportError) -> Decided {
    Decided::Refused(LineErrorJson::new(line, error))
}

/// What is told of a report that the recorder did not take.
fn untaken(error: &TakeError) -> ReportError {
    let (code, message) = match error {
        TakeError::NotFound => (
            error_code!("not_found"),
            "there is no such resource; one that is new is named by `external_id`".to_owned(),
        ),
        TakeError::Unreadable => (
            error_code!("unreadable"),
            "the resource cannot be read; the server's log says more".to_owned(),
        ),
        TakeError::Deleted => (
            error_code!("deleted"),
            "the resource was deleted".to_owned(),
        ),
        TakeError::OtherKind { is } => {
            let kind = is.as_str();
            (
                error_code!("other_kind"),
                format!("the resource of this name is a {kind}"),
            )
        }
        TakeError::Incomplete { missing } => (error_code!("incomplete"), missing.clone()),
        TakeError::Direction => (
            error_code!("direction"),
            "a new resource of this direction cannot have this status".to_owned(),
        ),
        TakeError::EventReused => (
            error_code!("event_reused"),
            "another report came with this `event_id`; an id stands for one content".to_owned(),
        ),
        TakeError::Behind => (
            error_code!("not_recorded"),
            "a report before it was not recorded".to_owned(),
        ),
        TakeError::Record(error) => (record_code(error), unrecorded(error)),
    };
    ReportError::new(code, message)
}

fn unrecorded(error: &RecordError) -> String {
    format!("{error}; this report and those after it were not taken: send them again")
}
