//! The message status callback, of SMS and MMS.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static MESSAGE: CallbackType = CallbackType {
    name: "message",
    title: "The message status callback",
    other_names: &["SMS status callback", "SMS status callbacks"],
    sent: "For a message, SMS or MMS, at each change of its status. MMS ends with `sent`: there \
           are no receipts for it.",
    order: "There is no sequence number. Order is by status: `queued`, `sending`, `sent`, then \
            `delivered` or `undelivered`; `failed` may come after `queued` or `sending`. A receipt \
            can come hours later, or never.",
    methods: &["POST", "GET"],
    encoding: "form",
    choice: "None: every status is told.",
    events: &[
        Event {
            name: "queued",
            when: "it was accepted",
            statuses: PerDialect {
                signalwire: &["queued"],
                signalwire_strict: &["queued"],
                twilio: &[],
            },
            by_default: true,
        },
        event("sending", "the first carrier has it", &["sending"]),
        event("sent", "the carrier accepted it", &["sent"]),
        event("delivered", "a receipt says so", &["delivered"]),
        event(
            "undelivered",
            "a receipt says that it was not",
            &["undelivered"],
        ),
        event("failed", "it could not be sent", &["failed"]),
        event("receiving", "one comes in", &["receiving"]),
        event("received", "it is here", &["received"]),
    ],
    places: &[
        Place {
            place: "`POST /Messages`",
            url: "StatusCallback",
            method: None,
            events: None,
            note: "",
        },
        Place {
            place: "`<Message>`",
            url: "statusCallback",
            method: None,
            events: None,
            note: "",
        },
        Place {
            place: "`<Sms>`",
            url: "statusCallback",
            method: None,
            events: None,
            note: "",
        },
        Place {
            place: "`POST /Applications`",
            url: "SmsStatusCallback",
            method: Some("SmsStatusCallbackMethod"),
            events: None,
            note: "messages with its `ApplicationSid` and no callback of their own; \
                   `MessageStatusCallback` is another name of it",
        },
        Place {
            place: "setting",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: None,
            note: "the project's: for messages that have nothing else",
        },
        Place {
            place: "`POST /v1/changes`",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: None,
            note: "messages that a platform reports, also those that come in",
        },
    ],
    parameters: &[
        Parameter::new(
            "MessageStatus",
            Format::Word {
                words: PerDialect {
                    signalwire: ALL,
                    signalwire_strict: ALL,
                    twilio: BEHIND_QUEUED,
                },
            },
            "delivered",
            "what happened; REST says `initiated` where this says `sending`",
        ),
        Parameter::new(
            "ErrorCode",
            Format::Code,
            "30003",
            "why; docs/rest.md and SignalWire's list say what it means",
        )
        .when(When::MessageNotDelivered),
        Parameter::new(
            "MessageSid",
            Format::Uuid,
            "01a2091a-fec9-7000-b34a-eaf51f84cb46",
            "the message's SID",
        ),
        Parameter::new(
            "AccountSid",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        ),
        Parameter::new(
            "From",
            Format::Text,
            "+15550100001",
            "number or short code; empty for a `MessagingServiceSid` alone",
        ),
        Parameter::new("To", Format::Party, "+15550103003", "number"),
        Parameter::new(
            "Body",
            Format::Text,
            "Your table is ready.",
            "the text; empty for media alone, or once redacted",
        ),
        Parameter::new(
            "NumMedia",
            Format::Integer { min: 0 },
            "1",
            "how many pieces of media; 0 once redacted",
        ),
        Parameter::new(
            "NumSegments",
            Format::Integer { min: 1 },
            "1",
            "how many segments the text took",
        ),
        Parameter::new(
            "MediaUrl{N}",
            Format::Url,
            "https://app.example/menu.png",
            "where a piece of media is",
        )
        .when(When::HasMedia)
        .in_strict(None),
        Parameter::new(
            "MediaContentType{N}",
            Format::MediaType,
            "image/png",
            "what kind of media it is",
        )
        .when(When::HasMedia)
        .in_strict(None),
        Parameter::new(
            "SmsSid",
            Format::Uuid,
            "01a2091a-fec9-7000-b34a-eaf51f84cb46",
            "the same as `MessageSid`",
        )
        .twilio_only(),
        Parameter::new(
            "SmsStatus",
            Format::word(BEHIND_QUEUED),
            "delivered",
            "the same as `MessageStatus`",
        )
        .twilio_only(),
        Parameter::new(
            "ApiVersion",
            Format::word(&["2010-04-01"]),
            "2010-04-01",
            "the version of the API",
        )
        .twilio_only(),
    ],
    pitfalls: &[
        "**`sent` is not `delivered`.** Many carriers send no receipt, and none does for MMS: wait \
         for a receipt with a limit.",
        "**An empty `Body` counts.** It is part of what was signed; Python's `parse_qs` drops it \
         unless it is given `keep_blank_values=True`.",
        "**The segments are the text's.** A message of one letter outside GSM-7 has segments of \
         70 characters, not of 160.",
    ],
    more: "",
    interest: Interest::Every,
    example: sample::message,
};

const ALL: &[&str] = &[
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "receiving",
    "received",
];

/// Twilio does not call back for a message's first status.
const BEHIND_QUEUED: &[&str] = &[
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "receiving",
    "received",
];

const fn event(name: &'static str, when: &'static str, statuses: &'static [&'static str]) -> Event {
    Event {
        name,
        when,
        statuses: PerDialect::all(statuses),
        by_default: true,
    }
}
