//! Lists: their filters and which page is asked for.

use ringback_domain::call::CallStatus;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus;
use ringback_domain::time::Timestamp;

use super::{Form, ParamError, check, quoted};
use crate::date::{self, DateFilter};
use crate::laml::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageRequest};
use crate::laml::{call, message};

/// From a moment on, and before another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateBounds {
    /// At or after this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

impl DateBounds {
    /// Whether `at` is within them.
    pub fn contain(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }

    fn narrow(&mut self, from: Option<i64>, until: Option<i64>) {
        let from = from.map(Timestamp::from_micros);
        let until = until.map(Timestamp::from_micros);
        self.from = self.from.max(from);
        self.until = match (self.until, until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Which calls are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallList {
    /// In one of these statuses; in any, if none is named.
    pub statuses: Vec<CallStatus>,
    /// From this address.
    pub from: Option<String>,
    /// To this address.
    pub to: Option<String>,
    /// Made by this call.
    pub parent: Option<Sid>,
    /// First dialled then.
    pub started: DateBounds,
    /// Ended then.
    pub ended: DateBounds,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Which messages are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageList {
    /// In one of these statuses; in any, if none is named.
    pub statuses: Vec<MessageStatus>,
    /// From this address.
    pub from: Option<String>,
    /// To this address.
    pub to: Option<String>,
    /// Sent then.
    pub sent: DateBounds,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Which pieces of a message's media, or which transcriptions, are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedList {
    /// Made then.
    pub created: DateBounds,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Which of the things that people name are asked for: numbers, applications, accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedList {
    /// With this name.
    pub friendly_name: Option<String>,
    /// Numbers with this in them; `*` is any digit.
    pub phone_number: Option<String>,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Which free numbers are asked for. There is one page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailableList {
    /// With these three digits after `+1`.
    pub area_code: Option<String>,
    /// With this in them; `*` is any digit.
    pub contains: Option<String>,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Reads the query of a list of applications or accounts.
pub fn list_named(query: &Form) -> Result<NamedList, ParamError> {
    Ok(NamedList {
        phone_number: None,
        filters: filters(query, &["FriendlyName"]),
        ..list_numbers(query)?
    })
}

/// Reads the query of a list of numbers.
pub fn list_numbers(query: &Form) -> Result<NamedList, ParamError> {
    Ok(NamedList {
        friendly_name: query.one("FriendlyName").map(str::to_owned),
        phone_number: query.one("PhoneNumber").map(str::to_owned),
        page: page(query)?,
        filters: filters(query, &["FriendlyName", "PhoneNumber"]),
    })
}

/// Reads the query of a list of free numbers. What every one of them can do, and where it is,
/// cannot be chosen: those filters are passed over.
pub fn list_available(query: &Form) -> Result<AvailableList, ParamError> {
    Ok(AvailableList {
        area_code: query.one("AreaCode").map(str::to_owned),
        contains: query.one("Contains").map(str::to_owned),
        page: page(query)?,
        filters: filters(query, &["AreaCode", "Contains"]),
    })
}

/// Reads the query of a list of calls.
pub fn list_calls(query: &Form) -> Result<CallList, ParamError> {
    const STARTED: [&str; 3] = ["StartTime", "StartTime<", "StartTime>"];
    const ENDED: [&str; 3] = ["EndTime", "EndTime<", "EndTime>"];
    const WORDS: [&str; 8] = [
        "queued",
        "ringing",
        "in-progress",
        "canceled",
        "completed",
        "busy",
        "failed",
        "no-answer",
    ];
    let status = check::word(query, "Status", &WORDS, ParamError::BAD_ARGUMENT)?;
    let shown_as = |it: &CallStatus| Some(call::status_word(*it)) == status;
    let parent = check::uuid(query, "ParentCallSid", ParamError::BAD_ARGUMENT)?;
    let names = ["Status", "From", "To", "ParentCallSid"];
    Ok(CallList {
        statuses: CallStatus::ALL.into_iter().filter(shown_as).collect(),
        from: query.one("From").map(str::to_owned),
        to: query.one("To").map(str::to_owned),
        parent: parent.and_then(|sid| sid.parse().ok()),
        started: dates(query, STARTED)?,
        ended: dates(query, ENDED)?,
        page: page(query)?,
        filters: filters(query, &[&names[..], &STARTED, &ENDED].concat()),
    })
}

/// Reads the query of a list of messages.
pub fn list_messages(query: &Form) -> Result<MessageList, ParamError> {
    const SENT: [&str; 3] = ["DateSent", "DateSent<", "DateSent>"];
    const WORDS: [&str; 7] = [
        "queued",
        "initiated",
        "sent",
        "failed",
        "delivered",
        "undelivered",
        "received",
    ];
    let status = check::word(query, "Status", &WORDS, ParamError::BAD_ARGUMENT)?;
    let shown_as = |it: &MessageStatus| Some(message::status_word(*it)) == status;
    let names = ["Status", "From", "To"];
    Ok(MessageList {
        statuses: MessageStatus::ALL.into_iter().filter(shown_as).collect(),
        from: query.one("From").map(str::to_owned),
        to: query.one("To").map(str::to_owned),
        sent: dates(query, SENT)?,
        page: page(query)?,
        filters: filters(query, &[&names[..], &SENT].concat()),
    })
}

/// Reads the query of a list of a message's media, or of transcriptions.
pub fn list_by_creation(query: &Form) -> Result<CreatedList, ParamError> {
    const CREATED: [&str; 3] = ["DateCreated", "DateCreated<", "DateCreated>"];
    Ok(CreatedList {
        created: dates(query, CREATED)?,
        page: page(query)?,
        filters: filters(query, &CREATED),
    })
}

/// The filters that have a meaning, as they were given.
pub(super) fn filters(query: &Form, names: &[&str]) -> Vec<(String, String)> {
    let pairs = query.pairs().iter();
    pairs
        .filter(|(key, value)| names.contains(&key.as_str()) && !value.is_empty())
        .cloned()
        .collect()
}

/// A name alone means the whole day; with `<` at that moment or before, with `>` at it or
/// after (in a query they read as `<=` and `>=`). A day stands for its midnight then.
pub(super) fn dates(
    query: &Form,
    [on, before, after]: [&'static str; 3],
) -> Result<DateBounds, ParamError> {
    let mut bounds = DateBounds::default();
    if let Some(filter) = date(query, on)? {
        let day = filter.day();
        bounds.narrow(Some(day.start), Some(day.end));
    }
    if let Some(filter) = date(query, before)? {
        bounds.narrow(None, Some(filter.end()));
    }
    if let Some(filter) = date(query, after)? {
        bounds.narrow(Some(filter.at()), None);
    }
    Ok(bounds)
}

fn date(query: &Form, name: &'static str) -> Result<Option<DateFilter>, ParamError> {
    let Some(text) = query.one(name) else {
        return Ok(None);
    };
    date::parse_filter(text).map(Some).map_err(|error| {
        let fault = format_args!("is no date: {error}, not {}", quoted(text));
        ParamError::new(ParamError::BAD_ARGUMENT, name, fault)
    })
}

pub(super) fn page(query: &Form) -> Result<PageRequest, ParamError> {
    const NO_TOKEN: ErrorCode = ParamError::NO_PAGE_TOKEN;
    const BAD_TOKEN: ErrorCode = ParamError::BAD_PAGE_TOKEN;
    let most = u32::from(MAX_PAGE_SIZE);
    let page_size = check::whole(query, "PageSize", 1..=most, ParamError::BAD_PAGE_SIZE)?;
    let page = check::whole(query, "Page", 0..=u32::MAX, NO_TOKEN)?.unwrap_or(0);
    let token = match query.one("PageToken") {
        Some(text) => Some(text.parse().map_err(|_| {
            let expected = "one from a page's next_page_uri or previous_page_uri";
            check::refused(BAD_TOKEN, "PageToken", expected, text)
        })?),
        None => None,
    };
    if page > 0 && token.is_none() {
        let fault = "is missing: a page above 0 is found by next_page_uri of the one before";
        return Err(ParamError::new(NO_TOKEN, "PageToken", fault));
    }
    Ok(PageRequest {
        page,
        page_size: page_size
            .and_then(|size| u16::try_from(size).ok())
            .unwrap_or(DEFAULT_PAGE_SIZE),
        token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laml::page::PageToken;

    const SID: &str = "3c1f0a22-0000-4000-8000-00000000ca01";
    const MIDNIGHT: i64 = 1_712_188_800_000_000;
    const DAY: i64 = 86_400_000_000;

    fn bounds(from: Option<i64>, until: Option<i64>) -> DateBounds {
        DateBounds {
            from: from.map(Timestamp::from_micros),
            until: until.map(Timestamp::from_micros),
        }
    }

    #[test]
    fn nothing_said_asks_for_the_newest_fifty() {
        let list = list_calls(&Form::default()).expect("nothing is asked");
        let page = PageRequest {
            page: 0,
            page_size: 50,
            token: None,
        };
        assert_eq!(list.page, page);
        assert!(list.statuses.is_empty() && list.filters.is_empty());
        assert_eq!(list.started, DateBounds::default());
    }

    #[test]
    fn filters_are_read_and_kept() {
        let query = "Status=queued&To=%2B15550100002&StartTime%3E=2024-04-04&Page=1&PageSize=5\
             &EndTime%3C=Thu,+04+Apr+2024+00:00:01+%2B0000&Color=red&From="
            .to_owned()
            + &format!("&ParentCallSid={SID}&PageToken=PB{SID}");
        let list = list_calls(&Form::parse(&query)).expect("it is right");
        assert_eq!(list.statuses, [CallStatus::Queued, CallStatus::Initiated]);
        assert_eq!(list.to.as_deref(), Some("+15550100002"));
        assert_eq!(list.from, None);
        assert_eq!(list.parent, SID.parse().ok());
        assert_eq!(list.started, bounds(Some(MIDNIGHT), None));
        assert_eq!(list.ended, bounds(None, Some(MIDNIGHT + 2_000_000)));
        assert_eq!(list.page.token, SID.parse().ok().map(PageToken::Before));
        let kept: Vec<&str> = list.filters.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            kept,
            ["Status", "To", "StartTime>", "EndTime<", "ParentCallSid"]
        );
    }

    #[test]
    fn a_date_alone_means_its_day() {
        for text in ["2024-04-04", "2024-04-04T18:32:15Z"] {
            let query = format!("DateSent={text}&Status=initiated");
            let list = list_messages(&Form::parse(&query)).expect(text);
            assert_eq!(list.sent, bounds(Some(MIDNIGHT), Some(MIDNIGHT + DAY)));
            assert_eq!(list.statuses, [MessageStatus::Sending]);
        }
        let query = "DateSent=2024-04-04&DateSent<=2024-04-04T12:00:00Z&DateSent>=2023-01-01";
        let list = list_messages(&Form::parse(query)).expect("it is right");
        let noon = MIDNIGHT + DAY / 2 + 1_000_000;
        assert_eq!(list.sent, bounds(Some(MIDNIGHT), Some(noon)));
    }

    #[test]
    fn a_list_by_creation_has_no_other_filter() {
        let query = "DateCreated%3E=2024-04-04&DateCreated%3C=2024-04-05&Status=failed&PageSize=7";
        let list = list_by_creation(&Form::parse(query)).expect("it is right");
        assert_eq!(list.created, bounds(Some(MIDNIGHT), Some(MIDNIGHT + DAY)));
        assert_eq!((list.page.page_size, list.filters.len()), (7, 2));
        let error = list_by_creation(&Form::parse("DateCreated>=x")).map_err(|it| it.code.number());
        assert_eq!(error, Err(Some(10_000)));
    }

    #[test]
    fn every_rule_has_its_code() {
        for (query, code, status) in [
            ("Page=1", 54_453, 400),
            ("Page=-1", 54_453, 400),
            ("PageSize=0", 54_454, 400),
            ("PageSize=1001", 54_454, 400),
            ("PageToken=PC1", 21_481, 400),
            ("Status=initiating", 10_000, 422),
        ] {
            let form = Form::parse(query);
            let errors = [list_calls(&form).err(), list_messages(&form).err()];
            for error in errors.into_iter().map(|it| it.expect(query)) {
                assert_eq!(
                    (error.code.number(), error.status()),
                    (Some(code), status),
                    "{query}"
                );
            }
        }
        let code =
            |query: &str| list_calls(&Form::parse(query)).map_err(|error| error.code.number());
        for query in [
            "StartTime=today",
            "EndTime>=1",
            "ParentCallSid=1",
            "Status=initiated",
        ] {
            assert_eq!(code(query), Err(Some(10_000)), "{query}");
        }
        let error = list_messages(&Form::parse("DateSent<=x")).expect_err("it is no date");
        assert!(
            error.message.starts_with("DateSent< is no date: "),
            "{error}"
        );
    }
}
