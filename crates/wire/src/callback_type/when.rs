//! When a parameter is there. The tests decide the same of a resource and its change.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// When a parameter is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum When {
    Always,
    CallOver,
    LegOfAnotherCall,
    Forwarded,
    CallerLookedUp,
    Recorded,
    /// The length of the call's recording is known.
    RecordingMeasured,
    SipAnswered,
    CallOverAndSipAnswered,
    MediaMeasured,
    HungUp,
    AnswererKnown,
    MessageNotDelivered,
    HasMedia,
    VariablesGiven,
    TrackKnown,
    OfConference,
    RecordingFailed,
    CallStatusKnown,
    CallDirectionKnown,
    LengthKnown,
    BelowBrand,
    OrderOrAssignment,
    AssignmentAlone,
}

impl When {
    /// It in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::CallOver => "at the end",
            Self::LegOfAnotherCall => "legs that another call dialled",
            Self::Forwarded => "if a carrier says so",
            Self::CallerLookedUp => "if somebody looked it up",
            Self::Recorded => "from when the call has a recording",
            Self::RecordingMeasured => {
                "once the length of the recording is known; a recording that ends with the call is \
                 measured after that, and tells it in its own callback"
            }
            Self::SipAnswered => "once the INVITE was answered",
            Self::CallOverAndSipAnswered => "at the end, if the INVITE was answered",
            Self::MediaMeasured => "at the end of an answered call",
            Self::HungUp => "at the end, if one side hung up",
            Self::AnswererKnown => "from the answer on, if `MachineDetection` asks",
            Self::MessageNotDelivered => "`failed` and `undelivered`, if the cause is known",
            Self::HasMedia => "with media, until redacted",
            Self::VariablesGiven => "if any were given",
            Self::TrackKnown => "if it is known",
            Self::OfConference => "recordings of a conference",
            Self::RecordingFailed => "`failed`, if the cause is known",
            Self::CallStatusKnown | Self::CallDirectionKnown | Self::LengthKnown => {
                "if it is known"
            }
            Self::BelowBrand => "all but brands",
            Self::OrderOrAssignment => "orders and assignments",
            Self::AssignmentAlone => "assignments",
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.sentence())
    }
}

impl JsonSchema for When {
    fn schema_name() -> Cow<'static, str> {
        "When".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "When it is there, in words."})
    }
}
