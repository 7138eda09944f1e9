//! Stored forms of what has no columns of its own: JSON, one struct for each kind.
//!
//! Domain types derive no `Serialize`, so that renaming a field there cannot make an old
//! store unreadable. A field added later has a default; one that is unknown is passed over.

pub mod call;
pub mod message;

use std::borrow::Cow;

use ringback_domain::call::CallFacts;
use ringback_domain::change::{News, Status};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageFacts;
use ringback_domain::resource::Body;
use ringback_domain::subscription::{CallEvent, Interest, Method, Subscription};
use ringback_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ReadError;
use call::{CallFactsRecord, CallRecord};
use message::{MessageFactsRecord, MessageRecord};

/// What the columns of a resource tell of its body: what lists are filtered by.
#[derive(Debug)]
pub struct Summary<'a> {
    /// Where it stands.
    pub status: Status,
    /// From whom.
    pub from: Cow<'a, str>,
    /// To whom.
    pub to: Cow<'a, str>,
    /// The call that made it.
    pub parent: Option<Sid>,
    /// A call's start, or when a message was sent.
    pub started: Option<Timestamp>,
    /// A call's end.
    pub ended: Option<Timestamp>,
}

impl<'a> From<&'a Body> for Summary<'a> {
    fn from(body: &'a Body) -> Self {
        match body {
            Body::Call(call) => Self {
                status: Status::Call(call.status),
                from: Cow::Borrowed(&call.from),
                to: Cow::Borrowed(&call.to),
                parent: call.parent,
                started: call.started_at,
                ended: call.ended_at,
            },
            Body::Message(message) => Self {
                status: Status::Message(message.status),
                from: Cow::Borrowed(&message.from),
                to: Cow::Borrowed(&message.to),
                parent: None,
                started: message.sent_at,
                ended: None,
            },
        }
    }
}

/// The rest of a resource, of either kind.
#[derive(Debug, Serialize, Deserialize)]
struct Data<'a, Record> {
    #[serde(default, borrow)]
    subscriptions: Vec<SubscriptionRecord<'a>>,
    body: Record,
}

#[derive(Debug, Serialize, Deserialize)]
struct SubscriptionRecord<'a> {
    url: Cow<'a, str>,
    method: Cow<'a, str>,
    /// The events of a call that it wants; none of them named means every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Cow<'a, str>>>,
    #[serde(default)]
    next_sequence: u32,
}

/// The column `data` of a resource.
pub fn write_data(body: &Body, subscriptions: &[Subscription]) -> Result<String, ReadError> {
    let subscriptions = subscriptions.iter().map(Into::into).collect();
    let json = match body {
        Body::Call(call) => serde_json::to_string(&Data {
            subscriptions,
            body: CallRecord::from(call),
        }),
        Body::Message(message) => serde_json::to_string(&Data {
            subscriptions,
            body: MessageRecord::from(message),
        }),
    };
    Ok(json?)
}

/// What the column `data` and the `summary` of a resource tell.
pub fn read_data(data: &str, summary: Summary<'_>) -> Result<(Body, Vec<Subscription>), ReadError> {
    let (body, subscriptions) = match summary.status {
        Status::Call(status) => {
            let data: Data<'_, CallRecord<'_>> = serde_json::from_str(data)?;
            let call = data.body.into_call(status, summary)?;
            (Body::Call(call), data.subscriptions)
        }
        Status::Message(status) => {
            let data: Data<'_, MessageRecord<'_>> = serde_json::from_str(data)?;
            let message = data.body.into_message(status, summary)?;
            (Body::Message(message), data.subscriptions)
        }
    };
    let subscriptions: Result<_, _> = subscriptions.into_iter().map(TryInto::try_into).collect();
    Ok((body, subscriptions?))
}

/// The column `facts` of a report; none if nothing was told beside its status.
pub fn write_facts(news: &News) -> Result<Option<String>, ReadError> {
    let json = match news {
        News::Call(_, facts) if *facts == CallFacts::default() => return Ok(None),
        News::Message(_, facts) if *facts == MessageFacts::default() => return Ok(None),
        News::Call(_, facts) => serde_json::to_string(&CallFactsRecord::from(facts)),
        News::Message(_, facts) => serde_json::to_string(&MessageFactsRecord::from(facts)),
    };
    Ok(Some(json?))
}

/// What the columns `status` and `facts` of a report tell.
pub fn read_news(status: Status, facts: Option<&str>) -> Result<News, ReadError> {
    let news = match (status, facts) {
        (Status::Call(status), None) => News::Call(status, CallFacts::default()),
        (Status::Message(status), None) => News::Message(status, MessageFacts::default()),
        (Status::Call(status), Some(facts)) => {
            let facts: CallFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Call(status, facts.try_into()?)
        }
        (Status::Message(status), Some(facts)) => {
            let facts: MessageFactsRecord<'_> = serde_json::from_str(facts)?;
            News::Message(status, facts.into())
        }
    };
    Ok(news)
}

impl<'a> From<&'a Subscription> for SubscriptionRecord<'a> {
    fn from(subscription: &'a Subscription) -> Self {
        Self {
            url: Cow::Borrowed(&subscription.url),
            method: Cow::Borrowed(subscription.method.as_str()),
            events: match subscription.interest {
                Interest::Every => None,
                Interest::Call(events) => {
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
        let event = |name: Cow<'_, str>| {
            CallEvent::parse(&name).ok_or_else(|| ReadError::unknown("event", name))
        };
        let interest = match record.events {
            None => Interest::Every,
            Some(names) => {
                let events: Result<_, _> = names.into_iter().map(event).collect();
                Interest::Call(events?)
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
