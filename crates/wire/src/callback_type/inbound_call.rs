//! The callback of a phone number: the end of a call that came in.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static INBOUND_CALL: CallbackType = CallbackType {
    name: "inbound-call",
    title: "The inbound call status callback",
    other_names: &[
        "Incoming call status callback",
        "Inbound call status callbacks",
    ],
    sent: "Once for a call that came in to one of the project's numbers, when it is over.",
    order: "There is one for a call.",
    methods: &["POST", "GET"],
    encoding: "form",
    choice: "None: a number has no events. With the setting `inbound_detail=detailed` the dialect \
             `signalwire` tells `busy`, `no-answer` and `canceled` by these names.",
    events: &[
        Event {
            name: "completed",
            when: "it was answered, and is over",
            statuses: PerDialect::all(&["completed"]),
            by_default: true,
        },
        Event {
            name: "failed",
            when: "it was never answered",
            statuses: PerDialect {
                signalwire: &["failed"],
                signalwire_strict: &["failed"],
                twilio: &["failed", "busy", "no-answer", "canceled"],
            },
            by_default: true,
        },
    ],
    places: &[
        Place {
            place: "`POST /IncomingPhoneNumbers`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: None,
            note: "",
        },
        Place {
            place: "`POST /IncomingPhoneNumbers/{Sid}`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: None,
            note: "also while a call lasts",
        },
        Place {
            place: "`PUT /api/relay/rest/phone_numbers/{id}`",
            url: "call_status_callback_url",
            method: Some("call_status_callback_method"),
            events: None,
            note: "",
        },
        Place {
            place: "`POST /Applications`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: None,
            note: "the number's `VoiceApplicationSid`; goes before the number's own",
        },
        Place {
            place: "setting",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: None,
            note: "the project's: for calls that come in, and whose number has none",
        },
    ],
    parameters: &[
        Parameter::new(
            "CallSid",
            Format::Uuid,
            "01a2091a-fed6-7000-b67a-2558d0f996c9",
            "the call's SID",
        ),
        Parameter::new(
            "AccountSid",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        ),
        Parameter::new("From", Format::Party, "+15550100002", "who called"),
        Parameter::new(
            "To",
            Format::Party,
            "+15550100001",
            "the number that was called",
        ),
        Parameter::new(
            "Timestamp",
            Format::Rfc2822,
            "Mon, 23 Nov 2026 15:51:40 +0000",
            "when the call came in, not when it was over",
        ),
        Parameter::new(
            "CallStatus",
            Format::Word {
                words: PerDialect {
                    signalwire: &["completed", "failed"],
                    signalwire_strict: &["completed", "failed"],
                    twilio: &["completed", "busy", "no-answer", "failed", "canceled"],
                },
            },
            "completed",
            "how it ended",
        ),
        Parameter::new(
            "CallDuration",
            Format::Integer { min: 0 },
            "25",
            "seconds from answer to end, rounded; 0 if it was never answered",
        ),
        Parameter::new(
            "AudioInMos",
            Format::Decimal,
            "4.06",
            "mean opinion score, 1 to 5; `0.0` in `signalwire-strict` if there was no media",
        )
        .when(When::MediaMeasured)
        .in_strict(Some(When::Always)),
    ],
    pitfalls: &[
        "**`failed` is not an error.** It is what SignalWire says of every call that was not \
         answered: look at the call over REST, or use `inbound_detail=detailed`.",
        "**No `Direction`.** The callback has eight parameters and no more; give numbers a URL \
         that is not also the one of calls that you make.",
        "**`AudioInMos` can be missing**, where there was no media: read it as what may not be \
         there.",
    ],
    more: "",
    interest: Interest::Number,
    example: sample::inbound_call,
};
