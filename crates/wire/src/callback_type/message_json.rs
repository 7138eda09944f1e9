//! The message status callback of the newer message API, as JSON.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static MESSAGE_JSON: CallbackType = CallbackType {
    name: "message-json",
    title: "The message status callback as JSON",
    other_names: &["Message status callback"],
    sent: "For a message that the newer message API made, at each change of its status.",
    order: "There is no sequence number. Order is by status: `queued`, `initiated`, `sent`, then \
            `delivered` or `undelivered`; `failed` may come after `queued` or `initiated`.",
    methods: &["POST"],
    encoding: "json",
    choice: "None: every status is told, also in the dialect `twilio`.",
    events: &[
        event("queued", "it was accepted", &["queued"]),
        event("initiated", "the first carrier has it", &["initiated"]),
        event("sent", "the carrier accepted it", &["sent"]),
        event("delivered", "a receipt says so", &["delivered"]),
        event(
            "undelivered",
            "a receipt says that it was not",
            &["undelivered"],
        ),
        event("failed", "it could not be sent", &["failed"]),
    ],
    places: &[Place {
        place: "`POST /api/messaging/messages`",
        url: "status_callback",
        method: None,
        events: None,
        note: "",
    }],
    parameters: &[
        Parameter::new(
            "id",
            Format::Uuid,
            "01a2091a-fec9-7000-b34a-eaf51f84cb46",
            "the message's SID",
        ),
        Parameter::new(
            "project_id",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        ),
        Parameter::new(
            "status",
            Format::word(&[
                "queued",
                "initiated",
                "sent",
                "delivered",
                "undelivered",
                "failed",
            ]),
            "delivered",
            "what happened",
        ),
        Parameter::new("to", Format::Party, "+15550103003", "number"),
        Parameter::new(
            "from",
            Format::Party,
            "+15550100001",
            "number or short code",
        ),
        Parameter::new(
            "body",
            Format::Text,
            "Your table is ready.",
            "the text; empty for media alone, or once redacted",
        ),
        Parameter::new(
            "number_of_segments",
            Format::Integer { min: 1 },
            "1",
            "how many segments the text took; a number",
        ),
        Parameter::new(
            "timestamp",
            Format::Iso8601,
            "2026-11-23T15:51:42Z",
            "when it came to that status",
        ),
        Parameter::new(
            "error_code",
            Format::CodeOrNull,
            "30003",
            "why; null but with `failed` and `undelivered`",
        ),
        Parameter::new(
            "error_message",
            Format::TextOrNull,
            "Unreachable destination handset",
            "what that code means; null but with it",
        ),
        Parameter::new(
            "custom_variables",
            Format::Object,
            r#"{"table":"7"}"#,
            "what was given along with the message",
        )
        .when(When::VariablesGiven),
    ],
    pitfalls: &[
        "**It is signed as the callbacks of 10DLC are**, over the URL and the whole body: see \
         [ten-dlc.md](ten-dlc.md#signatures).",
        "**`initiated` is what the other API's callbacks call `sending`.**",
        "**Nothing but text and one number**: `error_code` is text too, or null.",
    ],
    more: "",
    interest: Interest::Every,
    example: sample::message_json,
};

const fn event(name: &'static str, when: &'static str, statuses: &'static [&'static str]) -> Event {
    Event {
        name,
        when,
        statuses: PerDialect::all(statuses),
        by_default: true,
    }
}
