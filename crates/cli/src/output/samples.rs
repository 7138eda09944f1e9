//! One line of each kind, for the snapshots of both formats.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::callback::CallbackState;
use ringback_domain::change::{Change, News, Rejected, Status, Warning};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_domain::resource::Kind;
use ringback_domain::sip::SipResult;
use ringback_domain::time::Timestamp;
use ringback_domain::verdict::{Gap, Verdict};
use ringback_engine::{Event, Parties};
use uuid::Uuid;

use super::Line;
use crate::demo::{Arrival, Check, Summary};

/// A line that owns what it tells.
pub enum Sample {
    Event(Box<Event>),
    Skipped(u64),
    Arrival(Arrival),
    Summary(Summary),
}

impl Sample {
    pub fn as_line(&self) -> Line<'_> {
        match self {
            Self::Event(event) => Line::Recorded(event),
            Self::Skipped(count) => Line::Skipped(*count),
            Self::Arrival(arrival) => Line::Arrived(arrival),
            Self::Summary(summary) => Line::Demonstrated(summary),
        }
    }
}

/// One of each.
pub fn all() -> Vec<Sample> {
    let ringing = News::Call(CallStatus::Ringing, CallFacts::default());
    let sip = Some(SipResult::BUSY);
    let busy = News::Call(
        CallStatus::Busy,
        CallFacts {
            sip,
            ..CallFacts::default()
        },
    );
    let error = Some(error_code!("30003"));
    let undelivered = News::Message(MessageStatus::Undelivered, MessageFacts { error });
    let (ok, refused) = (answer(200), answer(503));
    vec![
        change(
            Kind::Call,
            Some(Status::Call(CallStatus::Initiated)),
            ringing,
            1,
            Gap::None,
        ),
        attempt(
            "ringing",
            CallbackState::Delivered,
            None,
            Some(ok),
            AttemptResult::Accepted,
        ),
        change(
            Kind::Call,
            Some(Status::Call(CallStatus::Ringing)),
            busy,
            2,
            Gap::None,
        ),
        attempt(
            "busy",
            CallbackState::Pending,
            Some(1),
            Some(refused),
            failed(error_code!("11217")),
        ),
        attempt(
            "busy",
            CallbackState::Aside,
            Some(75),
            None,
            failed(error_code!("11200")),
        ),
        attempt(
            "busy",
            CallbackState::Failed,
            None,
            None,
            failed(error_code!("11200")),
        ),
        change(Kind::Message, None, undelivered, 0, Gap::Skipped),
        rejected(),
        warning(),
        Sample::Skipped(7),
        arrival(Check::Verified),
        arrival(Check::Forged),
        Sample::Summary(Summary {
            arrived: 9,
            verified: 9,
        }),
    ]
}

fn sid() -> Sid {
    Sid::new(Uuid::from_u128(0x0191_d9c8_2f6b_7c9a_b1d4_6a1f_0e5c_ca01))
}

fn project() -> ProjectId {
    ProjectId::new(Uuid::nil())
}

fn parties(kind: Kind) -> Parties {
    Parties {
        kind,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
    }
}

/// 2026-08-20 14:02:11.482.
fn at() -> Timestamp {
    Timestamp::from_micros(1_787_234_531_482_000)
}

fn change(kind: Kind, from: Option<Status>, news: News, callbacks: usize, gap: Gap) -> Sample {
    let (project, resource) = (project(), sid());
    let change = Change {
        project,
        resource,
        seq: 1,
        from,
        news,
        gap,
        at: at(),
        told: None,
    };
    Sample::Event(Box::new(Event::Changed {
        parties: parties(kind),
        callbacks,
        change,
    }))
}

fn rejected() -> Sample {
    let rejected = Rejected {
        resource: sid(),
        news: News::Call(CallStatus::Ringing, CallFacts::default()),
        verdict: Verdict::Late,
        stood: Status::Call(CallStatus::Completed),
        at: at(),
        told: None,
    };
    Sample::Event(Box::new(Event::Rejected {
        project: project(),
        parties: parties(Kind::Call),
        rejected,
    }))
}

fn warning() -> Sample {
    let text = "rt=99999 is above 15000: 15000 is used".to_owned();
    let resource = sid();
    Sample::Event(Box::new(Event::Warned {
        project: project(),
        warning: Warning {
            resource,
            text,
            at: at(),
        },
    }))
}

fn answer(status: u16) -> Answer {
    Answer {
        status,
        ..Answer::default()
    }
}

fn failed(code: ErrorCode) -> AttemptResult {
    let detail = "Nobody listens at crm.example:443; is the application running?".to_owned();
    AttemptResult::Failed { code, detail }
}

fn attempt(
    status: &str,
    state: CallbackState,
    retry_s: Option<u64>,
    answer: Option<Answer>,
    result: AttemptResult,
) -> Sample {
    let attempt = Attempt {
        callback: CallbackId::new(Uuid::from_u128(7)),
        number: 1,
        started_at: at(),
        timings: Timings {
            total: Duration::from_micros(4_100),
            ..Timings::default()
        },
        url: "https://crm.example/secret".to_owned(),
        headers: String::new(),
        answer,
        note: None,
        result,
    };
    Sample::Event(Box::new(Event::Attempted {
        project: project(),
        resource: sid(),
        status: Arc::from(status),
        state,
        retry_in: retry_s.map(Duration::from_secs),
        attempt,
    }))
}

fn arrival(check: Check) -> Sample {
    Sample::Arrival(Arrival {
        at: at(),
        callback_type: "voice",
        resource: sid(),
        status: "ringing".to_owned(),
        check,
    })
}
