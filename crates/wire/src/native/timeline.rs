//! A resource's timeline: all that was reported, decided and sent, in the order of time.

use ringback_domain::attempt::Attempt;
use ringback_domain::callback::Callback;
use ringback_domain::change::{Change, Rejected, Status, Told, Warning};
use ringback_domain::errors;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use ringback_domain::verdict::Gap;
use schemars::JsonSchema;
use serde::Serialize;

use super::callback::{AttemptJson, CallbackJson, moment};
use super::error_code::ReasonJson;

/// A resource and its timeline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Timeline")]
pub struct TimelineJson {
    /// Its SID.
    pub sid: String,
    /// What its platform calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What kind it is.
    pub kind: &'static str,
    /// Where it stands.
    pub status: &'static str,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// When it was created.
    pub created_at: String,
    /// What happened, in the order of time.
    pub entries: Vec<EntryJson>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Entry")]
pub struct EntryJson {
    /// When it was recorded or, an attempt, when it began.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub what: WhatJson,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "What")]
pub enum WhatJson {
    /// The resource changed.
    Change(ChangeJson),
    /// A report changed nothing.
    Report(ReportedJson),
    /// A callback was recorded.
    Callback(CallbackJson),
    /// A callback was tried.
    Attempt {
        /// The callback.
        callback: String,
        /// The attempt.
        #[serde(flatten)]
        attempt: Box<AttemptJson>,
    },
    /// Something is odd.
    Remark {
        /// What, in a sentence.
        text: String,
        /// The codes that the sentence names, explained.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reasons: Vec<ReasonJson>,
    },
}

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub struct ChangeJson {
    /// Its number among the resource's changes, from 0.
    pub seq: u32,
    /// The status before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    /// The status it came to.
    pub status: &'static str,
    /// Whether statuses between were never reported.
    pub gap: bool,
    /// Why the resource ended badly.
    #[serde(flatten)]
    pub reason: Option<ReasonJson>,
    /// What its platform says of it.
    #[serde(flatten)]
    pub told: ToldJson,
}

/// A report that changed nothing.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Reported")]
pub struct ReportedJson {
    /// The status that was reported.
    pub status: &'static str,
    /// `repeat`, `late`, `conflict` or `refused`.
    pub verdict: &'static str,
    /// Where the resource stood.
    pub stood: &'static str,
    /// Why the resource ended badly, by this report.
    #[serde(flatten)]
    pub reason: Option<ReasonJson>,
    /// What its platform says of it.
    #[serde(flatten)]
    pub told: ToldJson,
}

/// What a platform says of a report.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Told")]
pub struct ToldJson {
    /// Its id of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// When it happened, by its clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
}

impl TimelineJson {
    /// The timeline of `resource`. At one moment, what was reported comes before what was
    /// owed for it, and that before what was tried.
    pub fn new(
        resource: &Resource,
        changes: &[Change],
        rejected: &[Rejected],
        warnings: &[Warning],
        callbacks: &[(Callback, Vec<Attempt>)],
    ) -> Self {
        let mut entries: Vec<(Timestamp, u8, WhatJson)> = Vec::new();
        let changes = changes.iter();
        entries.extend(changes.map(|it| (it.at, 0, WhatJson::Change(ChangeJson::of(it)))));
        let rejected = rejected.iter();
        entries.extend(rejected.map(|it| (it.at, 0, WhatJson::Report(ReportedJson::of(it)))));
        for warning in warnings {
            entries.push((warning.at, 1, WhatJson::remark(&warning.text)));
        }
        for (callback, attempts) in callbacks {
            let shown = CallbackJson::of(callback);
            entries.push((callback.recorded_at, 2, WhatJson::Callback(shown)));
            for attempt in attempts {
                let callback = callback.id.to_string();
                let shown = Box::new(AttemptJson::of(attempt));
                let what = WhatJson::Attempt {
                    callback,
                    attempt: shown,
                };
                entries.push((attempt.started_at, 3, what));
            }
        }
        entries.sort_by_key(|(at, rank, _)| (*at, *rank));
        let (from, to) = resource.body.parties();
        Self {
            sid: resource.sid.to_string(),
            external_id: resource.external_id.as_deref().map(ToOwned::to_owned),
            kind: resource.kind().as_str(),
            status: resource.status().as_str(),
            from: from.to_owned(),
            to: to.to_owned(),
            created_at: moment(resource.created_at),
            entries: entries
                .into_iter()
                .map(|(at, _, what)| EntryJson {
                    at: moment(at),
                    what,
                })
                .collect(),
        }
    }
}

impl WhatJson {
    /// What is shown of a remark.
    pub fn remark(text: &str) -> Self {
        let reasons = errors::mentioned(text).into_iter();
        Self::Remark {
            text: text.to_owned(),
            reasons: reasons.map(ReasonJson::entry).collect(),
        }
    }
}

impl ChangeJson {
    /// What is shown of `change`.
    pub fn of(change: &Change) -> Self {
        Self {
            seq: change.seq,
            from: change.from.map(Status::as_str),
            status: change.news.status().as_str(),
            gap: change.gap == Gap::Skipped,
            reason: change.news.error().map(ReasonJson::of),
            told: ToldJson::of(change.told.as_deref()),
        }
    }
}

impl ReportedJson {
    fn of(rejected: &Rejected) -> Self {
        Self {
            status: rejected.news.status().as_str(),
            verdict: rejected.verdict.as_str(),
            stood: rejected.stood.as_str(),
            reason: rejected.news.error().map(ReasonJson::of),
            told: ToldJson::of(rejected.told.as_deref()),
        }
    }
}

impl ToldJson {
    fn of(told: Option<&Told>) -> Self {
        Self {
            event_id: told.and_then(|told| Some(told.event_id.as_deref()?.to_owned())),
            occurred_at: told.and_then(|told| told.occurred_at).map(moment),
        }
    }
}
