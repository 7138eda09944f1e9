//! The recording status callback.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static RECORDING: CallbackType = CallbackType {
    name: "recording",
    title: "The recording status callback",
    other_names: &["Recording status callback", "Recording status callbacks"],
    sent: "For a recording, at each event that was asked for. There is none for `queued`, `paused` \
           and `stopped`, and none when a paused recording goes on.",
    order: "There is no sequence number: `in-progress` comes before exactly one of the others.",
    methods: &["POST", "GET"],
    encoding: "form",
    choice: "By events, with blanks between them or the parameter repeated. An event that does \
             not exist is refused with 13621.",
    events: &[
        Event {
            name: "in-progress",
            when: "it begins to record, the first time",
            statuses: PerDialect::all(&["in-progress"]),
            by_default: false,
        },
        Event {
            name: "completed",
            when: "the file is there",
            statuses: PerDialect::all(&["completed"]),
            by_default: true,
        },
        Event {
            name: "absent",
            when: "there is no file: too short, silent, or trimmed to nothing",
            statuses: PerDialect::all(&["absent"]),
            by_default: false,
        },
        Event {
            name: "failed",
            when: "it could not be stored or encoded. In `signalwire` who asked for `absent` hears \
                   of it too, in `twilio` everybody",
            statuses: PerDialect {
                signalwire: &["failed"],
                signalwire_strict: &[],
                twilio: &["failed"],
            },
            by_default: false,
        },
    ],
    places: &[
        Place {
            place: "`POST /Calls`",
            url: "RecordingStatusCallback",
            method: Some("RecordingStatusCallbackMethod"),
            events: Some("RecordingStatusCallbackEvent"),
            note: "with `Record=true`",
        },
        Place {
            place: "`POST /Calls/{CallSid}/Recordings`",
            url: "RecordingStatusCallback",
            method: Some("RecordingStatusCallbackMethod"),
            events: Some("RecordingStatusCallbackEvent"),
            note: "of a call in progress",
        },
        Place {
            place: "`<Record>`",
            url: "recordingStatusCallback",
            method: Some("recordingStatusCallbackMethod"),
            events: Some("recordingStatusCallbackEvent"),
            note: "",
        },
        Place {
            place: "`<Dial>`",
            url: "recordingStatusCallback",
            method: Some("recordingStatusCallbackMethod"),
            events: Some("recordingStatusCallbackEvent"),
            note: "with `record`",
        },
        Place {
            place: "`POST /v1/changes`",
            url: "status_callback",
            method: Some("status_callback_method"),
            events: Some("status_callback_event"),
            note: "recordings that a platform reports",
        },
    ],
    parameters: &[
        Parameter::new(
            "AccountSid",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        ),
        Parameter::new(
            "CallSid",
            Format::Uuid,
            "01a2091a-fed6-7000-b67a-2558d0f996c9",
            "the call that is recorded",
        ),
        Parameter::new(
            "RecordingSid",
            Format::Uuid,
            "01a2091b-0a11-7000-8c55-6f1f7c6f2a10",
            "the recording's SID",
        ),
        Parameter::new(
            "RecordingUrl",
            Format::UrlOrEmpty,
            "https://ringback.example/api/laml/2010-04-01/Accounts/…/Recordings/…",
            "where the file is; of use once `completed`",
        ),
        Parameter::new(
            "RecordingStatus",
            Format::Word {
                words: PerDialect {
                    signalwire: STATUSES,
                    signalwire_strict: &["in-progress", "completed", "absent"],
                    twilio: STATUSES,
                },
            },
            "completed",
            "what happened",
        ),
        Parameter::new(
            "RecordingDuration",
            Format::Integer { min: 0 },
            "17",
            "whole seconds; 0 until `completed`",
        ),
        Parameter::new(
            "RecordingChannels",
            Format::word(&["1", "2"]),
            "1",
            "how many channels: 2 if each side has its own",
        ),
        Parameter::new(
            "RecordingSource",
            Format::Word {
                words: PerDialect {
                    signalwire: SOURCES,
                    signalwire_strict: SOURCES,
                    twilio: &[
                        "DialVerb",
                        "Conference",
                        "OutboundAPI",
                        "Trunking",
                        "RecordVerb",
                        "StartCallRecordingAPI",
                        "StartConferenceRecordingAPI",
                    ],
                },
            },
            "RecordVerb",
            "what had it made",
        ),
        Parameter::new(
            "RecordingTrack",
            Format::word(&["inbound", "outbound", "both"]),
            "both",
            "which side is recorded",
        )
        .when(When::TrackKnown)
        .in_strict(None),
        Parameter::new(
            "ConferenceSid",
            Format::Uuid,
            "01a2091b-1500-7000-9b3e-0d4a4bd0c0f4",
            "the conference",
        )
        .when(When::OfConference)
        .in_strict(None),
        Parameter::new("ErrorCode", Format::Code, "13621", "why it failed")
            .when(When::RecordingFailed)
            .in_strict(None),
    ],
    pitfalls: &[
        "**Ask for `absent` too.** Who asks for `completed` alone never hears of a recording that \
         came to nothing, and waits for ever.",
        "**The file is there with `completed`, not before.** `RecordingUrl` is the same in every \
         callback; before the end it leads to nothing.",
        "**`RecordingSource` is spelled otherwise by Twilio**: `OutboundAPI` for `OutBoundApi`.",
    ],
    more: include_str!("recording.md"),
    interest: Interest::Every,
    example: sample::recording,
};

const STATUSES: &[&str] = &["in-progress", "completed", "absent", "failed"];

const SOURCES: &[&str] = &[
    "DialVerb",
    "Conference",
    "OutBoundApi",
    "Trunking",
    "RecordVerb",
    "StartCallRecordingApi",
    "StartConferenceRecording",
];
