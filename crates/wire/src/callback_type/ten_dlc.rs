//! The 10DLC status callback, of brands, campaigns, orders and number assignments.

use ringback_domain::subscription::Interest;

use super::{CallbackType, Event, Format, Parameter, PerDialect, Place, When, sample};

pub(super) static TEN_DLC: CallbackType = CallbackType {
    name: "ten-dlc",
    title: "The 10DLC status callback",
    other_names: &["10DLC status callback", "10DLC/TCR status callbacks"],
    sent: "For brands, campaigns, orders that numbers be assigned to a campaign, and the \
           assignments of these numbers, at each documented event. Nothing is sent for anything \
           else: a new `pending`, an order that is `processing` or `failed`, an assignment that is \
           `removed`.",
    order: "There is no sequence number: `event_at` and the events say what came first. An order \
            and its assignments are independent.",
    methods: &["POST"],
    encoding: "json; a form with the setting `ten_dlc_body=form` in the dialect `signalwire`",
    choice: "None.",
    events: &[
        event("brand_activated", "a brand was verified", &["completed"]),
        event(
            "brand_unverified",
            "a brand could not be verified",
            &["unverified"],
        ),
        event("campaign_activated", "a campaign was approved", &["active"]),
        event(
            "campaign_deactivated",
            "a campaign can send no more",
            &["inactive"],
        ),
        event(
            "number_assignment_order_processed",
            "an order was processed",
            &["processed"],
        ),
        event(
            "number_assignment_activated",
            "a number was assigned",
            &["completed"],
        ),
        event(
            "number_assignment_failed",
            "a number could not be assigned",
            &["failed"],
        ),
        event(
            "number_assignment_pending",
            "an assignment that had failed is tried again",
            &["pending"],
        ),
    ],
    places: &[
        asked(
            "`POST /api/relay/rest/registry/beta/brands`",
            "status_callback_url",
            "",
        ),
        asked("`POST …/brands/{id}/campaigns`", "status_callback_url", ""),
        asked(
            "`POST …/campaigns/{id}/orders`",
            "status_callback_url",
            "of the order and of its assignments",
        ),
        asked(
            "`POST /v1/changes`",
            "status_callback",
            "what a platform reports",
        ),
    ],
    parameters: &[
        Parameter::new(
            "project_id",
            Format::Uuid,
            "00000000-0000-4000-8000-00000000de00",
            "the project's id",
        ),
        Parameter::new(
            "event_at",
            Format::Iso8601,
            "2026-11-23T15:52:06Z",
            "when it happened",
        ),
        Parameter::new(
            "event_category",
            Format::word(&[
                "brand",
                "campaign",
                "number_assignment_order",
                "number_assignment",
            ]),
            "number_assignment",
            "what it happened to",
        ),
        Parameter::new(
            "event_type",
            Format::word(&[
                "brand_activated",
                "brand_unverified",
                "campaign_activated",
                "campaign_deactivated",
                "number_assignment_order_processed",
                "number_assignment_activated",
                "number_assignment_failed",
                "number_assignment_pending",
            ]),
            "number_assignment_activated",
            "what happened",
        ),
        Parameter::new(
            "state",
            Format::word(&[
                "completed",
                "unverified",
                "active",
                "inactive",
                "processed",
                "failed",
                "pending",
            ]),
            "completed",
            "the status that it came to",
        ),
        Parameter::new(
            "brand_id",
            Format::Uuid,
            "01a2091d-0001-7000-8a52-7f0d6b9b2c01",
            "the brand",
        ),
        Parameter::new(
            "campaign_id",
            Format::Uuid,
            "01a2091d-0002-7000-8a0f-0c6e2a7f9e02",
            "the campaign",
        )
        .when(When::BelowBrand),
        Parameter::new(
            "number_assignment_order_id",
            Format::Uuid,
            "01a2091d-0003-7000-b6a7-1e2d3c4b5a03",
            "the order",
        )
        .when(When::OrderOrAssignment),
        Parameter::new(
            "number_assignment_id",
            Format::Uuid,
            "01a2091d-0004-7000-87b8-2f3e4d5c6b04",
            "the assignment",
        )
        .when(When::AssignmentAlone),
        Parameter::new(
            "phone_number_id",
            Format::Uuid,
            "01a2091d-0005-7000-98c9-304f5e6d7c05",
            "the number's own id",
        )
        .when(When::AssignmentAlone),
        Parameter::new("phone_number", Format::Number, "+15550100123", "the number")
            .when(When::AssignmentAlone),
    ],
    pitfalls: &[
        "**It is JSON.** The sample of SignalWire's older guide reads a form and finds nothing: \
         read the body, or set `ten_dlc_body=form`.",
        "**It is signed in another way**, see below.",
        "**A `pending` that follows `failed` is taken for another try**, never for a late report: \
         the two cannot be told apart.",
    ],
    more: include_str!("ten_dlc.md"),
    interest: Interest::Every,
    example: sample::ten_dlc,
};

/// Where it is asked for. There is neither a method nor a choice of events.
const fn asked(place: &'static str, url: &'static str, note: &'static str) -> Place {
    Place {
        place,
        url,
        method: None,
        events: None,
        note,
    }
}

const fn event(name: &'static str, when: &'static str, statuses: &'static [&'static str]) -> Event {
    Event {
        name,
        when,
        statuses: PerDialect::all(statuses),
        by_default: true,
    }
}
