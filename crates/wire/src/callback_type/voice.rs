//! The voice status callback.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

const END: &[&str] = &["completed", "busy", "no-answer", "failed", "canceled"];
const COUNTER: Format = Format::Integer { min: 0 };

pub(super) static VOICE: CallbackType = CallbackType {
    name: "voice",
    title: "The voice status callback",
    other_names: &["Voice status callback", "Voice status callbacks"],
    sent: "For a leg of a call, at each event that was asked for.",
    order: "By `SequenceNumber`, from 0: it counts the callbacks of one call for one who asked, so \
            an event that was not asked for leaves no gap. A retry has the number and the \
            `Timestamp` of the first attempt.",
    methods: &["POST", "GET"],
    encoding: "form",
    choice: "By events: repeat the parameter for each, or name several with blanks between them. \
             An event that does not exist is refused with 21626.",
    events: &[
        Event {
            name: "initiated",
            when: "it is dialled",
            statuses: PerDialect::all(&["initiated"]),
            by_default: false,
        },
        Event {
            name: "ringing",
            when: "the far end rings",
            statuses: PerDialect::all(&["ringing"]),
            by_default: false,
        },
        Event {
            name: "answered",
            when: "it is answered",
            statuses: PerDialect {
                signalwire: &["answered", "in-progress"],
                signalwire_strict: &["in-progress"],
                twilio: &["in-progress"],
            },
            by_default: false,
        },
        Event {
            name: "completed",
            when: "it is over, however it ended",
            statuses: PerDialect::all(END),
            by_default: true,
        },
        Event {
            name: "ringing_forwarded",
            when: "never: SignalWire lists it and does not say when",
            statuses: PerDialect::all(&[]),
            by_default: false,
        },
        Event {
            name: "ringing_queued",
            when: "never: SignalWire lists it and does not say when",
            statuses: PerDialect::all(&[]),
            by_default: false,
        },
    ],
    places: &[
        Place {
            place: "`POST /Calls`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: Some("StatusCallbackEvent"),
            note: "",
        },
        Place {
            place: "`POST /Calls/{Sid}`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: None,
            note: "for changes from then on; the events stay, the numbers go on",
        },
        Place {
            place: "`<Number>` in `<Dial>`",
            url: "statusCallback",
            method: Some("statusCallbackMethod"),
            events: Some("statusCallbackEvent"),
            note: "the leg that it dials; nobody else hears of that",
        },
        Place {
            place: "`<Sip>` in `<Dial>`",
            url: "statusCallback",
            method: Some("statusCallbackMethod"),
            events: Some("statusCallbackEvent"),
            note: "the leg that it dials",
        },
        Place {
            place: "`POST /Applications`",
            url: "StatusCallback",
            method: Some("StatusCallbackMethod"),
            events: None,
            note: "calls with its `ApplicationSid` and no callback of their own; the events are \
                   the call's",
        },
        Place {
            place: "setting",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: None,
            note: "the project's: for calls that have nothing else",
        },
        Place {
            place: "`POST /v1/changes`",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: Some("status_callback_event"),
            note: "calls that a platform reports",
        },
    ],
    parameters: PARAMETERS,
    pitfalls: &[
        "**Two callbacks for one answer.** In the dialect `signalwire` an answer comes as \
         `answered` and then as `in-progress`. Count calls by `CallSid`, not by callbacks.",
        "**`completed` is an event and a status.** Who asks for the event `completed` also hears \
         of `busy`, `no-answer`, `failed` and `canceled`: look at `CallStatus`.",
        "**No error code.** Why a call failed is told by `SipResultCode`, if at all.",
        "**No MOS before the end.** Before there was media `AudioInMos` is missing, and the \
         counters are 0; in `twilio` all of them are missing.",
        "**Statuses can be skipped.** They are not made up for: a call that is busy at once has \
         no `ringing`.",
    ],
    more: "",
    interest: Interest::Every,
    example: sample::voice,
};

const DIRECTIONS: &[&str] = &["inbound", "outbound-api", "outbound-dial"];

const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "AccountSid",
        Format::Uuid,
        "00000000-0000-4000-8000-00000000de00",
        "the project's id",
    ),
    Parameter::new(
        "ApiVersion",
        Format::word(&["2010-04-01"]),
        "2010-04-01",
        "the version of the API",
    ),
    Parameter::new(
        "CallSid",
        Format::Uuid,
        "01a2091a-fed6-7000-b67a-2558d0f996c9",
        "the call's SID",
    ),
    Parameter::new(
        "ParentCallSid",
        Format::Uuid,
        "01a2091a-fee0-7000-9e4e-3b3dc3c33b62",
        "the call that dialled this leg",
    )
    .when(When::LegOfAnotherCall),
    Parameter::new(
        "CallStatus",
        Format::Word {
            words: PerDialect {
                signalwire: &[
                    "initiated",
                    "ringing",
                    "answered",
                    "in-progress",
                    "completed",
                    "busy",
                    "no-answer",
                    "failed",
                    "canceled",
                ],
                signalwire_strict: STATUSES,
                twilio: STATUSES,
            },
        },
        "completed",
        "what happened",
    ),
    Parameter::new(
        "Direction",
        Format::word(DIRECTIONS),
        "outbound-api",
        "`inbound`: somebody called; `outbound-api`: an application called by REST; \
         `outbound-dial`: a document dialled",
    ),
    Parameter::new("From", Format::Party, "+15550100001", "who calls"),
    Parameter::new("To", Format::Party, "+15550100002", "who is called"),
    Parameter::new(
        "CallbackSource",
        Format::word(&["call-progress-events"]),
        "call-progress-events",
        "what made the callback",
    ),
    Parameter::new(
        "SequenceNumber",
        COUNTER,
        "4",
        "how many callbacks came before it",
    ),
    Parameter::new(
        "Timestamp",
        Format::Rfc2822,
        "Mon, 23 Nov 2026 15:52:06 +0000",
        "when it happened, not when it was sent",
    ),
    Parameter::new(
        "CallDuration",
        COUNTER,
        "25",
        "seconds from answer to end, rounded; 0 if it was never answered",
    )
    .when(When::CallOver),
    Parameter::new(
        "ForwardedFrom",
        Format::Text,
        "+15550100009",
        "whom the call was for before it was forwarded",
    )
    .when(When::Forwarded),
    Parameter::new(
        "CallerName",
        Format::Text,
        "ALICE EXAMPLE",
        "what the caller is called",
    )
    .when(When::CallerLookedUp),
    Parameter::new(
        "RecordingSid",
        Format::Uuid,
        "01a2091b-0a11-7000-8c55-6f1f7c6f2a10",
        "the call's recording",
    )
    .when(When::Recorded),
    Parameter::new(
        "RecordingUrl",
        Format::UrlOrEmpty,
        "https://ringback.example/api/laml/2010-04-01/Accounts/…/Recordings/…",
        "where its file is; of use once the recording is `completed`",
    )
    .when(When::Recorded),
    Parameter::new(
        "RecordingDuration",
        COUNTER,
        "17",
        "how long it is, in whole seconds",
    )
    .when(When::RecordingMeasured),
    Parameter::new(
        "SipResultCode",
        Format::Code,
        "200",
        "the last answer to the INVITE",
    )
    .when(When::SipAnswered),
    Parameter::new(
        "SipInviteResultPhrase",
        Format::Text,
        "OK",
        "its standard phrase",
    )
    .when(When::SipAnswered),
    Parameter::new(
        "AudioInMos",
        Format::Decimal,
        "4.06",
        "mean opinion score, 1 to 5; `0.0` in `signalwire-strict` before there was media",
    )
    .when(When::MediaMeasured)
    .in_strict(Some(When::Always)),
    counter(
        "AudioInAveragePtime",
        "20",
        "mean time between packets received, ms",
    ),
    counter(
        "AudioInDtmfPacketCount",
        "31",
        "packets received that carried DTMF",
    ),
    counter(
        "AudioInFlushPacketCount",
        "17",
        "received packets that were flushed",
    ),
    counter("AudioInJitterMaxVariance", "44", "most jitter, ms"),
    counter("AudioInJitterMinVariance", "3", "least jitter, ms"),
    counter(
        "AudioInLargestJbSize",
        "20",
        "largest jitter buffer, packets",
    ),
    counter("AudioInMediaPacketCount", "1244", "media packets received"),
    counter(
        "AudioInSkipPacketCount",
        "19",
        "packets that came too late or never",
    ),
    counter(
        "AudioOutDtmfPacketCount",
        "22",
        "packets sent that carried DTMF",
    ),
    counter("AudioOutMediaPacketCount", "1243", "media packets sent"),
    Parameter::new(
        "HangupBy",
        Format::Party,
        "+15550100001",
        "the number that hung up",
    )
    .when(When::HungUp)
    .in_strict(None),
    Parameter::new(
        "HangupDirection",
        Format::word(&["inbound", "outbound"]),
        "inbound",
        "`inbound`: the caller hung up; `outbound`: the callee. The words are ours: no manual has \
         them",
    )
    .when(When::HungUp)
    .in_strict(None),
    Parameter::new(
        "AnsweredBy",
        Format::word(&["human", "machine"]),
        "human",
        "who answered",
    )
    .when(When::AnswererKnown)
    .in_strict(None),
    Parameter::new("Called", Format::Party, "+15550100002", "the same as `To`").twilio_only(),
    Parameter::new(
        "Caller",
        Format::Party,
        "+15550100001",
        "the same as `From`",
    )
    .twilio_only(),
    Parameter::new("Duration", COUNTER, "1", "minutes begun")
        .when(When::CallOver)
        .twilio_only(),
    Parameter::new(
        "SipResponseCode",
        Format::Code,
        "200",
        "the same as `SipResultCode`",
    )
    .when(When::CallOverAndSipAnswered)
    .twilio_only(),
];

const STATUSES: &[&str] = &[
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "no-answer",
    "failed",
    "canceled",
];

/// A figure of the media, 0 before there is any; Twilio has none before.
const fn counter(name: &'static str, example: &'static str, meaning: &'static str) -> Parameter {
    Parameter::new(name, COUNTER, example, meaning).in_twilio(Some(When::MediaMeasured))
}
