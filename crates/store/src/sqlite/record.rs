//! Stored forms of what has no columns of its own: JSON, one struct for each kind.
//!
//! Domain types derive no `Serialize`, so that renaming a field there cannot make an old
//! store unreadable. A field added later has a default; one that is unknown is passed over.

pub mod brand;
pub mod call;
pub mod campaign;
pub mod entry;
pub mod message;
pub mod outcome;
pub mod recording;
pub mod ten_dlc;
pub mod transcription;

use std::borrow::Cow;
use std::sync::Arc;

use ringback_domain::call::CallFacts;
use ringback_domain::change::{News, Status};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageFacts;
use ringback_domain::recording::RecordingFacts;
use ringback_domain::resource::{Body, Resource};
use ringback_domain::subscription::{
    CallEvent, CallEvents, Inherited, Interest, Method, RecordingEvent, Subscription,
};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::TranscriptionFacts;
use serde::{Deserialize, Serialize};

use super::error::ReadError;
use brand::BrandRecord;
use call::{CallFactsRecord, CallRecord};
use campaign::CampaignRecord;
use message::{MessageFactsRecord, MessageRecord};
use recording::{RecordingFactsRecord, RecordingRecord};
use ten_dlc::{AssignmentOrderRecord, AssignmentRecord};
use transcription::{TranscriptionFactsRecord, TranscriptionRecord};

/// What the columns of a resource tell of its body: what lists are filtered by.
#[derive(Debug)]
pub struct Summary<'a> {
    /// Where it stands.
    pub status: Status,
    /// From whom.
    pub from: Cow<'a, str>,
    /// To whom.
    pub to: Cow<'a, str>,
    /// The resource that it belongs to.
    pub parent: Option<Sid>,
    /// A call's or a recording's start, or when a message was sent.
    pub started: Option<Timestamp>,
    /// A call's or a recording's end.
    pub ended: Option<Timestamp>,
}

impl<'a> From<&'a Body> for Summary<'a> {
    fn from(body: &'a Body) -> Self {
        let (from, to) = body.parties();
        Self {
            status: body.status(),
            from: Cow::Borrowed(from),
            to: Cow::Borrowed(to),
            parent: body.parent(),
            started: body.started_at(),
            ended: body.ended_at(),
        }
    }
}

/// The resource that one of this kind always belongs to.
fn parent(summary: &Summary<'_>) -> Result<Sid, ReadError> {
    summary
        .parent
        .ok_or_else(|| ReadError::unknown("parent", "none"))
}

/// The SID written so.
fn sid(text: &str) -> Result<Sid, ReadError> {
    text.parse().map_err(|_| ReadError::unknown("SID", text))
}

/// The rest of a resource, of any kind.
#[derive(Debug, Serialize, Deserialize)]
struct Data<'a, Record> {
    #[serde(default, borrow)]
    subscriptions: Vec<SubscriptionRecord<'a>>,
    /// What the network keeps of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memo: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inherited: Option<InheritedRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application: Option<Cow<'a, str>>,
    /// What chance goes by, if that is not the ordinal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lot: Option<u64>,
    /// How many resources were made for it, if any were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<u32>,
    body: Record,
}

/// What a resource's application, number or project hears.
#[derive(Debug, Serialize, Deserialize)]
struct InheritedRecord<'a> {
    /// The events of a call; none of them named means every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Cow<'a, str>>>,
    /// A number's own callback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    number: bool,
    #[serde(default)]
    next_sequence: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct SubscriptionRecord<'a> {
    url: Cow<'a, str>,
    method: Cow<'a, str>,
    /// The events of a call that it wants; none of them named means every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Cow<'a, str>>>,
    /// The events of a recording that it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_events: Option<Vec<Cow<'a, str>>>,
    #[serde(default)]
    next_sequence: u32,
}

/// The column `data` of a resource.
pub fn write_data(resource: &Resource) -> Result<String, ReadError> {
    let json = match &resource.body {
        Body::Call(it) => json(resource, CallRecord::from(it)),
        Body::Message(it) => json(resource, MessageRecord::from(it)),
        Body::Recording(it) => json(resource, RecordingRecord::from(it)),
        Body::Transcription(it) => json(resource, TranscriptionRecord::from(it)),
        Body::Brand(it) => json(resource, BrandRecord::from(it)),
        Body::Campaign(it) => json(resource, CampaignRecord::from(it)),
        Body::AssignmentOrder(it) => json(resource, AssignmentOrderRecord::from(it)),
        Body::Assignment(it) => json(resource, AssignmentRecord::from(it)),
    };
    Ok(json?)
}

fn json<R: Serialize>(resource: &Resource, body: R) -> serde_json::Result<String> {
    let written = |sid: Option<Sid>| sid.map(|sid| Cow::Owned(sid.to_string()));
    serde_json::to_string(&Data {
        subscriptions: resource.subscriptions.iter().map(Into::into).collect(),
        inherited: resource.inherited.map(Into::into),
        number: written(resource.number),
        application: written(resource.application),
        memo: resource.memo.as_deref().map(Cow::Borrowed),
        lot: Some(resource.lot.number).filter(|it| *it != resource.ordinal),
        made: Some(resource.lot.made).filter(|it| *it != 0),
        body,
    })
}

/// What the column `data` tells.
#[derive(Debug)]
pub struct Told {
    /// What makes the resource of its kind.
    pub body: Body,
    /// Who wants to hear of its changes.
    pub subscriptions: Vec<Subscription>,
    /// What its application, number or project hears of them.
    pub inherited: Option<Inherited>,
    /// Its phone number.
    pub number: Option<Sid>,
    /// Its application.
    pub application: Option<Sid>,
    /// What its network keeps of it.
    pub memo: Option<Arc<str>>,
    /// What chance goes by, if that is not the ordinal.
    pub lot: Option<u64>,
    /// How many resources were made for it.
    pub made: u32,
}

impl Told {
    fn new<R>(
        data: Data<'_, R>,
        body: impl FnOnce(R) -> Result<Body, ReadError>,
    ) -> Result<Self, ReadError> {
        let subscriptions = data.subscriptions.into_iter().map(TryInto::try_into);
        Ok(Self {
            subscriptions: subscriptions.collect::<Result<_, _>>()?,
            inherited: data.inherited.map(TryInto::try_into).transpose()?,
            number: data.number.as_deref().map(sid).transpose()?,
            application: data.application.as_deref().map(sid).transpose()?,
            memo: data.memo.map(Arc::from),
            lot: data.lot,
            made: data.made.unwrap_or_default(),
            body: body(data.body)?,
        })
    }
}

/// What the column `data` and the `summary` of a resource tell.
pub fn read_data(data: &str, summary: Summary<'_>) -> Result<Told, ReadError> {
    match summary.status {
        Status::Call(status) => {
            let data: Data<'_, CallRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| it.into_call(status, summary).map(Body::Call))
        }
        Status::Message(status) => {
            let data: Data<'_, MessageRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_message(status, summary).map(Body::Message)
            })
        }
        Status::Recording(status) => {
            let data: Data<'_, RecordingRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_recording(status, &summary).map(Body::Recording)
            })
        }
        Status::Transcription(status) => {
            let data: Data<'_, TranscriptionRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_transcription(status, summary)
                    .map(Body::Transcription)
            })
        }
        Status::Brand(status) => {
            let data: Data<'_, BrandRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| it.into_brand(status).map(Body::Brand))
        }
        Status::Campaign(status) => {
            let data: Data<'_, CampaignRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_campaign(status, &summary).map(Body::Campaign)
            })
        }
        Status::AssignmentOrder(status) => {
            let data: Data<'_, AssignmentOrderRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_order(status, &summary).map(Body::AssignmentOrder)
            })
        }
        Status::Assignment(status) => {
            let data: Data<'_, AssignmentRecord<'_>> = serde_json::from_str(data)?;
            Told::new(data, |it| {
                it.into_assignment(status, summary).map(Body::Assignment)
            })
        }
    }
}

/// The column `facts` of a report; none if nothing was told beside its status.
pub fn write_facts(news: &News) -> Result<Option<String>, ReadError> {
    let json = match news {
        News::Call(_, facts) if *facts == CallFacts::default() => return Ok(None),
        News::Message(_, facts) if *facts == MessageFacts::default() => return Ok(None),
        News::Recording(_, facts) if *facts == RecordingFacts::default() => return Ok(None),
        News::Transcription(_, facts) if *facts == TranscriptionFacts::default() => {
            return Ok(None);
        }
        News::Brand(_) | News::Campaign(_) | News::AssignmentOrder(_) | News::Assignment(_) => {
            return Ok(None);
        }
        News::Call(_, facts) => serde_json::to_string(&CallFactsRecord::from(facts)),
        News::Message(_, facts) => serde_json::to_string(&MessageFactsRecord::from(facts)),
        News::Recording(_, facts) => serde_json::to_string(&RecordingFactsRecord::from(facts)),
        News::Transcription(_, facts) => {
            serde_json::to_string(&TranscriptionFactsRecord::from(facts))
        }
    };
    Ok(Some(json?))
}

/// What the columns `status` and `facts` of a report tell.
pub fn read_news(status: Status, facts: Option<&str>) -> Result<News, ReadError> {
    let Some(facts) = facts else {
        return Ok(status.into());
    };
    let news = match status {
        Status::Call(status) => {
            let facts: CallFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Call(status, facts.try_into()?)
        }
        Status::Message(status) => {
            let facts: MessageFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Message(status, facts.into())
        }
        Status::Recording(status) => {
            let facts: RecordingFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Recording(status, facts.into())
        }
        Status::Transcription(status) => {
            let facts: TranscriptionFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Transcription(status, facts.into())
        }
        // Nothing is told of these beside their status.
        Status::Brand(_)
        | Status::Campaign(_)
        | Status::AssignmentOrder(_)
        | Status::Assignment(_) => status.into(),
    };
    Ok(news)
}

impl<'a> From<&'a Subscription> for SubscriptionRecord<'a> {
    fn from(subscription: &'a Subscription) -> Self {
        Self {
            url: Cow::Borrowed(&subscription.url),
            method: Cow::Borrowed(subscription.method.as_str()),
            events: match subscription.interest {
                Interest::Every | Interest::Recording(_) | Interest::Number => None,
                Interest::Call(events) => Some(words(events)),
            },
            recording_events: match subscription.interest {
                Interest::Every | Interest::Call(_) | Interest::Number => None,
                Interest::Recording(events) => {
                    let words = events.iter().map(|event| Cow::Borrowed(event.as_str()));
                    Some(words.collect())
                }
            },
            next_sequence: subscription.next_sequence,
        }
    }
}

impl TryFrom<SubscriptionRecord<'_>> for Subscription {
    type Error = ReadError;

    fn try_from(record: SubscriptionRecord<'_>) -> Result<Self, ReadError> {
        let recording_event = |name: Cow<'_, str>| {
            RecordingEvent::parse(&name).ok_or_else(|| ReadError::unknown("event", name))
        };
        let interest = match (record.events, record.recording_events) {
            (None, None) => Interest::Every,
            (Some(names), _) => Interest::Call(events(names)?),
            (None, Some(names)) => {
                let events: Result<_, _> = names.into_iter().map(recording_event).collect();
                Interest::Recording(events?)
            }
        };
        Ok(Self {
            method: Method::parse(&record.method)
                .ok_or_else(|| ReadError::unknown("method", record.method))?,
            url: record.url.into_owned(),
            interest,
            next_sequence: record.next_sequence,
        })
    }
}

/// A resource inherits no interest in recordings: theirs is told where they are begun.
impl From<Inherited> for InheritedRecord<'_> {
    fn from(inherited: Inherited) -> Self {
        Self {
            events: match inherited.interest {
                Interest::Every | Interest::Recording(_) | Interest::Number => None,
                Interest::Call(events) => Some(words(events)),
            },
            number: inherited.interest == Interest::Number,
            next_sequence: inherited.next_sequence,
        }
    }
}

impl TryFrom<InheritedRecord<'_>> for Inherited {
    type Error = ReadError;

    fn try_from(record: InheritedRecord<'_>) -> Result<Self, ReadError> {
        let interest = match record.events {
            Some(names) => Interest::Call(events(names)?),
            None if record.number => Interest::Number,
            None => Interest::Every,
        };
        Ok(Self {
            interest,
            next_sequence: record.next_sequence,
        })
    }
}

/// The words of events.
fn words(events: CallEvents) -> Vec<Cow<'static, str>> {
    let words = events.iter().map(|event| Cow::Borrowed(event.as_str()));
    words.collect()
}

/// The events of these words.
fn events(words: Vec<Cow<'_, str>>) -> Result<CallEvents, ReadError> {
    let event = |word: Cow<'_, str>| {
        CallEvent::parse(&word).ok_or_else(|| ReadError::unknown("event", word))
    };
    words.into_iter().map(event).collect()
}
