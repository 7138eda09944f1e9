//! The transcription status callback.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static TRANSCRIPTION: CallbackType = CallbackType {
    name: "transcription",
    title: "The transcription status callback",
    other_names: &[
        "Transcription status callback",
        "Transcription status callbacks",
    ],
    sent: "Once for a transcription, when it is over.",
    order: "There is one. The recording's `completed` was recorded before it, and may arrive later \
            if it goes to another URL.",
    methods: &["POST"],
    encoding: "form",
    choice: "None.",
    events: &[
        Event {
            name: "completed",
            when: "the text is there",
            statuses: PerDialect::all(&["completed"]),
            by_default: true,
        },
        Event {
            name: "failed",
            when: "there is no text, and there will be none",
            statuses: PerDialect::all(&["failed"]),
            by_default: true,
        },
    ],
    places: &[
        Place {
            place: "`POST /Calls`",
            url: "TranscribeCallback",
            method: None,
            events: None,
            note: "with `Record=true`; ours, `transcribeCallback` is the same",
        },
        Place {
            place: "`POST /Calls/{CallSid}/Recordings`",
            url: "TranscribeCallback",
            method: None,
            events: None,
            note: "ours",
        },
        Place {
            place: "`POST /Recordings/{Sid}/Transcriptions`",
            url: "TranscribeCallback",
            method: None,
            events: None,
            note: "ours: of a recording that is `completed`",
        },
        Place {
            place: "`<Record>`",
            url: "transcribeCallback",
            method: None,
            events: None,
            note: "with `transcribe=\"true\"`",
        },
        Place {
            place: "`POST /v1/changes`",
            url: "status_callback",
            method: None,
            events: None,
            note: "transcriptions that a platform reports",
        },
    ],
    parameters: &[
        Parameter::new(
            "TranscriptionSid",
            Format::Uuid,
            "01a2091c-2b40-7000-a1c9-55d3f0a1be77",
            "the transcription's SID",
        ),
        Parameter::new(
            "TranscriptionText",
            Format::Text,
            "Call me back, please.",
            "what was said; empty with `failed`, and once it was deleted",
        ),
        Parameter::new(
            "TranscriptionStatus",
            Format::word(&["completed", "failed"]),
            "completed",
            "what became of it",
        ),
        Parameter::new(
            "TranscriptionUrl",
            Format::UrlOrEmpty,
            "https://ringback.example/api/laml/2010-04-01/Accounts/…/Transcriptions/…",
            "where REST shows it",
        ),
        Parameter::new(
            "RecordingSid",
            Format::Uuid,
            "01a2091b-0a11-7000-8c55-6f1f7c6f2a10",
            "the recording",
        ),
        Parameter::new(
            "RecordingUrl",
            Format::UrlOrEmpty,
            "https://ringback.example/api/laml/2010-04-01/Accounts/…/Recordings/…",
            "where the recording is",
        ),
        Parameter::new(
            "CallSid",
            Format::Uuid,
            "01a2091a-fed6-7000-b67a-2558d0f996c9",
            "the call that was recorded",
        )
        .in_strict(None),
        Parameter::new("From", Format::Party, "+15550100001", "who called").in_strict(None),
        Parameter::new("To", Format::Party, "+15550100002", "who was called").in_strict(None),
        Parameter::new(
            "AccountSid",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        )
        .in_strict(None),
        Parameter::new(
            "ApiVersion",
            Format::word(&["2010-04-01"]),
            "2010-04-01",
            "the version of the API",
        )
        .in_strict(None),
        Parameter::new(
            "CallStatus",
            Format::word(&[
                "queued",
                "initiated",
                "ringing",
                "in-progress",
                "completed",
                "busy",
                "failed",
                "no-answer",
                "canceled",
            ]),
            "completed",
            "where the call stood when the transcription began",
        )
        .when(When::CallStatusKnown)
        .in_strict(None),
        Parameter::new(
            "Direction",
            Format::word(&["inbound", "outbound-api", "outbound-dial"]),
            "inbound",
            "the call's direction",
        )
        .when(When::CallDirectionKnown)
        .in_strict(None),
        Parameter::new(
            "RecordingDuration",
            Format::Integer { min: 0 },
            "17",
            "how long the recording is, whole seconds",
        )
        .when(When::LengthKnown)
        .in_strict(None),
    ],
    pitfalls: &[
        "**An empty text is no failure.** Nobody may have said anything: look at \
         `TranscriptionStatus`.",
        "**SignalWire's schema has the first six parameters alone.** Its own sample applications \
         read `CallSid` and `From` and fail without them, so only `signalwire-strict` leaves the \
         others out.",
        "**What was sent was sent.** Deleting a transcription takes its text out of what is \
         pending, of its changes and of what was rejected; not out of your log.",
    ],
    more: "",
    interest: Interest::Every,
    example: sample::transcription,
};
